/* Poly1305 over whole blocks (RFC 8439 section 2.5): the AEAD pads everything it hashes.
 *
 * Portable and constant time. The struct is secret; final wipes it. */
#ifndef CV_POLY1305_H
#define CV_POLY1305_H

#include "crypto/base/bytes.h"

#if defined(__SIZEOF_INT128__)
#define CV_POLY1305_LIMBS 3 /* of 44, 44 and 42 bits */
typedef uint64_t cv_poly1305_limb;
#else
#define CV_POLY1305_LIMBS 5 /* of 26 bits */
typedef uint32_t cv_poly1305_limb;
#endif

struct cv_poly1305 {
    cv_poly1305_limb r[CV_POLY1305_LIMBS];
    cv_poly1305_limb h[CV_POLY1305_LIMBS]; /* a bit or two over the limb's size between calls */
    uint8_t s[16];
};

void cv_poly1305_init(struct cv_poly1305 *p, const uint8_t key[32]);
void cv_poly1305_blocks(struct cv_poly1305 *p, const uint8_t *m, size_t n_blocks);
void cv_poly1305_final(struct cv_poly1305 *p, uint8_t tag[16]);

#endif
