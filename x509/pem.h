/* PEM (RFC 7468), read strictly enough to be safe and loosely enough for what people have. */
#ifndef CV_X509_PEM_H
#define CV_X509_PEM_H

#include "crypto/base/bytes.h"

/* Finds the next block in `text`, which advances behind it. label and body are views into the text: the
 * words between "-----BEGIN " and "-----", and what stands between the lines, still base64.
 * CV_WANT_INPUT if there is no further block; CV_E_DECODE if one begins and has no proper end. */
cv_err cv_pem_next(struct cv_bytes *text, struct cv_bytes *label, struct cv_bytes *body);

/* Decodes base64 with white space between; out needs 3 bytes for each 4 of the body and may be the body's
 * own memory. CV_E_DECODE for other characters or wrong padding; CV_E_BUFFER_TOO_SMALL. */
cv_err cv_base64_decode(uint8_t *out, size_t cap, size_t *out_len, struct cv_bytes body);

#endif
