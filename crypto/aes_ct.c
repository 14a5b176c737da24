#include "crypto/aes.h"

#include "crypto/base/secret.h"

#include <string.h>

/* Four blocks are held as eight words, word i with bit i of each of the 64 bytes. The byte in row r and
 * column c of block b stands at bit 16r + 4c + b: a row is 16 bits, so that MixColumns rotates the whole
 * word and ShiftRows rotates within 16 bits. */
enum { N_PLANES = 8, LANES = 4 };

/* Swaps the bits of *b under mask with those of *a that stand `shift` above them. */
static inline void swap_bits(uint64_t *a, uint64_t *b, uint64_t mask, unsigned shift)
{
    uint64_t t = (*a >> shift ^ *b) & mask;
    *b ^= t;
    *a ^= t << shift;
}

/* Exchanges word number and bit number within each byte; its own inverse. */
static void transpose(uint64_t q[N_PLANES])
{
    for (int i = 0; i < 8; i += 2) swap_bits(&q[i], &q[i + 1], UINT64_C(0x5555555555555555), 1);
    for (int i = 0; i < 8; i += 4) {
        swap_bits(&q[i], &q[i + 2], UINT64_C(0x3333333333333333), 2);
        swap_bits(&q[i + 1], &q[i + 3], UINT64_C(0x3333333333333333), 2);
    }
    for (int i = 0; i < 4; i++) swap_bits(&q[i], &q[i + 4], UINT64_C(0x0f0f0f0f0f0f0f0f), 4);
}

/* Byte i of v to byte 2i. */
static uint64_t spread_bytes(uint32_t v)
{
    uint64_t x = v;
    x = (x | x << 16) & UINT64_C(0x0000ffff0000ffff);
    return (x | x << 8) & UINT64_C(0x00ff00ff00ff00ff);
}

static uint32_t gather_bytes(uint64_t x)
{
    x &= UINT64_C(0x00ff00ff00ff00ff);
    x = (x | x >> 8) & UINT64_C(0x0000ffff0000ffff);
    return (uint32_t)(x | x >> 16);
}

/* Even columns go to word `lane`, odd ones to word lane + 4; transpose then does the rest. */
static void put_block(uint64_t q[N_PLANES], unsigned lane, const uint32_t column[4])
{
    q[lane] = spread_bytes(column[0]) | spread_bytes(column[2]) << 8;
    q[lane + LANES] = spread_bytes(column[1]) | spread_bytes(column[3]) << 8;
}

static void load_blocks(uint64_t q[N_PLANES], const uint8_t *p, size_t n_blocks)
{
    for (unsigned lane = 0; lane < LANES; lane++) {
        uint32_t column[4] = {0};
        for (size_t i = 0; lane < n_blocks && i < 4; i++) column[i] = cv_load_le32(p + 16 * lane + 4 * i);
        put_block(q, lane, column);
    }
    transpose(q);
}

static void store_blocks(uint8_t *p, size_t n_blocks, uint64_t q[N_PLANES])
{
    transpose(q);
    for (unsigned lane = 0; lane < n_blocks; lane++) {
        cv_store_le32(p + 16 * lane, gather_bytes(q[lane]));
        cv_store_le32(p + 16 * lane + 4, gather_bytes(q[lane + LANES]));
        cv_store_le32(p + 16 * lane + 8, gather_bytes(q[lane] >> 8));
        cv_store_le32(p + 16 * lane + 12, gather_bytes(q[lane + LANES] >> 8));
    }
}

/* SubBytes: the circuit of Boyar and Peralta, "A new combinational logic minimization technique with
 * applications to cryptology" (IACR ePrint 2009/191), 115 gates; its names, x0 and s0 the high bits. */
