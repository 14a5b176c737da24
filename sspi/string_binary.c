/* CryptStringToBinary and CryptBinaryToString: base64, with and without lines around it, and hexadecimal. */
#include "crypto/base/secret.h"
#include "sspi/certificate.h"
#include "sspi/library.h"
#include "sspi/text_out.h"
#include "sspi/unicode.h"
#include "x509/pem.h"

enum { TEXT_MAX = 64 * 1024 * 1024, FORMAT_MASK = 0xfff, LINE = 64 };

/* --- to bytes --- */

static bool is_white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits a byte; white space between bytes, if allowed. */
static cv_err from_hex(uint8_t *out, size_t *len, struct cv_bytes text, bool white)
{
    uint8_t c, c2;
    size_t n = 0;
    while (cv_read_u8(&text, &c) == CV_OK) {
        if (white && is_white(c)) continue;
        if (cv_read_u8(&text, &c2) != CV_OK || hex_digit(c) < 0 || hex_digit(c2) < 0) return CV_E_DECODE;
        out[n++] = (uint8_t)(hex_digit(c) << 4 | hex_digit(c2));
    }
    *len = n;
    return CV_OK;
}

/* The first block between lines of -----BEGIN and -----END, whatever its label. */
static cv_err from_lines(uint8_t *out, size_t *len, size_t *skip, struct cv_bytes text)
{
    static const char begin[] = "-----BEGIN ";
    struct cv_bytes rest = text, label, body;
    if (cv_pem_next(&rest, &label, &body) != CV_OK) return CV_E_DECODE;
    *skip = (size_t)(label.p - text.p) - (sizeof begin - 1);
    return cv_base64_decode(out, text.len, len, body);
}

/* The formats that a request stands for, in the order in which they are tried; 0xff ends the list. */
static const uint8_t *formats_of(DWORD request)
{
    static const uint8_t lists[][5] = {
        [CRYPT_STRING_BASE64HEADER] = {CRYPT_STRING_BASE64HEADER, 0xff},
        [CRYPT_STRING_BASE64] = {CRYPT_STRING_BASE64, 0xff},
        [CRYPT_STRING_BINARY] = {CRYPT_STRING_BINARY, 0xff},
        [CRYPT_STRING_BASE64REQUESTHEADER] = {CRYPT_STRING_BASE64HEADER, 0xff},
        [CRYPT_STRING_HEX] = {CRYPT_STRING_HEX, 0xff},
        [CRYPT_STRING_HEXASCII] = {0xff},
        [CRYPT_STRING_BASE64_ANY] = {CRYPT_STRING_BASE64HEADER, CRYPT_STRING_BASE64, 0xff},
        [CRYPT_STRING_ANY] = {CRYPT_STRING_BASE64HEADER, CRYPT_STRING_BASE64, CRYPT_STRING_BINARY, 0xff},
        [CRYPT_STRING_HEX_ANY] = {CRYPT_STRING_HEX, 0xff},
        [CRYPT_STRING_BASE64X509CRLHEADER] = {CRYPT_STRING_BASE64HEADER, 0xff},
        [CRYPT_STRING_HEXADDR] = {0xff},
        [CRYPT_STRING_HEXASCIIADDR] = {0xff},
        [CRYPT_STRING_HEXRAW] = {CRYPT_STRING_HEXRAW, 0xff},
    };
    request &= FORMAT_MASK;
    return request < sizeof lists / sizeof lists[0] ? lists[request] : lists[CRYPT_STRING_HEXASCII];
}

static cv_err decode_as(uint8_t *out, size_t *len, size_t *skip, struct cv_bytes text, DWORD format)
{
    *skip = 0;
    switch (format) {
    case CRYPT_STRING_BASE64HEADER:
        return from_lines(out, len, skip, text);
    case CRYPT_STRING_BASE64:
        return cv_base64_decode(out, text.len, len, text);
    case CRYPT_STRING_HEX:
        return from_hex(out, len, text, true);
    case CRYPT_STRING_HEXRAW:
        return from_hex(out, len, text, false);
    default:
        if (text.len > 0) memcpy(out, text.p, text.len);
        *len = text.len;
        return CV_OK;
    }
}

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

