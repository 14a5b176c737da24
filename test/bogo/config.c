/* The runner's flags. What is not in the table is not supported, and the shim says so. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

enum kind {
    FLAG,           /* no parameter */
    NUMBER,         /* one number */
    NUMBERS,        /* may come again and again */
    TEXT,           /* one string */
    BYTES,          /* base64 */
    NEW_CREDENTIAL, /* what follows belongs to another certificate */
    NEW_RAW_KEY,    /* to a key without one */
    NEW_PSK,        /* to an external pre-shared key */
    POLICY,         /* the flag's name is the policy's */
};

struct flag {
    const char *name;
    enum kind kind;
    bool of_certificate; /* offset is into struct certificate */
    size_t offset;
};

#define AT(member) offsetof(struct config, member)
#define FLAG_(name_, member_)                                                                                \
    {                                                                                                        \
        .name = (name_), .kind = FLAG, .offset = AT(member_)                                                 \
    }
#define NUMBER_(name_, member_)                                                                              \
    {                                                                                                        \
        .name = (name_), .kind = NUMBER, .offset = AT(member_)                                               \
    }
#define NUMBERS_(name_, member_)                                                                             \
    {                                                                                                        \
        .name = (name_), .kind = NUMBERS, .offset = AT(member_)                                              \
    }
#define TEXT_(name_, member_)                                                                                \
    {                                                                                                        \
        .name = (name_), .kind = TEXT, .offset = AT(member_)                                                 \
    }
#define CERTIFICATE_(name_, kind_, member_)                                                                  \
    {                                                                                                        \
        .name = (name_), .kind = (kind_), .of_certificate = true,                                            \
        .offset = offsetof(struct certificate, member_)                                                      \
    }

