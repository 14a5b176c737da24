#include "sspi/crl_context.h"

#include "sspi/library.h"

#include <string.h>

enum { CRL_LEN_MAX = 16 * 1024 * 1024, DER_AT = (sizeof(struct cv_crl_object) + 15) & ~(size_t)15 };

struct cv_crl_object *cv_crl_of(PCCRL_CONTEXT ctx)
{
    if (ctx == NULL) return NULL;
    /* As cv_cert_of: nothing beyond the context is read before it is known to be ours. */
    const uint8_t *p = (const uint8_t *)ctx;
    if ((const uint8_t *)ctx->pCrlInfo != p + offsetof(struct cv_crl_object, info)) return NULL;
    if (ctx->pbCrlEncoded != p + DER_AT) return NULL;
    return (struct cv_crl_object *)(uintptr_t)ctx;
}

/* RFC 5280 5.1.2.6 */
static cv_err fill_entry(CRL_ENTRY *out, struct cv_arena *a, struct cv_bytes entry)
{
    struct cv_bytes serial, extensions = {0};
    int64_t revoked;
    bool is_proper;
    cv_err e = cv_der_uint(&entry, &serial);
    if (e == CV_OK) e = cv_der_time(&entry, &revoked, &is_proper);
    if (e == CV_OK && entry.len > 0) e = cv_der_read(&entry, CV_DER_SEQUENCE, &extensions);
    if (e != CV_OK) return e;
    cv_fill_integer(&out->SerialNumber, a, serial);
    out->RevocationDate = cv_filetime(revoked);
    return cv_fill_extensions(&out->cExtension, &out->rgExtension, a, extensions);
}

static cv_err fill_entries(CRL_INFO *info, struct cv_arena *a, struct cv_bytes entries)
{
    struct cv_bytes in = entries, one;
    size_t n = 0;
    cv_err e = CV_OK;
    for (; in.len > 0 && e == CV_OK; n++) e = cv_der_read(&in, CV_DER_SEQUENCE, &one);
    if (e != CV_OK) return e;
    CRL_ENTRY *list = cv_arena_array(a, n, sizeof *list), unused;
    info->cCRLEntry = (DWORD)n;
    info->rgCRLEntry = list;
    for (size_t i = 0; i < n && e == CV_OK; i++) {
        e = cv_der_read(&entries, CV_DER_SEQUENCE, &one);
        if (e == CV_OK) e = fill_entry(list == NULL ? &unused : &list[i], a, one);
    }
    return e;
}

/* The extensions of the list: [0] EXPLICIT at the end of TBSCertList (RFC 5280 5.1). */
static cv_err find_extensions(struct cv_bytes *out, struct cv_bytes tbs)
{
    struct cv_bytes content, field;
    uint8_t tag;
    *out = (struct cv_bytes){0};
    cv_err e = cv_der_read(&tbs, CV_DER_SEQUENCE, &content);
    while (e == CV_OK && content.len > 0) {
        e = cv_der_any(&content, &tag, &field);
        if (e == CV_OK && tag == (CV_DER_CONTEXT_CON | 0)) return cv_der_read(&field, CV_DER_SEQUENCE, out);
    }
    return e;
}

cv_err cv_crl_fill_info(CRL_INFO *info, struct cv_arena *a, const struct cv_crl *crl)
{
    struct cv_bytes extensions;
    info->dwVersion = (crl->deviations & CV_CRL_DEV_VERSION_1) != 0 ? 0 : 1;
    info->ThisUpdate = cv_filetime(crl->this_update);
    info->NextUpdate = cv_filetime(crl->next_update);
    cv_fill_bytes(&info->Issuer, a, crl->issuer);
    cv_err e = cv_fill_algorithm(&info->SignatureAlgorithm, a, crl->sig_alg);
    if (e == CV_OK) e = fill_entries(info, a, crl->entries);
    if (e == CV_OK) e = find_extensions(&extensions, crl->tbs);
    return e == CV_OK ? cv_fill_extensions(&info->cExtension, &info->rgExtension, a, extensions) : e;
}

cv_err cv_crl_object_new(struct cv_crl_object **out, struct cv_bytes der)
{
    struct cv_library *lib = cv_library();
    struct cv_crl crl;
    CRL_INFO info = {0};
    struct cv_arena counted = {0};
    if (lib == NULL) return CV_E_NO_MEMORY;
    if (der.len == 0 || der.len > CRL_LEN_MAX) return CV_E_CERT_DER;
    cv_err e = cv_crl_parse(&crl, der);
    if (e == CV_OK) e = cv_crl_fill_info(&info, &counted, &crl);
    if (e != CV_OK) return e;
    size_t info_at = (DER_AT + der.len + 15) & ~(size_t)15, size = info_at + counted.used;
    struct cv_crl_object *o = cv_alloc(size);
    if (o == NULL) return CV_E_NO_MEMORY;
    uint8_t *memory = (uint8_t *)o;
    struct cv_arena a = {.p = memory + info_at};
    memcpy(memory + DER_AT, der.p, der.len);
    o->size = size;
    atomic_init(&o->refs, 1);
    e = cv_crl_parse(&o->crl, cv_bytes(memory + DER_AT, der.len)); /* again, so that the views are ours */
    if (e == CV_OK) e = cv_crl_fill_info(&o->info, &a, &o->crl);
    if (e != CV_OK) {
        cv_free(o, size);
        return e;
    }
    o->ctx = (CRL_CONTEXT){
        .dwCertEncodingType = X509_ASN_ENCODING,
        .pbCrlEncoded = memory + DER_AT,
        .cbCrlEncoded = (DWORD)der.len,
        .pCrlInfo = &o->info,
    };
    atomic_fetch_add(&lib->n_objects, 1);
    *out = o;
    return CV_OK;
}

void cv_crl_object_free(struct cv_crl_object *o)
{
    atomic_fetch_sub(&cv_library()->n_objects, 1);
    cv_free(o, o->size);
}

PCCRL_CONTEXT WINAPI CertCreateCRLContext(DWORD dwCertEncodingType, const BYTE *pbCrlEncoded,
                                          DWORD cbCrlEncoded)
{
    struct cv_crl_object *o;
    if (pbCrlEncoded == NULL || (dwCertEncodingType & X509_ASN_ENCODING) == 0) {
        SetLastError((DWORD)E_INVALIDARG);
        return NULL;
    }
    cv_err e = cv_crl_object_new(&o, cv_bytes(pbCrlEncoded, cbCrlEncoded));
    if (e == CV_OK) return &o->ctx;
    SetLastError(cv_last_error_for(e));
    return NULL;
}

PCCRL_CONTEXT WINAPI CertDuplicateCRLContext(PCCRL_CONTEXT pCrlContext)
{
    struct cv_crl_object *o = cv_crl_of(pCrlContext);
    if (o == NULL) return NULL;
    atomic_fetch_add(o->store != NULL ? &o->store->refs : &o->refs, 1);
    return pCrlContext;
}

BOOL WINAPI CertFreeCRLContext(PCCRL_CONTEXT pCrlContext)
{
    struct cv_crl_object *o = cv_crl_of(pCrlContext);
    if (o == NULL) return TRUE;
    if (o->store != NULL)
        cv_store_release(o->store);
    else if (atomic_fetch_sub(&o->refs, 1) == 1)
        cv_crl_object_free(o);
    return TRUE;
}
