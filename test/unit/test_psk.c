/* External and imported PSKs, engine against engine. */
#include "hex.h"
#include "tls/psk.h"
#include "tls/state.h"
#include "tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct pair pair;
static const uint8_t key_a[32] = "0123456789abcdef0123456789abcdef",
                     key_b[48] = "another key, as long as SHA-384's output is: 48.";

static struct cv_psk psk(const char *identity, const uint8_t *key, size_t key_len, enum cv_hash_id hash)
{
    return (struct cv_psk){.identity = cv_bytes((const uint8_t *)identity, strlen(identity)),
                           .secret = cv_bytes(key, key_len),
                           .hash = hash};
}

static void prepare(const struct cv_psk *client, size_t n_client, const struct cv_psk *server,
                    size_t n_server)
{
    pair_init(&pair, "p256");
    pair.client.config.psks = client;
    pair.client.config.n_psks = n_client;
    pair.server.config.psks = server;
    pair.server.config.n_psks = n_server;
}

/* Connected by the key with this identity, or, with NULL, by a certificate. */
static void check(const char *identity)
{
    struct cv_conn_info c, s;
    cv_conn_info(pair.client.conn, &c);
    cv_conn_info(pair.server.conn, &s);
    assert_true(c.established);
    assert_true(s.established);
    size_t len = identity != NULL ? strlen(identity) : 0;
    assert_int_equal(c.psk_identity.len, len);
    assert_int_equal(s.psk_identity.len, len);
    if (len != 0) assert_memory_equal(s.psk_identity.p, identity, len);
    if (len != 0) assert_memory_equal(c.psk_identity.p, identity, len);
    if (identity == NULL) assert_int_not_equal(c.peer_chain.len + c.resumed, 0);
    if (identity != NULL) assert_int_equal(c.peer_chain.len, 0);
    pair_send(&pair.client, &pair.server, "from the client");
    pair_send(&pair.server, &pair.client, "from the server");
}

static uint16_t suite(void)
{
    struct cv_conn_info info;
    cv_conn_info(pair.client.conn, &info);
    return info.suite->id;
}

static void a_key_takes_the_place_of_a_certificate(void **state)
{
    (void)state;
    const struct cv_psk a = psk("a", key_a, 32, CV_HASH_NONE), b = psk("b", key_b, 48, CV_HASH_SHA384);
    prepare(&a, 1, &a, 1);
    assert_int_equal(pair_connect(&pair), CV_OK);
    check("a");
    pair_free(&pair);
    /* RFC 9846 4.3.11: the suite has the key's hash, though another is preferred */
    prepare(&b, 1, &b, 1);
    pair.server.config.n_identities = 0; /* and no certificate is needed */
    pair.client.trust.n_anchors = 0;
    assert_int_equal(pair_connect(&pair), CV_OK);
    check("b");
    assert_int_equal(suite(), CV_TLS_AES_256_GCM_SHA384);
    pair_free(&pair);
}

static void the_first_that_serves_is_taken(void **state)
{
    (void)state;
    const struct cv_psk client[] = {psk("unknown", key_a, 32, CV_HASH_NONE),
                                    psk("b", key_b, 48, CV_HASH_SHA384), psk("a", key_a, 32, CV_HASH_SHA256)};
    const struct cv_psk server[] = {psk("a", key_a, 32, CV_HASH_SHA256), psk("b", key_b, 48, CV_HASH_SHA384)};
    prepare(client, 3, server, 2);
    assert_int_equal(pair_connect(&pair), CV_OK);
    check("b");
    pair_close(&pair);
    pair.client.params.resume = false;
    const struct cv_suite *only = cv_config_suite(&pair.server.config, CV_TLS_AES_128_GCM_SHA256);
    pair.server.config.suites = only; /* no suite with SHA-384: the next */
    pair.server.config.n_suites = 1;
    assert_int_equal(pair_connect(&pair), CV_OK);
    check("a");
    pair_free(&pair);
}

static void an_unknown_key_leads_to_certificates(void **state)
{
    (void)state;
    const struct cv_psk a = psk("a", key_a, 32, CV_HASH_NONE), b = psk("b", key_b, 48, CV_HASH_SHA384);
    prepare(&a, 1, &b, 1);
    assert_int_equal(pair_connect(&pair), CV_OK);
    check(NULL);
    pair_free(&pair);
    prepare(&a, 1, &b, 1);
    pair.server.config.n_identities = 0;
    assert_int_equal(pair_connect(&pair), CV_E_NO_CERTIFICATE);
    pair_free(&pair);
    /* Where a certificate is required, a key does not do. */
    prepare(&a, 1, &a, 1);
    pair_client_identity(&pair, "p256");
    pair.server.params.client_auth = CV_AUTH_REQUIRE;
    assert_int_equal(pair_connect(&pair), CV_OK);
    check(NULL);
    pair_free(&pair);
}

