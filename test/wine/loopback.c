/* A client and a server of one program for Windows, whose certificates and keys are crypt32's, CNG's and
 * CryptoAPI's: loopback.exe FOLDER. Compiled with the system's headers, linked with the system's import
 * libraries. */
#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS
#include <windows.h>
#include <subauth.h>
#include <wincrypt.h>
#include <sspi.h>
#include <schannel.h>
#include <stdio.h>
#include <string.h>
#include "keys.h"
#include "../../sspi/include/culvert.h"

#ifndef SP_PROT_TLS1_3
#define SP_PROT_TLS1_3 0x3000
#endif

enum { CAP = 1 << 16, TLS12 = 0x0c00, TLS13 = 0x3000 };

static int n_failed, n_checks;

#define CHECK(condition) check((condition), #condition, __LINE__)
#define EQUAL(got, wanted) equal((long)(got), (long)(wanted), #got, __LINE__)

static int check(int holds, const char *what, int line)
{
    n_checks++;
    if (holds) return 1;
    n_failed++;
    printf("loopback.c:%d: %s\n", line, what);
    return 0;
}

static int equal(long got, long wanted, const char *what, int line)
{
    n_checks++;
    if (got == wanted) return 1;
    n_failed++;
    printf("loopback.c:%d: %s is %#lx, not %#lx\n", line, what, got, wanted);
    return 0;
}

struct side {
    BOOL server;
    CredHandle cred;
    CtxtHandle ctx;
    BOOL has_ctx, done;
    ULONG requests, attributes;
    BYTE in[CAP];
    DWORD in_len;
};

static struct side client, server;
static PCCERT_CONTEXT server_cert, client_cert; /* of the next credentials; NULL: none */
static HCERTSTORE root;
static BOOL with_alpn = TRUE;

static SECURITY_STATUS acquire(struct side *s, PCCERT_CONTEXT cert, DWORD protocols)
{
    TLS_PARAMETERS parameters = {.grbitDisabledProtocols = ~protocols};
    SCH_CREDENTIALS c = {
        .dwVersion = SCH_CREDENTIALS_VERSION,
        .cCreds = cert != NULL,
        .paCred = &cert,
        .hRootStore = root,
        .dwFlags = SCH_CRED_NO_DEFAULT_CREDS | (s->server ? SCH_CRED_AUTO_CRED_VALIDATION : 0),
        .cTlsParameters = 1,
        .pTlsParameters = &parameters,
    };
    return AcquireCredentialsHandleW(NULL, (WCHAR *)UNISP_NAME_W,
                                     s->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL, &c, NULL,
                                     NULL, &s->cred, NULL);
}

static SECURITY_STATUS acquire_both(DWORD protocols)
{
    client = (struct side){.requests = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM | ISC_REQ_CONFIDENTIALITY |
                                       ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT |
                                       ISC_REQ_USE_SUPPLIED_CREDS | ISC_REQ_EXTENDED_ERROR};
    server =
        (struct side){.server = TRUE,
                      .requests = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_STREAM | ASC_REQ_CONFIDENTIALITY |
                                  ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT | ASC_REQ_EXTENDED_ERROR};
    SECURITY_STATUS status = acquire(&client, client_cert, protocols);
    if (status != SEC_E_OK) return status;
    status = acquire(&server, server_cert, protocols);
    if (status != SEC_E_OK) FreeCredentialsHandle(&client.cred);
    return status;
}

static void put(struct side *to, const void *p, DWORD len)
{
    if (!CHECK(to->in_len + len <= CAP)) return;
    memcpy(to->in + to->in_len, p, len);
    to->in_len += len;
}

static void keep(struct side *s, DWORD extra)
{
    memmove(s->in, s->in + s->in_len - extra, extra);
    s->in_len = extra;
}

