/* EncryptMessage and DecryptMessage, what they leave to ISC and ASC, and the end of connections. Named after
 * sections of docs/SSPI.md and points of design 5. */
#include "sspi_fixture.h"

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

/* Connected; the client has two tickets in its input unless they are switched off. */
static void connect(bool tickets)
{
    sspi_open(&pair, "p256");
    if (!tickets) server->lifespan = 0xffffffff;
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
}

/* --- section 7 --- */

static SECURITY_STATUS encrypt(struct sspi_end *e, SecBuffer *b, ULONG n)
{
    SecBufferDesc desc = {SECBUFFER_VERSION, n, b};
    return EncryptMessage(&e->ctx, 0, &desc, 0);
}

static void section_7_buffers(void **state)
{
    (void)state;
    uint8_t h[8], d[64] = {0}, t[64];
    connect(false);
    /* libgit2 passes three; others add an EMPTY */
    SecBuffer three[3] = {
        {5, SECBUFFER_STREAM_HEADER, h}, {10, SECBUFFER_DATA, d}, {44, SECBUFFER_STREAM_TRAILER, t}};
    assert_int_equal(encrypt(client, three, 3), SEC_E_OK);
    assert_int_equal(three[0].cbBuffer, 5);
    assert_int_equal(three[1].cbBuffer, 10);
    assert_int_equal(three[2].cbBuffer, 17); /* shrunk to what was needed */
    SecBuffer tokens[3] = {{5, SECBUFFER_TOKEN, h}, {10, SECBUFFER_DATA, d}, {44, SECBUFFER_TOKEN, t}};
    assert_int_equal(encrypt(client, tokens, 3), SEC_E_OK);
    /* Attribute bits do not matter and stay */
    SecBuffer bits[3] = {{5, SECBUFFER_STREAM_HEADER | SECBUFFER_UNMAPPED, h},
                         {0, SECBUFFER_DATA | SECBUFFER_READONLY, NULL},
                         {44, SECBUFFER_STREAM_TRAILER, t}};
    assert_int_equal(encrypt(client, bits, 3), SEC_E_OK); /* empty data is legal */
    assert_int_equal(bits[0].BufferType, SECBUFFER_STREAM_HEADER | SECBUFFER_UNMAPPED);

    SecBuffer no_data[2] = {{5, SECBUFFER_STREAM_HEADER, h}, {44, SECBUFFER_STREAM_TRAILER, t}};
    assert_int_equal(encrypt(client, no_data, 2), SEC_E_INVALID_TOKEN);
    SecBuffer no_header[2] = {{10, SECBUFFER_DATA, d}, {44, SECBUFFER_STREAM_TRAILER, t}};
    assert_int_equal(encrypt(client, no_header, 2), SEC_E_INVALID_TOKEN);
    SecBuffer small[3] = {
        {4, SECBUFFER_STREAM_HEADER, h}, {10, SECBUFFER_DATA, d}, {44, SECBUFFER_STREAM_TRAILER, t}};
    assert_int_equal(encrypt(client, small, 3), SEC_E_BUFFER_TOO_SMALL);
    small[0].cbBuffer = 5;
    small[2].cbBuffer = 16;
    memset(d, 0x55, sizeof d);
    assert_int_equal(encrypt(client, small, 3), SEC_E_BUFFER_TOO_SMALL);
    for (size_t i = 0; i < sizeof d; i++) assert_int_equal(d[i], 0x55); /* untouched */
    assert_int_equal(encrypt(client, NULL, 0), SEC_E_INVALID_TOKEN);
    SecBufferDesc desc = {0, 3, three};
    assert_int_equal(EncryptMessage(&client->ctx, SECQOP_WRAP_OOB_DATA, &desc, 0), SEC_E_QOP_NOT_SUPPORTED);
    assert_int_equal(EncryptMessage(NULL, 0, &desc, 0), SEC_E_INVALID_HANDLE);
    sspi_close(&pair);
}

static void section_7_before_the_handshake_is_over(void **state)
{
    (void)state;
    uint8_t h[5], d[16], t[64];
    SecBuffer b[4] = {
        {5, SECBUFFER_STREAM_HEADER, h}, {10, SECBUFFER_DATA, d}, {44, SECBUFFER_STREAM_TRAILER, t}};
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(encrypt(client, b, 3), SEC_E_CONTEXT_EXPIRED);
    client->in_len = 10;
    assert_int_equal(sspi_decrypt(client, b), SEC_E_INVALID_HANDLE);
    sspi_close(&pair);
}

