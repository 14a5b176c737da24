#include "sspi/status.h"

#include "tls/alert.h"
#include "tls/messages.h"

/* Causes that are missing here break a rule of the protocol: SEC_E_ILLEGAL_MESSAGE. */
static const SECURITY_STATUS statuses[CV_ERR_COUNT] = {
    [CV_OK] = SEC_E_OK,
    [CV_WANT_INPUT] = SEC_E_INCOMPLETE_MESSAGE,
    [CV_WANT_CREDENTIAL] = SEC_I_INCOMPLETE_CREDENTIALS,
    [CV_WANT_EXTENSION] = SEC_I_GENERIC_EXTENSION_RECEIVED,
    [CV_WANT_CERTIFICATE] = SEC_I_ASYNC_CALL_PENDING,
    [CV_WANT_SIGNATURE] = SEC_I_ASYNC_CALL_PENDING,
    [CV_WANT_SESSION] = SEC_I_ASYNC_CALL_PENDING,
    [CV_WANT_TICKET_KEY] = SEC_I_ASYNC_CALL_PENDING,
    [CV_WANT_VERDICT] = SEC_I_ASYNC_CALL_PENDING,

    [CV_E_NO_MEMORY] = SEC_E_INSUFFICIENT_MEMORY,
    [CV_E_BUFFER_TOO_SMALL] = SEC_E_BUFFER_TOO_SMALL,
    [CV_E_INVALID_ARGUMENT] = SEC_E_INVALID_TOKEN,
    [CV_E_INTERNAL] = SEC_E_INTERNAL_ERROR,
    [CV_E_RNG] = SEC_E_INTERNAL_ERROR,
    [CV_E_UNSUPPORTED] = SEC_E_UNSUPPORTED_FUNCTION,
    [CV_E_CLOSED] = SEC_E_CONTEXT_EXPIRED,
    [CV_E_DEAD] = SEC_E_CONTEXT_EXPIRED,
    [CV_E_NO_COMMON_VERSION] = SEC_E_ALGORITHM_MISMATCH,
    [CV_E_NO_COMMON_SUITE] = SEC_E_ALGORITHM_MISMATCH,
    [CV_E_NO_COMMON_GROUP] = SEC_E_ALGORITHM_MISMATCH,
    [CV_E_NO_COMMON_SCHEME] = SEC_E_ALGORITHM_MISMATCH,
    [CV_E_OPERATION] = SEC_E_INTERNAL_ERROR,
    [CV_E_NO_CERTIFICATE] = SEC_E_NO_CREDENTIALS,

    /* Not even a TLS token. */
    [CV_E_TRUNCATED] = SEC_E_INVALID_TOKEN,
    [CV_E_TRAILING_DATA] = SEC_E_INVALID_TOKEN,
    [CV_E_BAD_LENGTH] = SEC_E_INVALID_TOKEN,
    [CV_E_RECORD_TYPE] = SEC_E_INVALID_TOKEN,
    [CV_E_RECORD_VERSION] = SEC_E_INVALID_TOKEN,
    [CV_E_RECORD_OVERFLOW] = SEC_E_INVALID_TOKEN,
    [CV_E_RECORD_EMPTY] = SEC_E_INVALID_TOKEN,
    [CV_E_DECODE] = SEC_E_INVALID_TOKEN,
    [CV_E_BAD_RECORD_MAC] = SEC_E_DECRYPT_FAILURE,
    [CV_E_BAD_VERSION] = SEC_E_ALGORITHM_MISMATCH,
    [CV_E_BAD_LEGACY_VERSION] = SEC_E_ALGORITHM_MISMATCH,

    [CV_E_BAD_ALPN] = SEC_E_APPLICATION_PROTOCOL_MISMATCH,
    [CV_E_NO_COMMON_ALPN] = SEC_E_APPLICATION_PROTOCOL_MISMATCH,
    [CV_E_BAD_NAME] = SEC_E_TARGET_UNKNOWN,
    [CV_E_UNKNOWN_NAME] = SEC_E_TARGET_UNKNOWN,
    [CV_E_CERTIFICATE_REQUIRED] = SEC_E_NO_CREDENTIALS,

    [CV_E_CERT_DER] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_SYNTAX] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_CRITICAL] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_KEY] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_WEAK_KEY] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_SIGNATURE] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_SIGNATURE_ALGORITHM] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_NOT_YET_VALID] = SEC_E_CERT_EXPIRED,
    [CV_E_CERT_EXPIRED] = SEC_E_CERT_EXPIRED,
    [CV_E_CERT_NOT_CA] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_PATH_LENGTH] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_KEY_USAGE] = SEC_E_CERT_WRONG_USAGE,
    [CV_E_CERT_EXTENDED_KEY_USAGE] = SEC_E_CERT_WRONG_USAGE,
    [CV_E_CERT_NAME_CONSTRAINT] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_NAME_MISMATCH] = SEC_E_WRONG_PRINCIPAL,
    [CV_E_CERT_POLICY] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_REVOKED] = CRYPT_E_REVOKED,
    [CV_E_CERT_REVOCATION_UNKNOWN] = CRYPT_E_NO_REVOCATION_CHECK,
    [CV_E_CERT_REVOCATION_OFFLINE] = CRYPT_E_REVOCATION_OFFLINE,
    [CV_E_CERT_STAPLE] = CRYPT_E_NO_REVOCATION_CHECK,
    [CV_E_CERT_COMPRESSION] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_TYPE] = SEC_E_CERT_UNKNOWN,
    [CV_E_CERT_UNTRUSTED] = SEC_E_UNTRUSTED_ROOT,
    [CV_E_CERT_TOO_COMPLEX] = SEC_E_CERT_UNKNOWN,
    [CV_E_TRUST_STORE] = SEC_E_NO_AUTHENTICATING_AUTHORITY,

    [CV_E_KEY_SYNTAX] = SEC_E_UNKNOWN_CREDENTIALS,
    [CV_E_KEY_MISMATCH] = SEC_E_UNKNOWN_CREDENTIALS,
    [CV_E_KEY_PASSWORD] = SEC_E_UNKNOWN_CREDENTIALS,
    [CV_E_FAULT] = SEC_E_INTERNAL_ERROR,
};

