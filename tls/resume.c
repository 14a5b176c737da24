#include "tls/resume.h"

#include "crypto/base/secret.h"
#include "tls/cert_type.h"
#include "tls/client_hello.h"
#include "tls/features.h"

#include <string.h>

/* --- what is offered --- */

static bool enabled(const struct cv_conn *c)
{
    return c->params.resume && cv_sessions_enabled(c);
}

/* Schannel's row I3: a resumed handshake shows no certificate, so what was judged then must satisfy now. */
static bool session_serves(const struct cv_conn *c, const struct cv_session *s)
{
    const struct cv_conn_params *p = &c->params;
    enum cv_validated needed = !p->validate    ? CV_VALIDATED_NOT
                               : p->check_name ? CV_VALIDATED_NAME
                                               : CV_VALIDATED_CHAIN;
    bool version_offered = s->version >= c->config->min_version && s->version <= c->config->max_version;
    bool suite_offered = false;
    for (size_t i = 0; i < c->config->n_suites; i++) {
        const struct cv_suite *suite = &c->config->suites[i];
        if (suite->tls12 ? suite->id == s->suite : suite->hash->id == s->hash) suite_offered = true;
    }
    return version_offered && suite_offered && s->validated >= needed &&
           memcmp(s->policy, p->policy, sizeof s->policy) == 0 && cv_cert_type_session_serves(c, s) &&
           c->config->port->now(c->config->port->ctx) <= s->chain_not_after &&
           cv_bytes_equal(s->server_name, cv_buf_bytes(&c->server_name));
}

/* A kept session that may be offered to this server into hs->session, if there is one. */
static cv_err find_session(struct cv_conn *c)
{
    struct cv_session *s;
    if (!enabled(c)) return CV_OK;
    cv_err e = cv_ask_session(c, &s);
    if (e != CV_OK || s == NULL) return e;
    if (session_serves(c, s))
        c->hs->session = s;
    else
        cv_session_free(c->config->port, s);
    return CV_OK;
}

static cv_err prepare(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    cv_err e = find_session(c);
    if (e != CV_OK) return e;
    if (hs->session != NULL && hs->session->by_id) { /* TLS 1.2: its ID instead of a random one */
        memcpy(hs->session_id, hs->session->ticket.p, hs->session->ticket.len);
        hs->session_id_len = (uint8_t)hs->session->ticket.len;
    }
    return cv_psks_prepare(c);
}

static size_t hash_len(const struct cv_conn *c, const struct cv_session *s)
{
    return cv_config_hash(c->config, s->hash)->digest_len;
}

/* Bytes of the list of binders, with its length. */
static size_t binders_len(const struct cv_conn *c, struct cv_session *const *offers, size_t n)
{
    size_t len = 2;
    for (size_t i = 0; i < n; i++) len += 1 + hash_len(c, offers[i]);
    return len;
}

static size_t psk_len(const struct cv_conn *c, struct cv_session *const *offers, size_t n)
{
    size_t len = n != 0 ? 4 + 2 + binders_len(c, offers, n) : 0;
    for (size_t i = 0; i < n; i++) len += 2 + offers[i]->ticket.len + 4;
    return len;
}

static size_t room(const struct cv_conn *c)
{
    struct cv_session *offers[CV_OFFERS_MAX];
    size_t len = psk_len(c, offers, cv_psks_offered(c, offers));
    return c->hs->session != NULL ? len + c->hs->session->ticket.len : len; /* TLS 1.2's ticket */
}

static size_t settle(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    hs->n_offered = cv_hello_max_version(c) >= CV_TLS13 ? cv_psks_offered(c, hs->offered) : 0;
    return psk_len(c, hs->offered, hs->n_offered);
}

