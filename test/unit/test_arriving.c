/* Clients with a short buffer: records that are opened as they come, certificates that are judged as they
 * arrive. */
#include "tls/peer_certs.h"
#include "tls/record_pieces.h"
#include "tls_fixture.h"
#include "x509/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { BUFFER = 600, TOKEN_MAX = 1 << 17, EXTRA_MAX = 64 };

static struct pair pair;
static struct cv_features features;
static struct cv_anchor anchor;
static struct cv_bytes long_chain[EXTRA_MAX];
static uint8_t flight[TOKEN_MAX];

static void prepare(const char *kind, uint16_t version)
{
    pair_init(&pair, kind);
    pair.client.config.min_version = pair.client.config.max_version = version;
    pair.server.config.min_version = version;
    assert_int_equal(cv_anchor_read(&anchor, pair.client.root.der, &cv_sha256), CV_OK);
    features = cv_all_features;
    features.certificates = &cv_certs_as_they_arrive;
    features.record_pieces = &cv_records_as_they_come;
    pair.client.config.features = &features;
    pair.client.config.trust = NULL;
    pair.client.config.anchors = &anchor;
    pair.client.config.n_anchors = 1;
    pair.client.params.resume = false;
}

/* Behind what is needed the server sends certificates that are not. */
static void lengthen_chain(size_t len)
{
    struct cv_identity *own = &pair.server.own.identity;
    size_t n = own->n_chain;
    memcpy(long_chain, own->chain, n * sizeof long_chain[0]);
    for (; len > own->chain[0].len && n < EXTRA_MAX; n++) {
        long_chain[n] = own->chain[0];
        len -= own->chain[0].len;
    }
    own->chain = long_chain;
    own->n_chain = n;
}

/* Gives bytes to the client through a buffer of that size, some at a time. CV_E_RECORD_OVERFLOW: it is full,
 * and nothing comes of it. */
static cv_err feed(struct cv_bytes in, size_t buffer_len, size_t at_once)
{
    uint8_t *buffer = malloc(buffer_len);
    size_t n = 0;
    cv_err e = CV_OK;
    assert_non_null(buffer);
    while ((e == CV_OK || e == CV_WANT_INPUT) && (in.len > 0 || n > 0)) {
        struct cv_step step;
        struct cv_bytes part;
        size_t room = buffer_len - n, more = at_once < room ? at_once : room;
        assert_int_equal(cv_read_bytes(&in, in.len < more ? in.len : more, &part), CV_OK);
        if (part.len > 0) memcpy(buffer + n, part.p, part.len);
        n += part.len;
        e = cv_conn_step(pair.client.conn, cv_bytes(buffer, n), &step);
        memmove(buffer, buffer + step.consumed, n - step.consumed);
        n -= step.consumed;
        if (step.consumed == 0 && part.len == 0) {
            if (e == CV_WANT_INPUT && in.len > 0) e = CV_E_RECORD_OVERFLOW;
            break;
        }
    }
    free(buffer);
    return e == CV_WANT_INPUT ? CV_OK : e;
}

/* As pair_run, the client with such a buffer. */
static cv_err run(size_t buffer_len, size_t at_once)
{
    struct cv_step step;
    cv_err e = pair_new(&pair);
    if (e == CV_OK) e = cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step);
    for (unsigned i = 0; i < 8 && e == CV_OK; i++) {
        if ((e = pair_move(&pair.client, &pair.server)) != CV_OK) break;
        struct cv_bytes token = cv_conn_output(pair.server.conn);
        e = feed(token, buffer_len, at_once);
        cv_conn_output_drop(pair.server.conn, token.len);
        if (token.len == 0 && cv_conn_output(pair.client.conn).len == 0) break;
    }
    return e;
}

static void check_established(void)
{
    struct cv_conn_info info;
    cv_conn_info(pair.client.conn, &info);
    assert_true(info.established);
    assert_int_equal(info.validated, CV_VALIDATED_NAME);
    assert_int_equal(info.peer_chain.len, 0);
    pair_send(&pair.client, &pair.server, "ping");
    pair_send(&pair.server, &pair.client, "pong");
}

static void shakes_hands_however_the_bytes_come(void **state)
{
    (void)state;
    static const char *const kinds[] = {"p256", "p384", "rsa"};
    static const uint16_t versions[] = {CV_TLS13, CV_TLS12};
    static const size_t at_once[] = {1, 7, 64, BUFFER};
    for (size_t i = 0; i < 3; i++) {
        for (size_t v = 0; v < 2; v++) {
            for (size_t k = 0; k < 4; k++) {
                prepare(kinds[i], versions[v]);
                pair.client.config.record_limit = CV_RECORD_LIMIT_FOR(BUFFER);
                cv_err e = run(BUFFER, at_once[k]);
                if (e != CV_OK)
                    fail_msg("%s, %x, %zu: %s", kinds[i], versions[v], at_once[k], cv_err_name(e));
                check_established();
                pair_free(&pair);
            }
        }
    }
}

