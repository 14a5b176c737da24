/* ML-KEM (FIPS 203): key encapsulation; crypto/kex.h has it in TLS's hybrid groups.
 *
 * A private key is its seed d || z, from which decapsulation makes the rest again; the expanded form is for
 * those who have nothing else. Constant time in seeds, private keys, messages and secrets. About 20 KiB of
 * stack. */
#ifndef CV_MLKEM_H
#define CV_MLKEM_H

#include "crypto/base/bytes.h"

/* The largest k of this build; firmware with ML-KEM-768 alone sets 3 and saves stack. */
#ifndef CULVERT_MLKEM_K_MAX
#define CULVERT_MLKEM_K_MAX 4
#endif

enum {
    CV_MLKEM_SEED_LEN = 64,
    CV_MLKEM_MESSAGE_LEN = 32,
    CV_MLKEM_SECRET_LEN = 32,
    CV_MLKEM_PUBLIC_MAX = 384 * CULVERT_MLKEM_K_MAX + 32,
    CV_MLKEM_PRIVATE_MAX = 768 * CULVERT_MLKEM_K_MAX + 96,
    CV_MLKEM_CIPHERTEXT_MAX = CULVERT_MLKEM_K_MAX > 3 ? 1568 : 1088,
};

/* A parameter set, FIPS 203 table 2 and 3. */
struct cv_mlkem {
    uint8_t k;
    uint8_t du, dv; /* bits that compression leaves of a coefficient of u and of v */
    uint16_t public_len, private_len, ciphertext_len;
};

extern const struct cv_mlkem cv_mlkem768;
#if CULVERT_MLKEM_K_MAX > 3
extern const struct cv_mlkem cv_mlkem1024;
#endif

/* The keys that belong to a seed: the encapsulation key (public_len bytes) and, unless NULL, the expanded
 * decapsulation key (private_len). Section 6.1. */
void cv_mlkem_keygen(const struct cv_mlkem *p, uint8_t *public_key, uint8_t *private_key,
                     const uint8_t seed[CV_MLKEM_SEED_LEN]);

/* Writes ciphertext_len bytes and the secret. m is fresh from a random generator, and used up by this.
 * CV_E_BAD_KEY_SHARE: the key has another length, or a coefficient not below q (section 7.2). */
cv_err cv_mlkem_encaps(const struct cv_mlkem *p, uint8_t *ciphertext, uint8_t secret[CV_MLKEM_SECRET_LEN],
                       struct cv_bytes public_key, const uint8_t m[CV_MLKEM_MESSAGE_LEN]);

/* A ciphertext that encapsulation does not make yields a secret that depends on it and on the seed, and
 * nobody can tell (section 6.3). CV_E_BAD_KEY_SHARE: the ciphertext has another length. */
cv_err cv_mlkem_decaps(const struct cv_mlkem *p, uint8_t secret[CV_MLKEM_SECRET_LEN],
                       const uint8_t seed[CV_MLKEM_SEED_LEN], struct cv_bytes ciphertext);

/* The same with an expanded key. CV_E_KEY_SYNTAX: it has another length, or its halves do not belong together
 * (section 7.3). */
cv_err cv_mlkem_decaps_expanded(const struct cv_mlkem *p, uint8_t secret[CV_MLKEM_SECRET_LEN],
                                struct cv_bytes private_key, struct cv_bytes ciphertext);

#endif
