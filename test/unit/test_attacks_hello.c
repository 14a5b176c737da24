/* Attacks by hellos and their extensions, and by the sizes of things: retries, answers to what was not asked,
 * duplicates, chains. Each test has the number of its row in the list of published vulnerabilities. */
#include "attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct cv_bytes nothing(void)
{
    return cv_bytes(NULL, 0);
}

static const struct cv_group *group(size_t i)
{
    return pair.client.algorithms.groups[i];
}

static void answer_and_refuse(cv_err want, int alert)
{
    attack_refuses(want, alert);
    assert_false(attack_engine()->established);
    attack_end();
}

/* --- 6: HelloRetryRequest, client --- */

static void attack_06_retry_requests_that_are_refused(void **state)
{
    (void)state;
    static uint8_t long_cookie[65000];
    (void)attack_start(CV_CLIENT); /* would change nothing */
    peer_retry(&peer, NULL, nothing());
    answer_and_refuse(CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER);

    (void)attack_start(CV_CLIENT); /* the group whose share is there */
    peer_retry(&peer, group(0), nothing());
    answer_and_refuse(CV_E_BAD_GROUP, CV_ALERT_ILLEGAL_PARAMETER);

    attack_prepare(CV_CLIENT); /* a group that was not offered */
    pair.client.config.n_groups = 2;
    (void)attack_begin();
    peer_retry(&peer, group(2), nothing());
    answer_and_refuse(CV_E_BAD_GROUP, CV_ALERT_ILLEGAL_PARAMETER);

    (void)attack_start(CV_CLIENT); /* a share where only a group may be */
    peer_ext_add(&peer, 51, "\0\x17\0\x01x", 5);
    peer_retry(&peer, NULL, nothing());
    answer_and_refuse(CV_E_TRAILING_DATA, CV_ALERT_DECODE_ERROR);

    (void)attack_start(CV_CLIENT); /* an empty cookie */
    peer_ext_add(&peer, 44, "\0\0", 2);
    peer_retry(&peer, NULL, nothing());
    answer_and_refuse(CV_E_BAD_LENGTH, CV_ALERT_DECODE_ERROR);

    (void)attack_start(CV_CLIENT); /* without a version */
    peer_ext_drop(&peer, 43);
    peer_retry(&peer, group(1), nothing());
    answer_and_refuse(CV_E_MISSING_EXTENSION, CV_ALERT_MISSING_EXTENSION);

    (void)attack_start(CV_CLIENT); /* a PSK chosen already */
    peer_ext_add(&peer, 41, "\0\0", 2);
    peer_retry(&peer, group(1), nothing());
    peer_take(&peer, attack_engine());
    cv_err e = peer_deliver(&peer, attack_engine());
    assert_true(e == CV_E_UNSOLICITED_EXTENSION || e == CV_E_MISPLACED_EXTENSION);
    attack_end();

    (void)attack_start(CV_CLIENT); /* a cookie as long as they come: no crash, whatever becomes of it */
    peer_retry(&peer, group(1), cv_bytes(long_cookie, sizeof long_cookie));
    e = peer_deliver(&peer, attack_engine());
    if (e != CV_OK) attack_is_dead(e, e, cv_alert_for(e));
    attack_end();
}

/* A client that has answered a retry request for the second group, with a cookie. */
static void retried_client(void)
{
    (void)attack_start(CV_CLIENT);
    peer_retry(&peer, group(1), cv_bytes((const uint8_t *)"cookie", 6));
    attack_accepts();
    assert_int_equal(peer.ch.cookie.len, 6);
    assert_memory_equal(peer.ch.cookie.p, "cookie", 6);
    peer.group = group(1);
}

