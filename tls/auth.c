/* Certificate, CertificateVerify and Finished, for both roles (RFC 9846 section 4.5). */
#include "tls/cert_type.h"
#include "tls/compress.h"
#include "tls/peer_certs.h"
#include "tls/state.h"

#include "crypto/base/ct.h"
#include "crypto/base/secret.h"

#include <string.h>

void cv_build_scheme_numbers(struct cv_builder *b, const struct cv_sig_scheme *schemes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (schemes[i].id != 0) cv_build_u16(b, schemes[i].id);
    }
}

void cv_build_schemes(struct cv_builder *b, enum cv_ext ext, const struct cv_sig_scheme *schemes, size_t n)
{
    size_t mark = cv_build_ext(b, ext);
    size_t list = cv_build_open(b, 2);
    cv_build_scheme_numbers(b, schemes, n);
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
}

/* Signatures of TLS 1.3 are never PKCS#1 v1.5 (RFC 9846 4.3.3); an RSASSA-PSS key may name its only hash. */
static bool scheme_serves(const struct cv_sig_scheme *s, const struct cv_public_key *key)
{
    if (s->key != key->type || s->family == CV_SIG_RSA_PKCS1) return false;
    return key->pss_hash == CV_HASH_NONE || (s->hash != NULL && s->hash->id == key->pss_hash);
}

const struct cv_sig_scheme *cv_signing_schemes(const struct cv_config *config,
                                               const struct cv_identity *identity, size_t *n)
{
    bool own = identity->n_schemes != 0;
    *n = own ? identity->n_schemes : config->n_schemes;
    return own ? identity->schemes : config->schemes;
}

const struct cv_sig_scheme *cv_scheme_for(const struct cv_conn *c, const struct cv_identity *identity,
                                          struct cv_bytes peer_schemes)
{
    size_t n;
    const struct cv_sig_scheme *schemes = cv_signing_schemes(c->config, identity, &n);
    if (!cv_cert_type_serves(c, identity)) return NULL;
    if (c->version == CV_TLS12) return cv_scheme12_for(c, identity, peer_schemes);
    for (size_t i = 0; i < n; i++) {
        const struct cv_sig_scheme *s = &schemes[i];
        if (s->sign != NULL && scheme_serves(s, &identity->leaf.key) && cv_list16_has(peer_schemes, s->id))
            return s;
    }
    return NULL;
}

cv_err cv_check_name(const struct cv_conn *c, const struct cv_host *host)
{
    if (!c->config->strict_names || host == NULL) return CV_OK;
    for (size_t i = 0; i < c->config->n_identities; i++) {
        if (cv_cert_matches_host(&c->config->identities[i].leaf, host)) return CV_OK;
    }
    return CV_E_UNKNOWN_NAME;
}

cv_err cv_pick_identity(struct cv_conn *c, struct cv_bytes peer_schemes, const struct cv_host *host,
                        const struct cv_identity **identity, const struct cv_sig_scheme **scheme)
{
    const struct cv_config *config = c->config;
    cv_err e = cv_ask_identity(c, identity, peer_schemes);
    if (e != CV_OK) return e;
    if (*identity != NULL) {
        *scheme = cv_scheme_for(c, *identity, peer_schemes);
        return *scheme != NULL ? CV_OK : CV_E_NO_COMMON_SCHEME;
    }
    if ((e = cv_check_name(c, host)) != CV_OK) return e;
    for (size_t i = 0; i < config->n_identities; i++) {
        const struct cv_identity *candidate = &config->identities[i];
        bool named = host != NULL && cv_cert_matches_host(&candidate->leaf, host);
        const struct cv_sig_scheme *s = cv_scheme_for(c, candidate, peer_schemes);
        if (s == NULL || (*identity != NULL && !named)) continue;
        *identity = candidate;
        *scheme = s;
        if (named) break;
    }
    if (*identity != NULL) return CV_OK;
    return config->n_identities == 0 ? CV_E_NO_CERTIFICATE : CV_E_NO_COMMON_SCHEME;
}

/* RFC 9846 4.5.1.1: what stands behind a certificate. */
static void build_entry_extensions(struct cv_builder *b, struct cv_bytes staple, struct cv_bytes scts)
{
    size_t block = cv_build_open(b, 2), mark;
    if (staple.len > 0) {
        mark = cv_build_ext(b, CV_EXT_STATUS_REQUEST);
        cv_build_certificate_status(b, staple);
        cv_build_close(b, mark, 2);
    }
    if (scts.len > 0) {
        mark = cv_build_ext(b, CV_EXT_SCT);
        cv_build_bytes(b, scts.p, scts.len);
        cv_build_close(b, mark, 2);
    }
    cv_build_close(b, block, 2);
}

