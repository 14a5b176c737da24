/* Stores: files, collections, CRLs, finding; PFX files; objects of unknown kind. */
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

static size_t count(HCERTSTORE s)
{
    size_t n = 0;
    PCCERT_CONTEXT c = NULL;
    while ((c = CertEnumCertificatesInStore(s, c)) != NULL) n++;
    return n;
}

static size_t count_crls(HCERTSTORE s)
{
    size_t n = 0;
    PCCRL_CONTEXT c = NULL;
    while ((c = CertEnumCRLsInStore(s, c)) != NULL) n++;
    return n;
}

static size_t read_file(const char *path, BYTE *buf, size_t cap)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) fail_msg("%s cannot be read", path);
    size_t len = fread(buf, 1, cap, f);
    fclose(f);
    return len;
}

static void widen(WCHAR *out, const char *text)
{
    do *out++ = (WCHAR)(uint8_t)*text;
    while (*text++ != '\0');
}

/* --- collections --- */

static void collections_show_what_lies_in_others(void **state)
{
    (void)state;
    HCERTSTORE c = CertOpenStore(CERT_STORE_PROV_COLLECTION, 0, 0, 0, NULL);
    HCERTSTORE a = wincrypt_store("root ica"), b = wincrypt_store("leaf");
    assert_int_equal(count(c), 0);
    PCCERT_CONTEXT cert = wincrypt_cert("leaf-rsa"), in_store;
    assert_false(CertAddCertificateContextToStore(c, cert, CERT_STORE_ADD_ALWAYS, NULL));
    assert_int_equal(GetLastError(), (DWORD)E_ACCESSDENIED); /* nowhere to put it */
    assert_true(CertAddStoreToCollection(c, a, 0, 0));
    assert_true(CertAddStoreToCollection(c, b, 1 /* CERT_PHYSICAL_STORE_ADD_ENABLE_FLAG */, 5));
    assert_int_equal(count(c), 3);
    PCCERT_CONTEXT first = CertEnumCertificatesInStore(c, NULL);
    assert_ptr_equal(first->hCertStore, b); /* the one of higher priority */
    CertFreeCertificateContext(first);
    assert_true(CertAddCertificateContextToStore(c, cert, CERT_STORE_ADD_ALWAYS, &in_store));
    assert_ptr_equal(in_store->hCertStore, b);
    CertFreeCertificateContext(in_store);
    assert_int_equal(count(b), 2);
    PCCERT_CONTEXT found =
        CertFindCertificateInStore(c, X509_ASN_ENCODING, 0, CERT_FIND_EXISTING, cert, NULL);
    assert_non_null(found);
    CertFreeCertificateContext(found);
    /* Twice the same, a circle, and what is no collection. */
    assert_false(CertAddStoreToCollection(c, a, 0, 0));
    HCERTSTORE outer = CertOpenStore(sz_CERT_STORE_PROV_COLLECTION, 0, 0, 0, NULL);
    assert_true(CertAddStoreToCollection(outer, c, 0, 0));
    assert_false(CertAddStoreToCollection(c, outer, 0, 0));
    assert_false(CertAddStoreToCollection(outer, outer, 0, 0));
    assert_false(CertAddStoreToCollection(outer, a, 0, 0));
    assert_false(CertAddStoreToCollection(a, b, 0, 0));
    assert_int_equal(count(outer), 4);
    CertRemoveStoreFromCollection(c, b);
    CertRemoveStoreFromCollection(c, b);
    assert_int_equal(count(outer), 2);
    /* a position in a store that is no longer there */
    PCCERT_CONTEXT stray = CertEnumCertificatesInStore(b, NULL);
    assert_null(CertEnumCertificatesInStore(outer, stray));
    assert_int_equal(GetLastError(), (DWORD)E_INVALIDARG);
    CertCloseStore(a, 0);
    CertCloseStore(b, 0);
    assert_int_equal(count(outer), 2); /* it keeps what it has */
    CertCloseStore(c, 0);
    CertCloseStore(outer, 0);
    CertFreeCertificateContext(cert);
}

