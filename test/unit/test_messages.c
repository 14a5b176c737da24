#include "test/unit/rfc8448.h"
#include "tls/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const uint32_t asked_all = 0xffffffffu;

union any_message {
    struct cv_client_hello ch;
    struct cv_server_hello sh;
    struct cv_encrypted_extensions ee;
    struct cv_certificate_request cr;
    struct cv_certificate_msg ct;
    struct cv_certificate_verify cv;
    struct cv_new_session_ticket nst;
};

static cv_err parse_body(union any_message *u, unsigned type, struct cv_bytes body)
{
    switch (type) {
    case CV_MSG_CLIENT_HELLO:
        return cv_client_hello_parse(&u->ch, body);
    case CV_MSG_SERVER_HELLO:
        return cv_server_hello_parse(&u->sh, body, asked_all);
    case CV_MSG_ENCRYPTED_EXTENSIONS:
        return cv_encrypted_extensions_parse(&u->ee, body, asked_all);
    case CV_MSG_CERTIFICATE_REQUEST:
        return cv_certificate_request_parse(&u->cr, body);
    case CV_MSG_CERTIFICATE:
        return cv_certificate_parse(&u->ct, body, asked_all);
    case CV_MSG_CERTIFICATE_VERIFY:
        return cv_certificate_verify_parse(&u->cv, body);
    case CV_MSG_NEW_SESSION_TICKET:
        return cv_new_session_ticket_parse(&u->nst, body);
    default:
        return CV_E_UNEXPECTED_MESSAGE;
    }
}

/* The body of a message whose length is right. */
static struct cv_bytes body_of(struct cv_bytes m, uint8_t *type)
{
    struct cv_bytes body;
    assert_int_equal(cv_read_u8(&m, type), CV_OK);
    assert_int_equal(cv_read_vec24(&m, &body), CV_OK);
    assert_int_equal(m.len, 0);
    return body;
}

/* The messages of RFC 8448 that have a parser, one after the other; false at the end. */
static bool next_trace(size_t *at, struct cv_bytes *m)
{
    while (*at < n_rfc8448_items) {
        const struct rfc8448_item *it = &rfc8448_items[(*at)++];
        if (strncmp(it->step, "construct", 9) != 0) continue;
        if (strcmp(it->field, "Finished") == 0 || strcmp(it->field, "EndOfEarlyData") == 0) continue;
        /* The hello of section 4 is constructed without its binders; its record has it whole. */
        bool whole = it->section != 4 || strcmp(it->field, "ClientHello") != 0;
        *m = whole ? rfc8448_octets(it) : rfc8448(4, "client", "send handshake record", "payload", 0);
        return true;
    }
    return false;
}

static void every_message_of_rfc8448_parses(void **state)
{
    (void)state;
    struct cv_bytes m;
    size_t n = 0;
    for (size_t at = 0; next_trace(&at, &m); n++) {
        union any_message u;
        uint8_t type;
        struct cv_bytes body = body_of(m, &type);
        assert_int_equal(parse_body(&u, type, body), CV_OK);
    }
    assert_int_equal(n, 29);
    rfc8448_free();
}

/* TLS 1.2's hellos may end before their extensions; there, and only there, a prefix is a message. */
static bool ends_before_extensions(unsigned type, const union any_message *u)
{
    if (type == CV_MSG_CLIENT_HELLO) return !u->ch.has_extensions;
    return type == CV_MSG_SERVER_HELLO && u->sh.ext.present == 0 && !u->sh.is_tls13 && !u->sh.is_retry;
}

static void no_prefix_of_a_message_is_one(void **state)
{
    (void)state;
    struct cv_bytes m;
    size_t n_short_hellos = 0, n_hellos = 0;
    for (size_t at = 0; next_trace(&at, &m);) {
        uint8_t type;
        struct cv_bytes body = body_of(m, &type);
        if (type == CV_MSG_CLIENT_HELLO || type == CV_MSG_SERVER_HELLO) n_hellos++;
        for (size_t n = 0; n < body.len; n++) {
            union any_message u;
            uint8_t *exact = malloc(n + 1);
            assert_non_null(exact);
            memcpy(exact + 1, body.p, n); /* ends where its memory ends, for the sanitizers */
            cv_err e = parse_body(&u, type, cv_bytes(exact + 1, n));
            if (e == CV_OK) {
                assert_true(ends_before_extensions(type, &u));
                n_short_hellos++;
            }
            free(exact);
        }
    }
    assert_int_equal(n_hellos, 12);
    assert_int_equal(n_short_hellos, 11); /* not the HelloRetryRequest */
    rfc8448_free();
}

static void no_byte_may_follow(void **state)
{
    (void)state;
    struct cv_bytes m;
    for (size_t at = 0; next_trace(&at, &m);) {
        union any_message u;
        uint8_t type, longer[2048] = {0};
        struct cv_bytes body = body_of(m, &type);
        memcpy(longer, body.p, body.len);
        assert_int_equal(parse_body(&u, type, cv_bytes(longer, body.len + 1)), CV_E_TRAILING_DATA);
    }
    rfc8448_free();
}

static void assert_bytes(struct cv_bytes v, const void *want, size_t len)
{
    assert_non_null(v.p);
    assert_int_equal(v.len, len);
    assert_memory_equal(v.p, want, len);
}

static struct cv_bytes trace_body(unsigned section, const char *who, const char *field, unsigned nth)
{
    uint8_t type;
    return body_of(rfc8448(section, who, "construct", field, nth), &type);
}

