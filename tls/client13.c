/* The TLS 1.3 client's handshake: its table and the handlers of what a server sends. RFC 9846 appendix A.1.
 */
#include "tls/client_hello.h"
#include "tls/cert_type.h"
#include "tls/early.h"
#include "tls/limits.h"
#include "tls/state.h"

#include "crypto/base/secret.h"

#include <string.h>

static cv_err send_hello(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    cv_err e = cv_client_find_session(c);
    if (cv_is_want(e)) *next = CV_CS_WANT_SESSION;
    if (e != CV_OK) return e;
    if (c->hs->session != NULL && c->hs->session->by_id) cv_client_offer_id(c);
    /* RFC 5246 7.4.1.2: without a session no ID; RFC 5077 3.4: beside a ticket it shows whether that was
     * taken */
    if (c->hs->session == NULL && !c->hs->compat) c->hs->session_id_len = c->session_id_len = 0;
    if ((e = cv_psks_prepare(c)) != CV_OK) return e;
    cv_client_plan_early(c);
    if ((e = cv_client_hello_build(c)) != CV_OK) return e;
    if ((e = cv_client_hello_send(c)) != CV_OK) return e;
    *next = CV_CS_WAIT_SERVER_HELLO;
    return c->hs->early_suite != NULL ? cv_client_send_early(c) : CV_OK;
}

static cv_err start(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    const struct cv_rng *rng = &c->config->port->rng;
    cv_err e;
    if ((e = cv_client_fresh_random(c)) != CV_OK) return e;
    /* RFC 9846 E.4: a session ID of our own makes the handshake look like a resumption to middleboxes */
    if ((e = cv_random(rng, hs->session_id, sizeof hs->session_id)) != CV_OK) return e;
    hs->session_id_len = sizeof hs->session_id;
    cv_secret_declassify(hs->session_id, sizeof hs->session_id); /* sent in the clear */
    memcpy(c->session_id, hs->session_id, sizeof c->session_id);
    c->session_id_len = hs->session_id_len;
    hs->compat = c->config->max_version >= CV_TLS13;
    if (hs->compat && (e = cv_client_predict_share(c)) != CV_OK) return e;
    return send_hello(c, msg, next);
}

/* What ServerHello and HelloRetryRequest have in common: version, echoes and suite. */
static cv_err check_hello(struct cv_conn *c, const struct cv_server_hello *sh)
{
    const struct cv_hs *hs = c->hs;
    /* RFC 9846 4.3.1 */
    if (sh->version != CV_TLS13 || sh->legacy_version != CV_TLS12) return CV_E_BAD_VERSION;
    if (!cv_bytes_equal(sh->session_id, cv_bytes(hs->session_id, hs->session_id_len)))
        return CV_E_BAD_SESSION_ID;
    if (sh->compression != 0) return CV_E_BAD_COMPRESSION;
    const struct cv_suite *suite = cv_client_find_suite(c, sh->suite, false);
    if (suite == NULL) return CV_E_BAD_SUITE;
    /* RFC 9846 4.2.4: the suite of HelloRetryRequest stays */
    if (c->suite != NULL && c->suite != suite) return CV_E_BAD_SUITE;
    c->retried = c->retried || sh->is_retry;
    if (c->suite != NULL) return CV_OK;
    c->version = CV_TLS13;
    c->group = NULL;
    cv_transcript_init(&c->hs->transcript, suite->hash);
    cv_transcript_add(&c->hs->transcript, cv_buf_bytes(&hs->client_hello));
    return cv_conn_set_suite(c, suite);
}

static cv_err answer_retry(struct cv_conn *c, const struct cv_server_hello *sh, struct cv_bytes msg)
{
    struct cv_hs *hs = c->hs;
    cv_err e;
    bool new_group = cv_ext_has(&sh->ext, CV_EXT_KEY_SHARE);
    /* RFC 9846 4.2.4: a retry that would change nothing */
    if (!new_group && !cv_ext_has(&sh->ext, CV_EXT_COOKIE)) return CV_E_ILLEGAL_PARAMETER;
    cv_transcript_retry(&hs->transcript);
    cv_transcript_add(&hs->transcript, msg);
    if (new_group) {
        const struct cv_group *group = cv_client_find_group(c, sh->group);
        /* RFC 9846 4.3.8: one that we offered, and none whose share the server has */
        if (group == NULL || cv_client_shared_group(c, sh->group) != NULL) return CV_E_BAD_GROUP;
        if ((e = cv_client_make_share(c, group)) != CV_OK) return e;
    }
    if ((e = cv_buf_append(&hs->cookie_in, c->config->port, sh->cookie)) != CV_OK) return e;
    if ((e = cv_send_ccs(c)) != CV_OK) return e;
    if ((e = cv_client_hello_build(c)) != CV_OK) return e;
    cv_transcript_add(&hs->transcript, cv_buf_bytes(&hs->client_hello));
    return cv_client_hello_send(c);
}

