#include "tls_fixture.h"

#include "crypto/cpu.h"
#include "x509/key.h"
#include "x509/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct cv_bytes read_file(const char *stem, const char *ending, uint8_t *buf, size_t cap)
{
    char path[128];
    (void)snprintf(path, sizeof path, "test/pki/tls/%s.%s", stem, ending);
    FILE *f = fopen(path, "rb");
    if (f == NULL) fail_msg("cannot open %s (run from the top folder)", path);
    size_t len = fread(buf, 1, cap, f);
    (void)fclose(f);
    return cv_bytes(buf, len);
}

/* Decodes the PEM blocks of text into der; returns how many. */
static size_t decode_pem(struct cv_bytes text, uint8_t *der, size_t cap, struct cv_bytes *blocks, size_t max)
{
    struct cv_bytes label, body;
    size_t n = 0, len;
    while (n < max && cv_pem_next(&text, &label, &body) == CV_OK) {
        assert_int_equal(cv_base64_decode(der, cap, &len, body), CV_OK);
        blocks[n++] = cv_bytes(der, len);
        der += len;
        cap -= len;
    }
    return n;
}

static void load_identity(struct identity_file *f, const char *stem)
{
    uint8_t text[8192];
    struct cv_bytes key;
    struct cv_bytes pem = read_file(stem, "pem", text, sizeof text);
    size_t n = decode_pem(pem, f->der, sizeof f->der, f->chain, 4), used = 0;
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) used += f->chain[i].len;
    pem = read_file(stem, "key", text, sizeof text);
    assert_int_equal(decode_pem(pem, f->der + used, sizeof f->der - used, &key, 1), 1);
    f->identity.chain = f->chain;
    f->identity.n_chain = n;
    assert_int_equal(cv_cert_parse(&f->identity.leaf, f->chain[0]), CV_OK);
    assert_int_equal(cv_private_key_parse(&f->identity.key, key), CV_OK);
    assert_int_equal(cv_private_key_matches(&f->identity.key, &f->identity.leaf), CV_OK);
}

/* Shares of 32 to 97 bytes: some tests alter every byte that is sent. */
static const struct cv_group *const classical[] = {&cv_group_x25519, &cv_group_p256, &cv_group_p384};

/* Every suite with an AEAD and ECDHE, also those with short tags, which are off by default; in the order that
 * a processor with AES instructions has, on every machine. */
static const uint16_t aead_suites[] = {
    CV_TLS_AES_128_GCM_SHA256,
    CV_TLS_AES_256_GCM_SHA384,
    CV_TLS_CHACHA20_POLY1305_SHA256,
    CV_TLS_AES_128_CCM_SHA256,
    CV_TLS_AES_128_CCM_8_SHA256,
    CV_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CV_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CV_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CV_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CV_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CV_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CV_TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
    CV_TLS_ECDHE_ECDSA_WITH_AES_256_CCM,
    CV_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
    CV_TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8,
};

static void side_init(struct side *s, enum cv_role role, uint64_t seed)
{
    uint8_t text[2048];
    struct cv_bytes der;
    memset(s, 0, sizeof *s);
    test_port_init(&s->port, seed);
    cv_algorithms_select(&s->algorithms, cv_cpu_detect());
    memcpy(s->algorithms.groups, classical, sizeof classical);
    s->algorithms.n_groups = sizeof classical / sizeof classical[0];
    assert_true(
        cv_algorithms_take_suites(&s->algorithms, aead_suites, sizeof aead_suites / sizeof aead_suites[0]));
    assert_int_equal(
        decode_pem(read_file("root", "pem", text, sizeof text), s->root_der, sizeof s->root_der, &der, 1), 1);
    assert_int_equal(cv_cert_parse(&s->root, der), CV_OK);
    s->trust = (struct cv_trust_store){.anchors = &s->root, .n_anchors = 1};
    s->config = (struct cv_config){
        .port = &s->port.port,
        .machines = &cv_all_machines,
        .features = &cv_all_features,
        .min_version = CV_TLS13,
        .max_version = CV_TLS13,
        .suites = s->algorithms.suites,
        .n_suites = s->algorithms.n_suites,
        .groups = s->algorithms.groups,
        .n_groups = s->algorithms.n_groups,
        .schemes = s->algorithms.schemes,
        .n_schemes = s->algorithms.n_schemes,
        .cert_schemes = s->algorithms.cert_schemes,
        .n_cert_schemes = s->algorithms.n_cert_schemes,
        .sha256 = s->algorithms.sha256,
        .trust = &s->trust,
        .session_lifetime = 36000,
        .n_tickets = 2,
    };
    s->params = (struct cv_conn_params){.role = role, .validate = true, .check_name = true, .resume = true};
}

