/* Hybrid groups of TLS 1.3 (RFC 10024): ML-KEM beside a Diffie-Hellman group.
 *
 * Shares and secrets are those of both, one behind the other. A client's private key is the ML-KEM seed, then
 * the other group's key. */
#include "crypto/base/secret.h"
#include "crypto/kex.h"
#include "crypto/mlkem.h"

struct hybrid {
    const struct cv_mlkem *kem;
    const struct cv_group *dh;
    bool kem_first; /* in shares and in the secret */
};

/* Where the parts begin, with a KEM part and a DH part of these lengths. */
static size_t kem_at(const struct hybrid *h, size_t dh_len)
{
    return h->kem_first ? 0 : dh_len;
}

static size_t dh_at(const struct hybrid *h, size_t kem_len)
{
    return h->kem_first ? kem_len : 0;
}

static cv_err generate(const struct hybrid *h, uint8_t *private_key, uint8_t *share, const struct cv_rng *rng)
{
    cv_err e = cv_random(rng, private_key, CV_MLKEM_SEED_LEN);
    if (e != CV_OK) return e;
    cv_secret_mark(private_key, CV_MLKEM_SEED_LEN);
    e = h->dh->generate(private_key + CV_MLKEM_SEED_LEN, share + dh_at(h, h->kem->public_len), rng);
    if (e != CV_OK) {
        cv_wipe(private_key, CV_MLKEM_SEED_LEN);
        return e;
    }
    cv_mlkem_keygen(h->kem, share + kem_at(h, h->dh->client_share_len), NULL, private_key);
    return CV_OK;
}

static cv_err respond(const struct hybrid *h, uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                      const struct cv_rng *rng)
{
    const size_t dh_len = h->dh->client_share_len, kem_len = h->kem->public_len;
    uint8_t m[CV_MLKEM_MESSAGE_LEN];
    if (client_share.len != dh_len + kem_len) return CV_E_BAD_KEY_SHARE;
    cv_err e = cv_random(rng, m, sizeof m);
    if (e != CV_OK) return e;
    cv_secret_mark(m, sizeof m);
    e = cv_mlkem_encaps(h->kem, share + kem_at(h, h->dh->server_share_len),
                        secret + kem_at(h, h->dh->secret_len),
                        cv_bytes(client_share.p + kem_at(h, dh_len), kem_len), m);
    if (e == CV_OK)
        e = h->dh->respond(share + dh_at(h, h->kem->ciphertext_len), secret + dh_at(h, CV_MLKEM_SECRET_LEN),
                           cv_bytes(client_share.p + dh_at(h, kem_len), dh_len), rng);
    if (e != CV_OK) cv_wipe(secret, h->dh->secret_len + (size_t)CV_MLKEM_SECRET_LEN);
    cv_wipe(m, sizeof m);
    return e;
}

static cv_err finish(const struct hybrid *h, uint8_t *secret, const uint8_t *private_key,
                     struct cv_bytes server_share)
{
    const size_t dh_len = h->dh->server_share_len, kem_len = h->kem->ciphertext_len;
    if (server_share.len != dh_len + kem_len) return CV_E_BAD_KEY_SHARE;
    cv_err e = h->dh->finish(secret + dh_at(h, CV_MLKEM_SECRET_LEN), private_key + CV_MLKEM_SEED_LEN,
                             cv_bytes(server_share.p + dh_at(h, kem_len), dh_len));
    if (e == CV_OK)
        e = cv_mlkem_decaps(h->kem, secret + kem_at(h, h->dh->secret_len), private_key,
                            cv_bytes(server_share.p + kem_at(h, dh_len), kem_len));
    if (e != CV_OK) cv_wipe(secret, h->dh->secret_len + (size_t)CV_MLKEM_SECRET_LEN);
    return e;
}

static const struct hybrid x25519mlkem768 = {&cv_mlkem768, &cv_group_x25519, true};

