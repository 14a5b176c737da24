/* culvert-bench: this library in the rows of the benchmark. BENCH_CPU hides features of the processor from
 * the engine and the primitives, as for cv_cpu_mask: "-avx512,-vaes". */
#include "stack.h"

#include "crypto/cpu.h"
#include "sspi/win.h"
#include "sspi/port/host.h"

#include <stdio.h>
#include <stdlib.h>

static void handshake(void *arg)
{
    struct pair *p = arg;
    pair_connect(p);
    pair_free(p);
}

static void bench_handshake(const struct stack *stack, const struct cv_port *port, const char *metric,
                            const struct stack_options *o)
{
    char server_metric[64];
    struct pair p;
    if (!bench_wanted(metric)) return;
    pair_setup(&p, stack, o, port);
    if (o->resume) {
        handshake(&p); /* leaves a ticket for the next */
        p.want_resumed = true;
    }
    double rate = bench_rate(handshake, &p);
    bench_row(metric, rate, "pair/s");
    (void)snprintf(server_metric, sizeof server_metric, "%s_srv", metric);
    bench_row(server_metric, rate * (double)(p.server_ticks + p.client_ticks) / (double)p.server_ticks,
              "srv/s");
    pair_teardown(&p);
}

static void bench_handshakes(const struct cv_port *port, uint32_t cpu)
{
    static const struct {
        const char *name, *kind;
        bool resume;
    } rows[] = {
        {"tls13_full_ecdsa_x25519", "ec", false},
        {"tls13_resumed_psk_dhe", "ec", true},
        {"tls13_full_rsa2048_x25519", "rsa", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct stack_options o = {
            .kind = rows[i].kind, .suite = CV_TLS_AES_128_GCM_SHA256, .resume = rows[i].resume, .cpu = cpu};
        char metric[64];
        (void)snprintf(metric, sizeof metric, "B_%s", rows[i].name);
        bench_handshake(&engine_stack, port, metric, &o);
        (void)snprintf(metric, sizeof metric, "B_sspi_%s", rows[i].name);
        bench_handshake(&facade_stack, port, metric, &o);
    }
}

static void send_record(void *arg)
{
    pair_send(arg, true, BENCH_RECORD);
}

static void move_record(void *arg)
{
    pair_send(arg, true, BENCH_RECORD);
    pair_receive(arg, false, BENCH_RECORD);
}

static void bench_stream(const struct stack *stack, const struct cv_port *port, const char *name,
                         const struct stack_options *o)
{
    char metric[64];
    struct pair p;
    if (!bench_wanted(name)) return;
    pair_setup(&p, stack, o, port);
    pair_connect(&p);
    (void)snprintf(metric, sizeof metric, "%s_pair", name);
    bench_mb(metric, move_record, &p, BENCH_RECORD);
    to_client.sink = true;
    (void)snprintf(metric, sizeof metric, "%s_send", name);
    bench_mb(metric, send_record, &p, BENCH_RECORD);
    pair_free(&p);
    pair_teardown(&p);
}

static void bench_bulk(const struct cv_port *port, uint32_t cpu)
{
    static const struct {
        const char *name;
        unsigned suite;
    } rows[] = {
        {"aes128gcm", CV_TLS_AES_128_GCM_SHA256},
        {"aes256gcm", CV_TLS_AES_256_GCM_SHA384},
        {"chacha20", CV_TLS_CHACHA20_POLY1305_SHA256},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct stack_options o = {.kind = "ec", .suite = rows[i].suite, .cpu = cpu};
        char name[64];
        (void)snprintf(name, sizeof name, "C_tls13_%s", rows[i].name);
        bench_stream(&facade_stack, port, name, &o);
        (void)snprintf(name, sizeof name, "C_engine_tls13_%s", rows[i].name);
        bench_stream(&engine_stack, port, name, &o);
    }
}

int main(int argc, char **argv)
{
    const struct cv_port *port;
    const uint32_t cpu = cv_cpu_mask(cv_cpu_detect(), getenv("BENCH_CPU"));
    bench_init("culvert-" CULVERT_VERSION, argc, argv);
    if (cv_host_port_new(&port) != CV_OK) bench_fail("no port");
    if (bench_section('A')) bench_primitives(&port->rng, cpu);
    if (bench_section('B')) bench_handshakes(port, cpu);
    if (bench_section('C')) bench_bulk(port, cpu);
    if (bench_section('D')) bench_memory(port, cpu);
    cv_host_port_free(port);
    return 0;
}
