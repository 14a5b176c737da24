/* The peer's certificates: who reads them, and judges them with x509. Two drivers, of which a program's
 * features name one; the linker leaves out the other.
 *
 * In memory (verify.c): the chain is kept as long as the connection, and a path is looked for. As they arrive
 * (verify_stream.c): nothing is kept but the leaf's key and the verdict; for clients that have
 * config->anchors, no revocation and no renegotiation. What comes then is refused: compressed certificates,
 * bare keys. */
#ifndef CV_TLS_PEER_CERTS_H
#define CV_TLS_PEER_CERTS_H

#include "tls/state.h"

struct cv_peer_certs {
    /* A Certificate message, or a compressed one; where it was taken in pieces, its end, and msg is empty.
     * hs->peer_key; the verdict, unless TLS 1.2 is still to bring a status. *empty: no certificate came. */
    cv_err (*recv)(struct cv_conn *c, struct cv_bytes msg, bool *empty);
    /* TLS 1.2: judges what recv got, now that its status has come or is seen not to come. */
    cv_err (*verify)(struct cv_conn *c);
    /* Takes over from hs->session what is known of the peer. */
    cv_err (*resume)(struct cv_conn *c);

    /* Certificate in pieces; NULL: it is joined first. Its length, then its body. What is wrong with it shows
     * in recv. */
    cv_err (*begin)(struct cv_conn *c, uint32_t body_len);
    void (*take)(struct cv_conn *c, struct cv_bytes part);
    void (*free)(struct cv_conn *c); /* hs->arriving */
};

extern const struct cv_peer_certs cv_certs_in_memory, cv_certs_as_they_arrive;

/* features->certificates; without them no certificate is taken: CV_E_UNEXPECTED_MESSAGE. */
static inline cv_err cv_peer_certs_recv(struct cv_conn *c, struct cv_bytes msg, bool *empty)
{
    const struct cv_peer_certs *certs = c->config->features->certificates;
    return certs != NULL ? certs->recv(c, msg, empty) : CV_E_UNEXPECTED_MESSAGE;
}

#endif
