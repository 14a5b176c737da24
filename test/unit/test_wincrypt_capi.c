/* CryptoAPI: providers, hashes, containers of keys, RSA keys as blobs; CNG's key handles. */
#include "wincrypt_fixture.h"

#include "sspi/capi.h"
#include "sspi/library.h"
#include "sspi_fixture.h"
#include "x509/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const WCHAR box[] = {'b', 'o', 'x', 0};

static HCRYPTPROV provider(void)
{
    HCRYPTPROV p = 0;
    assert_true(CryptAcquireContextA(&p, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT | CRYPT_SILENT));
    return p;
}

/* FIPS 180-4's example "abc", by NIST's example files. */
static void hashes(void **state)
{
    (void)state;
    static const struct {
        ALG_ID id;
        DWORD len;
        uint8_t first[4];
    } known[] = {
        {CALG_SHA1, 20, {0xa9, 0x99, 0x3e, 0x36}},
        {CALG_SHA_256, 32, {0xba, 0x78, 0x16, 0xbf}},
        {CALG_SHA_384, 48, {0xcb, 0x00, 0x75, 0x3f}},
        {CALG_SHA_512, 64, {0xdd, 0xaf, 0x35, 0xa1}},
    };
    HCRYPTPROV p = provider();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        HCRYPTHASH h;
        BYTE out[64], once[64];
        DWORD len = 0, n = sizeof len, alg = 0;
        assert_true(CryptCreateHash(p, known[i].id, 0, 0, &h));
        assert_true(CryptHashData(h, (const BYTE *)"a", 1, 0));
        assert_true(CryptHashData(h, NULL, 0, 0));
        assert_true(CryptHashData(h, (const BYTE *)"bc", 2, 0));
        assert_true(CryptGetHashParam(h, HP_HASHSIZE, (BYTE *)&len, &n, 0));
        assert_int_equal(len, known[i].len);
        assert_true(CryptGetHashParam(h, HP_ALGID, (BYTE *)&alg, &n, 0));
        assert_int_equal(alg, known[i].id);
        n = known[i].len - 1;
        assert_false(CryptGetHashParam(h, HP_HASHVAL, out, &n, 0));
        assert_int_equal(GetLastError(), ERROR_MORE_DATA);
        for (int twice = 0; twice < 2; twice++) {
            n = sizeof out;
            assert_true(CryptGetHashParam(h, HP_HASHVAL, out, &n, 0));
            assert_int_equal(n, known[i].len);
            assert_memory_equal(out, known[i].first, 4);
        }
        assert_false(CryptHashData(h, (const BYTE *)"x", 1, 0));
        assert_int_equal(GetLastError(), (DWORD)NTE_BAD_HASH_STATE);
        n = sizeof once;
        assert_true(CryptHashCertificate(0, known[i].id, 0, (const BYTE *)"abc", 3, once, &n));
        assert_memory_equal(once, out, n);
        assert_true(CryptDestroyHash(h));
        assert_false(CryptDestroyHash(h)); /* stale, and known as such */
        assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
        assert_false(CryptHashData(h, (const BYTE *)"x", 1, 0));
    }
    HCRYPTHASH h;
    assert_false(CryptCreateHash(p, CALG_MD5, 0, 0, &h));
    assert_int_equal(GetLastError(), (DWORD)NTE_BAD_ALGID);
    assert_false(CryptCreateHash(p ^ 16, CALG_SHA1, 0, 0, &h));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_true(CryptReleaseContext(p, 0));
    assert_false(CryptReleaseContext(p, 0));
    assert_false(CryptCreateHash(p, CALG_SHA1, 0, 0, &h));
}

static void random_bytes(void **state)
{
    (void)state;
    HCRYPTPROV p = provider();
    BYTE a[16] = {0}, b[16] = {0};
    assert_true(CryptGenRandom(p, sizeof a, a));
    assert_true(CryptGenRandom(p, sizeof b, b));
    assert_memory_not_equal(a, b, sizeof a);
    wincrypt_port.rng_fails = true;
    assert_false(CryptGenRandom(p, sizeof a, a));
    assert_int_equal(GetLastError(), (DWORD)NTE_FAIL);
    wincrypt_port.rng_fails = false;
    assert_true(CryptReleaseContext(p, 0));
    assert_false(CryptGenRandom(p, sizeof a, a));
}

/* The key of a certificate of the corpus as PRIVATEKEYBLOB. */
static size_t rsa_blob(uint8_t *out, size_t cap)
{
    PCCERT_CONTEXT c = sspi_cert("server-rsa");
    struct cv_cert_key *key = cv_cert_key_share(cv_cert_of(c));
    size_t len = 0, again = 0;
    assert_int_equal(cv_rsa_blob_write(NULL, 0, &len, &key->key), CV_OK);
    assert_int_equal(cv_rsa_blob_write(out, len - 1, &again, &key->key), CV_E_BUFFER_TOO_SMALL);
    assert_int_equal(cv_rsa_blob_write(out, cap, &again, &key->key), CV_OK);
    assert_int_equal(len, again);
    cv_cert_key_release(key);
    CertFreeCertificateContext(c);
    return len;
}

