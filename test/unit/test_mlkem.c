/* ML-KEM and the hybrid groups. Wycheproof's files run through `culvert vectors`. */
#include "crypto/kex.h"
#include "crypto/mlkem.h"
#include "crypto/mlkem_poly.h"
#include "crypto/sha3.h"
#include "test/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct cv_mlkem *const sets[] = {&cv_mlkem768, &cv_mlkem1024};
static const struct cv_group *const hybrids[] = {&cv_group_x25519mlkem768, &cv_group_p256mlkem768,
                                                 &cv_group_p384mlkem1024};
enum { N_SETS = sizeof sets / sizeof *sets, N_HYBRIDS = sizeof hybrids / sizeof *hybrids };

/* A pair of keys, an honest ciphertext and its secret, from fixed bytes. */
struct exchange {
    uint8_t seed[64], public_key[CV_MLKEM_PUBLIC_MAX], private_key[CV_MLKEM_PRIVATE_MAX];
    uint8_t ciphertext[CV_MLKEM_CIPHERTEXT_MAX], secret[32];
};

static struct exchange exchange(const struct cv_mlkem *p)
{
    static const uint8_t m[32] = {1, 2, 3};
    struct exchange x;
    for (size_t i = 0; i < sizeof x.seed; i++) x.seed[i] = (uint8_t)(i * 7 + 1);
    cv_mlkem_keygen(p, x.public_key, x.private_key, x.seed);
    assert_int_equal(cv_mlkem_encaps(p, x.ciphertext, x.secret, cv_bytes(x.public_key, p->public_len), m),
                     CV_OK);
    return x;
}

static void assert_sha3(const uint8_t *p, size_t len, const char *hex)
{
    uint8_t digest[32], expected[32];
    cv_hash_digest(&cv_sha3_256, digest, p, len);
    assert_int_equal(unhex(expected, 32, hex), 32);
    assert_memory_equal(digest, expected, 32);
}

/* kat_MLKEM_768.rsp and kat_MLKEM_1024.rsp of the PyPI package cryptography-vectors 50.0.2, count = 0; of
 * what is long the SHA3-256. Both have one seed and one message. */
static void known_answers(void **state)
{
    static const struct {
        const char *public_key, *private_key, *ciphertext, *secret;
    } rows[N_SETS] = {
        {"6ff694a73b6701f2a7408773f9909118ef52e1c89285b2cde465a0b04980120a",
         "b1ef08952102a3e7af1766b6d2e35eee534b325e72e963365d8dc4a8cb02d3f1",
         "8ba9d8e8e0ecf99c9ef71573644f18dfb56029a6bce2de62252ea430912919de",
         "b408d5d115713f0a93047dbbea832e4340787686d59a9a2d106bd662ba0aa035"},
        {"2fd626053c941502e28d796cd655a3cd49df9f15ca02ad626e486f6a4921106b",
         "a8140af7994e9aaae1b5c7f3f85577a83f7dc7e79f5cfd3df6546cfa20ff6cb1",
         "9857cbb196d2be78a98a6458212656009a18f1bb1350aa907e8dd68bcc36cccf",
         "23f211b84a6ee20c8c29f6e5314c91b414e940513d380add17bd724ab3a13a52"},
    };
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        struct exchange x;
        uint8_t m[32], expected[32];
        assert_int_equal(unhex(x.seed, 64,
                               "6dbbc4375136df3b07f7c70e639e223e177e7fd53b161b3f4d57791794f12624"
                               "f696484048ec21f96cf50a56d0759c448f3779752f0383d37449690694cf7a68"),
                         64);
        assert_int_equal(unhex(m, 32, "20a7b7e10f70496cc38220b944def699bf14d14e55cf4c90a12c1b33fc80ffff"),
                         32);
        assert_int_equal(unhex(expected, 32, rows[i].secret), 32);
        cv_mlkem_keygen(sets[i], x.public_key, x.private_key, x.seed);
        assert_sha3(x.public_key, sets[i]->public_len, rows[i].public_key);
        assert_sha3(x.private_key, sets[i]->private_len, rows[i].private_key);
        assert_int_equal(
            cv_mlkem_encaps(sets[i], x.ciphertext, x.secret, cv_bytes(x.public_key, sets[i]->public_len), m),
            CV_OK);
        assert_sha3(x.ciphertext, sets[i]->ciphertext_len, rows[i].ciphertext);
        assert_memory_equal(x.secret, expected, 32);
    }
}

