/* The certificates and keys of test/pki, by name. */
#ifndef CV_TEST_PKI_H
#define CV_TEST_PKI_H

#include "x509/cert.h"

/* The DER of the block behind the line `name` in test/pki/FILE; fails the test if there is none. The bytes
 * stay until the program ends. */
struct cv_bytes pki_der(const char *file, const char *name);

/* A certificate of chains.pem, parsed. */
struct cv_cert pki_cert(const char *name);

/* What certificates of the corpus are signed with. */
extern const struct cv_sig_scheme pki_schemes[];
extern const size_t pki_n_schemes;

#endif
