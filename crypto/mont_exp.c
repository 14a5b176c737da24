/* Powers by the arithmetic of mont.c. */
#include "crypto/mont.h"

#include "crypto/base/secret.h"

#include <string.h>

/* Entries of a table of powers, and the limbs they may take in all. */
enum { WINDOW_MAX = 5, TABLE_LIMBS = 8192 / CV_LIMB_LEN };

/* r = table[index], every entry being read; four limbs at a time, so that sums stay in registers. */
static void table_read(cv_limb *r, const cv_limb *table, size_t n_entries, size_t n_limbs, cv_limb index)
{
    cv_limb mask[1 << WINDOW_MAX];
    for (size_t i = 0; i < n_entries; i++) mask[i] = ~cv_limb_nonzero((cv_limb)i ^ index);
    size_t j = 0;
    for (; j + 4 <= n_limbs; j += 4) {
        cv_limb sum[4] = {0};
        for (size_t i = 0; i < n_entries; i++)
            for (size_t lane = 0; lane < 4; lane++) sum[lane] |= mask[i] & table[i * n_limbs + j + lane];
        memcpy(r + j, sum, sizeof sum);
    }
    for (; j < n_limbs; j++) {
        cv_limb sum = 0;
        for (size_t i = 0; i < n_entries; i++) sum |= mask[i] & table[i * n_limbs + j];
        r[j] = sum;
    }
}

cv_limb cv_mont_exponent_bits(const cv_limb *e, size_t e_limbs, size_t at, size_t count)
{
    size_t limb = at / CV_LIMB_BITS, shift = at % CV_LIMB_BITS;
    cv_limb v = e[limb] >> shift;
    if (shift + count > CV_LIMB_BITS && limb + 1 < e_limbs) v |= e[limb + 1] << (CV_LIMB_BITS - shift);
    return v & (((cv_limb)1 << count) - 1);
}

static void exp_one(const struct cv_mont_powers *by, const struct cv_mont_power *p, size_t e_limbs)
{
    (void)by;
    cv_limb table[TABLE_LIMBS], factor[CV_MONT_LIMBS_MAX], *r = p->r;
    const struct cv_mont *m = p->m;
    size_t k = m->n_limbs, window = WINDOW_MAX;
    while (k << window > TABLE_LIMBS) window--;
    size_t n_entries = (size_t)1 << window;

    memset(factor, 0, k * sizeof *factor);
    factor[0] = 1;
    cv_mont_mul(m, table, p->r2, factor); /* 1 in Montgomery form */
    memcpy(table + k, p->a, k * sizeof *table);
    for (size_t i = 2; i < n_entries; i++) {
        if (i % 2 == 0)
            cv_mont_sqr(m, table + i * k, table + i / 2 * k);
        else
            cv_mont_mul(m, table + i * k, table + (i - 1) * k, table + k);
    }

    size_t at = (e_limbs * CV_LIMB_BITS - 1) / window * window;
    table_read(r, table, n_entries, k, cv_mont_exponent_bits(p->e, e_limbs, at, window));
    while (at > 0) {
        at -= window;
        for (size_t i = 0; i < window; i++) cv_mont_sqr_loose(m, r, r);
        table_read(factor, table, n_entries, k, cv_mont_exponent_bits(p->e, e_limbs, at, window));
        cv_mont_mul(m, r, r, factor);
    }
    cv_wipe(table, n_entries * k * sizeof *table);
    cv_wipe(factor, k * sizeof *factor);
}

static void exp_pair(const struct cv_mont_powers *by, const struct cv_mont_power p[2], size_t e_limbs)
{
    exp_one(by, &p[0], e_limbs);
    exp_one(by, &p[1], e_limbs);
}

/* r = a^(e - 1) last; a and the power in Montgomery form, so that the product has the form of `last`. */
static void power_public(const struct cv_mont *m, cv_limb *r, const cv_limb *a, uint64_t e,
                         const cv_limb *last)
{
    cv_limb power[CV_MONT_LIMBS_MAX];
    int bit = 63;
    while (e >> bit == 0) bit--;
    memcpy(power, a, m->n_limbs * sizeof *power);
    while (--bit >= 0) {
        cv_mont_sqr_loose(m, power, power);
        if (bit > 0 && (e >> bit & 1) != 0) cv_mont_mul(m, power, power, a);
    }
    cv_mont_mul(m, r, power, last);
    cv_wipe(power, m->n_limbs * sizeof *power);
}

static void exp_public(const struct cv_mont_powers *by, const struct cv_mont *m, cv_limb *r, const cv_limb *a,
                       uint64_t e)
{
    (void)by;
    power_public(m, r, a, e, a);
}

static void exp_plain(const struct cv_mont_powers *by, const struct cv_mont *m, cv_limb *r, const cv_limb *a,
                      uint64_t e)
{
    (void)by;
    cv_limb base[CV_MONT_LIMBS_MAX];
    cv_mont_from_public(m, base, a);
    power_public(m, r, base, e, a);
}

const struct cv_mont_powers cv_mont_portable = {
    .exp = exp_one, .exp_pair = exp_pair, .exp_public = exp_public, .exp_plain = exp_plain};
