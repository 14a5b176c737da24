/* Somebody in the middle alters one record of a handshake: a bit, a byte more or less, an end that is cut
 * off. On the wire, and, with the keys that only the ends have, inside protected flights. No alteration
 * leaves both sides content with different views; a side that notices says so, for good, and nothing crashes
 * or leaks.
 *
 * As it is, of long records every 13th place is tried, of others every one, and one bit a place; with
 * CULVERT_TAMPER=all every place and every bit. */
#include "tls/alert.h"
#include "tls/state.h"
#include "tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct scenario {
    const char *name, *kind;
    bool retry, resume, client_auth, validate;
    bool tls12, both; /* TLS 1.2 alone; both versions on both sides */
};

static const struct scenario scenarios[] = {
    {.name = "full", .kind = "p256"},
    {.name = "client authentication", .kind = "ed25519", .client_auth = true},
    {.name = "retried", .kind = "p256", .retry = true},
    {.name = "resumed", .kind = "p256", .resume = true},
    {.name = "resumed after a retry", .kind = "p256", .resume = true, .retry = true},
    {.name = "with validation", .kind = "p256", .client_auth = true, .validate = true},
    {.name = "TLS 1.2 as the other choice", .kind = "p256", .both = true},
    {.name = "TLS 1.2", .kind = "p256", .tls12 = true},
    {.name = "TLS 1.2, client authentication", .kind = "ed25519", .client_auth = true, .tls12 = true},
    {.name = "TLS 1.2, resumed", .kind = "p256", .resume = true, .tls12 = true},
};
enum { N_SCENARIOS = sizeof scenarios / sizeof scenarios[0], MAX_RECORDS = 32, BUF = 1 << 15 };

enum kind {
    NOTHING,
    WIRE_FLIP, /* a bit of the record, header included */
    WIRE_CUT,  /* the record's end is missing from the stream */
    FLIP,      /* a bit of what the record holds */
    CUT,       /* its end */
    DELETE,    /* a byte */
    INSERT,
    SHORTEN, /* a message is cut and its length says so */
    N_KINDS
};

struct alteration {
    enum kind kind;
    size_t record, at;
    unsigned bit;
};

/* What went by in a handshake without alterations. */
struct seen {
    uint8_t type;
    bool sealed, established; /* its receiver was, when it came */
    size_t wire_len, len;
    uint8_t content[BUF];
};
static struct seen seen[MAX_RECORDS];
static size_t n_seen;

static struct pair pair;
static struct alteration alteration;
static size_t n_records; /* gone by in this run */

/* Bytes under way to each side. */
struct pipe {
    uint8_t bytes[BUF];
    size_t len;
};
static struct pipe to_client, to_server;

static void prepare(const struct scenario *s)
{
    pair_init(&pair, s->kind);
    if (s->client_auth) pair_client_identity(&pair, s->kind);
    pair.client.params.validate = pair.client.params.check_name = pair.server.params.validate = s->validate;
    pair.client.params.alpn = cv_bytes((const uint8_t *)"\x02h2\x08http/1.1", 12);
    pair.server.params.alpn = cv_bytes((const uint8_t *)"\x08http/1.1", 9);
    if (s->client_auth) pair.server.params.client_auth = CV_AUTH_REQUIRE;
    if (s->tls12 || s->both) pair.client.config.min_version = pair.server.config.min_version = CV_TLS12;
    if (s->tls12) pair.client.config.max_version = pair.server.config.max_version = CV_TLS12;
    if (s->resume) {
        assert_int_equal(pair_connect(&pair), CV_OK);
        pair_close(&pair);
    }
    if (s->retry) {
        pair.server.config.groups += 1;
        pair.server.config.n_groups = 1;
    }
    n_records = 0;
    to_client.len = to_server.len = 0;
}

static void append(struct pipe *p, const uint8_t *bytes, size_t len)
{
    assert_in_range(len, 0, sizeof p->bytes - p->len);
    memcpy(p->bytes + p->len, bytes, len);
    p->len += len;
}

/* Gives the side what is under way to it. */
static cv_err drain(struct side *to, struct pipe *p)
{
    for (unsigned i = 0; i < 64 && p->len > 0; i++) {
        struct cv_step step;
        cv_err e = cv_conn_step(to->conn, cv_bytes(p->bytes, p->len), &step);
        assert_in_range(step.consumed, 0, p->len);
        memmove(p->bytes, p->bytes + step.consumed, p->len - step.consumed);
        p->len -= step.consumed;
        if (e == CV_WANT_INPUT) return CV_OK;
        if (e != CV_OK) return e;
        if (step.consumed == 0 && cv_conn_output(to->conn).len == 0) return CV_OK;
    }
    return CV_OK;
}

