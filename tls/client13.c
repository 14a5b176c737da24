/* The TLS 1.3 client's handshake, from ServerHello on. RFC 9846 appendix A.1. */
#include "tls/client_auth.h"
#include "tls/client_hello.h"
#include "tls/early.h"
#include "tls/peer_certs.h"
#include "tls/resume.h"

#include "crypto/base/secret.h"

#include <string.h>

/* A fresh key pair of the group into hs; the share is made again with the message. */
static cv_err make_share(struct cv_conn *c, const struct cv_group *group)
{
    struct cv_hs *hs = c->hs;
    cv_buf_free(&hs->share, c->config->port);
    cv_err e = cv_buf_reserve(&hs->share, c->config->port, group->client_share_len);
    if (e != CV_OK) return e;
    hs->share_group = group;
    hs->share_part = false;
    hs->share.len = group->client_share_len;
    return group->generate(group, hs->private_key, hs->share.p, &c->config->port->rng);
}

/* The same for the first group of ours, and a share for its part, too, if that is one of ours: a server that
 * does not know the hybrid needs no second round then. */
static cv_err begin(struct cv_conn *c)
{
    if (c->config->n_groups == 0) return CV_OK;
    const struct cv_group *group = c->config->groups[0];
    cv_err e = make_share(c, group);
    c->hs->share_part = group->part != NULL && cv_client_find_group(c, group->part->id) != NULL;
    return e;
}

/* The group that the server answered with; NULL if no share was sent for it. */
static const struct cv_group *shared_group(const struct cv_conn *c, uint16_t id)
{
    const struct cv_group *group = c->hs->share_group;
    if (group == NULL) return NULL;
    if (group->id == id) return group;
    return c->hs->share_part && group->part->id == id ? group->part : NULL;
}

/* Its secret, from the server's share; the private key is wiped. */
static cv_err finish_share(struct cv_conn *c, uint8_t *secret, struct cv_bytes server_share)
{
    struct cv_hs *hs = c->hs;
    size_t at = c->group == hs->share_group ? 0 : hs->share_group->part_private_at;
    cv_buf_free(&hs->share, c->config->port);
    cv_err e = c->group->finish(c->group, secret, hs->private_key + at, server_share);
    cv_wipe(hs->private_key, sizeof hs->private_key);
    return e;
}

static void build_share(struct cv_builder *b, const struct cv_group *group, const uint8_t *share)
{
    cv_build_u16(b, group->id);
    size_t mark = cv_build_open(b, 2);
    cv_build_bytes(b, share, group->client_share_len);
    cv_build_close(b, mark, 2);
}

static void ext_key_share(struct cv_conn *c, struct cv_builder *b)
{
    struct cv_hs *hs = c->hs;
    size_t mark = cv_hello_ext(c, b, CV_EXT_KEY_SHARE);
    size_t list = cv_build_open(b, 2);
    if (!c->retried)
        cv_client_grease(c, b, CV_GREASE_SHARE); /* the second hello has what was asked for alone */
    build_share(b, hs->share_group, hs->share.p);
    if (hs->share_part) build_share(b, hs->share_group->part, hs->share.p + hs->share_group->part_share_at);
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
}

/* The extensions without which there is no TLS 1.3. */
static void offer(struct cv_conn *c, struct cv_builder *b)
{
    struct cv_hs *hs = c->hs;
    size_t mark = cv_hello_ext(c, b, CV_EXT_SUPPORTED_VERSIONS);
    size_t list = cv_build_open(b, 1);
    cv_client_grease(c, b, CV_GREASE_VERSION);
    cv_build_u16(b, CV_TLS13);
    if (c->config->min_version <= CV_TLS12) cv_build_u16(b, CV_TLS12);
    cv_build_close(b, list, 1);
    cv_build_close(b, mark, 2);
    if (hs->cookie_in.len != 0) {
        mark = cv_hello_ext(c, b, CV_EXT_COOKIE);
        cv_build_u16(b, (uint16_t)hs->cookie_in.len);
        cv_build_bytes(b, hs->cookie_in.p, hs->cookie_in.len);
        cv_build_close(b, mark, 2);
    }
    if (hs->share_group != NULL) ext_key_share(c, b);
}

