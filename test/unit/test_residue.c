/* No secret stays on the stack: an operation runs on a painted stack of its own, which is then searched for
 * the bytes of its keys, in the orders in which limbs and message words hold them, and under the pads of
 * HMAC. */
#include "crypto/gcm_small.h"
#include "crypto/aead.h"
#include "crypto/cpu.h"
#include "crypto/kex.h"
#include "crypto/mldsa.h"
#include "crypto/rsa.h"
#include "crypto/sha3.h"
#include "hex.h"
#include "rsa_vectors.h"
#include "tls/key_schedule.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* What spills what depends on the compiler: the library is made clean for optimised x86-64 code, elsewhere
 * the finds are only printed. */
#if defined(__x86_64__) && defined(__OPTIMIZE__)
enum { STRICT = 1 };
#else
enum { STRICT = 0 };
#endif

/* Sanitizers lay out the stack in their own way. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#if !defined(SANITIZED)
#define SANITIZED 0
#endif

enum { STACK_LEN = 512 * 1024, PAINT = 0xb7, GAP_LEN = 64 * 1024, WINDOW = 8, WINDOWS_MAX = 1 << 16 };

static _Alignas(4096) uint8_t stack[STACK_LEN];

struct window {
    uint64_t bytes;
    const char *what; /* part of which secret, and where in it */
    size_t at;
};

static struct {
    struct window windows[WINDOWS_MAX]; /* sorted before the search */
    size_t n;
} wanted;

static int compare(const void *a, const void *b)
{
    const struct window *x = a, *y = b;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static void want_window(const char *what, size_t at, const uint8_t *p, uint8_t pad)
{
    uint8_t forms[3][WINDOW];
    for (size_t i = 0; i < WINDOW; i++) {
        forms[0][i] = p[i] ^ pad;                     /* as it is */
        forms[1][i] = p[WINDOW - 1 - i] ^ pad;        /* limbs, and message words of 64 bits */
        forms[2][i] = p[i / 4 * 4 + 3 - i % 4] ^ pad; /* message words of 32 bits */
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(wanted.n < WINDOWS_MAX);
        struct window *w = &wanted.windows[wanted.n++];
        *w = (struct window){.what = what, .at = at};
        memcpy(&w->bytes, forms[i], WINDOW);
    }
}

static void look_for(const char *what, const void *secret, size_t len)
{
    static const uint8_t pads[] = {0, 0x36, 0x5c};
    const uint8_t *p = secret;
    for (size_t i = 0; i + WINDOW <= len; i++)
        for (size_t j = 0; j < sizeof pads; j++) want_window(what, i, p + i, pads[j]);
}

struct operation {
    void (*run)(void *arg);
    void *arg;
};

/* A gap keeps what runs when the thread ends from writing over what the operation left. */
static void *on_own_stack(void *p)
{
    const struct operation *op = p;
    uint8_t gap[GAP_LEN];
    __asm__ __volatile__("" : : "r"(gap) : "memory");
    op->run(op->arg);
    __asm__ __volatile__("" : : "r"(gap) : "memory");
    return NULL;
}

static size_t count_found(void)
{
    size_t n = 0;
    qsort(wanted.windows, wanted.n, sizeof wanted.windows[0], compare);
    for (size_t i = 0; i + WINDOW <= STACK_LEN; i++) {
        struct window here;
        memcpy(&here.bytes, stack + i, WINDOW);
        const struct window *w = bsearch(&here, wanted.windows, wanted.n, sizeof here, compare);
        if (w == NULL) continue;
        if (n++ % 8 == 0)
            print_message("    %s + %zu, %zu bytes below the top\n", w->what, w->at, STACK_LEN - GAP_LEN - i);
    }
    return n;
}

/* Runs it here first, so that the dynamic linker, which saves registers on the stack, has done its work. */
static size_t residue(void (*run)(void *arg), void *arg)
{
    struct operation op = {run, arg};
    pthread_attr_t attr;
    pthread_t thread;
    run(arg);
    memset(stack, PAINT, sizeof stack);
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstack(&attr, stack, sizeof stack), 0);
    assert_int_equal(pthread_create(&thread, &attr, on_own_stack, &op), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)pthread_attr_destroy(&attr);
    size_t n = count_found();
    wanted.n = 0;
    return n;
}

