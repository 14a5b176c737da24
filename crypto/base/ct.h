/* Constant-time helpers: masks are all ones for true, all zeros for false.
 *
 * cv_ct_barrier hides a value from the optimiser, so that it cannot turn mask arithmetic back into a
 * branch; every mask comes out of it (on the way in would not do: of a mask that can
 * only be 0 or -1 a compiler makes two versions of the loop that uses it). */
#ifndef CV_BASE_CT_H
#define CV_BASE_CT_H

#include <stddef.h>
#include <stdint.h>

#if defined(CULVERT_CT_MSAN) /* which takes assembly for a use of v */
static inline uint32_t cv_ct_barrier32(uint32_t v)
{
    volatile uint32_t hidden = v;
    return hidden;
}
static inline uint64_t cv_ct_barrier64(uint64_t v)
{
    volatile uint64_t hidden = v;
    return hidden;
}
#else
static inline uint32_t cv_ct_barrier32(uint32_t v)
{
    __asm__("" : "+r"(v));
    return v;
}
static inline uint64_t cv_ct_barrier64(uint64_t v)
{
#if UINTPTR_MAX > 0xffffffffu
    __asm__("" : "+r"(v));
    return v;
#else
    uint32_t lo = cv_ct_barrier32((uint32_t)v), hi = cv_ct_barrier32((uint32_t)(v >> 32));
    return (uint64_t)hi << 32 | lo;
#endif
}
#endif

/* All ones if v is not zero. */
static inline uint32_t cv_ct_nonzero32(uint32_t v)
{
    return cv_ct_barrier32(0u - ((v | (0u - v)) >> 31));
}
static inline uint64_t cv_ct_nonzero64(uint64_t v)
{
    return cv_ct_barrier64(0u - ((v | (0u - v)) >> 63));
}
static inline uint32_t cv_ct_eq32(uint32_t a, uint32_t b)
{
    return ~cv_ct_nonzero32(a ^ b);
}
static inline uint64_t cv_ct_eq64(uint64_t a, uint64_t b)
{
    return ~cv_ct_nonzero64(a ^ b);
}
/* All ones if a < b. */
static inline uint32_t cv_ct_lt32(uint32_t a, uint32_t b)
{
    uint64_t d = (uint64_t)a - b;
    return cv_ct_barrier32((uint32_t)(d >> 32));
}

/* mask ? a : b */
static inline uint32_t cv_ct_select32(uint32_t mask, uint32_t a, uint32_t b)
{
    return b ^ (mask & (a ^ b));
}
static inline uint64_t cv_ct_select64(uint64_t mask, uint64_t a, uint64_t b)
{
    return b ^ (mask & (a ^ b));
}

/* All ones if the len bytes are equal; time depends on len only. */
uint32_t cv_ct_equal(const void *a, const void *b, size_t len);

/* dst = mask ? src : dst, byte by byte. */
void cv_ct_move(uint32_t mask, void *dst, const void *src, size_t len);

#endif
