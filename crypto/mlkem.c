/* ML-KEM: K-PKE (FIPS 203 section 5) and what makes it a KEM (sections 6 and 7). */
#include "crypto/mlkem.h"
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"
#include "crypto/mlkem_poly.h"
#include "crypto/sha3.h"

#include <string.h>

enum { K_MAX = CULVERT_MLKEM_K_MAX, POLY_LEN = 384 };

const struct cv_mlkem cv_mlkem768 = {
    .k = 3,
    .du = 10,
    .dv = 4,
    .public_len = 1184,
    .private_len = 2400,
    .ciphertext_len = 1088,
};

#if CULVERT_MLKEM_K_MAX > 3
const struct cv_mlkem cv_mlkem1024 = {
    .k = 4,
    .du = 11,
    .dv = 5,
    .public_len = 1568,
    .private_len = 3168,
    .ciphertext_len = 1568,
};
#endif

/* The public matrix: row i, column j is at[i * k + j]. Making it is most of the work, hence once an
 * operation. */
struct matrix {
    struct cv_mlkem_poly at[K_MAX * K_MAX];
};

struct vector {
    struct cv_mlkem_poly at[K_MAX];
};

/* A vector ready to be multiplied: transformed, with the products that cv_mlkem_dot wants. */
struct factor {
    struct cv_mlkem_poly at[K_MAX];
    struct cv_mlkem_odd odd[K_MAX];
};

static void expand_matrix(const struct cv_mlkem *p, struct matrix *a, const uint8_t rho[32])
{
    for (uint8_t i = 0; i < p->k; i++)
        for (uint8_t j = 0; j < p->k; j++) cv_mlkem_sample_uniform(&a->at[i * p->k + j], rho, j, i);
}

static void make_odd(const struct cv_mlkem *p, struct factor *f)
{
    for (size_t i = 0; i < p->k; i++) cv_mlkem_odd_products(&f->odd[i], &f->at[i]);
}

/* Small polynomials with nonces 0 … k - 1, transformed. */
static void sample_factor(const struct cv_mlkem *p, struct factor *f, const uint8_t seed[32])
{
    for (uint8_t i = 0; i < p->k; i++) {
        cv_mlkem_sample_small(&f->at[i], seed, i);
        cv_mlkem_ntt(&f->at[i]);
    }
    make_odd(p, f);
}

/* Algorithm 13. The private key stays in its parts; a is left for whoever goes on with it. */
static void pke_keygen(const struct cv_mlkem *p, uint8_t *public_key, struct factor *s, struct matrix *a,
                       const uint8_t d[32])
{
    struct cv_hash_ctx g;
    struct cv_mlkem_poly e, t;
    uint8_t seeds[64], *rho = seeds, *sigma = seeds + 32;
    cv_hash_init(&g, &cv_sha3_512);
    cv_hash_update(&g, d, 32);
    cv_hash_update(&g, &p->k, 1);
    cv_hash_final(&g, seeds);
    cv_secret_declassify(rho, 32); /* part of the public key */
    expand_matrix(p, a, rho);
    sample_factor(p, s, sigma);
    for (uint8_t i = 0; i < p->k; i++) {
        cv_mlkem_sample_small(&e, sigma, (uint8_t)(p->k + i));
        cv_mlkem_ntt(&e);
        cv_mlkem_dot(&t, &a->at[i * p->k], 1, s->at, s->odd, p->k);
        cv_mlkem_to_montgomery(&t);
        cv_mlkem_add(&t, &e);
        cv_mlkem_encode(public_key + i * POLY_LEN, &t);
    }
    memcpy(public_key + p->k * POLY_LEN, rho, 32);
    cv_secret_declassify(public_key, p->public_len); /* by its name */
    cv_wipe(seeds, sizeof seeds);
    cv_wipe(&e, sizeof e);
    cv_wipe(&t, sizeof t);
}