static void fields_of_client_hello(void **state)
{
    (void)state;
    struct cv_client_hello ch;
    assert_int_equal(cv_client_hello_parse(&ch, trace_body(3, "client", "ClientHello", 0)), CV_OK);
    assert_int_equal(ch.legacy_version, 0x0303);
    assert_int_equal(ch.random.len, 32);
    assert_int_equal(ch.random.p[0], 0xcb);
    assert_int_equal(ch.session_id.len, 0);
    assert_bytes(ch.suites, "\x13\x01\x13\x03\x13\x02", 6);
    assert_bytes(ch.compression, "", 1);
    assert_bytes(ch.host_name, "server", 6);
    assert_bytes(ch.versions, "\x03\x04", 2);
    assert_bytes(ch.psk_modes, "\x01", 1);
    assert_int_equal(ch.groups.len, 18);
    assert_int_equal(ch.sig_schemes.len, 30);
    assert_int_equal(ch.key_shares.len, 36);
    assert_null(ch.cert_sig_schemes.p);
    assert_null(ch.alpn.p);
    assert_null(ch.cookie.p);
    assert_null(ch.psk_identities.p);
    assert_true(cv_ext_has(&ch.ext, CV_EXT_SESSION_TICKET));
    assert_non_null(ch.ext.body[CV_EXT_SESSION_TICKET].p); /* empty, but there */
    assert_int_equal(ch.ext.body[CV_EXT_SESSION_TICKET].len, 0);
    assert_false(cv_ext_has(&ch.ext, CV_EXT_ALPN));
    assert_true(cv_list16_has(ch.groups, 0x001d));
    assert_false(cv_list16_has(ch.groups, 0x1d00));
    assert_true(cv_list8_has(ch.psk_modes, 1));
    assert_false(cv_list8_has(ch.psk_modes, 0));

    uint8_t type;
    struct cv_bytes whole = rfc8448(4, "client", "send handshake record", "payload", 0);
    struct cv_bytes prefix = rfc8448(4, "client", "calculate PSK binder", "ClientHello prefix", 0);
    assert_int_equal(cv_client_hello_parse(&ch, body_of(whole, &type)), CV_OK);
    assert_int_equal(ch.n_psk, 1);
    assert_int_equal(ch.psk_identities.len, 0xb8);
    assert_int_equal(ch.psk_binders.len, 33);
    assert_int_equal(whole.len - ch.binders_len, prefix.len);
    assert_true(cv_ext_has(&ch.ext, CV_EXT_EARLY_DATA));

    assert_int_equal(cv_client_hello_parse(&ch, trace_body(5, "client", "ClientHello", 1)), CV_OK);
    assert_int_equal(ch.cookie.len, 0x72);
    rfc8448_free();
}

static void fields_of_the_servers_messages(void **state)
{
    (void)state;
    struct cv_server_hello sh;
    assert_int_equal(cv_server_hello_parse(&sh, trace_body(3, "server", "ServerHello", 0), asked_all), CV_OK);
    assert_true(sh.is_tls13);
    assert_false(sh.is_retry);
    assert_int_equal(sh.version, 0x0304);
    assert_int_equal(sh.suite, 0x1301);
    assert_int_equal(sh.group, 0x001d);
    assert_int_equal(sh.share.len, 32);
    assert_false(sh.has_psk);
    assert_int_equal(cv_server_hello_parse(&sh, trace_body(4, "server", "ServerHello", 0), asked_all), CV_OK);
    assert_true(sh.has_psk);
    assert_int_equal(sh.psk_index, 0);
    assert_int_equal(cv_server_hello_parse(&sh, trace_body(5, "server", "ServerHello", 0), asked_all), CV_OK);
    assert_true(sh.is_retry);
    assert_int_equal(sh.group, 0x0017);
    assert_int_equal(sh.share.len, 0);
    assert_int_equal(sh.cookie.len, 0x72);

    struct cv_certificate_request cr;
    struct cv_bytes body = trace_body(6, "server", "CertificateRequest", 0);
    assert_int_equal(cv_certificate_request_parse(&cr, body), CV_OK);
    assert_int_equal(cr.context.len, 0);
    assert_true(cv_list16_has(cr.sig_schemes, 0x0804));
    assert_null(cr.cert_sig_schemes.p);
    assert_null(cr.authorities.p);

    struct cv_certificate_msg ct;
    struct cv_certificate_entry entry;
    assert_int_equal(cv_certificate_parse(&ct, trace_body(3, "server", "Certificate", 0), 0), CV_OK);
    assert_int_equal(ct.n_certs, 1);
    assert_int_equal(cv_certificate_next(&ct.list, &entry), CV_OK);
    assert_int_equal(entry.der.len, 432);
    assert_int_equal(cv_certificate_next(&ct.list, &entry), CV_E_TRUNCATED);

    struct cv_certificate_verify cv;
    assert_int_equal(cv_certificate_verify_parse(&cv, trace_body(3, "server", "CertificateVerify", 0)),
                     CV_OK);
    assert_int_equal(cv.scheme, 0x0804);
    assert_int_equal(cv.signature.len, 128);

    struct cv_new_session_ticket nst;
    assert_int_equal(cv_new_session_ticket_parse(&nst, trace_body(3, "server", "NewSessionTicket", 0)),
                     CV_OK);
    assert_int_equal(nst.lifetime, 30);
    assert_int_equal(nst.age_add, 0xfad6aac5);
    assert_bytes(nst.nonce, "\0\0", 2);
    assert_int_equal(nst.ticket.len, 178);
    assert_int_equal(nst.max_early_data, 1024);
    rfc8448_free();
}

/* Messages made here. */

static uint8_t wire[1 << 17];

struct ext {
    unsigned type;
    const char *body;
    size_t len;
};

static void build_block(struct cv_builder *b, const struct ext *x, size_t n)
{
    size_t block = cv_build_open(b, 2);
    for (size_t i = 0; i < n; i++) {
        cv_build_u16(b, (uint16_t)x[i].type);
        size_t body = cv_build_open(b, 2);
        cv_build_bytes(b, x[i].body, x[i].len);
        cv_build_close(b, body, 2);
    }
    cv_build_close(b, block, 2);
}

static struct cv_bytes built(const struct cv_builder *b)
{
    assert_int_equal(cv_build_end(b), CV_OK);
    return cv_bytes(b->p, b->len);
}

static void build_hello_start(struct cv_builder *b)
{
    cv_build_init(b, wire, sizeof wire);
    cv_build_u16(b, 0x0303);
    memset(cv_build_space(b, 32), 0x72, 32);
    cv_build_u8(b, 0);
}

static void build_client_hello_start(struct cv_builder *b)
{
    build_hello_start(b);
    cv_build_bytes(b, "\0\2\x13\1\1\0", 6);
}

