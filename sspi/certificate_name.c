/* Names of certificates as text: CertNameToStr. The keys and the quoting are those of Windows. */
#include "sspi/certificate_name.h"
#include "sspi/struct_fill.h"
#include "sspi/text_out.h"

#include "x509/der.h"
#include "x509/dn.h"
#include "x509/oid.h"

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

/* A name on its way into text. */
struct text {
    struct cv_text out;
    bool quoting; /* quotation marks are doubled */
};

static void put(struct text *t, char c)
{
    cv_text_put(&t->out, (uint8_t)c);
}

static void put_string(struct text *t, const char *s)
{
    cv_text_puts(&t->out, s);
}

static void put_character(struct text *t, uint32_t c)
{
    if (c == '"' && t->quoting) put(t, '"');
    cv_text_put(&t->out, c);
}

bool cv_string_tag(uint8_t tag)
{
    return tag == CV_DER_UTF8 || tag == CV_DER_PRINTABLE || tag == CV_DER_IA5 || tag == CV_DER_TELETEX ||
           tag == CV_DER_BMP || tag == CV_DER_UNIVERSAL;
}

uint32_t cv_string_next(struct cv_bytes *in, uint8_t tag)
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
    char number[256];
    put_string(t, "OID.");
    if (oid.len * 3 < sizeof number)
        cv_oid_text(number, oid); /* an arc has at most 3 characters a byte */
    else
        number[0] = '\0';
    put_string(t, number);
}

static bool needs_quotes(const struct cv_attribute *a)
{
    struct cv_bytes in = a->value;
    uint32_t first = 0, c = 0;
    if (in.len == 0) return true;
    for (bool begin = true; in.len > 0; begin = false) {
        c = cv_string_next(&in, a->tag);
        if (begin) first = c;
        if (c != 0 && c < 128 && strchr(",+=\"\n<>#;", (int)c) != NULL) return true;
    }
    return first == ' ' || c == ' ';
}

static void put_value(struct text *t, const struct cv_attribute *a, DWORD flags)
{
    static const char digits[] = "0123456789abcdef";
    struct cv_bytes in = a->value;
    uint8_t b;
    if (!cv_string_tag(a->tag)) {
        put(t, '#');
        while (cv_read_u8(&in, &b) == CV_OK) put(t, digits[b >> 4]), put(t, digits[b & 15]);
        return;
    }
    t->quoting = (flags & CERT_NAME_STR_NO_QUOTING_FLAG) == 0 && needs_quotes(a);
    bool quoted = t->quoting;
    if (quoted) put(t, '"');
    while (in.len > 0) put_character(t, cv_string_next(&in, a->tag));
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

static DWORD name_to_string(bool is_wide, const CERT_NAME_BLOB *name, DWORD str_type, void *psz, DWORD csz)
{
    struct text t = {.out = cv_text_cut(is_wide, csz == 0 ? NULL : psz, csz)};
    put_name(&t, name_bytes(name), str_type);
    return cv_text_end(&t.out);
}

DWORD WINAPI CertNameToStrA(DWORD dwCertEncodingType, PCERT_NAME_BLOB pName, DWORD dwStrType, LPSTR psz,
                            DWORD csz)
{
    (void)dwCertEncodingType;
    return name_to_string(false, pName, dwStrType, psz, csz);
}

DWORD WINAPI CertNameToStrW(DWORD dwCertEncodingType, PCERT_NAME_BLOB pName, DWORD dwStrType, LPWSTR psz,
                            DWORD csz)
{
    (void)dwCertEncodingType;
    return name_to_string(true, pName, dwStrType, psz, csz);
}
