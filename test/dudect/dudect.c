/* Does time depend on secrets? Operations are timed on two classes of inputs, in random order, and Welch's
 * test says whether the classes differ (O. Reparaz, J. Balasch, I. Verbauwhede: "Dude, is my code constant
 * time?", 2016). |t| of 4.5 and more is a difference; a leak on purpose must show one.
 *
 *   dudect [RUNS [CASE...]]   a million runs each, if not said otherwise */
#include "crypto/base/secret.h"
#include "crypto/cbc_hmac.h"
#include "crypto/kex.h"
#include "crypto/rsa.h"
#include "crypto/sig.h"
#include "test/unit/hex.h"
#include "test/unit/rsa_vectors.h"

#include <openssl/bn.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define T_MAX 4.5

struct sample {
    uint32_t ticks;
    uint8_t class; /* 0, 1, or NO_CLASS: not counted */
};
enum { NO_CLASS = 2 };

static uint64_t state = 1;

/* splitmix64 (G. Steele, D. Lea, C. Flood, 2014) */
static uint64_t next(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void fill(void *p, size_t len)
{
    uint8_t *bytes = p;
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)next();
}

static cv_err rng_fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    fill(out, len);
    return CV_OK;
}
static const struct cv_rng rng = {rng_fill, NULL};

static uint64_t now(void)
{
#if defined(__x86_64__)
    unsigned aux;
    return __rdtscp(&aux);
#else
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}

static void must(bool ok, const char *what)
{
    if (ok) return;
    (void)fprintf(stderr, "dudect: failed: %s\n", what);
    exit(2);
}

/* An operation: prepare makes the inputs of a class, outside of what is timed; sort, where there is one,
 * tells the class afterwards, from the result. */
struct operation {
    const char *name;
    void (*start)(void);
    void (*prepare)(uint8_t class);
    void (*run)(void);
    uint8_t (*sort)(void);
    bool leaks; /* must be noticed */
};

/* What all share. */
static struct {
    uint8_t a[512], b[512], out[512];
    size_t len;
    struct cv_private_key key;
} in;

/* --- a comparison that stops at the first difference --- */

static void leak_prepare(uint8_t class)
{
    fill(in.a, 256);
    memcpy(in.b, in.a, 256);
    in.b[class == 0 ? 0 : 255] ^= 1;
}

static void leak_run(void)
{
    size_t i = 0;
    while (i < 256 && *(volatile uint8_t *)&in.a[i] == *(volatile uint8_t *)&in.b[i]) i++;
    in.len = i;
}

/* --- X25519: a scalar of few bits, or any --- */

static void x25519_start(void)
{
    uint8_t secret[32];
    must(cv_group_x25519.respond(&cv_group_x25519, in.b, secret, cv_bytes((const uint8_t[32]){9}, 32),
                                 &rng) == CV_OK,
         "respond");
}

static void x25519_prepare(uint8_t class)
{
    fill(in.a, 32);
    if (class == 0) memset(in.a, 0, 32);
}

static void x25519_run(void)
{
    must(cv_group_x25519.finish(&cv_group_x25519, in.out, in.a, cv_bytes(in.b, 32)) == CV_OK, "finish");
}

/* --- ECDSA: nonces with leading zero bits, or without; what the nonce was follows from the signature --- */

static BIGNUM *order, *scalar;
static BN_CTX *bn;

