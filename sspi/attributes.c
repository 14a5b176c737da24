#include "sspi/attributes.h"

#include "sspi/certificate.h"
#include "sspi/package.h"
#include "sspi/status.h"
#include "sspi/unicode.h"

#include <string.h>

void *cv_query_text(const struct cv_query *q, const char *text, size_t len)
{
    if (!q->wide) {
        char *out = cv_buffer_alloc(len + 1);
        if (out != NULL) memcpy(out, text, len);
        return out;
    }
    WCHAR *out = cv_buffer_alloc((len + 1) * sizeof *out);
    size_t n;
    if (out != NULL && cv_wide_from_utf8(out, len + 1, &n, text, len) != CV_OK) out[0] = 0;
    return out;
}

static SECURITY_STATUS query_stream_sizes(const struct cv_query *q)
{
    struct cv_stream_sizes s;
    if (!q->cx->established) return SEC_E_INVALID_HANDLE;
    cv_conn_stream_sizes(q->cx->conn, &s);
    *(SecPkgContext_StreamSizes *)q->out =
        (SecPkgContext_StreamSizes){s.header, s.trailer, s.max_data, 4, 16};
    return SEC_E_OK;
}

static SECURITY_STATUS query_sizes(const struct cv_query *q)
{
    struct cv_stream_sizes s;
    cv_conn_stream_sizes(q->cx->conn, &s);
    *(SecPkgContext_Sizes *)q->out = (SecPkgContext_Sizes){CV_MAX_TOKEN, 0, 16, s.header + s.trailer};
    return SEC_E_OK;
}

static SECURITY_STATUS query_lifespan(const struct cv_query *q)
{
    SecPkgContext_Lifespan *out = q->out;
    out->tsStart.QuadPart = 0;
    out->tsExpiry = cv_time_stamp(q->info.chain_not_after);
    return SEC_E_OK;
}

static SECURITY_STATUS query_package_info(const struct cv_query *q)
{
    /* Both structs are one pointer. */
    return q->wide ? QuerySecurityPackageInfoW((SEC_WCHAR *)(uintptr_t)UNISP_NAME_W, (PSecPkgInfoW *)q->out)
                   : QuerySecurityPackageInfoA((SEC_CHAR *)(uintptr_t)UNISP_NAME_A, (PSecPkgInfoA *)q->out);
}

static SECURITY_STATUS query_flags(const struct cv_query *q)
{
    ((SecPkgContext_Flags *)q->out)->Flags = q->cx->attributes;
    return SEC_E_OK;
}

