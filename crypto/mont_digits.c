#include "crypto/mont_digits.h"

#if defined(__x86_64__)

#include "crypto/base/secret.h"

#include <string.h>

enum {
    WINDOW = 5,
    N_ENTRIES = 1 << WINDOW,
    LIMBS_MAX = 4096 / CV_LIMB_BITS, /* of one number */
};

static const struct cv_digits_shape *find_shape(const struct cv_mont_powers *by, size_t n_numbers,
                                                size_t n_limbs)
{
    for (size_t i = 0; i < by->n_shapes; i++) {
        const struct cv_digits_shape *s = &by->shapes[i];
        if (s->n_numbers == n_numbers && s->bits == n_limbs * CV_LIMB_BITS) return s;
    }
    return NULL;
}

/* Numbers go between limbs and digits by parts of digits that are shorter than a limb. */
static size_t part_bits(const struct cv_digits_shape *s)
{
    return s->digit_bits < CV_LIMB_BITS ? s->digit_bits : s->digit_bits / 2;
}

static void to_digits(const struct cv_digits_shape *s, uint64_t *digit, const cv_limb *a)
{
    size_t n_limbs = s->bits / CV_LIMB_BITS, step = part_bits(s), i = 0, shift = 0;
    memset(digit, 0, s->n_digits * sizeof *digit);
    for (size_t at = 0; at < s->bits; at += step) {
        uint64_t part = cv_mont_exponent_bits(a, n_limbs, at, step);
        digit[i] |= part << shift;
        shift += step;
        if (shift < s->digit_bits) continue;
        shift = 0;
        i++;
    }
}

/* Returns the bit above the limbs. */
static cv_limb from_digits(const struct cv_digits_shape *s, cv_limb *r, const uint64_t *digit)
{
    const size_t step = part_bits(s), n_limbs = s->bits / CV_LIMB_BITS;
    const cv_limb mask = ((cv_limb)1 << step) - 1;
    cv_limb limb = 0;
    size_t n_bits = 0, i = 0;
    for (size_t j = 0; j < s->n_digits; j++) {
        for (size_t shift = 0; shift < s->digit_bits; shift += step) {
            cv_limb part = (cv_limb)(digit[j] >> shift) & mask;
            limb |= part << n_bits;
            n_bits += step;
            if (n_bits < CV_LIMB_BITS) continue;
            if (i == n_limbs) return limb;
            r[i++] = limb;
            n_bits -= CV_LIMB_BITS;
            limb = part >> (step - n_bits);
        }
    }
    return limb;
}

/* The number k of those side by side. */
static void load(const struct cv_digits_moduli *mod, struct cv_digits_number *x, size_t k, const cv_limb *a)
{
    const struct cv_digits_shape *s = mod->shape;
    to_digits(s, x->word + s->start + k * s->stride, a);
    if (s->from_unsigned != NULL) s->from_unsigned(mod, x->word);
}

static void store(const struct cv_digits_moduli *mod, const struct cv_mont *m, cv_limb *r,
                  struct cv_digits_number *x, size_t k)
{
    const struct cv_digits_shape *s = mod->shape;
    if (s->to_unsigned != NULL) s->to_unsigned(mod, x->word);
    cv_limb top = from_digits(s, r, x->word + s->start + k * s->stride);
    cv_mont_reduce_once(m, r, top);
}

static void pack(const struct cv_digits_moduli *m, uint64_t *entry, const struct cv_digits_number *x)
{
    const struct cv_digits_shape *s = m->shape;
    if (s->pack != NULL)
        s->pack(m, entry, x->word);
    else
        memcpy(entry, x->word, s->n_numbers * s->stride * sizeof *entry);
}

static void square(struct cv_digits_moduli *m, struct cv_digits_number *x)
{
    const struct cv_digits_shape *s = m->shape;
    if (s->square != NULL)
        s->square(m, x->word, x->word);
    else
        s->multiply(m, x->word, x->word, x->word);
}

