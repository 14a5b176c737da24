/* OCSP responses as views into the caller's DER (RFC 6960 section 4.2.1, strict). */
#ifndef CV_X509_OCSP_H
#define CV_X509_OCSP_H

#include "x509/path.h"

struct cv_ocsp {
    struct cv_bytes der;
    uint8_t response_status; /* OCSPResponseStatus; only 0 (successful) has what follows */
    struct cv_bytes tbs;     /* ResponseData with its header: what is signed */
    struct cv_bytes sig_alg, signature;
    struct cv_cert_sig_alg sig;
    struct cv_bytes responder_name;     /* Name with its header; p NULL if it is named by key */
    struct cv_bytes responder_key_hash; /* SHA-1 of the key; p NULL if it is named by name */
    int64_t produced_at;                /* seconds since 1970-01-01 UTC */
    struct cv_bytes responses;          /* content of SEQUENCE OF SingleResponse */
    struct cv_bytes certs;              /* content of SEQUENCE OF Certificate; empty if none */
    bool unknown_critical;              /* a critical extension of the response */
};

/* Reads an OCSPResponse with a BasicOCSPResponse in it, every SingleResponse included; the views point into
 * der, which must outlive o. Nothing may follow it. CV_E_CERT_DER, CV_E_CERT_SYNTAX; CV_E_UNSUPPORTED for
 * other types of response; o is then unspecified. Linear time, bounded depth. */
cv_err cv_ocsp_parse(struct cv_ocsp *o, struct cv_bytes der);

enum cv_cert_status {
    CV_STATUS_UNKNOWN, /* nothing valid is said about the certificate */
    CV_STATUS_GOOD,
    CV_STATUS_REVOKED,
};

/* What the response says about `cert`, issued by `issuer` (which is trusted). An answer counts that names
 * issuer name, issuer key and the whole serial number (by SHA-1 or SHA-256), is in force by its thisUpdate
 * and nextUpdate (which must be there), and is signed by the issuer or by a certificate in the response that
 * the issuer signed for OCSP signing (RFC 6960 4.2.2.2). If there is more than one answer, revoked outweighs
 * good. Signature checks cost budget; with none left the status is unknown. */
enum cv_cert_status cv_ocsp_status(const struct cv_ocsp *o, const struct cv_cert *cert,
                                   const struct cv_cert *issuer, const struct cv_path_params *params,
                                   uint32_t *signatures);

/* The bits of a certificate's key as keyHash takes them: without tag, length and count of unused bits. */
struct cv_bytes cv_cert_key_bits(const struct cv_cert *c);

#endif
