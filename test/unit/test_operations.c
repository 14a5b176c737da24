/* Operations that the application answers: at once, later, not at all; in both roles and both versions. */
#include "tls/alert.h"
#include "tls/operations.h"
#include "tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct pair pair;

/* An application that answers each question after so many askings, and counts. */
struct app {
    struct side *side;
    unsigned delay; /* questions are put off so often */
    cv_err refusal; /* instead of an answer; CV_OK: none */
    bool spoil;     /* the answer is wrong */
    unsigned n_asked, n_answered, n_abandoned;
    unsigned waiting; /* the operation that is open: askings so far */
    const struct cv_identity *choice;
    uint8_t last_input[64]; /* the same question is asked again with the same words */
    size_t last_len;
    uint8_t stored[4096], stored_key[32]; /* one session */
    size_t stored_len;
    struct cv_signer signer;
    struct cv_selector selector;
    struct cv_ticket_sealer sealer;
    struct cv_session_store store;
};

static cv_err answer(struct app *app, void **op, cv_err want)
{
    app->n_asked++;
    if (*op == NULL) {
        app->waiting = 0;
        *op = app;
    }
    assert_ptr_equal(*op, app);
    if (app->waiting++ < app->delay) return want;
    app->n_answered++;
    *op = NULL;
    return app->refusal;
}

static void abandon(void *ctx, void *op)
{
    struct app *app = ctx;
    assert_ptr_equal(op, app);
    app->n_abandoned++;
}

static cv_err sign(void *ctx, void **op, uint8_t *sig, size_t *sig_len, const struct cv_sign_request *r)
{
    struct app *app = ctx;
    bool again = *op != NULL;
    if (again) assert_memory_equal(app->last_input, r->input.p, app->last_len);
    app->last_len = r->input.len < sizeof app->last_input ? r->input.len : sizeof app->last_input;
    memcpy(app->last_input, r->input.p, app->last_len);
    cv_err e = answer(app, op, CV_WANT_SIGNATURE);
    if (e != CV_OK) return e;
    const struct cv_algorithms *a = &app->side->algorithms;
    for (size_t i = 0; i < a->n_schemes; i++) {
        const struct cv_sig_scheme *s = &a->schemes[i];
        if (s->id != r->scheme) continue;
        assert_int_equal(r->hash, s->hash != NULL ? s->hash->id : CV_HASH_NONE);
        e = s->sign(&app->side->own.identity.key, s->hash, r->input, sig, sig_len, &app->side->port.port.rng);
        if (app->spoil) sig[*sig_len / 2] ^= 1;
        return e;
    }
    fail_msg("scheme %04x", r->scheme);
    return CV_E_INTERNAL;
}

static cv_err choose(void *ctx, void **op, const struct cv_identity **identity,
                     const struct cv_select_request *r)
{
    struct app *app = ctx;
    assert_int_equal(r->server, app->side == &pair.server);
    assert_int_not_equal(r->schemes.len, 0);
    assert_in_range(r->version, CV_TLS12, CV_TLS13);
    if (r->server) assert_memory_equal(r->server_name.p, "server.example", r->server_name.len);
    cv_err e = answer(app, op, CV_WANT_CERTIFICATE);
    if (e == CV_OK) *identity = app->choice;
    return e;
}

/* A ticket is the session with each byte turned over: what protects it is the application's business. */
static cv_err seal(void *ctx, uint8_t *ticket, size_t cap, size_t *ticket_len, struct cv_bytes session)
{
    struct app *app = ctx;
    if (app->refusal != CV_OK && app->spoil) return app->refusal;
    assert_in_range(session.len, 1, cap);
    for (size_t i = 0; i < session.len; i++) ticket[i] = session.p[i] ^ 0xff;
    *ticket_len = session.len;
    return CV_OK;
}

