/* Whole handshakes through InitializeSecurityContext and AcceptSecurityContext. Tests are named after the
 * rows of docs/SSPI.md that they show (I1 to I26, A1 to A12), after a point of design 5, or after an attack.
 */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static struct sspi_pair pair;
static struct sspi_end *const client = &pair.client, *const server = &pair.server;

static int clean_up(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

/* Moves e's last output to the other side. */
static void hand_over(struct sspi_end *from, struct sspi_end *to)
{
    memcpy(to->in + to->in_len, from->out, from->out_len);
    to->in_len += from->out_len;
}

/* Credentials and the client's first token, which lies in server->in. */
static void first_flight(void)
{
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    hand_over(client, server);
}

/* And the server's answer, which lies in client->in. */
static void second_flight(void)
{
    first_flight();
    assert_int_equal(sspi_turn(server, client), SEC_I_CONTINUE_NEEDED);
}

static void expect_works(void)
{
    sspi_exchange(client, server, "ping");
    sspi_exchange(server, client, "pong");
}

static void I1_I17_every_kind_of_certificate_serves(void **state)
{
    (void)state;
    static const char *const kinds[] = {"p256", "p384", "ed25519", "rsa"};
    for (size_t i = 0; i < 4; i++) {
        sspi_open(&pair, kinds[i]);
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        expect_works();
        sspi_close(&pair);
    }
}

static void I2_I13_A2_the_handle_comes_with_the_first_call(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    first_flight();
    assert_true(client->has_ctx);
    CtxtHandle before = client->ctx;
    assert_int_equal(sspi_turn(server, client), SEC_I_CONTINUE_NEEDED);
    assert_true(server->has_ctx);
    assert_int_equal(sspi_turn(client, server), SEC_E_OK);
    assert_memory_equal(&before, &client->ctx, sizeof before); /* later calls give the same one */
    sspi_close(&pair);
}

/* --- input, in every portion --- */

static void I21_I12_one_byte_at_a_time(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    first_flight();
    /* A caller appends what arrives and brings all of it; here a byte more each time. */
    struct sspi_end *turn = server, *other = client;
    for (int flight = 0; flight < 3; flight++) {
        uint8_t all[SSPI_CAP];
        size_t n_all = turn->in_len, have = 0;
        memcpy(all, turn->in, n_all);
        turn->in_len = 0;
        for (size_t i = 0; i < n_all; i++) {
            turn->in[turn->in_len++] = all[i];
            have = turn->in_len;
            bool first_call = !turn->has_ctx;
            SECURITY_STATUS status = sspi_turn(turn, other);
            if (status != SEC_E_INCOMPLETE_MESSAGE) continue;
            assert_int_equal(turn->in_len, have);
            assert_true(turn->missing > 0);
            if (have < 5) assert_int_equal(turn->missing, 5 - have); /* exact below a header */
            assert_int_equal(turn->out_len, 0);
            if (first_call) assert_false(turn->has_ctx); /* no context yet */
        }
        struct sspi_end *t = turn;
        turn = other;
        other = t;
    }
    assert_int_equal(client->status, SEC_E_OK);
    assert_int_equal(server->status, SEC_E_OK);
    expect_works();
    sspi_close(&pair);
}

static void I12_the_second_call_wants_input(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    first_flight();
    uint8_t none = 0;
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_INCOMPLETE_MESSAGE);
    assert_int_equal(sspi_call(client, &none, 0, SSPI_CAP), SEC_E_INCOMPLETE_MESSAGE);
    assert_int_equal(client->missing, 5);
    assert_int_equal(sspi_turn(server, client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_turn(client, server), SEC_E_OK);
    sspi_close(&pair);
}

static void design_5_1_incomplete_changes_nothing(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    second_flight();
    /* The first record and the beginning of the second: the first is consumed, the rest comes back as EXTRA.
     */
    size_t first_len = 5 + (size_t)(client->in[3] << 8 | client->in[4]);
    assert_int_equal(sspi_call(client, client->in, first_len + 3, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(client->extra, 3);
    assert_int_equal(client->out_len, 0);
    /* Only what was left, and more of it */
    assert_int_equal(sspi_call(client, client->in + first_len, 2, SSPI_CAP), SEC_E_INCOMPLETE_MESSAGE);
    assert_int_equal(client->missing, 3);
    assert_int_equal(sspi_call(client, client->in + first_len, client->in_len - first_len, SSPI_CAP),
                     SEC_E_OK);
    client->in_len = 0;
    hand_over(client, server);
    assert_int_equal(sspi_turn(server, client), SEC_E_OK);
    expect_works();
    sspi_close(&pair);
}

static void section_4_garbage_is_refused(void **state)
{
    (void)state;
    static const uint8_t fills[] = {0x00, 0xfa};
    for (size_t i = 0; i < 2; i++) {
        uint8_t garbage[64];
        sspi_open(&pair, "p256");
        first_flight();
        memset(garbage, fills[i], sizeof garbage);
        assert_int_equal(sspi_call(client, garbage, sizeof garbage, SSPI_CAP), SEC_E_INVALID_TOKEN);
        /* Dead: the same again, whatever comes */
        assert_int_equal(sspi_turn(server, client), SEC_I_CONTINUE_NEEDED);
        assert_int_equal(sspi_call(client, client->in, client->in_len, SSPI_CAP), SEC_E_INVALID_TOKEN);
        assert_int_equal(client->out_len, 0);
        sspi_close(&pair);
    }
}

static void I17_data_behind_the_handshake_is_extra(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    server->lifespan = 0xffffffff; /* no tickets */
    second_flight();
    assert_int_equal(sspi_turn(client, server), SEC_E_OK);
    size_t finished_len = server->in_len;
    assert_int_equal(sspi_send(client, server, "early bird", 10), SEC_E_OK);
    size_t data_len = server->in_len - finished_len;
    assert_int_equal(sspi_turn(server, client), SEC_E_OK);
    assert_int_equal(server->extra, data_len); /* for DecryptMessage */
    uint8_t got[32];
    size_t len;
    assert_int_equal(sspi_receive(server, client, got, sizeof got, &len), SEC_E_OK);
    assert_int_equal(len, 10);
    assert_memory_equal(got, "early bird", 10);
    sspi_close(&pair);
}

static void section_4_extra_without_a_place_to_say_so(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    second_flight();
    uint8_t out[4096];
    SecBuffer in = {(ULONG)client->in_len, SECBUFFER_TOKEN, client->in},
              ob = {sizeof out, SECBUFFER_TOKEN, out};
    SecBufferDesc in_desc = {0, 1, &in}, out_desc = {0, 1, &ob};
    ULONG attributes;
    client->in[client->in_len] = 0x17; /* begins another record */
    in.cbBuffer++;
    assert_int_equal(InitializeSecurityContextA(&client->cred, &client->ctx, client->target, client->req, 0,
                                                0, &in_desc, 0, NULL, &out_desc, &attributes, NULL),
                     SEC_E_INVALID_TOKEN);
    sspi_close(&pair);
}

/* --- output --- */

static void design_5_2_a_short_output_loses_nothing(void **state)
{
    (void)state;
    /* How a caller goes on: with the same bytes, with an empty token, with no input */
    for (int how = 0; how < 3; how++) {
        uint8_t empty = 0;
        sspi_open(&pair, "p256");
        second_flight();
        assert_int_equal(sspi_call(client, client->in, client->in_len, 20), SEC_E_BUFFER_TOO_SMALL);
        assert_int_equal(client->out_len, 0);
        assert_int_equal(sspi_call(client, client->in, client->in_len, 30), SEC_E_BUFFER_TOO_SMALL);
        if (how == 0) assert_int_equal(sspi_call(client, client->in, client->in_len, SSPI_CAP), SEC_E_OK);
        if (how == 1) assert_int_equal(sspi_call(client, &empty, 0, SSPI_CAP), SEC_E_OK);
        if (how == 2) assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_OK);
        assert_int_equal(client->extra, 0);
        client->in_len = 0;
        hand_over(client, server);
        assert_int_equal(sspi_turn(server, client), SEC_E_OK);
        expect_works();
        sspi_close(&pair);
    }
}

static void design_5_2_new_bytes_behind_a_short_output_are_extra(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    first_flight();
    /* The server's first answer does not fit: no context, so the caller begins again. */
    assert_int_equal(sspi_call(server, server->in, server->in_len, 100), SEC_E_BUFFER_TOO_SMALL);
    assert_false(server->has_ctx);
    assert_int_equal(sspi_turn(server, client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_call(client, client->in, client->in_len, 20), SEC_E_BUFFER_TOO_SMALL);
    static const uint8_t later[] = {0x17, 3, 3};
    assert_int_equal(sspi_call(client, later, sizeof later, SSPI_CAP), SEC_E_OK);
    assert_int_equal(client->extra, sizeof later);
    sspi_close(&pair);
}

static void section_13_output_leaves_in_pieces(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    server->req |= ASC_REQ_FRAGMENT_TO_FIT;
    first_flight();
    enum { PIECE = 97 };
    size_t n_pieces = 0;
    SECURITY_STATUS status = sspi_call(server, server->in, server->in_len, PIECE);
    for (; status == SEC_I_MESSAGE_FRAGMENT; n_pieces++) {
        server->out_len = PIECE; /* full: the helper cannot tell it from untouched */
        hand_over(server, client);
        status = sspi_call(server, server->in, server->in_len, PIECE);
    }
    assert_int_equal(status, SEC_I_CONTINUE_NEEDED);
    server->in_len = 0;
    hand_over(server, client);
    assert_true(n_pieces > 5);
    assert_int_equal(sspi_turn(client, server), SEC_E_OK);
    server->req &= ~(ULONG)ASC_REQ_FRAGMENT_TO_FIT;
    assert_int_equal(sspi_turn(server, client), SEC_E_OK);
    expect_works();
    sspi_close(&pair);
}

static SECURITY_STATUS raw_first_call(SecBufferDesc *out, ULONG req, CtxtHandle *ctx)
{
    ULONG attributes;
    return InitializeSecurityContextA(&client->cred, NULL, client->target, req, 0, 0, NULL, 0, ctx, out,
                                      &attributes, NULL);
}

static void I4_I14_section_4_outputs(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    CtxtHandle ctx;
    uint8_t memory[2048], alert[2];
    SecBufferDesc desc = {0, 0, NULL};
    assert_int_equal(raw_first_call(NULL, 0, &ctx), SEC_E_INVALID_TOKEN);
    assert_int_equal(raw_first_call(&desc, 0, &ctx), SEC_E_INVALID_TOKEN);

    /* No room at all */
    SecBuffer b[2] = {{0, SECBUFFER_TOKEN, memory}, {0, SECBUFFER_ALERT, NULL}};
    desc = (SecBufferDesc){0, 1, b};
    assert_int_equal(raw_first_call(&desc, 0, &ctx), SEC_E_INSUFFICIENT_MEMORY);
    desc.cBuffers = 2;
    b[0].cbBuffer = sizeof memory;
    assert_int_equal(raw_first_call(&desc, 0, &ctx), SEC_E_INSUFFICIENT_MEMORY);
    assert_int_equal(b[0].cbBuffer, sizeof memory);

    /* A size, but no memory: it is allocated */
    desc.cBuffers = 1;
    b[0] = (SecBuffer){2048, SECBUFFER_TOKEN, NULL};
    assert_int_equal(raw_first_call(&desc, 0, &ctx), SEC_I_CONTINUE_NEEDED);
    assert_non_null(b[0].pvBuffer);
    assert_int_equal(FreeContextBuffer(b[0].pvBuffer), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&ctx), SEC_E_OK);

    /* The caller's pointers are overwritten; an alert buffer with nothing to say becomes empty */
    desc.cBuffers = 2;
    b[0] = (SecBuffer){sizeof memory, SECBUFFER_TOKEN, memory};
    b[1] = (SecBuffer){sizeof alert, SECBUFFER_ALERT, alert};
    assert_int_equal(raw_first_call(&desc, ISC_REQ_ALLOCATE_MEMORY, &ctx), SEC_I_CONTINUE_NEEDED);
    assert_ptr_not_equal(b[0].pvBuffer, memory);
    assert_null(b[1].pvBuffer);
    assert_int_equal(b[1].cbBuffer, 0);
    assert_int_equal(FreeContextBuffer(b[0].pvBuffer), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&ctx), SEC_E_OK);

    /* curl: one EMPTY buffer, which becomes the token */
    desc.cBuffers = 1;
    b[0] = (SecBuffer){0, SECBUFFER_EMPTY, NULL};
    assert_int_equal(raw_first_call(&desc, ISC_REQ_ALLOCATE_MEMORY, &ctx), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(b[0].BufferType, SECBUFFER_TOKEN);
    assert_true(b[0].cbBuffer > 0);
    assert_int_equal(FreeContextBuffer(b[0].pvBuffer), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&ctx), SEC_E_OK);
    sspi_close(&pair);
}

static void section_0_1_attributes_are_what_was_asked_for(void **state)
{
    (void)state;
    static const ULONG asked[] = {0x811c, 0x819c, 0x8000419c & 0xffff, 0x9819c, 0x80000, 0};
    enum {
        ALWAYS = ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT | ISC_RET_CONFIDENTIALITY | ISC_RET_STREAM
    };
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        SecBuffer b = {4096, SECBUFFER_TOKEN, NULL};
        SecBufferDesc desc = {0, 1, &b};
        CtxtHandle ctx;
        ULONG got = 0;
        assert_int_equal(InitializeSecurityContextA(&client->cred, NULL, client->target, asked[i], 0, 0, NULL,
                                                    0, &ctx, &desc, &got, NULL),
                         SEC_I_CONTINUE_NEEDED);
        assert_int_equal(got, asked[i] | ALWAYS);
        FreeContextBuffer(b.pvBuffer);
        DeleteSecurityContext(&ctx);
    }
    sspi_close(&pair);
}

