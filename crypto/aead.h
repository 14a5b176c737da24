/* Authenticated encryption with associated data (RFC 5116), made for records.
 *
 * A descriptor names one implementation. Its key state lies in memory of the caller, state_len bytes
 * aligned to 16; it holds no pointer, so it may be copied, and is secret: wipe it. Nonces are 12 bytes.
 *
 * Encryption works in place on two segments that form one plaintext, since a caller's data, the bytes
 * behind it (content type, padding) and the tag need not adjoin. */
#ifndef CV_AEAD_H
#define CV_AEAD_H

#include "crypto/base/bytes.h"
#include "crypto/cpu.h"

enum {
    CV_AEAD_NONCE_LEN = 12,
    CV_AEAD_TAG_MAX = 16,
    CV_AEAD_KEY_MAX = 32,
    CV_AEAD_STATE_MAX = 1024, /* the largest state_len; a test compares */
};

/* Opens messages whose ciphertext comes in pieces, with memory that does not grow. The plaintext is handed out
 * before the tag has been verified: who takes it must be able to forget it. */
struct cv_aead;
struct cv_aead_pieces {
    uint16_t len; /* bytes of a message's state, in memory of the caller aligned to 16; secret */
    /* key: an initialised key state, which stays; len: bytes of the whole plaintext. */
    void (*begin)(const struct cv_aead *a, void *m, const void *key, const uint8_t *nonce, struct cv_bytes aad,
                  size_t len);
    /* The next bytes; dst is src or does not overlap it. */
    void (*decrypt)(void *m, uint8_t *dst, const uint8_t *src, size_t len);
    /* After all of them: CV_E_BAD_RECORD_MAC unless the tag verifies. Wipes the message's state. */
    cv_err (*end)(void *m, const uint8_t *tag);
};

struct cv_aead {
    const char *name; /* "AES-128-GCM" */
    uint8_t key_len;
    uint8_t tag_len;
    uint16_t state_len;
    uint64_t record_limit; /* full-size records under one key: RFC 9846 section 5.5; UINT64_MAX if none */

    /* What the functions below work by: the implementation of the mode's steps. */
    union {
        const struct cv_gcm_impl *gcm;               /* gcm.h */
        const struct cv_ccm_impl *ccm;               /* ccm.h */
        const struct cv_chachapoly_impl *chachapoly; /* chachapoly.h */
    };

    /* Each is called with the descriptor that it is taken from. */

    void (*init)(const struct cv_aead *a, void *state, const uint8_t *key);

    /* Encrypts head || tail in place and writes tag_len bytes to tag. Segments may be empty (NULL, 0),
     * may not overlap, and together hold fewer than 2^24 bytes: CCM cannot say more. */
    void (*seal)(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                 uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag);

    /* Decrypts len bytes of src to dst (the same memory, or none of it) if the tag verifies; otherwise
     * CV_E_BAD_RECORD_MAC, and dst is zeroed. */
    cv_err (*open)(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                   uint8_t *dst, const uint8_t *src, size_t len, const uint8_t *tag);

    const struct cv_aead_pieces *pieces; /* NULL: messages are opened whole */
};

extern const struct cv_aead cv_aes128_gcm;
extern const struct cv_aead cv_aes256_gcm;
extern const struct cv_aead cv_aes128_ccm;
extern const struct cv_aead cv_aes128_ccm_8;
extern const struct cv_aead cv_aes256_ccm;
extern const struct cv_aead cv_aes256_ccm_8;
extern const struct cv_aead cv_chacha20_poly1305;

#if defined(__x86_64__)
/* What the CPU must have (cpu.h): _aesni CV_CPU_AES; _vaes CV_CPU_AES, _VAES and _AVX512; _avx2 CV_CPU_AVX2;
 * _avx512 CV_CPU_AVX2 and _AVX512. */
extern const struct cv_aead cv_aes128_gcm_aesni;
extern const struct cv_aead cv_aes256_gcm_aesni;
extern const struct cv_aead cv_aes128_gcm_vaes; /* VAES and VPCLMULQDQ on 512-bit registers */
extern const struct cv_aead cv_aes256_gcm_vaes;
extern const struct cv_aead cv_aes128_ccm_aesni;
extern const struct cv_aead cv_aes128_ccm_8_aesni;
extern const struct cv_aead cv_aes256_ccm_aesni;
extern const struct cv_aead cv_aes256_ccm_8_aesni;
extern const struct cv_aead cv_chacha20_poly1305_avx2;
extern const struct cv_aead cv_chacha20_poly1305_avx512;
#endif
#if defined(CV_AARCH64_CRYPTO)
extern const struct cv_aead cv_aes128_gcm_armv8; /* CV_CPU_AES */
extern const struct cv_aead cv_aes256_gcm_armv8;
#endif
#if defined(CV_AARCH64)
extern const struct cv_aead cv_chacha20_poly1305_neon; /* CV_CPU_NEON */
#endif

#endif
