/* Tickets. First byte 0: the rest is one as a client may send it; else: the rest is a sealed session's
 * inside, as whoever had the key could make it. */
#include "test/fuzz/fuzz.h"
#include "test/fuzz/null.h"
#include "test/unit/port_test.h"
#include "tls/session.h"

#include <string.h>

enum { NAME_LEN = 16, TAG_LEN = 16 };

static void check_again(struct cv_ticket_keys *keys, const struct cv_port *port, const struct cv_session *s)
{
    static uint8_t ticket[CV_TICKET_MAX];
    struct cv_session *copy;
    size_t len;
    FUZZ_CHECK(cv_ticket_seal(keys, ticket, sizeof ticket, &len, s) == CV_OK);
    FUZZ_CHECK(cv_ticket_open(keys, &copy, cv_bytes(ticket, len)) == CV_OK);
    FUZZ_CHECK(copy->secret_len == s->secret_len && memcmp(copy->secret, s->secret, s->secret_len) == 0);
    FUZZ_CHECK(copy->version == s->version && copy->suite == s->suite && copy->hash == s->hash);
    FUZZ_CHECK(copy->created == s->created && copy->lifetime == s->lifetime);
    FUZZ_CHECK(cv_bytes_equal(copy->chain, s->chain) && cv_bytes_equal(copy->alpn, s->alpn));
    FUZZ_CHECK(cv_bytes_equal(copy->server_name, s->server_name));
    cv_session_free(port, copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cv_session any = {.secret_len = 32, .lifetime = 1};
    static uint8_t ticket[CV_TICKET_MAX];
    struct cv_bytes in = cv_bytes(data, size);
    struct test_port port;
    struct cv_ticket_keys *keys;
    struct cv_session *s;
    struct cv_builder b;
    size_t len;

    bool sealed = fuzz_u8(&in) != 0;
    test_port_init(&port, 1);
    FUZZ_CHECK(cv_ticket_keys_new(&keys, &port.port, &null_aead, 3600, 36000) == CV_OK);
    /* A ticket of ours begins with the name of its key and its nonce. */
    FUZZ_CHECK(cv_ticket_seal(keys, ticket, sizeof ticket, &len, &any) == CV_OK);
    cv_build_init(&b, ticket, sizeof ticket);
    if (sealed) (void)cv_build_space(&b, NAME_LEN + CV_AEAD_NONCE_LEN);
    cv_build_bytes(&b, in.p, in.len);
    if (sealed) (void)cv_build_space(&b, TAG_LEN);
    if (cv_build_end(&b) == CV_OK) {
        cv_err e = cv_ticket_open(keys, &s, cv_bytes(ticket, b.len));
        FUZZ_CHECK(e == CV_OK || (e == CV_E_BAD_PSK && s == NULL));
        if (e == CV_OK) {
            check_again(keys, &port.port, s);
            cv_session_free(&port.port, s);
        }
    }
    cv_ticket_keys_free(keys);
    test_port_check(&port);
    return 0;
}
