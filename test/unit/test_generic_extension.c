/* Extensions of the application's own: both roles, both versions, and what breaks their rules. */
#include "tls/generic_extension.h"
#include "tls/state.h"
#include "tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { TYPE = 57 /* quic_transport_parameters */, OTHER = 0xfe01, SERVER_NAME = 0 };

static struct pair pair;

static int set_up(void **state)
{
    (void)state;
    pair_init(&pair, "p256");
    pair.client.config.generic = pair.server.config.generic = &cv_generic_extensions;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pair_free(&pair);
    return 0;
}

static struct cv_bytes text(const char *s)
{
    return cv_bytes((const uint8_t *)s, strlen(s));
}

static cv_err want_to_send(struct side *side, uint16_t type, uint16_t msg, const char *body)
{
    struct cv_generic_wishes w = {.sent = {{type, msg, text(body)}}, .n_sent = 1};
    return cv_generic_want(side->conn, &w);
}

static cv_err subscribe(struct side *side, uint16_t type, uint16_t msg)
{
    struct cv_generic_wishes w = {.subscribed = {{type, msg, {NULL, 0}}}, .n_subscribed = 1};
    return cv_generic_want(side->conn, &w);
}

/* One call with what the other side has sent. */
static cv_err step(struct side *side, struct side *peer)
{
    struct cv_step s;
    struct cv_bytes in = cv_conn_output(peer->conn);
    cv_err e = cv_conn_step(side->conn, in, &s);
    cv_conn_output_drop(peer->conn, s.consumed);
    return e;
}

static void assert_shown(const struct side *side, uint16_t type, const char *body)
{
    struct cv_bytes shown = cv_generic_received(side->conn), rest;
    uint16_t got;
    assert_int_equal(cv_read_u16(&shown, &got), CV_OK);
    assert_int_equal(got, type);
    assert_int_equal(cv_read_vec16(&shown, &rest), CV_OK);
    assert_int_equal(shown.len, 0);
    assert_true(cv_bytes_equal(rest, text(body)));
}

/* The rest of a handshake. */
static cv_err run(void)
{
    for (unsigned i = 0; i < 8; i++) {
        cv_err e = step(&pair.server, &pair.client);
        if (e == CV_OK || e == CV_WANT_INPUT) e = step(&pair.client, &pair.server);
        if (e != CV_OK && e != CV_WANT_INPUT) return e;
        if (pair.client.conn->established && pair.server.conn->established) return CV_OK;
    }
    return CV_WANT_INPUT;
}

static void use_version(uint16_t version)
{
    pair.client.config.min_version = pair.client.config.max_version = version;
    pair.server.config.min_version = CV_TLS12;
}

/* The server would answer in either version. */
static void new_pair_with_answers(uint16_t version)
{
    use_version(version);
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(want_to_send(&pair.server, TYPE, CV_MSG_ENCRYPTED_EXTENSIONS, "y"), CV_OK);
    assert_int_equal(want_to_send(&pair.server, TYPE, CV_MSG_SERVER_HELLO, "y"), CV_OK);
}

/* Client sends and is answered; each side sees the other's, and the server answers when it has seen it. */
static void both_ways(uint16_t version, uint16_t answer)
{
    use_version(version);
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(want_to_send(&pair.client, TYPE, CV_MSG_CLIENT_HELLO, "from the client"), CV_OK);
    assert_int_equal(subscribe(&pair.client, TYPE, answer), CV_OK);
    assert_int_equal(subscribe(&pair.server, TYPE, CV_MSG_CLIENT_HELLO), CV_OK);
    assert_int_equal(step(&pair.client, &pair.server), CV_OK);
    assert_int_equal(step(&pair.server, &pair.client), CV_WANT_EXTENSION);
    assert_shown(&pair.server, TYPE, "from the client");
    assert_int_equal(cv_conn_output(pair.server.conn).len, 0);
    assert_int_equal(want_to_send(&pair.server, TYPE, CV_MSG_ENCRYPTED_EXTENSIONS, "answer 13"), CV_OK);
    assert_int_equal(want_to_send(&pair.server, TYPE, CV_MSG_SERVER_HELLO, "answer 12"), CV_OK);
    assert_int_equal(step(&pair.server, &pair.client), CV_OK);
    assert_int_equal(cv_generic_received(pair.server.conn).len, 0);
    assert_int_equal(step(&pair.client, &pair.server), CV_WANT_EXTENSION);
    assert_shown(&pair.client, TYPE, version == CV_TLS13 ? "answer 13" : "answer 12");
    assert_int_equal(step(&pair.client, &pair.server), CV_OK);
    assert_int_equal(run(), CV_OK);
    pair_send(&pair.client, &pair.server, "data");
    pair_send(&pair.server, &pair.client, "data back");
    assert_int_equal(cv_generic_received(pair.client.conn).len, 0);
    assert_int_equal(subscribe(&pair.client, OTHER, answer), CV_OK); /* too late for any effect */
    pair_close(&pair);
}

