/* X25519 (RFC 7748), the bare function; crypto/kex.h has it as a TLS group. */
#ifndef CV_X25519_H
#define CV_X25519_H

#include "crypto/base/err.h"

#include <stdint.h>

enum { CV_X25519_LEN = 32 };

/* secret = X25519(scalar, u). Constant time in the scalar and in the point. The scalar is clamped here.
 * CV_E_BAD_KEY_SHARE if the result is zero, u being of small order (RFC 7748 section 6.1, RFC 9846
 * section 7.4.2): secret is zeros then. secret may be scalar or u. */
cv_err cv_x25519(uint8_t secret[32], const uint8_t scalar[32], const uint8_t u[32]);

/* The share that belongs to a private key: X25519(scalar, 9). */
void cv_x25519_share(uint8_t share[32], const uint8_t scalar[32]);

#endif