/* What ServerHello and HelloRetryRequest have in common: version, echoes and suite. */
static cv_err check_hello(struct cv_conn *c, const struct cv_server_hello *sh)
{
    const struct cv_hs *hs = c->hs;
    /* RFC 9846 4.3.1 */
    if (sh->version != CV_TLS13) return CV_E_BAD_VERSION;
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
    cv_buf_free(&c->hs->client_hello, c->config->port); /* sent, and in the transcript */
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
        if (group == NULL || shared_group(c, sh->group) != NULL) return CV_E_BAD_GROUP;
        if ((e = make_share(c, group)) != CV_OK) return e;
    }
    if ((e = cv_buf_append(&hs->cookie_in, c->config->port, sh->cookie)) != CV_OK) return e;
    if ((e = cv_send_ccs(c)) != CV_OK) return e;
    if ((e = cv_client_hello_build(c)) != CV_OK) return e;
    cv_transcript_add(&hs->transcript, cv_buf_bytes(&hs->client_hello));
    return cv_client_hello_send(c);
}

/* The secrets of the handshake, with the server's share or, where that was agreed, without. */
static cv_err exchange_keys(struct cv_conn *c, const struct cv_server_hello *sh, struct cv_bytes msg)
{
    struct cv_hs *hs = c->hs;
    if (!cv_ext_has(&sh->ext, CV_EXT_KEY_SHARE)) {
        /* RFC 9846 9.2: without psk_ke on offer a key share is required */
        if (!hs->psk || !c->config->psk_ke) return CV_E_MISSING_EXTENSION;
        c->group = NULL;
        cv_transcript_add(&hs->transcript, msg);
        cv_wipe(hs->private_key, sizeof hs->private_key);
        cv_secrets_handshake(c, NULL, 0);
        return CV_OK;
    }
    if ((c->group = shared_group(c, sh->group)) == NULL) return CV_E_BAD_GROUP;
    cv_transcript_add(&hs->transcript, msg);
    uint8_t *shared = cv_conn_alloc(c, c->group->secret_len); /* the stack is deepest below this */
    if (shared == NULL) return CV_E_NO_MEMORY;
    cv_err e = finish_share(c, shared, sh->share);
    if (e == CV_OK) cv_secrets_handshake(c, shared, c->group->secret_len);
    cv_conn_release(c, shared, c->group->secret_len);
    return e;
}

static cv_err server_hello(struct cv_conn *c, struct cv_server_hello *sh, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_features *f = c->config->features;
    struct cv_hs *hs = c->hs;
    cv_err e = cv_server_hello_read13(sh);
    if (e != CV_OK) return e;
    bool may_take_early =
        sh->has_psk && sh->psk_index == 0 && hs->early_suite != NULL && hs->early_suite->id == sh->suite;
    if (hs->early_suite != NULL && !may_take_early) f->early->drop(c);
    if ((e = check_hello(c, sh)) != CV_OK) return e;
    if (sh->is_retry) {
        *next = CV_CS_WAIT_SERVER_HELLO_RETRIED;
        return answer_retry(c, sh, msg);
    }
    if (f->resumption != NULL && (e = f->resumption->take(c, sh)) != CV_OK) return e;
    if ((e = exchange_keys(c, sh, msg)) != CV_OK) return e;
    cv_generic_note(c, sh->ext.block);
    cv_rx_install(c, hs->server_secret);
    *next = CV_CS_WAIT_ENCRYPTED_EXTENSIONS;
    return hs->early_suite != NULL ? CV_OK : cv_tx_install(c, hs->client_secret); /* its keys go on */
}

static uint8_t behind_extensions(const struct cv_conn *c)
{
    return c->hs->psk ? CV_CS_WAIT_FINISHED : CV_CS_WAIT_CERTIFICATE_OR_REQUEST;
}

/* Behind a retry. */
static cv_err second_server_hello(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_server_hello sh;
    cv_err e = cv_server_hello_read(&sh, cv_msg_body(msg), c->hs->asked);
    if (e != CV_OK) return e;
    if (sh.is_retry) return CV_E_UNEXPECTED_MESSAGE; /* RFC 9846 4.2.4 */
    if (sh.is_tls13) return server_hello(c, &sh, msg, next);
    return c->config->min_version <= CV_TLS12 ? CV_E_BAD_VERSION : CV_E_NO_COMMON_VERSION;
}

