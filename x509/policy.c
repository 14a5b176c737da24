/* Certificate policies, RFC 5280 6.1.
 *
 * The policy tree of the RFC grows exponentially, as nodes of one level that have the same policy repeat what
 * lies below them. All that is asked at the end is whether a node is left at the last level that comes,
 * through the mappings, from a policy that the user accepts. For that one level at a time will do, each
 * policy in it once, with a mark whether any of its origins is accepted: a graph, linear in the size of the
 * certificates. */
#include "x509/der.h"
#include "x509/oid.h"
#include "x509/validate.h"

static const struct cv_oid any_policy = {4, {0x55, 0x1d, 0x20, 0x00}};

enum { LEVEL_POLICIES_MAX = 64 }; /* more fail closed */

/* The policies that the next certificate may have: expected_policy_sets of a level, put together. */
struct level {
    struct node {
        struct cv_bytes policy;
        bool accepted; /* comes from a policy of the user's */
    } nodes[LEVEL_POLICIES_MAX];
    size_t n;
    bool any; /* the node anyPolicy is there */
};

struct walk {
    const struct cv_policy_params *params;
    uint32_t *budget;
    uint32_t explicit_policy, mapping, inhibit_any; /* 6.1.2 (d) to (f) */
};

/* A field of policyConstraints; UINT32_MAX if it is not there. */
static uint32_t constraint(const struct cv_cert *cert, uint8_t field)
{
    struct cv_bytes in = cert->policy_constraints, v;
    uint32_t n;

    for (uint8_t i = 0; in.p && i <= field; i++) {
        if (cv_der_optional(&in, (uint8_t)(CV_DER_CONTEXT | i), &v) != CV_OK) return 0;
        if (i == field && v.p) return cv_der_uint32_content(v, &n) == CV_OK ? n : 0;
    }
    return UINT32_MAX;
}

static void lower(uint32_t *counter, uint32_t limit)
{
    if (limit < *counter) *counter = limit;
}

static void count_down(uint32_t *counter)
{
    if (*counter > 0) --*counter;
}

/* 6.1.4 (h) to (j) */
static void step_counters(struct walk *w, const struct cv_cert *cert, bool is_anchor)
{
    if (!is_anchor && !cert->self_issued) {
        count_down(&w->explicit_policy);
        count_down(&w->mapping);
        count_down(&w->inhibit_any);
    }
    lower(&w->explicit_policy, constraint(cert, 0));
    lower(&w->mapping, constraint(cert, 1));
    lower(&w->inhibit_any, cert->inhibit_any);
}

static struct node *find(struct level *l, struct cv_bytes policy)
{
    for (size_t i = 0; i < l->n; i++)
        if (cv_bytes_equal(l->nodes[i].policy, policy)) return &l->nodes[i];
    return NULL;
}

/* Puts a policy into a level; once there, it is accepted if any of its origins is. */
static cv_err put(struct level *l, struct cv_bytes policy, bool accepted, uint32_t *budget)
{
    cv_err e = cv_budget_spend(budget, 1 + l->n);
    struct node *node = find(l, policy);

    if (e != CV_OK) return e;
    if (node) {
        node->accepted |= accepted;
        return CV_OK;
    }
    if (l->n == LEVEL_POLICIES_MAX) return CV_E_CERT_TOO_COMPLEX;
    l->nodes[l->n++] = (struct node){policy, accepted};
    return CV_OK;
}

static bool user_accepts(const struct walk *w, struct cv_bytes policy)
{
    if (!w->params->initial) return true;
    for (size_t i = 0; i < w->params->n_initial; i++)
        if (cv_bytes_equal(w->params->initial[i], policy) || cv_oid_is(w->params->initial[i], &any_policy))
            return true;
    return false;
}

/* Takes the next item of policies or mappings: one OID, or two. */
static cv_err next_item(struct cv_bytes *in, struct cv_bytes *oid, struct cv_bytes *second)
{
    struct cv_bytes item;
    cv_err e = cv_der_read(in, CV_DER_SEQUENCE, &item);

    if (e != CV_OK || (e = cv_der_read(&item, CV_DER_OID, oid)) != CV_OK) return e;
    return second ? cv_der_read(&item, CV_DER_OID, second) : CV_OK;
}

/* 6.1.3 (d), (e): from the policies expected above to those of this certificate. */
static cv_err take_policies(struct walk *w, struct level *l, struct level *above, const struct cv_cert *cert,
                            bool is_leaf)
{
    struct cv_bytes in = cert->policies, oid;
    bool has_any = false;
    cv_err e;

    l->n = 0;
    l->any = false;
    while (in.len > 0) {
        if ((e = next_item(&in, &oid, NULL)) != CV_OK) return e;
        if ((e = cv_budget_spend(w->budget, 1 + above->n)) != CV_OK) return e;
        if (cv_oid_is(oid, &any_policy)) {
            has_any = true;
            continue;
        }
        const struct node *parent = find(above, oid); /* (d)(1)(i), (ii) */
        if (!parent && !above->any) continue;
        if ((e = put(l, oid, parent ? parent->accepted : user_accepts(w, oid), w->budget)) != CV_OK) return e;
    }
    /* (d)(2): what is expected and was not named */
    if (!has_any || !(w->inhibit_any > 0 || (!is_leaf && cert->self_issued))) return CV_OK;
    l->any = above->any;
    for (size_t i = 0; i < above->n; i++)
        if (!find(l, above->nodes[i].policy) &&
            (e = put(l, above->nodes[i].policy, above->nodes[i].accepted, w->budget)) != CV_OK)
            return e;
    return CV_OK;
}

