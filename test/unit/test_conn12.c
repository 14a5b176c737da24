/* TLS 1.2 of the engine against itself. */
#include "tls12_fixture.h"
#include "tls/alert.h"
#include "tls/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void every_suite_group_and_key(void **state)
{
    (void)state;
    struct pair p;
    unsigned n = 0;
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        pair_init(&p, kinds[kind]);
        size_t n_suites = p.client.algorithms.n_suites;
        pair_free(&p);
        for (size_t suite = 0; suite < n_suites; suite++) {
            for (size_t group = 0; group < 3; group++) {
                init12(&p, kinds[kind]);
                p.client.config.suites += suite;
                p.client.config.n_suites = 1;
                /* the client's groups are those of the server's key, too */
                p.server.config.groups += group;
                p.server.config.n_groups = 1;
                if (p.client.config.suites->tls12 && p.client.config.suites->rsa == (kind == 3)) {
                    assert_int_equal(pair_connect(&p), CV_OK);
                    check_connected(&p, false);
                    n++;
                }
                pair_free(&p);
            }
        }
    }
    assert_int_equal(n, 3 * 3 * (3 + 4) + 3 * 3); /* CCM has no suites with RSA */
}

static void resumption_by_ticket(void **state)
{
    (void)state;
    struct pair p;
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        init12(&p, kinds[kind]);
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, false);
        for (int i = 0; i < 3; i++) {
            pair_close(&p);
            assert_int_equal(pair_connect(&p), CV_OK);
            check_connected(&p, true);
            struct cv_conn_info info;
            cv_conn_info(p.client.conn, &info);
            assert_int_not_equal(info.peer_chain.len, 0);
        }
        pair_free(&p);
    }
}

/* A server without tickets. The store is a cache that the caller frees. */
static struct cv_session_cache *use_store(struct pair *p, struct cv_session_store *store)
{
    struct cv_session_cache *cache;
    assert_int_equal(cv_session_cache_new(&cache, &p->server.port.port, 8), CV_OK);
    cv_session_store_in_cache(store, cache);
    p->server.config.session_store = store;
    p->server.config.n_tickets = 0;
    cv_ticket_keys_free(p->server.config.ticket_keys);
    p->server.config.ticket_keys = NULL;
    return cache;
}

static void resumption_by_id(void **state)
{
    (void)state;
    struct pair p;
    struct cv_session_store store;
    struct cv_conn_info info;
    uint8_t id[32];
    init12(&p, "p256");
    pair_client_identity(&p, "rsa");
    p.server.params.client_auth = CV_AUTH_REQUIRE;
    struct cv_session_cache *cache = use_store(&p, &store);
    assert_int_equal(pair_connect(&p), CV_OK);
    check_connected(&p, false);
    cv_conn_info(p.server.conn, &info);
    assert_int_equal(info.session_id_len, 32);
    memcpy(id, info.session_id, 32);
    for (int i = 0; i < 3; i++) {
        pair_close(&p);
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, true);
        cv_conn_info(p.client.conn, &info);
        assert_memory_equal(info.session_id, id, 32);
        cv_conn_info(p.server.conn, &info);
        assert_memory_equal(info.session_id, id, 32);
        assert_int_equal(info.validated, CV_VALIDATED_CHAIN);
        assert_int_not_equal(info.peer_chain.len, 0);
    }
    /* the server has forgotten: a full handshake, under a new ID */
    pair_close(&p);
    cv_session_cache_drop(cache, NULL, 0);
    assert_int_equal(pair_connect(&p), CV_OK);
    check_connected(&p, false);
    cv_conn_info(p.server.conn, &info);
    assert_memory_not_equal(info.session_id, id, 32);
    cv_session_cache_free(cache);
    pair_free(&p);
}

/* RFC 5246 7.2: a connection that ends with a fatal alert takes its session along, on both sides. */
static void a_failed_connection_is_not_resumed(void **state)
{
    (void)state;
    struct pair p;
    struct cv_session_store store;
    for (int client_fails = 0; client_fails < 2; client_fails++) {
        init12(&p, "p256");
        struct cv_session_cache *cache = use_store(&p, &store);
        assert_int_equal(pair_connect(&p), CV_OK);
        struct side *to = client_fails ? &p.client : &p.server;
        uint8_t garbage[40] = {23, 3, 3, 0, 35};
        struct cv_opened opened;
        size_t missing;
        assert_int_equal(cv_conn_open(to->conn, garbage, sizeof garbage, &opened, &missing),
                         CV_E_BAD_RECORD_MAC);
        pair_close(&p);
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, false);
        cv_session_cache_free(cache);
        pair_free(&p);
    }
}

/* RFC 7627 5.3: what was made with the extended master secret is not resumed without, and nothing is kept
 * without. */
