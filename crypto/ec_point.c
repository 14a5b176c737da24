#include "crypto/ec_formulas.h"

#include "crypto/base/secret.h"

enum {
    WINDOW = 5,
    N_MULTIPLES = 1 << (WINDOW - 1),
    DIGITS_MAX = CULVERT_EC_BITS_MAX + 1,
};

void cv_ec_double(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p)
{
    cv_ec_formula_double(c->field, r, p);
}

cv_gf_limb cv_ec_add(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p, const cv_gf_limb *q)
{
    return cv_ec_formula_add(c->field, r, p, q);
}

cv_gf_limb cv_ec_add_affine(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p,
                            const cv_gf_limb *q)
{
    return cv_ec_formula_add_affine(c->field, r, p, q);
}

/* Booth's recoding: the digit of window i is in -2^(window-1) … 2^(window-1); the digits times
 * 2^(window*i) sum up to k, if the windows reach a bit beyond it. */
struct digit {
    uint32_t size;
    cv_gf_limb negative; /* mask */
};

static struct digit signed_digit(unsigned n_limbs, const cv_gf_limb *k, unsigned window, unsigned i)
{
    /* The window's bits, and the bit below it, which says that the lower digit was negative. */
    uint32_t bits =
        i == 0 ? cv_gf_bits(n_limbs, k, 0, window) << 1 : cv_gf_bits(n_limbs, k, window * i - 1, window + 1);
    uint32_t value = (bits >> 1) + (bits & 1), negative = cv_ct_nonzero32(bits >> window);
    return (struct digit){
        .size = cv_ct_select32(negative, (1u << window) - value, value),
        .negative = cv_gf_nonzero(negative),
    };
}

/* Inlined so that the callers' constant lengths make vectors of the loop. */
CV_EC_INLINE void read_entry(cv_gf_limb *r, const cv_gf_limb *table, unsigned n_entries, unsigned entry_limbs,
                             uint32_t size)
{
    cv_gf_limb entry[3 * CV_GF_LIMBS_MAX];
    memset(entry, 0, entry_limbs * sizeof *entry);
    for (uint32_t i = 1; i <= n_entries; i++, table += entry_limbs) {
        const cv_gf_limb mask = ~cv_gf_nonzero(i ^ size);
        for (unsigned j = 0; j < entry_limbs; j++) entry[j] |= mask & table[j];
    }
    memcpy(r, entry, entry_limbs * sizeof *r);
    cv_wipe(entry, entry_limbs * sizeof *entry);
}

/* r = the size-th of n_entries entries of entry_limbs limbs, counted from 1; zeros for 0. */
static void read_table(cv_gf_limb *r, const cv_gf_limb *table, unsigned n_entries, unsigned entry_limbs,
                       uint32_t size)
{
    switch (entry_limbs) {
    case 8:
        read_entry(r, table, n_entries, 8, size);
        break;
    case 12:
        read_entry(r, table, n_entries, 12, size);
        break;
    default:
        read_entry(r, table, n_entries, entry_limbs, size);
        break;
    }
}

static void negate_if(const struct cv_gf *f, cv_gf_limb mask, cv_gf_limb *y)
{
    static const cv_gf_limb zero[CV_GF_LIMBS_MAX];
    cv_gf_limb t[CV_GF_LIMBS_MAX];
    f->sub(f, t, zero, y);
    cv_gf_move(f->n_limbs, mask, y, t);
}

static void set_affine(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *p)
{
    memcpy(r, p, 2 * f->n_limbs * sizeof *r);
    memcpy(r + 2 * f->n_limbs, f->one, f->n_limbs * sizeof *r);
}

/* An addition never meets twice the same point, because the scalar used is even: before window i > 0 the
 * sum is a small multiple of p compared with the order n, and equals the digit only if both are zero. At
 * window 0 the sum is k - d; k - d = d modulo n would need k = 2d, which again makes the sum equal d, a
 * multiple of 32, hence zero; or k = n + 2d, which is odd. */
