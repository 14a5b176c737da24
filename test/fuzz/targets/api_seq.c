/* Calls in any order, legal or not: contexts made, used, deleted and used again, with each other's tokens,
 * under credentials that come and go. A handle that is none gives SEC_E_INVALID_HANDLE, and that is all. */
#include "test/fuzz/attributes.h"
#include "test/fuzz/certificates.h"
#include "test/fuzz/pki.h"
#include "test/fuzz/sspi.h"

#include <stdlib.h>
#include <string.h>

enum { N_SLOTS = 4, CALLS_MAX = 100, TOKEN_MAX = 1 << 15 };

struct context {
    CtxtHandle handle; /* stays when it is deleted: to be used again */
    bool live, server;
    uint8_t *token; /* what it put out last */
    size_t token_len;
};

struct world {
    struct fuzz_credentials *creds;
    struct context contexts[N_SLOTS];
    CredHandle cred[N_SLOTS];
    bool cred_live[N_SLOTS];
    struct fuzz_certificates *certificates;
    struct cv_bytes in;
};

static struct context *pick(struct world *w)
{
    return &w->contexts[fuzz_u8(&w->in) % N_SLOTS];
}

/* A credential of the library, one that was acquired here, or something else. */
static CredHandle *pick_credential(struct world *w, struct context *c)
{
    uint8_t which = fuzz_u8(&w->in);
    switch (which % 8) {
    case 0:
        return NULL;
    case 1:
        return &w->cred[which / 8 % N_SLOTS];
    case 2:
        return &c->handle;
    case 3:
        return &w->creds->client_with_cert;
    default:
        return c->server ? &w->creds->server[1] : &w->creds->client;
    }
}

static void keep_token(struct context *c, const SecBuffer *b)
{
    free(c->token);
    c->token = fuzz_copy(cv_bytes(b->pvBuffer, b->cbBuffer));
    c->token_len = b->cbBuffer;
}

static void token_call(struct world *w)
{
    static char target[] = "server.example";
    struct context *c = pick(w), *from = pick(w);
    uint8_t flags = fuzz_u8(&w->in);
    bool first = (flags & 1) != 0 && !c->live;
    if (first) c->server = (flags & 2) != 0;
    bool server = flags & 4 ? !c->server : c->server; /* the other function's context, too */
    CredHandle *cred = pick_credential(w, c);
    uint8_t *token = fuzz_copy(cv_bytes(from->token, from->token_len)), *out = malloc(TOKEN_MAX);
    FUZZ_CHECK(out != NULL);
    SecBuffer in[2] = {{(ULONG)from->token_len, SECBUFFER_TOKEN, token}, {0, SECBUFFER_EMPTY, NULL}};
    SecBuffer to = {TOKEN_MAX, SECBUFFER_TOKEN, out};
    SecBufferDesc in_desc = {SECBUFFER_VERSION, 2, in}, to_desc = {SECBUFFER_VERSION, 1, &to};
    SecBufferDesc *arg = flags & 8 ? NULL : &in_desc;
    CtxtHandle made = {0, 0}, *old = first ? NULL : &c->handle;
    ULONG attributes;
    SECURITY_STATUS status =
        server ? AcceptSecurityContext(cred, old, arg, flags & 16 ? (ULONG)ASC_REQ_MUTUAL_AUTH : 0, 0, &made,
                                       &to_desc, &attributes, NULL)
               : InitializeSecurityContextA(cred, old, target,
                                            flags & 16 ? (ULONG)ISC_REQ_USE_SUPPLIED_CREDS : 0, 0, 0, arg, 0,
                                            &made, &to_desc, &attributes, NULL);
    fuzz_check_status(status);
    if (!first && (!c->live || server != c->server)) FUZZ_CHECK(status == SEC_E_INVALID_HANDLE);
    if (first && (made.dwLower != 0 || made.dwUpper != 0)) {
        c->handle = made;
        c->live = true;
        c->server = server;
    }
    if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED) keep_token(c, &to);
    free(token);
    free(out);
}

static void remove_context(struct world *w)
{
    struct context *c = pick(w);
    FUZZ_CHECK(DeleteSecurityContext(&c->handle) == (c->live ? SEC_E_OK : SEC_E_INVALID_HANDLE));
    c->live = false;
}

