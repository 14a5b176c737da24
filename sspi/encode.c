/* CryptEncodeObject: structs of wincrypt.h into DER, for what goes into certificates. */
#include "sspi/certificate.h"
#include "sspi/der_write.h"
#include "sspi/library.h"
#include "sspi/unicode.h"

#include <string.h>

/* DER is built from its end: every list is walked backwards. */
typedef cv_err encode_fn(struct cv_der_out *o, const void *in);

static struct cv_bytes bytes_of(const CRYPT_DATA_BLOB *blob)
{
    return cv_bytes(blob->pbData, blob->cbData);
}

static cv_err put_oid(struct cv_der_out *o, const char *oid)
{
    return oid != NULL && cv_der_put_oid(o, oid) ? CV_OK : CV_E_INVALID_ARGUMENT;
}

static cv_err put_algorithm(struct cv_der_out *o, const CRYPT_ALGORITHM_IDENTIFIER *a)
{
    size_t mark = o->len;
    cv_der_put(o, a->Parameters.pbData, a->Parameters.cbData);
    cv_err e = put_oid(o, a->pszObjId);
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
    return e;
}

static cv_err put_bits(struct cv_der_out *o, const CRYPT_BIT_BLOB *bits)
{
    size_t mark = o->len;
    if (bits->cUnusedBits > 7 || (bits->cbData == 0 && bits->cUnusedBits != 0)) return CV_E_INVALID_ARGUMENT;
    cv_der_put(o, bits->pbData, bits->cbData);
    cv_der_put_u8(o, (uint8_t)bits->cUnusedBits);
    cv_der_wrap(o, CV_DER_BIT_STRING, mark);
    return CV_OK;
}

static cv_err encode_public_key(struct cv_der_out *o, const void *in)
{
    const CERT_PUBLIC_KEY_INFO *key = in;
    size_t mark = o->len;
    cv_err e = put_bits(o, &key->PublicKey);
    if (e == CV_OK) e = put_algorithm(o, &key->Algorithm);
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
    return e;
}

/* A named list of bits has no trailing zeros (X.690 11.2.2). */
static cv_err encode_key_usage(struct cv_der_out *o, const void *in)
{
    const CRYPT_BIT_BLOB *bits = in;
    CRYPT_BIT_BLOB cut = *bits;
    while (cut.cbData > 0 && cut.pbData[cut.cbData - 1] == 0) cut.cbData--;
    cut.cUnusedBits = 0;
    while (cut.cbData > 0 && (cut.pbData[cut.cbData - 1] >> cut.cUnusedBits & 1) == 0) cut.cUnusedBits++;
    return put_bits(o, &cut);
}

static cv_err encode_basic_constraints(struct cv_der_out *o, const void *in)
{
    const CERT_BASIC_CONSTRAINTS2_INFO *info = in;
    static const uint8_t yes = 0xff;
    uint8_t len[4];
    size_t mark = o->len;
    cv_store_be32(len, info->dwPathLenConstraint);
    if (info->fPathLenConstraint) cv_der_put_uint(o, cv_bytes(len, sizeof len));
    if (info->fCA) cv_der_put_element(o, CV_DER_BOOLEAN, cv_bytes(&yes, 1));
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
    return CV_OK;
}

static cv_err encode_octets(struct cv_der_out *o, const void *in)
{
    cv_der_put_element(o, CV_DER_OCTET_STRING, bytes_of(in));
    return CV_OK;
}

static cv_err encode_usages(struct cv_der_out *o, const void *in)
{
    const CERT_ENHKEY_USAGE *usage = in;
    size_t mark = o->len;
    cv_err e = CV_OK;
    for (DWORD i = usage->cUsageIdentifier; i > 0 && e == CV_OK; i--)
        e = put_oid(o, usage->rgpszUsageIdentifier[i - 1]);
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
    return e;
}

static cv_err put_extension(struct cv_der_out *o, const CERT_EXTENSION *x)
{
    static const uint8_t yes = 0xff;
    size_t mark = o->len;
    cv_der_put_element(o, CV_DER_OCTET_STRING, bytes_of(&x->Value));
    if (x->fCritical) cv_der_put_element(o, CV_DER_BOOLEAN, cv_bytes(&yes, 1));
    cv_err e = put_oid(o, x->pszObjId);
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
    return e;
}

static cv_err encode_extensions(struct cv_der_out *o, const void *in)
{
    const CERT_EXTENSIONS *list = in;
    size_t mark = o->len;
    cv_err e = CV_OK;
    for (DWORD i = list->cExtension; i > 0 && e == CV_OK; i--)
        e = put_extension(o, &list->rgExtension[i - 1]);
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
    return e;
}

/* --- names --- */

