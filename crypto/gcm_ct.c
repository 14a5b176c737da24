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

static void init(const struct cv_aead *a, void *state, const uint8_t *key)
{
    struct state *s = state;
    const unsigned n_rounds = cv_aes_rounds(a->key_len);
    cv_aes_ct_expand(s->round_keys, n_rounds, key);
    memset(s->h, 0, BLOCK);
    cv_aes_ct_encrypt(s->round_keys, n_rounds, s->h, 1);
    cv_wipe_stack(); /* the hash key */
}

static void keystream(const void *state, unsigned n_rounds, uint8_t *out, const uint8_t *nonce,
                      const uint32_t *counters, size_t n)
{
    const struct state *s = state;
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

static void crypt(const void *state, unsigned n_rounds, uint8_t *y, const uint8_t *nonce, uint32_t counter,
                  uint8_t *dst, const uint8_t *src, size_t n_blocks, bool opening)
{
    const struct state *s = state;
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

static const struct cv_gcm_impl impl = {.keystream = keystream, .ghash = ghash, .crypt = crypt};

const struct cv_aead cv_aes128_gcm = {
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

const struct cv_aead cv_aes256_gcm = {
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
