/* Private keys: reading them, agreeing on secrets, signing. */
#include "crypto/cpu.h"
#include "crypto/kex.h"
#include "crypto/p256_small.h"
#include "crypto/mldsa.h"
#include "crypto/rsa.h"
#include "test/ct/ct.h"
#include "test/unit/hex.h"
#include "test/unit/pki.h"
#include "test/unit/rsa_vectors.h"
#include "x509/key.h"

#include <string.h>

static void agree_in(const struct cv_group *group)
{
    uint8_t private_key[CV_KEX_PRIVATE_MAX], client_share[CV_KEX_SHARE_MAX], server_share[CV_KEX_SHARE_MAX];
    uint8_t client[CV_KEX_SECRET_MAX], server[CV_KEX_SECRET_MAX];
    struct cv_bytes from_client = cv_bytes(client_share, group->client_share_len);
    struct cv_bytes from_server = cv_bytes(server_share, group->server_share_len);
    ct_note("ran", group->name);
    ct_want(group->generate(group, private_key, client_share, &ct_rng) == CV_OK, "generate");
    ct_want_secret("private key", private_key, group->private_len);
    ct_want_public("client's share", client_share, group->client_share_len);
    ct_want(group->respond(group, server_share, server, from_client, &ct_rng) == CV_OK, "respond");
    ct_want_public("server's share", server_share, group->server_share_len);
    ct_want_secret("server's secret", server, group->secret_len);
    ct_want(group->finish(group, client, private_key, from_server) == CV_OK, "finish");
    ct_want_secret("client's secret", client, group->secret_len);
    ct_reveal(client, group->secret_len);
    ct_reveal(server, group->secret_len);
    ct_want(memcmp(client, server, group->secret_len) == 0, "both have one secret");
}

#if defined(__x86_64__)
/* Where the processor has what they need. */
static void agree_if(uint32_t needs, const char *what, const struct cv_group *const groups[3])
{
    if ((ct_cpu() & needs) != needs) {
        ct_note("NOT RUN here:", what);
        return;
    }
    for (size_t i = 0; i < 3; i++) agree_in(groups[i]);
}
#endif

static void agree(void)
{
    static const struct cv_group *const groups[] = {
        &cv_group_x448,          &cv_group_x25519,    &cv_group_p256_small,     &cv_group_p256,
        &cv_group_p384,          &cv_group_p521,      &cv_group_x25519mlkem768, &cv_group_p256mlkem768,
        &cv_group_p384mlkem1024, &cv_group_ffdhe2048, &cv_group_ffdhe3072,      &cv_group_ffdhe4096,
    };
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) agree_in(groups[i]);
#if defined(__x86_64__)
    agree_if(CV_CPU_AVX2, "FFDHE (AVX2)",
             (const struct cv_group *[]){&cv_group_ffdhe2048_avx2, &cv_group_ffdhe3072_avx2,
                                         &cv_group_ffdhe4096_avx2});
    agree_if(CV_CPU_AVX2 | CV_CPU_IFMA, "FFDHE (IFMA)",
             (const struct cv_group *[]){&cv_group_ffdhe2048_ifma, &cv_group_ffdhe3072_ifma,
                                         &cv_group_ffdhe4096_ifma});
#endif
}

static void mark_view(struct cv_bytes v)
{
    if (v.len != 0) ct_mark(v.p, v.len);
}

static void mark_key(const struct cv_private_key *key)
{
    const struct cv_bytes parts[] = {key->secret, key->d, key->p, key->q, key->dp, key->dq, key->qinv};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) mark_view(parts[i]);
}

/* Reads it twice: the first time tells which bytes are to be marked. */
static struct cv_private_key read_marked(const char *name)
{
    struct cv_private_key key;
    struct cv_bytes der = pki_der("keys.pem", name);
    ct_want(cv_private_key_parse(&key, der) == CV_OK, name);
    mark_key(&key);
    ct_want(cv_private_key_parse(&key, der) == CV_OK, name);
    mark_key(&key); /* the forms of the numbers have become public by reading them */
    return key;
}

static void parse(void)
{
    static const char *const names[] = {"leaf",     "leaf-sec1",      "leaf-p384",   "leaf-p521",
                                        "leaf-rsa", "leaf-rsa-pkcs1", "leaf-ed25519"};
    uint8_t public_key[133];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct cv_private_key key = read_marked(names[i]);
        size_t len = sizeof public_key;
        ct_note("ran", names[i]);
        if (key.type == CV_KEY_RSA) continue;
        cv_err e = CV_OK;
        if (key.type == CV_KEY_ED25519) {
            len = 32;
            e = cv_ed25519_public_key(&key, public_key);
        } else {
            e = cv_ec_public_key(&key, public_key, &len);
        }
        ct_want(e == CV_OK, "public key");
        ct_want_public("public key", public_key, len);
    }
}

static void sign_once(const struct cv_private_key *key, cv_sign_fn *sign, const struct cv_hash *hash,
                      const struct cv_rng *rng)
{
    static uint8_t sig[CV_SIG_MAX];
    uint8_t m[CV_HASH_MAX];
    size_t len = sizeof sig;
    ct_fill(m, sizeof m);
    struct cv_bytes message = cv_bytes(m, hash != NULL ? hash->digest_len : sizeof m);
    ct_want(sign(key, hash, message, sig, &len, rng) == CV_OK, "sign");
    ct_want_public("signature", sig, len);
}

