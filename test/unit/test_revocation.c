#include "pki.h"
#include "x509/revocation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LIST_MAX = 8 };

static const int64_t NOW = 1893456000; /* 2030-01-01 */

/* Names are of chains.pem and revocation.pem, with spaces between. */
struct test {
    const char *leaf, *intermediates, *root;
    const char *crls, *staple;
    cv_err want;
    size_t depth;
    struct cv_revocation how;
    enum cv_profile profile;
    uint32_t max_signatures;
};

static const char *next_word(const char *list, char name[64])
{
    int used;

    return list && sscanf(list, "%63s%n", name, &used) == 1 ? list + used : NULL;
}

static cv_err run(const struct test *t, struct cv_verdict *verdict)
{
    struct cv_cert leaf = pki_cert(t->leaf), root = pki_cert(t->root), inter[LIST_MAX];
    struct cv_crl crls[LIST_MAX];
    struct cv_ocsp staple;
    struct cv_revocation how = t->how;
    struct cv_trust_store trust = {&root, 1};
    struct cv_path path;
    size_t n = 0;
    char name[64];

    for (const char *at = t->intermediates; (at = next_word(at, name)) != NULL;) inter[n++] = pki_cert(name);
    for (const char *at = t->crls; (at = next_word(at, name)) != NULL;)
        assert_int_equal(cv_crl_parse(&crls[how.n_crls++], pki_der("revocation.pem", name)), CV_OK);
    how.check = cv_revocation_check;
    how.crls = crls;
    if (t->staple) {
        assert_int_equal(cv_ocsp_parse(&staple, pki_der("revocation.pem", t->staple)), CV_OK);
        how.staples = &staple;
        how.n_staples = 1;
    }
    const struct cv_path_params params = {.trust = &trust,
                                          .schemes = pki_schemes,
                                          .n_schemes = pki_n_schemes,
                                          .now = NOW,
                                          .profile = t->profile,
                                          .max_signatures = t->max_signatures,
                                          .revocation = &how};
    return cv_path_validate(&path, verdict, &leaf, inter, n, &params);
}

static void check_all(const struct test *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct cv_verdict v;
        cv_err e = run(&t[i], &v);
        if (e != t[i].want || (e != CV_OK && v.depth != t[i].depth))
            fail_msg("%s, %s, %s: %s at %u instead of %s at %zu", t[i].leaf, t[i].crls ? t[i].crls : "-",
                     t[i].staple ? t[i].staple : "-", cv_err_name(e), v.depth, cv_err_name(t[i].want),
                     t[i].depth);
    }
}

#define CHECK_ALL(t) check_all(t, sizeof(t) / sizeof(t)[0])
#define CHAIN                                                                                                \
    {                                                                                                        \
        .scope = CV_REVOCATION_CHAIN_EXCLUDE_ROOT                                                            \
    }
#define LEAF                                                                                                 \
    {                                                                                                        \
        .scope = CV_REVOCATION_END_CERT                                                                      \
    }
#define SOFT                                                                                                 \
    {                                                                                                        \
        .scope = CV_REVOCATION_CHAIN_EXCLUDE_ROOT, .ignore = CV_IGNORE_NO_CHECK | CV_IGNORE_OFFLINE          \
    }
#define UNKNOWN CV_E_CERT_REVOCATION_UNKNOWN
#define REVOKED CV_E_CERT_REVOKED

