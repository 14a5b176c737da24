/* The traces of RFC 8448, byte for byte: first the key schedule and the record layer alone, both sides, then
 * the state machines. */
#include "rfc8448.h"
#include "tls/alert.h"
#include "tls/early.h"
#include "tls/state.h"
#include "tls_fixture.h"

#include "crypto/hkdf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { FIRST_SECTION = 3, LAST_SECTION = 7, HASH_LEN = 32 };

static void assert_bytes(struct cv_bytes got, struct cv_bytes want)
{
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.p, want.p, want.len);
}

static void assert_octets(const uint8_t *got, struct cv_bytes want)
{
    assert_memory_equal(got, want.p, want.len);
}

static bool begins(const struct rfc8448_item *it, const char *start)
{
    return strncmp(it->step, start, strlen(start)) == 0;
}

static bool is_field(const struct rfc8448_item *it, const char *field)
{
    return strcmp(it->field, field) == 0;
}

static bool by_client(const struct rfc8448_item *it)
{
    return strcmp(it->who, "client") == 0;
}

/* The field of the step that the item begins. */
static struct cv_bytes field_of(const struct rfc8448_item *it, const char *field)
{
    const char *step = it->step, *who = it->who;
    for (; it < rfc8448_items + n_rfc8448_items && strcmp(it->step, step) == 0 && strcmp(it->who, who) == 0;
         it++) {
        if (is_field(it, field)) return rfc8448_octets(it);
    }
    fail_msg("%s has no %s", step, field);
    return cv_bytes(NULL, 0);
}

/* --- each computation alone --- */

static void check_extract(const struct rfc8448_item *it)
{
    uint8_t out[HASH_LEN];
    struct cv_bytes salt = field_of(it, "salt"), ikm = field_of(it, "IKM");
    cv_hkdf_extract(&cv_sha256, out, salt.len != 0 ? salt.p : NULL, salt.len, ikm.p, ikm.len);
    assert_octets(out, field_of(it, "secret"));
}

static void check_expand(const struct rfc8448_item *it)
{
    uint8_t out[HASH_LEN];
    const char *label = strstr(it->step, "tls13 "), *end = label != NULL ? strchr(label, '"') : NULL;
    assert_true(end != NULL);
    label += 6;
    assert_int_equal(cv_expand_label_bytes(&cv_sha256, out, sizeof out, field_of(it, "PRK").p,
                                           cv_bytes((const uint8_t *)label, (size_t)(end - label)),
                                           field_of(it, "hash")),
                     CV_OK);
    assert_octets(out, field_of(it, "expanded"));
}

static void check_keys(const struct rfc8448_item *it)
{
    uint8_t key[16], iv[CV_AEAD_NONCE_LEN];
    struct cv_bytes secret = field_of(it, "PRK");
    cv_expand_label(&cv_sha256, key, sizeof key, secret.p, "key", cv_bytes(NULL, 0));
    cv_expand_label(&cv_sha256, iv, sizeof iv, secret.p, "iv", cv_bytes(NULL, 0));
    assert_octets(key, field_of(it, "key expanded"));
    assert_octets(iv, field_of(it, "iv expanded"));
}

static void check_finished_key(const struct rfc8448_item *it)
{
    uint8_t key[HASH_LEN];
    cv_expand_label(&cv_sha256, key, sizeof key, field_of(it, "PRK").p, "finished", cv_bytes(NULL, 0));
    assert_octets(key, field_of(it, "expanded"));
}

static void every_extraction_and_expansion(void **state)
{
    (void)state;
    unsigned n_extracts = 0, n_expands = 0, n_keys = 0, n_finished = 0;
    for (size_t i = 0; i < n_rfc8448_items; i++) {
        const struct rfc8448_item *it = &rfc8448_items[i];
        if (begins(it, "extract") && is_field(it, "salt")) {
            check_extract(it);
            n_extracts++;
        } else if (strstr(it->step, "traffic keys") != NULL && is_field(it, "PRK")) {
            check_keys(it);
            n_keys++;
        } else if (begins(it, "calculate") && is_field(it, "PRK")) {
            check_finished_key(it);
            n_finished++;
        } else if (strstr(it->step, "secret") != NULL && is_field(it, "PRK")) {
            check_expand(it);
            n_expands++;
        }
    }
    rfc8448_free();
    print_message("%u extractions, %u expansions, %u keys with IV, %u Finished keys\n", n_extracts, n_expands,
                  n_keys, n_finished);
    assert_int_equal(n_extracts, 15);
    assert_int_equal(n_expands, 48);
    assert_int_equal(n_keys, 21);
    assert_int_equal(n_finished, 11);
}

/* --- the key schedule of a whole handshake --- */

static const struct cv_group *group_of(unsigned section)
{
    return section == 5 ? &cv_group_p256 : &cv_group_x25519;
}

static struct cv_bytes private_key(unsigned section, const char *who)
{
    return rfc8448(section, who, section == 5 ? "P-256" : "x25519", "private key", 0);
}

