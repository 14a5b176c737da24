/* The TLS 1.3 server's handshake: its table and the handlers of what a client sends. RFC 9846 appendix A.2.
 */
#include "tls/cert_type.h"
#include "tls/compress.h"
#include "tls/early.h"
#include "tls/limits.h"
#include "tls/peer_certs.h"
#include "tls/server_hello.h"
#include "tls/state.h"

#include "crypto/base/ct.h"
#include "crypto/base/secret.h"

#include <string.h>

enum { MAX_PSK_TRIED = 4, AUTH_CONTEXT_LEN = 16 };

/* --- ClientHello: what must hold --- */

static cv_err check_hello(const struct cv_conn *c, const struct cv_client_hello *ch)
{
    /* RFC 9846 4.2.2: the old number is fixed, and there is one method, null */
    if (ch->legacy_version != CV_TLS12) return CV_E_BAD_LEGACY_VERSION;
    if (ch->compression.len != 1 || !cv_list8_has(ch->compression, 0)) return CV_E_BAD_COMPRESSION;
    /* RFC 9846 9.2 */
    bool psk_ke = c->config->psk_ke && ch->psk_modes.p != NULL && cv_list8_has(ch->psk_modes, 0);
    bool alone = psk_ke && ch->psk_identities.p != NULL && ch->groups.p == NULL && ch->key_shares.p == NULL;
    if (!alone && (ch->groups.p == NULL || ch->key_shares.p == NULL)) return CV_E_MISSING_EXTENSION;
    if (ch->psk_identities.p == NULL && ch->sig_schemes.p == NULL) return CV_E_MISSING_EXTENSION;
    if (ch->psk_identities.p != NULL && ch->psk_modes.p == NULL) return CV_E_MISSING_EXTENSION;
    return CV_OK;
}

/* Is there a PSK among those offered whose hash, as its binder shows, is the suite's? */
static bool offers_psk_for(const struct cv_client_hello *ch, const struct cv_suite *suite)
{
    struct cv_bytes binders = ch->psk_binders, binder;
    while (cv_read_vec8(&binders, &binder) == CV_OK) {
        if (binder.len == suite->hash->digest_len) return true;
    }
    return false;
}

static cv_err read_identity(struct cv_bytes *from, struct cv_bytes *identity)
{
    uint32_t age;
    cv_err e = cv_read_vec16(from, identity);
    return e == CV_OK ? cv_read_u32(from, &age) : e;
}

/* Is the PSK that was picked before the retry still offered? */
static bool keeps_psk(const struct cv_conn *c, const struct cv_client_hello *first,
                      const struct cv_client_hello *second)
{
    struct cv_bytes before = first->psk_identities, now = second->psk_identities, picked, identity;
    if (!c->hs->retry_psk) return true;
    for (unsigned i = 0; i <= c->hs->retry_psk_index; i++)
        if (read_identity(&before, &picked) != CV_OK) return false;
    while (read_identity(&now, &identity) == CV_OK)
        if (cv_bytes_equal(identity, picked)) return true;
    return false;
}

/* RFC 9846 4.2.2: what a second ClientHello may change is listed there; all else stays. */
static cv_err check_second_hello(struct cv_conn *c, const struct cv_client_hello *ch)
{
    static const uint32_t may_change = 1u << CV_EXT_KEY_SHARE | 1u << CV_EXT_PRE_SHARED_KEY |
                                       1u << CV_EXT_EARLY_DATA | 1u << CV_EXT_COOKIE | 1u << CV_EXT_PADDING;
    struct cv_client_hello first;
    cv_err e = cv_client_hello_parse(&first, cv_msg_body(cv_buf_bytes(&c->hs->server->first_hello)));
    if (e != CV_OK) return e;
    if (first.legacy_version != ch->legacy_version || !cv_bytes_equal(first.random, ch->random) ||
        !cv_bytes_equal(first.session_id, ch->session_id) || !cv_bytes_equal(first.suites, ch->suites) ||
        !cv_bytes_equal(first.compression, ch->compression))
        return CV_E_BAD_RETRY;
    if (((first.ext.present ^ ch->ext.present) & ~may_change) != 0) return CV_E_BAD_RETRY;
    for (unsigned i = 0; i < CV_EXT_COUNT; i++) {
        if ((may_change >> i & 1) == 0 && !cv_bytes_equal(first.ext.body[i], ch->ext.body[i]))
            return CV_E_BAD_RETRY;
    }
    if (cv_ext_has(&ch->ext, CV_EXT_EARLY_DATA)) return CV_E_BAD_RETRY;
    if ((e = cv_generic_check_retry(c, first.ext.block, ch->ext.block)) != CV_OK) return e;
    /* only PSKs that do not fit the suite may be left out */
    if (offers_psk_for(&first, c->suite) && !cv_ext_has(&ch->ext, CV_EXT_PRE_SHARED_KEY))
        return CV_E_MISSING_EXTENSION;
    if (!keeps_psk(c, &first, ch)) return CV_E_BAD_RETRY;
    if (ch->cookie.p == NULL) return CV_E_MISSING_EXTENSION;
    if (!cv_bytes_equal(ch->cookie, cv_bytes(c->hs->server->cookie, sizeof c->hs->server->cookie))) return CV_E_BAD_COOKIE;
    return CV_OK;
}

