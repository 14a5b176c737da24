/* ExportSecurityContext and ImportSecurityContext: a context leaves the process sealed under a key that the
 * application gave to both. */
#include "sspi/export.h"

#include "crypto/base/secret.h"
#include "crypto/hkdf.h"
#include "sspi/context.h"
#include "sspi/package.h"
#include "sspi/status.h"
#include "tls/transfer.h"

#include <string.h>

/* A packed context: name and version of the form, an ID of its own, from which with the application's key its
 * key and nonce follow, then what is sealed, and the tag. */
enum {
    NAME_LEN = 4,
    HEAD_LEN = NAME_LEN + CV_EXPORT_ID_LEN,
    TAG_LEN = 16,
    CONTEXT_LEN = 32, /* of the façade's own part at the most */
};
static const uint8_t form_name[NAME_LEN] = {'C', 'v', 'X', 1};

/* --- the key, and what was imported --- */

void cv_exports_wipe(struct cv_exports *x, const struct cv_port *port)
{
    if (x->notes != NULL) port->free(port->ctx, x->notes, x->cap * sizeof *x->notes);
    cv_wipe(x, sizeof *x);
}

static void lock_exports(struct cv_library *lib)
{
    lib->port->lock(lib->port->ctx, lib->export_lock);
}

static void unlock_exports(struct cv_library *lib)
{
    lib->port->unlock(lib->port->ctx, lib->export_lock);
}

BOOL CulvertSetExportKey(const BYTE *pbKey, DWORD cbKey)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL || (pbKey == NULL ? cbKey != 0 : cbKey != CV_EXPORT_KEY_LEN)) return FALSE;
    lock_exports(lib);
    struct cv_exports *x = &lib->exports;
    x->has_key = pbKey != NULL;
    if (pbKey != NULL)
        memcpy(x->key, pbKey, CV_EXPORT_KEY_LEN);
    else
        cv_wipe(x->key, sizeof x->key);
    unlock_exports(lib);
    return TRUE;
}

/* The place of an ID, or the free one where it belongs. */
static struct cv_export_note *find_note(struct cv_exports *x, const uint8_t id[CV_EXPORT_ID_LEN])
{
    size_t i = cv_load_be32(id) & (x->cap - 1);
    while (x->notes[i].expires != 0 && memcmp(x->notes[i].id, id, CV_EXPORT_ID_LEN) != 0)
        i = (i + 1) & (x->cap - 1);
    return &x->notes[i];
}

/* Room for one more: drops what nobody can import any more, and grows if that is not enough. */
static cv_err make_room(struct cv_exports *x, const struct cv_port *port, int64_t now)
{
    enum { CAP_MIN = 64 };
    struct cv_exports next = *x;
    size_t n_live = 0;
    if ((x->n_notes + 1) * 2 <= x->cap) return CV_OK;
    for (size_t i = 0; i < x->cap; i++) n_live += x->notes[i].expires > now;
    next.cap = CAP_MIN;
    while (next.cap < (n_live + 1) * 4) next.cap *= 2;
    next.notes = port->alloc(port->ctx, next.cap * sizeof *next.notes);
    if (next.notes == NULL) return CV_E_NO_MEMORY;
    for (size_t i = 0; i < x->cap; i++) {
        if (x->notes[i].expires > now) *find_note(&next, x->notes[i].id) = x->notes[i];
    }
    if (x->notes != NULL) port->free(port->ctx, x->notes, x->cap * sizeof *x->notes);
    x->notes = next.notes;
    x->cap = next.cap;
    x->n_notes = n_live;
    return CV_OK;
}

/* SEC_E_OUT_OF_SEQUENCE: this one was imported before. */
static SECURITY_STATUS note_import(struct cv_library *lib, const uint8_t id[CV_EXPORT_ID_LEN],
                                   int64_t expires, int64_t now)
{
    SECURITY_STATUS status = SEC_E_OK;
    lock_exports(lib);
    if (make_room(&lib->exports, lib->port, now) != CV_OK) {
        status = SEC_E_INSUFFICIENT_MEMORY;
    } else {
        struct cv_export_note *note = find_note(&lib->exports, id);
        if (note->expires != 0) status = SEC_E_OUT_OF_SEQUENCE;
        if (note->expires == 0) lib->exports.n_notes++;
        memcpy(note->id, id, CV_EXPORT_ID_LEN);
        note->expires = expires;
    }
    unlock_exports(lib);
    return status;
}

