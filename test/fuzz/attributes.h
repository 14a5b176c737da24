/* Attributes of credentials that culvert.h adds, and the application behind those that have callbacks: it
 * answers each question when it is asked for the second time. */
#ifndef CV_TEST_FUZZ_ATTRIBUTES_H
#define CV_TEST_FUZZ_ATTRIBUTES_H

#include "sspi/win.h"
#include "test/fuzz/fuzz.h"

/* What credentials are like, as FUZZ_RAW_KEYS, FUZZ_LATER and FUZZ_EARLY among the choices ask for. */
enum fuzz_variant {
    FUZZ_PLAIN,
    FUZZ_OPTIONS,    /* early data, pre-shared keys, extensions, strict names, the log of keys */
    FUZZ_OPERATIONS, /* certificates, tickets and sessions are the application's */
    FUZZ_BARE_KEYS,  /* raw public keys */
    FUZZ_N_VARIANTS
};
enum fuzz_variant fuzz_variant_of(uint16_t choices);

/* Sets what makes the variant, before the credential's first context. */
void fuzz_set_variant(CredHandle *h, bool server, enum fuzz_variant variant);
/* A certificate whose key is the application's; its signatures are no real ones. */
PCCERT_CONTEXT fuzz_certificate_with_signer(struct cv_bytes pem);

/* One of all attributes, its fields from the input. */
SECURITY_STATUS fuzz_set_attribute(CredHandle *h, struct cv_bytes *in);

/* Before each input: the application forgets its sessions, and nothing may wait for an answer. */
void fuzz_attributes_reset(void);

#endif
