/* AES-CCM over the portable AES. */
#include "crypto/ccm.h"

#include "crypto/aes.h"

/* The key state is the expanded key. */
#define STATE_LEN(n_rounds) (CV_AES_CT_WORDS(n_rounds) * sizeof(uint64_t))

static void init_128(void *state, const uint8_t *key)
{
    cv_aes_ct_expand(state, CV_AES128_ROUNDS, key);
}

static void init_256(void *state, const uint8_t *key)
{
    cv_aes_ct_expand(state, CV_AES256_ROUNDS, key);
}

static void encrypt_128(const void *state, uint8_t *blocks, size_t n_blocks)
{
    cv_aes_ct_encrypt(state, CV_AES128_ROUNDS, blocks, n_blocks);
}

static void encrypt_256(const void *state, uint8_t *blocks, size_t n_blocks)
{
    cv_aes_ct_encrypt(state, CV_AES256_ROUNDS, blocks, n_blocks);
}

static const struct cv_ccm_impl impl_128 = {.encrypt = encrypt_128};
static const struct cv_ccm_impl impl_256 = {.encrypt = encrypt_256};

static void seal_128(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *head,
                     size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    cv_ccm_seal(&impl_128, 16, state, nonce, aad, head, head_len, tail, tail_len, tag);
}

static cv_err open_128(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *dst,
                       const uint8_t *src, size_t len, const uint8_t *tag)
{
    return cv_ccm_open(&impl_128, 16, state, nonce, aad, dst, src, len, tag);
}

static void seal_128_8(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *head,
                       size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    cv_ccm_seal(&impl_128, 8, state, nonce, aad, head, head_len, tail, tail_len, tag);
}

static cv_err open_128_8(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *dst,
                         const uint8_t *src, size_t len, const uint8_t *tag)
{
    return cv_ccm_open(&impl_128, 8, state, nonce, aad, dst, src, len, tag);
}

static void seal_256(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *head,
                     size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    cv_ccm_seal(&impl_256, 16, state, nonce, aad, head, head_len, tail, tail_len, tag);
}

static cv_err open_256(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *dst,
                       const uint8_t *src, size_t len, const uint8_t *tag)
{
    return cv_ccm_open(&impl_256, 16, state, nonce, aad, dst, src, len, tag);
}

static void seal_256_8(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *head,
                       size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    cv_ccm_seal(&impl_256, 8, state, nonce, aad, head, head_len, tail, tail_len, tag);
}

static cv_err open_256_8(const void *state, const uint8_t *nonce, struct cv_bytes aad, uint8_t *dst,
                         const uint8_t *src, size_t len, const uint8_t *tag)
{
    return cv_ccm_open(&impl_256, 8, state, nonce, aad, dst, src, len, tag);
}

const struct cv_aead cv_aes128_ccm = {
    .name = "AES-128-CCM",
    .key_len = 16,
    .tag_len = 16,
    .state_len = STATE_LEN(CV_AES128_ROUNDS),
    .record_limit = CV_CCM_RECORD_LIMIT,
    .init = init_128,
    .seal = seal_128,
    .open = open_128,
};

const struct cv_aead cv_aes128_ccm_8 = {
    .name = "AES-128-CCM-8",
    .key_len = 16,
    .tag_len = 8,
    .state_len = STATE_LEN(CV_AES128_ROUNDS),
    .record_limit = CV_CCM_RECORD_LIMIT,
    .init = init_128,
    .seal = seal_128_8,
    .open = open_128_8,
};

const struct cv_aead cv_aes256_ccm = {
    .name = "AES-256-CCM",
    .key_len = 32,
    .tag_len = 16,
    .state_len = STATE_LEN(CV_AES256_ROUNDS),
    .record_limit = CV_CCM_RECORD_LIMIT,
    .init = init_256,
    .seal = seal_256,
    .open = open_256,
};

const struct cv_aead cv_aes256_ccm_8 = {
    .name = "AES-256-CCM-8",
    .key_len = 32,
    .tag_len = 8,
    .state_len = STATE_LEN(CV_AES256_ROUNDS),
    .record_limit = CV_CCM_RECORD_LIMIT,
    .init = init_256,
    .seal = seal_256_8,
    .open = open_256_8,
};
