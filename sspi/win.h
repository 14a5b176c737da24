/* The public headers, as every file of the façade sees them. */
#ifndef CV_SSPI_WIN_H
#define CV_SSPI_WIN_H

#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS

#include <windows.h>
#include <wincrypt.h>
#include <sspi.h>
#include <schannel.h>
#include <culvert.h>

#endif
