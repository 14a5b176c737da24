#include "crypto/hkdf.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* RFC 5869 appendix A, test cases 1 to 7; the last has no salt at all. */
static const struct vector {
    const struct cv_hash *alg;
    const char *ikm, *salt, *info, *prk, *okm;
} vectors[] = {
    {
        .alg = &cv_sha256,
        .ikm = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        .salt = "000102030405060708090a0b0c",
        .info = "f0f1f2f3f4f5f6f7f8f9",
        .prk = "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        .okm = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
               "34007208d5b887185865",
    },
    {
        .alg = &cv_sha256,
        .ikm = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
               "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
               "404142434445464748494a4b4c4d4e4f",
        .salt = "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
        .info = "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
                "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
                "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        .prk = "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        .okm = "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
               "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
               "cc30c58179ec3e87c14c01d5c1f3434f1d87",
    },
    {
        .alg = &cv_sha256,
        .ikm = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        .salt = "",
        .info = "",
        .prk = "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        .okm = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
               "9d201395faa4b61a96c8",
    },
    {
        .alg = &cv_sha1,
        .ikm = "0b0b0b0b0b0b0b0b0b0b0b",
        .salt = "000102030405060708090a0b0c",
        .info = "f0f1f2f3f4f5f6f7f8f9",
        .prk = "9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243",
        .okm = "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2"
               "c22e422478d305f3f896",
    },
    {
        .alg = &cv_sha1,
        .ikm = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
               "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
               "404142434445464748494a4b4c4d4e4f",
        .salt = "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
        .info = "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
                "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
                "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        .prk = "8adae09a2a307059478d309b26c4115a224cfaf6",
        .okm = "0bd770a74d1160f7c9f12cd5912a06ebff6adcae899d92191fe4305673ba2ffe"
               "8fa3f1a4e5ad79f3f334b3b202b2173c486ea37ce3d397ed034c7f9dfeb15c5e"
               "927336d0441f4c4300e2cff0d0900b52d3b4",
    },
    {
        .alg = &cv_sha1,
        .ikm = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        .salt = "",
        .info = "",
        .prk = "da8c8a73c7fa77288ec6f5e7c297786aa0d32d01",
        .okm = "0ac1af7002b3d761d1e55298da9d0506b9ae52057220a306e07b6b87e8df21d0"
               "ea00033de03984d34918",
    },
    {
        .alg = &cv_sha1,
        .ikm = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        .info = "",
        .prk = "2adccada18779e7c2077ad2eb19d3f3e731385dd",
        .okm = "2c91117204d745f3500d636a62f64f0ab3bae548aa53d423b0d1f27ebba6f5e5"
               "673a081d70cce7acfc48",
    },
};

static void extracts_and_expands_as_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *v = &vectors[i];
        uint8_t ikm[80], salt[80], info[80], prk[CV_HASH_MAX], okm[82], got[82];
        size_t ikm_len = unhex(ikm, sizeof ikm, v->ikm);
        size_t salt_len = v->salt != NULL ? unhex(salt, sizeof salt, v->salt) : 0;
        size_t info_len = unhex(info, sizeof info, v->info);
        size_t okm_len = unhex(okm, sizeof okm, v->okm);
        assert_int_equal(unhex(prk, sizeof prk, v->prk), v->alg->digest_len);
        cv_hkdf_extract(v->alg, got, v->salt != NULL ? salt : NULL, salt_len, ikm, ikm_len);
        assert_memory_equal(got, prk, v->alg->digest_len);
        assert_int_equal(cv_hkdf_expand(v->alg, got, okm_len, prk, v->alg->digest_len, info, info_len),
                         CV_OK);
        assert_memory_equal(got, okm, okm_len);
    }
}

static void expands_at_most_255_digests(void **state)
{
    (void)state;
    enum { LIMIT = 255 * 32 };
    uint8_t prk[32] = {1}, longest[LIMIT + 1], part[100];
    memset(longest, 0xee, sizeof longest);
    assert_int_equal(cv_hkdf_expand(&cv_sha256, longest, LIMIT + 1, prk, 32, NULL, 0), CV_E_BAD_LENGTH);
    for (size_t i = 0; i < sizeof longest; i++) assert_int_equal(longest[i], 0xee);

    assert_int_equal(cv_hkdf_expand(&cv_sha256, longest, LIMIT, prk, 32, NULL, 0), CV_OK);
    assert_int_equal(longest[LIMIT], 0xee);
    /* A shorter output is the beginning of a longer one, whatever its length. */
    for (size_t len = 0; len <= sizeof part; len++) {
        memset(part, 0xee, sizeof part);
        assert_int_equal(cv_hkdf_expand(&cv_sha256, part, len, prk, 32, NULL, 0), CV_OK);
        assert_memory_equal(part, longest, len);
        for (size_t i = len; i < sizeof part; i++) assert_int_equal(part[i], 0xee);
    }
}

