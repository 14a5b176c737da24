/* A connection: its memory, and the way of records in and out. */
#include "tls/state.h"

#include "crypto/base/secret.h"
#include "tls/alert.h"
#include "tls/limits.h"
#include "tls/peer_certs.h"
#include "tls/record_pieces.h"
#include "tls/renegotiate.h"

#include <string.h>

/* --- memory --- */

void *cv_conn_alloc(const struct cv_conn *c, size_t len)
{
    return c->config->port->alloc(c->config->port->ctx, len);
}

void cv_conn_release(const struct cv_conn *c, void *p, size_t len)
{
    if (p == NULL) return;
    cv_wipe(p, len);
    c->config->port->free(c->config->port->ctx, p, len);
}

cv_err cv_hs_new(struct cv_conn *c)
{
    c->hs = cv_conn_alloc(c, sizeof *c->hs);
    if (c->hs == NULL) return CV_E_NO_MEMORY;
    if (c->params.role == CV_CLIENT) return CV_OK;
    c->hs->server = cv_conn_alloc(c, sizeof *c->hs->server);
    return c->hs->server != NULL ? CV_OK : CV_E_NO_MEMORY;
}

/* Where the buffers stand that die with a struct. */
#define AT(member) offsetof(struct cv_hs, member)
static const uint16_t hs_buffers[] = {
    AT(flight),          AT(peer_key_bytes), AT(client_hello), AT(cookie_in), AT(share), AT(request_context),
    AT(request_schemes), AT(authorities),    AT(messages),     AT(ticket),    AT(early),
};
#undef AT
#define AT(member) offsetof(struct cv_conn, member)
static const uint16_t conn_buffers[] = {
    AT(rx.in),     AT(rx.stored), AT(out),         AT(peer_chain),   AT(peer_staples),
    AT(peer_scts), AT(alpn),      AT(server_name), AT(psk_identity),
};
#undef AT

static void free_buffers(const struct cv_conn *c, void *in, const uint16_t *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cv_buf_free((struct cv_buf *)(void *)((char *)in + at[i]), c->config->port);
}

void cv_hs_free(struct cv_conn *c)
{
    const struct cv_port *port = c->config->port;
    struct cv_hs *hs = c->hs;
    if (hs == NULL) return;
    cv_question_abandon(&hs->question);
    if (hs->generic != NULL) c->config->generic->free(c);
    if (hs->arriving != NULL) c->config->features->certificates->free(c);
    free_buffers(c, hs, hs_buffers, sizeof hs_buffers / sizeof hs_buffers[0]);
    if (hs->server != NULL) {
        cv_buf_free(&hs->server->first_hello, port);
        cv_buf_free(&hs->server->key_exchange, port);
        cv_conn_release(c, hs->server, sizeof *hs->server);
    }
    cv_session_free(port, hs->session);
    for (size_t i = 0; i < hs->n_psks; i++) cv_session_free(port, hs->psks[i]);
    if (hs->next_rx != NULL) cv_conn_release(c, hs->next_rx, cv_suite_state_len(c->suite));
    if (hs->next_tx != NULL) cv_conn_release(c, hs->next_tx, cv_suite_state_len(c->suite));
    cv_conn_release(c, hs, sizeof *hs);
    c->hs = NULL;
}

static void free_half(struct cv_conn *c, struct cv_half *half)
{
    const struct cv_suite *suite = half->suite != NULL ? half->suite : c->suite; /* no keys yet */
    if (suite != NULL) cv_conn_release(c, half->state, cv_suite_state_len(suite));
}

/* Keys are in use until change_cipher_spec: the next ones get room of their own. */
static void **state_place(struct cv_conn *c, struct cv_half *half)
{
    if (!c->renegotiating) return &half->state;
    return half == &c->rx.half ? &c->hs->next_rx : &c->hs->next_tx;
}

cv_err cv_conn_set_suite(struct cv_conn *c, const struct cv_suite *suite)
{
    void **rx = state_place(c, &c->rx.half), **tx = state_place(c, &c->tx.half);
    c->suite = suite;
    *rx = cv_conn_alloc(c, cv_suite_state_len(suite));
    if (*tx == NULL)
        *tx = cv_conn_alloc(c, cv_suite_state_len(suite)); /* else early data's, the same suite's */
    return *rx != NULL && *tx != NULL ? CV_OK : CV_E_NO_MEMORY;
}

void cv_conn_swap_state(struct cv_conn *c, struct cv_half *half)
{
    void **next = state_place(c, half);
    if (next == &half->state) return;
    free_half(c, half);
    half->state = *next;
    *next = NULL;
}

