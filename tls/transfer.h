/* An established connection as bytes, so that another process can go on with it. */
#ifndef CV_TLS_TRANSFER_H
#define CV_TLS_TRANSFER_H

#include "tls/conn.h"

/* Writes keys, sequence numbers and what cv_conn_info tells; not our own certificate, nor what a
 * renegotiation or post-handshake authentication would need. The bytes hold secrets, and whoever has them
 * reads the connection: they are to be sealed, and the memory to be wiped. The connection must not go on
 * beside a copy of it, for nonces would repeat: cv_conn_retire follows. CV_E_UNSUPPORTED unless the handshake
 * is done and nothing is under way: no message in parts, no request, no output. Else why it is dead;
 * CV_E_BUFFER_TOO_SMALL. */
cv_err cv_conn_save(struct cv_conn *c, struct cv_builder *b);
/* The most bytes that it writes. */
size_t cv_conn_saved_max(struct cv_conn *c);

/* Wipes the keys: CV_E_DEAD from now on, but for cv_conn_info. Not while cv_conn_open runs. */
void cv_conn_retire(struct cv_conn *c);

/* A connection that goes on where the saved one stood, with a configuration that has its suite: nothing else
 * of it is used but port and lists. Session tickets are passed over. CV_E_NO_COMMON_SUITE; CV_E_DECODE where
 * the bytes are of another version of this format; CV_E_NO_MEMORY. */
cv_err cv_conn_revive(struct cv_conn **out, const struct cv_config *config, struct cv_bytes saved);

#endif
