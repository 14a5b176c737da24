/* Reading the lists inside extensions. Internal to tls/. */
#ifndef CV_TLS_LISTS_H
#define CV_TLS_LISTS_H

#include "tls/messages.h"

/* Reads one structure from `in` and hands out the view of its content; the caller demands the end. All
 * are linear in the length. CV_E_TRUNCATED; CV_E_BAD_LENGTH for an empty list, an empty element, or half an
 * element. */
typedef cv_err cv_list_read_fn(struct cv_bytes *in, struct cv_bytes *out);

cv_list_read_fn cv_list_read_u8;           /* vec8 of u8, not empty */
cv_list_read_fn cv_list_read_u16_short;    /* vec8 of u16, not empty */
cv_list_read_fn cv_list_read_u16;          /* vec16 of u16, not empty */
cv_list_read_fn cv_list_read_vec8;         /* vec8 of bytes, may be empty */
cv_list_read_fn cv_list_read_protocols;    /* ALPN: vec16 of vec8; RFC 7301 3.1 */
cv_list_read_fn cv_list_read_one_protocol; /* the same with one element, handed out bare */
cv_list_read_fn cv_list_read_authorities;  /* vec16 of vec16; RFC 9846 4.3.4 */
cv_list_read_fn cv_list_read_scts;         /* vec16 of vec16 as it is, length and all; RFC 6962 3.3 */
cv_list_read_fn cv_list_read_cookie;       /* vec16, not empty; RFC 9846 4.3.2 */
cv_list_read_fn cv_list_read_one_byte;     /* these bytes, bare */
cv_list_read_fn cv_list_read_two_bytes;
cv_list_read_fn cv_list_read_nothing;      /* leaves `in` as it is: the body must be empty */

/* Where the content of an extension goes: `to` is the offset of a struct cv_bytes in the message's struct. */
struct cv_ext_field {
    enum cv_ext ext;
    size_t to; /* CV_EXT_ONLY_CHECK: nowhere */
    cv_list_read_fn *read;
};
#define CV_EXT_ONLY_CHECK SIZE_MAX

/* Reads each extension of `fields` that is there into its place in `msg`; the views of absent ones are
 * left as they are. CV_E_TRAILING_DATA if a body is not used up (RFC 9846 4.3). */
cv_err cv_ext_fields_read(void *msg, const struct cv_extensions *x, const struct cv_ext_field *fields,
                          size_t n_fields);

#endif
