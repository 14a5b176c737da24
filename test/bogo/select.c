/* The choice of a certificate, where the runner has wishes about it. */
#include "shim.h"

#include <string.h>

/* Does the peer list this issuer? */
static bool is_listed(const CulvertSelectRequest *r, const CERT_NAME_BLOB *issuer)
{
    const BYTE *at = r->pbAuthorities, *end = at + r->cbAuthorities;
    while (end - at >= 2) {
        size_t len = (size_t)at[0] << 8 | at[1];
        at += 2;
        if (len == issuer->cbData && memcmp(at, issuer->pbData, len) == 0) return true;
        at += len;
    }
    return false;
}

/* Has the chain an issuer whom the peer lists? */
static bool leads_to_listed(const CulvertSelectRequest *r, PCCERT_CONTEXT leaf)
{
    PCCERT_CONTEXT cert = NULL;
    bool found = is_listed(r, &leaf->pCertInfo->Issuer);
    while (!found && (cert = CertEnumCertificatesInStore(leaf->hCertStore, cert)) != NULL)
        found = is_listed(r, &cert->pCertInfo->Issuer);
    if (cert != NULL) CertFreeCertificateContext(cert);
    return found;
}

/* The first whose issuer is listed, or that may have any. */
static DWORD choose(const struct credential *c, const CulvertSelectRequest *r)
{
    bool gated = false;
    for (int i = 0; i < c->n_certs; i++) gated = gated || c->from[i]->must_match_issuer;
    if (!gated) return CULVERT_ANY_CERTIFICATE;
    for (int i = 0; i < c->n_certs; i++)
        if (!c->from[i]->must_match_issuer || leads_to_listed(r, c->certs[i])) return (DWORD)i;
    return (DWORD)c->n_certs; /* none: no such certificate */
}

static SECURITY_STATUS select_certificate(void *ctx, void **operation, const CulvertSelectRequest *r,
                                          DWORD *index)
{
    static char asked;
    const struct credential *c = ctx;
    const struct config *config = c->config;
    if (config->async && *operation == NULL) {
        *operation = &asked;
        return SEC_I_ASYNC_CALL_PENDING;
    }
    if (config->fail_cert_callback_alert == 112) return SEC_E_TARGET_UNKNOWN; /* unrecognized_name */
    if (config->fail_cert_callback || config->fail_ddos_callback ||
        (r->fServer && config->fail_ocsp_callback))
        return SEC_E_CERT_UNKNOWN;
    *index = choose(c, r);
    return SEC_E_OK;
}

bool select_attach(struct credential *c)
{
    CulvertCredential_SelectCertificate select = {c, select_certificate, NULL};
    SECURITY_STATUS status =
        SetCredentialsAttributesA(&c->handle, SECPKG_ATTR_CULVERT_SELECT_CERTIFICATE, &select, sizeof select);
    return status == SEC_E_OK ? true
                              : say("SECPKG_ATTR_CULVERT_SELECT_CERTIFICATE: 0x%08x", (unsigned)status);
}
