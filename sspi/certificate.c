/* Certificate contexts: making, counting, properties. */
#include "sspi/certificate.h"

#include "crypto/base/secret.h"
#include "sspi/library.h"
#include "sspi/unicode.h"

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

void cv_cert_key_release(struct cv_cert_key *key)
{
    if (key == NULL || atomic_fetch_sub(&key->refs, 1) != 1) return;
    size_t size = key->size;
    cv_wipe(key, size);
    cv_free(key, size);
}

cv_err cv_cert_object_new(struct cv_cert_object **out, struct cv_bytes der)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL) return CV_E_NO_MEMORY;
    if (der.len == 0 || der.len > CERT_LEN_MAX) return CV_E_CERT_DER;
    struct cv_cert cert;
    CERT_INFO info;
    cv_err e = cv_cert_parse(&cert, der);
    if (e != CV_OK) return e;
    size_t info_at = (DER_AT + der.len + 15) & ~(size_t)15;
    size_t size = info_at + cv_cert_fill_info(&info, &cert, NULL);
    struct cv_cert_object *o = cv_alloc(size);
    if (o == NULL) return CV_E_NO_MEMORY;
    uint8_t *memory = (uint8_t *)o;
    memcpy(memory + DER_AT, der.p, der.len);
    o->size = size;
    atomic_init(&o->refs, 1);
    e = cv_cert_parse(&o->cert, cv_bytes(memory + DER_AT, der.len)); /* again, so that the views are ours */
    if (e != CV_OK) {
        cv_free(o, size);
        return e;
    }
    cv_cert_fill_info(&o->info, &o->cert, memory + info_at);
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

static void free_property(struct cv_cert_property *p)
{
    size_t size = sizeof *p + p->len;
    cv_wipe(p, size);
    cv_free(p, size);
}

