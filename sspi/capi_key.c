/* Keys of CryptoAPI and CNG: handles, and the blobs in which RSA keys come and go. */
#include "sspi/capi.h"

#include "crypto/base/secret.h"
#include "sspi/der_write.h"
#include "sspi/library.h"
#include "x509/key.h"

enum {
    HEAD_LEN = 20,            /* BLOBHEADER and RSAPUBKEY, little-endian */
    RSA2 = 0x32415352,        /* "RSA2" */
    BLOB_DER_EXTRA = 16 * 10, /* what DER adds to the numbers of a blob, generously */
};

struct key_object {
    struct cv_capi_object head;
    struct cv_cert_key *key;
};

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

/* --- CNG's handles --- */

NCRYPT_KEY_HANDLE cv_ncrypt_handle_new(struct cv_cert_key *key)
{
    struct key_object *o = cv_capi_new(CV_CAPI_NCRYPT_KEY, sizeof *o);
    if (o != NULL) o->key = key;
    return (NCRYPT_KEY_HANDLE)o;
}

struct cv_cert_key *cv_ncrypt_key(NCRYPT_KEY_HANDLE handle)
{
    struct key_object *o = cv_capi_find(CV_CAPI_NCRYPT_KEY, handle);
    if (o == NULL) return NULL;
    atomic_fetch_add(&o->key->refs, 1);
    return o->key;
}

static void key_object_free(struct key_object *o)
{
    cv_cert_key_release(o->key);
    cv_capi_delete(o);
}

SECURITY_STATUS WINAPI NCryptFreeObject(NCRYPT_HANDLE hObject)
{
    struct key_object *o = cv_capi_find(CV_CAPI_NCRYPT_KEY, hObject);
    if (o == NULL) return NTE_INVALID_HANDLE;
    key_object_free(o);
    return SEC_E_OK;
}

BOOL WINAPI CryptAcquireCertificatePrivateKey(PCCERT_CONTEXT pCert, DWORD dwFlags, void *pvParameters,
                                              HCRYPTPROV_OR_NCRYPT_KEY_HANDLE *phCryptProvOrNCryptKey,
                                              DWORD *pdwKeySpec, BOOL *pfCallerFreeProvOrNCryptKey)
{
    struct cv_cert_object *o = cv_cert_of(pCert);
    (void)pvParameters;
    if (o == NULL || phCryptProvOrNCryptKey == NULL) return fail((DWORD)E_INVALIDARG);
    /* Keys of ours are CNG's: whoever does not allow those gets none. */
    DWORD allowed = CRYPT_ACQUIRE_ALLOW_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG |
                    CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG;
    struct cv_cert_key *key = cv_cert_key_share(o);
    if (key == NULL) return fail((DWORD)CRYPT_E_NO_KEY_PROPERTY);
    cv_err e = (dwFlags & allowed) == 0 ? CV_E_UNSUPPORTED : CV_OK;
    if (e == CV_OK && (dwFlags & CRYPT_ACQUIRE_COMPARE_KEY_FLAG) != 0)
        e = cv_private_key_matches(&key->key, &o->cert);
    NCRYPT_KEY_HANDLE h = e == CV_OK ? cv_ncrypt_handle_new(key) : 0;
    if (h == 0) {
        cv_cert_key_release(key);
        return fail(e == CV_OK               ? ERROR_NOT_ENOUGH_MEMORY
                    : e == CV_E_KEY_MISMATCH ? (DWORD)NTE_BAD_PUBLIC_KEY
                                             : (DWORD)NTE_BAD_PROV_TYPE);
    }
    *phCryptProvOrNCryptKey = h;
    if (pdwKeySpec != NULL) *pdwKeySpec = CERT_NCRYPT_KEY_SPEC;
    if (pfCallerFreeProvOrNCryptKey != NULL) *pfCallerFreeProvOrNCryptKey = TRUE;
    return TRUE;
}

/* --- PRIVATEKEYBLOB --- */

/* A number into exactly len bytes, least significant first. */
static bool put_le(uint8_t *out, size_t len, struct cv_bytes n)
{
    if (n.len > len) return false;
    if (out == NULL) return true;
    memset(out, 0, len);
    for (size_t i = 0; i < n.len; i++) out[i] = n.p[n.len - 1 - i];
    return true;
}

