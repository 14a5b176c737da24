/* Checks of key exchange and signatures. */
#include "sspi/culvert/system.h"
#include "sspi/culvert/vector.h"

#include "crypto/cpu.h"
#include "crypto/kex.h"
#include "crypto/p256_small.h"
#include "crypto/sig.h"
#include "x509/key.h"

#include <stdio.h>
#include <string.h>

enum { IFMA = CV_CPU_AVX2 | CV_CPU_IFMA };

static const struct curve {
    const char *name, *also;
    const struct cv_group *group;
    enum cv_key_type key;
    size_t scalar_len;
    cv_verify_fn *verify; /* ECDSA; Ed25519 */
    cv_sign_fn *sign;
    uint32_t needs; /* of the processor */
} curves[] = {
    {"secp256r1", "P-256", &cv_group_p256, CV_KEY_P256, 32, cv_ecdsa_p256_verify, cv_ecdsa_p256_sign, 0},
    {"secp256r1", "P-256", &cv_group_p256_small, CV_KEY_P256, 32, cv_ecdsa_p256_verify_small, NULL, 0},
    {"secp384r1", "P-384", &cv_group_p384, CV_KEY_P384, 48, cv_ecdsa_p384_verify, cv_ecdsa_p384_sign, 0},
    {"secp521r1", "P-521", &cv_group_p521, CV_KEY_P521, 66, cv_ecdsa_p521_verify, cv_ecdsa_p521_sign, 0},
    {"curve25519", "x25519", &cv_group_x25519, CV_KEY_NONE, 32, NULL, NULL, 0},
    {"curve448", "x448", &cv_group_x448, CV_KEY_NONE, 56, NULL, NULL, 0},
    {"edwards25519", "ed25519", NULL, CV_KEY_ED25519, 32, cv_ed25519_verify, cv_ed25519_sign, 0},
    {"edwards448", "ed448", NULL, CV_KEY_ED448, 57, cv_ed448_verify, cv_ed448_sign, 0},
    {"ffdhe2048", "", &cv_group_ffdhe2048, CV_KEY_NONE, 0, NULL, NULL, 0},
    {"ffdhe3072", "", &cv_group_ffdhe3072, CV_KEY_NONE, 0, NULL, NULL, 0},
    {"ffdhe4096", "", &cv_group_ffdhe4096, CV_KEY_NONE, 0, NULL, NULL, 0},
#if defined(__x86_64__)
    {"ffdhe2048", "", &cv_group_ffdhe2048_avx2, CV_KEY_NONE, 0, NULL, NULL, CV_CPU_AVX2},
    {"ffdhe3072", "", &cv_group_ffdhe3072_avx2, CV_KEY_NONE, 0, NULL, NULL, CV_CPU_AVX2},
    {"ffdhe4096", "", &cv_group_ffdhe4096_avx2, CV_KEY_NONE, 0, NULL, NULL, CV_CPU_AVX2},
    {"ffdhe2048", "", &cv_group_ffdhe2048_ifma, CV_KEY_NONE, 0, NULL, NULL, IFMA},
    {"ffdhe3072", "", &cv_group_ffdhe3072_ifma, CV_KEY_NONE, 0, NULL, NULL, IFMA},
    {"ffdhe4096", "", &cv_group_ffdhe4096_ifma, CV_KEY_NONE, 0, NULL, NULL, IFMA},
#endif
};

static const struct rsa {
    cv_verify_fn *pkcs1_verify;
    cv_sign_fn *pkcs1_sign;
    cv_verify_pss_fn *pss_verify;
    uint32_t needs;
} rsas[] = {
    {cv_rsa_pkcs1_verify, cv_rsa_pkcs1_sign, cv_rsa_pss_verify_params, 0},
#if defined(__x86_64__)
    {cv_rsa_pkcs1_verify_avx2, cv_rsa_pkcs1_sign_avx2, cv_rsa_pss_verify_params_avx2, CV_CPU_AVX2},
    {cv_rsa_pkcs1_verify_ifma, cv_rsa_pkcs1_sign_ifma, cv_rsa_pss_verify_params_ifma, IFMA},
#endif
};

