/* Powers of every implementation beside the portable ones, and those beside multiplication one by one. */
#include "crypto/cpu.h"
#include "crypto/mont.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct implementation {
    const char *name;
    uint32_t needs;
    const struct cv_mont_powers *powers;
} implementations[] = {
#if defined(__x86_64__)
    {"avx2", CV_CPU_AVX2, &cv_mont_avx2},
    {"ifma", CV_CPU_AVX2 | CV_CPU_IFMA, &cv_mont_ifma},
#else
    {"none", 0, NULL}, /* a table cannot be empty */
#endif
};

static const struct cv_mont_powers *powers;

/* Widths in bits: those with code of their own, and some around them. */
static const size_t widths[] = {1024, 1536, 2048, 3072, 4096, 192, 960, 1088, 2112};

static cv_limb next(void)
{
    static uint64_t state = 1;
    cv_limb2 v = 0;
    for (int i = 0; i < 2; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
        v = v << 32 | state >> 32;
    }
    return (cv_limb)v;
}

/* Limbs at random, or with long runs of ones and of zeros, in which carries run far. */
static void fill(cv_limb *a, size_t n_limbs, unsigned kind)
{
    for (size_t i = 0; i < n_limbs; i++) a[i] = next();
    if (kind % 4 == 1) memset(a, 0xff, n_limbs * sizeof *a);
    if (kind % 4 == 2) memset(a, 0, n_limbs * sizeof *a);
    for (size_t i = 0; kind % 4 == 3 && i < n_limbs; i++)
        a[i] = next() % 3 == 0 ? a[i] : (cv_limb)0 - next() % 2;
}

/* Bits in a pattern of so many: all but the highest, or that alone. In signed digits of that many bits they
 * are the largest there are. */
static void fill_pattern(cv_limb *a, size_t n_limbs, size_t period, bool highest)
{
    memset(a, 0, n_limbs * sizeof *a);
    for (size_t i = 0; i < n_limbs * CV_LIMB_BITS; i++)
        if ((i % period == period - 1) == highest) a[i / CV_LIMB_BITS] |= (cv_limb)1 << i % CV_LIMB_BITS;
}

/* Odd moduli: any, just below and just above a power of two, such as leave their upper limbs or bits zero,
 * and of large digits. */
static size_t make_modulus(cv_limb *n, size_t n_limbs, unsigned kind)
{
    fill(n, n_limbs, kind / 8);
    n[0] |= 1;
    n[n_limbs - 1] |= (cv_limb)1 << (CV_LIMB_BITS - 1);
    switch (kind % 8) {
    case 1:
        memset(n, 0xff, n_limbs * sizeof *n);
        n[0] -= 2 * (next() % 64);
        break;
    case 2:
        memset(n, 0, n_limbs * sizeof *n);
        n[0] = 1 + 2 * (next() % 64);
        n[n_limbs - 1] = (cv_limb)1 << (CV_LIMB_BITS - 1);
        break;
    case 3:
        n[n_limbs - 1] >>= next() % (CV_LIMB_BITS - 1);
        break;
    case 4:
        if (n_limbs > 2) n[n_limbs - 1] = 0;
        n[n_limbs > 2 ? n_limbs - 2 : 0] |= 2;
        break;
    case 5:
    case 6:
        fill_pattern(n, n_limbs, 28 + kind / 8 % 2, kind % 8 == 6);
        break;
    default:
        break;
    }
    n[0] |= 1;
    size_t len = n_limbs * CV_LIMB_LEN;
    while (n[(len - 1) / CV_LIMB_LEN] >> (len - 1) % CV_LIMB_LEN * 8 == 0) len--;
    return len;
}

/* Cases of a width: wider ones take longer. */
static unsigned n_cases(size_t bits, unsigned of_1024)
{
    return bits <= 1024 ? of_1024 : (unsigned)(of_1024 * 1024 / bits);
}

struct numbers {
    cv_limb n[CV_MONT_LIMBS_MAX], r2[CV_MONT_LIMBS_MAX], a[CV_MONT_LIMBS_MAX];
    cv_limb e[CV_MONT_LIMBS_MAX], got[CV_MONT_LIMBS_MAX], want[CV_MONT_LIMBS_MAX];
    struct cv_mont mont;
};

