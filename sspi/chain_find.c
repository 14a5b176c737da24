/* CertFindChainInStore: chains of the certificates in a store that a peer's list of issuers asks for. */
#include "sspi/certificate.h"

#include <string.h>

/* Whether any certificate of the chain was issued by one of those names; an empty list allows all. */
static bool issuer_fits(const CERT_SIMPLE_CHAIN *c, const CERT_CHAIN_FIND_BY_ISSUER_PARA *para)
{
    if (para->cIssuer == 0) return true;
    for (DWORD i = 0; i < c->cElement; i++)
        for (DWORD k = 0; k < para->cIssuer; k++)
            if (CertCompareCertificateName(X509_ASN_ENCODING,
                                           &c->rgpElement[i]->pCertContext->pCertInfo->Issuer,
                                           &para->rgIssuer[k]))
                return true;
    return false;
}

static bool fits(PCCERT_CONTEXT cert, DWORD flags, const CERT_CHAIN_FIND_BY_ISSUER_PARA *para)
{
    if ((flags & CERT_CHAIN_FIND_BY_ISSUER_NO_KEY_FLAG) == 0 && !cv_cert_has_key(cv_cert_of(cert)))
        return false;
    return para->pfnFindCallback == NULL || para->pfnFindCallback(cert, para->pvFindArg);
}

/* The chain of a certificate, if it is one that is looked for. *failed: for want of memory. */
static PCCERT_CHAIN_CONTEXT chain_for(PCCERT_CONTEXT cert, const CERT_CHAIN_FIND_BY_ISSUER_PARA *para,
                                      bool *failed)
{
    PCCERT_CHAIN_CONTEXT chain;
    LPSTR usage = (LPSTR)(uintptr_t)para->pszUsageIdentifier;
    CERT_CHAIN_PARA want = {.cbSize = sizeof want};
    if (usage != NULL) {
        want.RequestedUsage.Usage.cUsageIdentifier = 1;
        want.RequestedUsage.Usage.rgpszUsageIdentifier = &usage;
    }
    if (!CertGetCertificateChain(NULL, cert, NULL, cert->hCertStore, &want, 0, NULL, &chain)) {
        *failed = true;
        return NULL;
    }
    const CERT_SIMPLE_CHAIN *c = chain->rgpChain[0];
    bool wrong = (c->rgpElement[0]->TrustStatus.dwErrorStatus & CERT_TRUST_IS_NOT_VALID_FOR_USAGE) != 0;
    if (!wrong && issuer_fits(c, para)) return chain;
    CertFreeCertificateChain(chain);
    return NULL;
}

PCCERT_CHAIN_CONTEXT WINAPI CertFindChainInStore(HCERTSTORE hCertStore, DWORD dwCertEncodingType,
                                                 DWORD dwFindFlags, DWORD dwFindType, const void *pvFindPara,
                                                 PCCERT_CHAIN_CONTEXT pPrevChainContext)
{
    const CERT_CHAIN_FIND_BY_ISSUER_PARA *para = pvFindPara;
    PCCERT_CONTEXT cert = NULL;
    PCCERT_CHAIN_CONTEXT chain = NULL;
    bool failed = false;
    (void)dwCertEncodingType;
    if (pPrevChainContext != NULL)
        cert = CertDuplicateCertificateContext(pPrevChainContext->rgpChain[0]->rgpElement[0]->pCertContext);
    CertFreeCertificateChain(pPrevChainContext);
    if (dwFindType != CERT_CHAIN_FIND_BY_ISSUER || para == NULL || para->cbSize < sizeof *para ||
        (para->cIssuer > 0 && para->rgIssuer == NULL)) {
        CertFreeCertificateContext(cert);
        SetLastError((DWORD)E_INVALIDARG);
        return NULL;
    }
    while (chain == NULL && !failed && (cert = CertEnumCertificatesInStore(hCertStore, cert)) != NULL)
        if (fits(cert, dwFindFlags, para)) chain = chain_for(cert, para, &failed);
    CertFreeCertificateContext(cert);
    return chain;
}
