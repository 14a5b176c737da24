/* The part of windows.h that programs written for Schannel need, for hosts that are not Windows. */
#ifndef CULVERT_WINDOWS_H
#define CULVERT_WINDOWS_H

#include <stdarg.h>
#include <windef.h>
#include <winerror.h>
#include <winbase.h>
#include <winnls.h>
#include <culvert_wchar.h>

#if !defined(WIN32_LEAN_AND_MEAN) && !defined(NOCRYPT)
#include <wincrypt.h>
#endif

#endif