static struct cv_bytes public_key(unsigned section, const char *who)
{
    return rfc8448(section, who, section == 5 ? "P-256" : "x25519", "public key", 0);
}

/* Random bytes that a trace prescribes, then none. */
struct tape {
    struct cv_bytes parts[4];
    size_t at;
};

static cv_err tape_fill(void *ctx, uint8_t *out, size_t len)
{
    struct tape *t = ctx;
    struct cv_bytes *part = &t->parts[t->at];
    if (part->len == 0) {
        memset(out, 0x5a, len); /* past what the trace says */
        return CV_OK;
    }
    assert_int_equal(part->len, len);
    memcpy(out, part->p, len);
    t->at++;
    return CV_OK;
}

/* The first ClientHello; where the trace makes the binder in a step of its own, with that. */
static struct cv_bytes client_hello_of(unsigned section)
{
    return section == 4 ? rfc8448(4, "client", "send handshake record", "payload", 0)
                        : rfc8448(section, "client", "construct a ClientHello", "ClientHello", 0);
}

struct ladder {
    unsigned section;
    struct cv_key_schedule ks;
    struct cv_transcript t;
    uint8_t client[HASH_LEN], server[HASH_LEN]; /* traffic secrets of the handshake */
    uint8_t resumption[HASH_LEN];
    unsigned n_compared;
};

static void compare_secret(struct ladder *l, const uint8_t *got, const char *who, const char *step)
{
    assert_octets(got, rfc8448(l->section, who, step, step[0] == 'e' ? "secret" : "expanded", 0));
    l->n_compared++;
}

static void derive(struct ladder *l, uint8_t *out, const char *label, const char *who, const char *step)
{
    uint8_t digest[HASH_LEN];
    cv_transcript_hash(&l->t, digest);
    cv_key_schedule_derive(&l->ks, out, label, digest);
    compare_secret(l, out, who, step);
}

/* Both sides come to the IKM that the trace has. */
static void key_exchange(struct ladder *l, uint8_t *shared)
{
    uint8_t share[CV_KEX_SHARE_MAX], theirs[CV_KEX_SECRET_MAX];
    const struct cv_group *group = group_of(l->section);
    struct tape tape = {.parts = {private_key(l->section, "server")}};
    struct cv_rng rng = {tape_fill, &tape};
    struct cv_bytes ikm = rfc8448(l->section, "server", "extract secret \"handshake\"", "IKM", 0);
    assert_int_equal(group->respond(group, share, theirs, public_key(l->section, "client"), &rng), CV_OK);
    assert_octets(share, public_key(l->section, "server"));
    assert_octets(theirs, ikm);
    assert_int_equal(
        group->finish(group, shared, private_key(l->section, "client").p, public_key(l->section, "server")),
        CV_OK);
    assert_octets(shared, ikm);
    assert_int_equal(ikm.len, group->secret_len);
}

static void after_server_hello(struct ladder *l)
{
    uint8_t shared[CV_KEX_SECRET_MAX];
    const uint8_t *psk = NULL;
    if (l->section == 4) psk = rfc8448(3, "server", "generate resumption secret", "expanded", 0).p;
    cv_key_schedule_init(&l->ks, &cv_sha256, psk);
    compare_secret(l, l->ks.secret, psk != NULL ? "client" : "server", "extract secret \"early\"");
    key_exchange(l, shared);
    cv_key_schedule_next(&l->ks, shared, group_of(l->section)->secret_len);
    compare_secret(l, l->ks.secret, "server", "extract secret \"handshake\"");
    derive(l, l->client, "c hs traffic", "server", "derive secret \"tls13 c hs traffic\"");
    derive(l, l->server, "s hs traffic", "server", "derive secret \"tls13 s hs traffic\"");
    cv_key_schedule_next(&l->ks, NULL, 0);
    compare_secret(l, l->ks.secret, "server", "extract secret \"master\"");
}

static void check_finished(struct ladder *l, struct cv_bytes msg, const uint8_t *base_key, const char *who)
{
    uint8_t digest[HASH_LEN], mac[HASH_LEN];
    cv_transcript_hash(&l->t, digest);
    cv_finished_mac(&cv_sha256, mac, base_key, digest);
    assert_octets(mac, rfc8448(l->section, who, "calculate finished", "finished", 0));
    assert_bytes(cv_bytes(mac, sizeof mac), cv_msg_body(msg));
    l->n_compared++;
}

static void server_finished(struct ladder *l, struct cv_bytes msg)
{
    uint8_t out[HASH_LEN];
    check_finished(l, msg, l->server, "server");
    cv_transcript_add(&l->t, msg);
    derive(l, out, "c ap traffic", "server", "derive secret \"tls13 c ap traffic\"");
    derive(l, out, "s ap traffic", "server", "derive secret \"tls13 s ap traffic\"");
    derive(l, out, "exp master", "server", "derive secret \"tls13 exp master\"");
}

