/* What curl takes from its own files for Windows, which are empty elsewhere: the version that it is on, words
 * for errors, random bytes. */
#include "force.h"

#include <culvert.h>
#include <schannel.h>
#include <stdlib.h>

/* AcquireCredentialsHandle; with CULVERT_CURL_RENEGOTIATE set, TLS 1.2 then allows renegotiation. */
static SECURITY_STATUS SEC_ENTRY acquire(SEC_CHAR *principal, SEC_CHAR *package, ULONG use, void *logon, void *data,
                                         SEC_GET_KEY_FN get_key, void *get_key_argument, PCredHandle credential,
                                         PTimeStamp expiry)
{
    SECURITY_STATUS status = AcquireCredentialsHandleA(principal, package, use, logon, data, get_key,
                                                       get_key_argument, credential, expiry);
    CulvertCredential_Tls12 how = {.dwFlags = CULVERT_TLS12_RENEGOTIATION};
    if (status == SEC_E_OK && getenv("CULVERT_CURL_RENEGOTIATE") != NULL)
        status = SetCredentialsAttributesA(credential, SECPKG_ATTR_CULVERT_TLS12, &how, sizeof how);
    return status;
}

PSecurityFunctionTableA culvert_curl_interface(void)
{
    static SecurityFunctionTableA table;
    table = *InitSecurityInterfaceA();
    table.AcquireCredentialsHandleA = acquire;
    return &table;
}

/* CULVERT_CURL_BUILD: the build of Windows 10 to be taken for. From 20348 on curl fills in SCH_CREDENTIALS, and so
 * can have TLS 1.3; below it SCHANNEL_CRED. */
static unsigned windows_build(void)
{
    const char *set = getenv("CULVERT_CURL_BUILD");
    return set != NULL ? (unsigned)strtoul(set, NULL, 10) : 20348;
}

bool curlx_verify_windows_version(const unsigned int major, const unsigned int minor, const unsigned int build,
                                  const PlatformIdentifier platform, const VersionCondition condition)
{
    const unsigned own[] = {10, 0, windows_build()}, asked[] = {major, minor, build};
    int order = 0;
    (void)platform;
    for (int i = 0; i < 3 && order == 0; i++) {
        if (i == 2 && build == 0) break; /* any build */
        order = own[i] < asked[i] ? -1 : own[i] > asked[i];
    }
    switch (condition) {
    case VERSION_LESS_THAN:
        return order < 0;
    case VERSION_LESS_THAN_EQUAL:
        return order <= 0;
    case VERSION_EQUAL:
        return order == 0;
    case VERSION_GREATER_THAN_EQUAL:
        return order >= 0;
    default:
        return order > 0;
    }
}

const char *curlx_get_winapi_error(DWORD err, char *buf, size_t buflen)
{
    DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
    if (FormatMessageA(flags, NULL, err, 0, buf, (DWORD)buflen, NULL) == 0) return NULL;
    buf[strcspn(buf, "\r\n")] = '\0';
    return buf;
}

const char *curlx_winapi_strerror(DWORD err, char *buf, size_t buflen)
{
    return curlx_get_winapi_error(err, buf, buflen) != NULL ? buf : "an error without words";
}

int curlx_win32_random(unsigned char *entropy, size_t length)
{
    HCRYPTPROV provider;
    if (!CryptAcquireContextA(&provider, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT)) return 2; /* CURLE_FAILED_INIT */
    BOOL ok = CryptGenRandom(provider, (DWORD)length, entropy);
    CryptReleaseContext(provider, 0);
    return ok ? 0 : 2;
}