static void tls13(void **state)
{
    (void)state;
    both_ways(CV_TLS13, CV_MSG_ENCRYPTED_EXTENSIONS);
    both_ways(CV_TLS13, CV_MSG_ENCRYPTED_EXTENSIONS); /* resumed */
}

static void tls12(void **state)
{
    (void)state;
    both_ways(CV_TLS12, CV_MSG_SERVER_HELLO);
    both_ways(CV_TLS12, CV_MSG_SERVER_HELLO); /* resumed */
}

static void nobody_subscribed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        new_pair_with_answers(i == 0 ? CV_TLS13 : CV_TLS12);
        assert_int_equal(want_to_send(&pair.client, TYPE, CV_MSG_CLIENT_HELLO, "x"), CV_OK);
        assert_int_equal(run(), CV_OK);
        pair_close(&pair);
    }
}

static void two_of_them_in_one_message(void **state)
{
    (void)state;
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(want_to_send(&pair.client, TYPE, CV_MSG_CLIENT_HELLO, "one"), CV_OK);
    assert_int_equal(want_to_send(&pair.client, OTHER, CV_MSG_CLIENT_HELLO, ""), CV_OK);
    assert_int_equal(subscribe(&pair.server, OTHER, CV_MSG_CLIENT_HELLO), CV_OK);
    assert_int_equal(subscribe(&pair.server, TYPE, CV_MSG_CLIENT_HELLO), CV_OK);
    assert_int_equal(step(&pair.client, &pair.server), CV_OK);
    assert_int_equal(step(&pair.server, &pair.client), CV_WANT_EXTENSION);
    assert_shown(&pair.server, TYPE, "one");
    assert_int_equal(step(&pair.server, &pair.client), CV_WANT_EXTENSION);
    assert_shown(&pair.server, OTHER, "");
    assert_int_equal(step(&pair.server, &pair.client), CV_OK);
    assert_int_equal(run(), CV_OK);
    pair_close(&pair);
}

/* A server answers nothing that its client did not send. */
static void no_answer_without_question(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        new_pair_with_answers(i == 0 ? CV_TLS13 : CV_TLS12);
        assert_int_equal(subscribe(&pair.client, TYPE, CV_MSG_ENCRYPTED_EXTENSIONS), CV_OK);
        assert_int_equal(subscribe(&pair.client, TYPE, CV_MSG_SERVER_HELLO), CV_OK);
        assert_int_equal(run(), CV_OK);
        pair_close(&pair);
    }
}

/* And one that does is refused: its hello seems to have had the extension. */
static void an_answer_unasked_for(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        new_pair_with_answers(i == 0 ? CV_TLS13 : CV_TLS12);
        assert_int_equal(want_to_send(&pair.client, OTHER, CV_MSG_CLIENT_HELLO, "1234"), CV_OK);
        assert_int_equal(step(&pair.client, &pair.server), CV_OK);
        /* on its way the client's extension becomes another */
        struct cv_bytes hello = cv_conn_output(pair.client.conn);
        const uint8_t was[] = {OTHER >> 8, OTHER & 0xff, 0, 4, '1', '2', '3', '4'};
        uint8_t changed[2048];
        size_t at = 0;
        assert_in_range(hello.len, sizeof was, sizeof changed);
        memcpy(changed, hello.p, hello.len);
        while (memcmp(changed + at, was, sizeof was) != 0) assert_in_range(++at, 1, hello.len - sizeof was);
        changed[at] = TYPE >> 8;
        changed[at + 1] = TYPE & 0xff;
        struct cv_step s;
        assert_int_equal(cv_conn_step(pair.server.conn, cv_bytes(changed, hello.len), &s), CV_OK);
        cv_conn_output_drop(pair.client.conn, hello.len);
        cv_err e = step(&pair.client, &pair.server);
        /* in TLS 1.3 the keys do not fit either, for the transcripts differ */
        assert_int_equal(e, i == 0 ? CV_E_BAD_RECORD_MAC : CV_E_UNSOLICITED_EXTENSION);
        pair_close(&pair);
    }
}

