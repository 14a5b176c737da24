/* Credentials: what AcquireCredentialsHandle makes, and contexts are made from. */
#ifndef CV_SSPI_CREDENTIAL_H
#define CV_SSPI_CREDENTIAL_H

#include "sspi/extensions.h"
#include "sspi/identity.h"
#include "sspi/library.h"
#include "sspi/operations.h"
#include "tls/conn.h"

enum { CV_SERVER_SESSIONS_MAX = 1024 }; /* of TLS 1.2 by ID, of one credential */

enum { CV_CREDS_MAX = 100, CV_TLS_PARAMETERS_MAX = 16, CV_CRYPTO_SETTINGS_MAX = 16 };

/* One for the handle and one for each context that was made from it. Const once a context exists. */
struct cv_credential {
    _Atomic uint32_t refs;
    ULONG use;       /* SECPKG_CRED_INBOUND, _OUTBOUND or both */
    DWORD version;   /* of the structure that it came from */
    DWORD flags;     /* SCH_CRED_… */
    DWORD protocols; /* SP_PROT_…: what it may use */
    uint64_t number; /* which credential this is; none has the number of another */
    bool resume;
    bool auth_optional;
    bool roots_missing;                       /* the host's trust store could not be read */
    struct cv_config client, server;          /* the same but for protocol versions */
    struct cv_session_cache *server_sessions; /* TLS 1.2, by ID; NULL: none */
    struct cv_session_store session_store;    /* in it */
    struct cv_algorithms algorithms;
    struct cv_identity *identities;
    struct cv_identity_memory *memory;
    size_t n_identities, n_alloc;
    struct cv_roots *roots;
    uint8_t *authorities;
    size_t authorities_len;
    CulvertCredential_KeyLog key_log;
    CulvertCredential_Torture torture;
    CulvertCredential_Mapper mapper; /* pfnMap NULL: none */
    struct cv_extension_memory extensions;
    struct cv_revocation revocation; /* of peers, as the flags ask */
    CulvertCredential_Revocation fetch;
    struct cv_application *application; /* NULL: it answers nothing itself */
};

/* One for a context that was made elsewhere, under this suite and group (0: none); it makes none itself.
 * SEC_E_INVALID_TOKEN where they are unknown. */
SECURITY_STATUS cv_credential_of_import(struct cv_credential **out, ULONG use, uint16_t suite,
                                        uint16_t group);

void cv_credential_release(struct cv_credential *c);
void cv_credential_retain(struct cv_credential *c);
/* Called when the handle is closed: its sessions are dropped. */
void cv_credential_closed(struct cv_credential *c);

/* Where the sessions of a context lie: 16 bytes that are the credential's, then 16 that follow from target
 * and caller (section A, row I3). */
void cv_credential_session_key(const struct cv_credential *c, uint8_t key[CV_SESSION_KEY_LEN],
                               struct cv_bytes target);

/* What SetCredentialsAttributes takes: a row an attribute, a list a family. */
enum cv_set_when { CV_SET_BEFORE_CONTEXTS /* which read it without a lock */, CV_SET_AT_ANY_TIME };
struct cv_setting {
    ULONG attribute;
    ULONG size; /* of the caller's struct; 0: it is not looked at */
    enum cv_set_when when;
    SECURITY_STATUS (*set)(struct cv_credential *c, const void *value);
};
struct cv_settings {
    const struct cv_setting *list;
    size_t n;
};
/* extensions.c, operations.c, impersonate.c */
extern const struct cv_settings cv_extension_settings, cv_application_settings, cv_account_settings;

/* Takes over into the configurations what has changed in `algorithms`. */
void cv_credential_use_algorithms(struct cv_credential *c);

/* Judges peers by the certificates of this store, which a server names to clients, too.
 * SEC_E_UNKNOWN_CREDENTIALS if it is none. */
SECURITY_STATUS cv_credential_set_roots(struct cv_credential *c, HCERTSTORE store);

/* revocation.c: what flags say about revocation, and who is asked for lists and answers. */
void cv_credential_set_revocation(struct cv_credential *c);
void cv_credential_set_fetch(struct cv_credential *c, const CulvertCredential_Revocation *fetch);

/* Takes the algorithms that a caller disabled out of the lists. False if none of some kind is left. */
bool cv_crypto_disable(struct cv_algorithms *a, uint16_t *min_rsa_bits, const CRYPTO_SETTINGS *s);

#endif
