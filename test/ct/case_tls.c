/* TLS 1.3: the key schedule, records and tickets by themselves; then whole handshakes, in which each random
 * byte and each private key is marked, and nothing may leave a connection that was not declared public. */
#include "test/ct/ct.h"
#include "test/unit/tls_fixture.h"
#include "tls/key_schedule.h"

#include <string.h>

static void schedule_with(const struct cv_hash *hash)
{
    struct cv_key_schedule ks;
    uint8_t psk[CV_HASH_MAX], shared[66], digest[CV_HASH_MAX], traffic[CV_HASH_MAX], mac[CV_HASH_MAX];
    uint8_t exported[70];
    ct_fill_secret(psk, hash->digest_len);
    ct_fill_secret(shared, sizeof shared);
    ct_fill(digest, sizeof digest);
    cv_key_schedule_init(&ks, hash, psk);
    cv_key_schedule_next(&ks, shared, sizeof shared);
    cv_key_schedule_derive(&ks, traffic, "c hs traffic", digest);
    ct_want_secret("handshake traffic secret", traffic, hash->digest_len);
    cv_finished_mac(hash, mac, traffic, digest);
    ct_want_secret("verify_data", mac, hash->digest_len);
    cv_key_schedule_next(&ks, NULL, 0);
    cv_key_schedule_derive(&ks, traffic, "c ap traffic", digest);
    ct_want_secret("application traffic secret", traffic, hash->digest_len);
    cv_expand_label(hash, exported, sizeof exported, traffic, "exporter", cv_bytes(digest, hash->digest_len));
    ct_want_secret("exported", exported, sizeof exported);
    cv_key_schedule_wipe(&ks);
}

static void schedule(void)
{
    schedule_with(&cv_sha256);
    schedule_with(&cv_sha384);
}

static void records_with(const struct cv_suite *suite)
{
    static _Alignas(64) uint8_t tx_state[CV_AEAD_STATE_MAX], rx_state[CV_AEAD_STATE_MAX];
    struct cv_half tx = {.state = tx_state}, rx = {.state = rx_state};
    uint8_t secret[CV_SECRET_MAX], wire[5 + 100 + 1 + 16], type;
    size_t len, missing;
    struct cv_record record;
    ct_fill_secret(secret, sizeof secret);
    cv_half_set_secret(&tx, suite, secret);
    cv_half_set_secret(&rx, suite, secret);
    for (unsigned i = 0; i < 3; i++) {
        ct_fill_secret(wire + 5, 100);
        wire[5 + 100] = CV_CONTENT_DATA;
        size_t wire_len = 5 + 100 + 1 + suite->aead->tag_len;
        ct_want(cv_record_seal(&tx, CV_CONTENT_DATA, wire, wire + 5, 100, wire + 105, 1, wire + 106) == CV_OK,
                "seal");
        ct_want_public("record", wire, wire_len);
        struct cv_bytes rec = cv_bytes(wire, wire_len);
        ct_want(cv_record_peek(&rx, &record, rec, &missing) == CV_OK, "peek");
        ct_want(cv_record_open(&rx, wire + 5, rec, &type, &len) == CV_OK, "open");
        ct_want(type == CV_CONTENT_DATA && len == 100, "plaintext");
        ct_want_secret("plaintext", wire + 5, 100);
        cv_half_update(&tx);
        cv_half_update(&rx);
    }
    cv_half_wipe(&tx);
    cv_half_wipe(&rx);
}

static void records(void)
{
    static const uint16_t suites[] = {CV_TLS_AES_128_GCM_SHA256, CV_TLS_AES_256_GCM_SHA384,
                                      CV_TLS_CHACHA20_POLY1305_SHA256, CV_TLS_AES_128_CCM_SHA256,
                                      CV_TLS_AES_128_CCM_8_SHA256}; /* others run in the handshakes below */
    struct cv_algorithms a;
    cv_algorithms_select(&a, ct_cpu());
    ct_want(cv_algorithms_take_suites(&a, suites, sizeof suites / sizeof suites[0]), "suites");
    for (size_t i = 0; i < a.n_suites; i++) {
        ct_note("ran", a.suites[i].name);
        records_with(&a.suites[i]);
    }
}

