#include "test/fuzz/engine.h"
#include "tls/peer_certs.h"
#include "tls/record_pieces.h"

#include "test/fuzz/pki.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t protocols[] = "\x02h2\x08http/1.1";

/* A session for the cache, as a full handshake would have left it. */
static cv_err add_session(struct fuzz_engine *e, struct cv_bytes ticket)
{
    struct cv_session *s,
        fields = {
            .version = CV_TLS13,
            .suite = e->algorithms.suites[0].id,
            .group = e->algorithms.groups[0]->id,
            .scheme = 0x0403,
            .hash = CV_HASH_SHA256,
            .secret_len = 32,
            .validated = CV_VALIDATED_NAME,
            .lifetime = 3600,
            .max_early_data = 1000,
            .created = e->port.now,
            .authenticated = e->port.now,
            .created_ms = e->port.now_ms,
            .chain_not_after = INT64_MAX,
            .ticket = ticket.len > 0 && ticket.len <= CV_TICKET_MAX ? ticket
                                                                    : cv_bytes((const uint8_t *)"ticket", 6),
            .server_name = e->params.target,
        };
    cv_err err = cv_session_new(&s, &e->port.port, &fields);
    if (err == CV_OK) cv_session_cache_put(e->config.sessions, e->params.session_key, s);
    return err;
}

/* A server has its first key with its first ticket. */
static cv_err make_ticket_key(struct fuzz_engine *e)
{
    static const struct cv_session any = {.secret_len = 32};
    uint8_t ticket[512];
    size_t len;
    return cv_ticket_seal(e->config.ticket_keys, ticket, sizeof ticket, &len, &any);
}

/* --- what is off by default --- */

/* The Certificate message of our server, without its header. */
static struct cv_bytes known_certificate(void)
{
    static uint8_t body[8192];
    const struct cv_identity *id = fuzz_server_identity();
    struct cv_builder b;
    cv_build_init(&b, body, sizeof body);
    cv_build_u8(&b, 0);
    size_t list = cv_build_open(&b, 3);
    for (size_t i = 0; i < id->n_chain; i++) {
        size_t cert = cv_build_open(&b, 3);
        cv_build_bytes(&b, id->chain[i].p, id->chain[i].len);
        cv_build_close(&b, cert, 3);
        cv_build_u16(&b, 0);
    }
    cv_build_close(&b, list, 3);
    return cv_bytes(b.p, b.len);
}

/* A compression that needs no library: the one message that is known becomes a byte. */
static cv_err compress(const struct cv_cert_compression *self, uint8_t *out, size_t *out_len,
                       struct cv_bytes in)
{
    (void)self;
    if (*out_len == 0 || !cv_bytes_equal(in, known_certificate())) return CV_E_BUFFER_TOO_SMALL;
    out[0] = 0;
    *out_len = 1;
    return CV_OK;
}

/* Anything else is repeated until it fills the room, so that every content can be had. */
static cv_err decompress(const struct cv_cert_compression *self, uint8_t *out, size_t out_len,
                         struct cv_bytes in)
{
    (void)self;
    struct cv_bytes known = known_certificate();
    bool is_known = in.len == 1 && in.p[0] == 0 && out_len == known.len;
    FUZZ_CHECK(out_len > 0 && in.len > 0);
    for (size_t i = 0; i < out_len; i++) out[i] = is_known ? known.p[i] : in.p[i % in.len];
    return CV_OK;
}

static void turn_on(struct fuzz_engine *e, uint16_t choices)
{
    static const struct cv_cert_compression compressions[] = {
        {.id = 1, .compress = compress, .decompress = decompress}, {.id = 2, .decompress = decompress}};
    static const struct cv_revocation stapled = {.check = cv_revocation_check,
                                                 .scope = CV_REVOCATION_STAPLED};
    static const uint8_t unauthorized[] = {0x30, 3, 0x0a, 1, 6}; /* an OCSPResponse (RFC 6960 4.2.1) */
    if (choices & FUZZ_EXTENSIONS) {
        e->config.grease = e->config.want_scts = true;
        e->config.revocation = &stapled;
        e->config.ask_staple = true;
        if (e->params.role == CV_CLIENT && e->config.n_identities != 0) { /* the server's is compressed */
            e->own = *e->config.identities;
            e->own.staple = cv_bytes(unauthorized, sizeof unauthorized);
            e->config.identities = &e->own;
        }
        e->config.record_limit = 1000;
        e->config.max_fragment = 1024;
        e->config.record_padding = 64;
        e->config.hello_padding = 600;
        e->config.cert_compressions = compressions;
        e->config.n_cert_compressions = 2;
        e->algorithms.groups[2] = e->algorithms.groups[1]; /* P-256 */
        e->algorithms.groups[0] = &null_hybrid;
        e->algorithms.groups[1] = &null_hybrid_part;
        e->config.n_groups = 3;
    }
    if (choices & FUZZ_RAW_KEYS) {
        e->config.own_raw_key = true;
        e->config.peer_raw_key = CV_RAW_KEY_ALLOWED;
        e->config.pinned_keys = &fuzz_server_identity()->leaf.spki;
        e->config.n_pinned_keys = 1;
    }
}

