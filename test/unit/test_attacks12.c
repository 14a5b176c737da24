/* Attacks on the handshake of TLS 1.2. Up to change_cipher_spec it is in the clear, so that an honest peer's
 * messages can be taken apart, changed and sent in any order. Each test has the number of its row in the list
 * of published vulnerabilities. */
#include "tls/alert.h"
#include "tls/state.h"
#include "tls12_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MAX_UNITS = 16, BUF = 1 << 14 };

/* What goes in a record of its own: a message, change_cipher_spec, or a protected record as it is. */
struct unit {
    uint8_t type; /* of the record */
    uint8_t bytes[4096];
    size_t len;
};

static struct pair pair;
static struct unit units[MAX_UNITS];
static size_t n_units;

static void add_unit(uint8_t type, struct cv_bytes bytes)
{
    assert_in_range(n_units, 0, MAX_UNITS - 1);
    assert_in_range(bytes.len, 0, sizeof units[0].bytes);
    units[n_units].type = type;
    memcpy(units[n_units].bytes, bytes.p, bytes.len);
    units[n_units++].len = bytes.len;
}

/* Takes a side's output apart. */
static void take_flight(struct side *from)
{
    struct cv_bytes out = cv_conn_output(from->conn), head, body;
    bool clear = true;
    n_units = 0;
    while (out.len > 0) {
        assert_int_equal(cv_read_bytes(&out, 3, &head), CV_OK);
        assert_int_equal(cv_read_vec16(&out, &body), CV_OK);
        bool messages = clear && head.p[0] == CV_CONTENT_HANDSHAKE;
        if (!messages) add_unit(head.p[0], body);
        while (messages && body.len > 0) {
            struct cv_bytes rest = body, content, msg;
            uint8_t type;
            assert_int_equal(cv_read_u8(&rest, &type), CV_OK);
            assert_int_equal(cv_read_vec24(&rest, &content), CV_OK);
            assert_int_equal(cv_read_bytes(&body, 4 + content.len, &msg), CV_OK);
            add_unit(CV_CONTENT_HANDSHAKE, msg);
        }
        if (head.p[0] == CV_CONTENT_CCS) clear = false;
    }
    cv_conn_output_drop(from->conn, cv_conn_output(from->conn).len);
}

static cv_err deliver(struct side *to, const struct unit *u)
{
    uint8_t rec[5 + sizeof u->bytes];
    struct cv_step step;
    cv_record_header(rec, u->type, CV_TLS12, u->len);
    memcpy(rec + 5, u->bytes, u->len);
    return cv_conn_step(to->conn, cv_bytes(rec, 5 + u->len), &step);
}

static void is_refused(struct side *s, cv_err got, cv_err want, int alert)
{
    struct cv_conn_info info;
    struct cv_step step;
    assert_int_equal(got, want);
    cv_conn_info(s->conn, &info);
    assert_int_equal(info.alert_sent, alert);
    assert_false(info.established);
    assert_int_equal(cv_conn_step(s->conn, cv_bytes(NULL, 0), &step), want);
}

/* --- 1, 4: orders --- */

/* Both sides up to the flight of the given number: 0 is ServerHello's, 1 the client's answer, 2 the end. */
static struct side *reach(unsigned flight, bool ask, bool resume)
{
    struct cv_step step;
    init12(&pair, "p256");
    if (ask) {
        pair_client_identity(&pair, "p256");
        pair.server.params.client_auth = CV_AUTH_REQUIRE;
    }
    if (resume) {
        assert_int_equal(pair_connect(&pair), CV_OK);
        pair_close(&pair);
    }
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    struct side *from = &pair.client, *to = &pair.server;
    for (unsigned i = 0; i <= flight; i++) {
        assert_int_equal(pair_move(from, to), CV_OK);
        struct side *swap = from;
        from = to;
        to = swap;
    }
    take_flight(from);
    return to;
}

/* Everything that could come in the place of a unit, with a body that is no worse than any. */
static size_t make_wrong(struct unit *out, const struct unit *right)
{
    static const uint8_t types[] = {0, 1, 2, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24, 25, 99, 0xfd, 0xff};
    size_t n = 0;
    for (size_t i = 0; i < sizeof types; i++) {
        if (right->type == CV_CONTENT_HANDSHAKE && right->bytes[0] == types[i]) continue;
        out[n] = (struct unit){.type = CV_CONTENT_HANDSHAKE, .bytes = {types[i]}, .len = 4};
        for (size_t k = 0; k < n_units; k++) /* the honest message of this type, if there is one */
            if (units[k].type == CV_CONTENT_HANDSHAKE && units[k].bytes[0] == types[i]) out[n] = units[k];
        n++;
    }
    if (right->type != CV_CONTENT_CCS)
        out[n++] = (struct unit){.type = CV_CONTENT_CCS, .bytes = {1}, .len = 1};
    out[n++] = (struct unit){.type = CV_CONTENT_DATA, .bytes = {'x'}, .len = 1};
    return n;
}

