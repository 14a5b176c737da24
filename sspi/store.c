/* Certificate stores: in memory, and the host's roots. */
#include "sspi/certificate.h"
#include "sspi/library.h"
#include "sspi/port/host.h"
#include "sspi/unicode.h"

#include <string.h>

enum { STORE_MAGIC = 0x53764343 };

static void lock(const struct cv_store *s)
{
    const struct cv_port *port = cv_library()->port;
    port->lock(port->ctx, s->lock);
}

static void unlock(const struct cv_store *s)
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
    lock(s);
    append_locked(s, o);
    unlock(s);
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

cv_err cv_store_export(struct cv_store *s, uint8_t **out, size_t *len)
{
    cv_err e = CV_OK;
    size_t total = 0;
    lock(s);
    for (struct cv_cert_object *o = s->first; o != NULL; o = o->next)
        if (!o->removed) total += 3 + o->ctx.cbCertEncoded;
    uint8_t *p = cv_alloc(total + 1); /* an empty store has bytes, too */
    if (p == NULL) {
        e = CV_E_NO_MEMORY;
    } else {
        struct cv_builder b;
        cv_build_init(&b, p, total);
        for (struct cv_cert_object *o = s->first; o != NULL; o = o->next) {
            if (o->removed) continue;
            cv_build_u24(&b, o->ctx.cbCertEncoded);
            cv_build_bytes(&b, o->ctx.pbCertEncoded, o->ctx.cbCertEncoded);
        }
        *out = p;
        *len = total + 1;
    }
    unlock(s);
    return e;
}

/* --- opening and closing --- */

static cv_err add_host_roots(struct cv_store *s)
{
    uint8_t *text;
    size_t len;
    const struct cv_port *port = cv_library()->port;
    cv_err e = cv_host_roots(port, &text, &len);
    if (e != CV_OK) return e;
    e = cv_store_add_all(s, cv_bytes(text, cv_pem_to_certs(text, len)), NULL);
    port->free(port->ctx, text, len);
    return e;
}

/* The system stores that this host has: ROOT with the bundle of the distribution; MY and CA, empty. */
static cv_err open_system(struct cv_store *s, const void *name, bool wide)
{
    static const char *const empty[] = {"MY", "CA", "TRUST", "DISALLOWED", "ADDRESSBOOK"};
    char text[16];
    if (name == NULL) return CV_E_INVALID_ARGUMENT;
    if (wide) {
        size_t len;
        if (cv_utf8_from_wide(text, sizeof text, &len, name, cv_wide_len(name)) != CV_OK)
            return CV_E_TRUST_STORE;
    } else {
        size_t len = strlen(name);
        if (len >= sizeof text) return CV_E_TRUST_STORE;
        memcpy(text, name, len + 1);
    }
    if (cv_ascii_is(text, "ROOT")) return add_host_roots(s);
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
        if (cv_ascii_is(text, empty[i])) return CV_OK;
    return CV_E_TRUST_STORE;
}

HCERTSTORE WINAPI CertOpenStore(LPCSTR lpszStoreProvider, DWORD dwEncodingType, HCRYPTPROV_LEGACY hCryptProv,
                                DWORD dwFlags, const void *pvPara)
{
    (void)dwEncodingType;
    (void)hCryptProv;
    (void)dwFlags;
    struct cv_store *s = cv_store_new();
    cv_err e = s == NULL ? CV_E_NO_MEMORY : CV_OK;
    if (e == CV_OK && lpszStoreProvider == CERT_STORE_PROV_SYSTEM_A)
        e = open_system(s, pvPara, false);
    else if (e == CV_OK && lpszStoreProvider == CERT_STORE_PROV_SYSTEM_W)
        e = open_system(s, pvPara, true);
    else if (e == CV_OK && lpszStoreProvider != CERT_STORE_PROV_MEMORY)
        e = CV_E_TRUST_STORE;
    if (e == CV_OK) return s;
    cv_store_release(s);
    SetLastError(cv_last_error_for(e));
    return NULL;
}