static SECURITY_STATUS query_client_target(const struct cv_query *q)
{
    struct cv_query wide = *q;
    if (q->info.server_name.len == 0) return SEC_E_TARGET_UNKNOWN;
    wide.wide = true; /* in both forms */
    void *name = cv_query_text(&wide, (const char *)q->info.server_name.p, q->info.server_name.len);
    if (name == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    ((SecPkgContext_ClientSpecifiedTarget *)q->out)->sTargetName = name;
    return SEC_E_OK;
}

static SECURITY_STATUS query_application_protocol(const struct cv_query *q)
{
    SecPkgContext_ApplicationProtocol *out = q->out;
    memset(out, 0, sizeof *out);
    if (q->info.alpn.len == 0 || q->info.alpn.len > sizeof out->ProtocolId) return SEC_E_OK;
    out->ProtoNegoStatus = SecApplicationProtocolNegotiationStatus_Success;
    out->ProtoNegoExt = SecApplicationProtocolNegotiationExt_ALPN;
    out->ProtocolIdSize = (UCHAR)q->info.alpn.len;
    memcpy(out->ProtocolId, q->info.alpn.p, q->info.alpn.len);
    return SEC_E_OK;
}

static SECURITY_STATUS query_session_info(const struct cv_query *q)
{
    SecPkgContext_SessionInfo *out = q->out;
    if (!q->cx->established) return SEC_E_INVALID_HANDLE;
    memset(out, 0, sizeof *out);
    out->dwFlags = q->info.resumed ? SSL_SESSION_RECONNECT : 0;
    out->cbSessionId = q->info.session_id_len;
    memcpy(out->rgbSessionId, q->info.session_id, q->info.session_id_len);
    return SEC_E_OK;
}

static SECURITY_STATUS query_supported_signatures(const struct cv_query *q)
{
    const struct cv_algorithms *a = &q->cx->cred->algorithms;
    WORD *list = cv_buffer_alloc(a->n_schemes * sizeof *list);
    if (list == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    for (size_t i = 0; i < a->n_schemes; i++) list[i] = a->schemes[i].id;
    *(SecPkgContext_SupportedSignatures *)q->out =
        (SecPkgContext_SupportedSignatures){(WORD)a->n_schemes, list};
    return SEC_E_OK;
}

/* --- exporters --- */

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

static SECURITY_STATUS query_keying_material(const struct cv_query *q)
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

static SECURITY_STATUS query_keying_material_inproc(const struct cv_query *q)
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

static SECURITY_STATUS query_failure(const struct cv_query *q)
{
    cv_err e = q->info.error;
    cv_failure_fill(q->out, q->cx->broken != SEC_E_OK ? q->cx->broken : cv_status_of_conn(e, q->cx->conn), e,
                    q->cx->conn);
    return SEC_E_OK;
}

static const char *scheme_name(const struct cv_algorithms *a, uint16_t id)
{
    for (size_t i = 0; i < a->n_schemes; i++)
        if (a->schemes[i].id == id) return a->schemes[i].name;
    return NULL;
}

static SECURITY_STATUS query_handshake(const struct cv_query *q)
{
    const struct cv_algorithms *a = &q->cx->cred->algorithms;
    uint16_t own = q->info.resumed ? 0 : q->info.own_scheme, peer = q->info.resumed ? 0 : q->info.peer_scheme;
    *(CulvertContext_Handshake *)q->out = (CulvertContext_Handshake){
        .wGroup = q->info.group != NULL ? q->info.group->id : 0,
        .wOwnScheme = own,
        .wPeerScheme = peer,
        .fRetried = q->info.retried,
        .pszGroup = q->info.group != NULL ? q->info.group->name : NULL,
        .pszOwnScheme = scheme_name(a, own),
        .pszPeerScheme = scheme_name(a, peer),
    };
    return SEC_E_OK;
}

static SECURITY_STATUS query_early_data(const struct cv_query *q)
{
    _Static_assert((int)CULVERT_EARLY_DATA_REJECTED == (int)CV_EARLY_REJECTED, "the same numbers");
    *(CulvertContext_EarlyData *)q->out =
        (CulvertContext_EarlyData){(ULONG)q->info.early, q->info.reads_early, q->info.early_len};
    return SEC_E_OK;
}

static SECURITY_STATUS query_psk_identity(const struct cv_query *q)
{
    struct cv_bytes identity = q->info.psk_identity;
    if (identity.len == 0) return SEC_E_NO_CREDENTIALS;
    BYTE *p = cv_buffer_alloc(identity.len);
    if (p == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(p, identity.p, identity.len);
    *(CulvertContext_Bytes *)q->out = (CulvertContext_Bytes){(ULONG)identity.len, p};
    return SEC_E_OK;
}

/* --- dispatch --- */

/* Attributes that are missing here are not offered. */
static const struct {
    ULONG attribute;
    ULONG size; /* of the caller's struct, for the Ex forms */
    SECURITY_STATUS (*query)(const struct cv_query *q);
} queries[] = {
    {SECPKG_ATTR_SIZES, sizeof(SecPkgContext_Sizes), query_sizes},
    {SECPKG_ATTR_LIFESPAN, sizeof(SecPkgContext_Lifespan), query_lifespan},
    {SECPKG_ATTR_STREAM_SIZES, sizeof(SecPkgContext_StreamSizes), query_stream_sizes},
    {SECPKG_ATTR_KEY_INFO, sizeof(SecPkgContext_KeyInfoA), cv_query_key_info},
    {SECPKG_ATTR_PROTO_INFO, sizeof(SecPkgContext_ProtoInfoA), cv_query_proto_info},
    {SECPKG_ATTR_PACKAGE_INFO, sizeof(SecPkgContext_PackageInfoA), query_package_info},
    {SECPKG_ATTR_FLAGS, sizeof(SecPkgContext_Flags), query_flags},
    {SECPKG_ATTR_ACCESS_TOKEN, sizeof(SecPkgContext_AccessToken), cv_query_access_token},
    {SECPKG_ATTR_UNIQUE_BINDINGS, sizeof(SecPkgContext_Bindings), cv_query_unique_bindings},
    {SECPKG_ATTR_ENDPOINT_BINDINGS, sizeof(SecPkgContext_Bindings), cv_query_endpoint_bindings},
    {SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, sizeof(SecPkgContext_ClientSpecifiedTarget), query_client_target},
    {SECPKG_ATTR_APPLICATION_PROTOCOL, sizeof(SecPkgContext_ApplicationProtocol), query_application_protocol},
    {SECPKG_ATTR_REMOTE_CERT_CONTEXT, sizeof(PCCERT_CONTEXT), cv_query_remote_cert},
    {SECPKG_ATTR_REMOTE_CERT_CHAIN, sizeof(PCCERT_CONTEXT), cv_query_remote_cert},
    {SECPKG_ATTR_LOCAL_CERT_CONTEXT, sizeof(PCCERT_CONTEXT), cv_query_local_cert},
    {SECPKG_ATTR_ISSUER_LIST_EX, sizeof(SecPkgContext_IssuerListInfoEx), cv_query_issuer_list},
    {SECPKG_ATTR_CONNECTION_INFO, sizeof(SecPkgContext_ConnectionInfo), cv_query_connection_info},
    {SECPKG_ATTR_CONNECTION_INFO_EX, sizeof(SecPkgContext_ConnectionInfoEx), cv_query_connection_info_ex},
    {SECPKG_ATTR_CIPHER_INFO, sizeof(SecPkgContext_CipherInfo), cv_query_cipher_info},
    {SECPKG_ATTR_SESSION_INFO, sizeof(SecPkgContext_SessionInfo), query_session_info},
    {SECPKG_ATTR_SUPPORTED_SIGNATURES, sizeof(SecPkgContext_SupportedSignatures), query_supported_signatures},
    {SECPKG_ATTR_KEYING_MATERIAL, sizeof(SecPkgContext_KeyingMaterial), query_keying_material},
    {SECPKG_ATTR_KEYING_MATERIAL_INPROC, sizeof(SecPkgContext_KeyingMaterial_Inproc),
     query_keying_material_inproc},
    {SECPKG_ATTR_CULVERT_TLS_EXPORTER_BINDINGS, sizeof(SecPkgContext_Bindings), cv_query_exporter_bindings},
    {SECPKG_ATTR_CULVERT_PSK_IDENTITY, sizeof(CulvertContext_Bytes), query_psk_identity},
    {SECPKG_ATTR_CULVERT_EARLY_DATA, sizeof(CulvertContext_EarlyData), query_early_data},
    {SECPKG_ATTR_CULVERT_HANDSHAKE, sizeof(CulvertContext_Handshake), query_handshake},
    {SECPKG_ATTR_CULVERT_STAPLED_RESPONSE, sizeof(CulvertContext_StapledResponse), cv_query_stapled_response},
    {SECPKG_ATTR_CULVERT_PEER_TIMESTAMPS, sizeof(CulvertContext_Bytes), cv_query_timestamps},
    {SECPKG_ATTR_CULVERT_PEER_KEY, sizeof(CulvertContext_Bytes), cv_query_peer_key},
    {SECPKG_ATTR_CULVERT_AGREED, sizeof(CulvertContext_Extensions), cv_query_extensions},
    {SECPKG_ATTR_CULVERT_FAILURE, sizeof(CulvertContext_Failure), query_failure},
};

static SECURITY_STATUS query(PCtxtHandle handle, ULONG attribute, void *out, ULONG size, bool wide)
{
    SecHandle copy;
    SECURITY_STATUS status = SEC_E_UNSUPPORTED_FUNCTION;
    struct cv_context *cx = cv_context_pin(handle, &copy);
    if (cx == NULL) return SEC_E_INVALID_HANDLE;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        if (queries[i].attribute != attribute) continue;
        if (out == NULL) {
            status = SEC_E_INTERNAL_ERROR;
        } else if (size < queries[i].size) {
            status = SEC_E_BUFFER_TOO_SMALL;
        } else {
            struct cv_query q = {.cx = cx, .wide = wide, .out = out};
            cv_context_lock(cx);
            cv_conn_info(cx->conn, &q.info);
            status = queries[i].query(&q);
            cv_context_unlock(cx);
        }
        break;
    }
    cv_context_unpin(&copy);
    return status;
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer)
{
    return query(phContext, ulAttribute, pBuffer, (ULONG)-1, false);
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer)
{
    return query(phContext, ulAttribute, pBuffer, (ULONG)-1, true);
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesExA(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer,
                                                    ULONG cbBuffer)
{
    return query(phContext, ulAttribute, pBuffer, cbBuffer, false);
}

SECURITY_STATUS SEC_ENTRY QueryContextAttributesExW(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer,
                                                    ULONG cbBuffer)
{
    return query(phContext, ulAttribute, pBuffer, cbBuffer, true);
}

/* --- setting --- */

enum { KEYING_MATERIAL_MAX = 255 * CV_HASH_MAX }; /* what HKDF can give at the most */

static SECURITY_STATUS set_keying_material_info(struct cv_context *cx,
                                                const SecPkgContext_KeyingMaterialInfo *info)
{
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

SECURITY_STATUS SEC_ENTRY SetContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer,
                                                ULONG cbBuffer)
{
    SecHandle copy;
    SECURITY_STATUS status = SEC_E_UNSUPPORTED_FUNCTION;
    struct cv_context *cx = cv_context_pin(phContext, &copy);
    if (cx == NULL) return SEC_E_INVALID_HANDLE;
    switch (ulAttribute) {
    case SECPKG_ATTR_KEYING_MATERIAL_INFO:
        if (pBuffer == NULL || cbBuffer < sizeof(SecPkgContext_KeyingMaterialInfo)) {
            status = SEC_E_INVALID_TOKEN;
            break;
        }
        cv_context_lock(cx);
        status = set_keying_material_info(cx, pBuffer);
        cv_context_unlock(cx);
        break;
    case SECPKG_ATTR_UI_INFO: /* nobody is asked anything here */
    case SECPKG_ATTR_EARLY_START:
        status = SEC_E_OK;
        break;
    default:
        break;
    }
    cv_context_unpin(&copy);
    return status;
}

SECURITY_STATUS SEC_ENTRY SetContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer,
                                                ULONG cbBuffer)
{
    return SetContextAttributesW(phContext, ulAttribute, pBuffer, cbBuffer);
}