static void section_13_message_sizes(void **state)
{
    (void)state;
    connect(false);
    SecPkgContext_StreamSizes s;
    assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_STREAM_SIZES, &s), SEC_E_OK);
    assert_int_equal(s.cbHeader, 5);
    assert_int_equal(s.cbTrailer, 44);
    assert_int_equal(s.cbMaximumMessage, 16384);
    assert_int_equal(s.cBuffers, 4);
    static uint8_t data[16385], got[16384];
    size_t len;
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7);
    assert_int_equal(sspi_send(client, server, data, 16384), SEC_E_OK);
    assert_int_equal(sspi_receive(server, client, got, sizeof got, &len), SEC_E_OK);
    assert_int_equal(len, 16384);
    assert_memory_equal(got, data, 16384);
    assert_int_equal(sspi_send(client, server, data, 16385), SEC_E_BUFFER_TOO_SMALL);
    assert_int_equal(sspi_send(client, server, NULL, 0), SEC_E_OK); /* an empty record arrives, too */
    assert_int_equal(sspi_receive(server, client, got, sizeof got, &len), SEC_E_OK);
    assert_int_equal(len, 0);
    sspi_close(&pair);
}

/* --- section 8 --- */

static void section_8_slots(void **state)
{
    (void)state;
    connect(false);
    assert_int_equal(sspi_send(client, server, "hello", 5), SEC_E_OK);
    size_t first_len = server->in_len;
    assert_int_equal(sspi_send(client, server, "again", 5), SEC_E_OK);
    SecBuffer b[4];
    assert_int_equal(sspi_decrypt(server, b), SEC_E_OK);
    assert_int_equal(b[0].BufferType, SECBUFFER_STREAM_HEADER);
    assert_int_equal(b[0].cbBuffer, 5);
    assert_ptr_equal(b[0].pvBuffer, server->in);
    assert_int_equal(b[1].BufferType, SECBUFFER_DATA);
    assert_int_equal(b[1].cbBuffer, 5);
    assert_ptr_equal(b[1].pvBuffer, server->in + 5); /* in place */
    assert_memory_equal(b[1].pvBuffer, "hello", 5);
    assert_int_equal(b[2].BufferType, SECBUFFER_STREAM_TRAILER);
    assert_int_equal(b[2].cbBuffer, 17);
    assert_int_equal(b[3].BufferType, SECBUFFER_EXTRA);
    assert_ptr_equal(b[3].pvBuffer, server->in + first_len);
    assert_int_equal(b[3].cbBuffer, server->in_len - first_len);
    memmove(server->in, server->in + first_len, server->in_len -= first_len);
    assert_int_equal(sspi_decrypt(server, b), SEC_E_OK);
    assert_int_equal(b[3].BufferType, SECBUFFER_EMPTY);
    sspi_close(&pair);
}