/* --- sealing --- */

struct sealer {
    const struct cv_aead *aead;
    _Alignas(16) uint8_t state[CV_AEAD_STATE_MAX];
    uint8_t nonce[CV_AEAD_NONCE_LEN];
};

/* Key and nonce for one ID. SEC_E_UNSUPPORTED_FUNCTION where the application gave no key. */
static SECURITY_STATUS sealer_init(struct sealer *s, struct cv_library *lib,
                                   const uint8_t id[CV_EXPORT_ID_LEN])
{
    static const uint8_t info[] = "culvert exported context";
    const struct cv_hash *hash = lib->algorithms.sha256;
    uint8_t prk[CV_HASH_MAX], okm[CV_EXPORT_KEY_LEN + CV_AEAD_NONCE_LEN];
    s->aead = lib->algorithms.ticket_aead;
    if (s->aead->key_len > CV_EXPORT_KEY_LEN || s->aead->tag_len != TAG_LEN) return SEC_E_INTERNAL_ERROR;
    lock_exports(lib);
    bool has_key = lib->exports.has_key;
    if (has_key) cv_hkdf_extract(hash, prk, id, CV_EXPORT_ID_LEN, lib->exports.key, sizeof lib->exports.key);
    unlock_exports(lib);
    if (!has_key) return SEC_E_UNSUPPORTED_FUNCTION;
    cv_err e = cv_hkdf_expand(hash, okm, sizeof okm, prk, hash->digest_len, info, sizeof info - 1);
    if (e == CV_OK) {
        s->aead->init(s->aead, s->state, okm);
        memcpy(s->nonce, okm + CV_EXPORT_KEY_LEN, sizeof s->nonce);
    }
    cv_wipe(prk, sizeof prk);
    cv_wipe(okm, sizeof okm);
    return cv_status_for(e);
}

/* --- exporting --- */

/* Nothing of the façade's own may be under way. */
static SECURITY_STATUS check_quiet(const struct cv_context *cx)
{
    if (cx->broken != SEC_E_OK) return cx->broken;
    bool busy = cx->undelivered || cx->pending || cx->stored || cx->control != CV_CONTROL_NONE ||
                cv_torture_withholds(cx);
    return cx->established && !busy ? SEC_E_OK : SEC_E_OUT_OF_SEQUENCE;
}

static cv_err build_context(struct cv_builder *b, const struct cv_context *cx, int64_t now)
{
    struct cv_conn_info info;
    cv_conn_info(cx->conn, &info);
    cv_build_u64(b, (uint64_t)now);
    cv_build_u8(b, cx->server);
    cv_build_u8(b, cx->closed);
    cv_build_u32(b, cx->attributes);
    cv_build_u16(b, info.suite->id);
    cv_build_u16(b, info.group != NULL ? info.group->id : 0);
    return cv_conn_save(cx->conn, b);
}

