/* ML-DSA: keys, signing, verifying. FIPS 204 sections 5 and 6. */
#include "crypto/mldsa.h"
#include "crypto/base/secret.h"
#include "crypto/sha3.h"

#include <string.h>

enum {
    N = CV_MLDSA_N,
    RHO_LEN = 32,
    T0_BITS = CV_MLDSA_D,
    T1_BITS = 10,
    T1_LEN = 32 * T1_BITS,
    CHALLENGE_MAX = 64,
    HASH_LEN = 64,
    /* an expanded key: rho, K, the hash of the public key, s1, s2, t0 */
    MASK_AT = RHO_LEN,
    HASH_AT = 64,
    SMALL_AT = 128,
};

const struct cv_mldsa cv_mldsa44 = {
    .key_type = CV_KEY_MLDSA44,
    .k = 4,
    .l = 4,
    .eta = 2,
    .tau = 39,
    .omega = 80,
    .gamma1_bits = 17,
    .challenge_len = 32,
    .rounding = &cv_mldsa_rounding_88,
    .public_len = 1312,
    .expanded_len = 2560,
    .sig_len = 2420,
};

const struct cv_mldsa cv_mldsa65 = {
    .key_type = CV_KEY_MLDSA65,
    .k = 6,
    .l = 5,
    .eta = 4,
    .tau = 49,
    .omega = 55,
    .gamma1_bits = 19,
    .challenge_len = 48,
    .rounding = &cv_mldsa_rounding_32,
    .public_len = 1952,
    .expanded_len = 4032,
    .sig_len = 3309,
};

const struct cv_mldsa cv_mldsa87 = {
    .key_type = CV_KEY_MLDSA87,
    .k = 8,
    .l = 7,
    .eta = 2,
    .tau = 60,
    .omega = 75,
    .gamma1_bits = 19,
    .challenge_len = 64,
    .rounding = &cv_mldsa_rounding_32,
    .public_len = 2592,
    .expanded_len = 4896,
    .sig_len = 4627,
};

/* The public matrix: made anew at each use unless kept, row by row. */
struct matrix {
    const uint8_t *rho;
    const struct cv_mldsa_poly *kept;
};

/* r = row i of the matrix times v, transformed, reduced. */
static void multiply_row(const struct cv_mldsa *p, struct cv_mldsa_poly *r, const struct matrix *a, uint8_t i,
                         const struct cv_mldsa_poly *v)
{
    struct cv_mldsa_sum sum = {{0}};
    struct cv_mldsa_poly fresh;
    for (uint8_t j = 0; j < p->l; j++) {
        if (a->kept == NULL) cv_mldsa_sample_uniform(&fresh, a->rho, j, i);
        cv_mldsa_mul_add(&sum, a->kept != NULL ? &a->kept[i * p->l + j] : &fresh, &v[j]);
    }
    cv_mldsa_reduce_sum(r, &sum);
    cv_wipe(&sum, sizeof sum);
}

/* What the polynomials are made of, whichever form the private key has. */
struct seeds {
    uint8_t rho[RHO_LEN];  /* public */
    uint8_t mask[32];      /* of the masks: K */
    uint8_t small[64];     /* of s1 and s2: rho' */
    const uint8_t *packed; /* s1 and s2 as an expanded key has them; NULL: they are sampled from small */
    uint32_t bad;          /* not 0: a packed number is out of range */
};

static cv_err read_key(const struct cv_mldsa *p, struct seeds *out, struct cv_bytes key)
{
    const uint8_t size[2] = {p->k, p->l};
    struct cv_shake x;
    out->packed = NULL;
    out->bad = 0;
    if (key.len == p->expanded_len) {
        memcpy(out->rho, key.p, RHO_LEN);
        memcpy(out->mask, key.p + MASK_AT, sizeof out->mask);
        out->packed = key.p + SMALL_AT;
    } else if (key.len == CV_MLDSA_SEED_LEN) { /* algorithm 6 line 1 */
        cv_shake256_init(&x);
        cv_shake_absorb(&x, key.p, CV_MLDSA_SEED_LEN);
        cv_shake_absorb(&x, size, sizeof size);
        cv_shake_squeeze(&x, out->rho, sizeof out->rho);
        cv_shake_squeeze(&x, out->small, sizeof out->small);
        cv_shake_squeeze(&x, out->mask, sizeof out->mask);
        cv_shake_wipe(&x);
    } else {
        return CV_E_KEY_SYNTAX;
    }
    cv_secret_declassify(out->rho, sizeof out->rho); /* part of the public key */
    return CV_OK;
}