static void section_8_wrong_shapes(void **state)
{
    (void)state;
    connect(false);
    uint8_t d[64] = {0x17, 3, 3, 0, 0x20};
    static const ULONG shapes[][5] = {
        {4, SECBUFFER_EMPTY, SECBUFFER_EMPTY, SECBUFFER_EMPTY, SECBUFFER_EMPTY}, /* no data */
        {4, SECBUFFER_DATA, SECBUFFER_DATA, SECBUFFER_EMPTY, SECBUFFER_EMPTY},   /* twice */
        {4, SECBUFFER_DATA, SECBUFFER_EMPTY, SECBUFFER_EMPTY, SECBUFFER_TOKEN},  /* two empty ones */
        {3, SECBUFFER_DATA, SECBUFFER_EMPTY, SECBUFFER_EMPTY, 0},
    };
    for (size_t i = 0; i < 4; i++) {
        SecBuffer b[4];
        for (size_t k = 0; k < 4; k++)
            b[k] = (SecBuffer){shapes[i][k + 1] == SECBUFFER_DATA ? 64 : 0, shapes[i][k + 1], d};
        SecBufferDesc desc = {0, shapes[i][0], b};
        assert_int_equal(DecryptMessage(&server->ctx, &desc, 0, NULL), SEC_E_INVALID_TOKEN);
    }
    SecBufferDesc none = {0, 4, NULL};
    assert_int_equal(DecryptMessage(&server->ctx, &none, 0, NULL), SEC_E_INVALID_TOKEN);
    assert_int_equal(DecryptMessage(&server->ctx, NULL, 0, NULL), SEC_E_INVALID_TOKEN);
    assert_int_equal(DecryptMessage(NULL, NULL, 0, NULL), SEC_E_INVALID_HANDLE);
    /* Data need not come first, and what does not take part stays as it was */
    assert_int_equal(sspi_send(client, server, "hello", 5), SEC_E_OK);
    SecBuffer b[6] = {{0, SECBUFFER_EMPTY, NULL}, {7, SECBUFFER_PKG_PARAMS, NULL},
                      {0, SECBUFFER_EMPTY, NULL}, {(ULONG)server->in_len, SECBUFFER_DATA, server->in},
                      {0, SECBUFFER_EMPTY, NULL}, {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc desc = {0, 6, b};
    assert_int_equal(DecryptMessage(&server->ctx, &desc, 0, NULL), SEC_E_OK);
    assert_int_equal(b[0].BufferType, SECBUFFER_STREAM_HEADER);
    assert_int_equal(b[1].BufferType, SECBUFFER_PKG_PARAMS);
    assert_int_equal(b[1].cbBuffer, 7);
    assert_int_equal(b[2].BufferType, SECBUFFER_DATA);
    assert_memory_equal(b[2].pvBuffer, "hello", 5);
    assert_int_equal(b[3].BufferType, SECBUFFER_STREAM_TRAILER);
    sspi_close(&pair);
}

static void section_8_incomplete(void **state)
{
    (void)state;
    connect(false);
    assert_int_equal(sspi_send(client, server, "hello", 5), SEC_E_OK);
    uint8_t wire[64];
    size_t n = server->in_len;
    memcpy(wire, server->in, n);
    for (size_t have = 0; have < n; have++) {
        SecBuffer b[4];
        server->in_len = have;
        assert_int_equal(sspi_decrypt(server, b), SEC_E_INCOMPLETE_MESSAGE);
        size_t missing = have < 5 ? 5 - have : n - have;
        assert_int_equal(b[0].BufferType, SECBUFFER_MISSING);
        assert_int_equal(b[0].cbBuffer, missing);
        assert_int_equal(b[1].BufferType, SECBUFFER_MISSING);
        assert_int_equal(b[1].cbBuffer, missing);
        assert_int_equal(b[2].BufferType, SECBUFFER_EMPTY);
        assert_memory_equal(server->in, wire, n); /* nothing changed */
    }
    server->in_len = n;
    SecBuffer b[4];
    assert_int_equal(sspi_decrypt(server, b), SEC_E_OK);
    sspi_close(&pair);
}

static void section_13_a_bad_tag_and_its_alert(void **state)
{
    (void)state;
    connect(false);
    assert_int_equal(sspi_send(client, server, "hello", 5), SEC_E_OK);
    server->in[server->in_len - 1] ^= 1;
    SecBuffer b[4];
    assert_int_equal(sspi_decrypt(server, b), SEC_E_MESSAGE_ALTERED);
    server->in_len = 0;
    /* Both halves are dead; the alert waits and goes out once */
    assert_int_equal(sspi_send(server, client, "x", 1), SEC_E_CONTEXT_EXPIRED);
    uint8_t none = 0;
    assert_int_equal(sspi_call(server, &none, 0, SSPI_CAP), SEC_E_DECRYPT_FAILURE);
    assert_true(server->out_len > 0);
    assert_int_equal(server->alert_len, 2);
    assert_int_equal(server->alert[1], 20);
    memcpy(client->in, server->out, client->in_len = server->out_len);
    assert_int_equal(sspi_call(server, &none, 0, SSPI_CAP), SEC_E_DECRYPT_FAILURE);
    assert_int_equal(server->out_len, 0);
    assert_int_equal(server->alert_len, 0);
    /* The peer reads it */
    assert_int_equal(sspi_decrypt(client, b), SEC_E_ILLEGAL_MESSAGE);
    sspi_close(&pair);
}

/* --- the seam: tickets --- */

static size_t n_tickets_waiting(void)
{
    size_t n = 0, at = 0;
    for (; at + 5 <= client->in_len; n++) at += 5 + (size_t)(client->in[at + 3] << 8 | client->in[at + 4]);
    assert_int_equal(at, client->in_len);
    return n;
}

static void design_5_3_a_ticket_is_marked(void **state)
{
    (void)state;
    connect(true);
    size_t n = n_tickets_waiting(), all = client->in_len;
    assert_true(n >= 1);
    SecBuffer b[4];
    uint8_t before[5];
    memcpy(before, client->in, 5);
    assert_int_equal(sspi_decrypt(client, b), SEC_I_RENEGOTIATE);
    assert_int_equal(b[1].BufferType, SECBUFFER_DATA);
    assert_int_equal(b[1].cbBuffer, 0);
    assert_int_equal(b[3].BufferType, SECBUFFER_EXTRA); /* rule 8 of section 0 */
    assert_ptr_equal(b[3].pvBuffer, client->in);
    assert_int_equal(b[3].cbBuffer, all);
    assert_int_equal(client->in[0], 22);
    assert_memory_equal(client->in + 1, before + 1, 4);
    assert_int_equal(client->in[5], 4); /* NewSessionTicket, in place */
    sspi_close(&pair);
}

/* How a caller answers SEC_I_RENEGOTIATE: with EXTRA; with NULL; with an empty token; with only the bytes
 * behind. */
static void design_5_4_the_marked_record_comes_back_to_isc(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        connect(true);
        assert_int_equal(sspi_send(server, client, "data", 4), SEC_E_OK);
        SecBuffer b[4];
        for (size_t n = n_tickets_waiting(); n > 1; n--) {
            size_t record = 5 + (size_t)(client->in[3] << 8 | client->in[4]), len = client->in_len;
            assert_int_equal(sspi_decrypt(client, b), SEC_I_RENEGOTIATE);
            if (how == 0) {
                assert_int_equal(sspi_call(client, client->in, len, SSPI_CAP), SEC_E_OK);
                assert_int_equal(client->extra, len - record);
            } else if (how == 1) {
                assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_OK);
            } else if (how == 2) {
                assert_int_equal(sspi_call(client, client->in, 0, SSPI_CAP), SEC_E_OK);
                assert_int_equal(client->extra, 0);
            } else {
                assert_int_equal(sspi_call(client, client->in + record, len - record, SSPI_CAP), SEC_E_OK);
                assert_int_equal(client->extra, len - record);
            }
            assert_int_equal(client->out_len, 0);
            memmove(client->in, client->in + record, client->in_len -= record);
        }
        assert_int_equal(sspi_decrypt(client, b), SEC_E_OK);
        assert_int_equal(b[1].cbBuffer, 4);
        client->in_len = 0;
        sspi_exchange(client, server, "still here");
        sspi_close(&pair);
    }
}

