/* DNS names as bytes, for the files of x509 that compare them. */
#ifndef CV_X509_HOST_H
#define CV_X509_HOST_H

#include "x509/name.h"

/* True for labels of letters, digits, hyphens and underscores, none empty, no dot at the end. */
bool cv_dns_name_ok(struct cv_bytes name);

/* What follows the first dot; empty if there is none. */
struct cv_bytes cv_dns_parent(struct cv_bytes name);

/* A last label that some resolvers take for a number: decimal, or hexadecimal behind "0x". */
bool cv_dns_ends_in_number(struct cv_bytes name);

/* Equal but for the case of ASCII letters. */
bool cv_ascii_equal_fold(struct cv_bytes a, struct cv_bytes b);

#endif