/* --- ClientHello: what is chosen --- */

static cv_err pick_suite(struct cv_conn *c, const struct cv_client_hello *ch)
{
    for (size_t i = 0; i < c->config->n_suites; i++) {
        const struct cv_suite *suite = &c->config->suites[i];
        if (suite->tls12 || !cv_list16_has(ch->suites, suite->id)) continue;
        /* RFC 9846 4.2.4: the choice of the retry stays */
        if (c->suite != NULL && c->suite != suite) continue;
        if (c->suite != NULL) return CV_OK;
        /* RFC 9846 4.3.11: one with the PSK's hash */
        if (c->hs->psk && suite->hash->id != c->hs->session->hash) continue;
        cv_transcript_init(&c->hs->transcript, suite->hash);
        return cv_conn_set_suite(c, suite);
    }
    return c->retried ? CV_E_BAD_RETRY : CV_E_NO_COMMON_SUITE;
}

static struct cv_bytes find_share(struct cv_bytes shares, uint16_t group)
{
    struct cv_bytes share;
    uint16_t id;
    while (cv_read_u16(&shares, &id) == CV_OK && cv_read_vec16(&shares, &share) == CV_OK) {
        if (id == group) return share;
    }
    return cv_bytes(NULL, 0);
}

/* Our first group that the client knows and, if it matters, has a share for. */
static const struct cv_group *first_group(const struct cv_conn *c, const struct cv_client_hello *ch,
                                          bool hybrid, bool with_share)
{
    for (size_t i = 0; i < c->config->n_groups; i++) {
        const struct cv_group *group = c->config->groups[i];
        if ((group->part != NULL) != hybrid || !cv_list16_has(ch->groups, group->id)) continue;
        if (!with_share || find_share(ch->key_shares, group->id).p != NULL) return group;
    }
    return NULL;
}

/* Recordings of today must outlast tomorrow's machines, so that a hybrid is worth another round trip; among
 * groups of a kind, one with a share is taken before one without. *share is empty where a retry is due. */
static cv_err pick_group(struct cv_conn *c, const struct cv_client_hello *ch, struct cv_bytes *share)
{
    const struct cv_group *group = NULL;
    for (int i = 0; i < 4 && group == NULL; i++) group = first_group(c, ch, i < 2, i % 2 == 0);
    if (group == NULL) return CV_E_NO_COMMON_GROUP;
    *share = find_share(ch->key_shares, group->id);
    /* RFC 9846 4.3.8: after a retry, the group that was asked for */
    /* RFC 9846 4.2.2: now the one that was asked for, and no other */
    if (c->retried && (share->p == NULL || c->group != group || ch->key_shares.len != 4 + share->len))
        return CV_E_BAD_RETRY;
    c->group = group;
    return CV_OK;
}

static cv_err check_binder(const struct cv_conn *c, const struct cv_session *s, struct cv_bytes partial,
                           struct cv_bytes binder)
{
    const struct cv_hash *hash = c->suite->hash;
    uint8_t want[CV_HASH_MAX];
    cv_psk_binder(s, hash, c->retried ? &c->hs->transcript : NULL, partial, want);
    if (binder.len != hash->digest_len) return CV_E_BAD_BINDER;
    uint32_t equal = cv_ct_equal(want, binder.p, hash->digest_len);
    cv_secret_declassify(&equal, sizeof equal); /* the handshake's going on tells it */
    return equal ? CV_OK : CV_E_BAD_BINDER;
}

