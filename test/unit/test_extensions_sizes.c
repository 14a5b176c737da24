/* Sizes of records: record_size_limit, max_fragment_length, padding; both versions. */
#include "attack.h"
#include "tls/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void prepare(uint16_t version)
{
    pair_init(&pair, "p256");
    pair.client.config.min_version = pair.client.config.max_version = version;
    pair.server.config.min_version = pair.server.config.max_version = version;
}

static uint32_t max_data(const struct side *s)
{
    struct cv_stream_sizes sizes;
    cv_conn_stream_sizes(s->conn, &sizes);
    return sizes.max_data;
}

static const uint8_t *text(void)
{
    static uint8_t data[CV_RECORD_PLAIN_MAX + 1];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7 + 1);
    return data;
}

static uint8_t wire[CV_RECORD_PLAIN_MAX + 8192];

/* len bytes as one record (behind a KeyUpdate, perhaps); the length of that record's ciphertext, without tag.
 */
static size_t send(struct side *from, struct side *to, size_t len)
{
    struct cv_stream_sizes s;
    struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
    size_t missing, at = 0;
    cv_conn_stream_sizes(from->conn, &s);
    assert_in_range(s.header + len + s.trailer, 0, sizeof wire);
    size_t trailer_len = s.trailer;
    memcpy(wire + s.header, text(), len);
    assert_int_equal(
        cv_conn_seal(from->conn, wire, wire + s.header, len, wire + s.header + len, &trailer_len), CV_OK);
    assert_in_range(trailer_len, 0, s.trailer);
    while (opened.kind != CV_OPENED_DATA) {
        at += opened.rec_len;
        assert_int_equal(
            cv_conn_open(to->conn, wire + at, s.header + len + trailer_len - at, &opened, &missing), CV_OK);
    }
    assert_int_equal(at + opened.rec_len, s.header + len + trailer_len);
    assert_int_equal(opened.len, len);
    assert_memory_equal(wire + at + opened.offset, text(), len);
    return opened.rec_len - s.header - 16;
}

static void sends_at_most(struct side *from, struct side *to, uint32_t most)
{
    uint8_t header[16], trailer[128];
    size_t trailer_len = sizeof trailer;
    assert_int_equal(max_data(from), most);
    (void)send(from, to, most);
    (void)send(from, to, 1);
    memcpy(wire, text(), most + 1);
    assert_int_equal(cv_conn_seal(from->conn, header, wire, most + 1, trailer, &trailer_len),
                     CV_E_BUFFER_TOO_SMALL);
}

static void each_side_has_its_limit(void **state)
{
    (void)state;
    static const uint16_t limits[][2] = {{0, 0}, {64, 0}, {0, 64}, {1000, 300}, {16383, 16384}, {512, 512}};
    for (size_t i = 0; i < 2 * sizeof limits / sizeof limits[0]; i++) {
        const uint16_t *limit = limits[i / 2];
        bool tls12 = i % 2;
        prepare(tls12 ? CV_TLS12 : CV_TLS13);
        pair_client_identity(&pair, "rsa");
        pair.server.params.client_auth = CV_AUTH_REQUIRE;
        pair.client.config.record_limit = limit[0];
        pair.server.config.record_limit = limit[1];
        for (int resumed = 0; resumed < 2; resumed++) {
            assert_int_equal(pair_connect(&pair), CV_OK);
            sends_at_most(&pair.client, &pair.server, limit[1] != 0 ? limit[1] : 16384);
            sends_at_most(&pair.server, &pair.client, limit[0] != 0 ? limit[0] : 16384);
            pair_close(&pair);
        }
        pair_free(&pair);
    }
}

/* A client that offers both versions counts the content type of TLS 1.3 in; TLS 1.2 has none. */
static void a_limit_for_both_versions(void **state)
{
    (void)state;
    prepare(CV_TLS12);
    pair.client.config.max_version = CV_TLS13;
    pair.client.config.record_limit = 100;
    assert_int_equal(pair_connect(&pair), CV_OK);
    sends_at_most(&pair.server, &pair.client, 101);
    pair_close(&pair);
    pair.client.config.record_limit = 0;
    assert_int_equal(pair_connect(&pair), CV_OK);
    sends_at_most(&pair.server, &pair.client, 16384);
    pair_free(&pair);
}