static bool is_called(const struct curve *c, const char *name)
{
    return name != NULL && (strcmp(c->name, name) == 0 || strcmp(c->also, name) == 0);
}

static const struct curve *curve_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (is_called(&curves[i], name)) return &curves[i];
    return NULL;
}

static const struct curve *curve_by_key(enum cv_key_type type)
{
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (curves[i].verify != NULL && curves[i].key == type) return &curves[i];
    return NULL;
}

/* The number of `in`, of any length, in exactly len bytes. */
static bool fixed_length(uint8_t *out, size_t len, struct cv_bytes in)
{
    while (in.len > len && in.p[0] == 0) in.p++, in.len--;
    if (in.len > len) return false;
    memset(out, 0, len - in.len);
    memcpy(out + len - in.len, in.p, in.len);
    return true;
}

static void check_dh_with(struct cv_verdict *out, const struct cv_vector *v, const struct curve *c)
{
    struct cv_bytes share = v->f[FIELD_PUBLIC];
    uint8_t secret[CV_KEX_SECRET_MAX], scalar[CV_KEX_PRIVATE_MAX];
    struct cv_public_key key;
    cv_err e = CV_OK;
    if (!fixed_length(scalar, c->group->private_len, v->f[FIELD_PRIVATE])) {
        cv_vector_fail(out, "a private key of %zu bytes", v->f[FIELD_PRIVATE].len);
        return;
    }
    out->n_implementations++;
    if (v->spki) {
        e = cv_public_key_parse(&key, share);
        if (e == CV_OK && key.type != c->key) e = CV_E_BAD_KEY_SHARE;
        share = key.point;
    }
    if (e == CV_OK) e = c->group->finish(c->group, secret, scalar, share);
    const struct cv_bytes shared = cv_bytes(secret, c->group->secret_len);
    if (v->differs) {
        if (e == CV_OK && cv_bytes_equal(v->f[FIELD_SHARED], shared))
            cv_vector_fail(out, "gives a secret that was spoilt");
    } else if ((e == CV_OK) != v->valid) {
        cv_vector_fail(out, "%s", e == CV_OK ? "accepted" : cv_err_text(e));
    } else if (v->valid) {
        (void)cv_vector_same(out, "secret", v->f[FIELD_SHARED], secret, c->group->secret_len);
    }
}

static void check_dh(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu)
{
    for (size_t i = 0; i < sizeof curves / sizeof *curves && out->is == VERDICT_PASS; i++) {
        const struct curve *c = &curves[i];
        if (c->group == NULL || !is_called(c, v->curve) || (c->needs & ~cpu) != 0) continue;
        check_dh_with(out, v, c);
    }
    if (out->is == VERDICT_PASS && out->n_implementations == 0) cv_vector_refuse(out, "curve %s", v->curve);
}

/* An INTEGER of DER from a number of fixed length. */
static void build_integer(struct cv_builder *b, struct cv_bytes n)
{
    while (n.len > 1 && n.p[0] == 0) n.p++, n.len--;
    bool sign = n.p[0] >> 7;
    cv_build_u8(b, 2);
    cv_build_u8(b, (uint8_t)(n.len + sign));
    if (sign) cv_build_u8(b, 0);
    cv_build_bytes(b, n.p, n.len);
}

