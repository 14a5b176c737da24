/* AES-CCM with AES-NI. */
#include "crypto/ccm.h"

#if defined(__x86_64__)

#include "crypto/aesni.h"

/* The key state is the expanded key. */
#define STATE_LEN(n_rounds) (((n_rounds) + 1) * sizeof(__m128i))

static void init(const struct cv_aead *a, void *state, const uint8_t *key)
{
    cv_aesni_expand(state, cv_aes_rounds(a->key_len), key);
}

static void encrypt(const void *state, unsigned n_rounds, uint8_t *blocks, size_t n_blocks)
{
    cv_aesni_encrypt(state, n_rounds, blocks, n_blocks);
}

#define INLINE CV_TARGET_AESNI static inline __attribute__((always_inline))

/* Both at once: the chain is serial, and the keystream goes along. */
INLINE void encrypt_two(const __m128i *keys, unsigned n_rounds, __m128i *a, __m128i *b)
{
    __m128i x = _mm_xor_si128(*a, keys[0]), y = _mm_xor_si128(*b, keys[0]);
    for (unsigned r = 1; r < n_rounds; r++) {
        x = _mm_aesenc_si128(x, keys[r]);
        y = _mm_aesenc_si128(y, keys[r]);
    }
    *a = _mm_aesenclast_si128(x, keys[n_rounds]);
    *b = _mm_aesenclast_si128(y, keys[n_rounds]);
}

INLINE void crypt_rounds(const __m128i *keys, unsigned n_rounds, uint8_t *chain, const uint8_t *counter,
                         uint8_t *dst, const uint8_t *src, size_t n_blocks, bool opening)
{
    /* bytes reversed, so that the counter is the lowest word; it has 24 bits and does not run over */
    __m128i next = cv_reverse_bytes(_mm_loadu_si128((const __m128i *)(const void *)counter));
    __m128i mac = _mm_loadu_si128((const __m128i *)(const void *)chain);
    for (; n_blocks > 0; n_blocks--, dst += CV_AES_BLOCK_LEN, src += CV_AES_BLOCK_LEN) {
        const __m128i in = _mm_loadu_si128((const __m128i *)(const void *)src);
        __m128i keystream = cv_reverse_bytes(next);
        encrypt_two(keys, n_rounds, &mac, &keystream);
        const __m128i out = _mm_xor_si128(in, keystream);
        mac = _mm_xor_si128(mac, opening ? out : in);
        next = _mm_add_epi32(next, _mm_set_epi32(0, 0, 0, 1));
        _mm_storeu_si128((__m128i *)(void *)dst, out);
    }
    _mm_storeu_si128((__m128i *)(void *)chain, mac);
}

/* Loops over a constant number of rounds are unrolled. */
CV_TARGET_AESNI static void crypt(const void *state, unsigned n_rounds, uint8_t *chain,
                                  const uint8_t *counter, uint8_t *dst, const uint8_t *src, size_t n_blocks,
                                  bool opening)
{
    if (n_rounds == CV_AES128_ROUNDS) {
        crypt_rounds(state, CV_AES128_ROUNDS, chain, counter, dst, src, n_blocks, opening);
    } else {
        crypt_rounds(state, CV_AES256_ROUNDS, chain, counter, dst, src, n_blocks, opening);
    }
}

static const struct cv_ccm_impl impl = {.encrypt = encrypt, .crypt = crypt};

const struct cv_aead cv_aes128_ccm_aesni = {
    .name = "AES-128-CCM",
    .key_len = 16,
    .tag_len = 16,
    .state_len = STATE_LEN(CV_AES128_ROUNDS),
    .record_limit = CV_CCM_RECORD_LIMIT,
    .ccm = &impl,
    .init = init,
    .seal = cv_ccm_seal,
    .open = cv_ccm_open,
};

const struct cv_aead cv_aes128_ccm_8_aesni = {
    .name = "AES-128-CCM-8",
    .key_len = 16,
    .tag_len = 8,
    .state_len = STATE_LEN(CV_AES128_ROUNDS),
    .record_limit = CV_CCM_RECORD_LIMIT,
    .ccm = &impl,
    .init = init,
    .seal = cv_ccm_seal,
    .open = cv_ccm_open,
};

const struct cv_aead cv_aes256_ccm_aesni = {
    .name = "AES-256-CCM",
    .key_len = 32,
    .tag_len = 16,
    .state_len = STATE_LEN(CV_AES256_ROUNDS),
    .record_limit = CV_CCM_RECORD_LIMIT,
    .ccm = &impl,
    .init = init,
    .seal = cv_ccm_seal,
    .open = cv_ccm_open,
};

const struct cv_aead cv_aes256_ccm_8_aesni = {
    .name = "AES-256-CCM-8",
    .key_len = 32,
    .tag_len = 8,
    .state_len = STATE_LEN(CV_AES256_ROUNDS),
    .record_limit = CV_CCM_RECORD_LIMIT,
    .ccm = &impl,
    .init = init,
    .seal = cv_ccm_seal,
    .open = cv_ccm_open,
};

#endif
