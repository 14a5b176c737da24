#include "keys.h"

#include <bcrypt.h>
#include <ncrypt.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_CAP = 1 << 16, BLOB_HEADER = 8, RSA_HEADER = 12 };

static BYTE file[FILE_CAP];

static DWORD read_file(const char *stem, const char *ending)
{
    char path[MAX_PATH];
    snprintf(path, sizeof path, "%s%s", stem, ending);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        printf("cannot open %s\n", path);
        exit(2);
    }
    DWORD len = (DWORD)fread(file, 1, sizeof file, f);
    fclose(f);
    return len;
}

static BYTE *put_backwards(BYTE *to, const BYTE *from, DWORD len)
{
    for (DWORD i = 0; i < len; i++) to[i] = from[len - 1 - i];
    return to + len;
}

/* The PRIVATEKEYBLOB in `file` as CNG has it: big-endian, the exponent first. */
static NCRYPT_KEY_HANDLE import_cng(void)
{
    static BYTE blob[FILE_CAP];
    const RSAPUBKEY *key = (const RSAPUBKEY *)(file + BLOB_HEADER);
    DWORD len = key->bitlen / 8, exponent = key->pubexp;
    const BYTE *from = file + BLOB_HEADER + RSA_HEADER;
    BCRYPT_RSAKEY_BLOB *header = (BCRYPT_RSAKEY_BLOB *)blob;
    *header = (BCRYPT_RSAKEY_BLOB){BCRYPT_RSAPRIVATE_MAGIC, key->bitlen, 3, len, len / 2, len / 2};
    BYTE *to = put_backwards((BYTE *)(header + 1), (const BYTE *)&exponent, 3);
    to = put_backwards(to, from, len);
    to = put_backwards(to, from + len, len / 2);
    to = put_backwards(to, from + len + len / 2, len / 2);
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE handle = 0;
    if (NCryptOpenStorageProvider(&provider, MS_KEY_STORAGE_PROVIDER, 0) != 0) return 0;
    SECURITY_STATUS status =
        NCryptImportKey(provider, 0, BCRYPT_RSAPRIVATE_BLOB, NULL, &handle, blob, (DWORD)(to - blob), 0);
    return status == 0 ? handle : 0;
}

static HCRYPTPROV import_capi(const WCHAR *container, DWORD len)
{
    HCRYPTPROV provider;
    HCRYPTKEY key;
    const WCHAR *name = MS_ENH_RSA_AES_PROV_W;
    CryptAcquireContextW(&provider, container, name, PROV_RSA_AES, CRYPT_DELETEKEYSET);
    if (!CryptAcquireContextW(&provider, container, name, PROV_RSA_AES, CRYPT_NEWKEYSET)) return 0;
    if (!CryptImportKey(provider, file, len, 0, 0, &key)) return 0;
    CryptDestroyKey(key);
    return provider;
}

static BOOL name_container(PCCERT_CONTEXT c, const WCHAR *container)
{
    CRYPT_KEY_PROV_INFO info = {
        .pwszContainerName = (WCHAR *)container,
        .pwszProvName = (WCHAR *)MS_ENH_RSA_AES_PROV_W,
        .dwProvType = PROV_RSA_AES,
        .dwKeySpec = AT_KEYEXCHANGE,
    };
    return CertSetCertificateContextProperty(c, CERT_KEY_PROV_INFO_PROP_ID, 0, &info);
}

static BOOL give_handle(PCCERT_CONTEXT c, ULONG_PTR handle, DWORD spec)
{
    CERT_KEY_CONTEXT context = {.cbSize = sizeof context, .hCryptProv = handle, .dwKeySpec = spec};
    return handle != 0 && CertSetCertificateContextProperty(c, CERT_KEY_CONTEXT_PROP_ID,
                                                            CERT_STORE_NO_CRYPT_RELEASE_FLAG, &context);
}

static BOOL give_key(PCCERT_CONTEXT c, const char *stem, enum key_kind kind)
{
    DWORD len;
    switch (kind) {
    case KEY_NONE:
        return TRUE;
    case KEY_NOWHERE:
        return name_container(c, L"culvert-nowhere");
    case KEY_CNG:
        read_file(stem, ".blob");
        return give_handle(c, import_cng(), CERT_NCRYPT_KEY_SPEC);
    case KEY_CAPI:
        len = read_file(stem, ".blob");
        return give_handle(c, import_capi(L"culvert-test-handle", len), AT_KEYEXCHANGE);
    case KEY_CONTAINER:
        len = read_file(stem, ".blob");
        HCRYPTPROV provider = import_capi(L"culvert-test", len);
        if (provider != 0) CryptReleaseContext(provider, 0);
        return provider != 0 && name_container(c, L"culvert-test");
    }
    return FALSE;
}

PCCERT_CONTEXT read_certificate(const char *stem, enum key_kind kind)
{
    HCERTSTORE s = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL);
    PCCERT_CONTEXT c = NULL;
    DWORD len = read_file(stem, ".der");
    CertAddEncodedCertificateToStore(s, X509_ASN_ENCODING, file, len, CERT_STORE_ADD_ALWAYS, &c);
    len = read_file(stem, "-ca.der");
    CertAddEncodedCertificateToStore(s, X509_ASN_ENCODING, file, len, CERT_STORE_ADD_ALWAYS, NULL);
    CertCloseStore(s, 0);
    if (c != NULL && give_key(c, stem, kind)) return c;
    printf("%s with a key of kind %d: error %#lx\n", stem, (int)kind, (unsigned long)GetLastError());
    return NULL;
}

PCCERT_CONTEXT read_pfx(const char *path, const WCHAR *password, const WCHAR *subject, DWORD flags)
{
    CRYPT_DATA_BLOB blob = {read_file(path, ""), file};
    HCERTSTORE s = PFXImportCertStore(&blob, password, flags);
    PCCERT_CONTEXT c = NULL;
    if (s != NULL)
        c = CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_SUBJECT_STR_W, subject, NULL);
    if (c == NULL) printf("%s: error %#lx\n", path, (unsigned long)GetLastError());
    if (s != NULL) CertCloseStore(s, 0);
    return c;
}

HCERTSTORE read_store(const char *stem)
{
    HCERTSTORE s = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL);
    DWORD len = read_file(stem, ".der");
    CertAddEncodedCertificateToStore(s, X509_ASN_ENCODING, file, len, CERT_STORE_ADD_ALWAYS, NULL);
    return s;
}
