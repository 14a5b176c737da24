/* Security contexts: what a CtxtHandle leads to. */
#ifndef CV_SSPI_CONTEXT_H
#define CV_SSPI_CONTEXT_H

#include "sspi/buffers.h"
#include "sspi/credential.h"
#include "sspi/torture.h"
#include "tls/conn.h"

enum cv_control { CV_CONTROL_NONE, CV_CONTROL_CLOSE, CV_CONTROL_ALERT, CV_CONTROL_RENEGOTIATE };

enum { CV_MARKER_LEN = 8, CV_MARKED_REPEATS = 32 };

/* What a call consumed that ended in a suspension: the next one may bring the same bytes again. */
struct cv_suspension {
    size_t len;
    uint8_t digest[32];
};

/* What few contexts have; made when it is needed. */
struct cv_context_extras {
    struct cv_suspension suspension; /* len 0: none */
    bool has_keying;                 /* SECPKG_ATTR_KEYING_MATERIAL_INFO was set */
    DWORD keying_len;
    size_t label_len, context_len;
    uint8_t label[256], context[256];
    size_t eap_label_len; /* SECPKG_ATTR_EAP_PRF_INFO; 0: EAP-TLS's */
    uint8_t eap_label[64];
    WORD path_mtu;     /* SECPKG_ATTR_DTLS_MTU; 0: not set */
    uint8_t *app_data; /* SECPKG_ATTR_APP_DATA */
    size_t app_data_len;
    DWORD app_data_flags;
    struct cv_torture torture;
    bool account_asked, has_account; /* of the client; impersonate.c */
    void *account;                   /* the application's */
};

struct cv_context {
    struct cv_conn *conn;
    struct cv_credential *cred;
    struct cv_credential *answer; /* brought after SEC_I_INCOMPLETE_CREDENTIALS; may be NULL */
    void *lock;                   /* the sending half: EncryptMessage, ISC and ASC */
    struct cv_context_extras *extras;
    SECURITY_STATUS broken; /* the façade itself gave up on it; SEC_E_OK while it did not */
    ULONG attributes;       /* ISC_RET_… or ASC_RET_… of the last call */
    bool server, established;
    bool undelivered; /* output did not fit and waits */
    bool pending;     /* the call before was suspended: this one goes on with it */
    bool suspended;   /* by SEC_I_INCOMPLETE_CREDENTIALS, which the caller answers */
    bool shows_extension; /* it waits for a buffer that it fits into */
    bool ack_due;     /* SEC_I_RENEGOTIATE was returned, and no ISC or ASC came since */
    bool stored;      /* and a request waits for it */
    bool closed;      /* close_notify was sent */
    bool has_marker;
    uint8_t n_repeats;
    uint8_t control, alert_level, alert_description; /* enum cv_control, for the next call */
    uint8_t marker[CV_MARKER_LEN];
};

/* Without connection; holds the credential. NULL without memory. */
struct cv_context *cv_context_new(struct cv_credential *cred, bool server);
void cv_context_free(struct cv_context *cx); /* not of one that has a handle */

enum { CV_APP_DATA_MAX = 65536 };
void cv_context_drop_app_data(struct cv_context_extras *x);

/* The extras, made if there are none yet. NULL without memory. */
struct cv_context_extras *cv_context_extras(struct cv_context *cx);

/* Is EncryptMessage of use: on an established context, and while a server reads early data. */
bool cv_context_may_send(const struct cv_context *cx);

/* The context behind a handle, and the copy of the handle to unpin it by. NULL if it is none. */
struct cv_context *cv_context_pin(const CtxtHandle *handle, SecHandle *copy);
void cv_context_unpin(const SecHandle *copy);

static inline void cv_context_lock(struct cv_context *cx)
{
    const struct cv_port *port = cv_library()->port;
    port->lock(port->ctx, cx->lock);
}
static inline void cv_context_unlock(struct cv_context *cx)
{
    const struct cv_port *port = cv_library()->port;
    port->unlock(port->ctx, cx->lock);
}

/* Marks a handshake record that DecryptMessage opened, so that it is known when it comes back. */
cv_err cv_marker_put(struct cv_context *cx, uint8_t *rec, size_t rec_len);
/* The length of a marked record in front of `in`; 0 if there is none. */
size_t cv_marker_find(const struct cv_context *cx, struct cv_bytes in);

/* One call of ISC or ASC on a context. */
struct cv_call {
    struct cv_context *cx;
    struct cv_input in;
    struct cv_output out;
    struct cv_credential *cred; /* pinned for this call; may be NULL */
    bool extended_error, fragment, mutual_auth, use_supplied;
    size_t used; /* bytes of the token that are done with */
};

/* Goes on with a handshake, or does what else is due, in the order of design 5.6. */
SECURITY_STATUS cv_call_proceed(struct cv_call *k);

/* CompleteAuthToken, with the context locked. */
SECURITY_STATUS cv_call_complete(struct cv_context *cx, const SecBufferDesc *desc);

#endif
