/* Certificates and keys of test/pki/tls, inside the program. */
#ifndef CV_TEST_FUZZ_PKI_H
#define CV_TEST_FUZZ_PKI_H

#include "tls/config.h"

enum fuzz_file {
    FUZZ_ROOT,
    FUZZ_SERVER_P256,
    FUZZ_SERVER_P256_KEY,
    FUZZ_CLIENT_P256,
    FUZZ_CLIENT_P256_KEY,
    FUZZ_N_FILES
};

/* The PEM text. */
struct cv_bytes fuzz_pem(enum fuzz_file file);

/* Parsed; made at the first call and then the same. */
const struct cv_trust_store *fuzz_trust(void);
const struct cv_identity *fuzz_server_identity(void); /* for server.example */
const struct cv_identity *fuzz_client_identity(void);

#endif
