/* The client's half of resumption, and of keys that were known before: what it offers, what the server took,
 * what is kept for the next time (RFC 9846 2.2, 4.3.11, 4.7.1; RFC 5077). Reached through struct cv_features
 * alone. */
#ifndef CV_TLS_RESUME_H
#define CV_TLS_RESUME_H

#include "tls/state.h"

struct cv_resumption {
    /* Before the first ClientHello: a session that serves, and the keys of the configuration, into hs.
     * CV_WANT_SESSION. */
    cv_err (*prepare)(struct cv_conn *c);

    /* pre_shared_key, which ends a ClientHello: the most bytes that it takes; how many it will, with
     * hs->offered settled; the extension with binders of zeros; and the binders, once the message is whole.
     */
    size_t (*room)(const struct cv_conn *c);
    size_t (*settle)(struct cv_conn *c);
    void (*offer)(struct cv_conn *c, struct cv_builder *b);
    void (*sign)(const struct cv_conn *c, struct cv_builder *b);

    /* What ServerHello says about it: hs->psk. CV_E_BAD_PSK. */
    cv_err (*take)(struct cv_conn *c, const struct cv_server_hello *sh);
    /* TLS 1.2: the server echoed the ID of our ClientHello. CV_E_BAD_SESSION_ID where that stands for no
     * session. */
    cv_err (*take12)(struct cv_conn *c, const struct cv_server_hello *sh);
    /* Takes over from hs->session what is known of the peer. */
    cv_err (*peer)(struct cv_conn *c);
    /* A NewSessionTicket's body, by version; the end of a handshake of TLS 1.2. */
    cv_err (*ticket)(struct cv_conn *c, struct cv_bytes body);
    cv_err (*ticket12)(struct cv_conn *c, struct cv_bytes body);
    cv_err (*keep12)(struct cv_conn *c);
    /* This connection's sessions are resumed no more. */
    void (*drop)(struct cv_conn *c);
};
extern const struct cv_resumption cv_resumption;

#endif
