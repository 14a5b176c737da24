/* The worst inputs end within the budget of counted work, and are refused. What is asserted is the counter.
 */
#include "pki.h"
#include "x509/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SIGNATURES = 100, COMPARISONS = 100000 };

static const int64_t NOW = 1893456000; /* 2030-01-01 */

struct result {
    cv_err err;
    uint32_t signatures, comparisons; /* spent */
};

static struct result search(const struct cv_cert *leaf, const struct cv_cert *inter, size_t n,
                            const struct cv_cert *root, const struct cv_policy_params *policy)
{
    struct cv_trust_store trust = {root, 1};
    const struct cv_path_params params = {
        .trust = &trust, .schemes = pki_schemes, .n_schemes = pki_n_schemes, .now = NOW, .policy = policy};
    const struct cv_path_search s = {
        .leaf = leaf, .intermediates = inter, .n_intermediates = n, .params = &params};
    struct cv_budget budget = {.signatures = SIGNATURES, .comparisons = COMPARISONS};
    struct cv_verdict verdict;
    struct cv_path path;
    struct result r;
    r.err = cv_path_search(&path, &verdict, &s, &budget);
    r.signatures = SIGNATURES - budget.signatures;
    r.comparisons = COMPARISONS - budget.comparisons;
    return r;
}

/* Copies of an intermediate, each with another key. */
static struct cv_cert *siblings(const struct cv_cert *of, size_t n)
{
    struct cv_cert *list = calloc(n, sizeof *list);
    uint8_t *keys = calloc(n, of->key.point.len + of->spki.len);
    assert_true(list != NULL && keys != NULL);
    for (size_t i = 0; i < n; i++) {
        uint8_t *key = keys + i * (of->key.point.len + of->spki.len), *spki = key + of->key.point.len;
        list[i] = *of;
        memcpy(key, of->key.point.p, of->key.point.len);
        memcpy(spki, of->spki.p, of->spki.len);
        cv_store_be32(key + 1, (uint32_t)i);
        cv_store_be32(spki + of->spki.len - 4, (uint32_t)i);
        list[i].key.point.p = key;
        list[i].spki.p = spki;
    }
    return list;
}

static void free_siblings(struct cv_cert *list)
{
    free((void *)(uintptr_t)list[0].key.point.p);
    free(list);
}

static void attack_24_a_thousand_issuers_of_one_name(void **state)
{
    (void)state;
    struct cv_cert leaf = pki_cert("leaf"), ica = pki_cert("ica"), root = pki_cert("root");
    struct cv_cert *list = siblings(&ica, 1000);
    struct result r = search(&leaf, list, 1000, &root, NULL);
    assert_int_equal(r.err, CV_E_CERT_TOO_COMPLEX);
    assert_int_equal(r.signatures, SIGNATURES);
    assert_in_range(r.comparisons, SIGNATURES, 1000);
    /* the one that fits, among as many as the budget allows */
    list[SIGNATURES - 3] = ica;
    r = search(&leaf, list, SIGNATURES - 2, &root, NULL);
    assert_int_equal(r.err, CV_OK);
    assert_int_equal(r.signatures, SIGNATURES - 1);
    free_siblings(list);
}

/* Sixteen megabytes of certificates that nobody asks for. */
static void attack_24_very_many_certificates(void **state)
{
    (void)state;
    struct cv_cert leaf = pki_cert("leaf"), root = pki_cert("root"), other = pki_cert("leaf-ed25519"),
                   ica = pki_cert("ica");
    size_t n = ((size_t)16 << 20) / other.der.len;
    struct cv_cert *list = calloc(n, sizeof *list);
    assert_non_null(list);
    for (size_t i = 0; i < n; i++) assert_int_equal(cv_cert_parse(&list[i], other.der), CV_OK);
    struct result r = search(&leaf, list, n, &root, NULL);
    assert_int_equal(r.err, CV_E_CERT_UNTRUSTED);
    assert_int_equal(r.signatures, 0);
    assert_in_range(r.comparisons, n / 16, n / 8);
    list[n - 1] = ica;
    r = search(&leaf, list, n, &root, NULL);
    assert_int_equal(r.err, CV_OK);
    assert_in_range(r.comparisons, n / 8, n / 4);
    print_message("%zu certificates: %u comparisons\n", n, r.comparisons);
    free(list);
}

/* Elements 82 N "aNNNNN.example" of n names, or of n subtrees around them. */
static struct cv_bytes many_names(size_t n, bool subtrees, uint8_t **memory)
{
    size_t each = subtrees ? 18 : 16;
    uint8_t *p = *memory = malloc(n * each);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%c%05zu.example", subtrees ? 'b' : 'a', i);
        if (subtrees) *p++ = 0x30, *p++ = 16;
        *p++ = 0x82, *p++ = 14;
        memcpy(p, name, 14);
        p += 14;
    }
    return cv_bytes(*memory, n * each);
}