/* The key that the server took becomes hs->session. */
static cv_err take_psk(struct cv_conn *c, struct cv_session *chosen)
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

static cv_err check_psk(struct cv_conn *c, const struct cv_server_hello *sh)
{
    struct cv_hs *hs = c->hs;
    hs->psk = sh->has_psk;
    if (!sh->has_psk) return CV_OK;
    /* RFC 9846 4.3.11: one that we offered, with the suite's hash */
    if (sh->psk_index >= hs->n_offered || hs->offered[sh->psk_index]->hash != c->suite->hash->id)
        return CV_E_BAD_PSK;
    return take_psk(c, hs->offered[sh->psk_index]);
}

/* The secrets of the handshake, with the server's share or, where that was agreed, without. */
static cv_err exchange_keys(struct cv_conn *c, const struct cv_server_hello *sh, struct cv_bytes msg)
{
    struct cv_hs *hs = c->hs;
    uint8_t shared[CV_KEX_SECRET_MAX];
    if (!cv_ext_has(&sh->ext, CV_EXT_KEY_SHARE)) {
        /* RFC 9846 9.2: without psk_ke on offer a key share is required */
        if (!hs->psk || !c->config->psk_ke) return CV_E_MISSING_EXTENSION;
        c->group = NULL;
        cv_transcript_add(&hs->transcript, msg);
        cv_wipe(hs->private_key, sizeof hs->private_key);
        cv_secrets_handshake(c, NULL, 0);
        return CV_OK;
    }
    if ((c->group = cv_client_shared_group(c, sh->group)) == NULL) return CV_E_BAD_GROUP;
    cv_transcript_add(&hs->transcript, msg);
    cv_err e = cv_client_finish_share(c, shared, sh->share);
    if (e == CV_OK) cv_secrets_handshake(c, shared, c->group->secret_len);
    cv_wipe(shared, sizeof shared);
    return e;
}

static cv_err server_hello(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    struct cv_server_hello sh;
    bool was_retried = c->retried;
    cv_err e = cv_server_hello_parse(&sh, cv_msg_body(msg), hs->asked);
    if (e != CV_OK) return e;
    /* RFC 9846 E.3: who has the session knew TLS 1.3 */
    if (!sh.is_tls13 && !sh.is_retry && hs->early_suite != NULL) return CV_E_NO_COMMON_VERSION;
    if (!sh.is_tls13 && !sh.is_retry) {
        const struct cv_machine *older = c->config->machines->client12;
        return older != NULL ? older->server_hello(c, &sh, msg, next) : CV_E_NO_COMMON_VERSION;
    }
    if (sh.is_retry && was_retried) return CV_E_UNEXPECTED_MESSAGE; /* RFC 9846 4.2.4: a second one */
    bool may_take_early =
        sh.has_psk && sh.psk_index == 0 && hs->early_suite != NULL && hs->early_suite->id == sh.suite;
    if (!may_take_early) cv_client_drop_early(c);
    if ((e = check_hello(c, &sh)) != CV_OK) return e;
    if (sh.is_retry) {
        *next = CV_CS_WAIT_SERVER_HELLO_RETRIED;
        return answer_retry(c, &sh, msg);
    }
    if ((e = check_psk(c, &sh)) != CV_OK) return e;
    if ((e = exchange_keys(c, &sh, msg)) != CV_OK) return e;
    cv_rx_install(c, hs->server_secret);
    *next = CV_CS_WAIT_ENCRYPTED_EXTENSIONS;
    return hs->early_suite != NULL ? CV_OK : cv_tx_install(c, hs->client_secret); /* its keys go on */
}