static cv_err hello(struct cv_client_hello *ch, const struct ext *x, size_t n)
{
    struct cv_builder b;
    build_client_hello_start(&b);
    build_block(&b, x, n);
    return cv_client_hello_parse(ch, built(&b));
}

/* What a ClientHello with this one extension gives. */
static cv_err hello_with(unsigned type, const char *body, size_t len)
{
    struct cv_client_hello ch;
    struct ext x = {type, body, len};
    return hello(&ch, &x, 1);
}

struct server_hello_options {
    unsigned version, compression;
    bool retry;
};

static cv_err server_hello(struct cv_server_hello *sh, struct server_hello_options o, const struct ext *x,
                           size_t n, uint32_t asked)
{
    struct cv_builder b;
    build_hello_start(&b);
    cv_store_be32(wire, o.version << 16 | 0x7272);
    if (o.retry) memcpy(wire + 2, cv_hello_retry_random, 32);
    cv_build_u16(&b, 0x1301);
    cv_build_u8(&b, (uint8_t)o.compression);
    build_block(&b, x, n);
    return cv_server_hello_parse(sh, built(&b), asked);
}

static cv_err block(const struct ext *x, size_t n, enum cv_ext_place place, uint32_t asked)
{
    struct cv_extensions out;
    struct cv_builder b;
    cv_build_init(&b, wire, sizeof wire);
    build_block(&b, x, n);
    struct cv_bytes in = built(&b);
    cv_err e = cv_extensions_parse(&out, &in, place, asked);
    assert_int_equal(in.len == 0, e == CV_OK); /* advances on success only */
    return e;
}

enum {
    CH = CV_IN_CLIENT_HELLO,
    SH = CV_IN_SERVER_HELLO,
    HRR = CV_IN_HELLO_RETRY,
    EE = CV_IN_ENCRYPTED_EXTENSIONS,
    CT = CV_IN_CERTIFICATE,
    CR = CV_IN_CERTIFICATE_REQUEST,
    NST = CV_IN_NEW_SESSION_TICKET,
    SH12 = CV_IN_SERVER_HELLO_12,
};

/* RFC 9846 4.3 and, for 1 and 18, RFC 8446 4.2, typed in once more; TLS 1.2's answers from their own RFCs. */
static const struct {
    unsigned wire, places;
} table[CV_EXT_COUNT] = {
    {0, CH | EE | CR | SH12},
    {1, CH | EE | SH12},
    {5, CH | CR | CT | SH12},
    {10, CH | EE | SH12},
    {11, CH | SH12},
    {13, CH | CR},
    {16, CH | EE | SH12},
    {18, CH | CR | CT | SH12},
    {19, CH | EE | SH12},
    {20, CH | EE | SH12},
    {21, CH},
    {22, CH | SH12},
    {23, CH | SH12},
    {27, CH | CR},
    {28, CH | EE | SH12},
    {35, CH | SH12},
    {41, CH | SH},
    {42, CH | EE | NST},
    {43, CH | SH | HRR},
    {44, CH | HRR},
    {45, CH},
    {47, CH | CR},
    {48, CR},
    {49, CH},
    {50, CH | CR},
    {51, CH | SH | HRR},
    {65281, CH | SH12},
};

static void extensions_stand_where_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < CV_EXT_COUNT; i++) {
        assert_int_equal(cv_ext_wire((enum cv_ext)i), table[i].wire);
        for (unsigned place = 1; place <= SH12; place <<= 1) {
            struct ext x = {table[i].wire, "", 0};
            cv_err want = table[i].places & place ? CV_OK : CV_E_MISPLACED_EXTENSION;
            assert_int_equal(block(&x, 1, (enum cv_ext_place)place, asked_all), want);
        }
    }
}

static void attack_32_unsolicited_answers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < CV_EXT_COUNT; i++) {
        uint32_t all_but = asked_all & ~((uint32_t)1 << i);
        struct ext x = {table[i].wire, "", 0};
        for (unsigned place = 1; place <= SH12; place <<= 1) {
            bool asks = (place & (CH | CR | NST)) != 0, cookie = place == HRR && table[i].wire == 44;
            cv_err e = block(&x, 1, (enum cv_ext_place)place, all_but);
            if (asks || cookie) {
                assert_int_equal(e, table[i].places & place ? CV_OK : CV_E_MISPLACED_EXTENSION);
            } else {
                assert_int_equal(e, CV_E_UNSOLICITED_EXTENSION);
            }
        }
    }
    struct ext unknown = {0x1234, "", 0};
    for (unsigned place = 1; place <= SH12; place <<= 1) {
        bool asks = (place & (CH | CR | NST)) != 0;
        bool answers = (place & (EE | SH12)) != 0; /* to what the application asks, and reads itself */
        assert_int_equal(block(&unknown, 1, (enum cv_ext_place)place, asked_all & ~CV_EXT_ASKED_OTHERS),
                         asks ? CV_OK : CV_E_UNSOLICITED_EXTENSION);
        assert_int_equal(block(&unknown, 1, (enum cv_ext_place)place, asked_all),
                         asks || answers ? CV_OK : CV_E_UNSOLICITED_EXTENSION);
    }
}

static void attack_33_duplicates_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < CV_EXT_COUNT; i++) {
        for (unsigned place = 1; place <= SH12; place <<= 1) {
            if (!(table[i].places & place)) continue;
            struct ext x[] = {{table[i].wire, "", 0}, {0, "", 0}, {table[i].wire, "", 0}};
            if (i == CV_EXT_SERVER_NAME || place & (SH | HRR | CT | NST)) x[1] = x[0];
            assert_int_equal(block(x, 3, (enum cv_ext_place)place, asked_all), CV_E_DUPLICATE_EXTENSION);
        }
    }
    struct ext grease[] = {{0x0a0a, "", 0}, {0, "", 0}, {0x1a1a, "x", 1}, {0x0a0a, "", 0}};
    assert_int_equal(block(grease, 3, CV_IN_CLIENT_HELLO, 0), CV_OK);
    assert_int_equal(block(grease, 4, CV_IN_CLIENT_HELLO, 0), CV_E_DUPLICATE_EXTENSION);
}

