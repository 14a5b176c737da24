#include "x509/der.h"

/* X.690 8.1.3.5, 10.1: the long form has as few digits as can be, and is for what the short one cannot say.
 */
static cv_err read_long_length(const uint8_t *digits, size_t n_digits, size_t *len)
{
    uint32_t v = 0;

    if (digits[0] == 0) return CV_E_CERT_DER;
    for (size_t i = 0; i < n_digits; i++) v = v << 8 | digits[i];
    *len = v;
    return v < 0x80 ? CV_E_CERT_DER : CV_OK;
}

/* All reading comes through here, some hundred times a certificate. */
cv_err cv_der_any(struct cv_bytes *in, uint8_t *tag, struct cv_bytes *content)
{
    const uint8_t *p = in->p;
    size_t header_len = 2, len;

    if (in->len < 2) return CV_E_CERT_DER;
    *tag = p[0];
    len = p[1];
    /* X.690 8.1.2.4: a low part of all ones announces a long tag number; 0 is reserved. */
    if ((*tag & 0x1f) == 0x1f || *tag == 0) return CV_E_CERT_DER;
    if (len >= 0x80) {
        size_t n_digits = len & 0x7f;
        if (n_digits == 0 || n_digits > 4 || in->len - 2 < n_digits) return CV_E_CERT_DER;
        if (read_long_length(p + 2, n_digits, &len) != CV_OK) return CV_E_CERT_DER;
        header_len += n_digits;
    }
    if (in->len - header_len < len) return CV_E_CERT_DER;
    *content = cv_bytes(p + header_len, len);
    *in = cv_bytes(p + header_len + len, in->len - header_len - len);
    return CV_OK;
}

bool cv_der_next_is(struct cv_bytes in, uint8_t tag)
{
    return in.len > 0 && in.p[0] == tag;
}

cv_err cv_der_read(struct cv_bytes *in, uint8_t tag, struct cv_bytes *content)
{
    uint8_t got;

    if (!cv_der_next_is(*in, tag)) return CV_E_CERT_SYNTAX;
    return cv_der_any(in, &got, content);
}

cv_err cv_der_whole(struct cv_bytes *in, uint8_t tag, struct cv_bytes *whole)
{
    const uint8_t *start = in->p;
    struct cv_bytes content;
    cv_err e = cv_der_read(in, tag, &content);

    if (e == CV_OK) *whole = cv_bytes(start, (size_t)(content.p + content.len - start));
    return e;
}

cv_err cv_der_optional(struct cv_bytes *in, uint8_t tag, struct cv_bytes *content)
{
    if (cv_der_next_is(*in, tag)) return cv_der_read(in, tag, content);
    *content = cv_bytes(NULL, 0);
    return CV_OK;
}

cv_err cv_der_end(struct cv_bytes in)
{
    return in.len == 0 ? CV_OK : CV_E_CERT_SYNTAX;
}

static cv_err check_bool(struct cv_bytes v)
{
    /* X.690 11.1 */
    return v.len == 1 && (v.p[0] == 0 || v.p[0] == 0xff) ? CV_OK : CV_E_CERT_DER;
}

static cv_err check_integer(struct cv_bytes v)
{
    if (v.len == 0) return CV_E_CERT_DER;
    if (v.len == 1) return CV_OK;
    /* X.690 8.3.2: the first nine bits are neither all zeros nor all ones */
    if (v.p[0] == 0 && v.p[1] < 0x80) return CV_E_CERT_DER;
    if (v.p[0] == 0xff && v.p[1] >= 0x80) return CV_E_CERT_DER;
    return CV_OK;
}

static cv_err check_bit_string(struct cv_bytes v)
{
    if (v.len == 0 || v.p[0] > 7) return CV_E_CERT_DER;
    if (v.len == 1) return v.p[0] == 0 ? CV_OK : CV_E_CERT_DER;
    /* X.690 11.2.1: unused bits are zero */
    return (v.p[v.len - 1] & ((1u << v.p[0]) - 1)) == 0 ? CV_OK : CV_E_CERT_DER;
}

