/* The inside of a connection, for the files of tls/ only. */
#ifndef CV_TLS_STATE_H
#define CV_TLS_STATE_H

#include "tls/buf.h"
#include "tls/conn.h"
#include "tls/features.h"
#include "tls/key_schedule.h"
#include "tls/messages.h"
#include "tls/transcript.h"

#include <stdatomic.h>

/* Receiving: touched by cv_conn_open and cv_conn_step. */
struct cv_rx {
    struct cv_half half;
    struct cv_buf in;              /* handshake bytes that were opened and not yet handled */
    struct cv_buf stored;          /* requests that wait for cv_conn_step: whole messages */
    uint32_t progress;             /* bytes of application data since the floods were last reset */
    struct cv_record_part *record; /* that is being read in pieces: record_pieces.c; NULL: none is */
    uint32_t message_left;         /* bytes of a Certificate that is being taken in pieces, */
    bool in_pieces;                /* if one is */
    uint8_t n_idle;                /* records without progress in a row: empty, change_cipher_spec */
    uint8_t n_warnings;            /* alerts that are no more than warnings, in a row */
    uint8_t n_updates;             /* key updates, requests and tickets without progress */
    uint64_t updates_since;        /* when they began to be counted, on the port's millisecond clock */
    bool keys_changed;             /* by the handler that just ran: no byte may be left behind its message */
    atomic_bool closed;            /* close_notify was received */
};

/* Sending: touched by cv_conn_seal, and by cv_conn_step while the caller keeps them apart. */
struct cv_tx {
    struct cv_half half;
    uint64_t n_updates; /* key updates that we sent */
    bool closed;        /* close_notify was sent */
    bool update_asked;  /* we sent update_requested and have not seen peer_updated since */
    bool halted;        /* TLS 1.2: a renegotiation runs, and no data goes between its messages */
};

/* A handshake message has begun and not ended. */
static inline bool cv_rx_in_message(const struct cv_rx *rx)
{
    return rx->in.len != 0 || rx->in_pieces;
}

enum { CV_MASTER_LEN = 48, CV_RANDOMS_LEN = 64, CV_VERIFY_DATA_LEN = 12 };

enum { CV_N_GREASE = 6 };

/* What of it only a server needs. */
struct cv_hs_server {
    struct cv_client_hello hello; /* views into client_hello */
    struct cv_buf first_hello;    /* the one that was retried */
    uint8_t cookie[32];           /* sent in HelloRetryRequest */
    uint8_t early_secret[CV_SECRET_MAX];
    struct cv_buf key_exchange; /* TLS 1.2: parameters of ServerKeyExchange, until they are signed */
};

/* What only a handshake needs; freed when it is over. Post-handshake authentication has one, too. */
struct cv_hs {
    /* What is asked for most stands in front: a Cortex-M reaches it by shorter instructions. */
    bool compat; /* the ClientHello had a session ID: middlebox compatibility mode */
    bool ccs_sent;
    bool psk;              /* the session is being resumed */
    bool cert_requested;   /* client: a CertificateRequest came. server: we sent one */
    bool certificate_sent; /* client: and its signature is still due */
    bool share_part;
    bool keep_messages;   /* messages are kept whole: CertificateVerify signs them */
    bool staple_promised; /* client, TLS 1.2: a CertificateStatus may come */
    bool ticket_promised;
    bool skip_early; /* server: early data is refused and may still be coming */
    uint8_t session_id_len;
    bool encrypt_then_mac;              /* with CBC: agreed upon */
    bool finished_seen;                 /* the first of the two */
    uint32_t asked;                     /* bits of the extensions that our hello carried */
    struct cv_session *session;         /* offered (client) or accepted (server) */
    const struct cv_group *share_group; /* client: of the share that was sent; with its part's, where */
    const struct cv_suite *early_suite; /* client: under which it is sent; NULL: it is not, or was refused */
    struct cv_arriving *arriving;       /* verify_stream.c: certificates that are being taken */
    struct cv_generic *generic;         /* generic_extension.c; NULL: nothing is wanted */
    struct cv_buf flight;               /* messages built and not yet in records */
    struct cv_buf client_hello;         /* whole message: ours as client, the last one as server */
    struct cv_buf share;                /* share_part says so */
    struct cv_buf cookie_in;            /* client: received in HelloRetryRequest */
    struct cv_public_key peer_key;      /* views into the connection's peer_chain, or peer_key_bytes */

