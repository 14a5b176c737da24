/* Ed448 (RFC 8032 section 5.2), without context and prehash. */
#include "crypto/base/secret.h"
#include "crypto/ge448.h"
#include "crypto/sc448.h"
#include "crypto/sha3.h"
#include "crypto/sig.h"

#include <string.h>

enum {
    KEY_LEN = CV_GE448_LEN,
    SIG_LEN = 2 * KEY_LEN,
    DIGEST_LEN = CV_SC448_WIDE_LEN,
    SCALAR_LEN = CV_SC448_LEN, /* a scalar's last byte on the wire is zero */
};

/* dom4(0, ""): RFC 8032 section 2. */
static const uint8_t domain[] = {'S', 'i', 'g', 'E', 'd', '4', '4', '8', 0, 0};

/* r = SHAKE256(domain || a || b || c) mod L */
static void hash_to_scalar(uint8_t r[SCALAR_LEN], struct cv_bytes a, struct cv_bytes b, struct cv_bytes c)
{
    struct cv_shake x;
    uint8_t digest[DIGEST_LEN];
    cv_shake256_init(&x);
    cv_shake_absorb(&x, domain, sizeof domain);
    cv_shake_absorb(&x, a.p, a.len);
    cv_shake_absorb(&x, b.p, b.len);
    cv_shake_absorb(&x, c.p, c.len);
    cv_shake_squeeze(&x, digest, sizeof digest);
    cv_sc448_reduce(r, digest);
    cv_shake_wipe(&x);
    cv_wipe(digest, sizeof digest);
}

cv_err cv_ed448_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                       struct cv_bytes sig)
{
    struct cv_ge448 a, b, r;
    uint8_t k[SCALAR_LEN], encoded[KEY_LEN];
    if (hash != NULL) return CV_E_INVALID_ARGUMENT;
    if (key->type != CV_KEY_ED448 || key->point.len != KEY_LEN) return CV_E_CERT_KEY;
    if (sig.len != SIG_LEN) return CV_E_BAD_SIGNATURE;
    const uint8_t *s = sig.p + KEY_LEN;
    /* RFC 8032 5.2.7 step 1 */
    if (s[SCALAR_LEN] != 0 || !cv_sc448_is_canonical(s)) return CV_E_BAD_SIGNATURE;
    if (!cv_ge448_from_bytes(&a, key->point.p)) return CV_E_CERT_KEY;
    hash_to_scalar(k, cv_bytes(sig.p, KEY_LEN), key->point, m);
    /* step 3 without the cofactor: s B - k A is R to the bit, so that R's encoding needs no check of its own.
     */
    cv_fe448_sub(&a.x, &cv_fe448_zero, &a.x);
    cv_ge448_base(&b);
    cv_ge448_mul(&r, (const uint8_t *const[]){s, k}, (const struct cv_ge448 *const[]){&b, &a}, 2);
    cv_ge448_to_bytes(encoded, &r);
    return memcmp(encoded, sig.p, KEY_LEN) == 0 ? CV_OK : CV_E_BAD_SIGNATURE;
}

/* r = k B, encoded; k below L. */
static void base_mul(uint8_t r[KEY_LEN], const uint8_t k[SCALAR_LEN])
{
    struct cv_ge448 b, p;
    cv_ge448_base(&b);
    cv_ge448_mul(&p, &k, (const struct cv_ge448 *const[]){&b}, 1);
    cv_ge448_to_bytes(r, &p);
    cv_wipe(&p, sizeof p);
}

/* What a seed expands to, RFC 8032 5.2.5. */
struct expanded {
    uint8_t scalar[SCALAR_LEN]; /* clamped, then reduced modulo L */
    uint8_t prefix[KEY_LEN];
    uint8_t public_key[KEY_LEN];
};

static cv_err expand(struct expanded *x, const struct cv_private_key *key)
{
    uint8_t digest[DIGEST_LEN], wide[DIGEST_LEN] = {0};
    if (key->type != CV_KEY_ED448 || key->secret.len != KEY_LEN) return CV_E_KEY_SYNTAX;
    cv_shake256(digest, sizeof digest, key->secret.p, KEY_LEN);
    memcpy(wide, digest, SCALAR_LEN);
    wide[0] &= 0xfc;
    wide[SCALAR_LEN - 1] |= 0x80;
    cv_sc448_reduce(x->scalar, wide);
    memcpy(x->prefix, digest + KEY_LEN, KEY_LEN);
    base_mul(x->public_key, x->scalar);
    cv_secret_declassify(x->public_key, KEY_LEN); /* public by nature */
    cv_wipe(digest, sizeof digest);
    cv_wipe(wide, sizeof wide);
    return CV_OK;
}

cv_err cv_ed448_public_key(const struct cv_private_key *key, uint8_t out[KEY_LEN])
{
    struct expanded x;
    cv_err e = expand(&x, key);
    if (e != CV_OK) return e;
    memcpy(out, x.public_key, KEY_LEN);
    cv_wipe(&x, sizeof x);
    return CV_OK;
}

/* The nonce of RFC 8032 5.2.6 step 2. With rng, random bytes come in front, and the prefix is filled up to a
 * block of SHAKE256 before the message follows, against fault attacks and differential power analysis
 * (draft-irtf-cfrg-det-sigs-with-noise). */
static cv_err make_nonce(uint8_t r[SCALAR_LEN], const struct expanded *x, struct cv_bytes m,
                         const struct cv_rng *rng)
{
    uint8_t block[CV_SHAKE256_RATE - sizeof domain] = {0};
    size_t block_len = KEY_LEN;
    if (rng != NULL) {
        cv_err e = cv_random(rng, block, KEY_LEN);
        if (e != CV_OK) return e;
        memcpy(block + KEY_LEN, x->prefix, KEY_LEN);
        block_len = sizeof block;
    } else {
        memcpy(block, x->prefix, KEY_LEN);
    }
    hash_to_scalar(r, cv_bytes(block, block_len), m, cv_bytes(NULL, 0));
    cv_wipe(block, sizeof block);
    return CV_OK;
}

cv_err cv_ed448_sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                     uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    struct expanded x;
    uint8_t nonce[SCALAR_LEN], k[SCALAR_LEN], encoded[KEY_LEN];
    if (hash != NULL) return CV_E_INVALID_ARGUMENT;
    if (*sig_len < SIG_LEN) return CV_E_BUFFER_TOO_SMALL;
    cv_err e = expand(&x, key);
    if (e != CV_OK) return e;
    e = make_nonce(nonce, &x, m, rng);
    if (e != CV_OK) goto out;
    base_mul(encoded, nonce);
    cv_secret_declassify(encoded, KEY_LEN); /* half of the signature */
    hash_to_scalar(k, cv_bytes(encoded, KEY_LEN), cv_bytes(x.public_key, KEY_LEN), m);
    cv_sc448_muladd(sig + KEY_LEN, k, x.scalar, nonce);
    sig[SIG_LEN - 1] = 0;
    memcpy(sig, encoded, KEY_LEN);
    cv_secret_declassify(sig + KEY_LEN, KEY_LEN); /* the other half */
    *sig_len = SIG_LEN;
    cv_wipe(nonce, sizeof nonce);
out:
    cv_wipe(&x, sizeof x);
    return e;
}
