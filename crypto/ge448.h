/* Points of edwards448, x^2 + y^2 = 1 + d x^2 y^2 with d = -39081 (RFC 8032 section 5.2). */
#ifndef CV_GE448_H
#define CV_GE448_H

#include "crypto/fe448.h"

#include <stdbool.h>

enum { CV_GE448_LEN = 57 };

/* The point (x / z, y / z). */
struct cv_ge448 {
    struct cv_fe448 x, y, z;
};

/* RFC 8032 section 5.2: B, of the order L (sc448.h). */
void cv_ge448_base(struct cv_ge448 *r);

/* r = the sum of k[i] a[i]; n terms, one or two. Constant time in the scalars, which are 56 bytes, least
 * significant first, and any below 2^448. Stack: 12 KiB. */
void cv_ge448_mul(struct cv_ge448 *r, const uint8_t *const k[], const struct cv_ge448 *const a[], unsigned n);

/* The encoding of RFC 8032 section 5.2.2. Constant time. */
void cv_ge448_to_bytes(uint8_t out[CV_GE448_LEN], const struct cv_ge448 *a);

/* False unless `in` is the canonical encoding of a point: y below p, no sign on x = 0 (RFC 8032 section
 * 5.2.3). Variable time. */
bool cv_ge448_from_bytes(struct cv_ge448 *r, const uint8_t in[CV_GE448_LEN]);

#endif
