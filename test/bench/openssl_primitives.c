/* Section A of openssl-bench: through EVP, everything set up before but what belongs to one call. */
#include "openssl.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdio.h>
#include <string.h>

/* --- AEADs and hashes --- */

struct aead_run {
    EVP_CIPHER_CTX *seal, *open;
    size_t len;
    uint64_t n;
    uint8_t sealed[BENCH_RECORD + 16];
};

static void seal(void *arg)
{
    struct aead_run *r = arg;
    uint8_t nonce[12] = {0};
    int n;
    r->n++;
    memcpy(nonce, &r->n, sizeof r->n);
    must(EVP_EncryptInit_ex(r->seal, NULL, NULL, NULL, nonce) == 1 &&
             EVP_EncryptUpdate(r->seal, NULL, &n, bench_in, 13) == 1 &&
             EVP_EncryptUpdate(r->seal, r->sealed, &n, bench_in, (int)r->len) == 1 &&
             EVP_EncryptFinal_ex(r->seal, r->sealed + n, &n) == 1 &&
             EVP_CIPHER_CTX_ctrl(r->seal, EVP_CTRL_AEAD_GET_TAG, 16, r->sealed + r->len) == 1,
         "seal");
}

static void open_sealed(void *arg)
{
    struct aead_run *r = arg;
    uint8_t nonce[12] = {0};
    int n;
    memcpy(nonce, &r->n, sizeof r->n);
    must(EVP_DecryptInit_ex(r->open, NULL, NULL, NULL, nonce) == 1 &&
             EVP_DecryptUpdate(r->open, NULL, &n, bench_in, 13) == 1 &&
             EVP_DecryptUpdate(r->open, bench_out, &n, r->sealed, (int)r->len) == 1 &&
             EVP_CIPHER_CTX_ctrl(r->open, EVP_CTRL_AEAD_SET_TAG, 16, r->sealed + r->len) == 1 &&
             EVP_DecryptFinal_ex(r->open, bench_out + n, &n) == 1,
         "open");
}

static void bench_aead(const char *name, const char *cipher_name)
{
    char metric[64];
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, cipher_name, NULL);
    struct aead_run r = {.seal = EVP_CIPHER_CTX_new(), .open = EVP_CIPHER_CTX_new()};
    must(EVP_EncryptInit_ex(r.seal, cipher, NULL, bench_in, bench_in) == 1 &&
             EVP_DecryptInit_ex(r.open, cipher, NULL, bench_in, bench_in) == 1,
         cipher_name);
    for (size_t i = 0; i < N_AEAD_SIZES; i++) {
        r.len = bench_aead_sizes[i];
        (void)snprintf(metric, sizeof metric, "A_%s_seal_%zu", name, r.len);
        bench_mb(metric, seal, &r, r.len);
        seal(&r);
        (void)snprintf(metric, sizeof metric, "A_%s_open_%zu", name, r.len);
        bench_mb(metric, open_sealed, &r, r.len);
    }
    EVP_CIPHER_CTX_free(r.seal);
    EVP_CIPHER_CTX_free(r.open);
    EVP_CIPHER_free(cipher);
}

struct hash_run {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
    size_t len;
};

static void digest(void *arg)
{
    const struct hash_run *r = arg;
    must(EVP_DigestInit_ex(r->ctx, r->md, NULL) == 1 && EVP_DigestUpdate(r->ctx, bench_in, r->len) == 1 &&
             EVP_DigestFinal_ex(r->ctx, bench_out, NULL) == 1,
         "digest");
}

static void bench_hash(const char *name, const char *md_name)
{
    char metric[64];
    struct hash_run r = {.md = EVP_MD_fetch(NULL, md_name, NULL), .ctx = EVP_MD_CTX_new()};
    for (size_t i = 0; i < N_HASH_SIZES; i++) {
        r.len = bench_hash_sizes[i];
        (void)snprintf(metric, sizeof metric, "A_%s_%zu", name, r.len);
        bench_mb(metric, digest, &r, r.len);
    }
    EVP_MD_CTX_free(r.ctx);
    EVP_MD_free(r.md);
}

/* --- key exchange --- */

static void derive(void *arg)
{
    size_t len = sizeof bench_out;
    must(EVP_PKEY_derive(arg, bench_out, &len) == 1, "derive");
}

static void generate(void *arg)
{
    EVP_PKEY *key = NULL;
    must(EVP_PKEY_generate(arg, &key) == 1, "generate");
    EVP_PKEY_free(key);
}

static void bench_group(EVP_PKEY *ours, EVP_PKEY *theirs, const char *derive_metric,
                        const char *keygen_metric)
{
    EVP_PKEY_CTX *d = EVP_PKEY_CTX_new(ours, NULL), *g = EVP_PKEY_CTX_new(ours, NULL);
    must(EVP_PKEY_derive_init(d) == 1 && EVP_PKEY_derive_set_peer(d, theirs) == 1, "derive_init");
    must(EVP_PKEY_keygen_init(g) == 1, "keygen_init");
    bench_op(derive_metric, derive, d);
    bench_op(keygen_metric, generate, g);
    EVP_PKEY_CTX_free(d);
    EVP_PKEY_CTX_free(g);
    EVP_PKEY_free(ours);
    EVP_PKEY_free(theirs);
}

/* --- signatures --- */

struct sig_run {
    EVP_PKEY *key;
    EVP_PKEY_CTX *sign, *verify;
    size_t message_len, sig_len;
    uint8_t sig[1024];
};

