/* The engine against itself: handshakes in every shape, data, key updates, closing. */
#include "tls_fixture.h"
#include "tls/alert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const char *const kinds[] = {"p256", "p384", "ed25519", "rsa"};

static void check_connected(struct pair *p)
{
    struct cv_conn_info c, s;
    cv_conn_info(p->client.conn, &c);
    cv_conn_info(p->server.conn, &s);
    assert_true(c.established);
    assert_true(s.established);
    assert_ptr_not_equal(c.suite, NULL);
    assert_int_equal(c.suite->id, s.suite->id);
    assert_int_equal(c.group->id, s.group->id);
    assert_int_equal(c.resumed, s.resumed);
    pair_send(&p->client, &p->server, "from the client");
    pair_send(&p->server, &p->client, "from the server");
}

static void every_suite_group_and_key(void **state)
{
    (void)state;
    struct pair p;
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        for (size_t suite = 0; suite < 5; suite++) {
            for (size_t group = 0; group < 3; group++) {
                pair_init(&p, kinds[kind]);
                p.client.config.suites += suite;
                p.client.config.n_suites = 1;
                p.client.config.groups += group;
                p.client.config.n_groups = 1;
                assert_int_equal(pair_connect(&p), CV_OK);
                check_connected(&p);
                struct cv_conn_info info;
                cv_conn_info(p.client.conn, &info);
                assert_int_equal(info.validated, CV_VALIDATED_NAME);
                pair_free(&p);
            }
        }
    }
}

static void hello_retry(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    pair_init(&p, "p256");
    p.server.config.groups += 1;
    p.server.config.n_groups = 1;
    assert_int_equal(pair_connect(&p), CV_OK);
    check_connected(&p);
    cv_conn_info(p.client.conn, &info);
    assert_true(info.retried);
    assert_int_equal(info.group->id, 0x17);
    pair_free(&p);
}

static void resumption(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    pair_init(&p, "rsa");
    assert_int_equal(pair_connect(&p), CV_OK);
    check_connected(&p);
    for (unsigned i = 0; i < 3; i++) {
        pair_close(&p);
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p);
        cv_conn_info(p.client.conn, &info);
        assert_true(info.resumed);
        assert_int_not_equal(info.peer_chain.len, 0);
    }
    pair_close(&p);
    test_port_advance(&p.client.port, 36001); /* all tickets have expired */
    test_port_advance(&p.server.port, 36001);
    assert_int_equal(pair_connect(&p), CV_OK);
    cv_conn_info(p.client.conn, &info);
    assert_false(info.resumed);
    pair_free(&p);
}

/* RFC 9846 4.7.1: new tickets do not make a session live on for ever. */
static void resumption_ends_a_week_after_the_proof(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    pair_init(&p, "p256");
    unsigned n_resumed = 0;
    for (unsigned hours = 0; hours <= 7 * 24; hours += 8) {
        assert_int_equal(pair_connect(&p), CV_OK);
        cv_conn_info(p.client.conn, &info);
        n_resumed += info.resumed;
        assert_int_equal(info.resumed, hours != 0 && hours != 7 * 24);
        pair_close(&p);
        test_port_advance(&p.client.port, 8 * 3600);
        test_port_advance(&p.server.port, 8 * 3600);
    }
    assert_int_equal(n_resumed, 20);
    pair_free(&p);
}

static void resumption_after_retry(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    pair_init(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    pair_close(&p);
    p.server.config.groups += 2;
    p.server.config.n_groups = 1;
    assert_int_equal(pair_connect(&p), CV_OK);
    check_connected(&p);
    cv_conn_info(p.server.conn, &info);
    assert_true(info.resumed);
    assert_true(info.retried);
    pair_free(&p);
}

static void client_certificates(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        pair_init(&p, "p256");
        pair_client_identity(&p, kinds[kind]);
        p.server.params.client_auth = CV_AUTH_REQUIRE;
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p);
        cv_conn_info(p.server.conn, &info);
        assert_int_equal(info.validated, CV_VALIDATED_CHAIN);
        assert_int_not_equal(info.peer_chain.len, 0);
        pair_close(&p);
        assert_int_equal(pair_connect(&p), CV_OK); /* resumed: the certificate is remembered */
        cv_conn_info(p.server.conn, &info);
        assert_true(info.resumed);
        assert_int_not_equal(info.peer_chain.len, 0);
        pair_free(&p);
    }
}

