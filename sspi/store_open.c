/* Opening stores: in memory, the host's, collections, files; and objects of unknown kind: CryptQueryObject.
 */
#include "sspi/certificate.h"
#include "sspi/crl_context.h"
#include "sspi/library.h"
#include "sspi/port/host.h"
#include "sspi/unicode.h"
#include "x509/pem.h"
#include "x509/pkcs7.h"

#include <string.h>

enum { NAME_MAX_LEN = 4096, FILE_MAX = 64 * 1024 * 1024 };

/* --- what files have in them --- */

static cv_err add_cert(struct cv_store *s, struct cv_bytes der)
{
    struct cv_cert_object *o;
    cv_err e = cv_cert_object_new(&o, der);
    if (e == CV_OK) cv_store_append(s, o);
    return e;
}

static cv_err add_crl(struct cv_store *s, struct cv_bytes der)
{
    struct cv_crl_object *o;
    cv_err e = cv_crl_object_new(&o, der);
    if (e == CV_OK) cv_store_append_crl(s, o);
    return e;
}

/* Elements one behind the other; those that are of another kind are left out. */
static cv_err add_elements(struct cv_store *s, struct cv_bytes list, size_t *n_added,
                           cv_err (*add)(struct cv_store *, struct cv_bytes))
{
    while (list.len > 0) {
        const uint8_t *begin = list.p;
        struct cv_bytes content;
        uint8_t tag;
        cv_err e = cv_der_any(&list, &tag, &content);
        if (e != CV_OK) return e;
        e = add(s, cv_bytes(begin, (size_t)(list.p - begin)));
        if (e == CV_E_NO_MEMORY) return e;
        *n_added += e == CV_OK;
    }
    return CV_OK;
}

static cv_err add_bundle(struct cv_store *s, struct cv_bytes der, size_t *n_added)
{
    struct cv_bytes certs, crls;
    cv_err e = cv_pkcs7_bundle_read(der, &certs, &crls);
    if (e == CV_OK) e = add_elements(s, certs, n_added, add_cert);
    if (e == CV_OK) e = add_elements(s, crls, n_added, add_crl);
    return e;
}

/* One certificate, one CRL or a bundle. */
static cv_err add_der(struct cv_store *s, struct cv_bytes der, size_t *n_added)
{
    cv_err e = add_cert(s, der);
    if (e != CV_OK && e != CV_E_NO_MEMORY) e = add_crl(s, der);
    if (e != CV_OK && e != CV_E_NO_MEMORY) return add_bundle(s, der, n_added);
    *n_added += e == CV_OK;
    return e;
}

static cv_err add_pem(struct cv_store *s, struct cv_bytes text, size_t *n_added)
{
    static const uint8_t key[] = "PRIVATE KEY";
    struct cv_bytes label, body;
    size_t cap = text.len, n = sizeof key - 1, len;
    uint8_t *der = cv_alloc(cap);
    cv_err e = der == NULL ? CV_E_NO_MEMORY : CV_OK;
    while (e == CV_OK && cv_pem_next(&text, &label, &body) == CV_OK) {
        if (label.len >= n && cv_bytes_equal(cv_bytes(label.p + label.len - n, n), cv_bytes(key, n)))
            continue;
        if (cv_base64_decode(der, cap, &len, body) != CV_OK) continue;
        if (add_der(s, cv_bytes(der, len), n_added) == CV_E_NO_MEMORY) e = CV_E_NO_MEMORY;
    }
    if (der != NULL) cv_free(der, cap);
    return e;
}

cv_err cv_store_add_file(struct cv_store *s, struct cv_bytes file)
{
    size_t n_added = 0;
    if (file.len == 0 || file.len > FILE_MAX) return CV_E_CERT_DER;
    bool is_der = cv_der_next_is(file, CV_DER_SEQUENCE); /* no PEM text begins with "0" and means it */
    cv_err e = is_der ? add_der(s, file, &n_added) : add_pem(s, file, &n_added);
    return e == CV_OK && n_added == 0 ? CV_E_CERT_DER : e;
}

static cv_err add_path(struct cv_store *s, const char *path)
{
    uint8_t *file;
    size_t len;
    const struct cv_port *port = cv_library()->port;
    cv_err e = cv_host_file(port, path, &file, &len);
    if (e != CV_OK) return e;
    e = cv_store_add_file(s, cv_bytes(file, len));
    port->free(port->ctx, file, len);
    return e;
}

/* --- providers --- */

/* A name in either kind of characters as UTF-8. */
static cv_err read_name(char out[NAME_MAX_LEN], const void *name, bool wide)
{
    size_t len;
    if (name == NULL) return CV_E_INVALID_ARGUMENT;
    if (wide) return cv_utf8_from_wide(out, NAME_MAX_LEN, &len, name, cv_wide_len(name));
    len = strlen(name);
    if (len >= NAME_MAX_LEN) return CV_E_BAD_NAME;
    memcpy(out, name, len + 1);
    return CV_OK;
}

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

