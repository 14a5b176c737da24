/* minwindef.h and the window handle that SECPKG_ATTR_UI_INFO names. */
#ifndef CULVERT_WINDEF_H
#define CULVERT_WINDEF_H

#include <minwindef.h>

DECLARE_HANDLE(HWND);

#endif
