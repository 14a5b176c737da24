/* Inside CCM (NIST SP 800-38C, RFC 5116 section 5.3): the driver over a block cipher.
 *
 * Nonces of 12 bytes leave 3 for the length, so a message is shorter than 2^24 bytes. */
#ifndef CV_CCM_H
#define CV_CCM_H

#include "crypto/aead.h"

/* Encrypts one or two blocks in place, each by itself, under the key state of a descriptor. */
typedef void cv_ccm_encrypt_fn(const void *state, uint8_t *blocks, size_t n_blocks);

void cv_ccm_seal(cv_ccm_encrypt_fn *encrypt, size_t tag_len, const void *state, const uint8_t *nonce,
                 struct cv_bytes aad, uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len,
                 uint8_t *tag);
cv_err cv_ccm_open(cv_ccm_encrypt_fn *encrypt, size_t tag_len, const void *state, const uint8_t *nonce,
                   struct cv_bytes aad, uint8_t *dst, const uint8_t *src, size_t len, const uint8_t *tag);

/* Full-size records under one key: RFC 9846 names no limit for CCM; RFC 9147 section 4.5.3 derives 2^23
 * for the same record size. */
#define CV_CCM_RECORD_LIMIT (UINT64_C(1) << 23)

#endif
