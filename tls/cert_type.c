#include "tls/cert_type.h"

#include "x509/key.h"

enum { X509 = 0, RAW_PUBLIC_KEY = 2 };

static void offer(struct cv_conn *c, struct cv_builder *b, enum cv_ext ext, bool x509)
{
    size_t mark = cv_build_ext(b, ext);
    size_t list = cv_build_open(b, 1);
    cv_build_u8(b, RAW_PUBLIC_KEY);
    if (x509) cv_build_u8(b, X509);
    cv_build_close(b, list, 1);
    cv_build_close(b, mark, 2);
    c->hs->asked |= 1u << ext;
}

void cv_cert_types_offer(struct cv_conn *c, struct cv_builder *b)
{
    const struct cv_config *config = c->config;
    if (config->own_raw_key) offer(c, b, CV_EXT_CLIENT_CERT_TYPE, true);
    if (config->peer_raw_key != CV_RAW_KEY_NEVER)
        offer(c, b, CV_EXT_SERVER_CERT_TYPE, config->peer_raw_key != CV_RAW_KEY_ALWAYS);
}

/* What a session keeps of the peer is its certificate: without one there is none. */
static void forgo_session(struct cv_conn *c)
{
    if (c->peer_raw_key) c->params.resume = false;
}

/* The type that a server chose, X.509 where it says nothing. */
static cv_err read_answer(const struct cv_extensions *x, enum cv_ext ext, bool *raw)
{
    struct cv_bytes body = x->body[ext];
    uint8_t type;
    cv_err e;
    *raw = false;
    if (!cv_ext_has(x, ext)) return CV_OK;
    if ((e = cv_read_u8(&body, &type)) != CV_OK) return e;
    if (type != X509 && type != RAW_PUBLIC_KEY) return CV_E_ILLEGAL_PARAMETER;
    *raw = type == RAW_PUBLIC_KEY;
    return CV_OK;
}

cv_err cv_cert_types_take_answer(struct cv_conn *c, const struct cv_extensions *x)
{
    cv_err e;
    if ((e = read_answer(x, CV_EXT_CLIENT_CERT_TYPE, &c->own_raw_key)) != CV_OK) return e;
    if ((e = read_answer(x, CV_EXT_SERVER_CERT_TYPE, &c->peer_raw_key)) != CV_OK) return e;
    forgo_session(c);
    bool refused = c->config->peer_raw_key == CV_RAW_KEY_ALWAYS && !c->peer_raw_key;
    if (!refused) return CV_OK;
    return cv_ext_has(x, CV_EXT_SERVER_CERT_TYPE) ? CV_E_ILLEGAL_PARAMETER : CV_E_CERT_TYPE;
}

/* RFC 7250 4.2: a bare key where both sides take one, else X.509 where both do. */
static cv_err choose(const struct cv_extensions *x, enum cv_ext ext, bool raw_allowed, bool x509_allowed,
                     bool *raw)
{
    struct cv_bytes body = x->body[ext], types;
    bool listed = cv_ext_has(x, ext);
    if (listed && cv_read_vec8(&body, &types) != CV_OK) return CV_E_DECODE;
    *raw = listed && raw_allowed && cv_list8_has(types, RAW_PUBLIC_KEY);
    if (*raw || (x509_allowed && (!listed || cv_list8_has(types, X509)))) return CV_OK;
    return CV_E_CERT_TYPE;
}

cv_err cv_cert_types_choose(struct cv_conn *c, const struct cv_extensions *x)
{
    const struct cv_config *config = c->config;
    cv_err e = choose(x, CV_EXT_SERVER_CERT_TYPE, config->own_raw_key, true, &c->own_raw_key);
    if (e != CV_OK || c->params.client_auth == CV_AUTH_NONE) return e;
    e = choose(x, CV_EXT_CLIENT_CERT_TYPE, config->peer_raw_key != CV_RAW_KEY_NEVER,
               config->peer_raw_key != CV_RAW_KEY_ALWAYS, &c->peer_raw_key);
    forgo_session(c);
    return e;
}

static void answer(struct cv_builder *b, enum cv_ext ext, bool raw)
{
    size_t mark = cv_build_ext(b, ext);
    cv_build_u8(b, raw ? RAW_PUBLIC_KEY : X509);
    cv_build_close(b, mark, 2);
}

void cv_cert_types_answer(const struct cv_conn *c, struct cv_builder *b, const struct cv_extensions *x)
{
    if (cv_ext_has(x, CV_EXT_SERVER_CERT_TYPE)) answer(b, CV_EXT_SERVER_CERT_TYPE, c->own_raw_key);
    if (cv_ext_has(x, CV_EXT_CLIENT_CERT_TYPE) && c->params.client_auth != CV_AUTH_NONE)
        answer(b, CV_EXT_CLIENT_CERT_TYPE, c->peer_raw_key);
}

cv_err cv_raw_certificate12_parse(struct cv_bytes *list, size_t *n_certs, struct cv_bytes body)
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

cv_err cv_verify_raw_key(struct cv_conn *c)
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
