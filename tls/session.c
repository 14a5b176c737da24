#include "tls/session.h"
#include "crypto/base/secret.h"

#include <string.h>

enum {
    VIEW_MAX = 0xffffff,   /* what a 24-bit length can say; keeps the sum from overflowing on 32 bits */
    LIFETIME_MAX = 604800, /* RFC 9846 4.7.1: seven days */
    CLOCK_STEP_MAX = 60,   /* seconds that a clock may have been set back without costing the sessions */
};

/* Copies a view to *at, which advances. */
static struct cv_bytes place(uint8_t **at, struct cv_bytes v)
{
    struct cv_bytes copy = cv_bytes(*at, v.len);
    if (v.len != 0) memcpy(*at, v.p, v.len);
    *at += v.len;
    return copy;
}

cv_err cv_session_new(struct cv_session **out, const struct cv_port *port, const struct cv_session *fields)
{
    *out = NULL;
    if (fields->secret_len > sizeof fields->secret || fields->ticket.len > VIEW_MAX ||
        fields->chain.len > VIEW_MAX || fields->server_name.len > VIEW_MAX ||
        fields->alpn.len > CV_ALPN_MAX) {
        return CV_E_INVALID_ARGUMENT;
    }
    size_t size =
        sizeof **out + fields->ticket.len + fields->chain.len + fields->server_name.len + fields->alpn.len;
    struct cv_session *s = port->alloc(port->ctx, size);
    if (s == NULL) return CV_E_NO_MEMORY;
    *s = *fields;
    uint8_t *at = (uint8_t *)(s + 1);
    s->size = size;
    s->ticket = place(&at, fields->ticket);
    s->chain = place(&at, fields->chain);
    s->server_name = place(&at, fields->server_name);
    s->alpn = place(&at, fields->alpn);
    *out = s;
    return CV_OK;
}

void cv_session_free(const struct cv_port *port, struct cv_session *s)
{
    if (s == NULL) return;
    size_t size = s->size;
    cv_wipe(s, size);
    port->free(port->ctx, s, size);
}

bool cv_session_expired(const struct cv_session *s, int64_t now)
{
    uint32_t lifetime = s->lifetime < LIFETIME_MAX ? s->lifetime : LIFETIME_MAX;
    uint64_t age = (uint64_t)now - (uint64_t)s->created; /* unsigned: the difference of any two is defined */
    uint64_t since_proof = (uint64_t)now - (uint64_t)s->authenticated;
    if (now > s->chain_not_after) return true;
    if (now >= s->authenticated && since_proof >= LIFETIME_MAX) return true;
    return now < s->created ? 0 - age > CLOCK_STEP_MAX : age >= lifetime;
}
