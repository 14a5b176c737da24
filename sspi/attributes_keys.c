/* Attributes that hand out keys made from the connection's: exporters, and what EAP wants. */
#include "sspi/attributes.h"

#include "crypto/base/secret.h"
#include "sspi/status.h"

#include <string.h>

/* Labels come with or without their terminator. */
static struct cv_bytes label_of(const char *label, size_t len)
{
    if (len > 0 && label[len - 1] == '\0') len--;
    return cv_bytes((const uint8_t *)label, len);
}

static SECURITY_STATUS export_bytes(const struct cv_query *q, struct cv_bytes label, struct cv_bytes context,
                                    uint8_t *out, size_t len)
{
    cv_err e = cv_conn_export(q->cx->conn, out, len, label, context);
    if (e == CV_OK) return SEC_E_OK;
    return e == CV_E_UNSUPPORTED && !q->cx->established ? SEC_E_INVALID_HANDLE : cv_status_for(e);
}

SECURITY_STATUS cv_query_keying_material(const struct cv_query *q)
{
    const struct cv_context_extras *x = q->cx->extras;
    SecPkgContext_KeyingMaterial *out = q->out;
    if (x == NULL || !x->has_keying) return SEC_E_INVALID_HANDLE;
    uint8_t *p = cv_buffer_alloc(x->keying_len);
    if (p == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    SECURITY_STATUS status = export_bytes(q, label_of((const char *)x->label, x->label_len),
                                          cv_bytes(x->context, x->context_len), p, x->keying_len);
    if (status != SEC_E_OK) {
        FreeContextBuffer(p);
        return status;
    }
    *out = (SecPkgContext_KeyingMaterial){x->keying_len, p};
    return SEC_E_OK;
}

SECURITY_STATUS cv_query_keying_material_inproc(const struct cv_query *q)
{
    SecPkgContext_KeyingMaterial_Inproc *io = q->out;
    if (io->pszLabel == NULL || (io->cbContextValue > 0 && io->pbContextValue == NULL) ||
        io->cbKeyingMaterial == 0)
        return SEC_E_INVALID_TOKEN;
    uint8_t *p = cv_buffer_alloc(io->cbKeyingMaterial);
    if (p == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    SECURITY_STATUS status =
        export_bytes(q, label_of(io->pszLabel, io->cbLabel), cv_bytes(io->pbContextValue, io->cbContextValue),
                     p, io->cbKeyingMaterial);
    if (status != SEC_E_OK)
        FreeContextBuffer(p);
    else
        io->pbKeyingMaterial = p;
    return status;
}

enum { KEYING_MATERIAL_MAX = 255 * CV_HASH_MAX }; /* what HKDF can give at the most */

SECURITY_STATUS cv_set_keying_material_info(struct cv_context *cx, const void *value)
{
    const SecPkgContext_KeyingMaterialInfo *info = value;
    struct cv_context_extras *x = cv_context_extras(cx);
    if (x == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    bool fits = info->cbLabel <= sizeof x->label && info->cbContextValue <= sizeof x->context &&
                info->cbKeyingMaterial <= KEYING_MATERIAL_MAX;
    if (!fits || info->pszLabel == NULL || info->cbLabel == 0 || info->cbKeyingMaterial == 0 ||
        (info->cbContextValue > 0 && info->pbContextValue == NULL))
        return SEC_E_INVALID_TOKEN;
    memcpy(x->label, info->pszLabel, info->cbLabel);
    if (info->cbContextValue > 0) memcpy(x->context, info->pbContextValue, info->cbContextValue);
    x->label_len = info->cbLabel;
    x->context_len = info->cbContextValue;
    x->keying_len = info->cbKeyingMaterial;
    x->has_keying = true;
    return SEC_E_OK;
}

/* --- a key for the application, and the key block of EAP methods --- */

/* A key that both sides have and nobody else, for who wants one and does not say what for. */
SECURITY_STATUS cv_query_session_key(const struct cv_query *q)
{
    enum { SESSION_KEY_LEN = 32 };
    static const uint8_t label[] = "EXPORTER-Culvert-Session-Key";
    uint8_t *p = cv_buffer_alloc(SESSION_KEY_LEN);
    if (p == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    SECURITY_STATUS status =
        export_bytes(q, cv_bytes(label, sizeof label - 1), cv_bytes(NULL, 0), p, SESSION_KEY_LEN);
    if (status == SEC_E_OK)
        *(SecPkgContext_SessionKey *)q->out = (SecPkgContext_SessionKey){SESSION_KEY_LEN, p};
    else
        FreeContextBuffer(p);
    return status;
}

SECURITY_STATUS cv_set_eap_prf_info(struct cv_context *cx, const void *value)
{
    const SecPkgContext_EapPrfInfo *info = value;
    struct cv_context_extras *x = cv_context_extras(cx);
    if (x == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    if (info->dwVersion != 0 || info->pbPrfData == NULL || info->cbPrfData == 0 ||
        info->cbPrfData > sizeof x->eap_label)
        return SEC_E_INVALID_TOKEN;
    memcpy(x->eap_label, info->pbPrfData, info->cbPrfData);
    x->eap_label_len = info->cbPrfData;
    return SEC_E_OK;
}

/* EAP-TLS's key material, of TLS 1.2 (RFC 5216 2.3) or TLS 1.3 (RFC 9190 2.3), or another method's by its
 * label. The IVs, which nobody has a use for, are zeros (RFC 9190 has none). */
SECURITY_STATUS cv_query_eap_key_block(const struct cv_query *q)
{
    static const char label12[] = "client EAP encryption", label13[] = "EXPORTER_EAP_TLS_Key_Material";
    static const uint8_t eap_tls = 0x0d;
    const struct cv_context_extras *x = q->cx->extras;
    SecPkgContext_EapKeyBlock *out = q->out;
    bool tls12 = q->info.version == CV_TLS12, chosen = x != NULL && x->eap_label_len != 0;
    struct cv_bytes label = chosen  ? label_of((const char *)x->eap_label, x->eap_label_len)
                            : tls12 ? label_of(label12, sizeof label12)
                                    : label_of(label13, sizeof label13);
    struct cv_bytes context = chosen || tls12 ? cv_bytes(NULL, 0) : cv_bytes(&eap_tls, 1);
    memset(out, 0, sizeof *out);
    return export_bytes(q, label, context, out->rgbKeys, sizeof out->rgbKeys);
}
