/* What a connection is made from: the lists that it offers, identities, trust, and where sessions lie.
 *
 * A configuration is const while connections use it and may be shared between threads; what it points to
 * must outlive them. What no configuration names, the linker leaves out. */
#ifndef CV_TLS_CONFIG_H
#define CV_TLS_CONFIG_H

#include "tls/operations.h"
#include "tls/port.h"
#include "tls/psk.h"
#include "tls/replay.h"
#include "tls/session.h"
#include "tls/suite.h"
#include "x509/revocation.h"

/* A certificate chain of ours with its private key. */
struct cv_identity {
    const struct cv_bytes *chain; /* DER, leaf first, each issued by the next */
    size_t n_chain;
    struct cv_cert leaf; /* chain[0], parsed */
    struct cv_private_key key;
    const struct cv_sig_scheme *schemes; /* that it signs with, in order of preference */
    size_t n_schemes;                    /* 0: those of the configuration */
    bool only_raw_key;                   /* goes as a bare key or not at all (RFC 7250) */
    struct cv_bytes scts;                /* SignedCertificateTimestampList (RFC 6962 3.3); the same */
    struct cv_bytes staple; /* OCSPResponse for the leaf, sent to peers that ask for it; may be empty */
    const struct cv_signer *signer; /* NULL: `key` signs; else it is not looked at */
};

/* The handshakes of a role in one version. */
struct cv_machine;
extern const struct cv_machine cv_machine_client, cv_machine_client13, cv_machine_client12;
extern const struct cv_machine cv_machine_server13, cv_machine_server12;

/* Which of them a program has; NULL: none of that role and version. A client begins with `client`, until its
 * server has chosen a version; a server's TLS 1.3 leads into its TLS 1.2, so that it is always there. */
struct cv_machines {
    const struct cv_machine *client, *client13, *client12, *server13, *server12;
};
extern const struct cv_machines cv_all_machines;

/* And what it can do beyond them: features.h. */
struct cv_features;
extern const struct cv_features cv_all_features;

/* Certificate compression (RFC 8879). */
struct cv_cert_compression {
    uint16_t id;
    /* At most *out_len bytes, which becomes the length. CV_E_BUFFER_TOO_SMALL: it takes more, or cannot be
     * done. NULL: nothing is sent in this form. */
    cv_err (*compress)(const struct cv_cert_compression *self, uint8_t *out, size_t *out_len,
                       struct cv_bytes in);
    /* Exactly out_len bytes from all of `in`, or CV_E_CERT_COMPRESSION. */
    cv_err (*decompress)(const struct cv_cert_compression *self, uint8_t *out, size_t out_len,
                         struct cv_bytes in);
    void *ctx;
};

/* Bare keys instead of the peer's certificate (RFC 7250). */
enum cv_raw_key { CV_RAW_KEY_NEVER, CV_RAW_KEY_ALLOWED, CV_RAW_KEY_ALWAYS, CV_RAW_KEY_SECOND };

struct cv_generic_support;

/* What fits a buffer of this size, with all that records have around their content: header, explicit nonce
 * (TLS 1.2), content type (TLS 1.3), tag. For record_limit; and for max_fragment, 0 if the least is too much.
 */
enum { CV_RECORD_AROUND = 5 + 8 + 1 + 16 };
#define CV_RECORD_LIMIT_FOR(buffer_len) ((buffer_len) - CV_RECORD_AROUND)
#define CV_MAX_FRAGMENT_FOR(buffer_len)                                                                      \
    (CV_RECORD_LIMIT_FOR(buffer_len) >= 4096   ? 4096                                                        \
     : CV_RECORD_LIMIT_FOR(buffer_len) >= 2048 ? 2048                                                        \
     : CV_RECORD_LIMIT_FOR(buffer_len) >= 1024 ? 1024                                                        \
     : CV_RECORD_LIMIT_FOR(buffer_len) >= 512  ? 512                                                         \
                                               : 0)

