/* Attributes that tell of the certificates of both sides in other forms than contexts. */
#include "sspi/attributes.h"

#include "sspi/host_certificate.h"
#include "sspi/status.h"

#include <string.h>

/* --- who --- */

/* The certificate of one side, for CertFreeCertificateContext. */
static SECURITY_STATUS leaf_of(const struct cv_query *q, bool peer, PCCERT_CONTEXT *out)
{
    struct cv_query to = *q;
    to.out = out;
    return peer ? cv_query_remote_cert(&to) : cv_query_local_cert(&to);
}

static WCHAR *name_wide(const CERT_NAME_BLOB *name, DWORD *n)
{
    CERT_NAME_BLOB copy = *name;
    *n = CertNameToStrW(X509_ASN_ENCODING, &copy, CERT_X500_NAME_STR, NULL, 0);
    WCHAR *p = cv_buffer_alloc(*n * sizeof *p);
    if (p != NULL) CertNameToStrW(X509_ASN_ENCODING, &copy, CERT_X500_NAME_STR, p, *n);
    return p;
}

static char *name_narrow(const CERT_NAME_BLOB *name)
{
    CERT_NAME_BLOB copy = *name;
    DWORD n = CertNameToStrA(X509_ASN_ENCODING, &copy, CERT_X500_NAME_STR, NULL, 0);
    char *p = cv_buffer_alloc(n);
    if (p != NULL) CertNameToStrA(X509_ASN_ENCODING, &copy, CERT_X500_NAME_STR, p, n);
    return p;
}

