/* What --info prints, and how failures are told: see peer.h. */
#include "sspi/culvert/peer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define STATUS(name)                                                                                         \
    {                                                                                                        \
        name, #name                                                                                          \
    }
static const struct {
    SECURITY_STATUS status;
    const char *name;
} statuses[] = {
    STATUS(SEC_E_INSUFFICIENT_MEMORY),
    STATUS(SEC_E_INVALID_HANDLE),
    STATUS(SEC_E_UNSUPPORTED_FUNCTION),
    STATUS(SEC_E_TARGET_UNKNOWN),
    STATUS(SEC_E_INTERNAL_ERROR),
    STATUS(SEC_E_SECPKG_NOT_FOUND),
    STATUS(SEC_E_INVALID_TOKEN),
    STATUS(SEC_E_LOGON_DENIED),
    STATUS(SEC_E_UNKNOWN_CREDENTIALS),
    STATUS(SEC_E_NO_CREDENTIALS),
    STATUS(SEC_E_MESSAGE_ALTERED),
    STATUS(SEC_E_OUT_OF_SEQUENCE),
    STATUS(SEC_E_NO_AUTHENTICATING_AUTHORITY),
    STATUS(SEC_E_CONTEXT_EXPIRED),
    STATUS(SEC_E_INCOMPLETE_MESSAGE),
    STATUS(SEC_E_INCOMPLETE_CREDENTIALS),
    STATUS(SEC_E_BUFFER_TOO_SMALL),
    STATUS(SEC_E_WRONG_PRINCIPAL),
    STATUS(SEC_E_UNTRUSTED_ROOT),
    STATUS(SEC_E_ILLEGAL_MESSAGE),
    STATUS(SEC_E_CERT_UNKNOWN),
    STATUS(SEC_E_CERT_EXPIRED),
    STATUS(SEC_E_ENCRYPT_FAILURE),
    STATUS(SEC_E_DECRYPT_FAILURE),
    STATUS(SEC_E_ALGORITHM_MISMATCH),
    STATUS(SEC_E_CERT_WRONG_USAGE),
    STATUS(SEC_E_APPLICATION_PROTOCOL_MISMATCH),
    STATUS(SEC_I_CONTINUE_NEEDED),
    STATUS(SEC_I_INCOMPLETE_CREDENTIALS),
    STATUS(SEC_I_RENEGOTIATE),
    STATUS(SEC_I_CONTEXT_EXPIRED),
    STATUS(CRYPT_E_REVOKED),
    STATUS(CRYPT_E_REVOCATION_OFFLINE),
    STATUS(CRYPT_E_NO_REVOCATION_CHECK),
};

const char *cv_status_name(SECURITY_STATUS status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status) return statuses[i].name;
    return NULL;
}

void cv_peer_print_failure(const struct cv_peer *p, const struct cv_link *l, const char *who)
{
    const CulvertContext_Failure *f = &l->failure;
    const char *name = cv_status_name(l->status);
    fprintf(stderr, "%s: ", p->options.command);
    if (who != NULL) fprintf(stderr, "%s: ", who);
    fprintf(stderr, "%s (0x%08x): ", name ? name : "unknown status", (unsigned)l->status);
    if (f->pszMessage != NULL) fprintf(stderr, "in %s: ", f->pszMessage);
    if (f->lDepth >= 0) fprintf(stderr, "certificate %d of the chain: ", (int)f->lDepth);
    fputs(f->pszReason ? f->pszReason : "no reason known", stderr);
    if (f->pszAlert != NULL)
        fprintf(stderr, "; alert %s %s", f->pszAlert, f->fReceived ? "received" : "sent");
    fputc('\n', stderr);
}

/* UTF-16 of an attribute; the names there are ASCII. */
static json_t *wide_string(const WCHAR *w)
{
    char text[SZ_ALG_MAX_SIZE];
    size_t i = 0;
    for (; w[i] != 0 && i + 1 < sizeof text; i++) text[i] = (char)(w[i] < 128 ? w[i] : '?');
    text[i] = 0;
    return json_string(text);
}

