/* PFXImportCertStore and its kin: PKCS #12 files. */
#include "sspi/certificate.h"

#include "crypto/base/secret.h"
#include "sspi/crl_context.h"
#include "sspi/library.h"
#include "sspi/unicode.h"
#include "x509/key.h"
#include "x509/pkcs12.h"

#include <string.h>

enum { PFX_LEN_MAX = 16 * 1024 * 1024, PASSWORD_MAX = 1024, KEYS_MAX = 64 };

/* A file and the store that is made of it. */
struct import {
    struct cv_store *store;
    struct cv_cert_key *keys[KEYS_MAX];
    size_t n_keys;
};

static cv_err add_key(struct import *in, const struct cv_bag *bag)
{
    if (in->n_keys == KEYS_MAX) return CV_E_CERT_TOO_COMPLEX;
    struct cv_cert_key *key = cv_cert_key_new(bag->der.len);
    if (key == NULL) return CV_E_NO_MEMORY;
    memcpy(key->der, bag->der.p, bag->der.len);
    cv_err e = cv_private_key_parse(&key->key, cv_bytes(key->der, bag->der.len));
    if (e != CV_OK) {
        cv_cert_key_release(key);
        return e;
    }
    in->keys[in->n_keys++] = key;
    return CV_OK;
}

/* The name of the bag, as UTF-16 of this host with a terminator. */
static cv_err set_friendly_name(struct cv_cert_object *o, struct cv_bytes name)
{
    size_t n = name.len / 2, size = (n + 1) * sizeof(WCHAR);
    WCHAR *wide = cv_alloc(size);
    uint16_t unit;
    if (wide == NULL) return CV_E_NO_MEMORY;
    for (size_t i = 0; cv_read_u16(&name, &unit) == CV_OK; i++) wide[i] = unit;
    CRYPT_DATA_BLOB blob = {.cbData = (DWORD)size, .pbData = (BYTE *)wide};
    BOOL ok = CertSetCertificateContextProperty(&o->ctx, CERT_FRIENDLY_NAME_PROP_ID, 0, &blob);
    cv_free(wide, size);
    return ok ? CV_OK : CV_E_NO_MEMORY;
}

static cv_err add_cert(struct import *in, const struct cv_bag *bag)
{
    struct cv_cert_object *o;
    cv_err e = cv_cert_object_new(&o, bag->der);
    if (e != CV_OK) return e;
    if (bag->friendly_name.p != NULL) e = set_friendly_name(o, bag->friendly_name);
    if (e != CV_OK) {
        cv_cert_object_free(o);
        return e;
    }
    cv_store_append(in->store, o);
    return CV_OK;
}

static cv_err add_bag(struct import *in, const struct cv_bag *bag)
{
    struct cv_crl_object *crl;
    cv_err e;
    switch (bag->kind) {
    case CV_BAG_CERT:
        return add_cert(in, bag);
    case CV_BAG_KEY:
        return add_key(in, bag);
    case CV_BAG_CRL:
        if ((e = cv_crl_object_new(&crl, bag->der)) == CV_OK) cv_store_append_crl(in->store, crl);
        return e;
    default:
        return CV_OK;
    }
}

/* Each key goes to the certificates that have its public half; localKeyId is only a hint, and often wrong. */
static void marry(struct import *in)
{
    for (size_t i = 0; i < in->n_keys; i++) {
        for (struct cv_cert_object *o = in->store->first; o != NULL; o = o->next) {
            if (o->key != NULL || cv_private_key_matches(&in->keys[i]->key, &o->cert) != CV_OK) continue;
            atomic_fetch_add(&in->keys[i]->refs, 1);
            o->key = in->keys[i];
        }
    }
}

static cv_err read_bags(struct import *in, struct cv_pkcs12 *file)
{
    struct cv_bag bag;
    cv_err e;
    while ((e = cv_pkcs12_next(file, &bag)) == CV_OK)
        if ((e = add_bag(in, &bag)) != CV_OK) return e;
    if (e != CV_WANT_INPUT) return e;
    marry(in);
    return CV_OK;
}

