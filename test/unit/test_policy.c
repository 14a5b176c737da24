/* Certificate policies on certificates that have nothing else: RFC 5280 6.1. */
#include "x509/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { PATH = CV_PATH_MAX, ITEMS_LEN = 4096 };

/* A certificate in short: policies and mappings are letters, '*' is anyPolicy; "a>b" maps a to b. */
struct made {
    const char *policies, *mappings;
    int explicit_after, inhibit_mapping_after, inhibit_any_after; /* -1: absent */
    bool self_issued;
};

struct path {
    struct cv_cert certs[PATH];
    const struct cv_cert *list[PATH];
    uint8_t der[PATH][2][ITEMS_LEN], constraints[PATH][6];
    size_t n;
};

static size_t put_oid(uint8_t *out, char policy)
{
    static const uint8_t any[] = {0x06, 4, 0x55, 0x1d, 0x20, 0x00};

    if (policy == '*') {
        memcpy(out, any, sizeof any);
        return sizeof any;
    }
    out[0] = 0x06;
    out[1] = 2;
    out[2] = 0x2a;
    out[3] = (uint8_t)(policy & 0x7f);
    return 4;
}

static void put_item(uint8_t *der, struct cv_bytes *list, char first, char second)
{
    uint8_t *p = der + list->len;
    size_t n = 2 + put_oid(p + 2, first);

    if (second) n += put_oid(p + n, second);
    p[0] = 0x30;
    p[1] = (uint8_t)(n - 2);
    *list = cv_bytes(der, list->len + n);
    assert_true(list->len < ITEMS_LEN - 16);
}

static void make(struct path *p, const struct made *m)
{
    size_t at = p->n++;
    struct cv_cert *c = &p->certs[at];
    uint8_t *k = p->constraints[at];

    *c = (struct cv_cert){.self_issued = m->self_issued};
    p->list[at] = c;
    for (const char *s = m->policies; s && *s; s++) put_item(p->der[at][0], &c->policies, *s, 0);
    for (const char *s = m->mappings; s && *s; s += 3 + (s[3] == ' '))
        put_item(p->der[at][1], &c->policy_mappings, s[0], s[2]);
    if (m->explicit_after >= 0 || m->inhibit_mapping_after >= 0) {
        c->policy_constraints = cv_bytes(k, 0);
        for (uint8_t f = 0; f < 2; f++) {
            int n = f == 0 ? m->explicit_after : m->inhibit_mapping_after;
            if (n < 0) continue;
            memcpy(k + c->policy_constraints.len, (uint8_t[]){(uint8_t)(0x80 | f), 1, (uint8_t)n}, 3);
            c->policy_constraints.len += 3;
        }
    }
    c->inhibit_any = m->inhibit_any_after >= 0 ? (uint32_t)m->inhibit_any_after : UINT32_MAX;
}

#define NONE -1, -1, -1, false
static const struct made anchor = {NULL, NULL, NONE};

/* from: the certificates below the anchor, its neighbour first; `initial`: letters, NULL for any. */
static cv_err check(const struct made *from, size_t n, const char *initial, struct cv_policy_params params,
                    uint32_t *budget)
{
    static struct path p;
    uint8_t oids[8][6];
    struct cv_bytes list[8];
    size_t n_list = 0;

    p.n = 0;
    while (n-- > 0) make(&p, &from[n]);
    make(&p, &anchor);
    for (; initial && initial[n_list]; n_list++) {
        size_t len = put_oid(oids[n_list], initial[n_list]);
        list[n_list] = cv_bytes(oids[n_list] + 2, len - 2);
    }
    params.initial = initial ? list : NULL;
    params.n_initial = n_list;
    return cv_policies_check(p.list, p.n, &params, budget);
}

struct test {
    struct made certs[4];
    const char *initial;
    cv_err want;
    struct cv_policy_params params;
};

