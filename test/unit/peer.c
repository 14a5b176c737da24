#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { HEADER_LEN = 4 };

static struct cv_bytes none(void)
{
    return cv_bytes(NULL, 0);
}

struct cv_bytes peer_keep(struct peer *p, const void *bytes, size_t len)
{
    assert_in_range(len, 0, sizeof p->arena - p->arena_len);
    uint8_t *at = p->arena + p->arena_len;
    if (len != 0) memcpy(at, bytes, len);
    p->arena_len += len;
    return cv_bytes(at, len);
}

static struct cv_bytes keep_view(struct peer *p, struct cv_bytes v)
{
    return v.p != NULL ? peer_keep(p, v.p, v.len) : v;
}

static const struct cv_suite *suite_of(const struct peer *p, uint16_t id)
{
    for (size_t i = 0; i < p->side->algorithms.n_suites; i++) {
        if (p->side->algorithms.suites[i].id == id) return &p->side->algorithms.suites[i];
    }
    fail_msg("suite %04x", id);
    return NULL;
}

static const struct cv_group *find_group(const struct peer *p, uint16_t id)
{
    for (size_t i = 0; i < p->side->algorithms.n_groups; i++) {
        if (p->side->algorithms.groups[i]->id == id) return p->side->algorithms.groups[i];
    }
    fail_msg("group %04x", id);
    return NULL;
}

void peer_init(struct peer *p, struct side *side)
{
    memset(p, 0, offsetof(struct peer, msg));
    p->role = side->params.role;
    p->side = side;
    p->version = CV_TLS12;
    p->alert = -1;
    p->msg_len = p->out_len = p->all_len = p->in_len = p->arena_len = 0;
    p->tx.state = p->tx_state;
    p->rx.state = p->rx_state;
    memset(p->random, 0xa5, sizeof p->random);
    p->compression = peer_keep(p, "", 1);
    p->suite = &side->algorithms.suites[0];
    p->group = side->algorithms.groups[0];
    if (p->role == CV_SERVER) {
        peer_ext_add(p, 43, "\x03\x04", 2);
        return;
    }
    memset(p->session_id, 0x53, p->session_id_len = sizeof p->session_id);
    p->suites = peer_keep(p, "\x13\x01\x13\x02\x13\x03", 6);
    peer_ext_add(p, 43, "\x02\x03\x04", 3);
    peer_ext_add(p, 10, "\0\x06\0\x1d\0\x17\0\x18", 8);
    peer_ext_add(p, 13, "\0\x0a\x04\x03\x05\x03\x08\x07\x08\x04\x08\x05", 12);
    peer_ext_add(p, 45, "\x01\x01", 2);
    peer_share(p, p->group);
}

/* --- extensions --- */

void peer_ext_add(struct peer *p, unsigned type, const void *body, size_t len)
{
    assert_in_range(p->n_exts, 0, PEER_MAX_EXTS - 1);
    p->exts[p->n_exts++] = (struct peer_ext){(uint16_t)type, peer_keep(p, body, len)};
}

void peer_ext_drop(struct peer *p, unsigned type)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_exts; i++) {
        if (p->exts[i].type != type) p->exts[n++] = p->exts[i];
    }
    p->n_exts = n;
}

void peer_ext_set(struct peer *p, unsigned type, const void *body, size_t len)
{
    for (size_t i = 0; i < p->n_exts; i++) {
        if (p->exts[i].type != type) continue;
        p->exts[i].body = peer_keep(p, body, len);
        return;
    }
    peer_ext_add(p, type, body, len);
}

static void build_exts(struct peer *p, struct cv_builder *b)
{
    size_t block = cv_build_open(b, 2);
    for (size_t i = 0; i < p->n_exts; i++) {
        cv_build_u16(b, p->exts[i].type);
        size_t mark = cv_build_open(b, 2);
        cv_build_bytes(b, p->exts[i].body.p, p->exts[i].body.len);
        cv_build_close(b, mark, 2);
    }
    cv_build_close(b, block, 2);
}

/* --- messages --- */