/* Opens the file, and fills the store with what is in it; without a store only the password is checked. */
static cv_err import(struct cv_store *store, struct cv_bytes der, struct cv_bytes password)
{
    struct cv_pkcs12 file;
    struct import in = {.store = store};
    size_t memory_len = cv_pkcs12_memory_len(der.len) + 1;
    uint8_t *memory = cv_alloc(memory_len);
    if (memory == NULL) return CV_E_NO_MEMORY;
    cv_err e = cv_pkcs12_open(&file, memory, memory_len, der, password);
    if (e == CV_OK && store != NULL) e = read_bags(&in, &file);
    for (size_t i = 0; i < in.n_keys; i++) cv_cert_key_release(in.keys[i]);
    cv_wipe(&file, sizeof file);
    cv_wipe(memory, memory_len);
    cv_free(memory, memory_len);
    return e;
}

/* With no password both kinds of none are tried: the empty one, and none at all. */
static cv_err import_with(struct cv_store *store, const CRYPT_DATA_BLOB *blob, LPCWSTR password)
{
    char utf8[PASSWORD_MAX] = "";
    size_t len = 0;
    if (blob == NULL || blob->pbData == NULL || blob->cbData > PFX_LEN_MAX) return CV_E_INVALID_ARGUMENT;
    struct cv_bytes der = cv_bytes(blob->pbData, blob->cbData);
    cv_err e = password == NULL ? CV_OK
                                : cv_utf8_from_wide(utf8, sizeof utf8, &len, password, cv_wide_len(password));
    if (e != CV_OK) return CV_E_KEY_PASSWORD;
    e = import(store, der, cv_bytes((const uint8_t *)utf8, len));
    if (e == CV_E_KEY_PASSWORD && len == 0) e = import(store, der, cv_bytes(NULL, 0));
    cv_wipe(utf8, sizeof utf8);
    return e;
}

HCERTSTORE WINAPI PFXImportCertStore(CRYPT_DATA_BLOB *pPFX, LPCWSTR szPassword, DWORD dwFlags)
{
    (void)dwFlags; /* keys stay in memory, as with PKCS12_NO_PERSIST_KEY, and none leaves it */
    struct cv_store *s = cv_store_new();
    cv_err e = s == NULL ? CV_E_NO_MEMORY : import_with(s, pPFX, szPassword);
    if (e == CV_OK) return s;
    cv_store_release(s);
    SetLastError(cv_last_error_for(e));
    return NULL;
}

/* RFC 7292 section 4: PFX ::= SEQUENCE { version v3, authSafe ContentInfo, … } */
static bool is_pfx(struct cv_bytes der)
{
    struct cv_bytes pfx, safe;
    uint32_t version;
    return cv_der_read(&der, CV_DER_SEQUENCE, &pfx) == CV_OK && cv_der_uint32(&pfx, &version) == CV_OK &&
           version == 3 && cv_der_read(&pfx, CV_DER_SEQUENCE, &safe) == CV_OK &&
           cv_der_next_is(safe, CV_DER_OID);
}

BOOL WINAPI PFXIsPFXBlob(CRYPT_DATA_BLOB *pPFX)
{
    if (pPFX == NULL || pPFX->pbData == NULL || pPFX->cbData > PFX_LEN_MAX || cv_library() == NULL)
        return FALSE;
    size_t memory_len = cv_ber_memory_len(pPFX->cbData) + 1, len;
    uint8_t *memory = cv_alloc(memory_len);
    if (memory == NULL) return FALSE;
    bool is = cv_ber_to_der(memory, memory_len, &len, cv_bytes(pPFX->pbData, pPFX->cbData)) == CV_OK &&
              is_pfx(cv_bytes(memory, len));
    cv_free(memory, memory_len);
    return is;
}

BOOL WINAPI PFXVerifyPassword(CRYPT_DATA_BLOB *pPFX, LPCWSTR szPassword, DWORD dwFlags)
{
    (void)dwFlags;
    cv_err e = cv_library() == NULL ? CV_E_NO_MEMORY : import_with(NULL, pPFX, szPassword);
    if (e != CV_OK) SetLastError(cv_last_error_for(e));
    return e == CV_OK;
}
