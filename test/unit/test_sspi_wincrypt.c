/* Certificate contexts, stores, and what culvert.h makes from PEM (section 12 of docs/SSPI.md). */
#include "sspi_fixture.h"

#include "crypto/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct sspi_pair pair;

static int set_up(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sspi_close(&pair);
    return 0;
}

static size_t read_file(const char *path, char *buf, size_t cap)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(buf, 1, cap, f);
    (void)fclose(f);
    return len;
}

static void a_context_tells_what_the_certificate_says(void **state)
{
    (void)state;
    PCCERT_CONTEXT c = sspi_cert("server-rsa");
    const CERT_INFO *i = c->pCertInfo;
    assert_int_equal(c->dwCertEncodingType, X509_ASN_ENCODING);
    assert_int_equal(i->dwVersion, CERT_V3);
    assert_string_equal(i->SignatureAlgorithm.pszObjId, "1.2.840.113549.1.1.11");
    assert_string_equal(i->SubjectPublicKeyInfo.Algorithm.pszObjId, "1.2.840.113549.1.1.1");
    assert_int_equal(i->SubjectPublicKeyInfo.PublicKey.cUnusedBits, 0);
    assert_int_equal(i->SubjectPublicKeyInfo.PublicKey.pbData[0], 0x30);
    assert_int_equal(i->Subject.pbData[0], 0x30);
    assert_int_equal(i->Issuer.pbData[0], 0x30);
    assert_true(i->SerialNumber.cbData > 0 && i->SerialNumber.cbData <= 20);
    bool has_san = false;
    for (DWORD k = 0; k < i->cExtension; k++) {
        if (strcmp(i->rgExtension[k].pszObjId, szOID_SUBJECT_ALT_NAME2) != 0) continue;
        has_san = true;
        assert_int_equal(i->rgExtension[k].Value.pbData[0], 0x30);
    }
    assert_true(has_san);
    /* 2020-01-01 00:00:00 UTC in units of 100 ns since 1601 */
    uint64_t t = (uint64_t)i->NotBefore.dwHighDateTime << 32 | i->NotBefore.dwLowDateTime;
    assert_true(t == UINT64_C(132223104000000000));
    /* The serial number, least significant byte first, stands in the DER the other way round */
    bool found = false;
    for (DWORD at = 0; at + i->SerialNumber.cbData < 64 && !found; at++) {
        found = true;
        for (DWORD k = 0; k < i->SerialNumber.cbData && found; k++)
            found = c->pbCertEncoded[at + k] == i->SerialNumber.pbData[i->SerialNumber.cbData - 1 - k];
    }
    assert_true(found);
    assert_true(CertFreeCertificateContext(c));
}

static void contexts_are_counted_and_survive_their_store(void **state)
{
    (void)state;
    HCERTSTORE s = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL);
    PCCERT_CONTEXT in_store, alone = pair.server.cert;
    assert_true(CertAddCertificateContextToStore(s, alone, CERT_STORE_ADD_ALWAYS, &in_store));
    assert_ptr_not_equal(in_store, alone);
    assert_ptr_equal(in_store->hCertStore, s);
    PCCERT_CONTEXT second = CertDuplicateCertificateContext(in_store);
    assert_ptr_equal(second, in_store);
    assert_true(CertCloseStore(s, 0));
    assert_true(CertFreeCertificateContext(in_store));
    assert_int_equal(second->pbCertEncoded[0], 0x30);
    assert_true(CertFreeCertificateContext(second));
    assert_true(CertFreeCertificateContext(NULL));
    assert_null(CertDuplicateCertificateContext(NULL));
    assert_true(CertCloseStore(NULL, 0));
}

static size_t count(HCERTSTORE s)
{
    size_t n = 0;
    PCCERT_CONTEXT c = NULL;
    while ((c = CertEnumCertificatesInStore(s, c)) != NULL) n++;
    return n;
}

