/* From the runner's flags to a credential. */
#include "shim.h"

#include <stdlib.h>
#include <string.h>

static bool load_certificate(struct credential *c, const struct certificate *from)
{
    /* with a raw key a certificate is found that was made for it, and is not sent */
    const char *name = from->raw ? getenv("BOGO_RAW_KEYS") : from->cert_file;
    if (from->psk) return true;
    if (name == NULL) return !from->raw || say("BOGO_RAW_KEYS is not set");
    DWORD cert_len = 0, key_len = 0;
    BYTE *cert = read_file(name, &cert_len);
    BYTE *key = read_file(from->key_file != NULL ? from->key_file : name, &key_len);
    if (cert == NULL || key == NULL) return false;
    PCCERT_CONTEXT ctx = CulvertCertificateFromPem(cert, cert_len, key, key_len);
    free(cert);
    free(key);
    if (ctx == NULL) {
        CulvertContext_Failure why;
        CulvertLastFailure(&why);
        return say("%s: %s", name, why.pszReason);
    }
    c->from[c->n_certs] = from;
    c->certs[c->n_certs++] = ctx;
    return true;
}

static bool load_roots(struct credential *c, const char *name)
{
    DWORD len;
    BYTE *pem = read_file(name, &len);
    if (pem == NULL) return false;
    c->roots = CulvertStoreFromPem(pem, len);
    free(pem);
    return c->roots != NULL ? true : say("%s holds no certificate", name);
}

/* The list as SECBUFFER_APPLICATION_PROTOCOLS wants it. */
static bool build_alpn(struct credential *c, const struct config *config)
{
    enum {
        LIST = offsetof(SEC_APPLICATION_PROTOCOLS, ProtocolLists) +
               offsetof(SEC_APPLICATION_PROTOCOL_LIST, ProtocolList)
    };
    const char *names = config->server ? config->select_alpn : config->advertise_alpn;
    if (config->reject_alpn) names = "no such protocol";
    if (names == NULL || names[0] == '\0') return true;
    size_t len = strlen(names), own_len = config->server ? 1 : 0;
    BYTE *b = calloc(1, LIST + own_len + len);
    if (b == NULL) return say("no memory");
    if (config->server) b[LIST] = (BYTE)len;
    memcpy(b + LIST + own_len, names, len);
    SEC_APPLICATION_PROTOCOLS *lists = (SEC_APPLICATION_PROTOCOLS *)(void *)b;
    lists->ProtocolListsSize = (ULONG)(LIST - sizeof lists->ProtocolListsSize + own_len + len);
    lists->ProtocolLists[0].ProtoNegoExt = SecApplicationProtocolNegotiationExt_ALPN;
    lists->ProtocolLists[0].ProtocolListSize = (USHORT)(own_len + len);
    c->alpn = b;
    c->alpn_len = (ULONG)(LIST + own_len + len);
    return true;
}

static DWORD disabled_protocols(const struct config *config)
{
    DWORD off = 0;
    int max = config->max_version != 0 ? config->max_version : 0x0304;
    if (config->no_tls13 || max < 0x0304) off |= SP_PROT_TLS1_3;
    if (config->no_tls12 || max < 0x0303 || config->min_version > 0x0303) off |= SP_PROT_TLS1_2;
    return off;
}

static bool set(struct credential *c, ULONG attribute, void *value, ULONG len, bool *unimplemented)
{
    SECURITY_STATUS status = SetCredentialsAttributesA(&c->handle, attribute, value, len);
    if (status == SEC_E_ALGORITHM_MISMATCH) *unimplemented = true;
    return status == SEC_E_OK ? true : say("attribute 0x%08x: 0x%08x", (unsigned)attribute, (unsigned)status);
}

/* The flag's numbers, in memory of the caller's. */
static CulvertCredential_List list_of(USHORT out[LIST_MAX], const struct numbers *numbers)
{
    for (size_t i = 0; i < numbers->n; i++) out[i] = (USHORT)numbers->value[i];
    return (CulvertCredential_List){(ULONG)numbers->n, out};
}