/* The nth identity that the client offers, and its binder. */
struct offered {
    struct cv_bytes identity, binder;
    uint32_t age;
};

static cv_err read_offered(struct offered *out, const struct cv_client_hello *ch, unsigned n)
{
    struct cv_bytes identities = ch->psk_identities, binders = ch->psk_binders;
    cv_err e;
    for (unsigned i = 0; i <= n; i++) {
        if ((e = cv_read_vec16(&identities, &out->identity)) != CV_OK) return e;
        if ((e = cv_read_u32(&identities, &out->age)) != CV_OK) return e;
        if ((e = cv_read_vec8(&binders, &out->binder)) != CV_OK) return e;
    }
    return CV_OK;
}

/* Is there a suite of both sides with this hash? After a retry, that of the retry. */
static bool has_suite_for(const struct cv_conn *c, const struct cv_client_hello *ch, enum cv_hash_id hash)
{
    if (c->suite != NULL) return c->suite->hash->id == hash;
    for (size_t i = 0; i < c->config->n_suites; i++) {
        const struct cv_suite *suite = &c->config->suites[i];
        if (!suite->tls12 && suite->hash->id == hash && cv_list16_has(ch->suites, suite->id)) return true;
    }
    return false;
}

/* The key or the ticket that an identity names. CV_E_BAD_PSK: none that serves. */
static cv_err find_session(struct cv_conn *c, struct cv_session **out, struct cv_bytes identity)
{
    /* A certificate that is required is not replaced by a key. */
    bool keys = c->config->n_psks != 0 && c->params.client_auth != CV_AUTH_REQUIRE;
    cv_err e = keys ? cv_psk_find(c, out, identity) : CV_E_BAD_PSK;
    if (e != CV_E_BAD_PSK || !c->params.resume || !cv_tickets_enabled(c)) return e;
    if ((e = cv_ask_ticket(c, out, identity)) != CV_OK) return e;
    if ((*out)->version == CV_TLS13 && cv_server_session_serves(c, *out)) return CV_OK;
    cv_session_free(c->config->port, *out);
    return CV_E_BAD_PSK;
}

/* Looks at the offered identities in turn, from psk_index on; the first that serves is taken. */
static cv_err pick_session(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    const struct cv_client_hello *ch = &hs->server->hello;
    struct offered offered;
    cv_err e;
    if (ch->psk_identities.p == NULL || !(hs->psk_dhe || hs->psk_ke)) return CV_OK;
    for (; hs->psk_index < MAX_PSK_TRIED && hs->psk_index < ch->n_psk; hs->psk_index++) {
        struct cv_session *s;
        if ((e = read_offered(&offered, ch, hs->psk_index)) != CV_OK) return e;
        e = find_session(c, &s, offered.identity);
        if (e == CV_E_BAD_PSK) continue;
        if (e != CV_OK) return e;
        if (!has_suite_for(c, ch, s->hash)) {
            cv_session_free(c->config->port, s);
            continue;
        }
        hs->session = s;
        hs->psk = true;
        hs->psk_age = offered.age;
        return CV_OK;
    }
    return CV_OK;
}

/* The key that was picked is used: its binder must be right. */
static cv_err take_session(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    struct cv_bytes msg = cv_buf_bytes(&hs->client_hello);
    struct offered offered;
    cv_err e = read_offered(&offered, &hs->server->hello, hs->psk_index);
    if (e != CV_OK) return e;
    c->resumed = hs->session->kind == CV_PSK_RESUMPTION;
    e = check_binder(c, hs->session, cv_bytes(msg.p, msg.len - hs->server->hello.binders_len), offered.binder);
    if (e != CV_OK || c->resumed) return e;
    return cv_buf_append(&c->psk_identity, c->config->port, hs->session->ticket);
}

/* A retry begins anew. */
static void forget_session(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    hs->retry_psk = hs->psk;
    hs->retry_psk_index = hs->psk_index;
    cv_session_free(c->config->port, hs->session);
    hs->session = NULL;
    hs->psk = false;
    hs->psk_index = 0;
}

/* --- what the server sends --- */