void cv_ec_mul(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *k, const cv_gf_limb *p)
{
    static const cv_gf_limb zero[CV_GF_LIMBS_MAX];
    const unsigned n = c->field->n_limbs;
    cv_gf_limb table[N_MULTIPLES * 3 * CV_GF_LIMBS_MAX], even[CV_GF_LIMBS_MAX], q[3 * CV_GF_LIMBS_MAX];
    struct digit d = {0};

    set_affine(c->field, table, p);
    for (unsigned i = 2; i <= N_MULTIPLES; i++) {
        cv_gf_limb *at = table + (i - 1) * 3 * n;
        if (i % 2 == 0)
            c->dbl(c, at, table + (i / 2 - 1) * 3 * n);
        else
            c->add_affine(c, at, at - 3 * n, p);
    }

    cv_gf_limb odd = cv_gf_nonzero(k[0] & 1);
    memcpy(even, k, n * sizeof *even);
    c->order->sub(c->order, q, zero, k);
    cv_gf_move(n, odd, even, q);

    memset(r, 0, 3 * n * sizeof *r);
    for (unsigned i = c->bits / WINDOW + 1; i-- > 0;) {
        for (unsigned j = 0; j < WINDOW; j++) c->dbl(c, r, r);
        d = signed_digit(n, even, WINDOW, i);
        read_table(q, table, N_MULTIPLES, 3 * n, d.size);
        negate_if(c->field, d.negative, q + n);
        c->add(c, r, r, q);
    }
    negate_if(c->field, odd, r + n);
    cv_wipe(even, sizeof even);
    cv_wipe(q, sizeof q);
    cv_wipe(&d, sizeof d);
}

/* Window by window from the lowest: the sum of the lower digits is smaller in size than the unit of the next,
 * so that equal points could meet at the top digit d alone, where sum and d * 2^(window * top) differ by a
 * multiple of n. For P-256 and windows of 6 bits that is d * 2^252, d is 16 at most and the sum 2^251 in
 * size: 16 * 2^252 alone comes so near to n, and its k would be above n. A table for another curve or window
 * needs this looked at again. */
static void mul_comb(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *k)
{
    const unsigned n = c->field->n_limbs, window = c->comb->window, n_entries = 1u << (window - 1);
    const unsigned n_rows = c->bits / window + 1;
    const cv_gf_limb *row = c->comb->points;
    cv_gf_limb q[2 * CV_GF_LIMBS_MAX];
    struct digit d = {0};
    memset(r, 0, 3 * n * sizeof *r);
    for (unsigned i = 0; i < n_rows; i++, row += n_entries * 2 * n) {
        d = signed_digit(n, k, window, i);
        read_table(q, row, n_entries, 2 * n, d.size);
        negate_if(c->field, d.negative, q + n);
        c->add_affine(c, r, r, q);
    }
    cv_wipe(q, sizeof q);
    cv_wipe(&d, sizeof d);
}

static void base_point(const struct cv_ec_curve *c, cv_gf_limb *g)
{
    cv_gf_to(c->field, g, c->gx);
    cv_gf_to(c->field, g + c->field->n_limbs, c->gy);
}

static bool has_comb(const struct cv_ec_curve *c)
{
    return c->comb != NULL && c->comb->points != NULL;
}

void cv_ec_mul_base(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *k)
{
    if (has_comb(c)) {
        mul_comb(c, r, k);
        return;
    }
    cv_gf_limb g[2 * CV_GF_LIMBS_MAX];
    base_point(c, g);
    cv_ec_mul(c, r, k, g);
}

/* The public side. */

static void add_public(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *q)
{
    cv_gf_limb sum[3 * CV_GF_LIMBS_MAX];
    if (c->add(c, sum, r, q) != 0)
        c->dbl(c, r, q);
    else
        memcpy(r, sum, 3 * c->field->n_limbs * sizeof *r);
}

/* k as a sum of digits[i] * 2^i, each digit zero or odd and below 2^(window-1) in size, with at least
 * window - 1 zeros behind each (width-w NAF; Guide to Elliptic Curve Cryptography, algorithm 3.35). */
static void sparse_digits(const struct cv_ec_curve *c, int8_t digits[DIGITS_MAX], const cv_gf_limb *k,
                          unsigned window)
{
    const unsigned n = c->field->n_limbs;
    unsigned carry = 0;
    memset(digits, 0, DIGITS_MAX);
    for (unsigned i = 0; i <= c->bits;) {
        const unsigned limb = i / CV_GF_LIMB_BITS;
        if ((limb < n ? k[limb] >> i % CV_GF_LIMB_BITS & 1 : 0) == carry) {
            i++;
            continue;
        }
        int d = (int)(cv_gf_bits(n, k, i, window) + carry);
        carry = d > 1 << (window - 1);
        digits[i] = (int8_t)(carry ? d - (1 << window) : d);
        i += window;
    }
}

/* p, 3p, 5p, … 15p. */
static void odd_multiples(const struct cv_ec_curve *c, cv_gf_limb *table, const cv_gf_limb *p)
{
    const unsigned point = 3 * c->field->n_limbs;
    cv_gf_limb twice[3 * CV_GF_LIMBS_MAX];
    set_affine(c->field, table, p);
    c->dbl(c, twice, table);
    for (unsigned i = 1; i < N_MULTIPLES / 2; i++)
        c->add(c, table + i * point, table + (i - 1) * point, twice);
}

/* Which of the odd multiples a digit that is not 0 stands for. */
static unsigned odd_index(int digit)
{
    return (unsigned)(digit < 0 ? -digit : digit) / 2;
}

