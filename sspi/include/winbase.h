/* The functions of kernel32 that programs written for Schannel call around it. */
#ifndef CULVERT_WINBASE_H
#define CULVERT_WINBASE_H

#include <stdarg.h>
#include <windef.h>

typedef struct _SYSTEMTIME {
    WORD wYear;
    WORD wMonth;
    WORD wDayOfWeek;
    WORD wDay;
    WORD wHour;
    WORD wMinute;
    WORD wSecond;
    WORD wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)

#define LMEM_FIXED 0x0000
#define LMEM_MOVEABLE 0x0002
#define LMEM_ZEROINIT 0x0040
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200
#define FORMAT_MESSAGE_FROM_STRING 0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000ff

#define MoveMemory RtlMoveMemory
#define CopyMemory RtlCopyMemory
#define FillMemory RtlFillMemory
#define ZeroMemory RtlZeroMemory
#define SecureZeroMemory RtlSecureZeroMemory

#ifdef __cplusplus
extern "C" {
#endif

/* The last error belongs to the calling thread. */
CULVERT_API DWORD WINAPI GetLastError(void);
CULVERT_API VOID WINAPI SetLastError(DWORD dwErrCode);

/* LocalFree takes what LocalAlloc and the CRYPT_DECODE_ALLOC_FLAG of CryptDecodeObjectEx gave; it returns
 * NULL. */
CULVERT_API HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
CULVERT_API HLOCAL WINAPI LocalFree(HLOCAL hMem);

/* Closes the token that QuerySecurityContextToken gave. */
CULVERT_API BOOL WINAPI CloseHandle(HANDLE hObject);

CULVERT_API VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime);
CULVERT_API BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime);
CULVERT_API BOOL WINAPI FileTimeToSystemTime(const FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime);
CULVERT_API BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *lpFileTime, LPFILETIME lpLocalFileTime);
CULVERT_API LONG WINAPI CompareFileTime(const FILETIME *lpFileTime1, const FILETIME *lpFileTime2);

/* Modules: GetModuleHandle knows the names secur32, sspicli, schannel, crypt32, advapi32, kernel32, all of
 * them this library. */
CULVERT_API HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName);
CULVERT_API HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName);
CULVERT_API FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName);

/* Texts of status codes. */
CULVERT_API DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
                                        DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize, va_list *Arguments);
CULVERT_API DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
                                        DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize, va_list *Arguments);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define GetModuleHandle GetModuleHandleW
#define FormatMessage FormatMessageW
#else
#define GetModuleHandle GetModuleHandleA
#define FormatMessage FormatMessageA
#endif

#endif