static void I10_A5_requirements_that_make_no_sense(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    client->req |= ISC_REQ_DELEGATE;
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_UNSUPPORTED_FUNCTION);
    client->req = ISC_REQ_PROMPT_FOR_CREDS;
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_UNSUPPORTED_FUNCTION);
    client->req = ISC_REQ_DATAGRAM;
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_ALGORITHM_MISMATCH);
    server->req |= ASC_REQ_DELEGATE;
    assert_int_equal(sspi_call(server, client->in, 0, SSPI_CAP), SEC_E_UNSUPPORTED_FUNCTION);
    server->req = ASC_REQ_ALLOW_MISSING_BINDINGS | ASC_REQ_PROXY_BINDINGS; /* Digest's: ignored */
    uint8_t none = 0;
    assert_int_equal(sspi_call(server, &none, 0, SSPI_CAP), SEC_E_INCOMPLETE_MESSAGE);
    assert_false(client->has_ctx || server->has_ctx);
    sspi_close(&pair);
}

static void A1_I1_credentials_of_the_wrong_direction(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    first_flight();
    DeleteSecurityContext(&client->ctx);
    client->has_ctx = false;
    CredHandle own = server->cred;
    server->cred = client->cred;
    assert_int_equal(sspi_call(server, server->in, server->in_len, SSPI_CAP), SEC_E_NO_CREDENTIALS);
    client->cred = own;
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_INVALID_HANDLE);
    client->cred = server->cred;
    server->cred = own;
    CredHandle none;
    SecInvalidateHandle(&none);
    CredHandle keep = server->cred;
    server->cred = none;
    assert_int_equal(sspi_call(server, server->in, server->in_len, SSPI_CAP), SEC_E_INVALID_HANDLE);
    server->cred = keep;
    sspi_close(&pair);
}