static void ecdsa_start(void)
{
    bn = BN_CTX_new();
    must(BN_hex2bn(&order, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551") > 0, "order");
    fill(in.b, 32);
    in.b[0] &= 0x7f;
    scalar = BN_bin2bn(in.b, 32, NULL);
    in.key = (struct cv_private_key){.type = CV_KEY_P256, .secret = cv_bytes(in.b, 32)};
}

static void ecdsa_prepare(uint8_t class)
{
    (void)class;
    fill(in.a, 32);
}

static void ecdsa_run(void)
{
    in.len = sizeof in.out;
    cv_err e = cv_ecdsa_p256_sign(&in.key, &cv_sha256, cv_bytes(in.a, 32), in.out, &in.len, NULL);
    must(e == CV_OK, "sign");
}

/* k = (digest + r d) / s: class 0 with four leading zero bits or more, one in sixteen. */
static uint8_t ecdsa_sort(void)
{
    const uint8_t *r = in.out + 4, *s = r + in.out[3] + 2;
    BIGNUM *k = BN_bin2bn(in.a, 32, NULL), *br = BN_bin2bn(r, in.out[3], NULL),
           *bs = BN_bin2bn(s, s[-1], NULL);
    must(BN_mod_mul(br, br, scalar, order, bn) && BN_mod_add(k, k, br, order, bn) &&
             BN_mod_inverse(bs, bs, order, bn) != NULL && BN_mod_mul(k, k, bs, order, bn),
         "nonce");
    const uint8_t class = BN_num_bits(k) > 252;
    BN_free(k);
    BN_free(br);
    BN_free(bs);
    return class;
}

/* --- RSA-PSS: one digest, or any --- */

static void rsa_start(void)
{
    static uint8_t bytes[8][CV_RSA_BYTES_MAX];
    const struct rsa_vector *v = &rsa_vectors[0];
    const char *const hex[] = {v->n, v->e, v->d, v->p, v->q, v->dp, v->dq, v->qinv};
    struct cv_private_key *k = &in.key;
    struct cv_bytes *const parts[] = {&k->n, &k->e, &k->d, &k->p, &k->q, &k->dp, &k->dq, &k->qinv};
    *k = (struct cv_private_key){.type = CV_KEY_RSA};
    for (size_t i = 0; i < 8; i++) *parts[i] = cv_bytes(bytes[i], unhex(bytes[i], sizeof bytes[i], hex[i]));
}

static void rsa_prepare(uint8_t class)
{
    fill(in.a, 32);
    if (class == 0) memset(in.a, 0, 32);
}

static void rsa_run(void)
{
    in.len = sizeof in.out;
    cv_err e = cv_rsa_pss_sign(&in.key, &cv_sha256, cv_bytes(in.a, 32), in.out, &in.len, &rng);
    must(e == CV_OK, "sign");
}

/* --- CBC: records whose MAC is wrong, with no padding, or with 255 bytes of it --- */

enum { BODY = 336, N_BODIES = 64 };
static const struct cv_cbc_hmac cbc_sha256 = {
    .cipher = &cv_aes128_cbc, .hash = &cv_sha256, .ops = &cv_cbc_hmac_ops};
static struct cv_cbc_hmac_state opener;
static uint8_t bodies[2][N_BODIES][BODY];

static void cbc_start(void)
{
    uint8_t key[16], mac_key[32];
    _Alignas(16) uint8_t cipher[CV_CBC_STATE_MAX];
    fill(key, sizeof key);
    fill(mac_key, sizeof mac_key);
    cv_cbc_hmac_init(&cbc_sha256, &opener, mac_key, key, true, false);
    cv_aes128_cbc.init(&cv_aes128_cbc, cipher, key, false);
    memset(in.b, 0, 16);
    for (size_t class = 0; class < 2; class ++)
        for (size_t i = 0; i < N_BODIES; i++) {
            uint8_t *body = bodies[class][i], chain[16] = {0};
            fill(body, BODY);
            if (class == 0) body[BODY - 1] = 0;
            if (class == 1) memset(body + BODY - 256, 255, 256);
            cv_aes128_cbc.encrypt(&cv_aes128_cbc, cipher, chain, body, BODY / 16);
        }
}

static void cbc_prepare(uint8_t class)
{
    memcpy(in.a, bodies[class][next() % N_BODIES], BODY);
}

static void cbc_run(void)
{
    static const uint8_t header[CV_CBC_HMAC_HEADER_LEN];
    cv_err e = cv_cbc_hmac_open(&cbc_sha256, &opener, in.out, &in.len, header, in.b, in.a, BODY);
    must(e == CV_E_BAD_RECORD_MAC, "open");
}

static const struct operation operations[] = {
    {.name = "leak", .prepare = leak_prepare, .run = leak_run, .leaks = true},
    {.name = "x25519", .start = x25519_start, .prepare = x25519_prepare, .run = x25519_run},
    {.name = "ecdsa", .start = ecdsa_start, .prepare = ecdsa_prepare, .run = ecdsa_run, .sort = ecdsa_sort},
    {.name = "cbc", .start = cbc_start, .prepare = cbc_prepare, .run = cbc_run},
    {.name = "rsa-pss", .start = rsa_start, .prepare = rsa_prepare, .run = rsa_run},
};

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Welch's t of the samples of at most `limit` ticks. */
static double welch(const struct sample *samples, size_t n_samples, uint32_t limit)
{
    double mean[2] = {0}, variance[2] = {0}, n[2] = {0};
    for (size_t i = 0; i < n_samples; i++) {
        const uint8_t c = samples[i].class;
        if (c == NO_CLASS || samples[i].ticks > limit) continue;
        const double delta = samples[i].ticks - mean[c];
        n[c] += 1;
        mean[c] += delta / n[c];
        variance[c] += delta * (samples[i].ticks - mean[c]);
    }
    if (n[0] < 2 || n[1] < 2) return 0;
    const double error = variance[0] / (n[0] - 1) / n[0] + variance[1] / (n[1] - 1) / n[1];
    return error > 0 ? (mean[0] - mean[1]) / sqrt(error) : 0;
}

/* Of all samples and of the faster ones, which interrupts did not disturb: the largest. */
static double judge(const struct sample *samples, size_t n_samples)
{
    static const double shares[] = {1, 0.99, 0.9, 0.5};
    uint32_t *sorted = malloc(n_samples * sizeof *sorted);
    double worst = 0;
    must(sorted != NULL, "memory");
    for (size_t i = 0; i < n_samples; i++) sorted[i] = samples[i].ticks;
    qsort(sorted, n_samples, sizeof *sorted, compare);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        const double t = welch(samples, n_samples, sorted[(size_t)(shares[i] * (double)(n_samples - 1))]);
        if (fabs(t) > fabs(worst)) worst = t;
    }
    free(sorted);
    return worst;
}

static bool measure(const struct operation *o, size_t n_runs)
{
    struct sample *samples = malloc(n_runs * sizeof *samples);
    must(samples != NULL, "memory");
    if (o->start != NULL) o->start();
    for (size_t i = 0; i < n_runs; i++) {
        uint8_t class = next() & 1;
        o->prepare(class);
        const uint64_t before = now();
        o->run();
        const uint64_t ticks = now() - before;
        if (o->sort != NULL) class = o->sort();
        samples[i] = (struct sample){ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks,
                                     i < n_runs / 100 ? NO_CLASS : class}; /* caches fill first */
    }
    const double t = judge(samples, n_runs);
    const bool ok = (fabs(t) >= T_MAX) == o->leaks;
    free(samples);
    (void)printf("dudect: %-8s %zu runs, t = %+.2f: %s\n", o->name, n_runs, t,
                 o->leaks ? ok ? "noticed, as it must be" : "NOT NOTICED"
                 : ok     ? "no difference"
                          : "THE CLASSES DIFFER");
    (void)fflush(stdout);
    return ok;
}

int main(int argc, char **argv)
{
    const size_t n_runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    bool ok = true;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        bool wanted = argc <= 2;
        for (int k = 2; k < argc; k++) wanted = wanted || strcmp(argv[k], operations[i].name) == 0;
        if (wanted) ok &= measure(&operations[i], n_runs);
    }
    return ok ? 0 : 1;
}
