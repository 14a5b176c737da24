/* Certificate bundles in PKCS#7 (.p7b, .p7c): SignedData without signers, RFC 5652 5.1. */
#ifndef CV_X509_PKCS7_H
#define CV_X509_PKCS7_H

#include "crypto/base/bytes.h"

/* The certificates of a bundle in DER, one behind the other, and the CRLs likewise; empty if there are none.
 * Other kinds of certificates stand among them as they came; signatures are not looked at. CV_E_CERT_DER,
 * CV_E_CERT_SYNTAX; CV_E_UNSUPPORTED for content of other types. */
cv_err cv_pkcs7_bundle_read(struct cv_bytes der, struct cv_bytes *certs, struct cv_bytes *crls);

#endif