/* IA5String: ASCII only. */
static cv_err put_ia5(struct cv_der_out *o, uint8_t tag, LPCWSTR text)
{
    size_t mark = o->len, n = text == NULL ? 0 : cv_wide_len(text);
    for (size_t i = n; i > 0; i--) {
        if (text[i - 1] >= 0x80) return CV_E_INVALID_ARGUMENT;
        cv_der_put_u8(o, (uint8_t)text[i - 1]);
    }
    cv_der_wrap(o, tag, mark);
    return CV_OK;
}

static cv_err put_alt_name(struct cv_der_out *o, const CERT_ALT_NAME_ENTRY *name)
{
    uint8_t tag = (uint8_t)(CV_DER_CONTEXT | (name->dwAltNameChoice - 1)); /* counted from 1 */
    switch (name->dwAltNameChoice) {
    case CERT_ALT_NAME_RFC822_NAME:
    case CERT_ALT_NAME_DNS_NAME:
    case CERT_ALT_NAME_URL:
        return put_ia5(o, tag, name->pwszDNSName);
    case CERT_ALT_NAME_IP_ADDRESS:
        cv_der_put_element(o, tag, bytes_of(&name->IPAddress));
        return CV_OK;
    case CERT_ALT_NAME_DIRECTORY_NAME:
        cv_der_put_element(o, CV_DER_CONTEXT_CON | 4, bytes_of(&name->DirectoryName));
        return CV_OK;
    default:
        return CV_E_INVALID_ARGUMENT;
    }
}

static cv_err encode_alt_name(struct cv_der_out *o, const void *in)
{
    const CERT_ALT_NAME_INFO *info = in;
    size_t mark = o->len;
    cv_err e = CV_OK;
    for (DWORD i = info->cAltEntry; i > 0 && e == CV_OK; i--) e = put_alt_name(o, &info->rgAltEntry[i - 1]);
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
    return e;
}

static bool is_printable(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != 0 && c < 128 && strchr(" '()+,-./:=?", (int)c) != NULL);
}

/* UTF-16 as the string type that is asked for; CERT_RDN_ANY_TYPE: PrintableString where that does, else
 * UTF8String (RFC 5280 4.1.2.4). */
static cv_err put_wide(struct cv_der_out *o, DWORD type, const WCHAR *text, size_t n)
{
    size_t mark = o->len;
    bool printable = true;
    for (size_t at = 0; at < n;) {
        uint32_t code;
        if (!cv_wide_next(text, n, &at, &code)) return CV_E_INVALID_ARGUMENT;
        printable = printable && is_printable(code);
    }
    if (type == CERT_RDN_ANY_TYPE) type = printable ? CERT_RDN_PRINTABLE_STRING : CERT_RDN_UTF8_STRING;
    if (type == CERT_RDN_PRINTABLE_STRING && !printable) return CV_E_INVALID_ARGUMENT;
    for (size_t end = n; end > 0;) { /* characters from the last to the first */
        size_t begin = end - 1, at;
        uint32_t code;
        char bytes[4];
        if (begin > 0 && text[begin] >= 0xdc00 && text[begin] < 0xe000) begin--;
        at = begin;
        if (!cv_wide_next(text, end, &at, &code)) return CV_E_INVALID_ARGUMENT;
        if (type == CERT_RDN_IA5_STRING && code >= 0x80) return CV_E_INVALID_ARGUMENT;
        size_t len = cv_utf8_put(bytes, code);
        cv_der_put(o, bytes, len);
        end = begin;
    }
    uint8_t tag = type == CERT_RDN_PRINTABLE_STRING ? CV_DER_PRINTABLE
                  : type == CERT_RDN_IA5_STRING     ? CV_DER_IA5
                                                    : CV_DER_UTF8;
    bool known =
        type == CERT_RDN_PRINTABLE_STRING || type == CERT_RDN_IA5_STRING || type == CERT_RDN_UTF8_STRING;
    cv_der_wrap(o, tag, mark);
    return known ? CV_OK : CV_E_INVALID_ARGUMENT;
}

static cv_err put_value(struct cv_der_out *o, const CERT_RDN_ATTR *a, bool all_wide)
{
    struct cv_bytes value = bytes_of(&a->Value);
    size_t n = value.len / sizeof(WCHAR);
    switch (a->dwValueType) {
    case CERT_RDN_ENCODED_BLOB:
        cv_der_put(o, value.p, value.len);
        return CV_OK;
    case CERT_RDN_PRINTABLE_STRING:
    case CERT_RDN_IA5_STRING:
        if (all_wide) break;
        cv_der_put_element(o, a->dwValueType == CERT_RDN_IA5_STRING ? CV_DER_IA5 : CV_DER_PRINTABLE, value);
        return CV_OK;
    case CERT_RDN_ANY_TYPE:
        if (!all_wide) return CV_E_INVALID_ARGUMENT;
        break;
    default:
        break;
    }
    /* A length of 0 stands for a text with a terminator. */
    if (value.len == 0 && a->Value.pbData != NULL) n = cv_wide_len((const WCHAR *)(void *)a->Value.pbData);
    return put_wide(o, a->dwValueType, (const WCHAR *)(void *)a->Value.pbData, n);
}

