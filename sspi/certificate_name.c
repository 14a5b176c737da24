/* Names of certificates as text: CertNameToStr. The keys and the quoting are those of Windows. */
#include "sspi/library.h"
#include "sspi/unicode.h"
#include "sspi/win.h"

#include "x509/der.h"
#include "x509/dn.h"
#include "x509/oid.h"

#include <stdio.h>
#include <string.h>

/* Attribute types have these keys; others are written as OID.1.2.3. */
static const struct {
    struct cv_oid oid;
    const char *key;
} keys[] = {
    {{3, {0x55, 4, 3}}, "CN"},
    {{3, {0x55, 4, 4}}, "SN"},
    {{3, {0x55, 4, 5}}, "SERIALNUMBER"},
    {{3, {0x55, 4, 6}}, "C"},
    {{3, {0x55, 4, 7}}, "L"},
    {{3, {0x55, 4, 8}}, "S"},
    {{3, {0x55, 4, 9}}, "STREET"},
    {{3, {0x55, 4, 10}}, "O"},
    {{3, {0x55, 4, 11}}, "OU"},
    {{3, {0x55, 4, 12}}, "T"},
    {{3, {0x55, 4, 42}}, "G"},
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1}}, "E"},
    {{10, {0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25}}, "DC"},
};

/* UTF-8 that is written as far as there is room; len counts on. */
struct text {
    char *p;
    size_t cap, len;
    bool quoting; /* quotation marks are doubled */
};

static void put(struct text *t, char c)
{
    if (t->len < t->cap) t->p[t->len] = c;
    t->len++;
}

static void put_string(struct text *t, const char *s)
{
    while (*s != 0) put(t, *s++);
}

static void put_character(struct text *t, uint32_t c)
{
    if (c == '"' && t->quoting) put(t, '"');
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = 0xfffd;
    if (c < 0x80) {
        put(t, (char)c);
        return;
    }
    unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    put(t, (char)((0xff00u >> (more + 1) & 0xff) | c >> 6 * more));
    while (more-- > 0) put(t, (char)(0x80 | (c >> 6 * more & 0x3f)));
}

/* The next character of a string; U+FFFD for what is none. */
static uint32_t next_character(struct cv_bytes *in, uint8_t tag)
{
    size_t width = tag == CV_DER_BMP ? 2 : tag == CV_DER_UNIVERSAL ? 4 : 1;
    uint32_t c = 0;
    uint8_t b = 0;
    while (width-- > 0 && cv_read_u8(in, &b) == CV_OK) c = c << 8 | b;
    if (tag != CV_DER_UTF8 || c < 0x80) return c;
    unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    if (c < 0xc2 || c > 0xf4) return 0xfffd;
    c &= 0x3fu >> more;
    while (more-- > 0) {
        struct cv_bytes at = *in;
        if (cv_read_u8(&at, &b) != CV_OK || (b & 0xc0) != 0x80) return 0xfffd;
        *in = at;
        c = c << 6 | (b & 0x3f);
    }
    return c;
}

static void put_oid(struct text *t, struct cv_bytes oid)
{
    char number[32];
    unsigned long long n = 0;
    bool first = true;
    uint8_t b;
    put_string(t, "OID");
    while (cv_read_u8(&oid, &b) == CV_OK) {
        n = n << 7 | (b & 0x7f);
        if (b & 0x80) continue;
        if (first) { /* X.690 8.19.4: two arcs in one */
            unsigned long long top = n < 40 ? 0 : n < 80 ? 1 : 2;
            snprintf(number, sizeof number, ".%llu", top);
            put_string(t, number);
            n -= top * 40;
            first = false;
        }
        snprintf(number, sizeof number, ".%llu", n);
        put_string(t, number);
        n = 0;
    }
}

static bool needs_quotes(const struct cv_attribute *a)
{
    struct cv_bytes in = a->value;
    uint32_t first = 0, c = 0;
    if (in.len == 0) return true;
    for (bool begin = true; in.len > 0; begin = false) {
        c = next_character(&in, a->tag);
        if (begin) first = c;
        if (c != 0 && c < 128 && strchr(",+=\"\n<>#;", (int)c) != NULL) return true;
    }
    return first == ' ' || c == ' ';
}

static void put_value(struct text *t, const struct cv_attribute *a, DWORD flags)
{
    static const char digits[] = "0123456789abcdef";
    struct cv_bytes in = a->value;
    bool string = a->tag == CV_DER_UTF8 || a->tag == CV_DER_PRINTABLE || a->tag == CV_DER_IA5 ||
                  a->tag == CV_DER_TELETEX || a->tag == CV_DER_BMP || a->tag == CV_DER_UNIVERSAL;
    uint8_t b;
    if (!string) {
        put(t, '#');
        while (cv_read_u8(&in, &b) == CV_OK) put(t, digits[b >> 4]), put(t, digits[b & 15]);
        return;
    }
    t->quoting = (flags & CERT_NAME_STR_NO_QUOTING_FLAG) == 0 && needs_quotes(a);
    bool quoted = t->quoting;
    if (quoted) put(t, '"');
    while (in.len > 0) put_character(t, next_character(&in, a->tag));
    t->quoting = false;
    if (quoted) put(t, '"');
}