/* Turns r || s into the DER that TLS and certificates know. */
static bool p1363_to_der(uint8_t *out, size_t cap, struct cv_bytes *sig, size_t scalar_len)
{
    uint8_t body[2 * (3 + 66)];
    struct cv_builder b, numbers;
    if (sig->len != 2 * scalar_len) return false;
    cv_build_init(&numbers, body, sizeof body);
    build_integer(&numbers, cv_bytes(sig->p, scalar_len));
    build_integer(&numbers, cv_bytes(sig->p + scalar_len, scalar_len));
    cv_build_init(&b, out, cap);
    cv_build_u8(&b, 0x30);
    if (numbers.len > 127) cv_build_u8(&b, 0x81);
    cv_build_u8(&b, (uint8_t)numbers.len);
    cv_build_bytes(&b, body, numbers.len);
    *sig = cv_bytes(out, b.len);
    return cv_build_end(&numbers) == CV_OK && cv_build_end(&b) == CV_OK;
}

static cv_err public_key(const struct cv_vector *v, struct cv_public_key *key)
{
    memset(key, 0, sizeof *key);
    if (v->f[FIELD_PUBLIC].p != NULL) return cv_public_key_parse(key, v->f[FIELD_PUBLIC]);
    if (v->f[FIELD_N].p != NULL) {
        key->type = CV_KEY_RSA;
        key->n = v->f[FIELD_N];
        key->e = v->f[FIELD_E];
        while (key->n.len > 0 && key->n.p[0] == 0) key->n.p++, key->n.len--;
        while (key->e.len > 0 && key->e.p[0] == 0) key->e.p++, key->e.len--;
        return CV_OK;
    }
    const struct curve *c = curve_by_name(v->curve);
    key->type = c ? c->key : CV_KEY_NONE;
    key->point = v->f[FIELD_POINT];
    return CV_OK;
}

/* RSA: what the primitive itself says it cannot do is refused, not failed. */
static cv_err verify_rsa(const struct rsa *by, struct cv_verdict *out, const struct cv_vector *v,
                         const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes digest)
{
    if (strcmp(v->alg, "RSASSA-PKCS1") == 0) return by->pkcs1_verify(key, hash, digest, v->f[FIELD_SIG]);
    const struct cv_hash *mgf = cv_vector_hash(v->mgf_hash);
    if (mgf == NULL) {
        cv_vector_refuse(out, "hash %s", v->mgf_hash ? v->mgf_hash : "unnamed");
        return CV_E_UNSUPPORTED;
    }
    return by->pss_verify(key, hash, mgf, v->out_len, digest, v->f[FIELD_SIG]);
}

static void judge_verification(struct cv_verdict *out, const struct cv_vector *v, cv_err e)
{
    out->n_implementations++;
    if (out->is == VERDICT_PASS && (e == CV_OK) != v->valid)
        cv_vector_fail(out, "%s", e == CV_OK ? "verifies" : cv_err_text(e));
}

static void check_verify(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu)
{
    struct cv_public_key key;
    struct cv_bytes m = v->f[FIELD_MSG], sig = v->f[FIELD_SIG];
    const struct cv_hash *hash = cv_vector_hash(v->hash);
    uint8_t digest[CV_HASH_MAX], der[160];
    cv_err e = public_key(v, &key);
    const struct curve *c = curve_by_key(key.type);

    if (v->hash != NULL && hash == NULL) {
        cv_vector_refuse(out, "hash %s", v->hash);
        return;
    }
    if (e != CV_OK) {
        cv_vector_fail(out, "public key: %s", cv_err_text(e));
        return;
    }
    bool rsa = strncmp(v->alg, "RSASSA", 6) == 0;
    if (rsa ? key.type != CV_KEY_RSA && key.type != CV_KEY_RSA_PSS : c == NULL) {
        cv_vector_refuse(out, "key %s", v->curve ? v->curve : "with other parameters");
        return;
    }
    if (hash != NULL) {
        cv_hash_digest(hash, digest, m.p, m.len);
        m = cv_bytes(digest, hash->digest_len);
    }
    if (rsa) {
        for (size_t i = 0; i < sizeof rsas / sizeof *rsas; i++) {
            if ((rsas[i].needs & ~cpu) != 0) continue;
            judge_verification(out, v, verify_rsa(&rsas[i], out, v, &key, hash, m));
        }
    } else if (v->p1363 && !p1363_to_der(der, sizeof der, &sig, c->scalar_len)) {
        judge_verification(out, v, CV_E_BAD_SIGNATURE);
    } else {
        for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
            if (curves[i].verify == NULL || curves[i].key != key.type) continue;
            judge_verification(out, v, curves[i].verify(&key, hash, m, sig));
        }
    }
}

