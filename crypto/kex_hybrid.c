/* Hybrid groups of TLS 1.3 (RFC 10024): ML-KEM beside a Diffie-Hellman group.
 *
 * Shares and secrets are those of both, one behind the other. A client's private key is the ML-KEM seed, then
 * the other group's key. */
#include "crypto/base/secret.h"
#include "crypto/kex.h"
#include "crypto/mlkem.h"

/* Whether ML-KEM has the first place, in shares and in the secret. */
static bool kem_first(const struct cv_group *g)
{
    return g->part_share_at != 0;
}

/* Where the parts begin, with a KEM part and a DH part of these lengths. */
static size_t kem_at(const struct cv_group *g, size_t dh_len)
{
    return kem_first(g) ? 0 : dh_len;
}

static size_t dh_at(const struct cv_group *g, size_t kem_len)
{
    return kem_first(g) ? kem_len : 0;
}

static cv_err generate(const struct cv_group *g, uint8_t *private_key, uint8_t *share,
                       const struct cv_rng *rng)
{
    cv_err e = cv_random(rng, private_key, CV_MLKEM_SEED_LEN);
    if (e != CV_OK) return e;
    cv_secret_mark(private_key, CV_MLKEM_SEED_LEN);
    e = g->part->generate(g->part, private_key + CV_MLKEM_SEED_LEN, share + dh_at(g, g->kem->public_len),
                          rng);
    if (e != CV_OK) {
        cv_wipe(private_key, CV_MLKEM_SEED_LEN);
        return e;
    }
    cv_mlkem_keygen(g->kem, share + kem_at(g, g->part->client_share_len), NULL, private_key);
    return CV_OK;
}

static cv_err respond(const struct cv_group *g, uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                      const struct cv_rng *rng)
{
    const size_t dh_len = g->part->client_share_len, kem_len = g->kem->public_len;
    uint8_t m[CV_MLKEM_MESSAGE_LEN];
    if (client_share.len != dh_len + kem_len) return CV_E_BAD_KEY_SHARE;
    cv_err e = cv_random(rng, m, sizeof m);
    if (e != CV_OK) return e;
    cv_secret_mark(m, sizeof m);
    e = cv_mlkem_encaps(g->kem, share + kem_at(g, g->part->server_share_len),
                        secret + kem_at(g, g->part->secret_len),
                        cv_bytes(client_share.p + kem_at(g, dh_len), kem_len), m);
    if (e == CV_OK)
        e = g->part->respond(g->part, share + dh_at(g, g->kem->ciphertext_len),
                             secret + dh_at(g, CV_MLKEM_SECRET_LEN),
                             cv_bytes(client_share.p + dh_at(g, kem_len), dh_len), rng);
    if (e != CV_OK) cv_wipe(secret, g->part->secret_len + (size_t)CV_MLKEM_SECRET_LEN);
    cv_wipe(m, sizeof m);
    return e;
}

static cv_err finish(const struct cv_group *g, uint8_t *secret, const uint8_t *private_key,
                     struct cv_bytes server_share)
{
    const size_t dh_len = g->part->server_share_len, kem_len = g->kem->ciphertext_len;
    if (server_share.len != dh_len + kem_len) return CV_E_BAD_KEY_SHARE;
    cv_err e =
        g->part->finish(g->part, secret + dh_at(g, CV_MLKEM_SECRET_LEN), private_key + CV_MLKEM_SEED_LEN,
                        cv_bytes(server_share.p + dh_at(g, kem_len), dh_len));
    if (e == CV_OK)
        e = cv_mlkem_decaps(g->kem, secret + kem_at(g, g->part->secret_len), private_key,
                            cv_bytes(server_share.p + kem_at(g, dh_len), kem_len));
    if (e != CV_OK) cv_wipe(secret, g->part->secret_len + (size_t)CV_MLKEM_SECRET_LEN);
    return e;
}

const struct cv_group cv_group_x25519mlkem768 = {
    .id = 0x11ec,
    .name = "X25519MLKEM768",
    .bits = 255,
    .private_len = CV_MLKEM_SEED_LEN + 32,
    .client_share_len = 32 + 1184,
    .server_share_len = 32 + 1088,
    .secret_len = 32 + CV_MLKEM_SECRET_LEN,
    .kem = &cv_mlkem768,
    .part = &cv_group_x25519,
    .part_private_at = CV_MLKEM_SEED_LEN,
    .part_share_at = 1184,
    .generate = generate,
    .respond = respond,
    .finish = finish,
};

const struct cv_group cv_group_p256mlkem768 = {
    .id = 0x11eb,
    .name = "SecP256r1MLKEM768",
    .bits = 256,
    .private_len = CV_MLKEM_SEED_LEN + 32,
    .client_share_len = 65 + 1184,
    .server_share_len = 65 + 1088,
    .secret_len = 32 + CV_MLKEM_SECRET_LEN,
    .kem = &cv_mlkem768,
    .part = &cv_group_p256,
    .part_private_at = CV_MLKEM_SEED_LEN,
    .part_share_at = 0,
    .generate = generate,
    .respond = respond,
    .finish = finish,
};

#if CULVERT_MLKEM_K_MAX > 3
const struct cv_group cv_group_p384mlkem1024 = {
    .id = 0x11ed,
    .name = "SecP384r1MLKEM1024",
    .bits = 384,
    .private_len = CV_MLKEM_SEED_LEN + 48,
    .client_share_len = 97 + 1568,
    .server_share_len = 97 + 1568,
    .secret_len = 48 + CV_MLKEM_SECRET_LEN,
    .kem = &cv_mlkem1024,
    .part = &cv_group_p384,
    .part_private_at = CV_MLKEM_SEED_LEN,
    .part_share_at = 0,
    .generate = generate,
    .respond = respond,
    .finish = finish,
};
#endif
