/* Attacks on records and on what comes after the handshake. Each test has the number of its row in the list
 * of published vulnerabilities. */
#include "attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const enum cv_role roles[] = {CV_CLIENT, CV_SERVER};
enum { FLOOD = 32 };

/* An engine that waits for a message of the handshake under keys: a client for EncryptedExtensions, a server
 * for Finished. */
static void in_handshake(enum cv_role engine)
{
    (void)attack_start(engine);
    if (engine == CV_CLIENT) {
        peer_server_hello(&peer);
    } else {
        peer_make_client_hello(&peer);
        peer_send(&peer);
    }
    attack_accepts();
}

static void finish_handshake(enum cv_role engine)
{
    if (engine == CV_CLIENT)
        peer_server_flight(&peer);
    else
        peer_client_flight(&peer);
    attack_accepts();
    attack_is_connected(false);
}

/* CVE-2014-0160: record type 24, in the clear and as an inner type, and other types that are none. */
static void attack_03_unknown_record_types(void **state)
{
    (void)state;
    static const uint8_t types[] = {0, 1, 19, 24, 25, 64, 255};
    for (size_t i = 0; i < 2 * sizeof types; i++) {
        enum cv_role role = roles[i % 2];
        uint8_t type = types[i / 2];
        (void)attack_start(role);
        peer_record_plain(&peer, type, "\1\x40\0\0", 4);
        attack_refuses(CV_E_RECORD_TYPE, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();

        (void)attack_connected(role);
        peer_record_plain(&peer, type, "\1\x40\0\0", 4);
        attack_refuses_open(CV_E_RECORD_TYPE, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();

        in_handshake(role);
        peer_record(&peer, type, "\1\x40\0\0", 4, 0);
        attack_refuses(CV_E_RECORD_TYPE, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();

        for (int by_step = 0; by_step < 2; by_step++) {
            (void)attack_connected(role);
            peer_record(&peer, type, "\1\x40\0\0", 4, 0);
            if (by_step)
                attack_refuses(CV_E_RECORD_TYPE, CV_ALERT_UNEXPECTED_MESSAGE);
            else
                attack_refuses_open(CV_E_RECORD_TYPE, CV_ALERT_UNEXPECTED_MESSAGE);
            attack_end();
        }
    }
}

/* The heartbeat extension is not answered, and an answer to it is refused. */
static void attack_03_heartbeat_extension(void **state)
{
    (void)state;
    (void)attack_start(CV_SERVER);
    peer_ext_add(&peer, 15, "\1", 1);
    assert_int_equal(peer_connect(&peer, attack_engine()), CV_OK); /* parses all extensions */
    attack_is_connected(false);
    attack_end();

    (void)attack_start(CV_CLIENT);
    peer_server_hello(&peer);
    peer_ext_add(&peer, 15, "\1", 1);
    peer_make_encrypted_extensions(&peer);
    peer_send(&peer);
    attack_refuses(CV_E_UNSOLICITED_EXTENSION, CV_ALERT_UNSUPPORTED_EXTENSION);
    attack_end();
}

static void ccs(const char *bytes, size_t len)
{
    peer_record_plain(&peer, CV_CONTENT_CCS, bytes, len);
}

/* CVE-2014-0224 and its relatives: inside the window each good one is dropped, up to 32. */
static void attack_04_change_cipher_spec_flood(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        in_handshake(roles[i]);
        for (unsigned k = 0; k < FLOOD; k++) ccs("\1", 1);
        attack_accepts();
        finish_handshake(roles[i]);
        attack_end();

        in_handshake(roles[i]);
        for (unsigned k = 0; k < FLOOD + 1; k++) ccs("\1", 1);
        attack_refuses(CV_E_FLOOD, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
    }
}

static void attack_04_bad_change_cipher_spec(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {{"\0", 1}, {"\2", 1}, {"\xff", 1}, {"", 0}, {"\1\1", 2}, {"\1\0\0\0", 4}};
    for (size_t i = 0; i < 2 * sizeof bad / sizeof bad[0]; i++) {
        in_handshake(roles[i % 2]);
        ccs(bad[i / 2].bytes, bad[i / 2].len);
        attack_refuses(CV_E_CCS, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
    }
    for (size_t i = 0; i < 2; i++) {
        in_handshake(roles[i]);
        peer_record(&peer, CV_CONTENT_CCS, "\1", 1, 0); /* protected */
        attack_refuses(CV_E_RECORD_TYPE, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();

        (void)attack_connected(roles[i]); /* behind Finished */
        ccs("\1", 1);
        attack_refuses_open(CV_E_CCS, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();

        (void)attack_connected(roles[i]);
        ccs("\1", 1);
        attack_refuses(CV_E_CCS, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
    }
    (void)attack_start(CV_SERVER); /* before ClientHello */
    ccs("\1", 1);
    attack_refuses(CV_E_CCS, CV_ALERT_UNEXPECTED_MESSAGE);
    attack_end();

    in_handshake(CV_CLIENT); /* between two parts of a message */
    peer_record(&peer, CV_CONTENT_HANDSHAKE, "\x08\0\0\2\0", 5, 0);
    ccs("\1", 1);
    attack_refuses(CV_E_CCS, CV_ALERT_UNEXPECTED_MESSAGE);
    attack_end();
}

static void attack_10_key_update_flood(void **state)
{
    (void)state;
    static uint8_t data[CV_RECORD_PLAIN_MAX];
    for (size_t i = 0; i < 2; i++) {
        struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
        (void)attack_connected(roles[i]);
        for (unsigned round = 0; round < 3; round++) {
            for (unsigned k = 0; k < FLOOD; k++) peer_key_update(&peer, k % 2);
            assert_int_equal(attack_open(&opened), CV_OK);
            for (unsigned k = 0; k < 64; k++) { /* 1 MiB of progress */
                peer_record(&peer, CV_CONTENT_DATA, data, sizeof data, 0);
                assert_int_equal(attack_open(&opened), CV_OK);
            }
        }
        for (unsigned k = 0; k < FLOOD + 1; k++) peer_key_update(&peer, k % 2);
        if (i == 0)
            attack_refuses(CV_E_FLOOD, CV_ALERT_UNEXPECTED_MESSAGE);
        else
            attack_refuses_open(CV_E_FLOOD, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
    }
}

/* Seals a byte and gives it to the peer; how many records went out. */
static unsigned seal_one(struct cv_conn *c)
{
    uint8_t wire[128] = {0};
    size_t trailer_len = 100;
    uint64_t updates = c->tx.n_updates;
    assert_int_equal(cv_conn_seal(c, wire, wire + 5, 1, wire + 6, &trailer_len), CV_OK);
    assert_int_equal(cv_buf_append(&c->out, c->config->port, cv_bytes(wire, 6 + trailer_len)), CV_OK);
    peer_take(&peer, c);
    return (unsigned)(c->tx.n_updates - updates) + 1;
}

/* However often it is asked: one answer, in front of the next data. */
static void attack_10_one_answer_to_many_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
        struct cv_conn *c = attack_connected(roles[i]);
        for (unsigned k = 0; k < FLOOD; k++) peer_key_update(&peer, 1);
        assert_int_equal(attack_open(&opened), CV_OK);
        assert_int_equal(cv_conn_output(c).len, 0);
        assert_int_equal(seal_one(c), 2);
        assert_int_equal(seal_one(c), 1);
        attack_end();
    }
}

/* RFC 9846 4.7.3: we ask once, and again only when the peer has answered. The peer's answer that asks again
 * is answered without a request. */
static void attack_10_no_ping_pong(void **state)
{
    (void)state;
    struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
    struct cv_conn *c = attack_connected(CV_CLIENT);
    for (unsigned k = 0; k < 3; k++) {
        assert_int_equal(cv_conn_update_keys(c, true), CV_OK);
        assert_int_equal(seal_one(c), 2);
        assert_int_equal(peer.in_len, 0);
    }
    assert_true(c->tx.update_asked);
    assert_false(atomic_load(&c->peer_updated));
    peer_key_update(&peer, 1);
    assert_int_equal(attack_open(&opened), CV_OK);
    assert_int_equal(seal_one(c), 2);
    assert_int_equal(seal_one(c), 1);
    attack_end();
}

static void attack_10_bad_key_updates(void **state)
{
    (void)state;
    static const struct {
        const char *msg;
        size_t len;
        cv_err error;
        int alert;
    } bad[] = {
        {"\x18\0\0\1\2", 5, CV_E_BAD_KEY_UPDATE, CV_ALERT_ILLEGAL_PARAMETER},
        {"\x18\0\0\1\xff", 5, CV_E_BAD_KEY_UPDATE, CV_ALERT_ILLEGAL_PARAMETER},
        {"\x18\0\0\0", 4, CV_E_TRUNCATED, CV_ALERT_DECODE_ERROR},
        {"\x18\0\0\2\0\0", 6, CV_E_TRAILING_DATA, CV_ALERT_DECODE_ERROR},
        /* RFC 9846 5.1: nothing behind it in its record, not even the beginning of a message */
        {"\x18\0\0\1\0\x18\0\0\1\0", 10, CV_E_KEY_CHANGE_SPLIT, CV_ALERT_UNEXPECTED_MESSAGE},
        {"\x18\0\0\1\0\x18", 6, CV_E_KEY_CHANGE_SPLIT, CV_ALERT_UNEXPECTED_MESSAGE},
    };
    for (size_t i = 0; i < 2 * sizeof bad / sizeof bad[0]; i++) {
        (void)attack_connected(roles[i % 2]);
        peer_record(&peer, CV_CONTENT_HANDSHAKE, bad[i / 2].msg, bad[i / 2].len, 0);
        attack_refuses_open(bad[i / 2].error, bad[i / 2].alert);
        attack_end();
    }
    for (size_t i = 0; i < 2; i++) {
        in_handshake(roles[i]);
        peer_key_update(&peer, 0);
        attack_refuses(CV_E_UNEXPECTED_MESSAGE, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
    }
}

/* RFC 9846 4.7.3: our epoch stays below 2^48; the peer's is not counted. */
static void attack_10_epoch_limit(void **state)
{
    (void)state;
    struct cv_conn *c = attack_connected(CV_SERVER);
    c->tx.n_updates = (UINT64_C(1) << 48) - 2;
    assert_int_equal(cv_conn_update_keys(c, false), CV_OK);
    assert_int_equal(seal_one(c), 2);
    assert_int_equal(cv_conn_update_keys(c, false), CV_OK);
    assert_int_equal(seal_one(c), 1);
    attack_end();
}

/* OpenSSL CVE-2016-8610 and others: what brings no progress is counted. */
static void attack_11_floods_without_progress(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
        size_t padding = i / 2 * 100;
        (void)attack_connected(roles[i % 2]);
        for (unsigned round = 0; round < 3; round++) {
            for (unsigned k = 0; k < FLOOD; k++) peer_record(&peer, CV_CONTENT_DATA, NULL, 0, padding);
            peer_record(&peer, CV_CONTENT_DATA, "x", 1, padding); /* progress */
            assert_int_equal(attack_open(&opened), CV_OK);
        }
        for (unsigned k = 0; k < FLOOD + 1; k++) peer_record(&peer, CV_CONTENT_DATA, NULL, 0, padding);
        attack_refuses_open(CV_E_FLOOD, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();

        if (i < 2)
            in_handshake(roles[i % 2]);
        else
            (void)attack_connected(roles[i % 2]);
        for (unsigned k = 0; k < FLOOD; k++) peer_record(&peer, CV_CONTENT_ALERT, "\1\x5a", 2, 0);
        attack_accepts();
        peer_record(&peer, CV_CONTENT_ALERT, "\1\x5a", 2, 0);
        attack_refuses(CV_E_FLOOD, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
    }
}

static void attack_11_ticket_and_request_floods(void **state)
{
    (void)state;
    struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
    (void)attack_connected(CV_CLIENT);
    for (unsigned k = 0; k < FLOOD + 1; k++) {
        peer_make_ticket(&peer, "ticket", 6);
        peer_send_again(&peer);
        if (k < FLOOD) assert_int_equal(attack_open(&opened), CV_OK);
    }
    attack_refuses_open(CV_E_FLOOD, CV_ALERT_UNEXPECTED_MESSAGE);
    attack_end();

    (void)attack_connected(CV_CLIENT);
    for (unsigned k = 0; k < FLOOD + 1; k++) {
        peer.context = peer_keep(&peer, &k, sizeof k);
        peer_make_certificate_request(&peer);
        peer_send_again(&peer);
        if (k < FLOOD) assert_int_equal(attack_open(&opened), CV_OK);
    }
    attack_refuses_open(CV_E_FLOOD, CV_ALERT_UNEXPECTED_MESSAGE);
    attack_end();
}

/* RFC 9846 5.1, 5.4: fragments of handshake messages and alerts are not empty, padded or not. */
static void attack_11_empty_fragments(void **state)
{
    (void)state;
    static const uint8_t types[] = {CV_CONTENT_HANDSHAKE, CV_CONTENT_ALERT};
    for (size_t i = 0; i < 8; i++) {
        enum cv_role role = roles[i & 1];
        uint8_t type = types[i >> 1 & 1];
        size_t padding = i >> 2 & 1 ? 37 : 0;
        in_handshake(role);
        peer_record(&peer, type, NULL, 0, padding);
        attack_refuses(CV_E_RECORD_EMPTY, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
        (void)attack_connected(role);
        peer_record(&peer, type, NULL, 0, padding);
        attack_refuses_open(CV_E_RECORD_EMPTY, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
        (void)attack_start(role);
        peer_record_plain(&peer, type, NULL, 0);
        attack_refuses(CV_E_RECORD_EMPTY, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
    }
}

/* Alerts are whole and alone in their record, and no data or alert comes between the parts of a message. */
static void attack_11_interleaving(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } alerts[] = {{"\2", 1}, {"\1\0\1\0", 4}, {"\2\x28\0", 3}};
    for (size_t i = 0; i < 2 * sizeof alerts / sizeof alerts[0]; i++) {
        (void)attack_connected(roles[i % 2]);
        peer_record(&peer, CV_CONTENT_ALERT, alerts[i / 2].bytes, alerts[i / 2].len, 0);
        attack_refuses_open(CV_E_DECODE, CV_ALERT_DECODE_ERROR);
        attack_end();
    }
    for (size_t i = 0; i < 4; i++) {
        (void)attack_connected(roles[i % 2]);
        peer_record(&peer, CV_CONTENT_HANDSHAKE, "\x18\0\0", 3, 0);
        if (i < 2)
            peer_record(&peer, CV_CONTENT_DATA, "data", 4, 0);
        else
            peer_record(&peer, CV_CONTENT_ALERT, "\1\0", 2, 0);
        attack_refuses_open(CV_E_UNEXPECTED_MESSAGE, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
    }
}

/* Early data that is refused: as many bytes as allowed, and no endless stream of empty records. */
static void attack_11_early_data_is_bounded(void **state)
{
    (void)state;
    static uint8_t junk[16384];
    for (int flood = 0; flood < 2; flood++) {
        for (int retried = 0; retried < 2; retried++) {
            attack_prepare(CV_SERVER);
            if (retried) {
                pair.server.config.groups += 2;
                pair.server.config.n_groups = 1;
            }
            peer_ext_add(&peer, 42, NULL, 0);
            (void)attack_begin();
            peer_make_client_hello(&peer);
            peer_send(&peer);
            for (unsigned k = 0; k < 4; k++) peer_record_plain(&peer, CV_CONTENT_DATA, junk, 16000);
            attack_accepts();
            peer_ext_drop(&peer, 42);
            if (flood) {
                for (unsigned k = 0; k < 2000; k++) peer_record_plain(&peer, CV_CONTENT_DATA, junk, 0);
            } else {
                peer_record_plain(&peer, CV_CONTENT_DATA, junk, 1600);
            }
            if (flood)
                attack_refuses(CV_E_FLOOD, CV_ALERT_UNEXPECTED_MESSAGE);
            else
                attack_refuses(CV_E_BAD_RECORD_MAC, CV_ALERT_BAD_RECORD_MAC);
            attack_end();
        }
    }
    attack_prepare(CV_SERVER); /* a first record as long as they come */
    pair.server.config.groups += 2;
    pair.server.config.n_groups = 1;
    pair.server.config.max_early_data_skip = 1 << 16;
    peer_ext_add(&peer, 42, NULL, 0);
    (void)attack_begin();
    peer_make_client_hello(&peer);
    peer_send(&peer);
    uint8_t header[5];
    cv_record_header(header, CV_CONTENT_DATA, CV_TLS12, 16384 + 17);
    peer_raw(&peer, header, 5);
    peer_raw(&peer, junk, 16384);
    peer_raw(&peer, junk, 17);
    attack_accepts();
    peer_ext_drop(&peer, 42);
    peer_second_hello(&peer);
    peer_send(&peer);
    attack_accepts();
    peer_client_flight(&peer);
    attack_accepts();
    attack_is_connected(false);
    attack_end();
}

/* Garbage in a record of this length, under keys. */
static void garbage_record(size_t len)
{
    static uint8_t junk[CV_RECORD_MAX + 64];
    uint8_t header[5];
    cv_record_header(header, CV_CONTENT_DATA, CV_TLS12, len);
    peer_raw(&peer, header, sizeof header);
    peer_raw(&peer, junk, len);
}

static void attack_12_record_lengths(void **state)
{
    (void)state;
    static uint8_t data[CV_RECORD_PLAIN_MAX + 300];
    for (size_t i = 0; i < 2; i++) {
        (void)attack_start(roles[i]);
        peer_record_plain(&peer, CV_CONTENT_HANDSHAKE, data, CV_RECORD_PLAIN_MAX + 1);
        attack_refuses(CV_E_RECORD_OVERFLOW, CV_ALERT_RECORD_OVERFLOW);
        attack_end();

        static const size_t too_long[] = {CV_RECORD_PLAIN_MAX + 257, 20000, 65535};
        for (size_t k = 0; k < 3; k++) {
            (void)attack_connected(roles[i]);
            uint8_t header[5]; /* refused from the header */
            cv_record_header(header, CV_CONTENT_DATA, CV_TLS12, too_long[k]);
            peer_raw(&peer, header, sizeof header);
            attack_refuses_open(CV_E_RECORD_OVERFLOW, CV_ALERT_RECORD_OVERFLOW);
            attack_end();
        }
        for (size_t len = 0; len < 18; len++) { /* shorter than tag and type */
            (void)attack_connected(roles[i]);
            garbage_record(len);
            attack_refuses_open(CV_E_BAD_RECORD_MAC, CV_ALERT_BAD_RECORD_MAC);
            attack_end();
        }
        (void)attack_connected(roles[i]);
        garbage_record(CV_RECORD_PLAIN_MAX + 256);
        attack_refuses_open(CV_E_BAD_RECORD_MAC, CV_ALERT_BAD_RECORD_MAC);
        attack_end();
    }
}

/* RFC 9846 5.2, 5.4: content, type and padding together hold 2^14 + 1 bytes at most. */
static void attack_12_inner_lengths(void **state)
{
    (void)state;
    static uint8_t data[CV_RECORD_PLAIN_MAX + 300];
    static const struct {
        size_t len, padding;
        bool fits;
    } inner[] = {
        {CV_RECORD_PLAIN_MAX, 0, true},        {CV_RECORD_PLAIN_MAX - 100, 100, true},
        {1, CV_RECORD_PLAIN_MAX - 1, true},    {CV_RECORD_PLAIN_MAX + 1, 0, false},
        {CV_RECORD_PLAIN_MAX, 1, false},       {CV_RECORD_PLAIN_MAX - 100, 101, false},
        {CV_RECORD_PLAIN_MAX + 239, 0, false}, {0, CV_RECORD_PLAIN_MAX + 239, false},
    };
    memset(data, 'd', sizeof data);
    for (size_t i = 0; i < 2 * sizeof inner / sizeof inner[0]; i++) {
        struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
        (void)attack_connected(roles[i % 2]);
        peer_record(&peer, CV_CONTENT_DATA, data, inner[i / 2].len, inner[i / 2].padding);
        if (inner[i / 2].fits) {
            assert_int_equal(attack_open(&opened), CV_OK);
            assert_int_equal(opened.len, inner[i / 2].len);
        } else {
            attack_refuses_open(CV_E_RECORD_OVERFLOW, CV_ALERT_RECORD_OVERFLOW);
        }
        attack_end();
    }
    for (size_t i = 0; i < 2; i++) { /* zeros only: no type */
        (void)attack_connected(roles[i]);
        peer_record(&peer, 0, NULL, 0, 20);
        attack_refuses_open(CV_E_RECORD_TYPE, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
    }
}

/* The tag counts for empty data as for any other, and no bit of the header is without protection. */
static void attack_12_tag_of_empty_data(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * (1 + 16); bit++) {
        (void)attack_connected(roles[bit % 2]);
        peer_record(&peer, CV_CONTENT_DATA, NULL, 0, 0);
        assert_int_equal(peer.out_len, 5 + 1 + 16);
        peer.out[5 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        attack_refuses_open(CV_E_BAD_RECORD_MAC, CV_ALERT_BAD_RECORD_MAC);
        attack_end();
    }
    (void)attack_connected(CV_CLIENT);
    peer_record(&peer, CV_CONTENT_DATA, "x", 1, 0);
    peer.out[2] ^= 1; /* 3.2 */
    attack_refuses_open(CV_E_BAD_RECORD_MAC, CV_ALERT_BAD_RECORD_MAC);
    attack_end();
}

/* wolfSSL CVE-2026-55967: keys change before the AEAD's limit, and never is a sequence number used twice. */
static void attack_13_aead_limit(void **state)
{
    (void)state;
    static struct cv_aead limited;
    static struct cv_suite suite;
    attack_prepare(CV_SERVER);
    suite = pair.server.config.suites[0];
    limited = *suite.aead;
    limited.record_limit = 12;
    suite.aead = &limited;
    pair.server.config.suites = &suite;
    pair.server.config.n_suites = 1;
    struct cv_conn *c = attack_begin();
    assert_int_equal(peer_connect(&peer, c), CV_OK);
    attack_is_connected(false);
    for (unsigned k = 0; k < 100; k++) {
        (void)seal_one(c); /* the peer opens each */
        assert_in_range(c->tx.half.seq, 0, 12);
    }
    assert_in_range(c->tx.n_updates, 100 / 12, 100 / 6);

    /* No update is left: the limit holds. */
    c->tx.n_updates = (UINT64_C(1) << 48) - 1;
    uint8_t wire[128];
    cv_err e = CV_OK;
    unsigned n = 0;
    for (; e == CV_OK && n < 20; n++) {
        size_t trailer_len = 100;
        e = cv_conn_seal(c, wire, wire + 5, 1, wire + 6, &trailer_len);
    }
    assert_int_equal(e, CV_E_SEQUENCE_LIMIT);
    assert_in_range(c->tx.half.seq, 0, 12);
    assert_in_range(n, 1, 13);
    attack_end();
}

static void attack_13_sequence_number_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct cv_conn *c = attack_connected(roles[i]);
        c->rx.half.seq = UINT64_MAX;
        garbage_record(40);
        attack_refuses_open(CV_E_SEQUENCE_LIMIT, CV_ALERT_INTERNAL_ERROR);
        attack_end();
    }
}

/* Sends the bytes of messages in records of these sizes: a first part, then the rest in parts of at most
 * `each`. */
static void send_in_parts(const uint8_t *bytes, size_t len, size_t first, size_t each)
{
    for (size_t at = 0, n = first; at < len; at += n, n = each) {
        if (n > len - at) n = len - at;
        peer_record(&peer, CV_CONTENT_HANDSHAKE, bytes + at, n, 0);
    }
}

/* The messages of a flight behind ServerHello or of a client, as one string. */
static size_t make_flight(enum cv_role by, uint8_t *flight, size_t cap)
{
    size_t len = 0;
    for (unsigned step = 0; step < 4; step++) {
        const struct cv_identity *own = peer.side->config.identities;
        if (step == 0) {
            if (by == CV_CLIENT) continue;
            peer_make_encrypted_extensions(&peer);
        }
        if (step == 1) peer_make_certificate(&peer, own);
        if (step == 2) peer_make_certificate_verify(&peer, own, 0);
        if (step == 3) peer_make_finished(&peer);
        peer_note(&peer);
        assert_in_range(peer.msg_len, 1, cap - len);
        memcpy(flight + len, peer.msg, peer.msg_len);
        len += peer.msg_len;
    }
    return len;
}

/* MS14-066: a flight that is split at every byte is the same flight. */
static void attack_37_fragmentation_at_every_byte(void **state)
{
    (void)state;
    static uint8_t flight[4096];
    for (size_t i = 0; i < 2; i++) {
        size_t len = SIZE_MAX;
        for (size_t first = 0; first < len; first++) {
            attack_prepare(roles[i]);
            pair.client.params.validate = pair.client.params.check_name = false; /* for speed */
            pair.server.params.validate = false;
            pair.server.params.client_auth = CV_AUTH_REQUIRE;
            (void)attack_begin();
            if (roles[i] == CV_CLIENT) {
                peer_server_hello(&peer);
            } else {
                peer_make_client_hello(&peer);
                peer_send(&peer);
            }
            attack_accepts();
            enum cv_role by = roles[i] == CV_CLIENT ? CV_SERVER : CV_CLIENT;
            len = make_flight(by, flight, sizeof flight);
            if (first == 0)
                send_in_parts(flight, len, 1, 1);
            else
                send_in_parts(flight, len, first, len);
            peer_finish(&peer);
            attack_accepts();
            attack_is_connected(false);
            attack_end();
        }
    }
}

/* Hellos in the clear, and messages after the handshake. */
static void attack_37_fragmented_hellos_and_updates(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t len = SIZE_MAX;
        for (size_t first = 1; first < len; first += 3) {
            (void)attack_start(roles[i]);
            if (roles[i] == CV_CLIENT) {
                peer_server_hello(&peer);
            } else {
                peer_make_client_hello(&peer);
                peer_note(&peer);
            }
            len = peer.msg_len;
            peer.out_len = 0;
            for (size_t at = 0, n = first; at < len; at += n, n = len - at)
                peer_record_plain(&peer, CV_CONTENT_HANDSHAKE, peer.msg + at, n);
            attack_accepts();
            finish_handshake(roles[i]);
            attack_end();
        }
    }
    for (size_t i = 0; i < 2; i++) {
        struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
        (void)attack_connected(roles[i]);
        peer_make(&peer, CV_MSG_KEY_UPDATE, "\0", 1);
        send_in_parts(peer.msg, peer.msg_len, 1, 1);
        cv_half_update(&peer.tx);
        assert_int_equal(attack_open(&opened), CV_OK);
        attack_is_connected(false);
        attack_end();
    }
}

static void attack_45_truncation_and_data_behind_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
        struct cv_conn_info info;
        struct cv_step step;
        size_t missing;
        struct cv_conn *c = attack_connected(roles[i]);
        peer_record(&peer, CV_CONTENT_DATA, "all?", 4, 0);
        assert_int_equal(attack_open(&opened), CV_OK);
        cv_conn_info(c, &info);
        assert_false(info.closed_by_peer); /* a connection that ends here was cut */

        peer_record(&peer, CV_CONTENT_ALERT, "\1\0", 2, 0);
        size_t end = peer.out_len;
        peer_record(&peer, CV_CONTENT_DATA, "more", 4, 0);
        peer_key_update(&peer, 1);
        assert_int_equal(cv_conn_open(c, peer.out, peer.out_len, &opened, &missing), CV_OK);
        assert_int_equal(opened.kind, CV_OPENED_CLOSED);
        assert_int_equal(opened.rec_len, end);
        cv_conn_info(c, &info);
        assert_true(info.closed_by_peer);
        assert_int_equal(cv_conn_open(c, peer.out + end, peer.out_len - end, &opened, &missing), CV_E_CLOSED);
        assert_int_equal(cv_conn_step(c, cv_bytes(peer.out + end, peer.out_len - end), &step), CV_OK);
        assert_int_equal(step.consumed, 0);
        assert_false(atomic_load(&c->update_owed));
        assert_int_equal(seal_one(c), 1); /* RFC 9846 6.1: our direction goes on */
        peer.out_len = 0;
        attack_end();

        in_handshake(roles[i]); /* in the handshake it is an end, too, but nothing is established */
        peer_record(&peer, CV_CONTENT_ALERT, "\1\0", 2, 0);
        attack_refuses(CV_E_CLOSED, CV_NO_ALERT);
        assert_false(attack_engine()->established);
        attack_end();
    }
}

/* RFC 9846 6: every alert but two ends the connection, whatever level it claims. */
static void attack_45_alerts_end_both_halves(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        static const char *const alerts[] = {"\1\x28", "\2\x28", "\7\xff", "\0\1"};
        (void)attack_connected(roles[i % 2]);
        peer_record(&peer, CV_CONTENT_ALERT, alerts[i], 2, 0);
        attack_refuses_open(CV_E_PEER_ALERT, CV_NO_ALERT);
        attack_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_03_unknown_record_types),
        cmocka_unit_test(attack_03_heartbeat_extension),
        cmocka_unit_test(attack_04_change_cipher_spec_flood),
        cmocka_unit_test(attack_04_bad_change_cipher_spec),
        cmocka_unit_test(attack_10_key_update_flood),
        cmocka_unit_test(attack_10_one_answer_to_many_requests),
        cmocka_unit_test(attack_10_no_ping_pong),
        cmocka_unit_test(attack_10_bad_key_updates),
        cmocka_unit_test(attack_10_epoch_limit),
        cmocka_unit_test(attack_11_floods_without_progress),
        cmocka_unit_test(attack_11_ticket_and_request_floods),
        cmocka_unit_test(attack_11_empty_fragments),
        cmocka_unit_test(attack_11_interleaving),
        cmocka_unit_test(attack_11_early_data_is_bounded),
        cmocka_unit_test(attack_12_record_lengths),
        cmocka_unit_test(attack_12_inner_lengths),
        cmocka_unit_test(attack_12_tag_of_empty_data),
        cmocka_unit_test(attack_13_aead_limit),
        cmocka_unit_test(attack_13_sequence_number_wrap),
        cmocka_unit_test(attack_37_fragmentation_at_every_byte),
        cmocka_unit_test(attack_37_fragmented_hellos_and_updates),
        cmocka_unit_test(attack_45_truncation_and_data_behind_the_end),
        cmocka_unit_test(attack_45_alerts_end_both_halves),
    };
    return cmocka_run_group_tests_name("attacks on records", tests, NULL, NULL);
}
