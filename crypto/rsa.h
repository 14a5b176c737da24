/* RSA below its signature formats (RFC 8017). All numbers are big-endian bytes. */
#ifndef CV_RSA_H
#define CV_RSA_H

#include "crypto/mont.h"
#include "crypto/sig.h"

enum {
    CV_RSA_BYTES_MAX = CV_RSA_BITS_MAX / 8,
    CV_RSA_BITS_FLOOR = 1024, /* below it we do not even compute; what is acceptable is the caller's policy */
};

_Static_assert((int)CV_RSA_BITS_MAX <= (int)CV_MONT_BITS_MAX, "a modulus must fit");

/* A public key that has been checked, ready to compute with. Verification takes 8 KiB of stack in all, with
 * AVX2 or IFMA 20 KiB. */
struct cv_rsa {
    const struct cv_mont_powers *powers;
    cv_limb n[CV_MONT_LIMBS_MAX];
    struct cv_mont mont; /* points into n: not to be copied */
    size_t n_bits, n_len;
    uint64_t e;
};

/* Checks are cheap and come before any arithmetic.
 * CV_E_BAD_MODULUS: even, or not of CV_RSA_BITS_FLOOR to CV_RSA_BITS_MAX bits; CV_E_BAD_EXPONENT: even, below
 * 3 or above 64 bits; CV_E_CERT_KEY: empty or with a leading zero byte. */
cv_err cv_rsa_init(struct cv_rsa *rsa, const struct cv_mont_powers *powers, struct cv_bytes n,
                   struct cv_bytes e);

/* em = sig^e mod n, n_len bytes each. CV_E_BAD_SIGNATURE if sig has another length or is not below n
 * (RFC 8017 5.2.2). em may be sig. Variable time. */
cv_err cv_rsa_public(const struct cv_rsa *rsa, uint8_t *em, struct cv_bytes sig);

/* sig = em^d mod n, n_len bytes each; em below n. By the Chinese remainder theorem, with base and exponent
 * blinded; the result is checked with e before it leaves (CV_E_FAULT: sig is zeros). CV_E_KEY_SYNTAX: parts
 * missing, even, or of a size that cannot be; CV_E_CERT_WEAK_KEY: below CV_RSA_BITS_MIN.
 * Constant time but for the lengths of the numbers. Stack: 20 KiB, with AVX2 or IFMA 50 KiB. */
cv_err cv_rsa_private(const struct cv_mont_powers *powers, const struct cv_private_key *key, uint8_t *sig,
                      const uint8_t *em, const struct cv_rng *rng);

/* The functions of sig.h, by any powers. */
cv_err cv_rsa_pkcs1_sign_by(const struct cv_mont_powers *powers, const struct cv_private_key *key,
                            const struct cv_hash *hash, struct cv_bytes m, uint8_t *sig, size_t *sig_len,
                            const struct cv_rng *rng);
cv_err cv_rsa_pss_sign_by(const struct cv_mont_powers *powers, const struct cv_private_key *key,
                          const struct cv_hash *hash, struct cv_bytes m, uint8_t *sig, size_t *sig_len,
                          const struct cv_rng *rng);
cv_err cv_rsa_pkcs1_verify_by(const struct cv_mont_powers *powers, const struct cv_public_key *key,
                              const struct cv_hash *hash, struct cv_bytes m, struct cv_bytes sig);
cv_err cv_rsa_pss_verify_by(const struct cv_mont_powers *powers, const struct cv_public_key *key,
                            const struct cv_hash *hash, const struct cv_hash *mgf_hash, size_t salt_len,
                            struct cv_bytes m, struct cv_bytes sig);

/* Bits of a number whose first byte is not zero. */
size_t cv_rsa_bit_length(struct cv_bytes number);

/* out ^= MGF1(seed), RFC 8017 B.2.1. */
void cv_rsa_mgf1_xor(const struct cv_hash *hash, uint8_t *out, size_t out_len, const uint8_t *seed,
                     size_t seed_len);

#endif
