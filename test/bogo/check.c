/* What the runner expects to be told about a connection. */
#include "shim.h"

#include <string.h>

/* The attribute, or a complaint. */
static bool query(struct cv_link *link, ULONG attribute, const char *name, void *out)
{
    SECURITY_STATUS status = QueryContextAttributesA(&link->context, attribute, out);
    return status == SEC_E_OK ? true : say("%s: 0x%08x", name, (unsigned)status);
}

static bool check_cipher(const struct config *c, struct cv_link *link)
{
    SecPkgContext_CipherInfo info = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
    if (!query(link, SECPKG_ATTR_CIPHER_INFO, "SECPKG_ATTR_CIPHER_INFO", &info)) return false;
    if (c->expect_version != 0 && (int)info.dwProtocol != c->expect_version)
        return say("version 0x%04x instead of 0x%04x", (unsigned)info.dwProtocol,
                   (unsigned)c->expect_version);
    if (c->expect_cipher != 0 && (int)info.dwCipherSuite != c->expect_cipher)
        return say("suite 0x%04x instead of 0x%04x", (unsigned)info.dwCipherSuite,
                   (unsigned)c->expect_cipher);
    return true;
}

/* A resumed session has no signatures, and in TLS 1.2 no key exchange either. */
static bool check_agreed(const struct config *c, struct cv_link *link, bool resumed)
{
    CulvertContext_Handshake h;
    if (!query(link, SECPKG_ATTR_CULVERT_HANDSHAKE, "SECPKG_ATTR_CULVERT_HANDSHAKE", &h)) return false;
    bool no_group = resumed && h.wGroup == 0, no_signature = resumed && h.wPeerScheme == 0;
    if (c->expect_curve_id != 0 && h.wGroup != c->expect_curve_id && !no_group)
        return say("group 0x%04x instead of 0x%04x", h.wGroup, (unsigned)c->expect_curve_id);
    if (c->expect_peer_signature_algorithm != 0 && h.wPeerScheme != c->expect_peer_signature_algorithm &&
        !no_signature)
        return say("the peer's signature 0x%04x instead of 0x%04x", h.wPeerScheme,
                   (unsigned)c->expect_peer_signature_algorithm);
    if (c->expect_hrr && !h.fRetried) return say("no HelloRetryRequest");
    if (c->expect_no_hrr && h.fRetried) return say("a HelloRetryRequest");
    return true;
}

static bool check_session(const struct config *c, struct cv_link *link, bool is_resume)
{
    SecPkgContext_SessionInfo info;
    if (!query(link, SECPKG_ATTR_SESSION_INFO, "SECPKG_ATTR_SESSION_INFO", &info)) return false;
    bool resumed = (info.dwFlags & SSL_SESSION_RECONNECT) != 0;
    bool expected = is_resume && !c->expect_session_miss;
    if (resumed != expected) return say("the session was%s resumed", resumed ? "" : " not");
    return true;
}

static bool check_alpn(const struct config *c, struct cv_link *link)
{
    SecPkgContext_ApplicationProtocol p;
    const char *expected = c->server ? c->select_alpn : c->expect_alpn;
    if (!query(link, SECPKG_ATTR_APPLICATION_PROTOCOL, "SECPKG_ATTR_APPLICATION_PROTOCOL", &p)) return false;
    size_t len = expected != NULL ? strlen(expected) : 0;
    if (p.ProtocolIdSize != len || (len > 0 && memcmp(p.ProtocolId, expected, len) != 0))
        return say("ALPN chose '%.*s'", p.ProtocolIdSize, (const char *)p.ProtocolId);
    return true;
}

static bool check_server_name(const struct config *c, struct cv_link *link)
{
    SecPkgContext_ClientSpecifiedTarget t;
    if (c->expect_server_name == NULL) return true;
    if (!query(link, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, "SECPKG_ATTR_CLIENT_SPECIFIED_TARGET", &t))
        return false;
    bool same = true;
    size_t i = 0;
    for (; t.sTargetName[i] != 0 && same; i++)
        same = t.sTargetName[i] == (unsigned char)c->expect_server_name[i];
    same = same && c->expect_server_name[i] == '\0';
    FreeContextBuffer(t.sTargetName);
    return same ? true : say("another server name");
}

