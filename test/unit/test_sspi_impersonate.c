/* Accounts of clients: the application's mapping, and who asks it when. */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct sspi_pair pair;
static struct sspi_end *const client = &pair.client, *const server = &pair.server;

/* An application with one account. */
static struct app {
    SECURITY_STATUS answer;
    char name[256]; /* of the certificate that was asked about */
    unsigned n_asked, n_released, n_duplicated;
    int acting;
} app;
static int account, copy;

static SECURITY_STATUS map(void *ctx, PCCERT_CONTEXT cert, void **token)
{
    struct app *a = ctx;
    a->n_asked++;
    CertGetNameStringA(cert, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, a->name, sizeof a->name);
    if (a->answer == SEC_E_OK) *token = &account;
    return a->answer;
}

static SECURITY_STATUS duplicate(void *ctx, void *token, void **out)
{
    struct app *a = ctx;
    assert_ptr_equal(token, &account);
    a->n_duplicated++;
    *out = &copy;
    return SEC_E_OK;
}

static SECURITY_STATUS impersonate(void *ctx, void *token)
{
    assert_ptr_equal(token, &account);
    ((struct app *)ctx)->acting++;
    return SEC_E_OK;
}

static SECURITY_STATUS revert(void *ctx, void *token)
{
    assert_ptr_equal(token, &account);
    ((struct app *)ctx)->acting--;
    return SEC_E_OK;
}

static void release(void *ctx, void *token)
{
    assert_ptr_equal(token, &account);
    ((struct app *)ctx)->n_released++;
}

static const CulvertCredential_Mapper mapper = {&app, map, duplicate, impersonate, revert, release};

static int give_up(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

static void acquire(bool tls12, DWORD server_flags, bool with_cert)
{
    TLS_PARAMETERS params = {.grbitDisabledProtocols = tls12 ? SP_PROT_TLS1_3 : 0};
    CulvertCredential_Mapper m = mapper;
    app = (struct app){.answer = SEC_E_OK};
    sspi_open(&pair, "p256");
    server->req |= ASC_REQ_MUTUAL_AUTH;
    server->cred_flags = server_flags;
    server->roots = sspi_roots();
    if (with_cert) client->cert = sspi_cert("client-p256");
    client->params = &params;
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    client->params = NULL;
    assert_int_equal(SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_MAPPER, &m, sizeof m),
                     SEC_E_OK);
}

static void nobody_is_mapped(void)
{
    void *token = NULL;
    SecPkgContext_AccessToken access;
    assert_int_equal(QuerySecurityContextToken(&server->ctx, &token), SEC_E_NO_IMPERSONATION);
    assert_int_equal(ImpersonateSecurityContext(&server->ctx), SEC_E_NO_IMPERSONATION);
    assert_int_equal(RevertSecurityContext(&server->ctx), SEC_E_NO_IMPERSONATION);
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_ACCESS_TOKEN, &access),
                     SEC_E_NO_IMPERSONATION);
    assert_null(token);
}

static void somebody_is_mapped(void)
{
    void *token = NULL;
    SecPkgContext_AccessToken access;
    assert_int_equal(QuerySecurityContextToken(&server->ctx, &token), SEC_E_OK);
    assert_ptr_equal(token, &copy);
    assert_int_equal(app.n_duplicated, 1);
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_ACCESS_TOKEN, &access), SEC_E_OK);
    assert_ptr_equal(access.AccessToken, &account);
    assert_int_equal(ImpersonateSecurityContext(&server->ctx), SEC_E_OK);
    assert_int_equal(app.acting, 1);
    assert_int_equal(RevertSecurityContext(&server->ctx), SEC_E_OK);
    assert_int_equal(app.acting, 0);
}

static void a_client_has_an_account(void **state)
{
    (void)state;
    for (unsigned tls12 = 0; tls12 < 2; tls12++) {
        acquire(tls12, SCH_CRED_AUTO_CRED_VALIDATION, true);
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        assert_int_equal(app.n_asked, 1);
        assert_non_null(strstr(app.name, "client"));
        somebody_is_mapped();
        sspi_exchange(client, server, "data");
        sspi_exchange(server, client, "tickets, and data");
        assert_int_equal(app.n_asked, 1);
        /* the client has none of the server's */
        assert_int_equal(ImpersonateSecurityContext(&client->ctx), SEC_E_NO_IMPERSONATION);
        assert_int_equal(QuerySecurityContextToken(&server->ctx, NULL), SEC_E_INVALID_PARAMETER);
        sspi_drop(&pair);
        assert_int_equal(app.n_released, 1);
        /* resumed: who it is was proven then */
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        SecPkgContext_SessionInfo info;
        assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_SESSION_INFO, &info), SEC_E_OK);
        assert_int_equal(info.dwFlags, SSL_SESSION_RECONNECT);
        assert_int_equal(app.n_asked, 2);
        sspi_close(&pair);
        assert_int_equal(app.n_released, 2);
    }
}