    struct cv_transcript transcript;
    struct cv_hs_server *server; /* NULL in a client */

    struct cv_question question;  /* that the application has not answered yet */
    uint8_t grease[CV_N_GREASE];  /* client: of the values that RFC 8701 puts into the hello */
    uint8_t client_random[32];
    uint8_t session_id[32];

    uint8_t private_key[CV_KEX_PRIVATE_MAX]; /* client: secret, for share_group */
    struct cv_session *psks[CV_OFFERS_MAX];  /* client: external keys that are offered */
    size_t n_psks;
    struct cv_session *offered[CV_OFFERS_MAX]; /* client: what the last ClientHello offers; owned elsewhere */
    size_t n_offered;
    uint16_t psk_index;       /* server: which identity is looked at, or was taken */
    bool retry_psk;           /* server: one was picked before the retry */
    uint16_t retry_psk_index; /* this one of the first hello */

    union {
        struct { /* TLS 1.3 */
            struct cv_key_schedule schedule;
            uint8_t client_secret[CV_SECRET_MAX]; /* traffic secrets of the handshake */
            uint8_t server_secret[CV_SECRET_MAX];
            uint8_t client_app_secret[CV_SECRET_MAX];
        };
        struct { /* TLS 1.2 */
            uint8_t server_random[32];
            uint8_t master[CV_MASTER_LEN];
            struct cv_keys12 client_keys, server_keys; /* until they are taken into use */
        };
    };

    struct cv_buf peer_key_bytes;
    const struct cv_cert_compression *compression; /* for our Certificate; NULL: it goes as it is */
    bool staple_asked, scts_asked;                 /* by the peer: for our certificate */
    const struct cv_sig_scheme *sign_scheme;       /* of our signature */
    struct cv_buf request_context;
    struct cv_buf request_schemes; /* u16 each */
    bool wants_rsa, wants_ecdsa;   /* TLS 1.2: the types of certificates that it lists */
    struct cv_buf authorities;

    bool psk_dhe;        /* server: the client can resume with psk_dhe_ke */
    bool psk_ke;         /* server: with psk_ke, and so do we */
    bool session_judged; /* server: suite, group and session are chosen */
    /* TLS 1.2 */
    void *next_rx, *next_tx;                   /* in a renegotiation: room for the state of new keys */
    struct cv_buf messages;
    bool id_given;        /* server: ServerHello has an ID, under which the session is or will be stored */
    struct cv_buf ticket; /* client: received, until the session is made */
    uint32_t ticket_lifetime;

    struct cv_buf early;                 /* client: what the application wants to send */
    uint32_t psk_age;                    /* server: of the identity taken, obfuscated */
    uint32_t early_left;                 /* bytes of it that are passed over, or taken */
};

struct cv_conn {
    const struct cv_config *config;
    struct cv_hs *hs;
    uint8_t state; /* of the role's table */
    bool established, resumed, retried;
    bool renegotiating;          /* from the peer's hello, or ours, to the Finished that comes last */
    bool extended_master_secret; /* TLS 1.2 */
    uint16_t version;            /* 0 until it is known */
    const struct cv_suite *suite;
    struct cv_conn_params params; /* target and alpn are views into names */
    const struct cv_group *group;
    const struct cv_identity *identity; /* ours */
    struct cv_buf out;
    bool target_is_address;
    uint8_t *names;
    size_t names_len;

    atomic_int error;           /* cv_err that ended it */
    atomic_bool update_owed;    /* a KeyUpdate goes out in front of the next data */
    atomic_bool update_request; /* and asks the peer for one */
    atomic_bool peer_updated;   /* the peer's keys changed since we last asked for it */
    struct cv_buf psk_identity; /* of the external key in use */
    enum cv_early early;
    uint64_t early_len;
    bool credential_given; /* client: CV_WANT_CREDENTIAL was answered */
    bool can_request_auth; /* server: the client offered post-handshake authentication */
    bool alert_waits;      /* the fatal alert was not yet put into the output */
    int16_t alert_sent, alert_received;
    int16_t failed_in; /* the handshake message that ended it; -1: none */

    struct cv_rx rx;
    struct cv_tx tx;

