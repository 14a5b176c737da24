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

TARGET INLINE vec broadcast(uint64_t v)
{
    return _mm512_set1_epi64((long long)v);
}

/* Moves digits a lane down, towards the least significant; `above` follows at the top. */
TARGET INLINE vec lane_down(vec above, vec v)
{
    return _mm512_alignr_epi64(above, v, 1);
}

/* Brings digits, whose lanes hold up to 64 bits, to 52 bits. The carries of a register run through runs of
 * full digits by an addition of their masks. */
TARGET INLINE void normalise(uint64_t *r, vec *t, size_t n_vectors)
{
    const vec full = broadcast(CV_IFMA_DIGIT_MASK);
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

/* A round adds a * digit and the multiple of n that clears the lowest digit, and drops that digit. The lowest
 * vector, from which the next multiple will come, has a * digit already and takes what it can of the next
 * round. */
TARGET INLINE void add_round(vec *t, const uint64_t *a, const uint64_t *n, vec n0, vec digit, vec next_digit,
                             size_t n_vectors)
{
    const vec zero = _mm512_setzero_si512();
    const vec lowest = _mm512_broadcastq_epi64(_mm512_castsi512_si128(t[0]));
    const vec q = _mm512_madd52lo_epu64(zero, lowest, n0);
    vec high = _mm512_madd52hi_epu64(zero, digit, _mm512_load_si512(a));
    high = _mm512_madd52lo_epu64(high, next_digit, _mm512_load_si512(a));
    high = _mm512_madd52hi_epu64(high, q, _mm512_load_si512(n));
    UNROLL
    for (size_t j = 1; j < n_vectors; j++)
        t[j] = _mm512_madd52lo_epu64(t[j], digit, _mm512_load_si512(a + j * LANES));
    UNROLL
    for (size_t j = 0; j < n_vectors; j++)
        t[j] = _mm512_madd52lo_epu64(t[j], q, _mm512_load_si512(n + j * LANES));
    high = _mm512_add_epi64(high, _mm512_maskz_srli_epi64(1, t[0], DIGIT_BITS));
    UNROLL
    for (size_t j = 0; j < n_vectors; j++) t[j] = lane_down(j + 1 < n_vectors ? t[j + 1] : zero, t[j]);
    t[0] = _mm512_add_epi64(t[0], high);
    UNROLL
    for (size_t j = 1; j < n_vectors; j++) {
        t[j] = _mm512_madd52hi_epu64(t[j], digit, _mm512_load_si512(a + j * LANES));
        t[j] = _mm512_madd52hi_epu64(t[j], q, _mm512_load_si512(n + j * LANES));
    }
}

/* r = a b / R modulo each modulus, almost. */
TARGET INLINE void product(const struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a,
                           const uint64_t *b, size_t n_moduli, size_t n_vectors, size_t n_digits)
{
    const vec zero = _mm512_setzero_si512();
    const size_t len = n_vectors * LANES;
    vec t[2][VECTORS_MAX], digit[2], n0[2];
    UNROLL
    for (size_t k = 0; k < n_moduli; k++) {
        UNROLL
        for (size_t j = 0; j < n_vectors; j++) t[k][j] = zero;
        n0[k] = broadcast(m->n0[k]);
        digit[k] = broadcast(b[k * len]);
        t[k][0] = _mm512_madd52lo_epu64(zero, digit[k], _mm512_load_si512(a + k * len));
    }
    for (size_t i = 1; i < n_digits; i++) {
        UNROLL
        for (size_t k = 0; k < n_moduli; k++) {
            vec next = broadcast(b[k * len + i]);
            add_round(t[k], a + k * len, m->n + k * len, n0[k], digit[k], next, n_vectors);
            digit[k] = next;
        }
    }
    UNROLL
    for (size_t k = 0; k < n_moduli; k++) {
        add_round(t[k], a + k * len, m->n + k * len, n0[k], digit[k], zero, n_vectors);
        normalise(r + k * len, t[k], n_vectors);
    }
}

TARGET void cv_ifma_pair_1024(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 2, 3, 20);
}

TARGET void cv_ifma_pair_1536(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 2, 4, 30);
}

TARGET void cv_ifma_pair_2048(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 2, 5, 40);
}

TARGET void cv_ifma_single_2048(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 1, 5, 40);
}

TARGET void cv_ifma_single_3072(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 1, 8, 60);
}

TARGET void cv_ifma_single_4096(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    product(m, r, a, b, 1, 10, 79);
}

/* The entry index[k] of the number k; every entry is read. */
TARGET INLINE void read_pair(uint64_t *r, const uint64_t *table, size_t n_entries, const uint64_t index[2],
                             size_t n_vectors)
{
    const vec wanted[2] = {broadcast(index[0]), broadcast(index[1])}, one = broadcast(1);
    const size_t len = n_vectors * LANES;
    vec v[2][VECTORS_MAX / 2], count = _mm512_setzero_si512();
    UNROLL
    for (size_t j = 0; j < n_vectors; j++) v[0][j] = v[1][j] = _mm512_setzero_si512();
    for (size_t i = 0; i < n_entries; i++) {
        UNROLL
        for (size_t k = 0; k < 2; k++) {
            __mmask8 hit = _mm512_cmpeq_epi64_mask(wanted[k], count);
            UNROLL
            for (size_t j = 0; j < n_vectors; j++)
                v[k][j] = _mm512_mask_mov_epi64(v[k][j], hit, _mm512_load_si512(table + k * len + j * LANES));
        }
        table += 2 * len;
        count = _mm512_add_epi64(count, one);
    }
    UNROLL
    for (size_t k = 0; k < 2; k++) {
        UNROLL
        for (size_t j = 0; j < n_vectors; j++) _mm512_store_si512(r + k * len + j * LANES, v[k][j]);
    }
}

TARGET void cv_ifma_read_1024(const struct cv_digits_moduli *m, uint64_t *r, const uint64_t *table,
                              size_t n_entries, const uint64_t index[2])
{
    (void)m;
    read_pair(r, table, n_entries, index, 3);
}

TARGET void cv_ifma_read_1536(const struct cv_digits_moduli *m, uint64_t *r, const uint64_t *table,
                              size_t n_entries, const uint64_t index[2])
{
    (void)m;
    read_pair(r, table, n_entries, index, 4);
}

TARGET void cv_ifma_read_2048(const struct cv_digits_moduli *m, uint64_t *r, const uint64_t *table,
                              size_t n_entries, const uint64_t index[2])
{
    (void)m;
    read_pair(r, table, n_entries, index, 5);
}

#endif
