/* AES-CBC against published vectors, and records of TLS 1.2 with it against ones put together from HMAC and
 * CBC by the letter of RFC 5246 and RFC 7366. */
#include "crypto/cbc_hmac.h"
#include "crypto/cpu.h"
#include "crypto/hmac.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { PLAIN_MAX = 700, BODY_MAX = PLAIN_MAX + 256 + 64, BLOCK = CV_AES_BLOCK_LEN };

static const struct cipher {
    const struct cv_cbc *cbc;
    uint32_t needs;
} ciphers[] = {
    {&cv_aes128_cbc, 0},
    {&cv_aes256_cbc, 0},
#if defined(__x86_64__)
    {&cv_aes128_cbc_aesni, CV_CPU_AES},
    {&cv_aes256_cbc_aesni, CV_CPU_AES},
#endif
};
enum { N_CIPHERS = sizeof ciphers / sizeof *ciphers };

static const struct hash {
    const struct cv_hash *hash;
    uint32_t needs;
} hashes[] = {
    {&cv_sha1, 0},
    {&cv_sha256, 0},
    {&cv_sha384, 0},
#if defined(__x86_64__)
    {&cv_sha1_shani, CV_CPU_SHA256},
    {&cv_sha256_shani, CV_CPU_SHA256},
    {&cv_sha384_avx2, CV_CPU_AVX2},
#endif
};
enum { N_HASHES = sizeof hashes / sizeof *hashes };

/* SP 800-38A appendix F.2; the plaintext and the IV are the same in all. */
static const char nist_iv[] = "000102030405060708090a0b0c0d0e0f";
static const char nist_plain[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                                 "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
static const struct {
    size_t key_len;
    const char *key, *cipher;
} nist[] = {
    {16, "2b7e151628aed2a6abf7158809cf4f3c",
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"},
    {32, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
     "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"},
};

static void published_vectors(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_CIPHERS; i++) {
        const struct cv_cbc *cbc = ciphers[i].cbc;
        if ((cv_cpu_detect() & ciphers[i].needs) != ciphers[i].needs) continue;
        const size_t v = cbc->key_len == 16 ? 0 : 1;
        _Alignas(16) uint8_t state[CV_CBC_STATE_MAX];
        uint8_t key[32], chain[BLOCK], plain[64], cipher[64], buf[64];
        assert_int_equal(unhex(key, sizeof key, nist[v].key), cbc->key_len);
        unhex(plain, sizeof plain, nist_plain);
        unhex(cipher, sizeof cipher, nist[v].cipher);
        assert_true(cbc->state_len <= sizeof state);

        cbc->init(cbc, state, key, false);
        for (size_t first = 0; first <= 4; first++) {
            memcpy(buf, plain, 64);
            unhex(chain, sizeof chain, nist_iv);
            cbc->encrypt(cbc, state, chain, buf, first);
            cbc->encrypt(cbc, state, chain, buf + BLOCK * first, 4 - first);
            assert_memory_equal(buf, cipher, 64);
            assert_memory_equal(chain, cipher + 48, BLOCK);
        }
        cbc->init(cbc, state, key, true);
        for (size_t first = 0; first <= 4; first++) {
            unhex(chain, sizeof chain, nist_iv);
            cbc->decrypt(cbc, state, chain, buf, cipher, first);
            cbc->decrypt(cbc, state, chain, buf + BLOCK * first, cipher + BLOCK * first, 4 - first);
            assert_memory_equal(buf, plain, 64);
            assert_memory_equal(chain, cipher + 48, BLOCK);
        }
    }
}

/* Any number of blocks, in place and aside. */
static void decrypts_what_it_encrypts(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_CIPHERS; i++) {
        const struct cv_cbc *cbc = ciphers[i].cbc;
        if ((cv_cpu_detect() & ciphers[i].needs) != ciphers[i].needs) continue;
        _Alignas(16) uint8_t to[CV_CBC_STATE_MAX], from[CV_CBC_STATE_MAX];
        uint8_t key[32], plain[40 * BLOCK], cipher[40 * BLOCK], aside[40 * BLOCK], chain[BLOCK];
        for (size_t j = 0; j < sizeof key; j++) key[j] = (uint8_t)(7 * j + i);
        for (size_t j = 0; j < sizeof plain; j++) plain[j] = (uint8_t)(j * j + j / 256);
        cbc->init(cbc, to, key, false);
        cbc->init(cbc, from, key, true);
        for (size_t n = 0; n <= 40; n++) {
            memcpy(cipher, plain, sizeof plain);
            memset(chain, 0x3c, sizeof chain);
            cbc->encrypt(cbc, to, chain, cipher, n);
            assert_memory_equal(cipher + n * BLOCK, plain + n * BLOCK, sizeof plain - n * BLOCK);
            memset(chain, 0x3c, sizeof chain);
            memset(aside, 0xa5, sizeof aside);
            cbc->decrypt(cbc, from, chain, aside, cipher, n);
            assert_memory_equal(aside, plain, n * BLOCK);
            if (n < 40) assert_int_equal(aside[n * BLOCK], 0xa5);
            memset(chain, 0x3c, sizeof chain);
            cbc->decrypt(cbc, from, chain, cipher, cipher, n);
            assert_memory_equal(cipher, plain, sizeof plain);
        }
    }
}