static void begin(struct peer *p, struct cv_builder *b, uint8_t type)
{
    cv_build_init(b, p->msg, sizeof p->msg);
    cv_build_u8(b, type);
    cv_build_u24(b, 0);
}

static void end(struct peer *p, struct cv_builder *b)
{
    cv_build_close(b, HEADER_LEN, 3);
    assert_int_equal(cv_build_end(b), CV_OK);
    p->msg_len = b->len;
}

void peer_make(struct peer *p, uint8_t type, const void *body, size_t len)
{
    struct cv_builder b;
    begin(p, &b, type);
    cv_build_bytes(&b, body, len);
    end(p, &b);
}

static void build_hello_start(struct peer *p, struct cv_builder *b)
{
    cv_build_u16(b, p->version);
    cv_build_bytes(b, p->random, sizeof p->random);
    size_t mark = cv_build_open(b, 1);
    cv_build_bytes(b, p->session_id, p->session_id_len);
    cv_build_close(b, mark, 1);
}

static const struct cv_hash *session_hash(const struct cv_session *s)
{
    return s->hash == CV_HASH_SHA384 ? &cv_sha384 : &cv_sha256;
}

/* The binder at the message's end is computed from scratch: not by the engine's function. */
static void fill_binder(struct peer *p)
{
    const struct cv_hash *hash = session_hash(p->session);
    struct cv_key_schedule ks;
    struct cv_hash_ctx ctx;
    uint8_t digest[CV_HASH_MAX], key[CV_HASH_MAX];
    size_t n = hash->digest_len;
    cv_key_schedule_init(&ks, hash, p->session->secret);
    cv_hash_digest(hash, digest, NULL, 0);
    cv_key_schedule_derive(&ks, key, "res binder", digest);
    cv_hash_init(&ctx, hash);
    cv_hash_update(&ctx, p->all, p->all_len);
    cv_hash_update(&ctx, p->msg, p->msg_len - n - 3);
    cv_hash_final(&ctx, digest);
    cv_finished_mac(hash, p->msg + p->msg_len - n, key, digest);
}

static void psk_ext(struct peer *p)
{
    uint8_t body[CV_TICKET_MAX + 128];
    struct cv_builder b;
    size_t n = session_hash(p->session)->digest_len;
    cv_build_init(&b, body, sizeof body);
    size_t list = cv_build_open(&b, 2);
    cv_build_u16(&b, (uint16_t)p->session->ticket.len);
    cv_build_bytes(&b, p->session->ticket.p, p->session->ticket.len);
    cv_build_u32(&b, p->session->age_add);
    cv_build_close(&b, list, 2);
    cv_build_u16(&b, (uint16_t)(n + 1));
    cv_build_u8(&b, (uint8_t)n);
    memset(cv_build_space(&b, n), 0, n);
    assert_int_equal(cv_build_end(&b), CV_OK);
    peer_ext_drop(p, 41);
    peer_ext_add(p, 41, body, b.len);
}

void peer_make_client_hello(struct peer *p)
{
    struct cv_builder b;
    if (p->session != NULL) psk_ext(p);
    begin(p, &b, CV_MSG_CLIENT_HELLO);
    build_hello_start(p, &b);
    size_t mark = cv_build_open(&b, 2);
    cv_build_bytes(&b, p->suites.p, p->suites.len);
    cv_build_close(&b, mark, 2);
    mark = cv_build_open(&b, 1);
    cv_build_bytes(&b, p->compression.p, p->compression.len);
    cv_build_close(&b, mark, 1);
    build_exts(p, &b);
    end(p, &b);
    if (p->session != NULL) fill_binder(p);
}

void peer_make_server_hello(struct peer *p)
{
    struct cv_builder b;
    begin(p, &b, CV_MSG_SERVER_HELLO);
    build_hello_start(p, &b);
    cv_build_u16(&b, p->chosen_suite != 0 ? p->chosen_suite : p->suite->id);
    cv_build_u8(&b, p->compression.p[0]);
    build_exts(p, &b);
    end(p, &b);
}

