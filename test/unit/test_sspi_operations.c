/* Operations of the application through SSPI: answered at once, later and refused; and the ways in which
 * callers go on after SEC_I_ASYNC_CALL_PENDING. */
#include "sspi/certificate.h"
#include "sspi/library.h"
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct sspi_pair pair;

static int give_up(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

/* An application that puts each question off so often. */
static struct app {
    unsigned delay, waiting, n_asked, n_answered, n_abandoned, n_pending;
    SECURITY_STATUS refusal;
    DWORD index;
    PCCERT_CONTEXT keyed; /* the certificate with its key, which the signer uses */
    BYTE key[32], session[8192];
    DWORD session_len;
    LONGLONG expires;
} app;

static SECURITY_STATUS answer(void **op)
{
    app.n_asked++;
    if (*op == NULL) {
        app.waiting = 0;
        *op = &app;
    }
    assert_ptr_equal(*op, &app);
    if (app.waiting++ < app.delay) return SEC_I_ASYNC_CALL_PENDING;
    app.n_answered++;
    *op = NULL;
    return app.refusal;
}

static void abandon(void *ctx, void *op)
{
    assert_ptr_equal(ctx, &app);
    assert_ptr_equal(op, &app);
    app.n_abandoned++;
}

static SECURITY_STATUS sign(void *ctx, void **op, USHORT scheme, const BYTE *input, DWORD input_len,
                            BYTE *sig, DWORD *sig_len)
{
    struct cv_sig_scheme s;
    size_t len = *sig_len;
    assert_ptr_equal(ctx, &app);
    SECURITY_STATUS status = answer(op);
    if (status != SEC_E_OK) return status;
    assert_true(cv_scheme_find(&s, scheme, 0));
    const struct cv_cert_object *o = cv_cert_of(app.keyed);
    if (s.sign(&o->key->key, s.hash, cv_bytes(input, input_len), sig, &len, &cv_library()->port->rng) !=
        CV_OK)
        return SEC_E_INTERNAL_ERROR;
    *sig_len = (DWORD)len;
    return SEC_E_OK;
}

static SECURITY_STATUS choose(void *ctx, void **op, const CulvertSelectRequest *r, DWORD *index)
{
    assert_ptr_equal(ctx, &app);
    assert_int_equal(r->wVersion, 0x0304);
    assert_int_not_equal(r->cSchemes, 0);
    if (r->fServer) assert_string_equal(r->pszServerName, "server.example");
    SECURITY_STATUS status = answer(op);
    if (status == SEC_E_OK) *index = app.index;
    return status;
}

static SECURITY_STATUS seal(void *ctx, const BYTE *session, DWORD len, BYTE *ticket, DWORD *ticket_len)
{
    assert_ptr_equal(ctx, &app);
    assert_in_range(len, 1, *ticket_len);
    for (DWORD i = 0; i < len; i++) ticket[i] = session[i] ^ 0x55;
    *ticket_len = len;
    return SEC_E_OK;
}

static SECURITY_STATUS unseal(void *ctx, void **op, const BYTE *ticket, DWORD len, BYTE *session,
                              DWORD *session_len)
{
    assert_ptr_equal(ctx, &app);
    SECURITY_STATUS status = answer(op);
    if (status != SEC_E_OK) return status;
    assert_in_range(len, 1, *session_len);
    for (DWORD i = 0; i < len; i++) session[i] = ticket[i] ^ 0x55;
    *session_len = len;
    return SEC_E_OK;
}

static void put(void *ctx, const BYTE *key, const BYTE *session, DWORD len, LONGLONG expires)
{
    assert_ptr_equal(ctx, &app);
    assert_in_range(len, 1, sizeof app.session);
    memcpy(app.key, key, sizeof app.key);
    memcpy(app.session, session, len);
    app.session_len = len;
    app.expires = expires;
}

static SECURITY_STATUS get(void *ctx, void **op, const BYTE *key, ULONG take, BYTE *session, DWORD *len)
{
    assert_ptr_equal(ctx, &app);
    assert_int_equal(take, 1);
    SECURITY_STATUS status = answer(op);
    if (status != SEC_E_OK) return status;
    if (app.session_len == 0 || memcmp(app.key, key, sizeof app.key) != 0) return SEC_E_TARGET_UNKNOWN;
    memcpy(session, app.session, app.session_len);
    *len = app.session_len;
    app.session_len = 0;
    return SEC_E_OK;
}

static void drop(void *ctx, const BYTE *key)
{
    (void)key;
    assert_ptr_equal(ctx, &app);
    app.session_len = 0;
}

enum operation { SIGN_SERVER, SIGN_CLIENT, SELECT_SERVER, TICKET, STORE, N_OPERATIONS };

static PCCERT_CONTEXT keyless(const char *stem)
{
    const CulvertSigner signer = {&app, sign, abandon};
    char path[64], pem[8192];
    (void)snprintf(path, sizeof path, "test/pki/tls/%s.pem", stem);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(pem, 1, sizeof pem, f);
    (void)fclose(f);
    PCCERT_CONTEXT c = CulvertCertificateWithSigner(pem, (DWORD)len, &signer);
    assert_non_null(c);
    return c;
}

static void set(struct sspi_end *e, ULONG attribute, void *p, ULONG size)
{
    assert_int_equal(SetCredentialsAttributesA(&e->cred, attribute, p, size), SEC_E_OK);
}

static void prepare(enum operation op)
{
    memset(&app, 0, sizeof app);
    sspi_open(&pair, "p256");
    if (op == SIGN_SERVER) {
        app.keyed = pair.server.cert;
        pair.server.cert = keyless("server-p256");
    }
    if (op == SIGN_CLIENT) {
        app.keyed = sspi_cert("client-ed25519");
        pair.client.cert = keyless("client-ed25519");
        pair.server.req |= ASC_REQ_MUTUAL_AUTH;
    }
    assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    CulvertCredential_SelectCertificate selection = {&app, choose, abandon};
    CulvertCredential_Tickets tickets = {&app, seal, unseal, abandon};
    CulvertCredential_SessionStore store = {&app, put, get, drop, abandon};
    if (op == SELECT_SERVER)
        set(&pair.server, SECPKG_ATTR_CULVERT_SELECT_CERTIFICATE, &selection, sizeof selection);
    if (op == TICKET) set(&pair.server, SECPKG_ATTR_CULVERT_TICKETS, &tickets, sizeof tickets);
    if (op == STORE) set(&pair.client, SECPKG_ATTR_CULVERT_SESSION_STORE, &store, sizeof store);
    if (op == TICKET || op == STORE) {
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        sspi_exchange(&pair.client, &pair.server, "so that tickets arrive");
        sspi_exchange(&pair.server, &pair.client, "and are taken");
        sspi_drop(&pair);
    }
    app.n_asked = app.n_answered = 0;
}

static void finish(void)
{
    if (app.keyed != NULL) CertFreeCertificateContext(app.keyed);
    app.keyed = NULL;
    sspi_close(&pair);
}

/* How a caller goes on after SEC_I_ASYNC_CALL_PENDING: design 5.2. */
enum way { SAME_BYTES, EMPTY_TOKEN, NO_INPUT, N_WAYS };

static void take(struct sspi_end *e, size_t left)
{
    memmove(e->in, e->in + e->in_len - left, left);
    e->in_len = left;
}

static SECURITY_STATUS turn(struct sspi_end *e, struct sspi_end *peer, enum way way)
{
    bool none = e->in_len == 0 && !e->has_ctx;
    SECURITY_STATUS status = sspi_call(e, none ? NULL : e->in, e->in_len, SSPI_CAP);
    while (status == SEC_I_ASYNC_CALL_PENDING) {
        app.n_pending++;
        assert_true(e->has_ctx);
        assert_int_equal(e->out_len, 0);
        if (way != SAME_BYTES) take(e, e->extra);
        status = sspi_call(e, way == NO_INPUT ? NULL : e->in, way == NO_INPUT ? 0 : e->in_len, SSPI_CAP);
    }
    if (status == SEC_E_INCOMPLETE_MESSAGE) return status;
    take(e, way == NO_INPUT && e->in_len == 0 ? 0 : e->extra);
    memcpy(peer->in + peer->in_len, e->out, e->out_len);
    peer->in_len += e->out_len;
    return status;
}

static SECURITY_STATUS connect_in(enum way way)
{
    struct sspi_end *c = &pair.client, *s = &pair.server;
    SECURITY_STATUS status = turn(c, s, way);
    bool server_done = false;
    for (unsigned i = 0; i < 8 && !FAILED(status); i++) {
        if (!server_done) status = turn(s, c, way);
        server_done = status == SEC_E_OK;
        if (FAILED(status) || (server_done && c->status == SEC_E_OK)) return status;
        status = turn(c, s, way);
        if (server_done && status == SEC_E_OK) return status;
    }
    return status;
}

static bool resumed(struct sspi_end *e)
{
    SecPkgContext_SessionInfo info;
    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_SESSION_INFO, &info), SEC_E_OK);
    return (info.dwFlags & SSL_SESSION_RECONNECT) != 0;
}

