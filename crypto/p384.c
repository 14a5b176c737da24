/* P-384 (secp384r1). Parameters: NIST SP 800-186 section 3.2.1.4; for each modulus also R² and R modulo
 * it, R = 2^384. */
#include "crypto/p384_field.h"

static const struct cv_gf field = {
    .bits = 384,
    .n_limbs = CV_GF_LIMBS(384),
    .n0 = (cv_gf_limb)0x0000000100000001,
    .m = {CV_GF_64(0x00000000ffffffff), CV_GF_64(0xffffffff00000000), CV_GF_64(0xfffffffffffffffe),
          CV_GF_64(0xffffffffffffffff), CV_GF_64(0xffffffffffffffff), CV_GF_64(0xffffffffffffffff)},
    .to = {CV_GF_64(0xfffffffe00000001), CV_GF_64(0x0000000200000000), CV_GF_64(0xfffffffe00000000),
           CV_GF_64(0x0000000200000000), CV_GF_64(0x0000000000000001), CV_GF_64(0x0000000000000000)},
    .one = {CV_GF_64(0xffffffff00000001), CV_GF_64(0x00000000ffffffff), CV_GF_64(0x0000000000000001),
            CV_GF_64(0x0000000000000000), CV_GF_64(0x0000000000000000), CV_GF_64(0x0000000000000000)},
    .mul = p384_mul,
    .sqr = p384_sqr,
    .add = p384_add,
    .sub = p384_sub,
    .half = p384_half,
};

#include "crypto/ec_instance.h"

const struct cv_ec_vartime cv_ec_p384_vartime = {
    .add_affine = point_add_affine_vartime,
    .mul_add = cv_ec_mul_add_vartime,
    .invert = cv_gf_invert_vartime,
};

static const struct cv_gf order = {
    .bits = 384,
    .n_limbs = CV_GF_LIMBS(384),
    .n0 = (cv_gf_limb)0x6ed46089e88fdc45,
    .m = {CV_GF_64(0xecec196accc52973), CV_GF_64(0x581a0db248b0a77a), CV_GF_64(0xc7634d81f4372ddf),
          CV_GF_64(0xffffffffffffffff), CV_GF_64(0xffffffffffffffff), CV_GF_64(0xffffffffffffffff)},
    .to = {CV_GF_64(0x2d319b2419b409a9), CV_GF_64(0xff3d81e5df1aa419), CV_GF_64(0xbc3e483afcb82947),
           CV_GF_64(0xd40d49174aab1cc5), CV_GF_64(0x3fb05b7a28266895), CV_GF_64(0x0c84ee012b39bf21)},
    .one = {CV_GF_64(0x1313e695333ad68d), CV_GF_64(0xa7e5f24db74f5885), CV_GF_64(0x389cb27e0bc8d220),
            CV_GF_64(0x0000000000000000), CV_GF_64(0x0000000000000000), CV_GF_64(0x0000000000000000)},
    .mul = cv_gf_mont_mul,
    .sqr = cv_gf_mont_sqr,
    .add = cv_gf_add,
    .sub = cv_gf_sub,
    .half = cv_gf_half,
};

const struct cv_ec_curve cv_ec_p384 = {
    .key_type = CV_KEY_P384,
    .bits = 384,
    .len = 48,
    .field = &field,
    .order = &order,
    .b = {CV_GF_64(0x2a85c8edd3ec2aef), CV_GF_64(0xc656398d8a2ed19d), CV_GF_64(0x0314088f5013875a),
          CV_GF_64(0x181d9c6efe814112), CV_GF_64(0x988e056be3f82d19), CV_GF_64(0xb3312fa7e23ee7e4)},
    .gx = {CV_GF_64(0x3a545e3872760ab7), CV_GF_64(0x5502f25dbf55296c), CV_GF_64(0x59f741e082542a38),
           CV_GF_64(0x6e1d3b628ba79b98), CV_GF_64(0x8eb1c71ef320ad74), CV_GF_64(0xaa87ca22be8b0537)},
    .gy = {CV_GF_64(0x7a431d7c90ea0e5f), CV_GF_64(0x0a60b1ce1d7e819d), CV_GF_64(0xe9da3113b5f0b8c0),
           CV_GF_64(0xf8f41dbd289a147c), CV_GF_64(0x5d9e98bf9292dc29), CV_GF_64(0x3617de4a96262c6f)},
    .comb = &cv_ec_p384_comb,
    .dbl = point_double,
    .add = point_add,
    .add_affine = point_add_affine,
};

const struct cv_group cv_group_p384 = {
    .id = 0x0018,
    .name = "secp384r1",
    .bits = 384,
    .private_len = 48,
    .client_share_len = 1 + 2 * 48,
    .server_share_len = 1 + 2 * 48,
    .secret_len = 48,
    .curve = &cv_ec_p384,
    .generate = cv_ecdh_generate,
    .respond = cv_ecdh_respond,
    .finish = cv_ecdh_finish,
};

cv_err cv_ecdsa_p384_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                            struct cv_bytes sig)
{
    (void)hash; /* m tells its own length */
    return cv_ecdsa_verify(&cv_ec_p384, key, m, sig);
}

cv_err cv_ecdsa_p384_sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                          uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    return cv_ecdsa_sign(&cv_ec_p384, key, hash, m, sig, sig_len, rng);
}
