/* Section D: heap. Counted where the library asks its port for it. */
#include "stack.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_HANDSHAKES = 100, N_IDLE = 1000, IDLE_DATA = 1024 };

/* In front of each allocation. */
struct block {
    _Alignas(16) size_t len;
    enum memory_tag tag;
};

struct memory_count memory_counts[N_TAGS];
static enum memory_tag current;

void memory_tag(enum memory_tag tag)
{
    current = tag;
}

static void *count_alloc(void *ctx, size_t len)
{
    (void)ctx;
    struct memory_count *m = &memory_counts[current];
    struct block *b = calloc(1, sizeof *b + len);
    if (b == NULL) return NULL;
    b->len = len;
    b->tag = current;
    m->n_allocs++;
    m->bytes += len;
    m->live += len;
    if (m->live > m->peak) m->peak = m->live;
    return b + 1;
}

static void count_free(void *ctx, void *p, size_t len)
{
    (void)ctx;
    if (p == NULL) return;
    struct block *b = (struct block *)p - 1;
    if (b->len != len) bench_fail("%zu bytes freed as %zu", b->len, len);
    memory_counts[b->tag].live -= len;
    free(b);
}

static void *count_lock_new(void *ctx)
{
    pthread_mutex_t *m = count_alloc(ctx, sizeof *m);
    if (m != NULL && pthread_mutex_init(m, NULL) != 0) bench_fail("pthread_mutex_init");
    return m;
}

static void count_lock_free(void *ctx, void *lock)
{
    count_free(ctx, lock, sizeof(pthread_mutex_t));
}

const struct cv_port *memory_port(const struct cv_port *base)
{
    static struct cv_port port;
    port = *base;
    port.alloc = count_alloc;
    port.free = count_free;
    port.lock_new = count_lock_new;
    port.lock_free = count_lock_free;
    return &port;
}

static void row(const char *prefix, const char *metric, size_t total, size_t n, const char *unit)
{
    char name[64];
    (void)snprintf(name, sizeof name, "D_%s%s", prefix, metric);
    bench_row(name, (double)total / (double)n, unit);
}

static void count_handshakes(struct pair *p, const char *prefix)
{
    const struct memory_count *server = &memory_counts[TAG_SERVER], *client = &memory_counts[TAG_CLIENT];
    pair_connect(p); /* what is made at first use */
    pair_free(p);
    struct memory_count s = *server, c = *client;
    for (unsigned i = 0; i < N_HANDSHAKES; i++) {
        pair_connect(p);
        pair_free(p);
    }
    size_t allocs = server->n_allocs - s.n_allocs, bytes = server->bytes - s.bytes;
    row(prefix, "hs_srv_allocs", allocs, N_HANDSHAKES, "allocs");
    row(prefix, "hs_srv_bytes", bytes, N_HANDSHAKES, "B");
    row(prefix, "hs_pair_allocs", allocs + client->n_allocs - c.n_allocs, N_HANDSHAKES, "allocs");
    row(prefix, "hs_pair_bytes", bytes + client->bytes - c.bytes, N_HANDSHAKES, "B");
    memory_counts[TAG_SERVER].peak = server->live;
    size_t live = server->live;
    pair_connect(p);
    pair_free(p);
    row(prefix, "hs_srv_peak_heap", server->peak - live, 1, "B");
}

static void count_idle(struct pair *p, const char *prefix)
{
    static struct pair pairs[N_IDLE];
    size_t server = memory_counts[TAG_SERVER].live, client = memory_counts[TAG_CLIENT].live;
    for (unsigned i = 0; i < N_IDLE; i++) {
        pairs[i] = *p;
        pair_connect(&pairs[i]);
        pair_send(&pairs[i], false, IDLE_DATA);
        pair_receive(&pairs[i], true, IDLE_DATA);
        pair_send(&pairs[i], true, IDLE_DATA);
        pair_receive(&pairs[i], false, IDLE_DATA);
    }
    row(prefix, "idle_srv_heap", memory_counts[TAG_SERVER].live - server, N_IDLE, "B");
    row(prefix, "idle_cli_heap", memory_counts[TAG_CLIENT].live - client, N_IDLE, "B");
    for (unsigned i = 0; i < N_IDLE; i++) pair_free(&pairs[i]);
}

static void count_stack(const struct stack *stack, const struct cv_port *port, const char *prefix,
                        const struct stack_options *o)
{
    struct pair p;
    pair_setup(&p, stack, o, port);
    count_handshakes(&p, prefix);
    count_idle(&p, prefix);
    pair_teardown(&p);
}

void bench_memory(const struct cv_port *port, uint32_t cpu)
{
    const struct stack_options o = {.kind = "ec", .suite = CV_TLS_AES_128_GCM_SHA256, .cpu = cpu};
    const struct cv_port *counting = memory_port(port);
    count_stack(&engine_stack, counting, "", &o);
    count_stack(&facade_stack, counting, "sspi_", &o);
}
