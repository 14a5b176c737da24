/* ApplyControlToken: what the next ISC or ASC is to send, and whether sessions are kept. */
#include "sspi/context.h"

#include <string.h>

static SECURITY_STATUS apply_alert(struct cv_context *cx, const SecBuffer *b)
{
    SCHANNEL_ALERT_TOKEN token;
    if (b->cbBuffer < sizeof token) return SEC_E_INVALID_TOKEN;
    memcpy(&token, b->pvBuffer, sizeof token);
    if ((token.dwAlertType != TLS1_ALERT_WARNING && token.dwAlertType != TLS1_ALERT_FATAL) ||
        token.dwAlertNumber > 255)
        return SEC_E_INVALID_TOKEN;
    cx->alert_level = (uint8_t)token.dwAlertType;
    cx->alert_description = (uint8_t)token.dwAlertNumber;
    cx->control = CV_CONTROL_ALERT;
    return SEC_E_OK;
}

/* Takes effect at once. What the credential forbids cannot be allowed again. */
static SECURITY_STATUS apply_session(struct cv_context *cx, const SecBuffer *b)
{
    SCHANNEL_SESSION_TOKEN token;
    if (b->cbBuffer < sizeof token) return SEC_E_INVALID_TOKEN;
    memcpy(&token, b->pvBuffer, sizeof token);
    if (token.dwFlags != SSL_SESSION_ENABLE_RECONNECTS && token.dwFlags != SSL_SESSION_DISABLE_RECONNECTS)
        return SEC_E_INVALID_TOKEN;
    cv_conn_set_resume(cx->conn, token.dwFlags == SSL_SESSION_ENABLE_RECONNECTS && cx->cred->resume);
    return SEC_E_OK;
}

static SECURITY_STATUS apply(struct cv_context *cx, const SecBuffer *b)
{
    DWORD type;
    if (b->cbBuffer < sizeof type) return SEC_E_UNSUPPORTED_FUNCTION;
    memcpy(&type, b->pvBuffer, sizeof type);
    switch (type) {
    case SCHANNEL_RENEGOTIATE:
        if (!cx->established) return SEC_E_UNSUPPORTED_FUNCTION;
        cx->control = CV_CONTROL_RENEGOTIATE;
        return SEC_E_OK;
    case SCHANNEL_SHUTDOWN:
        cx->control = CV_CONTROL_CLOSE;
        return SEC_E_OK;
    case SCHANNEL_ALERT:
        return apply_alert(cx, b);
    case SCHANNEL_SESSION:
        return apply_session(cx, b);
    default:
        return SEC_E_UNSUPPORTED_FUNCTION;
    }
}

SECURITY_STATUS SEC_ENTRY ApplyControlToken(PCtxtHandle phContext, PSecBufferDesc pInput)
{
    SecHandle copy;
    SECURITY_STATUS status;
    struct cv_context *cx = cv_context_pin(phContext, &copy);
    if (cx == NULL) return SEC_E_INVALID_HANDLE;
    if (pInput == NULL) {
        status = SEC_E_INTERNAL_ERROR;
    } else if (pInput->cBuffers != 1 || !cv_desc_valid(pInput) ||
               cv_buffer_type(&pInput->pBuffers[0]) != SECBUFFER_TOKEN) {
        status = SEC_E_INVALID_TOKEN;
    } else {
        cv_context_lock(cx);
        status = apply(cx, &pInput->pBuffers[0]);
        cv_context_unlock(cx);
    }
    cv_context_unpin(&copy);
    return status;
}