static void opens_records_longer_than_its_buffer(void **state)
{
    (void)state;
    static const uint16_t suites[] = {CV_TLS_AES_128_GCM_SHA256, CV_TLS_AES_256_GCM_SHA384,
                                      CV_TLS_CHACHA20_POLY1305_SHA256};
    for (size_t i = 0; i < 3; i++) {
        prepare("rsa", CV_TLS13);
        assert_true(cv_algorithms_take_suites(&pair.client.algorithms, &suites[i], 1));
        pair.client.config.n_suites = 1;
        lengthen_chain(16000);
        assert_int_equal(run(BUFFER, 100), CV_OK); /* nobody said how long records may be */
        check_established();
        pair_free(&pair);
    }
    prepare("p256", CV_TLS12);
    lengthen_chain(60000);
    assert_int_equal(run(BUFFER, 100), CV_OK);
    check_established();
    pair_free(&pair);
}

/* An AEAD that opens records whole only, as CCM. */
static void needs_the_whole_record_of_other_aeads(void **state)
{
    (void)state;
    static const uint16_t suite = CV_TLS_AES_128_CCM_SHA256;
    for (unsigned i = 0; i < 2; i++) {
        prepare("p256", CV_TLS13);
        assert_true(cv_algorithms_take_suites(&pair.client.algorithms, &suite, 1));
        pair.client.config.n_suites = 1;
        assert_int_equal(run(i == 0 ? BUFFER : 4096, 100), i == 0 ? CV_E_RECORD_OVERFLOW : CV_OK);
        pair_free(&pair);
    }
}

/* The most memory that the client has of its port. */
static size_t peak(size_t chain_len, uint16_t version, uint16_t limit)
{
    prepare("p256", version);
    features.client_proof = NULL; /* for which TLS 1.2 keeps messages */
    pair.client.config.record_limit = limit;
    lengthen_chain(chain_len);
    assert_int_equal(run(BUFFER, 100), CV_OK);
    size_t bytes = pair.client.port.peak_bytes;
    pair_free(&pair);
    return bytes;
}

static void long_chains_take_no_memory(void **state)
{
    (void)state;
    for (uint16_t version = CV_TLS12; version <= CV_TLS13; version++) {
        size_t least = peak(0, version, 500) + 64; /* signatures and extensions differ a little */
        assert_true(peak(16384, version, 500) <= least);
        assert_true(peak(16384, version, 0) <= least);
    }
}

static void refuses_for_the_reason(void **state)
{
    (void)state;
    for (uint16_t version = CV_TLS12; version <= CV_TLS13; version++) {
        prepare("p256", version);
        pair.client.params.target = cv_bytes((const uint8_t *)"other.example", 13);
        assert_int_equal(run(BUFFER, 100), CV_E_CERT_NAME_MISMATCH);
        pair_free(&pair);

        prepare("p256", version);
        pair.client.params.target = cv_bytes(NULL, 0); /* nothing to check against */
        assert_int_equal(run(BUFFER, 100), CV_E_CERT_NAME_MISMATCH);
        pair_free(&pair);

        prepare("p256", version);
        pair.client.port.now += INT64_C(200) * 365 * 86400;
        assert_int_equal(run(BUFFER, 100), CV_E_CERT_EXPIRED);
        pair_free(&pair);

        prepare("p256", version);
        pair.client.config.n_anchors = 0;
        assert_int_equal(run(BUFFER, 100), CV_E_CERT_UNTRUSTED);
        struct cv_conn_info info;
        cv_conn_info(pair.client.conn, &info);
        assert_int_equal(info.verdict.err, CV_E_CERT_UNTRUSTED);
        assert_int_equal(info.failed_in, CV_MSG_CERTIFICATE);
        assert_int_equal(info.alert_sent, 48); /* unknown_ca */
        pair_free(&pair);

        prepare("p256", version); /* who judges it is the caller */
        pair.client.config.n_anchors = 0;
        pair.client.params.validate = false;
        assert_int_equal(run(BUFFER, 100), CV_OK);
        pair_free(&pair);
    }
}

static void refuses_what_it_cannot_do(void **state)
{
    (void)state;
    static const struct cv_revocation revocation = {.scope = CV_REVOCATION_CHAIN};
    prepare("p256", CV_TLS13);
    pair.client.config.revocation = &revocation;
    assert_int_equal(run(BUFFER, 100), CV_E_UNSUPPORTED);
    pair_free(&pair);

    prepare("p256", CV_TLS13); /* a program for keys known before */
    features.certificates = NULL;
    assert_int_equal(run(BUFFER, 100), CV_E_UNEXPECTED_MESSAGE);
    pair_free(&pair);
}

