/* Import only: see import_only.h. RC2 as RFC 2268 describes it. */
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "crypto/import_only.h"
#include "crypto/xor.h"

#include <string.h>

enum { N_WORDS = 64 };

/* RFC 2268 section 2: PITABLE, from the digits of pi. */
static const uint8_t pi_table[256] = {
    0xd9, 0x78, 0xf9, 0xc4, 0x19, 0xdd, 0xb5, 0xed, 0x28, 0xe9, 0xfd, 0x79, 0x4a, 0xa0, 0xd8, 0x9d,
    0xc6, 0x7e, 0x37, 0x83, 0x2b, 0x76, 0x53, 0x8e, 0x62, 0x4c, 0x64, 0x88, 0x44, 0x8b, 0xfb, 0xa2,
    0x17, 0x9a, 0x59, 0xf5, 0x87, 0xb3, 0x4f, 0x13, 0x61, 0x45, 0x6d, 0x8d, 0x09, 0x81, 0x7d, 0x32,
    0xbd, 0x8f, 0x40, 0xeb, 0x86, 0xb7, 0x7b, 0x0b, 0xf0, 0x95, 0x21, 0x22, 0x5c, 0x6b, 0x4e, 0x82,
    0x54, 0xd6, 0x65, 0x93, 0xce, 0x60, 0xb2, 0x1c, 0x73, 0x56, 0xc0, 0x14, 0xa7, 0x8c, 0xf1, 0xdc,
    0x12, 0x75, 0xca, 0x1f, 0x3b, 0xbe, 0xe4, 0xd1, 0x42, 0x3d, 0xd4, 0x30, 0xa3, 0x3c, 0xb6, 0x26,
    0x6f, 0xbf, 0x0e, 0xda, 0x46, 0x69, 0x07, 0x57, 0x27, 0xf2, 0x1d, 0x9b, 0xbc, 0x94, 0x43, 0x03,
    0xf8, 0x11, 0xc7, 0xf6, 0x90, 0xef, 0x3e, 0xe7, 0x06, 0xc3, 0xd5, 0x2f, 0xc8, 0x66, 0x1e, 0xd7,
    0x08, 0xe8, 0xea, 0xde, 0x80, 0x52, 0xee, 0xf7, 0x84, 0xaa, 0x72, 0xac, 0x35, 0x4d, 0x6a, 0x2a,
    0x96, 0x1a, 0xd2, 0x71, 0x5a, 0x15, 0x49, 0x74, 0x4b, 0x9f, 0xd0, 0x5e, 0x04, 0x18, 0xa4, 0xec,
    0xc2, 0xe0, 0x41, 0x6e, 0x0f, 0x51, 0xcb, 0xcc, 0x24, 0x91, 0xaf, 0x50, 0xa1, 0xf4, 0x70, 0x39,
    0x99, 0x7c, 0x3a, 0x85, 0x23, 0xb8, 0xb4, 0x7a, 0xfc, 0x02, 0x36, 0x5b, 0x25, 0x55, 0x97, 0x31,
    0x2d, 0x5d, 0xfa, 0x98, 0xe3, 0x8a, 0x92, 0xae, 0x05, 0xdf, 0x29, 0x10, 0x67, 0x6c, 0xba, 0xc9,
    0xd3, 0x00, 0xe6, 0xcf, 0xe1, 0x9e, 0xa8, 0x2c, 0x63, 0x16, 0x01, 0x3f, 0x58, 0xe2, 0x89, 0xa9,
    0x0d, 0x38, 0x34, 0x1b, 0xab, 0x33, 0xff, 0xb0, 0xbb, 0x48, 0x0c, 0x5f, 0xb9, 0xb1, 0xcd, 0x2e,
    0xc5, 0xf3, 0xdb, 0x47, 0xe5, 0xa5, 0x9c, 0x77, 0x0a, 0xa6, 0x20, 0x68, 0xfe, 0x7f, 0xc1, 0xad,
};

/* pi_table[i]; every entry is read, as i comes from the key. */
static uint8_t substitute(uint32_t i)
{
    uint32_t v = 0;

    for (uint32_t k = 0; k < sizeof pi_table; k++) v |= cv_ct_eq32(k, i & 0xff) & pi_table[k];
    return (uint8_t)v;
}