void peer_make_encrypted_extensions(struct peer *p)
{
    struct cv_builder b;
    begin(p, &b, CV_MSG_ENCRYPTED_EXTENSIONS);
    build_exts(p, &b);
    end(p, &b);
}

void peer_make_certificate_request(struct peer *p)
{
    struct cv_builder b;
    bool own = p->n_exts != 0;
    if (!own) peer_ext_add(p, 13, "\0\x08\x04\x03\x05\x03\x08\x07\x08\x04", 10);
    begin(p, &b, CV_MSG_CERTIFICATE_REQUEST);
    cv_build_u8(&b, (uint8_t)p->context.len);
    cv_build_bytes(&b, p->context.p, p->context.len);
    build_exts(p, &b);
    end(p, &b);
    if (!own) p->n_exts = 0;
}

void peer_make_certificate(struct peer *p, const struct cv_identity *identity)
{
    struct cv_builder b;
    begin(p, &b, CV_MSG_CERTIFICATE);
    cv_build_u8(&b, (uint8_t)p->context.len);
    cv_build_bytes(&b, p->context.p, p->context.len);
    size_t list = cv_build_open(&b, 3);
    for (size_t i = 0; identity != NULL && i < identity->n_chain; i++) {
        size_t cert = cv_build_open(&b, 3);
        cv_build_bytes(&b, identity->chain[i].p, identity->chain[i].len);
        cv_build_close(&b, cert, 3);
        cv_build_u16(&b, 0);
    }
    cv_build_close(&b, list, 3);
    end(p, &b);
}

static void transcript_hash(const struct peer *p, uint8_t *digest)
{
    cv_hash_digest(p->suite->hash, digest, p->all, p->all_len);
}

void peer_make_certificate_verify(struct peer *p, const struct cv_identity *identity, uint16_t scheme)
{
    const char *context =
        p->role == CV_SERVER ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify";
    uint8_t content[64 + 34 + CV_HASH_MAX], digest[CV_HASH_MAX], sig[CV_SIG_MAX];
    const struct cv_sig_scheme *s = NULL;
    size_t sig_len = sizeof sig, len = 64 + 34 + p->suite->hash->digest_len;
    for (size_t i = 0; i < p->side->algorithms.n_schemes; i++) {
        const struct cv_sig_scheme *each = &p->side->algorithms.schemes[i];
        if (each->key == identity->key.type && (scheme == 0 || each->id == scheme)) {
            s = each;
            break;
        }
    }
    assert_ptr_not_equal(s, NULL);
    memset(content, ' ', 64);
    memcpy(content + 64, context, 34);
    transcript_hash(p, content + 98);
    struct cv_bytes m = cv_bytes(content, len);
    if (s->hash != NULL) {
        cv_hash_digest(s->hash, digest, content, len);
        m = cv_bytes(digest, s->hash->digest_len);
    }
    assert_int_equal(s->sign(&identity->key, s->hash, m, sig, &sig_len, &p->side->port.port.rng), CV_OK);
    struct cv_builder b;
    begin(p, &b, CV_MSG_CERTIFICATE_VERIFY);
    cv_build_u16(&b, s->id);
    cv_build_u16(&b, (uint16_t)sig_len);
    cv_build_bytes(&b, sig, sig_len);
    end(p, &b);
}

static void finished_mac(const struct peer *p, uint8_t *mac, enum cv_role by)
{
    uint8_t digest[CV_HASH_MAX];
    const uint8_t *key = by == CV_SERVER ? p->server_secret : p->client_secret;
    transcript_hash(p, digest);
    cv_finished_mac(p->suite->hash, mac, key, digest);
}

void peer_make_finished(struct peer *p)
{
    uint8_t mac[CV_HASH_MAX];
    finished_mac(p, mac, p->role);
    peer_make(p, CV_MSG_FINISHED, mac, p->suite->hash->digest_len);
}

