/* Checks of hashes, MACs, HKDF and AEADs, in every implementation that this processor runs. */
#include "sspi/culvert/vector.h"

#include "crypto/gcm_small.h"
#include "crypto/sha256_small.h"
#include "crypto/aead.h"
#include "crypto/cbc.h"
#include "crypto/cpu.h"
#include "crypto/hkdf.h"
#include "crypto/hmac.h"
#include "crypto/sha3.h"

#include <ctype.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEN_MAX = 255 * CV_HASH_MAX };

void cv_vector_fail(struct cv_verdict *out, const char *why, ...)
{
    va_list args;
    va_start(args, why);
    out->is = VERDICT_FAIL;
    vsnprintf(out->why, sizeof out->why, why, args);
    va_end(args);
}

void cv_vector_refuse(struct cv_verdict *out, const char *why, ...)
{
    va_list args;
    va_start(args, why);
    out->is = VERDICT_REFUSED;
    vsnprintf(out->why, sizeof out->why, why, args);
    va_end(args);
}

bool cv_vector_same(struct cv_verdict *out, const char *what, struct cv_bytes expected, const uint8_t *p,
                    size_t len)
{
    if (cv_bytes_equal(expected, cv_bytes(p, len))) return true;
    cv_vector_fail(out, "%s differs", what);
    return false;
}

static const struct hash_impl {
    const struct cv_hash *hash;
    const char *impl;
    uint32_t needs;
} hashes[] = {
    {&cv_sha1, "portable", 0},
    {&cv_sha224, "portable", 0},
    {&cv_sha256, "portable", 0},
    {&cv_sha256_small, "small", 0},
    {&cv_sha384, "portable", 0},
    {&cv_sha512, "portable", 0},
    {&cv_sha3_256, "portable", 0},
    {&cv_sha3_384, "portable", 0},
    {&cv_sha3_512, "portable", 0},
#if defined(__x86_64__)
    {&cv_sha1_shani, "SHA-NI", CV_CPU_SHA256},
    {&cv_sha224_shani, "SHA-NI", CV_CPU_SHA256},
    {&cv_sha256_shani, "SHA-NI", CV_CPU_SHA256},
    {&cv_sha384_avx2, "AVX2", CV_CPU_AVX2},
    {&cv_sha512_avx2, "AVX2", CV_CPU_AVX2},
#endif
#if defined(CV_AARCH64_CRYPTO)
    {&cv_sha224_armv8, "SHA2", CV_CPU_SHA256},
    {&cv_sha256_armv8, "SHA2", CV_CPU_SHA256},
#endif
};

static const struct aead_impl {
    const char *alg;
    const struct cv_aead *aead;
    const char *impl;
    uint32_t needs;
} aeads[] = {
    {"AES-GCM", &cv_aes128_gcm, "portable", 0},
    {"AES-GCM", &cv_aes128_gcm_small, "small", 0},
    {"AES-GCM", &cv_aes256_gcm, "portable", 0},
    {"AES-CCM", &cv_aes128_ccm, "portable", 0},
    {"AES-CCM", &cv_aes128_ccm_8, "portable", 0},
    {"AES-CCM", &cv_aes256_ccm, "portable", 0},
    {"AES-CCM", &cv_aes256_ccm_8, "portable", 0},
    {"CHACHA20-POLY1305", &cv_chacha20_poly1305, "portable", 0},
#if defined(__x86_64__)
    {"AES-GCM", &cv_aes128_gcm_aesni, "AES-NI", CV_CPU_AES},
    {"AES-GCM", &cv_aes256_gcm_aesni, "AES-NI", CV_CPU_AES},
    {"AES-GCM", &cv_aes128_gcm_vaes, "VAES", CV_CPU_AES | CV_CPU_VAES | CV_CPU_AVX512},
    {"AES-GCM", &cv_aes256_gcm_vaes, "VAES", CV_CPU_AES | CV_CPU_VAES | CV_CPU_AVX512},
    {"AES-CCM", &cv_aes128_ccm_aesni, "AES-NI", CV_CPU_AES},
    {"AES-CCM", &cv_aes128_ccm_8_aesni, "AES-NI", CV_CPU_AES},
    {"AES-CCM", &cv_aes256_ccm_aesni, "AES-NI", CV_CPU_AES},
    {"AES-CCM", &cv_aes256_ccm_8_aesni, "AES-NI", CV_CPU_AES},
    {"CHACHA20-POLY1305", &cv_chacha20_poly1305_avx2, "AVX2", CV_CPU_AVX2},
    {"CHACHA20-POLY1305", &cv_chacha20_poly1305_avx512, "AVX-512", CV_CPU_AVX2 | CV_CPU_AVX512},
#endif
#if defined(CV_AARCH64_CRYPTO)
    {"AES-GCM", &cv_aes128_gcm_armv8, "AES and PMULL", CV_CPU_AES},
    {"AES-GCM", &cv_aes256_gcm_armv8, "AES and PMULL", CV_CPU_AES},
#endif
#if defined(CV_AARCH64)
    {"CHACHA20-POLY1305", &cv_chacha20_poly1305_neon, "NEON", CV_CPU_NEON},
#endif
};