static void A4_a_server_without_certificate(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    PCCERT_CONTEXT cert = server->cert;
    server->cert = NULL;
    first_flight();
    assert_int_equal(sspi_turn(server, client), SEC_E_NO_CREDENTIALS);
    assert_false(server->has_ctx);
    CertFreeCertificateContext(cert);
    sspi_close(&pair);
}

static void attack_43_the_credential_is_freed_while_contexts_live(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    second_flight();
    assert_int_equal(FreeCredentialsHandle(&client->cred), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&server->cred), SEC_E_OK);
    assert_int_equal(FreeCredentialsHandle(&server->cred), SEC_E_INVALID_HANDLE);
    client->has_cred = server->has_cred = false;
    assert_int_equal(sspi_turn(client, server), SEC_E_OK);
    assert_int_equal(sspi_turn(server, client), SEC_E_OK);
    expect_works();
    sspi_close(&pair);
}

static void attack_43_handles_of_contexts(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    CtxtHandle c = client->ctx, s = server->ctx;
    /* A client's context at ASC, a server's at ISC */
    client->ctx = s;
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_INVALID_HANDLE);
    server->ctx = c;
    assert_int_equal(sspi_call(server, NULL, 0, SSPI_CAP), SEC_E_INVALID_HANDLE);
    client->ctx = c;
    server->ctx = s;
    assert_int_equal(CompleteAuthToken(&c, NULL), SEC_E_OK); /* I19 */
    assert_int_equal(DeleteSecurityContext(&c), SEC_E_OK);
    assert_int_equal(DeleteSecurityContext(&c), SEC_E_INVALID_HANDLE);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_INVALID_HANDLE);
    assert_int_equal(CompleteAuthToken(&c, NULL), SEC_E_INVALID_HANDLE);
    assert_int_equal(ImpersonateSecurityContext(&s), SEC_E_NO_IMPERSONATION); /* A11 */
    assert_int_equal(ImpersonateSecurityContext(&c), SEC_E_INVALID_HANDLE);
    client->has_ctx = false;
    sspi_close(&pair);
}

