#include "tls/cert_type.h"

#include "tls/client_hello.h"

#include "x509/key.h"

#include <string.h>

enum { X509 = 0, RAW_PUBLIC_KEY = 2 };

/* The types that our identities go as, in their order; nothing but X.509 needs no word. */
struct types {
    uint8_t list[2];
    size_t n;
};

static void add_type(struct types *t, uint8_t type)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->list[i] == type) return;
    }
    if (t->n < sizeof t->list) t->list[t->n++] = type;
}

static struct types own_types(const struct cv_config *config)
{
    struct types t = {.n = 0};
    for (size_t i = 0; i < config->n_identities; i++) {
        bool only_raw = config->identities[i].only_raw_key;
        if (only_raw || config->own_raw_key) add_type(&t, RAW_PUBLIC_KEY);
        if (!only_raw) add_type(&t, X509);
    }
    /* one that the application brings later goes as the configuration says */
    if (t.n == 0 && config->own_raw_key) add_type(&t, RAW_PUBLIC_KEY);
    if (t.n == 0 || config->n_identities == 0) add_type(&t, X509);
    return t;
}

static struct types peer_types(const struct cv_config *config)
{
    static const struct types lists[] = {
        [CV_RAW_KEY_NEVER] = {{X509}, 1},
        [CV_RAW_KEY_ALLOWED] = {{RAW_PUBLIC_KEY, X509}, 2},
        [CV_RAW_KEY_ALWAYS] = {{RAW_PUBLIC_KEY}, 1},
        [CV_RAW_KEY_SECOND] = {{X509, RAW_PUBLIC_KEY}, 2},
    };
    return lists[config->peer_raw_key];
}

static bool has_type(const struct types *t, uint8_t type)
{
    return memchr(t->list, type, t->n) != NULL;
}

/* RFC 7250 4.1: X.509 alone is not said. */
static void offer_types(struct cv_conn *c, struct cv_builder *b, enum cv_ext ext, struct types types)
{
    if (!has_type(&types, RAW_PUBLIC_KEY)) return;
    size_t mark = cv_hello_ext(c, b, ext);
    size_t list = cv_build_open(b, 1);
    cv_build_bytes(b, types.list, types.n);
    cv_build_close(b, list, 1);
    cv_build_close(b, mark, 2);
}

static void offer(struct cv_conn *c, struct cv_builder *b)
{
    offer_types(c, b, CV_EXT_CLIENT_CERT_TYPE, own_types(c->config));
    offer_types(c, b, CV_EXT_SERVER_CERT_TYPE, peer_types(c->config));
}

static bool serves(const struct cv_conn *c, const struct cv_identity *identity)
{
    return c->own_raw_key ? identity->only_raw_key || c->config->own_raw_key : !identity->only_raw_key;
}

/* The type that a server chose, X.509 where it says nothing. RFC 7250 4.2: one of those that were offered. */
static cv_err read_answer(const struct cv_extensions *x, enum cv_ext ext, struct types offered, bool *raw)
{
    struct cv_bytes body = x->body[ext];
    uint8_t type;
    cv_err e;
    *raw = false;
    if (!cv_ext_has(x, ext)) return CV_OK;
    if ((e = cv_read_u8(&body, &type)) != CV_OK) return e;
    *raw = type == RAW_PUBLIC_KEY;
    return has_type(&offered, type) ? CV_OK : CV_E_ILLEGAL_PARAMETER;
}

/* In a full handshake. */
static cv_err take_answer(struct cv_conn *c, const struct cv_extensions *x)
{
    struct types own = own_types(c->config), peer = peer_types(c->config);
    cv_err e;
    if (c->resumed || c->hs->psk) return CV_OK;
    if ((e = read_answer(x, CV_EXT_CLIENT_CERT_TYPE, own, &c->own_raw_key)) != CV_OK) return e;
    if ((e = read_answer(x, CV_EXT_SERVER_CERT_TYPE, peer, &c->peer_raw_key)) != CV_OK) return e;
    return c->peer_raw_key || has_type(&peer, X509) ? CV_OK : CV_E_CERT_TYPE;
}
const struct cv_client_extension cv_client_ext_cert_types = {.offer = offer, .answer = take_answer};

