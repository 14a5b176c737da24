/* Renegotiation of TLS 1.2 (RFC 5746), of the engine against itself. */
#include "tls/alert.h"
#include "tls/state.h"
#include "tls12_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void init_renegotiating(struct pair *p, const char *kind)
{
    init12(p, kind);
    p->client.config.renegotiation = p->server.config.renegotiation = true;
}

/* What was begun, to its end. */
static cv_err move_all(struct pair *p)
{
    cv_err e = CV_OK;
    for (unsigned i = 0; i < 8 && e == CV_OK; i++) {
        e = pair_move(&p->client, &p->server);
        if (e == CV_OK) e = pair_move(&p->server, &p->client);
    }
    return e;
}

static void check_bindings(struct pair *p, uint8_t unique[12])
{
    struct cv_conn_info c, s;
    cv_conn_info(p->client.conn, &c);
    cv_conn_info(p->server.conn, &s);
    assert_int_equal(c.tls_unique.len, 12);
    assert_true(cv_bytes_equal(c.tls_unique, s.tls_unique));
    if (unique != NULL) assert_memory_not_equal(unique, c.tls_unique.p, 12);
    if (unique != NULL) memcpy(unique, c.tls_unique.p, 12);
}

static void renegotiation_by_either_side(void **state)
{
    (void)state;
    struct pair p;
    uint8_t unique[12] = {0};
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        init_renegotiating(&p, kinds[kind]);
        assert_int_equal(pair_connect(&p), CV_OK);
        for (int round = 0; round < 4; round++) {
            if (round == 2) { /* behind a resumed handshake, too */
                pair_close(&p);
                assert_int_equal(pair_connect(&p), CV_OK);
                check_connected(&p, true);
            }
            struct side *first = round % 2 == 0 ? &p.client : &p.server;
            assert_int_equal(cv_conn_renegotiate(first->conn, CV_AUTH_NONE), CV_OK);
            assert_int_equal(move_all(&p), CV_OK);
            check_connected(&p, false);
            check_bindings(&p, unique);
        }
        pair_free(&p);
    }
}

/* The classical use: a server wants to know its client only now. And once more: it must be the same. */
static void a_certificate_asked_for_later(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    init_renegotiating(&p, "rsa");
    pair_client_identity(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    cv_conn_info(p.server.conn, &info);
    assert_int_equal(info.peer_chain.len, 0);
    assert_int_equal(cv_conn_renegotiate(p.server.conn, CV_AUTH_REQUIRE), CV_OK);
    assert_int_equal(move_all(&p), CV_OK);
    check_connected(&p, false);
    cv_conn_info(p.server.conn, &info);
    assert_int_not_equal(info.peer_chain.len, 0);
    assert_int_equal(info.validated, CV_VALIDATED_CHAIN);
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_OK);
    assert_int_equal(move_all(&p), CV_OK);
    check_connected(&p, false);
    pair_client_identity(&p, "p384");
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_OK);
    assert_int_equal(move_all(&p), CV_E_IDENTITY_CHANGED);
    pair_free(&p);
}

static void the_server_must_stay_the_same(void **state)
{
    (void)state;
    struct pair p, other;
    struct cv_conn_info info;
    init_renegotiating(&p, "p256");
    pair_init(&other, "p384");
    assert_int_equal(pair_connect(&p), CV_OK);
    p.server.config.identities = &other.server.own.identity;
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_OK);
    assert_int_equal(move_all(&p), CV_E_IDENTITY_CHANGED);
    cv_conn_info(p.client.conn, &info);
    assert_int_equal(info.alert_sent, CV_ALERT_ILLEGAL_PARAMETER);
    pair_free(&p);
    pair_free(&other);
}

/* Off by default, on either side; and never without the extended master secret, RFC 5746, or with HTTP/2. */
static void renegotiation_where_it_is_not_allowed(void **state)
{
    (void)state;
    struct pair p;
    struct cv_step step;
    init12(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_E_UNSUPPORTED);
    assert_int_equal(cv_conn_renegotiate(p.server.conn, CV_AUTH_NONE), CV_E_UNSUPPORTED);
    /* the client begins, the server does not want it: all is as it was */
    p.client.config.renegotiation = true;
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_OK);
    assert_int_equal(pair_move(&p.client, &p.server), CV_OK);
    struct cv_bytes warning = cv_conn_output(p.server.conn);
    assert_int_not_equal(warning.len, 0);
    assert_int_equal(cv_conn_step(p.client.conn, warning, &step), CV_OK);
    assert_true(step.refused && step.established);
    cv_conn_output_drop(p.server.conn, warning.len);
    check_connected(&p, false);
    /* the other way round */
    p.client.config.renegotiation = false;
    p.server.config.renegotiation = true;
    assert_int_equal(cv_conn_renegotiate(p.server.conn, CV_AUTH_NONE), CV_OK);
    assert_int_equal(move_all(&p), CV_OK);
    check_connected(&p, false);

    p.client.config.renegotiation = true;
    p.client.conn->extended_master_secret = false;
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_E_UNSUPPORTED);
    p.client.conn->extended_master_secret = true;
    p.client.conn->secure_renegotiation = false;
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_E_UNSUPPORTED);
    pair_close(&p);
    p.client.params.alpn = p.server.params.alpn = cv_bytes((const uint8_t *)"\x02h2", 3);
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_E_UNSUPPORTED);
    pair_free(&p);
}

