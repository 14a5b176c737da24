/* Our fixed-width arithmetic against libtommath's, and libtommath behind bn_tom.h: its memory is ours, and it
 * may fail anywhere. */
#include "crypto/bn_tom.h"
#include "crypto/cpu.h"
#include "crypto/ffdhe.h"
#include "crypto/rsa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LEN_MAX = CV_MONT_BITS_MAX / 8 };

/* Memory that counts, and fails from a certain call on. */
static struct {
    size_t n_calls, n_until_failure, n_bytes;
} heap;

static void *heap_alloc(void *ctx, size_t len)
{
    (void)ctx;
    if (++heap.n_calls > heap.n_until_failure) return NULL;
    heap.n_bytes += len;
    return malloc(len);
}

static void heap_free(void *ctx, void *p, size_t len)
{
    (void)ctx;
    heap.n_bytes -= len;
    free(p);
}

static const struct cv_bn_memory memory = {heap_alloc, heap_free, NULL};

static void heap_reset(size_t n_until_failure)
{
    assert_int_equal(heap.n_bytes, 0); /* all that was taken has been given back */
    heap.n_calls = 0;
    heap.n_until_failure = n_until_failure;
}

static uint64_t next(void)
{
    static uint64_t x = 1;
    x = x * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
    return x >> 32;
}

static cv_err rng_fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) out[i] = (uint8_t)next();
    return CV_OK;
}

static const struct cv_rng rng = {rng_fill, NULL};

static cv_err rng_fail(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return CV_E_RNG;
}

/* Bytes at random, or in long runs of ones and zeros, over which carries run far. */
static void fill(uint8_t *p, size_t len)
{
    const unsigned kind = (unsigned)next() % 3;
    uint8_t run = 0;
    for (size_t i = 0; i < len; i++) {
        if (next() % 8 == 0) run = (uint8_t)next();
        p[i] = kind == 0 ? (uint8_t)next() : kind == 1 ? (uint8_t)(0 - (run & 1)) : run;
    }
}

/* An odd modulus of `len` bytes, and two numbers below it, in both forms. */
struct numbers {
    size_t len, n_limbs;
    uint8_t n[LEN_MAX], a[LEN_MAX], b[LEN_MAX], got[LEN_MAX], want[LEN_MAX];
    cv_limb n_limb[CV_MONT_LIMBS_MAX], a_limb[CV_MONT_LIMBS_MAX], b_limb[CV_MONT_LIMBS_MAX];
    cv_limb r2[CV_MONT_LIMBS_MAX], r[CV_MONT_LIMBS_MAX];
    struct cv_mont mont;
};

static void below(const struct numbers *x, uint8_t *p)
{
    static const uint8_t one[] = {1};
    uint8_t any[LEN_MAX];
    fill(any, x->len);
    assert_int_equal(
        cv_bn_mulmod(&memory, p, x->len, cv_bytes(any, x->len), cv_bytes(one, 1), cv_bytes(x->n, x->len)),
        CV_OK);
}

static void make_numbers(struct numbers *x, size_t len)
{
    x->len = len;
    x->n_limbs = cv_limbs_for(len);
    fill(x->n, len);
    x->n[0] |= (uint8_t)(1 << next() % 8);
    x->n[len - 1] |= 1;
    below(x, x->a);
    below(x, x->b);
    cv_limbs_from_bytes(x->n_limb, x->n_limbs, x->n, len);
    cv_limbs_from_bytes(x->a_limb, x->n_limbs, x->a, len);
    cv_limbs_from_bytes(x->b_limb, x->n_limbs, x->b, len);
    cv_mont_init(&x->mont, x->n_limb, x->n_limbs);
    cv_mont_r2(&x->mont, x->r2, len);
}

