#include "crypto/sha3.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* The two functions under one table. `empty` and `a3` (1600 bits, 0xa3 each byte; the last 32 of 512 bytes of
 * output) are NIST's example values for SHAKE. `lengths` is the SHA-256 of the outputs for i = 0..400 joined,
 * i bytes of output for the first i bytes of a pattern; from Python's hashlib, over OpenSSL. */
static const struct shake {
    void (*init)(struct cv_shake *x);
    void (*at_once)(uint8_t *out, size_t out_len, const void *p, size_t len);
    const char *empty, *a3, *lengths;
} shakes[] = {
    {
        cv_shake128_init,
        cv_shake128,
        .empty = "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
        .a3 = "44c9fb359fd56ac0a9a75a743cff6862f17d7259ab075216c0699511643b6439",
        .lengths = "b8268fb6beaba5e208bd8c6dee69c0c64f45d4435743815737aa4fdb36177d52",
    },
    {
        cv_shake256_init,
        cv_shake256,
        .empty = "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f",
        .a3 = "6a1a9d7846436e4dca5728b6f760eef0ca92bf0be5615e96959d767197a0beeb",
        .lengths = "91d3c85b4a7c60629e26d55e6545facbe2a5b97be7103943811882b494361d64",
    },
};

enum { N_SHAKES = sizeof shakes / sizeof *shakes };

static void pattern(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) p[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void outputs_of_the_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAKES; i++) {
        uint8_t a3[200], want[32], out[512];
        shakes[i].at_once(out, 32, NULL, 0);
        unhex(want, sizeof want, shakes[i].empty);
        assert_memory_equal(out, want, sizeof want);

        memset(a3, 0xa3, sizeof a3);
        shakes[i].at_once(out, sizeof out, a3, sizeof a3);
        unhex(want, sizeof want, shakes[i].a3);
        assert_memory_equal(out + 480, want, sizeof want);
    }
}

static void outputs_of_all_short_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAKES; i++) {
        uint8_t message[401], out[401], want[32], got[32];
        struct cv_hash_ctx all;
        pattern(message, sizeof message);
        cv_hash_init(&all, &cv_sha256);
        for (size_t len = 0; len < sizeof message; len++) {
            shakes[i].at_once(out, len, message, len);
            cv_hash_update(&all, out, len);
        }
        cv_hash_final(&all, got);
        unhex(want, sizeof want, shakes[i].lengths);
        assert_memory_equal(got, want, sizeof want);
    }
}

static void pieces_give_the_same_output(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAKES; i++) {
        uint8_t message[350], want[350], got[350];
        pattern(message, sizeof message);
        shakes[i].at_once(want, sizeof want, message, sizeof message);
        for (size_t piece = 1; piece <= sizeof message; piece++) {
            struct cv_shake x;
            shakes[i].init(&x);
            for (size_t at = 0, take; at < sizeof message; at += take) {
                take = sizeof message - at < piece ? sizeof message - at : piece;
                cv_shake_absorb(&x, message + at, take);
            }
            for (size_t at = 0, take; at < sizeof got; at += take) {
                take = sizeof got - at < piece ? sizeof got - at : piece;
                cv_shake_squeeze(&x, got + at, take);
            }
            assert_memory_equal(got, want, sizeof want);
        }
    }
}

static void a_copy_squeezes_on_by_itself(void **state)
{
    (void)state;
    uint8_t want[300], got[200];
    struct cv_shake x, copy;
    cv_shake256(want, sizeof want, "seed", 4);
    cv_shake256_init(&x);
    cv_shake_absorb(&x, "seed", 4);
    cv_shake_squeeze(&x, got, 100);
    assert_memory_equal(got, want, 100);
    copy = x;
    cv_shake_squeeze(&x, got, 200);
    assert_memory_equal(got, want + 100, 200);
    memset(got, 0, sizeof got);
    cv_shake_squeeze(&copy, got, 200);
    assert_memory_equal(got, want + 100, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_of_the_examples),
        cmocka_unit_test(outputs_of_all_short_lengths),
        cmocka_unit_test(pieces_give_the_same_output),
        cmocka_unit_test(a_copy_squeezes_on_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
