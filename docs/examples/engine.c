/* The engine alone: a client and a server in one program, joined by memory. engine ROOT.pem CHAIN.pem
 * KEY.pem, with a certificate for "server.example". Memory, clock and random numbers are this program's. */
#include "crypto/cpu.h"
#include "tls/conn.h"
#include "x509/key.h"
#include "x509/pem.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* A device has an arena; this one is only ever filled, which is enough for two connections. */
static _Alignas(16) uint8_t arena[1 << 16];
static size_t used;

static void *take(void *ctx, size_t len)
{
    (void)ctx;
    len = (len + 15) & ~(size_t)15;
    if (len > sizeof arena - used) return NULL;
    return arena + (used += len) - len;
}

static void give_back(void *ctx, void *p, size_t len)
{
    (void)ctx, (void)p, (void)len; /* the engine has wiped what was secret */
}

static int64_t now(void *ctx)
{
    return *(const int64_t *)ctx;
}

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return 0; /* measures the age of tickets, and floods */
}

static cv_err entropy(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    return getrandom(out, len, 0) == (ssize_t)len ? CV_OK : CV_E_RNG;
}

/* The PEM blocks of a file as DER, which lies in memory of this function's; returns how many. */
static size_t load(const char *path, struct cv_bytes *out, size_t max)
{
    static uint8_t memory[32768];
    static size_t at;
    struct cv_bytes text, label, body;
    FILE *f = fopen(path, "rb");
    size_t n = 0, len = f != NULL ? fread(memory + at, 1, sizeof memory - at, f) : 0;
    text = cv_bytes(memory + at, len);
    at += len;
    while (n < max && cv_pem_next(&text, &label, &body) == CV_OK) {
        uint8_t *der = memory + (body.p - memory); /* decoded in place */
        if (cv_base64_decode(der, body.len, &len, body) == CV_OK) out[n++] = cv_bytes(der, len);
    }
    if (f != NULL) fclose(f);
    return n;
}

/* What `from` has to say goes to `to`. */
static cv_err pass(struct cv_conn *from, struct cv_conn *to, bool *established)
{
    struct cv_step step = {.consumed = 0};
    struct cv_bytes said = cv_conn_output(from);
    cv_err e = cv_conn_step(to, said, &step);
    cv_conn_output_drop(from, step.consumed);
    *established = step.established;
    return e == CV_WANT_INPUT ? CV_OK : e;
}

static cv_err run(const struct cv_config *config, struct cv_conn **client, struct cv_conn **server)
{
    const struct cv_conn_params c = {.role = CV_CLIENT,
                                     .target = cv_bytes((const uint8_t *)"server.example", 14),
                                     .validate = true,
                                     .check_name = true};
    const struct cv_conn_params s = {.role = CV_SERVER};
    bool established[2] = {false, false};
    cv_err e = cv_conn_new(client, config, &c);
    if (e == CV_OK) e = cv_conn_new(server, config, &s);
    while (e == CV_OK && !(established[0] && established[1])) {
        e = pass(*server, *client, &established[0]);
        if (e == CV_OK) e = pass(*client, *server, &established[1]);
    }
    return e;
}

/* One record: sealed in place, carried over, opened in place. */
static cv_err talk(struct cv_conn *from, struct cv_conn *to, const char *text)
{
    uint8_t wire[256];
    struct cv_stream_sizes sizes;
    struct cv_opened opened;
    cv_conn_stream_sizes(from, &sizes);
    uint8_t *data = wire + sizes.header;
    size_t len = strlen(text), trailer_len = sizes.trailer, missing;
    memcpy(data, text, len);
    cv_err e = cv_conn_seal(from, wire, data, len, data + len, &trailer_len);
    if (e == CV_OK) e = cv_conn_open(to, wire, sizes.header + len + trailer_len, &opened, &missing);
    if (e == CV_OK && opened.kind == CV_OPENED_DATA)
        printf("%.*s\n", (int)opened.len, (const char *)wire + opened.offset);
    return e;
}

int main(int argc, char **argv)
{
    static struct cv_algorithms a;
    static struct cv_identity identity;
    static struct cv_cert root;
    struct cv_bytes chain[4], key, root_der;
    int64_t clock = 1780000000;
    if (argc != 4 || load(argv[1], &root_der, 1) != 1 || load(argv[3], &key, 1) != 1) return 2;
    identity.chain = chain;
    identity.n_chain = load(argv[2], chain, 4);
    if (identity.n_chain == 0 || cv_cert_parse(&identity.leaf, chain[0]) != CV_OK ||
        cv_private_key_parse(&identity.key, key) != CV_OK || cv_cert_parse(&root, root_der) != CV_OK)
        return 2;

    const struct cv_port port = {.ctx = &clock,
                                 .alloc = take,
                                 .free = give_back,
                                 .now = now,
                                 .now_ms = now_ms,
                                 .rng = {entropy, NULL}};
    const struct cv_trust_store trust = {.anchors = &root, .n_anchors = 1};
    cv_algorithms_select(&a, cv_cpu_detect());
    struct cv_config config = {.port = &port, .machines = &cv_all_machines, .features = &cv_all_features};
    config.min_version = config.max_version = CV_TLS13;
    config.suites = a.suites, config.n_suites = a.n_suites;
    config.groups = a.groups, config.n_groups = a.n_groups;
    config.schemes = a.schemes, config.n_schemes = a.n_schemes;
    config.cert_schemes = a.cert_schemes, config.n_cert_schemes = a.n_cert_schemes;
    config.identities = &identity, config.n_identities = 1;
    config.sha256 = a.sha256, config.trust = &trust;
    struct cv_conn *client = NULL, *server = NULL;
    cv_err e = run(&config, &client, &server);
    if (e == CV_OK) e = talk(client, server, "hello from the client");
    if (e == CV_OK) e = talk(server, client, "hello from the server");
    printf("%s, %zu bytes of memory asked for in all\n", cv_err_name(e), used);
    cv_conn_free(client);
    cv_conn_free(server);
    return e != CV_OK;
}