/* The vectors that the TLS working group's list passed round for the PRF of TLS 1.2 (message "TLS 1.2 test
 * vectors", 2009): P_SHA256 and P_SHA384 with label "test label". */
static void tls12_prf_with_sha256(void **state)
{
    (void)state;
    uint8_t secret[16], seed[16], want[100], got[100];
    unhex(secret, sizeof secret, "9bbe436ba940f017b17652849a71db35");
    unhex(seed, sizeof seed, "a0ba9f936cda311827a6f796ffd5198c");
    unhex(want, sizeof want,
          "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
          "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
          "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
          "87347b66");
    cv_tls12_prf(&cv_sha256, got, sizeof got, secret, sizeof secret, "test label",
                 cv_bytes(seed, sizeof seed), cv_bytes(NULL, 0));
    assert_memory_equal(got, want, sizeof want);
}

static void tls12_prf_with_sha384(void **state)
{
    (void)state;
    uint8_t secret[16], seed[16], want[148], got[148];
    unhex(secret, sizeof secret, "b80b733d6ceefcdc71566ea48e5567df");
    unhex(seed, sizeof seed, "cd665cf6a8447dd6ff8b27555edb7465");
    unhex(want, sizeof want,
          "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd"
          "e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd"
          "8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425"
          "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6"
          "91c8f3a26854308d5eaa3be85e0990703d73e56f");
    cv_tls12_prf(&cv_sha384, got, sizeof got, secret, sizeof secret, "test label",
                 cv_bytes(seed, sizeof seed), cv_bytes(NULL, 0));
    assert_memory_equal(got, want, sizeof want);
}

/* RFC 7627 4, over the hash of an empty transcript; what is wanted by OpenSSL 3.0:
 * openssl kdf -keylen 48 -kdfopt digest:SHA2-256 -kdfopt hexsecret:0001…1f -kdfopt hexseed:LABEL||HASH
 * TLS1-PRF */
static void extended_master_secret(void **state)
{
    (void)state;
    static const struct {
        const struct cv_hash *hash;
        const char *want;
    } cases[] = {
        {&cv_sha256, "4e35036900c7589bfe3d6326bffeee33e1fd8d6b8975cda0e22ca192a159e961"
                     "cd4439058603f2331e0060ded7c7c79a"},
        {&cv_sha384, "c5d2497d00e216936a56f2c124e1bbe29dc5781200abea4602b8ecd570ef0d04"
                     "05bf859b413631dbbfb2300654062e99"},
    };
    uint8_t secret[32], want[48], got[48], session_hash[CV_HASH_MAX];
    for (size_t i = 0; i < sizeof secret; i++) secret[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct cv_hash *hash = cases[i].hash;
        cv_hash_digest(hash, session_hash, NULL, 0);
        unhex(want, sizeof want, cases[i].want);
        cv_tls12_prf(hash, got, sizeof got, secret, sizeof secret, "extended master secret",
                     cv_bytes(session_hash, hash->digest_len), cv_bytes(NULL, 0));
        assert_memory_equal(got, want, sizeof want);
    }
}

static void tls12_prf_joins_its_seeds(void **state)
{
    (void)state;
    uint8_t secret[48] = {3}, seed[64], want[104], got[104];
    for (size_t i = 0; i < sizeof seed; i++) seed[i] = (uint8_t)i;
    cv_tls12_prf(&cv_sha256, want, sizeof want, secret, sizeof secret, "key expansion", cv_bytes(seed, 64),
                 cv_bytes(NULL, 0));
    for (size_t first = 0; first <= sizeof seed; first++) {
        cv_tls12_prf(&cv_sha256, got, sizeof got, secret, sizeof secret, "key expansion",
                     cv_bytes(seed, first), cv_bytes(seed + first, sizeof seed - first));
        assert_memory_equal(got, want, sizeof want);
    }
    for (size_t len = 0; len <= sizeof want; len++) {
        memset(got, 0xee, sizeof got);
        cv_tls12_prf(&cv_sha256, got, len, secret, sizeof secret, "key expansion", cv_bytes(seed, 64),
                     cv_bytes(NULL, 0));
        assert_memory_equal(got, want, len);
        for (size_t i = len; i < sizeof got; i++) assert_int_equal(got[i], 0xee);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extracts_and_expands_as_the_rfc), cmocka_unit_test(expands_at_most_255_digests),
        cmocka_unit_test(tls12_prf_with_sha256),           cmocka_unit_test(tls12_prf_with_sha384),
        cmocka_unit_test(tls12_prf_joins_its_seeds),       cmocka_unit_test(extended_master_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
