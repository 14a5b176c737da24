#include "crypto/base/mul.h"
#include "crypto/gcm.h"

/* Field elements are two words, hi with the first eight bytes: the bits of the polynomial in reverse, the
 * coefficient of x^0 on top (SP 800-38D section 6.3). */
struct element {
    uint64_t hi, lo;
};

/* The low half of a carry-less product, by four integer multiplications for each class of bit positions
 * modulo 4. Between two bits of a class are three zeros, which take up the carries: a position below 60
 * sums at most 15 bits, and what the one at 60 carries falls off the top. */
static uint64_t clmul_low(uint64_t a, uint64_t b)
{
    const uint64_t m = UINT64_C(0x1111111111111111);
    const uint64_t a0 = a & m, a1 = a & m << 1, a2 = a & m << 2, a3 = a & m << 3;
    const uint64_t b0 = b & m, b1 = b & m << 1, b2 = b & m << 2, b3 = b & m << 3;
    const uint64_t c0 =
        cv_mul_low64(a0, b0) ^ cv_mul_low64(a1, b3) ^ cv_mul_low64(a2, b2) ^ cv_mul_low64(a3, b1);
    const uint64_t c1 =
        cv_mul_low64(a0, b1) ^ cv_mul_low64(a1, b0) ^ cv_mul_low64(a2, b3) ^ cv_mul_low64(a3, b2);
    const uint64_t c2 =
        cv_mul_low64(a0, b2) ^ cv_mul_low64(a1, b1) ^ cv_mul_low64(a2, b0) ^ cv_mul_low64(a3, b3);
    const uint64_t c3 =
        cv_mul_low64(a0, b3) ^ cv_mul_low64(a1, b2) ^ cv_mul_low64(a2, b1) ^ cv_mul_low64(a3, b0);
    return (c0 & m) | (c1 & m << 1) | (c2 & m << 2) | (c3 & m << 3);
}

static uint64_t swap_groups(uint64_t x, uint64_t mask, unsigned shift)
{
    return (x & mask) << shift | (x >> shift & mask);
}

static uint64_t reverse_bits(uint64_t x)
{
    x = swap_groups(x, UINT64_C(0x5555555555555555), 1);
    x = swap_groups(x, UINT64_C(0x3333333333333333), 2);
    x = swap_groups(x, UINT64_C(0x0f0f0f0f0f0f0f0f), 4);
    x = swap_groups(x, UINT64_C(0x00ff00ff00ff00ff), 8);
    x = swap_groups(x, UINT64_C(0x0000ffff0000ffff), 16);
    return x << 32 | x >> 32;
}

/* Reduces the 255-bit product v[3]..v[0] (v[3] on top), which stands one bit too low for being the
 * product of two reversed polynomials, modulo x^128 + x^7 + x^2 + x + 1. */
static struct element reduce(uint64_t v[4])
{
    v[3] = v[3] << 1 | v[2] >> 63;
    v[2] = v[2] << 1 | v[1] >> 63;
    v[1] = v[1] << 1 | v[0] >> 63;
    v[0] <<= 1;
    for (int i = 0; i < 2; i++) { /* v[0] holds the highest powers */
        v[i + 2] ^= v[i] ^ v[i] >> 1 ^ v[i] >> 2 ^ v[i] >> 7;
        v[i + 1] ^= v[i] << 63 ^ v[i] << 62 ^ v[i] << 57;
    }
    return (struct element){.hi = v[3], .lo = v[2]};
}

void cv_ghash_ct(uint8_t *y, const uint8_t *h, const uint8_t *p, size_t n_blocks)
{
    /* The high half of a product is the low half of the reversed factors' product, reversed. */
    const uint64_t h1 = cv_load_be64(h), h0 = cv_load_be64(h + 8), h2 = h1 ^ h0;
    const uint64_t r1 = reverse_bits(h1), r0 = reverse_bits(h0), r2 = r1 ^ r0;
    struct element e = {.hi = cv_load_be64(y), .lo = cv_load_be64(y + 8)};
    for (; n_blocks; n_blocks--, p += 16) {
        const uint64_t y1 = e.hi ^ cv_load_be64(p), y0 = e.lo ^ cv_load_be64(p + 8);
        const uint64_t q1 = reverse_bits(y1), q0 = reverse_bits(y0);
        const uint64_t low0 = clmul_low(y0, h0), low1 = clmul_low(y1, h1);
        const uint64_t high0 = reverse_bits(clmul_low(q0, r0)) >> 1,
                       high1 = reverse_bits(clmul_low(q1, r1)) >> 1;
        const uint64_t mid_low = clmul_low(y1 ^ y0, h2) ^ low0 ^ low1;
        const uint64_t mid_high = (reverse_bits(clmul_low(q1 ^ q0, r2)) >> 1) ^ high0 ^ high1;
        uint64_t v[4] = {low0, high0 ^ mid_low, low1 ^ mid_high, high1};
        e = reduce(v);
    }
    cv_store_be64(y, e.hi);
    cv_store_be64(y + 8, e.lo);
}