/* What may come instead of the right message, or so early that the right one comes later. */
static bool also_legal(const struct unit *right, const struct unit *wrong)
{
    bool request = right->bytes[0] == CV_MSG_CERTIFICATE_REQUEST,
         done = right->bytes[0] == CV_MSG_SERVER_HELLO_DONE;
    return wrong->type == CV_CONTENT_HANDSHAKE && right->type == CV_CONTENT_HANDSHAKE &&
           ((request && wrong->bytes[0] == CV_MSG_SERVER_HELLO_DONE) ||
            (done && wrong->bytes[0] == CV_MSG_CERTIFICATE_REQUEST));
}

static unsigned n_refused;

/* After each number of right units, every wrong one: refused, and change_cipher_spec has installed nothing.
 */
static void try_flight(unsigned flight, bool ask, bool resume)
{
    static struct unit wrong[32];
    struct side *to = reach(flight, ask, resume);
    size_t n = n_units;
    pair_free(&pair);
    for (size_t right = 0; right < n; right++) {
        to = reach(flight, ask, resume);
        size_t n_wrong = make_wrong(wrong, &units[right]);
        pair_free(&pair);
        for (size_t w = 0; w < n_wrong; w++) {
            to = reach(flight, ask, resume);
            for (size_t i = 0; i < right; i++) assert_int_equal(deliver(to, &units[i]), CV_OK);
            if (to->conn->rx.half.suite == NULL && !also_legal(&units[right], &wrong[w])) {
                cv_err e = deliver(to, &wrong[w]);
                bool ccs = wrong[w].type == CV_CONTENT_CCS, data = wrong[w].type == CV_CONTENT_DATA;
                is_refused(to, e,
                           ccs    ? CV_E_CCS
                           : data ? CV_E_RECORD_TYPE
                                  : CV_E_UNEXPECTED_MESSAGE,
                           CV_ALERT_UNEXPECTED_MESSAGE);
                assert_null(to->conn->rx.half.suite);
                n_refused++;
            }
            pair_free(&pair);
        }
    }
}

static void attack_01_04_every_wrong_order(void **state)
{
    (void)state;
    n_refused = 0;
    for (int ask = 0; ask < 2; ask++) {
        try_flight(0, ask, false); /* the server's first flight, to a client */
        try_flight(1, ask, false); /* the client's, to a server */
        try_flight(2, ask, false); /* ticket, change_cipher_spec, Finished, to a client */
    }
    try_flight(0, false, true); /* resuming: the server's end */
    try_flight(1, false, true); /* and the client's */
    print_message("%u orders refused\n", n_refused);
    assert_in_range(n_refused, 300, 600);
}

/* EarlyCCS (CVE-2014-0224) with all that could make it legal but the key exchange. And no other form. */
static void attack_04_malformed_change_cipher_spec(void **state)
{
    (void)state;
    static const struct unit bad[] = {{CV_CONTENT_CCS, {0}, 1},
                                      {CV_CONTENT_CCS, {2}, 1},
                                      {CV_CONTENT_CCS, {1, 1}, 2},
                                      {CV_CONTENT_CCS, {0}, 0}};
    for (size_t i = 0; i < 4; i++) {
        struct side *to = reach(1, false, false);
        assert_int_equal(deliver(to, &units[0]), CV_OK); /* ClientKeyExchange */
        is_refused(to, deliver(to, &bad[i]), CV_E_CCS, CV_ALERT_UNEXPECTED_MESSAGE);
        pair_free(&pair);
    }
    struct side *to = reach(1, false, false); /* twice */
    assert_int_equal(deliver(to, &units[0]), CV_OK);
    assert_int_equal(deliver(to, &units[1]), CV_OK);
    assert_int_not_equal(deliver(to, &units[1]), CV_OK);
    pair_free(&pair);
}

/* --- key exchange: what the client sends is signed by nobody --- */

