#include "test/fuzz/sspi.h"

#include "test/fuzz/engine.h"

#include <stdlib.h>
#include <string.h>

/* --- the application --- */

static uint32_t roll(struct fuzz_app *app, uint32_t n)
{
    return app->in_order ? 0 : fuzz_roll(&app->dice, n);
}

void fuzz_check_status(SECURITY_STATUS status)
{
    static const SECURITY_STATUS known[] = {
        SEC_E_OK,
        SEC_I_CONTINUE_NEEDED,
        SEC_I_INCOMPLETE_CREDENTIALS,
        SEC_I_MESSAGE_FRAGMENT,
        SEC_I_RENEGOTIATE,
        SEC_I_NO_RENEGOTIATION,
        SEC_I_GENERIC_EXTENSION_RECEIVED,
        SEC_I_ASYNC_CALL_PENDING,
        SEC_I_CONTINUE_NEEDED_MESSAGE_OK,
        SEC_I_COMPLETE_NEEDED,
        SEC_I_COMPLETE_AND_CONTINUE,
        SEC_I_CONTEXT_EXPIRED,
        SEC_E_INCOMPLETE_MESSAGE,
        SEC_E_BUFFER_TOO_SMALL,
        SEC_E_EXT_BUFFER_TOO_SMALL,
        SEC_E_INVALID_PARAMETER,
        SEC_E_INVALID_TOKEN,
        SEC_E_INVALID_HANDLE,
        SEC_E_ILLEGAL_MESSAGE,
        SEC_E_ALGORITHM_MISMATCH,
        SEC_E_APPLICATION_PROTOCOL_MISMATCH,
        SEC_E_DECRYPT_FAILURE,
        SEC_E_MESSAGE_ALTERED,
        SEC_E_CONTEXT_EXPIRED,
        SEC_E_UNSUPPORTED_FUNCTION,
        SEC_E_NO_CREDENTIALS,
        SEC_E_TARGET_UNKNOWN,
        SEC_E_CERT_UNKNOWN,
        SEC_E_CERT_EXPIRED,
        SEC_E_CERT_WRONG_USAGE,
        SEC_E_WRONG_PRINCIPAL,
        SEC_E_UNTRUSTED_ROOT,
        SEC_E_LOGON_DENIED,
        SEC_E_INSUFFICIENT_MEMORY,
        SEC_E_BAD_BINDINGS,
        SEC_E_QOP_NOT_SUPPORTED,
        SEC_E_OUT_OF_SEQUENCE,
    };
    size_t i = 0;
    while (i < sizeof known / sizeof known[0] && known[i] != status) i++;
    /* Only a want of entropy may lead to SEC_E_INTERNAL_ERROR. */
    if (status == SEC_E_INTERNAL_ERROR && fuzz_library_port()->rng_fails_after != 0) return;
    FUZZ_CHECK(i < sizeof known / sizeof known[0]);
}

void fuzz_app_init(struct fuzz_app *app, bool server, const struct fuzz_setup *setup)
{
    *app = (struct fuzz_app){
        .creds = fuzz_credentials(setup->choices),
        .identity = (setup->choices & FUZZ_IDENTITY) != 0,
        .optional_auth = (setup->choices & FUZZ_REQUIRE) == 0,
        .server = server,
        .in_order = setup->seed == 0,
        .dice = {setup->seed},
        .alpn = (setup->choices & FUZZ_ALPN) != 0,
        .extensions = (setup->choices & FUZZ_EXTENSIONS) != 0,
        .early = (setup->choices & FUZZ_EARLY) != 0,
        .req = server ? ASC_REQ_STREAM | ASC_REQ_CONFIDENTIALITY | ASC_REQ_EXTENDED_ERROR
                      : ISC_REQ_STREAM | ISC_REQ_CONFIDENTIALITY | ISC_REQ_EXTENDED_ERROR,
    };
    if (server && setup->client_auth) app->req |= ASC_REQ_MUTUAL_AUTH;
    if (!server && (setup->choices & FUZZ_NO_VALIDATION)) app->req |= ISC_REQ_MANUAL_CRED_VALIDATION;
    if (!server && (setup->choices & FUZZ_IDENTITY) == 0 && (setup->choices & FUZZ_WANT_CREDENTIAL) == 0)
        app->req |= ISC_REQ_USE_SUPPLIED_CREDS;
    if (setup->choices & FUZZ_SMALL) app->req |= ISC_REQ_ALLOCATE_MEMORY;
}