/* The records of a flight; those that are protected have at most this content. */
static void flight_keeps_to(struct cv_bytes out, size_t most)
{
    uint8_t type;
    struct cv_bytes body;
    uint16_t version;
    size_t n = 0;
    while (out.len > 0) {
        assert_int_equal(cv_read_u8(&out, &type), CV_OK);
        assert_int_equal(cv_read_u16(&out, &version), CV_OK);
        assert_int_equal(cv_read_vec16(&out, &body), CV_OK);
        if (type != CV_CONTENT_DATA) continue;
        assert_in_range(body.len, 1, most + 1 + 16);
        n++;
    }
    assert_in_range(n, 10, 1000); /* a chain is longer than a few of these */
}

/* The rest of a handshake whose hello is made. */
static void finish(void)
{
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(pair_move(&pair.client, &pair.server), CV_OK);
        assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    }
    assert_true(pair.client.conn->established && pair.server.conn->established);
}

static void handshakes_keep_to_limits(void **state)
{
    (void)state;
    for (int padded = 0; padded < 2; padded++) {
        struct cv_step step;
        prepare(CV_TLS13);
        pair.client.config.record_limit = padded ? 65 : 64;
        pair.server.config.record_padding = padded ? 20 : 0;
        assert_int_equal(pair_new(&pair), CV_OK);
        assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
        assert_int_equal(pair_move(&pair.client, &pair.server), CV_OK);
        flight_keeps_to(cv_conn_output(pair.server.conn), padded ? 65 : 64);
        finish();
        assert_int_equal(max_data(&pair.server), padded ? 65 : 64);
        pair_free(&pair);
    }
}

static void fragments_as_the_client_asks(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        uint16_t len = (uint16_t)(512u << i / 2);
        prepare(i % 2 ? CV_TLS12 : CV_TLS13);
        pair.client.config.max_fragment = len;
        /* our own server knows record_size_limit, too, and takes that */
        assert_int_equal(pair_connect(&pair), CV_OK);
        sends_at_most(&pair.client, &pair.server, 16384);
        pair_free(&pair);
    }
}

/* A peer that has max_fragment_length alone, as client and as server. */
static void fragments_with_a_peer(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        /* the peer does not split its own flight, for which 1024 are too few */
        enum cv_role engine = i > 3 && i % 2 ? CV_CLIENT : CV_SERVER;
        uint8_t code = (uint8_t)(1 + i / 2);
        uint32_t len = 256u << code;
        attack_prepare(engine);
        pair.client.config.max_fragment = (uint16_t)len;
        (void)attack_begin();
        if (engine == CV_CLIENT) {
            peer_server_hello(&peer);
            peer_ext_add(&peer, 1, &code, 1);
            peer_server_flight(&peer);
        } else {
            peer_ext_add(&peer, 1, &code, 1);
            peer_make_client_hello(&peer);
            peer_send(&peer);
            attack_accepts();
            peer_client_flight(&peer);
        }
        attack_accepts();
        attack_is_connected(false);
        assert_int_equal(max_data(engine == CV_CLIENT ? &pair.client : &pair.server), len);
        struct cv_opened opened;
        peer_record(&peer, CV_CONTENT_DATA, text(), len, 0);
        assert_int_equal(attack_open(&opened), CV_OK);
        assert_int_equal(opened.len, len);
        peer_record(&peer, CV_CONTENT_DATA, text(), len + 1, 0);
        attack_refuses_open(CV_E_RECORD_OVERFLOW, CV_ALERT_RECORD_OVERFLOW);
        attack_end();
    }
}

/* Content and padding count together. */
static void longer_records_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t len, padding;
        bool good;
    } cases[] = {{100, 0, true},  {101, 0, false}, {1, 99, true},
                 {1, 100, false}, {0, 100, true},  {99, 2, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cv_opened opened;
        attack_prepare(CV_SERVER);
        pair.server.config.record_limit = 100;
        (void)attack_begin();
        peer_ext_add(&peer, 28, "\x40\x01", 2);
        peer_make_client_hello(&peer);
        peer_send(&peer);
        attack_accepts();
        peer_client_flight(&peer);
        attack_accepts();
        attack_is_connected(false);
        peer_record(&peer, CV_CONTENT_DATA, text(), cases[i].len, cases[i].padding);
        if (cases[i].good)
            assert_int_equal(attack_open(&opened), CV_OK);
        else
            attack_refuses_open(CV_E_RECORD_OVERFLOW, CV_ALERT_RECORD_OVERFLOW);
        attack_end();
    }
}

