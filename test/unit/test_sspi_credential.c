/* Packages, the function tables, and AcquireCredentialsHandle row by row (sections 2, 3 and 9 of
 * docs/SSPI.md). */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
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

static bool wide_equals(const WCHAR *w, const char *s)
{
    size_t i = 0;
    while (s[i] != '\0' && w[i] == (WCHAR)s[i]) i++;
    return s[i] == '\0' && w[i] == 0;
}

/* --- section 2 --- */

static void section_2_packages(void **state)
{
    (void)state;
    ULONG n = 0, n_wide = 0;
    SecPkgInfoA *a;
    SecPkgInfoW *w;
    assert_int_equal(EnumerateSecurityPackagesA(&n, &a), SEC_E_OK);
    assert_int_equal(EnumerateSecurityPackagesW(&n_wide, &w), SEC_E_OK);
    assert_int_equal(n, 2);
    assert_int_equal(n_wide, 2);
    assert_string_equal(a[0].Name, "Microsoft Unified Security Protocol Provider");
    assert_string_equal(a[1].Name, "Schannel");
    assert_string_equal(a[1].Comment, "Schannel Security Package");
    for (ULONG i = 0; i < n; i++) {
        assert_true(wide_equals(w[i].Name, a[i].Name));
        assert_true(wide_equals(w[i].Comment, a[i].Comment));
        assert_int_equal(w[i].fCapabilities, a[i].fCapabilities);
        assert_int_equal(a[i].fCapabilities & 0x7b3, 0x7b3);
        assert_int_equal(a[i].wVersion, 1);
        assert_int_equal(a[i].wRPCID, 14);
        assert_int_equal(a[i].cbMaxToken, 24576);
    }
    assert_int_equal(FreeContextBuffer(a), SEC_E_OK); /* one allocation */
    assert_int_equal(FreeContextBuffer(w), SEC_E_OK);
}

static void section_2_one_package(void **state)
{
    (void)state;
    static const char *const names[] = {"Microsoft Unified Security Protocol Provider", "SCHANNEL",
                                        "Microsoft SSL 3.0", "Microsoft TLS 1.0"};
    SecPkgInfoA *a;
    SecPkgInfoW *w;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(QuerySecurityPackageInfoA((char *)(uintptr_t)names[i], &a), SEC_E_OK);
        assert_int_equal(FreeContextBuffer(a), SEC_E_OK);
    }
    static const WCHAR wide[] = {'s', 'c', 'h', 'a', 'n', 'n', 'e', 'l', 0},
                       other[] = {'N', 'T', 'L', 'M', 0};
    assert_int_equal(QuerySecurityPackageInfoW((WCHAR *)(uintptr_t)wide, &w), SEC_E_OK);
    assert_true(wide_equals(w->Name, "Schannel"));
    assert_int_equal(FreeContextBuffer(w), SEC_E_OK);
    assert_int_equal(QuerySecurityPackageInfoW((WCHAR *)(uintptr_t)other, &w), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(QuerySecurityPackageInfoA((char *)(uintptr_t) "Kerberos", &a), SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(QuerySecurityPackageInfoA(NULL, &a), SEC_E_SECPKG_NOT_FOUND);
}

static void section_2_tables(void **state)
{
    (void)state;
    SecurityFunctionTableA *a = InitSecurityInterfaceA();
    SecurityFunctionTableW *w = InitSecurityInterfaceW();
    assert_int_equal(a->dwVersion, 1);
    assert_null(a->Reserved2);
    assert_ptr_equal(a->Reserved3, (void *)EncryptMessage);
    assert_ptr_equal(a->Reserved4, (void *)DecryptMessage);
    assert_ptr_equal(w->Reserved3, (void *)EncryptMessage);
    /* Every other slot is a function */
    void *slots[sizeof *a / sizeof(void *)], *slots_w[sizeof *w / sizeof(void *)];
    memcpy(slots, a, sizeof slots);
    memcpy(slots_w, w, sizeof slots_w);
    for (size_t i = 1; i < sizeof slots / sizeof slots[0]; i++) {
        if (i == 5 || i == 23) continue; /* Reserved2, Reserved8 */
        assert_non_null(slots[i]);
        assert_non_null(slots_w[i]);
    }
}

static void section_2_buffers_that_are_not_ours(void **state)
{
    (void)state;
    static _Alignas(16) uint8_t memory[64];
    SecPkgInfoA *a;
    assert_int_equal(FreeContextBuffer(NULL), SEC_E_OK);
    assert_int_equal(FreeContextBuffer(memory + 32), SEC_E_INVALID_HANDLE);
    assert_int_equal(FreeContextBuffer(memory + 33), SEC_E_INVALID_HANDLE);
    assert_int_equal(QuerySecurityPackageInfoA((char *)(uintptr_t) "Schannel", &a), SEC_E_OK);
    assert_int_equal(FreeContextBuffer((uint8_t *)a + 16), SEC_E_INVALID_HANDLE);
    assert_int_equal(FreeContextBuffer(a), SEC_E_OK);
}

/* --- section 3 --- */

static SECURITY_STATUS acquire(ULONG use, void *auth)
{
    CredHandle h;
    SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)UNISP_NAME_A, use, NULL, auth,
                                                       NULL, NULL, &h, NULL);
    if (status == SEC_E_OK) assert_int_equal(FreeCredentialsHandle(&h), SEC_E_OK);
    return status;
}

