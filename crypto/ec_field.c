#include "crypto/ec_carry.h"

#include <string.h>

void cv_gf_reduce_once(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, cv_gf_limb high)
{
    cv_gf_limb d[CV_GF_LIMBS_MAX];
    cv_gf_carry borrow = 0;
    for (unsigned i = 0; i < f->n_limbs; i++) d[i] = cv_gf_sub_borrow(a[i], f->m[i], &borrow);
    (void)cv_gf_sub_borrow(high, 0, &borrow);
    cv_gf_limb keep = cv_gf_carry_mask(borrow);
    for (unsigned i = 0; i < f->n_limbs; i++) r[i] = d[i] ^ (keep & (d[i] ^ a[i]));
}

/* Inlined so that the callers' constant lengths unroll the loops. */
static inline __attribute__((always_inline)) void
mont_mul(const struct cv_gf *f, unsigned n_limbs, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b)
{
    cv_gf_limb t[CV_GF_LIMBS_MAX + 1] = {0};
    for (unsigned i = 0; i < n_limbs; i++) {
        cv_gf_wide w = cv_gf_times(a[0], b[i]) + t[0];
        cv_gf_limb q = (cv_gf_limb)w * f->n0;
        cv_gf_wide v = cv_gf_times(q, f->m[0]) + (cv_gf_limb)w;
        for (unsigned j = 1; j < n_limbs; j++) {
            w = cv_gf_times(a[j], b[i]) + t[j] + (cv_gf_limb)(w >> CV_GF_LIMB_BITS);
            v = cv_gf_times(q, f->m[j]) + (cv_gf_limb)w + (cv_gf_limb)(v >> CV_GF_LIMB_BITS);
            t[j - 1] = (cv_gf_limb)v;
        }
        w = (cv_gf_wide)t[n_limbs] + (cv_gf_limb)(w >> CV_GF_LIMB_BITS) + (cv_gf_limb)(v >> CV_GF_LIMB_BITS);
        t[n_limbs - 1] = (cv_gf_limb)w;
        t[n_limbs] = (cv_gf_limb)(w >> CV_GF_LIMB_BITS);
    }
    cv_gf_reduce_once(f, r, t, t[n_limbs]);
}

void cv_gf_mont_mul(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b)
{
    switch (f->n_limbs) {
    case 4:
        mont_mul(f, 4, r, a, b);
        break;
    case 6:
        mont_mul(f, 6, r, a, b);
        break;
    default:
        mont_mul(f, f->n_limbs, r, a, b);
        break;
    }
}

void cv_gf_mont_sqr(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a)
{
    cv_gf_mont_mul(f, r, a, a);
}

void cv_gf_add(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b)
{
    cv_gf_limb t[CV_GF_LIMBS_MAX];
    cv_gf_carry carry = 0;
    for (unsigned i = 0; i < f->n_limbs; i++) t[i] = cv_gf_add_carry(a[i], b[i], &carry);
    cv_gf_reduce_once(f, r, t, carry);
}

void cv_gf_sub(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b)
{
    cv_gf_limb t[CV_GF_LIMBS_MAX];
    cv_gf_carry borrow = 0, carry = 0;
    for (unsigned i = 0; i < f->n_limbs; i++) t[i] = cv_gf_sub_borrow(a[i], b[i], &borrow);
    cv_gf_limb mask = cv_gf_carry_mask(borrow);
    for (unsigned i = 0; i < f->n_limbs; i++) r[i] = cv_gf_add_carry(t[i], f->m[i] & mask, &carry);
}

void cv_gf_half(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a)
{
    const unsigned n = f->n_limbs;
    cv_gf_limb t[CV_GF_LIMBS_MAX + 1];
    cv_gf_carry carry = 0;
    cv_gf_limb mask = cv_gf_carry_mask((cv_gf_carry)(a[0] & 1));
    for (unsigned i = 0; i < n; i++) t[i] = cv_gf_add_carry(a[i], f->m[i] & mask, &carry);
    t[n] = carry;
    for (unsigned i = 0; i < n; i++) r[i] = t[i] >> 1 | t[i + 1] << (CV_GF_LIMB_BITS - 1);
}

void cv_gf_to(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a)
{
    f->mul(f, r, a, f->to);
}

void cv_gf_from(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a)
{
    static const cv_gf_limb plain_one[CV_GF_LIMBS_MAX] = {1};
    f->mul(f, r, a, plain_one);
}

cv_gf_limb cv_gf_is_zero(const struct cv_gf *f, const cv_gf_limb *a)
{
    cv_gf_limb any = 0;
    for (unsigned i = 0; i < f->n_limbs; i++) any |= a[i];
    return ~cv_gf_nonzero(any);
}

cv_gf_limb cv_gf_below_modulus(const struct cv_gf *f, const cv_gf_limb *a)
{
    cv_gf_carry borrow = 0;
    for (unsigned i = 0; i < f->n_limbs; i++) (void)cv_gf_sub_borrow(a[i], f->m[i], &borrow);
    return cv_gf_carry_mask(borrow);
}

cv_gf_limb cv_gf_equal(const struct cv_gf *f, const cv_gf_limb *a, const cv_gf_limb *b)
{
    cv_gf_limb diff = 0;
    for (unsigned i = 0; i < f->n_limbs; i++) diff |= a[i] ^ b[i];
    return ~cv_gf_nonzero(diff);
}

void cv_gf_move(unsigned n_limbs, cv_gf_limb mask, cv_gf_limb *r, const cv_gf_limb *a)
{
    for (unsigned i = 0; i < n_limbs; i++) r[i] ^= mask & (r[i] ^ a[i]);
}

void cv_gf_load(unsigned n_limbs, cv_gf_limb *r, const uint8_t *p, size_t len)
{
    memset(r, 0, n_limbs * sizeof *r);
    for (size_t i = 0; i < len; i++) r[i / sizeof *r] |= (cv_gf_limb)p[len - 1 - i] << (i % sizeof *r * 8);
}

void cv_gf_store(uint8_t *p, size_t len, const cv_gf_limb *a)
{
    for (size_t i = 0; i < len; i++) p[len - 1 - i] = (uint8_t)(a[i / sizeof *a] >> (i % sizeof *a * 8));
}

uint32_t cv_gf_bits(unsigned n_limbs, const cv_gf_limb *a, unsigned at, unsigned n_bits)
{
    unsigned i = at / CV_GF_LIMB_BITS, shift = at % CV_GF_LIMB_BITS;
    cv_gf_wide w = i < n_limbs ? a[i] : 0;
    if (i + 1 < n_limbs) w |= (cv_gf_wide)a[i + 1] << CV_GF_LIMB_BITS;
    return (uint32_t)(w >> shift) & ((1u << n_bits) - 1);
}
