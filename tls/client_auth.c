#include "tls/client_auth.h"
#include "tls/compress.h"
#include "tls/features.h"
#include "tls/lists.h"

/* --- the request --- */

static cv_err keep_request(struct cv_conn *c, const struct cv_certificate_request *cr)
{
    const struct cv_port *port = c->config->port;
    struct cv_hs *hs = c->hs;
    cv_err e;
    hs->cert_requested = true;
    hs->staple_asked = cr->staple_asked;
    hs->scts_asked = cr->scts_asked;
    hs->compression = cv_compression_pick(c->config, cr->compressions);
    hs->wants_rsa = cv_list8_has(cr->types, CV_CERT_TYPE_RSA_SIGN);
    hs->wants_ecdsa = cv_list8_has(cr->types, CV_CERT_TYPE_ECDSA_SIGN);
    if ((e = cv_buf_append(&hs->request_context, port, cr->context)) != CV_OK) return e;
    if ((e = cv_buf_append(&hs->request_schemes, port, cr->sig_schemes)) != CV_OK) return e;
    return cv_buf_append(&hs->authorities, port, cr->authorities);
}

static cv_err request(struct cv_conn *c, struct cv_bytes body)
{
    struct cv_certificate_request cr;
    cv_err e = cv_certificate_request_parse(&cr, body);
    if (e != CV_OK) return e;
    if (cr.context.len != 0) return CV_E_ILLEGAL_PARAMETER; /* RFC 9846 4.4.2 */
    return keep_request(c, &cr);
}

static cv_err request12(struct cv_conn *c, struct cv_bytes body)
{
    struct cv_certificate_request cr;
    cv_err e = cv_certificate_request12_parse(&cr, body);
    return e == CV_OK ? keep_request(c, &cr) : e;
}

/* --- the answer --- */

static cv_err choose(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    cv_err e = cv_pick_identity(c, cv_buf_bytes(&hs->request_schemes), NULL, &c->identity, &hs->sign_scheme);
    if (e != CV_E_NO_CERTIFICATE && e != CV_E_NO_COMMON_SCHEME) return e;
    c->identity = NULL;
    return c->params.want_credential ? CV_WANT_CREDENTIAL : CV_OK;
}

/* Drops c->identity if the peer takes no signature of its key: then none is sent (RFC 9846 4.5.1.2). Else
 * hs->sign_scheme. */
static void fit_identity(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    hs->sign_scheme = NULL;
    if (hs->cert_requested && c->identity != NULL)
        hs->sign_scheme = cv_scheme_for(c, c->identity, cv_buf_bytes(&hs->request_schemes));
    if (hs->sign_scheme == NULL) c->identity = NULL;
}

static cv_err send(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    cv_err e;
    if (!hs->certificate_sent) {
        fit_identity(c);
        if ((e = cv_send_certificate(c, c->identity)) != CV_OK) return e;
        hs->certificate_sent = true;
    }
    return c->identity != NULL ? cv_send_certificate_verify(c, c->identity, hs->sign_scheme) : CV_OK;
}

static cv_err send_certificate12(struct cv_conn *c)
{
    fit_identity(c);
    return cv_send_certificate(c, c->identity);
}

static cv_err send_verify12(struct cv_conn *c)
{
    struct cv_bytes messages = cv_buf_bytes(&c->hs->messages);
    struct cv_builder b;
    cv_err e = cv_msg_begin(c, CV_MSG_CERTIFICATE_VERIFY, cv_sign12_cap(c->identity), &b);
    if (e == CV_OK) e = cv_sign12(c, &b, c->identity, c->hs->sign_scheme, &messages, 1);
    return e == CV_OK ? cv_msg_end(c, &b) : e;
}

/* --- after the handshake --- */

/* Client: a CertificateRequest waits until the application calls again. */
static cv_err later_request(struct cv_conn *c, struct cv_bytes msg)
{
    struct cv_certificate_request m;
    cv_err e = cv_certificate_request_parse(&m, cv_msg_body(msg));
    if (e != CV_OK) return e;
    if (c->auth_transcript == NULL) return CV_E_UNEXPECTED_MESSAGE; /* RFC 9846 4.7.2: not offered */
    if (m.context.len == 0) return CV_E_ILLEGAL_PARAMETER;
    if ((e = cv_count_update(c)) != CV_OK) return e;
    return cv_buf_append(&c->rx.stored, c->config->port, msg);
}

/* Reads a stored request into a handshake of its own. */
static cv_err begin_answer(struct cv_conn *c, struct cv_bytes msg)
{
    struct cv_certificate_request m;
    cv_err e = cv_auth_begin(c);
    if (e != CV_OK) return e;
    cv_transcript_add(&c->hs->transcript, msg);
    if ((e = cv_certificate_request_parse(&m, cv_msg_body(msg))) != CV_OK) return e;
    return keep_request(c, &m);
}

static cv_err answer(struct cv_conn *c, struct cv_bytes msg)
{
    cv_err e;
    /* the handshake stays until all answers have come */
    if (c->hs == NULL && (e = begin_answer(c, msg)) != CV_OK) return e;
    bool chosen = c->credential_given || c->hs->certificate_sent;
    if (!chosen && (e = choose(c)) != CV_OK) return e;
    c->credential_given = false;
    if ((e = send(c)) != CV_OK) return e;
    /* RFC 9846 4.5: the base key is the current client application traffic secret */
    if ((e = cv_send_finished(c, c->tx.half.secret)) != CV_OK) return e;
    if ((e = cv_flight_flush(c)) != CV_OK) return e;
    cv_hs_free(c);
    return CV_OK;
}

static cv_err answer_stored(struct cv_conn *c)
{
    return cv_answer_stored(c, answer);
}

const struct cv_client_proof cv_client_proof = {
    .request = request,
    .request12 = request12,
    .choose = choose,
    .send = send,
    .send_certificate12 = send_certificate12,
    .send_verify12 = send_verify12,
    .keep_transcript = cv_keep_auth_transcript,
    .later_request = later_request,
    .answer_stored = answer_stored,
};
