#include "crypto/base/secret.h"
#include "crypto/ec.h"

#include <string.h>

/* y² = x³ - 3x + b */
static bool on_curve(const struct cv_ec_curve *c, const cv_gf_limb *x, const cv_gf_limb *y)
{
    const struct cv_gf *f = c->field;
    cv_gf_limb left[CV_GF_LIMBS_MAX], right[CV_GF_LIMBS_MAX], b[CV_GF_LIMBS_MAX];
    f->sqr(f, left, y);
    f->sqr(f, right, x);
    f->mul(f, right, right, x);
    for (unsigned i = 0; i < 3; i++) f->sub(f, right, right, x);
    cv_gf_to(f, b, c->b);
    f->add(f, right, right, b);
    return cv_gf_equal(f, left, right) != 0;
}

cv_err cv_ec_decode_point(const struct cv_ec_curve *c, cv_gf_limb *affine, struct cv_bytes in)
{
    enum { UNCOMPRESSED = 4 };
    const struct cv_gf *f = c->field;
    struct cv_bytes x_bytes, y_bytes;
    uint8_t form;
    if (cv_read_u8(&in, &form) != CV_OK || form != UNCOMPRESSED) return CV_E_BAD_POINT;
    if (cv_read_bytes(&in, c->len, &x_bytes) != CV_OK) return CV_E_BAD_POINT;
    if (cv_read_bytes(&in, c->len, &y_bytes) != CV_OK) return CV_E_BAD_POINT;
    if (cv_read_end(in) != CV_OK) return CV_E_BAD_POINT;

    cv_gf_limb *x = affine, *y = affine + f->n_limbs;
    cv_gf_load(f->n_limbs, x, x_bytes.p, c->len);
    cv_gf_load(f->n_limbs, y, y_bytes.p, c->len);
    if (!cv_gf_below_modulus(f, x) || !cv_gf_below_modulus(f, y)) return CV_E_BAD_POINT;
    cv_gf_to(f, x, x);
    cv_gf_to(f, y, y);
    return on_curve(c, x, y) ? CV_OK : CV_E_BAD_POINT;
}

void cv_ec_encode_point(const struct cv_ec_curve *c, uint8_t *out, const cv_gf_limb *affine)
{
    const struct cv_gf *f = c->field;
    cv_gf_limb t[CV_GF_LIMBS_MAX];
    out[0] = 4; /* uncompressed */
    cv_gf_from(f, t, affine);
    cv_gf_store(out + 1, c->len, t);
    cv_gf_from(f, t, affine + f->n_limbs);
    cv_gf_store(out + 1 + c->len, c->len, t);
}

static bool scalar_in_range(const struct cv_ec_curve *c, const cv_gf_limb *k)
{
    cv_gf_limb good = cv_gf_below_modulus(c->order, k) & ~cv_gf_is_zero(c->order, k);
    /* That a candidate or a key is refused tells nothing of the one that is used. */
    cv_secret_declassify(&good, sizeof good);
    cv_wipe_stack(); /* differences from the modulus */
    return good != 0;
}

cv_err cv_ec_decode_scalar(const struct cv_ec_curve *c, cv_gf_limb *k, struct cv_bytes in)
{
    if (in.len != c->len) return CV_E_KEY_SYNTAX;
    cv_gf_load(c->order->n_limbs, k, in.p, in.len);
    if (scalar_in_range(c, k)) return CV_OK;
    cv_wipe(k, c->order->n_limbs * sizeof *k);
    return CV_E_KEY_SYNTAX;
}

cv_err cv_ec_random_scalar(const struct cv_ec_curve *c, cv_gf_limb *k, const struct cv_rng *rng)
{
    /* A good source is refused at most once in 2^32 draws; this many in a row means that it is broken. */
    enum { TRIES = 8 };
    uint8_t bytes[CV_GF_LEN_MAX];
    cv_err e = CV_OK;
    bool done = false;
    for (unsigned i = 0; i < TRIES && !done && e == CV_OK; i++) {
        if ((e = cv_random(rng, bytes, c->len)) != CV_OK) break;
        bytes[0] &= (uint8_t)(0xffu >> (8 * c->len - c->bits));
        cv_gf_load(c->order->n_limbs, k, bytes, c->len);
        done = scalar_in_range(c, k);
    }
    cv_wipe(bytes, sizeof bytes);
    if (done) return CV_OK;
    cv_wipe(k, c->order->n_limbs * sizeof *k);
    return e != CV_OK ? e : CV_E_RNG;
}

void cv_ec_public_share(const struct cv_ec_curve *c, uint8_t *share, const cv_gf_limb *k)
{
    cv_gf_limb point[3 * CV_GF_LIMBS_MAX], affine[2 * CV_GF_LIMBS_MAX];
    cv_ec_mul_base(c, point, k);
    cv_ec_to_affine(c, affine, point);
    cv_ec_encode_point(c, share, affine);
    cv_secret_declassify(share, 1 + 2 * c->len); /* the public key */
    cv_wipe(point, sizeof point);                /* its Z tells of the scalar */
}
