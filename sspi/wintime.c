/* FILETIME: 100 ns since 1601-01-01, and the calendar. */
#include "sspi/certificate.h"
#include "sspi/library.h"
#include "sspi/port/host.h"

enum { SECOND = 10000000, DAYS_400 = 146097, DAYS_100 = 36524, DAYS_4 = 1461, YEAR_MAX = 30827 };

static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of(unsigned year, unsigned month) /* month from 0 */
{
    return month_days[month] + (month == 1 && is_leap(year) ? 1u : 0u);
}

static uint64_t ticks_of(const FILETIME *t)
{
    return (uint64_t)t->dwHighDateTime << 32 | t->dwLowDateTime;
}

static void set_ticks(FILETIME *t, uint64_t ticks)
{
    *t = (FILETIME){.dwLowDateTime = (DWORD)ticks, .dwHighDateTime = (DWORD)(ticks >> 32)};
}

static BOOL invalid(void)
{
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime)
{
    const struct cv_library *lib = cv_library();
    *lpSystemTimeAsFileTime = cv_filetime(lib == NULL ? 0 : lib->port->now(lib->port->ctx));
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime)
{
    const SYSTEMTIME *s = lpSystemTime;
    if (s == NULL || lpFileTime == NULL || s->wYear < 1601 || s->wYear > YEAR_MAX || s->wMonth < 1 ||
        s->wMonth > 12 || s->wDay < 1 || s->wDay > days_of(s->wYear, s->wMonth - 1u) || s->wHour > 23 ||
        s->wMinute > 59 || s->wSecond > 59 || s->wMilliseconds > 999)
        return invalid();
    uint64_t years = s->wYear - 1601u, days = years * 365 + years / 4 - years / 100 + years / 400;
    for (unsigned m = 0; m + 1 < s->wMonth; m++) days += days_of(s->wYear, m);
    days += s->wDay - 1u;
    uint64_t seconds = ((days * 24 + s->wHour) * 60 + s->wMinute) * 60 + s->wSecond;
    set_ticks(lpFileTime, seconds * SECOND + s->wMilliseconds * UINT64_C(10000));
    return TRUE;
}

static uint64_t at_most(uint64_t n, uint64_t most)
{
    return n < most ? n : most;
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime)
{
    if (lpFileTime == NULL || lpSystemTime == NULL || lpFileTime->dwHighDateTime >> 31 != 0) return invalid();
    uint64_t ticks = ticks_of(lpFileTime), seconds = ticks / SECOND, days = seconds / 86400, left = days;
    /* 1601 begins a cycle of 400 years; the last century and the last year of theirs are a day longer. */
    uint64_t year = 1601 + left / DAYS_400 * 400;
    left %= DAYS_400;
    uint64_t centuries = at_most(left / DAYS_100, 3);
    left -= centuries * DAYS_100;
    uint64_t fours = left / DAYS_4;
    left %= DAYS_4;
    uint64_t ones = at_most(left / 365, 3);
    left -= ones * 365;
    year += centuries * 100 + fours * 4 + ones;
    if (year > YEAR_MAX) return invalid();
    unsigned month = 0;
    while (left >= days_of((unsigned)year, month)) left -= days_of((unsigned)year, month++);
    *lpSystemTime = (SYSTEMTIME){
        .wYear = (WORD)year,
        .wMonth = (WORD)(month + 1),
        .wDayOfWeek = (WORD)((days + 1) % 7), /* 1601-01-01 was a Monday */
        .wDay = (WORD)(left + 1),
        .wHour = (WORD)(seconds / 3600 % 24),
        .wMinute = (WORD)(seconds / 60 % 60),
        .wSecond = (WORD)(seconds % 60),
        .wMilliseconds = (WORD)(ticks / 10000 % 1000),
    };
    return TRUE;
}

/* By the offset that holds now, as on Windows, not the one of the time that is converted. */
BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *lpFileTime, LPFILETIME lpLocalFileTime)
{
    const struct cv_library *lib = cv_library();
    if (lpFileTime == NULL || lpLocalFileTime == NULL || lpFileTime->dwHighDateTime >> 31 != 0 || lib == NULL)
        return invalid();
    int64_t ticks = (int64_t)ticks_of(lpFileTime);
    int64_t offset = cv_host_utc_offset(lib->port->now(lib->port->ctx)) * (int64_t)SECOND;
    if (offset > 0 ? ticks > INT64_MAX - offset : ticks < -offset) return invalid();
    set_ticks(lpLocalFileTime, (uint64_t)(ticks + offset));
    return TRUE;
}

LONG WINAPI CompareFileTime(const FILETIME *lpFileTime1, const FILETIME *lpFileTime2)
{
    uint64_t a = ticks_of(lpFileTime1), b = ticks_of(lpFileTime2);
    return (a > b) - (a < b);
}
