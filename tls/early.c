#include "tls/early.h"

#include "tls/client_hello.h"

#include "crypto/base/secret.h"

#include <string.h>

/* The key of early data, from the session and the ClientHello alone. */
static void early_secret(struct cv_conn *c, const struct cv_hash *hash, uint8_t *secret)
{
    struct cv_key_schedule early;
    uint8_t digest[CV_HASH_MAX], exporter[CV_HASH_MAX];
    struct cv_bytes hello = cv_buf_bytes(&c->hs->client_hello);
    cv_hash_digest(hash, digest, hello.p, hello.len);
    cv_key_schedule_init(&early, hash, c->hs->session->secret);
    cv_key_schedule_derive(&early, secret, "c e traffic", digest);
    cv_keylog(c, CV_KEYLOG_CLIENT_EARLY, secret, hash->digest_len);
    if (c->config->keylog != NULL) {
        cv_key_schedule_derive(&early, exporter, "e exp master", digest);
        cv_keylog(c, CV_KEYLOG_EARLY_EXPORTER, exporter, hash->digest_len);
        cv_wipe(exporter, sizeof exporter);
    }
    cv_key_schedule_wipe(&early);
}

/* --- client --- */

static bool offers_protocol(const struct cv_conn *c, struct cv_bytes protocol)
{
    struct cv_bytes list = c->params.alpn, name;
    if (protocol.len == 0) return list.len == 0; /* the server would choose one now */
    while (cv_read_vec8(&list, &name) == CV_OK) {
        if (cv_bytes_equal(name, protocol)) return true;
    }
    return false;
}

static void plan(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    const struct cv_session *s = hs->session;
    if (hs->early.len == 0 || s == NULL || s->version != CV_TLS13) return;
    if (s->max_early_data < hs->early.len || !offers_protocol(c, s->alpn)) return;
    const struct cv_suite *suite = cv_config_suite(c->config, s->suite);
    if (suite != NULL && !suite->tls12 && suite->hash->id == s->hash) hs->early_suite = suite;
}

static cv_err send(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    uint8_t secret[CV_SECRET_MAX];
    struct cv_bytes rest = cv_buf_bytes(&hs->early), part;
    cv_err e = cv_send_ccs(c); /* RFC 9846 E.4: before the first protected record */
    if (e != CV_OK) return e;
    c->tx.half.state = cv_conn_alloc(c, cv_suite_state_len(hs->early_suite));
    if (c->tx.half.state == NULL) return CV_E_NO_MEMORY;
    early_secret(c, hs->early_suite->hash, secret);
    cv_half_set_secret(&c->tx.half, hs->early_suite, secret);
    cv_wipe(secret, sizeof secret);
    c->early = CV_EARLY_SENT;
    c->early_len = rest.len;
    size_t most = cv_half_content_max(&c->tx.half);
    while (e == CV_OK && rest.len > 0) {
        e = cv_read_bytes(&rest, rest.len < most ? rest.len : most, &part);
        if (e == CV_OK) e = cv_send_record(c, CV_CONTENT_DATA, part);
    }
    cv_buf_free(&hs->early, c->config->port); /* sent again only by who wrote it (RFC 9846 4.3.10) */
    return e;
}

static void drop(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    if (hs->early_suite == NULL) return;
    void *state = c->tx.half.state;
    cv_half_wipe(&c->tx.half);
    cv_conn_release(c, state, cv_suite_state_len(hs->early_suite));
    c->tx.half.state = NULL;
    hs->early_suite = NULL;
    c->early = CV_EARLY_REJECTED;
}

