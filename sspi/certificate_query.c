/* Questions about certificates: comparing, times, usages, key lengths. */
#include "sspi/library.h"
#include "sspi/struct_fill.h"

#include <string.h>

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

static bool same_bytes(const CRYPT_DATA_BLOB *a, const CRYPT_DATA_BLOB *b)
{
    return cv_bytes_equal(cv_bytes(a->pbData, a->cbData), cv_bytes(b->pbData, b->cbData));
}

BOOL WINAPI CertCompareCertificateName(DWORD dwCertEncodingType, PCERT_NAME_BLOB pCertName1,
                                       PCERT_NAME_BLOB pCertName2)
{
    (void)dwCertEncodingType;
    return same_bytes(pCertName1, pCertName2);
}

/* By what identifies a certificate: issuer and serial number. */
BOOL WINAPI CertCompareCertificate(DWORD dwCertEncodingType, PCERT_INFO pCertId1, PCERT_INFO pCertId2)
{
    (void)dwCertEncodingType;
    return same_bytes(&pCertId1->Issuer, &pCertId2->Issuer) &&
           same_bytes(&pCertId1->SerialNumber, &pCertId2->SerialNumber);
}

LONG WINAPI CertVerifyTimeValidity(LPFILETIME pTimeToVerify, PCERT_INFO pCertInfo)
{
    FILETIME now;
    if (pTimeToVerify == NULL) {
        GetSystemTimeAsFileTime(&now);
        pTimeToVerify = &now;
    }
    if (CompareFileTime(pTimeToVerify, &pCertInfo->NotBefore) < 0) return -1;
    return CompareFileTime(pTimeToVerify, &pCertInfo->NotAfter) > 0;
}

PCERT_EXTENSION WINAPI CertFindExtension(LPCSTR pszObjId, DWORD cExtensions, CERT_EXTENSION rgExtensions[])
{
    if (pszObjId == NULL) return NULL;
    for (DWORD i = 0; i < cExtensions; i++)
        if (strcmp(rgExtensions[i].pszObjId, pszObjId) == 0) return &rgExtensions[i];
    SetLastError((DWORD)CRYPT_E_NOT_FOUND);
    return NULL;
}

bool cv_usage_listed(struct cv_bytes usages, const char *wanted)
{
    struct cv_bytes list, oid;
    char text[128];
    if (cv_der_read(&usages, CV_DER_SEQUENCE, &list) != CV_OK) return false;
    while (list.len > 0 && cv_der_read(&list, CV_DER_OID, &oid) == CV_OK) {
        if (cv_oid_text(NULL, oid) > sizeof text) continue;
        cv_oid_text(text, oid);
        if (strcmp(text, wanted) == 0) return true;
    }
    return false;
}

/* The encoded usages that a property or the extension has; the flags may leave out either. */
static struct cv_bytes find_usages(const struct cv_cert_object *o, DWORD flags)
{
    const struct cv_cert_property *p = cv_cert_property(o, CERT_ENHKEY_USAGE_PROP_ID);
    PCERT_EXTENSION x = CertFindExtension(szOID_ENHANCED_KEY_USAGE, o->info.cExtension, o->info.rgExtension);
    /* What the property says was set by the machine's owner, to narrow what the certificate says. */
    if (p != NULL && (flags & CERT_FIND_EXT_ONLY_ENHKEY_USAGE_FLAG) == 0) return cv_bytes(p->data, p->len);
    if (x != NULL && (flags & CERT_FIND_PROP_ONLY_ENHKEY_USAGE_FLAG) == 0)
        return cv_bytes(x->Value.pbData, x->Value.cbData);
    return cv_bytes(NULL, 0);
}

