/* Groups: which is taken, and when that costs a round trip; the hybrids' shares. */
#include "attack.h"
#include "tls/client_hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct cv_group *const all[] = {
    &cv_group_x25519mlkem768, &cv_group_p256mlkem768, &cv_group_p384mlkem1024, &cv_group_x25519,
    &cv_group_p256,           &cv_group_p384,         &cv_group_p521,
};
enum { N_ALL = sizeof all / sizeof all[0] };

/* Off by default. */
static const uint16_t more[] = {0x001e, 0x0100, 0x0101, 0x0102};
enum { N_MORE = sizeof more / sizeof more[0] };

static void use_groups(struct side *s, const struct cv_group *const *groups, size_t n)
{
    s->config.groups = groups;
    s->config.n_groups = n;
}

/* The handshake ends with this group on both sides, after a retry or without. */
static void ends_with(const struct cv_group *group, bool retried)
{
    struct cv_conn_info c, s;
    assert_int_equal(pair_connect(&pair), CV_OK);
    cv_conn_info(pair.client.conn, &c);
    cv_conn_info(pair.server.conn, &s);
    assert_ptr_equal(c.group, group);
    assert_ptr_equal(s.group, group);
    assert_int_equal(c.retried, retried);
    assert_int_equal(s.retried, retried);
    pair_send(&pair.client, &pair.server, "from the client");
    pair_send(&pair.server, &pair.client, "from the server");
    pair_close(&pair);
}

static void defaults_are_hybrid(void **state)
{
    (void)state;
    pair_init(&pair, "p256");
    cv_algorithms_select(&pair.client.algorithms, 0);
    use_groups(&pair.client, pair.client.algorithms.groups, pair.client.algorithms.n_groups);
    use_groups(&pair.server, all, N_ALL);
    ends_with(&cv_group_x25519mlkem768, false);
    pair_free(&pair);
}

static void groups_that_are_off(void **state)
{
    (void)state;
    static const uint16_t unknown[] = {0x001d, 0x2345}, twice[] = {0x001d, 0x0100, 0x001d};
    struct cv_algorithms *a = &pair.server.algorithms;
    pair_init(&pair, "p256");
    for (size_t i = 0; i < N_MORE; i++) {
        for (size_t j = 0; j < a->n_groups; j++) assert_int_not_equal(a->groups[j]->id, more[i]);
        for (uint32_t portable = 0; portable < 2; portable++) {
            const struct cv_group *g = cv_group_find(more[i], portable ? 0 : a->cpu);
            assert_int_equal(g->id, more[i]);
            use_groups(&pair.client, &g, 1);
            assert_int_equal(pair_connect(&pair), CV_E_NO_COMMON_GROUP);
            pair_close(&pair);
            use_groups(&pair.server, &g, 1);
            ends_with(g, false);
            use_groups(&pair.server, a->groups, a->n_groups);
        }
    }
    assert_true(cv_algorithms_take_groups(a, more, N_MORE));
    assert_int_equal(a->n_groups, N_MORE);
    assert_false(cv_algorithms_take_groups(a, unknown, 2));
    assert_false(cv_algorithms_take_groups(a, twice, 3));
    assert_false(cv_algorithms_take_groups(a, more, 0));
    assert_int_equal(a->n_groups, N_MORE);
    pair_free(&pair);
}

static void every_group_alone(void **state)
{
    (void)state;
    pair_init(&pair, "p256");
    for (size_t i = 0; i < N_ALL; i++) {
        use_groups(&pair.client, &all[i], 1);
        use_groups(&pair.server, &all[i], 1);
        ends_with(all[i], false);
        ends_with(all[i], false); /* resumed */
    }
    pair_free(&pair);
}

/* The client predicts X25519MLKEM768, and X25519 beside it: anything else costs a round trip. */
static void every_group_of_a_server(void **state)
{
    (void)state;
    pair_init(&pair, "p256");
    use_groups(&pair.client, all, N_ALL);
    for (size_t i = 0; i < N_ALL; i++) {
        use_groups(&pair.server, &all[i], 1);
        ends_with(all[i], all[i] != &cv_group_x25519mlkem768 && all[i] != &cv_group_x25519);
    }
    pair_free(&pair);
}

static void a_hybrid_is_worth_a_round_trip(void **state)
{
    (void)state;
    static const struct cv_group *const classical_first[] = {&cv_group_x25519, &cv_group_p256mlkem768};
    static const struct cv_group *const classical[] = {&cv_group_p256, &cv_group_x25519};
    pair_init(&pair, "p256");
    use_groups(&pair.client, classical_first, 2);
    use_groups(&pair.server, all, N_ALL);
    ends_with(&cv_group_p256mlkem768, true);
    /* but not what the server likes better among its equals */
    use_groups(&pair.client, classical_first, 1);
    use_groups(&pair.server, classical, 2);
    ends_with(&cv_group_x25519, false);
    pair_free(&pair);
}

/* How many shares the hello has, and whether the groups are there for the versions on offer. */
static size_t count_shares(struct cv_bytes *groups)
{
    struct cv_step step;
    struct cv_client_hello ch;
    struct cv_bytes share;
    uint16_t id;
    size_t n = 0;
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    struct cv_bytes msg = cv_buf_bytes(&pair.client.conn->hs->client_hello);
    assert_int_equal(cv_client_hello_parse(&ch, cv_msg_body(msg)), CV_OK);
    *groups = ch.groups;
    for (; cv_read_u16(&ch.key_shares, &id) == CV_OK && cv_read_vec16(&ch.key_shares, &share) == CV_OK; n++)
        assert_int_equal(share.len, cv_group_find(id, 0)->client_share_len);
    return n;
}

