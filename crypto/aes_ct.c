#include "crypto/aes.h"

#include "crypto/base/secret.h"

#include <string.h>

/* Four blocks are held as eight words, word i with bit i of each of the 64 bytes. The byte in row r and
 * column c of block b stands at bit 16r + 4c + b: a row is 16 bits, so that MixColumns rotates the whole
 * word and ShiftRows rotates within 16 bits. */
enum { LANES = 4, ROW_BITS = 16 };
typedef uint64_t plane;
#include "crypto/aes_planes.h"

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

/* The matrix of InvMixColumns is that of MixColumns times the one with the rows 5 0 4 0, 0 5 0 4 and so on:
 * four times the byte and the one two below it, and the byte. */
static void inv_mix_columns(uint64_t q[N_PLANES])
{
    uint64_t sum[N_PLANES];
    for (int i = 0; i < N_PLANES; i++) sum[i] = q[i] ^ rotr(q[i], 2 * ROW_BITS);
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