static void put_attribute(struct text *t, const struct cv_attribute *a, DWORD type, DWORD flags)
{
    const char *key = NULL;
    for (size_t i = 0; type == CERT_X500_NAME_STR && i < sizeof keys / sizeof keys[0]; i++)
        if (cv_oid_is(a->type, &keys[i].oid)) key = keys[i].key;
    if (type != CERT_SIMPLE_NAME_STR) {
        if (key != NULL)
            put_string(t, key);
        else
            put_oid(t, a->type);
        put(t, '=');
    }
    put_value(t, a, flags);
}

static void put_rdn(struct text *t, struct cv_bytes rdn, DWORD type, DWORD flags)
{
    struct cv_attribute a;
    for (bool first = true; rdn.len > 0 && cv_attribute_read(&rdn, &a) == CV_OK; first = false) {
        if (!first) put_string(t, (flags & CERT_NAME_STR_NO_PLUS_FLAG) != 0 ? " " : " + ");
        put_attribute(t, &a, type, flags);
    }
}

/* The name's RDN at place n; false if it has fewer. */
static bool rdn_at(struct cv_bytes name, size_t n, struct cv_bytes *rdn)
{
    struct cv_bytes rdns;
    if (cv_der_read(&name, CV_DER_SEQUENCE, &rdns) != CV_OK) return false;
    do
        if (cv_der_read(&rdns, CV_DER_SET, rdn) != CV_OK) return false;
    while (n-- > 0);
    return true;
}

static void put_name(struct text *t, struct cv_bytes name, DWORD str_type)
{
    DWORD type = str_type & 0xffff, flags = str_type & ~0xffffu;
    struct cv_bytes rdn;
    size_t n = 0;
    const char *between = flags & CERT_NAME_STR_SEMICOLON_FLAG ? "; "
                          : flags & CERT_NAME_STR_CRLF_FLAG    ? "\r\n"
                                                               : ", ";
    if (cv_name_check(name) != CV_OK) return;
    while (rdn_at(name, n, &rdn)) n++;
    for (size_t i = 0; i < n; i++) {
        if (i > 0) put_string(t, between);
        (void)rdn_at(name, (flags & CERT_NAME_STR_REVERSE_FLAG) != 0 ? n - 1 - i : i, &rdn);
        put_rdn(t, rdn, type, flags);
    }
}

static struct cv_bytes name_bytes(const CERT_NAME_BLOB *blob)
{
    return blob == NULL ? cv_bytes(NULL, 0) : cv_bytes(blob->pbData, blob->cbData);
}

/* Text comes in UTF-8, whatever the locale: that is what "ANSI" is on these hosts. */
DWORD WINAPI CertNameToStrA(DWORD dwCertEncodingType, PCERT_NAME_BLOB pName, DWORD dwStrType, LPSTR psz,
                            DWORD csz)
{
    struct text t = {psz, psz != NULL && csz > 0 ? csz - 1 : 0, 0, false};
    (void)dwCertEncodingType;
    put_name(&t, name_bytes(pName), dwStrType);
    if (psz == NULL || csz == 0) return (DWORD)t.len + 1;
    size_t len = t.len < t.cap ? t.len : t.cap;
    psz[len] = 0;
    return (DWORD)len + 1;
}

DWORD WINAPI CertNameToStrW(DWORD dwCertEncodingType, PCERT_NAME_BLOB pName, DWORD dwStrType, LPWSTR psz,
                            DWORD csz)
{
    DWORD size = CertNameToStrA(dwCertEncodingType, pName, dwStrType, NULL, 0);
    char *utf8 = cv_alloc(size);
    WCHAR *wide = cv_alloc(size * sizeof *wide);
    size_t n = 0;
    if (utf8 != NULL && wide != NULL) {
        CertNameToStrA(dwCertEncodingType, pName, dwStrType, utf8, size);
        if (cv_wide_from_utf8(wide, size, &n, utf8, size - 1) != CV_OK) n = 0;
    }
    if (psz != NULL && csz > 0) {
        if (n > csz - 1) n = csz - 1;
        if (n > 0) memcpy(psz, wide, n * sizeof *wide);
        psz[n] = 0;
    }
    cv_free(utf8, size);
    cv_free(wide, size * sizeof *wide);
    return (DWORD)n + 1;
}
