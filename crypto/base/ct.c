#include "crypto/base/ct.h"

uint32_t cv_ct_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a, *y = b;
    uint32_t diff = 0;
    for (size_t i = 0; i < len; i++) diff |= (uint32_t)(x[i] ^ y[i]);
    return cv_ct_eq32(diff, 0);
}

void cv_ct_move(uint32_t mask, void *dst, const void *src, size_t len)
{
    uint8_t *d = dst;
    const uint8_t *s = src;
    for (size_t i = 0; i < len; i++) d[i] = (uint8_t)cv_ct_select32(mask, s[i], d[i]);
}
