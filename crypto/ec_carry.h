/* Addition and subtraction of limbs with a carry. The carry is 0 or 1, and is handed from call to call. */
#ifndef CV_EC_CARRY_H
#define CV_EC_CARRY_H

#include "crypto/ec.h"

typedef unsigned char cv_gf_carry;

#if defined(__x86_64__) && CV_GF_LIMB_BITS == 64
#include <immintrin.h>

static inline cv_gf_limb cv_gf_add_carry(cv_gf_limb a, cv_gf_limb b, cv_gf_carry *carry)
{
    unsigned long long sum;
    *carry = _addcarry_u64(*carry, a, b, &sum);
    return sum;
}

static inline cv_gf_limb cv_gf_sub_borrow(cv_gf_limb a, cv_gf_limb b, cv_gf_carry *borrow)
{
    unsigned long long difference;
    *borrow = _subborrow_u64(*borrow, a, b, &difference);
    return difference;
}

#else

static inline cv_gf_limb cv_gf_add_carry(cv_gf_limb a, cv_gf_limb b, cv_gf_carry *carry)
{
    cv_gf_wide sum = (cv_gf_wide)a + b + *carry;
    *carry = (cv_gf_carry)(sum >> CV_GF_LIMB_BITS);
    return (cv_gf_limb)sum;
}

static inline cv_gf_limb cv_gf_sub_borrow(cv_gf_limb a, cv_gf_limb b, cv_gf_carry *borrow)
{
    cv_gf_wide difference = (cv_gf_wide)a - b - *borrow;
    *borrow = (cv_gf_carry)(difference >> CV_GF_LIMB_BITS & 1);
    return (cv_gf_limb)difference;
}

#endif

/* All ones for 1, zeros for 0. */
static inline cv_gf_limb cv_gf_carry_mask(cv_gf_carry carry)
{
    return (cv_gf_limb)cv_ct_barrier64(0 - (uint64_t)carry);
}

#endif