/* RFC 5746 3.5, 3.7: either side's Finished of the handshake before is what ties the new one to it. */
static void renegotiation_is_bound_to_what_was_before(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    for (int i = 0; i < 4; i++) {
        init_renegotiating(&p, "p256");
        assert_int_equal(pair_connect(&p), CV_OK);
        struct side *wrong = i < 2 ? &p.client : &p.server;
        wrong->conn->verify_data[i % 2][3] ^= 1;
        assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_OK);
        assert_int_equal(move_all(&p), CV_E_RENEGOTIATION_INFO);
        cv_conn_info(i % 2 == CV_CLIENT ? p.server.conn : p.client.conn, &info);
        assert_int_equal(info.alert_sent, CV_ALERT_HANDSHAKE_FAILURE);
        pair_free(&p);
    }
}

/* Data of the peer between its ClientHello and the end is unexpected_message, and none of ours goes out. */
static void no_data_inside_a_renegotiation(void **state)
{
    (void)state;
    struct pair p;
    struct cv_stream_sizes sizes;
    struct cv_opened opened;
    uint8_t data[64], hello[1024];
    size_t missing, trailer_len = 16;
    init_renegotiating(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_OK);
    assert_int_equal(cv_conn_seal(p.client.conn, data, data + 13, 1, data + 14, &trailer_len),
                     CV_E_UNSUPPORTED);
    /* who does it all the same */
    struct cv_bytes out = cv_conn_output(p.client.conn);
    memcpy(hello, out.p, out.len);
    cv_conn_stream_sizes(p.client.conn, &sizes);
    data[13] = 'x';
    assert_int_equal(
        cv_record_seal(&p.client.conn->tx.half, CV_CONTENT_DATA, data, data + 13, 1, NULL, 0, data + 14),
        CV_OK);
    assert_int_equal(cv_conn_open(p.server.conn, hello, out.len, &opened, &missing), CV_OK);
    assert_int_equal(opened.kind, CV_OPENED_STORED);
    assert_int_equal(opened.rec_len, out.len);
    assert_int_equal(cv_conn_open(p.server.conn, data, 13 + 1 + 16, &opened, &missing),
                     CV_E_UNEXPECTED_MESSAGE);
    pair_free(&p);
}

/* Both begin at once: the HelloRequest that crosses the ClientHello is passed over. */
static void both_begin(void **state)
{
    (void)state;
    struct pair p;
    init_renegotiating(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_renegotiate(p.server.conn, CV_AUTH_NONE), CV_OK);
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_OK);
    assert_int_equal(move_all(&p), CV_OK);
    check_connected(&p, false);
    pair_free(&p);
}

/* A record around a message, under these keys; its length. */
static size_t seal_message(struct cv_half *tx, uint8_t *wire, const uint8_t *msg, size_t len)
{
    size_t prefix_len = cv_record_prefix_len(tx);
    memcpy(wire + prefix_len, msg, len);
    assert_int_equal(cv_record_seal(tx, CV_CONTENT_HANDSHAKE, wire, wire + prefix_len, len, NULL, 0,
                                    wire + prefix_len + len),
                     CV_OK);
    return prefix_len + len + cv_record_trailer_len(tx, len);
}

