/* A client's certificate: in the handshake, of either version, and later (RFC 9846 4.4.2, 4.7.2). Reached
 * through struct cv_features alone; a program without it answers requests with an empty Certificate. */
#ifndef CV_TLS_CLIENT_AUTH_H
#define CV_TLS_CLIENT_AUTH_H

#include "tls/state.h"

struct cv_client_proof {
    /* The body of the handshake's CertificateRequest, by version: what it asks for is kept. */
    cv_err (*request)(struct cv_conn *c, struct cv_bytes body);
    cv_err (*request12)(struct cv_conn *c, struct cv_bytes body);
    /* c->identity, NULL if none fits. CV_WANT_CREDENTIAL, CV_WANT_CERTIFICATE. */
    cv_err (*choose)(struct cv_conn *c);
    /* Certificate and, with an identity, CertificateVerify. CV_WANT_SIGNATURE: the next call sends the rest.
     */
    cv_err (*send)(struct cv_conn *c);
    /* TLS 1.2: they are apart. */
    cv_err (*send_certificate12)(struct cv_conn *c);
    cv_err (*send_verify12)(struct cv_conn *c);
    /* After the handshake: keeps what a later request needs; takes one; answers those that were taken. */
    cv_err (*keep_transcript)(struct cv_conn *c);
    cv_err (*later_request)(struct cv_conn *c, struct cv_bytes msg);
    cv_err (*answer_stored)(struct cv_conn *c);
};
extern const struct cv_client_proof cv_client_proof;

#endif
