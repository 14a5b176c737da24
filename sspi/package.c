#include "sspi/package.h"

#include "sspi/library.h"
#include "sspi/unicode.h"

#include <string.h>

/* fCapabilities and cbMaxToken: what Windows 10 reports. */
enum {
    CAPABILITIES = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_PRIVACY | SECPKG_FLAG_CONNECTION |
                   SECPKG_FLAG_MULTI_REQUIRED | SECPKG_FLAG_EXTENDED_ERROR | SECPKG_FLAG_IMPERSONATION |
                   SECPKG_FLAG_ACCEPT_WIN32_NAME | SECPKG_FLAG_STREAM | SECPKG_FLAG_MUTUAL_AUTH,
};

/* Schannel stands in the list under two names; the others only open it. */
static const char *const listed[] = {UNISP_NAME_A, SCHANNEL_NAME_A};
static const char *const accepted[] = {UNISP_NAME_A, SCHANNEL_NAME_A, SSL3SP_NAME_A, TLS1SP_NAME_A,
                                       DEFAULT_TLS_SSP_NAME_A};
static const char comment[] = "Schannel Security Package";

enum { N_LISTED = sizeof listed / sizeof listed[0], N_ACCEPTED = sizeof accepted / sizeof accepted[0] };

bool cv_package_known(const SEC_CHAR *name)
{
    for (size_t i = 0; name != NULL && i < N_ACCEPTED; i++)
        if (cv_ascii_is(name, accepted[i])) return true;
    return false;
}

bool cv_package_known_wide(const SEC_WCHAR *name)
{
    for (size_t i = 0; name != NULL && i < N_ACCEPTED; i++)
        if (cv_wide_is(name, cv_wide_len(name), accepted[i])) return true;
    return false;
}

/* One block: the structs, then their strings. */
static SecPkgInfoA *make_infos(const char *const *names, size_t n)
{
    size_t len = n * (sizeof(SecPkgInfoA) + sizeof comment);
    for (size_t i = 0; i < n; i++) len += strlen(names[i]) + 1;
    SecPkgInfoA *info = cv_buffer_alloc(len);
    if (info == NULL) return NULL;
    char *text = (char *)(info + n);
    for (size_t i = 0; i < n; i++) {
        size_t name_len = strlen(names[i]) + 1;
        info[i] = (SecPkgInfoA){CAPABILITIES, 1, UNISP_RPC_ID, CV_MAX_TOKEN, text, text + name_len};
        memcpy(text, names[i], name_len);
        memcpy(text + name_len, comment, sizeof comment);
        text += name_len + sizeof comment;
    }
    return info;
}

static SecPkgInfoW *make_infos_wide(const char *const *names, size_t n)
{
    size_t units = n * sizeof comment;
    for (size_t i = 0; i < n; i++) units += strlen(names[i]) + 1;
    SecPkgInfoW *info = cv_buffer_alloc(n * sizeof *info + units * sizeof(SEC_WCHAR));
    if (info == NULL) return NULL;
    SEC_WCHAR *text = (SEC_WCHAR *)(info + n);
    for (size_t i = 0; i < n; i++) {
        size_t name_len = strlen(names[i]) + 1;
        info[i] = (SecPkgInfoW){CAPABILITIES, 1, UNISP_RPC_ID, CV_MAX_TOKEN, text, text + name_len};
        cv_wide_ascii(text, name_len, names[i]);
        cv_wide_ascii(text + name_len, sizeof comment, comment);
        text += name_len + sizeof comment;
    }
    return info;
}

SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesA(ULONG *pcPackages, PSecPkgInfoA *ppPackageInfo)
{
    if (pcPackages == NULL || ppPackageInfo == NULL) return SEC_E_INVALID_HANDLE;
    SecPkgInfoA *info = make_infos(listed, N_LISTED);
    if (info == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    *pcPackages = N_LISTED;
    *ppPackageInfo = info;
    return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesW(ULONG *pcPackages, PSecPkgInfoW *ppPackageInfo)
{
    if (pcPackages == NULL || ppPackageInfo == NULL) return SEC_E_INVALID_HANDLE;
    SecPkgInfoW *info = make_infos_wide(listed, N_LISTED);
    if (info == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    *pcPackages = N_LISTED;
    *ppPackageInfo = info;
    return SEC_E_OK;
}

/* Asked for by another of its names, the package answers with its first. */
static const char *const *answer_for(bool is_schannel)
{
    return is_schannel ? &listed[1] : &listed[0];
}

SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoA(SEC_CHAR *pszPackageName, PSecPkgInfoA *ppPackageInfo)
{
    if (ppPackageInfo == NULL) return SEC_E_INVALID_HANDLE;
    if (!cv_package_known(pszPackageName)) return SEC_E_SECPKG_NOT_FOUND;
    *ppPackageInfo = make_infos(answer_for(cv_ascii_is(pszPackageName, SCHANNEL_NAME_A)), 1);
    return *ppPackageInfo != NULL ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoW(SEC_WCHAR *pszPackageName, PSecPkgInfoW *ppPackageInfo)
{
    if (ppPackageInfo == NULL) return SEC_E_INVALID_HANDLE;
    if (!cv_package_known_wide(pszPackageName)) return SEC_E_SECPKG_NOT_FOUND;
    bool is_schannel = cv_wide_is(pszPackageName, cv_wide_len(pszPackageName), SCHANNEL_NAME_A);
    *ppPackageInfo = make_infos_wide(answer_for(is_schannel), 1);
    return *ppPackageInfo != NULL ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}