static void build_server_hello(struct cv_conn *c, struct cv_builder *b, const uint8_t *random)
{
    struct cv_hs *hs = c->hs;
    cv_build_u16(b, CV_TLS12);
    cv_build_bytes(b, random, 32);
    cv_build_u8(b, hs->session_id_len);
    cv_build_bytes(b, hs->session_id, hs->session_id_len);
    cv_build_u16(b, c->suite->id);
    cv_build_u8(b, 0);
}

static void ext_supported_version(struct cv_builder *b)
{
    size_t mark = cv_build_ext(b, CV_EXT_SUPPORTED_VERSIONS);
    cv_build_u16(b, CV_TLS13);
    cv_build_close(b, mark, 2);
}

static cv_err send_retry(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    struct cv_builder b;
    cv_err e;
    cv_transcript_add(&hs->transcript, cv_buf_bytes(&hs->client_hello));
    cv_transcript_retry(&hs->transcript);
    if ((e = cv_random(&c->config->port->rng, hs->server->cookie, sizeof hs->server->cookie)) != CV_OK) return e;
    cv_secret_declassify(hs->server->cookie, sizeof hs->server->cookie); /* sent in the clear, and comes back so */
    if ((e = cv_msg_begin(c, CV_MSG_SERVER_HELLO, 160, &b)) != CV_OK) return e;
    build_server_hello(c, &b, cv_hello_retry_random);
    size_t block = cv_build_open(&b, 2);
    ext_supported_version(&b);
    size_t mark = cv_build_ext(&b, CV_EXT_KEY_SHARE);
    cv_build_u16(&b, c->group->id);
    cv_build_close(&b, mark, 2);
    mark = cv_build_ext(&b, CV_EXT_COOKIE);
    cv_build_u16(&b, sizeof hs->server->cookie);
    cv_build_bytes(&b, hs->server->cookie, sizeof hs->server->cookie);
    cv_build_close(&b, mark, 2);
    cv_build_close(&b, block, 2);
    if ((e = cv_msg_end(c, &b)) != CV_OK) return e;
    c->retried = true;
    if ((e = cv_flight_flush(c)) != CV_OK) return e;
    return cv_send_ccs(c);
}

/* Our share, and what comes of both. */
static cv_err ext_key_share(struct cv_conn *c, struct cv_builder *b, uint8_t *shared)
{
    const struct cv_group *group = c->group;
    struct cv_bytes client_share = find_share(c->hs->server->hello.key_shares, group->id);
    size_t mark = cv_build_ext(b, CV_EXT_KEY_SHARE);
    cv_build_u16(b, group->id);
    size_t inner = cv_build_open(b, 2);
    uint8_t *share = cv_build_space(b, group->server_share_len);
    if (share == NULL) return CV_E_INTERNAL;
    cv_err e = group->respond(group, share, shared, client_share, &c->config->port->rng);
    cv_build_close(b, inner, 2);
    cv_build_close(b, mark, 2);
    return e;
}

static cv_err send_server_hello(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    struct cv_builder b;
    uint8_t random[32], shared[CV_KEX_SECRET_MAX];
    size_t share_len = c->group != NULL ? c->group->server_share_len : 0;
    cv_err e;
    if ((e = cv_random(&c->config->port->rng, random, sizeof random)) != CV_OK) return e;
    cv_secret_declassify(random, sizeof random); /* sent in the clear */
    if ((e = cv_msg_begin(c, CV_MSG_SERVER_HELLO, 128 + share_len, &b)) != CV_OK) return e;
    build_server_hello(c, &b, random);
    size_t block = cv_build_open(&b, 2);
    if (hs->psk) {
        size_t mark = cv_build_ext(&b, CV_EXT_PRE_SHARED_KEY);
        cv_build_u16(&b, hs->psk_index);
        cv_build_close(&b, mark, 2);
    }
    if (c->group != NULL && (e = ext_key_share(c, &b, shared)) != CV_OK) goto out;
    ext_supported_version(&b);
    cv_build_close(&b, block, 2);
    cv_generic_note(c, cv_bytes(b.p + block, b.len - block));
    if ((e = cv_msg_end(c, &b)) != CV_OK) goto out;
    cv_secrets_handshake(c, c->group != NULL ? shared : NULL, c->group != NULL ? c->group->secret_len : 0);
    if ((e = cv_flight_flush(c)) != CV_OK) goto out;
    if ((e = cv_send_ccs(c)) != CV_OK) goto out;
    e = cv_tx_install(c, hs->server_secret);
out:
    cv_wipe(shared, sizeof shared);
    return e;
}

