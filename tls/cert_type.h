/* Certificate types: X.509, or bare keys (RFC 7250), both versions. */
#ifndef CV_TLS_CERT_TYPE_H
#define CV_TLS_CERT_TYPE_H

#include "tls/state.h"

/* Client: what is offered; and what was chosen, in a full handshake. CV_E_CERT_TYPE,
 * CV_E_ILLEGAL_PARAMETER. */
void cv_cert_types_offer(struct cv_conn *c, struct cv_builder *b);
cv_err cv_cert_types_take_answer(struct cv_conn *c, const struct cv_extensions *x);

/* Server: the choice for a full handshake, and the extensions that tell it. CV_E_CERT_TYPE: there is no
 * common type. */
cv_err cv_cert_types_choose(struct cv_conn *c, const struct cv_extensions *x);
void cv_cert_types_answer(const struct cv_conn *c, struct cv_builder *b, const struct cv_extensions *x);
enum { CV_CERT_TYPES_MAX = 2 * (4 + 3) }; /* bytes of either's extensions */

/* Can this identity go as the type that was chosen? */
bool cv_cert_type_serves(const struct cv_conn *c, const struct cv_identity *identity);
/* Is the peer that a session knows of a type that is still taken, and its bare key still pinned? */
bool cv_cert_type_session_serves(const struct cv_conn *c, const struct cv_session *s);

/* A Certificate of TLS 1.2 with a bare key, or with none: *list is what cv_certificate12_parse would give. */
cv_err cv_raw_certificate12_parse(struct cv_bytes *list, size_t *n_certs, struct cv_bytes body);
/* The peer's bare key in peer_chain goes to hs->peer_key; pinned as params demand. */
cv_err cv_verify_raw_key(struct cv_conn *c);

#endif