/* The fixture's tape, its output marked. */
static cv_err fill_marked(void *ctx, uint8_t *out, size_t len)
{
    const struct cv_rng *tape = ctx;
    cv_err e = cv_random(tape, out, len);
    if (e == CV_OK) ct_mark(out, len);
    return e;
}

static struct cv_rng tapes[2];

static void mark_identity(struct side *s)
{
    const struct cv_private_key *k = &s->own.identity.key;
    const struct cv_bytes parts[] = {k->secret, k->d, k->p, k->q, k->dp, k->dq, k->qinv};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].len != 0) ct_mark(parts[i].p, parts[i].len);
}

static void start(struct pair *p, const char *kind)
{
    pair_init(p, kind);
    pair_client_identity(p, kind);
    struct side *sides[] = {&p->client, &p->server};
    for (size_t i = 0; i < 2; i++) {
        cv_algorithms_select(&sides[i]->algorithms, ct_cpu()); /* the configuration points there */
        sides[i]->config.n_groups = sides[i]->algorithms.n_groups;
        sides[i]->config.n_suites = sides[i]->algorithms.n_suites;
        tapes[i] = sides[i]->port.port.rng;
        sides[i]->port.port.rng = (struct cv_rng){fill_marked, &tapes[i]};
        mark_identity(sides[i]);
    }
}

static size_t move(struct side *from, struct side *to)
{
    struct cv_bytes out = cv_conn_output(from->conn);
    ct_want_public("what goes on the wire", out.p, out.len);
    ct_want(pair_move(from, to) == CV_OK, "handshake step");
    return out.len;
}

static void handshake(struct pair *p)
{
    struct cv_step step;
    ct_want(pair_new(p) == CV_OK, "connections");
    ct_want(cv_conn_step(p->client.conn, cv_bytes(NULL, 0), &step) == CV_OK, "first step");
    while (move(&p->client, &p->server) + move(&p->server, &p->client) > 0) continue;
}

static void send_data(struct side *from, struct side *to)
{
    uint8_t data[300], wire[CV_RECORD_PREFIX_MAX + 300 + 64];
    size_t trailer_len = 64, missing, at = 0;
    struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
    struct cv_stream_sizes sizes;
    cv_conn_stream_sizes(from->conn, &sizes);
    uint8_t *text = wire + sizes.header;
    ct_fill_secret(data, sizeof data);
    memcpy(text, data, sizeof data);
    ct_want(cv_conn_seal(from->conn, wire, text, sizeof data, text + sizeof data, &trailer_len) == CV_OK,
            "seal");
    size_t wire_len = sizes.header + sizeof data + trailer_len;
    ct_want_public("record", wire, wire_len);
    while (opened.kind != CV_OPENED_DATA) {
        ct_want(cv_conn_open(to->conn, wire + at, wire_len - at, &opened, &missing) == CV_OK, "open");
        if (opened.kind != CV_OPENED_DATA) at += opened.rec_len;
    }
    ct_want(opened.len == sizeof data, "length");
    ct_want_secret("application data", wire + at + opened.offset, opened.len);
    ct_reveal(data, sizeof data);
    ct_reveal(wire + at + opened.offset, opened.len);
    ct_want(memcmp(data, wire + at + opened.offset, sizeof data) == 0, "application data");
}

static void use(struct pair *p)
{
    static const uint8_t label[] = "EXPORTER-test";
    uint8_t exported[2][32];
    const struct side *const sides[] = {&p->client, &p->server};
    send_data(&p->client, &p->server);
    send_data(&p->server, &p->client);
    if (p->client.config.max_version == CV_TLS13) {
        ct_want(cv_conn_update_keys(p->client.conn, true) == CV_OK, "key update");
        send_data(&p->client, &p->server);
        send_data(&p->server, &p->client);
    }
    for (size_t i = 0; i < 2; i++) {
        ct_want(cv_conn_export(sides[i]->conn, exported[i], 32, cv_bytes(label, sizeof label - 1),
                               cv_bytes(NULL, 0)) == CV_OK,
                "export");
        ct_want_secret("exported", exported[i], 32);
        ct_reveal(exported[i], 32);
    }
    ct_want(memcmp(exported[0], exported[1], 32) == 0, "exported");
}