static void make_numbers(struct numbers *x, size_t n_limbs, size_t e_limbs, unsigned kind)
{
    static const cv_limb one[CV_MONT_LIMBS_MAX] = {1};
    size_t n_bytes = make_modulus(x->n, n_limbs, kind);
    cv_mont_init(&x->mont, x->n, n_limbs);
    cv_mont_r2(&x->mont, x->r2, n_bytes);
    fill(x->a, n_limbs, kind / 3);
    cv_mont_mul(&x->mont, x->a, x->a, x->r2); /* below n */
    if (kind % 11 == 1) memset(x->a, 0, sizeof x->a);
    if (kind % 11 == 2) memcpy(x->a, one, sizeof x->a);
    if (kind % 11 == 3) { /* n - 1 */
        memcpy(x->a, x->n, n_limbs * sizeof *x->a);
        x->a[0] -= 1;
    }
    fill(x->e, e_limbs, kind / 5);
}

static void want_equal(const cv_limb *got, const cv_limb *want, const struct cv_mont *m)
{
    assert_memory_equal(got, want, m->n_limbs * sizeof *got);
    assert_true(cv_limbs_less(got, m->n, m->n_limbs) != 0);
}

/* Most of what can go wrong shows with short exponents. */
static void pairs_agree(void **state)
{
    (void)state;
    static struct numbers x[2];
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        size_t n_limbs = widths[w] / CV_LIMB_BITS;
        for (unsigned kind = 0; kind < n_cases(widths[w], 176); kind++) {
            size_t e_limbs = kind % 88 == 0 && widths[w] >= 1024 && n_limbs * CV_LIMB_BITS <= 2048
                                 ? n_limbs + 1
                                 : 1 + kind % 2;
            struct cv_mont_power got[2], want[2];
            for (unsigned i = 0; i < 2; i++) {
                make_numbers(&x[i], n_limbs, e_limbs, kind + 13 * i);
                got[i] = (struct cv_mont_power){&x[i].mont, x[i].got, x[i].a, x[i].e, x[i].r2};
                want[i] = (struct cv_mont_power){&x[i].mont, x[i].want, x[i].a, x[i].e, x[i].r2};
            }
            powers->exp_pair(powers, got, e_limbs);
            cv_mont_portable.exp_pair(&cv_mont_portable, want, e_limbs);
            for (unsigned i = 0; i < 2; i++) want_equal(x[i].got, x[i].want, &x[i].mont);
            memset(x[1].got, 0, sizeof x[1].got);
            got[0].r = x[0].a; /* in place */
            powers->exp_pair(powers, got, e_limbs);
            want_equal(x[0].a, x[0].want, &x[0].mont);
            powers->exp(powers, &got[1], e_limbs);
            want_equal(x[1].got, x[1].want, &x[1].mont);
        }
    }
}

static void public_powers_agree(void **state)
{
    (void)state;
    static const uint64_t exponents[] = {65537, 3, 5, 17, 0xffffffffffffffff, 0x8000000000000001, 0x10003};
    static struct numbers x;
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        for (unsigned kind = 0; kind < n_cases(widths[w], 308); kind++) {
            uint64_t e = exponents[kind % (sizeof exponents / sizeof *exponents)];
            make_numbers(&x, widths[w] / CV_LIMB_BITS, 1, kind);
            powers->exp_public(powers, &x.mont, x.got, x.a, e);
            cv_mont_portable.exp_public(&cv_mont_portable, &x.mont, x.want, x.a, e);
            want_equal(x.got, x.want, &x.mont);
            powers->exp_plain(powers, &x.mont, x.got, x.a, e);
            cv_mont_portable.exp_plain(&cv_mont_portable, &x.mont, x.want, x.a, e);
            want_equal(x.got, x.want, &x.mont);
            powers->exp_plain(powers, &x.mont, x.a, x.a, e);
            want_equal(x.a, x.want, &x.mont);
        }
    }
}

/* The exponent bit by bit, in and out of Montgomery form: nothing that the implementations share. */
static void powers_are_repeated_products(void **state)
{
    (void)state;
    static struct numbers x[2];
    static const cv_limb one[CV_MONT_LIMBS_MAX] = {1};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        size_t n_limbs = widths[w] / CV_LIMB_BITS;
        for (unsigned kind = 0; kind < n_cases(widths[w], 64); kind++) {
            struct cv_mont_power p[2];
            for (unsigned i = 0; i < 2; i++) {
                make_numbers(&x[i], n_limbs, 1, kind + i);
                x[i].e[0] |= 3;
                p[i] = (struct cv_mont_power){&x[i].mont, x[i].got, x[i].a, x[i].e, x[i].r2};
                cv_mont_mul(&x[i].mont, x[i].want, x[i].r2, one);
                for (unsigned bit = CV_LIMB_BITS; bit-- > 0;) {
                    cv_mont_mul(&x[i].mont, x[i].want, x[i].want, x[i].want);
                    if (x[i].e[0] >> bit & 1) cv_mont_mul(&x[i].mont, x[i].want, x[i].want, x[i].a);
                }
            }
            powers->exp_pair(powers, p, 1);
            for (unsigned i = 0; i < 2; i++) want_equal(x[i].got, x[i].want, &x[i].mont);
            memset(x[1].got, 0, sizeof x[1].got);
            powers->exp(powers, &p[1], 1);
            want_equal(x[1].got, x[1].want, &x[1].mont);
            struct numbers *y = &x[0];
            powers->exp_public(powers, &y->mont, y->got, y->a, y->e[0]);
            want_equal(y->got, y->want, &y->mont);
            cv_mont_mul(&y->mont, y->a, y->a, one);
            cv_mont_mul(&y->mont, y->want, y->want, one);
            powers->exp_plain(powers, &y->mont, y->got, y->a, y->e[0]);
            want_equal(y->got, y->want, &y->mont);
        }
    }
}