/* --- alterations --- */

static size_t alter_content(uint8_t *content, size_t len)
{
    const struct alteration *a = &alteration;
    size_t message = 0, at = a->at;
    switch (a->kind) {
    case FLIP:
        content[at] ^= (uint8_t)(1u << a->bit);
        return len;
    case CUT:
        return at;
    case DELETE:
        memmove(content + at, content + at + 1, len - at - 1);
        return len - 1;
    case INSERT:
        memmove(content + at + 1, content + at, len - at);
        content[at] = (uint8_t)(at * 31 + a->bit * 97 + 5);
        return len + 1;
    case SHORTEN: /* the message that holds the byte loses its end from there */
        for (;;) {
            size_t body =
                (size_t)content[message + 1] << 16 | (size_t)content[message + 2] << 8 | content[message + 3];
            size_t next = message + 4 + body;
            if (at >= next) {
                message = next;
                continue;
            }
            if (at < message + 4) at = message + 4;
            size_t keep = at - message - 4;
            content[message + 1] = (uint8_t)(keep >> 16);
            content[message + 2] = (uint8_t)(keep >> 8);
            content[message + 3] = (uint8_t)keep;
            memmove(content + at, content + next, len - next);
            return len - (next - at);
        }
    default:
        return len;
    }
}

/* The receiver's keys, without its noticing. */
struct keys {
    struct cv_half half;
    _Alignas(16) uint8_t state[CV_AEAD_STATE_MAX];
};

static void borrow_keys(struct keys *k, const struct side *of)
{
    k->half = of->conn->rx.half;
    memcpy(k->state, k->half.state, k->half.suite->aead->state_len);
    k->half.state = k->state;
}

static bool is_sealed(const struct side *to, struct cv_bytes rec)
{
    const struct cv_suite *suite = to->conn->rx.half.suite;
    return suite != NULL && (suite->tls12 || rec.p[0] == CV_CONTENT_DATA);
}

/* Content of a record, and its inner type. */
static size_t content_of(const struct side *to, struct cv_bytes rec, uint8_t *content, uint8_t *type)
{
    size_t len = rec.len - CV_RECORD_HEADER_LEN;
    *type = rec.p[0];
    if (is_sealed(to, rec)) {
        struct keys k;
        borrow_keys(&k, to);
        assert_int_equal(cv_record_open(&k.half, content, rec, type, &len), CV_OK);
    } else {
        memcpy(content, rec.p + CV_RECORD_HEADER_LEN, len);
    }
    return len;
}

static void put_back(const struct side *to, bool sealed, uint8_t type, const uint8_t *content, size_t len,
                     struct pipe *p)
{
    static uint8_t wire[BUF];
    size_t prefix_len = sealed ? cv_record_prefix_len(&to->conn->rx.half) : CV_RECORD_HEADER_LEN;
    uint8_t *data = wire + prefix_len;
    memcpy(data, content, len);
    size_t wire_len = prefix_len + len;
    if (sealed) {
        struct keys k;
        borrow_keys(&k, to);
        data[len] = type;
        size_t n = len + cv_record_inner_len(&k.half);
        assert_int_equal(cv_record_seal(&k.half, type, wire, data, n, NULL, 0, data + n), CV_OK);
        wire_len = prefix_len + n + k.half.suite->aead->tag_len;
    } else {
        cv_record_header(wire, type, CV_TLS12, len);
    }
    append(p, wire, wire_len);
}

static void note(const struct side *to, struct cv_bytes rec)
{
    assert_in_range(n_seen, 0, MAX_RECORDS - 1);
    struct seen *s = &seen[n_seen++];
    s->sealed = is_sealed(to, rec);
    s->established = to->conn->established;
    s->wire_len = rec.len;
    s->len = content_of(to, rec, s->content, &s->type);
}

static void pass_on(struct side *to, struct cv_bytes rec, struct pipe *p)
{
    static uint8_t content[BUF];
    uint8_t type;
    bool it_is = n_records++ == alteration.record;
    if (alteration.kind == NOTHING) note(to, rec);
    if (alteration.kind == NOTHING || !it_is) {
        append(p, rec.p, rec.len);
    } else if (alteration.kind == WIRE_FLIP) {
        append(p, rec.p, rec.len);
        p->bytes[p->len - rec.len + alteration.at] ^= (uint8_t)(1u << alteration.bit);
    } else if (alteration.kind == WIRE_CUT) {
        append(p, rec.p, alteration.at);
    } else {
        size_t len = content_of(to, rec, content, &type);
        len = alter_content(content, len);
        put_back(to, is_sealed(to, rec), type, content, len, p);
    }
}

