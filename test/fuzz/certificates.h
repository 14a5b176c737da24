/* Calls of crypt32's part beside those of SSPI: contexts and stores that are made, shared, changed and let go
 * in any order. */
#ifndef CV_TEST_FUZZ_CERTIFICATES_H
#define CV_TEST_FUZZ_CERTIFICATES_H

#include "sspi/win.h"
#include "test/fuzz/fuzz.h"

struct fuzz_certificates;

struct fuzz_certificates *fuzz_certificates_new(void);
/* Lets go of all that there is. */
void fuzz_certificates_free(struct fuzz_certificates *f);
/* Takes over a context. */
void fuzz_certificates_add(struct fuzz_certificates *f, PCCERT_CONTEXT c);
/* One call. */
void fuzz_certificates_call(struct fuzz_certificates *f, struct cv_bytes *in);

#endif
