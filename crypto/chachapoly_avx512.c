/* ChaCha20-Poly1305 with AVX-512: sixteen blocks of ChaCha20, eight of Poly1305 at a time. */
#include "crypto/chachapoly.h"

#if defined(__x86_64__)

#include "crypto/xor.h"
#include "crypto/base/secret.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi2,avx512f,avx512bw,avx512dq,avx512vl")))
#define INLINE __attribute__((always_inline)) static inline
#define LANES 16

typedef __m512i vec;

static const uint8_t block_of_lane[LANES / 2] = {0, 4, 1, 5, 2, 6, 3, 7};

TARGET INLINE vec v_load(const void *p)
{
    return _mm512_loadu_si512(p);
}

TARGET INLINE void v_store(void *p, vec a)
{
    _mm512_storeu_si512(p, a);
}

TARGET INLINE vec v_set32(uint32_t a)
{
    return _mm512_set1_epi32((int)a);
}

TARGET INLINE vec v_set64(uint64_t a)
{
    return _mm512_set1_epi64((long long)a);
}

TARGET INLINE vec v_count(void)
{
    return _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}

TARGET INLINE vec v_row(const void *p)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128(p));
}

TARGET INLINE vec v_add32(vec a, vec b)
{
    return _mm512_add_epi32(a, b);
}

TARGET INLINE vec v_add64(vec a, vec b)
{
    return _mm512_add_epi64(a, b);
}

TARGET INLINE vec v_mul(vec a, vec b)
{
    return _mm512_mul_epu32(a, b);
}

TARGET INLINE vec v_xor(vec a, vec b)
{
    return _mm512_xor_si512(a, b);
}

TARGET INLINE vec v_or(vec a, vec b)
{
    return _mm512_or_si512(a, b);
}

TARGET INLINE vec v_and(vec a, vec b)
{
    return _mm512_and_si512(a, b);
}

TARGET INLINE vec v_shl64(vec a, int n)
{
    return _mm512_slli_epi64(a, (unsigned)n);
}

TARGET INLINE vec v_shr64(vec a, int n)
{
    return _mm512_srli_epi64(a, (unsigned)n);
}

TARGET INLINE vec v_rotl32(vec a, int n)
{
    if (n == 16) return _mm512_rol_epi32(a, 16);
    if (n == 12) return _mm512_rol_epi32(a, 12);
    return n == 8 ? _mm512_rol_epi32(a, 8) : _mm512_rol_epi32(a, 7);
}

TARGET INLINE vec v_turn(vec a, int n)
{
    if (n == 1) return _mm512_shuffle_epi32(a, (_MM_PERM_ENUM)0x39);
    return n == 2 ? _mm512_shuffle_epi32(a, (_MM_PERM_ENUM)0x4e)
                  : _mm512_shuffle_epi32(a, (_MM_PERM_ENUM)0x93);
}

TARGET INLINE vec v_low32(vec a, vec b)
{
    return _mm512_unpacklo_epi32(a, b);
}

TARGET INLINE vec v_high32(vec a, vec b)
{
    return _mm512_unpackhi_epi32(a, b);
}

TARGET INLINE vec v_low64(vec a, vec b)
{
    return _mm512_unpacklo_epi64(a, b);
}

TARGET INLINE vec v_high64(vec a, vec b)
{
    return _mm512_unpackhi_epi64(a, b);
}

TARGET INLINE void xor_block(uint8_t *dst, const uint8_t *src, size_t n_blocks, unsigned i, vec v)
{
    if (i < n_blocks) v_store(dst + 64 * i, v_xor(v, v_load(src + 64 * i)));
}

/* Lane j of a, b, c, d holds the four rows of block 4j + i. */
TARGET INLINE void store_lanes(uint8_t *dst, const uint8_t *src, size_t n_blocks, unsigned i, vec a, vec b,
                               vec c, vec d)
{
    const vec ab_low = _mm512_shuffle_i32x4(a, b, 0x44), ab_high = _mm512_shuffle_i32x4(a, b, 0xee);
    const vec cd_low = _mm512_shuffle_i32x4(c, d, 0x44), cd_high = _mm512_shuffle_i32x4(c, d, 0xee);
    xor_block(dst, src, n_blocks, i, _mm512_shuffle_i32x4(ab_low, cd_low, 0x88));
    xor_block(dst, src, n_blocks, i + 4, _mm512_shuffle_i32x4(ab_low, cd_low, 0xdd));
    xor_block(dst, src, n_blocks, i + 8, _mm512_shuffle_i32x4(ab_high, cd_high, 0x88));
    xor_block(dst, src, n_blocks, i + 12, _mm512_shuffle_i32x4(ab_high, cd_high, 0xdd));
}

TARGET INLINE void v_end(void)
{
    _mm256_zeroupper();
}

#include "crypto/chachapoly_wide.h"

const struct cv_aead cv_chacha20_poly1305_avx512 = {
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
