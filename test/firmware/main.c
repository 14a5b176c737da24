/* A client or a server on a board, as the profile's machines are. It handshakes with what the transport leads
 * to. A client then sends a line and compares the answer; a server sends back what comes first. The words of
 * the command line: the server's name; "fixed" for a run that is to be recorded; "whole": the peer is not
 * told that records are to be short. */
#include "test/firmware/board.h"
#include "test/firmware/profile.h"
#include "tls/conn.h"

#include <string.h>

static const char line[] = "firmware\n", answer[] = "erawmrif\n"; /* openssl s_server -rev */

static _Alignas(16) uint8_t arena[PROFILE_ARENA];
static uint8_t records[PROFILE_RECORDS];
static size_t n_records; /* bytes in it */
static struct cv_conn *conn;

static void send_output(void)
{
    struct cv_bytes out = cv_conn_output(conn);
    board_write(out.p, out.len);
    cv_conn_output_drop(conn, out.len);
}

static void drop_records(size_t n)
{
    memmove(records, records + n, n_records - n);
    n_records -= n;
}

static cv_err more_records(void)
{
    if (n_records == sizeof records) return CV_E_RECORD_OVERFLOW;
    n_records += board_read(records + n_records, sizeof records - n_records);
    return CV_OK;
}

static cv_err handshake(void)
{
    struct cv_step step = {.established = false};
    for (;;) {
        cv_err e = cv_conn_step(conn, cv_bytes(records, n_records), &step);
        drop_records(step.consumed);
        send_output();
        if (e != CV_OK && e != CV_WANT_INPUT) return e;
        if (step.established) return CV_OK;
        if ((n_records == 0 || e == CV_WANT_INPUT) && (e = more_records()) != CV_OK) return e;
    }
}

static cv_err send_data(struct cv_bytes data)
{
    uint8_t wire[128];
    struct cv_stream_sizes sizes;
    cv_conn_stream_sizes(conn, &sizes);
    size_t trailer_len = sizes.trailer, len = data.len;
    if (sizes.header + len + trailer_len > sizeof wire) return CV_E_BUFFER_TOO_SMALL;
    memcpy(wire + sizes.header, data.p, len);
    cv_err e = cv_conn_seal(conn, wire, wire + sizes.header, len, wire + sizes.header + len, &trailer_len);
    if (e == CV_OK) board_write(wire, sizes.header + len + trailer_len);
    return e;
}

/* What the next record with data brings; valid until records are read again. */
static cv_err receive_data(struct cv_bytes *data)
{
    for (;;) {
        struct cv_opened opened;
        size_t missing;
        cv_err e = n_records == 0 ? CV_WANT_INPUT : cv_conn_open(conn, records, n_records, &opened, &missing);
        if (e == CV_WANT_INPUT)
            e = more_records();
        else if (e == CV_OK && opened.kind == CV_OPENED_DATA && opened.len > 0) {
            *data = cv_bytes(records + opened.offset, opened.len);
            return CV_OK;
        } else if (e == CV_OK)
            drop_records(opened.rec_len);
        if (e != CV_OK) return e;
    }
}

/* What sealing costs, where nothing is sent. */
static cv_err measure_sealing(void)
{
    enum { N_RECORDS = 16, LEN = sizeof records - 64 };
    uint8_t *wire = records; /* nothing waits there any more */
    struct cv_stream_sizes sizes;
    cv_conn_stream_sizes(conn, &sizes);
    long before = board_instructions();
    for (int i = 0; i < N_RECORDS; i++) {
        size_t trailer_len = sizes.trailer;
        cv_err e =
            cv_conn_seal(conn, wire, wire + sizes.header, LEN, wire + sizes.header + LEN, &trailer_len);
        if (e != CV_OK) return e;
    }
    board_say_number("a-byte", (board_instructions() - before) / (N_RECORDS * LEN));
    return CV_OK;
}

static cv_err ask(void)
{
    struct cv_bytes got;
    cv_err e = send_data(cv_bytes((const uint8_t *)line, sizeof line - 1));
    if (e == CV_OK) e = receive_data(&got);
    if (e != CV_OK) return e;
    return got.len == sizeof answer - 1 && memcmp(got.p, answer, got.len) == 0 ? CV_OK : CV_E_INTERNAL;
}

static cv_err echo(void)
{
    struct cv_bytes got;
    cv_err e = receive_data(&got);
    return e == CV_OK ? send_data(got) : e;
}

static cv_err run(const struct cv_config *config, struct cv_bytes name)
{
    const bool serves = config->machines->server13 != NULL;
    const struct cv_conn_params params = {.role = serves ? CV_SERVER : CV_CLIENT,
                                          .target = serves ? cv_bytes(NULL, 0) : name,
                                          .validate = !serves,
                                          .check_name = !serves};
    cv_err e = cv_conn_new(&conn, config, &params);
    if (e == CV_OK) e = handshake();
    if (e != CV_OK) return e;
    board_say("established");
    if (!board_is_live()) {
        board_say_number("instructions", board_instructions());
        return measure_sealing();
    }
    if ((e = serves ? echo() : ask()) != CV_OK) return e;
    board_say("answered");
    e = cv_conn_close(conn);
    send_output();
    return e;
}

/* The names of all causes would take more flash than the image. */
static void say_why(cv_err e)
{
    static const struct {
        cv_err e;
        const char *why;
    } reasons[] = {
        {CV_E_CERT_NAME_MISMATCH, "refused: the certificate is for another name"},
        {CV_E_CERT_EXPIRED, "refused: a certificate has expired"},
        {CV_E_CERT_NOT_CA, "refused: an issuer is no authority"},
        {CV_E_CERT_UNTRUSTED, "refused: no path to the root"},
        {CV_E_BAD_RECORD_MAC, "refused: a record was changed"},
        {CV_E_NO_COMMON_GROUP, "refused: no group in common"},
        {CV_E_PEER_ALERT, "refused by the server"},
        {CV_E_NO_MEMORY, "the arena is too small"},
        {CV_E_RECORD_OVERFLOW, "a record is too long"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].e == e) {
            board_say(reasons[i].why);
            return;
        }
    }
    board_say_number("failed:", (long)e);
}

int main(void)
{
    static struct cv_bare bare;
    const char *words = board_command_line();
    const char *end = strchr(words, ' ');
    struct cv_bytes name =
        cv_bytes((const uint8_t *)words, end != NULL ? (size_t)(end - words) : strlen(words));
    bool fixed = strstr(words, " fixed") != NULL, whole = strstr(words, " whole") != NULL;
    if (!board_is_live() || fixed) board_fix();
    cv_bare_init(&bare, &board, arena, sizeof arena);
    struct cv_config config = profile;
    config.port = &bare.port;
    if (whole) config.record_limit = config.max_fragment = 0;
    cv_err e = profile_prepare(&config);
    if (e == CV_OK) e = run(&config, name);
    size_t context_len = bare.arena.extent;
    cv_conn_free(conn);
    if (e != CV_OK) say_why(e);
    board_say_number("static", (long)(board_static_len() - sizeof arena));
    board_say_number("context", (long)context_len);
    board_say_number("stack", (long)board_stack_used());
    return e != CV_OK;
}