/* As programs do that bring a key in PEM: import into a container, tell the certificate its name. */
static void a_key_in_a_container(void **state)
{
    (void)state;
    static uint8_t blob[4096];
    size_t len = rsa_blob(blob, sizeof blob);
    HCRYPTPROV p, p2;
    HCRYPTKEY k;
    CredHandle cred;
    PCCERT_CONTEXT with_key = sspi_cert("server-rsa");
    PCCERT_CONTEXT c =
        CertCreateCertificateContext(X509_ASN_ENCODING, with_key->pbCertEncoded, with_key->cbCertEncoded);
    assert_false(CryptAcquireContextW(&p, box, NULL, PROV_RSA_FULL, 0));
    assert_int_equal(GetLastError(), (DWORD)NTE_BAD_KEYSET);
    assert_true(CryptAcquireContextW(&p, box, NULL, PROV_RSA_FULL, CRYPT_NEWKEYSET));
    assert_false(CryptAcquireContextA(&p2, "box", NULL, PROV_RSA_FULL, CRYPT_NEWKEYSET));
    assert_int_equal(GetLastError(), (DWORD)NTE_EXISTS);
    CRYPT_KEY_PROV_INFO info = {.pwszContainerName = (WCHAR *)(uintptr_t)box, .dwProvType = PROV_RSA_FULL};
    assert_true(CertSetCertificateContextProperty(c, CERT_KEY_PROV_INFO_PROP_ID, 0, &info));
    SCH_CREDENTIALS sc = {.dwVersion = SCH_CREDENTIALS_VERSION, .cCreds = 1, .paCred = &c};
    SECURITY_STATUS status = AcquireCredentialsHandleA(
        NULL, (char *)(uintptr_t)UNISP_NAME_A, SECPKG_CRED_INBOUND, NULL, &sc, NULL, NULL, &cred, NULL);
    assert_int_not_equal(status, SEC_E_OK); /* the container is empty */
    assert_true(CryptImportKey(p, blob, (DWORD)len, 0, 0, &k));
    assert_true(CryptDestroyKey(k));
    assert_false(CryptDestroyKey(k));
    assert_true(CryptReleaseContext(p, 0)); /* the container stays */
    struct cv_cert_key *key = cv_cert_key_share(cv_cert_of(c));
    assert_non_null(key);
    assert_int_equal(cv_private_key_matches(&key->key, &cv_cert_of(c)->cert), CV_OK);
    cv_cert_key_release(key);
    assert_int_equal(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)UNISP_NAME_A, SECPKG_CRED_INBOUND,
                                               NULL, &sc, NULL, NULL, &cred, NULL),
                     SEC_E_OK);
    assert_true(CryptAcquireContextA(&p, "box", NULL, PROV_RSA_FULL, CRYPT_DELETEKEYSET));
    assert_int_equal(p, 0);
    assert_false(CryptAcquireContextW(&p, box, NULL, PROV_RSA_FULL, CRYPT_DELETEKEYSET));
    assert_null(cv_cert_key_share(cv_cert_of(c)));
    assert_int_equal(FreeCredentialsHandle(&cred), SEC_E_OK);
    CertFreeCertificateContext(c);
    CertFreeCertificateContext(with_key);
}

/* A named container that nobody deletes goes with the library. */
static void a_container_is_left(void **state)
{
    (void)state;
    static uint8_t blob[4096];
    size_t len = rsa_blob(blob, sizeof blob);
    HCRYPTPROV p;
    HCRYPTKEY k;
    assert_true(CryptAcquireContextW(&p, NULL, NULL, PROV_RSA_FULL, CRYPT_NEWKEYSET));
    for (int twice = 0; twice < 2; twice++) { /* the second replaces the first */
        assert_true(CryptImportKey(p, blob, (DWORD)len, 0, 0, &k));
        assert_true(CryptDestroyKey(k));
    }
    assert_true(CryptReleaseContext(p, 0));
}