/* Bits of a coefficient of s1 and s2: those of 2 eta. */
static unsigned small_bits(const struct cv_mldsa *p)
{
    return p->eta == 2 ? 3 : 4;
}

/* Polynomial n of s1 and behind it s2. */
static void make_small(const struct cv_mldsa *p, struct cv_mldsa_poly *f, struct seeds *seeds, uint8_t n)
{
    if (seeds->packed == NULL) {
        cv_mldsa_sample_small(f, p->eta, seeds->small, n);
        return;
    }
    cv_mldsa_unpack(f, seeds->packed + n * 32 * small_bits(p), small_bits(p));
    for (size_t i = 0; i < N; i++) {
        f->c[i] = p->eta - f->c[i];
        seeds->bad |= (uint32_t)(f->c[i] + p->eta) >> 31;
    }
}

static void pack_small(const struct cv_mldsa *p, uint8_t *out, const struct cv_mldsa_poly *f)
{
    struct cv_mldsa_poly t;
    for (size_t i = 0; i < N; i++) t.c[i] = p->eta - f->c[i];
    cv_mldsa_pack(out, &t, small_bits(p));
    cv_wipe(&t, sizeof t);
}

/* Row i of the key: s2, t0, and t1 as it is encoded. s1 transformed. */
static void make_row(const struct cv_mldsa *p, uint8_t t1[T1_LEN], struct cv_mldsa_poly *s2,
                     struct cv_mldsa_poly *t0, const struct matrix *a, struct seeds *seeds, uint8_t i,
                     const struct cv_mldsa_poly *s1)
{
    struct cv_mldsa_poly t;
    multiply_row(p, &t, a, i, s1);
    cv_mldsa_ntt_inverse(&t);
    make_small(p, s2, seeds, (uint8_t)(p->l + i));
    cv_mldsa_add(&t, &t, s2);
    cv_mldsa_power2round(&t, t0, &t);
    cv_mldsa_pack(t1, &t, T1_BITS);
    cv_secret_declassify(t1, T1_LEN); /* part of the public key */
    cv_wipe(&t, sizeof t);
}

/* Whether the key is well-formed is no secret. */
static cv_err check_range(const struct seeds *seeds)
{
    uint32_t bad = seeds->bad;
    cv_secret_declassify(&bad, sizeof bad); /* as said above */
    return bad == 0 ? CV_OK : CV_E_KEY_SYNTAX;
}

cv_err cv_mldsa_keygen(const struct cv_mldsa *p, uint8_t *public_key, uint8_t *expanded, struct cv_bytes key)
{
    struct cv_mldsa_poly s1[CV_MLDSA_L_MAX], s2, t0;
    struct seeds seeds;
    const struct matrix a = {.rho = seeds.rho};
    const size_t small_len = 32 * small_bits(p), t0_at = SMALL_AT + (size_t)(p->l + p->k) * small_len;
    cv_err e = read_key(p, &seeds, key);
    if (e != CV_OK) return e;
    for (uint8_t j = 0; j < p->l; j++) {
        make_small(p, &s1[j], &seeds, j);
        if (expanded != NULL) pack_small(p, expanded + SMALL_AT + j * small_len, &s1[j]);
        cv_mldsa_ntt(&s1[j]);
    }
    memcpy(public_key, seeds.rho, RHO_LEN);
    for (uint8_t i = 0; i < p->k; i++) {
        make_row(p, public_key + RHO_LEN + i * T1_LEN, &s2, &t0, &a, &seeds, i, s1);
        if (expanded == NULL) continue;
        pack_small(p, expanded + SMALL_AT + (size_t)(p->l + i) * small_len, &s2);
        cv_mldsa_pack_signed(expanded + t0_at + (size_t)i * 32 * T0_BITS, &t0, T0_BITS);
    }
    if (expanded != NULL) {
        memcpy(expanded, seeds.rho, RHO_LEN);
        memcpy(expanded + MASK_AT, seeds.mask, sizeof seeds.mask);
        cv_shake256(expanded + HASH_AT, HASH_LEN, public_key, p->public_len);
    }
    e = check_range(&seeds);
    cv_wipe(&seeds, sizeof seeds);
    cv_wipe(s1, sizeof s1);
    cv_wipe(&s2, sizeof s2);
    cv_wipe(&t0, sizeof t0);
    cv_wipe_stack(); /* a polynomial's registers */
    return e;
}