/* What a board's client has: records that are opened as they come, certificates that are judged as they
 * arrive. */
static void take_as_it_comes(struct fuzz_engine *e)
{
    e->features = cv_all_features;
    e->features.certificates = &cv_certs_as_they_arrive;
    e->features.record_pieces = &cv_records_as_they_come;
    e->config.features = &e->features;
    e->config.revocation = NULL;
    e->config.trust = NULL;
    e->config.anchors = &e->anchor;
    e->config.n_anchors = 1;
    FUZZ_CHECK(cv_anchor_read(&e->anchor, fuzz_trust()->anchors[0].der, &null_hash) == CV_OK);
}

static void configure(struct fuzz_engine *e, enum cv_role role, const struct fuzz_setup *setup)
{
    bool small = (setup->choices & FUZZ_SMALL) != 0, own = (setup->choices & FUZZ_IDENTITY) != 0;
    bool require = (setup->choices & FUZZ_REQUIRE) != 0;
    null_algorithms(&e->algorithms);
    e->config = (struct cv_config){
        .port = &e->port.port,
        .machines = &cv_all_machines,
        .features = &cv_all_features,
        .min_version = CV_TLS12,
        .max_version = setup->choices & FUZZ_TLS12 ? CV_TLS12 : CV_TLS13,
        .suites = e->algorithms.suites,
        .n_suites = e->algorithms.n_suites,
        .groups = e->algorithms.groups,
        .n_groups = e->algorithms.n_groups,
        .schemes = e->algorithms.schemes,
        .n_schemes = e->algorithms.n_schemes,
        .cert_schemes = e->algorithms.cert_schemes,
        .n_cert_schemes = e->algorithms.n_cert_schemes,
        .sha256 = &null_hash,
        .trust = fuzz_trust(),
        .renegotiation = true,
        .session_lifetime = 36000,
        .n_tickets = 2,
        .max_certificate_len = small ? 600 : 0,
        .max_message_len = small ? 400 : 0,
        .max_early_data_skip = small ? 100 : 0,
    };
    if (role == CV_SERVER || own) {
        e->config.identities = role == CV_SERVER ? fuzz_server_identity() : fuzz_client_identity();
        e->config.n_identities = 1;
    }
    e->params = (struct cv_conn_params){
        .role = role,
        .validate = (setup->choices & FUZZ_NO_VALIDATION) == 0,
        .check_name = (setup->choices & FUZZ_NO_VALIDATION) == 0,
        .want_credential = (setup->choices & FUZZ_WANT_CREDENTIAL) != 0,
        .post_handshake_auth = (setup->choices & FUZZ_NO_POST_AUTH) == 0,
        .client_auth = !setup->client_auth ? CV_AUTH_NONE
                       : require           ? CV_AUTH_REQUIRE
                                           : CV_AUTH_REQUEST,
        .resume = true,
    };
    turn_on(e, setup->choices);
    if (e->arriving) take_as_it_comes(e);
    memset(&e->application, 0, sizeof e->application);
    if (setup->choices & FUZZ_LATER) fuzz_answer_later(&e->application, &e->config);
    if (setup->choices & FUZZ_EARLY) {
        fuzz_accept_early(&e->application, &e->config);
        e->params.early_data = cv_bytes((const uint8_t *)"early data", 10);
    }
    if (role == CV_CLIENT) e->params.target = cv_bytes((const uint8_t *)"server.example", 14);
    if (setup->choices & FUZZ_ALPN) e->params.alpn = cv_bytes(protocols, sizeof protocols - 1);
}

bool fuzz_engine_new(struct fuzz_engine *e, enum cv_role role, const struct fuzz_setup *setup)
{
    cv_err err;
    test_port_init(&e->port, 1);
    configure(e, role, setup);
    if (setup->choices & FUZZ_NO_MEMORY) test_port_fail_at(&e->port, setup->seed);
    if (setup->choices & FUZZ_NO_ENTROPY) e->port.rng_fails_after = 1 + 8u * setup->seed;
    if (role == CV_CLIENT)
        err = cv_session_cache_new(&e->config.sessions, &e->port.port, 4);
    else
        err = cv_ticket_keys_new(&e->config.ticket_keys, &e->port.port, &null_aead, 3600, 36000);
    if (err == CV_OK && setup->session)
        err = role == CV_CLIENT ? add_session(e, setup->ticket) : make_ticket_key(e);
    if (err == CV_OK) err = cv_conn_new(&e->conn, &e->config, &e->params);
    if (err != CV_OK) {
        FUZZ_CHECK(err == CV_E_NO_MEMORY || err == CV_E_RNG);
        e->conn = NULL;
        fuzz_engine_free(e);
        return false;
    }
    return true;
}

