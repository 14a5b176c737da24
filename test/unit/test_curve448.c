/* X448 and Ed448, and the field and scalars below them. */
#include "crypto/fe448.h"
#include "crypto/ge448.h"
#include "crypto/kex.h"
#include "crypto/sc448.h"
#include "crypto/sig.h"
#include "crypto/x448.h"
#include "test/unit/hex.h"
#include "x509/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { LEN = 56, SIG_LEN = 114, KEY_LEN = 57 };

static const char order_hex[] = "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7c"
                                "ffffffffffffffffffffffffffffffffffffffffffffffffffffff3f";

static void want_bytes(const uint8_t *got, const char *hex, size_t len)
{
    uint8_t expected[SIG_LEN];
    assert_int_equal(unhex(expected, sizeof expected, hex), len);
    assert_memory_equal(got, expected, len);
}

/* Bytes at random, or mostly ones, or mostly zeros. */
static void fill(uint8_t *p, size_t len, unsigned kind)
{
    static uint64_t state = 1;
    for (size_t i = 0; i < len; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
        p[i] = (uint8_t)(state >> 56);
        if (kind % 3 == 1 && (state >> 40 & 7) != 0) p[i] = 0xff;
        if (kind % 3 == 2 && (state >> 40 & 7) != 0) p[i] = 0;
    }
}

static void want_equal(const struct cv_fe448 *a, const struct cv_fe448 *b)
{
    uint8_t a_bytes[LEN], b_bytes[LEN];
    cv_fe448_to_bytes(a_bytes, a);
    cv_fe448_to_bytes(b_bytes, b);
    assert_memory_equal(a_bytes, b_bytes, LEN);
}

static void field_laws(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 900; i++) {
        struct cv_fe448 a, b, sum, difference, x, y;
        uint8_t bytes[LEN];
        fill(bytes, LEN, i);
        cv_fe448_from_bytes(&a, bytes);
        fill(bytes, LEN, i / 3);
        cv_fe448_from_bytes(&b, bytes);
        cv_fe448_add(&sum, &a, &b);
        cv_fe448_sub(&difference, &a, &b);
        /* (a + b) (a - b) = a^2 - b^2, with sums as they are */
        cv_fe448_mul(&x, &sum, &difference);
        cv_fe448_mul(&y, &a, &a);
        cv_fe448_sqr(&a, &a);
        want_equal(&y, &a);
        cv_fe448_sqr(&b, &b);
        cv_fe448_sub(&y, &a, &b);
        want_equal(&x, &y);
        /* (a + b)^2 both ways */
        cv_fe448_sqr(&x, &sum);
        cv_fe448_mul(&y, &sum, &sum);
        want_equal(&x, &y);
        cv_fe448_add(&y, &x, &x);
        cv_fe448_sub(&difference, &x, &y);
        cv_fe448_add(&difference, &difference, &x);
        want_equal(&difference, &cv_fe448_zero);
        cv_fe448_mul_small(&y, &sum, 5);
        cv_fe448_add(&x, &sum, &sum); /* counts 4: to be carried before it goes on */
        cv_fe448_mul_small(&x, &x, 1);
        cv_fe448_sub(&y, &y, &x);
        cv_fe448_sub(&y, &y, &x);
        want_equal(&y, &sum);
        if (i % 9 != 0) continue;
        cv_fe448_invert(&x, &sum);
        cv_fe448_mul(&x, &x, &sum);
        want_equal(&x, &cv_fe448_one);
    }
}

/* p and what is near it, encodings of 0, 1, and so on; and the greatest of all. */
static void encodings_from_p_on(void **unused)
{
    (void)unused;
    uint8_t bytes[LEN], small[LEN] = {0};
    struct cv_fe448 a;
    for (unsigned i = 0; i < 4; i++) {
        memset(bytes, 0xff, LEN);
        bytes[28] = 0xfe;
        for (unsigned k = 0, carry = i; k < LEN; k++, carry >>= 8) {
            carry += bytes[k];
            bytes[k] = (uint8_t)carry;
        }
        cv_fe448_from_bytes(&a, bytes);
        cv_fe448_to_bytes(bytes, &a);
        small[0] = (uint8_t)i;
        assert_memory_equal(bytes, small, LEN);
    }
    memset(bytes, 0xff, LEN); /* 2^448 - 1 = p + 2^224 */
    cv_fe448_from_bytes(&a, bytes);
    cv_fe448_to_bytes(bytes, &a);
    small[0] = 0;
    small[28] = 1;
    assert_memory_equal(bytes, small, LEN);
}

