/* Every message of a handshake, cut, flipped, filled and stretched, also those that travel encrypted: each
 * record is opened with the receiver's keys, altered, and sealed again before it is delivered. Whatever was
 * altered, not both sides may end up established; who fails says why, tells its peer, and stays dead. */
#include "tls/state.h"
#include "tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum change { FLIP, CUT, FILL, INSERT, DROP, N_CHANGES };

/* Which record of the handshake is altered (counted over both directions), where, and how. */
struct plan {
    enum change change;
    unsigned record;
    size_t at;
    uint8_t bits;
};

static uint8_t wire[CV_RECORD_MAX + 64];

/* Alters the content of a record in place; returns its new length. Bytes come from the plan, not from chance.
 */
static size_t alter(const struct plan *p, uint8_t *content, size_t len)
{
    switch (p->change) {
    case FLIP:
        content[p->at] ^= p->bits;
        return len;
    case CUT:
        return p->at;
    case FILL:
        for (size_t i = p->at; i < len; i++)
            content[i] = (uint8_t)(content[i] ^ p->bits ^ (uint8_t)(i * 37 + 1));
        return len;
    case INSERT:
        memmove(content + p->at + 1, content + p->at, len - p->at);
        content[p->at] = p->bits;
        return len + 1;
    default: /* DROP */
        memmove(content + p->at, content + p->at + 1, len - p->at - 1);
        return len - 1;
    }
}

/* Takes the record apart with the receiver's keys, alters it and puts it together again; returns its length.
 */
static size_t forge(const struct plan *p, const struct side *to, struct cv_bytes rec)
{
    struct cv_half half = to->conn->rx.half;
    uint8_t type = rec.p[0];
    size_t len, prefix_len = CV_RECORD_HEADER_LEN;
    if (half.suite == NULL || type == CV_CONTENT_CCS) {
        len = rec.len - prefix_len;
        memcpy(wire, rec.p, rec.len);
        len = alter(p, wire + prefix_len, len);
        cv_record_header(wire, type, CV_TLS12, len);
        return prefix_len + len;
    }
    uint64_t seq = half.seq;
    prefix_len = cv_record_prefix_len(&half);
    assert_int_equal(cv_record_open(&half, wire + prefix_len, rec, &type, &len), CV_OK);
    half.seq = seq;
    len = alter(p, wire + prefix_len, len);
    size_t inner_len = cv_record_inner_len(&half);
    if (inner_len != 0) wire[prefix_len + len] = type;
    uint8_t *tag = wire + prefix_len + len + inner_len;
    assert_int_equal(cv_record_seal(&half, type, wire, wire + prefix_len, len + inner_len, NULL, 0, tag),
                     CV_OK);
    return prefix_len + len + inner_len + half.suite->aead->tag_len;
}

/* The length of the content of a record, as the receiver would see it. */
static size_t content_len(const struct side *to, struct cv_bytes rec)
{
    struct cv_half half = to->conn->rx.half;
    uint8_t type = rec.p[0];
    size_t len;
    if (half.suite == NULL || type == CV_CONTENT_CCS) return rec.len - CV_RECORD_HEADER_LEN;
    assert_int_equal(cv_record_open(&half, wire, rec, &type, &len), CV_OK);
    return len;
}

/* Lengths of the contents of the records of an unaltered handshake. */
struct shape {
    size_t len[64];
    unsigned n;
};

struct run {
    const struct plan *plan;
    struct shape *shape; /* NULL: not asked for */
    unsigned n_records;
};

/* Delivers what `from` has to say, record by record. */
static cv_err deliver(struct run *r, struct side *from, struct side *to)
{
    struct cv_bytes out = cv_conn_output(from->conn), rest = out, rec;
    cv_err e = CV_OK;
    while (rest.len > 0 && e == CV_OK) {
        struct cv_record head;
        struct cv_step step;
        size_t missing;
        bool over = to->conn->established; /* tickets may be what they will */
        assert_int_equal(cv_record_peek(&to->conn->rx.half, &head, rest, &missing), CV_OK);
        assert_int_equal(cv_read_bytes(&rest, head.len, &rec), CV_OK);
        if (r->shape != NULL && !over) r->shape->len[r->shape->n++] = content_len(to, rec);
        struct cv_bytes in = rec;
        if (r->plan != NULL && !over && r->n_records == r->plan->record)
            in = cv_bytes(wire, forge(r->plan, to, rec));
        r->n_records += !over;
        e = cv_conn_step(to->conn, in, &step);
    }
    cv_conn_output_drop(from->conn, out.len);
    return e;
}

static void handshake(struct run *r, struct pair *p)
{
    struct cv_step step;
    assert_int_equal(pair_new(p), CV_OK);
    assert_int_equal(cv_conn_step(p->client.conn, cv_bytes(NULL, 0), &step), CV_OK);
    for (unsigned i = 0; i < 6; i++) {
        (void)!deliver(r, &p->client, &p->server);
        (void)!deliver(r, &p->server, &p->client);
    }
}

