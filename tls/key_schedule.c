#include "tls/key_schedule.h"

#include "crypto/base/secret.h"
#include "crypto/hkdf.h"
#include "crypto/hmac.h"

#include <string.h>

static const uint8_t zeros[CV_HASH_MAX];

cv_err cv_expand_label_bytes(const struct cv_hash *hash, uint8_t *out, size_t out_len, const uint8_t *secret,
                             struct cv_bytes label, struct cv_bytes context)
{
    uint8_t info[2 + 1 + 255 + 1 + CV_HASH_MAX];
    struct cv_builder b;
    if (out_len > UINT16_MAX) return CV_E_BAD_LENGTH;
    cv_build_init(&b, info, sizeof info);
    cv_build_u16(&b, (uint16_t)out_len);
    size_t mark = cv_build_open(&b, 1);
    cv_build_bytes(&b, "tls13 ", 6);
    cv_build_bytes(&b, label.p, label.len);
    cv_build_close(&b, mark, 1);
    mark = cv_build_open(&b, 1);
    cv_build_bytes(&b, context.p, context.len);
    cv_build_close(&b, mark, 1);
    if (cv_build_end(&b) != CV_OK) return CV_E_BAD_LENGTH;
    return cv_hkdf_expand(hash, out, out_len, secret, hash->digest_len, info, b.len);
}

void cv_expand_label(const struct cv_hash *hash, uint8_t *out, size_t out_len, const uint8_t *secret,
                     const char *label, struct cv_bytes context)
{
    cv_err e = cv_expand_label_bytes(hash, out, out_len, secret,
                                     cv_bytes((const uint8_t *)label, strlen(label)), context);
    /* Labels are ours and contexts are hashes: they fit. Should one not, no key must come of it. */
    if (e != CV_OK) __builtin_trap();
}

void cv_key_schedule_init(struct cv_key_schedule *ks, const struct cv_hash *hash, const uint8_t *psk)
{
    cv_key_schedule_init_external(ks, hash, cv_bytes(psk, psk != NULL ? hash->digest_len : 0));
}

void cv_key_schedule_init_external(struct cv_key_schedule *ks, const struct cv_hash *hash,
                                   struct cv_bytes psk)
{
    ks->hash = hash;
    if (psk.len == 0) psk = cv_bytes(zeros, hash->digest_len);
    cv_hkdf_extract(hash, ks->secret, NULL, 0, psk.p, psk.len);
}

void cv_key_schedule_next(struct cv_key_schedule *ks, const uint8_t *ikm, size_t ikm_len)
{
    uint8_t empty_hash[CV_HASH_MAX], salt[CV_HASH_MAX];
    cv_hash_digest(ks->hash, empty_hash, NULL, 0);
    cv_key_schedule_derive(ks, salt, "derived", empty_hash);
    if (ikm == NULL) {
        ikm = zeros;
        ikm_len = ks->hash->digest_len;
    }
    cv_hkdf_extract(ks->hash, ks->secret, salt, ks->hash->digest_len, ikm, ikm_len);
    cv_wipe(salt, sizeof salt);
}

void cv_key_schedule_derive(const struct cv_key_schedule *ks, uint8_t *out, const char *label,
                            const uint8_t *transcript_hash)
{
    cv_expand_label(ks->hash, out, ks->hash->digest_len, ks->secret, label,
                    cv_bytes(transcript_hash, ks->hash->digest_len));
}

void cv_key_schedule_wipe(struct cv_key_schedule *ks)
{
    cv_wipe(ks, sizeof *ks);
}

void cv_finished_mac(const struct cv_hash *hash, uint8_t *mac, const uint8_t *base_key,
                     const uint8_t *transcript_hash)
{
    uint8_t key[CV_HASH_MAX];
    cv_expand_label(hash, key, hash->digest_len, base_key, "finished", cv_bytes(NULL, 0));
    cv_hmac_mac(hash, mac, key, hash->digest_len, transcript_hash, hash->digest_len);
    cv_wipe(key, sizeof key);
}
