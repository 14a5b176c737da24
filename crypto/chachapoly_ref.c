/* ChaCha20-Poly1305 from the portable parts. */
#include "crypto/chachapoly.h"

#include "crypto/chacha20.h"

static const struct cv_chachapoly_impl impl = {.xor = cv_chacha20_xor, .hash = cv_poly1305_blocks};

static void seal(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *head, size_t head_len,
                 uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    cv_chachapoly_seal(&impl, state, nonce, aad, head, head_len, tail, tail_len, tag);
}

static cv_err open(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *dst,
                   const uint8_t *src, size_t len, const uint8_t *tag)
{
    return cv_chachapoly_open(&impl, state, nonce, aad, dst, src, len, tag);
}

const struct cv_aead cv_chacha20_poly1305 = {
    .name = "ChaCha20-Poly1305",
    .key_len = 32,
    .tag_len = 16,
    .state_len = 32,
    .record_limit = UINT64_MAX, /* RFC 9846 section 5.5: the sequence number ends first */
    .init = cv_chachapoly_init,
    .seal = seal,
    .open = open,
};
