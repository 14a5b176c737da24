/* SHA-384 and SHA-512 for x86-64 with AVX2 and BMI2: the message schedules of two blocks are computed side by
 * side, one in each half of the vectors, while the rounds of the first one run; rounds are scalar. FIPS 180-4
 * sections 6.4 and 6.5. */
#if defined(__x86_64__)

#include "crypto/sha2.h"
#include "crypto/sha512_round.h"
#include "crypto/base/secret.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi2")))

/* Message words with their constants added: two of the first block, two of the second, and so on. */
union schedule {
    __m256i pairs[40];
    uint64_t words[160];
};

TARGET static inline __m256i load_pairs(const uint8_t *a, const uint8_t *b)
{
    const __m256i swap =
        _mm256_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607, 0x08090a0b0c0d0e0f, 0x0001020304050607);
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)a),
            high = _mm_loadu_si128((const __m128i *)(const void *)b);
    return _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1), swap);
}

TARGET static inline __m256i add_k(__m256i w, const uint64_t *k)
{
    return _mm256_add_epi64(w, _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)(const void *)k)));
}

TARGET static inline __m256i small_sigma0(__m256i w)
{
    const __m256i ror8 =
        _mm256_set_epi64x(0x080f0e0d0c0b0a09, 0x0007060504030201, 0x080f0e0d0c0b0a09, 0x0007060504030201);
    __m256i ror1 = _mm256_or_si256(_mm256_srli_epi64(w, 1), _mm256_slli_epi64(w, 63));
    return _mm256_xor_si256(_mm256_xor_si256(ror1, _mm256_shuffle_epi8(w, ror8)), _mm256_srli_epi64(w, 7));
}

TARGET static inline __m256i small_sigma1(__m256i w)
{
    __m256i ror19 = _mm256_or_si256(_mm256_srli_epi64(w, 19), _mm256_slli_epi64(w, 45));
    __m256i ror61 = _mm256_or_si256(_mm256_srli_epi64(w, 61), _mm256_slli_epi64(w, 3));
    return _mm256_xor_si256(_mm256_xor_si256(ror19, ror61), _mm256_srli_epi64(w, 6));
}

/* W(t+16), W(t+17) of both blocks; w0 holds W(t), W(t+1), w2 the next, and so on. */
TARGET static inline __m256i expand(__m256i w0, __m256i w2, __m256i w8, __m256i w10, __m256i w14)
{
    __m256i s0 = small_sigma0(_mm256_alignr_epi8(w2, w0, 8));
    __m256i w9 = _mm256_alignr_epi8(w10, w8, 8);
    return _mm256_add_epi64(_mm256_add_epi64(w0, s0), _mm256_add_epi64(w9, small_sigma1(w14)));
}

TARGET static inline void rounds16(uint64_t v[8], const uint64_t *kw)
{
    uint64_t a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
    cv_sha512_round(a, b, c, &d, e, f, g, &h, kw[0]);
    cv_sha512_round(h, a, b, &c, d, e, f, &g, kw[1]);
    cv_sha512_round(g, h, a, &b, c, d, e, &f, kw[4]);
    cv_sha512_round(f, g, h, &a, b, c, d, &e, kw[5]);
    cv_sha512_round(e, f, g, &h, a, b, c, &d, kw[8]);
    cv_sha512_round(d, e, f, &g, h, a, b, &c, kw[9]);
    cv_sha512_round(c, d, e, &f, g, h, a, &b, kw[12]);
    cv_sha512_round(b, c, d, &e, f, g, h, &a, kw[13]);
    cv_sha512_round(a, b, c, &d, e, f, g, &h, kw[16]);
    cv_sha512_round(h, a, b, &c, d, e, f, &g, kw[17]);
    cv_sha512_round(g, h, a, &b, c, d, e, &f, kw[20]);
    cv_sha512_round(f, g, h, &a, b, c, d, &e, kw[21]);
    cv_sha512_round(e, f, g, &h, a, b, c, &d, kw[24]);
    cv_sha512_round(d, e, f, &g, h, a, b, &c, kw[25]);
    cv_sha512_round(c, d, e, &f, g, h, a, &b, kw[28]);
    cv_sha512_round(b, c, d, &e, f, g, h, &a, kw[29]);
    v[0] = a, v[1] = b, v[2] = c, v[3] = d, v[4] = e, v[5] = f, v[6] = g, v[7] = h;
}

TARGET static inline void expand16(__m256i w[8], __m256i *out, const uint64_t *k)
{
    __m256i w0 = w[0], w2 = w[1], w4 = w[2], w6 = w[3], w8 = w[4], w10 = w[5], w12 = w[6], w14 = w[7];
    w0 = expand(w0, w2, w8, w10, w14);
    w2 = expand(w2, w4, w10, w12, w0);
    w4 = expand(w4, w6, w12, w14, w2);
    w6 = expand(w6, w8, w14, w0, w4);
    w8 = expand(w8, w10, w0, w2, w6);
    w10 = expand(w10, w12, w2, w4, w8);
    w12 = expand(w12, w14, w4, w6, w10);
    w14 = expand(w14, w0, w6, w8, w12);
    w[0] = w0, w[1] = w2, w[2] = w4, w[3] = w6, w[4] = w8, w[5] = w10, w[6] = w12, w[7] = w14;
    for (unsigned i = 0; i < 8; i++) out[i] = add_k(w[i], k + 2 * i);
}

TARGET static void two_blocks(uint64_t h[8], const uint8_t *p)
{
    union schedule s;
    __m256i w[8];
    uint64_t v[8];
    for (unsigned i = 0; i < 8; i++) {
        w[i] = load_pairs(p + 16 * i, p + 128 + 16 * i);
        s.pairs[i] = add_k(w[i], cv_sha512_k + 2 * i);
        v[i] = h[i];
    }
    for (unsigned t = 0; t < 64; t += 16) {
        expand16(w, s.pairs + t / 2 + 8, cv_sha512_k + t + 16);
        rounds16(v, s.words + 2 * t);
    }
    rounds16(v, s.words + 2 * 64);
    for (unsigned i = 0; i < 8; i++) v[i] = h[i] += v[i];
    for (unsigned t = 0; t < 80; t += 16) rounds16(v, s.words + 2 * t + 2);
    for (unsigned i = 0; i < 8; i++) h[i] += v[i];
    cv_wipe(&s, sizeof s);
    cv_wipe(w, sizeof w);
    cv_wipe(v, sizeof v);
}

static void blocks(void *state, const uint8_t *p, size_t n_blocks)
{
    for (; n_blocks >= 2; n_blocks -= 2, p += 256) two_blocks(state, p);
    if (n_blocks > 0) cv_sha512_blocks(state, p, n_blocks); /* alone, a block is faster without vectors */
}

const struct cv_hash cv_sha384_avx2 = {
    .name = "SHA-384",
    .id = CV_HASH_SHA384,
    .digest_len = 48,
    .block_len = 128,
    .iv = cv_sha384_iv,
    .blocks = blocks,
    .init = cv_sha512_init,
    .update = cv_sha512_update,
    .final = cv_sha512_final,
};

const struct cv_hash cv_sha512_avx2 = {
    .name = "SHA-512",
    .id = CV_HASH_SHA512,
    .digest_len = 64,
    .block_len = 128,
    .iv = cv_sha512_iv,
    .blocks = blocks,
    .init = cv_sha512_init,
    .update = cv_sha512_update,
    .final = cv_sha512_final,
};

#else
typedef int cv_no_avx2; /* a translation unit must not be empty */
#endif
