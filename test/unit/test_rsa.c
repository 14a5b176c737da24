#include "crypto/cpu.h"
#include "crypto/rsa.h"
#include "test/unit/hex.h"
#include "test/unit/rsa_vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { N_VECTORS = sizeof rsa_vectors / sizeof *rsa_vectors };

static const struct cv_hash *const hashes[N_VECTORS] = {&cv_sha256, &cv_sha384, &cv_sha512};

/* Every test runs with every implementation. */
struct implementation {
    const char *name;
    uint32_t needs;
    const struct cv_mont_powers *powers;
    cv_verify_fn *pkcs1_verify, *pss_verify;
    cv_verify_pss_fn *pss_verify_params;
    cv_sign_fn *pkcs1_sign, *pss_sign;
};

static const struct implementation implementations[] = {
    {"portable", 0, &cv_mont_portable, cv_rsa_pkcs1_verify, cv_rsa_pss_verify, cv_rsa_pss_verify_params,
     cv_rsa_pkcs1_sign, cv_rsa_pss_sign},
#if defined(__x86_64__)
    {"avx2", CV_CPU_AVX2, &cv_mont_avx2, cv_rsa_pkcs1_verify_avx2, cv_rsa_pss_verify_avx2,
     cv_rsa_pss_verify_params_avx2, cv_rsa_pkcs1_sign_avx2, cv_rsa_pss_sign_avx2},
    {"ifma", CV_CPU_AVX2 | CV_CPU_IFMA, &cv_mont_ifma, cv_rsa_pkcs1_verify_ifma, cv_rsa_pss_verify_ifma,
     cv_rsa_pss_verify_params_ifma, cv_rsa_pkcs1_sign_ifma, cv_rsa_pss_sign_ifma},
#endif
};

static const struct implementation *impl;

/* A vector's bytes, and the keys that point into them. */
struct key {
    uint8_t bytes[8][CV_RSA_BYTES_MAX];
    struct cv_public_key pub;
    struct cv_private_key priv;
    uint8_t digest[CV_HASH_MAX];
    struct cv_bytes m;
    uint8_t pkcs1[CV_RSA_BYTES_MAX], pss[CV_RSA_BYTES_MAX];
    size_t len;
};

static struct cv_bytes part(struct key *k, int i, const char *hex)
{
    return cv_bytes(k->bytes[i], unhex(k->bytes[i], CV_RSA_BYTES_MAX, hex));
}

static void load(struct key *k, int i)
{
    const struct rsa_vector *v = &rsa_vectors[i];
    k->priv = (struct cv_private_key){
        .type = CV_KEY_RSA,
        .n = part(k, 0, v->n),
        .e = part(k, 1, v->e),
        .d = part(k, 2, v->d),
        .p = part(k, 3, v->p),
        .q = part(k, 4, v->q),
        .dp = part(k, 5, v->dp),
        .dq = part(k, 6, v->dq),
        .qinv = part(k, 7, v->qinv),
    };
    k->pub = (struct cv_public_key){.type = CV_KEY_RSA, .n = k->priv.n, .e = k->priv.e};
    cv_hash_digest(hashes[i], k->digest, "culvert", 7);
    k->m = cv_bytes(k->digest, hashes[i]->digest_len);
    k->len = unhex(k->pkcs1, sizeof k->pkcs1, v->pkcs1);
    assert_int_equal(unhex(k->pss, sizeof k->pss, v->pss), k->len);
    assert_int_equal(k->len, v->bits / 8);
}

static void verifies_what_openssl_signed(void **state)
{
    (void)state;
    static struct key k;
    for (int i = 0; i < N_VECTORS; i++) {
        load(&k, i);
        assert_int_equal(impl->pkcs1_verify(&k.pub, hashes[i], k.m, cv_bytes(k.pkcs1, k.len)), CV_OK);
        assert_int_equal(impl->pss_verify(&k.pub, hashes[i], k.m, cv_bytes(k.pss, k.len)), CV_OK);
        k.pub.type = CV_KEY_RSA_PSS; /* such a key signs with PSS only */
        assert_int_equal(impl->pkcs1_verify(&k.pub, hashes[i], k.m, cv_bytes(k.pkcs1, k.len)), CV_E_CERT_KEY);
        assert_int_equal(impl->pss_verify(&k.pub, hashes[i], k.m, cv_bytes(k.pss, k.len)), CV_OK);
    }
}

