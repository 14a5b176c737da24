/* Signatures in TLS 1.2: of ServerKeyExchange and CertificateVerify (RFC 5246 sections 7.4.3, 7.4.8). */
#include "tls/cert_type.h"
#include "tls/client_hello.h"
#include "tls/state.h"

#include "crypto/base/secret.h"

static bool is_rsa(enum cv_key_type key)
{
    return key == CV_KEY_RSA || key == CV_KEY_RSA_PSS;
}

uint16_t cv_key_curve(enum cv_key_type type)
{
    switch (type) {
    case CV_KEY_P256:
        return 0x0017;
    case CV_KEY_P384:
        return 0x0018;
    case CV_KEY_P521:
        return 0x0019;
    default:
        return 0;
    }
}

const struct cv_sig_scheme *cv_scheme12_for(const struct cv_conn *c, const struct cv_identity *identity,
                                            struct cv_bytes peer_schemes)
{
    const struct cv_public_key *key = &identity->leaf.key;
    size_t n;
    const struct cv_sig_scheme *schemes = cv_signing_schemes(c->config, identity, &n);
    bool wanted = is_rsa(key->type) ? c->hs->wants_rsa : c->hs->wants_ecdsa;
    if (!cv_cert_type_serves(c, identity)) return NULL;
    if (c->params.role == CV_CLIENT && !wanted) return NULL;
    for (size_t i = 0; i < n; i++) {
        const struct cv_sig_scheme *s = &schemes[i];
        if (s->family == CV_SIG_MLDSA) continue; /* of TLS 1.3 alone */
        if (s->sign == NULL || s->key != key->type || !cv_list16_has(peer_schemes, s->id)) continue;
        if (key->pss_hash == CV_HASH_NONE || (s->hash != NULL && s->hash->id == key->pss_hash)) return s;
    }
    return NULL;
}

bool cv_key_serves(const struct cv_conn *c, enum cv_key_type type)
{
    uint16_t curve = cv_key_curve(type);
    bool bound = c->version == CV_TLS12 && c->params.role == CV_CLIENT && curve != 0;
    return !bound || cv_client_find_group(c, curve) != NULL;
}

/* The parts' digest, or, for schemes that take the message itself, a copy of them. */
struct to_sign {
    uint8_t digest[CV_HASH_MAX];
    struct cv_buf copy;
};

static cv_err gather(struct cv_conn *c, struct to_sign *t, const struct cv_hash *hash,
                     const struct cv_bytes *parts, size_t n_parts, struct cv_bytes *out)
{
    cv_err e;
    t->copy = (struct cv_buf){NULL, 0, 0};
    if (hash != NULL) {
        struct cv_hash_ctx h;
        cv_hash_init(&h, hash);
        for (size_t i = 0; i < n_parts; i++) cv_hash_update(&h, parts[i].p, parts[i].len);
        cv_hash_final(&h, t->digest);
        *out = cv_bytes(t->digest, hash->digest_len);
        return CV_OK;
    }
    for (size_t i = 0; i < n_parts; i++) {
        if ((e = cv_buf_append(&t->copy, c->config->port, parts[i])) != CV_OK) {
            cv_buf_free(&t->copy, c->config->port);
            return e;
        }
    }
    *out = cv_buf_bytes(&t->copy);
    return CV_OK;
}

size_t cv_sign12_cap(const struct cv_identity *identity)
{
    return 2 + 2 + cv_signature_cap(&identity->leaf.key);
}

cv_err cv_sign12(struct cv_conn *c, struct cv_builder *b, const struct cv_identity *identity,
                 const struct cv_sig_scheme *scheme, const struct cv_bytes *parts, size_t n_parts)
{
    struct to_sign t;
    struct cv_bytes m;
    size_t cap = cv_signature_cap(&identity->leaf.key), sig_len = cap;
    cv_err e = gather(c, &t, scheme->hash, parts, n_parts, &m);
    if (e != CV_OK) return e;
    cv_build_u16(b, scheme->id);
    size_t mark = cv_build_open(b, 2);
    uint8_t *sig = cv_build_space(b, cap);
    e = sig != NULL ? cv_ask_signature(c, sig, &sig_len, identity, scheme, m) : CV_E_INTERNAL;
    cv_buf_free(&t.copy, c->config->port);
    if (e != CV_OK) return e;
    b->len -= cap - sig_len;
    cv_build_close(b, mark, 2);
    c->own_scheme = scheme->id;
    return CV_OK;
}

/* RFC 9846 4.3.3: in TLS 1.2 an ECDSA scheme does not bind the curve. */
static const struct cv_sig_scheme *find_scheme(const struct cv_conn *c, uint16_t id)
{
    const struct cv_config *config = c->config;
    const struct cv_public_key *key = &c->hs->peer_key;
    const struct cv_sig_scheme *offered = NULL;
    for (size_t i = 0; i < config->n_schemes; i++) {
        if (config->schemes[i].id == id) offered = &config->schemes[i];
    }
    if (offered == NULL || offered->key == key->type || offered->family != CV_SIG_ECDSA) return offered;
    for (size_t i = 0; i < config->n_cert_schemes; i++) {
        const struct cv_sig_scheme *s = &config->cert_schemes[i];
        if (s->key == key->type && s->family == CV_SIG_ECDSA && s->hash == offered->hash) return s;
    }
    return NULL;
}

cv_err cv_verify12(struct cv_conn *c, uint16_t scheme, struct cv_bytes signature,
                   const struct cv_bytes *parts, size_t n_parts)
{
    const struct cv_public_key *key = &c->hs->peer_key;
    const struct cv_sig_scheme *s = find_scheme(c, scheme);
    struct to_sign t;
    struct cv_bytes m;
    if (s == NULL || s->key != key->type || s->family == CV_SIG_MLDSA) return CV_E_BAD_SCHEME;
    if (key->pss_hash != CV_HASH_NONE && (s->hash == NULL || s->hash->id != key->pss_hash))
        return CV_E_BAD_SCHEME;
    /* RFC 5246 7.4.3: the key must be of the kind that the suite names */
    if (c->params.role == CV_CLIENT && is_rsa(key->type) != c->suite->rsa) return CV_E_BAD_SCHEME;
    cv_err e = gather(c, &t, s->hash, parts, n_parts, &m);
    if (e != CV_OK) return e;
    e = s->verify(key, s->hash, m, signature);
    cv_buf_free(&t.copy, c->config->port);
    if (e == CV_OK) c->peer_scheme = scheme;
    return e;
}
