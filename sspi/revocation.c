/* Revocation: from SCH_CRED_… flags and the application's callback to what the engine asks for. */
#include "sspi/credential.h"

void cv_credential_set_revocation(struct cv_credential *c)
{
    struct cv_revocation *r = &c->revocation;
    r->check = cv_revocation_check;
    r->scope = (c->flags & SCH_CRED_REVOCATION_CHECK_CHAIN) != 0 ? CV_REVOCATION_CHAIN
               : (c->flags & SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT) != 0
                   ? CV_REVOCATION_CHAIN_EXCLUDE_ROOT
               : (c->flags & SCH_CRED_REVOCATION_CHECK_END_CERT) != 0 ? CV_REVOCATION_END_CERT
                                                                      : CV_REVOCATION_STAPLED;
    if ((c->flags & SCH_CRED_IGNORE_NO_REVOCATION_CHECK) != 0) r->ignore |= CV_IGNORE_NO_CHECK;
    if ((c->flags & SCH_CRED_IGNORE_REVOCATION_OFFLINE) != 0) r->ignore |= CV_IGNORE_OFFLINE;
    c->client.revocation = c->server.revocation = r;
}

static bool fetch(void *ctx, const struct cv_fetch *what, struct cv_bytes *answer)
{
    const struct cv_credential *c = ctx;
    const CulvertRevocation_Query query = {
        .ulKind = what->kind == CV_FETCH_OCSP ? CULVERT_REVOCATION_OCSP : CULVERT_REVOCATION_CRL,
        .cbUrl = (ULONG)what->url.len,
        .pcUrl = (const char *)what->url.p,
        .cbRequest = (ULONG)what->request.len,
        .pbRequest = what->request.p,
        .cbCertificate = (ULONG)what->cert->der.len,
        .cbIssuer = (ULONG)what->issuer->der.len,
        .pbCertificate = what->cert->der.p,
        .pbIssuer = what->issuer->der.p,
    };
    const BYTE *p = NULL;
    ULONG len = 0;
    if (!c->fetch.pfnFetch(c->fetch.pvContext, &query, &p, &len) || p == NULL) return false;
    *answer = cv_bytes(p, len);
    return true;
}

static void release(void *ctx, struct cv_bytes answer)
{
    const struct cv_credential *c = ctx;
    if (c->fetch.pfnRelease != NULL) c->fetch.pfnRelease(c->fetch.pvContext, answer.p, (ULONG)answer.len);
}

void cv_credential_set_fetch(struct cv_credential *c, const CulvertCredential_Revocation *callbacks)
{
    c->fetch = *callbacks;
    c->revocation.fetch = callbacks->pfnFetch != NULL ? fetch : NULL;
    c->revocation.release = release;
    c->revocation.fetch_ctx = c;
}
