/* CERT_INFO: a certificate's fields as structs of wincrypt.h. */
#include "sspi/certificate.h"

#include "x509/der.h"

#include <string.h>

/* Memory that is first counted, then filled. */
struct arena {
    uint8_t *p;
    size_t used;
};

static void *take(struct arena *a, size_t len, size_t align)
{
    a->used = (a->used + align - 1) & ~(align - 1);
    void *p = a->p == NULL ? NULL : a->p + a->used;
    a->used += len;
    return p;
}

static size_t put_number(char *out, uint64_t v)
{
    char digits[20];
    size_t n = 0, len;
    do digits[n++] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    len = n;
    for (size_t i = 0; out != NULL && i < len; i++) out[i] = digits[--n];
    return len;
}

/* Writes "1.2.840.113549.1.1.11"; with out NULL only counts. Arcs beyond 63 bits end the text. */
static size_t oid_text(char *out, struct cv_bytes oid)
{
    size_t len = 0;
    uint64_t arc = 0;
    bool first = true;
    uint8_t b;
    while (cv_read_u8(&oid, &b) == CV_OK) {
        if (arc >> 56 != 0) break;
        arc = arc << 7 | (b & 0x7f);
        if ((b & 0x80) != 0) continue;
        if (first) {
            uint64_t top = arc < 40 ? 0 : arc < 80 ? 1 : 2;
            len += put_number(out, top);
            arc -= top * 40;
            first = false;
        }
        if (out != NULL) out[len] = '.';
        len++;
        len += put_number(out == NULL ? NULL : out + len, arc);
        arc = 0;
    }
    if (out != NULL) out[len] = '\0';
    return len + 1;
}

static LPSTR put_oid(struct arena *a, struct cv_bytes oid)
{
    char *text = take(a, oid_text(NULL, oid), 1);
    if (text != NULL) oid_text(text, oid);
    return text;
}

static void put_view(DWORD *len, BYTE **p, struct cv_bytes view)
{
    *len = (DWORD)view.len;
    *p = (BYTE *)(uintptr_t)view.p; /* the interface lacks a const */
}

static void put_algorithm(CRYPT_ALGORITHM_IDENTIFIER *out, struct arena *a, struct cv_bytes whole)
{
    struct cv_bytes content, oid;
    if (cv_der_read(&whole, CV_DER_SEQUENCE, &content) != CV_OK ||
        cv_der_read(&content, CV_DER_OID, &oid) != CV_OK)
        return;
    out->pszObjId = put_oid(a, oid);
    put_view(&out->Parameters.cbData, &out->Parameters.pbData, content);
}

/* Least significant byte first; leading zero bytes of the number are dropped. */
static void put_integer(CRYPT_INTEGER_BLOB *out, struct arena *a, struct cv_bytes number)
{
    while (number.len > 1 && number.p[0] == 0) number = cv_bytes(number.p + 1, number.len - 1);
    uint8_t *p = take(a, number.len, 1);
    out->cbData = (DWORD)number.len;
    out->pbData = p;
    for (size_t i = 0; p != NULL && i < number.len; i++) p[i] = number.p[number.len - 1 - i];
}

static void put_key(CERT_PUBLIC_KEY_INFO *out, struct arena *a, struct cv_bytes spki)
{
    struct cv_bytes content, algorithm, bits;
    uint8_t n_unused;
    if (cv_der_read(&spki, CV_DER_SEQUENCE, &content) != CV_OK ||
        cv_der_whole(&content, CV_DER_SEQUENCE, &algorithm) != CV_OK ||
        cv_der_bit_string(&content, &bits, &n_unused) != CV_OK)
        return;
    put_algorithm(&out->Algorithm, a, algorithm);
    put_view(&out->PublicKey.cbData, &out->PublicKey.pbData, bits);
    out->PublicKey.cUnusedBits = n_unused;
}

static void put_extensions(CERT_INFO *info, struct arena *a, struct cv_bytes list)
{
    struct cv_bytes in = list, one, oid, value;
    size_t n = 0;
    while (in.len > 0 && cv_der_read(&in, CV_DER_SEQUENCE, &one) == CV_OK) n++;
    if (n == 0) return;
    CERT_EXTENSION *x = take(a, n * sizeof *x, _Alignof(CERT_EXTENSION));
    info->cExtension = (DWORD)n;
    info->rgExtension = x;
    in = list;
    for (size_t i = 0; i < n; i++) {
        bool critical = false;
        CERT_EXTENSION unused = {0}, *to = x == NULL ? &unused : &x[i];
        if (cv_der_read(&in, CV_DER_SEQUENCE, &one) != CV_OK || cv_der_read(&one, CV_DER_OID, &oid) != CV_OK)
            return;
        if (cv_der_next_is(one, CV_DER_BOOLEAN) && cv_der_bool(&one, &critical) != CV_OK) return;
        if (cv_der_read(&one, CV_DER_OCTET_STRING, &value) != CV_OK) return;
        to->pszObjId = put_oid(a, oid);
        to->fCritical = critical;
        put_view(&to->Value.cbData, &to->Value.pbData, value);
    }
}

size_t cv_cert_fill_info(CERT_INFO *info, const struct cv_cert *cert, uint8_t *memory)
{
    struct arena a = {memory, 0};
    memset(info, 0, sizeof *info);
    info->dwVersion = cert->version - 1u;
    put_extensions(info, &a, cert->extensions);
    put_integer(&info->SerialNumber, &a, cert->serial);
    put_algorithm(&info->SignatureAlgorithm, &a, cert->sig_alg);
    put_view(&info->Issuer.cbData, &info->Issuer.pbData, cert->issuer);
    put_view(&info->Subject.cbData, &info->Subject.pbData, cert->subject);
    info->NotBefore = cv_filetime(cert->not_before);
    info->NotAfter = cv_filetime(cert->not_after);
    put_key(&info->SubjectPublicKeyInfo, &a, cert->spki);
    return a.used;
}