static void a_client_is_refused(void **state)
{
    (void)state;
    for (unsigned tls12 = 0; tls12 < 2; tls12++) {
        acquire(tls12, SCH_CRED_AUTO_CRED_VALIDATION, true);
        app.answer = SEC_E_LOGON_DENIED;
        SECURITY_STATUS status = sspi_call(client, NULL, 0, SSPI_CAP);
        memcpy(server->in, client->out, server->in_len = client->out_len);
        for (unsigned i = 0; i < 8 && status >= 0; i++) {
            status = sspi_turn(server, client);
            if (status >= 0 && client->in_len > 0) (void)sspi_turn(client, server);
        }
        assert_int_equal(status, SEC_E_LOGON_DENIED);
        assert_int_equal(app.n_asked, 1);
        assert_int_equal(server->alert_len, 2);
        assert_int_equal(server->alert[1], 49); /* access_denied */
        assert_true(server->out_len > 0);
        assert_int_equal(sspi_call(server, NULL, 0, SSPI_CAP), SEC_E_LOGON_DENIED);
        uint8_t h[13], d[1], t[64];
        SecBuffer message[3] = {{sizeof h, SECBUFFER_STREAM_HEADER, h},
                                {sizeof d, SECBUFFER_DATA, d},
                                {sizeof t, SECBUFFER_STREAM_TRAILER, t}};
        SecBufferDesc desc = {SECBUFFER_VERSION, 3, message};
        assert_int_equal(EncryptMessage(&server->ctx, 0, &desc, 0), SEC_E_CONTEXT_EXPIRED);
        nobody_is_mapped();
        /* and the client hears of it, wherever it reads */
        if (tls12) {
            assert_int_equal(sspi_turn(client, server), SEC_E_OK);
        }
        SecBuffer b[4];
        while ((status = sspi_decrypt(client, b)) == SEC_I_RENEGOTIATE)
            assert_int_equal(sspi_turn(client, server), SEC_E_OK);
        assert_int_equal(status, SEC_E_LOGON_DENIED);
        sspi_close(&pair);
        assert_int_equal(app.n_released, 0);
    }
}

static void nobody_is_asked_about(void **state)
{
    (void)state;
    static const struct {
        DWORD flags;
        bool with_cert;
        SECURITY_STATUS answer;
        unsigned n_asked;
    } cases[] = {
        {SCH_CRED_AUTO_CRED_VALIDATION, true, SEC_E_NO_IMPERSONATION, 1}, /* has no account */
        {0, true, SEC_E_OK, 0},                                           /* whose chain nobody judged */
        {SCH_CRED_AUTO_CRED_VALIDATION | SCH_CRED_NO_SYSTEM_MAPPER, true, SEC_E_OK, 0},
        {SCH_CRED_AUTO_CRED_VALIDATION, false, SEC_E_OK, 0}, /* gave no certificate */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        acquire(false, cases[i].flags, cases[i].with_cert);
        app.answer = cases[i].answer;
        CulvertCredential_ClientAuth optional = {1};
        assert_int_equal(SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_CLIENT_AUTH, &optional,
                                                   sizeof optional),
                         SEC_E_OK);
        client->req |= ISC_REQ_USE_SUPPLIED_CREDS;
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        assert_int_equal(app.n_asked, cases[i].n_asked);
        nobody_is_mapped();
        sspi_exchange(client, server, "data");
        sspi_close(&pair);
    }
}

/* A certificate that is asked for later is mapped then. */
static void later_authentication(void **state)
{
    (void)state;
    uint8_t data[64];
    size_t len;
    acquire(false, SCH_CRED_AUTO_CRED_VALIDATION, true);
    server->req &= ~(ULONG)ASC_REQ_MUTUAL_AUTH;
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(app.n_asked, 0);
    nobody_is_mapped();
    server->req |= ASC_REQ_MUTUAL_AUTH;
    assert_int_equal(sspi_call(server, NULL, 0, SSPI_CAP), SEC_E_OK);
    memcpy(client->in + client->in_len, server->out, server->out_len);
    client->in_len += server->out_len;
    assert_int_equal(sspi_receive(client, server, data, sizeof data, &len), SEC_E_INCOMPLETE_MESSAGE);
    assert_int_equal(sspi_send(client, server, "me", 2), SEC_E_OK);
    assert_int_equal(sspi_receive(server, client, data, sizeof data, &len), SEC_E_OK);
    assert_int_equal(app.n_asked, 1);
    somebody_is_mapped();
    sspi_close(&pair);
}

static void mappers_that_are_none(void **state)
{
    (void)state;
    CulvertCredential_Mapper m = mapper;
    acquire(false, SCH_CRED_AUTO_CRED_VALIDATION, true);
    CredHandle *cred = &server->cred;
    m.pfnMap = NULL;
    assert_int_equal(SetCredentialsAttributesA(cred, SECPKG_ATTR_CULVERT_MAPPER, &m, sizeof m),
                     SEC_E_INVALID_TOKEN);
    m = mapper;
    m.pfnRevert = NULL;
    assert_int_equal(SetCredentialsAttributesA(cred, SECPKG_ATTR_CULVERT_MAPPER, &m, sizeof m),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(SetCredentialsAttributesA(cred, SECPKG_ATTR_CULVERT_MAPPER, &m, sizeof m - 1),
                     SEC_E_INVALID_TOKEN);
    m = (CulvertCredential_Mapper){.pvContext = &app, .pfnMap = map};
    assert_int_equal(SetCredentialsAttributesA(cred, SECPKG_ATTR_CULVERT_MAPPER, &m, sizeof m), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    void *token = NULL;
    assert_int_equal(QuerySecurityContextToken(&server->ctx, &token), SEC_E_OK);
    assert_ptr_equal(token, &account);
    assert_int_equal(ImpersonateSecurityContext(&server->ctx), SEC_E_NO_IMPERSONATION);
    assert_int_equal(SetCredentialsAttributesA(cred, SECPKG_ATTR_CULVERT_MAPPER, &m, sizeof m),
                     SEC_E_UNSUPPORTED_FUNCTION);
    sspi_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_client_has_an_account, give_up),
        cmocka_unit_test_teardown(a_client_is_refused, give_up),
        cmocka_unit_test_teardown(nobody_is_asked_about, give_up),
        cmocka_unit_test_teardown(later_authentication, give_up),
        cmocka_unit_test_teardown(mappers_that_are_none, give_up),
    };
    return cmocka_run_group_tests_name("impersonation", tests, NULL, NULL);
}
