/* openssl-bench: the system's OpenSSL in the rows of the benchmark, measured by the same harness. */
#include "openssl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void must(bool ok, const char *what)
{
    if (ok) return;
    ERR_print_errors_fp(stderr);
    bench_fail("%s failed", what);
}

/* --- heap --- */

enum { TAG_NONE, TAG_SERVER, TAG_CLIENT, N_TAGS };

/* In front of each allocation. */
struct block {
    _Alignas(16) size_t len;
    int tag;
};

static struct {
    size_t n_allocs, bytes, live, peak;
} counts[N_TAGS];
static int tag;

static void count(struct block *b, size_t len)
{
    b->len = len;
    b->tag = tag;
    counts[tag].n_allocs++;
    counts[tag].bytes += len;
    counts[tag].live += len;
    if (counts[tag].live > counts[tag].peak) counts[tag].peak = counts[tag].live;
}

static void *count_malloc(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    struct block *b = malloc(sizeof *b + len);
    if (b == NULL) return NULL;
    count(b, len);
    return b + 1;
}

static void count_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    if (p == NULL) return;
    struct block *b = (struct block *)p - 1;
    counts[b->tag].live -= b->len;
    free(b);
}

static void *count_realloc(void *p, size_t len, const char *file, int line)
{
    if (p == NULL) return count_malloc(len, file, line);
    size_t old_len = ((struct block *)p - 1)->len;
    void *q = count_malloc(len, file, line);
    if (q == NULL) return NULL;
    memcpy(q, p, old_len < len ? old_len : len);
    count_free(p, file, line);
    return q;
}

/* --- the wire as a BIO --- */

static struct wire to_server, to_client;
static BIO_METHOD *wire_method;

struct wires {
    struct wire *in, *out;
};
static struct wires server_wires = {&to_server, &to_client}, client_wires = {&to_client, &to_server};

static int wire_write(BIO *b, const char *p, int len)
{
    struct wires *w = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    wire_put(w->out, p, (size_t)len);
    return len;
}

static int wire_read(BIO *b, char *p, int len)
{
    struct wires *w = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    int n = (int)wire_get(w->in, p, (size_t)len);
    if (n > 0) return n;
    BIO_set_retry_read(b);
    return -1;
}

