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

/* An Extension without the header of its SEQUENCE: RFC 5280 4.1. *explicit_default: FALSE is written out. */
cv_err cv_extension_read(struct cv_bytes extension, struct cv_bytes *oid, bool *critical,
                         bool *explicit_default, struct cv_bytes *value);

/* The value of an authorityKeyIdentifier; key_id->p is NULL if it has none (RFC 5280 4.2.1.1). */
cv_err cv_aki_read(struct cv_bytes value, struct cv_bytes *key_id, bool *names_issuer);

/* A DistributionPointName, and the content of ReasonFlags (RFC 5280 4.2.1.13). */
cv_err cv_point_name_check(struct cv_bytes point);
cv_err cv_reasons_read(struct cv_bytes bits, uint16_t *reasons);

/* GeneralNames without their header: at least one, each in its proper form (RFC 5280 4.2.1.6). */
cv_err cv_general_names_check(struct cv_bytes names);

#endif