static json_t *name_of(PCCERT_CONTEXT c)
{
    char text[1024];
    CertNameToStrA(X509_ASN_ENCODING, &c->pCertInfo->Subject, CERT_X500_NAME_STR, text, sizeof text);
    json_t *s = json_string(text); /* NULL if it is not UTF-8 */
    return s != NULL ? s : json_string("?");
}

/* The subjects of the chain that the peer sent, its own certificate first. */
static json_t *peer_subjects(struct cv_link *l)
{
    PCCERT_CONTEXT leaf, c = NULL;
    json_t *subjects = json_array();
    if (QueryContextAttributesA(&l->context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &leaf) != SEC_E_OK)
        return subjects;
    json_array_append_new(subjects, name_of(leaf));
    while ((c = CertEnumCertificatesInStore(leaf->hCertStore, c)) != NULL)
        if (c->cbCertEncoded != leaf->cbCertEncoded ||
            memcmp(c->pbCertEncoded, leaf->pbCertEncoded, c->cbCertEncoded) != 0)
            json_array_append_new(subjects, name_of(c));
    CertFreeCertificateContext(leaf);
    return subjects;
}

static json_t *string_or_null(const char *s)
{
    return s != NULL ? json_string(s) : json_null();
}

static json_t *alpn_of(struct cv_link *l)
{
    SecPkgContext_ApplicationProtocol alpn;
    if (QueryContextAttributesA(&l->context, SECPKG_ATTR_APPLICATION_PROTOCOL, &alpn) != SEC_E_OK ||
        alpn.ProtoNegoStatus != SecApplicationProtocolNegotiationStatus_Success)
        return json_null();
    return json_stringn((const char *)alpn.ProtocolId, alpn.ProtocolIdSize);
}

/* TLS 1.2's channel binding (RFC 5929), in hexadecimal. */
static json_t *tls_unique_of(struct cv_link *l)
{
    enum { PREFIX_LEN = sizeof "tls-unique:" - 1, VALUE_MAX = 64 };
    SecPkgContext_Bindings b;
    char text[2 * VALUE_MAX + 1] = "";
    if (QueryContextAttributesA(&l->context, SECPKG_ATTR_UNIQUE_BINDINGS, &b) != SEC_E_OK) return json_null();
    const BYTE *value = (const BYTE *)b.Bindings + b.Bindings->dwApplicationDataOffset + PREFIX_LEN;
    size_t len = b.Bindings->cbApplicationDataLength - PREFIX_LEN;
    for (size_t i = 0; i < len && i < VALUE_MAX; i++) (void)snprintf(text + 2 * i, 3, "%02x", value[i]);
    FreeContextBuffer(b.Bindings);
    return json_string(text);
}

/* What is not there by default is told only where it is. */
static void add_extensions(json_t *o, struct cv_link *l)
{
    CulvertContext_Extensions x;
    if (QueryContextAttributesA(&l->context, SECPKG_ATTR_CULVERT_AGREED, &x) != SEC_E_OK) return;
    json_object_set_new(o, "limits", json_pack("[i,i]", (int)x.cbSendLimit, (int)x.cbReceiveLimit));
    if (x.wOwnCompression != 0)
        json_object_set_new(o, "own_compression", string_or_null(cv_compression_name(x.wOwnCompression)));
    if (x.wPeerCompression != 0)
        json_object_set_new(o, "peer_compression", string_or_null(cv_compression_name(x.wPeerCompression)));
    if (x.fOwnRawKey) json_object_set_new(o, "own_raw_key", json_true());
    if (x.fPeerRawKey) json_object_set_new(o, "peer_raw_key", json_true());
}

