/* Section A: primitives, with the implementations that TLS would use on this processor. */
#include "stack.h"

#include "crypto/cbc_hmac.h"
#include "crypto/rsa.h"
#include "x509/key.h"
#include "x509/pem.h"

#include <stdio.h>
#include <string.h>

static const struct cv_rng *random_source;

static void demand(cv_err e, const char *what)
{
    if (e != CV_OK) bench_fail("%s: %s", what, cv_err_name(e));
}

/* --- AEADs and hashes --- */

struct aead_run {
    const struct cv_aead *aead;
    size_t len;
    uint64_t n;
    _Alignas(16) uint8_t state[CV_AEAD_STATE_MAX];
    uint8_t data[BENCH_RECORD + CV_AEAD_TAG_MAX];
};

static void seal(void *arg)
{
    struct aead_run *r = arg;
    uint8_t nonce[CV_AEAD_NONCE_LEN] = {0};
    r->n++;
    memcpy(nonce, &r->n, sizeof r->n);
    r->aead->seal(r->aead, r->state, nonce, cv_bytes(bench_in, 13), r->data, r->len, NULL, 0,
                  r->data + r->len);
}

static void open_sealed(void *arg)
{
    struct aead_run *r = arg;
    uint8_t nonce[CV_AEAD_NONCE_LEN] = {0};
    memcpy(nonce, &r->n, sizeof r->n);
    demand(r->aead->open(r->aead, r->state, nonce, cv_bytes(bench_in, 13), bench_out, r->data, r->len,
                         r->data + r->len),
           "open");
}

static void bench_aead(const char *name, const struct cv_aead *aead)
{
    char metric[64];
    struct aead_run r = {.aead = aead};
    aead->init(aead, r.state, bench_in);
    for (size_t i = 0; i < N_AEAD_SIZES; i++) {
        r.len = bench_aead_sizes[i];
        (void)snprintf(metric, sizeof metric, "A_%s_seal_%zu", name, r.len);
        bench_mb(metric, seal, &r, r.len);
        seal(&r);
        (void)snprintf(metric, sizeof metric, "A_%s_open_%zu", name, r.len);
        bench_mb(metric, open_sealed, &r, r.len);
    }
}

/* CBC with HMAC, the MAC inside. Opening takes the same time for every record of a length. */
struct cbc_run {
    const struct cv_cbc_hmac *alg;
    struct cv_cbc_hmac_state seal, open;
    uint8_t header[CV_CBC_HMAC_HEADER_LEN], iv[CV_AES_BLOCK_LEN];
    size_t sealed_len;
    uint8_t data[BENCH_RECORD + CV_CBC_HMAC_TRAILER_MAX];
};

static void seal_cbc(void *arg)
{
    struct cbc_run *r = arg;
    cv_cbc_hmac_seal(r->alg, &r->seal, r->iv, r->header, r->data, BENCH_RECORD, NULL, 0,
                     r->data + BENCH_RECORD);
}

static void open_cbc(void *arg)
{
    struct cbc_run *r = arg;
    static uint8_t out[sizeof r->data];
    size_t len;
    demand(cv_cbc_hmac_open(r->alg, &r->open, out, &len, r->header, r->iv, r->data, r->sealed_len), "open");
}

static void bench_cbc(const struct cv_cbc_hmac *alg)
{
    struct cbc_run r = {.alg = alg};
    cv_cbc_hmac_init(alg, &r.seal, bench_in, bench_in, false, false);
    cv_cbc_hmac_init(alg, &r.open, bench_in, bench_in, true, false);
    r.sealed_len = BENCH_RECORD + cv_cbc_hmac_trailer_len(alg, &r.seal, BENCH_RECORD);
    bench_mb("A_aes128cbc_sha1_seal_16384", seal_cbc, &r, BENCH_RECORD);
    seal_cbc(&r);
    bench_mb("A_aes128cbc_sha1_open_16384", open_cbc, &r, BENCH_RECORD);
}

