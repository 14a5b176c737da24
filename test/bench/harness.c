#include "harness.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

const size_t bench_aead_sizes[N_AEAD_SIZES] = {BENCH_RECORD, 1350, 64};
const size_t bench_hash_sizes[N_HASH_SIZES] = {BENCH_RECORD, 64};
_Alignas(64) uint8_t bench_in[BENCH_RECORD + 64];
_Alignas(64) uint8_t bench_out[BENCH_RECORD + 1024];

static const char *peer_name = "?", *filter, *sections = "ABCD";
static double run_seconds = 0.06;
static long n_runs = 5;

void bench_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fprintf(stderr, "%s: ", peer_name);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

/* One processor for all runs; where that is not allowed, the numbers are a little noisier. */
static void pin(void)
{
    const char *wanted = getenv("BENCH_CORE");
    cpu_set_t may, one;
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof may, &may) != 0) return;
    size_t core = 0;
    if (wanted != NULL) {
        core = strtoul(wanted, NULL, 10);
    } else {
        int n = CPU_COUNT(&may) > 1 ? 2 : 1;
        while ((n -= CPU_ISSET(core, &may) != 0) > 0) core++;
    }
    CPU_SET(core, &one);
    (void)sched_setaffinity(0, sizeof one, &one);
}

void bench_init(const char *peer, int argc, char **argv)
{
    const char *v;
    peer_name = peer;
    for (size_t i = 0; i < sizeof bench_in; i++) bench_in[i] = (uint8_t)(i * 31 + (i >> 8) * 5 + 1);
    if ((v = getenv("BENCH_SECS")) != NULL) run_seconds = atof(v);
    if ((v = getenv("BENCH_RUNS")) != NULL) n_runs = atol(v);
    filter = getenv("BENCH_FILTER");
    if (argc > 2 || (argc == 2 && argv[1][strspn(argv[1], "ABCD")] != '\0')) {
        (void)fprintf(stderr, "usage: %s [letters of ABCD]\n", argv[0]);
        exit(2);
    }
    if (argc == 2) sections = argv[1];
    if (run_seconds <= 0 || n_runs < 1) bench_fail("BENCH_SECS and BENCH_RUNS must be positive");
    pin();
}

bool bench_section(char letter)
{
    return strchr(sections, letter) != NULL;
}

bool bench_wanted(const char *metric)
{
    return filter == NULL || strstr(metric, filter) != NULL;
}

void bench_row(const char *metric, double value, const char *unit)
{
    if (!bench_wanted(metric)) return;
    (void)printf("%s,%s,%.6g,%s\n", peer_name, metric, value, unit);
    (void)fflush(stdout);
}

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double seconds_for(bench_fn *run, void *arg, long n)
{
    double start = cpu_seconds();
    for (long i = 0; i < n; i++) run(arg);
    return cpu_seconds() - start;
}

double bench_rate(bench_fn *run, void *arg)
{
    long n = 1;
    double best = 0, took;
    /* a call must not weigh under the clock's resolution before it is multiplied */
    while ((took = seconds_for(run, arg, n)) < run_seconds / 8) n *= 2;
    n = (long)((double)n * run_seconds / took) + 1;
    for (long i = 0; i < n_runs; i++) {
        took = seconds_for(run, arg, n);
        if ((double)n / took > best) best = (double)n / took;
    }
    return best;
}

void bench_mb(const char *metric, bench_fn *run, void *arg, size_t len)
{
    if (bench_wanted(metric)) bench_row(metric, bench_rate(run, arg) * (double)len / 1e6, "MB/s");
}

void bench_op(const char *metric, bench_fn *run, void *arg)
{
    if (bench_wanted(metric)) bench_row(metric, bench_rate(run, arg), "op/s");
}

uint64_t bench_ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}

void wire_clear(struct wire *q)
{
    q->r = q->w = 0;
    q->sink = false;
}

void wire_put(struct wire *q, const void *p, size_t len)
{
    if (q->sink || len == 0) return;
    if (q->r == q->w) q->r = q->w = 0;
    if (len > sizeof q->p - q->w) bench_fail("the wire is full");
    memcpy(q->p + q->w, p, len);
    q->w += len;
}

size_t wire_get(struct wire *q, void *p, size_t cap)
{
    size_t len = wire_len(q) < cap ? wire_len(q) : cap;
    memcpy(p, q->p + q->r, len);
    q->r += len;
    return len;
}

const char *bench_pem_path(const char *kind, enum bench_pem what)
{
    static const char *const theirs[] = {"-root.pem", "-chain.pem", "-leaf.key"};
    static const char *const ours[] = {"", ".pem", ".key"};
    static char path[1024];
    const char *folder = getenv("PEERS_CERTS");
    int len;
    if (folder != NULL)
        len = snprintf(path, sizeof path, "%s/%s%s", folder, kind, theirs[what]);
    else if (what == BENCH_ROOT)
        len = snprintf(path, sizeof path, "test/pki/tls/root.pem");
    else
        len =
            snprintf(path, sizeof path, "test/pki/tls/server-%s%s", *kind == 'e' ? "p256" : kind, ours[what]);
    if (len < 0 || (size_t)len >= sizeof path) bench_fail("PEERS_CERTS is too long");
    return path;
}

size_t bench_pem_read(const char *kind, enum bench_pem what, uint8_t *text, size_t cap)
{
    const char *path = bench_pem_path(kind, what);
    FILE *f = fopen(path, "rb");
    if (f == NULL) bench_fail("cannot open %s", path);
    size_t len = fread(text, 1, cap, f);
    (void)fclose(f);
    if (len == cap) bench_fail("%s is too long", path);
    return len;
}
