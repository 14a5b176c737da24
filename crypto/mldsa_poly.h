/* Inside ML-DSA (FIPS 204): polynomials with 256 coefficients modulo q = 8380417 and X^256 + 1.
 *
 * A coefficient is any number congruent to it; contracts say how far from zero it may lie. "Reduced" is less
 * than q, "canonical" 0 … q - 1. Constant time in all of them unless a contract says that they are public. */
#ifndef CV_MLDSA_POLY_H
#define CV_MLDSA_POLY_H

#include "crypto/base/ct.h"

enum { CV_MLDSA_N = 256, CV_MLDSA_Q = 8380417, CV_MLDSA_D = 13 };

struct cv_mldsa_poly {
    int32_t c[CV_MLDSA_N];
};

/* Sums of products, not yet reduced. */
struct cv_mldsa_sum {
    int64_t c[CV_MLDSA_N];
};

/* Rounding by 2 gamma2, and how the quotient is had without a division: (v >> shift) * factor >> scale. */
struct cv_mldsa_rounding {
    int32_t gamma2;
    uint8_t n_high; /* (q - 1) / (2 gamma2): high parts are 0 … n_high - 1 */
    uint8_t high_bits;
    uint8_t shift, scale;
    uint16_t factor;
};

extern const struct cv_mldsa_rounding cv_mldsa_rounding_88,
    cv_mldsa_rounding_32; /* gamma2 = (q - 1) / 88, / 32 */

/* Algorithm 41, in place: from reduced to below 9 q. */
void cv_mldsa_ntt(struct cv_mldsa_poly *f);

/* Algorithm 42, in place, from reduced to reduced; and times 2^32, which cv_mldsa_reduce_sum leaves to do. */
void cv_mldsa_ntt_inverse(struct cv_mldsa_poly *f);

/* sum += a b of transformed polynomials, seven times at most between clearing and reducing. */
void cv_mldsa_mul_add(struct cv_mldsa_sum *sum, const struct cv_mldsa_poly *a, const struct cv_mldsa_poly *b);
/* sum / 2^32, reduced. */
void cv_mldsa_reduce_sum(struct cv_mldsa_poly *r, const struct cv_mldsa_sum *sum);
/* a b / 2^32, reduced. */
void cv_mldsa_mul(struct cv_mldsa_poly *r, const struct cv_mldsa_poly *a, const struct cv_mldsa_poly *b);

/* r = a + b, r = a - b, from reduced to canonical. r may be a or b. */
void cv_mldsa_add(struct cv_mldsa_poly *r, const struct cv_mldsa_poly *a, const struct cv_mldsa_poly *b);
void cv_mldsa_sub(struct cv_mldsa_poly *r, const struct cv_mldsa_poly *a, const struct cv_mldsa_poly *b);

/* In place, from reduced to at most 2^22 from zero; to canonical. */
void cv_mldsa_center(struct cv_mldsa_poly *f);
void cv_mldsa_canonical(struct cv_mldsa_poly *f);

/* 1 if any coefficient of a centered polynomial is at least bound from zero, else 0. */
uint32_t cv_mldsa_exceeds(const struct cv_mldsa_poly *f, int32_t bound);

/* Algorithm 30 on rho || column || row. Public. */
void cv_mldsa_sample_uniform(struct cv_mldsa_poly *f, const uint8_t rho[32], uint8_t column, uint8_t row);

/* Algorithm 31 on seed || nonce: from -eta to eta, eta 2 or 4. Which candidates were refused becomes public.
 */
void cv_mldsa_sample_small(struct cv_mldsa_poly *f, unsigned eta, const uint8_t seed[64], uint16_t nonce);

/* ExpandMask (algorithm 34) for one polynomial: from -gamma1 + 1 to gamma1 = 2^gamma1_bits. */
void cv_mldsa_sample_mask(struct cv_mldsa_poly *f, unsigned gamma1_bits, const uint8_t seed[64],
                          uint16_t nonce);

/* Algorithm 29: tau coefficients are 1 or -1. Public. */
void cv_mldsa_sample_in_ball(struct cv_mldsa_poly *f, unsigned tau, const uint8_t *seed, size_t seed_len);

/* Power2Round (algorithm 35) of canonical ones; high may be t. */
void cv_mldsa_power2round(struct cv_mldsa_poly *high, struct cv_mldsa_poly *low,
                          const struct cv_mldsa_poly *t);

/* Decompose (algorithm 36) of a canonical number. */
static inline void cv_mldsa_decompose(const struct cv_mldsa_rounding *g, int32_t *high, int32_t *low,
                                      int32_t v)
{
    /* the nearest multiple, ties going down; multiples of 2 gamma2 = odd << shift lose nothing by the shift
     */
    uint32_t n = (uint32_t)(v + g->gamma2 - 1);
    int32_t quotient = (int32_t)((n >> g->shift) * g->factor >> g->scale);
    int32_t r = v - quotient * 2 * g->gamma2;
    /* what is rounded to q - 1 has quotient n_high, and counts from q: 1 then, else 0 */
    int32_t wraps = (int32_t)cv_ct_barrier32((uint32_t)(quotient + 256 - g->n_high) >> 8);
    *high = quotient - wraps * g->n_high;
    *low = r - wraps;
}

/* HighBits and LowBits (algorithms 37 and 38) of canonical ones; r may be f. */
void cv_mldsa_high(struct cv_mldsa_poly *r, const struct cv_mldsa_poly *f, const struct cv_mldsa_rounding *g);
void cv_mldsa_low(struct cv_mldsa_poly *r, const struct cv_mldsa_poly *f, const struct cv_mldsa_rounding *g);

/* Puts 1 where the high parts of f and f + z differ, else 0 (algorithm 39); how many ones. f canonical, z
 * reduced. */
uint32_t cv_mldsa_make_hints(struct cv_mldsa_poly *f, const struct cv_mldsa_poly *z,
                             const struct cv_mldsa_rounding *g);

/* In place the high parts of canonical ones as the hints correct them (algorithm 40). Public. */
void cv_mldsa_use_hints(struct cv_mldsa_poly *f, const uint8_t hints[CV_MLDSA_N],
                        const struct cv_mldsa_rounding *g);

/* SimpleBitPack and BitPack (algorithms 16 to 19), n_bits a coefficient, 32 n_bits bytes: the coefficients
 * themselves; what they lack of 2^(n_bits - 1). */
void cv_mldsa_pack(uint8_t *out, const struct cv_mldsa_poly *f, unsigned n_bits);
void cv_mldsa_unpack(struct cv_mldsa_poly *f, const uint8_t *in, unsigned n_bits);
void cv_mldsa_pack_signed(uint8_t *out, const struct cv_mldsa_poly *f, unsigned n_bits);
void cv_mldsa_unpack_signed(struct cv_mldsa_poly *f, const uint8_t *in, unsigned n_bits);

#endif
