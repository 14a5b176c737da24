#include "pki.h"
#include "x509/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { INTERMEDIATES_MAX = 8, ANCHORS_MAX = 16 };

static const int64_t NOW = 1893456000; /* 2030-01-01 */

/* A case: lists of names with spaces between. */
struct chain {
    const char *leaf, *intermediates, *anchors, *host;
    cv_err want;
    size_t want_n; /* certificates in the path, or the depth of the one to blame */
    enum cv_purpose purpose;
    enum cv_profile profile;
};

static size_t parse_list(struct cv_cert *out, size_t max, const char *list)
{
    size_t n = 0;
    char name[64];
    int used;

    while (list && sscanf(list, "%63s%n", name, &used) == 1) {
        assert_true(n < max);
        out[n++] = pki_cert(name);
        list += used;
    }
    return n;
}

static void check(const struct chain *t)
{
    struct cv_cert leaf = pki_cert(t->leaf), intermediates[INTERMEDIATES_MAX], anchors[ANCHORS_MAX];
    size_t n = parse_list(intermediates, INTERMEDIATES_MAX, t->intermediates);
    struct cv_trust_store store = {anchors, parse_list(anchors, ANCHORS_MAX, t->anchors)};
    struct cv_host host;
    struct cv_path path;
    struct cv_verdict verdict;
    struct cv_path_params params = {
        .trust = &store,
        .schemes = pki_schemes,
        .n_schemes = pki_n_schemes,
        .now = NOW,
        .purpose = t->purpose,
        .profile = t->profile,
    };

    cv_trust_sort(anchors, store.n_anchors);
    if (t->host) {
        assert_int_equal(cv_host_parse(&host, t->host, strlen(t->host)), CV_OK);
        params.host = &host;
    }
    struct cv_cert anchors_before[ANCHORS_MAX], intermediates_before[INTERMEDIATES_MAX];
    memcpy(anchors_before, anchors, store.n_anchors * sizeof *anchors);
    memcpy(intermediates_before, intermediates, n * sizeof *intermediates);
    cv_err e = cv_path_validate(&path, &verdict, &leaf, intermediates, n, &params);
    /* attacks row 27: nothing is remembered, least of all of what was refused */
    assert_memory_equal(anchors_before, anchors, store.n_anchors * sizeof *anchors);
    if (n > 0) assert_memory_equal(intermediates_before, intermediates, n * sizeof *intermediates);
    size_t got_n = e == CV_OK ? path.n_certs : verdict.depth;
    if (e != t->want || e != verdict.err || got_n != t->want_n)
        fail_msg("%s, %s: %s (%zu) instead of %s (%zu)", t->leaf, t->intermediates ? t->intermediates : "-",
                 cv_err_name(e), got_n, cv_err_name(t->want), t->want_n);
}

static void check_all(const struct chain *t, size_t n)
{
    for (size_t i = 0; i < n; i++) check(&t[i]);
}

#define CHECK_ALL(t) check_all(t, sizeof(t) / sizeof(t)[0])

static void accepts_every_kind_of_key(void **state)
{
    (void)state;
    static const struct chain t[] = {
        {"leaf", "ica", "root", "example.com", CV_OK, 3, CV_PURPOSE_SERVER, CV_PROFILE_RFC5280},
        {"leaf", "ica", "root root-p384 root-rsa", "a.example.net", CV_OK, 3, CV_PURPOSE_SERVER, 0},
        {"leaf", "root ica root", "root", NULL, CV_OK, 3, CV_PURPOSE_ANY, 0},
        {"leaf", NULL, "ica", NULL, CV_OK, 2, CV_PURPOSE_SERVER, 0}, /* a trusted intermediate */
        {"leaf-p384", NULL, "root-p384", "example.com", CV_OK, 2, CV_PURPOSE_SERVER, 0},
        {"leaf-p521", NULL, "root-p384", "example.com", CV_OK, 2, CV_PURPOSE_SERVER, 0},
        {"leaf-rsa", NULL, "root-rsa", "example.com", CV_OK, 2, CV_PURPOSE_SERVER, 0},
        {"leaf-pss", NULL, "root-rsa", "example.com", CV_OK, 2, CV_PURPOSE_SERVER, 0},
        {"leaf-ed25519", NULL, "root-ed25519", "example.com", CV_OK, 2, CV_PURPOSE_SERVER, 0},
        {"leaf-no-eku", "ica", "root", NULL, CV_OK, 3, CV_PURPOSE_SERVER, 0},
        {"leaf-client", "ica", "root", NULL, CV_OK, 3, CV_PURPOSE_CLIENT, 0},
    };
    CHECK_ALL(t);
}

