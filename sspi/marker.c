/* Records that DecryptMessage has opened and ISC is to see: outer type 22, plaintext in place, and a random
 * number in the last bytes, where the tag was. Their content is never read again. */
#include "sspi/context.h"

#include <string.h>

enum { RECORD_HANDSHAKE = 22 };

cv_err cv_marker_put(struct cv_context *cx, uint8_t *rec, size_t rec_len)
{
    if (rec_len < CV_RECORD_HEADER_LEN + CV_MARKER_LEN) return CV_E_INTERNAL;
    if (!cx->has_marker) {
        cv_err e = cv_random(&cv_library()->port->rng, cx->marker, sizeof cx->marker);
        if (e != CV_OK) return e;
        cx->has_marker = true;
    }
    rec[0] = RECORD_HANDSHAKE;
    memcpy(rec + rec_len - CV_MARKER_LEN, cx->marker, CV_MARKER_LEN);
    return CV_OK;
}

size_t cv_marker_find(const struct cv_context *cx, struct cv_bytes in)
{
    uint8_t type;
    uint16_t version;
    struct cv_bytes body;
    size_t all = in.len;
    if (!cx->has_marker || cv_read_u8(&in, &type) != CV_OK || type != RECORD_HANDSHAKE) return 0;
    if (cv_read_u16(&in, &version) != CV_OK || cv_read_vec16(&in, &body) != CV_OK) return 0;
    if (body.len < CV_MARKER_LEN) return 0;
    struct cv_bytes tail = cv_bytes(body.p + body.len - CV_MARKER_LEN, CV_MARKER_LEN);
    return cv_bytes_equal(tail, cv_bytes(cx->marker, CV_MARKER_LEN)) ? all - in.len : 0;
}
