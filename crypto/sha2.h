/* What the implementations of SHA-1 and SHA-2 share: constants, and the streaming around a block function.
 * FIPS 180-4. */
#ifndef CV_SHA2_H
#define CV_SHA2_H

#include "crypto/hash.h"

extern const uint32_t cv_sha1_iv[8]; /* five words; the others are not used */
extern const uint32_t cv_sha224_iv[8];
extern const uint32_t cv_sha256_iv[8];
extern const uint64_t cv_sha384_iv[8];
extern const uint64_t cv_sha512_iv[8];

/* Round constants. Aligned, so that vector code may load them directly. */
extern const uint32_t cv_sha256_k[64];
extern const uint64_t cv_sha512_k[80];

/* Absorbs n_blocks whole blocks into h: eight words of 32 bits for SHA-1 to SHA-256, of 64 bits above. */
typedef void cv_sha2_blocks_fn(void *h, const uint8_t *p, size_t n_blocks);

/* The portable one of SHA-384 and SHA-512. */
cv_sha2_blocks_fn cv_sha512_blocks;

/* A hash function over a block function. finish cuts the result to digest_len bytes and wipes s. */
void cv_sha256_start(union cv_hash_state *s, const uint32_t iv[8]);
void cv_sha256_absorb(union cv_hash_state *s, cv_sha2_blocks_fn *blocks, const uint8_t *p, size_t len);
void cv_sha256_finish(union cv_hash_state *s, cv_sha2_blocks_fn *blocks, uint8_t *digest, size_t digest_len);

void cv_sha512_start(union cv_hash_state *s, const uint64_t iv[8]);
void cv_sha512_absorb(union cv_hash_state *s, cv_sha2_blocks_fn *blocks, const uint8_t *p, size_t len);
void cv_sha512_finish(union cv_hash_state *s, cv_sha2_blocks_fn *blocks, uint8_t *digest, size_t digest_len);

#endif
