/* The façade, used as a program written for Schannel uses it. */
#include "stack.h"

#include "sspi/win.h"

#include <stdlib.h>

enum { PEM_MAX = 16384, TOKEN_MAX = 32768 };

struct setup {
    CredHandle client, server;
    PCCERT_CONTEXT cert;
    HCERTSTORE roots;
};

struct end {
    struct setup *setup;
    CtxtHandle ctx;
    SecPkgContext_StreamSizes sizes;
    bool server, begun, established;
};

static void demand(SECURITY_STATUS status, const char *what)
{
    CulvertContext_Failure failure;
    if (status == SEC_E_OK) return;
    CulvertLastFailure(&failure);
    bench_fail("%s: %#lx %s", what, (unsigned long)(uint32_t)status, failure.pszReason);
}

#define NAME(text)                                                                                           \
    {                                                                                                        \
        .Length = sizeof(text) - 2, .MaximumLength = sizeof(text) - 2, .Buffer = (text),                     \
    }
static WCHAR name_aes[] = u"AES", name_chacha[] = u"CHACHA20_POLY1305";
static WCHAR name_p256[] = u"nistP256", name_p384[] = u"nistP384", name_p521[] = u"nistP521";
static WCHAR name_mlkem[] = u"ML-KEM";

/* X25519, and the one suite that is asked for: the others are disabled. */
static void acquire(struct setup *s, const struct stack_options *o, bool server)
{
    enum { AES = 4 };
    CRYPTO_SETTINGS off[] = {
        {.eAlgorithmUsage = TlsParametersCngAlgUsageKeyExchange, .strCngAlgId = NAME(name_p256)},
        {.eAlgorithmUsage = TlsParametersCngAlgUsageKeyExchange, .strCngAlgId = NAME(name_p384)},
        {.eAlgorithmUsage = TlsParametersCngAlgUsageKeyExchange, .strCngAlgId = NAME(name_p521)},
        {.eAlgorithmUsage = TlsParametersCngAlgUsageKeyExchange, .strCngAlgId = NAME(name_mlkem)},
        [AES] = {.eAlgorithmUsage = TlsParametersCngAlgUsageCipher, .strCngAlgId = NAME(name_aes)},
        {.eAlgorithmUsage = TlsParametersCngAlgUsageCipher, .strCngAlgId = NAME(name_chacha)},
    };
    TLS_PARAMETERS params = {.cDisabledCrypto = AES + 2, .pDisabledCrypto = off};
    if (o->suite == CV_TLS_CHACHA20_POLY1305_SHA256) params.cDisabledCrypto = AES + 1;
    if (o->suite == CV_TLS_AES_128_GCM_SHA256) off[AES].dwMaxBitLength = 128;
    if (o->suite == CV_TLS_AES_256_GCM_SHA384) off[AES].dwMinBitLength = 256;
    SCH_CREDENTIALS c = {
        .dwVersion = SCH_CREDENTIALS_VERSION,
        .cCreds = server ? 1 : 0,
        .paCred = &s->cert,
        .hRootStore = server ? NULL : s->roots,
        .dwSessionLifespan = o->resume ? 0 : 0xffffffff,
        .cTlsParameters = 1,
        .pTlsParameters = &params,
    };
    demand(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)UNISP_NAME_A,
                                     server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL, &c, NULL,
                                     NULL, server ? &s->server : &s->client, NULL),
           "AcquireCredentialsHandle");
}

static void *setup(const struct stack_options *o, const struct cv_port *port)
{
    static uint8_t cert[PEM_MAX], key[PEM_MAX];
    struct setup *s = calloc(1, sizeof *s);
    if (s == NULL || !CulvertSetPort(port)) bench_fail("CulvertSetPort");
    size_t cert_len = bench_pem_read(o->kind, BENCH_CHAIN, cert, sizeof cert);
    size_t key_len = bench_pem_read(o->kind, BENCH_KEY, key, sizeof key);
    s->cert = CulvertCertificateFromPem(cert, (DWORD)cert_len, key, (DWORD)key_len);
    cert_len = bench_pem_read(o->kind, BENCH_ROOT, cert, sizeof cert);
    s->roots = CulvertStoreFromPem(cert, (DWORD)cert_len);
    if (s->cert == NULL || s->roots == NULL) bench_fail("certificates: %#lx", (unsigned long)GetLastError());
    acquire(s, o, true);
    acquire(s, o, false);
    return s;
}

static void teardown(void *p)
{
    struct setup *s = p;
    demand(FreeCredentialsHandle(&s->client), "FreeCredentialsHandle");
    demand(FreeCredentialsHandle(&s->server), "FreeCredentialsHandle");
    CertFreeCertificateContext(s->cert);
    CertCloseStore(s->roots, 0);
    free(s);
    if (!CulvertSetPort(NULL)) bench_fail("the library is still in use");
}

static void *end_new(void *p, bool server)
{
    struct end *e = calloc(1, sizeof *e);
    if (e == NULL) bench_fail("no memory");
    e->setup = p;
    e->server = server;
    return e;
}

