/* Public suites of certification paths, run against x509 as it is: what their programs share. */
#ifndef CV_TEST_X509_SUITE_H
#define CV_TEST_X509_SUITE_H

#include "tls/suite.h"
#include "x509/revocation.h"

#include <jansson.h>

/* Cases that are not to come out as the suite says, each with its reason: a file of lines "ID: reason". */
struct exceptions {
    char *text;
};

struct suite {
    struct cv_algorithms algorithms;
    struct exceptions exceptions;
    unsigned n_passed, n_failed, n_skipped;
};

/* A whole file, unpacked if it is gzip's, with a zero behind it, from malloc; NULL: it cannot be read. */
char *suite_read_file(const char *name, size_t *len);

/* JSON of such a file; NULL, and it has been said why. */
json_t *suite_read_json(const char *name);

/* The first PEM block of a text, decoded into memory from malloc; p NULL if there is none. */
struct cv_bytes suite_pem(const char *text);

/* The reason for leaving out a case, up to the end of its line; NULL if it is not listed. */
const char *suite_exception(const struct suite *s, const char *id, size_t *len);

/* Counts a case, and prints it if it failed or, being listed, passed. */
void suite_count(struct suite *s, const char *id, bool as_expected, const char *what);

/* Each runs one suite and returns false if it could not be read. */
bool suite_limbo(struct suite *s, const char *file);
/* The same cases by both drivers of certificates. */
bool suite_stream(struct suite *s, const char *file);
/* Prints our verdict on each chain of a file of mutate.py. */
bool suite_judge(const struct suite *s, const char *file);
bool suite_pkits(struct suite *s, const char *file, const char *folder);

#endif
