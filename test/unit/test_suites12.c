/* Suites of TLS 1.2 that are off by default, CBC and DHE, and what no configuration can have. */
#include "crypto/cpu.h"
#include "tls/alert.h"
#include "tls/state.h"
#include "tls12_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const uint16_t cbc_suites[] = {0xc023, 0xc024, 0xc009, 0xc00a, 0xc027, 0xc028, 0xc013, 0xc014};

static void cbc_with_encrypt_then_mac(void **state)
{
    (void)state;
    struct pair p;
    struct cv_stream_sizes sizes;
    struct cv_conn_info info;
    for (size_t i = 0; i < 8; i++) {
        init12(&p, i < 4 ? "p256" : "rsa");
        only_suite(&p.client, cbc_suites[i]);
        only_suite(&p.server, cbc_suites[i]);
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, false);
        cv_conn_info(p.client.conn, &info);
        cv_conn_stream_sizes(p.client.conn, &sizes);
        assert_int_equal(info.suite->id, cbc_suites[i]);
        assert_int_equal(sizes.header, 5 + 16);
        assert_int_equal(sizes.trailer, info.suite->cbc.hash->digest_len + 16);
        pair_close(&p);
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, true);
        pair_free(&p);
    }
}

/* Who has not named them does not take them. */
static void cbc_is_off_by_default(void **state)
{
    (void)state;
    struct pair p;
    for (int server = 0; server < 2; server++) {
        init12(&p, "p256");
        only_suite(server ? &p.server : &p.client, cbc_suites[0]);
        assert_int_equal(pair_connect(&p), CV_E_NO_COMMON_SUITE);
        pair_free(&p);
    }
}