static void refuses_what_was_tampered_with(void **state)
{
    (void)state;
    static struct key k;
    for (int i = 0; i < N_VECTORS; i++) {
        load(&k, i);
        struct cv_bytes pkcs1 = cv_bytes(k.pkcs1, k.len), pss = cv_bytes(k.pss, k.len);
        for (size_t at = 0; at < k.len; at += 37) {
            k.pkcs1[at] ^= 1;
            k.pss[at] ^= 1;
            assert_int_equal(impl->pkcs1_verify(&k.pub, hashes[i], k.m, pkcs1), CV_E_BAD_SIGNATURE);
            assert_int_equal(impl->pss_verify(&k.pub, hashes[i], k.m, pss), CV_E_BAD_SIGNATURE);
            k.pkcs1[at] ^= 1;
            k.pss[at] ^= 1;
        }
        k.digest[5] ^= 0x10;
        assert_int_equal(impl->pkcs1_verify(&k.pub, hashes[i], k.m, pkcs1), CV_E_BAD_SIGNATURE);
        assert_int_equal(impl->pss_verify(&k.pub, hashes[i], k.m, pss), CV_E_BAD_SIGNATURE);
        k.digest[5] ^= 0x10;
        /* one scheme's signature is not the other's */
        assert_int_equal(impl->pkcs1_verify(&k.pub, hashes[i], k.m, pss), CV_E_BAD_SIGNATURE);
        assert_int_equal(impl->pss_verify(&k.pub, hashes[i], k.m, pkcs1), CV_E_BAD_SIGNATURE);
    }
}

static void the_signature_is_as_long_as_the_modulus_and_below_it(void **state)
{
    (void)state;
    static struct key k;
    static uint8_t long_sig[CV_RSA_BYTES_MAX + 1];
    load(&k, 0);
    struct cv_bytes shorter = cv_bytes(k.pkcs1, k.len - 1);
    memcpy(long_sig + 1, k.pkcs1, k.len);
    assert_int_equal(impl->pkcs1_verify(&k.pub, &cv_sha256, k.m, shorter), CV_E_BAD_SIGNATURE);
    assert_int_equal(impl->pkcs1_verify(&k.pub, &cv_sha256, k.m, cv_bytes(long_sig, k.len + 1)),
                     CV_E_BAD_SIGNATURE);
    assert_int_equal(impl->pkcs1_verify(&k.pub, &cv_sha256, k.m, cv_bytes(NULL, 0)), CV_E_BAD_SIGNATURE);

    assert_int_equal(impl->pkcs1_verify(&k.pub, &cv_sha256, k.m, k.pub.n), CV_E_BAD_SIGNATURE);
    cv_limb n[CV_MONT_LIMBS_MAX], s[CV_MONT_LIMBS_MAX];
    size_t n_limbs = cv_limbs_for(k.len);
    for (int i = 0; i < N_VECTORS; i++) {
        struct cv_rsa rsa;
        uint8_t em[CV_RSA_BYTES_MAX];
        load(&k, i);
        n_limbs = cv_limbs_for(k.len);
        assert_int_equal(cv_rsa_init(&rsa, impl->powers, k.pub.n, k.pub.e), CV_OK);
        cv_limbs_from_bytes(n, n_limbs, k.pub.n.p, k.pub.n.len);
        memset(s, 0, sizeof s);
        s[0] = 1;
        cv_limb carry = cv_limbs_add(s, s, n, n_limbs); /* n + 1, the other face of 1 */
        assert_int_equal(carry, 0);
        cv_limbs_to_bytes(em, k.len, s, n_limbs);
        assert_int_equal(cv_rsa_public(&rsa, em, cv_bytes(em, k.len)), CV_E_BAD_SIGNATURE);
        memset(em, 0, k.len);
        em[k.len - 1] = 1;
        assert_int_equal(cv_rsa_public(&rsa, em, cv_bytes(em, k.len)), CV_OK);
    }
}