static void design_5_4_an_application_that_merely_loops(void **state)
{
    (void)state;
    connect(true);
    assert_int_equal(sspi_send(server, client, "data", 4), SEC_E_OK);
    SecBuffer b[4];
    int n_renegotiate = 0, n_empty = 0, n_data = 0;
    for (int i = 0; i < 20 && client->in_len > 0; i++) {
        SECURITY_STATUS status = sspi_decrypt(client, b);
        size_t left = b[3].BufferType == SECBUFFER_EXTRA ? b[3].cbBuffer : 0;
        n_renegotiate += status == SEC_I_RENEGOTIATE;
        n_empty += status == SEC_E_OK && b[1].cbBuffer == 0;
        n_data += status == SEC_E_OK && b[1].cbBuffer == 4;
        assert_true(status == SEC_E_OK || status == SEC_I_RENEGOTIATE);
        memmove(client->in, client->in + client->in_len - left, left);
        client->in_len = left;
    }
    assert_int_equal(client->in_len, 0);
    assert_int_equal(n_data, 1);
    assert_true(n_renegotiate >= 1);
    assert_int_equal(n_empty, n_renegotiate); /* each marked record was skipped */
    sspi_close(&pair);
}

static void design_5_4_a_plaintext_record_of_somebody_else(void **state)
{
    (void)state;
    connect(true);
    SecBuffer b[4];
    uint8_t marked[4096];
    size_t len = client->in_len;
    assert_int_equal(sspi_decrypt(client, b), SEC_I_RENEGOTIATE);
    memcpy(marked, client->in, len);
    size_t record = 5 + (size_t)(marked[3] << 8 | marked[4]);
    marked[record - 1] ^= 1; /* not our marker */
    memcpy(client->in, marked, len);
    assert_true(FAILED(sspi_decrypt(client, b)));
    assert_true(FAILED(sspi_call(client, NULL, 0, SSPI_CAP)));
    assert_int_equal(client->alert[1], 10); /* unexpected_message */
    sspi_close(&pair);
}

