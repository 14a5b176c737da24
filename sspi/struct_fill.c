#include "sspi/struct_fill.h"

#include <string.h>

void *cv_arena_take(struct cv_arena *a, size_t len, size_t align)
{
    a->used = (a->used + align - 1) & ~(align - 1);
    void *p = a->p == NULL ? NULL : a->p + a->used;
    a->used += len;
    return p;
}

void *cv_arena_array(struct cv_arena *a, size_t n, size_t element_len)
{
    return n == 0 ? NULL : cv_arena_take(a, n * element_len, _Alignof(max_align_t));
}

static BYTE *put_bytes(struct cv_arena *a, struct cv_bytes bytes)
{
    if (!a->copies) return (BYTE *)(uintptr_t)bytes.p; /* the interface lacks a const */
    BYTE *p = cv_arena_take(a, bytes.len, 1);
    if (p != NULL && bytes.len > 0) memcpy(p, bytes.p, bytes.len);
    return p;
}

void cv_fill_bytes(CRYPT_DATA_BLOB *out, struct cv_arena *a, struct cv_bytes bytes)
{
    out->cbData = (DWORD)bytes.len;
    out->pbData = put_bytes(a, bytes);
}

void cv_fill_bits(CRYPT_BIT_BLOB *out, struct cv_arena *a, struct cv_bytes bytes, uint8_t n_unused)
{
    out->cbData = (DWORD)bytes.len;
    out->pbData = put_bytes(a, bytes);
    out->cUnusedBits = n_unused;
}

void cv_fill_integer(CRYPT_INTEGER_BLOB *out, struct cv_arena *a, struct cv_bytes number)
{
    while (number.len > 1 && number.p[0] == 0) number = cv_bytes(number.p + 1, number.len - 1);
    uint8_t *p = cv_arena_take(a, number.len, 1);
    out->cbData = (DWORD)number.len;
    out->pbData = p;
    for (size_t i = 0; p != NULL && i < number.len; i++) p[i] = number.p[number.len - 1 - i];
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

size_t cv_oid_text(char *out, struct cv_bytes oid)
{
    size_t len = 0;
    uint64_t arc = 0;
    bool first = true;
    uint8_t b;
    while (cv_read_u8(&oid, &b) == CV_OK) {
        if (arc >> 56 != 0) break;
        arc = arc << 7 | (b & 0x7f);
        if ((b & 0x80) != 0) continue;
        if (first) { /* X.690 8.19.4: two arcs in one */
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

LPSTR cv_fill_oid(struct cv_arena *a, struct cv_bytes oid)
{
    char *text = cv_arena_take(a, cv_oid_text(NULL, oid), 1);
    if (text != NULL) cv_oid_text(text, oid);
    return text;
}

LPWSTR cv_fill_wide(struct cv_arena *a, struct cv_bytes text)
{
    WCHAR *out = cv_arena_take(a, (text.len + 1) * sizeof *out, sizeof *out);
    uint8_t c;
    for (size_t i = 0; out != NULL && cv_read_u8(&text, &c) == CV_OK; i++) {
        out[i] = c;
        out[i + 1] = 0;
    }
    return out;
}

cv_err cv_fill_algorithm(CRYPT_ALGORITHM_IDENTIFIER *out, struct cv_arena *a, struct cv_bytes whole)
{
    struct cv_bytes content, oid;
    cv_err e = cv_der_read(&whole, CV_DER_SEQUENCE, &content);
    if (e == CV_OK) e = cv_der_read(&content, CV_DER_OID, &oid);
    if (e != CV_OK) return e;
    out->pszObjId = cv_fill_oid(a, oid);
    cv_fill_bytes(&out->Parameters, a, content);
    return CV_OK;
}

cv_err cv_fill_key(CERT_PUBLIC_KEY_INFO *out, struct cv_arena *a, struct cv_bytes spki)
{
    struct cv_bytes content, algorithm, bits;
    uint8_t n_unused;
    cv_err e = cv_der_read(&spki, CV_DER_SEQUENCE, &content);
    if (e == CV_OK) e = cv_der_whole(&content, CV_DER_SEQUENCE, &algorithm);
    if (e == CV_OK) e = cv_der_bit_string(&content, &bits, &n_unused);
    if (e == CV_OK) e = cv_der_end(content);
    if (e == CV_OK) e = cv_fill_algorithm(&out->Algorithm, a, algorithm);
    if (e != CV_OK) return e;
    cv_fill_bits(&out->PublicKey, a, bits, n_unused);
    return CV_OK;
}

static cv_err fill_extension(CERT_EXTENSION *out, struct cv_arena *a, struct cv_bytes extension)
{
    struct cv_bytes oid, value;
    bool critical = false;
    cv_err e = cv_der_read(&extension, CV_DER_OID, &oid);
    if (e == CV_OK && cv_der_next_is(extension, CV_DER_BOOLEAN)) e = cv_der_bool(&extension, &critical);
    if (e == CV_OK) e = cv_der_read(&extension, CV_DER_OCTET_STRING, &value);
    if (e == CV_OK) e = cv_der_end(extension);
    if (e != CV_OK) return e;
    out->pszObjId = cv_fill_oid(a, oid);
    out->fCritical = critical;
    cv_fill_bytes(&out->Value, a, value);
    return CV_OK;
}

cv_err cv_fill_extensions(DWORD *n_out, PCERT_EXTENSION *out, struct cv_arena *a, struct cv_bytes list)
{
    struct cv_bytes in = list, one;
    size_t n = 0;
    cv_err e = CV_OK;
    for (; in.len > 0 && e == CV_OK; n++) e = cv_der_read(&in, CV_DER_SEQUENCE, &one);
    if (e != CV_OK) return e;
    CERT_EXTENSION *x = cv_arena_array(a, n, sizeof *x);
    *n_out = (DWORD)n;
    *out = x;
    in = list;
    for (size_t i = 0; i < n && e == CV_OK; i++) {
        CERT_EXTENSION unused;
        e = cv_der_read(&in, CV_DER_SEQUENCE, &one);
        if (e == CV_OK) e = fill_extension(x == NULL ? &unused : &x[i], a, one);
    }
    return e;
}
