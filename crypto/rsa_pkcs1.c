/* RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2). */
#include "crypto/rsa.h"

#include "crypto/base/secret.h"

#include <string.h>

/* The last byte of the hash's identifier 2.16.840.1.101.3.4.2.x (NIST CSOR); SHA-1 stands elsewhere. */
static const uint8_t nist_arc[] = {
    [CV_HASH_SHA256] = 1,   [CV_HASH_SHA384] = 2,   [CV_HASH_SHA512] = 3,    [CV_HASH_SHA224] = 4,
    [CV_HASH_SHA3_256] = 8, [CV_HASH_SHA3_384] = 9, [CV_HASH_SHA3_512] = 10,
};

/* DER of the AlgorithmIdentifier, parameters NULL: RFC 8017 9.2 note 1. */
static void build_algorithm(struct cv_builder *b, const struct cv_hash *hash)
{
    static const uint8_t sha1[] = {0x30, 9, 6, 5, 0x2b, 14, 3, 2, 26, 5, 0};
    static const uint8_t nist[] = {0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2};
    static const uint8_t null[] = {5, 0};
    if (hash->id == CV_HASH_SHA1) {
        cv_build_bytes(b, sha1, sizeof sha1);
        return;
    }
    cv_build_bytes(b, nist, sizeof nist);
    cv_build_u8(b, nist_arc[hash->id]);
    cv_build_bytes(b, null, sizeof null);
}

/* EMSA-PKCS1-v1_5, RFC 8017 9.2. The only encoding there is: verification compares with it and parses
 * nothing. */
static cv_err encode(uint8_t *em, size_t em_len, const struct cv_hash *hash, struct cv_bytes digest)
{
    if (hash == NULL || digest.len != hash->digest_len) return CV_E_INVALID_ARGUMENT;
    if (hash->id != CV_HASH_SHA1 && (hash->id >= sizeof nist_arc || nist_arc[hash->id] == 0))
        return CV_E_UNSUPPORTED;
    uint8_t info_bytes[32 + CV_HASH_MAX];
    struct cv_builder info, b;
    cv_build_init(&info, info_bytes, sizeof info_bytes);
    size_t mark = (cv_build_u8(&info, 0x30), cv_build_open(&info, 1));
    build_algorithm(&info, hash);
    cv_build_u8(&info, 4);
    size_t octets = cv_build_open(&info, 1);
    cv_build_bytes(&info, digest.p, digest.len);
    cv_build_close(&info, octets, 1);
    cv_build_close(&info, mark, 1);

    cv_build_init(&b, em, em_len);
    cv_build_u8(&b, 0);
    cv_build_u8(&b, 1);
    uint8_t *padding = em_len >= info.len + 11 ? cv_build_space(&b, em_len - info.len - 3) : NULL;
    if (padding == NULL) return CV_E_BAD_LENGTH; /* RFC 8017 9.2 step 3; our moduli are longer */
    memset(padding, 0xff, em_len - info.len - 3);
    cv_build_u8(&b, 0);
    cv_build_bytes(&b, info.p, info.len);
    return cv_build_end(&b);
}

cv_err cv_rsa_pkcs1_verify_by(const struct cv_mont_powers *powers, const struct cv_public_key *key,
                              const struct cv_hash *hash, struct cv_bytes m, struct cv_bytes sig)
{
    struct cv_rsa rsa;
    uint8_t em[CV_RSA_BYTES_MAX], expected[CV_RSA_BYTES_MAX];
    if (key->type != CV_KEY_RSA) return CV_E_CERT_KEY;
    cv_err e = cv_rsa_init(&rsa, powers, key->n, key->e);
    if (e == CV_OK) e = encode(expected, rsa.n_len, hash, m);
    if (e == CV_OK) e = cv_rsa_public(&rsa, em, sig);
    if (e != CV_OK) return e;
    return memcmp(em, expected, rsa.n_len) == 0 ? CV_OK : CV_E_BAD_SIGNATURE;
}

cv_err cv_rsa_pkcs1_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                           struct cv_bytes sig)
{
    return cv_rsa_pkcs1_verify_by(&cv_mont_portable, key, hash, m, sig);
}

cv_err cv_rsa_pkcs1_sign_by(const struct cv_mont_powers *powers, const struct cv_private_key *key,
                            const struct cv_hash *hash, struct cv_bytes m, uint8_t *sig, size_t *sig_len,
                            const struct cv_rng *rng)
{
    uint8_t em[CV_RSA_BYTES_MAX];
    if (key->type != CV_KEY_RSA) return CV_E_KEY_SYNTAX;
    if (key->n.len > sizeof em) return CV_E_BAD_MODULUS;
    if (*sig_len < key->n.len) return CV_E_BUFFER_TOO_SMALL;
    cv_err e = encode(em, key->n.len, hash, m);
    if (e == CV_OK) e = cv_rsa_private(powers, key, sig, em, rng);
    if (e == CV_OK) *sig_len = key->n.len;
    return e;
}

cv_err cv_rsa_pkcs1_sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                         uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    return cv_rsa_pkcs1_sign_by(&cv_mont_portable, key, hash, m, sig, sig_len, rng);
}
