#include "test/fuzz/attributes.h"

#include "test/fuzz/pki.h"
#include "test/fuzz/setup.h"

#include <stdlib.h>
#include <string.h>

/* --- the application --- */

enum { SESSION_CAP = 4096 };

static struct {
    unsigned n_waiting, n_tokens; /* questions, accounts of clients */
    BYTE key[CULVERT_SESSION_KEY], session[SESSION_CAP];
    DWORD session_len; /* 0: none is kept */
} application;

/* SEC_E_OK for the second time. */
static SECURITY_STATUS later(void **op)
{
    if (*op == NULL) {
        *op = &application;
        application.n_waiting++;
        return SEC_I_ASYNC_CALL_PENDING;
    }
    FUZZ_CHECK(*op == &application && application.n_waiting > 0);
    *op = NULL;
    application.n_waiting--;
    return SEC_E_OK;
}

static void abandon(void *ctx, void *op)
{
    (void)ctx;
    FUZZ_CHECK(op == &application && application.n_waiting > 0);
    application.n_waiting--;
}

static SECURITY_STATUS sign(void *ctx, void **op, USHORT scheme, const BYTE *input, DWORD input_len,
                            BYTE *sig, DWORD *sig_len)
{
    (void)ctx;
    (void)scheme;
    SECURITY_STATUS status = later(op);
    if (status != SEC_E_OK) return status;
    FUZZ_CHECK(*sig_len >= 64 && input_len > 0);
    memset(sig, input[0], 64);
    *sig_len = 64;
    return SEC_E_OK;
}

static SECURITY_STATUS choose(void *ctx, void **op, const CulvertSelectRequest *r, DWORD *index)
{
    (void)ctx;
    SECURITY_STATUS status = later(op);
    FUZZ_CHECK(r->wVersion == 0x0303 || r->wVersion == 0x0304);
    if (status == SEC_E_OK) *index = CULVERT_ANY_CERTIFICATE;
    return status;
}

/* A ticket is the session itself. */
static SECURITY_STATUS seal(void *ctx, const BYTE *session, DWORD len, BYTE *ticket, DWORD *ticket_len)
{
    (void)ctx;
    if (len > *ticket_len) return SEC_E_BUFFER_TOO_SMALL;
    memcpy(ticket, session, len);
    *ticket_len = len;
    return SEC_E_OK;
}

static SECURITY_STATUS unseal(void *ctx, void **op, const BYTE *ticket, DWORD len, BYTE *session,
                              DWORD *session_len)
{
    (void)ctx;
    SECURITY_STATUS status = later(op);
    if (status != SEC_E_OK) return status;
    if (len > *session_len) return SEC_E_BUFFER_TOO_SMALL;
    memcpy(session, ticket, len);
    *session_len = len;
    return SEC_E_OK;
}

static void put(void *ctx, const BYTE *key, const BYTE *session, DWORD len, LONGLONG expires)
{
    (void)ctx;
    (void)expires;
    if (len > SESSION_CAP) return;
    memcpy(application.key, key, sizeof application.key);
    memcpy(application.session, session, len);
    application.session_len = len;
}

static SECURITY_STATUS get(void *ctx, void **op, const BYTE *key, ULONG take, BYTE *session, DWORD *len)
{
    (void)ctx;
    SECURITY_STATUS status = later(op);
    if (status != SEC_E_OK) return status;
    if (application.session_len == 0 || application.session_len > *len ||
        memcmp(application.key, key, sizeof application.key) != 0)
        return SEC_E_TARGET_UNKNOWN;
    memcpy(session, application.session, application.session_len);
    *len = application.session_len;
    if (take) application.session_len = 0;
    return SEC_E_OK;
}

static void drop(void *ctx, const BYTE *key)
{
    (void)ctx;
    if (memcmp(application.key, key, sizeof application.key) == 0) application.session_len = 0;
}

static SECURITY_STATUS use(void *ctx, void **op, const BYTE *ticket_id, LONGLONG created)
{
    (void)ctx;
    (void)created;
    SECURITY_STATUS status = later(op);
    return status == SEC_E_OK && (ticket_id[0] & 3) == 3 ? SEC_E_LOGON_DENIED : status;
}

static BOOL fetch(void *ctx, const CulvertRevocation_Query *q, const BYTE **answer, ULONG *len)
{
    (void)ctx;
    *answer = q->pbCertificate;
    *len = q->cbCertificate;
    return q->ulKind == CULVERT_REVOCATION_CRL;
}

static void line(void *ctx, const char *text)
{
    (void)ctx;
    FUZZ_CHECK(strchr(text, '\n') == NULL && strchr(text, ' ') != NULL);
}

