#include "pki.h"
#include "x509/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct {
    const char *key, *cert;
    enum cv_key_type type;
} pairs[] = {
    {"leaf", "leaf", CV_KEY_P256},
    {"leaf-sec1", "leaf", CV_KEY_P256},
    {"leaf-p384", "leaf-p384", CV_KEY_P384},
    {"leaf-p521", "leaf-p521", CV_KEY_P521},
    {"leaf-rsa", "leaf-rsa", CV_KEY_RSA},
    {"leaf-rsa-pkcs1", "leaf-pss", CV_KEY_RSA},
    {"leaf-ed25519", "leaf-ed25519", CV_KEY_ED25519},
};
enum { N_PAIRS = sizeof pairs / sizeof pairs[0] };

static void reads_keys_of_all_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PAIRS; i++) {
        struct cv_private_key key;
        assert_int_equal(cv_private_key_parse(&key, pki_der("keys.pem", pairs[i].key)), CV_OK);
        assert_int_equal(key.type, pairs[i].type);
        for (size_t j = 0; j < N_PAIRS; j++) {
            struct cv_cert cert = pki_cert(pairs[j].cert);
            bool same = pairs[i].type == pairs[j].type;
            assert_int_equal(cv_private_key_matches(&key, &cert), same ? CV_OK : CV_E_KEY_MISMATCH);
        }
    }
    struct cv_private_key key;
    struct cv_cert other = pki_cert("ica");
    assert_int_equal(cv_private_key_parse(&key, pki_der("keys.pem", "leaf")), CV_OK);
    assert_int_equal(cv_private_key_matches(&key, &other), CV_E_KEY_MISMATCH);
}

static void refuses_weak_and_encrypted_keys(void **state)
{
    (void)state;
    struct cv_private_key key;
    assert_int_equal(cv_private_key_parse(&key, pki_der("keys.pem", "leaf-weak")), CV_E_BAD_MODULUS);
    static const uint8_t encrypted[] = {0x30, 10, 0x30, 5, 6, 3, 0x2a, 3, 4, 4, 1, 0};
    assert_int_equal(cv_private_key_parse(&key, cv_bytes(encrypted, sizeof encrypted)), CV_E_KEY_PASSWORD);
    static const uint8_t other[] = {0x30, 13, 2, 1, 0, 0x30, 5, 6, 3, 0x2a, 3, 4, 4, 1, 0};
    assert_int_equal(cv_private_key_parse(&key, cv_bytes(other, sizeof other)), CV_E_UNSUPPORTED);
}

static void every_prefix_of_a_key_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PAIRS; i++) {
        struct cv_bytes der = pki_der("keys.pem", pairs[i].key);
        struct cv_private_key key;
        for (size_t n = 0; n < der.len; n++) {
            uint8_t *copy = malloc(n ? n : 1); /* of its own, so that reading past it is seen */
            memcpy(copy, der.p, n);
            assert_int_equal(cv_private_key_parse(&key, cv_bytes(copy, n)), CV_E_KEY_SYNTAX);
            free(copy);
        }
        uint8_t *longer = malloc(der.len + 1);
        memcpy(longer, der.p, der.len);
        longer[der.len] = 0;
        assert_int_equal(cv_private_key_parse(&key, cv_bytes(longer, der.len + 1)), CV_E_KEY_SYNTAX);
        free(longer);
    }
}

static void no_mutation_of_a_key_does_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PAIRS; i++) {
        struct cv_bytes der = pki_der("keys.pem", pairs[i].key);
        uint8_t *copy = malloc(der.len);
        struct cv_private_key key;
        for (size_t at = 0; at < der.len; at++) {
            for (unsigned x = 1; x < 256; x <<= 1) {
                memcpy(copy, der.p, der.len);
                copy[at] ^= (uint8_t)x;
                cv_err e = cv_private_key_parse(&key, cv_bytes(copy, der.len));
                if (e != CV_OK) continue;
                struct cv_bytes views[] = {key.secret, key.n,  key.e,  key.d,   key.p,
                                           key.q,      key.dp, key.dq, key.qinv};
                for (size_t v = 0; v < sizeof views / sizeof views[0]; v++)
                    assert_true(views[v].len == 0 ||
                                (views[v].p >= copy && views[v].p + views[v].len <= copy + der.len));
            }
        }
        free(copy);
    }
}

#define OID_EC 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1
#define OID_P256 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7

