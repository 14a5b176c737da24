#include "tls/transfer.h"

#include "crypto/base/secret.h"
#include "tls/alert.h"
#include "tls/state.h"

#include <string.h>

enum { FORMAT = 1 }; /* raised when cv_conn_save changes */

/* What is true or not, a bit each. */
enum {
    IS_SERVER = 1 << 0,
    IS_RESUMED = 1 << 1,
    IS_RETRIED = 1 << 2,
    OWN_RAW_KEY = 1 << 3,
    PEER_RAW_KEY = 1 << 4,
    EXTENDED_MASTER_SECRET = 1 << 5,
    SECURE_RENEGOTIATION = 1 << 6,
    HAS_VERIFY_DATA = 1 << 7,
    ENCRYPT_THEN_MAC = 1 << 8,
    RX_CLOSED = 1 << 9,
    TX_CLOSED = 1 << 10,
    UPDATE_ASKED = 1 << 11,
    UPDATE_OWED = 1 << 12,
    UPDATE_REQUEST = 1 << 13,
    PEER_UPDATED = 1 << 14,
};

static uint16_t bit(bool is_set, unsigned flag)
{
    return is_set ? (uint16_t)flag : 0;
}

static bool has_encrypt_then_mac(const struct cv_conn *c)
{
    return c->suite->aead == NULL && ((const struct cv_cbc_hmac_state *)c->rx.half.state)->encrypt_then_mac;
}

static uint16_t flags_of(struct cv_conn *c)
{
    unsigned flags =
        bit(c->params.role == CV_SERVER, IS_SERVER) | bit(c->resumed, IS_RESUMED) |
        bit(c->retried, IS_RETRIED) | bit(c->own_raw_key, OWN_RAW_KEY) | bit(c->peer_raw_key, PEER_RAW_KEY) |
        bit(c->extended_master_secret, EXTENDED_MASTER_SECRET) |
        bit(c->secure_renegotiation, SECURE_RENEGOTIATION) | bit(c->has_verify_data, HAS_VERIFY_DATA) |
        bit(has_encrypt_then_mac(c), ENCRYPT_THEN_MAC) | bit(atomic_load(&c->rx.closed), RX_CLOSED) |
        bit(c->tx.closed, TX_CLOSED) | bit(c->tx.update_asked, UPDATE_ASKED) |
        bit(atomic_load(&c->update_owed), UPDATE_OWED) |
        bit(atomic_load(&c->update_request), UPDATE_REQUEST) |
        bit(atomic_load(&c->peer_updated), PEER_UPDATED);
    return (uint16_t)flags;
}

static void take_flags(struct cv_conn *c, unsigned flags)
{
    c->params.role = (flags & IS_SERVER) != 0 ? CV_SERVER : CV_CLIENT;
    c->resumed = (flags & IS_RESUMED) != 0;
    c->retried = (flags & IS_RETRIED) != 0;
    c->own_raw_key = (flags & OWN_RAW_KEY) != 0;
    c->peer_raw_key = (flags & PEER_RAW_KEY) != 0;
    c->extended_master_secret = (flags & EXTENDED_MASTER_SECRET) != 0;
    c->secure_renegotiation = (flags & SECURE_RENEGOTIATION) != 0;
    c->has_verify_data = (flags & HAS_VERIFY_DATA) != 0;
    atomic_store(&c->rx.closed, (flags & RX_CLOSED) != 0);
    c->tx.closed = (flags & TX_CLOSED) != 0;
    c->tx.update_asked = (flags & UPDATE_ASKED) != 0;
    atomic_store(&c->update_owed, (flags & UPDATE_OWED) != 0);
    atomic_store(&c->update_request, (flags & UPDATE_REQUEST) != 0);
    atomic_store(&c->peer_updated, (flags & PEER_UPDATED) != 0);
}

/* --- saving --- */

static void build_half(struct cv_builder *b, const struct cv_half *half)
{
    cv_build_u64(b, half->seq);
    cv_build_u16(b, half->content_max);
    cv_build_bytes(b, half->secret, sizeof half->secret);
}

/* Bytes of variable length, in the order in which they stand. */
enum { N_BUFFERS = 6 };
static void list_buffers(struct cv_conn *c, struct cv_buf *list[N_BUFFERS])
{
    list[0] = &c->alpn;
    list[1] = &c->server_name;
    list[2] = &c->psk_identity;
    list[3] = &c->peer_chain;
    list[4] = &c->peer_scts;
    list[5] = &c->peer_staples;
}

size_t cv_conn_saved_max(struct cv_conn *c)
{
    struct cv_buf *buffers[N_BUFFERS];
    size_t len = 256 + 3 * CV_SECRET_MAX + CV_RANDOMS_LEN + N_BUFFERS * 3;
    list_buffers(c, buffers);
    for (size_t i = 0; i < N_BUFFERS; i++) len += buffers[i]->len;
    return len;
}