static void whole(struct pair *p, bool resumed, bool retried)
{
    struct cv_conn_info info;
    handshake(p);
    cv_conn_info(p->server.conn, &info);
    ct_want(info.established && info.resumed == resumed && info.retried == retried, "kind of handshake");
    use(p);
    pair_close(p);
}

/* The line holds a secret, which formatting it must not tell either. */
static void take_line(void *ctx, const char *line)
{
    (void)ctx;
    ct_want_secret("key log", line + 100, 32);
}

/* Full with client authentication, then with a PSK. */
static void handshake_kind(const char *kind)
{
    static struct pair p;
    ct_note("ran, full and resumed:", kind);
    start(&p, kind);
    p.server.params.client_auth = CV_AUTH_REQUIRE;
    p.client.config.keylog = take_line;
    whole(&p, false, false);
    whole(&p, true, false);
    pair_free(&p);
}

static void handshake_kinds(void)
{
    static const char *const kinds[] = {"p256", "p384", "ed25519", "rsa"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) handshake_kind(kinds[i]);
}

static void handshake_suites(void)
{
    static struct pair p;
    start(&p, "ed25519");
    for (size_t i = 0; i < p.client.algorithms.n_suites; i++) {
        const struct cv_suite *suite = &p.client.algorithms.suites[i];
        if (suite->tls12) continue; /* below */
        p.client.config.suites = suite;
        p.client.config.n_suites = 1;
        p.client.params.session_key[0] = (uint8_t)i;
        ct_note("ran, full and resumed:", p.client.config.suites[0].name);
        whole(&p, false, false);
        whole(&p, true, false);
    }
    pair_free(&p);
}

static void handshake_groups(void)
{
    static struct pair p;
    start(&p, "ed25519");
    p.client.params.resume = false;
    for (size_t i = 0; i < p.client.algorithms.n_groups; i++) {
        p.server.config.groups = &p.server.algorithms.groups[i];
        p.server.config.n_groups = 1;
        /* the first group's share is sent, and X25519's beside it */
        bool retried = i != 0 && p.server.config.groups[0] != &cv_group_x25519;
        ct_note(retried ? "ran, after HelloRetryRequest:" : "ran:", p.server.config.groups[0]->name);
        whole(&p, false, retried);
    }
    pair_free(&p);
}

/* TLS 1.2: full with client authentication, then by ticket. */
static void handshake_12(void)
{
    static const char *const kinds[] = {"p256", "p384", "ed25519", "rsa"};
    static const struct cv_group *const groups[] = {&cv_group_x25519, &cv_group_p256, &cv_group_p384};
    static struct pair p;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        start(&p, kinds[k]);
        struct side *sides[] = {&p.client, &p.server};
        for (size_t i = 0; i < 2; i++) sides[i]->config.min_version = sides[i]->config.max_version = CV_TLS12;
        p.server.params.client_auth = CV_AUTH_REQUIRE;
        p.client.config.keylog = take_line;
        for (size_t i = 0; i < p.client.algorithms.n_suites; i++) {
            const struct cv_suite *suite = &p.client.algorithms.suites[i];
            if (!suite->tls12 || suite->rsa != (k == 3)) continue;
            p.client.config.suites = suite;
            p.client.config.n_suites = 1;
            p.client.config.groups = groups; /* with the curves of the certificates */
            p.client.config.n_groups = sizeof groups / sizeof groups[0];
            p.server.config.groups = &groups[i % p.client.config.n_groups];
            p.server.config.n_groups = 1;
            p.client.params.session_key[0] = (uint8_t)i;
            ct_note("ran, full and resumed:", suite->name);
            whole(&p, false, false);
            whole(&p, true, false);
        }
        pair_free(&p);
    }
}

