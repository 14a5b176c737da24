/* See link.h. */
#include "sspi/culvert/link.h"

#include <stdlib.h>
#include <string.h>

BYTE *cv_bytebuf_room(struct cv_bytebuf *b, size_t n)
{
    if (b->at > 0 && (b->at == b->len || b->len + n > b->cap)) {
        memmove(b->p, b->p + b->at, b->len - b->at);
        b->len -= b->at;
        b->at = 0;
    }
    if (b->len + n > b->cap) {
        size_t cap = b->cap * 2 > b->len + n ? b->cap * 2 : b->len + n;
        BYTE *p = realloc(b->p, cap);
        if (p == NULL) return NULL;
        b->p = p;
        b->cap = cap;
    }
    return b->p + b->len;
}

void cv_bytebuf_drop(struct cv_bytebuf *b, size_t n)
{
    b->at += n;
    if (b->at == b->len) b->at = b->len = 0;
}

static SECURITY_STATUS append(struct cv_bytebuf *b, const void *p, size_t n)
{
    BYTE *room = cv_bytebuf_room(b, n);
    if (room == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    if (n > 0) memcpy(room, p, n);
    b->len += n;
    return SEC_E_OK;
}

/* Remembers why; where no context came about, the thread knows. */
static SECURITY_STATUS fail(struct cv_link *l, SECURITY_STATUS status)
{
    l->status = status;
    if (!l->has_context ||
        QueryContextAttributesA(&l->context, SECPKG_ATTR_CULVERT_FAILURE, &l->failure) != SEC_E_OK ||
        l->failure.lStatus == SEC_E_OK)
        CulvertLastFailure(&l->failure);
    return status;
}

/* One call of ISC or ASC with the input given; out[0] gets the token. */
static SECURITY_STATUS call(struct cv_link *l, SecBufferDesc *in, SecBufferDesc *out)
{
    CtxtHandle *old = l->has_context ? &l->context : NULL;
    ULONG attributes;
    TimeStamp expiry;
    SECURITY_STATUS status =
        l->server
            ? AcceptSecurityContext(l->credential, old, in, l->requests, SECURITY_NATIVE_DREP, &l->context,
                                    out, &attributes, &expiry)
            : InitializeSecurityContextA(l->credential, old, (SEC_CHAR *)(uintptr_t)l->target, l->requests, 0,
                                         SECURITY_NATIVE_DREP, in, 0, &l->context, out, &attributes, &expiry);
    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE) {
        SECURITY_STATUS done = CompleteAuthToken(&l->context, out);
        l->has_context = true;
        if (done < 0) return done;
        return status == SEC_I_COMPLETE_NEEDED ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
    }
    /* A first call that fails or lacks input makes no context. */
    if (status == SEC_E_OK || (status > 0 && status != SEC_I_CONTEXT_EXPIRED)) l->has_context = true;
    return status;
}

/* Calls with all that is in `in`, keeps what the call leaves, and queues its token. *progress: input was
 * consumed or output made. */
static SECURITY_STATUS step(struct cv_link *l, bool *progress)
{
    size_t have = cv_bytebuf_left(&l->in);
    SecBuffer in[4] = {
        {(ULONG)have, SECBUFFER_TOKEN, l->in.p ? l->in.p + l->in.at : NULL},
        {0, SECBUFFER_EMPTY, NULL},
        {0, SECBUFFER_EMPTY, NULL},
        {0, SECBUFFER_EMPTY, NULL},
    };
    ULONG n_in = 2;
    if (!l->has_context && l->alpn != NULL)
        in[n_in++] = (SecBuffer){l->alpn_len, SECBUFFER_APPLICATION_PROTOCOLS, (void *)(uintptr_t)l->alpn};
    if (!l->has_context && l->early != NULL)
        in[n_in++] = (SecBuffer){l->early_len, CULVERT_BUFFER_EARLY_DATA, (void *)(uintptr_t)l->early};
    SecBuffer out[2] = {{0, SECBUFFER_TOKEN, NULL}, {0, SECBUFFER_ALERT, NULL}};
    SecBufferDesc in_desc = {SECBUFFER_VERSION, n_in, in}, out_desc = {SECBUFFER_VERSION, 2, out};
    SECURITY_STATUS status = call(l, &in_desc, &out_desc), queued = SEC_E_OK;

    *progress = out[0].pvBuffer != NULL && out[0].cbBuffer > 0;
    if (out[0].pvBuffer != NULL) {
        queued = append(&l->out, out[0].pvBuffer, out[0].cbBuffer);
        FreeContextBuffer(out[0].pvBuffer);
    }
    if (out[1].pvBuffer != NULL) FreeContextBuffer(out[1].pvBuffer);
    if (queued != SEC_E_OK) return queued;

    l->pending = status == SEC_I_ASYNC_CALL_PENDING;
    if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED || status == SEC_I_NO_RENEGOTIATION ||
        status == SEC_I_CONTINUE_NEEDED_MESSAGE_OK || l->pending) {
        size_t extra = in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0;
        if (have > extra) *progress = true;
        cv_bytebuf_drop(&l->in, have - extra);
    }
    return status;
}