/* mu = H(tr || 0 || length of the context || context || message), algorithm 2 line 10, algorithm 7 line 6. */
static void represent(uint8_t mu[CV_MLDSA_MU_LEN], const uint8_t public_hash[HASH_LEN],
                      const struct cv_mldsa_input *in)
{
    const uint8_t head[2] = {0, (uint8_t)in->context.len};
    struct cv_shake x;
    if (in->mu != NULL) {
        memcpy(mu, in->mu, CV_MLDSA_MU_LEN);
        return;
    }
    cv_shake256_init(&x);
    cv_shake_absorb(&x, public_hash, HASH_LEN);
    cv_shake_absorb(&x, head, sizeof head);
    cv_shake_absorb(&x, in->context.p, in->context.len);
    cv_shake_absorb(&x, in->m.p, in->m.len);
    cv_shake_squeeze(&x, mu, CV_MLDSA_MU_LEN);
}

/* Absorbs a row of commitments, which are high parts. */
static void absorb_high(struct cv_shake *x, const struct cv_mldsa_poly *high, unsigned n_bits)
{
    uint8_t bytes[32 * 6];
    cv_mldsa_pack(bytes, high, n_bits);
    cv_shake_absorb(x, bytes, 32 * n_bits);
    cv_wipe(bytes, sizeof bytes);
}

struct signer {
    const struct cv_mldsa *p;
    struct matrix a;
    struct cv_mldsa_poly *s1, *s2, *t0;  /* secret, transformed */
    struct cv_mldsa_poly *y, *y_ntt, *w; /* the masks, which become z; A y, which becomes the hints */
    struct cv_mldsa_poly *c, *t;         /* the challenge; anything */
    uint8_t mu[CV_MLDSA_MU_LEN];
    uint8_t mask_seed[64]; /* rho'' */
    uint8_t challenge[CHALLENGE_MAX];
};

/* Divides the caller's memory. The secret part lies behind the matrix, in one piece. */
static struct signer start(const struct cv_mldsa *p, struct cv_mldsa_poly *work, const uint8_t *rho)
{
    struct signer s = {.p = p, .a = {.rho = rho, .kept = work}};
    struct cv_mldsa_poly **const parts[] = {&s.s1, &s.s2, &s.t0, &s.y, &s.y_ntt, &s.w, &s.c, &s.t};
    const uint8_t sizes[] = {p->l, p->k, p->k, p->l, p->l, p->k, 1, 1};
    for (uint8_t i = 0; i < p->k; i++)
        for (uint8_t j = 0; j < p->l; j++) cv_mldsa_sample_uniform(work++, rho, j, i);
    for (size_t i = 0; i < sizeof sizes; i++) {
        *parts[i] = work;
        work += sizes[i];
    }
    return s;
}

/* The secret polynomials, and the hash of the public key, tr. */
static cv_err make_key(struct signer *s, uint8_t public_hash[HASH_LEN], struct seeds *seeds)
{
    const struct cv_mldsa *p = s->p;
    struct cv_shake x;
    uint8_t t1[T1_LEN];
    cv_shake256_init(&x);
    cv_shake_absorb(&x, seeds->rho, sizeof seeds->rho);
    for (uint8_t j = 0; j < p->l; j++) {
        make_small(p, &s->s1[j], seeds, j);
        cv_mldsa_ntt(&s->s1[j]);
    }
    for (uint8_t i = 0; i < p->k; i++) {
        make_row(p, t1, &s->s2[i], &s->t0[i], &s->a, seeds, i, s->s1);
        cv_shake_absorb(&x, t1, sizeof t1);
        cv_mldsa_ntt(&s->s2[i]);
        cv_mldsa_ntt(&s->t0[i]);
    }
    cv_shake_squeeze(&x, public_hash, HASH_LEN);
    return check_range(seeds);
}

