/* ECDSA (FIPS 186-5 section 6), its nonces by RFC 6979, its encoding by RFC 3279 section 2.2.3. */
#include "crypto/base/secret.h"
#include "crypto/ec_carry.h"
#include "crypto/ecdsa_der.h"
#include "crypto/hmac.h"

#include <string.h>

enum {
    DER_INTEGER = 0x02,
    DER_SEQUENCE = 0x30,
    DER_LONG_1 = 0x81, /* the length is in the next byte */
    DER_MAX = 3 + 2 * (3 + CV_GF_LEN_MAX),
    ENTROPY_LEN = 32,
};

/* bits2int of RFC 6979 section 2.3.2, FIPS 186-5 section 6.4.1: the leftmost bits of a string. */
static void leftmost_bits(const struct cv_ec_curve *c, cv_gf_limb *r, struct cv_bytes in)
{
    const unsigned n = c->order->n_limbs, surplus = 8 * c->len - c->bits;
    cv_gf_load(n, r, in.p, in.len < c->len ? in.len : c->len);
    if (in.len < c->len || surplus == 0) return;
    for (unsigned i = 0; i < n; i++)
        r[i] = r[i] >> surplus | (i + 1 < n ? r[i + 1] << (CV_GF_LIMB_BITS - surplus) : 0);
}

/* The nonce generator: HMAC_DRBG as RFC 6979 section 3.2 uses it. */
struct nonces {
    const struct cv_hash *hash;
    uint8_t k[CV_HASH_MAX], v[CV_HASH_MAX];
};

/* K = HMAC_K(V || round || seed), V = HMAC_K(V) */
static void nonces_update(struct nonces *g, uint8_t round, const uint8_t *seed, size_t seed_len)
{
    const size_t len = g->hash->digest_len;
    struct cv_hmac h;
    cv_hmac_init(&h, g->hash, g->k, len);
    cv_hmac_update(&h, g->v, len);
    cv_hmac_update(&h, &round, 1);
    cv_hmac_update(&h, seed, seed_len);
    cv_hmac_final(&h, g->k);
    cv_hmac_mac(g->hash, g->v, g->k, len, g->v, len);
}

/* entropy, possibly empty, is the k' of RFC 6979 section 3.6. */
static void nonces_init(struct nonces *g, const struct cv_ec_curve *c, const struct cv_hash *hash,
                        const cv_gf_limb *d, const cv_gf_limb *e, struct cv_bytes entropy)
{
    uint8_t seed[2 * CV_GF_LEN_MAX + ENTROPY_LEN];
    size_t seed_len = 2 * c->len + entropy.len;
    g->hash = hash;
    memset(g->k, 0, sizeof g->k);
    memset(g->v, 1, sizeof g->v);
    cv_gf_store(seed, c->len, d);
    cv_gf_store(seed + c->len, c->len, e);
    if (entropy.len != 0) memcpy(seed + 2 * c->len, entropy.p, entropy.len);
    nonces_update(g, 0, seed, seed_len);
    nonces_update(g, 1, seed, seed_len);
    cv_wipe(seed, sizeof seed);
}

/* One candidate; the next call goes on from there (section 3.2 h). */
static cv_err nonces_next(struct nonces *g, const struct cv_ec_curve *c, cv_gf_limb *k)
{
    const size_t len = g->hash->digest_len;
    uint8_t t[CV_GF_LEN_MAX + CV_HASH_MAX], scalar[CV_GF_LEN_MAX];
    size_t t_len = 0;
    for (; t_len < c->len; t_len += len) {
        cv_hmac_mac(g->hash, g->v, g->k, len, g->v, len);
        memcpy(t + t_len, g->v, len);
    }
    leftmost_bits(c, k, cv_bytes(t, t_len));
    cv_gf_store(scalar, c->len, k);
    cv_err e = cv_ec_decode_scalar(c, k, cv_bytes(scalar, c->len));
    if (e != CV_OK) nonces_update(g, 0, NULL, 0);
    cv_wipe(t, sizeof t);
    cv_wipe(scalar, sizeof scalar);
    return e;
}

