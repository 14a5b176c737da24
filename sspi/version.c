#define SECURITY_WIN32
#include "culvert.h"

const char *CulvertVersion(void)
{
    return CULVERT_VERSION;
}