static void attack_25_names_times_constraints(void **state)
{
    (void)state;
    enum { N = 10000 };
    struct cv_cert leaf = pki_cert("leaf"), ica = pki_cert("ica");
    uint8_t *names, *subtrees, *value = malloc(N * 18 + 4);
    assert_non_null(value);
    leaf.san = many_names(N, false, &names);
    struct cv_bytes list = many_names(N, true, &subtrees);
    const uint8_t head[] = {0xa1, 0x83, (uint8_t)(list.len >> 16), (uint8_t)(list.len >> 8),
                            (uint8_t)list.len};
    value = realloc(value, sizeof head + list.len);
    assert_non_null(value);
    memcpy(value, head, sizeof head);
    memcpy(value + sizeof head, list.p, list.len);
    ica.name_constraints = cv_bytes(value, sizeof head + list.len);
    uint32_t budget = COMPARISONS;
    assert_int_equal(cv_constraints_check(&ica, &leaf, &budget), CV_E_CERT_TOO_COMPLEX);
    assert_int_equal(budget, 0);
    /* as many as fit are all compared */
    leaf.san.len = 5 * 16;
    budget = COMPARISONS;
    assert_int_equal(cv_constraints_check(&ica, &leaf, &budget), CV_OK);
    assert_in_range(COMPARISONS - budget, 5 * N, 7 * N);
    free(names);
    free(subtrees);
    free(value);
}

enum { N_POLICIES = 64, POLICY_LEN = 2 + 2 + 5 };

/* n items: SEQUENCE { OID }, or SEQUENCE { OID, OID } from number i to number i + shift. */
static struct cv_bytes many_policies(size_t n, unsigned shift, uint8_t *p)
{
    const uint8_t *begin = p;
    for (unsigned i = 0; i < n; i++) {
        unsigned to = (i + shift) % (unsigned)n;
        *p++ = 0x30, *p++ = shift ? 14 : 7;
        *p++ = 6, *p++ = 5, *p++ = 0x2a, *p++ = 3, *p++ = 4, *p++ = 0x81, *p++ = (uint8_t)(i & 0x7f);
        if (!shift) continue;
        *p++ = 6, *p++ = 5, *p++ = 0x2a, *p++ = 3, *p++ = 4, *p++ = 0x81, *p++ = (uint8_t)(to & 0x7f);
    }
    return cv_bytes(begin, (size_t)(p - begin));
}

/* CVE-2023-0464: a tree of mappings that doubles at each level; here a level is a set. */
static void attack_25_deep_policies(void **state)
{
    (void)state;
    static uint8_t policies[N_POLICIES * POLICY_LEN], mappings[4 * N_POLICIES * 16];
    const struct cv_policy_params want = {.explicit_policy = true};
    struct cv_cert certs[CV_PATH_MAX];
    const struct cv_cert *path[CV_PATH_MAX];
    struct cv_bytes list = many_policies(N_POLICIES, 0, policies), maps = cv_bytes(mappings, 0);
    for (unsigned shift = 1; shift <= 4; shift++)
        maps.len += many_policies(N_POLICIES, shift, mappings + maps.len).len;
    for (size_t i = 0; i < CV_PATH_MAX; i++) {
        certs[i] = pki_cert("ica");
        certs[i].policies = list;
        if (i > 0) certs[i].policy_mappings = maps;
        path[i] = &certs[i];
    }
    uint32_t budget = COMPARISONS;
    cv_err e = cv_policies_check(path, 3, &want, &budget);
    uint32_t few = COMPARISONS - budget;
    assert_int_equal(e, CV_OK);
    assert_in_range(few, 1, COMPARISONS);
    budget = 10 * COMPARISONS;
    e = cv_policies_check(path, CV_PATH_MAX, &want, &budget);
    uint32_t all = 10 * COMPARISONS - budget;
    assert_int_equal(e, CV_OK);
    assert_in_range(all, few, 9 * few); /* linear in the path's length */
    budget = COMPARISONS;
    e = cv_policies_check(path, CV_PATH_MAX, &want, &budget);
    assert_int_equal(e, all > COMPARISONS ? CV_E_CERT_TOO_COMPLEX : CV_OK);
    print_message("policies: %u comparisons in a path of 3, %u in one of %u\n", few, all, CV_PATH_MAX);
}

/* A megabyte of one certificate: read, and its names searched, in time that is linear; found in the end. */
static void attack_29_a_large_certificate(void **state)
{
    (void)state;
    struct cv_cert leaf = pki_cert("leaf");
    struct cv_host host;
    uint8_t *names;
    leaf.san = many_names(60000, false, &names);
    assert_int_equal(cv_host_parse(&host, "a59999.example", 14), CV_OK);
    assert_true(cv_cert_matches_host(&leaf, &host));
    free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_24_a_thousand_issuers_of_one_name),
        cmocka_unit_test(attack_24_very_many_certificates),
        cmocka_unit_test(attack_25_names_times_constraints),
        cmocka_unit_test(attack_25_deep_policies),
        cmocka_unit_test(attack_29_a_large_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
