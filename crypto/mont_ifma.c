/* Powers with AVX-512 IFMA. */
#include "crypto/mont_ifma.h"

#if defined(__x86_64__)

#include "crypto/base/secret.h"

#include <string.h>

enum {
    LANES = CV_IFMA_LANES,
    DIGIT_BITS = CV_IFMA_DIGIT_BITS,
    PART_BITS = CV_LIMB_BITS == 64 ? DIGIT_BITS : DIGIT_BITS / 2,
    WINDOW = 5,
    N_ENTRIES = 1 << WINDOW,
    LIMBS_MAX = 4096 / CV_LIMB_BITS, /* of one number */
};

#define PART_MASK ((UINT64_C(1) << PART_BITS) - 1)

struct shape {
    size_t bits;                /* of the limbs of each modulus */
    size_t n_numbers;           /* two, or one */
    size_t n_vectors, n_digits; /* of each */
    cv_ifma_product_fn *product;
    size_t entry_vectors; /* of a table's entry, which may be longer than what it holds */
    cv_ifma_read_fn *read;
};

/* R is above 4n: two bits more than the limbs have, at least. */
static const struct shape pairs[] = {{1024, 2, 3, 20, cv_ifma_pair_1024, 6, cv_ifma_read_1024},
                                     {1536, 2, 4, 30, cv_ifma_pair_1536, 8, cv_ifma_read_1536},
                                     {2048, 2, 5, 40, cv_ifma_pair_2048, 10, cv_ifma_read_2048}};
static const struct shape singles[] = {{2048, 1, 5, 40, cv_ifma_single_2048, 6, cv_ifma_read_1024},
                                       {3072, 1, 8, 60, cv_ifma_single_3072, 8, cv_ifma_read_1536},
                                       {4096, 1, 10, 79, cv_ifma_single_4096, 10, cv_ifma_read_2048}};

static const struct shape *find_shape(const struct shape *shapes, size_t n_shapes, size_t n_limbs)
{
    for (size_t i = 0; i < n_shapes; i++)
        if (shapes[i].bits == n_limbs * CV_LIMB_BITS) return &shapes[i];
    return NULL;
}

/* From limbs to digits, and back, by parts of digits that are shorter than a limb; the bit above the limbs is
 * returned. */
static void to_digits(const struct shape *s, uint64_t *digit, const cv_limb *a)
{
    size_t n_limbs = s->bits / CV_LIMB_BITS;
    memset(digit, 0, s->n_vectors * LANES * sizeof *digit);
    for (size_t at = 0; at < s->bits; at += PART_BITS) {
        uint64_t part = cv_mont_exponent_bits(a, n_limbs, at, PART_BITS);
        digit[at / DIGIT_BITS] |= part << at % DIGIT_BITS;
    }
}

static cv_limb from_digits(const struct shape *s, cv_limb *r, const uint64_t *digit)
{
    cv_limb limb = 0;
    size_t i = 0;
    unsigned n_bits = 0;
    for (size_t at = 0; at < s->n_digits * DIGIT_BITS; at += PART_BITS) {
        cv_limb part = (cv_limb)(digit[at / DIGIT_BITS] >> at % DIGIT_BITS & PART_MASK);
        limb |= part << n_bits;
        n_bits += PART_BITS;
        if (n_bits < CV_LIMB_BITS) continue;
        if (i == s->bits / CV_LIMB_BITS) break;
        r[i++] = limb;
        n_bits -= CV_LIMB_BITS;
        limb = part >> (PART_BITS - n_bits);
    }
    return limb;
}

/* r = 2^bit */
static void set_bit(const struct shape *s, cv_limb *r, size_t bit)
{
    memset(r, 0, s->bits / 8);
    r[bit / CV_LIMB_BITS] = (cv_limb)1 << bit % CV_LIMB_BITS;
}

/* What takes a number from Montgomery form with R of the limbs, or r2 from the limbs', to that of the digits:
 * 2^(2 (bits of digits - bits of limbs)). */
static void set_ratio(const struct shape *s, cv_limb *r)
{
    set_bit(s, r, 2 * (s->n_digits * DIGIT_BITS - s->bits));
}

static void load_modulus(const struct shape *s, struct cv_ifma_moduli *to, size_t which,
                         const struct cv_mont *m)
{
    uint64_t *n = to->n.digit + which * s->n_vectors * LANES, n0 = m->n0;
    to_digits(s, n, m->n);
    n0 *= 2 + n0 * (n[0] | n[1] << DIGIT_BITS); /* Newton: a limb of 32 bits becomes twice as much */
    to->n0[which] = n0 & CV_IFMA_DIGIT_MASK;
}

static void store_result(const struct shape *s, const struct cv_mont *m, cv_limb *r, const uint64_t *digit)
{
    cv_limb top = from_digits(s, r, digit);
    cv_mont_reduce_once(m, r, top);
}

static void table_read(const struct shape *s, uint64_t *r, const uint64_t *table,
                       const struct cv_mont_power *p, size_t e_limbs, size_t at)
{
    uint64_t index[2];
    for (size_t k = 0; k < 2; k++)
        index[k] = cv_mont_exponent_bits(p[k < s->n_numbers ? k : 0].e, e_limbs, at, WINDOW);
    s->read(r, table, N_ENTRIES, index);
    cv_wipe(index, sizeof index);
}

struct work {
    struct cv_ifma_moduli m;
    struct cv_ifma_number power, factor, out;
    _Alignas(64) uint64_t table[N_ENTRIES * CV_IFMA_VECTORS_MAX * LANES];
};

