/* The dispatcher: finds the edge for a message, calls its handler, and refuses what the table does not
 * allow. And the other way: messages are built here, gathered into flights and put into records. */
#include "tls/compress.h"
#include "tls/limits.h"
#include "tls/peer_certs.h"
#include "tls/state.h"

#include "crypto/base/secret.h"

const struct cv_machine *cv_machine(const struct cv_conn *c)
{
    const struct cv_machines *m = c->config->machines;
    if (c->params.role == CV_CLIENT && c->version == 0) return m->client;
    if (c->params.role == CV_CLIENT) return c->version == CV_TLS12 ? m->client12 : m->client13;
    return c->version == CV_TLS12 ? m->server12 : m->server13;
}

const struct cv_suite *cv_config_suite(const struct cv_config *config, uint16_t id)
{
    for (size_t i = 0; i < config->n_suites; i++) {
        if (config->suites[i].id == id) return &config->suites[i];
    }
    return NULL;
}

bool cv_config_has_group12(const struct cv_config *config, const struct cv_suite *s)
{
    for (size_t i = 0; i < config->n_groups; i++) {
        if (cv_group_fits12(config->groups[i], s)) return true;
    }
    return false;
}

bool cv_config_uses_group(const struct cv_config *config, const struct cv_group *g)
{
    return config->max_version >= CV_TLS13 || cv_group_in_tls12(g);
}

const struct cv_edge *cv_edge_find(const struct cv_conn *c, uint8_t msg)
{
    const struct cv_machine *m = cv_machine(c);
    for (size_t i = 0; i < m->n_edges; i++) {
        if (m->edges[i].from == c->state && m->edges[i].msg == msg) return &m->edges[i];
    }
    return NULL;
}

/* Runs a row's handler and takes the step that it proposes, if the row allows it. */
static cv_err follow(struct cv_conn *c, const struct cv_edge *edge, struct cv_bytes msg)
{
    uint8_t next = c->state;
    cv_err e = edge->handle(c, msg, &next);
    if (e != CV_OK && !cv_is_want(e)) return e;
    if ((edge->next >> next & 1) == 0) return CV_E_INTERNAL;
    c->state = next;
    cv_err added = edge->flags & CV_HASH_AFTER ? cv_hs_add(c, msg) : CV_OK;
    return added != CV_OK ? added : e;
}

cv_err cv_handshake_resume(struct cv_conn *c)
{
    const struct cv_edge *edge = cv_edge_find(c, CV_MSG_NONE);
    if (edge == NULL) return CV_OK;
    c->rx.keys_changed = false;
    size_t out_len = c->out.len;
    cv_err e = follow(c, edge, cv_bytes(NULL, 0));
    if (e != CV_OK) return e;
    /* What came behind the message that was suspended must not span a key change either (RFC 9846 5.1). */
    if (c->rx.keys_changed && c->rx.in.len != 0) return CV_E_KEY_CHANGE_SPLIT;
    if (!c->established && c->out.len != out_len && c->rx.in.len != 0) return CV_E_UNEXPECTED_MESSAGE;
    return cv_handshake_messages(c);
}

cv_err cv_handshake_ccs(struct cv_conn *c)
{
    const struct cv_edge *edge = cv_edge_find(c, CV_MSG_CHANGE_CIPHER);
    return edge != NULL ? follow(c, edge, cv_bytes(NULL, 0)) : CV_E_CCS;
}

size_t cv_message_limit(const struct cv_config *config, uint8_t type)
{
    if (type == CV_MSG_CERTIFICATE || type == CV_MSG_COMPRESSED_CERTIFICATE)
        return config->max_certificate_len != 0 ? config->max_certificate_len : 131072;
    return config->max_message_len != 0 ? config->max_message_len : 65536;
}

/* Takes from the front of rx.in what belongs to a Certificate that is not joined. CV_WANT_INPUT until it is
 * whole; then the edge, and no bytes. */
static cv_err take_piece(struct cv_conn *c, const struct cv_edge **edge, struct cv_bytes *msg)
{
    struct cv_rx *rx = &c->rx;
    struct cv_bytes in = cv_buf_bytes(&rx->in), part;
    cv_err e = cv_read_bytes(&in, in.len < rx->message_left ? in.len : rx->message_left, &part);
    if (e == CV_OK) e = cv_hs_add(c, part);
    if (e != CV_OK) return e;
    c->config->features->certificates->take(c, part);
    rx->message_left -= (uint32_t)part.len;
    cv_buf_drop(&rx->in, c->config->port, part.len);
    *edge = cv_edge_find(c, CV_MSG_CERTIFICATE);
    *msg = cv_bytes(NULL, 0);
    return rx->message_left > 0 ? CV_WANT_INPUT : CV_OK;
}

