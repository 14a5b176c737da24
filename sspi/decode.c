/* CryptDecodeObject: DER into the structs of wincrypt.h, for the types that programs written for Schannel
 * use.
 */
#include "sspi/capi.h"
#include "sspi/certificate_name.h"
#include "sspi/crl_context.h"
#include "sspi/library.h"
#include "sspi/struct_fill.h"
#include "sspi/unicode.h"
#include "x509/dn.h"
#include "x509/grammar.h"
#include "x509/key.h"

#include <string.h>

enum { DECODE_LEN_MAX = 16 * 1024 * 1024 };

/* --- names --- */

/* As CERT_RDN_… */
static DWORD value_type(uint8_t tag)
{
    switch (tag) {
    case CV_DER_UTF8:
        return CERT_RDN_UTF8_STRING;
    case CV_DER_PRINTABLE:
        return CERT_RDN_PRINTABLE_STRING;
    case CV_DER_TELETEX:
        return CERT_RDN_TELETEX_STRING;
    case CV_DER_IA5:
        return CERT_RDN_IA5_STRING;
    case CV_DER_UNIVERSAL:
        return CERT_RDN_UNIVERSAL_STRING;
    case CV_DER_BMP:
        return CERT_RDN_BMP_STRING;
    case CV_DER_OCTET_STRING:
        return CERT_RDN_OCTET_STRING;
    default:
        return CERT_RDN_ENCODED_BLOB;
    }
}

/* A string as UTF-16 with a terminator, which cbData does not count. */
static void fill_characters(CERT_RDN_VALUE_BLOB *out, struct cv_arena *a, const struct cv_attribute *from)
{
    WCHAR units[2];
    size_t n = 0;
    for (struct cv_bytes in = from->value; in.len > 0;)
        n += cv_wide_put(units, cv_string_next(&in, from->tag));
    WCHAR *p = cv_arena_take(a, (n + 1) * sizeof *p, sizeof *p);
    out->cbData = (DWORD)(n * sizeof *p);
    out->pbData = (BYTE *)p;
    if (p == NULL) return;
    n = 0;
    for (struct cv_bytes in = from->value; in.len > 0;) {
        size_t n_units = cv_wide_put(units, cv_string_next(&in, from->tag));
        for (size_t i = 0; i < n_units; i++) p[n++] = units[i];
    }
    p[n] = 0;
}

static cv_err fill_rdn(CERT_RDN *out, struct cv_arena *a, struct cv_bytes rdn, bool all_wide)
{
    struct cv_attribute from;
    size_t n = 0;
    for (struct cv_bytes in = rdn; in.len > 0; n++) {
        cv_err e = cv_attribute_read(&in, &from);
        if (e != CV_OK) return e;
    }
    CERT_RDN_ATTR *attrs = cv_arena_array(a, n, sizeof *attrs), unused;
    out->cRDNAttr = (DWORD)n;
    out->rgRDNAttr = attrs;
    for (size_t i = 0; i < n; i++) {
        CERT_RDN_ATTR *to = attrs == NULL ? &unused : &attrs[i];
        cv_err e = cv_attribute_read(&rdn, &from);
        if (e != CV_OK) return e;
        to->pszObjId = cv_fill_oid(a, from.type);
        to->dwValueType = value_type(from.tag);
        /* X509_NAME: the two kinds of strings that are not single bytes come as UTF-16, too. */
        bool wide =
            cv_string_tag(from.tag) && (all_wide || from.tag == CV_DER_UTF8 || from.tag == CV_DER_BMP);
        if (wide)
            fill_characters(&to->Value, a, &from);
        else
            cv_fill_bytes(&to->Value, a, from.value);
    }
    return CV_OK;
}

static cv_err decode_any_name(CERT_NAME_INFO *out, struct cv_arena *a, struct cv_bytes der, bool all_wide)
{
    struct cv_bytes rdns, rdn;
    size_t n = 0;
    cv_err e = cv_name_check(der);
    if (e == CV_OK) e = cv_der_read(&der, CV_DER_SEQUENCE, &rdns);
    if (e != CV_OK) return e;
    for (struct cv_bytes in = rdns; in.len > 0; n++)
        if ((e = cv_der_read(&in, CV_DER_SET, &rdn)) != CV_OK) return e;
    CERT_RDN *list = cv_arena_array(a, n, sizeof *list), unused;
    out->cRDN = (DWORD)n;
    out->rgRDN = list;
    for (size_t i = 0; i < n && e == CV_OK; i++) {
        e = cv_der_read(&rdns, CV_DER_SET, &rdn);
        if (e == CV_OK) e = fill_rdn(list == NULL ? &unused : &list[i], a, rdn, all_wide);
    }
    return e;
}

