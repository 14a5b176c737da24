/* Decoding and encoding, names, questions about certificates, functions by name. */
#include "wincrypt_fixture.h"

#include "pki.h"
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, wincrypt_set_up, wincrypt_tear_down)

static void *decode(LPCSTR type, const void *der, size_t len)
{
    void *out = NULL;
    DWORD size = 0;
    if (!CryptDecodeObjectEx(X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, type, der, (DWORD)len,
                             CRYPT_DECODE_ALLOC_FLAG | CRYPT_DECODE_NOCOPY_FLAG, NULL, &out, &size))
        return NULL;
    assert_true(size > 0);
    return out;
}

static const CERT_EXTENSION *extension(PCCERT_CONTEXT c, LPCSTR oid)
{
    const CERT_EXTENSION *x = CertFindExtension(oid, c->pCertInfo->cExtension, c->pCertInfo->rgExtension);
    assert_non_null(x);
    return x;
}

static void alternative_names(void **state)
{
    (void)state;
    PCCERT_CONTEXT c = sspi_cert("server-rsa");
    const CERT_EXTENSION *x = extension(c, szOID_SUBJECT_ALT_NAME2);
    static const BYTE loopback[] = {127, 0, 0, 1};
    static const WCHAR first[] = {'s', 'e', 'r', 'v', 'e', 'r', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0};
    CERT_ALT_NAME_INFO *by_oid = decode(szOID_SUBJECT_ALT_NAME2, x->Value.pbData, x->Value.cbData);
    CERT_ALT_NAME_INFO *by_number = decode(X509_ALTERNATE_NAME, x->Value.pbData, x->Value.cbData);
    assert_int_equal(by_oid->cAltEntry, 5);
    assert_int_equal(by_number->cAltEntry, 5);
    assert_int_equal(by_oid->rgAltEntry[0].dwAltNameChoice, CERT_ALT_NAME_DNS_NAME);
    assert_memory_equal(by_oid->rgAltEntry[0].pwszDNSName, first, sizeof first);
    assert_int_equal(by_oid->rgAltEntry[3].dwAltNameChoice, CERT_ALT_NAME_IP_ADDRESS);
    assert_int_equal(by_oid->rgAltEntry[3].IPAddress.cbData, 4);
    assert_memory_equal(by_oid->rgAltEntry[3].IPAddress.pbData, loopback, 4);
    assert_int_equal(by_oid->rgAltEntry[4].IPAddress.cbData, 16);
    LocalFree(by_oid);
    LocalFree(by_number);
    CertFreeCertificateContext(c);
    /* Every kind of name; the other name is a UPN. */
    static const BYTE all[] = {0x30, 0x30, 0xa0, 0x11, 0x06, 10,   0x2b, 6,    1,    4,    1,   0x82, 0x37,
                               20,   2,    3,    0xa0, 3,    0x0c, 1,    'u',  0x81, 3,    'a', '@',  'b',
                               0xa4, 0x02, 0x30, 0x00, 0x86, 3,    'u',  ':',  'v',  0x87, 4,   1,    2,
                               3,    4,    0x88, 3,    0x2a, 3,    4,    0x82, 1,    'd',  0};
    CERT_ALT_NAME_INFO *i = decode(X509_ALTERNATE_NAME, all, 2 + all[1]);
    if (i != NULL) {
        assert_int_equal(i->rgAltEntry[0].dwAltNameChoice, CERT_ALT_NAME_OTHER_NAME);
        assert_string_equal(i->rgAltEntry[0].pOtherName->pszObjId, "1.3.6.1.4.1.311.20.2.3");
        LocalFree(i);
    }
    static const BYTE nul[] = {0x30, 5, 0x82, 3, 'a', 0, 'b'}, latin[] = {0x30, 4, 0x82, 2, 'a', 0xe9};
    assert_null(decode(X509_ALTERNATE_NAME, nul, sizeof nul));
    assert_null(decode(X509_ALTERNATE_NAME, latin, sizeof latin));
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_ASN1_ERROR);
}