/* Every client has an account but those whose certificate has an even number. */
static SECURITY_STATUS map_account(void *ctx, PCCERT_CONTEXT c, void **token)
{
    (void)ctx;
    FUZZ_CHECK(c->pCertInfo->SerialNumber.cbData > 0);
    if (c->pCertInfo->SerialNumber.pbData[0] % 2 == 0) return SEC_E_NO_IMPERSONATION;
    application.n_tokens++;
    *token = &application;
    return SEC_E_OK;
}

static SECURITY_STATUS act(void *ctx, void *token)
{
    (void)ctx;
    FUZZ_CHECK(token == &application && application.n_tokens > 0);
    return SEC_E_OK;
}

static void release_account(void *ctx, void *token)
{
    (void)ctx;
    FUZZ_CHECK(token == &application && application.n_tokens > 0);
    application.n_tokens--;
}

static const CulvertCredential_Mapper mapper = {
    .pfnMap = map_account, .pfnImpersonate = act, .pfnRevert = act, .pfnRelease = release_account};
static const CulvertCredential_KeyLog key_log = {.pfnLine = line};
static const CulvertCredential_Revocation revocation = {.pfnFetch = fetch};
static const CulvertCredential_SelectCertificate selection = {.pfnSelect = choose, .pfnAbandon = abandon};
static const CulvertCredential_Tickets tickets = {.pfnSeal = seal, .pfnOpen = unseal, .pfnAbandon = abandon};
static const CulvertCredential_SessionStore store = {
    .pfnPut = put, .pfnGet = get, .pfnDrop = drop, .pfnAbandon = abandon};

void fuzz_attributes_reset(void)
{
    FUZZ_CHECK(application.n_waiting == 0 && application.n_tokens == 0);
    application.session_len = 0;
}

PCCERT_CONTEXT fuzz_certificate_with_signer(struct cv_bytes pem)
{
    static const CulvertSigner signer = {.pfnSign = sign, .pfnAbandon = abandon};
    PCCERT_CONTEXT c = CulvertCertificateWithSigner(pem.p, (DWORD)pem.len, &signer);
    FUZZ_CHECK(c != NULL);
    return c;
}

/* --- variants --- */

enum fuzz_variant fuzz_variant_of(uint16_t choices)
{
    return choices & FUZZ_RAW_KEYS ? FUZZ_BARE_KEYS
           : choices & FUZZ_LATER  ? FUZZ_OPERATIONS
           : choices & FUZZ_EARLY  ? FUZZ_OPTIONS
                                   : FUZZ_PLAIN;
}

static void set(CredHandle *h, ULONG attribute, const void *p, size_t len)
{
    FUZZ_CHECK(SetCredentialsAttributesA(h, attribute, (void *)(uintptr_t)p, (ULONG)len) == SEC_E_OK);
}

static void set_options(CredHandle *h, bool server)
{
    static const BYTE key[32] = {1}, timestamps[] = {0, 4, 0, 2, 'c', 't'},
                      response[] = {0x30, 3, 0x0a, 1, 6};
    static const CulvertPsk psk = {
        .cbIdentity = 3, .pbIdentity = (const BYTE *)"key", .cbKey = sizeof key, .pbKey = key, .fImport = 1};
    const CulvertCredential_Psks psks = {1, &psk, 1};
    const CulvertCredential_Extensions extensions = {.fGrease = !server,
                                                     .fTimestamps = !server,
                                                     .cbRecordLimit = 1000,
                                                     .cbRecordPadding = 64,
                                                     .cbHelloPadding = 600};
    const CulvertCredential_Timestamps own = {0, sizeof timestamps, timestamps};
    const CulvertCredential_Staple staple = {0, sizeof response, response};
    const CulvertCredential_EarlyData early = {
        .cbMax = 500, .cNotes = 16, .pfnUse = use, .pfnAbandon = abandon};
    const CulvertCredential_Names names = {1};
    set(h, SECPKG_ATTR_CULVERT_EXTENSIONS, &extensions, sizeof extensions);
    set(h, SECPKG_ATTR_CULVERT_PSKS, &psks, sizeof psks);
    set(h, SECPKG_ATTR_CULVERT_KEY_LOG, &key_log, sizeof key_log);
    set(h, SECPKG_ATTR_CULVERT_REVOCATION, &revocation, sizeof revocation);
    if (!server) return;
    set(h, SECPKG_ATTR_CULVERT_TIMESTAMPS, &own, sizeof own);
    set(h, SECPKG_ATTR_CULVERT_STAPLE, &staple, sizeof staple);
    set(h, SECPKG_ATTR_CULVERT_ACCEPT_EARLY_DATA, &early, sizeof early);
    set(h, SECPKG_ATTR_CULVERT_NAMES, &names, sizeof names);
}