static cv_err unseal(void *ctx, void **op, uint8_t *session, size_t cap, size_t *session_len,
                     struct cv_bytes ticket)
{
    struct app *app = ctx;
    cv_err e = answer(app, op, CV_WANT_TICKET_KEY);
    if (e != CV_OK) return e;
    assert_in_range(ticket.len, 1, cap);
    for (size_t i = 0; i < ticket.len; i++) session[i] = ticket.p[i] ^ 0xff;
    if (app->spoil) session[0] ^= 1;
    *session_len = ticket.len;
    return CV_OK;
}

static cv_err get(void *ctx, void **op, struct cv_session **out, const uint8_t key[CV_SESSION_KEY_LEN],
                  bool take)
{
    struct app *app = ctx;
    assert_int_equal(take, app->side == &pair.client);
    cv_err e = answer(app, op, CV_WANT_SESSION);
    if (e != CV_OK) return e;
    if (app->stored_len == 0 || memcmp(app->stored_key, key, CV_SESSION_KEY_LEN) != 0) return CV_E_BAD_PSK;
    if (app->spoil) app->stored[1] ^= 0x40;
    e = cv_session_revive(out, &app->side->port.port, cv_bytes(app->stored, app->stored_len));
    if (take) app->stored_len = 0;
    return e;
}

/* Sessions are kept as bytes, as they would be outside the process. */
static void put(void *ctx, const uint8_t key[CV_SESSION_KEY_LEN], const struct cv_session *s)
{
    struct app *app = ctx;
    struct cv_builder b;
    cv_build_init(&b, app->stored, sizeof app->stored);
    cv_session_encode(&b, s);
    assert_int_equal(cv_build_end(&b), CV_OK);
    app->stored_len = b.len;
    memcpy(app->stored_key, key, sizeof app->stored_key);
}

static void drop(void *ctx, const uint8_t key[CV_SESSION_KEY_LEN])
{
    struct app *app = ctx;
    (void)key;
    app->stored_len = 0;
}

static struct app client_app, server_app;

static void app_init(struct app *app, struct side *side)
{
    memset(app, 0, sizeof *app);
    app->side = side;
    app->signer = (struct cv_signer){app, sign, abandon};
    app->selector = (struct cv_selector){app, choose, abandon};
    app->sealer = (struct cv_ticket_sealer){app, seal, unseal, abandon};
    app->store = (struct cv_session_store){app, put, get, drop, abandon};
}

enum operation {
    SIGN_SERVER,
    SIGN_CLIENT,
    SELECT_SERVER,
    SELECT_CLIENT,
    TICKET,
    STORE,
    STORE_SERVER,
    N_OPERATIONS
};
static const cv_err wants[N_OPERATIONS] = {
    CV_WANT_SIGNATURE,  CV_WANT_SIGNATURE, CV_WANT_CERTIFICATE, CV_WANT_CERTIFICATE,
    CV_WANT_TICKET_KEY, CV_WANT_SESSION,   CV_WANT_SESSION,
};

static bool needs_session(enum operation op)
{
    return op == TICKET || op == STORE || op == STORE_SERVER;
}

/* A pair whose `op` is the application's; where it needs a session, one was made before. */
static struct app *prepare(enum operation op, uint16_t version, const char *kind)
{
    bool by_client = op == SIGN_CLIENT || op == SELECT_CLIENT || op == STORE;
    struct app *app = by_client ? &client_app : &server_app;
    struct side *side = by_client ? &pair.client : &pair.server;
    pair_init(&pair, kind);
    pair_client_identity(&pair, kind);
    pair.client.config.min_version = pair.server.config.min_version = version;
    pair.client.config.max_version = pair.server.config.max_version = version;
    pair.server.params.client_auth = CV_AUTH_REQUEST;
    app_init(app, side);
    if (op == SIGN_CLIENT || op == SIGN_SERVER) side->own.identity.signer = &app->signer;
    if (op == SELECT_CLIENT || op == SELECT_SERVER) side->config.selector = &app->selector;
    if (op == TICKET) side->config.sealer = &app->sealer;
    if (op == STORE || op == STORE_SERVER) side->config.session_store = &app->store;
    if (op == STORE_SERVER) { /* TLS 1.2 without tickets */
        cv_ticket_keys_free(pair.server.config.ticket_keys);
        pair.server.config.ticket_keys = NULL;
    }
    if (needs_session(op)) {
        assert_int_equal(pair_connect(&pair), CV_OK);
        pair_close(&pair);
        app->n_asked = app->n_answered = 0;
    }
    return app;
}

