#include "crypto/cpu.h"

#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

/* A feature, and the bits of cpuid leaves 1 (c) and 7 (b, c) and of XCR0 that it needs. Intel SDM volume 2,
 * CPUID; volume 1, chapter 13. */
struct feature {
    uint32_t bits, leaf1_c, leaf7_b, leaf7_c, xcr0;
};

enum { XCR0_AVX = 0x06, XCR0_AVX512 = 0xe6 }; /* the registers that the system saves */

static uint32_t saved_registers(void)
{
    uint32_t lo, hi;
    __asm__ __volatile__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return lo;
}

uint32_t cv_cpu_detect(void)
{
    const uint32_t sse = 1u << 9 | 1u << 19; /* SSSE3, SSE4.1 */
    const uint32_t osxsave = 1u << 27, avx = 1u << 28;
    const struct feature features[] = {
        {CV_CPU_AES, .leaf1_c = sse | 1u << 1 | 1u << 25},
        {CV_CPU_SHA256, .leaf1_c = sse, .leaf7_b = 1u << 29},
        {CV_CPU_ADX, .leaf7_b = 1u << 8 | 1u << 19}, /* MULX of BMI2 goes with it */
        {CV_CPU_AVX2, .leaf1_c = avx, .leaf7_b = 1u << 5 | 1u << 8, .xcr0 = XCR0_AVX},
        {CV_CPU_VAES, .leaf1_c = avx, .leaf7_b = 1u << 5, .leaf7_c = 1u << 9 | 1u << 10, .xcr0 = XCR0_AVX},
        {CV_CPU_AVX512, .leaf1_c = avx, .leaf7_b = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31,
         .xcr0 = XCR0_AVX512},
        {CV_CPU_IFMA, .leaf1_c = avx, .leaf7_b = 1u << 16 | 1u << 21, .xcr0 = XCR0_AVX512},
    };
    uint32_t a, b1, c1, d1, b7, c7, d7, xcr0, found = 0;
    if (!__get_cpuid(1, &a, &b1, &c1, &d1)) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b7, &c7, &d7)) b7 = c7 = 0;
    xcr0 = (c1 & osxsave) ? saved_registers() : 0;
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        const struct feature *f = &features[i];
        if ((c1 & f->leaf1_c) == f->leaf1_c && (b7 & f->leaf7_b) == f->leaf7_b &&
            (c7 & f->leaf7_c) == f->leaf7_c && (xcr0 & f->xcr0) == f->xcr0)
            found |= f->bits;
    }
    return found;
}

#elif defined(__aarch64__) && defined(__linux__)

/* What the kernel says of the machine. The C library declares it in a header of the operating system, which
 * this layer does without. Linux, Documentation/arch/arm64/elf_hwcaps.rst. */
unsigned long getauxval(unsigned long type);

uint32_t cv_cpu_detect(void)
{
    enum { AT_HWCAP = 16, ASIMD = 1 << 1, AES = 1 << 3, PMULL = 1 << 4, SHA2 = 1 << 6, SHA512 = 1 << 21 };
    const unsigned long hwcap = getauxval(AT_HWCAP);
    uint32_t found = 0;
    if (hwcap & ASIMD) found |= CV_CPU_NEON;
    if ((hwcap & AES) && (hwcap & PMULL)) found |= CV_CPU_AES;
    if (hwcap & SHA2) found |= CV_CPU_SHA256;
    if (hwcap & SHA512) found |= CV_CPU_SHA512;
    return found;
}

#else

/* Elsewhere only the operating system could tell: what the compiler was told to assume. */
uint32_t cv_cpu_detect(void)
{
    uint32_t found = 0;
#if defined(__ARM_NEON)
    found |= CV_CPU_NEON;
#endif
#if defined(__ARM_FEATURE_AES)
    found |= CV_CPU_AES;
#endif
#if defined(__ARM_FEATURE_SHA2)
    found |= CV_CPU_SHA256;
#endif
#if defined(__ARM_FEATURE_SHA512)
    found |= CV_CPU_SHA512;
#endif
    return found;
}

#endif

uint32_t cv_cpu_mask(uint32_t features, const char *mask)
{
    /* What is built on a feature goes with it. */
    static const struct {
        const char *name;
        uint32_t off;
    } names[] = {
        {"aes", CV_CPU_AES | CV_CPU_VAES},
        {"sha256", CV_CPU_SHA256},
        {"avx2", CV_CPU_AVX2 | CV_CPU_VAES | CV_CPU_AVX512 | CV_CPU_IFMA},
        {"adx", CV_CPU_ADX},
        {"vaes", CV_CPU_VAES},
        {"avx512", CV_CPU_AVX512 | CV_CPU_IFMA},
        {"ifma", CV_CPU_IFMA},
        {"sha512", CV_CPU_SHA512},
        {"neon", CV_CPU_NEON | CV_CPU_SHA512},
    };
    while (mask != NULL && *mask != '\0') {
        size_t len = strcspn(mask, ",");
        if (len == strlen("portable") && memcmp(mask, "portable", len) == 0) return 0;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (mask[0] == '-' && strlen(names[i].name) == len - 1 &&
                memcmp(mask + 1, names[i].name, len - 1) == 0)
                features &= ~names[i].off;
        mask += len;
        if (*mask == ',') mask++;
    }
    return features;
}