static void sign(void *arg)
{
    struct sig_run *r = arg;
    r->sig_len = sizeof r->sig;
    must(EVP_PKEY_sign(r->sign, r->sig, &r->sig_len, bench_in, r->message_len) == 1, "sign");
}

static void verify(void *arg)
{
    struct sig_run *r = arg;
    must(EVP_PKEY_verify(r->verify, r->sig, r->sig_len, bench_in, r->message_len) == 1, "verify");
}

/* EdDSA has no other interface. */
static void sign_message(void *arg)
{
    struct sig_run *r = arg;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    r->sig_len = sizeof r->sig;
    must(EVP_DigestSignInit(c, NULL, NULL, NULL, r->key) == 1 &&
             EVP_DigestSign(c, r->sig, &r->sig_len, bench_in, r->message_len) == 1,
         "sign");
    EVP_MD_CTX_free(c);
}

static void verify_message(void *arg)
{
    struct sig_run *r = arg;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    must(EVP_DigestVerifyInit(c, NULL, NULL, NULL, r->key) == 1 &&
             EVP_DigestVerify(c, r->sig, r->sig_len, bench_in, r->message_len) == 1,
         "verify");
    EVP_MD_CTX_free(c);
}

static void run_signature(const char *name, struct sig_run *r, bench_fn *sign_fn, bench_fn *verify_fn)
{
    char metric[64];
    (void)snprintf(metric, sizeof metric, "A_%s_sign", name);
    bench_op(metric, sign_fn, r);
    sign_fn(r);
    (void)snprintf(metric, sizeof metric, "A_%s_verify", name);
    bench_op(metric, verify_fn, r);
}

/* padding: of RSA; 0 for ECDSA. */
static void bench_signature(const char *name, EVP_PKEY *key, const EVP_MD *md, int padding)
{
    struct sig_run r = {.key = key, .message_len = (size_t)EVP_MD_get_size(md)};
    EVP_PKEY_CTX *both[2];
    for (int i = 0; i < 2; i++) {
        EVP_PKEY_CTX *c = both[i] = EVP_PKEY_CTX_new(key, NULL);
        must((i == 0 ? EVP_PKEY_sign_init(c) : EVP_PKEY_verify_init(c)) == 1, "init");
        must(padding == 0 || EVP_PKEY_CTX_set_rsa_padding(c, padding) == 1, "padding");
        must(EVP_PKEY_CTX_set_signature_md(c, md) == 1, "hash");
        must(padding != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(c, -1) == 1, "salt");
    }
    r.sign = both[0];
    r.verify = both[1];
    run_signature(name, &r, sign, verify);
    EVP_PKEY_CTX_free(r.sign);
    EVP_PKEY_CTX_free(r.verify);
}

static void bench_rsa(void)
{
    FILE *f = fopen(bench_pem_path("rsa", BENCH_KEY), "r");
    EVP_PKEY *key = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    must(key != NULL, "RSA key");
    (void)fclose(f);
    bench_signature("rsa2048", key, EVP_sha256(), RSA_PKCS1_PADDING);
    bench_signature("rsa2048_pss", key, EVP_sha256(), RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_free(key);
}

static EVP_PKEY *new_key(const char *type, const char *curve)
{
    EVP_PKEY *key =
        curve != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, type, curve) : EVP_PKEY_Q_keygen(NULL, NULL, type);
    must(key != NULL, type);
    return key;
}

static EVP_PKEY *new_dh(const char *group)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    must(EVP_PKEY_keygen_init(c) == 1 && EVP_PKEY_CTX_set_group_name(c, group) == 1 &&
             EVP_PKEY_generate(c, &key) == 1,
         group);
    EVP_PKEY_CTX_free(c);
    return key;
}

static void bench_eddsa(const char *name, const char *type)
{
    struct sig_run r = {.key = new_key(type, NULL), .message_len = 32};
    run_signature(name, &r, sign_message, verify_message);
    EVP_PKEY_free(r.key);
}

void openssl_primitives(void)
{
    bench_aead("aes128gcm", "AES-128-GCM");
    bench_aead("aes256gcm", "AES-256-GCM");
    bench_aead("chacha20poly1305", "ChaCha20-Poly1305");
    bench_hash("sha256", "SHA256");
    bench_hash("sha384", "SHA384");
    bench_group(new_key("X25519", NULL), new_key("X25519", NULL), "A_x25519_derive", "A_x25519_keygen");
    bench_group(new_key("EC", "P-256"), new_key("EC", "P-256"), "A_p256_ecdh", "A_p256_keygen");
    bench_group(new_key("EC", "P-384"), new_key("EC", "P-384"), "A_p384_ecdh", "A_p384_keygen");
    bench_group(new_key("X448", NULL), new_key("X448", NULL), "A_x448_derive", "A_x448_keygen");
    bench_group(new_dh("ffdhe2048"), new_dh("ffdhe2048"), "A_ffdhe2048_derive", "A_ffdhe2048_keygen");
    bench_group(new_dh("ffdhe4096"), new_dh("ffdhe4096"), "A_ffdhe4096_derive", "A_ffdhe4096_keygen");
    EVP_PKEY *key = new_key("EC", "P-256");
    bench_signature("ecdsa_p256", key, EVP_sha256(), 0);
    EVP_PKEY_free(key);
    key = new_key("EC", "P-384");
    bench_signature("ecdsa_p384", key, EVP_sha384(), 0);
    EVP_PKEY_free(key);
    bench_eddsa("ed25519", "ED25519");
    bench_eddsa("ed448", "ED448");
    bench_rsa();
}
