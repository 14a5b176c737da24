#include "tls/record.h"

#include "crypto/base/secret.h"
#include "tls/key_schedule.h"

#include <string.h>

static void set_aead_keys(struct cv_half *half, const struct cv_suite *suite, const uint8_t *key,
                          const uint8_t *iv)
{
    half->suite = suite;
    half->seq = 0;
    memset(half->iv, 0, sizeof half->iv);
    memcpy(half->iv, iv, CV_AEAD_NONCE_LEN - (size_t)suite->explicit_nonce_len);
    suite->aead->init(suite->aead, half->state, key);
}

void cv_half_set_keys(struct cv_half *half, const struct cv_suite *suite, const struct cv_keys12 *keys,
                      bool opening, bool encrypt_then_mac)
{
    if (suite->aead != NULL) {
        set_aead_keys(half, suite, keys->key, keys->iv);
        return;
    }
    half->suite = suite;
    half->seq = 0;
    cv_cbc_hmac_init(&suite->cbc, half->state, keys->mac_key, keys->key, opening, encrypt_then_mac);
}

void cv_half_set_secret(struct cv_half *half, const struct cv_suite *suite, const uint8_t *secret)
{
    uint8_t key[CV_AEAD_KEY_MAX], iv[CV_AEAD_NONCE_LEN];
    memcpy(half->secret, secret, suite->hash->digest_len);
    cv_expand_label(suite->hash, key, suite->aead->key_len, secret, "key", cv_bytes(NULL, 0));
    cv_expand_label(suite->hash, iv, sizeof iv, secret, "iv", cv_bytes(NULL, 0));
    set_aead_keys(half, suite, key, iv);
    cv_wipe(key, sizeof key);
    cv_wipe(iv, sizeof iv);
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
    if (half->suite != NULL) cv_wipe(half->state, cv_suite_state_len(half->suite));
    void *state = half->state;
    cv_wipe(half, sizeof *half);
    half->state = state;
}

/* RFC 9846 5.3, and RFC 7905 2 for ChaCha20 in TLS 1.2: the sequence number into the end of the IV. */
static void make_nonce(const struct cv_half *half, uint8_t nonce[CV_AEAD_NONCE_LEN])
{
    uint8_t seq[8];
    memcpy(nonce, half->iv, CV_AEAD_NONCE_LEN);
    cv_store_be64(seq, half->seq);
    for (size_t i = 0; i < 8; i++) nonce[4 + i] ^= seq[i];
}

/* Associated data. TLS 1.3: the header as it is (5.2); TLS 1.2: sequence number, then the header with the
 * length of the plaintext (RFC 5246 6.2.3.3). */
struct aad {
    uint8_t bytes[8 + CV_RECORD_HEADER_LEN];
    size_t len;
};

static struct cv_bytes make_aad(struct aad *aad, const struct cv_half *half, const uint8_t *header,
                                size_t plain_len)
{
    if (!half->suite->tls12) return cv_bytes(header, CV_RECORD_HEADER_LEN);
    cv_store_be64(aad->bytes, half->seq);
    memcpy(aad->bytes + 8, header, 3);
    aad->bytes[11] = (uint8_t)(plain_len >> 8);
    aad->bytes[12] = (uint8_t)plain_len;
    return cv_bytes(aad->bytes, sizeof aad->bytes);
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
    /* Application data is protected at any time, if only by keys of the peer's: early data. */
    bool protected = type == CV_CONTENT_DATA || (rx->suite != NULL && rx->suite->tls12);
    /* RFC 9846 5.1, 5.2; RFC 5246 6.2.3 would allow 2048 */
    bool cbc = rx->suite != NULL && rx->suite->aead == NULL;
    size_t expansion = cbc ? CV_RECORD_EXPANSION_CBC_MAX : protected ? CV_RECORD_EXPANSION_MAX : 0;
    if (body_len > CV_RECORD_PLAIN_MAX + expansion) return CV_E_RECORD_OVERFLOW;
    out->type = type;
    out->version = version;
    out->len = (size_t)CV_RECORD_HEADER_LEN + body_len;
    if (have < out->len) {
        *missing = out->len - have;
        return CV_WANT_INPUT;
    }
    return CV_OK;
}

/* Messages and alerts are acted on; they hold no key. Application data stays its owner's secret. */
static void publish(uint8_t type, const uint8_t *plain, size_t len)
{
    if (type != CV_CONTENT_DATA) cv_secret_declassify(plain, len);
}

static cv_err open_aead(struct cv_half *rx, uint8_t *dst, const uint8_t *header,
                        struct cv_bytes explicit_nonce, struct cv_bytes body, size_t *len)
{
    const struct cv_aead *aead = rx->suite->aead;
    uint8_t nonce[CV_AEAD_NONCE_LEN];
    struct aad aad;
    if (body.len < (size_t)aead->tag_len) return CV_E_BAD_RECORD_MAC;
    *len = body.len - aead->tag_len;
    make_nonce(rx, nonce);
    if (explicit_nonce.len != 0)
        memcpy(nonce + CV_AEAD_NONCE_LEN - explicit_nonce.len, explicit_nonce.p, explicit_nonce.len);
    return aead->open(aead, rx->state, nonce, make_aad(&aad, rx, header, *len), dst, body.p, *len,
                      body.p + *len);
}

