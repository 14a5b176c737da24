/* Early data through SSPI: opting in on both sides, reading it, what became of it. */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct sspi_pair pair;

static int give_up(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

static void accept_early(ULONG max)
{
    CulvertCredential_EarlyData early = {.cbMax = max};
    assert_int_equal(SetCredentialsAttributesA(&pair.server.cred, SECPKG_ATTR_CULVERT_ACCEPT_EARLY_DATA,
                                               &early, sizeof early),
                     SEC_E_OK);
}

/* A pair of which the client has a session that allows so much. */
static void prepare(ULONG max)
{
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
    if (max > 0) accept_early(max);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_exchange(&pair.server, &pair.client, "behind the tickets");
    sspi_drop(&pair);
}

/* The client's first call, with early data. */
static void begin(const char *data)
{
    struct sspi_end *e = &pair.client;
    SecBuffer in[2] = {{0, SECBUFFER_EMPTY, NULL},
                       {(ULONG)strlen(data), CULVERT_BUFFER_EARLY_DATA, (void *)(uintptr_t)data}};
    SecBuffer out[1] = {{sizeof e->out, SECBUFFER_TOKEN, e->out}};
    SecBufferDesc in_desc = {SECBUFFER_VERSION, 2, in}, out_desc = {SECBUFFER_VERSION, 1, out};
    e->status = InitializeSecurityContextA(&e->cred, NULL, e->target, e->req, 0, 0, &in_desc, 0, &e->ctx,
                                           &out_desc, &e->attributes, &e->expiry);
    assert_int_equal(e->status, SEC_I_CONTINUE_NEEDED);
    e->has_ctx = true;
    memcpy(pair.server.in, e->out, out[0].cbBuffer);
    pair.server.in_len = out[0].cbBuffer;
}

static CulvertContext_EarlyData early_of(struct sspi_end *e)
{
    CulvertContext_EarlyData d;
    assert_int_equal(QueryContextAttributesA(&e->ctx, SECPKG_ATTR_CULVERT_EARLY_DATA, &d), SEC_E_OK);
    return d;
}

/* One DecryptMessage; what it leaves stays in e->in. */
static SECURITY_STATUS decrypt(struct sspi_end *e, char *data, size_t cap, ULONG *qop)
{
    SecBuffer b[4] = {{(ULONG)e->in_len, SECBUFFER_DATA, e->in}};
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    SECURITY_STATUS status = DecryptMessage(&e->ctx, &desc, 0, qop);
    if (status != SEC_E_OK && status != SEC_I_RENEGOTIATE) return status;
    size_t len = strlen(data), left = b[3].BufferType == SECBUFFER_EXTRA ? b[3].cbBuffer : 0;
    if (status == SEC_E_OK && b[1].cbBuffer > 0) {
        assert_in_range(len + b[1].cbBuffer, 0, cap - 1);
        memcpy(data + len, b[1].pvBuffer, b[1].cbBuffer);
        data[len + b[1].cbBuffer] = 0;
    }
    memmove(e->in, e->in + e->in_len - left, left);
    e->in_len = left;
    return status;
}

static void finish_handshake(void)
{
    struct sspi_end *c = &pair.client, *s = &pair.server;
    for (unsigned i = 0; i < 4 && c->status != SEC_E_OK; i++) {
        assert_true(sspi_turn(c, s) >= 0);
        if (s->status != SEC_E_OK) (void)sspi_turn(s, c);
    }
    assert_int_equal(c->status, SEC_E_OK);
}

/* As the contract says: read while MESSAGE_OK lasts; SEC_I_RENEGOTIATE leads back to ASC. */
static void early_data_is_read_and_flagged(void **state)
{
    (void)state;
    char data[128] = "";
    ULONG qop = 7;
    prepare(1000);
    begin("GET / HTTP/1.1");
    struct sspi_end *c = &pair.client, *s = &pair.server;
    assert_int_equal(early_of(c).ulStatus, CULVERT_EARLY_DATA_SENT);
    assert_int_equal(sspi_turn(s, c), SEC_I_CONTINUE_NEEDED_MESSAGE_OK);
    assert_int_not_equal(s->in_len, 0);
    assert_int_equal(early_of(s).fMore, 1);
    assert_int_equal(decrypt(s, data, sizeof data, &qop), SEC_E_OK); /* change_cipher_spec */
    assert_int_equal(qop, 0);
    assert_int_equal(decrypt(s, data, sizeof data, &qop), SEC_E_OK);
    assert_int_equal(qop, CULVERT_QOP_EARLY_DATA);
    assert_string_equal(data, "GET / HTTP/1.1");
    assert_int_equal(decrypt(s, data, sizeof data, &qop), SEC_E_INCOMPLETE_MESSAGE);
    assert_int_equal(sspi_turn(c, s), SEC_E_OK);
    assert_int_equal(early_of(c).ulStatus, CULVERT_EARLY_DATA_ACCEPTED);
    assert_int_equal(early_of(c).cbData, 14);
    assert_int_equal(decrypt(s, data, sizeof data, &qop), SEC_I_RENEGOTIATE); /* EndOfEarlyData */
    assert_int_equal(decrypt(s, data, sizeof data, &qop),
                     SEC_I_RENEGOTIATE); /* who merely loops hears it again */
    assert_int_equal(early_of(s).fMore, 0);
    assert_int_equal(sspi_turn(s, c), SEC_E_OK);
    assert_int_equal(early_of(s).ulStatus, CULVERT_EARLY_DATA_ACCEPTED);
    assert_int_equal(early_of(s).cbData, 14);
    sspi_exchange(c, s, "afterwards");
    sspi_exchange(s, c, "both ways");
    sspi_close(&pair);
}

/* The answer to early data leaves before the client's Finished has come. */
static void early_data_is_answered_at_once(void **state)
{
    (void)state;
    char data[128] = "", answer[] = "at once";
    BYTE room[64 + sizeof answer + 64];
    ULONG qop;
    SecPkgContext_StreamSizes sizes;
    prepare(1000);
    begin("question");
    struct sspi_end *c = &pair.client, *s = &pair.server;
    assert_int_equal(sspi_turn(s, c), SEC_I_CONTINUE_NEEDED_MESSAGE_OK);
    assert_int_equal(QueryContextAttributesA(&s->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes), SEC_E_OK);
    assert_in_range(sizes.cbHeader + sizes.cbTrailer, 1, sizeof room - sizeof answer);
    SecBuffer b[4] = {{sizes.cbHeader, SECBUFFER_STREAM_HEADER, room},
                      {sizeof answer, SECBUFFER_DATA, room + sizes.cbHeader},
                      {sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, room + sizes.cbHeader + sizeof answer},
                      {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    memcpy(b[1].pvBuffer, answer, sizeof answer);
    assert_int_equal(EncryptMessage(&s->ctx, 0, &desc, 0), SEC_E_OK);
    size_t len = b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer;

    /* with the server's flight, as it comes by the socket */
    assert_in_range(c->in_len + len, 1, sizeof c->in);
    memcpy(c->in + c->in_len, room, len);
    c->in_len += len;
    assert_int_equal(sspi_turn(c, s), SEC_E_OK);
    assert_int_equal(c->in_len, len);
    assert_int_equal(decrypt(c, data, sizeof data, &qop), SEC_E_OK);
    assert_string_equal(data, answer);

    data[0] = 0;
    while (decrypt(s, data, sizeof data, &qop) == SEC_E_OK) continue;
    assert_string_equal(data, "question");
    assert_int_equal(sspi_turn(s, c), SEC_E_OK);
    sspi_exchange(c, s, "afterwards");
    sspi_exchange(s, c, "both ways");
    sspi_close(&pair);
}

/* Without early data nothing is sent so soon. */
static void without_early_data_there_is_no_answer(void **state)
{
    (void)state;
    SecPkgContext_StreamSizes sizes;
    BYTE room[256] = {0};
    sspi_open(&pair, "p256");
    struct sspi_end *c = &pair.client, *s = &pair.server;
    assert_int_equal(sspi_acquire(c), SEC_E_OK);
    assert_int_equal(sspi_acquire(s), SEC_E_OK);
    assert_int_equal(sspi_turn(c, s), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(sspi_turn(s, c), SEC_I_CONTINUE_NEEDED);
    SecBuffer b[4] = {{64, SECBUFFER_STREAM_HEADER, room},
                      {4, SECBUFFER_DATA, room + 64},
                      {64, SECBUFFER_STREAM_TRAILER, room + 68},
                      {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc desc = {SECBUFFER_VERSION, 4, b};
    assert_int_equal(QueryContextAttributesA(&s->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes),
                     SEC_E_INVALID_HANDLE);
    assert_int_equal(EncryptMessage(&s->ctx, 0, &desc, 0), SEC_E_CONTEXT_EXPIRED);
    finish_handshake();
    sspi_close(&pair);
}

/* All that comes goes to ASC: it leaves early data to DecryptMessage, and takes the rest. */
static void asc_leaves_early_data(void **state)
{
    (void)state;
    char data[128] = "";
    ULONG qop;
    prepare(1000);
    begin("early");
    struct sspi_end *c = &pair.client, *s = &pair.server;
    assert_int_equal(sspi_turn(s, c), SEC_I_CONTINUE_NEEDED_MESSAGE_OK);
    for (unsigned i = 0; i < 3; i++) assert_int_equal(sspi_turn(s, c), SEC_I_CONTINUE_NEEDED_MESSAGE_OK);
    assert_int_equal(s->in_len, 5 + 5 + 1 + 16);
    assert_int_equal(decrypt(s, data, sizeof data, &qop), SEC_E_OK);
    assert_string_equal(data, "early");
    finish_handshake();
    assert_int_equal(s->status, SEC_E_OK);
    sspi_exchange(c, s, "afterwards");
    sspi_close(&pair);
}

/* Without the server's opting in no ticket allows any, and the client sends none. */
static void without_opting_in_there_is_none(void **state)
{
    (void)state;
    for (ULONG max = 0; max < 5; max += 4) {
        prepare(max);
        begin("early"); /* more than is allowed */
        assert_int_equal(early_of(&pair.client).ulStatus, CULVERT_EARLY_DATA_NONE);
        assert_int_equal(sspi_turn(&pair.server, &pair.client), SEC_I_CONTINUE_NEEDED);
        finish_handshake();
        sspi_exchange(&pair.client, &pair.server, "early");
        sspi_close(&pair);
    }
}

/* A recorded flight, played to the same server again. */
static void a_flight_counts_once(void **state)
{
    (void)state;
    uint8_t flight[4096];
    prepare(1000);
    begin("pay");
    struct sspi_end *c = &pair.client, *s = &pair.server;
    size_t len = s->in_len;
    assert_in_range(len, 1, sizeof flight);
    memcpy(flight, s->in, len);
    assert_int_equal(sspi_turn(s, c), SEC_I_CONTINUE_NEEDED_MESSAGE_OK);
    assert_int_equal(DeleteSecurityContext(&s->ctx), SEC_E_OK);
    s->has_ctx = false;
    memcpy(s->in, flight, len);
    s->in_len = len;
    c->in_len = 0;
    assert_int_equal(sspi_turn(s, c), SEC_I_CONTINUE_NEEDED);
    assert_int_equal(early_of(s).ulStatus, CULVERT_EARLY_DATA_NONE);
    /* The client hears that none of it arrived. */
    finish_handshake();
    assert_int_equal(early_of(c).ulStatus, CULVERT_EARLY_DATA_REJECTED);
    sspi_exchange(c, s, "pay");
    sspi_close(&pair);
}

/* A register of the application's. */
static struct {
    unsigned n_asked, delay;
    SECURITY_STATUS answer;
} strikes;

static SECURITY_STATUS use(void *ctx, void **op, const BYTE *id, LONGLONG created)
{
    static const BYTE zero[CULVERT_TICKET_ID];
    assert_ptr_equal(ctx, &strikes);
    assert_memory_not_equal(id, zero, sizeof zero);
    assert_true(created <= pair.port.now);
    if (strikes.n_asked++ < strikes.delay) {
        *op = &strikes;
        return SEC_I_ASYNC_CALL_PENDING;
    }
    return strikes.answer;
}

static void the_register_is_the_applications(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        CulvertCredential_EarlyData early = {.cbMax = 100, .pvContext = &strikes, .pfnUse = use};
        memset(&strikes, 0, sizeof strikes);
        strikes.delay = i / 2;
        strikes.answer = i % 2 ? SEC_E_LOGON_DENIED : SEC_E_OK;
        sspi_open(&pair, "p256");
        assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
        assert_int_equal(SetCredentialsAttributesA(&pair.server.cred, SECPKG_ATTR_CULVERT_ACCEPT_EARLY_DATA,
                                                   &early, sizeof early),
                         SEC_E_OK);
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        sspi_exchange(&pair.server, &pair.client, "behind the tickets");
        sspi_drop(&pair);
        begin("early");
        SECURITY_STATUS status = sspi_turn(&pair.server, &pair.client);
        if (i >= 2) {
            assert_int_equal(status, SEC_I_ASYNC_CALL_PENDING);
            status = sspi_turn(&pair.server, &pair.client);
        }
        assert_int_equal(status, i % 2 ? SEC_I_CONTINUE_NEEDED : SEC_I_CONTINUE_NEEDED_MESSAGE_OK);
        assert_int_equal(strikes.n_asked, strikes.delay + 1);
        sspi_close(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(early_data_is_read_and_flagged, give_up),
        cmocka_unit_test_teardown(early_data_is_answered_at_once, give_up),
        cmocka_unit_test_teardown(without_early_data_there_is_no_answer, give_up),
        cmocka_unit_test_teardown(asc_leaves_early_data, give_up),
        cmocka_unit_test_teardown(without_opting_in_there_is_none, give_up),
        cmocka_unit_test_teardown(a_flight_counts_once, give_up),
        cmocka_unit_test_teardown(the_register_is_the_applications, give_up),
    };
    return cmocka_run_group_tests_name("early data through SSPI", tests, NULL, NULL);
}