/* RFC 7748 section 5.2: the result becomes the scalar, the scalar the point. */
static void thousand_iterations(void **unused)
{
    (void)unused;
    uint8_t k[LEN] = {5}, u[LEN] = {5}, out[LEN];
    for (int i = 1; i <= 1000; i++) {
        assert_int_equal(cv_x448(out, k, u), CV_OK);
        memcpy(u, k, LEN);
        memcpy(k, out, LEN);
    }
    want_bytes(k,
               "aa3b4749d55b9daf1e5b00288826c467274ce3ebbdd5c17b975e09d4af6c67cf"
               "10d087202db88286e2b79fceea3ec353ef54faa26e219f38",
               LEN);
}

struct canned {
    const uint8_t *bytes; /* NULL: there are none */
    size_t len;
    unsigned n_calls;
};

static cv_err canned_fill(void *ctx, uint8_t *out, size_t len)
{
    struct canned *c = ctx;
    c->n_calls++;
    memset(out, 0, len);
    if (c->bytes == NULL) return CV_E_RNG;
    memcpy(out, c->bytes, len < c->len ? len : c->len);
    return CV_OK;
}

/* RFC 7748 section 6.2, through the TLS group. */
static void diffie_hellman_of_the_rfc(void **unused)
{
    (void)unused;
    static const char alice_key[] = "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d"
                                    "d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b";
    static const char alice_share[] = "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c"
                                      "22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0";
    static const char bob_key[] = "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d"
                                  "6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d";
    static const char bob_share[] = "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430"
                                    "27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609";
    static const char shared[] = "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b"
                                 "b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d";
    const struct cv_group *g = &cv_group_x448;
    uint8_t alice[LEN], bob[LEN], key[LEN], share[LEN], server_share[LEN], secret[LEN];
    unhex(alice, LEN, alice_key);
    unhex(bob, LEN, bob_key);
    const struct cv_rng alice_rng = {canned_fill, &(struct canned){alice, LEN, 0}};
    const struct cv_rng bob_rng = {canned_fill, &(struct canned){bob, LEN, 0}};
    assert_int_equal(g->generate(g, key, share, &alice_rng), CV_OK);
    want_bytes(share, alice_share, LEN);
    assert_int_equal(g->respond(g, server_share, secret, cv_bytes(share, LEN), &bob_rng), CV_OK);
    want_bytes(server_share, bob_share, LEN);
    want_bytes(secret, shared, LEN);
    memset(secret, 0, sizeof secret);
    assert_int_equal(g->finish(g, secret, key, cv_bytes(server_share, LEN)), CV_OK);
    want_bytes(secret, shared, LEN);
}

/* u of the points whose order divides 4, which are 0, 1 and p - 1; then p and p + 1, encodings of 0 and 1. */
static void refuses_bad_shares(void **unused)
{
    (void)unused;
    static const uint8_t zeros[LEN];
    const struct cv_group *g = &cv_group_x448;
    uint8_t key[LEN], bad[LEN + 1], share[LEN], secret[LEN];
    struct canned source = {key, LEN, 0}, nothing = {NULL, 0, 0};
    const struct cv_rng rng = {canned_fill, &source}, no_rng = {canned_fill, &nothing};
    memset(key, 0x55, sizeof key);
    for (unsigned i = 0; i < 5; i++) {
        memset(bad, i < 2 ? 0 : 0xff, LEN);
        if (i < 2) bad[0] = (uint8_t)i;
        if (i >= 2) bad[28] = 0xfe;
        if (i == 2) bad[0] = 0xfe;
        if (i == 4) memset(bad, 0, 28);
        if (i == 4) bad[28] = 0xff;
        memset(secret, 0xaa, sizeof secret);
        assert_int_equal(g->finish(g, secret, key, cv_bytes(bad, LEN)), CV_E_BAD_KEY_SHARE);
        assert_memory_equal(secret, zeros, LEN);
        assert_int_equal(g->respond(g, share, secret, cv_bytes(bad, LEN), &rng), CV_E_BAD_KEY_SHARE);
    }
    static const size_t lens[] = {0, 1, LEN - 1, LEN + 1};
    memset(bad, 9, sizeof bad);
    source.n_calls = 0;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        assert_int_equal(g->finish(g, secret, key, cv_bytes(bad, lens[i])), CV_E_BAD_KEY_SHARE);
        assert_int_equal(g->respond(g, share, secret, cv_bytes(bad, lens[i]), &rng), CV_E_BAD_KEY_SHARE);
    }
    assert_int_equal(source.n_calls, 0); /* before any work */
    assert_int_equal(g->generate(g, key, share, &no_rng), CV_E_RNG);
    assert_int_equal(g->respond(g, share, secret, cv_bytes(bad, LEN), &no_rng), CV_E_RNG);
}

