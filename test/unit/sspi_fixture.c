#include "sspi_fixture.h"

#include "sspi/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static size_t read_file(const char *stem, const char *ending, char *buf, size_t cap)
{
    char path[128];
    (void)snprintf(path, sizeof path, "test/pki/tls/%s.%s", stem, ending);
    FILE *f = fopen(path, "rb");
    if (f == NULL) fail_msg("cannot open %s (run from the top folder)", path);
    size_t len = fread(buf, 1, cap, f);
    (void)fclose(f);
    return len;
}

PCCERT_CONTEXT sspi_cert(const char *stem)
{
    char cert[8192], key[8192];
    size_t cert_len = read_file(stem, "pem", cert, sizeof cert);
    size_t key_len = read_file(stem, "key", key, sizeof key);
    return CulvertCertificateFromPem(cert, (DWORD)cert_len, key, (DWORD)key_len);
}

HCERTSTORE sspi_roots(void)
{
    char pem[4096];
    size_t len = read_file("root", "pem", pem, sizeof pem);
    return CulvertStoreFromPem(pem, (DWORD)len);
}

void sspi_open(struct sspi_pair *p, const char *kind)
{
    char stem[32];
    memset(p, 0, sizeof *p);
    test_port_init(&p->port, 7);
    assert_true(CulvertSetPort(&p->port.port));
    (void)snprintf(stem, sizeof stem, "server-%s", kind);
    p->server.server = true;
    p->server.cert = sspi_cert(stem);
    assert_non_null(p->server.cert);
    p->server.req = ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT | ASC_REQ_CONFIDENTIALITY |
                    ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR;
    p->client.req = ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONFIDENTIALITY |
                    ISC_REQ_STREAM | ISC_REQ_EXTENDED_ERROR;
    p->client.target = (char *)(uintptr_t) "server.example";
    p->client.roots = sspi_roots();
    assert_non_null(p->client.roots);
}

static void close_end(struct sspi_end *e)
{
    if (e->has_ctx) assert_int_equal(DeleteSecurityContext(&e->ctx), SEC_E_OK);
    if (e->has_cred) assert_int_equal(FreeCredentialsHandle(&e->cred), SEC_E_OK);
    CertFreeCertificateContext(e->cert);
    CertCloseStore(e->roots, 0);
    e->has_ctx = e->has_cred = false;
    e->cert = NULL;
    e->roots = NULL;
}

void sspi_close(struct sspi_pair *p)
{
    close_end(&p->client);
    close_end(&p->server);
    assert_true(CulvertSetPort(NULL));
    test_port_check(&p->port);
}

static void give_up_end(struct sspi_end *e)
{
    if (e->has_ctx) (void)DeleteSecurityContext(&e->ctx);
    if (e->has_cred) (void)FreeCredentialsHandle(&e->cred);
    CertFreeCertificateContext(e->cert);
    CertCloseStore(e->roots, 0);
    e->has_ctx = e->has_cred = false;
    e->cert = NULL;
    e->roots = NULL;
}

void sspi_give_up(struct sspi_pair *p)
{
    give_up_end(&p->client);
    give_up_end(&p->server);
    (void)CulvertSetPort(NULL);
}

SECURITY_STATUS sspi_acquire(struct sspi_end *e)
{
    SCH_CREDENTIALS c = {
        .dwVersion = SCH_CREDENTIALS_VERSION,
        .cCreds = e->cert != NULL ? 1 : 0,
        .paCred = &e->cert,
        .hRootStore = e->roots,
        .dwFlags = e->cred_flags,
        .dwSessionLifespan = e->lifespan,
        .cTlsParameters = e->params != NULL ? 1 : 0,
        .pTlsParameters = e->params,
    };
    SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)UNISP_NAME_A,
                                                       e->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND,
                                                       NULL, &c, NULL, NULL, &e->cred, NULL);
    e->has_cred = status == SEC_E_OK;
    return status;
}