static void each_operation_in_each_way(void **state)
{
    (void)state;
    for (unsigned op = 0; op < N_OPERATIONS; op++) {
        for (unsigned way = 0; way < N_WAYS; way++) {
            for (unsigned delay = 0; delay < 3; delay++) {
                prepare(op);
                app.delay = delay;
                app.index = delay == 1 ? CULVERT_ANY_CERTIFICATE : 0;
                assert_int_equal(connect_in(way), SEC_E_OK);
                assert_int_equal(app.n_asked, delay + 1);
                assert_int_equal(app.n_pending, delay);
                assert_int_equal(app.n_abandoned, 0);
                assert_int_equal(resumed(&pair.client), op == TICKET || op == STORE);
                sspi_exchange(&pair.client, &pair.server, "from the client");
                sspi_exchange(&pair.server, &pair.client, "from the server");
                finish();
            }
        }
    }
}

static void each_operation_refused(void **state)
{
    (void)state;
    for (unsigned op = 0; op < N_OPERATIONS; op++) {
        prepare(op);
        bool goes_on = op == TICKET || op == STORE;
        app.delay = 1;
        app.refusal = op == SELECT_SERVER ? SEC_E_TARGET_UNKNOWN : SEC_E_LOGON_DENIED;
        SECURITY_STATUS status = connect_in(EMPTY_TOKEN);
        assert_int_equal(status, goes_on               ? SEC_E_OK
                                 : op == SELECT_SERVER ? SEC_E_TARGET_UNKNOWN
                                                       : SEC_E_INTERNAL_ERROR);
        CulvertContext_Failure f;
        CulvertLastFailure(&f);
        if (!goes_on) assert_string_equal(f.pszCause, op == SELECT_SERVER ? "UNKNOWN_NAME" : "OPERATION");
        finish();
    }
}

