#include "pki.h"
#include "x509/alg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void reads_the_fields(void **state)
{
    (void)state;
    struct cv_cert leaf = pki_cert("leaf"), ica = pki_cert("ica"), v1 = pki_cert("root-v1");
    assert_int_equal(leaf.version, 3);
    assert_int_equal(leaf.serial.len, 1);
    assert_int_equal(leaf.serial.p[0], 3);
    assert_true(leaf.not_before == 1577836800 && leaf.not_after == 2208988800);
    assert_true(leaf.has_basic_constraints && !leaf.is_ca);
    assert_int_equal(leaf.key_usage, CV_KU_DIGITAL_SIGNATURE);
    assert_int_equal(leaf.eku, CV_EKU_SERVER_AUTH);
    assert_int_equal(leaf.present, CV_EXT_BASIC_CONSTRAINTS | CV_EXT_KEY_USAGE | CV_EXT_EKU | CV_EXT_SAN |
                                       CV_EXT_SKI | CV_EXT_AKI);
    assert_int_equal(leaf.critical, CV_EXT_BASIC_CONSTRAINTS | CV_EXT_KEY_USAGE);
    assert_int_equal(leaf.deviations, 0);
    assert_int_equal(leaf.key.type, CV_KEY_P256);
    assert_int_equal(leaf.sig.family, CV_SIG_ECDSA);
    assert_int_equal(leaf.sig.hash, CV_HASH_SHA256);
    assert_true(cv_bytes_equal(leaf.issuer, ica.subject));
    assert_true(leaf.issuer_hash == ica.subject_hash);
    assert_true(cv_bytes_equal(leaf.aki, ica.ski));
    assert_true(ica.is_ca && ica.has_path_len && ica.path_len == 0);
    assert_int_equal(ica.key_usage, CV_KU_KEY_CERT_SIGN | CV_KU_CRL_SIGN);
    assert_int_equal(v1.version, 1);
    assert_int_equal(v1.present, 0);
    assert_true(pki_cert("leaf-critical").unknown_critical);
}

static const char *const samples[] = {"leaf",         "ica",          "leaf-pss",
                                      "leaf-ed25519", "bad-v1",       "bad-constraints",
                                      "bad-policy",   "ica-explicit", "leaf-critical"};
enum { N_SAMPLES = sizeof samples / sizeof samples[0] };

static void every_prefix_of_a_certificate_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SAMPLES; i++) {
        struct cv_bytes der = pki_cert(samples[i]).der;
        struct cv_cert c;
        for (size_t n = 0; n < der.len; n++) {
            uint8_t *copy = malloc(n ? n : 1); /* of its own, so that reading past it is seen */
            memcpy(copy, der.p, n);
            assert_int_equal(cv_cert_parse(&c, cv_bytes(copy, n)), CV_E_CERT_DER);
            free(copy);
        }
        uint8_t *longer = malloc(der.len + 1);
        memcpy(longer, der.p, der.len);
        longer[der.len] = 0;
        assert_int_equal(cv_cert_parse(&c, cv_bytes(longer, der.len + 1)), CV_E_CERT_DER);
        free(longer);
    }
}

static bool is_within(struct cv_bytes view, struct cv_bytes whole)
{
    return view.p == NULL || (view.p >= whole.p && view.p + view.len <= whole.p + whole.len);
}

