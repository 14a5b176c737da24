/* `culvert server`: many connections at once, by epoll. */
#include "sspi/culvert/command.h"
#include "sspi/culvert/net.h"
#include "sspi/culvert/options.h"
#include "sspi/culvert/serve.h"

#include <errno.h>
#include <getopt.h> /* optind */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OUT_FULL = 1 << 20 }; /* bytes that wait for a client before we stop reading from it */

struct connection {
    struct connection *next, *prev;
    int fd;
    uint32_t events;  /* that epoll watches for */
    bool input_ended; /* the socket has no more */
    char who[80];
    struct cv_link link;
    struct cv_request request;
    SECURITY_STATUS served; /* the first failure to answer */
};

struct server {
    struct cv_peer peer;
    struct cv_address address;
    enum cv_service service;
    unsigned long accepts_left; /* with --accept */
    bool counted, stopping;
    int listener, epoll, signals;
    struct connection connections; /* a ring */
    size_t n_connections;
    unsigned long n_failed;
};

static const char usage[] =
    "usage: culvert server [HOST:]PORT --cert FILE --key FILE [OPTION]...\n"
    "Serves TLS; without --www, --echo or --reverse it prints what clients send.\n"
    "  --client-ca FILE   whom client certificates must come from\n"
    "  --verify none|request|require  a certificate of the client (default: none; require with --client-ca)\n"
    "  --ask-staple       ask for an OCSP response beside a client's certificate, too (TLS 1.3)\n"
    "  --www              a status page by HTTP/1.1\n"
    "  --echo             send back what comes\n"
    "  --reverse          send back each line the other way round\n"
    "  --accept N         serve N connections, then end: with 0 if all of them ended cleanly\n"
    "  --early-data N     take N bytes of early data from clients that resume (each ticket once)\n"
    "  --ticket-keys FILE  resume sessions of other servers, or of this one before it was started anew, that "
    "have FILE\n";

static bool set_verify(void *field, const char *value, unsigned long limit)
{
    static const char *const words[] = {
        [VERIFY_NONE] = "none", [VERIFY_REQUEST] = "request", [VERIFY_REQUIRE] = "require"};
    (void)limit;
    for (unsigned i = VERIFY_NONE; i <= VERIFY_REQUIRE; i++) {
        if (strcmp(words[i], value) != 0) continue;
        *(enum cv_peer_verify *)field = i;
        return true;
    }
    return false;
}

static bool set_accepts(void *field, const char *value, unsigned long limit)
{
    return cv_set_number(field, value, limit) && *(unsigned long *)field > 0;
}

static bool set_service(void *field, const char *value, unsigned long service)
{
    (void)value;
    *(enum cv_service *)field = (enum cv_service)service;
    return true;
}

#define OWN(field) offsetof(struct server, field)

static const struct cv_option own_options[] = {
    {.name = "client-ca", .set = cv_set_text, .at = OWN(peer.options.ca), .wrong = ""},
    {.name = "verify",
     .set = set_verify,
     .at = OWN(peer.options.verify),
     .wrong = "is none of none, request, require"},
    {.name = "ask-staple", .set = cv_set_flag, .at = OWN(peer.options.ask_staple)},
    {.name = "www", .set = set_service, .at = OWN(service), .limit = SERVICE_WWW},
    {.name = "echo", .set = set_service, .at = OWN(service), .limit = SERVICE_ECHO},
    {.name = "reverse", .set = set_service, .at = OWN(service), .limit = SERVICE_REVERSE},
    {.name = "accept",
     .set = set_accepts,
     .at = OWN(accepts_left),
     .wrong = "is no number above 0",
     .limit = ULONG_MAX},
    {.name = "ticket-keys", .set = cv_set_text, .at = OWN(peer.options.ticket_keys), .wrong = ""},
    {.name = "early-data",
     .set = cv_set_number,
     .at = OWN(peer.options.early_data),
     .wrong = "is no number up to 16777216",
     .limit = 1u << 24},
};