static void blocks_that_are_cut_off(void **state)
{
    (void)state;
    const uint8_t cut[] = {0, 4, 0, 0, 0, 1};
    struct cv_extensions x;
    for (size_t n = 0; n <= sizeof cut; n++) {
        struct cv_bytes in = cv_bytes(cut, n);
        assert_int_equal(cv_extensions_parse(&x, &in, CV_IN_CLIENT_HELLO, 0), CV_E_TRUNCATED);
        assert_int_equal(in.len, n);
    }
}

static void build_ext_begins_an_extension(void **state)
{
    (void)state;
    struct cv_builder b;
    cv_build_init(&b, wire, sizeof wire);
    size_t mark = cv_build_ext(&b, CV_EXT_RENEGOTIATION_INFO);
    cv_build_u8(&b, 0);
    cv_build_close(&b, mark, 2);
    assert_bytes(built(&b), "\xff\x01\0\1\0", 5);
}

/* An extension of a ClientHello, and what it gives. */
struct case_of_ext {
    unsigned type;
    const char *body;
    size_t len;
    cv_err want;
};
#define BODY(s) s, sizeof(s) - 1

static const struct case_of_ext hello_cases[] = {
    /* server_name */
    {0, BODY("\0\6\0\0\3a.b"), CV_OK},
    {0, BODY("\0\6\0\0\3a_b"), CV_OK},
    {0, BODY("\0\6\0\0\3a\0b"), CV_E_ILLEGAL_PARAMETER},
    {0, BODY("\0\6\0\0\3a:b"), CV_E_ILLEGAL_PARAMETER},
    {0, BODY("\0\6\0\0\3a\x80z"), CV_E_ILLEGAL_PARAMETER},
    {0, BODY("\0\6\1\0\3a.b"), CV_E_DECODE},
    {0, BODY("\0\3\0\0\0"), CV_E_BAD_LENGTH},
    {0, BODY("\0\0"), CV_E_TRUNCATED},
    {0, BODY(""), CV_E_TRUNCATED},
    {0, BODY("\0\6\0\0\4a.b"), CV_E_TRUNCATED},
    {0, BODY("\0\10\0\0\1a\0\0\1b"), CV_E_DECODE}, /* two names */
    {0, BODY("\0\6\0\0\3a.b\0"), CV_E_TRAILING_DATA},
    /* status_request */
    {5, BODY("\1\0\0\0\0"), CV_OK},
    {5, BODY("\1\0\0\0\0\0"), CV_E_TRAILING_DATA},
    {5, BODY("\1\0\0"), CV_E_TRUNCATED},
    {5, BODY("\2anything"), CV_OK},
    {5, BODY(""), CV_E_TRUNCATED},
    /* supported_groups, signature_algorithms, …_cert */
    {10, BODY("\0\2\0\x1d"), CV_OK},
    {10, BODY("\0\0"), CV_E_BAD_LENGTH},
    {10, BODY("\0\3\0\x1d\0"), CV_E_BAD_LENGTH},
    {10, BODY("\0\2\0\x1d\0"), CV_E_TRAILING_DATA},
    {10, BODY("\0\4\0\x1d"), CV_E_TRUNCATED},
    {13, BODY("\0\2\4\3"), CV_OK},
    {13, BODY("\0\0"), CV_E_BAD_LENGTH},
    {13, BODY("\0\1\4"), CV_E_BAD_LENGTH},
    {50, BODY("\0\2\4\3"), CV_OK},
    {50, BODY("\0\0"), CV_E_BAD_LENGTH},
    /* ec_point_formats */
    {11, BODY("\1\0"), CV_OK},
    {11, BODY("\0"), CV_E_BAD_LENGTH},
    /* ALPN */
    {16, BODY("\0\3\2h2"), CV_OK},
    {16, BODY("\0\0"), CV_E_BAD_LENGTH},
    {16, BODY("\0\1\0"), CV_E_BAD_LENGTH},
    {16, BODY("\0\4\2h2\0"), CV_E_BAD_LENGTH},
    {16, BODY("\0\3\3h2"), CV_E_TRUNCATED},
    {16, BODY("\0\3\2h2\0"), CV_E_TRAILING_DATA},
    /* those that must be empty */
    {18, BODY(""), CV_OK},
    {18, BODY("\0"), CV_E_TRAILING_DATA},
    {22, BODY("\0"), CV_E_TRAILING_DATA},
    {23, BODY("\0"), CV_E_TRAILING_DATA},
    {42, BODY("\0"), CV_E_TRAILING_DATA},
    {49, BODY("\0"), CV_E_TRAILING_DATA},
    /* certificate types, compression */
    {19, BODY("\1\2"), CV_OK},
    {19, BODY("\0"), CV_E_BAD_LENGTH},
    {20, BODY("\0"), CV_E_BAD_LENGTH},
    {27, BODY("\2\0\1"), CV_OK},
    {27, BODY("\1\0"), CV_E_BAD_LENGTH},
    /* session_ticket and padding are whatever they are */
    {35, BODY("ticket"), CV_OK},
    {21, BODY("\0\0\0"), CV_OK},
    /* supported_versions */
    {43, BODY("\2\3\4"), CV_OK},
    {43, BODY("\0"), CV_E_BAD_LENGTH},
    {43, BODY("\3\3\4\3"), CV_E_BAD_LENGTH},
    {43, BODY("\2\3\4\0"), CV_E_TRAILING_DATA},
    /* cookie */
    {44, BODY("\0\1x"), CV_OK},
    {44, BODY("\0\0"), CV_E_BAD_LENGTH},
    /* psk_key_exchange_modes */
    {45, BODY("\1\1"), CV_OK},
    {45, BODY("\0"), CV_E_BAD_LENGTH},
    /* certificate_authorities */
    {47, BODY("\0\3\0\1x"), CV_OK},
    {47, BODY("\0\0"), CV_E_BAD_LENGTH},
    {47, BODY("\0\2\0\0"), CV_E_BAD_LENGTH},
    /* key_share */
    {51, BODY("\0\0"), CV_OK},
    {51, BODY("\0\5\0\x1d\0\1x"), CV_OK},
    {51, BODY("\0\4\0\x1d\0\0"), CV_E_BAD_LENGTH},
    {51, BODY("\0\5\0\x1d\0\2x"), CV_E_TRUNCATED},
    {51, BODY("\0\5\0\x1d\0\1x\0"), CV_E_TRAILING_DATA},
    /* renegotiation_info */
    {0xff01, BODY("\0"), CV_OK},
    {0xff01, BODY(""), CV_E_TRUNCATED},
    {0xff01, BODY("\0\0"), CV_E_TRAILING_DATA},
    /* RFC 9846 4.3.9 */
    {41, BODY("\0\7\0\1i\0\0\0\0\0\41\40aaaaaaaabbbbbbbbccccccccdddddddd"), CV_E_MISSING_EXTENSION},
};