/* One pair of keys, by both ways of writing a record. */
struct subject {
    struct cv_cbc_hmac alg;
    struct cv_cbc_hmac_state seal, open;
    uint8_t mac_key[CV_CBC_HMAC_MAC_MAX], key[32];
    bool encrypt_then_mac;
};

static const uint8_t header[CV_CBC_HMAC_HEADER_LEN] = {0, 0, 0, 0, 1, 2, 3, 4, 23, 3, 3};

static void make_subject(struct subject *s, size_t cipher, size_t hash, bool encrypt_then_mac)
{
    s->alg = (struct cv_cbc_hmac){ciphers[cipher].cbc, hashes[hash].hash, &cv_cbc_hmac_ops};
    s->encrypt_then_mac = encrypt_then_mac;
    for (size_t i = 0; i < sizeof s->key; i++) s->key[i] = (uint8_t)(3 * i + 1);
    for (size_t i = 0; i < sizeof s->mac_key; i++) s->mac_key[i] = (uint8_t)(5 * i + 2);
    cv_cbc_hmac_init(&s->alg, &s->seal, s->mac_key, s->key, false, encrypt_then_mac);
    cv_cbc_hmac_init(&s->alg, &s->open, s->mac_key, s->key, true, encrypt_then_mac);
}

static void next_subject(size_t i, struct subject *s)
{
    make_subject(s, i % N_CIPHERS, i / N_CIPHERS % N_HASHES, i / N_CIPHERS / N_HASHES != 0);
}

static bool can_run(size_t i)
{
    uint32_t needs = ciphers[i % N_CIPHERS].needs | hashes[i / N_CIPHERS % N_HASHES].needs;
    return (cv_cpu_detect() & needs) == needs;
}

enum { N_SUBJECTS = 2 * N_CIPHERS * N_HASHES };

static void fill(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) p[i] = (uint8_t)(i * 11 + (i >> 8) + 1);
}

static void hmac(const struct subject *s, uint8_t *mac, const uint8_t *iv, const uint8_t *p, size_t len)
{
    struct cv_hmac h;
    size_t content = len + (iv != NULL ? BLOCK : 0);
    const uint8_t bytes[2] = {(uint8_t)(content >> 8), (uint8_t)content};
    cv_hmac_init(&h, s->alg.hash, s->mac_key, s->alg.hash->digest_len);
    cv_hmac_update(&h, header, sizeof header);
    cv_hmac_update(&h, bytes, sizeof bytes);
    if (iv != NULL) cv_hmac_update(&h, iv, BLOCK);
    cv_hmac_update(&h, p, len);
    cv_hmac_final(&h, mac);
}

/* A record as the RFCs describe it, in one piece, with n_padding bytes of padding, the length byte counted.
 * twist is added to the byte at twist_at before it is encrypted. Returns the length of the body. */
static size_t reference(const struct subject *s, uint8_t *body, const uint8_t *iv, const uint8_t *plain,
                        size_t plain_len, size_t n_padding, size_t twist_at, uint8_t twist)
{
    size_t mac_len = s->alg.hash->digest_len, len = plain_len;
    uint8_t chain[BLOCK];
    memcpy(body, plain, plain_len);
    if (!s->encrypt_then_mac) {
        hmac(s, body + len, NULL, plain, plain_len);
        len += mac_len;
    }
    memset(body + len, (int)n_padding - 1, n_padding);
    len += n_padding;
    assert_int_equal(len % BLOCK, 0);
    body[twist_at] = (uint8_t)(body[twist_at] + twist);
    memcpy(chain, iv, BLOCK);
    s->alg.cipher->encrypt(s->alg.cipher, s->seal.cipher, chain, body, len / BLOCK);
    if (s->encrypt_then_mac) {
        hmac(s, body + len, iv, body, len);
        len += mac_len;
    }
    return len;
}

