/* RSA signatures with AVX2. */
#include "crypto/rsa.h"

#if defined(__x86_64__)

cv_err cv_rsa_pkcs1_verify_avx2(const struct cv_public_key *key, const struct cv_hash *hash,
                                struct cv_bytes m, struct cv_bytes sig)
{
    return cv_rsa_pkcs1_verify_by(&cv_mont_avx2, key, hash, m, sig);
}

cv_err cv_rsa_pkcs1_sign_avx2(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                              uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    return cv_rsa_pkcs1_sign_by(&cv_mont_avx2, key, hash, m, sig, sig_len, rng);
}

cv_err cv_rsa_pss_verify_params_avx2(const struct cv_public_key *key, const struct cv_hash *hash,
                                     const struct cv_hash *mgf_hash, size_t salt_len, struct cv_bytes m,
                                     struct cv_bytes sig)
{
    return cv_rsa_pss_verify_by(&cv_mont_avx2, key, hash, mgf_hash, salt_len, m, sig);
}

cv_err cv_rsa_pss_verify_avx2(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                              struct cv_bytes sig)
{
    if (hash == NULL) return CV_E_INVALID_ARGUMENT;
    return cv_rsa_pss_verify_by(&cv_mont_avx2, key, hash, hash, hash->digest_len, m, sig);
}

cv_err cv_rsa_pss_sign_avx2(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                            uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    return cv_rsa_pss_sign_by(&cv_mont_avx2, key, hash, m, sig, sig_len, rng);
}

#endif
