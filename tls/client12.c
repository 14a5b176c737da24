/* The TLS 1.2 client's handshake, from ServerHello on (RFC 5246 section 7.3, RFC 5077 section 3.1). */
#include "tls/client_auth.h"
#include "tls/client_hello.h"
#include "tls/dhe12.h"
#include "tls/peer_certs.h"
#include "tls/renegotiate.h"
#include "tls/resume.h"

#include "crypto/base/secret.h"

#include <string.h>

static bool offers_cbc(const struct cv_config *config)
{
    for (size_t i = 0; i < config->n_suites; i++) {
        if (config->suites[i].aead == NULL) return true;
    }
    return false;
}

/* What only TLS 1.2 has. Some servers do not take a hello that ends in an extension without content. */
static void offer(struct cv_conn *c, struct cv_builder *b)
{
    if (offers_cbc(c->config)) cv_hello_flag(c, b, CV_EXT_ENCRYPT_THEN_MAC);
    cv_hello_flag(c, b, CV_EXT_EXTENDED_MASTER_SECRET);
    size_t mark = cv_hello_ext(c, b, CV_EXT_RENEGOTIATION_INFO);
    size_t info = cv_build_open(b, 1);
    if (c->renegotiating) cv_build_bytes(b, c->verify_data[CV_CLIENT], CV_VERIFY_DATA_LEN); /* RFC 5746 3.5 */
    cv_build_close(b, info, 1);
    cv_build_close(b, mark, 2);
    mark = cv_hello_ext(c, b, CV_EXT_EC_POINT_FORMATS);
    cv_build_u16(b, 0x0100); /* one format: uncompressed */
    cv_build_close(b, mark, 2);
}

/* RFC 9846 4.2.3: a server that knows TLS 1.3 and is made to choose less says so in its random. */
static bool has_downgrade_sentinel(struct cv_bytes random)
{
    static const uint8_t sentinel[7] = {'D', 'O', 'W', 'N', 'G', 'R', 'D'};
    return memcmp(random.p + 24, sentinel, sizeof sentinel) == 0 && random.p[31] <= 1;
}

/* RFC 8422 5.2 */
static cv_err check_point_formats(const struct cv_extensions *x)
{
    struct cv_bytes body = x->body[CV_EXT_EC_POINT_FORMATS], list;
    if (!cv_ext_has(x, CV_EXT_EC_POINT_FORMATS)) return CV_OK;
    return cv_read_vec8(&body, &list) == CV_OK && cv_list8_has(list, 0) ? CV_OK : CV_E_ILLEGAL_PARAMETER;
}

/* RFC 7366 3: only a block cipher has an answer to the extension. */
static cv_err check_encrypt_then_mac(struct cv_conn *c, const struct cv_suite *suite,
                                     const struct cv_extensions *x)
{
    c->hs->encrypt_then_mac = cv_ext_has(x, CV_EXT_ENCRYPT_THEN_MAC);
    if (c->hs->encrypt_then_mac && suite->aead != NULL) return CV_E_ILLEGAL_PARAMETER;
    return cv_suite_serves12(c->config, suite, c->hs->encrypt_then_mac) ? CV_OK : CV_E_MISSING_EXTENSION;
}

static uint8_t behind_hello(const struct cv_conn *c)
{
    if (!c->resumed) return CV_CS12_WAIT_CERTIFICATE;
    return c->hs->ticket_promised ? CV_CS12_WAIT_TICKET : CV_CS12_WAIT_CCS;
}

/* Did the server take up the session that we offered? */
static cv_err check_session_id(struct cv_conn *c, const struct cv_server_hello *sh)
{
    const struct cv_resumption *r = c->config->features->resumption;
    bool same_id = sh->session_id.len != 0 &&
                   cv_bytes_equal(sh->session_id, cv_bytes(c->hs->session_id, c->hs->session_id_len));
    if (!same_id) return CV_OK;
    return r != NULL ? r->take12(c, sh) : CV_E_BAD_SESSION_ID;
}

