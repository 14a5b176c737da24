/* Does time depend on secrets? Two classes of inputs, in random order, are timed, and Welch's t-test says
 * whether their means differ (O. Reparaz, J. Balasch, I. Verbauwhede, "Dude, is my code constant time?",
 * 2017): |t| above 4.5 says that they do. It shows what the marks of test/ct cannot: instructions whose time
 * depends on their operands. But it only ever finds differences, and proves nothing.
 *
 *   timing RUNS [CASE...] */
#include "crypto/base/secret.h"
#include "crypto/cbc_hmac.h"
#include "crypto/cpu.h"
#include "crypto/ec.h"
#include "crypto/rsa.h"
#include "crypto/x25519.h"
#include "test/unit/hex.h"
#include "test/unit/rsa_vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { N_CALIBRATE = 2000, INPUT_MAX = 512 };

static uint64_t now(void)
{
#if defined(__x86_64__)
    unsigned aux;
    _mm_lfence();
    uint64_t t = __rdtscp(&aux);
    _mm_lfence();
    return t;
#else
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}

static uint64_t random_bits(void)
{
    static uint64_t x = 1;
    x = x * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
    return x >> 32;
}

static cv_err rng_fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) out[i] = (uint8_t)random_bits();
    return CV_OK;
}

static const struct cv_rng rng = {rng_fill, NULL};

struct timed {
    const char *name, *classes;
    bool leaks; /* must be found to differ */
    void (*setup)(void);
    void (*prepare)(uint8_t *input, unsigned class); /* not timed */
    void (*run)(const uint8_t *input);
};

/* ECDSA: k B and 1 / k for a nonce k whose upper half is zeros, and for any. */
static void prepare_nonce(uint8_t *input, unsigned class)
{
    (void)rng_fill(NULL, input, 32);
    input[0] &= 0x7f; /* below the order */
    if (class == 1) memset(input, 0, 16);
}

static void run_nonce(const uint8_t *input)
{
    const struct cv_ec_curve *c = &cv_ec_p256;
    cv_gf_limb k[CV_GF_LIMBS_MAX], point[3 * CV_GF_LIMBS_MAX];
    if (cv_ec_decode_scalar(c, k, cv_bytes(input, 32)) != CV_OK) abort();
    cv_ec_mul_base(c, point, k);
    cv_gf_invert(c->order, k, k);
}

/* X25519: one private key, and any. */
static void prepare_x25519(uint8_t *input, unsigned class)
{
    (void)rng_fill(NULL, input, 32);
    if (class == 1) memset(input, 0, 32);
}

static void run_x25519(const uint8_t *input)
{
    static const uint8_t u[32] = {9};
    uint8_t secret[32];
    if (cv_x25519(secret, input, u) != CV_OK) abort();
}

/* RSA-PSS: one digest, and any. */
static struct cv_private_key rsa_key;

static void setup_rsa(void)
{
    static uint8_t bytes[8][CV_RSA_BYTES_MAX];
    const struct rsa_vector *v = &rsa_vectors[0];
    const char *const hex[] = {v->n, v->e, v->d, v->p, v->q, v->dp, v->dq, v->qinv};
    struct cv_private_key *k = &rsa_key;
    struct cv_bytes *const parts[] = {&k->n, &k->e, &k->d, &k->p, &k->q, &k->dp, &k->dq, &k->qinv};
    k->type = CV_KEY_RSA;
    for (size_t i = 0; i < 8; i++) *parts[i] = cv_bytes(bytes[i], unhex(bytes[i], sizeof bytes[i], hex[i]));
}

static void prepare_digest(uint8_t *input, unsigned class)
{
    (void)rng_fill(NULL, input, 32);
    if (class == 1) memset(input, 0, 32);
}

static void run_rsa(const uint8_t *input)
{
    uint8_t sig[CV_RSA_BYTES_MAX];
    size_t len = sizeof sig;
    if (cv_rsa_pss_sign(&rsa_key, &cv_sha256, cv_bytes(input, 32), sig, &len, &rng) != CV_OK) abort();
}

/* CBC: records whose MAC is wrong behind the least padding and behind the longest (Lucky Thirteen). */
static struct cv_cbc_hmac cbc_alg = {&cv_aes128_cbc, &cv_sha1, &cv_cbc_hmac_ops};
static struct cv_cbc_hmac_state cbc_seal, cbc_open;
enum { CBC_LEN = 20 * CV_AES_BLOCK_LEN };

