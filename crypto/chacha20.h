/* The ChaCha20 stream cipher. RFC 8439 section 2.4. */
#ifndef CV_CHACHA20_H
#define CV_CHACHA20_H

#include <stddef.h>
#include <stdint.h>

/* dst = src XOR key stream, from block `counter` on. dst is src itself, or does not overlap it.
 * The counter wraps at 2^32 blocks: len must not reach past that. */
void cv_chacha20_xor(uint8_t *dst, const uint8_t *src, size_t len, const uint8_t key[32],
                     const uint8_t nonce[12], uint32_t counter);

#endif
