#include "crypto/base/secret.h"

#include <string.h>

__attribute__((noinline)) void cv_wipe_stack(void)
{
    unsigned char left[1536];
    cv_wipe(left, sizeof left);
}

void cv_wipe(void *p, size_t len)
{
    if (len == 0) return;
    memset(p, 0, len);
    __asm__ __volatile__("" : : "r"(p) : "memory");
}
