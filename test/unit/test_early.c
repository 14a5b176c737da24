/* Early data, engine against engine: accepted, refused for every reason, replayed, too much of it. */
#include "tls/alert.h"
#include "tls/early.h"
#include "tls/replay.h"
#include "tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { MOST = 100000 };

static struct pair pair;
static struct cv_replay_notes *notes;
static struct cv_replay_register replay_register;
static uint8_t data[MOST], got[MOST];
static size_t got_len;

static void use_replay(size_t max)
{
    assert_int_equal(cv_replay_notes_new(&notes, &pair.server.port.port, max), CV_OK);
    cv_replay_register_in_notes(&replay_register, notes);
    pair.server.config.replay = &replay_register;
}

/* A pair with a session that allows early data. */
static void prepare(uint32_t max)
{
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7);
    pair_init(&pair, "p256");
    use_replay(64);
    pair.server.config.max_early_data = max;
    assert_int_equal(pair_connect(&pair), CV_OK);
    pair_close(&pair);
}

static void finish(void)
{
    pair_close(&pair);
    cv_replay_notes_free(notes);
    pair_free(&pair);
}

/* The server reads what it can of the client's output; what it consumes is dropped. */
static cv_err serve(void)
{
    struct cv_bytes out = cv_conn_output(pair.client.conn);
    static uint8_t wire[MOST + 8192];
    size_t at = 0, len = out.len;
    cv_err e = CV_OK;
    assert_in_range(len, 0, sizeof wire);
    if (len > 0) memcpy(wire, out.p, len);
    while (at < len && e == CV_OK) {
        struct cv_conn_info info;
        struct cv_opened opened;
        struct cv_step step = {.consumed = 0};
        size_t missing;
        cv_conn_info(pair.server.conn, &info);
        if (!info.reads_early) {
            e = cv_conn_step(pair.server.conn, cv_bytes(wire + at, len - at), &step);
            at += step.consumed;
            if (e == CV_OK && step.consumed == 0 && !info.reads_early) break;
            continue;
        }
        e = cv_conn_open(pair.server.conn, wire + at, len - at, &opened, &missing);
        if (e != CV_OK) break;
        if (opened.kind == CV_OPENED_DATA) {
            assert_true(opened.early);
            memcpy(got + got_len, wire + at + opened.offset, opened.len);
            got_len += opened.len;
        }
        at += opened.rec_len;
    }
    cv_conn_output_drop(pair.client.conn, at);
    return e;
}

/* A handshake whose client sends len bytes with its first flight. */
static cv_err connect_early(size_t len)
{
    struct cv_step step;
    got_len = 0;
    pair.client.params.early_data = cv_bytes(data, len);
    cv_err e = pair_new(&pair);
    pair.client.params.early_data = cv_bytes(NULL, 0);
    if (e == CV_OK) e = cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step);
    for (unsigned i = 0; i < 4 && e == CV_OK; i++) {
        e = serve();
        if (e == CV_OK) e = pair_move(&pair.server, &pair.client);
    }
    return e;
}

static void check(enum cv_early client, enum cv_early server, bool resumed)
{
    struct cv_conn_info c, s;
    cv_conn_info(pair.client.conn, &c);
    cv_conn_info(pair.server.conn, &s);
    assert_true(c.established);
    assert_true(s.established);
    assert_int_equal(c.early, client);
    assert_int_equal(s.early, server);
    assert_int_equal(c.resumed, resumed);
    assert_false(s.reads_early);
    pair_send(&pair.client, &pair.server, "from the client");
    pair_send(&pair.server, &pair.client, "from the server");
}

static void data_arrives_with_the_first_flight(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, 16384, 16385, 50000};
    prepare(60000);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct cv_conn_info info;
        assert_int_equal(connect_early(sizes[i]), CV_OK);
        check(CV_EARLY_ACCEPTED, CV_EARLY_ACCEPTED, true);
        assert_int_equal(got_len, sizes[i]);
        assert_memory_equal(got, data, got_len);
        cv_conn_info(pair.server.conn, &info);
        assert_int_equal(info.early_len, sizes[i]);
        cv_conn_info(pair.client.conn, &info);
        assert_int_equal(info.early_len, sizes[i]);
        pair_close(&pair);
    }
    finish();
}

