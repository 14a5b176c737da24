#include "tls/client_hello.h"
#include "tls/cert_type.h"
#include "tls/compress.h"
#include "tls/limits.h"

#include "crypto/base/secret.h"

#include <string.h>

const struct cv_group *cv_client_find_group(const struct cv_conn *c, uint16_t id)
{
    for (size_t i = 0; i < c->config->n_groups; i++) {
        if (c->config->groups[i]->id == id) return c->config->groups[i];
    }
    return NULL;
}

const struct cv_suite *cv_client_find_suite(const struct cv_conn *c, uint16_t id, bool tls12)
{
    const struct cv_suite *suite = cv_config_suite(c->config, id);
    return suite != NULL && suite->tls12 == tls12 ? suite : NULL;
}

cv_err cv_client_take_alpn(struct cv_conn *c, struct cv_bytes chosen)
{
    struct cv_bytes list = c->params.alpn, name;
    while (cv_read_vec8(&list, &name) == CV_OK) {
        if (cv_bytes_equal(name, chosen)) return cv_buf_append(&c->alpn, c->config->port, name);
    }
    return CV_E_BAD_ALPN;
}

cv_err cv_client_make_share(struct cv_conn *c, const struct cv_group *group)
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

cv_err cv_client_predict_share(struct cv_conn *c)
{
    const struct cv_group *group = c->config->groups[0];
    cv_err e = cv_client_make_share(c, group);
    c->hs->share_part = group->part != NULL && cv_client_find_group(c, group->part->id) != NULL;
    return e;
}

const struct cv_group *cv_client_shared_group(const struct cv_conn *c, uint16_t id)
{
    const struct cv_group *group = c->hs->share_group;
    if (group == NULL) return NULL;
    if (group->id == id) return group;
    return c->hs->share_part && group->part->id == id ? group->part : NULL;
}

cv_err cv_client_finish_share(struct cv_conn *c, uint8_t *secret, struct cv_bytes server_share)
{
    struct cv_hs *hs = c->hs;
    size_t at = c->group == hs->share_group ? 0 : hs->share_group->part_private_at;
    cv_err e = c->group->finish(c->group, secret, hs->private_key + at, server_share);
    cv_wipe(hs->private_key, sizeof hs->private_key);
    return e;
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

cv_err cv_client_find_session(struct cv_conn *c)
{
    struct cv_session *s;
    if (!c->params.resume || !cv_sessions_enabled(c)) return CV_OK;
    cv_err e = cv_ask_session(c, &s);
    if (e != CV_OK || s == NULL) return e;
    if (session_serves(c, s))
        c->hs->session = s;
    else
        cv_session_free(c->config->port, s);
    return CV_OK;
}

static size_t ext(struct cv_hs *hs, struct cv_builder *b, enum cv_ext id)
{
    hs->asked |= 1u << id;
    return cv_build_ext(b, id);
}

static void ext_server_name(struct cv_conn *c, struct cv_builder *b)
{
    struct cv_host host;
    struct cv_bytes name = c->params.target;
    /* RFC 6066 3: addresses are not sent, and the trailing dot neither */
    if (name.len == 0 || cv_host_parse(&host, (const char *)name.p, name.len) != CV_OK ||
        host.kind != CV_HOST_DNS)
        return;
    size_t mark = ext(c->hs, b, CV_EXT_SERVER_NAME);
    size_t list = cv_build_open(b, 2);
    cv_build_u8(b, 0); /* host_name */
    cv_build_u16(b, host.len);
    cv_build_bytes(b, host.value, host.len);
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
}

/* RFC 8701: numbers that stand for nothing, so that servers do not forget to pass over what they do not
 * know. The two extensions must not be the same. */
enum grease { GREASE_SUITE, GREASE_GROUP, GREASE_SCHEME, GREASE_VERSION, GREASE_EXT, GREASE_LAST_EXT };
_Static_assert(GREASE_LAST_EXT + 1 == CV_N_GREASE, "a seed for each");

static uint16_t grease_value(const struct cv_hs *hs, enum grease which)
{
    unsigned n = hs->grease[which] & 15;
    if (which == GREASE_LAST_EXT && n == (hs->grease[GREASE_EXT] & 15u)) n ^= 1;
    return (uint16_t)(0x0a0a + 0x1010 * n);
}

static void build_grease(const struct cv_conn *c, struct cv_builder *b, enum grease which)
{
    if (c->config->grease) cv_build_u16(b, grease_value(c->hs, which));
}

static void ext_grease(const struct cv_conn *c, struct cv_builder *b, enum grease which, uint16_t len)
{
    if (!c->config->grease) return;
    cv_build_u16(b, grease_value(c->hs, which));
    cv_build_u16(b, len);
    cv_build_zeros(b, len);
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
    size_t mark = ext(hs, b, CV_EXT_KEY_SHARE);
    size_t list = cv_build_open(b, 2);
    if (c->config->grease && !c->retried) { /* the second hello has the share that was asked for alone */
        cv_build_u16(b, grease_value(hs, GREASE_GROUP));
        cv_build_u16(b, 1);
        cv_build_u8(b, 0);
    }
    build_share(b, hs->share_group, hs->share.p);
    if (hs->share_part) build_share(b, hs->share_group->part, hs->share.p + hs->share_group->part_share_at);
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
}

static void ext_lists(struct cv_conn *c, struct cv_builder *b)
{
    const struct cv_config *config = c->config;
    struct cv_hs *hs = c->hs;
    size_t mark = ext(hs, b, CV_EXT_SUPPORTED_GROUPS);
    size_t list = cv_build_open(b, 2);
    build_grease(c, b, GREASE_GROUP);
    for (size_t i = 0; i < config->n_groups; i++) {
        const struct cv_group *g = config->groups[i];
        if (c->renegotiating ? cv_group_in_tls12(g) : cv_config_uses_group(config, g)) cv_build_u16(b, g->id);
    }
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);

    hs->asked |= 1u << CV_EXT_SIGNATURE_ALGORITHMS_CERT;
    mark = ext(hs, b, CV_EXT_SIGNATURE_ALGORITHMS);
    list = cv_build_open(b, 2);
    build_grease(c, b, GREASE_SCHEME);
    cv_build_scheme_numbers(b, config->schemes, config->n_schemes);
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
    cv_build_schemes(b, CV_EXT_SIGNATURE_ALGORITHMS_CERT, config->cert_schemes, config->n_cert_schemes);

    if (c->params.alpn.len != 0 && !c->renegotiating) { /* it was chosen for the connection (RFC 7301 3.1) */
        mark = ext(hs, b, CV_EXT_ALPN);
        cv_build_u16(b, (uint16_t)c->params.alpn.len);
        cv_build_bytes(b, c->params.alpn.p, c->params.alpn.len);
        cv_build_close(b, mark, 2);
    }
}