/* Computed with Python's integers. */
static void scalars_modulo_the_order(void **unused)
{
    (void)unused;
    static const uint8_t zeros[LEN];
    uint8_t wide[CV_SC448_WIDE_LEN] = {0}, r[LEN], a[LEN], b[LEN], c[LEN];
    unhex(wide, LEN, order_hex);
    assert_false(cv_sc448_is_canonical(wide));
    cv_sc448_reduce(r, wide);
    assert_memory_equal(r, zeros, LEN);
    wide[0]--;
    assert_true(cv_sc448_is_canonical(wide));
    cv_sc448_reduce(r, wide);
    assert_memory_equal(r, wide, LEN);
    memset(wide, 0xff, sizeof wide);
    cv_sc448_reduce(r, wide);
    want_bytes(r,
               "81dee731a93f88112e1dad8707160f80293ea637fb19e320c5b624bb"
               "85c972cf17ae447cc4a34bc19c1aaf70d0e4b7bc522029b723f83929",
               LEN);
    for (unsigned i = 0; i < LEN; i++) a[i] = (uint8_t)(i + 1);
    unhex(b, LEN,
          "0708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122"
          "232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e");
    unhex(c, LEN,
          "7edbb51043e47824c24ee3538bec98305408ca19e5c2dcf2a835ea85"
          "818182838485868788898a8b8c8d8e8f909192939495969798999a1b");
    cv_sc448_muladd(r, a, b, c);
    want_bytes(r,
               "d8f5e61038ee5cbed8d88c504e8bd36cb0bf135a4484e1ca7ebc95d2"
               "97512cd8d45114422e19bf7ed2620fa2591560493abe7cb91a545d39",
               LEN);
}

