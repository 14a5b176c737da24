/* What is refused for its form is refused with its cause and before any expensive work: the time that
 * refusing takes is a small part of what the operation takes. */
#include "crypto/ec.h"
#include "crypto/ffdhe.h"
#include "crypto/mlkem.h"
#include "crypto/rsa.h"
#include "hex.h"
#include "rsa_vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

/* The part of an operation's time that refusing may take. Decoding a point on an Edwards curve takes a root,
 * about a tenth; all else takes less than a hundredth. */
enum { PART = 4, TRIES = 5, BYTES_MAX = 2048 };

static cv_err count_up(void *ctx, uint8_t *out, size_t len)
{
    uint8_t *next = ctx;
    for (size_t i = 0; i < len; i++) out[i] = (*next)++;
    return CV_OK;
}

static uint8_t counter = 1;
static const struct cv_rng rng = {count_up, &counter};

/* An operation on some input. */
typedef cv_err operation(const void *input);

static double least_time(operation *op, const void *input, cv_err expected)
{
    double least = 1e9;
    for (int i = 0; i < TRIES; i++) {
        struct timespec from, to;
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        cv_err e = op(input);
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        if (e != expected) fail_msg("%s where %s is expected", cv_err_name(e), cv_err_name(expected));
        double took = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
        if (took < least) least = took;
    }
    return least;
}

/* One operation, the input that it takes, and those that it refuses. */
struct limit {
    operation *op;
    double accepted; /* seconds */
    unsigned n_refused;
};

static struct limit accept_one(operation *op, const void *input)
{
    return (struct limit){.op = op, .accepted = least_time(op, input, CV_OK)};
}

static void refuse_one(struct limit *l, const char *what, const void *input, cv_err expected)
{
    double took = least_time(l->op, input, expected);
    l->n_refused++;
    if (took * PART > l->accepted)
        fail_msg("%s: refusing took %.0f us, the operation takes %.0f us", what, 1e6 * took,
                 1e6 * l->accepted);
}

struct rsa_input {
    struct cv_public_key pub;
    struct cv_private_key priv;
    struct cv_bytes sig;
    uint8_t bytes[8][CV_RSA_BYTES_MAX + 1];
};

static const uint8_t digest[32] = {1, 2, 3};

static void load_rsa(struct rsa_input *in)
{
    const struct rsa_vector *v = &rsa_vectors[0];
    const char *const hex[] = {v->n, v->e, v->d, v->p, v->q, v->dp, v->dq, v->qinv};
    struct cv_private_key *k = &in->priv;
    struct cv_bytes *const parts[] = {&k->n, &k->e, &k->d, &k->p, &k->q, &k->dp, &k->dq, &k->qinv};
    k->type = CV_KEY_RSA;
    for (size_t i = 0; i < 8; i++)
        *parts[i] = cv_bytes(in->bytes[i], unhex(in->bytes[i], sizeof in->bytes[i], hex[i]));
    in->pub = (struct cv_public_key){.type = CV_KEY_RSA, .n = k->n, .e = k->e};
}

static cv_err rsa_sign(const void *input)
{
    const struct rsa_input *in = input;
    uint8_t sig[CV_RSA_BYTES_MAX];
    size_t len = sizeof sig;
    return cv_rsa_pss_sign(&in->priv, &cv_sha256, cv_bytes(digest, sizeof digest), sig, &len, &rng);
}

static cv_err rsa_verify(const void *input)
{
    const struct rsa_input *in = input;
    return cv_rsa_pss_verify(&in->pub, &cv_sha256, cv_bytes(digest, sizeof digest), in->sig);
}

