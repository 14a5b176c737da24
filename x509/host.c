#include "x509/der.h"
#include "x509/dn.h"
#include "x509/oid.h"
#include "x509/host.h"

#include <string.h>

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_label_char(uint8_t c)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

bool cv_dns_name_ok(struct cv_bytes name)
{
    size_t label = 0;

    if (name.len == 0 || name.len > CV_HOST_NAME_MAX) return false;
    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.p[i] != '.') {
            if (!is_label_char(name.p[i])) return false;
            continue;
        }
        size_t len = i - label;
        /* RFC 5890 2.3.1: LDH labels neither begin nor end with a hyphen */
        if (len == 0 || len > 63 || name.p[label] == '-' || name.p[i - 1] == '-') return false;
        label = i + 1;
    }
    return true;
}

bool cv_ascii_equal_fold(struct cv_bytes a, struct cv_bytes b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.p[i]) != lower(b.p[i])) return false;
    return true;
}

struct cv_bytes cv_dns_parent(struct cv_bytes name)
{
    const uint8_t *dot = name.len ? memchr(name.p, '.', name.len) : NULL;

    if (!dot) return cv_bytes(NULL, 0);
    return cv_bytes(dot + 1, (size_t)(name.p + name.len - dot - 1));
}

/* Four decimal numbers without leading zeros. */
static bool parse_ipv4(struct cv_bytes s, uint8_t out[4])
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned v = 0, n = 0;
        for (; s.len > 0 && is_digit(s.p[0]); s.p++, s.len--, n++) {
            if (n == 3 || (n == 1 && v == 0)) return false;
            v = v * 10 + (unsigned)(s.p[0] - '0');
        }
        if (n == 0 || v > 255) return false;
        out[i] = (uint8_t)v;
        if (i == 3) break;
        if (s.len == 0 || s.p[0] != '.') return false;
        s.p++;
        s.len--;
    }
    return s.len == 0;
}