static void section_3_package_and_use(void **state)
{
    (void)state;
    CredHandle h = {1, 2};
    TimeStamp expiry;
    static const WCHAR wide[] = {'S', 'c', 'h', 'a', 'n', 'n', 'e', 'l', 0};
    assert_int_equal(
        AcquireCredentialsHandleA(NULL, NULL, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &h, NULL),
        SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t) "NTLM", SECPKG_CRED_OUTBOUND, NULL,
                                               NULL, NULL, NULL, &h, NULL),
                     SEC_E_SECPKG_NOT_FOUND);
    assert_int_equal(acquire(0, NULL), SEC_E_NO_CREDENTIALS);
    assert_int_equal(acquire(SECPKG_CRED_INBOUND, NULL), SEC_E_NO_CREDENTIALS);
    assert_int_equal(acquire(SECPKG_CRED_BOTH, NULL), SEC_E_NO_CREDENTIALS);
    assert_int_equal(h.dwLower, 1); /* written on success only */
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, NULL), SEC_E_OK);
    expiry.QuadPart = 7;
    assert_int_equal(AcquireCredentialsHandleW(NULL, (WCHAR *)(uintptr_t)wide, SECPKG_CRED_OUTBOUND, NULL,
                                               NULL, NULL, NULL, &h, &expiry),
                     SEC_E_OK);
    assert_int_equal(expiry.QuadPart, 0);
    assert_int_equal(FreeCredentialsHandle(&h), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&h), SEC_E_INVALID_HANDLE);
    assert_int_equal(FreeCredentialsHandle(NULL), SEC_E_INVALID_HANDLE);
    SecInvalidateHandle(&h);
    assert_int_equal(FreeCredentialsHandle(&h), SEC_E_INVALID_HANDLE);
}

static void section_3_versions(void **state)
{
    (void)state;
    for (DWORD version = 0; version < 9; version++) {
        union {
            SCHANNEL_CRED v4;
            SCH_CREDENTIALS v5;
        } c;
        memset(&c, 0, sizeof c);
        c.v4.dwVersion = version;
        bool known = version >= 3 && version <= 5;
        assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &c), known ? SEC_E_OK : SEC_E_UNKNOWN_CREDENTIALS);
        assert_int_equal(acquire(SECPKG_CRED_INBOUND, &c), known ? SEC_E_OK : SEC_E_UNKNOWN_CREDENTIALS);
    }
}