/* One call with what the peer sent, or with nothing. A suspension is counted, and no failure. */
static cv_err turn(struct side *to, struct side *from, cv_err want, unsigned *n_suspended)
{
    struct cv_step step;
    cv_err e = cv_conn_output(from->conn).len != 0 ? pair_move(from, to)
                                                   : cv_conn_step(to->conn, cv_bytes(NULL, 0), &step);
    if (e == want && cv_is_want(e)) ++*n_suspended;
    return e == CV_WANT_INPUT || e == want ? CV_OK : e;
}

/* Runs the handshake; who is suspended is called again. The first failure. */
static cv_err run(cv_err want, unsigned *n_suspended)
{
    cv_err e = pair_new(&pair);
    struct cv_conn_info c = {.established = false}, s = c;
    for (unsigned i = 0; i < 20 && e == CV_OK && !(c.established && s.established); i++) {
        e = turn(&pair.client, &pair.server, want, n_suspended);
        if (e == CV_OK) e = turn(&pair.server, &pair.client, want, n_suspended);
        cv_conn_info(pair.client.conn, &c);
        cv_conn_info(pair.server.conn, &s);
    }
    return e == CV_OK && cv_conn_output(pair.server.conn).len != 0 ? pair_move(&pair.server, &pair.client)
                                                                   : e;
}

static void check_connected(bool resumed, bool client_seen)
{
    struct cv_conn_info c, s;
    cv_conn_info(pair.client.conn, &c);
    cv_conn_info(pair.server.conn, &s);
    assert_true(c.established);
    assert_true(s.established);
    assert_int_equal(c.resumed, resumed);
    assert_int_equal(s.resumed, resumed);
    assert_int_equal(s.peer_chain.len != 0, client_seen);
    pair_send(&pair.client, &pair.server, "from the client");
    pair_send(&pair.server, &pair.client, "from the server");
}

static const uint16_t versions[] = {CV_TLS13, CV_TLS12};
/* Both in turn, where the operation is one of both. */
static uint16_t version_of(enum operation op, unsigned i)
{
    return op == STORE_SERVER ? CV_TLS12 : versions[i % 2];
}

static const char *const kinds[] = {"p256", "ed25519", "rsa"};

static void each_operation_at_once_and_later(void **state)
{
    (void)state;
    static const unsigned delays[] = {0, 1, 5};
    unsigned n_runs = 0;
    for (unsigned op = 0; op < N_OPERATIONS; op++) {
        for (unsigned i = 0; i < 2 * 3 * 3; i++) {
            struct app *app = prepare(op, version_of(op, i), kinds[i / 2 % 3]);
            unsigned n_suspended = 0;
            app->delay = delays[i / 6];
            assert_int_equal(run(wants[op], &n_suspended), CV_OK);
            check_connected(needs_session(op), true);
            assert_int_equal(app->n_answered, 1);
            assert_int_equal(app->n_asked, app->delay + 1);
            assert_int_equal(n_suspended != 0, app->delay != 0);
            assert_int_equal(app->n_abandoned, 0);
            pair_free(&pair);
            n_runs++;
        }
    }
    print_message("%u handshakes\n", n_runs);
}

