#include "crypto/mont.h"

#include "crypto/base/secret.h"

#include <string.h>

void cv_limbs_from_bytes(cv_limb *r, size_t n_limbs, const uint8_t *p, size_t len)
{
    memset(r, 0, n_limbs * sizeof *r);
    for (size_t i = 0; i < len; i++) r[i / CV_LIMB_LEN] |= (cv_limb)p[len - 1 - i] << 8 * (i % CV_LIMB_LEN);
}

void cv_limbs_to_bytes(uint8_t *out, size_t len, const cv_limb *a, size_t n_limbs)
{
    for (size_t i = 0; i < len; i++) {
        cv_limb v = i / CV_LIMB_LEN < n_limbs ? a[i / CV_LIMB_LEN] : 0;
        out[len - 1 - i] = (uint8_t)(v >> 8 * (i % CV_LIMB_LEN));
    }
}

void cv_limbs_from_le(cv_limb *r, size_t n_limbs, const uint8_t *p, size_t len)
{
    memset(r, 0, n_limbs * sizeof *r);
    for (size_t i = 0; i < len; i++) r[i / CV_LIMB_LEN] |= (cv_limb)p[i] << 8 * (i % CV_LIMB_LEN);
}

void cv_limbs_to_le(uint8_t *out, size_t len, const cv_limb *a)
{
    for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(a[i / CV_LIMB_LEN] >> 8 * (i % CV_LIMB_LEN));
}

cv_limb cv_limbs_add(cv_limb *r, const cv_limb *a, const cv_limb *b, size_t n_limbs)
{
    cv_limb carry = 0;
    for (size_t i = 0; i < n_limbs; i++) {
        cv_limb2 t = (cv_limb2)a[i] + b[i] + carry;
        r[i] = (cv_limb)t;
        carry = (cv_limb)(t >> CV_LIMB_BITS);
    }
    return carry;
}

cv_limb cv_limbs_sub(cv_limb *r, const cv_limb *a, const cv_limb *b, size_t n_limbs)
{
    cv_limb borrow = 0;
    for (size_t i = 0; i < n_limbs; i++) {
        cv_limb2 t = (cv_limb2)a[i] - b[i] - borrow;
        r[i] = (cv_limb)t;
        borrow = (cv_limb)(t >> CV_LIMB_BITS) & 1;
    }
    return borrow;
}

cv_limb cv_limbs_muladd(cv_limb *r, const cv_limb *a, size_t n_limbs, cv_limb b)
{
    cv_limb carry = 0;
    for (size_t i = 0; i < n_limbs; i++) {
        cv_limb2 t = cv_limb_times(a[i], b) + r[i] + carry;
        r[i] = (cv_limb)t;
        carry = (cv_limb)(t >> CV_LIMB_BITS);
    }
    return carry;
}

cv_limb cv_limbs_less(const cv_limb *a, const cv_limb *b, size_t n_limbs)
{
    cv_limb borrow = 0;
    for (size_t i = 0; i < n_limbs; i++) {
        cv_limb2 t = (cv_limb2)a[i] - b[i] - borrow;
        borrow = (cv_limb)(t >> CV_LIMB_BITS) & 1;
    }
    return cv_limb_nonzero(borrow);
}

void cv_limbs_move(cv_limb mask, cv_limb *r, const cv_limb *a, size_t n_limbs)
{
    for (size_t i = 0; i < n_limbs; i++) r[i] ^= mask & (r[i] ^ a[i]);
}

void cv_mont_init(struct cv_mont *m, const cv_limb *n, size_t n_limbs)
{
    m->n = n;
    m->n_limbs = n_limbs;
    /* Newton's iteration: an odd x is its own inverse modulo 8; each step doubles the good bits */
    cv_limb inverse = n[0];
    for (int bits = 3; bits < CV_LIMB_BITS; bits *= 2) inverse *= 2 - n[0] * inverse;
    m->n0 = 0 - inverse;
}

/* r -= n & mask */
static void sub_masked(const struct cv_mont *m, cv_limb *r, cv_limb mask)
{
    cv_limb borrow = 0;
    for (size_t i = 0; i < m->n_limbs; i++) {
        cv_limb2 t = (cv_limb2)r[i] - (m->n[i] & mask) - borrow;
        r[i] = (cv_limb)t;
        borrow = (cv_limb)(t >> CV_LIMB_BITS) & 1;
    }
}

