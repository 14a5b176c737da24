#include "sspi/impersonate.h"

#include "sspi/attributes.h"
#include "sspi/host_certificate.h"

static SECURITY_STATUS set_mapper(struct cv_credential *c, const void *p)
{
    const CulvertCredential_Mapper *m = p;
    if (m->pfnMap == NULL || (m->pfnImpersonate == NULL) != (m->pfnRevert == NULL))
        return SEC_E_INVALID_TOKEN;
    c->mapper = *m;
    return SEC_E_OK;
}

static const struct cv_setting settings[] = {
    {SECPKG_ATTR_CULVERT_MAPPER, sizeof(CulvertCredential_Mapper), CV_SET_BEFORE_CONTEXTS, set_mapper},
};
const struct cv_settings cv_account_settings = {settings, sizeof settings / sizeof settings[0]};

/* Is there somebody to be mapped? Only for a chain that we judged ourselves (row A11). */
static bool is_due(const struct cv_context *cx, struct cv_conn_info *info)
{
    const struct cv_credential *c = cx->cred;
    bool asked = cx->extras != NULL && cx->extras->account_asked;
    if (!cx->server || !cx->established || c->mapper.pfnMap == NULL || asked) return false;
    if ((c->flags & SCH_CRED_NO_SYSTEM_MAPPER) != 0) return false;
    cv_conn_info(cx->conn, info);
    return info->validated != CV_VALIDATED_NOT && info->peer_chain.len != 0 && !info->peer_raw_key;
}

SECURITY_STATUS cv_account_map(struct cv_context *cx)
{
    const CulvertCredential_Mapper *m = &cx->cred->mapper;
    struct cv_conn_info info;
    PCCERT_CONTEXT cert;
    void *token = NULL;
    if (!is_due(cx, &info)) return SEC_E_OK;
    struct cv_context_extras *x = cv_context_extras(cx);
    if (x == NULL || cv_context_from_chain(&cert, info.peer_chain) != CV_OK) return SEC_E_INSUFFICIENT_MEMORY;
    x->account_asked = true;
    SECURITY_STATUS status = m->pfnMap(m->pvContext, cert, &token);
    CertFreeCertificateContext(cert);
    x->has_account = status == SEC_E_OK;
    if (status == SEC_E_OK) x->account = token;
    return status == SEC_E_OK || status == SEC_E_NO_IMPERSONATION ? SEC_E_OK : SEC_E_LOGON_DENIED;
}

void cv_account_release(struct cv_context *cx)
{
    const CulvertCredential_Mapper *m = &cx->cred->mapper;
    struct cv_context_extras *x = cx->extras;
    if (x == NULL || !x->has_account) return;
    x->has_account = false;
    if (m->pfnRelease != NULL) m->pfnRelease(m->pvContext, x->account);
}

/* --- the calls --- */

static bool has_account(const struct cv_context *cx)
{
    return cx->extras != NULL && cx->extras->has_account;
}

SECURITY_STATUS cv_query_access_token(const struct cv_query *q)
{
    if (!has_account(q->cx)) return SEC_E_NO_IMPERSONATION;
    ((SecPkgContext_AccessToken *)q->out)->AccessToken = q->cx->extras->account;
    return SEC_E_OK;
}

/* What the application does with the account, outside of the context's lock: it may take its time. */
typedef SECURITY_STATUS account_fn(const CulvertCredential_Mapper *m, void *account, void *arg);

static SECURITY_STATUS with_account(PCtxtHandle handle, account_fn *act, void *arg)
{
    SecHandle copy;
    struct cv_context *cx = cv_context_pin(handle, &copy);
    if (cx == NULL) return SEC_E_INVALID_HANDLE;
    cv_context_lock(cx);
    bool is_mapped = has_account(cx);
    void *account = is_mapped ? cx->extras->account : NULL; /* stays until the context goes */
    cv_context_unlock(cx);
    SECURITY_STATUS status = is_mapped ? act(&cx->cred->mapper, account, arg) : SEC_E_NO_IMPERSONATION;
    cv_context_unpin(&copy);
    return status;
}

static SECURITY_STATUS impersonate(const CulvertCredential_Mapper *m, void *account, void *arg)
{
    (void)arg;
    return m->pfnImpersonate != NULL ? m->pfnImpersonate(m->pvContext, account) : SEC_E_NO_IMPERSONATION;
}

static SECURITY_STATUS revert(const CulvertCredential_Mapper *m, void *account, void *arg)
{
    (void)arg;
    return m->pfnRevert != NULL ? m->pfnRevert(m->pvContext, account) : SEC_E_NO_IMPERSONATION;
}

static SECURITY_STATUS hand_out(const CulvertCredential_Mapper *m, void *account, void *arg)
{
    void *token = account;
    SECURITY_STATUS status =
        m->pfnDuplicate != NULL ? m->pfnDuplicate(m->pvContext, account, &token) : SEC_E_OK;
    if (status == SEC_E_OK) *(void **)arg = token;
    return status;
}

SECURITY_STATUS SEC_ENTRY ImpersonateSecurityContext(PCtxtHandle phContext)
{
    return with_account(phContext, impersonate, NULL);
}

SECURITY_STATUS SEC_ENTRY RevertSecurityContext(PCtxtHandle phContext)
{
    return with_account(phContext, revert, NULL);
}

SECURITY_STATUS SEC_ENTRY QuerySecurityContextToken(PCtxtHandle phContext, void **Token)
{
    return Token != NULL ? with_account(phContext, hand_out, Token) : SEC_E_INVALID_PARAMETER;
}
