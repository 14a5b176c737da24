/* Cryptography that is none, so that a fuzzer gets through a handshake: descriptors for a configuration of
 * its own. Encryption copies and ignores tags, every signature verifies, every digest is the same (and with
 * it every MAC, Finished and binder), key exchange gives zeros. */
#ifndef CV_TEST_FUZZ_NULL_H
#define CV_TEST_FUZZ_NULL_H

#include "tls/suite.h"

enum { NULL_DIGEST_BYTE = 0x46, NULL_TAG_BYTE = 0x54 };

extern const struct cv_hash null_hash; /* calls itself SHA-256 */
extern const struct cv_aead null_aead; /* tag of 16 bytes */

/* Counts its calls in null_n_verified. */
extern cv_verify_fn null_verify;
extern uint32_t null_n_verified;

/* Lists with the numbers and names of the real ones, of which they keep the order. */
void null_algorithms(struct cv_algorithms *out);
/* Only key exchange and signatures: a handshake costs little, records are protected. */
void null_public_key_algorithms(struct cv_algorithms *out);

/* A hybrid, whose share is its part's, too. */
extern const struct cv_group null_hybrid, null_hybrid_part;

#endif
