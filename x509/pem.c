#include "x509/pem.h"
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"

#include <string.h>

/* Takes a line, without what ends it. */
static bool take_line(struct cv_bytes *text, struct cv_bytes *line)
{
    if (text->len == 0) return false;
    const uint8_t *end = memchr(text->p, '\n', text->len);
    size_t len = end ? (size_t)(end - text->p) : text->len;
    size_t taken = end ? len + 1 : len;
    *line = cv_bytes(text->p, len);
    *text = cv_bytes(text->p + taken, text->len - taken);
    while (line->len > 0 && (line->p[line->len - 1] == '\r' || line->p[line->len - 1] == ' ' ||
                             line->p[line->len - 1] == '\t'))
        line->len--;
    return true;
}

/* The words of "-----BEGIN words-----"; prefix includes the dashes and the space. */
static bool boundary(struct cv_bytes line, const char *prefix, struct cv_bytes *label)
{
    size_t n = strlen(prefix);

    if (line.len < n + 5 || memcmp(line.p, prefix, n) != 0 || memcmp(line.p + line.len - 5, "-----", 5) != 0)
        return false;
    *label = cv_bytes(line.p + n, line.len - n - 5);
    return true;
}

cv_err cv_pem_next(struct cv_bytes *text, struct cv_bytes *label, struct cv_bytes *body)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END ";
    struct cv_bytes line, words;

    do {
        if (!take_line(text, &line)) return CV_WANT_INPUT;
    } while (!boundary(line, begin, label));

    body->p = text->p;
    while (take_line(text, &line)) {
        if (boundary(line, begin, &words)) return CV_E_DECODE;
        if (!boundary(line, end, &words)) continue;
        body->len = (size_t)(line.p - body->p);
        return cv_bytes_equal(words, *label) ? CV_OK : CV_E_DECODE;
    }
    return CV_E_DECODE;
}

/* All ones if first <= c <= last. */
static uint32_t in_range(uint32_t c, uint32_t first, uint32_t last)
{
    return ~cv_ct_lt32(c, first) & ~cv_ct_lt32(last, c);
}

/* What six bits a character stands for, found without a table, as private keys come this way; 64 for a
 * character that stands for none. */
static uint32_t sextet(uint32_t c)
{
    uint32_t upper = in_range(c, 'A', 'Z'), lower = in_range(c, 'a', 'z'), digit = in_range(c, '0', '9');
    uint32_t plus = cv_ct_eq32(c, '+'), slash = cv_ct_eq32(c, '/');
    uint32_t known = upper | lower | digit | plus | slash;

    return (upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (digit & (c - '0' + 52)) | (plus & 62) |
           (slash & 63) | (~known & 64);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Public: where white space and padding stand tells the length alone. */
static bool is_padding(uint8_t c)
{
    return c == '=';
}

cv_err cv_base64_decode(uint8_t *out, size_t cap, size_t *out_len, struct cv_bytes body)
{
    uint32_t group = 0, bad = 0;
    size_t n_chars = 0, n_padding = 0, len = 0;

    for (size_t i = 0; i < body.len; i++) {
        uint8_t c = body.p[i];
        if (is_space(c)) continue;
        if (is_padding(c)) {
            n_padding++;
            continue;
        }
        if (n_padding) return CV_E_DECODE;
        uint32_t v = sextet(c);
        bad |= v & 64;
        group = group << 6 | (v & 63);
        if (++n_chars % 4 != 0) continue;
        if (cap - len < 3) return CV_E_BUFFER_TOO_SMALL;
        out[len++] = (uint8_t)(group >> 16);
        out[len++] = (uint8_t)(group >> 8);
        out[len++] = (uint8_t)group;
        group = 0;
    }
    size_t n_last = n_chars % 4, n_bytes = n_last ? n_last - 1 : 0;
    /* RFC 4648 3.2, 3.5: padded to a group of four, pad bits zero */
    if (n_last == 1 || n_padding != (4 - n_last) % 4) return CV_E_DECODE;
    if (cap - len < n_bytes) return CV_E_BUFFER_TOO_SMALL;
    group <<= 6 * (4 - n_last) % 24;
    if (n_last) bad |= group & (n_last == 2 ? 0xffff : 0xff);
    for (size_t i = 0; i < n_bytes; i++) out[len++] = (uint8_t)(group >> (16 - 8 * i));
    *out_len = len;
    cv_wipe(&group, sizeof group);
    return bad ? CV_E_DECODE : CV_OK;
}