static void lists_decide(void **state)
{
    (void)state;
    static const struct test t[] = {
        {"leaf", "ica", "root", "root-none ica-none", NULL, CV_OK, 0, CHAIN, 0, 0},
        {"leaf", "ica", "root", "root-none ica-other", NULL, CV_OK, 0, CHAIN, CV_PROFILE_RFC5280, 0},
        {"leaf", "ica", "root", "ica-other root-none", NULL, CV_OK, 0, {.scope = CV_REVOCATION_CHAIN}, 0, 0},
        {"leaf", "ica", "root", "root-none ica-leaf", NULL, REVOKED, 0, CHAIN, 0, 0},
        {"leaf", "ica", "root", "root-ica ica-none", NULL, REVOKED, 1, CHAIN, 0, 0},
        {"leaf", "ica", "root", "root-ica ica-leaf", NULL, REVOKED, 1, CHAIN, 0, 0},
        {"leaf", "ica", "root", "root-ica ica-none", NULL, CV_OK, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-leaf", NULL, REVOKED, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "root-none", NULL, UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf", "ica", "root", "ica-none", NULL, UNKNOWN, 1, CHAIN, 0, 0},
        {"leaf", "ica", "root", NULL, NULL, UNKNOWN, 1, CHAIN, 0, 0},
        {"leaf", "ica", "root", NULL, NULL, CV_OK, 0, SOFT, 0, 0},
        {"leaf", "ica", "root", "ica-leaf", NULL, REVOKED, 0, SOFT, 0, 0},
        {"leaf", "ica", "root", "ica-wrong-key", NULL, CV_OK, 0, SOFT, 0, 0},
        /* what everybody else refuses comes first, what may be overlooked behind it */
        {"leaf-expired", "ica", "root", "root-none ica-none", NULL, CV_E_CERT_EXPIRED, 0, CHAIN, 0, 0},
        {"leaf-expired", "ica", "root", "root-ica ica-none", NULL, REVOKED, 1, CHAIN, 0, 0},
    };
    CHECK_ALL(t);
}

/* attacks row 31: what is not fit to tell is as if it were not there */
static void attack_31_unfit_lists_tell_nothing(void **state)
{
    (void)state;
    static const struct test t[] = {
        {"leaf", "ica", "root", "ica-expired", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-future", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-delta", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-critical", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-entry-critical", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-not-critical", NULL, CV_OK, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-cas", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-users", NULL, CV_OK, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-attributes", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-point", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-some-reasons", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-some-reasons ica-other-reasons", NULL, CV_OK, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-wrong-key", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "other-none", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-no-number", NULL, CV_OK, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-no-number", NULL, UNKNOWN, 0, LEAF, CV_PROFILE_RFC5280, 0},
        {"leaf", "ica", "root", "ica-no-aki", NULL, UNKNOWN, 0, LEAF, CV_PROFILE_RFC5280, 0},
        {"leaf", "ica", "root", "ica-version-1", NULL, CV_OK, 0, LEAF, 0, 0},
        {"leaf", "ica", "root", "ica-version-1", NULL, UNKNOWN, 0, LEAF, CV_PROFILE_WEBPKI, 0},
    };
    CHECK_ALL(t);
}

static void another_may_issue_the_list(void **state)
{
    (void)state;
    static const struct test t[] = {
        {"leaf-indirect", "ica lists", "root", "indirect", NULL, UNKNOWN, 0, LEAF, 0,
         0}, /* is `lists` revoked? */
        {"leaf-indirect", "ica lists", "root", "indirect root-none", NULL, CV_OK, 0, LEAF, 0, 0},
        {"leaf-indirect", "ica", "root", "indirect root-none", NULL, UNKNOWN, 0, LEAF, 0, 0},
        {"leaf-indirect", "ica lists-no-crl-sign", "root", "indirect root-none", NULL, UNKNOWN, 0, LEAF, 0,
         0},
        {"leaf-indirect", "ica lists", "root", "ica-none", NULL, CV_OK, 0, LEAF, 0, 0},
        {"leaf", "ica lists", "root", "indirect root-none", NULL, UNKNOWN, 0, LEAF, 0, 0},
    };
    CHECK_ALL(t);
}

static void attack_30_stapled_answers(void **state)
{
    (void)state;
    static const struct test t[] = {
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-good", CV_OK, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-good-sha256", CV_OK, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-good-by-name", CV_OK, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-nonce", CV_OK, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-delegated", CV_OK, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-delegated-by-name", CV_OK, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-revoked", REVOKED, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-revoked", REVOKED, 0, SOFT, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-good-sha384", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-unknown", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-unknown", CV_OK, 0, SOFT, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-expired", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-future", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-no-next-update", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-other-cert", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-other-issuer", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-wrong-key", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-critical", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-not-attached", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-no-eku", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-any-eku", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-signer-expired", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-signer-of-other", UNKNOWN, 0, CHAIN, 0, 0},
        {"leaf-ed25519", NULL, "root-ed25519", NULL, "ocsp-unauthorized", UNKNOWN, 0, CHAIN, 0, 0},
        /* a certificate that demands an answer, however soft the rest */
        {"leaf-staple",
         NULL,
         "root-ed25519",
         NULL,
         "ocsp-other-cert",
         CV_OK,
         0,
         {.ignore = CV_IGNORE_NO_CHECK | CV_IGNORE_OFFLINE, .must_staple = true},
         0,
         0},
        {"leaf-staple",
         NULL,
         "root-ed25519",
         NULL,
         "ocsp-good",
         CV_E_CERT_STAPLE,
         0,
         {.ignore = CV_IGNORE_NO_CHECK | CV_IGNORE_OFFLINE, .must_staple = true},
         0,
         0},
        {"leaf-staple",
         NULL,
         "root-ed25519",
         NULL,
         NULL,
         CV_E_CERT_STAPLE,
         0,
         {.ignore = CV_IGNORE_NO_CHECK | CV_IGNORE_OFFLINE, .must_staple = true},
         0,
         0},
        {"leaf-staple",
         NULL,
         "root-ed25519",
         NULL,
         NULL,
         CV_OK,
         0,
         {.ignore = CV_IGNORE_NO_CHECK | CV_IGNORE_OFFLINE},
         0,
         0},
    };
    CHECK_ALL(t);
}

