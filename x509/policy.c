#include "x509/der.h"
#include "x509/oid.h"
#include "x509/validate.h"

static const struct cv_oid any_policy = {4, {0x55, 0x1d, 0x20, 0x00}};

/* requireExplicitPolicy of a certificate, UINT32_MAX if it has none. */
static uint32_t explicit_skip(const struct cv_cert *cert)
{
    struct cv_bytes in = cert->policy_constraints, v;
    uint32_t n;

    if (!in.p || cv_der_optional(&in, CV_DER_CONTEXT | 0, &v) != CV_OK || !v.p) return UINT32_MAX;
    return cv_der_uint32_content(v, &n) == CV_OK ? n : 0;
}

/* RFC 5280 6.1.4 (h), (i) and 6.1.5 (a), (b): whether explicit_policy is 0 at the end. The anchor's
 * constraint counts as well. */
static bool needs_policy(const struct cv_cert *const *certs, size_t n_certs)
{
    uint32_t countdown = UINT32_MAX; /* no demand so far */

    for (size_t i = n_certs; i-- > 0;) {
        bool counts = i == 0 || (i < n_certs - 1 && !certs[i]->self_issued);
        if (counts && countdown > 0 && countdown != UINT32_MAX) countdown--;
        uint32_t n = explicit_skip(certs[i]);
        if (n < countdown && (i > 0 || n == 0)) countdown = n;
    }
    return countdown == 0;
}

static cv_err next_policy(struct cv_bytes *policies, struct cv_bytes *oid)
{
    struct cv_bytes item;
    cv_err e = cv_der_read(policies, CV_DER_SEQUENCE, &item);

    return e != CV_OK ? e : cv_der_read(&item, CV_DER_OID, oid);
}

/* Whether the certificate stands for the policy, by name or (where that counts) by anyPolicy. */
static cv_err has_policy(const struct cv_cert *cert, struct cv_bytes wanted, bool any_counts,
                         uint32_t *budget, bool *has)
{
    struct cv_bytes in = cert->policies, oid;
    cv_err e;

    *has = false;
    while (in.len > 0 && !*has) {
        if ((e = cv_budget_spend(budget, 1)) != CV_OK || (e = next_policy(&in, &oid)) != CV_OK) return e;
        *has = cv_bytes_equal(oid, wanted) || (any_counts && cv_oid_is(oid, &any_policy));
    }
    return CV_OK;
}

static cv_err all_have_policy(const struct cv_cert *const *certs, size_t n_certs, struct cv_bytes wanted,
                              bool any_counts, uint32_t *budget, bool *have)
{
    *have = true;
    for (size_t i = 0; i + 1 < n_certs && *have; i++) {
        cv_err e = has_policy(certs[i], wanted, any_counts, budget, have);
        if (e != CV_OK) return e;
    }
    return CV_OK;
}

cv_err cv_policies_check(const struct cv_cert *const *certs, size_t n_certs, uint32_t *budget)
{
    bool any_counts = true, found;
    struct cv_bytes oid;

    if (!needs_policy(certs, n_certs)) return CV_OK;
    for (size_t i = 0; i < n_certs; i++) {
        /* The policy tree is not built: where it could differ from a plain intersection, we refuse. */
        if (certs[i]->policy_mappings.p) return CV_E_CERT_POLICY;
        if (certs[i]->inhibit_any.p) any_counts = false;
    }
    for (size_t i = 0; i + 1 < n_certs; i++) {
        struct cv_bytes in = certs[i]->policies;
        while (in.len > 0) {
            cv_err e = next_policy(&in, &oid);
            if (e != CV_OK) return e;
            if (!any_counts && cv_oid_is(oid, &any_policy)) continue;
            if ((e = all_have_policy(certs, n_certs, oid, any_counts, budget, &found)) != CV_OK) return e;
            if (found) return CV_OK;
        }
    }
    return CV_E_CERT_POLICY;
}
