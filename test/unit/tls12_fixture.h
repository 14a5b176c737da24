/* The pair of tls_fixture.h in TLS 1.2. */
#ifndef CV_TEST_TLS12_FIXTURE_H
#define CV_TEST_TLS12_FIXTURE_H

#include "tls_fixture.h"

enum { N_KINDS = 4 };
extern const char *const kinds[N_KINDS]; /* of the server's key; the last is RSA */

/* pair_init, and no other version on both sides. */
void init12(struct pair *p, const char *kind);
/* Both are established in TLS 1.2, resumed or not, with the extended master secret, and data passes. */
void check_connected(struct pair *p, bool resumed);
/* Leaves one suite, which may be off by default, to a side. */
void only_suite(struct side *s, uint16_t id);

#endif
