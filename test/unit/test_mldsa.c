/* ML-DSA. NIST's and Wycheproof's files run through `culvert vectors`. */
#include "crypto/mldsa.h"
#include "crypto/sha3.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct set {
    const struct cv_mldsa *p;
    cv_sign_fn *sign;
    cv_verify_fn *verify;
} sets[] = {
    {&cv_mldsa44, cv_mldsa44_sign, cv_mldsa44_verify},
    {&cv_mldsa65, cv_mldsa65_sign, cv_mldsa65_verify},
    {&cv_mldsa87, cv_mldsa87_sign, cv_mldsa87_verify},
};
enum { N_SETS = sizeof sets / sizeof *sets, Q = CV_MLDSA_Q };

static struct cv_mldsa_poly work[CV_MLDSA_SIGN_WORK(CV_MLDSA_K_MAX, CV_MLDSA_L_MAX)];

/* A key in all its forms, a message, and its signature. */
struct signed_message {
    uint8_t seed[32], public_key[CV_MLDSA_PUBLIC_MAX], expanded[CV_MLDSA_EXPANDED_MAX];
    uint8_t m[40], sig[CV_MLDSA_SIG_MAX];
};

static const uint8_t zeros[CV_MLDSA_RANDOM_LEN];

static struct signed_message make(const struct cv_mldsa *p)
{
    struct signed_message s;
    for (size_t i = 0; i < sizeof s.seed; i++) s.seed[i] = (uint8_t)(i * 5 + 3);
    for (size_t i = 0; i < sizeof s.m; i++) s.m[i] = (uint8_t)(i * 11);
    const struct cv_mldsa_input in = {.m = cv_bytes(s.m, sizeof s.m)};
    assert_int_equal(cv_mldsa_keygen(p, s.public_key, s.expanded, cv_bytes(s.seed, 32)), CV_OK);
    assert_int_equal(cv_mldsa_sign(p, s.sig, work, cv_bytes(s.seed, 32), &in, zeros), CV_OK);
    return s;
}

static cv_err check(const struct cv_mldsa *p, const struct signed_message *s)
{
    const struct cv_mldsa_input in = {.m = cv_bytes(s->m, sizeof s->m)};
    return cv_mldsa_verify(p, work, cv_bytes(s->public_key, p->public_len), &in,
                           cv_bytes(s->sig, p->sig_len));
}

static void assert_sha3(const uint8_t *p, size_t len, const char *hex)
{
    uint8_t digest[32], expected[32];
    cv_hash_digest(&cv_sha3_256, digest, p, len);
    assert_int_equal(unhex(expected, 32, hex), 32);
    assert_memory_equal(digest, expected, 32);
}

/* kat_MLDSA_44_det_pure.rsp and its like of the PyPI package cryptography-vectors 50.0.2, count = 0: of what
 * is long the SHA3-256. All three have one seed, message and context. */