struct hash_run {
    const struct cv_hash *hash;
    size_t len;
};

static void digest(void *arg)
{
    const struct hash_run *r = arg;
    cv_hash_digest(r->hash, bench_out, bench_in, r->len);
}

static void bench_hash(const char *name, const struct cv_hash *hash)
{
    char metric[64];
    for (size_t i = 0; i < N_HASH_SIZES; i++) {
        struct hash_run r = {hash, bench_hash_sizes[i]};
        (void)snprintf(metric, sizeof metric, "A_%s_%zu", name, r.len);
        bench_mb(metric, digest, &r, r.len);
    }
}

/* --- key exchange --- */

struct group_run {
    const struct cv_group *group;
    uint8_t private_key[CV_KEX_PRIVATE_MAX], share[CV_KEX_SHARE_MAX], peer_share[CV_KEX_SHARE_MAX];
    uint8_t secret[CV_KEX_SECRET_MAX];
};

static void generate(void *arg)
{
    struct group_run *r = arg;
    demand(r->group->generate(r->group, r->private_key, r->share, random_source), "generate");
}

static void derive(void *arg)
{
    struct group_run *r = arg;
    demand(r->group->finish(r->group, r->secret, r->private_key,
                            cv_bytes(r->peer_share, r->group->server_share_len)),
           "finish");
}

static void bench_group(const struct cv_group *group, const char *derive_metric, const char *keygen_metric)
{
    struct group_run r = {.group = group};
    generate(&r);
    demand(group->respond(group, r.peer_share, r.secret, cv_bytes(r.share, group->client_share_len),
                          random_source),
           "respond");
    bench_op(derive_metric, derive, &r);
    bench_op(keygen_metric, generate, &r);
}

/* --- signatures --- */

struct sig_run {
    const struct cv_sig_scheme *scheme;
    const struct cv_private_key *private_key;
    struct cv_public_key public_key;
    size_t sig_len;
    uint8_t sig[CV_SIG_MAX];
};

/* What is signed has 32 bytes where there is no hash. */
static struct cv_bytes message(const struct cv_sig_scheme *s)
{
    return cv_bytes(bench_in, s->hash != NULL ? s->hash->digest_len : 32);
}

static void sign(void *arg)
{
    struct sig_run *r = arg;
    r->sig_len = sizeof r->sig;
    demand(r->scheme->sign(r->private_key, r->scheme->hash, message(r->scheme), r->sig, &r->sig_len,
                           random_source),
           "sign");
}

static void verify(void *arg)
{
    struct sig_run *r = arg;
    demand(
        r->scheme->verify(&r->public_key, r->scheme->hash, message(r->scheme), cv_bytes(r->sig, r->sig_len)),
        "verify");
}

static void bench_signature(const char *name, const struct cv_sig_scheme *scheme,
                            const struct cv_private_key *private_key, const struct cv_public_key *public_key)
{
    char metric[64];
    struct sig_run r = {.scheme = scheme, .private_key = private_key, .public_key = *public_key};
    sign(&r);
    verify(&r);
    (void)snprintf(metric, sizeof metric, "A_%s_sign", name);
    bench_op(metric, sign, &r);
    sign(&r);
    (void)snprintf(metric, sizeof metric, "A_%s_verify", name);
    bench_op(metric, verify, &r);
}

static const struct cv_sig_scheme *find_scheme(const struct cv_algorithms *a, unsigned id)
{
    for (size_t i = 0; i < a->n_schemes; i++)
        if (a->schemes[i].id == id) return &a->schemes[i];
    bench_fail("no scheme %#x", id);
}

