/* What a program can do beyond the handshakes of its machines (config.h), one descriptor for each.
 *
 * A connection whose features lack one goes on as if nothing of the kind were configured; and the linker
 * leaves out what no program's features name. docs/firmware.md shows how small that makes a program. */
#ifndef CV_TLS_FEATURES_H
#define CV_TLS_FEATURES_H

#include "tls/config.h"

struct cv_client_extension;
struct cv_resumption;
struct cv_early_sender;
struct cv_client_proof;
struct cv_cert_compressor;
struct cv_raw_keys;
struct cv_renegotiation;
struct cv_peer_certs;
struct cv_record_pieces;
struct cv_builder;

/* Where RFC 8701 puts a number that stands for nothing. */
enum cv_grease {
    CV_GREASE_SUITE,
    CV_GREASE_GROUP,
    CV_GREASE_SCHEME,
    CV_GREASE_VERSION,
    CV_GREASE_SHARE,    /* a key share of the group */
    CV_GREASE_EXT,      /* an empty extension */
    CV_GREASE_LAST_EXT, /* another one, of one byte */
};

typedef void cv_grease_fn(const struct cv_conn *c, struct cv_builder *b, enum cv_grease which);
extern cv_grease_fn cv_grease;

/* Which secret; what stands before it in its line is keylog.c's. */
enum cv_keylog_label {
    CV_KEYLOG_CLIENT_RANDOM,
    CV_KEYLOG_CLIENT_EARLY,
    CV_KEYLOG_EARLY_EXPORTER,
    CV_KEYLOG_CLIENT_HANDSHAKE,
    CV_KEYLOG_SERVER_HANDSHAKE,
    CV_KEYLOG_CLIENT_TRAFFIC,
    CV_KEYLOG_SERVER_TRAFFIC,
    CV_KEYLOG_EXPORTER,
};
typedef void cv_keylog_fn(const struct cv_conn *c, enum cv_keylog_label label, const uint8_t *secret,
                          size_t secret_len);
extern cv_keylog_fn cv_keylog_line;

/* RFC 7685: the ClientHello's length is brought up to a least; behind_len: what is still to come. */
typedef void cv_pad_hello_fn(struct cv_conn *c, struct cv_builder *b, size_t behind_len);
extern cv_pad_hello_fn cv_pad_hello;

/* Zeros behind content and type of a record that is sent. */
typedef size_t cv_pad_fn(const struct cv_conn *c, size_t content_len);
extern cv_pad_fn cv_limits_pad;

struct cv_features {
    const struct cv_peer_certs *certificates;     /* the peer's: peer_certs.h */
    const struct cv_record_pieces *record_pieces; /* for buffers shorter than a record: record_pieces.h */
    /* Extensions of a ClientHello beyond those without which there is none, in their order; NULL behind the
     * last. */
    const struct cv_client_extension *const *extensions;
    const struct cv_resumption *resumption;       /* client: sessions, keys known before: resume.h */
    const struct cv_early_sender *early;          /* client: early data: early.h */
    const struct cv_client_proof *client_proof;   /* client: its own certificate: client_auth.h */
    const struct cv_cert_compressor *compression; /* RFC 8879: compress.h */
    const struct cv_raw_keys *raw_keys;           /* RFC 7250: cert_type.h */
    const struct cv_renegotiation *renegotiation; /* client, TLS 1.2: renegotiate.h */
    cv_host_fn *host;           /* client: cv_host_parse; NULL: servers have names, not addresses */
    cv_pad_fn *pad;             /* where config->record_padding asks for it: cv_limits_pad */
    cv_pad_hello_fn *pad_hello; /* where config->hello_padding does: cv_pad_hello */
    cv_grease_fn *grease;       /* where config->grease asks for it: cv_grease */
    cv_keylog_fn *keylog;       /* tells a secret to config->keylog: cv_keylog_line */
};

/* The extensions of a client that there are. */
extern const struct cv_client_extension cv_client_ext_alpn, cv_client_ext_limits, cv_client_ext_status,
    cv_client_ext_scts, cv_client_ext_cert_types, cv_client_ext_session_ticket, cv_client_ext_psk_modes,
    cv_client_ext_early_data, cv_client_ext_post_handshake_auth, cv_client_ext_compression;

#endif