/* --- validation --- */

static void attack_44_I22_names_and_roots_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        bool roots;
        DWORD flags;
        ULONG req;
        SECURITY_STATUS status;
        BYTE alert;
    } rows[] = {
        {"server.example", true, 0, 0, SEC_E_OK, 0},
        {"SERVER.Example", true, 0, 0, SEC_E_OK, 0},
        {"other.example", true, 0, 0, SEC_E_WRONG_PRINCIPAL, 42},
        {NULL, true, 0, 0, SEC_E_WRONG_PRINCIPAL, 42},
        {NULL, true, SCH_CRED_NO_SERVERNAME_CHECK, 0, SEC_E_OK, 0},
        {"other.example", true, SCH_CRED_NO_SERVERNAME_CHECK, 0, SEC_E_OK, 0},
        {"other.example", true, SCH_CRED_MANUAL_CRED_VALIDATION, 0, SEC_E_OK, 0},
        {"other.example", true, 0, ISC_REQ_MANUAL_CRED_VALIDATION, SEC_E_OK, 0},
        {"server.example", false, 0, 0, SEC_E_UNTRUSTED_ROOT, 48},
        {"server.example", false, SCH_CRED_MANUAL_CRED_VALIDATION, 0, SEC_E_OK, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sspi_open(&pair, "p256");
        client->target = (char *)(uintptr_t)rows[i].target;
        client->cred_flags = rows[i].flags;
        client->req |= rows[i].req;
        if (!rows[i].roots) {
            CertCloseStore(client->roots, 0);
            client->roots = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
        }
        assert_int_equal(sspi_connect(&pair), rows[i].status);
        if (rows[i].status != SEC_E_OK) {
            /* I6, I14: the alert goes into the token, and is described */
            assert_true(client->out_len > 7);
            assert_int_equal(client->alert_len, 2);
            assert_int_equal(client->alert[0], 2);
            assert_int_equal(client->alert[1], rows[i].alert);
            CulvertContext_Failure f;
            assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_CULVERT_FAILURE, &f),
                             SEC_E_OK);
            assert_int_equal(f.lStatus, rows[i].status);
            assert_int_equal(f.ulAlert, rows[i].alert);
            assert_int_equal(f.fReceived, 0);
            if (rows[i].roots) assert_int_equal(f.lDepth, 0); /* the name is the leaf's */
            assert_string_equal(f.pszMessage, "Certificate");
            assert_non_null(strstr(f.pszReason, "RFC"));
            /* and the peer learns of it */
            assert_int_equal(sspi_turn(server, client), SEC_E_ILLEGAL_MESSAGE);
            CulvertLastFailure(&f);
            assert_int_equal(f.fReceived, 1);
            assert_int_equal(f.ulAlert, rows[i].alert);
        }
        sspi_close(&pair);
    }
}

