/* ChaCha20-Poly1305 from the portable parts. */
#include "crypto/chachapoly.h"

#include "crypto/chacha20.h"

static void xor_blocks(uint8_t *dst, const uint8_t *src, size_t n_blocks, const uint8_t key[32],
                       const uint8_t nonce[12], uint32_t counter)
{
    cv_chacha20_xor(dst, src, 64 * n_blocks, key, nonce, counter);
}

static const struct cv_chachapoly_impl impl = {.batch = 1, .crypt = xor_blocks, .hash = cv_poly1305_blocks};

const struct cv_aead cv_chacha20_poly1305 = {
    .name = "ChaCha20-Poly1305",
    .key_len = 32,
    .tag_len = 16,
    .state_len = 32,
    .record_limit = CV_CHACHAPOLY_RECORD_LIMIT,
    .chachapoly = &impl,
    .init = cv_chachapoly_init,
    .seal = cv_chachapoly_seal,
    .open = cv_chachapoly_open,
    .pieces = &cv_chachapoly_pieces,
};
