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
    CV_REVOCATION_STAPLED, /* nothing is asked for; what came stapled counts */
};

/* What is no obstacle, as bits of cv_revocation.ignore. */
enum {
    CV_IGNORE_NO_CHECK = 1 << 0, /* CV_E_CERT_REVOCATION_UNKNOWN */
    CV_IGNORE_OFFLINE = 1 << 1,  /* CV_E_CERT_REVOCATION_OFFLINE */
};

/* What is wanted of a fetch callback. */
struct cv_fetch {
    enum { CV_FETCH_OCSP, CV_FETCH_CRL } kind;
    const struct cv_cert *cert, *issuer;
    struct cv_bytes url; /* the first http URL that the certificate names for it; p NULL if there is none */
    struct cv_bytes request; /* OCSP: to be sent, in DER (RFC 6960 4.1) */
};

struct cv_path_checked; /* validate.h */
typedef cv_err cv_revocation_fn(const struct cv_path_checked *path, size_t *depth);

struct cv_revocation {
    cv_revocation_fn *check; /* cv_revocation_check; a configuration without it links none of this */
    enum cv_revocation_scope scope;
    uint8_t ignore;   /* CV_IGNORE_… */
    bool must_staple; /* a leaf that demands a stapled answer (RFC 7633) needs a good one, ignored or not */
    const struct cv_crl *crls;
    size_t n_crls;
    const struct cv_ocsp *staples; /* came with the chain; each is tried on each certificate */
    size_t n_staples;

    /* Asked where what is at hand tells nothing about a certificate; NULL: nobody is. Hands over a CRL or an
     * OCSPResponse in DER, which stays until it is given back to `release` (may be NULL); false if there is
     * none. At most CV_FETCHES_MAX times in a validation. */
    bool (*fetch)(void *ctx, const struct cv_fetch *what, struct cv_bytes *answer);
    void (*release)(void *ctx, struct cv_bytes answer);
    void *fetch_ctx;
};

/* CV_E_CERT_REVOKED, CV_E_CERT_STAPLE, CV_E_CERT_TOO_COMPLEX; CV_E_CERT_REVOCATION_OFFLINE where the
 * certificate says who knows its status, else CV_E_CERT_REVOCATION_UNKNOWN; and in *depth which certificate.
 * RFC 5280 6.3.3: each certificate needs a good OCSP answer, or lists that cover all reasons and do not name
 * it. A list is verified with the key of a certificate above in the path, or of another certificate of that
 * name, which has a path to the same anchor and is not revoked itself; either has cRLSign if it has a key
 * usage. */
cv_revocation_fn cv_revocation_check;

/* The first http URL in a certificate's extensions for OCSP (RFC 5280 4.2.2.1), and for its list (4.2.1.13);
 * p NULL if there is none. */
struct cv_bytes cv_cert_ocsp_url(const struct cv_cert *cert);
struct cv_bytes cv_cert_crl_url(const struct cv_cert *cert);

enum { CV_OCSP_REQUEST_MAX = 128 };

/* Writes a request for the certificate's status, by SHA-1 (RFC 5019 2.1.1). CV_E_BUFFER_TOO_SMALL. */
cv_err cv_ocsp_request_build(uint8_t *out, size_t cap, size_t *len, const struct cv_cert *cert,
                             const struct cv_cert *issuer);

#endif