static void dispositions(void **state)
{
    (void)state;
    HCERTSTORE s = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
    PCCERT_CONTEXT c = pair.server.cert, first, again;
    assert_true(CertAddEncodedCertificateToStore(s, X509_ASN_ENCODING, c->pbCertEncoded, c->cbCertEncoded,
                                                 CERT_STORE_ADD_NEW, &first));
    assert_false(CertAddCertificateContextToStore(s, c, CERT_STORE_ADD_NEW, NULL));
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_EXISTS);
    assert_true(CertAddCertificateContextToStore(s, c, CERT_STORE_ADD_USE_EXISTING, &again));
    assert_ptr_equal(again, first);
    CertFreeCertificateContext(again);
    assert_int_equal(count(s), 1);
    assert_true(CertAddCertificateContextToStore(s, c, CERT_STORE_ADD_REPLACE_EXISTING, &again));
    assert_ptr_not_equal(again, first);
    CertFreeCertificateContext(again);
    assert_int_equal(count(s), 1);
    assert_true(CertAddCertificateContextToStore(s, c, CERT_STORE_ADD_ALWAYS, NULL));
    assert_int_equal(count(s), 2);
    assert_int_equal(first->pbCertEncoded[0], 0x30); /* replaced, but still held */
    CertFreeCertificateContext(first);
    assert_false(CertAddCertificateContextToStore(s, c, 99, NULL));
    assert_false(CertAddCertificateContextToStore(NULL, c, CERT_STORE_ADD_NEW, NULL));
    static const uint8_t junk[] = {0x30, 3, 2, 1, 5};
    assert_false(CertAddEncodedCertificateToStore(s, X509_ASN_ENCODING, junk, sizeof junk,
                                                  CERT_STORE_ADD_ALWAYS, NULL));
    CertCloseStore(s, 0);
}

static void finding(void **state)
{
    (void)state;
    HCERTSTORE s = pair.server.cert->hCertStore; /* leaf with key, intermediate */
    BYTE digest[20];
    DWORD len = sizeof digest;
    assert_true(CertGetCertificateContextProperty(pair.server.cert, CERT_SHA1_HASH_PROP_ID, digest, &len));
    assert_int_equal(len, 20);
    CRYPT_HASH_BLOB blob = {20, digest};
    PCCERT_CONTEXT c = CertFindCertificateInStore(s, X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, 0,
                                                  CERT_FIND_HASH, &blob, NULL);
    assert_ptr_equal(c, pair.server.cert);
    assert_null(CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_HASH, &blob, c));
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_NOT_FOUND);
    c = CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_HAS_PRIVATE_KEY, NULL, NULL);
    assert_ptr_equal(c, pair.server.cert);
    assert_null(CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_HAS_PRIVATE_KEY, NULL, c));
    size_t n = 0;
    c = NULL;
    while ((c = CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_ANY, NULL, c)) != NULL) n++;
    assert_int_equal(n, 2);
    digest[0] ^= 1;
    assert_null(CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, CERT_FIND_HASH, &blob, NULL));
    assert_null(CertFindCertificateInStore(NULL, X509_ASN_ENCODING, 0, CERT_FIND_ANY, NULL, NULL));
    assert_null(CertFindCertificateInStore(s, X509_ASN_ENCODING, 0, 0x00990000, NULL, NULL));
    assert_int_equal(GetLastError(), (DWORD)E_INVALIDARG);
}

