#include "tls/session.h"

#include <string.h>

enum { PER_KEY_MAX = 4, BYTES_PER_ENTRY = 8192 };

struct entry {
    uint8_t key[CV_SESSION_KEY_LEN];
    struct cv_session *session;
    struct entry *bucket_next;   /* newest first */
    struct entry *newer, *older; /* all entries, by when they were put in or last used */
};

struct cv_session_cache {
    const struct cv_port *port;
    void *lock;
    size_t max_entries, max_bytes, n_entries, n_bytes;
    size_t n_buckets; /* a power of two */
    struct entry **buckets;
    struct entry *newest, *oldest;
};

cv_err cv_session_cache_new(struct cv_session_cache **out, const struct cv_port *port, size_t max_entries)
{
    *out = NULL;
    if (max_entries > SIZE_MAX / BYTES_PER_ENTRY) return CV_E_INVALID_ARGUMENT;
    struct cv_session_cache *c = port->alloc(port->ctx, sizeof *c);
    if (c == NULL) return CV_E_NO_MEMORY;
    *c = (struct cv_session_cache){.port = port, .max_entries = max_entries, .n_buckets = 1};
    c->max_bytes = max_entries * BYTES_PER_ENTRY;
    while (c->n_buckets < max_entries / 2) c->n_buckets *= 2;
    c->lock = port->lock_new(port->ctx);
    c->buckets = port->alloc(port->ctx, c->n_buckets * sizeof *c->buckets);
    if (c->lock == NULL || c->buckets == NULL) {
        cv_session_cache_free(c);
        return CV_E_NO_MEMORY;
    }
    *out = c;
    return CV_OK;
}

static struct entry **bucket_of(struct cv_session_cache *c, const uint8_t *key)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a; keys are digests, nobody outside chooses them */
    for (size_t i = 0; i < CV_SESSION_KEY_LEN; i++) h = (h ^ key[i]) * 0x100000001b3u;
    return &c->buckets[(size_t)(h ^ h >> 32) & (c->n_buckets - 1)];
}

static void detach(struct cv_session_cache *c, struct entry *x)
{
    struct entry **at = bucket_of(c, x->key);
    while (*at != x) at = &(*at)->bucket_next;
    *at = x->bucket_next;
    *(x->newer != NULL ? &x->newer->older : &c->newest) = x->older;
    *(x->older != NULL ? &x->older->newer : &c->oldest) = x->newer;
    c->n_entries--;
    c->n_bytes -= x->session->size;
}

/* Puts it in front of all others. */
static void attach(struct cv_session_cache *c, struct entry *x)
{
    struct entry **bucket = bucket_of(c, x->key);
    x->bucket_next = *bucket;
    x->newer = NULL;
    x->older = c->newest;
    *bucket = x;
    *(c->newest != NULL ? &c->newest->newer : &c->oldest) = x;
    c->newest = x;
    c->n_entries++;
    c->n_bytes += x->session->size;
}

/* Takes an entry out and frees it; its session is the caller's. */
static struct cv_session *unlink_entry(struct cv_session_cache *c, struct entry *x)
{
    struct cv_session *s = x->session;
    detach(c, x);
    c->port->free(c->port->ctx, x, sizeof *x);
    return s;
}

static void drop_entry(struct cv_session_cache *c, struct entry *x)
{
    cv_session_free(c->port, unlink_entry(c, x));
}

void cv_session_cache_free(struct cv_session_cache *c)
{
    if (c == NULL) return;
    const struct cv_port *port = c->port;
    while (c->newest != NULL) drop_entry(c, c->newest);
    if (c->buckets != NULL) port->free(port->ctx, c->buckets, c->n_buckets * sizeof *c->buckets);
    if (c->lock != NULL) port->lock_free(port->ctx, c->lock);
    port->free(port->ctx, c, sizeof *c);
}

static bool has_key(const struct entry *x, const uint8_t *key)
{
    return memcmp(x->key, key, CV_SESSION_KEY_LEN) == 0;
}

/* Makes room under the key for one more. */
static void trim_key(struct cv_session_cache *c, const uint8_t *key)
{
    struct entry *last = NULL;
    size_t n = 0;
    for (struct entry *x = *bucket_of(c, key); x != NULL; x = x->bucket_next) {
        if (!has_key(x, key)) continue;
        last = x;
        n++;
    }
    if (n >= PER_KEY_MAX) drop_entry(c, last);
}

