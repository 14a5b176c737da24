/* MultiByteToWideChar and its inverse. The only code page of these hosts is UTF-8, under its own name and as
 * "ANSI". */
#include "sspi/unicode.h"

enum { REPLACEMENT = 0xfffd };

static bool is_code_page(UINT page)
{
    return page == CP_UTF8 || page == CP_ACP || page == CP_OEMCP;
}

static int fail(DWORD error)
{
    SetLastError(error);
    return 0;
}

int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCCH lpMultiByteStr, int cbMultiByte,
                               LPWSTR lpWideCharStr, int cchWideChar)
{
    if (!is_code_page(CodePage) || lpMultiByteStr == NULL || cbMultiByte == 0 || cbMultiByte < -1 ||
        cchWideChar < 0 || (cchWideChar > 0 && lpWideCharStr == NULL))
        return fail(ERROR_INVALID_PARAMETER);
    size_t len = cbMultiByte < 0 ? strlen(lpMultiByteStr) + 1 : (size_t)cbMultiByte, n = 0;
    if (len > INT32_MAX) return fail(ERROR_INVALID_PARAMETER);
    for (size_t at = 0; at < len;) {
        uint32_t code;
        WCHAR units[2];
        if (!cv_utf8_next(lpMultiByteStr, len, &at, &code)) {
            if ((dwFlags & MB_ERR_INVALID_CHARS) != 0) return fail(ERROR_NO_UNICODE_TRANSLATION);
            code = REPLACEMENT;
        }
        size_t n_units = cv_wide_put(units, code);
        if (cchWideChar > 0) {
            if (n + n_units > (size_t)cchWideChar) return fail(ERROR_INSUFFICIENT_BUFFER);
            memcpy(lpWideCharStr + n, units, n_units * sizeof units[0]);
        }
        n += n_units;
    }
    return (int)n;
}

int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWCH lpWideCharStr, int cchWideChar,
                               LPSTR lpMultiByteStr, int cbMultiByte, LPCCH lpDefaultChar,
                               LPBOOL lpUsedDefaultChar)
{
    if (!is_code_page(CodePage) || lpWideCharStr == NULL || cchWideChar == 0 || cchWideChar < -1 ||
        cbMultiByte < 0 || (cbMultiByte > 0 && lpMultiByteStr == NULL) ||
        (CodePage == CP_UTF8 && (lpDefaultChar != NULL || lpUsedDefaultChar != NULL)))
        return fail(ERROR_INVALID_PARAMETER);
    size_t n_units = cchWideChar < 0 ? cv_wide_len(lpWideCharStr) + 1 : (size_t)cchWideChar, len = 0;
    if (n_units > INT32_MAX / 3) return fail(ERROR_INVALID_PARAMETER);
    if (lpUsedDefaultChar != NULL) *lpUsedDefaultChar = FALSE;
    for (size_t at = 0; at < n_units;) {
        uint32_t code;
        char bytes[4];
        if (!cv_wide_next(lpWideCharStr, n_units, &at, &code)) {
            if ((dwFlags & WC_ERR_INVALID_CHARS) != 0) return fail(ERROR_NO_UNICODE_TRANSLATION);
            if (lpUsedDefaultChar != NULL) *lpUsedDefaultChar = TRUE;
            code = lpDefaultChar != NULL ? (uint8_t)*lpDefaultChar : (uint32_t)REPLACEMENT;
        }
        size_t n = cv_utf8_put(bytes, code);
        if (cbMultiByte > 0) {
            if (len + n > (size_t)cbMultiByte) return fail(ERROR_INSUFFICIENT_BUFFER);
            memcpy(lpMultiByteStr + len, bytes, n);
        }
        len += n;
    }
    return (int)len;
}