static void I6_without_extended_error_the_peer_is_not_told(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    client->target = (char *)(uintptr_t) "other.example";
    client->req &= ~(ULONG)ISC_REQ_EXTENDED_ERROR;
    assert_int_equal(sspi_connect(&pair), SEC_E_WRONG_PRINCIPAL);
    assert_int_equal(client->out_len, 0);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_WRONG_PRINCIPAL);
    assert_int_equal(client->out_len, 0);
    sspi_close(&pair);
}

static void I22_the_target_name_is_no_name(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    client->target = (char *)(uintptr_t) "bad name";
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_TARGET_UNKNOWN);
    static const WCHAR lone[] = {0xd800, 'a', 0};
    SecBuffer b = {4096, SECBUFFER_TOKEN, NULL};
    SecBufferDesc desc = {0, 1, &b};
    CtxtHandle ctx;
    assert_int_equal(InitializeSecurityContextW(&client->cred, NULL, (WCHAR *)(uintptr_t)lone, 0, 0, 0, NULL,
                                                0, &ctx, &desc, NULL, NULL),
                     SEC_E_TARGET_UNKNOWN);
    sspi_close(&pair);
}

static void section_3_revocation_that_is_demanded_fails_closed(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    client->cred_flags = SCH_CRED_REVOCATION_CHECK_CHAIN;
    assert_int_equal(sspi_connect(&pair), (SECURITY_STATUS)CRYPT_E_NO_REVOCATION_CHECK);
    sspi_drop(&pair);
    FreeCredentialsHandle(&client->cred);
    client->has_cred = false;
    client->cred_flags |= SCH_CRED_IGNORE_NO_REVOCATION_CHECK;
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_close(&pair);
}

static void section_0_7_the_old_structure_gets_no_tls_13(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    SCHANNEL_CRED c = {.dwVersion = SCHANNEL_CRED_VERSION,
                       .hRootStore = client->roots,
                       .grbitEnabledProtocols = SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_3_CLIENT};
    assert_int_equal(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)UNISP_NAME_A, SECPKG_CRED_OUTBOUND,
                                               NULL, &c, NULL, NULL, &client->cred, NULL),
                     SEC_E_OK);
    client->has_cred = true;
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    SecPkgContext_ConnectionInfo info;
    assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_CONNECTION_INFO, &info), SEC_E_OK);
    assert_int_equal(info.dwProtocol, SP_PROT_TLS1_2_CLIENT);
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_CONNECTION_INFO, &info), SEC_E_OK);
    assert_int_equal(info.dwProtocol, SP_PROT_TLS1_2_SERVER);
    SecPkgContext_StreamSizes sizes; /* section 13 */
    assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes), SEC_E_OK);
    assert_int_equal(sizes.cbHeader, 13);
    assert_int_equal(sizes.cbTrailer, 16);
    sspi_close(&pair);
}