static void set_raw_keys(CredHandle *h)
{
    struct cv_bytes spki[] = {fuzz_server_identity()->leaf.spki, fuzz_client_identity()->leaf.spki};
    const CRYPT_DATA_BLOB keys[] = {{(DWORD)spki[0].len, (BYTE *)(uintptr_t)spki[0].p},
                                    {(DWORD)spki[1].len, (BYTE *)(uintptr_t)spki[1].p}};
    const CulvertCredential_RawKeys raw = {
        .fOwn = 1, .dwPeer = CULVERT_RAW_KEY_ALLOWED, .cKeys = 2, .rgKeys = keys};
    set(h, SECPKG_ATTR_CULVERT_RAW_KEYS, &raw, sizeof raw);
}

void fuzz_set_variant(CredHandle *h, bool server, enum fuzz_variant variant)
{
    switch (variant) {
    case FUZZ_OPTIONS:
        set_options(h, server);
        break;
    case FUZZ_OPERATIONS:
        set(h, SECPKG_ATTR_CULVERT_SELECT_CERTIFICATE, &selection, sizeof selection);
        set(h, SECPKG_ATTR_CULVERT_SESSION_STORE, &store, sizeof store);
        if (server) set(h, SECPKG_ATTR_CULVERT_TICKETS, &tickets, sizeof tickets);
        if (server) set(h, SECPKG_ATTR_CULVERT_MAPPER, &mapper, sizeof mapper);
        break;
    case FUZZ_BARE_KEYS:
        set_raw_keys(h);
        break;
    default:
        break;
    }
}

/* --- anything --- */

enum { N_NUMBERS = 8, N_BLOBS = 3 };

/* What structures point to. */
struct material {
    USHORT numbers[N_NUMBERS];
    BYTE *bytes[N_BLOBS];
    ULONG lens[N_BLOBS];
    ULONG words[6];
};

static void read_material(struct material *m, struct cv_bytes *in)
{
    for (size_t i = 0; i < N_NUMBERS; i++) m->numbers[i] = fuzz_u16(in);
    for (size_t i = 0; i < sizeof m->words / sizeof m->words[0]; i++) {
        uint8_t how = fuzz_u8(in);
        m->words[i] = how & 0x80 ? fuzz_u32(in) : how;
    }
    for (size_t i = 0; i < N_BLOBS; i++) {
        struct cv_bytes b = fuzz_take(in, fuzz_u8(in));
        m->bytes[i] = fuzz_copy(b);
        m->lens[i] = (ULONG)b.len;
    }
}

static SECURITY_STATUS give(CredHandle *h, ULONG attribute, const void *p, size_t len)
{
    return SetCredentialsAttributesA(h, attribute, (void *)(uintptr_t)p, (ULONG)len);
}

static SECURITY_STATUS give_lists(CredHandle *h, ULONG attribute, const struct material *m)
{
    const CulvertCredential_List list = {m->words[0] % (N_NUMBERS + 1), m->words[1] & 1 ? NULL : m->numbers};
    const CulvertCredential_SigningSchemes schemes = {m->words[2], list};
    if (attribute == SECPKG_ATTR_CULVERT_SIGNING_SCHEMES) return give(h, attribute, &schemes, sizeof schemes);
    return give(h, attribute, &list, sizeof list);
}

static SECURITY_STATUS give_raw_keys(CredHandle *h, ULONG attribute, const struct material *m)
{
    const CRYPT_DATA_BLOB keys[] = {{m->lens[0], m->bytes[0]}, {m->lens[1], m->bytes[1]}};
    const ULONG places[] = {m->words[3], m->words[4]};
    const CulvertCredential_RawKeys raw = {.fOwn = m->words[0],
                                           .dwPeer = m->words[1],
                                           .cKeys = m->words[2] % 3,
                                           .rgKeys = keys,
                                           .cOnlyRaw = m->words[5] % 3,
                                           .rgiOnlyRaw = places};
    return give(h, attribute, &raw, sizeof raw);
}

static SECURITY_STATUS give_psks(CredHandle *h, ULONG attribute, const struct material *m)
{
    CulvertPsk psk[2];
    for (size_t i = 0; i < 2; i++)
        psk[i] = (CulvertPsk){m->lens[i],    m->bytes[i],   m->lens[2],           m->bytes[2],
                              m->numbers[i], m->numbers[2], m->lens[(i + 1) % 2], m->bytes[(i + 1) % 2]};
    const CulvertCredential_Psks psks = {m->words[0] % 3, psk, m->words[1]};
    return give(h, attribute, &psks, sizeof psks);
}

