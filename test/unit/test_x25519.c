#include "crypto/kex.h"
#include "crypto/x25519.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void assert_x25519(const char *scalar_hex, const char *u_hex, const char *expected_hex)
{
    uint8_t scalar[32], u[32], expected[32], out[32];
    assert_int_equal(unhex(scalar, 32, scalar_hex), 32);
    assert_int_equal(unhex(u, 32, u_hex), 32);
    assert_int_equal(unhex(expected, 32, expected_hex), 32);
    assert_int_equal(cv_x25519(out, scalar, u), CV_OK);
    assert_memory_equal(out, expected, 32);
}

/* RFC 7748 section 5.2; the second has the top bit of u set */
static void vectors_of_the_rfc(void **state)
{
    (void)state;
    assert_x25519("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                  "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                  "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    assert_x25519("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                  "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                  "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

/* RFC 7748 section 5.2: the result becomes the scalar, the scalar the point */
static void thousand_iterations(void **state)
{
    (void)state;
    uint8_t k[32] = {9}, u[32] = {9}, out[32], expected[32];
    for (int i = 1; i <= 1000; i++) {
        assert_int_equal(cv_x25519(out, k, u), CV_OK);
        memcpy(u, k, 32);
        memcpy(k, out, 32);
        if (i == 1) {
            assert_int_equal(
                unhex(expected, 32, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"), 32);
            assert_memory_equal(k, expected, 32);
        }
    }
    assert_int_equal(unhex(expected, 32, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"),
                     32);
    assert_memory_equal(k, expected, 32);
}

struct canned {
    const uint8_t *bytes;
    cv_err err;
};

static cv_err canned_fill(void *ctx, uint8_t *out, size_t len)
{
    const struct canned *c = ctx;
    if (c->err != CV_OK) {
        memset(out, 0, len);
        return c->err;
    }
    memcpy(out, c->bytes, len);
    return CV_OK;
}

/* RFC 7748 section 6.1, through the TLS group */
static void diffie_hellman_of_the_rfc(void **state)
{
    (void)state;
    uint8_t alice[32], bob[32], alice_pub[32], bob_pub[32], expected[32];
    uint8_t private_key[32], share[32], server_share[32], secret[32];
    assert_int_equal(unhex(alice, 32, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
                     32);
    assert_int_equal(unhex(alice_pub, 32, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
                     32);
    assert_int_equal(unhex(bob, 32, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"), 32);
    assert_int_equal(unhex(bob_pub, 32, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
                     32);
    assert_int_equal(unhex(expected, 32, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"),
                     32);
    const struct cv_group *g = &cv_group_x25519;
    struct cv_rng alice_rng = {canned_fill, &(struct canned){alice, CV_OK}};
    struct cv_rng bob_rng = {canned_fill, &(struct canned){bob, CV_OK}};

    assert_int_equal(g->generate(g, private_key, share, &alice_rng), CV_OK);
    assert_memory_equal(share, alice_pub, 32);
    assert_int_equal(g->respond(g, server_share, secret, cv_bytes(share, 32), &bob_rng), CV_OK);
    assert_memory_equal(server_share, bob_pub, 32);
    assert_memory_equal(secret, expected, 32);
    memset(secret, 0, sizeof secret);
    assert_int_equal(g->finish(g, secret, private_key, cv_bytes(server_share, 32)), CV_OK);
    assert_memory_equal(secret, expected, 32);
}

static void refuses_bad_shares(void **state)
{
    (void)state;
    /* u of the points whose order divides 8: 0, 1, p - 1, two of order 8, then p and p + 1 as encodings
     * of 0 and 1. The values follow from the curve; listed in https://cr.yp.to/ecdh.html#validate */
    static const char *const small_order[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    static const uint8_t zeros[32];
    uint8_t private_key[32], share[32], secret[32], bad[33];
    memset(private_key, 0x55, sizeof private_key);
    struct cv_rng rng = {canned_fill, &(struct canned){private_key, CV_OK}};
    const struct cv_group *g = &cv_group_x25519;
    for (size_t i = 0; i < sizeof small_order / sizeof *small_order; i++) {
        assert_int_equal(unhex(bad, 32, small_order[i]), 32);
        memset(secret, 0xaa, sizeof secret);
        assert_int_equal(g->finish(g, secret, private_key, cv_bytes(bad, 32)), CV_E_BAD_KEY_SHARE);
        assert_memory_equal(secret, zeros, 32);
        assert_int_equal(g->respond(g, share, secret, cv_bytes(bad, 32), &rng), CV_E_BAD_KEY_SHARE);
    }
    memset(bad, 9, sizeof bad);
    for (size_t len = 0; len <= 33; len++) {
        cv_err expected = len == 32 ? CV_OK : CV_E_BAD_KEY_SHARE;
        assert_int_equal(g->finish(g, secret, private_key, cv_bytes(bad, len)), expected);
        assert_int_equal(g->respond(g, share, secret, cv_bytes(bad, len), &rng), expected);
    }
}

/* Shares are made on the Edwards curve; the ladder says whether that is right. */
static void shares_are_multiples_of_nine(void **state)
{
    (void)state;
    static const uint8_t nine[32] = {9};
    uint8_t k[32], share[32], expected[32];
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned j = 0; j < 32; j++)
            k[j] = (uint8_t)(i == 0 ? 0 : i == 1 ? 0xff : i * 73 + j * j * (i | 1));
        cv_x25519_share(share, k);
        assert_int_equal(cv_x25519(expected, k, nine), CV_OK);
        assert_memory_equal(share, expected, 32);
    }
}

static void passes_on_a_failing_rng(void **state)
{
    (void)state;
    struct cv_rng rng = {canned_fill, &(struct canned){NULL, CV_E_RNG}};
    uint8_t private_key[32], share[32], secret[32], peer[32] = {9};
    assert_int_equal(cv_group_x25519.generate(&cv_group_x25519, private_key, share, &rng), CV_E_RNG);
    assert_int_equal(cv_group_x25519.respond(&cv_group_x25519, share, secret, cv_bytes(peer, 32), &rng),
                     CV_E_RNG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_rfc),           cmocka_unit_test(thousand_iterations),
        cmocka_unit_test(diffie_hellman_of_the_rfc),    cmocka_unit_test(refuses_bad_shares),
        cmocka_unit_test(shares_are_multiples_of_nine), cmocka_unit_test(passes_on_a_failing_rng),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