static void rsa_public_keys(void **state)
{
    (void)state;
    static struct rsa_input in;
    static uint8_t sig[CV_RSA_BYTES_MAX], big[CV_RSA_BYTES_MAX + 1], ones[BYTES_MAX];
    size_t len = sizeof sig;
    load_rsa(&in);
    assert_int_equal(cv_rsa_pss_sign(&in.priv, &cv_sha256, cv_bytes(digest, 32), sig, &len, &rng), CV_OK);
    in.sig = cv_bytes(sig, len);
    struct limit l = accept_one(rsa_verify, &in);
    const struct cv_public_key good = in.pub;

    in.bytes[0][255] ^= 1;
    refuse_one(&l, "an even modulus", &in, CV_E_BAD_MODULUS);
    in.bytes[0][255] ^= 1;
    big[0] = 1; /* 8193 bits */
    big[sizeof big - 1] = 1;
    in.pub.n = cv_bytes(big, sizeof big);
    refuse_one(&l, "8193 bits", &in, CV_E_BAD_MODULUS);
    memset(ones, 0xff, sizeof ones);
    in.pub.n = cv_bytes(ones, sizeof ones);
    refuse_one(&l, "16384 bits", &in, CV_E_BAD_MODULUS);
    in.pub.n = cv_bytes(ones, 127);
    refuse_one(&l, "1016 bits", &in, CV_E_BAD_MODULUS);
    in.pub = good;
    static const uint8_t exponents[][9] = {{1, 0, 0, 0, 0, 0, 0, 0, 1}, {1}, {2}, {0}};
    in.pub.e = cv_bytes(exponents[0], 9);
    refuse_one(&l, "an exponent of 65 bits", &in, CV_E_BAD_EXPONENT);
    in.pub.e = cv_bytes(ones, sizeof ones);
    refuse_one(&l, "an exponent of 16384 bits", &in, CV_E_BAD_EXPONENT);
    for (size_t i = 1; i < 3; i++) {
        in.pub.e = cv_bytes(exponents[i], 1);
        refuse_one(&l, "an exponent of 1 or 2", &in, CV_E_BAD_EXPONENT);
    }
    in.pub.e = cv_bytes(exponents[3], 1);
    refuse_one(&l, "an exponent of 0", &in, CV_E_CERT_KEY);
    in.pub = good;
    in.sig = in.pub.n;
    refuse_one(&l, "a signature not below the modulus", &in, CV_E_BAD_SIGNATURE);
    in.sig = cv_bytes(ones, 255);
    refuse_one(&l, "a short signature", &in, CV_E_BAD_SIGNATURE);
    assert_int_equal(l.n_refused, 11);
}

static void rsa_private_keys(void **state)
{
    (void)state;
    static struct rsa_input in;
    load_rsa(&in);
    struct limit l = accept_one(rsa_sign, &in);
    for (size_t i = 3; i < 5; i++) {
        size_t last = in.priv.p.len - 1;
        in.bytes[i][last] ^= 1;
        refuse_one(&l, "an even prime", &in, CV_E_KEY_SYNTAX);
        in.bytes[i][last] ^= 1;
    }
    struct cv_private_key *k = &in.priv;
    struct cv_bytes *const parts[] = {&k->p, &k->q, &k->dp, &k->dq, &k->qinv};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        parts[i]->len = 0;
        refuse_one(&l, "no number", &in, CV_E_KEY_SYNTAX);
        *parts[i] = cv_bytes(in.bytes[0], CV_RSA_BYTES_MAX / 2 + 8);
        refuse_one(&l, "too long a number", &in, CV_E_KEY_SYNTAX);
        load_rsa(&in);
    }
    in.bytes[0][255] ^= 1;
    refuse_one(&l, "an even modulus", &in, CV_E_BAD_MODULUS);
    load_rsa(&in);
    k->n.len = 255;
    in.bytes[0][254] |= 1;
    refuse_one(&l, "2040 bits", &in, CV_E_CERT_WEAK_KEY);
}

/* A share, for a group. */
struct share_input {
    const struct cv_group *group;
    struct cv_bytes share;
    uint8_t private_key[CV_KEX_PRIVATE_MAX];
};

static cv_err respond_to(const void *input)
{
    const struct share_input *in = input;
    static uint8_t share[CV_KEX_SHARE_MAX], secret[CV_KEX_SECRET_MAX];
    return in->group->respond(in->group, share, secret, in->share, &rng);
}

static cv_err finish_with(const void *input)
{
    const struct share_input *in = input;
    static uint8_t secret[CV_KEX_SECRET_MAX];
    return in->group->finish(in->group, secret, in->private_key, in->share);
}

static void refuse_share(struct limit *respond, struct limit *finish, struct share_input *in,
                         const char *what, const uint8_t *share, size_t len)
{
    in->share = cv_bytes(share, len);
    refuse_one(respond, what, in, CV_E_BAD_KEY_SHARE);
    if (finish != NULL) refuse_one(finish, what, in, CV_E_BAD_KEY_SHARE);
}

