/* Operations that the application answers, from SSPI's words into the engine's (tls/operations.h). */
#ifndef CV_SSPI_OPERATIONS_H
#define CV_SSPI_OPERATIONS_H

#include "sspi/win.h"
#include "tls/replay.h"
#include "tls/session.h"

struct cv_credential;

/* What a credential was told, and how the engine is told it; made when it is needed. */
struct cv_application {
    CulvertCredential_SelectCertificate select;
    CulvertCredential_Tickets tickets;
    CulvertCredential_SessionStore store;
    CulvertCredential_EarlyData early;
    const struct cv_credential *cred;
    struct cv_psk *psks; /* secret; what they view lies behind them; NULL: none */
    size_t psks_size;
    struct cv_selector selector;
    struct cv_ticket_sealer sealer;
    struct cv_session_store session_store;
    struct cv_replay_register replay;
    struct cv_replay_notes *notes; /* behind it, where the application has none; may be NULL */
};

/* SECPKG_ATTR_CULVERT_TICKET_KEYS. */
SECURITY_STATUS cv_ticket_keys_hand_out(struct cv_credential *c, CulvertContext_Bytes *out);
void cv_application_free(struct cv_application *a); /* may be NULL */

/* The engine's side of a signer, which both live as long as the key. */
void cv_signer_init(struct cv_signer *out, CulvertSigner *signer);

#endif
