/* The TLS 1.2 server's handshake (RFC 5246 section 7.3, RFC 5077 section 3.1). */
#include "tls/cert_type.h"
#include "tls/limits.h"
#include "tls/renegotiate.h"
#include "tls/server_hello.h"
#include "tls/state.h"

#include "crypto/base/secret.h"
#include "crypto/ffdhe.h"

#include <string.h>

enum { FALLBACK_SCSV = 0x5600, RENEGOTIATION_SCSV = 0x00ff, SECP256R1 = 0x0017 };

/* RFC 5746 3.6, 3.7: the signal is for first handshakes, and they alone may leave the extension out. */
static cv_err check_renegotiation(const struct cv_conn *c, const struct cv_client_hello *ch)
{
    uint8_t verify_data[2 * CV_VERIFY_DATA_LEN];
    bool scsv = cv_list16_has(ch->suites, RENEGOTIATION_SCSV);
    if (c->renegotiating && scsv) return CV_E_RENEGOTIATION_INFO;
    bool may_lack = !c->renegotiating && !cv_ext_has(&ch->ext, CV_EXT_RENEGOTIATION_INFO);
    if (may_lack) return CV_OK;
    struct cv_bytes said = c->renegotiating ? cv_renegotiation_said(c, verify_data) : cv_bytes(NULL, 0);
    return cv_renegotiation_check(&ch->ext, said);
}

static cv_err check_hello(const struct cv_conn *c, const struct cv_client_hello *ch)
{
    const struct cv_config *config = c->config;
    struct cv_bytes formats = ch->ext.body[CV_EXT_EC_POINT_FORMATS], list;
    /* RFC 7507 3: before the versions are looked at; a client of ours could not be served either */
    uint16_t highest =
        ch->versions.p != NULL && cv_list16_has(ch->versions, CV_TLS12) ? CV_TLS12 : ch->legacy_version;
    if (config->max_version > highest && !c->renegotiating && cv_list16_has(ch->suites, FALLBACK_SCSV))
        return CV_E_FALLBACK;
    if (config->min_version > CV_TLS12) return CV_E_NO_COMMON_VERSION;
    if (ch->versions.p != NULL ? !cv_list16_has(ch->versions, CV_TLS12) : ch->legacy_version < CV_TLS12)
        return CV_E_NO_COMMON_VERSION;
    if (c->retried) return CV_E_BAD_RETRY;
    if ((config->require_extended_master_secret || c->renegotiating) &&
        !cv_ext_has(&ch->ext, CV_EXT_EXTENDED_MASTER_SECRET))
        return CV_E_EXTENDED_MASTER_SECRET;
    /* RFC 8422 5.1.2 */
    if (formats.p != NULL && (cv_read_vec8(&formats, &list) != CV_OK || !cv_list8_has(list, 0)))
        return CV_E_ILLEGAL_PARAMETER;
    return check_renegotiation(c, ch);
}

/* RFC 7919 4: does the client name groups of this kind? One that does takes no other. */
static bool names_fields(struct cv_bytes groups)
{
    uint16_t id;
    while (cv_read_u16(&groups, &id) == CV_OK) {
        if (id >= 0x0100 && id <= 0x01ff) return true;
    }
    return false;
}

/* RFC 8422 4: a client that names no groups can do all; we take the curve that everybody has. */
static const struct cv_group *pick_group(const struct cv_conn *c, const struct cv_client_hello *ch,
                                         const struct cv_suite *suite)
{
    bool any_field = suite->dhe != NULL && (ch->groups.p == NULL || !names_fields(ch->groups));
    for (size_t i = 0; i < c->config->n_groups; i++) {
        const struct cv_group *g = c->config->groups[i];
        if (!cv_group_fits12(g, suite)) continue;
        if (any_field || (ch->groups.p != NULL ? cv_list16_has(ch->groups, g->id) : g->id == SECP256R1))
            return g;
    }
    return NULL;
}

/* The identity among these for a suite: one that has the name the client asks for, else the first that fits.
 */