    uint16_t peer_scheme, own_scheme;
    bool secure_renegotiation;  /* the peer knows RFC 5746 */
    bool renegotiation_refused; /* by the peer's warning, in this call of cv_conn_step */
    bool has_verify_data;
    uint8_t first_finished; /* enum cv_role: whose Finished is tls-unique (RFC 5929 3.1) */
    uint8_t verify_data[2][CV_VERIFY_DATA_LEN]; /* of the last handshake's Finished, by enum cv_role */
    uint8_t *randoms;                           /* TLS 1.2: client's and server's, for the exporter */
    uint8_t exporter_secret[CV_SECRET_MAX];     /* TLS 1.2: the master secret */
    uint8_t resumption_secret[CV_SECRET_MAX];
    void *auth_transcript; /* its state, where post-handshake authentication can still come */

    struct cv_buf peer_chain; /* vec24 each */
    struct cv_buf peer_scts;
    bool own_raw_key, peer_raw_key; /* RFC 7250 */
    uint16_t own_compression, peer_compression;
    struct cv_buf peer_staples; /* OCSPResponses that came with it, vec24 each; perhaps none */
    enum cv_validated validated;
    struct cv_verdict verdict;
    int64_t chain_not_after, leaf_not_after;
    int64_t authenticated; /* when the full handshake was made that this connection goes back to */
    struct cv_buf alpn, server_name;
    uint8_t session_id[32];
    uint8_t session_id_len;
    uint8_t ticket_nonce; /* server: of the next ticket */
    uint32_t negotiated;  /* generic_extension.c: bits of the extensions that the server answered */
    uint16_t negotiated_others[2];
};

/* A handshake message: one byte of type, three of length, the body. */
enum { CV_MSG_HEADER_LEN = 4 };
static inline struct cv_bytes cv_msg_body(struct cv_bytes msg)
{
    return cv_bytes(msg.p + CV_MSG_HEADER_LEN, msg.len - CV_MSG_HEADER_LEN);
}

/* A row of the handshake tables. */
enum {
    CV_MSG_NONE = 0xff,          /* go on without input */
    CV_MSG_CHANGE_CIPHER = 0xfd, /* TLS 1.2's change_cipher_spec, which is a record and no message */
};

enum cv_edge_flags {
    CV_HASH_AFTER = 1 << 0,  /* the dispatcher adds the message to the transcript after the handler */
    CV_HASH_SELF = 1 << 1,   /* the handler does, or the message has no transcript */
    CV_PROVISIONAL = 1 << 2, /* sends nothing and takes no key into use under which anything came: may be
                                followed before the record's tag has been verified */
};

typedef cv_err cv_handler(struct cv_conn *c, struct cv_bytes msg, uint8_t *next);

struct cv_edge {
    uint8_t from;
    uint8_t msg; /* enum cv_msg, or CV_MSG_NONE */
    uint8_t flags;
    uint32_t next; /* bit 1 << state of each state that the handler may propose */
    cv_handler *handle;
};

enum cv_client_state {
    CV_CS_START,
    CV_CS_WANT_SESSION,
    CV_CS_WAIT_SERVER_HELLO,
    CV_CS_WAIT_SERVER_HELLO_RETRIED,
    CV_CS_WAIT_ENCRYPTED_EXTENSIONS,
    CV_CS_WANT_EXTENSION, /* suspended; EncryptedExtensions were read */
    CV_CS_WAIT_CERTIFICATE_OR_REQUEST,
    CV_CS_WAIT_CERTIFICATE,
    CV_CS_WAIT_CERTIFICATE_VERIFY,
    CV_CS_WAIT_FINISHED,
    CV_CS_WANT_CERTIFICATE, /* suspended; all behind the server's Finished */
    CV_CS_WANT_CREDENTIAL,
    CV_CS_WANT_SIGNATURE,
    CV_CS_CONNECTED,

    CV_CS12_WAIT_SERVER_HELLO, /* TLS 1.2: in a renegotiation */
    CV_CS12_WANT_EXTENSION,    /* ServerHello was read */
    CV_CS12_WAIT_CERTIFICATE,
    CV_CS12_WAIT_STATUS,
    CV_CS12_WAIT_SERVER_KEY_EXCHANGE,
    CV_CS12_WAIT_REQUEST_OR_DONE,
    CV_CS12_WAIT_DONE,
    CV_CS12_WANT_CERTIFICATE,
    CV_CS12_WANT_CREDENTIAL,
    CV_CS12_WANT_SIGNATURE,
    CV_CS12_WAIT_TICKET,
    CV_CS12_WAIT_CCS,
    CV_CS12_WAIT_FINISHED,
    CV_CS12_CONNECTED,
    CV_CS_COUNT
};