void cv_session_cache_put(struct cv_session_cache *c, const uint8_t key[CV_SESSION_KEY_LEN],
                          struct cv_session *s)
{
    const struct cv_port *port = c->port;
    struct entry *x = NULL;
    if (c->max_entries != 0 && s->size <= c->max_bytes) x = port->alloc(port->ctx, sizeof *x);
    if (x == NULL) {
        cv_session_free(port, s);
        return;
    }
    port->lock(port->ctx, c->lock);
    trim_key(c, key);
    while (c->n_entries >= c->max_entries || c->n_bytes > c->max_bytes - s->size) drop_entry(c, c->oldest);
    *x = (struct entry){.session = s};
    memcpy(x->key, key, CV_SESSION_KEY_LEN);
    attach(c, x);
    port->unlock(port->ctx, c->lock);
}

struct cv_session *cv_session_cache_take(struct cv_session_cache *c, const uint8_t key[CV_SESSION_KEY_LEN])
{
    const struct cv_port *port = c->port;
    struct cv_session *found = NULL;
    port->lock(port->ctx, c->lock);
    int64_t now = port->now(port->ctx);
    for (struct entry *x = *bucket_of(c, key), *next; x != NULL && found == NULL; x = next) {
        next = x->bucket_next;
        if (!has_key(x, key)) continue;
        struct cv_session *s = unlink_entry(c, x);
        if (cv_session_expired(s, now)) {
            cv_session_free(port, s);
        } else {
            found = s;
        }
    }
    port->unlock(port->ctx, c->lock);
    return found;
}

cv_err cv_session_cache_get(struct cv_session_cache *c, struct cv_session **out,
                            const uint8_t key[CV_SESSION_KEY_LEN])
{
    const struct cv_port *port = c->port;
    cv_err e = CV_E_BAD_PSK;
    *out = NULL;
    port->lock(port->ctx, c->lock);
    int64_t now = port->now(port->ctx);
    for (struct entry *x = *bucket_of(c, key), *next; x != NULL && e == CV_E_BAD_PSK; x = next) {
        next = x->bucket_next;
        if (!has_key(x, key)) continue;
        if (cv_session_expired(x->session, now)) {
            drop_entry(c, x);
            continue;
        }
        detach(c, x);
        attach(c, x);
        e = cv_session_new(out, port, x->session);
    }
    port->unlock(port->ctx, c->lock);
    return e;
}

void cv_session_cache_drop(struct cv_session_cache *c, const uint8_t *prefix, size_t prefix_len)
{
    const struct cv_port *port = c->port;
    if (prefix_len > CV_SESSION_KEY_LEN) return;
    port->lock(port->ctx, c->lock);
    for (struct entry *x = c->newest, *older; x != NULL; x = older) {
        older = x->older;
        if (prefix_len == 0 || memcmp(x->key, prefix, prefix_len) == 0) drop_entry(c, x);
    }
    port->unlock(port->ctx, c->lock);
}

/* --- a server's store --- */

static void store_put(void *ctx, const uint8_t key[CV_SESSION_KEY_LEN], const struct cv_session *s)
{
    struct cv_session_cache *c = ctx;
    struct cv_session *copy;
    if (cv_session_new(&copy, c->port, s) == CV_OK) cv_session_cache_put(c, key, copy);
}

static cv_err store_get(void *ctx, void **op, struct cv_session **out, const uint8_t key[CV_SESSION_KEY_LEN],
                        bool take)
{
    (void)op;
    if (!take) return cv_session_cache_get(ctx, out, key);
    *out = cv_session_cache_take(ctx, key);
    return *out != NULL ? CV_OK : CV_E_BAD_PSK;
}

static void store_drop(void *ctx, const uint8_t key[CV_SESSION_KEY_LEN])
{
    cv_session_cache_drop(ctx, key, CV_SESSION_KEY_LEN);
}

void cv_session_store_in_cache(struct cv_session_store *out, struct cv_session_cache *cache)
{
    *out = (struct cv_session_store){cache, store_put, store_get, store_drop, NULL};
}
