/* SHA-256 in little code, for firmware. */
#ifndef CV_SHA256_SMALL_H
#define CV_SHA256_SMALL_H

#include "crypto/hash.h"

extern const struct cv_hash cv_sha256_small;

#endif
