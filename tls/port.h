/* What the library asks of its host: memory, time, entropy, locks, and who is calling.
 *
 * sspi/port implements it for POSIX, Windows and bare metal; tests inject their own, so that the same
 * tape gives the same bytes and every allocation can be made to fail. */
#ifndef CV_TLS_PORT_H
#define CV_TLS_PORT_H

#include "crypto/rng.h"

/* Who makes a call, for the session cache: a random tag of the process (renewed in a fork child) and the
 * logon session. */
struct cv_caller {
    uint8_t process[16];
    uint8_t logon[32];
};

struct cv_port {
    void *ctx; /* handed to every callback but rng's, which has its own */

    /* len > 0 bytes, zeroed, aligned to 16; NULL when there is no memory. */
    void *(*alloc)(void *ctx, size_t len);
    /* p may be NULL; len is what alloc was given. */
    void (*free)(void *ctx, void *p, size_t len);

    int64_t (*now)(void *ctx);     /* seconds since 1970-01-01 UTC */
    uint64_t (*now_ms)(void *ctx); /* milliseconds of a clock that is never set back */

    struct cv_rng rng; /* may be called from several threads at once */

    void *(*lock_new)(void *ctx); /* NULL when there is no memory */
    void (*lock_free)(void *ctx, void *lock);
    void (*lock)(void *ctx, void *lock);
    void (*unlock)(void *ctx, void *lock);

    void (*caller)(void *ctx, struct cv_caller *out);
};

#endif
