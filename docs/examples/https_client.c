/* Fetches a page: https_client HOST PORT PATH. Plain Schannel, with everything a client must handle: records in
 * pieces, several at once, session tickets behind the handshake, and the close at the end. */
#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <windows.h>
#include <security.h>
#include <schannel.h>

enum { FLAGS = ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_USE_SUPPLIED_CREDS };
static CredHandle cred;
static CtxtHandle ctx;
static char in[1 << 16];
static ULONG have;
static int fd;

/* Handshakes with what is in `in`; what the call leaves stays there. */
static SECURITY_STATUS handshake(CtxtHandle *pctx, char *host)
{
    ULONG attr;
    SecBuffer ib[] = {{have, SECBUFFER_TOKEN, in}, {0, SECBUFFER_EMPTY, NULL}},
              ob = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc id = {SECBUFFER_VERSION, 2, ib}, od = {SECBUFFER_VERSION, 1, &ob};
    SECURITY_STATUS s = InitializeSecurityContextA(&cred, pctx, host, FLAGS, 0, 0, pctx ? &id : NULL, 0, &ctx,
                                                   &od, &attr, NULL);
    if (ob.pvBuffer != NULL && write(fd, ob.pvBuffer, ob.cbBuffer) < 0) return SEC_E_INTERNAL_ERROR;
    FreeContextBuffer(ob.pvBuffer);
    if (s == SEC_E_INCOMPLETE_MESSAGE) return SEC_I_CONTINUE_NEEDED;
    ULONG left = ib[1].BufferType == SECBUFFER_EXTRA ? ib[1].cbBuffer : 0;
    memmove(in, in + have - left, left);
    have = left;
    return s;
}

int main(int argc, char **argv)
{
    struct addrinfo *ai, hints = {.ai_socktype = SOCK_STREAM};
    if (argc != 4 || getaddrinfo(argv[1], argv[2], &hints, &ai) != 0) return 2;
    fd = socket(ai->ai_family, SOCK_STREAM, 0);
    if (connect(fd, ai->ai_addr, ai->ai_addrlen) != 0) return 1;

    SCH_CREDENTIALS auth = {.dwVersion = SCH_CREDENTIALS_VERSION, .dwFlags = SCH_USE_STRONG_CRYPTO};
    AcquireCredentialsHandleA(NULL, (LPSTR)UNISP_NAME_A, SECPKG_CRED_OUTBOUND, NULL, &auth, NULL, NULL, &cred,
                              NULL);
    SECURITY_STATUS s = handshake(NULL, argv[1]);
    for (ssize_t n; s == SEC_I_CONTINUE_NEEDED; s = handshake(&ctx, argv[1])) {
        if ((n = read(fd, in + have, sizeof in - have)) <= 0) return 1;
        have += (ULONG)n;
    }
    if (s != SEC_E_OK)
        return fprintf(stderr, "refused: 0x%08X\n", (unsigned)s), 1; /* the server is verified, too */

    SecPkgContext_StreamSizes sizes;
    QueryContextAttributesA(&ctx, SECPKG_ATTR_STREAM_SIZES, &sizes);
    char out[4096], *text = out + sizes.cbHeader;
    int len =
        snprintf(text, 2048, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", argv[3], argv[1]);
    SecBuffer e[] = {{sizes.cbHeader, SECBUFFER_STREAM_HEADER, out},
                     {(ULONG)len, SECBUFFER_DATA, text},
                     {sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, text + len},
                     {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc ed = {SECBUFFER_VERSION, 4, e};
    if (len >= 2048 || EncryptMessage(&ctx, 0, &ed, 0) != SEC_E_OK) return 1;
    if (write(fd, out, e[0].cbBuffer + e[1].cbBuffer + e[2].cbBuffer) < 0) return 1;

    while (s != SEC_I_CONTEXT_EXPIRED) { /* until the server's close_notify */
        SecBuffer d[4] = {{have, SECBUFFER_DATA, in}};
        SecBufferDesc dd = {SECBUFFER_VERSION, 4, d};
        s = DecryptMessage(&ctx, &dd, 0, NULL);
        if (s == SEC_E_INCOMPLETE_MESSAGE) {
            ssize_t n = read(fd, in + have, sizeof in - have);
            if (n <= 0) return fprintf(stderr, "cut short\n"), 1;
            have += (ULONG)n;
            continue;
        }
        if (s < 0) return fprintf(stderr, "broken: 0x%08X\n", (unsigned)s), 1;
        if (s == SEC_E_OK) fwrite(d[1].pvBuffer, 1, d[1].cbBuffer, stdout);
        ULONG left = d[3].BufferType == SECBUFFER_EXTRA ? d[3].cbBuffer : 0;
        memmove(in, in + have - left, left);
        have = left;
        if (s == SEC_I_RENEGOTIATE && handshake(&ctx, argv[1]) < 0) return 1; /* a ticket, or new keys */
    }
    DeleteSecurityContext(&ctx);
    FreeCredentialsHandle(&cred);
    return 0;
}