static void attack_06_server_hellos_behind_a_retry(void **state)
{
    (void)state;
    retried_client(); /* a second one */
    peer_retry(&peer, group(2), nothing());
    answer_and_refuse(CV_E_UNEXPECTED_MESSAGE, CV_ALERT_UNEXPECTED_MESSAGE);

    retried_client(); /* another suite */
    peer_ext_add(&peer, 51, "\0\x17\0\x01x", 5);
    peer.chosen_suite = pair.client.algorithms.suites[1].id;
    peer_make_server_hello(&peer);
    peer_send(&peer);
    answer_and_refuse(CV_E_BAD_SUITE, CV_ALERT_ILLEGAL_PARAMETER);

    retried_client(); /* the first share's group */
    peer_ext_add(&peer, 51, "\0\x1d\0\x01x", 5);
    peer_make_server_hello(&peer);
    peer_send(&peer);
    answer_and_refuse(CV_E_BAD_GROUP, CV_ALERT_ILLEGAL_PARAMETER);

    for (unsigned i = 0; i < 2; i++) { /* Mbed TLS: a fall back to TLS 1.2 */
        attack_prepare(CV_CLIENT);
        if (i == 1) pair.client.config.min_version = CV_TLS12;
        (void)attack_begin();
        peer_retry(&peer, group(1), nothing());
        attack_accepts();
        peer_ext_drop(&peer, 43);
        peer.chosen_suite = 0xc02b;
        if (i == 1) peer_ext_add(&peer, 0xff01, "\0", 1);
        peer_make_server_hello(&peer);
        peer_send(&peer);
        cv_err e = peer_deliver(&peer, attack_engine());
        assert_int_equal(e, i == 1 ? CV_E_BAD_VERSION : CV_E_NO_COMMON_VERSION);
        attack_is_dead(e, e, i == 1 ? CV_ALERT_ILLEGAL_PARAMETER : CV_ALERT_PROTOCOL_VERSION);
        attack_end();
    }
}

/* After a retry the session is still offered, with a binder of the new transcript; or is not resumed. */
static void attack_06_sessions_behind_a_retry(void **state)
{
    (void)state;
    attack_prepare(CV_CLIENT);
    peer.session = attack_session();
    (void)attack_begin();
    peer_retry(&peer, group(1), nothing());
    attack_accepts();
    assert_int_equal(peer.ch.n_psk, 1);
    peer.group = group(1);
    peer_server_hello(&peer);
    peer_server_flight(&peer);
    attack_accepts();
    attack_is_connected(true);
    attack_end();

    attack_prepare(CV_CLIENT); /* a suite whose hash does not fit the session */
    (void)attack_session();
    (void)attack_begin();
    const struct cv_suite *suites = pair.client.algorithms.suites;
    for (size_t i = 0; i < pair.client.algorithms.n_suites; i++) {
        if (!suites[i].tls12 && suites[i].hash->id != suites[0].hash->id) peer.suite = &suites[i];
    }
    peer_retry(&peer, group(1), nothing());
    attack_accepts();
    assert_int_equal(peer.ch.n_psk, 0);
    attack_end();
}

/* --- 6: the second ClientHello, server --- */

static void retrying_server(void)
{
    attack_prepare(CV_SERVER);
    pair.server.config.groups += 2;
    pair.server.config.n_groups = 1;
    pair.server.params.alpn = cv_bytes((const uint8_t *)"\x02h2", 3);
    peer_ext_add(&peer, 16, "\0\x03\x02h2", 5);
    (void)attack_begin();
    peer_make_client_hello(&peer);
    peer_send(&peer);
    attack_accepts();
    assert_int_equal(peer.retry_group, 0x18);
    assert_true(peer.cookie.len != 0);
}

static void second_hello_is_refused(cv_err want, int alert)
{
    peer_second_hello(&peer);
    peer_send(&peer);
    answer_and_refuse(want, alert);
}

