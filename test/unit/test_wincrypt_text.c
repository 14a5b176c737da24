/* Text of kernel32 and crypt32: code pages, base64 and hexadecimal, messages. */
#include "wincrypt_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void code_pages(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
    static const WCHAR wide[] = {'a', 0xe9, 0x20ac, 0xd83d, 0xde00, 0};
    WCHAR w[16];
    char c[32];
    assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0), 6);
    assert_int_equal(MultiByteToWideChar(CP_ACP, 0, text, -1, w, 16), 6);
    assert_memory_equal(w, wide, sizeof wide);
    assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, text, 3, w, 16), 2); /* no terminator was given */
    assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL), (int)sizeof text);
    assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, wide, -1, c, sizeof c, NULL, NULL), (int)sizeof text);
    assert_string_equal(c, text);
    for (int cap = 1; cap < 6; cap++) {
        assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, text, -1, w, cap), 0);
        assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    }
    for (int cap = 1; cap < (int)sizeof text; cap++) {
        assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, wide, -1, c, cap, NULL, NULL), 0);
        assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    }
}

static void what_is_no_text(void **state)
{
    (void)state;
    static const WCHAR lone[] = {'x', 0xd800, 'y'};
    WCHAR w[8];
    char c[8];
    BOOL used = FALSE;
    assert_int_equal(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "a\xff", 2, w, 8), 0);
    assert_int_equal(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
    assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "a\xff", 2, w, 8), 2);
    assert_int_equal(w[1], 0xfffd);
    assert_int_equal(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, lone, 3, c, 8, NULL, NULL), 0);
    assert_int_equal(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
    assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, lone, 3, c, 8, NULL, NULL), 5);
    assert_memory_equal(c, "x\xef\xbf\xbdy", 5);
    assert_int_equal(WideCharToMultiByte(CP_ACP, 0, lone, 3, c, 8, "?", &used), 3);
    assert_memory_equal(c, "x?y", 3);
    assert_true(used);
    assert_int_equal(WideCharToMultiByte(CP_ACP, 0, lone, 1, c, 8, "?", &used), 1);
    assert_false(used);
    assert_int_equal(MultiByteToWideChar(1252, 0, "a", 1, w, 8), 0);
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "a", 0, w, 8), 0);
    assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, NULL, 1, w, 8), 0);
    assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, lone, 1, c, 8, "?", NULL), 0);
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

/* One conversion that must give these bytes, by A and by W. */
static void check_bytes(const char *text, DWORD flags, const char *want, size_t want_len, DWORD skip,
                        DWORD format)
{
    BYTE out[64];
    WCHAR wide[256];
    DWORD len = 0, s = 99, f = 99;
    assert_true(CryptStringToBinaryA(text, 0, flags, NULL, &len, NULL, NULL));
    assert_int_equal(len, want_len);
    assert_true(CryptStringToBinaryA(text, 0, flags, out, &len, &s, &f));
    assert_int_equal(len, want_len);
    assert_memory_equal(out, want, want_len);
    assert_int_equal(s, skip);
    assert_int_equal(f, format);
    if (want_len > 0) {
        len = (DWORD)want_len - 1;
        assert_false(CryptStringToBinaryA(text, 0, flags, out, &len, NULL, NULL));
        assert_int_equal(GetLastError(), ERROR_MORE_DATA);
    }
    assert_true(MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, 256) > 0);
    memset(out, 0, sizeof out);
    len = sizeof out;
    assert_true(CryptStringToBinaryW(wide, 0, flags, out, &len, NULL, NULL));
    assert_int_equal(len, want_len);
    assert_memory_equal(out, want, want_len);
}

