/* AES-GCM with AES-NI and PCLMULQDQ: eight blocks at a time, CTR and GHASH interleaved. */
#include "crypto/gcm.h"

#if defined(__x86_64__)

#include "crypto/aesni.h"

#include <string.h>

#define TARGET CV_TARGET_AESNI
#define INLINE __attribute__((always_inline)) static inline

enum { BLOCK = CV_AES_BLOCK_LEN, GROUP = 8 };

struct state {
    __m128i powers[GROUP]; /* of the hash key, highest first */
    __m128i round_keys[];
};

TARGET static inline __m128i load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

TARGET static inline void store(uint8_t *p, __m128i v)
{
    _mm_storeu_si128((__m128i *)(void *)p, v);
}

/* nonce || 0, with the bytes reversed: the counter is the lowest 32 bits. */
TARGET static inline __m128i load_nonce(const uint8_t *nonce)
{
    uint8_t block[BLOCK] = {0};
    memcpy(block, nonce, CV_AEAD_NONCE_LEN);
    return cv_reverse_bytes(load(block));
}

/* Encrypts eight blocks. If p is not NULL, sums up the products of its eight blocks meanwhile, one product
 * a round. */
TARGET INLINE void encrypt_group(const struct state *s, unsigned n_rounds, __m128i b[GROUP],
                                 struct cv_clmul_product *sum, __m128i y, const uint8_t *p)
{
#pragma GCC unroll 16
    for (int i = 0; i < GROUP; i++) b[i] = _mm_xor_si128(b[i], s->round_keys[0]);
#pragma GCC unroll 16
    for (unsigned r = 1; r < n_rounds; r++) {
        const __m128i key = s->round_keys[r];
#pragma GCC unroll 16
        for (int i = 0; i < GROUP; i++) b[i] = _mm_aesenc_si128(b[i], key);
        if (p && r <= GROUP) {
            __m128i block = cv_reverse_bytes(load(p + BLOCK * (r - 1)));
            if (r == 1) block = _mm_xor_si128(block, y);
            cv_clmul_add(sum, block, s->powers[r - 1]);
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < GROUP; i++) b[i] = _mm_aesenclast_si128(b[i], s->round_keys[n_rounds]);
}

TARGET INLINE __m128i hash_blocks(const struct state *s, __m128i y, const uint8_t *p, size_t n_blocks)
{
    while (n_blocks) {
        const size_t n = n_blocks < GROUP ? n_blocks : GROUP;
        struct cv_clmul_product sum = {0};
        for (size_t i = 0; i < n; i++) {
            __m128i block = cv_reverse_bytes(load(p + BLOCK * i));
            if (i == 0) block = _mm_xor_si128(block, y);
            cv_clmul_add(&sum, block, s->powers[GROUP - n + i]);
        }
        y = cv_clmul_reduce(sum);
        p += BLOCK * n;
        n_blocks -= n;
    }
    return y;
}

TARGET static void ghash(const void *state, uint8_t *y, const uint8_t *p, size_t n_blocks)
{
    store(y, cv_reverse_bytes(hash_blocks(state, cv_reverse_bytes(load(y)), p, n_blocks)));
}

TARGET INLINE void keystream_rounds(const struct state *s, unsigned n_rounds, uint8_t *out,
                                    const uint8_t *nonce, const uint32_t *counters, size_t n)
{
    const __m128i base = load_nonce(nonce);
    while (n) {
        const size_t take = n < GROUP ? n : GROUP;
        __m128i b[GROUP];
#pragma GCC unroll 16
        for (size_t i = 0; i < GROUP; i++)
            b[i] = cv_reverse_bytes(_mm_insert_epi32(base, (int)counters[i < take ? i : 0], 0));
        encrypt_group(s, n_rounds, b, NULL, base, NULL);
#pragma GCC unroll 16
        for (size_t i = 0; i < GROUP; i++)
            if (i < take) store(out + BLOCK * i, b[i]);
        out += BLOCK * take;
        counters += take;
        n -= take;
    }
}

/* The next eight blocks' counters. */
TARGET INLINE void next_counters(__m128i b[GROUP], __m128i *counter)
{
#pragma GCC unroll 16
    for (int i = 0; i < GROUP; i++)
        b[i] = cv_reverse_bytes(_mm_add_epi32(*counter, _mm_set_epi32(0, 0, 0, i)));
    *counter = _mm_add_epi32(*counter, _mm_set_epi32(0, 0, 0, GROUP));
}

TARGET INLINE void xor_group(uint8_t *dst, const uint8_t *src, const __m128i b[GROUP])
{
#pragma GCC unroll 16
    for (int i = 0; i < GROUP; i++) store(dst + BLOCK * i, _mm_xor_si128(b[i], load(src + BLOCK * i)));
}

/* What is hashed beside a group's encryption: opening, its own ciphertext; sealing, that of the group
 * before, whose last one is left to the end. */
TARGET INLINE void crypt_rounds(const struct state *s, unsigned n_rounds, uint8_t *y_bytes,
                                const uint8_t *nonce, uint32_t first_counter, uint8_t *dst,
                                const uint8_t *src, size_t n_blocks, bool opening)
{
    __m128i y = cv_reverse_bytes(load(y_bytes));
    __m128i counter = _mm_insert_epi32(load_nonce(nonce), (int)first_counter, 0);
    __m128i b[GROUP];
    size_t unhashed = 0;
    if (!opening && n_blocks >= GROUP) {
        next_counters(b, &counter);
        encrypt_group(s, n_rounds, b, NULL, y, NULL);
        xor_group(dst, src, b);
        unhashed = GROUP;
    }
    size_t at = unhashed;
    for (; n_blocks - at >= GROUP; at += GROUP) {
        struct cv_clmul_product sum = {0};
        next_counters(b, &counter);
        encrypt_group(s, n_rounds, b, &sum, y, opening ? src + BLOCK * at : dst + BLOCK * (at - GROUP));
        xor_group(dst + BLOCK * at, src + BLOCK * at, b);
        y = cv_clmul_reduce(sum);
    }
    if (opening) y = hash_blocks(s, y, src + BLOCK * at, n_blocks - at);
    if (at < n_blocks) {
        next_counters(b, &counter);
        encrypt_group(s, n_rounds, b, NULL, y, NULL);
#pragma GCC unroll 16
        for (size_t i = 0; i < GROUP; i++) {
            if (i >= n_blocks - at) break;
            const size_t offset = BLOCK * (at + i);
            store(dst + offset, _mm_xor_si128(b[i], load(src + offset)));
        }
    }
    if (!opening) y = hash_blocks(s, y, dst + BLOCK * (at - unhashed), n_blocks - at + unhashed);
    store(y_bytes, cv_reverse_bytes(y));
}

static void state_init(struct state *s, unsigned n_rounds, const uint8_t *key)
{
    cv_aesni_expand(s->round_keys, n_rounds, key);
    cv_aesni_ghash_powers(s->powers, GROUP, s->round_keys, n_rounds);
}

#include "crypto/gcm_rounds.h"

const struct cv_aead cv_aes128_gcm_aesni = {
    .name = "AES-128-GCM",
    .key_len = 16,
    .tag_len = 16,
    .state_len = STATE_LEN(CV_AES128_ROUNDS),
    .record_limit = CV_GCM_RECORD_LIMIT,
    .gcm = &impl,
    .init = init,
    .seal = cv_gcm_seal,
    .open = cv_gcm_open,
    .pieces = &cv_gcm_pieces,
};

const struct cv_aead cv_aes256_gcm_aesni = {
    .name = "AES-256-GCM",
    .key_len = 32,
    .tag_len = 16,
    .state_len = STATE_LEN(CV_AES256_ROUNDS),
    .record_limit = CV_GCM_RECORD_LIMIT,
    .gcm = &impl,
    .init = init,
    .seal = cv_gcm_seal,
    .open = cv_gcm_open,
    .pieces = &cv_gcm_pieces,
};

#endif
