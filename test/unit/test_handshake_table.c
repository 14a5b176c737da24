/* The handshake tables against RFC 9846 appendix A: every pair of state and message, and every sequence of
 * messages from start to end. */
#include "tls/state.h"
#include "tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define N(list) (sizeof(list) / sizeof(list)[0])

struct legal {
    uint8_t state, msg;
};

/* Written from the diagrams, not from the tables. */
static const struct legal client_begins[] = {
    {CV_CS_START, CV_MSG_NONE},
    {CV_CS_WANT_SESSION, CV_MSG_NONE},
    {CV_CS_WAIT_SERVER_HELLO, CV_MSG_SERVER_HELLO},
};

static const struct legal client_legal[] = {
    {CV_CS_WAIT_SERVER_HELLO_RETRIED, CV_MSG_SERVER_HELLO},
    {CV_CS_WAIT_ENCRYPTED_EXTENSIONS, CV_MSG_ENCRYPTED_EXTENSIONS},
    {CV_CS_WANT_EXTENSION, CV_MSG_NONE},
    {CV_CS_WAIT_CERTIFICATE_OR_REQUEST, CV_MSG_CERTIFICATE_REQUEST},
    {CV_CS_WAIT_CERTIFICATE_OR_REQUEST, CV_MSG_CERTIFICATE},
    {CV_CS_WAIT_CERTIFICATE, CV_MSG_CERTIFICATE},
    {CV_CS_WAIT_CERTIFICATE_VERIFY, CV_MSG_CERTIFICATE_VERIFY},
    {CV_CS_WAIT_FINISHED, CV_MSG_FINISHED},
    {CV_CS_WANT_CERTIFICATE, CV_MSG_NONE},
    {CV_CS_WANT_CREDENTIAL, CV_MSG_NONE},
    {CV_CS_WANT_SIGNATURE, CV_MSG_NONE},
    {CV_CS_CONNECTED, CV_MSG_NEW_SESSION_TICKET},
    {CV_CS_CONNECTED, CV_MSG_KEY_UPDATE},
    {CV_CS_CONNECTED, CV_MSG_CERTIFICATE_REQUEST},
};

static const struct legal server_legal[] = {
    {CV_SS_WAIT_CLIENT_HELLO, CV_MSG_CLIENT_HELLO},
    {CV_SS_WANT_EXTENSION, CV_MSG_NONE},
    {CV_SS_WAIT_CLIENT_HELLO_RETRIED, CV_MSG_CLIENT_HELLO},
    {CV_SS_WANT_SESSION_RETRIED, CV_MSG_NONE},
    {CV_SS_WANT_SESSION, CV_MSG_NONE},
    {CV_SS_WANT_CERTIFICATE, CV_MSG_NONE},
    {CV_SS_WANT_SIGNATURE, CV_MSG_NONE},
    {CV_SS_WAIT_END_OF_EARLY_DATA, CV_MSG_END_OF_EARLY_DATA},
    {CV_SS_WAIT_CERTIFICATE, CV_MSG_CERTIFICATE},
    {CV_SS_WAIT_CERTIFICATE_VERIFY, CV_MSG_CERTIFICATE_VERIFY},
    {CV_SS_WAIT_FINISHED, CV_MSG_FINISHED},
    {CV_SS_CONNECTED, CV_MSG_KEY_UPDATE},
    {CV_SS_AUTH_CERTIFICATE, CV_MSG_KEY_UPDATE},
    {CV_SS_AUTH_CERTIFICATE, CV_MSG_CERTIFICATE},
    {CV_SS_AUTH_CERTIFICATE_VERIFY, CV_MSG_CERTIFICATE_VERIFY},
    {CV_SS_AUTH_FINISHED, CV_MSG_FINISHED},
};

static const struct legal client12_legal[] = {
    {CV_CS12_WAIT_SERVER_HELLO, CV_MSG_SERVER_HELLO}, /* renegotiating */
    {CV_CS12_WAIT_SERVER_HELLO, CV_MSG_HELLO_REQUEST},
    {CV_CS12_WANT_EXTENSION, CV_MSG_NONE},
    {CV_CS12_WAIT_CERTIFICATE, CV_MSG_CERTIFICATE},
    {CV_CS12_WAIT_STATUS, CV_MSG_CERTIFICATE_STATUS},
    {CV_CS12_WAIT_STATUS, CV_MSG_SERVER_KEY_EXCHANGE},
    {CV_CS12_WAIT_SERVER_KEY_EXCHANGE, CV_MSG_SERVER_KEY_EXCHANGE},
    {CV_CS12_WAIT_REQUEST_OR_DONE, CV_MSG_CERTIFICATE_REQUEST},
    {CV_CS12_WAIT_REQUEST_OR_DONE, CV_MSG_SERVER_HELLO_DONE},
    {CV_CS12_WAIT_DONE, CV_MSG_SERVER_HELLO_DONE},
    {CV_CS12_WANT_CERTIFICATE, CV_MSG_NONE},
    {CV_CS12_WANT_CREDENTIAL, CV_MSG_NONE},
    {CV_CS12_WANT_SIGNATURE, CV_MSG_NONE},
    {CV_CS12_WAIT_TICKET, CV_MSG_NEW_SESSION_TICKET},
    {CV_CS12_WAIT_CCS, CV_MSG_CHANGE_CIPHER},
    {CV_CS12_WAIT_FINISHED, CV_MSG_FINISHED},
    {CV_CS12_CONNECTED, CV_MSG_HELLO_REQUEST},
};

