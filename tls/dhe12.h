/* DHE of TLS 1.2 with the groups of RFC 7919. Reached through the suites that have it alone. */
#ifndef CV_TLS_DHE12_H
#define CV_TLS_DHE12_H

#include "tls/state.h"

struct cv_dhe12 {
    /* Client: ServerKeyExchange's body to *m and c->group, the share as the group wants it: it may lie in
     * padded. CV_E_UNNAMED_GROUP. */
    cv_err (*read)(struct cv_conn *c, struct cv_server_key_exchange *m, struct cv_bytes body,
                   uint8_t padded[CV_KEX_SECRET_MAX]);
    /* RFC 5246 8.1.2: the bytes of a shared secret that the master secret is made without. */
    size_t (*leading_zeros)(const uint8_t *secret, size_t len);
};

#endif