void peer_make_ticket(struct peer *p, const void *ticket, size_t len)
{
    struct cv_builder b;
    begin(p, &b, CV_MSG_NEW_SESSION_TICKET);
    cv_build_u32(&b, 3600);
    cv_build_u32(&b, 0x01020304);
    cv_build_u8(&b, 1);
    cv_build_u8(&b, (uint8_t)p->n_tickets++);
    cv_build_u16(&b, (uint16_t)len);
    cv_build_bytes(&b, ticket, len);
    cv_build_u16(&b, 0);
    end(p, &b);
}

/* --- records --- */

void peer_raw(struct peer *p, const void *bytes, size_t len)
{
    assert_in_range(len, 0, sizeof p->out - p->out_len);
    memcpy(p->out + p->out_len, bytes, len);
    p->out_len += len;
}

void peer_record_plain(struct peer *p, uint8_t type, const void *content, size_t len)
{
    uint8_t header[CV_RECORD_HEADER_LEN];
    cv_record_header(header, type, CV_TLS12, len);
    peer_raw(p, header, sizeof header);
    if (len != 0) peer_raw(p, content, len);
}

void peer_record(struct peer *p, uint8_t type, const void *content, size_t len, size_t padding)
{
    if (p->tx.suite == NULL) {
        peer_record_plain(p, type, content, len);
        return;
    }
    size_t all = len + 1 + padding, tag_len = p->tx.suite->aead->tag_len;
    assert_in_range(all + 64, 0, sizeof p->out - p->out_len);
    uint8_t *header = p->out + p->out_len, *data = header + CV_RECORD_HEADER_LEN;
    if (len != 0) memcpy(data, content, len);
    data[len] = type;
    memset(data + len + 1, 0, padding);
    assert_int_equal(cv_record_seal(&p->tx, type, header, data, all, NULL, 0, data + all), CV_OK);
    p->out_len += CV_RECORD_HEADER_LEN + all + tag_len;
}

void peer_note(struct peer *p)
{
    assert_in_range(p->msg_len, 0, sizeof p->all - p->all_len);
    memcpy(p->all + p->all_len, p->msg, p->msg_len);
    p->all_len += p->msg_len;
}

void peer_send_again(struct peer *p)
{
    for (size_t at = 0; at < p->msg_len; at += CV_RECORD_PLAIN_MAX) {
        size_t left = p->msg_len - at;
        peer_record(p, CV_CONTENT_HANDSHAKE, p->msg + at,
                    left < CV_RECORD_PLAIN_MAX ? left : CV_RECORD_PLAIN_MAX, 0);
    }
}

void peer_send(struct peer *p)
{
    peer_note(p);
    peer_send_again(p);
}

void peer_key_update(struct peer *p, uint8_t request)
{
    peer_make(p, CV_MSG_KEY_UPDATE, &request, 1);
    peer_send_again(p);
    if (p->tx.suite != NULL) cv_half_update(&p->tx);
}

/* --- the key schedule --- */

static void derive(struct peer *p, uint8_t *out, const char *label)
{
    uint8_t digest[CV_HASH_MAX];
    transcript_hash(p, digest);
    cv_key_schedule_derive(&p->ks, out, label, digest);
}

/* Behind ServerHello. */
static void handshake_keys(struct peer *p, const uint8_t *shared, bool resumed)
{
    cv_key_schedule_init(&p->ks, p->suite->hash, resumed ? p->session->secret : NULL);
    cv_key_schedule_next(&p->ks, shared, p->group->secret_len);
    derive(p, p->client_secret, "c hs traffic");
    derive(p, p->server_secret, "s hs traffic");
    cv_key_schedule_next(&p->ks, NULL, 0);
    cv_half_set_secret(&p->tx, p->suite, p->role == CV_CLIENT ? p->client_secret : p->server_secret);
    cv_half_set_secret(&p->rx, p->suite, p->role == CV_CLIENT ? p->server_secret : p->client_secret);
}

/* Behind the server's Finished. */
static void application_keys(struct peer *p)
{
    derive(p, p->client_app, "c ap traffic");
    derive(p, p->server_app, "s ap traffic");
}