static void handles_in_properties(void **state)
{
    (void)state;
    static uint8_t blob[4096];
    size_t len = rsa_blob(blob, sizeof blob);
    PCCERT_CONTEXT with_key = sspi_cert("server-rsa"), in_store;
    PCCERT_CONTEXT c =
        CertCreateCertificateContext(X509_ASN_ENCODING, with_key->pbCertEncoded, with_key->cbCertEncoded);
    HCRYPTPROV p = provider();
    HCRYPTKEY k;
    assert_true(CryptImportKey(p, blob, (DWORD)len, 0, 0, &k));
    assert_true(CryptDestroyKey(k));
    /* The handle goes to the context, and with it. */
    assert_true(CertSetCertificateContextProperty(c, CERT_KEY_PROV_HANDLE_PROP_ID, 0, (const void *)p));
    struct cv_cert_key *key = cv_cert_key_share(cv_cert_of(c));
    assert_non_null(key);
    cv_cert_key_release(key);
    HCERTSTORE s = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
    assert_true(CertAddCertificateContextToStore(s, c, CERT_STORE_ADD_ALWAYS, &in_store));
    CertFreeCertificateContext(c);
    assert_false(CryptReleaseContext(p, 0));
    key = cv_cert_key_share(cv_cert_of(in_store)); /* the copy has the key itself */
    assert_non_null(key);
    cv_cert_key_release(key);
    CertFreeCertificateContext(in_store);
    CertCloseStore(s, 0);

    /* CNG's, which the flag leaves to the caller. */
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE h = 0;
    DWORD spec = 0, cb = sizeof h;
    BOOL mine = FALSE;
    assert_true(CryptAcquireCertificatePrivateKey(
        with_key, CRYPT_ACQUIRE_ALLOW_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_COMPARE_KEY_FLAG, NULL, &h, &spec,
        &mine));
    assert_int_equal(spec, CERT_NCRYPT_KEY_SPEC);
    assert_true(mine);
    c = CertCreateCertificateContext(X509_ASN_ENCODING, with_key->pbCertEncoded, with_key->cbCertEncoded);
    assert_false(
        CryptAcquireCertificatePrivateKey(c, CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG, NULL, &h, NULL, NULL));
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_NO_KEY_PROPERTY);
    assert_true(CertSetCertificateContextProperty(c, CERT_NCRYPT_KEY_HANDLE_PROP_ID,
                                                  CERT_STORE_NO_CRYPT_RELEASE_FLAG, &h));
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE got = 0;
    assert_true(CertGetCertificateContextProperty(c, CERT_NCRYPT_KEY_HANDLE_PROP_ID, &got, &cb));
    assert_true(got == h);
    key = cv_cert_key_share(cv_cert_of(c));
    assert_non_null(key);
    cv_cert_key_release(key);
    assert_true(CertSetCertificateContextProperty(c, CERT_NCRYPT_KEY_HANDLE_PROP_ID, 0, NULL));
    assert_int_equal(NCryptFreeObject(h), SEC_E_OK);
    assert_int_equal(NCryptFreeObject(h), NTE_INVALID_HANDLE);
    CERT_KEY_CONTEXT forged = {.cbSize = sizeof forged, .hNCryptKey = h, .dwKeySpec = CERT_NCRYPT_KEY_SPEC};
    assert_true(CertSetCertificateContextProperty(c, CERT_KEY_CONTEXT_PROP_ID, 0, &forged));
    assert_null(cv_cert_key_share(cv_cert_of(c)));
    assert_false(CryptAcquireCertificatePrivateKey(with_key, 0, NULL, &h, NULL, NULL));
    assert_int_equal(GetLastError(), (DWORD)NTE_BAD_PROV_TYPE);
    CertFreeCertificateContext(c);
    CertFreeCertificateContext(with_key);
}

/* A certificate made here serves a server and verifies as its own root. */
static void check_self_signed(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key)
{
    PCCERT_CONTEXT like = sspi_cert("server-p256");
    CERT_EXTENSIONS x = {like->pCertInfo->cExtension, like->pCertInfo->rgExtension};
    SYSTEMTIME end = {.wYear = 2051, .wMonth = 2, .wDay = 3};
    PCCERT_CONTEXT c =
        CertCreateSelfSignCertificate(key, &like->pCertInfo->Subject, 0, NULL, NULL, NULL, &end, &x);
    assert_non_null(c);
    assert_int_equal(c->pCertInfo->cExtension, x.cExtension);
    assert_true(
        CertCompareCertificateName(X509_ASN_ENCODING, &c->pCertInfo->Issuer, &like->pCertInfo->Subject));
    FILETIME t;
    assert_true(SystemTimeToFileTime(&end, &t));
    assert_int_equal(CompareFileTime(&t, &c->pCertInfo->NotAfter), 0);
    const struct cv_cert_object *o = cv_cert_of(c);
    const struct cv_algorithms *a = &cv_library()->algorithms;
    assert_int_equal(cv_cert_check_signature(&o->cert, &o->cert.key, a->cert_schemes, a->n_cert_schemes),
                     CV_OK);
    assert_int_equal(cv_private_key_matches(&o->key->key, &o->cert), CV_OK);
    SCH_CREDENTIALS sc = {.dwVersion = SCH_CREDENTIALS_VERSION, .cCreds = 1, .paCred = &c};
    CredHandle cred;
    assert_int_equal(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)UNISP_NAME_A, SECPKG_CRED_INBOUND,
                                               NULL, &sc, NULL, NULL, &cred, NULL),
                     SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&cred), SEC_E_OK);
    CertFreeCertificateContext(c);
    CertFreeCertificateContext(like);
}

