/* The port of a board without an operating system: memory from one block, everything else by three
 * callbacks. One thread. */
#ifndef CV_SSPI_PORT_BARE_H
#define CV_SSPI_PORT_BARE_H

#include "sspi/port/arena.h"
#include "tls/port.h"

/* What the board gives. Each callback gets ctx. */
struct cv_board {
    void *ctx;
    int64_t (*now)(void *ctx);     /* seconds since 1970-01-01 UTC: certificates are judged by it */
    uint64_t (*now_ms)(void *ctx); /* milliseconds of a clock that is never set back */

    /* len bytes with full entropy, from hardware made for it; else CV_E_RNG, and no connection comes about.
     * It is asked for 32 bytes at the start and then after each MiB that was drawn. */
    cv_err (*entropy)(void *ctx, uint8_t *out, size_t len);
    const struct cv_hash *hash; /* that makes random bytes of it: SHA-256, which the profile has anyway */
};

struct cv_bare {
    struct cv_port port; /* for struct cv_config, or CulvertSetPort */
    struct cv_board board;
    struct cv_arena arena;
    struct cv_drbg drbg;
};

/* memory: what all connections live in; see docs/firmware.md for how much a profile needs. bare and memory
 * stay where they are for as long as the port is used. */
void cv_bare_init(struct cv_bare *bare, const struct cv_board *board, void *memory, size_t memory_len);

#endif
