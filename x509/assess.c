#include "x509/assess.h"

#include "x509/revocation.h"
#include "x509/store.h"
#include "x509/validate.h"

enum { SIGNATURES_MAX = 100, COMPARISONS_MAX = 100000 };

/* The search for the chain that is shown. A better score is nearer to a path. */
struct search {
    const struct cv_path_params *params;
    const struct cv_cert *intermediates;
    size_t n_intermediates;
    struct cv_budget budget;
    unsigned n_unverified; /* links of the path whose signature did not verify */
    struct cv_path path, best;
    int best_score;
    bool is_over;
};

static bool signed_by(struct search *s, const struct cv_cert *cert, const struct cv_cert *issuer)
{
    return cv_budget_spend(&s->budget.signatures, 1) == CV_OK &&
           cv_cert_check_signature(cert, &issuer->key, s->params->schemes, s->params->n_schemes) == CV_OK;
}

static void keep(struct search *s, bool trusted, bool rooted)
{
    int score = (trusted ? 400 : rooted ? 200 : 0) - 100 * (int)s->n_unverified + (int)s->path.n_certs;

    if (score <= s->best_score) return;
    s->best = s->path;
    s->best_score = score;
    s->is_over = trusted && s->n_unverified == 0;
}

static void explore(struct search *s);

/* Goes on with `ca`, whose name fits. With `any` a signature that does not verify will do. */
static bool try_candidate(struct search *s, const struct cv_cert *ca, bool any)
{
    const struct cv_cert *child = s->path.certs[s->path.n_certs - 1];

    if (s->is_over || cv_path_repeats(&s->path, ca)) return false;
    if (cv_budget_spend(&s->budget.comparisons, 1 + (ca->subject.len + child->issuer.len) / 64) != CV_OK ||
        !cv_name_equal(ca->subject, child->issuer))
        return false;
    /* With two identifiers that differ the other key is meant: no candidate where nothing verifies. */
    if (any && child->aki.p && ca->ski.p && !cv_bytes_equal(child->aki, ca->ski)) return false;
    if (!any && !signed_by(s, child, ca)) return false;
    s->n_unverified += any;
    s->path.certs[s->path.n_certs++] = ca;
    explore(s);
    s->path.n_certs--;
    s->n_unverified -= any;
    return true;
}

static bool try_all(struct search *s, bool any)
{
    const struct cv_cert *child = s->path.certs[s->path.n_certs - 1];
    const struct cv_trust_store *trust = s->params->trust;
    size_t n_anchors = 0;
    const struct cv_cert *anchors = trust ? cv_trust_find(trust, child->issuer_hash, &n_anchors) : NULL;
    bool found = false;

    /* First what is in force, then the rest. */
    for (int lapsed = 0; lapsed < 2; lapsed++) {
        for (size_t i = 0; i < n_anchors + s->n_intermediates && !(any && found); i++) {
            const struct cv_cert *ca = i < n_anchors ? &anchors[i] : &s->intermediates[i - n_anchors];
            if (ca->subject_hash != child->issuer_hash) continue;
            if ((cv_dates_check(ca, s->params->now) != CV_OK) == lapsed) found |= try_candidate(s, ca, any);
        }
    }
    return found;
}

static void explore(struct search *s)
{
    const struct cv_cert *last = s->path.certs[s->path.n_certs - 1];
    bool is_leaf = s->path.n_certs == 1;

    if (cv_trust_has(s->params->trust, last) && (!is_leaf || last->self_issued)) {
        keep(s, true, true);
    } else if (last->self_issued && signed_by(s, last, last)) {
        keep(s, false, true);
    } else if (s->path.n_certs == CV_PATH_MAX || (!try_all(s, false) && !s->is_over && !try_all(s, true))) {
        keep(s, false, false);
    }
}

/* --- faults --- */

