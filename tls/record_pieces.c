#include "tls/record_pieces.h"

#include "crypto/base/secret.h"

#include <string.h>

/* A record of which the end has not come. */
struct cv_record_part {
    size_t len;    /* of this struct, with the AEAD's message behind it */
    uint16_t left; /* bytes of its body that are still to come, the tag among them */
    uint8_t type;  /* outer */
    bool sealed;
    uint8_t n_tag;
    uint8_t tag[CV_AEAD_TAG_MAX];
    cv_err held; /* what was wrong with it, if that could be believed */

    /* The content type is the last byte that is not zero (RFC 9846 5.4): it and the zeros behind it wait. */
    uint8_t last;
    bool has_last;
    uint16_t n_zeros;
    uint16_t n_content;
    uint8_t first[2]; /* wait, too: they may turn out to be an alert */
    _Alignas(16) uint8_t message[];
};

enum { PIECE = 64 };

static bool takes(const struct cv_conn *c, struct cv_bytes in)
{
    const struct cv_half *half = &c->rx.half;
    struct cv_record r;
    size_t missing;
    if (c->rx.record != NULL) return true;
    if (c->established || c->params.role != CV_CLIENT || in.len < CV_RECORD_HEADER_LEN) return false;
    cv_err e = cv_record_peek(half, &r, in, &missing);
    if (e != CV_OK && e != CV_WANT_INPUT) return false;
    if (half->suite == NULL) return r.type == CV_CONTENT_HANDSHAKE;
    return r.type == CV_CONTENT_DATA && !half->suite->tls12 && half->suite->aead->pieces != NULL;
}

static void free_part(struct cv_conn *c)
{
    if (c->rx.record == NULL) return;
    cv_conn_release(c, c->rx.record, c->rx.record->len);
    c->rx.record = NULL;
}

static cv_err begin(struct cv_conn *c, struct cv_bytes *in)
{
    const struct cv_half *half = &c->rx.half;
    const struct cv_aead *aead = half->suite != NULL ? half->suite->aead : NULL;
    struct cv_record r;
    struct cv_bytes header;
    size_t missing, len = sizeof(struct cv_record_part) + (aead != NULL ? aead->pieces->len : 0u);
    cv_err e = cv_record_peek(half, &r, *in, &missing);
    if (e != CV_OK && e != CV_WANT_INPUT) return e;
    if (c->version == CV_TLS12 && r.version != CV_TLS12) return CV_E_RECORD_VERSION;
    if ((e = cv_read_bytes(in, CV_RECORD_HEADER_LEN, &header)) != CV_OK) return e;
    struct cv_record_part *part = cv_conn_alloc(c, len);
    if (part == NULL) return CV_E_NO_MEMORY;
    part->len = len;
    part->left = (uint16_t)(r.len - CV_RECORD_HEADER_LEN);
    part->type = r.type;
    part->sealed = aead != NULL;
    c->rx.record = part;
    return aead != NULL ? cv_record_begin(half, part->message, header.p, part->left) : CV_OK;
}

/* Content, which goes to where messages are joined. */
static cv_err put(struct cv_conn *c, const uint8_t *p, size_t len)
{
    struct cv_record_part *part = c->rx.record;
    const struct cv_port *port = c->config->port;
    cv_err e;
    while (len > 0 && part->n_content < sizeof part->first) {
        part->first[part->n_content++] = *p++;
        len--;
    }
    if (len == 0 || part->held != CV_OK) return CV_OK;
    if (part->n_content == sizeof part->first &&
        (e = cv_buf_append(&c->rx.in, port, cv_bytes(part->first, sizeof part->first))) != CV_OK)
        return e;
    part->n_content = (uint16_t)(part->n_content + len);
    return cv_buf_append(&c->rx.in, port, cv_bytes(p, len));
}

static cv_err put_zeros(struct cv_conn *c)
{
    static const uint8_t zeros[16];
    struct cv_record_part *part = c->rx.record;
    cv_err e = CV_OK;
    while (e == CV_OK && part->n_zeros > 0) {
        uint16_t n = part->n_zeros < sizeof zeros ? part->n_zeros : (uint16_t)sizeof zeros;
        e = put(c, zeros, n);
        part->n_zeros = (uint16_t)(part->n_zeros - n);
    }
    return e;
}