static const SecBuffer *find(const SecBuffer *b, ULONG type)
{
    for (int i = 0; i < 4; i++)
        if ((b[i].BufferType & ~SECBUFFER_ATTRMASK) == type) return &b[i];
    return NULL;
}

/* One record of `in`. */
static SECURITY_STATUS open_record(struct cv_link *l, cv_link_sink *sink, void *ctx)
{
    size_t have = cv_bytebuf_left(&l->in);
    SecBuffer b[4] = {{(ULONG)have, SECBUFFER_DATA, l->in.p + l->in.at}};
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    SECURITY_STATUS status = DecryptMessage(&l->context, &desc, 0, NULL);
    if (status != SEC_E_OK && status != SEC_I_RENEGOTIATE && status != SEC_I_CONTEXT_EXPIRED) return status;

    const SecBuffer *data = find(b, SECBUFFER_DATA), *extra = find(b, SECBUFFER_EXTRA);
    if (status == SEC_E_OK && data != NULL && data->cbBuffer > 0) sink(ctx, data->pvBuffer, data->cbBuffer);
    cv_bytebuf_drop(&l->in, have - (extra != NULL ? extra->cbBuffer : 0));
    return status;
}

static SECURITY_STATUS seal_record(struct cv_link *l, const BYTE *data, size_t len)
{
    size_t room = l->sizes.cbHeader + len + l->sizes.cbTrailer;
    BYTE *p = cv_bytebuf_room(&l->out, room);
    if (p == NULL) return fail(l, SEC_E_INSUFFICIENT_MEMORY);
    if (len > 0) memcpy(p + l->sizes.cbHeader, data, len);
    SecBuffer b[4] = {
        {l->sizes.cbHeader, SECBUFFER_STREAM_HEADER, p},
        {(ULONG)len, SECBUFFER_DATA, p + l->sizes.cbHeader},
        {l->sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, p + l->sizes.cbHeader + len},
        {0, SECBUFFER_EMPTY, NULL},
    };
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    SECURITY_STATUS status = EncryptMessage(&l->context, 0, &desc, 0);
    if (status != SEC_E_OK) return fail(l, status);
    l->out.len += b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer; /* the trailer may have shrunk */
    return SEC_E_OK;
}

static bool is_tls12(struct cv_link *l)
{
    SecPkgContext_ConnectionInfo info;
    return QueryContextAttributesA(&l->context, SECPKG_ATTR_CONNECTION_INFO, &info) == SEC_E_OK &&
           (info.dwProtocol & SP_PROT_TLS1_2) != 0;
}

/* Another call on an established connection asks for new keys. In TLS 1.3 they come with the next record; in
 * TLS 1.2 a client's begins a handshake, a server's asks for one. */
static SECURITY_STATUS change_keys(struct cv_link *l)
{
    SecBuffer out = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc out_desc = {SECBUFFER_VERSION, 1, &out};
    ULONG requests = l->requests;
    SECURITY_STATUS status, queued = SEC_E_OK;
    if (l->server) l->requests &= ~(ULONG)ASC_REQ_MUTUAL_AUTH; /* that would ask for a certificate again */
    status = call(l, NULL, &out_desc);
    l->requests = requests;
    if (out.pvBuffer != NULL) {
        queued = append(&l->out, out.pvBuffer, out.cbBuffer);
        FreeContextBuffer(out.pvBuffer);
    }
    l->renegotiating = status == SEC_I_CONTINUE_NEEDED;
    if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED) status = queued;
    return status == SEC_E_OK ? status : fail(l, status);
}