static void points(void **state)
{
    (void)state;
    static const struct cv_group *const groups[] = {&cv_group_p256, &cv_group_p384, &cv_group_p521};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        static struct share_input in;
        uint8_t good[133], bad[134];
        const size_t len = groups[i]->client_share_len;
        in.group = groups[i];
        assert_int_equal(groups[i]->generate(groups[i], in.private_key, good, &rng), CV_OK);
        in.share = cv_bytes(good, len);
        struct limit respond = accept_one(respond_to, &in), finish = accept_one(finish_with, &in);
        memcpy(bad, good, len);
        bad[len - 1] ^= 1;
        refuse_share(&respond, &finish, &in, "a point off the curve", bad, len);
        memset(bad + 1, 0xff, len - 1);
        refuse_share(&respond, &finish, &in, "coordinates above p", bad, len);
        memset(bad + 1, 0, len - 1);
        refuse_share(&respond, &finish, &in, "(0, 0)", bad, len);
        bad[0] = 0;
        refuse_share(&respond, &finish, &in, "infinity", bad, 1);
        memcpy(bad, good, len);
        bad[0] = 2;
        refuse_share(&respond, &finish, &in, "a compressed point", bad, 1 + (len - 1) / 2);
        refuse_share(&respond, &finish, &in, "the wrong form", bad, len);
        refuse_share(&respond, &finish, &in, "too few bytes", good, len - 1);
        refuse_share(&respond, &finish, &in, "too many bytes", bad, len + 1);
        refuse_share(&respond, &finish, &in, "no bytes", bad, 0);
    }
}

/* Any 32 or 56 bytes are a share of X25519 or X448: only lengths are refused at once. That a share has a
 * small order shows in the secret (test_x25519, test_curve448). */
static void lengths_and_numbers(void **state)
{
    (void)state;
    static const struct cv_group *const groups[] = {
        &cv_group_x25519,    &cv_group_x448,           &cv_group_ffdhe2048,    &cv_group_ffdhe3072,
        &cv_group_ffdhe4096, &cv_group_x25519mlkem768, &cv_group_p256mlkem768, &cv_group_p384mlkem1024,
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        static struct share_input in;
        static uint8_t good[CV_KEX_SHARE_MAX + 1], bad[CV_KEX_SHARE_MAX + 1];
        const size_t len = groups[i]->client_share_len;
        in.group = groups[i];
        assert_int_equal(groups[i]->generate(groups[i], in.private_key, good, &rng), CV_OK);
        in.share = cv_bytes(good, len);
        struct limit respond = accept_one(respond_to, &in);
        refuse_share(&respond, NULL, &in, "too few bytes", good, len - 1);
        refuse_share(&respond, NULL, &in, "too many bytes", good, len + 1);
        refuse_share(&respond, NULL, &in, "no bytes", good, 0);
        if (i >= 2 && i <= 4) {
            memset(bad, 0xff, len);
            refuse_share(&respond, NULL, &in, "a number above p", bad, len);
            memset(bad, 0, len);
            refuse_share(&respond, NULL, &in, "0", bad, len);
            bad[len - 1] = 1;
            refuse_share(&respond, NULL, &in, "1", bad, len);
        }
        if (i >
            4) { /* a coefficient of 4095: FIPS 203 section 7.2; ML-KEM comes first, or behind the point */
            memcpy(bad, good, len);
            const size_t at = groups[i] == &cv_group_x25519mlkem768 ? 0
                              : groups[i] == &cv_group_p256mlkem768 ? 65
                                                                    : 97;
            memset(bad + at, 0xff, 3);
            refuse_share(&respond, NULL, &in, "a coefficient not below q", bad, len);
        }
    }
}

struct signed_input {
    cv_verify_fn *verify;
    const struct cv_hash *hash;
    struct cv_public_key pub;
    struct cv_bytes sig;
};

static cv_err verify_it(const void *input)
{
    const struct signed_input *in = input;
    return in->verify(&in->pub, in->hash, cv_bytes(digest, sizeof digest), in->sig);
}