static void expect_nothing(size_t n_found)
{
    if (STRICT) assert_int_equal(n_found, 0);
}

static void fill(void *p, size_t len)
{
    static uint64_t x = 1;
    uint8_t *bytes = p;
    for (size_t i = 0; i < len; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u; /* D. Knuth, MMIX */
        bytes[i] = (uint8_t)(x >> 56);
    }
}

static cv_err rng_fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    fill(out, len);
    return CV_OK;
}
static const struct cv_rng rng = {rng_fill, NULL};

/* The search itself: a function that forgets to wipe is found out. */
static uint8_t careless_key[32];
static void careless(void *arg)
{
    uint8_t copy[32];
    (void)arg;
    memcpy(copy, careless_key, sizeof copy);
    __asm__ __volatile__("" : : "r"(copy) : "memory");
}
static void finds_what_is_left(void **state)
{
    (void)state;
    fill(careless_key, sizeof careless_key);
    look_for("key", careless_key, sizeof careless_key);
    assert_true(residue(careless, NULL) > 0);
}

struct signing {
    struct cv_private_key key;
    cv_sign_fn *sign;
    const struct cv_hash *hash;
    const struct cv_rng *rng;
    struct cv_bytes m;
};
static uint8_t sig[CV_SIG_MAX];

static void run_sign(void *arg)
{
    struct signing *s = arg;
    size_t len = sizeof sig;
    if (s->sign(&s->key, s->hash, s->m, sig, &len, s->rng) != CV_OK) abort();
}

static void run_public_key(void *arg)
{
    const struct signing *s = arg;
    static uint8_t public_key[CV_MLDSA_PUBLIC_MAX];
    size_t len = sizeof public_key;
    if (cv_mldsa_public_key(&s->key, public_key, &len) != CV_OK) abort();
}

static void rsa_sign(void **state)
{
    (void)state;
    static uint8_t bytes[8][CV_RSA_BYTES_MAX];
    const struct rsa_vector *v = &rsa_vectors[0];
    const char *const hex[] = {v->n, v->e, v->d, v->p, v->q, v->dp, v->dq, v->qinv};
    struct signing s = {.key.type = CV_KEY_RSA, .sign = cv_rsa_pss_sign, .hash = &cv_sha256, .rng = &rng};
    struct cv_private_key *k = &s.key;
    struct cv_bytes *const parts[] = {&k->n, &k->e, &k->d, &k->p, &k->q, &k->dp, &k->dq, &k->qinv};
    for (size_t i = 0; i < 8; i++) *parts[i] = cv_bytes(bytes[i], unhex(bytes[i], sizeof bytes[i], hex[i]));
    uint8_t digest[32] = {1};
    s.m = cv_bytes(digest, sizeof digest);
    for (size_t i = 2; i < 8; i++) look_for("RSA key", parts[i]->p, parts[i]->len);
    expect_nothing(residue(run_sign, &s));
}

