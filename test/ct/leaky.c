/* What must not be: each case leaks in one way, and the check fails if that goes unnoticed. */
#include "test/ct/ct.h"

#include <stdio.h>
#include <string.h>

/* Not static, for the scan of the object code looks them up by name; not inlined, for the same reason. */
uint32_t ct_leak_branch(const uint8_t *secret, uint8_t *out);
uint32_t ct_leak_index(const uint8_t *secret);
uint32_t ct_leak_division(const uint8_t *secret);
uint32_t ct_leak_vector(const uint8_t *secret, uint8_t *out);
uint64_t ct_leak_multiplication(const uint8_t *secret);

static uint8_t table[256];

__attribute__((noinline)) uint32_t ct_leak_branch(const uint8_t *secret, uint8_t *out)
{
    if (secret[0] & 1) {
        ct_fill(out, 16);
        return 1;
    }
    return 2;
}

__attribute__((noinline)) uint32_t ct_leak_index(const uint8_t *secret)
{
    return table[secret[1]];
}

__attribute__((noinline)) uint32_t ct_leak_division(const uint8_t *secret)
{
    return 0x12345678u / (secret[2] | 1u);
}

/* Only the scan of Cortex-M3's object code minds. */
__attribute__((noinline)) uint64_t ct_leak_multiplication(const uint8_t *secret)
{
    return (uint64_t)(0x12345678u ^ secret[0]) * (0x9abcdef0u ^ secret[1]);
}

typedef uint32_t vector __attribute__((vector_size(16)));

__attribute__((noinline)) uint32_t ct_leak_vector(const uint8_t *secret, uint8_t *out)
{
    vector v;
    memcpy(&v, secret, sizeof v);
    v += v;
    if (v[3] & 0x10000) {
        ct_fill(out, 16);
        return 1;
    }
    return 2;
}

static void leak(unsigned how)
{
    uint8_t secret[16], out[16];
    uint32_t result = 0;
    ct_fill(table, sizeof table);
    ct_fill_secret(secret, sizeof secret);
    if (how == 0) result = ct_leak_branch(secret, out);
    if (how == 1) result = ct_leak_index(secret);
    if (how == 2) result = ct_leak_division(secret);
    if (how == 3) result = ct_leak_vector(secret, out);
    ct_reveal(&result, sizeof result);
    (void)printf("  leaked %u\n", (unsigned)result);
}

static void leak_branch(void)
{
    leak(0);
}
static void leak_index(void)
{
    leak(1);
}
static void leak_division(void)
{
    leak(2);
}
static void leak_vector(void)
{
    leak(3);
}

const struct ct_case ct_leaky_cases[] = {
    {"leak-branch", leak_branch},
    {"leak-index", leak_index},
    {"leak-division", leak_division},
    {"leak-vector", leak_vector},
    {NULL, NULL},
};