static void message_call(struct world *w, bool encrypt)
{
    struct context *c = pick(w), *from = pick(w);
    uint8_t bytes[13 + 32 + 64] = {0}, *token = fuzz_copy(cv_bytes(from->token, from->token_len));
    SecPkgContext_StreamSizes sizes;
    SECURITY_STATUS status = QueryContextAttributesA(&c->handle, SECPKG_ATTR_STREAM_SIZES, &sizes);
    ULONG header_len = status == SEC_E_OK ? sizes.cbHeader : 5;
    SecBuffer b[4] = {{header_len, SECBUFFER_STREAM_HEADER, bytes},
                      {32, SECBUFFER_DATA, bytes + header_len},
                      {64, SECBUFFER_STREAM_TRAILER, bytes + header_len + 32},
                      {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    if (!encrypt) {
        memset(b, 0, sizeof b);
        b[0] = (SecBuffer){(ULONG)from->token_len, SECBUFFER_DATA, token};
    }
    status = encrypt ? EncryptMessage(&c->handle, 0, &desc, 0) : DecryptMessage(&c->handle, &desc, 0, NULL);
    fuzz_check_status(status);
    if (!c->live) FUZZ_CHECK(status == SEC_E_INVALID_HANDLE);
    if (encrypt && status == SEC_E_OK) {
        SecBuffer all = {b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer, SECBUFFER_TOKEN, bytes};
        keep_token(c, &all);
    }
    free(token);
}

static void control(struct world *w)
{
    struct context *c = pick(w);
    DWORD token[3] = {fuzz_u8(&w->in) % 6, fuzz_u8(&w->in), fuzz_u8(&w->in)};
    SecBuffer b = {sizeof token, SECBUFFER_TOKEN, token};
    SecBufferDesc desc = {SECBUFFER_VERSION, 1, &b};
    SECURITY_STATUS status = ApplyControlToken(&c->handle, &desc);
    fuzz_check_status(status);
    if (!c->live) FUZZ_CHECK(status == SEC_E_INVALID_HANDLE);
}

/* Attributes, and where their struct has what is to be freed. */
static void query(struct world *w)
{
    enum { NOTHING, CERTIFICATE, POINTER };
    static const struct {
        ULONG attribute;
        int frees;
        size_t at;
    } list[] = {
        {SECPKG_ATTR_SIZES, NOTHING, 0},
        {SECPKG_ATTR_LIFESPAN, NOTHING, 0},
        {SECPKG_ATTR_STREAM_SIZES, NOTHING, 0},
        {SECPKG_ATTR_FLAGS, NOTHING, 0},
        {SECPKG_ATTR_APPLICATION_PROTOCOL, NOTHING, 0},
        {SECPKG_ATTR_CONNECTION_INFO, NOTHING, 0},
        {SECPKG_ATTR_SESSION_INFO, NOTHING, 0},
        {SECPKG_ATTR_CULVERT_FAILURE, NOTHING, 0},
        {SECPKG_ATTR_ACCESS_TOKEN, NOTHING, 0},
        {SECPKG_ATTR_REMOTE_CERT_CONTEXT, CERTIFICATE, 0},
        {SECPKG_ATTR_REMOTE_CERT_CHAIN, CERTIFICATE, 0},
        {SECPKG_ATTR_LOCAL_CERT_CONTEXT, CERTIFICATE, 0},
        {SECPKG_ATTR_PACKAGE_INFO, POINTER, offsetof(SecPkgContext_PackageInfoA, PackageInfo)},
        {SECPKG_ATTR_ENDPOINT_BINDINGS, POINTER, offsetof(SecPkgContext_Bindings, Bindings)},
        {SECPKG_ATTR_CULVERT_TLS_EXPORTER_BINDINGS, POINTER, offsetof(SecPkgContext_Bindings, Bindings)},
        {SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, POINTER,
         offsetof(SecPkgContext_ClientSpecifiedTarget, sTargetName)},
        {SECPKG_ATTR_ISSUER_LIST_EX, POINTER, offsetof(SecPkgContext_IssuerListInfoEx, aIssuers)},
        {SECPKG_ATTR_SUPPORTED_SIGNATURES, POINTER,
         offsetof(SecPkgContext_SupportedSignatures, pSignatureAndHashAlgorithms)},
        {SECPKG_ATTR_KEYING_MATERIAL, POINTER, offsetof(SecPkgContext_KeyingMaterial, pbKeyingMaterial)},
        {SECPKG_ATTR_NAMES, POINTER, offsetof(SecPkgContext_NamesA, sUserName)},
        {SECPKG_ATTR_AUTHORITY, POINTER, offsetof(SecPkgContext_AuthorityA, sAuthorityName)},
        {SECPKG_ATTR_SESSION_KEY, POINTER, offsetof(SecPkgContext_SessionKey, SessionKey)},
        {SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS, POINTER,
         offsetof(SecPkgContext_NegotiatedTlsExtensions, Extensions)},
        {SECPKG_ATTR_ISSUER_LIST, POINTER, offsetof(SecPkgContext_IssuerListInfo, pIssuerList)},
        {SECPKG_ATTR_REMOTE_CRED, POINTER, offsetof(SecPkgContext_RemoteCredentialInfo, pbCertificateChain)},
        {SECPKG_ATTR_LOCAL_CRED, POINTER, offsetof(SecPkgContext_LocalCredentialInfo, pbCertificateChain)},
        {SECPKG_ATTR_REMOTE_CERTIFICATES, POINTER, offsetof(SecPkgContext_Certificates, pbCertificateChain)},
        {SECPKG_ATTR_EAP_KEY_BLOCK, NOTHING, 0},
        {SECPKG_ATTR_CC_POLICY_RESULT, NOTHING, 0},
        {SECPKG_ATTR_CERT_CHECK_RESULT, NOTHING, 0},
    };
    _Alignas(16) uint8_t out[2048] = {0};
    struct context *c = pick(w);
    size_t i = fuzz_u8(&w->in) % (sizeof list / sizeof list[0]);
    uint8_t how = fuzz_u8(&w->in);
    SECURITY_STATUS status;
    if (how & 1)
        status = QueryContextAttributesExA(&c->handle, list[i].attribute, out, how);
    else
        status = QueryContextAttributesA(&c->handle, list[i].attribute, out);
    if (!c->live) FUZZ_CHECK(status == SEC_E_INVALID_HANDLE);
    if (status != SEC_E_OK) return;
    void *p;
    memcpy(&p, out + list[i].at, sizeof p);
    if (list[i].frees == CERTIFICATE) fuzz_certificates_add(w->certificates, p);
    if (list[i].frees == POINTER) FUZZ_CHECK(FreeContextBuffer(p) == SEC_E_OK);
}

static void set_keying(struct world *w)
{
    struct context *c = pick(w);
    uint8_t n_label = fuzz_u8(&w->in), n_context = fuzz_u8(&w->in), len = fuzz_u8(&w->in);
    struct cv_bytes text = fuzz_take(&w->in, n_label);
    uint8_t *label = fuzz_copy(text), context[255] = {0};
    SecPkgContext_KeyingMaterialInfo info = {
        .cbLabel = (WORD)text.len,
        .pszLabel = (LPSTR)label,
        .cbContextValue = n_context,
        .pbContextValue = context,
        .cbKeyingMaterial = len,
    };
    SECURITY_STATUS status =
        SetContextAttributesA(&c->handle, SECPKG_ATTR_KEYING_MATERIAL_INFO, &info, sizeof info);
    if (!c->live) FUZZ_CHECK(status == SEC_E_INVALID_HANDLE);
    free(label);
}

/* SCH_CREDENTIALS or SCHANNEL_CRED with fields from the input, without certificates. */
static void acquire(struct world *w)
{
    static char package[] = UNISP_NAME_A;
    static WCHAR names[][8] = {u"AES", u"ECDH", u"ECDSA", u"SHA256", u"RSA", u"x25519", u""};
    CRYPTO_SETTINGS settings = {
        .eAlgorithmUsage = (eTlsAlgorithmUsage)(fuzz_u8(&w->in) % 6),
        .dwMinBitLength = fuzz_u16(&w->in),
        .dwMaxBitLength = fuzz_u16(&w->in),
    };
    WCHAR *name = names[fuzz_u8(&w->in) % (sizeof names / sizeof names[0])];
    USHORT len = 0;
    while (name[len / 2] != 0) len = (USHORT)(len + 2);
    settings.strCngAlgId = (UNICODE_STRING){len, len, name};
    uint8_t flags = fuzz_u8(&w->in);
    TLS_PARAMETERS params = {
        .grbitDisabledProtocols = flags & 1 ? fuzz_u32(&w->in) : 0,
        .cDisabledCrypto = flags & 2 ? 1 : 0,
        .pDisabledCrypto = &settings,
    };
    SCH_CREDENTIALS now = {
        .dwVersion = flags & 4 ? fuzz_u8(&w->in) : SCH_CREDENTIALS_VERSION,
        .dwSessionLifespan = flags & 8 ? fuzz_u32(&w->in) : 0,
        .dwFlags = SCH_CRED_MANUAL_CRED_VALIDATION | (flags & 16 ? fuzz_u16(&w->in) : 0u),
        .cTlsParameters = flags & 3 ? 1 : 0,
        .pTlsParameters = &params,
    };
    SCHANNEL_CRED old = {.dwVersion = SCHANNEL_CRED_VERSION,
                         .grbitEnabledProtocols = fuzz_u16(&w->in),
                         .dwFlags = SCH_CRED_MANUAL_CRED_VALIDATION};
    size_t i = fuzz_u8(&w->in) % N_SLOTS;
    bool was_live = w->cred_live[i];
    FUZZ_CHECK(FreeCredentialsHandle(&w->cred[i]) == (was_live ? SEC_E_OK : SEC_E_INVALID_HANDLE));
    now.dwFlags |= SCH_CRED_MANUAL_CRED_VALIDATION;
    if (now.dwVersion == SCHANNEL_CRED_VERSION || now.dwVersion == SCH_CRED_V3) now.dwVersion = 0;
    void *auth = flags & 32 ? (void *)&old : (void *)&now;
    PCCERT_CONTEXT cert = NULL;
    if (flags & 128) {
        struct cv_bytes chain = fuzz_pem(FUZZ_SERVER_P256), key = fuzz_pem(FUZZ_SERVER_P256_KEY);
        cert = CulvertCertificateFromPem(chain.p, (DWORD)chain.len, key.p, (DWORD)key.len);
        now.cCreds = old.cCreds = 1;
        now.paCred = old.paCred = &cert;
    }
    w->cred_live[i] =
        AcquireCredentialsHandleA(NULL, package, flags & 64 ? SECPKG_CRED_OUTBOUND : fuzz_u8(&w->in), NULL,
                                  auth, NULL, NULL, &w->cred[i], NULL) == SEC_E_OK;
    CertFreeCertificateContext(cert);
}

/* An attribute of a credential that was acquired here. */
static void set_attribute(struct world *w)
{
    size_t i = fuzz_u8(&w->in) % N_SLOTS;
    SECURITY_STATUS status = fuzz_set_attribute(&w->cred[i], &w->in);
    fuzz_check_status(status);
    if (!w->cred_live[i]) FUZZ_CHECK(status == SEC_E_INVALID_HANDLE);
}

static void complete(struct world *w)
{
    struct context *c = pick(w), *from = pick(w);
    uint8_t *token = fuzz_copy(cv_bytes(from->token, from->token_len));
    SecBuffer b = {(ULONG)from->token_len, SECBUFFER_TOKEN, token};
    SecBufferDesc desc = {SECBUFFER_VERSION, 1, &b};
    SECURITY_STATUS status = CompleteAuthToken(&c->handle, fuzz_u8(&w->in) & 1 ? &desc : NULL);
    fuzz_check_status(status);
    if (!c->live) FUZZ_CHECK(status == SEC_E_INVALID_HANDLE);
    if (status == SEC_E_OK) keep_token(from, &b);
    free(token);
}

/* The calls of SSPI that few programs make. */
static void rare_call(struct world *w)
{
    struct context *c = pick(w);
    HANDLE token = NULL;
    SECURITY_STATUS status;
    switch (fuzz_u8(&w->in) % 4) {
    case 0:
        status = ImpersonateSecurityContext(&c->handle);
        if (status == SEC_E_OK) FUZZ_CHECK(RevertSecurityContext(&c->handle) == SEC_E_OK);
        break;
    case 1:
        status = RevertSecurityContext(&c->handle);
        break;
    case 2:
        status = QuerySecurityContextToken(&c->handle, &token);
        break;
    default:
        status = MakeSignature(&c->handle, 0, NULL, 0);
        break;
    }
    if (!c->live) FUZZ_CHECK(status == SEC_E_INVALID_HANDLE);
}

/* A context leaves as bytes, which may be changed, and comes back into another place. */
static void move_context(struct world *w)
{
    static char package[] = UNISP_NAME_A;
    struct context *from = pick(w), *to = pick(w);
    uint8_t flags = fuzz_u8(&w->in), at = fuzz_u8(&w->in), change = fuzz_u8(&w->in);
    SecBuffer packed = {0, SECBUFFER_EMPTY, NULL};
    SECURITY_STATUS status = ExportSecurityContext(&from->handle, flags & 3, &packed, NULL);
    if (!from->live) FUZZ_CHECK(status == SEC_E_INVALID_HANDLE);
    if (status != SEC_E_OK) return;
    if (flags & SECPKG_CONTEXT_EXPORT_DELETE_OLD) from->live = false;
    if (packed.cbBuffer > 0 && flags & 4) ((uint8_t *)packed.pvBuffer)[at % packed.cbBuffer] ^= change;
    if (!to->live && ImportSecurityContextA(package, &packed, NULL, &to->handle) == SEC_E_OK) {
        to->live = true;
        to->server = from->server;
    }
    FUZZ_CHECK(FreeContextBuffer(packed.pvBuffer) == SEC_E_OK);
}

/* A handle with a changed bit leads nowhere. */
static void forge(struct world *w)
{
    CtxtHandle h = pick(w)->handle;
    ULONG_PTR bit = (ULONG_PTR)1 << fuzz_u8(&w->in) % (8 * sizeof(ULONG_PTR));
    SecPkgContext_StreamSizes sizes;
    if (fuzz_u8(&w->in) & 1)
        h.dwLower ^= bit;
    else
        h.dwUpper ^= bit;
    for (size_t i = 0; i < N_SLOTS; i++)
        if (memcmp(&h, &w->contexts[i].handle, sizeof h) == 0) return;
    FUZZ_CHECK(QueryContextAttributesA(&h, SECPKG_ATTR_STREAM_SIZES, &sizes) == SEC_E_INVALID_HANDLE);
    FUZZ_CHECK(DeleteSecurityContext(&h) == SEC_E_INVALID_HANDLE);
    FUZZ_CHECK(FreeCredentialsHandle(&h) == SEC_E_INVALID_HANDLE);
}

static void call(struct world *w)
{
    switch (fuzz_u8(&w->in) % 18) {
    case 0:
        remove_context(w);
        break;
    case 1:
    case 2:
        message_call(w, true);
        break;
    case 3:
        message_call(w, false);
        break;
    case 4:
        control(w);
        break;
    case 5:
        query(w);
        break;
    case 6:
        set_keying(w);
        break;
    case 7:
        acquire(w);
        break;
    case 8:
        forge(w);
        break;
    case 12:
    case 13:
        set_attribute(w);
        break;
    case 14:
        complete(w);
        break;
    case 15:
        rare_call(w);
        break;
    case 16:
        move_context(w);
        break;
    case 17:
        fuzz_certificates_call(w->certificates, &w->in);
        break;
    default:
        token_call(w);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {.in = cv_bytes(data, size)};
    if (size == 0) return 0;
    fuzz_library_begin();
    w.creds = fuzz_credentials(0);
    w.certificates = fuzz_certificates_new();
    for (unsigned i = 0; i < CALLS_MAX && w.in.len > 0; i++) call(&w);
    for (size_t i = 0; i < N_SLOTS; i++) {
        if (w.contexts[i].live) FUZZ_CHECK(DeleteSecurityContext(&w.contexts[i].handle) == SEC_E_OK);
        if (w.cred_live[i]) FUZZ_CHECK(FreeCredentialsHandle(&w.cred[i]) == SEC_E_OK);
        free(w.contexts[i].token);
    }
    fuzz_certificates_free(w.certificates);
    fuzz_library_end();
    return 0;
}
