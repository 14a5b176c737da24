#include "x509/der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define BYTES(...) cv_bytes((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* attacks row 29 */
static void attack_29_refuses_what_is_not_der(void **state)
{
    (void)state;
    const struct {
        const char *why;
        struct cv_bytes der;
    } t[] = {
        {"nothing", cv_bytes(NULL, 0)},
        {"no length", BYTES(0x30)},
        {"indefinite length", BYTES(0x30, 0x80, 0x00, 0x00)},
        {"long form for 127", BYTES(0x04, 0x81, 0x01, 0xaa)},
        {"leading zero in the length", BYTES(0x04, 0x82, 0x00, 0x01, 0xaa)},
        {"length of five bytes", BYTES(0x04, 0x85, 1, 0, 0, 0, 0)},
        {"length beyond the end", BYTES(0x04, 0x02, 0xaa)},
        {"length of 2^32 - 1", BYTES(0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 0)},
        {"trailing byte", BYTES(0x05, 0x00, 0x00)},
        {"high tag number", BYTES(0x1f, 0x81, 0x01, 0x00)},
        {"high tag number, context", BYTES(0xbf, 0x01, 0x00)},
        {"tag 0", BYTES(0x00, 0x00)},
        {"BOOLEAN 1", BYTES(0x01, 0x01, 0x01)},
        {"BOOLEAN of two bytes", BYTES(0x01, 0x02, 0xff, 0xff)},
        {"BOOLEAN constructed", BYTES(0x21, 0x03, 0x01, 0x01, 0xff)},
        {"INTEGER empty", BYTES(0x02, 0x00)},
        {"INTEGER with needless zero", BYTES(0x02, 0x02, 0x00, 0x7f)},
        {"INTEGER with needless ff", BYTES(0x02, 0x02, 0xff, 0x80)},
        {"BIT STRING empty", BYTES(0x03, 0x00)},
        {"BIT STRING, 8 unused", BYTES(0x03, 0x02, 0x08, 0x00)},
        {"BIT STRING, unused of nothing", BYTES(0x03, 0x01, 0x01)},
        {"BIT STRING, unused bit set", BYTES(0x03, 0x02, 0x01, 0x01)},
        {"BIT STRING constructed", BYTES(0x23, 0x03, 0x03, 0x01, 0x00)},
        {"OCTET STRING constructed", BYTES(0x24, 0x03, 0x04, 0x01, 0x00)},
        {"NULL with content", BYTES(0x05, 0x01, 0x00)},
        {"OID empty", BYTES(0x06, 0x00)},
        {"OID with unfinished arc", BYTES(0x06, 0x02, 0x2a, 0x86)},
        {"OID with padded arc", BYTES(0x06, 0x03, 0x2a, 0x80, 0x01)},
        {"SEQUENCE primitive", BYTES(0x10, 0x00)},
        {"fault inside", BYTES(0x30, 0x03, 0x01, 0x01, 0x01)},
        {"inner length beyond the outer", BYTES(0x30, 0x03, 0x04, 0x02, 0xaa)},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        if (cv_der_check(t[i].der) != CV_E_CERT_DER) fail_msg("accepted: %s", t[i].why);
}

static void accepts_der(void **state)
{
    (void)state;
    const struct cv_bytes t[] = {
        BYTES(0x30, 0x00),
        BYTES(0x01, 0x01, 0x00),
        BYTES(0x02, 0x02, 0x00, 0x80),
        BYTES(0x02, 0x02, 0xff, 0x7f),
        BYTES(0x03, 0x01, 0x00),
        BYTES(0x03, 0x02, 0x07, 0x80),
        BYTES(0x06, 0x03, 0x55, 0x1d, 0x13),
        BYTES(0x30, 0x06, 0xa0, 0x02, 0x05, 0x00, 0x80, 0x00),
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) assert_int_equal(cv_der_check(t[i]), CV_OK);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    uint8_t der[40000];
    /* n SEQUENCEs around nothing, for as long as short lengths last */
    for (size_t n = 1; n < 60; n++) {
        for (size_t i = 0; i < n; i++) {
            der[2 * i] = 0x30;
            der[2 * i + 1] = (uint8_t)(2 * (n - 1 - i));
        }
        assert_int_equal(cv_der_check(cv_bytes(der, 2 * n)), n < CV_DER_DEPTH_MAX ? CV_OK : CV_E_CERT_DER);
    }
    /* CVE-2018-0739: 10,000 levels, from the inside out */
    size_t at = sizeof der;
    for (size_t n = 0; n < 10000 && at >= 4; n++) {
        size_t len = sizeof der - at;
        if (len >= 256) der[--at] = (uint8_t)len;
        if (len >= 256)
            der[--at] = (uint8_t)(len >> 8);
        else
            der[--at] = (uint8_t)len;
        if (len >= 256)
            der[--at] = 0x82;
        else if (len >= 128)
            der[--at] = 0x81;
        der[--at] = 0x30;
    }
    assert_int_equal(cv_der_check(cv_bytes(der + at, sizeof der - at)), CV_E_CERT_DER);
}

static void integers(void **state)
{
    (void)state;
    uint32_t v;
    struct cv_bytes n, in = BYTES(0x02, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff);
    assert_int_equal(cv_der_uint32(&in, &v), CV_OK);
    assert_int_equal(v, 0xffffffff);
    in = BYTES(0x02, 0x05, 0x01, 0, 0, 0, 0);
    assert_int_equal(cv_der_uint32(&in, &v), CV_E_CERT_SYNTAX);
    in = BYTES(0x02, 0x01, 0x80);
    assert_int_equal(cv_der_uint(&in, &n), CV_E_CERT_SYNTAX);
    in = BYTES(0x02, 0x02, 0x00, 0x80);
    assert_int_equal(cv_der_uint(&in, &n), CV_OK);
    assert_int_equal(n.len, 1);
    assert_int_equal(cv_uint_bits(n), 8);
    assert_int_equal(cv_uint_bits(BYTES(0x01, 0x00)), 9);
    assert_int_equal(cv_uint_bits(BYTES(0x00)), 0);
}

static void times(void **state)
{
    (void)state;
    static const struct {
        uint8_t tag;
        const char *text;
        int64_t seconds;
        bool proper;
    } good[] = {
        {0x17, "700101000000Z", 0, true},
        {0x17, "491231235959Z", 2524607999, true},
        {0x17, "500101000000Z", -631152000, true},
        {0x17, "000229120000Z", 951825600, true},
        {0x18, "20500101000000Z", 2524608000, true},
        {0x18, "20300101000000Z", 1893456000, false},
        {0x18, "99991231235959Z", 253402300799, true},
        {0x18, "00000101000000Z", -62167219200, false},
    };
    static const struct {
        uint8_t tag;
        const char *text;
    } bad[] = {
        {0x17, "7001010000Z"},         {0x17, "700101000000"},  {0x17, "700101000000+0000"},
        {0x17, "701301000000Z"},       {0x17, "700001000000Z"}, {0x17, "700100000000Z"},
        {0x17, "700132000000Z"},       {0x17, "210229000000Z"}, {0x17, "700431000000Z"},
        {0x17, "700101240000Z"},       {0x17, "700101006000Z"}, {0x17, "700101000060Z"},
        {0x17, "70010100000 Z"},       {0x17, "-00101000000Z"}, {0x17, "700101000000Zx"},
        {0x18, "20500101000000.5Z"},   {0x18, "500101000000Z"}, {0x18, "21000229000000Z"},
        {0x18, "20500101000000+0100"}, {0x04, "700101000000Z"}, {0x17, ""},
    };
    uint8_t der[40];
    int64_t seconds;
    bool proper;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        der[0] = good[i].tag;
        der[1] = (uint8_t)strlen(good[i].text);
        memcpy(der + 2, good[i].text, der[1]);
        struct cv_bytes in = cv_bytes(der, 2u + der[1]);
        assert_int_equal(cv_der_time(&in, &seconds, &proper), CV_OK);
        assert_true(seconds == good[i].seconds);
        assert_int_equal(proper, good[i].proper);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        der[0] = bad[i].tag;
        der[1] = (uint8_t)strlen(bad[i].text);
        memcpy(der + 2, bad[i].text, der[1]);
        struct cv_bytes in = cv_bytes(der, 2u + der[1]);
        if (cv_der_time(&in, &seconds, &proper) != CV_E_CERT_SYNTAX) fail_msg("accepted: %s", bad[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_29_refuses_what_is_not_der),
        cmocka_unit_test(accepts_der),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(integers),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