/* A client that does not know RFC 7366: the extension's number is made one that nobody knows. */
static void cbc_with_the_mac_inside_only_where_configured(void **state)
{
    (void)state;
    struct pair p;
    struct cv_step step;
    struct cv_conn_info info;
    uint8_t hello[1024];
    for (int allowed = 0; allowed < 2; allowed++) {
        init12(&p, "p256");
        only_suite(&p.client, cbc_suites[0]);
        only_suite(&p.server, cbc_suites[0]);
        p.server.config.cbc_without_etm = allowed;
        assert_int_equal(pair_new(&p), CV_OK);
        assert_int_equal(cv_conn_step(p.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
        struct cv_bytes token = cv_conn_output(p.client.conn);
        memcpy(hello, token.p, token.len);
        size_t n = 0;
        for (size_t i = 0; i + 4 < token.len; i++) {
            if (memcmp(hello + i, "\x00\x16\x00\x00", 4) != 0) continue;
            hello[i] = 0x7a;
            n++;
        }
        assert_int_equal(n, 1);
        assert_int_equal(cv_conn_step(p.server.conn, cv_bytes(hello, token.len), &step),
                         allowed ? CV_OK : CV_E_NO_COMMON_SUITE);
        if (!allowed) {
            cv_conn_info(p.server.conn, &info);
            assert_int_equal(info.alert_sent, CV_ALERT_HANDSHAKE_FAILURE);
        } else { /* a client that offered it and gets no answer may refuse, too */
            assert_int_equal(pair_move(&p.server, &p.client), CV_E_MISSING_EXTENSION);
        }
        pair_free(&p);
    }
}

/* The record layer: both constructions, both directions, every length around the blocks, and the longest. */
static void cbc_records(void **state)
{
    (void)state;
    struct cv_algorithms a;
    struct cv_keys12 keys;
    struct cv_cbc_hmac_state tx_state, rx_state;
    static uint8_t wire[21 + 16384 + 64], opened[16384 + 64];
    cv_algorithms_select(&a, cv_cpu_detect());
    assert_true(cv_algorithms_take_suites(&a, cbc_suites, 8));
    memset(&keys, 0x31, sizeof keys);
    for (size_t i = 0; i < 16; i++) {
        const struct cv_suite *suite = &a.suites[i / 2];
        struct cv_half tx = {.state = &tx_state}, rx = {.state = &rx_state};
        cv_half_set_keys(&tx, suite, &keys, false, i % 2 != 0);
        cv_half_set_keys(&rx, suite, &keys, true, i % 2 != 0);
        for (size_t len = 0; len <= 16384; len = len == 70 ? 16384 - 17 : len + 1) {
            struct cv_record r;
            size_t missing, n;
            uint8_t type;
            memset(wire + 21, (int)len, len);
            assert_int_equal(
                cv_record_seal(&tx, CV_CONTENT_DATA, wire, wire + 21, len, NULL, 0, wire + 21 + len), CV_OK);
            size_t all = 21 + len + cv_record_trailer_len(&tx, len);
            assert_int_equal(cv_record_peek(&rx, &r, cv_bytes(wire, sizeof wire), &missing), CV_OK);
            assert_int_equal(r.len, all);
            uint64_t seq = rx.seq;
            wire[all - 1 - len % 20] ^= 0x10;
            assert_int_equal(cv_record_open(&rx, opened, cv_bytes(wire, all), &type, &n),
                             CV_E_BAD_RECORD_MAC);
            assert_int_equal(rx.seq, seq);
            wire[all - 1 - len % 20] ^= 0x10;
            assert_int_equal(cv_record_open(&rx, wire + 21, cv_bytes(wire, all), &type, &n), CV_OK);
            assert_int_equal(type, CV_CONTENT_DATA);
            assert_int_equal(n, len);
            for (size_t k = 0; k < len; k++) assert_int_equal(wire[21 + k], (uint8_t)len);
        }
    }
}

static const uint16_t dhe_suites[] = {0x009e, 0x009f, 0xccaa, 0xc09e, 0xc09f, 0xc0a2,
                                      0xc0a3, 0x0067, 0x006b, 0x0033, 0x0039};
static const uint16_t fields[] = {0x0100, 0x0101, 0x0102};

static void use_field(struct side *s, uint16_t suite, const uint16_t *groups, size_t n)
{
    only_suite(s, suite);
    assert_true(cv_algorithms_take_groups(&s->algorithms, groups, n));
    s->config.n_groups = n;
}

static void dhe_with_named_groups(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn_info info;
    for (size_t i = 0; i < 11 + 2; i++) {
        uint16_t suite = dhe_suites[i < 11 ? i : 0], group = fields[i < 11 ? 0 : i - 10];
        init12(&p, "rsa");
        use_field(&p.client, suite, &group, 1);
        use_field(&p.server, suite, fields, 3);
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, false);
        cv_conn_info(p.client.conn, &info);
        assert_int_equal(info.suite->id, suite);
        assert_int_equal(info.group->id, group);
        pair_close(&p);
        assert_int_equal(pair_connect(&p), CV_OK);
        check_connected(&p, true);
        pair_free(&p);
    }
}

/* RFC 7919 4: who names groups of this kind takes no others; and without such groups the suites do not exist.
 */
static void dhe_without_a_common_group(void **state)
{
    (void)state;
    static const uint16_t x25519 = 0x001d;
    struct pair p;
    init12(&p, "rsa");
    use_field(&p.client, 0x009e, &fields[1], 1);
    use_field(&p.server, 0x009e, &fields[0], 1);
    assert_int_equal(pair_connect(&p), CV_E_NO_COMMON_GROUP);
    pair_free(&p);
    init12(&p, "rsa");
    use_field(&p.server, 0x009e, &x25519, 1);
    use_field(&p.client, 0x009e, &fields[0], 1);
    assert_int_equal(pair_connect(&p), CV_E_NO_COMMON_GROUP);
    pair_free(&p);
}

/* The server's prime is altered: none that we know. */
static void dhe_with_a_group_of_its_own(void **state)
{
    (void)state;
    struct pair p;
    struct cv_step step;
    struct cv_conn_info info;
    static uint8_t flight[16384];
    init12(&p, "rsa");
    use_field(&p.client, 0x009e, &fields[0], 1);
    use_field(&p.server, 0x009e, &fields[0], 1);
    assert_int_equal(pair_new(&p), CV_OK);
    assert_int_equal(cv_conn_step(p.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(pair_move(&p.client, &p.server), CV_OK);
    struct cv_bytes out = cv_conn_output(p.server.conn);
    memcpy(flight, out.p, out.len);
    size_t n = 0;
    for (size_t i = 0; i + 8 < out.len;
         i++) { /* ServerKeyExchange: the prime's length, and its first bytes */
        if (memcmp(flight + i, "\x01\x00\xff\xff\xff\xff", 6) != 0) continue;
        flight[i + 200] ^= 4;
        n++;
    }
    assert_int_equal(n, 1);
    cv_err e = CV_OK;
    for (struct cv_bytes rest = cv_bytes(flight, out.len), used; rest.len > 0 && e == CV_OK;) {
        e = cv_conn_step(p.client.conn, rest, &step);
        if (e == CV_OK) assert_int_equal(cv_read_bytes(&rest, step.consumed, &used), CV_OK);
    }
    assert_int_equal(e, CV_E_UNNAMED_GROUP);
    cv_conn_info(p.client.conn, &info);
    assert_int_equal(info.alert_sent, CV_ALERT_INSUFFICIENT_SECURITY);
    pair_free(&p);
}

/* --- what is not ours --- */

/* Offsets in a hello's record: behind record and message header, the version; then random and session ID. */
enum { AT_VERSION = 5 + 4, AT_ID = AT_VERSION + 2 + 32 };

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* The hello of a TLS 1.2 client of ours with one suite, for changing. */
static size_t hello_of_client(struct pair *p, uint8_t hello[1024])
{
    struct cv_step step;
    init12(p, "rsa");
    only_suite(&p->client, CV_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
    p->client.config.grease = false;
    assert_int_equal(pair_new(p), CV_OK);
    assert_int_equal(cv_conn_step(p->client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    struct cv_bytes out = cv_conn_output(p->client.conn);
    assert_in_range(out.len, 100, 1024);
    memcpy(hello, out.p, out.len);
    return out.len;
}

static void refuses(struct side *s, struct cv_bytes token, cv_err want, int alert)
{
    struct cv_step step;
    struct cv_conn_info info;
    assert_int_equal(cv_conn_step(s->conn, token, &step), want);
    cv_conn_info(s->conn, &info);
    assert_int_equal(info.alert_sent, alert);
    struct cv_bytes out = cv_conn_output(s->conn);
    assert_int_equal(out.len, 7);
    assert_int_equal(out.p[6], alert);
}

static void old_versions(void **state)
{
    (void)state;
    struct pair p;
    uint8_t bytes[8192];
    for (unsigned version = 0x0300; version < 0x0303; version++) {
        size_t len = hello_of_client(&p, bytes);
        put16(bytes + AT_VERSION, version);
        refuses(&p.server, cv_bytes(bytes, len), CV_E_NO_COMMON_VERSION, CV_ALERT_PROTOCOL_VERSION);
        pair_free(&p);
        (void)hello_of_client(&p, bytes); /* and a server that answers so */
        assert_int_equal(pair_move(&p.client, &p.server), CV_OK);
        struct cv_bytes out = cv_conn_output(p.server.conn);
        memcpy(bytes, out.p, out.len);
        put16(bytes + AT_VERSION, version);
        refuses(&p.client, cv_bytes(bytes, out.len), CV_E_NO_COMMON_VERSION, CV_ALERT_PROTOCOL_VERSION);
        pair_free(&p);
    }
    /* SSL 2.0's ClientHello has another form altogether */
    static const uint8_t ssl2[] = {0x80, 0x1c, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 5};
    struct cv_step step;
    init12(&p, "rsa");
    assert_int_equal(pair_new(&p), CV_OK);
    assert_int_equal(cv_conn_step(p.server.conn, cv_bytes(ssl2, sizeof ssl2), &step), CV_E_RECORD_TYPE);
    pair_free(&p);
}

/* Static RSA, RC4, 3DES, export, null, anonymous, static ECDH, SRP, PSK, Camellia: no configuration has them.
 */
static void old_suites(void **state)
{
    (void)state;
    static const uint16_t suites[] = {0x0001, 0x0003, 0x0004, 0x0005, 0x0008, 0x000a, 0x0016, 0x0018, 0x001b,
                                      0x002f, 0x0034, 0x0035, 0x003c, 0x003d, 0x0041, 0x006d, 0x008c, 0x009c,
                                      0x009d, 0xc004, 0xc007, 0xc008, 0xc010, 0xc011, 0xc012, 0xc018, 0xc01d};
    struct pair p;
    uint8_t bytes[8192];
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        size_t len = hello_of_client(&p, bytes);
        assert_false(cv_algorithms_take_suites(&p.server.algorithms, &suites[i], 1));
        size_t at = AT_ID + 1 + (size_t)bytes[AT_ID] + 2;
        assert_int_equal(bytes[at], 0xc0);
        put16(bytes + at, suites[i]);
        refuses(&p.server, cv_bytes(bytes, len), CV_E_NO_COMMON_SUITE, CV_ALERT_HANDSHAKE_FAILURE);
        pair_free(&p);
    }
    (void)hello_of_client(&p, bytes); /* a server that takes what was not offered */
    assert_int_equal(pair_move(&p.client, &p.server), CV_OK);
    struct cv_bytes out = cv_conn_output(p.server.conn);
    memcpy(bytes, out.p, out.len);
    put16(bytes + AT_ID + 1 + bytes[AT_ID], 0x002f);
    refuses(&p.client, cv_bytes(bytes, out.len), CV_E_BAD_SUITE, CV_ALERT_ILLEGAL_PARAMETER);
    pair_free(&p);
}

static void compression(void **state)
{
    (void)state;
    struct pair p;
    uint8_t bytes[8192];
    size_t len = hello_of_client(&p, bytes);
    size_t at = AT_ID + 1 + (size_t)bytes[AT_ID] + 2 + 2;
    assert_int_equal(bytes[at], 1);
    bytes[at + 1] = 1; /* DEFLATE, and not null, which RFC 5246 7.4.1.2 demands */
    refuses(&p.server, cv_bytes(bytes, len), CV_E_BAD_COMPRESSION, cv_alert_for12(CV_E_BAD_COMPRESSION));
    pair_free(&p);
    (void)hello_of_client(&p, bytes);
    assert_int_equal(pair_move(&p.client, &p.server), CV_OK);
    struct cv_bytes out = cv_conn_output(p.server.conn);
    memcpy(bytes, out.p, out.len);
    bytes[AT_ID + 1 + bytes[AT_ID] + 2] = 1;
    refuses(&p.client, cv_bytes(bytes, out.len), CV_E_BAD_COMPRESSION, cv_alert_for12(CV_E_BAD_COMPRESSION));
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cbc_with_encrypt_then_mac),
        cmocka_unit_test(cbc_is_off_by_default),
        cmocka_unit_test(cbc_with_the_mac_inside_only_where_configured),
        cmocka_unit_test(cbc_records),
        cmocka_unit_test(dhe_with_named_groups),
        cmocka_unit_test(dhe_without_a_common_group),
        cmocka_unit_test(dhe_with_a_group_of_its_own),
        cmocka_unit_test(old_versions),
        cmocka_unit_test(old_suites),
        cmocka_unit_test(compression),
    };
    return cmocka_run_group_tests_name("suites of TLS 1.2", tests, NULL, NULL);
}