static void offer(struct cv_conn *c, struct cv_builder *b)
{
    const struct cv_hs *hs = c->hs;
    uint64_t now = c->config->port->now_ms(c->config->port->ctx);
    if (hs->n_offered == 0) return;
    size_t mark = cv_hello_ext(c, b, CV_EXT_PRE_SHARED_KEY);
    size_t list = cv_build_open(b, 2);
    for (size_t i = 0; i < hs->n_offered; i++) {
        const struct cv_session *s = hs->offered[i];
        /* RFC 9846 4.3.11: external keys have no age */
        uint32_t age = s->kind == CV_PSK_RESUMPTION ? (uint32_t)(now - s->created_ms) + s->age_add : 0;
        cv_build_u16(b, (uint16_t)s->ticket.len);
        cv_build_bytes(b, s->ticket.p, s->ticket.len);
        cv_build_u32(b, age);
    }
    cv_build_close(b, list, 2);
    list = cv_build_open(b, 2);
    for (size_t i = 0; i < hs->n_offered; i++) {
        cv_build_u8(b, (uint8_t)hash_len(c, hs->offered[i]));
        cv_build_zeros(b, hash_len(c, hs->offered[i]));
    }
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
}

/* Each key signs what stands before the binders. */
static void sign(const struct cv_conn *c, struct cv_builder *b)
{
    const struct cv_hs *hs = c->hs;
    if (hs->n_offered == 0) return;
    size_t len = binders_len(c, hs->offered, hs->n_offered), at = b->len - len + 2;
    struct cv_bytes partial = cv_bytes(b->p, b->len - len);
    for (size_t i = 0; i < hs->n_offered; i++) {
        const struct cv_hash *hash = cv_config_hash(c->config, hs->offered[i]->hash);
        uint8_t *binder = b->p + at + 1;
        cv_psk_binder(hs->offered[i], hash, c->retried ? &hs->transcript : NULL, partial, binder);
        cv_secret_declassify(binder, hash->digest_len); /* sent in the clear */
        at += 1 + (size_t)hash->digest_len;
    }
}

static void offer_modes(struct cv_conn *c, struct cv_builder *b)
{
    bool psk_ke = c->config->psk_ke;
    if (cv_hello_max_version(c) < CV_TLS13) return;
    size_t mark = cv_hello_ext(c, b, CV_EXT_PSK_KEY_EXCHANGE_MODES);
    cv_build_u8(b, psk_ke ? 2 : 1);
    cv_build_u8(b, 1); /* psk_dhe_ke */
    if (psk_ke) cv_build_u8(b, 0);
    cv_build_close(b, mark, 2);
}
const struct cv_client_extension cv_client_ext_psk_modes = {.offer = offer_modes};

/* RFC 5077 3.2 */
static void offer_ticket(struct cv_conn *c, struct cv_builder *b)
{
    const struct cv_session *s = c->hs->session;
    if (c->config->min_version > CV_TLS12 || !enabled(c)) return;
    size_t mark = cv_hello_ext(c, b, CV_EXT_SESSION_TICKET);
    if (s != NULL && s->version == CV_TLS12 && !s->by_id) cv_build_bytes(b, s->ticket.p, s->ticket.len);
    cv_build_close(b, mark, 2);
}
const struct cv_client_extension cv_client_ext_session_ticket = {.offer = offer_ticket};

/* --- what the server took --- */

/* The key that the server took becomes hs->session. */
static cv_err use(struct cv_conn *c, struct cv_session *chosen)
{
    struct cv_hs *hs = c->hs;
    for (size_t i = 0; i < hs->n_psks; i++) {
        if (hs->psks[i] != chosen) continue;
        hs->psks[i] = hs->session; /* which may be none */
        hs->session = chosen;
    }
    c->resumed = chosen->kind == CV_PSK_RESUMPTION;
    return c->resumed ? CV_OK : cv_buf_append(&c->psk_identity, c->config->port, chosen->ticket);
}

static cv_err take(struct cv_conn *c, const struct cv_server_hello *sh)
{
    struct cv_hs *hs = c->hs;
    hs->psk = sh->has_psk;
    if (!sh->has_psk) return CV_OK;
    /* RFC 9846 4.3.11: one that we offered, with the suite's hash */
    if (sh->psk_index >= hs->n_offered || hs->offered[sh->psk_index]->hash != c->suite->hash->id)
        return CV_E_BAD_PSK;
    return use(c, hs->offered[sh->psk_index]);
}

