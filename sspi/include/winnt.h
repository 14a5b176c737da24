/* The base types of Windows on other hosts.
 *
 * LONG, ULONG and DWORD have 32 bits everywhere. WCHAR has 16 bits: char16_t, so that u"" literals fit, or
 * wchar_t where the compiler makes that 16 bits wide (-fshort-wchar), so that L"" literals fit.
 * CULVERT_WIDE("x") is the literal that fits in either case. */
#ifndef CULVERT_WINNT_H
#define CULVERT_WINNT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <basetsd.h>
#include <guiddef.h>

#if defined(_WIN32) && !defined(CULVERT_OWN_HEADERS) /* which the library itself is built with there */
#error "these headers are for hosts that are not Windows; there, use the ones of the Windows SDK"
#endif

/* What the shared library exports. */
#ifndef CULVERT_API
#if defined(__GNUC__)
#define CULVERT_API __attribute__((visibility("default")))
#else
#define CULVERT_API
#endif
#endif

#define WINAPI
#define WINAPIV
#define APIENTRY
#define CALLBACK
#define NTAPI
#define PASCAL
#define STDAPICALLTYPE
#define DECLSPEC_IMPORT
#define WINBASEAPI CULVERT_API
#define WINADVAPI CULVERT_API
#define WINCRYPT32API CULVERT_API

#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#define FAR
#define NEAR
#define ANYSIZE_ARRAY 1

typedef char CHAR, *PCHAR, CCHAR;
typedef unsigned char UCHAR, *PUCHAR;
typedef short SHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT;
/* `long` where it has 32 bits, since Windows programs mix the two names. */
#if __SIZEOF_LONG__ == 4
typedef long LONG, *PLONG;
typedef unsigned long ULONG, *PULONG;
#else
typedef int LONG, *PLONG;
typedef unsigned int ULONG, *PULONG;
#endif
typedef long long LONGLONG, *PLONGLONG;
typedef unsigned long long ULONGLONG, *PULONGLONG, DWORDLONG, *PDWORDLONG;
typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef void *PVOID;
typedef LONG HRESULT;
typedef void *HANDLE, **PHANDLE;
typedef ULONG LCID;
typedef USHORT LANGID;
typedef PVOID PSID;
typedef PVOID PSECURITY_DESCRIPTOR;
typedef ULONG ACCESS_MASK;

#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#define CULVERT_WIDE_(s) L##s
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#define CULVERT_WIDE_(s) u##s
#else
typedef uint_least16_t WCHAR; /* C11 7.28: the type of char16_t */
#define CULVERT_WIDE_(s) u##s
#endif
#define CULVERT_WIDE(s) CULVERT_WIDE_(s)

typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *LPWSTR, *PWSTR, *NWPSTR;
typedef const WCHAR *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR;
typedef CHAR *LPCH, *PCH, *LPSTR, *PSTR;
typedef const CHAR *LPCCH, *PCCH, *LPCSTR, *PCSTR;

#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR;
typedef LPWSTR LPTSTR, PTSTR;
typedef LPCWSTR LPCTSTR, PCTSTR;
#define TEXT(s) CULVERT_WIDE(s)
#else
typedef CHAR TCHAR, *PTCHAR;
typedef LPSTR LPTSTR, PTSTR;
typedef LPCSTR LPCTSTR, PCTSTR;
#define TEXT(s) s
#endif

#define DECLARE_HANDLE(name)                                                                                 \
    struct name##__ {                                                                                        \
        int unused;                                                                                          \
    };                                                                                                       \
    typedef struct name##__ *name

/* LowPart is always the low half of QuadPart, on big-endian hosts too. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define CULVERT_HALVES(low, high)                                                                            \
    high HighPart;                                                                                           \
    low LowPart
#else
#define CULVERT_HALVES(low, high)                                                                            \
    low LowPart;                                                                                             \
    high HighPart
#endif

typedef union _LARGE_INTEGER {
    __extension__ struct {
        CULVERT_HALVES(ULONG, LONG);
    };
    struct {
        CULVERT_HALVES(ULONG, LONG);
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    __extension__ struct {
        CULVERT_HALVES(ULONG, ULONG);
    };
    struct {
        CULVERT_HALVES(ULONG, ULONG);
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _LUID {
    ULONG LowPart;
    LONG HighPart;
} LUID, *PLUID;

#define MINCHAR 0x80
#define MAXCHAR 0x7f
#define MINSHORT 0x8000
#define MAXSHORT 0x7fff
#define MINLONG 0x80000000
#define MAXLONG 0x7fffffff
#define MAXBYTE 0xff
#define MAXWORD 0xffff
#define MAXDWORD 0xffffffff

#ifndef UNREFERENCED_PARAMETER
#define UNREFERENCED_PARAMETER(p) ((void)(p))
#endif

#define RtlMoveMemory(to, from, n) memmove((to), (from), (n))
#define RtlCopyMemory(to, from, n) memcpy((to), (from), (n))
#define RtlFillMemory(to, n, byte) memset((to), (byte), (n))
#define RtlZeroMemory(to, n) memset((to), 0, (n))

/* Through volatile, so that no compiler drops it. */
static inline PVOID RtlSecureZeroMemory(PVOID to, SIZE_T n)
{
    volatile UCHAR *p = (volatile UCHAR *)to;
    while (n-- != 0) *p++ = 0;
    return to;
}

#endif