static void section_3_certificates(void **state)
{
    (void)state;
    PCCERT_CONTEXT good = pair.server.cert;
    PCCERT_CONTEXT bare =
        CertCreateCertificateContext(X509_ASN_ENCODING, good->pbCertEncoded, good->cbCertEncoded);
    PCCERT_CONTEXT lost =
        CertCreateCertificateContext(X509_ASN_ENCODING, good->pbCertEncoded, good->cbCertEncoded);
    CRYPT_KEY_PROV_INFO info = {.pwszContainerName = (WCHAR[]){'x', 0}, .dwProvType = 1};
    assert_true(CertSetCertificateContextProperty(lost, CERT_KEY_PROV_INFO_PROP_ID, 0, &info));
    static const uint8_t junk[] = {0x30, 3, 2, 1, 5};
    CERT_CONTEXT bogus = {X509_ASN_ENCODING, (BYTE *)(uintptr_t)junk, sizeof junk, NULL, NULL};
    const struct {
        PCCERT_CONTEXT certs[2];
        DWORD n;
        SECURITY_STATUS status;
    } rows[] = {
        {{good, NULL}, 1, SEC_E_OK},
        {{good, good}, 2, SEC_E_OK},
        {{bare, NULL}, 1, SEC_E_NO_CREDENTIALS},
        {{lost, NULL}, 1, SEC_E_UNKNOWN_CREDENTIALS},
        {{&bogus, NULL}, 1, SEC_E_UNKNOWN_CREDENTIALS},
        {{NULL, NULL}, 1, SEC_E_UNKNOWN_CREDENTIALS},
        {{good, &bogus}, 2, SEC_E_UNKNOWN_CREDENTIALS},
        {{&bogus, good}, 2, SEC_E_UNKNOWN_CREDENTIALS},
        {{bare, &bogus}, 2, SEC_E_UNKNOWN_CREDENTIALS},
        {{good, NULL}, 101, SEC_E_UNKNOWN_CREDENTIALS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        PCCERT_CONTEXT certs[2] = {rows[i].certs[0], rows[i].certs[1]};
        SCHANNEL_CRED v4 = {.dwVersion = SCHANNEL_CRED_VERSION, .cCreds = rows[i].n, .paCred = certs};
        SCH_CREDENTIALS v5 = {.dwVersion = SCH_CREDENTIALS_VERSION, .cCreds = rows[i].n, .paCred = certs};
        for (ULONG use = SECPKG_CRED_INBOUND; use <= SECPKG_CRED_BOTH; use++) {
            assert_int_equal(acquire(use, &v4), rows[i].status);
            assert_int_equal(acquire(use, &v5), rows[i].status);
        }
    }
    SCH_CREDENTIALS none = {.dwVersion = SCH_CREDENTIALS_VERSION, .cCreds = 1};
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &none), SEC_E_UNKNOWN_CREDENTIALS);
    none = (SCH_CREDENTIALS){.dwVersion = SCH_CREDENTIALS_VERSION, .dwCredFormat = SCH_CRED_FORMAT_CERT_HASH};
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &none), SEC_E_UNKNOWN_CREDENTIALS);
    CertFreeCertificateContext(bare);
    CertFreeCertificateContext(lost);
}

static DWORD protocols(ULONG use, void *auth)
{
    CredHandle h;
    SecPkgCred_SupportedProtocols p;
    assert_int_equal(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)UNISP_NAME_A, use, NULL, auth, NULL,
                                               NULL, &h, NULL),
                     SEC_E_OK);
    assert_int_equal(QueryCredentialsAttributesA(&h, SECPKG_ATTR_SUPPORTED_PROTOCOLS, &p), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&h), SEC_E_OK);
    return p.grbitProtocol;
}

