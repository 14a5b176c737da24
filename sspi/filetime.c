/* Windows' time: 100 ns since 1601-01-01. */
#include "sspi/certificate.h"

FILETIME cv_filetime(int64_t seconds)
{
    /* Times before 1601 do not exist there. */
    uint64_t t = seconds < -CV_FILETIME_EPOCH ? 0 : (uint64_t)(seconds + CV_FILETIME_EPOCH) * 10000000;
    return (FILETIME){.dwLowDateTime = (DWORD)t, .dwHighDateTime = (DWORD)(t >> 32)};
}

int64_t cv_seconds_of(const FILETIME *t)
{
    return (int64_t)(((uint64_t)t->dwHighDateTime << 32 | t->dwLowDateTime) / 10000000) - CV_FILETIME_EPOCH;
}

TimeStamp cv_time_stamp(int64_t seconds)
{
    if (seconds == INT64_MAX) return (TimeStamp){.QuadPart = INT64_MAX};
    FILETIME utc = cv_filetime(seconds), local = utc;
    (void)FileTimeToLocalFileTime(&utc, &local);
    return (TimeStamp){.LowPart = local.dwLowDateTime, .HighPart = (LONG)local.dwHighDateTime};
}
