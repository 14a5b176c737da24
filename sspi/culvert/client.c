/* `culvert client`: standard input to the peer, the peer to standard output. */
#include "sspi/culvert/command.h"
#include "sspi/culvert/net.h"
#include "sspi/culvert/options.h"

#include <errno.h>
#include <getopt.h> /* optind */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUT_FULL = 1 << 18 }; /* bytes that wait for the peer before we stop reading standard input */

struct client {
    struct cv_peer peer;
    struct cv_address address;
    const char *name; /* of the server, as its certificate must show it */
    unsigned long n_reconnects;
    const char *early_file;
    BYTE *early; /* with --early-data */
    DWORD early_len;
    struct cv_bytebuf input; /* with --reconnect: all of standard input, sent on each connection */
    /* of the connection that runs */
    struct cv_link link;
    int fd;
    bool input_ended, output_failed;
};

static const char usage[] =
    "usage: culvert client HOST:PORT [OPTION]...\n"
    "Connects by TLS; sends standard input, and closes its direction where that ends; prints what the peer "
    "sends.\n"
    "Exits with 0 after a clean close from both sides.\n"
    "  --name NAME        the name that the server's certificate must be for (default: HOST)\n"
    "  --ca FILE          trust the certificates of this PEM file instead of the host's\n"
    "  --insecure         do not verify the server's certificate\n"
    "  --reconnect N      connect N times more, resuming the session; sends the same input each time\n"
    "  --early-data FILE  sends FILE first: with the first flight where the session that is resumed allows "
    "it\n";

#define OWN(field) offsetof(struct client, field)

static const struct cv_option own_options[] = {
    {.name = "name", .set = cv_set_text, .at = OWN(name), .wrong = ""},
    {.name = "ca", .set = cv_set_text, .at = OWN(peer.options.ca), .wrong = ""},
    {.name = "insecure", .set = cv_set_flag, .at = OWN(peer.options.insecure)},
    {.name = "reconnect",
     .set = cv_set_number,
     .at = OWN(n_reconnects),
     .wrong = "is no number",
     .limit = 999999},
    {.name = "early-data", .set = cv_set_text, .at = OWN(early_file), .wrong = ""},
};

static int check_options(struct client *c, int argc, char **argv)
{
    const struct cv_peer_options *o = &c->peer.options;
    const char *wrong = NULL;
    if (optind + 1 != argc)
        wrong = "one HOST:PORT is needed";
    else if (!cv_address_parse(&c->address, argv[optind], true))
        wrong = "the address is not HOST:PORT";
    else if (o->insecure && o->ca != NULL)
        wrong = "--insecure and --ca exclude each other";
    else if (o->key != NULL && o->cert == NULL)
        wrong = "--key needs --cert";
    else if (o->min > o->max && o->max != 0)
        wrong = "--min is above --max";
    if (wrong == NULL) return 0;
    cv_peer_say(&c->peer, "%s; `culvert client --help` lists the options", wrong);
    return EXIT_USAGE;
}

