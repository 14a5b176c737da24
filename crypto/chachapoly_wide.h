/* ChaCha20 and Poly1305 on vectors of any width: the body of chachapoly_avx2.c, chachapoly_avx512.c and
 * chachapoly_neon.c. Loads are little-endian.
 *
 * The including file defines TARGET, INLINE, LANES (32-bit lanes of a vector), the type `vec` and on it
 *   v_load, v_store          unaligned, LANES words
 *   v_set32, v_set64         one value in all lanes
 *   v_count                  0, 1, 2, … in 32-bit lanes
 *   v_add32, v_xor, v_rotl32
 *   v_low32, v_high32, v_low64, v_high64   interleave within 128 bits
 *   v_row                    128 bits in all places
 *   v_turn                   32-bit words of each 128 bits rotated down by 1, 2 or 3
 *   v_add64, v_and, v_or, v_shl64, v_shr64, v_mul  (32 by 32 to 64 bits)
 *   store_lanes              the end of the transposition, see there
 *   v_end                    what is due when vectors have been used
 * and block_of_lane: which of LANES / 2 message blocks each 64-bit lane holds after v_low64 and v_high64. */
#ifndef CV_CHACHAPOLY_WIDE_H
#define CV_CHACHAPOLY_WIDE_H

enum {
    CHACHA_BLOCK = 64,
    N_ROW_SETS = 16 / LANES, /* four blocks by rows take so many sets of four vectors */
    POLY_BLOCK = 16,
    POLY_LANES = LANES / 2,
    POLY_GROUPS_MIN = 4, /* with fewer, the powers cost more than they save */
};

/* RFC 8439 section 2.1, on four vectors. */
TARGET INLINE void quarter_round(vec *a, vec *b, vec *c, vec *d)
{
    *a = v_add32(*a, *b);
    *d = v_rotl32(v_xor(*d, *a), 16);
    *c = v_add32(*c, *d);
    *b = v_rotl32(v_xor(*b, *c), 12);
    *a = v_add32(*a, *b);
    *d = v_rotl32(v_xor(*d, *a), 8);
    *c = v_add32(*c, *d);
    *b = v_rotl32(v_xor(*b, *c), 7);
}

TARGET INLINE void chacha_init(uint32_t words[16], const uint8_t key[32], const uint8_t nonce[12],
                               uint32_t counter)
{
    words[0] = 0x61707865; /* "expand 32-byte k" */
    words[1] = 0x3320646e;
    words[2] = 0x79622d32;
    words[3] = 0x6b206574;
    for (int i = 0; i < 8; i++) words[4 + i] = cv_load_le32(key + 4 * i);
    words[12] = counter;
    for (int i = 0; i < 3; i++) words[13 + i] = cv_load_le32(nonce + 4 * i);
}

/* One word of each of LANES blocks a vector: for many blocks. */
TARGET INLINE void chacha_columns(uint8_t *dst, const uint8_t *src, size_t n_blocks, const uint32_t words[16])
{
    vec x[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) x[i] = v_set32(words[i]);
    x[12] = v_add32(x[12], v_count());
    for (int round = 0; round < 20; round += 2) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4], &x[12 + (i + 3) % 4]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) x[i] = v_add32(x[i], v_set32(words[i]));
    x[12] = v_add32(x[12], v_count());
    /* Within each group of four words, 128 bits come to hold these words of one block. */
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        const vec a = v_low32(x[i], x[i + 1]), b = v_low32(x[i + 2], x[i + 3]);
        const vec c = v_high32(x[i], x[i + 1]), d = v_high32(x[i + 2], x[i + 3]);
        x[i] = v_low64(a, b);
        x[i + 1] = v_high64(a, b);
        x[i + 2] = v_low64(c, d);
        x[i + 3] = v_high64(c, d);
    }
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; i++) store_lanes(dst, src, n_blocks, i, x[i], x[4 + i], x[8 + i], x[12 + i]);
}

