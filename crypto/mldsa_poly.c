/* Polynomials of ML-DSA, portable. FIPS 204. */
#include "crypto/mldsa_poly.h"
#include "crypto/base/mul.h"
#include "crypto/base/secret.h"
#include "crypto/bitpack.h"
#include "crypto/sha3.h"

#include <string.h>

enum {
    N = CV_MLDSA_N,
    Q = CV_MLDSA_Q,
    Q_INVERSE = 58728449,       /* 1/q modulo 2^32 */
    R_SQUARED_OVER_256 = 41978, /* 2^64 / 256 modulo q */
};

/* (q - 1) / 44 = 93 * 2^11, (q - 1) / 16 = 1023 * 2^9; factor is 2^scale divided by the odd part, rounded up
 * by so little that quotients of all canonical numbers are exact. */
const struct cv_mldsa_rounding cv_mldsa_rounding_88 = {
    .gamma2 = (Q - 1) / 88,
    .n_high = 44,
    .high_bits = 6,
    .shift = 11,
    .scale = 20,
    .factor = 11276,
};

const struct cv_mldsa_rounding cv_mldsa_rounding_32 = {
    .gamma2 = (Q - 1) / 32,
    .n_high = 16,
    .high_bits = 4,
    .shift = 9,
    .scale = 25,
    .factor = 32801,
};

/* 1753^BitRev8(i) * 2^32 modulo q, nearest to zero: appendix B in Montgomery's representation. */
static const int32_t roots[N] = {
    -4186625, 25847,    -2608894, -518909,  237124,   -777960,  -876248,  466468,   1826347,  2353451,
    -359251,  -2091905, 3119733,  -2884855, 3111497,  2680103,  2725464,  1024112,  -1079900, 3585928,
    -549488,  -1119584, 2619752,  -2108549, -2118186, -3859737, -1399561, -3277672, 1757237,  -19422,
    4010497,  280005,   2706023,  95776,    3077325,  3530437,  -1661693, -3592148, -2537516, 3915439,
    -3861115, -3043716, 3574422,  -2867647, 3539968,  -300467,  2348700,  -539299,  -1699267, -1643818,
    3505694,  -3821735, 3507263,  -2140649, -1600420, 3699596,  811944,   531354,   954230,   3881043,
    3900724,  -2556880, 2071892,  -2797779, -3930395, -1528703, -3677745, -3041255, -1452451, 3475950,
    2176455,  -1585221, -1257611, 1939314,  -4083598, -1000202, -3190144, -3157330, -3632928, 126922,
    3412210,  -983419,  2147896,  2715295,  -2967645, -3693493, -411027,  -2477047, -671102,  -1228525,
    -22981,   -1308169, -381987,  1349076,  1852771,  -1430430, -3343383, 264944,   508951,   3097992,
    44288,    -1100098, 904516,   3958618,  -3724342, -8578,    1653064,  -3249728, 2389356,  -210977,
    759969,   -1316856, 189548,   -3553272, 3159746,  -1851402, -2409325, -177440,  1315589,  1341330,
    1285669,  -1584928, -812732,  -1439742, -3019102, -3881060, -3628969, 3839961,  2091667,  3407706,
    2316500,  3817976,  -3342478, 2244091,  -2446433, -3562462, 266997,   2434439,  -1235728, 3513181,
    -3520352, -3759364, -1197226, -3193378, 900702,   1859098,  909542,   819034,   495491,   -1613174,
    -43260,   -522500,  -655327,  -3122442, 2031748,  3207046,  -3556995, -525098,  -768622,  -3595838,
    342297,   286988,   -2437823, 4108315,  3437287,  -3342277, 1735879,  203044,   2842341,  2691481,
    -2590150, 1265009,  4055324,  1247620,  2486353,  1595974,  -3767016, 1250494,  2635921,  -3548272,
    -2994039, 1869119,  1903435,  -1050970, -1333058, 1237275,  -3318210, -1430225, -451100,  1312455,
    3306115,  -1962642, -1279661, 1917081,  -2546312, -1374803, 1500165,  777191,   2235880,  3406031,
    -542412,  -2831860, -1671176, -1846953, -2584293, -3724270, 594136,   -3776993, -2013608, 2432395,
    2454455,  -164721,  1957272,  3369112,  185531,   -1207385, -3183426, 162844,   1616392,  3014001,
    810149,   1652634,  -3694233, -1799107, -3038916, 3523897,  3866901,  269760,   2213111,  -975884,
    1717735,  472078,   -426683,  1723600,  -1803090, 1910376,  -1667432, -1104333, -260646,  -3833893,
    -2939036, -2235985, -420899,  -2286327, 183443,   -976891,  1612842,  -3545687, -554416,  3919660,
    -48306,   -1362209, 3937738,  1400424,  -846154,  1976782,
};