/* A client whose hello asks for nothing refuses any answer; one that asked for another, too. */
static void answers_read_by_the_parser(void **state)
{
    (void)state;
    static const uint8_t block[] = {0, 5, 0, TYPE, 0, 1, 'y'};
    struct cv_encrypted_extensions ee;
    assert_int_equal(cv_encrypted_extensions_parse(&ee, cv_bytes(block, sizeof block), 0),
                     CV_E_UNSOLICITED_EXTENSION);
    assert_int_equal(cv_encrypted_extensions_parse(&ee, cv_bytes(block, sizeof block), CV_EXT_ASKED_OTHERS),
                     CV_OK);
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(want_to_send(&pair.client, OTHER, CV_MSG_CLIENT_HELLO, ""), CV_OK);
    assert_int_equal(cv_generic_take(pair.client.conn, ee.ext.block, CV_MSG_ENCRYPTED_EXTENSIONS),
                     CV_E_UNSOLICITED_EXTENSION);
    assert_int_equal(want_to_send(&pair.client, TYPE, CV_MSG_CLIENT_HELLO, ""), CV_OK);
    assert_int_equal(cv_generic_take(pair.client.conn, ee.ext.block, CV_MSG_ENCRYPTED_EXTENSIONS), CV_OK);
    static const uint8_t twice[] = {0, 8, 0, TYPE, 0, 0, 0, TYPE, 0, 0};
    assert_int_equal(cv_encrypted_extensions_parse(&ee, cv_bytes(twice, sizeof twice), CV_EXT_ASKED_OTHERS),
                     CV_E_DUPLICATE_EXTENSION);
    pair_close(&pair);
}

/* HelloRetryRequest: the second hello has it again, it is shown once, and later wishes do not change it. */
static void retry(void **state)
{
    (void)state;
    pair.server.config.groups++; /* not what the client has a share for */
    pair.server.config.n_groups--;
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(want_to_send(&pair.client, TYPE, CV_MSG_CLIENT_HELLO, "once"), CV_OK);
    assert_int_equal(subscribe(&pair.server, TYPE, CV_MSG_CLIENT_HELLO), CV_OK);
    assert_int_equal(step(&pair.client, &pair.server), CV_OK);
    assert_int_equal(step(&pair.server, &pair.client), CV_WANT_EXTENSION);
    assert_int_equal(step(&pair.server, &pair.client), CV_OK);
    assert_int_equal(want_to_send(&pair.client, TYPE, CV_MSG_CLIENT_HELLO, "changed"), CV_OK);
    assert_int_equal(want_to_send(&pair.client, OTHER, CV_MSG_CLIENT_HELLO, "more"), CV_OK);
    assert_int_equal(want_to_send(&pair.server, TYPE, CV_MSG_ENCRYPTED_EXTENSIONS, "answer"), CV_OK);
    assert_int_equal(subscribe(&pair.client, TYPE, CV_MSG_ENCRYPTED_EXTENSIONS), CV_OK);
    assert_int_equal(step(&pair.client, &pair.server), CV_OK);
    assert_true(pair.client.conn->retried);
    assert_int_equal(step(&pair.server, &pair.client), CV_OK);
    assert_int_equal(step(&pair.client, &pair.server), CV_WANT_EXTENSION);
    assert_shown(&pair.client, TYPE, "answer");
    assert_int_equal(run(), CV_OK);
    pair_close(&pair);
}

static void a_retry_with_another(void **state)
{
    (void)state;
    pair.server.config.groups++;
    pair.server.config.n_groups--;
    assert_int_equal(pair_new(&pair), CV_OK);
    assert_int_equal(want_to_send(&pair.client, TYPE, CV_MSG_CLIENT_HELLO, "once"), CV_OK);
    assert_int_equal(subscribe(&pair.server, TYPE, CV_MSG_CLIENT_HELLO), CV_OK);
    assert_int_equal(step(&pair.client, &pair.server), CV_OK);
    assert_int_equal(step(&pair.server, &pair.client), CV_WANT_EXTENSION);
    assert_int_equal(step(&pair.server, &pair.client), CV_OK);
    pair.client.conn->state = CV_CS_START; /* as if it were not too late */
    assert_int_equal(want_to_send(&pair.client, TYPE, CV_MSG_CLIENT_HELLO, "twice"), CV_OK);
    pair.client.conn->state = CV_CS_WAIT_SERVER_HELLO;
    assert_int_equal(step(&pair.client, &pair.server), CV_OK);
    assert_int_equal(step(&pair.server, &pair.client), CV_E_BAD_RETRY);
    pair_close(&pair);
}

