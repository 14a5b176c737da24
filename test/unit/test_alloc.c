/* Memory and entropy that run out at every point of TLS 1.3: the engine says so, establishes nothing that is
 * wrong, and gives back what it has. */
#include "tls/alert.h"
#include "tls/state.h"
#include "tls_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

struct scenario {
    const char *name;
    bool retry, hybrid, resume, client_auth, suspend, late_auth, update;
    const char *kind;
};

static const struct scenario scenarios[] = {
    {.name = "full", .kind = "p256"},
    {.name = "RSA", .kind = "rsa", .client_auth = true},
    {.name = "Ed25519", .kind = "ed25519", .client_auth = true},
    {.name = "hybrid", .kind = "p256", .hybrid = true},
    {.name = "hybrid, retried", .kind = "p256", .hybrid = true, .retry = true},
    {.name = "retried", .kind = "p256", .retry = true},
    {.name = "client authentication", .kind = "p384", .client_auth = true},
    {.name = "credential asked for", .kind = "p256", .client_auth = true, .suspend = true},
    {.name = "resumed", .kind = "p256", .resume = true, .client_auth = true},
    {.name = "resumed after a retry", .kind = "p256", .resume = true, .retry = true},
    {.name = "post-handshake authentication", .kind = "p256", .late_auth = true},
    {.name = "key updates", .kind = "p256", .update = true},
};
enum { N_SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

static struct pair pair;

static const struct cv_group *const hybrids[] = {&cv_group_x25519mlkem768, &cv_group_p256mlkem768};

static void prepare(const struct scenario *s)
{
    pair_init(&pair, s->kind);
    if (s->client_auth || s->late_auth) pair_client_identity(&pair, s->kind);
    if (s->suspend) pair.client.config.n_identities = 0; /* it is given when asked for */
    pair.client.params.want_credential = s->suspend;
    pair.client.params.alpn = cv_bytes((const uint8_t *)"\x02h3\x08http/1.1", 12);
    pair.server.params.alpn = cv_bytes((const uint8_t *)"\x08http/1.1", 9);
    if (s->client_auth) pair.server.params.client_auth = CV_AUTH_REQUIRE;
    if (s->resume) {
        assert_int_equal(pair_connect(&pair), CV_OK);
        pair_close(&pair);
    }
    if (s->hybrid) {
        pair.client.config.groups = pair.server.config.groups = hybrids;
        pair.client.config.n_groups = pair.server.config.n_groups = 2;
    }
    if (s->retry) {
        pair.server.config.groups += 1;
        pair.server.config.n_groups = 1;
    }
}

/* Data of one byte; KeyUpdate records in front of it are dealt with. */
static cv_err send_byte(struct side *from, struct side *to)
{
    uint8_t wire[128] = {0};
    size_t trailer_len = 100, missing, at = 0;
    struct cv_opened opened = {.kind = CV_OPENED_NOTHING};
    cv_err e = cv_conn_seal(from->conn, wire, wire + 5, 1, wire + 6, &trailer_len);
    while (e == CV_OK && opened.kind != CV_OPENED_DATA && at < 6 + trailer_len) {
        e = cv_conn_open(to->conn, wire + at, 6 + trailer_len - at, &opened, &missing);
        at += opened.rec_len;
    }
    return e;
}

static cv_err late_authentication(void)
{
    struct cv_step step;
    cv_err e = cv_conn_request_auth(pair.server.conn, CV_AUTH_REQUIRE);
    if (e == CV_OK) e = pair_move(&pair.server, &pair.client);
    if (e == CV_OK) e = cv_conn_step(pair.client.conn, cv_bytes(NULL, 0), &step);
    if (e == CV_OK) e = pair_move(&pair.client, &pair.server);
    return e;
}

/* The scenario; its first error. */
static cv_err run(const struct scenario *s)
{
    cv_err e = pair_connect(&pair);
    if (s->suspend && e == CV_WANT_CREDENTIAL) {
        cv_conn_set_credential(pair.client.conn, &pair.client.own.identity);
        e = pair_run(&pair);
    }
    if (e == CV_OK && s->late_auth) e = late_authentication();
    for (unsigned i = 0; e == CV_OK && s->update && i < 3; i++) {
        e = cv_conn_update_keys(pair.client.conn, true);
        if (e == CV_OK) e = send_byte(&pair.client, &pair.server);
        if (e == CV_OK) e = send_byte(&pair.server, &pair.client);
    }
    return e;
}

static bool same_secrets(const struct cv_conn *a, const struct cv_conn *b)
{
    size_t n = a->suite->hash->digest_len;
    return memcmp(a->tx.half.secret, b->rx.half.secret, n) == 0 &&
           memcmp(a->rx.half.secret, b->tx.half.secret, n) == 0 &&
           memcmp(a->exporter_secret, b->exporter_secret, n) == 0;
}

/* The one that failed says so for good, and no key is one of zeros. */
static void check_failed(const struct side *side, cv_err want)
{
    static const uint8_t zeros[CV_SECRET_MAX];
    struct cv_conn *c = side->conn;
    struct cv_step step;
    if (c == NULL) return;
    cv_err e = (cv_err)atomic_load(&c->error);
    if (e != CV_OK) {
        assert_true(e == want || e == CV_E_PEER_ALERT);
        assert_int_equal(cv_conn_step(c, cv_bytes(NULL, 0), &step), e);
        assert_int_equal(cv_conn_step(c, cv_bytes((const uint8_t *)"\x16\3\3\0\1\0", 6), &step), e);
        assert_int_equal(step.consumed, 0);
    }
    if (c->tx.half.suite != NULL) assert_memory_not_equal(c->tx.half.secret, zeros, 32);
    if (c->rx.half.suite != NULL) assert_memory_not_equal(c->rx.half.secret, zeros, 32);
}

static void check_no_success(const struct scenario *s, cv_err e, cv_err want, size_t n)
{
    const struct cv_conn *c = pair.client.conn, *v = pair.server.conn;
    if (e != want && e != CV_E_PEER_ALERT) fail_msg("%s, %zu: %s", s->name, n, cv_err_name(e));
    check_failed(&pair.client, want);
    check_failed(&pair.server, want);
    if (c != NULL && v != NULL && c->established && v->established && !s->update)
        assert_true(same_secrets(c, v));
}

/* Sessions that could not be kept are lost in silence: the cache is allowed to forget. */
static bool may_pass(const struct side *side)
{
    return side->params.role == CV_CLIENT;
}

static void fail_each_allocation(const struct scenario *s, bool on_server, size_t *n_failed, size_t *n_passed)
{
    struct side *side = on_server ? &pair.server : &pair.client;
    for (size_t n = 1;; n++) {
        prepare(s);
        test_port_fail_at(&side->port, n);
        size_t fail_at = side->port.fail_at;
        cv_err e = run(s);
        bool reached = side->port.n_allocs >= fail_at;
        test_port_fail_at(&side->port, 0);
        if (!reached) {
            assert_int_equal(e, CV_OK);
            assert_true(same_secrets(pair.client.conn, pair.server.conn));
            pair_free(&pair);
            return;
        }
        if (e == CV_OK) {
            assert_true(may_pass(side));
            assert_true(same_secrets(pair.client.conn, pair.server.conn));
            ++*n_passed;
        } else {
            check_no_success(s, e, CV_E_NO_MEMORY, n);
            ++*n_failed;
        }
        pair_free(&pair); /* nothing is left */
    }
}

/* Mbed TLS CVE-2025-27810. */
static void attack_41_every_allocation_fails(void **state)
{
    (void)state;
    size_t n_failed = 0, n_passed = 0;
    for (size_t i = 0; i < N_SCENARIOS; i++) {
        fail_each_allocation(&scenarios[i], false, &n_failed, &n_passed);
        fail_each_allocation(&scenarios[i], true, &n_failed, &n_passed);
    }
    print_message("%zu allocations failed, %zu more without harm\n", n_failed, n_passed);
    assert_in_range(n_failed, 300, 10000);
    assert_in_range(n_passed, 0, 2 * N_SCENARIOS); /* two tickets */
}

/* And where none succeeds any more from some point on: not even the alert. */
static void attack_41_no_memory_from_here_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * N_SCENARIOS; i++) {
        struct side *side = i % 2 ? &pair.server : &pair.client;
        const struct scenario *s = &scenarios[i / 2];
        for (size_t n = 1;; n++) {
            prepare(s);
            test_port_fail_at(&side->port, n);
            side->port.fail_from = true;
            size_t fail_at = side->port.fail_at;
            cv_err e = run(s);
            bool reached = side->port.n_allocs >= fail_at;
            test_port_fail_at(&side->port, 0);
            if (reached && (e != CV_OK || !may_pass(side))) check_no_success(s, e, CV_E_NO_MEMORY, n);
            pair_free(&pair);
            if (!reached) break;
        }
    }
}

