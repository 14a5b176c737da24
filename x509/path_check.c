/* What a certificate must be to stand in a path, apart from signatures and constraints of others. */
#include "x509/der.h"
#include "x509/store.h"
#include "x509/validate.h"

cv_err cv_dates_check(const struct cv_cert *cert, int64_t now)
{
    return now < cert->not_before  ? CV_E_CERT_NOT_YET_VALID
           : now > cert->not_after ? CV_E_CERT_EXPIRED
                                   : CV_OK;
}

cv_err cv_key_check(const struct cv_public_key *key, const struct cv_path_params *params)
{
    size_t least = params->min_rsa_bits ? params->min_rsa_bits : CV_RSA_BITS_MIN;

    if (key->type == CV_KEY_NONE) return CV_E_CERT_KEY;
    if (key->type != CV_KEY_RSA && key->type != CV_KEY_RSA_PSS) return CV_OK;
    size_t bits = cv_uint_bits(key->n);
    if (bits > CV_RSA_BITS_MAX || cv_uint_bits(key->e) > CV_RSA_EXPONENT_BITS_MAX) return CV_E_CERT_KEY;
    return bits < least ? CV_E_CERT_WEAK_KEY : CV_OK;
}

/* Purposes nest: a CA that names some passes on no others. */
cv_err cv_purpose_check(const struct cv_cert *cert, enum cv_purpose purpose)
{
    static const uint8_t wanted[] = {
        [CV_PURPOSE_SERVER] = CV_EKU_SERVER_AUTH | CV_EKU_ANY,
        [CV_PURPOSE_CLIENT] = CV_EKU_CLIENT_AUTH | CV_EKU_ANY,
    };

    if (!cert->has_eku || purpose == CV_PURPOSE_ANY) return CV_OK;
    return cert->eku & wanted[purpose] ? CV_OK : CV_E_CERT_EXTENDED_KEY_USAGE;
}

/* What holds for every certificate of a path, its dates apart. */
static cv_err check_any(const struct cv_cert *cert, enum cv_role role, const struct cv_path_params *params)
{
    cv_err e;

    if (cert->unknown_critical) return CV_E_CERT_CRITICAL; /* RFC 5280 4.2 */
    if ((e = cv_key_check(&cert->key, params)) != CV_OK) return e;
    if ((e = cv_purpose_check(cert, params->purpose)) != CV_OK) return e;
    return cv_profile_check(cert, role, params);
}

cv_err cv_leaf_check(const struct cv_cert *leaf, const struct cv_path_params *params)
{
    if (leaf->has_key_usage && (params->key_usage & ~leaf->key_usage)) return CV_E_CERT_KEY_USAGE;
    return check_any(leaf, CV_ROLE_LEAF, params);
}

cv_err cv_issuance_check(const struct cv_cert *const *below, size_t n_below, const struct cv_cert *ca,
                         enum cv_role role, const struct cv_path_params *params)
{
    size_t n_counted = 0;

    /* RFC 5280 6.1.4 (k): a version that cannot say it is a CA only if trusted as one */
    bool trusted_v1 = role == CV_ROLE_ANCHOR && ca->version < 3 && params->profile == CV_PROFILE_COMPAT;
    if (!trusted_v1 && !ca->is_ca) return CV_E_CERT_NOT_CA;
    if (ca->has_key_usage && !(ca->key_usage & CV_KU_KEY_CERT_SIGN)) return CV_E_CERT_KEY_USAGE; /* (n) */
    /* RFC 5280 4.2.1.9: self-issued ones and the leaf do not count */
    for (size_t i = 1; i < n_below; i++) n_counted += !below[i]->self_issued;
    return ca->has_path_len && n_counted > ca->path_len ? CV_E_CERT_PATH_LENGTH : CV_OK;
}

cv_err cv_issuer_check(const struct cv_cert *const *below, size_t n_below, const struct cv_cert *ca,
                       enum cv_role role, const struct cv_path_params *params)
{
    cv_err e = check_any(ca, role, params);

    return e == CV_OK ? cv_issuance_check(below, n_below, ca, role, params) : e;
}

bool cv_path_repeats(const struct cv_path *path, const struct cv_cert *ca)
{
    for (size_t i = 0; i < path->n_certs; i++) {
        const struct cv_cert *c = path->certs[i];
        if (cv_bytes_equal(c->spki, ca->spki) && cv_bytes_equal(c->subject, ca->subject)) return true;
    }
    return false;
}

bool cv_trust_has(const struct cv_trust_store *trust, const struct cv_cert *cert)
{
    size_t n = 0;
    const struct cv_cert *found = trust ? cv_trust_find(trust, cert->subject_hash, &n) : NULL;

    for (size_t i = 0; i < n; i++)
        if (cv_bytes_equal(found[i].der, cert->der)) return true;
    return false;
}
