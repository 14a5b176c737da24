#include "sspi/credential.h"

#include "crypto/hash.h"
#include "sspi/certificate.h"
#include "sspi/host_certificate.h"
#include "sspi/package.h"
#include "sspi/status.h"
#include "sspi/unicode.h"
#include "tls/generic_extension.h"

#include <string.h>

enum {
    DTLS_BITS = SP_PROT_DTLS | SP_PROT_DTLS1_2,
    CLIENT_BITS = SP_PROT_SSL3_CLIENT | SP_PROT_TLS1_CLIENT | SP_PROT_TLS1_1_CLIENT | SP_PROT_TLS1_2_CLIENT |
                  SP_PROT_TLS1_3_CLIENT,
    SERVER_BITS = SP_PROT_SSL3_SERVER | SP_PROT_TLS1_SERVER | SP_PROT_TLS1_1_SERVER | SP_PROT_TLS1_2_SERVER |
                  SP_PROT_TLS1_3_SERVER,
    SESSION_LIFETIME = 10 * 3600,         /* seconds; what dwSessionLifespan 0 means */
    SESSION_LIFETIME_MAX = 7 * 24 * 3600, /* RFC 9846 4.7.1 */
    TICKET_KEY_ROTATION = 3600,
    N_TICKETS = 2,
    AUTHORITIES_MAX = 0xf000, /* of names in a CertificateRequest */
};

/* What the two structures have in common. */
struct wish {
    DWORD version, n_certs, flags, format, lifespan;
    PCCERT_CONTEXT *certs;
    HCERTSTORE roots;
    DWORD enabled;                /* version 4: SP_PROT_…, 0 for the default */
    const TLS_PARAMETERS *params; /* version 5 */
    DWORD n_params;
};

static SECURITY_STATUS read_wish(struct wish *w, const void *auth)
{
    DWORD version;
    memcpy(&version, auth, sizeof version);
    if (version == SCHANNEL_CRED_VERSION || version == SCH_CRED_V3) {
        const SCHANNEL_CRED *c = auth;
        *w = (struct wish){
            .version = SCHANNEL_CRED_VERSION,
            .n_certs = c->cCreds,
            .flags = c->dwFlags,
            .format = version == SCH_CRED_V3 ? 0 : c->dwCredFormat,
            .lifespan = c->dwSessionLifespan,
            .certs = c->paCred,
            .roots = c->hRootStore,
            .enabled = c->grbitEnabledProtocols,
        };
        if (c->cSupportedAlgs > 256) return SEC_E_UNKNOWN_CREDENTIALS;
    } else if (version == SCH_CREDENTIALS_VERSION) {
        const SCH_CREDENTIALS *c = auth;
        *w = (struct wish){
            .version = SCH_CREDENTIALS_VERSION,
            .n_certs = c->cCreds,
            .flags = c->dwFlags,
            .format = c->dwCredFormat,
            .lifespan = c->dwSessionLifespan,
            .certs = c->paCred,
            .roots = c->hRootStore,
            .params = c->pTlsParameters,
            .n_params = c->cTlsParameters,
        };
        if (w->n_params > CV_TLS_PARAMETERS_MAX || (w->n_params > 0 && w->params == NULL))
            return SEC_E_UNKNOWN_CREDENTIALS;
    } else {
        return SEC_E_UNKNOWN_CREDENTIALS;
    }
    if (w->n_certs > CV_CREDS_MAX || (w->n_certs > 0 && w->certs == NULL) || w->format != 0)
        return SEC_E_UNKNOWN_CREDENTIALS;
    return SEC_E_OK;
}

/* --- protocols --- */

static SECURITY_STATUS choose_protocols(struct cv_credential *c, const struct wish *w)
{
    DWORD direction = ((c->use & SECPKG_CRED_OUTBOUND) != 0 ? CLIENT_BITS : 0u) |
                      ((c->use & SECPKG_CRED_INBOUND) != 0 ? SERVER_BITS : 0u);
    if ((w->flags & SCH_USE_DTLS_ONLY) != 0) return SEC_E_ALGORITHM_MISMATCH;
    if (w->version == SCHANNEL_CRED_VERSION) {
        /* The old structure never leads to TLS 1.3, whatever it enables: programs that fill it in do not
         * expect what TLS 1.3 sends after the handshake. */
        DWORD enabled = w->enabled != 0 ? w->enabled : SP_PROT_TLS1_2;
        if ((enabled & DTLS_BITS) != 0 && (enabled & (CLIENT_BITS | SERVER_BITS)) != 0)
            return SEC_E_ALGORITHM_MISMATCH;
        c->protocols = enabled & direction & ~(DWORD)SP_PROT_TLS1_3;
    } else {
        c->protocols = (SP_PROT_TLS1_2 | SP_PROT_TLS1_3) & direction;
        for (DWORD i = 0; i < w->n_params; i++) c->protocols &= ~w->params[i].grbitDisabledProtocols;
    }
    return c->protocols != 0 ? SEC_E_OK : SEC_E_ALGORITHM_MISMATCH;
}