/* r is what libtommath says of `want`, when out of Montgomery form. */
static void want_result(struct numbers *x)
{
    static const cv_limb one[CV_MONT_LIMBS_MAX] = {1};
    cv_mont_mul(&x->mont, x->r, x->r, one);
    cv_limbs_to_bytes(x->got, x->len, x->r, x->n_limbs);
    assert_memory_equal(x->got, x->want, x->len);
}

static struct cv_bytes view(const struct numbers *x, const uint8_t *p)
{
    return cv_bytes(p, x->len);
}

/* Lengths of 2 to 1024 bytes, the longer ones seldom. */
static size_t random_len(size_t i)
{
    const size_t max = i % 16 == 0 ? LEN_MAX : i % 4 == 0 ? 256 : 72;
    return 2 + (size_t)next() % (max - 1);
}

static void products_agree(void **unused)
{
    (void)unused;
    static struct numbers x;
    heap_reset(SIZE_MAX);
    for (size_t i = 0; i < 1500; i++) {
        make_numbers(&x, random_len(i));
        assert_int_equal(cv_bn_mulmod(&memory, x.want, x.len, view(&x, x.a), view(&x, x.b), view(&x, x.n)),
                         CV_OK);
        cv_mont_mul(&x.mont, x.a_limb, x.a_limb, x.r2);
        cv_mont_mul(&x.mont, x.b_limb, x.b_limb, x.r2);
        cv_mont_mul(&x.mont, x.r, x.a_limb, x.b_limb);
        want_result(&x);
        assert_int_equal(cv_bn_mulmod(&memory, x.want, x.len, view(&x, x.a), view(&x, x.a), view(&x, x.n)),
                         CV_OK);
        cv_mont_sqr(&x.mont, x.r, x.a_limb);
        want_result(&x);
    }
    heap_reset(0);
}

static void powers_agree_by(const struct cv_mont_powers *powers, size_t n_cases)
{
    static const size_t widths[] = {128, 192, 256, 384, 512}; /* in bytes: those with code of their own */
    static struct numbers x;
    for (size_t i = 0; i < n_cases; i++) {
        uint8_t e[24];
        cv_limb e_limb[sizeof e / CV_LIMB_LEN];
        const size_t e_len = CV_LIMB_LEN * (1 + (size_t)next() % (sizeof e / CV_LIMB_LEN));
        make_numbers(&x, i % 3 == 0 ? widths[i / 3 % 5] : random_len(i));
        fill(e, e_len);
        cv_limbs_from_bytes(e_limb, e_len / CV_LIMB_LEN, e, e_len);
        assert_int_equal(
            cv_bn_powmod(&memory, x.want, x.len, view(&x, x.a), cv_bytes(e, e_len), view(&x, x.n)), CV_OK);
        cv_mont_mul(&x.mont, x.a_limb, x.a_limb, x.r2);
        const struct cv_mont_power p = {.m = &x.mont, .r = x.r, .a = x.a_limb, .e = e_limb, .r2 = x.r2};
        powers->exp(powers, &p, e_len / CV_LIMB_LEN);
        want_result(&x);
        const uint64_t e_public = next() | 3;
        cv_store_be64(e, e_public);
        assert_int_equal(cv_bn_powmod(&memory, x.want, x.len, view(&x, x.a), cv_bytes(e, 8), view(&x, x.n)),
                         CV_OK);
        powers->exp_public(powers, &x.mont, x.r, x.a_limb, e_public);
        want_result(&x);
        cv_limbs_from_bytes(x.r, x.n_limbs, x.a, x.len);
        powers->exp_plain(powers, &x.mont, x.r, x.r, e_public);
        cv_mont_mul(&x.mont, x.r, x.r, x.r2);
        want_result(&x);
    }
}

static void powers_agree(void **unused)
{
    (void)unused;
    heap_reset(SIZE_MAX);
    powers_agree_by(&cv_mont_portable, 120);
#if defined(__x86_64__)
    const uint32_t needs = CV_CPU_AVX2 | CV_CPU_IFMA;
    if ((cv_cpu_detect() & CV_CPU_AVX2) != 0) powers_agree_by(&cv_mont_avx2, 120);
    if ((cv_cpu_detect() & needs) == needs) powers_agree_by(&cv_mont_ifma, 120);
#endif
    heap_reset(0);
}