static void sub_bytes(uint64_t q[N_PLANES])
{
    const uint64_t x0 = q[7], x1 = q[6], x2 = q[5], x3 = q[4], x4 = q[3], x5 = q[2], x6 = q[1], x7 = q[0];

    /* Into the tower field GF(((2^2)^2)^2), with shared sums. */
    const uint64_t y14 = x3 ^ x5, y13 = x0 ^ x6, y9 = x0 ^ x3, y8 = x0 ^ x5;
    const uint64_t t0 = x1 ^ x2, y1 = t0 ^ x7, y4 = y1 ^ x3, y12 = y13 ^ y14;
    const uint64_t y2 = y1 ^ x0, y5 = y1 ^ x6, y3 = y5 ^ y8, t1 = x4 ^ y12;
    const uint64_t y15 = t1 ^ x5, y20 = t1 ^ x1, y6 = y15 ^ x7, y10 = y15 ^ t0;
    const uint64_t y11 = y20 ^ y9, y7 = x7 ^ y11, y17 = y10 ^ y11, y19 = y10 ^ y8;
    const uint64_t y16 = t0 ^ y11, y21 = y13 ^ y16, y18 = x0 ^ y16;

    /* Inversion. */
    const uint64_t t2 = y12 & y15, t4 = (y3 & y6) ^ t2, t6 = (y4 & x7) ^ t2;
    const uint64_t t7 = y13 & y16, t9 = (y5 & y1) ^ t7, t11 = (y2 & y7) ^ t7;
    const uint64_t t12 = y9 & y11, t14 = (y14 & y17) ^ t12, t16 = (y8 & y10) ^ t12;
    const uint64_t t21 = t4 ^ t14 ^ y20, t22 = t6 ^ t16 ^ y19;
    const uint64_t t23 = t9 ^ t14 ^ y21, t24 = t11 ^ t16 ^ y18;
    const uint64_t t25 = t21 ^ t22, t26 = t21 & t23, t27 = t24 ^ t26, t29 = (t25 & t27) ^ t22;
    const uint64_t t30 = t23 ^ t24, t31 = t22 ^ t26, t33 = (t31 & t30) ^ t24;
    const uint64_t t34 = t23 ^ t33, t35 = t27 ^ t33, t36 = t24 & t35, t37 = t36 ^ t34;
    const uint64_t t38 = t27 ^ t36, t40 = t25 ^ (t29 & t38);
    const uint64_t t41 = t40 ^ t37, t42 = t29 ^ t33, t43 = t29 ^ t40, t44 = t33 ^ t37, t45 = t42 ^ t41;

    const uint64_t z0 = t44 & y15, z1 = t37 & y6, z2 = t33 & x7, z3 = t43 & y16, z4 = t40 & y1, z5 = t29 & y7;
    const uint64_t z6 = t42 & y11, z7 = t45 & y17, z8 = t41 & y10, z9 = t44 & y12, z10 = t37 & y3;
    const uint64_t z11 = t33 & y4, z12 = t43 & y13, z13 = t40 & y5, z14 = t29 & y2, z15 = t42 & y9;
    const uint64_t z16 = t45 & y14, z17 = t41 & y8;

    /* Back, and the affine map. */
    const uint64_t t46 = z15 ^ z16, t47 = z10 ^ z11, t48 = z5 ^ z13, t49 = z9 ^ z10, t50 = z2 ^ z12;
    const uint64_t t51 = z2 ^ z5, t52 = z7 ^ z8, t53 = z0 ^ z3, t54 = z6 ^ z7, t55 = z16 ^ z17;
    const uint64_t t56 = z12 ^ t48, t57 = t50 ^ t53, t58 = z4 ^ t46, t59 = z3 ^ t54, t60 = t46 ^ t57;
    const uint64_t t61 = z14 ^ t57, t62 = t52 ^ t58, t63 = t49 ^ t58, t64 = z4 ^ t59, t65 = t61 ^ t62;
    const uint64_t t66 = z1 ^ t63, s3 = t53 ^ t66;
    q[7] = t59 ^ t63;
    q[6] = t64 ^ ~s3;
    q[5] = t55 ^ ~(t64 ^ t65);
    q[4] = s3;
    q[3] = t51 ^ t66;
    q[2] = t47 ^ t65;
    q[1] = t56 ^ ~t62;
    q[0] = t48 ^ ~t60;
}