static void bad_values(void **state)
{
    (void)state;
    static const struct {
        uint8_t ext, len;
        const char *body;
        cv_err want;
        int alert;
    } cases[] = {
        {28, 2, "\0\x3f", CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER},
        {28, 2, "\0\0", CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER},
        {28, 1, "\x40", CV_E_TRUNCATED, CV_ALERT_DECODE_ERROR},
        {28, 3, "\x40\0\0", CV_E_TRAILING_DATA, CV_ALERT_DECODE_ERROR},
        {1, 1, "\0", CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER},
        {1, 1, "\5", CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER},
        {1, 1, "\xff", CV_E_ILLEGAL_PARAMETER, CV_ALERT_ILLEGAL_PARAMETER},
        {1, 0, "", CV_E_TRUNCATED, CV_ALERT_DECODE_ERROR},
        {1, 2, "\1\1", CV_E_TRAILING_DATA, CV_ALERT_DECODE_ERROR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        attack_prepare(CV_SERVER);
        (void)attack_begin();
        peer_ext_add(&peer, cases[i].ext, cases[i].body, cases[i].len);
        peer_make_client_hello(&peer);
        peer_send(&peer);
        attack_refuses(cases[i].want, cases[i].alert);
        attack_end();
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0] + 2; i++) {
        attack_prepare(CV_CLIENT);
        pair.client.config.max_fragment = 1024;
        (void)attack_begin();
        peer_server_hello(&peer);
        cv_err want = CV_E_ILLEGAL_PARAMETER;
        int alert = CV_ALERT_ILLEGAL_PARAMETER;
        if (i < sizeof cases / sizeof cases[0]) {
            peer_ext_add(&peer, cases[i].ext, cases[i].body, cases[i].len);
            want = cases[i].want;
            alert = cases[i].alert;
        } else { /* another length than asked for; both extensions */
            peer_ext_add(&peer, 1, i % 2 ? "\2" : "\3", 1);
            if (i % 2) peer_ext_add(&peer, 28, "\x40\0", 2);
        }
        peer_make_encrypted_extensions(&peer);
        peer_send(&peer);
        attack_refuses(want, alert);
        attack_end();
    }
}

static void padded_records(void **state)
{
    (void)state;
    static const uint16_t steps[] = {1, 2, 16, 100, 256, 1000, 4096};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        size_t step = steps[i];
        prepare(CV_TLS13);
        pair.client.config.record_padding = pair.server.config.record_padding = (uint16_t)step;
        pair.client.config.record_limit = 3000;
        assert_int_equal(pair_connect(&pair), CV_OK);
        for (size_t len = 0; len < 3000; len += len < 40 ? 1 : 61) {
            if (len % 5 == 0) assert_int_equal(cv_conn_update_keys(pair.client.conn, false), CV_OK);
            size_t inner = send(&pair.client, &pair.server, len);
            assert_int_equal(inner % step, 0);
            assert_in_range(inner, len + 1, len + step);
            inner = send(&pair.server, &pair.client, len);
            assert_true(inner % step == 0 || inner == 3001);
            assert_in_range(inner, len + 1, len + step);
        }
        pair_free(&pair);
    }
}

static void no_padding_in_tls12(void **state)
{
    (void)state;
    prepare(CV_TLS12);
    pair.client.config.record_padding = pair.server.config.record_padding = 256;
    assert_int_equal(pair_connect(&pair), CV_OK);
    assert_int_equal(send(&pair.client, &pair.server, 10), 10);
    pair_free(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_side_has_its_limit),
        cmocka_unit_test(a_limit_for_both_versions),
        cmocka_unit_test(handshakes_keep_to_limits),
        cmocka_unit_test(fragments_as_the_client_asks),
        cmocka_unit_test(fragments_with_a_peer),
        cmocka_unit_test(longer_records_are_refused),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(padded_records),
        cmocka_unit_test(no_padding_in_tls12),
    };
    return cmocka_run_group_tests_name("extensions_sizes", tests, NULL, NULL);
}
