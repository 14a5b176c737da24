/* Finite-field Diffie-Hellman: shares that must be refused, and by which means; published vectors there are
 * none: `culvert vectors` runs OpenSSL's, test_bn_tom.c compares with another library. */
#include "crypto/cpu.h"
#include "crypto/ffdhe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct subject {
    const struct cv_group *group;
    const struct cv_ffdhe *g;
    uint32_t needs;
} subjects[] = {
    {&cv_group_ffdhe2048, &cv_ffdhe2048, 0},
    {&cv_group_ffdhe3072, &cv_ffdhe3072, 0},
    {&cv_group_ffdhe4096, &cv_ffdhe4096, 0},
#if defined(__x86_64__)
    {&cv_group_ffdhe2048_avx2, &cv_ffdhe2048, CV_CPU_AVX2},
    {&cv_group_ffdhe3072_avx2, &cv_ffdhe3072, CV_CPU_AVX2},
    {&cv_group_ffdhe4096_avx2, &cv_ffdhe4096, CV_CPU_AVX2},
    {&cv_group_ffdhe2048_ifma, &cv_ffdhe2048, CV_CPU_AVX2 | CV_CPU_IFMA},
    {&cv_group_ffdhe3072_ifma, &cv_ffdhe3072, CV_CPU_AVX2 | CV_CPU_IFMA},
    {&cv_group_ffdhe4096_ifma, &cv_ffdhe4096, CV_CPU_AVX2 | CV_CPU_IFMA},
#endif
};
enum { N_SUBJECTS = sizeof subjects / sizeof *subjects, LEN_MAX = CV_FFDHE_BITS_MAX / 8 };

static bool can_run(size_t i)
{
    return (cv_cpu_detect() & subjects[i].needs) == subjects[i].needs;
}

/* Random bytes of a fixed sequence, or one byte again and again; counts its calls. */
struct source {
    unsigned n_calls;
    int byte; /* -1: the sequence */
    uint64_t x;
};

static cv_err fill(void *ctx, uint8_t *out, size_t len)
{
    struct source *s = ctx;
    s->n_calls++;
    for (size_t i = 0; i < len; i++) {
        s->x = s->x * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
        out[i] = s->byte >= 0 ? (uint8_t)s->byte : (uint8_t)(s->x >> 56);
    }
    return CV_OK;
}

static cv_err no_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return CV_E_RNG;
}

static void both_sides_agree(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        static const int bytes[] = {-1, 0xff, 1};
        const struct cv_group *g = subjects[i].group;
        if (!can_run(i)) continue;
        assert_true(g->secret_len <= CV_KEX_SECRET_MAX && g->private_len <= CV_KEX_PRIVATE_MAX);
        for (size_t j = 0; j < sizeof bytes / sizeof *bytes; j++) {
            struct source ours = {0, bytes[j], 1}, theirs = {0, -1, 2};
            const struct cv_rng client_rng = {fill, &ours}, server_rng = {fill, &theirs};
            uint8_t key[CV_KEX_PRIVATE_MAX], client[LEN_MAX], server[LEN_MAX], secret[2][LEN_MAX];
            assert_int_equal(g->generate(g, key, client, &client_rng), CV_OK);
            assert_int_equal(
                g->respond(g, server, secret[0], cv_bytes(client, g->client_share_len), &server_rng), CV_OK);
            assert_int_equal(g->finish(g, secret[1], key, cv_bytes(server, g->server_share_len)), CV_OK);
            assert_memory_equal(secret[0], secret[1], g->secret_len);
        }
    }
}

/* RFC 9846 4.3.8.1: not between 1 and p - 1, or of another length. Refused before a random byte is drawn, so
 * before any power is computed. */