/* A key of random bytes, which is one of these but for a chance of 2^-32. */
static void bench_random_key(const char *name, const struct cv_sig_scheme *scheme, size_t secret_len)
{
    uint8_t secret[66], public_bytes[133];
    size_t len = secret_len;
    struct cv_private_key private_key = {.type = scheme->key, .secret = cv_bytes(secret, secret_len)};
    struct cv_public_key public_key = {.type = scheme->key};
    demand(cv_random(random_source, secret, secret_len), "random");
    if (scheme->key == CV_KEY_ED25519)
        demand(cv_ed25519_public_key(&private_key, public_bytes), "public key");
    else if (scheme->key == CV_KEY_ED448)
        demand(cv_ed448_public_key(&private_key, public_bytes), "public key");
    else
        demand(cv_ec_public_key(&private_key, public_bytes, &len), "public key");
    public_key.point = cv_bytes(public_bytes, len);
    bench_signature(name, scheme, &private_key, &public_key);
}

static void bench_rsa(const struct cv_algorithms *a)
{
    static const struct cv_sig_scheme pkcs1 = {
        .key = CV_KEY_RSA, .hash = &cv_sha256, .verify = cv_rsa_pkcs1_verify, .sign = cv_rsa_pkcs1_sign};
    static uint8_t text[16384], der[16384];
    struct cv_bytes rest = cv_bytes(text, bench_pem_read("rsa", BENCH_KEY, text, sizeof text)), label, body;
    struct cv_private_key key;
    size_t len;
    demand(cv_pem_next(&rest, &label, &body), "RSA key");
    demand(cv_base64_decode(der, sizeof der, &len, body), "RSA key");
    demand(cv_private_key_parse(&key, cv_bytes(der, len)), "RSA key");
    const struct cv_public_key public_key = {.type = CV_KEY_RSA, .n = key.n, .e = key.e};
    bench_signature("rsa2048", &pkcs1, &key, &public_key);
    bench_signature("rsa2048_pss", find_scheme(a, 0x0804), &key, &public_key);
}

void bench_primitives(const struct cv_rng *rng, uint32_t cpu)
{
    struct cv_algorithms a;
    random_source = rng;
    cv_algorithms_select(&a, cpu);
    for (size_t i = 0; i < a.n_suites; i++) {
        static const char *const names[] = {"aes128gcm", "aes256gcm", "chacha20poly1305", "aes128ccm"};
        unsigned which = a.suites[i].id - (unsigned)CV_TLS_AES_128_GCM_SHA256;
        if (which < sizeof names / sizeof names[0]) bench_aead(names[which], a.suites[i].aead);
        if (a.suites[i].id == CV_TLS_AES_256_GCM_SHA384) bench_hash("sha384", a.suites[i].hash);
    }
    const uint16_t cbc = CV_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA;
    if (cv_algorithms_take_suites(&a, &cbc, 1)) bench_cbc(&a.suites[0].cbc);
    bench_hash("sha256", a.sha256);
    bench_group(&cv_group_x25519, "A_x25519_derive", "A_x25519_keygen");
    bench_group(&cv_group_p256, "A_p256_ecdh", "A_p256_keygen");
    bench_group(&cv_group_p384, "A_p384_ecdh", "A_p384_keygen");
    bench_group(cv_group_find(0x001e, cpu), "A_x448_derive", "A_x448_keygen");
    bench_group(cv_group_find(0x0100, cpu), "A_ffdhe2048_derive", "A_ffdhe2048_keygen");
    bench_group(cv_group_find(0x0102, cpu), "A_ffdhe4096_derive", "A_ffdhe4096_keygen");
    bench_random_key("ecdsa_p256", find_scheme(&a, 0x0403), 32);
    bench_random_key("ecdsa_p384", find_scheme(&a, 0x0503), 48);
    bench_random_key("ed25519", find_scheme(&a, 0x0807), 32);
    struct cv_sig_scheme ed448;
    if (cv_scheme_find(&ed448, 0x0808, cpu)) bench_random_key("ed448", &ed448, 57);
    bench_rsa(&a);
}
