/* A curve's point operations over its own field alone, where the compiler sees through the pointers: the
 * including file defines `field`. */
#ifndef CV_EC_INSTANCE_H
#define CV_EC_INSTANCE_H

#include "crypto/ec_formulas.h"
#include "crypto/ec_vartime.h"

static void point_double(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p)
{
    (void)c;
    cv_ec_formula_double(&field, r, p);
}

static cv_gf_limb point_add(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p,
                            const cv_gf_limb *q)
{
    (void)c;
    return cv_ec_formula_add(&field, r, p, q);
}

static cv_gf_limb point_add_affine(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p,
                                   const cv_gf_limb *q)
{
    (void)c;
    return cv_ec_formula_add_affine(&field, r, p, q);
}

static void point_add_affine_vartime(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *q,
                                     bool minus)
{
    (void)c;
    cv_ec_vartime_add_affine(&field, r, q, minus);
}

#endif
