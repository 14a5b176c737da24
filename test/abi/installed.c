/* A program as a user of the installed library writes one. Its argument is the version it must find. */
#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS
#include <windows.h>
#include <security.h>
#include <schannel.h>
#include <culvert.h>
#include <tchar.h>
#include <string.h>

int main(int argc, char **argv)
{
    SCH_CREDENTIALS credentials = {0};
    CtxtHandle context;

#if __SIZEOF_WCHAR_T__ == 2
    /* libc's wcslen would count in units of 32 bits */
    if (wcslen(UNISP_NAME_W) != strlen(UNISP_NAME_A) || wcscmp(L"ab", L"ac") != -1 ||
        *wcschr(L"abc", L'c') != L'c')
        return 1;
#endif
    if (_tcslen(UNISP_NAME) != strlen(UNISP_NAME_A)) return 1;
    credentials.dwVersion = SCH_CREDENTIALS_VERSION;
    SecInvalidateHandle(&context);
    if (SecIsValidHandle(&context)) return 1;
    if (argc != 2 || strcmp(argv[1], CulvertVersion()) != 0) return 1;
    return credentials.dwVersion == 5 ? 0 : 1;
}
