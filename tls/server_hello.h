/* What the server does about a ClientHello whatever the version. */
#ifndef CV_TLS_SERVER_HELLO_H
#define CV_TLS_SERVER_HELLO_H

#include "tls/state.h"

/* Keeps the message for as long as its answer takes, and parses it into hs->hello, which views it. */
cv_err cv_server_keep_hello(struct cv_conn *c, struct cv_bytes msg);
/* Takes from the hello what outlives it. CV_E_UNKNOWN_NAME. */
cv_err cv_server_note_hello(struct cv_conn *c, const struct cv_client_hello *ch);
/* The name that the client asks for; false without one. */
bool cv_server_host(const struct cv_conn *c, struct cv_host *host);
/* Our first protocol that the client offers; CV_E_NO_COMMON_ALPN if it offers others only. */
cv_err cv_server_pick_alpn(struct cv_conn *c, const struct cv_client_hello *ch);
/* May this session stand for a full handshake of now? Version and suite are the caller's checks. */
bool cv_server_session_serves(const struct cv_conn *c, const struct cv_session *s);
/* The ALPN extension with the protocol chosen. */
void cv_server_build_alpn(const struct cv_conn *c, struct cv_builder *b);

#endif
