#include "crypto/ge25519.h"
#include "crypto/sc25519.h"
#include "crypto/sig.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* RFC 8032 section 7.1: tests 1, 2, 3 and SHA(abc) */
static const struct {
    const char *seed, *public_key, *m, *sig;
} vectors[] = {
    {
        .seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        .public_key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        .m = "",
        .sig =
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b",
    },
    {
        .seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        .public_key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        .m = "72",
        .sig =
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00",
    },
    {
        .seed = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        .public_key = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        .m = "af82",
        .sig =
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a",
    },
    {
        .seed = "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        .public_key = "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        .m =
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
            "454d4423643ce80e2a9ac94fa54ca49f",
        .sig =
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
            "3dca179c138ac17ad9bef1177331a704",
    },
};

enum { N_VECTORS = sizeof vectors / sizeof *vectors };

/* A vector's bytes, and keys that point into them. */
struct sample {
    uint8_t seed[32], public_key[32], m[64], sig[64];
    struct cv_private_key priv;
    struct cv_public_key pub;
    struct cv_bytes message;
};

static void load(struct sample *s, size_t i)
{
    assert_int_equal(unhex(s->seed, 32, vectors[i].seed), 32);
    assert_int_equal(unhex(s->public_key, 32, vectors[i].public_key), 32);
    assert_int_equal(unhex(s->sig, 64, vectors[i].sig), 64);
    s->message = cv_bytes(s->m, unhex(s->m, sizeof s->m, vectors[i].m));
    s->priv = (struct cv_private_key){.type = CV_KEY_ED25519, .secret = cv_bytes(s->seed, 32)};
    s->pub = (struct cv_public_key){.type = CV_KEY_ED25519, .point = cv_bytes(s->public_key, 32)};
}

static cv_err verify(const struct sample *s)
{
    return cv_ed25519_verify(&s->pub, NULL, s->message, cv_bytes(s->sig, 64));
}

static void vectors_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VECTORS; i++) {
        struct sample s;
        uint8_t public_key[32], sig[64];
        size_t len = sizeof sig;
        load(&s, i);
        assert_int_equal(cv_ed25519_public_key(&s.priv, public_key), CV_OK);
        assert_memory_equal(public_key, s.public_key, 32);
        assert_int_equal(cv_ed25519_sign(&s.priv, NULL, s.message, sig, &len, NULL), CV_OK);
        assert_int_equal(len, 64);
        assert_memory_equal(sig, s.sig, 64);
        assert_int_equal(verify(&s), CV_OK);
    }
}

static void refuses_what_was_tampered_with(void **state)
{
    (void)state;
    struct sample s;
    load(&s, 3);
    for (size_t bit = 0; bit < 512; bit += 7) {
        s.sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(verify(&s), CV_E_BAD_SIGNATURE);
        s.sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
        s.m[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(verify(&s), CV_E_BAD_SIGNATURE);
        s.m[bit / 8] ^= (uint8_t)(1 << bit % 8);
        s.public_key[bit / 16] ^= 1;
        assert_int_not_equal(verify(&s), CV_OK);
        s.public_key[bit / 16] ^= 1;
    }
    assert_int_equal(verify(&s), CV_OK);
}

/* S + L makes the same equation hold; RFC 8032 5.1.7 wants S below L */
static void refuses_a_scalar_from_the_order_on(void **state)
{
    (void)state;
    struct sample s;
    uint8_t order[32];
    assert_int_equal(unhex(order, 32, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"),
                     32);
    assert_false(cv_sc_is_canonical(order));
    for (size_t i = 0; i < N_VECTORS; i++) {
        load(&s, i);
        unsigned carry = 0;
        for (int j = 0; j < 32; j++) {
            carry += s.sig[32 + j] + order[j];
            s.sig[32 + j] = (uint8_t)carry;
            carry >>= 8;
        }
        assert_int_equal(carry, 0);
        assert_int_equal(verify(&s), CV_E_BAD_SIGNATURE);
    }
    order[0]--;
    assert_true(cv_sc_is_canonical(order));
}

static void refuses_points_that_are_not_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *encoding;
        bool ok;
    } points[] = {
        {"0100000000000000000000000000000000000000000000000000000000000000", true},  /* (0, 1) */
        {"0100000000000000000000000000000000000000000000000000000000000080", false}, /* -0 */
        {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", true},  /* (0, -1) */
        {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
        {"0000000000000000000000000000000000000000000000000000000000000000", true},  /* (sqrt -1, 0) */
        {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false}, /* y = p */
        {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false}, /* y = p + 1 */
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false},
        {"0200000000000000000000000000000000000000000000000000000000000000", false}, /* no x */
        {"5866666666666666666666666666666666666666666666666666666666666666", true},  /* B */
    };
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        uint8_t in[32], out[32];
        struct cv_ge p;
        assert_int_equal(unhex(in, 32, points[i].encoding), 32);
        assert_int_equal(cv_ge_from_bytes(&p, in), points[i].ok);
        if (!points[i].ok) continue;
        cv_ge_to_bytes(out, &p);
        assert_memory_equal(in, out, 32);
    }
}

