/* Handles: numbers for objects, checked on every call, never pointers.
 *
 * A handle names a slot and the generation in which it was made. A call pins the slot while it works, so
 * that an object goes away only when nobody uses it: the last unpin of a closed handle destroys it. No lock
 * is taken; slots lie a cache line each in chunks that are neither moved nor freed while the table lives. */
#ifndef CV_SSPI_HANDLE_H
#define CV_SSPI_HANDLE_H

#include "sspi/win.h"
#include "tls/port.h"

#include <stdatomic.h>

enum cv_handle_kind { CV_HANDLE_CREDENTIAL = 1, CV_HANDLE_CONTEXT = 2 };

enum {
    CV_HANDLE_STRIPES = 16,
    CV_HANDLE_CHUNKS = 22, /* chunk k has CV_HANDLE_CHUNK_MIN << k slots: 268 million in all */
    CV_HANDLE_CHUNK_MIN = 64,
};

struct cv_slot {
    _Atomic uint64_t word; /* generation in the upper half; dying bit, kind and pins in the lower */
    void *object;
    _Atomic uint32_t next; /* in its free list: index + 1 of the next slot, 0 at the end */
    uint8_t pad[44];
};
_Static_assert(sizeof(struct cv_slot) == 64 || sizeof(void *) != 8, "a slot fills a cache line");

struct cv_free_list {
    _Atomic uint64_t head; /* a tag that changes with every pop in the upper half; index + 1 in the lower */
    uint8_t pad[56];
};

struct cv_handles {
    const struct cv_port *port;
    /* Called once for each closed handle when nobody uses the object any more. */
    void (*destroy)(void *ctx, enum cv_handle_kind kind, void *object);
    void *ctx;
    uint32_t cookie;
    _Atomic(struct cv_slot *) chunks[CV_HANDLE_CHUNKS];
    void *chunk_memory[CV_HANDLE_CHUNKS]; /* the allocation behind each chunk */
    _Atomic uint32_t n_slots;             /* taken from the chunks so far */
    _Atomic uint32_t n_live;
    struct cv_free_list free_lists[CV_HANDLE_STRIPES];
};

/* cookie: a random number; it makes the handles of one library strange to another. */
void cv_handles_init(struct cv_handles *t, const struct cv_port *port,
                     void (*destroy)(void *ctx, enum cv_handle_kind kind, void *object), void *ctx,
                     uint32_t cookie);
/* Frees the chunks. No handle may be in use. */
void cv_handles_free(struct cv_handles *t);

/* Makes a handle for an object. CV_E_NO_MEMORY: *out is untouched. */
cv_err cv_handle_new(struct cv_handles *t, enum cv_handle_kind kind, void *object, SecHandle *out);

/* The object behind a handle, which stays alive until the matching cv_handle_unpin. NULL for whatever is not
 * a handle of this kind that is in use: h NULL, zeroed, closed, of another kind, made up. */
void *cv_handle_pin(struct cv_handles *t, enum cv_handle_kind kind, const SecHandle *h);
void cv_handle_unpin(struct cv_handles *t, const SecHandle *h);

/* Closes a handle; the object goes when the last pin does. False if it is none. */
bool cv_handle_close(struct cv_handles *t, enum cv_handle_kind kind, const SecHandle *h);

#endif