static void known_answers(void **state)
{
    static const struct {
        const char *public_key, *expanded, *sig;
    } rows[N_SETS] = {
        {"23ffca1815890e764d3e95d9586b4b36b78fa726aa720a6facc9485ce5c22ce1",
         "f034aaf0b155b5ddf1fc9bc89f29f0ffe98ba05bb7e90b47774460e80f29cc0c",
         "0f9537e27278391d6dd3139d18ad85b07e4b81cb7e4416da2110c2dfabd4052f"},
        {"873f4b8e23d2283ecdb79f1b33974ed1cbf4b4ce82b338dd3c236b41dea77faf",
         "ab8d10eb226803024db6dc6e5c94f230ebcf69ed7dbd41bb15e673404655e089",
         "32d0c34c58b58d70997228145abfc2a3f3e8a74326476caae9754d033aed8669"},
        {"d74f2152676c9f61febf6f36725e9a27ccfc50119adfcb1be7b63e06c4975deb",
         "a3943734b1f9d200d793fa5a0679297a86f5bd06672b39cff07c9fb05e85bf4b",
         "432211b2f815c4d54d18b8aeabadfd29ccfb3bbbdc3d7dcadfe7864c66a531f4"},
    };
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_mldsa *p = sets[i].p;
        uint8_t seed[32], m[16], context[16];
        struct signed_message s;
        assert_int_equal(unhex(seed, 32, "f696484048ec21f96cf50a56d0759c448f3779752f0383d37449690694cf7a68"),
                         32);
        assert_int_equal(unhex(m, 16, "6dbbc4375136df3b07f7c70e639e223e"), 16);
        assert_int_equal(unhex(context, 16, "480c658c0cb3e040bde084345cef0df7"), 16);
        const struct cv_mldsa_input in = {.m = cv_bytes(m, 16), .context = cv_bytes(context, 16)};
        assert_int_equal(cv_mldsa_keygen(p, s.public_key, s.expanded, cv_bytes(seed, 32)), CV_OK);
        assert_sha3(s.public_key, p->public_len, rows[i].public_key);
        assert_sha3(s.expanded, p->expanded_len, rows[i].expanded);
        assert_int_equal(cv_mldsa_sign(p, s.sig, work, cv_bytes(seed, 32), &in, zeros), CV_OK);
        assert_sha3(s.sig, p->sig_len, rows[i].sig);
        assert_int_equal(
            cv_mldsa_verify(p, work, cv_bytes(s.public_key, p->public_len), &in, cv_bytes(s.sig, p->sig_len)),
            CV_OK);
    }
}

/* The expanded key signs as its seed does, and expands to itself. */
static void both_forms_of_a_key_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_mldsa *p = sets[i].p;
        const struct signed_message s = make(p);
        const struct cv_mldsa_input in = {.m = cv_bytes(s.m, sizeof s.m)};
        uint8_t public_key[CV_MLDSA_PUBLIC_MAX], expanded[CV_MLDSA_EXPANDED_MAX], sig[CV_MLDSA_SIG_MAX];
        const struct cv_bytes key = cv_bytes(s.expanded, p->expanded_len);
        assert_int_equal(cv_mldsa_keygen(p, public_key, expanded, key), CV_OK);
        assert_memory_equal(public_key, s.public_key, p->public_len);
        assert_memory_equal(expanded, s.expanded, p->expanded_len);
        assert_int_equal(cv_mldsa_sign(p, sig, work, key, &in, zeros), CV_OK);
        assert_memory_equal(sig, s.sig, p->sig_len);
    }
}

/* What a key's own file can get wrong: lengths, coefficients out of range, parts that contradict each other.
 */
