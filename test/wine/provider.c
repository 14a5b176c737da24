/* A program for Windows that uses the provider as any does: compiled with the system's headers, linked with nothing of
 * ours, secur32.dll found at run time. Speaks with nobody: what an answer would need is tested by curl. */
#define SECURITY_WIN32
#include <windows.h>
#include <wincrypt.h>
#include <sspi.h>
#include <schannel.h>
#include <stdio.h>
#include <string.h>

static int n_failed;

#define CHECK(condition) check((condition), #condition, __LINE__)

static void check(int holds, const char *what, int line)
{
    if (holds) return;
    n_failed++;
    printf("provider.c:%d: %s\n", line, what);
}

static PSecurityFunctionTableA table;

static SECURITY_STATUS acquire(CredHandle *h, DWORD protocols, DWORD flags)
{
    SCHANNEL_CRED c = {.dwVersion = SCHANNEL_CRED_VERSION, .grbitEnabledProtocols = protocols, .dwFlags = flags};
    return table->AcquireCredentialsHandleA(NULL, (SEC_CHAR *)UNISP_NAME_A, SECPKG_CRED_OUTBOUND, NULL, &c, NULL, NULL, h,
                                            NULL);
}

static void packages(void)
{
    PSecPkgInfoA info = NULL;
    unsigned long n = 0;
    CHECK(table->EnumerateSecurityPackagesA(&n, &info) == SEC_E_OK);
    CHECK(n >= 1);
    CHECK(table->FreeContextBuffer(info) == SEC_E_OK);
    CHECK(table->QuerySecurityPackageInfoA((SEC_CHAR *)UNISP_NAME_A, &info) == SEC_E_OK);
    CHECK(strcmp(info->Name, UNISP_NAME_A) == 0);
    CHECK(table->FreeContextBuffer(info) == SEC_E_OK);
}

/* A first token, an answer that is none, and the end. */
static void a_conversation(void)
{
    CredHandle cred;
    CtxtHandle ctx;
    char junk[] = "HTTP/1.1 400 Bad Request";
    unsigned long attributes = 0, flags = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM | ISC_REQ_CONFIDENTIALITY |
                                         ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT;
    SecBuffer out = {0, SECBUFFER_EMPTY, NULL};
    SecBuffer in[2] = {{sizeof junk, SECBUFFER_TOKEN, junk}, {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc out_desc = {SECBUFFER_VERSION, 1, &out}, in_desc = {SECBUFFER_VERSION, 2, in};
    CHECK(acquire(&cred, SP_PROT_TLS1_2_CLIENT, SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_NO_DEFAULT_CREDS) == SEC_E_OK);
    SECURITY_STATUS status =
        table->InitializeSecurityContextA(&cred, NULL, (SEC_CHAR *)"server.example", flags, 0, 0, NULL, 0, &ctx, &out_desc,
                                          &attributes, NULL);
    CHECK(status == SEC_I_CONTINUE_NEEDED);
    CHECK(attributes == flags);
    CHECK(out.BufferType == SECBUFFER_TOKEN && out.cbBuffer > 50 && ((BYTE *)out.pvBuffer)[0] == 22);
    CHECK(table->FreeContextBuffer(out.pvBuffer) == SEC_E_OK);
    out = (SecBuffer){0, SECBUFFER_EMPTY, NULL};
    status = table->InitializeSecurityContextA(&cred, &ctx, NULL, flags, 0, 0, &in_desc, 0, NULL, &out_desc, &attributes,
                                               NULL);
    CHECK(FAILED(status) && status != SEC_E_INCOMPLETE_MESSAGE);
    table->FreeContextBuffer(out.pvBuffer);
    CHECK(table->DeleteSecurityContext(&ctx) == SEC_E_OK);
    CHECK(table->DeleteSecurityContext(&ctx) == SEC_E_INVALID_HANDLE);
    CHECK(table->FreeCredentialsHandle(&cred) == SEC_E_OK);
    CHECK(table->FreeCredentialsHandle(&cred) == SEC_E_INVALID_HANDLE);
}

static void refusals(void)
{
    CredHandle cred;
    CHECK(acquire(&cred, SP_PROT_SSL2_CLIENT, 0) == SEC_E_ALGORITHM_MISMATCH);
    CHECK(table->AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"Kerberos", SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &cred,
                                           NULL) == SEC_E_SECPKG_NOT_FOUND);
}

int main(void)
{
    HMODULE m = LoadLibraryA("secur32.dll");
    const char *(*version)(void) = m == NULL ? NULL : (const char *(*)(void))(void *)GetProcAddress(m, "CulvertVersion");
    if (version == NULL) {
        printf("secur32.dll is not culvert's\n");
        return 1;
    }
    table = ((PSecurityFunctionTableA(*)(void))(void *)GetProcAddress(m, "InitSecurityInterfaceA"))();
    CHECK(table->dwVersion >= 1);
    packages();
    a_conversation();
    refusals();
    printf("provider under Wine: culvert %s, %d checks failed\n", version(), n_failed);
    return n_failed != 0;
}
