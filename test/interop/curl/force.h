/* For curl's Schannel backend (lib/vtls/schannel.c, schannel_verify.c, lib/curl_sspi.c, unmodified; tried
 * with 8.22.0) on hosts that are not Windows: compile with -fshort-wchar -include force.h, -I the headers of
 * culvert, USE_SCHANNEL and USE_WINDOWS_SSPI. Here stands what curl declares for itself only where _WIN32 is
 * defined. On LP64 three warnings remain: curl passes an unsigned long where Windows takes a ULONG. */
#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS
#include <windows.h>
#include <tchar.h>
#include <stdbool.h>
#include <curl/curl.h>

typedef enum {
    VERSION_LESS_THAN,
    VERSION_LESS_THAN_EQUAL,
    VERSION_EQUAL,
    VERSION_GREATER_THAN_EQUAL,
    VERSION_GREATER_THAN
} VersionCondition;
typedef enum { PLATFORM_DONT_CARE, PLATFORM_WINDOWS, PLATFORM_WINNT } PlatformIdentifier;
bool curlx_verify_windows_version(const unsigned int major, const unsigned int minor,
                                  const unsigned int build, const PlatformIdentifier platform,
                                  const VersionCondition condition);

#define WINAPI_ERROR_LEN 100
const char *curlx_get_winapi_error(DWORD err, char *buf, size_t buflen);
const char *curlx_winapi_strerror(DWORD err, char *buf, size_t buflen);
CURLcode curlx_win32_random(unsigned char *entropy, size_t length);

#define curlx_convert_UTF8_to_tchar(ptr) curlx_strdup(ptr)
#define curlx_convert_tchar_to_UTF8(ptr) curlx_strdup(ptr)
#define curlx_tcsdup curlx_strdup
typedef union {
    char *tchar_ptr;
    const char *const_tchar_ptr;
    unsigned char *tbyte_ptr;
    const unsigned char *const_tbyte_ptr;
} xcharp_u;
#define _tcsncpy_s(to, size, from, n) (memcpy((to), (from), (n)), (to)[n] = 0, 0)