static void refuses_unsound_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_mldsa *p = sets[i].p;
        struct signed_message s = make(p);
        const struct cv_mldsa_input in = {.m = cv_bytes(s.m, sizeof s.m)};
        const struct cv_bytes expanded = cv_bytes(s.expanded, p->expanded_len);
        uint8_t public_key[CV_MLDSA_PUBLIC_MAX], sig[CV_MLDSA_SIG_MAX];
        struct cv_private_key key = {
            .type = p->key_type, .secret = cv_bytes(s.seed, 32), .expanded = expanded};
        size_t len = sizeof public_key;
        assert_int_equal(cv_mldsa_public_key(&key, public_key, &len), CV_OK);
        assert_int_equal(len, p->public_len);
        assert_memory_equal(public_key, s.public_key, len);
        len = p->public_len - 1u;
        assert_int_equal(cv_mldsa_public_key(&key, public_key, &len), CV_E_BUFFER_TOO_SMALL);
        static const size_t lens[] = {0, 31, 33};
        for (size_t j = 0; j < 3; j++)
            assert_int_equal(cv_mldsa_sign(p, sig, work, cv_bytes(s.seed, lens[j]), &in, zeros),
                             CV_E_KEY_SYNTAX);
        assert_int_equal(cv_mldsa_sign(p, sig, work, cv_bytes(s.expanded, expanded.len - 1), &in, zeros),
                         CV_E_KEY_SYNTAX);

        /* rho, K, the hash, s1, t0: each noticed beside the seed; all but K and t0 by signing too */
        const size_t at[] = {0, 32, 64, 128, expanded.len - 1};
        for (size_t j = 0; j < sizeof at / sizeof *at; j++) {
            s.expanded[at[j]] ^= 1;
            len = sizeof public_key;
            key.secret = cv_bytes(s.seed, 32);
            assert_int_equal(cv_mldsa_public_key(&key, public_key, &len), CV_E_KEY_SYNTAX);
            cv_err e = cv_mldsa_sign(p, sig, work, expanded, &in, zeros);
            assert_int_equal(e, at[j] == 32 || j == 4 ? CV_OK : CV_E_KEY_SYNTAX);
            s.expanded[at[j]] ^= 1;
        }
        /* a seed with half an expanded key beside it */
        key.expanded = cv_bytes(s.expanded, expanded.len - 1);
        len = sizeof public_key;
        assert_int_equal(cv_mldsa_public_key(&key, public_key, &len), CV_E_KEY_SYNTAX);
        /* the first coefficient of s1: eta - v, v at most 2 eta */
        s.expanded[128] = (uint8_t)((s.expanded[128] & ~15) | (p->eta == 2 ? 7 : 15));
        assert_int_equal(cv_mldsa_keygen(p, public_key, NULL, expanded), CV_E_KEY_SYNTAX);
        assert_int_equal(cv_mldsa_sign(p, sig, work, expanded, &in, zeros), CV_E_KEY_SYNTAX);
    }
}

/* A bit of any byte of signature, key and message. */
static void every_byte_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_mldsa *p = sets[i].p;
        struct signed_message s = make(p);
        assert_int_equal(check(p, &s), CV_OK);
        for (size_t at = 0; at < p->sig_len; at += at < p->challenge_len ? 1 : 13) {
            s.sig[at] ^= (uint8_t)(1u << at % 8);
            assert_int_equal(check(p, &s), CV_E_BAD_SIGNATURE);
            s.sig[at] ^= (uint8_t)(1u << at % 8);
        }
        for (size_t at = 0; at < p->public_len; at += 61) {
            s.public_key[at] ^= (uint8_t)(1u << at % 8);
            assert_int_equal(check(p, &s), CV_E_BAD_SIGNATURE);
            s.public_key[at] ^= (uint8_t)(1u << at % 8);
        }
        s.m[0] ^= 1;
        assert_int_equal(check(p, &s), CV_E_BAD_SIGNATURE);
    }
}

/* Hints have one encoding: algorithm 21. Each forgery keeps the set of hints, and would verify without the
 * check. */
static void hints_are_not_malleable(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_mldsa *p = sets[i].p;
        struct signed_message s = make(p);
        uint8_t *hints = s.sig + p->sig_len - p->omega - p->k, *ends = hints + p->omega;
        uint8_t first = hints[0], n = ends[p->k - 1];
        assert_true(ends[0] >= 2 && n < p->omega);
        hints[0] = hints[1], hints[1] = first; /* falling */
        assert_int_equal(check(p, &s), CV_E_BAD_SIGNATURE);
        hints[1] = hints[0], hints[0] = first;
        hints[n] = 1; /* behind the last */
        assert_int_equal(check(p, &s), CV_E_BAD_SIGNATURE);
        hints[n] = 0;
        assert_int_equal(check(p, &s), CV_OK);
        memmove(hints + 1, hints, n); /* twice the same */
        for (size_t row = 0; row < p->k; row++) ends[row]++;
        assert_int_equal(check(p, &s), CV_E_BAD_SIGNATURE);
        memmove(hints, hints + 1, n);
        hints[n] = 0;
        for (size_t row = 0; row < p->k; row++) ends[row]--;
        assert_int_equal(check(p, &s), CV_OK);
        ends[p->k - 1] = (uint8_t)(p->omega + 1); /* too many */
        assert_int_equal(check(p, &s), CV_E_BAD_SIGNATURE);
        ends[p->k - 1] = (uint8_t)(ends[p->k - 2] - 1); /* less than before */
        assert_int_equal(check(p, &s), CV_E_BAD_SIGNATURE);
    }
}