static void design_5_5_isc_gets_records_of_an_established_connection(void **state)
{
    (void)state;
    connect(true);
    /* Tickets act at once, and data behind them is left alone */
    size_t tickets_len = client->in_len;
    assert_true(tickets_len > 0);
    assert_int_equal(sspi_send(server, client, "data", 4), SEC_E_OK);
    size_t data_len = client->in_len - tickets_len;
    assert_int_equal(sspi_call(client, client->in, client->in_len, SSPI_CAP), SEC_E_OK);
    assert_int_equal(client->extra, data_len);
    memmove(client->in, client->in + tickets_len, client->in_len = data_len);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sspi_call(client, client->in, data_len, SSPI_CAP), SEC_E_OK);
        assert_int_equal(client->extra, data_len);
    }
    assert_int_equal(sspi_call(client, client->in, data_len - 1, SSPI_CAP), SEC_E_INCOMPLETE_MESSAGE);
    assert_int_equal(client->missing, 1);
    SecBuffer b[4];
    assert_int_equal(sspi_decrypt(client, b), SEC_E_OK);
    assert_int_equal(b[1].cbBuffer, 4);
    sspi_close(&pair);
}

/* --- the seam: key updates --- */

static void I24_design_5_7_a_key_update_goes_in_front_of_data(void **state)
{
    (void)state;
    connect(false);
    uint8_t data[2000], got[2000];
    size_t len;
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 3);
    static const size_t lens[] = {0, 1, 26, 27, 28, 100, 2000};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_OK); /* asks for re-keying */
        assert_int_equal(client->out_len, 0);                             /* nothing to send yet */
        assert_int_equal(sspi_send(client, server, data, lens[i]), SEC_E_OK);
        assert_int_equal(server->in_len, lens[i] + 5 + 17 + 27);
        /* The server meets the update first */
        SecBuffer b[4];
        assert_int_equal(sspi_decrypt(server, b), SEC_I_RENEGOTIATE);
        assert_int_equal(b[3].cbBuffer, server->in_len);
        assert_int_equal(sspi_turn(server, client), SEC_E_OK);
        assert_int_equal(server->out_len, 0); /* its answer waits for its next data */
        assert_int_equal(sspi_receive(server, client, got, sizeof got, &len), SEC_E_OK);
        assert_int_equal(len, lens[i]);
        assert_memory_equal(got, data, len);
        /* and goes out with it */
        assert_int_equal(sspi_send(server, client, "answer", 6), SEC_E_OK);
        assert_int_equal(client->in_len, 6 + 5 + 17 + 27);
        assert_int_equal(sspi_receive(client, server, got, sizeof got, &len), SEC_E_OK);
        assert_int_equal(len, 6);
    }
    sspi_close(&pair);
}

static void design_5_6_the_first_empty_call_after_renegotiate_acknowledges(void **state)
{
    (void)state;
    connect(true);
    SecBuffer b[4];
    assert_int_equal(sspi_decrypt(client, b), SEC_I_RENEGOTIATE);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_OK); /* only that */
    client->in_len = 0;
    assert_int_equal(sspi_send(client, server, "a", 1), SEC_E_OK);
    assert_int_equal(server->in_len, 1 + 5 + 17); /* no key update */
    server->in_len = 0;
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_OK); /* now it is re-authentication */
    assert_int_equal(sspi_send(client, server, "a", 1), SEC_E_OK);
    assert_int_equal(server->in_len, 1 + 5 + 17 + 27);
    sspi_close(&pair);
}

/* --- the seam: post-handshake authentication --- */

static void request_certificate(bool client_has_one)
{
    sspi_open(&pair, "p256");
    server->lifespan = 0xffffffff;
    server->roots = sspi_roots();
    server->cred_flags = SCH_CRED_AUTO_CRED_VALIDATION;
    if (client_has_one) client->cert = sspi_cert("client-p256");
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    server->req |= ASC_REQ_MUTUAL_AUTH;
    assert_int_equal(sspi_call(server, NULL, 0, SSPI_CAP), SEC_E_OK);
    assert_true(server->out_len > 0);
    memcpy(client->in, server->out, client->in_len = server->out_len);
}

static void expect_client_certificate(void)
{
    /* The client's answer meets the server's DecryptMessage, a record a call */
    uint8_t got[16];
    size_t len;
    for (int i = 0; i < 10 && server->in_len > 0; i++) {
        SECURITY_STATUS status = sspi_receive(server, client, got, sizeof got, &len);
        assert_true(status == SEC_E_OK || (status == SEC_E_INCOMPLETE_MESSAGE && server->in_len == 0));
    }
    PCCERT_CONTEXT peer = NULL;
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &peer), SEC_E_OK);
    CertFreeCertificateContext(peer);
    sspi_exchange(client, server, "ping");
    sspi_exchange(server, client, "pong");
}

