#include "crypto/sc448.h"

#include "crypto/base/secret.h"
#include "crypto/mont.h"

enum { LIMBS = 448 / CV_LIMB_BITS };

/* Big-endian, as RSA's numbers are. */
static const uint8_t order[CV_SC448_LEN] = {
    0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x7c, 0xca, 0x23, 0xe9, 0xc4, 0x4e, 0xdb, 0x49, 0xae, 0xd6, 0x36, 0x90, 0x21, 0x6c,
    0xc2, 0x72, 0x8d, 0xc5, 0x8f, 0x55, 0x23, 0x78, 0xc2, 0x92, 0xab, 0x58, 0x44, 0xf3,
};
static const uint8_t order_r2[CV_SC448_LEN] = {
    0x34, 0x02, 0xa9, 0x39, 0xf8, 0x23, 0xb7, 0x29, 0x20, 0x52, 0xbc, 0xb7, 0xe4, 0xd0,
    0x70, 0xaf, 0x1a, 0x9c, 0xc1, 0x4b, 0xa3, 0xc4, 0x7c, 0x44, 0xae, 0x17, 0xcf, 0x72,
    0x5e, 0xe4, 0xd8, 0x38, 0x0d, 0x66, 0xde, 0x23, 0x88, 0xea, 0x18, 0x59, 0x7a, 0xf3,
    0x2c, 0x4b, 0xc1, 0xb1, 0x95, 0xd9, 0xe3, 0x53, 0x92, 0x57, 0x04, 0x9b, 0x9b, 0x60,
}; /* 2^896 mod L */

struct field {
    cv_limb n[LIMBS], r2[LIMBS];
    struct cv_mont mont;
};

static void field_init(struct field *f)
{
    cv_limbs_from_bytes(f->n, LIMBS, order, sizeof order);
    cv_limbs_from_bytes(f->r2, LIMBS, order_r2, sizeof order_r2);
    cv_mont_init(&f->mont, f->n, LIMBS);
}

/* r = (high R + low) mod L, R being 2^448; high below L, low any 448 bits. */
static void shift_add(const struct field *f, cv_limb *r, const cv_limb *high, const cv_limb *low)
{
    cv_limb t[LIMBS], one[LIMBS] = {1};
    cv_mont_mul(&f->mont, t, low, f->r2);
    cv_mont_mul(&f->mont, t, t, one);
    cv_mont_mul(&f->mont, r, high, f->r2);
    cv_mont_add(&f->mont, r, r, t);
    cv_wipe(t, sizeof t);
}

void cv_sc448_reduce(uint8_t r[CV_SC448_LEN], const uint8_t wide[CV_SC448_WIDE_LEN])
{
    struct field f;
    cv_limb x[LIMBS], part[LIMBS];
    field_init(&f);
    cv_limbs_from_le(x, LIMBS, wide + 112, 2);
    for (int at = 56; at >= 0; at -= 56) {
        cv_limbs_from_le(part, LIMBS, wide + at, 56);
        shift_add(&f, x, x, part);
    }
    cv_limbs_to_le(r, CV_SC448_LEN, x);
    cv_wipe(x, sizeof x);
    cv_wipe(part, sizeof part);
    cv_wipe_stack();
}

void cv_sc448_muladd(uint8_t r[CV_SC448_LEN], const uint8_t a[CV_SC448_LEN], const uint8_t b[CV_SC448_LEN],
                     const uint8_t c[CV_SC448_LEN])
{
    struct field f;
    cv_limb x[LIMBS], y[LIMBS];
    field_init(&f);
    cv_limbs_from_le(x, LIMBS, a, CV_SC448_LEN);
    cv_limbs_from_le(y, LIMBS, b, CV_SC448_LEN);
    cv_mont_mul(&f.mont, x, x, y);
    cv_mont_mul(&f.mont, x, x, f.r2);
    cv_limbs_from_le(y, LIMBS, c, CV_SC448_LEN);
    cv_mont_add(&f.mont, x, x, y);
    cv_limbs_to_le(r, CV_SC448_LEN, x);
    cv_wipe(x, sizeof x);
    cv_wipe(y, sizeof y);
    cv_wipe_stack();
}

bool cv_sc448_is_canonical(const uint8_t a[CV_SC448_LEN])
{
    struct field f;
    cv_limb x[LIMBS];
    field_init(&f);
    cv_limbs_from_le(x, LIMBS, a, CV_SC448_LEN);
    return cv_limbs_less(x, f.n, LIMBS) != 0;
}
