#include "tls/session.h"
#include "crypto/base/ct.h"
#include "crypto/base/secret.h"

#include <string.h>

/* A ticket: key name, nonce, the session sealed with the key name as associated data, tag. Whoever has no
 * key learns its length only. */
enum {
    NAME_LEN = 16,
    HEAD_LEN = NAME_LEN + CV_AEAD_NONCE_LEN,
    TAG_LEN = 16,
    N_KEYS = 16,
};

/* Nonces are random, 96 bits: NIST SP 800-38D 8.3 allows 2^32 of them under one key. */
static const uint64_t seals_max = (uint64_t)1 << 32;

struct ticket_key {
    bool live;
    uint8_t name[NAME_LEN];
    uint8_t key[CV_AEAD_KEY_MAX]; /* secret */
    int64_t created;
    uint64_t n_seals;
};

struct cv_ticket_keys {
    const struct cv_port *port;
    const struct cv_aead *aead;
    void *lock;
    int64_t rotate_after, accept_for;
    size_t newest;
    struct ticket_key ring[N_KEYS]; /* behind `newest`, the others from old to new */
};

cv_err cv_ticket_keys_new(struct cv_ticket_keys **out, const struct cv_port *port, const struct cv_aead *aead,
                          uint32_t rotate_after, uint32_t accept_for)
{
    *out = NULL;
    if (aead->tag_len != TAG_LEN || accept_for == 0) return CV_E_INVALID_ARGUMENT;
    struct cv_ticket_keys *k = port->alloc(port->ctx, sizeof *k);
    if (k == NULL) return CV_E_NO_MEMORY;
    *k = (struct cv_ticket_keys){.port = port, .aead = aead, .accept_for = accept_for};
    /* The ring must hold every key whose tickets may still come. */
    uint32_t shortest = accept_for / (N_KEYS - 2) + 1;
    k->rotate_after = rotate_after > shortest ? rotate_after : shortest;
    k->lock = port->lock_new(port->ctx);
    if (k->lock == NULL) {
        cv_ticket_keys_free(k);
        return CV_E_NO_MEMORY;
    }
    *out = k;
    return CV_OK;
}

void cv_ticket_keys_free(struct cv_ticket_keys *k)
{
    if (k == NULL) return;
    const struct cv_port *port = k->port;
    if (k->lock != NULL) port->lock_free(port->ctx, k->lock);
    cv_wipe(k, sizeof *k);
    port->free(port->ctx, k, sizeof *k);
}

static void wipe_outlived(struct cv_ticket_keys *k, int64_t now)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        struct ticket_key *x = &k->ring[i];
        if (x->live && now - x->created > k->rotate_after + k->accept_for) cv_wipe(x, sizeof *x);
    }
}

static cv_err make_key(const struct cv_ticket_keys *k, struct ticket_key *out, int64_t now)
{
    static const uint8_t zero[CV_AEAD_KEY_MAX];
    cv_err e;
    *out = (struct ticket_key){.live = true, .created = now};
    if ((e = cv_random(&k->port->rng, out->name, sizeof out->name)) != CV_OK) return e;
    cv_secret_declassify(out->name, sizeof out->name); /* in front of each ticket */
    if ((e = cv_random(&k->port->rng, out->key, sizeof out->key)) != CV_OK) return e;
    /* A source that reports success and yields nothing has failed, too; a key that is refused is no secret.
     */
    uint32_t is_zero = cv_ct_equal(out->key, zero, k->aead->key_len);
    cv_secret_declassify(&is_zero, sizeof is_zero);
    return is_zero ? CV_E_RNG : CV_OK;
}

/* Copies the key that seals now, making a new one when it is due. Under the lock. */
static cv_err sealing_key(struct cv_ticket_keys *k, struct ticket_key *out)
{
    int64_t now = k->port->now(k->port->ctx);
    struct ticket_key *x = &k->ring[k->newest];
    wipe_outlived(k, now);
    if (!x->live || now < x->created || now - x->created >= k->rotate_after || x->n_seals >= seals_max) {
        struct ticket_key fresh;
        cv_err e = make_key(k, &fresh, now);
        if (e == CV_OK) {
            k->newest = (k->newest + 1) % N_KEYS;
            x = &k->ring[k->newest];
            *x = fresh;
        }
        cv_wipe(&fresh, sizeof fresh);
        if (e != CV_OK) return e;
    }
    x->n_seals++;
    *out = *x;
    return CV_OK;
}

static bool find_key(struct cv_ticket_keys *k, struct ticket_key *out, struct cv_bytes name)
{
    wipe_outlived(k, k->port->now(k->port->ctx));
    for (size_t i = 0; i < N_KEYS; i++) {
        const struct ticket_key *x = &k->ring[i];
        if (!x->live || !cv_bytes_equal(cv_bytes(x->name, NAME_LEN), name)) continue;
        *out = *x;
        return true;
    }
    return false;
}

/* --- handing over the ring --- */

enum { RING_FORMAT = 1 };

