#include "sspi/unicode.h"

size_t cv_wide_len(const WCHAR *s)
{
    size_t n = 0;
    while (s[n] != 0) n++;
    return n;
}

bool cv_wide_next(const WCHAR *s, size_t n, size_t *at, uint32_t *code)
{
    uint32_t unit = s[(*at)++];
    *code = unit;
    if (unit < 0xd800 || unit > 0xdfff) return true;
    if (unit > 0xdbff || *at == n || s[*at] < 0xdc00 || s[*at] > 0xdfff) return false;
    *code = 0x10000 + ((unit - 0xd800) << 10) + (s[(*at)++] - 0xdc00u);
    return true;
}

size_t cv_utf8_put(char out[4], uint32_t code)
{
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(lead[len] | code);
    return len;
}

cv_err cv_utf8_from_wide(char *out, size_t cap, size_t *out_len, const WCHAR *s, size_t n_units)
{
    size_t len = 0;
    for (size_t at = 0; at < n_units;) {
        uint32_t code;
        char bytes[4];
        if (!cv_wide_next(s, n_units, &at, &code)) return CV_E_BAD_NAME;
        size_t n = cv_utf8_put(bytes, code);
        for (size_t i = 0; i < n; i++) {
            if (len + 1 >= cap) return CV_E_BUFFER_TOO_SMALL;
            out[len++] = bytes[i];
        }
    }
    if (len >= cap) return CV_E_BUFFER_TOO_SMALL;
    out[len] = '\0';
    *out_len = len;
    return CV_OK;
}

bool cv_utf8_next(const char *s, size_t len, size_t *at, uint32_t *code)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint8_t lead = (uint8_t)s[(*at)++];
    size_t n = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (lead >= 0x80 && (lead < 0xc2 || lead > 0xf4)) return false;
    uint32_t v = n == 0 ? lead : (uint32_t)(lead & (0x3f >> n));
    for (size_t i = 0; i < n; i++) {
        if (*at == len || ((uint8_t)s[*at] & 0xc0) != 0x80) return false;
        v = v << 6 | ((uint8_t)s[(*at)++] & 0x3f);
    }
    *code = v;
    return v >= least[n] && v <= 0x10ffff && (v < 0xd800 || v > 0xdfff);
}

size_t cv_wide_put(WCHAR out[2], uint32_t code)
{
    if (code < 0x10000) {
        out[0] = (WCHAR)code;
        return 1;
    }
    out[0] = (WCHAR)(0xd800 + ((code - 0x10000) >> 10));
    out[1] = (WCHAR)(0xdc00 + ((code - 0x10000) & 0x3ff));
    return 2;
}

cv_err cv_wide_from_utf8(WCHAR *out, size_t cap, size_t *n_out, const char *s, size_t len)
{
    size_t n = 0;
    for (size_t at = 0; at < len;) {
        uint32_t code;
        if (!cv_utf8_next(s, len, &at, &code)) return CV_E_BAD_NAME;
        WCHAR units[2];
        size_t n_units = cv_wide_put(units, code);
        if (n + n_units >= cap) return CV_E_BUFFER_TOO_SMALL;
        for (size_t i = 0; i < n_units; i++) out[n++] = units[i];
    }
    if (n >= cap) return CV_E_BUFFER_TOO_SMALL;
    out[n] = 0;
    *n_out = n;
    return CV_OK;
}

void cv_wide_ascii(WCHAR *out, size_t cap, const char *s)
{
    size_t i = 0;
    for (; i + 1 < cap && s[i] != '\0'; i++) out[i] = (WCHAR)(uint8_t)s[i];
    out[i] = 0;
}

static uint32_t fold(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool cv_wide_is(const WCHAR *s, size_t n_units, const char *ascii)
{
    for (size_t i = 0; i < n_units; i++) {
        if (ascii[i] == '\0' || fold(s[i]) != fold((uint8_t)ascii[i])) return false;
    }
    return ascii[n_units] == '\0';
}

bool cv_ascii_is(const char *s, const char *other)
{
    size_t i = 0;
    while (s[i] != '\0' && fold((uint8_t)s[i]) == fold((uint8_t)other[i])) i++;
    return s[i] == other[i];
}