static int check_options(struct server *s, int argc, char **argv)
{
    const struct cv_peer_options *o = &s->peer.options;
    const char *what = NULL;
    if (optind + 1 != argc)
        what = "one [HOST:]PORT is needed";
    else if (!cv_address_parse(&s->address, argv[optind], false))
        what = "the address is not [HOST:]PORT";
    else if (o->cert == NULL && o->psk_file == NULL)
        what = "--cert and --key are needed, or --psk-file";
    else if (o->min > o->max && o->max != 0)
        what = "--min is above --max";
    else if (o->verify != VERIFY_NONE && o->ca == NULL)
        what = "--verify needs --client-ca";
    if (what == NULL) return 0;
    cv_peer_say(&s->peer, "%s; `culvert server --help` lists the options", what);
    return EXIT_USAGE;
}

static void watch(struct server *s, int fd, void *p, uint32_t events, int how)
{
    struct epoll_event e = {.events = events, .data.ptr = p};
    if (epoll_ctl(s->epoll, how, fd, &e) != 0) cv_peer_say(&s->peer, "epoll: %s", strerror(errno));
}

static void stop_listening(struct server *s)
{
    if (s->listener >= 0) close(s->listener);
    s->listener = -1;
    s->stopping = true;
}

static void drop(struct server *s, struct connection *c, bool failed)
{
    if (failed) s->n_failed++;
    c->next->prev = c->prev;
    c->prev->next = c->next;
    s->n_connections--;
    cv_link_free(&c->link);
    free(c->request.in.p);
    close(c->fd);
    free(c);
}

static void accept_one(struct server *s)
{
    int fd = cv_net_accept(s->listener);
    if (fd < 0) return;
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        close(fd);
        return;
    }
    cv_net_unblock(fd);
    c->fd = fd;
    c->events = EPOLLIN;
    c->request.service = s->service;
    cv_net_name(fd, true, c->who, sizeof c->who);
    cv_peer_link(&s->peer, &c->link, NULL);
    c->next = &s->connections;
    c->prev = s->connections.prev;
    c->prev->next = c->next->prev = c;
    s->n_connections++;
    watch(s, fd, c, c->events, EPOLL_CTL_ADD);
    if (s->counted && --s->accepts_left == 0) stop_listening(s);
}

static void take_data(void *ctx, const BYTE *data, size_t len)
{
    struct connection *c = ctx;
    if (c->served == SEC_E_OK) c->served = cv_serve_data(&c->request, &c->link, data, len);
}

/* What the bytes that came mean. SEC_I_CONTINUE_NEEDED: go on; SEC_E_OK: all is said on both sides. */
static SECURITY_STATUS advance(struct server *s, struct connection *c)
{
    struct cv_link *l = &c->link;
    SECURITY_STATUS status;
    if (!l->established) {
        status = cv_link_handshake(l);
        if (status == SEC_I_CONTINUE_NEEDED) {
            SECURITY_STATUS early = cv_link_take_early(l, take_data, c);
            if (early != SEC_E_OK || c->served != SEC_E_OK) return early != SEC_E_OK ? early : c->served;
        }
        if (status != SEC_E_OK) return status;
        cv_peer_print_info(&s->peer, l);
    }
    status = l->closed_by_peer ? SEC_I_CONTEXT_EXPIRED : cv_link_decrypt(l, take_data, c);
    if (c->served != SEC_E_OK) return c->served;
    if (status == SEC_I_CONTEXT_EXPIRED && !c->request.done)
        status = cv_serve_end(&c->request, l);
    else if (status == SEC_I_CONTEXT_EXPIRED)
        status = SEC_E_OK;
    else if (status == SEC_E_INCOMPLETE_MESSAGE)
        status = SEC_I_CONTINUE_NEEDED;
    if (status < 0) return status;
    if (c->request.done && !l->closed) {
        SECURITY_STATUS closed = cv_link_close(l);
        if (closed != SEC_E_OK) return closed;
    }
    return l->closed_by_peer ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
}

static void fail_connection(struct server *s, struct connection *c, const char *why)
{
    if (why != NULL) {
        cv_peer_say(&s->peer, "%s: %s", c->who, why);
    } else {
        if (!c->link.established) cv_peer_print_info(&s->peer, &c->link);
        cv_peer_print_failure(&s->peer, &c->link, c->who);
        (void)cv_net_write(c->fd, &c->link.out); /* the alert */
        (void)shutdown(c->fd, SHUT_WR);
    }
    drop(s, c, true);
}

