/* SHA-384 and SHA-512, portable. FIPS 180-4 sections 6.4 and 6.5. */
#include "crypto/sha2.h"
#include "crypto/sha512_round.h"
#include "crypto/base/secret.h"

/* FIPS 180-4 section 5.3.4: fractional parts of the square roots of the ninth to sixteenth prime. */
const uint64_t cv_sha384_iv[8] = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
};

/* Section 5.3.5: the same of the first eight primes. */
const uint64_t cv_sha512_iv[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* Section 4.2.3: fractional parts of the cube roots of the first 80 primes. */
_Alignas(64) const uint64_t cv_sha512_k[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static inline uint64_t small_sigma0(uint64_t w)
{
    return cv_sha512_ror(w, 1) ^ cv_sha512_ror(w, 8) ^ w >> 7;
}

static inline uint64_t small_sigma1(uint64_t w)
{
    return cv_sha512_ror(w, 19) ^ cv_sha512_ror(w, 61) ^ w >> 6;
}

/* W(t) for t = i modulo 16: in place of W(t - 16), unless the words are still the message's. */
static inline uint64_t schedule(uint64_t w[16], unsigned i, bool expand)
{
    if (expand) w[i] += small_sigma0(w[(i + 1) & 15]) + w[(i + 9) & 15] + small_sigma1(w[(i + 14) & 15]);
    return w[i];
}

static inline void rounds16(uint64_t v[8], uint64_t w[16], const uint64_t k[16], bool expand)
{
    uint64_t a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
    cv_sha512_round(a, b, c, &d, e, f, g, &h, schedule(w, 0, expand) + k[0]);
    cv_sha512_round(h, a, b, &c, d, e, f, &g, schedule(w, 1, expand) + k[1]);
    cv_sha512_round(g, h, a, &b, c, d, e, &f, schedule(w, 2, expand) + k[2]);
    cv_sha512_round(f, g, h, &a, b, c, d, &e, schedule(w, 3, expand) + k[3]);
    cv_sha512_round(e, f, g, &h, a, b, c, &d, schedule(w, 4, expand) + k[4]);
    cv_sha512_round(d, e, f, &g, h, a, b, &c, schedule(w, 5, expand) + k[5]);
    cv_sha512_round(c, d, e, &f, g, h, a, &b, schedule(w, 6, expand) + k[6]);
    cv_sha512_round(b, c, d, &e, f, g, h, &a, schedule(w, 7, expand) + k[7]);
    cv_sha512_round(a, b, c, &d, e, f, g, &h, schedule(w, 8, expand) + k[8]);
    cv_sha512_round(h, a, b, &c, d, e, f, &g, schedule(w, 9, expand) + k[9]);
    cv_sha512_round(g, h, a, &b, c, d, e, &f, schedule(w, 10, expand) + k[10]);
    cv_sha512_round(f, g, h, &a, b, c, d, &e, schedule(w, 11, expand) + k[11]);
    cv_sha512_round(e, f, g, &h, a, b, c, &d, schedule(w, 12, expand) + k[12]);
    cv_sha512_round(d, e, f, &g, h, a, b, &c, schedule(w, 13, expand) + k[13]);
    cv_sha512_round(c, d, e, &f, g, h, a, &b, schedule(w, 14, expand) + k[14]);
    cv_sha512_round(b, c, d, &e, f, g, h, &a, schedule(w, 15, expand) + k[15]);
    v[0] = a, v[1] = b, v[2] = c, v[3] = d, v[4] = e, v[5] = f, v[6] = g, v[7] = h;
}

void cv_sha512_blocks(void *state, const uint8_t *p, size_t n_blocks)
{
    uint64_t *h = state, v[8], w[16];
    for (; n_blocks > 0; n_blocks--, p += 128) {
        for (unsigned i = 0; i < 8; i++) v[i] = h[i];
        for (unsigned i = 0; i < 16; i++) w[i] = cv_load_be64(p + 8 * i);
        rounds16(v, w, cv_sha512_k, false);
        for (unsigned t = 16; t < 80; t += 16) rounds16(v, w, cv_sha512_k + t, true);
        for (unsigned i = 0; i < 8; i++) h[i] += v[i];
    }
    cv_wipe(v, sizeof v);
    cv_wipe(w, sizeof w);
}

const struct cv_hash cv_sha384 = {
    .name = "SHA-384",
    .id = CV_HASH_SHA384,
    .digest_len = 48,
    .block_len = 128,
    .iv = cv_sha384_iv,
    .blocks = cv_sha512_blocks,
    .init = cv_sha512_init,
    .update = cv_sha512_update,
    .final = cv_sha512_final,
};

const struct cv_hash cv_sha512 = {
    .name = "SHA-512",
    .id = CV_HASH_SHA512,
    .digest_len = 64,
    .block_len = 128,
    .iv = cv_sha512_iv,
    .blocks = cv_sha512_blocks,
    .init = cv_sha512_init,
    .update = cv_sha512_update,
    .final = cv_sha512_final,
};
