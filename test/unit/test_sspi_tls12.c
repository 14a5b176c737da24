/* TLS 1.2 through SSPI: its options, and renegotiation as docs/SSPI.md has it (row I24, design 5.3 to 5.6).
 */
#include "sspi/context.h"
#include "sspi/library.h"
#include "sspi_fixture.h"
#include "tls/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct sspi_pair pair;
static struct sspi_end *const client = &pair.client, *const server = &pair.server;
static TLS_PARAMETERS only12 = {.grbitDisabledProtocols = SP_PROT_TLS1_3};

static int clean_up(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

static SECURITY_STATUS set_tls12(struct sspi_end *e, ULONG flags)
{
    CulvertCredential_Tls12 options = {flags};
    return SetCredentialsAttributesA(&e->cred, SECPKG_ATTR_CULVERT_TLS12, &options, sizeof options);
}

static SECURITY_STATUS set_suites(struct sspi_end *e, const USHORT *numbers, ULONG n)
{
    CulvertCredential_List list = {n, numbers};
    return SetCredentialsAttributesA(&e->cred, SECPKG_ATTR_CULVERT_CIPHER_SUITES, &list, sizeof list);
}

static void acquire(const char *kind, ULONG client_flags, ULONG server_flags)
{
    sspi_open(&pair, kind);
    client->params = server->params = &only12;
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    assert_int_equal(set_tls12(client, client_flags), SEC_E_OK);
    assert_int_equal(set_tls12(server, server_flags), SEC_E_OK);
}

static void connect(ULONG client_flags, ULONG server_flags)
{
    acquire("p256", client_flags, server_flags);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
}

/* A call without input; the output goes to the peer. */
static SECURITY_STATUS call(struct sspi_end *e, struct sspi_end *peer)
{
    assert_int_equal(e->in_len, 0);
    return sspi_turn(e, peer);
}

static SECURITY_STATUS ask(struct sspi_end *e)
{
    DWORD token = SCHANNEL_RENEGOTIATE;
    SecBuffer b = {sizeof token, SECBUFFER_TOKEN, &token};
    SecBufferDesc desc = {SECBUFFER_VERSION, 1, &b};
    return ApplyControlToken(&e->ctx, &desc);
}

/* DecryptMessage finds a handshake record that is marked and comes back as EXTRA. */
static void finds_marked(struct sspi_end *e)
{
    SecBuffer b[4];
    size_t all = e->in_len;
    assert_int_equal(sspi_decrypt(e, b), SEC_I_RENEGOTIATE);
    assert_int_equal(b[1].cbBuffer, 0);
    assert_int_equal(b[3].BufferType, SECBUFFER_EXTRA);
    assert_int_equal(b[3].cbBuffer, all);
    assert_int_equal(e->in[0], 22);
}

/* The handshake, both sides following SEC_I_CONTINUE_NEEDED; the server's turn first. */
static void run_to_the_end(void)
{
    assert_int_equal(sspi_turn(server, client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_turn(client, server), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_turn(server, client), SEC_E_OK);
    assert_int_equal(sspi_turn(client, server), SEC_E_OK);
    sspi_exchange(client, server, "from the client");
    sspi_exchange(server, client, "from the server");
}

static void a_client_begins(void **state)
{
    (void)state;
    uint8_t h[13], d[4], t[16];
    connect(CULVERT_TLS12_RENEGOTIATION, CULVERT_TLS12_RENEGOTIATION);
    for (int i = 0; i < 3; i++) {
        if (i == 1) assert_int_equal(ask(client), SEC_E_OK); /* the other way to ask */
        assert_int_equal(call(client, server), SEC_I_CONTINUE_NEEDED);
        /* no data passes in the meantime */
        SecBuffer b[3] = {
            {13, SECBUFFER_STREAM_HEADER, h}, {4, SECBUFFER_DATA, d}, {16, SECBUFFER_STREAM_TRAILER, t}};
        SecBufferDesc desc = {SECBUFFER_VERSION, 3, b};
        assert_int_equal(EncryptMessage(&client->ctx, 0, &desc, 0), SEC_E_CONTEXT_EXPIRED);
        if (i < 2) finds_marked(server);
        /* i == 2: who feeds records to AcceptSecurityContext, as .NET does */
        run_to_the_end();
    }
    sspi_close(&pair);
}

/* A HelloRequest is not marked; its slots are Windows', and EXTRA is what follows it. */
static void a_server_asks(void **state)
{
    (void)state;
    SecBuffer b[4];
    connect(CULVERT_TLS12_RENEGOTIATION, CULVERT_TLS12_RENEGOTIATION);
    for (int i = 0; i < 3; i++) {
        if (i == 1) assert_int_equal(ask(server), SEC_E_OK);
        assert_int_equal(call(server, client), SEC_E_OK);
        size_t request_len = client->in_len;
        assert_int_equal(request_len, 13 + 4 + 16);
        if (i == 2) assert_int_equal(sspi_send(server, client, "behind", 6), SEC_E_OK);
        assert_int_equal(sspi_decrypt(client, b), SEC_I_RENEGOTIATE);
        assert_int_equal(b[0].BufferType, SECBUFFER_STREAM_HEADER);
        assert_int_equal(b[0].cbBuffer, 13);
        assert_int_equal(b[1].BufferType, SECBUFFER_DATA);
        assert_int_equal(b[1].cbBuffer, 0);
        assert_int_equal(b[2].BufferType, SECBUFFER_STREAM_TRAILER);
        assert_int_equal(b[2].cbBuffer, 20);
        size_t left = b[3].BufferType == SECBUFFER_EXTRA ? b[3].cbBuffer : 0;
        assert_int_equal(left, client->in_len - request_len);
        memmove(client->in, client->in + request_len, client->in_len = left);
        if (left != 0) { /* data that the server sent before it knew may be read first */
            assert_int_equal(sspi_decrypt(client, b), SEC_E_OK);
            assert_int_equal(b[1].cbBuffer, 6);
            client->in_len = 0;
        }
        assert_int_equal(call(client, server), SEC_I_CONTINUE_NEEDED);
        finds_marked(server);
        run_to_the_end();
    }
    sspi_close(&pair);
}

/* The certificate of a client that was not asked at first. */
static void a_certificate_asked_for_later(void **state)
{
    (void)state;
    PCCERT_CONTEXT cert;
    SecBuffer b[4];
    sspi_open(&pair, "rsa");
    client->params = server->params = &only12;
    client->cert = sspi_cert("client-p256");
    server->roots = sspi_roots();
    server->cred_flags = SCH_CRED_AUTO_CRED_VALIDATION;
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    assert_int_equal(set_tls12(client, CULVERT_TLS12_RENEGOTIATION), SEC_E_OK);
    assert_int_equal(set_tls12(server, CULVERT_TLS12_RENEGOTIATION), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert),
                     SEC_E_NO_CREDENTIALS);
    server->req |= ASC_REQ_MUTUAL_AUTH;
    assert_int_equal(call(server, client), SEC_E_OK);
    assert_int_equal(sspi_decrypt(client, b), SEC_I_RENEGOTIATE);
    client->in_len = 0;
    assert_int_equal(call(client, server), SEC_I_CONTINUE_NEEDED);
    finds_marked(server);
    run_to_the_end();
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert), SEC_E_OK);
    CertFreeCertificateContext(cert);
    sspi_close(&pair);
}

