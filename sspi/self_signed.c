/* CertCreateSelfSignCertificate: RFC 5280 4.1, built from its end. */
#include "sspi/capi.h"

#include "crypto/base/secret.h"
#include "crypto/kex.h"
#include "sspi/der_write.h"
#include "sspi/library.h"
#include "x509/key.h"

#include <string.h>

enum { CERT_CAP = 16384, KEY_CAP = 256, SERIAL_LEN = 16, YEAR = 365 * 24 * 3600, DIGEST_MAX = 64 };

/* What goes with a type of key. */
struct method {
    enum cv_key_type key;
    const struct cv_hash *hash; /* NULL: the scheme hashes itself */
    cv_sign_fn *sign;
    const char *signature_oid, *key_oid, *curve_oid; /* curve NULL: not of that kind */
    bool null_parameters;
};

static const struct method *method_of(enum cv_key_type type)
{
    static const struct method methods[] = {
        {CV_KEY_RSA, &cv_sha256, cv_rsa_pkcs1_sign, szOID_RSA_SHA256RSA, szOID_RSA_RSA, NULL, true},
        {CV_KEY_P256, &cv_sha256, cv_ecdsa_p256_sign, szOID_ECDSA_SHA256, szOID_ECC_PUBLIC_KEY,
         szOID_ECC_CURVE_P256, false},
        {CV_KEY_P384, &cv_sha384, cv_ecdsa_p384_sign, szOID_ECDSA_SHA384, szOID_ECC_PUBLIC_KEY,
         szOID_ECC_CURVE_P384, false},
        {CV_KEY_ED25519, NULL, cv_ed25519_sign, "1.3.101.112", "1.3.101.112", NULL, false}, /* RFC 8410 */
    };
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (methods[i].key == type) return &methods[i];
    return NULL;
}

/* A new key on P-256 (RFC 5915), where the caller brings none. */
static cv_err new_key(struct cv_cert_key **out)
{
    uint8_t scalar[CV_KEX_PRIVATE_MAX], share[65];
    static const uint8_t one = 1;
    struct cv_cert_key *key = cv_cert_key_new(KEY_CAP);
    struct cv_bytes der;
    if (key == NULL) return CV_E_NO_MEMORY;
    cv_err e = cv_group_p256.generate(&cv_group_p256, scalar, share, &cv_library()->port->rng);
    struct cv_der_out o = {.p = key->der, .cap = KEY_CAP};
    cv_der_put_oid(&o, szOID_ECC_CURVE_P256);
    cv_der_wrap(&o, CV_DER_CONTEXT_CON | 0, 0);
    cv_der_put_element(&o, CV_DER_OCTET_STRING, cv_bytes(scalar, 32));
    cv_der_put_uint(&o, cv_bytes(&one, 1));
    cv_der_wrap(&o, CV_DER_SEQUENCE, 0);
    cv_wipe(scalar, sizeof scalar);
    if (e == CV_OK && !cv_der_out_done(&o, &der)) e = CV_E_INTERNAL;
    if (e == CV_OK) e = cv_private_key_parse(&key->key, der);
    if (e != CV_OK) {
        cv_cert_key_release(key);
        return e;
    }
    *out = key;
    return CV_OK;
}

static cv_err find_key(struct cv_cert_key **out, HCRYPTPROV_OR_NCRYPT_KEY_HANDLE handle)
{
    if (handle == 0) return new_key(out);
    *out = cv_ncrypt_key(handle);
    if (*out == NULL) *out = cv_capi_provider_key(handle);
    return *out == NULL ? CV_E_INVALID_ARGUMENT : CV_OK;
}

static void put_algorithm(struct cv_der_out *o, const char *oid, const char *parameter_oid, bool null)
{
    size_t mark = o->len;
    if (null) cv_der_put_element(o, CV_DER_NULL, cv_bytes(NULL, 0));
    if (parameter_oid != NULL) cv_der_put_oid(o, parameter_oid);
    cv_der_put_oid(o, oid);
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
}

