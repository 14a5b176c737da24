/* The attributes of a Name, for the files of x509 that look into them. */
#ifndef CV_X509_DN_H
#define CV_X509_DN_H

#include "x509/name.h"

struct cv_attribute {
    struct cv_bytes type; /* OID */
    uint8_t tag;
    struct cv_bytes value;
};

/* Takes an attribute from an RDN (the content of its SET). CV_E_CERT_DER, CV_E_CERT_SYNTAX. */
cv_err cv_attribute_read(struct cv_bytes *rdn, struct cv_attribute *a);

/* As cv_name_equal of two Names, each with one RDN more (the content of its SET) where p is not NULL. */
bool cv_name_equal_below(struct cv_bytes a, struct cv_bytes a_rdn, struct cv_bytes b, struct cv_bytes b_rdn);

#endif