enum cv_server_state {
    CV_SS_WAIT_CLIENT_HELLO,
    CV_SS_WANT_EXTENSION, /* suspended; for either version */
    CV_SS_WAIT_CLIENT_HELLO_RETRIED,
    CV_SS_WANT_SESSION_RETRIED,
    CV_SS_WANT_SESSION, /* suspended, until the server's Finished is sent */
    CV_SS_WANT_CERTIFICATE,
    CV_SS_WANT_SIGNATURE,
    CV_SS_WAIT_END_OF_EARLY_DATA,
    CV_SS_WAIT_CERTIFICATE,
    CV_SS_WAIT_CERTIFICATE_VERIFY,
    CV_SS_WAIT_FINISHED,
    CV_SS_CONNECTED,
    CV_SS_AUTH_CERTIFICATE, /* post-handshake authentication */
    CV_SS_AUTH_CERTIFICATE_VERIFY,
    CV_SS_AUTH_FINISHED,

    CV_SS12_RENEGOTIATE, /* TLS 1.2: the ClientHello is there, and its answer due */
    CV_SS12_WANT_SESSION,
    CV_SS12_WANT_CERTIFICATE,
    CV_SS12_WANT_SIGNATURE,
    CV_SS12_WAIT_CERTIFICATE,
    CV_SS12_WAIT_CLIENT_KEY_EXCHANGE,
    CV_SS12_WAIT_CERTIFICATE_VERIFY,
    CV_SS12_WAIT_CCS,
    CV_SS12_WAIT_FINISHED,
    CV_SS12_CONNECTED,
    CV_SS_COUNT
};
_Static_assert(CV_CS_COUNT <= 32 && CV_SS_COUNT <= 32, "a bit for each state");

/* A table with what only its role and version do, reached through config->machines alone, so that a program
 * without the one is without the other; NULL where there is nothing of the kind. */
struct cv_machine {
    const struct cv_edge *edges;
    size_t n_edges;
    /* Client of TLS 1.2: can the suite be offered? */
    bool (*serves)(const struct cv_config *config, const struct cv_suite *s);
    /* Client: before its first hello (TLS 1.3); the extensions of a hello that leads to this version; the
     * answer that decided for it, which cv_server_hello_read has read. */
    cv_err (*begin)(struct cv_conn *c);
    void (*offer)(struct cv_conn *c, struct cv_builder *b);
    cv_err (*server_hello)(struct cv_conn *c, struct cv_server_hello *sh, struct cv_bytes msg, uint8_t *next);
    /* Server of TLS 1.2: the hello that decided for it, in hs->hello, met by the handler of TLS 1.3. */
    cv_err (*client_hello)(struct cv_conn *c, uint8_t *next);
    /* Answers the messages that were kept in rx.stored; NULL: none are. */
    cv_err (*answer_stored)(struct cv_conn *c);
    /* Server of TLS 1.3: bytes of early data that came, or are passed over. */
    cv_err (*take_early)(struct cv_conn *c, size_t len);
    cv_err (*skip_early)(struct cv_conn *c, size_t len);
    /* TLS 1.2: the connection failed. If it was established, its session is not resumed (RFC 5246 7.2). */
    void (*forget)(struct cv_conn *c);
    /* TLS 1.2: its form of Certificate. */
    cv_err (*certificate)(struct cv_bytes *list, size_t *n_certs, struct cv_bytes body);
    /* TLS 1.2: asks for a renegotiation, the client by its ClientHello; CV_E_UNSUPPORTED where there cannot
     * be one. */
    cv_err (*renegotiate)(struct cv_conn *c);
    /* TLS 1.3: seals a KeyUpdate, and moves on to the next keys. dst: CV_KEY_UPDATE_LEN, and what protects
     * it. */
    cv_err (*seal_update)(struct cv_conn *c, uint8_t *dst);
    /* TLS 1.3 server: post-handshake authentication. */
    cv_err (*request_auth)(struct cv_conn *c);
};