/* RFC 8032 section 7.4 */
static const struct {
    const char *seed, *public_key, *m, *sig;
} vectors[] = {
    {
        .seed = "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f"
                "044e39a3fc5b94492f8f032e7549a20098f95b",
        .public_key = "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46"
                      "c7061bd6783df1e50f6cd1fa1abeafe8256180",
        .m = "",
        .sig = "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f62"
               "8281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d"
               "8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600",
    },
    {
        .seed = "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2"
                "877c5e3bc397a659949ef8021e954e0a12274e",
        .public_key = "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb0074"
                      "2802b8438ea4cb82169c235160627b4c3a9480",
        .m = "03",
        .sig = "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b9"
               "81b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcec"
               "bf154336c19f0af7e0a6472905e799f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00",
    },
    {
        .seed = "cd23d24f714274e744343237b93290f511f6425f98e64459ff203e8985083ffdf60500553abc"
                "0e05cd02184bdb89c4ccd67e187951267eb328",
        .public_key = "dcea9e78f35a1bf3499a831b10b86c90aac01cd84b67a0109b55a36e9328b1e365fce161d71c"
                      "e7131a543ea4cb5f7e9f1d8b00696447001400",
        .m = "0c3e544074ec63b0265e0c",
        .sig = "1f0a8888ce25e8d458a21130879b840a9089d999aaba039eaf3e3afa090a09d389dba82c4ff2"
               "ae8ac5cdfb7c55e94d5d961a29fe0109941e00b8dbdeea6d3b051068df7254c0cdc129cbe62d"
               "b2dc957dbb47b51fd3f213fb8698f064774250a5028961c9bf8ffd973fe5d5c206492b140e00",
    },
    {
        .seed = "258cdd4ada32ed9c9ff54e63756ae582fb8fab2ac721f2c8e676a72768513d939f63dddb5560"
                "9133f29adf86ec9929dccb52c1c5fd2ff7e21b",
        .public_key = "3ba16da0c6f2cc1f30187740756f5e798d6bc5fc015d7c63cc9510ee3fd44adc24d8e968b6e4"
                      "6e6f94d19b945361726bd75e149ef09817f580",
        .m = "64a65f3cdedcdd66811e2915",
        .sig = "7eeeab7c4e50fb799b418ee5e3197ff6bf15d43a14c34389b59dd1a7b1b85b4ae90438aca634"
               "bea45e3a2695f1270f07fdcdf7c62b8efeaf00b45c2c96ba457eb1a8bf075a3db28e5c24f6b9"
               "23ed4ad747c3c9e03c7079efb87cb110d3a99861e72003cbae6d6b8b827e4e6c143064ff3c00",
    },
    {
        .seed = "7ef4e84544236752fbb56b8f31a23a10e42814f5f55ca037cdcc11c64c9a3b2949c1bb607003"
                "14611732a6c2fea98eebc0266a11a93970100e",
        .public_key = "b3da079b0aa493a5772029f0467baebee5a8112d9d3a22532361da294f7bb3815c5dc59e176b"
                      "4d9f381ca0938e13c6c07b174be65dfa578e80",
        .m = "64a65f3cdedcdd66811e2915e7",
        .sig = "6a12066f55331b6c22acd5d5bfc5d71228fbda80ae8dec26bdd306743c5027cb4890810c162c"
               "027468675ecf645a83176c0d7323a2ccde2d80efe5a1268e8aca1d6fbc194d3f77c44986eb4a"
               "b4177919ad8bec33eb47bbb5fc6e28196fd1caf56b4e7e0ba5519234d047155ac727a1053100",
    },
    {
        .seed = "d65df341ad13e008567688baedda8e9dcdc17dc024974ea5b4227b6530e339bff21f99e68ca6"
                "968f3cca6dfe0fb9f4fab4fa135d5542ea3f01",
        .public_key = "df9705f58edbab802c7f8363cfe5560ab1c6132c20a9f1dd163483a26f8ac53a39d6808bf4a1"
                      "dfbd261b099bb03b3fb50906cb28bd8a081f00",
        .m = "bd0f6a3747cd561bdddf4640a332461a4a30a12a434cd0bf40d766d9c6d458e5512204a30c17"
             "d1f50b5079631f64eb3112182da3005835461113718d1a5ef944",
        .sig = "554bc2480860b49eab8532d2a533b7d578ef473eeb58c98bb2d0e1ce488a98b18dfde9b9b907"
               "75e67f47d4a1c3482058efc9f40d2ca033a0801b63d45b3b722ef552bad3b4ccb667da350192"
               "b61c508cf7b6b5adadc2c8d9a446ef003fb05cba5f30e88e36ec2703b349ca229c2670833900",
    },
};
enum { N_VECTORS = sizeof vectors / sizeof *vectors };

/* A vector's bytes, and keys that point into them. */
struct sample {
    uint8_t seed[KEY_LEN], public_key[KEY_LEN], m[64], sig[SIG_LEN];
    struct cv_private_key priv;
    struct cv_public_key pub;
    struct cv_bytes message;
};

static void load(struct sample *s, size_t i)
{
    unhex(s->seed, KEY_LEN, vectors[i].seed);
    unhex(s->public_key, KEY_LEN, vectors[i].public_key);
    unhex(s->sig, SIG_LEN, vectors[i].sig);
    s->message = cv_bytes(s->m, unhex(s->m, sizeof s->m, vectors[i].m));
    s->priv = (struct cv_private_key){.type = CV_KEY_ED448, .secret = cv_bytes(s->seed, KEY_LEN)};
    s->pub = (struct cv_public_key){.type = CV_KEY_ED448, .point = cv_bytes(s->public_key, KEY_LEN)};
}

static cv_err verify(const struct sample *s)
{
    return cv_ed448_verify(&s->pub, NULL, s->message, cv_bytes(s->sig, SIG_LEN));
}

static void vectors_of_the_rfc(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_VECTORS; i++) {
        struct sample s;
        uint8_t sig[SIG_LEN], public_key[KEY_LEN];
        size_t sig_len = sizeof sig;
        load(&s, i);
        assert_int_equal(cv_ed448_public_key(&s.priv, public_key), CV_OK);
        assert_memory_equal(public_key, s.public_key, KEY_LEN);
        assert_int_equal(cv_ed448_sign(&s.priv, NULL, s.message, sig, &sig_len, NULL), CV_OK);
        assert_int_equal(sig_len, SIG_LEN);
        assert_memory_equal(sig, s.sig, SIG_LEN);
        assert_int_equal(verify(&s), CV_OK);
    }
}

