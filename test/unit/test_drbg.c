#include "crypto/rng.h"
#include "crypto/chacha20.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* An entropy source that plays 0, 1, 2, … and can be told to fail. */
struct tape {
    uint8_t next;
    bool fails;
    unsigned n_reads;
    uint64_t epoch;
};

static cv_err tape_fill(void *ctx, uint8_t *out, size_t len)
{
    struct tape *t = ctx;
    t->n_reads++;
    if (t->fails) {
        memset(out, 0, len);
        return CV_E_RNG;
    }
    for (size_t i = 0; i < len; i++) out[i] = t->next++;
    return CV_OK;
}

static uint64_t tape_epoch(void *ctx)
{
    const struct tape *t = ctx;
    return t->epoch;
}

static void start(struct cv_drbg *d, struct tape *t)
{
    *t = (struct tape){0};
    cv_drbg_init(d, (struct cv_rng){tape_fill, t}, tape_epoch);
}

static void take(struct cv_drbg *d, uint8_t *out, size_t len)
{
    assert_int_equal(cv_drbg_fill(d, out, len), CV_OK);
}

static bool all_zero(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != 0) return false;
    return true;
}

/* RFC 8439 section 2.4.2, whole, in place, and cut anywhere at a block. */
static void chacha20_of_the_rfc(void **state)
{
    (void)state;
    static const char message[] = "Ladies and Gentlemen of the class of '99: If I could offer you only one "
                                  "tip for the future, sunscreen would be it.";
    uint8_t key[32], nonce[12], want[114], got[114];
    for (size_t i = 0; i < sizeof key; i++) key[i] = (uint8_t)i;
    unhex(nonce, sizeof nonce, "000000000000004a00000000");
    unhex(want, sizeof want,
          "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b"
          "f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8"
          "07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
          "5af90bbf74a35be6b40b8eedf2785e42874d");
    cv_chacha20_xor(got, (const uint8_t *)message, sizeof got, key, nonce, 1);
    assert_memory_equal(got, want, sizeof want);

    memcpy(got, message, sizeof got);
    cv_chacha20_xor(got, got, 64, key, nonce, 1);
    cv_chacha20_xor(got + 64, got + 64, sizeof got - 64, key, nonce, 2);
    assert_memory_equal(got, want, sizeof want);
}

/* Computed with an independent ChaCha20 in Python: for each request, key stream under the present key, of
 * which 32 bytes become the next key; the second seed is added to the key by exclusive or. */
static void the_same_tape_gives_the_same_bytes(void **state)
{
    (void)state;
    struct cv_drbg d;
    struct tape t;
    uint8_t want[100], got[100];
    start(&d, &t);
    unhex(want, sizeof want,
          "2b23cce7a26023ab3f0eef693ac87f64258235eab1f7a32dc22762a0485b410c"
          "18b84231ade6a6d113615c61af434e27f8b1f3f5e1ad5b5cecf8fc122a35755c"
          "7208086dd1ee3c5d9d815824640e003c9ba0f65ede5d59ce0d2a4a7f31955acd"
          "42f22ddc");
    take(&d, got, 100);
    assert_memory_equal(got, want, 100);
    unhex(want, sizeof want, "2d41a59c90e41a8e7a4dccaa1c460699");
    take(&d, got, 16);
    assert_memory_equal(got, want, 16);
    assert_int_equal(t.n_reads, 1);

    t.epoch++;
    unhex(want, sizeof want, "a3eca3ab4897a4a29788e8e0db80cf69e41b71c484cb961d8b62178331eca98d31");
    take(&d, got, 33);
    assert_memory_equal(got, want, 33);
    assert_int_equal(t.n_reads, 2);
}

static void memory_seen_later_does_not_tell_the_past(void **state)
{
    (void)state;
    static const uint8_t nonce[12];
    struct cv_drbg d;
    struct tape t;
    uint8_t out[64], replay[64 + 64] = {0};
    start(&d, &t);
    take(&d, out, sizeof out);
    cv_chacha20_xor(replay, replay, sizeof replay, d.key, nonce, 0);
    for (size_t at = 0; at + 16 <= sizeof replay; at++) assert_memory_not_equal(replay + at, out, 16);
}