static void lists_in_client_hello(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hello_cases / sizeof hello_cases[0]; i++) {
        const struct case_of_ext *c = &hello_cases[i];
        cv_err e = hello_with(c->type, c->body, c->len);
        if (e != c->want) fail_msg("case %zu, extension %u: %s", i, c->type, cv_err_name(e));
    }
}

static void host_names_of_any_length(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 300; len++) {
        char body[320];
        struct cv_builder b;
        cv_build_init(&b, body, sizeof body);
        cv_build_u16(&b, (uint16_t)(len + 3));
        cv_build_u8(&b, 0);
        cv_build_u16(&b, (uint16_t)len);
        if (len != 0) memset(cv_build_space(&b, len), 'a', len);
        cv_err want = len == 0 ? CV_E_BAD_LENGTH : len <= 255 ? CV_OK : CV_E_ILLEGAL_PARAMETER;
        assert_int_equal(hello_with(0, body, b.len), want);
    }
}

/* One group by letter: 'a' is 0x0061. */
static cv_err hello_with_shares(const char *groups, const char *shares)
{
    char group_body[256], share_body[1024];
    struct cv_client_hello ch;
    struct cv_builder g, s;
    cv_build_init(&g, group_body, sizeof group_body);
    size_t mark = cv_build_open(&g, 2);
    for (; *groups; groups++) cv_build_u16(&g, (uint8_t)*groups);
    cv_build_close(&g, mark, 2);
    cv_build_init(&s, share_body, sizeof share_body);
    mark = cv_build_open(&s, 2);
    for (; *shares; shares++) {
        cv_build_u16(&s, (uint8_t)*shares);
        cv_build_bytes(&s, "\0\1k", 3);
    }
    cv_build_close(&s, mark, 2);
    struct ext x[] = {{51, share_body, s.len}, {10, group_body, g.len}};
    return hello(&ch, x, 2);
}

static void attack_33_key_shares(void **state)
{
    (void)state;
    const char *all = "abcdefghijklmnopqrstuvwxyz";
    assert_int_equal(hello_with_shares("abc", ""), CV_OK);
    assert_int_equal(hello_with_shares("abc", "a"), CV_OK);
    assert_int_equal(hello_with_shares("abc", "ac"), CV_OK);
    assert_int_equal(hello_with_shares(all, all), CV_OK);
    assert_int_equal(hello_with_shares("abc", "ca"), CV_OK); /* not the order that RFC 9846 4.3.8 wants */
    assert_int_equal(hello_with_shares("abc", "d"), CV_E_ILLEGAL_PARAMETER);
    assert_int_equal(hello_with_shares("abc", "aa"), CV_E_ILLEGAL_PARAMETER);
    assert_int_equal(hello_with_shares("abc", "aba"), CV_E_ILLEGAL_PARAMETER);
    assert_int_equal(hello_with_shares("abc", "caa"), CV_E_ILLEGAL_PARAMETER);
    assert_int_equal(hello_with_shares(all, "ponmlkjihgfedcba"), CV_OK);
    assert_int_equal(hello_with_shares(all, "qponmlkjihgfedcba"), CV_E_ILLEGAL_PARAMETER); /* 17 of them */
}

struct psk_options {
    size_t n_identities, n_binders, identity_len, binder_len;
    bool not_last;
};

static cv_err hello_with_psk(struct cv_client_hello *ch, struct psk_options o)
{
    char body[4096];
    struct cv_builder b;
    cv_build_init(&b, body, sizeof body);
    size_t list = cv_build_open(&b, 2);
    for (size_t i = 0; i < o.n_identities; i++) {
        cv_build_u16(&b, (uint16_t)o.identity_len);
        if (o.identity_len != 0) memset(cv_build_space(&b, o.identity_len), 'i', o.identity_len);
        cv_build_u32(&b, 0);
    }
    cv_build_close(&b, list, 2);
    list = cv_build_open(&b, 2);
    for (size_t i = 0; i < o.n_binders; i++) {
        cv_build_u8(&b, (uint8_t)o.binder_len);
        memset(cv_build_space(&b, o.binder_len), 'b', o.binder_len);
    }
    cv_build_close(&b, list, 2);
    assert_int_equal(cv_build_end(&b), CV_OK);
    struct ext x[] = {{45, "\1\1", 2}, {41, body, b.len}, {0x0a0a, "", 0}};
    return hello(ch, x, o.not_last ? 3 : 2);
}

static void attack_07_offered_psks(void **state)
{
    (void)state;
    struct cv_client_hello ch;
    assert_int_equal(hello_with_psk(&ch, (struct psk_options){3, 3, 5, 32, false}), CV_OK);
    assert_int_equal(ch.n_psk, 3);
    assert_int_equal(ch.psk_identities.len, 3 * 11);
    assert_int_equal(ch.psk_binders.len, 3 * 33);
    assert_int_equal(ch.binders_len, 2 + 3 * 33);
    assert_int_equal(hello_with_psk(&ch, (struct psk_options){1, 1, 5, 255, false}), CV_OK);
    assert_int_equal(hello_with_psk(&ch, (struct psk_options){1, 1, 5, 32, true}), CV_E_BAD_PSK);
    assert_int_equal(hello_with_psk(&ch, (struct psk_options){2, 1, 5, 32, false}), CV_E_BAD_PSK);
    assert_int_equal(hello_with_psk(&ch, (struct psk_options){1, 2, 5, 32, false}), CV_E_BAD_PSK);
    assert_int_equal(hello_with_psk(&ch, (struct psk_options){1, 1, 0, 32, false}), CV_E_BAD_LENGTH);
    assert_int_equal(hello_with_psk(&ch, (struct psk_options){1, 1, 5, 31, false}), CV_E_BAD_LENGTH);
    assert_int_equal(hello_with_psk(&ch, (struct psk_options){0, 1, 5, 32, false}), CV_E_BAD_LENGTH);
    assert_int_equal(hello_with_psk(&ch, (struct psk_options){1, 0, 5, 32, false}), CV_E_BAD_LENGTH);
    /* An identity may hold any byte, NUL too: it is a length and bytes, not text (GnuTLS CVE-2026-42010). */
    const char psk[] = "\0\12\0\4\0i\0i\0\0\0\0\0\41\40aaaaaaaabbbbbbbbccccccccdddddddd";
    struct ext x[] = {{45, "\1\1", 2}, {41, psk, sizeof psk - 1}};
    assert_int_equal(hello(&ch, x, 2), CV_OK);
    assert_int_equal(ch.psk_identities.len, 10);
}