static void I24_the_server_asks_later(void **state)
{
    (void)state;
    request_certificate(true);
    SecBuffer b[4];
    assert_int_equal(sspi_decrypt(client, b), SEC_I_RENEGOTIATE);
    assert_int_equal(sspi_turn(client, server), SEC_E_OK);
    assert_true(client->out_len > 0);
    assert_int_equal(client->in_len, 0);
    /* Behind the answer come data */
    assert_int_equal(sspi_send(client, server, "data", 4), SEC_E_OK);
    uint8_t got[16];
    size_t len = 0;
    for (int i = 0; i < 10 && len == 0; i++)
        assert_int_equal(sspi_receive(server, client, got, sizeof got, &len), SEC_E_OK);
    assert_memory_equal(got, "data", 4);
    expect_client_certificate();
    sspi_close(&pair);
}

static void I20_I24_the_server_asks_later_and_the_client_must_ask_its_user(void **state)
{
    (void)state;
    request_certificate(false);
    SecBuffer b[4];
    size_t len = client->in_len;
    assert_int_equal(sspi_decrypt(client, b), SEC_I_RENEGOTIATE);
    assert_int_equal(sspi_call(client, client->in, len, SSPI_CAP), SEC_I_INCOMPLETE_CREDENTIALS);
    CredHandle old = client->cred;
    client->cert = sspi_cert("client-p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    FreeCredentialsHandle(&old);
    assert_int_equal(sspi_call(client, client->in, len, SSPI_CAP), SEC_E_OK); /* the marked record again */
    assert_int_equal(client->extra, 0);
    client->in_len = 0;
    memcpy(server->in, client->out, server->in_len = client->out_len);
    expect_client_certificate();
    sspi_close(&pair);
}

static void design_5_4_a_stored_request_repeats(void **state)
{
    (void)state;
    request_certificate(true);
    SecBuffer b[4];
    int n = 0;
    SECURITY_STATUS status;
    while ((status = sspi_decrypt(client, b)) == SEC_I_RENEGOTIATE && n < 100) n++;
    assert_int_equal(n, 33); /* the first, and 32 repeats */
    assert_true(FAILED(status));
    sspi_close(&pair);
}

static void I24_the_client_did_not_offer_it(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    server->lifespan = 0xffffffff;
    client->alpn = server->alpn = "h2"; /* never with HTTP/2 */
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    server->req |= ASC_REQ_MUTUAL_AUTH;
    assert_int_equal(sspi_call(server, NULL, 0, SSPI_CAP), SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(server->alert_len, 0); /* the buffers say that nothing is to be sent */
    sspi_exchange(client, server, "no harm done");
    sspi_close(&pair);
}

/* --- the end --- */

static void section_4_shutdown_in_both_orders(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct sspi_end *first = order == 0 ? client : server, *second = order == 0 ? server : client;
        SecBuffer b[4];
        connect(false);
        assert_int_equal(sspi_shutdown(first, second), SEC_E_OK);
        assert_int_equal(sspi_send(first, second, "x", 1), SEC_E_CONTEXT_EXPIRED);
        /* One record for each token: nothing more comes */
        assert_int_equal(sspi_call(first, NULL, 0, SSPI_CAP), SEC_E_INCOMPLETE_MESSAGE);
        assert_int_equal(first->out_len, 0);
        assert_int_equal(sspi_decrypt(second, b), SEC_I_CONTEXT_EXPIRED);
        assert_int_equal(b[1].cbBuffer, 0);
        assert_int_equal(b[3].BufferType, SECBUFFER_EMPTY);
        assert_int_equal(sspi_decrypt(second, b), SEC_I_CONTEXT_EXPIRED); /* bytes behind it are ignored */
        second->in_len = 0;
        /* RFC 9846 6.1: the other direction stays open */
        uint8_t got[8];
        size_t len;
        assert_int_equal(sspi_send(second, first, "last", 4), SEC_E_OK);
        assert_int_equal(sspi_receive(first, second, got, sizeof got, &len), SEC_E_OK);
        assert_int_equal(len, 4);
        assert_int_equal(sspi_shutdown(second, first), SEC_E_OK);
        assert_int_equal(sspi_decrypt(first, b), SEC_I_CONTEXT_EXPIRED);
        sspi_close(&pair);
    }
}

static void section_4_shutdown_before_the_handshake(void **state)
{
    (void)state;
    /* Windows writes 03 01; RFC 9846 5.1 allows that in ClientHello only */
    static const uint8_t expected[] = {0x15, 3, 3, 0, 2, 1, 0};
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_shutdown(client, server), SEC_E_OK);
    assert_int_equal(client->out_len, sizeof expected);
    assert_memory_equal(client->out, expected, sizeof expected);
    sspi_close(&pair);
}