static cv_err encrypted_extensions(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_encrypted_extensions ee;
    cv_err e = cv_encrypted_extensions_parse(&ee, cv_msg_body(msg), c->hs->asked);
    if (e != CV_OK) return e;
    cv_err seen = cv_generic_take(c, ee.ext.block, CV_MSG_ENCRYPTED_EXTENSIONS);
    if (seen != CV_OK && !cv_is_want(seen)) return seen;
    if ((e = cv_client_take_answers(c, &ee.ext)) != CV_OK) return e;
    if (c->hs->psk && (e = c->config->features->resumption->peer(c)) != CV_OK) return e;
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
    const struct cv_client_proof *proof = c->config->features->client_proof;
    *next = CV_CS_WAIT_CERTIFICATE;
    c->hs->cert_requested = true;
    return proof != NULL ? proof->request(c, cv_msg_body(msg)) : CV_OK;
}

static cv_err certificate(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    bool empty;
    cv_err e = cv_peer_certs_recv(c, msg, &empty);
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
    const struct cv_client_proof *proof = c->config->features->client_proof;
    struct cv_hs *hs = c->hs;
    cv_err e;
    if ((e = cv_send_ccs(c)) != CV_OK) return e;
    if (hs->cert_requested) {
        e = proof != NULL ? proof->send(c) : cv_send_no_certificate(c);
        if (cv_is_want(e)) *next = CV_CS_WANT_SIGNATURE;
        if (e != CV_OK) return e;
    }
    if ((e = cv_send_finished(c, hs->client_secret)) != CV_OK) return e;
    if (c->config->features->resumption != NULL) cv_secrets_resumption(c);
    if ((e = cv_tx_install(c, hs->client_app_secret)) != CV_OK) return e;
    if (c->params.post_handshake_auth && proof != NULL && (e = proof->keep_transcript(c)) != CV_OK) return e;
    c->established = true;
    c->credential_given = false; /* a later request asks again */
    *next = CV_CS_CONNECTED;
    return CV_OK;
}

static cv_err choose_certificate(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_client_proof *proof = c->config->features->client_proof;
    cv_err e = c->hs->cert_requested && proof != NULL ? proof->choose(c) : CV_OK;
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
    if (c->early == CV_EARLY_ACCEPTED && (e = c->config->features->early->end(c)) != CV_OK) return e;
    return choose_certificate(c, msg, next);
}

#define TO(state) (1u << CV_CS_##state)

static const struct cv_edge edges[] = {
    {CV_CS_WAIT_SERVER_HELLO_RETRIED, CV_MSG_SERVER_HELLO, CV_HASH_SELF, TO(WAIT_ENCRYPTED_EXTENSIONS),
     second_server_hello},
    {CV_CS_WAIT_ENCRYPTED_EXTENSIONS, CV_MSG_ENCRYPTED_EXTENSIONS, CV_HASH_AFTER | CV_PROVISIONAL,
     TO(WANT_EXTENSION) | TO(WAIT_CERTIFICATE_OR_REQUEST) | TO(WAIT_FINISHED), encrypted_extensions},
    {CV_CS_WANT_EXTENSION, CV_MSG_NONE, CV_HASH_SELF,
     TO(WANT_EXTENSION) | TO(WAIT_CERTIFICATE_OR_REQUEST) | TO(WAIT_FINISHED), extension_seen},
    {CV_CS_WAIT_CERTIFICATE_OR_REQUEST, CV_MSG_CERTIFICATE_REQUEST, CV_HASH_AFTER | CV_PROVISIONAL,
     TO(WAIT_CERTIFICATE), certificate_request},
    {CV_CS_WAIT_CERTIFICATE_OR_REQUEST, CV_MSG_CERTIFICATE, CV_HASH_AFTER | CV_PROVISIONAL,
     TO(WAIT_CERTIFICATE_VERIFY), certificate},
    {CV_CS_WAIT_CERTIFICATE, CV_MSG_CERTIFICATE, CV_HASH_AFTER | CV_PROVISIONAL, TO(WAIT_CERTIFICATE_VERIFY),
     certificate},
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
static cv_err answer_stored(struct cv_conn *c)
{
    return c->config->features->client_proof->answer_stored(c); /* which stored it */
}

const struct cv_machine cv_machine_client13 = {
    .edges = edges,
    .n_edges = sizeof edges / sizeof edges[0],
    .begin = begin,
    .offer = offer,
    .server_hello = server_hello,
    .answer_stored = answer_stored,
    .seal_update = cv_seal_key_update,
};
