/* What the strict profiles ask beyond RFC 5280 6.1. */
#include "pki.h"
#include "x509/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static cv_err judge(const struct cv_cert *c, enum cv_role role, enum cv_profile profile)
{
    struct cv_path_params params = {.profile = profile, .purpose = CV_PURPOSE_SERVER};
    return cv_profile_check(c, role, &params);
}

static void compat_asks_for_nothing(void **state)
{
    (void)state;
    struct cv_cert c = pki_cert("ica");
    c.deviations = 0xffffffff;
    c.critical = 0xffffffff;
    c.ski = c.aki = cv_bytes(NULL, 0);
    assert_int_equal(judge(&c, CV_ROLE_INTERMEDIATE, CV_PROFILE_COMPAT), CV_OK);
}

static void rfc5280_by_the_letter(void **state)
{
    (void)state;
    const struct cv_cert ica = pki_cert("ica"), leaf = pki_cert("leaf"), root = pki_cert("root");
    struct cv_cert c;
    assert_int_equal(judge(&ica, CV_ROLE_INTERMEDIATE, CV_PROFILE_RFC5280), CV_OK);
    assert_int_equal(judge(&leaf, CV_ROLE_LEAF, CV_PROFILE_RFC5280), CV_OK);
    assert_int_equal(judge(&root, CV_ROLE_ANCHOR, CV_PROFILE_RFC5280), CV_OK);
    for (uint32_t bit = 1; bit <= CV_DEV_AKI_NAMES_ISSUER; bit <<= 1) {
        c = leaf;
        c.deviations = bit;
        assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_RFC5280),
                         bit == CV_DEV_AKI_NAMES_ISSUER ? CV_OK : CV_E_CERT_SYNTAX);
    }
    const uint32_t never[] = {CV_EXT_SKI, CV_EXT_AKI,          CV_EXT_AIA,
                              CV_EXT_SIA, CV_EXT_FRESHEST_CRL, CV_EXT_DIRECTORY_ATTRIBUTES};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        c = leaf;
        c.critical |= never[i];
        assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_RFC5280), CV_E_CERT_SYNTAX);
    }
    const uint32_t always[] = {CV_EXT_BASIC_CONSTRAINTS, CV_EXT_NAME_CONSTRAINTS, CV_EXT_POLICY_CONSTRAINTS,
                               CV_EXT_INHIBIT_ANY};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        c = ica;
        c.present |= always[i];
        c.critical &= ~always[i];
        assert_int_equal(judge(&c, CV_ROLE_INTERMEDIATE, CV_PROFILE_RFC5280), CV_E_CERT_SYNTAX);
    }
    c = leaf;
    c.aki = cv_bytes(NULL, 0);
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_RFC5280), CV_E_CERT_SYNTAX);
    c = root;
    c.aki = cv_bytes(NULL, 0);
    assert_int_equal(judge(&c, CV_ROLE_ANCHOR, CV_PROFILE_RFC5280), CV_OK);
    c = ica;
    c.ski = cv_bytes(NULL, 0);
    assert_int_equal(judge(&c, CV_ROLE_INTERMEDIATE, CV_PROFILE_RFC5280), CV_E_CERT_SYNTAX);
    c = leaf;
    c.key_usage |= CV_KU_KEY_CERT_SIGN;
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_RFC5280), CV_E_CERT_KEY_USAGE);
    static const uint8_t empty[] = {0x30, 0};
    c = leaf;
    c.subject = cv_bytes(empty, 2);
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_RFC5280), CV_E_CERT_SYNTAX);
    c.critical |= CV_EXT_SAN;
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_RFC5280), CV_OK);
    c = leaf;
    c.name_constraints = c.san;
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_RFC5280), CV_E_CERT_SYNTAX);
}

/* A leaf whose common name and one alternative name are these. */
static cv_err judge_names(const char *cn, uint8_t tag, const char *san, size_t san_len)
{
    uint8_t subject[100], names[100] = {tag, (uint8_t)san_len};
    size_t n = strlen(cn);
    const uint8_t head[] = {
        0x30, (uint8_t)(11 + n), 0x31, (uint8_t)(9 + n), 0x30, (uint8_t)(7 + n), 6, 3, 0x55, 4, 3,
        0x0c, (uint8_t)n};
    struct cv_cert c = pki_cert("leaf");
    memcpy(subject, head, sizeof head);
    memcpy(subject + sizeof head, cn, n);
    memcpy(names + 2, san, san_len);
    c.subject = cv_bytes(subject, sizeof head + n);
    c.san = cv_bytes(names, 2 + san_len);
    return judge(&c, CV_ROLE_LEAF, CV_PROFILE_WEBPKI);
}

