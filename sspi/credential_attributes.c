/* QueryCredentialsAttributes, SetCredentialsAttributes. */
#include "sspi/credential.h"

#include "sspi/status.h"
#include "tls/messages.h"

#include <string.h>

static SECURITY_STATUS query_algorithms(SecPkgCred_SupportedAlgs *out)
{
    static const ALG_ID algorithms[] = {CALG_AES_128, CALG_AES_256,  CALG_SHA_256,   CALG_SHA_384,
                                        CALG_ECDSA,   CALG_RSA_SIGN, CALG_ECDH_EPHEM};
    ALG_ID *list = cv_buffer_alloc(sizeof algorithms);
    if (list == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(list, algorithms, sizeof algorithms);
    *out = (SecPkgCred_SupportedAlgs){sizeof algorithms / sizeof algorithms[0], list};
    return SEC_E_OK;
}

static SECURITY_STATUS query(struct cv_credential *c, ULONG attribute, void *out, ULONG size)
{
    switch (attribute) {
    case SECPKG_ATTR_SUPPORTED_ALGS:
        if (out == NULL) return SEC_E_INTERNAL_ERROR;
        return size < sizeof(SecPkgCred_SupportedAlgs) ? SEC_E_BUFFER_TOO_SMALL : query_algorithms(out);
    case SECPKG_ATTR_CIPHER_STRENGTHS:
        if (out == NULL) return SEC_E_INTERNAL_ERROR;
        if (size < sizeof(SecPkgCred_CipherStrengths)) return SEC_E_BUFFER_TOO_SMALL;
        *(SecPkgCred_CipherStrengths *)out = (SecPkgCred_CipherStrengths){128, 256};
        return SEC_E_OK;
    case SECPKG_ATTR_SUPPORTED_PROTOCOLS:
        if (out == NULL) return SEC_E_INTERNAL_ERROR;
        if (size < sizeof(SecPkgCred_SupportedProtocols)) return SEC_E_BUFFER_TOO_SMALL;
        ((SecPkgCred_SupportedProtocols *)out)->grbitProtocol = c->protocols;
        return SEC_E_OK;
    case SECPKG_ATTR_CULVERT_TICKET_KEYS:
        if (out == NULL) return SEC_E_INTERNAL_ERROR;
        return size < sizeof(CulvertContext_Bytes) ? SEC_E_BUFFER_TOO_SMALL : cv_ticket_keys_hand_out(c, out);
    case SECPKG_ATTR_NAMES: /* Schannel's credentials name nobody */
        return SEC_E_NO_CREDENTIALS;
    default:
        return SEC_E_UNSUPPORTED_FUNCTION;
    }
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExW(PCredHandle phCredential, ULONG ulAttribute,
                                                        void *pBuffer, ULONG cbBuffer)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL || phCredential == NULL) return SEC_E_INVALID_HANDLE;
    SecHandle copy = *phCredential;
    struct cv_credential *c = cv_handle_pin(&lib->handles, CV_HANDLE_CREDENTIAL, &copy);
    if (c == NULL) return SEC_E_INVALID_HANDLE;
    SECURITY_STATUS status = query(c, ulAttribute, pBuffer, cbBuffer);
    cv_handle_unpin(&lib->handles, &copy);
    return status;
}

