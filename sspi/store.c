/* Certificate stores: the object, and putting something into it. */
#include "sspi/certificate.h"
#include "sspi/crl_context.h"
#include "sspi/library.h"

#include <string.h>

enum { STORE_MAGIC = 0x53764343 };

void cv_store_lock(const struct cv_store *s)
{
    const struct cv_port *port = cv_library()->port;
    port->lock(port->ctx, s->lock);
}

void cv_store_unlock(const struct cv_store *s)
{
    const struct cv_port *port = cv_library()->port;
    port->unlock(port->ctx, s->lock);
}

struct cv_store *cv_store_of(HCERTSTORE h)
{
    struct cv_store *s = h;
    return s != NULL && s->magic == STORE_MAGIC ? s : NULL;
}

struct cv_store *cv_store_new(void)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL) return NULL;
    struct cv_store *s = cv_alloc(sizeof *s);
    if (s == NULL) return NULL;
    s->lock = lib->port->lock_new(lib->port->ctx);
    if (s->lock == NULL) {
        cv_free(s, sizeof *s);
        return NULL;
    }
    s->magic = STORE_MAGIC;
    s->last = &s->first;
    s->last_crl = &s->first_crl;
    atomic_init(&s->refs, 1);
    atomic_fetch_add(&lib->n_objects, 1);
    return s;
}

void cv_store_release(struct cv_store *s)
{
    if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1) return;
    struct cv_library *lib = cv_library();
    while (s->first != NULL) {
        struct cv_cert_object *o = s->first;
        s->first = o->next;
        cv_cert_object_free(o);
    }
    while (s->first_crl != NULL) {
        struct cv_crl_object *o = s->first_crl;
        s->first_crl = o->next;
        cv_crl_object_free(o);
    }
    cv_siblings_free(s);
    lib->port->lock_free(lib->port->ctx, s->lock);
    s->magic = 0;
    atomic_fetch_sub(&lib->n_objects, 1);
    cv_free(s, sizeof *s);
}

static void append_locked(struct cv_store *s, struct cv_cert_object *o)
{
    o->store = s;
    o->ctx.hCertStore = s;
    *s->last = o;
    s->last = &o->next;
}

void cv_store_append(struct cv_store *s, struct cv_cert_object *o)
{
    cv_store_lock(s);
    append_locked(s, o);
    cv_store_unlock(s);
}

void cv_store_append_crl(struct cv_store *s, struct cv_crl_object *o)
{
    cv_store_lock(s);
    o->store = s;
    o->ctx.hCertStore = s;
    *s->last_crl = o;
    s->last_crl = &o->next;
    cv_store_unlock(s);
}

cv_err cv_store_add_all(struct cv_store *s, struct cv_bytes certs, size_t *n_added)
{
    struct cv_bytes one;
    size_t n = 0;
    while (cv_read_vec24(&certs, &one) == CV_OK) {
        struct cv_cert_object *o;
        cv_err e = cv_cert_object_new(&o, one);
        if (e == CV_E_NO_MEMORY) return e;
        if (e != CV_OK) continue;
        cv_store_append(s, o);
        n++;
    }
    if (n_added != NULL) *n_added = n;
    return CV_OK;
}

/* Appends what a store of its own has to b, or only counts. */
static size_t put_certs(struct cv_builder *b, const struct cv_store *s)
{
    size_t len = 0;
    for (const struct cv_cert_object *o = s->first; o != NULL; o = o->next) {
        if (o->removed) continue;
        len += 3 + o->ctx.cbCertEncoded;
        if (b == NULL) continue;
        cv_build_u24(b, o->ctx.cbCertEncoded);
        cv_build_bytes(b, o->ctx.pbCertEncoded, o->ctx.cbCertEncoded);
    }
    return len;
}

static size_t put_leaves(struct cv_builder *b, struct cv_store *s)
{
    size_t len = 0;
    for (struct cv_store *leaf = cv_store_leaf(s, NULL); leaf != NULL; leaf = cv_store_leaf(s, leaf)) {
        cv_store_lock(leaf);
        len += put_certs(b, leaf);
        cv_store_unlock(leaf);
    }
    return len;
}

cv_err cv_store_export(struct cv_store *s, uint8_t **out, size_t *len)
{
    for (;;) {
        struct cv_builder b;
        size_t total = put_leaves(NULL, s);
        uint8_t *p = cv_alloc(total + 1); /* an empty store has bytes, too */
        if (p == NULL) return CV_E_NO_MEMORY;
        cv_build_init(&b, p, total);
        if (put_leaves(&b, s) == total) {
            *out = p;
            *len = total + 1;
            return CV_OK;
        }
        cv_free(p, total + 1); /* another thread added or removed something between the two */
    }
}

/* --- adding --- */

static struct cv_cert_object *find_same(struct cv_store *s, const struct cv_cert_object *like)
{
    for (struct cv_cert_object *o = s->first; o != NULL; o = o->next)
        if (!o->removed && cv_bytes_equal(o->cert.der, like->cert.der)) return o;
    return NULL;
}

/* Adds o, which the store then owns, or finds what stands in its place. */
static cv_err add_locked(struct cv_store *s, struct cv_cert_object *o, DWORD how,
                         struct cv_cert_object **result)
{
    struct cv_cert_object *same = how == CERT_STORE_ADD_ALWAYS ? NULL : find_same(s, o);
    if (same != NULL && how == CERT_STORE_ADD_NEW) return CV_E_INVALID_ARGUMENT;
    if (same != NULL && how == CERT_STORE_ADD_USE_EXISTING) {
        *result = same;
        cv_err e = cv_cert_copy_properties(same, o);
        if (e == CV_OK) cv_cert_object_free(o);
        return e;
    }
    if (same != NULL) same->removed = true; /* callers may hold it: it goes with the store */
    append_locked(s, o);
    *result = o;
    return CV_OK;
}

