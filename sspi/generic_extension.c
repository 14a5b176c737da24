/* SECBUFFER_SEND_GENERIC_TLS_EXTENSION and SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION. */
#include "sspi/buffers.h"

#include <string.h>

SECURITY_STATUS cv_generic_read_sent(struct cv_generic_wishes *w, const SecBuffer *b)
{
    enum { HEAD_LEN = offsetof(SEND_GENERIC_TLS_EXTENSION, Buffer) };
    SEND_GENERIC_TLS_EXTENSION head = {0};
    if (b->cbBuffer < HEAD_LEN) return SEC_E_INVALID_TOKEN;
    memcpy(&head, b->pvBuffer, HEAD_LEN);
    if (head.BufferSize > b->cbBuffer - HEAD_LEN) return SEC_E_INVALID_TOKEN;
    if (head.Flags != 0 || w->n_sent == CV_GENERIC_SENT_MAX) return SEC_E_INVALID_PARAMETER;
    w->sent[w->n_sent++] = (struct cv_generic_extension){
        head.ExtensionType,
        head.HandshakeType,
        cv_bytes((const uint8_t *)b->pvBuffer + HEAD_LEN, head.BufferSize),
    };
    return SEC_E_OK;
}

SECURITY_STATUS cv_generic_read_subscribed(struct cv_generic_wishes *w, const SecBuffer *b)
{
    enum { HEAD_LEN = offsetof(SUBSCRIBE_GENERIC_TLS_EXTENSION, Subscriptions) };
    _Static_assert((int)SCH_MAX_EXT_SUBSCRIPTIONS == (int)CV_GENERIC_SUBSCRIBED_MAX,
                   "as many as Windows has");
    SUBSCRIBE_GENERIC_TLS_EXTENSION head = {0};
    if (b->cbBuffer < HEAD_LEN) return SEC_E_INVALID_TOKEN;
    memcpy(&head, b->pvBuffer, HEAD_LEN);
    const uint8_t *p = (const uint8_t *)b->pvBuffer + HEAD_LEN;
    if (head.SubscriptionsCount > (b->cbBuffer - HEAD_LEN) / sizeof(TLS_EXTENSION_SUBSCRIPTION))
        return SEC_E_INVALID_TOKEN;
    if (head.Flags != 0 || head.SubscriptionsCount > CV_GENERIC_SUBSCRIBED_MAX - w->n_subscribed)
        return SEC_E_INVALID_PARAMETER;
    for (DWORD i = 0; i < head.SubscriptionsCount; i++) {
        TLS_EXTENSION_SUBSCRIPTION s;
        memcpy(&s, p + i * sizeof s, sizeof s);
        w->subscribed[w->n_subscribed++] =
            (struct cv_generic_extension){s.ExtensionType, s.HandshakeType, {NULL, 0}};
    }
    return SEC_E_OK;
}