static void a_required_certificate_that_is_missing(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    pair_init(&p, "p256");
    p.server.params.client_auth = CV_AUTH_REQUIRE;
    assert_int_equal(pair_connect(&p), CV_E_CERTIFICATE_REQUIRED);
    cv_conn_info(p.server.conn, &info);
    assert_int_equal(info.alert_sent, CV_ALERT_CERTIFICATE_REQUIRED);
    assert_int_equal(pair_move(&p.server, &p.client), CV_E_PEER_ALERT);
    cv_conn_info(p.client.conn, &info);
    assert_int_equal(info.alert_received, CV_ALERT_CERTIFICATE_REQUIRED);
    pair_free(&p);
}

static void a_requested_certificate_may_be_missing(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, "p256");
    p.server.params.client_auth = CV_AUTH_REQUEST;
    assert_int_equal(pair_connect(&p), CV_OK);
    check_connected(&p);
    pair_free(&p);
}

static void suspended_for_a_credential(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    for (int give = 0; give < 2; give++) {
        pair_init(&p, "p256");
        p.server.params.client_auth = CV_AUTH_REQUEST;
        p.client.params.want_credential = true;
        assert_int_equal(pair_connect(&p), CV_WANT_CREDENTIAL);
        pair_client_identity(&p, "ed25519");
        cv_conn_set_credential(p.client.conn, give ? &p.client.own.identity : NULL);
        assert_int_equal(pair_run(&p), CV_OK);
        check_connected(&p);
        cv_conn_info(p.server.conn, &info);
        assert_int_equal(info.peer_chain.len != 0, give);
        pair_free(&p);
    }
}

static void post_handshake_authentication(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    for (int with = 0; with < 2; with++) {
        pair_init(&p, "p256");
        if (with) pair_client_identity(&p, "p384");
        assert_int_equal(pair_connect(&p), CV_OK);
        assert_int_equal(cv_conn_request_auth(p.server.conn, CV_AUTH_REQUEST), CV_OK);
        assert_int_equal(pair_move(&p.server, &p.client), CV_OK);
        struct cv_step step;
        assert_int_equal(cv_conn_step(p.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
        assert_int_equal(pair_move(&p.client, &p.server), CV_OK);
        cv_conn_info(p.server.conn, &info);
        assert_int_equal(info.peer_chain.len != 0, with);
        check_connected(&p);
        pair_free(&p);
    }
}

static void post_handshake_authentication_was_not_offered(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, "p256");
    p.client.params.post_handshake_auth = false;
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_request_auth(p.server.conn, CV_AUTH_REQUEST), CV_E_UNSUPPORTED);
    pair_free(&p);
}

/* RFC 8740 3 */
static void post_handshake_authentication_is_not_for_http2(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, "p256");
    p.client.params.alpn = p.server.params.alpn = cv_bytes((const uint8_t *)"\x02h2", 3);
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_request_auth(p.server.conn, CV_AUTH_REQUEST), CV_E_UNSUPPORTED);
    pair_free(&p);
}

static void alpn(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    pair_init(&p, "p256");
    p.client.params.alpn = cv_bytes((const uint8_t *)"\x08http/1.1\x02h2", 12);
    p.server.params.alpn = cv_bytes((const uint8_t *)"\x02h2\x08http/1.1", 12);
    assert_int_equal(pair_connect(&p), CV_OK);
    cv_conn_info(p.client.conn, &info);
    assert_int_equal(info.alpn.len, 2);
    assert_memory_equal(info.alpn.p, "h2", 2);
    pair_close(&p);
    p.server.params.alpn = cv_bytes((const uint8_t *)"\x03xyz", 4);
    assert_int_equal(pair_connect(&p), CV_E_NO_COMMON_ALPN);
    assert_int_equal(pair_move(&p.server, &p.client), CV_E_PEER_ALERT);
    cv_conn_info(p.client.conn, &info);
    assert_int_equal(info.alert_received, CV_ALERT_NO_APPLICATION_PROTOCOL);
    pair_free(&p);
}

