#include "test/unit/port_test.h"
#include "tls/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { HOUR = 3600, ROTATE = 12 * HOUR, ACCEPT = 7 * 24 * HOUR };

static const struct cv_aead *const aeads[] = {&cv_aes128_gcm, &cv_aes256_gcm, &cv_chacha20_poly1305};
static const struct cv_aead *const aead = &cv_chacha20_poly1305;

static struct cv_session fields(const struct test_port *t)
{
    struct cv_session s = {
        .version = CV_TLS13,
        .suite = CV_TLS_AES_256_GCM_SHA384,
        .group = 0x001d,
        .scheme = 0x0403,
        .hash = CV_HASH_SHA384,
        .secret_len = 48,
        .validated = CV_VALIDATED_NAME,
        .client_authenticated = true,
        .lifetime = ACCEPT,
        .age_add = 0x12345678,
        .max_early_data = 16384,
        .created = t->now,
        .authenticated = t->now,
        .chain_not_after = t->now + 365 * 24 * HOUR,
        .chain = cv_bytes((const uint8_t *)"\0\0\5chain", 8),
        .server_name = cv_bytes((const uint8_t *)"example.com", 11),
        .alpn = cv_bytes((const uint8_t *)"h2", 2),
    };
    memset(s.secret, 0x5a, s.secret_len);
    memset(s.policy, 0x70, sizeof s.policy);
    return s;
}

static struct cv_ticket_keys *keys(struct test_port *t, uint64_t seed)
{
    struct cv_ticket_keys *k;
    test_port_init(t, seed);
    assert_int_equal(cv_ticket_keys_new(&k, &t->port, aead, ROTATE, ACCEPT), CV_OK);
    return k;
}

static size_t seal(struct test_port *t, struct cv_ticket_keys *k, uint8_t ticket[CV_TICKET_MAX])
{
    struct cv_session s = fields(t);
    size_t len;
    assert_int_equal(cv_ticket_seal(k, ticket, CV_TICKET_MAX, &len, &s), CV_OK);
    return len;
}

/* Opens and drops the session again. */
static cv_err try_open(struct test_port *t, struct cv_ticket_keys *k, const uint8_t *ticket, size_t len)
{
    struct cv_session *s;
    cv_err e = cv_ticket_open(k, &s, cv_bytes(ticket, len));
    if (e == CV_OK) {
        cv_session_free(&t->port, s);
    } else {
        assert_null(s);
    }
    return e;
}

static void finish(struct test_port *t, struct cv_ticket_keys *k)
{
    cv_ticket_keys_free(k);
    test_port_check(t);
}

static bool contains(const uint8_t *p, size_t len, const void *what, size_t what_len)
{
    for (size_t i = 0; i + what_len <= len; i++) {
        if (memcmp(p + i, what, what_len) == 0) return true;
    }
    return false;
}

static void what_is_sealed_is_opened(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof aeads / sizeof aeads[0]; i++) {
        struct test_port t;
        struct cv_ticket_keys *k;
        uint8_t ticket[CV_TICKET_MAX];
        test_port_init(&t, 1);
        assert_int_equal(cv_ticket_keys_new(&k, &t.port, aeads[i], ROTATE, ACCEPT), CV_OK);
        struct cv_session f = fields(&t), *s;
        size_t len = seal(&t, k, ticket);
        assert_int_equal(cv_ticket_open(k, &s, cv_bytes(ticket, len)), CV_OK);
        assert_int_equal(s->version, f.version);
        assert_int_equal(s->suite, f.suite);
        assert_int_equal(s->group, f.group);
        assert_int_equal(s->scheme, f.scheme);
        assert_int_equal(s->hash, f.hash);
        assert_int_equal(s->secret_len, f.secret_len);
        assert_memory_equal(s->secret, f.secret, sizeof f.secret);
        assert_int_equal(s->validated, f.validated);
        assert_true(s->client_authenticated);
        assert_memory_equal(s->policy, f.policy, sizeof f.policy);
        assert_int_equal(s->lifetime, f.lifetime);
        assert_int_equal(s->age_add, f.age_add);
        assert_int_equal(s->max_early_data, f.max_early_data);
        assert_int_equal(s->created, f.created);
        assert_int_equal(s->authenticated, f.authenticated);
        assert_int_equal(s->chain_not_after, f.chain_not_after);
        assert_int_equal(s->ticket.len, 0);
        assert_true(cv_bytes_equal(s->chain, f.chain));
        assert_true(cv_bytes_equal(s->server_name, f.server_name));
        assert_true(cv_bytes_equal(s->alpn, f.alpn));
        cv_session_free(&t.port, s);
        assert_false(contains(ticket, len, f.secret, 4));
        assert_false(contains(ticket, len, "example", 7));
        finish(&t, k);
    }
}