void peer_finish(struct peer *p)
{
    if (p->role == CV_SERVER) {
        application_keys(p);
        cv_half_set_secret(&p->tx, p->suite, p->server_app);
    } else {
        derive(p, p->resumption, "res master");
        cv_half_set_secret(&p->tx, p->suite, p->client_app);
    }
}

/* --- what a client does --- */

void peer_share(struct peer *p, const struct cv_group *group)
{
    uint8_t body[CV_KEX_SHARE_MAX + 8];
    struct cv_builder b;
    p->group = group;
    cv_build_init(&b, body, sizeof body);
    size_t list = cv_build_open(&b, 2);
    cv_build_u16(&b, group->id);
    size_t mark = cv_build_open(&b, 2);
    uint8_t *share = cv_build_space(&b, group->client_share_len);
    assert_int_equal(group->generate(group, p->private_key, share, &p->side->port.port.rng), CV_OK);
    cv_build_close(&b, mark, 2);
    cv_build_close(&b, list, 2);
    peer_ext_set(p, 51, body, b.len);
}

void peer_second_hello(struct peer *p)
{
    uint8_t body[300];
    if (p->retry_group != 0) peer_share(p, find_group(p, p->retry_group));
    if (p->cookie.len != 0) {
        struct cv_builder b;
        cv_build_init(&b, body, sizeof body);
        cv_build_u16(&b, (uint16_t)p->cookie.len);
        cv_build_bytes(&b, p->cookie.p, p->cookie.len);
        assert_int_equal(cv_build_end(&b), CV_OK);
        peer_ext_set(p, 44, body, b.len);
    }
    peer_make_client_hello(p);
}

void peer_client_flight(struct peer *p)
{
    if (p->cert_requested) {
        const struct cv_identity *own = p->side->config.n_identities != 0 ? p->side->config.identities : NULL;
        peer_make_certificate(p, own);
        peer_send(p);
        if (own != NULL) {
            peer_make_certificate_verify(p, own, 0);
            peer_send(p);
        }
    }
    peer_make_finished(p);
    peer_send(p);
    peer_finish(p);
}

static void replace_by_hash(struct peer *p)
{
    uint8_t digest[CV_HASH_MAX];
    transcript_hash(p, digest);
    p->all_len = 0;
    peer_make(p, CV_MSG_MESSAGE_HASH, digest, p->suite->hash->digest_len);
    peer_note(p);
}

static void took_server_hello(struct peer *p, struct cv_bytes msg)
{
    struct cv_server_hello sh;
    uint8_t shared[CV_KEX_SECRET_MAX];
    assert_int_equal(cv_server_hello_parse(&sh, cv_msg_body(msg), UINT32_MAX), CV_OK);
    p->suite = suite_of(p, sh.suite);
    if (sh.is_retry) {
        replace_by_hash(p);
        p->retry_group = sh.group;
        p->cookie = keep_view(p, sh.cookie);
    }
    memcpy(p->msg, msg.p, p->msg_len = msg.len);
    peer_note(p);
    if (sh.is_retry) return;
    assert_int_equal(sh.group, p->group->id);
    assert_int_equal(p->group->finish(p->group, shared, p->private_key, sh.share), CV_OK);
    handshake_keys(p, shared, sh.has_psk);
}

/* --- what a server does --- */

void peer_retry(struct peer *p, const struct cv_group *group, struct cv_bytes cookie)
{
    uint8_t body[2 + 65535], random[32];
    struct cv_builder b;
    size_t n_exts = p->n_exts;
    replace_by_hash(p);
    memcpy(random, p->random, sizeof random);
    memcpy(p->random, cv_hello_retry_random, sizeof p->random);
    cv_build_init(&b, body, sizeof body);
    if (group != NULL) {
        cv_build_u16(&b, group->id);
        peer_ext_add(p, 51, body, 2);
    }
    if (cookie.len != 0) {
        cv_build_init(&b, body, sizeof body);
        cv_build_u16(&b, (uint16_t)cookie.len);
        cv_build_bytes(&b, cookie.p, cookie.len);
        peer_ext_add(p, 44, body, b.len);
    }
    peer_make_server_hello(p);
    peer_send(p);
    p->n_exts = n_exts;
    memcpy(p->random, random, sizeof random);
}

