/* security.h of Windows: SSPI by its usual include. Define SECURITY_WIN32 first, as on Windows. */
#ifndef CULVERT_SECURITY_H
#define CULVERT_SECURITY_H

#include <sspi.h>

#ifndef NEGOSSP_NAME_A
#define NEGOSSP_NAME_A "Negotiate"
#define NEGOSSP_NAME_W CULVERT_WIDE("Negotiate")
#ifdef UNICODE
#define NEGOSSP_NAME NEGOSSP_NAME_W
#else
#define NEGOSSP_NAME NEGOSSP_NAME_A
#endif
#endif

#endif