/* A side that failed has said so, and fails in the same way for ever. */
static unsigned check_failure(struct side *s)
{
    struct cv_conn_info info;
    struct cv_step step;
    cv_conn_info(s->conn, &info);
    if (info.error == CV_OK) return 0;
    assert_true(info.alert_sent >= 0 || info.alert_received >= 0);
    static const uint8_t more[5] = {22, 3, 3, 0, 1};
    assert_int_equal(cv_conn_step(s->conn, cv_bytes(more, sizeof more), &step), info.error);
    assert_int_equal(step.consumed, 0);
    return 1;
}

/* True if nobody failed: a length grew, and its message is waited for. */
static bool waits(struct pair *p, const struct plan *plan)
{
    struct run r = {.plan = plan};
    handshake(&r, p);
    if (p->client.conn->established && p->server.conn->established)
        fail_msg("change %d of record %u at %zu with %02x went unnoticed", (int)plan->change, plan->record,
                 plan->at, plan->bits);
    bool failed = check_failure(&p->client) + check_failure(&p->server) > 0;
    pair_close(p);
    return !failed;
}

/* Alters every record at every stride-th byte. */
static void tamper(struct pair *p, size_t stride)
{
    struct shape shape = {.n = 0};
    struct run r = {.shape = &shape};
    unsigned n = 0, n_waits = 0;
    handshake(&r, p);
    assert_true(p->client.conn->established && p->server.conn->established);
    pair_close(p);
    if (getenv("TAMPER_ALL") != NULL) stride = 1;
    for (unsigned record = 0; record < shape.n; record++) {
        for (size_t at = 0; at < shape.len[record]; at += shape.len[record] < 64 ? 1 : stride) {
            for (unsigned change = 0; change < N_CHANGES; change++) {
                unsigned n_bits = change == FLIP && stride == 1 ? 8 : 1;
                for (unsigned bit = 0; bit < n_bits; bit++, n++) {
                    unsigned which = n_bits == 8 ? bit : (unsigned)(at + record) % 8;
                    n_waits +=
                        waits(p, &(struct plan){(enum change)change, record, at, (uint8_t)(1u << which)});
                }
            }
        }
    }
    print_message("%u altered handshakes, %u records; after %u one side waits for more\n", n, shape.n,
                  n_waits);
    assert_true(n_waits < n / 4);
}

static void plain_handshake(void **state)
{
    (void)state;
    static struct pair p;
    pair_init(&p, "p256");
    p.client.params.resume = p.server.params.resume = false;
    tamper(&p, 3);
    pair_free(&p);
}

static void retry_and_client_certificate(void **state)
{
    (void)state;
    static struct pair p;
    pair_init(&p, "p256");
    pair_client_identity(&p, "ed25519");
    p.client.params.resume = p.server.params.resume = false;
    p.server.params.client_auth = CV_AUTH_REQUIRE;
    p.server.config.groups += 1;
    p.server.config.n_groups = 1;
    tamper(&p, 23);
    pair_free(&p);
}

static void tls12_with_client_certificate(void **state)
{
    (void)state;
    static struct pair p;
    pair_init(&p, "p256");
    pair_client_identity(&p, "ed25519");
    p.client.config.min_version = p.client.config.max_version = CV_TLS12;
    p.server.config.min_version = p.server.config.max_version = CV_TLS12;
    p.client.params.resume = p.server.params.resume = false;
    p.server.params.client_auth = CV_AUTH_REQUIRE;
    tamper(&p, 17);
    pair_free(&p);
}

/* Resumed: the session is put back before each attempt, since it is offered once. */
static void resumption(void **state)
{
    (void)state;
    static struct pair p;
    unsigned n = 0;
    for (size_t at = 0; at < 700; at += 11) {
        for (unsigned record = 0; record < 4; record++) {
            struct plan plan = {FLIP, record, at, (uint8_t)(1u << at % 8)};
            struct run r = {.plan = &plan};
            pair_init(&p, "p256");
            assert_int_equal(pair_connect(&p), CV_OK);
            pair_close(&p);
            struct shape shape = {.n = 0};
            struct run measure = {.shape = &shape};
            handshake(&measure, &p);
            assert_true(p.client.conn->resumed);
            pair_close(&p);
            if (record < shape.n && at < shape.len[record]) {
                handshake(&r, &p);
                assert_false(p.client.conn->established && p.server.conn->established);
                n++;
            }
            pair_free(&p);
        }
    }
    print_message("%u altered handshakes\n", n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_handshake),
        cmocka_unit_test(retry_and_client_certificate),
        cmocka_unit_test(tls12_with_client_certificate),
        cmocka_unit_test(resumption),
    };
    return cmocka_run_group_tests_name("tampering", tests, NULL, NULL);
}
