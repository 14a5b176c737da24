/* QueryContextAttributes and SetContextAttributes, attribute by attribute (section 9 of docs/SSPI.md). */
#include "sspi_fixture.h"

#include "crypto/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct sspi_pair pair;
static struct sspi_end *const client = &pair.client, *const server = &pair.server;

static int clean_up(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

static void connect(const char *kind)
{
    sspi_open(&pair, kind);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
}

static SECURITY_STATUS query(struct sspi_end *e, ULONG attribute, void *out)
{
    return QueryContextAttributesA(&e->ctx, attribute, out);
}

static bool wide_equals(const WCHAR *w, const char *s)
{
    size_t i = 0;
    while (s[i] != '\0' && w[i] == (WCHAR)s[i]) i++;
    return s[i] == '\0' && w[i] == 0;
}

static void what_is_not_offered(void **state)
{
    (void)state;
    uint8_t out[1024];
    connect("p256");
    static const ULONG attributes[] = {SECPKG_ATTR_NEGOTIATION_INFO, SECPKG_ATTR_UNIQUE_BINDINGS, 0x4711,
                                       SECPKG_ATTR_SRTP_PARAMETERS, SECPKG_ATTR_TOKEN_BINDING};
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        assert_int_equal(query(client, attributes[i], out), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(query(client, SECPKG_ATTR_ACCESS_TOKEN, out), SEC_E_NO_IMPERSONATION);
    assert_int_equal(query(client, SECPKG_ATTR_STREAM_SIZES, NULL), SEC_E_INTERNAL_ERROR);
    CtxtHandle bad = {77, 77};
    assert_int_equal(QueryContextAttributesA(&bad, SECPKG_ATTR_STREAM_SIZES, out), SEC_E_INVALID_HANDLE);
    assert_int_equal(QueryContextAttributesW(NULL, SECPKG_ATTR_STREAM_SIZES, out), SEC_E_INVALID_HANDLE);
    SecPkgContext_StreamSizes sizes;
    assert_int_equal(
        QueryContextAttributesExA(&client->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes, sizeof sizes - 1),
        SEC_E_BUFFER_TOO_SMALL);
    assert_int_equal(QueryContextAttributesExW(&client->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes, sizeof sizes),
                     SEC_E_OK);
    sspi_close(&pair);
}

static void what_is_not_known_yet(void **state)
{
    (void)state;
    uint8_t out[1024] = {1};
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    static const ULONG attributes[] = {
        SECPKG_ATTR_STREAM_SIZES,    SECPKG_ATTR_CONNECTION_INFO,
        SECPKG_ATTR_CIPHER_INFO,     SECPKG_ATTR_KEY_INFO,
        SECPKG_ATTR_SESSION_INFO,    SECPKG_ATTR_PROTO_INFO,
        SECPKG_ATTR_KEYING_MATERIAL, SECPKG_ATTR_CULVERT_TLS_EXPORTER_BINDINGS};
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        assert_int_equal(query(client, attributes[i], out), SEC_E_INVALID_HANDLE);
    assert_int_equal(query(client, SECPKG_ATTR_REMOTE_CERT_CONTEXT, out), SEC_E_NO_CREDENTIALS);
    assert_int_equal(query(client, SECPKG_ATTR_LOCAL_CERT_CONTEXT, out), SEC_E_NO_CREDENTIALS);
    SecPkgContext_IssuerListInfoEx issuers;
    assert_int_equal(query(client, SECPKG_ATTR_ISSUER_LIST_EX, &issuers), SEC_E_OK);
    assert_int_equal(issuers.cIssuers, 0);
    sspi_close(&pair);
}

static void CONNECTION_INFO_and_CIPHER_INFO(void **state)
{
    (void)state;
    connect("rsa");
    SecPkgContext_ConnectionInfo c, s;
    assert_int_equal(query(client, SECPKG_ATTR_CONNECTION_INFO, &c), SEC_E_OK);
    assert_int_equal(query(server, SECPKG_ATTR_CONNECTION_INFO, &s), SEC_E_OK);
    assert_int_equal(c.dwProtocol, SP_PROT_TLS1_3_CLIENT);
    assert_int_equal(s.dwProtocol, SP_PROT_TLS1_3_SERVER);
    assert_true(c.dwCipherStrength >= 128);
    assert_int_equal(c.dwHashStrength, 0);
    assert_int_equal(c.aiExch, CALG_ECDH_EPHEM);
    SecPkgContext_CipherInfo i = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
    assert_int_equal(query(client, SECPKG_ATTR_CIPHER_INFO, &i), SEC_E_OK);
    assert_int_equal(i.dwProtocol, 0x304);
    assert_int_equal(i.dwCipherSuite & 0xff00, 0x1300);
    assert_int_equal(i.dwCipherLen, c.dwCipherStrength);
    assert_int_equal(i.dwHashLen, 0);
    assert_int_equal(i.szHash[0], 0);
    assert_true(wide_equals(i.szExchange, "ECDH"));
    assert_true(wide_equals(i.szCertificate, "RSA"));
    assert_int_equal(i.dwKeyType, 0x11ec);
    if (i.dwCipherSuite == 0x1302) {
        assert_true(wide_equals(i.szCipherSuite, "TLS_AES_256_GCM_SHA384"));
        assert_true(wide_equals(i.szCipher, "AES"));
        assert_int_equal(c.aiCipher, CALG_AES_256);
        assert_int_equal(c.aiHash, CALG_SHA_384);
    }
    i.dwVersion = 2;
    assert_int_equal(query(client, SECPKG_ATTR_CIPHER_INFO, &i), SEC_E_UNSUPPORTED_FUNCTION);
    SecPkgContext_ConnectionInfoEx ex = {.dwVersion = SECPKGCONTEXT_CONNECTION_INFO_EX_V1};
    assert_int_equal(query(client, SECPKG_ATTR_CONNECTION_INFO_EX, &ex), SEC_E_OK);
    assert_int_equal(ex.dwCipherStrength, c.dwCipherStrength);
    sspi_close(&pair);
}

static void KEY_INFO_PROTO_INFO_PACKAGE_INFO(void **state)
{
    (void)state;
    connect("rsa");
    SecPkgContext_KeyInfoA a;
    SecPkgContext_KeyInfoW w;
    assert_int_equal(query(client, SECPKG_ATTR_KEY_INFO, &a), SEC_E_OK);
    assert_string_equal(a.sSignatureAlgorithmName, "RSA");
    assert_int_equal(a.SignatureAlgorithm, CALG_RSA_SIGN);
    assert_true(a.KeySize >= 128);
    assert_int_equal(QueryContextAttributesW(&client->ctx, SECPKG_ATTR_KEY_INFO, &w), SEC_E_OK);
    assert_true(wide_equals(w.sSignatureAlgorithmName, "RSA"));
    assert_true(wide_equals(w.sEncryptAlgorithmName, a.sEncryptAlgorithmName));
    FreeContextBuffer(a.sSignatureAlgorithmName);
    FreeContextBuffer(a.sEncryptAlgorithmName);
    FreeContextBuffer(w.sSignatureAlgorithmName);
    FreeContextBuffer(w.sEncryptAlgorithmName);
    SecPkgContext_ProtoInfoA proto;
    assert_int_equal(query(client, SECPKG_ATTR_PROTO_INFO, &proto), SEC_E_OK);
    assert_string_equal(proto.sProtocolName, "TLS");
    assert_int_equal(proto.majorVersion, 1);
    assert_int_equal(proto.minorVersion, 3);
    FreeContextBuffer(proto.sProtocolName);
    SecPkgContext_PackageInfoA package;
    assert_int_equal(query(client, SECPKG_ATTR_PACKAGE_INFO, &package), SEC_E_OK);
    assert_string_equal(package.PackageInfo->Name, UNISP_NAME_A);
    FreeContextBuffer(package.PackageInfo);
    SecPkgContext_Flags flags;
    assert_int_equal(query(client, SECPKG_ATTR_FLAGS, &flags), SEC_E_OK);
    assert_int_equal(flags.Flags, client->attributes);
    SecPkgContext_Sizes sizes;
    assert_int_equal(query(client, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
    assert_int_equal(sizes.cbMaxToken, 24576);
    SecPkgContext_Lifespan life;
    assert_int_equal(query(client, SECPKG_ATTR_LIFESPAN, &life), SEC_E_OK);
    assert_int_equal(life.tsExpiry.LowPart, server->cert->pCertInfo->NotAfter.dwLowDateTime);
    SecPkgContext_SupportedSignatures signatures;
    assert_int_equal(query(client, SECPKG_ATTR_SUPPORTED_SIGNATURES, &signatures), SEC_E_OK);
    assert_true(signatures.cSignatureAndHashAlgorithms > 3);
    FreeContextBuffer(signatures.pSignatureAndHashAlgorithms);
    sspi_close(&pair);
}

static void REMOTE_CERT_CONTEXT_and_its_store(void **state)
{
    (void)state;
    connect("p256");
    PCCERT_CONTEXT leaf, again, local, c = NULL;
    assert_int_equal(query(client, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &leaf), SEC_E_OK);
    assert_int_equal(leaf->cbCertEncoded, server->cert->cbCertEncoded);
    assert_memory_equal(leaf->pbCertEncoded, server->cert->pbCertEncoded, leaf->cbCertEncoded);
    assert_non_null(leaf->hCertStore);
    int n = 0, n_leaf = 0;
    while ((c = CertEnumCertificatesInStore(leaf->hCertStore, c)) != NULL) {
        n++;
        n_leaf += c == leaf; /* the same pointer */
    }
    assert_int_equal(n, 2);
    assert_int_equal(n_leaf, 1);
    /* It outlives the context */
    assert_int_equal(DeleteSecurityContext(&client->ctx), SEC_E_OK);
    client->has_ctx = false;
    assert_int_equal(leaf->pbCertEncoded[0], 0x30);
    CertFreeCertificateContext(leaf);
    assert_int_equal(query(server, SECPKG_ATTR_LOCAL_CERT_CONTEXT, &local), SEC_E_OK);
    assert_ptr_equal(local, server->cert);
    CertFreeCertificateContext(local);
    assert_int_equal(query(server, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &again), SEC_E_NO_CREDENTIALS);
    sspi_close(&pair);
}

static void check_bindings(const SecPkgContext_Bindings *b, const char *prefix, size_t value_len)
{
    static const uint8_t zeros[24];
    size_t len = strlen(prefix) + value_len;
    assert_int_equal(b->BindingsLength, 32 + len);
    assert_memory_equal(b->Bindings, zeros, 24);
    assert_int_equal(b->Bindings->cbApplicationDataLength, len);
    assert_int_equal(b->Bindings->dwApplicationDataOffset, 32);
    assert_memory_equal((uint8_t *)b->Bindings + 32, prefix, strlen(prefix));
}

static void channel_bindings(void **state)
{
    (void)state;
    connect("p256");
    SecPkgContext_Bindings c, s;
    uint8_t digest[32];
    assert_int_equal(query(client, SECPKG_ATTR_ENDPOINT_BINDINGS, &c), SEC_E_OK);
    assert_int_equal(query(server, SECPKG_ATTR_ENDPOINT_BINDINGS, &s), SEC_E_OK);
    check_bindings(&c, "tls-server-end-point:", 32);
    assert_int_equal(c.BindingsLength, s.BindingsLength);
    assert_memory_equal(c.Bindings, s.Bindings, c.BindingsLength);
    cv_hash_digest(&cv_sha256, digest, server->cert->pbCertEncoded, server->cert->cbCertEncoded);
    assert_memory_equal((uint8_t *)c.Bindings + 32 + 21, digest, 32);

    /* A10: bindings that are brought along must be the context's own */
    SecBuffer in[2] = {{c.BindingsLength, SECBUFFER_CHANNEL_BINDINGS, c.Bindings},
                       {0, SECBUFFER_EMPTY, NULL}};
    SEC_CHANNEL_BINDINGS_RESULT result = {0};
    SecBuffer out[2] = {{4096, SECBUFFER_TOKEN, NULL},
                        {sizeof result, SECBUFFER_CHANNEL_BINDINGS_RESULT, &result}};
    SecBufferDesc in_desc = {0, 2, in}, out_desc = {0, 2, out};
    assert_int_equal(InitializeSecurityContextA(&client->cred, &client->ctx, client->target, client->req, 0,
                                                0, &in_desc, 0, NULL, &out_desc, NULL, NULL),
                     SEC_E_OK);
    assert_int_equal(result.flags, SEC_CHANNEL_BINDINGS_RESULT_VALID_MATCHED);
    assert_int_equal(out[1].cbBuffer, sizeof result);
    ((uint8_t *)c.Bindings)[60] ^= 1;
    out[0] = (SecBuffer){4096, SECBUFFER_TOKEN, NULL};
    assert_int_equal(InitializeSecurityContextA(&client->cred, &client->ctx, client->target, client->req, 0,
                                                0, &in_desc, 0, NULL, &out_desc, NULL, NULL),
                     SEC_E_BAD_BINDINGS);
    assert_int_equal(result.flags, SEC_CHANNEL_BINDINGS_RESULT_NOTVALID_MISMATCH);
    assert_int_equal(InitializeSecurityContextA(&client->cred, &client->ctx, client->target, client->req, 0,
                                                0, NULL, 0, NULL, &out_desc, NULL, NULL),
                     SEC_E_OK);
    assert_int_equal(result.flags, SEC_CHANNEL_BINDINGS_RESULT_ABSENT);
    FreeContextBuffer(c.Bindings);
    FreeContextBuffer(s.Bindings);

    assert_int_equal(query(client, SECPKG_ATTR_CULVERT_TLS_EXPORTER_BINDINGS, &c), SEC_E_OK);
    assert_int_equal(query(server, SECPKG_ATTR_CULVERT_TLS_EXPORTER_BINDINGS, &s), SEC_E_OK);
    check_bindings(&c, "tls-exporter:", 32);
    assert_memory_equal(c.Bindings, s.Bindings, c.BindingsLength);
    FreeContextBuffer(c.Bindings);
    FreeContextBuffer(s.Bindings);
    sspi_close(&pair);
}

static void KEYING_MATERIAL(void **state)
{
    (void)state;
    connect("p256");
    SecPkgContext_KeyingMaterial c, s;
    SecPkgContext_KeyingMaterial_Inproc inproc = {.cbLabel = 13, /* with its terminator */
                                                  .pszLabel = (char *)(uintptr_t) "EXPORTER-Foo",
                                                  .cbContextValue = 3,
                                                  .pbContextValue = (BYTE *)(uintptr_t) "abc",
                                                  .cbKeyingMaterial = 48};
    assert_int_equal(query(client, SECPKG_ATTR_KEYING_MATERIAL, &c),
                     SEC_E_INVALID_HANDLE);                 /* not said which */
    SecPkgContext_KeyingMaterialInfo info = {.cbLabel = 12, /* without */
                                             .pszLabel = (char *)(uintptr_t) "EXPORTER-Foo",
                                             .cbContextValue = 3,
                                             .pbContextValue = (BYTE *)(uintptr_t) "abc",
                                             .cbKeyingMaterial = 48};
    assert_int_equal(
        SetContextAttributesA(&client->ctx, SECPKG_ATTR_KEYING_MATERIAL_INFO, &info, sizeof info), SEC_E_OK);
    assert_int_equal(
        SetContextAttributesW(&server->ctx, SECPKG_ATTR_KEYING_MATERIAL_INFO, &info, sizeof info), SEC_E_OK);
    assert_int_equal(query(client, SECPKG_ATTR_KEYING_MATERIAL, &c), SEC_E_OK);
    assert_int_equal(query(server, SECPKG_ATTR_KEYING_MATERIAL, &s), SEC_E_OK);
    assert_int_equal(query(client, SECPKG_ATTR_KEYING_MATERIAL_INPROC, &inproc), SEC_E_OK);
    assert_int_equal(c.cbKeyingMaterial, 48);
    assert_memory_equal(c.pbKeyingMaterial, s.pbKeyingMaterial, 48);
    assert_memory_equal(c.pbKeyingMaterial, inproc.pbKeyingMaterial, 48);
    FreeContextBuffer(c.pbKeyingMaterial);
    FreeContextBuffer(s.pbKeyingMaterial);
    FreeContextBuffer(inproc.pbKeyingMaterial);
    info.cbLabel = 300;
    assert_int_equal(
        SetContextAttributesA(&client->ctx, SECPKG_ATTR_KEYING_MATERIAL_INFO, &info, sizeof info),
        SEC_E_INVALID_TOKEN);
    assert_int_equal(SetContextAttributesA(&client->ctx, SECPKG_ATTR_KEYING_MATERIAL_INFO, &info, 3),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(SetContextAttributesA(&client->ctx, SECPKG_ATTR_UI_INFO, &info, sizeof info), SEC_E_OK);
    assert_int_equal(SetContextAttributesA(&client->ctx, 0x4711, &info, sizeof info),
                     SEC_E_UNSUPPORTED_FUNCTION);
    sspi_close(&pair);
}

static void CLIENT_SPECIFIED_TARGET_and_SESSION_INFO(void **state)
{
    (void)state;
    connect("p256");
    SecPkgContext_ClientSpecifiedTarget target;
    assert_int_equal(query(server, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &target), SEC_E_OK);
    assert_true(wide_equals(target.sTargetName, "server.example"));
    FreeContextBuffer(target.sTargetName);
    SecPkgContext_SessionInfo c, s;
    assert_int_equal(query(client, SECPKG_ATTR_SESSION_INFO, &c), SEC_E_OK);
    assert_int_equal(query(server, SECPKG_ATTR_SESSION_INFO, &s), SEC_E_OK);
    assert_int_equal(c.dwFlags, 0);
    assert_int_equal(c.cbSessionId, s.cbSessionId);
    assert_memory_equal(c.rgbSessionId, s.rgbSessionId, 32);
    CulvertContext_Failure f;
    assert_int_equal(query(client, SECPKG_ATTR_CULVERT_FAILURE, &f), SEC_E_OK);
    assert_int_equal(f.lStatus, SEC_E_OK);
    sspi_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_not_offered, clean_up),
        cmocka_unit_test_teardown(what_is_not_known_yet, clean_up),
        cmocka_unit_test_teardown(CONNECTION_INFO_and_CIPHER_INFO, clean_up),
        cmocka_unit_test_teardown(KEY_INFO_PROTO_INFO_PACKAGE_INFO, clean_up),
        cmocka_unit_test_teardown(REMOTE_CERT_CONTEXT_and_its_store, clean_up),
        cmocka_unit_test_teardown(channel_bindings, clean_up),
        cmocka_unit_test_teardown(KEYING_MATERIAL, clean_up),
        cmocka_unit_test_teardown(CLIENT_SPECIFIED_TARGET_and_SESSION_INFO, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