static const struct legal server12_legal[] = {
    {CV_SS12_WANT_SESSION, CV_MSG_NONE},
    {CV_SS12_WANT_CERTIFICATE, CV_MSG_NONE},
    {CV_SS12_WANT_SIGNATURE, CV_MSG_NONE},
    {CV_SS12_WAIT_CERTIFICATE, CV_MSG_CERTIFICATE},
    {CV_SS12_WAIT_CLIENT_KEY_EXCHANGE, CV_MSG_CLIENT_KEY_EXCHANGE},
    {CV_SS12_WAIT_CERTIFICATE_VERIFY, CV_MSG_CERTIFICATE_VERIFY},
    {CV_SS12_WAIT_CCS, CV_MSG_CHANGE_CIPHER},
    {CV_SS12_WAIT_FINISHED, CV_MSG_FINISHED},
    {CV_SS12_CONNECTED, CV_MSG_CLIENT_HELLO},
    {CV_SS12_RENEGOTIATE, CV_MSG_NONE},
};

static bool is_legal(const struct legal *list, size_t n, uint8_t state, unsigned msg)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].state == state && list[i].msg == msg) return true;
    }
    return false;
}

/* Puts the connection into each state and gives it the header of each message. */
static void walk(struct side *side, uint16_t version, uint8_t n_states, const struct legal *list, size_t n)
{
    unsigned n_pairs = 0, n_legal = 0;
    for (uint8_t state = 0; state < n_states; state++) {
        for (unsigned msg = 0; msg < 256; msg++) {
            const uint8_t header[4] = {(uint8_t)msg, 0, 0xff, 0xff};
            struct cv_conn *c;
            assert_int_equal(cv_conn_new(&c, &side->config, &side->params), CV_OK);
            c->state = state;
            c->version = version;
            n_pairs++;
            bool legal = is_legal(list, n, state, msg);
            n_legal += legal;
            assert_int_equal(cv_edge_find(c, (uint8_t)msg) != NULL, legal);
            bool is_message = msg != CV_MSG_NONE && msg != CV_MSG_CHANGE_CIPHER;
            cv_err want = legal && is_message ? CV_OK : CV_E_UNEXPECTED_MESSAGE;
            assert_int_equal(cv_buf_append(&c->rx.in, side->config.port, cv_bytes(header, sizeof header)),
                             CV_OK);
            assert_int_equal(cv_handshake_messages(c), want);
            assert_int_equal(c->state, state);
            cv_conn_free(c);
        }
    }
    assert_int_equal(n_legal, n);
    print_message("%u pairs, %u legal\n", n_pairs, n_legal);
}

static void every_pair_of_state_and_message(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, "p256");
    walk(&p.client, 0, CV_CS_COUNT, client_begins, N(client_begins));
    walk(&p.client, CV_TLS13, CV_CS_COUNT, client_legal, N(client_legal));
    walk(&p.server, CV_TLS13, CV_SS_COUNT, server_legal, N(server_legal));
    walk(&p.client, CV_TLS12, CV_CS_COUNT, client12_legal, N(client12_legal));
    walk(&p.server, CV_TLS12, CV_SS_COUNT, server12_legal, N(server12_legal));
    pair_free(&p);
}

static char found[32][96];
static size_t n_found;

static const char *letter(uint8_t msg)
{
    switch (msg) {
    case CV_MSG_NONE:
        return "";
    case CV_MSG_CLIENT_HELLO:
        return " CH";
    case CV_MSG_SERVER_HELLO:
        return " SH";
    case CV_MSG_END_OF_EARLY_DATA:
        return " EOED";
    case CV_MSG_ENCRYPTED_EXTENSIONS:
        return " EE";
    case CV_MSG_CERTIFICATE_REQUEST:
        return " CR";
    case CV_MSG_CERTIFICATE:
        return " CT";
    case CV_MSG_CERTIFICATE_VERIFY:
        return " CV";
    case CV_MSG_FINISHED:
        return " FIN";
    case CV_MSG_CERTIFICATE_STATUS:
        return " CS";
    case CV_MSG_SERVER_KEY_EXCHANGE:
        return " SKE";
    case CV_MSG_SERVER_HELLO_DONE:
        return " SHD";
    case CV_MSG_CLIENT_KEY_EXCHANGE:
        return " CKE";
    case CV_MSG_NEW_SESSION_TICKET:
        return " NST";
    case CV_MSG_CHANGE_CIPHER:
        return " CCS";
    default:
        return " ?";
    }
}

