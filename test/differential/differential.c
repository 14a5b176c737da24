/* Differential tests: random keys and messages through every implementation of a primitive that this
 * processor runs, and through OpenSSL's, which must all agree. Lengths 0 to 600, and around each block and
 * unrolled loop beyond; every alignment.
 *
 *   differential [ROUNDS [SEED]]   1 round is the part for make check */
#include "crypto/gcm_small.h"
#include "crypto/p256_small.h"
#include "crypto/sha256_small.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/hmac.h"
#include "crypto/kex.h"
#include "crypto/mont.h"
#include "crypto/sha3.h"
#include "crypto/sig.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEN_DENSE = 600, LEN_MAX = 17000, ALIGN = 64, TAG = 16 };

static uint64_t state;
static unsigned long n_compared;

/* splitmix64 (G. Steele, D. Lea, C. Flood, 2014) */
static uint64_t next(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void fill(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) p[i] = (uint8_t)next();
}

static cv_err rng_fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    fill(out, len);
    return CV_OK;
}

static void must(bool ok, const char *what, const char *name, size_t len)
{
    n_compared++;
    if (ok) return;
    (void)fprintf(stderr, "differential: %s, %s, %zu bytes: they differ\n", name, what, len);
    exit(1);
}

/* Every length up to LEN_DENSE; then those about multiples of blocks of 64 bytes to groups of 16 blocks. */
static size_t next_length(size_t len)
{
    static const size_t far[] = {639,  640,  641,  767,  768,  769,   1023,  1024,  1025,  1039,   1087,
                                 1088, 1089, 1151, 1152, 1153, 1279,  1280,  1281,  2047,  2048,   2049,
                                 2303, 4095, 4096, 4097, 8191, 16383, 16384, 16385, 16401, LEN_MAX};
    if (len < LEN_DENSE) return len + 1;
    for (size_t i = 0; i < sizeof far / sizeof *far; i++)
        if (far[i] > len) return far[i];
    return 0;
}

static const struct {
    const struct cv_aead *aead;
    const char *theirs;
    uint32_t needs;
} aeads[] = {
    {&cv_aes128_gcm, "AES-128-GCM", 0},
    {&cv_aes128_gcm_small, "AES-128-GCM", 0},
    {&cv_aes256_gcm, "AES-256-GCM", 0},
    {&cv_aes128_ccm, "AES-128-CCM", 0},
    {&cv_aes256_ccm, "AES-256-CCM", 0},
    {&cv_aes128_ccm_8, "AES-128-CCM", 0},
    {&cv_chacha20_poly1305, "ChaCha20-Poly1305", 0},
#if defined(__x86_64__)
    {&cv_aes128_gcm_aesni, "AES-128-GCM", CV_CPU_AES},
    {&cv_aes256_gcm_aesni, "AES-256-GCM", CV_CPU_AES},
    {&cv_aes128_gcm_vaes, "AES-128-GCM", CV_CPU_AES | CV_CPU_VAES | CV_CPU_AVX512},
    {&cv_aes256_gcm_vaes, "AES-256-GCM", CV_CPU_AES | CV_CPU_VAES | CV_CPU_AVX512},
    {&cv_aes128_ccm_aesni, "AES-128-CCM", CV_CPU_AES},
    {&cv_aes256_ccm_aesni, "AES-256-CCM", CV_CPU_AES},
    {&cv_chacha20_poly1305_avx2, "ChaCha20-Poly1305", CV_CPU_AVX2},
    {&cv_chacha20_poly1305_avx512, "ChaCha20-Poly1305", CV_CPU_AVX2 | CV_CPU_AVX512},
#endif
#if defined(CV_AARCH64_CRYPTO)
    {&cv_aes128_gcm_armv8, "AES-128-GCM", CV_CPU_AES},
    {&cv_aes256_gcm_armv8, "AES-256-GCM", CV_CPU_AES},
#endif
#if defined(CV_AARCH64)
    {&cv_chacha20_poly1305_neon, "ChaCha20-Poly1305", CV_CPU_NEON},
#endif
};

/* One message, sealed by OpenSSL. */
struct sealed {
    uint8_t key[32], nonce[12], aad[80], plain[LEN_MAX], text[LEN_MAX], tag[TAG];
    size_t aad_len, len;
};

