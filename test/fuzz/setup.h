/* What stands in front of a stream of TLS bytes: items behind 16-bit tags, as BoringSSL's corpora for client
 * and server have them, so that these serve as they are. */
#ifndef CV_TEST_FUZZ_SETUP_H
#define CV_TEST_FUZZ_SETUP_H

#include "test/fuzz/fuzz.h"

enum {
    FUZZ_TAG_DATA = 0,         /* the rest is the stream */
    FUZZ_TAG_SESSION = 1,      /* behind a 24-bit length: a client has a session with this ticket */
    FUZZ_TAG_CLIENT_AUTH = 2,  /* a server asks for a certificate */
    FUZZ_TAG_HINTS = 5,        /* behind a 24-bit length: passed over */
    FUZZ_TAG_CHOICES = 0x4356, /* ours: u16 of the bits below, u8 seed of the dice */
};

enum {
    FUZZ_NO_VALIDATION = 1 << 0,
    FUZZ_IDENTITY = 1 << 1,        /* a client has a certificate */
    FUZZ_WANT_CREDENTIAL = 1 << 2, /* a client is asked for one when it is needed */
    FUZZ_NO_POST_AUTH = 1 << 3,
    FUZZ_ALPN = 1 << 4,
    FUZZ_REQUIRE = 1 << 5,       /* a server demands the certificate that it asks for */
    FUZZ_SMALL = 1 << 6,         /* low limits */
    FUZZ_NO_MEMORY = 1 << 7,     /* an allocation fails: the one with the seed's number */
    FUZZ_NO_ENTROPY = 1 << 8,    /* the random bytes end after eight times the seed */
    FUZZ_REAL = 1 << 9,          /* through SSPI: the real algorithms, not those of null.h */
    FUZZ_REAL_RECORDS = 1 << 10, /* through SSPI: real hashes and AEADs */
    FUZZ_TLS12 = 1 << 11,        /* at most TLS 1.2; else 1.2 and 1.3 */
    FUZZ_EXTENSIONS = 1 << 12,   /* the engine: what is off by default, but for the next; SSPI: the program's own */
    FUZZ_RAW_KEYS = 1 << 13,     /* raw public keys, ours and the peer's */
    FUZZ_LATER = 1 << 14,        /* the application answers all questions, each a call later */
    FUZZ_EARLY = 1 << 15,        /* early data, external keys, psk_ke */
};

struct fuzz_setup {
    bool session, client_auth;
    struct cv_bytes ticket;
    uint16_t choices;
    uint8_t seed; /* 0: everything in order and at once */
    struct cv_bytes data;
};

/* False where the items are malformed. */
bool fuzz_setup_read(struct fuzz_setup *out, struct cv_bytes in);

#endif
