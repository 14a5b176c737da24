/* Import only: see import_only.h. DES as FIPS 46-3 has it, three times (NIST SP 800-67). */
#include "crypto/base/secret.h"
#include "crypto/import_only.h"

#include <string.h>

enum { N_ROUNDS = 16, N_KEYS = 3 };

/* FIPS 46-3: the selection functions, a row each; the digit of column 0 comes first. */
static const uint64_t s_boxes[8][4] = {
    {UINT64_C(0xe4d12fb83a6c5907), UINT64_C(0x0f74e2d1a6cb9538), UINT64_C(0x41e8d62bfc973a50),
     UINT64_C(0xfc8249175b3ea06d)},
    {UINT64_C(0xf18e6b34972dc05a), UINT64_C(0x3d47f28ec01a69b5), UINT64_C(0x0e7ba4d158c6932f),
     UINT64_C(0xd8a13f42b67c05e9)},
    {UINT64_C(0xa09e63f51dc7b428), UINT64_C(0xd709346a285ecbf1), UINT64_C(0xd6498f30b12c5ae7),
     UINT64_C(0x1ad069874fe3b52c)},
    {UINT64_C(0x7de3069a1285bc4f), UINT64_C(0xd8b56f03472c1ae9), UINT64_C(0xa690cb7df13e5284),
     UINT64_C(0x3f06a1d8945bc72e)},
    {UINT64_C(0x2c417ab6853fd0e9), UINT64_C(0xeb2c47d150fa3986), UINT64_C(0x421bad78f9c5630e),
     UINT64_C(0xb8c71e2d6f09a453)},
    {UINT64_C(0xc1af92680d34e75b), UINT64_C(0xaf427c9561de0b38), UINT64_C(0x9ef528c3704a1db6),
     UINT64_C(0x432c95fabe17608d)},
    {UINT64_C(0x4b2ef08d3c975a61), UINT64_C(0xd0b7491ae35c2f86), UINT64_C(0x14bdc37eaf680592),
     UINT64_C(0x6bd814a7950fe23c)},
    {UINT64_C(0xd2846fb1a93e50c7), UINT64_C(0x1fd8a374c56b0e92), UINT64_C(0x7b419ce206adf358),
     UINT64_C(0x21e74a8dfc90356b)},
};

/* The tables of FIPS 46-3, which counts bits from the left, from 1. */
static const uint8_t permuted_choice_1[56] = {
    57, 49, 41, 33, 25, 17, 9,  1,  58, 50, 42, 34, 26, 18, 10, 2,  59, 51, 43,
    35, 27, 19, 11, 3,  60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7,  62, 54,
    46, 38, 30, 22, 14, 6,  61, 53, 45, 37, 29, 21, 13, 5,  28, 20, 12, 4,
};
static const uint8_t permuted_choice_2[48] = {
    14, 17, 11, 24, 1,  5,  3,  28, 15, 6,  21, 10, 23, 19, 12, 4,  26, 8,  16, 7,  27, 20, 13, 2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
};
static const uint8_t initial_permutation[64] = {
    58, 50, 42, 34, 26, 18, 10, 2,  60, 52, 44, 36, 28, 20, 12, 4,  62, 54, 46, 38, 30, 22,
    14, 6,  64, 56, 48, 40, 32, 24, 16, 8,  57, 49, 41, 33, 25, 17, 9,  1,  59, 51, 43, 35,
    27, 19, 11, 3,  61, 53, 45, 37, 29, 21, 13, 5,  63, 55, 47, 39, 31, 23, 15, 7,
};
static const uint8_t final_permutation[64] = {
    40, 8,  48, 16, 56, 24, 64, 32, 39, 7,  47, 15, 55, 23, 63, 31, 38, 6,  46, 14, 54, 22,
    62, 30, 37, 5,  45, 13, 53, 21, 61, 29, 36, 4,  44, 12, 52, 20, 60, 28, 35, 3,  43, 11,
    51, 19, 59, 27, 34, 2,  42, 10, 50, 18, 58, 26, 33, 1,  41, 9,  49, 17, 57, 25,
};
static const uint8_t round_permutation[32] = {
    16, 7, 20, 21, 29, 12, 28, 17, 1,  15, 23, 26, 5,  18, 31, 10,
    2,  8, 24, 14, 32, 27, 3,  9,  19, 13, 30, 6,  22, 11, 4,  25,
};