static cv_err decode_name(void *out, struct cv_arena *a, struct cv_bytes der)
{
    return decode_any_name(out, a, der, false);
}

static cv_err decode_unicode_name(void *out, struct cv_arena *a, struct cv_bytes der)
{
    return decode_any_name(out, a, der, true);
}

static cv_err fill_other_name(CERT_ALT_NAME_ENTRY *out, struct cv_arena *a, struct cv_bytes content)
{
    struct cv_bytes oid, value;
    cv_err e = cv_der_read(&content, CV_DER_OID, &oid);
    if (e == CV_OK) e = cv_der_read(&content, CV_DER_CONTEXT_CON | 0, &value);
    if (e != CV_OK) return e;
    CERT_OTHER_NAME *other = cv_arena_take(a, sizeof *other, _Alignof(CERT_OTHER_NAME)), unused;
    out->pOtherName = other;
    if (other == NULL) other = &unused;
    other->pszObjId = cv_fill_oid(a, oid);
    cv_fill_bytes(&other->Value, a, value);
    return CV_OK;
}

/* IA5String: ASCII, and for us without NUL, as it comes out with a terminator. */
static cv_err fill_ia5(LPWSTR *out, struct cv_arena *a, struct cv_bytes text)
{
    uint8_t c;
    for (struct cv_bytes in = text; cv_read_u8(&in, &c) == CV_OK;)
        if (c == 0 || c >= 0x80) return CV_E_CERT_SYNTAX;
    *out = cv_fill_wide(a, text);
    return CV_OK;
}

static cv_err fill_alt_name(CERT_ALT_NAME_ENTRY *out, struct cv_arena *a, uint8_t tag,
                            struct cv_bytes content)
{
    out->dwAltNameChoice = (tag & 0x1fu) + 1; /* GeneralName's tags, counted from 1 */
    switch (out->dwAltNameChoice) {
    case CERT_ALT_NAME_OTHER_NAME:
        return fill_other_name(out, a, content);
    case CERT_ALT_NAME_RFC822_NAME:
    case CERT_ALT_NAME_DNS_NAME:
    case CERT_ALT_NAME_URL:
        return fill_ia5(&out->pwszDNSName, a, content);
    case CERT_ALT_NAME_DIRECTORY_NAME:
    case CERT_ALT_NAME_IP_ADDRESS:
        cv_fill_bytes(&out->IPAddress, a, content);
        return CV_OK;
    case CERT_ALT_NAME_REGISTERED_ID:
        out->pszRegisteredID = cv_fill_oid(a, content);
        return CV_OK;
    default:
        return CV_OK; /* x400Address, ediPartyName: Windows gives nothing of them, either */
    }
}

static cv_err decode_alt_name(void *out, struct cv_arena *a, struct cv_bytes der)
{
    CERT_ALT_NAME_INFO *info = out;
    struct cv_bytes names, content;
    uint8_t tag;
    size_t n = 0;
    cv_err e = cv_der_read(&der, CV_DER_SEQUENCE, &names);
    if (e == CV_OK) e = cv_general_names_check(names);
    if (e != CV_OK) return e;
    for (struct cv_bytes in = names; in.len > 0; n++)
        if ((e = cv_der_any(&in, &tag, &content)) != CV_OK) return e;
    CERT_ALT_NAME_ENTRY *list = cv_arena_array(a, n, sizeof *list), unused;
    info->cAltEntry = (DWORD)n;
    info->rgAltEntry = list;
    for (size_t i = 0; i < n && e == CV_OK; i++) {
        e = cv_der_any(&names, &tag, &content);
        if (e == CV_OK) e = fill_alt_name(list == NULL ? &unused : &list[i], a, tag, content);
    }
    return e;
}

/* --- other extensions --- */