static void attack_06_second_hellos_that_are_refused(void **state)
{
    (void)state;
    const cv_err changed = CV_E_BAD_RETRY;
    const int alert = CV_ALERT_ILLEGAL_PARAMETER;
    retrying_server();
    peer.cookie = nothing();
    second_hello_is_refused(CV_E_MISSING_EXTENSION, CV_ALERT_MISSING_EXTENSION);
    retrying_server();
    peer.cookie = peer_keep(&peer, "another cookie of the same length", 32);
    second_hello_is_refused(CV_E_BAD_COOKIE, alert);
    retrying_server();
    peer.cookie.len--;
    second_hello_is_refused(CV_E_BAD_COOKIE, alert);
    retrying_server();
    peer.suites = peer_keep(&peer, "\x13\x01", 2);
    second_hello_is_refused(changed, alert);
    retrying_server();
    peer_ext_set(&peer, 0, "\0\x10\0\0\x0dother.example", 18);
    second_hello_is_refused(changed, alert);
    retrying_server();
    peer_ext_drop(&peer, 0);
    second_hello_is_refused(changed, alert);
    retrying_server();
    peer_ext_set(&peer, 16, "\0\x03\x02h3", 5);
    second_hello_is_refused(changed, alert);
    retrying_server();
    peer_ext_drop(&peer, 13);
    second_hello_is_refused(CV_E_MISSING_EXTENSION, CV_ALERT_MISSING_EXTENSION);
    retrying_server();
    peer_ext_set(&peer, 10, "\0\x02\0\x18", 4);
    second_hello_is_refused(changed, alert);
    retrying_server();
    peer.random[0] ^= 1;
    second_hello_is_refused(changed, alert);
    retrying_server();
    peer.session_id[0] ^= 1;
    second_hello_is_refused(changed, alert);
    retrying_server();
    peer_ext_add(&peer, 42, NULL, 0); /* early data behind a retry */
    second_hello_is_refused(changed, alert);
    retrying_server();
    peer.retry_group = 0; /* the old share again */
    second_hello_is_refused(changed, alert);
    retrying_server();
    peer.retry_group = 0x17; /* one that was not asked for */
    second_hello_is_refused(changed, alert);
    retrying_server();
    peer.retry_group = 0;
    peer_ext_drop(&peer, 51);
    second_hello_is_refused(CV_E_MISSING_EXTENSION, CV_ALERT_MISSING_EXTENSION);
}

/* Mbed TLS 2026: TLS 1.2 by the second hello, where it is enabled, too. */
static void attack_06_second_hello_of_an_older_version(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        attack_prepare(CV_SERVER);
        if (i % 2) pair.server.config.min_version = CV_TLS12;
        pair.server.config.groups += 2;
        pair.server.config.n_groups = 1;
        peer.suites = peer_keep(&peer, "\x13\x01\x13\x02\xc0\x2b\xc0\x2f", 8);
        (void)attack_begin();
        peer_make_client_hello(&peer);
        peer_send(&peer);
        attack_accepts();
        if (i < 2)
            peer_ext_drop(&peer, 43);
        else
            peer_ext_set(&peer, 43, "\2\3\3", 3);
        peer_second_hello(&peer);
        peer_send(&peer);
        cv_err e = peer_deliver(&peer, attack_engine());
        assert_int_equal(e, i % 2 ? CV_E_BAD_RETRY : CV_E_NO_COMMON_VERSION);
        attack_is_dead(e, e, i % 2 ? CV_ALERT_ILLEGAL_PARAMETER : CV_ALERT_PROTOCOL_VERSION);
        assert_false(attack_engine()->established);
        attack_end();
    }
}

/* GnuTLS 2025-6395, 2026-1584: the PSK is dropped, comes late, has the first hello's binder, or is none of
 * its own. */
static void attack_06_psk_in_the_second_hello(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        attack_prepare(CV_SERVER);
        pair.server.config.groups += 2;
        pair.server.config.n_groups = 1;
        const struct cv_session *s = attack_session();
        struct cv_session other = *s;
        other.ticket.len--;
        if (i != 1) peer.session = s;
        (void)attack_begin();
        peer_make_client_hello(&peer);
        peer_send(&peer);
        attack_accepts();
        peer.session = i == 0 ? NULL : s;
        if (i == 0) peer_ext_drop(&peer, 41);
        if (i == 4) peer.session = &other;
        if (i == 3) peer.all[0] ^= 1; /* a binder over another transcript */
        peer_second_hello(&peer);
        if (i == 3) peer.all[0] ^= 1;
        peer_send(&peer);
        if (i == 0) { /* it fits the suite, so it may not go */
            answer_and_refuse(CV_E_MISSING_EXTENSION, CV_ALERT_MISSING_EXTENSION);
            continue;
        }
        if (i == 3) {
            answer_and_refuse(CV_E_BAD_BINDER, CV_ALERT_DECRYPT_ERROR);
            continue;
        }
        if (i == 4) {
            answer_and_refuse(CV_E_BAD_RETRY, CV_ALERT_ILLEGAL_PARAMETER);
            continue;
        }
        attack_accepts();
        peer_client_flight(&peer);
        attack_accepts();
        attack_is_connected(true);
        attack_end();
    }
}

