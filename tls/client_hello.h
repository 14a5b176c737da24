/* Making a ClientHello: shares, extensions, the message. */
#ifndef CV_TLS_CLIENT_HELLO_H
#define CV_TLS_CLIENT_HELLO_H

#include "tls/features.h"
#include "tls/state.h"

/* An extension of a client; struct cv_features lists those that a program has. */
struct cv_client_extension {
    /* Writes the extension, from its number on, where this ClientHello is to have it. */
    void (*offer)(struct cv_conn *c, struct cv_builder *b);
    /* What the server's EncryptedExtensions, or its ServerHello of TLS 1.2, says about it, once version,
     * suite and resumption are settled; NULL: nothing that matters. */
    cv_err (*answer)(struct cv_conn *c, const struct cv_extensions *x);
};

/* The most bytes that the offers of one extension take, apart from what the configuration gives it. */
enum { CV_HELLO_ALPN_MAX = 6 };

/* Begins an extension of our hello, which notes that it may be answered; cv_build_close(b, mark, 2) ends it.
 */
size_t cv_hello_ext(struct cv_conn *c, struct cv_builder *b, enum cv_ext id);
/* One without content. */
void cv_hello_flag(struct cv_conn *c, struct cv_builder *b, enum cv_ext id);
/* The newest version that this hello may lead to (RFC 9846 4.2.2: what runs in TLS 1.2 stays there). */
static inline uint16_t cv_hello_max_version(const struct cv_conn *c)
{
    return c->renegotiating ? CV_TLS12 : c->config->max_version;
}
/* Hands the server's answers to the extensions that asked. */
cv_err cv_client_take_answers(struct cv_conn *c, const struct cv_extensions *x);

/* The group of ours with this number; NULL if we do not offer it. */
const struct cv_group *cv_client_find_group(const struct cv_conn *c, uint16_t id);
/* The suite of ours with this number and version. */
const struct cv_suite *cv_client_find_suite(const struct cv_conn *c, uint16_t id, bool tls12);
/* A fresh random, and what RFC 8701 needs. */
cv_err cv_client_fresh_random(struct cv_conn *c);
/* Builds hs->client_hello; the second time with cookie and new share. */
cv_err cv_client_hello_build(struct cv_conn *c);
/* Puts hs->client_hello into the output as it is. */
cv_err cv_client_hello_send(struct cv_conn *c);
/* RFC 8701, where it is wanted. */
void cv_client_grease(const struct cv_conn *c, struct cv_builder *b, enum cv_grease which);

#endif