static void section_4_libgit2_passes_one_descriptor_twice(void **state)
{
    (void)state;
    connect(false);
    DWORD token = SCHANNEL_SHUTDOWN;
    SecBuffer control = {sizeof token, SECBUFFER_TOKEN, &token}, b = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc control_desc = {0, 1, &control}, desc = {0, 1, &b};
    ULONG attributes;
    assert_int_equal(ApplyControlToken(&client->ctx, &control_desc), SEC_E_OK);
    assert_int_equal(InitializeSecurityContextA(&client->cred, &client->ctx, client->target,
                                                client->req | ISC_REQ_ALLOCATE_MEMORY, 0, 0, &desc, 0, NULL,
                                                &desc, &attributes, NULL),
                     SEC_E_OK);
    assert_true(b.cbBuffer > 0);
    assert_int_equal(FreeContextBuffer(b.pvBuffer), SEC_E_OK);
    sspi_close(&pair);
}

static void section_6_an_alert_of_the_caller(void **state)
{
    (void)state;
    SCHANNEL_ALERT_TOKEN token = {SCHANNEL_ALERT, TLS1_ALERT_FATAL, TLS1_ALERT_BAD_CERTIFICATE};
    SecBuffer control = {sizeof token, SECBUFFER_TOKEN, &token};
    SecBufferDesc desc = {0, 1, &control};
    static const uint8_t expected[] = {0x15, 3, 3, 0, 2, 2, 42};
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_OK);
    assert_int_equal(client->out_len, sizeof expected);
    assert_memory_equal(client->out, expected, sizeof expected);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_CONTEXT_EXPIRED); /* that was the end */
    sspi_close(&pair);
    /* The peer of an established connection hears it */
    connect(false);
    SecBuffer b[4];
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_E_OK);
    memcpy(server->in, client->out, server->in_len = client->out_len);
    assert_int_equal(sspi_decrypt(server, b), SEC_E_ILLEGAL_MESSAGE);
    CulvertContext_Failure f;
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_CULVERT_FAILURE, &f), SEC_E_OK);
    assert_int_equal(f.ulAlert, 42);
    assert_int_equal(f.fReceived, 1);
    assert_string_equal(f.pszAlert, "bad_certificate");
    sspi_close(&pair);
}

static void section_6_control_tokens(void **state)
{
    (void)state;
    connect(false);
    DWORD token[3] = {SCHANNEL_SHUTDOWN, 0, 0};
    SecBuffer b[2] = {{4, SECBUFFER_TOKEN, token}, {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc desc = {0, 1, b};
    CtxtHandle bad = {12, 34};
    assert_int_equal(ApplyControlToken(NULL, &desc), SEC_E_INVALID_HANDLE);
    assert_int_equal(ApplyControlToken(&bad, &desc), SEC_E_INVALID_HANDLE);
    assert_int_equal(ApplyControlToken(&client->ctx, NULL), SEC_E_INTERNAL_ERROR);
    desc.cBuffers = 2;
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_INVALID_TOKEN);
    desc.cBuffers = 1;
    b[0].BufferType = SECBUFFER_ALERT;
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_INVALID_TOKEN);
    b[0].BufferType = SECBUFFER_DATA;
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_INVALID_TOKEN);
    b[0] = (SecBuffer){2, SECBUFFER_TOKEN, token};
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_UNSUPPORTED_FUNCTION);
    token[0] = SCHANNEL_ALERT;
    b[0].cbBuffer = 8;
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_INVALID_TOKEN);
    token[0] = 77;
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_UNSUPPORTED_FUNCTION);
    token[0] = SCHANNEL_SESSION;
    assert_int_equal(ApplyControlToken(&client->ctx, &desc),
                     SEC_E_INVALID_TOKEN); /* neither allows nor forbids */
    b[0].cbBuffer = 4;
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_INVALID_TOKEN);
    token[0] = SCHANNEL_SHUTDOWN;
    for (ULONG cb = 4; cb < 6; cb++) {
        b[0].cbBuffer = cb;
        assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_OK);
    }
    sspi_close(&pair);
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    token[0] = SCHANNEL_RENEGOTIATE; /* not before the handshake is over */
    b[0].cbBuffer = 4;
    assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_UNSUPPORTED_FUNCTION);
    sspi_close(&pair);
}