/* From the seed and from the expanded key: the same secret. */
static void assert_decaps(const struct cv_mlkem *p, const struct exchange *x, const uint8_t expected[32])
{
    uint8_t secret[32];
    struct cv_bytes ciphertext = cv_bytes(x->ciphertext, p->ciphertext_len);
    assert_int_equal(cv_mlkem_decaps(p, secret, x->seed, ciphertext), CV_OK);
    assert_memory_equal(secret, expected, 32);
    assert_int_equal(
        cv_mlkem_decaps_expanded(p, secret, cv_bytes(x->private_key, p->private_len), ciphertext), CV_OK);
    assert_memory_equal(secret, expected, 32);
}

static void both_sides_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        struct exchange x = exchange(sets[i]);
        assert_decaps(sets[i], &x, x.secret);
    }
}

/* FIPS 203 6.3 step 7: J(z || c) = SHAKE256(z || c, 32) */
static void rejected(uint8_t secret[32], const uint8_t *z, const uint8_t *ciphertext, size_t len)
{
    struct cv_shake x;
    cv_shake256_init(&x);
    cv_shake_absorb(&x, z, 32);
    cv_shake_absorb(&x, ciphertext, len);
    cv_shake_squeeze(&x, secret, 32);
}

/* Each byte of the ciphertext, changed alone: never the honest secret, always the one that only depends on z
 * and the ciphertext. */
static void attack_38_implicit_rejection(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        struct exchange x = exchange(sets[i]);
        for (size_t at = 0; at < sets[i]->ciphertext_len; at++) {
            uint8_t expected[32], secret[32], flip = (uint8_t)(1u << at % 8);
            struct cv_bytes ciphertext = cv_bytes(x.ciphertext, sets[i]->ciphertext_len);
            x.ciphertext[at] ^= flip;
            rejected(expected, x.seed + 32, x.ciphertext, sets[i]->ciphertext_len);
            assert_int_equal(cv_mlkem_decaps(sets[i], secret, x.seed, ciphertext), CV_OK);
            assert_memory_equal(secret, expected, 32);
            assert_memory_not_equal(secret, x.secret, 32);
            x.ciphertext[at] ^= flip;
        }
        assert_decaps(sets[i], &x, x.secret);
    }
}

/* Writes coefficient `at` of an encoded key. */
static void put12(uint8_t *key, size_t at, unsigned v)
{
    uint8_t *p = key + 3 * (at / 2);
    if (at % 2 == 0) {
        p[0] = (uint8_t)v;
        p[1] = (uint8_t)((p[1] & 0xf0) | v >> 8);
    } else {
        p[1] = (uint8_t)((p[1] & 0x0f) | v << 4);
        p[2] = (uint8_t)(v >> 4);
    }
}

/* FIPS 203 7.2: each coefficient is below q; 0 and q - 1 are. */
static void attack_38_modulus_check(void **state)
{
    static const unsigned large[] = {CV_MLKEM_Q, CV_MLKEM_Q + 1, 4095};
    static const unsigned fine[] = {0, CV_MLKEM_Q - 1};
    uint8_t ciphertext[CV_MLKEM_CIPHERTEXT_MAX], secret[32], m[32] = {0};
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        struct exchange x = exchange(sets[i]), bad = x;
        struct cv_bytes key = cv_bytes(bad.public_key, sets[i]->public_len);
        for (size_t at = 0; at < 256u * sets[i]->k; at++) {
            put12(bad.public_key, at, large[at % 3]);
            assert_int_equal(cv_mlkem_encaps(sets[i], ciphertext, secret, key, m), CV_E_BAD_KEY_SHARE);
            memcpy(bad.public_key, x.public_key, sizeof x.public_key);
            if (at % 97 != 0) continue;
            put12(bad.public_key, at, fine[at % 2]);
            assert_int_equal(cv_mlkem_encaps(sets[i], ciphertext, secret, key, m), CV_OK);
            memcpy(bad.public_key, x.public_key, sizeof x.public_key);
        }
    }
}

