/* Sizes of records: what the sides agree on, and padding. */
#ifndef CV_TLS_LIMITS_H
#define CV_TLS_LIMITS_H

#include "tls/state.h"

/* A client's are an extension of struct cv_features: cv_client_ext_limits. */

/* Server: the client's wish, once the version is chosen, and the extension that answers it. */
cv_err cv_limits_note_hello(struct cv_conn *c, const struct cv_extensions *x);
void cv_limits_answer(const struct cv_conn *c, struct cv_builder *b, const struct cv_extensions *x);
enum { CV_LIMITS_ANSWER_MAX = 6 };

/* Zeros behind content and type of a record that is sent, as the configuration wants them. */
static inline bool cv_limits_pads(const struct cv_conn *c)
{
    return c->config->record_padding != 0 && c->config->features->pad != NULL;
}
static inline size_t cv_limits_padding(const struct cv_conn *c, size_t content_len)
{
    return cv_limits_pads(c) ? c->config->features->pad(c, content_len) : 0;
}
/* The most of them. */
static inline size_t cv_limits_padding_max(const struct cv_conn *c)
{
    return cv_limits_pads(c) ? c->config->record_padding - 1u : 0;
}

#endif
