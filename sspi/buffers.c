#include "sspi/buffers.h"

#include "sspi/library.h"

#include <string.h>

/* Requirements above bit 31, in SECBUFFER_FLAGS. */
#define HIGH_MESSAGES (UINT64_C(1) << 32)
#define HIGH_DEFERRED_VALIDATION (UINT64_C(1) << 33)
#define HIGH_NO_POST_HANDSHAKE_AUTH (UINT64_C(1) << 34)

bool cv_desc_valid(const SecBufferDesc *desc)
{
    if (desc == NULL || desc->cBuffers == 0 || desc->pBuffers == NULL) return false;
    for (ULONG i = 0; i < desc->cBuffers; i++) {
        const SecBuffer *b = &desc->pBuffers[i];
        ULONG type = cv_buffer_type(b);
        bool is_read =
            type == SECBUFFER_TOKEN || type == SECBUFFER_DATA || type >= SECBUFFER_CHANNEL_BINDINGS;
        if (is_read && b->pvBuffer == NULL && b->cbBuffer != 0) return false;
    }
    return true;
}

SecBuffer *cv_desc_find(const SecBufferDesc *desc, ULONG type)
{
    if (desc == NULL || desc->pBuffers == NULL) return NULL;
    for (ULONG i = 0; i < desc->cBuffers; i++)
        if (cv_buffer_type(&desc->pBuffers[i]) == type) return &desc->pBuffers[i];
    return NULL;
}

/* SEC_APPLICATION_PROTOCOLS: a size, then lists of {kind, size, names}; ours is the one for ALPN. */
static SECURITY_STATUS read_protocols(struct cv_input *in, const SecBuffer *b)
{
    const uint8_t *p = b->pvBuffer;
    size_t len = b->cbBuffer;
    ULONG total, kind;
    USHORT list_len;
    if (len < sizeof total) return SEC_E_INVALID_TOKEN;
    memcpy(&total, p, sizeof total);
    p += sizeof total;
    len -= sizeof total;
    if (total > len) return SEC_E_INVALID_TOKEN;
    len = total;
    while (len > 0) {
        if (len < sizeof kind + sizeof list_len) return SEC_E_INVALID_TOKEN;
        memcpy(&kind, p, sizeof kind);
        memcpy(&list_len, p + sizeof kind, sizeof list_len);
        p += sizeof kind + sizeof list_len;
        len -= sizeof kind + sizeof list_len;
        if (list_len > len) return SEC_E_INVALID_TOKEN;
        if (kind == SecApplicationProtocolNegotiationExt_ALPN) in->alpn = cv_bytes(p, list_len);
        p += list_len;
        len -= list_len;
    }
    return SEC_E_OK;
}

static SECURITY_STATUS read_flags(struct cv_input *in, const SecBuffer *b)
{
    ULONGLONG flags;
    if (b->cbBuffer < sizeof flags) return SEC_E_INVALID_TOKEN;
    memcpy(&flags, b->pvBuffer, sizeof flags);
    if ((flags & (HIGH_MESSAGES | HIGH_DEFERRED_VALIDATION)) != 0) return SEC_E_UNSUPPORTED_FUNCTION;
    in->no_post_handshake_auth = (flags & HIGH_NO_POST_HANDSHAKE_AUTH) != 0;
    return SEC_E_OK;
}

static SECURITY_STATUS read_buffer(struct cv_input *in, SecBuffer *b, bool first_call)
{
    switch (cv_buffer_type(b)) {
    case SECBUFFER_TOKEN:
        if (!in->has_token) in->token = cv_bytes(b->pvBuffer, b->cbBuffer);
        in->has_token = true;
        return SEC_E_OK;
    case SECBUFFER_EMPTY:
        if (b->cbBuffer != 0) return SEC_E_INVALID_TOKEN;
        if (in->spare == NULL) in->spare = b;
        return SEC_E_OK;
    case SECBUFFER_APPLICATION_PROTOCOLS:
        return first_call ? read_protocols(in, b) : SEC_E_OK;
    case CULVERT_BUFFER_EARLY_DATA:
        if (first_call) in->early_data = cv_bytes(b->pvBuffer, b->cbBuffer);
        return SEC_E_OK;
    case SECBUFFER_FLAGS:
        return first_call ? read_flags(in, b) : SEC_E_OK;
    case SECBUFFER_CHANNEL_BINDINGS:
        in->bindings = b->pvBuffer;
        in->bindings_len = b->cbBuffer;
        return SEC_E_OK;
    case SECBUFFER_SEND_GENERIC_TLS_EXTENSION:
        return cv_generic_read_sent(&in->generic, b);
    case SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION:
        return cv_generic_read_subscribed(&in->generic, b);
    case SECBUFFER_SRTP_PROTECTION_PROFILES:
    case SECBUFFER_SRTP_MASTER_KEY_IDENTIFIER:
    case SECBUFFER_TOKEN_BINDING:
    case SECBUFFER_PRESHARED_KEY:
    case SECBUFFER_PRESHARED_KEY_IDENTITY:
    case SECBUFFER_TRAFFIC_SECRETS:
    case SECBUFFER_CERTIFICATE_REQUEST_CONTEXT:
        return SEC_E_UNSUPPORTED_FUNCTION;
    default:
        return SEC_E_OK;
    }
}