static const struct cv_identity *identity_for(const struct cv_conn *c, const struct cv_identity *list,
                                              size_t n, const struct cv_host *host,
                                              const struct cv_suite *suite,
                                              const struct cv_sig_scheme **scheme)
{
    const struct cv_client_hello *ch = &c->hs->server->hello;
    const struct cv_identity *found = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct cv_identity *identity = &list[i];
        enum cv_key_type key = identity->leaf.key.type;
        bool rsa = key == CV_KEY_RSA || key == CV_KEY_RSA_PSS;
        uint16_t curve = cv_key_curve(key);
        /* RFC 8422 5.1: the client's groups are those of its server's key, too */
        bool fits =
            rsa == suite->rsa && (curve == 0 || ch->groups.p == NULL || cv_list16_has(ch->groups, curve));
        const struct cv_sig_scheme *s = fits ? cv_scheme12_for(c, identity, ch->sig_schemes) : NULL;
        bool has_name = host != NULL && cv_cert_matches_host(&identity->leaf, host);
        if (s == NULL || (found != NULL && !has_name)) continue;
        found = identity;
        *scheme = s;
        if (has_name) break;
    }
    return found;
}

/* The suite, and with it group, certificate and scheme: our first suite for which there are all. */
static cv_err pick_suite(struct cv_conn *c, const struct cv_suite **suite)
{
    const struct cv_config *config = c->config;
    struct cv_hs *hs = c->hs;
    const struct cv_identity *chosen;
    struct cv_host host;
    bool etm = cv_ext_has(&hs->server->hello.ext, CV_EXT_ENCRYPT_THEN_MAC);
    bool named = cv_server_host(c, &host);
    cv_err e = cv_ask_identity(c, &chosen, hs->server->hello.sig_schemes);
    if (e != CV_OK) return e;
    if (chosen == NULL && (e = cv_check_name(c, named ? &host : NULL)) != CV_OK) return e;
    const struct cv_identity *list = chosen != NULL ? chosen : config->identities;
    size_t n = chosen != NULL ? 1 : config->n_identities;
    e = CV_E_NO_COMMON_SUITE;
    for (size_t i = 0; i < config->n_suites; i++) {
        *suite = &config->suites[i];
        if (!cv_suite_serves12(config, *suite, etm) || !cv_list16_has(hs->server->hello.suites, (*suite)->id))
            continue;
        c->group = pick_group(c, &hs->server->hello, *suite);
        if (c->group == NULL) {
            e = CV_E_NO_COMMON_GROUP;
            continue;
        }
        c->identity = identity_for(c, list, n, named ? &host : NULL, *suite, &hs->sign_scheme);
        if (c->identity != NULL) return CV_OK;
        e = CV_E_NO_COMMON_SCHEME;
    }
    return n == 0 ? CV_E_NO_CERTIFICATE : e;
}

/* What the client wants to resume, by ticket or by ID; CV_E_BAD_PSK if there is no such session. */
static cv_err find_session(struct cv_conn *c, const struct cv_client_hello *ch, struct cv_session **out)
{
    const struct cv_session_store *store = c->config->session_store;
    struct cv_bytes ticket = ch->ext.body[CV_EXT_SESSION_TICKET];
    /* RFC 5077 3.4: with a ticket, the ID names nothing */
    if (ticket.len != 0) return cv_tickets_enabled(c) ? cv_ask_ticket(c, out, ticket) : CV_E_BAD_PSK;
    if (store == NULL || ch->session_id.len != CV_SESSION_ID_LEN) return CV_E_BAD_PSK;
    return cv_ask_store(c, out, ch->session_id.p, false);
}

/* A session that stands for a full handshake; CV_OK without one, too. */
static cv_err pick_session(struct cv_conn *c, const struct cv_client_hello *ch)
{
    struct cv_session *s;
    /* RFC 7627 5.3: nothing is resumed without */
    if (!c->params.resume || !c->extended_master_secret || c->renegotiating) return CV_OK;
    cv_err e = find_session(c, ch, &s);
    if (e != CV_OK) return e == CV_E_BAD_PSK ? CV_OK : e;
    const struct cv_suite *suite =
        cv_list16_has(ch->suites, s->suite) ? cv_config_suite(c->config, s->suite) : NULL;
    bool etm = cv_ext_has(&ch->ext, CV_EXT_ENCRYPT_THEN_MAC);
    if (suite == NULL || !cv_suite_serves12(c->config, suite, etm) || s->version != CV_TLS12 ||
        s->secret_len != CV_MASTER_LEN || !cv_server_session_serves(c, s)) {
        cv_session_free(c->config->port, s);
        return CV_OK;
    }
    c->hs->session = s;
    c->resumed = true;
    memcpy(c->hs->master, s->secret, CV_MASTER_LEN);
    if ((e = cv_conn_set_suite(c, suite)) != CV_OK) return e;
    return cv_resume_peer(c);
}

