#include "crypto/ge448.h"

#include "crypto/base/secret.h"

#include <string.h>

enum { MINUS_D = 39081, WINDOW = 4, N_ENTRIES = 1 << WINDOW, TERMS_MAX = 2 };

static const uint8_t base_x[CV_FE448_LEN] = {
    0x5e, 0xc0, 0x0c, 0xc7, 0x2b, 0xa8, 0x26, 0x26, 0x8e, 0x93, 0x00, 0x8b, 0xe1, 0x80,
    0x3b, 0x43, 0x11, 0x65, 0xb6, 0x2a, 0xf7, 0x1a, 0xae, 0x12, 0x64, 0xa4, 0xd3, 0xa3,
    0x24, 0xe3, 0x6d, 0xea, 0x67, 0x17, 0x0f, 0x47, 0x70, 0x65, 0x14, 0x9e, 0xda, 0x36,
    0xbf, 0x22, 0xa6, 0x15, 0x1d, 0x22, 0xed, 0x0d, 0xed, 0x6b, 0xc6, 0x70, 0x19, 0x4f,
};
static const uint8_t base_y[CV_FE448_LEN] = {
    0x14, 0xfa, 0x30, 0xf2, 0x5b, 0x79, 0x08, 0x98, 0xad, 0xc8, 0xd7, 0x4e, 0x2c, 0x13,
    0xbd, 0xfd, 0xc4, 0x39, 0x7c, 0xe6, 0x1c, 0xff, 0xd3, 0x3a, 0xd7, 0xc2, 0xa0, 0x05,
    0x1e, 0x9c, 0x78, 0x87, 0x40, 0x98, 0xa3, 0x6c, 0x73, 0x73, 0xea, 0x4b, 0x62, 0xc7,
    0xc9, 0x56, 0x37, 0x20, 0x76, 0x88, 0x24, 0xbc, 0xb6, 0x6e, 0x71, 0x46, 0x3f, 0x69,
};

static const struct cv_ge448 identity = {{{0}}, {{1}}, {{1}}};

void cv_ge448_base(struct cv_ge448 *r)
{
    cv_fe448_from_bytes(&r->x, base_x);
    cv_fe448_from_bytes(&r->y, base_y);
    r->z = cv_fe448_one;
}

/* r = a + b. RFC 8032 section 5.2.4; complete, as d is no square. */
static void add(struct cv_ge448 *r, const struct cv_ge448 *a, const struct cv_ge448 *b)
{
    struct cv_fe448 zz, xx, yy, e, f, g, h;
    cv_fe448_mul(&zz, &a->z, &b->z);
    cv_fe448_mul(&xx, &a->x, &b->x);
    cv_fe448_mul(&yy, &a->y, &b->y);
    cv_fe448_add(&h, &a->x, &a->y);
    cv_fe448_add(&e, &b->x, &b->y);
    cv_fe448_mul(&h, &h, &e);
    cv_fe448_mul(&e, &xx, &yy);
    cv_fe448_mul_small(&e, &e, MINUS_D);
    cv_fe448_sqr(&g, &zz);
    cv_fe448_add(&f, &g, &e);
    cv_fe448_sub(&g, &g, &e);
    cv_fe448_add(&e, &xx, &yy);
    cv_fe448_sub(&h, &h, &e);
    cv_fe448_sub(&yy, &yy, &xx);
    cv_fe448_mul(&r->z, &f, &g);
    cv_fe448_mul(&f, &f, &zz);
    cv_fe448_mul(&r->x, &f, &h);
    cv_fe448_mul(&g, &g, &zz);
    cv_fe448_mul(&r->y, &g, &yy);
}

/* r = 2 a; the same section. */
static void dbl(struct cv_ge448 *r, const struct cv_ge448 *a)
{
    struct cv_fe448 b, xx, yy, e, h;
    cv_fe448_add(&b, &a->x, &a->y);
    cv_fe448_sqr(&b, &b);
    cv_fe448_sqr(&xx, &a->x);
    cv_fe448_sqr(&yy, &a->y);
    cv_fe448_sqr(&h, &a->z);
    cv_fe448_add(&e, &xx, &yy);
    cv_fe448_add(&h, &h, &h);
    cv_fe448_sub(&b, &b, &e);
    cv_fe448_sub(&h, &e, &h);
    cv_fe448_sub(&xx, &xx, &yy);
    cv_fe448_mul(&r->x, &b, &h);
    cv_fe448_mul(&r->y, &e, &xx);
    cv_fe448_mul(&r->z, &e, &h);
}