/* --- files --- */

static void stores_from_files(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t n;
    } files[] = {{"test/pki/tls/server-p256.pem", 2}, {"test/pki/tls/root.pem", 1}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        WCHAR wide[64];
        widen(wide, files[i].path);
        HCERTSTORE s = CertOpenStore(CERT_STORE_PROV_FILENAME_A, 0, 0, 0, files[i].path);
        assert_non_null(s);
        assert_int_equal(count(s), files[i].n);
        CertCloseStore(s, 0);
        s = CertOpenStore(CERT_STORE_PROV_FILENAME_W, 0, 0, 0, wide);
        assert_non_null(s);
        assert_int_equal(count(s), files[i].n);
        CertCloseStore(s, 0);
    }
    assert_null(CertOpenStore(CERT_STORE_PROV_FILENAME_A, 0, 0, 0, "/nonexistent"));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_null(
        CertOpenStore(CERT_STORE_PROV_FILENAME_A, 0, 0, 0, "test/pki/tls/server-p256.key")); /* a key */
    assert_null(CertOpenStore(CERT_STORE_PROV_FILENAME_A, 0, 0, 0, "Makefile"));
    assert_null(CertOpenStore(CERT_STORE_PROV_FILENAME_A, 0, 0, 0, NULL));
    assert_null(CertOpenStore("Ldap", 0, 0, 0, "x"));
}

static void system_stores_by_name(void **state)
{
    (void)state;
    static const WCHAR ca[] = {'C', 'A', 0};
    setenv("SSL_CERT_FILE", "test/pki/tls/root.pem", 1);
    HCERTSTORE s = CertOpenSystemStoreA(0, "ROOT");
    assert_int_equal(count(s), 1);
    CertCloseStore(s, 0);
    s = CertOpenSystemStoreW(0, ca);
    assert_non_null(s);
    assert_int_equal(count(s), 0);
    CertCloseStore(s, 0);
    assert_null(CertOpenSystemStoreA(0, "Nonesuch"));
    unsetenv("SSL_CERT_FILE");
}

/* --- CRLs --- */

static void crl_contexts(void **state)
{
    (void)state;
    struct cv_bytes der = pki_der("revocation.pem", "ica-leaf");
    PCCRL_CONTEXT c = CertCreateCRLContext(X509_ASN_ENCODING, der.p, (DWORD)der.len), in_store;
    assert_non_null(c);
    const CRL_INFO *i = c->pCrlInfo;
    assert_int_equal(i->dwVersion, 1);
    assert_int_equal(i->cCRLEntry, 2);
    PCCERT_CONTEXT leaf = wincrypt_cert("leaf");
    const CRYPT_INTEGER_BLOB *revoked = &i->rgCRLEntry[1].SerialNumber, *own = &leaf->pCertInfo->SerialNumber;
    assert_int_equal(revoked->cbData, own->cbData);
    assert_memory_equal(revoked->pbData, own->pbData, own->cbData);
    CertFreeCertificateContext(leaf);
    assert_string_equal(i->SignatureAlgorithm.pszObjId, szOID_ECDSA_SHA256);
    assert_true(CompareFileTime(&i->ThisUpdate, &i->NextUpdate) < 0);
    assert_non_null(CertFindExtension(szOID_AUTHORITY_KEY_IDENTIFIER2, i->cExtension, i->rgExtension));
    PCCERT_CONTEXT ica = wincrypt_cert("ica");
    assert_true(CertCompareCertificateName(X509_ASN_ENCODING, (PCERT_NAME_BLOB)(uintptr_t)&i->Issuer,
                                           &ica->pCertInfo->Subject));
    CertFreeCertificateContext(ica);
    PCCRL_CONTEXT twice = CertDuplicateCRLContext(c);
    assert_ptr_equal(twice, c);
    CertFreeCRLContext(twice);
    HCERTSTORE s = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
    assert_true(CertAddCRLContextToStore(s, c, CERT_STORE_ADD_ALWAYS, &in_store));
    assert_true(CertAddCRLContextToStore(s, c, CERT_STORE_ADD_ALWAYS, NULL));
    assert_ptr_equal(in_store->hCertStore, s);
    assert_int_equal(count_crls(s), 2);
    assert_int_equal(count(s), 0);
    CertCloseStore(s, 0);
    assert_int_equal(in_store->pbCrlEncoded[0], 0x30); /* keeps the store */
    CertFreeCRLContext(in_store);
    CertFreeCRLContext(c);
    for (DWORD n = 0; n < der.len; n++) assert_null(CertCreateCRLContext(X509_ASN_ENCODING, der.p, n));
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_ASN1_ERROR);
    assert_true(CertFreeCRLContext(NULL));
    assert_null(CertDuplicateCRLContext(NULL));
}