static cv_err decode_key_usage(void *out, struct cv_arena *a, struct cv_bytes der)
{
    struct cv_bytes bits;
    uint8_t n_unused;
    cv_err e = cv_der_bit_string(&der, &bits, &n_unused);
    if (e == CV_OK) cv_fill_bits(out, a, bits, n_unused);
    return e;
}

/* RFC 5280 4.2.1.9 */
static cv_err decode_basic_constraints(void *out, struct cv_arena *a, struct cv_bytes der)
{
    CERT_BASIC_CONSTRAINTS2_INFO *info = out;
    struct cv_bytes content;
    bool is_ca = false;
    uint32_t path_len = 0;
    (void)a;
    cv_err e = cv_der_read(&der, CV_DER_SEQUENCE, &content);
    if (e == CV_OK && cv_der_next_is(content, CV_DER_BOOLEAN)) e = cv_der_bool(&content, &is_ca);
    info->fPathLenConstraint = e == CV_OK && cv_der_next_is(content, CV_DER_INTEGER);
    if (e == CV_OK && info->fPathLenConstraint) e = cv_der_uint32(&content, &path_len);
    info->fCA = is_ca;
    info->dwPathLenConstraint = path_len;
    return e == CV_OK ? cv_der_end(content) : e;
}

static cv_err decode_usages(void *out, struct cv_arena *a, struct cv_bytes der)
{
    CERT_ENHKEY_USAGE *usage = out;
    struct cv_bytes list, oid;
    size_t n = 0;
    cv_err e = cv_der_read(&der, CV_DER_SEQUENCE, &list);
    if (e != CV_OK) return e;
    for (struct cv_bytes in = list; in.len > 0; n++)
        if ((e = cv_der_read(&in, CV_DER_OID, &oid)) != CV_OK) return e;
    LPSTR *oids = cv_arena_array(a, n, sizeof *oids);
    usage->cUsageIdentifier = (DWORD)n;
    usage->rgpszUsageIdentifier = oids;
    for (size_t i = 0; i < n; i++) {
        if ((e = cv_der_read(&list, CV_DER_OID, &oid)) != CV_OK) return e;
        LPSTR text = cv_fill_oid(a, oid);
        if (oids != NULL) oids[i] = text;
    }
    return CV_OK;
}

static cv_err decode_extensions(void *out, struct cv_arena *a, struct cv_bytes der)
{
    CERT_EXTENSIONS *x = out;
    struct cv_bytes list;
    cv_err e = cv_der_read(&der, CV_DER_SEQUENCE, &list);
    return e == CV_OK ? cv_fill_extensions(&x->cExtension, &x->rgExtension, a, list) : e;
}

static cv_err decode_octets(void *out, struct cv_arena *a, struct cv_bytes der)
{
    struct cv_bytes content;
    cv_err e = cv_der_read(&der, CV_DER_OCTET_STRING, &content);
    if (e == CV_OK) cv_fill_bytes(out, a, content);
    return e;
}

/* --- whole things --- */

static cv_err decode_certificate(void *out, struct cv_arena *a, struct cv_bytes der)
{
    struct cv_cert cert;
    cv_err e = cv_cert_parse(&cert, der);
    if (e == CV_OK) cv_cert_fill_info(out, a, &cert);
    return e;
}

static cv_err decode_crl(void *out, struct cv_arena *a, struct cv_bytes der)
{
    struct cv_crl crl;
    cv_err e = cv_crl_parse(&crl, der);
    return e == CV_OK ? cv_crl_fill_info(out, a, &crl) : e;
}

/* --- keys --- */

static cv_err decode_public_key(void *out, struct cv_arena *a, struct cv_bytes der)
{
    return cv_fill_key(out, a, der);
}