/* Whether the certificate maps this policy to others. */
static cv_err is_mapped(struct walk *w, const struct cv_cert *cert, struct cv_bytes policy, bool *mapped)
{
    struct cv_bytes in = cert->policy_mappings, from, to;
    cv_err e;

    for (*mapped = false; in.len > 0 && !*mapped; *mapped = cv_bytes_equal(from, policy))
        if ((e = cv_budget_spend(w->budget, 1)) != CV_OK || (e = next_item(&in, &from, &to)) != CV_OK)
            return e;
    return CV_OK;
}

/* 6.1.4 (b): what is expected below, where this certificate maps policies. */
static cv_err map_policies(struct walk *w, struct level *out, struct level *l, const struct cv_cert *cert)
{
    struct cv_bytes in = cert->policy_mappings, from, to;
    bool mapped;
    cv_err e;

    out->n = 0;
    out->any = l->any;
    for (size_t i = 0; i < l->n; i++) {
        if ((e = is_mapped(w, cert, l->nodes[i].policy, &mapped)) != CV_OK) return e;
        if (!mapped && (e = put(out, l->nodes[i].policy, l->nodes[i].accepted, w->budget)) != CV_OK) return e;
    }
    while (w->mapping > 0 && in.len > 0) {
        if ((e = next_item(&in, &from, &to)) != CV_OK) return e;
        if ((e = cv_budget_spend(w->budget, 1 + l->n)) != CV_OK) return e;
        const struct node *node = find(l, from);
        if (!node && !l->any) continue;
        if ((e = put(out, to, node ? node->accepted : user_accepts(w, from), w->budget)) != CV_OK) return e;
    }
    return CV_OK;
}

/* 6.1.4 (a): anyPolicy is never mapped. */
static cv_err check_mappings(const struct cv_cert *cert, uint32_t *budget)
{
    struct cv_bytes in = cert->policy_mappings, from, to;
    cv_err e;

    while (in.len > 0) {
        if ((e = cv_budget_spend(budget, 1)) != CV_OK || (e = next_item(&in, &from, &to)) != CV_OK) return e;
        if (cv_oid_is(from, &any_policy) || cv_oid_is(to, &any_policy)) return CV_E_CERT_POLICY;
    }
    return CV_OK;
}

static struct walk begin(const struct cv_policy_params *params, const struct cv_cert *anchor,
                         uint32_t *budget)
{
    struct walk w = {
        .params = params,
        .budget = budget,
        .explicit_policy = params->explicit_policy ? 0 : UINT32_MAX,
        .mapping = params->inhibit_mapping ? 0 : UINT32_MAX,
        .inhibit_any = params->inhibit_any ? 0 : UINT32_MAX,
    };

    step_counters(&w, anchor, true);
    return w;
}

/* 6.1.5 (a), (b), (g): whether explicit_policy is 0 at the end. */
static bool needs_policy(struct walk w, const struct cv_cert *const *certs, size_t n_certs)
{
    for (size_t i = n_certs - 1; i-- > 1;) step_counters(&w, certs[i], false);
    return w.explicit_policy <= 1 || constraint(certs[0], 0) == 0;
}

static cv_err walk_down(struct walk *w, bool *holds, const struct cv_cert *const *certs, size_t n_certs)
{
    struct level expected = {.any = true}, own = {.n = 0};
    cv_err e;

    for (size_t i = n_certs - 1; i-- > 0;) {
        if ((e = take_policies(w, &own, &expected, certs[i], i == 0)) != CV_OK) return e;
        if (i == 0) break;
        if ((e = map_policies(w, &expected, &own, certs[i])) != CV_OK) return e;
        step_counters(w, certs[i], false);
    }
    *holds = own.any;
    for (size_t i = 0; i < own.n; i++) *holds |= own.nodes[i].accepted;
    return CV_OK;
}

cv_err cv_policies_check(const struct cv_cert *const *certs, size_t n_certs,
                         const struct cv_policy_params *params, uint32_t *budget)
{
    static const struct cv_policy_params defaults = {.initial = NULL};
    struct walk w = begin(params ? params : &defaults, certs[n_certs - 1], budget);
    bool holds = true;
    cv_err e;

    for (size_t i = n_certs - 1; i-- > 1;)
        if ((e = check_mappings(certs[i], budget)) != CV_OK) return e;
    if (n_certs < 2 || !needs_policy(w, certs, n_certs)) return CV_OK;
    if ((e = walk_down(&w, &holds, certs, n_certs)) != CV_OK) return e;
    return holds ? CV_OK : CV_E_CERT_POLICY;
}
