#include "attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

struct pair pair;
struct peer peer;

struct cv_conn *attack_engine(void)
{
    return peer.role == CV_SERVER ? pair.client.conn : pair.server.conn;
}

void attack_prepare(enum cv_role engine)
{
    pair_init(&pair, "p256");
    pair_client_identity(&pair, "p256");
    peer_init(&peer, engine == CV_CLIENT ? &pair.server : &pair.client);
    if (engine == CV_SERVER) peer_ext_add(&peer, 0, "\0\x11\0\0\x0eserver.example", 19);
}

struct cv_conn *attack_begin(void)
{
    struct side *own = peer.role == CV_SERVER ? &pair.client : &pair.server;
    struct cv_step step;
    assert_int_equal(cv_conn_new(&own->conn, &own->config, &own->params), CV_OK);
    if (peer.role == CV_SERVER) {
        assert_int_equal(cv_conn_step(own->conn, cv_bytes(NULL, 0), &step), CV_OK);
        peer_take(&peer, own->conn);
    }
    return own->conn;
}

struct cv_conn *attack_start(enum cv_role engine)
{
    attack_prepare(engine);
    return attack_begin();
}

struct cv_conn *attack_connected(enum cv_role engine)
{
    struct cv_conn *c = attack_start(engine);
    if (engine == CV_CLIENT) {
        peer_server_hello(&peer);
        peer_server_flight(&peer);
    } else {
        peer_make_client_hello(&peer);
        peer_send(&peer);
        attack_accepts();
        peer_client_flight(&peer);
    }
    attack_accepts();
    attack_is_connected(false);
    return c;
}

void attack_end(void)
{
    pair_free(&pair);
}

struct cv_session *attack_session(void)
{
    static uint8_t ticket[4096], chain[2048];
    static struct cv_session s;
    struct cv_builder b;
    const struct side *engine = peer.role == CV_SERVER ? &pair.client : &pair.server;
    struct cv_bytes leaf = peer.side->own.chain[0];
    cv_build_init(&b, chain, sizeof chain);
    cv_build_u24(&b, (uint32_t)leaf.len);
    cv_build_bytes(&b, leaf.p, leaf.len);
    assert_int_equal(cv_build_end(&b), CV_OK);
    s = (struct cv_session){
        .version = CV_TLS13,
        .suite = engine->algorithms.suites[0].id,
        .group = 0x1d,
        .hash = engine->algorithms.suites[0].hash->id,
        .secret_len = engine->algorithms.suites[0].hash->digest_len,
        .validated = CV_VALIDATED_NAME,
        .client_authenticated = peer.role == CV_CLIENT,
        .lifetime = 3600,
        .created = engine->port.now,
        .authenticated = engine->port.now,
        .created_ms = engine->port.now_ms,
        .chain_not_after = INT64_MAX,
        .server_name = cv_bytes((const uint8_t *)"server.example", 14),
        .chain = cv_bytes(chain, b.len),
    };
    memset(s.secret, 0x77, s.secret_len);
    if (peer.role == CV_SERVER) {
        struct cv_session *offered;
        s.ticket = cv_bytes((const uint8_t *)"a ticket", 8);
        assert_int_equal(cv_session_new(&offered, &pair.client.port.port, &s), CV_OK);
        cv_session_cache_put(pair.client.config.sessions, pair.client.params.session_key, offered);
    } else {
        size_t len;
        assert_int_equal(cv_ticket_seal(pair.server.config.ticket_keys, ticket, sizeof ticket, &len, &s),
                         CV_OK);
        s.ticket = cv_bytes(ticket, len);
    }
    return &s;
}

cv_err attack_deliver(void)
{
    cv_err e = peer_deliver(&peer, attack_engine());
    peer_take(&peer, attack_engine());
    return e;
}

cv_err attack_open(struct cv_opened *out)
{
    cv_err e = CV_OK;
    for (size_t at = 0; at < peer.out_len && e == CV_OK; at += out->rec_len) {
        size_t missing;
        e = cv_conn_open(attack_engine(), peer.out + at, peer.out_len - at, out, &missing);
    }
    peer.out_len = 0;
    return e;
}

void attack_accepts(void)
{
    cv_err e = attack_deliver();
    if (e != CV_OK) fail_msg("refused: %s", cv_err_name(e));
}

void attack_refuses(cv_err want, int alert)
{
    attack_is_dead(peer_deliver(&peer, attack_engine()), want, alert);
}

void attack_refuses_open(cv_err want, int alert)
{
    struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
    cv_err got = attack_open(&opened);
    struct cv_step step;
    assert_int_equal(cv_conn_output(attack_engine()).len, 0);
    assert_int_equal(cv_conn_step(attack_engine(), cv_bytes(NULL, 0), &step), got); /* hands out the alert */
    attack_is_dead(got, want, alert);
}

static void assert_fails_alike(struct cv_conn *c, cv_err want)
{
    uint8_t bytes[128] = {23, 3, 3, 0, 40};
    struct cv_opened opened;
    struct cv_step step;
    size_t missing, trailer_len = 64;
    assert_int_equal(cv_conn_step(c, cv_bytes(NULL, 0), &step), want);
    assert_int_equal(step.consumed, 0);
    assert_int_equal(cv_conn_step(c, cv_bytes(bytes, sizeof bytes), &step), want);
    assert_int_equal(step.consumed, 0);
    assert_int_equal(cv_conn_open(c, bytes, sizeof bytes, &opened, &missing), want);
    assert_int_equal(cv_conn_seal(c, bytes, bytes + 5, 10, bytes + 15, &trailer_len), want);
    assert_int_equal(cv_conn_close(c), want);
    assert_int_equal(cv_conn_update_keys(c, false), want);
    assert_int_equal(cv_conn_output(c).len, 0);
}

void attack_is_dead(cv_err got, cv_err want, int alert)
{
    struct cv_conn *c = attack_engine();
    struct cv_conn_info info;
    if (got != want) fail_msg("%s instead of %s", cv_err_name(got), cv_err_name(want));
    cv_conn_info(c, &info);
    assert_int_equal(info.error, want);
    assert_int_equal(info.alert_sent, alert);
    peer_take(&peer, c);
    assert_int_equal(peer.alert, alert);
    assert_fails_alike(c, want);
}

void attack_is_connected(bool resumed)
{
    struct cv_conn *c = attack_engine();
    struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
    uint8_t wire[128];
    size_t trailer_len = 64, n_data = peer.n_data;
    peer_take(&peer, c);
    assert_true(c->established);
    assert_int_equal(c->resumed, resumed);
    assert_true(peer.got_finished);
    peer_record(&peer, CV_CONTENT_DATA, "to the engine", 13, 0);
    assert_int_equal(attack_open(&opened), CV_OK);
    assert_int_equal(opened.kind, CV_OPENED_DATA);
    assert_int_equal(opened.len, 13);
    memcpy(wire + 5, "to the peer", 11);
    assert_int_equal(cv_conn_seal(c, wire, wire + 5, 11, wire + 16, &trailer_len), CV_OK);
    assert_int_equal(cv_buf_append(&c->out, c->config->port, cv_bytes(wire, 16 + trailer_len)), CV_OK);
    peer_take(&peer, c); /* asserts that it opens */
    assert_int_equal(peer.n_data, n_data + 1);
}