/* --- 24: sizes --- */

/* A client that waits for Certificate. */
static struct cv_conn *before_certificate(uint32_t max_len)
{
    attack_prepare(CV_CLIENT);
    pair.client.config.max_certificate_len = max_len;
    struct cv_conn *c = attack_begin();
    peer_server_hello(&peer);
    peer_make_encrypted_extensions(&peer);
    peer_send(&peer);
    attack_accepts();
    return c;
}

/* n copies of the leaf behind the leaf. */
static void make_long_certificate(size_t n)
{
    static struct cv_bytes chain[256];
    struct cv_identity id = peer.side->own.identity;
    for (size_t i = 0; i < n; i++) chain[i] = id.chain[0];
    id.chain = chain;
    id.n_chain = n;
    peer_make_certificate(&peer, &id);
}

static void attack_24_chain_sizes(void **state)
{
    (void)state;
    (void)before_certificate(0);
    make_long_certificate(65);
    peer_send(&peer);
    answer_and_refuse(CV_E_CERT_TOO_COMPLEX, CV_ALERT_BAD_CERTIFICATE);

    (void)before_certificate(2000);
    make_long_certificate(10);
    peer_send(&peer);
    answer_and_refuse(CV_E_MESSAGE_TOO_LONG, CV_ALERT_ILLEGAL_PARAMETER);

    static const uint8_t lengths[][4] = {{11, 2, 0, 1}, {11, 0xff, 0xff, 0xff}}; /* over 128 KiB */
    for (size_t i = 0; i < 2; i++) {
        (void)before_certificate(0);
        peer_record(&peer, CV_CONTENT_HANDSHAKE, lengths[i], 4, 0);
        answer_and_refuse(CV_E_MESSAGE_TOO_LONG, CV_ALERT_ILLEGAL_PARAMETER);
    }
    static const uint8_t others[] = {CV_MSG_CLIENT_HELLO, CV_MSG_FINISHED}; /* any other: 64 KiB */
    for (size_t i = 0; i < 2; i++) {
        const uint8_t header[4] = {others[i], 1, 0, 1};
        (void)attack_start(CV_SERVER);
        if (i == 1) {
            peer_make_client_hello(&peer);
            peer_send(&peer);
            attack_accepts();
        }
        peer_record(&peer, CV_CONTENT_HANDSHAKE, header, 4, 0);
        answer_and_refuse(CV_E_MESSAGE_TOO_LONG, CV_ALERT_ILLEGAL_PARAMETER);
    }
}

/* Memory grows by what has arrived, not by what is announced. */
static void attack_24_memory_by_received_bytes(void **state)
{
    (void)state;
    static uint8_t part[1000] = {11, 1, 0xff, 0xff};
    (void)before_certificate(0);
    size_t before = pair.client.port.live_bytes;
    pair.client.port.peak_bytes = before;
    for (size_t n = 1; n <= 100; n++) {
        peer_record(&peer, CV_CONTENT_HANDSHAKE, part, sizeof part, 0);
        part[0] = part[1] = part[2] = part[3] = 0;
        attack_accepts();
        assert_in_range(pair.client.port.live_bytes - before, 0, 2 * n * sizeof part + 2048);
    }
    assert_in_range(pair.client.port.peak_bytes - before, 0, 4 * 100 * sizeof part);
    attack_end();
}

/* --- 32: answers to what was not asked --- */

