/* What goes with certificates: compression (RFC 8879) and signed certificate timestamps (RFC 6962). */
#include "attack.h"
#include "tls/compress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* --- a compression that needs no library: what was compressed is kept, and its place is the result --- */

static uint8_t kept[4][8192];
static size_t kept_len[4], n_kept;
static size_t n_decompressed, room_asked;

static cv_err keep(const struct cv_cert_compression *self, uint8_t *out, size_t *out_len, struct cv_bytes in)
{
    (void)self;
    assert_in_range(in.len, 1, sizeof kept[0]);
    size_t i = n_kept++ % 4;
    memcpy(kept[i], in.p, in.len);
    kept_len[i] = in.len;
    if (*out_len < 1) return CV_E_BUFFER_TOO_SMALL;
    out[0] = (uint8_t)i;
    *out_len = 1;
    return CV_OK;
}

static cv_err look_up(const struct cv_cert_compression *self, uint8_t *out, size_t out_len,
                      struct cv_bytes in)
{
    (void)self;
    n_decompressed++;
    room_asked = out_len;
    if (in.len != 1 || in.p[0] > 3 || kept_len[in.p[0]] != out_len) return CV_E_CERT_COMPRESSION;
    memcpy(out, kept[in.p[0]], out_len);
    return CV_OK;
}

static cv_err never_shorter(const struct cv_cert_compression *self, uint8_t *out, size_t *out_len,
                            struct cv_bytes in)
{
    (void)self;
    (void)out;
    (void)in;
    (void)out_len;
    return CV_E_BUFFER_TOO_SMALL;
}

static cv_err breaks(const struct cv_cert_compression *self, uint8_t *out, size_t *out_len,
                     struct cv_bytes in)
{
    (void)self;
    (void)out;
    (void)in;
    (void)out_len;
    return CV_E_NO_MEMORY;
}

static const struct cv_cert_compression both_ways[] = {
    {.id = 2, .compress = keep, .decompress = look_up},
    {.id = 1, .compress = keep, .decompress = look_up},
};
static const struct cv_cert_compression only_reads[] = {{.id = 1, .decompress = look_up}};
static const struct cv_cert_compression gains_nothing[] = {
    {.id = 1, .compress = never_shorter, .decompress = look_up}};
static const struct cv_cert_compression out_of_order[] = {
    {.id = 1, .compress = breaks, .decompress = look_up}};

static void use(struct side *s, const struct cv_cert_compression *list, size_t n)
{
    s->config.cert_compressions = list;
    s->config.n_cert_compressions = n;
}

static void prepare(uint16_t version)
{
    pair_init(&pair, "rsa");
    pair_client_identity(&pair, "p256");
    pair.server.params.client_auth = CV_AUTH_REQUIRE;
    pair.client.config.min_version = pair.client.config.max_version = version;
    pair.server.config.min_version = pair.server.config.max_version = version;
    n_kept = n_decompressed = 0;
}

/* What each side says of its own Certificate and of the other's. */
static void connects_with(uint16_t servers, uint16_t clients)
{
    struct cv_conn_info c, s;
    assert_int_equal(pair_connect(&pair), CV_OK);
    cv_conn_info(pair.client.conn, &c);
    cv_conn_info(pair.server.conn, &s);
    assert_int_equal(s.own_compression, servers);
    assert_int_equal(c.peer_compression, servers);
    assert_int_equal(c.own_compression, clients);
    assert_int_equal(s.peer_compression, clients);
    assert_int_equal(c.validated, CV_VALIDATED_NAME);
    assert_int_equal(s.validated, CV_VALIDATED_CHAIN);
    assert_int_not_equal(c.peer_chain.len, 0);
    pair_send(&pair.client, &pair.server, "compressed");
    pair_close(&pair);
}