static uint64_t permute(uint64_t v, unsigned n_bits, const uint8_t *table, size_t n)
{
    uint64_t out = 0;

    for (size_t i = 0; i < n; i++) out = out << 1 | (v >> (n_bits - table[i]) & 1);
    return out;
}

/* a where the bit is set, else b. */
static uint64_t choose(uint64_t bit, uint64_t a, uint64_t b)
{
    return b ^ ((0 - bit) & (a ^ b));
}

/* A row by the outer two of six bits, then half of what is left by each of the inner four: no address depends
 * on them. */
static uint64_t substitute(const uint64_t box[4], uint64_t six)
{
    uint64_t inner = six >> 1;
    uint64_t low = choose(six & 1, box[1], box[0]), high = choose(six & 1, box[3], box[2]);
    uint64_t row = choose(six >> 5 & 1, high, low);

    row = choose(inner >> 3 & 1, row, row >> 32);
    row = choose(inner >> 2 & 1, row, row >> 16);
    row = choose(inner >> 1 & 1, row, row >> 8);
    return choose(inner & 1, row, row >> 4) & 0xf;
}

static uint32_t round_function(uint32_t r, uint64_t round_key)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++) {
        unsigned by = (4 * i + 5) % 32; /* each six bits begin one before the four that they replace */
        uint64_t six = (r << by | r >> (32 - by)) & 0x3f;
        v = v << 4 | substitute(s_boxes[i], six ^ (round_key >> (42 - 6 * i) & 0x3f));
    }
    return (uint32_t)permute(v, 32, round_permutation, 32);
}

static void expand(uint64_t round_keys[N_ROUNDS], const uint8_t key[8])
{
    const uint32_t mask = 0x0fffffff, once = 1u << 0 | 1u << 1 | 1u << 8 | 1u << 15;
    uint64_t chosen = permute(cv_load_be64(key), 64, permuted_choice_1, 56);
    uint32_t c = (uint32_t)(chosen >> 28) & mask, d = (uint32_t)chosen & mask;

    for (unsigned i = 0; i < N_ROUNDS; i++) {
        unsigned by = once >> i & 1 ? 1 : 2;
        c = (c << by | c >> (28 - by)) & mask;
        d = (d << by | d >> (28 - by)) & mask;
        round_keys[i] = permute((uint64_t)c << 28 | d, 56, permuted_choice_2, 48);
    }
}

/* DES between its two outer permutations, which cancel where it is applied again. */
static uint64_t rounds(uint64_t v, const uint64_t round_keys[N_ROUNDS], bool decrypting)
{
    uint32_t l = (uint32_t)(v >> 32), r = (uint32_t)v;

    for (unsigned i = 0; i < N_ROUNDS; i++) {
        uint32_t next = l ^ round_function(r, round_keys[decrypting ? N_ROUNDS - 1 - i : i]);
        l = r;
        r = next;
    }
    return (uint64_t)r << 32 | l;
}

void cv_import_3des_cbc_decrypt(uint8_t *dst, const uint8_t *src, size_t n_blocks,
                                const uint8_t key[CV_3DES_KEY_LEN], const uint8_t iv[CV_IMPORT_BLOCK_LEN])
{
    uint64_t round_keys[N_KEYS][N_ROUNDS], chain = cv_load_be64(iv);

    for (unsigned i = 0; i < N_KEYS; i++) expand(round_keys[i], key + 8 * i);
    for (size_t i = 0; i < n_blocks; i++) {
        uint64_t block = cv_load_be64(src + CV_IMPORT_BLOCK_LEN * i);
        uint64_t v = permute(block, 64, initial_permutation, 64);
        v = rounds(v, round_keys[2], true);
        v = rounds(v, round_keys[1], false);
        v = rounds(v, round_keys[0], true);
        cv_store_be64(dst + CV_IMPORT_BLOCK_LEN * i, permute(v, 64, final_permutation, 64) ^ chain);
        chain = block;
    }
    cv_wipe(round_keys, sizeof round_keys);
}