void cv_rx_install(struct cv_conn *c, const uint8_t *secret)
{
    cv_half_set_secret(&c->rx.half, c->suite, secret);
    c->rx.keys_changed = true;
}

static cv_err check_alpn_list(struct cv_bytes list)
{
    struct cv_bytes name;
    while (list.len > 0) {
        if (cv_read_vec8(&list, &name) != CV_OK || name.len == 0) return CV_E_INVALID_ARGUMENT;
    }
    return CV_OK;
}

static bool has_group(const struct cv_config *config)
{
    for (size_t i = 0; i < config->n_groups; i++) {
        if (cv_config_uses_group(config, config->groups[i])) return true;
    }
    return false;
}

/* What begins every handshake must be there, and of the versions that are enabled the newest. */
static bool has_machines(const struct cv_config *config, enum cv_role role)
{
    const struct cv_machines *m = config->machines;
    bool only12 = config->max_version == CV_TLS12;
    if (role == CV_CLIENT) return m->client != NULL && (only12 ? m->client12 : m->client13) != NULL;
    return m->server13 != NULL && (!only12 || m->server12 != NULL);
}

static cv_err check_params(const struct cv_config *config, const struct cv_conn_params *p)
{
    if (config->min_version > config->max_version || config->min_version > CV_TLS13 ||
        config->max_version < CV_TLS12 || !has_machines(config, p->role))
        return CV_E_NO_COMMON_VERSION;
    if (config->n_suites == 0) return CV_E_NO_COMMON_SUITE;
    bool keys_alone =
        config->n_groups == 0 && config->psk_ke && config->n_psks != 0; /* nothing is exchanged */
    if (!keys_alone && !has_group(config)) return CV_E_NO_COMMON_GROUP;
    bool identified = config->n_identities != 0 || config->selector != NULL || config->n_psks != 0;
    if (p->role == CV_SERVER && !identified) return CV_E_NO_CERTIFICATE;
    return check_alpn_list(p->alpn);
}

/* Copies target and ALPN list, and notes the server's name in comparable form. */
static cv_err copy_names(struct cv_conn *c)
{
    struct cv_conn_params *p = &c->params;
    struct cv_host host;
    struct cv_builder b;
    cv_err e;
    c->names_len = p->target.len + p->alpn.len;
    if (c->names_len == 0) return CV_OK;
    if ((c->names = cv_conn_alloc(c, c->names_len)) == NULL) return CV_E_NO_MEMORY;
    cv_build_init(&b, c->names, c->names_len);
    cv_build_bytes(&b, p->target.p, p->target.len);
    cv_build_bytes(&b, p->alpn.p, p->alpn.len);
    p->target.p = c->names;
    p->alpn.p = c->names + p->target.len;
    if (p->role == CV_SERVER || p->target.len == 0) return CV_OK;
    cv_host_fn *parse = c->config->features->host != NULL ? c->config->features->host : cv_host_parse_name;
    if ((e = parse(&host, (const char *)p->target.p, p->target.len)) != CV_OK) return e;
    c->target_is_address = host.kind == CV_HOST_IP;
    struct cv_bytes name = c->target_is_address ? p->target : cv_bytes(host.value, host.len);
    return cv_buf_append(&c->server_name, c->config->port, name);
}

cv_err cv_conn_new(struct cv_conn **out, const struct cv_config *config, const struct cv_conn_params *params)
{
    cv_err e = check_params(config, params);
    if (e != CV_OK) return e;
    struct cv_conn *c = config->port->alloc(config->port->ctx, sizeof *c);
    if (c == NULL) return CV_E_NO_MEMORY;
    c->config = config;
    c->params = *params;
    c->state = params->role == CV_CLIENT ? CV_CS_START : CV_SS_WAIT_CLIENT_HELLO;
    c->alert_sent = c->alert_received = CV_NO_ALERT;
    c->failed_in = -1;
    c->chain_not_after = c->leaf_not_after = INT64_MAX;
    c->authenticated = config->port->now(config->port->ctx);
    e = copy_names(c);
    if (e == CV_OK) e = cv_hs_new(c);
    if (e == CV_OK) e = cv_buf_append(&c->hs->early, config->port, params->early_data);
    c->params.early_data = cv_bytes(NULL, 0);
    if (e != CV_OK) {
        cv_conn_free(c);
        return e;
    }
    *out = c;
    return CV_OK;
}

