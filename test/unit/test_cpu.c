#include "crypto/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

enum { ALL = 0x1ff };

static void a_mask_turns_features_off(void **state)
{
    (void)state;
    assert_int_equal(cv_cpu_mask(ALL, NULL), ALL);
    assert_int_equal(cv_cpu_mask(ALL, ""), ALL);
    assert_int_equal(cv_cpu_mask(ALL, "-adx"), ALL & ~CV_CPU_ADX);
    assert_int_equal(cv_cpu_mask(ALL, "-sha256,-sha512"), ALL & ~(CV_CPU_SHA256 | CV_CPU_SHA512));
    assert_int_equal(cv_cpu_mask(ALL, "-ifma,-adx,-vaes"), ALL & ~(CV_CPU_IFMA | CV_CPU_ADX | CV_CPU_VAES));
    assert_int_equal(cv_cpu_mask(CV_CPU_AES, "-adx"), CV_CPU_AES); /* nothing is turned on */
    assert_int_equal(cv_cpu_mask(ALL, "portable"), 0);
    assert_int_equal(cv_cpu_mask(ALL, "-adx,portable"), 0);
}

static void what_builds_on_a_feature_goes_with_it(void **state)
{
    (void)state;
    assert_int_equal(cv_cpu_mask(ALL, "-aes"), ALL & ~(CV_CPU_AES | CV_CPU_VAES));
    assert_int_equal(cv_cpu_mask(ALL, "-avx512"), ALL & ~(CV_CPU_AVX512 | CV_CPU_IFMA));
    assert_int_equal(cv_cpu_mask(ALL, "-avx2"),
                     ALL & ~(CV_CPU_AVX2 | CV_CPU_VAES | CV_CPU_AVX512 | CV_CPU_IFMA));
    assert_int_equal(cv_cpu_mask(ALL, "-neon"), ALL & ~(CV_CPU_NEON | CV_CPU_SHA512));
}

static void unknown_names_are_ignored(void **state)
{
    (void)state;
    static const char *const masks[] = {"aes",   "-",         "-ae", "-aess",     "-AES",
                                        " -aes", "-portable", ",,",  "portables", "-,"};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
        assert_int_equal(cv_cpu_mask(ALL, masks[i]), ALL);
    assert_int_equal(cv_cpu_mask(ALL, "-mmx,,-adx,"), ALL & ~CV_CPU_ADX);
}

/* The compiler's runtime detects independently of us; where it finds a feature and its companions, so must
 * we. */
static void detects_what_the_compiler_runtime_detects(void **state)
{
    (void)state;
    uint32_t found = cv_cpu_detect();
    print_message("features: %#x\n", (unsigned)found);
    assert_int_equal(found & ~(uint32_t)ALL, 0);
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    bool aes = __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") &&
               __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
    bool vaes = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vpclmulqdq");
    assert_int_equal((found & CV_CPU_AVX2) != 0, avx2);
    assert_int_equal((found & CV_CPU_AVX512) != 0, avx512);
    assert_int_equal((found & CV_CPU_IFMA) != 0, __builtin_cpu_supports("avx512ifma") != 0);
    assert_int_equal((found & CV_CPU_AES) != 0, aes);
    if (!vaes) assert_int_equal(found & CV_CPU_VAES, 0);
    assert_int_equal(found & (CV_CPU_NEON | CV_CPU_SHA512), 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mask_turns_features_off),
        cmocka_unit_test(what_builds_on_a_feature_goes_with_it),
        cmocka_unit_test(unknown_names_are_ignored),
        cmocka_unit_test(detects_what_the_compiler_runtime_detects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
