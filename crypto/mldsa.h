/* ML-DSA (FIPS 204): signatures; crypto/sig.h has them as TLS and certificates use them, under no context.
 *
 * A private key is its seed of 32 bytes, from which signing makes the rest again, or the expanded key that
 * skEncode (algorithm 24) writes. */
#ifndef CV_MLDSA_H
#define CV_MLDSA_H

#include "crypto/mldsa_poly.h"
#include "crypto/sig.h"

enum {
    CV_MLDSA_SEED_LEN = 32,
    CV_MLDSA_RANDOM_LEN = 32,
    CV_MLDSA_MU_LEN = 64,
    CV_MLDSA_K_MAX = 8,
    CV_MLDSA_L_MAX = 7,
    CV_MLDSA_PUBLIC_MAX = 2592,
    CV_MLDSA_EXPANDED_MAX = 4896,
    CV_MLDSA_SIG_MAX = 4627,
};

/* A parameter set, FIPS 204 tables 1 and 2. */
struct cv_mldsa {
    enum cv_key_type key_type;
    uint8_t k, l, eta, tau, omega, gamma1_bits;
    uint8_t challenge_len;
    const struct cv_mldsa_rounding *rounding;
    uint16_t public_len, expanded_len, sig_len;
};

extern const struct cv_mldsa cv_mldsa44, cv_mldsa65, cv_mldsa87;

/* What is signed: a message under a context of at most 255 bytes, or the representative that was made of both
 * and of the public key. */
struct cv_mldsa_input {
    struct cv_bytes context, m;
    const uint8_t *mu; /* CV_MLDSA_MU_LEN bytes instead, unless NULL */
};

/* How many polynomials of 1 KiB the caller lends: 42, 65 and 103 for signing, 6, 7 and 9 for verifying. */
#define CV_MLDSA_SIGN_WORK(k, l) ((k) * (l) + 3 * (k) + 3 * (l) + 2)
#define CV_MLDSA_VERIFY_WORK(l) ((l) + 2)

/* From a private key in either form its public key, public_len bytes, and, unless NULL, its expanded key,
 * expanded_len bytes. CV_E_KEY_SYNTAX: the length, or numbers out of range. What an expanded key says beside
 * its secrets is not compared. Algorithm 6. */
cv_err cv_mldsa_keygen(const struct cv_mldsa *p, uint8_t *public_key, uint8_t *expanded, struct cv_bytes key);

/* Writes sig_len bytes. key: in either form. random: zeros for a deterministic signature, else fresh. work is
 * wiped where it was secret. CV_E_INVALID_ARGUMENT: the context is too long. CV_E_KEY_SYNTAX: as of keygen,
 * or the hash in an expanded key is not that of its public key. CV_E_INTERNAL: what does not happen (no
 * attempt of thousands succeeds). Algorithms 2 and 7; constant time but for the number of attempts. */
cv_err cv_mldsa_sign(const struct cv_mldsa *p, uint8_t *sig, struct cv_mldsa_poly *work, struct cv_bytes key,
                     const struct cv_mldsa_input *in, const uint8_t random[CV_MLDSA_RANDOM_LEN]);

/* CV_E_CERT_KEY: the key's length. CV_E_BAD_SIGNATURE. Algorithms 3 and 8; public, variable time. */
cv_err cv_mldsa_verify(const struct cv_mldsa *p, struct cv_mldsa_poly *work, struct cv_bytes public_key,
                       const struct cv_mldsa_input *in, struct cv_bytes sig);

#endif
