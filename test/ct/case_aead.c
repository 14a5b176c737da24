/* AEADs: key, plaintext and nonce (in TLS made from a secret IV) are secret. */
#include "crypto/aead.h"
#include "crypto/cpu.h"
#include "test/ct/ct.h"

#include <string.h>

enum { LEN_MAX = 2100, AAD_LEN = 5 };

struct aead_impl {
    const char *name;
    const struct cv_aead *aead;
    uint32_t needs;
};

#if defined(__x86_64__)
enum { VAES = CV_CPU_AES | CV_CPU_VAES | CV_CPU_AVX512, AVX512 = CV_CPU_AVX2 | CV_CPU_AVX512 };
#endif

static const struct aead_impl impls[] = {
    {"AES-128-GCM", &cv_aes128_gcm, 0},
    {"AES-256-GCM", &cv_aes256_gcm, 0},
    {"AES-128-CCM", &cv_aes128_ccm, 0},
    {"AES-128-CCM-8", &cv_aes128_ccm_8, 0},
    {"AES-256-CCM", &cv_aes256_ccm, 0},
    {"AES-256-CCM-8", &cv_aes256_ccm_8, 0},
    {"ChaCha20-Poly1305", &cv_chacha20_poly1305, 0},
#if defined(__x86_64__)
    {"AES-128-GCM (AES-NI)", &cv_aes128_gcm_aesni, CV_CPU_AES},
    {"AES-256-GCM (AES-NI)", &cv_aes256_gcm_aesni, CV_CPU_AES},
    {"AES-128-CCM (AES-NI)", &cv_aes128_ccm_aesni, CV_CPU_AES},
    {"AES-128-CCM-8 (AES-NI)", &cv_aes128_ccm_8_aesni, CV_CPU_AES},
    {"AES-256-CCM (AES-NI)", &cv_aes256_ccm_aesni, CV_CPU_AES},
    {"AES-256-CCM-8 (AES-NI)", &cv_aes256_ccm_8_aesni, CV_CPU_AES},
    {"ChaCha20-Poly1305 (AVX2)", &cv_chacha20_poly1305_avx2, CV_CPU_AVX2},
    {"AES-128-GCM (VAES)", &cv_aes128_gcm_vaes, VAES},
    {"AES-256-GCM (VAES)", &cv_aes256_gcm_vaes, VAES},
    {"ChaCha20-Poly1305 (AVX-512)", &cv_chacha20_poly1305_avx512, AVX512},
#endif
};

static void seal_and_open(const struct cv_aead *aead, size_t len)
{
    _Alignas(64) uint8_t state[CV_AEAD_STATE_MAX];
    uint8_t key[CV_AEAD_KEY_MAX], nonce[CV_AEAD_NONCE_LEN], aad[AAD_LEN], tag[CV_AEAD_TAG_MAX];
    static uint8_t text[LEN_MAX], back[LEN_MAX];
    size_t head_len = len - len / 4;
    struct cv_bytes ad = cv_bytes(aad, sizeof aad);
    ct_fill_secret(key, aead->key_len);
    ct_fill_secret(nonce, sizeof nonce);
    ct_fill_secret(text, len);
    ct_fill(aad, sizeof aad);
    aead->init(state, key);
    aead->seal(state, nonce, ad, text, head_len, text + head_len, len - head_len, tag);
    ct_want_secret("ciphertext", text, len);
    ct_want_secret("tag", tag, aead->tag_len);

    /* the wire */
    ct_reveal(text, len);
    ct_reveal(tag, aead->tag_len);
    ct_want(aead->open(state, nonce, ad, back, text, len, tag) == CV_OK, "open");
    ct_want_secret("plaintext", back, len);
    tag[0] ^= 1;
    ct_want(aead->open(state, nonce, ad, back, text, len, tag) == CV_E_BAD_RECORD_MAC, "forged tag");
    cv_wipe(state, sizeof state);
}

static void aead(void)
{
    static const size_t lens[] = {0, 1, 15, 16, 17, 63, 64, 65, 200, 256, 300, 513, 1024, 1100, LEN_MAX};
    uint32_t cpu = ct_cpu();
    for (size_t i = 0; i < sizeof impls / sizeof impls[0]; i++) {
        bool can = (cpu & impls[i].needs) == impls[i].needs;
        ct_note(can ? "ran" : "NOT RUN here:", impls[i].name);
        for (size_t j = 0; can && j < sizeof lens / sizeof lens[0]; j++)
            seal_and_open(impls[i].aead, lens[j]);
    }
}

const struct ct_case ct_aead_cases[] = {{"aead", aead}, {NULL, NULL}};
