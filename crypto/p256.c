/* P-256 (secp256r1). Parameters: NIST SP 800-186 section 3.2.1.3; for each modulus also R² and R modulo
 * it, R = 2^256. */
#include "crypto/p256_field.h"

static const struct cv_gf field = {
    .bits = 256,
    .n_limbs = CV_GF_LIMBS(256),
    .n0 = (cv_gf_limb)0x0000000000000001,
    .m = {CV_GF_64(0xffffffffffffffff), CV_GF_64(0x00000000ffffffff), CV_GF_64(0x0000000000000000),
          CV_GF_64(0xffffffff00000001)},
    .to = {CV_GF_64(0x0000000000000003), CV_GF_64(0xfffffffbffffffff), CV_GF_64(0xfffffffffffffffe),
           CV_GF_64(0x00000004fffffffd)},
    .one = {CV_GF_64(0x0000000000000001), CV_GF_64(0xffffffff00000000), CV_GF_64(0xffffffffffffffff),
            CV_GF_64(0x00000000fffffffe)},
    .mul = p256_mul,
    .sqr = p256_sqr,
    .add = p256_add,
    .sub = p256_sub,
    .half = p256_half,
};

#include "crypto/ec_instance.h"

const struct cv_ec_vartime cv_ec_p256_vartime = {
    .add_affine = point_add_affine_vartime,
    .mul_add = cv_ec_mul_add_vartime,
    .invert = cv_gf_invert_vartime,
};

static const struct cv_gf order = {
    .bits = 256,
    .n_limbs = CV_GF_LIMBS(256),
    .n0 = (cv_gf_limb)0xccd1c8aaee00bc4f,
    .m = {CV_GF_64(0xf3b9cac2fc632551), CV_GF_64(0xbce6faada7179e84), CV_GF_64(0xffffffffffffffff),
          CV_GF_64(0xffffffff00000000)},
    .to = {CV_GF_64(0x83244c95be79eea2), CV_GF_64(0x4699799c49bd6fa6), CV_GF_64(0x2845b2392b6bec59),
           CV_GF_64(0x66e12d94f3d95620)},
    .one = {CV_GF_64(0x0c46353d039cdaaf), CV_GF_64(0x4319055258e8617b), CV_GF_64(0x0000000000000000),
            CV_GF_64(0x00000000ffffffff)},
    .mul = cv_gf_mont_mul,
    .sqr = cv_gf_mont_sqr,
    .add = cv_gf_add,
    .sub = cv_gf_sub,
    .half = cv_gf_half,
};

const struct cv_ec_curve cv_ec_p256 = {
    .key_type = CV_KEY_P256,
    .bits = 256,
    .len = 32,
    .field = &field,
    .order = &order,
    .b = {CV_GF_64(0x3bce3c3e27d2604b), CV_GF_64(0x651d06b0cc53b0f6), CV_GF_64(0xb3ebbd55769886bc),
          CV_GF_64(0x5ac635d8aa3a93e7)},
    .gx = {CV_GF_64(0xf4a13945d898c296), CV_GF_64(0x77037d812deb33a0), CV_GF_64(0xf8bce6e563a440f2),
           CV_GF_64(0x6b17d1f2e12c4247)},
    .gy = {CV_GF_64(0xcbb6406837bf51f5), CV_GF_64(0x2bce33576b315ece), CV_GF_64(0x8ee7eb4a7c0f9e16),
           CV_GF_64(0x4fe342e2fe1a7f9b)},
    .comb = &cv_ec_p256_comb,
    .dbl = point_double,
    .add = point_add,
    .add_affine = point_add_affine,
};

const struct cv_group cv_group_p256 = {
    .id = 0x0017,
    .name = "secp256r1",
    .bits = 256,
    .private_len = 32,
    .client_share_len = 1 + 2 * 32,
    .server_share_len = 1 + 2 * 32,
    .secret_len = 32,
    .curve = &cv_ec_p256,
    .generate = cv_ecdh_generate,
    .respond = cv_ecdh_respond,
    .finish = cv_ecdh_finish,
};

cv_err cv_ecdsa_p256_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                            struct cv_bytes sig)
{
    (void)hash; /* m tells its own length */
    return cv_ecdsa_verify(&cv_ec_p256, key, m, sig);
}

cv_err cv_ecdsa_p256_sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                          uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    return cv_ecdsa_sign(&cv_ec_p256, key, hash, m, sig, sig_len, rng);
}
