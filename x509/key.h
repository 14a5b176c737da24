/* Private keys in their containers: PKCS#8 (RFC 5958), SEC1 (RFC 5915), PKCS#1 (RFC 8017). */
#ifndef CV_X509_KEY_H
#define CV_X509_KEY_H

#include "x509/cert.h"

/* Reads a private key from DER of any of the three kinds (told apart by structure); the views point
 * into der. RSA keys shorter than 2048 bits or otherwise unusable: CV_E_BAD_MODULUS, CV_E_BAD_EXPONENT.
 * CV_E_KEY_SYNTAX if malformed, CV_E_KEY_PASSWORD if encrypted, CV_E_UNSUPPORTED for other algorithms.
 * Constant time in the key. */
cv_err cv_private_key_parse(struct cv_private_key *key, struct cv_bytes der);

/* CV_E_KEY_MISMATCH unless the key belongs to the certificate; CV_E_UNSUPPORTED if that cannot be told;
 * CV_E_KEY_SYNTAX if parts of the key contradict each other. */
cv_err cv_private_key_matches(const struct cv_private_key *key, const struct cv_cert *cert);

/* Reads a SubjectPublicKeyInfo (with its header). CV_E_CERT_KEY if malformed: wrong length, compressed or
 * explicit parameters; key->type is CV_KEY_NONE for an algorithm that we do not know. */
cv_err cv_public_key_parse(struct cv_public_key *key, struct cv_bytes spki);

#endif
