#include "sspi/attributes.h"

#include "sspi/certificate.h"
#include "sspi/package.h"
#include "sspi/status.h"
#include "sspi/unicode.h"

#include <string.h>

void *cv_query_copy(struct cv_bytes bytes)
{
    void *p = cv_buffer_alloc(bytes.len);
    if (p != NULL) memcpy(p, bytes.p, bytes.len);
    return p;
}

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
    if (!cv_context_may_send(q->cx)) return SEC_E_INVALID_HANDLE;
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

static SECURITY_STATUS query_dtls_mtu(const struct cv_query *q)
{
    enum { WINDOWS_DEFAULT = 1096 };
    const struct cv_context_extras *x = q->cx->extras;
    WORD mtu = x != NULL && x->path_mtu != 0 ? x->path_mtu : WINDOWS_DEFAULT;
    memcpy(q->out, &mtu, sizeof mtu);
    return SEC_E_OK;
}

static SECURITY_STATUS query_early_start(const struct cv_query *q)
{
    ((SecPkgContext_EarlyStart *)q->out)->dwEarlyStartFlags = 0; /* there is none */
    return SEC_E_OK;
}

static SECURITY_STATUS query_app_data(const struct cv_query *q)
{
    const struct cv_context_extras *x = q->cx->extras;
    SecPkgContext_SessionAppData *out = q->out;
    *out = (SecPkgContext_SessionAppData){0, 0, NULL};
    if (x == NULL || x->app_data_len == 0) return SEC_E_OK;
    uint8_t *p = cv_query_copy(cv_bytes(x->app_data, x->app_data_len));
    if (p == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    *out = (SecPkgContext_SessionAppData){x->app_data_flags, (DWORD)x->app_data_len, p};
    return SEC_E_OK;
}

static SECURITY_STATUS query_negotiated_extensions(const struct cv_query *q)
{
    uint16_t list[CV_GENERIC_NEGOTIATED_MAX];
    if (!q->cx->established) return SEC_E_INVALID_HANDLE;
    size_t n = cv_generic_negotiated(q->cx->conn, list, CV_GENERIC_NEGOTIATED_MAX);
    USHORT *p = n > 0 ? cv_buffer_alloc(n * sizeof *p) : NULL;
    if (n > 0 && p == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    if (n > 0) memcpy(p, list, n * sizeof *p);
    *(SecPkgContext_NegotiatedTlsExtensions *)q->out = (SecPkgContext_NegotiatedTlsExtensions){(ULONG)n, p};
    return SEC_E_OK;
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
    BYTE *p = cv_query_copy(identity);
    if (p == NULL) return SEC_E_INSUFFICIENT_MEMORY;
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
    {SECPKG_ATTR_NAMES, sizeof(SecPkgContext_NamesA), cv_query_names},
    {SECPKG_ATTR_LIFESPAN, sizeof(SecPkgContext_Lifespan), query_lifespan},
    {SECPKG_ATTR_STREAM_SIZES, sizeof(SecPkgContext_StreamSizes), query_stream_sizes},
    {SECPKG_ATTR_KEY_INFO, sizeof(SecPkgContext_KeyInfoA), cv_query_key_info},
    {SECPKG_ATTR_AUTHORITY, sizeof(SecPkgContext_AuthorityA), cv_query_authority},
    {SECPKG_ATTR_PROTO_INFO, sizeof(SecPkgContext_ProtoInfoA), cv_query_proto_info},
    {SECPKG_ATTR_SESSION_KEY, sizeof(SecPkgContext_SessionKey), cv_query_session_key},
    {SECPKG_ATTR_PACKAGE_INFO, sizeof(SecPkgContext_PackageInfoA), query_package_info},
    {SECPKG_ATTR_FLAGS, sizeof(SecPkgContext_Flags), query_flags},
    {SECPKG_ATTR_ACCESS_TOKEN, sizeof(SecPkgContext_AccessToken), cv_query_access_token},
    {SECPKG_ATTR_UNIQUE_BINDINGS, sizeof(SecPkgContext_Bindings), cv_query_unique_bindings},
    {SECPKG_ATTR_ENDPOINT_BINDINGS, sizeof(SecPkgContext_Bindings), cv_query_endpoint_bindings},
    {SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, sizeof(SecPkgContext_ClientSpecifiedTarget), query_client_target},
    {SECPKG_ATTR_DTLS_MTU, sizeof(WORD), query_dtls_mtu},
    {SECPKG_ATTR_APPLICATION_PROTOCOL, sizeof(SecPkgContext_ApplicationProtocol), query_application_protocol},
    {SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS, sizeof(SecPkgContext_NegotiatedTlsExtensions),
     query_negotiated_extensions},
    {SECPKG_ATTR_ISSUER_LIST, sizeof(SecPkgContext_IssuerListInfo), cv_query_issuer_list_wire},
    {SECPKG_ATTR_REMOTE_CRED, sizeof(SecPkgContext_RemoteCredentialInfo), cv_query_remote_cred},
    {SECPKG_ATTR_LOCAL_CRED, sizeof(SecPkgContext_LocalCredentialInfo), cv_query_local_cred},
    {SECPKG_ATTR_REMOTE_CERT_CONTEXT, sizeof(PCCERT_CONTEXT), cv_query_remote_cert},
    {SECPKG_ATTR_REMOTE_CERT_CHAIN, sizeof(PCCERT_CONTEXT), cv_query_remote_cert},
    {SECPKG_ATTR_LOCAL_CERT_CONTEXT, sizeof(PCCERT_CONTEXT), cv_query_local_cert},
    {SECPKG_ATTR_ROOT_STORE, sizeof(HCERTSTORE), cv_query_root_store},
    {SECPKG_ATTR_ISSUER_LIST_EX, sizeof(SecPkgContext_IssuerListInfoEx), cv_query_issuer_list},
    {SECPKG_ATTR_CONNECTION_INFO, sizeof(SecPkgContext_ConnectionInfo), cv_query_connection_info},
    {SECPKG_ATTR_CONNECTION_INFO_EX, sizeof(SecPkgContext_ConnectionInfoEx), cv_query_connection_info_ex},
    {SECPKG_ATTR_EAP_KEY_BLOCK, sizeof(SecPkgContext_EapKeyBlock), cv_query_eap_key_block},
    {SECPKG_ATTR_APP_DATA, sizeof(SecPkgContext_SessionAppData), query_app_data},
    {SECPKG_ATTR_REMOTE_CERTIFICATES, sizeof(SecPkgContext_Certificates), cv_query_remote_certificates},
    {SECPKG_ATTR_CC_POLICY_RESULT, sizeof(SecPkgContext_ClientCertPolicyResult), cv_query_policy_result},
    {SECPKG_ATTR_LOCAL_CERT_INFO, sizeof(SecPkgContext_CertInfo), cv_query_local_cert_info},
    {SECPKG_ATTR_EARLY_START, sizeof(SecPkgContext_EarlyStart), query_early_start},
    {SECPKG_ATTR_CERT_CHECK_RESULT, sizeof(SecPkgContext_CertificateValidationResult), cv_query_check_result},
    {SECPKG_ATTR_CERT_CHECK_RESULT_INPROC, sizeof(SecPkgContext_CertificateValidationResult),
     cv_query_check_result},
    {SECPKG_ATTR_CIPHER_INFO, sizeof(SecPkgContext_CipherInfo), cv_query_cipher_info},
    {SECPKG_ATTR_SESSION_INFO, sizeof(SecPkgContext_SessionInfo), query_session_info},
    {SECPKG_ATTR_SUPPORTED_SIGNATURES, sizeof(SecPkgContext_SupportedSignatures), query_supported_signatures},
    {SECPKG_ATTR_KEYING_MATERIAL, sizeof(SecPkgContext_KeyingMaterial), cv_query_keying_material},
    {SECPKG_ATTR_KEYING_MATERIAL_INPROC, sizeof(SecPkgContext_KeyingMaterial_Inproc),
     cv_query_keying_material_inproc},
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

/* Nobody is asked anything here, and there is no false start (RFC 7918). */
static SECURITY_STATUS accept(struct cv_context *cx, const void *value)
{
    (void)cx;
    (void)value;
    return SEC_E_OK;
}

static SECURITY_STATUS set_dtls_mtu(struct cv_context *cx, const void *value)
{
    struct cv_context_extras *x = cv_context_extras(cx);
    if (x == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    memcpy(&x->path_mtu, value, sizeof x->path_mtu);
    return SEC_E_OK;
}

static SECURITY_STATUS set_app_data(struct cv_context *cx, const void *value)
{
    const SecPkgContext_SessionAppData *data = value;
    struct cv_context_extras *x = cv_context_extras(cx);
    uint8_t *p = NULL;
    if (x == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    if (data->cbAppData > CV_APP_DATA_MAX || (data->cbAppData > 0 && data->pbAppData == NULL))
        return SEC_E_INVALID_TOKEN;
    if (data->cbAppData > 0) {
        if ((p = cv_alloc(data->cbAppData)) == NULL) return SEC_E_INSUFFICIENT_MEMORY;
        memcpy(p, data->pbAppData, data->cbAppData);
    }
    cv_context_drop_app_data(x);
    x->app_data = p;
    x->app_data_len = data->cbAppData;
    x->app_data_flags = data->dwFlags;
    return SEC_E_OK;
}

static const struct {
    ULONG attribute;
    ULONG size; /* of the caller's struct; 0: it is not looked at */
    SECURITY_STATUS (*set)(struct cv_context *cx, const void *value);
} settings[] = {
    {SECPKG_ATTR_KEYING_MATERIAL_INFO, sizeof(SecPkgContext_KeyingMaterialInfo), cv_set_keying_material_info},
    {SECPKG_ATTR_EAP_PRF_INFO, sizeof(SecPkgContext_EapPrfInfo), cv_set_eap_prf_info},
    {SECPKG_ATTR_APP_DATA, sizeof(SecPkgContext_SessionAppData), set_app_data},
    {SECPKG_ATTR_DTLS_MTU, sizeof(WORD), set_dtls_mtu},
    {SECPKG_ATTR_UI_INFO, 0, accept},
    {SECPKG_ATTR_EARLY_START, 0, accept},
};

SECURITY_STATUS SEC_ENTRY SetContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute, void *pBuffer,
                                                ULONG cbBuffer)
{
    SecHandle copy;
    SECURITY_STATUS status = SEC_E_UNSUPPORTED_FUNCTION;
    struct cv_context *cx = cv_context_pin(phContext, &copy);
    if (cx == NULL) return SEC_E_INVALID_HANDLE;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (settings[i].attribute != ulAttribute) continue;
        status = SEC_E_INVALID_TOKEN;
        if (settings[i].size != 0 && (pBuffer == NULL || cbBuffer < settings[i].size)) break;
        cv_context_lock(cx);
        status = settings[i].set(cx, pBuffer);
        cv_context_unlock(cx);
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