static void ecdsa(void)
{
    static const struct {
        const char *key;
        cv_sign_fn *sign;
        const struct cv_hash *hash;
    } rows[] = {
        {"leaf", cv_ecdsa_p256_sign, &cv_sha256},
        {"leaf-p384", cv_ecdsa_p384_sign, &cv_sha384},
        {"leaf-p521", cv_ecdsa_p521_sign, &cv_sha512},
        {"leaf", cv_ecdsa_p256_sign, &cv_sha512},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cv_private_key key = read_marked(rows[i].key);
        ct_note("ran, deterministic and hedged:", rows[i].key);
        sign_once(&key, rows[i].sign, rows[i].hash, NULL);
        sign_once(&key, rows[i].sign, rows[i].hash, &ct_rng);
    }
}

static void ed25519(void)
{
    struct cv_private_key key = read_marked("leaf-ed25519");
    sign_once(&key, cv_ed25519_sign, NULL, NULL);
    sign_once(&key, cv_ed25519_sign, NULL, &ct_rng);
}

static void ed448(void)
{
    uint8_t seed[57], public_key[57];
    ct_fill_secret(seed, sizeof seed);
    struct cv_private_key key = {.type = CV_KEY_ED448, .secret = cv_bytes(seed, sizeof seed)};
    ct_want(cv_ed448_public_key(&key, public_key) == CV_OK, "public key");
    ct_want_public("public key", public_key, sizeof public_key);
    sign_once(&key, cv_ed448_sign, NULL, NULL);
    sign_once(&key, cv_ed448_sign, NULL, &ct_rng);
}

/* Keys in both forms; of a refused attempt the challenge is public. */
static void mldsa(void)
{
    static const struct {
        const char *name;
        const struct cv_mldsa *p;
        cv_sign_fn *sign;
    } rows[] = {
        {"ML-DSA-44", &cv_mldsa44, cv_mldsa44_sign},
        {"ML-DSA-65", &cv_mldsa65, cv_mldsa65_sign},
        {"ML-DSA-87", &cv_mldsa87, cv_mldsa87_sign},
    };
    static uint8_t seed[CV_MLDSA_SEED_LEN], public_key[CV_MLDSA_PUBLIC_MAX], expanded[CV_MLDSA_EXPANDED_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct cv_mldsa *p = rows[i].p;
        struct cv_private_key key = {.type = p->key_type, .secret = cv_bytes(seed, sizeof seed)};
        ct_note("ran, deterministic and hedged:", rows[i].name);
        ct_fill_secret(seed, sizeof seed);
        ct_want(cv_mldsa_keygen(p, public_key, expanded, key.secret) == CV_OK, "keygen");
        ct_want_public("public key", public_key, p->public_len);
        ct_want_secret("s1, s2, t0", expanded + 128, p->expanded_len - 128);
        sign_once(&key, rows[i].sign, NULL, NULL);
        sign_once(&key, rows[i].sign, NULL, &ct_rng);
        key.secret = cv_bytes(expanded, p->expanded_len);
        ct_mark(expanded, p->expanded_len);
        sign_once(&key, rows[i].sign, NULL, NULL);
        size_t len = sizeof public_key;
        ct_want(cv_mldsa_public_key(&key, public_key, &len) == CV_OK, "public key");
        ct_want_public("public key", public_key, len);
    }
}

struct rsa_memory {
    uint8_t bytes[8][CV_RSA_BYTES_MAX];
};

static struct cv_private_key rsa_key(struct rsa_memory *m, const struct rsa_vector *v)
{
    struct cv_private_key key = {.type = CV_KEY_RSA};
    const char *const hex[] = {v->n, v->e, v->d, v->p, v->q, v->dp, v->dq, v->qinv};
    struct cv_bytes *const parts[] = {&key.n, &key.e, &key.d, &key.p, &key.q, &key.dp, &key.dq, &key.qinv};
    for (size_t i = 0; i < sizeof hex / sizeof hex[0]; i++)
        *parts[i] = cv_bytes(m->bytes[i], unhex(m->bytes[i], CV_RSA_BYTES_MAX, hex[i]));
    mark_key(&key);
    return key;
}

struct rsa_impl {
    const char *name;
    cv_sign_fn *pkcs1, *pss;
    uint32_t needs;
};

static const struct rsa_impl rsa_impls[] = {
    {"RSA", cv_rsa_pkcs1_sign, cv_rsa_pss_sign, 0},
#if defined(__x86_64__)
    {"RSA (AVX2)", cv_rsa_pkcs1_sign_avx2, cv_rsa_pss_sign_avx2, CV_CPU_AVX2},
    {"RSA (IFMA)", cv_rsa_pkcs1_sign_ifma, cv_rsa_pss_sign_ifma, CV_CPU_AVX2 | CV_CPU_IFMA},
#endif
};

static void rsa(void)
{
    static struct rsa_memory memory;
    for (size_t i = 0; i < sizeof rsa_impls / sizeof rsa_impls[0]; i++) {
        const struct rsa_impl *impl = &rsa_impls[i];
        if ((ct_cpu() & impl->needs) != impl->needs) {
            ct_note("NOT RUN here:", impl->name);
            continue;
        }
        for (size_t j = 0; j < 2; j++) {
            struct cv_private_key key = rsa_key(&memory, &rsa_vectors[j]);
            ct_note(rsa_vectors[j].bits == 2048 ? "ran, 2048 bits:" : "ran, 3072 bits:", impl->name);
            sign_once(&key, impl->pkcs1, &cv_sha256, &ct_rng);
            sign_once(&key, impl->pss, &cv_sha384, &ct_rng);
        }
    }
}

const struct ct_case ct_key_cases[] = {
    {"agree", agree}, {"parse", parse}, {"ecdsa", ecdsa}, {"ed25519", ed25519},
    {"ed448", ed448}, {"mldsa", mldsa}, {"rsa", rsa},     {NULL, NULL},
};
