#include "sspi/attributes.h"

#include "sspi/certificate.h"
#include "sspi/host_certificate.h"

#include <string.h>

/* A context for the peer's certificate, in a store of its own with all that it sent. */
SECURITY_STATUS cv_query_remote_cert(const struct cv_query *q)
{
    PCCERT_CONTEXT *out = q->out;
    if (q->info.peer_chain.len == 0 || q->info.peer_raw_key) return SEC_E_NO_CREDENTIALS;
    switch (cv_context_from_chain(out, q->info.peer_chain)) {
    case CV_OK:
        return SEC_E_OK;
    case CV_E_NO_MEMORY:
        return SEC_E_INSUFFICIENT_MEMORY;
    default:
        return SEC_E_CERT_UNKNOWN;
    }
}

/* Our own, as the credential got it. */
static PCCERT_CONTEXT local_cert(const struct cv_query *q)
{
    const struct cv_credential *from[] = {q->cx->answer, q->cx->cred};
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
        if (from[i] == NULL || q->info.identity == NULL) continue;
        for (size_t k = 0; k < from[i]->n_identities; k++)
            if (&from[i]->identities[k] == q->info.identity) return from[i]->memory[k].leaf;
    }
    return NULL;
}

SECURITY_STATUS cv_query_local_cert(const struct cv_query *q)
{
    PCCERT_CONTEXT ctx = local_cert(q);
    if (ctx == NULL) return SEC_E_NO_CREDENTIALS;
    *(PCCERT_CONTEXT *)q->out = CertDuplicateCertificateContext(ctx);
    return SEC_E_OK;
}

/* One block: the blobs, then the names. */
SECURITY_STATUS cv_query_issuer_list(const struct cv_query *q)
{
    SecPkgContext_IssuerListInfoEx *out = q->out;
    struct cv_bytes list = q->info.authorities, name;
    DWORD n = 0;
    while (cv_read_vec16(&list, &name) == CV_OK) n++;
    *out = (SecPkgContext_IssuerListInfoEx){NULL, 0};
    if (n == 0) return SEC_E_OK;
    CERT_NAME_BLOB *blobs = cv_buffer_alloc(n * sizeof *blobs + q->info.authorities.len);
    if (blobs == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    uint8_t *at = (uint8_t *)(blobs + n);
    list = q->info.authorities;
    for (DWORD i = 0; i < n && cv_read_vec16(&list, &name) == CV_OK; i++) {
        blobs[i] = (CERT_NAME_BLOB){(DWORD)name.len, at};
        if (name.len > 0) memcpy(at, name.p, name.len);
        at += name.len;
    }
    *out = (SecPkgContext_IssuerListInfoEx){blobs, n};
    return SEC_E_OK;
}

SECURITY_STATUS cv_query_stapled_response(const struct cv_query *q)
{
    struct cv_bytes list = q->info.peer_staples, first;
    if (cv_read_vec24(&list, &first) != CV_OK) return SEC_E_NO_CREDENTIALS;
    BYTE *p = cv_query_copy(first);
    if (p == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    *(CulvertContext_StapledResponse *)q->out = (CulvertContext_StapledResponse){(ULONG)first.len, p};
    return SEC_E_OK;
}

/* --- channel bindings --- */

/* SEC_CHANNEL_BINDINGS with nothing but application data: prefix and value. */
static SECURITY_STATUS make_bindings(SecPkgContext_Bindings *out, const char *prefix, const uint8_t *value,
                                     size_t value_len)
{
    size_t prefix_len = strlen(prefix), data_len = prefix_len + value_len;
    SEC_CHANNEL_BINDINGS *b = cv_buffer_alloc(sizeof *b + data_len);
    if (b == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    b->cbApplicationDataLength = (ULONG)data_len;
    b->dwApplicationDataOffset = sizeof *b;
    memcpy((uint8_t *)(b + 1), prefix, prefix_len);
    memcpy((uint8_t *)(b + 1) + prefix_len, value, value_len);
    out->BindingsLength = (ULONG)(sizeof *b + data_len);
    out->Bindings = b;
    return SEC_E_OK;
}

/* RFC 5929 section 4.1: the hash of the certificate's signature, SHA-256 in place of MD5 and SHA-1; undefined
 * for signatures without one hash. */
static const struct cv_hash *endpoint_hash(const struct cv_cert *cert)
{
    if (!cert->sig.known) return NULL;
    switch (cert->sig.hash) {
    case CV_HASH_SHA1:
    case CV_HASH_SHA256:
        return &cv_sha256;
    case CV_HASH_SHA384:
        return &cv_sha384;
    case CV_HASH_SHA512:
        return &cv_sha512;
    default:
        return NULL;
    }
}

SECURITY_STATUS cv_query_endpoint_bindings(const struct cv_query *q)
{
    struct cv_bytes chain = q->info.peer_chain, der;
    struct cv_cert cert;
    uint8_t digest[CV_HASH_MAX];
    bool raw = q->info.role == CV_SERVER ? q->info.own_raw_key : q->info.peer_raw_key;
    if (raw) return SEC_E_UNSUPPORTED_FUNCTION; /* of certificates only */
    if (q->info.role == CV_SERVER) {
        if (q->info.identity == NULL)
            return SEC_E_UNSUPPORTED_FUNCTION; /* resumed: no certificate took part */
        der = q->info.identity->chain[0];
    } else if (cv_read_vec24(&chain, &der) != CV_OK) {
        return SEC_E_UNSUPPORTED_FUNCTION;
    }
    if (cv_cert_parse(&cert, der) != CV_OK) return SEC_E_CERT_UNKNOWN;
    const struct cv_hash *hash = endpoint_hash(&cert);
    if (hash == NULL) return SEC_E_UNSUPPORTED_FUNCTION;
    cv_hash_digest(hash, digest, der.p, der.len);
    return make_bindings(q->out, "tls-server-end-point:", digest, hash->digest_len);
}

SECURITY_STATUS cv_endpoint_bindings(struct cv_context *cx, SecPkgContext_Bindings *out)
{
    struct cv_query q = {.cx = cx, .out = out};
    cv_conn_info(cx->conn, &q.info);
    return cv_query_endpoint_bindings(&q);
}

/* RFC 5929 section 3; undefined in TLS 1.3, and without the extended master secret (RFC 7627 5.4). */
SECURITY_STATUS cv_query_unique_bindings(const struct cv_query *q)
{
    struct cv_bytes value = q->info.tls_unique;
    if (value.len == 0) return SEC_E_UNSUPPORTED_FUNCTION;
    return make_bindings(q->out, "tls-unique:", value.p, value.len);
}

/* RFC 9266 section 4.2. */
SECURITY_STATUS cv_query_exporter_bindings(const struct cv_query *q)
{
    static const uint8_t label[] = "EXPORTER-Channel-Binding";
    uint8_t value[32];
    cv_err e = cv_conn_export(q->cx->conn, value, sizeof value, cv_bytes(label, sizeof label - 1),
                              cv_bytes(NULL, 0));
    if (e != CV_OK) return SEC_E_INVALID_HANDLE;
    return make_bindings(q->out, "tls-exporter:", value, sizeof value);
}