static void both_sides_compress(void **state)
{
    (void)state;
    static const struct {
        const struct cv_cert_compression *client, *server;
        size_t n_client, n_server;
        uint16_t servers, clients;
    } cases[] = {
        {both_ways, both_ways, 2, 2, 2, 2},     {both_ways, both_ways + 1, 2, 1, 1, 1},
        {both_ways, NULL, 2, 0, 0, 0},          {NULL, both_ways, 0, 2, 0, 0},
        {both_ways, both_ways + 1, 1, 1, 0, 0}, /* 2 against 1 */
        {only_reads, both_ways, 1, 2, 1, 0},    {both_ways, only_reads, 2, 1, 0, 1},
        {both_ways, gains_nothing, 2, 1, 0, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        prepare(CV_TLS13);
        pair.client.params.resume = pair.server.params.resume = false;
        use(&pair.client, cases[i].client, cases[i].n_client);
        use(&pair.server, cases[i].server, cases[i].n_server);
        connects_with(cases[i].servers, cases[i].clients);
        pair_free(&pair);
    }
    prepare(CV_TLS12); /* knows no such message */
    use(&pair.client, both_ways, 2);
    use(&pair.server, both_ways, 2);
    connects_with(0, 0);
    pair_free(&pair);
    prepare(CV_TLS13);
    use(&pair.client, both_ways, 2);
    use(&pair.server, out_of_order, 1);
    assert_int_equal(pair_connect(&pair), CV_E_NO_MEMORY);
    pair_free(&pair);
}

/* With staple and timestamps in it, behind a request that comes late. */
static void post_handshake_certificates_too(void **state)
{
    (void)state;
    struct cv_step step;
    struct cv_conn_info s;
    prepare(CV_TLS13);
    pair.server.params.client_auth = CV_AUTH_NONE;
    use(&pair.client, both_ways, 2);
    use(&pair.server, both_ways, 2);
    assert_int_equal(pair_connect(&pair), CV_OK);
    assert_int_equal(cv_conn_request_auth(pair.server.conn, CV_AUTH_REQUIRE), CV_OK);
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(pair_move(&pair.client, &pair.server), CV_OK);
    cv_conn_info(pair.server.conn, &s);
    assert_int_equal(s.peer_compression, 2);
    assert_int_equal(s.validated, CV_VALIDATED_CHAIN);
    pair_free(&pair);
}

static void memory_that_runs_out(void **state)
{
    (void)state;
    for (size_t side = 0; side < 2; side++) {
        for (size_t n = 1;; n++) {
            prepare(CV_TLS13);
            use(&pair.client, both_ways, 2);
            use(&pair.server, both_ways, 2);
            struct test_port *port = side == 0 ? &pair.client.port : &pair.server.port;
            size_t before = port->n_allocs;
            test_port_fail_at(port, n);
            cv_err e = pair_connect(&pair);
            bool failed = port->n_allocs >= before + n;
            test_port_fail_at(port, 0);
            assert_true(e == CV_OK || e == CV_E_NO_MEMORY || e == CV_E_PEER_ALERT);
            pair_free(&pair);
            if (!failed) break;
        }
    }
}

/* --- a hostile sender --- */

/* CompressedCertificate: algorithm, what it says its length is, and data; rest: bytes behind. */
static void send_compressed(uint16_t id, uint32_t len, struct cv_bytes data, size_t rest)
{
    uint8_t body[64];
    struct cv_builder b;
    cv_build_init(&b, body, sizeof body);
    cv_build_u16(&b, id);
    cv_build_u24(&b, len);
    size_t mark = cv_build_open(&b, 3);
    cv_build_bytes(&b, data.p, data.len);
    cv_build_close(&b, mark, 3);
    cv_build_zeros(&b, rest);
    assert_int_equal(cv_build_end(&b), CV_OK);
    peer_make(&peer, CV_MSG_COMPRESSED_CERTIFICATE, body, b.len);
    peer_send(&peer);
}

/* A client that has had EncryptedExtensions, or a server that waits for a client's certificate. */
static void begin(enum cv_role engine, bool offer)
{
    attack_prepare(engine);
    if (offer) {
        use(&pair.client, both_ways, 2);
        use(&pair.server, both_ways, 2);
    }
    n_kept = n_decompressed = 0;
    memset(kept_len, 0, sizeof kept_len);
    pair.server.params.client_auth = CV_AUTH_REQUIRE;
    (void)attack_begin();
    if (engine == CV_CLIENT) {
        peer_server_hello(&peer);
        peer_make_encrypted_extensions(&peer);
        peer_send(&peer);
    } else {
        peer_make_client_hello(&peer);
        peer_send(&peer);
    }
    attack_accepts();
}

static void hostile_messages(void **state)
{
    (void)state;
    static const uint8_t zero[1] = {0}, unknown[1] = {9};
    static const struct {
        uint16_t id;
        uint32_t len;
        const uint8_t *data;
        size_t data_len, rest;
        cv_err want;
        int alert;
        size_t n_decompressed;
    } cases[] = {
        {3, 100, zero, 1, 0, CV_E_BAD_COMPRESSION, CV_ALERT_ILLEGAL_PARAMETER, 0}, /* not offered */
        {0, 100, zero, 1, 0, CV_E_BAD_COMPRESSION, CV_ALERT_ILLEGAL_PARAMETER, 0},
        {1, 0, zero, 1, 0, CV_E_CERT_COMPRESSION, CV_ALERT_BAD_CERTIFICATE, 0},
        {1, 0xffffff, zero, 1, 0, CV_E_CERT_COMPRESSION, CV_ALERT_BAD_CERTIFICATE, 0}, /* a bomb */
        {1, 131073, zero, 1, 0, CV_E_CERT_COMPRESSION, CV_ALERT_BAD_CERTIFICATE, 0},
        {1, 131072, zero, 1, 0, CV_E_CERT_COMPRESSION, CV_ALERT_BAD_CERTIFICATE, 1},
        {1, 100, unknown, 1, 0, CV_E_CERT_COMPRESSION, CV_ALERT_BAD_CERTIFICATE, 1},
        {1, 100, NULL, 0, 0, CV_E_BAD_LENGTH, CV_ALERT_DECODE_ERROR, 0},
        {1, 100, zero, 1, 1, CV_E_TRAILING_DATA, CV_ALERT_DECODE_ERROR, 0},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        size_t k = i / 2;
        begin(i % 2 ? CV_SERVER : CV_CLIENT, true);
        size_t peak = pair.client.port.peak_bytes;
        send_compressed(cases[k].id, cases[k].len, cv_bytes(cases[k].data, cases[k].data_len), cases[k].rest);
        attack_refuses(cases[k].want, cases[k].alert);
        assert_int_equal(n_decompressed, cases[k].n_decompressed);
        if (cases[k].n_decompressed == 0) assert_in_range(pair.client.port.peak_bytes, 0, peak + 4096);
        attack_end();
    }
}

/* What comes out is read as strictly as what comes plain. */
static void certificates_that_are_none(void **state)
{
    (void)state;
    static const uint8_t place[1] = {0};
    static const struct {
        size_t len;
        const char *body;
        cv_err want;
    } cases[] = {
        {1, "\0", CV_E_TRUNCATED},
        {5, "\0\0\0\0x", CV_E_TRAILING_DATA},
        {9, "\0\0\0\5\0\0\0\0\0", CV_E_BAD_LENGTH},
        {5, "\1x\0\0\0", CV_E_ILLEGAL_PARAMETER}, /* a context that was not asked */
        {10, "\0\0\0\6\0\0\1x\0\0", CV_E_CERT_SYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(CV_CLIENT, true);
        memcpy(kept[0], cases[i].body, kept_len[0] = cases[i].len);
        send_compressed(2, (uint32_t)cases[i].len, cv_bytes(place, 1), 0);
        cv_err e = attack_deliver();
        if (cases[i].want == CV_E_CERT_SYNTAX)
            assert_int_not_equal(e, CV_OK);
        else
            assert_int_equal(e, cases[i].want);
        assert_int_equal(room_asked, cases[i].len);
        attack_end();
    }
    begin(CV_SERVER, true); /* no certificate, where one must be */
    memcpy(kept[0], "\0\0\0\0", kept_len[0] = 4);
    send_compressed(2, 4, cv_bytes(place, 1), 0);
    attack_refuses(CV_E_CERTIFICATE_REQUIRED, CV_ALERT_CERTIFICATE_REQUIRED);
    attack_end();
}

static void unasked_messages(void **state)
{
    (void)state;
    static const uint8_t place[1] = {0};
    for (int i = 0; i < 2; i++) {
        begin(i ? CV_SERVER : CV_CLIENT, false);
        send_compressed(1, 4, cv_bytes(place, 1), 0);
        attack_refuses(CV_E_UNEXPECTED_MESSAGE, CV_ALERT_UNEXPECTED_MESSAGE);
        attack_end();
    }
    begin(CV_CLIENT, true); /* in CertificateVerify's place */
    peer_make_certificate(&peer, &peer.side->own.identity);
    peer_send(&peer);
    attack_accepts();
    send_compressed(1, 4, cv_bytes(place, 1), 0);
    attack_refuses(CV_E_UNEXPECTED_MESSAGE, CV_ALERT_UNEXPECTED_MESSAGE);
    attack_end();
}

/* --- signed certificate timestamps --- */

static const char two_scts[] = "\0\x0b\0\4abcd\0\3xyz";

static void timestamps_are_delivered(void **state)
{
    (void)state;
    struct cv_bytes scts = cv_bytes((const uint8_t *)two_scts, sizeof two_scts - 1);
    for (unsigned i = 0; i < 8; i++) {
        struct cv_conn_info c;
        bool asked = i & 1, has = i & 2;
        prepare(i & 4 ? CV_TLS12 : CV_TLS13);
        pair.client.config.want_scts = asked;
        if (has) pair.server.own.identity.scts = scts;
        pair.client.own.identity.scts = scts; /* nobody asks a client */
        assert_int_equal(pair_connect(&pair), CV_OK);
        cv_conn_info(pair.client.conn, &c);
        assert_true(cv_bytes_equal(c.peer_scts, asked && has ? scts : cv_bytes(NULL, 0)));
        cv_conn_info(pair.server.conn, &c);
        assert_int_equal(c.peer_scts.len, 0);
        pair_close(&pair);
        assert_int_equal(pair_connect(&pair), CV_OK); /* resumed */
        pair_free(&pair);
    }
}

static void timestamps_are_whole(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        const char *body;
        cv_err want;
    } cases[] = {
        {0, "", CV_E_TRUNCATED},          {2, "\0\0", CV_E_BAD_LENGTH},
        {4, "\0\2\0\0", CV_E_BAD_LENGTH}, {5, "\0\4\0\1x", CV_E_TRUNCATED},
        {5, "\0\3\0\2x", CV_E_TRUNCATED}, {6, "\0\3\0\1xx", CV_E_TRAILING_DATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        prepare(i % 2 ? CV_TLS12 : CV_TLS13);
        pair.client.config.want_scts = true;
        pair.server.own.identity.scts = cv_bytes((const uint8_t *)cases[i].body, cases[i].len);
        if (cases[i].len != 0) assert_int_equal(pair_connect(&pair), cases[i].want);
        pair_free(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_compress),        cmocka_unit_test(post_handshake_certificates_too),
        cmocka_unit_test(memory_that_runs_out),       cmocka_unit_test(hostile_messages),
        cmocka_unit_test(certificates_that_are_none), cmocka_unit_test(unasked_messages),
        cmocka_unit_test(timestamps_are_delivered),   cmocka_unit_test(timestamps_are_whole),
    };
    return cmocka_run_group_tests_name("extensions_cert", tests, NULL, NULL);
}