static bool check_early_data(const struct config *c, struct cv_link *link)
{
    CulvertContext_EarlyData early;
    if (!query(link, SECPKG_ATTR_CULVERT_EARLY_DATA, "SECPKG_ATTR_CULVERT_EARLY_DATA", &early)) return false;
    bool accepted = early.ulStatus == CULVERT_EARLY_DATA_ACCEPTED;
    if (c->expect_accept_early_data && !accepted) return say("early data was not accepted");
    if (c->expect_reject_early_data && accepted) return say("early data was accepted");
    if (c->expect_no_offer_early_data && early.ulStatus != CULVERT_EARLY_DATA_NONE)
        return say("early data was sent");
    return true;
}

static bool is_raw(struct cv_link *link)
{
    CulvertContext_Extensions agreed;
    return QueryContextAttributesA(&link->context, SECPKG_ATTR_CULVERT_AGREED, &agreed) == SEC_E_OK &&
           agreed.fPeerRawKey;
}

static bool check_peer_cert(const struct config *c, struct cv_link *link)
{
    PCCERT_CONTEXT cert = NULL;
    SECURITY_STATUS status = QueryContextAttributesA(&link->context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert);
    bool expected = !c->expect_no_peer_cert && !config_has_psk(c) && c->expect_peer_rpk_sha256.p == NULL &&
                    (!c->server || c->require_any_client_certificate);
    if (status == SEC_E_OK) CertFreeCertificateContext(cert);
    if (expected && status != SEC_E_OK) return say("no certificate of the peer");
    if (c->expect_no_peer_cert && status == SEC_E_OK) return say("a certificate of the peer");
    return true;
}

static bool same_cert(PCCERT_CONTEXT a, PCCERT_CONTEXT b)
{
    return a->cbCertEncoded == b->cbCertEncoded &&
           memcmp(a->pbCertEncoded, b->pbCertEncoded, a->cbCertEncoded) == 0;
}

/* Is this external key in use? The library names it as RFC 9258 does: what is configured, with a length
 * before it, is the beginning. */
static bool is_psk(const struct certificate *from, struct cv_link *link)
{
    CulvertContext_Bytes id = {0, NULL};
    if (QueryContextAttributesA(&link->context, SECPKG_ATTR_CULVERT_PSK_IDENTITY, &id) != SEC_E_OK)
        return false;
    size_t len = from->psk_identity.len;
    bool same = id.cbBytes > 2 + len && (id.pbBytes[0] << 8 | id.pbBytes[1]) == (int)len &&
                memcmp(id.pbBytes + 2, from->psk_identity.p, len) == 0;
    FreeContextBuffer(id.pbBytes);
    return same;
}

static bool check_selected(const struct config *c, const struct credential *credential, struct cv_link *link)
{
    PCCERT_CONTEXT own = NULL;
    int expected = c->expect_selected_credential;
    if (expected < -1) return true;
    if (expected >= 0 && c->credential[expected].psk)
        return is_psk(&c->credential[expected], link) ? true : say("another key than %d", expected);
    if (QueryContextAttributesA(&link->context, SECPKG_ATTR_LOCAL_CERT_CONTEXT, &own) != SEC_E_OK)
        return expected == -1 ? true : say("no certificate was used instead of %d", expected);
    bool selected = false;
    const struct config *own_config = credential->config;
    for (int i = 0; i < credential->n_certs; i++) {
        const struct certificate *from = credential->from[i];
        bool counts = expected >= 0 ? from == &own_config->credential[expected] : from != &own_config->legacy;
        selected = selected || (counts && same_cert(own, credential->certs[i]));
    }
    CertFreeCertificateContext(own);
    return selected == (expected >= 0) ? true : say("another certificate was used than %d", expected);
}

