/* PBKDF2 (RFC 8018 section 5.2) with HMAC. */
#ifndef CV_PBKDF2_H
#define CV_PBKDF2_H

#include "crypto/hash.h"

/* Derives out_len bytes, which are secret. iterations is at least 1; the work is iterations times the digests
 * that out_len bytes take. */
void cv_pbkdf2(const struct cv_hash *hash, uint8_t *out, size_t out_len, struct cv_bytes password,
               struct cv_bytes salt, uint32_t iterations);

#endif