static void no_two_tickets_are_alike(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k = keys(&t, 1);
    uint8_t a[CV_TICKET_MAX], b[CV_TICKET_MAX];
    size_t len = seal(&t, k, a);
    assert_int_equal(seal(&t, k, b), len);
    assert_memory_equal(a, b, 16);               /* the key's name */
    assert_memory_not_equal(a + 16, b + 16, 12); /* the nonce */
    assert_memory_not_equal(a + 28, b + 28, len - 28);
    finish(&t, k);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k = keys(&t, 1);
    uint8_t ticket[CV_TICKET_MAX];
    size_t len = seal(&t, k, ticket);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        ticket[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(try_open(&t, k, ticket, len), CV_E_BAD_PSK);
        ticket[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(try_open(&t, k, ticket, len), CV_OK);
    finish(&t, k);
}

static void every_other_length_is_refused(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k = keys(&t, 1);
    uint8_t ticket[CV_TICKET_MAX + 1] = {0};
    size_t len = seal(&t, k, ticket);
    for (size_t n = 0; n < len; n++) assert_int_equal(try_open(&t, k, ticket, n), CV_E_BAD_PSK);
    assert_int_equal(try_open(&t, k, ticket, len + 1), CV_E_BAD_PSK);
    assert_int_equal(try_open(&t, k, ticket, CV_TICKET_MAX), CV_E_BAD_PSK);
    assert_int_equal(try_open(&t, k, ticket, CV_TICKET_MAX + 1), CV_E_BAD_PSK);
    assert_int_equal(try_open(&t, k, NULL, 0), CV_E_BAD_PSK);
    finish(&t, k);
}

static void keys_differ_between_instances(void **state)
{
    (void)state;
    struct test_port t, u;
    struct cv_ticket_keys *a = keys(&t, 1), *b = keys(&u, 2);
    uint8_t ticket[CV_TICKET_MAX], other[CV_TICKET_MAX];
    size_t len = seal(&t, a, ticket);
    (void)seal(&u, b, other);
    assert_memory_not_equal(ticket, other, 16);
    assert_int_equal(try_open(&u, b, ticket, len), CV_E_BAD_PSK);
    memcpy(ticket, other, 16); /* under a name that b knows */
    assert_int_equal(try_open(&u, b, ticket, len), CV_E_BAD_PSK);
    finish(&t, a);
    finish(&u, b);
}

static void old_keys_open_while_their_tickets_live(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k = keys(&t, 1);
    uint8_t first[CV_TICKET_MAX], ticket[CV_TICKET_MAX];
    size_t first_len = seal(&t, k, first);
    unsigned n_names = 1;
    uint8_t name[16];
    memcpy(name, first, sizeof name);
    for (unsigned h = 1; h < ACCEPT / HOUR; h++) {
        test_port_advance(&t, HOUR);
        (void)seal(&t, k, ticket);
        if (memcmp(name, ticket, sizeof name) != 0) n_names++;
        memcpy(name, ticket, sizeof name);
        assert_int_equal(try_open(&t, k, first, first_len), CV_OK);
    }
    assert_int_equal(n_names, 13); /* every 13 hours: the first seal past the 12 */
    test_port_advance(&t, HOUR);
    assert_int_equal(try_open(&t, k, first, first_len), CV_E_BAD_PSK);
    finish(&t, k);
}

static void the_last_ticket_of_a_key_lives_as_long(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k = keys(&t, 1);
    uint8_t first[CV_TICKET_MAX], last[CV_TICKET_MAX], next[CV_TICKET_MAX];
    (void)seal(&t, k, first);
    test_port_advance(&t, ROTATE - 1);
    size_t len = seal(&t, k, last);
    assert_memory_equal(first, last, 16);
    test_port_advance(&t, 2 * HOUR);
    (void)seal(&t, k, next);
    assert_memory_not_equal(last, next, 16);
    test_port_advance(&t, ACCEPT - 2 * HOUR - 1);
    assert_int_equal(try_open(&t, k, last, len), CV_OK);
    test_port_advance(&t, 1);
    assert_int_equal(try_open(&t, k, last, len), CV_E_BAD_PSK);
    finish(&t, k);
}

static void rotation_cannot_outrun_the_ring(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k;
    uint8_t first[CV_TICKET_MAX], ticket[CV_TICKET_MAX];
    test_port_init(&t, 1);
    assert_int_equal(cv_ticket_keys_new(&k, &t.port, aead, 1, 1000), CV_OK);
    size_t len = seal(&t, k, first);
    for (unsigned i = 0; i < 999; i++) {
        test_port_advance(&t, 1);
        (void)seal(&t, k, ticket);
        assert_int_equal(try_open(&t, k, first, len), CV_OK);
    }
    assert_memory_not_equal(first, ticket, 16);
    test_port_advance(&t, 1);
    assert_int_equal(try_open(&t, k, first, len), CV_E_BAD_PSK);
    finish(&t, k);
}

static void a_session_expires_before_its_key(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k = keys(&t, 1);
    uint8_t ticket[CV_TICKET_MAX];
    size_t len;
    struct cv_session s = fields(&t);
    s.lifetime = 60;
    assert_int_equal(cv_ticket_seal(k, ticket, sizeof ticket, &len, &s), CV_OK);
    assert_int_equal(try_open(&t, k, ticket, len), CV_OK);
    test_port_advance(&t, 60);
    assert_int_equal(try_open(&t, k, ticket, len), CV_E_BAD_PSK);

    s = fields(&t);
    s.chain_not_after = t.now + 10;
    assert_int_equal(cv_ticket_seal(k, ticket, sizeof ticket, &len, &s), CV_OK);
    test_port_advance(&t, 11);
    assert_int_equal(try_open(&t, k, ticket, len), CV_E_BAD_PSK);
    finish(&t, k);
}

static cv_err yields_zeros(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return CV_OK;
}

static cv_err yields_ones(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 1, len);
    return CV_OK;
}

/* A genuine ticket, moved under a name and key of zeros. */
static size_t ticket_under_zeros(uint8_t ticket[CV_TICKET_MAX])
{
    struct test_port t;
    struct cv_ticket_keys *k = keys(&t, 1);
    _Alignas(16) uint8_t state[CV_AEAD_STATE_MAX];
    uint8_t ones[32], zero[32] = {0}, nonce[12];
    t.port.rng.fill = yields_ones;
    size_t len = seal(&t, k, ticket), body_len = len - 28 - 16;
    memset(ones, 1, sizeof ones);
    memset(nonce, 1, sizeof nonce);
    aead->init(aead, state, ones);
    assert_int_equal(aead->open(aead, state, nonce, cv_bytes(ones, 16), ticket + 28, ticket + 28, body_len,
                                ticket + len - 16),
                     CV_OK);
    memset(ticket, 0, 16);
    aead->init(aead, state, zero);
    aead->seal(aead, state, nonce, cv_bytes(zero, 16), ticket + 28, body_len, NULL, 0, ticket + len - 16);
    finish(&t, k);
    return len;
}

/* GnuTLS CVE-2020-13777 sealed under a key of zeros. */
static void attack_08_no_ticket_under_a_zero_key(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k = keys(&t, 1);
    uint8_t ticket[CV_TICKET_MAX];
    size_t len;
    struct cv_session s = fields(&t);
    t.port.rng.fill = yields_zeros;
    assert_int_equal(cv_ticket_seal(k, ticket, sizeof ticket, &len, &s), CV_E_RNG);
    assert_int_equal(len, 0);
    /* Nor does one open: the empty places of the ring are no keys. */
    len = ticket_under_zeros(ticket);
    assert_int_equal(try_open(&t, k, ticket, len), CV_E_BAD_PSK);
    finish(&t, k);
}

static void a_failing_source_fails_closed(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k = keys(&t, 1);
    uint8_t ticket[CV_TICKET_MAX];
    size_t len;
    struct cv_session s = fields(&t);
    for (uint64_t n = 1; n < 16 + 32 + 12; n++) {
        t.n_random = 0;
        t.rng_fails_after = n;
        assert_int_equal(cv_ticket_seal(k, ticket, sizeof ticket, &len, &s), CV_E_RNG);
        assert_int_equal(len, 0);
        cv_ticket_keys_free(k);
        k = keys(&t, 1);
    }
    len = seal(&t, k, ticket);
    t.rng_fails = true;
    assert_int_equal(try_open(&t, k, ticket, len), CV_OK); /* opening asks for nothing random */
    test_port_advance(&t, ROTATE + HOUR);
    assert_int_equal(cv_ticket_seal(k, ticket, sizeof ticket, &len, &s), CV_E_RNG);
    finish(&t, k);
}

static void a_short_buffer_gets_nothing(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k = keys(&t, 1);
    uint8_t ticket[CV_TICKET_MAX], full[CV_TICKET_MAX], zero[CV_TICKET_MAX] = {0};
    size_t len, full_len = seal(&t, k, full);
    struct cv_session s = fields(&t);
    for (size_t cap = 0; cap < full_len; cap++) {
        memset(ticket, 0, sizeof ticket);
        assert_int_equal(cv_ticket_seal(k, ticket, cap, &len, &s), CV_E_BUFFER_TOO_SMALL);
        assert_int_equal(len, 0);
        assert_memory_equal(ticket, zero, sizeof zero); /* the secret does not stay behind */
    }
    assert_int_equal(cv_ticket_seal(k, ticket, full_len, &len, &s), CV_OK);
    assert_int_equal(len, full_len);

    static const uint8_t chain[CV_TICKET_MAX];
    static uint8_t large[2 * CV_TICKET_MAX];
    s.chain = cv_bytes(chain, sizeof chain);
    assert_int_equal(cv_ticket_seal(k, large, sizeof large, &len, &s), CV_E_BUFFER_TOO_SMALL);
    finish(&t, k);
}

static void unsuitable_arguments(void **state)
{
    (void)state;
    struct test_port t;
    struct cv_ticket_keys *k;
    test_port_init(&t, 1);
    assert_int_equal(cv_ticket_keys_new(&k, &t.port, &cv_aes128_ccm_8, ROTATE, ACCEPT),
                     CV_E_INVALID_ARGUMENT);
    assert_int_equal(cv_ticket_keys_new(&k, &t.port, aead, ROTATE, 0), CV_E_INVALID_ARGUMENT);
    cv_ticket_keys_free(NULL);

    uint8_t ticket[CV_TICKET_MAX];
    size_t len;
    k = keys(&t, 1);
    struct cv_session s = fields(&t);
    s.secret_len = 0;
    assert_int_equal(cv_ticket_seal(k, ticket, sizeof ticket, &len, &s), CV_E_INVALID_ARGUMENT);
    finish(&t, k);
}

static cv_err use_tickets(struct test_port *t)
{
    struct cv_ticket_keys *k;
    struct cv_session s = fields(t), *back = NULL;
    uint8_t ticket[CV_TICKET_MAX];
    size_t len;
    cv_err e;
    if ((e = cv_ticket_keys_new(&k, &t->port, aead, ROTATE, ACCEPT)) != CV_OK) return e;
    if ((e = cv_ticket_seal(k, ticket, sizeof ticket, &len, &s)) == CV_OK) {
        e = cv_ticket_open(k, &back, cv_bytes(ticket, len));
    }
    cv_session_free(&t->port, back);
    cv_ticket_keys_free(k);
    return e;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct test_port t;
    test_port_init(&t, 1);
    size_t n = 0;
    cv_err e;
    do {
        test_port_fail_at(&t, ++n);
        e = use_tickets(&t);
        test_port_check(&t);
        assert_true(e == CV_OK || e == CV_E_NO_MEMORY);
    } while (e != CV_OK);
    assert_int_equal(n, 5); /* keys, lock, plaintext, session; then none */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_is_opened),
        cmocka_unit_test(no_two_tickets_are_alike),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(every_other_length_is_refused),
        cmocka_unit_test(keys_differ_between_instances),
        cmocka_unit_test(old_keys_open_while_their_tickets_live),
        cmocka_unit_test(the_last_ticket_of_a_key_lives_as_long),
        cmocka_unit_test(rotation_cannot_outrun_the_ring),
        cmocka_unit_test(a_session_expires_before_its_key),
        cmocka_unit_test(attack_08_no_ticket_under_a_zero_key),
        cmocka_unit_test(a_failing_source_fails_closed),
        cmocka_unit_test(a_short_buffer_gets_nothing),
        cmocka_unit_test(unsuitable_arguments),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("ticket", tests, NULL, NULL);
}