static void seal_theirs(struct sealed *s, const char *name, size_t tag_len)
{
    static EVP_CIPHER_CTX *ctx;
    const bool ccm = strstr(name, "CCM") != NULL;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    int n, ok;
    if (ctx == NULL) ctx = EVP_CIPHER_CTX_new();
    ok = cipher != NULL && EVP_CIPHER_CTX_reset(ctx) && EVP_EncryptInit_ex(ctx, cipher, NULL, NULL, NULL);
    ok = ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL) > 0;
    if (ccm) ok = ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)tag_len, NULL) > 0;
    ok = ok && EVP_EncryptInit_ex(ctx, NULL, NULL, s->key, s->nonce);
    if (ccm) ok = ok && EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)s->len);
    if (s->aad_len > 0) ok = ok && EVP_EncryptUpdate(ctx, NULL, &n, s->aad, (int)s->aad_len);
    ok = ok && (EVP_EncryptUpdate(ctx, s->text, &n, s->plain, (int)s->len) || s->len == 0);
    ok = ok && EVP_EncryptFinal_ex(ctx, s->text + s->len, &n) &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)tag_len, s->tag) > 0;
    EVP_CIPHER_free(cipher);
    must(ok, "OpenSSL cannot", name, s->len);
}

static void compare_aead(const struct cv_aead *aead, const struct sealed *s)
{
    static uint8_t memory[LEN_MAX + 2 * ALIGN], back[LEN_MAX + ALIGN];
    _Alignas(64) uint8_t key_state[CV_AEAD_STATE_MAX];
    uint8_t tag[TAG], *p = memory + next() % ALIGN;
    size_t head = s->len == 0 ? 0 : next() % (s->len + 1), gap = next() % 17;
    const struct cv_bytes aad = cv_bytes(s->aad, s->aad_len);
    aead->init(aead, key_state, s->key);
    memcpy(p, s->plain, head);
    memcpy(p + head + gap, s->plain + head, s->len - head);
    aead->seal(aead, key_state, s->nonce, aad, p, head, p + head + gap, s->len - head, tag);
    memmove(p + head, p + head + gap, s->len - head);
    must(memcmp(p, s->text, s->len) == 0, "ciphertext", aead->name, s->len);
    must(memcmp(tag, s->tag, aead->tag_len) == 0, "tag", aead->name, s->len);
    uint8_t *out = next() % 2 ? p : back + next() % ALIGN;
    cv_err e = aead->open(aead, key_state, s->nonce, aad, out, p, s->len, s->tag);
    must(e == CV_OK && memcmp(out, s->plain, s->len) == 0, "opening", aead->name, s->len);
}

static void all_aeads(void)
{
    static struct sealed s;
    const uint32_t cpu = cv_cpu_mask(cv_cpu_detect(), getenv("CULVERT_CPU"));
    for (size_t i = 0; i < sizeof aeads / sizeof *aeads; i++) {
        const struct cv_aead *aead = aeads[i].aead;
        if ((aeads[i].needs & ~cpu) != 0) {
            (void)printf("differential: not run here: number %zu, %s\n", i, aead->name);
            continue;
        }
        size_t len = 0;
        do {
            s.len = len;
            s.aad_len = next() % sizeof s.aad;
            fill(s.key, sizeof s.key);
            fill(s.nonce, sizeof s.nonce);
            fill(s.aad, s.aad_len);
            fill(s.plain, len);
            seal_theirs(&s, aeads[i].theirs, aead->tag_len);
            compare_aead(aead, &s);
        } while ((len = next_length(len)) != 0);
    }
}

static const struct {
    const struct cv_hash *hash;
    const char *theirs;
    uint32_t needs;
} hashes[] = {
    {&cv_sha1, "SHA1", 0},
    {&cv_sha224, "SHA224", 0},
    {&cv_sha256, "SHA256", 0},
    {&cv_sha256_small, "SHA256", 0},
    {&cv_sha384, "SHA384", 0},
    {&cv_sha512, "SHA512", 0},
    {&cv_sha3_256, "SHA3-256", 0},
    {&cv_sha3_384, "SHA3-384", 0},
    {&cv_sha3_512, "SHA3-512", 0},
#if defined(__x86_64__)
    {&cv_sha1_shani, "SHA1", CV_CPU_SHA256},
    {&cv_sha224_shani, "SHA224", CV_CPU_SHA256},
    {&cv_sha256_shani, "SHA256", CV_CPU_SHA256},
    {&cv_sha384_avx2, "SHA384", CV_CPU_AVX2},
    {&cv_sha512_avx2, "SHA512", CV_CPU_AVX2},
#endif
#if defined(CV_AARCH64_CRYPTO)
    {&cv_sha224_armv8, "SHA224", CV_CPU_SHA256},
    {&cv_sha256_armv8, "SHA256", CV_CPU_SHA256},
#endif
};