/* That of the connection's role and version; until a server knows the version, that of TLS 1.3. */
const struct cv_machine *cv_machine(const struct cv_conn *c);

/* The suite of ours with this number; NULL if there is none. */
const struct cv_suite *cv_config_suite(const struct cv_config *config, uint16_t id);
/* Is there a version among the configuration's for this group? */
bool cv_config_uses_group(const struct cv_config *config, const struct cv_group *g);
/* What TLS 1.2 can use: elliptic curves with equal shares of both sides (RFC 8422 5.1.1), or FFDHE (RFC
 * 7919). */
static inline bool cv_group_in_tls12(const struct cv_group *g)
{
    return g->id < 0x0100 || g->field != NULL;
}
/* Is it one for the key exchange of this suite of TLS 1.2? */
static inline bool cv_group_fits12(const struct cv_group *g, const struct cv_suite *s)
{
    return s->dhe != NULL ? g->field != NULL : g->id < 0x0100;
}
/* Has the configuration a group for it? */
bool cv_config_has_group12(const struct cv_config *config, const struct cv_suite *s);

/* CBC with the MAC inside is used where the configuration says so only. etm: both sides know RFC 7366. */
static inline bool cv_suite_serves12(const struct cv_config *config, const struct cv_suite *s, bool etm)
{
    return s->tls12 && (s->aead != NULL || etm || config->cbc_without_etm);
}

/* --- conn.c: memory and keys --- */
void *cv_conn_alloc(const struct cv_conn *c, size_t len);
void cv_conn_release(const struct cv_conn *c, void *p, size_t len); /* wipes */
cv_err cv_hs_new(struct cv_conn *c);
void cv_hs_free(struct cv_conn *c);
/* The suite is chosen: makes room for the keys of both halves. */
cv_err cv_conn_set_suite(struct cv_conn *c, const struct cv_suite *suite);
void cv_rx_install(struct cv_conn *c, const uint8_t *secret);
/* In a renegotiation: gives a half the room that cv_conn_set_suite made for its new keys. */
void cv_conn_swap_state(struct cv_conn *c, struct cv_half *half);
/* Data may pass. */
static inline bool cv_conn_ready(const struct cv_conn *c)
{
    return c->established && !c->renegotiating;
}

/* An alert of the peer's. CV_E_PEER_ALERT, CV_E_CLOSED, CV_E_FLOOD. */
cv_err cv_recv_alert(struct cv_conn *c, struct cv_bytes alert);

/* --- handshake.c: messages in and out --- */
/* Finds the row; NULL if the message may not come in this state. */
const struct cv_edge *cv_edge_find(const struct cv_conn *c, uint8_t msg);
/* The longest body of a message of this type. */
size_t cv_message_limit(const struct cv_config *config, uint8_t type);
/* Handles every whole message in rx.in. */
cv_err cv_handshake_messages(struct cv_conn *c);
/* Goes on without input where the state's row says so; CV_OK if it has none. */
cv_err cv_handshake_resume(struct cv_conn *c);

/* TLS 1.2: a well-formed change_cipher_spec arrived. CV_E_CCS where the table has no row for it. */
cv_err cv_handshake_ccs(struct cv_conn *c);
/* Adds a message to the transcript. */
cv_err cv_hs_add(struct cv_conn *c, struct cv_bytes msg);

/* Begins a message with a body of at most cap bytes; end fixes its length and adds it to the transcript. */
cv_err cv_msg_begin(struct cv_conn *c, enum cv_msg type, size_t cap, struct cv_builder *b);
cv_err cv_msg_end(struct cv_conn *c, struct cv_builder *b);
/* Puts the flight into records under the current keys. */
cv_err cv_flight_flush(struct cv_conn *c);
/* Flushes, then sends under the keys of this secret. */
cv_err cv_tx_install(struct cv_conn *c, const uint8_t *secret);
/* change_cipher_spec for middleboxes, once, where the mode is on. */
cv_err cv_send_ccs(struct cv_conn *c);
/* TLS 1.2: HelloRequest, which is no part of a handshake. */
cv_err cv_send_hello_request(struct cv_conn *c);
/* One record with content of one type. */
cv_err cv_send_record(struct cv_conn *c, uint8_t type, struct cv_bytes content);
/* One alert as a record of its own. */
cv_err cv_send_alert(struct cv_conn *c, uint8_t level, uint8_t description);

