#include "tls/client_hello.h"
#include "tls/resume.h"

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

size_t cv_hello_ext(struct cv_conn *c, struct cv_builder *b, enum cv_ext id)
{
    c->hs->asked |= 1u << id;
    return cv_build_ext(b, id);
}

void cv_hello_flag(struct cv_conn *c, struct cv_builder *b, enum cv_ext id)
{
    cv_build_close(b, cv_hello_ext(c, b, id), 2);
}

void cv_client_grease(const struct cv_conn *c, struct cv_builder *b, enum cv_grease which)
{
    const struct cv_features *f = c->config->features;
    if (c->config->grease && f->grease != NULL) f->grease(c, b, which);
}

static void ext_server_name(struct cv_conn *c, struct cv_builder *b)
{
    struct cv_bytes name = cv_buf_bytes(&c->server_name);
    /* RFC 6066 3: addresses are not sent, and the trailing dot neither */
    if (name.len == 0 || c->target_is_address) return;
    size_t mark = cv_hello_ext(c, b, CV_EXT_SERVER_NAME);
    size_t list = cv_build_open(b, 2);
    cv_build_u8(b, 0); /* host_name */
    cv_build_u16(b, (uint16_t)name.len);
    cv_build_bytes(b, name.p, name.len);
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
}

static void ext_groups(struct cv_conn *c, struct cv_builder *b)
{
    const struct cv_config *config = c->config;
    size_t mark = cv_hello_ext(c, b, CV_EXT_SUPPORTED_GROUPS);
    size_t list = cv_build_open(b, 2);
    cv_client_grease(c, b, CV_GREASE_GROUP);
    for (size_t i = 0; i < config->n_groups; i++) {
        const struct cv_group *g = config->groups[i];
        if (c->renegotiating ? cv_group_in_tls12(g) : cv_config_uses_group(config, g)) cv_build_u16(b, g->id);
    }
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
}

static void ext_schemes(struct cv_conn *c, struct cv_builder *b)
{
    const struct cv_config *config = c->config;
    size_t mark = cv_hello_ext(c, b, CV_EXT_SIGNATURE_ALGORITHMS);
    size_t list = cv_build_open(b, 2);
    cv_client_grease(c, b, CV_GREASE_SCHEME);
    cv_build_scheme_numbers(b, config->schemes, config->n_schemes);
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
    /* RFC 9846 4.3.3: where it is the same, the one above speaks for both */
    if (config->cert_schemes == config->schemes && config->n_cert_schemes == config->n_schemes) return;
    c->hs->asked |= 1u << CV_EXT_SIGNATURE_ALGORITHMS_CERT;
    cv_build_schemes(b, CV_EXT_SIGNATURE_ALGORITHMS_CERT, config->cert_schemes, config->n_cert_schemes);
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
    const struct cv_resumption *r = config->features->resumption;
    /* headers, random, session ID, lengths, short extensions; a byte for each algorithm that compresses */
    size_t fixed = 352 + 2 * config->n_cert_compressions;
    size_t lists = 2 * (config->n_suites + config->n_groups + config->n_schemes + config->n_cert_schemes);
    return fixed + lists + CV_HOST_NAME_MAX + c->params.alpn.len + 2 * hs->share.len + hs->cookie_in.len +
           config->hello_padding + cv_generic_len(c, CV_MSG_CLIENT_HELLO) + (r != NULL ? r->room(c) : 0);
}

static void build_suites(const struct cv_conn *c, struct cv_builder *b)
{
    const struct cv_config *config = c->config;
    size_t mark = cv_build_open(b, 2);
    cv_client_grease(c, b, CV_GREASE_SUITE);
    for (size_t i = 0; i < config->n_suites; i++) {
        const struct cv_suite *s = &config->suites[i];
        uint16_t version = s->tls12 ? CV_TLS12 : CV_TLS13;
        bool has_group = version == CV_TLS13 || config->machines->client12 == NULL ||
                         config->machines->client12->serves(config, s);
        if (has_group && version >= config->min_version && version <= cv_hello_max_version(c))
            cv_build_u16(b, s->id);
    }
    cv_build_close(b, mark, 2);
}

static void build_extensions(struct cv_conn *c, struct cv_builder *b)
{
    const struct cv_features *f = c->config->features;
    const struct cv_machines *m = c->config->machines;
    cv_client_grease(c, b, CV_GREASE_EXT);
    ext_server_name(c, b);
    if (c->config->n_groups != 0) ext_groups(c, b);
    if (c->config->n_schemes != 0) ext_schemes(c, b);
    for (const struct cv_client_extension *const *x = f->extensions; *x != NULL; x++) (*x)->offer(c, b);
    if (c->config->min_version <= CV_TLS12 && m->client12 != NULL) m->client12->offer(c, b);
    if (cv_hello_max_version(c) >= CV_TLS13 && m->client13 != NULL) m->client13->offer(c, b);
    cv_generic_build(c, b, CV_MSG_CLIENT_HELLO);
    cv_client_grease(c, b, CV_GREASE_LAST_EXT);
    size_t behind_len = f->resumption != NULL ? f->resumption->settle(c) : 0;
    if (c->config->hello_padding != 0 && f->pad_hello != NULL) f->pad_hello(c, b, behind_len);
    if (f->resumption != NULL) f->resumption->offer(c, b);
}

cv_err cv_client_hello_build(struct cv_conn *c)
{
    struct cv_hs *hs = c->hs;
    const struct cv_resumption *r = c->config->features->resumption;
    struct cv_builder b;
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
    build_suites(c, &b);
    cv_build_u16(&b, 0x0100); /* compression: null */
    size_t mark = cv_build_open(&b, 2);
    build_extensions(c, &b);
    cv_build_close(&b, mark, 2);
    cv_build_close(&b, msg, 3);
    if ((e = cv_build_end(&b)) != CV_OK) return e;
    hs->client_hello.len = b.len;
    if (r != NULL) r->sign(c, &b);
    return CV_OK;
}

cv_err cv_client_take_answers(struct cv_conn *c, const struct cv_extensions *x)
{
    cv_err e = CV_OK;
    for (const struct cv_client_extension *const *ext = c->config->features->extensions;
         e == CV_OK && *ext != NULL; ext++) {
        if ((*ext)->answer != NULL) e = (*ext)->answer(c, x);
    }
    return e;
}

cv_err cv_client_hello_send(struct cv_conn *c)
{
    cv_err e = cv_buf_append(&c->hs->flight, c->config->port, cv_buf_bytes(&c->hs->client_hello));
    return e == CV_OK ? cv_flight_flush(c) : e;
}