/* Decodes into memory of its own first, so that the caller's is written once the length is known. The text is
 * in the second half of `work`, of 2 * text_len bytes, and both may be a private key. */
static BOOL to_binary(uint8_t *work, size_t text_len, DWORD request, BYTE *out, DWORD *out_len, DWORD *skip,
                      DWORD *format)
{
    struct cv_bytes text = cv_bytes(work + text_len, text_len);
    const uint8_t *f = formats_of(request);
    size_t len = 0, before = 0;
    if (*f == 0xff) return fail(ERROR_INVALID_PARAMETER);
    while (*f != 0xff && decode_as(work, &len, &before, text, *f) != CV_OK) f++;
    if (*f == 0xff) return fail(ERROR_INVALID_DATA);
    if (skip != NULL) *skip = (DWORD)before;
    if (format != NULL) *format = *f;
    DWORD room = *out_len;
    *out_len = (DWORD)len;
    if (out == NULL) return TRUE;
    if (room < len) return fail(ERROR_MORE_DATA);
    if (len > 0) memcpy(out, work, len);
    return TRUE;
}

static uint8_t *work_for(size_t len)
{
    uint8_t *work = NULL;
    if (len <= TEXT_MAX && cv_library() != NULL) work = cv_alloc(2 * len + 1);
    if (work == NULL) SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return work;
}

static void work_free(uint8_t *work, size_t len)
{
    cv_wipe(work, 2 * len + 1);
    cv_free(work, 2 * len + 1);
}

BOOL WINAPI CryptStringToBinaryA(LPCSTR pszString, DWORD cchString, DWORD dwFlags, BYTE *pbBinary,
                                 DWORD *pcbBinary, DWORD *pdwSkip, DWORD *pdwFlags)
{
    if (pszString == NULL || pcbBinary == NULL) return fail(ERROR_INVALID_PARAMETER);
    size_t len = cchString != 0 ? cchString : strlen(pszString);
    uint8_t *work = work_for(len);
    if (work == NULL) return FALSE;
    memcpy(work + len, pszString, len);
    BOOL ok = to_binary(work, len, dwFlags, pbBinary, pcbBinary, pdwSkip, pdwFlags);
    work_free(work, len);
    return ok;
}

BOOL WINAPI CryptStringToBinaryW(LPCWSTR pszString, DWORD cchString, DWORD dwFlags, BYTE *pbBinary,
                                 DWORD *pcbBinary, DWORD *pdwSkip, DWORD *pdwFlags)
{
    if (pszString == NULL || pcbBinary == NULL) return fail(ERROR_INVALID_PARAMETER);
    size_t len = cchString != 0 ? cchString : cv_wide_len(pszString);
    uint8_t *work = work_for(len);
    if (work == NULL) return FALSE;
    /* All formats are ASCII: any other character becomes one that stands in none of them. */
    for (size_t i = 0; i < len; i++) work[len + i] = pszString[i] < 0x80 ? (uint8_t)pszString[i] : 0xff;
    BOOL ok = to_binary(work, len, dwFlags, pbBinary, pcbBinary, pdwSkip, pdwFlags);
    work_free(work, len);
    return ok;
}

/* --- to text --- */

struct text {
    struct cv_text out;
    const char *end; /* of a line */
};

static void put(struct text *t, char c)
{
    cv_text_put(&t->out, (uint8_t)c);
}

static void put_string(struct text *t, const char *s)
{
    cv_text_puts(&t->out, s);
}

static void put_base64(struct text *t, struct cv_bytes in)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t column = 0;
    while (in.len > 0) {
        uint8_t b[3] = {0, 0, 0};
        size_t n = in.len < 3 ? in.len : 3;
        (void)cv_read_copy(&in, b, n);
        put(t, digits[b[0] >> 2]);
        put(t, digits[(b[0] & 3) << 4 | b[1] >> 4]);
        put(t, n < 2 ? '=' : digits[(b[1] & 15) << 2 | b[2] >> 6]);
        put(t, n < 3 ? '=' : digits[b[2] & 63]);
        column += 4;
        if (column != LINE && in.len > 0) continue;
        put_string(t, t->end);
        column = 0;
    }
}

