/* `culvert client`: standard input to the peer, the peer to standard output. */
#include "sspi/culvert/command.h"
#include "sspi/culvert/net.h"
#include "sspi/culvert/peer.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUT_FULL = 1 << 18 }; /* bytes that wait for the peer before we stop reading standard input */

struct client {
    struct cv_peer peer;
    struct cv_address address;
    const char *name; /* of the server, as its certificate must show it */
    unsigned n_reconnects;
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
    "  --cert FILE --key FILE  certificate chain and private key for servers that ask (PEM)\n"
    "  --alpn A,B         application protocols to offer\n"
    "  --min V, --max V   versions to offer: 1.2, 1.3\n"
    "  --groups A,B       key exchange groups, no others: x25519, secp256r1, X25519MLKEM768, …\n"
    "  --suites A,B       cipher suites, no others, by IANA's numbers: 1301,c02b\n"
    "  --schemes A,B      signature schemes, no others, by IANA's numbers: 0403,0905\n"
    "  --extensions A,B   grease, timestamps, record-limit=N, max-fragment=N, record-padding=N, "
    "hello-padding=N\n"
    "  --cert-compression A,B  zlib, brotli, zstd\n"
    "  --raw-keys A,B     own: send the key instead of the certificate; peer: take such a key; only: nothing "
    "else\n"
    "  --pin FILE         a public key (PEM or DER) that is valid; may be repeated\n"
    "  --tls12 A,B        in TLS 1.2: renegotiation, cbc-without-etm, require-ems\n"
    "  --password-file FILE  its first line opens an encrypted key\n"
    "  --revocation leaf|chain  refuse certificates not known not to be revoked, by what is stapled and "
    "--crl\n"
    "  --crl FILE         a revocation list (PEM or DER); may be repeated\n"
    "  --reconnect N      connect N times more, resuming the session; sends the same input each time\n"
    "  --early-data FILE  sends FILE first: with the first flight where the session that is resumed allows "
    "it\n"
    "  --psk-file FILE    pre-shared keys of TLS 1.3, a line IDENTITY:HEX for each\n"
    "  --psk-ke           with them, no key exchange where the other side has none: no forward secrecy\n"
    "  --rekey            new keys with each piece of input; the peer is asked for new ones, too\n"
    "  --info             print a line of JSON on standard error about each connection\n"
    "  --keylog FILE      append the secrets, for Wireshark (RFC 9850)\n";

static int parse_options(struct client *c, int argc, char **argv)
{
    enum {
        NAME = 256,
        CA,
        INSECURE,
        CERT,
        KEY,
        ALPN,
        MIN,
        GROUPS,
        PASSWORD_FILE,
        REVOCATION,
        CRL,
        SUITES,
        SCHEMES,
        EXTENSIONS,
        COMPRESSION,
        RAW_KEYS,
        PIN,
        TLS12,
        MAX,
        RECONNECT,
        EARLY_DATA,
        PSK_FILE,
        PSK_KE,
        REKEY,
        INFO,
        KEYLOG,
        HELP
    };
    static const struct option options[] = {
        {"name", required_argument, NULL, NAME},
        {"ca", required_argument, NULL, CA},
        {"insecure", no_argument, NULL, INSECURE},
        {"cert", required_argument, NULL, CERT},
        {"key", required_argument, NULL, KEY},
        {"alpn", required_argument, NULL, ALPN},
        {"groups", required_argument, NULL, GROUPS},
        {"password-file", required_argument, NULL, PASSWORD_FILE},
        {"revocation", required_argument, NULL, REVOCATION},
        {"crl", required_argument, NULL, CRL},
        {"suites", required_argument, NULL, SUITES},
        {"schemes", required_argument, NULL, SCHEMES},
        {"extensions", required_argument, NULL, EXTENSIONS},
        {"cert-compression", required_argument, NULL, COMPRESSION},
        {"raw-keys", required_argument, NULL, RAW_KEYS},
        {"pin", required_argument, NULL, PIN},
        {"tls12", required_argument, NULL, TLS12},
        {"min", required_argument, NULL, MIN},
        {"max", required_argument, NULL, MAX},
        {"reconnect", required_argument, NULL, RECONNECT},
        {"early-data", required_argument, NULL, EARLY_DATA},
        {"psk-file", required_argument, NULL, PSK_FILE},
        {"psk-ke", no_argument, NULL, PSK_KE},
        {"rekey", no_argument, NULL, REKEY},
        {"info", no_argument, NULL, INFO},
        {"keylog", required_argument, NULL, KEYLOG},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    struct cv_peer_options *o = &c->peer.options;
    int option;
    char *end;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case NAME:
            c->name = optarg;
            break;
        case CA:
            o->ca = optarg;
            break;
        case INSECURE:
            o->insecure = true;
            break;
        case CERT:
            o->cert = optarg;
            break;
        case KEY:
            o->key = optarg;
            break;
        case ALPN:
            o->alpn = optarg;
            break;
        case GROUPS:
            o->groups = optarg;
            break;
        case PASSWORD_FILE:
            o->password_file = optarg;
            break;
        case REVOCATION:
            o->revocation = cv_peer_revocation(optarg);
            if (o->revocation != 0) break;
            cv_peer_say(&c->peer, "--revocation: '%s' is neither leaf nor chain", optarg);
            return EXIT_USAGE;
        case CRL:
            if (o->n_crls < CV_PEER_CRLS_MAX) {
                o->crls[o->n_crls++] = optarg;
                break;
            }
            cv_peer_say(&c->peer, "--crl: too many");
            return EXIT_USAGE;
        case SUITES:
            o->suites = optarg;
            break;
        case SCHEMES:
            o->schemes = optarg;
            break;
        case EXTENSIONS:
            o->extensions = optarg;
            break;
        case COMPRESSION:
            o->compression = optarg;
            break;
        case RAW_KEYS:
            o->raw_keys = optarg;
            break;
        case PIN:
            if (o->n_pins < CV_PEER_PINS_MAX) {
                o->pins[o->n_pins++] = optarg;
                break;
            }
            cv_peer_say(&c->peer, "--pin: too many");
            return EXIT_USAGE;
        case TLS12:
            o->tls12 = optarg;
            break;
        case MIN:
            o->min = cv_peer_version(optarg);
            if (o->min != 0) break;
            cv_peer_say(&c->peer, "--min: '%s' is neither 1.2 nor 1.3", optarg);
            return EXIT_USAGE;
        case MAX:
            o->max = cv_peer_version(optarg);
            if (o->max != 0) break;
            cv_peer_say(&c->peer, "--max: '%s' is neither 1.2 nor 1.3", optarg);
            return EXIT_USAGE;
        case RECONNECT:
            c->n_reconnects = (unsigned)strtoul(optarg, &end, 10);
            if (*optarg != 0 && *end == 0 && c->n_reconnects < 1000000) break;
            cv_peer_say(&c->peer, "--reconnect: '%s' is no number", optarg);
            return EXIT_USAGE;
        case PSK_FILE:
            o->psk_file = optarg;
            break;
        case PSK_KE:
            o->psk_ke = true;
            break;
        case EARLY_DATA:
            c->early_file = optarg;
            break;
        case REKEY:
            o->rekey = true;
            break;
        case INFO:
            o->info = true;
            break;
        case KEYLOG:
            o->keylog = optarg;
            break;
        case HELP:
            fputs(usage, stdout);
            return -1;
        default:
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    return 0;
}

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
    int code = parse_options(&c, argc, argv);
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
    for (unsigned i = 0; code == 0 && i <= c.n_reconnects; i++) code = run_connection(&c);
    free(c.input.p);
    free(c.early);
    free(name);
    cv_peer_close(&c.peer);
    return code;
}
