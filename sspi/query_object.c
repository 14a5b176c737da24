/* CryptQueryObject: a certificate, a CRL, a bundle or a PFX file, in DER or base64; which one is found out.
 */
#include "sspi/certificate.h"
#include "sspi/crl_context.h"
#include "sspi/library.h"
#include "sspi/port/host.h"
#include "sspi/unicode.h"
#include "x509/pem.h"

#include <string.h>

enum { PATH_MAX_LEN = 4096, OBJECT_MAX = 64 * 1024 * 1024 };

/* What was found. */
struct found {
    DWORD content;
    HCERTSTORE store;    /* with what was found in it */
    const void *context; /* of the one certificate or CRL */
};

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

/* Certificate, CRL or bundle. CV_E_UNSUPPORTED if it is none of those that the flags ask for. */
static cv_err take_store(struct found *f, struct cv_bytes der, DWORD contents)
{
    struct cv_store *s = cv_store_new();
    cv_err e = s == NULL ? CV_E_NO_MEMORY : cv_store_add_file(s, der);
    if (e != CV_OK) {
        cv_store_release(s);
        return e == CV_E_NO_MEMORY ? e : CV_E_UNSUPPORTED;
    }
    PCCERT_CONTEXT cert = CertEnumCertificatesInStore(s, NULL);
    PCCRL_CONTEXT crl = CertEnumCRLsInStore(s, NULL);
    if (cert != NULL && cert->cbCertEncoded == der.len) {
        f->content = CERT_QUERY_CONTENT_CERT;
        f->context = CertDuplicateCertificateContext(cert);
    } else if (crl != NULL && crl->cbCrlEncoded == der.len) {
        f->content = CERT_QUERY_CONTENT_CRL;
        f->context = CertDuplicateCRLContext(crl);
    } else {
        f->content = CERT_QUERY_CONTENT_PKCS7_SIGNED;
    }
    CertFreeCertificateContext(cert);
    CertFreeCRLContext(crl);
    f->store = s;
    return (contents >> f->content & 1) != 0 ? CV_OK : CV_E_UNSUPPORTED;
}

static void let_go(struct found *f)
{
    if (f->content == CERT_QUERY_CONTENT_CRL)
        CertFreeCRLContext(f->context);
    else
        CertFreeCertificateContext(f->context);
    CertCloseStore(f->store, 0);
    *f = (struct found){0};
}

static cv_err take(struct found *f, struct cv_bytes der, DWORD contents)
{
    CRYPT_DATA_BLOB blob = {.cbData = (DWORD)der.len, .pbData = (BYTE *)(uintptr_t)der.p};
    if (!cv_der_next_is(der, CV_DER_SEQUENCE)) return CV_E_UNSUPPORTED;
    cv_err e = take_store(f, der, contents);
    if (e == CV_OK || e == CV_E_NO_MEMORY) return e;
    let_go(f);
    if ((contents & CERT_QUERY_CONTENT_FLAG_PFX) == 0 || !PFXIsPFXBlob(&blob)) return CV_E_UNSUPPORTED;
    f->content = CERT_QUERY_CONTENT_PFX;
    return CV_OK;
}

/* The first PEM block, or base64 without lines around it. */
static cv_err take_base64(struct found *f, struct cv_bytes text, DWORD contents)
{
    size_t cap = text.len, len;
    struct cv_bytes rest = text, label, body;
    uint8_t *der = cv_alloc(cap);
    if (der == NULL) return CV_E_NO_MEMORY;
    if (cv_pem_next(&rest, &label, &body) != CV_OK) body = text;
    cv_err e = cv_base64_decode(der, cap, &len, body) == CV_OK ? take(f, cv_bytes(der, len), contents)
                                                               : CV_E_UNSUPPORTED;
    cv_free(der, cap);
    return e;
}

static cv_err take_any(struct found *f, DWORD *format, struct cv_bytes object, DWORD contents, DWORD formats)
{
    cv_err e = CV_E_UNSUPPORTED;
    if (object.len == 0 || object.len > OBJECT_MAX) return e;
    if ((formats & CERT_QUERY_FORMAT_FLAG_BINARY) != 0) e = take(f, object, contents);
    *format = CERT_QUERY_FORMAT_BINARY;
    if (e != CV_E_UNSUPPORTED || (formats & CERT_QUERY_FORMAT_FLAG_BASE64_ENCODED) == 0) return e;
    *format = CERT_QUERY_FORMAT_BASE64_ENCODED;
    return take_base64(f, object, contents);
}

/* The object's bytes; *file is to be freed if it is not NULL. */
static cv_err read_object(struct cv_bytes *out, uint8_t **file, DWORD type, const void *object)
{
    char path[PATH_MAX_LEN];
    size_t len;
    const CRYPT_DATA_BLOB *blob = object;
    if (type == CERT_QUERY_OBJECT_BLOB) {
        *out = cv_bytes(blob->pbData, blob->cbData);
        return CV_OK;
    }
    if (cv_utf8_from_wide(path, sizeof path, &len, object, cv_wide_len(object)) != CV_OK)
        return CV_E_BAD_NAME;
    cv_err e = cv_host_file(cv_library()->port, path, file, &len);
    if (e == CV_OK) *out = cv_bytes(*file, len);
    return e;
}

BOOL WINAPI CryptQueryObject(DWORD dwObjectType, const void *pvObject, DWORD dwExpectedContentTypeFlags,
                             DWORD dwExpectedFormatTypeFlags, DWORD dwFlags, DWORD *pdwMsgAndCertEncodingType,
                             DWORD *pdwContentType, DWORD *pdwFormatType, HCERTSTORE *phCertStore,
                             HCRYPTMSG *phMsg, const void **ppvContext)
{
    struct found f = {0};
    struct cv_bytes object;
    uint8_t *file = NULL;
    DWORD format = 0;
    (void)dwFlags;
    if (phCertStore != NULL) *phCertStore = NULL;
    if (phMsg != NULL) *phMsg = NULL;
    if (ppvContext != NULL) *ppvContext = NULL;
    if (pvObject == NULL ||
        (dwObjectType != CERT_QUERY_OBJECT_BLOB && dwObjectType != CERT_QUERY_OBJECT_FILE))
        return fail((DWORD)E_INVALIDARG);
    if (cv_library() == NULL) return fail(ERROR_NOT_ENOUGH_MEMORY);
    cv_err e = read_object(&object, &file, dwObjectType, pvObject);
    if (e == CV_OK) e = take_any(&f, &format, object, dwExpectedContentTypeFlags, dwExpectedFormatTypeFlags);
    if (file != NULL) cv_free(file, object.len);
    if (e != CV_OK) {
        let_go(&f);
        return fail(e == CV_E_UNSUPPORTED ? (DWORD)CRYPT_E_NO_MATCH : cv_last_error_for(e));
    }
    if (pdwMsgAndCertEncodingType != NULL)
        *pdwMsgAndCertEncodingType = X509_ASN_ENCODING | PKCS_7_ASN_ENCODING;
    if (pdwContentType != NULL) *pdwContentType = f.content;
    if (pdwFormatType != NULL) *pdwFormatType = format;
    struct found kept = f;
    if (phCertStore != NULL) {
        *phCertStore = f.store;
        kept.store = NULL;
    }
    if (ppvContext != NULL) {
        *ppvContext = f.context;
        kept.context = NULL;
    }
    let_go(&kept);
    return TRUE;
}
