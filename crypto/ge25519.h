/* Points of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032 section 5.1). */
#ifndef CV_GE25519_H
#define CV_GE25519_H

#include "crypto/fe25519.h"

#include <stdbool.h>

/* Extended coordinates: the point (x / z, y / z), with t z = x y. */
struct cv_ge {
    struct cv_fe x, y, z, t;
};

/* r = k B for the base point B; k below L (sc25519.h). Constant time. */
void cv_ge_base_mul(struct cv_ge *r, const uint8_t k[32]);

/* r = s B + k a; s and k below L. Variable time: for verification. */
void cv_ge_double_mul_public(struct cv_ge *r, const uint8_t s[32], const uint8_t k[32],
                             const struct cv_ge *a);

void cv_ge_neg(struct cv_ge *r, const struct cv_ge *a);

/* The encoding of RFC 8032 section 5.1.2. Constant time. */
void cv_ge_to_bytes(uint8_t out[32], const struct cv_ge *a);

/* False unless `in` is the canonical encoding of a point: y below p, no sign on x = 0 (RFC 8032 section
 * 5.1.3). Variable time. */
bool cv_ge_from_bytes(struct cv_ge *r, const uint8_t in[32]);

/* Constants, as words for cv_fe_from_words; test/gen_ed25519.py computes them and describes the comb. */
enum { CV_COMBS = 3, CV_COMB_TEETH = 5, CV_COMB_SPACING = 17, CV_COMB_ENTRIES = 16 };

extern const uint64_t cv_ed25519_d[4], cv_ed25519_2d[4], cv_ed25519_sqrt_m1[4];
extern const uint64_t cv_ed25519_comb[CV_COMBS][CV_COMB_ENTRIES][12]; /* y + x, y - x, 2 d x y */

#endif