static cv_err take_answer(struct cv_conn *c, const struct cv_extensions *x)
{
    struct cv_hs *hs = c->hs;
    bool accepted = cv_ext_has(x, CV_EXT_EARLY_DATA);
    if (c->version != CV_TLS13) return CV_OK;
    if (hs->early_suite == NULL) return accepted ? CV_E_ILLEGAL_PARAMETER : CV_OK;
    if (!accepted) {
        c->early = CV_EARLY_REJECTED;
        return cv_tx_install(c, hs->client_secret);
    }
    /* RFC 9846 4.3.10: with the protocol that the data was written for */
    if (!cv_bytes_equal(cv_buf_bytes(&c->alpn), hs->session->alpn)) return CV_E_BAD_ALPN;
    c->early = CV_EARLY_ACCEPTED;
    return CV_OK;
}

static cv_err end(struct cv_conn *c)
{
    struct cv_builder b;
    cv_err e;
    if ((e = cv_msg_begin(c, CV_MSG_END_OF_EARLY_DATA, 0, &b)) != CV_OK) return e;
    if ((e = cv_msg_end(c, &b)) != CV_OK) return e;
    return cv_tx_install(c, c->hs->client_secret);
}

static void offer(struct cv_conn *c, struct cv_builder *b)
{
    if (c->hs->early_suite != NULL) cv_hello_flag(c, b, CV_EXT_EARLY_DATA);
}
const struct cv_client_extension cv_client_ext_early_data = {.offer = offer, .answer = take_answer};

const struct cv_early_sender cv_early_sender = {.plan = plan, .send = send, .drop = drop, .end = end};

/* --- server --- */

enum { FRESH_MS = 10 * 1000 }; /* how far a client's idea of its ticket's age may be off: RFC 9846 8.3 */

/* RFC 9846 8.3. Ticket times are whole seconds, which the window swallows. */
static bool is_fresh(const struct cv_conn *c)
{
    const struct cv_session *s = c->hs->session;
    uint32_t age = c->hs->psk_age - s->age_add;
    int64_t elapsed = c->config->port->now(c->config->port->ctx) - s->created;
    int64_t difference = elapsed * 1000 - (int64_t)age;
    return difference <= FRESH_MS && difference >= -FRESH_MS;
}

/* RFC 9846 4.3.10: what the data was written for still holds, and nothing was asked for again. */
static bool may_accept(const struct cv_conn *c)
{
    const struct cv_hs *hs = c->hs;
    const struct cv_session *s = hs->session;
    return hs->psk && hs->psk_index == 0 && !c->retried && c->config->max_early_data != 0 &&
           c->config->replay != NULL && s->max_early_data != 0 && s->suite == c->suite->id &&
           cv_bytes_equal(s->alpn, cv_buf_bytes(&c->alpn)) && is_fresh(c);
}

cv_err cv_server_judge_early(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    if (!cv_ext_has(&hs->server->hello.ext, CV_EXT_EARLY_DATA) || !may_accept(c)) return CV_OK;
    cv_err e = cv_ask_replay(c);
    if (e == CV_E_BAD_PSK) return CV_OK; /* seen before, or nobody can say: as if it had not been asked for */
    if (e != CV_OK) return e;
    c->early = CV_EARLY_ACCEPTED;
    hs->skip_early = false;
    hs->early_left = hs->session->max_early_data;
    return CV_OK;
}

void cv_server_note_early(struct cv_conn *c)
{
    if (c->early != CV_EARLY_ACCEPTED) return;
    early_secret(c, c->suite->hash, c->hs->server->early_secret);
}

cv_err cv_server_count_early(struct cv_conn *c, size_t len)
{
    if (len == 0) return cv_count_flood(&c->rx.n_idle);
    /* RFC 9846 4.7.1 */
    if (len > c->hs->early_left) return CV_E_UNEXPECTED_MESSAGE;
    c->rx.n_idle = 0;
    c->hs->early_left -= (uint32_t)len;
    c->early_len += len;
    return CV_OK;
}

cv_err cv_server_skip_early(struct cv_conn *c, size_t len)
{
    if (len == 0) return cv_count_flood(&c->rx.n_idle);
    if (len > c->hs->early_left) return CV_E_BAD_RECORD_MAC;
    c->hs->early_left -= (uint32_t)len;
    return CV_OK;
}