static void pss_parameters_are_exact(void **state)
{
    (void)state;
    static struct key k;
    static uint8_t sig[256];
    load(&k, 0);
    struct cv_bytes s = cv_bytes(sig, unhex(sig, sizeof sig, rsa_pss_sha1_mgf));
    assert_int_equal(impl->pss_verify_params(&k.pub, &cv_sha256, &cv_sha1, 20, k.m, s), CV_OK);
    assert_int_equal(impl->pss_verify_params(&k.pub, &cv_sha256, &cv_sha1, 19, k.m, s), CV_E_BAD_SIGNATURE);
    assert_int_equal(impl->pss_verify_params(&k.pub, &cv_sha256, &cv_sha1, 21, k.m, s), CV_E_BAD_SIGNATURE);
    assert_int_equal(impl->pss_verify_params(&k.pub, &cv_sha256, &cv_sha256, 20, k.m, s), CV_E_BAD_SIGNATURE);
    assert_int_equal(impl->pss_verify(&k.pub, &cv_sha256, k.m, s), CV_E_BAD_SIGNATURE);
    /* the longest salt that fits is 222 bytes; what does not fit is refused without arithmetic on lengths
     * going astray */
    const size_t too_long[] = {222, 223, 256, 1000, (size_t)-1, (size_t)-40};
    for (size_t i = 0; i < sizeof too_long / sizeof *too_long; i++)
        assert_int_equal(impl->pss_verify_params(&k.pub, &cv_sha256, &cv_sha1, too_long[i], k.m, s),
                         CV_E_BAD_SIGNATURE);
    struct cv_bytes short_digest = cv_bytes(k.digest, 31);
    assert_int_equal(impl->pss_verify(&k.pub, &cv_sha256, short_digest, s), CV_E_INVALID_ARGUMENT);
    assert_int_equal(impl->pkcs1_verify(&k.pub, &cv_sha256, short_digest, s), CV_E_INVALID_ARGUMENT);
}

