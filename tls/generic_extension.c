#include "tls/generic_extension.h"

#include "tls/state.h"

/* What a handshake keeps of it; hs->generic, made when the application wants something. */
struct cv_generic {
    struct sent {
        uint16_t type, msg;
        struct cv_buf body;
    } sent[CV_GENERIC_SENT_MAX];
    size_t n_sent;
    struct subscription {
        uint16_t type, msg;
    } subscribed[CV_GENERIC_SUBSCRIBED_MAX];
    size_t n_subscribed;
    struct cv_buf received; /* extensions to be shown, whole; the first one is being shown */
};

enum { EXT_HEADER_LEN = 4 };

/* --- what the application wants --- */

static struct sent *find_sent(struct cv_generic *g, uint16_t type, uint16_t msg)
{
    for (size_t i = 0; i < g->n_sent; i++) {
        if (g->sent[i].type == type && g->sent[i].msg == msg) return &g->sent[i];
    }
    return NULL;
}

static bool is_subscribed(const struct cv_generic *g, uint16_t type, uint16_t msg)
{
    for (size_t i = 0; i < g->n_subscribed; i++) {
        if (g->subscribed[i].type == type && g->subscribed[i].msg == msg) return true;
    }
    return false;
}

/* RFC 8701: 0x0a0a, 0x1a1a, …: servers pass over these. */
static bool is_grease(uint16_t type)
{
    return (type & 0x0f0f) == 0x0a0a && type >> 8 == (type & 0xff);
}

/* Is it the application's to send, or to be told of? asks: it stands in a ClientHello. */
static bool is_valid(const struct cv_generic_extension *list, size_t i, bool asks)
{
    const struct cv_generic_extension *x = &list[i];
    bool is_answer = x->msg == CV_MSG_ENCRYPTED_EXTENSIONS || x->msg == CV_MSG_SERVER_HELLO;
    if (asks ? x->msg != CV_MSG_CLIENT_HELLO : !is_answer) return false;
    if (cv_ext_is_known(x->type) || is_grease(x->type) || x->body.len > CV_GENERIC_BODY_MAX) return false;
    for (size_t k = 0; k < i; k++) {
        if (list[k].type == x->type && list[k].msg == x->msg) return false;
    }
    return true;
}

/* before: what it wanted until now. */
static cv_err check(struct cv_generic *before, const struct cv_generic_wishes *w, bool client)
{
    size_t n_sent = before->n_sent, n_subscribed = before->n_subscribed;
    if (w->n_sent > CV_GENERIC_SENT_MAX || w->n_subscribed > CV_GENERIC_SUBSCRIBED_MAX)
        return CV_E_INVALID_ARGUMENT;
    for (size_t i = 0; i < w->n_sent; i++) {
        if (!is_valid(w->sent, i, client)) return CV_E_INVALID_ARGUMENT;
        n_sent += find_sent(before, w->sent[i].type, w->sent[i].msg) == NULL;
    }
    for (size_t i = 0; i < w->n_subscribed; i++) {
        if (!is_valid(w->subscribed, i, !client)) return CV_E_INVALID_ARGUMENT;
        n_subscribed += !is_subscribed(before, w->subscribed[i].type, w->subscribed[i].msg);
    }
    bool fits = n_sent <= CV_GENERIC_SENT_MAX && n_subscribed <= CV_GENERIC_SUBSCRIBED_MAX;
    return fits ? CV_OK : CV_E_INVALID_ARGUMENT;
}

static cv_err keep_sent(struct cv_conn *c, const struct cv_generic_extension *x)
{
    const struct cv_port *port = c->config->port;
    struct cv_generic *g = c->hs->generic;
    struct sent *s = find_sent(g, x->type, x->msg);
    struct cv_buf body = {0};
    cv_err e = cv_buf_append(&body, port, x->body);
    if (e != CV_OK) return e;
    if (s == NULL) {
        s = &g->sent[g->n_sent++];
        s->type = x->type;
        s->msg = x->msg;
    }
    cv_buf_free(&s->body, port);
    s->body = body;
    return CV_OK;
}