static void a_fork_parts_the_streams(void **state)
{
    (void)state;
    struct cv_drbg parent, child;
    struct tape t, child_tape;
    uint8_t a[32], b[32];
    start(&parent, &t);
    take(&parent, a, sizeof a);

    /* The memory of a fork child: the same generator, the same source, but the epoch has been raised. */
    child = parent;
    child_tape = t;
    child.entropy.ctx = &child_tape;
    child_tape.epoch++;
    take(&parent, a, sizeof a);
    take(&child, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(t.n_reads, 1);
    assert_int_equal(child_tape.n_reads, 2);

    take(&child, b, sizeof b); /* and only once */
    assert_int_equal(child_tape.n_reads, 2);
}

static void reseeds_after_65536_requests(void **state)
{
    (void)state;
    struct cv_drbg d;
    struct tape t;
    uint8_t out[1];
    start(&d, &t);
    for (unsigned i = 0; i < 65536; i++) take(&d, out, sizeof out);
    assert_int_equal(t.n_reads, 1);
    take(&d, out, sizeof out);
    assert_int_equal(t.n_reads, 2);
}

static void reseeds_after_a_mebibyte(void **state)
{
    (void)state;
    static uint8_t out[(3 << 20) + 5];
    struct cv_drbg d;
    struct tape t;
    start(&d, &t);
    take(&d, out, (1 << 20) - 1);
    take(&d, out, 1);
    assert_int_equal(t.n_reads, 1);
    take(&d, out, 1);
    assert_int_equal(t.n_reads, 2);

    /* Within one long request too, which is filled to its last byte. */
    start(&d, &t);
    memset(out, 0, sizeof out);
    take(&d, out, sizeof out);
    assert_int_equal(t.n_reads, 4);
    assert_false(all_zero(out + (3 << 20), 5));
    for (size_t at = 0; at < sizeof out - 32; at += 1 << 19) assert_false(all_zero(out + at, 32));
}

static void fails_closed_and_recovers(void **state)
{
    (void)state;
    static uint8_t out[(1 << 20) + 64];
    struct cv_drbg d;
    struct tape t;
    start(&d, &t);
    t.fails = true;
    for (unsigned i = 0; i < 2; i++) { /* it was never seeded */
        memset(out, 0xee, 64);
        assert_int_equal(cv_drbg_fill(&d, out, 64), CV_E_RNG);
        assert_true(all_zero(out, 64));
    }
    t.fails = false;
    take(&d, out, 64);
    assert_false(all_zero(out, 64));

    t.epoch++; /* it was seeded, and must be again */
    t.fails = true;
    for (unsigned i = 0; i < 2; i++) {
        memset(out, 0xee, 64);
        assert_int_equal(cv_drbg_fill(&d, out, 64), CV_E_RNG);
        assert_true(all_zero(out, 64));
    }
    t.epoch--; /* back at the old epoch, still nothing without entropy */
    assert_int_equal(cv_drbg_fill(&d, out, 64), CV_E_RNG);
    t.fails = false;
    take(&d, out, 64);

    take(&d, out, 1 << 19);
    t.fails = true; /* in the middle of a request: what was made already is taken back */
    memset(out, 0xee, sizeof out);
    assert_int_equal(cv_drbg_fill(&d, out, sizeof out), CV_E_RNG);
    assert_true(all_zero(out, sizeof out));
    t.fails = false;
    take(&d, out, 64);
}

static void serves_as_rng_without_an_epoch(void **state)
{
    (void)state;
    struct cv_drbg d, wiped = {0};
    struct tape t = {0};
    uint8_t a[48], b[48];
    cv_drbg_init(&d, (struct cv_rng){tape_fill, &t}, NULL);
    struct cv_rng rng = cv_drbg_rng(&d);
    assert_int_equal(cv_random(&rng, a, sizeof a), CV_OK);
    assert_int_equal(cv_random(&rng, b, sizeof b), CV_OK);
    assert_memory_not_equal(a, b, sizeof a);
    t.epoch++;
    assert_int_equal(cv_random(&rng, b, sizeof b), CV_OK);
    assert_int_equal(t.n_reads, 1);
    cv_drbg_wipe(&d);
    assert_memory_equal(&d, &wiped, sizeof d);
}

/* Bytes are H(key || 1), H(key || 2) and so on, the next key H(key || 0); the first key is the entropy. */
static void by_a_hash(void **state)
{
    (void)state;
    struct cv_drbg d;
    struct tape t = {0};
    uint8_t input[36], key[32], want[64], out[40];
    cv_drbg_init_hash(&d, (struct cv_rng){tape_fill, &t}, &cv_sha256);
    for (uint8_t i = 0; i < 32; i++) key[i] = i;
    for (size_t len = 40; len > 0; len -= 20) {
        for (uint32_t i = 0; i < 3; i++) {
            memcpy(input, key, sizeof key);
            cv_store_be32(input + 32, 2 - i);
            cv_hash_digest(&cv_sha256, i < 2 ? want + (i == 0 ? 32 : 0) : key, input, sizeof input);
        }
        take(&d, out, len);
        assert_memory_equal(out, want, len);
    }
    assert_int_equal(t.n_reads, 1);
    take(&d, out, 0); /* nothing is asked of it */
    t.fails = true;
    d.n_requests = 1 << 16;
    memset(out, 0xee, sizeof out);
    assert_int_equal(cv_drbg_fill(&d, out, sizeof out), CV_E_RNG);
    assert_true(all_zero(out, sizeof out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chacha20_of_the_rfc),
        cmocka_unit_test(the_same_tape_gives_the_same_bytes),
        cmocka_unit_test(memory_seen_later_does_not_tell_the_past),
        cmocka_unit_test(a_fork_parts_the_streams),
        cmocka_unit_test(reseeds_after_65536_requests),
        cmocka_unit_test(reseeds_after_a_mebibyte),
        cmocka_unit_test(fails_closed_and_recovers),
        cmocka_unit_test(serves_as_rng_without_an_epoch),
        cmocka_unit_test(by_a_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
