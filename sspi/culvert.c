/* What culvert.h adds: certificates and keys from PEM, the port. */
#include "crypto/base/secret.h"
#include "sspi/certificate.h"
#include "sspi/library.h"
#include "sspi/operations.h"
#include "sspi/status.h"
#include "x509/key.h"
#include "x509/pbe.h"
#include "x509/pem.h"

#include <string.h>

enum { PEM_LEN_MAX = 64 * 1024 * 1024 };

BOOL CulvertSetPort(const struct cv_port *pPort)
{
    return cv_library_reset(pPort);
}

static struct cv_store *store_from(const void *p, size_t len, cv_err *e)
{
    struct cv_store *s = cv_store_new();
    *e = s == NULL ? CV_E_NO_MEMORY : p == NULL ? CV_E_CERT_DER : cv_store_add_file(s, cv_bytes(p, len));
    if (*e == CV_OK && s->first == NULL) *e = CV_E_CERT_DER; /* nothing but revocation lists */
    if (*e == CV_OK) return s;
    cv_store_release(s);
    return NULL;
}

HCERTSTORE CulvertStoreFromPem(const void *pvPem, DWORD cbPem)
{
    cv_err e;
    struct cv_store *s = cv_library() == NULL ? (e = CV_E_NO_MEMORY, NULL) : store_from(pvPem, cbPem, &e);
    if (s == NULL) {
        (void)cv_fail(SEC_E_CERT_UNKNOWN, e, NULL);
        SetLastError(cv_last_error_for(e));
    }
    return s;
}

static bool label_is(struct cv_bytes label, const char *text)
{
    return cv_bytes_equal(label, cv_bytes((const uint8_t *)text, strlen(text)));
}

/* Finds the first private key in PEM text. */
static cv_err find_key_block(struct cv_bytes text, struct cv_bytes *body, bool with_password)
{
    struct cv_bytes label;
    while (cv_pem_next(&text, &label, body) == CV_OK) {
        if (label_is(label, "ENCRYPTED PRIVATE KEY")) return with_password ? CV_OK : CV_E_KEY_PASSWORD;
        if (label_is(label, "PRIVATE KEY") || label_is(label, "EC PRIVATE KEY") ||
            label_is(label, "RSA PRIVATE KEY"))
            return CV_OK;
    }
    return CV_E_KEY_SYNTAX;
}

/* Reads the key in k->der, which is replaced by what is in it where it is encrypted. */
static cv_err open_key(struct cv_cert_key *k, size_t der_len, const char *password)
{
    struct cv_bytes der = cv_bytes(k->der, der_len);
    cv_err e = cv_private_key_parse(&k->key, der);
    if (e != CV_E_KEY_PASSWORD || password == NULL) return e;
    uint8_t *plain = cv_alloc(der_len);
    if (plain == NULL) return CV_E_NO_MEMORY;
    size_t len;
    e = cv_private_key_decrypt(plain, der_len, &len, der,
                               cv_bytes((const uint8_t *)password, strlen(password)));
    if (e == CV_OK) {
        memcpy(k->der, plain, len);
        e = cv_private_key_parse(&k->key, cv_bytes(k->der, len));
    }
    cv_wipe(plain, der_len);
    cv_free(plain, der_len);
    return e;
}

/* A key object from PEM or DER; password NULL: encrypted ones are refused. */
static cv_err read_key(struct cv_cert_key **out, const uint8_t *p, size_t len, const char *password)
{
    if (p == NULL || len == 0 || len > PEM_LEN_MAX) return CV_E_KEY_SYNTAX;
    bool is_der = p[0] == 0x30;
    struct cv_bytes body = cv_bytes(p, len);
    cv_err e = is_der ? CV_OK : find_key_block(cv_bytes(p, len), &body, password != NULL);
    if (e != CV_OK) return e;
    size_t der_len = body.len;
    struct cv_cert_key *k = cv_cert_key_new(body.len);
    if (k == NULL) return CV_E_NO_MEMORY;
    if (is_der)
        memcpy(k->der, p, len);
    else
        e = cv_base64_decode(k->der, body.len, &der_len, body);
    if (e == CV_OK) e = open_key(k, der_len, password);
    if (e != CV_OK) {
        cv_cert_key_release(k);
        return e == CV_E_DECODE ? CV_E_KEY_SYNTAX : e;
    }
    *out = k;
    return CV_OK;
}

/* The first certificate of a store that the key belongs to. */
static struct cv_cert_object *find_owner(struct cv_store *s, const struct cv_cert_key *key)
{
    struct cv_cert_object *o = s->first;
    while (o != NULL && cv_private_key_matches(&key->key, &o->cert) != CV_OK) o = o->next;
    return o;
}

/* The reason why there is no certificate, for whoever asks. */
static PCCERT_CONTEXT no_certificate(struct cv_store *s, struct cv_cert_key *key, cv_err e)
{
    cv_store_release(s);
    cv_cert_key_release(key);
    (void)cv_fail(SEC_E_UNKNOWN_CREDENTIALS, e, NULL);
    SetLastError(cv_last_error_for(e));
    return NULL;
}

PCCERT_CONTEXT CulvertCertificateWithSigner(const void *pvCertificates, DWORD cbCertificates,
                                            const CulvertSigner *pSigner)
{
    cv_err e = pSigner == NULL || pSigner->pfnSign == NULL ? CV_E_INVALID_ARGUMENT : CV_OK;
    struct cv_cert_key *key = NULL;
    struct cv_store *s = NULL;
    if (e == CV_OK && (cv_library() == NULL || (key = cv_cert_key_new(0)) == NULL)) e = CV_E_NO_MEMORY;
    if (e == CV_OK) s = store_from(pvCertificates, cbCertificates, &e);
    if (e != CV_OK) return no_certificate(s, key, e);
    key->key.type = s->first->cert.key.type;
    key->application = *pSigner;
    cv_signer_init(&key->signer, &key->application);
    s->first->key = key;
    return &s->first->ctx;
}

PCCERT_CONTEXT CulvertCertificateFromPem(const void *pvCertificates, DWORD cbCertificates, const void *pvKey,
                                         DWORD cbKey)
{
    return CulvertCertificateFromEncryptedPem(pvCertificates, cbCertificates, pvKey, cbKey, NULL);
}

PCCERT_CONTEXT CulvertCertificateFromEncryptedPem(const void *pvCertificates, DWORD cbCertificates,
                                                  const void *pvKey, DWORD cbKey, const char *pszPassword)
{
    struct cv_cert_key *key = NULL;
    struct cv_store *s = NULL;
    struct cv_cert_object *owner = NULL;
    cv_err e = cv_library() == NULL ? CV_E_NO_MEMORY : read_key(&key, pvKey, cbKey, pszPassword);
    if (e == CV_OK) s = store_from(pvCertificates, cbCertificates, &e);
    if (e == CV_OK) {
        owner = find_owner(s, key);
        if (owner == NULL) e = CV_E_KEY_MISMATCH;
    }
    if (e != CV_OK) return no_certificate(s, key, e);
    owner->key = key;
    return &owner->ctx; /* the store's only reference is now the context's */
}