static void inverses_agree(void **unused)
{
    (void)unused;
    static struct numbers x;
    unsigned n_without = 0;
    heap_reset(SIZE_MAX);
    for (size_t i = 0; i < 300; i++) {
        make_numbers(&x, i < 60 ? 2 : random_len(i));
        cv_err e = cv_bn_invmod(&memory, x.want, x.len, view(&x, x.a), view(&x, x.n));
        cv_mont_mul(&x.mont, x.a_limb, x.a_limb, x.r2);
        bool has = cv_mont_invert_public(&x.mont, x.r, x.a_limb);
        assert_int_equal(e, has ? CV_OK : CV_E_INVALID_ARGUMENT);
        if (has) want_result(&x);
        n_without += !has;
    }
    assert_in_range(n_without, 10, 200);
    heap_reset(0);
}

/* RFC 7919's groups are safe, and their secrets what libtommath finds. */
static void ffdhe_agrees(void **unused)
{
    (void)unused;
    static const struct {
        const struct cv_ffdhe *g;
        const struct cv_group *group;
    } rows[] = {{&cv_ffdhe2048, &cv_group_ffdhe2048},
                {&cv_ffdhe3072, &cv_group_ffdhe3072},
                {&cv_ffdhe4096, &cv_group_ffdhe4096}};
    static const uint8_t two[] = {2};
    heap_reset(SIZE_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct cv_group *g = rows[i].group;
        const struct cv_bytes p = cv_bytes(rows[i].g->p, rows[i].g->p_len);
        uint8_t key[CV_KEX_PRIVATE_MAX], share[512], server[512], secret[512], want[512];
        bool safe = false;
        if (i == 0) { /* the larger ones take seconds */
            assert_int_equal(cv_bn_is_safe_group(&memory, &safe, p, cv_bytes(two, 1)), CV_OK);
            assert_true(safe);
        }
        assert_int_equal(g->generate(g, key, share, &rng), CV_OK);
        assert_int_equal(
            cv_bn_powmod(&memory, want, p.len, cv_bytes(two, 1), cv_bytes(key, g->private_len), p), CV_OK);
        assert_memory_equal(share, want, p.len);
        assert_int_equal(g->respond(g, server, secret, cv_bytes(share, p.len), &rng), CV_OK);
        assert_int_equal(
            cv_bn_powmod(&memory, want, p.len, cv_bytes(server, p.len), cv_bytes(key, g->private_len), p),
            CV_OK);
        assert_memory_equal(secret, want, p.len);
    }
    heap_reset(0);
}

static bool is_prime(const char *digits, unsigned n_rounds)
{
    uint8_t n[16];
    bool prime;
    cv_store_be64(n, 0);
    cv_store_be64(n + 8, strtoull(digits, NULL, 10));
    assert_int_equal(cv_bn_is_prime(&memory, &prime, cv_bytes(n, sizeof n), n_rounds, &rng), CV_OK);
    return prime;
}

static void primes(void **unused)
{
    (void)unused;
    static const char *const some[] = {"2", "3", "5", "7", "65537", "4294967291", "18446744073709551557"};
    /* the last three pass Fermat's or a Miller-Rabin test of small bases: a Carmichael number, J. Jaeschke's
     * to 2, 3, 5 and 7, and 3825123056546413051 to the first nine primes */
    static const char *const none[] = {"0",     "1",   "4",          "9",
                                       "65535", "561", "3215031751", "3825123056546413051"};
    heap_reset(SIZE_MAX);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) assert_true(is_prime(some[i], (unsigned)i % 3));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) assert_false(is_prime(none[i], (unsigned)i % 3));
    heap_reset(0);
}

