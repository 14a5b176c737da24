/* Names that are char or WCHAR as UNICODE (and _UNICODE, which belongs with it) says. Only what does without
 * a 16-bit C library: literals and types. */
#ifndef CULVERT_TCHAR_H
#define CULVERT_TCHAR_H

#include <winnt.h>
#include <string.h>

#if defined(UNICODE) || defined(_UNICODE)
#define _T(s) CULVERT_WIDE(s)
#define _TEXT(s) CULVERT_WIDE(s)
typedef WCHAR _TCHAR;
#else
#define _T(s) s
#define _TEXT(s) s
typedef CHAR _TCHAR;
#define _tcslen strlen
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcscpy strcpy
#define _tcsdup strdup
#define _tcsicmp strcasecmp
#define _tcsnicmp strncasecmp
#endif

#endif
