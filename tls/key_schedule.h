/* The key schedule of TLS 1.3 (RFC 9846 section 7). Everything that goes in or out is secret. */
#ifndef CV_TLS_KEY_SCHEDULE_H
#define CV_TLS_KEY_SCHEDULE_H

#include "tls/suite.h"

/* One rung of the ladder: Early Secret, Handshake Secret or Main Secret. */
struct cv_key_schedule {
    const struct cv_hash *hash;
    uint8_t secret[CV_HASH_MAX];
};

/* Early Secret. psk has the hash's length, or is NULL for none. */
void cv_key_schedule_init(struct cv_key_schedule *ks, const struct cv_hash *hash, const uint8_t *psk);
/* The same from an external PSK of any length; empty: none. */
void cv_key_schedule_init_external(struct cv_key_schedule *ks, const struct cv_hash *hash,
                                   struct cv_bytes psk);
/* The next rung. ikm NULL stands for zeros. */
void cv_key_schedule_next(struct cv_key_schedule *ks, const uint8_t *ikm, size_t ikm_len);
/* Derive-Secret with the hash of the messages; out has digest_len bytes. */
void cv_key_schedule_derive(const struct cv_key_schedule *ks, uint8_t *out, const char *label,
                            const uint8_t *transcript_hash);
void cv_key_schedule_wipe(struct cv_key_schedule *ks);

/* HKDF-Expand-Label (7.1). secret has digest_len bytes; the label comes without "tls13 ". */
void cv_expand_label(const struct cv_hash *hash, uint8_t *out, size_t out_len, const uint8_t *secret,
                     const char *label, struct cv_bytes context);

/* The same for labels and lengths that an application chooses: CV_E_BAD_LENGTH where they do not fit. */
cv_err cv_expand_label_bytes(const struct cv_hash *hash, uint8_t *out, size_t out_len, const uint8_t *secret,
                             struct cv_bytes label, struct cv_bytes context);

/* verify_data of Finished, and a PSK binder: the MAC under a key made from base_key (4.5.3). */
void cv_finished_mac(const struct cv_hash *hash, uint8_t *mac, const uint8_t *base_key,
                     const uint8_t *transcript_hash);

#endif
