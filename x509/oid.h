/* Object identifiers as DER contents. */
#ifndef CV_X509_OID_H
#define CV_X509_OID_H

#include "crypto/base/bytes.h"

enum { CV_OID_MAX = 11 };

/* An OID held in a table: its length, then its content. */
struct cv_oid {
    uint8_t len;
    uint8_t v[CV_OID_MAX];
};

static inline bool cv_oid_is(struct cv_bytes oid, const struct cv_oid *known)
{
    return cv_bytes_equal(oid, cv_bytes(known->v, known->len));
}

#endif