static void other_lengths_are_refused(void **state)
{
    uint8_t ciphertext[CV_MLKEM_CIPHERTEXT_MAX], secret[32], m[32] = {0}, wide[4000] = {0};
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_mlkem *p = sets[i];
        struct exchange x = exchange(p);
        struct cv_bytes honest = cv_bytes(x.ciphertext, p->ciphertext_len);
        for (size_t len = 0; len < sizeof wide; len++) {
            if (len != p->public_len)
                assert_int_equal(cv_mlkem_encaps(p, ciphertext, secret, cv_bytes(wide, len), m),
                                 CV_E_BAD_KEY_SHARE);
            if (len != p->ciphertext_len)
                assert_int_equal(cv_mlkem_decaps(p, secret, x.seed, cv_bytes(wide, len)), CV_E_BAD_KEY_SHARE);
            if (len != p->ciphertext_len)
                assert_int_equal(cv_mlkem_decaps_expanded(p, secret, cv_bytes(x.private_key, p->private_len),
                                                          cv_bytes(wide, len)),
                                 CV_E_BAD_KEY_SHARE);
            if (len != p->private_len)
                assert_int_equal(cv_mlkem_decaps_expanded(p, secret, cv_bytes(wide, len), honest),
                                 CV_E_KEY_SYNTAX);
        }
    }
}

/* FIPS 203 7.3: the hash in an expanded key is that of the public key in it. */
static void expanded_keys_are_checked(void **state)
{
    uint8_t secret[32];
    (void)state;
    for (size_t i = 0; i < N_SETS; i++) {
        const struct cv_mlkem *p = sets[i];
        struct exchange x = exchange(p);
        const size_t from = 384u * p->k, to = from + p->public_len + 32;
        for (size_t at = from; at < to; at += 13) {
            x.private_key[at] ^= 0x40;
            assert_int_equal(cv_mlkem_decaps_expanded(p, secret, cv_bytes(x.private_key, p->private_len),
                                                      cv_bytes(x.ciphertext, p->ciphertext_len)),
                             CV_E_KEY_SYNTAX);
            x.private_key[at] ^= 0x40;
        }
    }
}

/* Compression and decompression, beside their definition in rational numbers (FIPS 203 4.2.1). */
static void compression_is_exact(void **state)
{
    static const unsigned widths[] = {1, 4, 5, 10, 11};
    (void)state;
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        const unsigned d = widths[w];
        for (int x = -CV_MLKEM_Q; x <= CV_MLKEM_Q; x++) {
            struct cv_mlkem_poly f = {{0}};
            uint8_t out[352];
            f.c[0] = (int16_t)x;
            cv_mlkem_compress(out, &f, d);
            unsigned got = (unsigned)(out[0] | out[1] << 8) & ((1u << d) - 1);
            unsigned long residue = (unsigned long)(x + 2 * CV_MLKEM_Q) % CV_MLKEM_Q;
            unsigned expected =
                (unsigned)(((residue << (d + 1)) + CV_MLKEM_Q) / (2 * CV_MLKEM_Q)) & ((1u << d) - 1);
            assert_int_equal(got, expected);
            cv_mlkem_decompress(&f, out, d);
            assert_int_equal(f.c[0], (2ul * CV_MLKEM_Q * got + (1ul << d)) >> (d + 1));
        }
    }
}

struct stream {
    uint8_t next;
    size_t left; /* bytes until it fails */
};

