#include "test/unit/port_test.h"
#include "tls/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct cv_session fields(const struct test_port *t, uint32_t tag)
{
    struct cv_session s = {
        .version = CV_TLS13,
        .suite = CV_TLS_AES_128_GCM_SHA256,
        .hash = CV_HASH_SHA256,
        .secret_len = 32,
        .lifetime = 7200,
        .age_add = tag,
        .created = t->now,
        .authenticated = t->now,
        .chain_not_after = INT64_MAX,
        .ticket = cv_bytes((const uint8_t *)"ticket", 6),
        .chain = cv_bytes((const uint8_t *)"\0\0\1x", 4),
        .server_name = cv_bytes((const uint8_t *)"example.com", 11),
        .alpn = cv_bytes((const uint8_t *)"h2", 2),
    };
    memset(s.secret, 0x5a, s.secret_len);
    return s;
}

static struct cv_session *session(struct test_port *t, uint32_t tag)
{
    struct cv_session f = fields(t, tag), *s;
    assert_int_equal(cv_session_new(&s, &t->port, &f), CV_OK);
    return s;
}

static const uint8_t *key(uint32_t n)
{
    static uint8_t k[CV_SESSION_KEY_LEN];
    memset(k, 0, sizeof k);
    memcpy(k, "prefix", 6);
    cv_store_be32(k + 28, n);
    return k;
}

/* Takes under the key and says whose session it was; 0 for none. */
static uint32_t take(struct test_port *t, struct cv_session_cache *c, uint32_t n)
{
    struct cv_session *s = cv_session_cache_take(c, key(n));
    uint32_t tag = s != NULL ? s->age_add : 0;
    cv_session_free(&t->port, s);
    return tag;
}

static struct cv_session_cache *cache(struct test_port *t, size_t max)
{
    struct cv_session_cache *c;
    assert_int_equal(cv_session_cache_new(&c, &t->port, max), CV_OK);
    return c;
}

static void a_session_is_a_copy_of_its_own(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    uint8_t name[] = "example.com";
    struct cv_session f = fields(&t, 7), *s;
    f.server_name.p = name;
    assert_int_equal(cv_session_new(&s, &t.port, &f), CV_OK);
    name[0] = 'X';
    assert_memory_equal(s->server_name.p, "example.com", 11);
    assert_memory_equal(s->ticket.p, "ticket", 6);
    assert_memory_equal(s->chain.p, f.chain.p, 4);
    assert_memory_equal(s->alpn.p, "h2", 2);
    assert_memory_equal(s->secret, f.secret, sizeof f.secret);
    assert_int_equal(s->age_add, 7);
    cv_session_free(&t.port, s);
    cv_session_free(&t.port, NULL);
    test_port_check(&t);
}

static void *kept[8];
static size_t n_kept;
static void keep_instead_of_free(void *ctx, void *p, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) assert_int_equal(((const uint8_t *)p)[i], 0);
    kept[n_kept++] = p;
}

static void freed_sessions_are_wiped(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    struct cv_session *s = session(&t, 1);
    struct cv_port watching = t.port;
    size_t size = s->size;
    watching.free = keep_instead_of_free;
    n_kept = 0;
    cv_session_free(&watching, s);
    assert_int_equal(n_kept, 1);
    t.port.free(t.port.ctx, kept[0], size);
    test_port_check(&t);
}

static void impossible_lengths_are_refused(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_session *s;
    test_port_init(&t, 1);
    struct cv_session f = fields(&t, 1);
    f.secret_len = sizeof f.secret + 1;
    assert_int_equal(cv_session_new(&s, &t.port, &f), CV_E_INVALID_ARGUMENT);
    f = fields(&t, 1);
    f.chain.len = SIZE_MAX;
    assert_int_equal(cv_session_new(&s, &t.port, &f), CV_E_INVALID_ARGUMENT);
    assert_null(s);
    test_port_check(&t);
}

static void the_newest_comes_first_and_once(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    struct cv_session_cache *c = cache(&t, 100);
    for (uint32_t i = 1; i <= 6; i++) cv_session_cache_put(c, key(1), session(&t, i));
    cv_session_cache_put(c, key(2), session(&t, 20));
    /* Four lie under a key: 1 and 2 made room. */
    for (uint32_t i = 6; i >= 3; i--) assert_int_equal(take(&t, c, 1), i);
    assert_int_equal(take(&t, c, 1), 0);
    assert_int_equal(take(&t, c, 2), 20);
    assert_int_equal(take(&t, c, 2), 0);
    assert_int_equal(take(&t, c, 3), 0);
    cv_session_cache_free(c);
    test_port_check(&t);
}