void cv_mont_reduce_once(const struct cv_mont *m, cv_limb *r, cv_limb top)
{
    cv_limb keep = cv_limbs_less(r, m->n, m->n_limbs) & ~cv_limb_nonzero(top);
    sub_masked(m, r, ~keep);
}

void cv_mont_add(const struct cv_mont *m, cv_limb *r, const cv_limb *a, const cv_limb *b)
{
    cv_limb carry = cv_limbs_add(r, a, b, m->n_limbs);
    cv_mont_reduce_once(m, r, carry);
}

void cv_mont_sub(const struct cv_mont *m, cv_limb *r, const cv_limb *a, const cv_limb *b)
{
    cv_limb mask = cv_limb_nonzero(cv_limbs_sub(r, a, b, m->n_limbs));
    cv_limb carry = 0;
    for (size_t i = 0; i < m->n_limbs; i++) {
        cv_limb2 t = (cv_limb2)r[i] + (m->n[i] & mask) + carry;
        r[i] = (cv_limb)t;
        carry = (cv_limb)(t >> CV_LIMB_BITS);
    }
}

/* gcc leaves the loops of squares as they are, a fifth slower; clang unrolls them by itself, and badly if
 * told. */
#if defined(__clang__)
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 4")
#endif

/* A column of a product: three limbs. */
struct column {
    cv_limb2 low;
    cv_limb high;
};

static inline void column_add(struct column *c, cv_limb a, cv_limb b)
{
    cv_limb2 p = cv_limb_times(a, b);
    c->low += p;
    c->high += c->low < p;
}

static inline void column_shift(struct column *c)
{
    c->low = c->low >> CV_LIMB_BITS | (cv_limb2)c->high << CV_LIMB_BITS;
    c->high = 0;
}

/* Products are computed column by column, the multiple q of n that clears the lower half alongside:
 * a column's sum stays in registers, and r[i] is written only when no later column reads a[i] or b[i]. */
void cv_mont_mul(const struct cv_mont *m, cv_limb *r, const cv_limb *a, const cv_limb *b)
{
    cv_limb q[CV_MONT_LIMBS_MAX];
    const cv_limb *n = m->n;
    size_t k = m->n_limbs;
    struct column c = {0, 0};
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < i; j++) {
            column_add(&c, a[j], b[i - j]);
            column_add(&c, q[j], n[i - j]);
        }
        column_add(&c, a[i], b[0]);
        q[i] = (cv_limb)c.low * m->n0;
        column_add(&c, q[i], n[0]);
        column_shift(&c);
    }
    for (size_t i = k; i < 2 * k - 1; i++) {
        for (size_t j = i - k + 1; j < k; j++) {
            column_add(&c, a[j], b[i - j]);
            column_add(&c, q[j], n[i - j]);
        }
        r[i - k] = (cv_limb)c.low;
        column_shift(&c);
    }
    r[k - 1] = (cv_limb)c.low;
    cv_mont_reduce_once(m, r, (cv_limb)(c.low >> CV_LIMB_BITS));
    cv_wipe(q, k * sizeof *q);
}

/* c += the column i of a * a, each mixed product taken once and doubled. */
static inline void column_add_sqr(struct column *c, const cv_limb *a, size_t i, size_t first)
{
    struct column s = {0, 0};
    UNROLL for (size_t j = first; j < (i + 1) / 2; j++) column_add(&s, a[j], a[i - j]);
    s.high = s.high << 1 | (cv_limb)(s.low >> (2 * CV_LIMB_BITS - 1));
    s.low <<= 1;
    c->low += s.low;
    c->high += s.high + (c->low < s.low);
    if (i % 2 == 0) column_add(c, a[i / 2], a[i / 2]);
}

/* r = a a / R mod n, almost: returns the limb above. */
static cv_limb square(const struct cv_mont *m, cv_limb *r, const cv_limb *a)
{
    cv_limb q[CV_MONT_LIMBS_MAX];
    const cv_limb *n = m->n;
    size_t k = m->n_limbs;
    struct column c = {0, 0};
    for (size_t i = 0; i < k; i++) {
        column_add_sqr(&c, a, i, 0);
        UNROLL for (size_t j = 0; j < i; j++) column_add(&c, q[j], n[i - j]);
        q[i] = (cv_limb)c.low * m->n0;
        column_add(&c, q[i], n[0]);
        column_shift(&c);
    }
    for (size_t i = k; i < 2 * k - 1; i++) {
        column_add_sqr(&c, a, i, i - k + 1);
        UNROLL for (size_t j = i - k + 1; j < k; j++) column_add(&c, q[j], n[i - j]);
        r[i - k] = (cv_limb)c.low;
        column_shift(&c);
    }
    r[k - 1] = (cv_limb)c.low;
    cv_wipe(q, k * sizeof *q);
    return (cv_limb)(c.low >> CV_LIMB_BITS);
}

