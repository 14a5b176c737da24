/* AES-CBC over the portable AES. */
#include "crypto/cbc.h"
#include "crypto/base/secret.h"
#include "crypto/xor.h"

enum { BLOCK = CV_AES_BLOCK_LEN, AT_ONCE = 4 };

static void encrypt(const struct cv_cbc *c, const void *state, uint8_t *chain, uint8_t *blocks,
                    size_t n_blocks)
{
    const uint8_t *previous = chain;
    for (; n_blocks > 0; n_blocks--, blocks += BLOCK) {
        cv_xor_bytes(blocks, blocks, previous, BLOCK);
        cv_aes_ct_encrypt(state, cv_aes_rounds(c->key_len), blocks, 1);
        previous = blocks;
    }
    if (previous != chain) memcpy(chain, previous, BLOCK);
}

static void decrypt(const struct cv_cbc *c, const void *state, uint8_t *chain, uint8_t *dst,
                    const uint8_t *src, size_t n_blocks)
{
    uint8_t text[AT_ONCE * BLOCK], chained[(AT_ONCE + 1) * BLOCK]; /* chain, then ciphertext */
    while (n_blocks > 0) {
        size_t n = n_blocks < AT_ONCE ? n_blocks : AT_ONCE, len = n * BLOCK;
        memcpy(chained, chain, BLOCK);
        memcpy(chained + BLOCK, src, len);
        memcpy(text, src, len);
        cv_aes_ct_decrypt(state, cv_aes_rounds(c->key_len), text, n);
        cv_xor_bytes(dst, text, chained, len);
        memcpy(chain, chained + len, BLOCK);
        dst += len;
        src += len;
        n_blocks -= n;
    }
    cv_wipe(text, sizeof text);
}

static void init(const struct cv_cbc *c, void *state, const uint8_t *key, bool decrypting)
{
    (void)decrypting;
    cv_aes_ct_expand(state, cv_aes_rounds(c->key_len), key);
}

const struct cv_cbc cv_aes128_cbc = {
    .name = "AES-128-CBC",
    .key_len = 16,
    .state_len = CV_AES_CT_WORDS(CV_AES128_ROUNDS) * sizeof(uint64_t),
    .init = init,
    .encrypt = encrypt,
    .decrypt = decrypt,
};

const struct cv_cbc cv_aes256_cbc = {
    .name = "AES-256-CBC",
    .key_len = 32,
    .state_len = CV_AES_CT_WORDS(CV_AES256_ROUNDS) * sizeof(uint64_t),
    .init = init,
    .encrypt = encrypt,
    .decrypt = decrypt,
};
