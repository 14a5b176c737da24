/* Inverses modulo an odd number by division steps: D. J. Bernstein and B.-Y. Yang, "Fast constant-time gcd
 * computation and modular inversion" (2019), here in variable time. */
#include "crypto/mont.h"

#include <string.h>

#if defined(__SIZEOF_INT128__)
typedef int64_t signed_limb;
#else
typedef int32_t signed_limb;
#endif

/* Steps are taken on single limbs, STEPS at a time, and gathered in a matrix whose rows' absolute values sum
 * to at most 2^STEPS. Numbers are in two's complement, with a limb above those of the modulus. */
enum { STEPS = CV_LIMB_BITS - 2, WIDE = CV_MONT_LIMBS_MAX + 1 };

struct matrix {
    signed_limb u, v, q, r;
};

/* One batch of division steps on the low limbs. Returns the new delta. By masks, since which way a step goes
 * is random and a processor guesses half of them wrong. */
static signed_limb divsteps(struct matrix *t, signed_limb delta, cv_limb f, cv_limb g)
{
    cv_limb u = 1, v = 0, q = 0, r = 1; /* unsigned: wrapping stands for signs */
    for (int i = 0; i < STEPS; i++) {
        cv_limb odd = 0 - (g & 1), swap = odd & (cv_limb)(-delta >> (CV_LIMB_BITS - 1));
        cv_limb f1 = (f ^ swap) - swap, u1 = (u ^ swap) - swap, v1 = (v ^ swap) - swap; /* negated */
        f += swap & (g - f);
        u += swap & (q - u);
        v += swap & (r - v);
        g = (g + (odd & f1)) >> 1;
        q += odd & u1;
        r += odd & v1;
        u <<= 1;
        v <<= 1;
        delta = (signed_limb)((((cv_limb)delta ^ swap) - swap) + 1);
    }
    *t = (struct matrix){(signed_limb)u, (signed_limb)v, (signed_limb)q, (signed_limb)r};
    return delta;
}

/* r = a x + b y over n_limbs limbs, in two's complement. -a x is (~a) |x| + |x|. */
static void combine(cv_limb *r, const cv_limb *a, signed_limb x, const cv_limb *b, signed_limb y,
                    size_t n_limbs)
{
    cv_limb mask_x = x < 0 ? ~(cv_limb)0 : 0, mask_y = y < 0 ? ~(cv_limb)0 : 0;
    cv_limb abs_x = ((cv_limb)x ^ mask_x) - mask_x, abs_y = ((cv_limb)y ^ mask_y) - mask_y;
    cv_limb carry = (abs_x & mask_x) + (abs_y & mask_y);
    for (size_t i = 0; i < n_limbs; i++) {
        cv_limb2 t = cv_limb_times(a[i] ^ mask_x, abs_x) + cv_limb_times(b[i] ^ mask_y, abs_y) + carry;
        r[i] = (cv_limb)t;
        carry = (cv_limb)(t >> CV_LIMB_BITS);
    }
}

static bool negative(const cv_limb *a, size_t n_limbs)
{
    return a[n_limbs - 1] >> (CV_LIMB_BITS - 1) != 0;
}

/* a /= 2^STEPS, exactly. */
static void shift_steps(cv_limb *a, size_t n_limbs)
{
    cv_limb above = negative(a, n_limbs) ? ~(cv_limb)0 : 0;
    for (size_t i = n_limbs; i-- > 0;) {
        cv_limb limb = a[i];
        a[i] = limb >> STEPS | above << (CV_LIMB_BITS - STEPS);
        above = limb;
    }
}

/* a = a / 2^CV_LIMB_BITS mod n, by adding the multiple of n that clears the low limb. */
static void shift_limb(const struct cv_mont *m, cv_limb *a)
{
    size_t k = m->n_limbs;
    cv_limb above = negative(a, k + 1) ? ~(cv_limb)0 : 0;
    cv_limb carry = cv_limbs_muladd(a, m->n, k, a[0] * m->n0);
    cv_limb2 top = (cv_limb2)a[k] + carry;
    memmove(a, a + 1, (k - 1) * sizeof *a);
    a[k - 1] = (cv_limb)top;
    a[k] = above + (cv_limb)(top >> CV_LIMB_BITS);
}

static bool is_zero(const cv_limb *a, size_t n_limbs)
{
    cv_limb any = 0;
    for (size_t i = 0; i < n_limbs; i++) any |= a[i];
    return any == 0;
}

/* The two top limbs only repeat the sign: one will do, as room for the next batch. */
static bool spare_limbs(const cv_limb *a, size_t n_limbs)
{
    cv_limb sign = negative(a, n_limbs - 2) ? ~(cv_limb)0 : 0;
    return a[n_limbs - 1] == sign && a[n_limbs - 2] == sign;
}

/* Brings d from (-n, 2n) into [0, n). */
static void normalise(const struct cv_mont *m, cv_limb *d)
{
    size_t k = m->n_limbs;
    if (negative(d, k + 1))
        d[k] += cv_limbs_add(d, d, m->n, k);
    else if (d[k] != 0 || cv_limbs_less(d, m->n, k) == 0)
        d[k] -= cv_limbs_sub(d, d, m->n, k);
}

bool cv_mont_invert_public(const struct cv_mont *m, cv_limb *r, const cv_limb *a)
{
    cv_limb f[WIDE], g[WIDE], d[WIDE] = {0}, e[WIDE] = {1}, t[WIDE];
    size_t k = m->n_limbs, n_batches = 0, len = k + 1; /* len: what f and g still need */
    signed_limb delta = 1;
    struct matrix s;
    memcpy(f, m->n, k * sizeof *f);
    memcpy(g, a, k * sizeof *g);
    f[k] = g[k] = 0;
    /* f = a d 4^n_batches and g = a e 4^n_batches mod n throughout: a batch divides f and g by 2^STEPS, d and
     * e by two bits more. d and e stay in (-n, 2n). */
    for (; !is_zero(g, len); n_batches++) {
        delta = divsteps(&s, delta, f[0], g[0]);
        combine(t, f, s.u, g, s.v, len);
        combine(g, f, s.q, g, s.r, len);
        memcpy(f, t, len * sizeof *f);
        shift_steps(f, len);
        shift_steps(g, len);
        while (len > 2 && spare_limbs(f, len) && spare_limbs(g, len)) len--;
        combine(t, d, s.u, e, s.v, k + 1);
        combine(e, d, s.q, e, s.r, k + 1);
        memcpy(d, t, (k + 1) * sizeof *d);
        shift_limb(m, d);
        shift_limb(m, e);
    }
    bool minus = negative(f, len);
    if (minus) combine(f, f, -1, g, 0, len);
    if (f[0] != 1 || !is_zero(f + 1, len - 1)) return false;
    normalise(m, d);
    if (minus) {
        memset(t, 0, k * sizeof *t);
        cv_mont_sub(m, d, t, d);
    }
    /* d 4^n_batches / R, then times R three times: the batches are far fewer than half the modulus' bits */
    memset(t, 0, k * sizeof *t);
    t[2 * n_batches / CV_LIMB_BITS] = (cv_limb)1 << 2 * n_batches % CV_LIMB_BITS;
    cv_mont_mul(m, r, d, t);
    for (int i = 0; i < 3; i++) cv_mont_from_public(m, r, r);
    return true;
}