static const struct cbc_impl {
    const struct cv_cbc *cbc;
    const char *impl;
    uint32_t needs;
} cbcs[] = {
    {&cv_aes128_cbc, "portable", 0},
    {&cv_aes256_cbc, "portable", 0},
#if defined(__x86_64__)
    {&cv_aes128_cbc_aesni, "AES-NI", CV_CPU_AES},
    {&cv_aes256_cbc_aesni, "AES-NI", CV_CPU_AES},
#endif
};

static bool names_equal(const char *a, const char *b)
{
    for (;;) {
        while (*a == '-') a++;
        while (*b == '-') b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
        if (*a == 0) return true;
        a++, b++;
    }
}

const struct cv_hash *cv_vector_hash(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof hashes / sizeof *hashes; i++)
        if (names_equal(hashes[i].hash->name, name)) return hashes[i].hash;
    return NULL;
}

static bool check_hash(struct cv_verdict *out, const struct cv_vector *v, const struct cv_hash *hash)
{
    struct cv_bytes msg = v->f[FIELD_MSG];
    uint8_t whole[CV_HASH_MAX], pieces[CV_HASH_MAX];
    cv_hash_digest(hash, whole, msg.p, msg.len);

    struct cv_hash_ctx ctx;
    cv_hash_init(&ctx, hash);
    for (size_t at = 0, step = 1; at < msg.len; at += step, step = step * 2 + 1) {
        if (step > msg.len - at) step = msg.len - at;
        cv_hash_update(&ctx, msg.p + at, step);
    }
    cv_hash_final(&ctx, pieces);
    return cv_vector_same(out, "digest", v->f[FIELD_DIGEST], whole, hash->digest_len) &&
           cv_vector_same(out, "digest of pieces", v->f[FIELD_DIGEST], pieces, hash->digest_len);
}

/* SHA-1 and SHA-2: each hash takes the three results before it (SHAVS 6.4). SHA-3: the one before
 * (SHA3VS 6.2.3). */
static bool check_monte(struct cv_verdict *out, const struct cv_vector *v, const struct cv_hash *hash)
{
    size_t n = hash->digest_len, window = hash->id >= CV_HASH_SHA3_256 ? 1 : 3;
    uint8_t md[3 * CV_HASH_MAX];
    if (v->f[FIELD_MSG].len != n) {
        cv_vector_fail(out, "a seed of %zu bytes", v->f[FIELD_MSG].len);
        return false;
    }
    for (size_t i = 0; i < window; i++) memcpy(md + i * n, v->f[FIELD_MSG].p, n);
    for (int i = 0; i < 1000; i++) {
        uint8_t next[CV_HASH_MAX];
        cv_hash_digest(hash, next, md, window * n);
        memmove(md, md + n, (window - 1) * n);
        memcpy(md + (window - 1) * n, next, n);
    }
    return cv_vector_same(out, "digest", v->f[FIELD_DIGEST], md + (window - 1) * n, n);
}

static void check_xof(struct cv_verdict *out, const struct cv_vector *v)
{
    static const struct {
        const char *name;
        void (*init)(struct cv_shake *x);
        void (*at_once)(uint8_t *out, size_t out_len, const void *p, size_t len);
    } xofs[] = {{"SHAKE128", cv_shake128_init, cv_shake128}, {"SHAKE256", cv_shake256_init, cv_shake256}};
    const struct cv_bytes msg = v->f[FIELD_MSG], want = v->f[FIELD_DIGEST];
    uint8_t got[LEN_MAX];
    for (size_t i = 0; i < sizeof xofs / sizeof *xofs && want.len <= sizeof got; i++) {
        if (!names_equal(xofs[i].name, v->alg)) continue;
        struct cv_shake x;
        out->n_implementations = 1;
        xofs[i].at_once(got, want.len, msg.p, msg.len);
        if (!cv_vector_same(out, "output", want, got, want.len)) return;
        xofs[i].init(&x);
        cv_shake_absorb(&x, msg.p, msg.len / 3);
        cv_shake_absorb(&x, msg.p + msg.len / 3, msg.len - msg.len / 3);
        cv_shake_squeeze(&x, got, want.len / 2);
        cv_shake_squeeze(&x, got + want.len / 2, want.len - want.len / 2);
        (void)cv_vector_same(out, "output of pieces", want, got, want.len);
        return;
    }
    cv_vector_refuse(out, "%s", v->alg);
}

