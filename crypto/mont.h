/* Montgomery arithmetic modulo an odd number of any width up to CV_MONT_BITS_MAX bits, for RSA and
 * finite-field Diffie-Hellman. Numbers are arrays of limbs, least significant first, as many as the modulus
 * has (leading zero limbs are allowed). R is 2^(limbs * bits a limb); the Montgomery form of a is a R mod n.
 *
 * No allocation. Constant time in all values, the modulus included, but for the functions named
 * _public; widths are public. Outputs may be inputs. Stack: 3 KiB or less; powers, where portable, 10 KiB,
 * with a public exponent 4 KiB. */
#ifndef CV_MONT_H
#define CV_MONT_H

#include "crypto/base/ct.h"
#include "crypto/base/mul.h"

#include <stdbool.h>

#if defined(__SIZEOF_INT128__)
typedef uint64_t cv_limb;
__extension__ typedef unsigned __int128 cv_limb2;
enum { CV_LIMB_BITS = 64 };
static inline cv_limb2 cv_limb_times(cv_limb a, cv_limb b)
{
    return (cv_limb2)a * b;
}
#else
typedef uint32_t cv_limb;
typedef uint64_t cv_limb2;
enum { CV_LIMB_BITS = 32 };
static inline cv_limb2 cv_limb_times(cv_limb a, cv_limb b)
{
    return cv_mul_u32(a, b);
}
#endif

enum {
    CV_LIMB_LEN = CV_LIMB_BITS / 8,
    CV_MONT_BITS_MAX = 8192,
    CV_MONT_LIMBS_MAX = CV_MONT_BITS_MAX / CV_LIMB_BITS,
};

struct cv_mont {
    const cv_limb *n; /* the caller's, to outlive this */
    size_t n_limbs;
    cv_limb n0; /* -1 / n modulo 2^CV_LIMB_BITS */
};

static inline size_t cv_limbs_for(size_t bytes)
{
    return (bytes + CV_LIMB_LEN - 1) / CV_LIMB_LEN;
}

/* All ones if v is not zero. */
static inline cv_limb cv_limb_nonzero(cv_limb v)
{
#if defined(__SIZEOF_INT128__)
    return cv_ct_nonzero64(v);
#else
    return cv_ct_nonzero32(v);
#endif
}

/* Big-endian bytes to n_limbs limbs, which must hold them, and back, cut or padded to len bytes. */
void cv_limbs_from_bytes(cv_limb *r, size_t n_limbs, const uint8_t *p, size_t len);
void cv_limbs_to_bytes(uint8_t *out, size_t len, const cv_limb *a, size_t n_limbs);

/* The same of little-endian bytes; len is at most that of the limbs. */
void cv_limbs_from_le(cv_limb *r, size_t n_limbs, const uint8_t *p, size_t len);
void cv_limbs_to_le(uint8_t *out, size_t len, const cv_limb *a);

/* Carry or borrow out: 0 or 1. */
cv_limb cv_limbs_add(cv_limb *r, const cv_limb *a, const cv_limb *b, size_t n_limbs);
cv_limb cv_limbs_sub(cv_limb *r, const cv_limb *a, const cv_limb *b, size_t n_limbs);

/* r += a * b; returns the carry limb. */
cv_limb cv_limbs_muladd(cv_limb *r, const cv_limb *a, size_t n_limbs, cv_limb b);

/* All ones if a < b. */
cv_limb cv_limbs_less(const cv_limb *a, const cv_limb *b, size_t n_limbs);

/* r = mask ? a : r */
void cv_limbs_move(cv_limb mask, cv_limb *r, const cv_limb *a, size_t n_limbs);

/* n odd; at most CV_MONT_LIMBS_MAX limbs. */
void cv_mont_init(struct cv_mont *m, const cv_limb *n, size_t n_limbs);

/* r = a + b or a - b mod n; a and b below n. */
void cv_mont_add(const struct cv_mont *m, cv_limb *r, const cv_limb *a, const cv_limb *b);
void cv_mont_sub(const struct cv_mont *m, cv_limb *r, const cv_limb *a, const cv_limb *b);

/* r = a b / R mod n, below n; one of a and b must be below n, the other may be any below R. */
void cv_mont_mul(const struct cv_mont *m, cv_limb *r, const cv_limb *a, const cv_limb *b);
void cv_mont_sqr(const struct cv_mont *m, cv_limb *r, const cv_limb *a); /* a below n */

/* r = a^2 / R mod n, not fully reduced: a and r may be any below R. What comes of it may be multiplied. */
void cv_mont_sqr_loose(const struct cv_mont *m, cv_limb *r, const cv_limb *a);

/* r = R^2 mod n, which brings numbers into Montgomery form. n_bytes: the modulus' length in bytes, its first
 * not zero, more than one. */
void cv_mont_r2(const struct cv_mont *m, cv_limb *r, size_t n_bytes);

/* r = top:r - n where that is not negative, r otherwise; top:r below 2n. */
void cv_mont_reduce_once(const struct cv_mont *m, cv_limb *r, cv_limb top);

/* A power: r = a^e in Montgomery form, from a in that form, e of as many limbs as the function is told; r2
 * from cv_mont_r2. r may be a, but not e or r2. */
struct cv_mont_power {
    const struct cv_mont *m;
    cv_limb *r;
    const cv_limb *a, *e, *r2;
};

/* Powers, by what the processor can do. All give the same numbers. Each function is called with the
 * descriptor that it is taken from. */
struct cv_mont_powers {
    void (*exp)(const struct cv_mont_powers *by, const struct cv_mont_power *p, size_t e_limbs);
    /* Two at a time, modulo numbers of one width; the two results do not overlap. */
    void (*exp_pair)(const struct cv_mont_powers *by, const struct cv_mont_power p[2], size_t e_limbs);
    /* r = a^e, both in Montgomery form, e public, odd and at least 3; time depends on it but not on a. */
    void (*exp_public)(const struct cv_mont_powers *by, const struct cv_mont *m, cv_limb *r, const cv_limb *a,
                       uint64_t e);
    /* The same of numbers that are not in Montgomery form, in variable time. */
    void (*exp_plain)(const struct cv_mont_powers *by, const struct cv_mont *m, cv_limb *r, const cv_limb *a,
                      uint64_t e);

    const struct cv_digits_shape *shapes; /* with vectors: the widths that they serve (mont_digits.h) */
    size_t n_shapes;
};

extern const struct cv_mont_powers cv_mont_portable;
#if defined(__x86_64__)
/* Stack: 36 KiB, with a public exponent 14 KiB. */
extern const struct cv_mont_powers cv_mont_avx2; /* CV_CPU_AVX2 */
extern const struct cv_mont_powers cv_mont_ifma; /* CV_CPU_AVX2 and CV_CPU_IFMA */
#endif

/* count bits of e, which has e_limbs limbs, from bit `at` on; less than a limb's. */
cv_limb cv_mont_exponent_bits(const cv_limb *e, size_t e_limbs, size_t at, size_t count);

/* r = a R mod n, a below n: a faster way into Montgomery form, in variable time. */
void cv_mont_from_public(const struct cv_mont *m, cv_limb *r, const cv_limb *a);

/* r = the inverse in Montgomery form, from a in that form, below n. False if there is none. Variable time:
 * for secrets, invert a product with another random number. Stack: 6 KiB. */
bool cv_mont_invert_public(const struct cv_mont *m, cv_limb *r, const cv_limb *a);

#endif
