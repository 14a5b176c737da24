/* What Culvert adds to Schannel. Everything here is ours; a program that uses none of it runs on Windows,
 * too. */
#ifndef CULVERT_H
#define CULVERT_H

#ifdef _WIN32
#include <windows.h>
#endif
#include <sspi.h>

#ifndef CULVERT_API
#define CULVERT_API
#endif

#define CULVERT_VERSION "0.1.0"

/* Numbers that are ours lie from here on: attributes of contexts and credentials, buffer types have their own
 * range. */
#define CULVERT_ATTR_FIRST 0x70000001
#define CULVERT_BUFFER_FIRST 0x00700001 /* inside the 28 bits that SECBUFFER_ATTRMASK leaves */

/* QueryContextAttributes. Channel binding tls-exporter of RFC 9266, 32 bytes behind "tls-exporter:", as
 * SecPkgContext_Bindings; freed by FreeContextBuffer. */
#define SECPKG_ATTR_CULVERT_TLS_EXPORTER_BINDINGS 0x70000001
/* Why the handshake or the connection failed, as CulvertContext_Failure. */
#define SECPKG_ATTR_CULVERT_FAILURE 0x70000002

typedef struct _CulvertContext_Failure {
    LONG lStatus;          /* SECURITY_STATUS the call returned */
    ULONG ulAlert;         /* TLS alert sent or received, or (ULONG)-1 */
    ULONG fReceived;       /* 1 where the alert came from the peer */
    const char *pszReason; /* static text, never freed */
} CulvertContext_Failure, *PCulvertContext_Failure;

#ifdef __cplusplus
extern "C" {
#endif

/* CULVERT_VERSION of the library that runs. Static, never freed. */
CULVERT_API const char *CulvertVersion(void);

#ifdef __cplusplus
}
#endif

#endif