/* --- ALPN --- */

static void expect_protocol(struct sspi_end *e, const char *name)
{
    SecPkgContext_ApplicationProtocol p;
    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_APPLICATION_PROTOCOL, &p), SEC_E_OK);
    if (name == NULL) {
        assert_int_equal(p.ProtoNegoStatus, SecApplicationProtocolNegotiationStatus_None);
        return;
    }
    assert_int_equal(p.ProtoNegoStatus, SecApplicationProtocolNegotiationStatus_Success);
    assert_int_equal(p.ProtoNegoExt, SecApplicationProtocolNegotiationExt_ALPN);
    assert_int_equal(p.ProtocolIdSize, strlen(name));
    assert_memory_equal(p.ProtocolId, name, strlen(name));
}

static void section_5_alpn_is_agreed(void **state)
{
    (void)state;
    static const struct {
        const char *client, *server, *chosen;
        SECURITY_STATUS status;
    } rows[] = {
        {"http/1.1,h2", "http/1.1,h2", "http/1.1", SEC_E_OK},
        {"http/1.1,h2", "h2,http/1.1", "h2", SEC_E_OK}, /* the server's order */
        {"h2", NULL, NULL, SEC_E_OK},
        {NULL, "h2", NULL, SEC_E_OK},
        {"a", "b", NULL, SEC_E_APPLICATION_PROTOCOL_MISMATCH}, /* I22 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sspi_open(&pair, "p256");
        client->alpn = rows[i].client;
        server->alpn = rows[i].server;
        assert_int_equal(sspi_connect(&pair), rows[i].status);
        if (rows[i].status == SEC_E_OK) {
            expect_protocol(client, rows[i].chosen);
            expect_protocol(server, rows[i].chosen);
        } else {
            assert_int_equal(server->alert[1], 120);
            client->in_len = 0;
            hand_over(server, client);
            assert_int_equal(sspi_turn(client, server), SEC_E_APPLICATION_PROTOCOL_MISMATCH);
        }
        sspi_close(&pair);
    }
}

static void section_10_malformed_protocol_lists(void **state)
{
    (void)state;
    static const uint8_t bad[][16] = {
        {0xff, 0, 0, 0, 2, 0, 0, 0, 3, 0, 2, 'h', '2'}, /* size reaches too far */
        {9, 0, 0, 0, 2, 0, 0, 0, 9, 0, 2, 'h', '2'},    /* list reaches too far */
        {9, 0, 0, 0, 2, 0, 0, 0, 3, 0, 3, 'h', '2'},    /* name reaches too far */
        {9, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 'h', '2'},    /* an empty name */
        {4, 0, 0, 0, 2, 0, 0, 0},
    };
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SecBuffer in = {13, SECBUFFER_APPLICATION_PROTOCOLS, (void *)(uintptr_t)bad[i]},
                  b = {4096, SECBUFFER_TOKEN, NULL};
        SecBufferDesc in_desc = {0, 1, &in}, desc = {0, 1, &b};
        CtxtHandle ctx;
        assert_int_equal(InitializeSecurityContextA(&client->cred, NULL, client->target, 0, 0, 0, &in_desc, 0,
                                                    &ctx, &desc, NULL, NULL),
                         SEC_E_INVALID_TOKEN);
    }
    for (ULONG type = SECBUFFER_SRTP_PROTECTION_PROFILES; type <= SECBUFFER_CERTIFICATE_REQUEST_CONTEXT;
         type++) {
        uint8_t content[16] = {0};
        SecBuffer in = {sizeof content, type, content}, b = {4096, SECBUFFER_TOKEN, NULL};
        SecBufferDesc in_desc = {0, 1, &in}, desc = {0, 1, &b};
        CtxtHandle ctx;
        bool ignored = type == SECBUFFER_DTLS_MTU || type == SECBUFFER_FLAGS ||
                       type == SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION; /* to nothing */
        SECURITY_STATUS refusal = type == SECBUFFER_SEND_GENERIC_TLS_EXTENSION
                                      ? SEC_E_INVALID_PARAMETER /* server_name is the library's */
                                      : SEC_E_UNSUPPORTED_FUNCTION;
        SECURITY_STATUS status = InitializeSecurityContextA(&client->cred, NULL, client->target, 0, 0, 0,
                                                            &in_desc, 0, &ctx, &desc, NULL, NULL);
        assert_int_equal(status, ignored ? SEC_I_CONTINUE_NEEDED : refusal);
        if (!ignored) continue;
        FreeContextBuffer(b.pvBuffer);
        DeleteSecurityContext(&ctx);
    }
    sspi_close(&pair);
}

