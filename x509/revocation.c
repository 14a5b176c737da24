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
    revocation.staple = NULL;
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

static enum cv_cert_status status_by_crls(size_t at, const struct cv_path_checked *p)
{
    const struct cv_revocation *r = p->params->revocation;
    const struct cv_cert *cert = p->path->certs[at];
    uint16_t covered = 0;

    for (size_t i = 0; i < r->n_crls; i++) {
        const struct cv_crl *crl = &r->crls[i];
        if (!is_usable(crl, p->params)) continue;
        uint16_t reasons = cv_crl_scope(crl, cert, &p->budget->comparisons);
        if (!(reasons & ~covered)) continue; /* 6.3.3 (e) */
        if (!is_authentic(crl, at, p)) continue;
        /* the caller chose the list: its length costs little */
        if (cv_budget_spend(&p->budget->comparisons, 1 + crl->entries.len / 4096) != CV_OK)
            return CV_STATUS_UNKNOWN;
        if (cv_crl_lists(crl, cert->issuer, cert->serial)) return CV_STATUS_REVOKED;
        covered |= reasons;
    }
    return covered == CV_REASONS_ALL ? CV_STATUS_GOOD : CV_STATUS_UNKNOWN;
}

static cv_err check_one(size_t at, const struct cv_path_checked *p)
{
    const struct cv_revocation *r = p->params->revocation;
    const struct cv_cert *cert = p->path->certs[at];
    size_t last = p->path->n_certs - 1;
    enum cv_cert_status staple = CV_STATUS_UNKNOWN;

    if (at == 0 && r->staple && last > 0)
        staple = cv_ocsp_status(r->staple, cert, p->path->certs[1], p->params, &p->budget->signatures);
    if (staple == CV_STATUS_REVOKED) return CV_E_CERT_REVOKED;
    if (at == 0 && r->must_staple && cert->must_staple && staple != CV_STATUS_GOOD) return CV_E_CERT_STAPLE;
    enum cv_cert_status listed = status_by_crls(at, p);
    if (listed == CV_STATUS_REVOKED) return CV_E_CERT_REVOKED;
    if (listed == CV_STATUS_GOOD) return CV_OK;
    /* the peer's certificates cost budget: it must not be spent so that a list is overlooked */
    if (p->budget->signatures == 0 || p->budget->comparisons == 0) return CV_E_CERT_TOO_COMPLEX;
    return staple == CV_STATUS_GOOD || at == last || r->soft_fail ? CV_OK : CV_E_CERT_REVOCATION_UNKNOWN;
}

cv_err cv_revocation_check(const struct cv_path_checked *p, size_t *depth)
{
    enum cv_revocation_scope scope = p->params->revocation->scope;
    size_t n = p->path->n_certs, end = scope == CV_REVOCATION_CHAIN ? n : n - 1;

    if (scope == CV_REVOCATION_END_CERT && end > 1) end = 1;
    /* from the anchor down, so that the first cause is told */
    for (size_t i = end; i-- > 0;) {
        cv_err e = check_one(i, p);
        if (e == CV_OK) continue;
        *depth = i;
        return e;
    }
    return CV_OK;
}
