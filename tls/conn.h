/* A connection: tokens in, tokens out, no I/O.
 *
 * The handshake and everything that answers the peer goes through cv_conn_step; application data goes
 * through cv_conn_open and cv_conn_seal, in the caller's memory. Receiving and sending state are
 * disjoint: one thread may be in cv_conn_open while another is in cv_conn_seal. cv_conn_step on an
 * established connection, cv_conn_close, cv_conn_alert and cv_conn_request_auth use the sending state:
 * the caller keeps them apart from cv_conn_seal; and cv_conn_step is kept apart from cv_conn_open. */
#ifndef CV_TLS_CONN_H
#define CV_TLS_CONN_H

#include "tls/config.h"
#include "tls/record.h"

enum cv_role { CV_CLIENT, CV_SERVER };

/* What a server wants of the client's certificate. */
enum cv_client_auth { CV_AUTH_NONE, CV_AUTH_REQUEST, CV_AUTH_REQUIRE };

struct cv_conn;

/* What became of early data. */
enum cv_early {
    CV_EARLY_NONE, /* none was sent, or announced and accepted */
    CV_EARLY_SENT, /* client: the server has not answered yet */
    CV_EARLY_ACCEPTED,
    CV_EARLY_REJECTED, /* client: none of it arrived; who wrote it may send it again */
};

/* What is decided for each connection. Everything is copied. */
struct cv_conn_params {
    enum cv_role role;
    struct cv_bytes target; /* client: host name or address of the server; empty: no SNI */
    struct cv_bytes alpn;   /* vec8 each; a server's order is its preference; empty: no ALPN */
    bool validate;          /* the peer's chain is validated by us, against config->trust */
    bool check_name;        /* and its name against target; an empty target then fails */
    bool want_credential;   /* client: suspend with CV_WANT_CREDENTIAL when asked and there is no identity */
    bool post_handshake_auth; /* client: offered */
    enum cv_client_auth client_auth;
    struct cv_bytes early_data; /* client: sent with the first flight, if a session allows it; may be empty */
    bool resume;                /* sessions may be used and made */
    uint8_t session_key[CV_SESSION_KEY_LEN]; /* client: where sessions lie in the cache */
    uint8_t policy[32];                      /* digest of how the peer is judged; sessions carry it */
};

/* CV_E_NO_MEMORY, CV_E_BAD_NAME (target is not a name), CV_E_INVALID_ARGUMENT (malformed ALPN list),
 * CV_E_NO_COMMON_VERSION (nothing enabled), CV_E_NO_CERTIFICATE (a server without identity). */
cv_err cv_conn_new(struct cv_conn **out, const struct cv_config *config, const struct cv_conn_params *params);
void cv_conn_free(struct cv_conn *c); /* wipes; c may be NULL */

struct cv_step {
    size_t consumed;  /* bytes of the input that are done with: whole records; while the handshake runs, also parts
                         of one, where the program's features have record_pieces */
    size_t missing;   /* with CV_WANT_INPUT: bytes that the first record still lacks (a hint) */
    bool established; /* the handshake is done, in this call or before, and no renegotiation runs */
    bool refused;     /* the renegotiation that we began: the peer does not want it; all is as it was */
};

/* Goes on as far as `in` allows: a client's first call sends ClientHello. The input is never written to.
 * Stops when an answer is due, when the handshake ends, or when no complete record remains; nothing
 * behind the peer's Finished is consumed. What is to be sent gathers in the output.
 *
 *   CV_OK           progress was made; or the connection is established and nothing was to do
 *   CV_WANT_INPUT   no record was consumed and nothing changed
 *   CV_WANT_…       suspended; records up to `consumed` are consumed. Go on with another call, usually
 *                   with empty input, after the answer was given
 *   other           the connection is dead; an alert lies in the output where one is due. Every later
 *                   call fails with the same error and changes nothing.
 *
 * On an established connection: answers stored requests, then opens records of `in` aside. A handshake
 * message acts; application data is not consumed. */
cv_err cv_conn_step(struct cv_conn *c, struct cv_bytes in, struct cv_step *out);

/* Bytes to be sent to the peer. They stay until they are dropped, so that a caller whose buffer is too
 * small loses nothing. Dropping n bytes takes them from the front. */
struct cv_bytes cv_conn_output(const struct cv_conn *c);
void cv_conn_output_drop(struct cv_conn *c, size_t n);

/* The answer to CV_WANT_CREDENTIAL: an identity, or NULL to go on without. It must outlive the handshake. */
void cv_conn_set_credential(struct cv_conn *c, const struct cv_identity *identity);

enum cv_opened_kind {
    CV_OPENED_DATA,    /* application data, possibly none */
    CV_OPENED_NOTHING, /* part of a message, or an alert to be ignored */
    CV_OPENED_ACTED,   /* handshake messages that were dealt with (NewSessionTicket, KeyUpdate, …) */
    CV_OPENED_STORED,  /* a request that waits for cv_conn_step */
    CV_OPENED_CLOSED,  /* close_notify: nothing more will come */
};
struct cv_opened {
    enum cv_opened_kind kind;
    size_t rec_len; /* the whole record; what follows it is the caller's */
    bool early; /* early data: anybody may have recorded it and played it to another server (RFC 9846 8) */
    size_t offset, len; /* the plaintext inside the record; the rest is header and trailer */
};