/* None of these attributes has text: both forms are the same. */
SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExA(PCredHandle phCredential, ULONG ulAttribute,
                                                        void *pBuffer, ULONG cbBuffer)
{
    return QueryCredentialsAttributesExW(phCredential, ulAttribute, pBuffer, cbBuffer);
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesW(PCredHandle phCredential, ULONG ulAttribute,
                                                      void *pBuffer)
{
    return QueryCredentialsAttributesExW(phCredential, ulAttribute, pBuffer, (ULONG)-1);
}

SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesA(PCredHandle phCredential, ULONG ulAttribute,
                                                      void *pBuffer)
{
    return QueryCredentialsAttributesExW(phCredential, ulAttribute, pBuffer, (ULONG)-1);
}

/* --- setting --- */

static void key_log_line(void *ctx, const char *line)
{
    const struct cv_credential *c = ctx;
    if (c->key_log.pfnLine != NULL) c->key_log.pfnLine(c->key_log.pvContext, line);
}

static SECURITY_STATUS restrict_signing(struct cv_credential *c, size_t i, const uint16_t *schemes, size_t n)
{
    cv_err e = cv_identity_restrict(&c->identities[i], &c->memory[i], schemes, n, c->algorithms.cpu);
    if (e == CV_OK) return SEC_E_OK;
    return e == CV_E_NO_MEMORY ? SEC_E_INSUFFICIENT_MEMORY : SEC_E_ALGORITHM_MISMATCH;
}

/* What is accepted changes; what our certificates sign with stays as it is. */
static SECURITY_STATUS keep_signing_schemes(struct cv_credential *c)
{
    uint16_t ids[CV_SCHEMES_MAX];
    SECURITY_STATUS status = SEC_E_OK;
    for (size_t i = 0; i < c->algorithms.n_schemes; i++) ids[i] = c->algorithms.schemes[i].id;
    for (size_t i = 0; i < c->n_identities && status == SEC_E_OK; i++) {
        if (c->identities[i].n_schemes == 0) status = restrict_signing(c, i, ids, c->algorithms.n_schemes);
    }
    return status;
}

static SECURITY_STATUS set_list(struct cv_credential *c, ULONG attribute, const CulvertCredential_List *list)
{
    struct cv_algorithms *a = &c->algorithms;
    bool known;
    if (list->cNumbers > 0 && list->pwNumbers == NULL) return SEC_E_INVALID_TOKEN;
    if (attribute == SECPKG_ATTR_CULVERT_GROUPS) {
        known = cv_algorithms_take_groups(a, list->pwNumbers, list->cNumbers);
    } else if (attribute == SECPKG_ATTR_CULVERT_CIPHER_SUITES) {
        known = cv_algorithms_take_suites(a, list->pwNumbers, list->cNumbers);
    } else {
        SECURITY_STATUS status = keep_signing_schemes(c);
        if (status != SEC_E_OK) return status;
        known = cv_algorithms_take_schemes(a, list->pwNumbers, list->cNumbers);
    }
    if (!known) return SEC_E_ALGORITHM_MISMATCH;
    cv_credential_use_algorithms(c);
    return SEC_E_OK;
}

static SECURITY_STATUS set_signing_schemes(struct cv_credential *c, const CulvertCredential_SigningSchemes *s)
{
    bool all = s->iCertificate == (ULONG)-1;
    SECURITY_STATUS status = SEC_E_OK;
    if (s->Schemes.cNumbers > 0 && s->Schemes.pwNumbers == NULL) return SEC_E_INVALID_TOKEN;
    if (!all && s->iCertificate >= c->n_identities) return SEC_E_INVALID_TOKEN;
    for (size_t i = 0; i < c->n_identities; i++) {
        if (!all && i != s->iCertificate) continue;
        status = restrict_signing(c, i, s->Schemes.pwNumbers, s->Schemes.cNumbers);
        if (status != SEC_E_OK) break;
    }
    cv_credential_use_algorithms(c); /* versions follow from it */
    return status;
}

static SECURITY_STATUS set_tls12(struct cv_credential *c, const CulvertCredential_Tls12 *options)
{
    const ULONG known =
        CULVERT_TLS12_RENEGOTIATION | CULVERT_TLS12_CBC_WITHOUT_ETM | CULVERT_TLS12_REQUIRE_EMS;
    struct cv_config *configs[] = {&c->client, &c->server};
    if ((options->dwFlags & ~known) != 0) return SEC_E_UNSUPPORTED_FUNCTION;
    for (size_t i = 0; i < 2; i++) {
        configs[i]->renegotiation = (options->dwFlags & CULVERT_TLS12_RENEGOTIATION) != 0;
        configs[i]->cbc_without_etm = (options->dwFlags & CULVERT_TLS12_CBC_WITHOUT_ETM) != 0;
        configs[i]->require_extended_master_secret = (options->dwFlags & CULVERT_TLS12_REQUIRE_EMS) != 0;
    }
    return SEC_E_OK;
}

static SECURITY_STATUS set_staple(struct cv_credential *c, const CulvertCredential_Staple *s)
{
    if (s->iCertificate >= c->n_identities || s->cbResponse >= 0x10000 - CV_CERTIFICATE_STATUS_HEAD_LEN ||
        (s->cbResponse > 0 && s->pbResponse == NULL))
        return SEC_E_INVALID_TOKEN;
    cv_err e = cv_identity_staple(&c->identities[s->iCertificate], &c->memory[s->iCertificate],
                                  cv_bytes(s->pbResponse, s->cbResponse));
    return cv_status_for(e);
}

/* Contexts read the lists without a lock: they stand still once there is one. */
static bool is_in_use(struct cv_credential *c)
{
    return atomic_load(&c->refs) > 1;
}

static SECURITY_STATUS set(struct cv_credential *c, ULONG attribute, const void *p, ULONG size)
{
    switch (attribute) {
    case SECPKG_ATTR_CULVERT_GROUPS:
    case SECPKG_ATTR_CULVERT_CIPHER_SUITES:
    case SECPKG_ATTR_CULVERT_SIGNATURE_SCHEMES:
        if (p == NULL || size < sizeof(CulvertCredential_List)) return SEC_E_INVALID_TOKEN;
        return is_in_use(c) ? SEC_E_UNSUPPORTED_FUNCTION : set_list(c, attribute, p);
    case SECPKG_ATTR_CULVERT_SIGNING_SCHEMES:
        if (p == NULL || size < sizeof(CulvertCredential_SigningSchemes)) return SEC_E_INVALID_TOKEN;
        return is_in_use(c) ? SEC_E_UNSUPPORTED_FUNCTION : set_signing_schemes(c, p);
    case SECPKG_ATTR_CULVERT_TLS12:
        if (p == NULL || size < sizeof(CulvertCredential_Tls12)) return SEC_E_INVALID_TOKEN;
        return is_in_use(c) ? SEC_E_UNSUPPORTED_FUNCTION : set_tls12(c, p);
    case SECPKG_ATTR_CULVERT_EXTENSIONS:
    case SECPKG_ATTR_CULVERT_CERT_COMPRESSION:
    case SECPKG_ATTR_CULVERT_RAW_KEYS:
    case SECPKG_ATTR_CULVERT_TIMESTAMPS:
        return is_in_use(c) ? SEC_E_UNSUPPORTED_FUNCTION : cv_extensions_set(c, attribute, p, size);
    case SECPKG_ATTR_CULVERT_STAPLE:
        if (p == NULL || size < sizeof(CulvertCredential_Staple)) return SEC_E_INVALID_TOKEN;
        return is_in_use(c) ? SEC_E_UNSUPPORTED_FUNCTION : set_staple(c, p);
    case SECPKG_ATTR_CULVERT_ASK_STAPLE:
        if (p == NULL || size < sizeof(CulvertCredential_AskStaple)) return SEC_E_INVALID_TOKEN;
        if (is_in_use(c)) return SEC_E_UNSUPPORTED_FUNCTION;
        c->server.ask_staple = ((const CulvertCredential_AskStaple *)p)->fAsk != 0;
        return SEC_E_OK;
    case SECPKG_ATTR_CULVERT_REVOCATION:
        if (p == NULL || size < sizeof(CulvertCredential_Revocation)) return SEC_E_INVALID_TOKEN;
        if (is_in_use(c)) return SEC_E_UNSUPPORTED_FUNCTION;
        cv_credential_set_fetch(c, p);
        return SEC_E_OK;
    case SECPKG_ATTR_CULVERT_KEY_LOG:
        if (p == NULL || size < sizeof c->key_log) return SEC_E_INVALID_TOKEN;
        memcpy(&c->key_log, p, sizeof c->key_log);
        c->client.keylog = c->server.keylog = c->key_log.pfnLine != NULL ? key_log_line : NULL;
        c->client.keylog_ctx = c->server.keylog_ctx = c;
        return SEC_E_OK;
    case SECPKG_ATTR_CULVERT_CLIENT_AUTH:
        if (p == NULL || size < sizeof(CulvertCredential_ClientAuth)) return SEC_E_INVALID_TOKEN;
        c->auth_optional = ((const CulvertCredential_ClientAuth *)p)->fOptional != 0;
        return SEC_E_OK;
    case SECPKG_ATTR_CLIENT_CERT_POLICY:
        /* Names a store of CAs to list for clients; this host has none but the credential's own. */
        return SEC_E_OK;
    case SECPKG_ATTR_CULVERT_TORTURE:
        if (p == NULL || size < sizeof c->torture) return SEC_E_INVALID_TOKEN;
        if (is_in_use(c)) return SEC_E_UNSUPPORTED_FUNCTION;
        memcpy(&c->torture, p, sizeof c->torture);
        return SEC_E_OK;
    case SECPKG_ATTR_CULVERT_TICKET_KEYS:
        if (p == NULL || size < sizeof(CulvertContext_Bytes)) return SEC_E_INVALID_TOKEN;
        return cv_ticket_keys_take(c, p);
    case SECPKG_ATTR_CULVERT_NAMES:
        if (p == NULL || size < sizeof(CulvertCredential_Names)) return SEC_E_INVALID_TOKEN;
        c->server.strict_names = ((const CulvertCredential_Names *)p)->fStrict != 0;
        return SEC_E_OK;
    default:
        return cv_application_set(c, attribute, p, size);
    }
}

SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesW(PCredHandle phCredential, ULONG ulAttribute,
                                                    void *pBuffer, ULONG cbBuffer)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL || phCredential == NULL) return SEC_E_INVALID_HANDLE;
    SecHandle copy = *phCredential;
    struct cv_credential *c = cv_handle_pin(&lib->handles, CV_HANDLE_CREDENTIAL, &copy);
    if (c == NULL) return SEC_E_INVALID_HANDLE;
    SECURITY_STATUS status = set(c, ulAttribute, pBuffer, cbBuffer);
    cv_handle_unpin(&lib->handles, &copy);
    return status;
}

SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesA(PCredHandle phCredential, ULONG ulAttribute,
                                                    void *pBuffer, ULONG cbBuffer)
{
    return SetCredentialsAttributesW(phCredential, ulAttribute, pBuffer, cbBuffer);
}
