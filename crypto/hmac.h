/* HMAC (RFC 2104, FIPS 198-1). */
#ifndef CV_HMAC_H
#define CV_HMAC_H

#include "crypto/hash.h"

struct cv_hmac {
    struct cv_hash_ctx inner, outer; /* both already hold the padded key */
};

/* key may have any length. The struct is secret: wipe it with cv_hmac_wipe unless final was called. */
void cv_hmac_init(struct cv_hmac *h, const struct cv_hash *alg, const uint8_t *key, size_t key_len);
void cv_hmac_update(struct cv_hmac *h, const void *p, size_t len);
void cv_hmac_final(struct cv_hmac *h, uint8_t *mac); /* digest_len bytes; h is wiped */
void cv_hmac_wipe(struct cv_hmac *h);

/* One message at once. mac may be the message's or the key's memory. */
void cv_hmac_mac(const struct cv_hash *alg, uint8_t *mac, const uint8_t *key, size_t key_len, const void *p,
                 size_t len);

#endif
