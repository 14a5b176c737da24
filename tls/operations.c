/* Asking the application: each question is asked again, with the same words, until it is answered. */
#include "tls/state.h"

#include "crypto/base/secret.h"

#include <string.h>

/* Notes what became of a question: it waits, or it is over. */
static cv_err asked(struct cv_conn *c, cv_err e, cv_err want, void *ctx, cv_abandon_fn *abandon)
{
    struct cv_question *q = &c->hs->question;
    q->ctx = ctx;
    q->abandon = abandon;
    if (e == want) return e;
    cv_question_abandon(q); /* where it was not answered, but something failed on the way to it */
    return e == CV_WANT_INPUT || cv_is_want(e) ? CV_E_INTERNAL : e;
}

void cv_question_abandon(struct cv_question *q)
{
    if (q->op != NULL && q->abandon != NULL) q->abandon(q->ctx, q->op);
    *q = (struct cv_question){0};
}

cv_err cv_ask_signature(struct cv_conn *c, uint8_t *sig, size_t *sig_len, const struct cv_identity *identity,
                        const struct cv_sig_scheme *scheme, struct cv_bytes m)
{
    const struct cv_signer *signer = identity->signer;
    size_t cap = *sig_len;
    if (signer == NULL)
        return scheme->sign(&identity->key, scheme->hash, m, sig, sig_len, &c->config->port->rng);
    struct cv_sign_request request = {
        .scheme = scheme->id,
        .hash = scheme->hash != NULL ? scheme->hash->id : CV_HASH_NONE,
        .input = m,
    };
    cv_err e = signer->sign(signer->ctx, &c->hs->question.op, sig, sig_len, &request);
    e = asked(c, e, CV_WANT_SIGNATURE, signer->ctx, signer->abandon);
    if (e != CV_OK) return e;
    if (*sig_len > cap) return CV_E_INTERNAL;
    e = scheme->verify(&identity->leaf.key, scheme->hash, m, cv_bytes(sig, *sig_len));
    return e == CV_OK ? CV_OK : CV_E_FAULT;
}

cv_err cv_ask_identity(struct cv_conn *c, const struct cv_identity **identity, struct cv_bytes peer_schemes)
{
    const struct cv_selector *selector = c->config->selector;
    *identity = NULL;
    if (selector == NULL) return CV_OK;
    bool server = c->params.role == CV_SERVER;
    struct cv_select_request request = {
        .server = server,
        .version = c->version,
        .server_name = cv_buf_bytes(&c->server_name),
        .schemes = peer_schemes,
        .authorities = server ? c->hs->server->hello.authorities : cv_buf_bytes(&c->hs->authorities),
    };
    cv_err e = selector->select(selector->ctx, &c->hs->question.op, identity, &request);
    return asked(c, e, CV_WANT_CERTIFICATE, selector->ctx, selector->abandon);
}

bool cv_sessions_enabled(const struct cv_conn *c)
{
    return c->config->sessions != NULL || c->config->session_store != NULL;
}

cv_err cv_ask_store(struct cv_conn *c, struct cv_session **out, const uint8_t *key, bool take)
{
    const struct cv_session_store *store = c->config->session_store;
    *out = NULL;
    cv_err e = store->get(store->ctx, &c->hs->question.op, out, key, take);
    return asked(c, e, CV_WANT_SESSION, store->ctx, store->abandon);
}

cv_err cv_ask_session(struct cv_conn *c, struct cv_session **out)
{
    if (c->config->session_store == NULL) {
        *out = cv_session_cache_take(c->config->sessions, c->params.session_key);
        return CV_OK;
    }
    cv_err e = cv_ask_store(c, out, c->params.session_key, true);
    return e == CV_E_BAD_PSK ? CV_OK : e;
}

void cv_keep_session(struct cv_conn *c, struct cv_session *s)
{
    const struct cv_session_store *store = c->config->session_store;
    if (store == NULL) {
        cv_session_cache_put(c->config->sessions, c->params.session_key, s);
        return;
    }
    store->put(store->ctx, c->params.session_key, s);
    cv_session_free(c->config->port, s);
}

void cv_drop_sessions(struct cv_conn *c)
{
    const struct cv_session_store *store = c->config->session_store;
    if (c->params.role != CV_CLIENT) return;
    if (store != NULL)
        store->drop(store->ctx, c->params.session_key);
    else if (c->config->sessions != NULL)
        cv_session_cache_drop(c->config->sessions, c->params.session_key, CV_SESSION_KEY_LEN);
}

cv_err cv_ask_replay(struct cv_conn *c)
{
    const struct cv_replay_register *replay = c->config->replay;
    struct cv_bytes identities = c->hs->server->hello.psk_identities, ticket;
    uint8_t id[CV_HASH_MAX];
    cv_err e = cv_read_vec16(&identities, &ticket);
    if (e != CV_OK) return e;
    cv_hash_digest(c->config->sha256, id, ticket.p, ticket.len);
    e = replay->use(replay->ctx, &c->hs->question.op, id, c->hs->session->created);
    return asked(c, e, CV_WANT_SESSION, replay->ctx, replay->abandon);
}

bool cv_tickets_enabled(const struct cv_conn *c)
{
    return c->config->ticket_keys != NULL || c->config->sealer != NULL;
}

cv_err cv_ask_ticket(struct cv_conn *c, struct cv_session **out, struct cv_bytes ticket)
{
    const struct cv_ticket_sealer *sealer = c->config->sealer;
    size_t len = 0;
    *out = NULL;
    if (sealer == NULL) return cv_ticket_open(c->config->ticket_keys, out, ticket);
    uint8_t *plain = cv_conn_alloc(c, CV_TICKET_MAX);
    if (plain == NULL) return CV_E_NO_MEMORY;
    cv_err e = sealer->open(sealer->ctx, &c->hs->question.op, plain, CV_TICKET_MAX, &len, ticket);
    e = asked(c, e, CV_WANT_TICKET_KEY, sealer->ctx, sealer->abandon);
    if (e == CV_OK)
        e = len <= CV_TICKET_MAX ? cv_session_revive(out, c->config->port, cv_bytes(plain, len))
                                 : CV_E_INTERNAL;
    cv_conn_release(c, plain, CV_TICKET_MAX);
    return e;
}

cv_err cv_make_ticket(struct cv_conn *c, uint8_t *ticket, size_t cap, size_t *ticket_len,
                      const struct cv_session *s)
{
    const struct cv_ticket_sealer *sealer = c->config->sealer;
    struct cv_builder b;
    *ticket_len = 0;
    if (sealer == NULL) return cv_ticket_seal(c->config->ticket_keys, ticket, cap, ticket_len, s);
    uint8_t *plain = cv_conn_alloc(c, CV_TICKET_MAX);
    if (plain == NULL) return CV_E_NO_MEMORY;
    cv_build_init(&b, plain, CV_TICKET_MAX);
    cv_session_encode(&b, s);
    cv_err e = cv_build_end(&b);
    if (e == CV_OK) e = sealer->seal(sealer->ctx, ticket, cap, ticket_len, cv_bytes(plain, b.len));
    if (e == CV_OK && *ticket_len > cap) e = CV_E_INTERNAL;
    cv_conn_release(c, plain, CV_TICKET_MAX);
    return e;
}