BOOL WINAPI CertGetEnhancedKeyUsage(PCCERT_CONTEXT pCertContext, DWORD dwFlags, PCERT_ENHKEY_USAGE pUsage,
                                    DWORD *pcbUsage)
{
    const struct cv_cert_object *o = cv_cert_of(pCertContext);
    if (o == NULL || pcbUsage == NULL) return fail((DWORD)E_INVALIDARG);
    cv_cert_lock(o);
    struct cv_bytes usages = find_usages(o, dwFlags);
    BOOL ok = TRUE;
    if (usages.p != NULL) {
        ok = CryptDecodeObject(X509_ASN_ENCODING, X509_ENHANCED_KEY_USAGE, usages.p, (DWORD)usages.len, 0,
                               pUsage, pcbUsage);
        if (ok) SetLastError(ERROR_SUCCESS);
    }
    cv_cert_unlock(o);
    if (usages.p != NULL) return ok;
    /* None is named: it is good for all, which the last error tells from an empty list. */
    if ((dwFlags & (CERT_FIND_EXT_ONLY_ENHKEY_USAGE_FLAG | CERT_FIND_PROP_ONLY_ENHKEY_USAGE_FLAG)) != 0)
        return fail((DWORD)CRYPT_E_NOT_FOUND);
    DWORD room = *pcbUsage;
    *pcbUsage = sizeof *pUsage;
    if (pUsage != NULL && room < sizeof *pUsage) return fail(ERROR_MORE_DATA);
    if (pUsage != NULL) *pUsage = (CERT_ENHKEY_USAGE){0};
    SetLastError((DWORD)CRYPT_E_NOT_FOUND);
    return TRUE;
}

BOOL WINAPI CertGetIntendedKeyUsage(DWORD dwCertEncodingType, PCERT_INFO pCertInfo, BYTE *pbKeyUsage,
                                    DWORD cbKeyUsage)
{
    struct cv_bytes in, bits;
    uint8_t n_unused;
    (void)dwCertEncodingType;
    if (pCertInfo == NULL || pbKeyUsage == NULL) return fail((DWORD)E_INVALIDARG);
    memset(pbKeyUsage, 0, cbKeyUsage);
    PCERT_EXTENSION x = CertFindExtension(szOID_KEY_USAGE, pCertInfo->cExtension, pCertInfo->rgExtension);
    SetLastError(ERROR_SUCCESS); /* which tells "no extension" from a failure */
    if (x == NULL) return FALSE;
    in = cv_bytes(x->Value.pbData, x->Value.cbData);
    if (cv_der_bit_string(&in, &bits, &n_unused) != CV_OK) return fail((DWORD)CRYPT_E_ASN1_ERROR);
    memcpy(pbKeyUsage, bits.p, bits.len < cbKeyUsage ? bits.len : cbKeyUsage);
    return TRUE;
}

/* The bits of the modulus in an RSAPublicKey; 0 if it is none. */
static DWORD rsa_bits(const CRYPT_BIT_BLOB *key)
{
    struct cv_bytes in = cv_bytes(key->pbData, key->cbData), content, n;
    if (cv_der_read(&in, CV_DER_SEQUENCE, &content) != CV_OK || cv_der_uint(&content, &n) != CV_OK) return 0;
    return (DWORD)cv_uint_bits(n);
}

DWORD WINAPI CertGetPublicKeyLength(DWORD dwCertEncodingType, PCERT_PUBLIC_KEY_INFO pPublicKey)
{
    DWORD bits = 0;
    (void)dwCertEncodingType;
    if (pPublicKey == NULL || pPublicKey->Algorithm.pszObjId == NULL) {
        SetLastError((DWORD)E_INVALIDARG);
        return 0;
    }
    const char *oid = pPublicKey->Algorithm.pszObjId;
    DWORD len = pPublicKey->PublicKey.cbData;
    if (strcmp(oid, szOID_RSA_RSA) == 0 || strcmp(oid, szOID_RSA_SSA_PSS) == 0)
        bits = rsa_bits(&pPublicKey->PublicKey);
    else if (strcmp(oid, szOID_ECC_PUBLIC_KEY) == 0)
        bits = len == 65 ? 256 : len == 97 ? 384 : len == 133 ? 521 : 0; /* uncompressed points */
    else if (len > 0)
        bits = len * 8 - pPublicKey->PublicKey.cUnusedBits;
    if (bits == 0) SetLastError((DWORD)CRYPT_E_ASN1_ERROR);
    return bits;
}
