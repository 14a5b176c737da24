/* SHA-1, portable. FIPS 180-4 section 6.1. */
#include "crypto/sha2.h"
#include "crypto/base/secret.h"

/* FIPS 180-4 section 5.3.1. */
const uint32_t cv_sha1_iv[8] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

static inline uint32_t rol(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

/* f of section 4.1.1 and K of 4.2.1, for a quarter of the rounds. */
static inline uint32_t quarter_term(unsigned quarter, uint32_t b, uint32_t c, uint32_t d)
{
    if (quarter == 0) return (d ^ (b & (c ^ d))) + 0x5a827999;
    if (quarter == 1) return (b ^ c ^ d) + 0x6ed9eba1;
    if (quarter == 2) return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
    return (b ^ c ^ d) + 0xca62c1d6;
}

/* One round. e and b become the next a and c; the caller renames the others instead of moving them. */
static inline void one_round(unsigned quarter, uint32_t a, uint32_t *b, uint32_t c, uint32_t d, uint32_t *e,
                             uint32_t w)
{
    *e += rol(a, 5) + quarter_term(quarter, *b, c, d) + w;
    *b = rol(*b, 30);
}

/* W(t) for t = i modulo 16: in place of W(t - 16), unless the words are still the message's. */
static inline uint32_t schedule(uint32_t w[16], unsigned t)
{
    unsigned i = t & 15;
    if (t >= 16) w[i] = rol(w[(i + 13) & 15] ^ w[(i + 8) & 15] ^ w[(i + 2) & 15] ^ w[i], 1);
    return w[i];
}

/* Where speed counts, quarter and positions are constants: gcc is three times as fast for it. */
#if defined(__OPTIMIZE_SIZE__)
#define INLINE static
#define UNROLL
#else
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 4")
#endif

INLINE void rounds20(unsigned quarter, uint32_t v[5], uint32_t w[16])
{
    uint32_t a = v[0], b = v[1], c = v[2], d = v[3], e = v[4];
    UNROLL for (unsigned t = 20 * quarter; t < 20 * quarter + 20; t += 5)
    {
        one_round(quarter, a, &b, c, d, &e, schedule(w, t));
        one_round(quarter, e, &a, b, c, &d, schedule(w, t + 1));
        one_round(quarter, d, &e, a, b, &c, schedule(w, t + 2));
        one_round(quarter, c, &d, e, a, &b, schedule(w, t + 3));
        one_round(quarter, b, &c, d, e, &a, schedule(w, t + 4));
    }
    v[0] = a, v[1] = b, v[2] = c, v[3] = d, v[4] = e;
}

static void blocks(void *state, const uint8_t *p, size_t n_blocks)
{
    uint32_t *h = state, v[5], w[16];
    for (; n_blocks > 0; n_blocks--, p += 64) {
        for (unsigned i = 0; i < 5; i++) v[i] = h[i];
        for (unsigned i = 0; i < 16; i++) w[i] = cv_load_be32(p + 4 * i);
        rounds20(0, v, w);
        rounds20(1, v, w);
        rounds20(2, v, w);
        rounds20(3, v, w);
        for (unsigned i = 0; i < 5; i++) h[i] += v[i];
    }
    cv_wipe(v, sizeof v);
    cv_wipe(w, sizeof w);
}

const struct cv_hash cv_sha1 = {
    .name = "SHA-1",
    .id = CV_HASH_SHA1,
    .digest_len = 20,
    .block_len = 64,
    .iv = cv_sha1_iv,
    .blocks = blocks,
    .init = cv_sha256_init,
    .update = cv_sha256_update,
    .final = cv_sha256_final,
};
