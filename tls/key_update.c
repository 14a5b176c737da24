/* New traffic keys (RFC 9846 4.7.3, 7.2): the peer's, and ours. */
#include "tls/state.h"

cv_err cv_recv_key_update(struct cv_conn *c, struct cv_bytes msg, uint8_t *next)
{
    (void)next;
    bool request;
    cv_err e = cv_key_update_parse(&request, cv_msg_body(msg));
    if (e != CV_OK) return e;
    if ((e = cv_count_update(c)) != CV_OK) return e;
    cv_half_update(&c->rx.half);
    c->rx.keys_changed = true;
    atomic_store(&c->peer_updated, true);
    /* RFC 9846 4.7.3: one answer suffices for any number of requests */
    if (request) atomic_store(&c->update_owed, true);
    return CV_OK;
}

cv_err cv_seal_key_update(struct cv_conn *c, uint8_t *dst)
{
    struct cv_tx *tx = &c->tx;
    struct cv_builder b;
    bool request = atomic_load(&c->update_request);
    atomic_store(&c->update_request, false); /* one that comes in between is served by this message, too */
    /* RFC 9846 4.7.3: not asked again before the peer has answered */
    if (tx->update_asked && !atomic_load(&c->peer_updated)) request = false;
    if (request) {
        tx->update_asked = true;
        atomic_store(&c->peer_updated, false);
    }
    cv_build_init(&b, dst + CV_RECORD_HEADER_LEN, CV_KEY_UPDATE_LEN + 1);
    cv_build_u8(&b, CV_MSG_KEY_UPDATE);
    cv_build_u24(&b, 1);
    cv_build_u8(&b, request);
    cv_build_u8(&b, CV_CONTENT_HANDSHAKE);
    cv_err e = cv_build_end(&b);
    if (e == CV_OK)
        e = cv_record_seal(&tx->half, CV_CONTENT_HANDSHAKE, dst, b.p, b.len, NULL, 0, b.p + b.len);
    if (e != CV_OK) return e;
    cv_half_update(&tx->half);
    tx->n_updates++;
    return CV_OK;
}