static bool has_suite(const struct cv_config *config, bool tls12)
{
    for (size_t i = 0; i < config->n_suites; i++) {
        if (config->suites[i].tls12 == tls12) return true;
    }
    return false;
}

/* The versions of one role, as far as suites are left for them; nothing that the engine knows gives 0 to 0.
 */
static void set_versions(struct cv_config *config, bool tls12, bool tls13)
{
    tls12 = tls12 && has_suite(config, true);
    tls13 = tls13 && has_suite(config, false);
    config->min_version = tls12 ? CV_TLS12 : tls13 ? CV_TLS13 : 0;
    config->max_version = tls13 ? CV_TLS13 : tls12 ? CV_TLS12 : 0;
}

/* --- algorithms --- */

static SECURITY_STATUS choose_algorithms(struct cv_credential *c, const struct wish *w,
                                         uint16_t *min_rsa_bits)
{
    c->algorithms = cv_library()->algorithms;
    for (DWORD i = 0; i < w->n_params; i++) {
        const TLS_PARAMETERS *p = &w->params[i];
        /* Rules for single ALPN protocols are not offered; to ignore one would allow what it forbids. */
        if (p->cAlpnIds != 0)
            return (c->use & SECPKG_CRED_INBOUND) != 0 ? SEC_E_UNSUPPORTED_FUNCTION
                                                       : SEC_E_UNKNOWN_CREDENTIALS;
        if (p->cDisabledCrypto > CV_CRYPTO_SETTINGS_MAX ||
            (p->cDisabledCrypto > 0 && p->pDisabledCrypto == NULL))
            return SEC_E_UNKNOWN_CREDENTIALS;
        for (DWORD k = 0; k < p->cDisabledCrypto; k++)
            if (!cv_crypto_disable(&c->algorithms, min_rsa_bits, &p->pDisabledCrypto[k]))
                return SEC_E_ALGORITHM_MISMATCH;
    }
    return SEC_E_OK;
}

/* --- certificates --- */