/* --- finding --- */

static const char *found(HCERTSTORE s, DWORD flags, DWORD type, const void *para)
{
    static char text[256];
    PCCERT_CONTEXT c = NULL;
    text[0] = '\0';
    while ((c = CertFindCertificateInStore(s, X509_ASN_ENCODING, flags, type, para, c)) != NULL) {
        char name[64];
        CertGetNameStringA(c, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, name, sizeof name);
        strcat(text, name);
        strcat(text, " ");
    }
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_NOT_FOUND);
    return text;
}

static void finding(void **state)
{
    (void)state;
    HCERTSTORE s = wincrypt_store("root ica leaf leaf-client");
    PCCERT_CONTEXT leaf = wincrypt_cert("leaf"), ica = wincrypt_cert("ica");
    static const WCHAR wide[] = {'I', 'c', 'A', 0};
    BYTE key_id[64];
    DWORD len = sizeof key_id;
    assert_string_equal(found(s, 0, CERT_FIND_ANY, NULL), "Root ICA leaf leaf ");
    assert_string_equal(found(s, 0, CERT_FIND_SUBJECT_STR_A, "ica"), "ICA ");
    assert_string_equal(found(s, 0, CERT_FIND_SUBJECT_STR_W, wide), "ICA ");
    assert_string_equal(found(s, 0, CERT_FIND_SUBJECT_STR_A, "nobody"), "");
    assert_string_equal(found(s, 0, CERT_FIND_ISSUER_STR_A, "Root"), "Root ICA ");
    assert_string_equal(found(s, 0, CERT_FIND_SUBJECT_NAME, &leaf->pCertInfo->Issuer), "ICA ");
    assert_string_equal(found(s, 0, CERT_FIND_ISSUER_NAME, &ica->pCertInfo->Issuer), "Root ICA ");
    assert_string_equal(found(s, 0, CERT_FIND_ISSUER_OF, leaf), "ICA ");
    assert_string_equal(found(s, 0, CERT_FIND_SUBJECT_CERT, leaf->pCertInfo), "leaf ");
    assert_string_equal(found(s, 0, CERT_FIND_PUBLIC_KEY, &ica->pCertInfo->SubjectPublicKeyInfo), "ICA ");
    assert_true(CertGetCertificateContextProperty(ica, CERT_KEY_IDENTIFIER_PROP_ID, key_id, &len));
    CRYPT_HASH_BLOB blob = {len, key_id};
    assert_string_equal(found(s, 0, CERT_FIND_KEY_IDENTIFIER, &blob), "ICA ");
    DWORD property = CERT_FRIENDLY_NAME_PROP_ID;
    assert_string_equal(found(s, 0, CERT_FIND_PROPERTY, &property), "");
    LPSTR client = (LPSTR)(uintptr_t)szOID_PKIX_KP_CLIENT_AUTH,
          both[] = {client, (LPSTR)(uintptr_t)szOID_PKIX_KP_SERVER_AUTH};
    CERT_ENHKEY_USAGE one = {1, &client}, two = {2, both};
    PCCERT_CONTEXT c =
        CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_ENHKEY_USAGE, &one, NULL);
    assert_true(CertGetEnhancedKeyUsage(c, 0, NULL, &len));
    assert_null(CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_ENHKEY_USAGE, &one, c));
    size_t n = 0;
    c = NULL;
    while ((c = CertFindCertificateInStore(s, X509_ASN_ENCODING, CERT_FIND_OR_ENHKEY_USAGE_FLAG,
                                           CERT_FIND_ENHKEY_USAGE, &two, c)) != NULL)
        n++;
    assert_int_equal(n, 2);
    assert_string_equal(found(s, 0, CERT_FIND_ENHKEY_USAGE, &two), ""); /* both at once */
    assert_string_equal(found(s, CERT_FIND_NO_ENHKEY_USAGE_FLAG, CERT_FIND_ENHKEY_USAGE, NULL), "Root ICA ");
    assert_null(CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_SUBJECT_NAME, NULL, NULL));
    assert_int_equal(GetLastError(), (DWORD)E_INVALIDARG);
    assert_null(CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_MD5_HASH, &blob, NULL));
    assert_int_equal(GetLastError(), (DWORD)E_INVALIDARG);
    CertFreeCertificateContext(leaf);
    CertFreeCertificateContext(ica);
    CertCloseStore(s, 0);
}

