#include "crypto/sc25519.h"

#include "crypto/base/secret.h"
#include "crypto/mont.h"

enum { LIMBS = 256 / CV_LIMB_BITS };

/* Big-endian, as RSA's numbers are. */
static const uint8_t order[32] = {
    0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x14, 0xde, 0xf9, 0xde, 0xa2, 0xf7, 0x9c, 0xd6, 0x58, 0x12, 0x63, 0x1a, 0x5c, 0xf5, 0xd3, 0xed,
};
static const uint8_t order_r2[32] = {
    0x03, 0x99, 0x41, 0x1b, 0x7c, 0x30, 0x9a, 0x3d, 0xce, 0xec, 0x73, 0xd2, 0x17, 0xf5, 0xbe, 0x65,
    0xd0, 0x0e, 0x1b, 0xa7, 0x68, 0x85, 0x93, 0x47, 0xa4, 0x06, 0x11, 0xe3, 0x44, 0x9c, 0x0f, 0x01,
}; /* 2^512 mod L */
static const uint8_t all_plus[32] = {
    0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x6d, 0xe7, 0x2a, 0xe9, 0x8b, 0x3a, 0xb6, 0x23, 0x97, 0x7f, 0x4a, 0x47, 0x75, 0x47, 0x34, 0x84,
}; /* 2^255 - 1 mod L */

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

static void load(cv_limb r[LIMBS], const uint8_t a[32])
{
    cv_limbs_from_le(r, LIMBS, a, 32);
}

static void store(uint8_t r[32], const cv_limb a[LIMBS])
{
    cv_limbs_to_le(r, 32, a);
}

void cv_sc_reduce(uint8_t r[32], const uint8_t wide[64])
{
    struct field f;
    cv_limb low[LIMBS], high[LIMBS], one[LIMBS] = {1};
    field_init(&f);
    load(low, wide);
    load(high, wide + 32);
    cv_mont_mul(&f.mont, high, high, f.r2); /* high R */
    cv_mont_mul(&f.mont, low, low, f.r2);
    cv_mont_mul(&f.mont, low, low, one);
    cv_mont_add(&f.mont, low, low, high);
    store(r, low);
    cv_wipe(low, sizeof low);
    cv_wipe(high, sizeof high);
    cv_wipe_stack();
}

void cv_sc_muladd(uint8_t r[32], const uint8_t a[32], const uint8_t b[32], const uint8_t c[32])
{
    struct field f;
    cv_limb x[LIMBS], y[LIMBS];
    field_init(&f);
    load(x, a);
    load(y, b);
    cv_mont_mul(&f.mont, x, x, y);
    cv_mont_mul(&f.mont, x, x, f.r2);
    load(y, c);
    cv_mont_add(&f.mont, x, x, y);
    store(r, x);
    cv_wipe(x, sizeof x);
    cv_wipe(y, sizeof y);
    cv_wipe_stack();
}

void cv_sc_signed_digits(uint8_t r[32], const uint8_t a[32])
{
    struct field f;
    cv_limb x[LIMBS], y[LIMBS];
    field_init(&f);
    /* r = (a + 2^255 - 1) / 2 mod L */
    load(x, a);
    cv_limbs_from_bytes(y, LIMBS, all_plus, sizeof all_plus);
    cv_mont_add(&f.mont, x, x, y);
    cv_limb odd = cv_limb_nonzero(x[0] & 1);
    for (size_t i = 0; i < LIMBS; i++) y[i] = odd & f.n[i];
    cv_limb carry = cv_limbs_add(x, x, y, LIMBS); /* 0: twice L is below 2^256 */
    for (size_t i = LIMBS; i-- > 0;) {
        cv_limb next = x[i] & 1;
        x[i] = x[i] >> 1 | carry << (CV_LIMB_BITS - 1);
        carry = next;
    }
    store(r, x);
    cv_wipe(x, sizeof x);
    cv_wipe(y, sizeof y);
}

bool cv_sc_is_canonical(const uint8_t a[32])
{
    struct field f;
    cv_limb x[LIMBS];
    field_init(&f);
    load(x, a);
    return cv_limbs_less(x, f.n, LIMBS) != 0;
}
