/* Hashes over secret input, MACs and derivations under secret keys, the generator behind the random bytes. */
#include "crypto/cpu.h"
#include "crypto/hkdf.h"
#include "crypto/hmac.h"
#include "crypto/sha3.h"
#include "test/ct/ct.h"

enum { INPUT_MAX = 600 };

struct hash_impl {
    const char *name;
    const struct cv_hash *hash;
    uint32_t needs;
};

static const struct hash_impl impls[] = {
    {"SHA-1", &cv_sha1, 0},
    {"SHA-224", &cv_sha224, 0},
    {"SHA-256", &cv_sha256, 0},
    {"SHA-384", &cv_sha384, 0},
    {"SHA-512", &cv_sha512, 0},
    {"SHA3-256", &cv_sha3_256, 0},
    {"SHA3-384", &cv_sha3_384, 0},
    {"SHA3-512", &cv_sha3_512, 0},
#if defined(__x86_64__)
    {"SHA-1 (SHA-NI)", &cv_sha1_shani, CV_CPU_SHA256},
    {"SHA-224 (SHA-NI)", &cv_sha224_shani, CV_CPU_SHA256},
    {"SHA-256 (SHA-NI)", &cv_sha256_shani, CV_CPU_SHA256},
    {"SHA-384 (AVX2)", &cv_sha384_avx2, CV_CPU_AVX2},
    {"SHA-512 (AVX2)", &cv_sha512_avx2, CV_CPU_AVX2},
#endif
};
enum { N_IMPLS = sizeof impls / sizeof impls[0] };

static void each_hash(void (*run)(const struct cv_hash *hash))
{
    uint32_t cpu = ct_cpu();
    for (size_t i = 0; i < N_IMPLS; i++) {
        bool can = (cpu & impls[i].needs) == impls[i].needs;
        ct_note(can ? "ran" : "NOT RUN here:", impls[i].name);
        if (can) run(impls[i].hash);
    }
}

static void hash_one(const struct cv_hash *hash)
{
    static const size_t lens[] = {1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 135, 136, 300, INPUT_MAX};
    uint8_t input[INPUT_MAX], digest[CV_HASH_MAX];
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct cv_hash_ctx ctx;
        ct_fill_secret(input, lens[i]);
        cv_hash_init(&ctx, hash);
        cv_hash_update(&ctx, input, lens[i] / 3);
        cv_hash_update(&ctx, input + lens[i] / 3, lens[i] - lens[i] / 3);
        cv_hash_final(&ctx, digest);
        ct_want_secret("digest", digest, hash->digest_len);
    }
}

static void hash_all(void)
{
    each_hash(hash_one);
}

static void shake(void)
{
    uint8_t input[INPUT_MAX], out[400];
    ct_fill_secret(input, sizeof input);
    cv_shake128(out, sizeof out, input, sizeof input);
    ct_want_secret("SHAKE128", out, sizeof out);
    cv_shake256(out, sizeof out, input, 64);
    ct_want_secret("SHAKE256", out, sizeof out);
}

static void hmac_one(const struct cv_hash *hash)
{
    static const size_t key_lens[] = {16, 32, 48, 64, 200};
    uint8_t key[200], input[INPUT_MAX], mac[CV_HASH_MAX];
    for (size_t i = 0; i < sizeof key_lens / sizeof key_lens[0]; i++) {
        ct_fill_secret(key, key_lens[i]);
        ct_fill(input, sizeof input);
        cv_hmac_mac(hash, mac, key, key_lens[i], input, 100 * (i + 1));
        ct_want_secret("HMAC", mac, hash->digest_len);
    }
}

static void hmac(void)
{
    each_hash(hmac_one);
}

static void derive_one(const struct cv_hash *hash)
{
    uint8_t secret[64], prk[CV_HASH_MAX], salt[CV_HASH_MAX], out[200], info[40];
    ct_fill_secret(secret, sizeof secret);
    ct_fill_secret(salt, sizeof salt);
    ct_fill(info, sizeof info);
    cv_hkdf_extract(hash, prk, salt, hash->digest_len, secret, sizeof secret);
    ct_want_secret("PRK", prk, hash->digest_len);
    ct_want(cv_hkdf_expand(hash, out, sizeof out, prk, hash->digest_len, info, sizeof info) == CV_OK,
            "expand");
    ct_want_secret("OKM", out, sizeof out);
    cv_tls12_prf(hash, out, sizeof out, secret, 48, "master secret", cv_bytes(info, 32), cv_bytes(info, 40));
    ct_want_secret("PRF", out, sizeof out);
}

static void derive(void)
{
    each_hash(derive_one);
}

static void drbg(void)
{
    struct cv_drbg d;
    uint8_t out[1000];
    cv_drbg_init(&d, ct_rng, NULL);
    for (unsigned i = 0; i < 4; i++) {
        ct_want(cv_drbg_fill(&d, out, 1 + 333 * i) == CV_OK, "DRBG");
        ct_want_secret("DRBG", out, 1 + 333 * i);
    }
    cv_drbg_wipe(&d);
}

const struct ct_case ct_hash_cases[] = {
    {"hash", hash_all}, {"shake", shake}, {"hmac", hmac}, {"derive", derive}, {"drbg", drbg}, {NULL, NULL},
};