static cv_err send_encrypted_extensions(struct cv_conn *c, const struct cv_client_hello *ch)
{
    struct cv_builder b;
    size_t cap = 2 + 4 + CV_LIMITS_ANSWER_MAX + CV_CERT_TYPES_MAX + 4 + 4 + 3 + c->alpn.len +
                 cv_generic_len(c, CV_MSG_ENCRYPTED_EXTENSIONS);
    cv_err e = cv_msg_begin(c, CV_MSG_ENCRYPTED_EXTENSIONS, cap, &b);
    if (e != CV_OK) return e;
    size_t block = cv_build_open(&b, 2);
    /* RFC 6066 3: not when a session is resumed */
    if (c->server_name.len != 0 && !c->hs->psk) {
        size_t mark = cv_build_ext(&b, CV_EXT_SERVER_NAME); /* RFC 6066 3: empty, for the name was used */
        cv_build_close(&b, mark, 2);
    }
    if (c->early == CV_EARLY_ACCEPTED) {
        size_t mark = cv_build_ext(&b, CV_EXT_EARLY_DATA);
        cv_build_close(&b, mark, 2);
    }
    cv_limits_answer(c, &b, &ch->ext);
    cv_cert_types_answer(c, &b, &ch->ext);
    if (c->alpn.len != 0) cv_server_build_alpn(c, &b);
    cv_generic_build(c, &b, CV_MSG_ENCRYPTED_EXTENSIONS);
    cv_build_close(&b, block, 2);
    cv_generic_note(c, cv_bytes(b.p + block, b.len - block));
    return cv_msg_end(c, &b);
}

static cv_err send_certificate_request(struct cv_conn *c)
{
    const struct cv_config *config = c->config;
    struct cv_bytes context = cv_buf_bytes(&c->hs->request_context);
    struct cv_builder b;
    size_t cap = 64 + CV_COMPRESSION_OFFER_MAX + context.len +
                 2 * (config->n_schemes + config->n_cert_schemes) + config->authorities.len;
    cv_err e = cv_msg_begin(c, CV_MSG_CERTIFICATE_REQUEST, cap, &b);
    if (e != CV_OK) return e;
    cv_build_u8(&b, (uint8_t)context.len);
    cv_build_bytes(&b, context.p, context.len);
    size_t block = cv_build_open(&b, 2);
    cv_build_schemes(&b, CV_EXT_SIGNATURE_ALGORITHMS, config->schemes, config->n_schemes);
    cv_build_schemes(&b, CV_EXT_SIGNATURE_ALGORITHMS_CERT, config->cert_schemes, config->n_cert_schemes);
    if (cv_compression_offered(config)) config->features->compression->offer(config, &b);
    if (config->ask_staple) {
        size_t mark = cv_build_ext(&b, CV_EXT_STATUS_REQUEST);
        cv_build_close(&b, mark, 2);
    }
    if (config->authorities.len != 0) {
        size_t mark = cv_build_ext(&b, CV_EXT_CERTIFICATE_AUTHORITIES);
        size_t list = cv_build_open(&b, 2);
        cv_build_bytes(&b, config->authorities.p, config->authorities.len);
        cv_build_close(&b, list, 2);
        cv_build_close(&b, mark, 2);
    }
    cv_build_close(&b, block, 2);
    c->hs->cert_requested = true;
    return cv_msg_end(c, &b);
}

/* --- handlers: the ClientHello, and where its answer may be suspended --- */

/* The end of the server's flight, behind its certificate. */
static cv_err send_proof(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    struct cv_hs *hs = c->hs;
    uint8_t server_app_secret[CV_SECRET_MAX];
    cv_err e = hs->psk ? CV_OK : cv_send_certificate_verify(c, c->identity, hs->sign_scheme);
    if (cv_is_want(e)) *next = CV_SS_WANT_SIGNATURE;
    if (e != CV_OK) return e;
    if ((e = cv_send_finished(c, hs->server_secret)) != CV_OK) return e;
    cv_secrets_application(c, hs->client_app_secret, server_app_secret);
    e = cv_tx_install(c, server_app_secret);
    cv_wipe(server_app_secret, sizeof server_app_secret);
    bool early = c->early == CV_EARLY_ACCEPTED;
    cv_rx_install(c, early ? hs->server->early_secret : hs->client_secret);
    *next = early                                               ? CV_SS_WAIT_END_OF_EARLY_DATA
            : !hs->psk && c->params.client_auth != CV_AUTH_NONE ? CV_SS_WAIT_CERTIFICATE
                                                                : CV_SS_WAIT_FINISHED;
    return e;
}

