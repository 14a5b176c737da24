/* AlgorithmIdentifiers, for the files of x509 that read keys and signatures. */
#ifndef CV_X509_ALG_H
#define CV_X509_ALG_H

#include "x509/cert.h"

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
