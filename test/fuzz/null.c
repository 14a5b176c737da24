#include "test/fuzz/null.h"

#include "crypto/cpu.h"

#include <string.h>

/* --- hash --- */

static void hash_init(const struct cv_hash *alg, union cv_hash_state *s)
{
    (void)alg;
    memset(s, 0, sizeof *s);
}

static void hash_update(const struct cv_hash *alg, union cv_hash_state *s, const uint8_t *p, size_t len)
{
    (void)alg, (void)p;
    s->sha256.len += len;
}

static void hash_final(const struct cv_hash *alg, union cv_hash_state *s, uint8_t *digest)
{
    memset(digest, NULL_DIGEST_BYTE, alg->digest_len);
    memset(s, 0, sizeof *s);
}

const struct cv_hash null_hash = {
    .name = "null",
    .id = CV_HASH_SHA256,
    .digest_len = 32,
    .block_len = 64,
    .init = hash_init,
    .update = hash_update,
    .final = hash_final,
};

/* --- AEAD --- */

static void aead_init(const struct cv_aead *a, void *state, const uint8_t *key)
{
    memcpy(state, key, a->key_len);
}

static void aead_seal(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                      uint8_t *head, size_t head_len, uint8_t *tail, size_t tail_len, uint8_t *tag)
{
    (void)a, (void)state, (void)nonce, (void)aad, (void)head, (void)head_len, (void)tail, (void)tail_len;
    memset(tag, NULL_TAG_BYTE, CV_AEAD_TAG_MAX);
}

static cv_err aead_open(const struct cv_aead *a, const void *state, const uint8_t *nonce, struct cv_bytes aad,
                        uint8_t *dst, const uint8_t *src, size_t len, const uint8_t *tag)
{
    (void)a, (void)state, (void)nonce, (void)aad, (void)tag;
    if (len > 0 && dst != src) memcpy(dst, src, len);
    return CV_OK;
}

static void pieces_begin(const struct cv_aead *a, void *m, const void *key, const uint8_t *nonce,
                         struct cv_bytes aad, size_t len)
{
    (void)a, (void)m, (void)key, (void)nonce, (void)aad, (void)len;
}

static void pieces_decrypt(void *m, uint8_t *dst, const uint8_t *src, size_t len)
{
    (void)m;
    if (len > 0) memmove(dst, src, len);
}

static cv_err pieces_end(void *m, const uint8_t *tag)
{
    (void)m, (void)tag;
    return CV_OK;
}

static const struct cv_aead_pieces pieces = {
    .len = 16, .begin = pieces_begin, .decrypt = pieces_decrypt, .end = pieces_end};

const struct cv_aead null_aead = {
    .name = "null",
    .key_len = 16,
    .tag_len = 16,
    .state_len = 16,
    .record_limit = UINT64_C(1) << 24,
    .init = aead_init,
    .seal = aead_seal,
    .open = aead_open,
    .pieces = &pieces,
};

/* --- signatures --- */

uint32_t null_n_verified;

cv_err null_verify(const struct cv_public_key *key, const struct cv_hash *hash, struct cv_bytes m,
                   struct cv_bytes sig)
{
    (void)key, (void)hash, (void)m, (void)sig;
    null_n_verified++;
    return CV_OK;
}

static cv_err verify_pss(const struct cv_public_key *key, const struct cv_hash *hash,
                         const struct cv_hash *mgf_hash, size_t salt_len, struct cv_bytes m,
                         struct cv_bytes sig)
{
    (void)mgf_hash, (void)salt_len;
    return null_verify(key, hash, m, sig);
}

static cv_err sign(const struct cv_private_key *key, const struct cv_hash *hash, struct cv_bytes m,
                   uint8_t *sig, size_t *sig_len, const struct cv_rng *rng)
{
    (void)key, (void)hash, (void)m, (void)rng;
    if (*sig_len < 4) return CV_E_BUFFER_TOO_SMALL;
    memset(sig, 0x53, 4);
    *sig_len = 4;
    return CV_OK;
}

static void replace_scheme(struct cv_sig_scheme *s)
{
    s->verify = null_verify;
    s->sign = sign;
    if (s->verify_pss != NULL) s->verify_pss = verify_pss;
}

/* --- key exchange --- */

enum { SHARE_LEN = 8, SECRET_LEN = 32 };

static cv_err generate(const struct cv_group *g, uint8_t *private_key, uint8_t *share,
                       const struct cv_rng *rng)
{
    (void)g, (void)rng;
    memset(private_key, 0, SECRET_LEN);
    memset(share, 0x43, SHARE_LEN);
    return CV_OK;
}

static cv_err finish(const struct cv_group *g, uint8_t *secret, const uint8_t *private_key,
                     struct cv_bytes server_share)
{
    (void)g, (void)private_key;
    if (server_share.len != SHARE_LEN) return CV_E_BAD_KEY_SHARE;
    memset(secret, 0, SECRET_LEN);
    return CV_OK;
}

static cv_err respond(const struct cv_group *g, uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                      const struct cv_rng *rng)
{
    (void)rng;
    memset(share, 0x53, SHARE_LEN);
    return finish(g, secret, NULL, client_share);
}

#define GROUP(number, text, strength)                                                                        \
    {                                                                                                        \
        .id = (number), .name = (text), .bits = (strength), .private_len = SECRET_LEN,                       \
        .client_share_len = SHARE_LEN, .server_share_len = SHARE_LEN, .secret_len = SECRET_LEN,              \
        .generate = generate, .respond = respond, .finish = finish                                           \
    }

static const struct cv_group groups[] = {
    GROUP(29, "x25519", 255),
    GROUP(23, "secp256r1", 256),
    GROUP(24, "secp384r1", 384),
};

const struct cv_group null_hybrid_part = GROUP(29, "x25519", 255);
const struct cv_group null_hybrid = {
    .id = 0x11ec,
    .name = "X25519MLKEM768",
    .bits = 255,
    .private_len = SECRET_LEN,
    .client_share_len = SHARE_LEN,
    .server_share_len = SHARE_LEN,
    .secret_len = SECRET_LEN,
    .part = &null_hybrid_part,
    .generate = generate,
    .respond = respond,
    .finish = finish,
};

void null_algorithms(struct cv_algorithms *out)
{
    null_public_key_algorithms(out);
    for (size_t i = 0; i < out->n_suites; i++) {
        if (out->suites[i].aead != NULL) out->suites[i].aead = &null_aead;
        out->suites[i].hash = &null_hash;
    }
    out->ticket_aead = &null_aead;
}

void null_public_key_algorithms(struct cv_algorithms *out)
{
    cv_algorithms_select(out, cv_cpu_detect());
    out->n_groups = sizeof groups / sizeof groups[0];
    for (size_t i = 0; i < out->n_groups; i++) out->groups[i] = &groups[i];
    for (size_t i = 0; i < out->n_schemes; i++) replace_scheme(&out->schemes[i]);
    for (size_t i = 0; i < out->n_cert_schemes; i++) replace_scheme(&out->cert_schemes[i]);
}
