/* Says what a server negotiates: hello HOST PORT. Only the sockets are not Schannel's. */
#define SECURITY_WIN32
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <windows.h>
#include <security.h>
#include <schannel.h>

int main(int argc, char **argv)
{
    struct addrinfo *ai, hints = {.ai_socktype = SOCK_STREAM};
    if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &ai) != 0) return 2;
    int fd = socket(ai->ai_family, SOCK_STREAM, 0);
    if (connect(fd, ai->ai_addr, ai->ai_addrlen) != 0) return 1;
    static char in[1 << 16];
    ULONG have = 0, attr, flags = ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY;
    SECURITY_STATUS s = SEC_I_CONTINUE_NEEDED;
    SecHandle cred, ctx, *pctx = NULL;
    AcquireCredentialsHandleA(NULL, UNISP_NAME_A, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &cred, NULL);
    for (ssize_t n = 0; s == SEC_I_CONTINUE_NEEDED || s == SEC_E_INCOMPLETE_MESSAGE; pctx = &ctx) {
        if (pctx != NULL && (s == SEC_E_INCOMPLETE_MESSAGE || have == 0))
            if ((n = read(fd, in + have, sizeof in - have)) <= 0) return 1;
        have += (ULONG)n, n = 0;
        SecBuffer i[2] = {{have, SECBUFFER_TOKEN, in}}, o = {0};
        SecBufferDesc id = {SECBUFFER_VERSION, 2, i}, od = {SECBUFFER_VERSION, 1, &o};
        s = InitializeSecurityContextA(&cred, pctx, argv[1], flags, 0, 0, &id, 0, &ctx, &od, &attr, NULL);
        if (o.cbBuffer > 0 && write(fd, o.pvBuffer, o.cbBuffer) < 0) return 1;
        FreeContextBuffer(o.pvBuffer);
        ULONG used = s == SEC_E_INCOMPLETE_MESSAGE ? 0 : have - i[1].cbBuffer; /* what is EXTRA is not */
        have -= used;
        memmove(in, in + used, have);
    }
    if (s != SEC_E_OK) return printf("refused: %#x\n", (unsigned)s), 1;
    SecPkgContext_CipherInfo info = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
    QueryContextAttributesA(&ctx, SECPKG_ATTR_CIPHER_INFO, &info);
    printf("protocol %#06x, cipher suite %#06x\n", (unsigned)info.dwProtocol, (unsigned)info.dwCipherSuite);
    return 0;
}
