/* x509-limbo (https://x509-limbo.com): reads its JSON and compares verdicts; also with the keys that
 * test/x509/corpus.py adds: profile, cause, ocsp, must_staple, common_name. */
#include "test/x509/limbo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_PROFILES = 3 };

static const char *const profile_names[N_PROFILES] = {
    [CV_PROFILE_COMPAT] = "compat", [CV_PROFILE_RFC5280] = "rfc5280", [CV_PROFILE_WEBPKI] = "webpki"};

/* Certificates with the memory behind them. */
struct certs {
    struct cv_cert *list;
    size_t n;
};

static struct certs read_certs(const json_t *pems)
{
    struct certs c = {calloc(json_array_size(pems) + 1, sizeof *c.list), 0};

    if (!c.list) abort();
    for (size_t i = 0; i < json_array_size(pems); i++) {
        struct cv_bytes der = suite_pem(json_string_value(json_array_get(pems, i)));
        /* what cannot be read is no part of a path */
        if (cv_cert_parse(&c.list[c.n], der) == CV_OK)
            c.n++;
        else
            free((void *)der.p);
    }
    return c;
}

static void free_certs(struct certs *c)
{
    for (size_t i = 0; i < c->n; i++) free((void *)c->list[i].der.p);
    free(c->list);
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));

    return s ? s : "";
}

static bool has_text(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0) return true;
    return false;
}

static int64_t time_of(const json_t *test)
{
    const char *s = text_of(test, "validation_time");
    struct tm tm = {0};

    if (!*s) return (int64_t)time(NULL);
    if (sscanf(s, "%d-%d-%dT%d:%d:%d+00:00", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
               &tm.tm_sec) != 6)
        abort();
    tm.tm_year -= 1900;
    tm.tm_mon--;
    return (int64_t)timegm(&tm);
}

struct crls {
    struct cv_crl *list;
    size_t n;
};

static struct crls read_crls(const json_t *pems)
{
    struct crls c = {calloc(json_array_size(pems) + 1, sizeof *c.list), 0};

    if (!c.list) abort();
    for (size_t i = 0; i < json_array_size(pems); i++) {
        struct cv_bytes der = suite_pem(json_string_value(json_array_get(pems, i)));
        if (cv_crl_parse(&c.list[c.n], der) == CV_OK)
            c.n++;
        else
            free((void *)der.p);
    }
    return c;
}

struct limbo_case {
    struct cv_cert leaf;
    cv_err leaf_err; /* of reading it */
    struct certs trusted, untrusted;
    struct cv_trust_store store;
    struct cv_host host;
    struct crls crls;
    struct cv_ocsp staple;
    struct cv_bytes staple_der;
    struct cv_revocation revocation; /* where the case has CRLs or a staple */
    struct cv_path_params params;
};

/* As a client of TLS has it: what is stapled counts, and a leaf may demand it. */
static void read_staple(struct limbo_case *c, const json_t *test)
{
    const json_t *pems = json_object_get(test, "ocsp");

    if (!json_is_true(json_object_get(test, "must_staple"))) return;
    c->revocation.scope = CV_REVOCATION_STAPLED;
    c->revocation.must_staple = true;
    c->params.revocation = &c->revocation;
    if (json_array_size(pems) == 0) return;
    c->staple_der = suite_pem(json_string_value(json_array_get(pems, 0)));
    c->revocation.staples = &c->staple;
    c->revocation.n_staples = cv_ocsp_parse(&c->staple, c->staple_der) == CV_OK;
}

static void read_case(struct limbo_case *c, const struct suite *s, const json_t *test)
{
    const json_t *name = json_object_get(test, "expected_peer_name");
    struct cv_bytes der = suite_pem(text_of(test, "peer_certificate"));
    const json_t *depth = json_object_get(test, "max_chain_depth");

    *c = (struct limbo_case){.trusted = read_certs(json_object_get(test, "trusted_certs")),
                             .untrusted = read_certs(json_object_get(test, "untrusted_intermediates"))};
    c->crls = read_crls(json_object_get(test, "crls"));
    c->revocation = (struct cv_revocation){.check = cv_revocation_check,
                                           .scope = CV_REVOCATION_CHAIN_EXCLUDE_ROOT,
                                           .crls = c->crls.list,
                                           .n_crls = c->crls.n};
    c->leaf_err = cv_cert_parse(&c->leaf, der);
    c->leaf.der = der;
    cv_trust_sort(c->trusted.list, c->trusted.n);
    c->store = (struct cv_trust_store){c->trusted.list, c->trusted.n};
    c->params = (struct cv_path_params){
        .trust = &c->store,
        .schemes = s->algorithms.cert_schemes,
        .n_schemes = s->algorithms.n_cert_schemes,
        .now = time_of(test),
        .purpose =
            strcmp(text_of(test, "validation_kind"), "CLIENT") == 0 ? CV_PURPOSE_CLIENT : CV_PURPOSE_SERVER,
        .key_usage =
            has_text(json_object_get(test, "key_usage"), "digitalSignature") ? CV_KU_DIGITAL_SIGNATURE : 0,
    };
    if (json_array_size(json_object_get(test, "crls")) > 0) c->params.revocation = &c->revocation;
    c->params.common_name = json_is_true(json_object_get(test, "common_name"));
    read_staple(c, test);
    if (json_is_integer(depth)) c->params.max_intermediates = (uint8_t)json_integer_value(depth);
    /* mail addresses are not a kind of host; there the chain alone is judged */
    if (json_is_object(name) && strcmp(text_of(name, "kind"), "RFC822") != 0) {
        const char *value = text_of(name, "value");
        c->params.host = &c->host;
        if (cv_host_parse(&c->host, value, strlen(value)) != CV_OK) c->host.kind = CV_HOST_NONE;
    }
}

