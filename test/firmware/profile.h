/* A profile: what one image knows. Each profile_NAME.c is one. */
#ifndef FIRMWARE_PROFILE_H
#define FIRMWARE_PROFILE_H

#include "crypto/gcm_small.h"
#include "crypto/p256_small.h"
#include "crypto/sha256_small.h"
#include "tls/features.h"
#include "tls/peer_certs.h"
#include "tls/record_pieces.h"
#include "x509/stream.h"

extern const struct cv_config profile; /* without port and roots */

enum {
    PROFILE_ARENA = FIRMWARE_ARENA, /* for the connection */
    PROFILE_RECORDS = 544,     /* what is read and not yet used: a record with 512 bytes of data */
};

/* Puts into the configuration what must be parsed first: roots, a server's certificates. */
cv_err profile_prepare(struct cv_config *config);

/* --- the words that profiles are made of --- */

/* Certificates that are in flash: NAME, NAME_end. */
#define PROFILE_FILE(name, path)                                                                             \
    __asm__(".section .rodata." #name ", \"a\"\n" #name ": .incbin \"" path "\"\n" #name                     \
            "_end:\n.previous\n");                                                                           \
    extern const uint8_t name[], name##_end[]

/* ECDSA on P-256 with SHA-256, in little code. */
#define PROFILE_ECDSA                                                                                        \
    {                                                                                                        \
        .id = 0x0403, .name = "ecdsa_secp256r1_sha256", .key = CV_KEY_P256, .family = CV_SIG_ECDSA,          \
        .hash = &cv_sha256_small, .verify = cv_ecdsa_p256_verify_small,                                      \
    }
#define PROFILE_RSA(id_, name_, family_, verify_)                                                            \
    {                                                                                                        \
        .id = (id_), .name = (name_), .key = CV_KEY_RSA, .family = (family_), .hash = &cv_sha256_small,      \
        .verify = (verify_),                                                                                 \
    }

/* AES-128-GCM with SHA-256, in little code. */
#define PROFILE_SUITE13                                                                                      \
    {                                                                                                        \
        .id = CV_TLS_AES_128_GCM_SHA256, .name = "TLS_AES_128_GCM_SHA256", .aead = &cv_aes128_gcm_small,     \
        .hash = &cv_sha256_small,                                                                            \
    }
#define PROFILE_SUITE12(kind, rsa_)                                                                          \
    {                                                                                                        \
        .id = CV_TLS_ECDHE_##kind##_WITH_AES_128_GCM_SHA256,                                                 \
        .name = "TLS_ECDHE_" #kind "_WITH_AES_128_GCM_SHA256", .aead = &cv_aes128_gcm_small,                 \
        .hash = &cv_sha256_small, .tls12 = true, .rsa = (rsa_), .explicit_nonce_len = 8,                     \
    }

#define PROFILE_LIST(name) .name = (name), .n_##name = sizeof(name) / sizeof(name)[0]

#endif