static void client_finished(struct ladder *l, struct cv_bytes msg)
{
    check_finished(l, msg, l->client, "client");
    cv_transcript_add(&l->t, msg);
    if (l->section == 3 || l->section == 4)
        derive(l, l->resumption, "res master", "client", "derive secret \"tls13 res master\"");
}

static void take_message(struct ladder *l, const struct rfc8448_item *it)
{
    struct cv_bytes msg = rfc8448_octets(it);
    struct cv_new_session_ticket nst;
    uint8_t out[HASH_LEN];
    if (l->section == 4 && msg.p[0] == CV_MSG_CLIENT_HELLO) msg = client_hello_of(4); /* with its binder */
    switch (msg.p[0]) {
    case CV_MSG_SERVER_HELLO:
        if (memcmp(msg.p + 6, cv_hello_retry_random, 32) == 0) {
            cv_transcript_retry(&l->t);
            cv_transcript_add(&l->t, msg);
        } else {
            cv_transcript_add(&l->t, msg);
            after_server_hello(l);
        }
        break;
    case CV_MSG_FINISHED:
        if (by_client(it))
            client_finished(l, msg);
        else
            server_finished(l, msg);
        break;
    case CV_MSG_NEW_SESSION_TICKET:
        assert_int_equal(cv_new_session_ticket_parse(&nst, cv_msg_body(msg)), CV_OK);
        cv_expand_label(&cv_sha256, out, sizeof out, l->resumption, "resumption", nst.nonce);
        compare_secret(l, out, "server", "generate resumption secret");
        break;
    default:
        cv_transcript_add(&l->t, msg);
        break;
    }
}

static void key_schedules(void **state)
{
    (void)state;
    static const unsigned n_secrets[] = {12, 11, 10, 10, 10};
    for (unsigned section = FIRST_SECTION; section <= LAST_SECTION; section++) {
        struct ladder l = {.section = section};
        cv_transcript_init(&l.t, &cv_sha256);
        for (size_t i = 0; i < n_rfc8448_items; i++) {
            const struct rfc8448_item *it = &rfc8448_items[i];
            if (it->section == section && begins(it, "construct a")) take_message(&l, it);
        }
        assert_int_equal(l.n_compared, n_secrets[section - FIRST_SECTION]);
    }
    rfc8448_free();
}

static void psk_binder_and_early_secrets(void **state)
{
    (void)state;
    struct cv_session s = {.hash = CV_HASH_SHA256, .secret_len = HASH_LEN};
    struct cv_client_hello ch;
    uint8_t binder[HASH_LEN], digest[HASH_LEN], out[HASH_LEN];
    struct cv_bytes prefix = rfc8448(4, "client", "binder", "ClientHello prefix", 0);
    struct cv_bytes hello = rfc8448(4, "client", "send handshake record", "payload", 0);
    struct cv_bytes psk = rfc8448(3, "server", "generate resumption secret", "expanded", 0);
    memcpy(s.secret, psk.p, psk.len);
    assert_int_equal(cv_client_hello_parse(&ch, cv_msg_body(hello)), CV_OK);
    assert_bytes(cv_bytes(hello.p, hello.len - ch.binders_len), prefix);
    cv_psk_binder(&s, &cv_sha256, NULL, prefix, binder);
    assert_octets(binder, rfc8448(4, "client", "binder", "finished", 0));
    assert_memory_equal(binder, ch.psk_binders.p + 1, sizeof binder);

    struct cv_key_schedule ks;
    cv_key_schedule_init(&ks, &cv_sha256, s.secret);
    cv_hash_digest(&cv_sha256, digest, hello.p, hello.len);
    cv_key_schedule_derive(&ks, out, "c e traffic", digest);
    assert_octets(out, rfc8448(4, "client", "tls13 c e traffic", "expanded", 0));
    cv_key_schedule_derive(&ks, out, "e exp master", digest);
    assert_octets(out, rfc8448(4, "client", "tls13 e exp master", "expanded", 0));
    rfc8448_free();
}

/* --- records --- */

static const struct cv_suite suite = {
    .id = CV_TLS_AES_128_GCM_SHA256,
    .name = "TLS_AES_128_GCM_SHA256",
    .aead = &cv_aes128_gcm,
    .hash = &cv_sha256,
};

struct recorder {
    struct cv_half tx, rx;
    _Alignas(16) uint8_t tx_state[CV_AEAD_STATE_MAX], rx_state[CV_AEAD_STATE_MAX];
    struct cv_bytes content; /* what the next record holds */
    unsigned n_plain, n_sealed;
};

static uint8_t content_type(const struct rfc8448_item *it)
{
    if (strstr(it->step, "handshake") != NULL) return CV_CONTENT_HANDSHAKE;
    if (strstr(it->step, "alert") != NULL) return CV_CONTENT_ALERT;
    return strstr(it->step, "application_data") != NULL ? CV_CONTENT_DATA : CV_CONTENT_CCS;
}

static void record_keys(struct recorder *r, const struct rfc8448_item *it)
{
    struct cv_bytes secret = rfc8448_octets(it);
    r->tx.state = r->tx_state;
    r->rx.state = r->rx_state;
    cv_half_set_secret(&r->tx, &suite, secret.p);
    cv_half_set_secret(&r->rx, &suite, secret.p);
}