static cv_err choose_certificate(struct cv_conn *c)
{
    struct cv_host host;
    bool named = cv_server_host(c, &host);
    return cv_pick_identity(c, c->hs->server->hello.sig_schemes, named ? &host : NULL, &c->identity,
                            &c->hs->sign_scheme);
}

static cv_err send_flight(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    cv_err e = hs->psk ? CV_OK : choose_certificate(c);
    if (cv_is_want(e)) *next = CV_SS_WANT_CERTIFICATE;
    if (e != CV_OK) return e;
    cv_transcript_add(&hs->transcript, cv_buf_bytes(&hs->client_hello));
    cv_server_note_early(c);
    if ((e = send_server_hello(c)) != CV_OK) return e;
    if ((e = send_encrypted_extensions(c, &hs->server->hello)) != CV_OK) return e;
    if (hs->psk) {
        e = cv_resume_peer(c);
    } else {
        if (c->params.client_auth != CV_AUTH_NONE && (e = send_certificate_request(c)) != CV_OK) return e;
        e = cv_send_certificate(c, c->identity);
    }
    return e == CV_OK ? send_proof(c, msg, next) : e;
}

/* Suite and group, once it is known which key is used. *retry: the group's share is still missing. */
static cv_err judge_hello(struct cv_conn *c, bool *retry)
{
    struct cv_hs *hs = c->hs;
    const struct cv_client_hello *ch = &hs->server->hello;
    struct cv_bytes share = {NULL, 0};
    cv_err e;
    bool alone = hs->psk && !hs->psk_dhe; /* RFC 9846 4.3.9: psk_ke */
    if ((e = pick_suite(c, ch)) != CV_OK) return e;
    if (!alone && (e = pick_group(c, ch, &share)) != CV_OK) return e;
    *retry = !alone && share.p == NULL;
    if (*retry) return CV_OK;
    if (hs->psk && (e = take_session(c)) != CV_OK) return e;
    hs->session_judged = true;
    return cv_server_pick_alpn(c, ch);
}

static cv_err choose_session(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    const struct cv_client_hello *ch = &hs->server->hello;
    bool retry = false;
    cv_err e = hs->session_judged ? CV_OK : pick_session(c);
    if (e == CV_OK && !hs->session_judged) e = judge_hello(c, &retry);
    if (retry) {
        forget_session(c);
        *next = CV_SS_WAIT_CLIENT_HELLO_RETRIED;
        return send_retry(c);
    }
    if (e == CV_OK) e = cv_server_judge_early(c);
    if (cv_is_want(e)) *next = c->retried ? CV_SS_WANT_SESSION_RETRIED : CV_SS_WANT_SESSION;
    if (e != CV_OK) return e;
    if (!hs->psk && ch->sig_schemes.p == NULL) return CV_E_MISSING_EXTENSION;
    if (!hs->psk && (e = cv_cert_types_choose(c, &ch->ext)) != CV_OK) return e;
    return send_flight(c, msg, next);
}

static cv_err answer_hello(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_client_hello *ch = &c->hs->server->hello;
    cv_err e;
    bool tls13 = c->config->max_version >= CV_TLS13 && cv_list16_has(ch->versions, CV_TLS13);
    if (!tls13) {
        const struct cv_machine *older = c->config->machines->server12;
        return older != NULL ? older->client_hello(c, next) : CV_E_NO_COMMON_VERSION;
    }
    c->version = CV_TLS13;
    if ((e = check_hello(c, ch)) != CV_OK) return e;
    if (c->retried && (e = check_second_hello(c, ch)) != CV_OK) return e;
    if ((e = cv_server_note_hello(c, ch)) != CV_OK) return e;
    if ((e = cv_limits_note_hello(c, &ch->ext)) != CV_OK) return e;
    return choose_session(c, msg, next);
}

