/* The peer's certificates as they arrive: the message around them is taken apart here, the chain is judged by
 * x509/stream.c. */
#include "tls/peer_certs.h"

#include "x509/stream.h"

/* What comes next: the parts of a Certificate in their order (RFC 9846 4.5.1, RFC 5246 7.4.2). */
enum stage { CONTEXT_LEN, LIST_LEN, CERT_LEN, CERT, EXTENSIONS_LEN, EXTENSIONS };

struct cv_arriving {
    struct cv_stream *chain;
    size_t chain_len; /* of its memory */
    enum stage stage;
    uint8_t n_digits;   /* bytes of a length that came */
    uint32_t left;      /* bytes of a certificate, or of what stands behind it; the length at hand */
    uint32_t list_left; /* bytes of the list */
    bool empty;
    bool tls12;
    bool asked; /* extensions of certificates may come */
    cv_err err; /* the rest is passed over */
    uint8_t ip[16];
};

static void free_arriving(struct cv_conn *c)
{
    struct cv_arriving *a = c->hs->arriving;
    if (a == NULL) return;
    cv_conn_release(c, a->chain, a->chain_len);
    cv_conn_release(c, a, sizeof *a);
    c->hs->arriving = NULL;
}

/* The name that we expect, which cv_conn_new has brought into the form of struct cv_host. */
static cv_err expect_name(const struct cv_conn *c, struct cv_stream_params *params, uint8_t ip[16])
{
    struct cv_bytes name = cv_buf_bytes(&c->server_name);
    struct cv_host host;
    params->check_name = c->params.check_name;
    if (!c->params.check_name || name.len == 0) return CV_OK; /* an empty one matches nothing */
    params->dns = name;
    if (!c->target_is_address) return CV_OK;
    cv_err e = c->config->features->host(&host, (const char *)name.p, name.len);
    if (e != CV_OK) return e;
    struct cv_builder b;
    cv_build_init(&b, ip, 16);
    cv_build_bytes(&b, host.value, host.len);
    params->dns = cv_bytes(NULL, 0);
    params->ip = cv_bytes(ip, b.len);
    return cv_build_end(&b);
}

static cv_err begin(struct cv_conn *c, uint32_t body_len)
{
    const struct cv_config *config = c->config;
    struct cv_stream_params params = {
        .anchors = config->anchors,
        .n_anchors = config->n_anchors,
        .schemes = config->cert_schemes,
        .n_schemes = config->n_cert_schemes,
        .sha256 = config->sha256,
        .now = config->port->now(config->port->ctx),
        .purpose = CV_PURPOSE_SERVER,
        .key_usage = CV_KU_DIGITAL_SIGNATURE, /* RFC 9846 4.5.1.2: a key that signs handshakes */
        .min_rsa_bits = config->min_rsa_bits,
        .only_key = !c->params.validate,
    };
    (void)body_len; /* which the message's own lengths must fill */
    /* who could not be held to what they ask for */
    if (c->params.role != CV_CLIENT || config->revocation != NULL || c->renegotiating)
        return CV_E_UNSUPPORTED;
    struct cv_arriving *a = cv_conn_alloc(c, sizeof *a);
    if (a == NULL) return CV_E_NO_MEMORY;
    c->hs->arriving = a;
    a->chain_len = cv_stream_len(params.schemes, params.n_schemes);
    if ((a->chain = cv_conn_alloc(c, a->chain_len)) == NULL) return CV_E_NO_MEMORY;
    a->tls12 = c->version == CV_TLS12;
    a->stage = a->tls12 ? LIST_LEN : CONTEXT_LEN;
    a->empty = true;
    a->asked = c->hs->asked & (1u << CV_EXT_STATUS_REQUEST | 1u << CV_EXT_SCT);
    cv_err e = expect_name(c, &params, a->ip);
    cv_stream_init(a->chain, &params);
    return e;
}

/* A length is read: what it announces. */
static cv_err step(struct cv_arriving *a)
{
    switch (a->stage) {
    case CONTEXT_LEN:
        a->stage = LIST_LEN;
        return a->left == 0 ? CV_OK : CV_E_ILLEGAL_PARAMETER; /* RFC 9846 4.5.1: empty in the handshake */
    case LIST_LEN:
        a->list_left = a->left;
        a->stage = CERT_LEN;
        return CV_OK;
    case CERT_LEN:
        a->empty = false;
        a->stage = CERT;
        if (a->left == 0) return CV_E_BAD_LENGTH;
        cv_stream_begin(a->chain, a->left);
        break;
    default:
        a->stage = a->left != 0 ? EXTENSIONS : CERT_LEN;
        if (a->left != 0 && !a->asked) return CV_E_UNSOLICITED_EXTENSION;
        break;
    }
    return a->left <= a->list_left ? CV_OK : CV_E_TRUNCATED;
}

