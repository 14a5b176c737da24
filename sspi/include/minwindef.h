/* DWORD, BOOL, FILETIME and the rest of the everyday names. */
#ifndef CULVERT_MINWINDEF_H
#define CULVERT_MINWINDEF_H

#include <winnt.h>

typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef ULONG DWORD, *PDWORD, *LPDWORD;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT;
typedef float FLOAT, *PFLOAT;
typedef LONG *LPLONG;
typedef char *PSZ;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef WORD ATOM;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;

typedef HANDLE HLOCAL;
typedef HANDLE HGLOBAL;
DECLARE_HANDLE(HINSTANCE);
typedef HINSTANCE HMODULE;
DECLARE_HANDLE(HKEY);
typedef INT_PTR(WINAPI *FARPROC)(void);

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

#ifndef NULL
#define NULL 0
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

#define MAX_PATH 260

#if !defined(__cplusplus) && !defined(NOMINMAX)
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif

#define MAKEWORD(low, high) ((WORD)(((DWORD_PTR)(low)&0xff) | (((DWORD_PTR)(high)&0xff) << 8)))
#define MAKELONG(low, high)                                                                                  \
    ((LONG)((DWORD)((DWORD_PTR)(low)&0xffff) | ((DWORD)((DWORD_PTR)(high)&0xffff) << 16)))
#define LOWORD(x) ((WORD)((DWORD_PTR)(x)&0xffff))
#define HIWORD(x) ((WORD)(((DWORD_PTR)(x) >> 16) & 0xffff))
#define LOBYTE(x) ((BYTE)((DWORD_PTR)(x)&0xff))
#define HIBYTE(x) ((BYTE)(((DWORD_PTR)(x) >> 8) & 0xff))

#endif