/* One row of each of LANES / 4 blocks a vector: for up to four blocks, since it has the shorter way. */
TARGET INLINE void chacha_rows(uint8_t *dst, const uint8_t *src, size_t n_blocks, const uint32_t words[16])
{
    vec first[N_ROW_SETS][4], x[N_ROW_SETS][4];
    uint8_t stream[4][N_ROW_SETS][4 * LANES]; /* by row, then by block */
#pragma GCC unroll 2
    for (unsigned set = 0; set < N_ROW_SETS; set++) {
        uint32_t counts[LANES] = {0};
        for (unsigned i = 0; i < LANES / 4; i++) counts[4 * i] = set * (LANES / 4) + i;
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) first[set][i] = v_row(words + 4 * i);
        first[set][3] = v_add32(first[set][3], v_load(counts));
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) x[set][i] = first[set][i];
    }
    for (int round = 0; round < 20; round++) {
        const bool columns = round % 2 == 0; /* turns the diagonals into columns, and back */
#pragma GCC unroll 2
        for (unsigned set = 0; set < N_ROW_SETS; set++) {
            vec *v = x[set];
            quarter_round(&v[0], &v[1], &v[2], &v[3]);
            v[1] = columns ? v_turn(v[1], 1) : v_turn(v[1], 3);
            v[2] = v_turn(v[2], 2);
            v[3] = columns ? v_turn(v[3], 3) : v_turn(v[3], 1);
        }
    }
#pragma GCC unroll 2
    for (unsigned set = 0; set < N_ROW_SETS; set++) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) v_store(stream[i][set], v_add32(x[set][i], first[set][i]));
    }
    for (size_t i = 0; i < n_blocks; i++) {
        for (size_t row = 0; row < 4; row++) {
            const size_t at = CHACHA_BLOCK * i + 16 * row;
            cv_xor_bytes(dst + at, src + at, stream[row][0] + 16 * i, 16);
        }
    }
    cv_wipe(stream, sizeof stream);
}

TARGET static void chacha_crypt(uint8_t *dst, const uint8_t *src, size_t n_blocks, const uint8_t key[32],
                                const uint8_t nonce[12], uint32_t counter)
{
    uint32_t words[16];
    chacha_init(words, key, nonce, counter);
    while (n_blocks) {
        size_t n = n_blocks;
        if (n >= LANES) {
            n = LANES;
            chacha_columns(dst, src, LANES, words);
        } else if (n > 4) {
            chacha_columns(dst, src, n, words);
        } else {
            chacha_rows(dst, src, n, words);
        }
        words[12] += (uint32_t)n;
        dst += CHACHA_BLOCK * n;
        src += CHACHA_BLOCK * n;
        n_blocks -= n;
    }
    cv_wipe(words, sizeof words);
    v_end();
}

/* Poly1305 with limbs of 26 bits, one accumulator in each 64-bit lane. */

#define M26 UINT64_C(0x3ffffff)
#define M44 UINT64_C(0xfffffffffff) /* with limbs of 44 bits */

/* From the limbs of poly1305.h, each perhaps a little larger than its bits. */
static void limbs_split(uint64_t out[5], const cv_poly1305_limb in[CV_POLY1305_LIMBS])
{
#if CV_POLY1305_LIMBS == 5
    for (int i = 0; i < 5; i++) out[i] = in[i];
#else
    const uint64_t h2 = in[2] + (in[1] >> 44), h1 = in[1] & M44;
    const uint64_t lo = in[0] | h1 << 44, hi = h1 >> 20 | h2 << 24;
    out[0] = lo & M26;
    out[1] = lo >> 26 & M26;
    out[2] = (lo >> 52 | hi << 12) & M26;
    out[3] = hi >> 14 & M26;
    out[4] = h2 >> 16;
#endif
}