/* Opens the first record of in[0..in_len), in place. Also while a server reads early data.
 *   CV_WANT_INPUT  incomplete; *missing says how many bytes lack; nothing changed
 *   CV_E_CLOSED    close_notify came before
 *   other          both halves are dead; the alert waits for cv_conn_step. */
cv_err cv_conn_open(struct cv_conn *c, uint8_t *in, size_t in_len, struct cv_opened *out, size_t *missing);

/* The most that cv_conn_seal adds, and the most data that it takes. */
struct cv_stream_sizes {
    uint32_t header, trailer, max_data;
};
void cv_conn_stream_sizes(const struct cv_conn *c, struct cv_stream_sizes *out);

/* Encrypts one record, in place. Also while a server reads early data, once its flight has been taken: what
 * it sends then goes to somebody who may only have recorded what it answers. header and trailer have what
 * cv_conn_stream_sizes says; header is used whole, *trailer_len becomes the bytes used. Header, data and
 * trailer together are what is to be sent: where a KeyUpdate is due it stands in front, and the data moves.
 * CV_E_CLOSED after cv_conn_close; CV_E_BUFFER_TOO_SMALL (data_len over max_data, or a short trailer):
 * nothing changed. */
cv_err cv_conn_seal(struct cv_conn *c, uint8_t *header, uint8_t *data, size_t data_len, uint8_t *trailer,
                    size_t *trailer_len);

/* close_notify into the output; sending is over, receiving goes on. Once. */
cv_err cv_conn_close(struct cv_conn *c);
/* An alert of the application's choice into the output; level 1 or 2. A fatal one ends the connection. */
cv_err cv_conn_alert(struct cv_conn *c, uint8_t level, uint8_t description);
/* Allows or forbids sessions of this connection from now on; forbidding drops what a client's cache has under
 * its key. */
void cv_conn_set_resume(struct cv_conn *c, bool resume);
/* Schedules a KeyUpdate in front of the next data. request: the peer is to update, too. */
cv_err cv_conn_update_keys(struct cv_conn *c, bool request);
/* Server: CertificateRequest into the output. CV_E_UNSUPPORTED unless the client offered
 * post-handshake authentication. */
cv_err cv_conn_request_auth(struct cv_conn *c, enum cv_client_auth how);

/* TLS 1.2: a renegotiation. The client's ClientHello into the output, or the server's HelloRequest, which a
 * client may refuse; the server asks for a certificate as `how` says, or as before, if that was more. Until
 * it is done, cv_conn_step takes what comes, no data passes, and the peer's certificate must be the one that
 * it had. CV_E_UNSUPPORTED unless the configuration allows it and the peer knows RFC 5746 and the extended
 * master secret. */
cv_err cv_conn_renegotiate(struct cv_conn *c, enum cv_client_auth how);

/* Exporter (RFC 9846 7.5). CV_E_UNSUPPORTED before the handshake is done. */
cv_err cv_conn_export(const struct cv_conn *c, uint8_t *out, size_t out_len, struct cv_bytes label,
                      struct cv_bytes context);

struct cv_conn_info {
    enum cv_role role;
    bool established, resumed, retried;
    bool renegotiating; /* established before, and a handshake runs or is due */
    bool closed_by_peer;
    bool own_raw_key, peer_raw_key;             /* RFC 7250; then peer_chain is a SubjectPublicKeyInfo */
    size_t send_limit, receive_limit;           /* most content of a record */
    uint16_t own_compression, peer_compression; /* of Certificate (RFC 8879); 0: none */
    struct cv_bytes psk_identity;               /* of the external PSK in use; empty if none is */
    enum cv_early early;
    bool reads_early;                 /* server: more early data may come; cv_conn_open opens it */
    uint64_t early_len;               /* bytes of it sent or received */
    uint16_t version;                 /* 0: not yet known */
    const struct cv_suite *suite;     /* NULL: not yet known */
    const struct cv_group *group;     /* NULL: not yet known */
    uint16_t peer_scheme, own_scheme; /* of CertificateVerify; 0 where there was none */
    struct cv_bytes alpn;             /* chosen; empty if none */
    struct cv_bytes server_name;      /* server: SNI received; client: target. Lower case; may be empty */
    struct cv_bytes peer_chain;       /* certificates, vec24 each, as sent; empty if none or not yet proven */
    struct cv_bytes peer_staples;     /* OCSPResponses that came with it, vec24 each; empty if none */
    struct cv_bytes peer_scts;        /* SignedCertificateTimestampList of the leaf; empty if none came */
    struct cv_bytes authorities;      /* client: CA names of the request, vec16 each, until answered */
    const struct cv_identity *identity; /* ours that was used; NULL if none */
    enum cv_validated validated;        /* of the peer's chain */
    struct cv_bytes tls_unique;         /* TLS 1.2 with the extended master secret; else empty */
    bool extended_master_secret;        /* TLS 1.2: without it no exporter, no tls-unique */
    struct cv_verdict verdict;          /* of the last validation; cert is NULL once it is over */
    int64_t chain_not_after;            /* the peer leaf's notAfter; INT64_MAX if none */
    uint8_t session_id[32];             /* of the ClientHello */
    uint8_t session_id_len;
    cv_err error;       /* why it is dead; CV_OK while it lives */
    int alert_received; /* description; -1 if none */
    int alert_sent;     /* fatal alert that we owe or sent; -1 if none */
    int failed_in;      /* enum cv_msg of the message that ended the connection; -1 if it was none */
};
void cv_conn_info(const struct cv_conn *c, struct cv_conn_info *out);

#endif
