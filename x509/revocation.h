/* Whether the certificates of a path were revoked, by CRLs and OCSP responses that the caller has. */
#ifndef CV_X509_REVOCATION_H
#define CV_X509_REVOCATION_H

#include "x509/crl.h"
#include "x509/ocsp.h"

enum cv_revocation_scope {
    CV_REVOCATION_END_CERT,
    CV_REVOCATION_CHAIN_EXCLUDE_ROOT,
    /* The anchor, too: only what says that it was revoked counts, as nobody above can say that it is good. */
    CV_REVOCATION_CHAIN,
};

struct cv_path_checked; /* validate.h */
typedef cv_err cv_revocation_fn(const struct cv_path_checked *path, size_t *depth);

struct cv_revocation {
    cv_revocation_fn *check; /* cv_revocation_check; a configuration without it links none of this */
    enum cv_revocation_scope scope;
    bool soft_fail;   /* a status that cannot be told is no obstacle */
    bool must_staple; /* a leaf that demands a stapled answer (RFC 7633) needs a good one, soft_fail or not */
    const struct cv_crl *crls;
    size_t n_crls;
    const struct cv_ocsp *staple; /* for the leaf; NULL: none */
};

/* CV_E_CERT_REVOKED, CV_E_CERT_REVOCATION_UNKNOWN, CV_E_CERT_STAPLE or CV_E_CERT_TOO_COMPLEX, and in *depth
 * which certificate. RFC 5280 6.3.3: each certificate needs a good OCSP answer, or lists that cover all
 * reasons and do not name it. A list is verified with the key of a certificate above in the path, or of
 * another certificate of that name, which has a path to the same anchor and is not revoked itself; either has
 * cRLSign if it has a key usage. */
cv_revocation_fn cv_revocation_check;

#endif
