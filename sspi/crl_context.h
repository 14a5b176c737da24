/* Contexts of certificate revocation lists: what stands behind PCCRL_CONTEXT. */
#ifndef CV_SSPI_CRL_CONTEXT_H
#define CV_SSPI_CRL_CONTEXT_H

#include "sspi/struct_fill.h"
#include "x509/crl.h"

/* As struct cv_cert_object: one allocation; in a store it lives as long as the store. */
struct cv_crl_object {
    CRL_CONTEXT ctx; /* first */
    CRL_INFO info;   /* ctx.pCrlInfo points here */
    size_t size;
    _Atomic uint32_t refs;
    struct cv_store *store;
    struct cv_crl_object *next; /* in the store */
    bool removed;
    struct cv_crl crl;
};

/* The object behind a context; NULL if it is not one of ours. */
struct cv_crl_object *cv_crl_of(PCCRL_CONTEXT ctx);
/* CV_E_NO_MEMORY, or the cause why the DER is no CRL. */
cv_err cv_crl_object_new(struct cv_crl_object **out, struct cv_bytes der);
void cv_crl_object_free(struct cv_crl_object *o); /* whatever its count says */

/* Fills CRL_INFO, zeroed before, from a parsed list. */
cv_err cv_crl_fill_info(CRL_INFO *info, struct cv_arena *a, const struct cv_crl *crl);

#endif
