/* AES-CBC with AES-NI. */
#include "crypto/cbc.h"

#if defined(__x86_64__)

#include "crypto/aesni.h"

/* Blocks decrypted at the same time: they do not depend on each other, and the instruction takes a while. */
enum { BLOCK = CV_AES_BLOCK_LEN, LANES = 8 };

#define INLINE CV_TARGET_AESNI static inline __attribute__((always_inline))

INLINE __m128i load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

INLINE void store(uint8_t *p, __m128i x)
{
    _mm_storeu_si128((__m128i *)(void *)p, x);
}

INLINE void encrypt_rounds(const __m128i *keys, unsigned n_rounds, uint8_t *chain, uint8_t *p,
                           size_t n_blocks)
{
    __m128i x = load(chain);
    for (; n_blocks > 0; n_blocks--, p += BLOCK) {
        x = _mm_xor_si128(_mm_xor_si128(x, keys[0]), load(p));
        for (unsigned r = 1; r < n_rounds; r++) x = _mm_aesenc_si128(x, keys[r]);
        x = _mm_aesenclast_si128(x, keys[n_rounds]);
        store(p, x);
    }
    store(chain, x);
}

/* n is a constant where this is inlined. All is loaded before anything is stored: dst may be src. */
INLINE __m128i decrypt_lanes(const __m128i *keys, unsigned n_rounds, __m128i chain, uint8_t *dst,
                             const uint8_t *src, size_t n)
{
    __m128i text[LANES], cipher[LANES];
    for (size_t i = 0; i < n; i++) cipher[i] = load(src + BLOCK * i);
    for (size_t i = 0; i < n; i++) text[i] = _mm_xor_si128(cipher[i], keys[0]);
    for (unsigned r = 1; r < n_rounds; r++)
        for (size_t i = 0; i < n; i++) text[i] = _mm_aesdec_si128(text[i], keys[r]);
    for (size_t i = 0; i < n; i++) text[i] = _mm_aesdeclast_si128(text[i], keys[n_rounds]);
    store(dst, _mm_xor_si128(text[0], chain));
    for (size_t i = 1; i < n; i++) store(dst + BLOCK * i, _mm_xor_si128(text[i], cipher[i - 1]));
    return cipher[n - 1];
}

INLINE void decrypt_rounds(const __m128i *keys, unsigned n_rounds, uint8_t *chain, uint8_t *dst,
                           const uint8_t *src, size_t n_blocks)
{
    __m128i last = load(chain);
    for (; n_blocks >= LANES; n_blocks -= LANES, dst += LANES * BLOCK, src += LANES * BLOCK)
        last = decrypt_lanes(keys, n_rounds, last, dst, src, LANES);
    for (; n_blocks > 0; n_blocks--, dst += BLOCK, src += BLOCK)
        last = decrypt_lanes(keys, n_rounds, last, dst, src, 1);
    store(chain, last);
}

static void init(const struct cv_cbc *c, void *state, const uint8_t *key, bool decrypting)
{
    cv_aesni_expand(state, cv_aes_rounds(c->key_len), key);
    if (decrypting) cv_aesni_invert_keys(state, cv_aes_rounds(c->key_len));
}

/* Loops over a constant number of rounds are unrolled. */
CV_TARGET_AESNI static void encrypt(const struct cv_cbc *c, const void *state, uint8_t *chain,
                                    uint8_t *blocks, size_t n_blocks)
{
    if (cv_aes_rounds(c->key_len) == CV_AES128_ROUNDS) {
        encrypt_rounds(state, CV_AES128_ROUNDS, chain, blocks, n_blocks);
    } else {
        encrypt_rounds(state, CV_AES256_ROUNDS, chain, blocks, n_blocks);
    }
}

CV_TARGET_AESNI static void decrypt(const struct cv_cbc *c, const void *state, uint8_t *chain, uint8_t *dst,
                                    const uint8_t *src, size_t n_blocks)
{
    if (cv_aes_rounds(c->key_len) == CV_AES128_ROUNDS) {
        decrypt_rounds(state, CV_AES128_ROUNDS, chain, dst, src, n_blocks);
    } else {
        decrypt_rounds(state, CV_AES256_ROUNDS, chain, dst, src, n_blocks);
    }
}

const struct cv_cbc cv_aes128_cbc_aesni = {
    .name = "AES-128-CBC",
    .key_len = 16,
    .state_len = (CV_AES128_ROUNDS + 1) * sizeof(__m128i),
    .init = init,
    .encrypt = encrypt,
    .decrypt = decrypt,
};

const struct cv_cbc cv_aes256_cbc_aesni = {
    .name = "AES-256-CBC",
    .key_len = 32,
    .state_len = (CV_AES256_ROUNDS + 1) * sizeof(__m128i),
    .init = init,
    .encrypt = encrypt,
    .decrypt = decrypt,
};

#endif