static void a_wrong_name_is_refused(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    pair_init(&p, "p256");
    p.client.params.target = cv_bytes((const uint8_t *)"other.example", 13);
    assert_int_equal(pair_connect(&p), CV_E_CERT_NAME_MISMATCH);
    assert_int_equal(pair_move(&p.client, &p.server), CV_E_PEER_ALERT);
    cv_conn_info(p.server.conn, &info);
    assert_int_equal(info.alert_received, CV_ALERT_BAD_CERTIFICATE);
    pair_free(&p);
}

static void an_unknown_root_is_refused(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, "p256");
    p.client.trust.n_anchors = 0;
    assert_int_equal(pair_connect(&p), CV_E_CERT_UNTRUSTED);
    pair_free(&p);
}

static void key_updates(void **state)
{
    (void)state;
    static const char long_text[] =
        "a text that is longer than the record of a KeyUpdate, so that it moves behind it";
    struct pair p;
    pair_init(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(cv_conn_update_keys(p.client.conn, true), CV_OK);
        pair_send(&p.client, &p.server, i % 2 ? "short" : long_text);
        pair_send(&p.server, &p.client, i % 2 ? "" : long_text); /* carries the answer */
        pair_send(&p.client, &p.server, long_text);
    }
    pair_free(&p);
}

/* Attack row 10: so many without data are a flood; so many in a day are not. */
static void key_updates_flood_only_in_a_hurry(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    for (unsigned i = 0; i < 48; i++) {
        assert_int_equal(cv_conn_update_keys(p.client.conn, false), CV_OK);
        pair_send(&p.client, &p.server, "x");
        test_port_advance(&p.server.port, 3600);
    }
    uint8_t wire[128];
    struct cv_opened opened;
    size_t missing, trailer_len;
    cv_err e = CV_OK;
    unsigned n = 0;
    for (; e == CV_OK && n < 100; n++) {
        trailer_len = 64;
        assert_int_equal(cv_conn_update_keys(p.client.conn, false), CV_OK);
        assert_int_equal(cv_conn_seal(p.client.conn, wire, wire + 5, 1, wire + 6, &trailer_len), CV_OK);
        e = cv_conn_open(p.server.conn, wire, 6 + trailer_len, &opened, &missing);
        if (e == CV_OK)
            e = cv_conn_open(p.server.conn, wire + opened.rec_len, 6 + trailer_len - opened.rec_len, &opened,
                             &missing);
    }
    assert_int_equal(e, CV_E_FLOOD);
    assert_int_equal(n, 33);
    pair_free(&p);
}