/* a / 2^32, reduced, for any a below 2^31 q. */
static inline int32_t mont_reduce(int64_t a)
{
    int32_t m = (int32_t)((uint32_t)a * (uint32_t)Q_INVERSE);
    return (int32_t)((a - cv_mul_s32(m, Q)) >> 32);
}

static inline int32_t mul(int32_t a, int32_t b)
{
    return mont_reduce(cv_mul_s32(a, b));
}

/* From below 2 q to at most 2^22 from zero. */
static inline int32_t center(int32_t a)
{
    return a - ((a + (1 << 22)) >> 23) * Q;
}

/* From below 2 q. */
static inline int32_t canonical(int32_t a)
{
    int32_t c = center(a);
    return c + (int32_t)(cv_ct_barrier32((uint32_t)(c >> 31)) & (uint32_t)Q);
}

void cv_mldsa_ntt(struct cv_mldsa_poly *f)
{
    /* each of eight layers adds less than q */
    const int32_t *root = &roots[1];
    for (size_t len = N / 2; len > 0; len /= 2)
        for (size_t start = 0; start < N; start += 2 * len, root++) {
            int32_t *lo = &f->c[start], *hi = lo + len;
            for (size_t i = 0; i < len; i++) {
                int32_t t = mul(hi[i], *root);
                hi[i] = lo[i] - t;
                lo[i] += t;
            }
        }
}

void cv_mldsa_ntt_inverse(struct cv_mldsa_poly *f)
{
    /* sums double in each of eight layers: 256 q < 2^31. Roots come from the end, negated: hi - lo, not lo -
     * hi */
    const int32_t *root = &roots[N - 1];
    for (size_t len = 1; len < N; len *= 2)
        for (size_t start = 0; start < N; start += 2 * len, root--) {
            int32_t *lo = &f->c[start], *hi = lo + len;
            for (size_t i = 0; i < len; i++) {
                int32_t t = lo[i];
                lo[i] = t + hi[i];
                hi[i] = mul(hi[i] - t, *root);
            }
        }
    for (size_t i = 0; i < N; i++) f->c[i] = mul(f->c[i], R_SQUARED_OVER_256);
}

void cv_mldsa_mul_add(struct cv_mldsa_sum *sum, const struct cv_mldsa_poly *a, const struct cv_mldsa_poly *b)
{
    /* seven products of 9 q^2 are far below 2^31 q */
    for (size_t i = 0; i < N; i++) sum->c[i] += cv_mul_s32(a->c[i], b->c[i]);
}

void cv_mldsa_reduce_sum(struct cv_mldsa_poly *r, const struct cv_mldsa_sum *sum)
{
    for (size_t i = 0; i < N; i++) r->c[i] = mont_reduce(sum->c[i]);
}

void cv_mldsa_mul(struct cv_mldsa_poly *r, const struct cv_mldsa_poly *a, const struct cv_mldsa_poly *b)
{
    for (size_t i = 0; i < N; i++) r->c[i] = mul(a->c[i], b->c[i]);
}

void cv_mldsa_add(struct cv_mldsa_poly *r, const struct cv_mldsa_poly *a, const struct cv_mldsa_poly *b)
{
    for (size_t i = 0; i < N; i++) r->c[i] = canonical(a->c[i] + b->c[i]);
}