void cv_conn_free(struct cv_conn *c)
{
    if (c == NULL) return;
    const struct cv_port *port = c->config->port;
    cv_hs_free(c);
    if (c->rx.record != NULL) c->config->features->record_pieces->free(c);
    free_half(c, &c->rx.half);
    free_half(c, &c->tx.half);
    free_buffers(c, c, conn_buffers, sizeof conn_buffers / sizeof conn_buffers[0]);
    if (c->auth_transcript != NULL)
        cv_conn_release(c, c->auth_transcript, cv_transcript_state_len(c->suite->hash));
    cv_conn_release(c, c->randoms, CV_RANDOMS_LEN);
    cv_conn_release(c, c->names, c->names_len);
    cv_wipe(c, sizeof *c);
    port->free(port->ctx, c, sizeof *c);
}

/* --- the end of a connection --- */

static bool is_failure(cv_err e)
{
    return e != CV_OK && e != CV_WANT_INPUT && !cv_is_want(e);
}

static cv_err die(struct cv_conn *c, cv_err e)
{
    c->alert_sent = (int16_t)(c->version == CV_TLS12 ? cv_alert_for12(e) : cv_alert_for(e));
    c->alert_waits = c->alert_sent != CV_NO_ALERT && !c->tx.closed;
    atomic_store(&c->error, (int)e);
    if (c->version == CV_TLS12) cv_machine(c)->forget(c);
    return e;
}

/* Puts the alert that a failure owes into the output, once. Nothing can be done if that fails, too. */
static void hand_out_alert(struct cv_conn *c)
{
    if (!c->alert_waits) return;
    c->alert_waits = false;
    c->tx.closed = true;
    if (c->hs != NULL) cv_buf_free(&c->hs->flight, c->config->port);
    bool ccs_due = c->hs != NULL && c->tx.half.suite != NULL && !c->established;
    if (ccs_due && cv_send_ccs(c) != CV_OK) return;
    if (cv_send_alert(c, CV_ALERT_LEVEL_FATAL, (uint8_t)c->alert_sent) != CV_OK) return;
}

/* --- records --- */

/* Early data is being received: it is the application's. */
static bool reads_early(const struct cv_conn *c)
{
    const struct cv_machine *m = cv_machine(c);
    return m->take_early != NULL && c->state == CV_SS_WAIT_END_OF_EARLY_DATA;
}

/* RFC 9846 5: one byte of value 1, in the clear, between the first ClientHello and the peer's Finished. */
static cv_err check_ccs(struct cv_conn *c, struct cv_bytes body)
{
    uint8_t value;
    bool in_window = c->params.role == CV_CLIENT
                         ? c->state > CV_CS_WANT_SESSION && c->state < CV_CS_WANT_CERTIFICATE
                         : c->state > CV_SS_WAIT_CLIENT_HELLO && c->state < CV_SS_CONNECTED;
    if (cv_rx_in_message(&c->rx) || cv_read_u8(&body, &value) != CV_OK || value != 1 || body.len != 0)
        return CV_E_CCS;
    if (c->version == CV_TLS12) return cv_handshake_ccs(c);
    if (!in_window || c->config->max_version < CV_TLS13) return CV_E_CCS;
    return cv_count_flood(&c->rx.n_idle);
}

/* Opens one whole record to dst. *type 0: nothing came of it. */
static cv_err open_record(struct cv_conn *c, const struct cv_record *r, struct cv_bytes rec, uint8_t *dst,
                          uint8_t *type, size_t *len)
{
    struct cv_rx *rx = &c->rx;
    struct cv_bytes header, body = rec;
    bool may_skip = c->hs != NULL && c->hs->skip_early;
    cv_err e = cv_read_bytes(&body, CV_RECORD_HEADER_LEN, &header);
    if (e != CV_OK) return e;
    *type = 0;
    *len = 0;
    /* RFC 5246 6.2.1; in TLS 1.3 it is to be ignored (RFC 9846 5.1) */
    if (c->version == CV_TLS12 && r->version != CV_TLS12) return CV_E_RECORD_VERSION;
    bool tls12 = rx->half.suite != NULL && rx->half.suite->tls12;
    /* RFC 9846 5: never protected. In TLS 1.2 it is, in a renegotiation. */
    if (r->type == CV_CONTENT_CCS && !tls12) return check_ccs(c, body);
    if (rx->half.suite == NULL) {
        if (r->type == CV_CONTENT_DATA) {
            if (!may_skip) return CV_E_RECORD_TYPE;
            /* RFC 9846 5.1: nothing stands between the pieces of a message */
            return rx->in.len == 0 ? cv_machine(c)->skip_early(c, body.len) : CV_E_UNEXPECTED_MESSAGE;
        }
        *type = r->type;
        return cv_read_copy(&body, dst, *len = body.len);
    }
    if (r->type != CV_CONTENT_DATA && !tls12) {
        /* A client that refuses our flight may have no keys for its alert yet; before its first record under
         * them, nothing is lost by believing what anybody could have done by closing the connection. */
        bool early_alert = r->type == CV_CONTENT_ALERT && c->params.role == CV_SERVER && !c->established &&
                           rx->half.seq == 0;
        if (!early_alert) return CV_E_RECORD_TYPE;
        *type = r->type;
        return cv_read_copy(&body, dst, *len = body.len);
    }
    e = cv_record_open(&rx->half, dst, rec, type, len);
    if (e == CV_E_BAD_RECORD_MAC && may_skip) return cv_machine(c)->skip_early(c, body.len);
    if (e == CV_OK && may_skip) c->hs->skip_early = false;
    if (e != CV_OK || !tls12 || *type != CV_CONTENT_CCS) return e;
    struct cv_bytes ccs = cv_bytes(dst, *len);
    *type = 0;
    *len = 0;
    return check_ccs(c, ccs);
}