static void other_extensions(void **state)
{
    (void)state;
    PCCERT_CONTEXT leaf = wincrypt_cert("leaf"), ica = wincrypt_cert("ica");
    const CERT_EXTENSION *x = extension(ica, szOID_BASIC_CONSTRAINTS2);
    CERT_BASIC_CONSTRAINTS2_INFO *b = decode(X509_BASIC_CONSTRAINTS2, x->Value.pbData, x->Value.cbData);
    assert_true(b->fCA);
    assert_true(b->fPathLenConstraint);
    assert_int_equal(b->dwPathLenConstraint, 0);
    LocalFree(b);
    static const BYTE no_sequence[] = {0x14, 0}; /* well formed, and something else */
    for (uintptr_t type = 1; type < 100; type++)
        assert_null(decode((LPCSTR)type, no_sequence, sizeof no_sequence));
    x = extension(ica, szOID_KEY_USAGE);
    CRYPT_BIT_BLOB *k = decode(szOID_KEY_USAGE, x->Value.pbData, x->Value.cbData);
    assert_int_equal(k->pbData[0], 0x06);
    assert_int_equal(k->cUnusedBits, 1);
    LocalFree(k);
    x = extension(leaf, szOID_ENHANCED_KEY_USAGE);
    CERT_ENHKEY_USAGE *u = decode(X509_ENHANCED_KEY_USAGE, x->Value.pbData, x->Value.cbData);
    assert_int_equal(u->cUsageIdentifier, 1);
    assert_string_equal(u->rgpszUsageIdentifier[0], szOID_PKIX_KP_SERVER_AUTH);
    LocalFree(u);
    x = extension(ica, szOID_SUBJECT_KEY_IDENTIFIER);
    CRYPT_DATA_BLOB *o = decode(szOID_SUBJECT_KEY_IDENTIFIER, x->Value.pbData, x->Value.cbData);
    assert_int_equal(o->cbData, 20);
    LocalFree(o);
    CertFreeCertificateContext(leaf);
    CertFreeCertificateContext(ica);
}

static void whole_things(void **state)
{
    (void)state;
    PCCERT_CONTEXT leaf = wincrypt_cert("leaf");
    CERT_INFO *i = decode(X509_CERT_TO_BE_SIGNED, leaf->pbCertEncoded, leaf->cbCertEncoded);
    assert_true(CertCompareCertificate(X509_ASN_ENCODING, i, leaf->pCertInfo));
    assert_int_equal(i->cExtension, leaf->pCertInfo->cExtension);
    LocalFree(i);
    struct cv_bytes der = pki_der("revocation.pem", "ica-leaf");
    CRL_INFO *l = decode(X509_CERT_CRL_TO_BE_SIGNED, der.p, der.len);
    assert_int_equal(l->cCRLEntry, 2);
    LocalFree(l);
    CERT_NAME_INFO *n = decode(X509_NAME, leaf->pCertInfo->Subject.pbData, leaf->pCertInfo->Subject.cbData);
    assert_int_equal(n->cRDN, 2);
    assert_string_equal(n->rgRDN[1].rgRDNAttr[0].pszObjId, szOID_COMMON_NAME);
    assert_int_equal(n->rgRDN[1].rgRDNAttr[0].dwValueType, CERT_RDN_UTF8_STRING);
    static const WCHAR name[] = {'l', 'e', 'a', 'f', 0};
    assert_int_equal(n->rgRDN[1].rgRDNAttr[0].Value.cbData, 8);
    assert_memory_equal(n->rgRDN[1].rgRDNAttr[0].Value.pbData, name, sizeof name);
    LocalFree(n);
    CertFreeCertificateContext(leaf);
}