/* words[i & 63], likewise. */
static uint32_t find_word(const uint16_t words[N_WORDS], uint32_t i)
{
    uint32_t v = 0;

    for (uint32_t k = 0; k < N_WORDS; k++) v |= cv_ct_eq32(k, i & 63) & words[k];
    return v;
}

/* Section 2. */
static void expand(uint16_t words[N_WORDS], struct cv_bytes key, unsigned effective_bits)
{
    uint8_t l[CV_RC2_KEY_MAX];
    unsigned n_effective = (effective_bits + 7) / 8, mask = 0xff >> (8 * n_effective - effective_bits);

    memcpy(l, key.p, key.len);
    for (size_t i = key.len; i < sizeof l; i++) l[i] = substitute((uint32_t)l[i - 1] + l[i - key.len]);
    l[sizeof l - n_effective] = substitute(l[sizeof l - n_effective] & mask);
    for (size_t i = sizeof l - n_effective; i-- > 0;)
        l[i] = substitute((uint32_t)(l[i + 1] ^ l[i + n_effective]));
    for (size_t i = 0; i < N_WORDS; i++) words[i] = (uint16_t)(l[2 * i] | l[2 * i + 1] << 8);
    cv_wipe(l, sizeof l);
}

/* Section 4.1: an r-mixing round; *j is the word behind the next one to use. */
static void unmix(uint16_t r[4], const uint16_t words[N_WORDS], unsigned *j)
{
    static const uint8_t rotations[4] = {1, 2, 3, 5};

    for (unsigned i = 4; i-- > 0;) {
        unsigned v = (unsigned)r[i] >> rotations[i] | (unsigned)r[i] << (16 - rotations[i]);
        unsigned a = r[(i + 3) % 4], b = r[(i + 2) % 4], c = r[(i + 1) % 4];
        r[i] = (uint16_t)(v - words[--*j] - (a & b) - (~a & c));
    }
}

/* Section 4.2: an r-mashing round. */
static void unmash(uint16_t r[4], const uint16_t words[N_WORDS])
{
    for (unsigned i = 4; i-- > 0;) r[i] = (uint16_t)(r[i] - find_word(words, r[(i + 3) % 4]));
}

static void decrypt_block(uint8_t out[CV_IMPORT_BLOCK_LEN], const uint8_t in[CV_IMPORT_BLOCK_LEN],
                          const uint16_t words[N_WORDS])
{
    static const uint8_t mixing_rounds[] = {5, 6, 5};
    uint16_t r[4];
    unsigned j = N_WORDS;

    for (unsigned i = 0; i < 4; i++) r[i] = (uint16_t)(in[2 * i] | in[2 * i + 1] << 8);
    for (unsigned part = 0; part < 3; part++) {
        if (part > 0) unmash(r, words);
        for (unsigned i = 0; i < mixing_rounds[part]; i++) unmix(r, words, &j);
    }
    for (unsigned i = 0; i < 4; i++) {
        out[2 * i] = (uint8_t)r[i];
        out[2 * i + 1] = (uint8_t)(r[i] >> 8);
    }
}

void cv_import_rc2_cbc_decrypt(uint8_t *dst, const uint8_t *src, size_t n_blocks, struct cv_bytes key,
                               unsigned effective_bits, const uint8_t iv[CV_IMPORT_BLOCK_LEN])
{
    uint8_t chain[CV_IMPORT_BLOCK_LEN], block[CV_IMPORT_BLOCK_LEN];
    uint16_t words[N_WORDS];

    expand(words, key, effective_bits);
    memcpy(chain, iv, sizeof chain);
    for (size_t i = 0; i < n_blocks; i++) {
        memcpy(block, src + CV_IMPORT_BLOCK_LEN * i, sizeof block);
        uint8_t *out = dst + CV_IMPORT_BLOCK_LEN * i;
        decrypt_block(out, block, words);
        cv_xor_bytes(out, out, chain, sizeof chain);
        memcpy(chain, block, sizeof chain);
    }
    cv_wipe(words, sizeof words);
}
