/* One TLS connection through SSPI, without its socket: bytes from the peer go in, bytes for the peer come
 * out.
 *
 * What every Schannel program has to get right stands here once, for client and server: partial and surplus
 * input, post-handshake messages, requests for credentials, closing. Only the headers that Windows has, and
 * culvert.h. */
#ifndef CULVERT_LINK_H
#define CULVERT_LINK_H

#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS
#include <windows.h>
#include <schannel.h>
#include <security.h>
#include <wincrypt.h>
#include <culvert.h>

#include <stdbool.h>
#include <stddef.h>

struct cv_bytebuf {
    BYTE *p;
    size_t len, cap;
    size_t at; /* bytes at the front that are done with */
};

struct cv_link {
    CredHandle *credential; /* the caller's */
    CtxtHandle context;
    bool has_context, server, established;
    bool pending;              /* an answer of the application's is awaited: SEC_I_ASYNC_CALL_PENDING */
    unsigned n_renegotiations; /* requests of the peer's that were answered since; TLS 1.2: handshakes */
    bool renegotiating;        /* established, but the next input belongs to the handshake */
    bool anonymous;            /* client: the server asked for a certificate and there was none to give */
    bool closed_by_peer;       /* its close_notify arrived */
    bool closed;               /* ours is in `out` or sent */
    bool rekey;         /* each cv_link_encrypt changes the keys: KeyUpdates, or in TLS 1.2 a renegotiation */
    bool close_due;     /* cv_link_close was called in a renegotiation */
    ULONG requests;     /* ISC_REQ_… or ASC_REQ_… */
    const char *target; /* client: the server's name */
    const BYTE *alpn;   /* SEC_APPLICATION_PROTOCOLS, NULL: none */
    ULONG alpn_len;
    const BYTE *early; /* client: for the first flight, where a session allows it; NULL: nothing */
    ULONG early_len;
    struct cv_bytebuf early_in; /* server: what came early and was not handed out yet */
    SecPkgContext_StreamSizes sizes;
    struct cv_bytebuf in, out; /* the socket reads into one and sends from the other */
    struct cv_bytebuf held;    /* data that waits for the end of a renegotiation */
    SECURITY_STATUS status;    /* why it failed */
    CulvertContext_Failure failure;
};

/* Memory at the end of a buffer for n more bytes; add what was written to its len. NULL without memory. */
BYTE *cv_bytebuf_room(struct cv_bytebuf *b, size_t n);
void cv_bytebuf_drop(struct cv_bytebuf *b, size_t n); /* from the front */
static inline size_t cv_bytebuf_left(const struct cv_bytebuf *b)
{
    return b->len - b->at;
}

/* Takes the handshake as far as `in` goes (a client's first call needs none). SEC_E_OK: established, what is
 * left of `in` is data; SEC_I_CONTINUE_NEEDED: send `out`, then bring more input;
 * SEC_I_ASYNC_CALL_PENDING: call again once the answer is there; otherwise it failed, and `out` may still
 * hold an alert. */
SECURITY_STATUS cv_link_handshake(struct cv_link *l);

/* True if the peer took the early data; else it is still to be sent. */
bool cv_link_early_taken(struct cv_link *l);

/* Takes complete records from `in`. Each piece of data goes to sink; it is valid during that call only.
 * SEC_E_INCOMPLETE_MESSAGE: more input is needed; SEC_I_CONTEXT_EXPIRED: the peer closed;
 * SEC_I_ASYNC_CALL_PENDING: call again once the answer is there; else it failed. `out` may have got something
 * to send. */
typedef void cv_link_sink(void *ctx, const BYTE *data, size_t len);
SECURITY_STATUS cv_link_decrypt(struct cv_link *l, cv_link_sink *sink, void *ctx);
/* Server, before the handshake is done: hands out what came early, if answers can be sent already. */
SECURITY_STATUS cv_link_take_early(struct cv_link *l, cv_link_sink *sink, void *ctx);

/* Appends the records of len bytes to `out`. */
SECURITY_STATUS cv_link_encrypt(struct cv_link *l, const void *data, size_t len);

/* Appends close_notify to `out`; does nothing the second time. */
SECURITY_STATUS cv_link_close(struct cv_link *l);

void cv_link_free(struct cv_link *l);

#endif