static cv_err server_hello(struct cv_conn *c, struct cv_server_hello *sh, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_features *f = c->config->features;
    struct cv_hs *hs = c->hs;
    uint8_t verify_data[2 * CV_VERIFY_DATA_LEN];
    cv_err e = cv_server_hello_read12(sh);
    if (e != CV_OK) return e;
    if (c->config->min_version > CV_TLS12 || sh->legacy_version != CV_TLS12) return CV_E_NO_COMMON_VERSION;
    bool newer_offered = c->config->max_version > CV_TLS12 && !c->renegotiating;
    if (newer_offered && has_downgrade_sentinel(sh->random)) return CV_E_DOWNGRADE;
    if (sh->compression != 0) return CV_E_BAD_COMPRESSION;
    const struct cv_suite *suite = cv_client_find_suite(c, sh->suite, true);
    if (suite == NULL) return CV_E_BAD_SUITE;
    struct cv_bytes said = c->renegotiating ? f->renegotiation->said(c, verify_data) : cv_bytes(NULL, 0);
    if ((e = cv_renegotiation_check(&sh->ext, said)) != CV_OK) return e;
    if ((e = check_encrypt_then_mac(c, suite, &sh->ext)) != CV_OK) return e;
    if ((e = check_point_formats(&sh->ext)) != CV_OK) return e;

    c->version = CV_TLS12;
    c->secure_renegotiation = true;
    c->extended_master_secret = cv_ext_has(&sh->ext, CV_EXT_EXTENDED_MASTER_SECRET);
    if ((c->config->require_extended_master_secret || c->renegotiating) && !c->extended_master_secret)
        return CV_E_EXTENDED_MASTER_SECRET;
    hs->ticket_promised = cv_ext_has(&sh->ext, CV_EXT_SESSION_TICKET);
    hs->staple_promised = cv_ext_has(&sh->ext, CV_EXT_STATUS_REQUEST);
    memcpy(hs->server_random, sh->random.p, sizeof hs->server_random);
    if ((e = check_session_id(c, sh)) != CV_OK) return e;
    if ((e = cv_client_take_answers(c, &sh->ext)) != CV_OK) return e;
    memcpy(c->session_id, sh->session_id.p, sh->session_id.len);
    c->session_id_len = (uint8_t)sh->session_id.len;

    cv_transcript_init(&hs->transcript, suite->hash);
    hs->keep_messages = !c->resumed && f->client_proof != NULL;
    if ((e = cv_hs_add(c, cv_buf_bytes(&hs->client_hello))) != CV_OK || (e = cv_hs_add(c, msg)) != CV_OK)
        return e;
    cv_buf_free(&hs->client_hello, c->config->port);
    if ((e = cv_conn_set_suite(c, suite)) != CV_OK) return e;
    if (c->resumed) cv_secrets12_keys(c);
    e = cv_generic_take(c, sh->ext.block, CV_MSG_SERVER_HELLO);
    *next = e != CV_OK ? CV_CS12_WANT_EXTENSION : behind_hello(c);
    return e;
}

static cv_err extension_seen(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    cv_err e = cv_generic_next(c);
    if (e == CV_OK) *next = behind_hello(c);
    return e;
}

/* A renegotiation's; it is never resumed, for we offer nothing. */
static cv_err later_server_hello(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_server_hello sh;
    cv_err e = cv_server_hello_read(&sh, cv_msg_body(msg), c->hs->asked);
    /* RFC 9846 4.2.3: protocol_version, whatever else there is to say of it */
    if (sh.is_tls13 || sh.is_retry) return CV_E_NO_COMMON_VERSION;
    if (e != CV_OK) return e;
    return server_hello(c, &sh, msg, next);
}

