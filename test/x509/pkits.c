/* NIST PKITS: reads the expectations and the data, and compares verdicts. */
#include "test/x509/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PKITS_CERTS_MAX = 16, POLICIES_MAX = 8 };

/* 2.16.840.1.101.3.2.1.48.n: NIST-test-policy-n */
struct policies {
    uint8_t oids[POLICIES_MAX][10];
    struct cv_bytes list[POLICIES_MAX];
    size_t n;
};

struct pkits_case {
    const char *folder;
    struct cv_cert certs[PKITS_CERTS_MAX]; /* the anchor first, the leaf last */
    struct cv_crl crls[PKITS_CERTS_MAX];
    char *files[2 * PKITS_CERTS_MAX]; /* what they lie in */
    size_t n_certs, n_crls, n_files;
    cv_err err; /* of a certificate that cannot be read */
    struct policies initial;
};

static struct cv_bytes read_der(struct pkits_case *c, const char *folder, const char *name, const char *end)
{
    char path[512];
    size_t len;

    snprintf(path, sizeof path, "%s/%s/%s.%s", c->folder, folder, name, end);
    char *text = suite_read_file(path, &len);
    if (!text || c->n_files == 2 * PKITS_CERTS_MAX) {
        fprintf(stderr, "suite: %s cannot be read\n", path);
        exit(2);
    }
    c->files[c->n_files++] = text;
    return cv_bytes((const uint8_t *)text, len);
}

static void read_files(struct pkits_case *c, const json_t *test)
{
    const json_t *certs = json_object_get(test, "certs"), *crls = json_object_get(test, "crls");

    for (size_t i = 0; i < json_array_size(certs); i++) {
        const char *name = json_string_value(json_array_get(certs, i));
        cv_err e = cv_cert_parse(&c->certs[c->n_certs++], read_der(c, "certs", name, "crt"));
        if (e != CV_OK) c->err = e;
    }
    for (size_t i = 0; i < json_array_size(crls); i++) {
        const char *name = json_string_value(json_array_get(crls, i));
        if (cv_crl_parse(&c->crls[c->n_crls], read_der(c, "crls", name, "crl")) == CV_OK) c->n_crls++;
    }
}

static void read_policies(struct policies *p, const json_t *names)
{
    static const uint8_t arc[10] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x02, 0x01, 0x30, 0x00};
    const char *at = json_string_value(json_array_get(names, 0));

    while (at && (at = strstr(at, "NIST-test-policy-")) != NULL && p->n < POLICIES_MAX) {
        at += strlen("NIST-test-policy-");
        memcpy(p->oids[p->n], arc, sizeof arc);
        p->oids[p->n][9] = (uint8_t)atoi(at);
        p->list[p->n] = cv_bytes(p->oids[p->n], sizeof arc);
        p->n++;
    }
}

static bool is_set(const json_t *test, const char *key)
{
    return json_is_true(json_object_get(test, key));
}

static cv_err run_case(const struct suite *s, struct pkits_case *c, const json_t *test)
{
    const struct cv_policy_params policy = {
        .initial = c->initial.n ? c->initial.list : NULL,
        .n_initial = c->initial.n,
        .explicit_policy = is_set(test, "SetInitialExplicitPolicy"),
        .inhibit_mapping = is_set(test, "SetInitialPolicyMappingInhibit"),
        .inhibit_any = is_set(test, "SetInitialInhibitAnyPolicy"),
    };
    const struct cv_revocation revocation = {.check = cv_revocation_check,
                                             .scope = CV_REVOCATION_CHAIN_EXCLUDE_ROOT,
                                             .crls = c->crls,
                                             .n_crls = c->n_crls};
    const struct cv_trust_store trust = {c->certs, 1};
    const struct cv_path_params params = {
        .trust = &trust,
        .schemes = s->algorithms.cert_schemes,
        .n_schemes = s->algorithms.n_cert_schemes,
        .now = 1600000000, /* 2020: within the dates of what is valid, and before those that begin in 2047 */
        .policy = &policy,
        .revocation = &revocation,
    };
    struct cv_path path;
    struct cv_verdict verdict;

    if (c->err != CV_OK) return c->err;
    return cv_path_validate(&path, &verdict, &c->certs[c->n_certs - 1], c->certs + 1, c->n_certs - 2,
                            &params);
}

bool suite_pkits(struct suite *s, const char *file, const char *folder)
{
    json_t *root = suite_read_json(file), *cases = json_object_get(root, "cases");
    const char *last_id = "";
    unsigned n_same_id = 0;

    if (!root) return false;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *test = json_array_get(cases, i);
        const char *id = json_string_value(json_object_get(test, "id"));
        bool want = is_set(test, "should_validate");
        struct pkits_case *c = calloc(1, sizeof *c);
        char name[32], what[160];
        if (!c) abort();
        c->folder = folder;
        read_files(c, test);
        read_policies(&c->initial, json_object_get(test, "SetInitialPolicySet"));
        cv_err e = run_case(s, c, test);
        /* one test run with several inputs: 4.8.1, 4.8.1/2, … */
        n_same_id = strcmp(id, last_id) == 0 ? n_same_id + 1 : 1;
        last_id = id;
        snprintf(name, sizeof name, n_same_id > 1 ? "%s/%u" : "%s", id, n_same_id);
        snprintf(what, sizeof what, "%s: %s, expected %s", json_string_value(json_object_get(test, "title")),
                 cv_err_name(e), want ? "success" : "failure");
        suite_count(s, name, (e == CV_OK) == want, what);
        for (size_t f = 0; f < c->n_files; f++) free(c->files[f]);
        free(c);
    }
    json_decref(root);
    return true;
}