static void serve(struct server *s, struct connection *c, uint32_t events)
{
    struct cv_link *l = &c->link;
    SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && cv_bytebuf_left(&l->out) < OUT_FULL) {
        enum cv_net_result moved = cv_net_read(c->fd, &l->in);
        if (moved == NET_OK) status = advance(s, c);
        if (moved == NET_EOF || moved == NET_ERROR) {
            /* Who said all, or serves requests with a length, loses nothing where the other side just ends.
             */
            bool clean = l->closed || (s->service == SERVICE_WWW && l->established &&
                                       cv_bytebuf_left(&c->request.in) == 0);
            if (clean)
                drop(s, c, false);
            else
                fail_connection(s, c, moved == NET_EOF ? "ended without close_notify" : strerror(errno));
            return;
        }
    } else if (l->closed_by_peer) {
        status = SEC_E_OK;
    }
    if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED) {
        fail_connection(s, c, NULL);
        return;
    }
    enum cv_net_result moved = cv_net_write(c->fd, &l->out);
    if (moved == NET_ERROR) {
        fail_connection(s, c, strerror(errno));
        return;
    }
    if (moved == NET_OK && l->closed && l->closed_by_peer) {
        drop(s, c, false);
        return;
    }
    size_t pending = cv_bytebuf_left(&l->out);
    uint32_t wanted =
        (pending < OUT_FULL && !l->closed_by_peer ? EPOLLIN : 0u) | (pending > 0 ? EPOLLOUT : 0u);
    if (wanted != c->events) watch(s, c->fd, c, c->events = wanted, EPOLL_CTL_MOD);
}

static int open_server(struct server *s)
{
    const char *why = "no address";
    char name[80];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    s->connections.next = s->connections.prev = &s->connections;
    s->signals = signalfd(-1, &set, SFD_CLOEXEC);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->listener = cv_net_listen(&s->address, &why);
    if (s->listener < 0) {
        cv_peer_say(&s->peer, "%s:%s: %s", s->address.host, s->address.port, why);
        return EXIT_TLS;
    }
    watch(s, s->signals, &s->signals, EPOLLIN, EPOLL_CTL_ADD);
    watch(s, s->listener, &s->listener, EPOLLIN, EPOLL_CTL_ADD);
    cv_net_name(s->listener, false, name, sizeof name);
    cv_peer_say(&s->peer, "listening on %s", name);
    return 0;
}

static void run_server(struct server *s)
{
    while (!s->stopping || s->n_connections > 0) {
        struct epoll_event events[64];
        int n = epoll_wait(s->epoll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            void *p = events[i].data.ptr;
            if (p == &s->signals) return;
            if (p == &s->listener) {
                if (s->listener >= 0) accept_one(s);
            } else {
                serve(s, p, events[i].events);
            }
        }
    }
}

int cv_command_server(int argc, char **argv)
{
    static struct server s = {.peer.options = {.command = "culvert server", .server = true}, .listener = -1};
    int code = cv_options_parse(&s.peer, &s, own_options, sizeof own_options / sizeof own_options[0], usage,
                                argc, argv);
    struct cv_peer_options *o = &s.peer.options;
    if (o->verify == VERIFY_UNSAID) o->verify = o->ca != NULL ? VERIFY_REQUIRE : VERIFY_NONE;
    s.counted = s.accepts_left > 0;
    if (code == 0) code = check_options(&s, argc, argv);
    if (code != 0) return code < 0 ? 0 : code;
    code = cv_peer_open(&s.peer);
    if (code == 0) code = open_server(&s);
    if (code == 0) run_server(&s);
    while (s.n_connections > 0) drop(&s, s.connections.next, false);
    if (s.listener >= 0) close(s.listener);
    cv_peer_close(&s.peer);
    return code != 0 ? code : s.counted && s.n_failed > 0 ? EXIT_TLS : 0;
}