/* Plaintext with type and padding: all but its last byte that is not zero, and what is behind that. */
static cv_err put_inner(struct cv_conn *c, const uint8_t *p, size_t len)
{
    struct cv_record_part *part = c->rx.record;
    size_t n = len;
    cv_err e;
    while (n > 0 && p[n - 1] == 0) n--;
    if (n > 0) {
        if (part->has_last && (e = put(c, &part->last, 1)) != CV_OK) return e;
        if ((e = put_zeros(c)) != CV_OK || (e = put(c, p, n - 1)) != CV_OK) return e;
        part->has_last = true;
        part->last = p[n - 1];
    }
    part->n_zeros = (uint16_t)(part->n_zeros + len - n);
    return CV_OK;
}

/* Reads a piece of the record. In a function of its own, so that plaintext and its room leave the stack
 * before messages are handled. */
static __attribute__((noinline)) cv_err read_piece(struct cv_conn *c, struct cv_bytes *in)
{
    struct cv_record_part *part = c->rx.record;
    size_t tag_len = part->sealed ? c->rx.half.suite->aead->tag_len : 0;
    size_t n = in->len < PIECE ? in->len : PIECE;
    struct cv_bytes bytes;
    uint8_t plain[PIECE];
    bool in_tag = part->left <= tag_len;
    if (n > part->left - (in_tag ? 0 : tag_len)) n = part->left - (in_tag ? 0 : tag_len);
    cv_err e = cv_read_bytes(in, n, &bytes);
    if (e != CV_OK) return e;
    part->left = (uint16_t)(part->left - n);
    if (in_tag && part->sealed) {
        memcpy(part->tag + part->n_tag, bytes.p, n);
        part->n_tag = (uint8_t)(part->n_tag + n);
        return CV_OK;
    }
    if (!part->sealed) return put(c, bytes.p, n);
    c->rx.half.suite->aead->pieces->decrypt(part->message, plain, bytes.p, n);
    cv_secret_declassify(plain, n); /* a message of the handshake: it holds no key */
    e = put_inner(c, plain, n);
    cv_wipe(plain, sizeof plain);
    return e;
}

/* The record is there as a whole: what of it waited. */
static cv_err end(struct cv_conn *c)
{
    const struct cv_record_part *part = c->rx.record;
    struct cv_bytes first = cv_bytes(part->first, part->n_content);
    uint8_t type = part->type;
    cv_err e;
    if (part->sealed) {
        if ((e = c->rx.half.suite->aead->pieces->end(c->rx.record->message, part->tag)) != CV_OK) return e;
        c->rx.half.seq++;
        if (!part->has_last) return CV_E_RECORD_TYPE;
        type = part->last;
    }
    if (type == CV_CONTENT_ALERT)
        return part->n_content <= sizeof part->first ? cv_recv_alert(c, first) : CV_E_DECODE;
    if (part->held != CV_OK) return part->held;
    if (type != CV_CONTENT_HANDSHAKE)
        return type == CV_CONTENT_DATA ? CV_E_UNEXPECTED_MESSAGE : CV_E_RECORD_TYPE;
    if (part->n_content == 0) return CV_E_RECORD_EMPTY; /* RFC 9846 5.1 */
    if (part->n_content <= sizeof part->first) return cv_buf_append(&c->rx.in, c->config->port, first);
    return CV_OK;
}

static cv_err take(struct cv_conn *c, struct cv_bytes *in, size_t *missing)
{
    cv_err e = c->rx.record == NULL ? begin(c, in) : CV_OK;
    if (e != CV_OK) return e;
    *missing = c->rx.record->left;
    if (in->len == 0 && *missing != 0) return CV_WANT_INPUT;
    while (in->len > 0 && c->rx.record->left > 0) {
        struct cv_record_part *part = c->rx.record;
        if ((e = read_piece(c, in)) != CV_OK) return e;
        if (part->left == 0 || part->held != CV_OK) continue;
        part->held = cv_handshake_messages(c);
    }
    if (c->rx.record->left > 0) return CV_OK;
    e = end(c);
    free_part(c);
    return e == CV_OK ? cv_handshake_messages(c) : e;
}

const struct cv_record_pieces cv_records_as_they_come = {.takes = takes, .take = take, .free = free_part};
