#include "crypto/hmac.h"
#include "crypto/base/secret.h"

#include <string.h>

static void absorb_key(struct cv_hash_ctx *c, const struct cv_hash *alg, uint8_t *pad, uint8_t change)
{
    for (size_t i = 0; i < alg->block_len; i++) pad[i] ^= change;
    cv_hash_init(c, alg);
    cv_hash_update(c, pad, alg->block_len);
}

void cv_hmac_init(struct cv_hmac *h, const struct cv_hash *alg, const uint8_t *key, size_t key_len)
{
    uint8_t pad[CV_HASH_BLOCK_MAX] = {0};
    if (key_len > alg->block_len)
        cv_hash_digest(alg, pad, key, key_len);
    else if (key_len > 0)
        memcpy(pad, key, key_len);
    absorb_key(&h->inner, alg, pad, 0x36);
    absorb_key(&h->outer, alg, pad, 0x36 ^ 0x5c);
    cv_wipe(pad, sizeof pad);
}

void cv_hmac_update(struct cv_hmac *h, const void *p, size_t len)
{
    cv_hash_update(&h->inner, p, len);
}

void cv_hmac_final(struct cv_hmac *h, uint8_t *mac)
{
    uint8_t digest[CV_HASH_MAX];
    cv_hash_final(&h->inner, digest);
    cv_hash_update(&h->outer, digest, h->outer.alg->digest_len);
    cv_hash_final(&h->outer, mac);
    cv_wipe(digest, sizeof digest);
    cv_hmac_wipe(h);
}

void cv_hmac_wipe(struct cv_hmac *h)
{
    cv_wipe(h, sizeof *h);
}

void cv_hmac_mac(const struct cv_hash *alg, uint8_t *mac, const uint8_t *key, size_t key_len, const void *p,
                 size_t len)
{
    struct cv_hmac h;
    cv_hmac_init(&h, alg, key, key_len);
    cv_hmac_update(&h, p, len);
    cv_hmac_final(&h, mac);
}