static void squares_are_products(void **state)
{
    (void)state;
    static struct numbers x;
    static const cv_limb one[CV_MONT_LIMBS_MAX] = {1};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        for (unsigned kind = 0; kind < n_cases(widths[w], 308); kind++) {
            make_numbers(&x, widths[w] / CV_LIMB_BITS, 1, kind);
            cv_mont_sqr(&x.mont, x.got, x.a);
            cv_mont_mul(&x.mont, x.want, x.a, x.a);
            want_equal(x.got, x.want, &x.mont);
            /* a fourth power of any number below R; the last factor is below n and makes the product so */
            fill(x.a, x.mont.n_limbs, kind);
            cv_mont_sqr_loose(&x.mont, x.got, x.a);
            cv_mont_sqr_loose(&x.mont, x.got, x.got);
            cv_mont_mul(&x.mont, x.got, x.got, x.r2);
            cv_mont_mul(&x.mont, x.want, x.a, x.r2);
            cv_mont_mul(&x.mont, x.want, x.want, x.a);
            cv_mont_mul(&x.mont, x.want, x.want, x.want);
            cv_mont_mul(&x.mont, x.want, x.want, one);
            want_equal(x.got, x.want, &x.mont);
            /* r2 is R^2: 1 R^2 / R, twice out of Montgomery form, is 1 */
            cv_mont_mul(&x.mont, x.want, x.r2, one);
            cv_mont_mul(&x.mont, x.want, x.want, one);
            assert_memory_equal(x.want, one, x.mont.n_limbs * sizeof *one);
        }
    }
}

static void inverses_are_inverses(void **state)
{
    (void)state;
    static struct numbers x;
    static const cv_limb one[CV_MONT_LIMBS_MAX] = {1};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        unsigned n_found = 0, n = n_cases(widths[w], 308);
        for (unsigned kind = 0; kind < n; kind++) {
            make_numbers(&x, widths[w] / CV_LIMB_BITS, 1, kind);
            bool found = cv_mont_invert_public(&x.mont, x.got, x.a);
            bool must = kind % 11 == 2 || kind % 11 == 3; /* 1 / R and n - 1 */
            if (must || kind % 11 == 1) assert_int_equal(found, must);
            if (!found) continue;
            n_found++;
            assert_true(cv_limbs_less(x.got, x.n, x.mont.n_limbs) != 0);
            cv_mont_mul(&x.mont, x.got, x.got, x.a);
            cv_mont_mul(&x.mont, x.want, x.r2, one);
            want_equal(x.got, x.want, &x.mont);
        }
        assert_true(n_found > n / 3); /* odd numbers have common factors rarely enough */
    }
}

int main(void)
{
    const struct CMUnitTest portable[] = {
        cmocka_unit_test(powers_are_repeated_products),
        cmocka_unit_test(squares_are_products),
        cmocka_unit_test(inverses_are_inverses),
    };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(powers_are_repeated_products),
        cmocka_unit_test(pairs_agree),
        cmocka_unit_test(public_powers_agree),
    };
    const uint32_t cpu = cv_cpu_detect();
    powers = &cv_mont_portable;
    int failed = cmocka_run_group_tests_name("portable", portable, NULL, NULL);
    for (size_t i = 0; i < sizeof implementations / sizeof *implementations; i++) {
        const struct implementation *f = &implementations[i];
        powers = f->powers;
        if (powers == NULL) continue;
        if ((cpu & f->needs) == f->needs)
            failed += cmocka_run_group_tests_name(f->name, others, NULL, NULL);
        else
            print_message("mont: %s SKIPPED, this processor lacks %#x\n", f->name,
                          (unsigned)(f->needs & ~cpu));
    }
    return failed;
}
