/* Attributes that few programs ask for: of both sides' certificates, of keys, of what an application keeps;
 * those that are set; those that are refused. */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct sspi_pair pair;
static struct sspi_end *const client = &pair.client, *const server = &pair.server;

static int clean_up(void **state)
{
    (void)state;
    test_port_fail_at(&pair.port, 0);
    sspi_give_up(&pair);
    return 0;
}

/* Both sides have certificates, and the server judges the client's. */
static void connect_both(bool tls12)
{
    TLS_PARAMETERS params = {.grbitDisabledProtocols = tls12 ? SP_PROT_TLS1_3 : 0};
    sspi_open(&pair, "p256");
    server->req |= ASC_REQ_MUTUAL_AUTH;
    server->cred_flags = SCH_CRED_AUTO_CRED_VALIDATION;
    server->roots = sspi_roots();
    client->cert = sspi_cert("client-p256");
    client->params = &params;
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    client->params = NULL;
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
}

static SECURITY_STATUS query(struct sspi_end *e, ULONG attribute, void *out)
{
    return QueryContextAttributesA(&e->ctx, attribute, out);
}

static SECURITY_STATUS query_wide(struct sspi_end *e, ULONG attribute, void *out)
{
    return QueryContextAttributesW(&e->ctx, attribute, out);
}

static bool wide_equals(const WCHAR *w, const char *s)
{
    size_t i = 0;
    while (s[i] != '\0' && w[i] == (WCHAR)s[i]) i++;
    return s[i] == '\0' && w[i] == 0;
}

/* --- who --- */

static void NAMES_and_AUTHORITY(void **state)
{
    (void)state;
    connect_both(false);
    char subject[256], issuer[256];
    CertNameToStrA(X509_ASN_ENCODING, &client->cert->pCertInfo->Subject, CERT_X500_NAME_STR, subject,
                   sizeof subject);
    CertNameToStrA(X509_ASN_ENCODING, &client->cert->pCertInfo->Issuer, CERT_X500_NAME_STR, issuer,
                   sizeof issuer);
    struct sspi_end *ends[] = {client, server};
    for (size_t i = 0; i < 2; i++) { /* the client's name, whoever asks */
        SecPkgContext_NamesA a;
        SecPkgContext_NamesW w;
        assert_int_equal(query(ends[i], SECPKG_ATTR_NAMES, &a), SEC_E_OK);
        assert_int_equal(query_wide(ends[i], SECPKG_ATTR_NAMES, &w), SEC_E_OK);
        assert_string_equal(a.sUserName, subject);
        assert_true(wide_equals(w.sUserName, subject));
        FreeContextBuffer(a.sUserName);
        FreeContextBuffer(w.sUserName);
    }
    SecPkgContext_AuthorityA authority;
    SecPkgContext_AuthorityW wide;
    assert_int_equal(query(server, SECPKG_ATTR_AUTHORITY, &authority), SEC_E_OK);
    assert_string_equal(authority.sAuthorityName, issuer);
    assert_int_equal(query_wide(server, SECPKG_ATTR_AUTHORITY, &wide), SEC_E_OK);
    assert_true(wide_equals(wide.sAuthorityName, issuer));
    FreeContextBuffer(authority.sAuthorityName);
    FreeContextBuffer(wide.sAuthorityName);
    sspi_close(&pair);

    sspi_open(&pair, "p256"); /* a client without certificate */
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(query(client, SECPKG_ATTR_NAMES, &authority), SEC_E_NO_CREDENTIALS);
    assert_int_equal(query(server, SECPKG_ATTR_NAMES, &authority), SEC_E_NO_CREDENTIALS);
    assert_int_equal(query(server, SECPKG_ATTR_AUTHORITY, &authority), SEC_E_NO_CREDENTIALS);
    sspi_close(&pair);
}

static void LOCAL_CERT_INFO(void **state)
{
    (void)state;
    connect_both(true);
    SecPkgContext_CertInfo info;
    char subject[256];
    CertNameToStrA(X509_ASN_ENCODING, &server->cert->pCertInfo->Subject, CERT_X500_NAME_STR, subject,
                   sizeof subject);
    assert_int_equal(query(server, SECPKG_ATTR_LOCAL_CERT_INFO, &info), SEC_E_OK);
    assert_int_equal(info.dwVersion, KERN_CONTEXT_CERT_INFO_V1);
    assert_true(wide_equals(info.pwszSubjectName, subject));
    assert_int_equal(info.cbSubjectName, 2 * (strlen(subject) + 1));
    assert_true(info.cbIssuerName > 2);
    assert_int_equal(info.dwKeySize, 256);
    FreeContextBuffer(info.pwszSubjectName);
    FreeContextBuffer(info.pwszIssuerName);
    sspi_close(&pair);
}