static void seals_as_the_rfcs_say(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        struct subject s;
        uint8_t plain[PLAIN_MAX], body[BODY_MAX], head[PLAIN_MAX], tail[PLAIN_MAX];
        if (!can_run(i)) continue;
        next_subject(i, &s);
        fill(plain, sizeof plain);
        for (size_t len = 0; len < 200; len++) {
            const size_t head_len = len * 5 / 7, tail_len = len - head_len;
            const size_t trailer_len = cv_cbc_hmac_trailer_len(&s.alg, &s.seal, len);
            uint8_t iv[BLOCK], trailer[CV_CBC_HMAC_TRAILER_MAX + 1];
            assert_true(trailer_len > s.alg.hash->digest_len && trailer_len < sizeof trailer);
            memset(trailer, 0xa5, sizeof trailer);
            memcpy(head, plain, head_len);
            memcpy(tail, plain + head_len, tail_len);
            cv_cbc_hmac_seal(&s.alg, &s.seal, iv, header, head, head_len, tail, tail_len, trailer);
            assert_int_equal(trailer[trailer_len], 0xa5);
            size_t n_padding = trailer_len - s.alg.hash->digest_len;
            assert_int_equal(reference(&s, body, iv, plain, len, n_padding, 0, 0), len + trailer_len);
            assert_memory_equal(head, body, head_len);
            assert_memory_equal(tail, body + head_len, tail_len);
            assert_memory_equal(trailer, body + len, trailer_len);
        }
    }
}

/* The IV is the encryption of what the header holds, so differs with it. */
static void ivs_do_not_repeat(void **unused)
{
    (void)unused;
    struct subject s;
    uint8_t iv[2][BLOCK], expected[BLOCK] = {0}, chain[BLOCK] = {0}, trailer[CV_CBC_HMAC_TRAILER_MAX];
    uint8_t other[CV_CBC_HMAC_HEADER_LEN];
    make_subject(&s, 0, 0, false);
    memcpy(other, header, sizeof other);
    other[7]++;
    cv_cbc_hmac_seal(&s.alg, &s.seal, iv[0], header, NULL, 0, NULL, 0, trailer);
    cv_cbc_hmac_seal(&s.alg, &s.seal, iv[1], other, NULL, 0, NULL, 0, trailer);
    assert_memory_not_equal(iv[0], iv[1], BLOCK);
    memcpy(expected, header, sizeof header);
    s.alg.cipher->encrypt(s.alg.cipher, s.seal.cipher, chain, expected, 1);
    assert_memory_equal(iv[0], expected, BLOCK);
}

static cv_err open_body(const struct subject *s, uint8_t *dst, size_t *len, const uint8_t *iv,
                        const uint8_t *body, size_t body_len)
{
    return cv_cbc_hmac_open(&s->alg, &s->open, dst, len, header, iv, body, body_len);
}

static void must_refuse(const struct subject *s, const uint8_t *iv, const uint8_t *body, size_t body_len)
{
    uint8_t dst[BODY_MAX];
    size_t len = 12345;
    memset(dst, 0xa5, sizeof dst);
    assert_int_equal(open_body(s, dst, &len, iv, body, body_len), CV_E_BAD_RECORD_MAC);
    assert_int_equal(len, 12345);
    for (size_t i = 0; i < body_len; i++) assert_int_equal(dst[i], 0);
}

/* Every length and, at some lengths, all paddings that fit a byte. */
static void opens_every_padding(void **unused)
{
    (void)unused;
    static const uint8_t iv[BLOCK] = {9, 8, 7};
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        struct subject s;
        uint8_t plain[PLAIN_MAX], body[BODY_MAX], dst[BODY_MAX];
        if (!can_run(i)) continue;
        next_subject(i, &s);
        fill(plain, sizeof plain);
        const size_t inside = s.encrypt_then_mac ? 0 : s.alg.hash->digest_len;
        for (size_t len = 0; len <= 600; len += len < 150 ? 1 : 29) {
            size_t step = len % 37 == 0 || len < 3 ? BLOCK : 240;
            for (size_t pad = BLOCK - (len + inside) % BLOCK; pad <= 256; pad += step) {
                size_t body_len = reference(&s, body, iv, plain, len, pad, 0, 0), n = 0;
                assert_int_equal(open_body(&s, dst, &n, iv, body, body_len), CV_OK);
                assert_int_equal(n, len);
                assert_memory_equal(dst, plain, len);
                assert_int_equal(open_body(&s, body, &n, iv, body, body_len), CV_OK);
                assert_int_equal(n, len);
                assert_memory_equal(body, plain, len);
            }
        }
    }
}

