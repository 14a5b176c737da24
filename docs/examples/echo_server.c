/* Echoes what one client after the other sends: echo_server PORT CERT.pem KEY.pem [N]. After N clients it
 * ends. */
#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <windows.h>
#include <security.h>
#include <schannel.h>
#include <culvert.h> /* for CulvertCertificateFromPem; on Windows: PFXImportCertStore or the store "MY" */

enum { FLAGS = ASC_REQ_STREAM | ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_EXTENDED_ERROR };
static CredHandle cred;
static CtxtHandle ctx;
static char in[1 << 16];
static ULONG have;

static void keep(ULONG left)
{
    memmove(in, in + have - left, left);
    have = left;
}

static int fill(int fd)
{
    ssize_t n = read(fd, in + have, sizeof in - have);
    if (n > 0) have += (ULONG)n;
    return n > 0;
}

/* One call with what is in `in`, or with nothing; the token is sent, what is left stays. */
static SECURITY_STATUS step(int fd, CtxtHandle *pctx, int with_input)
{
    ULONG attr;
    SecBuffer ib[] = {{have, SECBUFFER_TOKEN, in}, {0, SECBUFFER_EMPTY, NULL}},
              ob = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc id = {SECBUFFER_VERSION, 2, ib}, od = {SECBUFFER_VERSION, 1, &ob};
    SECURITY_STATUS s =
        AcceptSecurityContext(&cred, pctx, with_input ? &id : NULL, FLAGS, 0, &ctx, &od, &attr, NULL);
    if (ob.pvBuffer != NULL && write(fd, ob.pvBuffer, ob.cbBuffer) < 0) return SEC_E_INTERNAL_ERROR;
    FreeContextBuffer(ob.pvBuffer);
    if (with_input && s != SEC_E_INCOMPLETE_MESSAGE)
        keep(ib[1].BufferType == SECBUFFER_EXTRA ? ib[1].cbBuffer : 0);
    return s;
}

/* Sends data back. It lies in `in`, which is decrypted in place, so it is copied between header and trailer.
 */
static int echo(int fd, const SecPkgContext_StreamSizes *sizes, const void *data, ULONG len)
{
    static char out[1 << 15];
    memcpy(out + sizes->cbHeader, data, len);
    SecBuffer e[] = {{sizes->cbHeader, SECBUFFER_STREAM_HEADER, out},
                     {len, SECBUFFER_DATA, out + sizes->cbHeader},
                     {sizes->cbTrailer, SECBUFFER_STREAM_TRAILER, out + sizes->cbHeader + len},
                     {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc ed = {SECBUFFER_VERSION, 4, e};
    if (EncryptMessage(&ctx, 0, &ed, 0) != SEC_E_OK) return 0;
    ULONG total = e[0].cbBuffer + e[1].cbBuffer + e[2].cbBuffer;
    return write(fd, out, total) == (ssize_t)total;
}

/* An established connection, until the client closes or fails. */
static SECURITY_STATUS converse(int fd)
{
    SecPkgContext_StreamSizes sizes;
    SECURITY_STATUS s = QueryContextAttributesA(&ctx, SECPKG_ATTR_STREAM_SIZES, &sizes);
    while (s >= 0 && s != SEC_I_CONTEXT_EXPIRED) {
        SecBuffer d[4] = {{have, SECBUFFER_DATA, in}};
        SecBufferDesc dd = {SECBUFFER_VERSION, 4, d};
        s = DecryptMessage(&ctx, &dd, 0, NULL);
        if (s == SEC_E_INCOMPLETE_MESSAGE) {
            if (!fill(fd)) return s;
            s = SEC_E_OK;
            continue;
        }
        if (s < 0) break;
        if (s == SEC_E_OK && d[1].cbBuffer > 0 && !echo(fd, &sizes, d[1].pvBuffer, d[1].cbBuffer))
            return SEC_E_INTERNAL_ERROR;
        keep(d[3].BufferType == SECBUFFER_EXTRA ? d[3].cbBuffer : 0);
        if (s == SEC_I_RENEGOTIATE) s = step(fd, &ctx, 1); /* the client changes its keys */
    }
    return s;
}

static void serve(int fd)
{
    CtxtHandle *pctx = NULL;
    SECURITY_STATUS s = SEC_E_INCOMPLETE_MESSAGE;
    have = 0;
    while ((s == SEC_E_INCOMPLETE_MESSAGE || s == SEC_I_CONTINUE_NEEDED) && fill(fd)) {
        s = step(fd, pctx, 1);
        if (s == SEC_E_OK || s == SEC_I_CONTINUE_NEEDED) pctx = &ctx; /* only now is there a context */
    }
    if (s == SEC_E_OK) s = converse(fd);
    if (s == SEC_I_CONTEXT_EXPIRED) {
        DWORD shutdown_token = SCHANNEL_SHUTDOWN;
        SecBuffer b = {sizeof shutdown_token, SECBUFFER_TOKEN, &shutdown_token};
        SecBufferDesc bd = {SECBUFFER_VERSION, 1, &b};
        ApplyControlToken(&ctx, &bd);
        step(fd, &ctx, 0); /* sends our close_notify */
    } else {
        fprintf(stderr, "ended: 0x%08X\n", (unsigned)s);
    }
    if (pctx != NULL) DeleteSecurityContext(&ctx);
    close(fd);
}

static DWORD load(const char *name, char *out, size_t cap)
{
    FILE *f = fopen(name, "r");
    size_t n = f != NULL ? fread(out, 1, cap, f) : 0;
    if (f != NULL) fclose(f);
    return (DWORD)n;
}

int main(int argc, char **argv)
{
    static char cert[1 << 16], key[1 << 14];
    if (argc < 4) return fprintf(stderr, "usage: echo_server PORT CERT.pem KEY.pem [N]\n"), 2;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)atoi(argv[1])),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 16) != 0)
        return perror("listen"), 1;

    PCCERT_CONTEXT c = CulvertCertificateFromPem(cert, load(argv[2], cert, sizeof cert), key,
                                                 load(argv[3], key, sizeof key));
    SCH_CREDENTIALS auth = {
        .dwVersion = SCH_CREDENTIALS_VERSION, .cCreds = 1, .paCred = &c, .dwFlags = SCH_USE_STRONG_CRYPTO};
    if (c == NULL || AcquireCredentialsHandleA(NULL, (LPSTR)UNISP_NAME_A, SECPKG_CRED_INBOUND, NULL, &auth,
                                               NULL, NULL, &cred, NULL) != SEC_E_OK)
        return fprintf(stderr, "no credential\n"), 1;
    CertFreeCertificateContext(c);
    for (int left = argc > 4 ? atoi(argv[4]) : -1; left != 0; left -= left > 0)
        serve(accept(listener, NULL, NULL));
    FreeCredentialsHandle(&cred);
    return 0;
}