static void put_bit_string(struct cv_der_out *o, struct cv_bytes bytes)
{
    size_t mark = o->len;
    cv_der_put(o, bytes.p, bytes.len);
    cv_der_put_u8(o, 0);
    cv_der_wrap(o, CV_DER_BIT_STRING, mark);
}

static cv_err put_public_key(struct cv_der_out *o, const struct cv_private_key *key, const struct method *m)
{
    uint8_t point[133];
    size_t len = 32, mark = o->len;
    cv_err e = CV_OK;
    if (key->type == CV_KEY_RSA) {
        cv_der_put_uint(o, key->e);
        cv_der_put_uint(o, key->n);
        cv_der_wrap(o, CV_DER_SEQUENCE, mark);
        cv_der_put_u8(o, 0);
        cv_der_wrap(o, CV_DER_BIT_STRING, mark);
    } else {
        e = key->type == CV_KEY_ED25519 ? cv_ed25519_public_key(key, point)
                                        : (len = sizeof point, cv_ec_public_key(key, point, &len));
        if (e == CV_OK) put_bit_string(o, cv_bytes(point, len));
    }
    put_algorithm(o, m->key_oid, m->curve_oid, m->null_parameters);
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
    return e;
}

/* What the certificate is to say. */
struct wanted {
    const CERT_NAME_BLOB *name;
    const CERT_EXTENSIONS *extensions;
    int64_t not_before, not_after;
};

static cv_err put_extensions(struct cv_der_out *o, const CERT_EXTENSIONS *extensions)
{
    BYTE *der;
    DWORD len = 0;
    size_t mark = o->len;
    if (extensions == NULL || extensions->cExtension == 0) return CV_OK;
    if (!CryptEncodeObjectEx(X509_ASN_ENCODING, X509_EXTENSIONS, extensions, CRYPT_ENCODE_ALLOC_FLAG, NULL,
                             &der, &len))
        return GetLastError() == ERROR_NOT_ENOUGH_MEMORY ? CV_E_NO_MEMORY : CV_E_INVALID_ARGUMENT;
    cv_der_put(o, der, len);
    LocalFree(der);
    cv_der_wrap(o, CV_DER_CONTEXT_CON | 3, mark);
    return CV_OK;
}

static cv_err put_tbs(struct cv_der_out *o, const struct wanted *w, const struct cv_private_key *key,
                      const struct method *m)
{
    static const uint8_t version = 2;
    uint8_t serial[SERIAL_LEN];
    size_t mark = o->len;
    cv_err e = cv_random(&cv_library()->port->rng, serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40); /* positive, and of the same length each time */
    if (e == CV_OK) e = put_extensions(o, w->extensions);
    if (e == CV_OK) e = put_public_key(o, key, m);
    if (e != CV_OK) return e;
    cv_der_put(o, w->name->pbData, w->name->cbData);
    size_t validity = o->len;
    cv_der_put_time(o, w->not_after);
    cv_der_put_time(o, w->not_before);
    cv_der_wrap(o, CV_DER_SEQUENCE, validity);
    cv_der_put(o, w->name->pbData, w->name->cbData);
    put_algorithm(o, m->signature_oid, NULL, m->null_parameters);
    cv_der_put_uint(o, cv_bytes(serial, sizeof serial));
    size_t at = o->len;
    cv_der_put_uint(o, cv_bytes(&version, 1));
    cv_der_wrap(o, CV_DER_CONTEXT_CON | 0, at);
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
    return CV_OK;
}

static cv_err sign(uint8_t *sig, size_t *len, struct cv_bytes tbs, const struct cv_private_key *key,
                   const struct method *m)
{
    uint8_t digest[DIGEST_MAX];
    struct cv_bytes message = tbs;
    if (m->hash != NULL) {
        cv_hash_digest(m->hash, digest, tbs.p, tbs.len);
        message = cv_bytes(digest, m->hash->digest_len);
    }
    return m->sign(key, m->hash, message, sig, len, &cv_library()->port->rng);
}

