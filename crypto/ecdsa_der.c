#include "crypto/ecdsa_der.h"

enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30, DER_LONG_1 = 0x81 /* the length is in the next byte */ };

static bool read_integer(struct cv_bytes *in, struct cv_bytes *content)
{
    uint8_t tag, first;
    if (cv_read_u8(in, &tag) != CV_OK || tag != DER_INTEGER) return false;
    /* A length byte above 0x7f would ask for more than there is. */
    if (cv_read_vec8(in, content) != CV_OK) return false;
    struct cv_bytes rest = *content;
    if (cv_read_u8(&rest, &first) != CV_OK || first >= 0x80) return false;
    if (first != 0) return true;
    *content = rest;
    return cv_read_u8(&rest, &first) == CV_OK && first >= 0x80;
}

bool cv_ecdsa_der_read(struct cv_bytes sig, struct cv_bytes *r, struct cv_bytes *s)
{
    struct cv_bytes body;
    uint8_t tag, len;
    if (cv_read_u8(&sig, &tag) != CV_OK || tag != DER_SEQUENCE) return false;
    if (cv_read_u8(&sig, &len) != CV_OK) return false;
    if (len >= 0x80) {
        if (len != DER_LONG_1 || cv_read_u8(&sig, &len) != CV_OK || len < 0x80) return false;
    }
    if (cv_read_bytes(&sig, len, &body) != CV_OK || cv_read_end(sig) != CV_OK) return false;
    return read_integer(&body, r) && read_integer(&body, s) && cv_read_end(body) == CV_OK;
}
