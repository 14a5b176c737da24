/* The peer's chain: parsing it and having it judged. The only caller of x509's paths. */
#include "tls/cert_type.h"
#include "tls/peer_certs.h"

enum { MAX_CERTS = 64 };

/* Of a list of vec24. */
static size_t count(struct cv_bytes chain)
{
    struct cv_bytes der;
    size_t n = 0;
    while (cv_read_vec24(&chain, &der) == CV_OK) n++;
    return n;
}

/* The staples that can be read; what cannot is no good answer. */
static size_t parse_staples(struct cv_ocsp *staples, struct cv_bytes list)
{
    struct cv_bytes der;
    size_t n = 0;
    while (cv_read_vec24(&list, &der) == CV_OK) {
        if (cv_ocsp_parse(&staples[n], der) == CV_OK) n++;
    }
    return n;
}

static cv_err validate(struct cv_conn *c, const struct cv_cert *certs, size_t n_certs,
                       const struct cv_revocation *revocation)
{
    const struct cv_config *config = c->config;
    bool check_name = c->params.check_name && c->params.role == CV_CLIENT;
    struct cv_host host;
    struct cv_path path;
    struct cv_path_params params = {
        .trust = config->trust,
        .schemes = config->cert_schemes,
        .n_schemes = config->n_cert_schemes,
        .now = config->port->now(config->port->ctx),
        .purpose = c->params.role == CV_CLIENT ? CV_PURPOSE_SERVER : CV_PURPOSE_CLIENT,
        .key_usage = CV_KU_DIGITAL_SIGNATURE, /* RFC 9846 4.5.1.2: a key that signs handshakes */
        .profile = config->profile,
        .min_rsa_bits = config->min_rsa_bits,
        .revocation = revocation,
    };
    cv_err e;
    if (config->trust == NULL) return c->verdict.err = CV_E_CERT_UNTRUSTED;
    if (check_name && c->params.target.len != 0) {
        if ((e = cv_host_parse(&host, (const char *)c->params.target.p, c->params.target.len)) != CV_OK)
            return e;
        params.host = &host;
    }
    e = cv_path_validate(&path, &c->verdict, &certs[0], certs + 1, n_certs - 1, &params);
    c->verdict.cert = NULL; /* it is about to go */
    if (e != CV_OK) return e;
    /* schannel I22: without a target there is no name that could match */
    if (check_name && params.host == NULL) return c->verdict.err = CV_E_CERT_NAME_MISMATCH;
    for (size_t i = 0; i < path.n_certs; i++) {
        if (path.certs[i]->not_after < c->chain_not_after) c->chain_not_after = path.certs[i]->not_after;
    }
    c->validated = check_name ? CV_VALIDATED_NAME : CV_VALIDATED_CHAIN;
    return CV_OK;
}

/* With what came stapled as the configuration wants it. */
static cv_err validate_stapled(struct cv_conn *c, const struct cv_cert *certs, size_t n_certs)
{
    struct cv_bytes list = cv_buf_bytes(&c->peer_staples);
    size_t n = count(list);
    if (c->config->revocation == NULL) return validate(c, certs, n_certs, NULL);
    if (n > MAX_CERTS) return CV_E_CERT_TOO_COMPLEX;
    struct cv_revocation revocation = *c->config->revocation;
    struct cv_ocsp *staples = n > 0 ? cv_conn_alloc(c, n * sizeof *staples) : NULL;
    if (n > 0 && staples == NULL) return CV_E_NO_MEMORY;
    revocation.staples = staples;
    revocation.n_staples = parse_staples(staples, list);
    revocation.must_staple = cv_staple_wanted(c);
    cv_err e = validate(c, certs, n_certs, &revocation);
    if (n > 0) cv_conn_release(c, staples, n * sizeof *staples);
    return e;
}

/* What makes a certificate serve in a handshake at all, whoever judges it. */
static cv_err check_leaf(const struct cv_conn *c, const struct cv_cert *leaf)
{
    if (leaf->key.type == CV_KEY_NONE) return CV_E_CERT_KEY;
    /* RFC 9846 4.5.1.2, RFC 5246 7.4.2: the key signs the handshake */
    if (leaf->has_key_usage && (leaf->key_usage & CV_KU_DIGITAL_SIGNATURE) == 0) return CV_E_CERT_KEY_USAGE;
    return cv_key_serves(c, leaf->key.type) ? CV_OK : CV_E_CERT_KEY;
}

cv_err cv_verify_peer(struct cv_conn *c)
{
    struct cv_bytes chain = cv_buf_bytes(&c->peer_chain), der;
    size_t n = count(chain), n_certs = 0;
    if (c->peer_raw_key) return c->config->features->raw_keys->verify(c);
    if (n > MAX_CERTS) return CV_E_CERT_TOO_COMPLEX;
    struct cv_cert *certs = cv_conn_alloc(c, n * sizeof *certs);
    if (certs == NULL) return CV_E_NO_MEMORY;

    cv_err e = CV_OK;
    c->validated = CV_VALIDATED_NOT;
    for (size_t i = 0; e == CV_OK && i < n; i++) {
        if ((e = cv_read_vec24(&chain, &der)) != CV_OK) break;
        e = cv_cert_parse(&certs[n_certs], der);
        if (e == CV_OK)
            n_certs++;
        else if (i > 0)
            e = CV_OK; /* what cannot be read cannot be part of a path */
    }
    if (e == CV_OK) e = check_leaf(c, &certs[0]);
    if (e == CV_OK) {
        c->hs->peer_key = certs[0].key;
        c->leaf_not_after = c->chain_not_after = certs[0].not_after;
        if (c->params.validate) e = validate_stapled(c, certs, n_certs);
    }
    cv_conn_release(c, certs, n * sizeof *certs);
    return e;
}

static cv_err resume_chain(struct cv_conn *c)
{
    const struct cv_session *s = c->hs->session;
    struct cv_bytes chain = s->chain, der;
    struct cv_cert leaf;
    cv_err e;
    if (s->raw_key) {
        c->leaf_not_after = INT64_MAX;
        return cv_buf_append(&c->peer_chain, c->config->port, s->chain);
    }
    if ((e = cv_read_vec24(&chain, &der)) != CV_OK || (e = cv_cert_parse(&leaf, der)) != CV_OK) return e;
    c->leaf_not_after = leaf.not_after;
    return cv_buf_append(&c->peer_chain, c->config->port, s->chain);
}

const struct cv_peer_certs cv_certs_in_memory = {
    .recv = cv_recv_certificate, .verify = cv_verify_peer, .resume = resume_chain};
