/* Certificates as views into the caller's DER (RFC 5280 section 4, strict). */
#ifndef CV_X509_CERT_H
#define CV_X509_CERT_H

#include "crypto/sig.h"

/* keyUsage bits, as RFC 5280 4.2.1.3 numbers them (bit 0 is the lowest here). */
enum {
    CV_KU_DIGITAL_SIGNATURE = 1 << 0,
    CV_KU_NON_REPUDIATION = 1 << 1,
    CV_KU_KEY_ENCIPHERMENT = 1 << 2,
    CV_KU_DATA_ENCIPHERMENT = 1 << 3,
    CV_KU_KEY_AGREEMENT = 1 << 4,
    CV_KU_KEY_CERT_SIGN = 1 << 5,
    CV_KU_CRL_SIGN = 1 << 6,
    CV_KU_ENCIPHER_ONLY = 1 << 7,
    CV_KU_DECIPHER_ONLY = 1 << 8,
};

/* extendedKeyUsage purposes that we know. */
enum {
    CV_EKU_SERVER_AUTH = 1 << 0,
    CV_EKU_CLIENT_AUTH = 1 << 1,
    CV_EKU_CODE_SIGNING = 1 << 2,
    CV_EKU_EMAIL_PROTECTION = 1 << 3,
    CV_EKU_TIME_STAMPING = 1 << 4,
    CV_EKU_OCSP_SIGNING = 1 << 5,
    CV_EKU_ANY = 1 << 6,
    CV_EKU_OTHER = 1 << 7,
};

/* Extensions that we know, as bits of cv_cert.present and cv_cert.critical. */
enum {
    CV_EXT_SKI = 1 << 0,
    CV_EXT_KEY_USAGE = 1 << 1,
    CV_EXT_SAN = 1 << 2,
    CV_EXT_ISSUER_ALT_NAME = 1 << 3,
    CV_EXT_BASIC_CONSTRAINTS = 1 << 4,
    CV_EXT_NAME_CONSTRAINTS = 1 << 5,
    CV_EXT_CRL_POINTS = 1 << 6,
    CV_EXT_POLICIES = 1 << 7,
    CV_EXT_POLICY_MAPPINGS = 1 << 8,
    CV_EXT_AKI = 1 << 9,
    CV_EXT_POLICY_CONSTRAINTS = 1 << 10,
    CV_EXT_EKU = 1 << 11,
    CV_EXT_FRESHEST_CRL = 1 << 12,
    CV_EXT_INHIBIT_ANY = 1 << 13,
    CV_EXT_AIA = 1 << 14,
    CV_EXT_SIA = 1 << 15,
    CV_EXT_TLS_FEATURE = 1 << 16,
    CV_EXT_DIRECTORY_ATTRIBUTES = 1 << 17,
};

/* Departures from RFC 5280 or DER that are seen in the field and do no harm by themselves, as bits of
 * cv_cert.deviations. The strict profiles refuse them. */
enum {
    CV_DEV_EXPLICIT_DEFAULT = 1 << 0, /* FALSE written out where it is the default (X.690 11.5) */
    CV_DEV_TIME_FORM = 1 << 1,        /* GeneralizedTime before 2050 (4.1.2.5) */
    CV_DEV_SERIAL_ZERO = 1 << 2,      /* 4.1.2.2 */
    CV_DEV_KEY_USAGE_FORM = 1 << 3,   /* no bit set, or trailing zero bits (4.2.1.3, X.690 11.2.2) */
    CV_DEV_PATH_LEN_NOT_CA = 1 << 4,  /* pathLenConstraint without cA (4.2.1.9) */
    CV_DEV_AKI_NO_KEY_ID = 1 << 5,    /* authorityKeyIdentifier without keyIdentifier (4.2.1.1) */
    CV_DEV_AKI_NAMES_ISSUER = 1 << 6, /* authorityKeyIdentifier with authorityCertIssuer or serial number */
};

/* The algorithm of a certificate's signature, as its OID and parameters name it. */
struct cv_cert_sig_alg {
    enum cv_sig_family family;
    enum cv_key_type key;     /* EdDSA, ML-DSA: the type of key that the OID names; else CV_KEY_NONE */
    enum cv_hash_id hash;     /* CV_HASH_NONE: the scheme hashes by itself (EdDSA, ML-DSA) */
    enum cv_hash_id mgf_hash; /* PSS */
    uint16_t salt_len;        /* PSS */
    bool known;               /* false: an algorithm that we do not know; the rest is unset */
};

struct cv_cert {
    struct cv_bytes der;
    struct cv_bytes tbs; /* TBSCertificate with its header: what is signed */
    struct cv_bytes serial;
    struct cv_bytes issuer, subject; /* Name with its header */
    struct cv_bytes spki;            /* SubjectPublicKeyInfo with its header */
    struct cv_bytes sig_alg;         /* AlgorithmIdentifier with its header */
    struct cv_bytes signature;
    struct cv_cert_sig_alg sig;
    uint32_t inhibit_any;               /* inhibitAnyPolicy (RFC 5280 4.2.1.14); UINT32_MAX if absent */
    uint64_t issuer_hash, subject_hash; /* cv_name_hash of either */
    struct cv_public_key key;           /* type CV_KEY_NONE: a kind that we do not know */
    int64_t not_before, not_after;      /* seconds since 1970-01-01 UTC, inclusive both */
    uint8_t version;                    /* 1, 2, 3 */

    bool self_issued; /* issuer and subject are equal names */
    bool has_basic_constraints, is_ca, has_path_len;
    bool has_key_usage, has_eku;
    bool unknown_critical;      /* a critical extension that we do not process */
    bool must_staple;           /* TLS feature 5, RFC 7633 */
    uint32_t present, critical; /* CV_EXT_… */
    uint32_t deviations;        /* CV_DEV_… */
    uint8_t eku;
    uint16_t key_usage;
    uint32_t path_len;
    struct cv_bytes extensions;       /* content of the SEQUENCE OF Extension; empty if none */
    struct cv_bytes san;              /* content of GeneralNames; p NULL if absent */
    struct cv_bytes name_constraints; /* content of NameConstraints; p NULL if absent */
    struct cv_bytes ski, aki;         /* key identifiers; p NULL if absent */
    struct cv_bytes policies, policy_mappings, policy_constraints; /* contents; p NULL if absent */
    struct cv_bytes crl_points, aia;                               /* contents; p NULL if absent */
};

/* Reads one certificate; every view points into der, which must outlive c. Nothing may follow it.
 * CV_E_CERT_DER, CV_E_CERT_SYNTAX, CV_E_CERT_KEY; c is then unspecified. Linear time, bounded depth. */
cv_err cv_cert_parse(struct cv_cert *c, struct cv_bytes der);

/* Verifies that `cert` was signed by `issuer_key`. CV_E_CERT_SIGNATURE_ALGORITHM if none of the schemes
 * has the certificate's algorithm and the key's type; CV_E_CERT_SIGNATURE if it does not verify;
 * CV_E_CERT_KEY if the key cannot be used. */
cv_err cv_cert_check_signature(const struct cv_cert *cert, const struct cv_public_key *issuer_key,
                               const struct cv_sig_scheme *schemes, size_t n_schemes);

#endif