static void load_modulus(const struct cv_digits_shape *s, struct cv_digits_moduli *mod, size_t k,
                         const struct cv_mont *m)
{
    uint64_t digit[CV_DIGITS_NUMBER_MAX] = {0}, n0 = m->n0;
    mod->shape = s;
    to_digits(s, digit, m->n);
    n0 *=
        2 + n0 * (digit[0] | digit[1] << s->digit_bits); /* Newton: a limb of 32 bits becomes twice as much */
    mod->n0[k] = n0;
    if (s->set_modulus != NULL)
        s->set_modulus(mod, digit);
    else
        memcpy(mod->n + k * s->stride, digit, s->stride * sizeof *digit);
    cv_wipe(digit, sizeof digit);
}

/* r = 2^bit */
static void set_bit(const struct cv_digits_shape *s, cv_limb *r, size_t bit)
{
    memset(r, 0, s->bits / 8);
    r[bit / CV_LIMB_BITS] = (cv_limb)1 << bit % CV_LIMB_BITS;
}

/* What takes a number from Montgomery form with R of the limbs, or r2 from the limbs', to that of the digits:
 * 2^(2 (bits of digits - bits of limbs)). */
static void set_ratio(const struct cv_digits_shape *s, cv_limb *r)
{
    set_bit(s, r, 2 * (s->n_digits * s->digit_bits - s->bits));
}

struct work {
    struct cv_digits_moduli m;
    struct cv_digits_number power, one;
    struct cv_digits_entry factor, out;
    _Alignas(64) uint64_t table[N_ENTRIES * CV_DIGITS_ENTRY_MAX];
};

/* Fills the table with the powers of the bases, and `out` with what takes results back to the limbs' form. */
static void fill(const struct cv_digits_shape *s, struct work *w, const struct cv_mont_power *p)
{
    struct cv_digits_number *x = &w->power, in = {{0}};
    cv_limb t[LIMBS_MAX];
    for (size_t k = 0; k < s->n_numbers; k++) {
        load_modulus(s, &w->m, k, p[k].m);
        set_ratio(s, t);
        cv_mont_mul(p[k].m, t, p[k].r2, t);
        load(&w->m, &in, k, t);
        set_bit(s, t, 0);
        cv_mont_mul(p[k].m, t, p[k].r2, t);
        load(&w->m, x, k, t);
    }
    pack(&w->m, w->out.word, x);
    s->multiply(&w->m, w->one.word, in.word, w->out.word);
    pack(&w->m, w->table, &w->one);
    for (size_t k = 0; k < s->n_numbers; k++) load(&w->m, x, k, p[k].a);
    pack(&w->m, w->factor.word, x);
    s->multiply(&w->m, x->word, in.word, w->factor.word);
    pack(&w->m, w->factor.word, x);
    pack(&w->m, w->table + s->entry_len, x);
    for (size_t i = 2; i < N_ENTRIES; i++) {
        s->multiply(&w->m, x->word, x->word, w->factor.word);
        pack(&w->m, w->table + i * s->entry_len, x);
    }
    cv_wipe(&in, sizeof in);
}

static void read_table(struct work *w, const struct cv_mont_power *p, size_t e_limbs, size_t at)
{
    const struct cv_digits_shape *s = w->m.shape;
    uint64_t index[2];
    for (size_t k = 0; k < 2; k++)
        index[k] = cv_mont_exponent_bits(p[k < s->n_numbers ? k : 0].e, e_limbs, at, WINDOW);
    s->read(&w->m, w->factor.word, w->table, N_ENTRIES, index);
    cv_wipe(index, sizeof index);
}

/* As many powers as the shape has numbers. */
static void power_secret(const struct cv_digits_shape *s, const struct cv_mont_power *p, size_t e_limbs)
{
    struct work w;
    uint64_t *power = w.power.word;
    memset(&w, 0, sizeof w);
    fill(s, &w, p);
    size_t at = (e_limbs * CV_LIMB_BITS - 1) / WINDOW * WINDOW;
    read_table(&w, p, e_limbs, at);
    s->multiply(&w.m, power, w.one.word, w.factor.word);
    while (at > 0) {
        at -= WINDOW;
        for (size_t i = 0; i < WINDOW; i++) square(&w.m, &w.power);
        read_table(&w, p, e_limbs, at);
        s->multiply(&w.m, power, power, w.factor.word);
    }
    s->multiply(&w.m, power, power, w.out.word);
    for (size_t k = 0; k < s->n_numbers; k++) store(&w.m, p[k].m, p[k].r, &w.power, k);
    cv_wipe(&w, sizeof w);
}