/* RFC 6979 A.2.5, A.2.6, A.2.7: keys, and the nonces for "sample" with the hash of the curve's size. */
static void ecdsa_sign(void **state)
{
    (void)state;
    static const struct {
        enum cv_key_type type;
        cv_sign_fn *sign;
        const struct cv_hash *hash;
        const char *d, *k;
    } rows[] = {
        {CV_KEY_P256, cv_ecdsa_p256_sign, &cv_sha256,
         "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
         "A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60"},
        {CV_KEY_P384, cv_ecdsa_p384_sign, &cv_sha384,
         "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
         "94ED910D1A099DAD3254E9242AE85ABDE4BA15168EAF0CA87A555FD56D10FBCA2907E3E83BA95368623B8C4686915CF9"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t d[66], k[66], digest[CV_HASH_MAX];
        size_t len = unhex(d, sizeof d, rows[i].d);
        assert_int_equal(unhex(k, sizeof k, rows[i].k), len);
        cv_hash_digest(rows[i].hash, digest, "sample", 6);
        struct signing s = {.key = {.type = rows[i].type, .secret = cv_bytes(d, len)},
                            .sign = rows[i].sign,
                            .hash = rows[i].hash,
                            .m = cv_bytes(digest, rows[i].hash->digest_len)};
        look_for("d", d, len);
        look_for("nonce", k, len);
        expect_nothing(residue(run_sign, &s));
    }
}

static void ed25519_sign(void **state)
{
    (void)state;
    uint8_t seed[32], digest[64], m[50] = {0};
    fill(seed, sizeof seed);
    cv_hash_digest(&cv_sha512, digest, seed, sizeof seed);
    struct signing s = {.key = {.type = CV_KEY_ED25519, .secret = cv_bytes(seed, sizeof seed)},
                        .sign = cv_ed25519_sign,
                        .m = cv_bytes(m, sizeof m)};
    look_for("seed", seed, sizeof seed);
    look_for("expanded seed", digest, sizeof digest);
    expect_nothing(residue(run_sign, &s));
}

static void ed448_sign(void **state)
{
    (void)state;
    uint8_t seed[57], digest[114], m[50] = {0};
    fill(seed, sizeof seed);
    cv_shake256(digest, sizeof digest, seed, sizeof seed);
    struct signing s = {.key = {.type = CV_KEY_ED448, .secret = cv_bytes(seed, sizeof seed)},
                        .sign = cv_ed448_sign,
                        .m = cv_bytes(m, sizeof m)};
    look_for("seed", seed, sizeof seed);
    look_for("expanded seed", digest, sizeof digest);
    expect_nothing(residue(run_sign, &s));
}

/* The secret polynomials packed, and the first of them transformed: as they are, their coefficients are too
 * small to be told from anything else. */
static void mldsa_sign(void **state)
{
    (void)state;
    static const struct {
        const struct cv_mldsa *p;
        cv_sign_fn *sign;
    } rows[] = {
        {&cv_mldsa44, cv_mldsa44_sign}, {&cv_mldsa65, cv_mldsa65_sign}, {&cv_mldsa87, cv_mldsa87_sign}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static uint8_t seed[32], public_key[CV_MLDSA_PUBLIC_MAX], expanded[CV_MLDSA_EXPANDED_MAX];
        static const uint8_t m[50];
        const struct cv_mldsa *p = rows[i].p;
        fill(seed, sizeof seed);
        assert_int_equal(cv_mldsa_keygen(p, public_key, expanded, cv_bytes(seed, sizeof seed)), CV_OK);
        static struct cv_mldsa_poly s1;
        cv_mldsa_unpack(&s1, expanded + 128, p->eta == 2 ? 3 : 4);
        for (size_t n = 0; n < CV_MLDSA_N; n++) s1.c[n] = p->eta - s1.c[n];
        cv_mldsa_ntt(&s1);
        for (unsigned form = 0; form < 2; form++) {
            struct signing s = {.key = {.type = p->key_type,
                                        .secret = form == 0 ? cv_bytes(seed, sizeof seed)
                                                            : cv_bytes(expanded, p->expanded_len)},
                                .sign = rows[i].sign,
                                .m = cv_bytes(m, sizeof m)};
            print_message("  %u x %u, %s\n", p->k, p->l, form == 0 ? "seed" : "expanded");
            look_for("seed", seed, sizeof seed);
            look_for("K", expanded + 32, 32);
            look_for("s1, s2, t0", expanded + 128, p->expanded_len - 128);
            look_for("s1, transformed", &s1, sizeof s1);
            expect_nothing(residue(run_sign, &s));
            look_for("seed", seed, sizeof seed);
            look_for("s1, transformed", &s1, sizeof s1);
            look_for("s1, s2, t0", expanded + 128, p->expanded_len - 128);
            expect_nothing(residue(run_public_key, &s));
        }
    }
}

struct agreement {
    const struct cv_group *group;
    uint8_t private_key[CV_KEX_PRIVATE_MAX], share[CV_KEX_SHARE_MAX], secret[CV_KEX_SECRET_MAX];
};

static void run_finish(void *arg)
{
    struct agreement *a = arg;
    struct cv_bytes share = cv_bytes(a->share, a->group->server_share_len);
    if (a->group->finish(a->group, a->secret, a->private_key, share) != CV_OK) abort();
}

static void run_generate(void *arg)
{
    struct agreement *a = arg;
    static struct cv_drbg d;
    cv_drbg_init(&d, rng, NULL);
    memset(d.key, 0x5a, sizeof d.key);
    d.seeded = true;
    struct cv_rng r = cv_drbg_rng(&d); /* the same key each time */
    if (a->group->generate(a->group, a->private_key, a->share, &r) != CV_OK) abort();
}

static void agree(void **state)
{
    (void)state;
    static const struct cv_group *const groups[] = {
        &cv_group_x25519,        &cv_group_p256,           &cv_group_p384,
        &cv_group_p521,          &cv_group_x25519mlkem768, &cv_group_p256mlkem768,
        &cv_group_p384mlkem1024, &cv_group_ffdhe3072,      &cv_group_x448,
    };
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        static struct agreement a;
        a.group = groups[i];
        print_message("  %s\n", a.group->name);
        run_generate(&a);
        look_for("private key", a.private_key, a.group->private_len);
        expect_nothing(residue(run_generate, &a));
        run_finish(&a);
        look_for("private key", a.private_key, a.group->private_len);
        look_for("secret", a.secret, a.group->secret_len);
        expect_nothing(residue(run_finish, &a));
    }
}