static void ecdsa(void **state)
{
    (void)state;
    static const struct {
        enum cv_key_type type;
        size_t len;
        cv_sign_fn *sign;
        cv_verify_fn *verify;
    } rows[] = {{CV_KEY_P256, 32, cv_ecdsa_p256_sign, cv_ecdsa_p256_verify},
                {CV_KEY_P384, 48, cv_ecdsa_p384_sign, cv_ecdsa_p384_verify},
                {CV_KEY_P521, 66, cv_ecdsa_p521_sign, cv_ecdsa_p521_verify}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t secret[66] = {0}, point[133], sig[144], bad[144] = {0x30, 6, 2, 1, 0, 2, 1, 1};
        size_t sig_len = sizeof sig, point_len = sizeof point;
        secret[rows[i].len - 1] = 77;
        const struct cv_private_key key = {.type = rows[i].type, .secret = cv_bytes(secret, rows[i].len)};
        assert_int_equal(cv_ec_public_key(&key, point, &point_len), CV_OK);
        assert_int_equal(rows[i].sign(&key, &cv_sha256, cv_bytes(digest, 32), sig, &sig_len, NULL), CV_OK);
        struct signed_input in = {
            .verify = rows[i].verify, .hash = &cv_sha256, .sig = cv_bytes(sig, sig_len)};
        in.pub = (struct cv_public_key){.type = rows[i].type, .point = cv_bytes(point, point_len)};
        struct limit l = accept_one(verify_it, &in);
        point[point_len - 1] ^= 1;
        refuse_one(&l, "a key off the curve", &in, CV_E_CERT_KEY);
        point[point_len - 1] ^= 1;
        in.sig.len--;
        refuse_one(&l, "a truncated signature", &in, CV_E_BAD_SIGNATURE);
        in.sig = cv_bytes(bad, 8);
        refuse_one(&l, "r = 0", &in, CV_E_BAD_SIGNATURE);
        bad[4] = 1;
        bad[7] = 0;
        refuse_one(&l, "s = 0", &in, CV_E_BAD_SIGNATURE);
        bad[4] = 0x80;
        bad[7] = 1;
        refuse_one(&l, "a negative r", &in, CV_E_BAD_SIGNATURE);
        in.sig = cv_bytes(bad, 0);
        refuse_one(&l, "no signature", &in, CV_E_BAD_SIGNATURE);
    }
}

static void eddsa(void **state)
{
    (void)state;
    static const struct {
        enum cv_key_type type;
        size_t len; /* of a key and of half a signature */
        cv_sign_fn *sign;
        cv_verify_fn *verify;
    } rows[] = {{CV_KEY_ED25519, 32, cv_ed25519_sign, cv_ed25519_verify},
                {CV_KEY_ED448, 57, cv_ed448_sign, cv_ed448_verify}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t len = rows[i].len;
        uint8_t secret[57] = {5}, point[57], sig[115];
        size_t sig_len = sizeof sig;
        const struct cv_private_key key = {.type = rows[i].type, .secret = cv_bytes(secret, len)};
        assert_int_equal(i == 0 ? cv_ed25519_public_key(&key, point) : cv_ed448_public_key(&key, point),
                         CV_OK);
        assert_int_equal(rows[i].sign(&key, NULL, cv_bytes(digest, 32), sig, &sig_len, NULL), CV_OK);
        struct signed_input in = {.verify = rows[i].verify, .sig = cv_bytes(sig, sig_len)};
        in.pub = (struct cv_public_key){.type = rows[i].type, .point = cv_bytes(point, len)};
        struct limit l = accept_one(verify_it, &in);
        in.sig.len--;
        refuse_one(&l, "a truncated signature", &in, CV_E_BAD_SIGNATURE);
        in.sig.len += 2;
        refuse_one(&l, "a byte too many", &in, CV_E_BAD_SIGNATURE);
        in.sig.len = 2 * len;
        memset(sig + len, 0xff, len);
        refuse_one(&l, "a scalar not below the order", &in, CV_E_BAD_SIGNATURE);
        memset(sig + len, 0, len);
        in.pub.point.len--;
        refuse_one(&l, "a short key", &in, CV_E_CERT_KEY);
        in.pub.point.len++;
        memset(point, 0xff, len);
        refuse_one(&l, "a coordinate not below p", &in, CV_E_CERT_KEY);
        memset(point, 0, len); /* the smallest y above 1 with which there is no point; with y = 0 there is */
        for (point[0] = 2; verify_it(&in) != CV_E_CERT_KEY;) point[0]++;
        refuse_one(&l, "no point", &in, CV_E_CERT_KEY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_public_keys), cmocka_unit_test(rsa_private_keys),
        cmocka_unit_test(points),          cmocka_unit_test(lengths_and_numbers),
        cmocka_unit_test(ecdsa),           cmocka_unit_test(eddsa),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