/* Off by default: who asks is told so, and who is asked says no by a warning. */
static void where_it_is_off(void **state)
{
    (void)state;
    SecBuffer b[4];
    connect(0, 0);
    assert_int_equal(call(client, server), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(call(server, client), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(ask(client), SEC_E_OK);
    assert_int_equal(call(client, server), SEC_E_UNSUPPORTED_FUNCTION);
    sspi_exchange(client, server, "lives on");
    sspi_close(&pair);

    connect(CULVERT_TLS12_RENEGOTIATION, 0);
    assert_int_equal(call(client, server), SEC_I_CONTINUE_NEEDED);
    finds_marked(server);
    assert_int_equal(sspi_turn(server, client), SEC_E_OK);
    assert_int_equal(sspi_turn(client, server), SEC_I_NO_RENEGOTIATION);
    sspi_exchange(client, server, "lives on");
    sspi_exchange(server, client, "so does this");
    sspi_close(&pair);

    connect(0, CULVERT_TLS12_RENEGOTIATION);
    assert_int_equal(call(server, client), SEC_E_OK);
    assert_int_equal(sspi_decrypt(client, b), SEC_I_RENEGOTIATE);
    client->in_len = 0;
    sspi_exchange(server, client, "read first"); /* the answer is due all the same */
    assert_int_equal(call(client, server), SEC_E_OK);
    assert_int_not_equal(server->in_len, 0); /* the warning */
    assert_int_equal(sspi_decrypt(server, b), SEC_E_OK);
    assert_int_equal(b[1].cbBuffer, 0);
    server->in_len = 0;
    sspi_exchange(client, server, "lives on");
    sspi_close(&pair);
}

/* Data inside of a renegotiation ends the connection. */
static void data_in_between(void **state)
{
    (void)state;
    connect(CULVERT_TLS12_RENEGOTIATION, CULVERT_TLS12_RENEGOTIATION);
    assert_int_equal(call(client, server), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_send(server, client, "too late", 8), SEC_E_OK);
    assert_int_equal(sspi_turn(client, server), SEC_E_ILLEGAL_MESSAGE);
    assert_int_equal(client->alert[0], 2);
    assert_int_equal(client->alert[1], 10);
    sspi_close(&pair);
}

static void the_options(void **state)
{
    (void)state;
    static const USHORT cbc = 0xc023;
    CulvertCredential_Tls12 options = {0};
    acquire("p256", CULVERT_TLS12_REQUIRE_EMS, CULVERT_TLS12_REQUIRE_EMS);
    assert_int_equal(set_tls12(client, 0x80000000), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(SetCredentialsAttributesA(&client->cred, SECPKG_ATTR_CULVERT_TLS12, NULL, 0),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(SetCredentialsAttributesA(&client->cred, SECPKG_ATTR_CULVERT_TLS12, &options, 1),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(set_suites(client, &cbc, 1), SEC_E_OK);
    assert_int_equal(set_suites(server, &cbc, 1), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(set_tls12(client, 0), SEC_E_UNSUPPORTED_FUNCTION); /* it is in use */
    sspi_close(&pair);
}

/* What CBC looks like from here: sizes, names, strengths. */
/* TLS 1.3 has new keys before that. */
static void the_sequence_numbers_are_used_up(void **state)
{
    (void)state;
    connect(0, 0);
    struct cv_library *lib = cv_library();
    CtxtHandle h = client->ctx;
    struct cv_context *cx = cv_handle_pin(&lib->handles, CV_HANDLE_CONTEXT, &h);
    assert_non_null(cx);
    cx->conn->tx.half.seq = cv_suite_record_limit(cx->conn->suite) - 1;
    cv_handle_unpin(&lib->handles, &h);
    assert_int_equal(sspi_send(client, server, "the last", 8), SEC_E_OK);
    assert_int_equal(sspi_send(client, server, "one more", 8), SEC_E_ENCRYPT_FAILURE);
    sspi_close(&pair);
}

static void cbc_and_dhe_in_the_attributes(void **state)
{
    (void)state;
    static const struct {
        USHORT suite;
        const char *kind;
        ULONG header, trailer, mac_bits, bits;
        ALG_ID hash, exchange;
    } cases[] = {
        {0xc009, "p256", 21, 20 + 16, 160, 128, CALG_SHA1, CALG_ECDH_EPHEM},
        {0xc023, "p256", 21, 32 + 16, 256, 128, CALG_SHA_256, CALG_ECDH_EPHEM},
        {0xc028, "rsa", 21, 48 + 16, 384, 256, CALG_SHA_384, CALG_ECDH_EPHEM},
        {0xc0ae, "p256", 13, 8, 0, 128, CALG_SHA_256, CALG_ECDH_EPHEM},
        {0x009f, "rsa", 13, 16, 0, 256, CALG_SHA_384, CALG_DH_EPHEM},
        {0x006b, "rsa", 21, 32 + 16, 256, 256, CALG_SHA_256, CALG_DH_EPHEM},
    };
    static const USHORT groups[] = {0x001d, 0x0017, 0x0100};
    CulvertCredential_List list = {3, groups};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SecPkgContext_StreamSizes sizes;
        SecPkgContext_ConnectionInfo info;
        SecPkgContext_CipherInfo cipher = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
        acquire(cases[i].kind, 0, 0);
        assert_int_equal(set_suites(client, &cases[i].suite, 1), SEC_E_OK);
        assert_int_equal(set_suites(server, &cases[i].suite, 1), SEC_E_OK);
        assert_int_equal(
            SetCredentialsAttributesA(&client->cred, SECPKG_ATTR_CULVERT_GROUPS, &list, sizeof list),
            SEC_E_OK);
        assert_int_equal(
            SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_GROUPS, &list, sizeof list),
            SEC_E_OK);
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes), SEC_E_OK);
        assert_int_equal(sizes.cbHeader, cases[i].header);
        assert_int_equal(sizes.cbTrailer, cases[i].trailer);
        assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_CONNECTION_INFO, &info), SEC_E_OK);
        assert_int_equal(info.dwCipherStrength, cases[i].bits);
        assert_int_equal(info.aiHash, cases[i].hash);
        assert_int_equal(info.dwHashStrength, cases[i].mac_bits);
        assert_int_equal(info.aiExch, cases[i].exchange);
        assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_CIPHER_INFO, &cipher), SEC_E_OK);
        assert_int_equal(cipher.dwCipherSuite, cases[i].suite);
        assert_int_equal(cipher.dwHashLen, cases[i].mac_bits);
        sspi_exchange(client, server, "there");
        sspi_exchange(server, client, "back");
        sspi_close(&pair);
    }
}

