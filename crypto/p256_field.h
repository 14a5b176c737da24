/* Arithmetic modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1 in Montgomery's representation, to be
 * inlined into the group law: on four limbs of 64 bits, and at the end on eight of 32.
 *
 * -1/p modulo 2^64 is 1, so the multiple of p that clears the lowest limb m is m itself; and m * p needs one
 * multiplication or none, since p's limbs are 2^64 - 1, 2^32 - 1, 0 and 2^64 - 2^32 + 1. */
#ifndef CV_P256_FIELD_H
#define CV_P256_FIELD_H

#include "crypto/ec_carry.h"
#include "crypto/ec_formulas.h"

#if CV_GF_LIMB_BITS == 64

#define P256_1 0x00000000ffffffffu
#define P256_3 0xffffffff00000001u

/* r = (high, t) - p if that is not negative, else t; the input is below 2p. */
CV_EC_INLINE void p256_subtract(uint64_t r[4], const uint64_t t[4], uint64_t high)
{
    cv_gf_carry borrow = 0;
    uint64_t d0 = cv_gf_sub_borrow(t[0], UINT64_MAX, &borrow);
    uint64_t d1 = cv_gf_sub_borrow(t[1], P256_1, &borrow);
    uint64_t d2 = cv_gf_sub_borrow(t[2], 0, &borrow);
    uint64_t d3 = cv_gf_sub_borrow(t[3], P256_3, &borrow);
    (void)cv_gf_sub_borrow(high, 0, &borrow);
    uint64_t keep = cv_gf_carry_mask(borrow);
    r[0] = cv_ct_select64(keep, t[0], d0);
    r[1] = cv_ct_select64(keep, t[1], d1);
    r[2] = cv_ct_select64(keep, t[2], d2);
    r[3] = cv_ct_select64(keep, t[3], d3);
}

/* t0 … t4 = a * b */
CV_EC_INLINE void p256_first_row(uint64_t t[5], const uint64_t a[4], uint64_t b)
{
    cv_gf_wide p0 = (cv_gf_wide)a[0] * b, p1 = (cv_gf_wide)a[1] * b;
    cv_gf_wide p2 = (cv_gf_wide)a[2] * b, p3 = (cv_gf_wide)a[3] * b;
    cv_gf_carry carry = 0;
    t[0] = (uint64_t)p0;
    t[1] = cv_gf_add_carry((uint64_t)p1, (uint64_t)(p0 >> 64), &carry);
    t[2] = cv_gf_add_carry((uint64_t)p2, (uint64_t)(p1 >> 64), &carry);
    t[3] = cv_gf_add_carry((uint64_t)p3, (uint64_t)(p2 >> 64), &carry);
    t[4] = cv_gf_add_carry((uint64_t)(p3 >> 64), 0, &carry);
}

/* t0 … t5 = t0 … t4 + a * b */
CV_EC_INLINE void p256_next_row(uint64_t t[6], const uint64_t a[4], uint64_t b)
{
    cv_gf_wide p0 = (cv_gf_wide)a[0] * b, p1 = (cv_gf_wide)a[1] * b;
    cv_gf_wide p2 = (cv_gf_wide)a[2] * b, p3 = (cv_gf_wide)a[3] * b;
    cv_gf_carry carry = 0;
    t[0] = cv_gf_add_carry(t[0], (uint64_t)p0, &carry);
    t[1] = cv_gf_add_carry(t[1], (uint64_t)p1, &carry);
    t[2] = cv_gf_add_carry(t[2], (uint64_t)p2, &carry);
    t[3] = cv_gf_add_carry(t[3], (uint64_t)p3, &carry);
    t[4] = cv_gf_add_carry(t[4], 0, &carry);
    t[5] = carry;
    carry = 0;
    t[1] = cv_gf_add_carry(t[1], (uint64_t)(p0 >> 64), &carry);
    t[2] = cv_gf_add_carry(t[2], (uint64_t)(p1 >> 64), &carry);
    t[3] = cv_gf_add_carry(t[3], (uint64_t)(p2 >> 64), &carry);
    t[4] = cv_gf_add_carry(t[4], (uint64_t)(p3 >> 64), &carry);
    t[5] = cv_gf_add_carry(t[5], 0, &carry);
}

/* t1 … t5 += t0 * p / 2^64. On x86 shifts wait for the same units as additions with carry do, of which there
 * are many here, while the multiplier is idle. */
CV_EC_INLINE void p256_reduce_row(uint64_t t[6])
{
    const uint64_t m = t[0];
#if defined(__x86_64__)
    const uint64_t two_32 = cv_ct_barrier64((uint64_t)1 << 32); /* else a shift is made of it after all */
#else
    const uint64_t two_32 = (uint64_t)1 << 32;
#endif
    cv_gf_wide q = (cv_gf_wide)m * P256_3, s = (cv_gf_wide)m * two_32;
    cv_gf_carry carry = 0;
    t[1] = cv_gf_add_carry(t[1], (uint64_t)s, &carry);
    t[2] = cv_gf_add_carry(t[2], (uint64_t)(s >> 64), &carry);
    t[3] = cv_gf_add_carry(t[3], (uint64_t)q, &carry);
    t[4] = cv_gf_add_carry(t[4], (uint64_t)(q >> 64), &carry);
    t[5] = cv_gf_add_carry(t[5], 0, &carry);
}

