/* BER (X.690 section 8) made DER as far as structure goes, for the import of PKCS#12: NSS, Bouncy Castle and
 * older Windows write indefinite lengths, long forms of short lengths, and octet strings in pieces. What goes
 * over a network is never read this way. */
#ifndef CV_X509_BER_H
#define CV_X509_BER_H

#include "crypto/base/bytes.h"

/* The memory in which any ber_len bytes fit when they are made DER: a definite length can be longer than an
 * indefinite one with its end, by at most two bytes where 64 KiB or more are in it, on each of 16 levels. */
static inline size_t cv_ber_memory_len(size_t ber_len)
{
    return ber_len + ber_len / 2048;
}

/* Writes the one element that `ber` is, with definite and minimal lengths, octet strings in one piece; the
 * content of what is primitive stays as it is. Strings under tags of their context stay in their pieces: only
 * who knows the type can tell. What is DER stays as it is. out must not overlap ber. CV_E_CERT_DER for
 * anything else, for more than CV_DER_DEPTH_MAX levels and for tag numbers of more than one byte;
 * CV_E_BUFFER_TOO_SMALL. Each byte is copied once and moved once a level at most. */
cv_err cv_ber_to_der(uint8_t *out, size_t cap, size_t *out_len, struct cv_bytes ber);

#endif
