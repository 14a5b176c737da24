#include "sspi/win.h"

const char *CulvertVersion(void)
{
    return CULVERT_VERSION;
}