/* RFC 6066 8: any responder, no extensions. */
static void ext_status_request(struct cv_conn *c, struct cv_builder *b)
{
    if (c->config->revocation == NULL) return;
    size_t mark = ext(c->hs, b, CV_EXT_STATUS_REQUEST);
    cv_build_u8(b, 1); /* ocsp */
    cv_build_u32(b, 0);
    cv_build_close(b, mark, 2);
}

/* What only TLS 1.3 has. */
static void ext_tls13(struct cv_conn *c, struct cv_builder *b)
{
    struct cv_hs *hs = c->hs;
    size_t mark = ext(hs, b, CV_EXT_SUPPORTED_VERSIONS);
    size_t list = cv_build_open(b, 1);
    build_grease(c, b, GREASE_VERSION);
    cv_build_u16(b, CV_TLS13);
    if (c->config->min_version <= CV_TLS12) cv_build_u16(b, CV_TLS12);
    cv_build_close(b, list, 1);
    cv_build_close(b, mark, 2);
    mark = ext(hs, b, CV_EXT_PSK_KEY_EXCHANGE_MODES);
    cv_build_u8(b, c->config->psk_ke ? 2 : 1);
    cv_build_u8(b, 1); /* psk_dhe_ke */
    if (c->config->psk_ke) cv_build_u8(b, 0);
    cv_build_close(b, mark, 2);
    if (c->params.post_handshake_auth) {
        mark = ext(hs, b, CV_EXT_POST_HANDSHAKE_AUTH);
        cv_build_close(b, mark, 2);
    }
    if (hs->early_suite != NULL) {
        mark = ext(hs, b, CV_EXT_EARLY_DATA);
        cv_build_close(b, mark, 2);
    }
    if (hs->cookie_in.len != 0) {
        mark = ext(hs, b, CV_EXT_COOKIE);
        cv_build_u16(b, (uint16_t)hs->cookie_in.len);
        cv_build_bytes(b, hs->cookie_in.p, hs->cookie_in.len);
        cv_build_close(b, mark, 2);
    }
}

static bool offers_cbc(const struct cv_config *config)
{
    for (size_t i = 0; i < config->n_suites; i++) {
        if (config->suites[i].aead == NULL) return true;
    }
    return false;
}

