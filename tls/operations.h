/* What an application may answer in the library's place, at once or later: signatures of a key that lies
 * elsewhere, which certificate is shown, sessions of a store, tickets.
 *
 * Each question returns CV_OK with its answer, the CV_WANT_… named beside it (the handshake is then
 * suspended: cv_conn_step returns the same, and its next call asks the same question again), or a failure,
 * which ends the handshake. *op is the question's own: NULL when it is first asked; the callback keeps there
 * by what it knows the question again, and puts NULL there when it answers. If the connection ends before
 * that, or memory does on the way to the callback, `abandon` is called with what lies there (where that is
 * not NULL; abandon may be).
 *
 * Questions are asked inside cv_conn_step and cv_conn_free, by several threads at once, and must not call
 * into the connection. Their views live as long as the call. */
#ifndef CV_TLS_OPERATIONS_H
#define CV_TLS_OPERATIONS_H

#include "crypto/sig.h"

struct cv_conn;
struct cv_identity;

typedef void cv_abandon_fn(void *ctx, void *op);

/* --- a private key that lies elsewhere --- */

struct cv_sign_request {
    uint16_t scheme;      /* SignatureScheme (RFC 9846 4.3.3) */
    enum cv_hash_id hash; /* of `input`; CV_HASH_NONE: the scheme signs the message itself */
    struct cv_bytes input;
};

struct cv_signer {
    void *ctx;
    /* sig has room for *sig_len bytes, which becomes the length written. A signature that the certificate's
     * key does not verify is CV_E_FAULT and never sent. CV_WANT_SIGNATURE. */
    cv_err (*sign)(void *ctx, void **op, uint8_t *sig, size_t *sig_len,
                   const struct cv_sign_request *request);
    cv_abandon_fn *abandon;
};

/* --- which of our certificates is shown --- */

struct cv_select_request {
    bool server;                 /* we are the server, and the client asks for `server_name` */
    uint16_t version;            /* CV_TLS12, CV_TLS13 */
    struct cv_bytes server_name; /* lower case; empty without one */
    struct cv_bytes schemes;     /* that the peer verifies: u16 each */
    struct cv_bytes authorities; /* CA names that the peer accepts, vec16 each; may be empty */
};

struct cv_selector {
    void *ctx;
    /* *identity, NULL at first, must outlive the handshake. NULL: the first of the configuration that fits,
     * as without a selector. CV_E_UNKNOWN_NAME refuses the name. CV_WANT_CERTIFICATE. */
    cv_err (*select)(void *ctx, void **op, const struct cv_identity **identity,
                     const struct cv_select_request *request);
    cv_abandon_fn *abandon;
};

/* --- tickets that others than our key ring seal --- */

struct cv_ticket_sealer {
    void *ctx;
    /* Writes a ticket (at most cap bytes) that stands for the session's bytes. Is not asked again: where it
     * fails or is not ready, the client gets no ticket. */
    cv_err (*seal)(void *ctx, uint8_t *ticket, size_t cap, size_t *ticket_len, struct cv_bytes session);
    /* The session's bytes again, at most cap. CV_E_BAD_PSK if it is no ticket of ours: the handshake goes on
     * without. CV_WANT_TICKET_KEY. */
    cv_err (*open)(void *ctx, void **op, uint8_t *session, size_t cap, size_t *session_len,
                   struct cv_bytes ticket);
    cv_abandon_fn *abandon;
};

/* --- the connection's side --- */

/* The question that was asked last and not answered yet. */
struct cv_question {
    void *op;
    void *ctx;
    cv_abandon_fn *abandon;
};

/* True for a code that suspends. */
static inline bool cv_is_want(cv_err e)
{
    return e > CV_WANT_INPUT && e <= CV_WANT_VERDICT;
}

#endif