/* A key expanded from nothing sound would sign what no one can verify. */
static cv_err check_hash(const struct cv_mldsa *p, struct cv_bytes key, const uint8_t public_hash[HASH_LEN])
{
    if (key.len != p->expanded_len) return CV_OK;
    uint32_t same = cv_ct_equal(key.p + HASH_AT, public_hash, HASH_LEN);
    cv_secret_declassify(&same, sizeof same); /* both are hashes of public keys */
    return same ? CV_OK : CV_E_KEY_SYNTAX;
}

/* The seed of the masks, rho'': algorithm 7 line 7. */
static void make_mask_seed(struct signer *s, const struct seeds *seeds,
                           const uint8_t random[CV_MLDSA_RANDOM_LEN])
{
    struct cv_shake x;
    cv_shake256_init(&x);
    cv_shake_absorb(&x, seeds->mask, sizeof seeds->mask);
    cv_shake_absorb(&x, random, CV_MLDSA_RANDOM_LEN);
    cv_shake_absorb(&x, s->mu, sizeof s->mu);
    cv_shake_squeeze(&x, s->mask_seed, sizeof s->mask_seed);
    cv_shake_wipe(&x);
}

/* Masks, and the challenge from what they commit to: algorithm 7 lines 11 to 17. */
static void commit(struct signer *s, uint16_t nonce)
{
    const struct cv_mldsa *p = s->p;
    struct cv_shake x;
    for (uint8_t j = 0; j < p->l; j++) {
        cv_mldsa_sample_mask(&s->y[j], p->gamma1_bits, s->mask_seed, (uint16_t)(nonce + j));
        s->y_ntt[j] = s->y[j];
        cv_mldsa_ntt(&s->y_ntt[j]);
    }
    cv_shake256_init(&x);
    cv_shake_absorb(&x, s->mu, sizeof s->mu);
    for (uint8_t i = 0; i < p->k; i++) {
        multiply_row(p, &s->w[i], &s->a, i, s->y_ntt);
        cv_mldsa_ntt_inverse(&s->w[i]);
        cv_mldsa_canonical(&s->w[i]);
        cv_mldsa_high(s->t, &s->w[i], p->rounding);
        absorb_high(&x, s->t, p->rounding->high_bits);
    }
    cv_shake_squeeze(&x, s->challenge, p->challenge_len);
    cv_shake_wipe(&x);
    /* also where the attempt is refused: CRYSTALS-Dilithium, round 3, section 5.5 */
    cv_secret_declassify(s->challenge, p->challenge_len);
    cv_mldsa_sample_in_ball(s->c, p->tau, s->challenge, p->challenge_len);
    cv_mldsa_ntt(s->c);
}

/* t = c v for one of the secret polynomials, near zero. */
static void times_challenge(struct signer *s, const struct cv_mldsa_poly *v)
{
    cv_mldsa_mul(s->t, s->c, v);
    cv_mldsa_ntt_inverse(s->t);
    cv_mldsa_center(s->t);
}

/* Every check of a coefficient is made before any verdict falls. Which attempts are refused depends on the
 * masks, and not on the key (the same place). */
static bool refused(uint32_t verdict)
{
    cv_secret_declassify(&verdict, sizeof verdict);
    return verdict != 0;
}