/* --- client certificates --- */

static void server_asks_for_certificate(void)
{
    server->req |= ASC_REQ_MUTUAL_AUTH;
    server->cred_flags = SCH_CRED_AUTO_CRED_VALIDATION;
    server->roots = sspi_roots();
}

static void A4_the_client_has_a_certificate(void **state)
{
    (void)state;
    static const char *const stems[] = {"client-p256", "client-ed25519", "client-rsa"};
    for (size_t i = 0; i < 3; i++) {
        sspi_open(&pair, "p256");
        server_asks_for_certificate();
        client->cert = sspi_cert(stems[i]);
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        PCCERT_CONTEXT peer = NULL;
        assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &peer),
                         SEC_E_OK);
        assert_int_equal(peer->cbCertEncoded, client->cert->cbCertEncoded);
        assert_memory_equal(peer->pbCertEncoded, client->cert->pbCertEncoded, peer->cbCertEncoded);
        CertFreeCertificateContext(peer);
        expect_works();
        sspi_close(&pair);
    }
}

static void I9_A4_with_supplied_creds_the_client_goes_on_silently(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    server_asks_for_certificate();
    client->req |= ISC_REQ_USE_SUPPLIED_CREDS;
    second_flight();
    assert_int_equal(sspi_turn(client, server), SEC_E_OK);
    /* The server demands one */
    assert_int_equal(sspi_turn(server, client), SEC_E_NO_CREDENTIALS);
    assert_int_equal(server->alert[1], 116);
    sspi_close(&pair);
}

static void A4_a_certificate_may_be_optional(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    server_asks_for_certificate();
    client->req |= ISC_REQ_USE_SUPPLIED_CREDS;
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    CulvertCredential_ClientAuth optional = {1};
    assert_int_equal(
        SetCredentialsAttributesA(&server->cred, SECPKG_ATTR_CULVERT_CLIENT_AUTH, &optional, sizeof optional),
        SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    PCCERT_CONTEXT peer;
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &peer),
                     SEC_E_NO_CREDENTIALS);
    expect_works();
    sspi_close(&pair);
}

/* SEC_I_INCOMPLETE_CREDENTIALS, and how callers go on: curl brings the same bytes, .NET an empty token, Qt
 * and schannel-rs no input. With another credential, or the same one (then without a certificate). */
static void I20_the_caller_is_asked_for_a_certificate(void **state)
{
    (void)state;
    for (int how = 0; how < 6; how++) {
        bool with_cert = how >= 3;
        uint8_t empty = 0;
        sspi_open(&pair, "p256");
        server_asks_for_certificate();
        second_flight();
        size_t len = client->in_len;
        assert_int_equal(sspi_call(client, client->in, len, SSPI_CAP), SEC_I_INCOMPLETE_CREDENTIALS);
        assert_int_equal(client->out_len, 0);

        /* It may see whom the server trusts */
        SecPkgContext_IssuerListInfoEx issuers;
        assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_ISSUER_LIST_EX, &issuers),
                         SEC_E_OK);
        assert_int_equal(issuers.cIssuers, 1);
        PCCERT_CONTEXT root = CertEnumCertificatesInStore(server->roots, NULL);
        assert_int_equal(issuers.aIssuers[0].cbData, root->pCertInfo->Subject.cbData);
        assert_memory_equal(issuers.aIssuers[0].pbData, root->pCertInfo->Subject.pbData,
                            issuers.aIssuers[0].cbData);
        CertFreeCertificateContext(root);
        FreeContextBuffer(issuers.aIssuers);

        CredHandle old = client->cred;
        if (with_cert) {
            client->cert = sspi_cert("client-p256");
            assert_int_equal(sspi_acquire(client), SEC_E_OK);
            assert_int_equal(FreeCredentialsHandle(&old), SEC_E_OK);
        }
        SECURITY_STATUS status = how % 3 == 0   ? sspi_call(client, client->in, len, SSPI_CAP)
                                 : how % 3 == 1 ? sspi_call(client, &empty, 0, SSPI_CAP)
                                                : sspi_call(client, NULL, 0, SSPI_CAP);
        assert_int_equal(status, SEC_E_OK);
        assert_int_equal(client->extra, 0);
        client->in_len = 0;
        hand_over(client, server);
        assert_int_equal(sspi_turn(server, client), with_cert ? SEC_E_OK : SEC_E_NO_CREDENTIALS);
        if (with_cert) expect_works();
        sspi_close(&pair);
    }
}

