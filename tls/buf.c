#include "tls/buf.h"

#include "crypto/base/secret.h"

#include <string.h>

cv_err cv_buf_reserve(struct cv_buf *b, const struct cv_port *port, size_t more)
{
    if (b->cap - b->len >= more) return CV_OK;
    size_t cap = b->len + more;
    if (cap < 2 * b->cap) cap = 2 * b->cap;
    uint8_t *p = port->alloc(port->ctx, cap);
    if (p == NULL) return CV_E_NO_MEMORY;
    size_t len = b->len;
    if (len != 0) memcpy(p, b->p, len);
    cv_buf_free(b, port);
    *b = (struct cv_buf){.p = p, .len = len, .cap = cap};
    return CV_OK;
}

cv_err cv_buf_append(struct cv_buf *b, const struct cv_port *port, struct cv_bytes bytes)
{
    cv_err e = cv_buf_reserve(b, port, bytes.len);
    if (e != CV_OK) return e;
    if (bytes.len != 0) memcpy(b->p + b->len, bytes.p, bytes.len);
    b->len += bytes.len;
    return CV_OK;
}

void cv_buf_drop(struct cv_buf *b, const struct cv_port *port, size_t n)
{
    if (n >= b->len) {
        cv_buf_free(b, port);
        return;
    }
    memmove(b->p, b->p + n, b->len - n);
    b->len -= n;
}

void cv_buf_free(struct cv_buf *b, const struct cv_port *port)
{
    if (b->p != NULL) {
        cv_wipe(b->p, b->cap);
        port->free(port->ctx, b->p, b->cap);
    }
    *b = (struct cv_buf){0};
}