static struct side *with_client_share(uint16_t group, uint16_t suite, const char *kind)
{
    struct cv_step step;
    init12(&pair, kind);
    if (suite != 0) only_suite(&pair.client, suite);
    if (suite != 0) only_suite(&pair.server, suite);
    assert_true(cv_algorithms_take_groups(&pair.server.algorithms, &group, 1));
    pair.server.config.n_groups = 1;
    if (suite != 0) {
        assert_true(cv_algorithms_take_groups(&pair.client.algorithms, &group, 1));
        pair.client.config.n_groups = 1;
    }
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(pair_move(&pair.client, &pair.server), CV_OK);
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    take_flight(&pair.client);
    assert_int_equal(units[0].bytes[0], CV_MSG_CLIENT_KEY_EXCHANGE);
    return &pair.server;
}

static void bad_points_of_clients(void **state)
{
    (void)state;
    static const struct {
        uint16_t group;
        int fill, first;
    } cases[] = {
        {0x001d, 0x00, -1},                         /* a point of small order */
        {0x0017, 0x00, 0x00}, {0x0017, 0x11, 0x04}, /* infinity; not on the curve */
        {0x0017, -1, 0x02},   {0x0018, -1, 0x03},   /* compressed: RFC 8422 5.1.2 */
        {0x0018, 0xff, 0x04},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct side *to = with_client_share(cases[i].group, 0, "p256");
        uint8_t *share = units[0].bytes + 5;
        if (cases[i].fill >= 0) memset(share, cases[i].fill, units[0].len - 5);
        if (cases[i].first >= 0) share[0] = (uint8_t)cases[i].first;
        is_refused(to, deliver(to, &units[0]), CV_E_BAD_KEY_SHARE, CV_ALERT_ILLEGAL_PARAMETER);
        pair_free(&pair);
    }
}

/* 0, 1, p - 1 and p, and a number that is too long: RFC 7919 5.1. */
static void bad_numbers_of_clients(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct side *to = with_client_share(0x0100, CV_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, "rsa");
        struct unit *u = &units[0];
        uint8_t *y = u->bytes + 6;
        assert_int_equal(u->len, 6 + 256);
        if (i < 2) memset(y, 0, 256);
        if (i == 1) y[255] = 1;
        if (i == 2 || i == 3) {
            struct cv_bytes prime = {pair.server.conn->hs->server->key_exchange.p + 2, 256};
            memcpy(y, prime.p, 256);
            if (i == 2) y[255] = (uint8_t)(y[255] - 1);
        }
        if (i == 4) {
            u->bytes[3]++; /* lengths of the message and of the number: 257 */
            u->bytes[5]++;
            y[256] = 7;
            u->len++;
        }
        is_refused(to, deliver(to, u), CV_E_BAD_KEY_SHARE, CV_ALERT_ILLEGAL_PARAMETER);
        pair_free(&pair);
    }
}

/* --- ServerKeyExchange --- */

static void altered_key_exchange(size_t at, unsigned v, unsigned n, cv_err want, int alert)
{
    struct side *to = reach(0, false, false);
    struct unit *u = &units[2];
    assert_int_equal(u->bytes[0], CV_MSG_SERVER_KEY_EXCHANGE);
    if (n == 2) u->bytes[at] = (uint8_t)(v >> 8);
    u->bytes[at + n - 1] = (uint8_t)v;
    assert_int_equal(deliver(to, &units[0]), CV_OK);
    assert_int_equal(deliver(to, &units[1]), CV_OK);
    is_refused(to, deliver(to, u), want, alert);
    pair_free(&pair);
}

static void bad_key_exchanges_of_servers(void **state)
{
    (void)state;
    enum { TYPE = 4, CURVE = 5, LENGTH = 7, SHARE = 8, SCHEME = 8 + 32, SIGNATURE = SCHEME + 4 };
    altered_key_exchange(TYPE, 1, 1, CV_E_BAD_GROUP, CV_ALERT_ILLEGAL_PARAMETER);       /* explicit_prime */
    altered_key_exchange(TYPE, 2, 1, CV_E_BAD_GROUP, CV_ALERT_ILLEGAL_PARAMETER);       /* explicit_char2 */
    altered_key_exchange(CURVE, 0x0013, 2, CV_E_BAD_GROUP, CV_ALERT_ILLEGAL_PARAMETER); /* secp192r1 */
    altered_key_exchange(CURVE, 0x0100, 2, CV_E_BAD_GROUP, CV_ALERT_ILLEGAL_PARAMETER); /* ffdhe2048 */
    altered_key_exchange(CURVE, 0x11ec, 2, CV_E_BAD_GROUP, CV_ALERT_ILLEGAL_PARAMETER); /* a hybrid */
    altered_key_exchange(SHARE, 0x5a, 1, CV_E_BAD_SIGNATURE, CV_ALERT_DECRYPT_ERROR);
    altered_key_exchange(SIGNATURE + 10, 0x5a, 1, CV_E_BAD_SIGNATURE, CV_ALERT_DECRYPT_ERROR);
    altered_key_exchange(SCHEME, 0x0203, 2, CV_E_BAD_SCHEME, CV_ALERT_ILLEGAL_PARAMETER); /* with SHA-1 */
    altered_key_exchange(SCHEME, 0x0101, 2, CV_E_BAD_SCHEME, CV_ALERT_ILLEGAL_PARAMETER); /* RSA with MD5 */
    altered_key_exchange(SCHEME, 0x0804, 2, CV_E_BAD_SCHEME, CV_ALERT_ILLEGAL_PARAMETER); /* another key's */
}