static void refuses_what_was_tampered_with(void **unused)
{
    (void)unused;
    struct sample s;
    for (size_t at = 0; at < SIG_LEN; at += 3) {
        load(&s, 1);
        s.sig[at] ^= (uint8_t)(1 << at % 8);
        assert_int_equal(verify(&s), CV_E_BAD_SIGNATURE);
    }
    load(&s, 1);
    s.m[0] ^= 1;
    assert_int_equal(verify(&s), CV_E_BAD_SIGNATURE);
    load(&s, 1);
    for (size_t len = 0; len < SIG_LEN; len += 19)
        assert_int_equal(cv_ed448_verify(&s.pub, NULL, s.message, cv_bytes(s.sig, len)), CV_E_BAD_SIGNATURE);
}

/* RFC 8032 5.2.7: S + L is another signature to those who do not look. */
static void refuses_a_scalar_from_the_order_on(void **unused)
{
    (void)unused;
    struct sample s;
    uint8_t order[LEN];
    unsigned carry = 0;
    load(&s, 0);
    unhex(order, LEN, order_hex);
    for (unsigned i = 0; i < LEN; i++, carry >>= 8) {
        carry += (unsigned)s.sig[KEY_LEN + i] + order[i];
        s.sig[KEY_LEN + i] = (uint8_t)carry;
    }
    assert_int_equal(carry, 0);
    assert_int_equal(verify(&s), CV_E_BAD_SIGNATURE);
}

static void refuses_points_that_are_not_canonical(void **unused)
{
    (void)unused;
    struct sample s;
    struct cv_ge448 p;
    uint8_t bytes[KEY_LEN] = {1}; /* (0, 1) */
    assert_true(cv_ge448_from_bytes(&p, bytes));
    bytes[KEY_LEN - 1] = 0x80; /* the same with a sign */
    assert_false(cv_ge448_from_bytes(&p, bytes));
    bytes[KEY_LEN - 1] = 1; /* y above 2^448 */
    assert_false(cv_ge448_from_bytes(&p, bytes));
    memset(bytes, 0, sizeof bytes); /* p + 1 */
    memset(bytes + 28, 0xff, 28);
    assert_false(cv_ge448_from_bytes(&p, bytes));
    /* half of all y have no x; each that has one encodes back */
    unsigned n_points = 0;
    for (uint8_t y = 2; y < 40; y++) {
        uint8_t again[KEY_LEN];
        memset(bytes, 0, sizeof bytes);
        bytes[0] = y;
        bytes[KEY_LEN - 1] = y % 2 ? 0x80 : 0;
        if (!cv_ge448_from_bytes(&p, bytes)) continue;
        n_points++;
        cv_ge448_to_bytes(again, &p);
        assert_memory_equal(again, bytes, KEY_LEN);
    }
    assert_in_range(n_points, 8, 30);
    load(&s, 0);
    s.public_key[KEY_LEN - 1] ^= 0x40;
    assert_int_equal(verify(&s), CV_E_CERT_KEY);
}

/* The order times the base point, the order less one times, and a sum of two terms. */
static void multiples_of_the_base_point(void **unused)
{
    (void)unused;
    static const uint8_t identity[KEY_LEN] = {1}, one[LEN] = {1};
    struct cv_ge448 b, r;
    uint8_t order[LEN], encoded[KEY_LEN], base[KEY_LEN];
    unhex(order, LEN, order_hex);
    cv_ge448_base(&b);
    cv_ge448_to_bytes(base, &b);
    cv_ge448_mul(&r, (const uint8_t *const[]){order}, (const struct cv_ge448 *const[]){&b}, 1);
    cv_ge448_to_bytes(encoded, &r);
    assert_memory_equal(encoded, identity, KEY_LEN);
    order[0]--;
    cv_ge448_mul(&r, (const uint8_t *const[]){order}, (const struct cv_ge448 *const[]){&b}, 1);
    cv_ge448_to_bytes(encoded, &r);
    encoded[KEY_LEN - 1] ^= 0x80;
    assert_memory_equal(encoded, base, KEY_LEN);
    cv_ge448_mul(&r, (const uint8_t *const[]){one, order}, (const struct cv_ge448 *const[]){&b, &b}, 2);
    cv_ge448_to_bytes(encoded, &r);
    assert_memory_equal(encoded, identity, KEY_LEN);
}