/* r = table[index], every entry being read. */
static void table_read(struct cv_ge448 *r, const struct cv_ge448 table[N_ENTRIES], uint32_t index)
{
    *r = identity;
    for (uint32_t i = 1; i < N_ENTRIES; i++) {
        uint32_t mask = cv_ct_eq32(i, index);
        cv_fe448_move(mask, &r->x, &table[i].x);
        cv_fe448_move(mask, &r->y, &table[i].y);
        cv_fe448_move(mask, &r->z, &table[i].z);
    }
}

void cv_ge448_mul(struct cv_ge448 *r, const uint8_t *const k[], const struct cv_ge448 *const a[], unsigned n)
{
    struct cv_ge448 table[TERMS_MAX][N_ENTRIES], sum = identity, entry;
    for (unsigned t = 0; t < n; t++) {
        table[t][0] = identity;
        table[t][1] = *a[t];
        for (unsigned i = 2; i < N_ENTRIES; i++) add(&table[t][i], &table[t][i - 1], a[t]);
    }
    for (unsigned at = 8 * CV_FE448_LEN; at > 0;) {
        at -= WINDOW;
        for (unsigned i = 0; i < WINDOW; i++) dbl(&sum, &sum);
        for (unsigned t = 0; t < n; t++) {
            table_read(&entry, table[t], k[t][at / 8] >> at % 8 & (N_ENTRIES - 1));
            add(&sum, &sum, &entry);
        }
    }
    *r = sum;
    cv_wipe(&sum, sizeof sum);
    cv_wipe(&entry, sizeof entry);
    cv_wipe_stack();
}

void cv_ge448_to_bytes(uint8_t out[CV_GE448_LEN], const struct cv_ge448 *a)
{
    struct cv_fe448 inverse, x, y;
    uint8_t x_bytes[CV_FE448_LEN];
    cv_fe448_invert(&inverse, &a->z);
    cv_fe448_mul(&x, &a->x, &inverse);
    cv_fe448_mul(&y, &a->y, &inverse);
    cv_fe448_to_bytes(out, &y);
    cv_fe448_to_bytes(x_bytes, &x);
    out[CV_GE448_LEN - 1] = (uint8_t)(x_bytes[0] << 7);
    cv_wipe(&inverse, sizeof inverse);
    cv_wipe(x_bytes, sizeof x_bytes);
}

static bool equal(const struct cv_fe448 *a, const struct cv_fe448 *b)
{
    uint8_t a_bytes[CV_FE448_LEN], b_bytes[CV_FE448_LEN];
    cv_fe448_to_bytes(a_bytes, a);
    cv_fe448_to_bytes(b_bytes, b);
    return memcmp(a_bytes, b_bytes, CV_FE448_LEN) == 0;
}

/* x = sqrt(u / v), if there is one: u^3 v (u^5 v^3)^((p - 3) / 4), RFC 8032 section 5.2.3 step 3. */
static bool sqrt_ratio(struct cv_fe448 *x, const struct cv_fe448 *u, const struct cv_fe448 *v)
{
    struct cv_fe448 u3v, t;
    cv_fe448_sqr(&t, u);
    cv_fe448_mul(&u3v, &t, u);
    cv_fe448_mul(&u3v, &u3v, v);
    cv_fe448_mul(&t, &t, &u3v);
    cv_fe448_mul(&t, &t, v);
    cv_fe448_mul(&t, &t, v);
    cv_fe448_pow_p34(&t, &t);
    cv_fe448_mul(x, &t, &u3v);
    cv_fe448_sqr(&t, x);
    cv_fe448_mul(&t, &t, v);
    return equal(&t, u);
}

bool cv_ge448_from_bytes(struct cv_ge448 *r, const uint8_t in[CV_GE448_LEN])
{
    struct cv_fe448 u, v;
    uint8_t again[CV_FE448_LEN];
    const unsigned sign = in[CV_GE448_LEN - 1] >> 7;
    cv_fe448_from_bytes(&r->y, in);
    cv_fe448_to_bytes(again, &r->y);
    /* RFC 8032 5.2.3 step 1: y >= p */
    if ((in[CV_GE448_LEN - 1] & 0x7f) != 0 || memcmp(in, again, sizeof again) != 0) return false;
    /* x^2 = (1 - y^2) / (1 - d y^2) */
    cv_fe448_sqr(&u, &r->y);
    cv_fe448_mul_small(&v, &u, MINUS_D);
    cv_fe448_sub(&u, &cv_fe448_one, &u);
    cv_fe448_add(&v, &v, &cv_fe448_one);
    if (!sqrt_ratio(&r->x, &u, &v)) return false;
    cv_fe448_to_bytes(again, &r->x);
    if (equal(&r->x, &cv_fe448_zero) && sign == 1) return false; /* step 4 */
    if ((again[0] & 1) != sign) cv_fe448_sub(&r->x, &cv_fe448_zero, &r->x);
    r->z = cv_fe448_one;
    return true;
}