static void a_wrong_key_ends_the_handshake(void **state)
{
    (void)state;
    const struct cv_psk a = psk("a", key_a, 32, CV_HASH_NONE), wrong = psk("a", key_b, 32, CV_HASH_NONE);
    prepare(&a, 1, &wrong, 1);
    assert_int_equal(pair_connect(&pair), CV_E_BAD_BINDER);
    pair_free(&pair);
}

static void tickets_come_first_and_resume(void **state)
{
    (void)state;
    const struct cv_psk a = psk("a", key_a, 32, CV_HASH_NONE);
    struct cv_conn_info info;
    prepare(&a, 1, &a, 1);
    assert_int_equal(pair_connect(&pair), CV_OK);
    check("a");
    pair_close(&pair);
    assert_int_equal(pair_connect(&pair), CV_OK);
    check(NULL);
    cv_conn_info(pair.server.conn, &info);
    assert_true(info.resumed);
    pair_close(&pair);
    /* A server that cannot open the ticket takes the key behind it. */
    cv_ticket_keys_free(pair.server.config.ticket_keys);
    assert_int_equal(cv_ticket_keys_new(&pair.server.config.ticket_keys, &pair.server.port.port,
                                        pair.server.algorithms.ticket_aead, 3600, 36000),
                     CV_OK);
    assert_int_equal(pair_connect(&pair), CV_OK);
    check("a");
    pair_free(&pair);
}

static void after_a_retry(void **state)
{
    (void)state;
    const struct cv_psk client[] = {psk("b", key_b, 48, CV_HASH_SHA384), psk("a", key_a, 32, CV_HASH_NONE)};
    for (size_t i = 0; i < 2; i++) {
        struct cv_conn_info info;
        prepare(client, 2, &client[i], 1);
        pair.server.config.groups += 2;
        pair.server.config.n_groups = 1;
        assert_int_equal(pair_connect(&pair), CV_OK);
        cv_conn_info(pair.client.conn, &info);
        assert_true(info.retried);
        check(i == 0 ? "b" : "a");
        pair_free(&pair);
    }
}

/* RFC 9846 4.3.9: only where both sides say so, and never where there may be a key exchange. */
static void keys_alone_only_by_configuration(void **state)
{
    (void)state;
    const struct cv_psk a = psk("a", key_a, 32, CV_HASH_NONE);
    for (unsigned i = 0; i < 4; i++) {
        struct cv_conn_info info;
        prepare(&a, 1, &a, 1);
        pair.client.config.psk_ke = i % 2;
        pair.server.config.psk_ke = i / 2;
        assert_int_equal(pair_connect(&pair), CV_OK);
        check("a");
        cv_conn_info(pair.server.conn, &info);
        assert_non_null(info.group); /* psk_dhe_ke is preferred */
        pair_free(&pair);
    }
}

/* --- RFC 9258 --- */

/* ipskx for the key 00 01 ... 1f, "device 7", context "telemetry", computed by Python's hmac from
 * section 5.1; the RFC has no vectors. */
