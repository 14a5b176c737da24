/* What the benchmark programs share: rows, timing, a wire in memory, keys and certificates.
 *
 * A program takes the letters of its sections (A primitives, B handshakes, C bulk data, D memory; ABCD if
 * there is none) and prints rows `peer,metric,value,unit`. Environment:
 *   BENCH_SECS    seconds a run (0.06)
 *   BENCH_RUNS    runs a row, of which the best counts (5)
 *   BENCH_FILTER  only metrics whose name contains this
 *   BENCH_CORE    the processor to stay on; by default the second of those that the process may use
 *   PEERS_CERTS   folder with {ec,rsa}-{root,chain}.pem and {ec,rsa}-leaf.key for the name localhost; without
 *                 it, test/pki/tls is used (from the top folder) */
#ifndef CV_BENCH_HARNESS_H
#define CV_BENCH_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void bench_init(const char *peer, int argc, char **argv);
bool bench_section(char letter);
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool bench_wanted(const char *metric);
void bench_row(const char *metric, double value, const char *unit);

/* Calls a second by the thread's CPU time: the best of several runs. */
typedef void bench_fn(void *arg);
double bench_rate(bench_fn *run, void *arg);
/* A row each, if it is wanted: 10^6 bytes a second, calls a second. */
void bench_mb(const char *metric, bench_fn *run, void *arg, size_t len);
void bench_op(const char *metric, bench_fn *run, void *arg);

/* A counter that runs at one speed, cheap to read: for shares of time. */
uint64_t bench_ticks(void);

/* Sizes of messages for primitives. */
enum { N_AEAD_SIZES = 3, N_HASH_SIZES = 2, BENCH_RECORD = 16384 };
extern const size_t bench_aead_sizes[N_AEAD_SIZES], bench_hash_sizes[N_HASH_SIZES];
extern uint8_t bench_in[BENCH_RECORD + 64]; /* a pattern; not to be changed */
extern uint8_t bench_out[BENCH_RECORD + 1024];

/* What one side wrote and the other has not yet read. */
struct wire {
    size_t r, w;
    bool sink; /* throws away what is written */
    uint8_t p[1 << 17];
};
void wire_clear(struct wire *q);
void wire_put(struct wire *q, const void *p, size_t len);
size_t wire_get(struct wire *q, void *p, size_t cap);
static inline size_t wire_len(const struct wire *q)
{
    return q->w - q->r;
}

/* kind: "ec" (P-256) or "rsa" (2048 bits). */
enum bench_pem { BENCH_ROOT, BENCH_CHAIN, BENCH_KEY };
const char *bench_pem_path(const char *kind, enum bench_pem what);
size_t bench_pem_read(const char *kind, enum bench_pem what, uint8_t *text, size_t cap);

#endif