static void lengths_and_contexts(void **state)
{
    static uint8_t context[256];
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_mldsa *p = sets[i].p;
        struct signed_message s = make(p);
        const struct cv_bytes key = cv_bytes(s.public_key, p->public_len), sig = cv_bytes(s.sig, p->sig_len);
        struct cv_mldsa_input in = {.m = cv_bytes(s.m, sizeof s.m)};
        assert_int_equal(cv_mldsa_verify(p, work, key, &in, cv_bytes(s.sig, sig.len - 1)),
                         CV_E_BAD_SIGNATURE);
        assert_int_equal(cv_mldsa_verify(p, work, cv_bytes(key.p, key.len - 1), &in, sig), CV_E_CERT_KEY);
        in.context = cv_bytes(context, 256);
        assert_int_equal(cv_mldsa_verify(p, work, key, &in, sig), CV_E_INVALID_ARGUMENT);
        assert_int_equal(cv_mldsa_sign(p, s.sig, work, cv_bytes(s.seed, 32), &in, zeros),
                         CV_E_INVALID_ARGUMENT);
        in.context = cv_bytes(context, 255);
        assert_int_equal(cv_mldsa_verify(p, work, key, &in, sig), CV_E_BAD_SIGNATURE);
        assert_int_equal(cv_mldsa_sign(p, s.sig, work, cv_bytes(s.seed, 32), &in, zeros), CV_OK);
        assert_int_equal(cv_mldsa_verify(p, work, key, &in, sig), CV_OK);
    }
}

static cv_err count_fill(void *ctx, uint8_t *out, size_t len)
{
    unsigned *n = ctx;
    memset(out, (int)++*n, len);
    return CV_OK;
}

static cv_err no_fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return CV_E_RNG;
}

/* Through crypto/sig.h: without a generator deterministic, with one hedged. */
static void as_a_scheme(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_mldsa *p = sets[i].p;
        const struct signed_message s = make(p);
        unsigned n_fills = 0;
        const struct cv_rng rng = {count_fill, &n_fills}, broken = {no_fill, NULL};
        struct cv_private_key key = {.type = p->key_type, .secret = cv_bytes(s.seed, 32)};
        struct cv_public_key public_key = {.type = p->key_type,
                                           .point = cv_bytes(s.public_key, p->public_len)};
        const struct cv_bytes m = cv_bytes(s.m, sizeof s.m);
        uint8_t sig[2][CV_MLDSA_SIG_MAX];
        size_t len = sizeof sig[0];
        assert_int_equal(sets[i].sign(&key, NULL, m, sig[0], &len, NULL), CV_OK);
        assert_int_equal(len, p->sig_len);
        assert_memory_equal(sig[0], s.sig, len);
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(sets[i].sign(&key, NULL, m, sig[j], &len, &rng), CV_OK);
            assert_int_equal(sets[i].verify(&public_key, NULL, m, cv_bytes(sig[j], len)), CV_OK);
        }
        assert_int_equal(n_fills, 2);
        assert_memory_not_equal(sig[0], sig[1], len);
        assert_memory_not_equal(sig[0], s.sig, len);
        assert_int_equal(sets[i].sign(&key, NULL, m, sig[0], &len, &broken), CV_E_RNG);
        assert_int_equal(sets[i].sign(&key, &cv_sha256, m, sig[0], &len, NULL), CV_E_INVALID_ARGUMENT);
        assert_int_equal(sets[i].verify(&public_key, &cv_sha256, m, cv_bytes(s.sig, len)),
                         CV_E_INVALID_ARGUMENT);
        len--;
        assert_int_equal(sets[i].sign(&key, NULL, m, sig[0], &len, NULL), CV_E_BUFFER_TOO_SMALL);
        key.type = public_key.type = CV_KEY_ED25519;
        len++;
        assert_int_equal(sets[i].sign(&key, NULL, m, sig[0], &len, NULL), CV_E_KEY_SYNTAX);
        assert_int_equal(sets[i].verify(&public_key, NULL, m, cv_bytes(s.sig, len)), CV_E_CERT_KEY);
    }
}