static void an_imported_key(void **state)
{
    (void)state;
    static const char *const want[] = {"9219480e93982585da64f13cec84f46beeae351985354383a3f707a448e2b244",
                                       "417e3777f3fcfa9bb15fc78c2d27f404c4a43ed32c5b00d777658140a1e63f76"
                                       "9957ddbe7fc2ed9d6978b6c39634894d"};
    static const char *const identity[] = {"00086465766963652037000974656c656d6574727903040001",
                                           "00086465766963652037000974656c656d6574727903040002"};
    uint8_t key[32];
    for (size_t i = 0; i < sizeof key; i++) key[i] = (uint8_t)i;
    struct cv_psk p = psk("device 7", key, sizeof key, CV_HASH_NONE);
    p.import = true;
    p.context = cv_bytes((const uint8_t *)"telemetry", 9);
    prepare(&p, 1, &p, 1);
    assert_int_equal(pair_new(&pair), CV_OK);
    struct cv_conn *c = pair.client.conn;
    assert_int_equal(cv_psks_prepare(c), CV_OK);
    assert_int_equal(c->hs->n_psks, 2);
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[64];
        size_t len = unhex(bytes, sizeof bytes, want[i]);
        assert_int_equal(c->hs->psks[i]->secret_len, len);
        assert_memory_equal(c->hs->psks[i]->secret, bytes, len);
        len = unhex(bytes, sizeof bytes, identity[i]);
        assert_int_equal(c->hs->psks[i]->ticket.len, len);
        assert_memory_equal(c->hs->psks[i]->ticket.p, bytes, len);
    }
    pair_close(&pair);
    for (size_t i = 0; i < 5; i++) { /* with every suite */
        pair.client.params.resume = false;
        pair.server.config.suites = &pair.server.algorithms.suites[i];
        pair.server.config.n_suites = 1;
        assert_int_equal(pair_connect(&pair), CV_OK);
        struct cv_conn_info info;
        cv_conn_info(pair.server.conn, &info);
        assert_int_not_equal(info.psk_identity.len, 0);
        assert_int_equal(info.peer_chain.len, 0);
        pair_close(&pair);
    }
    pair_free(&pair);
}

static void another_context_is_another_key(void **state)
{
    (void)state;
    struct cv_psk a = psk("a", key_a, 32, CV_HASH_NONE), b = a, plain = a;
    a.import = b.import = true;
    a.context = cv_bytes((const uint8_t *)"x", 1);
    b.context = cv_bytes((const uint8_t *)"y", 1);
    prepare(&a, 1, &b, 1);
    assert_int_equal(pair_connect(&pair), CV_OK);
    check(NULL);
    pair_free(&pair);
    prepare(&a, 1, &plain, 1); /* and not the key itself either */
    assert_int_equal(pair_connect(&pair), CV_OK);
    check(NULL);
    pair_free(&pair);
}

static void what_is_no_key(void **state)
{
    (void)state;
    struct cv_psk p = psk("a", key_a, 32, CV_HASH_NONE);
    assert_true(cv_psk_is_valid(&p));
    p.secret.len = 15;
    assert_false(cv_psk_is_valid(&p));
    p.secret.len = 65;
    assert_false(cv_psk_is_valid(&p));
    p = psk("", key_a, 32, CV_HASH_NONE);
    assert_false(cv_psk_is_valid(&p));
    p = psk("a", key_a, 32, CV_HASH_SHA512);
    assert_false(cv_psk_is_valid(&p));
    p = psk("a", key_a, 32, CV_HASH_NONE);
    p.context = cv_bytes(key_a, 1); /* without import */
    assert_false(cv_psk_is_valid(&p));
}

static void every_allocation_fails(void **state)
{
    (void)state;
    struct cv_psk client[] = {psk("unknown", key_a, 32, CV_HASH_NONE), psk("b", key_b, 48, CV_HASH_SHA384)};
    client[1].import = true;
    size_t n_failed = 0;
    for (unsigned side = 0; side < 2; side++) {
        for (size_t n = 1;; n++) {
            prepare(client, 2, &client[1], 1);
            struct test_port *port = side ? &pair.server.port : &pair.client.port;
            test_port_fail_at(port, n);
            size_t fail_at = port->fail_at;
            cv_err e = pair_connect(&pair);
            bool reached = port->n_allocs >= fail_at;
            test_port_fail_at(port, 0);
            if (e != CV_OK) assert_true(e == CV_E_NO_MEMORY || e == CV_E_PEER_ALERT);
            if (!reached) assert_int_equal(e, CV_OK);
            n_failed += e != CV_OK;
            pair_free(&pair);
            if (!reached) break;
        }
    }
    print_message("%zu allocations failed\n", n_failed);
    assert_in_range(n_failed, 25, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_takes_the_place_of_a_certificate),
        cmocka_unit_test(the_first_that_serves_is_taken),
        cmocka_unit_test(an_unknown_key_leads_to_certificates),
        cmocka_unit_test(a_wrong_key_ends_the_handshake),
        cmocka_unit_test(tickets_come_first_and_resume),
        cmocka_unit_test(after_a_retry),
        cmocka_unit_test(keys_alone_only_by_configuration),
        cmocka_unit_test(an_imported_key),
        cmocka_unit_test(another_context_is_another_key),
        cmocka_unit_test(what_is_no_key),
        cmocka_unit_test(every_allocation_fails),
    };
    return cmocka_run_group_tests_name("pre-shared keys", tests, NULL, NULL);
}