static cv_err take_alert(struct cv_conn *c, struct cv_bytes alert, enum cv_opened_kind *kind)
{
    uint8_t level, description;
    if (alert.len == 0) return CV_E_RECORD_EMPTY; /* RFC 9846 5.4 */
    if (cv_rx_in_message(&c->rx)) return CV_E_UNEXPECTED_MESSAGE;
    if (cv_read_u8(&alert, &level) != CV_OK || cv_read_u8(&alert, &description) != CV_OK || alert.len != 0)
        return CV_E_DECODE;
    *kind = CV_OPENED_NOTHING;
    if (description == CV_ALERT_USER_CANCELED) return cv_count_flood(&c->rx.n_warnings);
    /* RFC 5246 7.2: a warning; in TLS 1.3 there is none (RFC 9846 6). Before ServerHello there may be one of
     * TLS 1.2's, about the name that was asked for (RFC 6066 3). */
    bool about_name =
        c->version == 0 && c->config->min_version <= CV_TLS12 && description == CV_ALERT_UNRECOGNIZED_NAME;
    bool warning = level == CV_ALERT_LEVEL_WARNING && (c->version == CV_TLS12 || about_name);
    bool asked = c->renegotiating && c->params.role == CV_CLIENT && c->state == CV_CS12_WAIT_SERVER_HELLO;
    if (warning && asked && description == CV_ALERT_NO_RENEGOTIATION) {
        c->config->features->renegotiation->give_up(c);
        return CV_OK;
    }
    if (warning && description != CV_ALERT_CLOSE_NOTIFY) return cv_count_flood(&c->rx.n_warnings);
    c->alert_received = description;
    if (description != CV_ALERT_CLOSE_NOTIFY) return CV_E_PEER_ALERT;
    atomic_store(&c->rx.closed, true);
    *kind = CV_OPENED_CLOSED;
    return cv_conn_ready(c) ? CV_OK : CV_E_CLOSED;
}

cv_err cv_recv_alert(struct cv_conn *c, struct cv_bytes alert)
{
    enum cv_opened_kind kind;
    return take_alert(c, alert, &kind);
}

/* A certificate came by post-handshake authentication or renegotiation, and the proof that it is the peer's
 * has not. */
static bool peer_is_unproven(const struct cv_conn *c)
{
    return c->established && c->params.role == CV_SERVER &&
           (c->renegotiating || c->state == CV_SS_AUTH_CERTIFICATE_VERIFY || c->state == CV_SS_AUTH_FINISHED);
}

static cv_err take_data(struct cv_conn *c, size_t len)
{
    enum { PROGRESS = 1 << 20 };
    struct cv_rx *rx = &c->rx;
    if (!cv_conn_ready(c) || cv_rx_in_message(rx)) return CV_E_UNEXPECTED_MESSAGE;
    /* RFC 9846 4.7.2: nothing comes between the messages of an answer; least of all data that would seem to
     * be from whom the certificate names */
    if (peer_is_unproven(c)) return CV_E_UNEXPECTED_MESSAGE;
    if (len == 0) return cv_count_flood(&rx->n_idle);
    rx->n_idle = rx->n_warnings = 0;
    rx->progress += (uint32_t)len;
    if (rx->progress >= PROGRESS) rx->progress = rx->n_updates = 0;
    return CV_OK;
}

/* Frees what the handshake needed, once it is over. */
static void settle(struct cv_conn *c)
{
    uint8_t state = c->state;
    bool over = c->params.role == CV_CLIENT ? state == CV_CS_CONNECTED || state == CV_CS12_CONNECTED
                                            : state == CV_SS_CONNECTED || state == CV_SS12_CONNECTED;
    bool waits = c->rx.stored.len != 0; /* a request that is being answered keeps its handshake */
    if (c->established && over && !waits) cv_hs_free(c);
}

