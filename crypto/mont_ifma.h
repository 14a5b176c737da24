/* Products with AVX-512 IFMA, whose multiply-and-add takes digits of 52 bits, eight a register. Constant
 * time. */
#ifndef CV_MONT_IFMA_H
#define CV_MONT_IFMA_H

#include "crypto/mont_digits.h"

enum {
    CV_IFMA_LANES = 8,
    CV_IFMA_DIGIT_BITS = 52,
    CV_IFMA_VECTORS_MAX = 10, /* of two numbers of 2048 bits, or of one of 4096 */
};

#define CV_IFMA_DIGIT_MASK ((UINT64_C(1) << CV_IFMA_DIGIT_BITS) - 1)

/* For two moduli at once, or one, of this many bits. Unused lanes are zero. */
cv_digits_product_fn cv_ifma_pair_1024, cv_ifma_pair_1536, cv_ifma_pair_2048;
cv_digits_product_fn cv_ifma_single_2048, cv_ifma_single_3072, cv_ifma_single_4096;

/* Entries are pairs. */
typedef void cv_ifma_read_fn(const struct cv_digits_moduli *m, uint64_t *r, const uint64_t *table,
                             size_t n_entries, const uint64_t index[2]);
cv_ifma_read_fn cv_ifma_read_1024, cv_ifma_read_1536, cv_ifma_read_2048;

#endif
