#include "test/unit/hex.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f') return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return (unsigned)(c - 'A') + 10;
    fprintf(stderr, "unhex: '%c' is not a digit\n", c);
    abort();
}

size_t unhex(uint8_t *out, size_t cap, const char *hex)
{
    size_t len = 0;
    while (*hex != '\0') {
        if (*hex == ' ' || *hex == '\n') {
            hex++;
            continue;
        }
        unsigned high = digit(hex[0]), low = digit(hex[1]); /* a lone digit meets the terminator and aborts */
        if (len == cap) {
            fprintf(stderr, "unhex: more than %zu bytes\n", cap);
            abort();
        }
        out[len++] = (uint8_t)(high << 4 | low);
        hex += 2;
    }
    return len;
}