/* What only TLS 1.2 has. */
static void ext_tls12(struct cv_conn *c, struct cv_builder *b)
{
    struct cv_hs *hs = c->hs;
    const struct cv_session *s = hs->session;
    size_t mark = ext(hs, b, CV_EXT_RENEGOTIATION_INFO);
    size_t info = cv_build_open(b, 1);
    if (c->renegotiating) cv_build_bytes(b, c->verify_data[CV_CLIENT], CV_VERIFY_DATA_LEN); /* RFC 5746 3.5 */
    cv_build_close(b, info, 1);
    cv_build_close(b, mark, 2);
    mark = ext(hs, b, CV_EXT_EXTENDED_MASTER_SECRET);
    cv_build_close(b, mark, 2);
    mark = ext(hs, b, CV_EXT_EC_POINT_FORMATS);
    cv_build_u16(b, 0x0100); /* one format: uncompressed */
    cv_build_close(b, mark, 2);
    if (offers_cbc(c->config)) {
        mark = ext(hs, b, CV_EXT_ENCRYPT_THEN_MAC);
        cv_build_close(b, mark, 2);
    }
    if (!c->params.resume || !cv_sessions_enabled(c)) return;
    mark = ext(hs, b, CV_EXT_SESSION_TICKET);
    if (s != NULL && s->version == CV_TLS12 && !s->by_id) cv_build_bytes(b, s->ticket.p, s->ticket.len);
    cv_build_close(b, mark, 2);
}

static size_t hash_len(const struct cv_conn *c, const struct cv_session *s)
{
    return cv_config_hash(c->config, s->hash)->digest_len;
}