/* z and the hints: algorithm 7 lines 18 to 31. */
static bool respond(struct signer *s)
{
    const struct cv_mldsa *p = s->p;
    const int32_t beta = p->tau * p->eta, gamma1 = (int32_t)1 << p->gamma1_bits, gamma2 = p->rounding->gamma2;
    uint32_t bad = 0, n_hints = 0;
    for (uint8_t j = 0; j < p->l; j++) {
        times_challenge(s, &s->s1[j]);
        for (size_t n = 0; n < N; n++) s->y[j].c[n] += s->t->c[n];
        bad |= cv_mldsa_exceeds(&s->y[j], gamma1 - beta);
    }
    if (refused(bad)) return false;
    for (uint8_t i = 0; i < p->k; i++) {
        times_challenge(s, &s->s2[i]);
        cv_mldsa_sub(&s->w[i], &s->w[i], s->t);
        cv_mldsa_low(s->t, &s->w[i], p->rounding);
        bad |= cv_mldsa_exceeds(s->t, gamma2 - beta);
    }
    if (refused(bad)) return false;
    for (uint8_t i = 0; i < p->k; i++) {
        times_challenge(s, &s->t0[i]);
        bad |= cv_mldsa_exceeds(s->t, gamma2);
        n_hints += cv_mldsa_make_hints(&s->w[i], s->t, p->rounding);
    }
    return !refused(bad | (p->omega - n_hints) >> 31);
}

/* sigEncode, algorithm 26; HintBitPack, algorithm 20. */
static void encode_signature(const struct signer *s, uint8_t *sig)
{
    const struct cv_mldsa *p = s->p;
    const unsigned z_bits = p->gamma1_bits + 1u;
    uint8_t *hints = sig + p->challenge_len + p->l * 32 * z_bits, n = 0;
    cv_secret_declassify(s->y, p->l * sizeof *s->y); /* z is in the signature */
    cv_secret_declassify(s->w, p->k * sizeof *s->w); /* so are the hints */
    memcpy(sig, s->challenge, p->challenge_len);
    for (size_t j = 0; j < p->l; j++)
        cv_mldsa_pack_signed(sig + p->challenge_len + j * 32 * z_bits, &s->y[j], z_bits);
    memset(hints, 0, p->omega);
    for (size_t i = 0; i < p->k; i++) {
        for (size_t at = 0; at < N; at++)
            if (s->w[i].c[at] != 0) hints[n++] = (uint8_t)at;
        hints[p->omega + i] = n;
    }
}

cv_err cv_mldsa_sign(const struct cv_mldsa *p, uint8_t *sig, struct cv_mldsa_poly *work, struct cv_bytes key,
                     const struct cv_mldsa_input *in, const uint8_t random[CV_MLDSA_RANDOM_LEN])
{
    struct seeds seeds;
    uint8_t public_hash[HASH_LEN];
    bool done = false;
    if (in->context.len > 255) return CV_E_INVALID_ARGUMENT;
    cv_err e = read_key(p, &seeds, key);
    if (e != CV_OK) return e;
    struct signer s = start(p, work, seeds.rho);
    if ((e = make_key(&s, public_hash, &seeds)) != CV_OK) goto out;
    if ((e = check_hash(p, key, public_hash)) != CV_OK) goto out;
    represent(s.mu, public_hash, in);
    make_mask_seed(&s, &seeds, random);
    for (uint32_t nonce = 0; !done && nonce <= 0xffffu - p->l; nonce += p->l) { /* four to five attempts */
        commit(&s, (uint16_t)nonce);
        done = respond(&s);
    }
    if (done)
        encode_signature(&s, sig);
    else
        e = CV_E_INTERNAL;
out:
    cv_wipe(s.s1, (size_t)(3 * p->k + 3 * p->l + 2) * sizeof *work);
    cv_wipe(&s, sizeof s);
    cv_wipe(&seeds, sizeof seeds);
    cv_wipe_stack(); /* a polynomial's registers */
    return e;
}

/* HintBitUnpack's checks, algorithm 21: counts do not fall, positions in a row rise, the rest is zero. */
static bool hints_are_valid(const struct cv_mldsa *p, const uint8_t *hints)
{
    size_t n = 0;
    for (size_t i = 0; i < p->k; i++) {
        const size_t end = hints[p->omega + i], begin = n;
        if (end < begin || end > p->omega) return false;
        for (; n < end; n++)
            if (n > begin && hints[n] <= hints[n - 1]) return false;
    }
    for (; n < p->omega; n++)
        if (hints[n] != 0) return false;
    return true;
}