/* What programs do with a private key in PEM. */
static void private_keys(void **state)
{
    (void)state;
    char pem[8192];
    BYTE der[4096];
    FILE *f = fopen("test/pki/tls/server-rsa.key", "rb");
    size_t len = fread(pem, 1, sizeof pem - 1, f);
    fclose(f);
    pem[len] = '\0';
    DWORD n = sizeof der;
    assert_true(CryptStringToBinaryA(pem, 0, CRYPT_STRING_BASE64HEADER, der, &n, NULL, NULL));
    CRYPT_PRIVATE_KEY_INFO *i = decode(PKCS_PRIVATE_KEY_INFO, der, n);
    assert_string_equal(i->Algorithm.pszObjId, szOID_RSA_RSA);
    BYTE *blob = decode(PKCS_RSA_PRIVATE_KEY, i->PrivateKey.pbData, i->PrivateKey.cbData);
    assert_non_null(blob);
    const BLOBHEADER *h = (const BLOBHEADER *)(void *)blob;
    assert_int_equal(h->bType, PRIVATEKEYBLOB);
    assert_int_equal(((const RSAPUBKEY *)(void *)(h + 1))->bitlen, 2048);
    HCRYPTPROV p;
    HCRYPTKEY k;
    DWORD size = 0;
    assert_true(CryptDecodeObject(X509_ASN_ENCODING, PKCS_RSA_PRIVATE_KEY, i->PrivateKey.pbData,
                                  i->PrivateKey.cbData, 0, NULL, &size));
    assert_true(CryptAcquireContextA(&p, NULL, NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT));
    assert_true(CryptImportKey(p, blob, size, 0, 0, &k));
    CryptDestroyKey(k);
    CryptReleaseContext(p, 0);
    LocalFree(blob);
    LocalFree(i);
    PCCERT_CONTEXT c = sspi_cert("server-rsa");
    const CRYPT_BIT_BLOB *key = &c->pCertInfo->SubjectPublicKeyInfo.PublicKey;
    blob = decode(RSA_CSP_PUBLICKEYBLOB, key->pbData, key->cbData);
    assert_int_equal(blob[0], PUBLICKEYBLOB);
    assert_int_equal(CertGetPublicKeyLength(X509_ASN_ENCODING, &c->pCertInfo->SubjectPublicKeyInfo), 2048);
    LocalFree(blob);
    CertFreeCertificateContext(c);
}

static LPVOID WINAPI own_alloc(SIZE_T n)
{
    return malloc(n);
}

static void memory_of_decoding(void **state)
{
    (void)state;
    PCCERT_CONTEXT c = sspi_cert("server-rsa");
    const CERT_EXTENSION *x = extension(c, szOID_SUBJECT_ALT_NAME2);
    DWORD size = 0, small;
    union {
        CERT_ALT_NAME_INFO info;
        BYTE bytes[1024];
    } out;
    assert_true(CryptDecodeObject(X509_ASN_ENCODING, X509_ALTERNATE_NAME, x->Value.pbData, x->Value.cbData, 0,
                                  NULL, &size));
    assert_true(size > sizeof(CERT_ALT_NAME_INFO) && size <= sizeof out);
    small = size - 1;
    assert_false(CryptDecodeObject(X509_ASN_ENCODING, X509_ALTERNATE_NAME, x->Value.pbData, x->Value.cbData,
                                   0, &out, &small));
    assert_int_equal(GetLastError(), ERROR_MORE_DATA);
    assert_int_equal(small, size);
    memset(&out, 0xa5, sizeof out);
    assert_true(CryptDecodeObject(X509_ASN_ENCODING, X509_ALTERNATE_NAME, x->Value.pbData, x->Value.cbData, 0,
                                  &out, &size));
    for (size_t i = size; i < sizeof out; i++) assert_int_equal(out.bytes[i], 0xa5);
    /* without NOCOPY nothing points into the DER */
    const BYTE *ip = out.info.rgAltEntry[3].IPAddress.pbData;
    assert_true(ip >= out.bytes && ip < out.bytes + size);
    CRYPT_DECODE_PARA para = {.cbSize = sizeof para, .pfnAlloc = own_alloc};
    CERT_ALT_NAME_INFO *mine;
    assert_true(CryptDecodeObjectEx(X509_ASN_ENCODING, X509_ALTERNATE_NAME, x->Value.pbData, x->Value.cbData,
                                    CRYPT_DECODE_ALLOC_FLAG, &para, &mine, &size));
    assert_int_equal(mine->cAltEntry, 5);
    free(mine);
    for (DWORD n = 0; n < x->Value.cbData; n++) assert_null(decode(X509_ALTERNATE_NAME, x->Value.pbData, n));
    assert_null(decode("1.2.3", x->Value.pbData, x->Value.cbData));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_null(decode((LPCSTR)999, x->Value.pbData, x->Value.cbData));
    test_port_fail_at(&wincrypt_port, 1);
    assert_null(decode(X509_ALTERNATE_NAME, x->Value.pbData, x->Value.cbData));
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    CertFreeCertificateContext(c);
}