static void no_mutation_of_a_certificate_does_harm(void **state)
{
    (void)state;
    static const uint8_t masks[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff};
    for (size_t i = 0; i < N_SAMPLES; i++) {
        struct cv_bytes der = pki_cert(samples[i]).der;
        uint8_t *copy = malloc(der.len);
        struct cv_bytes all = cv_bytes(copy, der.len);
        size_t n_refused = 0;
        for (size_t at = 0; at < der.len; at++) {
            for (size_t m = 0; m < sizeof masks; m++) {
                struct cv_cert c;
                memcpy(copy, der.p, der.len);
                copy[at] ^= masks[m];
                cv_err e = cv_cert_parse(&c, all);
                if (e != CV_OK) {
                    assert_true(e == CV_E_CERT_DER || e == CV_E_CERT_SYNTAX || e == CV_E_CERT_KEY);
                    n_refused++;
                    continue;
                }
                const struct cv_bytes views[] = {c.tbs,
                                                 c.serial,
                                                 c.issuer,
                                                 c.subject,
                                                 c.spki,
                                                 c.signature,
                                                 c.san,
                                                 c.name_constraints,
                                                 c.ski,
                                                 c.aki,
                                                 c.policies,
                                                 c.key.point,
                                                 c.key.n,
                                                 c.key.e,
                                                 c.policy_constraints,
                                                 c.extensions};
                for (size_t v = 0; v < sizeof views / sizeof views[0]; v++)
                    assert_true(is_within(views[v], all));
            }
        }
        assert_true(n_refused > der.len); /* more than one mask in nine */
        free(copy);
    }
}

struct der {
    uint8_t p[4096];
    size_t len;
};

static void put(struct der *d, const void *p, size_t len)
{
    assert_true(d->len + len <= sizeof d->p);
    memcpy(d->p + d->len, p, len);
    d->len += len;
}

/* Wraps what was written since `start` in an element. */
static void wrap(struct der *d, size_t start, uint8_t tag)
{
    size_t len = d->len - start;
    assert_true(d->len + 4 <= sizeof d->p);
    memmove(d->p + start + 4, d->p + start, len);
    d->p[start] = tag;
    if (len < 128) {
        d->p[start + 1] = (uint8_t)len;
        memmove(d->p + start + 2, d->p + start + 4, len);
        d->len = start + 2 + len;
    } else if (len < 256) {
        d->p[start + 1] = 0x81;
        d->p[start + 2] = (uint8_t)len;
        memmove(d->p + start + 3, d->p + start + 4, len);
        d->len = start + 3 + len;
    } else {
        d->p[start + 1] = 0x82;
        d->p[start + 2] = (uint8_t)(len >> 8);
        d->p[start + 3] = (uint8_t)len;
        d->len = start + 4 + len;
    }
}

#define PUT(d, ...) put(d, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define ED25519_ALG 0x30, 5, 6, 3, 0x2b, 0x65, 0x70
#define SOME_NAME 0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, 'a'
#define SOME_DATES                                                                                           \
    0x30, 30, 0x17, 13, '2', '0', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0', 'Z', 0x17, 13, '4', '0', \
        '0', '1', '0', '1', '0', '0', '0', '0', '0', '0', 'Z'

/* A certificate made by hand: the version's number, the serial's element, the content of the extensions
 * (NULL: none at all). */
static cv_err parse_made(struct cv_cert *c, int version, const void *serial, size_t serial_len,
                         const void *extensions, size_t extensions_len)
{
    static struct der d; /* c's views point into it */
    static const uint8_t zeros[64];
    d.len = 0;
    if (version) PUT(&d, 0xa0, 3, 2, 1, (uint8_t)(version - 1));
    put(&d, serial, serial_len);
    PUT(&d, ED25519_ALG, SOME_NAME, SOME_DATES, SOME_NAME, 0x30, 42, ED25519_ALG, 3, 33, 0);
    put(&d, zeros, 32);
    if (extensions) {
        size_t start = d.len;
        put(&d, extensions, extensions_len);
        wrap(&d, start, 0x30);
        wrap(&d, start, 0xa3);
    }
    wrap(&d, 0, 0x30);
    PUT(&d, ED25519_ALG, 3, 65, 0);
    put(&d, zeros, 64);
    wrap(&d, 0, 0x30);
    return cv_cert_parse(c, cv_bytes(d.p, d.len));
}

