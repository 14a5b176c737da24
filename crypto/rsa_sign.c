/* The private operation of RSA (RFC 8017 section 5.1.2, in its second form). */
#include "crypto/rsa.h"

#include "crypto/base/secret.h"

#include <string.h>

enum {
    HALF = CV_MONT_LIMBS_MAX / 2,
    BLIND_LEN = 8, /* random bytes that blind an exponent */
    BLIND_LIMBS = BLIND_LEN / CV_LIMB_LEN,
};

struct prime {
    cv_limb p[HALF], r2[HALF];
    struct cv_mont mont; /* points into p */
};

static bool is_part(struct cv_bytes part, size_t k)
{
    return part.len != 0 && part.len <= k * CV_LIMB_LEN;
}

static bool is_odd_part(struct cv_bytes p, size_t k)
{
    if (!is_part(p, k) || p.len < 2) return false;
    uint32_t well_formed = cv_ct_nonzero32(p.p[0]) & cv_ct_nonzero32(p.p[p.len - 1] & 1);
    cv_secret_declassify(&well_formed, sizeof well_formed); /* true of every key */
    return well_formed != 0;
}

/* What can be said of the parts without arithmetic. */
static cv_err check_parts(const struct cv_private_key *key, size_t k)
{
    bool ok = is_odd_part(key->p, k) && is_odd_part(key->q, k) && is_part(key->dp, k) &&
              is_part(key->dq, k) && is_part(key->qinv, k);
    return ok ? CV_OK : CV_E_KEY_SYNTAX;
}

/* k limbs, of which the number may leave the upper ones zero, so that both primes compute at one width. */
static void load_prime(struct prime *pr, struct cv_bytes p, size_t k)
{
    cv_limbs_from_bytes(pr->p, k, p.p, p.len);
    cv_mont_init(&pr->mont, pr->p, k);
    cv_mont_r2(&pr->mont, pr->r2, p.len);
}

/* What one half of the Chinese remainder theorem computes: power = base^exponent mod p in Montgomery form. */
struct half {
    struct prime prime;
    cv_limb base[HALF], exponent[HALF + BLIND_LIMBS], power[HALF];
};

/* base = c, which has 2k limbs; exponent = d + random * (p - 1). */
static cv_err prepare_half(struct half *h, const cv_limb *c, struct cv_bytes p, struct cv_bytes d, size_t k,
                           const struct cv_rng *rng)
{
    cv_limb t[HALF], *e = h->exponent;
    uint8_t blind[BLIND_LEN];
    const struct cv_mont *mont = &h->prime.mont;
    load_prime(&h->prime, p, k);
    cv_err err = cv_random(rng, blind, sizeof blind);
    if (err != CV_OK) return err;
    cv_limbs_from_bytes(e, k + BLIND_LIMBS, d.p, d.len);
    memcpy(t, h->prime.p, k * sizeof *t);
    t[0] -= 1; /* p is odd */
    for (size_t i = 0; i < BLIND_LIMBS; i++) {
        cv_limb part;
        cv_limbs_from_bytes(&part, 1, blind + i * CV_LIMB_LEN, CV_LIMB_LEN);
        cv_limb carry = cv_limbs_muladd(e + i, t, k, part);
        for (size_t j = i + k; j < k + BLIND_LIMBS; j++) {
            cv_limb2 sum = (cv_limb2)e[j] + carry;
            e[j] = (cv_limb)sum;
            carry = (cv_limb)(sum >> CV_LIMB_BITS);
        }
    }
    /* c = high R + low; its Montgomery form is high R^2 + low R */
    cv_mont_mul(mont, t, c + k, h->prime.r2);
    cv_mont_mul(mont, t, t, h->prime.r2);
    cv_mont_mul(mont, h->base, c, h->prime.r2);
    cv_mont_add(mont, h->base, h->base, t);
    cv_wipe(t, sizeof t);
    cv_wipe(blind, sizeof blind);
    return CV_OK;
}

/* s = c^d mod n, 2k limbs each, by the Chinese remainder theorem. */
static cv_err power_crt(const struct cv_mont_powers *powers, const struct cv_private_key *key, cv_limb *s,
                        const cv_limb *c, size_t k, const struct cv_rng *rng)
{
    struct half half[2]; /* by p and q */
    cv_limb t[HALF], *m1 = half[0].power, *m2 = half[1].power;
    const struct cv_mont *mont = &half[0].prime.mont;
    cv_err e = prepare_half(&half[0], c, key->p, key->dp, k, rng);
    if (e == CV_OK) e = prepare_half(&half[1], c, key->q, key->dq, k, rng);
    if (e != CV_OK) goto out;
    struct cv_mont_power p[2];
    for (size_t i = 0; i < 2; i++)
        p[i] = (struct cv_mont_power){.m = &half[i].prime.mont,
                                      .r = half[i].power,
                                      .a = half[i].base,
                                      .e = half[i].exponent,
                                      .r2 = half[i].prime.r2};
    powers->exp_pair(powers, p, k + BLIND_LIMBS);
    memset(t, 0, sizeof t);
    t[0] = 1;
    cv_mont_mul(&half[1].prime.mont, m2, m2, t); /* out of Montgomery form */

    /* h = (m1 - m2) / q mod p, s = m2 + h q */
    cv_mont_mul(mont, t, m2, half[0].prime.r2);
    cv_mont_sub(mont, m1, m1, t);
    cv_limbs_from_bytes(t, k, key->qinv.p, key->qinv.len);
    cv_mont_mul(mont, m1, m1, t);
    memset(s, 0, 2 * k * sizeof *s);
    memcpy(s, m2, k * sizeof *s);
    for (size_t i = 0; i < k; i++) s[i + k] = cv_limbs_muladd(s + i, half[1].prime.p, k, m1[i]);
out:
    cv_wipe(half, sizeof half);
    cv_wipe(t, sizeof t);
    return e;
}