static struct cv_bytes share_of(const struct peer *p)
{
    struct cv_bytes shares = p->ch.key_shares, share;
    uint16_t id;
    while (cv_read_u16(&shares, &id) == CV_OK && cv_read_vec16(&shares, &share) == CV_OK) {
        if (id == p->group->id) return share;
    }
    fail_msg("no share of %s", p->group->name);
    return none();
}

void peer_server_hello(struct peer *p)
{
    uint8_t body[CV_KEX_SHARE_MAX + 4], shared[CV_KEX_SECRET_MAX];
    struct cv_builder b;
    cv_build_init(&b, body, sizeof body);
    cv_build_u16(&b, p->group->id);
    cv_build_u16(&b, p->group->server_share_len);
    uint8_t *share = cv_build_space(&b, p->group->server_share_len);
    assert_int_equal(p->group->respond(p->group, share, shared, share_of(p), &p->side->port.port.rng), CV_OK);
    peer_ext_add(p, 51, body, b.len);
    if (p->session != NULL) peer_ext_add(p, 41, "\0\0", 2);
    peer_make_server_hello(p);
    peer_send(p);
    handshake_keys(p, shared, p->session != NULL);
    p->n_exts = 0; /* EncryptedExtensions come next */
}

void peer_server_flight(struct peer *p)
{
    peer_make_encrypted_extensions(p);
    peer_send(p);
    if (p->session == NULL) {
        peer_make_certificate(p, p->side->config.identities);
        peer_send(p);
        peer_make_certificate_verify(p, p->side->config.identities, 0);
        peer_send(p);
    }
    peer_make_finished(p);
    peer_send(p);
    peer_finish(p);
}

static void took_client_hello(struct peer *p, struct cv_bytes msg)
{
    memcpy(p->msg, msg.p, p->msg_len = msg.len);
    struct cv_bytes kept = peer_keep(p, msg.p, msg.len);
    assert_int_equal(cv_client_hello_parse(&p->ch, cv_msg_body(kept)), CV_OK);
    peer_note(p);
    memcpy(p->session_id, p->ch.session_id.p, p->ch.session_id.len);
    p->session_id_len = (uint8_t)p->ch.session_id.len;
}

/* --- reading --- */

static void took_finished(struct peer *p, struct cv_bytes msg)
{
    uint8_t mac[CV_HASH_MAX];
    enum cv_role by = p->role == CV_CLIENT ? CV_SERVER : CV_CLIENT;
    finished_mac(p, mac, by);
    assert_int_equal(msg.len, (size_t)HEADER_LEN + p->suite->hash->digest_len);
    assert_memory_equal(mac, msg.p + HEADER_LEN, p->suite->hash->digest_len);
    memcpy(p->msg, msg.p, p->msg_len = msg.len);
    peer_note(p);
    if (by == CV_SERVER) application_keys(p);
    if (by == CV_CLIENT) derive(p, p->resumption, "res master");
    cv_half_set_secret(&p->rx, p->suite, by == CV_SERVER ? p->server_app : p->client_app);
    p->got_finished = true;
}

static void took_ticket(struct peer *p, struct cv_bytes msg)
{
    struct cv_new_session_ticket m;
    assert_int_equal(cv_new_session_ticket_parse(&m, cv_msg_body(msg)), CV_OK);
    p->ticket = (struct cv_session){.hash = p->suite->hash->id,
                                    .secret_len = p->suite->hash->digest_len,
                                    .age_add = m.age_add,
                                    .ticket = keep_view(p, m.ticket)};
    cv_expand_label(p->suite->hash, p->ticket.secret, p->ticket.secret_len, p->resumption, "resumption",
                    m.nonce);
    p->n_tickets++;
}