SECURITY_STATUS cv_input_read(struct cv_input *in, const SecBufferDesc *desc, bool first_call)
{
    memset(in, 0, sizeof *in);
    if (desc == NULL || desc->cBuffers == 0) return SEC_E_OK;
    if (!cv_desc_valid(desc)) return SEC_E_INVALID_TOKEN;
    for (ULONG i = 0; i < desc->cBuffers; i++) {
        SECURITY_STATUS status = read_buffer(in, &desc->pBuffers[i], first_call);
        if (status != SEC_E_OK) return status;
    }
    return SEC_E_OK;
}

SECURITY_STATUS cv_output_read(struct cv_output *out, const SecBufferDesc *desc, bool allocate)
{
    *out = (struct cv_output){.allocate = allocate};
    if (desc == NULL || desc->cBuffers == 0 || desc->pBuffers == NULL) return SEC_E_INVALID_TOKEN;
    if (cv_desc_find(desc, SECBUFFER_TRAFFIC_SECRETS) != NULL) return SEC_E_UNSUPPORTED_FUNCTION;
    out->token = cv_desc_find(desc, SECBUFFER_TOKEN);
    out->alert = cv_desc_find(desc, SECBUFFER_ALERT);
    out->extra = cv_desc_find(desc, SECBUFFER_EXTRA);
    out->bindings_result = cv_desc_find(desc, SECBUFFER_CHANNEL_BINDINGS_RESULT);
    out->extension = cv_desc_find(desc, SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION);
    /* Some callers leave the type to us. */
    if (out->token == NULL) out->token = cv_desc_find(desc, SECBUFFER_EMPTY);
    if (out->token == NULL) return SEC_E_INVALID_TOKEN;
    if (!allocate && out->token->cbBuffer == 0) return SEC_E_INSUFFICIENT_MEMORY;
    if (!allocate && out->alert != NULL && out->alert->cbBuffer == 0) return SEC_E_INSUFFICIENT_MEMORY;
    return SEC_E_OK;
}

/* Copies bytes into a buffer, or into memory of ours: where that was asked for, and where the caller names a
 * size but no memory. */
static cv_err fill(SecBuffer *b, bool allocate, struct cv_bytes bytes)
{
    if (!allocate && b->cbBuffer < bytes.len) return CV_E_BUFFER_TOO_SMALL;
    if (allocate || b->pvBuffer == NULL) {
        void *p = NULL;
        if (bytes.len > 0 && (p = cv_buffer_alloc(bytes.len)) == NULL) return CV_E_NO_MEMORY;
        b->pvBuffer = p;
    }
    if (bytes.len > 0) memcpy(b->pvBuffer, bytes.p, bytes.len);
    b->cbBuffer = (ULONG)bytes.len;
    return CV_OK;
}

static void empty(SecBuffer *b, bool allocate)
{
    if (allocate) b->pvBuffer = NULL;
    b->cbBuffer = 0;
}

cv_err cv_output_token(const struct cv_output *out, struct cv_bytes bytes)
{
    cv_err e = fill(out->token, out->allocate, bytes);
    if (e == CV_OK) cv_buffer_retype(out->token, SECBUFFER_TOKEN);
    return e;
}

void cv_output_alert(const struct cv_output *out, bool present, uint8_t level, uint8_t description)
{
    const uint8_t alert[] = {level, description};
    if (out->alert == NULL) return;
    /* It only describes what is in the token: where it does not fit, there is none. */
    if (present && fill(out->alert, out->allocate, cv_bytes(alert, sizeof alert)) == CV_OK) return;
    empty(out->alert, out->allocate);
}

void cv_output_bindings(const struct cv_output *out, ULONG flags)
{
    SEC_CHANNEL_BINDINGS_RESULT result = {flags};
    SecBuffer *b = out->bindings_result;
    if (b == NULL) return;
    if (fill(b, out->allocate, cv_bytes((const uint8_t *)&result, sizeof result)) != CV_OK)
        empty(b, out->allocate);
}

cv_err cv_output_extension(const struct cv_output *out, struct cv_bytes bytes)
{
    if (bytes.len != 0)
        return out->extension != NULL ? fill(out->extension, out->allocate, bytes) : CV_E_BUFFER_TOO_SMALL;
    if (out->extension != NULL) empty(out->extension, out->allocate);
    return CV_OK;
}