cv_err cv_generic_want(struct cv_conn *c, const struct cv_generic_wishes *w)
{
    struct cv_generic nothing = {.n_sent = 0};
    bool client = c->params.role == CV_CLIENT;
    if (c->hs == NULL || c->established || (w->n_sent == 0 && w->n_subscribed == 0)) return CV_OK;
    cv_err e = check(c->hs->generic != NULL ? c->hs->generic : &nothing, w, client);
    if (e != CV_OK) return e;
    if (c->hs->generic == NULL && (c->hs->generic = cv_conn_alloc(c, sizeof *c->hs->generic)) == NULL)
        return CV_E_NO_MEMORY;
    struct cv_generic *g = c->hs->generic;
    /* RFC 9846 4.2.2: the hello after a retry has the extensions of the first */
    bool too_late = client && c->state > CV_CS_WANT_SESSION;
    for (size_t i = 0; i < w->n_sent && e == CV_OK && !too_late; i++) e = keep_sent(c, &w->sent[i]);
    for (size_t i = 0; i < w->n_subscribed && e == CV_OK; i++) {
        const struct cv_generic_extension *x = &w->subscribed[i];
        if (!is_subscribed(g, x->type, x->msg))
            g->subscribed[g->n_subscribed++] = (struct subscription){x->type, x->msg};
    }
    return e;
}

static void free_generic(struct cv_conn *c)
{
    const struct cv_port *port = c->config->port;
    struct cv_generic *g = c->hs->generic;
    if (g == NULL) return;
    for (size_t i = 0; i < g->n_sent; i++) cv_buf_free(&g->sent[i].body, port);
    cv_buf_free(&g->received, port);
    cv_conn_release(c, g, sizeof *g);
    c->hs->generic = NULL;
}

/* --- the messages --- */

/* The next extension of a block: whole, and its number. The block was checked when it was parsed. */
static bool next_extension(struct cv_bytes *block, uint16_t *type, struct cv_bytes *whole)
{
    struct cv_bytes rest = *block, body;
    if (cv_read_u16(&rest, type) != CV_OK || cv_read_vec16(&rest, &body) != CV_OK) return false;
    return cv_read_bytes(block, EXT_HEADER_LEN + body.len, whole) == CV_OK;
}

/* The extension of this number; empty if there is none. */
static struct cv_bytes find_extension(struct cv_bytes block, uint16_t type)
{
    struct cv_bytes whole;
    uint16_t at;
    while (next_extension(&block, &at, &whole)) {
        if (at == type) return whole;
    }
    return cv_bytes(NULL, 0);
}

/* A server sends only what was asked for (RFC 9846 4.3). */
static bool is_due(const struct cv_conn *c, const struct sent *s, uint16_t msg)
{
    if (s->msg != msg) return false;
    return c->params.role == CV_CLIENT || find_extension(c->hs->server->hello.ext.block, s->type).len != 0;
}

static size_t len_of(const struct cv_conn *c, uint16_t msg)
{
    const struct cv_generic *g = c->hs->generic;
    size_t len = 0;
    for (size_t i = 0; g != NULL && i < g->n_sent; i++) {
        if (is_due(c, &g->sent[i], msg)) len += EXT_HEADER_LEN + g->sent[i].body.len;
    }
    return len;
}

static void build(struct cv_conn *c, struct cv_builder *b, uint16_t msg)
{
    const struct cv_generic *g = c->hs->generic;
    for (size_t i = 0; g != NULL && i < g->n_sent; i++) {
        const struct sent *s = &g->sent[i];
        if (!is_due(c, s, msg)) continue;
        cv_build_u16(b, s->type);
        size_t mark = cv_build_open(b, 2);
        cv_build_bytes(b, s->body.p, s->body.len);
        cv_build_close(b, mark, 2);
        c->hs->asked |= CV_EXT_ASKED_OTHERS;
    }
}

