/* AES-128-GCM in little code, for firmware: bitsliced AES and multiplied GHASH on words of 32 bits, constant time,
 * without tables. */
#ifndef CV_GCM_SMALL_H
#define CV_GCM_SMALL_H

#include "crypto/aead.h"

extern const struct cv_aead cv_aes128_gcm_small;

#endif