static SECURITY_STATUS seal(struct cv_link *l, const BYTE *p, size_t len)
{
    while (len > 0) {
        size_t n = len < l->sizes.cbMaximumMessage ? len : l->sizes.cbMaximumMessage;
        SECURITY_STATUS status = seal_record(l, p, n);
        if (status != SEC_E_OK) return status;
        p += n;
        len -= n;
    }
    return SEC_E_OK;
}

SECURITY_STATUS cv_link_encrypt(struct cv_link *l, const void *data, size_t len)
{
    SECURITY_STATUS status = SEC_E_OK;
    bool new_keys = l->rekey && l->established && !l->renegotiating;
    bool behind = new_keys && l->server && is_tls12(l);
    if (new_keys && !behind) status = change_keys(l);
    if (status == SEC_E_OK) status = l->renegotiating ? append(&l->held, data, len) : seal(l, data, len);
    return status == SEC_E_OK && behind ? change_keys(l) : status;
}

/* The handshake in an established connection is over: what waited for it. */
static SECURITY_STATUS resume_sending(struct cv_link *l)
{
    l->renegotiating = false;
    l->n_renegotiations++;
    SECURITY_STATUS status = QueryContextAttributesA(&l->context, SECPKG_ATTR_STREAM_SIZES, &l->sizes);
    if (status != SEC_E_OK) return fail(l, status);
    status = seal(l, l->held.p == NULL ? NULL : l->held.p + l->held.at, cv_bytebuf_left(&l->held));
    cv_bytebuf_drop(&l->held, cv_bytebuf_left(&l->held));
    return status == SEC_E_OK && l->close_due ? cv_link_close(l) : status;
}

static void keep_early(void *ctx, const BYTE *data, size_t len)
{
    struct cv_link *l = ctx;
    if (append(&l->early_in, data, len) != SEC_E_OK) l->status = SEC_E_INSUFFICIENT_MEMORY;
}

/* Early data as far as it is there. SEC_I_RENEGOTIATE: it has ended. */
static SECURITY_STATUS read_early(struct cv_link *l)
{
    while (cv_bytebuf_left(&l->in) > 0) {
        SECURITY_STATUS status = open_record(l, keep_early, l);
        if (status == SEC_E_INCOMPLETE_MESSAGE) break;
        if (status == SEC_E_OK && l->status != SEC_E_OK) status = l->status;
        if (status == SEC_I_RENEGOTIATE) return status;
        if (status != SEC_E_OK) return fail(l, status);
    }
    return SEC_I_CONTINUE_NEEDED;
}

bool cv_link_early_taken(struct cv_link *l)
{
    CulvertContext_EarlyData early;
    return QueryContextAttributesA(&l->context, SECPKG_ATTR_CULVERT_EARLY_DATA, &early) == SEC_E_OK &&
           early.ulStatus == CULVERT_EARLY_DATA_ACCEPTED;
}

/* The handshake, until it ends, fails or needs input. After SEC_I_RENEGOTIATE, the answer to the peer. */
static SECURITY_STATUS run_handshake(struct cv_link *l)
{
    for (;;) {
        bool progress;
        SECURITY_STATUS status = step(l, &progress);
        switch (status) {
        case SEC_E_OK:
        case SEC_I_NO_RENEGOTIATION: /* all is as it was */
            return SEC_E_OK;
        case SEC_E_INCOMPLETE_MESSAGE:
            return SEC_I_CONTINUE_NEEDED;
        case SEC_I_CONTINUE_NEEDED:
            /* what is left may hold the next record already */
            if (!progress || cv_bytebuf_left(&l->in) == 0) return status;
            break;
        case SEC_I_CONTINUE_NEEDED_MESSAGE_OK:
            status = read_early(l);
            if (status != SEC_I_RENEGOTIATE) return status;
            break; /* early data has ended */
        case SEC_I_ASYNC_CALL_PENDING:
            return status;
        case SEC_I_INCOMPLETE_CREDENTIALS:
            /* The server asks for a certificate that we do not have: the same input again, saying so. */
            if (l->anonymous) return fail(l, status);
            l->anonymous = true;
            l->requests |= ISC_REQ_USE_SUPPLIED_CREDS;
            break;
        default:
            return fail(l, status);
        }
    }
}

