#include "x509/revocation.h"
#include "x509/alg.h"
#include "x509/validate.h"

enum { LEVEL_MAX = 2 };

/* Whether the list may be used now; strict profiles ask for what RFC 5280 section 5 does. */
static bool is_usable(const struct cv_crl *crl, const struct cv_path_params *params)
{
    if (crl->is_delta || crl->unknown_critical) return false; /* 5.2, 5.3 */
    if (params->profile != CV_PROFILE_COMPAT && crl->deviations) return false;
    return crl->this_update <= params->now && params->now <= crl->next_update;
}

static bool has_signed(const struct cv_cert *signer, const struct cv_crl *crl,
                       const struct cv_path_checked *p)
{
    /* 6.3.3 (f) */
    if (signer->has_key_usage && !(signer->key_usage & CV_KU_CRL_SIGN)) return false;
    if (!cv_name_equal(signer->subject, crl->issuer)) return false;
    if (cv_budget_spend(&p->budget->signatures, 1) != CV_OK) return false;
    return cv_signature_check(&crl->sig, crl->tbs, crl->signature, &signer->key, p->params->schemes,
                              p->params->n_schemes) == CV_OK;
}

/* 6.3.3 (f): a certificate outside the path needs one of its own, to the same anchor. */
static bool is_trusted(const struct cv_cert *signer, const struct cv_path_checked *p)
{
    struct cv_trust_store trust = {.anchors = p->path->certs[p->path->n_certs - 1], .n_anchors = 1};
    struct cv_revocation revocation = *p->params->revocation;
    struct cv_path_params params = *p->params;
    struct cv_verdict verdict;
    struct cv_path path;

    if (p->level == LEVEL_MAX) return false;
    revocation.scope = CV_REVOCATION_CHAIN_EXCLUDE_ROOT;
    revocation.must_staple = false;
    revocation.n_staples = 0;
    params.revocation = &revocation;
    params.trust = &trust;
    params.purpose = CV_PURPOSE_ANY;
    params.key_usage = 0;
    params.host = NULL;
    params.policy = NULL;
    const struct cv_path_search search = {.leaf = signer,
                                          .intermediates = p->intermediates,
                                          .n_intermediates = p->n_intermediates,
                                          .params = &params,
                                          .level = p->level + 1};
    return cv_path_search(&path, &verdict, &search, p->budget) == CV_OK;
}

static bool is_authentic(const struct cv_crl *crl, size_t at, const struct cv_path_checked *p)
{
    const struct cv_cert *cert = p->path->certs[at];
    size_t last = p->path->n_certs - 1;

    for (size_t i = at < last ? at + 1 : at; i <= last; i++)
        if (has_signed(p->path->certs[i], crl, p)) return true;
    /* A CRL issuer may list itself where its own issuer, in a distribution point, leaves that to it. */
    if (p->level > 0 && at == 0 && !cv_name_equal(crl->issuer, cert->issuer) && has_signed(cert, crl, p))
        return true;
    for (size_t i = 0; i < p->n_intermediates; i++) {
        const struct cv_cert *signer = &p->intermediates[i];
        if (signer->subject_hash != crl->issuer_hash) continue;
        if (crl->aki.p && signer->ski.p && !cv_bytes_equal(crl->aki, signer->ski)) continue;
        /* otherwise its own list says nothing about a signer */
        if (cv_bytes_equal(signer->spki, cert->spki)) continue;
        if (has_signed(signer, crl, p) && is_trusted(signer, p)) return true;
    }
    return false;
}

/* What is known of a certificate so far. */
struct finding {
    bool is_revoked, is_good; /* by an OCSP answer or a list; revoked outweighs good */
    uint16_t covered;         /* reasons that the lists cover that do not name it */
};

static void consider_crl(struct finding *f, const struct cv_crl *crl, size_t at,
                         const struct cv_path_checked *p)
{
    const struct cv_cert *cert = p->path->certs[at];

    if (f->is_revoked || !is_usable(crl, p->params)) return;
    uint16_t reasons = cv_crl_scope(crl, cert, &p->budget->comparisons);
    if (!(reasons & ~f->covered)) return; /* 6.3.3 (e) */
    if (!is_authentic(crl, at, p)) return;
    /* the caller chose the list: its length costs little */
    if (cv_budget_spend(&p->budget->comparisons, 1 + crl->entries.len / 4096) != CV_OK) return;
    f->is_revoked = cv_crl_lists(crl, cert->issuer, cert->serial);
    f->covered |= reasons;
    f->is_good |= f->covered == CV_REASONS_ALL;
}

static void consider_ocsp(struct finding *f, const struct cv_ocsp *o, size_t at,
                          const struct cv_path_checked *p)
{
    if (at + 1 == p->path->n_certs) return; /* the anchor has no issuer */
    enum cv_cert_status status =
        cv_ocsp_status(o, p->path->certs[at], p->path->certs[at + 1], p->params, &p->budget->signatures);
    f->is_revoked |= status == CV_STATUS_REVOKED;
    f->is_good |= status == CV_STATUS_GOOD;
}