static void fixed_fields_of_client_hello(void **state)
{
    (void)state;
    struct cv_client_hello ch;
    struct cv_builder b;
    build_client_hello_start(&b); /* a TLS 1.2 client without extensions */
    assert_int_equal(cv_client_hello_parse(&ch, built(&b)), CV_OK);
    assert_false(ch.has_extensions);
    assert_int_equal(ch.ext.present, 0);
    assert_int_equal(hello(&ch, NULL, 0), CV_OK); /* and one with none in the block */
    assert_true(ch.has_extensions);

    static const struct {
        const char *tail; /* behind the random */
        size_t len;
        cv_err want;
    } cases[] = {
        {BODY("\0\0\2\x13\1\2\1\0"), CV_OK}, /* a compression that TLS 1.2 knew, and null */
        {BODY("\0\0\2\x13\1\1\1"), CV_E_BAD_COMPRESSION},
        {BODY("\0\0\2\x13\1\0"), CV_E_BAD_LENGTH},
        {BODY("\0\0\0\1\0"), CV_E_BAD_LENGTH},
        {BODY("\0\0\3\x13\1\x13\1\0"), CV_E_BAD_LENGTH},
        {BODY("\41aaaaaaaabbbbbbbbccccccccddddddddx\0\2\x13\1\1\0"), CV_E_BAD_LENGTH},
        {BODY("\40aaaaaaaabbbbbbbbccccccccdddddddd\0\2\x13\1\1\0"), CV_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        build_hello_start(&b);
        b.len--;
        cv_build_bytes(&b, cases[i].tail, cases[i].len);
        assert_int_equal(cv_client_hello_parse(&ch, built(&b)), cases[i].want);
    }
}

static void the_largest_lists(void **state)
{
    (void)state;
    enum { MAX = 65000 };
    static char body[1 << 16], other[1 << 16];
    struct cv_client_hello ch;
    struct cv_builder b, g;
    for (unsigned type = 10; type <= 13; type += 3) { /* 32,500 groups or signature schemes */
        cv_build_init(&b, body, sizeof body);
        cv_build_u16(&b, MAX);
        for (unsigned i = 0; i < MAX / 2; i++) cv_build_u16(&b, (uint16_t)i);
        assert_int_equal(hello_with(type, body, b.len), CV_OK);
    }

    cv_build_init(&b, body, sizeof body); /* as many shares as fit beside their groups */
    cv_build_init(&g, other, sizeof other);
    enum { N_SHARES = 9000 };
    cv_build_u16(&b, N_SHARES * 5);
    cv_build_u16(&g, N_SHARES * 2);
    for (unsigned i = 0; i < N_SHARES; i++) {
        cv_build_u16(&b, (uint16_t)i);
        cv_build_bytes(&b, "\0\1k", 3);
        cv_build_u16(&g, (uint16_t)i);
    }
    struct ext x[] = {{51, body, b.len}, {10, other, g.len}};
    assert_int_equal(hello(&ch, x, 2), CV_OK);
    body[2 + 5 * (N_SHARES - 1)] = body[2 + 5 * (N_SHARES - 1) + 1] = 0; /* the last repeats the first */
    assert_int_equal(hello(&ch, x, 2), CV_E_ILLEGAL_PARAMETER);

    build_client_hello_start(&b); /* 16,000 unknown extensions, all different */
    size_t mark = cv_build_open(&b, 2);
    for (unsigned i = 0; i < 16000; i++) cv_build_u32(&b, (0x1000 + i) << 16);
    cv_build_close(&b, mark, 2);
    assert_int_equal(cv_client_hello_parse(&ch, built(&b)), CV_OK);

    cv_build_init(&b, wire, sizeof wire); /* 18,000 certificates of a byte */
    cv_build_u8(&b, 0);
    mark = cv_build_open(&b, 3);
    for (unsigned i = 0; i < 18000; i++) cv_build_bytes(&b, "\0\0\1x\0\0", 6);
    cv_build_close(&b, mark, 3);
    struct cv_certificate_msg ct;
    assert_int_equal(cv_certificate_parse(&ct, built(&b), 0), CV_OK);
    assert_int_equal(ct.n_certs, 18000);
}

static const struct server_hello_options normal = {0x0303, 0, false}, retry = {0x0303, 0, true};

static void server_hello_of_tls13(void **state)
{
    (void)state;
    struct cv_server_hello sh;
    struct ext x[] = {{43, "\3\4", 2}, {51, "\0\x1d\0\1k", 5}, {41, "\0\7", 2}};
    assert_int_equal(server_hello(&sh, normal, x, 3, asked_all), CV_OK);
    assert_int_equal(sh.psk_index, 7);
    assert_bytes(sh.share, "k", 1);
    struct server_hello_options o = normal;
    o.version = 0x0304;
    assert_int_equal(server_hello(&sh, o, x, 3, asked_all), CV_E_BAD_LEGACY_VERSION);
    o = normal;
    o.compression = 1;
    assert_int_equal(server_hello(&sh, o, x, 3, asked_all), CV_E_BAD_COMPRESSION);

    struct ext old[] = {{43, "\3\3", 2}};
    assert_int_equal(server_hello(&sh, normal, old, 1, asked_all), CV_E_ILLEGAL_PARAMETER);
    struct ext bad[][2] = {
        {{43, "\3\4", 2}, {51, "\0\x1d\0\0", 4}}, {{43, "\3\4", 2}, {51, "\0\x1d\0\1k\0", 6}},
        {{43, "\3\4", 2}, {51, "\0\x1d", 2}},     {{43, "\3\4", 2}, {41, "\0", 1}},
        {{43, "\3\4", 2}, {41, "\0\0\0", 3}},     {{43, "\3\4\0", 3}, {51, "\0\x1d\0\1k", 5}},
        {{43, "\3", 1}, {51, "\0\x1d\0\1k", 5}},
    };
    const cv_err want[] = {CV_E_BAD_LENGTH,    CV_E_TRAILING_DATA, CV_E_TRUNCATED, CV_E_TRUNCATED,
                           CV_E_TRAILING_DATA, CV_E_TRAILING_DATA, CV_E_TRUNCATED};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_int_equal(server_hello(&sh, normal, bad[i], 2, asked_all), want[i]);
    }
}