/* What the application asks for may fail and be asked for again. */
static void attack_41_requests_can_be_repeated(void **state)
{
    (void)state;
    for (size_t n = 1; n < 50; n++) {
        prepare(&scenarios[8]);
        assert_int_equal(pair_connect(&pair), CV_OK);
        test_port_fail_at(&pair.server.port, n);
        cv_err e = cv_conn_request_auth(pair.server.conn, CV_AUTH_REQUIRE);
        test_port_fail_at(&pair.server.port, 0);
        if (e != CV_OK) {
            assert_int_equal(e, CV_E_NO_MEMORY);
            pair_send(&pair.client, &pair.server, "still alive");
            pair_send(&pair.server, &pair.client, "still alive");
            assert_int_equal(late_authentication(), CV_OK);
            struct cv_conn_info info;
            cv_conn_info(pair.server.conn, &info);
            assert_int_not_equal(info.peer_chain.len, 0);
        } else {
            assert_in_range(n, 3, 49);
            n = 50;
        }
        pair_free(&pair);
    }
    prepare(&scenarios[0]);
    assert_int_equal(pair_connect(&pair), CV_OK);
    test_port_fail_at(&pair.client.port, 1);
    assert_int_equal(cv_conn_close(pair.client.conn), CV_E_NO_MEMORY);
    test_port_fail_at(&pair.client.port, 0);
    assert_int_equal(cv_conn_close(pair.client.conn), CV_OK);
    assert_int_equal(pair_move(&pair.client, &pair.server), CV_OK);
    pair_free(&pair);
}