static void section_3_protocols(void **state)
{
    (void)state;
    SCHANNEL_CRED v4 = {.dwVersion = SCHANNEL_CRED_VERSION};
    v4.grbitEnabledProtocols = SP_PROT_TLS1_CLIENT;
    assert_int_equal(protocols(SECPKG_CRED_OUTBOUND, &v4), 0x80);
    v4.grbitEnabledProtocols = SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_3_CLIENT;
    assert_int_equal(protocols(SECPKG_CRED_OUTBOUND, &v4), SP_PROT_TLS1_2_CLIENT);
    static const DWORD mismatched[] = {
        SP_PROT_TLS1_2_SERVER,                          /* the other direction */
        SP_PROT_TLS1_3_CLIENT,                          /* never from this structure */
        SP_PROT_DTLS1_2_CLIENT,                         /* not offered */
        SP_PROT_DTLS1_2_CLIENT | SP_PROT_TLS1_2_CLIENT, /* mixed */
        SP_PROT_DTLS_CLIENT | SP_PROT_TLS1_SERVER,
        SP_PROT_DTLS_CLIENT | SP_PROT_SSL3_SERVER,
        SP_PROT_SSL2_CLIENT,
    };
    for (size_t i = 0; i < sizeof mismatched / sizeof mismatched[0]; i++) {
        v4.grbitEnabledProtocols = mismatched[i];
        assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &v4), SEC_E_ALGORITHM_MISMATCH);
    }
    v4.grbitEnabledProtocols = SP_PROT_TLS1_2_CLIENT;
    assert_int_equal(acquire(SECPKG_CRED_INBOUND, &v4), SEC_E_ALGORITHM_MISMATCH);

    TLS_PARAMETERS p = {.grbitDisabledProtocols = ~(DWORD)SP_PROT_TLS1_3_CLIENT}; /* as curl does */
    SCH_CREDENTIALS v5 = {.dwVersion = SCH_CREDENTIALS_VERSION, .cTlsParameters = 1, .pTlsParameters = &p};
    assert_int_equal(protocols(SECPKG_CRED_OUTBOUND, &v5), SP_PROT_TLS1_3_CLIENT);
    assert_int_equal(acquire(SECPKG_CRED_INBOUND, &v5), SEC_E_ALGORITHM_MISMATCH);
    v5.cTlsParameters = 0;
    assert_int_equal(protocols(SECPKG_CRED_BOTH, &v5), SP_PROT_TLS1_2 | SP_PROT_TLS1_3);
    v5.cTlsParameters = 17;
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &v5), SEC_E_UNKNOWN_CREDENTIALS);
    v5.cTlsParameters = 0;
    v5.dwFlags = SCH_USE_DTLS_ONLY;
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &v5), SEC_E_ALGORITHM_MISMATCH);
}

/* --- CRYPTO_SETTINGS --- */

#define COUNTED(array)                                                                                       \
    {                                                                                                        \
        sizeof(array), sizeof(array), array                                                                  \
    }
static WCHAR aes[] = {'A', 'E', 'S'}, ecdh[] = {'E', 'C', 'D', 'H'},
             x25519[] = {'x', '2', '5', '5', '1', '9'}, mlkem[] = {'M', 'L', '-', 'K', 'E', 'M'};
static WCHAR gcm[] = {'C', 'h', 'a', 'i', 'n', 'i', 'n', 'g', 'M', 'o', 'd', 'e', 'G', 'C', 'M'};
static WCHAR sha256[] = {'S', 'H', 'A', '2', '5', '6'}, sha384[] = {'S', 'H', 'A', '3', '8', '4'};
static WCHAR chacha[] = {'C', 'H', 'A', 'C', 'H', 'A', '2', '0', '_', 'P', 'O', 'L', 'Y', '1', '3', '0', '5'};
static WCHAR rsa[] = {'R', 'S', 'A'}, ecdsa[] = {'E', 'C', 'D', 'S', 'A'};

static DWORD suite_with(CRYPTO_SETTINGS *settings, DWORD n)
{
    TLS_PARAMETERS p = {.cDisabledCrypto = n, .pDisabledCrypto = settings};
    SecPkgContext_CipherInfo info = {.dwVersion = 1};
    pair.client.params = &p;
    SECURITY_STATUS status = sspi_connect(&pair);
    pair.client.params = NULL;
    if (status == SEC_E_OK)
        assert_int_equal(QueryContextAttributesA(&pair.client.ctx, SECPKG_ATTR_CIPHER_INFO, &info), SEC_E_OK);
    sspi_drop(&pair);
    if (pair.client.has_cred) FreeCredentialsHandle(&pair.client.cred);
    pair.client.has_cred = false;
    return status == SEC_E_OK ? info.dwCipherSuite | info.dwKeyType << 16 : (DWORD)status;
}

