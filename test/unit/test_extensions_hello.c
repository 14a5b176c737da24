/* A ClientHello with GREASE (RFC 8701) and padding (RFC 7685). */
#include "attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static bool is_grease(uint16_t v)
{
    return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static struct cv_bytes hello(void)
{
    return cv_buf_bytes(&pair.client.conn->hs->client_hello);
}

static void make_hello(void)
{
    struct cv_step step;
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
}

static size_t count_grease(struct cv_bytes list)
{
    uint16_t v;
    size_t n = 0;
    while (cv_read_u16(&list, &v) == CV_OK) n += is_grease(v);
    return n;
}

/* The wire numbers of all extensions of the hello. */
static size_t ext_numbers(uint16_t *out)
{
    struct cv_bytes in = cv_msg_body(hello()), part;
    size_t n = 0;
    assert_int_equal(cv_read_bytes(&in, 2 + 32, &part), CV_OK);
    assert_int_equal(cv_read_vec8(&in, &part), CV_OK);
    assert_int_equal(cv_read_vec16(&in, &part), CV_OK);
    assert_int_equal(cv_read_vec8(&in, &part), CV_OK);
    assert_int_equal(cv_read_vec16(&in, &part), CV_OK);
    for (struct cv_bytes body; part.len > 0; n++) {
        assert_int_equal(cv_read_u16(&part, &out[n]), CV_OK);
        assert_int_equal(cv_read_vec16(&part, &body), CV_OK);
    }
    return n;
}

static void check_grease(bool grease, bool tls13, bool retried)
{
    struct cv_client_hello ch;
    uint16_t exts[64], first_share;
    assert_int_equal(cv_client_hello_parse(&ch, cv_msg_body(hello())), CV_OK);
    assert_int_equal(count_grease(ch.suites), grease);
    assert_int_equal(count_grease(ch.groups), grease);
    assert_int_equal(count_grease(ch.versions), grease && tls13);
    size_t n = ext_numbers(exts);
    assert_int_equal(is_grease(exts[0]), grease);
    size_t last = exts[n - 1] == 41 ? n - 2 : n - 1;
    assert_int_equal(is_grease(exts[last]), grease);
    assert_true(exts[0] != exts[last]);
    if (!tls13) return;
    assert_int_equal(cv_read_u16(&ch.key_shares, &first_share), CV_OK);
    assert_int_equal(is_grease(first_share), grease && !retried);
}

static void grease_is_where_it_belongs(void **state)
{
    (void)state;
    pair_init(&pair, "p256");
    for (unsigned i = 0; i < 200; i++) { /* numbers that would be the same come up */
        bool grease = i % 4 != 0, tls12_only = i % 5 == 0;
        pair.client.config.grease = grease;
        pair.client.config.min_version = tls12_only ? CV_TLS12 : CV_TLS13;
        pair.client.config.max_version = tls12_only ? CV_TLS12 : CV_TLS13;
        make_hello();
        check_grease(grease, !tls12_only, false);
        pair_close(&pair);
    }
    pair_free(&pair);
}

static void grease_is_tolerated(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct cv_conn_info info;
        pair_init(&pair, "p256");
        pair.client.config.grease = true;
        pair.client.config.min_version = i & 1 ? CV_TLS12 : CV_TLS13;
        pair.server.config.min_version = CV_TLS12;
        pair.server.config.max_version = i & 1 ? CV_TLS12 : CV_TLS13;
        if (i & 2) pair.server.config.groups += 2, pair.server.config.n_groups = 1;
        if (i & 4) pair.client.config.hello_padding = 600;
        for (int resumed = 0; resumed < 2; resumed++) {
            assert_int_equal(pair_connect(&pair), CV_OK);
            cv_conn_info(pair.client.conn, &info);
            assert_int_equal(info.resumed, resumed);
            assert_int_equal(info.retried, i == 2 || i == 6);
            pair_close(&pair);
        }
        pair_free(&pair);
    }
}

