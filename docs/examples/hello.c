/* Says what a server negotiates: hello HOST PORT. A Schannel program; it compiles on Windows' headers, too.
 */
#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <windows.h>
#include <subauth.h>
#include <security.h>
#include <schannel.h>

int main(int argc, char **argv)
{
    static char in[65536];
    struct addrinfo *ai, hints = {.ai_socktype = SOCK_STREAM};
    if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &ai) != 0) return 2;
    int fd = socket(ai->ai_family, SOCK_STREAM, 0);
    if (connect(fd, ai->ai_addr, ai->ai_addrlen) != 0) return 1;

    CredHandle cred;
    CtxtHandle ctx, *pctx = NULL;
    SCH_CREDENTIALS auth = {.dwVersion = SCH_CREDENTIALS_VERSION, .dwFlags = SCH_USE_STRONG_CRYPTO};
    SECURITY_STATUS s = AcquireCredentialsHandleA(NULL, (LPSTR)UNISP_NAME_A, SECPKG_CRED_OUTBOUND, NULL,
                                                  &auth, NULL, NULL, &cred, NULL);
    for (ULONG have = 0, attr; s != SEC_E_OK || pctx == NULL; pctx = &ctx) {
        ssize_t n = pctx == NULL ? 0 : read(fd, in + have, sizeof in - have);
        if (pctx != NULL && n <= 0) return 1;
        SecBuffer ib[] = {{have += (ULONG)n, SECBUFFER_TOKEN, in}, {0, SECBUFFER_EMPTY, NULL}};
        SecBuffer ob[] = {{0, SECBUFFER_TOKEN, NULL}};
        SecBufferDesc id = {SECBUFFER_VERSION, 2, ib}, od = {SECBUFFER_VERSION, 1, ob};
        s = InitializeSecurityContextA(&cred, pctx, argv[1], ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY, 0, 0,
                                       pctx == NULL ? NULL : &id, 0, &ctx, &od, &attr, NULL);
        if (ob->pvBuffer != NULL && write(fd, ob->pvBuffer, ob->cbBuffer) < 0) return 1;
        FreeContextBuffer(ob->pvBuffer);
        if (s < 0 && s != SEC_E_INCOMPLETE_MESSAGE) return printf("refused: 0x%08X\n", (unsigned)s), 1;
        ULONG left = s == SEC_E_INCOMPLETE_MESSAGE         ? have
                     : ib[1].BufferType == SECBUFFER_EXTRA ? ib[1].cbBuffer
                                                           : 0;
        memmove(in, in + have - left, left);
        have = left;
    }
    SecPkgContext_CipherInfo info = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
    QueryContextAttributesA(&ctx, SECPKG_ATTR_CIPHER_INFO, &info);
    return printf("protocol 0x%04X, cipher suite 0x%04X\n", (unsigned)info.dwProtocol,
                  (unsigned)info.dwCipherSuite) < 0;
}
