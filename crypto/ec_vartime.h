/* The group law for public points, in variable time: ec_formulas.h has the rest. */
#ifndef CV_EC_VARTIME_H
#define CV_EC_VARTIME_H

#include "crypto/ec_formulas.h"

CV_EC_INLINE bool cv_ec_vartime_is_zero(const struct cv_gf *f, const cv_gf_limb *a)
{
    cv_gf_limb any = 0;
#pragma GCC unroll 6
    for (unsigned i = 0; i < f->n_limbs; i++) any |= a[i];
    return any == 0;
}

CV_EC_INLINE void cv_ec_vartime_negate_if(const struct cv_gf *f, cv_gf_limb *y, bool minus)
{
    static const cv_gf_limb zero[CV_GF_LIMBS_MAX];
    if (minus) f->sub(f, y, zero, y);
}

/* r += q or r -= q, for all r and an affine q that is not infinity. */
CV_EC_INLINE void cv_ec_vartime_add_affine(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *q,
                                           bool minus)
{
    const unsigned n = f->n_limbs;
    struct cv_ec_sum s;
    if (cv_ec_vartime_is_zero(f, r + 2 * n)) {
        memcpy(r, q, 2 * n * sizeof *r);
        memcpy(r + 2 * n, f->one, n * sizeof *r);
        cv_ec_vartime_negate_if(f, r + n, minus);
        return;
    }
    cv_ec_formula_begin_affine(f, &s, r, q);
    cv_ec_vartime_negate_if(f, s.r, minus);
    f->sub(f, s.h, s.h, s.u1);
    f->sub(f, s.r, s.r, s.s1);
    if (!cv_ec_vartime_is_zero(f, s.h)) {
        cv_ec_formula_end(f, r, &s);
    } else if (cv_ec_vartime_is_zero(f, s.r)) {
        cv_ec_formula_double(f, r, r);
    } else {
        memset(r, 0, 3 * n * sizeof *r);
    }
}

#endif
