/* Ed25519 (RFC 8032 section 5.1), without context and prehash. */
#include "crypto/base/secret.h"
#include "crypto/ge25519.h"
#include "crypto/sc25519.h"
#include "crypto/sig.h"

#include <string.h>

enum { KEY_LEN = 32, SIG_LEN = 64, HEDGE_LEN = 32 };

/* r = SHA-512(a || b || c) mod L */
static void hash_to_scalar(uint8_t r[32], struct cv_bytes a, struct cv_bytes b, struct cv_bytes c)
{
    struct cv_hash_ctx ctx;
    uint8_t digest[64];
    cv_hash_init(&ctx, &cv_sha512);
    cv_hash_update(&ctx, a.p, a.len);
    cv_hash_update(&ctx, b.p, b.len);
    cv_hash_update(&ctx, c.p, c.len);
    cv_hash_final(&ctx, digest);
    cv_sc_reduce(r, digest);
    cv_wipe(digest, sizeof digest);
}

cv_err cv_ed25519_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                         struct cv_bytes sig)
{
    struct cv_ge a, r;
    uint8_t k[32], encoded[32];
    if (hash != NULL) return CV_E_INVALID_ARGUMENT;
    if (key->type != CV_KEY_ED25519 || key->point.len != KEY_LEN) return CV_E_CERT_KEY;
    if (sig.len != SIG_LEN) return CV_E_BAD_SIGNATURE;
    const uint8_t *s = sig.p + 32;
    if (!cv_sc_is_canonical(s)) return CV_E_BAD_SIGNATURE; /* RFC 8032 5.1.7 step 1 */
    if (!cv_ge_from_bytes(&a, key->point.p)) return CV_E_CERT_KEY;
    hash_to_scalar(k, cv_bytes(sig.p, 32), key->point, m);
    /* step 3 without the cofactor: s B - k A is R to the bit, so that R's encoding needs no check of its own
     */
    cv_ge_neg(&a, &a);
    cv_ge_double_mul_public(&r, s, k, &a);
    cv_ge_to_bytes(encoded, &r);
    return memcmp(encoded, sig.p, 32) == 0 ? CV_OK : CV_E_BAD_SIGNATURE;
}

/* What a seed expands to, RFC 8032 5.1.5. */
struct expanded {
    uint8_t scalar[32]; /* clamped, then reduced modulo L */
    uint8_t prefix[32];
    uint8_t public_key[32];
};

static cv_err expand(struct expanded *x, const struct cv_private_key *key)
{
    uint8_t digest[64], wide[64] = {0};
    struct cv_ge a;
    if (key->type != CV_KEY_ED25519 || key->secret.len != KEY_LEN) return CV_E_KEY_SYNTAX;
    cv_hash_digest(&cv_sha512, digest, key->secret.p, KEY_LEN);
    memcpy(wide, digest, 32);
    wide[0] &= 0xf8;
    wide[31] = (uint8_t)((wide[31] & 0x7f) | 0x40);
    cv_sc_reduce(x->scalar, wide);
    memcpy(x->prefix, digest + 32, 32);
    cv_ge_base_mul(&a, x->scalar);
    cv_ge_to_bytes(x->public_key, &a);
    cv_secret_declassify(x->public_key, 32); /* public by nature */
    cv_wipe(digest, sizeof digest);
    cv_wipe(wide, sizeof wide);
    cv_wipe(&a, sizeof a);
    return CV_OK;
}

cv_err cv_ed25519_public_key(const struct cv_private_key *key, uint8_t out[32])
{
    struct expanded x;
    cv_err e = expand(&x, key);
    if (e != CV_OK) return e;
    memcpy(out, x.public_key, 32);
    cv_wipe(&x, sizeof x);
    return CV_OK;
}

/* The nonce of RFC 8032 5.1.6 step 2. With rng, random bytes come in front, and the prefix is filled up to a
 * block of SHA-512 before the message follows, against fault attacks and differential power analysis
 * (draft-irtf-cfrg-det-sigs-with-noise). */
static cv_err make_nonce(uint8_t r[32], const struct expanded *x, struct cv_bytes m, const struct cv_rng *rng)
{
    uint8_t block[128] = {0};
    size_t block_len = 32;
    if (rng != NULL) {
        cv_err e = cv_random(rng, block, HEDGE_LEN);
        if (e != CV_OK) return e;
        memcpy(block + HEDGE_LEN, x->prefix, 32);
        block_len = sizeof block;
    } else {
        memcpy(block, x->prefix, 32);
    }
    hash_to_scalar(r, cv_bytes(block, block_len), m, cv_bytes(NULL, 0));
    cv_wipe(block, sizeof block);
    return CV_OK;
}

cv_err cv_ed25519_sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                       uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    struct expanded x;
    struct cv_ge point;
    uint8_t nonce[32], k[32], encoded[32];
    if (hash != NULL) return CV_E_INVALID_ARGUMENT;
    if (*sig_len < SIG_LEN) return CV_E_BUFFER_TOO_SMALL;
    cv_err e = expand(&x, key);
    if (e != CV_OK) return e;
    e = make_nonce(nonce, &x, m, rng);
    if (e != CV_OK) goto out;
    cv_ge_base_mul(&point, nonce);
    cv_ge_to_bytes(encoded, &point);
    cv_secret_declassify(encoded, 32); /* half of the signature */
    hash_to_scalar(k, cv_bytes(encoded, 32), cv_bytes(x.public_key, 32), m);
    cv_sc_muladd(sig + 32, k, x.scalar, nonce);
    memcpy(sig, encoded, 32);
    cv_secret_declassify(sig + 32, 32); /* the other half */
    *sig_len = SIG_LEN;
    cv_wipe(&point, sizeof point);
    cv_wipe(nonce, sizeof nonce);
out:
    cv_wipe(&x, sizeof x);
    return e;
}
