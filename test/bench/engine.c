/* The engine through tls/conn.h. */
#include "stack.h"

#include "tls/conn.h"
#include "x509/key.h"
#include "x509/pem.h"

#include <stdlib.h>
#include <string.h>

enum { N_CHAIN = 4, PEM_MAX = 16384 };

struct setup {
    struct cv_algorithms algorithms;
    struct cv_suite suite;
    const struct cv_group *group;
    struct cv_config config; /* of both roles */
    struct cv_bytes chain[N_CHAIN];
    struct cv_identity identity;
    struct cv_cert root;
    struct cv_trust_store trust;
    struct cv_conn_params client, server;
    uint8_t chain_der[PEM_MAX], key_der[PEM_MAX], root_der[PEM_MAX];
};

static void demand(cv_err e, const char *what)
{
    if (e != CV_OK) bench_fail("%s: %s", what, cv_err_name(e));
}

static size_t load_pem(const char *kind, enum bench_pem what, uint8_t *der, struct cv_bytes *blocks,
                       size_t max)
{
    static uint8_t text[PEM_MAX];
    struct cv_bytes rest = cv_bytes(text, bench_pem_read(kind, what, text, sizeof text)), label, body;
    size_t n = 0, len, at = 0;
    while (n < max && cv_pem_next(&rest, &label, &body) == CV_OK) {
        demand(cv_base64_decode(der + at, PEM_MAX - at, &len, body), bench_pem_path(kind, what));
        blocks[n++] = cv_bytes(der + at, len);
        at += len;
    }
    if (n == 0) bench_fail("nothing in %s", bench_pem_path(kind, what));
    return n;
}

static void load_identity(struct setup *s, const char *kind)
{
    struct cv_bytes key, root;
    s->identity.chain = s->chain;
    s->identity.n_chain = load_pem(kind, BENCH_CHAIN, s->chain_der, s->chain, N_CHAIN);
    demand(cv_cert_parse(&s->identity.leaf, s->chain[0]), "the server's certificate");
    (void)load_pem(kind, BENCH_KEY, s->key_der, &key, 1);
    demand(cv_private_key_parse(&s->identity.key, key), "the server's key");
    (void)load_pem(kind, BENCH_ROOT, s->root_der, &root, 1);
    demand(cv_cert_parse(&s->root, root), "the root certificate");
    s->trust = (struct cv_trust_store){.anchors = &s->root, .n_anchors = 1};
}

static void choose_suite(struct setup *s, unsigned id)
{
    for (size_t i = 0; i < s->algorithms.n_suites; i++)
        if (s->algorithms.suites[i].id == id) s->suite = s->algorithms.suites[i];
    if (s->suite.id != id) bench_fail("no suite %#x", id);
}

static void *setup(const struct stack_options *o, const struct cv_port *port)
{
    struct setup *s = calloc(1, sizeof *s);
    if (s == NULL) bench_fail("no memory");
    cv_algorithms_select(&s->algorithms, o->cpu);
    choose_suite(s, o->suite);
    s->group = o->group != NULL ? o->group : &cv_group_x25519;
    load_identity(s, o->kind);
    s->config = (struct cv_config){
        .port = port,
        .machines = &cv_all_machines,
        .features = &cv_all_features,
        .min_version = CV_TLS13,
        .max_version = CV_TLS13,
        .suites = &s->suite,
        .n_suites = 1,
        .groups = &s->group,
        .n_groups = 1,
        .schemes = s->algorithms.schemes,
        .n_schemes = s->algorithms.n_schemes,
        .cert_schemes = s->algorithms.cert_schemes,
        .n_cert_schemes = s->algorithms.n_cert_schemes,
        .sha256 = s->algorithms.sha256,
        .identities = &s->identity,
        .n_identities = 1,
        .trust = &s->trust,
        .session_lifetime = 7200,
        .n_tickets = o->resume ? 1 : 0,
    };
    if (o->resume) {
        demand(cv_session_cache_new(&s->config.sessions, port, 4), "session cache");
        demand(cv_ticket_keys_new(&s->config.ticket_keys, port, s->algorithms.ticket_aead, 3600, 7200),
               "ticket keys");
    }
    s->client = (struct cv_conn_params){
        .role = CV_CLIENT,
        .target = cv_bytes((const uint8_t *)"localhost", 9),
        .validate = true,
        .check_name = true,
        .resume = o->resume,
    };
    s->server = (struct cv_conn_params){.role = CV_SERVER, .resume = o->resume};
    return s;
}

static void teardown(void *p)
{
    struct setup *s = p;
    cv_session_cache_free(s->config.sessions);
    cv_ticket_keys_free(s->config.ticket_keys);
    free(s);
}

static void *end_new(void *p, bool server)
{
    struct setup *s = p;
    struct cv_conn *c;
    demand(cv_conn_new(&c, &s->config, server ? &s->server : &s->client), "cv_conn_new");
    return c;
}

static void end_free(void *end)
{
    cv_conn_free(end);
}

static bool turn(void *end, struct wire *in, struct wire *out)
{
    struct cv_step step;
    for (;;) {
        cv_err e = cv_conn_step(end, cv_bytes(in->p + in->r, wire_len(in)), &step);
        if (e != CV_OK && e != CV_WANT_INPUT) demand(e, "cv_conn_step");
        in->r += step.consumed;
        struct cv_bytes said = cv_conn_output(end);
        wire_put(out, said.p, said.len);
        cv_conn_output_drop(end, said.len);
        if (step.consumed == 0 || wire_len(in) == 0) return step.established;
    }
}

static bool resumed(void *end)
{
    struct cv_conn_info info;
    cv_conn_info(end, &info);
    return info.resumed;
}

static size_t seal(void *end, uint8_t *rec, size_t len)
{
    size_t trailer_len = 64;
    demand(cv_conn_seal(end, rec, rec + 5, len, rec + 5 + len, &trailer_len), "cv_conn_seal");
    return 5 + len + trailer_len;
}

static size_t open_record(void *end, uint8_t *rec, size_t rec_len, uint8_t **data)
{
    struct cv_opened opened;
    size_t missing;
    demand(cv_conn_open(end, rec, rec_len, &opened, &missing), "cv_conn_open");
    if (opened.kind != CV_OPENED_DATA || opened.rec_len != rec_len) bench_fail("no data in the record");
    *data = rec + opened.offset;
    return opened.len;
}

const struct stack engine_stack = {
    .setup = setup,
    .teardown = teardown,
    .end_new = end_new,
    .end_free = end_free,
    .turn = turn,
    .resumed = resumed,
    .seal = seal,
    .open = open_record,
};