HCERTSTORE WINAPI CertDuplicateStore(HCERTSTORE hCertStore)
{
    struct cv_store *s = cv_store_of(hCertStore);
    if (s != NULL) atomic_fetch_add(&s->refs, 1);
    return s;
}

BOOL WINAPI CertCloseStore(HCERTSTORE hCertStore, DWORD dwFlags)
{
    (void)dwFlags; /* contexts keep what they need alive: nothing can be left pending or be forced */
    struct cv_store *s = cv_store_of(hCertStore);
    if (s != NULL) cv_store_release(s);
    return TRUE;
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
    struct cv_store *s = cv_store_of(hCertStore);
    struct cv_cert_object *result = NULL;
    lock(s);
    cv_err e = add_locked(s, o, how, &result);
    if (e == CV_OK && out != NULL) {
        atomic_fetch_add(&s->refs, 1);
        *out = &result->ctx;
    }
    unlock(s);
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

/* --- finding --- */

static bool matches(const struct cv_cert_object *o, DWORD type, const void *para)
{
    if (type == CERT_FIND_ANY) return true;
    if (type == CERT_FIND_HAS_PRIVATE_KEY) return cv_cert_has_key(o);
    if (type == CERT_FIND_SHA1_HASH) {
        const CRYPT_HASH_BLOB *blob = para;
        uint8_t digest[20];
        cv_hash_digest(&cv_sha1, digest, o->ctx.pbCertEncoded, o->ctx.cbCertEncoded);
        return cv_bytes_equal(cv_bytes(digest, sizeof digest), cv_bytes(blob->pbData, blob->cbData));
    }
    const PCCERT_CONTEXT other = para; /* CERT_FIND_EXISTING */
    return cv_bytes_equal(o->cert.der, cv_bytes(other->pbCertEncoded, other->cbCertEncoded));
}

PCCERT_CONTEXT WINAPI CertFindCertificateInStore(HCERTSTORE hCertStore, DWORD dwCertEncodingType,
                                                 DWORD dwFindFlags, DWORD dwFindType, const void *pvFindPara,
                                                 PCCERT_CONTEXT pPrevCertContext)
{
    (void)dwCertEncodingType;
    (void)dwFindFlags;
    struct cv_store *s = cv_store_of(hCertStore);
    struct cv_cert_object *prev = cv_cert_of(pPrevCertContext), *o = NULL;
    bool needs_para = dwFindType == CERT_FIND_SHA1_HASH || dwFindType == CERT_FIND_EXISTING;
    bool known = needs_para || dwFindType == CERT_FIND_ANY || dwFindType == CERT_FIND_HAS_PRIVATE_KEY;
    if (s == NULL || !known || (needs_para && pvFindPara == NULL) || (prev != NULL && prev->store != s)) {
        CertFreeCertificateContext(pPrevCertContext);
        SetLastError((DWORD)E_INVALIDARG);
        return NULL;
    }
    lock(s);
    o = prev == NULL ? s->first : prev->next;
    while (o != NULL && (o->removed || !matches(o, dwFindType, pvFindPara))) o = o->next;
    if (o != NULL) atomic_fetch_add(&s->refs, 1);
    unlock(s);
    CertFreeCertificateContext(pPrevCertContext);
    if (o == NULL) {
        SetLastError((DWORD)CRYPT_E_NOT_FOUND);
        return NULL;
    }
    return &o->ctx;
}

PCCERT_CONTEXT WINAPI CertEnumCertificatesInStore(HCERTSTORE hCertStore, PCCERT_CONTEXT pPrevCertContext)
{
    return CertFindCertificateInStore(hCertStore, X509_ASN_ENCODING, 0, CERT_FIND_ANY, NULL,
                                      pPrevCertContext);
}
