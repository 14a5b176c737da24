/* Signatures: keys, and schemes that verify and sign with them.
 *
 * Keys are views: the bytes behind them belong to the caller and must outlive them. */
#ifndef CV_SIG_H
#define CV_SIG_H

#include "crypto/hash.h"
#include "crypto/rng.h"

enum cv_key_type {
    CV_KEY_NONE,
    CV_KEY_RSA,     /* rsaEncryption: PKCS#1 v1.5, or PSS under TLS's rsa_pss_rsae_* */
    CV_KEY_RSA_PSS, /* id-RSASSA-PSS */
    CV_KEY_P256,
    CV_KEY_P384,
    CV_KEY_P521,
    CV_KEY_ED25519,
    CV_KEY_ED448,
    CV_KEY_MLDSA44,
    CV_KEY_MLDSA65,
    CV_KEY_MLDSA87,
};

enum {
    CV_SIG_MAX = 4627,      /* ML-DSA-87 */
    CV_RSA_BITS_MIN = 2048, /* for what we make and, by default, accept */
    CV_RSA_BITS_MAX = 8192,
    CV_RSA_EXPONENT_BITS_MAX = 64, /* of public exponents */
};

struct cv_public_key {
    enum cv_key_type type;
    struct cv_bytes point;    /* EC: uncompressed point with its 0x04; Ed25519 and others: the raw key */
    struct cv_bytes n, e;     /* RSA: big-endian, no leading zero byte */
    enum cv_hash_id pss_hash; /* RSA_PSS: the one hash (of MGF1 too) that the key allows; NONE: any */
    uint16_t pss_salt_min;    /* RSA_PSS: the least salt length that the key allows */
};

struct cv_private_key {
    enum cv_key_type type;
    struct cv_bytes secret;   /* EC: scalar of the field's length, big-endian; Ed25519: the seed; ML-DSA: the
                               * seed or, without one, the expanded key */
    struct cv_bytes expanded; /* ML-DSA: the expanded key that stands beside a seed */
    struct cv_bytes n, e, d, p, q, dp, dq, qinv; /* RSA, big-endian, no leading zero byte */
};

enum cv_sig_family { CV_SIG_ECDSA, CV_SIG_RSA_PKCS1, CV_SIG_RSA_PSS, CV_SIG_EDDSA, CV_SIG_MLDSA };

/* Verifies a signature over `m`: the digest (hash->digest_len bytes) where there is a hash, else the
 * whole message. CV_E_BAD_SIGNATURE if it does not verify; CV_E_CERT_KEY, CV_E_BAD_MODULUS or
 * CV_E_BAD_EXPONENT if the key is unusable, found before any expensive work. Public data, variable time. */
typedef cv_err cv_verify_fn(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                            struct cv_bytes sig);

/* Signs `m` (as above). sig has room for *sig_len bytes, which becomes the length written;
 * CV_E_BUFFER_TOO_SMALL otherwise. rng NULL: deterministic where the scheme knows that (ECDSA by
 * RFC 6979, EdDSA, ML-DSA), else hedged; RSA needs it (salt, blinding). RSA results are verified before they
 * leave: CV_E_FAULT. Constant time in the key and in what derives from it. */
typedef cv_err cv_sign_fn(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                          uint8_t *sig, size_t *sig_len, const struct cv_rng *rng);

/* As cv_verify_fn for RSA-PSS with parameters of a certificate: cv_rsa_pss_verify_params. */
typedef cv_err cv_verify_pss_fn(const struct cv_public_key *key, const struct cv_hash *hash,
                                const struct cv_hash *mgf_hash, size_t salt_len, struct cv_bytes m,
                                struct cv_bytes sig);

struct cv_sig_scheme {
    uint16_t id; /* TLS SignatureScheme; 0 if TLS has no code point (P-384 with SHA-256 in a certificate) */
    const char *name; /* "ecdsa_secp256r1_sha256" */
    enum cv_key_type key;
    enum cv_sig_family family;
    const struct cv_hash *hash; /* NULL: the scheme signs the message itself */
    cv_verify_fn *verify;
    cv_sign_fn *sign;             /* NULL: this configuration only verifies */
    cv_verify_pss_fn *verify_pss; /* PSS: salts of other lengths in certificates; NULL: refused there */
};

cv_verify_fn cv_ecdsa_p256_verify, cv_ecdsa_p384_verify, cv_ecdsa_p521_verify; /* sig: DER Ecdsa-Sig-Value */
cv_sign_fn cv_ecdsa_p256_sign, cv_ecdsa_p384_sign, cv_ecdsa_p521_sign;
cv_verify_fn cv_ed25519_verify, cv_ed448_verify;
cv_sign_fn cv_ed25519_sign, cv_ed448_sign;
cv_verify_fn cv_mldsa44_verify, cv_mldsa65_verify, cv_mldsa87_verify;
cv_sign_fn cv_mldsa44_sign, cv_mldsa65_sign, cv_mldsa87_sign; /* 50, 75 and 110 KiB of stack */
cv_verify_fn cv_rsa_pkcs1_verify, cv_rsa_pss_verify;          /* PSS: MGF1 and salt length as the hash */
cv_sign_fn cv_rsa_pkcs1_sign, cv_rsa_pss_sign;

/* PSS with parameters of a certificate: mgf_hash may differ, salt of exactly salt_len bytes. */
cv_verify_pss_fn cv_rsa_pss_verify_params;

#if defined(__x86_64__)
/* The same with AVX2 (CV_CPU_AVX2) or AVX-512 IFMA (CV_CPU_IFMA), for moduli of 2048, 3072 and 4096 bits; as
 * above for others. */
cv_verify_fn cv_rsa_pkcs1_verify_avx2, cv_rsa_pss_verify_avx2;
cv_sign_fn cv_rsa_pkcs1_sign_avx2, cv_rsa_pss_sign_avx2;
cv_verify_pss_fn cv_rsa_pss_verify_params_avx2;
cv_verify_fn cv_rsa_pkcs1_verify_ifma, cv_rsa_pss_verify_ifma;
cv_sign_fn cv_rsa_pkcs1_sign_ifma, cv_rsa_pss_sign_ifma;
cv_verify_pss_fn cv_rsa_pss_verify_params_ifma;
#endif

/* The public key that belongs to an EC, Ed25519 or Ed448 private key: writes the point or raw key.
 * out has room for 133 bytes. */
cv_err cv_ec_public_key(const struct cv_private_key *key, uint8_t *out, size_t *out_len);
cv_err cv_ed25519_public_key(const struct cv_private_key *key, uint8_t out[32]);
cv_err cv_ed448_public_key(const struct cv_private_key *key, uint8_t out[57]);
/* The same for ML-DSA: 1312, 1952 or 2592 bytes; *out_len is the room. CV_E_KEY_SYNTAX also where parts of
 * the private key contradict each other. CV_E_BUFFER_TOO_SMALL. */
cv_err cv_mldsa_public_key(const struct cv_private_key *key, uint8_t *out, size_t *out_len);

#endif