/* A Certificate whose header came, and which is not joined. */
static cv_err begin_pieces(struct cv_conn *c, uint32_t len)
{
    struct cv_bytes in = cv_buf_bytes(&c->rx.in), header;
    cv_err e = cv_read_bytes(&in, CV_MSG_HEADER_LEN, &header);
    if (e == CV_OK) e = cv_hs_add(c, header);
    if (e == CV_OK) e = c->config->features->certificates->begin(c, len);
    if (e != CV_OK) return e;
    c->rx.in_pieces = true;
    c->rx.message_left = len;
    cv_buf_drop(&c->rx.in, c->config->port, CV_MSG_HEADER_LEN);
    return CV_OK;
}

static bool comes_in_pieces(const struct cv_conn *c, uint8_t type)
{
    const struct cv_peer_certs *certs = c->config->features->certificates;
    return type == CV_MSG_CERTIFICATE && certs != NULL && certs->begin != NULL && !c->peer_raw_key;
}

/* A row that must wait for the end of the record, of which more is to come. */
static bool must_wait(const struct cv_conn *c, const struct cv_edge *edge)
{
    bool provisional = (edge->flags & CV_PROVISIONAL) && c->config->generic == NULL; /* which may suspend */
    return c->rx.record != NULL && !provisional;
}

/* Looks at the message at the front of `in`: CV_WANT_INPUT until it is whole. A message that may not come
 * here, or is too long, is refused from its header, before memory is spent on it. */
static cv_err next_message(struct cv_conn *c, struct cv_bytes in, const struct cv_edge **edge,
                           struct cv_bytes *msg)
{
    struct cv_bytes rest = in;
    cv_err e;
    uint8_t type;
    uint32_t len;
    if (cv_read_u8(&rest, &type) != CV_OK) return CV_WANT_INPUT;
    /* RFC 8879 4: a Certificate in another form, where that was offered */
    bool compressed =
        type == CV_MSG_COMPRESSED_CERTIFICATE && c->version == CV_TLS13 && cv_compression_offered(c->config);
    *edge = cv_edge_find(c, compressed ? CV_MSG_CERTIFICATE : type);
    /* two numbers are ours only */
    if (*edge == NULL || type == CV_MSG_NONE || type == CV_MSG_CHANGE_CIPHER) return CV_E_UNEXPECTED_MESSAGE;
    if (cv_read_u24(&rest, &len) != CV_OK) return CV_WANT_INPUT;
    if (len > cv_message_limit(c->config, type)) return CV_E_MESSAGE_TOO_LONG;
    if (must_wait(c, *edge)) return CV_WANT_INPUT;
    if (comes_in_pieces(c, type)) return (e = begin_pieces(c, len)) == CV_OK ? take_piece(c, edge, msg) : e;
    if (cv_read_bytes(&in, (size_t)CV_MSG_HEADER_LEN + len, msg) != CV_OK) return CV_WANT_INPUT;
    return CV_OK;
}

static cv_err handle_messages(struct cv_conn *c)
{
    cv_err e = CV_OK;
    while (e == CV_OK && c->rx.in.len > 0) {
        const struct cv_edge *edge;
        struct cv_bytes msg;
        e = c->rx.in_pieces ? take_piece(c, &edge, &msg)
                            : next_message(c, cv_buf_bytes(&c->rx.in), &edge, &msg);
        if (e == CV_WANT_INPUT) return CV_OK;
        if (e != CV_OK) return e;
        c->rx.keys_changed = false;
        size_t out_len = c->out.len;
        e = follow(c, edge, msg);
        if (e != CV_OK && !cv_is_want(e)) return e;
        /* RFC 9846 5.1: a message must not span a key change */
        c->rx.in_pieces = false;
        bool more = c->rx.in.len != msg.len || c->rx.record != NULL;
        if (c->rx.keys_changed && more) return CV_E_KEY_CHANGE_SPLIT;
        /* a peer whose turn is over has nothing to say before it has heard us */
        bool answered = !c->established && c->out.len != out_len;
        if (answered && more) {
            /* what nobody has seen is not sent; under keys it would be missed */
            if (c->tx.half.suite == NULL) c->out.len = out_len;
            return CV_E_UNEXPECTED_MESSAGE;
        }
        cv_buf_drop(&c->rx.in, c->config->port, msg.len);
    }
    return e;
}

cv_err cv_handshake_messages(struct cv_conn *c)
{
    cv_err e = handle_messages(c);
    struct cv_bytes in = cv_buf_bytes(&c->rx.in);
    uint8_t type;
    if (e == CV_OK || cv_is_want(e)) return e;
    if (c->rx.in_pieces)
        c->failed_in = CV_MSG_CERTIFICATE;
    else if (cv_read_u8(&in, &type) == CV_OK)
        c->failed_in = type;
    return e;
}

cv_err cv_msg_begin(struct cv_conn *c, enum cv_msg type, size_t cap, struct cv_builder *b)
{
    struct cv_buf *flight = &c->hs->flight;
    cv_err e = cv_buf_reserve(flight, c->config->port, CV_MSG_HEADER_LEN + cap);
    if (e != CV_OK) return e;
    cv_build_init(b, flight->p + flight->len, CV_MSG_HEADER_LEN + cap);
    cv_build_u8(b, (uint8_t)type);
    cv_build_u24(b, 0);
    return CV_OK;
}