/* Every suite and client certificates from before. */
/* The answer goes out behind the server's flight, before the client's Finished: 0.5-RTT. */
static void a_server_answers_at_once(void **state)
{
    (void)state;
    static const char answer[] = "so soon";
    static uint8_t wire[200];
    struct cv_stream_sizes sizes;
    struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
    struct cv_step step;
    size_t trailer_len = 64, missing;
    prepare(1000);
    got_len = 0;
    pair.client.params.early_data = cv_bytes(data, 100);
    assert_int_equal(pair_new(&pair), CV_OK);
    pair.client.params.early_data = cv_bytes(NULL, 0);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(serve(), CV_OK);
    assert_int_equal(got_len, 100);
    assert_false(pair.server.conn->established);

    cv_conn_stream_sizes(pair.server.conn, &sizes);
    uint8_t *body = wire + sizes.header;
    memcpy(body, answer, sizeof answer);
    /* behind the flight, not in front of it */
    assert_int_equal(
        cv_conn_seal(pair.server.conn, wire, body, sizeof answer, body + sizeof answer, &trailer_len),
        CV_E_UNSUPPORTED);
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    assert_int_equal(
        cv_conn_seal(pair.server.conn, wire, body, sizeof answer, body + sizeof answer, &trailer_len), CV_OK);
    assert_true(pair.client.conn->established);
    assert_int_equal(
        cv_conn_open(pair.client.conn, wire, sizes.header + sizeof answer + trailer_len, &opened, &missing),
        CV_OK);
    assert_int_equal(opened.kind, CV_OPENED_DATA);
    assert_memory_equal(wire + opened.offset, answer, sizeof answer);

    assert_int_equal(serve(), CV_OK); /* EndOfEarlyData and Finished */
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    check(CV_EARLY_ACCEPTED, CV_EARLY_ACCEPTED, true);
    finish();
}

/* Who took no early data says nothing so soon. */
static void a_server_without_early_data_waits(void **state)
{
    (void)state;
    uint8_t wire[200] = {0};
    struct cv_step step;
    size_t trailer_len = 64;
    prepare(0);
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(pair_move(&pair.client, &pair.server), CV_OK);
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    assert_false(pair.server.conn->established);
    assert_int_equal(cv_conn_seal(pair.server.conn, wire, wire + 5, 7, wire + 12, &trailer_len),
                     CV_E_UNSUPPORTED);
    finish();
}

static void with_every_suite(void **state)
{
    (void)state;
    for (size_t suite = 0; suite < 5; suite++) {
        pair_init(&pair, "p256");
        pair_client_identity(&pair, "p256");
        use_replay(8);
        pair.server.params.client_auth = CV_AUTH_REQUIRE;
        pair.server.config.max_early_data = 1000;
        pair.client.config.suites += suite;
        pair.client.config.n_suites = 1;
        assert_int_equal(pair_connect(&pair), CV_OK);
        pair_close(&pair);
        assert_int_equal(connect_early(1000), CV_OK);
        check(CV_EARLY_ACCEPTED, CV_EARLY_ACCEPTED, true);
        assert_int_equal(got_len, 1000);
        finish();
    }
}

/* Whatever is wrong with it, the handshake goes on, and the client learns that it must send again. */
enum reason { RETRY, SUITE, ALPN, OFF, NO_REGISTER, LATE, EARLY, NO_ROOM, NOT_RESUMED, N_REASONS };