static uint8_t behind_extensions(const struct cv_conn *c)
{
    return c->hs->psk ? CV_CS_WAIT_FINISHED : CV_CS_WAIT_CERTIFICATE_OR_REQUEST;
}

static cv_err encrypted_extensions(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_encrypted_extensions ee;
    cv_err e = cv_encrypted_extensions_parse(&ee, cv_msg_body(msg), c->hs->asked);
    if (e != CV_OK) return e;
    cv_err seen = cv_generic_take(c, ee.ext.block, CV_MSG_ENCRYPTED_EXTENSIONS);
    if (seen != CV_OK && !cv_is_want(seen)) return seen;
    if ((e = cv_limits_take_answer(c, &ee.ext)) != CV_OK) return e;
    if (ee.alpn.p != NULL && (e = cv_client_take_alpn(c, ee.alpn)) != CV_OK) return e;
    if ((e = cv_client_take_early(c, &ee)) != CV_OK) return e;
    e = c->hs->psk ? cv_resume_peer(c) : cv_cert_types_take_answer(c, &ee.ext);
    if (e != CV_OK) return e;
    *next = seen != CV_OK ? CV_CS_WANT_EXTENSION : behind_extensions(c);
    return seen;
}

static cv_err extension_seen(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    cv_err e = cv_generic_next(c);
    if (e == CV_OK) *next = behind_extensions(c);
    return e;
}

static cv_err certificate_request(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_certificate_request cr;
    cv_err e = cv_certificate_request_parse(&cr, cv_msg_body(msg));
    if (e != CV_OK) return e;
    if (cr.context.len != 0) return CV_E_ILLEGAL_PARAMETER; /* RFC 9846 4.4.2 */
    *next = CV_CS_WAIT_CERTIFICATE;
    return cv_keep_request(c, &cr);
}

static cv_err certificate(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    bool empty;
    cv_err e = cv_recv_certificate(c, msg, &empty);
    if (e != CV_OK) return e;
    if (empty) return CV_E_DECODE; /* RFC 9846 4.5.1.3 */
    *next = CV_CS_WAIT_CERTIFICATE_VERIFY;
    return CV_OK;
}

static cv_err certificate_verify(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    *next = CV_CS_WAIT_FINISHED;
    return cv_recv_certificate_verify(c, cv_msg_body(msg));
}

/* The client's last flight; afterwards the connection is established. */
static cv_err finish(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    struct cv_hs *hs = c->hs;
    cv_err e;
    if ((e = cv_send_ccs(c)) != CV_OK) return e;
    if (hs->cert_requested) {
        e = cv_send_client_auth(c);
        if (cv_is_want(e)) *next = CV_CS_WANT_SIGNATURE;
        if (e != CV_OK) return e;
    }
    if ((e = cv_send_finished(c, hs->client_secret)) != CV_OK) return e;
    cv_secrets_resumption(c);
    if ((e = cv_tx_install(c, hs->client_app_secret)) != CV_OK) return e;
    if (c->params.post_handshake_auth && (e = cv_keep_auth_transcript(c)) != CV_OK) return e;
    c->established = true;
    c->credential_given = false; /* a later request asks again */
    *next = CV_CS_CONNECTED;
    return CV_OK;
}

static cv_err choose_certificate(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    cv_err e = c->hs->cert_requested ? cv_client_pick_identity(c) : CV_OK;
    if (e == CV_WANT_CREDENTIAL)
        *next = CV_CS_WANT_CREDENTIAL;
    else if (cv_is_want(e))
        *next = CV_CS_WANT_CERTIFICATE;
    return e == CV_OK ? finish(c, msg, next) : e;
}

static cv_err finished(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    uint8_t server_app_secret[CV_SECRET_MAX];
    cv_err e = cv_recv_finished(c, cv_msg_body(msg), hs->server_secret);
    if (e != CV_OK) return e;
    cv_transcript_add(&hs->transcript, msg);
    cv_secrets_application(c, hs->client_app_secret, server_app_secret);
    cv_rx_install(c, server_app_secret);
    cv_wipe(server_app_secret, sizeof server_app_secret);
    if ((e = cv_client_end_early(c)) != CV_OK) return e;
    return choose_certificate(c, msg, next);
}

