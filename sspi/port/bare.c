#include "sspi/port/bare.h"

static void *bare_alloc(void *ctx, size_t len)
{
    struct cv_bare *bare = ctx;
    return cv_arena_alloc(&bare->arena, len);
}

static void bare_free(void *ctx, void *p, size_t len)
{
    struct cv_bare *bare = ctx;
    cv_arena_free(&bare->arena, p, len);
}

static int64_t bare_now(void *ctx)
{
    const struct cv_bare *bare = ctx;
    return bare->board.now(bare->board.ctx);
}

static uint64_t bare_now_ms(void *ctx)
{
    const struct cv_bare *bare = ctx;
    return bare->board.now_ms(bare->board.ctx);
}

/* There is one thread: a lock is only something that is not NULL. */
static void *bare_lock_new(void *ctx)
{
    return ctx;
}

static void bare_lock(void *ctx, void *lock)
{
    (void)ctx, (void)lock;
}

/* And one caller. */
static void bare_caller(void *ctx, struct cv_caller *out)
{
    (void)ctx;
    *out = (struct cv_caller){.process = {0}};
}

void cv_bare_init(struct cv_bare *bare, const struct cv_board *board, void *memory, size_t memory_len)
{
    bare->board = *board;
    cv_arena_init(&bare->arena, memory, memory_len);
    cv_drbg_init_hash(&bare->drbg, (struct cv_rng){board->entropy, board->ctx}, board->hash);
    bare->port = (struct cv_port){
        .ctx = bare,
        .alloc = bare_alloc,
        .free = bare_free,
        .now = bare_now,
        .now_ms = bare_now_ms,
        .rng = cv_drbg_rng(&bare->drbg),
        .lock_new = bare_lock_new,
        .lock_free = bare_lock,
        .lock = bare_lock,
        .unlock = bare_lock,
        .caller = bare_caller,
    };
}