/* Into cap bytes of memory, the first half of which holds what is signed. */
static cv_err build(struct cv_cert_object **out, uint8_t *memory, const struct wanted *w,
                    const struct cv_private_key *key)
{
    const struct method *m = method_of(key->type);
    uint8_t sig[CV_RSA_BITS_MAX / 8];
    size_t sig_len = sizeof sig;
    struct cv_bytes tbs, whole;
    struct cv_der_out inner = {.p = memory, .cap = CERT_CAP}, o = {.p = memory + CERT_CAP, .cap = CERT_CAP};
    if (m == NULL) return CV_E_UNSUPPORTED;
    cv_err e = put_tbs(&inner, w, key, m);
    if (e == CV_OK && !cv_der_out_done(&inner, &tbs)) e = CV_E_INVALID_ARGUMENT;
    if (e == CV_OK) e = sign(sig, &sig_len, tbs, key, m);
    if (e != CV_OK) return e;
    put_bit_string(&o, cv_bytes(sig, sig_len));
    put_algorithm(&o, m->signature_oid, NULL, m->null_parameters);
    cv_der_put(&o, tbs.p, tbs.len);
    cv_der_wrap(&o, CV_DER_SEQUENCE, 0);
    return cv_der_out_done(&o, &whole) ? cv_cert_object_new(out, whole) : CV_E_INVALID_ARGUMENT;
}

static bool read_time(int64_t *out, const SYSTEMTIME *t, int64_t otherwise)
{
    FILETIME f;
    *out = otherwise;
    if (t == NULL) return true;
    if (!SystemTimeToFileTime(t, &f)) return false;
    *out = cv_seconds_of(&f);
    return true;
}

PCCERT_CONTEXT WINAPI CertCreateSelfSignCertificate(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE hCryptProvOrNCryptKey,
                                                    PCERT_NAME_BLOB pSubjectIssuerBlob, DWORD dwFlags,
                                                    PCRYPT_KEY_PROV_INFO pKeyProvInfo,
                                                    PCRYPT_ALGORITHM_IDENTIFIER pSignatureAlgorithm,
                                                    PSYSTEMTIME pStartTime, PSYSTEMTIME pEndTime,
                                                    PCERT_EXTENSIONS pExtensions)
{
    struct cv_cert_object *o = NULL;
    struct cv_cert_key *key = NULL;
    struct wanted w = {.name = pSubjectIssuerBlob, .extensions = pExtensions};
    (void)dwFlags;
    (void)pKeyProvInfo;
    (void)pSignatureAlgorithm; /* the key's own algorithm is taken, with a hash that fits it */
    const struct cv_library *lib = cv_library();
    cv_err e = lib == NULL ? CV_E_NO_MEMORY : pSubjectIssuerBlob == NULL ? CV_E_INVALID_ARGUMENT : CV_OK;
    if (e == CV_OK && (!read_time(&w.not_before, pStartTime, lib->port->now(lib->port->ctx)) ||
                       !read_time(&w.not_after, pEndTime, w.not_before + YEAR)))
        e = CV_E_INVALID_ARGUMENT;
    if (e == CV_OK) e = find_key(&key, hCryptProvOrNCryptKey);
    uint8_t *memory = e == CV_OK ? cv_alloc(2 * (size_t)CERT_CAP) : NULL;
    if (e == CV_OK && memory == NULL) e = CV_E_NO_MEMORY;
    if (e == CV_OK) e = build(&o, memory, &w, &key->key);
    if (memory != NULL) cv_free(memory, 2 * (size_t)CERT_CAP);
    if (e != CV_OK) {
        cv_cert_key_release(key);
        SetLastError(cv_last_error_for(e));
        return NULL;
    }
    o->key = key; /* its reference goes with the context */
    return &o->ctx;
}
