/* Raw public keys (RFC 7250), both versions, of servers and of clients. */
#include "attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const uint16_t versions[] = {CV_TLS13, CV_TLS12};
static const char *const kinds[] = {"p256", "p384", "ed25519", "rsa"};
static struct cv_bytes pins[2][2];

static void pin(struct side *s, struct cv_bytes other, struct cv_bytes key)
{
    struct cv_bytes *list = pins[s == &pair.server];
    list[0] = other;
    list[1] = key;
    s->config.pinned_keys = list;
    s->config.n_pinned_keys = 2;
}

static void prepare(const char *kind, uint16_t version)
{
    pair_init(&pair, kind);
    pair_client_identity(&pair, kind);
    pair.server.params.client_auth = CV_AUTH_REQUIRE;
    pair.client.config.min_version = pair.client.config.max_version = version;
    pair.server.config.min_version = pair.server.config.max_version = version;
    pin(&pair.client, cv_bytes((const uint8_t *)"x", 1), pair.server.own.identity.leaf.spki);
    pin(&pair.server, cv_bytes((const uint8_t *)"x", 1), pair.client.own.identity.leaf.spki);
}

static bool is_key(const struct side *of, struct cv_bytes chain)
{
    struct cv_bytes first;
    assert_int_equal(cv_read_vec24(&chain, &first), CV_OK);
    return chain.len == 0 && cv_bytes_equal(first, of->own.identity.leaf.spki);
}

static void every_wish(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * 2 * 3 * 2 * 3; i++) {
        struct cv_conn_info c, s;
        unsigned version = i % 2, server_own = i / 2 % 2, client_peer = i / 4 % 3, client_own = i / 12 % 2,
                 server_peer = i / 24;
        prepare(kinds[i % 4], versions[version]);
        pair.server.config.own_raw_key = server_own;
        pair.client.config.peer_raw_key = (enum cv_raw_key)client_peer;
        pair.client.config.own_raw_key = client_own;
        pair.server.config.peer_raw_key = (enum cv_raw_key)server_peer;
        bool impossible = (client_peer == CV_RAW_KEY_ALWAYS && !server_own) ||
                          (server_peer == CV_RAW_KEY_ALWAYS && !client_own);
        if (impossible) {
            assert_int_equal(pair_connect(&pair), CV_E_CERT_TYPE);
            pair_free(&pair);
            continue;
        }
        for (int again = 0; again < 2; again++) {
            assert_int_equal(pair_connect(&pair), CV_OK);
            cv_conn_info(pair.client.conn, &c);
            cv_conn_info(pair.server.conn, &s);
            bool server_raw = server_own && client_peer != CV_RAW_KEY_NEVER;
            bool client_raw = client_own && server_peer != CV_RAW_KEY_NEVER;
            assert_int_equal(c.peer_raw_key, server_raw);
            assert_int_equal(s.peer_raw_key, client_raw);
            assert_int_equal(c.resumed, again); /* then nothing of our own is sent */
            assert_int_equal(s.own_raw_key, server_raw && !again);
            assert_int_equal(c.own_raw_key, client_raw && !again);
            assert_int_equal(is_key(&pair.server, c.peer_chain), server_raw);
            assert_int_equal(is_key(&pair.client, s.peer_chain), client_raw);
            assert_int_equal(c.validated, CV_VALIDATED_NAME);
            assert_int_equal(s.validated, client_raw ? CV_VALIDATED_NAME : CV_VALIDATED_CHAIN);
            pair_send(&pair.client, &pair.server, "raw");
            pair_send(&pair.server, &pair.client, "keys");
            pair_close(&pair);
        }
        pair_free(&pair);
    }
}