static void certificates_of_ones_own(void **state)
{
    (void)state;
    static const char *const kinds[] = {"server-p256", "server-p384", "server-rsa", "server-ed25519"};
    check_self_signed(0); /* with a new key */
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        PCCERT_CONTEXT c = sspi_cert(kinds[i]);
        HCRYPTPROV_OR_NCRYPT_KEY_HANDLE h;
        assert_true(
            CryptAcquireCertificatePrivateKey(c, CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG, NULL, &h, NULL, NULL));
        check_self_signed(h);
        assert_int_equal(NCryptFreeObject(h), SEC_E_OK);
        CertFreeCertificateContext(c);
    }
    PCCERT_CONTEXT like = sspi_cert("server-p256");
    SYSTEMTIME never = {.wYear = 2001, .wMonth = 13, .wDay = 1};
    assert_null(CertCreateSelfSignCertificate(0, NULL, 0, NULL, NULL, NULL, NULL, NULL));
    assert_null(
        CertCreateSelfSignCertificate(0, &like->pCertInfo->Subject, 0, NULL, NULL, &never, NULL, NULL));
    assert_null(
        CertCreateSelfSignCertificate(12345, &like->pCertInfo->Subject, 0, NULL, NULL, NULL, NULL, NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    CertFreeCertificateContext(like);
}

static bool self_sign(void *arg)
{
    PCCERT_CONTEXT like = arg, c;
    CERT_EXTENSIONS x = {like->pCertInfo->cExtension, like->pCertInfo->rgExtension};
    c = CertCreateSelfSignCertificate(0, &like->pCertInfo->Subject, 0, NULL, NULL, NULL, NULL, &x);
    CertFreeCertificateContext(c);
    return c != NULL;
}

static void no_memory_for_a_certificate(void **state)
{
    (void)state;
    PCCERT_CONTEXT like = sspi_cert("server-p256");
    wincrypt_allocations_fail(self_sign, (void *)(uintptr_t)like);
    CertFreeCertificateContext(like);
}

static void what_is_no_key(void **state)
{
    (void)state;
    static uint8_t blob[4096];
    size_t len = rsa_blob(blob, sizeof blob);
    HCRYPTPROV p = provider();
    HCRYPTKEY k;
    for (size_t n = 0; n < len; n++) {
        assert_false(CryptImportKey(p, blob, (DWORD)n, 0, 0, &k));
        assert_int_equal(GetLastError(), (DWORD)NTE_BAD_DATA);
    }
    blob[0] = PUBLICKEYBLOB;
    assert_false(CryptImportKey(p, blob, (DWORD)len, 0, 0, &k));
    blob[0] = PRIVATEKEYBLOB;
    blob[20] &= 0xfe; /* an even modulus */
    assert_false(CryptImportKey(p, blob, (DWORD)len, 0, 0, &k));
    assert_int_equal(GetLastError(), (DWORD)NTE_BAD_KEY);
    assert_false(CryptImportKey(0, blob, (DWORD)len, 0, 0, &k));
    assert_false(CryptImportKey(p, NULL, 0, 0, 0, &k));
    assert_true(CryptReleaseContext(p, 0));
}

static bool import(void *arg)
{
    struct cv_bytes *blob = arg;
    HCRYPTPROV p;
    HCRYPTHASH h;
    HCRYPTKEY k;
    if (!CryptAcquireContextA(&p, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT)) return false;
    bool ok = CryptCreateHash(p, CALG_SHA1, 0, 0, &h);
    if (ok) {
        CryptDestroyHash(h);
        ok = CryptImportKey(p, blob->p, (DWORD)blob->len, 0, 0, &k);
        if (ok) CryptDestroyKey(k);
    }
    DWORD error = GetLastError();
    CryptReleaseContext(p, 0);
    SetLastError(error);
    return ok;
}

static void no_memory_for_keys(void **state)
{
    (void)state;
    static uint8_t blob[4096];
    struct cv_bytes b = cv_bytes(blob, rsa_blob(blob, sizeof blob));
    wincrypt_allocations_fail(import, &b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, wincrypt_set_up, wincrypt_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hashes),
        TEST(random_bytes),
        TEST(a_key_in_a_container),
        TEST(a_container_is_left),
        TEST(handles_in_properties),
        TEST(certificates_of_ones_own),
        TEST(no_memory_for_a_certificate),
        TEST(what_is_no_key),
        TEST(no_memory_for_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