/* A random r: factor = r^e, which blinds, and unfactor = 1 / r, which takes the blinding off; Montgomery
 * form. */
struct blinding {
    cv_limb factor[CV_MONT_LIMBS_MAX], unfactor[CV_MONT_LIMBS_MAX];
};

static cv_err random_below(const struct cv_rsa *rsa, cv_limb *r, const struct cv_rng *rng)
{
    uint8_t bytes[CV_RSA_BYTES_MAX];
    cv_err e = cv_random(rng, bytes, rsa->n_len);
    bytes[0] = 0; /* the modulus' first byte is not */
    cv_limbs_from_bytes(r, rsa->mont.n_limbs, bytes, rsa->n_len);
    cv_wipe(bytes, rsa->n_len);
    return e;
}

static cv_err make_blinding(const struct cv_rsa *rsa, struct blinding *b, const struct cv_rng *rng)
{
    cv_limb r[CV_MONT_LIMBS_MAX], product[CV_MONT_LIMBS_MAX];
    cv_err e = random_below(rsa, r, rng);
    if (e == CV_OK) e = random_below(rsa, b->unfactor, rng);
    if (e != CV_OK) goto out;
    /* 1 / r = x / (r x): the product with another random number x says nothing of r and may be inverted in
     * variable time */
    cv_mont_mul(&rsa->mont, product, r, b->unfactor);
    cv_secret_declassify(product, rsa->mont.n_limbs * sizeof *product);
    if (!cv_mont_invert_public(&rsa->mont, product, product)) {
        e = CV_E_RNG; /* no random number meets a factor of n */
        goto out;
    }
    cv_mont_mul(&rsa->mont, b->unfactor, b->unfactor, product);
    rsa->powers->exp_public(rsa->powers, &rsa->mont, b->factor, r, rsa->e);
out:
    cv_wipe(r, sizeof r);
    cv_wipe(product, sizeof product);
    return e;
}

static cv_err check_result(const struct cv_rsa *rsa, uint8_t *sig, const uint8_t *em)
{
    uint8_t back[CV_RSA_BYTES_MAX];
    /* about to be published; a wrong one gives nothing away by the time it takes to find that out */
    cv_secret_declassify(sig, rsa->n_len);
    cv_err e = cv_rsa_public(rsa, back, cv_bytes(sig, rsa->n_len));
    uint32_t same = e == CV_OK ? cv_ct_equal(back, em, rsa->n_len) : 0;
    cv_secret_declassify(&same, sizeof same); /* the caller learns it */
    if (!same) {
        cv_wipe(sig, rsa->n_len);
        return CV_E_FAULT;
    }
    return CV_OK;
}

cv_err cv_rsa_private(const struct cv_mont_powers *powers, const struct cv_private_key *key, uint8_t *sig,
                      const uint8_t *em, const struct cv_rng *rng)
{
    struct cv_rsa rsa;
    struct blinding b;
    cv_limb c[CV_MONT_LIMBS_MAX], s[CV_MONT_LIMBS_MAX];
    if (rng == NULL) return CV_E_INVALID_ARGUMENT;
    cv_err e = cv_rsa_init(&rsa, powers, key->n, key->e);
    if (e != CV_OK) return e;
    if (rsa.n_bits < CV_RSA_BITS_MIN) return CV_E_CERT_WEAK_KEY;
    size_t n_limbs = rsa.mont.n_limbs, k = cv_limbs_for(key->p.len > key->q.len ? key->p.len : key->q.len);
    if (k > HALF || 2 * k < n_limbs) return CV_E_KEY_SYNTAX;
    if ((e = check_parts(key, k)) != CV_OK) return e;

    e = make_blinding(&rsa, &b, rng);
    if (e != CV_OK) goto out;
    memset(c, 0, sizeof c);
    cv_limbs_from_bytes(c, n_limbs, em, rsa.n_len);
    cv_mont_mul(&rsa.mont, c, c, b.factor);
    e = power_crt(powers, key, s, c, k, rng);
    if (e != CV_OK) goto out;
    cv_mont_mul(&rsa.mont, s, s, b.unfactor);
    cv_limbs_to_bytes(sig, rsa.n_len, s, n_limbs);
    e = check_result(&rsa, sig, em);
out:
    cv_wipe(&b, sizeof b);
    cv_wipe(c, sizeof c);
    cv_wipe(s, sizeof s);
    return e;
}
