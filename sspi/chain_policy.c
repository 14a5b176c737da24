/* CertVerifyCertificateChainPolicy: what a chain's trust bits mean to a program. */
#include "sspi/certificate.h"

#include "sspi/certificate_name.h"
#include "sspi/unicode.h"

#include <string.h>
#include <wininet.h>

enum {
    NAME_MAX_LEN = 1024,
    ALL_ELEMENTS = -1, /* of lElementIndex: the chain as a whole */
};

/* What the bits stand for, the gravest first, and the flags of a policy that pass over them. */
static const struct {
    DWORD error, ignored_by;
    LONG status;
} grades[] = {
    {CERT_TRUST_IS_NOT_SIGNATURE_VALID, 0, TRUST_E_CERT_SIGNATURE},
    {CERT_TRUST_IS_EXPLICIT_DISTRUST, 0, TRUST_E_EXPLICIT_DISTRUST},
    {CERT_TRUST_IS_REVOKED, 0, CRYPT_E_REVOKED},
    {CERT_TRUST_IS_PARTIAL_CHAIN | CERT_TRUST_IS_CYCLIC, 0, CERT_E_CHAINING},
    {CERT_TRUST_IS_UNTRUSTED_ROOT, CERT_CHAIN_POLICY_ALLOW_UNKNOWN_CA_FLAG, CERT_E_UNTRUSTEDROOT},
    {CERT_TRUST_HAS_WEAK_SIGNATURE, 0, TRUST_E_CERT_SIGNATURE},
    {CERT_TRUST_HAS_NOT_SUPPORTED_CRITICAL_EXT, 0, CERT_E_CRITICAL},
    {CERT_TRUST_INVALID_EXTENSION, 0, CERT_E_MALFORMED},
    {CERT_TRUST_INVALID_BASIC_CONSTRAINTS, CERT_CHAIN_POLICY_IGNORE_INVALID_BASIC_CONSTRAINTS_FLAG,
     TRUST_E_BASIC_CONSTRAINTS},
    {CERT_TRUST_INVALID_NAME_CONSTRAINTS | CERT_TRUST_HAS_NOT_SUPPORTED_NAME_CONSTRAINT |
         CERT_TRUST_HAS_NOT_DEFINED_NAME_CONSTRAINT | CERT_TRUST_HAS_NOT_PERMITTED_NAME_CONSTRAINT |
         CERT_TRUST_HAS_EXCLUDED_NAME_CONSTRAINT,
     CERT_CHAIN_POLICY_IGNORE_INVALID_NAME_FLAG, CERT_E_INVALID_NAME},
    {CERT_TRUST_INVALID_POLICY_CONSTRAINTS | CERT_TRUST_NO_ISSUANCE_CHAIN_POLICY,
     CERT_CHAIN_POLICY_IGNORE_INVALID_POLICY_FLAG, CERT_E_INVALID_POLICY},
    {CERT_TRUST_IS_NOT_VALID_FOR_USAGE, CERT_CHAIN_POLICY_IGNORE_WRONG_USAGE_FLAG, CERT_E_WRONG_USAGE},
    {CERT_TRUST_IS_NOT_TIME_VALID, CERT_CHAIN_POLICY_IGNORE_NOT_TIME_VALID_FLAG, CERT_E_EXPIRED},
    {CERT_TRUST_IS_NOT_TIME_NESTED, CERT_CHAIN_POLICY_IGNORE_NOT_TIME_NESTED_FLAG,
     CERT_E_VALIDITYPERIODNESTING},
    {CERT_TRUST_IS_OFFLINE_REVOCATION, 0, CRYPT_E_REVOCATION_OFFLINE},
    {CERT_TRUST_REVOCATION_STATUS_UNKNOWN, 0, CRYPT_E_NO_REVOCATION_CHECK},
    {~0u, 0, CERT_E_CHAINING}, /* a bit that has no place above */
};

/* Where a program passes over a status that cannot be told depends on whose it is. */
static DWORD unknown_status_flag(DWORD at, DWORD n)
{
    if (at == 0) return CERT_CHAIN_POLICY_IGNORE_END_REV_UNKNOWN_FLAG;
    return at + 1 == n ? CERT_CHAIN_POLICY_IGNORE_ROOT_REV_UNKNOWN_FLAG
                       : CERT_CHAIN_POLICY_IGNORE_CA_REV_UNKNOWN_FLAG;
}