/* What is decoded is encoded as it was. */
static void encoding_is_the_way_back(void **state)
{
    (void)state;
    static const struct {
        const char *cert;
        LPCSTR oid, type;
    } extensions[] = {
        {"leaf", szOID_SUBJECT_ALT_NAME2, X509_ALTERNATE_NAME},
        {"leaf", szOID_ENHANCED_KEY_USAGE, X509_ENHANCED_KEY_USAGE},
        {"ica", szOID_KEY_USAGE, X509_KEY_USAGE},
        {"ica", szOID_BASIC_CONSTRAINTS2, X509_BASIC_CONSTRAINTS2},
        {"ica", szOID_SUBJECT_KEY_IDENTIFIER, X509_OCTET_STRING},
    };
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        PCCERT_CONTEXT c = wincrypt_cert(extensions[i].cert);
        const CERT_EXTENSION *x = extension(c, extensions[i].oid);
        void *info = decode(extensions[i].type, x->Value.pbData, x->Value.cbData);
        BYTE *der;
        DWORD len = 0;
        assert_true(CryptEncodeObjectEx(X509_ASN_ENCODING, extensions[i].type, info, CRYPT_ENCODE_ALLOC_FLAG,
                                        NULL, &der, &len));
        assert_int_equal(len, x->Value.cbData);
        assert_memory_equal(der, x->Value.pbData, len);
        LocalFree(der);
        LocalFree(info);
        CertFreeCertificateContext(c);
    }
    PCCERT_CONTEXT c = wincrypt_cert("leaf");
    CERT_NAME_BLOB *name = &c->pCertInfo->Subject;
    void *info = decode(X509_NAME, name->pbData, name->cbData);
    BYTE der[256];
    DWORD len = sizeof der;
    assert_true(CryptEncodeObjectEx(X509_ASN_ENCODING, X509_NAME, info, 0, NULL, der, &len));
    assert_int_equal(len, name->cbData);
    assert_memory_equal(der, name->pbData, len);
    len = name->cbData - 1;
    assert_false(CryptEncodeObjectEx(X509_ASN_ENCODING, X509_NAME, info, 0, NULL, der, &len));
    assert_int_equal(GetLastError(), ERROR_MORE_DATA);
    LocalFree(info);
    CERT_EXTENSIONS all = {c->pCertInfo->cExtension, c->pCertInfo->rgExtension}, *again;
    BYTE many[1024];
    len = sizeof many;
    assert_true(CryptEncodeObjectEx(X509_ASN_ENCODING, X509_EXTENSIONS, &all, 0, NULL, many, &len));
    again = decode(X509_EXTENSIONS, many, len);
    assert_int_equal(again->cExtension, all.cExtension);
    LocalFree(again);
    len = sizeof many;
    assert_true(CryptEncodeObjectEx(X509_ASN_ENCODING, X509_PUBLIC_KEY_INFO,
                                    &c->pCertInfo->SubjectPublicKeyInfo, 0, NULL, many, &len));
    CERT_PUBLIC_KEY_INFO *key = decode(X509_PUBLIC_KEY_INFO, many, len);
    assert_string_equal(key->Algorithm.pszObjId, szOID_ECC_PUBLIC_KEY);
    LocalFree(key);
    CERT_ENHKEY_USAGE bad = {1, (LPSTR[]){(LPSTR)(uintptr_t) "1.99.x"}};
    assert_false(CryptEncodeObjectEx(X509_ASN_ENCODING, X509_ENHANCED_KEY_USAGE, &bad, 0, NULL, NULL, &len));
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_BAD_ENCODE);
    CertFreeCertificateContext(c);
}