void fuzz_app_free(struct fuzz_app *app)
{
    if (app->has_ctx) FUZZ_CHECK(DeleteSecurityContext(&app->ctx) == SEC_E_OK);
    free(app->buf);
}

static void put(struct fuzz_app *app, struct cv_bytes more)
{
    uint8_t *p = realloc(app->buf, app->len + more.len + 1);
    FUZZ_CHECK(p != NULL);
    if (more.len > 0) memcpy(p + app->len, more.p, more.len);
    app->buf = p;
    app->len += more.len;
    app->n_received += more.len;
}

/* The last n bytes stay. */
static void keep(struct fuzz_app *app, size_t n)
{
    FUZZ_CHECK(n <= app->len);
    memmove(app->buf, app->buf + (app->len - n), n);
    app->len = n;
}

static SECURITY_STATUS call(struct fuzz_app *app, CredHandle *cred, SecBufferDesc *in, SecBufferDesc *out)
{
    static char target[] = "server.example";
    CtxtHandle *ctx = app->has_ctx ? &app->ctx : NULL, *new_ctx = app->has_ctx ? NULL : &app->ctx;
    ULONG attributes;
    TimeStamp expiry;
    SECURITY_STATUS status =
        app->server ? AcceptSecurityContext(cred, ctx, in, app->req, 0, new_ctx, out, &attributes, &expiry)
                    : InitializeSecurityContextA(cred, ctx, target, app->req, 0, 0, in, 0, new_ctx, out,
                                                 &attributes, &expiry);
    fuzz_check_status(status);
    if (!app->has_ctx)
        app->has_ctx = status == SEC_I_CONTINUE_NEEDED || status == SEC_E_OK ||
                       status == SEC_I_MESSAGE_FRAGMENT || status == SEC_I_INCOMPLETE_CREDENTIALS ||
                       status == SEC_I_GENERIC_EXTENSION_RECEIVED || status == SEC_I_ASYNC_CALL_PENDING ||
                       status == SEC_I_CONTINUE_NEEDED_MESSAGE_OK;
    return status;
}

enum { OUT_CAP = 1 << 16, UNTOUCHED = 0xa5, EXTENSION = 57 };

/* What is read of a call: the token, an alert, an extension. */
static void take_output(struct fuzz_app *app, SecBuffer to[3], size_t out_cap, SECURITY_STATUS status)
{
    SecBuffer *token = &to[0], *alert = &to[1], *extension = &to[2];
    struct cv_bytes out = cv_bytes(token->pvBuffer, token->cbBuffer);
    bool allocated = (app->req & ISC_REQ_ALLOCATE_MEMORY) != 0;
    if (status == SEC_E_INCOMPLETE_MESSAGE || status == SEC_E_BUFFER_TOO_SMALL) return;
    if (status == SEC_I_GENERIC_EXTENSION_RECEIVED) {
        FUZZ_CHECK(app->extensions && extension->cbBuffer >= 4 && out.len == 0);
        struct cv_bytes whole = cv_bytes(extension->pvBuffer, extension->cbBuffer), body;
        uint16_t type;
        FUZZ_CHECK(cv_read_u16(&whole, &type) == CV_OK && type == EXTENSION);
        FUZZ_CHECK(cv_read_vec16(&whole, &body) == CV_OK && whole.len == 0);
    }
    /* A call that was refused as such leaves its buffers alone. */
    if (status < 0 && !allocated && out.len == out_cap && out.p[0] == UNTOUCHED) return;
    FUZZ_CHECK(alert->cbBuffer == 0 || alert->cbBuffer == 2);
    if (out.len > 0 && (app->req & ISC_REQ_FRAGMENT_TO_FIT) == 0) fuzz_check_records(out);
    if (out.len > 0 && app->sent != NULL) app->sent(app, out);
    if (!allocated) return;
    if (token->pvBuffer != NULL) FUZZ_CHECK(FreeContextBuffer(token->pvBuffer) == SEC_E_OK);
    if (alert->pvBuffer != NULL) FUZZ_CHECK(FreeContextBuffer(alert->pvBuffer) == SEC_E_OK);
    if (extension->pvBuffer != NULL) FUZZ_CHECK(FreeContextBuffer(extension->pvBuffer) == SEC_E_OK);
}

