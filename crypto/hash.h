/* Hash functions. A descriptor names one implementation; states are plain structs that may be copied,
 * so that a transcript can be read and continued. FIPS 180-4, FIPS 202. */
#ifndef CV_HASH_H
#define CV_HASH_H

#include "crypto/base/bytes.h"
#include "crypto/cpu.h"

enum cv_hash_id {
    CV_HASH_NONE,
    CV_HASH_SHA1,
    CV_HASH_SHA224,
    CV_HASH_SHA256,
    CV_HASH_SHA384,
    CV_HASH_SHA512,
    CV_HASH_SHA3_256,
    CV_HASH_SHA3_384,
    CV_HASH_SHA3_512,
    CV_HASH_SHAKE256_114, /* SHAKE256 cut to 114 bytes, as Ed448 uses it */
};

enum { CV_HASH_MAX = 64, CV_HASH_BLOCK_MAX = 144 };

/* A Keccak sponge. */
struct cv_keccak {
    uint64_t a[25];
    uint32_t at;   /* position in the block */
    uint32_t rate; /* bytes a block */
};

union cv_hash_state {
    struct {
        uint32_t h[8];
        uint64_t len; /* bytes absorbed */
        uint8_t block[64];
    } sha256; /* SHA-1 too */
    struct {
        uint64_t h[8];
        uint64_t len; /* bytes absorbed; 2^61 suffice */
        uint8_t block[128];
    } sha512;
    struct cv_keccak keccak;
};

struct cv_hash {
    const char *name; /* "SHA-256" */
    enum cv_hash_id id;
    uint8_t digest_len;
    uint8_t block_len;

    /* SHA-1 and SHA-2: where they begin, and how they absorb n_blocks whole blocks into h: eight words of 32
     * bits up to SHA-256, of 64 bits above. SHA-3: NULL. */
    const void *iv;
    void (*blocks)(void *h, const uint8_t *p, size_t n_blocks);

    /* Each is called with the descriptor that it is taken from. */
    void (*init)(const struct cv_hash *alg, union cv_hash_state *s);
    void (*update)(const struct cv_hash *alg, union cv_hash_state *s, const uint8_t *p, size_t len);
    void (*final)(const struct cv_hash *alg, union cv_hash_state *s, uint8_t *digest); /* s is wiped */
};

/* A running hash: which one, and how far. */
struct cv_hash_ctx {
    const struct cv_hash *alg;
    union cv_hash_state s;
};

static inline void cv_hash_init(struct cv_hash_ctx *c, const struct cv_hash *alg)
{
    c->alg = alg;
    alg->init(alg, &c->s);
}
static inline void cv_hash_update(struct cv_hash_ctx *c, const void *p, size_t len)
{
    c->alg->update(c->alg, &c->s, p, len);
}
static inline void cv_hash_final(struct cv_hash_ctx *c, uint8_t *digest)
{
    c->alg->final(c->alg, &c->s, digest);
}

/* One message at once. */
void cv_hash_digest(const struct cv_hash *alg, uint8_t *digest, const void *p, size_t len);

extern const struct cv_hash cv_sha1; /* identifiers and legacy checks only, never new signatures */
extern const struct cv_hash cv_sha224;
extern const struct cv_hash cv_sha256;
extern const struct cv_hash cv_sha384;
extern const struct cv_hash cv_sha512;
extern const struct cv_hash cv_sha3_256;
extern const struct cv_hash cv_sha3_384;
extern const struct cv_hash cv_sha3_512;

#if defined(__x86_64__)
extern const struct cv_hash cv_sha1_shani;
extern const struct cv_hash cv_sha224_shani;
extern const struct cv_hash cv_sha256_shani;
extern const struct cv_hash cv_sha384_avx2;
extern const struct cv_hash cv_sha512_avx2;
#endif
#if defined(CV_AARCH64_CRYPTO)
extern const struct cv_hash cv_sha224_armv8; /* CV_CPU_SHA256 */
extern const struct cv_hash cv_sha256_armv8;
#endif

#endif