static int hex_value(uint8_t c)
{
    c = lower(c);
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to four hexadecimal digits. */
static bool take_hex_group(struct cv_bytes *s, uint8_t out[2])
{
    unsigned v = 0, n = 0;

    for (; n < 4 && s->len > 0 && hex_value(s->p[0]) >= 0; s->p++, s->len--, n++)
        v = v << 4 | (unsigned)hex_value(s->p[0]);
    out[0] = (uint8_t)(v >> 8);
    out[1] = (uint8_t)v;
    return n > 0;
}

/* RFC 4291 2.2: groups, one run of zeros as "::", an IPv4 address as the last two groups. */
static bool parse_ipv6(struct cv_bytes s, uint8_t out[16])
{
    size_t n = 0, gap = 17; /* bytes so far; where "::" stands */

    memset(out, 0, 16);
    if (s.len >= 2 && s.p[0] == ':' && s.p[1] == ':') {
        gap = 0;
        s = cv_bytes(s.p + 2, s.len - 2);
    }
    while (s.len > 0) {
        if (n <= 12 && parse_ipv4(s, out + n)) {
            n += 4;
            break;
        }
        if (n > 14 || !take_hex_group(&s, out + n)) return false;
        n += 2;
        if (s.len == 0) break;
        if (s.p[0] != ':' || s.len == 1) return false;
        s = cv_bytes(s.p + 1, s.len - 1);
        if (s.p[0] != ':') continue;
        if (gap <= 16) return false;
        gap = n;
        s = cv_bytes(s.p + 1, s.len - 1);
    }
    if (gap > 16) return n == 16;
    if (n > 14) return false; /* "::" stands for at least one group */
    memmove(out + 16 - (n - gap), out + gap, n - gap);
    memset(out + gap, 0, 16 - n);
    return true;
}

bool cv_dns_ends_in_number(struct cv_bytes name)
{
    size_t start = name.len;

    while (start > 0 && name.p[start - 1] != '.') start--;
    struct cv_bytes label = cv_bytes(name.p + start, name.len - start);
    bool hex = label.len >= 2 && label.p[0] == '0' && lower(label.p[1]) == 'x';
    for (size_t i = hex ? 2 : 0; i < label.len; i++)
        if (hex ? hex_value(label.p[i]) < 0 : !is_digit(label.p[i])) return false;
    return true;
}

cv_err cv_host_parse_name(struct cv_host *out, const char *name, size_t len)
{
    struct cv_bytes s = cv_bytes((const uint8_t *)name, len);

    *out = (struct cv_host){.kind = CV_HOST_NONE};
    if (s.len > 1 && s.p[s.len - 1] == '.') s.len--;
    if (!cv_dns_name_ok(s) || cv_dns_ends_in_number(s)) return CV_E_BAD_NAME;
    out->kind = CV_HOST_DNS;
    out->len = (uint8_t)s.len;
    for (size_t i = 0; i < s.len; i++) out->value[i] = lower(s.p[i]);
    return CV_OK;
}

cv_err cv_host_parse(struct cv_host *out, const char *name, size_t len)
{
    struct cv_bytes s = cv_bytes((const uint8_t *)name, len);
    bool bracketed = len >= 2 && name[0] == '[' && name[len - 1] == ']';

    *out = (struct cv_host){.kind = CV_HOST_NONE};
    if (bracketed) s = cv_bytes(s.p + 1, s.len - 2);
    if (parse_ipv6(s, out->value)) {
        out->kind = CV_HOST_IP;
        out->len = 16;
        return CV_OK;
    }
    if (bracketed) return CV_E_BAD_NAME;
    if (!parse_ipv4(s, out->value)) return cv_host_parse_name(out, name, len);
    out->kind = CV_HOST_IP;
    out->len = 4;
    return CV_OK;
}

/* RFC 9525 6.3: a wildcard is the whole left-most label and stands for one label. At least two labels
 * follow it: none is for a whole top-level domain. */
static bool dns_id_matches(struct cv_bytes id, struct cv_bytes host)
{
    if (id.len > 2 && id.p[0] == '*' && id.p[1] == '.') {
        id = cv_bytes(id.p + 2, id.len - 2);
        host = cv_dns_parent(host);
        if (cv_dns_parent(id).len == 0) return false;
    }
    return cv_dns_name_ok(id) && cv_ascii_equal_fold(id, host);
}

bool cv_cert_matches_host(const struct cv_cert *cert, const struct cv_host *host)
{
    struct cv_bytes names = cert->san, v, want = cv_bytes(host->value, host->len);
    uint8_t tag;

    while (names.len > 0 && cv_der_any(&names, &tag, &v) == CV_OK) {
        if (host->kind == CV_HOST_DNS && tag == (CV_DER_CONTEXT | 2) && dns_id_matches(v, want)) return true;
        if (host->kind == CV_HOST_IP && tag == (CV_DER_CONTEXT | 7) && cv_bytes_equal(v, want)) return true;
    }
    return false;
}

bool cv_cert_matches_common_name(const struct cv_cert *cert, const struct cv_host *host)
{
    static const struct cv_oid common_name = {3, {0x55, 0x04, 0x03}};
    struct cv_bytes subject = cert->subject, names, rdn;
    struct cv_attribute a;

    if (cert->san.p || host->kind != CV_HOST_DNS) return false;
    if (cv_der_read(&subject, CV_DER_SEQUENCE, &names) != CV_OK) return false;
    while (cv_der_read(&names, CV_DER_SET, &rdn) == CV_OK) {
        while (rdn.len > 0 && cv_attribute_read(&rdn, &a) == CV_OK) {
            bool is_text = a.tag == CV_DER_UTF8 || a.tag == CV_DER_PRINTABLE || a.tag == CV_DER_IA5;
            if (is_text && cv_oid_is(a.type, &common_name) && cv_dns_name_ok(a.value) &&
                cv_ascii_equal_fold(a.value, cv_bytes(host->value, host->len)))
                return true;
        }
    }
    return false;
}