cv_err cv_msg_end(struct cv_conn *c, struct cv_builder *b)
{
    cv_build_close(b, CV_MSG_HEADER_LEN, 3);
    cv_err e = cv_build_end(b);
    if (e != CV_OK) return e;
    c->hs->flight.len += b->len;
    return cv_hs_add(c, cv_bytes(b->p, b->len));
}

/* Appends one record to the output: content of one type, at most cv_half_content_max bytes. */
cv_err cv_send_record(struct cv_conn *c, uint8_t type, struct cv_bytes content)
{
    enum { OVERHEAD = CV_RECORD_PREFIX_MAX + 1 + CV_CBC_HMAC_TRAILER_MAX };
    struct cv_half *half = &c->tx.half;
    struct cv_buf *out = &c->out;
    /* In TLS 1.2 change_cipher_spec is protected by the keys that it ends, if there are any. */
    bool clear = half->suite == NULL || (type == CV_CONTENT_CCS && !half->suite->tls12);
    size_t prefix_len = clear ? CV_RECORD_HEADER_LEN : cv_record_prefix_len(half);
    size_t padding = clear ? 0 : cv_limits_padding(c, content.len);
    cv_err e = cv_buf_reserve(out, c->config->port, content.len + OVERHEAD + padding);
    if (e != CV_OK) return e;
    uint8_t *header = out->p + out->len;
    struct cv_builder b;
    cv_build_init(&b, header + prefix_len, content.len + 1 + padding);
    cv_build_bytes(&b, content.p, content.len);
    if (clear) {
        /* RFC 9846 5.1: the first ClientHello's record may say TLS 1.0, for old middleboxes; what early data
         * brings behind it may not */
        bool first =
            c->params.role == CV_CLIENT && c->state <= CV_CS_WANT_SESSION && type == CV_CONTENT_HANDSHAKE;
        cv_record_header(header, type, first ? 0x0301 : CV_TLS12, content.len);
        out->len += CV_RECORD_HEADER_LEN + content.len;
        return cv_build_end(&b);
    }
    if (cv_record_inner_len(half) != 0) cv_build_u8(&b, type);
    cv_build_zeros(&b, padding);
    if ((e = cv_build_end(&b)) != CV_OK) return e;
    uint8_t *trailer = b.p + b.len;
    if ((e = cv_record_seal(half, type, header, b.p, b.len, NULL, 0, trailer)) != CV_OK) return e;
    out->len += prefix_len + b.len + cv_record_trailer_len(half, b.len);
    return CV_OK;
}

cv_err cv_flight_flush(struct cv_conn *c)
{
    struct cv_bytes rest = cv_buf_bytes(&c->hs->flight), part;
    size_t most = cv_half_content_max(&c->tx.half);
    cv_err e = CV_OK;
    while (e == CV_OK && rest.len > 0) {
        size_t len = rest.len < most ? rest.len : most;
        e = cv_read_bytes(&rest, len, &part);
        if (e == CV_OK) e = cv_send_record(c, CV_CONTENT_HANDSHAKE, part);
    }
    cv_buf_free(&c->hs->flight, c->config->port);
    return e;
}

cv_err cv_tx_install(struct cv_conn *c, const uint8_t *secret)
{
    cv_err e = cv_flight_flush(c);
    if (e == CV_OK) cv_half_set_secret(&c->tx.half, c->suite, secret);
    return e;
}

cv_err cv_send_ccs(struct cv_conn *c)
{
    static const uint8_t one = 1;
    bool wanted = c->version == CV_TLS12 || c->hs->compat;
    if (!wanted || c->hs->ccs_sent) return CV_OK;
    c->hs->ccs_sent = true;
    cv_err e = cv_flight_flush(c);
    return e == CV_OK ? cv_send_record(c, CV_CONTENT_CCS, cv_bytes(&one, 1)) : e;
}

cv_err cv_hs_add(struct cv_conn *c, struct cv_bytes msg)
{
    struct cv_hs *hs = c->hs;
    cv_transcript_add(&hs->transcript, msg);
    return hs->keep_messages ? cv_buf_append(&hs->messages, c->config->port, msg) : CV_OK;
}

cv_err cv_send_hello_request(struct cv_conn *c)
{
    static const uint8_t hello_request[CV_MSG_HEADER_LEN] = {CV_MSG_HELLO_REQUEST};
    return cv_send_record(c, CV_CONTENT_HANDSHAKE, cv_bytes(hello_request, sizeof hello_request));
}

cv_err cv_send_alert(struct cv_conn *c, uint8_t level, uint8_t description)
{
    uint8_t alert[2] = {level, description};
    return cv_send_record(c, CV_CONTENT_ALERT, cv_bytes(alert, sizeof alert));
}
