/* AES in CBC mode (NIST SP 800-38A), for the cipher suites of TLS 1.2 that have it.
 *
 * A descriptor names one implementation. Its key state lies in memory of the caller, state_len bytes aligned
 * to 16; it holds no pointer, so it may be copied, and is secret: wipe it. Padding, integrity and the choice
 * of the IV are the caller's: see cbc_hmac.h. */
#ifndef CV_CBC_H
#define CV_CBC_H

#include "crypto/aes.h"

enum { CV_CBC_STATE_MAX = 16 * (CV_AES256_ROUNDS + 1) };

struct cv_cbc {
    const char *name; /* "AES-128-CBC" */
    uint8_t key_len;
    uint16_t state_len;

    /* Each is called with the descriptor that it is taken from. */

    /* For one direction only: a state made with decrypting set decrypts and does nothing else. */
    void (*init)(const struct cv_cbc *c, void *state, const uint8_t *key, bool decrypting);

    /* Encrypts n_blocks in place. chain: the IV, and then, to go on with, the last block of ciphertext. */
    void (*encrypt)(const struct cv_cbc *c, const void *state, uint8_t *chain, uint8_t *blocks,
                    size_t n_blocks);

    /* Decrypts n_blocks of src to dst, the same memory or none of it. chain as above. */
    void (*decrypt)(const struct cv_cbc *c, const void *state, uint8_t *chain, uint8_t *dst,
                    const uint8_t *src, size_t n_blocks);
};

extern const struct cv_cbc cv_aes128_cbc;
extern const struct cv_cbc cv_aes256_cbc;
#if defined(__x86_64__)
extern const struct cv_cbc cv_aes128_cbc_aesni; /* CV_CPU_AES */
extern const struct cv_cbc cv_aes256_cbc_aesni;
#endif

#endif