/* Both ways to multiply, against each other and against repeated addition: (i + 1) B = i B + 1 B. */
static void multiples_of_the_base_point(void **state)
{
    (void)state;
    static const uint8_t zero[32], one[32] = {1};
    uint8_t k[32] = {0}, by_comb[32], by_naf[32], sum[32];
    struct cv_ge p, base, r;
    cv_ge_base_mul(&base, one);
    cv_ge_to_bytes(by_comb, &base);
    assert_int_equal(unhex(sum, 32, "5866666666666666666666666666666666666666666666666666666666666666"), 32);
    assert_memory_equal(by_comb, sum, 32);
    for (unsigned i = 0; i < 100; i++) {
        k[0] = (uint8_t)i;
        cv_ge_base_mul(&p, k);
        cv_ge_to_bytes(by_comb, &p);
        cv_ge_double_mul_public(&r, zero, k, &base);
        cv_ge_to_bytes(by_naf, &r);
        assert_memory_equal(by_comb, by_naf, 32);
        cv_ge_double_mul_public(&r, one, one, &p); /* B + k B */
        cv_ge_to_bytes(sum, &r);
        k[0]++;
        cv_ge_base_mul(&p, k);
        cv_ge_to_bytes(by_comb, &p);
        assert_memory_equal(by_comb, sum, 32);
    }
    /* (L - 1) B = -B */
    assert_int_equal(unhex(k, 32, "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"), 32);
    cv_ge_base_mul(&p, k);
    cv_ge_to_bytes(by_comb, &p);
    cv_ge_neg(&r, &base);
    cv_ge_to_bytes(sum, &r);
    assert_memory_equal(by_comb, sum, 32);
}

/* Expected values computed with Python's integers. */
static void scalars_modulo_the_order(void **state)
{
    (void)state;
    uint8_t wide[64], r[32], a[32], expected[32];
    memset(wide, 0xff, sizeof wide);
    cv_sc_reduce(r, wide); /* 2^512 - 1 */
    assert_int_equal(unhex(expected, 32, "000f9c44e31106a447938568a71b0ed065bef517d273ecce3d9a307c1b419903"),
                     32);
    assert_memory_equal(r, expected, 32);
    memset(wide, 0, sizeof wide);
    assert_int_equal(unhex(wide, 32, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"), 32);
    cv_sc_reduce(r, wide); /* L */
    memset(expected, 0, 32);
    assert_memory_equal(r, expected, 32);
    memset(a, 0xff, 32);
    memset(expected, 0, 32);
    expected[0] = 1;
    cv_sc_muladd(r, a, expected, expected); /* 2^256 - 1 + 1 */
    memset(wide, 0, sizeof wide);
    wide[32] = 1;
    cv_sc_reduce(expected, wide);
    assert_memory_equal(r, expected, 32);
}

static void refuses_bad_lengths_and_types(void **state)
{
    (void)state;
    struct sample s;
    uint8_t sig[64], long_sig[65] = {0};
    load(&s, 0);
    size_t len = 63;
    assert_int_equal(cv_ed25519_sign(&s.priv, NULL, s.message, sig, &len, NULL), CV_E_BUFFER_TOO_SMALL);
    len = 64;
    assert_int_equal(cv_ed25519_sign(&s.priv, &cv_sha512, s.message, sig, &len, NULL), CV_E_INVALID_ARGUMENT);
    s.priv.secret.len = 31;
    assert_int_equal(cv_ed25519_sign(&s.priv, NULL, s.message, sig, &len, NULL), CV_E_KEY_SYNTAX);
    assert_int_equal(cv_ed25519_public_key(&s.priv, sig), CV_E_KEY_SYNTAX);
    memcpy(long_sig, s.sig, 64);
    assert_int_equal(cv_ed25519_verify(&s.pub, NULL, s.message, cv_bytes(long_sig, 65)), CV_E_BAD_SIGNATURE);
    assert_int_equal(cv_ed25519_verify(&s.pub, NULL, s.message, cv_bytes(long_sig, 63)), CV_E_BAD_SIGNATURE);
    assert_int_equal(cv_ed25519_verify(&s.pub, NULL, s.message, cv_bytes(long_sig, 64)), CV_OK);
    assert_int_equal(cv_ed25519_verify(&s.pub, &cv_sha512, s.message, cv_bytes(long_sig, 64)),
                     CV_E_INVALID_ARGUMENT);
    s.pub.point.len = 31;
    assert_int_equal(verify(&s), CV_E_CERT_KEY);
    s.pub.point.len = 32;
    s.pub.type = CV_KEY_ED448;
    assert_int_equal(verify(&s), CV_E_CERT_KEY);
}

static cv_err count_fill(void *ctx, uint8_t *out, size_t len)
{
    uint8_t *next = ctx;
    memset(out, (*next)++, len);
    return CV_OK;
}

static cv_err failing_fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return CV_E_RNG;
}

static void hedged_signatures_differ_and_verify(void **state)
{
    (void)state;
    struct sample s;
    uint8_t next = 0, first[64];
    struct cv_rng rng = {count_fill, &next}, failing = {failing_fill, NULL};
    size_t len = 64;
    load(&s, 3);
    assert_int_equal(cv_ed25519_sign(&s.priv, NULL, s.message, first, &len, &rng), CV_OK);
    assert_int_not_equal(memcmp(first, s.sig, 64), 0);
    assert_int_equal(cv_ed25519_sign(&s.priv, NULL, s.message, s.sig, &len, &rng), CV_OK);
    assert_int_not_equal(memcmp(first, s.sig, 64), 0);
    assert_int_equal(verify(&s), CV_OK);
    memcpy(s.sig, first, 64);
    assert_int_equal(verify(&s), CV_OK);
    assert_int_equal(cv_ed25519_sign(&s.priv, NULL, s.message, s.sig, &len, &failing), CV_E_RNG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_rfc),
        cmocka_unit_test(refuses_what_was_tampered_with),
        cmocka_unit_test(refuses_a_scalar_from_the_order_on),
        cmocka_unit_test(refuses_points_that_are_not_canonical),
        cmocka_unit_test(multiples_of_the_base_point),
        cmocka_unit_test(scalars_modulo_the_order),
        cmocka_unit_test(refuses_bad_lengths_and_types),
        cmocka_unit_test(hedged_signatures_differ_and_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