static void attack_32_unsolicited_extensions(void **state)
{
    (void)state;
    static const uint16_t unasked[] = {0,  1,  5,  11, 14, 15,     16,     18,     19,     20,    22,
                                       23, 27, 35, 42, 49, 0x0a0a, 0x5500, 0xfe0d, 0xff01, 0xffff};
    for (size_t i = 0; i < 4 * sizeof unasked / sizeof unasked[0]; i++) {
        uint16_t type = unasked[i / 4];
        attack_prepare(CV_CLIENT);
        pair.client.params.target = nothing();
        pair.client.params.validate = pair.client.params.check_name = false;
        pair.client.params.post_handshake_auth = false;
        (void)attack_begin();
        if (i % 4 < 2) { /* ServerHello, HelloRetryRequest */
            peer_ext_add(&peer, type, NULL, 0);
            if (i % 4 == 1)
                peer_retry(&peer, group(1), nothing());
            else
                peer_server_hello(&peer);
        } else { /* EncryptedExtensions, Certificate */
            peer_server_hello(&peer);
            if (i % 4 == 2) peer_ext_add(&peer, type, NULL, 0);
            peer_make_encrypted_extensions(&peer);
            peer_send(&peer);
            if (i % 4 == 3) {
                peer_make_certificate(&peer, &peer.side->own.identity);
                /* the last certificate's extensions become one, with an empty body */
                static const uint8_t zeros[4];
                uint8_t *end = peer.msg + peer.msg_len;
                memcpy(end, zeros, 4);
                end[-1] = 4;
                end[0] = (uint8_t)(type >> 8);
                end[1] = (uint8_t)type;
                peer.msg_len += 4;
                size_t list = peer.msg_len - 8;
                peer.msg[2] = (uint8_t)((peer.msg_len - 4) >> 8);
                peer.msg[3] = (uint8_t)(peer.msg_len - 4);
                peer.msg[6] = (uint8_t)(list >> 8);
                peer.msg[7] = (uint8_t)list;
                peer_send(&peer);
            }
        }
        cv_err e = peer_deliver(&peer, attack_engine());
        if (e != CV_E_UNSOLICITED_EXTENSION) fail_msg("%u in %zu: %s", type, i % 4, cv_err_name(e));
        attack_is_dead(e, e, CV_ALERT_UNSUPPORTED_EXTENSION);
        attack_end();
    }
}

/* Asked, but in the wrong place. */
static void attack_32_misplaced_extensions(void **state)
{
    (void)state;
    static const uint16_t encrypted[] = {13, 43, 45, 49, 50, 51};
    for (size_t i = 0; i < sizeof encrypted / sizeof encrypted[0]; i++) {
        (void)attack_start(CV_CLIENT);
        peer_server_hello(&peer);
        peer_ext_add(&peer, encrypted[i], "\3\4", 2);
        peer_make_encrypted_extensions(&peer);
        peer_send(&peer);
        answer_and_refuse(CV_E_MISPLACED_EXTENSION, CV_ALERT_ILLEGAL_PARAMETER);
    }
    static const uint16_t hello[] = {0, 10, 13, 28, 45, 49, 50};
    for (size_t i = 0; i < sizeof hello / sizeof hello[0]; i++) {
        (void)attack_start(CV_CLIENT);
        peer_ext_add(&peer, hello[i], NULL, 0);
        peer_server_hello(&peer);
        answer_and_refuse(CV_E_MISPLACED_EXTENSION, CV_ALERT_ILLEGAL_PARAMETER);
    }
}

/* --- 33: twice, and too many --- */

static void attack_33_every_extension_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < 7; i++) {
        (void)attack_start(CV_SERVER);
        peer_ext_add(&peer, 0x1234, "grease", 6);
        assert_int_equal(peer.n_exts, 7);
        struct peer_ext x = peer.exts[i];
        peer_ext_add(&peer, x.type, x.body.p, x.body.len);
        peer_make_client_hello(&peer);
        peer_send(&peer);
        answer_and_refuse(CV_E_DUPLICATE_EXTENSION, CV_ALERT_ILLEGAL_PARAMETER);
    }
    for (unsigned i = 0; i < 2; i++) {
        (void)attack_start(CV_CLIENT);
        if (i == 0) peer_ext_add(&peer, 43, "\3\4", 2);
        peer_server_hello(&peer);
        if (i == 1) {
            peer_ext_add(&peer, 0, NULL, 0);
            peer_ext_add(&peer, 0, NULL, 0);
            peer_make_encrypted_extensions(&peer);
            peer_send(&peer);
        }
        answer_and_refuse(CV_E_DUPLICATE_EXTENSION, CV_ALERT_ILLEGAL_PARAMETER);
    }
}