struct keying {
    const struct cv_aead *aead;
    uint8_t key[CV_AEAD_KEY_MAX];
    _Alignas(64) uint8_t state[CV_AEAD_STATE_MAX];
    size_t record_len;
};

static void run_init(void *arg)
{
    struct keying *s = arg;
    s->aead->init(s->aead, s->state, s->key);
}

static void run_record(void *arg)
{
    struct keying *s = arg;
    static uint8_t record[4000], tag[CV_AEAD_TAG_MAX];
    static const uint8_t nonce[CV_AEAD_NONCE_LEN], aad[13];
    const struct cv_bytes ad = cv_bytes(aad, sizeof aad);
    s->aead->seal(s->aead, s->state, nonce, ad, record, s->record_len, record + s->record_len, 17, tag);
    if (s->aead->open(s->aead, s->state, nonce, ad, record, record, s->record_len + 17, tag) != CV_OK)
        abort();
}

static const struct {
    const struct cv_aead *aead;
    uint32_t needs;
} aeads[] = {
    {&cv_aes128_gcm, 0},
    {&cv_aes128_gcm_small, 0},
    {&cv_aes256_gcm, 0},
    {&cv_aes128_ccm, 0},
    {&cv_chacha20_poly1305, 0},
#if defined(__x86_64__)
    {&cv_aes128_gcm_aesni, CV_CPU_AES},
    {&cv_aes256_gcm_aesni, CV_CPU_AES},
    {&cv_aes128_ccm_aesni, CV_CPU_AES},
    {&cv_aes256_gcm_vaes, CV_CPU_AES | CV_CPU_VAES | CV_CPU_AVX512},
    {&cv_chacha20_poly1305_avx2, CV_CPU_AVX2},
    {&cv_chacha20_poly1305_avx512, CV_CPU_AVX2 | CV_CPU_AVX512},
#endif
#if defined(CV_AARCH64_CRYPTO)
    {&cv_aes256_gcm_armv8, CV_CPU_AES},
#endif
#if defined(CV_AARCH64)
    {&cv_chacha20_poly1305_neon, CV_CPU_NEON},
#endif
};

