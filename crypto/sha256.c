/* SHA-224 and SHA-256, portable. FIPS 180-4 sections 6.2 and 6.3. */
#include "crypto/sha2.h"
#include "crypto/base/secret.h"

/* FIPS 180-4 section 5.3.2: second halves of the fractional parts of the square roots of the ninth to
 * sixteenth prime. */
const uint32_t cv_sha224_iv[8] = {
    0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4,
};

/* Section 5.3.3: fractional parts of the square roots of the first eight primes. */
const uint32_t cv_sha256_iv[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* Section 4.2.2: fractional parts of the cube roots of the first 64 primes. */
_Alignas(64) const uint32_t cv_sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t ror(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}

static inline uint32_t big_sigma0(uint32_t a)
{
    return ror(a, 2) ^ ror(a, 13) ^ ror(a, 22);
}

static inline uint32_t big_sigma1(uint32_t e)
{
    return ror(e, 6) ^ ror(e, 11) ^ ror(e, 25);
}

static inline uint32_t small_sigma0(uint32_t w)
{
    return ror(w, 7) ^ ror(w, 18) ^ w >> 3;
}

static inline uint32_t small_sigma1(uint32_t w)
{
    return ror(w, 17) ^ ror(w, 19) ^ w >> 10;
}

/* One round. d and h become the next e and a; the caller renames the others instead of moving them. */
static inline void one_round(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f,
                             uint32_t g, uint32_t *h, uint32_t kw)
{
    uint32_t t = *h + big_sigma1(e) + (g ^ (e & (f ^ g))) + kw;
    *d += t;
    *h = t + big_sigma0(a) + ((a & b) | (c & (a | b)));
}

/* W(t) for t = i modulo 16: in place of W(t - 16), unless the words are still the message's. */
static inline uint32_t schedule(uint32_t w[16], unsigned i, bool expand)
{
    if (expand) w[i] += small_sigma0(w[(i + 1) & 15]) + w[(i + 9) & 15] + small_sigma1(w[(i + 14) & 15]);
    return w[i];
}

static inline void rounds16(uint32_t v[8], uint32_t w[16], const uint32_t k[16], bool expand)
{
    uint32_t a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
    one_round(a, b, c, &d, e, f, g, &h, schedule(w, 0, expand) + k[0]);
    one_round(h, a, b, &c, d, e, f, &g, schedule(w, 1, expand) + k[1]);
    one_round(g, h, a, &b, c, d, e, &f, schedule(w, 2, expand) + k[2]);
    one_round(f, g, h, &a, b, c, d, &e, schedule(w, 3, expand) + k[3]);
    one_round(e, f, g, &h, a, b, c, &d, schedule(w, 4, expand) + k[4]);
    one_round(d, e, f, &g, h, a, b, &c, schedule(w, 5, expand) + k[5]);
    one_round(c, d, e, &f, g, h, a, &b, schedule(w, 6, expand) + k[6]);
    one_round(b, c, d, &e, f, g, h, &a, schedule(w, 7, expand) + k[7]);
    one_round(a, b, c, &d, e, f, g, &h, schedule(w, 8, expand) + k[8]);
    one_round(h, a, b, &c, d, e, f, &g, schedule(w, 9, expand) + k[9]);
    one_round(g, h, a, &b, c, d, e, &f, schedule(w, 10, expand) + k[10]);
    one_round(f, g, h, &a, b, c, d, &e, schedule(w, 11, expand) + k[11]);
    one_round(e, f, g, &h, a, b, c, &d, schedule(w, 12, expand) + k[12]);
    one_round(d, e, f, &g, h, a, b, &c, schedule(w, 13, expand) + k[13]);
    one_round(c, d, e, &f, g, h, a, &b, schedule(w, 14, expand) + k[14]);
    one_round(b, c, d, &e, f, g, h, &a, schedule(w, 15, expand) + k[15]);
    v[0] = a, v[1] = b, v[2] = c, v[3] = d, v[4] = e, v[5] = f, v[6] = g, v[7] = h;
}

static void blocks(void *state, const uint8_t *p, size_t n_blocks)
{
    uint32_t *h = state, v[8], w[16];
    for (; n_blocks > 0; n_blocks--, p += 64) {
        for (unsigned i = 0; i < 8; i++) v[i] = h[i];
        for (unsigned i = 0; i < 16; i++) w[i] = cv_load_be32(p + 4 * i);
        rounds16(v, w, cv_sha256_k, false);
        for (unsigned t = 16; t < 64; t += 16) rounds16(v, w, cv_sha256_k + t, true);
        for (unsigned i = 0; i < 8; i++) h[i] += v[i];
    }
    cv_wipe(v, sizeof v);
    cv_wipe(w, sizeof w);
}

const struct cv_hash cv_sha224 = {
    .name = "SHA-224",
    .id = CV_HASH_SHA224,
    .digest_len = 28,
    .block_len = 64,
    .iv = cv_sha224_iv,
    .blocks = blocks,
    .init = cv_sha256_init,
    .update = cv_sha256_update,
    .final = cv_sha256_final,
};

const struct cv_hash cv_sha256 = {
    .name = "SHA-256",
    .id = CV_HASH_SHA256,
    .digest_len = 32,
    .block_len = 64,
    .iv = cv_sha256_iv,
    .blocks = blocks,
    .init = cv_sha256_init,
    .update = cv_sha256_update,
    .final = cv_sha256_final,
};