/* SEC_APPLICATION_PROTOCOLS: sizes, ALPN, the list. */
static const uint8_t *protocols(ULONG *len)
{
    static uint8_t buf[10 + 12];
    const ULONG total = 6 + 12, kind = SecApplicationProtocolNegotiationExt_ALPN;
    const USHORT list_len = 12;
    memcpy(buf, &total, 4);
    memcpy(buf + 4, &kind, 4);
    memcpy(buf + 8, &list_len, 2);
    memcpy(buf + 10, "\x02h2\x08http/1.1", 12);
    *len = sizeof buf;
    return buf;
}

/* One of its own for each message of this side, and a subscription to the peer's. */
static ULONG put_extensions(const struct fuzz_app *app, SecBuffer *b)
{
    static const uint8_t hello[] = {EXTENSION, 0, 1, 0, 0, 0, 0, 0, 5, 0, 'h', 'e', 'l', 'l', 'o'};
    static const uint8_t answer[] = {EXTENSION, 0, 8, 0, 0, 0, 0, 0, 1, 0, '3'};
    static const uint8_t answer12[] = {EXTENSION, 0, 2, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t to_hello[] = {0, 0, 0, 0, 1, 0, 0, 0, EXTENSION, 0, 1, 0};
    static const uint8_t to_answers[] = {0, 0, 0, 0, 2, 0, 0, 0, EXTENSION, 0, 8, 0, EXTENSION, 0, 2, 0};
    const ULONG send = SECBUFFER_SEND_GENERIC_TLS_EXTENSION,
                subscribe = SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION;
    ULONG n = 0;
    if (app->server) {
        b[n++] = (SecBuffer){sizeof answer, send, (void *)(uintptr_t)answer};
        b[n++] = (SecBuffer){sizeof answer12, send, (void *)(uintptr_t)answer12};
        b[n++] = (SecBuffer){sizeof to_hello, subscribe, (void *)(uintptr_t)to_hello};
    } else {
        b[n++] = (SecBuffer){sizeof hello, send, (void *)(uintptr_t)hello};
        b[n++] = (SecBuffer){sizeof to_answers, subscribe, (void *)(uintptr_t)to_answers};
    }
    return n;
}

static bool goes_on(SECURITY_STATUS status)
{
    return status == SEC_E_BUFFER_TOO_SMALL || status == SEC_I_MESSAGE_FRAGMENT ||
           status == SEC_E_EXT_BUFFER_TOO_SMALL || status == SEC_I_GENERIC_EXTENSION_RECEIVED ||
           status == SEC_I_ASYNC_CALL_PENDING;
}

/* What is left of the input, by what the call says. */
static size_t rest_of_input(const SecBuffer *spare, SECURITY_STATUS status, size_t len)
{
    if (status == SEC_E_INCOMPLETE_MESSAGE) {
        FUZZ_CHECK(spare->BufferType == SECBUFFER_MISSING && spare->cbBuffer > 0);
        return len;
    }
    if (spare->BufferType != SECBUFFER_EXTRA) return 0;
    FUZZ_CHECK(spare->cbBuffer > 0 && spare->cbBuffer <= len);
    return spare->cbBuffer;
}

static SECURITY_STATUS token_call(struct fuzz_app *app, bool with_bytes, size_t out_cap, size_t *left)
{
    bool allocate = (app->req & ISC_REQ_ALLOCATE_MEMORY) != 0;
    uint8_t *copy = fuzz_copy(cv_bytes(app->buf, app->len)), *out = malloc(out_cap), alert[2], extension[64];
    CredHandle *cred = app->server     ? &app->creds->server[app->optional_auth]
                       : app->identity ? &app->creds->client_with_cert
                                       : &app->creds->client;
    static const uint8_t early[] = "early data";
    SecBuffer in[7] = {{(ULONG)app->len, SECBUFFER_TOKEN, copy}, {0, SECBUFFER_EMPTY, NULL}};
    SecBuffer to[3] = {{(ULONG)out_cap, SECBUFFER_TOKEN, out},
                       {sizeof alert, SECBUFFER_ALERT, alert},
                       {sizeof extension, SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION, extension}};
    SecBufferDesc in_desc = {SECBUFFER_VERSION, 2, in},
                  out_desc = {SECBUFFER_VERSION, app->extensions ? 3 : 2, to};
    FUZZ_CHECK(out != NULL);
    memset(out, UNTOUCHED, 1);
    if (app->alpn) {
        SecBuffer *b = &in[in_desc.cBuffers++];
        b->BufferType = SECBUFFER_APPLICATION_PROTOCOLS;
        b->pvBuffer = (void *)(uintptr_t)protocols(&b->cbBuffer);
    }
    if (app->extensions) in_desc.cBuffers += put_extensions(app, &in[in_desc.cBuffers]);
    if (app->early && !app->server)
        in[in_desc.cBuffers++] =
            (SecBuffer){sizeof early, CULVERT_BUFFER_EARLY_DATA, (void *)(uintptr_t)early};
    if (!with_bytes) in[0].cbBuffer = 0;
    if (allocate) to[0] = (SecBuffer){0, SECBUFFER_TOKEN, NULL};
    if (allocate) to[1] = (SecBuffer){0, SECBUFFER_ALERT, NULL};
    if (allocate) to[2] = (SecBuffer){0, SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION, NULL};
    if (!allocate && roll(app, 8) == 1) to[2].cbBuffer = roll(app, 16);
    if (roll(app, 4) == 1 && !app->server) cred = &app->creds->client_with_cert;
    bool no_desc = !with_bytes && (roll(app, 2) == 1 || (!app->has_ctx && !app->server && !app->alpn &&
                                                         !app->extensions && !app->early));
    SECURITY_STATUS status = call(app, cred, no_desc ? NULL : &in_desc, &out_desc);
    FUZZ_CHECK(app->len == 0 || memcmp(copy, app->buf, app->len) == 0); /* a token is never written to */
    *left = !with_bytes ? app->len : rest_of_input(&in[1], status, app->len);
    take_output(app, to, out_cap, status);
    free(copy);
    free(out);
    return status;
}

SECURITY_STATUS fuzz_app_token(struct fuzz_app *app, bool with_bytes)
{
    size_t out_cap = roll(app, 8) == 1 ? 1 + roll(app, 200) : OUT_CAP, left;
    SECURITY_STATUS status = token_call(app, with_bytes, out_cap, &left);
    app->n_calls++;
    for (unsigned i = 0; goes_on(status); i++) {
        /* Nothing is lost: again with the same bytes, with the ones that are left, or with none. */
        FUZZ_CHECK(i < 16);
        uint32_t way = roll(app, 3);
        if (way != 1) keep(app, left);
        if (!app->has_ctx) break; /* the whole call failed */
        status = token_call(app, way != 2, OUT_CAP, &left);
    }
    keep(app, left);
    switch (status) {
    case SEC_E_OK:
    case SEC_I_NO_RENEGOTIATION:
        app->established = true;
        break;
    case SEC_I_INCOMPLETE_CREDENTIALS:
        app->identity = roll(app, 2) == 0;
        break;
    case SEC_I_CONTINUE_NEEDED:
        app->established = false; /* in a renegotiation, again */
        break;
    case SEC_I_CONTINUE_NEEDED_MESSAGE_OK:
        app->reads_early = true;
        break;
    case SEC_E_INCOMPLETE_MESSAGE:
    case SEC_E_BUFFER_TOO_SMALL:
    case SEC_E_EXT_BUFFER_TOO_SMALL:
    case SEC_I_MESSAGE_FRAGMENT:
        break;
    default:
        app->over = true;
    }
    return status;
}

/* The parts of an opened record adjoin, and what is left ends where the input ended. */
static void check_parts(const struct fuzz_app *app, const SecBuffer b[4], const uint8_t *in, size_t len,
                        SECURITY_STATUS status)
{
    /* A HelloRequest of TLS 1.2 is not marked: EXTRA is what follows it. */
    bool follows = status != SEC_I_RENEGOTIATE || !app->server;
    const uint8_t *data = b[1].pvBuffer, *trailer = b[2].pvBuffer;
    FUZZ_CHECK(b[0].BufferType == SECBUFFER_STREAM_HEADER && b[0].pvBuffer == in);
    FUZZ_CHECK(b[1].BufferType == SECBUFFER_DATA && data == in + b[0].cbBuffer);
    FUZZ_CHECK(b[2].BufferType == SECBUFFER_STREAM_TRAILER && trailer == data + b[1].cbBuffer);
    size_t rec_len = (size_t)(trailer - in) + b[2].cbBuffer;
    FUZZ_CHECK(rec_len <= len);
    if (b[3].BufferType == SECBUFFER_EXTRA) {
        const uint8_t *extra = b[3].pvBuffer;
        FUZZ_CHECK(extra + b[3].cbBuffer == in + len && b[3].cbBuffer > 0);
        FUZZ_CHECK((follows && extra == in + rec_len) || (status == SEC_I_RENEGOTIATE && extra == in));
    } else {
        FUZZ_CHECK(follows && b[3].BufferType == SECBUFFER_EMPTY && rec_len == len);
    }
}

static SECURITY_STATUS decrypt(struct fuzz_app *app)
{
    uint8_t *copy = fuzz_copy(cv_bytes(app->buf, app->len));
    size_t len = app->len;
    SecBuffer b[4] = {{(ULONG)len, SECBUFFER_DATA, copy}};
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    ULONG qop = 0;
    SECURITY_STATUS status = DecryptMessage(&app->ctx, &desc, 0, &qop);
    fuzz_check_status(status);
    app->n_calls++;
    switch (status) {
    case SEC_E_OK:
    case SEC_I_RENEGOTIATE:
    case SEC_I_CONTEXT_EXPIRED:
        check_parts(app, b, copy, len, status);
        if (status == SEC_I_RENEGOTIATE) FUZZ_CHECK(b[1].cbBuffer == 0);
        if (qop == CULVERT_QOP_EARLY_DATA) FUZZ_CHECK(app->reads_early);
        if (b[1].cbBuffer > 0 && app->read != NULL && qop == 0)
            app->read(app, cv_bytes(b[1].pvBuffer, b[1].cbBuffer));
        memcpy(app->buf, copy, len); /* it was opened in place */
        keep(app, b[3].cbBuffer);
        break;
    case SEC_E_INCOMPLETE_MESSAGE:
        FUZZ_CHECK(b[0].BufferType == SECBUFFER_MISSING && b[0].cbBuffer > 0);
        FUZZ_CHECK(len == 0 || memcmp(copy, app->buf, len) == 0);
        break;
    default:
        break;
    }
    free(copy);
    return status;
}

SECURITY_STATUS fuzz_app_encrypt(struct fuzz_app *app, struct cv_bytes data)
{
    SecPkgContext_StreamSizes sizes;
    SECURITY_STATUS status = QueryContextAttributesA(&app->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes);
    if (status != SEC_E_OK) return status;
    FUZZ_CHECK(data.len <= sizes.cbMaximumMessage);
    size_t all = sizes.cbHeader + data.len + sizes.cbTrailer;
    uint8_t *p = malloc(all);
    FUZZ_CHECK(p != NULL);
    if (data.len > 0) memcpy(p + sizes.cbHeader, data.p, data.len);
    SecBuffer b[4] = {
        {sizes.cbHeader, SECBUFFER_STREAM_HEADER, p},
        {(ULONG)data.len, SECBUFFER_DATA, p + sizes.cbHeader},
        {sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, p + sizes.cbHeader + data.len},
    };
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    status = EncryptMessage(&app->ctx, 0, &desc, 0);
    fuzz_check_status(status);
    if (status == SEC_E_OK) {
        struct cv_bytes records = cv_bytes(p, (size_t)b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer);
        FUZZ_CHECK(records.len <= all);
        fuzz_check_records(records);
        if (app->sent != NULL) app->sent(app, records);
    }
    free(p);
    return status;
}

void fuzz_app_control(struct fuzz_app *app, const void *token, size_t len)
{
    uint8_t *copy = fuzz_copy(cv_bytes(token, len));
    SecBuffer b = {(ULONG)len, SECBUFFER_TOKEN, copy};
    SecBufferDesc desc = {SECBUFFER_VERSION, 1, &b};
    SECURITY_STATUS status = ApplyControlToken(&app->ctx, &desc);
    fuzz_check_status(status);
    free(copy);
    if (status == SEC_E_OK) (void)fuzz_app_token(app, false);
}

static void shut_down(struct fuzz_app *app)
{
    const DWORD type = SCHANNEL_SHUTDOWN;
    fuzz_app_control(app, &type, sizeof type);
}

/* Attributes that are asked for in passing. */
static void query(struct fuzz_app *app)
{
    SecPkgContext_ConnectionInfo connection;
    SecPkgContext_ApplicationProtocol protocol;
    SecPkgContext_CipherInfo cipher = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
    SecPkgContext_SessionInfo session;
    SecPkgContext_Bindings bindings = {0, NULL};
    PCCERT_CONTEXT cert = NULL;
    CulvertContext_Failure failure;
    (void)QueryContextAttributesA(&app->ctx, SECPKG_ATTR_CONNECTION_INFO, &connection);
    (void)QueryContextAttributesA(&app->ctx, SECPKG_ATTR_APPLICATION_PROTOCOL, &protocol);
    (void)QueryContextAttributesA(&app->ctx, SECPKG_ATTR_CIPHER_INFO, &cipher);
    (void)QueryContextAttributesA(&app->ctx, SECPKG_ATTR_SESSION_INFO, &session);
    (void)QueryContextAttributesA(&app->ctx, SECPKG_ATTR_CULVERT_FAILURE, &failure);
    if (QueryContextAttributesA(&app->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert) == SEC_E_OK)
        CertFreeCertificateContext(cert);
    if (QueryContextAttributesA(&app->ctx, SECPKG_ATTR_ENDPOINT_BINDINGS, &bindings) == SEC_E_OK)
        FUZZ_CHECK(FreeContextBuffer(bindings.Bindings) == SEC_E_OK);
}

static void do_something(struct fuzz_app *app)
{
    const SCHANNEL_ALERT_TOKEN alert = {SCHANNEL_ALERT, TLS1_ALERT_WARNING, TLS1_ALERT_USER_CANCELED};
    const DWORD renegotiate = SCHANNEL_RENEGOTIATE;
    if (!app->has_ctx) return;
    switch (roll(app, 16)) {
    case 1:
    case 2:
        (void)fuzz_app_encrypt(app, cv_bytes((const uint8_t *)"something to be sent", roll(app, 21)));
        break;
    case 3:
        if (app->established) (void)fuzz_app_token(app, false);
        break;
    case 4:
        fuzz_app_control(app, &renegotiate, sizeof renegotiate);
        break;
    case 5:
        fuzz_app_control(app, &alert, sizeof alert);
        break;
    case 6:
        if (roll(app, 8) == 0) shut_down(app);
        break;
    case 7:
        query(app);
        break;
    default:
        break;
    }
}

/* SEC_I_RENEGOTIATE: what is left goes to ISC or ASC; or nothing does; or the application merely loops. */
static void renegotiate(struct fuzz_app *app)
{
    uint32_t way = roll(app, 4);
    if (way == 3) return;
    (void)fuzz_app_token(app, way != 2);
}

/* One call; false if more bytes are needed. */
static bool advance(struct fuzz_app *app)
{
    SECURITY_STATUS status;
    if (!app->established && !app->reads_early) {
        status = fuzz_app_token(app, app->has_ctx || app->server);
        return !(status == SEC_E_INCOMPLETE_MESSAGE || (status == SEC_I_CONTINUE_NEEDED && app->len == 0));
    }
    if (app->len == 0) return false;
    if (roll(app, 16) == 1) {
        size_t before = app->len;
        status = fuzz_app_token(app, true);
        if (status == SEC_E_INCOMPLETE_MESSAGE) return false;
        if (app->over || app->len < before) return true;
    }
    switch (decrypt(app)) {
    case SEC_E_OK:
        return true;
    case SEC_I_RENEGOTIATE:
        app->reads_early = false;
        renegotiate(app);
        return true;
    case SEC_E_INCOMPLETE_MESSAGE:
        return false;
    case SEC_I_CONTEXT_EXPIRED:
        shut_down(app);
        app->over = true;
        return false;
    default:
        (void)fuzz_app_token(app, false); /* the alert */
        app->over = true;
        return false;
    }
}

void fuzz_app_receive(struct fuzz_app *app, struct cv_bytes bytes)
{
    put(app, bytes);
    while (!app->over) {
        do_something(app);
        if (app->over || !advance(app)) break;
        /* Each record costs a few calls; one that only loops may see a marked one 32 times. */
        FUZZ_CHECK(app->n_calls <= 1000 + 4 * app->n_received);
    }
    if (app->over && app->has_ctx) query(app);
}

void fuzz_app_run(const struct fuzz_setup *setup, bool server)
{
    struct fuzz_app app;
    struct cv_bytes rest = setup->data;
    uint32_t most = (uint32_t)(rest.len / 16 + 1);
    fuzz_library_begin();
    fuzz_app_init(&app, server, setup);
    struct test_port *port = fuzz_library_port();
    if (setup->choices & FUZZ_NO_MEMORY) test_port_fail_at(port, setup->seed);
    if (setup->choices & FUZZ_NO_ENTROPY) port->rng_fails_after = port->n_random + 1 + 8u * setup->seed;
    if (!server) fuzz_app_receive(&app, cv_bytes(NULL, 0));
    while (rest.len > 0 && !app.over)
        fuzz_app_receive(&app, fuzz_take(&rest, app.in_order ? rest.len : roll(&app, most) + 1));
    fuzz_app_free(&app);
    fuzz_library_end();
}
