/* SHA-1, SHA-224 and SHA-256 with the SHA instructions of x86-64. FIPS 180-4 section 6.1 to 6.3; Intel SDM
 * volume 2, SHA1RNDS4, SHA256RNDS2 and their companions. */
#if defined(__x86_64__)

#include "crypto/sha2.h"
#include "crypto/base/secret.h"

#include <immintrin.h>

#define TARGET __attribute__((target("sha,ssse3,sse4.1")))

/* 16 bytes as four big-endian words, the first in the lowest lane. */
TARGET static inline __m128i load_words(const uint8_t *p)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), swap);
}

/* W(t+16..t+19) from W(t..t+15). */
TARGET static inline __m128i expand256(__m128i w0, __m128i w4, __m128i w8, __m128i w12)
{
    __m128i t = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
    return _mm_sha256msg2_epu32(t, w12);
}

TARGET static inline void four_rounds256(__m128i *abef, __m128i *cdgh, __m128i w, const uint32_t k[4])
{
    __m128i kw = _mm_add_epi32(w, _mm_load_si128((const __m128i *)(const void *)k));
    *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, kw);
    *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(kw, 0x0e));
}

TARGET static void blocks256(void *state, const uint8_t *p, size_t n_blocks)
{
    /* The instructions want the state as (f, e, b, a) and (h, g, d, c), lowest lane first. */
    __m128i *h = state;
    __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(h), 0xb1);
    __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(h + 1), 0x1b);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);

    for (; n_blocks > 0; n_blocks--, p += 64) {
        __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w0 = load_words(p), w4 = load_words(p + 16), w8 = load_words(p + 32),
                w12 = load_words(p + 48);
        for (unsigned t = 0;; t += 16) {
            four_rounds256(&abef, &cdgh, w0, cv_sha256_k + t);
            four_rounds256(&abef, &cdgh, w4, cv_sha256_k + t + 4);
            four_rounds256(&abef, &cdgh, w8, cv_sha256_k + t + 8);
            four_rounds256(&abef, &cdgh, w12, cv_sha256_k + t + 12);
            if (t == 48) break;
            w0 = expand256(w0, w4, w8, w12);
            w4 = expand256(w4, w8, w12, w0);
            w8 = expand256(w8, w12, w0, w4);
            w12 = expand256(w12, w0, w4, w8);
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(h, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(h + 1, _mm_alignr_epi8(dchg, feba, 8));
}

/* For SHA-1 the first word stands in the highest lane. */
TARGET static inline __m128i load_words_reversed(const uint8_t *p)
{
    const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), swap);
}

TARGET static inline __m128i expand1(__m128i w0, __m128i w4, __m128i w8, __m128i w12)
{
    return _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(w0, w4), w8), w12);
}

struct sha1 {
    __m128i abcd, before; /* the variables now and four rounds ago: e is the old a, rotated */
};

/* Four rounds; f, the quarter, must be an immediate of the instruction. */
TARGET static inline void four_rounds1(struct sha1 *s, __m128i w, unsigned f)
{
    __m128i ew = _mm_sha1nexte_epu32(s->before, w);
    s->before = s->abcd;
    switch (f) {
    case 0:
        s->abcd = _mm_sha1rnds4_epu32(s->abcd, ew, 0);
        break;
    case 1:
        s->abcd = _mm_sha1rnds4_epu32(s->abcd, ew, 1);
        break;
    case 2:
        s->abcd = _mm_sha1rnds4_epu32(s->abcd, ew, 2);
        break;
    default:
        s->abcd = _mm_sha1rnds4_epu32(s->abcd, ew, 3);
        break;
    }
}

TARGET static inline void block1(struct sha1 *s, const uint8_t *p)
{
    __m128i w0 = load_words_reversed(p), w4 = load_words_reversed(p + 16);
    __m128i w8 = load_words_reversed(p + 32), w12 = load_words_reversed(p + 48);
    four_rounds1(s, w0, 0);
    four_rounds1(s, w4, 0);
    four_rounds1(s, w8, 0);
    four_rounds1(s, w12, 0);
    four_rounds1(s, w0 = expand1(w0, w4, w8, w12), 0);
    four_rounds1(s, w4 = expand1(w4, w8, w12, w0), 1);
    four_rounds1(s, w8 = expand1(w8, w12, w0, w4), 1);
    four_rounds1(s, w12 = expand1(w12, w0, w4, w8), 1);
    four_rounds1(s, w0 = expand1(w0, w4, w8, w12), 1);
    four_rounds1(s, w4 = expand1(w4, w8, w12, w0), 1);
    four_rounds1(s, w8 = expand1(w8, w12, w0, w4), 2);
    four_rounds1(s, w12 = expand1(w12, w0, w4, w8), 2);
    four_rounds1(s, w0 = expand1(w0, w4, w8, w12), 2);
    four_rounds1(s, w4 = expand1(w4, w8, w12, w0), 2);
    four_rounds1(s, w8 = expand1(w8, w12, w0, w4), 2);
    four_rounds1(s, w12 = expand1(w12, w0, w4, w8), 3);
    four_rounds1(s, w0 = expand1(w0, w4, w8, w12), 3);
    four_rounds1(s, w4 = expand1(w4, w8, w12, w0), 3);
    four_rounds1(s, w8 = expand1(w8, w12, w0, w4), 3);
    four_rounds1(s, w12 = expand1(w12, w0, w4, w8), 3);
}

static inline uint32_t rol(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

TARGET static void blocks1(void *state, const uint8_t *p, size_t n_blocks)
{
    uint32_t *h = state;
    struct sha1 s;
    __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)h), 0x1b);
    uint32_t e = h[4];
    for (; n_blocks > 0; n_blocks--, p += 64) {
        s.abcd = abcd;
        s.before = _mm_set_epi32((int)rol(e, 2), 0, 0, 0); /* the a whose rotation by 30 is e */
        block1(&s, p);
        abcd = _mm_add_epi32(abcd, s.abcd);
        e += rol((uint32_t)_mm_extract_epi32(s.before, 3), 30);
    }
    _mm_storeu_si128((__m128i *)(void *)h, _mm_shuffle_epi32(abcd, 0x1b));
    h[4] = e;
    cv_wipe(&s, sizeof s);
}

const struct cv_hash cv_sha1_shani = {
    .name = "SHA-1",
    .id = CV_HASH_SHA1,
    .digest_len = 20,
    .block_len = 64,
    .iv = cv_sha1_iv,
    .blocks = blocks1,
    .init = cv_sha256_init,
    .update = cv_sha256_update,
    .final = cv_sha256_final,
};

const struct cv_hash cv_sha224_shani = {
    .name = "SHA-224",
    .id = CV_HASH_SHA224,
    .digest_len = 28,
    .block_len = 64,
    .iv = cv_sha224_iv,
    .blocks = blocks256,
    .init = cv_sha256_init,
    .update = cv_sha256_update,
    .final = cv_sha256_final,
};

const struct cv_hash cv_sha256_shani = {
    .name = "SHA-256",
    .id = CV_HASH_SHA256,
    .digest_len = 32,
    .block_len = 64,
    .iv = cv_sha256_iv,
    .blocks = blocks256,
    .init = cv_sha256_init,
    .update = cv_sha256_update,
    .final = cv_sha256_final,
};

#else
typedef int cv_no_shani; /* a translation unit must not be empty */
#endif