void pair_init(struct pair *p, const char *kind)
{
    char stem[32];
    side_init(&p->client, CV_CLIENT, 1);
    side_init(&p->server, CV_SERVER, 2);
    (void)snprintf(stem, sizeof stem, "server-%s", kind);
    load_identity(&p->server.own, stem);
    p->server.config.identities = &p->server.own.identity;
    p->server.config.n_identities = 1;
    p->client.params.target = cv_bytes((const uint8_t *)"server.example", 14);
    p->client.params.post_handshake_auth = true;
    assert_int_equal(cv_session_cache_new(&p->client.config.sessions, &p->client.port.port, 16), CV_OK);
    assert_int_equal(cv_ticket_keys_new(&p->server.config.ticket_keys, &p->server.port.port,
                                        p->server.algorithms.ticket_aead, 3600, 36000),
                     CV_OK);
}

void pair_client_identity(struct pair *p, const char *kind)
{
    char stem[32];
    (void)snprintf(stem, sizeof stem, "client-%s", kind);
    load_identity(&p->client.own, stem);
    p->client.config.identities = &p->client.own.identity;
    p->client.config.n_identities = 1;
}

cv_err pair_move(struct side *from, struct side *to)
{
    struct cv_bytes token = cv_conn_output(from->conn), rest = token, used;
    cv_err e = CV_OK;
    while (rest.len > 0 && e == CV_OK) {
        struct cv_step step;
        e = cv_conn_step(to->conn, rest, &step);
        if (cv_read_bytes(&rest, step.consumed, &used) != CV_OK) fail();
        if (step.consumed == 0) break;
    }
    cv_conn_output_drop(from->conn, token.len - rest.len);
    return e;
}

cv_err pair_run(struct pair *p)
{
    struct cv_step step;
    cv_err e = cv_conn_step(p->client.conn, cv_bytes(NULL, 0), &step);
    for (unsigned i = 0; i < 8 && e == CV_OK; i++) {
        e = pair_move(&p->client, &p->server);
        if (e == CV_OK) e = pair_move(&p->server, &p->client);
        if (cv_conn_output(p->client.conn).len == 0 && cv_conn_output(p->server.conn).len == 0) break;
    }
    return e;
}

cv_err pair_new(struct pair *p)
{
    cv_err e = cv_conn_new(&p->client.conn, &p->client.config, &p->client.params);
    if (e != CV_OK) return e;
    return cv_conn_new(&p->server.conn, &p->server.config, &p->server.params);
}

cv_err pair_connect(struct pair *p)
{
    cv_err e = pair_new(p);
    return e == CV_OK ? pair_run(p) : e;
}

void pair_send(struct side *from, struct side *to, const char *data)
{
    uint8_t wire[5 + 16384 + 64];
    size_t len = strlen(data), trailer_len = 64, missing;
    struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
    struct cv_stream_sizes sizes;
    cv_conn_stream_sizes(from->conn, &sizes);
    uint8_t *body = wire + sizes.header;
    memcpy(body, data, len);
    assert_int_equal(cv_conn_seal(from->conn, wire, body, len, body + len, &trailer_len), CV_OK);
    size_t at = 0, wire_len = sizes.header + len + trailer_len;
    while (at < wire_len && opened.kind != CV_OPENED_DATA) {
        if (cv_conn_open(to->conn, wire + at, wire_len - at, &opened, &missing) != CV_OK) fail_msg("open");
        if (opened.kind != CV_OPENED_DATA) at += opened.rec_len;
    }
    assert_int_equal(opened.kind, CV_OPENED_DATA);
    assert_int_equal(opened.len, len);
    assert_memory_equal(wire + at + opened.offset, data, len);
    assert_int_equal(at + opened.rec_len, wire_len);
}

void pair_close(struct pair *p)
{
    cv_conn_free(p->client.conn);
    cv_conn_free(p->server.conn);
    p->client.conn = p->server.conn = NULL;
}

void pair_free(struct pair *p)
{
    pair_close(p);
    cv_session_cache_free(p->client.config.sessions);
    cv_ticket_keys_free(p->server.config.ticket_keys);
    test_port_check(&p->client.port);
    test_port_check(&p->server.port);
}
