/* Early data: what a client sends in its first flight, under a key that only the resumed session gives, and
 * what a server does so that nobody can play it to it twice (RFC 9846 sections 2.3, 4.3.10, 4.6 and 8). */
#ifndef CV_TLS_EARLY_H
#define CV_TLS_EARLY_H

#include "tls/state.h"

/* --- client: reached through struct cv_features, and cv_client_ext_early_data --- */

struct cv_early_sender {
    /* May the application's early data go out with hs->session? Then hs->early_suite. */
    void (*plan)(struct cv_conn *c);
    /* Behind the ClientHello: the data, under its key. */
    cv_err (*send)(struct cv_conn *c);
    /* The server took none, as its ServerHello shows. What is sent next is in the clear until other keys are
     * installed. */
    void (*drop)(struct cv_conn *c);
    /* Behind the server's Finished, where it was accepted: EndOfEarlyData. */
    cv_err (*end)(struct cv_conn *c);
};
extern const struct cv_early_sender cv_early_sender;

/* --- server --- */

/* Accepts what the ClientHello announces, or has it passed over. With session, suite and ALPN chosen.
 * CV_WANT_SESSION. */
cv_err cv_server_judge_early(struct cv_conn *c);
/* Receives early data from now on, if it was accepted: the ClientHello is the transcript. */
void cv_server_note_early(struct cv_conn *c);
/* Counts what arrived; CV_E_UNEXPECTED_MESSAGE for more than the ticket allowed. */
cv_err cv_server_count_early(struct cv_conn *c, size_t len);
/* Passes over early data that was refused, within a bound (RFC 9846 4.3.10). */
cv_err cv_server_skip_early(struct cv_conn *c, size_t len);

#endif