static void encode_key(struct cv_builder *b, const struct ticket_key *x, size_t key_len)
{
    cv_build_bytes(b, x->name, NAME_LEN);
    cv_build_bytes(b, x->key, key_len);
    cv_build_u64(b, (uint64_t)x->created);
}

cv_err cv_ticket_keys_export(struct cv_ticket_keys *k, uint8_t *out, size_t cap, size_t *len)
{
    const struct cv_port *port = k->port;
    struct ticket_key sealing;
    struct cv_builder b;
    *len = 0;
    cv_build_init(&b, out, cap);
    cv_build_u8(&b, RING_FORMAT);
    cv_build_u8(&b, k->aead->key_len);
    port->lock(port->ctx, k->lock);
    cv_err e = sealing_key(k, &sealing);
    /* From the oldest to the one that seals. */
    for (size_t i = 1; e == CV_OK && i <= N_KEYS; i++) {
        const struct ticket_key *x = &k->ring[(k->newest + i) % N_KEYS];
        if (x->live) encode_key(&b, x, k->aead->key_len);
    }
    port->unlock(port->ctx, k->lock);
    cv_wipe(&sealing, sizeof sealing);
    if (e == CV_OK) e = cv_build_end(&b) == CV_OK ? CV_OK : CV_E_BUFFER_TOO_SMALL;
    if (e == CV_OK)
        *len = b.len;
    else
        cv_wipe(out, b.len);
    return e;
}

/* The ring that the bytes hold, the one that seals last. */
static cv_err decode_ring(const struct cv_ticket_keys *k, struct ticket_key ring[N_KEYS], size_t *n,
                          struct cv_bytes in)
{
    uint8_t format, key_len;
    *n = 0;
    if (cv_read_u8(&in, &format) != CV_OK || format != RING_FORMAT) return CV_E_KEY_SYNTAX;
    if (cv_read_u8(&in, &key_len) != CV_OK || key_len != k->aead->key_len) return CV_E_KEY_SYNTAX;
    for (; in.len > 0; ++*n) {
        uint64_t created;
        if (*n == N_KEYS) return CV_E_KEY_SYNTAX;
        struct ticket_key *x = &ring[*n];
        *x = (struct ticket_key){.live = true, .n_seals = seals_max - seals_max / 16};
        if (cv_read_copy(&in, x->name, NAME_LEN) != CV_OK || cv_read_copy(&in, x->key, key_len) != CV_OK ||
            cv_read_u64(&in, &created) != CV_OK)
            return CV_E_KEY_SYNTAX;
        cv_secret_mark(x->key, key_len);
        x->created = (int64_t)created;
    }
    return *n != 0 ? CV_OK : CV_E_KEY_SYNTAX;
}

static bool has_name(const struct ticket_key *ring, size_t n, const struct ticket_key *x)
{
    for (size_t i = 0; i < n; i++) {
        if (memcmp(ring[i].name, x->name, NAME_LEN) == 0) return true;
    }
    return false;
}

/* Theirs, the one that seals last, and behind them those of ours that they do not have. */
static void take_ring(struct cv_ticket_keys *k, const struct ticket_key *theirs, size_t n)
{
    const struct cv_port *port = k->port;
    struct ticket_key all[N_KEYS];
    size_t n_all = 0;
    port->lock(port->ctx, k->lock);
    /* The newest first, as far as there is room. */
    for (size_t i = 0; i < N_KEYS && n_all < N_KEYS - n; i++) {
        const struct ticket_key *x = &k->ring[(k->newest + N_KEYS - i) % N_KEYS];
        if (x->live && !has_name(theirs, n, x)) all[N_KEYS - 1 - n - n_all++] = *x;
    }
    cv_wipe(k->ring, sizeof k->ring);
    memcpy(k->ring + N_KEYS - n - n_all, all + N_KEYS - n - n_all, n_all * sizeof *all);
    memcpy(k->ring + N_KEYS - n, theirs, n * sizeof *theirs);
    k->newest = N_KEYS - 1;
    port->unlock(port->ctx, k->lock);
    cv_wipe(all, sizeof all);
}

cv_err cv_ticket_keys_import(struct cv_ticket_keys *k, struct cv_bytes bytes)
{
    struct ticket_key theirs[N_KEYS];
    size_t n;
    cv_err e = decode_ring(k, theirs, &n, bytes);
    if (e == CV_OK) take_ring(k, theirs, n);
    cv_wipe(theirs, sizeof theirs);
    return e;
}

cv_err cv_ticket_keys_set(struct cv_ticket_keys *k, const struct cv_ticket_key_given *keys, size_t n)
{
    struct ticket_key ring[N_KEYS];
    if (n == 0 || n > N_KEYS) return CV_E_INVALID_ARGUMENT;
    for (size_t i = 0; i < n; i++) {
        struct ticket_key *x = &ring[n - 1 - i];
        *x = (struct ticket_key){.live = true,
                                 .created = k->port->now(k->port->ctx),
                                 .n_seals = seals_max - seals_max / 16};
        memcpy(x->name, keys[i].name, NAME_LEN);
        memcpy(x->key, keys[i].key, sizeof x->key);
    }
    take_ring(k, ring, n);
    cv_wipe(ring, sizeof ring);
    return CV_OK;
}