static cv_err put_rdn(struct cv_der_out *o, const CERT_RDN *rdn, bool all_wide)
{
    size_t mark = o->len;
    cv_err e = rdn->cRDNAttr == 1 ? CV_OK : CV_E_INVALID_ARGUMENT; /* sets of several are not sorted here */
    for (DWORD i = rdn->cRDNAttr; i > 0 && e == CV_OK; i--) {
        size_t inner = o->len;
        e = put_value(o, &rdn->rgRDNAttr[i - 1], all_wide);
        if (e == CV_OK) e = put_oid(o, rdn->rgRDNAttr[i - 1].pszObjId);
        cv_der_wrap(o, CV_DER_SEQUENCE, inner);
    }
    cv_der_wrap(o, CV_DER_SET, mark);
    return e;
}

static cv_err put_name(struct cv_der_out *o, const CERT_NAME_INFO *name, bool all_wide)
{
    size_t mark = o->len;
    cv_err e = CV_OK;
    for (DWORD i = name->cRDN; i > 0 && e == CV_OK; i--) e = put_rdn(o, &name->rgRDN[i - 1], all_wide);
    cv_der_wrap(o, CV_DER_SEQUENCE, mark);
    return e;
}

static cv_err encode_name(struct cv_der_out *o, const void *in)
{
    return put_name(o, in, false);
}

static cv_err encode_unicode_name(struct cv_der_out *o, const void *in)
{
    return put_name(o, in, true);
}

/* --- the function --- */

static encode_fn *find_encoder(LPCSTR type)
{
    static const struct {
        uint16_t number;
        const char *oid;
        encode_fn *encode;
    } types[] = {
        {5, NULL, encode_extensions},
        {7, NULL, encode_name},
        {8, NULL, encode_public_key},
        {12, szOID_SUBJECT_ALT_NAME2, encode_alt_name},
        {14, szOID_KEY_USAGE, encode_key_usage},
        {15, szOID_BASIC_CONSTRAINTS2, encode_basic_constraints},
        {20, NULL, encode_unicode_name},
        {25, szOID_SUBJECT_KEY_IDENTIFIER, encode_octets},
        {36, szOID_ENHANCED_KEY_USAGE, encode_usages},
    };
    bool is_number = (uintptr_t)type <= 0xffff;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (is_number ? types[i].number == (uintptr_t)type
                      : types[i].oid != NULL && strcmp(types[i].oid, type) == 0)
            return types[i].encode;
    return NULL;
}

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

BOOL WINAPI CryptEncodeObjectEx(DWORD dwCertEncodingType, LPCSTR lpszStructType, const void *pvStructInfo,
                                DWORD dwFlags, PCRYPT_ENCODE_PARA pEncodePara, void *pvEncoded,
                                DWORD *pcbEncoded)
{
    encode_fn *encode = find_encoder(lpszStructType);
    bool allocates = (dwFlags & CRYPT_ENCODE_ALLOC_FLAG) != 0;
    if (pvStructInfo == NULL || pcbEncoded == NULL || (allocates && pvEncoded == NULL))
        return fail((DWORD)E_INVALIDARG);
    if (encode == NULL || (dwCertEncodingType & (X509_ASN_ENCODING | PKCS_7_ASN_ENCODING)) == 0)
        return fail(ERROR_FILE_NOT_FOUND);
    struct cv_der_out counted = {0};
    if (encode(&counted, pvStructInfo) != CV_OK) return fail((DWORD)CRYPT_E_BAD_ENCODE);
    void *out = pvEncoded;
    if (allocates) {
        out = pEncodePara != NULL && pEncodePara->pfnAlloc != NULL ? pEncodePara->pfnAlloc(counted.len)
                                                                   : LocalAlloc(LMEM_FIXED, counted.len);
        if (out == NULL) return fail(ERROR_NOT_ENOUGH_MEMORY);
        memcpy(pvEncoded, &out, sizeof out);
    }
    DWORD room = *pcbEncoded;
    *pcbEncoded = (DWORD)counted.len;
    if (out == NULL) return TRUE;
    if (!allocates && room < counted.len) return fail(ERROR_MORE_DATA);
    struct cv_der_out o = {.p = out, .cap = counted.len};
    (void)!encode(&o, pvStructInfo); /* as it was counted */
    return TRUE;
}
