/* Powers with AVX2, whose only long multiplication takes 32 signed bits. Digits are signed, of 28 or 29 bits,
 * so that a column of a product and of its reduction fits in 63 bits; four lie in a vector. A digit of either
 * sign is at most 2^(bits - 1) + 2^7 in amount, a quotient's digit below 2^bits:
 *   29 bits: 36 (2^56 + 2^57) < 2^63, for moduli of 1024 bits
 *   28 bits: 148 (2^54 + 2^55) < 2^63, for those of 4096
 * The quotient, n * quotient being what clears the low half, is found four digits at a time by scalar
 * code, while vectors are still added up for those before. */
#include "crypto/mont_digits.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx2,bmi2")))
#define INLINE __attribute__((always_inline)) static inline
/* gcc unrolls short loops on request only */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll_count(8)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

typedef __m256i vec;

enum {
    LANES = 4,
    PAD = LANES, /* zeros before and behind the digits of a number */
    VECTORS_MAX = 37,
};

_Static_assert(LANES *VECTORS_MAX + 2 * PAD <= CV_DIGITS_NUMBER_MAX, "a number must fit");
_Static_assert(LANES *LANES *(VECTORS_MAX + 1) <= CV_DIGITS_MODULI_MAX, "a modulus must fit");
_Static_assert(2 * LANES * VECTORS_MAX + LANES * VECTORS_MAX + 2 * PAD <= CV_DIGITS_SCRATCH_MAX,
               "sums and a doubled number must fit");

TARGET INLINE vec load(const uint64_t *p)
{
    return _mm256_loadu_si256((const vec *)p);
}

TARGET INLINE void store(uint64_t *p, vec v)
{
    _mm256_store_si256((vec *)p, v);
}

/* Keeps clang from seeing through a factor: where it knows a product's operands in part only, it puts the
 * product together from others. */
TARGET INLINE vec opaque(vec v)
{
#if !defined(CULVERT_CT_MSAN) /* which takes assembly for a use */
    __asm__("" : "+x"(v));
#endif
    return v;
}

/* In memory, not passed from vector to scalar registers or back, which takes the units that multiply. */
INLINE void settle(uint64_t *p)
{
#if !defined(CULVERT_CT_MSAN)
    __asm__("" : "+m"(*(uint64_t(*)[LANES])p));
#else
    (void)p;
#endif
}

TARGET INLINE vec in_all(uint64_t v)
{
    return _mm256_set1_epi64x((long long)v);
}

TARGET INLINE vec spread(const uint64_t *digit)
{
    return opaque(in_all(*digit));
}

TARGET INLINE vec spread_packed(const uint64_t *entry, size_t i)
{
    int32_t digit;
    memcpy(&digit, (const char *)entry + i * sizeof digit, sizeof digit);
    return opaque(_mm256_set1_epi32(digit));
}

TARGET INLINE vec add(vec a, vec b)
{
    return _mm256_add_epi64(a, b);
}

TARGET INLINE vec times(vec digit, const uint64_t *p)
{
    return _mm256_mul_epi32(digit, load(p));
}

TARGET INLINE vec add_times(vec t, vec digit, const uint64_t *p)
{
    return add(t, times(digit, p));
}

/* The four lowest columns, what the columns before carry into them, and the digits of the quotient. */
struct low {
    _Alignas(32) uint64_t column[LANES], q[LANES];
    int64_t carry;
};

INLINE int64_t shift_down(uint64_t v, unsigned bits)
{
    return (int64_t)v >> bits;
}