/* The ID of ServerHello: of a session that is resumed the client's (RFC 5077 3.4: the sign that its ticket
 * was taken), of a new one its name in the store, or none. */
static cv_err choose_session_id(struct cv_conn *c, const struct cv_client_hello *ch)
{
    struct cv_hs *hs = c->hs;
    bool by_ticket = c->resumed && ch->ext.body[CV_EXT_SESSION_TICKET].len != 0;
    hs->id_given = c->resumed && !by_ticket;
    if (c->resumed) return CV_OK;
    c->session_id_len = 0;
    if (hs->ticket_promised || !c->params.resume || c->config->session_store == NULL ||
        c->config->session_lifetime == 0 || !c->extended_master_secret)
        return CV_OK;
    cv_err e = cv_random(&c->config->port->rng, c->session_id, CV_SESSION_ID_LEN);
    if (e != CV_OK) return e;
    cv_secret_declassify(c->session_id, CV_SESSION_ID_LEN); /* sent in the clear */
    c->session_id_len = CV_SESSION_ID_LEN;
    hs->id_given = true;
    return CV_OK;
}

/* --- what the server sends --- */

static void empty_ext(struct cv_builder *b, enum cv_ext ext)
{
    size_t mark = cv_build_ext(b, ext);
    cv_build_close(b, mark, 2);
}

static bool sends_status(const struct cv_conn *c)
{
    return !c->resumed && !c->own_raw_key && c->hs->staple_asked && c->identity->staple.len != 0;
}

static bool sends_scts(const struct cv_conn *c)
{
    return !c->resumed && !c->own_raw_key && c->hs->scts_asked && c->identity->scts.len != 0;
}

static void build_extensions(struct cv_conn *c, struct cv_builder *b, const struct cv_client_hello *ch)
{
    size_t mark;
    if (c->secure_renegotiation) {
        mark = cv_build_ext(b, CV_EXT_RENEGOTIATION_INFO);
        size_t info = cv_build_open(b, 1);
        if (c->renegotiating) cv_build_bytes(b, c->verify_data, sizeof c->verify_data); /* RFC 5746 3.7 */
        cv_build_close(b, info, 1);
        cv_build_close(b, mark, 2);
    }
    if (c->extended_master_secret) empty_ext(b, CV_EXT_EXTENDED_MASTER_SECRET);
    if (c->hs->encrypt_then_mac) empty_ext(b, CV_EXT_ENCRYPT_THEN_MAC);
    if (c->hs->ticket_promised) empty_ext(b, CV_EXT_SESSION_TICKET);
    if (c->server_name.len != 0 && !c->resumed) empty_ext(b, CV_EXT_SERVER_NAME);
    if (cv_ext_has(&ch->ext, CV_EXT_EC_POINT_FORMATS) && !c->resumed && c->suite->dhe == NULL) {
        mark = cv_build_ext(b, CV_EXT_EC_POINT_FORMATS);
        cv_build_u16(b, 0x0100); /* one format: uncompressed */
        cv_build_close(b, mark, 2);
    }
    cv_limits_answer(c, b, &ch->ext);
    if (sends_status(c)) empty_ext(b, CV_EXT_STATUS_REQUEST);
    cv_cert_types_answer(c, b, &ch->ext);
    if (sends_scts(c)) {
        mark = cv_build_ext(b, CV_EXT_SCT);
        cv_build_bytes(b, c->identity->scts.p, c->identity->scts.len);
        cv_build_close(b, mark, 2);
    }
    if (c->alpn.len != 0 && !c->renegotiating) cv_server_build_alpn(c, b);
    cv_generic_build(c, b, CV_MSG_SERVER_HELLO);
}