/* --- chains --- */

static void check_chain(const BYTE *p, DWORD len, DWORD n, PCCERT_CONTEXT leaf)
{
    DWORD count = 0;
    assert_true(len > leaf->cbCertEncoded);
    assert_memory_equal(p, leaf->pbCertEncoded, leaf->cbCertEncoded);
    for (DWORD at = 0; at < len; count++) {
        PCCERT_CONTEXT c = NULL;
        DWORD size = 4 + ((DWORD)p[at + 2] << 8 | p[at + 3]);
        assert_int_equal(p[at], 0x30);
        assert_int_equal(p[at + 1], 0x82);
        c = CertCreateCertificateContext(X509_ASN_ENCODING, p + at, size);
        assert_non_null(c);
        CertFreeCertificateContext(c);
        at += size;
    }
    assert_int_equal(count, n);
}

static void REMOTE_CERTIFICATES_and_credentials(void **state)
{
    (void)state;
    connect_both(false);
    SecPkgContext_Certificates certs;
    SecPkgContext_RemoteCredentialInfo remote;
    SecPkgContext_LocalCredentialInfo local;
    assert_int_equal(query(client, SECPKG_ATTR_REMOTE_CERTIFICATES, &certs), SEC_E_OK);
    check_chain(certs.pbCertificateChain, certs.cbCertificateChain, certs.cCertificates, server->cert);
    assert_int_equal(query(client, SECPKG_ATTR_REMOTE_CRED, &remote), SEC_E_OK);
    assert_int_equal(remote.cbCertificateChain, certs.cbCertificateChain);
    assert_memory_equal(remote.pbCertificateChain, certs.pbCertificateChain, certs.cbCertificateChain);
    assert_int_equal(remote.fFlags, RCRED_CRED_EXISTS);
    assert_int_equal(remote.dwBits, 256);
    assert_int_equal(query(server, SECPKG_ATTR_LOCAL_CRED, &local), SEC_E_OK);
    assert_int_equal(local.cCertificates, certs.cCertificates);
    assert_memory_equal(local.pbCertificateChain, certs.pbCertificateChain, certs.cbCertificateChain);
    assert_int_equal(local.fFlags, LCRED_CRED_EXISTS);
    FreeContextBuffer(certs.pbCertificateChain);
    FreeContextBuffer(remote.pbCertificateChain);
    FreeContextBuffer(local.pbCertificateChain);
    sspi_close(&pair);

    sspi_open(&pair, "p256");
    client->req |= ISC_REQ_MANUAL_CRED_VALIDATION;
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(query(client, SECPKG_ATTR_REMOTE_CRED, &remote), SEC_E_OK);
    assert_int_equal(remote.fFlags, RCRED_CRED_EXISTS | RCRED_STATUS_UNKNOWN_ISSUER); /* nobody judged it */
    FreeContextBuffer(remote.pbCertificateChain);
    assert_int_equal(query(client, SECPKG_ATTR_LOCAL_CRED, &local), SEC_E_OK);
    assert_int_equal(local.fFlags, LCRED_STATUS_NOCRED);
    assert_int_equal(local.cCertificates, 0);
    assert_null(local.pbCertificateChain);
    assert_int_equal(query(server, SECPKG_ATTR_REMOTE_CRED, &remote), SEC_E_OK);
    assert_int_equal(remote.fFlags, RCRED_STATUS_NOCRED);
    assert_int_equal(query(server, SECPKG_ATTR_REMOTE_CERTIFICATES, &certs), SEC_E_NO_CREDENTIALS);
    sspi_close(&pair);
}

