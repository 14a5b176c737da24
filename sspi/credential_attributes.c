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

/* One of the lists of algorithms anew. */
static SECURITY_STATUS take_list(struct cv_credential *c, const void *p,
                                 bool (*take)(struct cv_algorithms *a, const uint16_t *ids, size_t n))
{
    const CulvertCredential_List *list = p;
    if (list->cNumbers > 0 && list->pwNumbers == NULL) return SEC_E_INVALID_TOKEN;
    if (!take(&c->algorithms, list->pwNumbers, list->cNumbers)) return SEC_E_ALGORITHM_MISMATCH;
    cv_credential_use_algorithms(c);
    return SEC_E_OK;
}

static SECURITY_STATUS set_groups(struct cv_credential *c, const void *p)
{
    return take_list(c, p, cv_algorithms_take_groups);
}

static SECURITY_STATUS set_suites(struct cv_credential *c, const void *p)
{
    return take_list(c, p, cv_algorithms_take_suites);
}

static SECURITY_STATUS set_schemes(struct cv_credential *c, const void *p)
{
    SECURITY_STATUS status = keep_signing_schemes(c);
    return status == SEC_E_OK ? take_list(c, p, cv_algorithms_take_schemes) : status;
}

static SECURITY_STATUS set_signing_schemes(struct cv_credential *c, const void *p)
{
    const CulvertCredential_SigningSchemes *s = p;
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

static SECURITY_STATUS set_tls12(struct cv_credential *c, const void *p)
{
    const CulvertCredential_Tls12 *options = p;
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

static SECURITY_STATUS set_staple(struct cv_credential *c, const void *p)
{
    const CulvertCredential_Staple *s = p;
    if (s->iCertificate >= c->n_identities || s->cbResponse >= 0x10000 - CV_CERTIFICATE_STATUS_HEAD_LEN ||
        (s->cbResponse > 0 && s->pbResponse == NULL))
        return SEC_E_INVALID_TOKEN;
    cv_err e = cv_identity_staple(&c->identities[s->iCertificate], &c->memory[s->iCertificate],
                                  cv_bytes(s->pbResponse, s->cbResponse));
    return cv_status_for(e);
}

static SECURITY_STATUS set_ask_staple(struct cv_credential *c, const void *p)
{
    c->server.ask_staple = ((const CulvertCredential_AskStaple *)p)->fAsk != 0;
    return SEC_E_OK;
}

static SECURITY_STATUS set_revocation(struct cv_credential *c, const void *p)
{
    cv_credential_set_fetch(c, p);
    return SEC_E_OK;
}

static SECURITY_STATUS set_key_log(struct cv_credential *c, const void *p)
{
    memcpy(&c->key_log, p, sizeof c->key_log);
    c->client.keylog = c->server.keylog = c->key_log.pfnLine != NULL ? key_log_line : NULL;
    c->client.keylog_ctx = c->server.keylog_ctx = c;
    return SEC_E_OK;
}

static SECURITY_STATUS set_client_auth(struct cv_credential *c, const void *p)
{
    c->auth_optional = ((const CulvertCredential_ClientAuth *)p)->fOptional != 0;
    return SEC_E_OK;
}

/* Names a store of CAs to list for clients; this host has none but the credential's own. */
static SECURITY_STATUS accept_policy(struct cv_credential *c, const void *p)
{
    (void)c;
    (void)p;
    return SEC_E_OK;
}

static SECURITY_STATUS set_root_store(struct cv_credential *c, const void *p)
{
    HCERTSTORE store;
    memcpy(&store, p, sizeof store);
    return store != NULL ? cv_credential_set_roots(c, store) : SEC_E_INVALID_TOKEN;
}

static SECURITY_STATUS set_torture(struct cv_credential *c, const void *p)
{
    memcpy(&c->torture, p, sizeof c->torture);
    return SEC_E_OK;
}

static SECURITY_STATUS set_names(struct cv_credential *c, const void *p)
{
    c->server.strict_names = ((const CulvertCredential_Names *)p)->fStrict != 0;
    return SEC_E_OK;
}

static const struct cv_setting own_settings[] = {
    {SECPKG_ATTR_ROOT_STORE, sizeof(HCERTSTORE), CV_SET_BEFORE_CONTEXTS, set_root_store},
    {SECPKG_ATTR_CLIENT_CERT_POLICY, 0, CV_SET_AT_ANY_TIME, accept_policy},
    {SECPKG_ATTR_CULVERT_KEY_LOG, sizeof(CulvertCredential_KeyLog), CV_SET_AT_ANY_TIME, set_key_log},
    {SECPKG_ATTR_CULVERT_CLIENT_AUTH, sizeof(CulvertCredential_ClientAuth), CV_SET_AT_ANY_TIME,
     set_client_auth},
    {SECPKG_ATTR_CULVERT_GROUPS, sizeof(CulvertCredential_List), CV_SET_BEFORE_CONTEXTS, set_groups},
    {SECPKG_ATTR_CULVERT_CIPHER_SUITES, sizeof(CulvertCredential_List), CV_SET_BEFORE_CONTEXTS, set_suites},
    {SECPKG_ATTR_CULVERT_SIGNATURE_SCHEMES, sizeof(CulvertCredential_List), CV_SET_BEFORE_CONTEXTS,
     set_schemes},
    {SECPKG_ATTR_CULVERT_SIGNING_SCHEMES, sizeof(CulvertCredential_SigningSchemes), CV_SET_BEFORE_CONTEXTS,
     set_signing_schemes},
    {SECPKG_ATTR_CULVERT_NAMES, sizeof(CulvertCredential_Names), CV_SET_AT_ANY_TIME, set_names},
    {SECPKG_ATTR_CULVERT_TLS12, sizeof(CulvertCredential_Tls12), CV_SET_BEFORE_CONTEXTS, set_tls12},
    {SECPKG_ATTR_CULVERT_REVOCATION, sizeof(CulvertCredential_Revocation), CV_SET_BEFORE_CONTEXTS,
     set_revocation},
    {SECPKG_ATTR_CULVERT_STAPLE, sizeof(CulvertCredential_Staple), CV_SET_BEFORE_CONTEXTS, set_staple},
    {SECPKG_ATTR_CULVERT_ASK_STAPLE, sizeof(CulvertCredential_AskStaple), CV_SET_BEFORE_CONTEXTS,
     set_ask_staple},
    {SECPKG_ATTR_CULVERT_TORTURE, sizeof(CulvertCredential_Torture), CV_SET_BEFORE_CONTEXTS, set_torture},
};
static const struct cv_settings own = {own_settings, sizeof own_settings / sizeof own_settings[0]};

static const struct cv_setting *find_setting(ULONG attribute)
{
    static const struct cv_settings *const families[] = {&own, &cv_extension_settings,
                                                         &cv_application_settings, &cv_account_settings};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        for (size_t k = 0; k < families[i]->n; k++)
            if (families[i]->list[k].attribute == attribute) return &families[i]->list[k];
    }
    return NULL;
}

static SECURITY_STATUS set(struct cv_credential *c, ULONG attribute, const void *p, ULONG size)
{
    const struct cv_setting *s = find_setting(attribute);
    if (s == NULL) return SEC_E_UNSUPPORTED_FUNCTION;
    if (s->size != 0 && (p == NULL || size < s->size)) return SEC_E_INVALID_TOKEN;
    bool in_use = atomic_load(&c->refs) > 1;
    return in_use && s->when == CV_SET_BEFORE_CONTEXTS ? SEC_E_UNSUPPORTED_FUNCTION : s->set(c, p);
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
