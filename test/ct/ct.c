#include "test/ct/ct.h"

#include "crypto/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(CULVERT_CT_VALGRIND)
enum { CARRIES_FOLLOWED = 1 };
static size_t n_marked(const void *p, size_t len)
{
    const uint8_t *bytes = p;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t bits = 0;
        (void)VALGRIND_GET_VBITS(bytes + i, &bits, 1);
        n += bits != 0;
    }
    return n;
}
static unsigned long n_reports(void)
{
    return VALGRIND_COUNT_ERRORS;
}
#elif defined(CULVERT_CT_MSAN)
enum { CARRIES_FOLLOWED = 0 };
static size_t n_marked(const void *p, size_t len)
{
    const uint8_t *bytes = p;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) n += __msan_test_shadow(bytes + i, 1) >= 0;
    return n;
}
/* It ends the program at the first. */
static unsigned long n_reports(void)
{
    return 0;
}
#else
#error "build with CT=valgrind or CT=msan"
#endif

void ct_want(bool ok, const char *what)
{
    if (ok) return;
    (void)fprintf(stderr, "ct: failed: %s\n", what);
    exit(1);
}

static void want_marks(const char *what, size_t have, size_t want)
{
    if (have == want) return;
    (void)fprintf(stderr, "ct: %s: %zu bytes are secret, %zu should be\n", what, have, want);
    exit(1);
}

void ct_mark(const void *p, size_t len)
{
    cv_secret_mark(p, len);
    want_marks("marked by the test", n_marked(p, len), len);
}

void ct_reveal(const void *p, size_t len)
{
    cv_secret_declassify(p, len);
}

void ct_want_secret(const char *what, const void *p, size_t len)
{
    size_t n = n_marked(p, len);
    /* MemorySanitizer follows no carries: bytes that depend on a secret through them alone have no mark. */
    want_marks(what, CARRIES_FOLLOWED || n == 0 ? n : len, len);
}

void ct_want_public(const char *what, const void *p, size_t len)
{
    want_marks(what, n_marked(p, len), 0);
}

/* A linear congruence (D. Knuth, MMIX) is random enough: no algorithm here looks at its input. */
void ct_fill(void *p, size_t len)
{
    static uint64_t x = 1;
    uint8_t *bytes = p;
    for (size_t i = 0; i < len; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(x >> 56);
    }
}

void ct_fill_secret(void *p, size_t len)
{
    ct_fill(p, len);
    if (len != 0) ct_mark(p, len);
}

static cv_err fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    ct_fill_secret(out, len);
    return CV_OK;
}

const struct cv_rng ct_rng = {fill, NULL};

uint32_t ct_cpu(void)
{
    return cv_cpu_mask(cv_cpu_detect(), getenv("CULVERT_CPU"));
}

void ct_note(const char *what, const char *name)
{
    (void)printf("    %s %s\n", what, name);
}

static bool run_cases(const struct ct_case *c, int n_names, char **names, unsigned *n_run)
{
    bool clean = true;
    for (; c->name != NULL; c++) {
        bool wanted = n_names == 0;
        for (int i = 0; i < n_names; i++) wanted = wanted || strcmp(names[i], c->name) == 0;
        if (!wanted) continue;
        unsigned long before = n_reports();
        c->run();
        unsigned long found = n_reports() - before;
        (void)printf("  %-12s %s", c->name, found == 0 ? "clean\n" : "");
        if (found != 0) (void)printf("%lu reports\n", found);
        (void)fflush(stdout);
        clean = clean && found == 0;
        ++*n_run;
    }
    return clean;
}

/* ct [CASE...]: all cases but the leaky ones, or those named. */
int main(int argc, char **argv)
{
    const struct ct_case *const lists[] = {ct_hash_cases, ct_aead_cases, ct_key_cases, ct_tls_cases,
                                           ct_leaky_cases};
    size_t n_lists = sizeof lists / sizeof lists[0] - (argc == 1);
    unsigned n_run = 0;
    bool clean = true;
    for (size_t i = 0; i < n_lists; i++) clean &= run_cases(lists[i], argc - 1, argv + 1, &n_run);
    ct_want(n_run > 0, "no such case");
    return clean ? 0 : 3;
}
