/* Long multiplication of secrets. Where the processor's own takes as long as its operands are large (UMULL
 * and its kin on Cortex-M3: Arm, Cortex-M3 Technical Reference Manual, 18.2) it is put together from four of
 * 16 bits, which MUL does in one cycle; CULVERT_MUL16 asks for that elsewhere, to test it. */
#ifndef CV_BASE_MUL_H
#define CV_BASE_MUL_H

#include <stdint.h>

#if defined(__ARM_ARCH_7M__) && !defined(CULVERT_MUL16)
#define CULVERT_MUL16 1
#endif

static inline uint64_t cv_mul_u32(uint32_t a, uint32_t b)
{
#if defined(CULVERT_MUL16)
    const uint32_t a0 = a & 0xffff, a1 = a >> 16, b0 = b & 0xffff, b1 = b >> 16;
    const uint32_t low = a0 * b0, across = a0 * b1;
    const uint32_t mid = (low >> 16) + (across & 0xffff) + a1 * b0; /* 2^32 - 1 at most */
    const uint32_t high = a1 * b1 + (across >> 16) + (mid >> 16);
    return (uint64_t)high << 32 | mid << 16 | (low & 0xffff);
#else
    return (uint64_t)a * b;
#endif
}

static inline int64_t cv_mul_s32(int32_t a, int32_t b)
{
#if defined(CULVERT_MUL16)
    const uint32_t ua = (uint32_t)a, ub = (uint32_t)b;
    const uint32_t excess = (ub & (uint32_t)(a >> 31)) + (ua & (uint32_t)(b >> 31));
    return (int64_t)(cv_mul_u32(ua, ub) - ((uint64_t)excess << 32));
#else
    return (int64_t)a * b;
#endif
}

/* The lower half of the product. */
static inline uint64_t cv_mul_low64(uint64_t a, uint64_t b)
{
#if defined(CULVERT_MUL16)
    const uint32_t a0 = (uint32_t)a, a1 = (uint32_t)(a >> 32), b0 = (uint32_t)b, b1 = (uint32_t)(b >> 32);
    return cv_mul_u32(a0, b0) + ((uint64_t)(a0 * b1 + a1 * b0) << 32);
#else
    return a * b;
#endif
}

#endif