/* What the application refuses ends the handshake, or it goes on without. */
static void each_operation_refused(void **state)
{
    (void)state;
    for (unsigned op = 0; op < N_OPERATIONS; op++) {
        for (unsigned i = 0; i < 4; i++) {
            struct app *app = prepare(op, version_of(op, i), "p256");
            bool goes_on = needs_session(op);
            unsigned n_suspended = 0;
            app->delay = i / 2;
            app->refusal = goes_on ? CV_E_BAD_PSK : CV_E_UNSUPPORTED;
            cv_err e = run(wants[op], &n_suspended);
            assert_int_equal(e, goes_on ? CV_OK : CV_E_UNSUPPORTED);
            if (goes_on) check_connected(false, true);
            pair_free(&pair);
            assert_int_equal(app->n_abandoned, 0);
        }
    }
}

static void a_connection_that_ends_abandons_what_was_asked(void **state)
{
    (void)state;
    for (unsigned op = 0; op < N_OPERATIONS; op++) {
        for (unsigned i = 0; i < 2; i++) {
            struct app *app = prepare(op, version_of(op, i), "p256");
            app->delay = 1000;
            assert_int_equal(pair_connect(&pair), wants[op]);
            pair_close(&pair);
            assert_int_equal(app->n_abandoned, 1);
            assert_int_equal(app->n_answered, 0);
            pair_free(&pair);
        }
    }
}

/* A wrong signature never reaches the peer; a session that is none is as good as none. */
static void wrong_answers(void **state)
{
    (void)state;
    for (unsigned op = 0; op < N_OPERATIONS; op++) {
        if (op == SELECT_CLIENT || op == SELECT_SERVER) continue;
        for (unsigned i = 0; i < 2; i++) {
            struct app *app = prepare(op, version_of(op, i), "p256");
            bool goes_on = needs_session(op);
            unsigned n_suspended = 0;
            app->spoil = true;
            assert_int_equal(run(wants[op], &n_suspended), goes_on ? CV_OK : CV_E_FAULT);
            if (goes_on) check_connected(false, true);
            pair_free(&pair);
        }
    }
}

static void a_sealer_without_tickets(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct app *app = prepare(TICKET, versions[i], "p256");
        unsigned n_suspended = 0;
        app->refusal = CV_E_BAD_PSK; /* opens none */
        app->spoil = true;           /* seals none */
        assert_int_equal(run(CV_WANT_TICKET_KEY, &n_suspended), CV_OK);
        check_connected(false, true);
        pair_close(&pair);
        unsigned n_asked = app->n_asked;
        for (unsigned k = 0; k < 3; k++) {
            assert_int_equal(run(CV_WANT_TICKET_KEY, &n_suspended), CV_OK);
            pair_close(&pair);
        }
        assert_in_range(app->n_asked - n_asked, 0, 1); /* one is left from the beginning */
        pair_free(&pair);
    }
}

/* The choice may be none of the configuration's; and a choice that the peer cannot verify is none. */
static void the_choice_is_the_applications(void **state)
{
    (void)state;
    static struct identity_file other;
    for (unsigned i = 0; i < 2; i++) {
        struct app *app = prepare(SELECT_SERVER, versions[i], "p256");
        struct cv_conn_info info;
        unsigned n_suspended = 0;
        other = pair.server.own;
        other.identity.chain = other.chain;
        app->choice = &other.identity;
        pair.server.config.n_identities = 0;
        pair.server.config.identities = NULL;
        assert_int_equal(run(CV_WANT_CERTIFICATE, &n_suspended), CV_OK);
        cv_conn_info(pair.server.conn, &info);
        assert_ptr_equal(info.identity, &other.identity);
        pair_close(&pair);
        pair.client.config.n_schemes = 0;
        pair.client.params.resume = false;
        pair.client.config.schemes = pair.client.algorithms.cert_schemes;
        for (size_t k = 0; k < pair.client.algorithms.n_schemes; k++) {
            if (pair.client.algorithms.schemes[k].id != 0x0804) continue; /* rsa_pss_rsae_sha256 */
            pair.client.config.schemes = &pair.client.algorithms.schemes[k];
            pair.client.config.n_schemes = 1;
        }
        assert_int_equal(run(CV_WANT_CERTIFICATE, &n_suspended), CV_E_NO_COMMON_SCHEME);
        pair_free(&pair);
    }
}

