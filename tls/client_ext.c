/* Extensions of a client that stand for themselves: what they offer, and what the answers mean. */
#include "tls/client_hello.h"
#include "tls/lists.h"

/* --- ALPN (RFC 7301) --- */

static void offer_alpn(struct cv_conn *c, struct cv_builder *b)
{
    struct cv_bytes list = c->params.alpn;
    if (list.len == 0 || c->renegotiating) return; /* it was chosen for the connection (RFC 7301 3.1) */
    size_t mark = cv_hello_ext(c, b, CV_EXT_ALPN);
    cv_build_u16(b, (uint16_t)list.len);
    cv_build_bytes(b, list.p, list.len);
    cv_build_close(b, mark, 2);
}

static cv_err take_alpn(struct cv_conn *c, const struct cv_extensions *x)
{
    struct cv_bytes body = x->body[CV_EXT_ALPN], list = c->params.alpn, chosen, name;
    if (!cv_ext_has(x, CV_EXT_ALPN)) return CV_OK;
    cv_err e = cv_list_read_one_protocol(&body, &chosen);
    if (e != CV_OK) return e;
    while (cv_read_vec8(&list, &name) == CV_OK) {
        if (cv_bytes_equal(name, chosen)) return cv_buf_append(&c->alpn, c->config->port, name);
    }
    return CV_E_BAD_ALPN; /* none that we offered */
}
const struct cv_client_extension cv_client_ext_alpn = {.offer = offer_alpn, .answer = take_alpn};

/* --- status_request (RFC 6066 8): any responder, no extensions --- */

static void offer_status(struct cv_conn *c, struct cv_builder *b)
{
    if (c->config->revocation == NULL) return;
    size_t mark = cv_hello_ext(c, b, CV_EXT_STATUS_REQUEST);
    cv_build_u8(b, 1); /* ocsp */
    cv_build_u32(b, 0);
    cv_build_close(b, mark, 2);
}
const struct cv_client_extension cv_client_ext_status = {.offer = offer_status};

/* --- signed certificate timestamps (RFC 6962 3.3.1) --- */

static void offer_scts(struct cv_conn *c, struct cv_builder *b)
{
    if (c->config->want_scts) cv_hello_flag(c, b, CV_EXT_SCT);
}

/* TLS 1.2; in TLS 1.3 they come with the certificate. */
static cv_err take_scts(struct cv_conn *c, const struct cv_extensions *x)
{
    return cv_buf_append(&c->peer_scts, c->config->port, x->body[CV_EXT_SCT]);
}
const struct cv_client_extension cv_client_ext_scts = {.offer = offer_scts, .answer = take_scts};

/* --- post-handshake authentication (RFC 9846 4.3.6) --- */

static void offer_post_handshake_auth(struct cv_conn *c, struct cv_builder *b)
{
    if (c->params.post_handshake_auth && cv_hello_max_version(c) >= CV_TLS13)
        cv_hello_flag(c, b, CV_EXT_POST_HANDSHAKE_AUTH);
}
const struct cv_client_extension cv_client_ext_post_handshake_auth = {.offer = offer_post_handshake_auth};

/* RFC 7685: up to the length that is wanted, of the whole message; behind_len: what is still to come. */
void cv_pad_hello(struct cv_conn *c, struct cv_builder *b, size_t behind_len)
{
    enum { HEADER = 4 };
    size_t len = b->len + behind_len;
    if (len >= c->config->hello_padding) return;
    size_t room = c->config->hello_padding - len;
    size_t mark = cv_hello_ext(c, b, CV_EXT_PADDING);
    cv_build_zeros(b, room > HEADER ? room - HEADER : 0);
    cv_build_close(b, mark, 2);
}
