/* Inversion by division steps (Bernstein, Yang, "Fast constant-time gcd computation and modular inversion",
 * CHES 2019), WORD steps at a time on the low words alone; what they did to the numbers is then applied as a
 * matrix of numbers of one limb.
 *
 * Numbers here are signed: words of WORD bits, least significant first, the top word with the sign. */
#include "crypto/base/secret.h"
#include "crypto/ec.h"

#include <string.h>

#if CV_GF_LIMB_BITS == 64
typedef int64_t word;
__extension__ typedef __int128 wide;
#define barrier cv_ct_barrier64
static inline wide times(word a, word b)
{
    return (wide)a * b;
}
#else
typedef int32_t word;
typedef int64_t wide;
#define barrier cv_ct_barrier32
static inline wide times(word a, word b)
{
    return cv_mul_s32(a, b);
}
#endif

enum { WORD = CV_GF_LIMB_BITS - 2, WORDS_MAX = CULVERT_EC_BITS_MAX / WORD + 1 };
#define WORD_MASK (((cv_gf_limb)1 << WORD) - 1)

/* After WORD steps, 2^WORD * (f, g) = (u f + v g, q f + r g). Each row's sizes sum up to 2^WORD at most. */
struct steps {
    word u, v, q, r;
};

static word sign_mask(word v)
{
    return (word)barrier((cv_gf_limb)(v >> (CV_GF_LIMB_BITS - 1)));
}

/* Steps on the low words f and g: where delta > 0 and g is odd, (delta, f, g) becomes
 * (1 - delta, g, (g - f) / 2), else (1 + delta, f, (g + (g mod 2) f) / 2). Returns the new delta. */
static word divide_steps(struct steps *t, word delta, cv_gf_limb f, cv_gf_limb g)
{
    cv_gf_limb u = 1, v = 0, q = 0, r = 1, d = (cv_gf_limb)delta;
    for (unsigned i = 0; i < WORD; i++) {
        cv_gf_limb odd = barrier((cv_gf_limb)0 - (g & 1));
        cv_gf_limb swap = barrier(odd & ((cv_gf_limb)0 - (((cv_gf_limb)0 - d) >> (CV_GF_LIMB_BITS - 1))));
        g += ((f ^ swap) - swap) & odd;
        q += ((u ^ swap) - swap) & odd;
        r += ((v ^ swap) - swap) & odd;
        f += g & swap;
        u += q & swap;
        v += r & swap;
        d = (d ^ swap) - swap + 1;
        g >>= 1;
        u <<= 1;
        v <<= 1;
    }
    *t = (struct steps){(word)u, (word)v, (word)q, (word)r};
    return (word)d;
}

/* (f, g) = (u f + v g, q f + r g) / 2^WORD, which is exact. */
static void update_fg(unsigned n, word *f, word *g, const struct steps *t)
{
    wide cf = times(t->u, f[0]) + times(t->v, g[0]);
    wide cg = times(t->q, f[0]) + times(t->r, g[0]);
    for (unsigned i = 1; i < n; i++) {
        cf = (cf >> WORD) + times(t->u, f[i]) + times(t->v, g[i]);
        cg = (cg >> WORD) + times(t->q, f[i]) + times(t->r, g[i]);
        f[i - 1] = (word)((cv_gf_limb)cf & WORD_MASK);
        g[i - 1] = (word)((cv_gf_limb)cg & WORD_MASK);
    }
    f[n - 1] = (word)(cf >> WORD);
    g[n - 1] = (word)(cg >> WORD);
}

/* The same for (d, e) modulo m: multiples of m make the division exact, and keep both within -2m … m.
 * m_inverse is 1/m modulo 2^WORD. */
static void update_de(unsigned n, word *d, word *e, const struct steps *t, const word *m,
                      cv_gf_limb m_inverse)
{
    word d_sign = sign_mask(d[n - 1]), e_sign = sign_mask(e[n - 1]);
    word md = (t->u & d_sign) + (t->v & e_sign), me = (t->q & d_sign) + (t->r & e_sign);
    wide cd = times(t->u, d[0]) + times(t->v, e[0]);
    wide ce = times(t->q, d[0]) + times(t->r, e[0]);
    md -= (word)((m_inverse * (cv_gf_limb)cd + (cv_gf_limb)md) & WORD_MASK);
    me -= (word)((m_inverse * (cv_gf_limb)ce + (cv_gf_limb)me) & WORD_MASK);
    cd += times(m[0], md);
    ce += times(m[0], me);
    for (unsigned i = 1; i < n; i++) {
        cd = (cd >> WORD) + times(t->u, d[i]) + times(t->v, e[i]) + times(m[i], md);
        ce = (ce >> WORD) + times(t->q, d[i]) + times(t->r, e[i]) + times(m[i], me);
        d[i - 1] = (word)((cv_gf_limb)cd & WORD_MASK);
        e[i - 1] = (word)((cv_gf_limb)ce & WORD_MASK);
    }
    d[n - 1] = (word)(cd >> WORD);
    e[n - 1] = (word)(ce >> WORD);
}

static void to_words(unsigned n, word *w, const struct cv_gf *f, const cv_gf_limb *a)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned at = i * WORD / CV_GF_LIMB_BITS, shift = i * WORD % CV_GF_LIMB_BITS;
        cv_gf_wide v = at < f->n_limbs ? a[at] : 0;
        if (at + 1 < f->n_limbs) v |= (cv_gf_wide)a[at + 1] << CV_GF_LIMB_BITS;
        w[i] = (word)((cv_gf_limb)(v >> shift) & WORD_MASK);
    }
}