/* Fills the table with the powers of the bases, and `out` with what takes results back to the limbs' form. */
static void start(const struct shape *s, struct work *w, const struct cv_mont_power *p)
{
    size_t len = s->n_vectors * LANES, entry_len = s->entry_vectors * LANES;
    uint64_t *table = w->table, *in = w->factor.digit, *base = w->power.digit;
    cv_limb t[LIMBS_MAX];
    for (size_t k = 0; k < s->n_numbers; k++) {
        load_modulus(s, &w->m, k, p[k].m);
        to_digits(s, base + k * len, p[k].a);
        set_ratio(s, t);
        cv_mont_mul(p[k].m, t, p[k].r2, t);
        to_digits(s, in + k * len, t);
        set_bit(s, t, 0);
        cv_mont_mul(p[k].m, t, p[k].r2, t);
        to_digits(s, w->out.digit + k * len, t);
    }
    memset(table, 0, N_ENTRIES * entry_len * sizeof *table); /* also what entries have at their ends */
    s->product(&w->m, table, in, w->out.digit);              /* 1 */
    s->product(&w->m, table + entry_len, in, base);
    for (size_t i = 2; i < N_ENTRIES; i++) {
        const uint64_t *half = table + i / 2 * entry_len, *before = table + (i - 1) * entry_len;
        if (i % 2 == 0)
            s->product(&w->m, table + i * entry_len, half, half);
        else
            s->product(&w->m, table + i * entry_len, before, table + entry_len);
    }
}

/* As many powers as the shape has numbers. */
static void power_secret(const struct shape *s, const struct cv_mont_power *p, size_t e_limbs)
{
    struct work w;
    uint64_t *power = w.power.digit, *factor = w.factor.digit;
    start(s, &w, p);
    size_t at = (e_limbs * CV_LIMB_BITS - 1) / WINDOW * WINDOW;
    table_read(s, power, w.table, p, e_limbs, at);
    while (at > 0) {
        at -= WINDOW;
        for (size_t i = 0; i < WINDOW; i++) s->product(&w.m, power, power, power);
        table_read(s, factor, w.table, p, e_limbs, at);
        s->product(&w.m, power, power, factor);
    }
    s->product(&w.m, power, power, w.out.digit);
    for (size_t k = 0; k < s->n_numbers; k++)
        store_result(s, p[k].m, p[k].r, power + k * s->n_vectors * LANES);
    cv_wipe(&w, sizeof w);
}

static void exp_one(const struct cv_mont_power *p, size_t e_limbs)
{
    const struct shape *s = find_shape(singles, sizeof singles / sizeof *singles, p->m->n_limbs);
    if (s == NULL)
        cv_mont_portable.exp(p, e_limbs);
    else
        power_secret(s, p, e_limbs);
}

static void exp_pair(const struct cv_mont_power p[2], size_t e_limbs)
{
    const struct shape *s = find_shape(pairs, sizeof pairs / sizeof *pairs, p[0].m->n_limbs);
    if (s == NULL)
        cv_mont_portable.exp_pair(p, e_limbs);
    else
        power_secret(s, p, e_limbs);
}

/* r = a^e in the form of a; in: what takes a to the digits' form. */
static void power_public(const struct shape *s, const struct cv_ifma_moduli *mod, const struct cv_mont *m,
                         cv_limb *r, const cv_limb *a, uint64_t e, const struct cv_ifma_number *in)
{
    struct cv_ifma_number last, base, power;
    int bit = 63;
    while (e >> bit == 0) bit--;
    to_digits(s, last.digit, a);
    s->product(mod, base.digit, last.digit, in->digit);
    power = base;
    while (--bit >= 0) {
        s->product(mod, power.digit, power.digit, power.digit);
        if (bit > 0 && (e >> bit & 1) != 0) s->product(mod, power.digit, power.digit, base.digit);
    }
    s->product(mod, power.digit, power.digit, last.digit); /* e is odd */
    store_result(s, m, r, power.digit);
    cv_wipe(&last, sizeof last);
    cv_wipe(&base, sizeof base);
    cv_wipe(&power, sizeof power);
}

static void exp_public(const struct cv_mont *m, cv_limb *r, const cv_limb *a, uint64_t e)
{
    const struct shape *s = find_shape(singles, sizeof singles / sizeof *singles, m->n_limbs);
    if (s == NULL) {
        cv_mont_portable.exp_public(m, r, a, e);
        return;
    }
    struct cv_ifma_moduli mod;
    struct cv_ifma_number in;
    cv_limb t[LIMBS_MAX];
    load_modulus(s, &mod, 0, m);
    set_ratio(s, t);
    cv_mont_from_public(m, t, t);
    to_digits(s, in.digit, t);
    power_public(s, &mod, m, r, a, e, &in);
}

static void exp_plain(const struct cv_mont *m, cv_limb *r, const cv_limb *a, uint64_t e)
{
    const struct shape *s = find_shape(singles, sizeof singles / sizeof *singles, m->n_limbs);
    if (s == NULL) {
        cv_mont_portable.exp_plain(m, r, a, e);
        return;
    }
    struct cv_ifma_moduli mod;
    struct cv_ifma_number in;
    cv_limb t[LIMBS_MAX];
    load_modulus(s, &mod, 0, m);
    /* R^2 = (R^(3/2))^2 / R, R being the digits' */
    set_bit(s, t, s->n_digits * DIGIT_BITS / 2 * 3 - s->bits);
    cv_mont_from_public(m, t, t);
    to_digits(s, in.digit, t);
    s->product(&mod, in.digit, in.digit, in.digit);
    power_public(s, &mod, m, r, a, e, &in);
}

const struct cv_mont_powers cv_mont_ifma = {
    .exp = exp_one, .exp_pair = exp_pair, .exp_public = exp_public, .exp_plain = exp_plain};

#endif
