/* Powers with AVX-512 IFMA. */
#include "crypto/mont_ifma.h"

#if defined(__x86_64__)

/* Entries of single numbers are read as if they were pairs. R is above 4n: two bits more than the limbs have,
 * at least. */
#define SHAPE(bits_, n_numbers_, n_vectors, n_digits_, name, entry_vectors, read_)                           \
    {                                                                                                        \
        .bits = (bits_), .n_numbers = (n_numbers_), .digit_bits = CV_IFMA_DIGIT_BITS,                        \
        .n_digits = (n_digits_), .stride = (n_vectors)*CV_IFMA_LANES, .multiply = cv_ifma_##name,            \
        .entry_len = (entry_vectors)*CV_IFMA_LANES, .read = cv_ifma_read_##read_,                            \
    }
static const struct cv_digits_shape shapes[] = {
    SHAPE(1024, 2, 3, 20, pair_1024, 6, 1024),   SHAPE(1536, 2, 4, 30, pair_1536, 8, 1536),
    SHAPE(2048, 2, 5, 40, pair_2048, 10, 2048),  SHAPE(2048, 1, 5, 40, single_2048, 6, 1024),
    SHAPE(3072, 1, 8, 60, single_3072, 8, 1536), SHAPE(4096, 1, 10, 79, single_4096, 10, 2048),
};

const struct cv_mont_powers cv_mont_ifma = CV_DIGITS_POWERS(shapes);

#endif
