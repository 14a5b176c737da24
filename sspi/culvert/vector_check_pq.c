/* Checks of ML-KEM and ML-DSA. */
#include "sspi/culvert/vector.h"

#include "crypto/mldsa.h"
#include "crypto/mlkem.h"

#include <string.h>

static const struct set {
    const char *name;
    const struct cv_mlkem *kem;
} sets[] = {
    {"ML-KEM-768", &cv_mlkem768},
    {"ML-KEM-1024", &cv_mlkem1024},
};

static const struct cv_mlkem *kem_by_name(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof sets / sizeof *sets; i++)
        if (strcmp(sets[i].name, name) == 0) return sets[i].kem;
    return NULL;
}

/* A seed of another length is refused by all that our functions say of it: their parameter's type. */
static bool seed_fits(struct cv_verdict *out, const struct cv_vector *v)
{
    if (v->f[FIELD_SEED].len == CV_MLKEM_SEED_LEN) return true;
    if (v->valid) cv_vector_fail(out, "a seed of %zu bytes", v->f[FIELD_SEED].len);
    return false;
}

static bool check_keygen(struct cv_verdict *out, const struct cv_vector *v, const struct cv_mlkem *kem)
{
    uint8_t public_key[CV_MLKEM_PUBLIC_MAX], private_key[CV_MLKEM_PRIVATE_MAX];
    cv_mlkem_keygen(kem, public_key, private_key, v->f[FIELD_SEED].p);
    return (v->f[FIELD_PUBLIC].p == NULL ||
            cv_vector_same(out, "public key", v->f[FIELD_PUBLIC], public_key, kem->public_len)) &&
           (v->f[FIELD_PRIVATE].p == NULL ||
            cv_vector_same(out, "private key", v->f[FIELD_PRIVATE], private_key, kem->private_len));
}

static bool check_err(struct cv_verdict *out, const struct cv_vector *v, cv_err e)
{
    if ((e == CV_OK) != v->valid) cv_vector_fail(out, "%s", e == CV_OK ? "accepted" : cv_err_text(e));
    return e == CV_OK && v->valid;
}

static void check_encaps(struct cv_verdict *out, const struct cv_vector *v, const struct cv_mlkem *kem)
{
    uint8_t ciphertext[CV_MLKEM_CIPHERTEXT_MAX], secret[CV_MLKEM_SECRET_LEN];
    if (v->f[FIELD_MSG].len != CV_MLKEM_MESSAGE_LEN) {
        cv_vector_fail(out, "a message of %zu bytes", v->f[FIELD_MSG].len);
        return;
    }
    cv_err e = cv_mlkem_encaps(kem, ciphertext, secret, v->f[FIELD_PUBLIC], v->f[FIELD_MSG].p);
    if (check_err(out, v, e) &&
        cv_vector_same(out, "ciphertext", v->f[FIELD_CT], ciphertext, kem->ciphertext_len))
        (void)cv_vector_same(out, "secret", v->f[FIELD_SHARED], secret, sizeof secret);
}

/* From the seed, by both ways; or from an expanded key. */
static void check_decaps(struct cv_verdict *out, const struct cv_vector *v, const struct cv_mlkem *kem)
{
    uint8_t public_key[CV_MLKEM_PUBLIC_MAX], expanded[CV_MLKEM_PRIVATE_MAX], secret[CV_MLKEM_SECRET_LEN];
    struct cv_bytes private_key = v->f[FIELD_PRIVATE];
    if (v->f[FIELD_SEED].p != NULL) {
        if (!seed_fits(out, v) || !check_keygen(out, v, kem)) return;
        cv_mlkem_keygen(kem, public_key, expanded, v->f[FIELD_SEED].p);
        private_key = cv_bytes(expanded, kem->private_len);
        if (check_err(out, v, cv_mlkem_decaps(kem, secret, v->f[FIELD_SEED].p, v->f[FIELD_CT])))
            (void)cv_vector_same(out, "secret", v->f[FIELD_SHARED], secret, sizeof secret);
    }
    if (out->is == VERDICT_PASS &&
        check_err(out, v, cv_mlkem_decaps_expanded(kem, secret, private_key, v->f[FIELD_CT])))
        (void)cv_vector_same(out, "secret", v->f[FIELD_SHARED], secret, sizeof secret);
}

void cv_vector_check_kem(struct cv_verdict *out, const struct cv_vector *v)
{
    const struct cv_mlkem *kem = kem_by_name(v->alg);
    if (kem == NULL) {
        cv_vector_refuse(out, "%s", v->alg ? v->alg : "no parameter set");
        return;
    }
    out->n_implementations = 1;
    if (v->op == VECTOR_ENCAPS)
        check_encaps(out, v, kem);
    else if (v->op == VECTOR_DECAPS)
        check_decaps(out, v, kem);
    else if (seed_fits(out, v))
        (void)check_keygen(out, v, kem);
}

static const struct signature_set {
    const char *name;
    const struct cv_mldsa *p;
    cv_sign_fn *sign;
    cv_verify_fn *verify;
} signature_sets[] = {
    {"ML-DSA-44", &cv_mldsa44, cv_mldsa44_sign, cv_mldsa44_verify},
    {"ML-DSA-65", &cv_mldsa65, cv_mldsa65_sign, cv_mldsa65_verify},
    {"ML-DSA-87", &cv_mldsa87, cv_mldsa87_sign, cv_mldsa87_verify},
};