/* p = 23 = 2 11 + 1; 29 - 1 has small factors, 22 is even, 35 is composite and 17 half of it. */
static void safe_groups(void **unused)
{
    (void)unused;
    static const struct {
        uint8_t p, g;
        bool safe;
    } rows[] = {{23, 2, true},   {23, 21, true},  {23, 0, false}, {23, 1, false},
                {23, 22, false}, {23, 23, false}, {29, 2, false}, {22, 2, false},
                {35, 2, false},  {0, 0, false},   {5, 2, true},   {3, 2, false}};
    heap_reset(SIZE_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool safe;
        assert_int_equal(
            cv_bn_is_safe_group(&memory, &safe, cv_bytes(&rows[i].p, 1), cv_bytes(&rows[i].g, 1)), CV_OK);
        assert_int_equal(safe, rows[i].safe);
    }
    heap_reset(0);
}

static void decimal(void **unused)
{
    (void)unused;
    static const uint8_t n[] = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0}; /* 2^64 */
    char out[24];
    heap_reset(SIZE_MAX);
    assert_int_equal(cv_bn_to_decimal(&memory, out, sizeof out, cv_bytes(n, sizeof n)), CV_OK);
    assert_string_equal(out, "18446744073709551616");
    assert_int_equal(cv_bn_to_decimal(&memory, out, 20, cv_bytes(n, sizeof n)), CV_E_BUFFER_TOO_SMALL);
    assert_int_equal(cv_bn_to_decimal(&memory, out, 21, cv_bytes(n, sizeof n)), CV_OK);
    assert_int_equal(cv_bn_to_decimal(&memory, out, sizeof out, cv_bytes(n, 1)), CV_OK);
    assert_string_equal(out, "0");
    heap_reset(0);
}

static void bad_arguments(void **unused)
{
    (void)unused;
    static const uint8_t zero[] = {0}, seven[] = {7}, large[] = {1, 1};
    uint8_t out[2];
    bool prime;
    static const struct cv_rng no_rng = {rng_fail, NULL};
    static struct cv_bn_rsa rsa;
    const struct cv_bytes z = cv_bytes(zero, 1), s = cv_bytes(seven, 1), l = cv_bytes(large, 2);
    heap_reset(SIZE_MAX);
    assert_int_equal(cv_bn_mulmod(&memory, out, 1, s, s, z), CV_E_INVALID_ARGUMENT);
    assert_int_equal(cv_bn_powmod(&memory, out, 1, s, s, z), CV_E_INVALID_ARGUMENT);
    assert_int_equal(cv_bn_invmod(&memory, out, 1, s, z), CV_E_INVALID_ARGUMENT);
    assert_int_equal(cv_bn_invmod(&memory, out, 1, z, s), CV_E_INVALID_ARGUMENT);
    const uint8_t two_hundred[] = {200};
    assert_int_equal(cv_bn_mulmod(&memory, out, 0, s, s, l), CV_E_BUFFER_TOO_SMALL);
    assert_int_equal(cv_bn_mulmod(&memory, out, 1, s, s, l), CV_OK);
    assert_int_equal(out[0], 49);
    assert_int_equal(cv_bn_is_prime(&memory, &prime, cv_bytes(two_hundred, 1), 1, &no_rng), CV_OK);
    assert_int_equal(cv_bn_is_prime(&memory, &prime, s, 1, &no_rng), CV_E_RNG);
    assert_int_equal(cv_bn_find_prime(&memory, out, 1, 3, &rng), CV_E_INVALID_ARGUMENT);
    assert_int_equal(cv_bn_make_rsa(&memory, &rsa, 2047, &rng), CV_E_BAD_MODULUS);
    assert_int_equal(cv_bn_make_rsa(&memory, &rsa, 512, &rng), CV_E_BAD_MODULUS);
    assert_int_equal(cv_bn_make_rsa(&memory, &rsa, CV_RSA_BITS_MAX + 16, &rng), CV_E_BAD_MODULUS);
    assert_int_equal(cv_bn_make_rsa(&memory, &rsa, 2048, &no_rng), CV_E_RNG);
    heap_reset(0);
}

