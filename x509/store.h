/* Searching a trust store. */
#ifndef CV_X509_STORE_H
#define CV_X509_STORE_H

#include "x509/path.h"

/* The anchors whose subject has this hash: *n of them from the result on. Whether the names are equal is
 * still to be seen. */
const struct cv_cert *cv_trust_find(const struct cv_trust_store *store, uint64_t subject_hash, size_t *n);

#endif
