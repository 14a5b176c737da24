/* Names that are char or WCHAR as UNICODE (and _UNICODE, which belongs with it) says. */
#ifndef CULVERT_TCHAR_H
#define CULVERT_TCHAR_H

#include <winnt.h>
#include <string.h>
#include <strings.h>
#include <culvert_wchar.h>

#if defined(UNICODE) || defined(_UNICODE)
#define _T(s) CULVERT_WIDE(s)
#define _TEXT(s) CULVERT_WIDE(s)
typedef WCHAR _TCHAR;
#define _tcslen culvert_wcslen
#define _tcscmp culvert_wcscmp
#define _tcsncmp culvert_wcsncmp
#define _tcschr culvert_wcschr
#define _tcscpy culvert_wcscpy
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
