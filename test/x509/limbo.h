/* The cases of x509-limbo, for whoever judges them in another way than limbo.c. */
#ifndef CV_TEST_X509_LIMBO_H
#define CV_TEST_X509_LIMBO_H

#include "test/x509/suite.h"

/* Certificates as they are listed, readable or not. */
struct limbo_ders {
    struct cv_bytes *list;
    size_t n;
};

/* by_memory: the verdict of cv_path_validate with these parameters. */
typedef void limbo_fn(struct suite *s, const char *id, const struct cv_path_params *params, cv_err by_memory,
                      struct cv_bytes leaf, const struct limbo_ders *others, const struct limbo_ders *roots);

/* Every case, under the compatible profile, without revocation and common names. false: cannot be read. */
bool limbo_each(struct suite *s, const char *file, limbo_fn *run);

#endif
