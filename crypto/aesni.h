/* Inside the AES modes for x86: key expansion with AES-NI, and GHASH's field with PCLMULQDQ. */
#ifndef CV_AESNI_H
#define CV_AESNI_H

#include "crypto/aes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define CV_TARGET_AESNI __attribute__((target("aes,pclmul,ssse3,sse4.1")))

/* round_keys: n_rounds + 1. */
void cv_aesni_expand(__m128i *round_keys, unsigned n_rounds, const uint8_t *key);

/* Makes the keys of encryption those of decryption (FIPS 197 section 5.3.5), in the order in which that uses
 * them. */
void cv_aesni_invert_keys(__m128i *round_keys, unsigned n_rounds);

/* Encrypts one or two blocks in place, at the same time. */
void cv_aesni_encrypt(const __m128i *round_keys, unsigned n_rounds, uint8_t *blocks, size_t n_blocks);

/* Field elements stand with their bytes reversed, so that bit 127 is the coefficient of x^0. Powers of the
 * hash key are divided by x: the product of two reversed polynomials stands one bit too low, which that
 * makes good (S. Gueron, M. Kounavis: "Intel Carry-Less Multiplication Instruction and its Usage for
 * Computing the GCM Mode", 2010).
 *
 * A product, before reduction, is hi * 2^128 + mid * 2^64 + lo; sums of products are reduced once. */
struct cv_clmul_product {
    __m128i hi, mid, lo;
};

/* powers[n - 1] = H, powers[n - 2] = H^2, … for H = E(0): block i of n is multiplied by powers[i]. */
void cv_aesni_ghash_powers(__m128i *powers, size_t n, const __m128i *round_keys, unsigned n_rounds);

CV_TARGET_AESNI static inline __m128i cv_reverse_bytes(__m128i x)
{
    return _mm_shuffle_epi8(x, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

CV_TARGET_AESNI static inline void cv_clmul_add(struct cv_clmul_product *sum, __m128i a, __m128i b)
{
    sum->lo = _mm_xor_si128(sum->lo, _mm_clmulepi64_si128(a, b, 0x00));
    sum->hi = _mm_xor_si128(sum->hi, _mm_clmulepi64_si128(a, b, 0x11));
    sum->mid = _mm_xor_si128(sum->mid, _mm_clmulepi64_si128(a, b, 0x10));
    sum->mid = _mm_xor_si128(sum->mid, _mm_clmulepi64_si128(a, b, 0x01));
}

/* Reversed, the modulus is 1 + 0xc2 * 2^120 + 2^128: adding the multiple of it that clears the low 64 bits
 * exchanges two words and adds one product; twice. */
CV_TARGET_AESNI static inline __m128i cv_clmul_reduce(struct cv_clmul_product v)
{
    const __m128i poly = _mm_set_epi64x(0, (long long)UINT64_C(0xc200000000000000));
    __m128i lo = _mm_xor_si128(v.lo, _mm_slli_si128(v.mid, 8));
    __m128i hi = _mm_xor_si128(v.hi, _mm_srli_si128(v.mid, 8));
    lo = _mm_xor_si128(_mm_shuffle_epi32(lo, 0x4e), _mm_clmulepi64_si128(lo, poly, 0x00));
    lo = _mm_xor_si128(_mm_shuffle_epi32(lo, 0x4e), _mm_clmulepi64_si128(lo, poly, 0x00));
    return _mm_xor_si128(hi, lo);
}

#endif
#endif