/* r = x(kG) mod n and s = (e + r d) / k mod n, plain. False if one is zero: another nonce, then. */
static bool sign_with(const struct cv_ec_curve *c, cv_gf_limb *r, cv_gf_limb *s, const cv_gf_limb *k,
                      const cv_gf_limb *d, const cv_gf_limb *e)
{
    const struct cv_gf *q = c->order;
    cv_gf_limb point[3 * CV_GF_LIMBS_MAX], affine[2 * CV_GF_LIMBS_MAX], t[CV_GF_LIMBS_MAX];
    cv_ec_mul_base(c, point, k);
    cv_ec_to_affine(c, affine, point);
    cv_gf_from(c->field, r, affine);
    cv_gf_reduce_once(q, r, r, 0);
    cv_gf_to(q, t, r);
    q->mul(q, t, t, d);
    q->add(q, t, t, e);
    cv_gf_to(q, s, k);
    cv_gf_invert(q, s, s);
    q->mul(q, s, s, t);
    cv_wipe(point, sizeof point);
    cv_wipe(affine, sizeof affine);
    cv_wipe(t, sizeof t);
    /* The signature is public. */
    cv_secret_declassify(r, q->n_limbs * sizeof *r);
    cv_secret_declassify(s, q->n_limbs * sizeof *s);
    return !cv_gf_is_zero(q, r) && !cv_gf_is_zero(q, s);
}

static void build_integer(struct cv_builder *b, const struct cv_ec_curve *c, const cv_gf_limb *v)
{
    uint8_t bytes[CV_GF_LEN_MAX];
    size_t skip = 0;
    cv_gf_store(bytes, c->len, v);
    while (skip + 1 < c->len && bytes[skip] == 0) skip++;
    cv_build_u8(b, DER_INTEGER);
    size_t mark = cv_build_open(b, 1);
    if (bytes[skip] & 0x80) cv_build_u8(b, 0);
    cv_build_bytes(b, bytes + skip, c->len - skip);
    cv_build_close(b, mark, 1);
}

static cv_err encode_signature(const struct cv_ec_curve *c, uint8_t *sig, size_t *sig_len,
                               const cv_gf_limb *r, const cv_gf_limb *s)
{
    uint8_t body[DER_MAX];
    struct cv_builder inner, outer;
    cv_build_init(&inner, body, sizeof body);
    build_integer(&inner, c, r);
    build_integer(&inner, c, s);
    cv_build_init(&outer, sig, *sig_len);
    cv_build_u8(&outer, DER_SEQUENCE);
    if (inner.len >= 0x80) cv_build_u8(&outer, DER_LONG_1);
    cv_build_u8(&outer, (uint8_t)inner.len);
    cv_build_bytes(&outer, body, inner.len);
    cv_err e = cv_build_end(&outer);
    if (e == CV_OK) *sig_len = outer.len;
    return e;
}

cv_err cv_ecdsa_sign(const struct cv_ec_curve *c, const struct cv_private_key *key,
                     const struct cv_hash *hash, struct cv_bytes m, uint8_t *sig, size_t *sig_len,
                     const struct cv_rng *rng)
{
    cv_gf_limb d[CV_GF_LIMBS_MAX], e[CV_GF_LIMBS_MAX], k[CV_GF_LIMBS_MAX];
    cv_gf_limb r[CV_GF_LIMBS_MAX], s[CV_GF_LIMBS_MAX];
    uint8_t entropy[ENTROPY_LEN] = {0};
    struct nonces g;
    cv_err err;
    if (key->type != c->key_type || hash == NULL) return CV_E_INVALID_ARGUMENT;
    if ((err = cv_ec_decode_scalar(c, d, key->secret)) != CV_OK) return err;
    if (rng != NULL && (err = cv_random(rng, entropy, sizeof entropy)) != CV_OK) goto out;

    leftmost_bits(c, e, m);
    cv_gf_reduce_once(c->order, e, e, 0);
    nonces_init(&g, c, hash, d, e, cv_bytes(entropy, rng != NULL ? sizeof entropy : 0));
    do {
        while (nonces_next(&g, c, k) != CV_OK) continue;
    } while (!sign_with(c, r, s, k, d, e));
    err = encode_signature(c, sig, sig_len, r, s);
    cv_wipe(&g, sizeof g);
    cv_wipe(k, sizeof k);
out:
    cv_wipe(d, sizeof d);
    cv_wipe(entropy, sizeof entropy);
    return err;
}