static void text_to_bytes(void **state)
{
    (void)state;
    static const char pem[] = "words\n-----BEGIN THING-----\nAAEC\nAwQ=\n-----END THING-----\n";
    check_bytes("00 01\tfE\r\nff", CRYPT_STRING_HEX, "\x00\x01\xfe\xff", 4, 0, CRYPT_STRING_HEX);
    check_bytes("0001feFF", CRYPT_STRING_HEXRAW, "\x00\x01\xfe\xff", 4, 0, CRYPT_STRING_HEXRAW);
    check_bytes("AAEC\r\nAwQ=\r\n", CRYPT_STRING_BASE64, "\0\1\2\3\4", 5, 0, CRYPT_STRING_BASE64);
    check_bytes(pem, CRYPT_STRING_BASE64HEADER, "\0\1\2\3\4", 5, 6, CRYPT_STRING_BASE64HEADER);
    check_bytes(pem, CRYPT_STRING_BASE64_ANY, "\0\1\2\3\4", 5, 6, CRYPT_STRING_BASE64HEADER);
    check_bytes("AAECAwQ=", CRYPT_STRING_BASE64_ANY, "\0\1\2\3\4", 5, 0, CRYPT_STRING_BASE64);
    check_bytes("AAECAwQ=", CRYPT_STRING_ANY, "\0\1\2\3\4", 5, 0, CRYPT_STRING_BASE64);
    check_bytes("no base64!", CRYPT_STRING_ANY, "no base64!", 10, 0, CRYPT_STRING_BINARY);
    DWORD len = 64;
    BYTE out[64];
    assert_true(CryptStringToBinaryA("0011zz", 4, CRYPT_STRING_HEX, out, &len, NULL, NULL)); /* 4 of them */
    assert_int_equal(len, 2);
    static const struct {
        const char *text;
        DWORD flags, error;
    } bad[] = {
        {"0", CRYPT_STRING_HEX, ERROR_INVALID_DATA},
        {"0g", CRYPT_STRING_HEX, ERROR_INVALID_DATA},
        {"0 0", CRYPT_STRING_HEX, ERROR_INVALID_DATA},
        {"00 11", CRYPT_STRING_HEXRAW, ERROR_INVALID_DATA},
        {"AAE", CRYPT_STRING_BASE64, ERROR_INVALID_DATA},
        {"A*EC", CRYPT_STRING_BASE64, ERROR_INVALID_DATA},
        {"AAEC", CRYPT_STRING_BASE64HEADER, ERROR_INVALID_DATA},
        {"-----BEGIN A-----\nAAEC\n", CRYPT_STRING_BASE64HEADER, ERROR_INVALID_DATA},
        {"AAEC", CRYPT_STRING_HEXADDR, ERROR_INVALID_PARAMETER},
        {"AAEC", 0x123, ERROR_INVALID_PARAMETER},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        len = sizeof out;
        assert_false(CryptStringToBinaryA(bad[i].text, 0, bad[i].flags, out, &len, NULL, NULL));
        assert_int_equal(GetLastError(), bad[i].error);
    }
    static const WCHAR wide[] = {'0', 0x130, 0}; /* whose low byte is a digit */
    assert_false(CryptStringToBinaryW(wide, 0, CRYPT_STRING_HEX, out, &len, NULL, NULL));
    assert_false(CryptStringToBinaryA(NULL, 0, 0, out, &len, NULL, NULL));
    assert_false(CryptStringToBinaryA("00", 0, CRYPT_STRING_HEX, out, NULL, NULL, NULL));
}

static bool convert(void *arg)
{
    BYTE out[8];
    DWORD len = sizeof out;
    (void)arg;
    return CryptStringToBinaryA("AAEC", 0, CRYPT_STRING_BASE64, out, &len, NULL, NULL);
}

static void no_memory_for_text(void **state)
{
    (void)state;
    wincrypt_allocations_fail(convert, NULL);
}

static void check_text(const char *bytes, size_t n, DWORD flags, const char *want)
{
    char out[256];
    WCHAR wide[256];
    DWORD len = 0, size = (DWORD)strlen(want) + 1;
    assert_true(CryptBinaryToStringA((const BYTE *)bytes, (DWORD)n, flags, NULL, &len));
    assert_int_equal(len, size);
    len = sizeof out;
    assert_true(CryptBinaryToStringA((const BYTE *)bytes, (DWORD)n, flags, out, &len));
    assert_int_equal(len, size - 1);
    assert_string_equal(out, want);
    len = size - 1;
    assert_false(CryptBinaryToStringA((const BYTE *)bytes, (DWORD)n, flags, out, &len));
    assert_int_equal(GetLastError(), ERROR_MORE_DATA);
    assert_int_equal(len, size);
    len = size;
    assert_true(CryptBinaryToStringW((const BYTE *)bytes, (DWORD)n, flags, wide, &len));
    for (size_t i = 0; i < size; i++) assert_int_equal(wide[i], (uint8_t)want[i]);
}