static void p256_mul(const struct cv_gf *f, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    uint64_t t[9];
    (void)f;
    p256_first_row(t, a, b[0]);
    t[5] = 0;
    p256_reduce_row(t);
    p256_next_row(t + 1, a, b[1]);
    p256_reduce_row(t + 1);
    p256_next_row(t + 2, a, b[2]);
    p256_reduce_row(t + 2);
    p256_next_row(t + 3, a, b[3]);
    p256_reduce_row(t + 3);
    p256_subtract(r, t + 4, t[8]);
}

/* t1 … t4 += t0 * p / 2^64, where t4 is only the carry of the step before; returns the carry. */
CV_EC_INLINE cv_gf_carry p256_reduce_low(uint64_t t[5], cv_gf_carry before)
{
    const uint64_t m = t[0];
    cv_gf_carry carry = 0;
    uint64_t low = cv_gf_sub_borrow(m, m << 32, &carry), high = cv_gf_sub_borrow(m, m >> 32, &carry);
    carry = 0;
    t[1] = cv_gf_add_carry(t[1], m << 32, &carry);
    t[2] = cv_gf_add_carry(t[2], m >> 32, &carry);
    t[3] = cv_gf_add_carry(t[3], low, &carry);
    t[4] = cv_gf_add_carry(before, high, &carry);
    return carry;
}

/* t1 … t7 = twice the sum of the products of different limbs */
CV_EC_INLINE void p256_cross_products(uint64_t t[8], const uint64_t a[4])
{
    cv_gf_wide p01 = (cv_gf_wide)a[0] * a[1], p02 = (cv_gf_wide)a[0] * a[2], p03 = (cv_gf_wide)a[0] * a[3];
    cv_gf_wide p13 = (cv_gf_wide)a[1] * a[3], p23 = (cv_gf_wide)a[2] * a[3], p12 = (cv_gf_wide)a[1] * a[2];
    cv_gf_carry carry = 0;
    t[1] = (uint64_t)p01;
    t[2] = cv_gf_add_carry((uint64_t)(p01 >> 64), (uint64_t)p02, &carry);
    t[3] = cv_gf_add_carry((uint64_t)(p02 >> 64), (uint64_t)p03, &carry);
    t[4] = cv_gf_add_carry((uint64_t)(p03 >> 64), (uint64_t)p13, &carry);
    t[5] = cv_gf_add_carry((uint64_t)(p13 >> 64), (uint64_t)p23, &carry);
    t[6] = cv_gf_add_carry((uint64_t)(p23 >> 64), 0, &carry);
    carry = 0;
    t[3] = cv_gf_add_carry(t[3], (uint64_t)p12, &carry);
    t[4] = cv_gf_add_carry(t[4], (uint64_t)(p12 >> 64), &carry);
    t[5] = cv_gf_add_carry(t[5], 0, &carry);
    t[6] = cv_gf_add_carry(t[6], 0, &carry);
    carry = 0;
    t[1] = cv_gf_add_carry(t[1], t[1], &carry);
    t[2] = cv_gf_add_carry(t[2], t[2], &carry);
    t[3] = cv_gf_add_carry(t[3], t[3], &carry);
    t[4] = cv_gf_add_carry(t[4], t[4], &carry);
    t[5] = cv_gf_add_carry(t[5], t[5], &carry);
    t[6] = cv_gf_add_carry(t[6], t[6], &carry);
    t[7] = carry;
}

static void p256_sqr(const struct cv_gf *f, uint64_t *r, const uint64_t *a)
{
    uint64_t t[8], low[8];
    cv_gf_wide s0 = (cv_gf_wide)a[0] * a[0], s1 = (cv_gf_wide)a[1] * a[1];
    cv_gf_wide s2 = (cv_gf_wide)a[2] * a[2], s3 = (cv_gf_wide)a[3] * a[3];
    cv_gf_carry carry = 0;
    (void)f;
    p256_cross_products(t, a);
    low[0] = (uint64_t)s0;
    low[1] = cv_gf_add_carry(t[1], (uint64_t)(s0 >> 64), &carry);
    low[2] = cv_gf_add_carry(t[2], (uint64_t)s1, &carry);
    low[3] = cv_gf_add_carry(t[3], (uint64_t)(s1 >> 64), &carry);
    t[4] = cv_gf_add_carry(t[4], (uint64_t)s2, &carry);
    t[5] = cv_gf_add_carry(t[5], (uint64_t)(s2 >> 64), &carry);
    t[6] = cv_gf_add_carry(t[6], (uint64_t)s3, &carry);
    t[7] = cv_gf_add_carry(t[7], (uint64_t)(s3 >> 64), &carry);

    cv_gf_carry high = p256_reduce_low(low, 0);
    high = p256_reduce_low(low + 1, high);
    high = p256_reduce_low(low + 2, high);
    high = p256_reduce_low(low + 3, high);
    carry = 0;
    t[4] = cv_gf_add_carry(t[4], low[4], &carry);
    t[5] = cv_gf_add_carry(t[5], low[5], &carry);
    t[6] = cv_gf_add_carry(t[6], low[6], &carry);
    t[7] = cv_gf_add_carry(t[7], low[7], &carry);
    p256_subtract(r, t + 4, (uint64_t)high + carry);
}

