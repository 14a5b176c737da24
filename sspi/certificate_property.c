/* Properties of certificate contexts. */
#include "sspi/capi.h"

#include "crypto/base/secret.h"
#include "sspi/library.h"
#include "sspi/unicode.h"

#include <string.h>

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
    static const DWORD ids[] = {CERT_KEY_PROV_INFO_PROP_ID, CERT_KEY_PROV_HANDLE_PROP_ID,
                                CERT_KEY_CONTEXT_PROP_ID, CERT_NCRYPT_KEY_HANDLE_PROP_ID};
    bool has = o->key != NULL;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) has |= cv_cert_property(o, ids[i]) != NULL;
    return has;
}

/* The handle of a key that a property holds, and whether it is CNG's; 0 for other properties. */
static ULONG_PTR handle_in(const struct cv_cert_property *p, bool *is_ncrypt)
{
    ULONG_PTR handle;
    CERT_KEY_CONTEXT context;
    *is_ncrypt = p->id == CERT_NCRYPT_KEY_HANDLE_PROP_ID;
    if (p->id == CERT_KEY_CONTEXT_PROP_ID) {
        memcpy(&context, p->data, sizeof context);
        *is_ncrypt = context.dwKeySpec == CERT_NCRYPT_KEY_SPEC;
        return context.hCryptProv;
    }
    if (!*is_ncrypt && p->id != CERT_KEY_PROV_HANDLE_PROP_ID) return 0;
    memcpy(&handle, p->data, sizeof handle);
    return handle;
}

static void free_property(struct cv_cert_property *p)
{
    bool is_ncrypt;
    size_t size = sizeof *p + p->len;
    ULONG_PTR handle = p->owns ? handle_in(p, &is_ncrypt) : 0;
    if (handle != 0 && is_ncrypt)
        (void)NCryptFreeObject(handle);
    else if (handle != 0)
        CryptReleaseContext(handle, 0);
    cv_wipe(p, size);
    cv_free(p, size);
}

void cv_cert_properties_free(struct cv_cert_object *o)
{
    while (o->properties != NULL) {
        struct cv_cert_property *p = o->properties;
        o->properties = p->next;
        free_property(p);
    }
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

/* Under the lock. */
static struct cv_cert_key *share_key(const struct cv_cert_object *o)
{
    struct cv_cert_key *key = o->key;
    if (key != NULL) atomic_fetch_add(&key->refs, 1);
    for (const struct cv_cert_property *p = o->properties; p != NULL && key == NULL; p = p->next) {
        bool is_ncrypt;
        ULONG_PTR handle = handle_in(p, &is_ncrypt);
        if (handle != 0) {
            key = is_ncrypt ? cv_ncrypt_key(handle) : cv_capi_provider_key(handle);
        } else if (p->id == CERT_KEY_PROV_INFO_PROP_ID) {
            struct prov_info head;
            memcpy(&head, p->data, sizeof head);
            if (head.container_units > 0)
                key = cv_capi_container_key((const WCHAR *)(const void *)(p->data + sizeof head),
                                            head.container_units - 1);
        }
    }
    return key;
}

struct cv_cert_key *cv_cert_key_share(const struct cv_cert_object *o)
{
    cv_cert_lock(o);
    struct cv_cert_key *key = share_key(o);
    cv_cert_unlock(o);
    return key;
}

cv_err cv_cert_copy_properties(struct cv_cert_object *to, const struct cv_cert_object *from)
{
    struct cv_cert_key *key = share_key(from);
    if (key != NULL) {
        cv_cert_key_release(to->key);
        to->key = key;
    }
    for (const struct cv_cert_property *p = from->properties; p != NULL; p = p->next) {
        bool is_ncrypt;
        if (handle_in(p, &is_ncrypt) != 0) continue; /* the handle's owner may release it: the key stays */
        uint8_t *data = put_property(to, p->id, p->len);
        if (data == NULL) return CV_E_NO_MEMORY;
        memcpy(data, p->data, p->len);
    }
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

/* A handle belongs to the context from then on, unless the flags say otherwise. */
static cv_err set_handle(struct cv_cert_object *o, DWORD id, const void *p, size_t len, DWORD flags)
{
    cv_err e = set_bytes(o, id, p, len);
    if (e == CV_OK) o->properties->owns = (flags & CERT_STORE_NO_CRYPT_RELEASE_FLAG) == 0;
    return e;
}

static cv_err set_property(struct cv_cert_object *o, DWORD id, DWORD flags, const void *data)
{
    const CRYPT_DATA_BLOB *blob = data;
    ULONG_PTR value = (ULONG_PTR)data;
    switch (id) {
    case CERT_KEY_PROV_INFO_PROP_ID:
        return set_prov_info(o, data);
    case CERT_KEY_PROV_HANDLE_PROP_ID:
        return set_handle(o, id, &value, sizeof value, flags); /* the handle itself, by value */
    case CERT_KEY_CONTEXT_PROP_ID:
        return set_handle(o, id, data, sizeof(CERT_KEY_CONTEXT), flags);
    case CERT_NCRYPT_KEY_HANDLE_PROP_ID:
        return set_handle(o, id, data, sizeof(ULONG_PTR), flags);
    case CERT_KEY_SPEC_PROP_ID:
        return set_bytes(o, id, data, sizeof(DWORD));
    default:
        return set_bytes(o, id, blob->pbData, blob->cbData);
    }
}

BOOL WINAPI CertSetCertificateContextProperty(PCCERT_CONTEXT pCertContext, DWORD dwPropId, DWORD dwFlags,
                                              const void *pvData)
{
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
        e = set_property(o, dwPropId, dwFlags, pvData);
    cv_cert_unlock(o);
    if (e != CV_OK) SetLastError(cv_last_error_for(e));
    return e == CV_OK;
}

size_t cv_cert_computed_property(uint8_t out[CV_HASH_MAX], const struct cv_cert_object *o, DWORD id)
{
    const struct cv_hash *hash = id == CERT_SHA256_HASH_PROP_ID ? &cv_sha256 : &cv_sha1;
    struct cv_bytes of = o->cert.der;
    if (id == CERT_KEY_IDENTIFIER_PROP_ID) {
        if (o->cert.ski.p != NULL && o->cert.ski.len <= CV_HASH_MAX) {
            memcpy(out, o->cert.ski.p, o->cert.ski.len);
            return o->cert.ski.len;
        }
        of = o->cert.spki; /* where the certificate names none, Windows takes this */
    } else if (id != CERT_SHA1_HASH_PROP_ID && id != CERT_SHA256_HASH_PROP_ID) {
        return 0;
    }
    cv_hash_digest(hash, out, of.p, of.len);
    return hash->digest_len;
}

static BOOL get_property(const struct cv_cert_object *o, DWORD id, void *out, DWORD *cap)
{
    uint8_t computed[CV_HASH_MAX];
    const struct cv_cert_property *p = cv_cert_property(o, id);
    size_t len = p != NULL ? p->len : cv_cert_computed_property(computed, o, id);
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

DWORD WINAPI CertEnumCertificateContextProperties(PCCERT_CONTEXT pCertContext, DWORD dwPropId)
{
    const struct cv_cert_object *o = cv_cert_of(pCertContext);
    if (o == NULL) return 0;
    cv_cert_lock(o);
    const struct cv_cert_property *p = o->properties;
    if (dwPropId != 0) {
        p = cv_cert_property(o, dwPropId);
        if (p != NULL) p = p->next;
    }
    DWORD id = p == NULL ? 0 : p->id;
    cv_cert_unlock(o);
    return id;
}
