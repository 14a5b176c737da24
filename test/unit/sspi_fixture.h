/* A client and a server that speak through the SSPI functions, joined by memory. */
#ifndef CV_TEST_SSPI_FIXTURE_H
#define CV_TEST_SSPI_FIXTURE_H

#include "port_test.h"
#include "sspi/win.h"

enum { SSPI_CAP = 1 << 17 };

/* One side. Change what is set by sspi_open before sspi_acquire and the first call. */
struct sspi_end {
    bool server;
    CredHandle cred;
    CtxtHandle ctx;
    bool has_cred, has_ctx;
    ULONG req, attributes;
    TimeStamp expiry;
    char *target;
    DWORD cred_flags, lifespan;
    TLS_PARAMETERS *params;
    PCCERT_CONTEXT cert; /* for the credential; freed by sspi_close */
    HCERTSTORE roots;
    const char *alpn; /* comma-separated; NULL: none */

    /* Of the last call. */
    SECURITY_STATUS status;
    uint8_t out[SSPI_CAP];
    size_t out_len, extra, missing;
    uint8_t alert[2];
    size_t alert_len;

    uint8_t in[SSPI_CAP]; /* from the peer, not yet consumed */
    size_t in_len;
};

struct sspi_pair {
    struct test_port port;
    struct sspi_end client, server;
};

/* The library runs on a port of the test. The server has the certificate of test/pki/tls with this kind of
 * key and the client trusts its root. */
void sspi_open(struct sspi_pair *p, const char *kind);
/* Deletes what there is; fails the test if memory, handles or locks are left. */
void sspi_close(struct sspi_pair *p);

/* As teardown: lets go of what a failed test left, so that the next one can run. */
void sspi_give_up(struct sspi_pair *p);

PCCERT_CONTEXT sspi_cert(const char *stem);
HCERTSTORE sspi_roots(void);

/* SCH_CREDENTIALS from the fields of e. */
SECURITY_STATUS sspi_acquire(struct sspi_end *e);

/* One ISC or ASC with the first len bytes of `token` (NULL: no input descriptor). Output buffers are the
 * caller's, out_cap bytes (SSPI_CAP for all of e->out). A copy of the token is compared afterwards: the call
 * may not have changed it. */
SECURITY_STATUS sspi_call(struct sspi_end *e, const uint8_t *token, size_t len, size_t out_cap);

/* A call with what lies in e->in; what was consumed is taken out of it, and the output goes to `peer`. */
SECURITY_STATUS sspi_turn(struct sspi_end *e, struct sspi_end *peer);
/* Credentials where there are none, then the handshake until both are done or one fails; the status of who
 * failed, or SEC_E_OK. */
SECURITY_STATUS sspi_connect(struct sspi_pair *p);
/* Deletes both contexts. */
void sspi_drop(struct sspi_pair *p);

/* EncryptMessage; the record goes to peer->in. */
SECURITY_STATUS sspi_send(struct sspi_end *e, struct sspi_end *peer, const void *data, size_t len);
/* DecryptMessage on e->in, in place. bufs has 4 buffers and is for looking at. */
SECURITY_STATUS sspi_decrypt(struct sspi_end *e, SecBuffer bufs[4]);
/* Receives one piece of data, following SEC_I_RENEGOTIATE as the contract says: the record and what is behind
 * it go to ISC or ASC. Returns the data's length in *len; it lies in `data`. */
SECURITY_STATUS sspi_receive(struct sspi_end *e, struct sspi_end *peer, uint8_t *data, size_t cap,
                             size_t *len);
/* Sends a text and compares what arrives. */
void sspi_exchange(struct sspi_end *from, struct sspi_end *to, const char *text);

/* ApplyControlToken(SCHANNEL_SHUTDOWN) and the call that makes the token, which goes to the peer. */
SECURITY_STATUS sspi_shutdown(struct sspi_end *e, struct sspi_end *peer);

#endif
