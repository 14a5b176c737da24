/* SHAKE128 and SHAKE256: output of any length, absorbed and squeezed in pieces. FIPS 202 section 6.2. */
#ifndef CV_SHA3_H
#define CV_SHA3_H

#include "crypto/hash.h"

enum { CV_SHAKE128_RATE = 168, CV_SHAKE256_RATE = 136 }; /* bytes a permutation absorbs or yields */

/* May be copied; secret if what it absorbed is. */
struct cv_shake {
    struct cv_keccak k;
    bool squeezing;
};

void cv_shake128_init(struct cv_shake *x);
void cv_shake256_init(struct cv_shake *x);

/* Begins with a seed and the bytes that tell apart what is expanded from it: the streams of ML-KEM and
 * ML-DSA. */
void cv_shake128_expand(struct cv_shake *x, struct cv_bytes seed, struct cv_bytes index);
void cv_shake256_expand(struct cv_shake *x, struct cv_bytes seed, struct cv_bytes index);

/* Not after the first squeeze. */
void cv_shake_absorb(struct cv_shake *x, const void *p, size_t len);

/* The next len bytes of output. Calls of any lengths give the same bytes as one call. */
void cv_shake_squeeze(struct cv_shake *x, uint8_t *out, size_t len);
void cv_shake_wipe(struct cv_shake *x);

/* One message and its output at once. out may be p's memory. */
void cv_shake128(uint8_t *out, size_t out_len, const void *p, size_t len);
void cv_shake256(uint8_t *out, size_t out_len, const void *p, size_t len);

/* The permutation Keccak-f[1600]: lane (x, y) is a[x + 5y]. FIPS 202 section 3.3. */
void cv_keccak_f1600(uint64_t a[25]);

#endif