/* --- 34: what a session is worth without the extended master secret --- */

static void attack_34_sessions_and_the_extended_master_secret(void **state)
{
    (void)state;
    struct cv_step step;
    struct cv_conn_info info;
    uint8_t hello[2048];
    init12(&pair, "p256");
    assert_int_equal(pair_connect(&pair), CV_OK);
    pair_close(&pair);
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    struct cv_bytes out = cv_conn_output(pair.client.conn);
    assert_in_range(out.len, 1, sizeof hello);
    memcpy(hello, out.p, out.len);
    for (size_t i = 0; i + 4 < out.len; i++)
        if (memcmp(hello + i, "\x00\x17\x00\x00", 4) == 0) hello[i] = 0x7a;
    /* the ticket is good, but is not taken */
    assert_int_equal(cv_conn_step(pair.server.conn, cv_bytes(hello, out.len), &step), CV_OK);
    cv_conn_info(pair.server.conn, &info);
    assert_false(info.resumed);
    assert_false(info.extended_master_secret);
    pair_free(&pair);
    /* a client that sees its session taken up without: RFC 7627 5.3 */
    struct side *to = reach(0, false, true);
    struct unit *u = &units[0];
    size_t n = 0;
    for (size_t i = 0; i + 4 <= u->len; i++) {
        if (memcmp(u->bytes + i, "\x00\x17\x00\x00", 4) != 0) continue;
        memmove(u->bytes + i, u->bytes + i + 4, u->len - i - 4);
        u->len -= 4;
        u->bytes[3] = (uint8_t)(u->len - 4);
        n++;
    }
    assert_int_equal(n, 1);
    size_t block = 4 + 2 + 32 + 1 + (size_t)u->bytes[38] + 2 + 1;
    u->bytes[block + 1] = (uint8_t)(u->bytes[block + 1] - 4);
    is_refused(to, deliver(to, u), CV_E_EXTENDED_MASTER_SECRET, CV_ALERT_HANDSHAKE_FAILURE);
    pair_free(&pair);
}

/* What is not protected any more once it was: nothing is believed. */
static void clear_records_behind_the_handshake(void **state)
{
    (void)state;
    static const struct unit clear[] = {{CV_CONTENT_HANDSHAKE, {0, 0, 0, 0}, 4},
                                        {CV_CONTENT_ALERT, {1, 0}, 2},
                                        {CV_CONTENT_CCS, {1}, 1},
                                        {CV_CONTENT_DATA, {'x'}, 1}};
    for (size_t i = 0; i < 4; i++) {
        struct cv_opened opened;
        uint8_t rec[16];
        size_t missing;
        init12(&pair, "p256");
        assert_int_equal(pair_connect(&pair), CV_OK);
        cv_record_header(rec, clear[i].type, CV_TLS12, clear[i].len);
        memcpy(rec + 5, clear[i].bytes, clear[i].len);
        assert_int_equal(cv_conn_open(pair.client.conn, rec, 5 + clear[i].len, &opened, &missing),
                         CV_E_BAD_RECORD_MAC);
        pair_free(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_01_04_every_wrong_order),
        cmocka_unit_test(attack_04_malformed_change_cipher_spec),
        cmocka_unit_test(bad_points_of_clients),
        cmocka_unit_test(bad_numbers_of_clients),
        cmocka_unit_test(bad_key_exchanges_of_servers),
        cmocka_unit_test(attack_34_sessions_and_the_extended_master_secret),
        cmocka_unit_test(clear_records_behind_the_handshake),
    };
    return cmocka_run_group_tests_name("attacks on TLS 1.2", tests, NULL, NULL);
}