static void free_case(struct limbo_case *c)
{
    free((void *)c->leaf.der.p);
    free_certs(&c->trusted);
    free_certs(&c->untrusted);
    for (size_t i = 0; i < c->crls.n; i++) free((void *)c->crls.list[i].der.p);
    free(c->crls.list);
    free((void *)c->staple_der.p);
}

static cv_err run_case(struct limbo_case *c, enum cv_profile profile)
{
    struct cv_path path;
    struct cv_verdict verdict;

    if (c->leaf_err != CV_OK) return c->leaf_err;
    c->params.profile = profile;
    return cv_path_validate(&path, &verdict, &c->leaf, c->untrusted.list, c->untrusted.n, &c->params);
}

/* The one rule for which profile decides, but for our own cases, which name theirs. */
static enum cv_profile profile_for(const char *id, const json_t *test)
{
    const char *named = text_of(test, "profile");

    for (unsigned p = 0; p < N_PROFILES; p++)
        if (strcmp(profile_names[p], named) == 0) return (enum cv_profile)p;
    if (json_object_get(test, "row")) return CV_PROFILE_COMPAT;
    return strncmp(id, "webpki::", 8) == 0 ? CV_PROFILE_WEBPKI : CV_PROFILE_RFC5280;
}

/* What came of cases, beside what was expected. */
struct tally {
    unsigned n, matched, accepted, refused; /* the last two against expectation */
};

static void tally(struct tally *t, bool same, bool wanted, bool was_accepted)
{
    t->n++;
    t->matched += same;
    t->accepted += was_accepted && !wanted;
    t->refused += wanted && !was_accepted;
}

static void print_tally(const char *what, const struct tally *t)
{
    printf("%s: %u of %u as expected, %u false accepts, %u false refusals\n", what, t->matched, t->n,
           t->accepted, t->refused);
}

bool suite_limbo(struct suite *s, const char *file)
{
    json_t *root = suite_read_json(file), *tests = json_object_get(root, "testcases");
    struct tally by_profile[N_PROFILES] = {{0}}, core = {0};
    size_t n = json_array_size(tests);

    if (!root) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *test = json_array_get(tests, i);
        const char *id = text_of(test, "id");
        bool want = strcmp(text_of(test, "expected_result"), "SUCCESS") == 0;
        struct limbo_case c;
        read_case(&c, s, test);
        for (unsigned p = 0; p < N_PROFILES; p++) {
            cv_err e = run_case(&c, (enum cv_profile)p);
            const char *cause = text_of(test, "cause");
            bool same = (e == CV_OK) == want && (!*cause || strcmp(cause, cv_err_name(e)) == 0);
            char what[128];
            tally(&by_profile[p], same, want, e == CV_OK);
            if (p != (unsigned)profile_for(id, test)) continue;
            if (strncmp(id, "bettertls::", 11) != 0) tally(&core, same, want, e == CV_OK);
            snprintf(what, sizeof what, "%s, expected %s (profile %s)", cv_err_name(e),
                     want     ? "success"
                     : *cause ? cause
                              : "failure",
                     profile_names[p]);
            suite_count(s, id, same, what);
        }
        free_case(&c);
    }
    json_decref(root);
    for (size_t p = 0; p < N_PROFILES; p++) {
        char what[48];
        snprintf(what, sizeof what, "all cases under the profile %s", profile_names[p]);
        print_tally(what, &by_profile[p]);
    }
    if (core.n < n) print_tally("core cases, each under its profile", &core);
    return true;
}

static struct limbo_ders read_ders(const json_t *pems)
{
    struct limbo_ders d = {calloc(json_array_size(pems) + 1, sizeof *d.list), json_array_size(pems)};

    if (!d.list) abort();
    for (size_t i = 0; i < d.n; i++) d.list[i] = suite_pem(json_string_value(json_array_get(pems, i)));
    return d;
}

static void free_ders(struct limbo_ders *d)
{
    for (size_t i = 0; i < d->n; i++) free((void *)d->list[i].p);
    free(d->list);
}

bool limbo_each(struct suite *s, const char *file, limbo_fn *run)
{
    json_t *root = suite_read_json(file), *tests = json_object_get(root, "testcases");

    if (!root) return false;
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);
        struct limbo_ders others = read_ders(json_object_get(test, "untrusted_intermediates"));
        struct limbo_ders roots = read_ders(json_object_get(test, "trusted_certs"));
        struct limbo_case c;
        read_case(&c, s, test);
        c.params.revocation = NULL;
        c.params.common_name = false;
        run(s, text_of(test, "id"), &c.params, run_case(&c, CV_PROFILE_COMPAT), c.leaf.der, &others, &roots);
        free_case(&c);
        free_ders(&others);
        free_ders(&roots);
    }
    json_decref(root);
    return true;
}