static void setup_cbc(void)
{
    static const uint8_t mac_key[20] = {1}, key[16] = {2};
#if defined(__x86_64__)
    if (cv_cpu_detect() & CV_CPU_AES) cbc_alg.cipher = &cv_aes128_cbc_aesni;
#endif
    cv_cbc_hmac_init(&cbc_alg, &cbc_seal, mac_key, key, false, false);
    cv_cbc_hmac_init(&cbc_alg, &cbc_open, mac_key, key, true, false);
}

static void prepare_cbc(uint8_t *input, unsigned class)
{
    uint8_t chain[CV_AES_BLOCK_LEN] = {0};
    (void)rng_fill(NULL, input, CBC_LEN);
    if (class == 0)
        input[CBC_LEN - 1] = 0;
    else
        memset(input + CBC_LEN - 256, 255, 256);
    cbc_alg.cipher->encrypt(cbc_seal.cipher, chain, input, CBC_LEN / CV_AES_BLOCK_LEN);
}

static void run_cbc(const uint8_t *input)
{
    static const uint8_t iv[CV_AES_BLOCK_LEN], header[CV_CBC_HMAC_HEADER_LEN];
    uint8_t dst[CBC_LEN];
    size_t len;
    if (cv_cbc_hmac_open(&cbc_alg, &cbc_open, dst, &len, header, iv, input, CBC_LEN) != CV_E_BAD_RECORD_MAC)
        abort();
}

/* A comparison that stops at the first difference: proof that a leak is seen. */
static void prepare_leak(uint8_t *input, unsigned class)
{
    memset(input, 7, 256);
    input[class == 1 ? 0 : 255] = 8;
}

static void run_leak(const uint8_t *input)
{
    volatile size_t same = 0;
    for (size_t i = 0; i < 256 && input[i] == 7; i++) same++;
}

static const struct timed cases[] = {
    {"leak", "a difference in the first byte, or in the last", true, NULL, prepare_leak, run_leak},
    {"cbc", "least padding, or longest, before a wrong MAC", false, setup_cbc, prepare_cbc, run_cbc},
    {"ecdsa", "nonces of 256 bits, or of 128", false, NULL, prepare_nonce, run_nonce},
    {"x25519", "any private key, or one", false, NULL, prepare_x25519, run_x25519},
    {"rsa-pss", "any digest, or one", false, setup_rsa, prepare_digest, run_rsa},
};

static double time_once(const struct timed *c, unsigned class)
{
    uint8_t input[INPUT_MAX];
    c->prepare(input, class);
    uint64_t from = now();
    c->run(input);
    return (double)(now() - from);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* What interrupts and other programs take is cut off: the slowest tenth. */
static double calibrate(const struct timed *c)
{
    static double times[N_CALIBRATE];
    for (size_t i = 0; i < N_CALIBRATE; i++) times[i] = time_once(c, (unsigned)random_bits() & 1);
    qsort(times, N_CALIBRATE, sizeof *times, compare);
    return times[N_CALIBRATE / 10 * 9];
}

/* B. P. Welford's way to mean and variance. */
struct sample {
    double n, mean, squares;
};

static void add(struct sample *s, double x)
{
    s->n++;
    double delta = x - s->mean;
    s->mean += delta / s->n;
    s->squares += delta * (x - s->mean);
}

static double t_value(const struct sample s[2])
{
    double variance = s[0].squares / (s[0].n - 1) / s[0].n + s[1].squares / (s[1].n - 1) / s[1].n;
    return (s[0].mean - s[1].mean) / sqrt(variance);
}

static bool run_case(const struct timed *c, unsigned long n_runs)
{
    struct sample s[2] = {{0}};
    if (c->setup != NULL) c->setup();
    const double limit = calibrate(c);
    for (unsigned long i = 0; i < n_runs; i++) {
        unsigned class = (unsigned)random_bits() & 1;
        double took = time_once(c, class);
        if (took <= limit) add(&s[class], took);
    }
    double t = t_value(s);
    bool ok = c->leaks == (fabs(t) > 4.5);
    (void)printf("timing: %-8s %lu runs, %.1f and %.1f cycles, t = %.2f%s (%s)\n", c->name, n_runs, s[0].mean,
                 s[1].mean, t,
                 ok         ? ""
                 : c->leaks ? ": a leak was not noticed"
                            : ": time depends on the class",
                 c->classes);
    (void)fflush(stdout);
    return ok;
}

int main(int argc, char **argv)
{
    unsigned long n_runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    bool ok = true;
    if (n_runs < 100) {
        (void)fprintf(stderr, "usage: timing RUNS [CASE...]\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool wanted = argc == 2;
        for (int k = 2; k < argc; k++) wanted = wanted || strcmp(argv[k], cases[i].name) == 0;
        if (wanted && !run_case(&cases[i], n_runs)) ok = false;
    }
    return ok ? 0 : 1;
}