cv_err cv_record_begin(const struct cv_half *rx, void *message, const uint8_t *header, size_t body_len)
{
    const struct cv_aead *aead = rx->suite->aead;
    uint8_t nonce[CV_AEAD_NONCE_LEN];
    struct aad aad;
    if (body_len < aead->tag_len) return CV_E_BAD_RECORD_MAC;
    size_t n = body_len - aead->tag_len;
    /* RFC 9846 5.2: content, type and padding together; 5.3: sequence numbers do not wrap. */
    if (n > cv_half_content_max(rx) + 1) return CV_E_RECORD_OVERFLOW;
    if (rx->seq == UINT64_MAX) return CV_E_SEQUENCE_LIMIT;
    make_nonce(rx, nonce);
    aead->pieces->begin(aead, message, rx->state, nonce, make_aad(&aad, rx, header, n), n);
    return CV_OK;
}

cv_err cv_record_open(struct cv_half *rx, uint8_t *dst, struct cv_bytes rec, uint8_t *type, size_t *len)
{
    const struct cv_suite *suite = rx->suite;
    struct cv_bytes header, explicit_nonce, body = rec;
    size_t n;
    cv_err e;
    if ((e = cv_read_bytes(&body, CV_RECORD_HEADER_LEN, &header)) != CV_OK) return e;
    if (cv_read_bytes(&body, suite->explicit_nonce_len, &explicit_nonce) != CV_OK) return CV_E_BAD_RECORD_MAC;
    /* RFC 9846 5.3: sequence numbers do not wrap. */
    if (rx->seq == UINT64_MAX) return CV_E_SEQUENCE_LIMIT;
    e = suite->aead != NULL ? open_aead(rx, dst, header.p, explicit_nonce, body, &n)
                            : suite->cbc_records->open(rx, dst, header.p, explicit_nonce, body, &n);
    if (e != CV_OK) return e;
    rx->seq++;
    if (suite->tls12) {
        *type = header.p[0];
        *len = n;
        publish(*type, dst, n);
        return n > cv_half_content_max(rx) ? CV_E_RECORD_OVERFLOW : CV_OK;
    }
    /* RFC 9846 5.2: content, type and padding together */
    if (n > cv_half_content_max(rx) + 1) return CV_E_RECORD_OVERFLOW;
    /* RFC 9846 5.4: the last byte that is not zero is the content type. */
    for (; n > 0; n--) {
        cv_secret_declassify(dst + n - 1, 1); /* type and amount of padding show in what is done next */
        if (dst[n - 1] != 0) break;
    }
    if (n == 0) return CV_E_RECORD_TYPE;
    *type = dst[n - 1];
    *len = n - 1;
    publish(*type, dst, *len);
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

static void seal_aead(struct cv_half *tx, uint8_t *prefix, uint8_t *head, size_t head_len, uint8_t *tail,
                      size_t tail_len, uint8_t *tag)
{
    size_t explicit_len = tx->suite->explicit_nonce_len;
    uint8_t nonce[CV_AEAD_NONCE_LEN];
    struct aad aad;
    make_nonce(tx, nonce);
    struct cv_bytes ad = make_aad(&aad, tx, prefix, head_len + tail_len);
    if (explicit_len != 0) {
        /* RFC 5288 3: unique is enough; the sequence number is. Its IV half is zero, so the nonce holds it
         * bare. */
        memcpy(prefix + CV_RECORD_HEADER_LEN, nonce + CV_AEAD_NONCE_LEN - explicit_len, explicit_len);
    }
    tx->suite->aead->seal(tx->suite->aead, tx->state, nonce, ad, head, head_len, tail, tail_len, tag);
}

cv_err cv_record_seal(struct cv_half *tx, uint8_t type, uint8_t *prefix, uint8_t *head, size_t head_len,
                      uint8_t *tail, size_t tail_len, uint8_t *trailer)
{
    const struct cv_suite *suite = tx->suite;
    size_t n = head_len + tail_len, trailer_len = cv_record_trailer_len(tx, n);
    if (tx->seq >= cv_suite_record_limit(suite) || tx->seq == UINT64_MAX) return CV_E_SEQUENCE_LIMIT;
    cv_record_header(prefix, suite->tls12 ? type : CV_CONTENT_DATA, CV_TLS12,
                     suite->explicit_nonce_len + n + trailer_len);
    if (suite->aead != NULL)
        seal_aead(tx, prefix, head, head_len, tail, tail_len, trailer);
    else
        suite->cbc_records->seal(tx, prefix, head, head_len, tail, tail_len, trailer);
    tx->seq++;
    /* header, and nonce or IV, are the wire's */
    cv_secret_declassify(prefix, CV_RECORD_HEADER_LEN + (size_t)suite->explicit_nonce_len);
    cv_secret_declassify(head, head_len); /* so are ciphertext and tag */
    cv_secret_declassify(tail, tail_len);
    cv_secret_declassify(trailer, trailer_len);
    return CV_OK;
}