/* Two certificates and two lists: four signatures. Less does not do, and is no "unknown" that could be
 * ignored. */
static void work_is_counted(void **state)
{
    (void)state;
    static const struct test t[] = {
        {"leaf", "ica", "root", "root-none ica-none", NULL, CV_OK, 0, CHAIN, 0, 4},
        {"leaf", "ica", "root", "root-none ica-none", NULL, CV_E_CERT_TOO_COMPLEX, 0, CHAIN, 0, 3},
        {"leaf", "ica", "root", "root-none ica-leaf", NULL, CV_E_CERT_TOO_COMPLEX, 0, SOFT, 0, 3},
        {"leaf", "ica", "root", "root-none ica-leaf", NULL, REVOKED, 0, SOFT, 0, 4},
    };
    CHECK_ALL(t);
}

static cv_err parse_copy(const uint8_t *p, size_t len)
{
    struct cv_cert leaf = pki_cert("leaf-ed25519"), root = pki_cert("root-ed25519");
    const struct cv_path_params params = {.schemes = pki_schemes, .n_schemes = pki_n_schemes, .now = NOW};
    struct cv_ocsp o;
    uint8_t *copy = malloc(len + !len);
    uint32_t signatures = 4;

    assert_non_null(copy);
    if (len > 0) memcpy(copy, p, len);
    cv_err e = cv_ocsp_parse(&o, cv_bytes(copy, len));
    bool is_good = e == CV_OK && cv_ocsp_status(&o, &leaf, &root, &params, &signatures) == CV_STATUS_GOOD;
    free(copy);
    return is_good ? CV_OK : e == CV_OK ? CV_E_CERT_REVOCATION_UNKNOWN : e;
}

static void every_prefix_of_an_answer_fails(void **state)
{
    (void)state;
    struct cv_bytes der = pki_der("revocation.pem", "ocsp-delegated");

    assert_int_equal(parse_copy(der.p, der.len), CV_OK);
    for (size_t n = 0; n < der.len; n++)
        if (parse_copy(der.p, n) == CV_OK || parse_copy(der.p, n) == CV_E_CERT_REVOCATION_UNKNOWN)
            fail_msg("a prefix of %zu bytes is read", n);
}

static void no_altered_answer_is_good(void **state)
{
    (void)state;
    struct cv_bytes good = pki_der("revocation.pem", "ocsp-good");
    uint8_t der[1024];
    size_t n_read = 0;

    assert_true(good.len < sizeof der);
    assert_int_equal(parse_copy(good.p, good.len), CV_OK);
    for (size_t at = 0; at < good.len * 8; at++) {
        memcpy(der, good.p, good.len);
        der[at / 8] ^= (uint8_t)(1u << at % 8);
        cv_err e = parse_copy(der, good.len);
        if (e == CV_OK) fail_msg("bit %zu does not count", at);
        n_read += e == CV_E_CERT_REVOCATION_UNKNOWN;
    }
    assert_true(n_read > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_decide),
        cmocka_unit_test(attack_31_unfit_lists_tell_nothing),
        cmocka_unit_test(another_may_issue_the_list),
        cmocka_unit_test(attack_30_stapled_answers),
        cmocka_unit_test(work_is_counted),
        cmocka_unit_test(every_prefix_of_an_answer_fails),
        cmocka_unit_test(no_altered_answer_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
