/* Polynomials of ML-KEM, portable. FIPS 203. */
#include "crypto/mlkem_poly.h"
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "crypto/bitpack.h"
#include "crypto/sha3.h"

enum {
    N = 256,
    Q = CV_MLKEM_Q,
    Q_INVERSE = -3327, /* 1/q modulo 2^16 */
    R_SQUARED = 1353,  /* 2^32 modulo q */
    R_SQUARED_OVER_128 = 1441,
};

/* 17^BitRev7(i) * 2^16 modulo q, nearest to zero: appendix A in Montgomery's representation. */
static const int16_t roots[128] = {
    -1044, -758,  -359,  -1517, 1493,  1422,  287,   202,   -171,  622,   1577, 182,   962,   -1202, -1474,
    1468,  573,   -1325, 264,   383,   -829,  1458,  -1602, -130,  -681,  1017, 732,   608,   -1542, 411,
    -205,  -1571, 1223,  652,   -552,  1015,  -1293, 1491,  -282,  -1544, 516,  -8,    -320,  -666,  -1618,
    -1162, 126,   1469,  -853,  -90,   -271,  830,   107,   -1421, -247,  -951, -398,  961,   -1508, -725,
    448,   -1065, 677,   -1275, -1103, 430,   555,   843,   -1251, 871,   1550, 105,   422,   587,   177,
    -235,  -291,  -460,  1574,  1653,  -246,  778,   1159,  -147,  -777,  1483, -602,  1119,  -1590, 644,
    -872,  349,   418,   329,   -156,  -75,   817,   1097,  603,   610,   1322, -1285, -1465, 384,   -1215,
    -136,  1218,  -1335, -874,  220,   -1187, -1659, -1185, -1530, -1278, 794,  -1510, -854,  -870,  478,
    -108,  -308,  996,   991,   958,   -1460, 1522,  1628,
};

/* Montgomery's product a b / 2^16, between -q and q, for |b| < q / 2 and any a: the low halves of a b and m q
 * are the same, so that only the high ones are subtracted. */
static inline int16_t mul(int16_t a, int16_t b)
{
    int16_t m = (int16_t)(a * (int16_t)(b * Q_INVERSE));
    return (int16_t)((a * b >> 16) - (m * Q >> 16));
}

/* The same for a sum of products below 2^15 q. */
static inline int16_t mont_reduce(int32_t a)
{
    int16_t m = (int16_t)((int16_t)a * Q_INVERSE);
    return (int16_t)((a - m * Q) >> 16);
}

/* Barrett's, from any number to 0 … q: 20159 is 2^26 / q, rounded up. */
static inline int16_t reduce(int16_t a)
{
    return (int16_t)(a - (a * 20159 >> 26) * Q);
}

/* From -9 q … 9 q to 0 … q - 1: 40318 is 2^27 / q, rounded up by so little that up to 2^27 / 894 the quotient
 * is exact. */
static inline uint32_t canonical(int16_t a)
{
    uint32_t v = (uint32_t)(a + 9 * Q);
    return v - (v * 40318u >> 27) * (uint32_t)Q;
}

/* One layer of Cooley and Tukey's butterflies. Called with constants, so that compilers see vectors in it. */
static inline void forward(struct cv_mlkem_poly *f, size_t len)
{
    const int16_t *root = &roots[N / 2 / len];
    for (size_t start = 0; start < N; start += 2 * len, root++) {
        int16_t *lo = &f->c[start], *hi = lo + len;
        for (size_t i = 0; i < len; i++) {
            int16_t t = mul(hi[i], *root);
            hi[i] = (int16_t)(lo[i] - t);
            lo[i] = (int16_t)(lo[i] + t);
        }
    }
}

/* One layer of Gentleman and Sande's. Roots come from the end of their layer, negated: hi - lo, not lo - hi.
 */