static void follows_the_rfc(void **state)
{
    (void)state;
    static const struct cv_policy_params demand = {.explicit_policy = true};
    const struct test t[] = {
        /* nothing is demanded */
        {{{NULL, NULL, NONE}, {"a", NULL, NONE}}, NULL, CV_OK, {.explicit_policy = false}},
        {{{"a", NULL, NONE}, {"a", NULL, NONE}}, NULL, CV_OK, demand},
        {{{"ab", NULL, NONE}, {"cb", NULL, NONE}}, NULL, CV_OK, demand},
        {{{"ab", NULL, NONE}, {"cb", NULL, NONE}}, "a", CV_E_CERT_POLICY, demand},
        {{{"ab", NULL, NONE}, {"cb", NULL, NONE}}, "ab", CV_OK, demand},
        {{{"a", NULL, NONE}, {"b", NULL, NONE}}, NULL, CV_E_CERT_POLICY, demand},
        {{{NULL, NULL, NONE}, {"a", NULL, NONE}}, NULL, CV_E_CERT_POLICY, demand},
        {{{"a", NULL, NONE}, {NULL, NULL, NONE}}, NULL, CV_E_CERT_POLICY, demand},
        /* anyPolicy, in certificates and as what the user accepts */
        {{{"*", NULL, NONE}, {"a", NULL, NONE}}, "a", CV_OK, demand},
        {{{"*", NULL, NONE}, {"a", NULL, NONE}}, "b", CV_E_CERT_POLICY, demand},
        {{{"a", NULL, NONE}, {"*", NULL, NONE}}, "a", CV_OK, demand},
        {{{"a", NULL, NONE}, {"*", NULL, NONE}}, "b", CV_E_CERT_POLICY, demand},
        {{{"*", NULL, NONE}, {"*", NULL, NONE}}, "b", CV_OK, demand},
        {{{"a", NULL, NONE}, {"a", NULL, NONE}}, "*", CV_OK, demand},
        {{{"*", NULL, NONE}, {"a", NULL, NONE}},
         NULL,
         CV_E_CERT_POLICY,
         {.explicit_policy = true, .inhibit_any = true}},
        {{{"a", NULL, -1, -1, 0, false}, {"*", NULL, NONE}}, NULL, CV_E_CERT_POLICY, demand},
        {{{"a", NULL, -1, -1, 0, false}, {"*", NULL, -1, -1, -1, true}, {"a", NULL, NONE}},
         NULL,
         CV_OK,
         demand},
        {{{"a", NULL, -1, -1, 1, false}, {"*", NULL, NONE}, {"*", NULL, NONE}},
         NULL,
         CV_E_CERT_POLICY,
         demand},
        /* requireExplicitPolicy, counted down, but not by what is self-issued */
        {{{"a", NULL, 0, -1, -1, false}, {"b", NULL, NONE}}, NULL, CV_E_CERT_POLICY, {.initial = NULL}},
        {{{"a", NULL, 1, -1, -1, false}, {"b", NULL, NONE}}, NULL, CV_E_CERT_POLICY, {.initial = NULL}},
        {{{"a", NULL, 2, -1, -1, false}, {"b", NULL, NONE}}, NULL, CV_OK, {.initial = NULL}},
        {{{"a", NULL, 2, -1, -1, false}, {"b", NULL, NONE}, {"b", NULL, NONE}},
         NULL,
         CV_E_CERT_POLICY,
         {.initial = NULL}},
        {{{"a", NULL, 2, -1, -1, false}, {"b", NULL, -1, -1, -1, true}, {"b", NULL, NONE}},
         NULL,
         CV_OK,
         {.initial = NULL}},
        {{{"a", NULL, NONE}, {"b", NULL, 0, -1, -1, false}}, NULL, CV_E_CERT_POLICY, {.initial = NULL}},
        {{{"a", NULL, NONE}, {"b", NULL, 1, -1, -1, false}}, NULL, CV_OK, {.initial = NULL}},
        /* mappings: what counts is where a policy comes from */
        {{{"a", "a>b", NONE}, {"b", NULL, NONE}}, "a", CV_OK, demand},
        {{{"a", "a>b", NONE}, {"b", NULL, NONE}}, "b", CV_E_CERT_POLICY, demand},
        {{{"a", "a>b", NONE}, {"a", NULL, NONE}}, NULL, CV_E_CERT_POLICY, demand},
        {{{"a", "a>b a>c", NONE}, {"c", NULL, NONE}}, "a", CV_OK, demand},
        {{{"a", "a>b", NONE}, {"b", "b>c", NONE}, {"c", NULL, NONE}}, "a", CV_OK, demand},
        {{{"ab", "a>c b>c", NONE}, {"c", NULL, NONE}}, "b", CV_OK, demand},
        {{{"ab", "a>b", NONE}, {"b", NULL, NONE}}, "a", CV_OK, demand},
        {{{"*", "a>b", NONE}, {"b", NULL, NONE}}, "a", CV_OK, demand},
        {{{"*", "a>b", NONE}, {"b", NULL, NONE}}, "c", CV_E_CERT_POLICY, demand},
        {{{"a", "a>b", NONE}, {"b", NULL, NONE}},
         NULL,
         CV_E_CERT_POLICY,
         {.explicit_policy = true, .inhibit_mapping = true}},
        {{{"a", NULL, -1, 0, -1, false}, {"a", "a>b", NONE}, {"b", NULL, NONE}},
         NULL,
         CV_E_CERT_POLICY,
         demand},
        {{{"a", NULL, -1, 1, -1, false}, {"a", "a>b", NONE}, {"b", NULL, NONE}}, NULL, CV_OK, demand},
        {{{"a", NULL, -1, 1, -1, false}, {"a", NULL, NONE}, {"a", "a>b", NONE}, {"b", NULL, NONE}},
         NULL,
         CV_E_CERT_POLICY,
         demand},
        {{{"a", NULL, -1, 2, -1, false}, {"a", NULL, NONE}, {"a", "a>b", NONE}, {"b", NULL, NONE}},
         NULL,
         CV_OK,
         demand},
        /* 6.1.4 (a), demanded or not */
        {{{"a", "*>a", NONE}, {"a", NULL, NONE}}, NULL, CV_E_CERT_POLICY, {.initial = NULL}},
        {{{"a", "a>*", NONE}, {"a", NULL, NONE}}, NULL, CV_E_CERT_POLICY, {.initial = NULL}},
    };

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        uint32_t budget = 10000;
        size_t n = 4;
        static const struct made empty;
        while (n > 2 && memcmp(&t[i].certs[n - 1], &empty, sizeof empty) == 0) n--;
        cv_err e = check(t[i].certs, n, t[i].initial, t[i].params, &budget);
        if (e != t[i].want) fail_msg("row %zu: %s instead of %s", i, cv_err_name(e), cv_err_name(t[i].want));
    }
}