/* Finds the quotient's digits for these columns, two at a time, and the carry out of them. */
INLINE void find_quotient(struct low *l, const struct cv_digits_moduli *m, unsigned bits)
{
    const uint64_t mask = (UINT64_C(1) << bits) - 1, *n = m->n;
    settle(l->column);
    uint64_t c0 = l->column[0] + (uint64_t)l->carry, c1 = l->column[1];
    uint64_t q = (c0 + (c1 << bits)) * m->n0[0], q0 = q & mask, q1 = q >> bits & mask;
    l->q[0] = q0;
    l->q[1] = q1;
    int64_t k = shift_down(c0 + q0 * n[0], bits);
    k = shift_down(c1 + q0 * n[1] + q1 * n[0] + (uint64_t)k, bits);
    uint64_t c2 = l->column[2] + q0 * n[2] + q1 * n[1] + (uint64_t)k;
    uint64_t c3 = l->column[3] + q0 * n[3] + q1 * n[2];
    q = (c2 + (c3 << bits)) * m->n0[0];
    uint64_t q2 = q & mask, q3 = q >> bits & mask;
    l->q[2] = q2;
    l->q[3] = q3;
    k = shift_down(c2 + q2 * n[0], bits);
    l->carry = shift_down(c3 + q2 * n[1] + q3 * n[0] + (uint64_t)k, bits);
    settle(l->q);
}

/* Carries from each column into the next, but for the highest. Columns are made positive by a bias, there
 * being no arithmetic shift; what it adds to a carry is taken off again. */
TARGET INLINE void carry_once(uint64_t *r, const uint64_t *t, size_t n_vectors, unsigned bits)
{
    const uint64_t sign = UINT64_C(1) << 63, half = UINT64_C(1) << (bits - 1);
    const vec bias = in_all(sign | half), unbias = in_all(sign >> bits | half), mask = in_all(2 * half - 1);
    vec before = in_all(sign >> bits);
    UNROLL
    for (size_t j = 0; j < n_vectors; j++) {
        vec v = add(load(t + LANES * j), bias), low = _mm256_and_si256(v, mask);
        vec up = _mm256_permute4x64_epi64(_mm256_srli_epi64(v, (int)bits), 0x93);
        if (j == n_vectors - 1) low = _mm256_blend_epi32(low, _mm256_sub_epi64(v, in_all(sign)), 0xc0);
        store(r + LANES * j, _mm256_sub_epi64(add(low, _mm256_blend_epi32(up, before, 0x03)), unbias));
        before = up;
    }
}

/* The modulus lies there four times, moved up by up to three lanes. */
INLINE const uint64_t *moved_modulus(const struct cv_digits_moduli *m, size_t lanes, size_t n_vectors)
{
    return m->n + lanes * LANES * (n_vectors + 1);
}

/* t += n * quotient, for the vectors from the third to the last of those that the four digits reach. The
 * first is but a carry, the second was needed at once. */
TARGET INLINE void add_modulus(uint64_t *t, const struct cv_digits_moduli *m, const vec q[LANES],
                               size_t n_vectors)
{
    const uint64_t *n0 = m->n, *n1 = moved_modulus(m, 1, n_vectors);
    const uint64_t *n2 = moved_modulus(m, 2, n_vectors), *n3 = moved_modulus(m, 3, n_vectors);
    UNROLL
    for (size_t i = 2 * LANES; i < LANES * n_vectors; i += LANES) {
        vec v = add_times(add_times(load(t + i), q[0], n0 + i), q[1], n1 + i);
        vec w = add_times(times(q[2], n2 + i), q[3], n3 + i);
        store(t + i, add(v, w));
    }
    const size_t i = LANES * n_vectors;
    vec v = add_times(add_times(load(t + i), q[1], n1 + i), q[2], n2 + i);
    store(t + i, add_times(v, q[3], n3 + i));
}

