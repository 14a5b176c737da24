/* Sessions: what a resumed handshake needs to know of the first one. The client's lie in a bounded
 * cache under an opaque key; the server's travel in tickets sealed under keys of its own. */
#ifndef CV_TLS_SESSION_H
#define CV_TLS_SESSION_H

#include "tls/operations.h"
#include "tls/port.h"
#include "tls/suite.h"

enum { CV_SESSION_KEY_LEN = 32, CV_TICKET_MAX = 16384, CV_ALPN_MAX = 255 };

/* How a chain was judged when the session was made; a context resumes only what was judged at least as
 * strictly (schannel: row I3). */
enum cv_validated {
    CV_VALIDATED_NOT,   /* by the caller, if at all */
    CV_VALIDATED_CHAIN, /* by us, without the name */
    CV_VALIDATED_NAME,  /* by us, with the name */
};

/* Where a PSK of TLS 1.3 comes from; its binder says so (RFC 9846 7.1, RFC 9258 5.2). */
enum cv_psk_kind { CV_PSK_RESUMPTION, CV_PSK_EXTERNAL, CV_PSK_IMPORTED };

/* One allocation: the struct, then ticket, chain and name behind it. Free with cv_session_free. */
struct cv_session {
    size_t size; /* of the allocation */
    uint16_t version, suite;
    uint16_t group; /* of the handshake that made it */
    uint16_t scheme;
    enum cv_hash_id hash; /* of the key schedule */
    uint8_t secret[64];   /* the PSK; secret */
    uint8_t secret_len;
    uint8_t kind;      /* enum cv_psk_kind; not kept: only tickets are */
    uint8_t validated; /* enum cv_validated */
    bool client_authenticated;
    bool raw_key;       /* `chain` is a bare key of the peer's */
    bool by_id;         /* TLS 1.2: `ticket` is a session ID; client only */
    uint8_t policy[32]; /* digest of the validation policy, opaque here */
    uint32_t lifetime;  /* seconds from `created` */
    uint32_t age_add;
    uint32_t max_early_data;
    int64_t created;             /* seconds since 1970 */
    int64_t authenticated;       /* when the full handshake was made that this session goes back to */
    uint64_t created_ms;         /* on the port's millisecond clock; client only */
    int64_t chain_not_after;     /* the earliest notAfter in the peer's chain; INT64_MAX without one */
    struct cv_bytes ticket;      /* as the server sent it; client only */
    struct cv_bytes chain;       /* peer's certificates: each behind a 24-bit length; may be empty */
    struct cv_bytes server_name; /* lower case; may be empty */
    struct cv_bytes alpn;        /* the protocol that was chosen; may be empty */
};

/* A copy of `fields` whose views point into its own memory. CV_E_NO_MEMORY; CV_E_INVALID_ARGUMENT if a length
 * is not one that TLS can carry. */
cv_err cv_session_new(struct cv_session **out, const struct cv_port *port, const struct cv_session *fields);
void cv_session_free(const struct cv_port *port, struct cv_session *s); /* wipes; s may be NULL */
/* Past its lifetime (seven days at most), seven days behind the full handshake that it goes back to (RFC 9846
 * 4.7.1), past its chain's notAfter, or made more than a minute after now. */
bool cv_session_expired(const struct cv_session *s, int64_t now);

/* The session as bytes, its secret among them; created_ms is left out, for no other machine knows that clock.
 * In a ticket its own field `ticket` is empty. */
void cv_session_encode(struct cv_builder *b, const struct cv_session *s);
/* The views of s point into `in`; created_ms becomes 0. CV_E_BAD_PSK or what a reader says: it is none. */
cv_err cv_session_decode(struct cv_session *s, struct cv_bytes in);
/* A session from bytes that somebody kept for us: its age on our millisecond clock is told from `created`.
 * CV_E_BAD_PSK if it is none, or has expired; CV_E_NO_MEMORY. */
cv_err cv_session_revive(struct cv_session **out, const struct cv_port *port, struct cv_bytes bytes);

/* Client cache: bounded in entries and bytes (8 KiB an entry), least recently used first out, locked by the
 * port. Entries are offered once: take removes the newest one for the key. */
struct cv_session_cache;
cv_err cv_session_cache_new(struct cv_session_cache **out, const struct cv_port *port,
                            size_t max_entries /* 0: nothing is kept */);
void cv_session_cache_free(struct cv_session_cache *cache);
/* Takes ownership of s in any case. At most 4 sessions lie under one key. */
void cv_session_cache_put(struct cv_session_cache *cache, const uint8_t key[CV_SESSION_KEY_LEN],
                          struct cv_session *s);
