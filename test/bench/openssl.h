/* Inside openssl-bench. */
#ifndef CV_BENCH_OPENSSL_H
#define CV_BENCH_OPENSSL_H

#include "harness.h"

/* Ends the program, with OpenSSL's reasons, unless ok. */
void must(bool ok, const char *what);

void openssl_primitives(void);

#endif