static void the_cache_is_bounded_in_entries(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    struct cv_session_cache *c = cache(&t, 10);
    size_t empty = t.n_live;
    for (uint32_t i = 1; i <= 1000; i++) {
        cv_session_cache_put(c, key(i), session(&t, i));
        assert_true(t.n_live <= empty + 2 * 10);
    }
    for (uint32_t i = 1; i <= 990; i++) assert_int_equal(take(&t, c, i), 0);
    for (uint32_t i = 991; i <= 1000; i++) assert_int_equal(take(&t, c, i), i);
    assert_int_equal(t.n_live, empty);
    cv_session_cache_free(c);
    test_port_check(&t);
}

/* What a server's store does: sessions stay, and those that are used stay longest. */
static void sessions_that_are_used_stay(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    struct cv_session_cache *c = cache(&t, 3);
    struct cv_session_store store;
    struct cv_session f, *s;
    void *op = NULL;
    cv_session_store_in_cache(&store, c);
    for (uint32_t i = 1; i <= 3; i++) {
        f = fields(&t, i);
        store.put(store.ctx, key(i), &f);
    }
    for (int again = 0; again < 2; again++) {
        assert_int_equal(store.get(store.ctx, &op, &s, key(1), false), CV_OK);
        assert_int_equal(s->age_add, 1);
        assert_memory_equal(s->secret, f.secret, sizeof f.secret);
        cv_session_free(&t.port, s);
    }
    f = fields(&t, 4);
    store.put(store.ctx, key(4), &f); /* 2 is the one that was not used for longest */
    assert_int_equal(store.get(store.ctx, &op, &s, key(2), false), CV_E_BAD_PSK);
    assert_null(s);
    for (uint32_t i = 1; i <= 4; i++) {
        if (i == 2) continue;
        assert_int_equal(store.get(store.ctx, &op, &s, key(i), false), CV_OK);
        assert_int_equal(s->age_add, i);
        cv_session_free(&t.port, s);
    }
    store.drop(store.ctx, key(3));
    assert_int_equal(store.get(store.ctx, &op, &s, key(3), false), CV_E_BAD_PSK);
    t.now += 7200;
    assert_int_equal(store.get(store.ctx, &op, &s, key(1), false), CV_E_BAD_PSK);
    assert_int_equal(store.get(store.ctx, &op, &s, key(4), false), CV_E_BAD_PSK);
    cv_session_cache_free(c);
    test_port_check(&t);
}

static void the_cache_is_bounded_in_bytes(void **state)
{
    (void)state;
    static const uint8_t chain[100000];
    struct test_port t;
    test_port_init(&t, 1);
    struct cv_session_cache *c = cache(&t, 16); /* 128 KiB: one of these fits, two do not */
    for (uint32_t i = 1; i <= 5; i++) {
        struct cv_session f = fields(&t, i), *s;
        f.chain = cv_bytes(chain, sizeof chain);
        assert_int_equal(cv_session_new(&s, &t.port, &f), CV_OK);
        cv_session_cache_put(c, key(i), s);
    }
    assert_true(t.live_bytes < 16 * 8192 + 2048);
    assert_int_equal(take(&t, c, 4), 0);
    assert_int_equal(take(&t, c, 5), 5);
    cv_session_cache_put(c, key(1), session(&t, 1));
    cv_session_cache_free(c);

    c = cache(&t, 1); /* too large on its own: not kept, and what is there stays */
    cv_session_cache_put(c, key(1), session(&t, 1));
    struct cv_session f = fields(&t, 2), *s;
    f.chain = cv_bytes(chain, sizeof chain);
    assert_int_equal(cv_session_new(&s, &t.port, &f), CV_OK);
    cv_session_cache_put(c, key(2), s);
    assert_int_equal(take(&t, c, 2), 0);
    assert_int_equal(take(&t, c, 1), 1);
    cv_session_cache_free(c);
    test_port_check(&t);
}

static void a_cache_of_no_entries_keeps_nothing(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    struct cv_session_cache *c = cache(&t, 0);
    cv_session_cache_put(c, key(1), session(&t, 1));
    assert_int_equal(take(&t, c, 1), 0);
    cv_session_cache_free(c);
    cv_session_cache_free(NULL);
    test_port_check(&t);
}

