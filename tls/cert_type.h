/* Certificate types: X.509, or bare keys (RFC 7250), both versions. Reached through struct cv_features, and a
 * client's extensions; without them there is X.509. */
#ifndef CV_TLS_CERT_TYPE_H
#define CV_TLS_CERT_TYPE_H

#include "tls/state.h"

struct cv_raw_keys {
    /* Server: the choice for a full handshake, and the extensions that tell it. CV_E_CERT_TYPE: there is no
     * common type. */
    cv_err (*choose)(struct cv_conn *c, const struct cv_extensions *x);
    void (*answer)(const struct cv_conn *c, struct cv_builder *b, const struct cv_extensions *x);
    /* Can this identity go as the type that was chosen? */
    bool (*serves)(const struct cv_conn *c, const struct cv_identity *identity);
    /* Is the peer that a session knows of a type that is still taken, and its bare key still pinned? */
    bool (*session_serves)(const struct cv_conn *c, const struct cv_session *s);
    /* A Certificate of TLS 1.2 with a bare key, or with none: *list is what cv_certificate12_parse would
     * give. */
    cv_err (*parse12)(struct cv_bytes *list, size_t *n_certs, struct cv_bytes body);
    /* The peer's bare key in peer_chain goes to hs->peer_key; pinned as params demand. */
    cv_err (*verify)(struct cv_conn *c);
};
extern const struct cv_raw_keys cv_raw_keys;

enum { CV_CERT_TYPES_MAX = 2 * (4 + 3) }; /* bytes of either's extensions */

static inline bool cv_cert_type_serves(const struct cv_conn *c, const struct cv_identity *identity)
{
    const struct cv_raw_keys *r = c->config->features->raw_keys;
    return r != NULL ? r->serves(c, identity) : !identity->only_raw_key;
}
static inline bool cv_cert_type_session_serves(const struct cv_conn *c, const struct cv_session *s)
{
    const struct cv_raw_keys *r = c->config->features->raw_keys;
    return r != NULL ? r->session_serves(c, s) : !s->raw_key;
}
static inline cv_err cv_cert_types_choose(struct cv_conn *c, const struct cv_extensions *x)
{
    const struct cv_raw_keys *r = c->config->features->raw_keys;
    return r != NULL ? r->choose(c, x) : CV_OK;
}
static inline void cv_cert_types_answer(const struct cv_conn *c, struct cv_builder *b,
                                        const struct cv_extensions *x)
{
    const struct cv_raw_keys *r = c->config->features->raw_keys;
    if (r != NULL) r->answer(c, b, x);
}

#endif