static cv_err stream_fill(void *ctx, uint8_t *out, size_t len)
{
    struct stream *s = ctx;
    memset(out, 0, len);
    if (s->left < len) return CV_E_RNG;
    s->left -= len;
    for (size_t i = 0; i < len; i++) out[i] = s->next = (uint8_t)(s->next * 5 + 3);
    return CV_OK;
}

struct handshake {
    /* with a byte more, that nobody may touch */
    uint8_t private_key[CV_KEX_PRIVATE_MAX + 1];
    uint8_t client_share[CV_KEX_SHARE_MAX + 1], server_share[CV_KEX_SHARE_MAX + 1];
    uint8_t client[CV_KEX_SECRET_MAX + 1], server[CV_KEX_SECRET_MAX + 1];
};

static struct handshake handshake(const struct cv_group *g)
{
    struct stream s = {.next = 1, .left = 1000};
    struct cv_rng rng = {stream_fill, &s};
    struct handshake h;
    memset(&h, 0xee, sizeof h);
    assert_int_equal(g->generate(g, h.private_key, h.client_share, &rng), CV_OK);
    assert_int_equal(
        g->respond(g, h.server_share, h.server, cv_bytes(h.client_share, g->client_share_len), &rng), CV_OK);
    assert_int_equal(g->finish(g, h.client, h.private_key, cv_bytes(h.server_share, g->server_share_len)),
                     CV_OK);
    return h;
}