static void judge_signature(struct cv_verdict *out, const struct cv_vector *v, cv_err e, struct cv_bytes sig)
{
    out->n_implementations++;
    if (out->is != VERDICT_PASS) return;
    if ((e == CV_OK) != v->valid)
        cv_vector_fail(out, "%s", e == CV_OK ? "signs" : cv_err_text(e));
    else if (v->valid)
        (void)cv_vector_same(out, "signature", v->f[FIELD_SIG], sig.p, sig.len);
}

static void check_rsa_sign(struct cv_verdict *out, const struct cv_vector *v, const struct cv_hash *hash,
                           struct cv_bytes m, uint32_t cpu)
{
    struct cv_private_key key = {.type = CV_KEY_NONE};
    uint8_t sig[CV_RSA_BITS_MAX / 8];
    cv_err parsed = cv_private_key_parse(&key, v->f[FIELD_PRIVATE]);
    for (size_t i = 0; i < sizeof rsas / sizeof *rsas; i++) {
        size_t sig_len = sizeof sig;
        cv_err e = parsed;
        if ((rsas[i].needs & ~cpu) != 0) continue;
        if (e == CV_OK) e = rsas[i].pkcs1_sign(&key, hash, m, sig, &sig_len, &cv_system_rng);
        judge_signature(out, v, e, cv_bytes(sig, sig_len));
    }
}

/* Deterministic schemes only: the signature itself is compared. */
static void check_sign(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu)
{
    const struct cv_hash *hash = cv_vector_hash(v->hash);
    const struct curve *c = curve_by_name(v->curve);
    struct cv_bytes m = v->f[FIELD_MSG];
    uint8_t digest[CV_HASH_MAX], sig[CV_RSA_BITS_MAX / 8];
    size_t sig_len = sizeof sig;
    bool rsa = strcmp(v->alg, "RSASSA-PKCS1") == 0;

    if ((v->hash != NULL && hash == NULL) || (!rsa && (c == NULL || c->sign == NULL))) {
        cv_vector_refuse(out, "%s with %s", v->alg, v->hash ? v->hash : "no hash");
        return;
    }
    if (hash != NULL) {
        cv_hash_digest(hash, digest, m.p, m.len);
        m = cv_bytes(digest, hash->digest_len);
    }
    if (rsa) {
        check_rsa_sign(out, v, hash, m, cpu);
        return;
    }
    const struct cv_private_key key = {.type = c->key, .secret = v->f[FIELD_PRIVATE]};
    cv_err e = c->sign(&key, hash, m, sig, &sig_len, NULL);
    judge_signature(out, v, e, cv_bytes(sig, sig_len));
}

static void check_prime(struct cv_verdict *out, const struct cv_vector *v)
{
    struct cv_bytes n = v->f[FIELD_MSG];
    bool prime = false;
    cv_err e = CV_OK;
    out->n_implementations = 1;
    if (n.len > 0 && n.p[0] < 0x80) e = cv_bn_is_prime(&cv_system_heap, &prime, n, 8, &cv_system_rng);
    if (e != CV_OK)
        cv_vector_fail(out, "%s", cv_err_text(e));
    else if (prime != v->valid)
        cv_vector_fail(out, prime ? "taken for a prime" : "not taken for a prime");
}

void cv_vector_check_public(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu)
{
    if (v->op == VECTOR_DH)
        check_dh(out, v, cpu);
    else if (v->op == VECTOR_PRIME)
        check_prime(out, v);
    else if (v->op == VECTOR_VERIFY)
        check_verify(out, v, cpu);
    else
        check_sign(out, v, cpu);
}