static void what_is_asked_is_abandoned_with_the_context(void **state)
{
    (void)state;
    for (unsigned op = 0; op < N_OPERATIONS; op++) {
        prepare(op);
        app.delay = 1000;
        struct sspi_end *c = &pair.client, *s = &pair.server;
        SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;
        for (unsigned i = 0; i < 8 && status != SEC_I_ASYNC_CALL_PENDING; i++) {
            struct sspi_end *e = i % 2 ? s : c, *peer = i % 2 ? c : s;
            status = sspi_call(e, e->has_ctx || e->server ? e->in : NULL, e->in_len, SSPI_CAP);
            take(e, e->extra);
            memcpy(peer->in, e->out, e->out_len);
            peer->in_len = e->out_len;
        }
        assert_int_equal(status, SEC_I_ASYNC_CALL_PENDING);
        sspi_drop(&pair);
        assert_int_equal(app.n_abandoned, 1);
        finish();
    }
}

static void what_may_not_be_set(void **state)
{
    (void)state;
    prepare(STORE);
    CulvertCredential_SelectCertificate selection = {&app, NULL, NULL};
    CulvertCredential_SessionStore store = {&app, put, get, drop, NULL};
    CredHandle *cred = &pair.client.cred;
    ULONG select = SECPKG_ATTR_CULVERT_SELECT_CERTIFICATE, sessions = SECPKG_ATTR_CULVERT_SESSION_STORE;
    assert_int_equal(SetCredentialsAttributesA(cred, select, &selection, sizeof selection),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(SetCredentialsAttributesA(cred, select, &selection, sizeof selection - 1),
                     SEC_E_INVALID_TOKEN);
    assert_int_equal(SetCredentialsAttributesA(cred, select, NULL, 100), SEC_E_INVALID_TOKEN);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK); /* from now on contexts read it */
    assert_int_equal(SetCredentialsAttributesA(cred, sessions, &store, sizeof store),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_null(CulvertCertificateWithSigner("x", 1, NULL));
    finish();
}

static void strict_names(void **state)
{
    (void)state;
    for (ULONG strict = 0; strict < 2; strict++) {
        prepare(STORE);
        CulvertCredential_Names names = {strict};
        set(&pair.server, SECPKG_ATTR_CULVERT_NAMES, &names, sizeof names);
        pair.client.target = (char *)(uintptr_t) "other.example";
        assert_int_equal(connect_in(EMPTY_TOKEN), strict ? SEC_E_TARGET_UNKNOWN : SEC_E_WRONG_PRINCIPAL);
        finish();
    }
}

static void external_keys(void **state)
{
    (void)state;
    static const BYTE key[32] = "0123456789abcdef0123456789abcdef";
    for (unsigned i = 0; i < 4; i++) {
        CulvertPsk psk = {.cbIdentity = 8, .pbIdentity = (const BYTE *)"device 7", .cbKey = 32, .pbKey = key};
        CulvertCredential_Psks psks = {1, &psk, 0};
        CulvertContext_Bytes identity;
        PCCERT_CONTEXT cert;
        sspi_open(&pair, "p256");
        assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
        assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
        psk.wHash = i == 1 ? 384 : 0;
        psk.fImport = i == 2;
        set(&pair.server, SECPKG_ATTR_CULVERT_PSKS, &psks, sizeof psks);
        if (i == 3) psk.pbIdentity = (const BYTE *)"device 8"; /* unknown to the server */
        set(&pair.client, SECPKG_ATTR_CULVERT_PSKS, &psks, sizeof psks);
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        SECURITY_STATUS status =
            QueryContextAttributesA(&pair.server.ctx, SECPKG_ATTR_CULVERT_PSK_IDENTITY, &identity);
        assert_int_equal(status, i == 3 ? SEC_E_NO_CREDENTIALS : SEC_E_OK);
        if (i < 2) assert_int_equal(identity.cbBytes, 8);
        if (i < 2) assert_memory_equal(identity.pbBytes, "device 7", 8);
        if (i == 2) assert_int_equal(identity.cbBytes, 2 + 8 + 2 + 4);
        if (i != 3) FreeContextBuffer(identity.pbBytes);
        status = QueryContextAttributesA(&pair.client.ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert);
        assert_int_equal(status == SEC_E_OK, i == 3);
        if (i == 3) CertFreeCertificateContext(cert);
        sspi_exchange(&pair.client, &pair.server, "from the client");
        sspi_exchange(&pair.server, &pair.client, "from the server");
        sspi_close(&pair);
    }
}

static void keys_that_are_none(void **state)
{
    (void)state;
    static const BYTE key[65];
    CulvertPsk psk = {.cbIdentity = 1, .pbIdentity = key, .cbKey = 32, .pbKey = key};
    const CulvertCredential_Psks psks = {1, &psk, 0};
    ULONG attribute = SECPKG_ATTR_CULVERT_PSKS;
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    CredHandle *cred = &pair.client.cred;
    void *p = (void *)(uintptr_t)&psks;
    assert_int_equal(SetCredentialsAttributesA(cred, attribute, p, sizeof psks), SEC_E_OK);
    psk.cbKey = 15;
    assert_int_equal(SetCredentialsAttributesA(cred, attribute, p, sizeof psks), SEC_E_INVALID_TOKEN);
    psk.cbKey = 65;
    assert_int_equal(SetCredentialsAttributesA(cred, attribute, p, sizeof psks), SEC_E_INVALID_TOKEN);
    psk.cbKey = 32;
    psk.cbIdentity = 0;
    assert_int_equal(SetCredentialsAttributesA(cred, attribute, p, sizeof psks), SEC_E_INVALID_TOKEN);
    psk.cbIdentity = 1;
    psk.wHash = 512;
    assert_int_equal(SetCredentialsAttributesA(cred, attribute, p, sizeof psks), SEC_E_INVALID_TOKEN);
    psk.wHash = 0;
    psk.pbKey = NULL;
    assert_int_equal(SetCredentialsAttributesA(cred, attribute, p, sizeof psks), SEC_E_INVALID_TOKEN);
    sspi_close(&pair);
}

/* Another server, or the same one started anew, resumes with the keys that it was given. */
static void ticket_keys_are_handed_over(void **state)
{
    (void)state;
    CulvertContext_Bytes keys;
    ULONG attribute = SECPKG_ATTR_CULVERT_TICKET_KEYS;
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_exchange(&pair.server, &pair.client, "behind the tickets");
    assert_int_equal(QueryCredentialsAttributesExA(&pair.server.cred, attribute, &keys, sizeof keys),
                     SEC_E_OK);
    for (unsigned i = 0; i < 2; i++) {
        sspi_drop(&pair);
        assert_int_equal(FreeCredentialsHandle(&pair.server.cred), SEC_E_OK);
        pair.server.has_cred = false;
        assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
        if (i == 0) set(&pair.server, attribute, &keys, sizeof keys);
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        assert_int_equal(resumed(&pair.server), i == 0);
        sspi_exchange(&pair.server, &pair.client, "behind the tickets");
        if (i == 0) set(&pair.server, attribute, &keys, sizeof keys); /* also while contexts run */
    }
    keys.cbBytes--;
    assert_int_equal(SetCredentialsAttributesA(&pair.server.cred, attribute, &keys, sizeof keys),
                     SEC_E_INVALID_TOKEN);
    FreeContextBuffer(keys.pbBytes);
    assert_int_equal(QueryCredentialsAttributesExA(&pair.client.cred, attribute, &keys, sizeof keys),
                     SEC_E_UNSUPPORTED_FUNCTION);
    sspi_close(&pair);
}

/* Each allocation of the handshake fails once: the call says so, and nothing is left behind. */
static void every_allocation_fails(void **state)
{
    (void)state;
    size_t n_failed = 0;
    for (unsigned op = 0; op <= N_OPERATIONS; op++) {
        for (size_t n = 1;; n++) {
            prepare(op < N_OPERATIONS ? op : SELECT_SERVER);
            if (op == N_OPERATIONS) { /* with a key */
                static const BYTE key[32] = "0123456789abcdef0123456789abcdef";
                CulvertPsk psk = {
                    .cbIdentity = 1, .pbIdentity = key, .cbKey = 32, .pbKey = key, .fImport = 1};
                CulvertCredential_Psks psks = {1, &psk, 0};
                set(&pair.server, SECPKG_ATTR_CULVERT_PSKS, &psks, sizeof psks);
                set(&pair.client, SECPKG_ATTR_CULVERT_PSKS, &psks, sizeof psks);
            }
            app.delay = 1;
            app.index = 0;
            test_port_fail_at(&pair.port, n);
            size_t fail_at = pair.port.fail_at;
            SECURITY_STATUS status = connect_in(n % N_WAYS);
            bool reached = pair.port.n_allocs >= fail_at;
            test_port_fail_at(&pair.port, 0);
            if (FAILED(status))
                assert_true(status == SEC_E_INSUFFICIENT_MEMORY || status == SEC_E_ILLEGAL_MESSAGE);
            if (!reached) assert_int_equal(status, SEC_E_OK);
            n_failed += FAILED(status) ? 1 : 0;
            sspi_drop(&pair);
            assert_int_equal(app.n_asked == 1, app.n_abandoned == 1);
            finish();
            if (!reached) break;
        }
    }
    print_message("%zu allocations failed\n", n_failed);
    assert_in_range(n_failed, 100, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_operation_in_each_way, give_up),
        cmocka_unit_test_teardown(each_operation_refused, give_up),
        cmocka_unit_test_teardown(what_is_asked_is_abandoned_with_the_context, give_up),
        cmocka_unit_test_teardown(what_may_not_be_set, give_up),
        cmocka_unit_test_teardown(strict_names, give_up),
        cmocka_unit_test_teardown(every_allocation_fails, give_up),
        cmocka_unit_test_teardown(external_keys, give_up),
        cmocka_unit_test_teardown(keys_that_are_none, give_up),
        cmocka_unit_test_teardown(ticket_keys_are_handed_over, give_up),
    };
    return cmocka_run_group_tests_name("operations through SSPI", tests, NULL, NULL);
}
