/* Memory that grows as bytes arrive, from the port; wiped wherever it is given back. */
#ifndef CV_TLS_BUF_H
#define CV_TLS_BUF_H

#include "tls/port.h"

struct cv_buf {
    uint8_t *p;
    size_t len, cap;
};

/* Room for `more` bytes behind the content. CV_E_NO_MEMORY: the content is unchanged. */
cv_err cv_buf_reserve(struct cv_buf *b, const struct cv_port *port, size_t more);
cv_err cv_buf_append(struct cv_buf *b, const struct cv_port *port, struct cv_bytes bytes);
/* Takes n bytes from the front; the memory is given back with the last of them. */
void cv_buf_drop(struct cv_buf *b, const struct cv_port *port, size_t n);
void cv_buf_free(struct cv_buf *b, const struct cv_port *port);
static inline struct cv_bytes cv_buf_bytes(const struct cv_buf *b)
{
    return cv_bytes(b->p, b->len);
}

#endif