static void add_digit(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *table, int digit)
{
    const unsigned n = c->field->n_limbs;
    cv_gf_limb q[3 * CV_GF_LIMBS_MAX];
    if (digit == 0) return;
    memcpy(q, table + odd_index(digit) * 3 * n, 3 * n * sizeof *q);
    negate_if(c->field, cv_gf_nonzero(digit < 0), q + n);
    add_public(c, r, q);
}

void cv_ec_mul_add_public(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *u,
                          const cv_gf_limb *v, const cv_gf_limb *p)
{
    cv_gf_limb p_table[N_MULTIPLES / 2 * 3 * CV_GF_LIMBS_MAX], g_table[N_MULTIPLES / 2 * 3 * CV_GF_LIMBS_MAX];
    cv_gf_limb g[2 * CV_GF_LIMBS_MAX];
    int8_t p_digits[DIGITS_MAX], g_digits[DIGITS_MAX];
    base_point(c, g);
    odd_multiples(c, p_table, p);
    odd_multiples(c, g_table, g);
    sparse_digits(c, p_digits, v, WINDOW);
    sparse_digits(c, g_digits, u, WINDOW);
    memset(r, 0, 3 * c->field->n_limbs * sizeof *r);
    for (unsigned i = c->bits + 1; i-- > 0;) {
        c->dbl(c, r, r);
        add_digit(c, r, p_table, p_digits[i]);
        add_digit(c, r, g_table, g_digits[i]);
    }
}

/* Makes finite points affine by one inversion of the product of their Z's (P. Montgomery). affine may not
 * overlap points. */
static void all_affine(const struct cv_ec_curve *c, cv_gf_limb *affine, const cv_gf_limb *points)
{
    enum { N = N_MULTIPLES / 2 };
    const struct cv_gf *f = c->field;
    const unsigned n = f->n_limbs;
    cv_gf_limb products[N * CV_GF_LIMBS_MAX], inverse[CV_GF_LIMBS_MAX], z[CV_GF_LIMBS_MAX],
        zz[CV_GF_LIMBS_MAX];
    memcpy(products, points + 2 * n, n * sizeof *products);
    for (unsigned i = 1; i < N; i++)
        f->mul(f, products + i * n, products + (i - 1) * n, points + (3 * i + 2) * n);
    cv_gf_invert_vartime(f, inverse, products + (N - 1) * n);
    for (unsigned i = N; i-- > 0;) {
        const cv_gf_limb *p = points + 3 * i * n;
        if (i > 0)
            f->mul(f, z, inverse, products + (i - 1) * n);
        else
            memcpy(z, inverse, n * sizeof *z);
        f->mul(f, inverse, inverse, p + 2 * n);
        f->sqr(f, zz, z);
        f->mul(f, affine + 2 * i * n, p, zz);
        f->mul(f, zz, zz, z);
        f->mul(f, affine + (2 * i + 1) * n, p + n, zz);
    }
}

void cv_ec_mul_add_vartime(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *u,
                           const cv_gf_limb *v, const cv_gf_limb *p)
{
    const struct cv_ec_vartime *fast = c->comb->vartime;
    const unsigned affine = 2 * c->field->n_limbs;
    cv_gf_limb points[N_MULTIPLES / 2 * 3 * CV_GF_LIMBS_MAX], table[N_MULTIPLES / 2 * 2 * CV_GF_LIMBS_MAX];
    int8_t p_digits[DIGITS_MAX], g_digits[DIGITS_MAX];
    odd_multiples(c, points, p);
    all_affine(c, table, points);
    sparse_digits(c, p_digits, v, WINDOW);
    sparse_digits(c, g_digits, u, CV_EC_ODD_WINDOW);
    memset(r, 0, 3 * c->field->n_limbs * sizeof *r);
    for (unsigned i = c->bits + 1; i-- > 0;) {
        const int d = p_digits[i], e = g_digits[i];
        c->dbl(c, r, r);
        if (d != 0) fast->add_affine(c, r, table + odd_index(d) * affine, d < 0);
        if (e != 0) fast->add_affine(c, r, c->comb->odd + odd_index(e) * affine, e < 0);
    }
}

void cv_ec_to_affine(const struct cv_ec_curve *c, cv_gf_limb *r, const cv_gf_limb *p)
{
    const struct cv_gf *f = c->field;
    cv_gf_limb z[CV_GF_LIMBS_MAX], zz[CV_GF_LIMBS_MAX];
    cv_gf_invert(f, z, p + 2 * f->n_limbs);
    f->sqr(f, zz, z);
    f->mul(f, r, p, zz);
    f->mul(f, zz, zz, z);
    f->mul(f, r + f->n_limbs, p + f->n_limbs, zz);
    cv_wipe(z, sizeof z);
    cv_wipe(zz, sizeof zz);
}