void fuzz_engine_free(struct fuzz_engine *e)
{
    cv_conn_free(e->conn);
    FUZZ_CHECK(e->application.open == 0);
    cv_session_cache_free(e->config.sessions);
    cv_ticket_keys_free(e->config.ticket_keys);
    test_port_check(&e->port);
}

void fuzz_check_records(struct cv_bytes records)
{
    while (records.len > 0) {
        struct cv_bytes body;
        uint8_t type;
        uint16_t version;
        FUZZ_CHECK(cv_read_u8(&records, &type) == CV_OK && cv_read_u16(&records, &version) == CV_OK);
        FUZZ_CHECK(cv_read_vec16(&records, &body) == CV_OK);
        FUZZ_CHECK(type >= CV_CONTENT_CCS && type <= CV_CONTENT_DATA && version >> 8 == 3);
        FUZZ_CHECK(body.len > 0 && body.len <= CV_RECORD_PLAIN_MAX + CV_RECORD_EXPANSION_MAX);
    }
}

/* --- the application --- */

struct driver {
    struct fuzz_engine *e;
    struct fuzz_dice dice;
    bool in_order;        /* no dice */
    struct cv_bytes rest; /* of the stream; what the peer has not sent yet lies behind `arrived` */
    size_t arrived;
};

static bool is_failure(cv_err e)
{
    return e > CV_WANT_VERDICT;
}

static uint32_t roll(struct driver *d, uint32_t n)
{
    return d->in_order ? 0 : fuzz_roll(&d->dice, n);
}

static void send_output(struct driver *d)
{
    struct cv_conn *conn = d->e->conn;
    struct cv_bytes out = cv_conn_output(conn);
    size_t n = out.len;
    if (roll(d, 8) == 1) n /= 2; /* the transport takes only so much */
    if (n == out.len) fuzz_check_records(out);
    cv_conn_output_drop(conn, n);
    if (n < out.len) cv_conn_output_drop(conn, out.len - n);
}

/* A connection that died stays as it is. */
static void check_dead(struct driver *d, cv_err e)
{
    struct cv_step s;
    struct cv_opened o;
    struct cv_conn_info info;
    uint8_t record[] = {23, 3, 3, 0, 1, 0}, header[16], trailer[128];
    size_t missing, trailer_len = sizeof trailer;
    send_output(d);
    FUZZ_CHECK(cv_conn_step(d->e->conn, d->rest, &s) == e && s.consumed == 0);
    send_output(d);
    FUZZ_CHECK(cv_conn_open(d->e->conn, record, sizeof record, &o, &missing) == e);
    FUZZ_CHECK(cv_conn_seal(d->e->conn, header, record + 5, 1, trailer, &trailer_len) == e);
    FUZZ_CHECK(cv_conn_output(d->e->conn).len == 0);
    cv_conn_info(d->e->conn, &info);
    FUZZ_CHECK(info.error == e);
}

/* What there is of the stream goes into cv_conn_step. */
static cv_err step(struct driver *d, size_t len)
{
    struct cv_step s;
    struct cv_bytes in = cv_bytes(d->rest.p, len);
    uint8_t *copy = fuzz_copy(in);
    cv_err e = cv_conn_step(d->e->conn, cv_bytes(copy, len), &s);
    FUZZ_CHECK(len == 0 || memcmp(copy, in.p, len) == 0); /* never written to */
    free(copy);
    FUZZ_CHECK(s.consumed <= len);
    if (e == CV_WANT_INPUT) FUZZ_CHECK(s.consumed == 0 && s.missing > 0);
    (void)fuzz_take(&d->rest, s.consumed);
    d->arrived -= s.consumed;
    if (e == CV_WANT_CREDENTIAL) {
        cv_conn_set_credential(d->e->conn, roll(d, 2) == 0 ? fuzz_client_identity() : NULL);
        e = cv_conn_step(d->e->conn, cv_bytes(NULL, 0), &s);
    }
    return e;
}

