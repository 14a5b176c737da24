/* Two connections joined by memory, with configurations from test/pki/tls, for tests of the engine. */
#ifndef CV_TEST_TLS_FIXTURE_H
#define CV_TEST_TLS_FIXTURE_H

#include "port_test.h"
#include "tls/conn.h"

struct identity_file {
    struct cv_identity identity;
    struct cv_bytes chain[4];
    uint8_t der[8192];
};

struct side {
    struct test_port port;
    struct cv_algorithms algorithms;
    struct cv_config config;
    struct identity_file own;
    struct cv_trust_store trust;
    struct cv_cert root;
    uint8_t root_der[1024];
    struct cv_conn_params params;
    struct cv_conn *conn;
};

struct pair {
    struct side client, server;
};

/* kind: "p256", "p384", "ed25519", "rsa"; the server's certificate. Groups are X25519, P-256, P-384, not the
 * defaults with their hybrids. Sessions and tickets are on. Change
 * configuration and parameters before pair_connect. */
void pair_init(struct pair *p, const char *kind);
/* Loads the client's certificate. */
void pair_client_identity(struct pair *p, const char *kind);
/* New connections on both sides; the handshake is run, client and server each until it has nothing to say.
 * The first error of either side, or CV_OK. */
cv_err pair_connect(struct pair *p);
cv_err pair_new(struct pair *p);
/* Moves output to and fro until both are silent. */
cv_err pair_run(struct pair *p);
/* One token of `from` to `to`, whole; CV_OK if there was nothing. Leaves what was not consumed to the buffer.
 */
cv_err pair_move(struct side *from, struct side *to);
/* Sends data from one to the other and compares what arrives; records that are no data are passed over. */
void pair_send(struct side *from, struct side *to, const char *data);
void pair_close(struct pair *p); /* frees the connections */
void pair_free(struct pair *p);  /* and everything else; fails the test if memory is left */

#endif