/* Algorithm 14. public_key: its t; a: its matrix, which this overwrites. */
static void pke_encrypt(const struct cv_mlkem *p, uint8_t *ciphertext, const uint8_t *public_key,
                        struct matrix *a, const uint8_t m[32], const uint8_t r[32])
{
    struct factor y;
    struct cv_mlkem_poly e, u;
    const size_t u_len = 32u * p->du, k = p->k;
    sample_factor(p, &y, r);
    for (uint8_t i = 0; i < k; i++) {
        cv_mlkem_dot(&u, &a->at[i], k, y.at, y.odd, k); /* a column: the matrix is transposed */
        cv_mlkem_ntt_inverse(&u);
        cv_mlkem_sample_small(&e, r, (uint8_t)(k + i));
        cv_mlkem_add(&u, &e);
        cv_mlkem_compress(ciphertext + i * u_len, &u, p->du);
    }
    struct cv_mlkem_poly *t = a->at; /* the matrix has done its work */
    for (size_t i = 0; i < k; i++) cv_mlkem_decode(&t[i], NULL, public_key + i * POLY_LEN);
    cv_mlkem_dot(&u, t, 1, y.at, y.odd, k);
    cv_mlkem_ntt_inverse(&u);
    cv_mlkem_sample_small(&e, r, (uint8_t)(2 * k));
    cv_mlkem_add(&u, &e);
    cv_mlkem_decompress(&e, m, 1);
    cv_mlkem_add(&u, &e);
    cv_mlkem_compress(ciphertext + k * u_len, &u, p->dv);
    cv_wipe(&y, sizeof y);
    cv_wipe(&e, sizeof e);
    cv_wipe(&u, sizeof u);
}

/* Algorithm 15. */
static void pke_decrypt(const struct cv_mlkem *p, uint8_t m[32], const struct factor *s,
                        const uint8_t *ciphertext)
{
    struct vector u;
    struct cv_mlkem_poly v, w;
    const size_t u_len = 32u * p->du;
    for (size_t i = 0; i < p->k; i++) {
        cv_mlkem_decompress(&u.at[i], ciphertext + i * u_len, p->du);
        cv_mlkem_ntt(&u.at[i]);
    }
    cv_mlkem_dot(&w, u.at, 1, s->at, s->odd, p->k);
    cv_mlkem_ntt_inverse(&w);
    cv_mlkem_decompress(&v, ciphertext + p->k * u_len, p->dv);
    cv_mlkem_sub(&v, &w);
    cv_mlkem_compress(m, &v, 1);
    cv_wipe(&v, sizeof v);
    cv_wipe(&w, sizeof w);
}

/* (K, r) = G(m || H(public key)) */
static void derive(uint8_t secret_and_r[64], const uint8_t m[32], const uint8_t public_hash[32])
{
    struct cv_hash_ctx g;
    cv_hash_init(&g, &cv_sha3_512);
    cv_hash_update(&g, m, 32);
    cv_hash_update(&g, public_hash, 32);
    cv_hash_final(&g, secret_and_r);
}

void cv_mlkem_keygen(const struct cv_mlkem *p, uint8_t *public_key, uint8_t *private_key,
                     const uint8_t seed[CV_MLKEM_SEED_LEN])
{
    struct matrix a;
    struct factor s;
    pke_keygen(p, public_key, &s, &a, seed);
    if (private_key != NULL) {
        uint8_t *rest = private_key + p->k * POLY_LEN, *hash = rest + p->public_len;
        for (size_t i = 0; i < p->k; i++) cv_mlkem_encode(private_key + i * POLY_LEN, &s.at[i]);
        memcpy(rest, public_key, p->public_len);
        cv_hash_digest(&cv_sha3_256, hash, public_key, p->public_len);
        memcpy(hash + 32, seed + 32, 32);
    }
    cv_wipe(&s, sizeof s);
}