static void hello_retry_request(void **state)
{
    (void)state;
    struct cv_server_hello sh;
    struct ext x[] = {{43, "\3\4", 2}, {44, "\0\1c", 3}, {51, "\0\x17", 2}};
    uint32_t asked = (uint32_t)1 << CV_EXT_SUPPORTED_VERSIONS | (uint32_t)1 << CV_EXT_KEY_SHARE;
    assert_int_equal(server_hello(&sh, retry, x, 3, asked), CV_OK);
    assert_true(sh.is_retry);
    assert_int_equal(sh.group, 0x17);
    assert_bytes(sh.cookie, "c", 1);
    assert_int_equal(server_hello(&sh, normal, x, 3, asked), CV_E_UNSOLICITED_EXTENSION); /* a cookie */
    assert_int_equal(server_hello(&sh, retry, x + 2, 1, asked), CV_E_MISSING_EXTENSION);
    struct ext share[] = {{43, "\3\4", 2}, {51, "\0\x17\0\1k", 5}};
    assert_int_equal(server_hello(&sh, retry, share, 2, asked), CV_E_TRAILING_DATA);
    struct ext psk[] = {{43, "\3\4", 2}, {41, "\0\0", 2}};
    assert_int_equal(server_hello(&sh, retry, psk, 2, asked_all), CV_E_MISPLACED_EXTENSION);
    struct ext empty_cookie[] = {{43, "\3\4", 2}, {44, "\0\0", 2}};
    assert_int_equal(server_hello(&sh, retry, empty_cookie, 2, asked), CV_E_BAD_LENGTH);
}

static void server_hello_of_tls12(void **state)
{
    (void)state;
    struct cv_server_hello sh;
    struct ext x[] = {{0, "", 0}, {23, "", 0}, {35, "", 0}, {11, "\1\0", 2}, {0xff01, "\0", 1}};
    assert_int_equal(server_hello(&sh, normal, x, 5, asked_all), CV_OK);
    assert_false(sh.is_tls13);
    assert_int_equal(sh.version, 0x0303);
    assert_true(cv_ext_has(&sh.ext, CV_EXT_EXTENDED_MASTER_SECRET));
    struct server_hello_options o = {0x0302, 0, false};
    assert_int_equal(server_hello(&sh, o, NULL, 0, asked_all), CV_OK);
    assert_int_equal(sh.version, 0x0302); /* the handler's to refuse */
    struct ext share[] = {{51, "\0\x17\0\1k", 5}};
    assert_int_equal(server_hello(&sh, normal, share, 1, asked_all), CV_E_MISPLACED_EXTENSION);
    struct ext named[] = {{0, "x", 1}};
    assert_int_equal(server_hello(&sh, normal, named, 1, asked_all), CV_E_TRAILING_DATA);
}

static cv_err encrypted_extensions(struct cv_encrypted_extensions *ee, unsigned type, const char *body,
                                   size_t len)
{
    struct ext x = {type, body, len};
    struct cv_builder b;
    cv_build_init(&b, wire, sizeof wire);
    build_block(&b, &x, 1);
    return cv_encrypted_extensions_parse(ee, built(&b), asked_all);
}

static void encrypted_extensions_hold_answers(void **state)
{
    (void)state;
    struct cv_encrypted_extensions ee;
    assert_int_equal(encrypted_extensions(&ee, 16, BODY("\0\3\2h2")), CV_OK);
    assert_bytes(ee.alpn, "h2", 2);
    assert_int_equal(encrypted_extensions(&ee, 16, BODY("\0\6\2h2\2h3")), CV_E_TRAILING_DATA); /* two */
    assert_int_equal(encrypted_extensions(&ee, 16, BODY("\0\0")), CV_E_TRUNCATED);
    assert_int_equal(encrypted_extensions(&ee, 16, BODY("\0\1\0")), CV_E_BAD_LENGTH);
    assert_int_equal(encrypted_extensions(&ee, 0, BODY("")), CV_OK);
    assert_null(ee.alpn.p);
    assert_int_equal(encrypted_extensions(&ee, 0, BODY("x")), CV_E_TRAILING_DATA);
    assert_int_equal(encrypted_extensions(&ee, 42, BODY("x")), CV_E_TRAILING_DATA);
    assert_int_equal(encrypted_extensions(&ee, 19, BODY("\2")), CV_OK);
    assert_int_equal(encrypted_extensions(&ee, 19, BODY("\2\0")), CV_E_TRAILING_DATA);
    assert_int_equal(encrypted_extensions(&ee, 20, BODY("")), CV_E_TRUNCATED);
    assert_int_equal(encrypted_extensions(&ee, 10, BODY("\0\0")), CV_E_BAD_LENGTH);
    assert_int_equal(encrypted_extensions(&ee, 43, BODY("\3\4")), CV_E_MISPLACED_EXTENSION);
}

