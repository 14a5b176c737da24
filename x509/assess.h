/* Telling what is wrong with a chain, certificate by certificate: for reports. Whether a chain is accepted is
 * decided by cv_path_validate alone. */
#ifndef CV_X509_ASSESS_H
#define CV_X509_ASSESS_H

#include "x509/path.h"

/* Faults of one certificate, as bits. */
enum {
    CV_FAULT_TIME = 1 << 0,
    CV_FAULT_SIGNATURE = 1 << 1, /* its signature does not verify with the next one's key */
    CV_FAULT_WEAK = 1 << 2,      /* its key is too short, or its signature's algorithm not accepted */
    CV_FAULT_KEY = 1 << 3,       /* its key cannot be used */
    CV_FAULT_USAGE = 1 << 4,     /* key usage or extended key usage */
    CV_FAULT_NOT_CA = 1 << 5,    /* basic constraints */
    CV_FAULT_NAME_CONSTRAINT = 1 << 6,
    CV_FAULT_CRITICAL = 1 << 7, /* an unknown critical extension */
    CV_FAULT_FORM = 1 << 8,     /* departs from what the profile demands */
    CV_FAULT_POLICY = 1 << 9,
    CV_FAULT_REVOKED = 1 << 10,
    CV_FAULT_STATUS_UNKNOWN = 1 << 11, /* whether it was revoked cannot be told */
    CV_FAULT_UNTRUSTED_ROOT = 1 << 12, /* the last one, self-signed, and no anchor */
    CV_FAULT_PARTIAL = 1 << 13,        /* the last one, whose issuer was not found */
    CV_FAULT_HOST = 1 << 14,           /* the leaf is not for the host */
    CV_FAULT_OFFLINE = 1 << 16,        /* beside STATUS_UNKNOWN: the certificate says who could tell it */
    CV_FAULT_OTHER = 1 << 15,          /* too complex, and what has no bit of its own */
};

/* Validates as cv_path_validate does. On success *path is what that gave and no fault is set. Otherwise *path
 * is the chain that comes nearest to an acceptable one (at least the leaf; its last certificate need not be
 * an anchor), and faults[i] is what is wrong with path->certs[i]: never nothing for all of them. At most 100
 * more signatures are checked. Returns the verdict's error. */
cv_err cv_path_assess(struct cv_path *path, uint32_t faults[CV_PATH_MAX], const struct cv_cert *leaf,
                      const struct cv_cert *intermediates, size_t n_intermediates,
                      const struct cv_path_params *params);

#endif