static bool is_decided(const struct finding *f)
{
    return f->is_revoked || f->is_good;
}

/* Asks the caller for bytes; what cannot be read is as if it had not come. */
static void ask(struct finding *f, struct cv_fetch *what, size_t at, const struct cv_path_checked *p)
{
    const struct cv_revocation *r = p->params->revocation;
    uint8_t request[CV_OCSP_REQUEST_MAX];
    struct cv_bytes answer;
    struct cv_ocsp ocsp;
    struct cv_crl crl;
    size_t len;

    if (is_decided(f) || cv_budget_spend(&p->budget->fetches, 1) != CV_OK) return;
    what->cert = p->path->certs[at];
    what->issuer = p->path->certs[at + 1];
    if (what->kind == CV_FETCH_OCSP) {
        if (cv_ocsp_request_build(request, sizeof request, &len, what->cert, what->issuer) != CV_OK) return;
        what->request = cv_bytes(request, len);
    }
    if (!r->fetch(r->fetch_ctx, what, &answer)) return;
    if (what->kind == CV_FETCH_OCSP) {
        if (cv_ocsp_parse(&ocsp, answer) == CV_OK) consider_ocsp(f, &ocsp, at, p);
    } else if (cv_crl_parse(&crl, answer) == CV_OK) {
        consider_crl(f, &crl, at, p);
    }
    if (r->release) r->release(r->fetch_ctx, answer);
}

static void ask_all(struct finding *f, size_t at, const struct cv_path_checked *p)
{
    const struct cv_cert *cert = p->path->certs[at];
    struct cv_fetch ocsp = {.kind = CV_FETCH_OCSP, .url = cv_cert_ocsp_url(cert)};
    struct cv_fetch crl = {.kind = CV_FETCH_CRL, .url = cv_cert_crl_url(cert)};

    if (!p->params->revocation->fetch || at + 1 == p->path->n_certs) return;
    ask(f, &ocsp, at, p);
    ask(f, &crl, at, p);
}

/* Why a status that is asked for is not known. */
static cv_err unknown(const struct cv_cert *cert, uint8_t ignore)
{
    bool has_source = cv_cert_ocsp_url(cert).p || cv_cert_crl_url(cert).p;

    if (ignore & (has_source ? CV_IGNORE_OFFLINE : CV_IGNORE_NO_CHECK)) return CV_OK;
    return has_source ? CV_E_CERT_REVOCATION_OFFLINE : CV_E_CERT_REVOCATION_UNKNOWN;
}

static cv_err check_one(size_t at, bool is_asked, const struct cv_path_checked *p)
{
    const struct cv_revocation *r = p->params->revocation;
    const struct cv_cert *cert = p->path->certs[at];
    struct finding f = {.covered = 0};

    for (size_t i = 0; i < r->n_staples; i++) consider_ocsp(&f, &r->staples[i], at, p);
    if (f.is_revoked) return CV_E_CERT_REVOKED;
    if (at == 0 && r->must_staple && cert->must_staple && !f.is_good) return CV_E_CERT_STAPLE;
    if (is_asked) {
        for (size_t i = 0; i < r->n_crls; i++) consider_crl(&f, &r->crls[i], at, p);
        ask_all(&f, at, p);
    }
    if (f.is_revoked) return CV_E_CERT_REVOKED;
    /* the peer's certificates cost budget: it must not be spent so that a list is overlooked */
    bool is_spent = p->budget->signatures == 0 || p->budget->comparisons == 0;
    if (is_spent && f.covered != CV_REASONS_ALL && (is_asked || r->n_staples > 0))
        return CV_E_CERT_TOO_COMPLEX;
    if (!is_asked || f.is_good || at + 1 == p->path->n_certs) return CV_OK;
    return unknown(cert, r->ignore);
}

/* How many certificates of the path, from the leaf on, must be known not to be revoked. */
static size_t count_asked(enum cv_revocation_scope scope, size_t n_certs)
{
    switch (scope) {
    case CV_REVOCATION_END_CERT:
        return n_certs > 1 ? 1 : 0;
    case CV_REVOCATION_CHAIN_EXCLUDE_ROOT:
        return n_certs - 1;
    case CV_REVOCATION_CHAIN:
        return n_certs;
    default:
        return 0;
    }
}

cv_err cv_revocation_check(const struct cv_path_checked *p, size_t *depth)
{
    const struct cv_revocation *r = p->params->revocation;
    size_t n_asked = count_asked(r->scope, p->path->n_certs), end = n_asked, n_issued = p->path->n_certs - 1;

    /* what is stapled counts in any case, and the leaf may demand it */
    if (end < n_issued && (r->n_staples > 0 || end == 0)) end = r->n_staples > 0 ? n_issued : 1;
    /* from the anchor down, so that the first cause is told */
    for (size_t i = end; i-- > 0;) {
        cv_err e = check_one(i, i < n_asked, p);
        if (e == CV_OK) continue;
        *depth = i;
        return e;
    }
    return CV_OK;
}