static cv_err certificate(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    bool empty;
    const struct cv_renegotiation *r = c->config->features->renegotiation;
    cv_err e = c->renegotiating ? r->certificate(c, msg, &empty) : cv_peer_certs_recv(c, msg, &empty);
    if (e != CV_OK) return e;
    if (empty) return CV_E_DECODE;
    *next = c->hs->staple_promised ? CV_CS12_WAIT_STATUS : CV_CS12_WAIT_SERVER_KEY_EXCHANGE;
    return CV_OK;
}

static cv_err certificate_status(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_bytes staple;
    cv_err e = cv_certificate_status_parse(&staple, cv_msg_body(msg));
    if (e == CV_OK) e = cv_keep_staple(c, staple);
    *next = CV_CS12_WAIT_SERVER_KEY_EXCHANGE;
    return e == CV_OK ? c->config->features->certificates->verify(c) : e;
}

static cv_err read_curve(struct cv_conn *c, struct cv_server_key_exchange *m, struct cv_bytes body)
{
    cv_err e = cv_server_key_exchange_parse(m, body);
    if (e != CV_OK) return e;
    c->group = cv_client_find_group(c, m->group);
    return c->group != NULL && cv_group_fits12(c->group, c->suite) ? CV_OK : CV_E_BAD_GROUP;
}

/* The server's parameters; the share goes to hs->share. Apart, so that what DHE needs leaves the stack before
 * a signature is verified. */
static __attribute__((noinline)) cv_err read_params(struct cv_conn *c, struct cv_server_key_exchange *m,
                                                    struct cv_bytes body)
{
    uint8_t padded[CV_KEX_SECRET_MAX];
    const struct cv_dhe12 *dhe = c->suite->dhe;
    cv_err e = dhe != NULL ? dhe->read(c, m, body, padded) : read_curve(c, m, body);
    if (e != CV_OK) return e;
    cv_buf_free(&c->hs->share, c->config->port);
    return cv_buf_append(&c->hs->share, c->config->port, m->share);
}

static cv_err server_key_exchange(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    struct cv_hs *hs = c->hs;
    struct cv_server_key_exchange m;
    cv_err e = read_params(c, &m, cv_msg_body(msg));
    if (e != CV_OK) return e;
    struct cv_bytes parts[] = {{hs->client_random, sizeof hs->client_random},
                               {hs->server_random, sizeof hs->server_random},
                               m.params};
    *next = CV_CS12_WAIT_REQUEST_OR_DONE;
    return cv_verify12(c, m.scheme, m.signature, parts, 3);
}

/* RFC 6066 8: a server that said that it would send a status need not. */
static cv_err no_status(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    cv_err e = c->config->features->certificates->verify(c);
    return e == CV_OK ? server_key_exchange(c, msg, next) : e;
}

static cv_err certificate_request(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_client_proof *proof = c->config->features->client_proof;
    *next = CV_CS12_WAIT_DONE;
    c->hs->cert_requested = true;
    return proof != NULL ? proof->request12(c, cv_msg_body(msg)) : CV_OK;
}

/* ClientKeyExchange, and from it the master secret and the keys. */
static cv_err send_key_exchange(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    const struct cv_group *group = c->group;
    struct cv_builder b;
    unsigned len_len = c->suite->dhe != NULL ? 2 : 1;
    cv_err e = cv_msg_begin(c, CV_MSG_CLIENT_KEY_EXCHANGE, len_len + (size_t)group->client_share_len, &b);
    if (e != CV_OK) return e;
    size_t mark = cv_build_open(&b, len_len);
    uint8_t *share = cv_build_space(&b, group->client_share_len);
    if (share == NULL) return CV_E_INTERNAL;
    uint8_t *shared = cv_conn_alloc(c, group->secret_len);
    if (shared == NULL) return CV_E_NO_MEMORY;
    e = group->respond(group, share, shared, cv_buf_bytes(&hs->share), &c->config->port->rng);
    if (e == CV_OK) {
        cv_build_close(&b, mark, len_len);
        e = cv_msg_end(c, &b);
    }
    if (e == CV_OK) cv_secrets12_master(c, shared, group->secret_len);
    cv_conn_release(c, shared, group->secret_len);
    return e;
}