static cv_err send_server_hello(struct cv_conn *c)
{
    static const uint8_t sentinel[8] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 1};
    struct cv_hs *hs = c->hs;
    struct cv_builder b;
    cv_err e = cv_random(&c->config->port->rng, hs->server_random, sizeof hs->server_random);
    if (e != CV_OK) return e;
    cv_secret_declassify(hs->server_random, sizeof hs->server_random); /* sent in the clear */
    /* RFC 9846 4.2.3 */
    bool newer = c->config->max_version > CV_TLS12 && !c->renegotiating;
    size_t cap = 128 + c->alpn.len + cv_generic_len(c, CV_MSG_SERVER_HELLO);
    if (newer) memcpy(hs->server_random + 24, sentinel, sizeof sentinel);
    if ((e = cv_msg_begin(c, CV_MSG_SERVER_HELLO, cap, &b)) != CV_OK) return e;
    cv_build_u16(&b, CV_TLS12);
    cv_build_bytes(&b, hs->server_random, sizeof hs->server_random);
    cv_build_u8(&b, c->session_id_len);
    cv_build_bytes(&b, c->session_id, c->session_id_len);
    cv_build_u16(&b, c->suite->id);
    cv_build_u8(&b, 0);
    size_t block = cv_build_open(&b, 2);
    build_extensions(c, &b, &hs->server->hello);
    cv_build_close(&b, block, 2);
    cv_generic_note(c, cv_bytes(b.p + block, b.len - block));
    return cv_msg_end(c, &b);
}

/* The group in front of the share: a prime and 2 (RFC 5246 7.4.3), or a curve's number (RFC 8422 5.4). */
static void build_group(struct cv_builder *b, const struct cv_group *group)
{
    if (group->field == NULL) {
        cv_build_u8(b, 3); /* named_curve */
        cv_build_u16(b, group->id);
        return;
    }
    size_t mark = cv_build_open(b, 2);
    cv_build_bytes(b, group->field->p, group->field->p_len);
    cv_build_close(b, mark, 2);
    cv_build_u16(b, 1);
    cv_build_u8(b, 2);
}

/* A fresh key pair, and what ServerKeyExchange says of it: kept, for its signature may take a while. */
static cv_err make_params(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    const struct cv_group *group = c->group;
    struct cv_builder b;
    size_t cap = 8 + (group->field != NULL ? group->field->p_len : 0) + group->client_share_len;
    unsigned len_len = c->suite->dhe != NULL ? 2 : 1;
    cv_err e = cv_buf_reserve(&hs->server->key_exchange, c->config->port, cap);
    if (e != CV_OK) return e;
    cv_build_init(&b, hs->server->key_exchange.p, hs->server->key_exchange.cap);
    build_group(&b, group);
    size_t mark = cv_build_open(&b, len_len);
    uint8_t *share = cv_build_space(&b, group->client_share_len);
    if (share == NULL) return CV_E_INTERNAL;
    if ((e = group->generate(group, hs->private_key, share, &c->config->port->rng)) != CV_OK) return e;
    cv_build_close(&b, mark, len_len);
    hs->server->key_exchange.len = b.len;
    return cv_build_end(&b);
}

static cv_err send_key_exchange(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    struct cv_bytes params = cv_buf_bytes(&hs->server->key_exchange);
    struct cv_bytes parts[] = {
        {hs->client_random, sizeof hs->client_random}, {hs->server_random, sizeof hs->server_random}, params};
    struct cv_builder b;
    cv_err e = cv_msg_begin(c, CV_MSG_SERVER_KEY_EXCHANGE, params.len + cv_sign12_cap(c->identity), &b);
    if (e != CV_OK) return e;
    cv_build_bytes(&b, params.p, params.len);
    if ((e = cv_sign12(c, &b, c->identity, hs->sign_scheme, parts, 3)) != CV_OK) return e;
    return cv_msg_end(c, &b);
}

static cv_err send_certificate_request(struct cv_conn *c)
{
    static const uint8_t types[] = {CV_CERT_TYPE_RSA_SIGN, CV_CERT_TYPE_ECDSA_SIGN};
    const struct cv_config *config = c->config;
    struct cv_builder b;
    cv_err e =
        cv_msg_begin(c, CV_MSG_CERTIFICATE_REQUEST, 16 + 2 * config->n_schemes + config->authorities.len, &b);
    if (e != CV_OK) return e;
    size_t mark = cv_build_open(&b, 1);
    cv_build_bytes(&b, types, sizeof types);
    cv_build_close(&b, mark, 1);
    mark = cv_build_open(&b, 2);
    for (size_t i = 0; i < config->n_schemes; i++) cv_build_u16(&b, config->schemes[i].id);
    cv_build_close(&b, mark, 2);
    mark = cv_build_open(&b, 2);
    cv_build_bytes(&b, config->authorities.p, config->authorities.len);
    cv_build_close(&b, mark, 2);
    c->hs->cert_requested = true;
    return cv_msg_end(c, &b);
}

