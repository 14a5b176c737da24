/* Both ends in one thread, and what they say to each other. */
#include "stack.h"

#include <string.h>

enum { HEADER_LEN = 5, TRAILER_ROOM = 64 };

struct wire to_server, to_client;
static uint8_t send_buf[HEADER_LEN + BENCH_RECORD + TRAILER_ROOM];
static uint8_t receive_buf[HEADER_LEN + BENCH_RECORD + TRAILER_ROOM];

void pair_setup(struct pair *p, const struct stack *stack, const struct stack_options *o,
                const struct cv_port *port)
{
    *p = (struct pair){.stack = stack, .setup = stack->setup(o, port)};
}

void pair_teardown(struct pair *p)
{
    p->stack->teardown(p->setup);
    *p = (struct pair){0};
}

/* Counts the time since *last for one side, whose turn ends here. */
static void clock_out(uint64_t *last, uint64_t *ticks)
{
    uint64_t now = bench_ticks();
    *ticks += now - *last;
    *last = now;
}

void pair_connect(struct pair *p)
{
    const struct stack *stack = p->stack;
    bool client_done = false, server_done = false;
    uint64_t last = bench_ticks();
    wire_clear(&to_server);
    wire_clear(&to_client);
    memory_tag(TAG_SERVER);
    p->server = stack->end_new(p->setup, true);
    clock_out(&last, &p->server_ticks);
    memory_tag(TAG_CLIENT);
    p->client = stack->end_new(p->setup, false);
    for (unsigned i = 0; i < 8 && !(client_done && server_done); i++) {
        memory_tag(TAG_CLIENT);
        client_done = stack->turn(p->client, &to_client, &to_server);
        clock_out(&last, &p->client_ticks);
        memory_tag(TAG_SERVER);
        server_done = stack->turn(p->server, &to_server, &to_client);
        clock_out(&last, &p->server_ticks);
    }
    memory_tag(TAG_CLIENT);
    if (wire_len(&to_client) > 0) (void)stack->turn(p->client, &to_client, &to_server); /* tickets */
    clock_out(&last, &p->client_ticks);
    memory_tag(TAG_NONE);
    if (!client_done || !server_done || wire_len(&to_client) > 0 || wire_len(&to_server) > 0)
        bench_fail("the handshake did not end");
    if (p->want_resumed && !stack->resumed(p->client)) bench_fail("the session was not resumed");
}

void pair_free(struct pair *p)
{
    uint64_t last = bench_ticks();
    memory_tag(TAG_SERVER);
    p->stack->end_free(p->server);
    clock_out(&last, &p->server_ticks);
    memory_tag(TAG_CLIENT);
    p->stack->end_free(p->client);
    clock_out(&last, &p->client_ticks);
    memory_tag(TAG_NONE);
    p->client = p->server = NULL;
}

void pair_send(struct pair *p, bool from_server, size_t len)
{
    memory_tag(from_server ? TAG_SERVER : TAG_CLIENT);
    memcpy(send_buf + HEADER_LEN, bench_in, len);
    size_t n = p->stack->seal(from_server ? p->server : p->client, send_buf, len);
    wire_put(from_server ? &to_client : &to_server, send_buf, n);
    memory_tag(TAG_NONE);
}

void pair_receive(struct pair *p, bool by_server, size_t len)
{
    uint8_t *data;
    memory_tag(by_server ? TAG_SERVER : TAG_CLIENT);
    size_t n = wire_get(by_server ? &to_server : &to_client, receive_buf, sizeof receive_buf);
    size_t got = p->stack->open(by_server ? p->server : p->client, receive_buf, n, &data);
    if (got != len) bench_fail("%zu bytes arrived of %zu", got, len);
    memcpy(bench_out, data, got);
    memory_tag(TAG_NONE);
}
