/* What BoringSSL's test runner asks of the shim: its flags, as they hold for one connection. */
#ifndef BOGO_CONFIG_H
#define BOGO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

enum { LIST_MAX = 64, CREDENTIALS_MAX = 8 };

struct bytes {
    unsigned char *p; /* NULL: the flag was not given */
    size_t len;
};

struct numbers {
    int value[LIST_MAX];
    size_t n;
};

/* A certificate with its key, and what belongs to it. */
struct certificate {
    const char *cert_file, *key_file;
    struct numbers signing_prefs;
    struct bytes ocsp_response;
    struct bytes timestamps;
    bool must_match_issuer;
    bool raw; /* a key alone, sent as such */
    bool psk; /* no certificate at all, but an external key with these: */
    struct bytes psk_key, psk_identity, psk_context;
    bool psk_sha384;
};

struct config {
    /* the connection to the runner */
    int port, resume_count;
    const char *shim_id;
    bool ipv6, server, async, is_handshaker_supported;

    /* what is configured: as long as it stays the same, so does the credential */
    int min_version, max_version;
    bool no_tls13, no_tls12;
    const char *trust_cert, *host_name;
    struct certificate legacy; /* of flags that stand before the first -new-…-credential */
    struct certificate credential[CREDENTIALS_MAX];
    int n_credentials;
    struct numbers verify_prefs, curves, tls13_ciphers;
    struct numbers accepted_peer_types, available_types; /* 0: X.509, 2: raw public keys */
    bool enable_grease, enable_timestamps, enable_early_data;
    const char *cipher; /* names of TLS 1.2's suites with colons between them */
    bool reject_alpn;
    const char *advertise_alpn, *select_alpn; /* the first in wire form, the second a name */
    bool verify_peer, require_any_client_certificate, verify_fail, reverify_on_resume;
    bool use_custom_verify_callback;
    bool renegotiate_freely;
    bool no_ticket, use_ticket_callback, skip_ticket;
    bool enable_ocsp_stapling, decline_ocsp_callback, fail_ocsp_callback;
    bool fail_cert_callback, fail_ddos_callback;
    int fail_cert_callback_alert;

    bool end_of_credential;

    /* what is done */
    bool own_tickets; /* they are sealed by the shim */
    bool shim_writes_first, shim_shuts_down, check_close_notify, send_alert, key_update, tls_unique;
    bool handshake_never_done;
    const char *shim_initial_write;
    int export_keying_material;
    const char *export_label, *export_context;
    bool use_export_context;
    bool key_update_before_read, export_traffic_secrets;
    int resumption_delay; /* seconds that seem to pass after the connection */
    int repeat_shim_initial_write;

    /* what is expected */
    int expect_total_renegotiations;
    int expect_version, expect_curve_id, expect_peer_signature_algorithm, expect_cipher,
        expect_selected_credential;
    int expect_cipher_aes, expect_cipher_no_aes;
    bool expect_session_miss, expect_hrr, expect_no_hrr, expect_extended_master_secret, expect_no_peer_cert;
    bool expect_accept_early_data, expect_reject_early_data, expect_no_offer_early_data;
    bool expect_verify_result, expect_session_id, expect_no_session_id, expect_no_session,
        expect_ticket_renewal;
    struct bytes expect_ocsp_response, expect_timestamps, expect_peer_rpk_sha256;
    int expect_peer_certificate_type; /* -1: not said */
    const char *expect_alpn, *expect_server_name, *expect_peer_cert_file;

    /* how BoringSSL's API is to be driven, where SSPI has one way only */
    bool ignored;
    const char *ignored_text;
};

/* Is there a key of this kind? */
static inline bool config_has_psk(const struct config *c)
{
    for (int i = 0; i < c->n_credentials; i++)
        if (c->credential[i].psk) return true;
    return false;
}

/* Does the library judge the peer's certificate, or the application? */
static inline bool config_validates(const struct config *c)
{
    return c->verify_peer && c->trust_cert != NULL && c->trust_cert[0] != '\0';
}

/* Can both be served by one credential? */
bool config_same_credential(const struct config *a, const struct config *b);

/* Sets the lists of a policy: "fips-202205". False if it is not known. */
bool config_apply_policy(struct config *c, const char *name);

/* The flags of the first connection, of those that resume, and of one that begins anew after its early data
 * was refused. The name of the first flag that is not known; NULL if all are. */
const char *config_parse(struct config *initial, struct config *resume, struct config *retry, int argc,
                         char **argv);

#endif
