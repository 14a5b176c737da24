/* The transcript hash (RFC 9846 section 4.1). */
#ifndef CV_TLS_TRANSCRIPT_H
#define CV_TLS_TRANSCRIPT_H

#include "crypto/hash.h"

struct cv_transcript {
    struct cv_hash_ctx ctx;
};

void cv_transcript_init(struct cv_transcript *t, const struct cv_hash *hash);
/* A whole handshake message, header included. */
void cv_transcript_add(struct cv_transcript *t, struct cv_bytes msg);
/* The hash so far, digest_len bytes; the transcript goes on. */
void cv_transcript_hash(const struct cv_transcript *t, uint8_t *digest);
/* Replaces the first ClientHello by its hash, as HelloRetryRequest demands. */
void cv_transcript_retry(struct cv_transcript *t);

/* For transcripts that are kept for long: the state of their hash alone, cv_transcript_state_len bytes. */
size_t cv_transcript_state_len(const struct cv_hash *hash);
void cv_transcript_save(const struct cv_transcript *t, void *state);
void cv_transcript_restore(struct cv_transcript *t, const struct cv_hash *hash, const void *state);

#endif