/* attacks row 22: explicit parameters, compressed points, wrong lengths */
static void attack_22_public_keys_of_one_form(void **state)
{
    (void)state;
    uint8_t good[2 + 2 + 19 + 3 + 65] = {0x30, 89, 0x30, 19, OID_EC, OID_P256, 3, 66, 0, 4};
    struct cv_public_key key;
    struct cv_bytes der = cv_bytes(good, sizeof good);
    assert_int_equal(cv_public_key_parse(&key, der), CV_OK);
    assert_int_equal(key.type, CV_KEY_P256);
    assert_ptr_equal(key.point.p, good + 26);
    for (unsigned form = 0; form < 256; form++) {
        good[26] = (uint8_t)form;
        assert_int_equal(cv_public_key_parse(&key, der), form == 4 ? CV_OK : CV_E_CERT_KEY);
    }
    good[26] = 4;
    good[25] = 1; /* unused bits */
    assert_int_equal(cv_public_key_parse(&key, der), CV_E_CERT_KEY);
    good[25] = 0;
    good[22] = 1; /* another curve: nothing wrong, but not known */
    assert_int_equal(cv_public_key_parse(&key, der), CV_OK);
    assert_int_equal(key.type, CV_KEY_NONE);

    static const uint8_t compressed[] = {0x30, 57, 0x30, 19, OID_EC, OID_P256, 3, 34, 0, 2, [58] = 0};
    static const uint8_t explicit_params[] = {0x30, 18, 0x30, 12, OID_EC, 0x30, 1, 0xff, 3, 2, 0, 4};
    static const uint8_t explicit_ok_der[] = {0x30, 20, 0x30, 14, OID_EC, 0x30, 3, 2, 1, 1, 3, 2, 0, 4};
    static const uint8_t implicit_curve[] = {0x30, 17, 0x30, 11, OID_EC, 5, 0, 3, 2, 0, 4};
    static const uint8_t no_params[] = {0x30, 15, 0x30, 9, OID_EC, 3, 2, 0, 4};
    assert_int_equal(cv_public_key_parse(&key, cv_bytes(compressed, sizeof compressed)), CV_E_CERT_KEY);
    assert_int_equal(cv_public_key_parse(&key, cv_bytes(explicit_params, sizeof explicit_params)),
                     CV_E_CERT_KEY);
    assert_int_equal(cv_public_key_parse(&key, cv_bytes(explicit_ok_der, sizeof explicit_ok_der)),
                     CV_E_CERT_KEY);
    assert_int_equal(cv_public_key_parse(&key, cv_bytes(implicit_curve, sizeof implicit_curve)),
                     CV_E_CERT_KEY);
    assert_int_equal(cv_public_key_parse(&key, cv_bytes(no_params, sizeof no_params)), CV_E_CERT_KEY);
}

#define OID_RSA 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1
#define OID_PSS 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 10

static void rsa_public_keys(void **state)
{
    (void)state;
    struct cv_public_key key;
    const struct {
        uint8_t n, e;
        bool good;
    } t[] = {{3, 3, true},  {4, 3, false}, {3, 2, false},   {3, 1, false},
             {0, 3, false}, {3, 0, false}, {0x83, 3, false}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        const uint8_t der[] = {0x30, 26,   0x30, 13, OID_RSA, 5,      0, 3, 9,
                               0,    0x30, 6,    2,  1,       t[i].n, 2, 1, t[i].e};
        assert_int_equal(cv_public_key_parse(&key, cv_bytes(der, sizeof der)),
                         t[i].good ? CV_OK : CV_E_CERT_KEY);
    }
    /* RFC 4055 3.1: PSS with nothing, or with defaults (SHA-1) */
    static const uint8_t free_pss[] = {0x30, 24, 0x30, 11, OID_PSS, 3, 9, 0, 0x30, 6, 2, 1, 3, 2, 1, 3};
    static const uint8_t bound_pss[] = {0x30, 26,   0x30, 13, OID_PSS, 0x30, 0, 3, 9,
                                        0,    0x30, 6,    2,  1,       3,    2, 1, 3};
    assert_int_equal(cv_public_key_parse(&key, cv_bytes(free_pss, sizeof free_pss)), CV_OK);
    assert_int_equal(key.type, CV_KEY_RSA_PSS);
    assert_int_equal(key.pss_hash, CV_HASH_NONE);
    assert_int_equal(cv_public_key_parse(&key, cv_bytes(bound_pss, sizeof bound_pss)), CV_OK);
    assert_int_equal(key.pss_hash, CV_HASH_SHA1);
    assert_int_equal(key.pss_salt_min, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_keys_of_all_forms),
        cmocka_unit_test(refuses_weak_and_encrypted_keys),
        cmocka_unit_test(every_prefix_of_a_key_fails),
        cmocka_unit_test(no_mutation_of_a_key_does_harm),
        cmocka_unit_test(attack_22_public_keys_of_one_form),
        cmocka_unit_test(rsa_public_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
