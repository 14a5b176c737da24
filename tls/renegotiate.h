/* Renegotiation of TLS 1.2 (RFC 5746). A client reaches it through struct cv_features alone; without it,
 * HelloRequest is passed over. */
#ifndef CV_TLS_RENEGOTIATE_H
#define CV_TLS_RENEGOTIATE_H

#include "tls/state.h"

struct cv_renegotiation {
    /* What the peer says in renegotiation_info in a handshake that is not the first. */
    struct cv_bytes (*said)(const struct cv_conn *c, uint8_t out[2 * CV_VERIFY_DATA_LEN]);
    /* A HelloRequest came; its answer, which waits for cv_conn_step; our own wish. */
    cv_err (*request)(struct cv_conn *c, struct cv_bytes msg);
    cv_err (*answer_stored)(struct cv_conn *c);
    cv_err (*begin)(struct cv_conn *c);
    cv_err (*certificate)(struct cv_conn *c, struct cv_bytes msg, bool *empty);
    /* The peer does not want what our ClientHello began. */
    void (*give_up)(struct cv_conn *c);
};
extern const struct cv_renegotiation cv_renegotiation;

/* --- both roles --- */

/* The configuration wants it, the peer knows RFC 5746 and the extended master secret, and the application
 * protocol is not HTTP/2 (RFC 9113 9.2.1). */
bool cv_renegotiation_allowed(const struct cv_conn *c);
struct cv_bytes cv_renegotiation_said(const struct cv_conn *c, uint8_t out[2 * CV_VERIFY_DATA_LEN]);
/* The handshake begins anew: forgets what of the last one the next one decides. */
void cv_renegotiation_begin(struct cv_conn *c);
/* HelloRequest, or a ClientHello that is not welcome: it waits for cv_conn_step. */
cv_err cv_renegotiation_request(struct cv_conn *c, struct cv_bytes msg);
/* The warning that nobody wants it. */
cv_err cv_send_no_renegotiation(struct cv_conn *c);
/* Certificate; in a renegotiation the peer's must be the one that it had (CV_E_IDENTITY_CHANGED), if it had
 * any. */
cv_err cv_recv_certificate12(struct cv_conn *c, struct cv_bytes msg, bool *empty);

#endif
