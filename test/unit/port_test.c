#include "test/unit/port_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static bool allocation_fails(struct test_port *t)
{
    t->n_allocs++;
    if (t->fail_at == 0) return false;
    return t->fail_from ? t->n_allocs >= t->fail_at : t->n_allocs == t->fail_at;
}

static void *host_alloc(void *ctx, size_t len)
{
    struct test_port *t = ctx;
    assert_true(len > 0);
    if (allocation_fails(t)) return NULL;
    void *p; /* malloc's are at multiples of 8 where pointers have 32 bits */
    assert_int_equal(posix_memalign(&p, 16, len), 0);
    memset(p, 0, len);
    t->n_live++;
    t->live_bytes += len;
    if (t->live_bytes > t->peak_bytes) t->peak_bytes = t->live_bytes;
    return p;
}

static void host_free(void *ctx, void *p, size_t len)
{
    struct test_port *t = ctx;
    if (p == NULL) return;
    assert_true(t->n_live > 0);
    assert_true(t->live_bytes >= len);
    t->n_live--;
    t->live_bytes -= len;
    free(p);
}

static int64_t host_now(void *ctx)
{
    return ((struct test_port *)ctx)->now;
}

static uint64_t host_now_ms(void *ctx)
{
    return ((struct test_port *)ctx)->now_ms;
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014) over a counter: not for keys that matter. */
static uint8_t tape_byte(uint64_t seed, uint64_t at)
{
    uint64_t z = seed * 0x9e3779b97f4a7c15u + (at / 8 + 1) * 0xd1342543de82ef95u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (uint8_t)(z >> (8 * (at % 8)));
}

static cv_err host_fill(void *ctx, uint8_t *out, size_t len)
{
    struct test_port *t = ctx;
    if (t->rng_fails || (t->rng_fails_after != 0 && t->n_random + len > t->rng_fails_after)) {
        memset(out, 0, len);
        return CV_E_RNG;
    }
    for (size_t i = 0; i < len; i++) out[i] = tape_byte(t->seed, t->n_random++);
    return CV_OK;
}

struct host_lock {
    bool held;
};

static void *host_lock_new(void *ctx)
{
    struct test_port *t = ctx;
    void *lock = host_alloc(ctx, sizeof(struct host_lock));
    if (lock != NULL) t->n_locks++;
    return lock;
}

static void host_lock_free(void *ctx, void *lock)
{
    struct test_port *t = ctx;
    if (lock == NULL) return;
    assert_false(((struct host_lock *)lock)->held);
    t->n_locks--;
    host_free(ctx, lock, sizeof(struct host_lock));
}

static void host_lock_lock(void *ctx, void *lock)
{
    struct host_lock *l = lock;
    assert_false(l->held);
    l->held = true;
    ((struct test_port *)ctx)->n_held++;
}

static void host_lock_unlock(void *ctx, void *lock)
{
    struct host_lock *l = lock;
    assert_true(l->held);
    l->held = false;
    ((struct test_port *)ctx)->n_held--;
}

static void host_caller(void *ctx, struct cv_caller *out)
{
    *out = ((struct test_port *)ctx)->caller;
}

void test_port_init(struct test_port *t, uint64_t seed)
{
    *t = (struct test_port){
        .port =
            {
                .ctx = t,
                .alloc = host_alloc,
                .free = host_free,
                .now = host_now,
                .now_ms = host_now_ms,
                .rng = {host_fill, t},
                .lock_new = host_lock_new,
                .lock_free = host_lock_free,
                .lock = host_lock_lock,
                .unlock = host_lock_unlock,
                .caller = host_caller,
            },
        .now = 1767225600,
        .now_ms = 1000000,
        .seed = seed,
    };
    memset(t->caller.process, 0x70, sizeof t->caller.process);
    memset(t->caller.logon, 0x6c, sizeof t->caller.logon);
}

void test_port_check(const struct test_port *t)
{
    assert_int_equal(t->n_held, 0);
    assert_int_equal(t->n_locks, 0);
    assert_int_equal(t->n_live, 0);
    assert_int_equal(t->live_bytes, 0);
}

void test_port_fail_at(struct test_port *t, size_t n)
{
    t->fail_at = n == 0 ? 0 : t->n_allocs + n;
    t->fail_from = false;
}

void test_port_advance(struct test_port *t, int64_t seconds)
{
    t->now += seconds;
    t->now_ms += (uint64_t)(seconds * 1000);
}