/* What there is of the stream goes into cv_conn_open. */
static cv_err open(struct driver *d)
{
    struct cv_opened o;
    size_t missing = 0;
    uint8_t *copy = fuzz_copy(cv_bytes(d->rest.p, d->arrived));
    cv_err e = cv_conn_open(d->e->conn, copy, d->arrived, &o, &missing);
    if (e == CV_WANT_INPUT) FUZZ_CHECK(missing > 0);
    if (e == CV_OK) {
        FUZZ_CHECK(o.rec_len <= d->arrived && o.offset + o.len <= o.rec_len && o.offset >= 5);
        (void)fuzz_take(&d->rest, o.rec_len);
        d->arrived -= o.rec_len;
    }
    free(copy);
    if (e == CV_OK && o.kind == CV_OPENED_STORED) e = step(d, 0);
    return e;
}

static cv_err seal(struct driver *d)
{
    enum { HEADER_MAX = 13, DATA_MAX = 40, TRAILER_MAX = 128 };
    struct cv_stream_sizes sizes;
    size_t len = roll(d, DATA_MAX), trailer_len, no_trailer = 0;
    uint8_t bytes[HEADER_MAX + DATA_MAX + TRAILER_MAX] = {0};
    cv_conn_stream_sizes(d->e->conn, &sizes);
    FUZZ_CHECK(sizes.header >= 5 && sizes.header <= HEADER_MAX && sizes.trailer <= TRAILER_MAX);
    uint8_t *data = bytes + sizes.header, *trailer = data + len;
    FUZZ_CHECK(is_failure(cv_conn_seal(d->e->conn, bytes, data, len, trailer, &no_trailer)));
    trailer_len = sizes.trailer;
    cv_err e = cv_conn_seal(d->e->conn, bytes, data, len, trailer, &trailer_len);
    if (e == CV_OK) {
        FUZZ_CHECK(trailer_len <= sizes.trailer);
        fuzz_check_records(cv_bytes(bytes, sizes.header + len + trailer_len));
    }
    return e == CV_E_CLOSED ? CV_OK : e;
}

/* What an application may do between two reads. */
static cv_err do_something(struct driver *d)
{
    struct cv_conn *conn = d->e->conn;
    struct cv_conn_info info;
    uint8_t out[40];
    cv_err e = CV_OK;
    switch (roll(d, 12)) {
    case 1:
        return seal(d);
    case 2:
        e = cv_conn_update_keys(conn, roll(d, 2) != 0);
        break;
    case 3:
        e = cv_conn_request_auth(conn, roll(d, 2) != 0 ? CV_AUTH_REQUIRE : CV_AUTH_REQUEST);
        break;
    case 4:
        if (roll(d, 4) == 0) e = cv_conn_close(conn);
        break;
    case 5:
        e = cv_conn_export(conn, out, sizeof out, cv_bytes((const uint8_t *)"EXPORTER-x", 10),
                           cv_bytes(out, 0));
        break;
    case 6:
        cv_conn_info(conn, &info);
        FUZZ_CHECK(!info.established || info.suite != NULL);
        FUZZ_CHECK(!info.established || info.group != NULL || info.psk_identity.len != 0 || info.resumed);
        break;
    default:
        break;
    }
    /* Asked at the wrong time, or without memory or entropy: it is refused, and that is all. */
    (void)e;
    return CV_OK;
}

void fuzz_engine_drive(struct fuzz_engine *e, const struct fuzz_setup *setup)
{
    struct driver d = {.e = e, .in_order = setup->seed == 0, .dice = {setup->seed}, .rest = setup->data};
    struct cv_conn_info info;
    size_t most = setup->data.len / 32 + 1;
    cv_err err = cv_conn_step(e->conn, cv_bytes(NULL, 0), &(struct cv_step){0});
    while (!is_failure(err)) {
        send_output(&d);
        bool more = err == CV_WANT_INPUT || d.arrived == 0;
        if (more && d.arrived == d.rest.len) break;
        if (more) {
            size_t n = d.in_order ? d.rest.len : roll(&d, (uint32_t)(2 * most)) + 1;
            d.arrived = n < d.rest.len - d.arrived ? d.arrived + n : d.rest.len;
        }
        cv_conn_info(e->conn, &info);
        if (info.closed_by_peer) break;
        if ((err = do_something(&d)) != CV_OK) continue;
        bool readable = info.established || info.reads_early;
        bool open_it = readable && roll(&d, 4) != 3;
        size_t before = d.rest.len;
        err = open_it ? open(&d) : step(&d, d.arrived);
        /* Data that met cv_conn_step is not its affair. */
        cv_conn_info(e->conn, &info);
        readable = info.established || info.reads_early;
        if (err == CV_OK && !open_it && readable && d.rest.len == before) err = open(&d);
    }
    if (is_failure(err)) {
        cv_conn_info(e->conn, &info);
        if (info.error != CV_OK) check_dead(&d, info.error);
    }
}