static void wishes_that_are_refused(void **state)
{
    (void)state;
    static const uint8_t large[CV_GENERIC_BODY_MAX + 1];
    struct cv_generic_wishes w = {.n_sent = 1};
    assert_int_equal(pair_new(&pair), CV_OK);
    /* the engine's own, those of RFC 8701, and messages that have none of this role's */
    assert_int_equal(want_to_send(&pair.client, SERVER_NAME, CV_MSG_CLIENT_HELLO, ""), CV_E_INVALID_ARGUMENT);
    assert_int_equal(want_to_send(&pair.client, 0xff01, CV_MSG_CLIENT_HELLO, ""), CV_E_INVALID_ARGUMENT);
    assert_int_equal(want_to_send(&pair.client, 0x3a3a, CV_MSG_CLIENT_HELLO, ""), CV_E_INVALID_ARGUMENT);
    assert_int_equal(want_to_send(&pair.client, TYPE, CV_MSG_SERVER_HELLO, ""), CV_E_INVALID_ARGUMENT);
    assert_int_equal(want_to_send(&pair.client, TYPE, 0x100 | CV_MSG_CLIENT_HELLO, ""),
                     CV_E_INVALID_ARGUMENT);
    assert_int_equal(want_to_send(&pair.server, TYPE, CV_MSG_CLIENT_HELLO, ""), CV_E_INVALID_ARGUMENT);
    assert_int_equal(want_to_send(&pair.server, TYPE, CV_MSG_CERTIFICATE, ""), CV_E_INVALID_ARGUMENT);
    assert_int_equal(subscribe(&pair.client, TYPE, CV_MSG_CLIENT_HELLO), CV_E_INVALID_ARGUMENT);
    assert_int_equal(subscribe(&pair.server, TYPE, CV_MSG_ENCRYPTED_EXTENSIONS), CV_E_INVALID_ARGUMENT);
    assert_int_equal(subscribe(&pair.server, SERVER_NAME, CV_MSG_CLIENT_HELLO), CV_E_INVALID_ARGUMENT);
    /* sizes */
    w.sent[0] = (struct cv_generic_extension){TYPE, CV_MSG_CLIENT_HELLO, cv_bytes(large, sizeof large)};
    assert_int_equal(cv_generic_want(pair.client.conn, &w), CV_E_INVALID_ARGUMENT);
    w.sent[0].body.len--;
    assert_int_equal(cv_generic_want(pair.client.conn, &w), CV_OK);
    /* twice in one request, and more than there is room for: nothing of it is taken */
    w.sent[0].body.len = 0;
    w.sent[1] = w.sent[0];
    w.n_sent = 2;
    assert_int_equal(cv_generic_want(pair.client.conn, &w), CV_E_INVALID_ARGUMENT);
    for (uint16_t i = 0; i < CV_GENERIC_SENT_MAX; i++)
        w.sent[i].type = (uint16_t)(0xfe00 + i), w.sent[i].msg = 1;
    w.n_sent = CV_GENERIC_SENT_MAX;
    assert_int_equal(cv_generic_want(pair.client.conn, &w), CV_E_INVALID_ARGUMENT);
    w.n_sent--;
    assert_int_equal(cv_generic_want(pair.client.conn, &w), CV_OK);
    for (uint16_t i = 0; i < CV_GENERIC_SUBSCRIBED_MAX; i++)
        assert_int_equal(subscribe(&pair.client, (uint16_t)(TYPE + i), CV_MSG_SERVER_HELLO), CV_OK);
    assert_int_equal(subscribe(&pair.client, TYPE, CV_MSG_SERVER_HELLO), CV_OK); /* the same again */
    assert_int_equal(subscribe(&pair.client, OTHER, CV_MSG_SERVER_HELLO), CV_E_INVALID_ARGUMENT);
    assert_int_equal(run(), CV_OK); /* 8 KiB, and three more */
    pair_close(&pair);
}

/* Every allocation fails once: a failure is that of memory, and nothing is lost or left. */
static void without_memory(void **state)
{
    (void)state;
    unsigned n_failed = 0;
    for (size_t n = 1;; n++) {
        assert_int_equal(pair_new(&pair), CV_OK);
        test_port_fail_at(&pair.client.port, n);
        cv_err e = want_to_send(&pair.client, TYPE, CV_MSG_CLIENT_HELLO, "body");
        if (e == CV_OK) e = subscribe(&pair.client, TYPE, CV_MSG_ENCRYPTED_EXTENSIONS);
        test_port_fail_at(&pair.client.port, 0);
        pair_close(&pair);
        if (e == CV_OK) break;
        assert_int_equal(e, CV_E_NO_MEMORY);
        n_failed++;
    }
    assert_in_range(n_failed, 2, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tls13, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tls12, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_subscribed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_of_them_in_one_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_answer_without_question, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_unasked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_read_by_the_parser, set_up, tear_down),
        cmocka_unit_test_setup_teardown(retry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_retry_with_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wishes_that_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("generic extensions", tests, NULL, NULL);
}