static void end_free(void *p)
{
    struct end *e = p;
    if (e->begun) demand(DeleteSecurityContext(&e->ctx), "DeleteSecurityContext");
    free(e);
}

/* One call with `in` as its token. Returns how many bytes of it were left. */
static size_t call(struct end *e, uint8_t *in, size_t in_len, struct wire *out, SECURITY_STATUS *status)
{
    enum {
        ISC_FLAGS =
            ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_STREAM,
        ASC_FLAGS =
            ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT | ASC_REQ_CONFIDENTIALITY | ASC_REQ_STREAM,
    };
    static uint8_t token[TOKEN_MAX];
    SecBuffer given[2] = {{(ULONG)in_len, SECBUFFER_TOKEN, in}, {0, SECBUFFER_EMPTY, NULL}};
    SecBuffer said = {sizeof token, SECBUFFER_TOKEN, token};
    SecBufferDesc in_desc = {SECBUFFER_VERSION, 2, given}, out_desc = {SECBUFFER_VERSION, 1, &said};
    CtxtHandle *old = e->begun ? &e->ctx : NULL;
    ULONG attributes;
    if (e->server)
        *status = AcceptSecurityContext(&e->setup->server, old, &in_desc, ASC_FLAGS, 0, &e->ctx, &out_desc,
                                        &attributes, NULL);
    else
        *status = InitializeSecurityContextA(&e->setup->client, old, (char *)(uintptr_t) "localhost",
                                             ISC_FLAGS, 0, 0, e->begun ? &in_desc : NULL, 0, &e->ctx,
                                             &out_desc, &attributes, NULL);
    if (*status == SEC_E_INCOMPLETE_MESSAGE) return in_len;
    if (*status != SEC_I_CONTINUE_NEEDED) demand(*status, e->server ? "AcceptSecurityContext" : "Initialize");
    e->begun = true;
    wire_put(out, token, said.cbBuffer);
    return given[1].BufferType == SECBUFFER_EXTRA ? given[1].cbBuffer : 0;
}

static SECURITY_STATUS decrypt(struct end *e, SecBuffer b[4], uint8_t *p, size_t len)
{
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    b[0] = (SecBuffer){(ULONG)len, SECBUFFER_DATA, p};
    for (int i = 1; i < 4; i++) b[i] = (SecBuffer){0, SECBUFFER_EMPTY, NULL};
    return DecryptMessage(&e->ctx, &desc, 0, NULL);
}

/* Tickets: DecryptMessage finds them, InitializeSecurityContext is shown them. */
static void take_tickets(struct end *e, struct wire *in, struct wire *out)
{
    SECURITY_STATUS status;
    SecBuffer b[4];
    while (wire_len(in) > 0) {
        status = decrypt(e, b, in->p + in->r, wire_len(in));
        if (status != SEC_I_RENEGOTIATE || b[3].BufferType != SECBUFFER_EXTRA)
            bench_fail("DecryptMessage: %#lx instead of a ticket", (unsigned long)(uint32_t)status);
        in->r = in->w - call(e, b[3].pvBuffer, b[3].cbBuffer, out, &status);
    }
}

static bool turn(void *p, struct wire *in, struct wire *out)
{
    struct end *e = p;
    SECURITY_STATUS status;
    if (e->established) {
        take_tickets(e, in, out);
        return true;
    }
    if (e->begun && wire_len(in) == 0) return false;
    do {
        in->r = in->w - call(e, in->p + in->r, wire_len(in), out, &status);
    } while (status == SEC_I_CONTINUE_NEEDED && wire_len(in) > 0);
    e->established = status == SEC_E_OK;
    if (e->established)
        demand(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_STREAM_SIZES, &e->sizes), "STREAM_SIZES");
    return e->established;
}

static bool resumed(void *p)
{
    struct end *e = p;
    SecPkgContext_SessionInfo info;
    demand(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_SESSION_INFO, &info), "SESSION_INFO");
    return (info.dwFlags & SSL_SESSION_RECONNECT) != 0;
}

static size_t seal(void *p, uint8_t *rec, size_t len)
{
    struct end *e = p;
    SecBuffer b[4] = {
        {e->sizes.cbHeader, SECBUFFER_STREAM_HEADER, rec},
        {(ULONG)len, SECBUFFER_DATA, rec + e->sizes.cbHeader},
        {e->sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, rec + e->sizes.cbHeader + len},
        {0, SECBUFFER_EMPTY, NULL},
    };
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    demand(EncryptMessage(&e->ctx, 0, &desc, 0), "EncryptMessage");
    return (size_t)b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer;
}

static size_t open_record(void *p, uint8_t *rec, size_t rec_len, uint8_t **data)
{
    SecBuffer b[4];
    demand(decrypt(p, b, rec, rec_len), "DecryptMessage");
    *data = b[1].pvBuffer;
    return b[1].cbBuffer;
}

const struct stack facade_stack = {
    .setup = setup,
    .teardown = teardown,
    .end_new = end_new,
    .end_free = end_free,
    .turn = turn,
    .resumed = resumed,
    .seal = seal,
    .open = open_record,
};