/* Under a context; and through crypto/sig.h where there is none. */
static void verify_mldsa(struct cv_verdict *out, const struct cv_vector *v, const struct signature_set *set)
{
    static struct cv_mldsa_poly work[CV_MLDSA_VERIFY_WORK(CV_MLDSA_L_MAX)];
    const struct cv_mldsa_input in = {.context = v->f[FIELD_CONTEXT], .m = v->f[FIELD_MSG]};
    const struct cv_public_key key = {.type = set->p->key_type, .point = v->f[FIELD_POINT]};
    if (v->f[FIELD_POINT].p == NULL || v->f[FIELD_MSG].p == NULL || v->f[FIELD_SIG].p == NULL) {
        cv_vector_fail(out, "the case lacks a field");
        return;
    }
    (void)check_err(out, v, cv_mldsa_verify(set->p, work, key.point, &in, v->f[FIELD_SIG]));
    if (in.context.len == 0) (void)check_err(out, v, set->verify(&key, NULL, in.m, v->f[FIELD_SIG]));
}

/* Both forms of a private key, where the case has both, give the public key and each other. */
static bool check_mldsa_keys(struct cv_verdict *out, const struct cv_vector *v, const struct cv_mldsa *p,
                             struct cv_bytes secret)
{
    uint8_t public_key[CV_MLDSA_PUBLIC_MAX], expanded[CV_MLDSA_EXPANDED_MAX];
    struct cv_private_key key = {.type = p->key_type, .secret = secret};
    size_t public_len = sizeof public_key;
    cv_err e = cv_mldsa_keygen(p, public_key, expanded, secret);
    if (!check_err(out, v, e)) return false;
    if (v->f[FIELD_PRIVATE].p != NULL &&
        !cv_vector_same(out, "expanded key", v->f[FIELD_PRIVATE], expanded, p->expanded_len))
        return false;
    if (v->f[FIELD_SEED].p != NULL) key.expanded = v->f[FIELD_PRIVATE];
    return check_err(out, v, cv_mldsa_public_key(&key, public_key, &public_len)) &&
           (v->f[FIELD_POINT].p == NULL ||
            cv_vector_same(out, "public key", v->f[FIELD_POINT], public_key, public_len));
}

/* With one form of the key: as FIPS 204 has it; and through crypto/sig.h where that comes to the same. */
static void sign_mldsa_with(struct cv_verdict *out, const struct cv_vector *v,
                            const struct signature_set *set, struct cv_bytes secret)
{
    static struct cv_mldsa_poly work[CV_MLDSA_SIGN_WORK(CV_MLDSA_K_MAX, CV_MLDSA_L_MAX)];
    static const uint8_t zeros[CV_MLDSA_RANDOM_LEN];
    const struct cv_private_key key = {.type = set->p->key_type, .secret = secret};
    const uint8_t *random = v->f[FIELD_RANDOM].p != NULL ? v->f[FIELD_RANDOM].p : zeros;
    struct cv_mldsa_input in = {.context = v->f[FIELD_CONTEXT], .m = v->f[FIELD_MSG]};
    uint8_t sig[CV_MLDSA_SIG_MAX];
    size_t sig_len = sizeof sig;
    if (in.m.p == NULL) in.mu = v->f[FIELD_MU].p;
    cv_err e = cv_mldsa_sign(set->p, sig, work, secret, &in, random);
    if (!check_err(out, v, e) || !cv_vector_same(out, "signature", v->f[FIELD_SIG], sig, set->p->sig_len))
        return;
    if (in.context.len != 0 || in.mu != NULL || random != zeros) return;
    if (check_err(out, v, set->sign(&key, NULL, in.m, sig, &sig_len, NULL)))
        (void)cv_vector_same(out, "signature", v->f[FIELD_SIG], sig, sig_len);
}

static void sign_mldsa(struct cv_verdict *out, const struct cv_vector *v, const struct signature_set *set)
{
    const struct cv_bytes forms[] = {v->f[FIELD_SEED], v->f[FIELD_PRIVATE]};
    if ((forms[0].p == NULL && forms[1].p == NULL) ||
        (v->f[FIELD_MSG].p == NULL && v->f[FIELD_MU].p == NULL)) {
        cv_vector_fail(out, "the case lacks a field");
        return;
    }
    for (size_t i = 0; i < 2 && out->is == VERDICT_PASS; i++) {
        if (forms[i].p == NULL) continue;
        if (v->valid && !check_mldsa_keys(out, v, set->p, forms[i])) return;
        sign_mldsa_with(out, v, set, forms[i]);
    }
}

void cv_vector_check_mldsa(struct cv_verdict *out, const struct cv_vector *v)
{
    for (size_t i = 0; i < sizeof signature_sets / sizeof *signature_sets; i++) {
        if (strcmp(signature_sets[i].name, v->alg) != 0) continue;
        out->n_implementations = 1;
        if (v->op == VECTOR_VERIFY)
            verify_mldsa(out, v, &signature_sets[i]);
        else
            sign_mldsa(out, v, &signature_sets[i]);
        return;
    }
    cv_vector_refuse(out, "%s", v->alg);
}
