#include "crypto/ge25519.h"

#include "crypto/base/secret.h"
#include "crypto/sc25519.h"

#include <string.h>

/* A point made ready to be added: y + x, y - x, 2 d x y, and 2 z unless that is 2. */
struct addend {
    struct cv_fe plus, minus, t2d, z2;
};

static const struct cv_ge identity = {{{0}}, {{1}}, {{1}}, {{0}}};

/* The sum and the doubling below end alike: x = e f, y = g h, t = e h, z = f g. */
static void finish(struct cv_ge *r, const struct cv_fe *e, const struct cv_fe *f, const struct cv_fe *g,
                   const struct cv_fe *h)
{
    cv_fe_mul(&r->x, e, f);
    cv_fe_mul(&r->y, g, h);
    cv_fe_mul(&r->t, e, h);
    cv_fe_mul(&r->z, f, g);
}

/* r = a + b. Hisil, Wong, Carter, Dawson, "Twisted Edwards curves revisited" (2008), section 3.1, k = 2d;
 * complete, as d is no square. affine: b's z is 1 and z2 is not read. */
static void add(struct cv_ge *r, const struct cv_ge *a, const struct addend *b, bool affine)
{
    struct cv_fe e, f, g, h, t;
    cv_fe_sub(&e, &a->y, &a->x);
    cv_fe_mul(&e, &e, &b->minus);
    cv_fe_add(&h, &a->y, &a->x);
    cv_fe_mul(&h, &h, &b->plus);
    cv_fe_mul(&f, &a->t, &b->t2d);
    if (affine)
        cv_fe_add(&g, &a->z, &a->z);
    else
        cv_fe_mul(&g, &a->z, &b->z2);
    cv_fe_sub(&t, &h, &e);
    cv_fe_add(&h, &h, &e);
    cv_fe_sub(&e, &g, &f);
    cv_fe_add(&g, &g, &f);
    finish(r, &t, &e, &g, &h);
}

/* r = 2 a; the same paper, section 3.3, all signs turned. */
static void dbl(struct cv_ge *r, const struct cv_ge *a)
{
    struct cv_fe e, f, g, h, t;
    cv_fe_sqr(&e, &a->x);
    cv_fe_sqr(&t, &a->y);
    cv_fe_sqr(&f, &a->z);
    cv_fe_add(&f, &f, &f);
    cv_fe_add(&h, &e, &t);
    cv_fe_sub(&g, &e, &t);
    cv_fe_add(&t, &a->x, &a->y);
    cv_fe_sqr(&t, &t);
    cv_fe_sub(&e, &h, &t);
    cv_fe_add(&f, &f, &g);
    finish(r, &e, &f, &g, &h);
}

void cv_ge_neg(struct cv_ge *r, const struct cv_ge *a)
{
    cv_fe_neg(&r->x, &a->x);
    r->y = a->y;
    r->z = a->z;
    cv_fe_neg(&r->t, &a->t);
}

/* The digit of comb j at step s: five bits that stand CV_COMB_SPACING apart. */
static uint32_t comb_bits(const uint8_t digits[32], size_t j, size_t s)
{
    uint32_t bits = 0;
    for (size_t t = 0; t < CV_COMB_TEETH; t++) {
        size_t at = s + CV_COMB_SPACING * (CV_COMB_TEETH * j + t);
        bits |= ((uint32_t)digits[at / 8] >> at % 8 & 1) << t;
    }
    return bits;
}

/* Where the highest digit is -1, an entry is the negative of the one with all other digits turned. */
static void comb_read(struct addend *r, size_t j, uint32_t bits)
{
    uint64_t w[12] = {0};
    uint32_t minus = cv_ct_nonzero32(~bits >> (CV_COMB_TEETH - 1) & 1);
    uint32_t index = (bits ^ minus) & (CV_COMB_ENTRIES - 1);
    for (uint32_t i = 0; i < CV_COMB_ENTRIES; i++) {
        uint64_t mask = cv_ct_eq64(i, index);
        for (size_t k = 0; k < 12; k++) w[k] |= mask & cv_ed25519_comb[j][i][k];
    }
    struct cv_fe negated;
    cv_fe_from_words(&r->plus, w);
    cv_fe_from_words(&r->minus, w + 4);
    cv_fe_from_words(&r->t2d, w + 8);
    cv_fe_neg(&negated, &r->t2d);
    cv_fe_limb swap = cv_fe_mask(minus & 1);
    cv_fe_swap(swap, &r->plus, &r->minus);
    cv_fe_swap(swap, &r->t2d, &negated);
    cv_wipe(w, sizeof w);
}

void cv_ge_base_mul(struct cv_ge *r, const uint8_t k[32])
{
    uint8_t digits[32];
    struct addend b;
    cv_sc_signed_digits(digits, k);
    *r = identity;
    for (size_t s = CV_COMB_SPACING; s-- > 0;) {
        if (s < CV_COMB_SPACING - 1) dbl(r, r);
        for (size_t j = 0; j < CV_COMBS; j++) {
            comb_read(&b, j, comb_bits(digits, j, s));
            add(r, r, &b, true);
        }
    }
    cv_wipe(digits, sizeof digits);
    cv_wipe(&b, sizeof b);
}

static void make_addend(struct addend *r, const struct cv_ge *a)
{
    struct cv_fe d2;
    cv_fe_from_words(&d2, cv_ed25519_2d);
    cv_fe_add(&r->plus, &a->y, &a->x);
    cv_fe_sub(&r->minus, &a->y, &a->x);
    cv_fe_mul(&r->t2d, &a->t, &d2);
    cv_fe_add(&r->z2, &a->z, &a->z);
}