/* The bits of an element that count under these flags. */
static DWORD counted(const CERT_SIMPLE_CHAIN *c, DWORD at, DWORD flags)
{
    DWORD errors = c->rgpElement[at]->TrustStatus.dwErrorStatus;
    if ((flags & unknown_status_flag(at, c->cElement)) != 0)
        errors &= ~(DWORD)(CERT_TRUST_REVOCATION_STATUS_UNKNOWN | CERT_TRUST_IS_OFFLINE_REVOCATION);
    for (size_t i = 0; i < sizeof grades / sizeof grades[0]; i++)
        if ((flags & grades[i].ignored_by) != 0) errors &= ~grades[i].error;
    return errors;
}

/* Bits that no element has: the chain's alone. */
static DWORD counted_of_chain(const CERT_SIMPLE_CHAIN *c, DWORD flags)
{
    DWORD errors = c->TrustStatus.dwErrorStatus;
    for (DWORD i = 0; i < c->cElement; i++) errors &= ~c->rgpElement[i]->TrustStatus.dwErrorStatus;
    /* A chain to an authority that nobody knows ends anywhere. */
    if ((flags & CERT_CHAIN_POLICY_ALLOW_UNKNOWN_CA_FLAG) != 0) errors &= ~(DWORD)CERT_TRUST_IS_PARTIAL_CHAIN;
    return errors;
}

static void report(CERT_CHAIN_POLICY_STATUS *out, LONG status, LONG element)
{
    out->dwError = (DWORD)status;
    out->lChainIndex = 0;
    out->lElementIndex = element;
}

/* The gravest error that counts, and where; `mask` limits the bits. */
static void judge(CERT_CHAIN_POLICY_STATUS *out, const CERT_SIMPLE_CHAIN *c, DWORD flags, DWORD mask)
{
    for (size_t i = 0; i < sizeof grades / sizeof grades[0]; i++) {
        for (DWORD k = 0; k < c->cElement; k++) {
            if ((counted(c, k, flags) & grades[i].error & mask) == 0) continue;
            report(out, grades[i].status, (LONG)k);
            return;
        }
        if ((counted_of_chain(c, flags) & grades[i].error & mask) != 0) {
            report(out, grades[i].status, ALL_ELEMENTS);
            return;
        }
    }
}

/* --- TLS --- */

/* The alternative names decide; a certificate without any is for its common name, which Windows still
 * accepts.
 */
static bool is_for(const struct cv_cert *leaf, const struct cv_host *host)
{
    uint8_t names[2 + CV_HOST_NAME_MAX];
    struct cv_attribute cn;
    struct cv_cert as_if = *leaf;
    if (leaf->san.p != NULL) return cv_cert_matches_host(leaf, host);
    if (host->kind != CV_HOST_DNS || !cv_name_attribute(&cn, leaf->subject, szOID_COMMON_NAME)) return false;
    bool ascii = cn.tag == CV_DER_UTF8 || cn.tag == CV_DER_PRINTABLE || cn.tag == CV_DER_IA5;
    if (!ascii || cn.value.len == 0 || cn.value.len > 127) return false;
    struct cv_builder b; /* [2] IA5String: GeneralName's dNSName */
    cv_build_init(&b, names, sizeof names);
    cv_build_u8(&b, CV_DER_CONTEXT | 2);
    cv_build_u8(&b, (uint8_t)cn.value.len);
    cv_build_bytes(&b, cn.value.p, cn.value.len);
    as_if.san = cv_bytes(names, b.len);
    return cv_cert_matches_host(&as_if, host);
}

static bool name_fits(const struct cv_cert *leaf, const WCHAR *name)
{
    char utf8[NAME_MAX_LEN];
    size_t len;
    struct cv_host host;
    return cv_utf8_from_wide(utf8, sizeof utf8, &len, name, cv_wide_len(name)) == CV_OK &&
           cv_host_parse(&host, utf8, len) == CV_OK && is_for(leaf, &host);
}