static void extended_master_secret_is_demanded(void **state)
{
    (void)state;
    struct pair p;
    struct cv_step step;
    struct cv_conn_info info;
    uint8_t hello[1024], label[] = "EXPORTER-x", out[16];
    for (int demand = 0; demand < 2; demand++) {
        init12(&p, "p256");
        p.server.config.require_extended_master_secret = demand;
        assert_int_equal(pair_new(&p), CV_OK);
        assert_int_equal(cv_conn_step(p.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
        struct cv_bytes token = cv_conn_output(p.client.conn);
        memcpy(hello, token.p, token.len);
        size_t n = 0;
        for (size_t i = 0; i + 4 < token.len; i++) {
            if (memcmp(hello + i, "\x00\x17\x00\x00", 4) != 0) continue;
            hello[i] = 0x7a; /* an extension that nobody knows */
            n++;
        }
        assert_int_equal(n, 1);
        cv_err e = cv_conn_step(p.server.conn, cv_bytes(hello, token.len), &step);
        cv_conn_info(p.server.conn, &info);
        if (demand) {
            assert_int_equal(e, CV_E_EXTENDED_MASTER_SECRET);
            assert_int_equal(info.alert_sent, CV_ALERT_HANDSHAKE_FAILURE);
        } else {
            assert_int_equal(e, CV_OK);
            assert_false(info.extended_master_secret);
            assert_int_equal(
                cv_conn_export(p.server.conn, out, sizeof out, cv_bytes(label, 10), cv_bytes(NULL, 0)),
                CV_E_UNSUPPORTED);
        }
        pair_free(&p);
    }
}

static void client_certificates(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        init12(&p, "p256");
        pair_client_identity(&p, kinds[kind]);
        p.server.params.client_auth = CV_AUTH_REQUIRE;
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, false);
        cv_conn_info(p.server.conn, &info);
        assert_int_equal(info.validated, CV_VALIDATED_CHAIN);
        pair_close(&p);
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, true);
        cv_conn_info(p.server.conn, &info);
        assert_int_not_equal(info.peer_chain.len, 0);
        pair_free(&p);
    }
}

static void a_required_certificate_that_is_missing(void **state)
{
    (void)state;
    struct pair p;
    init12(&p, "p256");
    p.server.params.client_auth = CV_AUTH_REQUIRE;
    assert_int_equal(pair_connect(&p), CV_E_CERTIFICATE_REQUIRED);
    struct cv_conn_info info;
    cv_conn_info(p.server.conn, &info);
    assert_int_equal(info.alert_sent, CV_ALERT_HANDSHAKE_FAILURE); /* RFC 5246 7.4.6 */
    pair_free(&p);
}

static void suspended_for_a_credential(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    for (int give = 0; give < 2; give++) {
        init12(&p, "p256");
        p.server.params.client_auth = CV_AUTH_REQUEST;
        p.client.params.want_credential = true;
        assert_int_equal(pair_connect(&p), CV_WANT_CREDENTIAL);
        pair_client_identity(&p, "ed25519");
        cv_conn_set_credential(p.client.conn, give ? &p.client.own.identity : NULL);
        assert_int_equal(pair_run(&p), CV_OK);
        check_connected(&p, false);
        cv_conn_info(p.server.conn, &info);
        assert_int_equal(info.peer_chain.len != 0, give);
        pair_free(&p);
    }
}

/* Both versions on one side, one on the other. */
static void versions_meet(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    for (int client12 = 0; client12 < 2; client12++) {
        pair_init(&p, "p256");
        p.client.config.min_version = p.server.config.min_version = CV_TLS12;
        if (client12)
            p.client.config.max_version = CV_TLS12;
        else
            p.server.config.max_version = CV_TLS12;
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, false);
        pair_close(&p);
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, true);
        pair_close(&p);
        p.client.config.max_version = p.server.config.max_version = CV_TLS13;
        assert_int_equal(pair_connect(&p), CV_OK);
        cv_conn_info(p.client.conn, &info);
        assert_int_equal(info.version, CV_TLS13);
        assert_false(info.resumed);
        pair_free(&p);
    }
}

static void no_version_in_common(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    pair_init(&p, "p256");
    p.client.config.min_version = p.client.config.max_version = CV_TLS12;
    assert_int_equal(pair_connect(&p), CV_E_NO_COMMON_VERSION);
    cv_conn_info(p.server.conn, &info);
    assert_int_equal(info.alert_sent, CV_ALERT_PROTOCOL_VERSION);
    pair_free(&p);
    pair_init(&p, "p256");
    p.server.config.min_version = p.server.config.max_version = CV_TLS12;
    assert_int_equal(pair_connect(&p), CV_E_NO_COMMON_VERSION);
    pair_free(&p);
}