/* Handles the messages in rx.in. before: bytes that lay there before the record came. */
static cv_err take_handshake(struct cv_conn *c, size_t len, enum cv_opened_kind *kind)
{
    size_t stored = c->rx.stored.len, all = c->rx.in.len;
    bool was_renegotiating = c->renegotiating;
    if (len == 0) return CV_E_RECORD_EMPTY; /* RFC 9846 5.1 */
    cv_err e = cv_handshake_messages(c);
    if (c->rx.in.len != all) c->rx.n_idle = 0;
    bool request = c->rx.stored.len != stored || (c->renegotiating && !was_renegotiating);
    *kind = request ? CV_OPENED_STORED : c->rx.in.len != all ? CV_OPENED_ACTED : CV_OPENED_NOTHING;
    return e;
}

/* --- step --- */

/* Opens one record aside, into the tail of rx.in. *data: it is application data, and nothing happened. */
static cv_err step_record(struct cv_conn *c, const struct cv_record *r, struct cv_bytes rec, bool *data)
{
    struct cv_rx *rx = &c->rx;
    enum cv_opened_kind kind;
    uint64_t seq = rx->half.seq;
    uint8_t type;
    size_t len;
    cv_err e = cv_buf_reserve(&rx->in, c->config->port, rec.len);
    if (e != CV_OK) return e;
    uint8_t *dst = rx->in.p + rx->in.len;
    e = open_record(c, r, rec, dst, &type, &len);
    if (e == CV_OK) {
        switch (type) {
        case CV_CONTENT_HANDSHAKE:
            rx->in.len += len;
            e = take_handshake(c, len, &kind);
            break;
        case CV_CONTENT_ALERT:
            e = take_alert(c, cv_bytes(dst, len), &kind);
            break;
        case CV_CONTENT_DATA:
            *data = cv_conn_ready(c) || reads_early(c);
            rx->half.seq = seq;
            e = *data ? CV_OK : CV_E_UNEXPECTED_MESSAGE;
            break;
        default: /* RFC 9846 5: no such type inside, change_cipher_spec neither */
            e = type == 0 ? CV_OK : CV_E_RECORD_TYPE;
            break;
        }
    }
    if (rx->in.len == 0) cv_buf_free(&rx->in, c->config->port);
    return e;
}

/* Reads records while there is nothing to answer. */
static cv_err step_records(struct cv_conn *c, struct cv_bytes in, struct cv_step *out)
{
    bool was_ready = cv_conn_ready(c);
    size_t out_len = c->out.len;
    cv_err e = CV_OK;
    while (e == CV_OK && c->out.len == out_len && (was_ready || !cv_conn_ready(c)) && !c->rx.closed) {
        const struct cv_record_pieces *pieces = c->config->features->record_pieces;
        struct cv_record r;
        struct cv_bytes rec;
        bool data = false;
        if (pieces != NULL && pieces->takes(c, in)) {
            size_t len = in.len;
            e = pieces->take(c, &in, &out->missing);
            out->consumed += len - in.len;
            if (e == CV_WANT_INPUT && out->consumed > 0) return CV_OK;
            continue;
        }
        e = cv_record_peek(&c->rx.half, &r, in, &out->missing);
        if (e == CV_WANT_INPUT && (out->consumed > 0 || (was_ready && in.len == 0))) return CV_OK;
        if (e != CV_OK) return e;
        if ((e = cv_read_bytes(&in, r.len, &rec)) != CV_OK) return e;
        e = step_record(c, &r, rec, &data);
        if (data) return CV_OK;
        if (!is_failure(e)) out->consumed += r.len;
    }
    return e;
}

/* What can be done without input. */
static cv_err go_on(struct cv_conn *c)
{
    cv_err e = cv_conn_ready(c) && c->rx.stored.len != 0 ? cv_machine(c)->answer_stored(c) : CV_OK;
    return e == CV_OK ? cv_handshake_resume(c) : e;
}

static cv_err step(struct cv_conn *c, struct cv_bytes in, struct cv_step *out)
{
    size_t out_len = c->out.len;
    uint8_t state = c->state;
    cv_err e = go_on(c);
    if (e != CV_OK || c->out.len != out_len) return e;
    bool may_be_asked = c->established && c->version == CV_TLS12, went_on = c->state != state;
    e = step_records(c, in, out);
    if (e == CV_WANT_INPUT && went_on) return CV_OK;
    /* a renegotiation that began just now */
    return e == CV_OK && may_be_asked && c->out.len == out_len ? go_on(c) : e;
}

cv_err cv_conn_step(struct cv_conn *c, struct cv_bytes in, struct cv_step *out)
{
    *out = (struct cv_step){0};
    cv_err e = (cv_err)atomic_load(&c->error);
    c->renegotiation_refused = false;
    if (e == CV_OK) {
        e = step(c, in, out);
        if (is_failure(e))
            e = die(c, e);
        else
            settle(c);
    }
    hand_out_alert(c);
    out->established = cv_conn_ready(c);
    out->refused = c->renegotiation_refused;
    return e;
}