/* What goes into the Certificate message, and what of it only the first entry has. */
struct own_chain {
    const struct cv_bytes *certs;
    size_t n;
    struct cv_bytes staple, scts;
};

static struct own_chain own_chain(const struct cv_conn *c, const struct cv_identity *identity)
{
    struct own_chain chain = {.n = 0};
    if (identity == NULL) return chain;
    if (c->own_raw_key) return (struct own_chain){.certs = &identity->leaf.spki, .n = 1};
    chain.certs = identity->chain;
    chain.n = identity->n_chain;
    if (c->version == CV_TLS12) return chain; /* RFC 5246 7.4.2: no extensions */
    if (c->hs->staple_asked) chain.staple = identity->staple;
    if (c->hs->scts_asked) chain.scts = identity->scts;
    return chain;
}

static void build_cert(struct cv_builder *b, struct cv_bytes der)
{
    size_t mark = cv_build_open(b, 3);
    cv_build_bytes(b, der.p, der.len);
    cv_build_close(b, mark, 3);
}

cv_err cv_send_certificate(struct cv_conn *c, const struct cv_identity *identity)
{
    struct cv_builder b;
    struct cv_bytes context = cv_buf_bytes(&c->hs->request_context);
    struct own_chain chain = own_chain(c, identity);
    bool tls12 = c->version == CV_TLS12;
    size_t cap = 1 + context.len + 3 + CV_CERTIFICATE_STATUS_HEAD_LEN + chain.staple.len + chain.scts.len + 8;
    for (size_t i = 0; i < chain.n; i++) cap += 3 + chain.certs[i].len + 2;

    cv_err e = cv_msg_begin(c, CV_MSG_CERTIFICATE, cap, &b);
    if (e != CV_OK) return e;
    if (tls12 && c->own_raw_key && chain.n != 0) { /* RFC 7250 3: no list */
        build_cert(&b, chain.certs[0]);
        return cv_msg_end(c, &b);
    }
    if (!tls12) {
        size_t mark = cv_build_open(&b, 1);
        cv_build_bytes(&b, context.p, context.len);
        cv_build_close(&b, mark, 1);
    }
    size_t mark = cv_build_open(&b, 3);
    for (size_t i = 0; i < chain.n; i++) {
        build_cert(&b, chain.certs[i]);
        if (tls12) continue;
        build_entry_extensions(&b, chain.staple, chain.scts);
        chain.staple.len = chain.scts.len = 0;
    }
    cv_build_close(&b, mark, 3);
    const struct cv_cert_compressor *z = c->config->features->compression;
    if (!tls12 && chain.n != 0 && z != NULL && (e = z->compress(c, &b)) != CV_OK) return e;
    return cv_msg_end(c, &b);
}

/* What CertificateVerify signs (RFC 9846 4.5.2): the content itself, or its digest where the scheme hashes.
 */
struct signed_content {
    uint8_t bytes[64 + 33 + 1 + CV_HASH_MAX];
    uint8_t digest[CV_HASH_MAX];
};

static struct cv_bytes content_to_sign(struct signed_content *content, const struct cv_conn *c,
                                       bool by_server, const struct cv_hash *hash)
{
    uint8_t transcript[CV_HASH_MAX];
    struct cv_builder b;
    cv_transcript_hash(&c->hs->transcript, transcript);
    cv_build_init(&b, content->bytes, sizeof content->bytes);
    for (size_t i = 0; i < 64; i++) cv_build_u8(&b, ' ');
    cv_build_bytes(&b, by_server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify",
                   34);
    cv_build_bytes(&b, transcript, c->suite->hash->digest_len);
    if (hash == NULL) return cv_bytes(content->bytes, b.len);
    cv_hash_digest(hash, content->digest, content->bytes, b.len);
    return cv_bytes(content->digest, hash->digest_len);
}

size_t cv_signature_cap(const struct cv_public_key *key)
{
    switch (key->type) {
    case CV_KEY_RSA:
    case CV_KEY_RSA_PSS:
        return key->n.len;
    case CV_KEY_P256:
    case CV_KEY_P384:
    case CV_KEY_P521:
        return 141; /* two 66-byte INTEGERs, each with a sign byte, in a SEQUENCE */
    case CV_KEY_ED25519:
        return 64;
    case CV_KEY_ED448:
        return 114;
    default:
        return CV_SIG_MAX;
    }
}