static void certificate_request(void **state)
{
    (void)state;
    struct cv_certificate_request cr;
    struct ext x[] = {{13, "\0\2\4\3", 4}, {50, "\0\2\4\1", 4}, {47, "\0\3\0\1x", 5}, {0x1a1a, "", 0}};
    struct cv_builder b;
    cv_build_init(&b, wire, sizeof wire);
    cv_build_bytes(&b, "\3abc", 4);
    build_block(&b, x, 4);
    assert_int_equal(cv_certificate_request_parse(&cr, built(&b)), CV_OK);
    assert_bytes(cr.context, "abc", 3);
    assert_bytes(cr.sig_schemes, "\4\3", 2);
    assert_bytes(cr.cert_sig_schemes, "\4\1", 2);
    assert_bytes(cr.authorities, "\0\1x", 3);
    cv_build_init(&b, wire, sizeof wire);
    cv_build_u8(&b, 0);
    build_block(&b, x + 1, 3);
    assert_int_equal(cv_certificate_request_parse(&cr, built(&b)), CV_E_MISSING_EXTENSION);
}

static cv_err certificate(struct cv_certificate_msg *ct, const char *list, size_t len, uint32_t asked)
{
    struct cv_builder b;
    cv_build_init(&b, wire, sizeof wire);
    cv_build_u8(&b, 0);
    cv_build_u24(&b, (uint32_t)len);
    cv_build_bytes(&b, list, len);
    return cv_certificate_parse(ct, built(&b), asked);
}

static void certificate_lists(void **state)
{
    (void)state;
    struct cv_certificate_msg ct;
    uint32_t stapling = (uint32_t)1 << CV_EXT_STATUS_REQUEST;
    assert_int_equal(certificate(&ct, BODY(""), 0), CV_OK); /* whether it may be empty depends on the side */
    assert_int_equal(ct.n_certs, 0);
    assert_int_equal(certificate(&ct, BODY("\0\0\1a\0\0\0\0\2bc\0\0"), 0), CV_OK);
    assert_int_equal(ct.n_certs, 2);
    assert_int_equal(certificate(&ct, BODY("\0\0\0\0\0"), 0), CV_E_BAD_LENGTH);
    assert_int_equal(certificate(&ct, BODY("\0\0\1a\0"), 0), CV_E_TRUNCATED);
    assert_int_equal(certificate(&ct, BODY("\0\0\1a\0\11\0\5\0\5\1\0\0\1x"), stapling), CV_OK);
    struct cv_certificate_entry entry;
    assert_int_equal(cv_certificate_next(&ct.list, &entry), CV_OK);
    assert_true(entry.staple.len == 1 && entry.staple.p[0] == 'x');
    assert_int_equal(certificate(&ct, BODY("\0\0\1a\0\11\0\5\0\5\2\0\0\1x"), stapling),
                     CV_E_ILLEGAL_PARAMETER);
    assert_int_equal(certificate(&ct, BODY("\0\0\1a\0\10\0\5\0\4\1\0\0\0"), stapling), CV_E_BAD_LENGTH);
    assert_int_equal(certificate(&ct, BODY("\0\0\1a\0\4\0\5\0\0"), stapling), CV_E_TRUNCATED);
    assert_int_equal(certificate(&ct, BODY("\0\0\1a\0\4\0\5\0\0"), 0), CV_E_UNSOLICITED_EXTENSION);
    assert_int_equal(certificate(&ct, BODY("\0\0\1a\0\4\0\x0a\0\0"), asked_all), CV_E_MISPLACED_EXTENSION);
}

static void new_session_ticket(void **state)
{
    (void)state;
    struct cv_new_session_ticket nst;
    const char plain[] = "\0\0\0\1\0\0\0\2\0\0\1t\0\0", none[] = "\0\0\0\1\0\0\0\2\0\0\0\0\0";
    assert_int_equal(cv_new_session_ticket_parse(&nst, cv_bytes((const uint8_t *)plain, sizeof plain - 1)),
                     CV_OK);
    assert_int_equal(nst.lifetime, 1);
    assert_int_equal(nst.age_add, 2);
    assert_int_equal(nst.max_early_data, 0);
    assert_int_equal(cv_new_session_ticket_parse(&nst, cv_bytes((const uint8_t *)none, sizeof none - 1)),
                     CV_E_BAD_LENGTH);
    const char early[] = "\0\0\0\1\0\0\0\2\0\0\1t\0\7\0\x2a\0\3\0\0\1";
    assert_int_equal(cv_new_session_ticket_parse(&nst, cv_bytes((const uint8_t *)early, sizeof early - 1)),
                     CV_E_TRUNCATED);
}

static void key_update(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 256; v++) {
        const uint8_t body[] = {(uint8_t)v, 0};
        bool request = v == 0;
        cv_err want = v <= 1 ? CV_OK : CV_E_BAD_KEY_UPDATE;
        assert_int_equal(cv_key_update_parse(&request, cv_bytes(body, 1)), want);
        if (want == CV_OK) assert_int_equal(request, v == 1);
        assert_int_equal(cv_key_update_parse(&request, cv_bytes(body, 2)), CV_E_TRAILING_DATA);
        assert_int_equal(cv_key_update_parse(&request, cv_bytes(body, 0)), CV_E_TRUNCATED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_of_rfc8448_parses),
        cmocka_unit_test(no_prefix_of_a_message_is_one),
        cmocka_unit_test(no_byte_may_follow),
        cmocka_unit_test(fields_of_client_hello),
        cmocka_unit_test(fields_of_the_servers_messages),
        cmocka_unit_test(extensions_stand_where_the_table_says),
        cmocka_unit_test(attack_32_unsolicited_answers_are_refused),
        cmocka_unit_test(attack_33_duplicates_are_refused),
        cmocka_unit_test(blocks_that_are_cut_off),
        cmocka_unit_test(build_ext_begins_an_extension),
        cmocka_unit_test(lists_in_client_hello),
        cmocka_unit_test(host_names_of_any_length),
        cmocka_unit_test(attack_33_key_shares),
        cmocka_unit_test(attack_07_offered_psks),
        cmocka_unit_test(fixed_fields_of_client_hello),
        cmocka_unit_test(the_largest_lists),
        cmocka_unit_test(server_hello_of_tls13),
        cmocka_unit_test(hello_retry_request),
        cmocka_unit_test(server_hello_of_tls12),
        cmocka_unit_test(encrypted_extensions_hold_answers),
        cmocka_unit_test(certificate_request),
        cmocka_unit_test(certificate_lists),
        cmocka_unit_test(new_session_ticket),
        cmocka_unit_test(key_update),
    };
    return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