static void deleting(void **state)
{
    (void)state;
    HCERTSTORE s = wincrypt_store("root ica leaf");
    PCCERT_CONTEXT c = CertEnumCertificatesInStore(s, NULL), held = CertDuplicateCertificateContext(c);
    assert_true(CertDeleteCertificateFromStore(c));
    assert_int_equal(count(s), 2);
    assert_int_equal(held->pbCertEncoded[0], 0x30);
    c = CertEnumCertificatesInStore(s, held); /* on from what is gone */
    assert_non_null(c);
    CertFreeCertificateContext(c);
    CertCloseStore(s, 0);
    assert_true(CertDeleteCertificateFromStore(NULL));
}

/* --- PFX --- */

static const WCHAR secret[] = {'s', 'e', 'c', 'r', 'e', 't', 0};

static HCERTSTORE import(const char *name, const WCHAR *password)
{
    char path[96];
    BYTE buf[16384];
    snprintf(path, sizeof path, "test/pki/pkcs12/%s.p12", name);
    CRYPT_DATA_BLOB blob = {(DWORD)read_file(path, buf, sizeof buf), buf};
    assert_true(PFXIsPFXBlob(&blob));
    assert_int_equal(PFXVerifyPassword(&blob, password, 0), TRUE);
    return PFXImportCertStore(&blob, password, PKCS12_NO_PERSIST_KEY);
}

static void pfx_files(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n;
    } files[] = {{"modern", 3},          {"legacy", 3},      {"aes128-sha384", 2},
                 {"aes192-sha512", 2},   {"plain", 2},       {"once", 2},
                 {"once-indefinite", 2}, {"once-pieces", 2}, {"once-longlengths", 2}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        HCERTSTORE s = import(files[i].name, secret);
        assert_non_null(s);
        assert_int_equal(count(s), files[i].n);
        PCCERT_CONTEXT c =
            CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_HAS_PRIVATE_KEY, NULL, NULL);
        assert_non_null(c);
        char name[64];
        assert_int_equal(CertGetNameStringA(c, CERT_NAME_FRIENDLY_DISPLAY_TYPE, 0, NULL, name, sizeof name),
                         11);
        assert_string_equal(name, "the server");
        assert_null(CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_HAS_PRIVATE_KEY, NULL, c));
        CertCloseStore(s, 0);
    }
    /* The key serves a credential. */
    HCERTSTORE s = import("modern", secret);
    PCCERT_CONTEXT c =
        CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_HAS_PRIVATE_KEY, NULL, NULL);
    CertCloseStore(s, 0);
    SCH_CREDENTIALS sc = {.dwVersion = SCH_CREDENTIALS_VERSION, .cCreds = 1, .paCred = &c};
    CredHandle cred;
    assert_int_equal(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)UNISP_NAME_A, SECPKG_CRED_INBOUND,
                                               NULL, &sc, NULL, NULL, &cred, NULL),
                     SEC_E_OK);
    CertFreeCertificateContext(c);
    assert_int_equal(FreeCredentialsHandle(&cred), SEC_E_OK);
    /* Both kinds of no password are tried. */
    static const WCHAR none[] = {0};
    s = import("empty", NULL);
    assert_non_null(s);
    CertCloseStore(s, 0);
    s = import("empty", none);
    assert_non_null(s);
    CertCloseStore(s, 0);
}