static BOOL add(HCERTSTORE hCertStore, struct cv_cert_object *o, DWORD how, PCCERT_CONTEXT *out)
{
    struct cv_store *s = cv_store_for_adding(cv_store_of(hCertStore));
    struct cv_cert_object *result = NULL;
    if (s == NULL) {
        cv_cert_object_free(o);
        SetLastError((DWORD)E_ACCESSDENIED);
        return FALSE;
    }
    cv_store_lock(s);
    cv_err e = add_locked(s, o, how, &result);
    if (e == CV_OK && out != NULL) {
        atomic_fetch_add(&s->refs, 1);
        *out = &result->ctx;
    }
    cv_store_unlock(s);
    cv_store_release(s);
    if (e == CV_OK) return TRUE;
    cv_cert_object_free(o);
    SetLastError(e == CV_E_INVALID_ARGUMENT ? (DWORD)CRYPT_E_EXISTS : cv_last_error_for(e));
    return FALSE;
}

/* The dispositions that we know; the rest are variations of them. */
static bool is_disposition(DWORD how)
{
    return how >= CERT_STORE_ADD_NEW && how <= CERT_STORE_ADD_REPLACE_EXISTING_INHERIT_PROPERTIES;
}

BOOL WINAPI CertAddEncodedCertificateToStore(HCERTSTORE hCertStore, DWORD dwCertEncodingType,
                                             const BYTE *pbCertEncoded, DWORD cbCertEncoded,
                                             DWORD dwAddDisposition, PCCERT_CONTEXT *ppCertContext)
{
    struct cv_cert_object *o;
    if (ppCertContext != NULL) *ppCertContext = NULL;
    if (pbCertEncoded == NULL || (dwCertEncodingType & X509_ASN_ENCODING) == 0 ||
        !is_disposition(dwAddDisposition)) {
        SetLastError((DWORD)E_INVALIDARG);
        return FALSE;
    }
    cv_err e = cv_cert_object_new(&o, cv_bytes(pbCertEncoded, cbCertEncoded));
    if (e != CV_OK) {
        SetLastError(cv_last_error_for(e));
        return FALSE;
    }
    if (cv_store_of(hCertStore) != NULL) return add(hCertStore, o, dwAddDisposition, ppCertContext);
    if (ppCertContext != NULL)
        *ppCertContext = &o->ctx; /* without a store the context stands alone */
    else
        cv_cert_object_free(o);
    return TRUE;
}

BOOL WINAPI CertAddCertificateContextToStore(HCERTSTORE hCertStore, PCCERT_CONTEXT pCertContext,
                                             DWORD dwAddDisposition, PCCERT_CONTEXT *ppStoreContext)
{
    struct cv_cert_object *from = cv_cert_of(pCertContext), *o;
    if (ppStoreContext != NULL) *ppStoreContext = NULL;
    if (from == NULL || cv_store_of(hCertStore) == NULL || !is_disposition(dwAddDisposition)) {
        SetLastError((DWORD)E_INVALIDARG);
        return FALSE;
    }
    cv_err e = cv_cert_object_new(&o, from->cert.der);
    if (e == CV_OK) {
        cv_cert_lock(from);
        e = cv_cert_copy_properties(o, from);
        cv_cert_unlock(from);
        if (e != CV_OK) cv_cert_object_free(o);
    }
    if (e != CV_OK) {
        SetLastError(cv_last_error_for(e));
        return FALSE;
    }
    return add(hCertStore, o, dwAddDisposition, ppStoreContext);
}

BOOL WINAPI CertAddCRLContextToStore(HCERTSTORE hCertStore, PCCRL_CONTEXT pCrlContext, DWORD dwAddDisposition,
                                     PCCRL_CONTEXT *ppStoreContext)
{
    struct cv_crl_object *from = cv_crl_of(pCrlContext), *o;
    struct cv_store *to = cv_store_of(hCertStore);
    if (ppStoreContext != NULL) *ppStoreContext = NULL;
    if (from == NULL || to == NULL || !is_disposition(dwAddDisposition)) {
        SetLastError((DWORD)E_INVALIDARG);
        return FALSE;
    }
    to = cv_store_for_adding(to);
    if (to == NULL) {
        SetLastError((DWORD)E_ACCESSDENIED);
        return FALSE;
    }
    cv_err e = cv_crl_object_new(&o, from->crl.der);
    if (e == CV_OK) {
        atomic_fetch_add(&to->refs, 1); /* the new context's */
        cv_store_append_crl(to, o);
        if (ppStoreContext != NULL)
            *ppStoreContext = &o->ctx;
        else
            CertFreeCRLContext(&o->ctx);
    } else {
        SetLastError(cv_last_error_for(e));
    }
    cv_store_release(to);
    return e == CV_OK;
}

BOOL WINAPI CertDeleteCertificateFromStore(PCCERT_CONTEXT pCertContext)
{
    struct cv_cert_object *o = cv_cert_of(pCertContext);
    if (o == NULL) return TRUE;
    cv_cert_lock(o);
    o->removed = true; /* others may hold it: it goes with the store */
    cv_cert_unlock(o);
    return CertFreeCertificateContext(pCertContext);
}