static void keys_that_are_not_pinned(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct cv_conn_info info;
        bool of_client = i & 1, validate = !(i & 2);
        prepare("p256", versions[i / 4]);
        struct side *judge = of_client ? &pair.server : &pair.client;
        pair.server.config.own_raw_key = pair.client.config.own_raw_key = true;
        pair.client.config.peer_raw_key = pair.server.config.peer_raw_key = CV_RAW_KEY_ALLOWED;
        judge->config.n_pinned_keys = 1; /* "x" */
        judge->params.validate = validate;
        cv_err e = pair_connect(&pair);
        if (validate) {
            assert_true(e == CV_E_CERT_UNTRUSTED || e == CV_E_PEER_ALERT);
            cv_conn_info(judge->conn, &info);
            assert_int_equal(info.error, CV_E_CERT_UNTRUSTED);
            assert_int_equal(info.alert_sent, CV_ALERT_UNKNOWN_CA);
        } else {
            assert_int_equal(e, CV_OK);
            cv_conn_info(judge->conn, &info);
            assert_true(info.peer_raw_key);
            assert_int_equal(info.validated, CV_VALIDATED_NOT);
        }
        pair_free(&pair);
    }
}

/* A key that goes raw or not at all; and who prefers certificates. */
static void keys_that_go_raw_only(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        struct cv_conn_info info;
        enum cv_raw_key wishes[] = {CV_RAW_KEY_ALLOWED, CV_RAW_KEY_SECOND, CV_RAW_KEY_NEVER};
        prepare("p256", versions[i / 3]);
        pair.server.own.identity.only_raw_key = true;
        pair.client.config.peer_raw_key = wishes[i % 3];
        if (wishes[i % 3] == CV_RAW_KEY_NEVER) {
            assert_int_equal(pair_connect(&pair), CV_E_CERT_TYPE);
        } else {
            assert_int_equal(pair_connect(&pair), CV_OK);
            cv_conn_info(pair.client.conn, &info);
            assert_true(info.peer_raw_key);
            pair_close(&pair);
            /* a session with a bare key is worth nothing where none is taken any more */
            pair.client.config.peer_raw_key = CV_RAW_KEY_NEVER;
            pair.server.own.identity.only_raw_key = false;
            assert_int_equal(pair_connect(&pair), CV_OK);
            cv_conn_info(pair.client.conn, &info);
            assert_false(info.resumed || info.peer_raw_key);
            pair_close(&pair);
            /* and a certificate comes first where it is preferred */
            pair.server.config.own_raw_key = true;
            pair.client.config.peer_raw_key = wishes[i % 3];
            pair.client.params.resume = false;
            assert_int_equal(pair_connect(&pair), CV_OK);
            cv_conn_info(pair.client.conn, &info);
            assert_true(info.peer_raw_key); /* the server's order decides */
        }
        pair_free(&pair);
    }
}

/* What goes with a certificate does not go with a bare key. */
static void nothing_is_stapled_to_keys(void **state)
{
    (void)state;
    static const struct cv_revocation asks;
    for (unsigned i = 0; i < 4; i++) {
        struct cv_conn_info info;
        bool raw = i & 1;
        prepare("p256", versions[i / 2]);
        pair.server.own.identity.staple = cv_bytes((const uint8_t *)"status", 6);
        pair.server.own.identity.scts = cv_bytes((const uint8_t *)"\0\3\0\1x", 5);
        pair.server.config.own_raw_key = raw;
        pair.client.config.peer_raw_key = CV_RAW_KEY_ALLOWED;
        pair.client.config.revocation = &asks;
        pair.client.config.want_scts = true;
        pair.client.params.validate = false;
        assert_int_equal(pair_connect(&pair), CV_OK);
        cv_conn_info(pair.client.conn, &info);
        assert_int_equal(info.peer_raw_key, raw);
        assert_int_equal(info.peer_scts.len, raw ? 0 : 5);
        assert_int_equal(info.peer_staples.len, raw ? 0 : 9);
        pair_free(&pair);
    }
}

static void clients_without_a_key(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        bool required = i & 1;
        prepare("p256", versions[i / 2]);
        pair.client.config.n_identities = 0;
        pair.client.config.own_raw_key = true;
        pair.server.config.peer_raw_key = CV_RAW_KEY_ALWAYS;
        pair.server.params.client_auth = required ? CV_AUTH_REQUIRE : CV_AUTH_REQUEST;
        cv_err e = pair_connect(&pair);
        assert_int_equal(e, required ? CV_E_CERTIFICATE_REQUIRED : CV_OK);
        pair_free(&pair);
    }
}

/* --- a scripted peer --- */

