#include "crypto/hkdf.h"
#include "crypto/base/secret.h"
#include "crypto/hmac.h"

#include <string.h>

void cv_hkdf_extract(const struct cv_hash *alg, uint8_t *prk, const uint8_t *salt, size_t salt_len,
                     const uint8_t *ikm, size_t ikm_len)
{
    /* HMAC fills its key up with zeros, so that no salt and digest_len zeros are the same key. */
    cv_hmac_mac(alg, prk, salt, salt != NULL ? salt_len : 0, ikm, ikm_len);
}

cv_err cv_hkdf_expand(const struct cv_hash *alg, uint8_t *out, size_t out_len, const uint8_t *prk,
                      size_t prk_len, const uint8_t *info, size_t info_len)
{
    if (out_len > (size_t)255 * alg->digest_len) return CV_E_BAD_LENGTH; /* RFC 5869 2.3 */

    struct cv_hmac keyed, h;
    uint8_t t[CV_HASH_MAX], counter = 0;
    size_t t_len = 0;
    cv_hmac_init(&keyed, alg, prk, prk_len);
    while (out_len > 0) {
        h = keyed;
        counter++;
        cv_hmac_update(&h, t, t_len);
        cv_hmac_update(&h, info, info_len);
        cv_hmac_update(&h, &counter, 1);
        cv_hmac_final(&h, t);
        t_len = alg->digest_len;
        size_t take = out_len < t_len ? out_len : t_len;
        memcpy(out, t, take);
        out += take;
        out_len -= take;
    }
    cv_hmac_wipe(&keyed);
    cv_wipe(t, sizeof t);
    return CV_OK;
}

static void update_seed(struct cv_hmac *h, const char *label, struct cv_bytes seed1, struct cv_bytes seed2)
{
    cv_hmac_update(h, label, strlen(label));
    cv_hmac_update(h, seed1.p, seed1.len);
    cv_hmac_update(h, seed2.p, seed2.len);
}

void cv_tls12_prf(const struct cv_hash *alg, uint8_t *out, size_t out_len, const uint8_t *secret,
                  size_t secret_len, const char *label, struct cv_bytes seed1, struct cv_bytes seed2)
{
    struct cv_hmac keyed, h;
    uint8_t a[CV_HASH_MAX], block[CV_HASH_MAX];
    cv_hmac_init(&keyed, alg, secret, secret_len);

    /* RFC 5246 5: A(1) = HMAC(secret, seed), A(i) = HMAC(secret, A(i-1)). */
    h = keyed;
    update_seed(&h, label, seed1, seed2);
    cv_hmac_final(&h, a);
    while (out_len > 0) {
        h = keyed;
        cv_hmac_update(&h, a, alg->digest_len);
        update_seed(&h, label, seed1, seed2);
        cv_hmac_final(&h, block);
        size_t take = out_len < alg->digest_len ? out_len : alg->digest_len;
        memcpy(out, block, take);
        out += take;
        out_len -= take;
        if (out_len == 0) break;

        h = keyed;
        cv_hmac_update(&h, a, alg->digest_len);
        cv_hmac_final(&h, a);
    }
    cv_hmac_wipe(&keyed);
    cv_wipe(a, sizeof a);
    cv_wipe(block, sizeof block);
}