static void webpki_common_names_repeat_alternative_names(void **state)
{
    (void)state;
    assert_int_equal(judge_names("example.com", 0x82, "example.com", 11), CV_OK);
    assert_int_equal(judge_names("*.example.com", 0x82, "*.example.com", 13), CV_OK);
    assert_int_equal(judge_names("example.com", 0x82, "*.example.com", 13), CV_OK);
    assert_int_equal(judge_names("Example.com", 0x82, "example.com", 11), CV_E_CERT_SYNTAX);
    assert_int_equal(judge_names("com", 0x82, "example.com", 11), CV_E_CERT_SYNTAX);
    assert_int_equal(judge_names("192.0.20.255", 0x87, "\xc0\0\x14\xff", 4), CV_OK);
    assert_int_equal(judge_names("192.0.020.255", 0x87, "\xc0\0\x14\xff", 4), CV_E_CERT_SYNTAX);
    /* RFC 5952 4 */
    static const struct {
        const char *text, ip[16];
    } t[] = {
        {"::", {0}},
        {"::1", {[15] = 1}},
        {"1::", {[1] = 1}},
        {"2001:db8::1", {0x20, 1, 0x0d, (char)0xb8, [15] = 1}},
        {"2001:db8:0:1:1:1:1:1", {0x20, 1, 0x0d, (char)0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}},
        {"2001:0:0:1::1", {0x20, 1, [7] = 1, [15] = 1}},
        {"2001:db8::1:0:0:1", {0x20, 1, 0x0d, (char)0xb8, [9] = 1, [15] = 1}},
        {"a:b0:c00:d000:e:f:10:0", {0, 10, 0, (char)0xb0, 12, 0, (char)0xd0, 0, 0, 14, 0, 15, 0, 16, 0, 0}},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        if (judge_names(t[i].text, 0x87, t[i].ip, 16) != CV_OK) fail_msg("%s", t[i].text);
    assert_int_equal(judge_names("2001:DB8::1", 0x87, t[3].ip, 16), CV_E_CERT_SYNTAX);
    assert_int_equal(judge_names("2001:db8:0:0:1::1", 0x87, t[6].ip, 16), CV_E_CERT_SYNTAX);
}

static void webpki_leaves(void **state)
{
    (void)state;
    struct cv_cert c = pki_cert("leaf");
    static const uint8_t empty[] = {0x30, 0};
    c.subject = cv_bytes(empty, 2);
    c.critical |= CV_EXT_SAN;
    const struct cv_cert good = c;
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_WEBPKI), CV_OK);
    c.eku |= CV_EKU_ANY;
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_WEBPKI), CV_E_CERT_EXTENDED_KEY_USAGE);
    c = good;
    c.has_eku = false;
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_WEBPKI), CV_E_CERT_EXTENDED_KEY_USAGE);
    c = good;
    c.critical |= CV_EXT_EKU;
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_WEBPKI), CV_E_CERT_SYNTAX);
    c = good;
    c.deviations = CV_DEV_AKI_NAMES_ISSUER;
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_WEBPKI), CV_E_CERT_SYNTAX);
    c = pki_cert("ica");
    assert_int_equal(judge(&c, CV_ROLE_LEAF, CV_PROFILE_WEBPKI), CV_E_CERT_SYNTAX); /* a CA as leaf */
    c = pki_cert("root");
    assert_int_equal(judge(&c, CV_ROLE_ANCHOR, CV_PROFILE_WEBPKI), CV_OK);
    c.aki.len--;
    assert_int_equal(judge(&c, CV_ROLE_ANCHOR, CV_PROFILE_WEBPKI), CV_E_CERT_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compat_asks_for_nothing),
        cmocka_unit_test(rfc5280_by_the_letter),
        cmocka_unit_test(webpki_common_names_repeat_alternative_names),
        cmocka_unit_test(webpki_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