static const struct flag flags[] = {
    NUMBER_("-port", port),
    TEXT_("-shim-id", shim_id),
    FLAG_("-ipv6", ipv6),
    FLAG_("-server", server),
    FLAG_("-async", async),
    FLAG_("-is-handshaker-supported", is_handshaker_supported),
    NUMBER_("-resume-count", resume_count),

    NUMBER_("-min-version", min_version),
    NUMBER_("-max-version", max_version),
    FLAG_("-no-tls13", no_tls13),
    FLAG_("-no-tls12", no_tls12),
    FLAG_("-no-tls11", ignored), /* never there */
    FLAG_("-no-tls1", ignored),
    TEXT_("-trust-cert", trust_cert),
    TEXT_("-host-name", host_name),
    CERTIFICATE_("-cert-file", TEXT, cert_file),
    CERTIFICATE_("-key-file", TEXT, key_file),
    CERTIFICATE_("-signing-prefs", NUMBERS, signing_prefs),
    CERTIFICATE_("-ocsp-response", BYTES, ocsp_response),
    FLAG_("-enable-ocsp-stapling", enable_ocsp_stapling),
    FLAG_("-decline-ocsp-callback", decline_ocsp_callback),
    FLAG_("-fail-ocsp-callback", fail_ocsp_callback),
    CERTIFICATE_("-must-match-issuer", FLAG, must_match_issuer),
    FLAG_("-fail-cert-callback", fail_cert_callback),
    NUMBER_("-fail-cert-callback-alert", fail_cert_callback_alert),
    FLAG_("-fail-ddos-callback", fail_ddos_callback),
    FLAG_("-install-ddos-callback", ignored),
    {.name = "-new-x509-credential", .kind = NEW_CREDENTIAL},
    {.name = "-new-rpk-credential", .kind = NEW_RAW_KEY},
    {.name = "-new-psk-credential", .kind = NEW_PSK},
    CERTIFICATE_("-psk-importer-key", BYTES, psk_key),
    CERTIFICATE_("-psk-importer-identity", BYTES, psk_identity),
    CERTIFICATE_("-psk-importer-context", BYTES, psk_context),
    FLAG_("-psk-importer-sha256", ignored), /* what it is without another */
    CERTIFICATE_("-psk-importer-sha384", FLAG, psk_sha384),
    CERTIFICATE_("-signed-cert-timestamps", BYTES, timestamps),
    NUMBERS_("-accepted-peer-cert-types", accepted_peer_types),
    NUMBERS_("-available-client-cert-types", available_types),
    FLAG_("-enable-grease", enable_grease),
    FLAG_("-enable-early-data", enable_early_data),
    FLAG_("-permute-extensions", ignored), /* their order is ours */
    FLAG_("-enable-signed-cert-timestamps", enable_timestamps),
    NUMBERS_("-verify-prefs", verify_prefs),
    NUMBERS_("-curves", curves),
    NUMBERS_("-tls13-ciphers", tls13_ciphers),
    {.name = "-fips-202205", .kind = POLICY},
    {.name = "-fips-202609", .kind = POLICY},
    {.name = "-wpa-202304", .kind = POLICY},
    {.name = "-cnsa-202407", .kind = POLICY},
    {.name = "-cnsa1-202603", .kind = POLICY},
    TEXT_("-cipher", cipher),
    FLAG_("-reject-alpn", reject_alpn),
    TEXT_("-advertise-alpn", advertise_alpn),
    TEXT_("-select-alpn", select_alpn),
    FLAG_("-verify-peer", verify_peer),
    FLAG_("-require-any-client-certificate", require_any_client_certificate),
    FLAG_("-verify-fail", verify_fail),
    FLAG_("-reverify-on-resume", reverify_on_resume),
    FLAG_("-use-custom-verify-callback", use_custom_verify_callback),
    FLAG_("-no-ticket", no_ticket),
    FLAG_("-renegotiate-freely", renegotiate_freely),
    FLAG_("-renegotiate-ignore", ignored), /* as by default; the peer is told by a warning */
    FLAG_("-renegotiate-explicit",
          renegotiate_freely), /* DecryptMessage asks for a call of ISC in any case */
    FLAG_("-use-ticket-callback", use_ticket_callback),
    FLAG_("-use-ticket-aead-callback", use_ticket_callback),
    FLAG_("-skip-ticket", skip_ticket),
    FLAG_("-renew-ticket", ignored), /* a new one is sent in any case */

    FLAG_("-shim-writes-first", shim_writes_first),
    TEXT_("-shim-initial-write", shim_initial_write),
    NUMBER_("-repeat-shim-initial-write", repeat_shim_initial_write),
    FLAG_("-shim-shuts-down", shim_shuts_down),
    FLAG_("-check-close-notify", check_close_notify),
    FLAG_("-send-alert", send_alert),
    FLAG_("-key-update", key_update),
    FLAG_("-key-update-before-read", key_update_before_read),
    FLAG_("-tls-unique", tls_unique),
    FLAG_("-handshake-never-done", handshake_never_done),
    NUMBER_("-export-keying-material", export_keying_material),
    TEXT_("-export-label", export_label),
    TEXT_("-export-context", export_context),
    FLAG_("-use-export-context", use_export_context),
    FLAG_("-export-traffic-secrets", export_traffic_secrets),
    NUMBER_("-resumption-delay", resumption_delay),

    NUMBER_("-expect-total-renegotiations", expect_total_renegotiations),
    NUMBER_("-expect-version", expect_version),
    NUMBER_("-expect-curve-id", expect_curve_id),
    NUMBER_("-expect-peer-signature-algorithm", expect_peer_signature_algorithm),
    NUMBER_("-expect-cipher", expect_cipher),
    NUMBER_("-expect-cipher-aes", expect_cipher_aes),
    NUMBER_("-expect-cipher-no-aes", expect_cipher_no_aes),
    NUMBER_("-expect-selected-credential", expect_selected_credential),
    FLAG_("-expect-session-miss", expect_session_miss),
    FLAG_("-expect-hrr", expect_hrr),
    FLAG_("-expect-no-hrr", expect_no_hrr),
    FLAG_("-expect-extended-master-secret", expect_extended_master_secret),
    FLAG_("-expect-no-peer-cert", expect_no_peer_cert),
    FLAG_("-expect-verify-result", expect_verify_result),
    FLAG_("-expect-accept-early-data", expect_accept_early_data),
    FLAG_("-expect-reject-early-data", expect_reject_early_data),
    FLAG_("-expect-no-offer-early-data", expect_no_offer_early_data),
    FLAG_("-expect-session-id", expect_session_id),
    FLAG_("-expect-no-session-id", expect_no_session_id),
    FLAG_("-expect-no-session", expect_no_session),
    FLAG_("-expect-ticket-renewal", expect_ticket_renewal),
    TEXT_("-expect-alpn", expect_alpn),
    {.name = "-expect-ocsp-response", .kind = BYTES, .offset = AT(expect_ocsp_response)},
    {.name = "-expect-signed-cert-timestamps", .kind = BYTES, .offset = AT(expect_timestamps)},
    {.name = "-expect-peer-rpk-sha256", .kind = BYTES, .offset = AT(expect_peer_rpk_sha256)},
    NUMBER_("-expect-peer-certificate-type", expect_peer_certificate_type),
    TEXT_("-expect-server-name", expect_server_name),
    TEXT_("-expect-peer-cert-file", expect_peer_cert_file),

    /* SSPI has one way for what these choose among several of BoringSSL's calls. */
    FLAG_("-implicit-handshake", ignored),
    FLAG_("-use-early-callback", ignored),
    FLAG_("-use-old-client-cert-callback", ignored),
    FLAG_("-no-op-extra-handshake", ignored),
    FLAG_("-use-ocsp-callback", ignored),
    FLAG_("-set-ocsp-in-callback", ignored),
    FLAG_("-decline-alpn", ignored), /* as if nothing were configured */

    /* It is never otherwise. */
    FLAG_("-server-preference", ignored),
    FLAG_("-no-legacy-server-connect", ignored),
    FLAG_("-expect-secure-renegotiation", ignored),

    /* What SSPI does not tell. */
    TEXT_("-expect-advertised-alpn", ignored_text),
    TEXT_("-expect-early-data-reason", ignored_text),
    TEXT_("-expect-ticket-age-skew", ignored_text),
    FLAG_("-expect-ticket-supports-early-data", ignored),
};