void cv_cert_object_free(struct cv_cert_object *o)
{
    while (o->properties != NULL) {
        struct cv_cert_property *p = o->properties;
        o->properties = p->next;
        free_property(p);
    }
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

/* --- properties --- */

void cv_cert_lock(const struct cv_cert_object *o)
{
    const struct cv_port *port = cv_library()->port;
    if (o->store != NULL) port->lock(port->ctx, o->store->lock);
}

void cv_cert_unlock(const struct cv_cert_object *o)
{
    const struct cv_port *port = cv_library()->port;
    if (o->store != NULL) port->unlock(port->ctx, o->store->lock);
}

const struct cv_cert_property *cv_cert_property(const struct cv_cert_object *o, DWORD id)
{
    const struct cv_cert_property *p = o->properties;
    while (p != NULL && p->id != id) p = p->next;
    return p;
}

bool cv_cert_has_key(const struct cv_cert_object *o)
{
    return o->key != NULL || cv_cert_property(o, CERT_KEY_PROV_INFO_PROP_ID) != NULL ||
           cv_cert_property(o, CERT_KEY_CONTEXT_PROP_ID) != NULL ||
           cv_cert_property(o, CERT_NCRYPT_KEY_HANDLE_PROP_ID) != NULL;
}

static void drop_property(struct cv_cert_object *o, DWORD id)
{
    struct cv_cert_property **at = &o->properties;
    while (*at != NULL && (*at)->id != id) at = &(*at)->next;
    if (*at == NULL) return;
    struct cv_cert_property *p = *at;
    *at = p->next;
    free_property(p);
}

/* A new property with room for len bytes, in place of an old one. NULL without memory. */
static uint8_t *put_property(struct cv_cert_object *o, DWORD id, size_t len)
{
    struct cv_cert_property *p = cv_alloc(sizeof *p + len);
    if (p == NULL) return NULL;
    drop_property(o, id);
    p->id = id;
    p->len = len;
    p->next = o->properties;
    o->properties = p;
    return p->data;
}

cv_err cv_cert_copy_properties(struct cv_cert_object *to, const struct cv_cert_object *from)
{
    if (from->key != NULL) {
        atomic_fetch_add(&from->key->refs, 1);
        cv_cert_key_release(to->key);
        to->key = from->key;
    }
    for (const struct cv_cert_property *p = from->properties; p != NULL; p = p->next) {
        uint8_t *data = put_property(to, p->id, p->len);
        if (data == NULL) return CV_E_NO_MEMORY;
        memcpy(data, p->data, p->len);
    }
    return CV_OK;
}

/* CRYPT_KEY_PROV_INFO is kept as its numbers and the two names behind them. */
struct prov_info {
    DWORD type, flags, key_spec;
    DWORD container_units, provider_units; /* terminators included; 0: no name */
    WCHAR names[];
};

static cv_err set_prov_info(struct cv_cert_object *o, const CRYPT_KEY_PROV_INFO *info)
{
    size_t container = info->pwszContainerName == NULL ? 0 : cv_wide_len(info->pwszContainerName) + 1;
    size_t provider = info->pwszProvName == NULL ? 0 : cv_wide_len(info->pwszProvName) + 1;
    if (container + provider > 4096) return CV_E_INVALID_ARGUMENT;
    struct prov_info head = {info->dwProvType, info->dwFlags, info->dwKeySpec, (DWORD)container,
                             (DWORD)provider};
    uint8_t *p =
        put_property(o, CERT_KEY_PROV_INFO_PROP_ID, sizeof head + (container + provider) * sizeof(WCHAR));
    if (p == NULL) return CV_E_NO_MEMORY;
    memcpy(p, &head, sizeof head);
    p += sizeof head;
    if (container > 0) memcpy(p, info->pwszContainerName, container * sizeof(WCHAR));
    if (provider > 0) memcpy(p + container * sizeof(WCHAR), info->pwszProvName, provider * sizeof(WCHAR));
    return CV_OK;
}

/* As it was set, the names behind the struct in the caller's memory. */
static void get_prov_info(uint8_t *out, const struct cv_cert_property *p)
{
    struct prov_info head;
    memcpy(&head, p->data, sizeof head);
    size_t names_len = (head.container_units + head.provider_units) * sizeof(WCHAR);
    CRYPT_KEY_PROV_INFO info = {.dwProvType = head.type, .dwFlags = head.flags, .dwKeySpec = head.key_spec};
    uint8_t *names = out + sizeof info;
    memcpy(names, p->data + sizeof head, names_len);
    if (head.container_units > 0) info.pwszContainerName = (LPWSTR)(void *)names;
    if (head.provider_units > 0)
        info.pwszProvName = (LPWSTR)(void *)(names + head.container_units * sizeof(WCHAR));
    memcpy(out, &info, sizeof info);
}

static cv_err set_bytes(struct cv_cert_object *o, DWORD id, const void *p, size_t len)
{
    uint8_t *data = put_property(o, id, len);
    if (data == NULL) return CV_E_NO_MEMORY;
    if (len > 0) memcpy(data, p, len);
    return CV_OK;
}

static cv_err set_property(struct cv_cert_object *o, DWORD id, const void *data)
{
    const CRYPT_DATA_BLOB *blob = data;
    switch (id) {
    case CERT_KEY_PROV_INFO_PROP_ID:
        return set_prov_info(o, data);
    case CERT_KEY_CONTEXT_PROP_ID:
        return set_bytes(o, id, data, sizeof(CERT_KEY_CONTEXT));
    case CERT_NCRYPT_KEY_HANDLE_PROP_ID:
        return set_bytes(o, id, data, sizeof(ULONG_PTR));
    case CERT_KEY_SPEC_PROP_ID:
        return set_bytes(o, id, data, sizeof(DWORD));
    default:
        return set_bytes(o, id, blob->pbData, blob->cbData);
    }
}

BOOL WINAPI CertSetCertificateContextProperty(PCCERT_CONTEXT pCertContext, DWORD dwPropId, DWORD dwFlags,
                                              const void *pvData)
{
    (void)dwFlags;
    struct cv_cert_object *o = cv_cert_of(pCertContext);
    if (o == NULL || dwPropId == 0 || dwPropId > CERT_LAST_USER_PROP_ID) {
        SetLastError((DWORD)E_INVALIDARG);
        return FALSE;
    }
    cv_err e = CV_OK;
    cv_cert_lock(o);
    if (pvData == NULL)
        drop_property(o, dwPropId);
    else
        e = set_property(o, dwPropId, pvData);
    cv_cert_unlock(o);
    if (e != CV_OK) SetLastError(cv_last_error_for(e));
    return e == CV_OK;
}

/* The bytes of a property that follows from the certificate; 0 if there is no such one. */
static size_t computed_property(uint8_t out[32], const struct cv_cert_object *o, DWORD id)
{
    const struct cv_hash *hash = id == CERT_SHA1_HASH_PROP_ID     ? &cv_sha1
                                 : id == CERT_SHA256_HASH_PROP_ID ? &cv_sha256
                                                                  : NULL;
    if (hash == NULL) return 0;
    cv_hash_digest(hash, out, o->ctx.pbCertEncoded, o->ctx.cbCertEncoded);
    return hash->digest_len;
}

static BOOL get_property(const struct cv_cert_object *o, DWORD id, void *out, DWORD *cap)
{
    uint8_t computed[32];
    const struct cv_cert_property *p = cv_cert_property(o, id);
    size_t len = p != NULL ? p->len : computed_property(computed, o, id);
    if (len == 0 && p == NULL) {
        SetLastError((DWORD)CRYPT_E_NOT_FOUND);
        return FALSE;
    }
    bool is_prov_info = p != NULL && id == CERT_KEY_PROV_INFO_PROP_ID;
    if (is_prov_info) len += sizeof(CRYPT_KEY_PROV_INFO) - sizeof(struct prov_info);
    DWORD room = *cap;
    *cap = (DWORD)len;
    if (out == NULL) return TRUE;
    if (room < len) {
        SetLastError(ERROR_MORE_DATA);
        return FALSE;
    }
    if (is_prov_info)
        get_prov_info(out, p);
    else if (len > 0)
        memcpy(out, p != NULL ? p->data : computed, len);
    return TRUE;
}

BOOL WINAPI CertGetCertificateContextProperty(PCCERT_CONTEXT pCertContext, DWORD dwPropId, void *pvData,
                                              DWORD *pcbData)
{
    struct cv_cert_object *o = cv_cert_of(pCertContext);
    if (o == NULL || pcbData == NULL) {
        SetLastError((DWORD)E_INVALIDARG);
        return FALSE;
    }
    cv_cert_lock(o);
    BOOL ok = get_property(o, dwPropId, pvData, pcbData);
    cv_cert_unlock(o);
    return ok;
}