static void ISSUER_LIST(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    server->req |= ASC_REQ_MUTUAL_AUTH;
    server->roots = sspi_roots();
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    memcpy(server->in, client->out, server->in_len = client->out_len);
    assert_int_equal(sspi_turn(server, client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_turn(client, server), SEC_I_INCOMPLETE_CREDENTIALS);
    SecPkgContext_IssuerListInfo wire;
    SecPkgContext_IssuerListInfoEx ex;
    assert_int_equal(query(client, SECPKG_ATTR_ISSUER_LIST, &wire), SEC_E_OK);
    assert_int_equal(query(client, SECPKG_ATTR_ISSUER_LIST_EX, &ex), SEC_E_OK);
    assert_int_equal(ex.cIssuers, 1);
    assert_int_equal(wire.cbIssuerList, ex.aIssuers[0].cbData + 2);
    assert_memory_equal(wire.pIssuerList + 2, ex.aIssuers[0].pbData, ex.aIssuers[0].cbData);
    FreeContextBuffer(wire.pIssuerList);
    FreeContextBuffer(ex.aIssuers);
    assert_int_equal(query(server, SECPKG_ATTR_ISSUER_LIST, &wire), SEC_E_OK);
    assert_int_equal(wire.cbIssuerList, 0);
    sspi_close(&pair);
}

/* --- trust --- */

static void ROOT_STORE_asked_for_and_set(void **state)
{
    (void)state;
    HCERTSTORE store, none = NULL;
    PCCERT_CONTEXT root, mine;
    connect_both(false);
    assert_int_equal(query(client, SECPKG_ATTR_ROOT_STORE, &store), SEC_E_OK);
    root = CertEnumCertificatesInStore(store, NULL);
    mine = CertEnumCertificatesInStore(client->roots, NULL);
    assert_int_equal(root->cbCertEncoded, mine->cbCertEncoded);
    assert_memory_equal(root->pbCertEncoded, mine->pbCertEncoded, mine->cbCertEncoded);
    assert_null(CertEnumCertificatesInStore(store, root));
    CertFreeCertificateContext(mine);
    CertCloseStore(store, 0);
    /* not while there are contexts */
    assert_int_equal(
        SetCredentialsAttributesA(&client->cred, SECPKG_ATTR_ROOT_STORE, &client->roots, sizeof none),
        SEC_E_UNSUPPORTED_FUNCTION);
    sspi_close(&pair);

    sspi_open(&pair, "p256");
    HCERTSTORE roots = client->roots;
    client->roots = NULL;
    client->cred_flags = SCH_CRED_MANUAL_CRED_VALIDATION;
    server->req |= ASC_REQ_MUTUAL_AUTH;
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    CredHandle *cred = &server->cred;
    assert_int_equal(SetCredentialsAttributesW(cred, SECPKG_ATTR_ROOT_STORE, &none, sizeof none),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(SetCredentialsAttributesW(cred, SECPKG_ATTR_ROOT_STORE, &roots, 1), SEC_E_INVALID_TOKEN);
    for (unsigned i = 0; i < 2; i++) /* the second takes the first one's place */
        assert_int_equal(SetCredentialsAttributesW(cred, SECPKG_ATTR_ROOT_STORE, &roots, sizeof roots),
                         SEC_E_OK);
    client->roots = roots;
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(query(client, SECPKG_ATTR_ROOT_STORE, &store), SEC_E_NO_AUTHENTICATING_AUTHORITY);
    memcpy(server->in, client->out, server->in_len = client->out_len);
    assert_int_equal(sspi_turn(server, client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_turn(client, server), SEC_I_INCOMPLETE_CREDENTIALS);
    SecPkgContext_IssuerListInfoEx ex;
    assert_int_equal(query(client, SECPKG_ATTR_ISSUER_LIST_EX, &ex), SEC_E_OK);
    assert_int_equal(ex.cIssuers, 1); /* clients are told of it */
    FreeContextBuffer(ex.aIssuers);
    sspi_close(&pair);
}

static void CERT_CHECK_RESULT_and_CC_POLICY_RESULT(void **state)
{
    (void)state;
    SecPkgContext_CertificateValidationResult result = {77, 77};
    SecPkgContext_ClientCertPolicyResult policy;
    connect_both(false);
    assert_int_equal(query(client, SECPKG_ATTR_CERT_CHECK_RESULT, &result), SEC_E_OK);
    assert_int_equal(result.dwChainErrorStatus, 0);
    assert_int_equal(result.hrVerifyChainStatus, 0);
    assert_int_equal(query(server, SECPKG_ATTR_CERT_CHECK_RESULT_INPROC, &result), SEC_E_OK);
    assert_int_equal(result.hrVerifyChainStatus, 0);
    memset(&policy, 7, sizeof policy);
    assert_int_equal(query(server, SECPKG_ATTR_CC_POLICY_RESULT, &policy), SEC_E_OK);
    assert_int_equal(policy.dwPolicyResult, 0);
    sspi_close(&pair);

    sspi_open(&pair, "p256"); /* nobody judged it */
    client->req |= ISC_REQ_MANUAL_CRED_VALIDATION;
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(query(client, SECPKG_ATTR_CERT_CHECK_RESULT, &result), SEC_E_INVALID_HANDLE);
    assert_int_equal(query(server, SECPKG_ATTR_CC_POLICY_RESULT, &policy), SEC_E_NO_CREDENTIALS);
    sspi_close(&pair);

    static const struct {
        const char *target;
        int64_t seconds;
        DWORD bits;
        SECURITY_STATUS status;
    } failures[] = {
        {"other.example", 0, 0, SEC_E_WRONG_PRINCIPAL},
        {"server.example", INT64_C(100) * 365 * 86400, CERT_TRUST_IS_NOT_TIME_VALID, SEC_E_CERT_EXPIRED},
    };
    for (size_t i = 0; i < 2; i++) {
        sspi_open(&pair, "p256");
        client->target = (char *)(uintptr_t)failures[i].target;
        test_port_advance(&pair.port, failures[i].seconds);
        assert_int_equal(sspi_connect(&pair), failures[i].status);
        assert_int_equal(query(client, SECPKG_ATTR_CERT_CHECK_RESULT, &result), SEC_E_OK);
        assert_int_equal(result.dwChainErrorStatus, failures[i].bits);
        assert_int_equal(result.hrVerifyChainStatus, failures[i].status);
        sspi_close(&pair);
    }
}

/* --- keys --- */

static void EAP_KEY_BLOCK_and_SESSION_KEY(void **state)
{
    (void)state;
    static const BYTE zeros[64], eap_tls = 0x0d;
    for (unsigned tls12 = 0; tls12 < 2; tls12++) {
        connect_both(tls12);
        /* RFC 5216 2.3 is RFC 5705 4 without a context; RFC 9190 2.3 */
        SecPkgContext_KeyingMaterial_Inproc same = {
            .cbLabel = tls12 ? 21 : 29,
            .pszLabel = (LPSTR)(uintptr_t)(tls12 ? "client EAP encryption" : "EXPORTER_EAP_TLS_Key_Material"),
            .cbContextValue = tls12 ? 0 : 1,
            .pbContextValue = tls12 ? NULL : (BYTE *)(uintptr_t)&eap_tls,
            .cbKeyingMaterial = 128};
        SecPkgContext_EapKeyBlock c, s;
        assert_int_equal(query(client, SECPKG_ATTR_EAP_KEY_BLOCK, &c), SEC_E_OK);
        assert_int_equal(query(server, SECPKG_ATTR_EAP_KEY_BLOCK, &s), SEC_E_OK);
        assert_int_equal(query(client, SECPKG_ATTR_KEYING_MATERIAL_INPROC, &same), SEC_E_OK);
        assert_memory_equal(c.rgbKeys, s.rgbKeys, 128);
        assert_memory_equal(c.rgbKeys, same.pbKeyingMaterial, 128);
        assert_memory_equal(c.rgbIVs, zeros, 64);
        FreeContextBuffer(same.pbKeyingMaterial);
        /* another method's */
        SecPkgContext_EapPrfInfo info = {0, 19, (PBYTE)(uintptr_t) "ttls keying material"};
        assert_int_equal(SetContextAttributesA(&client->ctx, SECPKG_ATTR_EAP_PRF_INFO, &info, sizeof info),
                         SEC_E_OK);
        assert_int_equal(query(client, SECPKG_ATTR_EAP_KEY_BLOCK, &c), SEC_E_OK);
        assert_memory_not_equal(c.rgbKeys, s.rgbKeys, 128);
        assert_int_equal(SetContextAttributesW(&server->ctx, SECPKG_ATTR_EAP_PRF_INFO, &info, sizeof info),
                         SEC_E_OK);
        assert_int_equal(query(server, SECPKG_ATTR_EAP_KEY_BLOCK, &s), SEC_E_OK);
        assert_memory_equal(c.rgbKeys, s.rgbKeys, 128);
        info.cbPrfData = 65;
        assert_int_equal(SetContextAttributesA(&client->ctx, SECPKG_ATTR_EAP_PRF_INFO, &info, sizeof info),
                         SEC_E_INVALID_TOKEN);
        assert_int_equal(SetContextAttributesA(&client->ctx, SECPKG_ATTR_EAP_PRF_INFO, NULL, sizeof info),
                         SEC_E_INVALID_TOKEN);

        SecPkgContext_SessionKey ck, sk;
        assert_int_equal(query(client, SECPKG_ATTR_SESSION_KEY, &ck), SEC_E_OK);
        assert_int_equal(query(server, SECPKG_ATTR_SESSION_KEY, &sk), SEC_E_OK);
        assert_int_equal(ck.SessionKeyLength, 32);
        assert_memory_equal(ck.SessionKey, sk.SessionKey, 32);
        assert_memory_not_equal(ck.SessionKey, c.rgbKeys, 32);
        FreeContextBuffer(ck.SessionKey);
        FreeContextBuffer(sk.SessionKey);
        sspi_close(&pair);
    }
    sspi_open(&pair, "p256"); /* not yet */
    SecPkgContext_EapKeyBlock block;
    SecPkgContext_SessionKey session;
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(query(client, SECPKG_ATTR_EAP_KEY_BLOCK, &block), SEC_E_INVALID_HANDLE);
    assert_int_equal(query(client, SECPKG_ATTR_SESSION_KEY, &session), SEC_E_INVALID_HANDLE);
    sspi_close(&pair);
}

static SECURITY_STATUS set_ticket_keys(struct sspi_end *e, DWORD n, SecPkgCred_SessionTicketKey *keys)
{
    SecPkgCred_SessionTicketKeys value = {n, keys};
    return SetCredentialsAttributesA(&e->cred, SECPKG_ATTR_SESSION_TICKET_KEYS, &value, sizeof value);
}

static bool is_resumed(void)
{
    SecPkgContext_SessionInfo info;
    assert_int_equal(query(client, SECPKG_ATTR_SESSION_INFO, &info), SEC_E_OK);
    return (info.dwFlags & SSL_SESSION_RECONNECT) != 0;
}

/* A connection that leaves a ticket; was it resumed? */
static bool connect_again(void)
{
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_exchange(server, client, "tickets");
    bool resumed = is_resumed();
    sspi_drop(&pair);
    return resumed;
}

static void new_server(DWORD n, SecPkgCred_SessionTicketKey *keys)
{
    assert_int_equal(FreeCredentialsHandle(&server->cred), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    if (n > 0) assert_int_equal(set_ticket_keys(server, n, keys), SEC_E_OK);
}

static void SESSION_TICKET_KEYS(void **state)
{
    (void)state;
    SecPkgCred_SessionTicketKey keys[17] = {{0, "first", "material of the first key", 32},
                                            {0, "second", "material of the second one", 32}};
    for (int i = 2; i < 17; i++) keys[i] = keys[0];
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    assert_int_equal(set_ticket_keys(server, 1, &keys[0]), SEC_E_OK);
    assert_false(connect_again());
    new_server(1, &keys[0]); /* another one with the same key */
    assert_true(connect_again());
    new_server(2, keys); /* two keys; the first one seals */
    assert_true(connect_again());
    new_server(1, &keys[0]);
    assert_true(connect_again());
    new_server(1, &keys[1]); /* has the second one alone */
    assert_false(connect_again());
    keys[0].KeyingMaterial[0] ^= 1; /* the same name, another key */
    new_server(1, &keys[1]);
    assert_true(connect_again());
    new_server(0, NULL);
    assert_false(connect_again());

    assert_int_equal(set_ticket_keys(server, 0, keys), SEC_E_INVALID_TOKEN);
    assert_int_equal(set_ticket_keys(server, 1, NULL), SEC_E_INVALID_TOKEN);
    assert_int_equal(set_ticket_keys(server, 17, keys), SEC_E_INVALID_TOKEN);
    keys[0].KeyingMaterialSize = 15;
    assert_int_equal(set_ticket_keys(server, 1, keys), SEC_E_INVALID_TOKEN);
    keys[0].KeyingMaterialSize = 65;
    assert_int_equal(set_ticket_keys(server, 1, keys), SEC_E_INVALID_TOKEN);
    keys[0].KeyingMaterialSize = 64;
    keys[0].TicketInfoVersion = 1;
    assert_int_equal(set_ticket_keys(server, 1, keys), SEC_E_UNSUPPORTED_FUNCTION);
    keys[0].TicketInfoVersion = 0;
    assert_int_equal(set_ticket_keys(client, 1, keys), SEC_E_UNSUPPORTED_FUNCTION); /* makes no tickets */
    sspi_close(&pair);
}

/* --- what an application keeps --- */

static void APP_DATA_and_others_that_are_set(void **state)
{
    (void)state;
    static BYTE large[65537] = "large";
    connect_both(false);
    CtxtHandle *ctx = &client->ctx;
    SecPkgContext_SessionAppData data = {1, 1, large};
    assert_int_equal(query(client, SECPKG_ATTR_APP_DATA, &data), SEC_E_OK);
    assert_int_equal(data.cbAppData, 0);
    assert_null(data.pbAppData);
    for (DWORD len = 65536; len > 0; len /= 2) {
        SecPkgContext_SessionAppData set = {len, len, large};
        assert_int_equal(SetContextAttributesA(ctx, SECPKG_ATTR_APP_DATA, &set, sizeof set), SEC_E_OK);
        assert_int_equal(query(client, SECPKG_ATTR_APP_DATA, &data), SEC_E_OK);
        assert_int_equal(data.dwFlags, len);
        assert_int_equal(data.cbAppData, len);
        assert_memory_equal(data.pbAppData, large, len);
        FreeContextBuffer(data.pbAppData);
    }
    SecPkgContext_SessionAppData bad = {0, 65537, large}, null = {0, 1, NULL}, none = {0, 0, NULL};
    assert_int_equal(SetContextAttributesA(ctx, SECPKG_ATTR_APP_DATA, &bad, sizeof bad), SEC_E_INVALID_TOKEN);
    assert_int_equal(SetContextAttributesA(ctx, SECPKG_ATTR_APP_DATA, &null, sizeof null),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(SetContextAttributesA(ctx, SECPKG_ATTR_APP_DATA, &none, sizeof none - 1),
                     SEC_E_INVALID_TOKEN);
    test_port_fail_at(&pair.port, 1);
    SecPkgContext_SessionAppData other = {0, 2, large};
    assert_int_equal(SetContextAttributesA(ctx, SECPKG_ATTR_APP_DATA, &other, sizeof other),
                     SEC_E_INSUFFICIENT_MEMORY);
    test_port_fail_at(&pair.port, 0);
    assert_int_equal(query(client, SECPKG_ATTR_APP_DATA, &data), SEC_E_OK);
    assert_int_equal(data.cbAppData, 1); /* as before */
    FreeContextBuffer(data.pbAppData);

    WORD mtu = 0;
    assert_int_equal(query(client, SECPKG_ATTR_DTLS_MTU, &mtu), SEC_E_OK);
    assert_int_equal(mtu, 1096);
    mtu = 1400;
    assert_int_equal(SetContextAttributesA(ctx, SECPKG_ATTR_DTLS_MTU, &mtu, sizeof mtu), SEC_E_OK);
    assert_int_equal(SetContextAttributesA(ctx, SECPKG_ATTR_DTLS_MTU, &mtu, 1), SEC_E_INVALID_TOKEN);
    mtu = 0;
    assert_int_equal(query(client, SECPKG_ATTR_DTLS_MTU, &mtu), SEC_E_OK);
    assert_int_equal(mtu, 1400);

    SecPkgContext_EarlyStart start = {ENABLE_TLS_CLIENT_EARLY_START};
    assert_int_equal(SetContextAttributesA(ctx, SECPKG_ATTR_EARLY_START, &start, sizeof start), SEC_E_OK);
    assert_int_equal(query(client, SECPKG_ATTR_EARLY_START, &start), SEC_E_OK);
    assert_int_equal(start.dwEarlyStartFlags, 0);
    sspi_close(&pair);
}

static bool has(const SecPkgContext_NegotiatedTlsExtensions *x, USHORT type)
{
    unsigned n = 0;
    for (ULONG i = 0; i < x->ExtensionsCount; i++) n += x->Extensions[i] == type;
    assert_in_range(n, 0, 1);
    return n == 1;
}

static void NEGOTIATED_TLS_EXTENSIONS(void **state)
{
    (void)state;
    SecPkgContext_NegotiatedTlsExtensions x[2];
    for (unsigned tls12 = 0; tls12 < 2; tls12++) {
        TLS_PARAMETERS params = {.grbitDisabledProtocols = tls12 ? SP_PROT_TLS1_3 : 0};
        sspi_open(&pair, "p256");
        client->params = &params;
        client->alpn = server->alpn = "h2";
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        client->params = NULL;
        assert_int_equal(query(client, SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS, &x[0]), SEC_E_OK);
        assert_int_equal(query(server, SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS, &x[1]), SEC_E_OK);
        for (size_t i = 0; i < 2; i++) {
            assert_true(has(&x[i], 0));                  /* server_name */
            assert_true(has(&x[i], 16));                 /* ALPN */
            assert_int_equal(has(&x[i], 43), !tls12);    /* supported_versions */
            assert_int_equal(has(&x[i], 51), !tls12);    /* key_share */
            assert_int_equal(has(&x[i], 23), tls12);     /* extended_master_secret */
            assert_int_equal(has(&x[i], 0xff01), tls12); /* renegotiation_info */
            assert_false(has(&x[i], 13));                /* signature_algorithms has no answer */
            FreeContextBuffer(x[i].Extensions);
        }
        assert_int_equal(x[0].ExtensionsCount, x[1].ExtensionsCount);
        sspi_close(&pair);
    }
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(query(client, SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS, &x[0]), SEC_E_INVALID_HANDLE);
    sspi_close(&pair);
}

/* --- what is put off, or is other packages' --- */

static void attributes_that_are_refused(void **state)
{
    (void)state;
    static const ULONG attributes[] = {
        SECPKG_ATTR_SRTP_PARAMETERS,
        SECPKG_ATTR_TOKEN_BINDING,
        SECPKG_ATTR_KEYING_MATERIAL_TOKEN_BINDING,
        SECPKG_ATTR_MAPPED_CRED_ATTR,
        SECPKG_ATTR_USE_NCRYPT,
        SECPKG_ATTR_SERIALIZED_REMOTE_CERT_CONTEXT_INPROC,
        SECPKG_ATTR_SERIALIZED_REMOTE_CERT_CONTEXT,
        SECPKG_ATTR_NEGOTIATION_INFO,
        SECPKG_ATTR_DCE_INFO,
        SECPKG_ATTR_PASSWORD_EXPIRY,
        SECPKG_ATTR_NATIVE_NAMES,
        SECPKG_ATTR_TARGET_INFORMATION,
    };
    uint8_t out[512] = {0};
    connect_both(false);
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        assert_int_equal(query(client, attributes[i], out), SEC_E_UNSUPPORTED_FUNCTION);
        assert_int_equal(query_wide(server, attributes[i], out), SEC_E_UNSUPPORTED_FUNCTION);
        assert_int_equal(SetContextAttributesA(&client->ctx, attributes[i], out, sizeof out),
                         SEC_E_UNSUPPORTED_FUNCTION);
        assert_int_equal(SetCredentialsAttributesA(&client->cred, attributes[i], out, sizeof out),
                         SEC_E_UNSUPPORTED_FUNCTION);
    }
    sspi_close(&pair);
}

/* Section 13 of the contract: messages without records, traffic secrets, validation that is put off. */
static void requirements_that_are_refused(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    for (unsigned bit = 32; bit <= 33; bit++) { /* MESSAGES, DEFERRED_CRED_VALIDATION */
        ULONGLONG flags = UINT64_C(1) << bit;
        SecBuffer in = {sizeof flags, SECBUFFER_FLAGS, &flags}, out = {4096, SECBUFFER_TOKEN, NULL};
        SecBufferDesc in_desc = {0, 1, &in}, out_desc = {0, 1, &out};
        CtxtHandle ctx;
        assert_int_equal(InitializeSecurityContextA(&client->cred, NULL, client->target, client->req, 0, 0,
                                                    &in_desc, 0, &ctx, &out_desc, NULL, NULL),
                         SEC_E_UNSUPPORTED_FUNCTION);
    }
    SecBuffer out[2] = {{4096, SECBUFFER_TOKEN, NULL}, {400, SECBUFFER_TRAFFIC_SECRETS, NULL}};
    SecBufferDesc out_desc = {0, 2, out};
    CtxtHandle ctx;
    assert_int_equal(InitializeSecurityContextA(&client->cred, NULL, client->target, client->req, 0, 0, NULL,
                                                0, &ctx, &out_desc, NULL, NULL),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(InitializeSecurityContextA(&client->cred, NULL, client->target,
                                                client->req | ISC_REQ_DATAGRAM, 0, 0, NULL, 0, &ctx,
                                                &out_desc, NULL, NULL),
                     SEC_E_UNSUPPORTED_FUNCTION);
    out_desc.cBuffers = 1;
    assert_int_equal(InitializeSecurityContextA(&client->cred, NULL, client->target,
                                                client->req | ISC_REQ_DATAGRAM, 0, 0, NULL, 0, &ctx,
                                                &out_desc, NULL, NULL),
                     SEC_E_ALGORITHM_MISMATCH);
    SCH_CREDENTIALS dtls = {.dwVersion = SCH_CREDENTIALS_VERSION, .dwFlags = SCH_USE_DTLS_ONLY};
    CredHandle cred;
    assert_int_equal(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)UNISP_NAME_A, SECPKG_CRED_OUTBOUND,
                                               NULL, &dtls, NULL, NULL, &cred, NULL),
                     SEC_E_ALGORITHM_MISMATCH);
    sspi_close(&pair);
}

/* Every allocation of every query fails once; nothing is lost. */
static void without_memory(void **state)
{
    (void)state;
    static const struct {
        ULONG attribute;
        unsigned n_pointers;
        size_t at[2];
    } all[] = {
        {SECPKG_ATTR_NAMES, 1, {0}},
        {SECPKG_ATTR_AUTHORITY, 1, {0}},
        {SECPKG_ATTR_SESSION_KEY, 1, {offsetof(SecPkgContext_SessionKey, SessionKey)}},
        {SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS,
         1,
         {offsetof(SecPkgContext_NegotiatedTlsExtensions, Extensions)}},
        {SECPKG_ATTR_REMOTE_CRED, 1, {offsetof(SecPkgContext_RemoteCredentialInfo, pbCertificateChain)}},
        {SECPKG_ATTR_LOCAL_CRED, 1, {offsetof(SecPkgContext_LocalCredentialInfo, pbCertificateChain)}},
        {SECPKG_ATTR_REMOTE_CERTIFICATES, 1, {offsetof(SecPkgContext_Certificates, pbCertificateChain)}},
        {SECPKG_ATTR_LOCAL_CERT_INFO,
         2,
         {offsetof(SecPkgContext_CertInfo, pwszSubjectName),
          offsetof(SecPkgContext_CertInfo, pwszIssuerName)}},
        {SECPKG_ATTR_ROOT_STORE, 0, {0}},
    };
    connect_both(false);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        _Alignas(16) uint8_t out[256];
        for (size_t n = 1;; n++) {
            test_port_fail_at(&pair.port, n);
            SECURITY_STATUS status = query(server, all[i].attribute, out);
            test_port_fail_at(&pair.port, 0);
            if (status == SEC_E_OK) break;
            assert_int_equal(status, SEC_E_INSUFFICIENT_MEMORY);
            assert_in_range(n, 1, 100);
        }
        for (unsigned k = 0; k < all[i].n_pointers; k++) {
            void *p;
            memcpy(&p, out + all[i].at[k], sizeof p);
            assert_int_equal(FreeContextBuffer(p), SEC_E_OK);
        }
        HCERTSTORE store;
        memcpy(&store, out, sizeof store);
        if (all[i].attribute == SECPKG_ATTR_ROOT_STORE) CertCloseStore(store, 0);
    }
    sspi_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(NAMES_and_AUTHORITY, clean_up),
        cmocka_unit_test_teardown(LOCAL_CERT_INFO, clean_up),
        cmocka_unit_test_teardown(REMOTE_CERTIFICATES_and_credentials, clean_up),
        cmocka_unit_test_teardown(ISSUER_LIST, clean_up),
        cmocka_unit_test_teardown(ROOT_STORE_asked_for_and_set, clean_up),
        cmocka_unit_test_teardown(CERT_CHECK_RESULT_and_CC_POLICY_RESULT, clean_up),
        cmocka_unit_test_teardown(EAP_KEY_BLOCK_and_SESSION_KEY, clean_up),
        cmocka_unit_test_teardown(SESSION_TICKET_KEYS, clean_up),
        cmocka_unit_test_teardown(APP_DATA_and_others_that_are_set, clean_up),
        cmocka_unit_test_teardown(NEGOTIATED_TLS_EXTENSIONS, clean_up),
        cmocka_unit_test_teardown(attributes_that_are_refused, clean_up),
        cmocka_unit_test_teardown(requirements_that_are_refused, clean_up),
        cmocka_unit_test_teardown(without_memory, clean_up),
    };
    return cmocka_run_group_tests_name("further attributes", tests, NULL, NULL);
}
