/* Any handshake message: its type (with bit 7: as TLS 1.2 has it), four bytes that say what was asked, its
 * body. */
#include "test/fuzz/fuzz.h"
#include "tls/messages.h"

static cv_err parse_certificate(struct cv_bytes body, uint32_t asked)
{
    struct cv_certificate_msg m;
    struct cv_certificate_entry entry;
    cv_err e = cv_certificate_parse(&m, body, asked);
    if (e != CV_OK) return e;
    FUZZ_CHECK(fuzz_within(m.context, body) && fuzz_within(m.list, body));
    for (size_t i = 0; i < m.n_certs; i++)
        FUZZ_CHECK(cv_certificate_next(&m.list, &entry) == CV_OK && fuzz_within(entry.der, body) &&
                   fuzz_within(entry.staple, body) && fuzz_within(entry.scts, body));
    FUZZ_CHECK(cv_certificate_next(&m.list, &entry) != CV_OK);
    return CV_OK;
}

static cv_err parse_request(struct cv_bytes body)
{
    struct cv_certificate_request m;
    struct cv_bytes name;
    cv_err e = cv_certificate_request_parse(&m, body);
    if (e != CV_OK) return e;
    FUZZ_CHECK(fuzz_within(m.context, body) && m.sig_schemes.p != NULL && m.sig_schemes.len % 2 == 0);
    while (m.authorities.len > 0)
        FUZZ_CHECK(cv_read_vec16(&m.authorities, &name) == CV_OK && fuzz_within(name, body));
    return CV_OK;
}

static cv_err parse_ticket(struct cv_bytes body)
{
    struct cv_new_session_ticket m;
    cv_err e = cv_new_session_ticket_parse(&m, body);
    if (e == CV_OK) FUZZ_CHECK(m.ticket.len > 0 && fuzz_within(m.ticket, body) && fuzz_within(m.nonce, body));
    return e;
}

static cv_err parse_certificate12(struct cv_bytes body)
{
    struct cv_bytes list, der;
    size_t n_certs;
    cv_err e = cv_certificate12_parse(&list, &n_certs, body);
    if (e != CV_OK) return e;
    for (size_t i = 0; i < n_certs; i++)
        FUZZ_CHECK(cv_read_vec24(&list, &der) == CV_OK && fuzz_within(der, body));
    FUZZ_CHECK(list.len == 0);
    return CV_OK;
}

static cv_err parse_key_exchange_dhe(struct cv_bytes body)
{
    struct cv_server_key_exchange m;
    cv_err e = cv_server_key_exchange_dhe_parse(&m, body);
    if (e != CV_OK) return e;
    FUZZ_CHECK(fuzz_within(m.prime, m.params) && fuzz_within(m.generator, m.params) &&
               fuzz_within(m.share, m.params) && fuzz_within(m.params, body) &&
               fuzz_within(m.signature, body));
    return CV_OK;
}

/* One form or the other: which, only the suite says. */
static cv_err parse_key_exchange(struct cv_bytes body)
{
    struct cv_server_key_exchange m;
    cv_err e = cv_server_key_exchange_parse(&m, body);
    if (e != CV_OK) return parse_key_exchange_dhe(body);
    FUZZ_CHECK(fuzz_within(m.params, body) && fuzz_within(m.share, m.params) &&
               fuzz_within(m.signature, body));
    return CV_OK;
}

static cv_err parse12(uint8_t type, struct cv_bytes body)
{
    struct cv_certificate_request request;
    struct cv_new_session_ticket ticket;
    struct cv_bytes share;
    switch (type) {
    case CV_MSG_NEW_SESSION_TICKET:
        return cv_new_session_ticket12_parse(&ticket, body);
    case CV_MSG_CERTIFICATE:
        return parse_certificate12(body);
    case CV_MSG_SERVER_KEY_EXCHANGE:
        return parse_key_exchange(body);
    case CV_MSG_CERTIFICATE_REQUEST:
        return cv_certificate_request12_parse(&request, body);
    case CV_MSG_CLIENT_KEY_EXCHANGE:
        return cv_client_key_exchange_parse(&share, body) == CV_OK
                   ? CV_OK
                   : cv_client_key_exchange_dhe_parse(&share, body);
    default:
        return CV_E_UNEXPECTED_MESSAGE;
    }
}

static cv_err parse(uint8_t type, uint32_t asked, struct cv_bytes body)
{
    struct cv_client_hello client_hello;
    struct cv_server_hello server_hello;
    struct cv_encrypted_extensions encrypted;
    struct cv_certificate_verify verify;
    bool request;
    if (type & 0x80) return parse12(type & 0x7f, body);
    switch (type) {
    case CV_MSG_CLIENT_HELLO:
        return cv_client_hello_parse(&client_hello, body);
    case CV_MSG_SERVER_HELLO:
        return cv_server_hello_parse(&server_hello, body, asked);
    case CV_MSG_NEW_SESSION_TICKET:
        return parse_ticket(body);
    case CV_MSG_ENCRYPTED_EXTENSIONS:
        return cv_encrypted_extensions_parse(&encrypted, body, asked);
    case CV_MSG_CERTIFICATE:
        return parse_certificate(body, asked);
    case CV_MSG_CERTIFICATE_REQUEST:
        return parse_request(body);
    case CV_MSG_CERTIFICATE_VERIFY:
        return cv_certificate_verify_parse(&verify, body);
    case CV_MSG_KEY_UPDATE:
        return cv_key_update_parse(&request, body);
    default:
        return CV_E_UNEXPECTED_MESSAGE;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cv_bytes body = cv_bytes(data, size);
    uint8_t type = fuzz_u8(&body);
    uint32_t asked = fuzz_u32(&body);
    if (parse(type, asked, body) != CV_OK || body.len == 0) return 0;
    /* A message has one end: with a byte less it is another one, or none. Only an old ClientHello may leave
     * its extensions out. */
    cv_err shorter = parse(type, asked, cv_bytes(body.p, body.len - 1));
    if (type != CV_MSG_CLIENT_HELLO && type != CV_MSG_SERVER_HELLO) FUZZ_CHECK(shorter != CV_OK);
    return 0;
}
