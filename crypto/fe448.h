/* The field of integers modulo p = 2^448 - 2^224 - 1, for X448 and Ed448. Constant time throughout.
 *
 * Elements are kept in limbs that may exceed their nominal size; the size is counted in units of it.
 * Products, squares, differences and unpacked elements count 1, a sum counts the sum of its terms. What goes
 * into a product or is subtracted may count 2. Outputs may be inputs. */
#ifndef CV_FE448_H
#define CV_FE448_H

#include "crypto/base/ct.h"

enum { CV_FE448_LEN = 56 };

#if defined(__SIZEOF_INT128__)
enum { CV_FE448_LIMBS = 8, CV_FE448_LIMB_BITS = 56 };
typedef uint64_t cv_fe448_limb;
#else
enum { CV_FE448_LIMBS = 16, CV_FE448_LIMB_BITS = 28 };
typedef uint32_t cv_fe448_limb;
#endif

struct cv_fe448 {
    cv_fe448_limb v[CV_FE448_LIMBS];
};

extern const struct cv_fe448 cv_fe448_zero, cv_fe448_one;

/* Values from p on are accepted. */
void cv_fe448_from_bytes(struct cv_fe448 *r, const uint8_t in[CV_FE448_LEN]);
/* The one canonical encoding, below p. */
void cv_fe448_to_bytes(uint8_t out[CV_FE448_LEN], const struct cv_fe448 *a);

void cv_fe448_add(struct cv_fe448 *r, const struct cv_fe448 *a, const struct cv_fe448 *b);
void cv_fe448_sub(struct cv_fe448 *r, const struct cv_fe448 *a, const struct cv_fe448 *b);
void cv_fe448_mul(struct cv_fe448 *r, const struct cv_fe448 *a, const struct cv_fe448 *b);
void cv_fe448_sqr(struct cv_fe448 *r, const struct cv_fe448 *a);
void cv_fe448_mul_small(struct cv_fe448 *r, const struct cv_fe448 *a, uint32_t k); /* k below 2^17 */
void cv_fe448_invert(struct cv_fe448 *r, const struct cv_fe448 *a);                /* 0 gives 0 */
void cv_fe448_pow_p34(struct cv_fe448 *r, const struct cv_fe448 *a); /* a^((p - 3) / 4), for square roots */

/* Exchanges a and b if bit is 1, not if it is 0. */
void cv_fe448_swap(uint32_t bit, struct cv_fe448 *a, struct cv_fe448 *b);

/* r = mask ? a : r; mask as from crypto/base/ct.h. */
void cv_fe448_move(uint32_t mask, struct cv_fe448 *r, const struct cv_fe448 *a);

#endif