/* Those whose structure is a number or two, or numbers and one blob. */
static SECURITY_STATUS give_small(CredHandle *h, ULONG attribute, const struct material *m)
{
    const CulvertCredential_Timestamps blob = {m->words[0], m->lens[0],
                                               m->bytes[0]}; /* as CulvertCredential_Staple */
    const CulvertContext_Bytes bytes = {m->lens[0], m->bytes[0]};
    const CulvertCredential_EarlyData early = {.cbMax = m->words[0],
                                               .cNotes = m->words[1] % 64,
                                               .pfnUse = m->words[2] & 1 ? use : NULL,
                                               .pfnAbandon = abandon};
    switch (attribute) {
    case SECPKG_ATTR_CULVERT_TIMESTAMPS:
    case SECPKG_ATTR_CULVERT_STAPLE:
        return give(h, attribute, &blob, sizeof blob);
    case SECPKG_ATTR_CULVERT_TICKET_KEYS:
        return give(h, attribute, &bytes, sizeof bytes);
    case SECPKG_ATTR_CULVERT_ACCEPT_EARLY_DATA:
        return give(h, attribute, &early, sizeof early);
    default:
        return give(h, attribute, m->words, sizeof m->words);
    }
}

/* Numbers that may be none, with nothing but zeros behind them, of any size. */
static SECURITY_STATUS give_zeros(CredHandle *h, struct cv_bytes *in)
{
    _Alignas(16) BYTE zeros[64] = {0};
    ULONG attribute = 0x70000000 | fuzz_u8(in);
    return give(h, attribute, fuzz_u8(in) & 1 ? NULL : zeros, fuzz_u8(in) % (sizeof zeros + 1));
}

SECURITY_STATUS fuzz_set_attribute(CredHandle *h, struct cv_bytes *in)
{
    static const struct {
        ULONG attribute;
        SECURITY_STATUS (*give)(CredHandle *h, ULONG attribute, const struct material *m);
    } fields[] = {
        {SECPKG_ATTR_CULVERT_GROUPS, give_lists},
        {SECPKG_ATTR_CULVERT_CIPHER_SUITES, give_lists},
        {SECPKG_ATTR_CULVERT_SIGNATURE_SCHEMES, give_lists},
        {SECPKG_ATTR_CULVERT_SIGNING_SCHEMES, give_lists},
        {SECPKG_ATTR_CULVERT_CERT_COMPRESSION, give_lists},
        {SECPKG_ATTR_CULVERT_RAW_KEYS, give_raw_keys},
        {SECPKG_ATTR_CULVERT_PSKS, give_psks},
        {SECPKG_ATTR_CULVERT_TIMESTAMPS, give_small},
        {SECPKG_ATTR_CULVERT_STAPLE, give_small},
        {SECPKG_ATTR_CULVERT_TICKET_KEYS, give_small},
        {SECPKG_ATTR_CULVERT_ACCEPT_EARLY_DATA, give_small},
        {SECPKG_ATTR_CULVERT_EXTENSIONS, give_small},
        {SECPKG_ATTR_CULVERT_TLS12, give_small},
        {SECPKG_ATTR_CULVERT_CLIENT_AUTH, give_small},
        {SECPKG_ATTR_CULVERT_NAMES, give_small},
        {SECPKG_ATTR_CULVERT_TORTURE, give_small},
        {SECPKG_ATTR_CULVERT_ASK_STAPLE, give_small},
    };
    static const struct {
        ULONG attribute;
        const void *p;
        size_t len;
    } callbacks[] = {{SECPKG_ATTR_CULVERT_SELECT_CERTIFICATE, &selection, sizeof selection},
                     {SECPKG_ATTR_CULVERT_TICKETS, &tickets, sizeof tickets},
                     {SECPKG_ATTR_CULVERT_SESSION_STORE, &store, sizeof store},
                     {SECPKG_ATTR_CULVERT_MAPPER, &mapper, sizeof mapper},
                     {SECPKG_ATTR_CULVERT_KEY_LOG, &key_log, sizeof key_log},
                     {SECPKG_ATTR_CULVERT_REVOCATION, &revocation, sizeof revocation}};
    const size_t n_fields = sizeof fields / sizeof fields[0],
                 n_callbacks = sizeof callbacks / sizeof callbacks[0];
    size_t i = fuzz_u8(in) % (n_fields + n_callbacks + 1);
    if (i == n_fields + n_callbacks) return give_zeros(h, in);
    if (i >= n_fields) {
        i -= n_fields;
        return give(h, callbacks[i].attribute, callbacks[i].p, callbacks[i].len);
    }
    struct material m;
    read_material(&m, in);
    SECURITY_STATUS status = fields[i].give(h, fields[i].attribute, &m);
    for (size_t k = 0; k < N_BLOBS; k++) free(m.bytes[k]);
    return status;
}