/* A message in up to three pieces, and under HMAC. */
static void compare_hash(const struct cv_hash *hash, const EVP_MD *md, const uint8_t *p, size_t len)
{
    uint8_t theirs[EVP_MAX_MD_SIZE], ours[CV_HASH_MAX], key[160];
    unsigned theirs_len;
    struct cv_hash_ctx ctx;
    size_t first = len == 0 ? 0 : next() % (len + 1), second = len == first ? 0 : next() % (len - first + 1);
    must(EVP_Digest(p, len, theirs, &theirs_len, md, NULL) == 1, "OpenSSL cannot", hash->name, len);
    cv_hash_init(&ctx, hash);
    cv_hash_update(&ctx, p, first);
    cv_hash_update(&ctx, p + first, second);
    cv_hash_update(&ctx, p + first + second, len - first - second);
    cv_hash_final(&ctx, ours);
    must(theirs_len == hash->digest_len && memcmp(ours, theirs, theirs_len) == 0, "digest", hash->name, len);

    const size_t key_len = 1 + next() % sizeof key;
    fill(key, key_len);
    must(HMAC(md, key, (int)key_len, p, len, theirs, &theirs_len) != NULL, "OpenSSL cannot", hash->name, len);
    cv_hmac_mac(hash, ours, key, key_len, p, len);
    must(memcmp(ours, theirs, hash->digest_len) == 0, "HMAC", hash->name, len);
}

static void all_hashes(void)
{
    static uint8_t memory[LEN_MAX + ALIGN];
    const uint32_t cpu = cv_cpu_mask(cv_cpu_detect(), getenv("CULVERT_CPU"));
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        EVP_MD *md = EVP_MD_fetch(NULL, hashes[i].theirs, NULL);
        if ((hashes[i].needs & ~cpu) != 0) {
            (void)printf("differential: not run here: number %zu, %s\n", i, hashes[i].hash->name);
            continue;
        }
        size_t len = 0;
        do {
            uint8_t *p = memory + next() % ALIGN;
            fill(p, len);
            compare_hash(hashes[i].hash, md, p, len);
        } while ((len = next_length(len)) != 0);
        EVP_MD_free(md);
    }
}

/* We generate, OpenSSL derives from our share and its own key, and we from its share. */
static void compare_agreement(const struct cv_group *group, EVP_PKEY *theirs)
{
    static const struct cv_rng rng = {rng_fill, NULL};
    uint8_t private_key[CV_KEX_PRIVATE_MAX], share[CV_KEX_SHARE_MAX], ours[CV_KEX_SECRET_MAX];
    uint8_t secret[CV_KEX_SECRET_MAX], *their_share = NULL;
    size_t secret_len = sizeof secret, their_len = EVP_PKEY_get1_encoded_public_key(theirs, &their_share);
    must(group->generate(group, private_key, share, &rng) == CV_OK, "generate", group->name, 0);
    EVP_PKEY *peer = EVP_PKEY_new();
    bool ok = EVP_PKEY_copy_parameters(peer, theirs) == 1 &&
              EVP_PKEY_set1_encoded_public_key(peer, share, group->client_share_len) == 1;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(theirs, NULL);
    ok = ok && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
         EVP_PKEY_derive(ctx, secret, &secret_len) == 1;
    must(ok, "OpenSSL cannot", group->name, 0);
    cv_err e = group->finish(group, ours, private_key, cv_bytes(their_share, their_len));
    must(e == CV_OK && secret_len == group->secret_len && memcmp(ours, secret, secret_len) == 0, "secret",
         group->name, 0);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(peer);
    OPENSSL_free(their_share);
}