static cv_err no_answer(void *ctx, void **op, const uint8_t id[CV_REPLAY_ID_LEN], int64_t created)
{
    (void)ctx;
    (void)op;
    (void)id;
    (void)created;
    return CV_E_BAD_PSK;
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const struct cv_replay_register nobody = {NULL, no_answer, NULL};
    for (unsigned reason = 0; reason < N_REASONS; reason++) {
        struct cv_suite suites[2];
        prepare(20000);
        struct cv_config *s = &pair.server.config;
        switch (reason) {
        case RETRY:
            s->groups += 1;
            s->n_groups = 1;
            break;
        case SUITE: /* another with the same hash */
            suites[0] = *cv_config_suite(s, CV_TLS_CHACHA20_POLY1305_SHA256);
            s->suites = suites;
            s->n_suites = 1;
            break;
        case ALPN: /* the client asks for what it had, none; the session says something else */
            pair.client.params.alpn = pair.server.params.alpn = cv_bytes((const uint8_t *)"\x02h3", 3);
            assert_int_equal(pair_connect(&pair), CV_OK);
            pair_close(&pair);
            pair.client.params.alpn = cv_bytes((const uint8_t *)"\x02h3\x02h2", 6);
            pair.server.params.alpn = cv_bytes((const uint8_t *)"\x02h2", 3);
            break;
        case OFF:
            s->max_early_data = 0;
            break;
        case NO_REGISTER:
            s->replay = NULL;
            break;
        case LATE:
            test_port_advance(&pair.server.port, 12);
            break;
        case EARLY:
            test_port_advance(&pair.client.port, 12);
            break;
        case NO_ROOM:
            s->replay = &nobody;
            break;
        default:
            pair.server.params.policy[0] ^= 1;
            break;
        }
        assert_int_equal(connect_early(20000), CV_OK);
        check(CV_EARLY_REJECTED, CV_EARLY_NONE, reason != NOT_RESUMED);
        assert_int_equal(got_len, 0);
        finish();
    }
}

static void what_may_not_be_sent_is_not(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        prepare(i == 0 ? 99 : i == 4 ? 0 : 1000);
        if (i == 1) pair.client.params.resume = false;
        if (i == 2) pair.client.params.alpn = cv_bytes((const uint8_t *)"\x02h2", 3);
        if (i == 3) { /* not the session's suite, but its hash */
            pair.client.config.suites = cv_config_suite(&pair.client.config, CV_TLS_CHACHA20_POLY1305_SHA256);
            pair.client.config.n_suites = 1;
        }
        assert_int_equal(connect_early(100), CV_OK);
        check(CV_EARLY_NONE, CV_EARLY_NONE, i != 1);
        assert_int_equal(got_len, 0);
        finish();
    }
}

/* Somebody plays a recorded first flight again: to the same server, and to one that was started anew with the
 * same keys. RFC 9846 8. */
static void a_flight_is_taken_once(void **state)
{
    (void)state;
    static uint8_t flight[4096];
    struct cv_step step;
    struct cv_conn_info info;
    prepare(1000);
    pair.client.params.early_data = cv_bytes(data, 100);
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    struct cv_bytes out = cv_conn_output(pair.client.conn);
    assert_in_range(out.len, 200, sizeof flight);
    memcpy(flight, out.p, out.len);
    size_t flight_len = out.len;
    for (unsigned i = 0; i < 4; i++) {
        struct cv_conn *server;
        if (i == 2) { /* the register was lost: tickets from before it are not believed for a while */
            cv_replay_notes_free(notes);
            use_replay(64);
        }
        if (i == 3) test_port_advance(&pair.server.port, CV_REPLAY_WINDOW + 1); /* and then it is stale */
        assert_int_equal(cv_conn_new(&server, &pair.server.config, &pair.server.params), CV_OK);
        assert_int_equal(cv_conn_step(server, cv_bytes(flight, flight_len), &step), CV_OK);
        cv_conn_info(server, &info);
        assert_int_equal(info.early, i == 0 ? CV_EARLY_ACCEPTED : CV_EARLY_NONE);
        assert_int_equal(info.reads_early, i == 0);
        assert_true(info.resumed);
        cv_conn_free(server);
        if (i == 1) test_port_advance(&pair.server.port, 3);
    }
    finish();
}

/* The client of a session that promises more than the server's ticket. */
static void promise_more(void)
{
    struct cv_session *s = cv_session_cache_take(pair.client.config.sessions, pair.client.params.session_key);
    assert_non_null(s);
    s->max_early_data = MOST;
    cv_session_cache_put(pair.client.config.sessions, pair.client.params.session_key, s);
}