/* A resumed session keeps none. */
static bool check_staple(const struct config *c, struct cv_link *link, bool resumed)
{
    CulvertContext_StapledResponse r = {0, NULL};
    const struct bytes *expected = &c->expect_ocsp_response;
    if (expected->p == NULL || resumed) return true;
    if (!query(link, SECPKG_ATTR_CULVERT_STAPLED_RESPONSE, "SECPKG_ATTR_CULVERT_STAPLED_RESPONSE", &r))
        return false;
    bool same = r.cbResponse == expected->len && memcmp(r.pbResponse, expected->p, expected->len) == 0;
    FreeContextBuffer(r.pbResponse);
    return same ? true : say("another OCSP response");
}

static bool check_timestamps(const struct config *c, struct cv_link *link, bool resumed)
{
    CulvertContext_Bytes b = {0, NULL};
    const struct bytes *expected = &c->expect_timestamps;
    if (expected->p == NULL || resumed) return true;
    if (!query(link, SECPKG_ATTR_CULVERT_PEER_TIMESTAMPS, "SECPKG_ATTR_CULVERT_PEER_TIMESTAMPS", &b))
        return false;
    bool same = b.cbBytes == expected->len && memcmp(b.pbBytes, expected->p, expected->len) == 0;
    FreeContextBuffer(b.pbBytes);
    return same ? true : say("other timestamps");
}

static bool check_raw_key(const struct config *c, struct cv_link *link)
{
    CulvertContext_Bytes key = {0, NULL};
    const struct bytes *expected = &c->expect_peer_rpk_sha256;
    BYTE digest[32];
    DWORD digest_len = sizeof digest;
    int type = is_raw(link) ? 2 : 0;
    if (c->expect_peer_certificate_type >= 0 && type != c->expect_peer_certificate_type)
        return say("the peer's certificate is of type %d", type);
    if (expected->p == NULL) return true;
    if (!query(link, SECPKG_ATTR_CULVERT_PEER_KEY, "SECPKG_ATTR_CULVERT_PEER_KEY", &key)) return false;
    bool same = CryptHashCertificate(0, CALG_SHA_256, 0, key.pbBytes, key.cbBytes, digest, &digest_len) &&
                expected->len == sizeof digest && memcmp(digest, expected->p, sizeof digest) == 0;
    FreeContextBuffer(key.pbBytes);
    return same ? true : say("another raw key");
}

bool check_handshake(const struct config *config, const struct credential *credential, struct cv_link *link,
                     bool is_resume)
{
    bool resumed = is_resume && !config->expect_session_miss;
    return check_cipher(config, link) && check_agreed(config, link, resumed) &&
           check_session(config, link, is_resume) && check_alpn(config, link) &&
           check_server_name(config, link) && check_peer_cert(config, link) &&
           check_early_data(config, link) && check_timestamps(config, link, resumed) &&
           check_raw_key(config, link) && check_staple(config, link, resumed) &&
           check_selected(config, credential, link);
}

bool check_sessions(const struct config *c, const struct store *store, struct cv_link *link, bool is_resume)
{
    SecPkgContext_CipherInfo info = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
    if (!query(link, SECPKG_ATTR_CIPHER_INFO, "SECPKG_ATTR_CIPHER_INFO", &info)) return false;
    if (c->renegotiate_freely && info.dwProtocol == 0x0303 &&
        (int)link->n_renegotiations != c->expect_total_renegotiations)
        return say("%u renegotiations", link->n_renegotiations);
    if (c->expect_session_id && !is_resume && store->n_put == 0)
        return say("no session was kept under an ID");
    if (c->expect_no_session_id && !is_resume && store->n_put > 0)
        return say("a session was kept under an ID");
    if (c->server) return true;
    /* in TLS 1.3 it comes after the handshake */
    bool expected = c->expect_ticket_renewal || (info.dwProtocol == 0x0304 && !c->shim_shuts_down);
    if (c->expect_no_session && store->n_put > 0) return say("a session was kept");
    if (!c->expect_no_session && expected && store->n_put == 0) return say("no session was kept");
    return true;
}
