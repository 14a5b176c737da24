/* AEADs: key, plaintext and nonce (in TLS made from a secret IV) are secret. CBC with HMAC: keys and
 * plaintext, and until the MAC has been verified, the padding and the plaintext's length. */
#include "crypto/gcm_small.h"
#include "crypto/aead.h"
#include "crypto/cbc_hmac.h"
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
    {"AES-128-GCM (small)", &cv_aes128_gcm_small, 0},
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
    aead->init(aead, state, key);
    aead->seal(aead, state, nonce, ad, text, head_len, text + head_len, len - head_len, tag);
    ct_want_secret("ciphertext", text, len);
    ct_want_secret("tag", tag, aead->tag_len);

    /* the wire */
    ct_reveal(text, len);
    ct_reveal(tag, aead->tag_len);
    ct_want(aead->open(aead, state, nonce, ad, back, text, len, tag) == CV_OK, "open");
    ct_want_secret("plaintext", back, len);
    tag[0] ^= 1;
    ct_want(aead->open(aead, state, nonce, ad, back, text, len, tag) == CV_E_BAD_RECORD_MAC, "forged tag");
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

static void open_record(const struct cv_cbc_hmac *alg, const struct cv_cbc_hmac_state *s,
                        const uint8_t *header, const uint8_t *iv, uint8_t *body, size_t body_len,
                        size_t plain_len)
{
    static uint8_t back[LEN_MAX + CV_CBC_HMAC_TRAILER_MAX];
    size_t len = 0;
    ct_want(cv_cbc_hmac_open(alg, s, back, &len, header, iv, body, body_len) == CV_OK, "open");
    ct_want(len == plain_len, "the plaintext's length");
    ct_want_secret("plaintext", back, len);
    body[body_len - 1] ^= 1; /* the MAC, or with it the padding's length and all of it */
    ct_want(cv_cbc_hmac_open(alg, s, back, &len, header, iv, body, body_len) == CV_E_BAD_RECORD_MAC,
            "forged");
    body[body_len - 1] ^= 1;
    body[0] ^= 1; /* content */
    ct_want(cv_cbc_hmac_open(alg, s, back, &len, header, iv, body, body_len) == CV_E_BAD_RECORD_MAC,
            "forged");
}

static void seal_and_open_cbc(const struct cv_cbc_hmac *alg, size_t len, bool encrypt_then_mac)
{
    static uint8_t text[LEN_MAX + CV_CBC_HMAC_TRAILER_MAX];
    struct cv_cbc_hmac_state seal, open;
    uint8_t mac_key[CV_CBC_HMAC_MAC_MAX], key[CV_AEAD_KEY_MAX], iv[CV_AES_BLOCK_LEN];
    uint8_t header[CV_CBC_HMAC_HEADER_LEN];
    const size_t head_len = len - len / 4;
    ct_fill_secret(mac_key, sizeof mac_key);
    ct_fill_secret(key, sizeof key);
    ct_fill_secret(text, len);
    ct_fill(header, sizeof header);
    cv_cbc_hmac_init(alg, &seal, mac_key, key, false, encrypt_then_mac);
    cv_cbc_hmac_init(alg, &open, mac_key, key, true, encrypt_then_mac);
    const size_t body_len = len + cv_cbc_hmac_trailer_len(alg, &seal, len);
    cv_cbc_hmac_seal(alg, &seal, iv, header, text, head_len, text + head_len, len - head_len, text + len);
    ct_want_secret("IV", iv, sizeof iv);
    ct_want_secret("body", text, body_len);

    /* the wire */
    ct_reveal(iv, sizeof iv);
    ct_reveal(text, body_len);
    open_record(alg, &open, header, iv, text, body_len, len);
    cv_wipe(&seal, sizeof seal);
    cv_wipe(&open, sizeof open);
}

static const struct cbc_impl {
    const char *name;
    struct cv_cbc_hmac alg;
    uint32_t needs;
} cbc_impls[] = {
    {"AES-128-CBC-HMAC-SHA-1", {&cv_aes128_cbc, &cv_sha1, &cv_cbc_hmac_ops}, 0},
    {"AES-256-CBC-HMAC-SHA-256", {&cv_aes256_cbc, &cv_sha256, &cv_cbc_hmac_ops}, 0},
    {"AES-256-CBC-HMAC-SHA-384", {&cv_aes256_cbc, &cv_sha384, &cv_cbc_hmac_ops}, 0},
#if defined(__x86_64__)
    {"AES-128-CBC-HMAC-SHA-1 (AES-NI)", {&cv_aes128_cbc_aesni, &cv_sha1, &cv_cbc_hmac_ops}, CV_CPU_AES},
    {"AES-256-CBC-HMAC-SHA-256 (AES-NI)", {&cv_aes256_cbc_aesni, &cv_sha256, &cv_cbc_hmac_ops}, CV_CPU_AES},
    {"AES-256-CBC-HMAC-SHA-384 (AES-NI, AVX2)",
     {&cv_aes256_cbc_aesni, &cv_sha384_avx2, &cv_cbc_hmac_ops},
     CV_CPU_AES | CV_CPU_AVX2},
    {"AES-128-CBC-HMAC-SHA-1 (AES-NI, SHA-NI)",
     {&cv_aes128_cbc_aesni, &cv_sha1_shani, &cv_cbc_hmac_ops},
     CV_CPU_AES | CV_CPU_SHA256},
    {"AES-256-CBC-HMAC-SHA-256 (AES-NI, SHA-NI)",
     {&cv_aes256_cbc_aesni, &cv_sha256_shani, &cv_cbc_hmac_ops},
     CV_CPU_AES | CV_CPU_SHA256},
#endif
};

static void cbc_hmac(void)
{
    static const size_t lens[] = {0, 1, 11, 12, 43, 44, 100, 200, 255, 256, 300, 513, LEN_MAX};
    uint32_t cpu = ct_cpu();
    for (size_t i = 0; i < sizeof cbc_impls / sizeof cbc_impls[0]; i++) {
        const struct cbc_impl *impl = &cbc_impls[i];
        bool can = (cpu & impl->needs) == impl->needs;
        ct_note(can ? "ran" : "NOT RUN here:", impl->name);
        for (size_t j = 0; can && j < sizeof lens / sizeof lens[0]; j++) {
            seal_and_open_cbc(&impl->alg, lens[j], false);
            seal_and_open_cbc(&impl->alg, lens[j], true);
        }
    }
}

const struct ct_case ct_aead_cases[] = {{"aead", aead}, {"cbc-hmac", cbc_hmac}, {NULL, NULL}};
