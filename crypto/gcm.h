/* Inside GCM (NIST SP 800-38D): what the driver asks of an implementation, and the portable GHASH.
 *
 * The driver in gcm.c does segments, partial blocks, lengths and tags; an implementation does whole
 * blocks. `state` is the key state of the descriptor, `y` the 16 bytes of the GHASH accumulator as the
 * standard writes them. Counters are below 2^32 for every message that the contract of aead.h allows. */
#ifndef CV_GCM_H
#define CV_GCM_H

#include "crypto/aead.h"

/* Blocks of keystream that are asked for at once: they stand on the stack, so fewer where there is no vector
 * code that would make so many. */
#if defined(__x86_64__)
#define CV_GCM_KEYSTREAM_MAX 16
#else
#define CV_GCM_KEYSTREAM_MAX 4
#endif

struct cv_gcm_impl {
    /* Encrypts the counter blocks nonce || counters[i]; n at most CV_GCM_KEYSTREAM_MAX. n_rounds: AES's, for
     * the length of the key. */
    void (*keystream)(const void *state, unsigned n_rounds, uint8_t *out, const uint8_t *nonce,
                      const uint32_t *counters, size_t n);

    void (*ghash)(const void *state, uint8_t *y, const uint8_t *p, size_t n_blocks);

    /* Encrypts (or decrypts) n_blocks from this counter on, and hashes the ciphertext, in one pass.
     * dst is src or does not overlap it. */
    void (*crypt)(const void *state, unsigned n_rounds, uint8_t *y, const uint8_t *nonce, uint32_t counter,
                  uint8_t *dst, const uint8_t *src, size_t n_blocks, bool opening);
};

/* The functions of struct cv_aead, by its gcm and key_len. */
void cv_gcm_seal(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                 uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag);
cv_err cv_gcm_open(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                   uint8_t *dst, const uint8_t *src, size_t len, const uint8_t *tag);
extern const struct cv_aead_pieces cv_gcm_pieces;

/* y = (y + block) * h for each block; h is E(0). Constant time, without tables. */
void cv_ghash_ct(uint8_t *y, const uint8_t *h, const uint8_t *p, size_t n_blocks);

/* Full-size records under one key: RFC 9846 section 5.5 allows 2^24.5 of them. */
#define CV_GCM_RECORD_LIMIT UINT64_C(23726566)

#endif