static cv_err check_quiet(const struct cv_conn *c)
{
    cv_err e = (cv_err)atomic_load(&c->error);
    if (e != CV_OK) return e;
    bool busy = c->hs != NULL || c->rx.in.len != 0 || c->rx.stored.len != 0 || c->out.len != 0;
    return cv_conn_ready(c) && !busy ? CV_OK : CV_E_UNSUPPORTED;
}

cv_err cv_conn_save(struct cv_conn *c, struct cv_builder *b)
{
    struct cv_buf *buffers[N_BUFFERS];
    cv_err e = check_quiet(c);
    if (e != CV_OK) return e;
    cv_build_u8(b, FORMAT);
    cv_build_u16(b, c->version);
    cv_build_u16(b, c->suite->id);
    cv_build_u16(b, c->group != NULL ? c->group->id : 0);
    cv_build_u16(b, c->peer_scheme);
    cv_build_u16(b, c->own_scheme);
    cv_build_u16(b, flags_of(c));
    cv_build_u16(b, c->own_compression);
    cv_build_u16(b, c->peer_compression);
    cv_build_u8(b, (uint8_t)c->validated);
    cv_build_u8(b, (uint8_t)c->early);
    cv_build_u64(b, c->early_len);
    cv_build_u64(b, (uint64_t)c->chain_not_after);
    cv_build_u64(b, (uint64_t)c->leaf_not_after);
    cv_build_u64(b, (uint64_t)c->authenticated);
    build_half(b, &c->rx.half);
    build_half(b, &c->tx.half);
    cv_build_u64(b, c->tx.n_updates);
    cv_build_bytes(b, c->exporter_secret, sizeof c->exporter_secret);
    cv_build_u8(b, c->first_finished);
    cv_build_bytes(b, c->verify_data, sizeof c->verify_data);
    cv_build_u8(b, c->session_id_len);
    cv_build_bytes(b, c->session_id, sizeof c->session_id);
    if (c->version == CV_TLS12) cv_build_bytes(b, c->randoms, CV_RANDOMS_LEN);
    list_buffers(c, buffers);
    for (size_t i = 0; i < N_BUFFERS; i++) {
        size_t mark = cv_build_open(b, 3);
        cv_build_bytes(b, buffers[i]->p, buffers[i]->len);
        cv_build_close(b, mark, 3);
    }
    return cv_build_end(b);
}

static void wipe_half(const struct cv_conn *c, struct cv_half *half)
{
    cv_wipe(half->state, cv_suite_state_len(c->suite));
    cv_wipe(half->secret, sizeof half->secret);
}

void cv_conn_retire(struct cv_conn *c)
{
    atomic_store(&c->error, (int)CV_E_DEAD);
    c->tx.closed = true;
    wipe_half(c, &c->rx.half);
    wipe_half(c, &c->tx.half);
    cv_wipe(c->exporter_secret, sizeof c->exporter_secret);
    cv_wipe(c->resumption_secret, sizeof c->resumption_secret);
}

/* --- reviving --- */

struct saved_half {
    uint64_t seq;
    uint16_t content_max;
    uint8_t secret[CV_SECRET_MAX];
};

static cv_err read_half(struct cv_bytes *in, struct saved_half *half)
{
    cv_err e;
    if ((e = cv_read_u64(in, &half->seq)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &half->content_max)) != CV_OK) return e;
    return cv_read_copy(in, half->secret, sizeof half->secret);
}

/* Numbers up to the halves. */
static cv_err read_numbers(struct cv_conn *c, struct cv_bytes *in, unsigned *flags)
{
    uint8_t format, validated, early;
    uint16_t suite, group, flag_bits;
    uint64_t chain_not_after, leaf_not_after, authenticated;
    cv_err e;
    if ((e = cv_read_u8(in, &format)) != CV_OK) return e;
    if (format != FORMAT) return CV_E_DECODE;
    if ((e = cv_read_u16(in, &c->version)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &suite)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &group)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &c->peer_scheme)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &c->own_scheme)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &flag_bits)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &c->own_compression)) != CV_OK) return e;
    if ((e = cv_read_u16(in, &c->peer_compression)) != CV_OK) return e;
    if ((e = cv_read_u8(in, &validated)) != CV_OK) return e;
    if ((e = cv_read_u8(in, &early)) != CV_OK) return e;
    if ((e = cv_read_u64(in, &c->early_len)) != CV_OK) return e;
    if ((e = cv_read_u64(in, &chain_not_after)) != CV_OK) return e;
    if ((e = cv_read_u64(in, &leaf_not_after)) != CV_OK) return e;
    if ((e = cv_read_u64(in, &authenticated)) != CV_OK) return e;
    const struct cv_suite *s = cv_config_suite(c->config, suite);
    if (s == NULL || s->tls12 != (c->version == CV_TLS12)) return CV_E_NO_COMMON_SUITE;
    if (validated > CV_VALIDATED_NAME || early > CV_EARLY_REJECTED) return CV_E_DECODE;
    for (size_t i = 0; i < c->config->n_groups; i++) {
        if (c->config->groups[i]->id == group) c->group = c->config->groups[i];
    }
    *flags = flag_bits;
    take_flags(c, flag_bits);
    c->validated = (enum cv_validated)validated;
    c->early = (enum cv_early)early;
    c->chain_not_after = (int64_t)chain_not_after;
    c->leaf_not_after = (int64_t)leaf_not_after;
    c->authenticated = (int64_t)authenticated;
    return cv_conn_set_suite(c, s);
}