static void expired_sessions_do_not_come_back(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    struct cv_session_cache *c = cache(&t, 10);
    size_t empty = t.n_live;
    cv_session_cache_put(c, key(1), session(&t, 1));
    test_port_advance(&t, 7199);
    cv_session_cache_put(c, key(1), session(&t, 2));
    assert_int_equal(take(&t, c, 1), 2);
    test_port_advance(&t, 1);
    assert_int_equal(take(&t, c, 1), 0);
    assert_int_equal(t.n_live, empty); /* the expired one went with it */
    cv_session_cache_free(c);
    test_port_check(&t);
}

static void expiry(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    struct cv_session s = fields(&t, 1);
    assert_false(cv_session_expired(&s, t.now));
    assert_false(cv_session_expired(&s, t.now + 7199));
    assert_true(cv_session_expired(&s, t.now + 7200));
    assert_false(cv_session_expired(&s, t.now - 60)); /* the clock was set right */
    assert_true(cv_session_expired(&s, t.now - 61));
    s.lifetime = 0xffffffff; /* RFC 9846 4.7.1: seven days, whatever the server says */
    assert_false(cv_session_expired(&s, t.now + 604799));
    assert_true(cv_session_expired(&s, t.now + 604800));
    s.chain_not_after = t.now + 5;
    assert_false(cv_session_expired(&s, t.now + 5));
    assert_true(cv_session_expired(&s, t.now + 6));
    s.lifetime = 0;
    assert_true(cv_session_expired(&s, t.now));
    s = fields(&t, 1);
    s.created = INT64_MIN;
    assert_true(cv_session_expired(&s, INT64_MAX));
    s.created = INT64_MAX;
    assert_true(cv_session_expired(&s, INT64_MIN));
}

static void drop_by_prefix(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    struct cv_session_cache *c = cache(&t, 100);
    size_t empty = t.n_live;
    uint8_t other[CV_SESSION_KEY_LEN] = "other";
    for (uint32_t i = 1; i <= 20; i++) cv_session_cache_put(c, key(i), session(&t, i));
    cv_session_cache_put(c, other, session(&t, 99));
    cv_session_cache_drop(c, (const uint8_t *)"prefix", 6);
    assert_int_equal(t.n_live, empty + 2);
    assert_int_equal(take(&t, c, 3), 0);
    cv_session_cache_put(c, key(1), session(&t, 1));
    cv_session_cache_drop(c, NULL, 0);
    assert_int_equal(t.n_live, empty);
    cv_session_cache_free(c);
    test_port_check(&t);
}

static cv_err use_a_cache(struct test_port *t)
{
    struct cv_session_cache *c;
    struct cv_session f = fields(t, 1), *s;
    cv_err e;
    if ((e = cv_session_cache_new(&c, &t->port, 10)) != CV_OK) return e;
    if ((e = cv_session_new(&s, &t->port, &f)) == CV_OK) {
        cv_session_cache_put(c, key(1), s);
        s = cv_session_cache_take(c, key(1));
        e = s != NULL ? CV_OK : CV_E_NO_MEMORY;
        cv_session_free(&t->port, s);
    }
    cv_session_cache_free(c);
    return e;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    size_t n = 0;
    cv_err e;
    do {
        test_port_fail_at(&t, ++n);
        e = use_a_cache(&t);
        test_port_check(&t);
        assert_true(e == CV_OK || e == CV_E_NO_MEMORY);
    } while (e != CV_OK);
    assert_int_equal(n, 6); /* cache, lock, buckets, session, entry; then none */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_a_copy_of_its_own),
        cmocka_unit_test(freed_sessions_are_wiped),
        cmocka_unit_test(impossible_lengths_are_refused),
        cmocka_unit_test(the_newest_comes_first_and_once),
        cmocka_unit_test(the_cache_is_bounded_in_entries),
        cmocka_unit_test(sessions_that_are_used_stay),
        cmocka_unit_test(the_cache_is_bounded_in_bytes),
        cmocka_unit_test(a_cache_of_no_entries_keeps_nothing),
        cmocka_unit_test(expired_sessions_do_not_come_back),
        cmocka_unit_test(expiry),
        cmocka_unit_test(drop_by_prefix),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
