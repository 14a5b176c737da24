/* Montgomery arithmetic modulo an odd number of any width up to CV_MONT_BITS_MAX bits, for RSA and
 * finite-field Diffie-Hellman. Numbers are arrays of limbs, least significant first, as many as the modulus
 * has (leading zero limbs are allowed). R is 2^(limbs * bits a limb); the Montgomery form of a is a R mod n.
 *
 * No allocation. Constant time in all values, the modulus included, but for the functions named
 * _public; widths are public. Outputs may be inputs. Stack: cv_mont_exp takes 10 KiB at full width,
 * cv_mont_exp_public 4 KiB, the others 3 KiB or less. */
#ifndef CV_MONT_H
#define CV_MONT_H

#include "crypto/base/ct.h"

#include <stdbool.h>

#if defined(__SIZEOF_INT128__)
typedef uint64_t cv_limb;
__extension__ typedef unsigned __int128 cv_limb2;
enum { CV_LIMB_BITS = 64 };
#else
typedef uint32_t cv_limb;
typedef uint64_t cv_limb2;
enum { CV_LIMB_BITS = 32 };
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

/* r = R^2 mod n, which brings numbers into Montgomery form. n_bytes: the modulus' length in bytes, its first
 * not zero, more than one. */
void cv_mont_r2(const struct cv_mont *m, cv_limb *r, size_t n_bytes);

/* r = a^e in Montgomery form, from a in that form; e in e_limbs limbs, not the memory of r; r2 from
 * cv_mont_r2. */
void cv_mont_exp(const struct cv_mont *m, cv_limb *r, const cv_limb *a, const cv_limb *e, size_t e_limbs,
                 const cv_limb *r2);

/* The same for an exponent that is public, odd and at least 3; time depends on it but not on a.
 * Writes a^(e - 1), so that a last product with a in either form gives the power in that form. */
void cv_mont_exp_public(const struct cv_mont *m, cv_limb *r, const cv_limb *a, uint64_t e);

/* r = a R mod n, a below n: a faster way into Montgomery form, in variable time. */
void cv_mont_from_public(const struct cv_mont *m, cv_limb *r, const cv_limb *a);

/* r = the inverse in Montgomery form, from a in that form, below n. False if there is none. Variable time:
 * for secrets, invert a product with another random number. Stack: 6 KiB. */
bool cv_mont_invert_public(const struct cv_mont *m, cv_limb *r, const cv_limb *a);

#endif