static long wire_ctrl(BIO *b, int command, long number, void *pointer)
{
    (void)b;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static int wire_create(BIO *b)
{
    BIO_set_init(b, 1);
    return 1;
}

/* --- pairs --- */

struct pair {
    SSL_CTX *server_ctx, *client_ctx;
    SSL *server, *client;
    SSL_SESSION *session; /* the newest */
    bool want_resumed;
    uint64_t server_ticks, client_ticks;
};
static struct pair *current; /* whose sessions come */

static int keep_session(SSL *s, SSL_SESSION *session)
{
    (void)s;
    SSL_SESSION_free(current->session);
    current->session = session;
    return 1;
}

static void pair_setup(struct pair *p, const char *kind, const char *suite, bool resume)
{
    *p = (struct pair){.server_ctx = SSL_CTX_new(TLS_server_method()),
                       .client_ctx = SSL_CTX_new(TLS_client_method())};
    SSL_CTX *both[] = {p->server_ctx, p->client_ctx};
    must(SSL_CTX_use_certificate_chain_file(p->server_ctx, bench_pem_path(kind, BENCH_CHAIN)) == 1, "chain");
    must(SSL_CTX_use_PrivateKey_file(p->server_ctx, bench_pem_path(kind, BENCH_KEY), SSL_FILETYPE_PEM) == 1,
         "key");
    must(SSL_CTX_load_verify_locations(p->client_ctx, bench_pem_path(kind, BENCH_ROOT), NULL) == 1, "root");
    SSL_CTX_set_verify(p->client_ctx, SSL_VERIFY_PEER, NULL);
    for (size_t i = 0; i < 2; i++) {
        must(SSL_CTX_set_min_proto_version(both[i], TLS1_3_VERSION) == 1 &&
                 SSL_CTX_set_max_proto_version(both[i], TLS1_3_VERSION) == 1 &&
                 SSL_CTX_set1_groups_list(both[i], "X25519") == 1 &&
                 SSL_CTX_set_ciphersuites(both[i], suite) == 1,
             "configuration");
    }
    SSL_CTX_set_session_cache_mode(p->server_ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_cache_mode(p->client_ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(p->client_ctx, keep_session);
    must(SSL_CTX_set_session_id_context(p->server_ctx, (const uint8_t *)"bench", 5) == 1,
         "session id context");
    must(SSL_CTX_set_num_tickets(p->server_ctx, resume ? 1 : 0) == 1, "tickets");
}

static void pair_teardown(struct pair *p)
{
    SSL_SESSION_free(p->session);
    SSL_CTX_free(p->server_ctx);
    SSL_CTX_free(p->client_ctx);
}

static void clock_out(uint64_t *last, uint64_t *ticks)
{
    uint64_t now = bench_ticks();
    *ticks += now - *last;
    *last = now;
}

static SSL *end_new(SSL_CTX *ctx, struct wires *wires)
{
    SSL *s = SSL_new(ctx);
    BIO *b = BIO_new(wire_method);
    must(s != NULL && b != NULL, "SSL_new");
    BIO_set_data(b, wires);
    SSL_set_bio(s, b, b);
    return s;
}

static bool turn(SSL *s)
{
    int r = SSL_do_handshake(s);
    must(r == 1 || SSL_get_error(s, r) == SSL_ERROR_WANT_READ, "handshake");
    return r == 1;
}

static void pair_connect(struct pair *p)
{
    bool client_done = false, server_done = false;
    uint64_t last = bench_ticks();
    uint8_t none;
    current = p;
    wire_clear(&to_server);
    wire_clear(&to_client);
    tag = TAG_SERVER;
    p->server = end_new(p->server_ctx, &server_wires);
    SSL_set_accept_state(p->server);
    clock_out(&last, &p->server_ticks);
    tag = TAG_CLIENT;
    p->client = end_new(p->client_ctx, &client_wires);
    SSL_set_connect_state(p->client);
    must(SSL_set1_host(p->client, "localhost") == 1 && SSL_set_tlsext_host_name(p->client, "localhost") == 1,
         "name");
    must(p->session == NULL || SSL_set_session(p->client, p->session) == 1, "session");
    for (unsigned i = 0; i < 8 && !(client_done && server_done); i++) {
        tag = TAG_CLIENT;
        client_done = turn(p->client);
        clock_out(&last, &p->client_ticks);
        tag = TAG_SERVER;
        server_done = turn(p->server);
        clock_out(&last, &p->server_ticks);
    }
    tag = TAG_CLIENT;
    if (wire_len(&to_client) > 0) (void)SSL_read(p->client, &none, 1); /* tickets */
    clock_out(&last, &p->client_ticks);
    tag = TAG_NONE;
    must(client_done && server_done, "handshake");
    must(!p->want_resumed || SSL_session_reused(p->client) == 1, "resumption");
}

static void end_free(SSL *s)
{
    SSL_set_shutdown(s, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(s);
}

static void pair_free(struct pair *p)
{
    uint64_t last = bench_ticks();
    tag = TAG_SERVER;
    end_free(p->server);
    clock_out(&last, &p->server_ticks);
    tag = TAG_CLIENT;
    end_free(p->client);
    clock_out(&last, &p->client_ticks);
    tag = TAG_NONE;
}

static void pair_send(struct pair *p, bool from_server, size_t len)
{
    tag = from_server ? TAG_SERVER : TAG_CLIENT;
    must(SSL_write(from_server ? p->server : p->client, bench_in, (int)len) == (int)len, "SSL_write");
    tag = TAG_NONE;
}

static void pair_receive(struct pair *p, bool by_server, size_t len)
{
    tag = by_server ? TAG_SERVER : TAG_CLIENT;
    must(SSL_read(by_server ? p->server : p->client, bench_out, (int)len) == (int)len, "SSL_read");
    tag = TAG_NONE;
}

/* --- sections --- */

static void handshake(void *arg)
{
    pair_connect(arg);
    pair_free(arg);
}

static void bench_handshake(const char *metric, const char *kind, bool resume)
{
    char server_metric[64];
    struct pair p;
    if (!bench_wanted(metric)) return;
    pair_setup(&p, kind, "TLS_AES_128_GCM_SHA256", resume);
    if (resume) {
        handshake(&p);
        p.want_resumed = true;
    }
    double rate = bench_rate(handshake, &p);
    bench_row(metric, rate, "pair/s");
    (void)snprintf(server_metric, sizeof server_metric, "%s_srv", metric);
    bench_row(server_metric, rate * (double)(p.server_ticks + p.client_ticks) / (double)p.server_ticks,
              "srv/s");
    pair_teardown(&p);
}

static void send_record(void *arg)
{
    pair_send(arg, true, BENCH_RECORD);
}

static void move_record(void *arg)
{
    pair_send(arg, true, BENCH_RECORD);
    pair_receive(arg, false, BENCH_RECORD);
}

static void bench_stream(const char *name, const char *suite)
{
    char metric[64];
    struct pair p;
    pair_setup(&p, "ec", suite, false);
    pair_connect(&p);
    (void)snprintf(metric, sizeof metric, "C_tls13_%s_pair", name);
    bench_mb(metric, move_record, &p, BENCH_RECORD);
    to_client.sink = true;
    (void)snprintf(metric, sizeof metric, "C_tls13_%s_send", name);
    bench_mb(metric, send_record, &p, BENCH_RECORD);
    pair_free(&p);
    pair_teardown(&p);
}

enum { N_HANDSHAKES = 100, N_IDLE = 200, IDLE_DATA = 1024 };

static void count_handshakes(struct pair *p)
{
    pair_connect(p);
    pair_free(p);
    size_t n = counts[TAG_SERVER].n_allocs, bytes = counts[TAG_SERVER].bytes;
    size_t n_client = counts[TAG_CLIENT].n_allocs, bytes_client = counts[TAG_CLIENT].bytes;
    for (int i = 0; i < N_HANDSHAKES; i++) {
        pair_connect(p);
        pair_free(p);
    }
    n = counts[TAG_SERVER].n_allocs - n;
    bytes = counts[TAG_SERVER].bytes - bytes;
    n_client = counts[TAG_CLIENT].n_allocs - n_client;
    bytes_client = counts[TAG_CLIENT].bytes - bytes_client;
    bench_row("D_hs_srv_allocs", (double)n / N_HANDSHAKES, "allocs");
    bench_row("D_hs_srv_bytes", (double)bytes / N_HANDSHAKES, "B");
    bench_row("D_hs_pair_allocs", (double)(n + n_client) / N_HANDSHAKES, "allocs");
    bench_row("D_hs_pair_bytes", (double)(bytes + bytes_client) / N_HANDSHAKES, "B");
    size_t live = counts[TAG_SERVER].peak = counts[TAG_SERVER].live;
    pair_connect(p);
    pair_free(p);
    bench_row("D_hs_srv_peak_heap", (double)(counts[TAG_SERVER].peak - live), "B");
}

static void count_idle(struct pair *p, const char *suffix)
{
    char metric[64];
    static struct pair pairs[N_IDLE];
    size_t server = counts[TAG_SERVER].live, client = counts[TAG_CLIENT].live;
    for (int i = 0; i < N_IDLE; i++) {
        pairs[i] = *p;
        pair_connect(&pairs[i]);
        pair_send(&pairs[i], false, IDLE_DATA);
        pair_receive(&pairs[i], true, IDLE_DATA);
        pair_send(&pairs[i], true, IDLE_DATA);
        pair_receive(&pairs[i], false, IDLE_DATA);
    }
    (void)snprintf(metric, sizeof metric, "D_idle_srv_heap%s", suffix);
    bench_row(metric, (double)(counts[TAG_SERVER].live - server) / N_IDLE, "B");
    (void)snprintf(metric, sizeof metric, "D_idle_cli_heap%s", suffix);
    bench_row(metric, (double)(counts[TAG_CLIENT].live - client) / N_IDLE, "B");
    for (int i = 0; i < N_IDLE; i++) pair_free(&pairs[i]);
}

int main(int argc, char **argv)
{
    char name[64];
    (void)snprintf(name, sizeof name, "openssl-%s", OpenSSL_version(OPENSSL_VERSION_STRING));
    bench_init(name, argc, argv);
    /* Rates are measured without counters, so D is a run of its own. */
    const bool memory = argc == 2 && strcmp(argv[1], "D") == 0;
    if (memory)
        must(CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) == 1, "memory functions");
    wire_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    must(wire_method != NULL && BIO_meth_set_write(wire_method, wire_write) == 1 &&
             BIO_meth_set_read(wire_method, wire_read) == 1 &&
             BIO_meth_set_ctrl(wire_method, wire_ctrl) == 1 &&
             BIO_meth_set_create(wire_method, wire_create) == 1,
         "BIO method");
    if (bench_section('A')) openssl_primitives();
    if (bench_section('B')) {
        bench_handshake("B_tls13_full_ecdsa_x25519", "ec", false);
        bench_handshake("B_tls13_resumed_psk_dhe", "ec", true);
        bench_handshake("B_tls13_full_rsa2048_x25519", "rsa", false);
    }
    if (bench_section('C')) {
        bench_stream("aes128gcm", "TLS_AES_128_GCM_SHA256");
        bench_stream("aes256gcm", "TLS_AES_256_GCM_SHA384");
        bench_stream("chacha20", "TLS_CHACHA20_POLY1305_SHA256");
    }
    if (memory) {
        struct pair p;
        pair_setup(&p, "ec", "TLS_AES_128_GCM_SHA256", false);
        count_handshakes(&p);
        count_idle(&p, "");
        (void)SSL_CTX_set_mode(p.server_ctx, SSL_MODE_RELEASE_BUFFERS);
        (void)SSL_CTX_set_mode(p.client_ctx, SSL_MODE_RELEASE_BUFFERS);
        count_idle(&p, "_release_buffers");
        pair_teardown(&p);
    }
    BIO_meth_free(wire_method);
    return 0;
}