/* Sixteen bytes a line, in two groups; or all of them without anything between. */
static void put_hex(struct text *t, struct cv_bytes in, bool raw)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t b;
    for (size_t i = 1; cv_read_u8(&in, &b) == CV_OK; i++) {
        put(t, digits[b >> 4]);
        put(t, digits[b & 15]);
        if (in.len == 0 || (i % 16 == 0 && !raw && t->end[0] != '\0'))
            put_string(t, t->end);
        else if (!raw)
            put_string(t, i % 8 == 0 && t->end[0] != '\0' ? "  " : " ");
    }
}

static void put_headed(struct text *t, struct cv_bytes in, const char *label)
{
    put_string(t, "-----BEGIN ");
    put_string(t, label);
    put_string(t, "-----");
    put_string(t, t->end);
    put_base64(t, in);
    put_string(t, "-----END ");
    put_string(t, label);
    put_string(t, "-----");
    put_string(t, t->end);
}

static bool put_format(struct text *t, struct cv_bytes in, DWORD format)
{
    switch (format) {
    case CRYPT_STRING_BASE64HEADER:
        put_headed(t, in, "CERTIFICATE");
        return true;
    case CRYPT_STRING_BASE64REQUESTHEADER:
        put_headed(t, in, "NEW CERTIFICATE REQUEST");
        return true;
    case CRYPT_STRING_BASE64X509CRLHEADER:
        put_headed(t, in, "X509 CRL");
        return true;
    case CRYPT_STRING_BASE64:
        put_base64(t, in);
        return true;
    case CRYPT_STRING_HEX:
    case CRYPT_STRING_HEXRAW:
        put_hex(t, in, format == CRYPT_STRING_HEXRAW);
        return true;
    default:
        return false;
    }
}

/* CRYPT_STRING_BINARY is no text: it has no terminator, and no wide form. */
static BOOL copy_binary(const BYTE *p, DWORD len, void *out, DWORD *size)
{
    DWORD room = *size;
    *size = len;
    if (out == NULL) return TRUE;
    if (room < len) return fail(ERROR_MORE_DATA);
    memcpy(out, p, len);
    return TRUE;
}

static BOOL to_string(bool is_wide, const BYTE *p, DWORD len, DWORD flags, void *string, DWORD *size)
{
    struct cv_bytes in = cv_bytes(p, len);
    bool binary = (flags & FORMAT_MASK) == CRYPT_STRING_BINARY;
    if (p == NULL || len == 0 || len > TEXT_MAX || size == NULL) return fail(ERROR_INVALID_PARAMETER);
    struct text t = {
        .out = {.is_wide = is_wide, .p = string, .cap = string == NULL ? 0 : *size},
        .end = (flags & CRYPT_STRING_NOCRLF) != 0 ? ""
               : (flags & CRYPT_STRING_NOCR) != 0 ? "\n"
                                                  : "\r\n",
    };
    if (binary) return copy_binary(p, len, string, size);
    if (!put_format(&t, in, flags & FORMAT_MASK)) return fail(ERROR_INVALID_PARAMETER);
    size_t n = t.out.n;
    put(&t, '\0');
    bool fits = t.out.n <= t.out.cap;
    *size = (DWORD)(string == NULL || !fits ? t.out.n : n);
    return string == NULL || fits ? TRUE : fail(ERROR_MORE_DATA);
}

BOOL WINAPI CryptBinaryToStringA(const BYTE *pbBinary, DWORD cbBinary, DWORD dwFlags, LPSTR pszString,
                                 DWORD *pcchString)
{
    return to_string(false, pbBinary, cbBinary, dwFlags, pszString, pcchString);
}

BOOL WINAPI CryptBinaryToStringW(const BYTE *pbBinary, DWORD cbBinary, DWORD dwFlags, LPWSTR pszString,
                                 DWORD *pcchString)
{
    return to_string(true, pbBinary, cbBinary, dwFlags, pszString, pcchString);
}
