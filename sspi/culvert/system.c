#include "sspi/culvert/system.h"

#include <stdlib.h>
#include <unistd.h>

static void *heap_alloc(void *ctx, size_t len)
{
    (void)ctx;
    return malloc(len);
}

static void heap_free(void *ctx, void *p, size_t len)
{
    (void)ctx;
    (void)len;
    free(p);
}

static cv_err fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t at = 0; at < len; at += 256)
        if (getentropy(out + at, len - at < 256 ? len - at : 256) != 0) return CV_E_RNG;
    return CV_OK;
}

const struct cv_bn_memory cv_system_heap = {heap_alloc, heap_free, NULL};
const struct cv_rng cv_system_rng = {fill, NULL};