/* --- secrets.c: the steps of the key schedule that both roles share --- */
void cv_secrets_handshake(struct cv_conn *c, const uint8_t *shared, size_t shared_len);
/* With the transcript up to the server's Finished; client and server are the first application secrets. */
void cv_secrets_application(struct cv_conn *c, uint8_t *client, uint8_t *server);
/* With the transcript up to the client's Finished. */
void cv_secrets_resumption(struct cv_conn *c);
void cv_keylog(const struct cv_conn *c, enum cv_keylog_label label, const uint8_t *secret, size_t secret_len);
/* The binder over a ClientHello whose last binders_len bytes are left out; transcript NULL or what stands
 * before it. */
void cv_psk_binder(const struct cv_session *s, const struct cv_hash *hash, const struct cv_transcript *before,
                   struct cv_bytes partial_hello, uint8_t *binder);

/* --- secrets12.c: the same for TLS 1.2 --- */
/* The master secret from the shared one, with the transcript up to ClientKeyExchange; then the keys. */
void cv_secrets12_master(struct cv_conn *c, const uint8_t *shared, size_t shared_len);
/* DHE (dhe12.c): a share as the group's functions want it, with zeros in front. CV_E_BAD_KEY_SHARE if it is
 * too long. */
cv_err cv_pad_share12(const struct cv_group *g, uint8_t padded[CV_KEX_SECRET_MAX], struct cv_bytes *share);
/* The keys from hs->master. */
void cv_secrets12_keys(struct cv_conn *c);
/* Receives under the new keys from now on. */
void cv_secrets12_rx(struct cv_conn *c);
/* Both halves under the keys of hs->master, for a connection that goes on here. */
void cv_secrets12_revive(struct cv_conn *c);
/* change_cipher_spec, then Finished under the new keys. */
cv_err cv_send_finished12(struct cv_conn *c);
cv_err cv_recv_finished12(struct cv_conn *c, struct cv_bytes body);
/* The handshake is done: keeps what the exporter needs. */
cv_err cv_establish12(struct cv_conn *c);
cv_err cv_export12(const struct cv_conn *c, uint8_t *out, size_t out_len, struct cv_bytes label,
                   struct cv_bytes context);

/* --- auth12.c: signatures of TLS 1.2 --- */
/* The group with whose points a key of this type works, by IANA's number; 0 if it is none of RFC 8422's. */
uint16_t cv_key_curve(enum cv_key_type type);
/* RFC 8422 5.3: in TLS 1.2 the groups that a client offers are also those of its server's key. */
bool cv_key_serves(const struct cv_conn *c, enum cv_key_type type);
/* The scheme for an identity, a suite's kind of signature and the peer's list; NULL if none fits. */
const struct cv_sig_scheme *cv_scheme12_for(const struct cv_conn *c, const struct cv_identity *identity,
                                            struct cv_bytes peer_schemes);
/* Signs the parts one behind the other; the scheme's number and the signature go to b. */
cv_err cv_sign12(struct cv_conn *c, struct cv_builder *b, const struct cv_identity *identity,
                 const struct cv_sig_scheme *scheme, const struct cv_bytes *parts, size_t n_parts);
size_t cv_sign12_cap(const struct cv_identity *identity);
cv_err cv_verify12(struct cv_conn *c, uint16_t scheme, struct cv_bytes signature,
                   const struct cv_bytes *parts, size_t n_parts);

/* --- operations.c: what the application may answer, now or later --- */
/* Signs m, which is as cv_sign_fn wants it, with the identity's key. CV_WANT_SIGNATURE. */
cv_err cv_ask_signature(struct cv_conn *c, uint8_t *sig, size_t *sig_len, const struct cv_identity *identity,
                        const struct cv_sig_scheme *scheme, struct cv_bytes m);
/* The selector's choice; NULL if it leaves the choice to us, or there is none. CV_WANT_CERTIFICATE. */
cv_err cv_ask_identity(struct cv_conn *c, const struct cv_identity **identity, struct cv_bytes peer_schemes);
/* A client's sessions: is there a place for them; one for this connection, or NULL (CV_WANT_SESSION); one
 * more, which becomes the place's; none any more. */