static void section_3_2_disabled_algorithms(void **state)
{
    (void)state;
    UNICODE_STRING mode[1] = {COUNTED(gcm)};
    CRYPTO_SETTINGS s[2] = {{0}};
    assert_int_equal(suite_with(s, 0) >> 16, 0x11ec); /* X25519MLKEM768 */
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageKeyExchange, COUNTED(mlkem), 0, NULL, 0, 0};
    assert_int_equal(suite_with(s, 1) >> 16, 0x1d); /* x25519 */
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageCipher, COUNTED(aes), 0, NULL, 0, 0};
    assert_int_equal(suite_with(s, 1) & 0xffff, 0x1303); /* ChaCha20 remains */
    s[1] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageCipher, COUNTED(chacha), 0, NULL, 0, 0};
    assert_int_equal(suite_with(s, 2), (DWORD)SEC_E_ALGORITHM_MISMATCH);
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageCipher, COUNTED(aes), 1, mode, 0, 0};
    assert_int_equal(suite_with(s, 2) & 0xffff, 0x1304);
    /* Sizes below the minimum are blocked, and above the maximum */
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageCipher, COUNTED(aes), 0, NULL, 256, 0};
    assert_int_equal(suite_with(s, 2) & 0xffff, 0x1302);
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageCipher, COUNTED(aes), 0, NULL, 0, 128};
    DWORD small = suite_with(s, 2) & 0xffff;
    assert_true(small == 0x1301 || small == 0x1304);
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageDigest, COUNTED(sha256), 0, NULL, 0, 0};
    s[1] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageDigest, COUNTED(sha384), 0, NULL, 0, 0};
    assert_int_equal(suite_with(s, 2), (DWORD)SEC_E_ALGORITHM_MISMATCH);
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageKeyExchange, COUNTED(ecdh), 0, NULL, 384, 0};
    assert_int_equal(suite_with(s, 1) >> 16, 0x11ed); /* SecP384r1MLKEM1024 */
    s[1] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageKeyExchange, COUNTED(mlkem), 0, NULL, 0, 0};
    assert_int_equal(suite_with(s, 2) >> 16, 0x18); /* P-384 */
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageKeyExchange, COUNTED(x25519), 0, NULL, 0, 0};
    assert_int_equal(suite_with(s, 2) >> 16, 0x17); /* P-256 */
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageKeyExchange, COUNTED(ecdh), 0, NULL, 0, 0};
    assert_int_equal(suite_with(s, 1), (DWORD)SEC_E_ALGORITHM_MISMATCH);
    /* The server's certificate is ECDSA: without that no handshake */
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageSignature, COUNTED(ecdsa), 0, NULL, 0, 0};
    assert_int_not_equal(suite_with(s, 1) & 0xff00, 0x1300);
    s[0] = (CRYPTO_SETTINGS){TlsParametersCngAlgUsageSignature, COUNTED(rsa), 0, NULL, 0, 0};
    assert_int_equal(suite_with(s, 1) & 0xff00, 0x1300);
    s[0] = (CRYPTO_SETTINGS){(eTlsAlgorithmUsage)9, COUNTED(rsa), 0, NULL, 0, 0};
    assert_int_equal(suite_with(s, 1), (DWORD)SEC_E_ALGORITHM_MISMATCH);
}

