#include "x509/path.h"
#include "x509/der.h"
#include "x509/revocation.h"
#include "x509/store.h"
#include "x509/validate.h"

/* How much a failed attempt tells: a later one says more than those before it. */
enum rank {
    RANK_NONE,
    RANK_NO_ISSUER,
    RANK_SIGNATURE, /* an issuer of the right name, but not of the right key */
    RANK_CAUSE,
    RANK_STATUS, /* revoked, or not known not to be */
    RANK_BUDGET,
    RANK_LATE, /* name or dates: everything else holds */
};

/* The first certificate of the path, seen from the leaf, whose dates do not hold. */
struct lapse {
    cv_err err;
    uint8_t depth;
};

struct search {
    const struct cv_path_params *params;
    const struct cv_cert *intermediates;
    size_t n_intermediates;
    size_t max_intermediates;
    struct cv_budget *budget;
    unsigned level;
    bool name_matches, by_common_name;
    bool is_over; /* found, or pointless to go on */
    struct cv_path path;
    struct cv_verdict verdict;
    enum rank rank;
};

static void blame(struct search *s, enum rank rank, cv_err err, size_t depth, const struct cv_cert *cert)
{
    if (err == CV_E_CERT_TOO_COMPLEX) rank = RANK_BUDGET;
    if (rank < s->rank || (rank == s->rank && depth <= s->verdict.depth)) return;
    s->rank = rank;
    s->verdict = (struct cv_verdict){.err = err, .depth = (uint8_t)depth, .cert = cert};
}

/* RFC 5280 6.1.3 (b), (c): the constraints of `ca` on all that stands below it. On failure *depth is that
 * of the certificate whose name is refused. */
static cv_err check_constraints(struct search *s, const struct cv_cert *ca, size_t *depth)
{
    if (!ca->name_constraints.p) return CV_OK;
    for (size_t i = 0; i < s->path.n_certs; i++) {
        const struct cv_cert *below = s->path.certs[i];
        if (i > 0 && below->self_issued) continue;
        cv_err e = cv_constraints_check(ca, below, &s->budget->comparisons);
        if (e == CV_OK) continue;
        *depth = i;
        return e;
    }
    return CV_OK;
}

static cv_err check_revocation(struct search *s, size_t *depth)
{
    const struct cv_path_checked p = {.path = &s->path,
                                      .intermediates = s->intermediates,
                                      .n_intermediates = s->n_intermediates,
                                      .params = s->params,
                                      .budget = s->budget,
                                      .level = s->level};
    const struct cv_revocation *r = s->params->revocation;

    return r && r->check ? r->check(&p, depth) : CV_OK;
}

/* Name constraints say nothing about common names: where there are any, one would be a way around them. */
static bool common_name_serves(const struct search *s)
{
    for (size_t i = 1; i < s->path.n_certs; i++)
        if (s->path.certs[i]->name_constraints.p) return false;
    return s->by_common_name;
}

/* The path reaches an anchor: what can be judged only now. */
static void finish(struct search *s, struct lapse lapse)
{
    const struct cv_cert *leaf = s->path.certs[0];
    cv_err e = cv_policies_check(s->path.certs, s->path.n_certs, s->params->policy, &s->budget->comparisons);
    size_t at = 0;

    if (e != CV_OK) {
        blame(s, RANK_CAUSE, e, 0, leaf);
    } else if ((e = check_revocation(s, &at)) != CV_OK) {
        blame(s, RANK_STATUS, e, at, s->path.certs[at]);
        s->is_over = e == CV_E_CERT_TOO_COMPLEX;
    } else if (!s->name_matches && !common_name_serves(s)) {
        blame(s, RANK_LATE, CV_E_CERT_NAME_MISMATCH, 0, leaf);
        s->is_over = true; /* the leaf is the same on every path */
    } else if (lapse.err != CV_OK) {
        blame(s, RANK_LATE, lapse.err, lapse.depth, s->path.certs[lapse.depth]);
        s->is_over = lapse.depth == 0;
    } else {
        s->verdict = (struct cv_verdict){.err = CV_OK};
        s->is_over = true;
    }
}

static void extend(struct search *s, struct lapse lapse);

/* Tries `ca`, which has the right name, as issuer of the last certificate. */
static void try_issuer(struct search *s, const struct cv_cert *ca, enum cv_role role, struct lapse lapse)
{
    const struct cv_cert *child = s->path.certs[s->path.n_certs - 1];
    size_t depth = s->path.n_certs, at = depth;
    cv_err e = cv_issuer_check(s->path.certs, s->path.n_certs, ca, role, s->params);

    if (e == CV_OK) e = check_constraints(s, ca, &at);
    if (e == CV_OK) {
        at = depth - 1;
        e = cv_budget_spend(&s->budget->signatures, 1);
    }
    if (e != CV_OK) {
        blame(s, RANK_CAUSE, e, at, at == depth ? ca : s->path.certs[at]);
        s->is_over = e == CV_E_CERT_TOO_COMPLEX;
        return;
    }
    e = cv_cert_check_signature(child, &ca->key, s->params->schemes, s->params->n_schemes);
    if (e != CV_OK) {
        blame(s, RANK_SIGNATURE, e, at, child);
        return;
    }
    if (lapse.err == CV_OK && (e = cv_dates_check(ca, s->params->now)) != CV_OK)
        lapse = (struct lapse){.err = e, .depth = (uint8_t)depth};
    s->path.certs[s->path.n_certs++] = ca;
    if (role == CV_ROLE_ANCHOR)
        finish(s, lapse);
    else
        extend(s, lapse);
    if (!s->is_over || s->verdict.err != CV_OK) s->path.n_certs--;
}