bool cv_sessions_enabled(const struct cv_conn *c);
cv_err cv_ask_session(struct cv_conn *c, struct cv_session **out);
void cv_keep_session(struct cv_conn *c, struct cv_session *s);
void cv_drop_sessions(struct cv_conn *c);
/* config->session_store's get. */
cv_err cv_ask_store(struct cv_conn *c, struct cv_session **out, const uint8_t *key, bool take);
/* Was the ticket of hs->session used for early data before? CV_E_BAD_PSK, CV_WANT_SESSION. */
cv_err cv_ask_replay(struct cv_conn *c);
/* As cv_ticket_open and cv_ticket_seal, by whoever does that here. CV_WANT_TICKET_KEY. */
bool cv_tickets_enabled(const struct cv_conn *c);
cv_err cv_ask_ticket(struct cv_conn *c, struct cv_session **out, struct cv_bytes ticket);
cv_err cv_make_ticket(struct cv_conn *c, uint8_t *ticket, size_t cap, size_t *ticket_len,
                      const struct cv_session *s);
/* Whoever was asked is told that no answer is wanted any more. */
void cv_question_abandon(struct cv_question *q);

/* --- auth.c: Certificate, CertificateVerify, Finished, both roles --- */
/* The numbers of these schemes, as far as TLS has any; and the extension that lists them. */
void cv_build_scheme_numbers(struct cv_builder *b, const struct cv_sig_scheme *schemes, size_t n);
void cv_build_schemes(struct cv_builder *b, enum cv_ext ext, const struct cv_sig_scheme *schemes, size_t n);
/* What an identity may sign with, in order of preference. */
const struct cv_sig_scheme *cv_signing_schemes(const struct cv_config *config,
                                               const struct cv_identity *identity, size_t *n);
/* CV_E_UNKNOWN_NAME where names are strict and no identity has this one; host may be NULL. */
cv_err cv_check_name(const struct cv_conn *c, const struct cv_host *host);
/* The identity of ours and the scheme for a peer that takes these, by the selector or our own rule;
 * CV_E_NO_COMMON_SCHEME, CV_E_NO_CERTIFICATE, CV_E_UNKNOWN_NAME; CV_WANT_CERTIFICATE. */
cv_err cv_pick_identity(struct cv_conn *c, struct cv_bytes peer_schemes, const struct cv_host *host,
                        const struct cv_identity **identity, const struct cv_sig_scheme **scheme);
/* The most that a signature by this key takes. */
size_t cv_signature_cap(const struct cv_public_key *key);
cv_err cv_send_certificate(struct cv_conn *c, const struct cv_identity *identity);
cv_err cv_send_certificate_verify(struct cv_conn *c, const struct cv_identity *identity,
                                  const struct cv_sig_scheme *scheme);
cv_err cv_send_finished(struct cv_conn *c, const uint8_t *base_key);
/* The memory driver's recv: peer_certs.h. */
cv_err cv_recv_certificate(struct cv_conn *c, struct cv_bytes msg, bool *empty);
/* Keeps an OCSPResponse that came with the peer's chain. */
cv_err cv_keep_staple(struct cv_conn *c, struct cv_bytes staple);
/* Whether we asked the peer for a staple. */
bool cv_staple_wanted(const struct cv_conn *c);
/* Takes over from hs->session what is known of the peer. */
cv_err cv_resume_peer(struct cv_conn *c);
cv_err cv_recv_certificate_verify(struct cv_conn *c, struct cv_bytes body);
cv_err cv_recv_finished(struct cv_conn *c, struct cv_bytes body, const uint8_t *base_key);
/* A client's Certificate without any, in the handshake of either version. */
cv_err cv_send_no_certificate(struct cv_conn *c);
/* What the identity signs with for a peer that takes these schemes; NULL if nothing fits. */
const struct cv_sig_scheme *cv_scheme_for(const struct cv_conn *c, const struct cv_identity *identity,
                                          struct cv_bytes peer_schemes);

/* --- verify.c: with verify_stream.c the only callers of x509's paths --- */
/* Parses the peer's leaf into hs->peer_key and validates peer_chain as params demand. */
cv_err cv_verify_peer(struct cv_conn *c);

/* --- key_update.c --- */
enum { CV_KEY_UPDATE_LEN = CV_MSG_HEADER_LEN + 1 };
cv_err cv_seal_key_update(struct cv_conn *c, uint8_t *dst);

