/* Fetches a page: https_client HOST PORT PATH. One loop: read, hand over what came, see what that means. */
#define SECURITY_WIN32
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <windows.h>
#include <security.h>
#include <schannel.h>

static int send_request(int fd, CtxtHandle *ctx, const char *host, const char *path)
{
    SecPkgContext_StreamSizes z;
    QueryContextAttributesA(ctx, SECPKG_ATTR_STREAM_SIZES, &z);
    char out[4096], *text = out + z.cbHeader;
    int n = snprintf(text, 2048, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
    SecBuffer b[4] = {{z.cbHeader, SECBUFFER_STREAM_HEADER, out},
                      {(ULONG)n, SECBUFFER_DATA, text},
                      {z.cbTrailer, SECBUFFER_STREAM_TRAILER, text + n}};
    SecBufferDesc bd = {SECBUFFER_VERSION, 4, b};
    if (n >= 2048 || EncryptMessage(ctx, 0, &bd, 0) != SEC_E_OK) return 0;
    return write(fd, out, b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer) > 0;
}

int main(int argc, char **argv)
{
    struct addrinfo *ai, hints = {.ai_socktype = SOCK_STREAM};
    if (argc != 4 || getaddrinfo(argv[1], argv[2], &hints, &ai) != 0) return 2;
    int fd = socket(ai->ai_family, SOCK_STREAM, 0), want = 0, open = 0, asked = 0, closing = 0;
    if (connect(fd, ai->ai_addr, ai->ai_addrlen) != 0) return 1;

    static char in[1 << 16];
    ULONG have = 0, attr, flags = ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_USE_SUPPLIED_CREDS;
    CredHandle cred;
    CtxtHandle ctx;
    AcquireCredentialsHandleA(NULL, UNISP_NAME_A, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &cred, NULL);
    for (CtxtHandle *pctx = NULL;; pctx = &ctx) {
        ssize_t n = want ? read(fd, in + have, sizeof in - have) : 0;
        if (want && n <= 0) return fprintf(stderr, "cut short\n"), 1;
        have += (ULONG)n;
        SecBuffer b[4] = {{have, open ? SECBUFFER_DATA : SECBUFFER_TOKEN, in}},
                  o = {0, SECBUFFER_TOKEN, NULL};
        SecBufferDesc bd = {SECBUFFER_VERSION, 4, b}, od = {SECBUFFER_VERSION, 1, &o};
        SECURITY_STATUS s =
            open ? DecryptMessage(&ctx, &bd, 0, NULL)
                 : InitializeSecurityContextA(&cred, pctx, argv[1], flags, 0, 0, have > 0 ? &bd : NULL, 0,
                                              &ctx, &od, &attr, NULL);
        if (o.cbBuffer > 0 && write(fd, o.pvBuffer, o.cbBuffer) < 0) return 1;
        FreeContextBuffer(o.pvBuffer);
        if (closing) break;
        if (s < 0 && s != SEC_E_INCOMPLETE_MESSAGE) return fprintf(stderr, "refused: %#x\n", (unsigned)s), 1;
        ULONG left = s == SEC_E_INCOMPLETE_MESSAGE ? have : 0;
        for (int i = 1; i < 4; i++) {
            if (b[i].BufferType == SECBUFFER_DATA) fwrite(b[i].pvBuffer, 1, b[i].cbBuffer, stdout);
            if (b[i].BufferType == SECBUFFER_EXTRA) left = b[i].cbBuffer; /* is first next time */
        }
        memmove(in, in + have - left, left);
        have = left;
        if (s == SEC_E_OK && !asked && !(asked = send_request(fd, &ctx, argv[1], argv[3]))) return 1;
        if (s == SEC_I_CONTEXT_EXPIRED) { /* the server closed, and so do we */
            b[0] = (SecBuffer){sizeof(DWORD), SECBUFFER_TOKEN, &(DWORD){SCHANNEL_SHUTDOWN}};
            bd.cBuffers = 1, have = 0, closing = 1;
            ApplyControlToken(&ctx, &bd);
        }
        /* SEC_I_RENEGOTIATE: a session ticket or new keys, for InitializeSecurityContext */
        open = s == SEC_E_OK || (open && s == SEC_E_INCOMPLETE_MESSAGE);
        want = s == SEC_E_INCOMPLETE_MESSAGE || (have == 0 && (open || s == SEC_I_CONTINUE_NEEDED));
    }
    DeleteSecurityContext(&ctx);
    return FreeCredentialsHandle(&cred) != SEC_E_OK;
}