/* The hints of row i, a byte a coefficient. */
static void hints_of_row(const struct cv_mldsa *p, uint8_t out[CV_MLDSA_N], const uint8_t *hints, size_t i)
{
    memset(out, 0, N);
    for (size_t n = i == 0 ? 0 : hints[p->omega + i - 1]; n < hints[p->omega + i]; n++) out[hints[n]] = 1;
}

/* Row i of A z - c t1 2^13, canonical: what the signer committed to, but for the low parts. */
static void commitment_row(const struct cv_mldsa *p, struct cv_mldsa_poly *w, const struct matrix *a,
                           uint8_t i, const struct cv_mldsa_poly *z, const struct cv_mldsa_poly *c,
                           const uint8_t t1[T1_LEN])
{
    struct cv_mldsa_poly t;
    cv_mldsa_unpack(&t, t1, T1_BITS);
    for (size_t n = 0; n < N; n++) t.c[n] <<= CV_MLDSA_D;
    cv_mldsa_ntt(&t);
    cv_mldsa_mul(&t, &t, c);
    multiply_row(p, w, a, i, z);
    cv_mldsa_sub(w, w, &t);
    cv_mldsa_ntt_inverse(w);
    cv_mldsa_canonical(w);
}

cv_err cv_mldsa_verify(const struct cv_mldsa *p, struct cv_mldsa_poly *work, struct cv_bytes public_key,
                       const struct cv_mldsa_input *in, struct cv_bytes sig)
{
    struct cv_mldsa_poly *z = work, *c = z + p->l, *w = c + 1;
    const struct matrix a = {.rho = public_key.p};
    const unsigned z_bits = p->gamma1_bits + 1u;
    const int32_t bound = ((int32_t)1 << p->gamma1_bits) - p->tau * p->eta;
    uint8_t public_hash[HASH_LEN], mu[CV_MLDSA_MU_LEN], hints[N], challenge[CHALLENGE_MAX];
    struct cv_shake x;
    if (public_key.len != p->public_len) return CV_E_CERT_KEY;
    if (in->context.len > 255) return CV_E_INVALID_ARGUMENT;
    if (sig.len != p->sig_len) return CV_E_BAD_SIGNATURE;
    const uint8_t *packed_hints = sig.p + sig.len - p->omega - p->k;
    if (!hints_are_valid(p, packed_hints)) return CV_E_BAD_SIGNATURE;
    for (size_t j = 0; j < p->l; j++) {
        cv_mldsa_unpack_signed(&z[j], sig.p + p->challenge_len + j * 32 * z_bits, z_bits);
        if (cv_mldsa_exceeds(&z[j], bound)) return CV_E_BAD_SIGNATURE;
        cv_mldsa_ntt(&z[j]);
    }
    cv_mldsa_sample_in_ball(c, p->tau, sig.p, p->challenge_len);
    cv_mldsa_ntt(c);
    cv_shake256(public_hash, sizeof public_hash, public_key.p, public_key.len);
    represent(mu, public_hash, in);
    cv_shake256_init(&x);
    cv_shake_absorb(&x, mu, sizeof mu);
    for (uint8_t i = 0; i < p->k; i++) {
        commitment_row(p, w, &a, i, z, c, public_key.p + RHO_LEN + i * T1_LEN);
        hints_of_row(p, hints, packed_hints, i);
        cv_mldsa_use_hints(w, hints, p->rounding);
        absorb_high(&x, w, p->rounding->high_bits);
    }
    cv_shake_squeeze(&x, challenge, p->challenge_len);
    return memcmp(challenge, sig.p, p->challenge_len) == 0 ? CV_OK : CV_E_BAD_SIGNATURE;
}

/* What crypto/sig.h asks for. */