/* The end of the client's flight, from its signature on. */
static cv_err send_proof(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    struct cv_hs *hs = c->hs;
    cv_err e = c->identity != NULL ? c->config->features->client_proof->send_verify12(c) : CV_OK;
    if (cv_is_want(e)) *next = CV_CS12_WANT_SIGNATURE;
    if (e != CV_OK) return e;
    hs->keep_messages = false;
    cv_buf_free(&hs->messages, c->config->port);
    *next = hs->ticket_promised ? CV_CS12_WAIT_TICKET : CV_CS12_WAIT_CCS;
    return cv_send_finished12(c);
}

/* The client's flight of a full handshake. */
static cv_err send_flight(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_client_proof *proof = c->config->features->client_proof;
    cv_err e = CV_OK;
    if (c->hs->cert_requested) e = proof != NULL ? proof->send_certificate12(c) : cv_send_no_certificate(c);
    if (e != CV_OK) return e;
    if ((e = send_key_exchange(c)) != CV_OK) return e;
    return send_proof(c, msg, next);
}

static cv_err choose_certificate(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_client_proof *proof = c->config->features->client_proof;
    cv_err e = c->hs->cert_requested && proof != NULL ? proof->choose(c) : CV_OK;
    if (e == CV_WANT_CREDENTIAL)
        *next = CV_CS12_WANT_CREDENTIAL;
    else if (cv_is_want(e))
        *next = CV_CS12_WANT_CERTIFICATE;
    return e == CV_OK ? send_flight(c, msg, next) : e;
}

static cv_err server_hello_done(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    cv_err e;
    if (cv_msg_body(msg).len != 0) return CV_E_TRAILING_DATA;
    if ((e = cv_hs_add(c, msg)) != CV_OK) return e;
    return choose_certificate(c, msg, next);
}

static cv_err new_session_ticket(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    *next = CV_CS12_WAIT_CCS;
    return c->config->features->resumption->ticket12(c, cv_msg_body(msg)); /* which asked for it */
}

static cv_err change_cipher_spec(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)msg;
    cv_secrets12_rx(c);
    *next = CV_CS12_WAIT_FINISHED;
    return CV_OK;
}

static cv_err finished(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    cv_err e;
    if ((e = cv_recv_finished12(c, cv_msg_body(msg))) != CV_OK) return e;
    if ((e = cv_hs_add(c, msg)) != CV_OK) return e;
    if (c->resumed && (e = cv_send_finished12(c)) != CV_OK) return e;
    *next = CV_CS12_CONNECTED;
    if ((e = cv_establish12(c)) != CV_OK) return e;
    const struct cv_resumption *r = c->config->features->resumption;
    return r != NULL ? r->keep12(c) : CV_OK;
}

static cv_err answer_stored(struct cv_conn *c)
{
    return c->config->features->renegotiation->answer_stored(c); /* which stored it */
}

static cv_err hello_request(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    const struct cv_renegotiation *r = c->config->features->renegotiation;
    (void)next;
    if (cv_msg_body(msg).len != 0) return CV_E_TRAILING_DATA;
    return r != NULL ? r->request(c, msg) : cv_count_update(c); /* RFC 5246 7.4.1.1: it may be passed over */
}

static cv_err renegotiate(struct cv_conn *c)
{
    const struct cv_renegotiation *r = c->config->features->renegotiation;
    return r != NULL ? r->begin(c) : CV_E_UNSUPPORTED;
}

/* The connection failed. */
static void forget(struct cv_conn *c)
{
    const struct cv_resumption *r = c->config->features->resumption;
    if (r != NULL && c->established && c->params.resume) r->drop(c);
}

#define TO(state) (1u << CV_CS12_##state)

/* The client's flight is built, but for what is behind its signature. */
#define FLIGHT_SENT (TO(WANT_SIGNATURE) | TO(WAIT_TICKET) | TO(WAIT_CCS))