#define SERIAL(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void versions(void **state)
{
    (void)state;
    struct cv_cert c;
    static const uint8_t ext[] = {0x30, 9, 6, 3, 0x55, 0x1d, 0x0e, 4, 2, 4, 0};
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 1, 1), ext, sizeof ext), CV_OK);
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 1, 1), NULL, 0), CV_OK);
    assert_int_equal(parse_made(&c, 0, SERIAL(2, 1, 1), NULL, 0), CV_OK);
    assert_int_equal(c.version, 1);
    assert_int_equal(parse_made(&c, 1, SERIAL(2, 1, 1), NULL, 0), CV_OK);
    assert_int_equal(c.deviations, CV_DEV_EXPLICIT_DEFAULT);
    assert_int_equal(parse_made(&c, 4, SERIAL(2, 1, 1), NULL, 0), CV_E_CERT_SYNTAX);
    assert_int_equal(parse_made(&c, 2, SERIAL(2, 1, 1), ext, sizeof ext), CV_E_CERT_SYNTAX);
    assert_int_equal(parse_made(&c, 0, SERIAL(2, 1, 1), ext, sizeof ext), CV_E_CERT_SYNTAX);
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 1, 1), ext, 0), CV_E_CERT_SYNTAX);
}

static void serials(void **state)
{
    (void)state;
    struct cv_cert c;
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 0), NULL, 0), CV_E_CERT_DER);
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 1, 0x80), NULL, 0), CV_E_CERT_SYNTAX);
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 1, 0), NULL, 0), CV_OK);
    assert_int_equal(c.deviations, CV_DEV_SERIAL_ZERO);
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 20, 1, [21] = 0), NULL, 0), CV_OK);
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 21, 0, 0x80, [22] = 0), NULL, 0), CV_OK);
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 21, 1, [22] = 0), NULL, 0), CV_E_CERT_SYNTAX);
}

struct ext_case {
    const char *why;
    uint8_t oid[10], oid_len;
    uint8_t value[40], value_len;
    cv_err want;
};

#define CE(n) {0x55, 0x1d, n}, 3
#define PE(n) {0x2b, 6, 1, 5, 5, 7, 1, n}, 8