/* Every byte of the server's flight, changed: the client says what one with whole records and certificates in
 * memory says, and under keys that is always that the record does not verify. */
static cv_err replay(bool pieces, struct cv_bytes token)
{
    struct cv_step step;
    prepare("p256", CV_TLS13);
    if (!pieces) {
        pair.client.config.features = &cv_all_features;
        pair.client.config.trust = &pair.client.trust;
    }
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    cv_err e = feed(token, pieces ? BUFFER : TOKEN_MAX, pieces ? 50 : TOKEN_MAX);
    pair_free(&pair);
    return e;
}

static size_t record_server(void)
{
    struct cv_step step;
    prepare("p256", CV_TLS13);
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(pair_move(&pair.client, &pair.server), CV_OK);
    struct cv_bytes token = cv_conn_output(pair.server.conn);
    assert_true(token.len < sizeof flight);
    memcpy(flight, token.p, token.len);
    pair_free(&pair);
    return token.len;
}

static void believes_nothing_before_the_tag(void **state)
{
    (void)state;
    size_t len = record_server(), n_mac = 0;
    assert_int_equal(replay(true, cv_bytes(flight, len)), CV_OK);
    for (size_t i = 0; i < len; i += i < 160 ? 1 : 5) {
        flight[i] ^= 0x11;
        cv_err by_pieces = replay(true, cv_bytes(flight, len)), whole = replay(false, cv_bytes(flight, len));
        /* a length that grew: one waits for bytes, the other has no place for them */
        if (by_pieces != whole && !(by_pieces == CV_E_RECORD_OVERFLOW && whole == CV_OK))
            fail_msg("byte %zu: %s, with whole records %s", i, cv_err_name(by_pieces), cv_err_name(whole));
        n_mac += by_pieces == CV_E_BAD_RECORD_MAC;
        flight[i] ^= 0x11;
    }
    assert_true(n_mac > 100);
}

/* The server's ServerHello reaches the client, whose keys are then known to the test. */
static void begin_handshake(void)
{
    struct cv_step step;
    prepare("p256", CV_TLS13);
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(pair_move(&pair.client, &pair.server), CV_OK);
    struct cv_bytes token = cv_conn_output(pair.server.conn), hello;
    size_t len = 5 + ((size_t)token.p[3] << 8 | token.p[4]);
    assert_int_equal(cv_read_bytes(&token, len, &hello), CV_OK);
    assert_int_equal(feed(hello, BUFFER, 50), CV_OK);
}

/* A record of the server's, of the test's making: its seq-th, with padding. */
static cv_err feed_record(uint64_t seq, uint8_t type, struct cv_bytes content, size_t padding)
{
    const struct cv_conn *c = pair.client.conn;
    uint8_t rec[2048], *tag = rec + 5 + content.len + 1 + padding;
    struct cv_half half = {.state = malloc(c->suite->aead->state_len)};
    assert_true(half.state != NULL && content.len + padding < 2000);
    memset(rec, 0, sizeof rec);
    if (content.len > 0) memcpy(rec + 5, content.p, content.len);
    rec[5 + content.len] = type;
    cv_half_set_secret(&half, c->suite, c->hs->server_secret);
    half.seq = seq;
    assert_int_equal(cv_record_seal(&half, type, rec, rec + 5, (size_t)(tag - rec - 5), NULL, 0, tag), CV_OK);
    free(half.state);
    return feed(cv_bytes(rec, (size_t)(tag - rec) + 16), BUFFER, 50);
}

/* EncryptedExtensions without any, and a Certificate's beginning. */
static const uint8_t extensions[] = {8, 0, 0, 2, 0, 0},
                     beginning[] = {11, 0, 1, 0, 0, 0, 0, 252, 0, 0, 247, 0x30};

static void takes_nothing_in_between(void **state)
{
    (void)state;
    static const uint8_t ccs[] = {20, 3, 3, 0, 1, 1}, alert[] = {2, 40};
    const struct cv_bytes ee = cv_bytes(extensions, sizeof extensions);
    for (size_t len = 0; len <= sizeof beginning; len++) {
        for (unsigned kind = 0; kind < 3; kind++) {
            begin_handshake();
            assert_int_equal(feed_record(0, CV_CONTENT_HANDSHAKE, ee, 0), CV_OK);
            if (len > 0)
                assert_int_equal(feed_record(1, CV_CONTENT_HANDSHAKE, cv_bytes(beginning, len), 0), CV_OK);
            if (kind == 0)
                assert_int_equal(feed(cv_bytes(ccs, sizeof ccs), BUFFER, 50), len == 0 ? CV_OK : CV_E_CCS);
            if (kind == 1)
                assert_int_equal(feed_record(len > 0 ? 2 : 1, CV_CONTENT_ALERT, cv_bytes(alert, 2), 0),
                                 len == 0 ? CV_E_PEER_ALERT : CV_E_UNEXPECTED_MESSAGE);
            if (kind == 2)
                assert_int_equal(feed_record(len > 0 ? 2 : 1, CV_CONTENT_DATA, cv_bytes(alert, 2), 0),
                                 CV_E_UNEXPECTED_MESSAGE);
            pair_free(&pair);
        }
    }
}