static void check_record(struct recorder *r, const struct rfc8448_item *it)
{
    uint8_t wire[1024], opened[1024], type;
    size_t len;
    struct cv_bytes want = rfc8448_octets(it);
    assert_in_range(r->content.len, 1, sizeof wire - 64);
    memcpy(wire + CV_RECORD_HEADER_LEN, r->content.p, r->content.len);
    if (want.p[0] != CV_CONTENT_DATA) {
        cv_record_header(wire, content_type(it), (uint16_t)(want.p[1] << 8 | want.p[2]), r->content.len);
        assert_bytes(cv_bytes(wire, CV_RECORD_HEADER_LEN + r->content.len), want);
        r->n_plain++;
        return;
    }
    uint8_t *data = wire + CV_RECORD_HEADER_LEN, *tail = data + r->content.len;
    *tail = content_type(it);
    assert_int_equal(cv_record_seal(&r->tx, content_type(it), wire, data, r->content.len, tail, 1, tail + 1),
                     CV_OK);
    assert_bytes(cv_bytes(wire, CV_RECORD_HEADER_LEN + r->content.len + 1 + 16), want);
    assert_int_equal(cv_record_open(&r->rx, opened, want, &type, &len), CV_OK);
    assert_int_equal(type, content_type(it));
    assert_bytes(cv_bytes(opened, len), r->content);
    r->n_sealed++;
}

static void every_record(void **state)
{
    (void)state;
    static const struct {
        unsigned plain, sealed;
    } want[] = {{2, 7}, {2, 8}, {4, 4}, {2, 4}, {4, 4}};
    for (unsigned section = FIRST_SECTION; section <= LAST_SECTION; section++) {
        struct recorder side[2] = {{.n_plain = 0}, {.n_plain = 0}}; /* server, client */
        for (size_t i = 0; i < n_rfc8448_items; i++) {
            const struct rfc8448_item *it = &rfc8448_items[i];
            struct recorder *own = &side[by_client(it)], *peer = &side[!by_client(it)];
            if (it->section != section) continue;
            if (begins(it, "derive write traffic keys") && is_field(it, "PRK")) record_keys(own, it);
            if (begins(it, "derive read traffic keys") && is_field(it, "PRK")) record_keys(peer, it);
            if (begins(it, "construct a") || is_field(it, "payload")) own->content = rfc8448_octets(it);
            if (is_field(it, "complete record")) check_record(own, it);
        }
        assert_int_equal(side[0].n_plain + side[1].n_plain, want[section - FIRST_SECTION].plain);
        assert_int_equal(side[0].n_sealed + side[1].n_sealed, want[section - FIRST_SECTION].sealed);
    }
    rfc8448_free();
}

/* --- the client's state machine --- */

static const struct cv_group *const only_p256[] = {&cv_group_p256};

/* A client that has sent the trace's ClientHello. Chains are of 1024-bit keys: they are not validated. */
static struct cv_conn *client_of(struct pair *p, unsigned section)
{
    struct cv_client_hello ch;
    pair_init(p, "p256");
    p->client.params.validate = p->client.params.check_name = false;
    p->client.params.post_handshake_auth = false;
    assert_int_equal(cv_conn_new(&p->client.conn, &p->client.config, &p->client.params), CV_OK);
    struct cv_conn *c = p->client.conn;
    struct cv_hs *hs = c->hs;
    struct cv_bytes hello = client_hello_of(section);
    assert_int_equal(cv_client_hello_parse(&ch, cv_msg_body(hello)), CV_OK);
    assert_int_equal(cv_buf_append(&hs->client_hello, c->config->port, hello), CV_OK);
    hs->asked = ch.ext.present;
    memcpy(hs->client_random, ch.random.p, sizeof hs->client_random);
    memcpy(hs->session_id, ch.session_id.p, ch.session_id.len);
    hs->session_id_len = (uint8_t)ch.session_id.len;
    hs->compat = ch.session_id.len != 0;
    hs->share_group = &cv_group_x25519;
    struct cv_bytes key = rfc8448(section, "client", "x25519", "private key", 0);
    memcpy(hs->private_key, key.p, key.len);
    c->state = CV_CS_WAIT_SERVER_HELLO;
    return c;
}

static cv_err feed(struct cv_conn *c, struct cv_bytes record)
{
    struct cv_step step;
    cv_err e = cv_conn_step(c, record, &step);
    assert_int_equal(step.consumed, record.len);
    return e;
}

static struct cv_bytes record_of(unsigned section, const char *who, const char *step, unsigned nth)
{
    return rfc8448(section, who, step, "complete record", nth);
}

/* Output so far is exactly this; and is taken away. */
static void assert_sent(struct cv_conn *c, struct cv_bytes want)
{
    struct cv_bytes out = cv_conn_output(c);
    if (out.len < want.len) fail_msg("%zu bytes of %zu", out.len, want.len);
    assert_memory_equal(out.p, want.p, want.len);
    cv_conn_output_drop(c, want.len);
}