/* RFC 9846 4.2.2: a client that offers TLS 1.3 in a renegotiation stays in TLS 1.2. */
static void renegotiation_stays_in_1_2(void **state)
{
    (void)state;
    static const uint8_t both[] = {0, 43, 0, 5, 4, 3, 4, 3, 3};
    struct pair p;
    struct cv_step step;
    uint8_t hello[1024], wire[1100], type;
    size_t len;
    init_renegotiating(&p, "p256");
    p.server.config.max_version = CV_TLS13;
    assert_int_equal(pair_connect(&p), CV_OK);
    struct cv_half tx = p.client.conn->tx.half, rx = p.server.conn->rx.half;
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_OK);
    assert_int_equal(cv_record_open(&rx, hello, cv_conn_output(p.client.conn), &type, &len), CV_OK);

    struct cv_bytes in = cv_bytes(hello + 4 + 2 + 32, len - 4 - 2 - 32), skipped;
    assert_int_equal(cv_read_vec8(&in, &skipped), CV_OK);
    assert_int_equal(cv_read_vec16(&in, &skipped), CV_OK);
    assert_int_equal(cv_read_vec8(&in, &skipped), CV_OK);
    size_t exts_at = (size_t)(in.p - hello), exts_len = in.len - 2 + sizeof both;
    memcpy(hello + len, both, sizeof both);
    len += sizeof both;
    hello[exts_at] = (uint8_t)(exts_len >> 8);
    hello[exts_at + 1] = (uint8_t)exts_len;
    hello[2] = (uint8_t)((len - 4) >> 8);
    hello[3] = (uint8_t)(len - 4);
    len = seal_message(&tx, wire, hello, len);
    assert_int_equal(cv_conn_step(p.server.conn, cv_bytes(wire, len), &step), CV_OK);
    assert_true(p.server.conn->renegotiating);
    assert_int_equal(p.server.conn->version, CV_TLS12);
    assert_int_not_equal(cv_conn_output(p.server.conn).len, 0);
    pair_free(&p);
}

/* RFC 9846 4.2.3: and a server that then answers in TLS 1.3 has the wrong version. */
static void a_hello_of_1_3_in_a_renegotiation(void **state)
{
    (void)state;
    uint8_t hello[4 + 2 + 32 + 1 + 2 + 1 + 2 + 6] = {
        2, 0, 0, sizeof hello - 4, 3, 3, [39] = 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4};
    struct pair p;
    struct cv_step step;
    uint8_t wire[200];
    init_renegotiating(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_OK);
    size_t len = seal_message(&p.server.conn->tx.half, wire, hello, sizeof hello);
    cv_err e = cv_conn_step(p.client.conn, cv_bytes(wire, len), &step);
    assert_int_equal(e, CV_E_NO_COMMON_VERSION);
    assert_int_equal(cv_alert_for12(e), CV_ALERT_PROTOCOL_VERSION);
    pair_free(&p);
}

/* Another suite may come of it, with keys of another size. */
static void renegotiation_to_another_suite(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    static const uint16_t ids[] = {
        CV_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, CV_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
        CV_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, CV_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8};
    init_renegotiating(&p, "p256");
    assert_true(cv_algorithms_take_suites(&p.server.algorithms, ids, 4));
    assert_true(cv_algorithms_take_suites(&p.client.algorithms, ids, 4));
    p.server.config.n_suites = 4;
    p.client.config.n_suites = 1;
    assert_int_equal(pair_connect(&p), CV_OK);
    for (size_t i = 1; i <= 4; i++) {
        p.client.config.suites = &p.client.algorithms.suites[i % 4];
        assert_int_equal(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE), CV_OK);
        assert_int_equal(move_all(&p), CV_OK);
        check_connected(&p, false);
        cv_conn_info(p.server.conn, &info);
        assert_int_equal(info.suite->id, ids[i % 4]);
    }
    pair_free(&p);
}

static void requests_without_end_are_a_flood(void **state)
{
    (void)state;
    struct pair p;
    cv_err e = CV_OK;
    int n = 0;
    init_renegotiating(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    for (; n < 100 && e == CV_OK; n++) {
        e = cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE);
        if (e == CV_OK) e = move_all(&p);
    }
    assert_int_equal(e, CV_E_FLOOD);
    assert_in_range(n, 30, 40);
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renegotiation_by_either_side),
        cmocka_unit_test(a_certificate_asked_for_later),
        cmocka_unit_test(the_server_must_stay_the_same),
        cmocka_unit_test(renegotiation_where_it_is_not_allowed),
        cmocka_unit_test(renegotiation_is_bound_to_what_was_before),
        cmocka_unit_test(no_data_inside_a_renegotiation),
        cmocka_unit_test(both_begin),
        cmocka_unit_test(renegotiation_to_another_suite),
        cmocka_unit_test(renegotiation_stays_in_1_2),
        cmocka_unit_test(a_hello_of_1_3_in_a_renegotiation),
        cmocka_unit_test(requests_without_end_are_a_flood),
    };
    return cmocka_run_group_tests_name("renegotiation", tests, NULL, NULL);
}