/* Every byte of text, MAC, padding and length, each altered before encryption (so that nothing else is). */
static void refuses_every_alteration(void **unused)
{
    (void)unused;
    static const uint8_t iv[BLOCK] = {1, 2, 3};
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        struct subject s;
        uint8_t plain[PLAIN_MAX], body[BODY_MAX];
        if (!can_run(i)) continue;
        next_subject(i, &s);
        fill(plain, sizeof plain);
        const size_t mac_len = s.alg.hash->digest_len, inside = s.encrypt_then_mac ? 0 : mac_len;
        for (size_t len = 0; len < 120; len += 17) {
            size_t pad = BLOCK - (len + inside) % BLOCK + (len % 2 == 0 ? 64 : 0);
            size_t padded = len + inside + pad;
            for (size_t at = s.encrypt_then_mac ? len : 0; at < padded; at++) {
                size_t body_len = reference(&s, body, iv, plain, len, pad, at, at % 2 ? 1 : 0x80);
                must_refuse(&s, iv, body, body_len);
            }
            /* and on the wire */
            size_t body_len = reference(&s, body, iv, plain, len, pad, 0, 0);
            for (size_t at = 0; at < body_len; at += 5) {
                body[at] ^= 4;
                must_refuse(&s, iv, body, body_len);
                body[at] ^= 4;
            }
            for (size_t cut = 0; cut < body_len; cut++) must_refuse(&s, iv, body, cut);
            must_refuse(&s, plain, body, body_len); /* another IV */
        }
    }
}

/* A length byte that claims more padding than there is room for, and padding right up to the MAC. */
static void padding_may_not_reach_into_the_mac(void **unused)
{
    (void)unused;
    static const uint8_t iv[BLOCK] = {0};
    for (size_t hash = 0; hash < 3; hash++) {
        struct subject s;
        uint8_t body[512], chain[BLOCK];
        make_subject(&s, 0, hash, false);
        for (size_t len = 3 * BLOCK; len <= 304; len += BLOCK) {
            memset(chain, 0, sizeof chain);
            memset(body, (int)(len - 1 <= 255 ? len - 1 : 255), len);
            s.alg.cipher->encrypt(s.alg.cipher, s.seal.cipher, chain, body, len / BLOCK);
            must_refuse(&s, iv, body, len);
        }
    }
}

static void refuses_oversized(void **unused)
{
    (void)unused;
    static uint8_t body[CV_CBC_HMAC_LEN_MAX + 1];
    static const uint8_t iv[BLOCK] = {0};
    struct subject s;
    size_t len;
    make_subject(&s, 0, 0, false);
    assert_int_equal(open_body(&s, body, &len, iv, body, sizeof body), CV_E_RECORD_OVERFLOW);
    assert_int_equal(open_body(&s, body, &len, iv, body, CV_CBC_HMAC_LEN_MAX), CV_E_BAD_RECORD_MAC);
}

/* SHA-256, counting the blocks that it compresses. */
static size_t n_compressions;
static void counting_blocks(void *h, const uint8_t *p, size_t n_blocks)
{
    n_compressions += n_blocks;
    cv_sha256.blocks(h, p, n_blocks);
}

/* N. AlFardan, K. Paterson, "Lucky Thirteen": the same number of compressions, whatever the padding is. */
static void work_depends_on_the_public_length_only(void **unused)
{
    (void)unused;
    static const uint8_t iv[BLOCK] = {0};
    struct cv_hash counting = cv_sha256;
    struct subject s;
    counting.blocks = counting_blocks;
    make_subject(&s, 0, 1, false);
    s.alg.hash = &counting;
    for (size_t body_len = 64; body_len <= 640; body_len += BLOCK) {
        uint8_t plain[PLAIN_MAX], body[BODY_MAX], dst[BODY_MAX];
        size_t expected = 0, len;
        fill(plain, sizeof plain);
        for (size_t pad = 1; pad <= 256 && pad + 32 <= body_len; pad++) {
            for (uint8_t twist = 0; twist < 2; twist++) {
                size_t at = body_len - 1 - (pad > 1 ? twist : 0); /* the length byte, or one of the padding */
                reference(&s, body, iv, plain, body_len - 32 - pad, pad, at, twist);
                n_compressions = 0;
                cv_err e = open_body(&s, dst, &len, iv, body, body_len);
                assert_int_equal(e, twist == 0 ? CV_OK : CV_E_BAD_RECORD_MAC);
                if (expected == 0) expected = n_compressions;
                assert_int_equal(n_compressions, expected);
            }
        }
        assert_true(expected >= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(decrypts_what_it_encrypts),
        cmocka_unit_test(seals_as_the_rfcs_say),
        cmocka_unit_test(ivs_do_not_repeat),
        cmocka_unit_test(opens_every_padding),
        cmocka_unit_test(refuses_every_alteration),
        cmocka_unit_test(padding_may_not_reach_into_the_mac),
        cmocka_unit_test(refuses_oversized),
        cmocka_unit_test(work_depends_on_the_public_length_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