/* A byte of the length of what stands at this stage. */
static cv_err take_digit(struct cv_arriving *a, struct cv_bytes *in)
{
    static const uint8_t n_digits[] = {
        [CONTEXT_LEN] = 1, [LIST_LEN] = 3, [CERT_LEN] = 3, [EXTENSIONS_LEN] = 2};
    uint8_t digit;
    cv_err e = cv_read_u8(in, &digit);
    if (e != CV_OK) return e;
    if (a->stage >= CERT_LEN && a->list_left-- == 0) return CV_E_TRAILING_DATA;
    a->left = a->n_digits == 0 ? digit : a->left << 8 | digit;
    if (++a->n_digits < n_digits[a->stage]) return CV_OK;
    a->n_digits = 0;
    return step(a);
}

/* Bytes of a certificate, or of extensions, which are passed over: those that we ask for are none that the
 * verdict depends on. */
static cv_err take_content(struct cv_arriving *a, struct cv_bytes *in)
{
    struct cv_bytes part;
    cv_err e = cv_read_bytes(in, in->len < a->left ? in->len : a->left, &part);
    if (e != CV_OK) return e;
    if (a->stage == CERT) cv_stream_bytes(a->chain, part);
    a->left -= (uint32_t)part.len;
    a->list_left -= (uint32_t)part.len;
    if (a->left == 0) a->stage = a->stage == CERT && !a->tls12 ? EXTENSIONS_LEN : CERT_LEN;
    return CV_OK;
}

static void take(struct cv_conn *c, struct cv_bytes part)
{
    struct cv_arriving *a = c->hs->arriving;
    while (part.len > 0 && a->err == CV_OK) {
        bool content = a->stage == CERT || a->stage == EXTENSIONS;
        a->err = content ? take_content(a, &part) : take_digit(a, &part);
    }
}

/* The leaf's key outlives the chain. */
static cv_err keep_key(struct cv_conn *c, const struct cv_public_key *key)
{
    struct cv_hs *hs = c->hs;
    struct cv_bytes *parts[] = {&hs->peer_key.point, &hs->peer_key.n, &hs->peer_key.e};
    cv_err e = cv_buf_reserve(&hs->peer_key_bytes, c->config->port, key->point.len + key->n.len + key->e.len);
    hs->peer_key = *key;
    for (size_t i = 0; e == CV_OK && i < sizeof parts / sizeof parts[0]; i++) {
        const uint8_t *at = hs->peer_key_bytes.p + hs->peer_key_bytes.len;
        e = cv_buf_append(&hs->peer_key_bytes, c->config->port, *parts[i]);
        parts[i]->p = at;
    }
    return e;
}

static cv_err judge(struct cv_conn *c, struct cv_stream *chain)
{
    struct cv_verdict verdict;
    cv_err e = cv_stream_finish(chain, &verdict);
    if (c->params.validate) c->verdict = verdict;
    if (e != CV_OK) return e;
    if (!cv_key_serves(c, chain->key.type)) return CV_E_CERT_KEY;
    c->leaf_not_after = c->chain_not_after = chain->leaf_not_after;
    if (c->params.validate) {
        c->chain_not_after = chain->not_after;
        c->validated = c->params.check_name ? CV_VALIDATED_NAME : CV_VALIDATED_CHAIN;
    }
    return keep_key(c, &chain->key);
}

static cv_err recv(struct cv_conn *c, struct cv_bytes msg, bool *empty)
{
    struct cv_arriving *a = c->hs->arriving;
    c->validated = CV_VALIDATED_NOT;
    if (msg.len != 0) return CV_E_UNSUPPORTED; /* compressed, or a bare key */
    cv_err e = a->err;
    *empty = a->empty;
    if (e == CV_OK && (a->stage != CERT_LEN || a->n_digits != 0 || a->list_left != 0)) e = CV_E_TRUNCATED;
    if (e == CV_OK && !a->empty) e = judge(c, a->chain);
    free_arriving(c);
    return e;
}

/* No status is asked for, so none is waited for. */
static cv_err verify(struct cv_conn *c)
{
    (void)c;
    return CV_E_INTERNAL;
}

/* A session that has a chain was made by another program. */
static cv_err resume(struct cv_conn *c)
{
    (void)c;
    return CV_E_BAD_PSK;
}

const struct cv_peer_certs cv_certs_as_they_arrive = {
    .recv = recv, .verify = verify, .resume = resume, .begin = begin, .take = take, .free = free_arriving};
