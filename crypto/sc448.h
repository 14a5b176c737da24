/* Scalars modulo the order L = 2^446 - 13818066809895115352007386748515426880336692474882178609894547503885
 * of edwards448's base point (RFC 8032 section 5.2), as 56 bytes, least significant first. Constant time.
 * Outputs may be inputs. */
#ifndef CV_SC448_H
#define CV_SC448_H

#include <stdbool.h>
#include <stdint.h>

enum { CV_SC448_LEN = 56, CV_SC448_WIDE_LEN = 114 };

/* r = wide mod L */
void cv_sc448_reduce(uint8_t r[CV_SC448_LEN], const uint8_t wide[CV_SC448_WIDE_LEN]);

/* r = a b + c mod L; b and c below L, a any 56 bytes. */
void cv_sc448_muladd(uint8_t r[CV_SC448_LEN], const uint8_t a[CV_SC448_LEN], const uint8_t b[CV_SC448_LEN],
                     const uint8_t c[CV_SC448_LEN]);

/* a < L. */
bool cv_sc448_is_canonical(const uint8_t a[CV_SC448_LEN]);

#endif
