/* UTF-16 as Windows writes it, and UTF-8 as everything else does. */
#ifndef CV_SSPI_UNICODE_H
#define CV_SSPI_UNICODE_H

#include "sspi/win.h"
#include "crypto/base/bytes.h"

/* Units before the terminator. */
size_t cv_wide_len(const WCHAR *s);

/* The next code point of s; advances *at by at least one. False for what is no UTF-8 (RFC 3629 section 3), or
 * a lone surrogate. */
bool cv_utf8_next(const char *s, size_t len, size_t *at, uint32_t *code);
bool cv_wide_next(const WCHAR *s, size_t n_units, size_t *at, uint32_t *code);
/* A code point as UTF-8 or UTF-16; returns how many bytes or units that is. */
size_t cv_utf8_put(char out[4], uint32_t code);
size_t cv_wide_put(WCHAR out[2], uint32_t code);

/* Writes UTF-8 with a terminator; *out_len does not count it. CV_E_BAD_NAME for a lone surrogate,
 * CV_E_BUFFER_TOO_SMALL. cap of 3 bytes a unit and one more always suffices. */
cv_err cv_utf8_from_wide(char *out, size_t cap, size_t *out_len, const WCHAR *s, size_t n_units);

/* Writes UTF-16 with a terminator; *n_out does not count it. CV_E_BAD_NAME where it is not UTF-8,
 * CV_E_BUFFER_TOO_SMALL. cap of one unit a byte and one more always suffices. */
cv_err cv_wide_from_utf8(WCHAR *out, size_t cap, size_t *n_out, const char *s, size_t len);

/* ASCII into units, terminated and cut to cap. */
void cv_wide_ascii(WCHAR *out, size_t cap, const char *s);

/* True if both are equal when ASCII letters are folded. n_units of s, no terminator. */
bool cv_wide_is(const WCHAR *s, size_t n_units, const char *ascii);
bool cv_ascii_is(const char *s, const char *other);

#endif
