#include "tls/server_hello.h"

#include "tls/cert_type.h"
#include "tls/compress.h"

#include <string.h>

cv_err cv_server_keep_hello(struct cv_conn *c, struct cv_bytes msg)
{
    struct cv_hs *hs = c->hs;
    if (c->retried) {
        hs->server->first_hello = hs->client_hello;
        hs->client_hello = (struct cv_buf){0};
    }
    cv_err e = cv_buf_append(&hs->client_hello, c->config->port, msg);
    return e == CV_OK ? cv_client_hello_parse(&hs->server->hello, cv_msg_body(cv_buf_bytes(&hs->client_hello))) : e;
}

cv_err cv_server_note_hello(struct cv_conn *c, const struct cv_client_hello *ch)
{
    struct cv_hs *hs = c->hs;
    const struct cv_port *port = c->config->port;
    memcpy(hs->client_random, ch->random.p, sizeof hs->client_random);
    memcpy(hs->session_id, ch->session_id.p, ch->session_id.len);
    hs->session_id_len = (uint8_t)ch->session_id.len;
    memcpy(c->session_id, hs->session_id, sizeof c->session_id);
    c->session_id_len = hs->session_id_len;
    hs->compat = hs->session_id_len != 0;
    c->can_request_auth = cv_ext_has(&ch->ext, CV_EXT_POST_HANDSHAKE_AUTH);
    struct cv_bytes status = ch->ext.body[CV_EXT_STATUS_REQUEST];
    uint8_t status_type;
    hs->staple_asked = cv_read_u8(&status, &status_type) == CV_OK && status_type == 1 /* ocsp */;
    hs->scts_asked = cv_ext_has(&ch->ext, CV_EXT_SCT);
    hs->compression = cv_compression_pick(c->config, ch->compressions);
    hs->psk_dhe = ch->psk_modes.p != NULL && cv_list8_has(ch->psk_modes, 1);
    hs->psk_ke = c->config->psk_ke && ch->psk_modes.p != NULL && cv_list8_has(ch->psk_modes, 0);
    hs->skip_early = cv_ext_has(&ch->ext, CV_EXT_EARLY_DATA);
    hs->early_left = c->config->max_early_data_skip != 0 ? c->config->max_early_data_skip : 65536;
    cv_buf_free(&c->server_name, port);
    if (ch->host_name.p == NULL) return CV_OK;
    struct cv_host host;
    if (cv_host_parse(&host, (const char *)ch->host_name.p, ch->host_name.len) != CV_OK ||
        host.kind != CV_HOST_DNS)
        return CV_E_UNKNOWN_NAME;
    return cv_buf_append(&c->server_name, port, cv_bytes(host.value, host.len));
}

bool cv_server_host(const struct cv_conn *c, struct cv_host *host)
{
    struct cv_bytes name = cv_buf_bytes(&c->server_name);
    return name.len != 0 && cv_host_parse(host, (const char *)name.p, name.len) == CV_OK;
}

cv_err cv_server_pick_alpn(struct cv_conn *c, const struct cv_client_hello *ch)
{
    struct cv_bytes ours = c->params.alpn, name, theirs, candidate;
    if (ours.len == 0 || ch->alpn.p == NULL) return CV_OK;
    while (cv_read_vec8(&ours, &name) == CV_OK) {
        theirs = ch->alpn;
        while (cv_read_vec8(&theirs, &candidate) == CV_OK) {
            if (cv_bytes_equal(name, candidate)) return cv_buf_append(&c->alpn, c->config->port, name);
        }
    }
    return CV_E_NO_COMMON_ALPN;
}

bool cv_server_session_serves(const struct cv_conn *c, const struct cv_session *s)
{
    const struct cv_port *port = c->config->port;
    return memcmp(s->policy, c->params.policy, sizeof s->policy) == 0 && cv_cert_type_session_serves(c, s) &&
           cv_bytes_equal(s->server_name, cv_buf_bytes(&c->server_name)) &&
           (c->params.client_auth != CV_AUTH_REQUIRE || s->client_authenticated) &&
           (!c->params.validate || s->chain.len == 0 ||
            (s->validated != CV_VALIDATED_NOT && port->now(port->ctx) <= s->chain_not_after));
}

void cv_server_build_alpn(const struct cv_conn *c, struct cv_builder *b)
{
    size_t mark = cv_build_ext(b, CV_EXT_ALPN);
    size_t list = cv_build_open(b, 2);
    cv_build_u8(b, (uint8_t)c->alpn.len);
    cv_build_bytes(b, c->alpn.p, c->alpn.len);
    cv_build_close(b, list, 2);
    cv_build_close(b, mark, 2);
}
