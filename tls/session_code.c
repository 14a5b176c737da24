/* A session as bytes: what a ticket seals, and what a store of the application keeps. */
#include "tls/session.h"

#include "crypto/base/secret.h"

#include <string.h>

enum { FORMAT = 3 }; /* raised when cv_session_encode changes */

void cv_session_encode(struct cv_builder *b, const struct cv_session *s)
{
    size_t mark;
    cv_build_u8(b, FORMAT);
    cv_build_u16(b, s->version);
    cv_build_u16(b, s->suite);
    cv_build_u16(b, s->group);
    cv_build_u16(b, s->scheme);
    cv_build_u8(b, (uint8_t)s->hash);
    cv_build_u8(b, s->validated);
    cv_build_u8(b, (uint8_t)(s->client_authenticated | s->by_id << 1 | s->raw_key << 2));
    cv_build_bytes(b, s->policy, sizeof s->policy);
    cv_build_u32(b, s->lifetime);
    cv_build_u32(b, s->age_add);
    cv_build_u32(b, s->max_early_data);
    cv_build_u64(b, (uint64_t)s->created);
    cv_build_u64(b, (uint64_t)s->authenticated);
    cv_build_u64(b, (uint64_t)s->chain_not_after);
    mark = cv_build_open(b, 1);
    cv_build_bytes(b, s->secret, s->secret_len);
    cv_build_close(b, mark, 1);
    mark = cv_build_open(b, 2);
    cv_build_bytes(b, s->ticket.p, s->ticket.len);
    cv_build_close(b, mark, 2);
    mark = cv_build_open(b, 3);
    cv_build_bytes(b, s->chain.p, s->chain.len);
    cv_build_close(b, mark, 3);
    mark = cv_build_open(b, 1);
    cv_build_bytes(b, s->server_name.p, s->server_name.len);
    cv_build_close(b, mark, 1);
    mark = cv_build_open(b, 1);
    cv_build_bytes(b, s->alpn.p, s->alpn.len);
    cv_build_close(b, mark, 1);
}

static cv_err decode_numbers(struct cv_session *s, struct cv_bytes *in)
{
    uint8_t format, hash, flags;
    uint64_t created, authenticated, not_after;
    cv_err e;
    if ((e = cv_read_u8(in, &format)) != CV_OK) return e;
    if (format != FORMAT) return CV_E_BAD_PSK;
    if ((e = cv_read_u16(in, &s->version)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &s->suite)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &s->group)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &s->scheme)) != CV_OK) return e;
    if ((e = cv_read_u8(in, &hash)) != CV_OK) return e;
    if ((e = cv_read_u8(in, &s->validated)) != CV_OK) return e;
    if ((e = cv_read_u8(in, &flags)) != CV_OK) return e;
    if ((e = cv_read_copy(in, s->policy, sizeof s->policy)) != CV_OK) return e;
    if ((e = cv_read_u32(in, &s->lifetime)) != CV_OK) return e;
    if ((e = cv_read_u32(in, &s->age_add)) != CV_OK) return e;
    if ((e = cv_read_u32(in, &s->max_early_data)) != CV_OK) return e;
    if ((e = cv_read_u64(in, &created)) != CV_OK) return e;
    if ((e = cv_read_u64(in, &authenticated)) != CV_OK) return e;
    if ((e = cv_read_u64(in, &not_after)) != CV_OK) return e;
    if (s->validated > CV_VALIDATED_NAME || flags > 7) return CV_E_BAD_PSK;
    s->hash = (enum cv_hash_id)hash;
    s->client_authenticated = (flags & 1) != 0;
    s->by_id = (flags & 2) != 0;
    s->raw_key = (flags & 4) != 0;
    s->created = (int64_t)created;
    s->authenticated = (int64_t)authenticated;
    s->chain_not_after = (int64_t)not_after;
    return CV_OK;
}

cv_err cv_session_decode(struct cv_session *s, struct cv_bytes in)
{
    struct cv_bytes secret;
    cv_err e;
    *s = (struct cv_session){.size = 0};
    if ((e = decode_numbers(s, &in)) != CV_OK) return e;
    if ((e = cv_read_vec8(&in, &secret)) != CV_OK) return e;
    if ((e = cv_read_vec16(&in, &s->ticket)) != CV_OK) return e;
    if ((e = cv_read_vec24(&in, &s->chain)) != CV_OK) return e;
    if ((e = cv_read_vec8(&in, &s->server_name)) != CV_OK) return e;
    if ((e = cv_read_vec8(&in, &s->alpn)) != CV_OK) return e;
    if ((e = cv_read_end(in)) != CV_OK) return e;
    if (secret.len == 0 || secret.len > sizeof s->secret) return CV_E_BAD_PSK;
    memcpy(s->secret, secret.p, secret.len);
    cv_secret_mark(s->secret, secret.len);
    s->secret_len = (uint8_t)secret.len;
    return CV_OK;
}

cv_err cv_session_revive(struct cv_session **out, const struct cv_port *port, struct cv_bytes bytes)
{
    int64_t now = port->now(port->ctx);
    struct cv_session fields;
    *out = NULL;
    cv_err e = cv_session_decode(&fields, bytes);
    e = e == CV_OK && !cv_session_expired(&fields, now) ? CV_OK : CV_E_BAD_PSK;
    if (e == CV_OK) {
        uint64_t age = now > fields.created ? (uint64_t)(now - fields.created) : 0;
        fields.created_ms = port->now_ms(port->ctx) - 1000 * age;
        e = cv_session_new(out, port, &fields);
    }
    cv_wipe(&fields, sizeof fields);
    return e;
}
