#include "crypto/aesni.h"

#if defined(__x86_64__)

/* SubWord of the last column, rotated if the mask rotates, in all four columns. Where the columns are equal
 * ShiftRows changes nothing, so that AESENCLAST is SubBytes. */
CV_TARGET_AESNI static __m128i sub_column(__m128i key, int mask, uint32_t rcon)
{
    __m128i t = _mm_shuffle_epi8(key, _mm_set1_epi32(mask));
    return _mm_aesenclast_si128(t, _mm_set1_epi32((int)rcon));
}

/* Each column becomes the sum of itself and those before it. */
CV_TARGET_AESNI static __m128i prefix_sums(__m128i key)
{
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    return _mm_xor_si128(key, _mm_slli_si128(key, 8));
}

/* FIPS 197 section 5.2. */
CV_TARGET_AESNI void cv_aesni_expand(__m128i *round_keys, unsigned n_rounds, const uint8_t *key)
{
    const int rotated = 0x0c0f0e0d, straight = 0x0f0e0d0c; /* column 3 */
    const unsigned n_key = n_rounds == CV_AES128_ROUNDS ? 1 : 2;
    uint32_t rcon = 1;
    for (unsigned i = 0; i < n_key; i++)
        round_keys[i] = _mm_loadu_si128((const __m128i *)(const void *)key + i);
    for (unsigned i = n_key; i <= n_rounds; i++) {
        __m128i t;
        if (i % n_key == 0) {
            t = sub_column(round_keys[i - 1], rotated, rcon);
            rcon = rcon << 1 ^ (rcon >> 7) * 0x11b;
        } else {
            t = sub_column(round_keys[i - 1], straight, 0);
        }
        round_keys[i] = _mm_xor_si128(prefix_sums(round_keys[i - n_key]), t);
    }
}

CV_TARGET_AESNI void cv_aesni_invert_keys(__m128i *round_keys, unsigned n_rounds)
{
    for (unsigned i = 0, j = n_rounds; i < j; i++, j--) {
        __m128i t = round_keys[i];
        round_keys[i] = round_keys[j];
        round_keys[j] = t;
    }
    for (unsigned i = 1; i < n_rounds; i++) round_keys[i] = _mm_aesimc_si128(round_keys[i]);
}

CV_TARGET_AESNI void cv_aesni_encrypt(const __m128i *round_keys, unsigned n_rounds, uint8_t *blocks,
                                      size_t n_blocks)
{
    uint8_t *second = blocks + CV_AES_BLOCK_LEN * (n_blocks - 1); /* the first again if there is but one */
    __m128i a = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)blocks), round_keys[0]);
    __m128i b = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)second), round_keys[0]);
    for (unsigned r = 1; r < n_rounds; r++) {
        a = _mm_aesenc_si128(a, round_keys[r]);
        b = _mm_aesenc_si128(b, round_keys[r]);
    }
    _mm_storeu_si128((__m128i *)(void *)blocks, _mm_aesenclast_si128(a, round_keys[n_rounds]));
    _mm_storeu_si128((__m128i *)(void *)second, _mm_aesenclast_si128(b, round_keys[n_rounds]));
}

/* Shifts left by one bit, which divides by x; x^-1 = x^127 + x^6 + x + 1 takes in what falls off. */
CV_TARGET_AESNI static __m128i divide_by_x(__m128i h)
{
    __m128i off = _mm_shuffle_epi32(_mm_srai_epi32(h, 31), 0xff); /* all ones if bit 127 is set */
    __m128i carry = _mm_slli_si128(_mm_srli_epi64(h, 63), 8);
    h = _mm_or_si128(_mm_slli_epi64(h, 1), carry);
    return _mm_xor_si128(h, _mm_and_si128(off, _mm_set_epi32((int)0xc2000000, 0, 0, 1)));
}

CV_TARGET_AESNI void cv_aesni_ghash_powers(__m128i *powers, size_t n, const __m128i *round_keys,
                                           unsigned n_rounds)
{
    __m128i h = round_keys[0];
    for (unsigned r = 1; r < n_rounds; r++) h = _mm_aesenc_si128(h, round_keys[r]);
    h = divide_by_x(cv_reverse_bytes(_mm_aesenclast_si128(h, round_keys[n_rounds])));
    powers[n - 1] = h;
    for (size_t i = n - 1; i-- > 0;) {
        struct cv_clmul_product v = {0};
        cv_clmul_add(&v, powers[i + 1], h);
        powers[i] = cv_clmul_reduce(v);
    }
}

#endif