/* t += a * four digits and n * quotient, for the same vectors; the last one is new. */
TARGET INLINE void add_both(uint64_t *t, const struct cv_digits_moduli *m, const vec q[LANES],
                            const uint64_t *a, const vec d[LANES], size_t n_vectors)
{
    const uint64_t *n0 = m->n, *n1 = moved_modulus(m, 1, n_vectors);
    const uint64_t *n2 = moved_modulus(m, 2, n_vectors), *n3 = moved_modulus(m, 3, n_vectors);
    UNROLL
    for (size_t i = 2 * LANES; i < LANES * n_vectors; i += LANES) {
        vec v = add_times(add_times(load(t + i), d[0], a + i), d[1], a + i - 1);
        vec w = add_times(times(d[2], a + i - 2), d[3], a + i - 3);
        v = add_times(add_times(v, q[0], n0 + i), q[1], n1 + i);
        w = add_times(add_times(w, q[2], n2 + i), q[3], n3 + i);
        store(t + i, add(v, w));
    }
    const size_t i = LANES * n_vectors;
    vec v = add_times(add_times(times(d[1], a + i - 1), d[2], a + i - 2), d[3], a + i - 3);
    store(t + i, add_times(add_times(add_times(v, q[1], n1 + i), q[2], n2 + i), q[3], n3 + i));
}

/* The second vector that the quotient's digits reach. */
TARGET INLINE vec add_second(vec v, const struct cv_digits_moduli *m, const vec q[LANES], size_t n_vectors)
{
    UNROLL
    for (size_t s = 0; s < LANES; s++) v = add_times(v, q[s], moved_modulus(m, s, n_vectors) + LANES);
    return v;
}

/* The upper half of the columns has the result. */
TARGET INLINE void finish(uint64_t *r, uint64_t *t, const struct low *l, size_t n_vectors, unsigned bits)
{
    t[0] += (uint64_t)l->carry;
    carry_once(t, t, n_vectors, bits);
    carry_once(r + PAD, t, n_vectors, bits);
}

TARGET INLINE void clear(uint64_t *p, size_t n_vectors)
{
    UNROLL
    for (size_t i = 0; i < n_vectors; i++) store(p + LANES * i, _mm256_setzero_si256());
}

/* The first vector that four digits of b reach. */
TARGET INLINE vec add_first(vec v, const uint64_t *a, const uint64_t *b, size_t i)
{
    UNROLL
    for (size_t s = 0; s < LANES; s++) v = add_times(v, spread_packed(b, i + s), a - s);
    return v;
}

TARGET INLINE void multiply(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b,
                            size_t n_vectors, unsigned bits)
{
    uint64_t *t = m->scratch;
    const size_t n_digits = LANES * n_vectors;
    struct low l = {.carry = 0};
    a += PAD;
    clear(t, n_vectors);
    store(l.column, add_first(_mm256_setzero_si256(), a, b, 0));
    find_quotient(&l, m, bits);
    for (size_t i = 0; i < n_digits; i += LANES, t += LANES) {
        vec d[LANES], q[LANES], v = load(t + LANES);
        UNROLL
        for (size_t s = 0; s < LANES; s++) {
            d[s] = spread_packed(b, i + s);
            q[s] = spread(&l.q[s]);
            v = add_times(v, d[s], a + LANES - s);
        }
        v = add_second(v, m, q, n_vectors);
        if (i + LANES < n_digits) {
            store(l.column, add_first(v, a, b, i + LANES));
            find_quotient(&l, m, bits);
        } else {
            store(t + LANES, v);
        }
        add_both(t, m, q, a, d, n_vectors);
    }
    finish(r, t, &l, n_vectors, bits);
}

/* t += four digits of a, from the digit i on, times themselves and twice those above them, which `doubled`
 * has. In the first two vectors, some lanes have a digit times itself, and those below them nothing. */