/* The newest session under the key that has not expired, now the caller's; NULL if there is none. */
struct cv_session *cv_session_cache_take(struct cv_session_cache *cache,
                                         const uint8_t key[CV_SESSION_KEY_LEN]);
/* A copy of the newest session under the key that has not expired, which counts as used now. CV_E_BAD_PSK if
 * there is none; CV_E_NO_MEMORY. */
cv_err cv_session_cache_get(struct cv_session_cache *cache, struct cv_session **out,
                            const uint8_t key[CV_SESSION_KEY_LEN]);
/* Drops every session whose key begins with these bytes; with prefix_len 0, all of them. */
void cv_session_cache_drop(struct cv_session_cache *cache, const uint8_t *prefix, size_t prefix_len);

/* Where sessions lie: a client's, under the key of its connection, and those of TLS 1.2 that clients name to
 * a server by an ID (RFC 5246 7.3, F.1.4). The functions may be called by several threads at once. */
enum { CV_SESSION_ID_LEN = CV_SESSION_KEY_LEN };
struct cv_session_store {
    void *ctx;
    /* Keeps a copy of the session until it expires, or less long. Where that fails, it is not resumed. */
    void (*put)(void *ctx, const uint8_t key[CV_SESSION_KEY_LEN], const struct cv_session *s);
    /* *out: a copy, in memory of the connection's port. With `take` it is forgotten in the same step, so that
     * nobody else gets it. CV_E_BAD_PSK if there is none, and for whatever else a full handshake is the
     * answer to; a question as in tls/operations.h: CV_WANT_SESSION. */
    cv_err (*get)(void *ctx, void **op, struct cv_session **out, const uint8_t key[CV_SESSION_KEY_LEN],
                  bool take);
    /* They must not be resumed any more (RFC 5246 7.2). */
    void (*drop)(void *ctx, const uint8_t key[CV_SESSION_KEY_LEN]);
    cv_abandon_fn *abandon;
};
/* A server's store of one process: a cache of its own, which the caller frees. */
void cv_session_store_in_cache(struct cv_session_store *out, struct cv_session_cache *cache);

/* Ticket keys: the newest seals, older ones open for as long as tickets live. Locked by the port.
 * There are 16 at most: rotation is slowed to one fourteenth of accept_for if it is to be faster. A key also
 * ends after 2^32 tickets, whose nonces are random (NIST SP 800-38D 8.3).
 * aead: with a tag of 16 bytes, or CV_E_INVALID_ARGUMENT. */
struct cv_ticket_keys;
cv_err cv_ticket_keys_new(struct cv_ticket_keys **out, const struct cv_port *port, const struct cv_aead *aead,
                          uint32_t rotate_after /* seconds */, uint32_t accept_for /* seconds */);
void cv_ticket_keys_free(struct cv_ticket_keys *keys);

/* The keys as bytes, so that other servers open and make tickets that all of them open, and this one after it was
 * started anew; secret. The key that seals is among them, made anew if it is due: who hands out the ring does so
 * again before rotate_after has passed. CV_E_BUFFER_TOO_SMALL, CV_E_RNG. */
enum { CV_TICKET_KEYS_BYTES_MAX = 2048 };
cv_err cv_ticket_keys_export(struct cv_ticket_keys *keys, uint8_t *out, size_t cap, size_t *len);
/* Takes such keys over; their newest seals from now on, and what this ring had opens its tickets still. Seals
 * under it are counted as of sixteen servers. CV_E_KEY_SYNTAX: these are none, or of another AEAD; nothing
 * changed. */
cv_err cv_ticket_keys_import(struct cv_ticket_keys *keys, struct cv_bytes bytes);
/* The same with keys of the application's, the one that seals first; at most 16. CV_E_INVALID_ARGUMENT. */
struct cv_ticket_key_given {
    uint8_t name[16]; /* in front of each ticket */
    uint8_t key[32];  /* secret */
};
cv_err cv_ticket_keys_set(struct cv_ticket_keys *keys, const struct cv_ticket_key_given *list, size_t n);

/* Seals a server's session (without its ticket, server-side fields only) into ticket (cap bytes, of which
 * CV_TICKET_MAX are used at most); CV_E_BUFFER_TOO_SMALL if it does not fit. The key is made, and rotated,
 * when needed; never all zero, CV_E_RNG instead. */
cv_err cv_ticket_seal(struct cv_ticket_keys *keys, uint8_t *ticket, size_t cap, size_t *ticket_len,
                      const struct cv_session *s);

/* Opens a ticket; *out is the caller's. CV_E_BAD_PSK for whatever is not a valid ticket of ours (unknown
 * key, altered, truncated, expired): the handshake then goes on without it. CV_E_NO_MEMORY. */
cv_err cv_ticket_open(struct cv_ticket_keys *keys, struct cv_session **out, struct cv_bytes ticket);

#endif