static cv_err check_oid(struct cv_bytes v)
{
    bool at_start = true;

    for (size_t i = 0; i < v.len; i++) {
        if (at_start && v.p[i] == 0x80) return CV_E_CERT_DER; /* X.690 8.19.2: arcs are minimal */
        at_start = v.p[i] < 0x80;
    }
    return v.len > 0 && at_start ? CV_OK : CV_E_CERT_DER;
}

static cv_err check_primitive(uint8_t tag, struct cv_bytes v)
{
    switch (tag) {
    case CV_DER_BOOLEAN:
        return check_bool(v);
    case CV_DER_INTEGER:
    case CV_DER_ENUMERATED:
        return check_integer(v);
    case CV_DER_BIT_STRING:
        return check_bit_string(v);
    case CV_DER_NULL:
        return v.len == 0 ? CV_OK : CV_E_CERT_DER;
    case CV_DER_OID:
        return check_oid(v);
    default:
        return CV_OK;
    }
}

bool cv_der_form_ok(uint8_t tag)
{
    if (tag >= 0x40) return true;
    switch (tag & 0x1f) {
    case 0x08: /* EXTERNAL */
    case 0x0b: /* EMBEDDED PDV */
    case 0x10:
    case 0x11:
    case 0x1d: /* CHARACTER STRING */
        return (tag & 0x20) != 0;
    default:
        return (tag & 0x20) == 0;
    }
}

cv_err cv_der_check(struct cv_bytes der)
{
    struct cv_bytes open[CV_DER_DEPTH_MAX];
    size_t depth = 0;

    open[0] = der;
    do {
        struct cv_bytes content;
        uint8_t tag;
        cv_err e = cv_der_any(&open[depth], &tag, &content);
        if (e != CV_OK) return e;
        if (depth == 0 && open[0].len != 0) return CV_E_CERT_DER;
        if (!cv_der_form_ok(tag)) return CV_E_CERT_DER;
        if (tag & 0x20) {
            if (++depth == CV_DER_DEPTH_MAX) return CV_E_CERT_DER;
            open[depth] = content;
        } else if ((e = check_primitive(tag, content)) != CV_OK) {
            return e;
        }
        while (depth > 0 && open[depth].len == 0) depth--;
    } while (open[depth].len != 0);
    return CV_OK;
}

cv_err cv_der_bool(struct cv_bytes *in, bool *out)
{
    struct cv_bytes v;
    cv_err e = cv_der_read(in, CV_DER_BOOLEAN, &v);

    if (e != CV_OK || (e = check_bool(v)) != CV_OK) return e;
    *out = v.p[0] != 0;
    return CV_OK;
}

cv_err cv_der_uint(struct cv_bytes *in, struct cv_bytes *out)
{
    struct cv_bytes v;
    cv_err e = cv_der_read(in, CV_DER_INTEGER, &v);

    if (e != CV_OK || (e = check_integer(v)) != CV_OK) return e;
    if (v.p[0] >= 0x80) return CV_E_CERT_SYNTAX;
    size_t skip = v.len > 1 && v.p[0] == 0;
    *out = cv_bytes(v.p + skip, v.len - skip);
    return CV_OK;
}

size_t cv_uint_bits(struct cv_bytes n)
{
    size_t bits = n.len * 8;

    for (unsigned top = n.len ? n.p[0] : 0; bits > 0 && !(top & 0x80); top <<= 1) bits--;
    return bits;
}

cv_err cv_der_uint32_content(struct cv_bytes v, uint32_t *out)
{
    cv_err e = check_integer(v);

    if (e != CV_OK) return e;
    if (v.p[0] >= 0x80 || v.len > 5 || (v.len == 5 && v.p[0] != 0)) return CV_E_CERT_SYNTAX;
    *out = 0;
    for (size_t i = 0; i < v.len; i++) *out = *out << 8 | v.p[i];
    return CV_OK;
}