/* One turn: records one by one, so that the receiver's keys are there when they are wanted. */
static cv_err turn(struct side *from, struct side *to, struct pipe *p)
{
    struct cv_bytes out = cv_conn_output(from->conn), rec;
    size_t all = out.len;
    cv_err e = CV_OK;
    while (out.len > 0 && e == CV_OK) {
        size_t len = (size_t)CV_RECORD_HEADER_LEN + ((size_t)out.p[3] << 8 | out.p[4]);
        assert_int_equal(cv_read_bytes(&out, len, &rec), CV_OK);
        pass_on(to, rec, p);
        e = drain(to, p);
    }
    cv_conn_output_drop(from->conn, all - out.len);
    return e;
}

static cv_err run(void)
{
    struct cv_step step;
    assert_int_equal(pair_new(&pair), CV_OK);
    cv_err e = cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step);
    for (unsigned i = 0; i < 8 && e == CV_OK; i++) {
        e = turn(&pair.client, &pair.server, &to_server);
        if (e == CV_OK) e = turn(&pair.server, &pair.client, &to_client);
        if (cv_conn_output(pair.client.conn).len == 0 && cv_conn_output(pair.server.conn).len == 0) break;
    }
    return e;
}

/* --- what may come of it --- */

static struct tally {
    size_t n, noticed, harmless;
    size_t cut, waiting; /* for the end that was cut off; for more, as a length was made to say */
} tally;

static cv_err error_of(const struct side *s)
{
    return (cv_err)atomic_load(&s->conn->error);
}

static void check_same_view(const struct cv_conn *a, const struct cv_conn *b)
{
    bool tls12 = a->version == CV_TLS12;
    size_t n = a->suite->hash->digest_len;
    assert_int_equal(a->version, b->version);
    assert_ptr_equal(a->suite->hash, b->suite->hash);
    assert_int_equal(a->suite->id, b->suite->id);
    assert_ptr_equal(a->group, b->group);
    assert_int_equal(a->resumed, b->resumed);
    assert_true(cv_bytes_equal(cv_buf_bytes(&a->alpn), cv_buf_bytes(&b->alpn)));
    assert_memory_equal(a->tx.half.secret, b->rx.half.secret, n); /* zeros in TLS 1.2 */
    assert_memory_equal(a->rx.half.secret, b->tx.half.secret, n);
    assert_memory_equal(a->exporter_secret, b->exporter_secret, tls12 ? (size_t)CV_MASTER_LEN : n);
}

/* It has sent an alert, fails for good, and is silent. */
static void check_dead(struct side *s)
{
    uint8_t record[32] = {23, 3, 3, 0, 27};
    struct cv_conn_info info;
    struct cv_opened opened;
    struct cv_step step;
    size_t missing;
    cv_err e = error_of(s);
    cv_conn_info(s->conn, &info);
    assert_int_equal(info.alert_sent, info.version == CV_TLS12 ? cv_alert_for12(e) : cv_alert_for(e));
    if (info.alert_sent != CV_NO_ALERT) assert_int_not_equal(cv_conn_output(s->conn).len, 0);
    cv_conn_output_drop(s->conn, cv_conn_output(s->conn).len);
    assert_int_equal(cv_conn_step(s->conn, cv_bytes(record, sizeof record), &step), e);
    assert_int_equal(cv_conn_step(s->conn, cv_bytes(NULL, 0), &step), e);
    assert_int_equal(cv_conn_open(s->conn, record, sizeof record, &opened, &missing), e);
    assert_int_equal(cv_conn_output(s->conn).len, 0);
}

static void check_outcome(const struct seen *record, cv_err e)
{
    const struct alteration *a = &alteration;
    const struct cv_conn *c = pair.client.conn, *s = pair.server.conn;
    bool both = c->established && s->established && error_of(&pair.client) == CV_OK &&
                error_of(&pair.server) == CV_OK;
    /* legacy_record_version is to be ignored; change_cipher_spec means nothing, there or not; what follows
     * the handshake is no part of it */
    bool may_pass = record->established || (a->kind == WIRE_FLIP && !record->sealed && a->at == 2) ||
                    (a->kind == WIRE_CUT && a->at == 0 && record->type == CV_CONTENT_CCS);
    tally.n++;
    if (e != CV_OK) {
        bool server = error_of(&pair.server) != CV_OK;
        assert_true(server || error_of(&pair.client) != CV_OK);
        assert_int_not_equal(cv_alert_for(e), CV_ALERT_INTERNAL_ERROR);
        check_dead(server ? &pair.server : &pair.client);
        tally.noticed++;
    } else if (both) {
        if (!may_pass) fail_msg("kind %d, record %zu, at %zu: unnoticed", (int)a->kind, a->record, a->at);
        check_same_view(c, s);
        tally.harmless++;
    } else {
        /* bytes are missing, and they may still come */
        bool cut = a->kind == WIRE_CUT || a->kind == CUT; /* between messages, nothing shows it */
        size_t begun = to_client.len + to_server.len + c->rx.in.len + s->rx.in.len;
        if (begun == 0 && !cut) fail_msg("kind %d, record %zu, at %zu", (int)a->kind, a->record, a->at);
        ++*(cut ? &tally.cut : &tally.waiting);
    }
}

