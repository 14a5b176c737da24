/* The headers under comparison: ours on the host, those of mingw-w64 under the cross compiler. */
#define _WIN32_WINNT 0x0A00
#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS
#define CERT_CHAIN_PARA_HAS_EXTRA_FIELDS

#include <windows.h>
#include <subauth.h>
#include <bcrypt.h>
#include <ncrypt.h>
#include <wincrypt.h>
#include <winerror.h>
#include <security.h>
#include <schannel.h>
#include <wininet.h>

#ifdef _WIN32
#include <ntsecapi.h>
#include <ntsecpkg.h> /* some names that every program may use, we have in sspi.h */
#endif
