/* Which tickets were used for early data already (RFC 9846 sections 8.1 and 8.2): within one process, or by a
 * register that servers share. */
#ifndef CV_TLS_REPLAY_H
#define CV_TLS_REPLAY_H

#include "tls/operations.h"
#include "tls/port.h"

enum { CV_REPLAY_ID_LEN = 16, CV_REPLAY_WINDOW = 20 /* seconds in which a ClientHello counts as fresh */ };

/* A strike register. */
struct cv_replay_register {
    void *ctx;
    /* CV_OK: the ticket with this ID was never used before, and is noted as used now, in one step.
     * CV_E_BAD_PSK: it was, or that cannot be known; its early data is refused and the handshake goes on. A
     * note must live for CV_REPLAY_WINDOW seconds. created: of the ticket, seconds since 1970. A question:
     * CV_WANT_SESSION. */
    cv_err (*use)(void *ctx, void **op, const uint8_t id[CV_REPLAY_ID_LEN], int64_t created);
    cv_abandon_fn *abandon;
};

/* The register of one process: `max` notes (rounded up to a power of two) of 24 bytes, locked by the port.
 * Notes are kept for as long as there is room, and never dropped within the window: early data is refused
 * then. It is refused, too, within the window behind its making for tickets that are older than itself:
 * somebody else may have seen them used. */
struct cv_replay_notes;
cv_err cv_replay_notes_new(struct cv_replay_notes **out, const struct cv_port *port, size_t max);
void cv_replay_notes_free(struct cv_replay_notes *n); /* n may be NULL */
void cv_replay_register_in_notes(struct cv_replay_register *out, struct cv_replay_notes *n);

#endif