static cv_err take12(struct cv_conn *c, const struct cv_server_hello *sh)
{
    struct cv_hs *hs = c->hs;
    const struct cv_session *s = hs->session;
    /* An ID that stands for no session of ours can only be an echo of what TLS 1.3 sends (RFC 9846 4.2.3). */
    if (s == NULL || s->version != CV_TLS12) return CV_E_BAD_SESSION_ID;
    if (s->suite != sh->suite) return CV_E_BAD_SUITE; /* RFC 5246 7.4.1.3 */
    if (!c->extended_master_secret) return CV_E_EXTENDED_MASTER_SECRET;
    c->resumed = true;
    memcpy(hs->master, s->secret, sizeof hs->master);
    return cv_resume_peer(c);
}

/* --- what is kept --- */

static cv_err ticket(struct cv_conn *c, struct cv_bytes body)
{
    struct cv_new_session_ticket m;
    cv_err e = cv_new_session_ticket_parse(&m, body);
    if (e != CV_OK) return e;
    if ((e = cv_count_update(c)) != CV_OK) return e;
    if (!enabled(c) || m.lifetime == 0 || m.ticket.len > CV_TICKET_MAX) return CV_OK;
    struct cv_session fields = cv_session_describe(c), *s;
    fields.lifetime = cv_session_lifetime(c, m.lifetime);
    fields.age_add = m.age_add;
    fields.max_early_data = m.max_early_data;
    fields.ticket = m.ticket;
    cv_ticket_secret(c, &fields, m.nonce);
    e = cv_session_new(&s, c->config->port, &fields);
    cv_wipe(fields.secret, sizeof fields.secret);
    if (e == CV_OK) cv_keep_session(c, s);
    return e;
}

static cv_err ticket12(struct cv_conn *c, struct cv_bytes body)
{
    struct cv_hs *hs = c->hs;
    struct cv_new_session_ticket m;
    cv_err e = cv_new_session_ticket12_parse(&m, body);
    if (e != CV_OK) return e;
    hs->ticket_lifetime = m.lifetime;
    return m.ticket.len <= CV_TICKET_MAX ? cv_buf_append(&hs->ticket, c->config->port, m.ticket) : CV_OK;
}

static cv_err keep12(struct cv_conn *c)
{
    enum { ID_LIFETIME = 3600 }; /* RFC 5246 F.1.4 suggests a day at most */
    const struct cv_hs *hs = c->hs;
    struct cv_session fields = cv_session_describe(c), *s;
    struct cv_bytes ticket = cv_buf_bytes(&hs->ticket);
    uint32_t lifetime =
        hs->ticket_lifetime != 0 ? hs->ticket_lifetime : UINT32_MAX; /* RFC 5077 3.3: unspecified */
    /* RFC 7627 5.3: without the extended master secret nothing is resumed */
    if (!enabled(c) || !c->extended_master_secret) return CV_OK;
    if (ticket.len == 0 && c->resumed && hs->session != NULL) { /* the one that was used stays good */
        ticket = hs->session->ticket;
        fields.by_id = hs->session->by_id;
        fields.created = hs->session->created;
        lifetime = hs->session->lifetime;
    } else if (ticket.len == 0) {
        ticket = cv_bytes(c->session_id, c->session_id_len);
        fields.by_id = true;
        lifetime = ID_LIFETIME;
    }
    if (ticket.len == 0) return CV_OK;
    fields.ticket = ticket;
    fields.lifetime = cv_session_lifetime(c, lifetime);
    fields.secret_len = CV_MASTER_LEN;
    memcpy(fields.secret, hs->master, CV_MASTER_LEN);
    cv_err e = cv_session_new(&s, c->config->port, &fields);
    cv_wipe(fields.secret, sizeof fields.secret);
    if (e == CV_OK) cv_keep_session(c, s);
    return e;
}

const struct cv_resumption cv_resumption = {
    .prepare = prepare,
    .room = room,
    .settle = settle,
    .offer = offer,
    .sign = sign,
    .take = take,
    .take12 = take12,
    .peer = cv_resume_peer,
    .ticket = ticket,
    .ticket12 = ticket12,
    .keep12 = keep12,
    .drop = cv_drop_sessions,
};