/* RFC 6066 3: a name that we do not serve, by configuration or by the application's word. */
static void unknown_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct app *app = prepare(SELECT_SERVER, versions[i % 2], "p256");
        struct cv_conn_info info;
        unsigned n_suspended = 0;
        if (i < 2) {
            pair.server.config.selector = NULL;
            pair.server.config.strict_names = true;
            assert_int_equal(run(CV_WANT_CERTIFICATE, &n_suspended), CV_OK);
            pair_close(&pair);
            pair.client.params.resume = false;
            pair.client.params.target = cv_bytes((const uint8_t *)"other.example", 13);
        } else {
            app->refusal = CV_E_UNKNOWN_NAME;
        }
        assert_int_equal(run(CV_WANT_CERTIFICATE, &n_suspended), CV_E_UNKNOWN_NAME);
        cv_conn_info(pair.server.conn, &info);
        assert_int_equal(info.alert_sent, CV_ALERT_UNRECOGNIZED_NAME);
        pair_free(&pair);
    }
}

/* Post-handshake authentication asks for a certificate and for its signature, and takes its time for both. */
static void later_authentication_is_suspended_too(void **state)
{
    (void)state;
    struct cv_conn_info info;
    struct cv_step step;
    struct app *app = prepare(SIGN_CLIENT, CV_TLS13, "p256");
    pair.server.params.client_auth = CV_AUTH_NONE;
    pair.client.config.selector = &app->selector;
    assert_int_equal(pair_connect(&pair), CV_OK);
    app->delay = 2;
    assert_int_equal(cv_conn_request_auth(pair.server.conn, CV_AUTH_REQUIRE), CV_OK);
    assert_int_equal(pair_move(&pair.server, &pair.client), CV_OK);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_WANT_CERTIFICATE);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_WANT_SIGNATURE);
    pair_send(&pair.client, &pair.server, "meanwhile");
    assert_int_equal(cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    assert_int_equal(pair_move(&pair.client, &pair.server), CV_OK);
    cv_conn_info(pair.server.conn, &info);
    assert_int_not_equal(info.peer_chain.len, 0);
    check_connected(false, true);
    assert_int_equal(app->n_answered, 2);
    pair_free(&pair);
}

/* Sessions of the application's store outlive our process: here, the connection's memory. */
static void sessions_as_bytes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct app *app = prepare(STORE, versions[i], "p256");
        unsigned n_suspended = 0;
        test_port_advance(&pair.client.port, 100);
        test_port_advance(&pair.server.port, 100);
        assert_int_equal(run(CV_WANT_SESSION, &n_suspended), CV_OK);
        check_connected(true, true);
        assert_int_not_equal(app->stored_len, 0);
        cv_conn_set_resume(pair.client.conn, false);
        assert_int_equal(app->stored_len, 0);
        pair_close(&pair);
        assert_int_equal(run(CV_WANT_SESSION, &n_suspended), CV_OK);
        check_connected(false, true);
        pair_close(&pair);
        test_port_advance(&pair.client.port, 8 * 24 * 3600); /* what was kept has expired */
        assert_int_equal(run(CV_WANT_SESSION, &n_suspended), CV_OK);
        check_connected(false, true);
        pair_free(&pair);
    }
}