static void bad_shares_are_refused_first(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct cv_group *g = subjects[i].group;
        const size_t len = g->client_share_len;
        uint8_t share[LEN_MAX + 1] = {0}, key[CV_KEX_PRIVATE_MAX] = {0}, server[LEN_MAX], secret[LEN_MAX];
        struct source source = {0, -1, 1};
        const struct cv_rng rng = {fill, &source};
        if (!can_run(i)) continue;
        key[g->private_len - 1] = 3;
        for (int k = 0; k < 6; k++) {
            memset(share, 0, sizeof share);
            if (k >= 2) memcpy(share, subjects[i].g->p, len);
            if (k == 1) share[len - 1] = 1;
            if (k == 2) share[len - 1]--; /* p - 1; p ends in 0xff */
            if (k == 4) share[len - 9]++; /* above p: eight bytes of ones stand there */
            if (k == 5) memset(share, 0xff, len);
            assert_int_equal(g->respond(g, server, secret, cv_bytes(share, len), &rng), CV_E_BAD_KEY_SHARE);
            assert_int_equal(g->finish(g, secret, key, cv_bytes(share, len)), CV_E_BAD_KEY_SHARE);
        }
        memset(share, 2, sizeof share);
        const size_t lens[] = {0, 1, len - 1, len + 1};
        for (size_t k = 0; k < sizeof lens / sizeof *lens; k++) {
            assert_int_equal(g->respond(g, server, secret, cv_bytes(share, lens[k]), &rng),
                             CV_E_BAD_KEY_SHARE);
            assert_int_equal(g->finish(g, secret, key, cv_bytes(share, lens[k])), CV_E_BAD_KEY_SHARE);
        }
        assert_int_equal(source.n_calls, 0);
        assert_int_equal(g->respond(g, server, secret, cv_bytes(share, len), &rng), CV_OK);
        assert_int_equal(source.n_calls, 1);
    }
}

/* The least and the greatest share that are allowed, and their known powers: 2^3, and (p - 2)^3 = p - 8. */
static void extreme_shares(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct cv_group *g = subjects[i].group;
        const size_t len = g->client_share_len;
        uint8_t share[LEN_MAX] = {0}, expected[LEN_MAX] = {0}, key[CV_KEX_PRIVATE_MAX] = {0}, secret[LEN_MAX];
        if (!can_run(i)) continue;
        key[g->private_len - 1] = 3;
        share[len - 1] = 2;
        expected[len - 1] = 8;
        assert_int_equal(g->finish(g, secret, key, cv_bytes(share, len)), CV_OK);
        assert_memory_equal(secret, expected, len);
        memcpy(share, subjects[i].g->p, len);
        memcpy(expected, subjects[i].g->p, len);
        share[len - 1] = (uint8_t)(share[len - 1] - 2);
        expected[len - 1] = (uint8_t)(expected[len - 1] - 8);
        assert_int_equal(g->finish(g, secret, key, cv_bytes(share, len)), CV_OK);
        assert_memory_equal(secret, expected, len);
    }
}

/* A secret of 1, which only a key of zero gives for a share that is allowed. */
static void a_secret_of_one_is_refused(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        const struct cv_group *g = subjects[i].group;
        struct source zeros = {0, 0, 1};
        const struct cv_rng rng = {fill, &zeros};
        uint8_t share[LEN_MAX], key[CV_KEX_PRIVATE_MAX] = {0}, server[LEN_MAX], secret[LEN_MAX];
        const struct cv_bytes view = cv_bytes(share, g->client_share_len);
        if (!can_run(i)) continue;
        memset(share, 7, sizeof share);
        memset(secret, 0xa5, sizeof secret);
        assert_int_equal(g->finish(g, secret, key, view), CV_E_BAD_KEY_SHARE);
        for (size_t k = 0; k < g->secret_len; k++) assert_int_equal(secret[k], 0);
        assert_int_equal(g->respond(g, server, secret, view, &rng), CV_E_BAD_KEY_SHARE);
    }
}

static void fails_without_random_bytes(void **unused)
{
    (void)unused;
    static const struct cv_rng rng = {no_random, NULL};
    const struct cv_group *g = &cv_group_ffdhe2048;
    uint8_t share[LEN_MAX], key[CV_KEX_PRIVATE_MAX], server[LEN_MAX], secret[LEN_MAX];
    memset(share, 7, sizeof share);
    assert_int_equal(g->generate(g, key, server, &rng), CV_E_RNG);
    assert_int_equal(g->respond(g, server, secret, cv_bytes(share, g->client_share_len), &rng), CV_E_RNG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(bad_shares_are_refused_first),
        cmocka_unit_test(extreme_shares),
        cmocka_unit_test(a_secret_of_one_is_refused),
        cmocka_unit_test(fails_without_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
