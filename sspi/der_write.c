#include "sspi/der_write.h"

#include "sspi/certificate.h"

#include <stdio.h>

bool cv_der_out_done(const struct cv_der_out *o, struct cv_bytes *out)
{
    if (o->len > o->cap) return false;
    *out = cv_bytes(o->p + (o->cap - o->len), o->len);
    return true;
}

void cv_der_put(struct cv_der_out *o, const void *p, size_t len)
{
    o->len += len;
    if (o->len <= o->cap && len > 0) memcpy(o->p + (o->cap - o->len), p, len);
}

void cv_der_put_u8(struct cv_der_out *o, uint8_t b)
{
    cv_der_put(o, &b, 1);
}

void cv_der_wrap(struct cv_der_out *o, uint8_t tag, size_t mark)
{
    size_t len = o->len - mark, left = len, n = 0;
    do {
        if (len >= 0x80) cv_der_put_u8(o, (uint8_t)left);
        n++;
    } while ((left >>= 8) != 0);
    cv_der_put_u8(o, (uint8_t)(len < 0x80 ? len : 0x80 | n));
    cv_der_put_u8(o, tag);
}

void cv_der_put_element(struct cv_der_out *o, uint8_t tag, struct cv_bytes content)
{
    size_t mark = o->len;
    cv_der_put(o, content.p, content.len);
    cv_der_wrap(o, tag, mark);
}

void cv_der_put_uint(struct cv_der_out *o, struct cv_bytes n)
{
    size_t mark = o->len;
    while (n.len > 1 && n.p[0] == 0) n = cv_bytes(n.p + 1, n.len - 1);
    cv_der_put(o, n.p, n.len);
    if (n.len == 0 || (n.p[0] & 0x80) != 0) cv_der_put_u8(o, 0);
    cv_der_wrap(o, CV_DER_INTEGER, mark);
}

void cv_der_put_uint_le(struct cv_der_out *o, const uint8_t *p, size_t len)
{
    size_t mark = o->len;
    while (len > 1 && p[len - 1] == 0) len--;
    for (size_t i = 0; i < len; i++) cv_der_put_u8(o, p[i]);
    if (len == 0 || (p[len - 1] & 0x80) != 0) cv_der_put_u8(o, 0);
    cv_der_wrap(o, CV_DER_INTEGER, mark);
}

/* The next number of "1.2.840"; advances *text behind it and its dot. */
static bool next_arc(const char **text, uint64_t *arc)
{
    const char *s = *text;
    uint64_t n = 0;
    if (*s < '0' || *s > '9' || (*s == '0' && s[1] >= '0' && s[1] <= '9')) return false;
    while (*s >= '0' && *s <= '9') {
        if (n > UINT64_MAX / 10 - 1) return false;
        n = n * 10 + (uint64_t)(*s++ - '0');
    }
    if (*s == '.' && s[1] == '\0') return false;
    if (*s != '\0' && *s++ != '.') return false;
    *text = s;
    *arc = n;
    return true;
}

bool cv_der_put_oid(struct cv_der_out *o, const char *text)
{
    uint8_t content[128];
    size_t len = 0;
    uint64_t top, arc;
    if (!next_arc(&text, &top) || top > 2 || !next_arc(&text, &arc) || (top < 2 && arc > 39)) return false;
    arc += top * 40;
    for (;;) {
        uint8_t digits[10];
        size_t n = 0;
        do digits[n++] = (uint8_t)(arc & 0x7f);
        while ((arc >>= 7) != 0);
        if (len + n > sizeof content) return false;
        while (n > 0) {
            n--;
            content[len++] = (uint8_t)(digits[n] | (n > 0 ? 0x80 : 0));
        }
        if (*text == '\0') break;
        if (!next_arc(&text, &arc)) return false;
    }
    cv_der_put_element(o, CV_DER_OID, cv_bytes(content, len));
    return true;
}

void cv_der_put_time(struct cv_der_out *o, int64_t seconds)
{
    SYSTEMTIME t = {0};
    FILETIME f = cv_filetime(seconds);
    char text[40];
    FileTimeToSystemTime(&f, &t);
    bool general = t.wYear >= 2050 || t.wYear < 1950;
    int n = snprintf(text, sizeof text, "%04u%02u%02u%02u%02u%02uZ", t.wYear % 10000u, t.wMonth, t.wDay,
                     t.wHour, t.wMinute, t.wSecond);
    size_t skip = general ? 0 : 2;
    cv_der_put_element(o, general ? CV_DER_GENERALIZED_TIME : CV_DER_UTC_TIME,
                       cv_bytes((const uint8_t *)text + skip, (size_t)n - skip));
}