/* TLS 1.2 makes its keys from the master secret, in a handshake's place. */
static cv_err revive_keys12(struct cv_conn *c, struct cv_bytes *in, unsigned flags)
{
    cv_err e = cv_hs_new(c);
    if (e != CV_OK) return e;
    struct cv_hs *hs = c->hs;
    memcpy(hs->master, c->exporter_secret, CV_MASTER_LEN);
    hs->encrypt_then_mac = (flags & ENCRYPT_THEN_MAC) != 0;
    if ((e = cv_read_copy(in, hs->client_random, 32)) != CV_OK) return e;
    if ((e = cv_read_copy(in, hs->server_random, 32)) != CV_OK) return e;
    cv_secrets12_revive(c);
    e = cv_establish12(c);
    cv_hs_free(c);
    return e;
}

static void go_on_with(struct cv_half *half, const struct saved_half *saved)
{
    half->seq = saved->seq;
    half->content_max = saved->content_max;
}

static cv_err read_keys(struct cv_conn *c, struct cv_bytes *in, unsigned flags)
{
    struct saved_half rx, tx;
    cv_err e;
    if ((e = read_half(in, &rx)) != CV_OK) goto out;
    if ((e = read_half(in, &tx)) != CV_OK) goto out;
    if ((e = cv_read_u64(in, &c->tx.n_updates)) != CV_OK) goto out;
    if ((e = cv_read_copy(in, c->exporter_secret, sizeof c->exporter_secret)) != CV_OK) goto out;
    if ((e = cv_read_u8(in, &c->first_finished)) != CV_OK) goto out;
    if ((e = cv_read_copy(in, c->verify_data, sizeof c->verify_data)) != CV_OK) goto out;
    if ((e = cv_read_u8(in, &c->session_id_len)) != CV_OK) goto out;
    if ((e = cv_read_copy(in, c->session_id, sizeof c->session_id)) != CV_OK) goto out;
    e = CV_E_DECODE;
    if (c->first_finished > CV_SERVER || c->session_id_len > sizeof c->session_id) goto out;
    if (c->version == CV_TLS12) {
        if ((e = revive_keys12(c, in, flags)) != CV_OK) goto out;
    } else {
        cv_half_set_secret(&c->rx.half, c->suite, rx.secret);
        cv_half_set_secret(&c->tx.half, c->suite, tx.secret);
        c->established = true;
        e = CV_OK;
    }
    go_on_with(&c->rx.half, &rx);
    go_on_with(&c->tx.half, &tx);
out:
    cv_wipe(&rx, sizeof rx);
    cv_wipe(&tx, sizeof tx);
    return e;
}

static cv_err revive(struct cv_conn *c, struct cv_bytes in)
{
    struct cv_buf *buffers[N_BUFFERS];
    struct cv_bytes bytes;
    unsigned flags;
    cv_err e;
    if ((e = read_numbers(c, &in, &flags)) != CV_OK) return e;
    if ((e = read_keys(c, &in, flags)) != CV_OK) return e;
    list_buffers(c, buffers);
    for (size_t i = 0; i < N_BUFFERS; i++) {
        if ((e = cv_read_vec24(&in, &bytes)) != CV_OK) return e;
        if ((e = cv_buf_append(buffers[i], c->config->port, bytes)) != CV_OK) return e;
    }
    bool client = c->params.role == CV_CLIENT, tls12 = c->version == CV_TLS12;
    c->state = client  ? tls12 ? CV_CS12_CONNECTED : CV_CS_CONNECTED
               : tls12 ? CV_SS12_CONNECTED
                       : CV_SS_CONNECTED;
    return cv_read_end(in);
}

cv_err cv_conn_revive(struct cv_conn **out, const struct cv_config *config, struct cv_bytes saved)
{
    struct cv_conn *c = config->port->alloc(config->port->ctx, sizeof *c);
    if (c == NULL) return CV_E_NO_MEMORY;
    c->config = config;
    c->alert_sent = c->alert_received = CV_NO_ALERT;
    c->failed_in = -1;
    cv_err e = revive(c, saved);
    if (e != CV_OK) {
        cv_conn_free(c);
        return e;
    }
    *out = c;
    return CV_OK;
}
