/* Random bytes: the interface that everything in crypto, x509 and tls uses, and our DRBG behind it. */
#ifndef CV_RNG_H
#define CV_RNG_H

#include "crypto/hash.h"

/* A source of random bytes. fill writes len bytes or fails with CV_E_RNG and writes zeros. */
struct cv_rng {
    cv_err (*fill)(void *ctx, uint8_t *out, size_t len);
    void *ctx;
};

static inline cv_err cv_random(const struct cv_rng *rng, uint8_t *out, size_t len)
{
    return rng->fill(rng->ctx, out, len);
}

/* A deterministic generator (fast key erasure, by ChaCha20 or by a hash) over an entropy source.
 *
 * It reseeds after 1 MiB or 2^16 requests, and whenever `epoch` of the source has changed: the host
 * raises the epoch in a fork child or after a snapshot was resumed. Fails closed: once entropy cannot
 * be had, nothing is produced until it can. Not locked; one owner at a time. */
struct cv_drbg {
    struct cv_rng entropy;
    uint64_t (*epoch)(void *ctx); /* may be NULL; gets entropy.ctx */
    /* Bytes under the present key, and another key. */
    void (*generate)(struct cv_drbg *d, uint8_t *out, size_t len);
    const struct cv_hash *hash; /* NULL: ChaCha20 */
    uint64_t seeded_epoch;
    uint32_t n_requests, n_bytes; /* since the last reseeding */
    uint8_t key[32];
    bool seeded;
};

void cv_drbg_init(struct cv_drbg *d, struct cv_rng entropy, uint64_t (*epoch)(void *ctx));
/* The same by a hash with a digest of 32 bytes, where ChaCha20 would be there for this alone; no epoch. */
void cv_drbg_init_hash(struct cv_drbg *d, struct cv_rng entropy, const struct cv_hash *hash);
cv_err cv_drbg_fill(struct cv_drbg *d, uint8_t *out, size_t len);
void cv_drbg_wipe(struct cv_drbg *d);

/* The DRBG as a cv_rng. */
struct cv_rng cv_drbg_rng(struct cv_drbg *d);

#endif
