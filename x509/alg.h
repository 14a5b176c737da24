/* AlgorithmIdentifiers, for the files of x509 that read keys and signatures. */
#ifndef CV_X509_ALG_H
#define CV_X509_ALG_H

#include "x509/cert.h"
#include "x509/oid.h"

/* Takes an AlgorithmIdentifier (RFC 5280 4.1.1.2): its OID, and its parameters with their header, p NULL
 * if absent. CV_E_CERT_DER, CV_E_CERT_SYNTAX. */
cv_err cv_alg_read(struct cv_bytes *in, struct cv_bytes *oid, struct cv_bytes *params);

/* Takes the AlgorithmIdentifier of a hash, SHA-1 or one of SHA-2 (RFC 4055 2.1): CV_HASH_NONE if it is
 * another. CV_E_CERT_DER, CV_E_CERT_SYNTAX. */
cv_err cv_hash_alg_read(struct cv_bytes *in, enum cv_hash_id *hash);

/* Takes apart what a certificate and a list are at the outermost (RFC 5280 4.1, 5.1): what is signed and the
 * AlgorithmIdentifier, each with its header, and the signature. CV_E_CERT_DER, CV_E_CERT_SYNTAX. */
cv_err cv_signed_read(struct cv_bytes der, struct cv_bytes *tbs, struct cv_bytes *sig_alg,
                      struct cv_bytes *signature);

/* An algorithm of signatures: what its OID names, and how its parameters are written. */
struct cv_sig_alg {
    struct cv_oid oid;
    enum { CV_SIG_PARAMS_ABSENT, CV_SIG_PARAMS_NULL, CV_SIG_PARAMS_PSS } params;
    enum cv_sig_family family;
    enum cv_key_type key; /* as in struct cv_cert_sig_alg */
    enum cv_hash_id hash;
};

/* The one with this OID; NULL if we do not know it. RFC 3279, 4055, 5758, 8410, 9881. */
const struct cv_sig_alg *cv_sig_alg_find(struct cv_bytes oid);

/* A kind of public key: its OID, and the length of keys that are just bytes. id-ecPublicKey has the type of
 * its first curve here. */
struct cv_key_alg {
    struct cv_oid oid;
    enum cv_key_type type;
    uint16_t raw_len;
};
const struct cv_key_alg *cv_key_alg_find(struct cv_bytes oid);

/* A named curve (RFC 5480 2.1.1). */
struct cv_curve {
    struct cv_oid oid;
    enum cv_key_type type;
    uint8_t field_len;
};
const struct cv_curve *cv_curve_find(struct cv_bytes oid);

/* Reads the AlgorithmIdentifier of a signature (with its header). CV_E_CERT_DER, CV_E_CERT_SYNTAX;
 * sig->known is false for an algorithm that we do not know. RFC 4055, 5758, 8410, 9881. */
cv_err cv_sig_alg_parse(struct cv_cert_sig_alg *sig, struct cv_bytes alg);

/* Reads RSASSA-PSS-params (RFC 4055 3.1): hash, mgf_hash and salt_len of *sig. sig->known is false where
 * they name a hash or a mask generation that we do not know. */
cv_err cv_pss_params_parse(struct cv_cert_sig_alg *sig, struct cv_bytes params);

/* Verifies a signature over `m` with an algorithm so named; errors as of cv_cert_check_signature. */
cv_err cv_signature_check(const struct cv_cert_sig_alg *sig, struct cv_bytes m, struct cv_bytes signature,
                          const struct cv_public_key *key, const struct cv_sig_scheme *schemes,
                          size_t n_schemes);

#endif