/* Decompose (algorithm 36) by its own words, with divisions, for each canonical number. */
static void rounding_is_exact(void **state)
{
    static const struct cv_mldsa_rounding *const roundings[] = {&cv_mldsa_rounding_88, &cv_mldsa_rounding_32};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const int32_t gamma2 = roundings[i]->gamma2;
        unsigned n_wrong = 0;
        for (int32_t v = 0; v < Q; v++) {
            int32_t low = v % (2 * gamma2), high, our_high, our_low;
            if (low > gamma2) low -= 2 * gamma2;
            if (v - low == Q - 1) {
                high = 0;
                low--;
            } else {
                high = (v - low) / (2 * gamma2);
            }
            cv_mldsa_decompose(roundings[i], &our_high, &our_low, v);
            n_wrong += high != our_high || low != our_low;
        }
        assert_int_equal(n_wrong, 0);
    }
}

/* Power2Round (algorithm 35) likewise. */
static void power2round_is_exact(void **state)
{
    unsigned n_wrong = 0;
    (void)state;
    for (int32_t v = 0; v < Q; v += CV_MLDSA_N) {
        struct cv_mldsa_poly t, high, low;
        for (int32_t i = 0; i < CV_MLDSA_N; i++) t.c[i] = v + i < Q ? v + i : 0;
        cv_mldsa_power2round(&high, &low, &t);
        for (size_t i = 0; i < CV_MLDSA_N; i++) {
            int32_t expected = t.c[i] % 8192;
            if (expected > 4096) expected -= 8192;
            n_wrong += low.c[i] != expected || high.c[i] * 8192 + low.c[i] != t.c[i];
        }
    }
    assert_int_equal(n_wrong, 0);
}

/* Products through the transform are those of X^256 + 1, at the ends of what the contracts allow too. */
static void transform_multiplies(void **state)
{
    static const int32_t ends[] = {0, 1, -1, Q - 1, 1 - Q, Q / 2, -Q / 2};
    (void)state;
    for (uint32_t round = 0; round < 20; round++) {
        struct cv_mldsa_poly a, b, c;
        uint32_t x = round + 1;
        for (size_t i = 0; i < CV_MLDSA_N; i++) {
            int32_t *const both[] = {&a.c[i], &b.c[i]};
            for (size_t j = 0; j < 2; j++) {
                x = x * 1664525 + 1013904223; /* Numerical Recipes, chapter 7 */
                *both[j] = round < 10 ? ends[(x >> 16) % 7] : (int32_t)(x >> 8) % Q;
            }
        }
        int64_t expected[CV_MLDSA_N] = {0};
        for (size_t i = 0; i < CV_MLDSA_N; i++)
            for (size_t j = 0; j < CV_MLDSA_N; j++) {
                int64_t product = (int64_t)a.c[i] * b.c[j] % Q, *e = &expected[(i + j) % CV_MLDSA_N];
                *e = (*e + (i + j < CV_MLDSA_N ? product : Q - product)) % Q;
            }
        cv_mldsa_ntt(&a);
        cv_mldsa_ntt(&b);
        cv_mldsa_mul(&c, &a, &b);
        cv_mldsa_ntt_inverse(&c);
        cv_mldsa_canonical(&c);
        for (size_t i = 0; i < CV_MLDSA_N; i++) assert_int_equal(c.c[i], (expected[i] + Q) % Q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(both_forms_of_a_key_are_one),
        cmocka_unit_test(refuses_unsound_keys),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(hints_are_not_malleable),
        cmocka_unit_test(lengths_and_contexts),
        cmocka_unit_test(as_a_scheme),
        cmocka_unit_test(rounding_is_exact),
        cmocka_unit_test(power2round_is_exact),
        cmocka_unit_test(transform_multiplies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
