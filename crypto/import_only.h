/* Ciphers for import only: old files with keys are encrypted with them, and reading those is all that they
 * are for. No suite has them, and nothing of ours is ever encrypted with them. */
#ifndef CV_IMPORT_ONLY_H
#define CV_IMPORT_ONLY_H

#include "crypto/base/bytes.h"

enum { CV_IMPORT_BLOCK_LEN = 8, CV_3DES_KEY_LEN = 24, CV_RC2_KEY_MAX = 128 };

/* Both decrypt n_blocks in CBC mode from src to dst, the same memory or none of it. Constant time in key and
 * data. */

/* Three keys of DES (NIST SP 800-67); their parity bits do not count. */
void cv_import_3des_cbc_decrypt(uint8_t *dst, const uint8_t *src, size_t n_blocks,
                                const uint8_t key[CV_3DES_KEY_LEN], const uint8_t iv[CV_IMPORT_BLOCK_LEN]);

/* RC2 (RFC 2268) with a key of 1 to CV_RC2_KEY_MAX bytes, of which effective_bits (1 to 1024) count. */
void cv_import_rc2_cbc_decrypt(uint8_t *dst, const uint8_t *src, size_t n_blocks, struct cv_bytes key,
                               unsigned effective_bits, const uint8_t iv[CV_IMPORT_BLOCK_LEN]);

#endif
