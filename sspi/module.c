/* GetModuleHandle and GetProcAddress: for programs that look Windows' functions up by their names. And
 * CloseHandle. */
#include "sspi/unicode.h"
#include "sspi/win.h"

typedef void any_function(void);

/* Every name of sspi/culvert.map. */
static const struct {
    const char *name;
    any_function *function;
} functions[] = {
/* clang-format off */
#define F(name) {#name, (any_function *)name}
    F(MultiByteToWideChar),
    F(WideCharToMultiByte),
    F(GetLastError),
    F(SetLastError),
    F(LocalAlloc),
    F(LocalFree),
    F(CloseHandle),
    F(GetSystemTimeAsFileTime),
    F(SystemTimeToFileTime),
    F(FileTimeToSystemTime),
    F(FileTimeToLocalFileTime),
    F(CompareFileTime),
    F(GetModuleHandleA),
    F(GetModuleHandleW),
    F(GetProcAddress),
    F(FormatMessageA),
    F(FormatMessageW),
    F(EnumerateSecurityPackagesA),
    F(EnumerateSecurityPackagesW),
    F(QuerySecurityPackageInfoA),
    F(QuerySecurityPackageInfoW),
    F(AcquireCredentialsHandleA),
    F(AcquireCredentialsHandleW),
    F(AddCredentialsA),
    F(AddCredentialsW),
    F(FreeCredentialsHandle),
    F(QueryCredentialsAttributesA),
    F(QueryCredentialsAttributesW),
    F(QueryCredentialsAttributesExA),
    F(QueryCredentialsAttributesExW),
    F(SetCredentialsAttributesA),
    F(SetCredentialsAttributesW),
    F(ChangeAccountPasswordA),
    F(ChangeAccountPasswordW),
    F(InitializeSecurityContextA),
    F(InitializeSecurityContextW),
    F(AcceptSecurityContext),
    F(CompleteAuthToken),
    F(ApplyControlToken),
    F(DeleteSecurityContext),
    F(FreeContextBuffer),
    F(QueryContextAttributesA),
    F(QueryContextAttributesW),
    F(QueryContextAttributesExA),
    F(QueryContextAttributesExW),
    F(SetContextAttributesA),
    F(SetContextAttributesW),
    F(EncryptMessage),
    F(DecryptMessage),
    F(MakeSignature),
    F(VerifySignature),
    F(ImpersonateSecurityContext),
    F(RevertSecurityContext),
    F(QuerySecurityContextToken),
    F(ExportSecurityContext),
    F(ImportSecurityContextA),
    F(ImportSecurityContextW),
    F(InitSecurityInterfaceA),
    F(InitSecurityInterfaceW),
    F(NCryptFreeObject),
    F(CertCreateCertificateContext),
    F(CertCreateSelfSignCertificate),
    F(CertDuplicateCertificateContext),
    F(CertFreeCertificateContext),
    F(CertCreateCRLContext),
    F(CertDuplicateCRLContext),
    F(CertFreeCRLContext),
    F(CertGetCertificateContextProperty),
    F(CertSetCertificateContextProperty),
    F(CertEnumCertificateContextProperties),
    F(CertGetEnhancedKeyUsage),
    F(CertGetIntendedKeyUsage),
    F(CertGetPublicKeyLength),
    F(CertCompareCertificate),
    F(CertCompareCertificateName),
    F(CertVerifyTimeValidity),
    F(CertFindExtension),
    F(CryptAcquireCertificatePrivateKey),
    F(CryptHashCertificate),
    F(CertOpenStore),
    F(CertOpenSystemStoreA),
    F(CertOpenSystemStoreW),
    F(CertDuplicateStore),
    F(CertCloseStore),
    F(CertAddCertificateContextToStore),
    F(CertAddEncodedCertificateToStore),
    F(CertAddCRLContextToStore),
    F(CertAddStoreToCollection),
    F(CertRemoveStoreFromCollection),
    F(CertDeleteCertificateFromStore),
    F(CertEnumCertificatesInStore),
    F(CertEnumCRLsInStore),
    F(CertFindCertificateInStore),
    F(CryptQueryObject),
    F(PFXImportCertStore),
    F(PFXIsPFXBlob),
    F(PFXVerifyPassword),
    F(CertGetNameStringA),
    F(CertGetNameStringW),
    F(CertNameToStrA),
    F(CertNameToStrW),
    F(CryptDecodeObject),
    F(CryptDecodeObjectEx),
    F(CryptEncodeObjectEx),
    F(CryptStringToBinaryA),
    F(CryptStringToBinaryW),
    F(CryptBinaryToStringA),
    F(CryptBinaryToStringW),
    F(CertCreateCertificateChainEngine),
    F(CertFreeCertificateChainEngine),
    F(CertGetCertificateChain),
    F(CertDuplicateCertificateChain),
    F(CertFreeCertificateChain),
    F(CertFindChainInStore),
    F(CertVerifyCertificateChainPolicy),
    F(CryptAcquireContextA),
    F(CryptAcquireContextW),
    F(CryptReleaseContext),
    F(CryptGenRandom),
    F(CryptCreateHash),
    F(CryptHashData),
    F(CryptGetHashParam),
    F(CryptDestroyHash),
    F(CryptImportKey),
    F(CryptDestroyKey),
#undef F
    /* clang-format on */
};

static const char *const modules[] = {"secur32", "sspicli",  "schannel", "security",
                                      "crypt32", "advapi32", "kernel32", "ncrypt"};

static HMODULE this_library(void)
{
    return (HMODULE)(uintptr_t)functions; /* any address of ours will do */
}

static HMODULE not_found(void)
{
    SetLastError(ERROR_MOD_NOT_FOUND);
    return NULL;
}

HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName)
{
    if (lpModuleName == NULL) return this_library();
    size_t len = strlen(lpModuleName);
    char name[16];
    if (len > 4 && cv_ascii_is(lpModuleName + len - 4, ".dll")) len -= 4;
    if (len >= sizeof name) return not_found();
    memcpy(name, lpModuleName, len);
    name[len] = '\0';
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        if (cv_ascii_is(name, modules[i])) return this_library();
    return not_found();
}

HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName)
{
    char name[64];
    size_t len;
    if (lpModuleName == NULL) return this_library();
    if (cv_utf8_from_wide(name, sizeof name, &len, lpModuleName, cv_wide_len(lpModuleName)) != CV_OK)
        return not_found();
    return GetModuleHandleA(name);
}

FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName)
{
    /* A name below 64 KiB would be a number, and we have none. */
    if (hModule == this_library() && (uintptr_t)lpProcName > 0xffff) {
        for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
            if (strcmp(functions[i].name, lpProcName) == 0) return (FARPROC)functions[i].function;
    }
    SetLastError(hModule == this_library() ? ERROR_PROC_NOT_FOUND : ERROR_INVALID_HANDLE);
    return NULL;
}

/* The only handles that could come here are those of QuerySecurityContextToken, which are the application's
 * own (culvert.h, CulvertCredential_Mapper). */
BOOL WINAPI CloseHandle(HANDLE hObject)
{
    (void)hObject;
    SetLastError(ERROR_INVALID_HANDLE);
    return FALSE;
}