static void assert_silent(const struct cv_conn *c)
{
    assert_int_equal(cv_conn_output(c).len, 0);
}

static void assert_secrets(const struct cv_conn *c, unsigned section)
{
    const char *server = "derive secret \"tls13 s ap traffic\"",
               *client = "derive secret \"tls13 c ap traffic\"";
    assert_octets(c->rx.half.secret, rfc8448(section, "server", server, "expanded", 0));
    assert_octets(c->tx.half.secret, rfc8448(section, "server", client, "expanded", 0));
    assert_octets(c->exporter_secret, rfc8448(section, "server", "tls13 exp master", "expanded", 0));
}

/* Application data of the trace, there and back. */
static void exchange_data(struct cv_conn *c, unsigned section, unsigned nth)
{
    const char *step = "send application_data record";
    struct cv_bytes want = record_of(section, "client", step, nth);
    struct cv_bytes data = rfc8448(section, "client", step, "payload", nth);
    struct cv_opened opened;
    uint8_t wire[256];
    size_t trailer_len = sizeof wire - 64 - data.len, missing;
    assert_in_range(data.len, 0, 64);
    memcpy(wire + 5, data.p, data.len);
    assert_int_equal(cv_conn_seal(c, wire, wire + 5, data.len, wire + 5 + data.len, &trailer_len), CV_OK);
    assert_bytes(cv_bytes(wire, 5 + data.len + trailer_len), want);

    struct cv_bytes record = record_of(section, "server", step, 0);
    memcpy(wire, record.p, record.len);
    assert_int_equal(cv_conn_open(c, wire, record.len, &opened, &missing), CV_OK);
    assert_int_equal(opened.kind, CV_OPENED_DATA);
    assert_bytes(cv_bytes(wire + opened.offset, opened.len), rfc8448(section, "server", step, "payload", 0));
}

static void close_both(struct cv_conn *c, unsigned section)
{
    struct cv_conn_info info;
    assert_int_equal(cv_conn_close(c), CV_OK);
    assert_sent(c, record_of(section, "client", "send alert record", 0));
    assert_silent(c);
    assert_int_equal(feed(c, record_of(section, "server", "send alert record", 0)), CV_OK);
    cv_conn_info(c, &info);
    assert_true(info.closed_by_peer);
}

static void client_simple(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn *c = client_of(&p, 3);
    assert_int_equal(feed(c, record_of(3, "server", "send handshake record", 0)), CV_OK);
    assert_silent(c);
    assert_int_equal(feed(c, record_of(3, "server", "send handshake record", 1)), CV_OK);
    assert_sent(c, record_of(3, "client", "send handshake record", 1));
    assert_silent(c);
    assert_true(c->established);
    assert_secrets(c, 3);
    assert_octets(c->resumption_secret, rfc8448(3, "client", "tls13 res master", "expanded", 0));

    assert_int_equal(feed(c, record_of(3, "server", "send handshake record", 2)), CV_OK);
    struct cv_session *s = cv_session_cache_take(p.client.config.sessions, p.client.params.session_key);
    assert_non_null(s);
    assert_octets(s->secret, rfc8448(3, "server", "generate resumption secret", "expanded", 0));
    assert_int_equal(s->max_early_data, 1024);
    cv_session_free(&p.client.port.port, s);

    exchange_data(c, 3, 0);
    close_both(c, 3);
    pair_free(&p);
    rfc8448_free();
}

/* The session of section 3's ticket. */
static struct cv_session traced_session(void)
{
    struct cv_session fields = {.version = CV_TLS13,
                                .suite = CV_TLS_AES_128_GCM_SHA256,
                                .hash = CV_HASH_SHA256,
                                .secret_len = HASH_LEN,
                                .max_early_data = 1024,
                                .lifetime = 30,
                                .chain_not_after = INT64_MAX};
    struct cv_bytes psk = rfc8448(3, "server", "generate resumption secret", "expanded", 0);
    memcpy(fields.secret, psk.p, psk.len);
    return fields;
}

/* The client's early data, EndOfEarlyData and Finished, and all behind them. */
static void client_resumed(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn *c = client_of(&p, 4);
    struct cv_session fields = traced_session();
    struct cv_bytes data = rfc8448(4, "client", "send application_data record", "payload", 0);
    assert_int_equal(cv_session_new(&c->hs->session, &p.client.port.port, &fields), CV_OK);
    assert_int_equal(cv_buf_append(&c->hs->early, &p.client.port.port, data), CV_OK);
    c->hs->offered[c->hs->n_offered++] = c->hs->session;
    cv_early_sender.plan(c);
    assert_int_equal(cv_early_sender.send(c), CV_OK);
    assert_sent(c, record_of(4, "client", "send application_data record", 0));
    assert_silent(c);
    assert_int_equal(feed(c, record_of(4, "server", "send handshake record", 0)), CV_OK);
    assert_silent(c);
    assert_int_equal(feed(c, record_of(4, "server", "send handshake record", 1)), CV_OK);
    assert_sent(c, record_of(4, "client", "send handshake record", 1)); /* EndOfEarlyData */
    assert_sent(c, record_of(4, "client", "send handshake record", 2)); /* Finished */
    assert_silent(c);
    assert_true(c->established);
    assert_true(c->resumed);
    assert_int_equal(c->early, CV_EARLY_ACCEPTED);
    assert_secrets(c, 4);
    assert_octets(c->resumption_secret, rfc8448(4, "client", "tls13 res master", "expanded", 0));
    exchange_data(c, 4, 1);
    close_both(c, 4);
    pair_free(&p);
    rfc8448_free();
}

