/* Writes test/fuzz/corpus: transcripts of handshakes between our own engines under null.h, the messages in
 * them, and the certificates and keys of test/pki. Run from the top of the source tree. */
#include "test/fuzz/engine.h"
#include "test/fuzz/pair.h"
#include "test/fuzz/pki.h"
#include "test/unit/pki.h"
#include "x509/pem.h"
#include "x509/pkcs12.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SEED_MAX = 1 << 16 };

static void write_seed(const char *target, const char *name, struct cv_bytes head, struct cv_bytes body)
{
    char path[256];
    (void)snprintf(path, sizeof path, "test/fuzz/corpus/%s", target);
    (void)mkdir(path, 0777);
    (void)snprintf(path, sizeof path, "test/fuzz/corpus/%s/%s", target, name);
    FILE *f = fopen(path, "wb");
    bool ok =
        f != NULL && fwrite(head.p, 1, head.len, f) == head.len && fwrite(body.p, 1, body.len, f) == body.len;
    if (!ok || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static struct cv_bytes text(const char *s)
{
    return cv_bytes((const uint8_t *)s, strlen(s));
}

#define BYTES(s)                                                                                             \
    {                                                                                                        \
        (const uint8_t *)(s), sizeof(s) - 1                                                                  \
    }

/* --- transcripts --- */

struct stream {
    uint8_t p[SEED_MAX];
    size_t len;
};

struct talk {
    struct fuzz_engine client, server;
    struct stream from_client, from_server;
};

static void append(struct stream *s, struct cv_bytes bytes)
{
    FUZZ_CHECK(s->len + bytes.len <= sizeof s->p);
    if (bytes.len > 0) memcpy(s->p + s->len, bytes.p, bytes.len);
    s->len += bytes.len;
}

/* One record after the other to the receiver, the way an application does it. */
static void deliver(struct fuzz_engine *to, struct cv_bytes in)
{
    while (in.len > 0) {
        struct cv_conn_info info;
        struct cv_opened o = {.kind = CV_OPENED_NOTHING};
        struct cv_step s = {0};
        size_t missing, done;
        uint8_t *copy = fuzz_copy(in);
        cv_conn_info(to->conn, &info);
        if (info.established) {
            FUZZ_CHECK(cv_conn_open(to->conn, copy, in.len, &o, &missing) == CV_OK);
            done = o.rec_len;
            if (o.kind == CV_OPENED_STORED)
                FUZZ_CHECK(cv_conn_step(to->conn, cv_bytes(NULL, 0), &s) == CV_OK);
        } else {
            cv_err e = cv_conn_step(to->conn, cv_bytes(copy, in.len), &s);
            done = s.consumed;
            if (e == CV_WANT_CREDENTIAL) {
                cv_conn_set_credential(to->conn, fuzz_client_identity());
                e = cv_conn_step(to->conn, cv_bytes(NULL, 0), &s);
            }
            FUZZ_CHECK(e == CV_OK);
        }
        free(copy);
        FUZZ_CHECK(done > 0);
        (void)fuzz_take(&in, done);
    }
}

static bool move(struct fuzz_engine *from, struct stream *record, struct fuzz_engine *to)
{
    struct cv_bytes out = cv_conn_output(from->conn);
    if (out.len == 0) return false;
    size_t at = record->len;
    append(record, out);
    cv_conn_output_drop(from->conn, out.len);
    deliver(to, cv_bytes(record->p + at, record->len - at));
    return true;
}

static void move_all(struct talk *t)
{
    while (move(&t->client, &t->from_client, &t->server) || move(&t->server, &t->from_server, &t->client)) {
    }
}

static void send_data(struct fuzz_engine *from, struct stream *record, struct fuzz_engine *to,
                      const char *data)
{
    struct cv_stream_sizes sizes;
    uint8_t wire[256];
    size_t len = strlen(data), trailer_len = 128, at = record->len;
    cv_conn_stream_sizes(from->conn, &sizes);
    uint8_t *middle = wire + sizes.header;
    memcpy(middle, data, len);
    FUZZ_CHECK(cv_conn_seal(from->conn, wire, middle, len, middle + len, &trailer_len) == CV_OK);
    append(record, cv_bytes(wire, sizes.header + len + trailer_len));
    deliver(to, cv_bytes(record->p + at, record->len - at));
}

static struct cv_bytes setup_head(uint8_t *buf, const struct fuzz_setup *s)
{
    struct cv_builder b;
    cv_build_init(&b, buf, SEED_MAX);
    cv_build_u16(&b, FUZZ_TAG_CHOICES);
    cv_build_u16(&b, s->choices);
    cv_build_u8(&b, s->seed);
    if (s->client_auth) cv_build_u16(&b, FUZZ_TAG_CLIENT_AUTH);
    if (s->session) {
        cv_build_u16(&b, FUZZ_TAG_SESSION);
        size_t mark = cv_build_open(&b, 3);
        cv_build_bytes(&b, s->ticket.p, s->ticket.len);
        cv_build_close(&b, mark, 3);
    }
    cv_build_u16(&b, FUZZ_TAG_DATA);
    FUZZ_CHECK(cv_build_end(&b) == CV_OK);
    return cv_bytes(buf, b.len);
}

/* The message types in a stream become seeds of the parsers. */
static void write_messages(const char *name, struct cv_bytes stream, bool tls12)
{
    static const uint8_t all_asked[4] = {0xff, 0xff, 0xff, 0xff};
    static struct stream joined;
    joined.len = 0;
    while (stream.len > 0) {
        struct cv_bytes head = fuzz_take(&stream, 3), body;
        FUZZ_CHECK(cv_read_vec16(&stream, &body) == CV_OK);
        if (head.p[0] == CV_CONTENT_CCS && tls12) {
            break; /* what follows is protected */
        } else if (head.p[0] == CV_CONTENT_DATA) {
            body.len -= 17;
            while (body.len > 0 && body.p[body.len] == 0) body.len--; /* padding */
            if (body.p[body.len] != CV_CONTENT_HANDSHAKE) continue;
        } else if (head.p[0] != CV_CONTENT_HANDSHAKE) {
            continue;
        }
        append(&joined, body);
    }
    struct cv_bytes in = cv_bytes(joined.p, joined.len), body;
    uint8_t type;
    char file[64];
    while (cv_read_u8(&in, &type) == CV_OK && cv_read_vec24(&in, &body) == CV_OK) {
        uint8_t head[5] = {tls12 && type > 2 ? type | 0x80 : type, 0xff, 0xff, 0xff, 0xff};
        (void)snprintf(file, sizeof file, "%s-%u", name, type);
        write_seed("hs_message", file, cv_bytes(head, sizeof head), body);
        if (type == 1) write_seed("clienthello", file, cv_bytes(NULL, 0), body);
        if (type == 2) write_seed("serverhello", file, cv_bytes(all_asked, 4), body);
    }
}

struct scene {
    const char *name;
    uint16_t client, server; /* choices */
    bool client_auth, post_auth, session;
    bool messages; /* its messages are seeds, too */
    bool retry_by_server,
        retry_by_client; /* by the lists of that side, so that the other one is as in the target */
};

static const struct scene scenes[] = {
    {.name = "plain"},
    {.name = "alpn", .client = FUZZ_ALPN, .server = FUZZ_ALPN},
    {.name = "client-auth", .messages = true, .client = FUZZ_IDENTITY, .client_auth = true},
    {.name = "client-auth-required",
     .client = FUZZ_WANT_CREDENTIAL,
     .server = FUZZ_REQUIRE,
     .client_auth = true},
    {.name = "client-auth-empty", .client_auth = true},
    {.name = "post-auth", .messages = true, .client = FUZZ_IDENTITY, .post_auth = true},
    {.name = "resumed", .messages = true, .session = true},
    {.name = "retry-by-server", .messages = true, .retry_by_server = true},
    {.name = "retry-by-client", .retry_by_client = true},
    {.name = "extensions",
     .messages = true,
     .client = FUZZ_EXTENSIONS | FUZZ_IDENTITY,
     .server = FUZZ_EXTENSIONS,
     .client_auth = true},
    {.name = "extensions-resumed", .client = FUZZ_EXTENSIONS, .server = FUZZ_EXTENSIONS, .session = true},
    {.name = "raw-keys",
     .messages = true,
     .client = FUZZ_RAW_KEYS | FUZZ_IDENTITY,
     .server = FUZZ_RAW_KEYS | FUZZ_NO_VALIDATION,
     .client_auth = true},
    {.name = "tls12-extensions",
     .client = FUZZ_EXTENSIONS | FUZZ_RAW_KEYS | FUZZ_TLS12,
     .server = FUZZ_EXTENSIONS | FUZZ_RAW_KEYS | FUZZ_NO_VALIDATION | FUZZ_TLS12},
    {.name = "tls12", .client = FUZZ_TLS12, .server = FUZZ_TLS12},
    {.name = "tls12-server", .server = FUZZ_TLS12},
    {.name = "tls12-client", .client = FUZZ_TLS12},
    {.name = "tls12-client-auth",
     .messages = true,
     .client = FUZZ_TLS12 | FUZZ_IDENTITY,
     .client_auth = true},
};

static struct cv_bytes make_ticket(struct talk *t, uint8_t *buf, size_t cap)
{
    struct cv_session s = {
        .version = CV_TLS13,
        .suite = t->server.algorithms.suites[0].id,
        .group = 29,
        .scheme = 0x0403,
        .hash = CV_HASH_SHA256,
        .secret_len = 32,
        .lifetime = 3600,
        .created = t->server.port.now,
        .authenticated = t->server.port.now,
        .chain_not_after = INT64_MAX,
        .server_name = text("server.example"),
    };
    size_t len;
    FUZZ_CHECK(cv_ticket_seal(t->server.config.ticket_keys, buf, cap, &len, &s) == CV_OK);
    return cv_bytes(buf, len);
}

static void play(const struct scene *scene)
{
    static struct talk t;
    static uint8_t head[SEED_MAX];
    static struct cv_group other;
    const struct cv_group *other_groups[2] = {&other};
    uint8_t ticket[512];
    struct fuzz_setup client = {.choices = scene->client, .session = scene->session};
    struct fuzz_setup server = {
        .choices = scene->server, .client_auth = scene->client_auth, .session = scene->session};
    t.from_client.len = t.from_server.len = 0;
    FUZZ_CHECK(fuzz_engine_new(&t.server, CV_SERVER, &server));
    if (scene->session) {
        client.ticket = make_ticket(&t, ticket, sizeof ticket);
        write_seed("ticket_open", "raw", cv_bytes((const uint8_t *)"\0", 1), client.ticket);
        write_seed("ticket_open", "inside", cv_bytes((const uint8_t *)"\1", 1),
                   cv_bytes(ticket + 28, client.ticket.len - 28 - 16));
    }
    FUZZ_CHECK(fuzz_engine_new(&t.client, CV_CLIENT, &client));
    if (scene->retry_by_server) {
        t.server.config.groups++;
        t.server.config.n_groups--;
    }
    if (scene->retry_by_client) {
        other = *t.client.config.groups[0];
        other.id = 25;
        other_groups[1] = t.client.config.groups[0];
        t.client.config.groups = other_groups;
        t.client.config.n_groups = 2;
    }
    FUZZ_CHECK(cv_conn_step(t.client.conn, cv_bytes(NULL, 0), &(struct cv_step){0}) == CV_OK);
    move_all(&t);
    send_data(&t.client, &t.from_client, &t.server, "question");
    send_data(&t.server, &t.from_server, &t.client, "answer");
    if (((scene->client | scene->server) & FUZZ_TLS12) == 0) {
        FUZZ_CHECK(cv_conn_update_keys(t.client.conn, true) == CV_OK);
        send_data(&t.client, &t.from_client, &t.server, "behind an update");
        send_data(&t.server, &t.from_server, &t.client, "updated, too");
    }
    if (scene->post_auth) {
        FUZZ_CHECK(cv_conn_request_auth(t.server.conn, CV_AUTH_REQUEST) == CV_OK);
        move_all(&t);
        send_data(&t.client, &t.from_client, &t.server, "it is me");
    }
    FUZZ_CHECK(cv_conn_close(t.client.conn) == CV_OK && cv_conn_close(t.server.conn) == CV_OK);
    append(&t.from_client, cv_conn_output(t.client.conn));
    append(&t.from_server, cv_conn_output(t.server.conn));

    struct cv_bytes from_client = cv_bytes(t.from_client.p, t.from_client.len);
    struct cv_bytes from_server = cv_bytes(t.from_server.p, t.from_server.len);
    write_seed("conn_client", scene->name, setup_head(head, &client), from_server);
    write_seed("conn_arriving", scene->name, setup_head(head, &client), from_server);
    write_seed("conn_server", scene->name, setup_head(head, &server), from_client);
    bool tls12 = ((scene->client | scene->server) & FUZZ_TLS12) != 0;
    if (scene->messages) write_messages(scene->name, from_client, tls12);
    if (scene->messages) write_messages(scene->name, from_server, tls12);
    fuzz_engine_free(&t.client);
    fuzz_engine_free(&t.server);
}

/* --- the same through SSPI --- */

static void log_to(void *ctx, struct cv_bytes records)
{
    append(ctx, records);
}

/* The side whose input the seed will be draws the random bytes that it will draw in the target. */
static void play_sspi(const char *name, bool server, uint16_t choices, bool client_auth, bool post_auth)
{
    static struct stream log;
    static uint8_t head[SEED_MAX];
    struct fuzz_pair p;
    struct fuzz_setup setup = {.choices = choices, .client_auth = client_auth};
    log.len = 0;
    fuzz_library_begin();
    fuzz_pair_open(&p, &setup, &setup);
    struct fuzz_side *target = server ? &p.server : &p.client, *peer = target->peer;
    peer->seed = 2;
    peer->log = log_to;
    peer->log_ctx = &log;
    fuzz_pair_connect(&p);
    fuzz_side_send(&p.client, 30);
    fuzz_side_send(&p.server, 40);
    fuzz_pair_settle(&p);
    if ((choices & FUZZ_TLS12) == 0) fuzz_side_renegotiate(peer); /* a key update */
    fuzz_side_send(peer, 50);
    fuzz_pair_settle(&p);
    if (post_auth) fuzz_side_control(&p.server, SCHANNEL_RENEGOTIATE);
    fuzz_pair_settle(&p);
    fuzz_side_send(&p.server, 10);
    fuzz_side_send(&p.client, 10);
    fuzz_pair_settle(&p);
    fuzz_side_control(peer, SCHANNEL_SHUTDOWN);
    fuzz_pair_settle(&p);
    FUZZ_CHECK(target->app.over); /* it read all, the end as well */
    write_seed(server ? "sspi_token_server" : "sspi_token_client", name, setup_head(head, &setup),
               cv_bytes(log.p, log.len));
    fuzz_pair_close(&p);
    fuzz_library_end();
}

static void play_all_sspi(bool server)
{
    play_sspi("plain", server, 0, false, false);
    play_sspi("alpn", server, FUZZ_ALPN, false, false);
    play_sspi("client-auth", server, FUZZ_IDENTITY | FUZZ_REQUIRE, true, false);
    play_sspi("client-auth-asked", server, FUZZ_WANT_CREDENTIAL, true, false);
    play_sspi("client-auth-none", server, 0, true, false);
    play_sspi("post-auth", server, FUZZ_IDENTITY, true, true);
    play_sspi("allocated", server, FUZZ_SMALL, false, false);
    play_sspi("real-records", server, FUZZ_REAL_RECORDS, false, false);
    play_sspi("tls12", server, FUZZ_TLS12, false, false);
    play_sspi("tls12-client-auth", server, FUZZ_TLS12 | FUZZ_IDENTITY, true, false);
    play_sspi("tls12-real-records", server, FUZZ_TLS12 | FUZZ_REAL_RECORDS, false, false);
    play_sspi("extensions", server, FUZZ_EXTENSIONS, false, false);
    play_sspi("extensions-allocated", server, FUZZ_EXTENSIONS | FUZZ_SMALL, false, false);
    play_sspi("tls12-extensions", server, FUZZ_EXTENSIONS | FUZZ_TLS12, false, false);
    play_sspi("options", server, FUZZ_EARLY, false, false);
    play_sspi("operations", server, FUZZ_LATER | FUZZ_IDENTITY, true, false);
    play_sspi("raw-keys", server, FUZZ_RAW_KEYS | FUZZ_IDENTITY, true, false);
    play_sspi("tls12-operations", server, FUZZ_TLS12 | FUZZ_LATER, false, false);
    play_sspi("real", server, FUZZ_REAL, false, false);
    play_sspi("real-client-auth", server, FUZZ_REAL | FUZZ_IDENTITY, true, false);
}

/* Operations on an established pair, as the targets read them. */
static void write_operations(void)
{
    static const struct {
        const char *target, *name;
        struct cv_bytes ops;
    } seeds[] = {
        /* send, deliver, both ways; key updates; client certificates later on; the end */
        {"decrypt_stream", "talk", BYTES("\0\0\x20\2\x8e\x40\x82\4\2\x8e\x10\x82\x82\6\2")},
        {"decrypt_stream", "real", BYTES("\1\0\x20\2\x8e\x40\x82\4\2\x8e\x10\x82\x82\6\2")},
        {"decrypt_stream", "tls12", BYTES("\x11\0\x20\2\x80\x40\x82\0\x10\x80\x10\3\x83\6\2")},
        {"decrypt_stream", "post-auth", BYTES("\7\x85\x90\x82\x03\0\x10\3")},
        {"decrypt_stream", "large", BYTES("\1\1\x40\0\1\x40\0\3\x8f\x30\0\x82")},
        {"decrypt_stream", "reordered", BYTES("\1\0\x10\0\x10\0\x10\x0c\0\1\3")},
        {"decrypt_stream", "dropped", BYTES("\1\0\x10\0\x10\x0d\0\0\3")},
        {"decrypt_stream", "repeated", BYTES("\1\0\x10\x0b\0\0\2\2")},
        {"decrypt_stream", "split", BYTES("\1\0\x10\x0a\0\7\2\2\0\x10\2")},
        {"decrypt_stream", "bit", BYTES("\1\0\x10\x08\0\6\1\2\2")},
        {"decrypt_stream", "made-up", BYTES("\0\x07\x16\x17\x03\x03\0\x11\x17TTTTTTTTTTTTTTTT\2")},
        /* EncryptMessage with room; DecryptMessage of what came; ISC with token and spare buffer */
        {"sspi_bufdesc", "encrypt", BYTES("\1\2\0\4\3\7\1\5\1\4data\3\6\x08\0\0\0")},
        {"sspi_bufdesc", "decrypt", BYTES("\1\3\0\4\4\1\0\0\0\0\0\0\0")},
        {"sspi_bufdesc", "token", BYTES("\0\x80\0\2\4\2\0\0\2\3\2\xff\3\x11\2")},
        {"sspi_bufdesc", "control", BYTES("\1\4\0\1\5\2\4\1\0\0\0\0\1\0\0\2\3\2\xff\3\x11\2")},
        /* extensions of the program's own: sent, subscribed to, and both malformed */
        {"sspi_bufdesc", "extensions",
         BYTES("\0\0\0\3\0\0\5\x19\x0d\x39\0\1\0\0\0\0\0\3\0"
               "abc"
               "\5\x1a\x0c\0\0\0\0\1\0\0\0\x39\0\x08\0"
               "\2\3\2\xff\3\x1a\x08")},
        {"sspi_bufdesc", "extensions-malformed",
         BYTES("\x80\0\2\5\x19\x0b\x39\0\1\0\0\0\0\0\3\0"
               "a"
               "\5\x1a\x0c\0\0\0\0\2\0\0\0\x39\0\1\0"
               "\2\3\2\xff\3\x1a\x08")},
        {"sspi_bufdesc", "none", BYTES("\1\1\0\x09\x09\1\0\x0a\x0a\2\0\x09\0\3\0\x0a\0\4\0\x09\0")},
        /* two contexts shake hands, talk, and are gone; credentials with conditions; a forged handle */
        {"api_seq", "talk",
         BYTES(
             "\x09\0\1\1\4\x09\1\0\3\4\x09\0\1\0\4\x09\1\0\0\4\1\0\0\3\1\0\5\0\2\0\4\0\1\0\0\0\1\0\0\1\0\0")},
        /* shake hands; one context moves to another place and goes on there; a changed one does not */
        {"api_seq", "moved",
         BYTES("\x09\0\1\1\4\x09\1\0\3\4\x09\0\1\0\4\x09\1\0\0\4"
               "\x10\0\2\2\0\0\1\2\0\3\1\2\x10\1\3\4\x20\1")},
        {"api_seq", "credentials", BYTES("\7\0\0\0\1\0\1\x42\1\x09\0\1\1\x09\7\3\1\0\2\0\3\x20\2")},
        {"api_seq", "forged",
         BYTES("\x09\0\1\1\4\x08\0\3\0\6\0\4\0\x20"
               "EXPR\5\0\x12\0")},
    };
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        write_seed(seeds[i].target, seeds[i].name, cv_bytes(NULL, 0), seeds[i].ops);
}

/* --- certificates and keys --- */

static struct cv_bytes read_file(const char *path)
{
    static uint8_t buf[1 << 18];
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    size_t len = fread(buf, 1, sizeof buf, f);
    (void)fclose(f);
    return cv_bytes(buf, len);
}

static void write_blocks(const char *path, const char *stem, const char *target, unsigned n_max)
{
    struct cv_bytes in = read_file(path), label, body;
    char name[64];
    for (unsigned i = 0; i < n_max && cv_pem_next(&in, &label, &body) == CV_OK; i++) {
        uint8_t *der = fuzz_copy(body);
        size_t len;
        FUZZ_CHECK(cv_base64_decode(der, body.len, &len, body) == CV_OK);
        (void)snprintf(name, sizeof name, "%s-%02u", stem, i);
        write_seed(target, name, cv_bytes(NULL, 0), cv_bytes(der, len));
        free(der);
    }
}

/* Choices, number of anchors, budget; then names of chains.pem. */
static void write_chain(const char *name, uint8_t choices, uint8_t n_anchors, uint8_t budget,
                        const char *certs)
{
    static struct stream chain;
    uint8_t head[3] = {choices, n_anchors, budget};
    char one[64];
    int used;
    chain.len = 0;
    for (; sscanf(certs, "%63s%n", one, &used) == 1; certs += used)
        append(&chain, pki_der("chains.pem", one));
    write_seed("x509_chain", name, cv_bytes(head, sizeof head), cv_bytes(chain.p, chain.len));
}

/* Choices and pieces; then names of chains.pem, the root last. */
static void write_arriving_chain(const char *name, uint8_t choices, const char *certs)
{
    static struct stream chain;
    uint8_t head[2] = {choices, 7};
    char one[64];
    int used;
    chain.len = 0;
    for (; sscanf(certs, "%63s%n", one, &used) == 1; certs += used) {
        struct cv_bytes der = pki_der("chains.pem", one);
        uint8_t len[2] = {(uint8_t)(der.len >> 8), (uint8_t)der.len};
        append(&chain, cv_bytes(len, sizeof len));
        append(&chain, der);
    }
    write_seed("x509_stream", name, cv_bytes(head, sizeof head), cv_bytes(chain.p, chain.len));
}

static void write_arriving_chains(void)
{
    write_arriving_chain("simple", 5, "leaf ica root");
    write_arriving_chain("root-sent", 5, "leaf ica root root");
    write_arriving_chain("rsa", 1, "leaf-rsa root-rsa");
    write_arriving_chain("p384", 13, "leaf-p384 root-p384");
    write_arriving_chain("below", 1, "leaf-below ica-below ica root");
    write_arriving_chain("self-issued", 1, "leaf-self-issued ica-self-issued ica root");
    write_arriving_chain("pss", 1, "leaf-pss root-rsa");
    write_arriving_chain("constraints", 1, "leaf-bad bad-constraints root");
    write_arriving_chain("explicit", 1, "leaf-policy ica-explicit root");
    write_arriving_chain("client", 2, "leaf-client ica root");
    write_arriving_chain("only-key", 17, "leaf-critical ica root");
}

static void write_chains(void)
{
    write_chain("simple", 1, 1, 0, "leaf ica root");
    write_chain("expired", 1, 1, 0, "leaf-expired ica root");
    write_chain("client", 2, 1, 0, "leaf-client ica root");
    write_chain("rfc5280", 1 | 4, 1, 0, "leaf ica root");
    write_chain("webpki", 1 | 8, 1, 0, "leaf ica root");
    write_chain("rsa", 1 | 4, 1, 0, "leaf-rsa root-rsa");
    write_chain("pss", 1, 1, 0, "leaf-pss root-rsa");
    write_chain("p384", 1 | 8, 1, 0, "leaf-p384 root-p384");
    write_chain("self-signed", 0, 1, 0, "self-signed");
    write_chain("v1", 0, 1, 0, "leaf-of-root-v1 root-v1");
    write_chain("constraints", 0, 1, 0, "leaf-bad bad-constraints bad-good bad-not-ca root");
    write_chain("bad", 0, 1, 0,
                "leaf-bad bad-no-bc bad-no-cert-sign bad-expired bad-eku bad-critical bad-policy root");
    write_chain("policy", 0, 1, 0, "leaf-policy ica-explicit root");
    write_chain("other-policy", 0, 1, 0, "leaf-other-policy ica-explicit root");
    write_chain("loop", 0, 1, 0, "leaf-loop loop-a loop-b loop-a-by-root root");
    write_chain("same", 0, 1, 0x10, "leaf-same same-1 same-2 same-3 root");
    write_chain("self-issued", 0, 1, 0, "leaf-self-issued ica-self-issued ica root");
    write_chain("below", 0, 1, 1, "leaf-below ica-below ica root");
}

/* A block of revocation.pem, then names of chains.pem. */
static void write_status(const char *target, const char *status, const char *certs)
{
    static struct stream chain;
    char one[64];
    int used;
    chain.len = 0;
    for (; sscanf(certs, "%63s%n", one, &used) == 1; certs += used)
        append(&chain, pki_der("chains.pem", one));
    write_seed(target, status, pki_der("revocation.pem", status), cv_bytes(chain.p, chain.len));
}

static void write_statuses(void)
{
    static const char *const lists[] = {"ica-none",      "ica-leaf",           "ica-some-reasons",
                                        "ica-point",     "ica-users",          "ica-delta",
                                        "ica-version-1", "ica-entry-critical", "root-none"};
    static const char *const answers[] = {"ocsp-good",      "ocsp-good-sha256", "ocsp-revoked",
                                          "ocsp-delegated", "ocsp-no-eku",      "ocsp-good-by-name",
                                          "ocsp-nonce",     "ocsp-unauthorized"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) write_status("crl", lists[i], "leaf ica");
    write_status("crl", "indirect", "leaf-indirect lists ica root");
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        write_status("ocsp", answers[i], "leaf-ed25519 root-ed25519");
}

/* A file of test/pki/pkcs12. */
static struct cv_bytes read_protected(uint8_t buf[SEED_MAX], const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "test/pki/pkcs12/%s", name);
    FILE *f = fopen(path, "rb");
    FUZZ_CHECK(f != NULL);
    size_t len = fread(buf, 1, SEED_MAX, f);
    (void)fclose(f);
    return cv_bytes(buf, len);
}

static void write_protected(void)
{
    static const char *const files[] = {"once.p12",         "plain.p12",           "legacy.p12",
                                        "2des-rc2-128.p12", "once-pieces.p12",     "once-indefinite.p12",
                                        "once-nested.p12",  "once-longlengths.p12"};
    static const char *const keys[] = {"aes-128-cbc-SHA1.p8", "aes-192-cbc-SHA384.p8",
                                       "aes-256-cbc-SHA256.p8", "des-ede3-cbc-SHA512.p8", "scrypt.p8"};
    static uint8_t buf[SEED_MAX], memory[7 * SEED_MAX];
    static const uint8_t whole[1] = {0}, safes[1] = {1};
    struct cv_pkcs12 p;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct cv_bytes der = read_protected(buf, files[i]);
        char name[64];
        write_seed("pkcs12", files[i], cv_bytes(whole, 1), der);
        write_seed("ber", files[i], cv_bytes(NULL, 0), der);
        FUZZ_CHECK(cv_pkcs12_open(&p, memory, sizeof memory, der, text("secret")) == CV_OK);
        (void)snprintf(name, sizeof name, "safes-%s", files[i]);
        write_seed("pkcs12", name, cv_bytes(safes, 1), p.safes);
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        write_seed("pbe", keys[i], read_protected(buf, keys[i]), cv_bytes(NULL, 0));
    write_seed("pkcs7", "bundle", pki_der("revocation.pem", "bundle"), cv_bytes(NULL, 0));
}

/* For the target wincrypt: kinds of DER by the place of their type in its table, text, objects, chains. */
static void write_wincrypt(void)
{
    static uint8_t buf[SEED_MAX];
    static const uint8_t whole[2] = {0, 0}, list[2] = {0, 1}, info[2] = {0, 13}, query[1] = {2};
    static const char *const chains[] = {"leaf ica root", "leaf-expired ica root",
                                         "leaf-bad bad-constraints root", "leaf-client ica root",
                                         "self-signed root"};
    static const struct {
        const char *name;
        struct cv_bytes bytes;
    } small[] = {
        {"alt-names", BYTES("\0\5\x30\x0d\x82\5"
                            "a.net\x87\4\1\2\3\4")},
        {"key-usage", BYTES("\0\6\3\2\1\6")},
        {"constraints", BYTES("\0\7\x30\6\1\1\xff\2\1\3")},
        {"usages", BYTES("\0\x0b\x30\x0a\6\x08+\6\1\5\5\7\3\1")},
        {"base64", BYTES("\1\1QUJD\r\nRA==")},
        {"hex", BYTES("\1\3"
                      "00 fF\t12")},
        {"lines", BYTES("\1\4x\n-----BEGIN A-----\nQUJD\n-----END A-----\n")},
    };
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++)
        write_seed("wincrypt", small[i].name, small[i].bytes, cv_bytes(NULL, 0));
    write_seed("wincrypt", "certificate", cv_bytes(whole, 2), pki_der("chains.pem", "leaf"));
    write_seed("wincrypt", "crl", cv_bytes(list, 2), pki_der("revocation.pem", "ica-leaf"));
    write_seed("wincrypt", "key", cv_bytes(info, 2), pki_der("keys.pem", "leaf"));
    write_seed("wincrypt", "object", cv_bytes(query, 1), pki_der("chains.pem", "leaf"));
    write_seed("wincrypt", "bundle", cv_bytes(query, 1), pki_der("revocation.pem", "bundle"));
    write_seed("wincrypt", "pfx", cv_bytes(query, 1), read_protected(buf, "once.p12"));
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        struct cv_builder b;
        char name[64];
        int used = 0;
        cv_build_init(&b, buf, sizeof buf);
        cv_build_u8(&b, 3);
        cv_build_u8(&b, (uint8_t)(i % 8));
        for (const char *at = chains[i]; sscanf(at, "%63s%n", name, &used) == 1; at += used) {
            struct cv_bytes der = pki_der("chains.pem", name);
            cv_build_u24(&b, (uint32_t)der.len);
            cv_build_bytes(&b, der.p, der.len);
        }
        (void)snprintf(name, sizeof name, "chain-%zu", i);
        write_seed("wincrypt", name, cv_bytes(buf, b.len), cv_bytes(NULL, 0));
    }
}