struct cv_bytes cv_conn_output(const struct cv_conn *c)
{
    return cv_buf_bytes(&c->out);
}

void cv_conn_output_drop(struct cv_conn *c, size_t n)
{
    cv_buf_drop(&c->out, c->config->port, n);
}

void cv_conn_set_credential(struct cv_conn *c, const struct cv_identity *identity)
{
    c->identity = identity;
    c->credential_given = true;
}

/* --- application data --- */

static cv_err open_in_place(struct cv_conn *c, uint8_t *in, size_t in_len, struct cv_opened *out,
                            size_t *missing)
{
    struct cv_record r;
    size_t prefix_len = cv_record_prefix_len(&c->rx.half);
    uint8_t type;
    cv_err e = cv_record_peek(&c->rx.half, &r, cv_bytes(in, in_len), missing);
    if (e != CV_OK) return e;
    uint8_t *dst = r.len > prefix_len ? in + prefix_len : in; /* too short for a nonce: nothing is written */
    *out = (struct cv_opened){.kind = CV_OPENED_NOTHING, .rec_len = r.len, .offset = prefix_len};
    if ((e = open_record(c, &r, cv_bytes(in, r.len), dst, &type, &out->len)) != CV_OK) return e;
    switch (type) {
    case CV_CONTENT_DATA:
        out->kind = CV_OPENED_DATA;
        out->early = !c->established;
        return out->early ? cv_machine(c)->take_early(c, out->len) : take_data(c, out->len);
    case CV_CONTENT_ALERT:
        return take_alert(c, cv_bytes(dst, out->len), &out->kind);
    case CV_CONTENT_HANDSHAKE:
        if ((e = cv_buf_append(&c->rx.in, c->config->port, cv_bytes(dst, out->len))) != CV_OK) return e;
        return take_handshake(c, out->len, &out->kind);
    default:
        return type == 0 ? CV_OK : CV_E_RECORD_TYPE;
    }
}

cv_err cv_conn_open(struct cv_conn *c, uint8_t *in, size_t in_len, struct cv_opened *out, size_t *missing)
{
    cv_err e = (cv_err)atomic_load(&c->error);
    if (e != CV_OK) return e;
    bool ready = c->established ? !c->tx.halted : reads_early(c);
    if (!ready) return CV_E_UNSUPPORTED;
    if (c->rx.closed) return CV_E_CLOSED;
    e = open_in_place(c, in, in_len, out, missing);
    if (is_failure(e)) return die(c, e);
    settle(c);
    return e;
}

/* A KeyUpdate record: header, message with its type byte, tag. */
static size_t key_update_record_len(const struct cv_conn *c)
{
    return (size_t)CV_RECORD_HEADER_LEN + CV_KEY_UPDATE_LEN + 1 + c->suite->aead->tag_len;
}

void cv_conn_stream_sizes(const struct cv_conn *c, struct cv_stream_sizes *out)
{
    *out = (struct cv_stream_sizes){.header = CV_RECORD_HEADER_LEN,
                                    .max_data = (uint32_t)cv_half_content_max(&c->tx.half)};
    if (c->suite == NULL) return;
    out->header = (uint32_t)cv_record_prefix_len(&c->tx.half);
    out->trailer = (uint32_t)cv_suite_trailer_max(c->suite);
    if (!c->suite->tls12) out->trailer += (uint32_t)(1 + key_update_record_len(c) + cv_limits_padding_max(c));
}

/* A record in front pushes the data back by front_len bytes, its end into the trailer. Returns how much. */
static size_t make_room(uint8_t *data, size_t data_len, uint8_t *trailer, size_t front_len)
{
    size_t spill = data_len < front_len ? data_len : front_len;
    if (spill == 0) return 0;
    memcpy(trailer + front_len - spill, data + data_len - spill, spill);
    memmove(data + spill, data, data_len - spill);
    return spill;
}

/* Puts the record in front and the data record's header where they belong: header takes 5 bytes of them,
 * then data and trailer follow as one stream. */
static void put_front(const uint8_t *front, size_t front_len, uint8_t *header, size_t header_len,
                      uint8_t *data, size_t spill, uint8_t *trailer)
{
    memcpy(header, front, header_len);
    front += header_len;
    if (spill != 0) memcpy(data, front, spill);
    memcpy(trailer, front + spill, front_len - spill);
}

/* RFC 9846 4.5.3: behind its own Finished a server may send before the client's is there; ours answers early
 * data. */