static void too_much_is_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct cv_conn_info info;
        prepare(100);
        promise_more();
        assert_int_equal(connect_early(100 + i), i == 0 ? CV_OK : CV_E_UNEXPECTED_MESSAGE);
        cv_conn_info(pair.server.conn, &info);
        if (i == 1) assert_int_equal(info.alert_sent, CV_ALERT_UNEXPECTED_MESSAGE);
        finish();
    }
    /* And of what is passed over, no more than the bound. */
    prepare(100);
    promise_more();
    pair.server.config.max_early_data = 0;
    pair.server.config.max_early_data_skip = 1000;
    assert_int_equal(connect_early(2000), CV_E_BAD_RECORD_MAC);
    finish();
}

/* RFC 9846 4.3.10: once it is accepted, nothing is passed over. */
static void what_was_altered_is_an_error(void **state)
{
    (void)state;
    struct cv_step step;
    struct cv_opened opened;
    uint8_t wire[4096];
    size_t missing;
    prepare(1000);
    pair.client.params.early_data = cv_bytes(data, 100);
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    struct cv_bytes out = cv_conn_output(pair.client.conn);
    memcpy(wire, out.p, out.len);
    size_t len = out.len;
    wire[len - 1] ^= 1;
    assert_int_equal(cv_conn_step(pair.server.conn, cv_bytes(wire, len), &step), CV_OK);
    size_t at = step.consumed;
    assert_int_equal(cv_conn_open(pair.server.conn, wire + at, len - at, &opened, &missing), CV_OK); /* CCS */
    assert_int_equal(opened.kind, CV_OPENED_NOTHING);
    at += opened.rec_len;
    assert_int_equal(cv_conn_open(pair.server.conn, wire + at, len - at, &opened, &missing),
                     CV_E_BAD_RECORD_MAC);
    finish();
}

/* Who calls cv_conn_step with early data is told that there is some: nothing is consumed, nothing lost. */
static void steps_leave_it_to_open(void **state)
{
    (void)state;
    struct cv_step step;
    prepare(1000);
    pair.client.params.early_data = cv_bytes(data, 100);
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    struct cv_bytes out = cv_conn_output(pair.client.conn);
    assert_int_equal(cv_conn_step(pair.server.conn, out, &step), CV_OK);
    size_t at = step.consumed;
    assert_memory_equal(out.p + at, "\x14\3\3\0\1\1\x17\3\3",
                        9); /* RFC 9846 5.1: no TLS 1.0 behind the hello */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(cv_conn_step(pair.server.conn, cv_bytes(out.p + at, out.len - at), &step), CV_OK);
        at += step.consumed; /* change_cipher_spec, then nothing */
    }
    assert_int_equal(out.len - at, 5 + 100 + 1 + 16);
    cv_conn_output_drop(pair.client.conn, at);
    got_len = 0;
    assert_int_equal(serve(), CV_OK);
    assert_int_equal(got_len, 100);
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    assert_int_equal(serve(), CV_OK);
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    check(CV_EARLY_ACCEPTED, CV_EARLY_ACCEPTED, true);
    finish();
}

/* RFC 9846 E.3: a server that knew TLS 1.3 when it gave the ticket has no business to answer with less. */
static void an_older_answer_is_refused(void **state)
{
    (void)state;
    prepare(1000);
    pair.client.config.min_version = pair.server.config.min_version = CV_TLS12;
    pair.server.config.max_version = CV_TLS12;
    assert_int_not_equal(connect_early(100), CV_OK); /* the server cannot read it */
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_E_NO_COMMON_VERSION);
    finish();
}

/* A register that takes its time. */
static unsigned n_delays;
static cv_err use_later(void *ctx, void **op, const uint8_t id[CV_REPLAY_ID_LEN], int64_t created)
{
    if (n_delays++ < 3) {
        *op = &n_delays;
        return CV_WANT_SESSION;
    }
    assert_ptr_equal(*op, &n_delays);
    return replay_register.use(ctx, op, id, created);
}

