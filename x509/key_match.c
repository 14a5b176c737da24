#include "x509/key.h"

cv_err cv_private_key_matches(const struct cv_private_key *key, const struct cv_cert *cert)
{
    const struct cv_public_key *pub = &cert->key;
    uint8_t point[2592]; /* ML-DSA-87 */
    size_t len = sizeof point;
    cv_err e;

    if (key->type != pub->type) return CV_E_KEY_MISMATCH;
    switch (key->type) {
    case CV_KEY_RSA:
    case CV_KEY_RSA_PSS:
        return cv_bytes_equal(key->n, pub->n) && cv_bytes_equal(key->e, pub->e) ? CV_OK : CV_E_KEY_MISMATCH;
    case CV_KEY_P256:
    case CV_KEY_P384:
    case CV_KEY_P521:
        e = cv_ec_public_key(key, point, &len);
        break;
    case CV_KEY_ED25519:
        len = 32;
        e = cv_ed25519_public_key(key, point);
        break;
    case CV_KEY_ED448:
        len = 57;
        e = cv_ed448_public_key(key, point);
        break;
    case CV_KEY_MLDSA44:
    case CV_KEY_MLDSA65:
    case CV_KEY_MLDSA87:
        e = cv_mldsa_public_key(key, point, &len);
        break;
    default:
        return CV_E_UNSUPPORTED;
    }
    if (e != CV_OK) return e;
    return cv_bytes_equal(cv_bytes(point, len), pub->point) ? CV_OK : CV_E_KEY_MISMATCH;
}