static SECURITY_STATUS take_certs(struct cv_credential *c, const struct wish *w)
{
    if (w->n_certs == 0) return SEC_E_OK;
    c->n_alloc = w->n_certs;
    c->identities = cv_alloc(w->n_certs * sizeof *c->identities);
    c->memory = cv_alloc(w->n_certs * sizeof *c->memory);
    if (c->identities == NULL || c->memory == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    SECURITY_STATUS status = SEC_E_OK;
    for (DWORD i = 0; i < w->n_certs; i++) {
        cv_err e = cv_identity_init(&c->identities[c->n_identities], &c->memory[c->n_identities], w->certs[i],
                                    (w->flags & SCH_SEND_ROOT_CERT) != 0);
        if (e == CV_OK)
            c->n_identities++;
        else if (e == CV_E_NO_CERTIFICATE && status == SEC_E_OK)
            status = SEC_E_NO_CREDENTIALS;
        else
            status = SEC_E_UNKNOWN_CREDENTIALS;
    }
    return status;
}

/* --- trust --- */

/* The names of a server's trusted client CAs, for its CertificateRequest; none if they are too many. */
static SECURITY_STATUS take_authorities(struct cv_credential *c)
{
    const struct cv_trust_store *t = &c->roots->store;
    if (c->authorities != NULL) cv_free(c->authorities, c->authorities_len);
    c->authorities = NULL;
    c->server.authorities = cv_bytes(NULL, 0);
    size_t len = 0;
    for (size_t i = 0; i < t->n_anchors; i++) len += 2 + t->anchors[i].subject.len;
    if (len == 0 || len > AUTHORITIES_MAX) return SEC_E_OK;
    c->authorities = cv_alloc(len);
    if (c->authorities == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    c->authorities_len = len;
    struct cv_builder b;
    cv_build_init(&b, c->authorities, len);
    for (size_t i = 0; i < t->n_anchors; i++) {
        cv_build_u16(&b, (uint16_t)t->anchors[i].subject.len);
        cv_build_bytes(&b, t->anchors[i].subject.p, t->anchors[i].subject.len);
    }
    c->server.authorities = cv_bytes(c->authorities, len);
    return SEC_E_OK;
}

SECURITY_STATUS cv_credential_set_roots(struct cv_credential *c, HCERTSTORE store)
{
    const struct cv_port *port = cv_library()->port;
    struct cv_roots *roots;
    uint8_t *certs;
    size_t size;
    cv_err e = cv_context_store_export(store, &certs, &size);
    if (e == CV_E_INVALID_ARGUMENT) return SEC_E_UNKNOWN_CREDENTIALS;
    if (e == CV_OK) {
        e = cv_roots_new(&roots, port, cv_bytes(certs, size - 1));
        cv_free(certs, size);
    }
    if (e != CV_OK) return SEC_E_INSUFFICIENT_MEMORY;
    cv_roots_release(port, c->roots);
    c->roots = roots;
    c->roots_missing = false;
    c->client.trust = c->server.trust = &roots->store;
    return (c->use & SECPKG_CRED_INBOUND) != 0 ? take_authorities(c) : SEC_E_OK;
}

static SECURITY_STATUS take_roots(struct cv_credential *c, const struct wish *w)
{
    struct cv_library *lib = cv_library();
    if (w->roots != NULL) return cv_credential_set_roots(c, w->roots);
    /* The host's are read only where they are needed: a client that validates, a server that was asked to. */
    bool validates =
        (w->flags & SCH_CRED_MANUAL_CRED_VALIDATION) == 0 &&
        ((c->use & SECPKG_CRED_OUTBOUND) != 0 || (w->flags & SCH_CRED_AUTO_CRED_VALIDATION) != 0);
    if (!validates) return SEC_E_OK;
    cv_err e = cv_library_roots(lib, &c->roots);
    if (e == CV_E_NO_MEMORY) return SEC_E_INSUFFICIENT_MEMORY;
    c->roots_missing = e != CV_OK;
    return SEC_E_OK;
}

/* --- sessions --- */

static SECURITY_STATUS set_sessions(struct cv_credential *c, const struct wish *w)
{
    struct cv_library *lib = cv_library();
    uint32_t lifetime = w->lifespan == 0 ? SESSION_LIFETIME : w->lifespan / 1000;
    if (lifetime > SESSION_LIFETIME_MAX) lifetime = SESSION_LIFETIME_MAX;
    c->client.session_lifetime = c->server.session_lifetime = lifetime;
    c->resume = w->lifespan != 0xffffffff && lifetime > 0;
    if (c->resume) c->client.sessions = lib->sessions;
    if ((c->use & SECPKG_CRED_INBOUND) == 0 || !c->resume || (w->flags & SCH_CRED_DISABLE_RECONNECTS) != 0)
        return SEC_E_OK;
    c->server.n_tickets = N_TICKETS;
    cv_err e = cv_ticket_keys_new(&c->server.ticket_keys, lib->port, c->algorithms.ticket_aead,
                                  TICKET_KEY_ROTATION, lifetime);
    if (e == CV_OK && c->server.min_version == CV_TLS12) {
        e = cv_session_cache_new(&c->server_sessions, lib->port, CV_SERVER_SESSIONS_MAX);
        cv_session_store_in_cache(&c->session_store, c->server_sessions);
        c->server.session_store = &c->session_store;
    }
    return cv_status_for(e);
}

static void use_algorithms(struct cv_config *config, const struct cv_algorithms *a)
{
    config->suites = a->suites;
    config->groups = a->groups;
    config->schemes = a->schemes;
    config->cert_schemes = a->cert_schemes;
    config->sha256 = a->sha256;
    config->n_suites = a->n_suites;
    config->n_groups = a->n_groups;
    config->n_schemes = a->n_schemes;
    config->n_cert_schemes = a->n_cert_schemes;
}

/* RFC 9846 4.3.3: TLS 1.3 has no signatures of PKCS #1 v1.5, and there are keys that make no others. */
static bool signs_for_tls13(const struct cv_credential *c)
{
    for (size_t i = 0; i < c->n_identities; i++) {
        const struct cv_identity *id = &c->identities[i];
        if (id->n_schemes == 0) return true; /* not restricted */
        for (size_t k = 0; k < id->n_schemes; k++)
            if (id->schemes[k].family != CV_SIG_RSA_PKCS1) return true;
    }
    return c->n_identities == 0;
}

void cv_credential_use_algorithms(struct cv_credential *c)
{
    use_algorithms(&c->client, &c->algorithms);
    use_algorithms(&c->server, &c->algorithms);
    set_versions(&c->client, (c->protocols & SP_PROT_TLS1_2_CLIENT) != 0,
                 (c->protocols & SP_PROT_TLS1_3_CLIENT) != 0);
    set_versions(&c->server, (c->protocols & SP_PROT_TLS1_2_SERVER) != 0,
                 (c->protocols & SP_PROT_TLS1_3_SERVER) != 0 && signs_for_tls13(c));
}

static void fill_config(struct cv_credential *c, uint16_t min_rsa_bits)
{
    struct cv_config common = {
        .port = cv_library()->port,
        .machines = &cv_all_machines,
        .generic = &cv_generic_extensions,
        .features = &cv_all_features,
        .identities = c->identities,
        .n_identities = c->n_identities,
        .min_rsa_bits = min_rsa_bits,
    };
    c->client = c->server = common;
    cv_credential_use_algorithms(c);
}

static SECURITY_STATUS fill(struct cv_credential *c, const struct wish *w)
{
    uint16_t min_rsa_bits = 0;
    SECURITY_STATUS status = choose_protocols(c, w);
    if (status == SEC_E_OK) status = choose_algorithms(c, w, &min_rsa_bits);
    if (status == SEC_E_OK) status = take_certs(c, w);
    if (status != SEC_E_OK) return status;
    fill_config(c, min_rsa_bits);
    cv_credential_set_revocation(c);
    status = take_roots(c, w);
    if (status == SEC_E_OK) status = set_sessions(c, w);
    if (c->roots != NULL) c->client.trust = c->server.trust = &c->roots->store;
    return status;
}

static SECURITY_STATUS credential_new(struct cv_credential **out, ULONG use, const struct wish *w)
{
    struct cv_credential *c = cv_alloc(sizeof *c);
    if (c == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    atomic_init(&c->refs, 1);
    c->use = use;
    c->version = w->version;
    c->flags = w->flags;
    c->number = atomic_fetch_add(&cv_library()->n_credentials, 1);
    SECURITY_STATUS status = fill(c, w);
    if (status != SEC_E_OK) {
        cv_credential_release(c);
        return status;
    }
    *out = c;
    return SEC_E_OK;
}

SECURITY_STATUS cv_credential_of_import(struct cv_credential **out, ULONG use, uint16_t suite, uint16_t group)
{
    const struct wish w = {
        .version = SCH_CREDENTIALS_VERSION,
        .flags = SCH_CRED_MANUAL_CRED_VALIDATION,
        .lifespan = 0xffffffff, /* no sessions */
    };
    SECURITY_STATUS status = credential_new(out, use, &w);
    if (status != SEC_E_OK) return status;
    struct cv_algorithms *a = &(*out)->algorithms;
    bool known =
        cv_algorithms_take_suites(a, &suite, 1) && (group == 0 || cv_algorithms_take_groups(a, &group, 1));
    if (!known) {
        cv_credential_release(*out);
        return SEC_E_INVALID_TOKEN;
    }
    cv_credential_use_algorithms(*out);
    return SEC_E_OK;
}

void cv_credential_retain(struct cv_credential *c)
{
    atomic_fetch_add(&c->refs, 1);
}

void cv_credential_release(struct cv_credential *c)
{
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1) return;
    const struct cv_port *port = cv_library()->port;
    cv_credential_closed(c);
    if (c->server.ticket_keys != NULL) cv_ticket_keys_free(c->server.ticket_keys);
    cv_session_cache_free(c->server_sessions);
    for (size_t i = 0; i < c->n_identities; i++) cv_identity_release(&c->identities[i], &c->memory[i]);
    if (c->identities != NULL) cv_free(c->identities, c->n_alloc * sizeof *c->identities);
    if (c->memory != NULL) cv_free(c->memory, c->n_alloc * sizeof *c->memory);
    if (c->authorities != NULL) cv_free(c->authorities, c->authorities_len);
    cv_extensions_release(&c->extensions);
    cv_application_free(c->application);
    cv_roots_release(port, c->roots);
    cv_free(c, sizeof *c);
}

/* The part of a session key that is the credential's alone. */
static void session_prefix(const struct cv_credential *c, uint8_t prefix[16])
{
    memset(prefix, 0, 16);
    cv_store_be64(prefix + 8, c->number);
}

void cv_credential_closed(struct cv_credential *c)
{
    uint8_t prefix[16];
    session_prefix(c, prefix);
    cv_session_cache_drop(cv_library()->sessions, prefix, sizeof prefix);
}

void cv_credential_session_key(const struct cv_credential *c, uint8_t key[CV_SESSION_KEY_LEN],
                               struct cv_bytes target)
{
    const struct cv_port *port = cv_library()->port;
    struct cv_caller caller;
    struct cv_hash_ctx hash;
    uint8_t digest[32];
    port->caller(port->ctx, &caller);
    cv_hash_init(&hash, c->algorithms.sha256);
    cv_hash_update(&hash, caller.process, sizeof caller.process);
    cv_hash_update(&hash, caller.logon, sizeof caller.logon);
    cv_hash_update(&hash, target.p, target.len);
    cv_hash_final(&hash, digest);
    session_prefix(c, key);
    memcpy(key + 16, digest, 16);
}

/* --- the calls --- */

/* ptsExpiry: when a server's certificate ends; a client's credential does not. */
static void set_expiry(TimeStamp *out, const struct cv_credential *c)
{
    if (out == NULL) return;
    out->QuadPart = 0;
    if ((c->use & SECPKG_CRED_INBOUND) != 0 && c->n_identities > 0)
        *out = cv_time_stamp(c->identities[0].leaf.not_after);
}

static SECURITY_STATUS acquire(bool known_package, ULONG use, const void *auth, PCredHandle out,
                               TimeStamp *expiry)
{
    struct cv_library *lib = cv_library();
    struct cv_credential *c;
    struct wish w = {.version = SCH_CREDENTIALS_VERSION};
    if (!known_package) return SEC_E_SECPKG_NOT_FOUND;
    use &= SECPKG_CRED_BOTH;
    if (use == 0 || ((use & SECPKG_CRED_INBOUND) != 0 && auth == NULL)) return SEC_E_NO_CREDENTIALS;
    if (out == NULL) return SEC_E_INVALID_HANDLE;
    if (lib == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    SECURITY_STATUS status = auth == NULL ? SEC_E_OK : read_wish(&w, auth);
    if (status == SEC_E_OK) status = credential_new(&c, use, &w);
    if (status != SEC_E_OK) return status;
    if (cv_handle_new(&lib->handles, CV_HANDLE_CREDENTIAL, c, out) != CV_OK) {
        cv_credential_release(c);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    set_expiry(expiry, c);
    return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleA(SEC_CHAR *pszPrincipal, SEC_CHAR *pszPackage,
                                                    ULONG fCredentialUse, void *pvLogonId, void *pAuthData,
                                                    SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument,
                                                    PCredHandle phCredential, PTimeStamp ptsExpiry)
{
    (void)pszPrincipal;
    (void)pvLogonId;
    (void)pGetKeyFn;
    (void)pvGetKeyArgument;
    return acquire(cv_package_known(pszPackage), fCredentialUse, pAuthData, phCredential, ptsExpiry);
}

SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleW(SEC_WCHAR *pszPrincipal, SEC_WCHAR *pszPackage,
                                                    ULONG fCredentialUse, void *pvLogonId, void *pAuthData,
                                                    SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument,
                                                    PCredHandle phCredential, PTimeStamp ptsExpiry)
{
    (void)pszPrincipal;
    (void)pvLogonId;
    (void)pGetKeyFn;
    (void)pvGetKeyArgument;
    return acquire(cv_package_known_wide(pszPackage), fCredentialUse, pAuthData, phCredential, ptsExpiry);
}

SECURITY_STATUS SEC_ENTRY FreeCredentialsHandle(PCredHandle phCredential)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL || !cv_handle_close(&lib->handles, CV_HANDLE_CREDENTIAL, phCredential))
        return SEC_E_INVALID_HANDLE;
    return SEC_E_OK;
}