/* The second ClientHello of the trace in place of the one that the client has built. */
static void replace_second_hello(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    struct cv_client_hello ch;
    struct cv_bytes first = rfc8448(5, "client", "construct a ClientHello", "ClientHello", 0);
    struct cv_bytes second = rfc8448(5, "client", "construct a ClientHello", "ClientHello", 1);
    struct cv_bytes retry = rfc8448(5, "server", "construct a ServerHello", "ServerHello", 0);
    struct cv_bytes key = private_key(5, "client");
    cv_transcript_init(&hs->transcript, &cv_sha256);
    cv_transcript_add(&hs->transcript, first);
    cv_transcript_retry(&hs->transcript);
    cv_transcript_add(&hs->transcript, retry);
    cv_transcript_add(&hs->transcript, second);
    assert_int_equal(cv_client_hello_parse(&ch, cv_msg_body(second)), CV_OK);
    hs->asked = ch.ext.present;
    assert_bytes(cv_buf_bytes(&hs->cookie_in), ch.cookie);
    memcpy(hs->private_key, key.p, key.len);
}

static void client_retried(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn *c = client_of(&p, 5);
    assert_int_equal(feed(c, record_of(5, "server", "send handshake record", 0)), CV_OK);
    assert_int_equal(c->state, CV_CS_WAIT_SERVER_HELLO_RETRIED);
    assert_ptr_equal(c->hs->share_group, &cv_group_p256);
    assert_int_not_equal(cv_conn_output(c).len, 0);
    cv_conn_output_drop(c, cv_conn_output(c).len);
    replace_second_hello(c);
    assert_int_equal(feed(c, record_of(5, "server", "send handshake record", 1)), CV_OK);
    assert_int_equal(feed(c, record_of(5, "server", "send handshake record", 2)), CV_OK);
    assert_sent(c, record_of(5, "client", "send handshake record", 2));
    assert_silent(c);
    assert_true(c->established);
    assert_secrets(c, 5);
    close_both(c, 5);
    pair_free(&p);
    rfc8448_free();
}

/* Hands out the trace's signature in place of one that is random, if it verifies. */
static cv_err sign_as_traced(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                             uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    (void)rng;
    struct cv_certificate_verify cv;
    struct cv_public_key public = {.type = key->type, .n = key->n, .e = key->e};
    struct cv_bytes msg = rfc8448(6, "client", "construct a CertificateVerify", "CertificateVerify", 0);
    assert_int_equal(cv_certificate_verify_parse(&cv, cv_msg_body(msg)), CV_OK);
    assert_int_equal(cv_rsa_pss_verify(&public, hash, m, cv.signature), CV_OK);
    assert_in_range(cv.signature.len, 1, *sig_len);
    memcpy(sig, cv.signature.p, *sig_len = cv.signature.len);
    return CV_OK;
}

/* The trace's client certificate as our identity; its private key is not in the RFC. */
static void traced_identity(struct identity_file *f)
{
    struct cv_certificate_msg m;
    struct cv_certificate_entry entry;
    struct cv_bytes msg = rfc8448(6, "client", "construct a Certificate ", "Certificate", 0);
    assert_int_equal(cv_certificate_parse(&m, cv_msg_body(msg), 0), CV_OK);
    assert_int_equal(m.n_certs, 1);
    assert_int_equal(cv_certificate_next(&m.list, &entry), CV_OK);
    f->chain[0] = entry.der;
    assert_int_equal(cv_cert_parse(&f->identity.leaf, f->chain[0]), CV_OK);
    f->identity.chain = f->chain;
    f->identity.n_chain = 1;
    f->identity.key =
        (struct cv_private_key){.type = CV_KEY_RSA, .n = f->identity.leaf.key.n, .e = f->identity.leaf.key.e};
}

static void client_authenticated(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn *c = client_of(&p, 6);
    traced_identity(&p.client.own);
    p.client.config.identities = &p.client.own.identity;
    p.client.config.n_identities = 1;
    for (size_t i = 0; i < p.client.algorithms.n_schemes; i++) {
        struct cv_sig_scheme *s = &p.client.algorithms.schemes[i];
        if (s->id == 0x0804) s->sign = sign_as_traced;
    }
    assert_int_equal(feed(c, record_of(6, "server", "send handshake record", 0)), CV_OK);
    assert_int_equal(feed(c, record_of(6, "server", "send handshake record", 1)), CV_OK);
    assert_sent(c, record_of(6, "client", "send handshake record", 1));
    assert_silent(c);
    assert_secrets(c, 6);
    close_both(c, 6);
    pair_free(&p);
    rfc8448_free();
}