static void print_data(void *ctx, const BYTE *data, size_t len)
{
    struct client *c = ctx;
    while (len > 0 && !c->output_failed) {
        ssize_t n = write(STDOUT_FILENO, data, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            c->output_failed = true;
        else
            data += n, len -= (size_t)n;
    }
}

/* Our side: more standard input, or its end. */
static SECURITY_STATUS send_input(struct client *c)
{
    static BYTE chunk[1 << 16];
    ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return SEC_E_OK;
    if (n > 0) return cv_link_encrypt(&c->link, chunk, (size_t)n);
    c->input_ended = true;
    return cv_link_close(&c->link);
}

/* Waits until something can move. */
static void wait_for(struct client *c)
{
    size_t pending = cv_bytebuf_left(&c->link.out);
    bool input = c->link.established && !c->link.renegotiating && !c->input_ended && pending < OUT_FULL;
    struct pollfd fds[2] = {
        {.fd = c->fd, .events = (short)(POLLIN | (pending > 0 ? POLLOUT : 0))},
        {.fd = input ? STDIN_FILENO : -1, .events = POLLIN},
    };
    (void)poll(fds, 2, -1);
    if (input && fds[1].revents != 0) (void)send_input(c);
}

/* What the last bytes from the peer mean. SEC_I_CONTINUE_NEEDED: go on; SEC_I_CONTEXT_EXPIRED: it closed. */
static SECURITY_STATUS advance(struct client *c)
{
    struct cv_link *l = &c->link;
    if (!l->established) {
        SECURITY_STATUS status = cv_link_handshake(l);
        if (status != SEC_E_OK) return status;
        cv_peer_print_info(&c->peer, l);
        if (l->anonymous && c->peer.options.cert != NULL)
            cv_peer_say(&c->peer, "the server asked for a certificate of another kind; went on without");
        if (c->early != NULL && !cv_link_early_taken(l)) { /* the ordinary way, then */
            status = cv_link_encrypt(l, c->early, c->early_len);
            if (status != SEC_E_OK) return status;
        }
        if (c->n_reconnects > 0) {
            status = cv_link_encrypt(l, c->input.p, c->input.len);
            c->input_ended = true;
            if (status == SEC_E_OK) status = cv_link_close(l);
            if (status != SEC_E_OK) return status;
        }
    }
    SECURITY_STATUS status = cv_link_decrypt(l, print_data, c);
    return status == SEC_E_INCOMPLETE_MESSAGE ? SEC_I_CONTINUE_NEEDED : status;
}

static int transport_failed(struct client *c, const char *what)
{
    cv_peer_say(&c->peer, "%s %s close_notify%s", what,
                c->link.established ? "before" : "in the handshake, before any",
                c->link.established ? ": what came may be cut short" : "");
    return EXIT_TLS;
}

static int run_link(struct client *c)
{
    struct cv_link *l = &c->link;
    SECURITY_STATUS status = cv_link_handshake(l);
    while (status == SEC_I_CONTINUE_NEEDED || status == SEC_E_OK) {
        enum cv_net_result moved = cv_net_write(c->fd, &l->out);
        if (moved != NET_ERROR) {
            wait_for(c);
            if (l->status != SEC_E_OK) break; /* sending failed */
            moved = cv_net_read(c->fd, &l->in);
        }
        if (c->output_failed) {
            cv_peer_say(&c->peer, "standard output: %s", strerror(errno));
            return EXIT_TLS;
        }
        if (moved == NET_EOF) return transport_failed(c, "the peer ended the connection");
        if (moved == NET_ERROR) return transport_failed(c, strerror(errno));
        status = moved == NET_OK ? advance(c) : SEC_I_CONTINUE_NEEDED;
    }
    if (status != SEC_I_CONTEXT_EXPIRED) {
        if (!l->established) cv_peer_print_info(&c->peer, l);
        cv_peer_print_failure(&c->peer, l, NULL);
        (void)cv_net_write(c->fd, &l->out); /* the alert */
        return EXIT_TLS;
    }
    if (!l->established) {
        cv_peer_say(&c->peer, "the peer closed in the handshake");
        return EXIT_TLS;
    }
    if (cv_link_close(l) != SEC_E_OK) {
        cv_peer_print_failure(&c->peer, l, NULL);
        return EXIT_TLS;
    }
    while (cv_net_write(c->fd, &l->out) == NET_AGAIN) {
        struct pollfd out = {.fd = c->fd, .events = POLLOUT};
        (void)poll(&out, 1, 1000);
    }
    return 0;
}

static int run_connection(struct client *c)
{
    const char *why = "no address";
    c->fd = cv_net_connect(&c->address, &why);
    if (c->fd < 0) {
        cv_peer_say(&c->peer, "%s:%s: %s", c->address.host, c->address.port, why);
        return EXIT_TLS;
    }
    cv_peer_link(&c->peer, &c->link, c->name);
    c->link.early = c->early;
    c->link.early_len = c->early_len;
    int code = run_link(c);
    cv_link_free(&c->link);
    close(c->fd);
    return code;
}

static bool read_all_input(struct cv_bytebuf *b)
{
    for (;;) {
        BYTE *room = cv_bytebuf_room(b, 1 << 16);
        ssize_t n = room == NULL ? -1 : read(STDIN_FILENO, room, 1 << 16);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0;
        b->len += (size_t)n;
    }
}

int cv_command_client(int argc, char **argv)
{
    static struct client c = {.peer.options.command = "culvert client"};
    int code = cv_options_parse(&c.peer, &c, own_options, sizeof own_options / sizeof own_options[0], usage,
                                argc, argv);
    if (code == 0) code = check_options(&c, argc, argv);
    if (code != 0) return code < 0 ? 0 : code;
    char *name = cv_idn_to_ascii(c.name != NULL ? c.name : c.address.host);
    if (name == NULL) {
        cv_peer_say(&c.peer, "the name cannot be written in ASCII, or libidn2 is missing");
        return EXIT_USAGE;
    }
    c.name = name;
    code = cv_peer_open(&c.peer);
    if (code == 0 && c.n_reconnects > 0 && !read_all_input(&c.input)) {
        cv_peer_say(&c.peer, "standard input: %s", strerror(errno));
        code = EXIT_TLS;
    }
    if (code == 0 && c.early_file != NULL) {
        c.early = cv_peer_read_file(&c.peer, c.early_file, &c.early_len);
        if (c.early == NULL) code = EXIT_USAGE;
    }
    for (unsigned long i = 0; code == 0 && i <= c.n_reconnects; i++) code = run_connection(&c);
    free(c.input.p);
    free(c.early);
    free(name);
    cv_peer_close(&c.peer);
    return code;
}
