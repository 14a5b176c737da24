/* AES-GCM from the portable constant-time AES and GHASH. */
#include "crypto/gcm.h"

#include "crypto/aes.h"
#include "crypto/base/secret.h"
#include "crypto/xor.h"

#include <string.h>

enum { BLOCK = CV_AES_BLOCK_LEN, LANES = 4 };

struct state {
    uint8_t h[BLOCK];
    uint64_t round_keys[];
};

#define STATE_LEN(n_rounds) (sizeof(struct state) + CV_AES_CT_WORDS(n_rounds) * sizeof(uint64_t))

static void init(struct state *s, unsigned n_rounds, const uint8_t *key)
{
    cv_aes_ct_expand(s->round_keys, n_rounds, key);
    memset(s->h, 0, BLOCK);
    cv_aes_ct_encrypt(s->round_keys, n_rounds, s->h, 1);
    cv_wipe_stack(); /* the hash key */
}

static void keystream(const struct state *s, unsigned n_rounds, uint8_t *out, const uint8_t *nonce,
                      const uint32_t *counters, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        memcpy(out + BLOCK * i, nonce, CV_AEAD_NONCE_LEN);
        cv_store_be32(out + BLOCK * i + CV_AEAD_NONCE_LEN, counters[i]);
    }
    cv_aes_ct_encrypt(s->round_keys, n_rounds, out, n);
}

static void ghash(const void *state, uint8_t *y, const uint8_t *p, size_t n_blocks)
{
    const struct state *s = state;
    cv_ghash_ct(y, s->h, p, n_blocks);
}

static void crypt(const struct state *s, unsigned n_rounds, uint8_t *y, const uint8_t *nonce,
                  uint32_t counter, uint8_t *dst, const uint8_t *src, size_t n_blocks, bool opening)
{
    uint8_t stream[BLOCK * LANES];
    while (n_blocks) {
        size_t n = n_blocks < LANES ? n_blocks : LANES;
        const uint32_t counters[LANES] = {counter, counter + 1, counter + 2, counter + 3};
        keystream(s, n_rounds, stream, nonce, counters, n);
        if (opening) cv_ghash_ct(y, s->h, src, n);
        cv_xor_bytes(dst, src, stream, BLOCK * n);
        if (!opening) cv_ghash_ct(y, s->h, dst, n);
        counter += LANES;
        dst += BLOCK * n;
        src += BLOCK * n;
        n_blocks -= n;
    }
    cv_wipe(stream, sizeof stream);
}

static void keystream_128(const void *state, uint8_t *out, const uint8_t *nonce, const uint32_t *counters,
                          size_t n)
{
    keystream(state, CV_AES128_ROUNDS, out, nonce, counters, n);
}

static void keystream_256(const void *state, uint8_t *out, const uint8_t *nonce, const uint32_t *counters,
                          size_t n)
{
    keystream(state, CV_AES256_ROUNDS, out, nonce, counters, n);
}

static void crypt_128(const void *state, uint8_t *y, const uint8_t *nonce, uint32_t counter, uint8_t *dst,
                      const uint8_t *src, size_t n_blocks, bool opening)
{
    crypt(state, CV_AES128_ROUNDS, y, nonce, counter, dst, src, n_blocks, opening);
}

static void crypt_256(const void *state, uint8_t *y, const uint8_t *nonce, uint32_t counter, uint8_t *dst,
                      const uint8_t *src, size_t n_blocks, bool opening)
{
    crypt(state, CV_AES256_ROUNDS, y, nonce, counter, dst, src, n_blocks, opening);
}

static const struct cv_gcm_impl impl_128 = {.keystream = keystream_128, .ghash = ghash, .crypt = crypt_128};
static const struct cv_gcm_impl impl_256 = {.keystream = keystream_256, .ghash = ghash, .crypt = crypt_256};

static void init_128(void *state, const uint8_t *key)
{
    init(state, CV_AES128_ROUNDS, key);
}

static void init_256(void *state, const uint8_t *key)
{
    init(state, CV_AES256_ROUNDS, key);
}

static void seal_128(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *head,
                     size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    cv_gcm_seal(&impl_128, state, nonce, aad, head, head_len, tail, tail_len, tag);
}

static void seal_256(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *head,
                     size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    cv_gcm_seal(&impl_256, state, nonce, aad, head, head_len, tail, tail_len, tag);
}

static cv_err open_128(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *dst,
                       const uint8_t *src, size_t len, const uint8_t *tag)
{
    return cv_gcm_open(&impl_128, state, nonce, aad, dst, src, len, tag);
}

static cv_err open_256(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *dst,
                       const uint8_t *src, size_t len, const uint8_t *tag)
{
    return cv_gcm_open(&impl_256, state, nonce, aad, dst, src, len, tag);
}

const struct cv_aead cv_aes128_gcm = {
    .name = "AES-128-GCM",
    .key_len = 16,
    .tag_len = 16,
    .state_len = STATE_LEN(CV_AES128_ROUNDS),
    .record_limit = CV_GCM_RECORD_LIMIT,
    .init = init_128,
    .seal = seal_128,
    .open = open_128,
};

const struct cv_aead cv_aes256_gcm = {
    .name = "AES-256-GCM",
    .key_len = 32,
    .tag_len = 16,
    .state_len = STATE_LEN(CV_AES256_ROUNDS),
    .record_limit = CV_GCM_RECORD_LIMIT,
    .init = init_256,
    .seal = seal_256,
    .open = open_256,
};