/* Programs with the old structure have all of it, too. */
static void with_SCHANNEL_CRED(void **state)
{
    (void)state;
    SCHANNEL_CRED c = {.dwVersion = SCHANNEL_CRED_VERSION,
                       .grbitEnabledProtocols = SP_PROT_TLS1_2_CLIENT,
                       .dwFlags = SCH_CRED_MANUAL_CRED_VALIDATION};
    sspi_open(&pair, "p256");
    assert_int_equal(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)UNISP_NAME_A, SECPKG_CRED_OUTBOUND,
                                               NULL, &c, NULL, NULL, &client->cred, NULL),
                     SEC_E_OK);
    client->has_cred = true;
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    assert_int_equal(set_tls12(client, CULVERT_TLS12_RENEGOTIATION), SEC_E_OK);
    assert_int_equal(set_tls12(server, CULVERT_TLS12_RENEGOTIATION), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(call(client, server), SEC_I_CONTINUE_NEEDED);
    finds_marked(server);
    run_to_the_end();
    sspi_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_client_begins, clean_up),
        cmocka_unit_test_teardown(a_server_asks, clean_up),
        cmocka_unit_test_teardown(a_certificate_asked_for_later, clean_up),
        cmocka_unit_test_teardown(where_it_is_off, clean_up),
        cmocka_unit_test_teardown(data_in_between, clean_up),
        cmocka_unit_test_teardown(the_options, clean_up),
        cmocka_unit_test_teardown(the_sequence_numbers_are_used_up, clean_up),
        cmocka_unit_test_teardown(cbc_and_dhe_in_the_attributes, clean_up),
        cmocka_unit_test_teardown(with_SCHANNEL_CRED, clean_up),
    };
    return cmocka_run_group_tests_name("SSPI, TLS 1.2", tests, NULL, NULL);
}
