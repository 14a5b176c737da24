/* Reading strict DER (X.690 sections 8, 10, 11): definite, minimal lengths, low tag numbers, one form for
 * each value.
 *
 * A struct cv_bytes is the reader, as in crypto/base/bytes.h; each function takes one element from its
 * front. All but cv_der_check return CV_E_CERT_DER where the encoding is at fault and CV_E_CERT_SYNTAX
 * where another element stands than was asked for; after a failure the reader's position is unspecified. */
#ifndef CV_X509_DER_H
#define CV_X509_DER_H

#include "crypto/base/bytes.h"

enum {
    CV_DER_BOOLEAN = 0x01,
    CV_DER_INTEGER = 0x02,
    CV_DER_BIT_STRING = 0x03,
    CV_DER_OCTET_STRING = 0x04,
    CV_DER_NULL = 0x05,
    CV_DER_OID = 0x06,
    CV_DER_ENUMERATED = 0x0a,
    CV_DER_UTF8 = 0x0c,
    CV_DER_PRINTABLE = 0x13,
    CV_DER_TELETEX = 0x14,
    CV_DER_IA5 = 0x16,
    CV_DER_UTC_TIME = 0x17,
    CV_DER_GENERALIZED_TIME = 0x18,
    CV_DER_UNIVERSAL = 0x1c,
    CV_DER_BMP = 0x1e,
    CV_DER_SEQUENCE = 0x30,
    CV_DER_SET = 0x31,
    CV_DER_CONTEXT = 0x80,     /* [n] IMPLICIT of a primitive type: CV_DER_CONTEXT | n */
    CV_DER_CONTEXT_CON = 0xa0, /* [n] EXPLICIT, or IMPLICIT of a constructed type */
};

enum { CV_DER_DEPTH_MAX = 16 };

/* Demands that `der` is exactly one element, and DER all the way down, at most CV_DER_DEPTH_MAX levels;
 * the content of context tags is checked for structure only. CV_E_CERT_DER otherwise. Linear time. */
cv_err cv_der_check(struct cv_bytes der);

/* X.690 10.2: strings are primitive; of the universal types only a few are constructed. */
bool cv_der_form_ok(uint8_t tag);

/* True if the next element has this tag. */
bool cv_der_next_is(struct cv_bytes in, uint8_t tag);

/* Any element: its tag and its content. */
cv_err cv_der_any(struct cv_bytes *in, uint8_t *tag, struct cv_bytes *content);

/* An element with this tag: its content. */
cv_err cv_der_read(struct cv_bytes *in, uint8_t tag, struct cv_bytes *content);

/* As cv_der_read, but the whole element with its header. */
cv_err cv_der_whole(struct cv_bytes *in, uint8_t tag, struct cv_bytes *whole);

/* As cv_der_read where the next element has this tag; otherwise nothing is taken and content->p is NULL. */
cv_err cv_der_optional(struct cv_bytes *in, uint8_t tag, struct cv_bytes *content);

/* Nothing may be left: CV_E_CERT_SYNTAX. */
cv_err cv_der_end(struct cv_bytes in);

cv_err cv_der_bool(struct cv_bytes *in, bool *out);

/* An INTEGER that is not negative, without the zero byte of its sign; zero is one zero byte. */
cv_err cv_der_uint(struct cv_bytes *in, struct cv_bytes *out);

/* The bits of such a number, without its leading zeros. */
size_t cv_uint_bits(struct cv_bytes n);

/* An INTEGER from 0 to 2^32 - 1, or its content alone (for IMPLICIT tags). */
cv_err cv_der_uint32(struct cv_bytes *in, uint32_t *out);
cv_err cv_der_uint32_content(struct cv_bytes content, uint32_t *out);

/* A BIT STRING: its bytes, and how many bits of the last one (0 to 7, all zero) do not count. */
cv_err cv_der_bit_string(struct cv_bytes *in, struct cv_bytes *bytes, uint8_t *n_unused);

/* The same from its content alone (for IMPLICIT tags). */
cv_err cv_der_bit_string_content(struct cv_bytes content, struct cv_bytes *bytes, uint8_t *n_unused);

/* UTCTime or GeneralizedTime in the forms of RFC 5280 4.1.2.5 (seconds given, Z at the end, no
 * fraction), in seconds since 1970-01-01 UTC. *is_proper is false for a GeneralizedTime before 2050. */
cv_err cv_der_time(struct cv_bytes *in, int64_t *seconds, bool *is_proper);

#endif
