/* Signing with keys that lie in Windows. Built with the headers of the SDK or of mingw-w64. */
#include "sspi/port/windows_key.h"

#include "crypto/base/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <bcrypt.h>
#include <ncrypt.h>
#include <wincrypt.h>

#ifndef CERT_NCRYPT_KEY_HANDLE_PROP_ID
#define CERT_NCRYPT_KEY_HANDLE_PROP_ID 78
#endif
#ifndef CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG
#define CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG 0x20000
#endif

enum { RAW_MAX = 2 * 66, DER_INTEGER = 0x02, DER_SEQUENCE = 0x30, DER_LONG_1 = 0x81 };

struct key {
    ULONG_PTR handle; /* NCRYPT_KEY_HANDLE or HCRYPTPROV, as spec says */
    DWORD spec;
    BOOL ours; /* to be freed */
};

/* What Windows calls the schemes of TLS (RFC 9846 4.3.3). */
enum family { ECDSA, PKCS1, PSS };
static const struct scheme {
    uint16_t id;
    enum family family;
    ALG_ID hash;
    const WCHAR *hash_name;
} schemes[] = {
    {0x0401, PKCS1, CALG_SHA_256, BCRYPT_SHA256_ALGORITHM},
    {0x0501, PKCS1, CALG_SHA_384, BCRYPT_SHA384_ALGORITHM},
    {0x0601, PKCS1, CALG_SHA_512, BCRYPT_SHA512_ALGORITHM},
    {0x0804, PSS, CALG_SHA_256, BCRYPT_SHA256_ALGORITHM},
    {0x0805, PSS, CALG_SHA_384, BCRYPT_SHA384_ALGORITHM},
    {0x0806, PSS, CALG_SHA_512, BCRYPT_SHA512_ALGORITHM},
    {0x0809, PSS, CALG_SHA_256, BCRYPT_SHA256_ALGORITHM},
    {0x080a, PSS, CALG_SHA_384, BCRYPT_SHA384_ALGORITHM},
    {0x080b, PSS, CALG_SHA_512, BCRYPT_SHA512_ALGORITHM},
    {0x0403, ECDSA, 0, NULL},
    {0x0503, ECDSA, 0, NULL},
    {0x0603, ECDSA, 0, NULL},
};

/* --- CNG --- */

static void build_integer(struct cv_builder *b, const BYTE *p, size_t len)
{
    while (len > 1 && p[0] == 0) p++, len--;
    bool pad = (p[0] & 0x80) != 0;
    cv_build_u8(b, DER_INTEGER);
    cv_build_u8(b, (uint8_t)(len + pad));
    if (pad) cv_build_u8(b, 0);
    cv_build_bytes(b, p, len);
}

/* CNG gives r and s, one behind the other; TLS wants Ecdsa-Sig-Value (RFC 3279 2.2.3). */
static cv_err encode_ecdsa(uint8_t *sig, size_t *sig_len, const BYTE *raw, size_t raw_len)
{
    uint8_t body[RAW_MAX + 2 * 3];
    struct cv_builder inner, outer;
    cv_build_init(&inner, body, sizeof body);
    build_integer(&inner, raw, raw_len / 2);
    build_integer(&inner, raw + raw_len / 2, raw_len / 2);
    cv_build_init(&outer, sig, *sig_len);
    cv_build_u8(&outer, DER_SEQUENCE);
    if (inner.len >= 0x80) cv_build_u8(&outer, DER_LONG_1);
    cv_build_u8(&outer, (uint8_t)inner.len);
    cv_build_bytes(&outer, body, inner.len);
    *sig_len = outer.len;
    return cv_build_end(&outer);
}

static cv_err sign_cng(const struct key *k, uint8_t *sig, size_t *sig_len, const struct scheme *s,
                       struct cv_bytes digest)
{
    BYTE raw[RAW_MAX];
    BCRYPT_PKCS1_PADDING_INFO pkcs1 = {s->hash_name};
    BCRYPT_PSS_PADDING_INFO pss = {s->hash_name, (ULONG)digest.len};
    void *padding = s->family == PKCS1 ? (void *)&pkcs1 : s->family == PSS ? (void *)&pss : NULL;
    DWORD flags = s->family == PKCS1 ? BCRYPT_PAD_PKCS1 : s->family == PSS ? BCRYPT_PAD_PSS : 0;
    bool ec = s->family == ECDSA;
    DWORD len = ec ? sizeof raw : (DWORD)*sig_len;
    SECURITY_STATUS status = NCryptSignHash(k->handle, padding, (PBYTE)(uintptr_t)digest.p, (DWORD)digest.len,
                                            ec ? raw : sig, len, &len, flags | NCRYPT_SILENT_FLAG);
    if (status != 0) return CV_E_OPERATION;
    if (ec) return encode_ecdsa(sig, sig_len, raw, len);
    *sig_len = len;
    return CV_OK;
}

/* --- CryptoAPI --- */

static cv_err sign_capi(const struct key *k, uint8_t *sig, size_t *sig_len, const struct scheme *s,
                        struct cv_bytes digest)
{
    HCRYPTHASH hash;
    DWORD len = (DWORD)*sig_len;
    if (s->family != PKCS1 || !CryptCreateHash(k->handle, s->hash, 0, 0, &hash)) return CV_E_OPERATION;
    BOOL done =
        CryptSetHashParam(hash, HP_HASHVAL, digest.p, 0) && CryptSignHashA(hash, k->spec, NULL, 0, sig, &len);
    CryptDestroyHash(hash);
    if (!done) return CV_E_OPERATION;
    for (DWORD i = 0; i < len / 2; i++) { /* it writes numbers backwards */
        uint8_t t = sig[i];
        sig[i] = sig[len - 1 - i];
        sig[len - 1 - i] = t;
    }
    *sig_len = len;
    return CV_OK;
}