/* RFC 7250 4.2: our first type that the peer lists; who lists none means X.509. */
static cv_err choose_type(const struct cv_extensions *x, enum cv_ext ext, struct types ours, bool *raw)
{
    struct cv_bytes body = x->body[ext], theirs;
    bool listed = cv_ext_has(x, ext);
    if (listed && cv_read_vec8(&body, &theirs) != CV_OK) return CV_E_DECODE;
    /* RFC 7250 4.1: X.509 alone is not said */
    if (listed && theirs.len == 1 && cv_list8_has(theirs, X509)) return CV_E_ILLEGAL_PARAMETER;
    for (size_t i = 0; i < ours.n; i++) {
        *raw = ours.list[i] == RAW_PUBLIC_KEY;
        if (listed ? cv_list8_has(theirs, ours.list[i]) : !*raw) return CV_OK;
    }
    return CV_E_CERT_TYPE;
}

static cv_err choose(struct cv_conn *c, const struct cv_extensions *x)
{
    cv_err e = choose_type(x, CV_EXT_SERVER_CERT_TYPE, own_types(c->config), &c->own_raw_key);
    if (e != CV_OK || c->params.client_auth == CV_AUTH_NONE) return e;
    return choose_type(x, CV_EXT_CLIENT_CERT_TYPE, peer_types(c->config), &c->peer_raw_key);
}

static void answer_type(struct cv_builder *b, const struct cv_extensions *x, enum cv_ext ext,
                        struct types ours)
{
    bool raw;
    if (!cv_ext_has(x, ext) || choose_type(x, ext, ours, &raw) != CV_OK) return;
    size_t mark = cv_build_ext(b, ext);
    cv_build_u8(b, raw ? RAW_PUBLIC_KEY : X509);
    cv_build_close(b, mark, 2);
}

static void answer(const struct cv_conn *c, struct cv_builder *b, const struct cv_extensions *x)
{
    answer_type(b, x, CV_EXT_SERVER_CERT_TYPE, own_types(c->config));
    if (c->params.client_auth != CV_AUTH_NONE && !c->resumed)
        answer_type(b, x, CV_EXT_CLIENT_CERT_TYPE, peer_types(c->config));
}

static cv_err parse12(struct cv_bytes *list, size_t *n_certs, struct cv_bytes body)
{
    struct cv_bytes in = body, spki;
    cv_err e = cv_read_vec24(&in, &spki);
    *list = body;
    *n_certs = spki.len != 0;
    return e == CV_OK ? cv_read_end(in) : e;
}

static bool is_pinned(const struct cv_config *config, struct cv_bytes spki)
{
    for (size_t i = 0; i < config->n_pinned_keys; i++) {
        if (cv_bytes_equal(config->pinned_keys[i], spki)) return true;
    }
    return false;
}

static bool session_serves(const struct cv_conn *c, const struct cv_session *s)
{
    struct types types = peer_types(c->config);
    struct cv_bytes chain = s->chain, spki;
    if (s->chain.len == 0) return true;
    if (!has_type(&types, s->raw_key ? RAW_PUBLIC_KEY : X509)) return false;
    if (!s->raw_key || !c->params.validate) return true;
    return cv_read_vec24(&chain, &spki) == CV_OK && is_pinned(c->config, spki);
}

static cv_err verify(struct cv_conn *c)
{
    struct cv_bytes chain = cv_buf_bytes(&c->peer_chain), spki;
    cv_err e = cv_read_vec24(&chain, &spki);
    if (e == CV_OK) e = cv_read_end(chain); /* RFC 9846 4.5.1: no more than one */
    if (e != CV_OK) return e;
    if ((e = cv_public_key_parse(&c->hs->peer_key, spki)) != CV_OK) return e;
    c->validated = CV_VALIDATED_NOT;
    c->leaf_not_after = c->chain_not_after = INT64_MAX;
    if (!c->params.validate) return CV_OK;
    if (!is_pinned(c->config, spki)) return c->verdict.err = CV_E_CERT_UNTRUSTED;
    c->validated = CV_VALIDATED_NAME; /* who pins a key knows whose it is */
    return CV_OK;
}

const struct cv_raw_keys cv_raw_keys = {
    .choose = choose,
    .answer = answer,
    .serves = serves,
    .session_serves = session_serves,
    .parse12 = parse12,
    .verify = verify,
};