static void section_3_2_rules_for_single_protocols_are_not_ignored(void **state)
{
    (void)state;
    UNICODE_STRING id[1] = {COUNTED(aes)};
    TLS_PARAMETERS p = {.cAlpnIds = 1, .rgstrAlpnIds = id};
    SCH_CREDENTIALS v5 = {.dwVersion = SCH_CREDENTIALS_VERSION, .cTlsParameters = 1, .pTlsParameters = &p};
    assert_int_equal(acquire(SECPKG_CRED_INBOUND, &v5), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(acquire(SECPKG_CRED_OUTBOUND, &v5), SEC_E_UNKNOWN_CREDENTIALS);
}

/* --- section 9, credentials --- */

static void section_9_attributes_of_credentials(void **state)
{
    (void)state;
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    CredHandle *h = &pair.client.cred, bad = {5, 5};
    SecPkgCred_SupportedAlgs algs;
    SecPkgCred_CipherStrengths strengths;
    assert_int_equal(QueryCredentialsAttributesA(h, SECPKG_ATTR_SUPPORTED_ALGS, &algs), SEC_E_OK);
    assert_true(algs.cSupportedAlgs > 0);
    assert_int_equal(FreeContextBuffer(algs.palgSupportedAlgs), SEC_E_OK);
    assert_int_equal(QueryCredentialsAttributesW(h, SECPKG_ATTR_CIPHER_STRENGTHS, &strengths), SEC_E_OK);
    assert_true(strengths.dwMinimumCipherStrength > 0 && strengths.dwMaximumCipherStrength > 0);
    assert_int_equal(QueryCredentialsAttributesA(h, SECPKG_ATTR_SUPPORTED_ALGS, NULL), SEC_E_INTERNAL_ERROR);
    assert_int_equal(QueryCredentialsAttributesA(h, SECPKG_ATTR_CIPHER_STRENGTHS, NULL),
                     SEC_E_INTERNAL_ERROR);
    assert_int_equal(QueryCredentialsAttributesA(h, SECPKG_ATTR_SUPPORTED_PROTOCOLS, NULL),
                     SEC_E_INTERNAL_ERROR);
    assert_int_equal(QueryCredentialsAttributesA(h, SECPKG_ATTR_NAMES, &algs), SEC_E_NO_CREDENTIALS);
    assert_int_equal(QueryCredentialsAttributesA(h, 0x4711, &algs), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(QueryCredentialsAttributesA(&bad, SECPKG_ATTR_NAMES, &algs), SEC_E_INVALID_HANDLE);
    assert_int_equal(QueryCredentialsAttributesExA(h, SECPKG_ATTR_CIPHER_STRENGTHS, &strengths, 4),
                     SEC_E_BUFFER_TOO_SMALL);
    SecPkgCred_ClientCertPolicy policy = {0};
    assert_int_equal(SetCredentialsAttributesW(h, SECPKG_ATTR_CLIENT_CERT_POLICY, &policy, sizeof policy),
                     SEC_E_OK);
    assert_int_equal(SetCredentialsAttributesW(h, 0x4711, &policy, sizeof policy),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(SetCredentialsAttributesW(&bad, 0x4711, &policy, sizeof policy), SEC_E_INVALID_HANDLE);
}

static void note_line(void *ctx, const char *line)
{
    assert_true(strstr(line, "_TRAFFIC_SECRET") != NULL || strncmp(line, "EXPORTER_SECRET", 15) == 0);
    ++*(int *)ctx;
}

static void culvert_h_the_key_log(void **state)
{
    (void)state;
    int n = 0;
    CulvertCredential_KeyLog log = {note_line, &n};
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    assert_int_equal(
        SetCredentialsAttributesA(&pair.client.cred, SECPKG_ATTR_CULVERT_KEY_LOG, &log, sizeof log),
        SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_true(n >= 4); /* both directions, handshake and application */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(section_2_packages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(section_2_one_package, set_up, tear_down),
        cmocka_unit_test_setup_teardown(section_2_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(section_2_buffers_that_are_not_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(section_3_package_and_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(section_3_versions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(section_3_certificates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(section_3_protocols, set_up, tear_down),
        cmocka_unit_test_setup_teardown(section_3_2_disabled_algorithms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(section_3_2_rules_for_single_protocols_are_not_ignored, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(section_9_attributes_of_credentials, set_up, tear_down),
        cmocka_unit_test_setup_teardown(culvert_h_the_key_log, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