static void client_in_compatibility_mode(void **state)
{
    (void)state;
    struct pair p;
    struct cv_conn *c = client_of(&p, 7);
    assert_int_equal(feed(c, record_of(7, "server", "send handshake record", 0)), CV_OK);
    assert_int_equal(feed(c, record_of(7, "server", "send change_cipher_spec record", 0)), CV_OK);
    assert_int_equal(feed(c, record_of(7, "server", "send handshake record", 1)), CV_OK);
    assert_sent(c, record_of(7, "client", "send change_cipher_spec record", 0));
    assert_sent(c, record_of(7, "client", "send handshake record", 1));
    assert_silent(c);
    assert_secrets(c, 7);
    close_both(c, 7);
    pair_free(&p);
    rfc8448_free();
}

/* --- the server's state machine --- */

/* The trace's ClientHello; random bytes as the trace's server had them. */
static struct cv_conn *server_of(struct pair *p, unsigned section, struct tape *tape)
{
    struct cv_bytes hello = rfc8448(section, "server", "construct a ServerHello", "ServerHello", 0);
    pair_init(p, "p256");
    if (section == 6) p->server.params.client_auth = CV_AUTH_REQUEST;
    *tape = (struct tape){.parts = {cv_bytes(hello.p + 6, 32), private_key(section, "server")}};
    p->server.port.port.rng = (struct cv_rng){tape_fill, tape};
    assert_int_equal(cv_conn_new(&p->server.conn, &p->server.config, &p->server.params), CV_OK);
    assert_int_equal(feed(p->server.conn, record_of(section, "client", "send handshake record", 0)), CV_OK);
    return p->server.conn;
}

/* Sections 3, 6, 7: the certificate and what EncryptedExtensions says are our own, so that the bytes agree as
 * far as the ServerHello and the secrets that come of it. */
static void server_hello_and_secrets(void **state)
{
    (void)state;
    static const unsigned sections[] = {3, 6, 7};
    for (size_t i = 0; i < 3; i++) {
        struct pair p;
        struct tape tape;
        unsigned section = sections[i];
        struct cv_conn *c = server_of(&p, section, &tape);
        assert_sent(c, record_of(section, "server", "send handshake record", 0));
        if (section == 7) assert_sent(c, record_of(7, "server", "send change_cipher_spec record", 0));
        assert_int_equal(cv_conn_output(c).p[0], CV_CONTENT_DATA);
        assert_octets(c->hs->client_secret,
                      rfc8448(section, "server", "derive secret \"tls13 c hs traffic\"", "expanded", 0));
        assert_octets(c->hs->server_secret,
                      rfc8448(section, "server", "derive secret \"tls13 s hs traffic\"", "expanded", 0));
        pair_free(&p);
        rfc8448_free();
    }
}

/* Our HelloRetryRequest asks for the same; the cookie is our own, so that the trace's second hello is
 * refused. */
static void server_retry(void **state)
{
    (void)state;
    struct pair p;
    struct tape tape = {.at = 0};
    struct cv_step step;
    struct cv_bytes traced = rfc8448(5, "server", "construct a ServerHello", "ServerHello", 0);
    struct cv_server_hello want, got;
    uint32_t asked = UINT32_MAX;
    assert_int_equal(cv_server_hello_parse(&want, cv_msg_body(traced), asked), CV_OK);

    pair_init(&p, "p256");
    p.server.port.port.rng = (struct cv_rng){tape_fill, &tape};
    p.server.config.groups = only_p256;
    p.server.config.n_groups = 1;
    assert_int_equal(cv_conn_new(&p.server.conn, &p.server.config, &p.server.params), CV_OK);
    struct cv_conn *c = p.server.conn;
    assert_int_equal(feed(c, record_of(5, "client", "send handshake record", 0)), CV_OK);
    struct cv_bytes out = cv_conn_output(c);
    assert_in_range(out.len, 9, 512);
    assert_int_equal(cv_server_hello_parse(&got, cv_bytes(out.p + 9, out.len - 9), asked), CV_OK);
    assert_true(got.is_retry && want.is_retry);
    assert_int_equal(got.suite, want.suite);
    assert_int_equal(got.group, want.group);
    assert_int_equal(got.version, want.version);
    assert_bytes(got.session_id, want.session_id);
    cv_conn_output_drop(c, out.len);
    assert_int_equal(cv_conn_step(c, record_of(5, "client", "send handshake record", 1), &step),
                     CV_E_BAD_COOKIE);
    pair_free(&p);
    rfc8448_free();
}