/* What is off by default: CBC, DHE, and renegotiation. */
static void handshake_12_more(void)
{
    static const uint16_t suites[] = {
        CV_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, CV_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
        CV_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, CV_TLS_DHE_RSA_WITH_AES_128_CBC_SHA256};
    static const uint16_t groups[] = {0x001d, 0x0100};
    static struct pair p;
    struct cv_conn_info info;
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        start(&p, "rsa");
        struct side *sides[] = {&p.client, &p.server};
        for (size_t k = 0; k < 2; k++) {
            struct cv_config *config = &sides[k]->config;
            ct_want(cv_algorithms_take_suites(&sides[k]->algorithms, &suites[i], 1), "suite");
            ct_want(cv_algorithms_take_groups(&sides[k]->algorithms, groups, 2), "groups");
            config->n_suites = 1;
            config->n_groups = 2;
            config->min_version = config->max_version = CV_TLS12;
            config->renegotiation = true;
        }
        ct_note("ran, full, renegotiated and resumed:", sides[0]->algorithms.suites[0].name);
        handshake(&p);
        ct_want(cv_conn_renegotiate(p.client.conn, CV_AUTH_NONE) == CV_OK, "renegotiation");
        while (move(&p.client, &p.server) + move(&p.server, &p.client) > 0) continue;
        cv_conn_info(p.server.conn, &info);
        ct_want(info.established && !info.renegotiating, "renegotiated");
        use(&p);
        pair_close(&p);
        whole(&p, true, false);
        pair_free(&p);
    }
}

static void post_auth(void)
{
    static struct pair p;
    start(&p, "p256");
    handshake(&p);
    ct_want(cv_conn_request_auth(p.server.conn, CV_AUTH_REQUIRE) == CV_OK, "request");
    (void)move(&p.server, &p.client);
    struct cv_step step;
    ct_want(cv_conn_step(p.client.conn, cv_bytes(NULL, 0), &step) == CV_OK, "the client's answer");
    (void)move(&p.client, &p.server);
    struct cv_conn_info info;
    cv_conn_info(p.server.conn, &info);
    ct_want(info.peer_chain.len != 0, "client's certificate");
    use(&p);
    pair_close(&p);
    pair_free(&p);
}

static void tickets(void)
{
    static struct pair p;
    struct cv_session s = {.version = CV_TLS13, .hash = CV_HASH_SHA256, .secret_len = 32, .lifetime = 3600};
    struct cv_session *back;
    uint8_t ticket[1024];
    size_t len;
    start(&p, "p256");
    s.created = s.authenticated = p.server.port.now;
    s.chain_not_after = INT64_MAX;
    ct_fill_secret(s.secret, sizeof s.secret);
    struct cv_ticket_keys *keys = p.server.config.ticket_keys;
    ct_want(cv_ticket_seal(keys, ticket, sizeof ticket, &len, &s) == CV_OK, "ticket");
    ct_want_public("ticket", ticket, len);
    ct_want(cv_ticket_open(keys, &back, cv_bytes(ticket, len)) == CV_OK, "ticket");
    ct_want_secret("PSK", back->secret, 32);
    cv_session_free(p.server.config.port, back);
    ticket[len - 1] ^= 1;
    ct_want(cv_ticket_open(keys, &back, cv_bytes(ticket, len)) == CV_E_BAD_PSK, "forged ticket");
    pair_free(&p);
}

const struct ct_case ct_tls_cases[] = {
    {"schedule", schedule},
    {"records", records},
    {"tickets", tickets},
    {"tls-keys", handshake_kinds},
    {"tls-suites", handshake_suites},
    {"tls-groups", handshake_groups},
    {"tls-auth", post_auth},
    {"tls12", handshake_12},
    {"tls12-more", handshake_12_more},
    {NULL, NULL},
};