static void took_message(struct peer *p, struct cv_bytes msg)
{
    struct cv_certificate_request cr;
    switch (msg.p[0]) {
    case CV_MSG_CLIENT_HELLO:
        took_client_hello(p, msg);
        break;
    case CV_MSG_SERVER_HELLO:
        took_server_hello(p, msg);
        break;
    case CV_MSG_FINISHED:
        took_finished(p, msg);
        break;
    case CV_MSG_NEW_SESSION_TICKET:
        took_ticket(p, msg);
        break;
    case CV_MSG_KEY_UPDATE:
        cv_half_update(&p->rx);
        break;
    case CV_MSG_CERTIFICATE_REQUEST:
        assert_int_equal(cv_certificate_request_parse(&cr, cv_msg_body(msg)), CV_OK);
        p->cert_requested = true;
        p->context = keep_view(p, cr.context);
        /* fall through */
    default:
        memcpy(p->msg, msg.p, p->msg_len = msg.len);
        peer_note(p);
        break;
    }
}

static void took_handshake(struct peer *p)
{
    for (;;) {
        struct cv_bytes in = cv_bytes(p->in, p->in_len), msg;
        if (in.len < HEADER_LEN) return;
        size_t len = (size_t)HEADER_LEN + ((size_t)in.p[1] << 16 | (size_t)in.p[2] << 8 | in.p[3]);
        if (cv_read_bytes(&in, len, &msg) != CV_OK) return;
        took_message(p, msg);
        memmove(p->in, p->in + len, p->in_len - len);
        p->in_len -= len;
    }
}

static void took_record(struct peer *p, struct cv_bytes rec)
{
    uint8_t type = rec.p[0];
    size_t len = rec.len - CV_RECORD_HEADER_LEN;
    uint8_t *to = p->in + p->in_len;
    assert_in_range(rec.len, 0, sizeof p->in - p->in_len);
    if (type == CV_CONTENT_DATA) {
        assert_int_equal(cv_record_open(&p->rx, to, rec, &type, &len), CV_OK);
    } else {
        memcpy(to, rec.p + CV_RECORD_HEADER_LEN, len);
    }
    switch (type) {
    case CV_CONTENT_HANDSHAKE:
        p->in_len += len;
        took_handshake(p);
        break;
    case CV_CONTENT_ALERT:
        assert_int_equal(len, 2);
        p->alert = to[1];
        break;
    case CV_CONTENT_CCS:
        assert_int_equal(len, 1);
        p->n_ccs++;
        break;
    default:
        p->n_data++;
        break;
    }
}

void peer_take(struct peer *p, struct cv_conn *c)
{
    struct cv_bytes out = cv_conn_output(c), rec;
    size_t all = out.len;
    while (out.len > 0) {
        size_t len = (size_t)CV_RECORD_HEADER_LEN + ((size_t)out.p[3] << 8 | out.p[4]);
        assert_int_equal(cv_read_bytes(&out, len, &rec), CV_OK);
        took_record(p, rec);
    }
    cv_conn_output_drop(c, all);
}

cv_err peer_deliver(struct peer *p, struct cv_conn *c)
{
    struct cv_bytes rest = cv_bytes(p->out, p->out_len), used;
    cv_err e = CV_OK;
    while (rest.len > 0 && e == CV_OK) {
        struct cv_step step;
        e = cv_conn_step(c, rest, &step);
        assert_int_equal(cv_read_bytes(&rest, step.consumed, &used), CV_OK);
        if (step.consumed == 0) break;
    }
    p->out_len = 0;
    return e;
}

cv_err peer_connect(struct peer *p, struct cv_conn *c)
{
    struct cv_step step;
    cv_err e;
    if (p->role == CV_SERVER) {
        e = cv_conn_step(c, none(), &step);
        if (e != CV_OK) return e;
        peer_take(p, c);
        peer_server_hello(p);
        peer_server_flight(p);
    } else {
        peer_make_client_hello(p);
        peer_send(p);
        if ((e = peer_deliver(p, c)) != CV_OK) return e;
        peer_take(p, c);
        peer_client_flight(p);
    }
    e = peer_deliver(p, c);
    peer_take(p, c);
    return e;
}
