/* Renegotiation of TLS 1.2 (RFC 5746), as far as both roles do the same. */
#include "tls/renegotiate.h"

#include "tls/alert.h"
#include "tls/client_hello.h"
#include "tls/peer_certs.h"

#include <string.h>

bool cv_renegotiation_allowed(const struct cv_conn *c)
{
    static const uint8_t h2[] = {'h', '2'};
    return c->config->renegotiation && c->established && c->secure_renegotiation &&
           c->extended_master_secret && !cv_bytes_equal(cv_buf_bytes(&c->alpn), cv_bytes(h2, sizeof h2));
}

cv_err cv_renegotiation_check(const struct cv_extensions *x, struct cv_bytes want)
{
    struct cv_bytes info = x->body[CV_EXT_RENEGOTIATION_INFO], said;
    if (!cv_ext_has(x, CV_EXT_RENEGOTIATION_INFO)) return CV_E_RENEGOTIATION_INFO;
    if (cv_read_vec8(&info, &said) != CV_OK || info.len != 0) return CV_E_RENEGOTIATION_INFO;
    return cv_bytes_equal(said, want) ? CV_OK : CV_E_RENEGOTIATION_INFO;
}

struct cv_bytes cv_renegotiation_said(const struct cv_conn *c, uint8_t out[2 * CV_VERIFY_DATA_LEN])
{
    memcpy(out, c->verify_data[CV_CLIENT], CV_VERIFY_DATA_LEN);
    memcpy(out + CV_VERIFY_DATA_LEN, c->verify_data[CV_SERVER], CV_VERIFY_DATA_LEN);
    return cv_bytes(out, c->params.role == CV_CLIENT ? 2 * CV_VERIFY_DATA_LEN : CV_VERIFY_DATA_LEN);
}

void cv_renegotiation_begin(struct cv_conn *c)
{
    const struct cv_port *port = c->config->port;
    c->renegotiating = c->tx.halted = true;
    c->resumed = false;
    c->peer_scheme = c->own_scheme = 0;
    c->authenticated = port->now(port->ctx);
    c->credential_given = false;
}

cv_err cv_renegotiation_request(struct cv_conn *c, struct cv_bytes msg)
{
    cv_err e = cv_count_update(c);
    if (e != CV_OK) return e;
    /* RFC 5246 7.4.1.1: a client that is negotiating already passes over another request */
    if (c->renegotiating) return CV_OK;
    return cv_buf_append(&c->rx.stored, c->config->port, msg);
}

/* The first certificate of a chain. */
static struct cv_bytes leaf_of(struct cv_bytes chain)
{
    struct cv_bytes der;
    return cv_read_vec24(&chain, &der) == CV_OK ? der : cv_bytes(NULL, 0);
}

cv_err cv_recv_certificate12(struct cv_conn *c, struct cv_bytes msg, bool *empty)
{
    struct cv_buf before = c->peer_chain;
    c->peer_chain = (struct cv_buf){0};
    cv_err e = cv_peer_certs_recv(c, msg, empty);
    /* Whoever was trusted with the data of before is who goes on (schannel I24). */
    if (e == CV_OK && before.len != 0 &&
        !cv_bytes_equal(leaf_of(cv_buf_bytes(&before)), leaf_of(cv_buf_bytes(&c->peer_chain))))
        e = CV_E_IDENTITY_CHANGED;
    cv_buf_free(&before, c->config->port);
    return e;
}

cv_err cv_send_no_renegotiation(struct cv_conn *c)
{
    return cv_send_alert(c, CV_ALERT_LEVEL_WARNING, CV_ALERT_NO_RENEGOTIATION);
}

/* --- client --- */

static cv_err begin(struct cv_conn *c)
{
    cv_err e;
    if (!cv_renegotiation_allowed(c)) return CV_E_UNSUPPORTED;
    if ((e = cv_hs_new(c)) != CV_OK) return e;
    cv_buf_free(&c->rx.stored, c->config->port); /* this answers whatever HelloRequest there is */
    cv_renegotiation_begin(c);
    if ((e = cv_client_fresh_random(c)) != CV_OK) return e;
    if ((e = cv_client_hello_build(c)) != CV_OK) return e;
    c->state = CV_CS12_WAIT_SERVER_HELLO;
    return cv_client_hello_send(c);
}

/* A client follows a HelloRequest where it may; RFC 5246 7.4.1.1 has another answer, too. */
static cv_err answer(struct cv_conn *c, struct cv_bytes msg)
{
    (void)msg;
    cv_err e = begin(c);
    return e == CV_E_UNSUPPORTED ? cv_send_no_renegotiation(c) : e;
}

/* The peer does not want the renegotiation that our ClientHello began: all stays as it was. */
static void give_up(struct cv_conn *c)
{
    cv_hs_free(c);
    c->renegotiating = c->tx.halted = false;
    c->renegotiation_refused = true;
    c->state = CV_CS12_CONNECTED;
}

static cv_err answer_stored(struct cv_conn *c)
{
    return cv_answer_stored(c, answer);
}

const struct cv_renegotiation cv_renegotiation = {
    .said = cv_renegotiation_said,
    .request = cv_renegotiation_request,
    .begin = begin,
    .answer_stored = answer_stored,
    .certificate = cv_recv_certificate12,
    .give_up = give_up,
};
