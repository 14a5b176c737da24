/* AES-CBC with HMAC as TLS 1.2 protects records: the MAC inside of the encryption (RFC 5246 section 6.2.3.2),
 * or around it where both sides offered that (RFC 7366).
 *
 * On the wire a record's body is iv || ciphertext, and with encrypt-then-MAC the MAC behind. The MAC is over
 * header || length || content: header is what TLS calls seq_num, type and version, length counts the content
 * in two bytes, and the content is the plaintext, or with encrypt-then-MAC iv || ciphertext. */
#ifndef CV_CBC_HMAC_H
#define CV_CBC_HMAC_H

#include "crypto/cbc.h"
#include "crypto/hash.h"

enum {
    CV_CBC_HMAC_MAC_MAX = 48,
    CV_CBC_HMAC_HEADER_LEN = 11,
    CV_CBC_HMAC_TRAILER_MAX = CV_CBC_HMAC_MAC_MAX + CV_AES_BLOCK_LEN,
    CV_CBC_HMAC_LEN_MAX = (1 << 14) + 2048, /* of a ciphertext: RFC 5246 section 6.2.3 */
};

struct cv_cbc_hmac;
struct cv_cbc_hmac_state;

/* The functions below, by pointers: only programs that have such suites link them. */
struct cv_cbc_hmac_ops {
    void (*init)(const struct cv_cbc_hmac *alg, struct cv_cbc_hmac_state *s, const uint8_t *mac_key,
                 const uint8_t *key, bool opening, bool encrypt_then_mac);
    size_t (*trailer_len)(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s, size_t plain_len);
    void (*seal)(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s, uint8_t *iv,
                 const uint8_t *header, uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len,
                 uint8_t *trailer);
    cv_err (*open)(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s, uint8_t *dst,
                   size_t *len, const uint8_t *header, const uint8_t *iv, const uint8_t *body,
                   size_t body_len);
};
extern const struct cv_cbc_hmac_ops cv_cbc_hmac_ops;

/* An implementation of each; any pair fits. The MAC's key is as long as the MAC, hash->digest_len bytes. */
struct cv_cbc_hmac {
    const struct cv_cbc *cipher;
    const struct cv_hash *hash;        /* SHA-1, SHA-256 or SHA-384 */
    const struct cv_cbc_hmac_ops *ops; /* &cv_cbc_hmac_ops */
};

/* Keys of one direction. No pointers: it may be copied. Secret: wipe it. */
struct cv_cbc_hmac_state {
    _Alignas(16) uint8_t cipher[CV_CBC_STATE_MAX];
    uint64_t inner[8], outer[8]; /* HMAC's two hashes, the padded key absorbed */
    bool encrypt_then_mac;
};

/* Records under one key. RFC 5246 has no limit; with this many of full size a collision of blocks has a
 * probability below 2^-44. */
#define CV_CBC_HMAC_RECORD_LIMIT (UINT64_C(1) << 32)

/* opening: the state is for cv_cbc_hmac_open, else for cv_cbc_hmac_seal. */
static inline void cv_cbc_hmac_init(const struct cv_cbc_hmac *alg, struct cv_cbc_hmac_state *s,
                                    const uint8_t *mac_key, const uint8_t *key, bool opening,
                                    bool encrypt_then_mac)
{
    alg->ops->init(alg, s, mac_key, key, opening, encrypt_then_mac);
}

/* Bytes behind plain_len bytes of plaintext: padding, the least that fits, and MAC. At most
 * hash->digest_len + CV_AES_BLOCK_LEN. */
static inline size_t cv_cbc_hmac_trailer_len(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s,
                                             size_t plain_len)
{
    return alg->ops->trailer_len(alg, s, plain_len);
}

/* Encrypts head || tail in place, writes the CV_AES_BLOCK_LEN bytes of iv and cv_cbc_hmac_trailer_len bytes
 * of trailer. Segments may be empty (NULL, 0), may not overlap and need not adjoin; together they fit a
 * record. header must never be the same twice under one key (it holds the sequence number): the IV, which
 * nobody may foresee, is its encryption (SP 800-38A appendix C). */
static inline void cv_cbc_hmac_seal(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s,
                                    uint8_t *iv, const uint8_t header[CV_CBC_HMAC_HEADER_LEN], uint8_t *head,
                                    size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *trailer)
{
    alg->ops->seal(alg, s, iv, header, head, head_len, tail, tail_len, trailer);
}

/* Decrypts what stands behind the IV, body_len bytes (trailer included), to dst: body_len bytes, body itself
 * or none of it. *len: those of the plaintext, at its front; what follows them is of no use.
 * CV_E_BAD_RECORD_MAC: a length that cannot be, padding or MAC wrong; which of these, and where the padding
 * begins, shows neither in the result nor in time: how often the hash's compression is called, and every
 * address, depends on body_len alone (N. AlFardan, K. Paterson, "Lucky Thirteen", 2013). dst is zeroed then.
 * CV_E_RECORD_OVERFLOW: body_len is above CV_CBC_HMAC_LEN_MAX; nothing was done. */
static inline cv_err cv_cbc_hmac_open(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s,
                                      uint8_t *dst, size_t *len, const uint8_t header[CV_CBC_HMAC_HEADER_LEN],
                                      const uint8_t *iv, const uint8_t *body, size_t body_len)
{
    return alg->ops->open(alg, s, dst, len, header, iv, body, body_len);
}

#endif
