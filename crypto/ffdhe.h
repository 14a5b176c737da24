/* Finite-field Diffie-Hellman over the safe primes of RFC 7919, for the groups of kex.h. */
#ifndef CV_FFDHE_H
#define CV_FFDHE_H

#include "crypto/kex.h"
#include "crypto/mont.h"

enum { CV_FFDHE_BITS_MAX = 4096, CV_FFDHE_EXPONENT_MAX = 48 };

struct cv_ffdhe {
    const uint8_t *p; /* big-endian */
    size_t p_len;
    size_t exponent_len; /* of private keys, in bytes; RFC 7919 section 5.2 has the least */
};

extern const struct cv_ffdhe cv_ffdhe2048, cv_ffdhe3072, cv_ffdhe4096;

/* The functions of struct cv_group, by its field and powers. Numbers are p_len bytes, padded with zeros in
 * front (RFC 9846 sections 4.3.8.1 and 7.4.1). CV_E_BAD_KEY_SHARE: another length, or not in 2 … p - 2,
 * which is found before any arithmetic; or a secret of 1 (RFC 7919 section 5.1). Constant time in private
 * keys and secrets. Stack: 14 KiB, with AVX2 or IFMA 40 KiB. */
cv_err cv_ffdhe_generate(const struct cv_group *g, uint8_t *private_key, uint8_t *share,
                         const struct cv_rng *rng);
cv_err cv_ffdhe_respond(const struct cv_group *g, uint8_t *share, uint8_t *secret,
                        struct cv_bytes client_share, const struct cv_rng *rng);
cv_err cv_ffdhe_finish(const struct cv_group *g, uint8_t *secret, const uint8_t *private_key,
                       struct cv_bytes server_share);

/* A descriptor for this prime and arithmetic. */
#define CV_FFDHE_GROUP(id_, p_bits, exponent_len_, powers_)                                                  \
    {                                                                                                        \
        .id = (id_), .name = "ffdhe" #p_bits, .bits = (p_bits), .field = &cv_ffdhe##p_bits,                  \
        .powers = (powers_), .private_len = (exponent_len_), .client_share_len = (p_bits) / 8,               \
        .server_share_len = (p_bits) / 8, .secret_len = (p_bits) / 8, .generate = cv_ffdhe_generate,         \
        .respond = cv_ffdhe_respond, .finish = cv_ffdhe_finish,                                              \
    }

#endif