cv_err cv_send_no_certificate(struct cv_conn *c)
{
    struct cv_builder b;
    size_t len = c->version == CV_TLS12 ? 3 : 4; /* an empty list, and before it in TLS 1.3 no context */
    cv_err e = cv_msg_begin(c, CV_MSG_CERTIFICATE, len, &b);
    if (e != CV_OK) return e;
    cv_build_zeros(&b, len);
    return cv_msg_end(c, &b);
}

cv_err cv_send_certificate_verify(struct cv_conn *c, const struct cv_identity *identity,
                                  const struct cv_sig_scheme *scheme)
{
    struct signed_content content;
    struct cv_builder b;
    size_t cap = cv_signature_cap(&identity->leaf.key), sig_len = cap;
    cv_err e = cv_msg_begin(c, CV_MSG_CERTIFICATE_VERIFY, 2 + 2 + cap, &b);
    if (e != CV_OK) return e;
    cv_build_u16(&b, scheme->id);
    size_t mark = cv_build_open(&b, 2);
    uint8_t *sig = cv_build_space(&b, cap);
    if (sig == NULL) return CV_E_INTERNAL;
    struct cv_bytes m = content_to_sign(&content, c, c->params.role == CV_SERVER, scheme->hash);
    if ((e = cv_ask_signature(c, sig, &sig_len, identity, scheme, m)) != CV_OK) return e;
    b.len -= cap - sig_len;
    cv_build_close(&b, mark, 2);
    c->own_scheme = scheme->id;
    return cv_msg_end(c, &b);
}

cv_err cv_send_finished(struct cv_conn *c, const uint8_t *base_key)
{
    const struct cv_hash *hash = c->suite->hash;
    uint8_t digest[CV_HASH_MAX], mac[CV_HASH_MAX];
    struct cv_builder b;
    cv_transcript_hash(&c->hs->transcript, digest);
    cv_finished_mac(hash, mac, base_key, digest);
    cv_secret_declassify(mac, hash->digest_len); /* part of the transcript, over which the peer signs */
    cv_err e = cv_msg_begin(c, CV_MSG_FINISHED, hash->digest_len, &b);
    if (e != CV_OK) return e;
    cv_build_bytes(&b, mac, hash->digest_len);
    return cv_msg_end(c, &b);
}

cv_err cv_keep_staple(struct cv_conn *c, struct cv_bytes staple)
{
    uint8_t head[3] = {(uint8_t)(staple.len >> 16), (uint8_t)(staple.len >> 8), (uint8_t)staple.len};
    cv_err e = cv_buf_append(&c->peer_staples, c->config->port, cv_bytes(head, sizeof head));
    return e == CV_OK ? cv_buf_append(&c->peer_staples, c->config->port, staple) : e;
}

bool cv_staple_wanted(const struct cv_conn *c)
{
    if (c->params.role == CV_CLIENT) return c->config->revocation != NULL;
    return c->config->ask_staple && c->version == CV_TLS13; /* before, no CertificateRequest could say it */
}

/* The chain without what stands around the certificates; staples and timestamps apart. */
static cv_err take_chain(struct cv_conn *c, struct cv_bytes list)
{
    const struct cv_port *port = c->config->port;
    struct cv_certificate_entry entry;
    struct cv_builder b;
    cv_err e = cv_buf_reserve(&c->peer_chain, port, list.len);
    if (e != CV_OK) return e;
    cv_build_init(&b, c->peer_chain.p, c->peer_chain.cap);
    while (list.len > 0) {
        if ((e = cv_certificate_next(&list, &entry)) != CV_OK) return e;
        if (entry.staple.p != NULL && (e = cv_keep_staple(c, entry.staple)) != CV_OK) return e;
        /* those of the leaf: RFC 9162 6.5 */
        if (b.len == 0 && (e = cv_buf_append(&c->peer_scts, port, entry.scts)) != CV_OK) return e;
        build_cert(&b, entry.der);
    }
    c->peer_chain.len = b.len;
    return cv_build_end(&b);
}