static cv_err send_certificate_status(struct cv_conn *c)
{
    struct cv_bytes staple = c->identity->staple;
    struct cv_builder b;
    cv_err e = cv_msg_begin(c, CV_MSG_CERTIFICATE_STATUS, CV_CERTIFICATE_STATUS_HEAD_LEN + staple.len, &b);
    if (e != CV_OK) return e;
    cv_build_certificate_status(&b, staple);
    return cv_msg_end(c, &b);
}

/* The end of the server's first flight, from its signature on. */
static cv_err send_proof(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    struct cv_builder b;
    cv_err e = send_key_exchange(c);
    if (cv_is_want(e)) *next = CV_SS12_WANT_SIGNATURE;
    if (e != CV_OK) return e;
    if (c->params.client_auth != CV_AUTH_NONE && (e = send_certificate_request(c)) != CV_OK) return e;
    if ((e = cv_msg_begin(c, CV_MSG_SERVER_HELLO_DONE, 0, &b)) != CV_OK) return e;
    if ((e = cv_msg_end(c, &b)) != CV_OK) return e;
    *next =
        c->params.client_auth != CV_AUTH_NONE ? CV_SS12_WAIT_CERTIFICATE : CV_SS12_WAIT_CLIENT_KEY_EXCHANGE;
    return cv_flight_flush(c);
}

/* The server's end of a handshake: a ticket where one was promised, then Finished. */
static cv_err send_end(struct cv_conn *c)
{
    cv_err e = c->hs->ticket_promised ? cv_send_new_session_ticket12(c) : CV_OK;
    return e == CV_OK ? cv_send_finished12(c) : e;
}

/* The suite is known: the transcript begins. */
static cv_err send_hello(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    hs->encrypt_then_mac = c->suite->aead == NULL && cv_ext_has(&hs->server->hello.ext, CV_EXT_ENCRYPT_THEN_MAC);
    cv_err e = choose_session_id(c, &hs->server->hello);
    if (e != CV_OK) return e;
    cv_transcript_init(&hs->transcript, c->suite->hash);
    hs->keep_messages = !c->resumed && c->params.client_auth != CV_AUTH_NONE;
    e = cv_hs_add(c, cv_buf_bytes(&hs->client_hello));
    return e == CV_OK ? send_server_hello(c) : e;
}

static cv_err send_full_flight(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_suite *suite;
    cv_err e = pick_suite(c, &suite);
    if (cv_is_want(e)) *next = CV_SS12_WANT_CERTIFICATE;
    if (e != CV_OK) return e;
    if ((e = cv_conn_set_suite(c, suite)) != CV_OK) return e;
    if ((e = send_hello(c)) != CV_OK) return e;
    if ((e = cv_send_certificate(c, c->identity)) != CV_OK) return e;
    if (sends_status(c) && (e = send_certificate_status(c)) != CV_OK) return e;
    if ((e = make_params(c)) != CV_OK) return e;
    return send_proof(c, msg, next);
}

static cv_err choose_session(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    cv_err e = pick_session(c, &hs->server->hello);
    if (cv_is_want(e)) *next = CV_SS12_WANT_SESSION;
    if (e != CV_OK) return e;
    if (!c->resumed) {
        /* RFC 5246 7.4.1.4.1: without the extension SHA-1 is meant, which we do not sign with */
        if (hs->server->hello.sig_schemes.p == NULL) return CV_E_NO_COMMON_SCHEME;
        if ((e = cv_cert_types_choose(c, &hs->server->hello.ext)) != CV_OK) return e;
        hs->ticket_promised = hs->ticket_promised && c->params.resume;
        return send_full_flight(c, msg, next);
    }
    if ((e = send_hello(c)) != CV_OK) return e;
    *next = CV_SS12_WAIT_CCS;
    cv_secrets12_keys(c);
    return send_end(c);
}

/* The name that is asked for stays through a renegotiation: the certificate, and perhaps whom the data is
 * for, hang on it. */
