/* The parts of path validation that stand in files of their own. All return CV_OK or the cause. */
#ifndef CV_X509_VALIDATE_H
#define CV_X509_VALIDATE_H

#include "x509/path.h"

/* Spends n of the budget; CV_E_CERT_TOO_COMPLEX if there is less. */
static inline cv_err cv_budget_spend(uint32_t *budget, size_t n)
{
    if (*budget < n) {
        *budget = 0;
        return CV_E_CERT_TOO_COMPLEX;
    }
    *budget -= (uint32_t)n;
    return CV_OK;
}

/* What is left of the work that a validation may cost. */
struct cv_budget {
    uint32_t signatures, comparisons, fetches;
};

enum { CV_FETCHES_MAX = 24 };

/* CV_E_CERT_KEY, CV_E_CERT_WEAK_KEY for keys that no certificate of a path may have. */
cv_err cv_key_check(const struct cv_public_key *key, const struct cv_path_params *params);

/* A search for a path. level: 0, or how many paths of CRL issuers it is nested in. */
struct cv_path_search {
    const struct cv_cert *leaf, *intermediates;
    size_t n_intermediates;
    const struct cv_path_params *params;
    unsigned level;
};

/* As cv_path_validate, with the budget of the search that it is part of. */
cv_err cv_path_search(struct cv_path *path, struct cv_verdict *verdict, const struct cv_path_search *search,
                      struct cv_budget *budget);

/* A path that holds but for revocation. */
struct cv_path_checked {
    const struct cv_path *path;
    const struct cv_cert *intermediates; /* all that were given */
    size_t n_intermediates;
    const struct cv_path_params *params;
    struct cv_budget *budget;
    unsigned level;
};

/* Applies the name constraints of `ca` to every name of `cert`: its subject, the mail addresses in it, and
 * all alternative names. CV_E_CERT_NAME_CONSTRAINT if a name is outside, or cannot be judged (a form that
 * we do not know, or malformed, on either side). RFC 5280 4.2.1.10. Each comparison costs budget. */
cv_err cv_constraints_check(const struct cv_cert *ca, const struct cv_cert *cert, uint32_t *budget);

/* CV_E_CERT_POLICY if the path (leaf first, anchor last) must have a policy that the user accepts and has
 * none (RFC 5280 6.1.5 (g)), or maps anyPolicy (6.1.4 (a)). Policies cost nothing where none is demanded.
 * CV_E_CERT_TOO_COMPLEX with more than 64 policies at one level. params may be NULL. */
cv_err cv_policies_check(const struct cv_cert *const *certs, size_t n_certs,
                         const struct cv_policy_params *params, uint32_t *budget);

enum cv_role { CV_ROLE_LEAF, CV_ROLE_INTERMEDIATE, CV_ROLE_ANCHOR };

/* CV_E_CERT_SYNTAX and others if the certificate departs from what the profile demands beyond RFC 5280
 * 6.1; the compatible profile demands nothing. */
cv_err cv_profile_check(const struct cv_cert *cert, enum cv_role role, const struct cv_path_params *params);

/* The parts of what a certificate must be: path_check.c. */
cv_err cv_dates_check(const struct cv_cert *cert, int64_t now);
cv_err cv_purpose_check(const struct cv_cert *cert, enum cv_purpose purpose);
/* What makes `ca` fit to issue the last of the certificates below it (leaf first): basic constraints and key
 * usage. */
cv_err cv_issuance_check(const struct cv_cert *const *below, size_t n_below, const struct cv_cert *ca,
                         enum cv_role role, const struct cv_path_params *params);
/* All that a leaf must be by itself, and all that an issuer must be, their dates apart. */
cv_err cv_leaf_check(const struct cv_cert *leaf, const struct cv_path_params *params);
cv_err cv_issuer_check(const struct cv_cert *const *below, size_t n_below, const struct cv_cert *ca,
                       enum cv_role role, const struct cv_path_params *params);
/* RFC 4158 2.4.2: the same name and key again is a loop. */
bool cv_path_repeats(const struct cv_path *path, const struct cv_cert *ca);
/* Whether this very certificate is an anchor. */
bool cv_trust_has(const struct cv_trust_store *trust, const struct cv_cert *cert);

#endif
