/* Numbers of a fixed count of bits one behind another, least significant bit first: BitsToBytes and
 * ByteEncode of FIPS 203 section 4.2.1, IntegerToBits and BitPack of FIPS 204 section 7.1. Time depends on
 * the counts only. */
#ifndef CV_BITPACK_H
#define CV_BITPACK_H

#include <stdint.h>

/* Zero but for p before the first number. Writing whole groups of 8 numbers leaves no bits behind. */
struct cv_bit_writer {
    uint8_t *p;
    uint32_t bits;
    unsigned n_bits;
};

struct cv_bit_reader {
    const uint8_t *p;
    uint32_t bits;
    unsigned n_bits;
};

/* v below 2^n_bits, n_bits at most 24. */
static inline void cv_bits_put(struct cv_bit_writer *w, uint32_t v, unsigned n_bits)
{
    w->bits |= v << w->n_bits;
    for (w->n_bits += n_bits; w->n_bits >= 8; w->n_bits -= 8) {
        *w->p++ = (uint8_t)w->bits;
        w->bits >>= 8;
    }
}

static inline uint32_t cv_bits_get(struct cv_bit_reader *r, unsigned n_bits)
{
    for (; r->n_bits < n_bits; r->n_bits += 8) r->bits |= (uint32_t)*r->p++ << r->n_bits;
    uint32_t v = r->bits & ((1u << n_bits) - 1);
    r->bits >>= n_bits;
    r->n_bits -= n_bits;
    return v;
}

#endif