/* In 1 … n-1. */
static bool read_integer(const struct cv_ec_curve *c, struct cv_bytes in, cv_gf_limb *v)
{
    if (in.len > c->len) return false;
    cv_gf_load(c->order->n_limbs, v, in.p, in.len);
    return cv_gf_below_modulus(c->order, v) && !cv_gf_is_zero(c->order, v);
}

static bool decode_signature(const struct cv_ec_curve *c, struct cv_bytes sig, cv_gf_limb *r, cv_gf_limb *s)
{
    struct cv_bytes r_bytes, s_bytes;
    return cv_ecdsa_der_read(sig, &r_bytes, &s_bytes) && read_integer(c, r_bytes, r) &&
           read_integer(c, s_bytes, s);
}

/* X/Z² = v, for a plain v below the field's modulus, without dividing. */
static bool x_is(const struct cv_ec_curve *c, const cv_gf_limb *point, const cv_gf_limb *v)
{
    const struct cv_gf *f = c->field;
    cv_gf_limb t[CV_GF_LIMBS_MAX], zz[CV_GF_LIMBS_MAX];
    cv_gf_to(f, t, v);
    f->sqr(f, zz, point + 2 * f->n_limbs);
    f->mul(f, t, t, zz);
    return cv_gf_equal(f, t, point) != 0;
}

/* x modulo n is r: x is r, or r + n where that is still below p (n < p < 2n). */
static bool x_matches(const struct cv_ec_curve *c, const cv_gf_limb *point, const cv_gf_limb *r)
{
    const struct cv_gf *f = c->field;
    cv_gf_limb rn[CV_GF_LIMBS_MAX];
    cv_gf_carry carry = 0;
    if (cv_gf_is_zero(f, point + 2 * f->n_limbs)) return false;
    if (x_is(c, point, r)) return true;
    for (unsigned i = 0; i < f->n_limbs; i++) rn[i] = cv_gf_add_carry(r[i], c->order->m[i], &carry);
    return carry == 0 && cv_gf_below_modulus(f, rn) && x_is(c, point, rn);
}

cv_err cv_ecdsa_verify(const struct cv_ec_curve *c, const struct cv_public_key *key, struct cv_bytes m,
                       struct cv_bytes sig)
{
    const struct cv_ec_vartime *fast = c->comb != NULL ? c->comb->vartime : NULL;
    const struct cv_gf *q = c->order;
    cv_gf_limb public_point[2 * CV_GF_LIMBS_MAX], sum[3 * CV_GF_LIMBS_MAX];
    cv_gf_limb r[CV_GF_LIMBS_MAX], s[CV_GF_LIMBS_MAX], u[CV_GF_LIMBS_MAX], v[CV_GF_LIMBS_MAX];
    if (key->type != c->key_type) return CV_E_CERT_KEY;
    if (cv_ec_decode_point(c, public_point, key->point) != CV_OK) return CV_E_CERT_KEY;
    if (!decode_signature(c, sig, r, s)) return CV_E_BAD_SIGNATURE;

    leftmost_bits(c, u, m);
    cv_gf_reduce_once(q, u, u, 0);
    cv_gf_to(q, s, s);
    (fast != NULL ? fast->invert : cv_gf_invert)(q, s, s);
    q->mul(q, u, u, s);
    q->mul(q, v, r, s);
    (fast != NULL ? fast->mul_add : cv_ec_mul_add_public)(c, sum, u, v, public_point);
    return x_matches(c, sum, r) ? CV_OK : CV_E_BAD_SIGNATURE;
}
