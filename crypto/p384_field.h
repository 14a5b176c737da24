/* Arithmetic modulo p = 2^384 - 2^128 - 2^96 + 2^32 - 1 in Montgomery's representation, to be inlined into
 * the group law: on six limbs of 64 bits; with limbs of 32 bits, ec_field.c serves.
 *
 * -1/p modulo 2^64 is 2^32 + 1, so the multiple m of p that clears the lowest limb takes a shift and an
 * addition, and m * p = m * 2^384 - m * (2^128 + 2^96 - 2^32 + 1) no multiplication either. */
#ifndef CV_P384_FIELD_H
#define CV_P384_FIELD_H

#include "crypto/ec_carry.h"
#include "crypto/ec_formulas.h"

#if CV_GF_LIMB_BITS == 64

/* r = (high, t) - p if that is not negative, else t; the input is below 2p. */
CV_EC_INLINE void p384_subtract(const struct cv_gf *f, uint64_t r[6], const uint64_t t[6], uint64_t high)
{
    uint64_t d[6];
    cv_gf_carry borrow = 0;
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) d[i] = cv_gf_sub_borrow(t[i], f->m[i], &borrow);
    (void)cv_gf_sub_borrow(high, 0, &borrow);
    const uint64_t keep = cv_gf_carry_mask(borrow);
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) r[i] = d[i] ^ (keep & (d[i] ^ t[i]));
}

/* t = (first ? 0 : t) + a * b, over a's limbs from `from` on; the limb above the highest product is new. */
CV_EC_INLINE void p384_row(uint64_t t[7], const uint64_t a[6], uint64_t b, int from, bool first)
{
    uint64_t low[6], high[6];
    cv_gf_carry carry = 0;
#pragma GCC unroll 6
    for (int i = from; i < 6; i++) {
        const cv_gf_wide w = cv_gf_times(a[i], b);
        low[i] = (uint64_t)w;
        high[i] = (uint64_t)(w >> 64);
    }
#pragma GCC unroll 6
    for (int i = from; i < 6; i++) t[i] = first ? low[i] : cv_gf_add_carry(t[i], low[i], &carry);
    t[6] = carry;
    carry = 0;
#pragma GCC unroll 6
    for (int i = from; i < 6; i++) t[i + 1] = cv_gf_add_carry(t[i + 1], high[i], &carry);
}

/* t2 … t7 = t0 … t5 + m * p, over 2^128: what comes in at the top is m, less a borrow. */
CV_EC_INLINE void p384_reduce_two(uint64_t t[8])
{
    cv_gf_carry carry = 0, borrow = 0;
    const uint64_t m0 = cv_gf_add_carry(t[0], t[0] << 32, &carry);
    const uint64_t m1 = cv_gf_add_carry(t[1], t[1] << 32 | t[0] >> 32, &carry) + t[0];
    const uint64_t s0 = m0 << 32, s1 = m1 << 32 | m0 >> 32, s2 = m1 >> 32; /* m * 2^32 */
    /* x2 … x4 = m * (2^128 + 2^96 - 2^32 + 1), over 2^128; below that stand t0 and t1 */
    carry = 0;
    (void)cv_gf_sub_borrow(m0, s0, &borrow);
    const uint64_t x1 = cv_gf_sub_borrow(m1, s1, &borrow);
    uint64_t x2 = cv_gf_sub_borrow(m0, s2, &borrow), x3 = cv_gf_sub_borrow(m1, 0, &borrow);
    (void)cv_gf_add_carry(x1, s0, &carry);
    x2 = cv_gf_add_carry(x2, s1, &carry);
    x3 = cv_gf_add_carry(x3, s2, &carry);
    const uint64_t x4 = (uint64_t)carry - borrow;
    borrow = 0;
    t[2] = cv_gf_sub_borrow(t[2], x2, &borrow);
    t[3] = cv_gf_sub_borrow(t[3], x3, &borrow);
    t[4] = cv_gf_sub_borrow(t[4], x4, &borrow);
    t[5] = cv_gf_sub_borrow(t[5], 0, &borrow);
    t[6] = cv_gf_sub_borrow(m0, 0, &borrow);
    t[7] = m1 - borrow;
}

/* r = t / 2^384 */
CV_EC_INLINE void p384_reduce(const struct cv_gf *f, uint64_t r[6], const uint64_t t[12])
{
    uint64_t low[12];
    cv_gf_carry carry = 0;
    memcpy(low, t, 6 * sizeof *low);
    p384_reduce_two(low);
    p384_reduce_two(low + 2);
    p384_reduce_two(low + 4);
#pragma GCC unroll 6
    for (int i = 6; i < 12; i++) low[i] = cv_gf_add_carry(low[i], t[i], &carry);
    p384_subtract(f, r, low + 6, carry);
}

static inline void p384_mul(const struct cv_gf *f, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    uint64_t t[12];
    p384_row(t, a, b[0], 0, true);
#pragma GCC unroll 5
    for (int i = 1; i < 6; i++) p384_row(t + i, a, b[i], 0, false);
    p384_reduce(f, r, t);
}

static inline void p384_sqr(const struct cv_gf *f, uint64_t *r, const uint64_t *a)
{
    uint64_t t[12], squares[12];
    cv_gf_carry carry = 0;
    p384_row(t, a, a[0], 1, true);
#pragma GCC unroll 4
    for (int i = 1; i < 5; i++) p384_row(t + i, a, a[i], i + 1, false);
#pragma GCC unroll 10
    for (int i = 1; i < 11; i++) t[i] = cv_gf_add_carry(t[i], t[i], &carry);
    t[11] = carry;
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) {
        const cv_gf_wide w = cv_gf_times(a[i], a[i]);
        squares[2 * i] = (uint64_t)w;
        squares[2 * i + 1] = (uint64_t)(w >> 64);
    }
    carry = 0;
    t[0] = squares[0];
#pragma GCC unroll 11
    for (int i = 1; i < 12; i++) t[i] = cv_gf_add_carry(t[i], squares[i], &carry);
    p384_reduce(f, r, t);
}

CV_EC_INLINE void p384_add(const struct cv_gf *f, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    uint64_t t[6];
    cv_gf_carry carry = 0;
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) t[i] = cv_gf_add_carry(a[i], b[i], &carry);
    p384_subtract(f, r, t, carry);
}

/* r = t + (mask ? p : 0); returns the carry. */
CV_EC_INLINE cv_gf_carry p384_add_masked(const struct cv_gf *f, uint64_t *r, const uint64_t *t, uint64_t mask)
{
    cv_gf_carry carry = 0;
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) r[i] = cv_gf_add_carry(t[i], mask & f->m[i], &carry);
    return carry;
}

CV_EC_INLINE void p384_sub(const struct cv_gf *f, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    uint64_t t[6];
    cv_gf_carry borrow = 0;
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) t[i] = cv_gf_sub_borrow(a[i], b[i], &borrow);
    (void)p384_add_masked(f, r, t, cv_gf_carry_mask(borrow));
}

CV_EC_INLINE void p384_half(const struct cv_gf *f, uint64_t *r, const uint64_t *a)
{
    uint64_t t[7];
    t[6] = p384_add_masked(f, t, a, cv_ct_barrier64(0 - (a[0] & 1)));
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) r[i] = t[i] >> 1 | t[i + 1] << 63;
}

#else

#define p384_mul cv_gf_mont_mul
#define p384_sqr cv_gf_mont_sqr
#define p384_add cv_gf_add
#define p384_sub cv_gf_sub
#define p384_half cv_gf_half

#endif

#endif
