/* Sessions of clients: the conditions of row I3 (docs/SSPI.md), each failing alone, in TLS 1.3 and 1.2. */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { HOUR = 3600 };

static struct sspi_pair pair;
static struct sspi_end *const client = &pair.client, *const server = &pair.server;
static TLS_PARAMETERS only12 = {.grbitDisabledProtocols = SP_PROT_TLS1_3};

static int clean_up(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

/* Connects, exchanges data so that tickets arrive, and says whether the connection was resumed. */
static bool resumed(void)
{
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_exchange(client, server, "from the client");
    sspi_exchange(server, client, "from the server");
    SecPkgContext_SessionInfo c, s;
    assert_int_equal(QueryContextAttributesA(&client->ctx, SECPKG_ATTR_SESSION_INFO, &c), SEC_E_OK);
    assert_int_equal(QueryContextAttributesA(&server->ctx, SECPKG_ATTR_SESSION_INFO, &s), SEC_E_OK);
    assert_int_equal(c.dwFlags, s.dwFlags);
    sspi_drop(&pair);
    return (c.dwFlags & SSL_SESSION_RECONNECT) != 0;
}

static void open_pair(bool tls12)
{
    sspi_open(&pair, "p256");
    if (tls12) client->params = &only12;
}

static void other_target(void)
{
    client->target = (char *)(uintptr_t) "localhost"; /* which the certificate has, too */
}

static void same_target(void)
{
    client->target = (char *)(uintptr_t) "server.example";
}

static void other_process(void)
{
    pair.port.caller.process[3] ^= 1;
}

static void other_logon(void)
{
    pair.port.caller.logon[5] ^= 1;
}

static CredHandle first_credential;

static void other_credential(void)
{
    first_credential = client->cred;
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
}

static void same_credential(void)
{
    assert_int_equal(FreeCredentialsHandle(&client->cred), SEC_E_OK);
    client->cred = first_credential;
}

/* All agree, then one does not, then all do again: the session was still there. */
static void only_this_fails(void (*change)(void), void (*change_back)(void))
{
    for (int tls12 = 0; tls12 < 2; tls12++) {
        open_pair(tls12);
        assert_false(resumed());
        assert_true(resumed());
        change();
        assert_false(resumed());
        change_back();
        assert_true(resumed());
        sspi_close(&pair);
    }
}

static void I3_another_target(void **state)
{
    (void)state;
    only_this_fails(other_target, same_target);
}

static void I3_another_process(void **state)
{
    (void)state;
    only_this_fails(other_process, other_process);
}

static void I3_another_logon_session(void **state)
{
    (void)state;
    only_this_fails(other_logon, other_logon);
}

static void I3_another_credential(void **state)
{
    (void)state;
    only_this_fails(other_credential, same_credential);
}

/* The end comes with the shorter of both lifespans, in milliseconds; 0: ten hours. */
static void I3_an_expired_entry(void **state)
{
    (void)state;
    static const struct {
        DWORD client, server;
        int64_t seconds;
    } rows[] = {{0, 0, 10 * HOUR},
                {HOUR * 1000, 0, HOUR},
                {0, HOUR * 1000, HOUR},
                {2 * HOUR * 1000, HOUR * 1000, HOUR},
                {HOUR * 1000, 2 * HOUR * 1000, HOUR}};
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        open_pair(i % 2 != 0);
        client->lifespan = rows[i / 2].client;
        server->lifespan = rows[i / 2].server;
        assert_false(resumed());
        test_port_advance(&pair.port, rows[i / 2].seconds - 1);
        assert_true(resumed());
        if (i % 2 == 0) { /* TLS 1.3: the new tickets are good from now on */
            test_port_advance(&pair.port, rows[i / 2].seconds - 1);
            assert_true(resumed());
        }
        test_port_advance(&pair.port, rows[i / 2].seconds);
        assert_false(resumed());
        sspi_close(&pair);
    }
}

static void I3_a_name_is_the_same_in_capitals(void **state)
{
    (void)state;
    open_pair(false);
    assert_false(resumed());
    client->target = (char *)(uintptr_t) "SERVER.Example";
    assert_true(resumed());
    sspi_close(&pair);
}

static void I3_a_session_made_without_validation_is_not_trusted_later(void **state)
{
    (void)state;
    for (int tls12 = 0; tls12 < 2; tls12++) {
        open_pair(tls12);
        client->req |= ISC_REQ_MANUAL_CRED_VALIDATION;
        assert_false(resumed());
        client->req &= ~(ULONG)ISC_REQ_MANUAL_CRED_VALIDATION;
        assert_false(resumed()); /* now we validate: full handshake */
        assert_true(resumed());
        sspi_close(&pair);
    }
}

/* A resumed handshake shows no certificate, and so must not outlive one: the server's ends on 2120-01-01. */
static void I3_a_chain_that_has_ended_is_not_resumed(void **state)
{
    enum { BEFORE = 3 * HOUR };
    (void)state;
    for (int tls12 = 0; tls12 < 2; tls12++) {
        open_pair(tls12);
        test_port_advance(&pair.port, INT64_C(4733510400) - BEFORE - pair.port.now);
        assert_false(resumed());
        test_port_advance(&pair.port, BEFORE - 60);
        assert_true(resumed());
        test_port_advance(&pair.port, 120);
        assert_int_equal(sspi_connect(&pair), SEC_E_CERT_EXPIRED);
        sspi_close(&pair);
    }
}

static void section_3_1_sessions_can_be_switched_off(void **state)
{
    (void)state;
    for (int side = 0; side < 6; side++) {
        open_pair(side >= 3);
        if (side % 3 == 0) client->lifespan = 0xffffffff;
        if (side % 3 == 1) server->lifespan = 0xffffffff;
        if (side % 3 == 2) server->cred_flags = SCH_CRED_DISABLE_RECONNECTS;
        assert_false(resumed());
        assert_false(resumed());
        sspi_close(&pair);
    }
}

/* Its sessions go with a credential: a handle whose slot is used again finds none of them. */
static void I3_freeing_the_credential_clears(void **state)
{
    (void)state;
    open_pair(false);
    assert_false(resumed());
    size_t with_sessions = pair.port.n_live;
    assert_int_equal(FreeCredentialsHandle(&client->cred), SEC_E_OK);
    assert_int_equal(sspi_acquire(client), SEC_E_OK);
    assert_true(pair.port.n_live < with_sessions);
    assert_false(resumed());
    assert_true(resumed());
    sspi_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(I3_another_target, clean_up),
        cmocka_unit_test_teardown(I3_an_expired_entry, clean_up),
        cmocka_unit_test_teardown(I3_another_process, clean_up),
        cmocka_unit_test_teardown(I3_another_logon_session, clean_up),
        cmocka_unit_test_teardown(I3_another_credential, clean_up),
        cmocka_unit_test_teardown(I3_a_name_is_the_same_in_capitals, clean_up),
        cmocka_unit_test_teardown(I3_a_session_made_without_validation_is_not_trusted_later, clean_up),
        cmocka_unit_test_teardown(I3_a_chain_that_has_ended_is_not_resumed, clean_up),
        cmocka_unit_test_teardown(section_3_1_sessions_can_be_switched_off, clean_up),
        cmocka_unit_test_teardown(I3_freeing_the_credential_clears, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