/* Lists as long as they come, of what nobody knows, and what is ours at their end: it works, and costs no
 * more memory than the message. */
static void attack_33_long_lists_and_grease(void **state)
{
    (void)state;
    static uint8_t list[60000];
    for (unsigned i = 0; i < 4; i++) {
        attack_prepare(CV_SERVER);
        for (size_t k = 0; k < sizeof list; k++) list[k] = k % 2 ? (uint8_t)(k >> 8) : 0x7a; /* unknown */
        if (i == 0) {
            memcpy(list + 59998, "\x13\x01", 2);
            peer.suites = peer_keep(&peer, list, sizeof list);
        } else if (i == 1) {
            list[0] = 59998 >> 8, list[1] = 59998 & 255;
            memcpy(list + 59998, "\4\3", 2);
            peer_ext_set(&peer, 13, list, sizeof list);
        } else if (i == 2) {
            list[0] = 59998 >> 8, list[1] = 59998 & 255;
            memcpy(list + 59998, "\0\x1d", 2);
            peer_ext_set(&peer, 10, list, sizeof list);
        } else {
            peer_ext_add(&peer, 0x5a5a, list, sizeof list);
        }
        static const uint8_t grease[] = {0x0a, 0x1a, 0x2a, 0x3a};
        for (unsigned k = 0; k < 4; k++) peer_ext_add(&peer, grease[k] * 0x101u, list, k);
        (void)attack_begin();
        size_t before = pair.server.port.live_bytes;
        assert_int_equal(peer_connect(&peer, attack_engine()), CV_OK);
        attack_is_connected(false);
        assert_in_range(pair.server.port.peak_bytes - before, 0, 4 * 65536 + 32768);
        attack_end();
    }
}

/* Thousands of shares are one walk or a refusal, and never work for each. */
static void attack_33_many_key_shares(void **state)
{
    (void)state;
    static uint8_t shares[40002], groups[16002];
    for (unsigned known = 0; known < 2; known++) {
        (void)attack_start(CV_SERVER);
        size_t n = 8000;
        shares[0] = 40000 >> 8, shares[1] = 40000 & 255;
        groups[0] = 16000 >> 8, groups[1] = 16000 & 255;
        for (size_t i = 0; i < n; i++) {
            uint16_t id = (uint16_t)(0x4000 + i);
            uint16_t listed = known ? id : (uint16_t)(id + 20000);
            uint8_t entry[5] = {(uint8_t)(id >> 8), (uint8_t)id, 0, 1, 'x'};
            memcpy(shares + 2 + 5 * i, entry, 5);
            groups[2 + 2 * i] = (uint8_t)(listed >> 8);
            groups[3 + 2 * i] = (uint8_t)listed;
        }
        peer_ext_set(&peer, 51, shares, sizeof shares);
        peer_ext_set(&peer, 10, groups, sizeof groups);
        peer_make_client_hello(&peer);
        peer_send(&peer);
        if (known)
            answer_and_refuse(CV_E_NO_COMMON_GROUP, CV_ALERT_HANDSHAKE_FAILURE);
        else
            answer_and_refuse(CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER);
    }
    (void)attack_start(CV_SERVER); /* wolfSSL CVE-2025-11933: one group twice */
    struct cv_bytes one = peer.exts[4].body;
    assert_int_equal(peer.exts[4].type, 51);
    uint8_t two[128];
    size_t len = one.len - 2;
    two[0] = (uint8_t)(2 * len >> 8);
    two[1] = (uint8_t)(2 * len);
    memcpy(two + 2, one.p + 2, len);
    memcpy(two + 2 + len, one.p + 2, len);
    peer_ext_set(&peer, 51, two, 2 + 2 * len);
    peer_make_client_hello(&peer);
    peer_send(&peer);
    answer_and_refuse(CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER);
}