static void hostile_clients(void **state)
{
    (void)state;
    static const struct {
        uint8_t ext, len;
        const char *body;
        cv_err want;
        int alert;
    } cases[] = {
        {20, 2, "\1\2", CV_E_CERT_TYPE, CV_ALERT_UNSUPPORTED_CERTIFICATE}, /* we have X.509 only */
        {20, 2, "\1\1", CV_E_CERT_TYPE, CV_ALERT_UNSUPPORTED_CERTIFICATE}, /* OpenPGP */
        {20, 1, "\0", CV_E_BAD_LENGTH, CV_ALERT_DECODE_ERROR},
        {20, 0, "", CV_E_TRUNCATED, CV_ALERT_DECODE_ERROR},
        {20, 3, "\1\0\0", CV_E_TRAILING_DATA, CV_ALERT_DECODE_ERROR},
        {19, 2, "\1\2", CV_E_CERT_TYPE, CV_ALERT_UNSUPPORTED_CERTIFICATE},
        {19, 1, "\0", CV_E_BAD_LENGTH, CV_ALERT_DECODE_ERROR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        attack_prepare(CV_SERVER);
        pair.server.params.client_auth = CV_AUTH_REQUIRE;
        (void)attack_begin();
        peer_ext_add(&peer, cases[i].ext, cases[i].body, cases[i].len);
        peer_make_client_hello(&peer);
        peer_send(&peer);
        attack_refuses(cases[i].want, cases[i].alert);
        attack_end();
    }
}

static void hostile_answers(void **state)
{
    (void)state;
    static const struct {
        uint8_t ext, value;
        enum cv_raw_key wish;
        cv_err want;
        int alert;
    } cases[] = {
        {20, 1, CV_RAW_KEY_ALLOWED, CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER},
        {20, 3, CV_RAW_KEY_ALLOWED, CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER},
        {20, 0, CV_RAW_KEY_ALWAYS, CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER},
        {19, 7, CV_RAW_KEY_ALLOWED, CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER},
        {20, 2, CV_RAW_KEY_NEVER, CV_E_UNSOLICITED_EXTENSION, CV_ALERT_UNSUPPORTED_EXTENSION},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        attack_prepare(CV_CLIENT);
        pair.client.config.peer_raw_key = cases[i].wish;
        pair.client.config.own_raw_key = true;
        (void)attack_begin();
        peer_server_hello(&peer);
        peer_ext_add(&peer, cases[i].ext, &cases[i].value, 1);
        peer_make_encrypted_extensions(&peer);
        peer_send(&peer);
        attack_refuses(cases[i].want, cases[i].alert);
        attack_end();
    }
}

/* After a bare key was agreed on: certificates, two keys, and bytes that are no key. */
static void hostile_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        static struct cv_identity fake;
        static struct cv_bytes chain[2];
        attack_prepare(CV_CLIENT);
        pair.client.config.peer_raw_key = CV_RAW_KEY_ALLOWED;
        pair.client.params.validate = false;
        (void)attack_begin();
        struct cv_bytes spki = peer.side->own.identity.leaf.spki;
        fake = peer.side->own.identity;
        fake.chain = chain;
        fake.n_chain = i == 1 ? 2 : 1;
        chain[0] = i == 0 ? fake.leaf.der : i == 2 ? cv_bytes(spki.p, spki.len - 1) : spki;
        chain[1] = spki;
        peer_server_hello(&peer);
        peer_ext_add(&peer, 20, "\2", 1);
        peer_make_encrypted_extensions(&peer);
        peer_send(&peer);
        peer_make_certificate(&peer, &fake);
        peer_send(&peer);
        cv_err e = attack_deliver();
        assert_int_equal(e == CV_OK, i == 3);
        if (i == 1) assert_int_equal(e, CV_E_TRAILING_DATA);
        attack_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wish),
        cmocka_unit_test(keys_that_are_not_pinned),
        cmocka_unit_test(nothing_is_stapled_to_keys),
        cmocka_unit_test(hostile_clients),
        cmocka_unit_test(clients_without_a_key),
        cmocka_unit_test(keys_that_go_raw_only),
        cmocka_unit_test(hostile_answers),
        cmocka_unit_test(hostile_keys),
    };
    return cmocka_run_group_tests_name("extensions_raw_key", tests, NULL, NULL);
}