/* Intermediates and CRLs of the machine, where its owner names a file with them. */
static cv_err add_host_authorities(struct cv_store *s)
{
    const char *path = cv_host_setting("CULVERT_CA_STORE");
    return path == NULL || path[0] == '\0' ? CV_OK : add_path(s, path);
}

/* The system stores that this host has: ROOT with the bundle of the distribution, CA with the file that
 * CULVERT_CA_STORE names; the rest are empty. */
static cv_err open_system(struct cv_store *s, const char *name)
{
    static const char *const empty[] = {"MY",       "TRUST",       "DISALLOWED",
                                        "AUTHROOT", "ADDRESSBOOK", "TRUSTEDPEOPLE"};
    if (cv_ascii_is(name, "ROOT")) return add_host_roots(s);
    if (cv_ascii_is(name, "CA")) return add_host_authorities(s);
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
        if (cv_ascii_is(name, empty[i])) return CV_OK;
    return CV_E_TRUST_STORE;
}

static cv_err open_named(struct cv_store *s, const void *para, bool wide,
                         cv_err (*open)(struct cv_store *, const char *))
{
    char name[NAME_MAX_LEN];
    cv_err e = read_name(name, para, wide);
    return e == CV_OK ? open(s, name) : e;
}

static cv_err open_blob(struct cv_store *s, const CRYPT_DATA_BLOB *blob)
{
    size_t n_added = 0;
    return blob == NULL ? CV_E_INVALID_ARGUMENT
                        : add_bundle(s, cv_bytes(blob->pbData, blob->cbData), &n_added);
}

/* A provider by its number; names stand for numbers. */
static uintptr_t provider_number(LPCSTR provider)
{
    if ((uintptr_t)provider <= 0xffff) return (uintptr_t)provider;
    if (cv_ascii_is(provider, sz_CERT_STORE_PROV_MEMORY)) return (uintptr_t)CERT_STORE_PROV_MEMORY;
    if (cv_ascii_is(provider, sz_CERT_STORE_PROV_SYSTEM)) return (uintptr_t)CERT_STORE_PROV_SYSTEM_W;
    if (cv_ascii_is(provider, sz_CERT_STORE_PROV_COLLECTION)) return (uintptr_t)CERT_STORE_PROV_COLLECTION;
    return 0;
}

static cv_err open_provider(struct cv_store *s, uintptr_t provider, const void *para)
{
    if (provider == (uintptr_t)CERT_STORE_PROV_MEMORY) return CV_OK;
    if (provider == (uintptr_t)CERT_STORE_PROV_COLLECTION) {
        s->is_collection = true;
        return CV_OK;
    }
    if (provider == (uintptr_t)CERT_STORE_PROV_PKCS7) return open_blob(s, para);
    if (provider == (uintptr_t)CERT_STORE_PROV_SYSTEM_A) return open_named(s, para, false, open_system);
    if (provider == (uintptr_t)CERT_STORE_PROV_SYSTEM_W) return open_named(s, para, true, open_system);
    if (provider == (uintptr_t)CERT_STORE_PROV_FILENAME_A) return open_named(s, para, false, add_path);
    if (provider == (uintptr_t)CERT_STORE_PROV_FILENAME_W) return open_named(s, para, true, add_path);
    return CV_E_TRUST_STORE;
}

HCERTSTORE WINAPI CertOpenStore(LPCSTR lpszStoreProvider, DWORD dwEncodingType, HCRYPTPROV_LEGACY hCryptProv,
                                DWORD dwFlags, const void *pvPara)
{
    (void)dwEncodingType;
    (void)hCryptProv;
    (void)dwFlags; /* one set of stores serves every location, and what is added stays in memory */
    uintptr_t provider = provider_number(lpszStoreProvider);
    if (provider == (uintptr_t)CERT_STORE_PROV_PKCS12) {
        /* A file without a password. */
        return PFXImportCertStore((CRYPT_DATA_BLOB *)(uintptr_t)pvPara, NULL, 0);
    }
    struct cv_store *s = cv_store_new();
    cv_err e = s == NULL ? CV_E_NO_MEMORY : open_provider(s, provider, pvPara);
    if (e == CV_OK) return s;
    cv_store_release(s);
    SetLastError(cv_last_error_for(e));
    return NULL;
}

HCERTSTORE WINAPI CertOpenSystemStoreA(HCRYPTPROV_LEGACY hProv, LPCSTR szSubsystemProtocol)
{
    return CertOpenStore(CERT_STORE_PROV_SYSTEM_A, 0, hProv, CERT_SYSTEM_STORE_CURRENT_USER,
                         szSubsystemProtocol);
}

HCERTSTORE WINAPI CertOpenSystemStoreW(HCRYPTPROV_LEGACY hProv, LPCWSTR szSubsystemProtocol)
{
    return CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, hProv, CERT_SYSTEM_STORE_CURRENT_USER,
                         szSubsystemProtocol);
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
