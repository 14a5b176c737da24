#include "sspi/operations.h"

#include "crypto/base/secret.h"
#include "crypto/hkdf.h"
#include "sspi/credential.h"
#include "sspi/status.h"

#include <string.h>

/* What an application's answer is to the engine. */
static cv_err answered(SECURITY_STATUS status, cv_err want, cv_err otherwise)
{
    if (status == SEC_E_OK) return CV_OK;
    if (status == SEC_I_ASYNC_CALL_PENDING) return want;
    return status == SEC_E_INSUFFICIENT_MEMORY ? CV_E_NO_MEMORY : otherwise;
}

static struct cv_application *application_of(struct cv_credential *c)
{
    if (c->application == NULL) c->application = cv_alloc(sizeof *c->application);
    if (c->application != NULL) c->application->cred = c;
    return c->application;
}

/* --- signatures --- */

static cv_err sign(void *ctx, void **op, uint8_t *sig, size_t *sig_len, const struct cv_sign_request *r)
{
    const CulvertSigner *s = ctx;
    DWORD len = (DWORD)*sig_len;
    SECURITY_STATUS status =
        s->pfnSign(s->pvContext, op, r->scheme, r->input.p, (DWORD)r->input.len, sig, &len);
    *sig_len = len;
    return answered(status, CV_WANT_SIGNATURE, CV_E_OPERATION);
}

static void abandon_signature(void *ctx, void *op)
{
    const CulvertSigner *s = ctx;
    s->pfnAbandon(s->pvContext, op);
}

void cv_signer_init(struct cv_signer *out, CulvertSigner *signer)
{
    *out = (struct cv_signer){signer, sign, signer->pfnAbandon != NULL ? abandon_signature : NULL};
}

/* --- certificates --- */

static cv_err select_certificate(void *ctx, void **op, const struct cv_identity **identity,
                                 const struct cv_select_request *r)
{
    enum { N_SCHEMES = 64 }; /* more are not told: nobody has so many */
    const struct cv_application *a = ctx;
    char name[CV_HOST_NAME_MAX + 1] = "";
    USHORT schemes[N_SCHEMES];
    DWORD index = CULVERT_ANY_CERTIFICATE;
    struct cv_bytes list = r->schemes;
    ULONG n = 0;
    if (r->server_name.len < sizeof name && r->server_name.len > 0)
        memcpy(name, r->server_name.p, r->server_name.len);
    while (n < N_SCHEMES && cv_read_u16(&list, &schemes[n]) == CV_OK) n++;
    CulvertSelectRequest request = {
        .fServer = r->server,
        .wVersion = r->version,
        .pszServerName = name,
        .cSchemes = n,
        .pwSchemes = schemes,
        .cbAuthorities = (ULONG)r->authorities.len,
        .pbAuthorities = r->authorities.p,
    };
    SECURITY_STATUS status = a->select.pfnSelect(a->select.pvContext, op, &request, &index);
    if (status == SEC_E_TARGET_UNKNOWN) return CV_E_UNKNOWN_NAME;
    if (status != SEC_E_OK) return answered(status, CV_WANT_CERTIFICATE, CV_E_OPERATION);
    if (index == CULVERT_ANY_CERTIFICATE) return CV_OK;
    if (index >= a->cred->n_identities) return CV_E_OPERATION;
    *identity = &a->cred->identities[index];
    return CV_OK;
}

static void abandon_selection(void *ctx, void *op)
{
    const struct cv_application *a = ctx;
    a->select.pfnAbandon(a->select.pvContext, op);
}

/* --- tickets --- */

static cv_err seal(void *ctx, uint8_t *ticket, size_t cap, size_t *ticket_len, struct cv_bytes session)
{
    const struct cv_application *a = ctx;
    DWORD len = (DWORD)cap;
    SECURITY_STATUS status =
        a->tickets.pfnSeal(a->tickets.pvContext, session.p, (DWORD)session.len, ticket, &len);
    *ticket_len = len;
    return status == SEC_E_OK ? CV_OK : CV_E_OPERATION;
}

static cv_err open(void *ctx, void **op, uint8_t *session, size_t cap, size_t *session_len,
                   struct cv_bytes ticket)
{
    const struct cv_application *a = ctx;
    DWORD len = (DWORD)cap;
    SECURITY_STATUS status =
        a->tickets.pfnOpen(a->tickets.pvContext, op, ticket.p, (DWORD)ticket.len, session, &len);
    *session_len = len;
    return answered(status, CV_WANT_TICKET_KEY, CV_E_BAD_PSK);
}

static void abandon_ticket(void *ctx, void *op)
{
    const struct cv_application *a = ctx;
    a->tickets.pfnAbandon(a->tickets.pvContext, op);
}

