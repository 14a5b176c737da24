/* A host for tests: memory that is counted and can be made to fail, a clock that stands where it is put,
 * random bytes from a seed, locks that notice misuse, and a caller that can be chosen. One thread. */
#ifndef CV_TEST_PORT_H
#define CV_TEST_PORT_H

#include "tls/port.h"

struct test_port {
    struct cv_port port; /* hand out &t.port */

    size_t n_live, live_bytes, peak_bytes; /* what is allocated and not yet freed, locks included */
    size_t n_allocs;                       /* calls so far, failed ones included */
    size_t fail_at; /* the allocation with this number fails, counted from 1; 0: none */
    bool fail_from; /* and all behind it, too */

    int64_t now;
    uint64_t now_ms;

    uint64_t seed, n_random; /* the tape: which, and how many bytes were read from it */
    bool rng_fails;
    uint64_t rng_fails_after; /* fails once so many bytes were read; 0: never */

    size_t n_locks, n_held;

    struct cv_caller caller;
};

/* seed chooses the tape. The clock stands at 2026-01-01 00:00:00 UTC. */
void test_port_init(struct test_port *t, uint64_t seed);

/* Fails the running test if anything is still allocated or locked. */
void test_port_check(const struct test_port *t);

/* Lets the n-th allocation from now fail (n from 1), or none with 0. */
void test_port_fail_at(struct test_port *t, size_t n);

/* Moves both clocks. */
void test_port_advance(struct test_port *t, int64_t seconds);

#endif
