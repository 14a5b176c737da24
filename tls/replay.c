#include "tls/replay.h"

#include "crypto/base/bytes.h"

#include <string.h>

enum { WAYS = 8 };

struct note {
    uint8_t id[CV_REPLAY_ID_LEN];
    int64_t when; /* 0: free */
};

/* A set of WAYS notes for each value of the ID's last bits. */
struct cv_replay_notes {
    const struct cv_port *port;
    void *lock;
    int64_t began;
    size_t n_sets; /* a power of two */
    struct note *notes;
};

cv_err cv_replay_notes_new(struct cv_replay_notes **out, const struct cv_port *port, size_t max)
{
    *out = NULL;
    if (max > SIZE_MAX / 4 / sizeof(struct note)) return CV_E_INVALID_ARGUMENT;
    struct cv_replay_notes *n = port->alloc(port->ctx, sizeof *n);
    if (n == NULL) return CV_E_NO_MEMORY;
    *n = (struct cv_replay_notes){.port = port, .n_sets = 1, .began = port->now(port->ctx)};
    while (n->n_sets * WAYS < max) n->n_sets *= 2;
    n->lock = port->lock_new(port->ctx);
    n->notes = port->alloc(port->ctx, n->n_sets * WAYS * sizeof *n->notes);
    if (n->lock == NULL || n->notes == NULL) {
        cv_replay_notes_free(n);
        return CV_E_NO_MEMORY;
    }
    *out = n;
    return CV_OK;
}

void cv_replay_notes_free(struct cv_replay_notes *n)
{
    if (n == NULL) return;
    const struct cv_port *port = n->port;
    if (n->notes != NULL) port->free(port->ctx, n->notes, n->n_sets * WAYS * sizeof *n->notes);
    if (n->lock != NULL) port->lock_free(port->ctx, n->lock);
    port->free(port->ctx, n, sizeof *n);
}

/* Within the window of now, on either side: a clock that was set back forgets nothing. */
static bool is_recent(int64_t when, int64_t now)
{
    return when > now - CV_REPLAY_WINDOW;
}

/* Under the lock. */
static cv_err note(struct cv_replay_notes *n, const uint8_t *id, int64_t now)
{
    size_t set = cv_load_be32(id + CV_REPLAY_ID_LEN - 4) & (n->n_sets - 1);
    struct note *first = &n->notes[set * WAYS], *oldest = first;
    for (size_t i = 0; i < WAYS; i++) {
        struct note *x = &first[i];
        if (x->when != 0 && memcmp(x->id, id, CV_REPLAY_ID_LEN) == 0) return CV_E_BAD_PSK;
        if (x->when < oldest->when) oldest = x;
    }
    if (oldest->when != 0 && is_recent(oldest->when, now)) return CV_E_BAD_PSK; /* no room: RFC 9846 8.2 */
    memcpy(oldest->id, id, CV_REPLAY_ID_LEN);
    oldest->when = now;
    return CV_OK;
}

static cv_err use(void *ctx, void **op, const uint8_t id[CV_REPLAY_ID_LEN], int64_t created)
{
    struct cv_replay_notes *n = ctx;
    const struct cv_port *port = n->port;
    (void)op;
    port->lock(port->ctx, n->lock);
    int64_t now = port->now(port->ctx);
    bool unknown = created < n->began && is_recent(n->began, now);
    cv_err e = unknown ? CV_E_BAD_PSK : note(n, id, now);
    port->unlock(port->ctx, n->lock);
    return e;
}

void cv_replay_register_in_notes(struct cv_replay_register *out, struct cv_replay_notes *n)
{
    *out = (struct cv_replay_register){n, use, NULL};
}