/* SEC_APPLICATION_PROTOCOLS from "a,b"; returns its length. */
static ULONG build_alpn(uint8_t *out, const char *names)
{
    uint8_t list[256];
    USHORT n = 0;
    while (*names != '\0') {
        size_t len = strcspn(names, ",");
        list[n++] = (uint8_t)len;
        memcpy(list + n, names, len);
        n = (USHORT)(n + len);
        names += len + (names[len] == ',');
    }
    ULONG total = 6u + n, kind = SecApplicationProtocolNegotiationExt_ALPN;
    memcpy(out, &total, 4);
    memcpy(out + 4, &kind, 4);
    memcpy(out + 8, &n, 2);
    memcpy(out + 10, list, n);
    return total + 4;
}

SECURITY_STATUS sspi_call(struct sspi_end *e, const uint8_t *token, size_t len, size_t out_cap)
{
    uint8_t alpn[300], *copy = malloc(len + 1), *given = malloc(len + 1);
    if (len > 0) {
        memcpy(copy, token, len);
        memcpy(given, token, len);
    }
    SecBuffer in[3] = {{(ULONG)len, SECBUFFER_TOKEN, given}, {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc in_desc = {SECBUFFER_VERSION, 2, in};
    SecBuffer out[3] = {{(ULONG)out_cap, SECBUFFER_TOKEN, e->out},
                        {sizeof e->alert, SECBUFFER_ALERT, e->alert},
                        {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc out_desc = {SECBUFFER_VERSION, 3, out};
    if (e->alpn != NULL && !e->has_ctx) {
        in[2] = (SecBuffer){build_alpn(alpn, e->alpn), SECBUFFER_APPLICATION_PROTOCOLS, alpn};
        in_desc.cBuffers = 3;
    }
    bool no_input = token == NULL && in_desc.cBuffers == 2;
    CtxtHandle fresh;
    SecInvalidateHandle(&fresh);
    CtxtHandle *old = e->has_ctx ? &e->ctx : NULL;
    if (e->server)
        e->status = AcceptSecurityContext(&e->cred, old, no_input ? NULL : &in_desc, e->req, 0, &fresh,
                                          &out_desc, &e->attributes, &e->expiry);
    else
        e->status = InitializeSecurityContextA(&e->cred, old, e->target, e->req, 0, SECURITY_NATIVE_DREP,
                                               no_input ? NULL : &in_desc, 0, &fresh, &out_desc,
                                               &e->attributes, &e->expiry);
    if (len > 0) assert_memory_equal(copy, given, len); /* token input is never written to */
    free(copy);
    free(given);
    if (SecIsValidHandle(&fresh)) {
        e->ctx = fresh;
        e->has_ctx = true;
    }
    e->extra = in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0;
    e->missing = in[1].BufferType == SECBUFFER_MISSING ? in[1].cbBuffer : 0;
    e->out_len = out[0].cbBuffer == out_cap ? 0 : out[0].cbBuffer;
    e->alert_len = out[1].cbBuffer;
    return e->status;
}

static void deliver(struct sspi_end *from, struct sspi_end *to, size_t len)
{
    assert_true(to->in_len + len <= SSPI_CAP);
    memcpy(to->in + to->in_len, from->out, len);
    to->in_len += len;
}

static void consume(struct sspi_end *e, size_t left)
{
    assert_true(left <= e->in_len);
    memmove(e->in, e->in + e->in_len - left, left);
    e->in_len = left;
}

SECURITY_STATUS sspi_turn(struct sspi_end *e, struct sspi_end *peer)
{
    SECURITY_STATUS status = sspi_call(e, e->in, e->in_len, SSPI_CAP);
    if (status == SEC_E_INCOMPLETE_MESSAGE) return status;
    consume(e, e->extra);
    deliver(e, peer, e->out_len);
    return status;
}

SECURITY_STATUS sspi_connect(struct sspi_pair *p)
{
    struct sspi_end *c = &p->client, *s = &p->server;
    SECURITY_STATUS status;
    if (!s->has_cred && (status = sspi_acquire(s)) != SEC_E_OK) return status;
    if (!c->has_cred && (status = sspi_acquire(c)) != SEC_E_OK) return status;
    c->in_len = s->in_len = 0;
    status = sspi_call(c, NULL, 0, SSPI_CAP);
    deliver(c, s, c->out_len);
    bool server_done = false;
    for (unsigned i = 0; i < 16 && status >= 0; i++) {
        if (!server_done) {
            status = sspi_turn(s, c);
            if (FAILED(status)) return status;
            server_done = status == SEC_E_OK;
        }
        if (server_done && c->status == SEC_E_OK) return SEC_E_OK;
        if (c->status != SEC_E_OK) status = sspi_turn(c, s);
    }
    return status;
}

void sspi_drop(struct sspi_pair *p)
{
    struct sspi_end *ends[] = {&p->client, &p->server};
    for (size_t i = 0; i < 2; i++) {
        if (ends[i]->has_ctx) assert_int_equal(DeleteSecurityContext(&ends[i]->ctx), SEC_E_OK);
        ends[i]->has_ctx = false;
        ends[i]->in_len = 0;
    }
}

SECURITY_STATUS sspi_send(struct sspi_end *e, struct sspi_end *peer, const void *data, size_t len)
{
    SecPkgContext_StreamSizes sizes;
    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes), SEC_E_OK);
    uint8_t *p = e->out;
    if (len > 0) memcpy(p + sizes.cbHeader, data, len);
    SecBuffer b[4] = {{sizes.cbHeader, SECBUFFER_STREAM_HEADER, p},
                      {(ULONG)len, SECBUFFER_DATA, p + sizes.cbHeader},
                      {sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, p + sizes.cbHeader + len},
                      {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    SECURITY_STATUS status = EncryptMessage(&e->ctx, 0, &desc, 0);
    if (status != SEC_E_OK) return status;
    assert_int_equal(b[1].cbBuffer, len); /* callers report it as written */
    deliver(e, peer, (size_t)b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer);
    return SEC_E_OK;
}

SECURITY_STATUS sspi_decrypt(struct sspi_end *e, SecBuffer bufs[4])
{
    bufs[0] = (SecBuffer){(ULONG)e->in_len, SECBUFFER_DATA, e->in};
    for (int i = 1; i < 4; i++) bufs[i] = (SecBuffer){0, SECBUFFER_EMPTY, NULL};
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, bufs};
    return DecryptMessage(&e->ctx, &desc, 0, NULL);
}

SECURITY_STATUS sspi_receive(struct sspi_end *e, struct sspi_end *peer, uint8_t *data, size_t cap,
                             size_t *len)
{
    SecBuffer b[4];
    *len = 0;
    for (unsigned i = 0; i < 100; i++) {
        SECURITY_STATUS status = sspi_decrypt(e, b);
        if (status == SEC_E_INCOMPLETE_MESSAGE) return status;
        size_t left = b[3].BufferType == SECBUFFER_EXTRA ? b[3].cbBuffer : 0;
        if (status == SEC_I_RENEGOTIATE) {
            assert_int_equal(b[3].BufferType, SECBUFFER_EXTRA);
            consume(e, left);
            status = sspi_turn(e, peer);
            if (status != SEC_E_OK) return status;
            continue;
        }
        if (FAILED(status)) return status;
        *len = b[1].cbBuffer;
        assert_true(*len <= cap);
        if (*len > 0) memcpy(data, b[1].pvBuffer, *len);
        consume(e, left);
        return status;
    }
    return SEC_E_INTERNAL_ERROR;
}

void sspi_exchange(struct sspi_end *from, struct sspi_end *to, const char *text)
{
    uint8_t got[1024];
    size_t len = 0;
    assert_int_equal(sspi_send(from, to, text, strlen(text)), SEC_E_OK);
    for (int i = 0; i < 10 && len == 0; i++)
        assert_int_equal(sspi_receive(to, from, got, sizeof got, &len), SEC_E_OK);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(got, text, len);
}

SECURITY_STATUS sspi_shutdown(struct sspi_end *e, struct sspi_end *peer)
{
    DWORD token = SCHANNEL_SHUTDOWN;
    SecBuffer b = {sizeof token, SECBUFFER_TOKEN, &token};
    SecBufferDesc desc = {SECBUFFER_VERSION, 1, &b};
    assert_int_equal(ApplyControlToken(&e->ctx, &desc), SEC_E_OK);
    SECURITY_STATUS status = sspi_call(e, NULL, 0, SSPI_CAP);
    deliver(e, peer, e->out_len);
    return status;
}