static void add_connection(json_t *o, struct cv_link *l)
{
    SecPkgContext_CipherInfo cipher = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
    CulvertContext_Handshake handshake;
    CulvertContext_EarlyData early;
    CulvertContext_Bytes identity;
    static const char *const outcomes[] = {[CULVERT_EARLY_DATA_SENT] = "sent",
                                           [CULVERT_EARLY_DATA_ACCEPTED] = "accepted",
                                           [CULVERT_EARLY_DATA_REJECTED] = "rejected"};
    SecPkgContext_SessionInfo session;
    if (QueryContextAttributesA(&l->context, SECPKG_ATTR_CIPHER_INFO, &cipher) == SEC_E_OK) {
        json_object_set_new(o, "protocol", json_string(cipher.dwProtocol == 0x0304 ? "TLSv1.3" : "TLSv1.2"));
        json_object_set_new(o, "suite", wide_string(cipher.szCipherSuite));
    }
    if (QueryContextAttributesA(&l->context, SECPKG_ATTR_CULVERT_HANDSHAKE, &handshake) == SEC_E_OK) {
        json_object_set_new(o, "group", string_or_null(handshake.pszGroup));
        json_object_set_new(o, "signature",
                            string_or_null(l->server ? handshake.pszOwnScheme : handshake.pszPeerScheme));
        json_object_set_new(o, "client_signature",
                            string_or_null(l->server ? handshake.pszPeerScheme : handshake.pszOwnScheme));
        json_object_set_new(o, "retried", json_boolean(handshake.fRetried));
    }
    json_object_set_new(o, "alpn", alpn_of(l));
    json_object_set_new(o, "tls_unique", tls_unique_of(l));
    add_extensions(o, l);
    if (QueryContextAttributesA(&l->context, SECPKG_ATTR_SESSION_INFO, &session) == SEC_E_OK)
        json_object_set_new(o, "resumed", json_boolean(session.dwFlags & SSL_SESSION_RECONNECT));
    if (QueryContextAttributesA(&l->context, SECPKG_ATTR_CULVERT_EARLY_DATA, &early) == SEC_E_OK &&
        early.ulStatus <= CULVERT_EARLY_DATA_REJECTED)
        json_object_set_new(o, "early_data", string_or_null(outcomes[early.ulStatus]));
    if (QueryContextAttributesA(&l->context, SECPKG_ATTR_CULVERT_PSK_IDENTITY, &identity) == SEC_E_OK) {
        json_object_set_new(o, "psk", json_stringn((const char *)identity.pbBytes, identity.cbBytes));
        FreeContextBuffer(identity.pbBytes);
    }
}

static const char *verification(const struct cv_peer *p, bool shown)
{
    if (!shown) return "none";
    if (p->options.insecure) return "not verified";
    return "verified";
}

void cv_peer_print_info(const struct cv_peer *p, struct cv_link *l)
{
    json_t *o, *peer;
    if (!p->options.info) return;
    o = json_object();
    if (l->established) {
        add_connection(o, l);
        peer = peer_subjects(l);
        bool shown = json_array_size(peer) > 0 || json_object_get(o, "peer_raw_key") != NULL;
        json_object_set_new(o, "verification", json_string(verification(p, shown)));
        json_object_set_new(o, "peer", peer);
    } else {
        const CulvertContext_Failure *f = &l->failure;
        const char *name = cv_status_name(l->status);
        json_object_set_new(o, "status", json_string(name ? name : "unknown"));
        json_object_set_new(o, "cause", string_or_null(f->pszCause));
        json_object_set_new(o, "alert", string_or_null(f->pszAlert));
        json_object_set_new(o, "alert_received", json_boolean(f->fReceived));
        if (f->lDepth >= 0) json_object_set_new(o, "certificate", json_integer(f->lDepth));
    }
    char *text = json_dumps(o, JSON_COMPACT);
    if (text != NULL) fprintf(stderr, "%s\n", text);
    free(text);
    json_decref(o);
}