/* A name as text, in the form that was asked for. Structs of both forms are one pointer. */
static SECURITY_STATUS put_name(const struct cv_query *q, PCCERT_CONTEXT cert, bool issuer)
{
    const CERT_NAME_BLOB *name = issuer ? &cert->pCertInfo->Issuer : &cert->pCertInfo->Subject;
    DWORD n;
    void *text = q->wide ? (void *)name_wide(name, &n) : (void *)name_narrow(name);
    CertFreeCertificateContext(cert);
    if (text == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    ((SecPkgContext_NamesA *)q->out)->sUserName = text;
    return SEC_E_OK;
}

/* Of the client, on both sides. */
SECURITY_STATUS cv_query_names(const struct cv_query *q)
{
    PCCERT_CONTEXT cert;
    SECURITY_STATUS status = leaf_of(q, q->info.role == CV_SERVER, &cert);
    return status == SEC_E_OK ? put_name(q, cert, false) : status;
}

/* Who vouches for the peer. */
SECURITY_STATUS cv_query_authority(const struct cv_query *q)
{
    PCCERT_CONTEXT cert;
    SECURITY_STATUS status = leaf_of(q, true, &cert);
    return status == SEC_E_OK ? put_name(q, cert, true) : status;
}

static DWORD key_bits(PCCERT_CONTEXT cert)
{
    CERT_PUBLIC_KEY_INFO key = cert->pCertInfo->SubjectPublicKeyInfo;
    return CertGetPublicKeyLength(X509_ASN_ENCODING, &key);
}

SECURITY_STATUS cv_query_local_cert_info(const struct cv_query *q)
{
    SecPkgContext_CertInfo *out = q->out;
    PCCERT_CONTEXT cert;
    DWORD n_subject, n_issuer;
    SECURITY_STATUS status = leaf_of(q, false, &cert);
    if (status != SEC_E_OK) return status;
    WCHAR *subject = name_wide(&cert->pCertInfo->Subject, &n_subject);
    WCHAR *issuer = name_wide(&cert->pCertInfo->Issuer, &n_issuer);
    DWORD bits = key_bits(cert);
    CertFreeCertificateContext(cert);
    if (subject == NULL || issuer == NULL) {
        FreeContextBuffer(subject);
        FreeContextBuffer(issuer);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    *out = (SecPkgContext_CertInfo){
        .dwVersion = KERN_CONTEXT_CERT_INFO_V1,
        .cbSubjectName = (DWORD)(n_subject * sizeof *subject),
        .pwszSubjectName = subject,
        .cbIssuerName = (DWORD)(n_issuer * sizeof *issuer),
        .pwszIssuerName = issuer,
        .dwKeySize = bits,
    };
    return SEC_E_OK;
}

/* --- chains, one certificate behind the other --- */

struct chain {
    BYTE *p; /* FreeContextBuffer */
    DWORD len, n;
};

/* From a list with 24 bits of length in front of each. */
static SECURITY_STATUS chain_of_peer(const struct cv_query *q, struct chain *out)
{
    struct cv_bytes list = q->info.peer_chain, der;
    struct cv_builder b;
    *out = (struct chain){NULL, 0, 0};
    if (list.len == 0 || q->info.peer_raw_key) return SEC_E_NO_CREDENTIALS;
    if ((out->p = cv_buffer_alloc(list.len)) == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    cv_build_init(&b, out->p, list.len);
    for (; cv_read_vec24(&list, &der) == CV_OK; out->n++) cv_build_bytes(&b, der.p, der.len);
    out->len = (DWORD)b.len;
    return SEC_E_OK;
}

static SECURITY_STATUS own_chain(const struct cv_query *q, struct chain *out)
{
    const struct cv_identity *identity = q->info.identity;
    struct cv_builder b;
    size_t len = 0;
    *out = (struct chain){NULL, 0, 0};
    if (identity == NULL) return SEC_E_NO_CREDENTIALS;
    for (size_t i = 0; i < identity->n_chain; i++) len += identity->chain[i].len;
    if ((out->p = cv_buffer_alloc(len)) == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    cv_build_init(&b, out->p, len);
    for (size_t i = 0; i < identity->n_chain; i++)
        cv_build_bytes(&b, identity->chain[i].p, identity->chain[i].len);
    out->n = (DWORD)identity->n_chain;
    out->len = (DWORD)len;
    return SEC_E_OK;
}

/* Both structs are the same; without a certificate all is 0. */
static SECURITY_STATUS put_cred(const struct cv_query *q, bool peer, DWORD flags)
{
    _Static_assert(sizeof(SecPkgContext_RemoteCredentialInfo) == sizeof(SecPkgContext_LocalCredentialInfo),
                   "one form");
    SecPkgContext_RemoteCredentialInfo *out = q->out;
    struct chain chain;
    PCCERT_CONTEXT cert;
    memset(out, 0, sizeof *out);
    SECURITY_STATUS status = leaf_of(q, peer, &cert);
    if (status != SEC_E_OK) return status == SEC_E_NO_CREDENTIALS ? SEC_E_OK : status;
    DWORD bits = key_bits(cert);
    CertFreeCertificateContext(cert);
    status = peer ? chain_of_peer(q, &chain) : own_chain(q, &chain);
    if (status == SEC_E_OK)
        *out = (SecPkgContext_RemoteCredentialInfo){chain.len, chain.p, chain.n, flags, bits};
    return status;
}

SECURITY_STATUS cv_query_remote_cred(const struct cv_query *q)
{
    bool unknown = q->info.validated == CV_VALIDATED_NOT;
    return put_cred(q, true, RCRED_CRED_EXISTS | (unknown ? RCRED_STATUS_UNKNOWN_ISSUER : 0u));
}

SECURITY_STATUS cv_query_local_cred(const struct cv_query *q)
{
    return put_cred(q, false, LCRED_CRED_EXISTS);
}

SECURITY_STATUS cv_query_remote_certificates(const struct cv_query *q)
{
    struct chain chain;
    SECURITY_STATUS status = chain_of_peer(q, &chain);
    if (status == SEC_E_OK)
        *(SecPkgContext_Certificates *)q->out = (SecPkgContext_Certificates){chain.n, chain.len, chain.p};
    return status;
}

/* As the server wrote it: two bytes of length in front of each name. */
SECURITY_STATUS cv_query_issuer_list_wire(const struct cv_query *q)
{
    struct cv_bytes list = q->info.authorities;
    SecPkgContext_IssuerListInfo *out = q->out;
    *out = (SecPkgContext_IssuerListInfo){0, NULL};
    if (list.len == 0) return SEC_E_OK;
    BYTE *p = cv_query_copy(list);
    if (p == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    *out = (SecPkgContext_IssuerListInfo){(DWORD)list.len, p};
    return SEC_E_OK;
}

/* --- trust --- */

/* A store of its own with what peers are judged by, for CertCloseStore. */
SECURITY_STATUS cv_query_root_store(const struct cv_query *q)
{
    const struct cv_roots *roots = q->cx->cred->roots;
    if (roots == NULL) return SEC_E_NO_AUTHENTICATING_AUTHORITY;
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL);
    if (store == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    for (size_t i = 0; i < roots->store.n_anchors; i++) {
        struct cv_bytes der = roots->store.anchors[i].der;
        if (CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, der.p, (DWORD)der.len,
                                             CERT_STORE_ADD_ALWAYS, NULL))
            continue;
        CertCloseStore(store, 0);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    *(HCERTSTORE *)q->out = store;
    return SEC_E_OK;
}

/* What the library's own check of the peer's chain said: SEC_E_INVALID_HANDLE where it made none. */
static SECURITY_STATUS check_result(const struct cv_query *q, SECURITY_STATUS *result)
{
    bool refused = q->info.verdict.err != CV_OK && q->info.error == q->info.verdict.err;
    if (!refused && q->info.peer_chain.len == 0) return SEC_E_NO_CREDENTIALS;
    if (!refused && q->info.validated == CV_VALIDATED_NOT) return SEC_E_INVALID_HANDLE;
    *result = refused ? cv_status_for(q->info.error) : SEC_E_OK;
    return SEC_E_OK;
}

SECURITY_STATUS cv_query_policy_result(const struct cv_query *q)
{
    SecPkgContext_ClientCertPolicyResult *out = q->out;
    SECURITY_STATUS result, status = check_result(q, &result);
    if (status != SEC_E_OK) return status;
    memset(out, 0, sizeof *out);
    out->dwPolicyResult = result;
    return SEC_E_OK;
}

static DWORD trust_bits(SECURITY_STATUS result)
{
    static const struct {
        SECURITY_STATUS status;
        DWORD bits;
    } table[] = {
        {SEC_E_CERT_EXPIRED, CERT_TRUST_IS_NOT_TIME_VALID},
        {SEC_E_UNTRUSTED_ROOT, CERT_TRUST_IS_UNTRUSTED_ROOT},
        {SEC_E_CERT_WRONG_USAGE, CERT_TRUST_IS_NOT_VALID_FOR_USAGE},
        {CRYPT_E_REVOKED, CERT_TRUST_IS_REVOKED},
        {CRYPT_E_NO_REVOCATION_CHECK, CERT_TRUST_REVOCATION_STATUS_UNKNOWN},
        {CRYPT_E_REVOCATION_OFFLINE, CERT_TRUST_REVOCATION_STATUS_UNKNOWN | CERT_TRUST_IS_OFFLINE_REVOCATION},
        {SEC_E_WRONG_PRINCIPAL, 0}, /* the chain holds */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].status == result) return table[i].bits;
    return result == SEC_E_OK ? 0 : CERT_TRUST_IS_PARTIAL_CHAIN;
}

SECURITY_STATUS cv_query_check_result(const struct cv_query *q)
{
    SECURITY_STATUS result, status = check_result(q, &result);
    if (status == SEC_E_OK)
        *(SecPkgContext_CertificateValidationResult *)q->out =
            (SecPkgContext_CertificateValidationResult){trust_bits(result), result};
    return status;
}