static void pfx_files_that_will_not_do(void **state)
{
    (void)state;
    static const WCHAR wrong[] = {'S', 'e', 'c', 'r', 'e', 't', 0}, lone[] = {0xd800, 0};
    BYTE buf[16384];
    CRYPT_DATA_BLOB blob = {(DWORD)read_file("test/pki/pkcs12/modern.p12", buf, sizeof buf), buf};
    assert_null(PFXImportCertStore(&blob, wrong, 0));
    assert_int_equal(GetLastError(), ERROR_INVALID_PASSWORD);
    assert_null(PFXImportCertStore(&blob, NULL, 0));
    assert_int_equal(GetLastError(), ERROR_INVALID_PASSWORD);
    assert_null(PFXImportCertStore(&blob, lone, 0));
    assert_false(PFXVerifyPassword(&blob, wrong, 0));
    assert_null(PFXImportCertStore(NULL, NULL, 0));
    DWORD len = blob.cbData;
    for (blob.cbData = 0; blob.cbData < len; blob.cbData += 37)
        assert_null(PFXImportCertStore(&blob, secret, 0));
    blob.cbData = len;
    static BYTE junk[] = {0x30, 3, 2, 1, 5};
    CRYPT_DATA_BLOB no_pfx = {sizeof junk, junk};
    assert_false(PFXIsPFXBlob(&no_pfx));
    assert_false(PFXIsPFXBlob(NULL));
}

static bool import_one(void *arg)
{
    HCERTSTORE s = PFXImportCertStore(arg, secret, 0);
    if (s != NULL) CertCloseStore(s, 0);
    return s != NULL;
}

static void no_memory_for_pfx(void **state)
{
    (void)state;
    BYTE buf[16384];
    CRYPT_DATA_BLOB blob = {(DWORD)read_file("test/pki/pkcs12/once.p12", buf, sizeof buf), buf};
    wincrypt_allocations_fail(import_one, &blob);
}

/* --- objects of unknown kind --- */