static const struct cv_edge edges[] = {
    {CV_CS12_WAIT_SERVER_HELLO, CV_MSG_SERVER_HELLO, CV_HASH_SELF, TO(WAIT_CERTIFICATE), later_server_hello},
    {CV_CS12_WAIT_SERVER_HELLO, CV_MSG_HELLO_REQUEST, CV_HASH_SELF, TO(WAIT_SERVER_HELLO), hello_request},
    {CV_CS12_WANT_EXTENSION, CV_MSG_NONE, CV_HASH_SELF,
     TO(WANT_EXTENSION) | TO(WAIT_CERTIFICATE) | TO(WAIT_TICKET) | TO(WAIT_CCS), extension_seen},
    {CV_CS12_WAIT_CERTIFICATE, CV_MSG_CERTIFICATE, CV_HASH_AFTER | CV_PROVISIONAL,
     TO(WAIT_STATUS) | TO(WAIT_SERVER_KEY_EXCHANGE), certificate},
    {CV_CS12_WAIT_STATUS, CV_MSG_CERTIFICATE_STATUS, CV_HASH_AFTER, TO(WAIT_SERVER_KEY_EXCHANGE),
     certificate_status},
    {CV_CS12_WAIT_STATUS, CV_MSG_SERVER_KEY_EXCHANGE, CV_HASH_AFTER, TO(WAIT_REQUEST_OR_DONE), no_status},
    {CV_CS12_WAIT_SERVER_KEY_EXCHANGE, CV_MSG_SERVER_KEY_EXCHANGE, CV_HASH_AFTER, TO(WAIT_REQUEST_OR_DONE),
     server_key_exchange},
    {CV_CS12_WAIT_REQUEST_OR_DONE, CV_MSG_CERTIFICATE_REQUEST, CV_HASH_AFTER, TO(WAIT_DONE),
     certificate_request},
    {CV_CS12_WAIT_REQUEST_OR_DONE, CV_MSG_SERVER_HELLO_DONE, CV_HASH_SELF, TO(WAIT_TICKET) | TO(WAIT_CCS),
     server_hello_done},
    {CV_CS12_WAIT_DONE, CV_MSG_SERVER_HELLO_DONE, CV_HASH_SELF,
     TO(WANT_CERTIFICATE) | TO(WANT_CREDENTIAL) | FLIGHT_SENT, server_hello_done},
    {CV_CS12_WANT_CERTIFICATE, CV_MSG_NONE, CV_HASH_SELF,
     TO(WANT_CERTIFICATE) | TO(WANT_CREDENTIAL) | FLIGHT_SENT, choose_certificate},
    {CV_CS12_WANT_CREDENTIAL, CV_MSG_NONE, CV_HASH_SELF, FLIGHT_SENT, send_flight},
    {CV_CS12_WANT_SIGNATURE, CV_MSG_NONE, CV_HASH_SELF, FLIGHT_SENT, send_proof},
    {CV_CS12_WAIT_TICKET, CV_MSG_NEW_SESSION_TICKET, CV_HASH_AFTER, TO(WAIT_CCS), new_session_ticket},
    {CV_CS12_WAIT_CCS, CV_MSG_CHANGE_CIPHER, CV_HASH_SELF, TO(WAIT_FINISHED), change_cipher_spec},
    {CV_CS12_WAIT_FINISHED, CV_MSG_FINISHED, CV_HASH_SELF, TO(CONNECTED), finished},
    {CV_CS12_CONNECTED, CV_MSG_HELLO_REQUEST, CV_HASH_SELF, TO(CONNECTED), hello_request},
};
const struct cv_machine cv_machine_client12 = {
    .edges = edges,
    .n_edges = sizeof edges / sizeof edges[0],
    .offer = offer,
    .server_hello = server_hello,
    .answer_stored = answer_stored,
    .forget = forget,
    .renegotiate = renegotiate,
    .certificate = cv_certificate12_parse,
    .serves = cv_config_has_group12,
};