TARGET INLINE void add_row(uint64_t *t, const uint64_t *a, const uint64_t *doubled, size_t i, size_t n_digits)
{
    const vec zero = _mm256_setzero_si256();
    const uint64_t *x = a + i, *y = doubled + i;
    vec d[LANES], v, w;
    UNROLL
    for (size_t s = 0; s < LANES; s++) d[s] = spread(x + s);
    v = _mm256_mul_epi32(d[0], _mm256_blend_epi32(load(y), load(x), 0x03));
    w = _mm256_blend_epi32(_mm256_blend_epi32(load(y - 1), load(x - 1), 0x30), zero, 0x0f);
    store(t, add(load(t), add(v, _mm256_mul_epi32(d[1], w))));
    v = _mm256_mul_epi32(d[2], _mm256_blend_epi32(load(y + 2), load(x + 2), 0x03));
    w = _mm256_blend_epi32(_mm256_blend_epi32(load(y + 1), load(x + 1), 0x30), zero, 0x0f);
    w = add_times(_mm256_mul_epi32(d[3], w), d[1], y + 3);
    store(t + 4, add(add_times(load(t + 4), d[0], y + 4), add(v, w)));
    size_t j = 2 * LANES;
    for (; j < n_digits - i; j += LANES) {
        v = add_times(add_times(load(t + j), d[0], y + j), d[1], y + j - 1);
        w = add_times(times(d[2], y + j - 2), d[3], y + j - 3);
        store(t + j, add(v, w));
    }
    if (j > n_digits - i) return; /* the second vector was the last */
    v = add_times(times(d[1], y + j - 1), d[2], y + j - 2);
    store(t + j, add_times(v, d[3], y + j - 3));
}

TARGET INLINE void square(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a, size_t n_vectors,
                          unsigned bits)
{
    const size_t n_digits = LANES * n_vectors;
    uint64_t *t = m->scratch, *doubled = t + 2 * n_digits, *row = t;
    struct low l = {.carry = 0};
    clear(doubled, 1);
    doubled += PAD;
    a += PAD;
    UNROLL
    for (size_t i = 0; i < n_digits; i += LANES) store(doubled + i, add(load(a + i), load(a + i)));
    clear(doubled + n_digits, 1);
    clear(t, n_vectors);
    clear(t + 2 * n_digits - LANES, 1);
    add_row(row, a, doubled, 0, n_digits);
    store(l.column, load(t));
    find_quotient(&l, m, bits);
    for (size_t i = 0; i < n_digits; i += LANES, t += LANES) {
        vec q[LANES], v = load(t + LANES);
        UNROLL
        for (size_t s = 0; s < LANES; s++) q[s] = spread(&l.q[s]);
        v = add_second(v, m, q, n_vectors);
        if (i + LANES < n_digits) {
            store(l.column, v);
            find_quotient(&l, m, bits);
            row += 2 * LANES;
            add_row(row, a, doubled, i + LANES, n_digits);
        } else {
            store(t + LANES, v);
        }
        add_modulus(t, m, q, n_vectors);
    }
    finish(r, t, &l, n_vectors, bits);
}

TARGET static void multiply_1024(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a,
                                 const uint64_t *b)
{
    multiply(m, r, a, b, 9, 29);
}

TARGET static void square_1024(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a)
{
    square(m, r, a, 9, 29);
}

TARGET static void multiply_1536(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a,
                                 const uint64_t *b)
{
    multiply(m, r, a, b, 14, 28);
}

TARGET static void square_1536(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a)
{
    square(m, r, a, 14, 28);
}

static size_t count_vectors(const struct cv_digits_moduli *m)
{
    return m->shape->n_digits / LANES;
}

TARGET static void multiply_any(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    multiply(m, r, a, b, count_vectors(m), 28);
}

TARGET static void square_any(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a)
{
    square(m, r, a, count_vectors(m), 28);
}

/* So many vectors of an entry at a time. */
TARGET INLINE void read_groups(const struct cv_digits_moduli *m, uint64_t *r, const uint64_t *table,
                               size_t n_entries, uint64_t index, size_t n_vectors)
{
    const vec wanted = in_all(index), one = in_all(1);
    const size_t entry_len = m->shape->entry_len;
    for (size_t i = 0; i < entry_len; i += LANES * n_vectors) {
        const uint64_t *from = table + i;
        vec v[7], count = _mm256_setzero_si256();
        UNROLL
        for (size_t j = 0; j < n_vectors; j++) v[j] = _mm256_setzero_si256();
        for (size_t k = 0; k < n_entries; k++, from += entry_len) {
            vec hit = _mm256_cmpeq_epi64(count, wanted);
            UNROLL
            for (size_t j = 0; j < n_vectors; j++)
                v[j] = _mm256_or_si256(v[j], _mm256_and_si256(hit, load(from + LANES * j)));
            count = add(count, one);
        }
        UNROLL
        for (size_t j = 0; j < n_vectors; j++) store(r + i + LANES * j, v[j]);
    }
}

