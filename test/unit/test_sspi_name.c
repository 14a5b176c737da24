/* CertNameToStr: keys, order, quoting, and buffers of every length. */
#include "sspi/win.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* C=XX; O=a, "b" (UTF-8); OU=Ж (BMPString) + OU=é (TeletexString); 2.5.4.99=x; CN is a NULL, no string */
static BYTE name[] = {
    0x30, 0x4c, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06, 0x13, 0x02, 0x58, 0x58, 0x31,
    0x0f, 0x30, 0x0d, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x06, 0x61, 0x2c, 0x20, 0x22, 0x62, 0x22,
    0x31, 0x15, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x0b, 0x1e, 0x02, 0x04, 0x16, 0x30, 0x08, 0x06,
    0x03, 0x55, 0x04, 0x0b, 0x14, 0x01, 0xe9, 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x63,
    0x13, 0x01, 0x78, 0x31, 0x09, 0x30, 0x07, 0x06, 0x03, 0x55, 0x04, 0x03, 0x05, 0x00,
};

static CERT_NAME_BLOB blob(void)
{
    return (CERT_NAME_BLOB){sizeof name, name};
}

static void expect(DWORD type, const char *text)
{
    CERT_NAME_BLOB b = blob();
    char out[256];
    DWORD size = (DWORD)strlen(text) + 1;
    assert_int_equal(CertNameToStrA(X509_ASN_ENCODING, &b, type, NULL, 0), size);
    assert_int_equal(CertNameToStrA(X509_ASN_ENCODING, &b, type, out, sizeof out), size);
    assert_string_equal(out, text);
}

static void writes_windows_keys_and_quotes(void **state)
{
    (void)state;
    expect(CERT_X500_NAME_STR, "C=XX, O=\"a, \"\"b\"\"\", OU=\xd0\x96 + OU=\xc3\xa9, OID.2.5.4.99=x, CN=#");
    expect(CERT_SIMPLE_NAME_STR, "XX, \"a, \"\"b\"\"\", \xd0\x96 + \xc3\xa9, x, #");
    expect(CERT_X500_NAME_STR | CERT_NAME_STR_NO_QUOTING_FLAG | CERT_NAME_STR_NO_PLUS_FLAG |
               CERT_NAME_STR_SEMICOLON_FLAG,
           "C=XX; O=a, \"b\"; OU=\xd0\x96 OU=\xc3\xa9; OID.2.5.4.99=x; CN=#");
    expect(CERT_X500_NAME_STR | CERT_NAME_STR_REVERSE_FLAG,
           "CN=#, OID.2.5.4.99=x, OU=\xd0\x96 + OU=\xc3\xa9, O=\"a, \"\"b\"\"\", C=XX");
    expect(
        CERT_OID_NAME_STR | CERT_NAME_STR_CRLF_FLAG,
        "OID.2.5.4.6=XX\r\nOID.2.5.4.10=\"a, \"\"b\"\"\"\r\nOID.2.5.4.11=\xd0\x96 + OID.2.5.4.11=\xc3\xa9\r\n"
        "OID.2.5.4.99=x\r\nOID.2.5.4.3=#");
}

static void cuts_to_the_buffer(void **state)
{
    (void)state;
    CERT_NAME_BLOB b = blob();
    char whole[256], part[256];
    WCHAR wide[256];
    DWORD size = CertNameToStrA(X509_ASN_ENCODING, &b, CERT_X500_NAME_STR, whole, sizeof whole);
    for (DWORD cap = 1; cap <= size; cap++) {
        memset(part, 0x5a, sizeof part);
        assert_int_equal(CertNameToStrA(X509_ASN_ENCODING, &b, CERT_X500_NAME_STR, part, cap), cap);
        assert_memory_equal(part, whole, cap - 1);
        assert_int_equal(part[cap - 1], 0);
        assert_int_equal(part[cap], 0x5a);
    }
    /* two characters of two bytes each become one unit */
    assert_int_equal(CertNameToStrW(X509_ASN_ENCODING, &b, CERT_X500_NAME_STR, NULL, 0), size - 2);
    assert_int_equal(CertNameToStrW(X509_ASN_ENCODING, &b, CERT_X500_NAME_STR, wide, 256), size - 2);
    assert_int_equal(wide[0], 'C');
    assert_int_equal(wide[size - 3], 0);
    assert_int_equal(CertNameToStrW(X509_ASN_ENCODING, &b, CERT_X500_NAME_STR, wide, 3), 3);
    assert_int_equal(wide[2], 0);
}

static void gives_nothing_for_what_is_no_name(void **state)
{
    (void)state;
    CERT_NAME_BLOB b = blob();
    char out[8];
    for (b.cbData = 0; b.cbData < blob().cbData; b.cbData++) {
        assert_int_equal(CertNameToStrA(X509_ASN_ENCODING, &b, CERT_X500_NAME_STR, out, sizeof out), 1);
        assert_string_equal(out, "");
    }
    assert_int_equal(CertNameToStrA(X509_ASN_ENCODING, NULL, CERT_X500_NAME_STR, NULL, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_windows_keys_and_quotes),
        cmocka_unit_test(cuts_to_the_buffer),
        cmocka_unit_test(gives_nothing_for_what_is_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