/* A client that refuses the server's flight may tell so before it has keys. */
static void an_alert_in_the_clear_is_understood_until_keys_were_used(void **state)
{
    (void)state;
    static const uint8_t alert[] = {CV_CONTENT_ALERT, 3, 3, 0, 2, 2, CV_ALERT_UNKNOWN_CA};
    struct pair p;
    struct cv_step step;
    struct cv_conn_info info;
    pair_init(&p, "p256");
    assert_int_equal(pair_new(&p), CV_OK);
    assert_int_equal(cv_conn_step(p.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(pair_move(&p.client, &p.server), CV_OK);
    assert_int_equal(cv_conn_step(p.server.conn, cv_bytes(alert, sizeof alert), &step), CV_E_PEER_ALERT);
    cv_conn_info(p.server.conn, &info);
    assert_int_equal(info.alert_received, CV_ALERT_UNKNOWN_CA);
    pair_close(&p);
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_step(p.server.conn, cv_bytes(alert, sizeof alert), &step), CV_E_RECORD_TYPE);
    pair_free(&p);
}

static void one_byte_at_a_time(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, "rsa");
    assert_int_equal(pair_new(&p), CV_OK);
    struct side *from = &p.client, *to = &p.server;
    struct cv_step step;
    assert_int_equal(cv_conn_step(p.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    for (unsigned turn = 0; turn < 4; turn++) {
        uint8_t wire[16384];
        struct cv_bytes token = cv_conn_output(from->conn);
        size_t have = 0, start = 0, len = token.len;
        assert_in_range(len, 0, sizeof wire);
        memcpy(wire, token.p, len);
        cv_conn_output_drop(from->conn, len);
        while (have < len) {
            have++;
            cv_err e = cv_conn_step(to->conn, cv_bytes(wire + start, have - start), &step);
            if (e == CV_WANT_INPUT) {
                assert_int_equal(step.consumed, 0);
                assert_in_range(step.missing, 1, CV_RECORD_MAX);
            } else {
                assert_int_equal(e, CV_OK);
            }
            start += step.consumed;
        }
        assert_int_equal(start, len);
        struct side *swap = from;
        from = to;
        to = swap;
    }
    check_connected(&p);
    pair_free(&p);
}

static void closing_in_both_orders(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct pair p;
        struct cv_conn_info info;
        pair_init(&p, "p256");
        assert_int_equal(pair_connect(&p), CV_OK);
        struct side *a = first ? &p.client : &p.server, *b = first ? &p.server : &p.client;
        assert_int_equal(cv_conn_close(a->conn), CV_OK);
        assert_int_equal(pair_move(a, b), CV_OK);
        cv_conn_info(b->conn, &info);
        assert_true(info.closed_by_peer);
        pair_send(b, a, "half-closed: this direction still works"); /* RFC 9846 6.1 */
        uint8_t wire[64];
        size_t trailer_len = 50;
        assert_int_equal(cv_conn_seal(a->conn, wire, wire + 5, 1, wire + 6, &trailer_len), CV_E_CLOSED);
        assert_int_equal(cv_conn_close(b->conn), CV_OK);
        assert_int_equal(pair_move(b, a), CV_OK);
        pair_free(&p);
    }
}

static void exporters_agree(void **state)
{
    (void)state;
    struct pair p;
    uint8_t a[40], b[40];
    struct cv_bytes label = cv_bytes((const uint8_t *)"EXPORTER-test", 13),
                    context = cv_bytes((const uint8_t *)"x", 1);
    pair_init(&p, "p256");
    assert_int_equal(pair_connect(&p), CV_OK);
    assert_int_equal(cv_conn_export(p.client.conn, a, sizeof a, label, context), CV_OK);
    assert_int_equal(cv_conn_export(p.server.conn, b, sizeof b, label, context), CV_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_int_equal(cv_conn_export(p.server.conn, b, sizeof b, label, cv_bytes(NULL, 0)), CV_OK);
    assert_memory_not_equal(a, b, sizeof a);
    pair_free(&p);
}

/* The same tape gives the same bytes. */
static void deterministic(void **state)
{
    (void)state;
    uint8_t first[2048];
    size_t first_len = 0;
    for (int i = 0; i < 2; i++) {
        struct pair p;
        struct cv_step step;
        pair_init(&p, "p256");
        assert_int_equal(pair_new(&p), CV_OK);
        assert_int_equal(cv_conn_step(p.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
        assert_int_equal(pair_move(&p.client, &p.server), CV_OK);
        struct cv_bytes out = cv_conn_output(p.server.conn);
        assert_in_range(out.len, 1, sizeof first);
        if (i == 0) memcpy(first, out.p, first_len = out.len);
        assert_int_equal(out.len, first_len);
        assert_memory_equal(out.p, first, first_len);
        pair_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_group_and_key),
        cmocka_unit_test(hello_retry),
        cmocka_unit_test(resumption),
        cmocka_unit_test(resumption_ends_a_week_after_the_proof),
        cmocka_unit_test(resumption_after_retry),
        cmocka_unit_test(client_certificates),
        cmocka_unit_test(a_required_certificate_that_is_missing),
        cmocka_unit_test(a_requested_certificate_may_be_missing),
        cmocka_unit_test(suspended_for_a_credential),
        cmocka_unit_test(post_handshake_authentication),
        cmocka_unit_test(post_handshake_authentication_was_not_offered),
        cmocka_unit_test(post_handshake_authentication_is_not_for_http2),
        cmocka_unit_test(alpn),
        cmocka_unit_test(a_wrong_name_is_refused),
        cmocka_unit_test(an_unknown_root_is_refused),
        cmocka_unit_test(key_updates),
        cmocka_unit_test(key_updates_flood_only_in_a_hurry),
        cmocka_unit_test(an_alert_in_the_clear_is_understood_until_keys_were_used),
        cmocka_unit_test(one_byte_at_a_time),
        cmocka_unit_test(closing_in_both_orders),
        cmocka_unit_test(exporters_agree),
        cmocka_unit_test(deterministic),
    };
    return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