static void properties(void **state)
{
    (void)state;
    PCCERT_CONTEXT own = pair.server.cert;
    PCCERT_CONTEXT c =
        CertCreateCertificateContext(X509_ASN_ENCODING, own->pbCertEncoded, own->cbCertEncoded);
    BYTE text[] = {1, 2, 3}, out[256];
    CRYPT_DATA_BLOB blob = {sizeof text, text};
    DWORD len = 0;
    assert_false(CertGetCertificateContextProperty(c, CERT_FRIENDLY_NAME_PROP_ID, out, &len));
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_NOT_FOUND);
    assert_true(CertSetCertificateContextProperty(c, CERT_FRIENDLY_NAME_PROP_ID, 0, &blob));
    assert_true(CertGetCertificateContextProperty(c, CERT_FRIENDLY_NAME_PROP_ID, NULL, &len));
    assert_int_equal(len, 3);
    len = 2;
    assert_false(CertGetCertificateContextProperty(c, CERT_FRIENDLY_NAME_PROP_ID, out, &len));
    assert_int_equal(GetLastError(), ERROR_MORE_DATA);
    len = sizeof out;
    assert_true(CertGetCertificateContextProperty(c, CERT_FRIENDLY_NAME_PROP_ID, out, &len));
    assert_memory_equal(out, text, 3);

    CRYPT_KEY_PROV_INFO info = {.pwszContainerName = (WCHAR[]){'c', 'o', 0},
                                .pwszProvName = (WCHAR[]){'p', 0},
                                .dwProvType = 24,
                                .dwKeySpec = 1};
    assert_true(CertSetCertificateContextProperty(c, CERT_KEY_PROV_INFO_PROP_ID, 0, &info));
    _Alignas(16) BYTE space[256];
    len = sizeof space;
    assert_true(CertGetCertificateContextProperty(c, CERT_KEY_PROV_INFO_PROP_ID, space, &len));
    const CRYPT_KEY_PROV_INFO *got = (const CRYPT_KEY_PROV_INFO *)(const void *)space;
    assert_int_equal(got->dwProvType, 24);
    assert_int_equal(got->pwszContainerName[1], 'o');
    assert_int_equal(got->pwszProvName[0], 'p');
    assert_true(CertSetCertificateContextProperty(c, CERT_KEY_PROV_INFO_PROP_ID, 0, NULL)); /* taken away */
    len = sizeof space;
    assert_false(CertGetCertificateContextProperty(c, CERT_KEY_PROV_INFO_PROP_ID, space, &len));

    BYTE digest[32];
    len = sizeof out;
    assert_true(CertGetCertificateContextProperty(c, CERT_SHA256_HASH_PROP_ID, out, &len));
    cv_hash_digest(&cv_sha256, digest, c->pbCertEncoded, c->cbCertEncoded);
    assert_int_equal(len, 32);
    assert_memory_equal(out, digest, 32);
    CertFreeCertificateContext(c);
    assert_false(CertSetCertificateContextProperty(NULL, CERT_FRIENDLY_NAME_PROP_ID, 0, &blob));
}

static void what_is_no_certificate(void **state)
{
    (void)state;
    PCCERT_CONTEXT c = pair.server.cert;
    assert_null(CertCreateCertificateContext(X509_ASN_ENCODING, NULL, 10));
    assert_null(CertCreateCertificateContext(PKCS_7_ASN_ENCODING, c->pbCertEncoded, c->cbCertEncoded));
    assert_int_equal(GetLastError(), (DWORD)E_INVALIDARG);
    for (DWORD len = 0; len < c->cbCertEncoded; len++)
        assert_null(CertCreateCertificateContext(X509_ASN_ENCODING, c->pbCertEncoded, len));
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_ASN1_ERROR);
    /* A context that somebody made himself is not followed */
    CERT_INFO info = {0};
    CERT_CONTEXT own = {X509_ASN_ENCODING, c->pbCertEncoded, c->cbCertEncoded, &info, NULL};
    assert_true(CertFreeCertificateContext(&own));
    assert_null(CertDuplicateCertificateContext(&own));
}

static void pem_with_keys(void **state)
{
    (void)state;
    char cert[8192], key[8192], both[16384];
    size_t cert_len = read_file("test/pki/tls/server-p256.pem", cert, sizeof cert);
    size_t key_len = read_file("test/pki/tls/server-p256.key", key, sizeof key);
    /* One text with everything, the key first */
    memcpy(both, key, key_len);
    memcpy(both + key_len, cert, cert_len);
    DWORD both_len = (DWORD)(key_len + cert_len);
    PCCERT_CONTEXT c = CulvertCertificateFromPem(both, both_len, both, both_len);
    assert_non_null(c);
    assert_memory_equal(c->pbCertEncoded, pair.server.cert->pbCertEncoded, c->cbCertEncoded);
    assert_int_equal(count(c->hCertStore), 2);
    /* DER, without intermediates */
    PCCERT_CONTEXT d = CulvertCertificateFromPem(c->pbCertEncoded, c->cbCertEncoded, key, (DWORD)key_len);
    assert_non_null(d);
    assert_int_equal(count(d->hCertStore), 1);
    CertFreeCertificateContext(c);
    CertFreeCertificateContext(d);
    /* A key of somebody else, no key, no certificate */
    key_len = read_file("test/pki/tls/server-p384.key", key, sizeof key);
    assert_null(CulvertCertificateFromPem(cert, (DWORD)cert_len, key, (DWORD)key_len));
    assert_int_equal(GetLastError(), (DWORD)NTE_BAD_KEY);
    assert_null(CulvertCertificateFromPem(cert, (DWORD)cert_len, cert, (DWORD)cert_len));
    assert_int_equal(GetLastError(), (DWORD)NTE_BAD_DATA);
    assert_null(CulvertCertificateFromPem(key, (DWORD)key_len, key, (DWORD)key_len));
    assert_int_equal(GetLastError(), (DWORD)CRYPT_E_ASN1_ERROR);
    static const char encrypted[] =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_null(CulvertCertificateFromPem(cert, (DWORD)cert_len, encrypted, sizeof encrypted - 1));
    assert_int_equal(GetLastError(), ERROR_INVALID_PASSWORD);
    assert_null(CulvertCertificateFromPem(NULL, 0, NULL, 0));
    assert_null(CulvertStoreFromPem("no PEM", 6));
    assert_null(CulvertStoreFromPem(NULL, 0));
}

