/* P-256 in little code, for firmware: key exchange and the verification of signatures in a third of what
 * ec_*.c take, and four times as slow. Constant time throughout. */
#ifndef CV_P256_SMALL_H
#define CV_P256_SMALL_H

#include "crypto/kex.h"
#include "crypto/sig.h"

extern const struct cv_group cv_group_p256_small;
cv_verify_fn cv_ecdsa_p256_verify_small;

#endif