static void names_of_certificates(void **state)
{
    (void)state;
    PCCERT_CONTEXT c = sspi_cert("server-rsa");
    static const char all[] = "server.example\0localhost\0rsa.example\0";
    char text[256];
    WCHAR wide[256];
    DWORD flags = CERT_NAME_SEARCH_ALL_NAMES_FLAG | CERT_NAME_DISABLE_IE4_UTF8_FLAG;
    /* as curl asks */
    assert_int_equal(CertGetNameStringA(c, CERT_NAME_DNS_TYPE, flags, NULL, NULL, 0), sizeof all);
    assert_int_equal(CertGetNameStringA(c, CERT_NAME_DNS_TYPE, flags, NULL, text, sizeof all), sizeof all);
    assert_memory_equal(text, all, sizeof all);
    assert_int_equal(CertGetNameStringW(c, CERT_NAME_DNS_TYPE, flags, NULL, wide, 256), sizeof all);
    for (size_t i = 0; i < sizeof all; i++) assert_int_equal(wide[i], (uint8_t)all[i]);
    assert_int_equal(CertGetNameStringA(c, CERT_NAME_DNS_TYPE, 0, NULL, text, sizeof text), 15);
    assert_string_equal(text, "server.example");
    assert_int_equal(CertGetNameStringA(c, CERT_NAME_DNS_TYPE, 0, NULL, text, 7), 7); /* cut */
    assert_string_equal(text, "server");
    CertGetNameStringA(c, CERT_NAME_SIMPLE_DISPLAY_TYPE, CERT_NAME_ISSUER_FLAG, NULL, text, sizeof text);
    assert_string_equal(text, "Culvert Test CA rsa");
    CertGetNameStringA(c, CERT_NAME_ATTR_TYPE, 0, (void *)(uintptr_t)szOID_COMMON_NAME, text, sizeof text);
    assert_string_equal(text, "server.example");
    DWORD type = CERT_X500_NAME_STR;
    CertGetNameStringA(c, CERT_NAME_RDN_TYPE, 0, &type, text, sizeof text);
    assert_string_equal(text, "CN=server.example");
    assert_int_equal(CertGetNameStringA(c, CERT_NAME_EMAIL_TYPE, 0, NULL, text, sizeof text), 1);
    assert_string_equal(text, "");
    assert_int_equal(CertGetNameStringA(c, CERT_NAME_URL_TYPE, 0, NULL, text, sizeof text), 1);
    assert_int_equal(CertGetNameStringA(c, CERT_NAME_UPN_TYPE, 0, NULL, text, sizeof text), 1);
    assert_int_equal(CertGetNameStringA(NULL, CERT_NAME_DNS_TYPE, 0, NULL, text, sizeof text), 1);
    CertFreeCertificateContext(c);
    c = wincrypt_cert("ica"); /* no alternative names: the common name */
    assert_int_equal(CertGetNameStringA(c, CERT_NAME_DNS_TYPE, flags, NULL, text, sizeof text), 5);
    assert_memory_equal(text, "ICA\0", 5);
    CertFreeCertificateContext(c);
}