/* A ticket is asked for with each hello: the key it holds decides about the suite, which a retry names. */
static void a_ticket_is_asked_for_again_after_a_retry(void **state)
{
    (void)state;
    for (unsigned delay = 0; delay < 3; delay++) {
        struct app *app = prepare(TICKET, CV_TLS13, "p256");
        struct cv_conn_info info;
        unsigned n_suspended = 0;
        app->delay = delay;
        pair.server.config.groups += 2;
        pair.server.config.n_groups = 1;
        assert_int_equal(run(CV_WANT_TICKET_KEY, &n_suspended), CV_OK);
        check_connected(true, true);
        cv_conn_info(pair.client.conn, &info);
        assert_true(info.retried);
        assert_int_equal(app->n_answered, 2);
        assert_int_equal(app->n_asked, 2 * (delay + 1));
        pair_free(&pair);
    }
}

/* Servers with one ring resume each other's sessions, and their own after they were started anew. */
static void one_ring_for_several_servers(void **state)
{
    (void)state;
    static uint8_t ring[CV_TICKET_KEYS_BYTES_MAX];
    for (unsigned i = 0; i < 2; i++) {
        struct cv_conn_info info;
        size_t len;
        pair_init(&pair, "p256");
        pair.client.config.min_version = pair.server.config.min_version = versions[i];
        pair.client.config.max_version = pair.server.config.max_version = versions[i];
        struct cv_ticket_keys **keys = &pair.server.config.ticket_keys;
        assert_int_equal(pair_connect(&pair), CV_OK);
        assert_int_equal(cv_ticket_keys_export(*keys, ring, 50, &len), CV_E_BUFFER_TOO_SMALL);
        assert_int_equal(cv_ticket_keys_export(*keys, ring, sizeof ring, &len), CV_OK);
        for (unsigned server = 0; server < 3; server++) {
            pair_close(&pair);
            cv_ticket_keys_free(*keys); /* another server, or the same one anew */
            assert_int_equal(cv_ticket_keys_new(keys, &pair.server.port.port,
                                                pair.server.algorithms.ticket_aead, 3600, 36000),
                             CV_OK);
            if (server != 1) /* without the ring, no session is resumed */
                assert_int_equal(cv_ticket_keys_import(*keys, cv_bytes(ring, len)), CV_OK);
            assert_int_equal(pair_connect(&pair), CV_OK);
            cv_conn_info(pair.server.conn, &info);
            assert_int_equal(info.resumed, server != 1);
            if (server == 1) assert_int_equal(cv_ticket_keys_export(*keys, ring, sizeof ring, &len), CV_OK);
            if (server == 0) continue;
            pair_close(&pair);
            assert_int_equal(pair_connect(&pair), CV_OK);
            cv_conn_info(pair.server.conn, &info);
            assert_true(info.resumed);
        }
        pair_free(&pair);
    }
}