/* --- sessions --- */

static void put(void *ctx, const uint8_t key[CV_SESSION_KEY_LEN], const struct cv_session *s)
{
    const struct cv_application *a = ctx;
    struct cv_builder b;
    size_t cap = 1024 + s->chain.len + s->ticket.len; /* with names of 255 bytes, and all numbers */
    uint8_t *bytes = cv_alloc(cap);
    if (bytes == NULL) return;
    cv_build_init(&b, bytes, cap);
    cv_session_encode(&b, s);
    if (cv_build_end(&b) == CV_OK && b.len <= CULVERT_SESSION_MAX)
        a->store.pfnPut(a->store.pvContext, key, bytes, (DWORD)b.len, s->created + s->lifetime);
    cv_wipe(bytes, cap);
    cv_free(bytes, cap);
}

static cv_err get(void *ctx, void **op, struct cv_session **out, const uint8_t key[CV_SESSION_KEY_LEN],
                  bool take)
{
    const struct cv_application *a = ctx;
    DWORD len = CULVERT_SESSION_MAX;
    uint8_t *bytes = cv_alloc(CULVERT_SESSION_MAX);
    if (bytes == NULL) return CV_E_NO_MEMORY;
    SECURITY_STATUS status = a->store.pfnGet(a->store.pvContext, op, key, take, bytes, &len);
    cv_err e = answered(status, CV_WANT_SESSION, CV_E_BAD_PSK);
    if (e == CV_OK && len > CULVERT_SESSION_MAX) e = CV_E_OPERATION;
    if (e == CV_OK) e = cv_session_revive(out, cv_library()->port, cv_bytes(bytes, len));
    cv_wipe(bytes, CULVERT_SESSION_MAX);
    cv_free(bytes, CULVERT_SESSION_MAX);
    return e;
}

static void drop(void *ctx, const uint8_t key[CV_SESSION_KEY_LEN])
{
    const struct cv_application *a = ctx;
    a->store.pfnDrop(a->store.pvContext, key);
}

static void abandon_session(void *ctx, void *op)
{
    const struct cv_application *a = ctx;
    a->store.pfnAbandon(a->store.pvContext, op);
}

/* --- early data --- */

static cv_err use(void *ctx, void **op, const uint8_t id[CV_REPLAY_ID_LEN], int64_t created)
{
    const struct cv_application *a = ctx;
    SECURITY_STATUS status = a->early.pfnUse(a->early.pvContext, op, id, created);
    return answered(status, CV_WANT_SESSION, CV_E_BAD_PSK);
}

static void abandon_use(void *ctx, void *op)
{
    const struct cv_application *a = ctx;
    a->early.pfnAbandon(a->early.pvContext, op);
}

