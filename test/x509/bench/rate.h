/* What the programs of `make bench-x509` share: each validates CHAIN (leaf and intermediate, PEM, for
 * server.example) against ROOTS (PEM), again and again, from DER to verdict; the roots are read before. */
#ifndef CV_TEST_X509_RATE_H
#define CV_TEST_X509_RATE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RATE_ROUNDS = 7 };

static inline double rate_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Microseconds for one validation, the best of several rounds. */
static inline void rate_run(const char *who, bool (*once)(void *), void *arg)
{
    double best = 1e9;
    for (int round = 0; round < RATE_ROUNDS; round++) {
        double begin = rate_cpu(), spent;
        unsigned n = 0;
        do {
            for (int i = 0; i < 20; i++, n++) {
                if (once(arg)) continue;
                fprintf(stderr, "%s: the chain was refused\n", who);
                exit(1);
            }
        } while ((spent = rate_cpu() - begin) < 0.05);
        if (spent / n < best) best = spent / n;
    }
    printf("%s %.1f\n", who, best * 1e6);
}

#endif
