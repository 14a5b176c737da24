/* HKDF (RFC 5869) and the PRF of TLS 1.2 (RFC 5246 section 5). */
#ifndef CV_HKDF_H
#define CV_HKDF_H

#include "crypto/hash.h"

/* prk: digest_len bytes. salt NULL stands for digest_len zeros. */
void cv_hkdf_extract(const struct cv_hash *alg, uint8_t *prk, const uint8_t *salt, size_t salt_len,
                     const uint8_t *ikm, size_t ikm_len);

/* CV_E_BAD_LENGTH if out_len is over 255 digests; nothing is written then. prk: digest_len bytes or more. */
cv_err cv_hkdf_expand(const struct cv_hash *alg, uint8_t *out, size_t out_len, const uint8_t *prk,
                      size_t prk_len, const uint8_t *info, size_t info_len);

/* P_hash over label || seed1 || seed2; seeds may be empty. */
void cv_tls12_prf(const struct cv_hash *alg, uint8_t *out, size_t out_len, const uint8_t *secret,
                  size_t secret_len, const char *label, struct cv_bytes seed1, struct cv_bytes seed2);

#endif