static void refuses_bad_keys_before_computing(void **state)
{
    (void)state;
    static struct key k;
    static uint8_t big[CV_RSA_BYTES_MAX + 8];
    load(&k, 0);
    struct cv_bytes sig = cv_bytes(k.pkcs1, k.len);
    const struct {
        const char *e;
        cv_err err;
    } exponents[] = {
        {"", CV_E_CERT_KEY},
        {"00", CV_E_CERT_KEY},
        {"010001", CV_OK},
        {"00010001", CV_E_CERT_KEY},
        {"01", CV_E_BAD_EXPONENT},
        {"02", CV_E_BAD_EXPONENT},
        {"010000", CV_E_BAD_EXPONENT},
        {"010000000000000001", CV_E_BAD_EXPONENT}, /* 65 bits */
        {"03", CV_E_BAD_SIGNATURE},                /* fine, only not this key's */
        {"ffffffffffffffff", CV_E_BAD_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++) {
        uint8_t e[16];
        struct cv_public_key key = k.pub;
        key.e = cv_bytes(e, unhex(e, sizeof e, exponents[i].e));
        assert_int_equal(impl->pkcs1_verify(&key, &cv_sha256, k.m, sig), exponents[i].err);
        assert_int_not_equal(impl->pss_verify(&key, &cv_sha256, k.m, sig), CV_OK);
    }
    const struct {
        size_t len;
        uint8_t first, last;
        cv_err err;
    } moduli[] = {
        {0, 0, 0, CV_E_CERT_KEY},
        {128, 0x80, 0xfe, CV_E_BAD_MODULUS},
        {128, 0x00, 0xff, CV_E_CERT_KEY},
        {128, 0x7f, 0xff, CV_E_BAD_MODULUS}, /* 1023 bits */
        {127, 0xff, 0xff, CV_E_BAD_MODULUS},
        {1, 0xff, 0xff, CV_E_BAD_MODULUS},
        {CV_RSA_BYTES_MAX + 1, 0x01, 0xff, CV_E_BAD_MODULUS},
        {128, 0x80, 0xff, CV_E_BAD_SIGNATURE},
        {CV_RSA_BYTES_MAX, 0xff, 0xff, CV_E_BAD_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof moduli / sizeof *moduli; i++) {
        struct cv_public_key key = k.pub;
        static uint8_t zeros[CV_RSA_BYTES_MAX + 8];
        memset(big, 0xff, sizeof big);
        if (moduli[i].len > 0) big[moduli[i].len - 1] = moduli[i].last;
        big[0] = moduli[i].len == 1 ? 0xff : moduli[i].first;
        key.n = cv_bytes(big, moduli[i].len);
        struct cv_bytes s = cv_bytes(zeros, moduli[i].len);
        assert_int_equal(impl->pkcs1_verify(&key, &cv_sha256, k.m, s), moduli[i].err);
        assert_int_equal(impl->pss_verify(&key, &cv_sha256, k.m, s), moduli[i].err);
    }
}

/* A verifier that looks for the digest behind the padding and ignores what follows accepts this. */
static void refuses_garbage_behind_the_digest(void **state)
{
    (void)state;
    static struct key k;
    static const uint8_t three[] = {3};
    struct cv_rsa rsa;
    uint8_t sig[384], em[384], digest[32];
    load(&k, 1);
    k.pub.e = cv_bytes(three, 1);
    assert_int_equal(unhex(sig, sizeof sig, rsa_cube_root), sizeof sig);
    cv_hash_digest(&cv_sha256, digest, "culvert", 7);

    assert_int_equal(cv_rsa_init(&rsa, impl->powers, k.pub.n, k.pub.e), CV_OK);
    assert_int_equal(cv_rsa_public(&rsa, em, cv_bytes(sig, sizeof sig)), CV_OK);
    assert_memory_equal(em, "\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\x00\x30\x31", 13);
    assert_memory_equal(em + 11 + 19, digest, 32); /* the forgery is what it claims to be */

    assert_int_equal(impl->pkcs1_verify(&k.pub, &cv_sha256, cv_bytes(digest, 32), cv_bytes(sig, sizeof sig)),
                     CV_E_BAD_SIGNATURE);
}

/* Bytes that look random, by a counter; or a failure. */
struct noise {
    uint64_t state;
    int n_calls, fail_at; /* the call that fails, counted from 1; 0: none does */
};

static cv_err noise_fill(void *ctx, uint8_t *out, size_t len)
{
    struct noise *n = ctx;
    if (++n->n_calls == n->fail_at) {
        memset(out, 0, len);
        return CV_E_RNG;
    }
    for (size_t i = 0; i < len; i++) {
        n->state = n->state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
        out[i] = (uint8_t)(n->state >> 56);
    }
    return CV_OK;
}

static void signs_what_verifies(void **state)
{
    (void)state;
    static struct key k;
    struct noise noise = {.state = 1};
    struct cv_rng rng = {noise_fill, &noise};
    uint8_t sig[CV_RSA_BYTES_MAX], again[CV_RSA_BYTES_MAX];
    for (int i = 0; i < N_VECTORS; i++) {
        load(&k, i);
        size_t len = sizeof sig;
        assert_int_equal(impl->pkcs1_sign(&k.priv, hashes[i], k.m, sig, &len, &rng), CV_OK);
        assert_int_equal(len, k.len);
        assert_memory_equal(sig, k.pkcs1, len); /* there is but one */

        len = k.len;
        assert_int_equal(impl->pss_sign(&k.priv, hashes[i], k.m, sig, &len, &rng), CV_OK);
        assert_int_equal(len, k.len);
        assert_int_equal(impl->pss_verify(&k.pub, hashes[i], k.m, cv_bytes(sig, len)), CV_OK);
        assert_int_equal(impl->pss_sign(&k.priv, hashes[i], k.m, again, &len, &rng), CV_OK);
        assert_int_not_equal(memcmp(sig, again, len), 0); /* another salt */
    }
}

static void signing_accepts_primes_in_either_order(void **state)
{
    (void)state;
    static struct key k;
    struct noise noise = {.state = 2};
    struct cv_rng rng = {noise_fill, &noise};
    uint8_t sig[CV_RSA_BYTES_MAX], qinv[CV_RSA_BYTES_MAX];
    size_t len = sizeof sig;
    load(&k, 0);
    /* with p and q exchanged, qinv becomes 1 / p mod q */
    cv_limb p[CV_MONT_LIMBS_MAX], q[CV_MONT_LIMBS_MAX], one[CV_MONT_LIMBS_MAX] = {1};
    struct cv_mont mont;
    size_t n_limbs = cv_limbs_for(k.priv.q.len);
    cv_limbs_from_bytes(q, n_limbs, k.priv.q.p, k.priv.q.len);
    cv_limbs_from_bytes(p, n_limbs, k.priv.p.p, k.priv.p.len);
    cv_mont_init(&mont, q, n_limbs);
    cv_mont_mul(&mont, p, p, one); /* p / R mod q */
    cv_mont_from_public(&mont, p, p);
    cv_mont_from_public(&mont, p, p); /* p R */
    assert_true(cv_mont_invert_public(&mont, p, p));
    cv_mont_mul(&mont, p, p, one);
    cv_limbs_to_bytes(qinv, k.priv.q.len, p, n_limbs);

    struct cv_private_key swapped = k.priv;
    swapped.p = k.priv.q;
    swapped.q = k.priv.p;
    swapped.dp = k.priv.dq;
    swapped.dq = k.priv.dp;
    swapped.qinv = cv_bytes(qinv, k.priv.q.len);
    assert_int_equal(impl->pkcs1_sign(&swapped, hashes[0], k.m, sig, &len, &rng), CV_OK);
    assert_memory_equal(sig, k.pkcs1, k.len);
}

static void a_fault_is_not_handed_out(void **state)
{
    (void)state;
    static struct key k;
    static const uint8_t zeros[CV_RSA_BYTES_MAX];
    struct noise noise = {.state = 3};
    struct cv_rng rng = {noise_fill, &noise};
    uint8_t sig[CV_RSA_BYTES_MAX];
    load(&k, 0);
    for (int i = 3; i < 8; i++) { /* p, q, dp, dq, qinv */
        size_t len = sizeof sig;
        k.bytes[i][20] ^= 4;
        memset(sig, 0xaa, sizeof sig);
        assert_int_equal(impl->pkcs1_sign(&k.priv, hashes[0], k.m, sig, &len, &rng), CV_E_FAULT);
        assert_memory_equal(sig, zeros, k.len);
        memset(sig, 0xaa, sizeof sig);
        assert_int_equal(impl->pss_sign(&k.priv, hashes[0], k.m, sig, &len, &rng), CV_E_FAULT);
        assert_memory_equal(sig, zeros, k.len);
        k.bytes[i][20] ^= 4;
    }
}

static void signing_refuses_bad_keys_and_arguments(void **state)
{
    (void)state;
    static struct key k;
    struct noise noise = {.state = 4};
    struct cv_rng rng = {noise_fill, &noise};
    uint8_t sig[CV_RSA_BYTES_MAX];
    size_t len = sizeof sig;
    load(&k, 0);

    struct cv_bytes *const parts[] = {&k.priv.p, &k.priv.q, &k.priv.dp, &k.priv.dq, &k.priv.qinv};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct cv_bytes whole = *parts[i];
        parts[i]->len = 0;
        assert_int_equal(impl->pkcs1_sign(&k.priv, hashes[0], k.m, sig, &len, &rng), CV_E_KEY_SYNTAX);
        *parts[i] = cv_bytes(k.priv.n.p, 256); /* longer than a prime may be */
        assert_int_not_equal(impl->pkcs1_sign(&k.priv, hashes[0], k.m, sig, &len, &rng), CV_OK);
        *parts[i] = whole;
    }
    k.bytes[3][k.priv.p.len - 1] ^= 1; /* even */
    assert_int_equal(impl->pkcs1_sign(&k.priv, hashes[0], k.m, sig, &len, &rng), CV_E_KEY_SYNTAX);
    k.bytes[3][k.priv.p.len - 1] ^= 1;

    struct cv_private_key weak = k.priv;
    weak.n.len = 255; /* 2040 bits */
    k.bytes[0][254] |= 1;
    assert_int_equal(impl->pss_sign(&weak, hashes[0], k.m, sig, &len, &rng), CV_E_CERT_WEAK_KEY);
    load(&k, 0);

    size_t small = k.len - 1;
    assert_int_equal(impl->pkcs1_sign(&k.priv, hashes[0], k.m, sig, &small, &rng), CV_E_BUFFER_TOO_SMALL);
    assert_int_equal(impl->pss_sign(&k.priv, hashes[0], k.m, sig, &small, &rng), CV_E_BUFFER_TOO_SMALL);
    assert_int_equal(impl->pkcs1_sign(&k.priv, hashes[0], k.m, sig, &len, NULL), CV_E_INVALID_ARGUMENT);
    assert_int_equal(impl->pss_sign(&k.priv, hashes[0], k.m, sig, &len, NULL), CV_E_INVALID_ARGUMENT);
    k.priv.type = CV_KEY_RSA_PSS;
    assert_int_equal(impl->pkcs1_sign(&k.priv, hashes[0], k.m, sig, &len, &rng), CV_E_KEY_SYNTAX);
    assert_int_equal(impl->pss_sign(&k.priv, hashes[0], k.m, sig, &len, &rng), CV_OK);
    k.priv.type = CV_KEY_P256;
    assert_int_equal(impl->pss_sign(&k.priv, hashes[0], k.m, sig, &len, &rng), CV_E_KEY_SYNTAX);
}

static void signing_fails_with_the_rng_wherever_it_is_asked(void **state)
{
    (void)state;
    static struct key k;
    uint8_t sig[CV_RSA_BYTES_MAX];
    load(&k, 0);
    struct noise noise = {.state = 5};
    struct cv_rng rng = {noise_fill, &noise};
    size_t len = sizeof sig;
    assert_int_equal(impl->pss_sign(&k.priv, hashes[0], k.m, sig, &len, &rng), CV_OK);
    int n_calls = noise.n_calls;
    assert_true(n_calls >= 5); /* salt, base (two), both exponents */
    for (int i = 1; i <= n_calls; i++) {
        noise = (struct noise){.state = 5, .fail_at = i};
        len = sizeof sig;
        assert_int_equal(impl->pss_sign(&k.priv, hashes[0], k.m, sig, &len, &rng), CV_E_RNG);
    }
}

static void inverses_are_inverses(void **state)
{
    (void)state;
    static struct key k;
    struct noise noise = {.state = 6};
    for (int i = 0; i < N_VECTORS; i++) {
        static struct cv_rsa rsa;
        cv_limb a[CV_MONT_LIMBS_MAX], inverse[CV_MONT_LIMBS_MAX], one[CV_MONT_LIMBS_MAX] = {1};
        uint8_t bytes[CV_RSA_BYTES_MAX];
        load(&k, i);
        assert_int_equal(cv_rsa_init(&rsa, impl->powers, k.pub.n, k.pub.e), CV_OK);
        size_t n_limbs = rsa.mont.n_limbs;
        for (int j = 0; j < 50; j++) {
            assert_int_equal(noise_fill(&noise, bytes, k.len), CV_OK);
            bytes[0] = 0;
            if (j < 10) memset(bytes, 0, k.len - 1 - (size_t)j);
            if (j == 0) bytes[k.len - 1] = 1;
            cv_limbs_from_bytes(a, n_limbs, bytes, k.len);
            assert_true(cv_mont_invert_public(&rsa.mont, inverse, a));
            cv_mont_mul(&rsa.mont, a, a, inverse);
            cv_mont_mul(&rsa.mont, a, a, one);
            assert_memory_equal(a, one, n_limbs * sizeof *a);
        }
        memset(a, 0, sizeof a);
        assert_false(cv_mont_invert_public(&rsa.mont, inverse, a));
        cv_limbs_from_bytes(a, n_limbs, k.priv.p.p, k.priv.p.len); /* shares a factor with n */
        assert_false(cv_mont_invert_public(&rsa.mont, inverse, a));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_what_openssl_signed),
        cmocka_unit_test(refuses_what_was_tampered_with),
        cmocka_unit_test(the_signature_is_as_long_as_the_modulus_and_below_it),
        cmocka_unit_test(pss_parameters_are_exact),
        cmocka_unit_test(refuses_bad_keys_before_computing),
        cmocka_unit_test(refuses_garbage_behind_the_digest),
        cmocka_unit_test(signs_what_verifies),
        cmocka_unit_test(signing_accepts_primes_in_either_order),
        cmocka_unit_test(a_fault_is_not_handed_out),
        cmocka_unit_test(signing_refuses_bad_keys_and_arguments),
        cmocka_unit_test(signing_fails_with_the_rng_wherever_it_is_asked),
        cmocka_unit_test(inverses_are_inverses),
    };
    const uint32_t cpu = cv_cpu_detect();
    int failed = 0;
    for (size_t i = 0; i < sizeof implementations / sizeof *implementations; i++) {
        impl = &implementations[i];
        if ((cpu & impl->needs) == impl->needs)
            failed += cmocka_run_group_tests_name(impl->name, tests, NULL, NULL);
        else
            print_message("rsa: %s SKIPPED, this processor lacks %#x\n", impl->name,
                          (unsigned)(impl->needs & ~cpu));
    }
    return failed;
}
