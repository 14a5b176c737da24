/* The field of integers modulo 2^255 - 19, for X25519 and Ed25519. Constant time throughout.
 *
 * Elements are kept in limbs that may exceed their nominal size; the size is counted in units of
 * it. Products, squares and unpacked elements count 1, a sum counts the sum of its terms. A difference
 * a - b counts 1 with 32-bit limbs and 4 more than a with 64-bit ones. What goes into a product may count
 * 8 (64-bit) or 3 (32-bit); what is subtracted, 3. Outputs may be inputs. */
#ifndef CV_FE25519_H
#define CV_FE25519_H

#include "crypto/base/ct.h"

#if defined(__SIZEOF_INT128__)
#define CV_FE_64 1
enum { CV_FE_LIMBS = 5 };
typedef uint64_t cv_fe_limb; /* nominally 51 bits each */
#else
#define CV_FE_64 0
enum { CV_FE_LIMBS = 10 };
typedef uint32_t cv_fe_limb; /* nominally 26 and 25 bits in turn */
#endif

struct cv_fe {
    cv_fe_limb v[CV_FE_LIMBS];
};

extern const struct cv_fe cv_fe_zero, cv_fe_one;

/* From four 64-bit words, least significant first; the top bit is ignored. Values from p on are accepted. */
void cv_fe_from_words(struct cv_fe *r, const uint64_t w[4]);
void cv_fe_from_bytes(struct cv_fe *r, const uint8_t in[32]);

/* The one canonical encoding, below p. a counts at most 8 or 3, as for a product. */
void cv_fe_to_bytes(uint8_t out[32], const struct cv_fe *a);

void cv_fe_sub(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b);
void cv_fe_neg(struct cv_fe *r, const struct cv_fe *a); /* counts 1 */
void cv_fe_mul(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b);
void cv_fe_sqr(struct cv_fe *r, const struct cv_fe *a);
void cv_fe_mul_small(struct cv_fe *r, const struct cv_fe *a, uint32_t k); /* k below 2^17 */
void cv_fe_invert(struct cv_fe *r, const struct cv_fe *a);                /* 0 gives 0 */
void cv_fe_pow_p58(struct cv_fe *r, const struct cv_fe *a); /* a^((p - 5) / 8), for square roots */

static inline void cv_fe_swap_limb(cv_fe_limb mask, cv_fe_limb *a, cv_fe_limb *b)
{
    cv_fe_limb t = mask & (*a ^ *b);
    *a ^= t;
    *b ^= t;
}

/* Written out, since gcc leaves short loops as they are. */
#if CV_FE_64
static inline void cv_fe_add(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b)
{
    r->v[0] = a->v[0] + b->v[0];
    r->v[1] = a->v[1] + b->v[1];
    r->v[2] = a->v[2] + b->v[2];
    r->v[3] = a->v[3] + b->v[3];
    r->v[4] = a->v[4] + b->v[4];
}

/* Exchanges a and b where mask is all ones. */
static inline void cv_fe_swap(cv_fe_limb mask, struct cv_fe *a, struct cv_fe *b)
{
    cv_fe_swap_limb(mask, &a->v[0], &b->v[0]);
    cv_fe_swap_limb(mask, &a->v[1], &b->v[1]);
    cv_fe_swap_limb(mask, &a->v[2], &b->v[2]);
    cv_fe_swap_limb(mask, &a->v[3], &b->v[3]);
    cv_fe_swap_limb(mask, &a->v[4], &b->v[4]);
}
#else
static inline void cv_fe_add(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b)
{
    for (int i = 0; i < CV_FE_LIMBS; i++) r->v[i] = a->v[i] + b->v[i];
}

static inline void cv_fe_swap(cv_fe_limb mask, struct cv_fe *a, struct cv_fe *b)
{
    for (int i = 0; i < CV_FE_LIMBS; i++) cv_fe_swap_limb(mask, &a->v[i], &b->v[i]);
}
#endif

/* All ones if bit is 1, zeros if it is 0. */
static inline cv_fe_limb cv_fe_mask(uint32_t bit)
{
#if CV_FE_64
    return 0u - cv_ct_barrier64(bit);
#else
    return 0u - cv_ct_barrier32(bit);
#endif
}

#endif