static void extensions_in_their_forms(void **state)
{
    (void)state;
    static const struct ext_case t[] = {
        {"CA", CE(19), {0x30, 3, 1, 1, 0xff}, 5, CV_OK},
        {"path length", CE(19), {0x30, 6, 1, 1, 0xff, 2, 1, 0}, 8, CV_OK},
        {"negative path length", CE(19), {0x30, 6, 1, 1, 0xff, 2, 1, 0xff}, 8, CV_E_CERT_SYNTAX},
        {"huge path length", CE(19), {0x30, 11, 1, 1, 0xff, 2, 6, 1, 0, 0, 0, 0, 0}, 13, CV_E_CERT_SYNTAX},
        {"more in basicConstraints", CE(19), {0x30, 5, 1, 1, 0xff, 5, 0}, 7, CV_E_CERT_SYNTAX},
        {"BOOLEAN 1", CE(19), {0x30, 3, 1, 1, 1}, 5, CV_E_CERT_DER},
        {"trailing byte", CE(19), {0x30, 0, 0}, 3, CV_E_CERT_DER},
        {"empty value", CE(19), {0}, 0, CV_E_CERT_DER},
        {"not a SEQUENCE", CE(19), {5, 0}, 2, CV_E_CERT_SYNTAX},
        {"key usage", CE(15), {3, 2, 1, 6}, 4, CV_OK},
        {"key usage, not a BIT STRING", CE(15), {2, 1, 6}, 3, CV_E_CERT_SYNTAX},
        {"EKU empty", CE(37), {0x30, 0}, 2, CV_E_CERT_SYNTAX},
        {"EKU of INTEGER", CE(37), {0x30, 3, 2, 1, 1}, 5, CV_E_CERT_SYNTAX},
        {"SAN empty", CE(17), {0x30, 0}, 2, CV_E_CERT_SYNTAX},
        {"SAN text", CE(17), {'e', 'x', 'a'}, 3, CV_E_CERT_DER},
        {"SAN DNS", CE(17), {0x30, 3, 0x82, 1, 'a'}, 5, CV_OK},
        {"SAN DNS, not ASCII", CE(17), {0x30, 3, 0x82, 1, 0xe4}, 5, CV_E_CERT_SYNTAX},
        {"SAN DNS, constructed", CE(17), {0x30, 4, 0xa2, 2, 5, 0}, 6, CV_E_CERT_SYNTAX},
        {"SAN address of 5", CE(17), {0x30, 7, 0x87, 5, 1, 2, 3, 4, 5}, 9, CV_E_CERT_SYNTAX},
        {"SAN [9]", CE(17), {0x30, 2, 0x89, 0}, 4, CV_E_CERT_SYNTAX},
        {"SAN universal", CE(17), {0x30, 2, 0x0c, 0}, 4, CV_E_CERT_SYNTAX},
        {"SAN directory, not a Name", CE(17), {0x30, 4, 0xa4, 2, 5, 0}, 6, CV_E_CERT_SYNTAX},
        {"SAN otherName without value", CE(17), {0x30, 5, 0xa0, 3, 6, 1, 0x2a}, 7, CV_E_CERT_SYNTAX},
        {"constraints empty", CE(30), {0x30, 0}, 2, CV_E_CERT_SYNTAX},
        {"permitted empty", CE(30), {0x30, 2, 0xa0, 0}, 4, CV_E_CERT_SYNTAX},
        {"excluded", CE(30), {0x30, 7, 0xa1, 5, 0x30, 3, 0x82, 1, 'a'}, 9, CV_OK},
        {"excluded, minimum 0",
         CE(30),
         {0x30, 10, 0xa1, 8, 0x30, 6, 0x82, 1, 'a', 0x80, 1, 0},
         12,
         CV_E_CERT_SYNTAX},
        {"excluded, maximum",
         CE(30),
         {0x30, 10, 0xa1, 8, 0x30, 6, 0x82, 1, 'a', 0x81, 1, 1},
         12,
         CV_E_CERT_SYNTAX},
        {"constraint in another form",
         CE(30),
         {0x30, 8, 0xa1, 6, 0x30, 4, 0xa2, 2, 5, 0},
         10,
         CV_E_CERT_SYNTAX},
        {"constraints in wrong order",
         CE(30),
         {0x30, 14, 0xa1, 5, 0x30, 3, 0x82, 1, 'a', 0xa0, 5, 0x30, 3, 0x82, 1, 'a'},
         16,
         CV_E_CERT_SYNTAX},
        {"AKI", CE(35), {0x30, 3, 0x80, 1, 1}, 5, CV_OK},
        {"AKI with more", CE(35), {0x30, 3, 0x83, 1, 1}, 5, CV_E_CERT_SYNTAX},
        {"SKI", CE(14), {4, 1, 1}, 3, CV_OK},
        {"policies empty", CE(32), {0x30, 0}, 2, CV_E_CERT_SYNTAX},
        {"policy", CE(32), {0x30, 5, 0x30, 3, 6, 1, 0x2a}, 7, CV_OK},
        {"mapping of one", CE(33), {0x30, 5, 0x30, 3, 6, 1, 0x2a}, 7, CV_E_CERT_SYNTAX},
        {"policy constraints empty", CE(36), {0x30, 0}, 2, CV_E_CERT_SYNTAX},
        {"policy constraints", CE(36), {0x30, 6, 0x80, 1, 0, 0x81, 1, 0}, 8, CV_OK},
        {"policy constraints, negative", CE(36), {0x30, 3, 0x80, 1, 0xff}, 5, CV_E_CERT_SYNTAX},
        {"inhibitAnyPolicy", CE(54), {2, 1, 0}, 3, CV_OK},
        {"inhibitAnyPolicy, negative", CE(54), {2, 1, 0xff}, 3, CV_E_CERT_SYNTAX},
        {"CRL points empty", CE(31), {0x30, 0}, 2, CV_E_CERT_SYNTAX},
        {"AIA", PE(1), {0x30, 8, 0x30, 6, 6, 1, 0x2a, 0x86, 1, 'a'}, 10, CV_OK},
        {"AIA, text", PE(1), {0x30, 3, 0x0c, 1, 'a'}, 5, CV_E_CERT_SYNTAX},
        {"AIA empty", PE(1), {0x30, 0}, 2, CV_E_CERT_SYNTAX},
        {"SIA", PE(11), {0x30, 8, 0x30, 6, 6, 1, 0x2a, 0x86, 1, 'a'}, 10, CV_OK},
        {"SIA, text", PE(11), {0x30, 3, 0x0c, 1, 'a'}, 5, CV_E_CERT_SYNTAX},
        {"issuer's alternative name", CE(18), {0x30, 3, 0x82, 1, 'a'}, 5, CV_OK},
        {"issuer's alternative name empty", CE(18), {0x30, 0}, 2, CV_E_CERT_SYNTAX},
        {"freshest CRL", CE(46), {0x30, 2, 0x30, 0}, 4, CV_OK},
        {"freshest CRL empty", CE(46), {0x30, 0}, 2, CV_E_CERT_SYNTAX},
        {"mapping", CE(33), {0x30, 8, 0x30, 6, 6, 1, 0x2a, 6, 1, 0x2b}, 10, CV_OK},
        {"directory attribute", CE(9), {0x30, 7, 0x30, 5, 6, 1, 0x2a, 0x31, 0}, 9, CV_OK},
        {"directory attribute without values", CE(9), {0x30, 5, 0x30, 3, 6, 1, 0x2a}, 7, CV_E_CERT_SYNTAX},
        {"directory attributes empty", CE(9), {0x30, 0}, 2, CV_E_CERT_SYNTAX},
        {"TLS feature", PE(24), {0x30, 3, 2, 1, 5}, 5, CV_OK},
        {"unknown, not DER", {0x2a, 3}, 2, {1, 2, 3}, 3, CV_OK},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct der d = {.len = 0};
        struct cv_cert c;
        put(&d, t[i].oid, t[i].oid_len);
        wrap(&d, 0, 6);
        size_t start = d.len;
        put(&d, t[i].value, t[i].value_len);
        wrap(&d, start, 4);
        wrap(&d, 0, 0x30);
        cv_err e = parse_made(&c, 3, SERIAL(2, 1, 1), d.p, d.len);
        if (e != t[i].want)
            fail_msg("%s: %s instead of %s", t[i].why, cv_err_name(e), cv_err_name(t[i].want));
        put(&d, d.p, d.len); /* the same again */
        assert_int_not_equal(parse_made(&c, 3, SERIAL(2, 1, 1), d.p, d.len), CV_OK);
    }
}