static bool set_list(struct credential *c, ULONG attribute, const struct numbers *numbers,
                     bool *unimplemented)
{
    USHORT ids[LIST_MAX];
    CulvertCredential_List list = list_of(ids, numbers);
    return numbers->n == 0 || set(c, attribute, &list, sizeof list, unimplemented);
}

static bool set_signing(struct credential *c, ULONG i, const struct numbers *numbers, bool *unimplemented)
{
    USHORT ids[LIST_MAX];
    CulvertCredential_SigningSchemes schemes = {i, list_of(ids, numbers)};
    return numbers->n == 0 ||
           set(c, SECPKG_ATTR_CULVERT_SIGNING_SCHEMES, &schemes, sizeof schemes, unimplemented);
}

/* What BoringSSL has by default: CBC, which is off here, is last. */
static const struct {
    USHORT id;
    const char *name;
} suites[] = {
    {0x1301, "TLS_AES_128_GCM_SHA256"},
    {0x1302, "TLS_AES_256_GCM_SHA384"},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
    {0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    {0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    {0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    {0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    {0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
};

/* Is the name in a list with colons between the names? */
static bool is_named(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += len)
        if ((at == list || at[-1] == ':') && (at[len] == ':' || at[len] == '\0')) return true;
    return false;
}

static bool set_suites(struct credential *c, const struct config *config, bool *unimplemented)
{
    struct numbers ids = config->tls13_ciphers;
    bool default13 = ids.n == 0;
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        bool tls13 = suites[i].id >> 8 == 0x13;
        if (tls13 ? default13 : config->cipher == NULL || is_named(config->cipher, suites[i].name))
            ids.value[ids.n++] = suites[i].id;
    }
    return set_list(c, SECPKG_ATTR_CULVERT_CIPHER_SUITES, &ids, unimplemented);
}

static void note_secret(void *ctx, const char *line)
{
    static const char *const labels[] = {"CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 "};
    struct credential *c = ctx;
    for (int i = 0; i < 2; i++) {
        size_t label_len = strlen(labels[i]);
        if (strncmp(line, labels[i], label_len) != 0) continue;
        const char *hex = line + label_len + 64 + 1; /* behind the random */
        c->traffic[i].len = strlen(hex) / 2;
        for (size_t k = 0; k < c->traffic[i].len && k < sizeof c->traffic[i].secret; k++) {
            char digits[3] = {hex[2 * k], hex[2 * k + 1], '\0'};
            c->traffic[i].secret[k] = (BYTE)strtoul(digits, NULL, 16);
        }
    }
}

static bool set_staple(struct credential *c, ULONG i, const struct bytes *response, bool *unimplemented)
{
    CulvertCredential_Staple staple = {i, (ULONG)response->len, response->p};
    return response->p == NULL || set(c, SECPKG_ATTR_CULVERT_STAPLE, &staple, sizeof staple, unimplemented);
}

static bool set_timestamps(struct credential *c, ULONG i, const struct bytes *list, bool *unimplemented)
{
    CulvertCredential_Timestamps timestamps = {i, (ULONG)list->len, list->p};
    return list->p == NULL ||
           set(c, SECPKG_ATTR_CULVERT_TIMESTAMPS, &timestamps, sizeof timestamps, unimplemented);
}

/* What belongs to the certificate at this place of paCred. */
static bool set_certificate(struct credential *c, ULONG i, bool *unimplemented)
{
    const struct certificate *from = c->from[i];
    bool staples = !c->config->decline_ocsp_callback;
    return set_signing(c, i, &from->signing_prefs, unimplemented) &&
           set_timestamps(c, i, &from->timestamps, unimplemented) &&
           (!staples || set_staple(c, i, &from->ocsp_response, unimplemented));
}

static bool is_list(const struct numbers *n, int first, int second)
{
    return n->n == (second < 0 ? 1 : 2) && n->value[0] == first && (second < 0 || n->value[1] == second);
}

/* Certificate types: what our keys go as follows from the credentials, which must be what was asked for. */
static bool set_types(struct credential *c, const struct config *config, bool *unimplemented)
{
    enum { X509 = 0, RAW = 2 };
    const struct numbers *peer = &config->accepted_peer_types, *own = &config->available_types;
    ULONG only_raw[CREDENTIALS_MAX];
    CulvertCredential_RawKeys keys = {.rgiOnlyRaw = only_raw};
    for (int i = 0; i < c->n_certs; i++)
        if (c->from[i]->raw) only_raw[keys.cOnlyRaw++] = (ULONG)i;
    keys.dwPeer = is_list(peer, RAW, -1)     ? CULVERT_RAW_KEY_ALWAYS
                  : is_list(peer, RAW, X509) ? CULVERT_RAW_KEY_ALLOWED
                  : is_list(peer, X509, RAW) ? CULVERT_RAW_KEY_SECOND
                                             : CULVERT_RAW_KEY_NEVER;
    bool known = peer->n == 0 || is_list(peer, X509, -1) || keys.dwPeer != CULVERT_RAW_KEY_NEVER;
    struct numbers derived = {.n = 0}; /* the types in the order of the credentials */
    for (int i = 0; i < c->n_certs; i++) {
        int type = c->from[i]->raw ? RAW : X509;
        if (derived.n == 0 || (derived.n == 1 && derived.value[0] != type)) derived.value[derived.n++] = type;
    }
    if (own->n > 0)
        known = known && own->n == derived.n &&
                memcmp(own->value, derived.value, own->n * sizeof own->value[0]) == 0;
    if (!known) *unimplemented = true;
    if (!known) return say("lists of certificate types that cannot be had");
    return set(c, SECPKG_ATTR_CULVERT_RAW_KEYS, &keys, sizeof keys, unimplemented);
}

static bool set_psks(struct credential *c, const struct config *config, bool *unimplemented)
{
    CulvertPsk psks[CREDENTIALS_MAX];
    CulvertCredential_Psks list = {.pPsks = psks};
    for (int i = 0; i < config->n_credentials; i++) {
        const struct certificate *from = &config->credential[i];
        if (!from->psk) continue;
        psks[list.cPsks++] = (CulvertPsk){.cbIdentity = (ULONG)from->psk_identity.len,
                                          .pbIdentity = from->psk_identity.p,
                                          .cbKey = (ULONG)from->psk_key.len,
                                          .pbKey = from->psk_key.p,
                                          .wHash = from->psk_sha384 ? 384 : 256,
                                          .fImport = TRUE,
                                          .cbContext = (ULONG)from->psk_context.len,
                                          .pbContext = from->psk_context.p};
    }
    return list.cPsks == 0 || set(c, SECPKG_ATTR_CULVERT_PSKS, &list, sizeof list, unimplemented);
}

static bool set_attributes(struct credential *c, const struct config *config, bool *unimplemented)
{
    CulvertCredential_ClientAuth auth = {!config->require_any_client_certificate};
    CulvertCredential_KeyLog key_log = {note_secret, c};
    if (!set(c, SECPKG_ATTR_CULVERT_CLIENT_AUTH, &auth, sizeof auth, unimplemented)) return false;
    if (config->export_traffic_secrets &&
        !set(c, SECPKG_ATTR_CULVERT_KEY_LOG, &key_log, sizeof key_log, unimplemented))
        return false;
    CulvertCredential_Tls12 tls12 = {CULVERT_TLS12_CBC_WITHOUT_ETM |
                                     (config->renegotiate_freely ? CULVERT_TLS12_RENEGOTIATION : 0)};
    if (!set(c, SECPKG_ATTR_CULVERT_TLS12, &tls12, sizeof tls12, unimplemented)) return false;
    CulvertCredential_Extensions extensions = {.fGrease = config->enable_grease,
                                               .fTimestamps = config->enable_timestamps};
    if (!set(c, SECPKG_ATTR_CULVERT_EXTENSIONS, &extensions, sizeof extensions, unimplemented)) return false;
    CulvertCredential_EarlyData early = {.cbMax = 14336}; /* as in BoringSSL */
    if (config->enable_early_data && config->server &&
        !set(c, SECPKG_ATTR_CULVERT_ACCEPT_EARLY_DATA, &early, sizeof early, unimplemented))
        return false;
    if (!set_types(c, config, unimplemented)) return false;
    if (!set_suites(c, config, unimplemented)) return false;
    if (!set_list(c, SECPKG_ATTR_CULVERT_GROUPS, &config->curves, unimplemented)) return false;
    if (!set_list(c, SECPKG_ATTR_CULVERT_SIGNATURE_SCHEMES, &config->verify_prefs, unimplemented))
        return false;
    for (int i = 0; i < c->n_certs; i++)
        if (!set_certificate(c, (ULONG)i, unimplemented)) return false;
    return set_psks(c, config, unimplemented);
}

static bool acquire(struct credential *c, const struct config *config, bool *unimplemented)
{
    bool validates = config_validates(config);
    TLS_PARAMETERS params = {.grbitDisabledProtocols = disabled_protocols(config)};
    SCH_CREDENTIALS auth = {
        .dwVersion = SCH_CREDENTIALS_VERSION,
        .cCreds = (DWORD)c->n_certs,
        .paCred = c->certs,
        .hRootStore = c->roots,
        .dwFlags = validates ? SCH_CRED_AUTO_CRED_VALIDATION | SCH_CRED_NO_SERVERNAME_CHECK
                             : SCH_CRED_MANUAL_CRED_VALIDATION,
        .cTlsParameters = 1,
        .pTlsParameters = &params,
    };
    if (config->enable_ocsp_stapling)
        auth.dwFlags |= SCH_CRED_REVOCATION_CHECK_END_CERT | SCH_CRED_IGNORE_NO_REVOCATION_CHECK |
                        SCH_CRED_IGNORE_REVOCATION_OFFLINE;
    if (config->no_ticket && config->server) auth.dwFlags |= SCH_CRED_DISABLE_RECONNECTS;
    if (config->no_ticket && !config->server) auth.dwSessionLifespan = (DWORD)-1; /* there is no less */
    SECURITY_STATUS status =
        AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)UNISP_NAME_A,
                                  config->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL, &auth,
                                  NULL, NULL, &c->handle, NULL);
    if (status != SEC_E_OK) return say("AcquireCredentialsHandle: 0x%08x", (unsigned)status);
    return set_attributes(c, config, unimplemented);
}

bool credential_open(struct credential *c, const struct config *config, struct store *store,
                     bool *unimplemented)
{
    *c = (struct credential){.config = config};
    for (int i = 0; i < config->n_credentials; i++)
        if (!load_certificate(c, &config->credential[i])) return false;
    if (!load_certificate(c, &config->legacy)) return false; /* the last choice, as in BoringSSL */
    bool has_roots = config->trust_cert != NULL && config->trust_cert[0] != '\0';
    if (has_roots && !load_roots(c, config->trust_cert)) return false;
    if (!build_alpn(c, config) || !acquire(c, config, unimplemented)) return false;
    return select_attach(c) && store_attach(store, &c->handle, config->server && config->own_tickets);
}

void credential_close(struct credential *c)
{
    FreeCredentialsHandle(&c->handle);
    for (int i = 0; i < c->n_certs; i++) CertFreeCertificateContext(c->certs[i]);
    if (c->roots != NULL) CertCloseStore(c->roots, 0);
    free(c->alpn);
}