/* A key that our own RSA signs and verifies with, whose every number therefore fits. */
static void rsa_keys(void **unused)
{
    (void)unused;
    static struct cv_bn_rsa rsa;
    static uint8_t sig[256];
    uint8_t digest[32] = {1, 2, 3};
    size_t sig_len = sizeof sig;
    bool prime;
    heap_reset(SIZE_MAX);
    assert_int_equal(cv_bn_make_rsa(&memory, &rsa, 2048, &rng), CV_OK);
    assert_int_equal(rsa.key.n.len, 256);
    assert_true(rsa.key.n.p[0] >= 0x80);
    assert_int_equal(cv_bn_is_prime(&memory, &prime, rsa.key.p, 4, &rng), CV_OK);
    assert_true(prime);
    const struct cv_bytes m = cv_bytes(digest, sizeof digest);
    assert_int_equal(cv_rsa_pss_sign(&rsa.key, &cv_sha256, m, sig, &sig_len, &rng), CV_OK);
    const struct cv_public_key pub = {.type = CV_KEY_RSA, .n = rsa.key.n, .e = rsa.key.e};
    assert_int_equal(cv_rsa_pss_verify(&pub, &cv_sha256, m, cv_bytes(sig, sig_len)), CV_OK);
    /* d, which our RSA does not use: m^(e d) = m */
    uint8_t power[256], back[256];
    assert_int_equal(cv_bn_powmod(&memory, power, 256, m, rsa.key.e, rsa.key.n), CV_OK);
    assert_int_equal(cv_bn_powmod(&memory, back, 256, cv_bytes(power, 256), rsa.key.d, rsa.key.n), CV_OK);
    assert_memory_equal(back + 224, digest, 32);
    heap_reset(0);
}

static cv_err run_any(unsigned which)
{
    static const uint8_t n[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x61};
    static const uint8_t a[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
    const struct cv_bytes m = cv_bytes(n, sizeof n), x = cv_bytes(a, sizeof a);
    uint8_t out[16];
    char digits[64];
    bool yes;
    switch (which) {
    case 0:
        return cv_bn_mulmod(&memory, out, sizeof out, x, x, m);
    case 1:
        return cv_bn_powmod(&memory, out, sizeof out, x, x, m);
    case 2:
        return cv_bn_invmod(&memory, out, sizeof out, x, m);
    case 3:
        return cv_bn_is_prime(&memory, &yes, m, 2, &rng); /* 2^128 - 159 */
    case 4:
        return cv_bn_is_safe_group(&memory, &yes, m, x);
    case 5:
        return cv_bn_to_decimal(&memory, digits, sizeof digits, x);
    default:
        return cv_bn_find_prime(&memory, out, sizeof out, 3, &rng);
    }
}

/* Every allocation fails once; the cause comes back, and nothing stays behind. */
static void every_allocation_may_fail(void **unused)
{
    (void)unused;
    for (unsigned which = 0; which < 7; which++) {
        cv_err e = CV_E_NO_MEMORY;
        size_t n;
        for (n = 0; e != CV_OK && n < 100000; n++) {
            heap_reset(n);
            e = run_any(which);
            if (e != CV_OK) assert_int_equal(e, CV_E_NO_MEMORY);
        }
        assert_int_equal(e, CV_OK);
        assert_true(n > 1);
    }
    heap_reset(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_agree), cmocka_unit_test(powers_agree),
        cmocka_unit_test(inverses_agree), cmocka_unit_test(ffdhe_agrees),
        cmocka_unit_test(primes),         cmocka_unit_test(safe_groups),
        cmocka_unit_test(decimal),        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(rsa_keys),       cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