/* One call; without_input: of re-authentication. */
static SECURITY_STATUS turn(struct side *s, BOOL without_input)
{
    static const BYTE alpn[] = {14,  0,   0, 0,   2,   0,   0,   0,   12,  0,   2,
                                'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    /* ProtocolListsSize counts what is behind it */
    BYTE protocols[sizeof alpn];
    memcpy(protocols, alpn, sizeof alpn);
    protocols[0] = sizeof alpn - 4;
    protocols[8] = sizeof alpn - 10;
    struct side *peer = s->server ? &client : &server;
    BOOL first = !s->has_ctx, starts = first && !s->server;
    SecBuffer in[3] = {{s->in_len, SECBUFFER_TOKEN, s->in}, {0, SECBUFFER_EMPTY, NULL}};
    if (first && with_alpn)
        in[starts ? 0 : 2] = (SecBuffer){sizeof protocols, SECBUFFER_APPLICATION_PROTOCOLS, protocols};
    SecBuffer out[2] = {{0, SECBUFFER_TOKEN, NULL}, {0, SECBUFFER_ALERT, NULL}};
    SecBufferDesc in_desc = {SECBUFFER_VERSION, !with_alpn ? 2 : starts ? 1 : first ? 3 : 2, in};
    SecBufferDesc out_desc = {SECBUFFER_VERSION, 2, out}, *input = without_input ? NULL : &in_desc;
    SECURITY_STATUS status =
        s->server ? AcceptSecurityContext(&s->cred, first ? NULL : &s->ctx, input, s->requests, 0, &s->ctx,
                                          &out_desc, &s->attributes, NULL)
                  : InitializeSecurityContextW(&s->cred, first ? NULL : &s->ctx, (WCHAR *)L"server.example",
                                               s->requests, 0, 0, input, 0, &s->ctx, &out_desc,
                                               &s->attributes, NULL);
    if (SUCCEEDED(status)) s->has_ctx = TRUE;
    if (status != SEC_E_INCOMPLETE_MESSAGE && !without_input)
        keep(s, !starts && in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0);
    if (out[0].pvBuffer != NULL) {
        put(peer, out[0].pvBuffer, out[0].cbBuffer);
        EQUAL(FreeContextBuffer(out[0].pvBuffer), SEC_E_OK);
    }
    if (out[1].pvBuffer != NULL) FreeContextBuffer(out[1].pvBuffer);
    s->done = status == SEC_E_OK;
    return status;
}

/* Until both are done, or one fails; the status of who failed. */
static SECURITY_STATUS handshake(void)
{
    SECURITY_STATUS status = client.has_ctx ? SEC_E_OK : turn(&client, FALSE);
    for (int i = 0; i < 8 && SUCCEEDED(status) && !(client.done && server.done); i++)
        status = turn(i % 2 == 0 ? &server : &client, FALSE);
    return status;
}

static void drop(void)
{
    if (client.has_ctx) EQUAL(DeleteSecurityContext(&client.ctx), SEC_E_OK);
    if (server.has_ctx) EQUAL(DeleteSecurityContext(&server.ctx), SEC_E_OK);
    client.has_ctx = client.done = server.has_ctx = server.done = FALSE;
    client.in_len = server.in_len = 0;
}

static void free_both(void)
{
    drop();
    EQUAL(FreeCredentialsHandle(&client.cred), SEC_E_OK);
    EQUAL(FreeCredentialsHandle(&server.cred), SEC_E_OK);
}

static void send_text(struct side *from, const char *text)
{
    SecPkgContext_StreamSizes sizes;
    BYTE record[2048];
    DWORD len = (DWORD)strlen(text);
    if (!EQUAL(QueryContextAttributesW(&from->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes), SEC_E_OK)) return;
    memcpy(record + sizes.cbHeader, text, len);
    SecBuffer b[4] = {{sizes.cbHeader, SECBUFFER_STREAM_HEADER, record},
                      {len, SECBUFFER_DATA, record + sizes.cbHeader},
                      {sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, record + sizes.cbHeader + len}};
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    EQUAL(EncryptMessage(&from->ctx, 0, &desc, 0), SEC_E_OK);
    put(from->server ? &client : &server, record, b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer);
}

/* DecryptMessage, as often as there is a record; what the handshake has to say goes where the contract says.
 */
static void expect_text(struct side *to, const char *text)
{
    for (int i = 0; i < 8; i++) {
        SecBuffer b[4] = {{to->in_len, SECBUFFER_DATA, to->in}};
        SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
        SECURITY_STATUS status = DecryptMessage(&to->ctx, &desc, 0, NULL);
        DWORD extra = b[3].BufferType == SECBUFFER_EXTRA ? b[3].cbBuffer : 0;
        if (status == SEC_I_RENEGOTIATE) {
            keep(to, extra);
            CHECK(SUCCEEDED(turn(to, FALSE)));
            continue;
        }
        EQUAL(status, SEC_E_OK);
        if (SUCCEEDED(status) && b[1].cbBuffer > 0) {
            CHECK(b[1].cbBuffer == strlen(text) && memcmp(b[1].pvBuffer, text, b[1].cbBuffer) == 0);
            keep(to, extra);
            return;
        }
        if (FAILED(status)) return;
        keep(to, extra);
    }
    CHECK(!"data arrives");
}

static void exchange(void)
{
    send_text(&client, "from the client");
    expect_text(&server, "from the client");
    send_text(&server, "from the server");
    expect_text(&client, "from the server");
}

static DWORD version(void)
{
    SecPkgContext_ConnectionInfo info = {0};
    EQUAL(QueryContextAttributesW(&client.ctx, SECPKG_ATTR_CONNECTION_INFO, &info), SEC_E_OK);
    return info.dwProtocol;
}

static BOOL was_resumed(void)
{
    SecPkgContext_SessionInfo info = {0};
    EQUAL(QueryContextAttributesW(&client.ctx, SECPKG_ATTR_SESSION_INFO, &info), SEC_E_OK);
    return (info.dwFlags & SSL_SESSION_RECONNECT) != 0;
}

static void check_peer(struct side *s, PCCERT_CONTEXT wanted)
{
    PCCERT_CONTEXT got = NULL, c = NULL;
    DWORD n = 0;
    if (!EQUAL(QueryContextAttributesW(&s->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &got), SEC_E_OK)) return;
    CHECK(CertCompareCertificate(X509_ASN_ENCODING, got->pCertInfo, wanted->pCertInfo));
    while ((c = CertEnumCertificatesInStore(got->hCertStore, c)) != NULL) n++;
    EQUAL(n, 2); /* with its authority */
    CHECK(CertFreeCertificateContext(got));
}

static void check_alpn(void)
{
    SecPkgContext_ApplicationProtocol p = {0};
    EQUAL(QueryContextAttributesW(&client.ctx, SECPKG_ATTR_APPLICATION_PROTOCOL, &p), SEC_E_OK);
    CHECK(p.ProtoNegoStatus == SecApplicationProtocolNegotiationStatus_Success && p.ProtocolIdSize == 2 &&
          memcmp(p.ProtocolId, "h2", 2) == 0);
}

/* --- the tests --- */

static void servers_with_keys_of(const char *folder, enum key_kind kind, DWORD protocols, DWORD wanted)
{
    char stem[MAX_PATH];
    snprintf(stem, sizeof stem, "%s/server-rsa", folder);
    server_cert = read_certificate(stem, kind);
    if (!CHECK(server_cert != NULL)) return;
    client_cert = NULL;
    EQUAL(acquire_both(protocols), SEC_E_OK);
    EQUAL(handshake(), SEC_E_OK);
    if (client.done && server.done) {
        EQUAL(version(), wanted);
        check_peer(&client, server_cert);
        check_alpn();
        exchange();
        CHECK(!was_resumed());
        drop();
        EQUAL(handshake(), SEC_E_OK);
        CHECK(was_resumed());
        exchange();
    }
    free_both();
    CHECK(CertFreeCertificateContext(server_cert));
}

static void a_key_that_cannot_do_tls_13(const char *folder)
{
    char stem[MAX_PATH];
    snprintf(stem, sizeof stem, "%s/server-rsa", folder);
    server_cert = read_certificate(stem, KEY_CAPI);
    EQUAL(acquire_both(TLS13), SEC_E_OK);
    CHECK(FAILED(handshake()));
    free_both();
    CertFreeCertificateContext(server_cert);
}

/* TLS 1.2 with a certificate of CryptoAPI; 1.3 too where CNG has the key. */
static void a_client_with(PCCERT_CONTEXT cert, const char *folder, DWORD protocols)
{
    char stem[MAX_PATH];
    snprintf(stem, sizeof stem, "%s/server-rsa", folder);
    server_cert = read_certificate(stem, KEY_CNG);
    client_cert = cert;
    if (!CHECK(cert != NULL)) return;
    EQUAL(acquire_both(protocols), SEC_E_OK);
    server.requests |= ASC_REQ_MUTUAL_AUTH;
    EQUAL(handshake(), SEC_E_OK);
    if (client.done && server.done) {
        check_peer(&server, cert);
        exchange();
    }
    free_both();
    CertFreeCertificateContext(cert);
    CertFreeCertificateContext(server_cert);
    client_cert = NULL;
}

static void clients(const char *folder)
{
    static const enum key_kind kinds[] = {KEY_CNG, KEY_CAPI, KEY_CONTAINER};
    char path[MAX_PATH];
    snprintf(path, sizeof path, "%s/client-rsa", folder);
    for (int i = 0; i < 3; i++) a_client_with(read_certificate(path, kinds[i]), folder, TLS12);
    a_client_with(read_certificate(path, KEY_CNG), folder, TLS13);
    snprintf(path, sizeof path, "%s/client-rsa.p12", folder);
    a_client_with(read_pfx(path, L"secret", L"client", 0), folder, TLS12);
    a_client_with(read_pfx(path, L"secret", L"client", PKCS12_NO_PERSIST_KEY), folder, TLS12);
}

static void keys_that_are_not_there(const char *folder)
{
    char stem[MAX_PATH];
    snprintf(stem, sizeof stem, "%s/server-rsa", folder);
    server_cert = read_certificate(stem, KEY_NONE);
    EQUAL(acquire(&server, server_cert, TLS12), SEC_E_NO_CREDENTIALS);
    CertFreeCertificateContext(server_cert);
    server_cert = read_certificate(stem, KEY_NOWHERE);
    EQUAL(acquire(&server, server_cert, TLS12), SEC_E_UNKNOWN_CREDENTIALS);
    CertFreeCertificateContext(server_cert);
}

static void what_the_client_refuses(const char *folder)
{
    char stem[MAX_PATH];
    HCERTSTORE right = root;
    snprintf(stem, sizeof stem, "%s/bad-root", folder);
    root = read_store(stem);
    snprintf(stem, sizeof stem, "%s/server-rsa", folder);
    server_cert = read_certificate(stem, KEY_CNG);
    EQUAL(acquire_both(TLS13), SEC_E_OK);
    EQUAL(handshake(), SEC_E_UNTRUSTED_ROOT);
    EQUAL(turn(&server, FALSE), SEC_E_ILLEGAL_MESSAGE);
    free_both();
    CertCloseStore(root, 0);
    root = right;
    CertFreeCertificateContext(server_cert);
}

static void renegotiation(const char *folder)
{
    CulvertCredential_Tls12 options = {CULVERT_TLS12_RENEGOTIATION};
    char stem[MAX_PATH];
    snprintf(stem, sizeof stem, "%s/server-rsa", folder);
    server_cert = read_certificate(stem, KEY_CNG);
    with_alpn = FALSE; /* HTTP/2 forbids it */
    EQUAL(acquire_both(TLS12), SEC_E_OK);
    EQUAL(SetCredentialsAttributesW(&client.cred, SECPKG_ATTR_CULVERT_TLS12, &options, sizeof options),
          SEC_E_OK);
    EQUAL(SetCredentialsAttributesW(&server.cred, SECPKG_ATTR_CULVERT_TLS12, &options, sizeof options),
          SEC_E_OK);
    EQUAL(handshake(), SEC_E_OK);
    exchange();
    EQUAL(turn(&client, TRUE), SEC_I_CONTINUE_NEEDED);
    SecBuffer b[4] = {{server.in_len, SECBUFFER_DATA, server.in}};
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    EQUAL(DecryptMessage(&server.ctx, &desc, 0, NULL), SEC_I_RENEGOTIATE);
    server.done = FALSE;
    EQUAL(handshake(), SEC_E_OK);
    exchange();
    free_both();
    CertFreeCertificateContext(server_cert);
    with_alpn = TRUE;
}

/* A context leaves as bytes, and what comes in from them goes on; the accounts of clients are no one's here. */
static void a_context_that_moves(const char *folder)
{
    static const BYTE key[32] = {1};
    BOOL (*set_export_key)(const BYTE *, DWORD) =
        (BOOL(*)(const BYTE *, DWORD))(void *)GetProcAddress(GetModuleHandleA("secur32.dll"), "CulvertSetExportKey");
    char stem[MAX_PATH];
    SecBuffer packed = {0};
    snprintf(stem, sizeof stem, "%s/server-rsa", folder);
    server_cert = read_certificate(stem, KEY_CNG);
    EQUAL(acquire_both(TLS13), SEC_E_OK);
    EQUAL(handshake(), SEC_E_OK);
    exchange();
    EQUAL(ExportSecurityContext(&client.ctx, 0, &packed, NULL), SEC_E_UNSUPPORTED_FUNCTION);
    if (CHECK(set_export_key != NULL && set_export_key(key, sizeof key))) {
        CtxtHandle moved;
        EQUAL(ExportSecurityContext(&client.ctx, SECPKG_CONTEXT_EXPORT_DELETE_OLD, &packed, NULL), SEC_E_OK);
        EQUAL(ImportSecurityContextW((WCHAR *)UNISP_NAME_W, &packed, NULL, &moved), SEC_E_OK);
        EQUAL(FreeContextBuffer(packed.pvBuffer), SEC_E_OK);
        client.ctx = moved;
        exchange();
    }
    EQUAL(ImpersonateSecurityContext(&server.ctx), SEC_E_NO_IMPERSONATION);
    free_both();
    CertFreeCertificateContext(server_cert);
}

/* Programs that import from sspicli.dll get the same functions. */
static void the_other_name(void)
{
    HMODULE a = LoadLibraryA("secur32.dll"), b = LoadLibraryA("sspicli.dll");
    static const char *const names[] = {"AcquireCredentialsHandleW",
                                        "InitializeSecurityContextW",
                                        "AcceptSecurityContext",
                                        "EncryptMessage",
                                        "DecryptMessage",
                                        "InitSecurityInterfaceW",
                                        "CulvertVersion"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        FARPROC p = a == NULL ? NULL : GetProcAddress(a, names[i]);
        CHECK(p != NULL && b != NULL && p == GetProcAddress(b, names[i]));
    }
}

int main(int argc, char **argv)
{
    char stem[MAX_PATH];
    if (argc != 2) return 2;
    snprintf(stem, sizeof stem, "%s/root", argv[1]);
    root = read_store(stem);
    the_other_name();
    servers_with_keys_of(argv[1], KEY_CNG, TLS12 | TLS13, SP_PROT_TLS1_3_CLIENT);
    servers_with_keys_of(argv[1], KEY_CNG, TLS12, SP_PROT_TLS1_2_CLIENT);
    servers_with_keys_of(argv[1], KEY_CAPI, TLS12 | TLS13, SP_PROT_TLS1_2_CLIENT);
    servers_with_keys_of(argv[1], KEY_CONTAINER, TLS12, SP_PROT_TLS1_2_CLIENT);
    a_key_that_cannot_do_tls_13(argv[1]);
    clients(argv[1]);
    keys_that_are_not_there(argv[1]);
    what_the_client_refuses(argv[1]);
    renegotiation(argv[1]);
    a_context_that_moves(argv[1]);
    CertCloseStore(root, 0);
    printf("client and server under Wine: %d checks, %d failed\n", n_checks, n_failed);
    return n_failed != 0;
}
