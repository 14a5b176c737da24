/* X448 (RFC 7748), the bare function; crypto/kex.h has it as a TLS group. */
#ifndef CV_X448_H
#define CV_X448_H

#include "crypto/base/err.h"

#include <stdint.h>

enum { CV_X448_LEN = 56 };

/* secret = X448(scalar, u). Constant time in the scalar and in the point. The scalar is clamped here.
 * CV_E_BAD_KEY_SHARE if the result is zero, u being of small order (RFC 7748 section 6.2, RFC 9846
 * section 7.4.2): secret is zeros then. secret may be scalar or u. */
cv_err cv_x448(uint8_t secret[CV_X448_LEN], const uint8_t scalar[CV_X448_LEN], const uint8_t u[CV_X448_LEN]);

#endif
