#include "crypto/pbkdf2.h"
#include "crypto/base/secret.h"
#include "crypto/hmac.h"
#include "crypto/xor.h"

#include <string.h>

void cv_pbkdf2(const struct cv_hash *hash, uint8_t *out, size_t out_len, struct cv_bytes password,
               struct cv_bytes salt, uint32_t iterations)
{
    struct cv_hmac keyed, h;
    uint8_t u[CV_HASH_MAX], t[CV_HASH_MAX], number[4];

    cv_hmac_init(&keyed, hash, password.p, password.len);
    for (uint32_t block = 1; out_len > 0; block++) {
        size_t n = out_len < hash->digest_len ? out_len : hash->digest_len;
        cv_store_be32(number, block);
        h = keyed;
        if (salt.len > 0) cv_hmac_update(&h, salt.p, salt.len);
        cv_hmac_update(&h, number, sizeof number);
        cv_hmac_final(&h, u);
        memcpy(t, u, hash->digest_len);
        for (uint32_t i = 1; i < iterations; i++) {
            h = keyed;
            cv_hmac_update(&h, u, hash->digest_len);
            cv_hmac_final(&h, u);
            cv_xor_bytes(t, t, u, hash->digest_len);
        }
        memcpy(out, t, n);
        out += n;
        out_len -= n;
    }
    cv_hmac_wipe(&keyed);
    cv_wipe(u, sizeof u);
    cv_wipe(t, sizeof t);
}