void cv_mldsa_sub(struct cv_mldsa_poly *r, const struct cv_mldsa_poly *a, const struct cv_mldsa_poly *b)
{
    for (size_t i = 0; i < N; i++) r->c[i] = canonical(a->c[i] - b->c[i]);
}

void cv_mldsa_center(struct cv_mldsa_poly *f)
{
    for (size_t i = 0; i < N; i++) f->c[i] = center(f->c[i]);
}

void cv_mldsa_canonical(struct cv_mldsa_poly *f)
{
    for (size_t i = 0; i < N; i++) f->c[i] = canonical(f->c[i]);
}

uint32_t cv_mldsa_exceeds(const struct cv_mldsa_poly *f, int32_t bound)
{
    int32_t signs = 0;
    for (size_t i = 0; i < N; i++) {
        int32_t sign = f->c[i] >> 31, size = (f->c[i] ^ sign) - sign;
        signs |= bound - 1 - size;
    }
    return (uint32_t)signs >> 31;
}

void cv_mldsa_sample_uniform(struct cv_mldsa_poly *f, const uint8_t rho[32], uint8_t column, uint8_t row)
{
    const uint8_t index[2] = {column, row};
    uint8_t block[CV_SHAKE128_RATE];
    struct cv_shake x;
    size_t n = 0;
    cv_shake128_expand(&x, cv_bytes(rho, 32), cv_bytes(index, sizeof index));
    while (n < N) {
        cv_shake_squeeze(&x, block, sizeof block);
        for (const uint8_t *p = block; p < block + sizeof block && n < N; p += 3) {
            f->c[n] = p[0] | p[1] << 8 | (p[2] & 0x7f) << 16;
            n += f->c[n] < Q;
        }
    }
}

/* CoeffFromHalfByte (algorithm 15); 1 if the candidate is taken. */
static inline uint32_t small(int32_t *out, unsigned eta, uint32_t half)
{
    if (eta == 4) {
        *out = 4 - (int32_t)half;
        return (half - 9) >> 31;
    }
    *out = 2 - (int32_t)(half - 5 * (half * 13 >> 6)); /* half modulo 5 */
    return (half - 15) >> 31;
}

void cv_mldsa_sample_small(struct cv_mldsa_poly *f, unsigned eta, const uint8_t seed[64], uint16_t nonce)
{
    const uint8_t number[2] = {(uint8_t)nonce, (uint8_t)(nonce >> 8)};
    uint8_t block[CV_SHAKE256_RATE];
    struct cv_shake x;
    size_t n = 0;
    cv_shake256_expand(&x, cv_bytes(seed, 64), cv_bytes(number, sizeof number));
    while (n < N) {
        cv_shake_squeeze(&x, block, sizeof block);
        for (size_t i = 0; i < 2 * sizeof block && n < N; i++) {
            uint32_t taken = small(&f->c[n], eta, (uint32_t)block[i / 2] >> 4 * (i % 2) & 15);
            /* tells how many candidates came before, but not what they are: those taken are uniform all the
             * same */
            cv_secret_declassify(&taken, sizeof taken);
            n += taken;
        }
    }
    cv_wipe(block, sizeof block);
    cv_shake_wipe(&x);
}

void cv_mldsa_sample_mask(struct cv_mldsa_poly *f, unsigned gamma1_bits, const uint8_t seed[64],
                          uint16_t nonce)
{
    const uint8_t number[2] = {(uint8_t)nonce, (uint8_t)(nonce >> 8)};
    uint8_t bytes[32 * 20];
    struct cv_shake x;
    cv_shake256_expand(&x, cv_bytes(seed, 64), cv_bytes(number, sizeof number));
    cv_shake_squeeze(&x, bytes, 32 * (gamma1_bits + 1));
    cv_mldsa_unpack_signed(f, bytes, gamma1_bits + 1);
    cv_wipe(bytes, sizeof bytes);
    cv_shake_wipe(&x);
}

