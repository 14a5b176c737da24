/* Inside ChaCha20-Poly1305 (RFC 8439 section 2.8): what the driver asks of an implementation. */
#ifndef CV_CHACHAPOLY_H
#define CV_CHACHAPOLY_H

#include "crypto/aead.h"
#include "crypto/poly1305.h"

/* Keystream blocks that an implementation may make at once. */
#if defined(__x86_64__)
#define CV_CHACHAPOLY_BATCH_MAX 16
#elif defined(CV_AARCH64)
#define CV_CHACHAPOLY_BATCH_MAX 4
#else
#define CV_CHACHAPOLY_BATCH_MAX 1
#endif

struct cv_chachapoly_impl {
    /* Blocks that cost hardly more than one, at most CV_CHACHAPOLY_BATCH_MAX. */
    size_t batch;
    /* As cv_chacha20_xor, for whole blocks. */
    void (*crypt)(uint8_t *dst, const uint8_t *src, size_t n_blocks, const uint8_t key[32],
                  const uint8_t nonce[12], uint32_t counter);
    /* As cv_poly1305_blocks. */
    void (*hash)(struct cv_poly1305 *p, const uint8_t *m, size_t n_blocks);
};

/* The functions of struct cv_aead, by its chachapoly. The key state is the key. */
void cv_chachapoly_init(const struct cv_aead *a, void *state, const uint8_t *key);
void cv_chachapoly_seal(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                        uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag);
cv_err cv_chachapoly_open(const struct cv_aead *a, const void *state, const uint8_t *nonce,
                          struct cv_bytes aad, uint8_t *dst, const uint8_t *src, size_t len,
                          const uint8_t *tag);
extern const struct cv_aead_pieces cv_chachapoly_pieces;

/* RFC 9846 section 5.5: the sequence number ends first. */
#define CV_CHACHAPOLY_RECORD_LIMIT UINT64_MAX

#endif
