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
    SecBuffer b[3] = {{z.cbHeader, SECBUFFER_STREAM_HEADER, out},
                      {(ULONG)n, SECBUFFER_DATA, text},
                      {z.cbTrailer, SECBUFFER_STREAM_TRAILER, text + n}};
    SecBufferDesc bd = {SECBUFFER_VERSION, 3, b};
    if (n >= 2048 || EncryptMessage(ctx, 0, &bd, 0) != SEC_E_OK) return 0;
    return write(fd, out, b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer) > 0;
}

int main(int argc, char **argv)
{
    struct addrinfo *ai, hints = {.ai_socktype = SOCK_STREAM};
    if (argc != 4 || getaddrinfo(argv[1], argv[2], &hints, &ai) != 0) return 2;
    int fd = socket(ai->ai_family, SOCK_STREAM, 0), open = 0, asked = 0, closing = 0;
    if (connect(fd, ai->ai_addr, ai->ai_addrlen) != 0) return 1;
    static char in[1 << 16];
    ULONG have = 0, attr, flags = ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_USE_SUPPLIED_CREDS;
    SecHandle cred, ctx;
    AcquireCredentialsHandleA(NULL, UNISP_NAME_A, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &cred, NULL);
    for (CtxtHandle *pctx = NULL;; pctx = &ctx) {
        SecBuffer b[4] = {{have, open ? SECBUFFER_DATA : SECBUFFER_TOKEN, in}}, o = {0};
        SecBufferDesc bd = {SECBUFFER_VERSION, 4, b}, od = {SECBUFFER_VERSION, 1, &o};
        SECURITY_STATUS s =
            open ? DecryptMessage(&ctx, &bd, 0, NULL)
                 : InitializeSecurityContextA(&cred, pctx, argv[1], flags, 0, 0, have > 0 ? &bd : NULL, 0,
                                              &ctx, &od, &attr, NULL);
        if (o.cbBuffer > 0 && write(fd, o.pvBuffer, o.cbBuffer) < 0) return 1;
        FreeContextBuffer(o.pvBuffer);
        if (closing) return 0;
        if (s < 0 && s != SEC_E_INCOMPLETE_MESSAGE) return fprintf(stderr, "refused: %#x\n", (unsigned)s), 1;
        if (open && s == SEC_E_OK) fwrite(b[1].pvBuffer, 1, b[1].cbBuffer, stdout);
        ULONG left = b[open ? 3 : 1].BufferType == SECBUFFER_EXTRA ? b[open ? 3 : 1].cbBuffer : 0;
        if (s == SEC_E_INCOMPLETE_MESSAGE) left = have;
        memmove(in, in + have - left, left); /* what was not used comes first next time */
        if (s == SEC_E_OK && !asked && !(asked = send_request(fd, &ctx, argv[1], argv[3]))) return 1;
        if ((closing = s == SEC_I_CONTEXT_EXPIRED)) /* the server closed, and so do we */
            b[0] = (SecBuffer){4, SECBUFFER_TOKEN, &(DWORD){SCHANNEL_SHUTDOWN}}, ApplyControlToken(&ctx, &bd);
        open = s == SEC_E_OK || (open && s == SEC_E_INCOMPLETE_MESSAGE); /* a ticket or new keys are ISC's */
        ssize_t n = 0;
        if (s == SEC_E_INCOMPLETE_MESSAGE || (left == 0 && (open || s == SEC_I_CONTINUE_NEEDED)))
            if ((n = read(fd, in + left, sizeof in - left)) <= 0) return fprintf(stderr, "cut short\n"), 1;
        have = left + (ULONG)n;
    }
}
