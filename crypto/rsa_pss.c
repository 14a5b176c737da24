/* RSASSA-PSS (RFC 8017 sections 8.1, 9.1 and B.2.1). */
#include "crypto/rsa.h"

#include "crypto/base/secret.h"

#include <string.h>

void cv_rsa_mgf1_xor(const struct cv_hash *hash, uint8_t *out, size_t out_len, const uint8_t *seed,
                     size_t seed_len)
{
    uint8_t counter[4], block[CV_HASH_MAX];
    struct cv_hash_ctx ctx;
    for (uint32_t i = 0; out_len > 0; i++) {
        cv_store_be32(counter, i);
        cv_hash_init(&ctx, hash);
        cv_hash_update(&ctx, seed, seed_len);
        cv_hash_update(&ctx, counter, sizeof counter);
        cv_hash_final(&ctx, block);
        size_t take = out_len < hash->digest_len ? out_len : hash->digest_len;
        for (size_t j = 0; j < take; j++) out[j] ^= block[j];
        out += take;
        out_len -= take;
    }
}

/* H = Hash(eight zeros || digest || salt), RFC 8017 9.1.1 step 6. */
static void salted_digest(const struct cv_hash *hash, uint8_t *h, struct cv_bytes digest, const uint8_t *salt,
                          size_t salt_len)
{
    static const uint8_t zeros[8];
    struct cv_hash_ctx ctx;
    cv_hash_init(&ctx, hash);
    cv_hash_update(&ctx, zeros, sizeof zeros);
    cv_hash_update(&ctx, digest.p, digest.len);
    cv_hash_update(&ctx, salt, salt_len);
    cv_hash_final(&ctx, h);
}

/* The parts of an encoded message of em_bits bits: DB || H || 0xbc, RFC 8017 9.1. */
struct layout {
    size_t em_len, db_len, h_len;
    uint8_t top_mask; /* the bits of the first byte that may be set */
};

static cv_err lay_out(struct layout *l, size_t em_bits, const struct cv_hash *hash, size_t salt_len)
{
    l->em_len = (em_bits + 7) / 8;
    l->h_len = hash->digest_len;
    if (salt_len > l->em_len || l->em_len - salt_len < l->h_len + 2) return CV_E_BAD_LENGTH;
    l->db_len = l->em_len - l->h_len - 1;
    l->top_mask = (uint8_t)(0xff >> (8 * l->em_len - em_bits));
    return CV_OK;
}

/* EMSA-PSS-VERIFY, RFC 8017 9.1.2. em is overwritten. */
static cv_err verify_encoding(uint8_t *em, const struct layout *l, const struct cv_hash *hash,
                              const struct cv_hash *mgf_hash, size_t salt_len, struct cv_bytes digest)
{
    uint8_t *h = em + l->db_len, expected[CV_HASH_MAX];
    size_t padding_len = l->db_len - salt_len - 1;
    if (em[l->em_len - 1] != 0xbc) return CV_E_BAD_SIGNATURE;
    if ((em[0] & ~l->top_mask) != 0) return CV_E_BAD_SIGNATURE;
    cv_rsa_mgf1_xor(mgf_hash, em, l->db_len, h, l->h_len);
    em[0] &= l->top_mask;
    for (size_t i = 0; i < padding_len; i++)
        if (em[i] != 0) return CV_E_BAD_SIGNATURE;
    if (em[padding_len] != 1) return CV_E_BAD_SIGNATURE;
    salted_digest(hash, expected, digest, em + padding_len + 1, salt_len);
    return memcmp(h, expected, l->h_len) == 0 ? CV_OK : CV_E_BAD_SIGNATURE;
}