void cv_mldsa_sample_in_ball(struct cv_mldsa_poly *f, unsigned tau, const uint8_t *seed, size_t seed_len)
{
    uint8_t block[CV_SHAKE256_RATE];
    struct cv_shake x;
    size_t at = 8;
    cv_shake256_init(&x);
    cv_shake_absorb(&x, seed, seed_len);
    cv_shake_squeeze(&x, block, sizeof block);
    uint64_t signs = cv_load_le64(block);
    memset(f, 0, sizeof *f);
    for (size_t i = N - tau; i < N; at++) {
        if (at == sizeof block) {
            cv_shake_squeeze(&x, block, sizeof block);
            at = 0;
        }
        size_t j = block[at];
        if (j > i) continue;
        f->c[i++] = f->c[j];
        f->c[j] = 1 - 2 * (int32_t)(signs & 1);
        signs >>= 1;
    }
}

void cv_mldsa_power2round(struct cv_mldsa_poly *high, struct cv_mldsa_poly *low,
                          const struct cv_mldsa_poly *t)
{
    for (size_t i = 0; i < N; i++) {
        int32_t v = t->c[i], h = (v + (1 << (CV_MLDSA_D - 1)) - 1) >> CV_MLDSA_D;
        low->c[i] = v - (h << CV_MLDSA_D);
        high->c[i] = h;
    }
}

void cv_mldsa_high(struct cv_mldsa_poly *r, const struct cv_mldsa_poly *f, const struct cv_mldsa_rounding *g)
{
    int32_t low;
    for (size_t i = 0; i < N; i++) cv_mldsa_decompose(g, &r->c[i], &low, f->c[i]);
}

void cv_mldsa_low(struct cv_mldsa_poly *r, const struct cv_mldsa_poly *f, const struct cv_mldsa_rounding *g)
{
    int32_t high;
    for (size_t i = 0; i < N; i++) cv_mldsa_decompose(g, &high, &r->c[i], f->c[i]);
}

uint32_t cv_mldsa_make_hints(struct cv_mldsa_poly *f, const struct cv_mldsa_poly *z,
                             const struct cv_mldsa_rounding *g)
{
    uint32_t n = 0;
    for (size_t i = 0; i < N; i++) {
        int32_t before, after, low;
        cv_mldsa_decompose(g, &before, &low, f->c[i]);
        cv_mldsa_decompose(g, &after, &low, canonical(f->c[i] + z->c[i]));
        f->c[i] = ((before ^ after) + 255) >> 8;
        n += (uint32_t)f->c[i];
    }
    return n;
}

void cv_mldsa_use_hints(struct cv_mldsa_poly *f, const uint8_t hints[CV_MLDSA_N],
                        const struct cv_mldsa_rounding *g)
{
    for (size_t i = 0; i < N; i++) {
        int32_t high, low;
        cv_mldsa_decompose(g, &high, &low, f->c[i]);
        if (hints[i]) {
            high += low > 0 ? 1 : -1;
            if (high == g->n_high) high = 0;
            if (high < 0) high = g->n_high - 1;
        }
        f->c[i] = high;
    }
}

void cv_mldsa_pack(uint8_t *out, const struct cv_mldsa_poly *f, unsigned n_bits)
{
    struct cv_bit_writer w = {.p = out};
    for (size_t i = 0; i < N; i++) cv_bits_put(&w, (uint32_t)f->c[i], n_bits);
}

void cv_mldsa_unpack(struct cv_mldsa_poly *f, const uint8_t *in, unsigned n_bits)
{
    struct cv_bit_reader r = {.p = in};
    for (size_t i = 0; i < N; i++) f->c[i] = (int32_t)cv_bits_get(&r, n_bits);
}

void cv_mldsa_pack_signed(uint8_t *out, const struct cv_mldsa_poly *f, unsigned n_bits)
{
    struct cv_bit_writer w = {.p = out};
    for (size_t i = 0; i < N; i++) cv_bits_put(&w, (uint32_t)((1 << (n_bits - 1)) - f->c[i]), n_bits);
}

void cv_mldsa_unpack_signed(struct cv_mldsa_poly *f, const uint8_t *in, unsigned n_bits)
{
    struct cv_bit_reader r = {.p = in};
    for (size_t i = 0; i < N; i++) f->c[i] = (1 << (n_bits - 1)) - (int32_t)cv_bits_get(&r, n_bits);
}
