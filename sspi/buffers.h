/* The buffers of a call: finding them by type, and putting tokens into them. */
#ifndef CV_SSPI_BUFFERS_H
#define CV_SSPI_BUFFERS_H

#include "sspi/win.h"
#include "tls/generic_extension.h"

/* A buffer's type without its attribute bits. */
static inline ULONG cv_buffer_type(const SecBuffer *b)
{
    return b->BufferType & ~(ULONG)SECBUFFER_ATTRMASK;
}

/* Gives a buffer another type; its attribute bits stay. */
static inline void cv_buffer_retype(SecBuffer *b, ULONG type)
{
    b->BufferType = (b->BufferType & SECBUFFER_ATTRMASK) | type;
}

/* True if the descriptor has buffers at all, and each either has memory or is empty. */
bool cv_desc_valid(const SecBufferDesc *desc);

/* The first buffer of a type; NULL if there is none, or no descriptor. */
SecBuffer *cv_desc_find(const SecBufferDesc *desc, ULONG type);

/* What ISC and ASC read. */
struct cv_input {
    struct cv_bytes token; /* of SECBUFFER_TOKEN; empty where there is none */
    SecBuffer *spare;      /* the first SECBUFFER_EMPTY: becomes MISSING or EXTRA; NULL if there is none */
    bool has_token;
    struct cv_bytes alpn;       /* of SECBUFFER_APPLICATION_PROTOCOLS: names as in ALPN */
    struct cv_bytes early_data; /* of CULVERT_BUFFER_EARLY_DATA */
    bool no_post_handshake_auth;
    struct cv_generic_wishes generic; /* of SECBUFFER_SEND_… and SUBSCRIBE_GENERIC_TLS_EXTENSION */
    const SEC_CHANNEL_BINDINGS *bindings;
    size_t bindings_len;
};

/* Reads an input descriptor, which may be NULL. SEC_E_INVALID_TOKEN where it is malformed,
 * SEC_E_UNSUPPORTED_FUNCTION for buffers of features that we do not have. */
SECURITY_STATUS cv_input_read(struct cv_input *in, const SecBufferDesc *desc, bool first_call);

/* generic_extension.c: what one such buffer adds. SEC_E_INVALID_TOKEN where it is malformed,
 * SEC_E_INVALID_PARAMETER for flags, of which there are none, and more than there is room for. */
SECURITY_STATUS cv_generic_read_sent(struct cv_generic_wishes *w, const SecBuffer *b);
SECURITY_STATUS cv_generic_read_subscribed(struct cv_generic_wishes *w, const SecBuffer *b);

/* Where ISC and ASC write. */
struct cv_output {
    SecBuffer *token; /* never NULL once read */
    SecBuffer *alert; /* NULL if there is none */
    SecBuffer *extra; /* a SECBUFFER_EXTRA of the output, for callers without a spare input buffer; or NULL */
    SecBuffer *bindings_result; /* what became of the caller's channel bindings; or NULL */
    SecBuffer *extension;       /* for an extension that was subscribed to; or NULL */
    bool allocate;
};

/* Reads an output descriptor: SEC_E_INVALID_TOKEN without buffers, SEC_E_UNSUPPORTED_FUNCTION for traffic
 * secrets, SEC_E_INSUFFICIENT_MEMORY where a token or alert has no room at all and none may be allocated.
 * Changes nothing. */
SECURITY_STATUS cv_output_read(struct cv_output *out, const SecBufferDesc *desc, bool allocate);

/* Puts bytes into the token buffer (or an alert's description into the alert buffer). CV_E_BUFFER_TOO_SMALL
 * and CV_E_NO_MEMORY leave the buffer as it was. With no bytes the buffer becomes empty. */
cv_err cv_output_token(const struct cv_output *out, struct cv_bytes bytes);
void cv_output_alert(const struct cv_output *out, bool present, uint8_t level, uint8_t description);
/* SEC_CHANNEL_BINDINGS_RESULT_… into its buffer, if it fits. */
void cv_output_bindings(const struct cv_output *out, ULONG flags);
/* The same for an extension, which there must be room for; without bytes the buffer becomes empty. */
cv_err cv_output_extension(const struct cv_output *out, struct cv_bytes bytes);

#endif