static cv_err note_hello(struct cv_conn *c, const struct cv_client_hello *ch)
{
    struct cv_buf before = c->server_name;
    if (!c->renegotiating) return cv_server_note_hello(c, ch);
    c->server_name = (struct cv_buf){0};
    cv_err e = cv_server_note_hello(c, ch);
    if (e == CV_OK && !cv_bytes_equal(cv_buf_bytes(&before), cv_buf_bytes(&c->server_name)))
        e = CV_E_IDENTITY_CHANGED;
    cv_buf_free(&before, c->config->port);
    return e;
}

static cv_err client_hello(struct cv_conn *c, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    const struct cv_client_hello *ch = &hs->server->hello;
    cv_err e;
    if ((e = check_hello(c, ch)) != CV_OK) return e;
    if ((e = note_hello(c, ch)) != CV_OK) return e;
    c->version = CV_TLS12;
    if ((e = cv_limits_note_hello(c, &ch->ext)) != CV_OK) return e;
    c->can_request_auth = hs->skip_early = false;
    c->extended_master_secret = cv_ext_has(&ch->ext, CV_EXT_EXTENDED_MASTER_SECRET);
    c->secure_renegotiation =
        cv_ext_has(&ch->ext, CV_EXT_RENEGOTIATION_INFO) || cv_list16_has(ch->suites, RENEGOTIATION_SCSV);
    if (!c->renegotiating && (e = cv_server_pick_alpn(c, ch)) != CV_OK) return e;
    hs->ticket_promised = c->params.resume && cv_tickets_enabled(c) && c->config->session_lifetime != 0 &&
                          c->extended_master_secret && cv_ext_has(&ch->ext, CV_EXT_SESSION_TICKET);
    return choose_session(c, cv_bytes(NULL, 0), next);
}

/* --- renegotiation --- */

static cv_err ask_for_renegotiation(struct cv_conn *c)
{
    return cv_renegotiation_allowed(c) ? cv_send_hello_request(c) : CV_E_UNSUPPORTED;
}

/* A client that is known by its certificate is asked for it again. */
static cv_err later_client_hello(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    cv_renegotiation_begin(c);
    if (c->peer_chain.len != 0 && c->params.client_auth == CV_AUTH_NONE)
        c->params.client_auth = CV_AUTH_REQUEST;
    return client_hello(c, next);
}

/* Waits for cv_conn_step, which may send; no data comes in between. */
static cv_err recv_later_client_hello(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    cv_err e;
    if (!cv_renegotiation_allowed(c)) return cv_renegotiation_request(c, msg);
    if ((e = cv_count_update(c)) != CV_OK) return e;
    if ((e = cv_hs_new(c)) != CV_OK) return e;
    c->renegotiating = true;
    *next = CV_SS12_RENEGOTIATE;
    return cv_server_keep_hello(c, msg);
}

/* --- what the client answers --- */

static cv_err certificate(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    bool empty;
    cv_err e = cv_recv_certificate12(c, msg, &empty);
    if (e != CV_OK) return e;
    if (empty && c->params.client_auth == CV_AUTH_REQUIRE) return CV_E_CERTIFICATE_REQUIRED;
    *next = CV_SS12_WAIT_CLIENT_KEY_EXCHANGE;
    return CV_OK;
}

static cv_err client_key_exchange(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    uint8_t shared[CV_KEX_SECRET_MAX];
    uint8_t padded[CV_KEX_SECRET_MAX];
    struct cv_bytes share;
    cv_err e = c->suite->dhe != NULL ? cv_client_key_exchange_dhe_parse(&share, cv_msg_body(msg))
                                     : cv_client_key_exchange_parse(&share, cv_msg_body(msg));
    if (e != CV_OK) return e;
    if (c->suite->dhe != NULL && (e = cv_pad_share12(c->group, padded, &share)) != CV_OK) return e;
    if ((e = cv_hs_add(c, msg)) != CV_OK) return e;
    e = c->group->finish(c->group, shared, hs->private_key, share);
    cv_wipe(hs->private_key, sizeof hs->private_key);
    if (e == CV_OK) cv_secrets12_master(c, shared, c->group->secret_len);
    cv_wipe(shared, sizeof shared);
    *next = c->peer_chain.len != 0 ? CV_SS12_WAIT_CERTIFICATE_VERIFY : CV_SS12_WAIT_CCS;
    return e;
}