/* The second hello has the same numbers, but no share for them. */
static void grease_in_the_second_hello(void **state)
{
    (void)state;
    struct cv_client_hello first, second;
    static uint8_t kept[4096];
    struct cv_step step;
    pair_init(&pair, "p256");
    pair.client.config.grease = true;
    pair.server.config.groups += 2;
    pair.server.config.n_groups = 1;
    make_hello();
    struct cv_bytes msg = cv_msg_body(hello());
    memcpy(kept, msg.p, msg.len);
    assert_int_equal(cv_client_hello_parse(&first, cv_bytes(kept, msg.len)), CV_OK);
    assert_int_equal(pair_move(&pair.client, &pair.server), CV_OK);
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_WANT_INPUT);
    check_grease(true, true, true);
    assert_int_equal(cv_client_hello_parse(&second, cv_msg_body(hello())), CV_OK);
    assert_true(cv_bytes_equal(first.suites, second.suites));
    assert_true(cv_bytes_equal(first.groups, second.groups));
    assert_true(cv_bytes_equal(first.versions, second.versions));
    pair_free(&pair);
}

/* RFC 8701 4: what was made up must not be chosen. */
static void grease_that_a_server_chooses(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct cv_bytes list;
        uint16_t v, number[2];
        uint8_t body[2];
        attack_prepare(CV_CLIENT);
        pair.client.config.grease = true;
        (void)attack_begin();
        list = i == 0 ? peer.ch.suites : i == 1 ? peer.ch.versions : peer.ch.groups;
        do {
            assert_int_equal(cv_read_u16(&list, &v), CV_OK);
        } while (!is_grease(v));
        body[0] = (uint8_t)(v >> 8);
        body[1] = (uint8_t)v;
        memcpy(peer.session_id, peer.ch.session_id.p, peer.session_id_len = (uint8_t)peer.ch.session_id.len);
        if (i == 0) peer.chosen_suite = v;
        if (i == 1) peer_ext_set(&peer, 43, body, 2);
        if (i == 2) { /* HelloRetryRequest for the group */
            memcpy(peer.random, cv_hello_retry_random, 32);
            peer_ext_set(&peer, 51, body, 2);
        }
        if (i == 3) { /* an extension, answered */
            uint16_t exts[64];
            number[0] = (ext_numbers(exts), exts[0]);
            peer_server_hello(&peer);
            peer_ext_add(&peer, number[0], NULL, 0);
            peer_make_encrypted_extensions(&peer);
        } else {
            peer_make_server_hello(&peer);
        }
        peer_send(&peer);
        static const cv_err want[] = {CV_E_BAD_SUITE, CV_E_BAD_VERSION, CV_E_BAD_GROUP,
                                      CV_E_UNSOLICITED_EXTENSION};
        attack_refuses(want[i], i == 3 ? CV_ALERT_UNSUPPORTED_EXTENSION : CV_ALERT_ILLEGAL_PARAMETER);
        attack_end();
    }
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

static void padding_fills_up(void **state)
{
    (void)state;
    pair_init(&pair, "p256");
    pair.client.params.resume = false;
    make_hello();
    size_t bare = hello().len;
    pair_close(&pair);
    for (size_t to = bare - 2; to < bare + 300; to += to < bare + 8 ? 1 : 41) {
        pair.client.config.hello_padding = (uint16_t)to;
        make_hello();
        /* an extension has at least four bytes */
        size_t want = to <= bare ? bare : to < bare + 4 ? bare + 4 : to;
        assert_int_equal(hello().len, want);
        finish();
        pair_close(&pair);
    }
    /* pre_shared_key stays behind it */
    uint16_t exts[64];
    pair.client.params.resume = true;
    pair.client.config.hello_padding = 2000;
    make_hello();
    finish();
    pair_close(&pair);
    make_hello();
    assert_int_equal(hello().len, 2000);
    size_t n = ext_numbers(exts);
    assert_int_equal(exts[n - 2], 21);
    assert_int_equal(exts[n - 1], 41);
    finish();
    assert_true(pair.client.conn->resumed);
    pair_free(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grease_is_where_it_belongs), cmocka_unit_test(grease_is_tolerated),
        cmocka_unit_test(grease_in_the_second_hello), cmocka_unit_test(grease_that_a_server_chooses),
        cmocka_unit_test(padding_fills_up),
    };
    return cmocka_run_group_tests_name("extensions_hello", tests, NULL, NULL);
}
