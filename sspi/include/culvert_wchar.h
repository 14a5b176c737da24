/* With -fshort-wchar, wchar_t strings have 16-bit units, but libc's functions still expect 32: in C,
 * windows.h and tchar.h put these in the place of the ones that Windows programs use most. In C++ call them
 * by their own names. Without -fshort-wchar they serve WCHAR strings all the same. */
#ifndef CULVERT_WCHAR_H
#define CULVERT_WCHAR_H

#include <winnt.h>

static inline size_t culvert_wcslen(const WCHAR *s)
{
    size_t n = 0;
    while (s[n] != 0) n++;
    return n;
}

static inline int culvert_wcsncmp(const WCHAR *a, const WCHAR *b, size_t n)
{
    for (; n != 0; a++, b++, n--) {
        if (*a != *b) return *a < *b ? -1 : 1;
        if (*a == 0) break;
    }
    return 0;
}

static inline int culvert_wcscmp(const WCHAR *a, const WCHAR *b)
{
    return culvert_wcsncmp(a, b, (size_t)-1);
}

static inline WCHAR *culvert_wcschr(const WCHAR *s, WCHAR c)
{
    while (*s != c) {
        if (*s == 0) return NULL;
        s++;
    }
    return (WCHAR *)(uintptr_t)s;
}

static inline WCHAR *culvert_wcscpy(WCHAR *to, const WCHAR *from)
{
    memcpy(to, from, (culvert_wcslen(from) + 1) * sizeof(WCHAR));
    return to;
}

#if __SIZEOF_WCHAR_T__ == 2 && !defined(__cplusplus)
#include <wchar.h>
#undef wcslen
#undef wcscmp
#undef wcsncmp
#undef wcschr
#undef wcscpy
#define wcslen culvert_wcslen
#define wcscmp culvert_wcscmp
#define wcsncmp culvert_wcsncmp
#define wcschr culvert_wcschr
#define wcscpy culvert_wcscpy
#endif

#endif
