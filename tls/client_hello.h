/* Making a ClientHello: shares, the session to offer, the message and its binder. */
#ifndef CV_TLS_CLIENT_HELLO_H
#define CV_TLS_CLIENT_HELLO_H

#include "tls/state.h"

/* The group of ours with this number; NULL if we do not offer it. */
const struct cv_group *cv_client_find_group(const struct cv_conn *c, uint16_t id);
/* The suite of ours with this number and version. */
const struct cv_suite *cv_client_find_suite(const struct cv_conn *c, uint16_t id, bool tls12);
/* Notes the protocol that the server chose: CV_E_BAD_ALPN unless we offered it. */
cv_err cv_client_take_alpn(struct cv_conn *c, struct cv_bytes chosen);
/* A fresh key pair of the group into hs; the share is made again with the message. */
cv_err cv_client_make_share(struct cv_conn *c, const struct cv_group *group);
/* The same for the first group of ours, and a share for its part, too, if that is one of ours: a server that
 * does not know the hybrid needs no second round then. */
cv_err cv_client_predict_share(struct cv_conn *c);
/* The group that the server answered with; NULL if no share was sent for it. */
const struct cv_group *cv_client_shared_group(const struct cv_conn *c, uint16_t id);
/* Its secret, from the server's share; the private key is wiped. */
cv_err cv_client_finish_share(struct cv_conn *c, uint8_t *secret, struct cv_bytes server_share);
/* A kept session that may be offered to this server into hs->session, if there is one. CV_WANT_SESSION. */
cv_err cv_client_find_session(struct cv_conn *c);
/* TLS 1.2: the session's ID instead of a random one. */
void cv_client_offer_id(struct cv_conn *c);
/* A fresh random, and what RFC 8701 needs. */
cv_err cv_client_fresh_random(struct cv_conn *c);
/* Builds hs->client_hello; the second time with cookie and new share. */
cv_err cv_client_hello_build(struct cv_conn *c);
/* Puts hs->client_hello into the output as it is. */
cv_err cv_client_hello_send(struct cv_conn *c);

#endif