static void the_register_may_answer_later(void **state)
{
    (void)state;
    struct cv_step step;
    prepare(1000);
    struct cv_replay_register slow = {notes, use_later, NULL};
    pair.server.config.replay = &slow;
    n_delays = 0;
    assert_int_equal(connect_early(100), CV_WANT_SESSION);
    assert_int_equal(cv_conn_step(pair.server.conn, cv_bytes(NULL, 0), &step), CV_WANT_SESSION);
    assert_int_equal(cv_conn_step(pair.server.conn, cv_bytes(NULL, 0), &step), CV_WANT_SESSION);
    assert_int_equal(cv_conn_step(pair.server.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(serve(), CV_OK);
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    assert_int_equal(serve(), CV_OK);
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    check(CV_EARLY_ACCEPTED, CV_EARLY_ACCEPTED, true);
    assert_int_equal(got_len, 100);
    finish();
}

static void every_allocation_fails(void **state)
{
    (void)state;
    size_t n_failed = 0;
    for (unsigned side = 0; side < 4; side++) {
        for (size_t n = 1;; n++) {
            prepare(1000);
            if (side >= 2) { /* retried: it is refused */
                pair.server.config.groups += 1;
                pair.server.config.n_groups = 1;
            }
            struct test_port *port = side % 2 ? &pair.server.port : &pair.client.port;
            test_port_fail_at(port, n);
            size_t fail_at = port->fail_at;
            cv_err e = connect_early(1000);
            bool reached = port->n_allocs >= fail_at;
            test_port_fail_at(port, 0);
            if (e != CV_OK) assert_true(e == CV_E_NO_MEMORY || e == CV_E_PEER_ALERT);
            if (!reached) assert_int_equal(e, CV_OK);
            n_failed += e != CV_OK;
            finish();
            if (!reached) break;
        }
    }
    print_message("%zu allocations failed\n", n_failed);
    assert_in_range(n_failed, 50, 1000);
}

/* --- the register --- */

static cv_err use(uint32_t i, int64_t created)
{
    uint8_t id[CV_REPLAY_ID_LEN] = {(uint8_t)(i >> 8), (uint8_t)i};
    void *op = NULL;
    return replay_register.use(replay_register.ctx, &op, id, created);
}

/* Bounded, and closed when it is full: never is something forgotten within the window. */
static void the_register_is_bounded(void **state)
{
    (void)state;
    pair_init(&pair, "p256");
    struct test_port *port = &pair.server.port;
    use_replay(8);
    int64_t now = port->now;
    assert_int_equal(use(1, now - 1), CV_E_BAD_PSK); /* older than the register */
    for (uint32_t i = 0; i < 8; i++) assert_int_equal(use(i, now), CV_OK);
    for (uint32_t i = 0; i < 9; i++) assert_int_equal(use(i, now), CV_E_BAD_PSK);
    test_port_advance(port, CV_REPLAY_WINDOW - 1);
    assert_int_equal(use(8, now), CV_E_BAD_PSK);
    assert_int_equal(use(9, now - 1), CV_E_BAD_PSK);
    test_port_advance(port, 1);
    assert_int_equal(use(0, now), CV_E_BAD_PSK); /* known for as long as there is room */
    assert_int_equal(use(8, now - 1), CV_OK);    /* takes the place of one */
    assert_int_equal(use(8, now), CV_E_BAD_PSK);
    for (uint32_t i = 10; i < 17; i++) assert_int_equal(use(i, now), CV_OK);
    assert_int_equal(use(17, now), CV_E_BAD_PSK);
    port->now -= 3600; /* the clock is set back: nothing is forgotten */
    assert_int_equal(use(17, now), CV_E_BAD_PSK);
    assert_int_equal(use(10, now), CV_E_BAD_PSK);
    cv_replay_notes_free(notes);
    for (size_t n = 1; n <= 3; n++) {
        test_port_fail_at(port, n);
        assert_int_equal(cv_replay_notes_new(&notes, &port->port, 8), CV_E_NO_MEMORY);
        test_port_fail_at(port, 0);
    }
    pair_free(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_arrives_with_the_first_flight),
        cmocka_unit_test(a_server_answers_at_once),
        cmocka_unit_test(a_server_without_early_data_waits),
        cmocka_unit_test(with_every_suite),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(what_may_not_be_sent_is_not),
        cmocka_unit_test(a_flight_is_taken_once),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(what_was_altered_is_an_error),
        cmocka_unit_test(steps_leave_it_to_open),
        cmocka_unit_test(an_older_answer_is_refused),
        cmocka_unit_test(the_register_may_answer_later),
        cmocka_unit_test(every_allocation_fails),
        cmocka_unit_test(the_register_is_bounded),
    };
    return cmocka_run_group_tests_name("early data", tests, NULL, NULL);
}
