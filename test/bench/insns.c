/* insns-bench: what insns.sh counts the instructions of, under callgrind. All that the code reads is the same
 * in every run. */
#include "stack.h"

#include "crypto/cpu.h"
#include "sspi/port/host.h"
#include "tls/conn.h"

#include <valgrind/callgrind.h>

enum { HEADER_LEN = 5, ROOM = 64 };

/* A tape: no run differs from another. Not for keys that matter. */
static cv_err tape_fill(void *ctx, uint8_t *out, size_t len)
{
    uint64_t *at = ctx;
    for (size_t i = 0; i < len; i++) {
        uint64_t z = ++*at * UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ (z >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
        out[i] = (uint8_t)(z >> 56);
    }
    return CV_OK;
}

static int64_t fixed_now(void *ctx)
{
    (void)ctx;
    return 1767225600; /* 2026-01-01 */
}

static uint64_t fixed_now_ms(void *ctx)
{
    (void)ctx;
    return 1000000;
}

static void count_begin(void)
{
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
}

static void count_end(const char *name)
{
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name);
}

static void handshake(struct pair *p)
{
    pair_connect(p);
    pair_free(p);
}

static void count_handshake(const char *name, struct pair *p)
{
    count_begin();
    handshake(p);
    count_end(name);
}

static void count_record(const char *seal_name, const char *open_name, struct pair *p, size_t len)
{
    static uint8_t rec[HEADER_LEN + BENCH_RECORD + ROOM];
    uint8_t *data;
    count_begin();
    size_t rec_len = p->stack->seal(p->server, rec, len);
    count_end(seal_name);
    count_begin();
    size_t got = p->stack->open(p->client, rec, rec_len, &data);
    count_end(open_name);
    if (got != len) bench_fail("a record of %zu bytes has %zu", len, got);
}

int main(int argc, char **argv)
{
    uint64_t tape = 0;
    const struct cv_port *host;
    struct pair p;
    /* No later instructions than these: valgrind decodes them, and most machines have them. */
    const uint32_t cpu = cv_cpu_detect() & (CV_CPU_AES | CV_CPU_AVX2);
    bench_init("insns", argc, argv);
    if (cpu != (CV_CPU_AES | CV_CPU_AVX2)) return 77; /* insns.sh says so */
    if (cv_host_port_new(&host) != CV_OK) bench_fail("no port");
    struct cv_port port = *host;
    port.rng = (struct cv_rng){tape_fill, &tape};
    port.now = fixed_now;
    port.now_ms = fixed_now_ms;

    struct stack_options o = {.kind = "ec", .suite = CV_TLS_AES_128_GCM_SHA256, .cpu = cpu};
    pair_setup(&p, &engine_stack, &o, &port);
    count_handshake("full_x25519", &p);
    pair_connect(&p);
    count_record("seal_16384", "open_16384", &p, BENCH_RECORD);
    count_record("seal_1", "open_1", &p, 1);
    pair_free(&p);
    pair_teardown(&p);
    o.group = &cv_group_p256;
    pair_setup(&p, &engine_stack, &o, &port);
    count_handshake("full_p256", &p);
    pair_teardown(&p);
    o.group = &cv_group_x25519mlkem768;
    pair_setup(&p, &engine_stack, &o, &port);
    count_handshake("full_hybrid", &p); /* X25519MLKEM768, as clients offer it */
    pair_teardown(&p);
    o.group = NULL;
    o.resume = true;
    pair_setup(&p, &engine_stack, &o, &port);
    handshake(&p);
    p.want_resumed = true;
    count_handshake("resumed", &p);
    pair_teardown(&p);
    cv_host_port_free(host);
    return 0;
}