/* What a record is shows at its end; content may be zeros, and padding long. */
static void tells_records_by_their_end(void **state)
{
    (void)state;
    static const uint8_t alert[] = {2, 80, 0};
    static const struct {
        uint8_t type;
        size_t len;
        cv_err want;
    } t[] = {
        {CV_CONTENT_ALERT, 2, CV_E_PEER_ALERT},
        {CV_CONTENT_ALERT, 0, CV_E_RECORD_EMPTY},
        {CV_CONTENT_ALERT, 1, CV_E_DECODE},
        {CV_CONTENT_ALERT, 3, CV_E_DECODE},
        {CV_CONTENT_HANDSHAKE, 0, CV_E_RECORD_EMPTY},
        {CV_CONTENT_CCS, 1, CV_E_RECORD_TYPE},
        {0, 0, CV_E_RECORD_TYPE},
    };
    for (size_t padding = 0; padding < 1500; padding = padding * 3 + 1) {
        for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
            begin_handshake();
            cv_err e = feed_record(0, t[i].type, cv_bytes(alert, t[i].len), padding);
            if (e != t[i].want)
                fail_msg("type %u, %zu bytes, %zu of padding: %s", t[i].type, t[i].len, padding,
                         cv_err_name(e));
            pair_free(&pair);
        }
        /* a message byte by byte, each with padding; and with zeros in the middle */
        begin_handshake();
        for (size_t i = 0; i < sizeof extensions; i++)
            assert_int_equal(feed_record(i, CV_CONTENT_HANDSHAKE, cv_bytes(extensions + i, 1), padding),
                             CV_OK);
        assert_int_equal(pair.client.conn->state, CV_CS_WAIT_CERTIFICATE_OR_REQUEST);
        pair_free(&pair);
    }
}

/* What is wrong in a record that does not verify is not believed, nor told: neither a message that may not
 * come nor a certificate that is none. */
static void waits_with_errors_for_the_tag(void **state)
{
    (void)state;
    static const uint8_t finished[600] = {20, 0, 0, 32};
    const struct cv_bytes wrong = cv_bytes(finished, sizeof finished);
    begin_handshake();
    assert_int_equal(feed_record(0, CV_CONTENT_HANDSHAKE, wrong, 0), CV_E_UNEXPECTED_MESSAGE);
    pair_free(&pair);
    begin_handshake();
    assert_int_equal(feed_record(1, CV_CONTENT_HANDSHAKE, wrong, 0), CV_E_BAD_RECORD_MAC); /* other nonce */
    pair_free(&pair);
}

static void survives_without_memory(void **state)
{
    (void)state;
    for (uint16_t version = CV_TLS12; version <= CV_TLS13; version++) {
        cv_err e = CV_E_NO_MEMORY;
        for (size_t i = 1; e == CV_E_NO_MEMORY && i < 400; i++) {
            prepare("p256", version);
            pair.server.config.record_limit = 0;
            test_port_fail_at(&pair.client.port, i);
            e = run(BUFFER, 100);
            struct cv_conn_info info = {.established = false};
            if (pair.client.conn != NULL) cv_conn_info(pair.client.conn, &info);
            assert_true(e == CV_OK || !info.established || info.error != CV_OK || e == CV_E_NO_MEMORY);
            pair_free(&pair);
        }
        assert_int_equal(e, CV_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shakes_hands_however_the_bytes_come),
        cmocka_unit_test(opens_records_longer_than_its_buffer),
        cmocka_unit_test(needs_the_whole_record_of_other_aeads),
        cmocka_unit_test(long_chains_take_no_memory),
        cmocka_unit_test(refuses_for_the_reason),
        cmocka_unit_test(refuses_what_it_cannot_do),
        cmocka_unit_test(believes_nothing_before_the_tag),
        cmocka_unit_test(takes_nothing_in_between),
        cmocka_unit_test(tells_records_by_their_end),
        cmocka_unit_test(waits_with_errors_for_the_tag),
        cmocka_unit_test(survives_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
