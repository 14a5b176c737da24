#include "crypto/base/secret.h"
#include "crypto/ec.h"

cv_err cv_ec_public_key(const struct cv_private_key *key, uint8_t *out, size_t *out_len)
{
    static const struct cv_ec_curve *const curves[] = {&cv_ec_p256, &cv_ec_p384, &cv_ec_p521};
    for (unsigned i = 0; i < sizeof curves / sizeof *curves; i++) {
        const struct cv_ec_curve *c = curves[i];
        cv_gf_limb k[CV_GF_LIMBS_MAX];
        if (c->key_type != key->type) continue;
        cv_err e = cv_ec_decode_scalar(c, k, key->secret);
        if (e != CV_OK) return e;
        cv_ec_public_share(c, out, k);
        *out_len = 1 + 2 * c->len;
        cv_wipe(k, sizeof k);
        return CV_OK;
    }
    return CV_E_INVALID_ARGUMENT;
}
