#include "crypto/rsa.h"

size_t cv_rsa_bit_length(struct cv_bytes number)
{
    size_t bits = 8 * number.len;
    for (unsigned first = number.p[0]; first < 0x80; first <<= 1) bits--;
    return bits;
}

static cv_err check_exponent(struct cv_bytes e, uint64_t *value)
{
    if (e.len == 0 || e.p[0] == 0) return CV_E_CERT_KEY;
    if (e.len > sizeof *value) return CV_E_BAD_EXPONENT;
    *value = 0;
    for (size_t i = 0; i < e.len; i++) *value = *value << 8 | e.p[i];
    return *value < 3 || *value % 2 == 0 ? CV_E_BAD_EXPONENT : CV_OK;
}

cv_err cv_rsa_init(struct cv_rsa *rsa, const struct cv_mont_powers *powers, struct cv_bytes n,
                   struct cv_bytes e)
{
    if (n.len == 0 || n.p[0] == 0) return CV_E_CERT_KEY;
    if (n.len > CV_RSA_BYTES_MAX || n.p[n.len - 1] % 2 == 0) return CV_E_BAD_MODULUS;
    rsa->powers = powers;
    rsa->n_len = n.len;
    rsa->n_bits = cv_rsa_bit_length(n);
    if (rsa->n_bits < CV_RSA_BITS_FLOOR) return CV_E_BAD_MODULUS;
    cv_err err = check_exponent(e, &rsa->e);
    if (err != CV_OK) return err;
    size_t n_limbs = cv_limbs_for(n.len);
    cv_limbs_from_bytes(rsa->n, n_limbs, n.p, n.len);
    cv_mont_init(&rsa->mont, rsa->n, n_limbs);
    return CV_OK;
}

cv_err cv_rsa_public(const struct cv_rsa *rsa, uint8_t *em, struct cv_bytes sig)
{
    cv_limb s[CV_MONT_LIMBS_MAX];
    size_t k = rsa->mont.n_limbs;
    if (sig.len != rsa->n_len) return CV_E_BAD_SIGNATURE;
    cv_limbs_from_bytes(s, k, sig.p, sig.len);
    if (cv_limbs_less(s, rsa->n, k) == 0) return CV_E_BAD_SIGNATURE;
    rsa->powers->exp_plain(rsa->powers, &rsa->mont, s, s, rsa->e);
    cv_limbs_to_bytes(em, rsa->n_len, s, k);
    return CV_OK;
}