/* --- 35: ALPACA --- */

static void attack_35_protocols_and_names(void **state)
{
    (void)state;
    static const struct {
        const char *offered;
        size_t len;
        cv_err error;
        int alert;
    } protocols[] = {
        {"\0\x04\x03"
         "ftp",
         6, CV_E_NO_COMMON_ALPN, CV_ALERT_NO_APPLICATION_PROTOCOL},
        {"\0\x03\x02H2", 5, CV_E_NO_COMMON_ALPN, CV_ALERT_NO_APPLICATION_PROTOCOL},
        {"\0\x02\x01h", 4, CV_E_NO_COMMON_ALPN, CV_ALERT_NO_APPLICATION_PROTOCOL},
        {"\0\x04\x03h2\0", 6, CV_E_NO_COMMON_ALPN, CV_ALERT_NO_APPLICATION_PROTOCOL},
        {"\0\0", 2, CV_E_BAD_LENGTH, CV_ALERT_DECODE_ERROR},
        {"\0\x04\0\x02h2", 6, CV_E_BAD_LENGTH, CV_ALERT_DECODE_ERROR},
    };
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        attack_prepare(CV_SERVER);
        pair.server.params.alpn = cv_bytes((const uint8_t *)"\x02h2", 3);
        peer_ext_add(&peer, 16, protocols[i].offered, protocols[i].len);
        (void)attack_begin();
        peer_make_client_hello(&peer);
        peer_send(&peer);
        answer_and_refuse(protocols[i].error, protocols[i].alert);
    }
    static const struct {
        const char *body;
        size_t len;
        cv_err error;
        int alert;
    } names[] = {
        {"\0\x0c\0\0\x09"
         "127.0.0.1",
         14, CV_E_UNKNOWN_NAME, CV_ALERT_UNRECOGNIZED_NAME},
        {"\0\x08\0\0\x05"
         "a..b.",
         10, CV_E_UNKNOWN_NAME, CV_ALERT_UNRECOGNIZED_NAME},
        {"\0\x07\0\0\x04"
         "a\0.b",
         9, CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER},
        {"\0\x03\0\0\0", 5, CV_E_BAD_LENGTH, CV_ALERT_DECODE_ERROR},
        {"\0\0", 2, CV_E_TRUNCATED, CV_ALERT_DECODE_ERROR},
        {"\0\x08\0\0\x01"
         "a\0\0\x01"
         "b",
         10, CV_E_DECODE, CV_ALERT_DECODE_ERROR},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)attack_start(CV_SERVER);
        peer_ext_set(&peer, 0, names[i].body, names[i].len);
        peer_make_client_hello(&peer);
        peer_send(&peer);
        answer_and_refuse(names[i].error, names[i].alert);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_06_retry_requests_that_are_refused),
        cmocka_unit_test(attack_06_server_hellos_behind_a_retry),
        cmocka_unit_test(attack_06_sessions_behind_a_retry),
        cmocka_unit_test(attack_06_second_hellos_that_are_refused),
        cmocka_unit_test(attack_06_second_hello_of_an_older_version),
        cmocka_unit_test(attack_06_psk_in_the_second_hello),
        cmocka_unit_test(attack_24_chain_sizes),
        cmocka_unit_test(attack_24_memory_by_received_bytes),
        cmocka_unit_test(attack_32_unsolicited_extensions),
        cmocka_unit_test(attack_32_misplaced_extensions),
        cmocka_unit_test(attack_33_every_extension_twice),
        cmocka_unit_test(attack_33_long_lists_and_grease),
        cmocka_unit_test(attack_33_many_key_shares),
        cmocka_unit_test(attack_35_protocols_and_names),
    };
    return cmocka_run_group_tests_name("attacks by hellos", tests, NULL, NULL);
}
