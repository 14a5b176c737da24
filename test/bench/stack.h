/* Two ends of a connection joined by memory, through the engine's own interface or through the façade. */
#ifndef CV_BENCH_STACK_H
#define CV_BENCH_STACK_H

#include "harness.h"
#include "tls/port.h"
#include "tls/suite.h"

struct stack_options {
    const char *kind; /* of the server's key, as for bench_pem_path */
    unsigned suite;   /* TLS number */
    bool resume;      /* sessions are made and used; the client takes the newest ticket */
    /* Engine only. */
    uint32_t cpu;                 /* features that may be used */
    const struct cv_group *group; /* NULL: X25519 */
};

/* What both ends share is made once by setup. Every failure ends the program. */
struct stack {
    void *(*setup)(const struct stack_options *o, const struct cv_port *port);
    void (*teardown)(void *setup);
    void *(*end_new)(void *setup, bool server);
    void (*end_free)(void *end);
    /* Takes what it can from `in` and says to `out` what there is to say. True once it is established. */
    bool (*turn)(void *end, struct wire *in, struct wire *out);
    bool (*resumed)(void *end);
    /* Seals len bytes that lie 5 bytes behind rec, in place; the length of what is to be sent. rec has room
     * for 64 bytes behind the data. */
    size_t (*seal)(void *end, uint8_t *rec, size_t len);
    /* Opens the record in place; the data's length. */
    size_t (*open)(void *end, uint8_t *rec, size_t rec_len, uint8_t **data);
};
extern const struct stack engine_stack, facade_stack;

/* --- pair.c --- */
struct pair {
    const struct stack *stack;
    void *setup;
    void *client, *server;
    bool want_resumed;
    uint64_t client_ticks, server_ticks;
};
extern struct wire to_server, to_client;
void pair_setup(struct pair *p, const struct stack *stack, const struct stack_options *o,
                const struct cv_port *port);
void pair_teardown(struct pair *p);
void pair_connect(struct pair *p);
void pair_free(struct pair *p);
/* `len` bytes of bench_in from one to the other: into a buffer, sealed, over the wire, opened, out again. */
void pair_send(struct pair *p, bool from_server, size_t len);
void pair_receive(struct pair *p, bool by_server, size_t len);

/* --- memory.c --- */
enum memory_tag { TAG_NONE, TAG_SERVER, TAG_CLIENT, N_TAGS };
struct memory_count {
    size_t n_allocs, bytes, live, peak;
};
/* A port whose allocations are counted for the tag that is set when they are made. base does the rest. */
const struct cv_port *memory_port(const struct cv_port *base);
void memory_tag(enum memory_tag tag);
extern struct memory_count memory_counts[N_TAGS];

/* --- sections --- */
void bench_primitives(const struct cv_rng *rng, uint32_t cpu);
void bench_memory(const struct cv_port *port, uint32_t cpu);

#endif
