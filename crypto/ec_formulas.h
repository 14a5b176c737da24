/* The group law in Jacobian coordinates, once for all curves and all speeds: ec_point.c instantiates it
 * over any field, a curve's own file over its field alone, where the compiler sees through the pointers.
 * Doubling: 4M + 4S, halving instead of 8Y⁴. Addition: 12M + 4S, or 8M + 3S with an affine operand
 * (Cohen, Miyaji, Ono, "Efficient elliptic curve exponentiation using mixed coordinates", 1998). */
#ifndef CV_EC_FORMULAS_H
#define CV_EC_FORMULAS_H

#include "crypto/ec.h"

#include <string.h>

#define CV_EC_INLINE static inline __attribute__((always_inline))

/* Infinity doubles to infinity, since Z3 is a multiple of Z; no point has order 2. */
CV_EC_INLINE void cv_ec_formula_double(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *p)
{
    const unsigned n = f->n_limbs;
    const cv_gf_limb *x = p, *y = p + n, *z = p + 2 * n;
    cv_gf_limb s[CV_GF_LIMBS_MAX], m[CV_GF_LIMBS_MAX], t[CV_GF_LIMBS_MAX], u[CV_GF_LIMBS_MAX];
    f->add(f, s, y, y);
    f->sqr(f, t, z);
    f->add(f, m, x, t);
    f->sub(f, t, x, t);
    f->mul(f, m, m, t);
    f->add(f, t, m, m);
    f->add(f, m, m, t); /* 3(X - Z²)(X + Z²) */
    f->mul(f, r + 2 * n, s, z);
    f->sqr(f, s, s);
    f->sqr(f, t, s);
    f->half(f, t, t);   /* 8Y⁴ */
    f->mul(f, s, s, x); /* 4XY² */
    f->add(f, u, s, s);
    f->sqr(f, r, m);
    f->sub(f, r, r, u);
    f->sub(f, s, s, r);
    f->mul(f, s, s, m);
    f->sub(f, r + n, s, t);
}

/* The common end of both additions: from U1, S1, H = U2 - U1, R = S2 - S1 and Z1 * Z2. */
CV_EC_INLINE void cv_ec_formula_add_end(const struct cv_gf *f, cv_gf_limb *out, const cv_gf_limb *u1,
                                        const cv_gf_limb *s1, const cv_gf_limb *h, const cv_gf_limb *rr,
                                        const cv_gf_limb *zz)
{
    const unsigned n = f->n_limbs;
    cv_gf_limb h2[CV_GF_LIMBS_MAX], h3[CV_GF_LIMBS_MAX], v[CV_GF_LIMBS_MAX];
    f->mul(f, out + 2 * n, zz, h);
    f->sqr(f, h2, h);
    f->mul(f, h3, h2, h);
    f->mul(f, v, u1, h2);
    f->sqr(f, out, rr);
    f->sub(f, out, out, h3);
    f->sub(f, out, out, v);
    f->sub(f, out, out, v);
    f->sub(f, v, v, out);
    f->mul(f, v, v, rr);
    f->mul(f, h3, h3, s1);
    f->sub(f, out + n, v, h3);
}

CV_EC_INLINE cv_gf_limb cv_ec_formula_add(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *p,
                                          const cv_gf_limb *q)
{
    const unsigned n = f->n_limbs;
    const cv_gf_limb *z1 = p + 2 * n, *z2 = q + 2 * n;
    cv_gf_limb u1[CV_GF_LIMBS_MAX], u2[CV_GF_LIMBS_MAX], s1[CV_GF_LIMBS_MAX], s2[CV_GF_LIMBS_MAX];
    cv_gf_limb zz[CV_GF_LIMBS_MAX], out[3 * CV_GF_LIMBS_MAX];
    cv_gf_limb p_infinite = cv_gf_is_zero(f, z1), q_infinite = cv_gf_is_zero(f, z2);
    f->sqr(f, zz, z2);
    f->mul(f, u1, p, zz);
    f->mul(f, zz, zz, z2);
    f->mul(f, s1, p + n, zz);
    f->sqr(f, zz, z1);
    f->mul(f, u2, q, zz);
    f->mul(f, zz, zz, z1);
    f->mul(f, s2, q + n, zz);
    f->mul(f, zz, z1, z2);
    f->sub(f, u2, u2, u1);
    f->sub(f, s2, s2, s1);
    cv_ec_formula_add_end(f, out, u1, s1, u2, s2, zz);
    cv_gf_move(3 * n, p_infinite, out, q);
    cv_gf_move(3 * n, q_infinite, out, p);
    memcpy(r, out, 3 * n * sizeof *r);
    return cv_gf_is_zero(f, u2) & cv_gf_is_zero(f, s2) & ~p_infinite & ~q_infinite;
}

CV_EC_INLINE cv_gf_limb cv_ec_formula_add_affine(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *p,
                                                 const cv_gf_limb *q)
{
    const unsigned n = f->n_limbs;
    const cv_gf_limb *z1 = p + 2 * n;
    cv_gf_limb u2[CV_GF_LIMBS_MAX], s2[CV_GF_LIMBS_MAX], zz[CV_GF_LIMBS_MAX], out[3 * CV_GF_LIMBS_MAX];
    cv_gf_limb p_infinite = cv_gf_is_zero(f, z1), q_infinite = cv_gf_is_zero(f, q) & cv_gf_is_zero(f, q + n);
    f->sqr(f, zz, z1);
    f->mul(f, u2, q, zz);
    f->mul(f, zz, zz, z1);
    f->mul(f, s2, q + n, zz);
    f->sub(f, u2, u2, p);
    f->sub(f, s2, s2, p + n);
    cv_ec_formula_add_end(f, out, p, p + n, u2, s2, z1);
    cv_gf_move(2 * n, p_infinite, out, q);
    cv_gf_move(n, p_infinite, out + 2 * n, f->one);
    cv_gf_move(3 * n, q_infinite, out, p);
    /* Both infinite: Z of p was taken last, and is zero. */
    memcpy(r, out, 3 * n * sizeof *r);
    return cv_gf_is_zero(f, u2) & cv_gf_is_zero(f, s2) & ~p_infinite & ~q_infinite;
}

#endif