static void judges_the_leaf(void **state)
{
    (void)state;
    static const struct chain t[] = {
        {"leaf-expired", "ica", "root", "example.com", CV_E_CERT_EXPIRED, 0, CV_PURPOSE_SERVER, 0},
        {"leaf-future", "ica", "root", "example.com", CV_E_CERT_NOT_YET_VALID, 0, CV_PURPOSE_SERVER, 0},
        {"leaf-client", "ica", "root", NULL, CV_E_CERT_EXTENDED_KEY_USAGE, 0, CV_PURPOSE_SERVER, 0},
        {"leaf", "ica", "root", NULL, CV_E_CERT_EXTENDED_KEY_USAGE, 0, CV_PURPOSE_CLIENT, 0},
        {"leaf-critical", "ica", "root", NULL, CV_E_CERT_CRITICAL, 0, CV_PURPOSE_SERVER, 0},
        {"leaf-weak", "ica", "root", NULL, CV_E_CERT_WEAK_KEY, 0, CV_PURPOSE_SERVER, 0},
        {"leaf-wrong-key", "ica", "root", NULL, CV_E_CERT_SIGNATURE, 0, CV_PURPOSE_SERVER, 0},
        {"leaf", "ica", "root", "example.org", CV_E_CERT_NAME_MISMATCH, 0, CV_PURPOSE_SERVER, 0},
        {"leaf-no-eku", "ica", "root", NULL, CV_E_CERT_EXTENDED_KEY_USAGE, 0, CV_PURPOSE_SERVER,
         CV_PROFILE_WEBPKI},
    };
    CHECK_ALL(t);
}

