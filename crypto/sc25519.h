/* Scalars modulo the order L = 2^252 + 27742317777372353535851937790883648493 of edwards25519's base point
 * (RFC 8032 section 5.1), as 32 bytes, least significant first. Constant time. Outputs may be inputs. */
#ifndef CV_SC25519_H
#define CV_SC25519_H

#include <stdbool.h>
#include <stdint.h>

/* r = wide mod L */
void cv_sc_reduce(uint8_t r[32], const uint8_t wide[64]);

/* r = a b + c mod L; b and c below L, a any 32 bytes. */
void cv_sc_muladd(uint8_t r[32], const uint8_t a[32], const uint8_t b[32], const uint8_t c[32]);

/* Rewrites a, below L, in digits of +1 and -1: bits r_i with a = sum over 0 <= i < 255 of (2 r_i - 1) 2^i mod
 * L. */
void cv_sc_signed_digits(uint8_t r[32], const uint8_t a[32]);

/* a < L. */
bool cv_sc_is_canonical(const uint8_t a[32]);

#endif
