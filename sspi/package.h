/* The security packages that this library is. */
#ifndef CV_SSPI_PACKAGE_H
#define CV_SSPI_PACKAGE_H

#include "sspi/win.h"

#include <stdbool.h>

enum { CV_MAX_TOKEN = 0x6000 }; /* cbMaxToken, as Windows 10 says */

/* True for the names under which Schannel is asked for. NULL is none. */
bool cv_package_known(const SEC_CHAR *name);
bool cv_package_known_wide(const SEC_WCHAR *name);

#endif