static cv_err client_hello(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    cv_err e = cv_server_keep_hello(c, msg);
    /* the hello after a retry shows the same, which is checked */
    if (e == CV_OK && !c->retried) e = cv_generic_take(c, c->hs->server->hello.ext.block, CV_MSG_CLIENT_HELLO);
    if (cv_is_want(e)) *next = CV_SS_WANT_EXTENSION;
    return e == CV_OK ? answer_hello(c, msg, next) : e;
}

static cv_err extension_seen(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    cv_err e = cv_generic_next(c);
    return e == CV_OK ? answer_hello(c, msg, next) : e;
}

/* --- handlers: the client's flight --- */

static cv_err end_of_early_data(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    if (cv_msg_body(msg).len != 0) return CV_E_TRAILING_DATA;
    cv_rx_install(c, c->hs->client_secret);
    *next = CV_SS_WAIT_FINISHED;
    return CV_OK;
}

/* The client's Certificate; the state after an empty one depends on where we are. */
static cv_err take_certificate(struct cv_conn *c, struct cv_bytes msg, uint8_t *next, uint8_t if_given,
                               uint8_t if_empty)
{
    bool empty;
    cv_err e = cv_peer_certs_recv(c, msg, &empty);
    if (e != CV_OK) return e;
    if (empty && c->params.client_auth == CV_AUTH_REQUIRE) return CV_E_CERTIFICATE_REQUIRED;
    *next = empty ? if_empty : if_given;
    return CV_OK;
}

static cv_err certificate(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    return take_certificate(c, msg, next, CV_SS_WAIT_CERTIFICATE_VERIFY, CV_SS_WAIT_FINISHED);
}

static cv_err certificate_verify(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    *next = CV_SS_WAIT_FINISHED;
    return cv_recv_certificate_verify(c, cv_msg_body(msg));
}

static cv_err finished(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    cv_err e;
    if ((e = cv_recv_finished(c, cv_msg_body(msg), hs->client_secret)) != CV_OK) return e;
    cv_transcript_add(&hs->transcript, msg);
    cv_rx_install(c, hs->client_app_secret);
    cv_secrets_resumption(c);
    if (c->can_request_auth && (e = cv_keep_auth_transcript(c)) != CV_OK) return e;
    c->established = true;
    *next = CV_SS_CONNECTED;
    return cv_send_new_session_tickets(c);
}

/* --- post-handshake authentication (RFC 9846 4.7.2) --- */

static cv_err build_auth_request(struct cv_conn *c)
{
    uint8_t context[AUTH_CONTEXT_LEN];
    cv_err e;
    if ((e = cv_auth_begin(c)) != CV_OK) return e;
    if ((e = cv_random(&c->config->port->rng, context, sizeof context)) != CV_OK) return e;
    cv_secret_declassify(context, sizeof context); /* the client says it back: a name, no secret */
    e = cv_buf_append(&c->hs->request_context, c->config->port, cv_bytes(context, sizeof context));
    return e == CV_OK ? send_certificate_request(c) : e;
}

static cv_err request_auth(struct cv_conn *c)
{
    if (!c->established || c->auth_transcript == NULL || c->state != CV_SS_CONNECTED) return CV_E_UNSUPPORTED;
    size_t out_len = c->out.len;
    cv_err e = build_auth_request(c);
    if (e == CV_OK) e = cv_flight_flush(c);
    if (e == CV_OK)
        c->state = CV_SS_AUTH_CERTIFICATE;
    else if (c->out.len == out_len)
        cv_hs_free(c); /* nothing was sent: as if it had not been asked for */
    return e;
}

static cv_err auth_certificate(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    return take_certificate(c, msg, next, CV_SS_AUTH_CERTIFICATE_VERIFY, CV_SS_AUTH_FINISHED);
}

static cv_err auth_certificate_verify(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    *next = CV_SS_AUTH_FINISHED;
    return cv_recv_certificate_verify(c, cv_msg_body(msg));
}

static cv_err auth_finished(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    *next = CV_SS_CONNECTED;
    return cv_recv_finished(c, cv_msg_body(msg), c->rx.half.secret);
}

