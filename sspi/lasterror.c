/* GetLastError: a number of each thread, as on Windows. */
#include "sspi/certificate.h"

static _Thread_local DWORD last_error;

DWORD WINAPI GetLastError(void)
{
    return last_error;
}

VOID WINAPI SetLastError(DWORD dwErrCode)
{
    last_error = dwErrCode;
}

DWORD cv_last_error_for(cv_err e)
{
    switch (e) {
    case CV_OK:
        return ERROR_SUCCESS;
    case CV_E_NO_MEMORY:
        return ERROR_NOT_ENOUGH_MEMORY;
    case CV_E_BUFFER_TOO_SMALL:
        return ERROR_MORE_DATA;
    case CV_E_INVALID_ARGUMENT:
        return ERROR_INVALID_PARAMETER;
    case CV_E_KEY_PASSWORD:
        return ERROR_INVALID_PASSWORD;
    case CV_E_KEY_SYNTAX:
        return (DWORD)NTE_BAD_DATA;
    case CV_E_KEY_MISMATCH:
    case CV_E_BAD_MODULUS:
    case CV_E_BAD_EXPONENT:
        return (DWORD)NTE_BAD_KEY;
    case CV_E_UNSUPPORTED:
        return (DWORD)NTE_BAD_ALGID;
    case CV_E_TRUST_STORE:
        return ERROR_FILE_NOT_FOUND;
    default:
        return (DWORD)CRYPT_E_ASN1_ERROR;
    }
}
