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

/* The portable block function of SHA-384 and SHA-512. */
void cv_sha512_blocks(void *h, const uint8_t *p, size_t n_blocks);

/* The functions of struct cv_hash, by its iv, blocks and digest_len: 32-bit words, and 64-bit words. */
void cv_sha256_init(const struct cv_hash *alg, union cv_hash_state *s);
void cv_sha256_update(const struct cv_hash *alg, union cv_hash_state *s, const uint8_t *p, size_t len);
void cv_sha256_final(const struct cv_hash *alg, union cv_hash_state *s, uint8_t *digest);

void cv_sha512_init(const struct cv_hash *alg, union cv_hash_state *s);
void cv_sha512_update(const struct cv_hash *alg, union cv_hash_state *s, const uint8_t *p, size_t len);
void cv_sha512_final(const struct cv_hash *alg, union cv_hash_state *s, uint8_t *digest);

#endif
