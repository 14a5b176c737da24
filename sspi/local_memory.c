/* LocalAlloc and LocalFree: the same memory as FreeContextBuffer takes. */
#include "sspi/library.h"

HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes)
{
    (void)uFlags; /* zeroed and fixed in any case: the handle of LMEM_MOVEABLE is the address, too */
    void *p = cv_buffer_alloc(uBytes);
    if (p == NULL) SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return p;
}

HLOCAL WINAPI LocalFree(HLOCAL hMem)
{
    if (FreeContextBuffer(hMem) == SEC_E_OK) return NULL;
    SetLastError(ERROR_INVALID_HANDLE);
    return hMem;
}
