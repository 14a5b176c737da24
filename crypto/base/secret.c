#include "crypto/base/secret.h"

#include <string.h>

void cv_wipe(void *p, size_t len)
{
    if (len == 0) return;
    memset(p, 0, len);
    __asm__ __volatile__("" : : "r"(p) : "memory");
}