#define TO(state) (1u << CV_CS_##state)

static const struct cv_edge edges[] = {
    {CV_CS_START, CV_MSG_NONE, CV_HASH_SELF, TO(WANT_SESSION) | TO(WAIT_SERVER_HELLO), start},
    {CV_CS_WANT_SESSION, CV_MSG_NONE, CV_HASH_SELF, TO(WANT_SESSION) | TO(WAIT_SERVER_HELLO), send_hello},
    {CV_CS_WAIT_SERVER_HELLO, CV_MSG_SERVER_HELLO, CV_HASH_SELF,
     TO(WAIT_SERVER_HELLO_RETRIED) | TO(WAIT_ENCRYPTED_EXTENSIONS) | 1u << CV_CS12_WANT_EXTENSION |
         1u << CV_CS12_WAIT_CERTIFICATE | 1u << CV_CS12_WAIT_TICKET | 1u << CV_CS12_WAIT_CCS,
     server_hello},
    {CV_CS_WAIT_SERVER_HELLO_RETRIED, CV_MSG_SERVER_HELLO, CV_HASH_SELF, TO(WAIT_ENCRYPTED_EXTENSIONS),
     server_hello},
    {CV_CS_WAIT_ENCRYPTED_EXTENSIONS, CV_MSG_ENCRYPTED_EXTENSIONS, CV_HASH_AFTER,
     TO(WANT_EXTENSION) | TO(WAIT_CERTIFICATE_OR_REQUEST) | TO(WAIT_FINISHED), encrypted_extensions},
    {CV_CS_WANT_EXTENSION, CV_MSG_NONE, CV_HASH_SELF,
     TO(WANT_EXTENSION) | TO(WAIT_CERTIFICATE_OR_REQUEST) | TO(WAIT_FINISHED), extension_seen},
    {CV_CS_WAIT_CERTIFICATE_OR_REQUEST, CV_MSG_CERTIFICATE_REQUEST, CV_HASH_AFTER, TO(WAIT_CERTIFICATE),
     certificate_request},
    {CV_CS_WAIT_CERTIFICATE_OR_REQUEST, CV_MSG_CERTIFICATE, CV_HASH_AFTER, TO(WAIT_CERTIFICATE_VERIFY),
     certificate},
    {CV_CS_WAIT_CERTIFICATE, CV_MSG_CERTIFICATE, CV_HASH_AFTER, TO(WAIT_CERTIFICATE_VERIFY), certificate},
    {CV_CS_WAIT_CERTIFICATE_VERIFY, CV_MSG_CERTIFICATE_VERIFY, CV_HASH_AFTER, TO(WAIT_FINISHED),
     certificate_verify},
    {CV_CS_WAIT_FINISHED, CV_MSG_FINISHED, CV_HASH_SELF,
     TO(WANT_CERTIFICATE) | TO(WANT_CREDENTIAL) | TO(WANT_SIGNATURE) | TO(CONNECTED), finished},
    {CV_CS_WANT_CERTIFICATE, CV_MSG_NONE, CV_HASH_SELF,
     TO(WANT_CERTIFICATE) | TO(WANT_CREDENTIAL) | TO(WANT_SIGNATURE) | TO(CONNECTED), choose_certificate},
    {CV_CS_WANT_CREDENTIAL, CV_MSG_NONE, CV_HASH_SELF, TO(WANT_SIGNATURE) | TO(CONNECTED), finish},
    {CV_CS_WANT_SIGNATURE, CV_MSG_NONE, CV_HASH_SELF, TO(WANT_SIGNATURE) | TO(CONNECTED), finish},
    {CV_CS_CONNECTED, CV_MSG_NEW_SESSION_TICKET, CV_HASH_SELF, TO(CONNECTED), cv_recv_new_session_ticket},
    {CV_CS_CONNECTED, CV_MSG_KEY_UPDATE, CV_HASH_SELF, TO(CONNECTED), cv_recv_key_update},
    {CV_CS_CONNECTED, CV_MSG_CERTIFICATE_REQUEST, CV_HASH_SELF, TO(CONNECTED), cv_recv_auth_request},
};
const struct cv_machine cv_machine_client13 = {
    .edges = edges,
    .n_edges = sizeof edges / sizeof edges[0],
};