static DWORD policy_flags(DWORD checks)
{
    DWORD flags = 0;
    if ((checks & SECURITY_FLAG_IGNORE_UNKNOWN_CA) != 0) flags |= CERT_CHAIN_POLICY_ALLOW_UNKNOWN_CA_FLAG;
    if ((checks & SECURITY_FLAG_IGNORE_WRONG_USAGE) != 0) flags |= CERT_CHAIN_POLICY_IGNORE_WRONG_USAGE_FLAG;
    if ((checks & SECURITY_FLAG_IGNORE_CERT_DATE_INVALID) != 0)
        flags |= CERT_CHAIN_POLICY_IGNORE_ALL_NOT_TIME_VALID_FLAGS;
    if ((checks & SECURITY_FLAG_IGNORE_REVOCATION) != 0)
        flags |= CERT_CHAIN_POLICY_IGNORE_ALL_REV_UNKNOWN_FLAGS;
    return flags;
}

static void judge_ssl(CERT_CHAIN_POLICY_STATUS *out, const CERT_SIMPLE_CHAIN *c,
                      const CERT_CHAIN_POLICY_PARA *para)
{
    const SSL_EXTRA_CERT_CHAIN_POLICY_PARA *ssl = para == NULL ? NULL : para->pvExtraPolicyPara;
    const struct cv_cert_object *leaf = cv_cert_of(c->rgpElement[0]->pCertContext);
    DWORD flags = para == NULL ? 0 : para->dwFlags;
    bool server = ssl != NULL && ssl->dwAuthType == AUTHTYPE_SERVER;
    DWORD checks = ssl == NULL ? 0 : ssl->fdwChecks;
    flags |= policy_flags(checks);
    judge(out, c, flags, ~0u);
    if (out->dwError != 0) return;
    uint8_t wanted = server ? CV_EKU_SERVER_AUTH | CV_EKU_ANY : CV_EKU_CLIENT_AUTH | CV_EKU_ANY;
    if (ssl != NULL && (flags & CERT_CHAIN_POLICY_IGNORE_WRONG_USAGE_FLAG) == 0 && leaf->cert.has_eku &&
        (leaf->cert.eku & wanted) == 0)
        report(out, CERT_E_WRONG_USAGE, 0);
    else if (server && ssl->pwszServerName != NULL && (checks & SECURITY_FLAG_IGNORE_CERT_CN_INVALID) == 0 &&
             !name_fits(&leaf->cert, ssl->pwszServerName))
        report(out, CERT_E_CN_NO_MATCH, 0);
}

BOOL WINAPI CertVerifyCertificateChainPolicy(LPCSTR pszPolicyOID, PCCERT_CHAIN_CONTEXT pChainContext,
                                             PCERT_CHAIN_POLICY_PARA pPolicyPara,
                                             PCERT_CHAIN_POLICY_STATUS pPolicyStatus)
{
    if (pChainContext == NULL || pPolicyStatus == NULL || pChainContext->cChain == 0 ||
        pChainContext->rgpChain[0]->cElement == 0) {
        SetLastError((DWORD)E_INVALIDARG);
        return FALSE;
    }
    const CERT_SIMPLE_CHAIN *c = pChainContext->rgpChain[0];
    report(pPolicyStatus, 0, ALL_ELEMENTS);
    pPolicyStatus->lChainIndex = -1;
    DWORD flags = pPolicyPara == NULL ? 0 : pPolicyPara->dwFlags;
    if (pszPolicyOID == CERT_CHAIN_POLICY_BASE) {
        judge(pPolicyStatus, c, flags, ~0u);
    } else if (pszPolicyOID == CERT_CHAIN_POLICY_SSL) {
        judge_ssl(pPolicyStatus, c, pPolicyPara);
    } else if (pszPolicyOID == CERT_CHAIN_POLICY_BASIC_CONSTRAINTS) {
        judge(pPolicyStatus, c, flags, CERT_TRUST_INVALID_BASIC_CONSTRAINTS);
    } else {
        SetLastError(ERROR_FILE_NOT_FOUND);
        return FALSE;
    }
    return TRUE;
}