static bool check_hmac(struct cv_verdict *out, const struct cv_vector *v, const struct cv_hash *hash)
{
    struct cv_bytes key = v->f[FIELD_KEY], msg = v->f[FIELD_MSG], tag = v->f[FIELD_TAG];
    uint8_t mac[CV_HASH_MAX];
    cv_hmac_mac(hash, mac, key.p, key.len, msg.p, msg.len);
    bool same = tag.len <= hash->digest_len && cv_bytes_equal(tag, cv_bytes(mac, tag.len));
    if (same != v->valid) cv_vector_fail(out, same ? "a wrong tag fits" : "tag differs");
    return same == v->valid;
}

static bool check_hkdf(struct cv_verdict *out, const struct cv_vector *v, const struct cv_hash *hash)
{
    struct cv_bytes ikm = v->f[FIELD_IKM], salt = v->f[FIELD_SALT], info = v->f[FIELD_INFO];
    uint8_t prk[CV_HASH_MAX], okm[LEN_MAX + 1];
    if (v->out_len > sizeof okm) {
        cv_vector_fail(out, "asks for %zu bytes", v->out_len);
        return false;
    }
    cv_hkdf_extract(hash, prk, salt.p, salt.len, ikm.p, ikm.len);
    cv_err e = cv_hkdf_expand(hash, okm, v->out_len, prk, hash->digest_len, info.p, info.len);
    if ((e == CV_OK) != v->valid) {
        cv_vector_fail(out, "expand: %s", cv_err_text(e));
        return false;
    }
    return !v->valid || cv_vector_same(out, "output", v->f[FIELD_OKM], okm, v->out_len);
}

static void check_with_hashes(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu)
{
    const struct cv_hash *wanted = cv_vector_hash(v->hash);
    if (wanted == NULL) {
        cv_vector_refuse(out, "hash %s", v->hash ? v->hash : "unnamed");
        return;
    }
    bool (*check)(struct cv_verdict *, const struct cv_vector *, const struct cv_hash *) =
        v->op == VECTOR_HASH    ? check_hash
        : v->op == VECTOR_MONTE ? check_monte
        : v->op == VECTOR_MAC   ? check_hmac
                                : check_hkdf;
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        const struct hash_impl *h = &hashes[i];
        if (h->hash->id != wanted->id || (h->needs & ~cpu) != 0) continue;
        out->n_implementations++;
        if (!check(out, v, h->hash)) {
            size_t at = strlen(out->why);
            snprintf(out->why + at, sizeof out->why - at, " (%s)", h->impl);
            return;
        }
    }
}

/* Opens beside and in place. Where the tag is wrong nothing of the plaintext may be left. */
static bool check_open(struct cv_verdict *out, const struct cv_vector *v, const struct cv_aead *aead,
                       const void *state, uint8_t *buf)
{
    struct cv_bytes ct = v->f[FIELD_CT], msg = v->f[FIELD_MSG];
    for (int in_place = 0; in_place < 2; in_place++) {
        const uint8_t *src = ct.p;
        memset(buf, 0xa5, ct.len);
        if (in_place) src = memcpy(buf, ct.p, ct.len);
        cv_err e = aead->open(aead, state, v->f[FIELD_NONCE].p, v->f[FIELD_AAD], buf, src, ct.len,
                              v->f[FIELD_TAG].p);
        if ((e == CV_OK) != v->valid) {
            cv_vector_fail(out, v->valid ? "does not open" : "opens with a wrong tag");
            return false;
        }
        if (v->valid && !cv_vector_same(out, "plaintext", msg, buf, ct.len)) return false;
        for (size_t i = 0; !v->valid && i < ct.len; i++)
            if (buf[i] != 0) {
                cv_vector_fail(out, "plaintext is left behind a wrong tag");
                return false;
            }
    }
    return true;
}