static cv_err x25519mlkem768_generate(uint8_t *private_key, uint8_t *share, const struct cv_rng *rng)
{
    return generate(&x25519mlkem768, private_key, share, rng);
}

static cv_err x25519mlkem768_respond(uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                                     const struct cv_rng *rng)
{
    return respond(&x25519mlkem768, share, secret, client_share, rng);
}

static cv_err x25519mlkem768_finish(uint8_t *secret, const uint8_t *private_key, struct cv_bytes server_share)
{
    return finish(&x25519mlkem768, secret, private_key, server_share);
}

const struct cv_group cv_group_x25519mlkem768 = {
    .id = 0x11ec,
    .name = "X25519MLKEM768",
    .bits = 255,
    .private_len = CV_MLKEM_SEED_LEN + 32,
    .client_share_len = 32 + 1184,
    .server_share_len = 32 + 1088,
    .secret_len = 32 + CV_MLKEM_SECRET_LEN,
    .part = &cv_group_x25519,
    .part_private_at = CV_MLKEM_SEED_LEN,
    .part_share_at = 1184,
    .generate = x25519mlkem768_generate,
    .respond = x25519mlkem768_respond,
    .finish = x25519mlkem768_finish,
};

static const struct hybrid p256mlkem768 = {&cv_mlkem768, &cv_group_p256, false};

static cv_err p256mlkem768_generate(uint8_t *private_key, uint8_t *share, const struct cv_rng *rng)
{
    return generate(&p256mlkem768, private_key, share, rng);
}

static cv_err p256mlkem768_respond(uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                                   const struct cv_rng *rng)
{
    return respond(&p256mlkem768, share, secret, client_share, rng);
}

static cv_err p256mlkem768_finish(uint8_t *secret, const uint8_t *private_key, struct cv_bytes server_share)
{
    return finish(&p256mlkem768, secret, private_key, server_share);
}

const struct cv_group cv_group_p256mlkem768 = {
    .id = 0x11eb,
    .name = "SecP256r1MLKEM768",
    .bits = 256,
    .private_len = CV_MLKEM_SEED_LEN + 32,
    .client_share_len = 65 + 1184,
    .server_share_len = 65 + 1088,
    .secret_len = 32 + CV_MLKEM_SECRET_LEN,
    .part = &cv_group_p256,
    .part_private_at = CV_MLKEM_SEED_LEN,
    .part_share_at = 0,
    .generate = p256mlkem768_generate,
    .respond = p256mlkem768_respond,
    .finish = p256mlkem768_finish,
};

#if CULVERT_MLKEM_K_MAX > 3
static const struct hybrid p384mlkem1024 = {&cv_mlkem1024, &cv_group_p384, false};

static cv_err p384mlkem1024_generate(uint8_t *private_key, uint8_t *share, const struct cv_rng *rng)
{
    return generate(&p384mlkem1024, private_key, share, rng);
}

static cv_err p384mlkem1024_respond(uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                                    const struct cv_rng *rng)
{
    return respond(&p384mlkem1024, share, secret, client_share, rng);
}

static cv_err p384mlkem1024_finish(uint8_t *secret, const uint8_t *private_key, struct cv_bytes server_share)
{
    return finish(&p384mlkem1024, secret, private_key, server_share);
}

const struct cv_group cv_group_p384mlkem1024 = {
    .id = 0x11ed,
    .name = "SecP384r1MLKEM1024",
    .bits = 384,
    .private_len = CV_MLKEM_SEED_LEN + 48,
    .client_share_len = 97 + 1568,
    .server_share_len = 97 + 1568,
    .secret_len = 48 + CV_MLKEM_SECRET_LEN,
    .part = &cv_group_p384,
    .part_private_at = CV_MLKEM_SEED_LEN,
    .part_share_at = 0,
    .generate = p384mlkem1024_generate,
    .respond = p384mlkem1024_respond,
    .finish = p384mlkem1024_finish,
};
#endif
