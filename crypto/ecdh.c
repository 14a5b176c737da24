/* ECDH (SP 800-56A section 5.7.1.2; RFC 9846 section 7.4.2): the secret is the x coordinate. */
#include "crypto/base/secret.h"
#include "crypto/ec.h"

static void shared_secret(const struct cv_ec_curve *c, uint8_t *secret, const cv_gf_limb *k,
                          const cv_gf_limb *peer)
{
    /* k in 1 … n-1 and a peer of order n: never infinity. */
    cv_gf_limb point[3 * CV_GF_LIMBS_MAX], affine[2 * CV_GF_LIMBS_MAX];
    cv_ec_mul(c, point, k, peer);
    cv_ec_to_affine(c, affine, point);
    cv_gf_from(c->field, affine, affine);
    cv_gf_store(secret, c->len, affine);
    cv_wipe(point, sizeof point);
    cv_wipe(affine, sizeof affine);
    cv_wipe_stack(); /* the last product is the secret */
}

cv_err cv_ecdh_generate(const struct cv_group *g, uint8_t *private_key, uint8_t *share,
                        const struct cv_rng *rng)
{
    const struct cv_ec_curve *c = g->curve;
    cv_gf_limb k[CV_GF_LIMBS_MAX];
    cv_err e = cv_ec_random_scalar(c, k, rng);
    if (e != CV_OK) return e;
    cv_gf_store(private_key, c->len, k);
    cv_ec_public_share(c, share, k);
    cv_wipe(k, sizeof k);
    cv_wipe_stack();
    return CV_OK;
}

cv_err cv_ecdh_respond(const struct cv_group *g, uint8_t *share, uint8_t *secret,
                       struct cv_bytes client_share, const struct cv_rng *rng)
{
    const struct cv_ec_curve *c = g->curve;
    cv_gf_limb k[CV_GF_LIMBS_MAX], peer[2 * CV_GF_LIMBS_MAX];
    if (cv_ec_decode_point(c, peer, client_share) != CV_OK) return CV_E_BAD_KEY_SHARE;
    cv_err e = cv_ec_random_scalar(c, k, rng);
    if (e != CV_OK) return e;
    cv_ec_public_share(c, share, k);
    shared_secret(c, secret, k, peer);
    cv_wipe(k, sizeof k);
    return CV_OK;
}

cv_err cv_ecdh_finish(const struct cv_group *g, uint8_t *secret, const uint8_t *private_key,
                      struct cv_bytes server_share)
{
    const struct cv_ec_curve *c = g->curve;
    cv_gf_limb k[CV_GF_LIMBS_MAX], peer[2 * CV_GF_LIMBS_MAX];
    if (cv_ec_decode_point(c, peer, server_share) != CV_OK) return CV_E_BAD_KEY_SHARE;
    cv_err e = cv_ec_decode_scalar(c, k, cv_bytes(private_key, c->len));
    if (e != CV_OK) return e;
    shared_secret(c, secret, k, peer);
    cv_wipe(k, sizeof k);
    return CV_OK;
}