/* Seals in two segments, cut at several places. */
static bool check_seal(struct cv_verdict *out, const struct cv_vector *v, const struct cv_aead *aead,
                       const void *state, uint8_t *buf)
{
    struct cv_bytes msg = v->f[FIELD_MSG];
    for (size_t part = 0; part < 4; part++) {
        uint8_t tag[CV_AEAD_TAG_MAX];
        size_t head = msg.len * part / 3;
        memcpy(buf, msg.p, msg.len);
        aead->seal(aead, state, v->f[FIELD_NONCE].p, v->f[FIELD_AAD], buf, head, buf + head, msg.len - head,
                   tag);
        if (!cv_vector_same(out, "ciphertext", v->f[FIELD_CT], buf, msg.len) ||
            !cv_vector_same(out, "tag", v->f[FIELD_TAG], tag, aead->tag_len))
            return false;
    }
    return true;
}

static bool check_aead(struct cv_verdict *out, const struct cv_vector *v, const struct cv_aead *aead)
{
    alignas(16) uint8_t state[CV_AEAD_STATE_MAX];
    size_t len = v->f[FIELD_MSG].len > v->f[FIELD_CT].len ? v->f[FIELD_MSG].len : v->f[FIELD_CT].len;
    uint8_t *buf = malloc(len + 1);
    if (buf == NULL) abort();
    aead->init(aead, state, v->f[FIELD_KEY].p);
    bool ok = (!v->valid || check_seal(out, v, aead, state, buf)) && check_open(out, v, aead, state, buf);
    free(buf);
    return ok;
}

static void check_aeads(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu)
{
    bool known = false, key = false, tag = false;
    for (size_t i = 0; i < sizeof aeads / sizeof *aeads; i++) {
        const struct aead_impl *a = &aeads[i];
        if (!names_equal(a->alg, v->alg)) continue;
        known = true;
        if (a->aead->key_len != v->f[FIELD_KEY].len) continue;
        key = true;
        if (a->aead->tag_len != v->f[FIELD_TAG].len) continue;
        tag = true;
        if (v->f[FIELD_NONCE].len != CV_AEAD_NONCE_LEN || (a->needs & ~cpu) != 0) continue;
        out->n_implementations++;
        if (!check_aead(out, v, a->aead)) {
            size_t at = strlen(out->why);
            snprintf(out->why + at, sizeof out->why - at, " (%s)", a->impl);
            return;
        }
    }
    if (!known)
        cv_vector_refuse(out, "%s", v->alg);
    else if (!key)
        cv_vector_refuse(out, "key of %zu bits", v->f[FIELD_KEY].len * 8);
    else if (v->f[FIELD_NONCE].len != CV_AEAD_NONCE_LEN)
        cv_vector_refuse(out, "nonce not of 96 bits");
    else if (!tag)
        cv_vector_refuse(out, "tag length not TLS's");
}

/* PKCS#5: one to sixteen bytes, each the number of them. */
static bool pkcs5_fits(const uint8_t *text, size_t len, size_t *plain_len)
{
    size_t n = text[len - 1];
    if (n == 0 || n > CV_AES_BLOCK_LEN) return false;
    for (size_t i = 1; i <= n; i++)
        if (text[len - i] != n) return false;
    *plain_len = len - n;
    return true;
}

static void check_cbc(struct cv_verdict *out, const struct cv_vector *v, const struct cv_cbc *cbc)
{
    alignas(16) uint8_t state[CV_CBC_STATE_MAX];
    uint8_t chain[CV_AES_BLOCK_LEN];
    struct cv_bytes msg = v->f[FIELD_MSG], ct = v->f[FIELD_CT], iv = v->f[FIELD_NONCE];
    size_t n_blocks = ct.len / CV_AES_BLOCK_LEN, plain_len = ct.len;
    uint8_t *buf = malloc(ct.len + 1);
    if (buf == NULL) abort();
    bool fits = iv.len == sizeof chain && ct.len > 0 && ct.len % CV_AES_BLOCK_LEN == 0;
    if (fits) {
        memcpy(chain, iv.p, sizeof chain);
        cbc->init(cbc, state, v->f[FIELD_KEY].p, true);
        cbc->decrypt(cbc, state, chain, buf, ct.p, n_blocks);
        if (!names_equal(v->alg, "AES-CBC")) fits = pkcs5_fits(buf, ct.len, &plain_len);
    }
    if (fits != v->valid) {
        cv_vector_fail(out, fits ? "padding accepted" : "padding refused");
    } else if (v->valid && cv_vector_same(out, "plaintext", msg, buf, plain_len)) {
        memcpy(chain, iv.p, sizeof chain); /* buf holds the padding still */
        cbc->init(cbc, state, v->f[FIELD_KEY].p, false);
        cbc->encrypt(cbc, state, chain, buf, n_blocks);
        (void)cv_vector_same(out, "ciphertext", ct, buf, ct.len);
    }
    free(buf);
}