static bool may_send(const struct cv_conn *c)
{
    return c->established || (reads_early(c) && c->out.len == 0);
}

cv_err cv_conn_seal(struct cv_conn *c, uint8_t *header, uint8_t *data, size_t data_len, uint8_t *trailer,
                    size_t *trailer_len)
{
    enum { FRONT_MAX = CV_RECORD_HEADER_LEN + CV_KEY_UPDATE_LEN + 1 + CV_AEAD_TAG_MAX, MARGIN = 4 };
    struct cv_tx *tx = &c->tx;
    uint8_t front[FRONT_MAX + CV_RECORD_PREFIX_MAX];
    struct cv_stream_sizes sizes;
    cv_err e = (cv_err)atomic_load(&c->error);
    if (e != CV_OK) return e;
    if (!may_send(c) || tx->halted) return CV_E_UNSUPPORTED;
    /* RFC 5246 7.2.1: in TLS 1.2 the peer's close_notify closes both directions */
    if (tx->closed || (c->suite->tls12 && atomic_load(&c->rx.closed))) return CV_E_CLOSED;
    cv_conn_stream_sizes(c, &sizes);
    if (data_len > sizes.max_data || *trailer_len < sizes.trailer) return CV_E_BUFFER_TOO_SMALL;

    size_t front_len = 0, inner_len = cv_record_inner_len(&tx->half);
    size_t padding = cv_limits_padding(c, data_len);
    if (inner_len != 0 && tx->half.seq >= cv_suite_record_limit(c->suite) - MARGIN)
        atomic_store(&c->update_owed, true);
    /* RFC 9846 4.7.3: the epoch does not exceed 2^48 - 1 */
    if (atomic_load(&c->update_owed) && tx->n_updates < (UINT64_C(1) << 48) - 1) {
        atomic_store(&c->update_owed, false); /* what is owed from now on is paid by what follows, too */
        front_len = key_update_record_len(c);
        if ((e = cv_machine(c)->seal_update(c, front)) != CV_OK) return e;
    }
    size_t spill = make_room(data, data_len, trailer, front_len);
    size_t head_len = data_len - spill;
    uint8_t *head = head_len != 0 ? data + spill : NULL;
    uint8_t *tail = trailer + front_len - spill;
    size_t tail_len = spill + inner_len + padding;
    if (inner_len != 0) tail[spill] = CV_CONTENT_DATA;
    if (padding != 0) memset(tail + spill + inner_len, 0, padding);
    e = cv_record_seal(&tx->half, CV_CONTENT_DATA, front + front_len, head, head_len, tail, tail_len,
                       tail + tail_len);
    if (e != CV_OK) return e;
    put_front(front, front_len, header, sizes.header, data, spill, trailer);
    *trailer_len = front_len + inner_len + padding + cv_record_trailer_len(&tx->half, head_len + tail_len);
    return CV_OK;
}

/* --- what the application asks for --- */

static cv_err check_alive(const struct cv_conn *c)
{
    cv_err e = (cv_err)atomic_load(&c->error);
    return e == CV_OK && c->tx.closed ? CV_E_CLOSED : e;
}

cv_err cv_conn_close(struct cv_conn *c)
{
    cv_err e = check_alive(c);
    if (e == CV_OK) e = cv_send_alert(c, CV_ALERT_LEVEL_WARNING, CV_ALERT_CLOSE_NOTIFY);
    if (e == CV_OK) c->tx.closed = true;
    return e;
}

cv_err cv_conn_alert(struct cv_conn *c, uint8_t level, uint8_t description)
{
    cv_err e = check_alive(c);
    if (e == CV_OK) e = cv_send_alert(c, level, description);
    if (e != CV_OK) return e;
    if (level == CV_ALERT_LEVEL_FATAL || description == CV_ALERT_CLOSE_NOTIFY) c->tx.closed = true;
    if (level != CV_ALERT_LEVEL_FATAL) return CV_OK;
    c->alert_sent = description;
    atomic_store(&c->error, CV_E_CLOSED);
    return CV_OK;
}

void cv_conn_set_resume(struct cv_conn *c, bool resume)
{
    c->params.resume = resume;
    if (!resume) cv_drop_sessions(c);
}

cv_err cv_conn_update_keys(struct cv_conn *c, bool request)
{
    cv_err e = check_alive(c);
    if (e != CV_OK) return e;
    if (!c->established || c->suite->tls12) return CV_E_UNSUPPORTED;
    if (request) atomic_store(&c->update_request, true);
    atomic_store(&c->update_owed, true);
    return CV_OK;
}

