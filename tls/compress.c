#include "tls/compress.h"

#include "tls/client_hello.h"

#include <string.h>

static void offer(const struct cv_config *config, struct cv_builder *b)
{
    if (!cv_compression_offered(config)) return;
    size_t mark = cv_build_ext(b, CV_EXT_COMPRESS_CERTIFICATE);
    size_t list = cv_build_open(b, 1);
    for (size_t i = 0; i < config->n_cert_compressions; i++) cv_build_u16(b, config->cert_compressions[i].id);
    cv_build_close(b, list, 1);
    cv_build_close(b, mark, 2);
}

static void offer_in_hello(struct cv_conn *c, struct cv_builder *b)
{
    if (cv_hello_max_version(c) >= CV_TLS13) offer(c->config, b);
}
const struct cv_client_extension cv_client_ext_compression = {.offer = offer_in_hello};

static const struct cv_cert_compression *pick(const struct cv_config *config, struct cv_bytes peers)
{
    for (size_t i = 0; i < config->n_cert_compressions; i++) {
        const struct cv_cert_compression *a = &config->cert_compressions[i];
        if (a->compress != NULL && cv_list16_has(peers, a->id)) return a;
    }
    return NULL;
}

static cv_err compress(struct cv_conn *c, struct cv_builder *b)
{
    enum { HEAD = 2 + 3 + 3 }; /* algorithm, both lengths */
    const struct cv_cert_compression *a = c->hs->compression;
    struct cv_bytes body = cv_msg_body(cv_bytes(b->p, b->len));
    if (a == NULL || b->overflow || body.len <= HEAD) return CV_OK;
    size_t cap = body.len - HEAD, len = cap;
    uint8_t *out = cv_conn_alloc(c, cap);
    if (out == NULL) return CV_E_NO_MEMORY;
    cv_err e = a->compress(a, out, &len, body);
    if (e == CV_OK) {
        uint32_t body_len = (uint32_t)body.len;
        cv_build_init(b, b->p, b->cap);
        cv_build_u8(b, CV_MSG_COMPRESSED_CERTIFICATE);
        cv_build_u24(b, 0);
        cv_build_u16(b, a->id);
        cv_build_u24(b, body_len);
        size_t mark = cv_build_open(b, 3);
        cv_build_bytes(b, out, len);
        cv_build_close(b, mark, 3);
        c->own_compression = a->id;
    }
    cv_conn_release(c, out, cap);
    return e == CV_E_BUFFER_TOO_SMALL ? CV_OK : e; /* not shorter: it goes as it is */
}

static const struct cv_cert_compression *find(const struct cv_config *config, uint16_t id)
{
    for (size_t i = 0; i < config->n_cert_compressions; i++) {
        if (config->cert_compressions[i].id == id) return &config->cert_compressions[i];
    }
    return NULL;
}

static cv_err decompress(struct cv_conn *c, struct cv_buf *out, struct cv_bytes body)
{
    struct cv_bytes in = body, data;
    uint16_t id;
    uint32_t len;
    cv_err e;
    if ((e = cv_read_u16(&in, &id)) != CV_OK) return e;
    if ((e = cv_read_u24(&in, &len)) != CV_OK) return e;
    if ((e = cv_read_vec24(&in, &data)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    if (data.len == 0) return CV_E_BAD_LENGTH;
    const struct cv_cert_compression *a = find(c->config, id);
    if (a == NULL) return CV_E_BAD_COMPRESSION; /* RFC 8879 4: one that was offered */
    /* RFC 8879 5: what a Certificate may not have is not made room for */
    if (len == 0 || len > cv_message_limit(c->config, CV_MSG_CERTIFICATE)) return CV_E_CERT_COMPRESSION;
    if ((e = cv_buf_reserve(out, c->config->port, len)) != CV_OK) return e;
    out->len = len;
    if ((e = a->decompress(a, out->p, len, data)) != CV_OK) return e;
    c->peer_compression = id;
    return CV_OK;
}

const struct cv_cert_compressor cv_cert_compressor = {
    .offer = offer,
    .pick = pick,
    .compress = compress,
    .decompress = decompress,
};