/* RFC 10024: numbers, lengths, and which share comes first. */
static void hybrid_shares(void **state)
{
    static const struct {
        uint16_t id;
        size_t client_share, server_share, secret, kem_at, client_dh_at, server_dh_at;
    } rows[N_HYBRIDS] = {
        {0x11ec, 1216, 1120, 64, 0, 1184, 1088},
        {0x11eb, 1249, 1153, 64, 65, 0, 0},
        {0x11ed, 1665, 1665, 80, 97, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < N_HYBRIDS; i++) {
        const struct cv_group *g = hybrids[i];
        struct handshake h = handshake(g), again = handshake(g);
        assert_int_equal(g->id, rows[i].id);
        assert_int_equal(g->client_share_len, rows[i].client_share);
        assert_int_equal(g->server_share_len, rows[i].server_share);
        assert_int_equal(g->secret_len, rows[i].secret);
        assert_true(g->private_len <= CV_KEX_PRIVATE_MAX);
        assert_memory_equal(h.client, h.server, g->secret_len);
        assert_int_equal(h.client[g->secret_len], 0xee);
        assert_int_equal(h.client_share[g->client_share_len], 0xee);
        assert_int_equal(h.server_share[g->server_share_len], 0xee);
        assert_int_equal(h.private_key[g->private_len], 0xee);
        assert_memory_equal(&h, &again, sizeof h);

        /* the parts, taken out by hand, are those of the groups alone */
        const struct cv_mlkem *kem = i == 2 ? &cv_mlkem1024 : &cv_mlkem768;
        const struct cv_group *dh = i == 0 ? &cv_group_x25519 : i == 1 ? &cv_group_p256 : &cv_group_p384;
        uint8_t secret[80], *kem_part = secret + (i == 0 ? 0 : dh->secret_len);
        assert_int_equal(cv_mlkem_decaps(kem, kem_part, h.private_key,
                                         cv_bytes(h.server_share + rows[i].kem_at, kem->ciphertext_len)),
                         CV_OK);
        assert_int_equal(dh->finish(dh, secret + (i == 0 ? 32 : 0), h.private_key + 64,
                                    cv_bytes(h.server_share + rows[i].server_dh_at, dh->server_share_len)),
                         CV_OK);
        assert_memory_equal(secret, h.client, g->secret_len);
        assert_int_equal(h.client_share[rows[i].client_dh_at], i == 0 ? h.client_share[1184] : 4);
    }
}

static void attack_38_truncated_shares(void **state)
{
    struct stream s = {.next = 9, .left = 1 << 20};
    struct cv_rng rng = {stream_fill, &s};
    uint8_t share[CV_KEX_SHARE_MAX], secret[CV_KEX_SECRET_MAX];
    (void)state;
    for (size_t i = 0; i < N_HYBRIDS; i++) {
        const struct cv_group *g = hybrids[i];
        struct handshake h = handshake(g);
        for (size_t len = 0; len < CV_KEX_SHARE_MAX; len++) {
            struct cv_bytes client = cv_bytes(h.client_share, len), server = cv_bytes(h.server_share, len);
            if (len != g->client_share_len)
                assert_int_equal(g->respond(g, share, secret, client, &rng), CV_E_BAD_KEY_SHARE);
            if (len != g->server_share_len)
                assert_int_equal(g->finish(g, secret, h.private_key, server), CV_E_BAD_KEY_SHARE);
        }
    }
}

/* One half that is wrong makes the whole wrong, and leaves nothing of the secret. */
static void bad_halves_are_refused(void **state)
{
    static const uint8_t zeros[80];
    struct stream s = {.next = 9, .left = 1 << 20};
    struct cv_rng rng = {stream_fill, &s};
    uint8_t share[CV_KEX_SHARE_MAX], secret[CV_KEX_SECRET_MAX];
    (void)state;
    for (size_t i = 0; i < N_HYBRIDS; i++) {
        const struct cv_group *g = hybrids[i];
        struct handshake h = handshake(g), bad = h;
        const size_t kem_at = i == 0 ? 0 : i == 1 ? 65 : 97;
        put12(bad.client_share + kem_at, 255, CV_MLKEM_Q);
        memset(secret, 1, sizeof secret);
        assert_int_equal(g->respond(g, share, secret, cv_bytes(bad.client_share, g->client_share_len), &rng),
                         CV_E_BAD_KEY_SHARE);
        assert_memory_equal(secret, zeros, g->secret_len);

        /* a point of small order, or not on the curve */
        memset(h.client_share + (i == 0 ? 1184 : 1), 0, 32);
        memset(h.server_share + (i == 0 ? 1088 : 1), 0, 32);
        memset(secret, 1, sizeof secret);
        assert_int_equal(g->respond(g, share, secret, cv_bytes(h.client_share, g->client_share_len), &rng),
                         CV_E_BAD_KEY_SHARE);
        assert_memory_equal(secret, zeros, g->secret_len);
        memset(secret, 1, sizeof secret);
        assert_int_equal(g->finish(g, secret, h.private_key, cv_bytes(h.server_share, g->server_share_len)),
                         CV_E_BAD_KEY_SHARE);
        assert_memory_equal(secret, zeros, g->secret_len);
    }
}

/* Wherever the random generator fails, the group does. */
static void random_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_HYBRIDS; i++) {
        const struct cv_group *g = hybrids[i];
        struct handshake h = handshake(g);
        for (size_t left = 0; left < g->private_len; left++) {
            struct stream s = {.next = 9, .left = left};
            struct cv_rng rng = {stream_fill, &s};
            assert_int_equal(g->generate(g, h.private_key, h.client_share, &rng), CV_E_RNG);
        }
        /* 32 bytes of message and a scalar: as long as the secret */
        struct handshake fine = handshake(g);
        for (size_t left = 0; left < g->secret_len; left++) {
            struct stream s = {.next = 9, .left = left};
            struct cv_rng rng = {stream_fill, &s};
            assert_int_equal(g->respond(g, h.server_share, h.server,
                                        cv_bytes(fine.client_share, g->client_share_len), &rng),
                             CV_E_RNG);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(attack_38_implicit_rejection),
        cmocka_unit_test(attack_38_modulus_check),
        cmocka_unit_test(attack_38_truncated_shares),
        cmocka_unit_test(other_lengths_are_refused),
        cmocka_unit_test(expanded_keys_are_checked),
        cmocka_unit_test(compression_is_exact),
        cmocka_unit_test(hybrid_shares),
        cmocka_unit_test(bad_halves_are_refused),
        cmocka_unit_test(random_failure),
    };
    return cmocka_run_group_tests_name("mlkem", tests, NULL, NULL);
}
