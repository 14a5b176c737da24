/* The record layer: one half of a connection protects or opens records. RFC 9846 section 5. */
#ifndef CV_TLS_RECORD_H
#define CV_TLS_RECORD_H

#include "tls/suite.h"

enum cv_content {
    CV_CONTENT_CCS = 20,
    CV_CONTENT_ALERT = 21,
    CV_CONTENT_HANDSHAKE = 22,
    CV_CONTENT_DATA = 23,
};

enum {
    CV_RECORD_HEADER_LEN = 5,
    CV_RECORD_PLAIN_MAX = 1 << 14,
    CV_RECORD_EXPANSION_MAX = 256,
    CV_RECORD_EXPANSION_CBC_MAX = CV_AES_BLOCK_LEN + CV_CBC_HMAC_MAC_MAX + 256, /* with the longest padding */
    CV_RECORD_PREFIX_MAX = 5 + CV_AES_BLOCK_LEN,
    CV_RECORD_MAX = CV_RECORD_HEADER_LEN + CV_RECORD_PLAIN_MAX + CV_RECORD_EXPANSION_MAX,
};

/* Keys and sequence number of one direction. Without suite, records pass in the clear. */
struct cv_half {
    const struct cv_suite *suite;
    void *state; /* cv_suite_state_len bytes, secret; owned by the connection */
    uint64_t seq;
    uint16_t content_max; /* bytes of content in a protected record; 0: CV_RECORD_PLAIN_MAX */
    uint8_t iv[CV_AEAD_NONCE_LEN];
    uint8_t secret[CV_SECRET_MAX]; /* TLS 1.3: the traffic secret */
};

/* TLS 1.3: takes a traffic secret into use, from sequence number 0. half->state has room for the suite's
 * AEAD. */
void cv_half_set_secret(struct cv_half *half, const struct cv_suite *suite, const uint8_t *secret);
/* TLS 1.2: what the key block has for one direction. */
struct cv_keys12 {
    uint8_t mac_key[CV_CBC_HMAC_MAC_MAX]; /* with CBC */
    uint8_t key[CV_AEAD_KEY_MAX];
    uint8_t iv[CV_AEAD_NONCE_LEN]; /* the fixed part of an AEAD's nonce */
};
/* Takes them into use, from sequence number 0. With CBC: opening says for which direction, and whether the
 * MAC stands around the encryption. */
void cv_half_set_keys(struct cv_half *half, const struct cv_suite *suite, const struct cv_keys12 *keys,
                      bool opening, bool encrypt_then_mac);
/* The next generation of keys (7.2). */
void cv_half_update(struct cv_half *half);
/* Wipes everything but the state's memory, which its owner frees. */
void cv_half_wipe(struct cv_half *half);

/* Bytes of a protected record in front of its ciphertext: the header, and in TLS 1.2 the explicit nonce. */
static inline size_t cv_record_prefix_len(const struct cv_half *half)
{
    return CV_RECORD_HEADER_LEN + (half->suite != NULL ? (size_t)half->suite->explicit_nonce_len : 0);
}
/* Bytes that the content type takes inside the ciphertext: one in TLS 1.3. */
static inline size_t cv_record_inner_len(const struct cv_half *half)
{
    return half->suite != NULL && !half->suite->tls12;
}

static inline size_t cv_half_content_max(const struct cv_half *half)
{
    return half->content_max != 0 ? half->content_max : CV_RECORD_PLAIN_MAX;
}

/* Bytes behind that many bytes of plaintext: the tag, or padding and MAC. */
static inline size_t cv_record_trailer_len(const struct cv_half *half, size_t plain_len)
{
    const struct cv_suite *suite = half->suite;
    return suite->aead != NULL ? suite->aead->tag_len
                               : cv_cbc_hmac_trailer_len(&suite->cbc, half->state, plain_len);
}

struct cv_record {
    uint8_t type; /* outer content type */
    uint16_t version;
    size_t len; /* whole record */
};

/* Reads the header at the front of in. CV_WANT_INPUT with *missing if the record is not there as a whole
 * (out->type and out->len are set once the header is). Refuses types and lengths that no record may have:
 * CV_E_RECORD_TYPE, CV_E_RECORD_VERSION, CV_E_RECORD_OVERFLOW. */
cv_err cv_record_peek(const struct cv_half *rx, struct cv_record *out, struct cv_bytes in, size_t *missing);

/* Opens one protected record.
 *
 * rx       receiving half; its sequence number advances by one on success only
 * dst      rec.len - 5 bytes; may be rec.p + cv_record_prefix_len(rx), else must not overlap the record
 * rec      the whole record, header included, as cv_record_peek found it
 * Returns CV_OK with the content type and the plaintext's length (padding taken off);
 * CV_E_BAD_RECORD_MAC (dst is zeroed), CV_E_RECORD_OVERFLOW, CV_E_RECORD_TYPE (an inner plaintext of
 * zeros only: 5.4), CV_E_SEQUENCE_LIMIT. */
cv_err cv_record_open(struct cv_half *rx, uint8_t *dst, struct cv_bytes rec, uint8_t *type, size_t *len);

/* Begins to open a record of TLS 1.3 in pieces: `message` is the AEAD's, header the record's. Whoever ends it
 * counts rx->seq. Errors as of cv_record_open. */
cv_err cv_record_begin(const struct cv_half *rx, void *message, const uint8_t *header, size_t body_len);

/* Protects one record in place: prefix (cv_record_prefix_len bytes, written), then head || tail as plaintext,
 * then the trailer, cv_record_trailer_len bytes. In TLS 1.3 the caller has put the content type behind the
 * data, as tail's last byte or before padding; in TLS 1.2 `type` goes into the header. CV_E_SEQUENCE_LIMIT:
 * nothing was done. */
cv_err cv_record_seal(struct cv_half *tx, uint8_t type, uint8_t *prefix, uint8_t *head, size_t head_len,
                      uint8_t *tail, size_t tail_len, uint8_t *trailer);

/* Records of the suites that have cbc, by what only they link; as cv_record_open and cv_record_seal. */
struct cv_cbc_records {
    cv_err (*open)(struct cv_half *rx, uint8_t *dst, const uint8_t *header, struct cv_bytes iv,
                   struct cv_bytes body, size_t *len);
    void (*seal)(struct cv_half *tx, uint8_t *prefix, uint8_t *head, size_t head_len, uint8_t *tail,
                 size_t tail_len, uint8_t *trailer);
};

/* Writes the header of a record. */
void cv_record_header(uint8_t *header, uint8_t type, uint16_t version, size_t len);

#endif