static cv_err sign(const struct cv_mldsa *p, struct cv_mldsa_poly *work, const struct cv_private_key *key,
                   const struct cv_hash *hash, struct cv_bytes m, uint8_t *sig, size_t *sig_len,
                   const struct cv_rng *rng)
{
    const struct cv_mldsa_input in = {.m = m};
    uint8_t random[CV_MLDSA_RANDOM_LEN] = {0};
    if (hash != NULL) return CV_E_INVALID_ARGUMENT;
    if (key->type != p->key_type || key->secret.p == NULL) return CV_E_KEY_SYNTAX;
    if (*sig_len < p->sig_len) return CV_E_BUFFER_TOO_SMALL;
    cv_err e = rng != NULL ? cv_random(rng, random, sizeof random) : CV_OK;
    if (e == CV_OK) e = cv_mldsa_sign(p, sig, work, key->secret, &in, random);
    if (e == CV_OK) *sig_len = p->sig_len;
    cv_wipe(random, sizeof random);
    return e;
}

static cv_err verify(const struct cv_mldsa *p, struct cv_mldsa_poly *work, const struct cv_public_key *key,
                     const struct cv_hash *hash, struct cv_bytes m, struct cv_bytes sig)
{
    const struct cv_mldsa_input in = {.m = m};
    if (hash != NULL) return CV_E_INVALID_ARGUMENT;
    if (key->type != p->key_type) return CV_E_CERT_KEY;
    return cv_mldsa_verify(p, work, key->point, &in, sig);
}

cv_err cv_mldsa_public_key(const struct cv_private_key *key, uint8_t *out, size_t *out_len)
{
    static const struct cv_mldsa *const sets[] = {&cv_mldsa44, &cv_mldsa65, &cv_mldsa87};
    const struct cv_mldsa *p = NULL;
    uint8_t expanded[CV_MLDSA_EXPANDED_MAX];
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (key->type == sets[i]->key_type) p = sets[i];
    if (p == NULL) return CV_E_KEY_SYNTAX;
    if (*out_len < p->public_len) return CV_E_BUFFER_TOO_SMALL;
    cv_err e = cv_mldsa_keygen(p, out, expanded, key->secret);
    if (e == CV_OK) {
        /* what else the file has must be what follows from its secrets: RFC 9881 section 8 */
        struct cv_bytes given = key->expanded.p != NULL ? key->expanded : key->secret;
        bool comparable = given.len == p->expanded_len;
        uint32_t same = comparable ? cv_ct_equal(expanded, given.p, given.len) : key->expanded.p == NULL;
        cv_secret_declassify(&same, sizeof same); /* whether the key is sound is no secret */
        if (!same) e = CV_E_KEY_SYNTAX;
    }
    *out_len = p->public_len;
    cv_wipe(expanded, sizeof expanded);
    return e;
}

cv_err cv_mldsa44_sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                       uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    struct cv_mldsa_poly work[CV_MLDSA_SIGN_WORK(4, 4)];
    return sign(&cv_mldsa44, work, key, hash, m, sig, sig_len, rng);
}

cv_err cv_mldsa44_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                         struct cv_bytes sig)
{
    struct cv_mldsa_poly work[CV_MLDSA_VERIFY_WORK(4)];
    return verify(&cv_mldsa44, work, key, hash, m, sig);
}

cv_err cv_mldsa65_sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                       uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    struct cv_mldsa_poly work[CV_MLDSA_SIGN_WORK(6, 5)];
    return sign(&cv_mldsa65, work, key, hash, m, sig, sig_len, rng);
}

cv_err cv_mldsa65_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                         struct cv_bytes sig)
{
    struct cv_mldsa_poly work[CV_MLDSA_VERIFY_WORK(5)];
    return verify(&cv_mldsa65, work, key, hash, m, sig);
}

cv_err cv_mldsa87_sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                       uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    struct cv_mldsa_poly work[CV_MLDSA_SIGN_WORK(8, 7)];
    return sign(&cv_mldsa87, work, key, hash, m, sig, sig_len, rng);
}

cv_err cv_mldsa87_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                         struct cv_bytes sig)
{
    struct cv_mldsa_poly work[CV_MLDSA_VERIFY_WORK(7)];
    return verify(&cv_mldsa87, work, key, hash, m, sig);
}