static void from_words(unsigned n, cv_gf_limb *r, const struct cv_gf *f, const word *w)
{
    memset(r, 0, f->n_limbs * sizeof *r);
    for (unsigned i = 0; i < n; i++) {
        unsigned at = i * WORD / CV_GF_LIMB_BITS, shift = i * WORD % CV_GF_LIMB_BITS;
        cv_gf_wide v = (cv_gf_wide)(cv_gf_limb)w[i] << shift;
        if (at < f->n_limbs) r[at] |= (cv_gf_limb)v;
        if (at + 1 < f->n_limbs) r[at + 1] |= (cv_gf_limb)(v >> CV_GF_LIMB_BITS);
    }
}

/* a = (negative ? -a : a) + (m if a was below zero before), with words in range again. */
static void add_modulus_if_below(unsigned n, word *a, const word *m)
{
    word below = sign_mask(a[n - 1]), carry = 0;
    for (unsigned i = 0; i < n; i++) {
        a[i] += (m[i] & below) + carry;
        carry = i + 1 < n ? a[i] >> WORD : 0;
        a[i] = i + 1 < n ? (word)((cv_gf_limb)a[i] & WORD_MASK) : a[i];
    }
}

static void negate_if(unsigned n, word *a, word mask)
{
    word carry = 0;
    for (unsigned i = 0; i < n; i++) {
        a[i] = (a[i] ^ mask) - mask + carry;
        carry = i + 1 < n ? a[i] >> WORD : 0;
        a[i] = i + 1 < n ? (word)((cv_gf_limb)a[i] & WORD_MASK) : a[i];
    }
}

struct inversion {
    unsigned n_words;
    word m[WORDS_MAX], f[WORDS_MAX], g[WORDS_MAX], d[WORDS_MAX], e[WORDS_MAX];
    word delta;
    struct steps t;
};

static void inversion_init(struct inversion *v, const struct cv_gf *field, const cv_gf_limb *a)
{
    memset(v, 0, sizeof *v);
    v->n_words = field->bits / WORD + 1;
    v->e[0] = v->delta = 1;
    to_words(v->n_words, v->m, field, field->m);
    to_words(v->n_words, v->g, field, a);
    memcpy(v->f, v->m, sizeof v->f);
}

/* WORD steps, once they are known. */
static void inversion_update(struct inversion *v, const struct cv_gf *field)
{
    update_de(v->n_words, v->d, v->e, &v->t, v->m, (cv_gf_limb)0 - field->n0);
    update_fg(v->n_words, v->f, v->g, &v->t);
}

/* Once g is 0: f is 1 or -1, and a * d = f; or a was 0, and so is d. */
static void inversion_end(struct inversion *v, const struct cv_gf *field, cv_gf_limb *r)
{
    const unsigned n = v->n_words;
    add_modulus_if_below(n, v->d, v->m);
    negate_if(n, v->d, sign_mask(v->f[n - 1]));
    add_modulus_if_below(n, v->d, v->m);
    from_words(n, r, field, v->d);
    /* From 1/(aR), where that is the representation, to R/a. */
    cv_gf_to(field, r, r);
    cv_gf_to(field, r, r);
    cv_wipe(v, sizeof *v);
}

void cv_gf_invert(const struct cv_gf *field, cv_gf_limb *r, const cv_gf_limb *a)
{
    /* Theorem 11.2 of the paper: enough steps for numbers of at least 46 bits. */
    const unsigned n_steps = (49 * field->bits + 57) / 17;
    struct inversion v;
    inversion_init(&v, field, a);
    for (unsigned done = 0; done < n_steps; done += WORD) {
        v.delta = divide_steps(&v.t, v.delta, (cv_gf_limb)v.f[0], (cv_gf_limb)v.g[0]);
        inversion_update(&v, field);
    }
    inversion_end(&v, field, r);
}

/* The same steps in as few pieces as g's zeros allow: those of even g at once, and up to six of odd g where
 * none of them would exchange f and g. */
static word divide_steps_vartime(struct steps *t, word delta, cv_gf_limb f, cv_gf_limb g)
{
    cv_gf_limb u = 1, v = 0, q = 0, r = 1, swapped;
    for (unsigned left = WORD;;) {
        const unsigned n_zeros = (unsigned)__builtin_ctzll(g | (cv_gf_limb)1 << left);
        g >>= n_zeros;
        u <<= n_zeros;
        v <<= n_zeros;
        delta += (word)n_zeros;
        left -= n_zeros;
        if (left == 0) break;
        if (delta > 0) {
            delta = -delta;
            swapped = f, f = g, g = 0 - swapped;
            swapped = u, u = q, q = 0 - swapped;
            swapped = v, v = r, r = 0 - swapped;
        }
        const unsigned same = 1 - delta < 6 ? (unsigned)(1 - delta) : 6, n = same < left ? same : left;
        /* -g/f modulo 2^n, since f² is 1 modulo 8 */
        const cv_gf_limb w = g * f * (f * f - 2) & (((cv_gf_limb)1 << n) - 1);
        g += f * w;
        q += u * w;
        r += v * w;
    }
    *t = (struct steps){(word)u, (word)v, (word)q, (word)r};
    return delta;
}

void cv_gf_invert_vartime(const struct cv_gf *field, cv_gf_limb *r, const cv_gf_limb *a)
{
    struct inversion v;
    inversion_init(&v, field, a);
    for (;;) {
        word any = 0;
        for (unsigned i = 0; i < v.n_words; i++) any |= v.g[i];
        if (any == 0) break;
        v.delta = divide_steps_vartime(&v.t, v.delta, (cv_gf_limb)v.f[0], (cv_gf_limb)v.g[0]);
        inversion_update(&v, field);
    }
    inversion_end(&v, field, r);
}