static void critical_flag(void **state)
{
    (void)state;
    static const uint8_t yes[] = {0x30, 10, 6, 2, 0x2a, 3, 1, 1, 0xff, 4, 1, 0};
    static const uint8_t no[] = {0x30, 10, 6, 2, 0x2a, 3, 1, 1, 0, 4, 1, 0};
    static const uint8_t more[] = {0x30, 9, 6, 2, 0x2a, 3, 4, 1, 0, 5, 0};
    struct cv_cert c;
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 1, 1), yes, sizeof yes), CV_OK);
    assert_true(c.unknown_critical);
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 1, 1), no, sizeof no), CV_OK);
    assert_false(c.unknown_critical);
    assert_int_equal(c.deviations, CV_DEV_EXPLICIT_DEFAULT);
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 1, 1), more, sizeof more), CV_E_CERT_SYNTAX);
    /* RFC 5280 4.2.1.8: known, but not processed */
    static uint8_t attributes[] = {0x30, 19,   6, 3,    0x55, 0x1d, 9, 1,    1,    0xff, 4,
                                   9,    0x30, 7, 0x30, 5,    6,    1, 0x2a, 0x31, 0};
    assert_int_equal(parse_made(&c, 3, SERIAL(2, 1, 1), attributes, sizeof attributes), CV_OK);
    assert_true(c.unknown_critical);
}

