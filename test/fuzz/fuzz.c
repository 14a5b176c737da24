#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_check(bool holds, const char *file, int line, const char *what)
{
    if (holds) return;
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

struct cv_bytes fuzz_take(struct cv_bytes *in, size_t len)
{
    struct cv_bytes out = *in;
    if (len > in->len) len = in->len;
    out.len = len;
    if (len > 0) in->p += len;
    in->len -= len;
    return out;
}

static uint32_t number(struct cv_bytes *in, size_t len)
{
    struct cv_bytes b = fuzz_take(in, len);
    uint32_t v = 0;
    for (size_t i = 0; i < b.len; i++) v = v << 8 | b.p[i];
    return v;
}

uint8_t fuzz_u8(struct cv_bytes *in)
{
    return (uint8_t)number(in, 1);
}

uint16_t fuzz_u16(struct cv_bytes *in)
{
    return (uint16_t)number(in, 2);
}

uint32_t fuzz_u32(struct cv_bytes *in)
{
    return number(in, 4);
}

uint8_t *fuzz_copy(struct cv_bytes bytes)
{
    uint8_t *p = malloc(bytes.len > 0 ? bytes.len : 1);
    FUZZ_CHECK(p != NULL);
    if (bytes.len > 0) memcpy(p, bytes.p, bytes.len);
    return p;
}

bool fuzz_within(struct cv_bytes view, struct cv_bytes whole)
{
    if (view.p == NULL) return true;
    uintptr_t p = (uintptr_t)view.p, from = (uintptr_t)whole.p;
    return p >= from && p - from <= whole.len && view.len <= whole.len - (p - from);
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint32_t fuzz_roll(struct fuzz_dice *d, uint32_t n)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (uint32_t)(z % n);
}