static cv_err certificate_verify(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_bytes messages = cv_buf_bytes(&c->hs->messages);
    struct cv_certificate_verify m;
    cv_err e = cv_certificate_verify_parse(&m, cv_msg_body(msg));
    if (e != CV_OK) return e;
    if ((e = cv_verify12(c, m.scheme, m.signature, &messages, 1)) != CV_OK) return e;
    *next = CV_SS12_WAIT_CCS;
    return CV_OK;
}

static cv_err change_cipher_spec(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    cv_secrets12_rx(c);
    *next = CV_SS12_WAIT_FINISHED;
    return CV_OK;
}

static cv_err finished(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    cv_err e;
    if ((e = cv_recv_finished12(c, cv_msg_body(msg))) != CV_OK) return e;
    if ((e = cv_hs_add(c, msg)) != CV_OK) return e;
    if (!c->resumed && (e = send_end(c)) != CV_OK) return e;
    *next = CV_SS12_CONNECTED;
    if ((e = cv_establish12(c)) != CV_OK) return e;
    cv_store_session12(c);
    return CV_OK;
}

/* A ClientHello that may not come now (RFC 5246 7.4.1.1). */
static cv_err answer(struct cv_conn *c, struct cv_bytes msg)
{
    (void)msg;
    return cv_send_no_renegotiation(c);
}

#define TO(state) (1u << CV_SS12_##state)

/* The server's first flight is built, but for what is behind its signature. */
#define FLIGHT_SENT (TO(WANT_SIGNATURE) | TO(WAIT_CERTIFICATE) | TO(WAIT_CLIENT_KEY_EXCHANGE))

static const struct cv_edge edges[] = {
    {CV_SS12_WANT_SESSION, CV_MSG_NONE, CV_HASH_SELF,
     TO(WANT_SESSION) | TO(WANT_CERTIFICATE) | FLIGHT_SENT | TO(WAIT_CCS), choose_session},
    {CV_SS12_WANT_CERTIFICATE, CV_MSG_NONE, CV_HASH_SELF, TO(WANT_CERTIFICATE) | FLIGHT_SENT,
     send_full_flight},
    {CV_SS12_WANT_SIGNATURE, CV_MSG_NONE, CV_HASH_SELF, FLIGHT_SENT, send_proof},
    {CV_SS12_WAIT_CERTIFICATE, CV_MSG_CERTIFICATE, CV_HASH_AFTER, TO(WAIT_CLIENT_KEY_EXCHANGE), certificate},
    {CV_SS12_WAIT_CLIENT_KEY_EXCHANGE, CV_MSG_CLIENT_KEY_EXCHANGE, CV_HASH_SELF,
     TO(WAIT_CERTIFICATE_VERIFY) | TO(WAIT_CCS), client_key_exchange},
    {CV_SS12_WAIT_CERTIFICATE_VERIFY, CV_MSG_CERTIFICATE_VERIFY, CV_HASH_AFTER, TO(WAIT_CCS),
     certificate_verify},
    {CV_SS12_WAIT_CCS, CV_MSG_CHANGE_CIPHER, CV_HASH_SELF, TO(WAIT_FINISHED), change_cipher_spec},
    {CV_SS12_WAIT_FINISHED, CV_MSG_FINISHED, CV_HASH_SELF, TO(CONNECTED), finished},
    {CV_SS12_CONNECTED, CV_MSG_CLIENT_HELLO, CV_HASH_SELF, TO(CONNECTED) | TO(RENEGOTIATE),
     recv_later_client_hello},
    {CV_SS12_RENEGOTIATE, CV_MSG_NONE, CV_HASH_SELF, TO(WANT_SESSION) | TO(WANT_CERTIFICATE) | FLIGHT_SENT,
     later_client_hello},
};
static cv_err answer_stored(struct cv_conn *c)
{
    return cv_answer_stored(c, answer);
}

const struct cv_machine cv_machine_server12 = {
    .edges = edges,
    .n_edges = sizeof edges / sizeof edges[0],
    .answer_stored = answer_stored,
    .forget = cv_forget_session12,
    .client_hello = client_hello,
    .renegotiate = ask_for_renegotiation,
    .certificate = cv_certificate12_parse,
};
