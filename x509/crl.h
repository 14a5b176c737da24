/* Certificate revocation lists as views into the caller's DER (RFC 5280 section 5, strict). */
#ifndef CV_X509_CRL_H
#define CV_X509_CRL_H

#include "x509/cert.h"

/* ReasonFlags (RFC 5280 4.2.1.13): bit n of the BIT STRING is 1 << n here; bit 0 is unused. */
enum { CV_REASONS_ALL = 0x1fe };

/* What only the compatible profile tolerates, as bits of cv_crl.deviations. */
enum {
    CV_CRL_DEV_VERSION_1 = 1 << 0, /* RFC 5280 5.1.2.1 */
    CV_CRL_DEV_NO_NUMBER = 1 << 1, /* 5.2.3 */
    CV_CRL_DEV_NO_AKI = 1 << 2,    /* 5.2.1 */
    CV_CRL_DEV_TIME_FORM = 1 << 3, /* 5.1.2.4, 5.1.2.5: GeneralizedTime before 2050 */
};

struct cv_crl {
    struct cv_bytes der;
    struct cv_bytes tbs; /* TBSCertList with its header: what is signed */
    struct cv_bytes sig_alg, signature;
    struct cv_cert_sig_alg sig;
    struct cv_bytes issuer; /* Name with its header */
    uint64_t issuer_hash;
    int64_t this_update, next_update; /* seconds since 1970-01-01 UTC */
    struct cv_bytes entries;          /* content of revokedCertificates; empty if none */
    struct cv_bytes aki;              /* key identifier; p NULL if absent */
    bool is_delta;                    /* has a delta CRL indicator: of no use to us (5.2.4) */
    bool unknown_critical; /* a critical extension, of the list or of an entry, that we do not process */
    uint32_t deviations;   /* CV_CRL_DEV_… */

    /* issuingDistributionPoint, 5.2.5; without one the list is for all certificates of its issuer. */
    bool only_users, only_cas, only_attributes, is_indirect;
    uint16_t reasons;      /* those that the list is for */
    struct cv_bytes point; /* DistributionPointName; p NULL if absent */
};

/* Reads one CRL; every view points into der, which must outlive c. Nothing may follow it; it has a
 * nextUpdate, and entries name other issuers only if the list is indirect. CV_E_CERT_DER, CV_E_CERT_SYNTAX; c
 * is then unspecified. Linear time, bounded depth. */
cv_err cv_crl_parse(struct cv_crl *c, struct cv_bytes der);

/* Whether the list has an entry for the certificate (issuer, a Name, and serial number). The whole list is
 * walked. */
bool cv_crl_lists(const struct cv_crl *c, struct cv_bytes issuer, struct cv_bytes serial);

/* Whether the list says something about the certificate (RFC 5280 6.3.3 (b), (d)), and for which reasons: 0
 * if it does not. The certificate's distribution points count, and behind them its issuer's name as one more.
 * Each comparison of names costs budget; with none left the answer is 0. */
uint16_t cv_crl_scope(const struct cv_crl *c, const struct cv_cert *cert, uint32_t *budget);

#endif