void cv_digits_exp(const struct cv_mont_powers *by, const struct cv_mont_power *p, size_t e_limbs)
{
    const struct cv_digits_shape *s = find_shape(by, 1, p->m->n_limbs);
    if (s == NULL)
        cv_mont_portable.exp(&cv_mont_portable, p, e_limbs);
    else
        power_secret(s, p, e_limbs);
}

void cv_digits_exp_pair(const struct cv_mont_powers *by, const struct cv_mont_power p[2], size_t e_limbs)
{
    const struct cv_digits_shape *s = find_shape(by, 2, p[0].m->n_limbs);
    if (s != NULL) {
        power_secret(s, p, e_limbs);
        return;
    }
    cv_digits_exp(by, &p[0], e_limbs);
    cv_digits_exp(by, &p[1], e_limbs);
}

/* A power by a public exponent, of one number. */
struct public_work {
    struct cv_digits_moduli m;
    struct cv_digits_number in, power; /* in: what takes a number to the digits' form */
    struct cv_digits_entry base, last;
};

/* r = a^e in the form of a */
static void power_public(const struct cv_digits_shape *s, struct public_work *w, const struct cv_mont *m,
                         cv_limb *r, const cv_limb *a, uint64_t e)
{
    uint64_t *power = w->power.word;
    int bit = 63;
    while (e >> bit == 0) bit--;
    load(&w->m, &w->power, 0, a);
    pack(&w->m, w->last.word, &w->power);
    s->multiply(&w->m, power, w->in.word, w->last.word);
    pack(&w->m, w->base.word, &w->power);
    while (--bit >= 0) {
        square(&w->m, &w->power);
        if (bit > 0 && (e >> bit & 1) != 0) s->multiply(&w->m, power, power, w->base.word);
    }
    s->multiply(&w->m, power, power, w->last.word); /* e is odd */
    store(&w->m, m, r, &w->power, 0);
    cv_wipe(w, sizeof *w);
}

void cv_digits_exp_public(const struct cv_mont_powers *by, const struct cv_mont *m, cv_limb *r,
                          const cv_limb *a, uint64_t e)
{
    const struct cv_digits_shape *s = find_shape(by, 1, m->n_limbs);
    if (s == NULL) {
        cv_mont_portable.exp_public(&cv_mont_portable, m, r, a, e);
        return;
    }
    struct public_work w;
    cv_limb t[LIMBS_MAX];
    memset(&w, 0, sizeof w);
    load_modulus(s, &w.m, 0, m);
    set_ratio(s, t);
    cv_mont_from_public(m, t, t);
    load(&w.m, &w.in, 0, t);
    power_public(s, &w, m, r, a, e);
}

void cv_digits_exp_plain(const struct cv_mont_powers *by, const struct cv_mont *m, cv_limb *r,
                         const cv_limb *a, uint64_t e)
{
    const struct cv_digits_shape *s = find_shape(by, 1, m->n_limbs);
    if (s == NULL) {
        cv_mont_portable.exp_plain(&cv_mont_portable, m, r, a, e);
        return;
    }
    struct public_work w;
    cv_limb t[LIMBS_MAX];
    memset(&w, 0, sizeof w);
    load_modulus(s, &w.m, 0, m);
    /* R^2 = (R^(3/2))^2 / R, R being the digits' */
    set_bit(s, t, s->n_digits * s->digit_bits / 2 * 3 - s->bits);
    cv_mont_from_public(m, t, t);
    load(&w.m, &w.in, 0, t);
    square(&w.m, &w.in);
    power_public(s, &w, m, r, a, e);
}

#endif