/* A caller who overlooks a date or a name must not thereby overlook anything else. */
static void date_and_name_come_last(void **state)
{
    (void)state;
    static const struct chain t[] = {
        {"leaf", "ica", "root-p384", "example.org", CV_E_CERT_UNTRUSTED, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-expired", "ica", "root-p384", "example.com", CV_E_CERT_UNTRUSTED, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-expired", "ica", "root", "example.org", CV_E_CERT_NAME_MISMATCH, 0, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-expired", "root-p384", NULL, CV_E_CERT_UNTRUSTED, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-expired bad-not-ca", "root", NULL, CV_E_CERT_EXPIRED, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-of-expired-root", NULL, "root-expired", NULL, CV_E_CERT_EXPIRED, 1, CV_PURPOSE_SERVER, 0},
        {"leaf", NULL, "root", NULL, CV_E_CERT_UNTRUSTED, 0, CV_PURPOSE_SERVER, 0},
        {"leaf", "ica", NULL, NULL, CV_E_CERT_UNTRUSTED, 1, CV_PURPOSE_SERVER, 0},
    };
    CHECK_ALL(t);
}

/* attacks row 27 */
static void attack_27_unfit_issuers(void **state)
{
    (void)state;
    static const struct chain t[] = {
        {"leaf-bad", "bad-not-ca", "root", NULL, CV_E_CERT_NOT_CA, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-no-bc", "root", NULL, CV_E_CERT_NOT_CA, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-v1", "root", NULL, CV_E_CERT_NOT_CA, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-no-cert-sign", "root", NULL, CV_E_CERT_KEY_USAGE, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-expired", "root", NULL, CV_E_CERT_EXPIRED, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-eku", "root", NULL, CV_E_CERT_EXTENDED_KEY_USAGE, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-critical", "root", NULL, CV_E_CERT_CRITICAL, 1, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-constraints", "root", NULL, CV_E_CERT_NAME_CONSTRAINT, 0, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-untrusted", "root", NULL, CV_E_CERT_UNTRUSTED, 1, CV_PURPOSE_SERVER, 0},
        /* a fault of one does not spoil another */
        {"leaf-bad", "bad-v1 bad-expired bad-eku bad-critical bad-untrusted bad-constraints bad-good", "root",
         NULL, CV_OK, 3, CV_PURPOSE_SERVER, 0},
        {"self-signed", NULL, "root", NULL, CV_E_CERT_UNTRUSTED, 0, CV_PURPOSE_SERVER, 0},
        {"self-signed", "self-signed", "root", NULL, CV_E_CERT_UNTRUSTED, 0, CV_PURPOSE_SERVER, 0},
        {"self-signed", NULL, "self-signed", "example.com", CV_OK, 1, CV_PURPOSE_SERVER, 0},
        {"self-signed", NULL, "self-signed", "example.org", CV_E_CERT_NAME_MISMATCH, 0, CV_PURPOSE_SERVER, 0},
        {"leaf", NULL, "leaf", NULL, CV_E_CERT_UNTRUSTED, 0, CV_PURPOSE_SERVER, 0}, /* not self-issued */
        {"leaf-of-root-v1", NULL, "root-v1", NULL, CV_OK, 2, CV_PURPOSE_SERVER, 0},
        {"leaf-of-root-v1", NULL, "root-v1", NULL, CV_E_CERT_SYNTAX, 1, CV_PURPOSE_SERVER,
         CV_PROFILE_RFC5280},
        {"leaf-below", "ica-below ica", "root", NULL, CV_E_CERT_PATH_LENGTH, 2, CV_PURPOSE_SERVER, 0},
        {"leaf-self-issued", "ica ica-self-issued", "root", NULL, CV_OK, 4, CV_PURPOSE_SERVER, 0},
    };
    CHECK_ALL(t);
}

static void explicit_policy(void **state)
{
    (void)state;
    static const struct chain t[] = {
        {"leaf-policy", "ica-explicit", "root", NULL, CV_OK, 3, CV_PURPOSE_SERVER, 0},
        {"leaf-other-policy", "ica-explicit", "root", NULL, CV_E_CERT_POLICY, 0, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-policy", "root", NULL, CV_E_CERT_POLICY, 0, CV_PURPOSE_SERVER, 0},
        {"leaf-bad", "bad-policy bad-good", "root", NULL, CV_OK, 3, CV_PURPOSE_SERVER, 0},
    };
    CHECK_ALL(t);
}

static void attack_24_loops_and_namesakes(void **state)
{
    (void)state;
    static const struct chain t[] = {
        {"leaf-loop", "loop-a loop-b", "root", NULL, CV_E_CERT_UNTRUSTED, 2, CV_PURPOSE_SERVER, 0},
        {"leaf-loop", "loop-a loop-b loop-a-by-root", "root", NULL, CV_OK, 4, CV_PURPOSE_SERVER, 0},
        {"leaf-loop", "loop-a loop-b", "loop-a", NULL, CV_OK, 3, CV_PURPOSE_SERVER, 0},
        {"leaf-same", "same-1 same-2 same-3", "root", NULL, CV_OK, 3, CV_PURPOSE_SERVER, 0},
        {"leaf-same", "same-1 same-2", "root", NULL, CV_E_CERT_SIGNATURE, 0, CV_PURPOSE_SERVER, 0},
    };
    CHECK_ALL(t);
}

static cv_err validate(struct cv_verdict *verdict, const char *leaf_name, const struct cv_path_params *more)
{
    struct cv_cert leaf = pki_cert(leaf_name), inter[4], root = pki_cert("root");
    struct cv_trust_store store = {&root, 1};
    struct cv_path_params params = *more;
    struct cv_path path;
    size_t n = parse_list(inter, 4, "same-1 same-2 same-3 ica");

    params.trust = &store;
    params.schemes = params.n_schemes ? params.schemes : pki_schemes;
    params.n_schemes = params.n_schemes ? params.n_schemes : pki_n_schemes;
    params.now = NOW;
    return cv_path_validate(&path, verdict, &leaf, inter, n, &params);
}

static void limits_are_kept(void **state)
{
    (void)state;
    struct cv_verdict v;
    assert_int_equal(validate(&v, "leaf-same", &(struct cv_path_params){.max_signatures = 4}), CV_OK);
    assert_int_equal(validate(&v, "leaf-same", &(struct cv_path_params){.max_signatures = 3}),
                     CV_E_CERT_TOO_COMPLEX);
    assert_int_equal(validate(&v, "leaf", &(struct cv_path_params){.max_comparisons = 1}),
                     CV_E_CERT_TOO_COMPLEX);
    assert_int_equal(validate(&v, "leaf", &(struct cv_path_params){.max_intermediates = 1}), CV_OK);
    assert_int_equal(validate(&v, "leaf", &(struct cv_path_params){.key_usage = CV_KU_DIGITAL_SIGNATURE}),
                     CV_OK);
    assert_int_equal(validate(&v, "leaf-ku", &(struct cv_path_params){.key_usage = CV_KU_DIGITAL_SIGNATURE}),
                     CV_E_CERT_KEY_USAGE);
    /* a scheme for another key, or for another hash, is none */
    assert_int_equal(
        validate(&v, "leaf", &(struct cv_path_params){.schemes = pki_schemes + 1, .n_schemes = 4}),
        CV_E_CERT_SIGNATURE_ALGORITHM);
}

static void a_depth_beyond_the_limit_fails_closed(void **state)
{
    (void)state;
    struct cv_cert leaf = pki_cert("leaf-loop"), inter[4], root = pki_cert("root");
    struct cv_trust_store store = {&root, 1};
    struct cv_path_params params = {.trust = &store,
                                    .schemes = pki_schemes,
                                    .n_schemes = pki_n_schemes,
                                    .now = NOW,
                                    .max_intermediates = 1};
    struct cv_path path;
    struct cv_verdict v;
    size_t n = parse_list(inter, 4, "loop-b loop-a-by-root");

    assert_int_equal(cv_path_validate(&path, &v, &leaf, inter, n, &params), CV_E_CERT_TOO_COMPLEX);
    assert_int_equal(path.n_certs, 0);
    params.max_intermediates = 2;
    assert_int_equal(cv_path_validate(&path, &v, &leaf, inter, n, &params), CV_OK);
    assert_ptr_equal(path.certs[0], &leaf);
    assert_ptr_equal(path.certs[3], &root);
}

static void no_trust_store_trusts_nobody(void **state)
{
    (void)state;
    struct cv_cert leaf = pki_cert("self-signed");
    struct cv_path_params params = {.schemes = pki_schemes, .n_schemes = pki_n_schemes, .now = NOW};
    struct cv_path path;
    struct cv_verdict v;
    assert_int_equal(cv_path_validate(&path, &v, &leaf, NULL, 0, &params), CV_E_CERT_UNTRUSTED);
}

static void every_bit_of_a_signed_certificate_counts(void **state)
{
    (void)state;
    struct cv_cert ica = pki_cert("ica"), leaf, good = pki_cert("leaf");
    uint8_t der[1024];
    size_t n_refused = 0, n_bad_signature = 0;

    assert_true(good.der.len <= sizeof der);
    for (size_t i = 0; i < good.der.len; i++) {
        memcpy(der, good.der.p, good.der.len);
        der[i] ^= (uint8_t)(1u << i % 8);
        if (cv_cert_parse(&leaf, cv_bytes(der, good.der.len)) != CV_OK) {
            n_refused++;
            continue;
        }
        cv_err e = cv_cert_check_signature(&leaf, &ica.key, pki_schemes, pki_n_schemes);
        assert_int_not_equal(e, CV_OK);
        if (e == CV_E_CERT_SIGNATURE) n_bad_signature++;
    }
    assert_true(n_refused > 50 && n_bad_signature > 50);
    assert_int_equal(cv_cert_check_signature(&good, &ica.key, pki_schemes, pki_n_schemes), CV_OK);
}

static void a_store_is_searched_by_normalised_name(void **state)
{
    (void)state;
    struct cv_cert anchors[ANCHORS_MAX];
    size_t n = parse_list(anchors, ANCHORS_MAX,
                          "root root-p384 root-rsa root-ed25519 same-1 same-2 same-3 root-v1 ica bad-good");

    cv_trust_sort(anchors, n);
    for (size_t i = 1; i < n; i++) assert_true(anchors[i - 1].subject_hash <= anchors[i].subject_hash);
    static const char *const leaves[] = {"leaf", "leaf-p384", "leaf-rsa", "leaf-same", "leaf-bad"};
    for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
        struct cv_cert leaf = pki_cert(leaves[i]);
        struct cv_trust_store store = {anchors, n};
        struct cv_path_params params = {
            .trust = &store, .schemes = pki_schemes, .n_schemes = pki_n_schemes, .now = NOW};
        struct cv_path path;
        struct cv_verdict v;
        assert_int_equal(cv_path_validate(&path, &v, &leaf, NULL, 0, &params), CV_OK);
        assert_int_equal(path.n_certs, 2);
    }
}

/* A verdict names the rule: every cause does, by the text that has it. */
static void a_refusal_says_where_its_rule_stands(void **state)
{
    (void)state;
    size_t n = 0;
    for (int e = 1; e < CV_ERR_COUNT; e++) {
        const char *name = cv_err_name((cv_err)e), *text = cv_err_text((cv_err)e);
        if (strncmp(name, "CERT_", 5) != 0) continue;
        n++;
        if (strstr(text, "RFC ") == NULL && strstr(text, "X.690") == NULL) fail_msg("%s: %s", name, text);
    }
    assert_in_range(n, 22, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_kind_of_key),
        cmocka_unit_test(judges_the_leaf),
        cmocka_unit_test(date_and_name_come_last),
        cmocka_unit_test(attack_27_unfit_issuers),
        cmocka_unit_test(explicit_policy),
        cmocka_unit_test(attack_24_loops_and_namesakes),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(a_depth_beyond_the_limit_fails_closed),
        cmocka_unit_test(no_trust_store_trusts_nobody),
        cmocka_unit_test(every_bit_of_a_signed_certificate_counts),
        cmocka_unit_test(a_store_is_searched_by_normalised_name),
        cmocka_unit_test(a_refusal_says_where_its_rule_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
