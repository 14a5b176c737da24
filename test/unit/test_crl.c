#include "pki.h"
#include "x509/crl.h"
#include "x509/name.h"
#include "x509/revocation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct cv_bytes der_of(const char *name)
{
    return pki_der("revocation.pem", name);
}

static struct cv_crl crl(const char *name)
{
    struct cv_crl c;
    cv_err e = cv_crl_parse(&c, der_of(name));

    if (e != CV_OK) fail_msg("%s: %s", name, cv_err_name(e));
    return c;
}

static void reads_the_fields(void **state)
{
    (void)state;
    struct cv_crl c = crl("ica-leaf");
    struct cv_cert ica = pki_cert("ica");

    assert_true(cv_name_equal(c.issuer, ica.subject));
    assert_int_equal(c.issuer_hash, ica.subject_hash);
    assert_int_equal(c.this_update, 1893456000 - 86400);
    assert_int_equal(c.next_update, 1893456000 + 86400);
    assert_true(cv_bytes_equal(c.aki, ica.ski));
    assert_int_equal(c.deviations, 0);
    assert_int_equal(c.reasons, CV_REASONS_ALL);
    assert_false(c.is_delta || c.unknown_critical || c.is_indirect || c.only_cas || c.only_users);
    assert_int_equal(crl("ica-none").entries.len, 0);
    assert_true(crl("ica-users").only_users);
    assert_true(crl("ica-cas").only_cas);
    assert_true(crl("ica-attributes").only_attributes);
    assert_true(crl("indirect").is_indirect);
    assert_non_null(crl("ica-point").point.p);
    /* keyCompromise (1), cACompromise (2); and all the others */
    assert_int_equal(crl("ica-some-reasons").reasons, 1 << 1 | 1 << 2);
    assert_int_equal(crl("ica-other-reasons").reasons, CV_REASONS_ALL & ~(1 << 1 | 1 << 2));
}

static void says_what_departs_from_the_profile(void **state)
{
    (void)state;
    assert_int_equal(crl("ica-no-number").deviations, CV_CRL_DEV_NO_NUMBER);
    assert_int_equal(crl("ica-no-aki").deviations, CV_CRL_DEV_NO_AKI);
    assert_int_equal(crl("ica-version-1").deviations,
                     CV_CRL_DEV_VERSION_1 | CV_CRL_DEV_NO_NUMBER | CV_CRL_DEV_NO_AKI);
    assert_true(crl("ica-delta").is_delta);
    assert_true(crl("ica-critical").unknown_critical);
    assert_true(crl("ica-entry-critical").unknown_critical);
    assert_false(crl("ica-not-critical").unknown_critical);
}

/* attacks row 31 */
static void attack_31_malformed_lists_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"ica-version-3",   "ica-no-next-update", "ica-empty-entries",
                                        "ica-huge-number", "ica-twice",          "ica-stray-issuer"};
    struct cv_crl c;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (cv_crl_parse(&c, der_of(names[i])) == CV_OK) fail_msg("%s is accepted", names[i]);
    assert_int_equal(cv_crl_parse(&c, pki_cert("leaf").der), CV_E_CERT_SYNTAX);
}

static void finds_whole_serial_numbers_only(void **state)
{
    (void)state;
    struct cv_cert leaf = pki_cert("leaf"), root = pki_cert("root");
    static const uint8_t negative[] = {0xfd};
    struct cv_crl c = crl("ica-leaf");

    assert_true(cv_crl_lists(&c, leaf.issuer, leaf.serial));
    assert_false(cv_crl_lists(&c, root.subject, leaf.serial));
    assert_false(cv_crl_lists(&c, leaf.issuer, root.serial));
    c = crl("ica-other");
    assert_false(cv_crl_lists(&c, leaf.issuer, leaf.serial));
    c = crl("ica-longer-serial");
    assert_false(cv_crl_lists(&c, leaf.issuer, leaf.serial));
    /* -3, which is not 253 */
    c = crl("ica-negative-serial");
    assert_false(cv_crl_lists(&c, leaf.issuer, cv_bytes(negative, 1)));
}

