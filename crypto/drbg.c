#include "crypto/rng.h"
#include "crypto/base/secret.h"
#include "crypto/chacha20.h"

#include <string.h>

enum { RESEED_BYTES = 1 << 20, RESEED_REQUESTS = 1 << 16, KEY_LEN = 32 };

/* Key stream under the present key; its first half block becomes the next key, so that what was handed
 * out cannot be computed from a state seen later. */
static void by_chacha20(struct cv_drbg *d, uint8_t *out, size_t len)
{
    static const uint8_t nonce[12] = {0};
    uint8_t first[64] = {0};
    size_t from_first = len < sizeof first - KEY_LEN ? len : sizeof first - KEY_LEN;
    cv_chacha20_xor(first, first, sizeof first, d->key, nonce, 0);
    memcpy(out, first + KEY_LEN, from_first);
    if (len > from_first) {
        memset(out + from_first, 0, len - from_first);
        cv_chacha20_xor(out + from_first, out + from_first, len - from_first, d->key, nonce, 1);
    }
    memcpy(d->key, first, KEY_LEN);
    cv_wipe(first, sizeof first);
}

/* The same with H(key || i): 0 makes the next key. */
static void by_hash(struct cv_drbg *d, uint8_t *out, size_t len)
{
    uint8_t input[KEY_LEN + 4], digest[CV_HASH_MAX];
    memcpy(input, d->key, KEY_LEN);
    for (uint32_t i = 0; i == 0 || len > 0; i++) {
        cv_store_be32(input + KEY_LEN, i);
        cv_hash_digest(d->hash, digest, input, sizeof input);
        if (i == 0) {
            memcpy(d->key, digest, KEY_LEN);
            continue;
        }
        size_t take = len < KEY_LEN ? len : KEY_LEN;
        memcpy(out, digest, take);
        out += take;
        len -= take;
    }
    cv_wipe(input, sizeof input);
    cv_wipe(digest, sizeof digest);
}

void cv_drbg_init(struct cv_drbg *d, struct cv_rng entropy, uint64_t (*epoch)(void *ctx))
{
    *d = (struct cv_drbg){.entropy = entropy, .epoch = epoch, .generate = by_chacha20};
}

void cv_drbg_init_hash(struct cv_drbg *d, struct cv_rng entropy, const struct cv_hash *hash)
{
    *d = (struct cv_drbg){.entropy = entropy, .generate = by_hash, .hash = hash};
}

static cv_err reseed(struct cv_drbg *d)
{
    uint8_t seed[KEY_LEN];
    /* Read before the entropy: should the epoch change in between, the next request notices. */
    uint64_t epoch = d->epoch != NULL ? d->epoch(d->entropy.ctx) : 0;
    d->seeded = false;
    cv_err e = cv_random(&d->entropy, seed, sizeof seed);
    if (e == CV_OK) {
        /* The old key stays in: a weak source later on does not undo a good one before. */
        for (size_t i = 0; i < sizeof seed; i++) d->key[i] ^= seed[i];
        d->seeded_epoch = epoch;
        d->n_requests = d->n_bytes = 0;
        d->seeded = true;
    }
    cv_wipe(seed, sizeof seed);
    return e == CV_OK ? CV_OK : CV_E_RNG;
}

static bool must_reseed(const struct cv_drbg *d)
{
    return !d->seeded || d->n_bytes >= RESEED_BYTES || d->n_requests >= RESEED_REQUESTS ||
           (d->epoch != NULL && d->epoch(d->entropy.ctx) != d->seeded_epoch);
}

cv_err cv_drbg_fill(struct cv_drbg *d, uint8_t *out, size_t len)
{
    size_t done = 0;
    while (done < len) {
        if (must_reseed(d) && reseed(d) != CV_OK) {
            memset(out, 0, len);
            return CV_E_RNG;
        }
        size_t room = RESEED_BYTES - d->n_bytes;
        size_t take = len - done < room ? len - done : room;
        d->generate(d, out + done, take);
        d->n_bytes += (uint32_t)take;
        d->n_requests++;
        done += take;
    }
    return CV_OK;
}

void cv_drbg_wipe(struct cv_drbg *d)
{
    cv_wipe(d, sizeof *d);
}

static cv_err fill(void *ctx, uint8_t *out, size_t len)
{
    return cv_drbg_fill(ctx, out, len);
}

struct cv_rng cv_drbg_rng(struct cv_drbg *d)
{
    return (struct cv_rng){fill, d};
}
