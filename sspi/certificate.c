/* Certificate contexts: making and counting. */
#include "sspi/certificate.h"

#include "sspi/host_certificate.h"
#include "sspi/library.h"
#include "sspi/struct_fill.h"

#include <string.h>

/* Bytes that a certificate may have: what fits into a TLS message, with room to spare. */
enum { CERT_LEN_MAX = 1 << 20, DER_AT = (sizeof(struct cv_cert_object) + 15) & ~(size_t)15 };

struct cv_cert_object *cv_cert_of(PCCERT_CONTEXT ctx)
{
    if (ctx == NULL) return NULL;
    /* Only what we made has its CERT_INFO and its DER at these places behind itself: nothing beyond the
     * context is read before that is known. */
    const uint8_t *p = (const uint8_t *)ctx;
    if ((const uint8_t *)ctx->pCertInfo != p + offsetof(struct cv_cert_object, info)) return NULL;
    if (ctx->pbCertEncoded != p + DER_AT) return NULL;
    return (struct cv_cert_object *)(uintptr_t)ctx;
}

cv_err cv_cert_object_new(struct cv_cert_object **out, struct cv_bytes der)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL) return CV_E_NO_MEMORY;
    if (der.len == 0 || der.len > CERT_LEN_MAX) return CV_E_CERT_DER;
    struct cv_cert cert;
    CERT_INFO info = {0};
    struct cv_arena counted = {0};
    cv_err e = cv_cert_parse(&cert, der);
    if (e != CV_OK) return e;
    cv_cert_fill_info(&info, &counted, &cert);
    size_t info_at = (DER_AT + der.len + 15) & ~(size_t)15, size = info_at + counted.used;
    struct cv_cert_object *o = cv_alloc(size);
    if (o == NULL) return CV_E_NO_MEMORY;
    uint8_t *memory = (uint8_t *)o;
    struct cv_arena a = {.p = memory + info_at};
    memcpy(memory + DER_AT, der.p, der.len);
    o->size = size;
    atomic_init(&o->refs, 1);
    e = cv_cert_parse(&o->cert, cv_bytes(memory + DER_AT, der.len)); /* again, so that the views are ours */
    if (e != CV_OK) {
        cv_free(o, size);
        return e;
    }
    cv_cert_fill_info(&o->info, &a, &o->cert);
    o->ctx = (CERT_CONTEXT){
        .dwCertEncodingType = X509_ASN_ENCODING,
        .pbCertEncoded = memory + DER_AT,
        .cbCertEncoded = (DWORD)der.len,
        .pCertInfo = &o->info,
    };
    atomic_fetch_add(&lib->n_objects, 1);
    *out = o;
    return CV_OK;
}

void cv_cert_object_free(struct cv_cert_object *o)
{
    cv_cert_properties_free(o);
    cv_cert_key_release(o->key);
    atomic_fetch_sub(&cv_library()->n_objects, 1);
    cv_free(o, o->size);
}

PCCERT_CONTEXT WINAPI CertCreateCertificateContext(DWORD dwCertEncodingType, const BYTE *pbCertEncoded,
                                                   DWORD cbCertEncoded)
{
    struct cv_cert_object *o;
    if (pbCertEncoded == NULL || (dwCertEncodingType & X509_ASN_ENCODING) == 0) {
        SetLastError((DWORD)E_INVALIDARG);
        return NULL;
    }
    cv_err e = cv_cert_object_new(&o, cv_bytes(pbCertEncoded, cbCertEncoded));
    if (e != CV_OK) {
        SetLastError(cv_last_error_for(e));
        return NULL;
    }
    return &o->ctx;
}

PCCERT_CONTEXT WINAPI CertDuplicateCertificateContext(PCCERT_CONTEXT pCertContext)
{
    struct cv_cert_object *o = cv_cert_of(pCertContext);
    if (o == NULL) return NULL;
    atomic_fetch_add(o->store != NULL ? &o->store->refs : &o->refs, 1);
    return pCertContext;
}

BOOL WINAPI CertFreeCertificateContext(PCCERT_CONTEXT pCertContext)
{
    struct cv_cert_object *o = cv_cert_of(pCertContext);
    if (o == NULL) return TRUE;
    if (o->store != NULL)
        cv_store_release(o->store);
    else if (atomic_fetch_sub(&o->refs, 1) == 1)
        cv_cert_object_free(o);
    return TRUE;
}

cv_err cv_context_from_chain(PCCERT_CONTEXT *out, struct cv_bytes certs)
{
    struct cv_store *s = cv_store_new();
    if (s == NULL) return CV_E_NO_MEMORY;
    cv_err e = cv_store_add_all(s, certs, NULL);
    if (e == CV_OK && s->first == NULL) e = CV_E_CERT_DER;
    if (e != CV_OK) {
        cv_store_release(s);
        return e;
    }
    *out = &s->first->ctx; /* the store's only reference is now the context's */
    return CV_OK;
}

cv_err cv_context_store_export(HCERTSTORE store, uint8_t **out, size_t *len)
{
    struct cv_store *s = cv_store_of(store);
    return s == NULL ? CV_E_INVALID_ARGUMENT : cv_store_export(s, out, len);
}
