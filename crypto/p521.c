/* P-521 (secp521r1). Parameters: NIST SP 800-186 section 3.2.1.5; for the order also R² and R modulo it,
 * R = 2^576. The field's elements are plain numbers: reduction modulo 2^521 - 1 is a shift and an addition.
 */
#include "crypto/ec_carry.h"

#include <string.h>

enum { N = CV_GF_LIMBS(521), TOP = 521 / CV_GF_LIMB_BITS, TOP_BITS = 521 % CV_GF_LIMB_BITS };

static void field_mul(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a, const cv_gf_limb *b)
{
    cv_gf_limb t[2 * N + 1] = {0}, s[N];
    cv_gf_carry carry = 0;
    for (unsigned i = 0; i <= TOP; i++) {
        cv_gf_wide w = 0;
        for (unsigned j = 0; j <= TOP; j++) {
            w = cv_gf_times(a[j], b[i]) + t[i + j] + (cv_gf_limb)(w >> CV_GF_LIMB_BITS);
            t[i + j] = (cv_gf_limb)w;
        }
        t[i + TOP + 1] = (cv_gf_limb)(w >> CV_GF_LIMB_BITS);
    }
    /* 2^521 is 1: the upper 521 bits are added to the lower ones. */
    memset(s, 0, sizeof s);
    for (unsigned i = 0; i <= TOP; i++) {
        cv_gf_limb high = t[TOP + i] >> TOP_BITS | t[TOP + i + 1] << (CV_GF_LIMB_BITS - TOP_BITS);
        cv_gf_limb low = i < TOP ? t[i] : t[i] & (((cv_gf_limb)1 << TOP_BITS) - 1);
        s[i] = cv_gf_add_carry(low, high, &carry);
    }
    cv_gf_reduce_once(f, r, s, 0);
}

static void field_sqr(const struct cv_gf *f, cv_gf_limb *r, const cv_gf_limb *a)
{
    field_mul(f, r, a, a);
}

static const struct cv_gf field = {
    .bits = 521,
    .n_limbs = CV_GF_LIMBS(521),
    .n0 = 1,
    .m = {CV_GF_64(0xffffffffffffffff), CV_GF_64(0xffffffffffffffff), CV_GF_64(0xffffffffffffffff),
          CV_GF_64(0xffffffffffffffff), CV_GF_64(0xffffffffffffffff), CV_GF_64(0xffffffffffffffff),
          CV_GF_64(0xffffffffffffffff), CV_GF_64(0xffffffffffffffff), CV_GF_64(0x00000000000001ff)},
    .to = {1},
    .one = {1},
    .mul = field_mul,
    .sqr = field_sqr,
    .add = cv_gf_add,
    .sub = cv_gf_sub,
    .half = cv_gf_half,
};

static const struct cv_gf order = {
    .bits = 521,
    .n_limbs = CV_GF_LIMBS(521),
    .n0 = (cv_gf_limb)0x1d2f5ccd79a995c7,
    .m = {CV_GF_64(0xbb6fb71e91386409), CV_GF_64(0x3bb5c9b8899c47ae), CV_GF_64(0x7fcc0148f709a5d0),
          CV_GF_64(0x51868783bf2f966b), CV_GF_64(0xfffffffffffffffa), CV_GF_64(0xffffffffffffffff),
          CV_GF_64(0xffffffffffffffff), CV_GF_64(0xffffffffffffffff), CV_GF_64(0x00000000000001ff)},
    .to = {CV_GF_64(0x137cd04dcf15dd04), CV_GF_64(0xf707badce5547ea3), CV_GF_64(0x12a78d38794573ff),
           CV_GF_64(0xd3721ef557f75e06), CV_GF_64(0xdd6e23d82e49c7db), CV_GF_64(0xcff3d142b7756e3e),
           CV_GF_64(0x5bcc6d61a8e567bc), CV_GF_64(0x2d8e03d1492d0d45), CV_GF_64(0x000000000000003d)},
    .one = {CV_GF_64(0xfb80000000000000), CV_GF_64(0x28a2482470b763cd), CV_GF_64(0x17e2251b23bb31dc),
            CV_GF_64(0xca4019ff5b847b2d), CV_GF_64(0x02d73cbc3e206834), CV_GF_64(0x0000000000000000),
            CV_GF_64(0x0000000000000000), CV_GF_64(0x0000000000000000), CV_GF_64(0x0000000000000000)},
    .mul = cv_gf_mont_mul,
    .sqr = cv_gf_mont_sqr,
    .add = cv_gf_add,
    .sub = cv_gf_sub,
    .half = cv_gf_half,
};

const struct cv_ec_curve cv_ec_p521 = {
    .key_type = CV_KEY_P521,
    .bits = 521,
    .len = 66,
    .field = &field,
    .order = &order,
    .b = {CV_GF_64(0xef451fd46b503f00), CV_GF_64(0x3573df883d2c34f1), CV_GF_64(0x1652c0bd3bb1bf07),
          CV_GF_64(0x56193951ec7e937b), CV_GF_64(0xb8b489918ef109e1), CV_GF_64(0xa2da725b99b315f3),
          CV_GF_64(0x929a21a0b68540ee), CV_GF_64(0x953eb9618e1c9a1f), CV_GF_64(0x0000000000000051)},
    .gx = {CV_GF_64(0xf97e7e31c2e5bd66), CV_GF_64(0x3348b3c1856a429b), CV_GF_64(0xfe1dc127a2ffa8de),
           CV_GF_64(0xa14b5e77efe75928), CV_GF_64(0xf828af606b4d3dba), CV_GF_64(0x9c648139053fb521),
           CV_GF_64(0x9e3ecb662395b442), CV_GF_64(0x858e06b70404e9cd), CV_GF_64(0x00000000000000c6)},
    .gy = {CV_GF_64(0x88be94769fd16650), CV_GF_64(0x353c7086a272c240), CV_GF_64(0xc550b9013fad0761),
           CV_GF_64(0x97ee72995ef42640), CV_GF_64(0x17afbd17273e662c), CV_GF_64(0x98f54449579b4468),
           CV_GF_64(0x5c8a5fb42c7d1bd9), CV_GF_64(0x39296a789a3bc004), CV_GF_64(0x0000000000000118)},
    .dbl = cv_ec_double,
    .add = cv_ec_add,
    .add_affine = cv_ec_add_affine,
};

const struct cv_group cv_group_p521 = {
    .id = 0x0019,
    .name = "secp521r1",
    .bits = 521,
    .private_len = 66,
    .client_share_len = 1 + 2 * 66,
    .server_share_len = 1 + 2 * 66,
    .secret_len = 66,
    .curve = &cv_ec_p521,
    .generate = cv_ecdh_generate,
    .respond = cv_ecdh_respond,
    .finish = cv_ecdh_finish,
};

cv_err cv_ecdsa_p521_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                            struct cv_bytes sig)
{
    (void)hash; /* m tells its own length */
    return cv_ecdsa_verify(&cv_ec_p521, key, m, sig);
}

cv_err cv_ecdsa_p521_sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                          uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    return cv_ecdsa_sign(&cv_ec_p521, key, hash, m, sig, sig_len, rng);
}