/* RSAPublicKey of RFC 8017 A.1.1, as PUBLICKEYBLOB. */
static cv_err decode_rsa_public(void *out, struct cv_arena *a, struct cv_bytes der)
{
    struct cv_bytes content, n;
    uint32_t e = 0;
    (void)out;
    cv_err err = cv_der_read(&der, CV_DER_SEQUENCE, &content);
    if (err == CV_OK) err = cv_der_uint(&content, &n);
    if (err == CV_OK) err = cv_der_uint32(&content, &e);
    if (err == CV_OK) err = cv_der_end(content);
    if (err != CV_OK) return err;
    const BLOBHEADER head = {PUBLICKEYBLOB, CUR_BLOB_VERSION, 0, CALG_RSA_KEYX};
    const RSAPUBKEY key = {0x31415352 /* "RSA1" */, (DWORD)n.len * 8, e};
    uint8_t *p = cv_arena_take(a, sizeof head + sizeof key, 1);
    if (p != NULL) {
        memcpy(p, &head, sizeof head);
        memcpy(p + sizeof head, &key, sizeof key);
    }
    CRYPT_INTEGER_BLOB modulus;
    cv_fill_integer(&modulus, a, n);
    return CV_OK;
}

/* RSAPrivateKey of RFC 8017 A.1.2, as PRIVATEKEYBLOB. */
static cv_err decode_rsa_private(void *out, struct cv_arena *a, struct cv_bytes der)
{
    struct cv_private_key key;
    size_t len;
    (void)out;
    cv_err e = cv_private_key_parse(&key, der);
    if (e == CV_OK) e = cv_rsa_blob_write(NULL, 0, &len, &key);
    if (e != CV_OK) return e;
    uint8_t *p = cv_arena_take(a, len, 1);
    return p == NULL ? CV_OK : cv_rsa_blob_write(p, len, &len, &key);
}

/* PrivateKeyInfo of RFC 5958; attributes are passed over. */
static cv_err decode_private_key_info(void *out, struct cv_arena *a, struct cv_bytes der)
{
    CRYPT_PRIVATE_KEY_INFO *info = out;
    struct cv_bytes content, algorithm, key;
    uint32_t version = 0;
    cv_err e = cv_der_read(&der, CV_DER_SEQUENCE, &content);
    if (e == CV_OK) e = cv_der_uint32(&content, &version);
    if (e == CV_OK) e = cv_der_whole(&content, CV_DER_SEQUENCE, &algorithm);
    if (e == CV_OK) e = cv_der_read(&content, CV_DER_OCTET_STRING, &key);
    if (e == CV_OK) e = cv_fill_algorithm(&info->Algorithm, a, algorithm);
    if (e != CV_OK) return e;
    info->Version = version;
    cv_fill_bytes(&info->PrivateKey, a, key);
    return CV_OK;
}

/* --- the functions --- */

/* Fills the struct, zeroed before, and what it points to. */
typedef cv_err decode_fn(void *out, struct cv_arena *a, struct cv_bytes der);

struct type {
    uint16_t number;
    const char *oid; /* NULL: only the number names it */
    uint16_t size;   /* of the struct; 0: the arena has all */
    bool is_secret;  /* cv_der_check would look too closely */
    decode_fn *decode;
};

#define NUMBER(name) ((uint16_t)(uintptr_t)(name))

static const struct type *find_type(LPCSTR type)
{
    /* A function's table, as the numbers are pointers to the compiler. */
    static const struct type types[] = {
        {2, NULL, sizeof(CERT_INFO), false, decode_certificate},
        {3, NULL, sizeof(CRL_INFO), false, decode_crl},
        {5, NULL, sizeof(CERT_EXTENSIONS), false, decode_extensions},
        {7, NULL, sizeof(CERT_NAME_INFO), false, decode_name},
        {8, NULL, sizeof(CERT_PUBLIC_KEY_INFO), false, decode_public_key},
        {12, szOID_SUBJECT_ALT_NAME2, sizeof(CERT_ALT_NAME_INFO), false, decode_alt_name},
        {12, szOID_ISSUER_ALT_NAME2, sizeof(CERT_ALT_NAME_INFO), false, decode_alt_name},
        {14, szOID_KEY_USAGE, sizeof(CRYPT_BIT_BLOB), false, decode_key_usage},
        {15, szOID_BASIC_CONSTRAINTS2, sizeof(CERT_BASIC_CONSTRAINTS2_INFO), false, decode_basic_constraints},
        {19, NULL, 0, false, decode_rsa_public},
        {20, NULL, sizeof(CERT_NAME_INFO), false, decode_unicode_name},
        {25, szOID_SUBJECT_KEY_IDENTIFIER, sizeof(CRYPT_DATA_BLOB), false, decode_octets},
        {36, szOID_ENHANCED_KEY_USAGE, sizeof(CERT_ENHKEY_USAGE), false, decode_usages},
        {43, NULL, 0, true, decode_rsa_private},
        {44, NULL, sizeof(CRYPT_PRIVATE_KEY_INFO), true, decode_private_key_info},
    };
    bool is_number = (uintptr_t)type <= 0xffff;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct type *t = &types[i];
        if (is_number ? t->number == NUMBER(type) : t->oid != NULL && strcmp(t->oid, type) == 0) return t;
    }
    return NULL;
}

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