/* Follows every edge until `end`, and notes what was received on the way. */
static void follow(const struct cv_edge *edges, size_t n, uint8_t from, uint8_t end, const char *path)
{
    if (from == end) {
        for (size_t i = 0; i < n_found; i++) {
            if (strcmp(found[i], path) == 0) return;
        }
        assert_in_range(n_found, 0, 31);
        memcpy(found[n_found++], path, strlen(path) + 1);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (edges[i].from != from) continue;
        for (uint8_t next = 0; next < 32; next++) {
            char longer[96];
            if ((edges[i].next >> next & 1) == 0 || next == from) continue; /* suspended again */
            int len = snprintf(longer, sizeof longer, "%s%s", path, letter(edges[i].msg));
            assert_in_range(len, 0, sizeof longer - 1);
            follow(edges, n, next, end, longer);
        }
    }
}

static void check_sequences(const char *const *want, size_t n_want)
{
    assert_int_equal(n_found, n_want);
    for (size_t i = 0; i < n_want; i++) {
        bool there = false;
        for (size_t k = 0; k < n_found; k++) there = there || strcmp(found[k], want[i]) == 0;
        if (!there) fail_msg("the table does not allow%s", want[i]);
    }
    n_found = 0;
}

static void every_sequence_to_the_end(void **state)
{
    (void)state;
    static const char *const client[] = {
        " SH EE CT CV FIN",    " SH EE CR CT CV FIN",    " SH EE FIN",
        " SH SH EE CT CV FIN", " SH SH EE CR CT CV FIN", " SH SH EE FIN",
    };
    static const char *const server[] = {
        " CH EOED FIN", " CH FIN",       " CH CT FIN",       " CH CT CV FIN",
        " CH CH FIN",   " CH CH CT FIN", " CH CH CT CV FIN",
    };
    struct cv_edge edges[32];
    size_t n = cv_machine_client.n_edges, n13 = cv_machine_client13.n_edges;
    assert_in_range(n + n13, 1, N(edges));
    memcpy(edges, cv_machine_client.edges, n * sizeof edges[0]);
    memcpy(edges + n, cv_machine_client13.edges, n13 * sizeof edges[0]);
    follow(edges, n + n13, CV_CS_START, CV_CS_CONNECTED, "");
    check_sequences(client, N(client));
    follow(cv_machine_server13.edges, cv_machine_server13.n_edges, CV_SS_WAIT_CLIENT_HELLO, CV_SS_CONNECTED,
           "");
    check_sequences(server, N(server));
}

/* TLS 1.2, from behind the hellos: RFC 5246 7.3, RFC 5077 3.1. */
static void every_sequence_to_the_end_of_tls12(void **state)
{
    (void)state;
    static const char *const full[] = {
        " CT SKE SHD CCS FIN",        " CT SKE SHD NST CCS FIN",       " CT SKE CR SHD CCS FIN",
        " CT SKE CR SHD NST CCS FIN", " CT CS SKE SHD CCS FIN",        " CT CS SKE SHD NST CCS FIN",
        " CT CS SKE CR SHD CCS FIN",  " CT CS SKE CR SHD NST CCS FIN",
    };
    static const char *const with_ticket[] = {" NST CCS FIN"}, *const without_ticket[] = {" CCS FIN"};
    static const char *const with_request[] = {" CT CKE CV CCS FIN", " CT CKE CCS FIN"};
    static const char *const without_request[] = {" CKE CV CCS FIN", " CKE CCS FIN"};
    const struct cv_edge *client = cv_machine_client12.edges, *server = cv_machine_server12.edges;
    follow(client, cv_machine_client12.n_edges, CV_CS12_WAIT_CERTIFICATE, CV_CS12_CONNECTED, "");
    check_sequences(full, N(full));
    follow(client, cv_machine_client12.n_edges, CV_CS12_WAIT_TICKET, CV_CS12_CONNECTED, "");
    check_sequences(with_ticket, N(with_ticket));
    follow(client, cv_machine_client12.n_edges, CV_CS12_WAIT_CCS, CV_CS12_CONNECTED, "");
    check_sequences(without_ticket, N(without_ticket));
    follow(server, cv_machine_server12.n_edges, CV_SS12_WAIT_CERTIFICATE, CV_SS12_CONNECTED, "");
    check_sequences(with_request, N(with_request));
    follow(server, cv_machine_server12.n_edges, CV_SS12_WAIT_CLIENT_KEY_EXCHANGE, CV_SS12_CONNECTED, "");
    check_sequences(without_request, N(without_request));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_state_and_message),
        cmocka_unit_test(every_sequence_to_the_end),
        cmocka_unit_test(every_sequence_to_the_end_of_tls12),
    };
    return cmocka_run_group_tests_name("handshake table", tests, NULL, NULL);
}