/* --- post.c, key_update.c: messages after the handshake --- */
cv_handler cv_recv_new_session_ticket, cv_recv_key_update, cv_recv_auth_request;
cv_err cv_send_new_session_tickets(struct cv_conn *c);
/* TLS 1.2: a ticket of the server. */
cv_err cv_send_new_session_ticket12(struct cv_conn *c);
/* What a session made now would say of this connection; its secret, a PSK of its own for each ticket (RFC
 * 9846 4.7.1); and how long it may be used, of what the peer or we would have it. */
struct cv_session cv_session_describe(const struct cv_conn *c);
void cv_ticket_secret(const struct cv_conn *c, struct cv_session *s, struct cv_bytes nonce);
uint32_t cv_session_lifetime(const struct cv_conn *c, uint32_t theirs);
/* Server: keeps the session under the ID that ServerHello gave, if it gave one. */
void cv_store_session12(struct cv_conn *c);
/* Server: the connection failed; if it was established, its session is not resumed. */
void cv_forget_session12(struct cv_conn *c);
/* Answers the requests that wait in rx.stored. */
cv_err cv_answer_stored(struct cv_conn *c, cv_err (*answer)(struct cv_conn *c, struct cv_bytes msg));
/* Keeps what post-handshake authentication needs of the transcript, where it may come. */
cv_err cv_keep_auth_transcript(struct cv_conn *c);
/* A struct cv_hs that continues from the kept transcript. */
cv_err cv_auth_begin(struct cv_conn *c);

/* renegotiation_info as the peer must send it (RFC 5746): CV_E_RENEGOTIATION_INFO; said: of the last
 * handshake, empty in the first. */
cv_err cv_renegotiation_check(const struct cv_extensions *x, struct cv_bytes said);

/* --- generic_extension.c, reached through config->generic alone --- */
struct cv_generic_support {
    /* The extensions of ours for this message, and the most bytes that they take. */
    size_t (*len)(const struct cv_conn *c, uint16_t msg);
    void (*build)(struct cv_conn *c, struct cv_builder *b, uint16_t msg);
    /* The extension block of a message of the peer. CV_WANT_EXTENSION: there is one to show;
     * CV_E_UNSOLICITED_EXTENSION. */
    cv_err (*take)(struct cv_conn *c, struct cv_bytes block, uint16_t msg);
    /* The extension block of an answer of ours. */
    void (*note)(struct cv_conn *c, struct cv_bytes block);
    /* What was shown was seen. CV_WANT_EXTENSION: there is another. */
    cv_err (*next)(struct cv_conn *c);
    /* CV_E_BAD_RETRY where a second ClientHello does not have what the first one showed. */
    cv_err (*check_retry)(const struct cv_conn *c, struct cv_bytes first, struct cv_bytes second);
    void (*free)(struct cv_conn *c);
};

/* The same where a program may be without. */
static inline size_t cv_generic_len(const struct cv_conn *c, uint16_t msg)
{
    return c->config->generic != NULL ? c->config->generic->len(c, msg) : 0;
}
static inline void cv_generic_build(struct cv_conn *c, struct cv_builder *b, uint16_t msg)
{
    if (c->config->generic != NULL) c->config->generic->build(c, b, msg);
}
static inline cv_err cv_generic_take(struct cv_conn *c, struct cv_bytes block, uint16_t msg)
{
    return c->config->generic != NULL ? c->config->generic->take(c, block, msg) : CV_OK;
}
static inline void cv_generic_note(struct cv_conn *c, struct cv_bytes block)
{
    if (c->config->generic != NULL) c->config->generic->note(c, block);
}
static inline cv_err cv_generic_check_retry(const struct cv_conn *c, struct cv_bytes first,
                                            struct cv_bytes second)
{
    return c->config->generic != NULL ? c->config->generic->check_retry(c, first, second) : CV_OK;
}
static inline cv_err cv_generic_next(struct cv_conn *c)
{
    return c->config->generic != NULL ? c->config->generic->next(c) : CV_OK;
}

/* Counts key updates, tickets, requests and renegotiations: so many within a MiB of data, unless a minute
 * passes first; then CV_E_FLOOD. */
cv_err cv_count_update(struct cv_conn *c);
/* Counts one more event without progress; CV_E_FLOOD at the limit. */
cv_err cv_count_flood(uint8_t *counter);

#endif