cv_err cv_conn_request_auth(struct cv_conn *c, enum cv_client_auth how)
{
    cv_err e = check_alive(c);
    if (e != CV_OK) return e;
    const struct cv_machine *machine = cv_machine(c);
    if (machine->request_auth == NULL) return CV_E_UNSUPPORTED; /* a client, or TLS 1.2 */
    size_t out_len = c->out.len;
    e = machine->request_auth(c);
    if (e == CV_OK) c->params.client_auth = how;
    /* A request of which a part is out cannot be taken back. */
    return e != CV_OK && c->out.len != out_len ? die(c, e) : e;
}

cv_err cv_conn_renegotiate(struct cv_conn *c, enum cv_client_auth how)
{
    cv_err e = check_alive(c);
    if (e != CV_OK) return e;
    const struct cv_machine *m = cv_machine(c);
    if (!cv_conn_ready(c) || m->renegotiate == NULL) return CV_E_UNSUPPORTED;
    size_t out_len = c->out.len;
    e = m->renegotiate(c);
    if (e == CV_OK && how > c->params.client_auth) c->params.client_auth = how;
    /* What began cannot be taken back. */
    return e != CV_OK && (c->renegotiating || c->out.len != out_len) ? die(c, e) : e;
}

cv_err cv_conn_export(const struct cv_conn *c, uint8_t *out, size_t out_len, struct cv_bytes label,
                      struct cv_bytes context)
{
    uint8_t digest[CV_HASH_MAX], secret[CV_HASH_MAX];
    if (!cv_conn_ready(c)) return CV_E_UNSUPPORTED;
    if (c->suite->tls12) return cv_export12(c, out, out_len, label, context);
    const struct cv_hash *hash = c->suite->hash;
    cv_hash_digest(hash, digest, NULL, 0);
    cv_err e = cv_expand_label_bytes(hash, secret, hash->digest_len, c->exporter_secret, label,
                                     cv_bytes(digest, hash->digest_len));
    if (e == CV_OK) {
        cv_hash_digest(hash, digest, context.p, context.len);
        e = cv_expand_label_bytes(hash, out, out_len, secret, cv_bytes((const uint8_t *)"exporter", 8),
                                  cv_bytes(digest, hash->digest_len));
    }
    cv_wipe(secret, sizeof secret);
    return e;
}

void cv_conn_info(const struct cv_conn *c, struct cv_conn_info *out)
{
    const struct cv_hs *hs = c->hs;
    bool unproven = peer_is_unproven(c);
    *out = (struct cv_conn_info){
        .role = c->params.role,
        .established = c->established,
        .renegotiating = c->renegotiating,
        .resumed = c->resumed,
        .retried = c->retried,
        .closed_by_peer = atomic_load(&c->rx.closed),
        .psk_identity = c->established ? cv_buf_bytes(&c->psk_identity) : cv_bytes(NULL, 0),
        .early = c->early,
        .reads_early = reads_early(c),
        .early_len = c->early_len,
        .version = c->version,
        .suite = c->suite,
        .group = c->group,
        .peer_scheme = c->peer_scheme,
        .own_scheme = c->own_scheme,
        .alpn = cv_buf_bytes(&c->alpn),
        .server_name = cv_buf_bytes(&c->server_name),
        .peer_scts = unproven ? cv_bytes(NULL, 0) : cv_buf_bytes(&c->peer_scts),
        .send_limit = cv_half_content_max(&c->tx.half),
        .receive_limit = cv_half_content_max(&c->rx.half),
        .own_raw_key = c->own_raw_key,
        .peer_raw_key = c->peer_raw_key,
        .own_compression = c->own_compression,
        .peer_compression = c->peer_compression,
        .peer_staples = unproven ? cv_bytes(NULL, 0) : cv_buf_bytes(&c->peer_staples),
        .peer_chain = unproven ? cv_bytes(NULL, 0) : cv_buf_bytes(&c->peer_chain),
        .authorities = hs != NULL ? cv_buf_bytes(&hs->authorities) : cv_bytes(NULL, 0),
        .identity = c->identity,
        .validated = unproven ? CV_VALIDATED_NOT : c->validated,
        .extended_master_secret = c->extended_master_secret,
        .verdict = c->verdict,
        .chain_not_after = c->leaf_not_after,
        .session_id_len = c->session_id_len,
        .error = (cv_err)atomic_load(&c->error),
        .alert_received = c->alert_received,
        .alert_sent = c->alert_sent,
        .failed_in = c->failed_in,
    };
    if (cv_conn_ready(c) && c->has_verify_data && c->extended_master_secret)
        out->tls_unique = cv_bytes(c->verify_data[c->first_finished], CV_VERIFY_DATA_LEN);
    memcpy(out->session_id, c->session_id, sizeof out->session_id);
}
