/* Lists and stapled responses from files: the options about revocation. */
#include "sspi/culvert/peer.h"

#include <stdlib.h>
#include <string.h>

enum { ISSUER_WITHIN = 512 }; /* a list names its issuer among its first bytes */

DWORD cv_peer_revocation(const char *text)
{
    if (strcmp(text, "leaf") == 0) return SCH_CRED_REVOCATION_CHECK_END_CERT;
    if (strcmp(text, "chain") == 0) return SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT;
    return 0;
}

/* A file in PEM or DER. False, and it has been said why. */
static bool load_der(const struct cv_peer *p, const char *name, struct cv_bytebuf *out)
{
    DWORD len, der_len;
    BYTE *text = cv_peer_read_file(p, name, &len);
    if (text == NULL) return false;
    der_len = len;
    out->p = malloc(len ? len : 1);
    bool good = out->p != NULL &&
                CryptStringToBinaryA((const char *)text, len, CRYPT_STRING_ANY, out->p, &der_len, NULL, NULL);
    free(text);
    out->len = der_len;
    if (good && der_len > 0 && out->p[0] == 0x30) return true;
    cv_peer_say(p, "%s: neither PEM nor DER", name);
    return false;
}

bool cv_peer_load_der(struct cv_peer *p)
{
    for (size_t i = 0; i < p->options.crls.n; i++)
        if (!load_der(p, p->options.crls.names[i], &p->crls[i])) return false;
    for (size_t i = 0; i < p->options.pins.n; i++)
        if (!load_der(p, p->options.pins.names[i], &p->pins[i])) return false;
    return true;
}

static bool contains(const BYTE *p, size_t len, const CERT_NAME_BLOB *name)
{
    if (len > ISSUER_WITHIN + name->cbData) len = ISSUER_WITHIN + name->cbData;
    for (size_t at = 0; at + name->cbData <= len; at++)
        if (memcmp(p + at, name->pbData, name->cbData) == 0) return true;
    return false;
}

/* The list of the certificate's issuer; what it says is the library's to judge. */
static BOOL find_list(void *ctx, const CulvertRevocation_Query *query, const BYTE **answer, ULONG *len)
{
    const struct cv_peer *p = ctx;
    BOOL found = FALSE;
    if (query->ulKind != CULVERT_REVOCATION_CRL) return FALSE;
    PCCERT_CONTEXT issuer = CertCreateCertificateContext(X509_ASN_ENCODING, query->pbIssuer, query->cbIssuer);
    if (issuer == NULL) return FALSE;
    for (size_t i = 0; i < p->options.crls.n && !found; i++) {
        found = contains(p->crls[i].p, p->crls[i].len, &issuer->pCertInfo->Subject);
        *answer = p->crls[i].p;
        *len = (ULONG)p->crls[i].len;
    }
    CertFreeCertificateContext(issuer);
    return found;
}

static SECURITY_STATUS set_staple(struct cv_peer *p)
{
    CulvertCredential_Staple staple = {.iCertificate = 0};
    BYTE *response = cv_peer_read_file(p, p->options.ocsp, &staple.cbResponse);
    if (response == NULL) return SEC_E_NO_CREDENTIALS;
    staple.pbResponse = response;
    SECURITY_STATUS status =
        SetCredentialsAttributesA(&p->credential, SECPKG_ATTR_CULVERT_STAPLE, &staple, sizeof staple);
    free(response);
    return status;
}

SECURITY_STATUS cv_peer_set_revocation(struct cv_peer *p)
{
    SECURITY_STATUS status = SEC_E_OK;
    if (p->options.crls.n > 0) {
        CulvertCredential_Revocation lists = {find_list, NULL, p};
        status =
            SetCredentialsAttributesA(&p->credential, SECPKG_ATTR_CULVERT_REVOCATION, &lists, sizeof lists);
    }
    if (status == SEC_E_OK && p->options.ocsp != NULL) status = set_staple(p);
    if (status == SEC_E_OK && p->options.ask_staple) {
        CulvertCredential_AskStaple ask = {1};
        status = SetCredentialsAttributesA(&p->credential, SECPKG_ATTR_CULVERT_ASK_STAPLE, &ask, sizeof ask);
    }
    return status;
}