static SECURITY_STATUS set_early(struct cv_credential *c, const void *p)
{
    enum { N_NOTES = 16384, N_NOTES_MAX = 1 << 24 };
    struct cv_application *a = application_of(c);
    if (a == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    CulvertCredential_EarlyData early;
    memcpy(&early, p, sizeof early);
    if (early.cNotes > N_NOTES_MAX) return SEC_E_INVALID_TOKEN;
    if (early.pfnUse == NULL && a->notes == NULL &&
        cv_replay_notes_new(&a->notes, cv_library()->port, early.cNotes != 0 ? early.cNotes : N_NOTES) !=
            CV_OK)
        return SEC_E_INSUFFICIENT_MEMORY;
    a->early = early;
    if (early.pfnUse != NULL)
        a->replay = (struct cv_replay_register){a, use, early.pfnAbandon != NULL ? abandon_use : NULL};
    else
        cv_replay_register_in_notes(&a->replay, a->notes);
    c->server.max_early_data = early.cbMax;
    c->server.replay = &a->replay;
    return SEC_E_OK;
}

/* --- pre-shared keys --- */

static struct cv_bytes place(uint8_t **at, const BYTE *p, ULONG len)
{
    struct cv_bytes copy = cv_bytes(*at, len);
    if (len > 0) memcpy(*at, p, len);
    *at += len;
    return copy;
}

static bool is_whole(const CulvertPsk *p)
{
    return (p->cbIdentity == 0 || p->pbIdentity != NULL) && (p->cbKey == 0 || p->pbKey != NULL) &&
           (p->cbContext == 0 || p->pbContext != NULL) && p->cbIdentity <= CV_PSK_IDENTITY_MAX &&
           p->cbKey <= CV_PSK_SECRET_MAX && p->cbContext <= CV_PSK_IDENTITY_MAX &&
           (p->wHash == 0 || p->wHash == 256 || p->wHash == 384);
}

static void free_psks(struct cv_application *a)
{
    if (a->psks == NULL) return;
    cv_wipe(a->psks, a->psks_size);
    cv_free(a->psks, a->psks_size);
    a->psks = NULL;
}

static SECURITY_STATUS set_psks(struct cv_credential *c, const void *p)
{
    enum { N_PSKS_MAX = 1024 };
    struct cv_application *a = application_of(c);
    if (a == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    CulvertCredential_Psks wish;
    memcpy(&wish, p, sizeof wish);
    if (wish.cPsks > N_PSKS_MAX || (wish.cPsks > 0 && wish.pPsks == NULL)) return SEC_E_INVALID_TOKEN;
    size_t size = wish.cPsks * sizeof *a->psks;
    for (ULONG i = 0; i < wish.cPsks; i++) {
        const CulvertPsk *x = &wish.pPsks[i];
        if (!is_whole(x)) return SEC_E_INVALID_TOKEN;
        size += (size_t)x->cbIdentity + x->cbKey + x->cbContext;
    }
    free_psks(a);
    c->client.n_psks = c->server.n_psks = 0;
    if (wish.cPsks == 0) return SEC_E_OK;
    if ((a->psks = cv_alloc(size)) == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    a->psks_size = size;
    uint8_t *at = (uint8_t *)(a->psks + wish.cPsks);
    for (ULONG i = 0; i < wish.cPsks; i++) {
        const CulvertPsk *x = &wish.pPsks[i];
        a->psks[i] = (struct cv_psk){
            .hash = x->wHash == 384 ? CV_HASH_SHA384 : CV_HASH_SHA256,
            .import = x->fImport != 0,
            .identity = place(&at, x->pbIdentity, x->cbIdentity),
            .secret = place(&at, x->pbKey, x->cbKey),
            .context = place(&at, x->pbContext, x->cbContext),
        };
        if (!cv_psk_is_valid(&a->psks[i])) {
            free_psks(a);
            return SEC_E_INVALID_TOKEN;
        }
    }
    c->client.psks = c->server.psks = a->psks;
    c->client.n_psks = c->server.n_psks = wish.cPsks;
    c->client.psk_ke = c->server.psk_ke = wish.fWithoutKeyExchange != 0;
    return SEC_E_OK;
}

/* --- the ring of ticket keys --- */

SECURITY_STATUS cv_ticket_keys_hand_out(struct cv_credential *c, CulvertContext_Bytes *out)
{
    size_t len;
    if (c->server.ticket_keys == NULL) return SEC_E_UNSUPPORTED_FUNCTION;
    uint8_t *bytes = cv_buffer_alloc(CV_TICKET_KEYS_BYTES_MAX);
    if (bytes == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    cv_err e = cv_ticket_keys_export(c->server.ticket_keys, bytes, CV_TICKET_KEYS_BYTES_MAX, &len);
    if (e != CV_OK) {
        FreeContextBuffer(bytes);
        return cv_status_for(e);
    }
    *out = (CulvertContext_Bytes){(ULONG)len, bytes};
    return SEC_E_OK;
}

static SECURITY_STATUS set_ticket_keys(struct cv_credential *c, const void *p)
{
    const CulvertContext_Bytes *bytes = p;
    if (c->server.ticket_keys == NULL) return SEC_E_UNSUPPORTED_FUNCTION;
    if (bytes->pbBytes == NULL) return SEC_E_INVALID_TOKEN;
    cv_err e = cv_ticket_keys_import(c->server.ticket_keys, cv_bytes(bytes->pbBytes, bytes->cbBytes));
    return e == CV_OK ? SEC_E_OK : SEC_E_INVALID_TOKEN;
}

/* The key that seals tickets, from keying material of any length that is enough. */
static SECURITY_STATUS make_ticket_key(struct cv_ticket_key_given *out, const SecPkgCred_SessionTicketKey *in)
{
    enum { MATERIAL_MIN = 16 };
    static const uint8_t info[] = "culvert ticket key";
    const struct cv_hash *hash = cv_library()->algorithms.sha256;
    uint8_t prk[CV_HASH_MAX];
    if (in->TicketInfoVersion != 0) return SEC_E_UNSUPPORTED_FUNCTION;
    if (in->KeyingMaterialSize < MATERIAL_MIN || in->KeyingMaterialSize > sizeof in->KeyingMaterial)
        return SEC_E_INVALID_TOKEN;
    memcpy(out->name, in->KeyId, sizeof out->name);
    cv_hkdf_extract(hash, prk, in->KeyId, sizeof in->KeyId, in->KeyingMaterial, in->KeyingMaterialSize);
    cv_err e = cv_hkdf_expand(hash, out->key, sizeof out->key, prk, hash->digest_len, info, sizeof info - 1);
    cv_wipe(prk, sizeof prk);
    return cv_status_for(e);
}

static SECURITY_STATUS set_given_ticket_keys(struct cv_credential *c, const void *p)
{
    enum { N_KEYS_MAX = 16 };
    const SecPkgCred_SessionTicketKeys *keys = p;
    struct cv_ticket_key_given list[N_KEYS_MAX];
    SECURITY_STATUS status = SEC_E_OK;
    if (c->server.ticket_keys == NULL) return SEC_E_UNSUPPORTED_FUNCTION;
    if (keys->cSessionTicketKeys == 0 || keys->cSessionTicketKeys > N_KEYS_MAX ||
        keys->pSessionTicketKeys == NULL)
        return SEC_E_INVALID_TOKEN;
    for (DWORD i = 0; i < keys->cSessionTicketKeys && status == SEC_E_OK; i++)
        status = make_ticket_key(&list[i], &keys->pSessionTicketKeys[i]);
    if (status == SEC_E_OK)
        status = cv_status_for(cv_ticket_keys_set(c->server.ticket_keys, list, keys->cSessionTicketKeys));
    cv_wipe(list, sizeof list);
    return status;
}

/* --- setting --- */

static SECURITY_STATUS set_select(struct cv_credential *c, const void *p)
{
    struct cv_application *a = application_of(c);
    if (a == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(&a->select, p, sizeof a->select);
    if (a->select.pfnSelect == NULL) return SEC_E_INVALID_TOKEN;
    a->selector =
        (struct cv_selector){a, select_certificate, a->select.pfnAbandon != NULL ? abandon_selection : NULL};
    c->client.selector = c->server.selector = &a->selector;
    return SEC_E_OK;
}

static SECURITY_STATUS set_tickets(struct cv_credential *c, const void *p)
{
    struct cv_application *a = application_of(c);
    if (a == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(&a->tickets, p, sizeof a->tickets);
    if (a->tickets.pfnSeal == NULL || a->tickets.pfnOpen == NULL) return SEC_E_INVALID_TOKEN;
    a->sealer =
        (struct cv_ticket_sealer){a, seal, open, a->tickets.pfnAbandon != NULL ? abandon_ticket : NULL};
    /* Where there are to be no tickets, the application does not change that. */
    if (c->server.ticket_keys != NULL) c->server.sealer = &a->sealer;
    return SEC_E_OK;
}

static SECURITY_STATUS set_store(struct cv_credential *c, const void *p)
{
    struct cv_application *a = application_of(c);
    if (a == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(&a->store, p, sizeof a->store);
    if (a->store.pfnPut == NULL || a->store.pfnGet == NULL || a->store.pfnDrop == NULL)
        return SEC_E_INVALID_TOKEN;
    a->session_store =
        (struct cv_session_store){a, put, get, drop, a->store.pfnAbandon != NULL ? abandon_session : NULL};
    if (c->client.sessions != NULL) c->client.session_store = &a->session_store;
    if (c->server.session_store != NULL) c->server.session_store = &a->session_store;
    return SEC_E_OK;
}

static const struct cv_setting settings[] = {
    {SECPKG_ATTR_CULVERT_SELECT_CERTIFICATE, sizeof(CulvertCredential_SelectCertificate),
     CV_SET_BEFORE_CONTEXTS, set_select},
    {SECPKG_ATTR_CULVERT_TICKETS, sizeof(CulvertCredential_Tickets), CV_SET_BEFORE_CONTEXTS, set_tickets},
    {SECPKG_ATTR_CULVERT_SESSION_STORE, sizeof(CulvertCredential_SessionStore), CV_SET_BEFORE_CONTEXTS,
     set_store},
    {SECPKG_ATTR_CULVERT_PSKS, sizeof(CulvertCredential_Psks), CV_SET_BEFORE_CONTEXTS, set_psks},
    {SECPKG_ATTR_CULVERT_ACCEPT_EARLY_DATA, sizeof(CulvertCredential_EarlyData), CV_SET_BEFORE_CONTEXTS,
     set_early},
    {SECPKG_ATTR_SESSION_TICKET_KEYS, sizeof(SecPkgCred_SessionTicketKeys), CV_SET_AT_ANY_TIME,
     set_given_ticket_keys},
    {SECPKG_ATTR_CULVERT_TICKET_KEYS, sizeof(CulvertContext_Bytes), CV_SET_AT_ANY_TIME, set_ticket_keys},
};
const struct cv_settings cv_application_settings = {settings, sizeof settings / sizeof settings[0]};

void cv_application_free(struct cv_application *a)
{
    if (a == NULL) return;
    cv_replay_notes_free(a->notes);
    free_psks(a);
    cv_free(a, sizeof *a);
}