static void questions(void **state)
{
    (void)state;
    PCCERT_CONTEXT leaf = wincrypt_cert("leaf"), ica = wincrypt_cert("ica"),
                   ed = wincrypt_cert("leaf-ed25519");
    BYTE usage = 0xff;
    DWORD len = 0;
    union {
        CERT_ENHKEY_USAGE u;
        BYTE bytes[256];
    } out;
    assert_true(CertCompareCertificate(X509_ASN_ENCODING, leaf->pCertInfo, leaf->pCertInfo));
    assert_false(CertCompareCertificate(X509_ASN_ENCODING, leaf->pCertInfo, ica->pCertInfo));
    assert_true(
        CertCompareCertificateName(X509_ASN_ENCODING, &leaf->pCertInfo->Issuer, &ica->pCertInfo->Subject));
    FILETIME t = leaf->pCertInfo->NotBefore;
    assert_int_equal(CertVerifyTimeValidity(&t, leaf->pCertInfo), 0);
    t.dwLowDateTime--;
    assert_int_equal(CertVerifyTimeValidity(&t, leaf->pCertInfo), -1);
    t = leaf->pCertInfo->NotAfter;
    assert_int_equal(CertVerifyTimeValidity(&t, leaf->pCertInfo), 0);
    t.dwLowDateTime++;
    assert_int_equal(CertVerifyTimeValidity(&t, leaf->pCertInfo), 1);
    assert_int_equal(CertVerifyTimeValidity(NULL, leaf->pCertInfo), 0);
    assert_int_equal(CertGetPublicKeyLength(X509_ASN_ENCODING, &leaf->pCertInfo->SubjectPublicKeyInfo), 256);
    assert_int_equal(CertGetPublicKeyLength(X509_ASN_ENCODING, &ed->pCertInfo->SubjectPublicKeyInfo), 256);
    assert_true(CertGetIntendedKeyUsage(X509_ASN_ENCODING, ica->pCertInfo, &usage, 1));
    assert_int_equal(usage, 0x06);
    assert_true(CertGetEnhancedKeyUsage(leaf, 0, NULL, &len));
    assert_true(len <= sizeof out);
    assert_true(CertGetEnhancedKeyUsage(leaf, 0, &out.u, &len));
    assert_int_equal(GetLastError(), ERROR_SUCCESS);
    assert_int_equal(out.u.cUsageIdentifier, 1);
    assert_string_equal(out.u.rgpszUsageIdentifier[0], szOID_PKIX_KP_SERVER_AUTH);
    len = sizeof out;
    assert_true(CertGetEnhancedKeyUsage(ica, 0, &out.u, &len)); /* good for all */
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_NOT_FOUND);
    assert_int_equal(out.u.cUsageIdentifier, 0);
    len = sizeof out;
    assert_false(CertGetEnhancedKeyUsage(leaf, CERT_FIND_PROP_ONLY_ENHKEY_USAGE_FLAG, &out.u, &len));
    assert_int_equal(CertEnumCertificateContextProperties(leaf, 0), 0);
    CRYPT_DATA_BLOB one = {3, (BYTE[]){1, 2, 3}};
    assert_true(CertSetCertificateContextProperty(leaf, CERT_DESCRIPTION_PROP_ID, 0, &one));
    assert_int_equal(CertEnumCertificateContextProperties(leaf, 0), CERT_DESCRIPTION_PROP_ID);
    assert_int_equal(CertEnumCertificateContextProperties(leaf, CERT_DESCRIPTION_PROP_ID), 0);
    CertFreeCertificateContext(ed);
    CertFreeCertificateContext(ica);
    CertFreeCertificateContext(leaf);
}

/* GetProcAddress knows every name that the library exports. */
static void functions_by_name(void **state)
{
    (void)state;
    static const WCHAR wide[] = {'S', 'e', 'c', 'u', 'r', '3', '2', '.', 'd', 'l', 'l', 0};
    HMODULE m = GetModuleHandleA("secur32.dll");
    assert_non_null(m);
    assert_ptr_equal(GetModuleHandleA("CRYPT32"), m);
    assert_ptr_equal(GetModuleHandleW(wide), m);
    assert_ptr_equal(GetModuleHandleA(NULL), m);
    assert_null(GetModuleHandleA("ntdll"));
    assert_int_equal(GetLastError(), ERROR_MOD_NOT_FOUND);
    PSecurityFunctionTableA (*init)(void) =
        (PSecurityFunctionTableA(*)(void))(void (*)(void))GetProcAddress(m, "InitSecurityInterfaceA");
    assert_ptr_equal(init(), InitSecurityInterfaceA());
    char line[128], name[128];
    size_t n = 0;
    FILE *f = fopen("sspi/culvert.map", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "    %127[A-Za-z0-9_];", name) != 1 || strncmp(name, "Culvert", 7) == 0) continue;
        if (strchr(line, ';') == NULL) continue;
        if (GetProcAddress(m, name) == NULL) fail_msg("%s is not found by its name", name);
        n++;
    }
    fclose(f);
    assert_true(n > 100);
    assert_null(GetProcAddress(m, "Nonesuch"));
    assert_int_equal(GetLastError(), ERROR_PROC_NOT_FOUND);
    assert_null(GetProcAddress(m, (LPCSTR)1));
    assert_null(GetProcAddress(NULL, "InitSecurityInterfaceA"));
    assert_false(CloseHandle(m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(alternative_names),     TEST(other_extensions),   TEST(whole_things),
        TEST(private_keys),          TEST(memory_of_decoding), TEST(encoding_is_the_way_back),
        TEST(names_of_certificates), TEST(questions),          TEST(functions_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