/* Carries, and joins to the limbs of poly1305.h. */
static void limbs_join(cv_poly1305_limb out[CV_POLY1305_LIMBS], uint64_t in[5])
{
    for (int i = 0; i < 4; i++) {
        in[i + 1] += in[i] >> 26;
        in[i] &= M26;
    }
    in[0] += (in[4] >> 26) * 5; /* 2^130 = 5 */
    in[4] &= M26;
#if CV_POLY1305_LIMBS == 5
    for (int i = 0; i < 5; i++) out[i] = (cv_poly1305_limb)in[i];
#else
    const uint64_t lo = in[0] + (in[1] << 26); /* below 2^53 */
    out[0] = lo & M44;
    out[1] = (lo >> 44) + (in[2] << 8) + ((in[3] & 0x3ff) << 34);
    out[2] = (in[3] >> 10) + (in[4] << 16);
#endif
}

static void limbs_multiply(uint64_t out[5], const uint64_t a[5], const uint64_t b[5])
{
    uint64_t d[5] = {0};
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
#pragma GCC unroll 5
        for (int j = 0; j < 5; j++) d[(i + j) % 5] += a[i] * b[j] * (i + j < 5 ? 1 : 5);
    }
    for (int i = 0; i < 4; i++) {
        d[i + 1] += d[i] >> 26;
        out[i] = d[i] & M26;
    }
    out[4] = d[4] & M26;
    out[0] += (d[4] >> 26) * 5;
    out[1] += out[0] >> 26;
    out[0] &= M26;
}

/* A factor, and five times its limbs for what wraps around. */
struct poly_factor {
    vec r[5], s[5];
};

/* d += h * factor */
TARGET INLINE void poly_multiply_add(vec d[5], const vec h[5], const struct poly_factor *f)
{
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
#pragma GCC unroll 5
        for (int j = 0; j < 5; j++)
            d[i] = v_add64(d[i], v_mul(h[j], j <= i ? f->r[(i - j + 5) % 5] : f->s[(i - j + 5) % 5]));
    }
}

/* Two chains of carries at once; limbs stay a few units above 26 bits at most. d may sum the products of two
 * factors with limbs of 27 bits: below 2^59. */
TARGET INLINE void poly_carry(vec h[5], vec d[5])
{
    const vec mask = v_set64(M26);
    vec carry;
    d[1] = v_add64(d[1], v_shr64(d[0], 26));
    d[4] = v_add64(d[4], v_shr64(d[3], 26));
    d[0] = v_and(d[0], mask);
    d[3] = v_and(d[3], mask);
    d[2] = v_add64(d[2], v_shr64(d[1], 26));
    carry = v_shr64(d[4], 26);
    d[0] = v_add64(d[0], v_add64(carry, v_shl64(carry, 2)));
    h[4] = v_and(d[4], mask);
    d[1] = v_and(d[1], mask);
    d[3] = v_add64(d[3], v_shr64(d[2], 26));
    h[2] = v_and(d[2], mask);
    h[1] = v_add64(d[1], v_shr64(d[0], 26));
    h[0] = v_and(d[0], mask);
    h[4] = v_add64(h[4], v_shr64(d[3], 26));
    h[3] = v_and(d[3], mask);
}

/* Splits POLY_LANES blocks, one to each lane. */
TARGET INLINE void poly_load(vec h[5], const uint8_t *m)
{
    const vec mask = v_set64(M26);
    const vec a = v_load(m), b = v_load(m + sizeof(vec));
    const vec lo = v_low64(a, b), hi = v_high64(a, b);
    h[0] = v_and(lo, mask);
    h[1] = v_and(v_shr64(lo, 26), mask);
    h[2] = v_and(v_or(v_shr64(lo, 52), v_shl64(hi, 12)), mask);
    h[3] = v_and(v_shr64(hi, 14), mask);
    h[4] = v_or(v_shr64(hi, 40), v_set64(UINT64_C(1) << 24)); /* 2^128 */
}

