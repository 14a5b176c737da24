/* The traces of RFC 8448 for tests: vectors/rfc8448/traces.h, looked up by section, step and field. */
#ifndef CV_TEST_RFC8448_H
#define CV_TEST_RFC8448_H

#include "crypto/base/bytes.h"

struct rfc8448_item {
    unsigned section;  /* 2 RSA key, 3 simple 1-RTT, 4 resumed 0-RTT, 5 HelloRetryRequest, 6 client auth, 7
                          compatibility */
    const char *who;   /* "client", "server" */
    const char *step;  /* "construct a ClientHello handshake message" */
    const char *field; /* "ClientHello" */
    const char *hex;
};
extern const struct rfc8448_item rfc8448_items[];
extern const size_t n_rfc8448_items;

/* Decodes the nth (from 0) item of the section by `who` whose step contains `step` and whose field is `field`
 * into memory that lives until rfc8448_free. The running test fails if there is none. */
struct cv_bytes rfc8448(unsigned section, const char *who, const char *step, const char *field, unsigned nth);

/* The same for an item found by walking the table. */
struct cv_bytes rfc8448_octets(const struct rfc8448_item *item);

void rfc8448_free(void); /* all that was decoded */

#endif
