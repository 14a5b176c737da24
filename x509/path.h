/* Certification paths: building one to a trust anchor and validating it (RFC 5280 section 6). */
#ifndef CV_X509_PATH_H
#define CV_X509_PATH_H

#include "x509/name.h"

enum { CV_PATH_MAX = 10 }; /* certificates in a path, leaf and anchor included */

/* Certificates that are trusted as such. Memory belongs to the caller; read-only while in use, so that
 * many connections may share one. */
struct cv_trust_store {
    const struct cv_cert *anchors; /* sorted by cv_trust_sort */
    size_t n_anchors;
};

/* Sorts parsed anchors in place so that a store can search them by subject, and under it by key identifier.
 */
void cv_trust_sort(struct cv_cert *anchors, size_t n_anchors);

/* Leaves one of each in a sorted list; returns how many are left. */
size_t cv_trust_unique(struct cv_cert *anchors, size_t n_anchors);

enum cv_purpose { CV_PURPOSE_ANY, CV_PURPOSE_SERVER, CV_PURPOSE_CLIENT };

enum cv_profile {
    CV_PROFILE_COMPAT,  /* what the web serves is accepted: a missing AKI or SKI is tolerated */
    CV_PROFILE_RFC5280, /* RFC 5280 to the letter */
    CV_PROFILE_WEBPKI,  /* CA/Browser Forum's rules on top */
};

struct cv_revocation; /* revocation.h */

/* What RFC 5280 6.1.1 (c), (e) to (g) takes as input. */
struct cv_policy_params {
    const struct cv_bytes *initial; /* OIDs, one of which must hold; NULL: any policy will do */
    size_t n_initial;
    bool explicit_policy; /* a policy must hold in any case */
    bool inhibit_mapping, inhibit_any;
};

struct cv_path_params {
    const struct cv_trust_store *trust;
    const struct cv_sig_scheme *schemes; /* signatures accepted on certificates */
    size_t n_schemes;
    int64_t now; /* seconds since 1970-01-01 UTC */
    enum cv_purpose purpose;
    enum cv_profile profile;
    uint16_t key_usage;         /* CV_KU_… bits that the leaf's keyUsage must have, if it has one; TLS:
                                   DIGITAL_SIGNATURE */
    const struct cv_host *host; /* NULL: no name is checked */
    bool common_name;           /* cv_cert_matches_common_name will do, unless a CA has name constraints */
    uint16_t min_rsa_bits;      /* 0: 2048 */
    uint8_t max_intermediates;  /* 0: 8 */
    uint32_t max_signatures;    /* signature checks in all; 0: 100 */
    uint32_t max_comparisons;   /* name comparisons in all; 0: 100,000 */
    const struct cv_policy_params *policy;  /* NULL: all as if zero */
    const struct cv_revocation *revocation; /* NULL: not checked */
};

struct cv_path {
    const struct cv_cert *certs[CV_PATH_MAX]; /* leaf first, anchor last */
    size_t n_certs;
};

/* Why a chain was refused: the cause, and the certificate that it concerns. */
struct cv_verdict {
    cv_err err;
    uint8_t depth;              /* 0 is the leaf */
    const struct cv_cert *cert; /* NULL where no single one is to blame */
};

/* Builds and validates a path from leaf over some of the intermediates to an anchor; several candidates
 * are tried, within the budget. On success fills *path. Uses no memory beyond its stack; certs and trust
 * store are not changed.
 *
 * The verdict is that of the most promising attempt. CV_E_CERT_NAME_MISMATCH, CV_E_CERT_EXPIRED and
 * CV_E_CERT_NOT_YET_VALID come last: each says that a path to an anchor holds but for that, and for the
 * dates also that the name is right, so that a caller who overlooks it overlooks nothing else.
 * CV_E_CERT_UNTRUSTED says that no better cause is known. A leaf that is itself an anchor is accepted if
 * it is self-issued. A policy is demanded where the caller or a certificate's policyConstraints say so, the
 * anchor's included; otherwise policies are not looked at.
 */
cv_err cv_path_validate(struct cv_path *path, struct cv_verdict *verdict, const struct cv_cert *leaf,
                        const struct cv_cert *intermediates, size_t n_intermediates,
                        const struct cv_path_params *params);

#endif
