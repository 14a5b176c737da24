/* Arithmetic modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1, in Montgomery's representation, inlined into the
 * group law. For p.c and its kin of 64-bit limbs only; others use ec_field.c.
 *
 * -1/p modulo 2^64 is 1, so the multiple of p that clears the lowest limb t0 is t0 itself, and t0 * p needs
 * one multiplication: its limbs are 2^64 - 1, 2^32 - 1, 0 and 2^64 - 2^32 + 1. */
#ifndef CV_P256_FIELD_H
#define CV_P256_FIELD_H

#include "crypto/ec_formulas.h"

#define P256_1 0x00000000ffffffffu
#define P256_3 0xffffffff00000001u

/* r = (high, t) - p if that is not negative, else t; the input is below 2p. */
CV_EC_INLINE void p256_subtract(uint64_t r[4], uint64_t t0, uint64_t t1, uint64_t t2, uint64_t t3,
                                uint64_t high)
{
    uint64_t d0, d1, d2, d3;
    cv_gf_wide w = (cv_gf_wide)t0 - UINT64_MAX;
    d0 = (uint64_t)w;
    w = (cv_gf_wide)t1 - P256_1 - ((uint64_t)(w >> 64) & 1);
    d1 = (uint64_t)w;
    w = (cv_gf_wide)t2 - ((uint64_t)(w >> 64) & 1);
    d2 = (uint64_t)w;
    w = (cv_gf_wide)t3 - P256_3 - ((uint64_t)(w >> 64) & 1);
    d3 = (uint64_t)w;
    uint64_t keep = cv_ct_barrier64(high + (uint64_t)(w >> 64)); /* all ones or zero */
    r[0] = cv_ct_select64(keep, t0, d0);
    r[1] = cv_ct_select64(keep, t1, d1);
    r[2] = cv_ct_select64(keep, t2, d2);
    r[3] = cv_ct_select64(keep, t3, d3);
}

/* One step of the reduction: t1 … t4 += t0 * p / 2^64, with the carry of the step before into t4. */
CV_EC_INLINE uint64_t p256_reduce_step(uint64_t t[5], uint64_t carry)
{
    const uint64_t m = t[0];
    cv_gf_wide w = (cv_gf_wide)t[1] + (m << 32);
    t[1] = (uint64_t)w;
    w = (cv_gf_wide)t[2] + (m >> 32) + (uint64_t)(w >> 64);
    t[2] = (uint64_t)w;
    w = (cv_gf_wide)m * P256_3 + t[3] + (uint64_t)(w >> 64);
    t[3] = (uint64_t)w;
    w = (cv_gf_wide)t[4] + carry + (uint64_t)(w >> 64);
    t[4] = (uint64_t)w;
    return (uint64_t)(w >> 64);
}

CV_EC_INLINE void p256_reduce(uint64_t r[4], uint64_t t[8])
{
    uint64_t carry = p256_reduce_step(t, 0);
    carry = p256_reduce_step(t + 1, carry);
    carry = p256_reduce_step(t + 2, carry);
    carry = p256_reduce_step(t + 3, carry);
    p256_subtract(r, t[4], t[5], t[6], t[7], carry);
}

/* t0 … t4 = t0 … t3 + a * b */
CV_EC_INLINE void p256_mul_row(uint64_t t[5], const uint64_t a[4], uint64_t b)
{
    cv_gf_wide w = (cv_gf_wide)a[0] * b + t[0];
    t[0] = (uint64_t)w;
    w = (cv_gf_wide)a[1] * b + t[1] + (uint64_t)(w >> 64);
    t[1] = (uint64_t)w;
    w = (cv_gf_wide)a[2] * b + t[2] + (uint64_t)(w >> 64);
    t[2] = (uint64_t)w;
    w = (cv_gf_wide)a[3] * b + t[3] + (uint64_t)(w >> 64);
    t[3] = (uint64_t)w;
    t[4] = (uint64_t)(w >> 64);
}

static void p256_mul(const struct cv_gf *f, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    uint64_t t[8] = {0};
    (void)f;
    p256_mul_row(t, a, b[0]);
    p256_mul_row(t + 1, a, b[1]);
    p256_mul_row(t + 2, a, b[2]);
    p256_mul_row(t + 3, a, b[3]);
    p256_reduce(r, t);
}

