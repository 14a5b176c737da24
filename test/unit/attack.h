/* What the tests of attacks share: one engine against one scripted peer, and what a refusal must look like.
 */
#ifndef CV_TEST_ATTACK_H
#define CV_TEST_ATTACK_H

#include "peer.h"
#include "tls/alert.h"

extern struct pair pair;
extern struct peer peer; /* its bytes are public to the test, above all peer.msg */

/* Configurations for an engine of this role; they may be changed before attack_begin. */
void attack_prepare(enum cv_role engine);
/* The engine is made; a client has sent its hello, which the peer has read. */
struct cv_conn *attack_begin(void);
struct cv_conn *attack_start(enum cv_role engine);     /* both */
struct cv_conn *attack_connected(enum cv_role engine); /* and the handshake */
void attack_end(void);

struct cv_conn *attack_engine(void);
/* A session that the engine (a client) will offer, or (a server) accept; the peer knows its secret. */
struct cv_session *attack_session(void);

/* The engine is given what the peer has sent. */
cv_err attack_deliver(void);
/* Application data goes in by cv_conn_open. */
cv_err attack_open(struct cv_opened *out);
void attack_accepts(void);
/* It fails with this error, sends this alert (CV_NO_ALERT: none), and is dead: every later call fails alike
 * and yields nothing. */
void attack_refuses(cv_err want, int alert);
void attack_refuses_open(cv_err want, int alert);
/* The same, once the error is there. */
void attack_is_dead(cv_err got, cv_err want, int alert);
/* The handshake is over on both sides with the same keys. */
void attack_is_connected(bool resumed);

#endif
