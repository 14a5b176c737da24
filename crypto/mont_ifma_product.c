#include "crypto/mont_ifma.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi2,avx512f,avx512ifma")))
#define INLINE __attribute__((always_inline)) static inline
/* gcc unrolls the short loops on request only, clang by itself, unless it is asked for more rounds than there
 * are. */
#if defined(__clang__)
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 10")
#endif

typedef __m512i vec;

enum { LANES = CV_IFMA_LANES, DIGIT_BITS = CV_IFMA_DIGIT_BITS, VECTORS_MAX = CV_IFMA_VECTORS_MAX };

/* Moves digits a lane down, towards the least significant; `above` follows at the top. */
TARGET INLINE vec lane_down(vec above, vec v)
{
    return _mm512_alignr_epi64(above, v, 1);
}

/* Brings digits, whose lanes hold up to 64 bits, to 52 bits. The carries of a register run through runs of
 * full digits by an addition of their masks. */
TARGET INLINE void normalise(uint64_t *r, vec *t, size_t n_vectors)
{
    const vec full = _mm512_set1_epi64((long long)CV_IFMA_DIGIT_MASK);
    vec carry = _mm512_setzero_si512();
    uint32_t carry_in = 0;
    UNROLL for (size_t j = 0; j < n_vectors; j++)
    {
        vec over = _mm512_srli_epi64(t[j], DIGIT_BITS);
        vec v = _mm512_add_epi64(_mm512_and_si512(t[j], full), _mm512_alignr_epi64(over, carry, LANES - 1));
        carry = over;
        uint32_t beyond = _mm512_cmpgt_epu64_mask(v, full), just_full = _mm512_cmpeq_epu64_mask(v, full);
        uint32_t sum = (beyond << 1 | carry_in) + just_full;
        v = _mm512_mask_sub_epi64(v, (__mmask8)(sum ^ just_full), v, _mm512_set1_epi64(-1));
        carry_in = sum >> LANES;
        _mm512_store_si512(r + j * LANES, _mm512_and_si512(v, full));
    }
}

/* r = a b / R modulo each modulus, almost. A round adds a * b[i] and the multiple of n that clears the lowest
 * digit, and drops that digit. What the next multiple waits for is kept short: the upper halves gather in
 * `high` first. */
TARGET INLINE void product(const struct cv_ifma_moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b,
                           size_t n_moduli, size_t n_vectors, size_t n_digits)
{
    const vec zero = _mm512_setzero_si512();
    vec t[2][VECTORS_MAX];
    for (size_t k = 0; k < n_moduli; k++)
        for (size_t j = 0; j < n_vectors; j++) t[k][j] = zero;
    for (size_t i = 0; i < n_digits; i++) {
        UNROLL for (size_t k = 0; k < n_moduli; k++)
        {
            const uint64_t *n = m->n.digit + k * n_vectors * LANES, *ak = a + k * n_vectors * LANES;
            const vec digit = _mm512_set1_epi64((long long)b[k * n_vectors * LANES + i]);
            const vec n0 = _mm512_set1_epi64((long long)m->n0[k]);
            vec *tk = t[k];
            tk[0] = _mm512_madd52lo_epu64(tk[0], digit, _mm512_load_si512(ak));
            vec q = _mm512_madd52lo_epu64(zero, _mm512_broadcastq_epi64(_mm512_castsi512_si128(tk[0])), n0);
            UNROLL for (size_t j = 1; j < n_vectors; j++) tk[j] =
                _mm512_madd52lo_epu64(tk[j], digit, _mm512_load_si512(ak + j * LANES));
            vec high = _mm512_madd52hi_epu64(zero, digit, _mm512_load_si512(ak));
            high = _mm512_madd52hi_epu64(high, q, _mm512_load_si512(n));
            UNROLL for (size_t j = 0; j < n_vectors; j++) tk[j] =
                _mm512_madd52lo_epu64(tk[j], q, _mm512_load_si512(n + j * LANES));
            high = _mm512_add_epi64(high, _mm512_maskz_srli_epi64(1, tk[0], DIGIT_BITS));
            UNROLL for (size_t j = 0; j < n_vectors; j++) tk[j] =
                lane_down(j + 1 < n_vectors ? tk[j + 1] : zero, tk[j]);
            tk[0] = _mm512_add_epi64(tk[0], high);
            UNROLL for (size_t j = 1; j < n_vectors; j++)
            {
                tk[j] = _mm512_madd52hi_epu64(tk[j], digit, _mm512_load_si512(ak + j * LANES));
                tk[j] = _mm512_madd52hi_epu64(tk[j], q, _mm512_load_si512(n + j * LANES));
            }
        }
    }
    UNROLL for (size_t k = 0; k < n_moduli; k++) normalise(r + k * n_vectors * LANES, t[k], n_vectors);
}

TARGET void cv_ifma_pair_1024(const struct cv_ifma_moduli *m, uint64_t *r, const uint64_t *a,
                              const uint64_t *b)
{
    product(m, r, a, b, 2, 3, 20);
}

TARGET void cv_ifma_pair_1536(const struct cv_ifma_moduli *m, uint64_t *r, const uint64_t *a,
                              const uint64_t *b)
{
    product(m, r, a, b, 2, 4, 30);
}

TARGET void cv_ifma_pair_2048(const struct cv_ifma_moduli *m, uint64_t *r, const uint64_t *a,
                              const uint64_t *b)
{
    product(m, r, a, b, 2, 5, 40);
}

TARGET void cv_ifma_single_2048(const struct cv_ifma_moduli *m, uint64_t *r, const uint64_t *a,
                                const uint64_t *b)
{
    product(m, r, a, b, 1, 5, 40);
}

TARGET void cv_ifma_single_3072(const struct cv_ifma_moduli *m, uint64_t *r, const uint64_t *a,
                                const uint64_t *b)
{
    product(m, r, a, b, 1, 8, 60);
}

TARGET void cv_ifma_single_4096(const struct cv_ifma_moduli *m, uint64_t *r, const uint64_t *a,
                                const uint64_t *b)
{
    product(m, r, a, b, 1, 10, 79);
}

TARGET void cv_ifma_table_read(uint64_t *r, const uint64_t *table, size_t n_entries, size_t entry_len,
                               size_t n_vectors, uint64_t index)
{
    const vec wanted = _mm512_set1_epi64((long long)index);
    for (size_t j = 0; j < n_vectors; j++) {
        vec v = _mm512_setzero_si512();
        for (size_t i = 0; i < n_entries; i++) {
            __mmask8 hit = _mm512_cmpeq_epi64_mask(wanted, _mm512_set1_epi64((long long)i));
            v = _mm512_mask_mov_epi64(v, hit, _mm512_load_si512(table + i * entry_len + j * LANES));
        }
        _mm512_store_si512(r + j * LANES, v);
    }
}

#endif
