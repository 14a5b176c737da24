/* ChaCha20-Poly1305 with AVX2: eight blocks of ChaCha20, four of Poly1305 at a time. */
#include "crypto/chachapoly.h"

#if defined(__x86_64__)

#include "crypto/xor.h"
#include "crypto/base/secret.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi2")))
#define INLINE __attribute__((always_inline)) static inline
#define LANES 8

typedef __m256i vec;

static const uint8_t block_of_lane[LANES / 2] = {0, 2, 1, 3};

TARGET INLINE vec v_load(const void *p)
{
    return _mm256_loadu_si256(p);
}

TARGET INLINE void v_store(void *p, vec a)
{
    _mm256_storeu_si256(p, a);
}

TARGET INLINE vec v_set32(uint32_t a)
{
    return _mm256_set1_epi32((int)a);
}

TARGET INLINE vec v_set64(uint64_t a)
{
    return _mm256_set1_epi64x((long long)a);
}

TARGET INLINE vec v_count(void)
{
    return _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
}

TARGET INLINE vec v_row(const void *p)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(p));
}

TARGET INLINE vec v_add32(vec a, vec b)
{
    return _mm256_add_epi32(a, b);
}

TARGET INLINE vec v_add64(vec a, vec b)
{
    return _mm256_add_epi64(a, b);
}

TARGET INLINE vec v_mul(vec a, vec b)
{
    return _mm256_mul_epu32(a, b);
}

TARGET INLINE vec v_xor(vec a, vec b)
{
    return _mm256_xor_si256(a, b);
}

TARGET INLINE vec v_or(vec a, vec b)
{
    return _mm256_or_si256(a, b);
}

TARGET INLINE vec v_and(vec a, vec b)
{
    return _mm256_and_si256(a, b);
}

TARGET INLINE vec v_shl64(vec a, int n)
{
    return _mm256_slli_epi64(a, n);
}

TARGET INLINE vec v_shr64(vec a, int n)
{
    return _mm256_srli_epi64(a, n);
}

/* A shuffle does whole bytes in one step. */
TARGET INLINE vec v_rotl32(vec a, int n)
{
    if (n == 16) {
        const __m128i order = _mm_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2);
        return _mm256_shuffle_epi8(a, _mm256_broadcastsi128_si256(order));
    }
    if (n == 8) {
        const __m128i order = _mm_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3);
        return _mm256_shuffle_epi8(a, _mm256_broadcastsi128_si256(order));
    }
    return _mm256_or_si256(_mm256_slli_epi32(a, n), _mm256_srli_epi32(a, 32 - n));
}

TARGET INLINE vec v_turn(vec a, int n)
{
    if (n == 1) return _mm256_shuffle_epi32(a, 0x39);
    return n == 2 ? _mm256_shuffle_epi32(a, 0x4e) : _mm256_shuffle_epi32(a, 0x93);
}

TARGET INLINE vec v_low32(vec a, vec b)
{
    return _mm256_unpacklo_epi32(a, b);
}

TARGET INLINE vec v_high32(vec a, vec b)
{
    return _mm256_unpackhi_epi32(a, b);
}

TARGET INLINE vec v_low64(vec a, vec b)
{
    return _mm256_unpacklo_epi64(a, b);
}

TARGET INLINE vec v_high64(vec a, vec b)
{
    return _mm256_unpackhi_epi64(a, b);
}

TARGET INLINE void xor_half(uint8_t *dst, const uint8_t *src, vec v)
{
    v_store(dst, v_xor(v, v_load(src)));
}

/* Lane j of a, b, c, d holds the four rows of block 4j + i. */
TARGET INLINE void store_lanes(uint8_t *dst, const uint8_t *src, size_t n_blocks, unsigned i, vec a, vec b,
                               vec c, vec d)
{
    size_t at = 64 * i;
    if (i < n_blocks) {
        xor_half(dst + at, src + at, _mm256_permute2x128_si256(a, b, 0x20));
        xor_half(dst + at + 32, src + at + 32, _mm256_permute2x128_si256(c, d, 0x20));
    }
    at += 256;
    if (i + 4 < n_blocks) {
        xor_half(dst + at, src + at, _mm256_permute2x128_si256(a, b, 0x31));
        xor_half(dst + at + 32, src + at + 32, _mm256_permute2x128_si256(c, d, 0x31));
    }
}

TARGET INLINE void v_end(void)
{
    _mm256_zeroupper();
}

#include "crypto/chachapoly_wide.h"

const struct cv_aead cv_chacha20_poly1305_avx2 = {
    .name = "ChaCha20-Poly1305",
    .key_len = 32,
    .tag_len = 16,
    .state_len = 32,
    .record_limit = CV_CHACHAPOLY_RECORD_LIMIT,
    .chachapoly = &impl,
    .init = cv_chachapoly_init,
    .seal = cv_chachapoly_seal,
    .open = cv_chachapoly_open,
    .pieces = &cv_chachapoly_pieces,
};

#endif