/* Tries a certificate whose subject has the hash of the name looked for. */
static void try_candidate(struct search *s, const struct cv_cert *ca, enum cv_role role, struct lapse lapse)
{
    const struct cv_cert *child = s->path.certs[s->path.n_certs - 1];
    size_t cost = 1 + (ca->subject.len + child->issuer.len) / 64;

    if (cv_budget_spend(&s->budget->comparisons, cost) != CV_OK) {
        blame(s, RANK_BUDGET, CV_E_CERT_TOO_COMPLEX, s->path.n_certs - 1, child);
        s->is_over = true;
        return;
    }
    if (!cv_name_equal(ca->subject, child->issuer)) return;
    if (role == CV_ROLE_INTERMEDIATE) {
        if (cv_path_repeats(&s->path, ca)) return;
        if (s->path.n_certs > s->max_intermediates) {
            blame(s, RANK_CAUSE, CV_E_CERT_TOO_COMPLEX, s->path.n_certs, ca);
            return;
        }
    }
    try_issuer(s, ca, role, lapse);
}

enum { SCANNED_AT_ONCE = 16 };

/* 0 to 3: what is in force and has the key identifier that the child asks for comes first. The identifiers
 * are only a hint (RFC 4158 3.5.12). */
static unsigned preference(const struct cv_cert *ca, const struct cv_cert *child, int64_t now)
{
    bool other_key = child->aki.p && ca->ski.p && !cv_bytes_equal(child->aki, ca->ski);

    return (unsigned)other_key * 2 + (cv_dates_check(ca, now) != CV_OK);
}

/* Looks for an issuer of the last certificate: anchors before intermediates, so that paths are short. */
static void extend(struct search *s, struct lapse lapse)
{
    const struct cv_cert *child = s->path.certs[s->path.n_certs - 1];
    int64_t now = s->params->now;
    size_t n_anchors = 0;
    const struct cv_cert *anchors =
        s->params->trust ? cv_trust_find(s->params->trust, child->issuer_hash, &n_anchors) : NULL;

    blame(s, RANK_NO_ISSUER, CV_E_CERT_UNTRUSTED, s->path.n_certs - 1, child);
    /* looking through them costs little, but there may be many */
    if (cv_budget_spend(&s->budget->comparisons, (n_anchors + s->n_intermediates) / SCANNED_AT_ONCE) !=
        CV_OK) {
        blame(s, RANK_BUDGET, CV_E_CERT_TOO_COMPLEX, s->path.n_certs - 1, child);
        s->is_over = true;
    }
    for (unsigned pass = 0; pass < 4; pass++) {
        for (size_t i = 0; i < n_anchors && !s->is_over; i++)
            if (preference(&anchors[i], child, now) == pass)
                try_candidate(s, &anchors[i], CV_ROLE_ANCHOR, lapse);
        for (size_t i = 0; i < s->n_intermediates && !s->is_over; i++) {
            const struct cv_cert *ca = &s->intermediates[i];
            if (ca->subject_hash == child->issuer_hash && preference(ca, child, now) == pass)
                try_candidate(s, ca, CV_ROLE_INTERMEDIATE, lapse);
        }
    }
}

cv_err cv_path_search(struct cv_path *path, struct cv_verdict *verdict, const struct cv_path_search *search,
                      struct cv_budget *budget)
{
    const struct cv_path_params *params = search->params;
    const struct cv_cert *leaf = search->leaf;
    struct search s = {
        .params = params,
        .intermediates = search->intermediates,
        .n_intermediates = search->n_intermediates,
        .max_intermediates = params->max_intermediates ? params->max_intermediates : CV_PATH_MAX - 2,
        .budget = budget,
        .level = search->level,
        .name_matches = !params->host || cv_cert_matches_host(leaf, params->host),
        .by_common_name =
            params->host && params->common_name && cv_cert_matches_common_name(leaf, params->host),
        .path = {.certs = {leaf}, .n_certs = 1},
        .verdict = {.err = CV_E_INTERNAL},
    };
    struct lapse lapse = {.err = cv_dates_check(leaf, params->now), .depth = 0};
    cv_err e = cv_leaf_check(leaf, params);

    if (s.max_intermediates > CV_PATH_MAX - 2) s.max_intermediates = CV_PATH_MAX - 2;
    if (e != CV_OK)
        blame(&s, RANK_CAUSE, e, 0, leaf);
    else if (cv_trust_has(params->trust, leaf) && leaf->self_issued)
        finish(&s, lapse);
    else
        extend(&s, lapse);
    *verdict = s.verdict;
    *path = s.verdict.err == CV_OK ? s.path : (struct cv_path){.n_certs = 0};
    return s.verdict.err;
}

cv_err cv_path_validate(struct cv_path *path, struct cv_verdict *verdict, const struct cv_cert *leaf,
                        const struct cv_cert *intermediates, size_t n_intermediates,
                        const struct cv_path_params *params)
{
    struct cv_budget budget = {
        .signatures = params->max_signatures ? params->max_signatures : 100,
        .comparisons = params->max_comparisons ? params->max_comparisons : 100000,
        .fetches = CV_FETCHES_MAX,
    };
    const struct cv_path_search search = {
        .leaf = leaf, .intermediates = intermediates, .n_intermediates = n_intermediates, .params = params};

    return cv_path_search(path, verdict, &search, &budget);
}
