/* A scripted peer: the other end of a connection of ours, whose every message can be altered, left out,
 * repeated or sent at the wrong time. It is built on the key schedule, the record layer and the parsers alone
 * and keeps its transcript as bytes; it checks what we send and asserts that it is right. */
#ifndef CV_TEST_PEER_H
#define CV_TEST_PEER_H

#include "tls/state.h"
#include "tls_fixture.h"

enum { PEER_MAX_EXTS = 40, PEER_BYTES = 1 << 18 };

struct peer_ext {
    uint16_t type;
    struct cv_bytes body;
};

struct peer {
    enum cv_role role;
    struct side *side; /* algorithms, identity and random bytes of its own */
    const struct cv_suite *suite;
    const struct cv_group *group;

    /* The next hello (both roles), block of extensions included. Free to be changed before peer_make_…. */
    uint16_t version;
    uint8_t random[32], session_id[32];
    uint8_t session_id_len;
    struct cv_bytes suites;      /* client; u16 each */
    uint16_t chosen_suite;       /* server; 0: the suite's */
    struct cv_bytes compression; /* a server's is its first byte */
    struct peer_ext exts[PEER_MAX_EXTS];
    size_t n_exts;
    const struct cv_session *session; /* client: the PSK to be offered. server: to be resumed */

    struct cv_bytes context;   /* certificate_request_context */
    struct cv_client_hello ch; /* server: what we were offered; views into `all` or `first` */
    struct cv_bytes cookie;    /* client: from the retry */
    uint16_t retry_group;
    bool cert_requested, got_finished;

    uint8_t private_key[CV_KEX_PRIVATE_MAX];
    struct cv_half tx, rx;
    struct cv_key_schedule ks;
    uint8_t client_secret[CV_SECRET_MAX], server_secret[CV_SECRET_MAX];
    uint8_t client_app[CV_SECRET_MAX], server_app[CV_SECRET_MAX], resumption[CV_SECRET_MAX];
    _Alignas(16) uint8_t tx_state[CV_AEAD_STATE_MAX], rx_state[CV_AEAD_STATE_MAX];

    struct cv_session ticket; /* client: of the last NewSessionTicket */
    size_t n_tickets, n_ccs, n_data;
    int alert; /* received; -1: none */

    size_t msg_len, out_len, all_len, in_len, arena_len;
    uint8_t msg[PEER_BYTES];   /* the message made last */
    uint8_t out[PEER_BYTES];   /* records for the engine */
    uint8_t all[PEER_BYTES];   /* the transcript */
    uint8_t in[PEER_BYTES];    /* handshake bytes received and not yet whole */
    uint8_t arena[PEER_BYTES]; /* what views point to */
};

/* A peer in the role of side, with the defaults of a hello. It owns no memory, and is large: static. */
void peer_init(struct peer *p, struct side *side);
/* A copy of the bytes that lives as long as the peer. */
struct cv_bytes peer_keep(struct peer *p, const void *bytes, size_t len);

/* Extensions of the next message with a block. */
void peer_ext_add(struct peer *p, unsigned type, const void *body, size_t len);
void peer_ext_drop(struct peer *p, unsigned type);
void peer_ext_set(struct peer *p, unsigned type, const void *body, size_t len); /* in its place */

/* Each makes a message into p->msg. */
void peer_make(struct peer *p, uint8_t type, const void *body, size_t len);
void peer_make_client_hello(struct peer *p); /* with session: pre_shared_key comes last, with its binder */
void peer_make_server_hello(struct peer *p);
void peer_make_encrypted_extensions(struct peer *p);
void peer_make_certificate_request(struct peer *p);
void peer_make_certificate(struct peer *p, const struct cv_identity *identity);
void peer_make_certificate_verify(struct peer *p, const struct cv_identity *identity, uint16_t scheme);
void peer_make_finished(struct peer *p);
void peer_make_ticket(struct peer *p, const void *ticket, size_t len);

/* A share of the group into the hello: key_share. */
void peer_share(struct peer *p, const struct cv_group *group);
/* A hello of the server is made and sent, and the keys are taken into use. resume: with p->session. */
void peer_server_hello(struct peer *p);
/* HelloRetryRequest for the group (NULL: none) with the cookie (empty: none). */
void peer_retry(struct peer *p, const struct cv_group *group, struct cv_bytes cookie);
/* The client's second hello after a HelloRetryRequest. */
void peer_second_hello(struct peer *p);
/* Everything behind ServerHello. */
void peer_server_flight(struct peer *p);
/* The client's flight: Certificate and CertificateVerify where asked, Finished. */
void peer_client_flight(struct peer *p);

/* p->msg into the transcript and into a record. */
void peer_send(struct peer *p);
/* The same without one of them. */
void peer_note(struct peer *p);
void peer_send_again(struct peer *p);
/* Takes over the keys that come behind our Finished, once it was sent. */
void peer_finish(struct peer *p);
/* A record with this content, under the current keys if there are any; padding zeros behind it. */
void peer_record(struct peer *p, uint8_t type, const void *content, size_t len, size_t padding);
/* A record in the clear, as it is. */
void peer_record_plain(struct peer *p, uint8_t type, const void *content, size_t len);
void peer_raw(struct peer *p, const void *bytes, size_t len);
/* KeyUpdate with this byte, and the next keys. */
void peer_key_update(struct peer *p, uint8_t request);

/* All of p->out into the engine; its first error. */
cv_err peer_deliver(struct peer *p, struct cv_conn *c);
/* The engine's output is read: hellos, flights, tickets, alerts. */
void peer_take(struct peer *p, struct cv_conn *c);

/* The engine as it comes after a handshake with defaults. */
cv_err peer_connect(struct peer *p, struct cv_conn *c);

#endif