CV_EC_INLINE void p256_add(const struct cv_gf *f, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    uint64_t t[4];
    cv_gf_carry carry = 0;
    (void)f;
    t[0] = cv_gf_add_carry(a[0], b[0], &carry);
    t[1] = cv_gf_add_carry(a[1], b[1], &carry);
    t[2] = cv_gf_add_carry(a[2], b[2], &carry);
    t[3] = cv_gf_add_carry(a[3], b[3], &carry);
    p256_subtract(r, t, carry);
}

/* r = t + (mask ? p : 0); returns the carry. */
CV_EC_INLINE cv_gf_carry p256_add_masked(uint64_t *r, const uint64_t *t, uint64_t mask)
{
    cv_gf_carry carry = 0;
    r[0] = cv_gf_add_carry(t[0], mask, &carry);
    r[1] = cv_gf_add_carry(t[1], mask & P256_1, &carry);
    r[2] = cv_gf_add_carry(t[2], 0, &carry);
    r[3] = cv_gf_add_carry(t[3], mask & P256_3, &carry);
    return carry;
}

CV_EC_INLINE void p256_sub(const struct cv_gf *f, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    uint64_t t[4];
    cv_gf_carry borrow = 0;
    (void)f;
    t[0] = cv_gf_sub_borrow(a[0], b[0], &borrow);
    t[1] = cv_gf_sub_borrow(a[1], b[1], &borrow);
    t[2] = cv_gf_sub_borrow(a[2], b[2], &borrow);
    t[3] = cv_gf_sub_borrow(a[3], b[3], &borrow);
    (void)p256_add_masked(r, t, cv_gf_carry_mask(borrow));
}

CV_EC_INLINE void p256_half(const struct cv_gf *f, uint64_t *r, const uint64_t *a)
{
    uint64_t t[4];
    (void)f;
    cv_gf_carry carry = p256_add_masked(t, a, cv_ct_barrier64(0 - (a[0] & 1)));
    r[0] = t[0] >> 1 | t[1] << 63;
    r[1] = t[1] >> 1 | t[2] << 63;
    r[2] = t[2] >> 1 | t[3] << 63;
    r[3] = t[3] >> 1 | (uint64_t)carry << 63;
}

#else

/* With limbs of 32 bits no multiplication is left in the reduction: m * p is m moved to limbs 3, 6 and 8,
 * less m at limb 7; and less m at limb 0, which that clears. */
static void p256_mul(const struct cv_gf *f, uint32_t *r, const uint32_t *a, const uint32_t *b)
{
    uint32_t t[16] = {0}, carry = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t w = 0;
        for (unsigned j = 0; j < 8; j++) {
            w = cv_mul_u32(a[j], b[i]) + t[i + j] + (w >> 32);
            t[i + j] = (uint32_t)w;
        }
        t[i + 8] = (uint32_t)(w >> 32);
    }
    for (unsigned i = 0; i < 8; i++) {
        const uint32_t m = t[i];
        const uint64_t top = ((uint64_t)m << 32) - m;
        uint64_t w = (uint64_t)t[i + 3] + m;
        t[i + 3] = (uint32_t)w;
        w = (uint64_t)t[i + 4] + (w >> 32);
        t[i + 4] = (uint32_t)w;
        w = (uint64_t)t[i + 5] + (w >> 32);
        t[i + 5] = (uint32_t)w;
        w = (uint64_t)t[i + 6] + m + (w >> 32);
        t[i + 6] = (uint32_t)w;
        w = (uint64_t)t[i + 7] + (uint32_t)top + (w >> 32);
        t[i + 7] = (uint32_t)w;
        w = (uint64_t)t[i + 8] + (uint32_t)(top >> 32) + carry + (w >> 32);
        t[i + 8] = (uint32_t)w;
        carry = (uint32_t)(w >> 32);
    }
    cv_gf_reduce_once(f, r, t + 8, carry);
}

static void p256_sqr(const struct cv_gf *f, uint32_t *r, const uint32_t *a)
{
    p256_mul(f, r, a, a);
}

#define p256_add cv_gf_add
#define p256_sub cv_gf_sub
#define p256_half cv_gf_half

#endif

#endif
