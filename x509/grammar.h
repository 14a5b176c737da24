/* The grammar of a certificate, one field at a time, so that more than one driver can walk it: cert.c walks
 * bytes in memory, a stream driver bytes as they arrive. RFC 5280 4.1. */
#ifndef CV_X509_GRAMMAR_H
#define CV_X509_GRAMMAR_H

#include "x509/cert.h"

enum { CV_UNKNOWN_EXTENSIONS_MAX = 32 };

/* What the walk remembers beside the certificate itself. */
struct cv_cert_walk {
    struct cv_cert *cert;
    struct cv_bytes inner_sig_alg;               /* TBSCertificate.signature */
    uint64_t unknown[CV_UNKNOWN_EXTENSIONS_MAX]; /* hashes of the OIDs seen, against duplicates */
    size_t n_unknown;
};

/* A field of TBSCertificate. `take` gets the element with its header (whole) and without (content), which
 * passed cv_der_check; the extensions' own take only records them: the driver walks them. */
struct cv_tbs_field {
    uint8_t tag;
    bool is_optional;
    cv_err (*take)(struct cv_cert_walk *w, struct cv_bytes whole, struct cv_bytes content);
};

enum { CV_N_TBS_FIELDS = 10 };
extern const struct cv_tbs_field cv_tbs_fields[CV_N_TBS_FIELDS];

/* One Extension, without the header of its SEQUENCE. */
cv_err cv_extension_take(struct cv_cert_walk *w, struct cv_bytes extension);

/* GeneralNames without their header: at least one, each in its proper form (RFC 5280 4.2.1.6). */
cv_err cv_general_names_check(struct cv_bytes names);

#endif