#define TO(state) (1u << CV_SS_##state)
/* The server's flight is built, but for what is behind its signature. */
#define FLIGHT_SENT (TO(WANT_SIGNATURE) | TO(WAIT_CERTIFICATE) | TO(WAIT_FINISHED))
/* Whatever a first ClientHello leads to, in either version. */
#define HELLO_READ                                                                                           \
    (TO(WANT_EXTENSION) | TO(WAIT_CLIENT_HELLO_RETRIED) | TO(WANT_SESSION) | TO(WANT_CERTIFICATE) |          \
     FLIGHT_SENT | TO(WAIT_END_OF_EARLY_DATA) | 1u << CV_SS12_WANT_SESSION |                                 \
     1u << CV_SS12_WANT_CERTIFICATE | 1u << CV_SS12_WANT_SIGNATURE | 1u << CV_SS12_WAIT_CERTIFICATE |        \
     1u << CV_SS12_WAIT_CLIENT_KEY_EXCHANGE | 1u << CV_SS12_WAIT_CCS)

static const struct cv_edge edges[] = {
    {CV_SS_WAIT_CLIENT_HELLO, CV_MSG_CLIENT_HELLO, CV_HASH_SELF, HELLO_READ, client_hello},
    {CV_SS_WANT_EXTENSION, CV_MSG_NONE, CV_HASH_SELF, HELLO_READ, extension_seen},
    {CV_SS_WAIT_CLIENT_HELLO_RETRIED, CV_MSG_CLIENT_HELLO, CV_HASH_SELF,
     TO(WANT_SESSION_RETRIED) | TO(WANT_CERTIFICATE) | FLIGHT_SENT, client_hello},
    {CV_SS_WANT_SESSION, CV_MSG_NONE, CV_HASH_SELF,
     TO(WAIT_CLIENT_HELLO_RETRIED) | TO(WANT_SESSION) | TO(WANT_CERTIFICATE) | FLIGHT_SENT |
         TO(WAIT_END_OF_EARLY_DATA),
     choose_session},
    {CV_SS_WANT_SESSION_RETRIED, CV_MSG_NONE, CV_HASH_SELF,
     TO(WANT_SESSION_RETRIED) | TO(WANT_CERTIFICATE) | FLIGHT_SENT, choose_session},
    {CV_SS_WANT_CERTIFICATE, CV_MSG_NONE, CV_HASH_SELF, TO(WANT_CERTIFICATE) | FLIGHT_SENT, send_flight},
    {CV_SS_WANT_SIGNATURE, CV_MSG_NONE, CV_HASH_SELF, FLIGHT_SENT, send_proof},
    {CV_SS_WAIT_END_OF_EARLY_DATA, CV_MSG_END_OF_EARLY_DATA, CV_HASH_AFTER, TO(WAIT_FINISHED),
     end_of_early_data},
    {CV_SS_WAIT_CERTIFICATE, CV_MSG_CERTIFICATE, CV_HASH_AFTER,
     TO(WAIT_CERTIFICATE_VERIFY) | TO(WAIT_FINISHED), certificate},
    {CV_SS_WAIT_CERTIFICATE_VERIFY, CV_MSG_CERTIFICATE_VERIFY, CV_HASH_AFTER, TO(WAIT_FINISHED),
     certificate_verify},
    {CV_SS_WAIT_FINISHED, CV_MSG_FINISHED, CV_HASH_SELF, TO(CONNECTED), finished},
    {CV_SS_CONNECTED, CV_MSG_KEY_UPDATE, CV_HASH_SELF, TO(CONNECTED), cv_recv_key_update},
    {CV_SS_AUTH_CERTIFICATE, CV_MSG_KEY_UPDATE, CV_HASH_SELF, TO(AUTH_CERTIFICATE), cv_recv_key_update},
    {CV_SS_AUTH_CERTIFICATE, CV_MSG_CERTIFICATE, CV_HASH_AFTER,
     TO(AUTH_CERTIFICATE_VERIFY) | TO(AUTH_FINISHED), auth_certificate},
    {CV_SS_AUTH_CERTIFICATE_VERIFY, CV_MSG_CERTIFICATE_VERIFY, CV_HASH_AFTER, TO(AUTH_FINISHED),
     auth_certificate_verify},
    {CV_SS_AUTH_FINISHED, CV_MSG_FINISHED, CV_HASH_SELF, TO(CONNECTED), auth_finished},
};
const struct cv_machine cv_machine_server13 = {
    .edges = edges,
    .n_edges = sizeof edges / sizeof edges[0],
    .request_auth = request_auth,
    .take_early = cv_server_count_early,
    .skip_early = cv_server_skip_early,
    .seal_update = cv_seal_key_update,
};