static void refuses_bad_lengths_and_types(void **unused)
{
    (void)unused;
    struct sample s;
    uint8_t sig[SIG_LEN], public_key[KEY_LEN];
    size_t sig_len = SIG_LEN - 1;
    struct canned nothing = {NULL, 0, 0};
    const struct cv_rng no_rng = {canned_fill, &nothing};
    load(&s, 0);
    assert_int_equal(cv_ed448_sign(&s.priv, NULL, s.message, sig, &sig_len, NULL), CV_E_BUFFER_TOO_SMALL);
    sig_len = SIG_LEN;
    assert_int_equal(cv_ed448_sign(&s.priv, NULL, s.message, sig, &sig_len, &no_rng), CV_E_RNG);
    assert_int_equal(cv_ed448_sign(&s.priv, &cv_sha256, s.message, sig, &sig_len, NULL),
                     CV_E_INVALID_ARGUMENT);
    assert_int_equal(cv_ed448_verify(&s.pub, &cv_sha256, s.message, cv_bytes(s.sig, SIG_LEN)),
                     CV_E_INVALID_ARGUMENT);
    s.priv.secret.len = 32;
    assert_int_equal(cv_ed448_public_key(&s.priv, public_key), CV_E_KEY_SYNTAX);
    s.pub.point.len = 56;
    assert_int_equal(verify(&s), CV_E_CERT_KEY);
    load(&s, 0);
    s.pub.type = CV_KEY_ED25519;
    assert_int_equal(verify(&s), CV_E_CERT_KEY);
}

static void hedged_signatures_differ_and_verify(void **unused)
{
    (void)unused;
    struct sample s;
    uint8_t noise[KEY_LEN] = {7}, sig[2][SIG_LEN];
    struct canned source = {noise, KEY_LEN, 0};
    const struct cv_rng rng = {canned_fill, &source};
    for (size_t i = 0; i < 2; i++, noise[0]++) {
        size_t sig_len = SIG_LEN;
        load(&s, 1);
        assert_int_equal(cv_ed448_sign(&s.priv, NULL, s.message, sig[i], &sig_len, &rng), CV_OK);
        assert_memory_not_equal(sig[i], s.sig, SIG_LEN);
        memcpy(s.sig, sig[i], SIG_LEN);
        assert_int_equal(verify(&s), CV_OK);
    }
    assert_memory_not_equal(sig[0], sig[1], KEY_LEN);
}

/* PKCS#8 and SubjectPublicKeyInfo of RFC 8410, from cryptography-vectors (asymmetric/Ed448/ed448-pkcs8.der
 * and ed448-pub.der): one key. */
static void keys_in_files(void **unused)
{
    (void)unused;
    uint8_t pkcs8[73], spki[69];
    struct cv_private_key key;
    struct cv_cert cert = {.key = {.type = CV_KEY_NONE}};
    assert_int_equal(unhex(pkcs8, sizeof pkcs8,
                           "3047020100300506032b6571043b04396c82a562cb808d10d632be89c8513ebf6c929f34ddfa"
                           "8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b"),
                     sizeof pkcs8);
    assert_int_equal(unhex(spki, sizeof spki,
                           "3043300506032b6571033a005fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0e"
                           "a75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180"),
                     sizeof spki);
    assert_int_equal(cv_private_key_parse(&key, cv_bytes(pkcs8, sizeof pkcs8)), CV_OK);
    assert_int_equal(cv_public_key_parse(&cert.key, cv_bytes(spki, sizeof spki)), CV_OK);
    assert_int_equal(key.type, CV_KEY_ED448);
    assert_int_equal(cert.key.type, CV_KEY_ED448);
    assert_int_equal(cv_private_key_matches(&key, &cert), CV_OK);
    pkcs8[sizeof pkcs8 - 1] ^= 1;
    assert_int_equal(cv_private_key_matches(&key, &cert), CV_E_KEY_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(field_laws),
        cmocka_unit_test(encodings_from_p_on),
        cmocka_unit_test(thousand_iterations),
        cmocka_unit_test(diffie_hellman_of_the_rfc),
        cmocka_unit_test(refuses_bad_shares),
        cmocka_unit_test(scalars_modulo_the_order),
        cmocka_unit_test(vectors_of_the_rfc),
        cmocka_unit_test(refuses_what_was_tampered_with),
        cmocka_unit_test(refuses_a_scalar_from_the_order_on),
        cmocka_unit_test(refuses_points_that_are_not_canonical),
        cmocka_unit_test(multiples_of_the_base_point),
        cmocka_unit_test(refuses_bad_lengths_and_types),
        cmocka_unit_test(keys_in_files),
        cmocka_unit_test(hedged_signatures_differ_and_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
