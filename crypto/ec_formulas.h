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

/* What an addition is made of. Both beginnings leave U1, S1, U2 in the place of H, S2 in that of R, and Z1 *
 * Z2; the end wants H = U2 - U1 and R = S2 - S1. */
struct cv_ec_sum {
    cv_gf_limb u1[CV_GF_LIMBS_MAX], s1[CV_GF_LIMBS_MAX], h[CV_GF_LIMBS_MAX], r[CV_GF_LIMBS_MAX];
    cv_gf_limb zz[CV_GF_LIMBS_MAX];
};

CV_EC_INLINE void cv_ec_formula_begin(const struct cv_gf *f, struct cv_ec_sum *s, const cv_gf_limb *p,
                                      const cv_gf_limb *q)
{
    const unsigned n = f->n_limbs;
    const cv_gf_limb *z1 = p + 2 * n, *z2 = q + 2 * n;
    f->sqr(f, s->zz, z2);
    f->mul(f, s->u1, p, s->zz);
    f->mul(f, s->zz, s->zz, z2);
    f->mul(f, s->s1, p + n, s->zz);
    f->sqr(f, s->zz, z1);
    f->mul(f, s->h, q, s->zz);
    f->mul(f, s->zz, s->zz, z1);
    f->mul(f, s->r, q + n, s->zz);
    f->mul(f, s->zz, z1, z2);
}

/* With q affine. */
CV_EC_INLINE void cv_ec_formula_begin_affine(const struct cv_gf *f, struct cv_ec_sum *s, const cv_gf_limb *p,
                                             const cv_gf_limb *q)
{
    const unsigned n = f->n_limbs;
    const cv_gf_limb *z1 = p + 2 * n;
    memcpy(s->u1, p, n * sizeof *p);
    memcpy(s->s1, p + n, n * sizeof *p);
    f->sqr(f, s->zz, z1);
    f->mul(f, s->h, q, s->zz);
    f->mul(f, s->zz, s->zz, z1);
    f->mul(f, s->r, q + n, s->zz);
    memcpy(s->zz, z1, n * sizeof *p);
}

CV_EC_INLINE void cv_ec_formula_end(const struct cv_gf *f, cv_gf_limb *out, const struct cv_ec_sum *s)
{
    const unsigned n = f->n_limbs;
    cv_gf_limb h2[CV_GF_LIMBS_MAX], h3[CV_GF_LIMBS_MAX], v[CV_GF_LIMBS_MAX];
    f->mul(f, out + 2 * n, s->zz, s->h);
    f->sqr(f, h2, s->h);
    f->mul(f, h3, h2, s->h);
    f->mul(f, v, s->u1, h2);
    f->sqr(f, out, s->r);
    f->sub(f, out, out, h3);
    f->sub(f, out, out, v);
    f->sub(f, out, out, v);
    f->sub(f, v, v, out);
    f->mul(f, v, v, s->r);
    f->mul(f, h3, h3, s->s1);
    f->sub(f, out + n, v, h3);
}

CV_EC_INLINE cv_gf_limb cv_ec_formula_add(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *p,
                                          const cv_gf_limb *q)
{
    const unsigned n = f->n_limbs;
    struct cv_ec_sum s;
    cv_gf_limb out[3 * CV_GF_LIMBS_MAX];
    cv_gf_limb p_infinite = cv_gf_is_zero(f, p + 2 * n), q_infinite = cv_gf_is_zero(f, q + 2 * n);
    cv_ec_formula_begin(f, &s, p, q);
    f->sub(f, s.h, s.h, s.u1);
    f->sub(f, s.r, s.r, s.s1);
    cv_ec_formula_end(f, out, &s);
    cv_gf_move(3 * n, p_infinite, out, q);
    cv_gf_move(3 * n, q_infinite, out, p);
    memcpy(r, out, 3 * n * sizeof *r);
    return cv_gf_is_zero(f, s.h) & cv_gf_is_zero(f, s.r) & ~p_infinite & ~q_infinite;
}

CV_EC_INLINE cv_gf_limb cv_ec_formula_add_affine(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *p,
                                                 const cv_gf_limb *q)
{
    const unsigned n = f->n_limbs;
    struct cv_ec_sum s;
    cv_gf_limb out[3 * CV_GF_LIMBS_MAX];
    cv_gf_limb p_infinite = cv_gf_is_zero(f, p + 2 * n);
    cv_gf_limb q_infinite = cv_gf_is_zero(f, q) & cv_gf_is_zero(f, q + n);
    cv_ec_formula_begin_affine(f, &s, p, q);
    f->sub(f, s.h, s.h, s.u1);
    f->sub(f, s.r, s.r, s.s1);
    cv_ec_formula_end(f, out, &s);
    cv_gf_move(2 * n, p_infinite, out, q);
    cv_gf_move(n, p_infinite, out + 2 * n, f->one);
    cv_gf_move(3 * n, q_infinite, out, p);
    /* Both infinite: Z of p was taken last, and is zero. */
    memcpy(r, out, 3 * n * sizeof *r);
    return cv_gf_is_zero(f, s.h) & cv_gf_is_zero(f, s.r) & ~p_infinite & ~q_infinite;
}

#endif