static void shift_rows(uint64_t q[N_PLANES])
{
    for (int i = 0; i < N_PLANES; i++) {
        uint64_t x = q[i];
        q[i] = (x & UINT64_C(0x000000000000ffff)) | (x & UINT64_C(0x00000000fff00000)) >> 4 |
               (x & UINT64_C(0x00000000000f0000)) << 12 | (x & UINT64_C(0x0000ff0000000000)) >> 8 |
               (x & UINT64_C(0x000000ff00000000)) << 8 | (x & UINT64_C(0xf000000000000000)) >> 12 |
               (x & UINT64_C(0x0fff000000000000)) << 4;
    }
}

static void inv_shift_rows(uint64_t q[N_PLANES])
{
    for (int i = 0; i < N_PLANES; i++) {
        uint64_t x = q[i];
        q[i] = (x & UINT64_C(0x000000000000ffff)) | (x & UINT64_C(0x000000000fff0000)) << 4 |
               (x & UINT64_C(0x00000000f0000000)) >> 12 | (x & UINT64_C(0x000000ff00000000)) << 8 |
               (x & UINT64_C(0x0000ff0000000000)) >> 8 | (x & UINT64_C(0x000f000000000000)) << 12 |
               (x & UINT64_C(0xfff0000000000000)) >> 4;
    }
}

/* The inverse of SubBytes' affine map: FIPS 197 section 5.3.2. */
static void inv_affine(uint64_t q[N_PLANES])
{
    uint64_t x[N_PLANES];
    memcpy(x, q, sizeof x);
    for (int i = 0; i < N_PLANES; i++) q[i] = x[(i + 2) % 8] ^ x[(i + 5) % 8] ^ x[(i + 7) % 8];
    q[0] = ~q[0]; /* 0x05 */
    q[2] = ~q[2];
}

/* SubBytes is A(1 / x), its inverse so 1 / A'(x), and 1 / y is A'(SubBytes(y)). */
static void inv_sub_bytes(uint64_t q[N_PLANES])
{
    inv_affine(q);
    sub_bytes(q);
    inv_affine(q);
}

static inline uint64_t rotr(uint64_t x, unsigned n)
{
    return x >> n | x << (64 - n);
}

/* Each byte a with those below it, b, c, d, becomes 2(a + b) + b + (c + d). */
static void mix_columns(uint64_t q[N_PLANES])
{
    uint64_t below[N_PLANES], sum[N_PLANES];
    for (int i = 0; i < N_PLANES; i++) {
        below[i] = rotr(q[i], 16);
        sum[i] = q[i] ^ below[i];
    }
    const uint64_t carry = sum[7]; /* x^8 = x^4 + x^3 + x + 1 */
    for (int i = 0; i < N_PLANES; i++) {
        uint64_t twice = i ? sum[i - 1] : 0;
        if (i == 0 || i == 1 || i == 3 || i == 4) twice ^= carry;
        q[i] = twice ^ below[i] ^ rotr(sum[i], 32);
    }
}

/* The matrix of InvMixColumns is that of MixColumns times the one with the rows 5 0 4 0, 0 5 0 4 and so on:
 * four times the byte and the one two below it, and the byte. */
static void inv_mix_columns(uint64_t q[N_PLANES])
{
    uint64_t sum[N_PLANES];
    for (int i = 0; i < N_PLANES; i++) sum[i] = q[i] ^ rotr(q[i], 32);
    /* times x^2: planes 6 and 7 fall off, and come back by x^8 = x^4 + x^3 + x + 1 */
    const uint64_t six = sum[6], seven = sum[7];
    for (int i = 0; i < N_PLANES; i++) q[i] ^= i < 2 ? 0 : sum[i - 2];
    q[0] ^= six;
    q[1] ^= six ^ seven;
    q[2] ^= seven;
    q[3] ^= six;
    q[4] ^= six ^ seven;
    q[5] ^= seven;
    mix_columns(q);
}

