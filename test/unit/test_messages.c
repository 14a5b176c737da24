#include "test/unit/rfc8448.h"
#include "tls/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const uint32_t asked_all = 0xffffffffu;

/* Parses one handshake message, header included, by its type. */
static cv_err parse_any(struct cv_bytes m)
{
    union {
        struct cv_client_hello ch;
        struct cv_server_hello sh;
        struct cv_encrypted_extensions ee;
        struct cv_certificate_request cr;
        struct cv_certificate_msg ct;
        struct cv_certificate_verify cv;
        struct cv_new_session_ticket nst;
    } u;
    uint8_t type;
    struct cv_bytes body;
    assert_int_equal(cv_read_u8(&m, &type), CV_OK);
    assert_int_equal(cv_read_vec24(&m, &body), CV_OK);
    assert_int_equal(m.len, 0);
    switch (type) {
    case CV_MSG_CLIENT_HELLO:
        return cv_client_hello_parse(&u.ch, body);
    case CV_MSG_SERVER_HELLO:
        return cv_server_hello_parse(&u.sh, body, asked_all);
    case CV_MSG_ENCRYPTED_EXTENSIONS:
        return cv_encrypted_extensions_parse(&u.ee, body, asked_all);
    case CV_MSG_CERTIFICATE_REQUEST:
        return cv_certificate_request_parse(&u.cr, body);
    case CV_MSG_CERTIFICATE:
        return cv_certificate_parse(&u.ct, body, asked_all);
    case CV_MSG_CERTIFICATE_VERIFY:
        return cv_certificate_verify_parse(&u.cv, body);
    case CV_MSG_NEW_SESSION_TICKET:
        return cv_new_session_ticket_parse(&u.nst, body);
    default:
        return CV_E_UNEXPECTED_MESSAGE;
    }
}

static bool is_parsed_message(const struct rfc8448_item *it)
{
    /* The hello of section 4 is listed without its binders; the record has it whole. */
    return strncmp(it->step, "construct", 9) == 0 && strcmp(it->field, "Finished") != 0 &&
           strcmp(it->field, "EndOfEarlyData") != 0 &&
           !(it->section == 4 && strcmp(it->field, "ClientHello") == 0);
}

static void every_message_of_rfc8448_parses(void **state)
{
    (void)state;
    unsigned n = 0;
    for (size_t i = 0; i < n_rfc8448_items; i++) {
        if (!is_parsed_message(&rfc8448_items[i])) continue;
        assert_int_equal(parse_any(rfc8448_octets(&rfc8448_items[i])), CV_OK);
        n++;
    }
    assert_int_equal(parse_any(rfc8448(4, "client", "send handshake record", "payload", 0)), CV_OK);
    assert_int_equal(n, 28);
    rfc8448_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_of_rfc8448_parses),
    };
    return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