cv_err cv_rsa_blob_write(uint8_t *out, size_t cap, size_t *len, const struct cv_private_key *key)
{
    if (key->type != CV_KEY_RSA || key->n.len % 2 != 0 || key->e.len > 4) return CV_E_UNSUPPORTED;
    size_t full = key->n.len, half = full / 2, at = HEAD_LEN;
    const struct {
        size_t len;
        struct cv_bytes n;
    } parts[] = {{full, key->n},  {half, key->p},    {half, key->q}, {half, key->dp},
                 {half, key->dq}, {half, key->qinv}, {full, key->d}};
    *len = HEAD_LEN + 2 * full + 5 * half;
    if (out != NULL && cap < *len) return CV_E_BUFFER_TOO_SMALL;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; at += parts[i++].len)
        if (!put_le(out == NULL ? NULL : out + at, parts[i].len, parts[i].n)) return CV_E_UNSUPPORTED;
    if (out == NULL) return CV_OK;
    uint8_t e[4] = {0};
    (void)put_le(e, sizeof e, key->e);
    const BLOBHEADER head = {PRIVATEKEYBLOB, CUR_BLOB_VERSION, 0, CALG_RSA_KEYX};
    const RSAPUBKEY pub = {RSA2, (DWORD)full * 8, cv_load_le32(e)};
    memcpy(out, &head, sizeof head);
    memcpy(out + sizeof head, &pub, sizeof pub);
    return CV_OK;
}

cv_err cv_rsa_blob_read(struct cv_cert_key **out, struct cv_bytes blob)
{
    BLOBHEADER head;
    RSAPUBKEY pub;
    static const uint8_t zero = 0;
    if (cv_read_copy(&blob, &head, sizeof head) != CV_OK || cv_read_copy(&blob, &pub, sizeof pub) != CV_OK ||
        head.bType != PRIVATEKEYBLOB || head.bVersion != CUR_BLOB_VERSION || pub.magic != RSA2 ||
        pub.bitlen > CV_RSA_BITS_MAX || pub.bitlen % 16 != 0)
        return CV_E_KEY_SYNTAX;
    size_t full = pub.bitlen / 8, half = full / 2;
    const size_t lens[] = {full, half, half, half, half, half, full};
    struct cv_bytes parts[7]; /* n, p, q, dp, dq, qinv, d */
    for (size_t i = 0; i < 7; i++)
        if (cv_read_bytes(&blob, lens[i], &parts[i]) != CV_OK) return CV_E_KEY_SYNTAX;
    uint8_t e[4] = {0};
    cv_store_le32(e, pub.pubexp);
    size_t cap = 2 * full + 5 * half + BLOB_DER_EXTRA;
    struct cv_cert_key *k = cv_cert_key_new(cap);
    if (k == NULL) return CV_E_NO_MEMORY;
    /* RSAPrivateKey, RFC 8017 A.1.2, from its end: version, n, e, d, p, q, dp, dq, qinv */
    struct cv_der_out der = {.p = k->der, .cap = cap};
    static const uint8_t from_end[] = {5, 4, 3, 2, 1, 6};
    for (size_t i = 0; i < sizeof from_end; i++)
        cv_der_put_uint_le(&der, parts[from_end[i]].p, parts[from_end[i]].len);
    cv_der_put_uint_le(&der, e, sizeof e);
    cv_der_put_uint_le(&der, parts[0].p, parts[0].len);
    cv_der_put_uint(&der, cv_bytes(&zero, 1));
    cv_der_wrap(&der, CV_DER_SEQUENCE, 0);
    struct cv_bytes whole;
    cv_err err = cv_der_out_done(&der, &whole) ? cv_private_key_parse(&k->key, whole) : CV_E_INTERNAL;
    if (err != CV_OK) {
        cv_cert_key_release(k);
        return err;
    }
    *out = k;
    return CV_OK;
}

/* The key goes into the provider's container, where CERT_KEY_PROV_INFO finds it. */
BOOL WINAPI CryptImportKey(HCRYPTPROV hProv, const BYTE *pbData, DWORD dwDataLen, HCRYPTKEY hPubKey,
                           DWORD dwFlags, HCRYPTKEY *phKey)
{
    struct cv_container *c = cv_capi_container_of(hProv);
    struct cv_cert_key *key, *old;
    (void)dwFlags;
    if (c == NULL) return fail(ERROR_INVALID_HANDLE);
    if (pbData == NULL || phKey == NULL) return fail(ERROR_INVALID_PARAMETER);
    if (hPubKey != 0) return fail((DWORD)NTE_BAD_KEY); /* only encrypted blobs have one */
    cv_err e = cv_rsa_blob_read(&key, cv_bytes(pbData, dwDataLen));
    if (e != CV_OK) return fail(cv_last_error_for(e));
    struct key_object *o = cv_capi_new(CV_CAPI_KEY, sizeof *o);
    if (o == NULL) {
        cv_cert_key_release(key);
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    o->key = key;
    atomic_fetch_add(&key->refs, 1);
    cv_capi_lock();
    old = c->key;
    c->key = key;
    cv_capi_unlock();
    cv_cert_key_release(old);
    *phKey = (HCRYPTKEY)o;
    return TRUE;
}

BOOL WINAPI CryptDestroyKey(HCRYPTKEY hKey)
{
    struct key_object *o = cv_capi_find(CV_CAPI_KEY, hKey);
    if (o == NULL) return fail(ERROR_INVALID_HANDLE);
    key_object_free(o);
    return TRUE;
}
