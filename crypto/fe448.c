#include "crypto/fe448.h"

#include "crypto/base/mul.h"
#include "crypto/base/secret.h"

#if defined(__SIZEOF_INT128__)
__extension__ typedef unsigned __int128 wide;
#else
typedef uint64_t wide;
#endif

typedef cv_fe448_limb limb;

static inline wide times(limb a, limb b)
{
#if defined(__SIZEOF_INT128__)
    return (wide)a * b;
#else
    return cv_mul_u32(a, b);
#endif
}

enum { N = CV_FE448_LIMBS, HALF = N / 2, BITS = CV_FE448_LIMB_BITS };

#define MASK (((limb)1 << BITS) - 1)

/* With f = 2^224 an element is low + high f, and f^2 = f + 1. Loops over the limbs of a half are written out
 * by the compiler where there are four; clang does so unasked. */
#if defined(__SIZEOF_INT128__) && !defined(__clang__)
#define UNROLL _Pragma("GCC unroll 8")
#else
#define UNROLL
#endif
#define INLINE static inline __attribute__((always_inline))

const struct cv_fe448 cv_fe448_zero = {{0}};
const struct cv_fe448 cv_fe448_one = {{1}};

static limb limb_mask(uint32_t mask)
{
#if defined(__SIZEOF_INT128__)
    return (uint64_t)mask << 32 | mask;
#else
    return mask;
#endif
}

/* r = c with carries: each half's chain by itself, then what came out of them. c[i] may have all the bits of
 * the type but one. */
INLINE void reduce(struct cv_fe448 *r, wide c[N])
{
    UNROLL for (int i = 0; i < HALF - 1; i++)
    {
        c[i + 1] += c[i] >> BITS;
        c[i + HALF + 1] += c[i + HALF] >> BITS;
    }
    const wide out_low = c[HALF - 1] >> BITS, out_high = c[N - 1] >> BITS;
    UNROLL for (int i = 0; i < N; i++) r->v[i] = (limb)c[i] & MASK;
    const wide v0 = r->v[0] + out_high, v1 = r->v[HALF] + out_low + out_high;
    r->v[0] = (limb)v0 & MASK;
    r->v[1] += (limb)(v0 >> BITS);
    r->v[HALF] = (limb)v1 & MASK;
    r->v[HALF + 1] += (limb)(v1 >> BITS);
}

/* Column k of the product of two halves. */
INLINE wide column(const limb *a, const limb *b, int k)
{
    wide sum = 0;
    UNROLL for (int i = 0; i < HALF; i++)
    {
        if (i <= k && k - i < HALF) sum += times(a[i], b[k - i]);
    }
    return sum;
}

INLINE wide column_sqr(const limb *a, int k)
{
    wide sum = 0;
    UNROLL for (int i = 0; i < HALF; i++)
    {
        if (i < k - i && k - i < HALF) sum += times(2 * a[i], a[k - i]);
    }
    return k % 2 == 0 ? sum + times(a[k / 2], a[k / 2]) : sum;
}

/* Column k of a b and that HALF above it, of the products of the low halves, of the high ones, and of the
 * sums of both (A. Karatsuba): a b = low + high + f (sums - low), and what stands HALF above is f times as
 * much. */
INLINE void put_columns(wide c[N], int k, const wide low[2], const wide high[2], const wide sums[2])
{
    c[k] = low[0] + high[0] + sums[1] - low[1];
    c[k + HALF] = sums[0] - low[0] + high[1] + sums[1];
}

void cv_fe448_mul(struct cv_fe448 *r, const struct cv_fe448 *a, const struct cv_fe448 *b)
{
    limb sum_a[HALF], sum_b[HALF];
    wide c[N];
    UNROLL for (int i = 0; i < HALF; i++)
    {
        sum_a[i] = a->v[i] + a->v[i + HALF];
        sum_b[i] = b->v[i] + b->v[i + HALF];
    }
    UNROLL for (int k = 0; k < HALF; k++)
    {
        const wide low[2] = {column(a->v, b->v, k), column(a->v, b->v, k + HALF)};
        const wide high[2] = {column(a->v + HALF, b->v + HALF, k),
                              column(a->v + HALF, b->v + HALF, k + HALF)};
        const wide sums[2] = {column(sum_a, sum_b, k), column(sum_a, sum_b, k + HALF)};
        put_columns(c, k, low, high, sums);
    }
    reduce(r, c);
}

void cv_fe448_sqr(struct cv_fe448 *r, const struct cv_fe448 *a)
{
    limb sum[HALF];
    wide c[N];
    UNROLL for (int i = 0; i < HALF; i++) sum[i] = a->v[i] + a->v[i + HALF];
    UNROLL for (int k = 0; k < HALF; k++)
    {
        const wide low[2] = {column_sqr(a->v, k), column_sqr(a->v, k + HALF)};
        const wide high[2] = {column_sqr(a->v + HALF, k), column_sqr(a->v + HALF, k + HALF)};
        const wide sums[2] = {column_sqr(sum, k), column_sqr(sum, k + HALF)};
        put_columns(c, k, low, high, sums);
    }
    reduce(r, c);
}

void cv_fe448_mul_small(struct cv_fe448 *r, const struct cv_fe448 *a, uint32_t k)
{
    wide c[N];
    for (int i = 0; i < N; i++) c[i] = times(a->v[i], k);
    reduce(r, c);
}

void cv_fe448_add(struct cv_fe448 *r, const struct cv_fe448 *a, const struct cv_fe448 *b)
{
    for (int i = 0; i < N; i++) r->v[i] = a->v[i] + b->v[i];
}

