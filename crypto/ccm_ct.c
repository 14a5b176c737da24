/* AES-CCM over the portable AES. */
#include "crypto/ccm.h"

#include "crypto/aes.h"

/* The key state is the expanded key. */
#define STATE_LEN(n_rounds) (CV_AES_CT_WORDS(n_rounds) * sizeof(uint64_t))

static void init(const struct cv_aead *a, void *state, const uint8_t *key)
{
    cv_aes_ct_expand(state, cv_aes_rounds(a->key_len), key);
}

static void encrypt(const void *state, unsigned n_rounds, uint8_t *blocks, size_t n_blocks)
{
    cv_aes_ct_encrypt(state, n_rounds, blocks, n_blocks);
}

static const struct cv_ccm_impl impl = {.encrypt = encrypt};

const struct cv_aead cv_aes128_ccm = {
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

const struct cv_aead cv_aes128_ccm_8 = {
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

const struct cv_aead cv_aes256_ccm = {
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

const struct cv_aead cv_aes256_ccm_8 = {
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
