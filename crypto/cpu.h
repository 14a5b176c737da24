/* What the processor can do. Read once by whoever fills a configuration; nothing here is global. */
#ifndef CV_CPU_H
#define CV_CPU_H

#include <stdint.h>

/* For which files with AArch64's instructions compile: vectors everywhere; for the cryptographic extensions
 * clang before 16 wants to be told on its command line. */
#if defined(__aarch64__) && defined(__ARM_NEON) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CV_AARCH64 1
#if !defined(__clang__) || __clang_major__ >= 16 ||                                                          \
    (defined(__ARM_FEATURE_AES) && defined(__ARM_FEATURE_SHA2))
#define CV_AARCH64_CRYPTO 1
#endif
#endif

enum {
    CV_CPU_AES = 1u << 0,    /* AES-NI and PCLMULQDQ, SSSE3, SSE4.1; ARMv8 AES and PMULL */
    CV_CPU_SHA256 = 1u << 1, /* SHA-NI; ARMv8 SHA2 */
    CV_CPU_AVX2 = 1u << 2,   /* AVX2 and BMI2 */
    CV_CPU_ADX = 1u << 3,
    CV_CPU_VAES = 1u << 4,   /* VAES and VPCLMULQDQ, with AVX2 */
    CV_CPU_AVX512 = 1u << 5, /* F, BW, DQ, VL */
    CV_CPU_IFMA = 1u << 6,   /* AVX-512 IFMA */
    CV_CPU_SHA512 = 1u << 7, /* ARMv8.2 SHA512 */
    CV_CPU_NEON = 1u << 8,
};

/* The features of this processor that the operating system lets us use. */
uint32_t cv_cpu_detect(void);

/* `features` without those that `mask` turns off, and what builds on them: a comma-separated list of names
 * after a minus sign ("-aes,-avx512"), or "portable" for none at all. Unknown names are ignored. mask may
 * be NULL. */
uint32_t cv_cpu_mask(uint32_t features, const char *mask);

#endif
