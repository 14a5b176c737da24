/* The parts of the shim: an SSPI program that BoringSSL's test runner drives. */
#ifndef BOGO_SHIM_H
#define BOGO_SHIM_H

#include "config.h"
#include "sspi/culvert/link.h"

enum { EXIT_FAILED = 1, EXIT_UNIMPLEMENTED = 89 };

/* Says on standard error why the test failed; the runner compares it with what it expects. Returns false. */
bool say(const char *text, ...) __attribute__((format(printf, 1, 2)));
/* The failure as the library tells it: "BAD_FINISHED sent decrypt_error: ...". */
bool say_failure(const CulvertContext_Failure *f);

/* A whole file in memory from malloc; NULL, and it has been said why. */
BYTE *read_file(const char *name, DWORD *len);

/* --- store.c --- */
enum { STORE_MAX = 16 };
struct store {
    struct store_entry {
        BYTE key[CULVERT_SESSION_KEY];
        BYTE *session;
        DWORD len;
    } entries[STORE_MAX];
    size_t n_entries;
    unsigned n_put;   /* since the connection began */
    bool async;       /* answers come later */
    bool no_ticket;   /* none is sealed or opened */
    bool skip_ticket; /* the same, though the library asks */
};
/* Sessions of the credential lie here; with `tickets` those in its tickets too. */
bool store_attach(struct store *s, CredHandle *handle, bool tickets);
void store_free(struct store *s);

/* --- credential.c --- */
struct credential {
    const struct config *config; /* what it was made from */
    CredHandle handle;
    PCCERT_CONTEXT certs[CREDENTIALS_MAX + 1];
    const struct certificate *from[CREDENTIALS_MAX + 1]; /* what the flags say of each */
    int n_certs;
    HCERTSTORE roots;
    BYTE *alpn; /* SEC_APPLICATION_PROTOCOLS; NULL: none */
    ULONG alpn_len;
    struct {
        BYTE secret[64];
        size_t len;
    } traffic[2]; /* from the key log: the client's, the server's */
};
/* False, and it has been said why. *unimplemented: the flags want what the library has not. */
bool credential_open(struct credential *c, const struct config *config, struct store *store,
                     bool *unimplemented);
void credential_close(struct credential *c);

/* --- select.c --- */
bool select_attach(struct credential *c);

/* --- check.c --- */
/* What the runner expects of a connection whose handshake is done. */
/* And once it is over. */
bool check_sessions(const struct config *config, const struct store *store, struct cv_link *link,
                    bool is_resume);
bool check_handshake(const struct config *config, const struct credential *credential, struct cv_link *link,
                     bool is_resume);

#endif