static void bytes_to_text(void **state)
{
    (void)state;
    static const char ramp[] = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\xff";
    static const char many[50] = {0};
    /* RFC 4648 section 10 */
    check_text("f", 1, CRYPT_STRING_BASE64 | CRYPT_STRING_NOCRLF, "Zg==");
    check_text("fo", 2, CRYPT_STRING_BASE64 | CRYPT_STRING_NOCRLF, "Zm8=");
    check_text("foo", 3, CRYPT_STRING_BASE64 | CRYPT_STRING_NOCRLF, "Zm9v");
    check_text("foobar", 6, CRYPT_STRING_BASE64, "Zm9vYmFy\r\n");
    check_text("foobar", 6, CRYPT_STRING_BASE64 | CRYPT_STRING_NOCR, "Zm9vYmFy\n");
    check_text(many, sizeof many, CRYPT_STRING_BASE64 | CRYPT_STRING_NOCR,
               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAAA=\n");
    check_text("foo", 3, CRYPT_STRING_BASE64HEADER | CRYPT_STRING_NOCR,
               "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n");
    check_text("foo", 3, CRYPT_STRING_BASE64X509CRLHEADER,
               "-----BEGIN X509 CRL-----\r\nZm9v\r\n-----END X509 CRL-----\r\n");
    check_text("foo", 3, CRYPT_STRING_BASE64REQUESTHEADER | CRYPT_STRING_NOCR,
               "-----BEGIN NEW CERTIFICATE REQUEST-----\nZm9v\n-----END NEW CERTIFICATE REQUEST-----\n");
    check_text(ramp, 18, CRYPT_STRING_HEX, "00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f\r\n10 ff\r\n");
    check_text(ramp, 18, CRYPT_STRING_HEX | CRYPT_STRING_NOCRLF,
               "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 ff");
    check_text(ramp, 18, CRYPT_STRING_HEXRAW | CRYPT_STRING_NOCRLF, "000102030405060708090a0b0c0d0e0f10ff");
    DWORD len = 4;
    char out[4];
    assert_true(CryptBinaryToStringA((const BYTE *)"abcd", 4, CRYPT_STRING_BINARY, out, &len));
    assert_int_equal(len, 4);
    assert_memory_equal(out, "abcd", 4);
    assert_false(CryptBinaryToStringA((const BYTE *)"abcd", 4, CRYPT_STRING_HEXADDR, out, &len));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_false(CryptBinaryToStringA((const BYTE *)"abcd", 0, CRYPT_STRING_HEX, out, &len));
    assert_false(CryptBinaryToStringA(NULL, 4, CRYPT_STRING_HEX, out, &len));
}

static void messages(void **state)
{
    (void)state;
    char text[200], *made = NULL;
    WCHAR wide[200];
    DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
    DWORD n = FormatMessageA(flags, NULL, (DWORD)SEC_E_UNTRUSTED_ROOT, 0, text, sizeof text, NULL);
    assert_true(n > 10);
    assert_int_equal(strlen(text), n);
    assert_string_equal(text + n - 3, ".\r\n");
    assert_non_null(strstr(text, "not trusted"));
    assert_int_equal(FormatMessageW(flags, NULL, (DWORD)SEC_E_UNTRUSTED_ROOT, 0, wide, 200, NULL), n);
    for (DWORD i = 0; i <= n; i++) assert_int_equal(wide[i], (uint8_t)text[i]);
    assert_int_equal(FormatMessageA(flags, NULL, (DWORD)SEC_E_UNTRUSTED_ROOT, 0, text, n, NULL), 0);
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(FormatMessageA(flags | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, (DWORD)SEC_E_UNTRUSTED_ROOT,
                                    0, (LPSTR)(void *)&made, 0, NULL),
                     n);
    assert_string_equal(made, text);
    assert_null(LocalFree(made));
    n = FormatMessageA(flags | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, (DWORD)SEC_E_INVALID_TOKEN, 0, text,
                       sizeof text, NULL);
    assert_int_equal(n, strlen(text));
    assert_null(strpbrk(text, "\r\n"));
    char same[200];
    FormatMessageA(flags, NULL, ERROR_INVALID_PASSWORD, 0, text, sizeof text, NULL);
    FormatMessageA(flags, NULL, (DWORD)HRESULT_FROM_WIN32(ERROR_INVALID_PASSWORD), 0, same, sizeof same,
                   NULL);
    assert_string_equal(text, same);
    assert_int_equal(FormatMessageA(flags, NULL, 0x12345678, 0, text, sizeof text, NULL), 0);
    assert_int_equal(GetLastError(), ERROR_MR_MID_NOT_FOUND);
    assert_int_equal(FormatMessageA(0, NULL, ERROR_SUCCESS, 0, text, sizeof text, NULL), 0);
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void local_memory(void **state)
{
    (void)state;
    BYTE *p = LocalAlloc(LPTR, 100), here[64] = {0};
    assert_non_null(p);
    for (size_t i = 0; i < 100; i++) assert_int_equal(p[i], 0);
    assert_ptr_equal(LocalFree(here + 32), here + 32);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_null(LocalFree(p));
    assert_null(LocalFree(NULL));
    test_port_fail_at(&wincrypt_port, 1);
    assert_null(LocalAlloc(LPTR, 100));
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_pages),
        cmocka_unit_test(what_is_no_text),
        cmocka_unit_test_setup_teardown(text_to_bytes, wincrypt_set_up, wincrypt_tear_down),
        cmocka_unit_test_setup_teardown(no_memory_for_text, wincrypt_set_up, wincrypt_tear_down),
        cmocka_unit_test_setup_teardown(bytes_to_text, wincrypt_set_up, wincrypt_tear_down),
        cmocka_unit_test_setup_teardown(messages, wincrypt_set_up, wincrypt_tear_down),
        cmocka_unit_test_setup_teardown(local_memory, wincrypt_set_up, wincrypt_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