static void an_indirect_list_names_the_issuer_of_what_follows(void **state)
{
    (void)state;
    struct cv_crl c = crl("indirect");
    struct cv_cert bad = pki_cert("leaf-bad"), leaf = pki_cert("leaf"), lists = pki_cert("lists");
    static const uint8_t seven[] = {7};
    uint8_t third[] = {0};

    assert_true(cv_crl_lists(&c, lists.subject, cv_bytes(seven, 1)));
    assert_false(cv_crl_lists(&c, bad.issuer, cv_bytes(seven, 1)));
    assert_true(cv_crl_lists(&c, bad.issuer, bad.serial));
    assert_false(cv_crl_lists(&c, lists.subject, bad.serial));
    /* the entry behind it has no issuer of its own */
    third[0] = (uint8_t)(leaf.serial.p[leaf.serial.len - 1] + 200);
    assert_true(cv_crl_lists(&c, bad.issuer, cv_bytes(third, 1)));
    assert_false(cv_crl_lists(&c, lists.subject, cv_bytes(third, 1)));
}

static uint16_t scope(const char *list, const struct cv_cert *cert)
{
    struct cv_crl c = crl(list);
    uint32_t budget = 1000;

    return cv_crl_scope(&c, cert, &budget);
}

static void knows_what_a_list_is_for(void **state)
{
    (void)state;
    struct cv_cert leaf = pki_cert("leaf"), ica = pki_cert("ica"), below = pki_cert("ica-below");
    struct cv_cert indirect = pki_cert("leaf-indirect");

    assert_int_equal(scope("ica-none", &leaf), CV_REASONS_ALL);
    assert_int_equal(scope("ica-none", &ica), 0); /* its issuer is the root */
    assert_int_equal(scope("other-none", &leaf), 0);
    assert_int_equal(scope("ica-users", &leaf), CV_REASONS_ALL);
    assert_int_equal(scope("ica-users", &below), 0);
    assert_int_equal(scope("ica-cas", &leaf), 0);
    assert_int_equal(scope("ica-cas", &below), CV_REASONS_ALL);
    assert_int_equal(scope("ica-attributes", &leaf), 0);
    assert_int_equal(scope("ica-point", &leaf), 0); /* the certificate does not name that point */
    assert_int_equal(scope("ica-some-reasons", &leaf), 6);
    assert_int_equal(scope("indirect", &leaf), 0);
    assert_int_equal(scope("indirect", &indirect), CV_REASONS_ALL);
    struct cv_crl c = crl("ica-none");
    uint32_t budget = 0;
    indirect = pki_cert("leaf");
    assert_int_equal(cv_crl_scope(&c, &indirect, &budget),
                     CV_REASONS_ALL); /* no names to compare but the issuer's */
    c = crl("indirect");
    indirect = pki_cert("leaf-indirect");
    assert_int_equal(cv_crl_scope(&c, &indirect, &budget), 0);
}

/* In memory of exactly its length, so that a step beyond is noticed under ASan. */
static cv_err parse_copy(const uint8_t *p, size_t len)
{
    struct cv_crl c;
    uint8_t *copy = malloc(len + !len);

    assert_non_null(copy);
    if (len > 0) memcpy(copy, p, len);
    cv_err e = cv_crl_parse(&c, cv_bytes(copy, len));
    if (e == CV_OK) {
        struct cv_cert leaf = pki_cert("leaf-indirect");
        uint32_t budget = 1000;
        (void)cv_crl_lists(&c, leaf.issuer, leaf.serial);
        (void)cv_crl_scope(&c, &leaf, &budget);
    }
    free(copy);
    return e;
}

static void every_prefix_fails(void **state)
{
    (void)state;
    static const char *const names[] = {"ica-leaf", "indirect", "ica-some-reasons", "ica-version-1"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct cv_bytes der = der_of(names[i]);
        for (size_t n = 0; n < der.len; n++) assert_int_not_equal(parse_copy(der.p, n), CV_OK);
        assert_int_equal(parse_copy(der.p, der.len), CV_OK);
    }
}

static void every_byte_may_be_altered(void **state)
{
    (void)state;
    static const char *const names[] = {"ica-leaf", "indirect", "ica-point"};
    uint8_t der[1024];
    size_t n_refused = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct cv_bytes good = der_of(names[i]);
        assert_true(good.len < sizeof der);
        for (size_t at = 0; at < good.len * 8; at++) {
            memcpy(der, good.p, good.len);
            der[at / 8] ^= (uint8_t)(1u << at % 8);
            n_refused += parse_copy(der, good.len) != CV_OK;
        }
    }
    assert_true(n_refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_fields),
        cmocka_unit_test(says_what_departs_from_the_profile),
        cmocka_unit_test(attack_31_malformed_lists_are_refused),
        cmocka_unit_test(finds_whole_serial_numbers_only),
        cmocka_unit_test(an_indirect_list_names_the_issuer_of_what_follows),
        cmocka_unit_test(knows_what_a_list_is_for),
        cmocka_unit_test(every_prefix_fails),
        cmocka_unit_test(every_byte_may_be_altered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