/* RFC 9846 4.2.3: somebody takes TLS 1.3 out of the ClientHello; the server's random tells. */
static void a_downgrade_is_noticed(void **state)
{
    (void)state;
    struct pair p;
    struct cv_step step;
    uint8_t hello[1024];
    pair_init(&p, "p256");
    p.client.config.min_version = p.server.config.min_version = CV_TLS12;
    assert_int_equal(pair_new(&p), CV_OK);
    assert_int_equal(cv_conn_step(p.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    struct cv_bytes out = cv_conn_output(p.client.conn);
    memcpy(hello, out.p, out.len);
    size_t n = 0;
    for (size_t i = 0; i + 7 < out.len; i++) {
        if (memcmp(hello + i, "\x00\x2b\x00\x05\x04\x03\x04", 7) == 0) {
            hello[i + 6] = 0x0a; /* a version that nobody knows */
            n++;
        }
    }
    assert_int_equal(n, 1);
    assert_int_equal(cv_conn_step(p.server.conn, cv_bytes(hello, out.len), &step), CV_OK);
    assert_int_equal(pair_move(&p.server, &p.client), CV_E_DOWNGRADE);
    pair_free(&p);
}

static void alpn(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    init12(&p, "rsa");
    p.client.params.alpn = p.server.params.alpn = cv_bytes((const uint8_t *)"\x02h2", 3);
    assert_int_equal(pair_connect(&p), CV_OK);
    cv_conn_info(p.client.conn, &info);
    assert_int_equal(info.alpn.len, 2);
    pair_close(&p);
    p.server.params.alpn = cv_bytes((const uint8_t *)"\x03xyz", 4);
    assert_int_equal(pair_connect(&p), CV_E_NO_COMMON_ALPN);
    pair_free(&p);
}

static void exporters_agree(void **state)
{
    (void)state;
    struct pair p;
    uint8_t a[40], b[40];
    struct cv_bytes label = cv_bytes((const uint8_t *)"EXPORTER-test", 13),
                    context = cv_bytes((const uint8_t *)"x", 1);
    init12(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_export(p.client.conn, a, sizeof a, label, context), CV_OK);
    assert_int_equal(cv_conn_export(p.server.conn, b, sizeof b, label, context), CV_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_int_equal(cv_conn_export(p.server.conn, b, sizeof b, label, cv_bytes(NULL, 0)), CV_OK);
    assert_memory_not_equal(a, b, sizeof a);
    pair_free(&p);
}

static void one_byte_at_a_time(void **state)
{
    (void)state;
    struct pair p;
    struct cv_step step;
    uint8_t wire[16384];
    init12(&p, "rsa");
    assert_int_equal(pair_new(&p), CV_OK);
    struct side *from = &p.client, *to = &p.server;
    assert_int_equal(cv_conn_step(p.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    for (unsigned turn = 0; turn < 4; turn++) {
        struct cv_bytes token = cv_conn_output(from->conn);
        size_t start = 0, len = token.len;
        assert_in_range(len, 1, sizeof wire);
        memcpy(wire, token.p, len);
        cv_conn_output_drop(from->conn, len);
        for (size_t have = 1; have <= len; have++) {
            cv_err e = cv_conn_step(to->conn, cv_bytes(wire + start, have - start), &step);
            if (e != CV_WANT_INPUT) assert_int_equal(e, CV_OK);
            start += step.consumed;
        }
        assert_int_equal(start, len);
        struct side *swap = from;
        from = to;
        to = swap;
    }
    check_connected(&p, false);
    pair_free(&p);
}

/* RFC 5246 7.2.1: close_notify closes both directions. */
static void closing(void **state)
{
    (void)state;
    struct pair p;
    uint8_t wire[64];
    size_t trailer_len = 50;
    init12(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_close(p.client.conn), CV_OK);
    assert_int_equal(pair_move(&p.client, &p.server), CV_OK);
    assert_int_equal(cv_conn_seal(p.server.conn, wire, wire + 13, 1, wire + 14, &trailer_len), CV_E_CLOSED);
    assert_int_equal(cv_conn_close(p.server.conn), CV_OK);
    assert_int_equal(pair_move(&p.server, &p.client), CV_OK);
    pair_free(&p);
}

/* --- renegotiation --- */

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

static void no_post_handshake_authentication(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, "p256");
    p.client.config.min_version = p.client.config.max_version = CV_TLS12;
    p.server.config.min_version = CV_TLS12;
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_request_auth(p.server.conn, CV_AUTH_REQUIRE), CV_E_UNSUPPORTED);
    assert_int_equal(cv_conn_request_auth(p.client.conn, CV_AUTH_REQUIRE), CV_E_UNSUPPORTED);
    pair_send(&p.client, &p.server, "unharmed");
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_post_handshake_authentication),
        cmocka_unit_test(every_suite_group_and_key),
        cmocka_unit_test(resumption_by_ticket),
        cmocka_unit_test(resumption_by_id),
        cmocka_unit_test(a_failed_connection_is_not_resumed),
        cmocka_unit_test(extended_master_secret_is_demanded),
        cmocka_unit_test(client_certificates),
        cmocka_unit_test(a_required_certificate_that_is_missing),
        cmocka_unit_test(suspended_for_a_credential),
        cmocka_unit_test(versions_meet),
        cmocka_unit_test(no_version_in_common),
        cmocka_unit_test(a_downgrade_is_noticed),
        cmocka_unit_test(alpn),
        cmocka_unit_test(exporters_agree),
        cmocka_unit_test(one_byte_at_a_time),
        cmocka_unit_test(closing),
    };
    return cmocka_run_group_tests_name("conn, TLS 1.2", tests, NULL, NULL);
}