static inline void backward(struct cv_mlkem_poly *f, size_t len)
{
    const int16_t *root = &roots[N / len - 1];
    for (size_t start = 0; start < N; start += 2 * len, root--) {
        int16_t *lo = &f->c[start], *hi = lo + len;
        for (size_t i = 0; i < len; i++) {
            int16_t t = lo[i];
            lo[i] = (int16_t)(t + hi[i]);
            hi[i] = mul((int16_t)(hi[i] - t), *root);
        }
    }
}

static inline void reduce_all(struct cv_mlkem_poly *f)
{
    for (size_t i = 0; i < N; i++) f->c[i] = reduce(f->c[i]);
}

void cv_mlkem_ntt(struct cv_mlkem_poly *f)
{
    /* each layer adds less than q: 8 q < 2^15 at the end */
    forward(f, 128);
    forward(f, 64);
    forward(f, 32);
    forward(f, 16);
    forward(f, 8);
    forward(f, 4);
    forward(f, 2);
    reduce_all(f);
}

void cv_mlkem_ntt_inverse(struct cv_mlkem_poly *f)
{
    /* sums double each layer, and differences must stay below 2^15, too: 8 q after three */
    backward(f, 2);
    backward(f, 4);
    backward(f, 8);
    reduce_all(f);
    backward(f, 16);
    backward(f, 32);
    backward(f, 64);
    reduce_all(f);
    backward(f, 128);
    for (size_t i = 0; i < N; i++) f->c[i] = mul(f->c[i], R_SQUARED_OVER_128);
}

void cv_mlkem_odd_products(struct cv_mlkem_odd *odd, const struct cv_mlkem_poly *b)
{
    for (size_t i = 0; i < N / 4; i++) {
        odd->c[2 * i] = mul(b->c[4 * i + 1], roots[N / 4 + i]);
        odd->c[2 * i + 1] = mul(b->c[4 * i + 3], (int16_t)-roots[N / 4 + i]);
    }
}

void cv_mlkem_dot(struct cv_mlkem_poly *r, const struct cv_mlkem_poly *a, size_t step,
                  const struct cv_mlkem_poly *b, const struct cv_mlkem_odd *b_odd, size_t k)
{
    /* 2 k products of at most q^2: 8 q < 2^15 again */
    for (size_t i = 0; i < N / 2; i++) {
        int32_t even = 0, odd = 0;
        for (size_t j = 0; j < k; j++) {
            const int16_t *x = &a[j * step].c[2 * i], *y = &b[j].c[2 * i];
            even += x[0] * y[0] + x[1] * b_odd[j].c[i];
            odd += x[0] * y[1] + x[1] * y[0];
        }
        r->c[2 * i] = mont_reduce(even);
        r->c[2 * i + 1] = mont_reduce(odd);
    }
}

void cv_mlkem_to_montgomery(struct cv_mlkem_poly *f)
{
    for (size_t i = 0; i < N; i++) f->c[i] = mul(f->c[i], R_SQUARED);
}

void cv_mlkem_add(struct cv_mlkem_poly *r, const struct cv_mlkem_poly *a)
{
    for (size_t i = 0; i < N; i++) r->c[i] = reduce((int16_t)(r->c[i] + a->c[i]));
}

void cv_mlkem_sub(struct cv_mlkem_poly *r, const struct cv_mlkem_poly *a)
{
    for (size_t i = 0; i < N; i++) r->c[i] = reduce((int16_t)(r->c[i] - a->c[i]));
}

void cv_mlkem_sample_uniform(struct cv_mlkem_poly *f, const uint8_t rho[32], uint8_t column, uint8_t row)
{
    const uint8_t index[2] = {column, row};
    uint8_t block[CV_SHAKE128_RATE];
    struct cv_shake x;
    size_t n = 0;
    cv_shake128_expand(&x, cv_bytes(rho, 32), cv_bytes(index, sizeof index));
    while (n < N) {
        cv_shake_squeeze(&x, block, sizeof block);
        for (const uint8_t *p = block; p < block + sizeof block; p += 3) {
            int16_t low = (int16_t)(p[0] | (p[1] & 15) << 8), high = (int16_t)(p[1] >> 4 | p[2] << 4);
            f->c[n] = low;
            n += low < Q;
            if (n == N) break;
            f->c[n] = high;
            n += high < Q;
            if (n == N) break;
        }
    }
}