/* Packs into *out, for FreeContextBuffer. Under the context's lock. */
static SECURITY_STATUS pack(struct cv_context *cx, uint8_t **out, size_t *out_len)
{
    struct cv_library *lib = cv_library();
    struct sealer sealer;
    struct cv_builder b;
    uint8_t id[CV_EXPORT_ID_LEN];
    size_t cap = HEAD_LEN + CONTEXT_LEN + cv_conn_saved_max(cx->conn) + TAG_LEN;
    SECURITY_STATUS status = check_quiet(cx);
    if (status != SEC_E_OK) return status;
    if (cv_random(&lib->port->rng, id, sizeof id) != CV_OK) return SEC_E_INTERNAL_ERROR;
    cv_secret_declassify(id, sizeof id); /* in front of what is sealed */
    if ((status = sealer_init(&sealer, lib, id)) != SEC_E_OK) return status;
    uint8_t *p = cv_buffer_alloc(cap);
    if (p == NULL) {
        cv_wipe(&sealer, sizeof sealer);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    cv_build_init(&b, p + HEAD_LEN, cap - HEAD_LEN - TAG_LEN);
    cv_err e = build_context(&b, cx, lib->port->now(lib->port->ctx));
    if (e == CV_OK) {
        memcpy(p, form_name, NAME_LEN);
        memcpy(p + NAME_LEN, id, sizeof id);
        sealer.aead->seal(sealer.aead, sealer.state, sealer.nonce, cv_bytes(p, HEAD_LEN), p + HEAD_LEN, b.len,
                          NULL, 0, p + HEAD_LEN + b.len);
        cv_secret_declassify(p, HEAD_LEN + b.len + TAG_LEN); /* sealed */
        *out = p;
        *out_len = HEAD_LEN + b.len + TAG_LEN;
    } else {
        cv_wipe(p, cap);
        FreeContextBuffer(p);
        status = e == CV_E_UNSUPPORTED ? SEC_E_OUT_OF_SEQUENCE : cv_fail(cv_status_for(e), e, cx->conn);
    }
    cv_wipe(&sealer, sizeof sealer);
    return status;
}

SECURITY_STATUS SEC_ENTRY ExportSecurityContext(PCtxtHandle phContext, ULONG fFlags,
                                                PSecBuffer pPackedContext, void **pToken)
{
    SecHandle copy;
    uint8_t *packed;
    size_t len;
    struct cv_context *cx = cv_context_pin(phContext, &copy);
    if (cx == NULL) return SEC_E_INVALID_HANDLE;
    SECURITY_STATUS status = SEC_E_OK;
    /* A connection under the same keys from the beginning would use nonces twice. */
    if ((fFlags & ~(ULONG)SECPKG_CONTEXT_EXPORT_DELETE_OLD) != 0) status = SEC_E_UNSUPPORTED_FUNCTION;
    if (status == SEC_E_OK && pPackedContext == NULL) status = SEC_E_INVALID_PARAMETER;
    if (status == SEC_E_OK) {
        cv_context_lock(cx);
        status = pack(cx, &packed, &len);
        if (status == SEC_E_OK) cv_conn_retire(cx->conn);
        cv_context_unlock(cx);
    }
    if (status == SEC_E_OK) {
        *pPackedContext = (SecBuffer){(ULONG)len, SECBUFFER_TOKEN, packed};
        if (pToken != NULL) *pToken = NULL; /* accounts are mapped anew, if at all */
        if ((fFlags & SECPKG_CONTEXT_EXPORT_DELETE_OLD) != 0)
            cv_handle_close(&cv_library()->handles, CV_HANDLE_CONTEXT, &copy);
    }
    cv_context_unpin(&copy);
    return status;
}

/* --- importing --- */

/* The plaintext of a packed context, in memory for cv_free: *out_len bytes, and their length in `plain`. */
static SECURITY_STATUS unpack(struct cv_library *lib, struct cv_bytes packed, uint8_t id[CV_EXPORT_ID_LEN],
                              uint8_t **out, struct cv_bytes *plain)
{
    struct cv_bytes rest = packed, head, sealed, tag;
    struct sealer sealer;
    SECURITY_STATUS status;
    if (packed.len <= HEAD_LEN + TAG_LEN || cv_read_bytes(&rest, HEAD_LEN, &head) != CV_OK ||
        cv_read_bytes(&rest, packed.len - HEAD_LEN - TAG_LEN, &sealed) != CV_OK ||
        cv_read_bytes(&rest, TAG_LEN, &tag) != CV_OK || memcmp(head.p, form_name, NAME_LEN) != 0)
        return SEC_E_INVALID_TOKEN;
    memcpy(id, head.p + NAME_LEN, CV_EXPORT_ID_LEN);
    if ((status = sealer_init(&sealer, lib, id)) != SEC_E_OK) return status;
    *out = cv_alloc(sealed.len);
    *plain = cv_bytes(*out, sealed.len);
    if (*out == NULL) {
        status = SEC_E_INSUFFICIENT_MEMORY;
    } else if (sealer.aead->open(sealer.aead, sealer.state, sealer.nonce, head, *out, sealed.p, sealed.len,
                                 tag.p) != CV_OK) {
        cv_free(*out, sealed.len); /* zeroed */
        status = SEC_E_INVALID_TOKEN;
    }
    cv_wipe(&sealer, sizeof sealer);
    return status;
}

/* A context from its plaintext. */
static SECURITY_STATUS context_revive(struct cv_context **out, struct cv_bytes plain, int64_t *created)
{
    struct cv_credential *cred;
    struct cv_context *cx;
    uint8_t server, closed;
    uint16_t suite, group;
    uint32_t attributes;
    uint64_t when;
    if (cv_read_u64(&plain, &when) != CV_OK || cv_read_u8(&plain, &server) != CV_OK ||
        cv_read_u8(&plain, &closed) != CV_OK || cv_read_u32(&plain, &attributes) != CV_OK ||
        cv_read_u16(&plain, &suite) != CV_OK || cv_read_u16(&plain, &group) != CV_OK)
        return SEC_E_INVALID_TOKEN;
    *created = (int64_t)when;
    SECURITY_STATUS status = cv_credential_of_import(
        &cred, server != 0 ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, suite, group);
    if (status != SEC_E_OK) return status;
    cx = cv_context_new(cred, server != 0);
    cv_credential_release(cred); /* the context's now */
    if (cx == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    cv_err e = cv_conn_revive(&cx->conn, server != 0 ? &cred->server : &cred->client, plain);
    if (e != CV_OK) {
        cv_context_free(cx);
        return e == CV_E_NO_MEMORY ? SEC_E_INSUFFICIENT_MEMORY : cv_fail(SEC_E_INVALID_TOKEN, e, NULL);
    }
    cx->attributes = attributes;
    cx->established = true;
    cx->closed = closed != 0;
    *out = cx;
    return SEC_E_OK;
}

static SECURITY_STATUS import_context(const SecBuffer *packed, CtxtHandle *out)
{
    struct cv_library *lib = cv_library();
    uint8_t id[CV_EXPORT_ID_LEN], *memory;
    struct cv_bytes plain;
    struct cv_context *cx = NULL;
    int64_t created = 0;
    if (lib == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    if (packed == NULL || packed->pvBuffer == NULL || out == NULL) return SEC_E_INVALID_PARAMETER;
    SECURITY_STATUS status = unpack(lib, cv_bytes(packed->pvBuffer, packed->cbBuffer), id, &memory, &plain);
    if (status != SEC_E_OK) return status;
    status = context_revive(&cx, plain, &created);
    cv_wipe(memory, plain.len);
    cv_free(memory, plain.len);
    if (status != SEC_E_OK) return status;
    int64_t now = lib->port->now(lib->port->ctx), expires = created + CV_EXPORT_LIFETIME;
    SecHandle handle;
    if (now < created - CV_EXPORT_LIFETIME || now >= expires) status = SEC_E_CONTEXT_EXPIRED;
    if (status == SEC_E_OK && cv_handle_new(&lib->handles, CV_HANDLE_CONTEXT, cx, &handle) != CV_OK)
        status = SEC_E_INSUFFICIENT_MEMORY;
    if (status != SEC_E_OK) {
        cv_context_free(cx);
        return status;
    }
    status = note_import(lib, id, expires, now);
    if (status == SEC_E_OK)
        *out = handle;
    else
        cv_handle_close(&lib->handles, CV_HANDLE_CONTEXT, &handle);
    return status;
}

SECURITY_STATUS SEC_ENTRY ImportSecurityContextA(SEC_CHAR *pszPackage, PSecBuffer pPackedContext, void *Token,
                                                 PCtxtHandle phContext)
{
    (void)Token;
    return cv_package_known(pszPackage) ? import_context(pPackedContext, phContext) : SEC_E_SECPKG_NOT_FOUND;
}

SECURITY_STATUS SEC_ENTRY ImportSecurityContextW(SEC_WCHAR *pszPackage, PSecBuffer pPackedContext,
                                                 void *Token, PCtxtHandle phContext)
{
    (void)Token;
    return cv_package_known_wide(pszPackage) ? import_context(pPackedContext, phContext)
                                             : SEC_E_SECPKG_NOT_FOUND;
}
