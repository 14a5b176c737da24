/* The FFDHE groups of TLS (RFC 7919) with AVX-512 IFMA. */
#include "crypto/ffdhe.h"

#if defined(__x86_64__)

static cv_err generate_2048(uint8_t *private_key, uint8_t *share, const struct cv_rng *rng)
{
    return cv_ffdhe_generate(&cv_ffdhe2048, &cv_mont_ifma, private_key, share, rng);
}

static cv_err respond_2048(uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                           const struct cv_rng *rng)
{
    return cv_ffdhe_respond(&cv_ffdhe2048, &cv_mont_ifma, share, secret, client_share, rng);
}

static cv_err finish_2048(uint8_t *secret, const uint8_t *private_key, struct cv_bytes server_share)
{
    return cv_ffdhe_finish(&cv_ffdhe2048, &cv_mont_ifma, secret, private_key, server_share);
}

static cv_err generate_3072(uint8_t *private_key, uint8_t *share, const struct cv_rng *rng)
{
    return cv_ffdhe_generate(&cv_ffdhe3072, &cv_mont_ifma, private_key, share, rng);
}

static cv_err respond_3072(uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                           const struct cv_rng *rng)
{
    return cv_ffdhe_respond(&cv_ffdhe3072, &cv_mont_ifma, share, secret, client_share, rng);
}

static cv_err finish_3072(uint8_t *secret, const uint8_t *private_key, struct cv_bytes server_share)
{
    return cv_ffdhe_finish(&cv_ffdhe3072, &cv_mont_ifma, secret, private_key, server_share);
}

static cv_err generate_4096(uint8_t *private_key, uint8_t *share, const struct cv_rng *rng)
{
    return cv_ffdhe_generate(&cv_ffdhe4096, &cv_mont_ifma, private_key, share, rng);
}

static cv_err respond_4096(uint8_t *share, uint8_t *secret, struct cv_bytes client_share,
                           const struct cv_rng *rng)
{
    return cv_ffdhe_respond(&cv_ffdhe4096, &cv_mont_ifma, share, secret, client_share, rng);
}

static cv_err finish_4096(uint8_t *secret, const uint8_t *private_key, struct cv_bytes server_share)
{
    return cv_ffdhe_finish(&cv_ffdhe4096, &cv_mont_ifma, secret, private_key, server_share);
}

const struct cv_group cv_group_ffdhe2048_ifma = {
    .id = 0x0100,
    .name = "ffdhe2048",
    .bits = 2048,
    .field = &cv_ffdhe2048,
    .private_len = 32,
    .client_share_len = 2048 / 8,
    .server_share_len = 2048 / 8,
    .secret_len = 2048 / 8,
    .generate = generate_2048,
    .respond = respond_2048,
    .finish = finish_2048,
};

const struct cv_group cv_group_ffdhe3072_ifma = {
    .id = 0x0101,
    .name = "ffdhe3072",
    .bits = 3072,
    .field = &cv_ffdhe3072,
    .private_len = 40,
    .client_share_len = 3072 / 8,
    .server_share_len = 3072 / 8,
    .secret_len = 3072 / 8,
    .generate = generate_3072,
    .respond = respond_3072,
    .finish = finish_3072,
};

const struct cv_group cv_group_ffdhe4096_ifma = {
    .id = 0x0102,
    .name = "ffdhe4096",
    .bits = 4096,
    .field = &cv_ffdhe4096,
    .private_len = 48,
    .client_share_len = 4096 / 8,
    .server_share_len = 4096 / 8,
    .secret_len = 4096 / 8,
    .generate = generate_4096,
    .respond = respond_4096,
    .finish = finish_4096,
};

#endif