static void p256_sqr(const struct cv_gf *f, uint64_t *r, const uint64_t *a)
{
    uint64_t t[8];
    (void)f;
    /* the products of different limbs */
    cv_gf_wide w = (cv_gf_wide)a[1] * a[0];
    t[1] = (uint64_t)w;
    w = (cv_gf_wide)a[2] * a[0] + (uint64_t)(w >> 64);
    t[2] = (uint64_t)w;
    w = (cv_gf_wide)a[3] * a[0] + (uint64_t)(w >> 64);
    t[3] = (uint64_t)w;
    t[4] = (uint64_t)(w >> 64);
    w = (cv_gf_wide)a[2] * a[1] + t[3];
    t[3] = (uint64_t)w;
    w = (cv_gf_wide)a[3] * a[1] + t[4] + (uint64_t)(w >> 64);
    t[4] = (uint64_t)w;
    w = (cv_gf_wide)a[3] * a[2] + (uint64_t)(w >> 64);
    t[5] = (uint64_t)w;
    t[6] = (uint64_t)(w >> 64);
    /* twice, and the squares */
    t[7] = t[6] >> 63;
    t[6] = t[6] << 1 | t[5] >> 63;
    t[5] = t[5] << 1 | t[4] >> 63;
    t[4] = t[4] << 1 | t[3] >> 63;
    t[3] = t[3] << 1 | t[2] >> 63;
    t[2] = t[2] << 1 | t[1] >> 63;
    t[1] = t[1] << 1;
    w = (cv_gf_wide)a[0] * a[0];
    t[0] = (uint64_t)w;
    w = (cv_gf_wide)t[1] + (uint64_t)(w >> 64);
    t[1] = (uint64_t)w;
    w = (cv_gf_wide)a[1] * a[1] + t[2] + (uint64_t)(w >> 64);
    t[2] = (uint64_t)w;
    w = (cv_gf_wide)t[3] + (uint64_t)(w >> 64);
    t[3] = (uint64_t)w;
    w = (cv_gf_wide)a[2] * a[2] + t[4] + (uint64_t)(w >> 64);
    t[4] = (uint64_t)w;
    w = (cv_gf_wide)t[5] + (uint64_t)(w >> 64);
    t[5] = (uint64_t)w;
    w = (cv_gf_wide)a[3] * a[3] + t[6] + (uint64_t)(w >> 64);
    t[6] = (uint64_t)w;
    t[7] += (uint64_t)(w >> 64);
    p256_reduce(r, t);
}

CV_EC_INLINE void p256_add(const struct cv_gf *f, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    (void)f;
    cv_gf_wide w = (cv_gf_wide)a[0] + b[0];
    uint64_t t0 = (uint64_t)w;
    w = (cv_gf_wide)a[1] + b[1] + (uint64_t)(w >> 64);
    uint64_t t1 = (uint64_t)w;
    w = (cv_gf_wide)a[2] + b[2] + (uint64_t)(w >> 64);
    uint64_t t2 = (uint64_t)w;
    w = (cv_gf_wide)a[3] + b[3] + (uint64_t)(w >> 64);
    p256_subtract(r, t0, t1, t2, (uint64_t)w, (uint64_t)(w >> 64));
}

/* r = t + (mask ? p : 0), and its carry */
CV_EC_INLINE uint64_t p256_add_masked(uint64_t *r, const uint64_t *t, uint64_t mask)
{
    cv_gf_wide w = (cv_gf_wide)t[0] + mask;
    r[0] = (uint64_t)w;
    w = (cv_gf_wide)t[1] + (mask & P256_1) + (uint64_t)(w >> 64);
    r[1] = (uint64_t)w;
    w = (cv_gf_wide)t[2] + (uint64_t)(w >> 64);
    r[2] = (uint64_t)w;
    w = (cv_gf_wide)t[3] + (mask & P256_3) + (uint64_t)(w >> 64);
    r[3] = (uint64_t)w;
    return (uint64_t)(w >> 64);
}

CV_EC_INLINE void p256_sub(const struct cv_gf *f, uint64_t *r, const uint64_t *a, const uint64_t *b)
{
    uint64_t t[4];
    (void)f;
    cv_gf_wide w = (cv_gf_wide)a[0] - b[0];
    t[0] = (uint64_t)w;
    w = (cv_gf_wide)a[1] - b[1] - ((uint64_t)(w >> 64) & 1);
    t[1] = (uint64_t)w;
    w = (cv_gf_wide)a[2] - b[2] - ((uint64_t)(w >> 64) & 1);
    t[2] = (uint64_t)w;
    w = (cv_gf_wide)a[3] - b[3] - ((uint64_t)(w >> 64) & 1);
    t[3] = (uint64_t)w;
    (void)p256_add_masked(r, t, cv_ct_barrier64((uint64_t)(w >> 64)));
}

CV_EC_INLINE void p256_half(const struct cv_gf *f, uint64_t *r, const uint64_t *a)
{
    uint64_t t[4];
    (void)f;
    uint64_t carry = p256_add_masked(t, a, cv_ct_barrier64(0 - (a[0] & 1)));
    r[0] = t[0] >> 1 | t[1] << 63;
    r[1] = t[1] >> 1 | t[2] << 63;
    r[2] = t[2] >> 1 | t[3] << 63;
    r[3] = t[3] >> 1 | carry << 63;
}

#endif
