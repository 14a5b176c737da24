/* Inside ML-KEM (FIPS 203): polynomials with 256 coefficients modulo q = 3329 and X^256 + 1.
 *
 * A coefficient is any number congruent to it; contracts say how far from zero it may lie. "Reduced" is at
 * most q. Constant time in all of them unless a contract says that they are public. */
#ifndef CV_MLKEM_POLY_H
#define CV_MLKEM_POLY_H

#include <stddef.h>
#include <stdint.h>

enum { CV_MLKEM_Q = 3329 };

struct cv_mlkem_poly {
    int16_t c[256];
};

/* The odd coefficients of a transformed polynomial, each times the root of its factor. */
struct cv_mlkem_odd {
    int16_t c[128];
};

/* Algorithm 9, in place: from reduced to reduced. */
void cv_mlkem_ntt(struct cv_mlkem_poly *f);

/* Algorithm 10, in place, from reduced to reduced; and times 2^16, which cv_mlkem_dot leaves to do. */
void cv_mlkem_ntt_inverse(struct cv_mlkem_poly *f);

/* Of a reduced b. */
void cv_mlkem_odd_products(struct cv_mlkem_odd *odd, const struct cv_mlkem_poly *b);

/* r = (a[0] b[0] + a[step] b[1] + … + a[(k - 1) step] b[k - 1]) / 2^16 of transformed, reduced polynomials
 * (algorithm 11), reduced; k at most 4. */
void cv_mlkem_dot(struct cv_mlkem_poly *r, const struct cv_mlkem_poly *a, size_t step,
                  const struct cv_mlkem_poly *b, const struct cv_mlkem_odd *b_odd, size_t k);

/* Reduced times 2^16, reduced. */
void cv_mlkem_to_montgomery(struct cv_mlkem_poly *f);

/* r += a, r -= a of reduced ones, reduced. */
void cv_mlkem_add(struct cv_mlkem_poly *r, const struct cv_mlkem_poly *a);
void cv_mlkem_sub(struct cv_mlkem_poly *r, const struct cv_mlkem_poly *a);

/* Algorithm 7 on rho || column || row. Public. */
void cv_mlkem_sample_uniform(struct cv_mlkem_poly *f, const uint8_t rho[32], uint8_t column, uint8_t row);

/* Algorithm 8 with eta = 2 on PRF(seed, nonce), section 4.1: from -2 to 2. */
void cv_mlkem_sample_small(struct cv_mlkem_poly *f, const uint8_t seed[32], uint8_t nonce);

/* ByteEncode12 and ByteDecode12 (algorithms 5 and 6): 384 bytes. Decoding reduces; n_large, unless NULL, is
 * how many numbers were not below q. */
void cv_mlkem_encode(uint8_t out[384], const struct cv_mlkem_poly *f);
void cv_mlkem_decode(struct cv_mlkem_poly *f, unsigned *n_large, const uint8_t in[384]);

/* ByteEncode of Compress, and Decompress of ByteDecode, with d bits a coefficient (section 4.2.1): 32 d
 * bytes. d is 1, 4, 5, 10 or 11. From reduced to reduced. */
void cv_mlkem_compress(uint8_t *out, const struct cv_mlkem_poly *f, unsigned d);
void cv_mlkem_decompress(struct cv_mlkem_poly *f, const uint8_t *in, unsigned d);

#endif
