/* A client and a server of sspi.h, and between them a wire whose records can be tampered with. */
#ifndef CV_TEST_FUZZ_PAIR_H
#define CV_TEST_FUZZ_PAIR_H

#include "test/fuzz/sspi.h"

enum { FUZZ_WIRE_MAX = 64 };

struct fuzz_record {
    uint8_t *p;
    size_t len;
};

struct fuzz_side {
    struct fuzz_app app;
    struct fuzz_record wire[FUZZ_WIRE_MAX]; /* what it sent and nobody got yet */
    size_t n_wire;
    uint64_t seed, n_random; /* its own tape of random bytes */
    uint32_t n_sent, n_read; /* messages of fuzz_pair_send */
    bool exact;              /* what it reads must be what the peer sent, in order */
    struct fuzz_side *peer;
    void (*log)(void *ctx, struct cv_bytes records); /* NULL: none */
    void *log_ctx;
};

struct fuzz_pair {
    struct fuzz_side client, server;
};

/* Between fuzz_library_begin and fuzz_library_end. */
void fuzz_pair_open(struct fuzz_pair *p, const struct fuzz_setup *client, const struct fuzz_setup *server);
/* Fails unless both sides are established in the end. */
void fuzz_pair_connect(struct fuzz_pair *p);
/* Delivers everything until both are silent. */
void fuzz_pair_settle(struct fuzz_pair *p);
void fuzz_pair_close(struct fuzz_pair *p);

/* A message of len bytes that says which it is. */
void fuzz_side_send(struct fuzz_side *s, size_t len);
void fuzz_side_control(struct fuzz_side *s, DWORD type);
/* Calls ISC or ASC with no bytes. */
void fuzz_side_renegotiate(struct fuzz_side *s);
/* Gives bytes to s, as if its peer had sent them. */
void fuzz_side_deliver(struct fuzz_side *s, struct cv_bytes bytes);
/* The i-th record on the wire of s, taken off it; the caller frees. */
struct fuzz_record fuzz_side_take(struct fuzz_side *s, size_t i);
/* Puts a copy in front of the i-th record; dropped where the wire is full. */
void fuzz_side_put(struct fuzz_side *s, size_t i, struct cv_bytes bytes);

#endif
