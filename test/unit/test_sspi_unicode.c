#include "sspi/unicode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void text_goes_both_ways(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"; /* 1 to 4 bytes */
    static const WCHAR wide[] = {'a', 0xe9, 0x20ac, 0xd83d, 0xde00, 'z', 0};
    WCHAR w[16];
    char c[64];
    size_t n;
    assert_int_equal(cv_wide_from_utf8(w, 16, &n, text, sizeof text - 1), CV_OK);
    assert_int_equal(n, 6);
    assert_memory_equal(w, wide, sizeof wide);
    assert_int_equal(cv_utf8_from_wide(c, sizeof c, &n, wide, cv_wide_len(wide)), CV_OK);
    assert_int_equal(n, sizeof text - 1);
    assert_string_equal(c, text);
}

static void every_short_buffer_is_noticed(void **state)
{
    (void)state;
    static const char text[] = "\xf0\x9f\x98\x80z";
    static const WCHAR wide[] = {0xd83d, 0xde00, 'z', 0};
    WCHAR w[4];
    char c[6];
    size_t n;
    for (size_t cap = 0; cap < 4; cap++)
        assert_int_equal(cv_wide_from_utf8(w, cap, &n, text, 5), CV_E_BUFFER_TOO_SMALL);
    assert_int_equal(cv_wide_from_utf8(w, 4, &n, text, 5), CV_OK);
    for (size_t cap = 0; cap < 6; cap++)
        assert_int_equal(cv_utf8_from_wide(c, cap, &n, wide, 3), CV_E_BUFFER_TOO_SMALL);
    assert_int_equal(cv_utf8_from_wide(c, 6, &n, wide, 3), CV_OK);
}

static void what_is_not_text_is_refused(void **state)
{
    (void)state;
    /* RFC 3629 section 3: overlong forms, surrogates, beyond U+10FFFF, stray and missing bytes */
    static const char *const bad[] = {
        "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
        "\xf5\x80", "\x80",     "\xe2\x82",     "\xff",         "\xe2\x28\xa1"};
    static const WCHAR lone[][2] = {{0xd800, 'a'}, {0xdc00, 'a'}, {'a', 0xdbff}};
    WCHAR w[16];
    char c[16];
    size_t n;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(cv_wide_from_utf8(w, 16, &n, bad[i], strlen(bad[i])), CV_E_BAD_NAME);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cv_utf8_from_wide(c, sizeof c, &n, lone[i], 2), CV_E_BAD_NAME);
}

static void names_compare_without_case(void **state)
{
    (void)state;
    static const WCHAR w[] = {'S', 'c', 'H', 'a', 'n'};
    assert_true(cv_wide_is(w, 5, "schan"));
    assert_false(cv_wide_is(w, 4, "schan"));
    assert_false(cv_wide_is(w, 5, "scha"));
    assert_true(cv_ascii_is("ROOT", "root"));
    assert_false(cv_ascii_is("ROO", "root"));
    assert_false(cv_ascii_is("roots", "root"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_goes_both_ways),
        cmocka_unit_test(every_short_buffer_is_noticed),
        cmocka_unit_test(what_is_not_text_is_refused),
        cmocka_unit_test(names_compare_without_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