static void shares_in_the_hello(void **state)
{
    (void)state;
    static const struct cv_group *const without_part[] = {&cv_group_x25519mlkem768, &cv_group_p256};
    struct cv_bytes groups;
    pair_init(&pair, "p256");
    use_groups(&pair.client, all, N_ALL);
    assert_int_equal(count_shares(&groups), 2);
    assert_int_equal(groups.len, 2 * N_ALL);
    pair_close(&pair);
    use_groups(&pair.client, without_part, 2);
    assert_int_equal(count_shares(&groups), 1);
    pair_close(&pair);
    /* TLS 1.2 knows no hybrids and no shares */
    use_groups(&pair.client, all, N_ALL);
    pair.client.config.min_version = pair.client.config.max_version = CV_TLS12;
    assert_int_equal(count_shares(&groups), 0);
    assert_int_equal(groups.len, 2 * (N_ALL - 3));
    pair_close(&pair);
    use_groups(&pair.client, all, 3);
    assert_int_equal(pair_new(&pair), CV_E_NO_COMMON_GROUP);
    pair_free(&pair);
}

static void retries_that_ask_for_what_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        attack_prepare(CV_CLIENT);
        use_groups(&pair.client, all, N_ALL);
        (void)attack_begin();
        peer_retry(&peer, i == 0 ? &cv_group_x25519mlkem768 : &cv_group_x25519, cv_bytes(NULL, 0));
        attack_refuses(CV_E_BAD_GROUP, CV_ALERT_ILLEGAL_PARAMETER);
        attack_end();
    }
}

/* A share of the wrong length, of the other group's length, and one whose ML-KEM key or X25519 point is none.
 */
static void client_shares_that_are_refused(void **state)
{
    (void)state;
    uint8_t share[CV_KEX_SHARE_MAX] = {0}, hello[CV_KEX_SHARE_MAX + 6];
    static const size_t lens[] = {1, 32, 1184, 1215, 1216, 1217, 1249};
    for (size_t i = 0; i < 2 * sizeof lens / sizeof lens[0]; i++) {
        size_t len = lens[i / 2];
        struct cv_builder b;
        memset(share, i % 2 ? 0xff : 0, sizeof share); /* coefficients not below q; a point of small order */
        attack_prepare(CV_SERVER);
        use_groups(&pair.server, all, N_ALL);
        (void)attack_begin();
        cv_build_init(&b, hello, sizeof hello);
        cv_build_u16(&b, (uint16_t)(len + 4));
        cv_build_u16(&b, cv_group_x25519mlkem768.id);
        cv_build_u16(&b, (uint16_t)len);
        cv_build_bytes(&b, share, len);
        assert_int_equal(cv_build_end(&b), CV_OK);
        peer_ext_set(&peer, 10, "\0\2\x11\xec", 4);
        peer_ext_set(&peer, 51, hello, b.len);
        peer_make_client_hello(&peer);
        peer_send(&peer);
        attack_refuses(CV_E_BAD_KEY_SHARE, CV_ALERT_ILLEGAL_PARAMETER);
        attack_end();
    }
}

/* Answers of the wrong length, and one to a group that was not asked. */
static void server_shares_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint16_t group;
        size_t len;
        cv_err want;
    } cases[] = {
        {0x11ec, 1119, CV_E_BAD_KEY_SHARE}, {0x11ec, 1121, CV_E_BAD_KEY_SHARE},
        {0x11ec, 1216, CV_E_BAD_KEY_SHARE}, {0x11ec, 32, CV_E_BAD_KEY_SHARE},
        {0x11ec, 1120, CV_E_BAD_KEY_SHARE}, /* zeros: of small order */
        {0x001d, 1120, CV_E_BAD_KEY_SHARE}, {0x001d, 32, CV_E_BAD_KEY_SHARE},
        {0x11eb, 1153, CV_E_BAD_GROUP},     {0x0017, 65, CV_E_BAD_GROUP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t ext[CV_KEX_SHARE_MAX + 4] = {0};
        struct cv_builder b;
        cv_build_init(&b, ext, sizeof ext);
        cv_build_u16(&b, cases[i].group);
        cv_build_u16(&b, (uint16_t)cases[i].len);
        attack_prepare(CV_CLIENT);
        use_groups(&pair.client, all, N_ALL);
        (void)attack_begin();
        peer_ext_set(&peer, 51, ext, cases[i].len + 4);
        memcpy(peer.session_id, peer.ch.session_id.p, peer.session_id_len = (uint8_t)peer.ch.session_id.len);
        peer_make_server_hello(&peer);
        peer_send(&peer);
        attack_refuses(cases[i].want, CV_ALERT_ILLEGAL_PARAMETER);
        attack_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_hybrid),
        cmocka_unit_test(groups_that_are_off),
        cmocka_unit_test(every_group_alone),
        cmocka_unit_test(every_group_of_a_server),
        cmocka_unit_test(a_hybrid_is_worth_a_round_trip),
        cmocka_unit_test(shares_in_the_hello),
        cmocka_unit_test(retries_that_ask_for_what_is_there),
        cmocka_unit_test(client_shares_that_are_refused),
        cmocka_unit_test(server_shares_that_are_refused),
    };
    return cmocka_run_group_tests_name("extensions_groups", tests, NULL, NULL);
}