/* Counts with out NULL (the struct is then one that nobody sees), else fills. */
static cv_err run(const struct type *t, void *out, size_t *len, struct cv_bytes der, DWORD flags)
{
    union {
        CERT_INFO largest;
        CRL_INFO other;
        max_align_t align;
    } unseen;
    size_t head = (t->size + 15u) & ~15u;
    struct cv_arena a = {.p = out == NULL ? NULL : (uint8_t *)out + head,
                         .copies = (flags & CRYPT_DECODE_NOCOPY_FLAG) == 0};
    _Static_assert(sizeof unseen >= sizeof(CRYPT_PRIVATE_KEY_INFO), "room for any of the structs");
    memset(out == NULL ? (void *)&unseen : out, 0, out == NULL ? sizeof unseen : t->size);
    cv_err e = t->decode(out == NULL ? (void *)&unseen : out, &a, der);
    *len = head + a.used;
    return e;
}

static void *allocate(const CRYPT_DECODE_PARA *para, size_t len)
{
    if (para != NULL && para->cbSize >= offsetof(CRYPT_DECODE_PARA, pfnFree) && para->pfnAlloc != NULL)
        return para->pfnAlloc(len);
    return LocalAlloc(LMEM_FIXED, len);
}

BOOL WINAPI CryptDecodeObjectEx(DWORD dwCertEncodingType, LPCSTR lpszStructType, const BYTE *pbEncoded,
                                DWORD cbEncoded, DWORD dwFlags, PCRYPT_DECODE_PARA pDecodePara,
                                void *pvStructInfo, DWORD *pcbStructInfo)
{
    const struct type *t = find_type(lpszStructType);
    struct cv_bytes der = cv_bytes(pbEncoded, cbEncoded);
    bool allocates = (dwFlags & CRYPT_DECODE_ALLOC_FLAG) != 0;
    size_t len, again;
    if (pbEncoded == NULL || pcbStructInfo == NULL || (allocates && pvStructInfo == NULL))
        return fail((DWORD)E_INVALIDARG);
    if (t == NULL || (dwCertEncodingType & (X509_ASN_ENCODING | PKCS_7_ASN_ENCODING)) == 0)
        return fail(ERROR_FILE_NOT_FOUND);
    if (cbEncoded > DECODE_LEN_MAX) return fail((DWORD)CRYPT_E_ASN1_LARGE);
    cv_err e = t->is_secret ? CV_OK : cv_der_check(der);
    if (e == CV_OK) e = run(t, NULL, &len, der, dwFlags);
    if (e != CV_OK) return fail(cv_last_error_for(e));
    void *out = pvStructInfo;
    if (allocates) {
        out = allocate(pDecodePara, len);
        if (out == NULL) return fail(ERROR_NOT_ENOUGH_MEMORY);
        memcpy(pvStructInfo, &out, sizeof out);
    }
    DWORD room = *pcbStructInfo;
    *pcbStructInfo = (DWORD)len;
    if (out == NULL) return TRUE;
    if (!allocates && room < len) return fail(ERROR_MORE_DATA);
    (void)!run(t, out, &again, der, dwFlags); /* what could be counted can be filled */
    return TRUE;
}

BOOL WINAPI CryptDecodeObject(DWORD dwCertEncodingType, LPCSTR lpszStructType, const BYTE *pbEncoded,
                              DWORD cbEncoded, DWORD dwFlags, void *pvStructInfo, DWORD *pcbStructInfo)
{
    if ((dwFlags & CRYPT_DECODE_ALLOC_FLAG) != 0) return fail((DWORD)E_INVALIDARG);
    return CryptDecodeObjectEx(dwCertEncodingType, lpszStructType, pbEncoded, cbEncoded, dwFlags, NULL,
                               pvStructInfo, pcbStructInfo);
}
