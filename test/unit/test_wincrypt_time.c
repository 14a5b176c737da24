/* FILETIME and the calendar. */
#include "wincrypt_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static FILETIME ticks(uint64_t t)
{
    return (FILETIME){(DWORD)t, (DWORD)(t >> 32)};
}

static uint64_t number(FILETIME f)
{
    return (uint64_t)f.dwHighDateTime << 32 | f.dwLowDateTime;
}

static void known_days(void **state)
{
    (void)state;
    static const struct {
        uint64_t ticks;
        SYSTEMTIME t; /* year, month, day of week, day, hour, minute, second, millisecond */
    } known[] = {
        {0, {1601, 1, 1, 1, 0, 0, 0, 0}},
        {UINT64_C(116444736000000000), {1970, 1, 4, 1, 0, 0, 0, 0}},
        {UINT64_C(125963423990000000), {2000, 2, 2, 29, 23, 59, 59, 0}} /* date -u -d @951868799 */,
        {UINT64_C(132223104001230000), {2020, 1, 3, 1, 0, 0, 0, 123}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        SYSTEMTIME s;
        FILETIME f = ticks(known[i].ticks), back;
        assert_true(FileTimeToSystemTime(&f, &s));
        assert_memory_equal(&s, &known[i].t, sizeof s);
        assert_true(SystemTimeToFileTime(&s, &back));
        assert_true(number(back) == known[i].ticks);
    }
}

/* The C library's calendar is the other opinion. */
static void every_day_for_eight_centuries(void **state)
{
    (void)state;
    for (int64_t day = -134774; day < 180000; day++) {
        if (sizeof(time_t) < 8 && (day < -24854 || day > 24854)) continue; /* it knows 136 years only */
        time_t t = (time_t)(day * 86400 + 3661);
        struct tm tm;
        SYSTEMTIME s;
        FILETIME f = ticks((uint64_t)((int64_t)t + INT64_C(11644473600)) * 10000000), back;
        gmtime_r(&t, &tm);
        assert_true(FileTimeToSystemTime(&f, &s));
        assert_int_equal(s.wYear, tm.tm_year + 1900);
        assert_int_equal(s.wMonth, tm.tm_mon + 1);
        assert_int_equal(s.wDay, tm.tm_mday);
        assert_int_equal(s.wDayOfWeek, tm.tm_wday);
        assert_int_equal(s.wHour, 1);
        assert_int_equal(s.wMinute, 1);
        assert_int_equal(s.wSecond, 1);
        assert_true(SystemTimeToFileTime(&s, &back));
        assert_true(number(back) == number(f));
    }
}

static void what_is_no_time(void **state)
{
    (void)state;
    static const SYSTEMTIME bad[] = {
        {1600, 1, 0, 1, 0, 0, 0, 0},  {30828, 1, 0, 1, 0, 0, 0, 0}, {2001, 0, 0, 1, 0, 0, 0, 0},
        {2001, 13, 0, 1, 0, 0, 0, 0}, {2001, 2, 0, 29, 0, 0, 0, 0}, {1900, 2, 0, 29, 0, 0, 0, 0},
        {2001, 1, 0, 0, 0, 0, 0, 0},  {2001, 4, 0, 31, 0, 0, 0, 0}, {2001, 1, 0, 1, 24, 0, 0, 0},
        {2001, 1, 0, 1, 0, 60, 0, 0}, {2001, 1, 0, 1, 0, 0, 60, 0}, {2001, 1, 0, 1, 0, 0, 0, 1000},
    };
    FILETIME f;
    SYSTEMTIME s;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(SystemTimeToFileTime(&bad[i], &f));
        assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    }
    f = ticks(UINT64_C(1) << 63);
    assert_false(FileTimeToSystemTime(&f, &s));
    assert_false(FileTimeToLocalFileTime(&f, &f));
}

static void now_and_here(void **state)
{
    (void)state;
    FILETIME f, local, f2;
    SYSTEMTIME s;
    GetSystemTimeAsFileTime(&f);
    assert_true(FileTimeToSystemTime(&f, &s));
    assert_int_equal(s.wYear, 2026); /* where the test's clock stands */
    assert_int_equal(s.wHour, 0);
    setenv("TZ", "XYZ-5:30", 1); /* ahead of UTC */
    tzset();
    assert_true(FileTimeToLocalFileTime(&f, &local));
    assert_true(number(local) == number(f) + UINT64_C(19800) * 10000000);
    setenv("TZ", "XYZ8", 1);
    tzset();
    assert_true(FileTimeToLocalFileTime(&f, &local));
    assert_true(number(local) == number(f) - UINT64_C(28800) * 10000000);
    f2 = ticks(5);
    assert_false(FileTimeToLocalFileTime(&f2, &local)); /* before 1601 */
    setenv("TZ", "UTC", 1);
    tzset();
    f2 = ticks(number(f) + 1);
    assert_int_equal(CompareFileTime(&f, &f2), -1);
    assert_int_equal(CompareFileTime(&f2, &f), 1);
    assert_int_equal(CompareFileTime(&f, &f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_days),
        cmocka_unit_test(every_day_for_eight_centuries),
        cmocka_unit_test(what_is_no_time),
        cmocka_unit_test_setup_teardown(now_and_here, wincrypt_set_up, wincrypt_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