TARGET static void read_fives(const struct cv_digits_moduli *m, uint64_t *r, const uint64_t *table,
                              size_t n_entries, const uint64_t index[2])
{
    read_groups(m, r, table, n_entries, index[0], 5);
}

TARGET static void read_sevens(const struct cv_digits_moduli *m, uint64_t *r, const uint64_t *table,
                               size_t n_entries, const uint64_t index[2])
{
    read_groups(m, r, table, n_entries, index[0], 7);
}

/* Digits fit in half a word. */
static void pack(const struct cv_digits_moduli *m, uint64_t *entry, const uint64_t *number)
{
    for (size_t i = 0; i < m->shape->n_digits; i += 2)
        entry[i / 2] = (number[PAD + i] & 0xffffffff) | number[PAD + i + 1] << 32;
}

/* Digits of half a range on either side of zero: the highest has room for the carry. */
static void make_signed(const struct cv_digits_shape *s, uint64_t *digit)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < s->n_digits; i++) {
        uint64_t v = digit[i] + carry;
        carry = (v + (UINT64_C(1) << (s->digit_bits - 1))) >> s->digit_bits;
        digit[i] = v - (carry << s->digit_bits);
    }
}

static void from_unsigned(const struct cv_digits_moduli *m, uint64_t *number)
{
    make_signed(m->shape, number + PAD);
}

/* number += n & mask; digits become such as are not negative. Returns the carry, -1 if the number was. */
static uint64_t add_masked(const struct cv_digits_moduli *m, uint64_t *number, uint64_t mask)
{
    const size_t bits = m->shape->digit_bits;
    int64_t carry = 0;
    for (size_t i = 0; i < m->shape->n_digits; i++) {
        uint64_t v = number[PAD + i] + (m->n[i] & mask) + (uint64_t)carry;
        carry = shift_down(v, (unsigned)bits);
        number[PAD + i] = v & ((UINT64_C(1) << bits) - 1);
    }
    return (uint64_t)carry;
}

static void to_unsigned(const struct cv_digits_moduli *m, uint64_t *number)
{
    uint64_t negative = add_masked(m, number, 0);
    add_masked(m, number, cv_ct_nonzero64(negative));
}

static void set_modulus(struct cv_digits_moduli *m, const uint64_t *digits)
{
    const size_t n_digits = m->shape->n_digits, len = n_digits + LANES;
    memset(m->n, 0, LANES * len * sizeof *m->n);
    memcpy(m->n, digits, n_digits * sizeof *m->n);
    make_signed(m->shape, m->n);
    for (size_t s = 1; s < LANES; s++) memcpy(m->n + s * len + s, m->n, n_digits * sizeof *m->n);
}

#define SHAPE(bits_, digit_bits_, n_vectors, name, groups, n_groups)                                         \
    {                                                                                                        \
        .bits = (bits_), .n_numbers = 1, .digit_bits = (digit_bits_), .n_digits = LANES * (n_vectors),       \
        .start = PAD, .multiply = multiply_##name, .square = square_##name, .entry_len = (n_groups)*LANES,   \
        .read = read_##groups, .pack = pack, .set_modulus = set_modulus, .from_unsigned = from_unsigned,     \
        .to_unsigned = to_unsigned,                                                                          \
    }
static const struct cv_digits_shape shapes[] = {
    SHAPE(1024, 29, 9, 1024, fives, 5),  SHAPE(1536, 28, 14, 1536, sevens, 7),
    SHAPE(2048, 28, 19, any, fives, 10), SHAPE(3072, 28, 28, any, sevens, 14),
    SHAPE(4096, 28, 37, any, fives, 20),
};

const struct cv_mont_powers cv_mont_avx2 = CV_DIGITS_POWERS(shapes);

#endif
