/* What the files about certificate chains share. */
#ifndef CV_SSPI_CHAIN_H
#define CV_SSPI_CHAIN_H

#include "sspi/capi.h"
#include "sspi/roots.h"

enum { CV_ENGINE_STORES_MAX = 16 };

/* HCERTCHAINENGINE. The host's own engines (HCCE_CURRENT_USER, HCCE_LOCAL_MACHINE) have no object. */
struct cv_chain_engine {
    struct cv_capi_object head;
    struct cv_roots *roots; /* what is trusted, as it was when the engine was made; NULL: the host's roots */
    struct cv_store *stores[CV_ENGINE_STORES_MAX]; /* where issuers are looked for; references */
    size_t n_stores;
};

/* The engine behind a handle; NULL for the host's; *ok false if it is none. */
struct cv_chain_engine *cv_chain_engine_of(HCERTCHAINENGINE h, bool *ok);

#endif