static cv_err take_certificate13(struct cv_conn *c, struct cv_bytes body, bool *empty)
{
    static const uint32_t staple = 1u << CV_EXT_STATUS_REQUEST;
    struct cv_certificate_msg m;
    uint32_t asked = c->params.role == CV_CLIENT ? c->hs->asked : cv_staple_wanted(c) ? staple : 0;
    cv_err e = cv_certificate_parse(&m, body, asked);
    if (e != CV_OK) return e;
    /* RFC 9846 4.5.1: empty in the handshake, else that of the CertificateRequest */
    struct cv_bytes context =
        c->params.role == CV_SERVER ? cv_buf_bytes(&c->hs->request_context) : cv_bytes(NULL, 0);
    if (!cv_bytes_equal(m.context, context)) return CV_E_ILLEGAL_PARAMETER;
    *empty = m.n_certs == 0;
    return take_chain(c, m.list);
}

static cv_err take_certificate12(struct cv_conn *c, struct cv_bytes body, bool *empty)
{
    struct cv_bytes list;
    size_t n_certs;
    cv_err e = c->peer_raw_key ? c->config->features->raw_keys->parse12(&list, &n_certs, body)
                               : cv_machine(c)->certificate(&list, &n_certs, body);
    if (e != CV_OK) return e;
    *empty = n_certs == 0;
    return *empty ? CV_OK : cv_buf_append(&c->peer_chain, c->config->port, list);
}

cv_err cv_recv_certificate(struct cv_conn *c, struct cv_bytes msg, bool *empty)
{
    const struct cv_port *port = c->config->port;
    struct cv_bytes body = cv_msg_body(msg), head = msg;
    struct cv_buf plain = {NULL, 0, 0};
    uint8_t type;
    cv_buf_free(&c->peer_chain, port);
    cv_buf_free(&c->peer_staples, port);
    cv_err e = cv_read_u8(&head, &type);
    if (e == CV_OK && type == CV_MSG_COMPRESSED_CERTIFICATE) {
        e = c->config->features->compression->decompress(c, &plain, body); /* which the dispatcher let pass */
        body = cv_buf_bytes(&plain);
    }
    if (e == CV_OK)
        e = c->version == CV_TLS12 ? take_certificate12(c, body, empty) : take_certificate13(c, body, empty);
    cv_buf_free(&plain, port);
    /* TLS 1.2: judged when its status has come, or is seen not to come */
    bool waits = c->version == CV_TLS12 && c->params.role == CV_CLIENT && c->hs->staple_promised;
    return e == CV_OK && !*empty && !waits ? cv_verify_peer(c) : e;
}

cv_err cv_resume_peer(struct cv_conn *c)
{
    const struct cv_peer_certs *certs = c->config->features->certificates;
    const struct cv_session *s = c->hs->session;
    c->validated = s->validated;
    c->chain_not_after = s->chain_not_after;
    c->authenticated = s->authenticated;
    c->peer_scheme = s->scheme;
    c->peer_raw_key = s->raw_key;
    if (s->chain.len == 0) return CV_OK;
    return certs != NULL ? certs->resume(c) : CV_E_BAD_PSK;
}

cv_err cv_recv_certificate_verify(struct cv_conn *c, struct cv_bytes body)
{
    struct cv_certificate_verify m;
    struct signed_content content;
    const struct cv_sig_scheme *scheme = NULL;
    cv_err e = cv_certificate_verify_parse(&m, body);
    if (e != CV_OK) return e;
    for (size_t i = 0; i < c->config->n_schemes; i++) {
        if (c->config->schemes[i].id == m.scheme) scheme = &c->config->schemes[i];
    }
    /* RFC 9846 4.5.2: one of those offered, and one that fits the key */
    if (scheme == NULL || !scheme_serves(scheme, &c->hs->peer_key)) return CV_E_BAD_SCHEME;
    struct cv_bytes signed_bytes = content_to_sign(&content, c, c->params.role == CV_CLIENT, scheme->hash);
    if ((e = scheme->verify(&c->hs->peer_key, scheme->hash, signed_bytes, m.signature)) != CV_OK) return e;
    c->peer_scheme = m.scheme;
    return CV_OK;
}

cv_err cv_recv_finished(struct cv_conn *c, struct cv_bytes body, const uint8_t *base_key)
{
    const struct cv_hash *hash = c->suite->hash;
    uint8_t digest[CV_HASH_MAX], mac[CV_HASH_MAX];
    cv_transcript_hash(&c->hs->transcript, digest);
    cv_finished_mac(hash, mac, base_key, digest);
    if (body.len != hash->digest_len) return CV_E_DECODE;
    uint32_t equal = cv_ct_equal(mac, body.p, hash->digest_len);
    cv_wipe(mac, sizeof mac);
    cv_secret_declassify(&equal, sizeof equal); /* whether Finished verifies is what the peer learns anyway */
    return equal ? CV_OK : CV_E_BAD_FINISHED;
}