/* The bit for a cause; the verdict's included. */
static uint32_t fault_of(cv_err e)
{
    switch (e) {
    case CV_OK:
        return 0;
    case CV_E_CERT_NOT_YET_VALID:
    case CV_E_CERT_EXPIRED:
        return CV_FAULT_TIME;
    case CV_E_CERT_SIGNATURE:
        return CV_FAULT_SIGNATURE;
    case CV_E_CERT_SIGNATURE_ALGORITHM:
        return CV_FAULT_SIGNATURE | CV_FAULT_WEAK; /* and so it was not verified */
    case CV_E_CERT_WEAK_KEY:
        return CV_FAULT_WEAK;
    case CV_E_CERT_KEY:
        return CV_FAULT_KEY;
    case CV_E_CERT_KEY_USAGE:
    case CV_E_CERT_EXTENDED_KEY_USAGE:
        return CV_FAULT_USAGE;
    case CV_E_CERT_NOT_CA:
    case CV_E_CERT_PATH_LENGTH:
        return CV_FAULT_NOT_CA;
    case CV_E_CERT_NAME_CONSTRAINT:
        return CV_FAULT_NAME_CONSTRAINT;
    case CV_E_CERT_CRITICAL:
        return CV_FAULT_CRITICAL;
    case CV_E_CERT_DER:
    case CV_E_CERT_SYNTAX:
        return CV_FAULT_FORM;
    case CV_E_CERT_POLICY:
        return CV_FAULT_POLICY;
    case CV_E_CERT_REVOKED:
        return CV_FAULT_REVOKED;
    case CV_E_CERT_REVOCATION_UNKNOWN:
    case CV_E_CERT_STAPLE:
        return CV_FAULT_STATUS_UNKNOWN;
    case CV_E_CERT_REVOCATION_OFFLINE:
        return CV_FAULT_STATUS_UNKNOWN | CV_FAULT_OFFLINE;
    case CV_E_CERT_NAME_MISMATCH:
        return CV_FAULT_HOST;
    default:
        return CV_FAULT_OTHER;
    }
}

static uint32_t own_faults(const struct cv_cert *cert, enum cv_role role, const struct cv_path_params *params)
{
    uint32_t f = fault_of(cv_dates_check(cert, params->now)) | fault_of(cv_key_check(&cert->key, params)) |
                 fault_of(cv_purpose_check(cert, params->purpose)) |
                 fault_of(cv_profile_check(cert, role, params));

    if (cert->unknown_critical) f |= CV_FAULT_CRITICAL;
    if (role == CV_ROLE_LEAF && cert->has_key_usage && (params->key_usage & ~cert->key_usage))
        f |= CV_FAULT_USAGE;
    return f;
}

/* Faults that lie between two certificates: the issuer's right to issue, its constraints, the signature. */
static void judge_issuer(uint32_t *faults, const struct search *s, size_t at, enum cv_role role,
                         struct cv_budget *budget)
{
    const struct cv_cert *const *certs = s->best.certs;
    const struct cv_cert *ca = certs[at];

    faults[at] |= fault_of(cv_issuance_check(certs, at, ca, role, s->params));
    faults[at - 1] |=
        fault_of(cv_cert_check_signature(certs[at - 1], &ca->key, s->params->schemes, s->params->n_schemes));
    for (size_t i = 0; i < at && ca->name_constraints.p; i++)
        if (i == 0 || !certs[i]->self_issued)
            faults[i] |= fault_of(cv_constraints_check(ca, certs[i], &budget->comparisons));
}