static bool resumed(void)
{
    SecPkgContext_SessionInfo info;
    assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_SESSION_INFO, &info), SEC_E_OK);
    return (info.dwFlags & SSL_SESSION_RECONNECT) != 0;
}

static void section_6_sessions_can_be_forbidden_for_a_context(void **state)
{
    (void)state;
    SCHANNEL_SESSION_TOKEN token = {SCHANNEL_SESSION, SSL_SESSION_DISABLE_RECONNECTS};
    SecBuffer b = {sizeof token, SECBUFFER_TOKEN, &token};
    SecBufferDesc desc = {0, 1, &b};
    static const bool forbid_late[] = {false, true};
    connect(true);
    for (size_t i = 0; i < 2; i++) {
        /* Before the tickets are read, and after */
        if (!forbid_late[i]) assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_OK);
        sspi_exchange(server, client, "tickets first");
        if (forbid_late[i]) assert_int_equal(ApplyControlToken(&client->ctx, &desc), SEC_E_OK);
        sspi_drop(&pair);
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        assert_false(resumed());
    }
    sspi_exchange(server, client, "tickets first"); /* this context was not forbidden */
    sspi_drop(&pair);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_true(resumed());
    sspi_close(&pair);
}

static void section_4_the_peer_closes_inside_the_handshake(void **state)
{
    (void)state;
    static const uint8_t close_notify[] = {0x15, 3, 3, 0, 2, 1, 0};
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_int_equal(sspi_call(client, NULL, 0, SSPI_CAP), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_call(client, close_notify, sizeof close_notify, SSPI_CAP), SEC_I_CONTEXT_EXPIRED);
    sspi_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(section_7_buffers, clean_up),
        cmocka_unit_test_teardown(section_7_before_the_handshake_is_over, clean_up),
        cmocka_unit_test_teardown(section_13_message_sizes, clean_up),
        cmocka_unit_test_teardown(section_8_slots, clean_up),
        cmocka_unit_test_teardown(section_8_wrong_shapes, clean_up),
        cmocka_unit_test_teardown(section_8_incomplete, clean_up),
        cmocka_unit_test_teardown(section_13_a_bad_tag_and_its_alert, clean_up),
        cmocka_unit_test_teardown(design_5_3_a_ticket_is_marked, clean_up),
        cmocka_unit_test_teardown(design_5_4_the_marked_record_comes_back_to_isc, clean_up),
        cmocka_unit_test_teardown(design_5_4_an_application_that_merely_loops, clean_up),
        cmocka_unit_test_teardown(design_5_4_a_plaintext_record_of_somebody_else, clean_up),
        cmocka_unit_test_teardown(design_5_5_isc_gets_records_of_an_established_connection, clean_up),
        cmocka_unit_test_teardown(I24_design_5_7_a_key_update_goes_in_front_of_data, clean_up),
        cmocka_unit_test_teardown(design_5_6_the_first_empty_call_after_renegotiate_acknowledges, clean_up),
        cmocka_unit_test_teardown(I24_the_server_asks_later, clean_up),
        cmocka_unit_test_teardown(I20_I24_the_server_asks_later_and_the_client_must_ask_its_user, clean_up),
        cmocka_unit_test_teardown(design_5_4_a_stored_request_repeats, clean_up),
        cmocka_unit_test_teardown(I24_the_client_did_not_offer_it, clean_up),
        cmocka_unit_test_teardown(section_4_shutdown_in_both_orders, clean_up),
        cmocka_unit_test_teardown(section_4_shutdown_before_the_handshake, clean_up),
        cmocka_unit_test_teardown(section_4_libgit2_passes_one_descriptor_twice, clean_up),
        cmocka_unit_test_teardown(section_6_an_alert_of_the_caller, clean_up),
        cmocka_unit_test_teardown(section_6_control_tokens, clean_up),
        cmocka_unit_test_teardown(section_6_sessions_can_be_forbidden_for_a_context, clean_up),
        cmocka_unit_test_teardown(section_4_the_peer_closes_inside_the_handshake, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