static void inner_and_outer_algorithm_agree(void **state)
{
    (void)state;
    struct cv_cert c = pki_cert("leaf");
    struct cv_bytes der = c.der;
    uint8_t *copy = malloc(der.len);
    size_t at = (size_t)(c.sig_alg.p - der.p) + c.sig_alg.len - 1;
    memcpy(copy, der.p, der.len);
    copy[at] = 3; /* ecdsa-with-SHA384 */
    assert_int_equal(cv_cert_parse(&c, cv_bytes(copy, der.len)), CV_E_CERT_SYNTAX);
    free(copy);
}

#define RSA_OID(n) 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, n
#define ALG(...) cv_bytes((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define SHA256_OID 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1

static void signature_algorithms(void **state)
{
    (void)state;
    struct cv_cert_sig_alg a;
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 13, RSA_OID(11), 5, 0)), CV_OK);
    assert_true(a.known && a.family == CV_SIG_RSA_PKCS1 && a.hash == CV_HASH_SHA256);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 11, RSA_OID(11))), CV_OK); /* RFC 4055 5 */
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 13, RSA_OID(11), 0x30, 0)), CV_E_CERT_SYNTAX);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 15, RSA_OID(11), 5, 0, 5, 0)), CV_E_CERT_SYNTAX);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 13, RSA_OID(4), 5, 0)), CV_OK); /* MD5 */
    assert_false(a.known);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 7, 6, 3, 0x2b, 0x65, 0x70, 5, 0)), CV_E_CERT_SYNTAX);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 5, 6, 3, 0x2b, 0x65, 0x71)), CV_OK);
    assert_int_equal(a.key, CV_KEY_ED448);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 12, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2, 5, 0)),
                     CV_E_CERT_SYNTAX);
}

static void pss_parameters(void **state)
{
    (void)state;
    struct cv_cert_sig_alg a;
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 11, RSA_OID(10))), CV_E_CERT_SYNTAX);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 13, RSA_OID(10), 0x30, 0)), CV_OK);
    assert_true(a.known && a.hash == CV_HASH_SHA1 && a.mgf_hash == CV_HASH_SHA1 && a.salt_len == 20);
    assert_int_equal(
        cv_sig_alg_parse(&a, ALG(0x30, 28, RSA_OID(10), 0x30, 15, 0xa0, 13, 0x30, 11, SHA256_OID)), CV_OK);
    assert_true(a.known && a.hash == CV_HASH_SHA256 && a.mgf_hash == CV_HASH_SHA1);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 41, RSA_OID(10), 0x30, 28, 0xa1, 26, 0x30, 24, RSA_OID(8),
                                              0x30, 11, SHA256_OID)),
                     CV_OK);
    assert_true(a.known && a.hash == CV_HASH_SHA1 && a.mgf_hash == CV_HASH_SHA256);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 18, RSA_OID(10), 0x30, 5, 0xa2, 3, 2, 1, 32)), CV_OK);
    assert_int_equal(a.salt_len, 32);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 18, RSA_OID(10), 0x30, 5, 0xa2, 3, 2, 1, 0xff)),
                     CV_E_CERT_SYNTAX);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 19, RSA_OID(10), 0x30, 6, 0xa2, 4, 2, 2, 0x40, 0)),
                     CV_E_CERT_SYNTAX);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 18, RSA_OID(10), 0x30, 5, 0xa3, 3, 2, 1, 2)),
                     CV_E_CERT_SYNTAX);
    assert_int_equal(cv_sig_alg_parse(&a, ALG(0x30, 18, RSA_OID(10), 0x30, 5, 0xa4, 3, 2, 1, 2)),
                     CV_E_CERT_SYNTAX);
}

/* What a key's own parameters ask, and who verifies salts of another length. */
static cv_err yes(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                  struct cv_bytes sig)
{
    (void)key, (void)hash, (void)m, (void)sig;
    return CV_OK;
}

static cv_err yes_pss(const struct cv_public_key *key, const struct cv_hash *hash,
                      const struct cv_hash *mgf_hash, size_t salt_len, struct cv_bytes m, struct cv_bytes sig)
{
    (void)key, (void)m, (void)sig;
    return hash == &cv_sha256 && mgf_hash == &cv_sha384 && salt_len == 20 ? CV_OK : CV_E_BAD_SIGNATURE;
}