void cv_mlkem_sample_small(struct cv_mlkem_poly *f, const uint8_t seed[32], uint8_t nonce)
{
    uint8_t bytes[N / 2];
    struct cv_shake x;
    cv_shake256_expand(&x, cv_bytes(seed, 32), cv_bytes(&nonce, 1));
    cv_shake_squeeze(&x, bytes, sizeof bytes);
    for (size_t i = 0; i < N / 8; i++) {
        uint32_t w = cv_load_le32(bytes + 4 * i);
        w = (w & 0x55555555) + (w >> 1 & 0x55555555); /* sums of two bits, 16 of them */
        for (size_t j = 0; j < 8; j++, w >>= 4) f->c[8 * i + j] = (int16_t)((int)(w & 3) - (int)(w >> 2 & 3));
    }
    cv_wipe(bytes, sizeof bytes);
    cv_shake_wipe(&x);
}

void cv_mlkem_encode(uint8_t out[384], const struct cv_mlkem_poly *f)
{
    for (size_t i = 0; i < N / 2; i++) {
        uint32_t v = canonical(f->c[2 * i]) | canonical(f->c[2 * i + 1]) << 12;
        out[3 * i] = (uint8_t)v;
        out[3 * i + 1] = (uint8_t)(v >> 8);
        out[3 * i + 2] = (uint8_t)(v >> 16);
    }
}

void cv_mlkem_decode(struct cv_mlkem_poly *f, unsigned *n_large, const uint8_t in[384])
{
    uint32_t large = 0;
    for (size_t i = 0; i < N / 2; i++) {
        const uint8_t *p = in + 3 * i;
        uint32_t low = p[0] | (p[1] & 15u) << 8, high = (uint32_t)p[1] >> 4 | (uint32_t)p[2] << 4;
        large += ((uint32_t)Q - 1 - low) >> 31;
        large += ((uint32_t)Q - 1 - high) >> 31;
        f->c[2 * i] = reduce((int16_t)low);
        f->c[2 * i + 1] = reduce((int16_t)high);
    }
    if (n_large != NULL) *n_large = large;
}

/* Compress_d, equation 4.7: round(2^d v / q) modulo 2^d, with no division and no product over 32 bits. 20158
 * is 2^26 / q, rounded down: for d up to 11 the first quotient is right or one too small. */
static inline uint32_t compress(int16_t a, unsigned d)
{
    uint32_t n = (canonical(a) << d) + Q / 2, quotient = (n >> 7) * 20158u >> 19;
    quotient += ((uint32_t)Q - 1 - (n - quotient * (uint32_t)Q)) >> 31;
    return quotient & ((1u << d) - 1);
}

static inline void compress_all(uint8_t *out, const struct cv_mlkem_poly *f, unsigned d)
{
    struct cv_bit_writer w = {.p = out};
    for (size_t i = 0; i < N; i++) cv_bits_put(&w, compress(f->c[i], d), d);
}

void cv_mlkem_compress(uint8_t *out, const struct cv_mlkem_poly *f, unsigned d)
{
    compress_all(out, f, d);
}

void cv_mlkem_decompress(struct cv_mlkem_poly *f, const uint8_t *in, unsigned d)
{
    struct cv_bit_reader r = {.p = in};
    for (size_t i = 0; i < N; i++) {
        /* of a single bit times a constant, compilers have made branches */
        uint32_t v = cv_ct_barrier32(cv_bits_get(&r, d));
        f->c[i] = (int16_t)((v * (uint32_t)Q + (1u << (d - 1))) >> d);
    }
}
