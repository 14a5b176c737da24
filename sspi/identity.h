/* A certificate context with its private key, as the engine wants it. */
#ifndef CV_SSPI_IDENTITY_H
#define CV_SSPI_IDENTITY_H

#include "sspi/win.h"
#include "tls/config.h"

/* What an identity's views point into. */
struct cv_identity_memory {
    struct cv_cert_key *key; /* a reference */
    PCCERT_CONTEXT leaf;     /* a reference; keeps its store, and with it the rest of the chain, alive */
    struct cv_bytes chain[CV_PATH_MAX];
    struct cv_sig_scheme *schemes; /* what it is restricted to; NULL if it is not */
    size_t n_schemes;
    uint8_t *staple, *timestamps; /* NULL: none */
    size_t staple_len, timestamps_len;
};

/* What it signs with from now on. CV_E_UNSUPPORTED if a number is unknown or there is none; CV_E_NO_MEMORY.
 */
cv_err cv_identity_restrict(struct cv_identity *id, struct cv_identity_memory *memory,
                            const uint16_t *schemes, size_t n_schemes, uint32_t cpu);

/* What it staples from now on: a copy; nothing if it is empty. CV_E_NO_MEMORY. */
cv_err cv_identity_staple(struct cv_identity *id, struct cv_identity_memory *memory,
                          struct cv_bytes response);

/* The same for its signed certificate timestamps. */
cv_err cv_identity_timestamps(struct cv_identity *id, struct cv_identity_memory *memory,
                              struct cv_bytes list);

/* Fills an identity from a context, with the chain as far as the context's store has it; a self-signed
 * certificate above the leaf is sent only if with_root. CV_E_CERT_SYNTAX if the context is not one of ours,
 * CV_E_NO_CERTIFICATE if it has no private key, CV_E_KEY_SYNTAX if its key lies in a container that this host
 * does not have. On failure nothing is to be released. */
cv_err cv_identity_init(struct cv_identity *id, struct cv_identity_memory *memory, PCCERT_CONTEXT leaf,
                        bool with_root);
void cv_identity_release(struct cv_identity *id, struct cv_identity_memory *memory);

#endif
