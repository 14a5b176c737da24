/* What comes after the handshake: tickets, key updates, and post-handshake authentication (RFC 9846 4.7). */
#include "tls/client_auth.h"
#include "tls/features.h"
#include "tls/resume.h"
#include "tls/state.h"

#include "crypto/base/secret.h"
#include "tls/alert.h"

#include <string.h>

enum { FLOOD_LIMIT = 32, FLOOD_PERIOD_MS = 60 * 1000, MAX_LIFETIME = 7 * 24 * 3600 };

cv_err cv_count_flood(uint8_t *counter)
{
    if (*counter >= FLOOD_LIMIT) return CV_E_FLOOD;
    ++*counter;
    return CV_OK;
}

cv_err cv_count_update(struct cv_conn *c)
{
    const struct cv_port *port = c->config->port;
    uint64_t now = port->now_ms(port->ctx);
    if (now - c->rx.updates_since >= FLOOD_PERIOD_MS) {
        c->rx.updates_since = now;
        c->rx.n_updates = 0;
    }
    return cv_count_flood(&c->rx.n_updates);
}

struct cv_session cv_session_describe(const struct cv_conn *c)
{
    const struct cv_port *port = c->config->port;
    struct cv_session s = {
        .version = c->version,
        .suite = c->suite->id,
        .group = c->group != NULL ? c->group->id : 0,
        .scheme = c->peer_scheme,
        .hash = c->suite->hash->id,
        .secret_len = c->suite->hash->digest_len,
        .validated = (uint8_t)c->validated,
        .raw_key = c->peer_raw_key,
        .client_authenticated = c->params.role == CV_SERVER && c->peer_chain.len != 0,
        .created = port->now(port->ctx),
        .authenticated = c->authenticated,
        .created_ms = port->now_ms(port->ctx),
        .chain_not_after = c->chain_not_after,
        .chain = cv_buf_bytes(&c->peer_chain),
        .server_name = cv_buf_bytes(&c->server_name),
        .alpn = cv_buf_bytes(&c->alpn),
    };
    memcpy(s.policy, c->params.policy, sizeof s.policy);
    return s;
}

/* RFC 9846 4.7.1: a PSK of its own for each ticket. */
void cv_ticket_secret(const struct cv_conn *c, struct cv_session *s, struct cv_bytes nonce)
{
    cv_expand_label(c->suite->hash, s->secret, s->secret_len, c->resumption_secret, "resumption", nonce);
}

uint32_t cv_session_lifetime(const struct cv_conn *c, uint32_t theirs)
{
    uint32_t lifetime = theirs < MAX_LIFETIME ? theirs : MAX_LIFETIME;
    uint32_t ours = c->config->session_lifetime;
    return ours != 0 && ours < lifetime ? ours : lifetime;
}

cv_err cv_recv_new_session_ticket(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_resumption *r = c->config->features->resumption;
    (void)next;
    return r != NULL ? r->ticket(c, cv_msg_body(msg)) : cv_count_update(c); /* RFC 9846 4.7.1: ignored */
}

static void build_ticket_extensions(struct cv_builder *b, uint32_t max_early_data)
{
    size_t block = cv_build_open(b, 2);
    if (max_early_data != 0) {
        size_t mark = cv_build_ext(b, CV_EXT_EARLY_DATA);
        cv_build_u32(b, max_early_data);
        cv_build_close(b, mark, 2);
    }
    cv_build_close(b, block, 2);
}

static cv_err send_new_session_ticket(struct cv_conn *c)
{
    uint8_t age_add[4], nonce = c->ticket_nonce++;
    const struct cv_port *port = c->config->port;
    struct cv_session s = cv_session_describe(c);
    struct cv_builder b;
    size_t ticket_len, cap = 1024 + s.chain.len + s.server_name.len;
    if (cap > CV_TICKET_MAX) return CV_OK; /* too much to carry: this client gets no ticket */
    cv_err e = cv_random(&port->rng, age_add, sizeof age_add);
    if (e != CV_OK) return e;
    s.age_add = cv_load_be32(age_add);
    s.lifetime = c->config->session_lifetime < MAX_LIFETIME ? c->config->session_lifetime : MAX_LIFETIME;
    cv_ticket_secret(c, &s, cv_bytes(&nonce, 1));
    s.max_early_data = c->config->replay != NULL ? c->config->max_early_data : 0;

    e = cv_msg_begin(c, CV_MSG_NEW_SESSION_TICKET, cap, &b);
    if (e == CV_OK) {
        cv_build_u32(&b, s.lifetime);
        cv_build_u32(&b, s.age_add);
        cv_build_u8(&b, 1);
        cv_build_u8(&b, nonce);
        size_t mark = cv_build_open(&b, 2);
        e = cv_make_ticket(c, b.p + b.len, b.cap - b.len - 10, &ticket_len, &s);
        if (e == CV_OK) {
            (void)cv_build_space(&b, ticket_len);
            cv_build_close(&b, mark, 2);
            build_ticket_extensions(&b, s.max_early_data);
            e = cv_msg_end(c, &b);
        } else if (c->config->sealer != NULL) {
            e = CV_OK; /* the application has none to give: this client goes without */
        }
    }
    cv_wipe(s.secret, sizeof s.secret);
    return e;
}

