/* Inside CCM (NIST SP 800-38C, RFC 5116 section 5.3): the driver over a block cipher.
 *
 * Nonces of 12 bytes leave 3 for the length, so a message is shorter than 2^24 bytes. */
#ifndef CV_CCM_H
#define CV_CCM_H

#include "crypto/aead.h"

/* What the driver asks of an implementation; state is the key state of a descriptor. */
struct cv_ccm_impl {
    /* Encrypts one or two blocks in place, each by itself. n_rounds: AES's, for the length of the key. */
    void (*encrypt)(const void *state, unsigned n_rounds, uint8_t *blocks, size_t n_blocks);

    /* Encrypts (or decrypts) n_blocks whole blocks and chains the plaintext, as so many steps of the driver:
     * chain is still to be encrypted before it takes a block in, and is left so. counter: the counter block
     * of the first; its last three bytes do not run over. dst is src or does not overlap it. NULL: the driver
     * goes step by step. */
    void (*crypt)(const void *state, unsigned n_rounds, uint8_t *chain, const uint8_t *counter, uint8_t *dst,
                  const uint8_t *src, size_t n_blocks, bool opening);
};

/* The functions of struct cv_aead, by its ccm, key_len and tag_len. */
void cv_ccm_seal(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                 uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag);
cv_err cv_ccm_open(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                   uint8_t *dst, const uint8_t *src, size_t len, const uint8_t *tag);

/* Full-size records under one key: RFC 9846 names no limit for CCM; RFC 9147 section 4.5.3 derives 2^23
 * for the same record size. */
#define CV_CCM_RECORD_LIMIT (UINT64_C(1) << 23)

#endif