/* A stored round key has every fourth bit of each plane, since all four blocks use the same key: planes 0
 * to 3 in the first word, 4 to 7 in the second. */
static void add_round_key(uint64_t q[N_PLANES], const uint64_t key[2])
{
    for (int i = 0; i < N_PLANES; i++) {
        uint64_t bits = key[i / 4] >> i % 4 & UINT64_C(0x1111111111111111);
        q[i] ^= (bits << 4) - bits;
    }
}

static void store_round_key(uint64_t key[2], const uint32_t column[4])
{
    uint64_t q[N_PLANES];
    for (unsigned lane = 0; lane < LANES; lane++) put_block(q, lane, column);
    transpose(q);
    key[0] = key[1] = 0;
    for (int i = 0; i < N_PLANES; i++) key[i / 4] |= q[i] & UINT64_C(0x1111111111111111) << i % 4;
    cv_wipe(q, sizeof q);
}

static uint32_t sub_word(uint32_t v)
{
    uint64_t q[N_PLANES] = {v};
    transpose(q);
    sub_bytes(q);
    transpose(q);
    v = (uint32_t)q[0];
    cv_wipe(q, sizeof q);
    return v;
}

/* FIPS 197 section 5.2, with words loaded little-endian. */
void cv_aes_ct_expand(uint64_t *round_keys, unsigned n_rounds, const uint8_t *key)
{
    const unsigned n_key = n_rounds - 6; /* words of the key */
    uint32_t w[4 * (CV_AES256_ROUNDS + 1)];
    uint32_t rcon = 1;
    for (unsigned i = 0; i < n_key; i++) w[i] = cv_load_le32(key + 4 * i);
    for (unsigned i = n_key; i < 4 * (n_rounds + 1); i++) {
        uint32_t t = w[i - 1];
        if (i % n_key == 0) {
            t = sub_word(t >> 8 | t << 24) ^ rcon;
            rcon = rcon << 1 ^ (rcon >> 7) * 0x11b;
        } else if (n_key == 8 && i % 8 == 4) {
            t = sub_word(t);
        }
        w[i] = w[i - n_key] ^ t;
    }
    for (unsigned r = 0; r <= n_rounds; r++) store_round_key(round_keys + 2 * r, w + 4 * r);
    cv_wipe(w, sizeof w);
}

void cv_aes_ct_encrypt(const uint64_t *round_keys, unsigned n_rounds, uint8_t *blocks, size_t n_blocks)
{
    uint64_t q[N_PLANES];
    while (n_blocks) {
        size_t n = n_blocks < LANES ? n_blocks : LANES;
        load_blocks(q, blocks, n);
        add_round_key(q, round_keys);
        for (unsigned r = 1; r <= n_rounds; r++) {
            sub_bytes(q);
            shift_rows(q);
            if (r < n_rounds) mix_columns(q);
            add_round_key(q, round_keys + 2 * r);
        }
        store_blocks(blocks, n, q);
        blocks += CV_AES_BLOCK_LEN * n;
        n_blocks -= n;
    }
    cv_wipe(q, sizeof q);
}

void cv_aes_ct_decrypt(const uint64_t *round_keys, unsigned n_rounds, uint8_t *blocks, size_t n_blocks)
{
    uint64_t q[N_PLANES];
    while (n_blocks) {
        size_t n = n_blocks < LANES ? n_blocks : LANES;
        load_blocks(q, blocks, n);
        for (unsigned r = n_rounds; r >= 1; r--) {
            add_round_key(q, round_keys + 2 * r);
            if (r < n_rounds) inv_mix_columns(q);
            inv_shift_rows(q);
            inv_sub_bytes(q);
        }
        add_round_key(q, round_keys);
        store_blocks(blocks, n, q);
        blocks += CV_AES_BLOCK_LEN * n;
        n_blocks -= n;
    }
    cv_wipe(q, sizeof q);
}