struct cv_config {
    const struct cv_port *port;
    const struct cv_machines *machines;
    const struct cv_features *features;
    uint16_t min_version, max_version; /* CV_TLS12, CV_TLS13 */
    const struct cv_suite *suites;     /* in order of preference; the server's order decides */
    const struct cv_group *const *groups;
    const struct cv_sig_scheme *schemes;      /* for handshake signatures */
    const struct cv_sig_scheme *cert_schemes; /* for signatures on certificates */
    const struct cv_hash *sha256;             /* for cookies */
    size_t n_suites, n_groups, n_schemes, n_cert_schemes;

    const struct cv_identity *identities; /* the first that fits the peer's schemes (and SNI) is used */
    size_t n_identities;
    const struct cv_selector *selector; /* chooses among them or brings others; NULL: the rule above */
    bool strict_names; /* server: a name that no identity has is refused: CV_E_UNKNOWN_NAME */

    const struct cv_trust_store *trust; /* NULL: nothing can be validated */
    const struct cv_anchor *anchors;    /* instead, where chains are judged as they arrive: x509/stream.h */
    size_t n_anchors;
    enum cv_profile profile;
    uint16_t min_rsa_bits;                  /* 0: 2048 */
    const struct cv_revocation *revocation; /* NULL: nobody's is looked at, and no staple asked for */

    struct cv_session_cache *sessions; /* client */
    /* Client: instead of `sessions`; both NULL: no resumption. Server: TLS 1.2's sessions by ID; NULL: none.
     */
    const struct cv_session_store *session_store;
    struct cv_ticket_keys *ticket_keys;    /* server */
    const struct cv_ticket_sealer *sealer; /* server: instead of ticket_keys; both NULL: no tickets */
    uint32_t session_lifetime;             /* seconds; at most 7 days (RFC 9846 4.7.1) */
    uint8_t n_tickets;                     /* a server sends after a full handshake */

    const struct cv_psk *psks; /* a client offers them, a server takes them */
    size_t n_psks;
    bool psk_ke; /* PSKs alone, without key exchange, too: no forward secrecy (RFC 9846 4.3.9) */

    /* TLS 1.2 */
    bool renegotiation;                  /* by either side, with RFC 5746 and the extended master secret */
    bool cbc_without_etm;                /* CBC with the MAC inside, where the peer lacks RFC 7366 */
    bool require_extended_master_secret; /* refuse peers without it (RFC 7627 5.2, 5.3) */

    bool ask_staple;             /* server, TLS 1.3: asks clients for a staple beside their certificate */
    struct cv_bytes authorities; /* server: CA names for CertificateRequest, vec16 each; may be empty */

    const struct cv_cert_compression *cert_compressions; /* in order of preference */
    size_t n_cert_compressions;

    bool own_raw_key;                   /* identities go as bare keys to peers that take them */
    enum cv_raw_key peer_raw_key;       /* SECOND: allowed, certificates are preferred */
    const struct cv_bytes *pinned_keys; /* SubjectPublicKeyInfos: whose bare keys are valid */
    size_t n_pinned_keys;

    bool want_scts; /* client: asks for signed certificate timestamps */

    /* Extensions of the application's own: cv_generic_extensions; NULL: none. */
    const struct cv_generic_support *generic;

    uint16_t record_limit;   /* most content that we take in a record, 64 to 16384; 0: 16384 */
    uint16_t max_fragment;   /* client: ask with max_fragment_length for 512, 1024, 2048 or 4096; 0: not */
    uint16_t record_padding; /* TLS 1.3: records are padded to a multiple of this; 0: not */
    uint16_t hello_padding;  /* client: a shorter ClientHello is padded to this length (RFC 7685); 0: not */
    bool grease;             /* client: RFC 8701 */

    uint32_t max_certificate_len; /* of a Certificate message; 0: 128 KiB */
    uint32_t max_message_len;     /* of any other; 0: 64 KiB */
    /* Server: bytes of early data that its tickets allow; 0: none. Accepted only where there is a register.
     */
    uint32_t max_early_data;
    const struct cv_replay_register *replay;
    uint32_t max_early_data_skip; /* bytes of refused early data that a server passes over; 0: 64 KiB */

    /* Each line of an SSLKEYLOGFILE without its end (RFC 9850); NULL: secrets are not told. */
    void (*keylog)(void *ctx, const char *line);
    void *keylog_ctx;
};

#endif
