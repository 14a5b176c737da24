/* The AES block cipher (FIPS 197).
 *
 * Portable and constant time: bitsliced, four blocks at a time, no table. The round keys are secret; the
 * caller owns and wipes them. The CPU's instructions are used by the modes themselves, see gcm_aesni.c. */
#ifndef CV_AES_H
#define CV_AES_H

#include "crypto/base/bytes.h"

enum {
    CV_AES_BLOCK_LEN = 16,
    CV_AES128_ROUNDS = 10, /* key of 16 bytes */
    CV_AES192_ROUNDS = 12, /* key of 24 bytes; in files only */
    CV_AES256_ROUNDS = 14, /* key of 32 bytes */
};

/* The rounds that a key of so many bytes takes. */
static inline unsigned cv_aes_rounds(size_t key_len)
{
    return (unsigned)key_len / 4 + 6;
}

/* Words of an expanded key: 16 bytes a round key, transposed into bit planes. */
#define CV_AES_CT_WORDS(n_rounds) (2 * ((n_rounds) + 1))

/* round_keys: CV_AES_CT_WORDS(n_rounds). n_rounds is one of the three above and tells the key's length. */
void cv_aes_ct_expand(uint64_t *round_keys, unsigned n_rounds, const uint8_t *key);

/* Encrypts blocks in place, each by itself. One to four blocks cost the same. */
void cv_aes_ct_encrypt(const uint64_t *round_keys, unsigned n_rounds, uint8_t *blocks, size_t n_blocks);

/* The inverse, likewise. */
void cv_aes_ct_decrypt(const uint64_t *round_keys, unsigned n_rounds, uint8_t *blocks, size_t n_blocks);

#endif