/* The factors of one message: r^POLY_LANES and its square for all lanes, and for the end the power that each
 * lane has yet to get. */
struct poly_factors {
    struct poly_factor one, two, last;
};

TARGET INLINE void poly_spread(struct poly_factor *f, const uint64_t limbs[5])
{
    for (int i = 0; i < 5; i++) {
        f->r[i] = v_set64(limbs[i]);
        f->s[i] = v_set64(5 * limbs[i]);
    }
}

TARGET INLINE void poly_factors_init(struct poly_factors *f, const cv_poly1305_limb r[CV_POLY1305_LIMBS])
{
    uint64_t powers[POLY_LANES][5], square[5], lanes[POLY_LANES];
    limbs_split(powers[0], r);
    for (int i = 1; i < POLY_LANES; i++) limbs_multiply(powers[i], powers[i / 2], powers[(i - 1) / 2]);
    limbs_multiply(square, powers[POLY_LANES - 1], powers[POLY_LANES - 1]);
    poly_spread(&f->one, powers[POLY_LANES - 1]);
    poly_spread(&f->two, square);
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < POLY_LANES; j++) lanes[j] = powers[POLY_LANES - 1 - block_of_lane[j]][i];
        f->last.r[i] = v_load(lanes);
        f->last.s[i] = v_add64(f->last.r[i], v_shl64(f->last.r[i], 2));
    }
    cv_wipe(powers, sizeof powers);
    cv_wipe(square, sizeof square);
    cv_wipe(lanes, sizeof lanes);
}

/* Hashes n_groups times POLY_LANES blocks, at least one. */
TARGET static void poly_groups(struct cv_poly1305 *p, const uint8_t *m, size_t n_groups)
{
    const size_t group_len = POLY_BLOCK * POLY_LANES;
    struct poly_factors f;
    uint64_t limbs[5], lanes[POLY_LANES] = {0};
    vec h[5], d[5], x[5];
    poly_factors_init(&f, p->r);
    limbs_split(limbs, p->h);
    poly_load(h, m);
    for (int i = 0; i < 5; i++) {
        lanes[0] = limbs[i]; /* goes with the first block */
        h[i] = v_add64(h[i], v_load(lanes));
    }
    m += group_len;
    n_groups--;
    for (; n_groups >= 2; n_groups -= 2, m += 2 * group_len) {
        poly_load(d, m + group_len);
        poly_load(x, m);
        poly_multiply_add(d, x, &f.one);
        poly_multiply_add(d, h, &f.two);
        poly_carry(h, d);
    }
    if (n_groups) {
        poly_load(d, m);
        poly_multiply_add(d, h, &f.one);
        poly_carry(h, d);
    }
    for (int i = 0; i < 5; i++) d[i] = v_set64(0);
    poly_multiply_add(d, h, &f.last);
    poly_carry(h, d);
    for (int i = 0; i < 5; i++) {
        v_store(lanes, h[i]);
        limbs[i] = 0;
        for (int j = 0; j < POLY_LANES; j++) limbs[i] += lanes[j];
    }
    limbs_join(p->h, limbs);
    cv_wipe(&f, sizeof f);
    cv_wipe(lanes, sizeof lanes);
    cv_wipe(limbs, sizeof limbs);
    v_end();
}

TARGET static void poly_blocks(struct cv_poly1305 *p, const uint8_t *m, size_t n_blocks)
{
    const size_t n_groups = n_blocks / POLY_LANES;
    if (n_groups >= POLY_GROUPS_MIN) {
        poly_groups(p, m, n_groups);
        m += POLY_BLOCK * POLY_LANES * n_groups;
        n_blocks -= POLY_LANES * n_groups;
    }
    if (n_blocks) cv_poly1305_blocks(p, m, n_blocks);
}

#undef M26
#undef M44

static const struct cv_chachapoly_impl impl = {.batch = LANES, .crypt = chacha_crypt, .hash = poly_blocks};

#endif
