/* Memory from one block of the caller's: for boards without a heap.
 *
 * First fit, address-ordered, neighbours merged. Blocks carry no header, since whoever frees knows the
 * length; so nothing is lost but what rounding to 16 bytes takes. Not locked. */
#ifndef CV_ARENA_H
#define CV_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct cv_arena_hole;

struct cv_arena {
    uint8_t *base; /* aligned to 16 */
    struct cv_arena_hole *holes;
    size_t in_use; /* bytes */
    size_t extent; /* the most bytes from base that were ever in use: what would have been enough */
};

/* memory: len bytes, any alignment; the arena's until it is forgotten. */
void cv_arena_init(struct cv_arena *a, void *memory, size_t len);

/* len > 0 bytes, zeroed, aligned to 16; NULL if no hole has room. */
void *cv_arena_alloc(struct cv_arena *a, size_t len);

/* p may be NULL; len is what cv_arena_alloc was given. */
void cv_arena_free(struct cv_arena *a, void *p, size_t len);

#endif
