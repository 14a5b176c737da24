/* Sizes of records: record_size_limit (RFC 8449), max_fragment_length (RFC 6066 section 4). */
#include "tls/limits.h"

#include "tls/client_hello.h"

enum { LIMIT_MIN = 64 };

/* As the extension says it: in TLS 1.3 the content type counts, too (RFC 8449 section 4). */
static uint16_t own_limit(const struct cv_config *config, bool tls13)
{
    uint16_t content = config->record_limit != 0 ? config->record_limit : CV_RECORD_PLAIN_MAX;
    return (uint16_t)(content + tls13);
}

static void set_limit(struct cv_half *half, uint16_t limit, bool tls13)
{
    uint16_t content = (uint16_t)(limit - tls13);
    half->content_max = content < CV_RECORD_PLAIN_MAX ? content : CV_RECORD_PLAIN_MAX;
}

/* 1 to 4 for 512 to 4096 bytes. */
static cv_err read_fragment_code(struct cv_bytes body, uint16_t *len)
{
    uint8_t code;
    cv_err e = cv_read_u8(&body, &code);
    if (e != CV_OK) return e;
    if (code < 1 || code > 4) return CV_E_ILLEGAL_PARAMETER;
    *len = (uint16_t)(256u << code);
    return CV_OK;
}

static uint8_t fragment_code(uint16_t len)
{
    uint8_t code = 1;
    while (code < 4 && 256u << code < len) code++;
    return code;
}

static cv_err read_limit(struct cv_bytes body, uint16_t *limit)
{
    cv_err e = cv_read_u16(&body, limit);
    if (e != CV_OK) return e;
    return *limit >= LIMIT_MIN ? CV_OK : CV_E_ILLEGAL_PARAMETER; /* RFC 8449 4 */
}

static void offer(struct cv_conn *c, struct cv_builder *b)
{
    const struct cv_config *config = c->config;
    size_t mark = cv_hello_ext(c, b, CV_EXT_RECORD_SIZE_LIMIT);
    cv_build_u16(b, own_limit(config, config->max_version >= CV_TLS13));
    cv_build_close(b, mark, 2);
    if (config->max_fragment == 0) return;
    mark = cv_hello_ext(c, b, CV_EXT_MAX_FRAGMENT_LENGTH);
    cv_build_u8(b, fragment_code(config->max_fragment));
    cv_build_close(b, mark, 2);
}

static cv_err take_answer(struct cv_conn *c, const struct cv_extensions *x)
{
    const struct cv_config *config = c->config;
    bool tls13 = c->version >= CV_TLS13;
    uint16_t limit, len;
    cv_err e;
    if (cv_ext_has(x, CV_EXT_RECORD_SIZE_LIMIT)) {
        /* RFC 8449 5 */
        if (cv_ext_has(x, CV_EXT_MAX_FRAGMENT_LENGTH)) return CV_E_ILLEGAL_PARAMETER;
        if ((e = read_limit(x->body[CV_EXT_RECORD_SIZE_LIMIT], &limit)) != CV_OK) return e;
        set_limit(&c->tx.half, limit, tls13);
        set_limit(&c->rx.half, own_limit(config, config->max_version >= CV_TLS13), tls13);
    } else if (cv_ext_has(x, CV_EXT_MAX_FRAGMENT_LENGTH)) {
        if ((e = read_fragment_code(x->body[CV_EXT_MAX_FRAGMENT_LENGTH], &len)) != CV_OK) return e;
        if (len != config->max_fragment) return CV_E_ILLEGAL_PARAMETER; /* RFC 6066 4: the value asked for */
        c->tx.half.content_max = c->rx.half.content_max = len;
    }
    return CV_OK;
}

const struct cv_client_extension cv_client_ext_limits = {.offer = offer, .answer = take_answer};

cv_err cv_limits_note_hello(struct cv_conn *c, const struct cv_extensions *x)
{
    bool tls13 = c->version >= CV_TLS13;
    uint16_t limit, len;
    cv_err e;
    if (cv_ext_has(x, CV_EXT_RECORD_SIZE_LIMIT)) {
        if ((e = read_limit(x->body[CV_EXT_RECORD_SIZE_LIMIT], &limit)) != CV_OK) return e;
        set_limit(&c->tx.half, limit, tls13);
        set_limit(&c->rx.half, own_limit(c->config, tls13), tls13);
    } else if (cv_ext_has(x, CV_EXT_MAX_FRAGMENT_LENGTH)) {
        if ((e = read_fragment_code(x->body[CV_EXT_MAX_FRAGMENT_LENGTH], &len)) != CV_OK) return e;
        c->tx.half.content_max = c->rx.half.content_max = len;
    }
    return CV_OK;
}

void cv_limits_answer(const struct cv_conn *c, struct cv_builder *b, const struct cv_extensions *x)
{
    size_t mark;
    /* RFC 8449 5: of both, max_fragment_length is ignored */
    if (cv_ext_has(x, CV_EXT_RECORD_SIZE_LIMIT)) {
        mark = cv_build_ext(b, CV_EXT_RECORD_SIZE_LIMIT);
        cv_build_u16(b, own_limit(c->config, c->version >= CV_TLS13));
        cv_build_close(b, mark, 2);
    } else if (cv_ext_has(x, CV_EXT_MAX_FRAGMENT_LENGTH)) {
        mark = cv_build_ext(b, CV_EXT_MAX_FRAGMENT_LENGTH);
        cv_build_u8(b, fragment_code(c->tx.half.content_max));
        cv_build_close(b, mark, 2);
    }
}

size_t cv_limits_pad(const struct cv_conn *c, size_t content_len)
{
    size_t step = c->config->record_padding, inner = content_len + cv_record_inner_len(&c->tx.half);
    size_t most = cv_half_content_max(&c->tx.half) + 1;
    if (inner == content_len) return 0; /* TLS 1.2 has no such padding */
    size_t padded = (inner + step - 1) / step * step;
    return (padded < most ? padded : most) - inner;
}