static _Thread_local CulvertContext_Failure last_failure;

SECURITY_STATUS cv_status_for(cv_err e)
{
    if (e == CV_OK) return SEC_E_OK;
    SECURITY_STATUS status = (unsigned)e < CV_ERR_COUNT ? statuses[e] : SEC_E_INTERNAL_ERROR;
    return status != SEC_E_OK ? status : SEC_E_ILLEGAL_MESSAGE;
}

SECURITY_STATUS cv_status_of_conn(cv_err e, const struct cv_conn *c)
{
    if (e != CV_E_PEER_ALERT) return cv_status_for(e);
    struct cv_conn_info info;
    cv_conn_info(c, &info);
    switch (info.alert_received) {
    case CV_ALERT_UNRECOGNIZED_NAME:
        return SEC_E_TARGET_UNKNOWN;
    case CV_ALERT_ACCESS_DENIED:
        return SEC_E_LOGON_DENIED;
    case CV_ALERT_NO_APPLICATION_PROTOCOL:
        return SEC_E_APPLICATION_PROTOCOL_MISMATCH;
    case CV_ALERT_PROTOCOL_VERSION:
        return SEC_E_ALGORITHM_MISMATCH;
    default:
        return SEC_E_ILLEGAL_MESSAGE;
    }
}

void cv_failure_fill(CulvertContext_Failure *out, SECURITY_STATUS status, cv_err e,
                     const struct cv_conn *conn)
{
    *out = (CulvertContext_Failure){
        .lStatus = status,
        .ulAlert = (ULONG)-1,
        .lDepth = -1,
        .pszCause = cv_err_name(e),
        .pszReason = cv_err_text(e),
    };
    if (conn == NULL) return;
    struct cv_conn_info info;
    cv_conn_info(conn, &info);
    int alert = info.alert_received >= 0 ? info.alert_received : info.alert_sent;
    if (alert >= 0) {
        out->ulAlert = (ULONG)alert;
        out->fReceived = info.alert_received >= 0;
        out->pszAlert = cv_alert_name(alert);
    }
    if (info.verdict.err != CV_OK && info.verdict.err == e) out->lDepth = info.verdict.depth;
    if (info.failed_in >= 0) out->pszMessage = cv_msg_name((uint8_t)info.failed_in);
}

SECURITY_STATUS cv_fail(SECURITY_STATUS status, cv_err e, const struct cv_conn *conn)
{
    cv_failure_fill(&last_failure, status, e, conn);
    return status;
}

void CulvertLastFailure(PCulvertContext_Failure pFailure)
{
    if (pFailure != NULL) *pFailure = last_failure;
}
