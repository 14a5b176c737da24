/* The field operations of fe25519.h once more, to be inlined where a call and the memory between two of them
 * cost a tenth of the time; with limbs of 32 bits, they are the calls. */
#ifndef CV_FE25519_INLINE_H
#define CV_FE25519_INLINE_H

#include "crypto/fe25519.h"

#define CV_FE_INLINE static inline __attribute__((always_inline))

#if CV_FE_64

__extension__ typedef unsigned __int128 cv_fe_wide;

#define CV_FE_LIMB_MASK ((UINT64_C(1) << 51) - 1)

CV_FE_INLINE void cv_fe_sub_inline(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b)
{
    /* 4p keeps every limb positive */
    const uint64_t low = (UINT64_C(1) << 53) - 76, other = (UINT64_C(1) << 53) - 4;
    r->v[0] = a->v[0] + low - b->v[0];
    r->v[1] = a->v[1] + other - b->v[1];
    r->v[2] = a->v[2] + other - b->v[2];
    r->v[3] = a->v[3] + other - b->v[3];
    r->v[4] = a->v[4] + other - b->v[4];
}

/* r = c with carries; c[i] below 2^115, c[4] below 2^111. */
CV_FE_INLINE void cv_fe_reduce_inline(struct cv_fe *r, cv_fe_wide c0, cv_fe_wide c1, cv_fe_wide c2,
                                      cv_fe_wide c3, cv_fe_wide c4)
{
    c1 += (uint64_t)(c0 >> 51);
    c2 += (uint64_t)(c1 >> 51);
    c3 += (uint64_t)(c2 >> 51);
    c4 += (uint64_t)(c3 >> 51);
    uint64_t v0 = ((uint64_t)c0 & CV_FE_LIMB_MASK) + 19 * (uint64_t)(c4 >> 51);
    r->v[0] = v0 & CV_FE_LIMB_MASK;
    r->v[1] = ((uint64_t)c1 & CV_FE_LIMB_MASK) + (v0 >> 51);
    r->v[2] = (uint64_t)c2 & CV_FE_LIMB_MASK;
    r->v[3] = (uint64_t)c3 & CV_FE_LIMB_MASK;
    r->v[4] = (uint64_t)c4 & CV_FE_LIMB_MASK;
}

CV_FE_INLINE void cv_fe_mul_inline(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b)
{
    uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    uint64_t b0 = b->v[0], b1 = b->v[1], b2 = b->v[2], b3 = b->v[3], b4 = b->v[4];
    uint64_t b1_19 = 19 * b1, b2_19 = 19 * b2, b3_19 = 19 * b3, b4_19 = 19 * b4;
    cv_fe_wide c0 = (cv_fe_wide)a0 * b0 + (cv_fe_wide)a1 * b4_19 + (cv_fe_wide)a2 * b3_19 +
                    (cv_fe_wide)a3 * b2_19 + (cv_fe_wide)a4 * b1_19;
    cv_fe_wide c1 = (cv_fe_wide)a0 * b1 + (cv_fe_wide)a1 * b0 + (cv_fe_wide)a2 * b4_19 +
                    (cv_fe_wide)a3 * b3_19 + (cv_fe_wide)a4 * b2_19;
    cv_fe_wide c2 = (cv_fe_wide)a0 * b2 + (cv_fe_wide)a1 * b1 + (cv_fe_wide)a2 * b0 + (cv_fe_wide)a3 * b4_19 +
                    (cv_fe_wide)a4 * b3_19;
    cv_fe_wide c3 = (cv_fe_wide)a0 * b3 + (cv_fe_wide)a1 * b2 + (cv_fe_wide)a2 * b1 + (cv_fe_wide)a3 * b0 +
                    (cv_fe_wide)a4 * b4_19;
    cv_fe_wide c4 = (cv_fe_wide)a0 * b4 + (cv_fe_wide)a1 * b3 + (cv_fe_wide)a2 * b2 + (cv_fe_wide)a3 * b1 +
                    (cv_fe_wide)a4 * b0;
    cv_fe_reduce_inline(r, c0, c1, c2, c3, c4);
}

CV_FE_INLINE void cv_fe_sqr_inline(struct cv_fe *r, const struct cv_fe *a)
{
    uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    uint64_t a0_2 = 2 * a0, a1_2 = 2 * a1, a3_19 = 19 * a3, a4_19 = 19 * a4, a4_38 = 2 * a4_19;
    cv_fe_wide c0 = (cv_fe_wide)a0 * a0 + (cv_fe_wide)a1 * a4_38 + (cv_fe_wide)(2 * a2) * a3_19;
    cv_fe_wide c1 = (cv_fe_wide)a0_2 * a1 + (cv_fe_wide)a2 * a4_38 + (cv_fe_wide)a3 * a3_19;
    cv_fe_wide c2 = (cv_fe_wide)a0_2 * a2 + (cv_fe_wide)a1 * a1 + (cv_fe_wide)a3 * a4_38;
    cv_fe_wide c3 = (cv_fe_wide)a0_2 * a3 + (cv_fe_wide)a1_2 * a2 + (cv_fe_wide)a4 * a4_19;
    cv_fe_wide c4 = (cv_fe_wide)a0_2 * a4 + (cv_fe_wide)a1_2 * a3 + (cv_fe_wide)a2 * a2;
    cv_fe_reduce_inline(r, c0, c1, c2, c3, c4);
}

CV_FE_INLINE void cv_fe_mul_small_inline(struct cv_fe *r, const struct cv_fe *a, uint32_t k)
{
    cv_fe_reduce_inline(r, (cv_fe_wide)a->v[0] * k, (cv_fe_wide)a->v[1] * k, (cv_fe_wide)a->v[2] * k,
                        (cv_fe_wide)a->v[3] * k, (cv_fe_wide)a->v[4] * k);
}

#else

CV_FE_INLINE void cv_fe_sub_inline(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b)
{
    cv_fe_sub(r, a, b);
}

CV_FE_INLINE void cv_fe_mul_inline(struct cv_fe *r, const struct cv_fe *a, const struct cv_fe *b)
{
    cv_fe_mul(r, a, b);
}

CV_FE_INLINE void cv_fe_sqr_inline(struct cv_fe *r, const struct cv_fe *a)
{
    cv_fe_sqr(r, a);
}

CV_FE_INLINE void cv_fe_mul_small_inline(struct cv_fe *r, const struct cv_fe *a, uint32_t k)
{
    cv_fe_mul_small(r, a, k);
}

#endif

#endif
