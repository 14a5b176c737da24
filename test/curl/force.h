/* Put in front of each of curl's files by the compiler (-include), so that its back end for Schannel (lib/vtls/schannel.c,
 * schannel_verify.c, lib/curl_sspi.c) builds unchanged on hosts that are not Windows. Here stands what curl declares
 * for itself only where _WIN32 is defined; windows.c has the functions. Nothing of curl is included: its own
 * configuration has to come first. */
#define USE_SCHANNEL
#define USE_WINDOWS_SSPI
#define __MINGW64_VERSION_MAJOR 10 /* its headers know ALPN */
#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS
#include <windows.h>
#include <tchar.h>
#include <sspi.h>
#include <stdbool.h>

/* So that a test can set what only an attribute of ours sets: the table that curl gets is one of windows.c. */
PSecurityFunctionTableA culvert_curl_interface(void);
#undef InitSecurityInterface
#define InitSecurityInterface culvert_curl_interface

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
int curlx_win32_random(unsigned char *entropy, size_t length); /* CURLcode */

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