static bool knows_sha256(HCRYPTPROV provider)
{
    HCRYPTHASH hash;
    if (!CryptCreateHash(provider, CALG_SHA_256, 0, 0, &hash)) return false;
    CryptDestroyHash(hash);
    return true;
}

static bool is_key_of(HCRYPTPROV provider, DWORD spec, PCCERT_CONTEXT c)
{
    BYTE buffer[2048];
    CERT_PUBLIC_KEY_INFO *info = (CERT_PUBLIC_KEY_INFO *)(void *)buffer;
    DWORD len = sizeof buffer;
    return CryptExportPublicKeyInfo(provider, spec, X509_ASN_ENCODING, info, &len) &&
           CertComparePublicKeyInfo(X509_ASN_ENCODING, info, &c->pCertInfo->SubjectPublicKeyInfo);
}

/* Providers of the first types know no SHA-256, but a later one opens the same container, if there is one. */
static cv_err with_sha256(struct key *k, PCCERT_CONTEXT c)
{
    HCRYPTPROV other;
    char name[MAX_PATH];
    DWORD len = sizeof name;
    if (knows_sha256(k->handle)) return CV_OK;
    if (!CryptGetProvParam(k->handle, PP_CONTAINER, (BYTE *)name, &len, 0) ||
        !CryptAcquireContextA(&other, name, MS_ENH_RSA_AES_PROV_A, PROV_RSA_AES, CRYPT_SILENT))
        return CV_E_KEY_SYNTAX;
    if (!is_key_of(other, k->spec, c)) {
        CryptReleaseContext(other, 0);
        return CV_E_KEY_SYNTAX;
    }
    if (k->ours) CryptReleaseContext(k->handle, 0);
    k->handle = other;
    k->ours = TRUE;
    return CV_OK;
}

/* --- both --- */

static cv_err sign(void *ctx, void **op, uint8_t *sig, size_t *sig_len, const struct cv_sign_request *r)
{
    const struct key *k = ctx;
    (void)op;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (schemes[i].id == r->scheme)
            return (k->spec == CERT_NCRYPT_KEY_SPEC ? sign_cng : sign_capi)(k, sig, sig_len, &schemes[i],
                                                                            r->input);
    return CV_E_OPERATION;
}

static bool has_property(PCCERT_CONTEXT c, DWORD id)
{
    DWORD len = 0;
    return CertGetCertificateContextProperty(c, id, NULL, &len);
}

/* Handles that the program put there come first; CryptAcquireCertificatePrivateKey opens what has a name, in
 * CNG where it can. */
static cv_err find(struct key *k, PCCERT_CONTEXT c)
{
    CERT_KEY_CONTEXT given = {0};
    DWORD len = sizeof given;
    bool has_handle = CertGetCertificateContextProperty(c, CERT_KEY_CONTEXT_PROP_ID, &given, &len);
    if (has_handle && given.dwKeySpec == CERT_NCRYPT_KEY_SPEC) {
        *k = (struct key){given.hCryptProv, given.dwKeySpec, FALSE};
        return CV_OK;
    }
    len = sizeof k->handle;
    if (CertGetCertificateContextProperty(c, CERT_NCRYPT_KEY_HANDLE_PROP_ID, &k->handle, &len)) {
        k->spec = CERT_NCRYPT_KEY_SPEC;
        return CV_OK;
    }
    if (!has_handle && !has_property(c, CERT_KEY_PROV_INFO_PROP_ID)) return CV_E_NO_CERTIFICATE;
    DWORD flags = CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_SILENT_FLAG;
    HCRYPTPROV handle;
    if (CryptAcquireCertificatePrivateKey(c, flags, NULL, &handle, &k->spec, &k->ours)) {
        k->handle = handle;
        if (k->spec == (AT_KEYEXCHANGE | AT_SIGNATURE)) k->spec = AT_KEYEXCHANGE; /* Wine's PFX names both */
        return CV_OK;
    }
    if (!has_handle) return CV_E_KEY_SYNTAX;
    *k = (struct key){given.hCryptProv, given.dwKeySpec, FALSE};
    return CV_OK;
}

static void close_key(struct key *k)
{
    if (k->ours && k->spec == CERT_NCRYPT_KEY_SPEC) NCryptFreeObject(k->handle);
    if (k->ours && k->spec != CERT_NCRYPT_KEY_SPEC) CryptReleaseContext(k->handle, 0);
    free(k);
}

cv_err cv_windows_key_open(struct cv_signer *out, bool *only_pkcs1, const void *context)
{
    struct key *k = calloc(1, sizeof *k);
    if (k == NULL) return CV_E_NO_MEMORY;
    cv_err e = find(k, context);
    *only_pkcs1 = k->spec != CERT_NCRYPT_KEY_SPEC;
    if (e == CV_OK && *only_pkcs1) e = with_sha256(k, context);
    if (e == CV_OK)
        *out = (struct cv_signer){.ctx = k, .sign = sign};
    else
        close_key(k);
    return e;
}

void cv_windows_key_close(struct cv_signer *signer)
{
    close_key(signer->ctx);
}