static void query_objects(void **state)
{
    (void)state;
    BYTE pem[8192], p12[8192];
    struct cv_bytes der = pki_der("chains.pem", "leaf"), crl = pki_der("revocation.pem", "ica-none");
    CRYPT_DATA_BLOB text = {(DWORD)read_file("test/pki/tls/root.pem", pem, sizeof pem), pem};
    CRYPT_DATA_BLOB binary = {(DWORD)der.len, (BYTE *)(uintptr_t)der.p};
    CRYPT_DATA_BLOB list = {(DWORD)crl.len, (BYTE *)(uintptr_t)crl.p};
    CRYPT_DATA_BLOB pfx = {(DWORD)read_file("test/pki/pkcs12/modern.p12", p12, sizeof p12), p12};
    DWORD encoding, content, format;
    HCERTSTORE s;
    const void *context;
    /* as curl asks */
    assert_true(CryptQueryObject(CERT_QUERY_OBJECT_BLOB, &text, CERT_QUERY_CONTENT_FLAG_CERT,
                                 CERT_QUERY_FORMAT_FLAG_BASE64_ENCODED, 0, NULL, NULL, NULL, NULL, NULL,
                                 &context));
    assert_int_equal(((PCCERT_CONTEXT)context)->pbCertEncoded[0], 0x30);
    CertFreeCertificateContext(context);
    DWORD all = CERT_QUERY_CONTENT_FLAG_CERT | CERT_QUERY_CONTENT_FLAG_CRL | CERT_QUERY_CONTENT_FLAG_PFX;
    assert_true(CryptQueryObject(CERT_QUERY_OBJECT_BLOB, &binary, all, CERT_QUERY_FORMAT_FLAG_ALL, 0,
                                 &encoding, &content, &format, &s, NULL, &context));
    assert_int_equal(content, CERT_QUERY_CONTENT_CERT);
    assert_int_equal(format, CERT_QUERY_FORMAT_BINARY);
    assert_int_equal(count(s), 1);
    CertFreeCertificateContext(context);
    CertCloseStore(s, 0);
    assert_true(CryptQueryObject(CERT_QUERY_OBJECT_BLOB, &list, all, CERT_QUERY_FORMAT_FLAG_ALL, 0, &encoding,
                                 &content, &format, &s, NULL, &context));
    assert_int_equal(content, CERT_QUERY_CONTENT_CRL);
    CertFreeCRLContext(context);
    CertCloseStore(s, 0);
    assert_true(CryptQueryObject(CERT_QUERY_OBJECT_BLOB, &pfx, all, CERT_QUERY_FORMAT_FLAG_ALL, 0, NULL,
                                 &content, NULL, NULL, NULL, NULL));
    assert_int_equal(content, CERT_QUERY_CONTENT_PFX);
    WCHAR path[64];
    widen(path, "test/pki/tls/root.pem");
    assert_true(CryptQueryObject(CERT_QUERY_OBJECT_FILE, path, all, CERT_QUERY_FORMAT_FLAG_ALL, 0, NULL,
                                 &content, &format, NULL, NULL, NULL));
    assert_int_equal(content, CERT_QUERY_CONTENT_CERT);
    assert_int_equal(format, CERT_QUERY_FORMAT_BASE64_ENCODED);
    /* another kind, or form, than is asked for */
    assert_false(CryptQueryObject(CERT_QUERY_OBJECT_BLOB, &binary, CERT_QUERY_CONTENT_FLAG_CRL,
                                  CERT_QUERY_FORMAT_FLAG_ALL, 0, NULL, NULL, NULL, &s, NULL, &context));
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_NO_MATCH);
    assert_null(s);
    assert_null(context);
    assert_false(CryptQueryObject(CERT_QUERY_OBJECT_BLOB, &text, all, CERT_QUERY_FORMAT_FLAG_BINARY, 0, NULL,
                                  NULL, NULL, NULL, NULL, NULL));
    assert_false(
        CryptQueryObject(9, &text, all, CERT_QUERY_FORMAT_FLAG_ALL, 0, NULL, NULL, NULL, NULL, NULL, NULL));
    assert_int_equal(GetLastError(), (DWORD)E_INVALIDARG);
}

static bool query(void *arg)
{
    const void *context;
    bool ok = CryptQueryObject(CERT_QUERY_OBJECT_BLOB, arg, CERT_QUERY_CONTENT_FLAG_CERT,
                               CERT_QUERY_FORMAT_FLAG_ALL, 0, NULL, NULL, NULL, NULL, NULL, &context);
    if (ok) CertFreeCertificateContext(context);
    return ok;
}

static void no_memory_for_objects(void **state)
{
    (void)state;
    BYTE pem[8192];
    CRYPT_DATA_BLOB text = {(DWORD)read_file("test/pki/tls/root.pem", pem, sizeof pem), pem};
    wincrypt_allocations_fail(query, &text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(collections_show_what_lies_in_others),
        TEST(stores_from_files),
        TEST(system_stores_by_name),
        TEST(crl_contexts),
        TEST(finding),
        TEST(deleting),
        TEST(pfx_files),
        TEST(pfx_files_that_will_not_do),
        TEST(no_memory_for_pfx),
        TEST(query_objects),
        TEST(no_memory_for_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