static void try(const struct scenario *s, enum kind kind, size_t record, size_t at, unsigned bit)
{
    alteration = (struct alteration){kind, record, at, bit};
    prepare(s);
    check_outcome(&seen[record], run());
    pair_free(&pair);
}

static void alter_record(const struct scenario *s, size_t record, bool all)
{
    const struct seen *r = &seen[record];
    for (int kind = WIRE_FLIP; kind < N_KINDS; kind++) {
        bool wire = kind == WIRE_FLIP || kind == WIRE_CUT;
        bool bits = kind == WIRE_FLIP || kind == FLIP;
        size_t len = wire ? r->wire_len : r->len;
        if (!wire && r->type != CV_CONTENT_HANDSHAKE) continue;
        size_t stride = all || len < 300 ? 1 : 13;
        if (wire && r->sealed && !all) stride *= 5; /* the tag answers for all of it */
        for (size_t at = 0; at < len; at += stride) {
            for (unsigned bit = 0; bit < (all && bits ? 8u : 1u); bit++)
                try(s, (enum kind)kind, record, at, all ? bit : (unsigned)(at * 5 + record) % 8);
            if (at < 12 && stride > 1) at = at + 1 - stride; /* headers whole */
        }
    }
}

static void alter_everything(const struct scenario *s)
{
    const char *how = getenv("CULVERT_TAMPER");
    bool all = how != NULL && strcmp(how, "all") == 0;
    alteration = (struct alteration){.kind = NOTHING};
    tally = (struct tally){0};
    n_seen = 0;
    prepare(s);
    assert_int_equal(run(), CV_OK);
    assert_int_equal(pair.client.conn->resumed, s->resume);
    assert_int_equal(pair.client.conn->retried, s->retry);
    check_same_view(pair.client.conn, pair.server.conn);
    pair_free(&pair);
    for (size_t i = 0; i < n_seen; i++) alter_record(s, i, all);
    print_message(
        "%s: %zu records, %zu alterations: %zu noticed, %zu cut off, %zu wait for more, %zu harmless\n",
        s->name, n_seen, tally.n, tally.noticed, tally.cut, tally.waiting, tally.harmless);
    assert_in_range(tally.waiting, 0, tally.n / 8);
    assert_in_range(tally.noticed, tally.n / 2, tally.n);
}

static void full(void **state)
{
    (void)state;
    alter_everything(&scenarios[0]);
}

static void client_authentication(void **state)
{
    (void)state;
    alter_everything(&scenarios[1]);
}

static void retried(void **state)
{
    (void)state;
    alter_everything(&scenarios[2]);
}

static void resumed(void **state)
{
    (void)state;
    alter_everything(&scenarios[3]);
}

static void resumed_after_a_retry(void **state)
{
    (void)state;
    alter_everything(&scenarios[4]);
}

static void with_validation(void **state)
{
    (void)state;
    alter_everything(&scenarios[5]);
}

static void tls12_as_the_other_choice(void **state)
{
    (void)state;
    alter_everything(&scenarios[6]);
}

static void tls12_full(void **state)
{
    (void)state;
    alter_everything(&scenarios[7]);
}

static void tls12_client_authentication(void **state)
{
    (void)state;
    alter_everything(&scenarios[8]);
}

static void tls12_resumed(void **state)
{
    (void)state;
    alter_everything(&scenarios[9]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full),
        cmocka_unit_test(client_authentication),
        cmocka_unit_test(retried),
        cmocka_unit_test(resumed),
        cmocka_unit_test(resumed_after_a_retry),
        cmocka_unit_test(with_validation),
        cmocka_unit_test(tls12_as_the_other_choice),
        cmocka_unit_test(tls12_full),
        cmocka_unit_test(tls12_client_authentication),
        cmocka_unit_test(tls12_resumed),
    };
    return cmocka_run_group_tests_name("tampering", tests, NULL, NULL);
}