/* Each certificate below the anchor by itself, as the leaf of what stands above it. */
static void judge_revocation(uint32_t *faults, const struct search *s, struct cv_budget *budget)
{
    const struct cv_revocation *asked = s->params->revocation;
    if (!asked || !asked->check) return;
    struct cv_revocation one = *asked;
    struct cv_path_params params = *s->params;
    one.scope = CV_REVOCATION_END_CERT;
    params.revocation = &one;
    for (size_t i = 0; i + 1 < s->best.n_certs; i++) {
        struct cv_path above = {.n_certs = s->best.n_certs - i};
        size_t depth;
        for (size_t k = i; k < s->best.n_certs; k++) above.certs[k - i] = s->best.certs[k];
        const struct cv_path_checked p = {.path = &above,
                                          .intermediates = s->intermediates,
                                          .n_intermediates = s->n_intermediates,
                                          .params = &params,
                                          .budget = budget};
        cv_err e = one.check(&p, &depth);
        if (e != CV_OK) faults[i] |= fault_of(e) == CV_FAULT_OTHER ? CV_FAULT_STATUS_UNKNOWN : fault_of(e);
        if (asked->scope == CV_REVOCATION_END_CERT) break;
    }
}

static void judge(uint32_t faults[CV_PATH_MAX], const struct search *s)
{
    const struct cv_path *path = &s->best;
    size_t n = path->n_certs;
    const struct cv_cert *top = path->certs[n - 1];
    struct cv_budget budget = {.signatures = SIGNATURES_MAX, .comparisons = COMPARISONS_MAX};
    bool trusted = cv_trust_has(s->params->trust, top) && (n > 1 || top->self_issued);

    for (size_t i = 0; i < n; i++) {
        enum cv_role role = i == 0                  ? CV_ROLE_LEAF
                            : trusted && i == n - 1 ? CV_ROLE_ANCHOR
                                                    : CV_ROLE_INTERMEDIATE;
        faults[i] |= own_faults(path->certs[i], role, s->params);
        if (i > 0) judge_issuer(faults, s, i, role, &budget);
    }
    if (s->params->host && !cv_cert_matches_host(path->certs[0], s->params->host)) faults[0] |= CV_FAULT_HOST;
    if (trusted) {
        faults[0] |= fault_of(cv_policies_check(path->certs, n, s->params->policy, &budget.comparisons));
        judge_revocation(faults, s, &budget);
    } else {
        bool own = top->self_issued &&
                   cv_cert_check_signature(top, &top->key, s->params->schemes, s->params->n_schemes) == CV_OK;
        faults[n - 1] |= own ? CV_FAULT_UNTRUSTED_ROOT : CV_FAULT_PARTIAL;
        /* Nobody answers for certificates of an issuer that is not trusted. */
        for (size_t i = 0; s->params->revocation && i < n && (i == 0 || i + 1 < n); i++) {
            const struct cv_cert *c = path->certs[i];
            bool named = cv_cert_ocsp_url(c).p || cv_cert_crl_url(c).p;
            faults[i] |= CV_FAULT_STATUS_UNKNOWN | (named ? CV_FAULT_OFFLINE : 0u);
        }
    }
}

cv_err cv_path_assess(struct cv_path *path, uint32_t faults[CV_PATH_MAX], const struct cv_cert *leaf,
                      const struct cv_cert *intermediates, size_t n_intermediates,
                      const struct cv_path_params *params)
{
    struct cv_verdict verdict;
    cv_err e = cv_path_validate(path, &verdict, leaf, intermediates, n_intermediates, params);
    uint32_t all = 0;

    for (size_t i = 0; i < CV_PATH_MAX; i++) faults[i] = 0;
    if (e == CV_OK) return CV_OK;
    struct search s = {
        .params = params,
        .intermediates = intermediates,
        .n_intermediates = n_intermediates,
        .budget = {.signatures = SIGNATURES_MAX, .comparisons = COMPARISONS_MAX},
        .path = {.certs = {leaf}, .n_certs = 1},
        .best = {.certs = {leaf}, .n_certs = 1},
        .best_score = -100 * CV_PATH_MAX,
    };
    explore(&s);
    judge(faults, &s);
    *path = s.best;
    /* The verdict stands: where what was found does not show its cause, it is added. */
    for (size_t i = 0; i < path->n_certs; i++) {
        if (path->certs[i] == verdict.cert && e != CV_E_CERT_UNTRUSTED) faults[i] |= fault_of(e);
        all |= faults[i];
    }
    if (!all) faults[0] |= fault_of(e);
    return e;
}
