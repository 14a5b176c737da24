#include "test/fuzz/pair.h"

#include <stdlib.h>
#include <string.h>

enum { MESSAGE_HEAD = 4, MESSAGE_MAX = 16384 };

/* --- tapes --- */

static void enter(struct fuzz_side *s)
{
    struct test_port *port = fuzz_library_port();
    port->seed = s->seed;
    port->n_random = s->n_random;
}

static void leave(struct fuzz_side *s)
{
    s->n_random = fuzz_library_port()->n_random;
}

/* --- the wire --- */

void fuzz_side_put(struct fuzz_side *s, size_t i, struct cv_bytes bytes)
{
    if (s->n_wire == FUZZ_WIRE_MAX || bytes.len == 0) return;
    if (i > s->n_wire) i = s->n_wire;
    memmove(&s->wire[i + 1], &s->wire[i], (s->n_wire - i) * sizeof s->wire[0]);
    s->wire[i] = (struct fuzz_record){fuzz_copy(bytes), bytes.len};
    s->n_wire++;
}

struct fuzz_record fuzz_side_take(struct fuzz_side *s, size_t i)
{
    struct fuzz_record r = s->wire[i];
    FUZZ_CHECK(i < s->n_wire);
    s->n_wire--;
    memmove(&s->wire[i], &s->wire[i + 1], (s->n_wire - i) * sizeof s->wire[0]);
    return r;
}

static void on_sent(struct fuzz_app *app, struct cv_bytes records)
{
    struct fuzz_side *s = app->owner;
    if (s->log != NULL) s->log(s->log_ctx, records);
    while (records.len > 0) {
        struct cv_bytes at = records;
        size_t body_len = records.len >= 5 ? (size_t)records.p[3] << 8 | records.p[4] : 0;
        fuzz_side_put(s, s->n_wire, fuzz_take(&records, 5 + body_len));
        FUZZ_CHECK(records.len < at.len);
    }
}

/* --- messages --- */

static void on_read(struct fuzz_app *app, struct cv_bytes data)
{
    struct fuzz_side *s = app->owner;
    if (!s->exact) return;
    FUZZ_CHECK(data.len >= MESSAGE_HEAD && s->n_read < s->peer->n_sent);
    FUZZ_CHECK(cv_load_be32(data.p) == s->n_read);
    for (size_t i = MESSAGE_HEAD; i < data.len; i++) FUZZ_CHECK(data.p[i] == (uint8_t)(s->n_read + data.len));
    s->n_read++;
}

void fuzz_side_send(struct fuzz_side *s, size_t len)
{
    static uint8_t message[MESSAGE_MAX];
    if (len < MESSAGE_HEAD) len = MESSAGE_HEAD;
    if (len > MESSAGE_MAX) len = MESSAGE_MAX;
    if (!s->app.has_ctx || s->n_wire == FUZZ_WIRE_MAX) return;
    memset(message, (int)(uint8_t)(s->n_sent + len), len);
    cv_store_be32(message, s->n_sent);
    enter(s);
    if (fuzz_app_encrypt(&s->app, cv_bytes(message, len)) == SEC_E_OK) s->n_sent++;
    leave(s);
}

void fuzz_side_control(struct fuzz_side *s, DWORD type)
{
    enter(s);
    if (s->app.has_ctx && !s->app.over) fuzz_app_control(&s->app, &type, sizeof type);
    leave(s);
}

void fuzz_side_renegotiate(struct fuzz_side *s)
{
    enter(s);
    if (s->app.established && !s->app.over) (void)fuzz_app_token(&s->app, false);
    leave(s);
}

void fuzz_side_deliver(struct fuzz_side *s, struct cv_bytes bytes)
{
    enter(s);
    if (!s->app.over) fuzz_app_receive(&s->app, bytes);
    leave(s);
}

/* --- both --- */

static void side_init(struct fuzz_side *s, struct fuzz_side *peer, bool server,
                      const struct fuzz_setup *setup)
{
    memset(s, 0, sizeof *s);
    fuzz_app_init(&s->app, server, setup);
    s->app.owner = s;
    s->app.sent = on_sent;
    s->app.read = on_read;
    s->peer = peer;
    s->seed = fuzz_library_port()->seed;
    s->n_random = fuzz_library_port()->n_random;
    s->exact = (setup->choices & (FUZZ_REAL | FUZZ_REAL_RECORDS)) != 0;
}

void fuzz_pair_open(struct fuzz_pair *p, const struct fuzz_setup *client, const struct fuzz_setup *server)
{
    side_init(&p->client, &p->server, false, client);
    side_init(&p->server, &p->client, true, server);
}

static bool deliver_all(struct fuzz_side *from)
{
    bool any = from->n_wire > 0;
    while (from->n_wire > 0) {
        struct fuzz_record r = fuzz_side_take(from, 0);
        fuzz_side_deliver(from->peer, cv_bytes(r.p, r.len));
        free(r.p);
    }
    return any;
}

void fuzz_pair_settle(struct fuzz_pair *p)
{
    unsigned n_rounds = 0;
    bool any = true;
    while (any) {
        any = deliver_all(&p->client);
        any = deliver_all(&p->server) || any;
        FUZZ_CHECK(++n_rounds < 50);
    }
}

void fuzz_pair_connect(struct fuzz_pair *p)
{
    fuzz_side_deliver(&p->client, cv_bytes(NULL, 0));
    fuzz_pair_settle(p);
    FUZZ_CHECK(p->client.app.established && p->server.app.established);
    FUZZ_CHECK(!p->client.app.over && !p->server.app.over);
}

static void side_free(struct fuzz_side *s)
{
    while (s->n_wire > 0) free(fuzz_side_take(s, 0).p);
    fuzz_app_free(&s->app);
}

void fuzz_pair_close(struct fuzz_pair *p)
{
    side_free(&p->client);
    side_free(&p->server);
}
