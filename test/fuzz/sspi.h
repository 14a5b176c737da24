/* The façade for fuzzing: credentials from test/pki, and an application
 * that does what Schannel's contract asks of it. */
#ifndef CV_TEST_FUZZ_SSPI_H
#define CV_TEST_FUZZ_SSPI_H

#include "sspi/win.h"
#include "test/fuzz/setup.h"
#include "test/unit/port_test.h"

/* Credentials that trust the root of test/pki. */
struct fuzz_credentials {
    CredHandle server[2]; /* [1]: where it asks for a certificate, none will do */
    CredHandle client, client_with_cert;
};

/* On the algorithms that FUZZ_REAL or FUZZ_REAL_RECORDS among the choices ask for; once fuzz_library_begin
 * was called. */
struct fuzz_credentials *fuzz_credentials(uint16_t choices);
/* Around each input: nothing of one is left for the next, and the random bytes begin anew. Fails at the end
 * if memory or a lock is left. */
void fuzz_library_begin(void);
void fuzz_library_end(void);
/* What the library runs on. */
struct test_port *fuzz_library_port(void);

struct fuzz_app {
    struct fuzz_credentials *creds;
    bool optional_auth, identity;
    bool server, established, over;
    bool in_order; /* no dice */
    struct fuzz_dice dice;
    ULONG req;
    bool alpn, extensions, early;
    bool reads_early; /* a server, before the handshake is over */
    CtxtHandle ctx;
    bool has_ctx;
    uint8_t *buf; /* from the peer and not yet used */
    size_t len;
    size_t n_calls, n_received;

    /* What goes to the peer, and what is read; NULL: nobody looks. */
    void (*sent)(struct fuzz_app *app, struct cv_bytes records);
    void (*read)(struct fuzz_app *app, struct cv_bytes data);
    void *owner;
};

void fuzz_app_init(struct fuzz_app *app, bool server, const struct fuzz_setup *setup);
/* Bytes from the peer; then calls until more are needed, or it is over. */
void fuzz_app_receive(struct fuzz_app *app, struct cv_bytes bytes);
/* One call of ISC or ASC with what there is, or with nothing. */
SECURITY_STATUS fuzz_app_token(struct fuzz_app *app, bool with_bytes);
SECURITY_STATUS fuzz_app_encrypt(struct fuzz_app *app, struct cv_bytes data);
/* ApplyControlToken, then the call that acts on it. */
void fuzz_app_control(struct fuzz_app *app, const void *token, size_t len);
void fuzz_app_free(struct fuzz_app *app);

/* The stream of the setup against one side. */
void fuzz_app_run(const struct fuzz_setup *setup, bool server);

/* Fails if a status is none that the documentation names. */
void fuzz_check_status(SECURITY_STATUS status);

#endif