/* One pass of carries, each limb's to the next. */
static void carry(struct cv_fe448 *r)
{
    const limb top = r->v[N - 1] >> BITS;
    for (int i = N - 1; i > 0; i--) r->v[i] = (r->v[i] & MASK) + (r->v[i - 1] >> BITS);
    r->v[0] = (r->v[0] & MASK) + top;
    r->v[HALF] += top;
}

void cv_fe448_sub(struct cv_fe448 *r, const struct cv_fe448 *a, const struct cv_fe448 *b)
{
    /* 4p keeps every limb positive; p's limbs are all ones but for the lowest bit of the high half */
    for (int i = 0; i < N; i++) r->v[i] = a->v[i] + 4 * (MASK - (i == HALF)) - b->v[i];
    carry(r);
}

void cv_fe448_swap(uint32_t bit, struct cv_fe448 *a, struct cv_fe448 *b)
{
    const limb mask = limb_mask(cv_ct_nonzero32(bit));
    for (int i = 0; i < N; i++) {
        limb t = mask & (a->v[i] ^ b->v[i]);
        a->v[i] ^= t;
        b->v[i] ^= t;
    }
}

void cv_fe448_move(uint32_t mask, struct cv_fe448 *r, const struct cv_fe448 *a)
{
    const limb wide_mask = limb_mask(mask);
    for (int i = 0; i < N; i++) r->v[i] ^= wide_mask & (r->v[i] ^ a->v[i]);
}

/* Seven bytes are 56 bits: a limb, or two. */
void cv_fe448_from_bytes(struct cv_fe448 *r, const uint8_t in[CV_FE448_LEN])
{
    for (int i = 0; i < 8; i++) {
        uint64_t v = 0;
        for (int j = 6; j >= 0; j--) v = v << 8 | in[7 * i + j];
        for (int j = 0; j < N / 8; j++) r->v[N / 8 * i + j] = (limb)(v >> BITS * j) & MASK;
    }
}

void cv_fe448_to_bytes(uint8_t out[CV_FE448_LEN], const struct cv_fe448 *a)
{
    struct cv_fe448 t = *a;
    carry(&t);
    carry(&t);
    carry(&t);
    /* the value is now below 2p; adding 2^224 + 1 carries out of bit 448 exactly if it is p or more */
    limb q = 1;
    for (int i = 0; i < N; i++) q = (t.v[i] + q + (i == HALF)) >> BITS;
    limb c = q;
    for (int i = 0; i < N; i++) {
        limb v = t.v[i] + c + (i == HALF ? q : 0);
        t.v[i] = v & MASK;
        c = v >> BITS;
    }
    for (int i = 0; i < 8; i++) {
        uint64_t v = 0;
        for (int j = 0; j < N / 8; j++) v |= (uint64_t)t.v[N / 8 * i + j] << BITS * j;
        for (int j = 0; j < 7; j++) out[7 * i + j] = (uint8_t)(v >> 8 * j);
    }
    cv_wipe(&t, sizeof t);
}

static void sqr_n(struct cv_fe448 *r, const struct cv_fe448 *a, int n)
{
    cv_fe448_sqr(r, a);
    for (int i = 1; i < n; i++) cv_fe448_sqr(r, r);
}

/* In the comments, ones(n) is a^(2^n - 1). (p - 3) / 4 = (2^223 - 1) 2^223 + 2^222 - 1. */
void cv_fe448_pow_p34(struct cv_fe448 *r, const struct cv_fe448 *a)
{
    struct cv_fe448 x, t, ones3, ones18, ones37;
    cv_fe448_sqr(&t, a);
    cv_fe448_mul(&t, &t, a); /* ones(2) */
    cv_fe448_sqr(&t, &t);
    cv_fe448_mul(&ones3, &t, a);
    sqr_n(&t, &ones3, 3);
    cv_fe448_mul(&t, &t, &ones3); /* ones(6) */
    sqr_n(&t, &t, 3);
    cv_fe448_mul(&x, &t, &ones3); /* ones(9) */
    sqr_n(&t, &x, 9);
    cv_fe448_mul(&ones18, &t, &x);
    cv_fe448_sqr(&t, &ones18);
    cv_fe448_mul(&t, &t, a); /* ones(19) */
    sqr_n(&t, &t, 18);
    cv_fe448_mul(&ones37, &t, &ones18);
    sqr_n(&t, &ones37, 37);
    cv_fe448_mul(&t, &t, &ones37); /* ones(74) */
    sqr_n(&t, &t, 37);
    cv_fe448_mul(&x, &t, &ones37); /* ones(111) */
    sqr_n(&t, &x, 111);
    cv_fe448_mul(&x, &t, &x); /* ones(222) */
    cv_fe448_sqr(&t, &x);
    cv_fe448_mul(&t, &t, a); /* ones(223) */
    sqr_n(&t, &t, 223);
    cv_fe448_mul(r, &t, &x);
    struct cv_fe448 *const used[] = {&x, &t, &ones3, &ones18, &ones37};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) cv_wipe(used[i], sizeof *used[i]);
}

void cv_fe448_invert(struct cv_fe448 *r, const struct cv_fe448 *a)
{
    struct cv_fe448 t; /* p - 2 = 4 (p - 3) / 4 + 1 */
    cv_fe448_pow_p34(&t, a);
    sqr_n(&t, &t, 2);
    cv_fe448_mul(r, &t, a);
    cv_wipe(&t, sizeof t);
}