/* A sealer that knows the trace's ticket, and a register that has seen nothing. */
static cv_err traced_ticket(void *ctx, void **op, uint8_t *session, size_t cap, size_t *session_len,
                            struct cv_bytes ticket)
{
    struct cv_session *s = ctx;
    struct cv_builder b;
    struct cv_new_session_ticket nst;
    struct cv_bytes msg = rfc8448(3, "server", "construct a NewSessionTicket", "NewSessionTicket", 0);
    (void)op;
    assert_int_equal(cv_new_session_ticket_parse(&nst, cv_msg_body(msg)), CV_OK);
    assert_bytes(ticket, nst.ticket);
    s->age_add = nst.age_add;
    cv_build_init(&b, session, cap);
    cv_session_encode(&b, s);
    *session_len = b.len;
    return cv_build_end(&b);
}

static cv_err never_seen(void *ctx, void **op, const uint8_t id[CV_REPLAY_ID_LEN], int64_t created)
{
    (void)ctx;
    (void)op;
    (void)id;
    (void)created;
    return CV_OK;
}

/* Section 4, the server: up to ServerHello all bytes are the trace's; EncryptedExtensions are our own. The
 * client's early data and EndOfEarlyData open as they came. */
static void server_accepts_early_data(void **state)
{
    (void)state;
    struct pair p;
    struct cv_session session = traced_session();
    struct cv_ticket_sealer sealer = {&session, NULL, traced_ticket, NULL};
    struct cv_replay_register once = {NULL, never_seen, NULL};
    struct cv_bytes hello = rfc8448(4, "server", "construct a ServerHello", "ServerHello", 0);
    struct tape tape = {.parts = {cv_bytes(hello.p + 6, 32), private_key(4, "server")}};
    struct cv_opened opened;
    uint8_t wire[256];
    size_t missing;
    pair_init(&p, "p256");
    session.server_name = cv_bytes((const uint8_t *)"server", 6);
    session.created = session.authenticated = p.server.port.now;
    p.server.config.sealer = &sealer;
    p.server.config.replay = &once;
    p.server.config.max_early_data = 1024;
    p.server.port.port.rng = (struct cv_rng){tape_fill, &tape};
    assert_int_equal(cv_conn_new(&p.server.conn, &p.server.config, &p.server.params), CV_OK);
    struct cv_conn *c = p.server.conn;
    assert_int_equal(feed(c, record_of(4, "client", "send handshake record", 0)), CV_OK);
    assert_true(c->resumed);
    assert_int_equal(c->early, CV_EARLY_ACCEPTED);
    assert_sent(c, record_of(4, "server", "send handshake record", 0));
    assert_octets(c->hs->client_secret, rfc8448(4, "server", "\"tls13 c hs traffic\"", "expanded", 0));
    assert_octets(c->hs->server_secret, rfc8448(4, "server", "\"tls13 s hs traffic\"", "expanded", 0));
    assert_octets(c->rx.half.secret, rfc8448(4, "client", "tls13 c e traffic", "expanded", 0));

    struct cv_bytes record = record_of(4, "client", "send application_data record", 0);
    assert_in_range(record.len, 1, sizeof wire);
    memcpy(wire, record.p, record.len);
    assert_int_equal(cv_conn_open(c, wire, record.len, &opened, &missing), CV_OK);
    assert_true(opened.early);
    assert_bytes(cv_bytes(wire + opened.offset, opened.len),
                 rfc8448(4, "client", "send application_data record", "payload", 0));
    assert_int_equal(feed(c, record_of(4, "client", "send handshake record", 1)), CV_OK);
    assert_int_equal(c->state, CV_SS_WAIT_FINISHED);
    pair_free(&p);
    rfc8448_free();
}

/* Section 4: a ticket that is not ours and early data lead to a full handshake; the early data is passed
 * over. */
static void server_refuses_early_data(void **state)
{
    (void)state;
    struct pair p;
    struct tape tape;
    struct cv_conn *c = server_of(&p, 4, &tape);
    assert_false(c->resumed);
    assert_int_equal(c->state, CV_SS_WAIT_FINISHED);
    cv_conn_output_drop(c, cv_conn_output(c).len);
    assert_int_equal(feed(c, record_of(4, "client", "send application_data record", 0)), CV_OK);
    assert_int_equal(feed(c, record_of(4, "client", "send handshake record", 1)), CV_OK);
    assert_silent(c);
    assert_int_equal(c->state, CV_SS_WAIT_FINISHED);
    pair_free(&p);
    rfc8448_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_extraction_and_expansion),
        cmocka_unit_test(key_schedules),
        cmocka_unit_test(psk_binder_and_early_secrets),
        cmocka_unit_test(every_record),
        cmocka_unit_test(client_simple),
        cmocka_unit_test(client_resumed),
        cmocka_unit_test(client_retried),
        cmocka_unit_test(client_authenticated),
        cmocka_unit_test(client_in_compatibility_mode),
        cmocka_unit_test(server_hello_and_secrets),
        cmocka_unit_test(server_retry),
        cmocka_unit_test(server_accepts_early_data),
        cmocka_unit_test(server_refuses_early_data),
    };
    return cmocka_run_group_tests_name("RFC 8448", tests, NULL, NULL);
}