/* --- tickets --- */

/* The AEAD's key state is made anew for each ticket: it is large, tickets are rare. */
union aead_state {
    _Alignas(16) uint8_t bytes[CV_AEAD_STATE_MAX];
};

cv_err cv_ticket_seal(struct cv_ticket_keys *k, uint8_t *ticket, size_t cap, size_t *ticket_len,
                      const struct cv_session *s)
{
    const struct cv_port *port = k->port;
    struct ticket_key key = {.live = false};
    union aead_state state;
    struct cv_builder b;
    uint8_t nonce[CV_AEAD_NONCE_LEN];
    cv_err e;
    *ticket_len = 0;
    if (s->secret_len == 0 || s->secret_len > sizeof s->secret) return CV_E_INVALID_ARGUMENT;
    port->lock(port->ctx, k->lock);
    e = sealing_key(k, &key);
    port->unlock(port->ctx, k->lock);
    if (e != CV_OK) goto out;
    if ((e = cv_random(&port->rng, nonce, sizeof nonce)) != CV_OK) goto out;
    cv_secret_declassify(nonce, sizeof nonce); /* part of the ticket */

    cv_build_init(&b, ticket, cap < CV_TICKET_MAX ? cap : CV_TICKET_MAX);
    cv_build_bytes(&b, key.name, NAME_LEN);
    cv_build_bytes(&b, nonce, sizeof nonce);
    cv_session_encode(&b, s);
    size_t body_end = b.len;
    uint8_t *tag = cv_build_space(&b, TAG_LEN);
    if ((e = cv_build_end(&b)) != CV_OK) {
        cv_wipe(ticket, b.len); /* the secret lies there in the clear */
        goto out;
    }
    k->aead->init(k->aead, &state, key.key);
    k->aead->seal(k->aead, &state, nonce, cv_bytes(key.name, NAME_LEN), ticket + HEAD_LEN,
                  body_end - HEAD_LEN, NULL, 0, tag);
    cv_wipe(&state, sizeof state);
    cv_secret_declassify(ticket + HEAD_LEN, b.len - HEAD_LEN); /* ciphertext and tag */
    *ticket_len = b.len;
out:
    cv_wipe(&key, sizeof key);
    return e;
}

/* Opens the body into `plain`, which has its length, and makes the session. */
static cv_err open_body(struct cv_ticket_keys *k, struct cv_session **out, const struct ticket_key *key,
                        const uint8_t *nonce, struct cv_bytes body, const uint8_t *tag, uint8_t *plain)
{
    struct cv_session fields = {.size = 0};
    union aead_state state;
    k->aead->init(k->aead, &state, key->key);
    cv_err e =
        k->aead->open(k->aead, &state, nonce, cv_bytes(key->name, NAME_LEN), plain, body.p, body.len, tag);
    cv_wipe(&state, sizeof state);
    /* Form and fields of a session are what both sides of its handshake know; its PSK is marked again. */
    if (e == CV_OK) cv_secret_declassify(plain, body.len);
    if (e != CV_OK || cv_session_decode(&fields, cv_bytes(plain, body.len)) != CV_OK) {
        e = CV_E_BAD_PSK;
        goto out;
    }
    int64_t now = k->port->now(k->port->ctx);
    e = CV_E_BAD_PSK;
    if (cv_session_expired(&fields, now) || now >= fields.created + k->accept_for) goto out;
    e = cv_session_new(out, k->port, &fields);
out:
    cv_wipe(&fields, sizeof fields);
    return e;
}

cv_err cv_ticket_open(struct cv_ticket_keys *k, struct cv_session **out, struct cv_bytes ticket)
{
    const struct cv_port *port = k->port;
    struct ticket_key key = {.live = false};
    struct cv_bytes in = ticket, name, nonce, body, tag;
    *out = NULL;
    if (ticket.len <= HEAD_LEN + TAG_LEN || ticket.len > CV_TICKET_MAX) return CV_E_BAD_PSK;
    if (cv_read_bytes(&in, NAME_LEN, &name) != CV_OK ||
        cv_read_bytes(&in, CV_AEAD_NONCE_LEN, &nonce) != CV_OK ||
        cv_read_bytes(&in, in.len - TAG_LEN, &body) != CV_OK || cv_read_bytes(&in, TAG_LEN, &tag) != CV_OK) {
        return CV_E_BAD_PSK;
    }
    port->lock(port->ctx, k->lock);
    bool found = find_key(k, &key, name);
    port->unlock(port->ctx, k->lock);
    if (!found) return CV_E_BAD_PSK;

    cv_err e = CV_E_NO_MEMORY;
    uint8_t *plain = port->alloc(port->ctx, body.len);
    if (plain != NULL) {
        e = open_body(k, out, &key, nonce.p, body, tag.p, plain);
        cv_wipe(plain, body.len);
        port->free(port->ctx, plain, body.len);
    }
    cv_wipe(&key, sizeof key);
    return e;
}