/* attacks row 25: each of eight CAs maps each of 16 policies to all 16. The tree would have 16^9 leaves. */
static void attack_25_mappings_cost_no_more_than_their_size(void **state)
{
    (void)state;
    static const char letters[] = "abcdefghijklmnop";
    static char mappings[16 * 16 * 4 + 1];
    struct made certs[9];
    size_t n = 0;
    uint32_t budget = 100000;

    for (size_t i = 0; i < 256; i++) {
        char item[4] = {letters[i / 16], '>', letters[i % 16], ' '};
        memcpy(mappings + n, item, 4);
        n += 4;
    }
    mappings[n - 1] = 0;
    for (size_t i = 0; i < 9; i++) certs[i] = (struct made){letters, i < 8 ? mappings : NULL, NONE};
    assert_int_equal(check(certs, 9, "p", (struct cv_policy_params){.explicit_policy = true}, &budget),
                     CV_OK);
    /* 8 CAs with 256 mappings, each looked up in two levels of at most 16, and 16 policies looked up in 256
     */
    assert_true(100000 - budget < 9 * (256 * 2 * 17 + 16 * 256 + 256 + 16 * 34));
    budget = 1000;
    assert_int_equal(check(certs, 9, "p", (struct cv_policy_params){.explicit_policy = true}, &budget),
                     CV_E_CERT_TOO_COMPLEX);
}

/* More policies than a level holds: refused, but only where policies are demanded. */
static void too_many_policies_fail_closed(void **state)
{
    (void)state;
    char many[100];
    struct made certs[2] = {{many, NULL, NONE}, {many, NULL, NONE}};
    uint32_t budget = 100000;

    for (size_t i = 0; i < sizeof many - 1; i++) many[i] = (char)(i < 41 ? 1 + i : 2 + i); /* no '*' */
    many[sizeof many - 1] = 0;
    assert_int_equal(check(certs, 2, NULL, (struct cv_policy_params){.explicit_policy = true}, &budget),
                     CV_E_CERT_TOO_COMPLEX);
    assert_int_equal(check(certs, 2, NULL, (struct cv_policy_params){.explicit_policy = false}, &budget),
                     CV_OK);
    many[64] = 0;
    assert_int_equal(check(certs, 2, NULL, (struct cv_policy_params){.explicit_policy = true}, &budget),
                     CV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_rfc),
        cmocka_unit_test(attack_25_mappings_cost_no_more_than_their_size),
        cmocka_unit_test(too_many_policies_fail_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