cv_err cv_send_new_session_tickets(struct cv_conn *c)
{
    const struct cv_config *config = c->config;
    if (!c->params.resume || !cv_tickets_enabled(c) || config->session_lifetime == 0) return CV_OK;
    if (!c->hs->psk_dhe && !c->hs->psk_ke) return CV_OK; /* RFC 9846 4.7.1 */
    cv_err e = CV_OK;
    unsigned n_tickets =
        c->resumed && config->n_tickets > 1 ? 1 : config->n_tickets; /* one for the one used */
    for (unsigned i = 0; e == CV_OK && i < n_tickets; i++) e = send_new_session_ticket(c);
    return e == CV_OK ? cv_flight_flush(c) : e;
}

cv_err cv_send_new_session_ticket12(struct cv_conn *c)
{
    struct cv_session s = cv_session_describe(c);
    struct cv_builder b;
    size_t ticket_len, cap = 1024 + s.chain.len + s.server_name.len;
    if (cap > CV_TICKET_MAX)
        s.chain.len = 0, cap = 1024; /* RFC 5077 3.3: promised; it will not be opened again */
    s.secret_len = CV_MASTER_LEN;
    s.lifetime = cv_session_lifetime(c, MAX_LIFETIME);
    memcpy(s.secret, c->hs->master, CV_MASTER_LEN);
    cv_err e = cv_msg_begin(c, CV_MSG_NEW_SESSION_TICKET, cap, &b);
    if (e == CV_OK) {
        cv_build_u32(&b, s.lifetime);
        size_t mark = cv_build_open(&b, 2);
        e = cv_make_ticket(c, b.p + b.len, b.cap - b.len, &ticket_len, &s);
        /* RFC 5077 3.3: promised, but none is to be had: an empty one */
        if (e != CV_OK && c->config->sealer != NULL) {
            ticket_len = 0;
            e = CV_OK;
        }
        if (e == CV_OK) {
            (void)cv_build_space(&b, ticket_len);
            cv_build_close(&b, mark, 2);
            e = cv_msg_end(c, &b);
        }
    }
    cv_wipe(s.secret, sizeof s.secret);
    return e;
}

void cv_store_session12(struct cv_conn *c)
{
    const struct cv_session_store *store = c->config->session_store;
    struct cv_session s = cv_session_describe(c);
    if (!c->hs->id_given || c->resumed) return;
    s.secret_len = CV_MASTER_LEN;
    s.lifetime = cv_session_lifetime(c, MAX_LIFETIME);
    memcpy(s.secret, c->hs->master, CV_MASTER_LEN);
    store->put(store->ctx, c->session_id, &s);
    cv_wipe(s.secret, sizeof s.secret);
}

void cv_forget_session12(struct cv_conn *c)
{
    const struct cv_session_store *store = c->config->session_store;
    if (!c->established) return; /* anybody can name another's session in a handshake, and fail it */
    if (store != NULL && c->session_id_len == CV_SESSION_ID_LEN) store->drop(store->ctx, c->session_id);
}

cv_err cv_recv_auth_request(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_client_proof *proof = c->config->features->client_proof;
    (void)next;
    return proof != NULL ? proof->later_request(c, msg) : CV_E_UNEXPECTED_MESSAGE; /* RFC 9846 4.7.2 */
}

cv_err cv_keep_auth_transcript(struct cv_conn *c)
{
    /* RFC 8740 3: with HTTP/2 such a request is an error */
    static const uint8_t h2[] = {'h', '2'};
    if (cv_bytes_equal(cv_buf_bytes(&c->alpn), cv_bytes(h2, sizeof h2))) return CV_OK;
    c->auth_transcript = cv_conn_alloc(c, cv_transcript_state_len(c->suite->hash));
    if (c->auth_transcript == NULL) return CV_E_NO_MEMORY;
    cv_transcript_save(&c->hs->transcript, c->auth_transcript);
    return CV_OK;
}

cv_err cv_auth_begin(struct cv_conn *c)
{
    cv_err e = cv_hs_new(c);
    if (e == CV_OK) cv_transcript_restore(&c->hs->transcript, c->suite->hash, c->auth_transcript);
    return e;
}

cv_err cv_answer_stored(struct cv_conn *c, cv_err (*answer)(struct cv_conn *c, struct cv_bytes msg))
{
    while (c->rx.stored.len > 0) {
        struct cv_bytes rest = cv_buf_bytes(&c->rx.stored), body;
        uint8_t type;
        cv_err e;
        if ((e = cv_read_u8(&rest, &type)) != CV_OK || (e = cv_read_vec24(&rest, &body)) != CV_OK) return e;
        struct cv_bytes msg = cv_bytes(c->rx.stored.p, CV_MSG_HEADER_LEN + body.len);
        if ((e = answer(c, msg)) != CV_OK) return e;
        cv_buf_drop(&c->rx.stored, c->config->port, c->renegotiating ? c->rx.stored.len : msg.len);
    }
    return CV_OK;
}