static void system_stores(void **state)
{
    (void)state;
    static const WCHAR my[] = {'M', 'Y', 0};
    setenv("SSL_CERT_FILE", "test/pki/tls/root.pem", 1);
    HCERTSTORE s = CertOpenStore(CERT_STORE_PROV_SYSTEM_A, 0, 0, CERT_SYSTEM_STORE_LOCAL_MACHINE, "Root");
    assert_non_null(s);
    assert_int_equal(count(s), 1);
    CertCloseStore(s, 0);
    s = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, my);
    assert_non_null(s);
    assert_int_equal(count(s), 0);
    CertCloseStore(s, 0);
    assert_null(CertOpenStore(CERT_STORE_PROV_SYSTEM_A, 0, 0, 0, "nonesuch"));
    assert_null(CertOpenStore((LPCSTR)99, 0, 0, 0, NULL));
    /* The same roots are what a credential without hRootStore trusts */
    CertCloseStore(pair.client.roots, 0);
    pair.client.roots = NULL;
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    unsetenv("SSL_CERT_FILE");
}

static void I22_the_trust_store_cannot_be_reached(void **state)
{
    (void)state;
    setenv("SSL_CERT_FILE", "/nonexistent/roots.pem", 1);
    assert_null(CertOpenStore(CERT_STORE_PROV_SYSTEM_A, 0, 0, 0, "ROOT"));
    CertCloseStore(pair.client.roots, 0);
    pair.client.roots = NULL;
    assert_int_equal(sspi_connect(&pair), SEC_E_NO_AUTHENTICATING_AUTHORITY);
    unsetenv("SSL_CERT_FILE");
}

static void the_root_is_sent_only_on_demand(void **state)
{
    (void)state;
    char cert[8192], key[8192];
    size_t len = read_file("test/pki/tls/server-p256.pem", cert, sizeof cert);
    len += read_file("test/pki/tls/root.pem", cert + len, sizeof cert - len);
    size_t key_len = read_file("test/pki/tls/server-p256.key", key, sizeof key);
    for (int with_root = 0; with_root < 2; with_root++) {
        CertFreeCertificateContext(pair.server.cert);
        pair.server.cert = CulvertCertificateFromPem(cert, (DWORD)len, key, (DWORD)key_len);
        assert_int_equal(count(pair.server.cert->hCertStore), 3);
        pair.server.cred_flags = with_root ? SCH_SEND_ROOT_CERT : 0;
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        PCCERT_CONTEXT peer;
        assert_int_equal(QueryContextAttributesA(&pair.client.ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &peer),
                         SEC_E_OK);
        assert_int_equal(count(peer->hCertStore), with_root ? 3 : 2);
        CertFreeCertificateContext(peer);
        sspi_drop(&pair);
        FreeCredentialsHandle(&pair.server.cred);
        FreeCredentialsHandle(&pair.client.cred);
        pair.server.has_cred = pair.client.has_cred = false;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_context_tells_what_the_certificate_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(contexts_are_counted_and_survive_their_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dispositions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(properties, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_certificate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pem_with_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(system_stores, set_up, tear_down),
        cmocka_unit_test_setup_teardown(I22_the_trust_store_cannot_be_reached, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_root_is_sent_only_on_demand, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