void cv_mont_sqr(const struct cv_mont *m, cv_limb *r, const cv_limb *a)
{
    cv_mont_reduce_once(m, r, square(m, r, a));
}

/* Below R + n before the subtraction. */
void cv_mont_sqr_loose(const struct cv_mont *m, cv_limb *r, const cv_limb *a)
{
    sub_masked(m, r, cv_limb_nonzero(square(m, r, a)));
}

void cv_mont_r2(const struct cv_mont *m, cv_limb *r, size_t n_bytes)
{
    size_t width = m->n_limbs * CV_LIMB_BITS, doublings = width, squarings = 0;
    /* 2^x R squared in Montgomery form is 2^2x R: the exponent is doubled up to width */
    while (doublings % 2 == 0 && doublings > 16) {
        doublings /= 2;
        squarings++;
    }
    /* the largest power of two that is surely below n; then up to R, and further to 2^doublings R */
    size_t start = 8 * n_bytes - 8;
    memset(r, 0, m->n_limbs * sizeof *r);
    r[start / CV_LIMB_BITS] = (cv_limb)1 << start % CV_LIMB_BITS;
    for (size_t i = start; i < width + doublings; i++) cv_mont_add(m, r, r, r);
    for (size_t i = 0; i < squarings; i++) cv_mont_sqr(m, r, r);
}

static void shift_left(cv_limb *r, const cv_limb *a, size_t n_limbs, unsigned shift)
{
    for (size_t i = n_limbs; i-- > 0;) {
        cv_limb below = shift != 0 && i > 0 ? a[i - 1] >> (CV_LIMB_BITS - shift) : 0;
        r[i] = a[i] << shift | below;
    }
}

/* rem = rem 2^CV_LIMB_BITS mod n; n's top bit is set, rem below n. rem has one limb of room more.
 * Knuth, The Art of Computer Programming, volume 2, 4.3.1 D: the quotient estimated from the top limbs
 * is at most 2 too large. */
static void append_limb(cv_limb *rem, const cv_limb *n, size_t k)
{
    memmove(rem + 1, rem, k * sizeof *rem);
    rem[0] = 0;
    cv_limb top = n[k - 1], q = (cv_limb)-1;
    if (rem[k] < top) q = (cv_limb)(((cv_limb2)rem[k] << CV_LIMB_BITS | rem[k - 1]) / top);
    cv_limb2 carry = 0;
    for (size_t i = 0; i <= k; i++) {
        carry += (cv_limb2)(i < k ? n[i] : 0) * q;
        cv_limb low = (cv_limb)carry;
        carry = (carry >> CV_LIMB_BITS) + (rem[i] < low);
        rem[i] -= low;
    }
    while (carry != 0) { /* below zero */
        rem[k] += cv_limbs_add(rem, rem, n, k);
        carry = rem[k];
    }
}

void cv_mont_from_public(const struct cv_mont *m, cv_limb *r, const cv_limb *a)
{
    cv_limb n[CV_MONT_LIMBS_MAX], rem[CV_MONT_LIMBS_MAX + 1];
    size_t k = m->n_limbs, steps = k;
    size_t used = k;
    while (m->n[used - 1] == 0) used--;
    unsigned shift = 0;
    while (m->n[used - 1] >> (CV_LIMB_BITS - 1 - shift) == 0) shift++;
    shift_left(n, m->n, used, shift);
    shift_left(rem, a, used, shift);
    while (steps-- > 0) append_limb(rem, n, used);
    memset(r, 0, k * sizeof *r);
    for (size_t i = 0; i < used; i++) {
        cv_limb above = shift != 0 && i + 1 < used ? rem[i + 1] << (CV_LIMB_BITS - shift) : 0;
        r[i] = rem[i] >> shift | above;
    }
}