cv_err cv_der_uint32(struct cv_bytes *in, uint32_t *out)
{
    struct cv_bytes v;
    cv_err e = cv_der_read(in, CV_DER_INTEGER, &v);

    return e != CV_OK ? e : cv_der_uint32_content(v, out);
}

cv_err cv_der_bit_string(struct cv_bytes *in, struct cv_bytes *bytes, uint8_t *n_unused)
{
    struct cv_bytes v;
    cv_err e = cv_der_read(in, CV_DER_BIT_STRING, &v);

    return e != CV_OK ? e : cv_der_bit_string_content(v, bytes, n_unused);
}

cv_err cv_der_bit_string_content(struct cv_bytes v, struct cv_bytes *bytes, uint8_t *n_unused)
{
    cv_err e = check_bit_string(v);

    if (e != CV_OK) return e;
    *n_unused = v.p[0];
    *bytes = cv_bytes(v.p + 1, v.len - 1);
    return CV_OK;
}

/* Two decimal digits at v->p, which advances; at most max. */
static bool two_digits(struct cv_bytes *v, unsigned max, unsigned *out)
{
    uint8_t d[2];

    if (cv_read_copy(v, d, 2) != CV_OK) return false;
    if (d[0] < '0' || d[0] > '9' || d[1] < '0' || d[1] > '9') return false;
    *out = (unsigned)(d[0] - '0') * 10 + (unsigned)(d[1] - '0');
    return *out <= max;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29u : days[month - 1];
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, counting years from March so that the leap
 * day is a year's last, and from 400 years earlier so that none is negative. */
static int32_t days_since_epoch(unsigned year, unsigned month, unsigned day)
{
    int32_t y = (int32_t)year + 400 - (month <= 2), m = ((int32_t)month + 9) % 12;
    int32_t march_1 = 365 * y + y / 4 - y / 100 + y / 400;

    return march_1 + (153 * m + 2) / 5 + (int32_t)day - 1 - 719468 - 146097;
}

cv_err cv_der_time(struct cv_bytes *in, int64_t *seconds, bool *is_proper)
{
    unsigned century = 0, yy, month, day, hour, minute, second;
    struct cv_bytes v;
    uint8_t tag, zone;
    cv_err e = cv_der_any(in, &tag, &v);

    if (e != CV_OK) return e;
    if (tag != CV_DER_UTC_TIME && tag != CV_DER_GENERALIZED_TIME) return CV_E_CERT_SYNTAX;
    if (tag == CV_DER_GENERALIZED_TIME && !two_digits(&v, 99, &century)) return CV_E_CERT_SYNTAX;
    if (!two_digits(&v, 99, &yy)) return CV_E_CERT_SYNTAX;
    if (tag == CV_DER_UTC_TIME) century = yy < 50 ? 20 : 19; /* RFC 5280 4.1.2.5.1 */
    unsigned year = century * 100 + yy;
    if (!two_digits(&v, 12, &month) || month == 0) return CV_E_CERT_SYNTAX;
    if (!two_digits(&v, days_in_month(year, month), &day) || day == 0) return CV_E_CERT_SYNTAX;
    if (!two_digits(&v, 23, &hour) || !two_digits(&v, 59, &minute) || !two_digits(&v, 59, &second))
        return CV_E_CERT_SYNTAX;
    if (cv_read_u8(&v, &zone) != CV_OK || zone != 'Z' || v.len != 0) return CV_E_CERT_SYNTAX;
    *is_proper = tag == CV_DER_UTC_TIME || year >= 2050;
    *seconds = (int64_t)days_since_epoch(year, month, day) * 86400 + (int64_t)(hour * 3600 + minute * 60 + second);
    return CV_OK;
}