static void all_agreements(unsigned rounds)
{
    static const struct {
        const struct cv_group *group;
        const char *type, *curve;
    } groups[] = {
        {&cv_group_p256, "EC", "P-256"},    {&cv_group_p256_small, "EC", "P-256"},
        {&cv_group_p384, "EC", "P-384"},    {&cv_group_p521, "EC", "P-521"},
        {&cv_group_x25519, "X25519", NULL}, {&cv_group_x448, "X448", NULL},
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        for (unsigned n = 0; n < 20 * rounds; n++) {
            EVP_PKEY *key = groups[i].curve != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", groups[i].curve)
                                                    : EVP_PKEY_Q_keygen(NULL, NULL, groups[i].type);
            must(key != NULL, "OpenSSL cannot", groups[i].group->name, 0);
            compare_agreement(groups[i].group, key);
            EVP_PKEY_free(key);
        }
}

/* OpenSSL signs messages of each length, we verify; and refuse them with a bit changed. */
static void compare_signature(EVP_PKEY *key, const struct cv_public_key *public_key, cv_verify_fn *verify,
                              const struct cv_hash *hash, const EVP_MD *md, size_t len)
{
    uint8_t m[300], sig[160], digest[CV_HASH_MAX];
    size_t sig_len = sizeof sig;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    fill(m, len);
    must(EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 && EVP_DigestSign(ctx, sig, &sig_len, m, len) == 1,
         "OpenSSL cannot sign", "signature", len);
    struct cv_bytes signed_ = cv_bytes(m, len);
    if (hash != NULL) {
        cv_hash_digest(hash, digest, m, len);
        signed_ = cv_bytes(digest, hash->digest_len);
    }
    must(verify(public_key, hash, signed_, cv_bytes(sig, sig_len)) == CV_OK, "verifying", "signature", len);
    sig[sig_len - 1 - next() % 16] ^= (uint8_t)(1u << next() % 8);
    must(verify(public_key, hash, signed_, cv_bytes(sig, sig_len)) != CV_OK, "refusing", "signature", len);
    EVP_MD_CTX_free(ctx);
}

static void all_signatures(unsigned rounds)
{
    static const struct {
        const char *type, *curve, *md;
        enum cv_key_type key;
        cv_verify_fn *verify;
        const struct cv_hash *hash;
    } rows[] = {
        {"EC", "P-256", "SHA256", CV_KEY_P256, cv_ecdsa_p256_verify, &cv_sha256},
        {"EC", "P-256", "SHA256", CV_KEY_P256, cv_ecdsa_p256_verify_small, &cv_sha256},
        {"EC", "P-384", "SHA384", CV_KEY_P384, cv_ecdsa_p384_verify, &cv_sha384},
        {"EC", "P-521", "SHA512", CV_KEY_P521, cv_ecdsa_p521_verify, &cv_sha512},
        {"ED25519", NULL, NULL, CV_KEY_ED25519, cv_ed25519_verify, NULL},
        {"ED448", NULL, NULL, CV_KEY_ED448, cv_ed448_verify, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EVP_MD *md = rows[i].md != NULL ? EVP_MD_fetch(NULL, rows[i].md, NULL) : NULL;
        for (unsigned n = 0; n < 20 * rounds; n++) {
            EVP_PKEY *key = rows[i].curve != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", rows[i].curve)
                                                  : EVP_PKEY_Q_keygen(NULL, NULL, rows[i].type);
            uint8_t *point = NULL, raw[64];
            size_t len = sizeof raw;
            struct cv_public_key public_key = {.type = rows[i].key};
            if (rows[i].curve != NULL) {
                len = EVP_PKEY_get1_encoded_public_key(key, &point);
                public_key.point = cv_bytes(point, len);
            } else {
                must(EVP_PKEY_get_raw_public_key(key, raw, &len) == 1, "OpenSSL cannot", rows[i].type, 0);
                public_key.point = cv_bytes(raw, len);
            }
            compare_signature(key, &public_key, rows[i].verify, rows[i].hash, md, next() % 300);
            OPENSSL_free(point);
            EVP_PKEY_free(key);
        }
        EVP_MD_free(md);
    }
}

enum { POWER_LEN_MAX = 512, POWER_EXPONENT_LEN = 24 };

/* A base and an odd modulus of one width, and what is computed of them. */
struct power {
    cv_limb n[CV_MONT_LIMBS_MAX], r2[CV_MONT_LIMBS_MAX], a[CV_MONT_LIMBS_MAX], r[CV_MONT_LIMBS_MAX];
    cv_limb e[POWER_EXPONENT_LEN / CV_LIMB_LEN];
    struct cv_mont mont;
    uint8_t a_bytes[POWER_LEN_MAX], n_bytes[POWER_LEN_MAX], e_bytes[POWER_EXPONENT_LEN];
    size_t len;
};

static void make_power(struct power *x, size_t len)
{
    size_t k = cv_limbs_for(len);
    x->len = len;
    fill(x->n_bytes, len);
    fill(x->a_bytes, len);
    fill(x->e_bytes, sizeof x->e_bytes);
    x->n_bytes[0] |= (uint8_t)(1 + next() % 255);
    x->n_bytes[len - 1] |= 1;
    x->a_bytes[0] = 0;
    cv_limbs_from_bytes(x->n, k, x->n_bytes, len);
    cv_limbs_from_bytes(x->e, sizeof x->e / CV_LIMB_LEN, x->e_bytes, sizeof x->e_bytes);
    cv_mont_init(&x->mont, x->n, k);
    cv_mont_r2(&x->mont, x->r2, len);
    cv_limbs_from_bytes(x->a, k, x->a_bytes, len);
    cv_mont_mul(&x->mont, x->a, x->a, x->r2);
}

/* r is in Montgomery form. */
static void compare_power(struct power *x, const char *name, const char *what, const uint8_t *e, size_t e_len)
{
    static const cv_limb one[CV_MONT_LIMBS_MAX] = {1};
    uint8_t ours[POWER_LEN_MAX], theirs[POWER_LEN_MAX];
    BIGNUM *a = BN_bin2bn(x->a_bytes, (int)x->len, NULL), *n = BN_bin2bn(x->n_bytes, (int)x->len, NULL);
    BIGNUM *exponent = BN_bin2bn(e, (int)e_len, NULL), *r = BN_new();
    BN_CTX *ctx = BN_CTX_new();
    bool done = BN_mod_exp(r, a, exponent, n, ctx) == 1 && BN_bn2binpad(r, theirs, (int)x->len) > 0;
    cv_mont_mul(&x->mont, x->r, x->r, one);
    cv_limbs_to_bytes(ours, x->len, x->r, x->mont.n_limbs);
    must(done && memcmp(ours, theirs, x->len) == 0, what, name, x->len);
    BN_CTX_free(ctx);
    BN_free(a);
    BN_free(n);
    BN_free(exponent);
    BN_free(r);
}

static void compare_powers(const struct cv_mont_powers *by, const char *name, size_t len)
{
    static struct power x[2];
    struct cv_mont_power p[2];
    const size_t e_limbs = POWER_EXPONENT_LEN / CV_LIMB_LEN;
    for (size_t i = 0; i < 2; i++) {
        make_power(&x[i], len);
        p[i] = (struct cv_mont_power){.m = &x[i].mont, .r = x[i].r, .a = x[i].a, .e = x[i].e, .r2 = x[i].r2};
    }
    by->exp_pair(by, p, e_limbs);
    for (size_t i = 0; i < 2; i++)
        compare_power(&x[i], name, "pair of powers", x[i].e_bytes, POWER_EXPONENT_LEN);
    by->exp(by, p, e_limbs);
    compare_power(x, name, "power", x->e_bytes, POWER_EXPONENT_LEN);

    uint8_t e_bytes[8];
    const uint64_t e = next() | 3;
    cv_store_be64(e_bytes, e);
    by->exp_public(by, &x->mont, x->r, x->a, e);
    compare_power(x, name, "power by a public exponent", e_bytes, sizeof e_bytes);
    cv_limbs_from_bytes(x->r, x->mont.n_limbs, x->a_bytes, len);
    by->exp_plain(by, &x->mont, x->r, x->r, e);
    cv_mont_mul(&x->mont, x->r, x->r, x->r2);
    compare_power(x, name, "power of a plain number", e_bytes, sizeof e_bytes);
}

/* RSA and FFDHE: the widths that implementations have, and some that they leave to the portable one. */
static void all_powers(unsigned rounds)
{
    static const struct {
        const struct cv_mont_powers *by;
        const char *name;
        uint32_t needs;
    } rows[] = {
        {&cv_mont_portable, "portable arithmetic", 0},
#if defined(__x86_64__)
        {&cv_mont_avx2, "AVX2 arithmetic", CV_CPU_AVX2},
        {&cv_mont_ifma, "IFMA arithmetic", CV_CPU_AVX2 | CV_CPU_IFMA},
#endif
    };
    static const size_t lengths[] = {128, 192, 256, 384, 512, 96, 136, 127};
    const uint32_t cpu = cv_cpu_mask(cv_cpu_detect(), getenv("CULVERT_CPU"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if ((rows[i].needs & ~cpu) != 0) {
            (void)printf("differential: not run here: %s\n", rows[i].name);
            continue;
        }
        for (unsigned n = 0; n < 10 * rounds; n++)
            for (size_t j = 0; j < sizeof lengths / sizeof *lengths; j++)
                compare_powers(rows[i].by, rows[i].name, lengths[j]);
    }
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    state = seed;
    for (unsigned i = 0; i < rounds; i++) {
        all_aeads();
        all_hashes();
    }
    all_agreements(rounds);
    all_signatures(rounds);
    all_powers(rounds);
    (void)printf("differential: %lu comparisons with OpenSSL agree (rounds: %u, seed: %llu)\n", n_compared,
                 rounds, (unsigned long long)seed);
    return 0;
}