/* Data needs no memory: neither side asks for any. */
static void data_needs_no_memory(void **state)
{
    (void)state;
    prepare(&scenarios[0]);
    assert_int_equal(pair_connect(&pair), CV_OK);
    size_t n = pair.client.port.n_allocs + pair.server.port.n_allocs;
    for (unsigned i = 0; i < 10; i++) {
        pair_send(&pair.client, &pair.server, "to the server");
        pair_send(&pair.server, &pair.client, "to the client");
    }
    assert_int_equal(pair.client.port.n_allocs + pair.server.port.n_allocs, n);
    pair_free(&pair);
}

/* A source of random bytes that fails at its n-th request. */
struct failing {
    struct cv_rng inner;
    size_t n, fail_at;
};

static cv_err fill_or_fail(void *ctx, uint8_t *out, size_t len)
{
    struct failing *f = ctx;
    if (++f->n != f->fail_at) return f->inner.fill(f->inner.ctx, out, len);
    memset(out, 0, len);
    return CV_E_RNG;
}

static void attack_42_every_request_for_random_bytes_fails(void **state)
{
    (void)state;
    size_t n_failed = 0;
    for (size_t i = 0; i < 2 * N_SCENARIOS; i++) {
        struct side *side = i % 2 ? &pair.server : &pair.client;
        const struct scenario *s = &scenarios[i / 2];
        for (size_t n = 1;; n++) {
            prepare(s);
            struct failing f = {.inner = side->port.port.rng, .fail_at = n};
            side->port.port.rng = (struct cv_rng){fill_or_fail, &f};
            cv_err e = run(s);
            bool reached = f.n >= n;
            if (reached)
                check_no_success(s, e, CV_E_RNG, n);
            else
                assert_int_equal(e, CV_OK);
            pair_free(&pair);
            if (!reached) break;
            n_failed++;
        }
    }
    print_message("%zu requests failed\n", n_failed);
    assert_in_range(n_failed, 80, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_41_every_allocation_fails),
        cmocka_unit_test(attack_41_no_memory_from_here_on),
        cmocka_unit_test(attack_41_requests_can_be_repeated),
        cmocka_unit_test(data_needs_no_memory),
        cmocka_unit_test(attack_42_every_request_for_random_bytes_fails),
    };
    return cmocka_run_group_tests_name("want of memory and entropy", tests, NULL, NULL);
}
