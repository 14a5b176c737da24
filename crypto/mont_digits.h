/* Powers with numbers in digits shorter than a limb, for the vector units of processors. What is
 * common to them is here: how numbers come from limbs and go back, windows, tables. Each brings its products,
 * which are "almost Montgomery": with R = 2^(bits of a digit * digits), two bits longer than the modulus at
 * least, they keep numbers in a range a little wider than the modulus, and only the last result is reduced.
 * S. Gueron and V. Krasnov, "Software Implementation of Modular Exponentiation, Using Advanced Vector
 * Instructions Architectures" (2012). Constant time but for what mont.h says. */
#ifndef CV_MONT_DIGITS_H
#define CV_MONT_DIGITS_H

#include "crypto/mont.h"

enum {
    CV_DIGITS_NUMBER_MAX = 160, /* words of a number, or of two side by side */
    CV_DIGITS_ENTRY_MAX = 80,   /* words of a table's entry */
    CV_DIGITS_MODULI_MAX = 608,
    CV_DIGITS_SCRATCH_MAX = 480,
};

/* Digits, a word each, the least significant first, as they lie in vectors; how many words before, between
 * and behind them is the shape's. */
struct cv_digits_number {
    _Alignas(64) uint64_t word[CV_DIGITS_NUMBER_MAX];
};

/* A number where it is only a second factor: as it is, or packed. */
struct cv_digits_entry {
    _Alignas(64) uint64_t word[CV_DIGITS_ENTRY_MAX];
};

struct cv_digits_shape;

/* The moduli, and room for the products' sums. */
struct cv_digits_moduli {
    const struct cv_digits_shape *shape;
    _Alignas(64) uint64_t n[CV_DIGITS_MODULI_MAX];
    _Alignas(64) uint64_t scratch[CV_DIGITS_SCRATCH_MAX];
    uint64_t n0[2]; /* -1 / n modulo 2^(2 digits) or 2^64 */
};

/* r = a b / R modulo each modulus, almost. r may be a, and b where entries are as numbers. */
typedef void cv_digits_product_fn(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a,
                                  const uint64_t *b);

/* An arithmetic for moduli of one width. */
struct cv_digits_shape {
    size_t bits;      /* of the limbs of each modulus */
    size_t n_numbers; /* that are computed with at a time: two, or one */
    size_t digit_bits, n_digits;
    size_t start, stride; /* words in front of the first number's digits; from there to the second's */
    cv_digits_product_fn *multiply;
    void (*square)(struct cv_digits_moduli *m, uint64_t *r, const uint64_t *a); /* NULL: by multiply */

    size_t entry_len; /* words; an entry may be longer than what it holds */
    /* r = entry index[0] of the first number's table and index[1] of the second's; all are read. */
    void (*read)(const struct cv_digits_moduli *m, uint64_t *r, const uint64_t *table, size_t n_entries,
                 const uint64_t index[2]);

    /* NULL where entries, moduli and digits are as numbers are. */
    void (*pack)(const struct cv_digits_moduli *m, uint64_t *entry, const uint64_t *number);
    void (*set_modulus)(struct cv_digits_moduli *m, const uint64_t *digits);
    void (*from_unsigned)(const struct cv_digits_moduli *m, uint64_t *number);
    /* From a number that is above -n and below 2n, for the modulus n, to one that is not negative. */
    void (*to_unsigned)(const struct cv_digits_moduli *m, uint64_t *number);
};

/* The functions of struct cv_mont_powers, by its shapes, or portably where none of them fits. */
void cv_digits_exp(const struct cv_mont_powers *by, const struct cv_mont_power *p, size_t e_limbs);
void cv_digits_exp_pair(const struct cv_mont_powers *by, const struct cv_mont_power p[2], size_t e_limbs);
void cv_digits_exp_public(const struct cv_mont_powers *by, const struct cv_mont *m, cv_limb *r,
                          const cv_limb *a, uint64_t e);
void cv_digits_exp_plain(const struct cv_mont_powers *by, const struct cv_mont *m, cv_limb *r,
                         const cv_limb *a, uint64_t e);

#define CV_DIGITS_POWERS(shapes_)                                                                            \
    {                                                                                                        \
        .exp = cv_digits_exp, .exp_pair = cv_digits_exp_pair, .exp_public = cv_digits_exp_public,            \
        .exp_plain = cv_digits_exp_plain, .shapes = (shapes_),                                               \
        .n_shapes = sizeof(shapes_) / sizeof *(shapes_),                                                     \
    }

#endif