cv_err cv_rsa_pss_verify_by(const struct cv_mont_powers *powers, const struct cv_public_key *key,
                            const struct cv_hash *hash, const struct cv_hash *mgf_hash, size_t salt_len,
                            struct cv_bytes m, struct cv_bytes sig)
{
    struct cv_rsa rsa;
    struct layout l;
    uint8_t em[CV_RSA_BYTES_MAX];
    if (key->type != CV_KEY_RSA && key->type != CV_KEY_RSA_PSS) return CV_E_CERT_KEY;
    if (hash == NULL || mgf_hash == NULL || m.len != hash->digest_len) return CV_E_INVALID_ARGUMENT;
    cv_err e = cv_rsa_init(&rsa, powers, key->n, key->e);
    if (e != CV_OK) return e;
    if (lay_out(&l, rsa.n_bits - 1, hash, salt_len) != CV_OK) return CV_E_BAD_SIGNATURE; /* 9.1.2 step 3 */
    e = cv_rsa_public(&rsa, em, sig);
    if (e != CV_OK) return e;
    /* where n_bits - 1 is a multiple of 8, the encoding is a byte shorter than the modulus */
    if (l.em_len < rsa.n_len && em[0] != 0) return CV_E_BAD_SIGNATURE;
    return verify_encoding(em + (rsa.n_len - l.em_len), &l, hash, mgf_hash, salt_len, m);
}

cv_err cv_rsa_pss_verify_params(const struct cv_public_key *key, const struct cv_hash *hash,
                                const struct cv_hash *mgf_hash, size_t salt_len, struct cv_bytes m,
                                struct cv_bytes sig)
{
    return cv_rsa_pss_verify_by(&cv_mont_portable, key, hash, mgf_hash, salt_len, m, sig);
}

cv_err cv_rsa_pss_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                         struct cv_bytes sig)
{
    if (hash == NULL) return CV_E_INVALID_ARGUMENT;
    return cv_rsa_pss_verify_by(&cv_mont_portable, key, hash, hash, hash->digest_len, m, sig);
}

/* EMSA-PSS-ENCODE, RFC 8017 9.1.1, with a salt as long as the digest. em has em_len bytes. */
static cv_err encode(uint8_t *em, const struct layout *l, const struct cv_hash *hash, struct cv_bytes digest,
                     const struct cv_rng *rng)
{
    size_t salt_len = hash->digest_len;
    uint8_t *salt = em + l->db_len - salt_len, *h = em + l->db_len;
    cv_err e = cv_random(rng, salt, salt_len);
    if (e != CV_OK) return e;
    salted_digest(hash, h, digest, salt, salt_len);
    memset(em, 0, l->db_len - salt_len - 1);
    salt[-1] = 1;
    cv_rsa_mgf1_xor(hash, em, l->db_len, h, l->h_len);
    em[0] &= l->top_mask;
    em[l->em_len - 1] = 0xbc;
    return CV_OK;
}

cv_err cv_rsa_pss_sign_by(const struct cv_mont_powers *powers, const struct cv_private_key *key,
                          const struct cv_hash *hash, struct cv_bytes m, uint8_t *sig, size_t *sig_len,
                          const struct cv_rng *rng)
{
    uint8_t em[CV_RSA_BYTES_MAX];
    struct layout l;
    if (key->type != CV_KEY_RSA && key->type != CV_KEY_RSA_PSS) return CV_E_KEY_SYNTAX;
    if (hash == NULL || m.len != hash->digest_len || rng == NULL) return CV_E_INVALID_ARGUMENT;
    if (key->n.len == 0 || key->n.p[0] == 0 || key->n.len > sizeof em) return CV_E_BAD_MODULUS;
    if (*sig_len < key->n.len) return CV_E_BUFFER_TOO_SMALL;
    cv_err e = lay_out(&l, cv_rsa_bit_length(key->n) - 1, hash, hash->digest_len);
    if (e != CV_OK) return e;
    em[0] = 0; /* where the encoding is a byte shorter than the modulus */
    e = encode(em + (key->n.len - l.em_len), &l, hash, m, rng);
    if (e == CV_OK) e = cv_rsa_private(powers, key, sig, em, rng);
    if (e == CV_OK) *sig_len = key->n.len;
    return e;
}

cv_err cv_rsa_pss_sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                       uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    return cv_rsa_pss_sign_by(&cv_mont_portable, key, hash, m, sig, sig_len, rng);
}
