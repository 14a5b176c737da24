/* Products with AVX-512 IFMA, whose multiply-and-add takes digits of 52 bits, eight a register, for
 * mont_ifma.c. They are "almost Montgomery": with R = 2^(52 digits) above 4n, factors below 2n give a result
 * below 2n, which is only reduced at the end. S. Gueron and V. Krasnov, "Software Implementation of Modular
 * Exponentiation, Using Advanced Vector Instructions Architectures" (2012). Constant time. */
#ifndef CV_MONT_IFMA_H
#define CV_MONT_IFMA_H

#include "crypto/mont.h"

enum {
    CV_IFMA_LANES = 8,
    CV_IFMA_DIGIT_BITS = 52,
    CV_IFMA_VECTORS_MAX = 10, /* of two numbers of 2048 bits, or of one of 4096 */
};

#define CV_IFMA_DIGIT_MASK ((UINT64_C(1) << CV_IFMA_DIGIT_BITS) - 1)

/* One number, or two side by side, in digits, eight a vector; unused lanes are zero. */
struct cv_ifma_number {
    _Alignas(64) uint64_t digit[CV_IFMA_VECTORS_MAX * CV_IFMA_LANES];
};

struct cv_ifma_moduli {
    struct cv_ifma_number n;
    uint64_t n0[2]; /* -1 / n modulo 2^52 */
};

/* r = a b / R modulo each modulus, almost. r may be a or b. */
typedef void cv_ifma_product_fn(const struct cv_ifma_moduli *m, uint64_t *r, const uint64_t *a,
                                const uint64_t *b);

/* For two moduli at once, or one, of this many bits. */
cv_ifma_product_fn cv_ifma_pair_1024, cv_ifma_pair_1536, cv_ifma_pair_2048;
cv_ifma_product_fn cv_ifma_single_2048, cv_ifma_single_3072, cv_ifma_single_4096;

/* r = entry index[0] of the first number's table and index[1] of the second's; the entries are pairs. All are
 * read. */
typedef void cv_ifma_read_fn(uint64_t *r, const uint64_t *table, size_t n_entries, const uint64_t index[2]);
cv_ifma_read_fn cv_ifma_read_1024, cv_ifma_read_1536, cv_ifma_read_2048;

#endif
