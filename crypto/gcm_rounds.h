/* AES-GCM by the CPU's instructions: the end of gcm_aesni.c, gcm_vaes.c and gcm_armv8.c.
 *
 * The including file defines TARGET and INLINE, struct state with its round_keys, and for any number of
 * rounds keystream_rounds, crypt_rounds, ghash   as struct cv_gcm_impl has them, on a struct state state_init
 * of a key Here they get constants for what unrolls their loops. */
#ifndef CV_GCM_ROUNDS_H
#define CV_GCM_ROUNDS_H

#include "crypto/aes.h"
#include "crypto/gcm.h"

TARGET static void keystream(const void *state, unsigned n_rounds, uint8_t *out, const uint8_t *nonce,
                             const uint32_t *counters, size_t n)
{
    if (n_rounds == CV_AES128_ROUNDS) {
        keystream_rounds(state, CV_AES128_ROUNDS, out, nonce, counters, n);
    } else {
        keystream_rounds(state, CV_AES256_ROUNDS, out, nonce, counters, n);
    }
}

TARGET INLINE void crypt_either(const void *state, unsigned n_rounds, uint8_t *y, const uint8_t *nonce,
                                uint32_t counter, uint8_t *dst, const uint8_t *src, size_t n_blocks,
                                bool opening)
{
    if (opening) {
        crypt_rounds(state, n_rounds, y, nonce, counter, dst, src, n_blocks, true);
    } else {
        crypt_rounds(state, n_rounds, y, nonce, counter, dst, src, n_blocks, false);
    }
}

TARGET static void crypt(const void *state, unsigned n_rounds, uint8_t *y, const uint8_t *nonce,
                         uint32_t counter, uint8_t *dst, const uint8_t *src, size_t n_blocks, bool opening)
{
    if (n_rounds == CV_AES128_ROUNDS) {
        crypt_either(state, CV_AES128_ROUNDS, y, nonce, counter, dst, src, n_blocks, opening);
    } else {
        crypt_either(state, CV_AES256_ROUNDS, y, nonce, counter, dst, src, n_blocks, opening);
    }
}

static const struct cv_gcm_impl impl = {.keystream = keystream, .ghash = ghash, .crypt = crypt};

static void init(const struct cv_aead *a, void *state, const uint8_t *key)
{
    state_init(state, cv_aes_rounds(a->key_len), key);
}

#define STATE_LEN(n_rounds)                                                                                  \
    (sizeof(struct state) + ((n_rounds) + 1) * sizeof *((struct state *)0)->round_keys)

#endif
