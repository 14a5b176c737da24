#include "tls/record.h"

#include "crypto/base/secret.h"
#include "tls/key_schedule.h"

#include <string.h>

void cv_half_set_secret(struct cv_half *half, const struct cv_suite *suite, const uint8_t *secret)
{
    uint8_t key[CV_AEAD_KEY_MAX];
    half->suite = suite;
    half->seq = 0;
    if (secret != half->secret) memcpy(half->secret, secret, suite->hash->digest_len);
    cv_expand_label(suite->hash, key, suite->aead->key_len, secret, "key", cv_bytes(NULL, 0));
    cv_expand_label(suite->hash, half->iv, sizeof half->iv, secret, "iv", cv_bytes(NULL, 0));
    suite->aead->init(half->state, key);
    cv_wipe(key, sizeof key);
}

void cv_half_update(struct cv_half *half)
{
    uint8_t next[CV_HASH_MAX];
    const struct cv_hash *hash = half->suite->hash;
    cv_expand_label(hash, next, hash->digest_len, half->secret, "traffic upd", cv_bytes(NULL, 0));
    cv_half_set_secret(half, half->suite, next);
    cv_wipe(next, sizeof next);
}

void cv_half_wipe(struct cv_half *half)
{
    if (half->suite != NULL) cv_wipe(half->state, half->suite->aead->state_len);
    void *state = half->state;
    cv_wipe(half, sizeof *half);
    half->state = state;
}

static void make_nonce(const struct cv_half *half, uint8_t nonce[CV_AEAD_NONCE_LEN])
{
    uint8_t seq[8];
    memcpy(nonce, half->iv, CV_AEAD_NONCE_LEN);
    cv_store_be64(seq, half->seq);
    for (size_t i = 0; i < 8; i++) nonce[4 + i] ^= seq[i];
}

cv_err cv_record_peek(const struct cv_half *rx, struct cv_record *out, struct cv_bytes in, size_t *missing)
{
    uint8_t type;
    uint16_t version, body_len;
    if (in.len < CV_RECORD_HEADER_LEN) {
        *missing = CV_RECORD_HEADER_LEN - in.len;
        return CV_WANT_INPUT;
    }
    size_t have = in.len;
    if (cv_read_u8(&in, &type) != CV_OK || cv_read_u16(&in, &version) != CV_OK ||
        cv_read_u16(&in, &body_len) != CV_OK)
        return CV_E_INTERNAL;
    if (type < CV_CONTENT_CCS || type > CV_CONTENT_DATA) return CV_E_RECORD_TYPE;
    /* RFC 9846 5.1: legacy_record_version is to be ignored; a foreign major number is no TLS at all. */
    if (version >> 8 != 3) return CV_E_RECORD_VERSION;
    bool protected = rx->suite != NULL && type == CV_CONTENT_DATA;
    /* RFC 9846 5.1, 5.2 */
    if (body_len > CV_RECORD_PLAIN_MAX + (protected ? CV_RECORD_EXPANSION_MAX : 0))
        return CV_E_RECORD_OVERFLOW;
    out->type = type;
    out->len = (size_t)CV_RECORD_HEADER_LEN + body_len;
    if (have < out->len) {
        *missing = out->len - have;
        return CV_WANT_INPUT;
    }
    return CV_OK;
}

cv_err cv_record_open(struct cv_half *rx, uint8_t *dst, struct cv_bytes rec, uint8_t *type, size_t *len)
{
    const struct cv_aead *aead = rx->suite->aead;
    uint8_t nonce[CV_AEAD_NONCE_LEN];
    struct cv_bytes header, body = rec;
    cv_err e;
    if ((e = cv_read_bytes(&body, CV_RECORD_HEADER_LEN, &header)) != CV_OK) return e;
    if (body.len < (size_t)aead->tag_len) return CV_E_BAD_RECORD_MAC;
    /* RFC 9846 5.3: sequence numbers do not wrap. */
    if (rx->seq == UINT64_MAX) return CV_E_SEQUENCE_LIMIT;
    size_t n = body.len - aead->tag_len;
    make_nonce(rx, nonce);
    if ((e = aead->open(rx->state, nonce, header, dst, body.p, n, body.p + n)) != CV_OK) return e;
    rx->seq++;

    /* RFC 9846 5.4: the last byte that is not zero is the content type. */
    for (; n > 0; n--) {
        cv_secret_declassify(dst + n - 1, 1); /* type and amount of padding show in what is done next */
        if (dst[n - 1] != 0) break;
    }
    if (n == 0) return CV_E_RECORD_TYPE;
    if (n - 1 > CV_RECORD_PLAIN_MAX) return CV_E_RECORD_OVERFLOW;
    *type = dst[n - 1];
    *len = n - 1;
    /* Messages and alerts are acted on; they hold no key. Application data stays its owner's secret. */
    if (*type != CV_CONTENT_DATA) cv_secret_declassify(dst, *len);
    return CV_OK;
}

void cv_record_header(uint8_t *header, uint8_t type, uint16_t version, size_t len)
{
    struct cv_builder b;
    cv_build_init(&b, header, CV_RECORD_HEADER_LEN);
    cv_build_u8(&b, type);
    cv_build_u16(&b, version);
    cv_build_u16(&b, (uint16_t)len);
}

cv_err cv_record_seal(struct cv_half *tx, uint8_t *header, uint8_t *head, size_t head_len, uint8_t *tail,
                      size_t tail_len, uint8_t *tag)
{
    const struct cv_aead *aead = tx->suite->aead;
    uint8_t nonce[CV_AEAD_NONCE_LEN];
    if (tx->seq >= aead->record_limit || tx->seq == UINT64_MAX) return CV_E_SEQUENCE_LIMIT;
    cv_record_header(header, CV_CONTENT_DATA, CV_TLS12, head_len + tail_len + aead->tag_len);
    make_nonce(tx, nonce);
    tx->seq++;
    aead->seal(tx->state, nonce, cv_bytes(header, CV_RECORD_HEADER_LEN), head, head_len, tail, tail_len, tag);
    cv_secret_declassify(head, head_len); /* ciphertext and tag are the wire's */
    cv_secret_declassify(tail, tail_len);
    cv_secret_declassify(tag, aead->tag_len);
    return CV_OK;
}