static void negate_addend(struct addend *a)
{
    struct cv_fe t = a->plus;
    a->plus = a->minus;
    a->minus = t;
    cv_fe_neg(&a->t2d, &a->t2d);
}

enum { NAF_WIDTH = 5, NAF_LEN = 256 };

/* k = sum of naf[i] 2^i; digits are zero or odd and below 2^(NAF_WIDTH - 1), NAF_WIDTH - 1 zeros behind each
 * that is not. k is below 2^253. */
static void make_naf(int8_t naf[NAF_LEN], const uint8_t k[32])
{
    int carry = 0, skip = 0;
    for (int i = 0; i < NAF_LEN; i++) {
        naf[i] = 0;
        if (skip > 0) {
            skip--;
            continue;
        }
        int window = carry;
        for (int j = 0; j < NAF_WIDTH && i + j < NAF_LEN; j++)
            window += (k[(i + j) / 8] >> (i + j) % 8 & 1) << j;
        if (window % 2 == 0) continue; /* the carry, if any, is in the window's bits: it moves on */
        carry = window >= 1 << (NAF_WIDTH - 1);
        naf[i] = (int8_t)(window - (carry << NAF_WIDTH));
        skip = NAF_WIDTH - 1;
    }
}

void cv_ge_double_mul_public(struct cv_ge *r, const uint8_t s[32], const uint8_t k[32], const struct cv_ge *a)
{
    struct addend odd[1 << (NAF_WIDTH - 2)], t; /* a, 3a, 5a, ... */
    struct cv_ge twice, p;
    int8_t naf[NAF_LEN];
    make_addend(&odd[0], a);
    dbl(&twice, a);
    for (size_t i = 1; i < sizeof odd / sizeof *odd; i++) {
        add(&p, &twice, &odd[i - 1], false);
        make_addend(&odd[i], &p);
    }
    make_naf(naf, k);
    *r = identity;
    int top = NAF_LEN - 1;
    while (top >= 0 && naf[top] == 0) top--;
    for (int i = top; i >= 0; i--) {
        dbl(r, r);
        if (naf[i] == 0) continue;
        t = odd[(naf[i] < 0 ? -naf[i] : naf[i]) / 2];
        if (naf[i] < 0) negate_addend(&t);
        add(r, r, &t, false);
    }
    cv_ge_base_mul(&p, s);
    make_addend(&t, &p);
    add(r, r, &t, false);
}

void cv_ge_to_bytes(uint8_t out[32], const struct cv_ge *a)
{
    struct cv_fe inverse, x, y;
    uint8_t x_bytes[32];
    cv_fe_invert(&inverse, &a->z);
    cv_fe_mul(&x, &a->x, &inverse);
    cv_fe_mul(&y, &a->y, &inverse);
    cv_fe_to_bytes(out, &y);
    cv_fe_to_bytes(x_bytes, &x);
    out[31] |= (uint8_t)((x_bytes[0] & 1) << 7);
    cv_wipe(&inverse, sizeof inverse);
    cv_wipe(x_bytes, sizeof x_bytes);
}

static bool equal(const struct cv_fe *a, const struct cv_fe *b)
{
    uint8_t a_bytes[32], b_bytes[32];
    cv_fe_to_bytes(a_bytes, a);
    cv_fe_to_bytes(b_bytes, b);
    return memcmp(a_bytes, b_bytes, 32) == 0;
}

/* x = sqrt(u / v), if there is one: RFC 8032 section 5.1.3 steps 2 and 3. */
static bool sqrt_ratio(struct cv_fe *x, const struct cv_fe *u, const struct cv_fe *v)
{
    struct cv_fe v3, t, i;
    cv_fe_sqr(&v3, v);
    cv_fe_mul(&v3, &v3, v);
    cv_fe_sqr(&t, &v3);
    cv_fe_mul(&t, &t, v);
    cv_fe_mul(&t, &t, u); /* u v^7 */
    cv_fe_pow_p58(&t, &t);
    cv_fe_mul(&t, &t, &v3);
    cv_fe_mul(x, &t, u);
    cv_fe_sqr(&t, x);
    cv_fe_mul(&t, &t, v);
    if (equal(&t, u)) return true;
    cv_fe_from_words(&i, cv_ed25519_sqrt_m1);
    cv_fe_mul(x, x, &i);
    cv_fe_neg(&t, &t);
    return equal(&t, u);
}

bool cv_ge_from_bytes(struct cv_ge *r, const uint8_t in[32])
{
    struct cv_fe u, v, d;
    uint8_t y[32], again[32];
    unsigned sign = in[31] >> 7;
    memcpy(y, in, 32);
    y[31] &= 0x7f;
    cv_fe_from_bytes(&r->y, y);
    cv_fe_to_bytes(again, &r->y);
    if (memcmp(y, again, 32) != 0) return false; /* RFC 8032 5.1.3 step 1: y >= p */
    cv_fe_from_words(&d, cv_ed25519_d);
    cv_fe_sqr(&u, &r->y);
    cv_fe_mul(&v, &u, &d);
    cv_fe_sub(&u, &u, &cv_fe_one);
    cv_fe_add(&v, &v, &cv_fe_one);
    if (!sqrt_ratio(&r->x, &u, &v)) return false;
    cv_fe_to_bytes(again, &r->x);
    if (equal(&r->x, &cv_fe_zero) && sign == 1) return false; /* step 4 */
    if ((again[0] & 1) != sign) cv_fe_neg(&r->x, &r->x);
    r->z = cv_fe_one;
    cv_fe_mul(&r->t, &r->x, &r->y);
    return true;
}
