/* How a client's handshake begins: its ClientHello, and the answer that says which version it is. What comes
 * then is client13.c's or client12.c's. */
#include "tls/client_hello.h"
#include "tls/early.h"
#include "tls/resume.h"

#include "crypto/base/secret.h"

#include <string.h>

static cv_err send_hello(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    const struct cv_features *f = c->config->features;
    struct cv_hs *hs = c->hs;
    cv_err e = f->resumption != NULL ? f->resumption->prepare(c) : CV_OK;
    if (cv_is_want(e)) *next = CV_CS_WANT_SESSION;
    if (e != CV_OK) return e;
    /* RFC 5246 7.4.1.2: without a session no ID; RFC 5077 3.4: beside a ticket it shows whether that was
     * taken */
    if (hs->session == NULL && !hs->compat) hs->session_id_len = c->session_id_len = 0;
    if (f->early != NULL) f->early->plan(c);
    if ((e = cv_client_hello_build(c)) != CV_OK) return e;
    if ((e = cv_client_hello_send(c)) != CV_OK) return e;
    *next = CV_CS_WAIT_SERVER_HELLO;
    return hs->early_suite != NULL ? f->early->send(c) : CV_OK;
}

static cv_err start(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    const struct cv_rng *rng = &c->config->port->rng;
    cv_err e;
    if ((e = cv_client_fresh_random(c)) != CV_OK) return e;
    /* RFC 9846 E.4: a session ID of our own makes the handshake look like a resumption to middleboxes */
    if ((e = cv_random(rng, hs->session_id, sizeof hs->session_id)) != CV_OK) return e;
    hs->session_id_len = sizeof hs->session_id;
    cv_secret_declassify(hs->session_id, sizeof hs->session_id); /* sent in the clear */
    memcpy(c->session_id, hs->session_id, sizeof c->session_id);
    c->session_id_len = hs->session_id_len;
    hs->compat = c->config->max_version >= CV_TLS13;
    if (hs->compat && (e = c->config->machines->client13->begin(c)) != CV_OK) return e;
    return send_hello(c, msg, next);
}

static cv_err server_hello(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_machines *m = c->config->machines;
    struct cv_server_hello sh;
    cv_err e = cv_server_hello_read(&sh, cv_msg_body(msg), c->hs->asked);
    if (e != CV_OK) return e;
    bool tls13 = sh.is_tls13 || sh.is_retry;
    /* RFC 9846 E.3: who has the session knew TLS 1.3 */
    if (!tls13 && c->hs->early_suite != NULL) return CV_E_NO_COMMON_VERSION;
    const struct cv_machine *machine = tls13 ? m->client13 : m->client12;
    return machine != NULL ? machine->server_hello(c, &sh, msg, next) : CV_E_NO_COMMON_VERSION;
}

#define TO(state) (1u << CV_CS_##state)

static const struct cv_edge edges[] = {
    {CV_CS_START, CV_MSG_NONE, CV_HASH_SELF, TO(WANT_SESSION) | TO(WAIT_SERVER_HELLO), start},
    {CV_CS_WANT_SESSION, CV_MSG_NONE, CV_HASH_SELF, TO(WANT_SESSION) | TO(WAIT_SERVER_HELLO), send_hello},
    {CV_CS_WAIT_SERVER_HELLO, CV_MSG_SERVER_HELLO, CV_HASH_SELF | CV_PROVISIONAL,
     TO(WAIT_SERVER_HELLO_RETRIED) | TO(WAIT_ENCRYPTED_EXTENSIONS) | 1u << CV_CS12_WANT_EXTENSION |
         1u << CV_CS12_WAIT_CERTIFICATE | 1u << CV_CS12_WAIT_TICKET | 1u << CV_CS12_WAIT_CCS,
     server_hello},
};
const struct cv_machine cv_machine_client = {
    .edges = edges,
    .n_edges = sizeof edges / sizeof edges[0],
};