/* In local time, five and a half hours ahead of UTC here. */
static void I16_A9_expiry_times(void **state)
{
    enum { AHEAD = 19800 };
    (void)state;
    assert_int_equal(setenv("TZ", "IST-5:30", 1), 0);
    tzset();
    sspi_open(&pair, "p256");
    first_flight();
    assert_int_equal(client->expiry.QuadPart, 0);
    assert_int_equal(sspi_turn(server, client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_turn(client, server), SEC_E_OK);
    assert_int_equal(sspi_turn(server, client), SEC_E_OK);
    FILETIME end = server->cert->pCertInfo->NotAfter;
    LONGLONG utc = (LONGLONG)((uint64_t)end.dwHighDateTime << 32 | end.dwLowDateTime);
    assert_true(client->expiry.QuadPart == utc + AHEAD * INT64_C(10000000));
    assert_true(server->expiry.QuadPart == INT64_MAX); /* the client gave no certificate */
    sspi_close(&pair);
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

static void I25_the_wide_function_does_the_same(void **state)
{
    (void)state;
    static const WCHAR name[] = {'s', 'e', 'r', 'v', 'e', 'r', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0};
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(server), SEC_E_OK);
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    SecBuffer b = {SSPI_CAP, SECBUFFER_TOKEN, client->out};
    SecBufferDesc desc = {0, 1, &b};
    assert_int_equal(InitializeSecurityContextW(&client->cred, NULL, (WCHAR *)(uintptr_t)name, client->req, 0,
                                                0, NULL, 0, &client->ctx, &desc, &client->attributes, NULL),
                     SEC_I_CONTINUE_NEEDED);
    client->has_ctx = true;
    client->out_len = b.cbBuffer;
    hand_over(client, server);
    assert_int_equal(sspi_turn(server, client), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_turn(client, server), SEC_E_OK);
    sspi_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(I1_I17_every_kind_of_certificate_serves, clean_up),
        cmocka_unit_test_teardown(I2_I13_A2_the_handle_comes_with_the_first_call, clean_up),
        cmocka_unit_test_teardown(I21_I12_one_byte_at_a_time, clean_up),
        cmocka_unit_test_teardown(I12_the_second_call_wants_input, clean_up),
        cmocka_unit_test_teardown(design_5_1_incomplete_changes_nothing, clean_up),
        cmocka_unit_test_teardown(section_4_garbage_is_refused, clean_up),
        cmocka_unit_test_teardown(I17_data_behind_the_handshake_is_extra, clean_up),
        cmocka_unit_test_teardown(section_4_extra_without_a_place_to_say_so, clean_up),
        cmocka_unit_test_teardown(design_5_2_a_short_output_loses_nothing, clean_up),
        cmocka_unit_test_teardown(design_5_2_new_bytes_behind_a_short_output_are_extra, clean_up),
        cmocka_unit_test_teardown(section_13_output_leaves_in_pieces, clean_up),
        cmocka_unit_test_teardown(I4_I14_section_4_outputs, clean_up),
        cmocka_unit_test_teardown(section_0_1_attributes_are_what_was_asked_for, clean_up),
        cmocka_unit_test_teardown(I10_A5_requirements_that_make_no_sense, clean_up),
        cmocka_unit_test_teardown(A1_I1_credentials_of_the_wrong_direction, clean_up),
        cmocka_unit_test_teardown(A4_a_server_without_certificate, clean_up),
        cmocka_unit_test_teardown(attack_43_the_credential_is_freed_while_contexts_live, clean_up),
        cmocka_unit_test_teardown(attack_43_handles_of_contexts, clean_up),
        cmocka_unit_test_teardown(attack_44_I22_names_and_roots_are_checked, clean_up),
        cmocka_unit_test_teardown(I6_without_extended_error_the_peer_is_not_told, clean_up),
        cmocka_unit_test_teardown(I22_the_target_name_is_no_name, clean_up),
        cmocka_unit_test_teardown(section_3_revocation_that_is_demanded_fails_closed, clean_up),
        cmocka_unit_test_teardown(section_0_7_the_old_structure_gets_no_tls_13, clean_up),
        cmocka_unit_test_teardown(section_5_alpn_is_agreed, clean_up),
        cmocka_unit_test_teardown(section_10_malformed_protocol_lists, clean_up),
        cmocka_unit_test_teardown(A4_the_client_has_a_certificate, clean_up),
        cmocka_unit_test_teardown(I9_A4_with_supplied_creds_the_client_goes_on_silently, clean_up),
        cmocka_unit_test_teardown(A4_a_certificate_may_be_optional, clean_up),
        cmocka_unit_test_teardown(I20_the_caller_is_asked_for_a_certificate, clean_up),
        cmocka_unit_test_teardown(I16_A9_expiry_times, clean_up),
        cmocka_unit_test_teardown(I25_the_wide_function_does_the_same, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
