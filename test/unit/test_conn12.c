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

static void no_post_handshake_authentication(void **state)
{
    (void)state;
    struct pair p;
    init12(&p, "p256");
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
