/* The encoding of ECDSA signatures (RFC 3279 section 2.2.3). */
#ifndef CV_ECDSA_DER_H
#define CV_ECDSA_DER_H

#include "crypto/base/bytes.h"

/* Takes Ecdsa-Sig-Value apart: two positive INTEGERs in their shortest form (X.690 8.3.2), without the zero
 * byte of their sign; of how many bytes is not looked at. Public. False where it is not one, to the byte. */
bool cv_ecdsa_der_read(struct cv_bytes sig, struct cv_bytes *r, struct cv_bytes *s);

#endif