SECURITY_STATUS cv_link_handshake(struct cv_link *l)
{
    /* A server has nothing to say before the client has; and no first call without anything to read. */
    if (cv_bytebuf_left(&l->in) == 0 && (l->server || l->has_context) && !l->pending)
        return SEC_I_CONTINUE_NEEDED;
    SECURITY_STATUS status = run_handshake(l);
    if (status != SEC_E_OK) return status;
    status = QueryContextAttributesA(&l->context, SECPKG_ATTR_STREAM_SIZES, &l->sizes);
    if (status != SEC_E_OK) return fail(l, status);
    l->established = true;
    return SEC_E_OK;
}

static void hand_out_early(struct cv_link *l, cv_link_sink *sink, void *ctx)
{
    size_t early = cv_bytebuf_left(&l->early_in);
    if (early > 0) sink(ctx, l->early_in.p + l->early_in.at, early);
    cv_bytebuf_drop(&l->early_in, early);
}

SECURITY_STATUS cv_link_take_early(struct cv_link *l, cv_link_sink *sink, void *ctx)
{
    CulvertContext_EarlyData early;
    if (cv_bytebuf_left(&l->early_in) == 0 ||
        QueryContextAttributesA(&l->context, SECPKG_ATTR_CULVERT_EARLY_DATA, &early) != SEC_E_OK ||
        !early.fMore)
        return SEC_E_OK;
    SECURITY_STATUS status = QueryContextAttributesA(&l->context, SECPKG_ATTR_STREAM_SIZES, &l->sizes);
    if (status != SEC_E_OK) return fail(l, status);
    hand_out_early(l, sink, ctx);
    return SEC_E_OK;
}

SECURITY_STATUS cv_link_decrypt(struct cv_link *l, cv_link_sink *sink, void *ctx)
{
    hand_out_early(l, sink, ctx);
    for (;;) {
        if (l->renegotiating) {
            SECURITY_STATUS status = run_handshake(l);
            if (status == SEC_I_CONTINUE_NEEDED) return SEC_E_INCOMPLETE_MESSAGE;
            if (status == SEC_E_OK) status = resume_sending(l);
            if (status != SEC_E_OK) return status;
        }
        if (cv_bytebuf_left(&l->in) == 0) return SEC_E_INCOMPLETE_MESSAGE;
        SECURITY_STATUS status = open_record(l, sink, ctx);
        switch (status) {
        case SEC_E_OK:
            break;
        case SEC_E_INCOMPLETE_MESSAGE:
            return status;
        case SEC_I_CONTEXT_EXPIRED:
            l->closed_by_peer = true;
            return status;
        case SEC_I_RENEGOTIATE:
            l->renegotiating = true;
            break; /* what follows is for the handshake */
        default: {
            /* the alert that tells the peer waits in the context */
            bool progress;
            fail(l, status);
            (void)step(l, &progress);
            return status;
        }
        }
    }
}

SECURITY_STATUS cv_link_close(struct cv_link *l)
{
    DWORD token = SCHANNEL_SHUTDOWN;
    SecBuffer b = {sizeof token, SECBUFFER_TOKEN, &token}, out = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc desc = {SECBUFFER_VERSION, 1, &b}, out_desc = {SECBUFFER_VERSION, 1, &out};
    if (l->closed || !l->has_context) return SEC_E_OK;
    l->close_due = l->renegotiating && !l->closed_by_peer;
    if (l->close_due) return SEC_E_OK;
    SECURITY_STATUS status = ApplyControlToken(&l->context, &desc);
    if (status != SEC_E_OK) return fail(l, status);
    status = call(l, NULL, &out_desc);
    if (out.pvBuffer != NULL) {
        SECURITY_STATUS queued = append(&l->out, out.pvBuffer, out.cbBuffer);
        FreeContextBuffer(out.pvBuffer);
        if (queued != SEC_E_OK) return fail(l, queued);
    }
    if (status != SEC_E_OK && status != SEC_I_CONTEXT_EXPIRED) return fail(l, status);
    l->closed = true;
    return SEC_E_OK;
}

void cv_link_free(struct cv_link *l)
{
    if (l->has_context) DeleteSecurityContext(&l->context);
    free(l->in.p);
    free(l->early_in.p);
    free(l->out.p);
    free(l->held.p);
    memset(l, 0, sizeof *l);
}