/* What is taken over seals; what was there before opens still; and what is no ring changes nothing. */
static void a_ring_takes_over_another(void **state)
{
    (void)state;
    uint8_t ring[CV_TICKET_KEYS_BYTES_MAX], again[CV_TICKET_KEYS_BYTES_MAX], ticket[512], other[512];
    struct cv_ticket_keys *a, *b;
    struct cv_session s = {
        .version = CV_TLS13, .secret_len = 32, .lifetime = 36000, .chain_not_after = INT64_MAX};
    struct cv_session *opened;
    size_t len, again_len, ticket_len, other_len;
    pair_init(&pair, "p256");
    const struct cv_port *port = &pair.server.port.port;
    const struct cv_aead *aead = pair.server.algorithms.ticket_aead;
    s.created = s.authenticated = pair.server.port.now;
    assert_int_equal(cv_ticket_keys_new(&a, port, aead, 3600, 36000), CV_OK);
    assert_int_equal(cv_ticket_keys_new(&b, port, aead, 3600, 36000), CV_OK);
    assert_int_equal(cv_ticket_seal(b, other, sizeof other, &other_len, &s), CV_OK);
    assert_int_equal(cv_ticket_keys_export(a, ring, sizeof ring, &len), CV_OK);
    for (size_t n = 0; n < len; n++)
        assert_int_equal(cv_ticket_keys_import(b, cv_bytes(ring, n)), CV_E_KEY_SYNTAX);
    ring[1] ^= 1;
    assert_int_equal(cv_ticket_keys_import(b, cv_bytes(ring, len)), CV_E_KEY_SYNTAX);
    ring[1] ^= 1;
    for (unsigned i = 0; i < 40; i++) { /* any number of times, and of generations */
        assert_int_equal(cv_ticket_keys_import(b, cv_bytes(ring, len)), CV_OK);
        assert_int_equal(cv_ticket_open(b, &opened, cv_bytes(other, other_len)), CV_OK);
        cv_session_free(port, opened);
        assert_int_equal(cv_ticket_seal(b, ticket, sizeof ticket, &ticket_len, &s), CV_OK);
        assert_int_equal(cv_ticket_open(a, &opened, cv_bytes(ticket, ticket_len)), CV_OK);
        cv_session_free(port, opened);
    }
    test_port_advance(&pair.server.port, 3601); /* a new key is due: whoever exports has it */
    assert_int_equal(cv_ticket_keys_export(a, again, sizeof again, &again_len), CV_OK);
    assert_true(again_len > len);
    assert_int_equal(cv_ticket_keys_import(b, cv_bytes(again, again_len)), CV_OK);
    s.created = s.authenticated = pair.server.port.now;
    assert_int_equal(cv_ticket_seal(b, ticket, sizeof ticket, &ticket_len, &s), CV_OK);
    assert_int_equal(cv_ticket_open(a, &opened, cv_bytes(ticket, ticket_len)), CV_OK);
    cv_session_free(port, opened);
    cv_ticket_keys_free(a);
    cv_ticket_keys_free(b);
    pair_free(&pair);
}

/* Every allocation fails once while questions wait: nothing is left behind, every question has its end. */
static void every_allocation_fails(void **state)
{
    (void)state;
    size_t n_failed = 0;
    for (unsigned i = 0; i < 2 * 2 * N_OPERATIONS; i++) {
        enum operation op = i / 4;
        for (size_t n = 1;; n++) {
            struct app *app = prepare(op, version_of(op, i), "p256");
            struct side *side = i / 2 % 2 ? &pair.client : &pair.server;
            unsigned n_suspended = 0;
            app->delay = 1;
            test_port_fail_at(&side->port, n);
            size_t fail_at = side->port.fail_at;
            cv_err e = run(wants[op], &n_suspended);
            bool reached = side->port.n_allocs >= fail_at;
            test_port_fail_at(&side->port, 0);
            if (e != CV_OK) assert_true(e == CV_E_NO_MEMORY || e == CV_E_PEER_ALERT);
            pair_close(&pair);
            assert_int_equal(app->n_asked, app->n_answered + app->n_abandoned + (app->n_asked > 1));
            pair_free(&pair);
            if (!reached) {
                assert_int_equal(e, CV_OK);
                break;
            }
            n_failed += e != CV_OK;
        }
    }
    print_message("%zu allocations failed\n", n_failed);
    assert_in_range(n_failed, 200, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_operation_at_once_and_later),
        cmocka_unit_test(each_operation_refused),
        cmocka_unit_test(a_connection_that_ends_abandons_what_was_asked),
        cmocka_unit_test(wrong_answers),
        cmocka_unit_test(a_sealer_without_tickets),
        cmocka_unit_test(the_choice_is_the_applications),
        cmocka_unit_test(unknown_names),
        cmocka_unit_test(later_authentication_is_suspended_too),
        cmocka_unit_test(sessions_as_bytes),
        cmocka_unit_test(a_ticket_is_asked_for_again_after_a_retry),
        cmocka_unit_test(one_ring_for_several_servers),
        cmocka_unit_test(a_ring_takes_over_another),
        cmocka_unit_test(every_allocation_fails),
    };
    return cmocka_run_group_tests_name("operations", tests, NULL, NULL);
}