static const struct flag *find(const char *name)
{
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(flags[i].name, name) == 0) return &flags[i];
    return NULL;
}

/* A base64 text of the runner's, which is always well formed. */
static struct bytes decode(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct bytes out = {malloc(strlen(text) + 1), 0};
    unsigned bits = 0, n = 0;
    for (; *text != '\0' && *text != '=' && out.p != NULL; text++) {
        const char *d = strchr(digits, *text);
        bits = bits << 6 | (d != NULL ? (unsigned)(d - digits) : 0);
        if ((n += 6) < 8) continue;
        n -= 8;
        out.p[out.len++] = (unsigned char)(bits >> n);
    }
    return out;
}

/* Sets one flag; false if it cannot be. The value's bytes, if it has any, are shared by all. */
static bool set(struct config *c, const struct flag *f, const char *value, struct bytes bytes)
{
    struct certificate *cert = c->n_credentials > 0 ? &c->credential[c->n_credentials - 1] : &c->legacy;
    char *at = (f->of_certificate ? (char *)cert : (char *)c) + f->offset;
    struct numbers *list = (struct numbers *)(void *)at;
    switch (f->kind) {
    case FLAG:
        *(bool *)at = true;
        return true;
    case NUMBER:
        *(int *)(void *)at = atoi(value);
        return true;
    case NUMBERS:
        if (list->n == LIST_MAX) return false;
        list->value[list->n++] = atoi(value);
        return true;
    case TEXT:
        *(const char **)(void *)at = value;
        return true;
    case BYTES:
        *(struct bytes *)(void *)at = bytes;
        return true;
    case POLICY:
        return config_apply_policy(c, f->name + 1);
    case NEW_CREDENTIAL:
    case NEW_RAW_KEY:
    case NEW_PSK:
        if (c->n_credentials == CREDENTIALS_MAX) return false;
        c->credential[c->n_credentials].raw = f->kind == NEW_RAW_KEY;
        c->credential[c->n_credentials++].psk = f->kind == NEW_PSK;
        return true;
    }
    return false;
}

enum { INITIAL = 1, RESUME = 2, RETRY = 4 };

/* Takes "-on-resume" off "-on-resume-curves". */
static const char *without_prefix(const char *name, unsigned *which)
{
    static const struct {
        const char *prefix;
        unsigned which;
    } prefixes[] = {{"-on-initial", INITIAL}, {"-on-resume", RESUME}, {"-on-retry", RETRY}};
    *which = INITIAL | RESUME | RETRY;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t len = strlen(prefixes[i].prefix);
        if (strncmp(name, prefixes[i].prefix, len) != 0 || name[len] != '-') continue;
        *which = prefixes[i].which;
        return name + len;
    }
    return name;
}

bool config_same_credential(const struct config *a, const struct config *b)
{
    size_t from = offsetof(struct config, min_version), to = offsetof(struct config, end_of_credential);
    return memcmp((const char *)a + from, (const char *)b + from, to - from) == 0;
}

const char *config_parse(struct config *initial, struct config *resume, struct config *retry, int argc,
                         char **argv)
{
    struct config *all[] = {initial, resume, retry};
    for (int k = 0; k < 3; k++) {
        memset(all[k], 0, sizeof *all[k]);
        all[k]->expect_selected_credential = -2; /* -1: none of them */
        all[k]->expect_peer_certificate_type = -1;
    }
    const char *unknown = NULL;
    for (int i = 1; i < argc; i++) {
        unsigned which;
        const char *name = without_prefix(argv[i], &which);
        const struct flag *f = find(name);
        bool has_value = f != NULL && f->kind != FLAG && f->kind < NEW_CREDENTIAL;
        if (f == NULL || (has_value && i + 1 == argc)) {
            if (unknown == NULL) unknown = argv[i];
            continue;
        }
        const char *value = has_value ? argv[++i] : NULL;
        struct bytes bytes = f->kind == BYTES ? decode(value) : (struct bytes){NULL, 0};
        for (int k = 0; k < 3; k++)
            if ((which & 1u << k) != 0 && !set(all[k], f, value, bytes)) unknown = name;
    }
    return unknown;
}
