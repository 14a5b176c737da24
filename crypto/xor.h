/* XOR of byte strings, for cipher modes. */
#ifndef CV_XOR_H
#define CV_XOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* dst = a ^ b; dst may be a or b. */
static inline void cv_xor_bytes(uint8_t *dst, const uint8_t *a, const uint8_t *b, size_t len)
{
    for (; len >= 8; dst += 8, a += 8, b += 8, len -= 8) {
        uint64_t x, y;
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        x ^= y;
        memcpy(dst, &x, 8);
    }
    while (len--) *dst++ = *a++ ^ *b++;
}

#endif