static void write_names(void)
{
    static const struct {
        const char *name, *host;
        struct cv_bytes san;
    } hosts[] = {
        {"exact", "example.com",
         BYTES("\x82\x0b"
               "example.com")},
        {"wildcard", "a.example.com", BYTES("\x82\x0d*.example.com")},
        {"second", "EXAMPLE.net.",
         BYTES("\x81\x05"
               "a@b.c\x82\x0b"
               "example.com\x82\x0b"
               "example.NET")},
        {"ip4", "192.0.2.1", BYTES("\x87\x04\xc0\x00\x02\x01")},
        {"ip6", "[2001:db8::1]", BYTES("\x87\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01")},
        {"mapped", "::ffff:192.0.2.1", BYTES("\x87\x10\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1")},
        {"others", "a.b",
         BYTES("\xa0\x07\x06\x01\x2a\xa0\x02\x05\x00\xa4\x02\x30\x00\x86\x08http://a\x88\x01\x2a")},
    };
    static const struct {
        const char *name;
        struct cv_bytes der;
    } constraints[] = {
        {"dns", BYTES("\x30\x11\xa0\x0f\x30\x0d\x82\x0b"
                      "example.com"
                      "\x30\x0f\x82\x0d"
                      "a.example.com")},
        {"excluded", BYTES("\x30\x11\xa1\x0f\x30\x0d\x82\x0b"
                           "example.com"
                           "\x30\x0f\x82\x0d"
                           "*.example.com")},
        {"ip", BYTES("\x30\x0e\xa0\x0c\x30\x0a\x87\x08\xc0\x00\x02\x00\xff\xff\xff\x00"
                     "\x30\x06\x87\x04\xc0\x00\x02\x01")},
        {"mail", BYTES("\x30\x0b\xa0\x09\x30\x07\x81\x05"
                       ".b.ex"
                       "\x30\x0a\x81\x08"
                       "a@c.b.ex")},
        {"uri", BYTES("\x30\x0b\xa0\x09\x30\x07\x86\x05"
                      ".b.ex"
                      "\x30\x11\x86\x0f"
                      "http://a.b.ex/x")},
        {"directory",
         BYTES("\x30\x15\xa0\x13\x30\x11\xa4\x0f\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02US"
               "\x30\x00"
               "\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02US")},
    };
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        uint8_t head[256] = {(uint8_t)strlen(hosts[i].host)};
        memcpy(head + 1, hosts[i].host, head[0]);
        write_seed("hostname_match", hosts[i].name, cv_bytes(head, (size_t)head[0] + 1), hosts[i].san);
    }
    for (size_t i = 0; i < sizeof constraints / sizeof constraints[0]; i++)
        write_seed("name_constraints", constraints[i].name, cv_bytes(NULL, 0), constraints[i].der);
}

int main(void)
{
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) play(&scenes[i]);
    write_blocks("test/pki/chains.pem", "chains", "x509_cert", 100);
    write_blocks("test/pki/chains.pem", "chains", "der", 3);
    write_blocks("test/pki/keys.pem", "keys", "pkcs8", 100);
    write_blocks("test/pki/keys.pem", "keys", "der", 3);
    write_chains();
    write_arriving_chains();
    write_statuses();
    write_protected();
    write_names();
    write_wincrypt();
    play_all_sspi(false);
    play_all_sspi(true);
    write_operations();
    write_seed("pem", "chain", cv_bytes(NULL, 0), fuzz_pem(FUZZ_SERVER_P256));
    write_seed("pem", "key", cv_bytes(NULL, 0), fuzz_pem(FUZZ_SERVER_P256_KEY));
    write_seed("pem", "between", cv_bytes(NULL, 0),
               text("x\r\n-----BEGIN A-----\r\n QQ==\r\n\r\n-----END A-----\r\n-----BEGIN"));
    return 0;
}