/* pre_shared_key with binders of zeros, which the caller fills in; it is the message's end. */
static void ext_psk(struct cv_conn *c, struct cv_builder *b, struct cv_session *const *offers, size_t n)
{
    uint64_t now = c->config->port->now_ms(c->config->port->ctx);
    size_t mark = ext(c->hs, b, CV_EXT_PRE_SHARED_KEY);
    size_t list = cv_build_open(b, 2);
    for (size_t i = 0; i < n; i++) {
        const struct cv_session *s = offers[i];
        /* RFC 9846 4.3.11: external keys have no age */
        uint32_t age = s->kind == CV_PSK_RESUMPTION ? (uint32_t)(now - s->created_ms) + s->age_add : 0;
        cv_build_u16(b, (uint16_t)s->ticket.len);
        cv_build_bytes(b, s->ticket.p, s->ticket.len);
        cv_build_u32(b, age);
    }
    cv_build_close(b, list, 2);
    list = cv_build_open(b, 2);
    for (size_t i = 0; i < n; i++) {
        cv_build_u8(b, (uint8_t)hash_len(c, offers[i]));
        cv_build_zeros(b, hash_len(c, offers[i]));
    }
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
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

/* Each key signs what stands before the binders. */
static void fill_binders(const struct cv_conn *c, struct cv_builder *b, struct cv_session *const *offers,
                         size_t n)
{
    size_t len = binders_len(c, offers, n), at = b->len - len + 2;
    struct cv_bytes partial = cv_bytes(b->p, b->len - len);
    for (size_t i = 0; i < n; i++) {
        const struct cv_hash *hash = cv_config_hash(c->config, offers[i]->hash);
        uint8_t *binder = b->p + at + 1;
        cv_psk_binder(offers[i], hash, c->retried ? &c->hs->transcript : NULL, partial, binder);
        cv_secret_declassify(binder, hash->digest_len); /* sent in the clear */
        at += 1 + (size_t)hash->digest_len;
    }
}

/* RFC 7685: up to the length that is wanted, of the whole message; behind_len: what is still to come. */
static void ext_padding(struct cv_conn *c, struct cv_builder *b, size_t behind_len)
{
    enum { HEADER = 4 };
    size_t len = b->len + behind_len;
    if (len >= c->config->hello_padding) return;
    size_t room = c->config->hello_padding - len;
    size_t mark = ext(c->hs, b, CV_EXT_PADDING);
    cv_build_zeros(b, room > HEADER ? room - HEADER : 0);
    cv_build_close(b, mark, 2);
}

cv_err cv_client_fresh_random(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    const struct cv_rng *rng = &c->config->port->rng;
    cv_err e = cv_random(rng, hs->client_random, sizeof hs->client_random);
    if (e != CV_OK) return e;
    if (c->config->grease && (e = cv_random(rng, hs->grease, sizeof hs->grease)) != CV_OK) return e;
    cv_secret_declassify(hs->client_random, sizeof hs->client_random); /* both are sent in the clear */
    cv_secret_declassify(hs->grease, sizeof hs->grease);
    return CV_OK;
}

static size_t hello_cap(const struct cv_conn *c)
{
    const struct cv_config *config = c->config;
    const struct cv_hs *hs = c->hs;
    size_t fixed =
        352 + CV_COMPRESSION_OFFER_MAX; /* headers, random, session ID, lengths, short extensions */
    size_t lists = 2 * (config->n_suites + config->n_groups + config->n_schemes + config->n_cert_schemes);
    struct cv_session *offers[CV_OFFERS_MAX];
    size_t psk = psk_len(c, offers, cv_psks_offered(c, offers));
    if (hs->session != NULL) psk += hs->session->ticket.len; /* TLS 1.2's ticket */
    return fixed + lists + CV_HOST_NAME_MAX + c->params.alpn.len + 2 * hs->share.len + hs->cookie_in.len +
           psk + config->hello_padding + cv_generic_len(c, CV_MSG_CLIENT_HELLO);
}

cv_err cv_client_hello_build(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    struct cv_builder b;
    /* RFC 9846 4.2.2: what runs in TLS 1.2 stays there */
    uint16_t max_version = c->renegotiating ? CV_TLS12 : c->config->max_version;
    size_t cap = hello_cap(c);
    cv_buf_free(&hs->client_hello, c->config->port);
    cv_err e = cv_buf_reserve(&hs->client_hello, c->config->port, cap);
    if (e != CV_OK) return e;
    hs->asked = 0;
    cv_build_init(&b, hs->client_hello.p, cap);
    cv_build_u8(&b, CV_MSG_CLIENT_HELLO);
    size_t msg = cv_build_open(&b, 3);
    cv_build_u16(&b, CV_TLS12);
    cv_build_bytes(&b, hs->client_random, sizeof hs->client_random);
    cv_build_u8(&b, hs->session_id_len);
    cv_build_bytes(&b, hs->session_id, hs->session_id_len);
    size_t mark = cv_build_open(&b, 2);
    build_grease(c, &b, GREASE_SUITE);
    for (size_t i = 0; i < c->config->n_suites; i++) {
        uint16_t version = c->config->suites[i].tls12 ? CV_TLS12 : CV_TLS13;
        bool has_group = version == CV_TLS13 || cv_config_has_group12(c->config, &c->config->suites[i]);
        if (has_group && version >= c->config->min_version && version <= max_version)
            cv_build_u16(&b, c->config->suites[i].id);
    }
    cv_build_close(&b, mark, 2);
    cv_build_u16(&b, 0x0100); /* compression: null */
    mark = cv_build_open(&b, 2);
    ext_grease(c, &b, GREASE_EXT, 0);
    ext_server_name(c, &b);
    ext_lists(c, &b);
    cv_limits_offer(c, &b);
    ext_status_request(c, &b);
    if (c->config->want_scts) cv_build_close(&b, ext(hs, &b, CV_EXT_SCT), 2);
    cv_cert_types_offer(c, &b);
    if (c->config->min_version <= CV_TLS12) ext_tls12(c, &b);
    if (max_version >= CV_TLS13) {
        ext_tls13(c, &b);
        ext_key_share(c, &b);
        cv_compression_offer(c->config, &b);
    }
    cv_generic_build(c, &b, CV_MSG_CLIENT_HELLO);
    ext_grease(c, &b, GREASE_LAST_EXT, 1);
    hs->n_offered = max_version >= CV_TLS13 ? cv_psks_offered(c, hs->offered) : 0;
    ext_padding(c, &b, psk_len(c, hs->offered, hs->n_offered));
    if (hs->n_offered != 0) ext_psk(c, &b, hs->offered, hs->n_offered);
    cv_build_close(&b, mark, 2);
    cv_build_close(&b, msg, 3);
    if ((e = cv_build_end(&b)) != CV_OK) return e;
    hs->client_hello.len = b.len;
    if (hs->n_offered != 0) fill_binders(c, &b, hs->offered, hs->n_offered);
    return CV_OK;
}

void cv_client_offer_id(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    memcpy(hs->session_id, hs->session->ticket.p, hs->session->ticket.len);
    hs->session_id_len = (uint8_t)hs->session->ticket.len;
}

cv_err cv_client_hello_send(struct cv_conn *c)
{
    cv_err e = cv_buf_append(&c->hs->flight, c->config->port, cv_buf_bytes(&c->hs->client_hello));
    return e == CV_OK ? cv_flight_flush(c) : e;
}
