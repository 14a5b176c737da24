/* The port of a board: its memory under random load against a model, and a handshake in it. */
#include "sspi/port/bare.h"
#include "test/unit/tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MEMORY_LEN = 4096, N_BLOCKS = 24 };

struct block {
    uint8_t *p;
    size_t len;
    uint8_t mark;
};

static size_t rounded(size_t len)
{
    return (len + 15) & ~(size_t)15;
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static void fill_block(struct block *b, uint8_t mark)
{
    for (size_t i = 0; i < b->len; i++) assert_int_equal(b->p[i], 0);
    memset(b->p, mark, b->len);
    b->mark = mark;
}

static void release_block(struct cv_arena *a, struct block *b)
{
    for (size_t i = 0; i < b->len; i++) assert_int_equal(b->p[i], b->mark);
    cv_arena_free(a, b->p, b->len);
    b->p = NULL;
}

/* No block overlaps another, all are zeroed and aligned, and when all are free the memory is one piece again.
 */
static void blocks_keep_apart(void **state)
{
    static uint8_t memory[MEMORY_LEN + 16];
    struct block blocks[N_BLOCKS] = {{0}};
    struct cv_arena a;
    uint32_t seed = 1;
    size_t in_use = 0, refused = 0;
    (void)state;
    memset(memory, 0xee, sizeof memory);
    cv_arena_init(&a, memory + 3, MEMORY_LEN + 13);
    for (unsigned i = 0; i < 20000; i++) {
        struct block *b = &blocks[next_random(&seed) % N_BLOCKS];
        if (b->p != NULL) {
            in_use -= rounded(b->len);
            release_block(&a, b);
        } else {
            b->len = 1 + next_random(&seed) % 500;
            if ((b->p = cv_arena_alloc(&a, b->len)) == NULL) {
                refused++;
                continue;
            }
            assert_int_equal((uintptr_t)b->p % 16, 0);
            assert_true(b->p >= memory + 3 && b->p + rounded(b->len) <= memory + sizeof memory);
            in_use += rounded(b->len);
            fill_block(b, (uint8_t)i);
        }
        assert_int_equal(a.in_use, in_use);
        assert_true(a.extent >= in_use);
    }
    assert_true(refused > 100);
    for (unsigned i = 0; i < N_BLOCKS; i++)
        if (blocks[i].p != NULL) release_block(&a, &blocks[i]);
    assert_int_equal(a.in_use, 0);
    assert_non_null(cv_arena_alloc(&a, MEMORY_LEN));
    assert_null(cv_arena_alloc(&a, 1));
    assert_int_equal(a.extent, MEMORY_LEN);
}

static void absurd_lengths_are_refused(void **state)
{
    uint8_t memory[64];
    struct cv_arena a;
    (void)state;
    cv_arena_init(&a, memory, sizeof memory);
    assert_null(cv_arena_alloc(&a, SIZE_MAX));
    assert_null(cv_arena_alloc(&a, SIZE_MAX - 15));
    assert_null(cv_arena_alloc(&a, sizeof memory + 1));
    cv_arena_init(&a, memory + 1, 3); /* no room for anything */
    assert_null(cv_arena_alloc(&a, 1));
    cv_arena_free(&a, NULL, 7);
}

static int64_t board_now(void *ctx)
{
    (void)ctx;
    return 1790000000;
}

static uint64_t board_now_ms(void *ctx)
{
    return ++*(uint64_t *)ctx;
}

static cv_err board_entropy(void *ctx, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) out[i] = (uint8_t)++ * (uint64_t *)ctx;
    return CV_OK;
}

/* A client with this much memory, from its first message to its end. */
static cv_err connect_in(size_t memory_len, size_t *extent)
{
    static _Alignas(16) uint8_t memory[1 << 16];
    uint64_t ticks = 0;
    struct cv_board board = {&ticks, board_now, board_now_ms, board_entropy, &cv_sha256};
    struct cv_bare bare;
    struct pair p;
    cv_bare_init(&bare, &board, memory, memory_len);
    pair_init(&p, "p256");
    p.client.config.port = &bare.port;
    p.client.params.resume = false;
    cv_err e = pair_connect(&p);
    if (e == CV_OK) pair_send(&p.client, &p.server, "from a board");
    pair_close(&p);
    *extent = bare.arena.extent;
    assert_int_equal(bare.arena.in_use, 0);
    cv_drbg_wipe(&bare.drbg);
    pair_free(&p);
    return e;
}

/* What was used of much memory is enough, and with any less the handshake fails and leaves nothing behind. */
static void a_client_lives_in_the_block(void **state)
{
    size_t needed, extent;
    (void)state;
    assert_int_equal(connect_in(1 << 16, &needed), CV_OK);
    assert_int_equal(connect_in(needed, &extent), CV_OK);
    assert_int_equal(extent, needed);
    for (size_t len = 0; len < needed; len += needed / 64)
        assert_int_equal(connect_in(len, &extent), CV_E_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_apart),
        cmocka_unit_test(absurd_lengths_are_refused),
        cmocka_unit_test(a_client_lives_in_the_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