static void aead(void **state)
{
    static const size_t lens[] = {0, 1, 100, 300, 1200, 3900};
    (void)state;
    for (size_t i = 0; i < sizeof aeads / sizeof aeads[0]; i++) {
        static struct keying s;
        if ((cv_cpu_detect() & aeads[i].needs) != aeads[i].needs) continue;
        s.aead = aeads[i].aead;
        print_message("  row %zu: %s\n", i, s.aead->name);
        fill(s.key, s.aead->key_len);
        run_init(&s);
        look_for("key", s.key, s.aead->key_len);
        look_for("key state", s.state, s.aead->state_len); /* round keys, powers of the hash key */
        expect_nothing(residue(run_init, &s));
        for (size_t j = 0; j < sizeof lens / sizeof lens[0]; j++) {
            s.record_len = lens[j];
            look_for("key", s.key, s.aead->key_len);
            look_for("key state", s.state, s.aead->state_len);
            expect_nothing(residue(run_record, &s));
        }
    }
}

struct scheduling {
    const struct cv_hash *hash;
    struct cv_key_schedule ks;
    uint8_t psk[CV_HASH_MAX], shared[66], early[CV_HASH_MAX], traffic[CV_HASH_MAX], mac[CV_HASH_MAX], key[32];
};

static void run_schedule(void *arg)
{
    struct scheduling *s = arg;
    static const uint8_t digest[CV_HASH_MAX];
    cv_key_schedule_init(&s->ks, s->hash, s->psk);
    memcpy(s->early, s->ks.secret, sizeof s->early);
    cv_key_schedule_next(&s->ks, s->shared, sizeof s->shared);
    cv_key_schedule_derive(&s->ks, s->traffic, "c hs traffic", digest);
    cv_expand_label(s->hash, s->key, sizeof s->key, s->traffic, "key", cv_bytes(NULL, 0));
    cv_finished_mac(s->hash, s->mac, s->traffic, digest);
}

static void key_schedule(void **state)
{
    (void)state;
    static const struct {
        const struct cv_hash *hash;
        uint32_t needs;
    } rows[] = {
        {&cv_sha256, 0},
        {&cv_sha384, 0},
#if defined(__x86_64__)
        {&cv_sha256_shani, CV_CPU_SHA256},
        {&cv_sha384_avx2, CV_CPU_AVX2},
#endif
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct scheduling s;
        if ((cv_cpu_detect() & rows[i].needs) != rows[i].needs) continue;
        s.hash = rows[i].hash;
        print_message("  row %zu: %s\n", i, s.hash->name);
        fill(s.psk, sizeof s.psk);
        fill(s.shared, sizeof s.shared);
        run_schedule(&s);
        look_for("PSK", s.psk, s.hash->digest_len);
        look_for("shared secret", s.shared, sizeof s.shared);
        look_for("early secret", s.early, s.hash->digest_len);
        look_for("handshake secret", s.ks.secret, s.hash->digest_len);
        look_for("traffic secret", s.traffic, s.hash->digest_len);
        look_for("traffic key", s.key, sizeof s.key);
        expect_nothing(residue(run_schedule, &s));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_left),
        cmocka_unit_test(rsa_sign),
        cmocka_unit_test(ecdsa_sign),
        cmocka_unit_test(ed25519_sign),
        cmocka_unit_test(ed448_sign),
        cmocka_unit_test(mldsa_sign),
        cmocka_unit_test(agree),
        cmocka_unit_test(aead),
        cmocka_unit_test(key_schedule),
    };
    if (SANITIZED) {
        print_message("residue: not under sanitizers\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