static void note(struct cv_conn *c, struct cv_bytes block)
{
    enum { OTHERS_MAX = sizeof c->negotiated_others / sizeof c->negotiated_others[0] };
    struct cv_bytes whole;
    uint16_t type;
    while (next_extension(&block, &type, &whole)) {
        size_t i = 0;
        if (cv_ext_is_known(type)) {
            c->negotiated |= cv_ext_bit(type);
            continue;
        }
        while (i < OTHERS_MAX && c->negotiated_others[i] != 0 && c->negotiated_others[i] != type) i++;
        if (i < OTHERS_MAX) c->negotiated_others[i] = type;
    }
}

size_t cv_generic_negotiated(const struct cv_conn *c, uint16_t *out, size_t cap)
{
    size_t n = 0;
    for (unsigned ext = 0; ext < CV_EXT_COUNT && n < cap; ext++) {
        if ((c->negotiated >> ext & 1) != 0) out[n++] = cv_ext_wire((enum cv_ext)ext);
    }
    for (size_t i = 0; i < sizeof c->negotiated_others / sizeof c->negotiated_others[0] && n < cap; i++) {
        if (c->negotiated_others[i] != 0) out[n++] = c->negotiated_others[i];
    }
    return n;
}

static cv_err show_first(const struct cv_generic *g)
{
    return g != NULL && g->received.len != 0 ? CV_WANT_EXTENSION : CV_OK;
}

static cv_err take(struct cv_conn *c, struct cv_bytes block, uint16_t msg)
{
    struct cv_generic *g = c->hs->generic;
    struct cv_bytes whole;
    uint16_t type;
    cv_err e;
    if (msg != CV_MSG_CLIENT_HELLO) note(c, block);
    if (g == NULL) return CV_OK;
    while (next_extension(&block, &type, &whole)) {
        if (cv_ext_is_known(type)) continue;
        if (msg != CV_MSG_CLIENT_HELLO && find_sent(g, type, CV_MSG_CLIENT_HELLO) == NULL)
            return CV_E_UNSOLICITED_EXTENSION;
        /* A ClientHello's is passed over, unknown to the parser, where it stands behind many and again. */
        if (!is_subscribed(g, type, msg) || find_extension(cv_buf_bytes(&g->received), type).len != 0)
            continue;
        if ((e = cv_buf_append(&g->received, c->config->port, whole)) != CV_OK) return e;
    }
    return show_first(g);
}

struct cv_bytes cv_generic_received(const struct cv_conn *c)
{
    struct cv_bytes whole = {NULL, 0};
    uint16_t type;
    if (c->hs == NULL || c->hs->generic == NULL) return whole;
    struct cv_bytes received = cv_buf_bytes(&c->hs->generic->received);
    return next_extension(&received, &type, &whole) ? whole : cv_bytes(NULL, 0);
}

static cv_err next(struct cv_conn *c)
{
    struct cv_generic *g = c->hs->generic;
    if (g != NULL) cv_buf_drop(&g->received, c->config->port, cv_generic_received(c).len);
    return show_first(g);
}

static cv_err check_retry(const struct cv_conn *c, struct cv_bytes first, struct cv_bytes second)
{
    const struct cv_generic *g = c->hs->generic;
    for (size_t i = 0; g != NULL && i < g->n_subscribed; i++) {
        uint16_t type = g->subscribed[i].type;
        if (!cv_bytes_equal(find_extension(first, type), find_extension(second, type))) return CV_E_BAD_RETRY;
    }
    return CV_OK;
}

const struct cv_generic_support cv_generic_extensions = {
    .len = len_of,
    .build = build,
    .take = take,
    .note = note,
    .next = next,
    .check_retry = check_retry,
    .free = free_generic,
};
