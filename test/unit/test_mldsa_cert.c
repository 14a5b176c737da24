/* ML-DSA in certificates and key files: RFC 9881. The corpus is made by test/pki/mldsa.py. */
#include "pki.h"
#include "x509/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct cv_sig_scheme schemes[] = {
    {.name = "ML-DSA-44", .key = CV_KEY_MLDSA44, .family = CV_SIG_MLDSA, .verify = cv_mldsa44_verify},
    {.name = "ML-DSA-65", .key = CV_KEY_MLDSA65, .family = CV_SIG_MLDSA, .verify = cv_mldsa65_verify},
    {.name = "ML-DSA-87", .key = CV_KEY_MLDSA87, .family = CV_SIG_MLDSA, .verify = cv_mldsa87_verify},
};
enum { N_SETS = 3 };

static const struct {
    const char *name;
    enum cv_key_type type;
    size_t expanded_len;
} sets[N_SETS] = {
    {"leaf-44", CV_KEY_MLDSA44, 2560},
    {"leaf-65", CV_KEY_MLDSA65, 4032},
    {"leaf-87", CV_KEY_MLDSA87, 4896},
};

static struct cv_cert cert(const char *name)
{
    struct cv_cert c;
    assert_int_equal(cv_cert_parse(&c, pki_der("mldsa.pem", name)), CV_OK);
    return c;
}

static struct cv_bytes key_der(size_t set, const char *form)
{
    char name[32];
    snprintf(name, sizeof name, "%s-%s", sets[set].name, form);
    return pki_der("mldsa.pem", name);
}

static void certificates_verify(void **state)
{
    (void)state;
    const struct cv_cert root = cert("root");
    assert_int_equal(root.key.type, CV_KEY_MLDSA87);
    assert_int_equal(cv_cert_check_signature(&root, &root.key, schemes, N_SETS), CV_OK);
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_cert leaf = cert(sets[i].name);
        assert_int_equal(leaf.key.type, sets[i].type);
        assert_int_equal(leaf.sig.key, CV_KEY_MLDSA87);
        assert_int_equal(cv_cert_check_signature(&leaf, &root.key, schemes, N_SETS), CV_OK);
        /* under another key; under the right one, offered under schemes for others */
        assert_int_not_equal(cv_cert_check_signature(&leaf, &leaf.key, schemes, N_SETS), CV_OK);
        assert_int_equal(cv_cert_check_signature(&leaf, &root.key, schemes, 2),
                         CV_E_CERT_SIGNATURE_ALGORITHM);
    }
}

static void private_keys_in_all_forms(void **state)
{
    static const char *const forms[] = {"seed", "expanded", "both"};
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        for (size_t j = 0; j < 3; j++) {
            struct cv_private_key key;
            assert_int_equal(cv_private_key_parse(&key, key_der(i, forms[j])), CV_OK);
            assert_int_equal(key.type, sets[i].type);
            assert_int_equal(key.secret.len, j == 1 ? sets[i].expanded_len : 32);
            assert_int_equal(key.expanded.len, j == 2 ? sets[i].expanded_len : 0);
            for (size_t k = 0; k < N_SETS; k++) {
                const struct cv_cert leaf = cert(sets[k].name);
                assert_int_equal(cv_private_key_matches(&key, &leaf), i == k ? CV_OK : CV_E_KEY_MISMATCH);
            }
        }
    }
    const struct cv_cert root = cert("root");
    struct cv_private_key key;
    assert_int_equal(cv_private_key_parse(&key, key_der(2, "seed")), CV_OK);
    assert_int_equal(cv_private_key_matches(&key, &root), CV_E_KEY_MISMATCH);
}

static void contradicting_parts_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        static uint8_t copy[5100];
        struct cv_private_key key;
        const struct cv_cert leaf = cert(sets[i].name);
        const struct cv_bytes der = key_der(i, "both");
        memcpy(copy, der.p, der.len);
        copy[der.len - 1] ^= 1;
        assert_int_equal(cv_private_key_parse(&key, cv_bytes(copy, der.len)), CV_OK);
        assert_int_equal(cv_private_key_matches(&key, &leaf), CV_E_KEY_SYNTAX);
    }
}

/* Every prefix; every byte of the structure changed. */
static void malformed_keys_are_refused(void **state)
{
    static const char *const forms[] = {"seed", "expanded", "both"};
    static uint8_t copy[5100];
    (void)state;
    for (size_t i = 0; i < N_SETS; i++)
        for (size_t j = 0; j < 3; j++) {
            struct cv_private_key key;
            const struct cv_bytes der = key_der(i, forms[j]);
            for (size_t len = 0; len < der.len; len++)
                assert_int_not_equal(cv_private_key_parse(&key, cv_bytes(der.p, len)), CV_OK);
            memcpy(copy, der.p, der.len);
            assert_int_equal(cv_private_key_parse(&key, cv_bytes(copy, der.len)), CV_OK);
            /* but version 1 (RFC 5958), and any set's seed is any other's */
            const size_t head = der.p[1] & 0x80 ? 4 : 2, version = head + 2, oid_end = head + 15;
            const size_t structure = (size_t)(key.secret.p - copy);
            for (size_t at = 0; at < structure; at++) {
                copy[at] ^= 1;
                cv_err e = cv_private_key_parse(&key, cv_bytes(copy, der.len));
                if (at != version && (at != oid_end || j != 0)) assert_int_not_equal(e, CV_OK);
                copy[at] ^= 1;
            }
        }
}

static void public_keys_have_one_length(void **state)
{
    static uint8_t der[2700];
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_cert leaf = cert(sets[i].name);
        struct cv_public_key key;
        const size_t len = leaf.spki.len;
        memcpy(der, leaf.spki.p, len);
        assert_int_equal(cv_public_key_parse(&key, cv_bytes(der, len)), CV_OK);
        assert_int_equal(key.type, sets[i].type);
        der[16] = (uint8_t)(0x11 + (i + 1) % 3); /* the OID's last byte: another set's key of this length */
        assert_int_equal(cv_public_key_parse(&key, cv_bytes(der, len)), CV_E_CERT_KEY);
        der[16] = 0x20; /* SLH-DSA and others that we do not know */
        assert_int_equal(cv_public_key_parse(&key, cv_bytes(der, len)), CV_OK);
        assert_int_equal(key.type, CV_KEY_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_verify),
        cmocka_unit_test(private_keys_in_all_forms),
        cmocka_unit_test(contradicting_parts_are_refused),
        cmocka_unit_test(malformed_keys_are_refused),
        cmocka_unit_test(public_keys_have_one_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