static void check_cbcs(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu)
{
    if (!names_equal(v->alg, "AES-CBC") && !names_equal(v->alg, "AES-CBC-PKCS5")) {
        cv_vector_refuse(out, "%s", v->alg);
        return;
    }
    for (size_t i = 0; i < sizeof cbcs / sizeof *cbcs && out->is == VERDICT_PASS; i++) {
        if (cbcs[i].cbc->key_len != v->f[FIELD_KEY].len || (cbcs[i].needs & ~cpu) != 0) continue;
        out->n_implementations++;
        check_cbc(out, v, cbcs[i].cbc);
    }
    if (out->n_implementations == 0) cv_vector_refuse(out, "key of %zu bits", v->f[FIELD_KEY].len * 8);
}

void cv_vector_check_symmetric(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu)
{
    if (v->op == VECTOR_XOF)
        check_xof(out, v);
    else if (v->op == VECTOR_AEAD)
        check_aeads(out, v, cpu);
    else if (v->op == VECTOR_CBC)
        check_cbcs(out, v, cpu);
    else
        check_with_hashes(out, v, cpu);
}

/* What each operation cannot do without. */
static const uint32_t needed_fields[] = {
    [VECTOR_NONE] = 0,
    [VECTOR_AEAD] = 1u << FIELD_KEY | 1u << FIELD_NONCE | 1u << FIELD_CT | 1u << FIELD_TAG,
    [VECTOR_CBC] = 1u << FIELD_KEY | 1u << FIELD_NONCE | 1u << FIELD_MSG | 1u << FIELD_CT,
    [VECTOR_HASH] = 1u << FIELD_MSG | 1u << FIELD_DIGEST,
    [VECTOR_MONTE] = 1u << FIELD_MSG | 1u << FIELD_DIGEST,
    [VECTOR_XOF] = 1u << FIELD_MSG | 1u << FIELD_DIGEST,
    [VECTOR_MAC] = 1u << FIELD_KEY | 1u << FIELD_MSG | 1u << FIELD_TAG,
    [VECTOR_HKDF] = 1u << FIELD_IKM,
    [VECTOR_DH] = 1u << FIELD_PRIVATE | 1u << FIELD_PUBLIC,
    [VECTOR_VERIFY] = 1u << FIELD_MSG | 1u << FIELD_SIG,
    [VECTOR_SIGN] = 1u << FIELD_PRIVATE | 1u << FIELD_MSG,
    [VECTOR_KEYGEN] = 1u << FIELD_SEED,
    [VECTOR_ENCAPS] = 1u << FIELD_PUBLIC | 1u << FIELD_MSG,
    [VECTOR_DECAPS] = 1u << FIELD_CT,
    [VECTOR_PRIME] = 1u << FIELD_MSG,
};

void cv_vector_check(struct cv_verdict *out, const struct cv_vector *v, uint32_t cpu)
{
    *out = (struct cv_verdict){.is = VERDICT_PASS};
    if (v->alg != NULL && strncmp(v->alg, "ML-DSA-", 7) == 0) {
        cv_vector_check_mldsa(out, v);
        return;
    }
    for (unsigned i = 0; i < N_FIELDS; i++)
        if ((needed_fields[v->op] >> i & 1) != 0 && v->f[i].p == NULL) {
            cv_vector_fail(out, "the case lacks a field");
            return;
        }
    switch (v->op) {
    case VECTOR_NONE:
        cv_vector_refuse(out, "%s", v->alg);
        break;
    case VECTOR_AEAD:
    case VECTOR_CBC:
    case VECTOR_HASH:
    case VECTOR_MONTE:
    case VECTOR_XOF:
    case VECTOR_MAC:
    case VECTOR_HKDF:
        cv_vector_check_symmetric(out, v, cpu);
        break;
    case VECTOR_DH:
    case VECTOR_VERIFY:
    case VECTOR_SIGN:
    case VECTOR_PRIME:
        cv_vector_check_public(out, v, cpu);
        break;
    case VECTOR_KEYGEN:
    case VECTOR_ENCAPS:
    case VECTOR_DECAPS:
        cv_vector_check_kem(out, v);
        break;
    }
}
