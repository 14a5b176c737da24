/* Building DER backwards: the end of an element first, so that lengths are known when headers are written. */
#ifndef CV_SSPI_DER_WRITE_H
#define CV_SSPI_DER_WRITE_H

#include "x509/der.h"

/* After the first failure every call does nothing but count. With cap 0 and p NULL everything only counts. */
struct cv_der_out {
    uint8_t *p;
    size_t cap, len; /* what is built stands in the last len bytes */
};

/* Whether all fitted; the result then. */
bool cv_der_out_done(const struct cv_der_out *o, struct cv_bytes *out);

void cv_der_put(struct cv_der_out *o, const void *p, size_t len);
void cv_der_put_u8(struct cv_der_out *o, uint8_t b);
/* Puts a header in front of all that was put since `o->len` was `mark`. */
void cv_der_wrap(struct cv_der_out *o, uint8_t tag, size_t mark);
/* A whole element. */
void cv_der_put_element(struct cv_der_out *o, uint8_t tag, struct cv_bytes content);
/* A number that is not negative, big-endian; leading zero bytes are dropped. */
void cv_der_put_uint(struct cv_der_out *o, struct cv_bytes n);
/* A number that is not negative, little-endian, as wincrypt.h has them. */
void cv_der_put_uint_le(struct cv_der_out *o, const uint8_t *p, size_t len);
/* An OID from "1.2.840"; false if the text is none. */
bool cv_der_put_oid(struct cv_der_out *o, const char *text);
/* UTCTime until 2049, then GeneralizedTime (RFC 5280 4.1.2.5); seconds since 1970-01-01 UTC. */
void cv_der_put_time(struct cv_der_out *o, int64_t seconds);

#endif