cv_err cv_mlkem_encaps(const struct cv_mlkem *p, uint8_t *ciphertext, uint8_t secret[CV_MLKEM_SECRET_LEN],
                       struct cv_bytes public_key, const uint8_t m[CV_MLKEM_MESSAGE_LEN])
{
    struct matrix a;
    uint8_t hash[32], secret_and_r[64];
    if (public_key.len != p->public_len) return CV_E_BAD_KEY_SHARE;
    for (size_t i = 0; i < p->k; i++) {
        unsigned n_large;
        cv_mlkem_decode(&a.at[0], &n_large, public_key.p + i * POLY_LEN);
        if (n_large > 0) return CV_E_BAD_KEY_SHARE; /* FIPS 203 7.2: the modulus check */
    }
    cv_hash_digest(&cv_sha3_256, hash, public_key.p, public_key.len);
    derive(secret_and_r, m, hash);
    expand_matrix(p, &a, public_key.p + p->k * POLY_LEN);
    pke_encrypt(p, ciphertext, public_key.p, &a, m, secret_and_r + 32);
    cv_secret_declassify(ciphertext, p->ciphertext_len); /* goes on the wire */
    memcpy(secret, secret_and_r, 32);
    cv_wipe(secret_and_r, sizeof secret_and_r);
    return CV_OK;
}

/* Algorithm 18, with the key in its parts. */
static void decaps(const struct cv_mlkem *p, uint8_t secret[32], const struct factor *s, struct matrix *a,
                   const uint8_t *public_key, const uint8_t public_hash[32], const uint8_t z[32],
                   struct cv_bytes ciphertext)
{
    uint8_t m[32], secret_and_r[64], again[CV_MLKEM_CIPHERTEXT_MAX];
    struct cv_shake j;
    pke_decrypt(p, m, s, ciphertext.p);
    derive(secret_and_r, m, public_hash);
    pke_encrypt(p, again, public_key, a, m, secret_and_r + 32);
    cv_shake256_init(&j);
    cv_shake_absorb(&j, z, 32);
    cv_shake_absorb(&j, ciphertext.p, ciphertext.len);
    cv_shake_squeeze(&j, secret, 32);
    /* steps 9 and 10: which of both secrets it is must not show */
    cv_ct_move(cv_ct_equal(again, ciphertext.p, ciphertext.len), secret, secret_and_r, 32);
    cv_wipe(m, sizeof m);
    cv_wipe(secret_and_r, sizeof secret_and_r);
    cv_wipe(again, sizeof again);
    cv_shake_wipe(&j);
}

cv_err cv_mlkem_decaps(const struct cv_mlkem *p, uint8_t secret[CV_MLKEM_SECRET_LEN],
                       const uint8_t seed[CV_MLKEM_SEED_LEN], struct cv_bytes ciphertext)
{
    struct matrix a;
    struct factor s;
    uint8_t public_key[CV_MLKEM_PUBLIC_MAX], hash[32];
    if (ciphertext.len != p->ciphertext_len) return CV_E_BAD_KEY_SHARE;
    pke_keygen(p, public_key, &s, &a, seed);
    cv_hash_digest(&cv_sha3_256, hash, public_key, p->public_len);
    decaps(p, secret, &s, &a, public_key, hash, seed + 32, ciphertext);
    cv_wipe(&s, sizeof s);
    return CV_OK;
}

cv_err cv_mlkem_decaps_expanded(const struct cv_mlkem *p, uint8_t secret[CV_MLKEM_SECRET_LEN],
                                struct cv_bytes private_key, struct cv_bytes ciphertext)
{
    struct matrix a;
    struct factor s;
    uint8_t hash[32];
    if (private_key.len != p->private_len) return CV_E_KEY_SYNTAX;
    if (ciphertext.len != p->ciphertext_len) return CV_E_BAD_KEY_SHARE;
    const uint8_t *public_key = private_key.p + p->k * POLY_LEN, *stored = public_key + p->public_len;
    cv_secret_declassify(public_key, p->public_len + sizeof hash); /* the public key and its hash */
    cv_hash_digest(&cv_sha3_256, hash, public_key, p->public_len);
    if (memcmp(hash, stored, sizeof hash) != 0) return CV_E_KEY_SYNTAX; /* FIPS 203 7.3 */
    for (size_t i = 0; i < p->k; i++) cv_mlkem_decode(&s.at[i], NULL, private_key.p + i * POLY_LEN);
    make_odd(p, &s);
    expand_matrix(p, &a, public_key + p->k * POLY_LEN);
    decaps(p, secret, &s, &a, public_key, hash, stored + sizeof hash, ciphertext);
    cv_wipe(&s, sizeof s);
    return CV_OK;
}