static void schemes_are_chosen_by_all_that_counts(void **state)
{
    (void)state;
    struct cv_sig_scheme s[] = {
        {.key = CV_KEY_RSA_PSS, .family = CV_SIG_RSA_PSS, .hash = &cv_sha256, .verify = yes},
        {.key = CV_KEY_RSA_PSS, .family = CV_SIG_RSA_PSS, .hash = &cv_sha384, .verify = yes},
        {.key = CV_KEY_ED25519, .family = CV_SIG_EDDSA, .verify = yes},
        {.key = CV_KEY_ED448, .family = CV_SIG_EDDSA, .verify = yes},
    };
    struct cv_cert c = {.tbs = cv_bytes((const uint8_t *)"x", 1),
                        .sig = {.known = true,
                                .family = CV_SIG_RSA_PSS,
                                .hash = CV_HASH_SHA256,
                                .mgf_hash = CV_HASH_SHA256,
                                .salt_len = 32}};
    struct cv_public_key pss = {.type = CV_KEY_RSA_PSS}, rsa = {.type = CV_KEY_RSA},
                         ed = {.type = CV_KEY_ED25519};
    assert_int_equal(cv_cert_check_signature(&c, &pss, s, 4), CV_OK);
    assert_int_equal(cv_cert_check_signature(&c, &rsa, s, 4), CV_E_CERT_SIGNATURE_ALGORITHM);
    assert_int_equal(cv_cert_check_signature(&c, &pss, s, 0), CV_E_CERT_SIGNATURE_ALGORITHM);
    pss.pss_hash = CV_HASH_SHA384;
    assert_int_equal(cv_cert_check_signature(&c, &pss, s, 4), CV_E_CERT_SIGNATURE_ALGORITHM);
    pss.pss_hash = CV_HASH_SHA256;
    pss.pss_salt_min = 33;
    assert_int_equal(cv_cert_check_signature(&c, &pss, s, 4), CV_E_CERT_SIGNATURE_ALGORITHM);
    pss.pss_salt_min = 32;
    assert_int_equal(cv_cert_check_signature(&c, &pss, s, 4), CV_OK);

    pss = (struct cv_public_key){.type = CV_KEY_RSA_PSS};
    c.sig.salt_len = 20;
    c.sig.mgf_hash = CV_HASH_SHA384;
    assert_int_equal(cv_cert_check_signature(&c, &pss, s, 4), CV_E_CERT_SIGNATURE_ALGORITHM);
    s[0].verify_pss = yes_pss;
    assert_int_equal(cv_cert_check_signature(&c, &pss, s, 4), CV_OK);
    c.sig.salt_len = 21;
    assert_int_equal(cv_cert_check_signature(&c, &pss, s, 4), CV_E_CERT_SIGNATURE);

    c.sig = (struct cv_cert_sig_alg){.known = true, .family = CV_SIG_EDDSA, .key = CV_KEY_ED448};
    assert_int_equal(cv_cert_check_signature(&c, &ed, s, 4), CV_E_CERT_SIGNATURE_ALGORITHM);
    c.sig.key = CV_KEY_ED25519;
    assert_int_equal(cv_cert_check_signature(&c, &ed, s, 4), CV_OK);
    c.sig.known = false;
    assert_int_equal(cv_cert_check_signature(&c, &ed, s, 4), CV_E_CERT_SIGNATURE_ALGORITHM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_fields),
        cmocka_unit_test(every_prefix_of_a_certificate_fails),
        cmocka_unit_test(no_mutation_of_a_certificate_does_harm),
        cmocka_unit_test(versions),
        cmocka_unit_test(serials),
        cmocka_unit_test(extensions_in_their_forms),
        cmocka_unit_test(critical_flag),
        cmocka_unit_test(inner_and_outer_algorithm_agree),
        cmocka_unit_test(signature_algorithms),
        cmocka_unit_test(pss_parameters),
        cmocka_unit_test(schemes_are_chosen_by_all_that_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
