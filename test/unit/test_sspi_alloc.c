/* Attack 41: each allocation of a connection's life fails once. The status says so, nothing leaks, and what
 * the caller gave is as it was; never is a connection established that should not be. */
#include "sspi_fixture.h"

#include "sspi/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct sspi_pair pair;

static int clean_up(void **state)
{
    (void)state;
    test_port_fail_at(&pair.port, 0);
    sspi_give_up(&pair);
    return 0;
}

/* A connection from credentials to close_notify, with tickets, certificates on both sides and a later
 * request. Stops at the first failure. */
static SECURITY_STATUS live(void)
{
    struct sspi_end *c = &pair.client, *s = &pair.server;
    SECURITY_STATUS status = sspi_connect(&pair);
    uint8_t got[64];
    size_t len = 0;
    if (status != SEC_E_OK) return status;
    if ((status = sspi_send(s, c, "data", 4)) != SEC_E_OK) return status;
    while (len == 0)
        if ((status = sspi_receive(c, s, got, sizeof got, &len)) != SEC_E_OK) return status;
    assert_memory_equal(got, "data", 4);
    if ((status = sspi_call(s, NULL, 0, SSPI_CAP)) != SEC_E_OK) return status; /* CertificateRequest */
    memcpy(c->in, s->out, c->in_len = s->out_len);
    status = sspi_receive(c, s, got, sizeof got, &len);
    if (status != SEC_E_INCOMPLETE_MESSAGE) return status;
    while (s->in_len > 0) {
        status = sspi_receive(s, c, got, sizeof got, &len);
        if (status != SEC_E_OK && status != SEC_E_INCOMPLETE_MESSAGE) return status;
    }
    PCCERT_CONTEXT cert;
    if ((status = QueryContextAttributesA(&s->ctx, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &cert)) != SEC_E_OK)
        return status;
    CertFreeCertificateContext(cert);
    SecPkgContext_Bindings bindings;
    if ((status = QueryContextAttributesA(&c->ctx, SECPKG_ATTR_ENDPOINT_BINDINGS, &bindings)) != SEC_E_OK)
        return status;
    FreeContextBuffer(bindings.Bindings);
    return sspi_shutdown(c, s);
}

static void attack_41_every_allocation_fails_once(void **state)
{
    (void)state;
    size_t n_failed = 0;
    SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;
    for (size_t n = 1; status != SEC_E_OK; n++) {
        assert_true(n < 1000);
        sspi_open(&pair, "p256");
        pair.client.cert = sspi_cert("client-p256");
        pair.server.roots = sspi_roots();
        pair.server.cred_flags = SCH_CRED_AUTO_CRED_VALIDATION;
        pair.server.req |= ASC_REQ_MUTUAL_AUTH;
        test_port_fail_at(&pair.port, n);
        memset(pair.client.out, 0xa5, 64);
        memset(pair.server.out, 0xa5, 64);
        status = live();
        test_port_fail_at(&pair.port, 0);
        if (status != SEC_E_OK) {
            assert_int_equal(status, SEC_E_INSUFFICIENT_MEMORY);
            n_failed++;
        }
        sspi_close(&pair); /* checks that nothing is left */
    }
    assert_true(n_failed > 30);
}

static void attack_41_certificates_and_library(void **state)
{
    (void)state;
    size_t n_failed = 0;
    bool done = false;
    for (size_t n = 1; !done; n++) {
        assert_true(n < 1000);
        memset(&pair, 0, sizeof pair);
        test_port_init(&pair.port, 3);
        test_port_fail_at(&pair.port, n);
        PCCERT_CONTEXT cert = NULL;
        HCERTSTORE roots = NULL;
        bool open = CulvertSetPort(&pair.port.port);
        if (open) {
            SetLastError(0);
            cert = sspi_cert("server-rsa");
            if (cert == NULL) assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
            SetLastError(0);
            roots = sspi_roots();
            if (roots == NULL) assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
        }
        done = cert != NULL && roots != NULL;
        n_failed += !done;
        test_port_fail_at(&pair.port, 0);
        CertFreeCertificateContext(cert);
        CertCloseStore(roots, 0);
        assert_true(CulvertSetPort(NULL));
        test_port_check(&pair.port);
    }
    assert_true(n_failed > 8);
}

static void attack_42_the_random_source_fails(void **state)
{
    (void)state;
    /* Every amount of random bytes up to what a handshake takes, and no more */
    SECURITY_STATUS status = SEC_E_INTERNAL_ERROR;
    size_t n_failed = 0;
    for (uint64_t after = 1; status != SEC_E_OK; after += 8) {
        assert_true(after < 4096);
        sspi_open(&pair, "p256");
        pair.port.rng_fails_after = pair.port.n_random + after;
        status = sspi_connect(&pair);
        if (status != SEC_E_OK) {
            assert_int_equal(status, SEC_E_INTERNAL_ERROR);
            n_failed++;
        }
        pair.port.rng_fails_after = 0;
        sspi_close(&pair);
    }
    assert_true(n_failed > 10);
}

static void heap_of_a_connection(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    pair.server.lifespan = 0xffffffff;
    pair.client.lifespan = 0xffffffff;
    pair.client.alpn = pair.server.alpn = "h2"; /* no post-handshake authentication */
    assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    size_t both = pair.port.live_bytes, n_both = pair.port.n_live;
    assert_int_equal(DeleteSecurityContext(&pair.client.ctx), SEC_E_OK);
    pair.client.has_ctx = false;
    size_t server = pair.port.live_bytes, n_server = pair.port.n_live;
    sspi_drop(&pair);
    print_message("heap: client %zu bytes in %zu pieces, server %zu in %zu\n", both - server,
                  n_both - n_server, server - pair.port.live_bytes, n_server - pair.port.n_live);
    assert_true(sizeof(struct cv_slot) == 64);
    sspi_close(&pair);
}

static void the_bulk_path_allocates_nothing(void **state)
{
    (void)state;
    uint8_t data[1000] = {0}, got[1000];
    size_t len;
    sspi_open(&pair, "p256");
    pair.server.lifespan = 0xffffffff; /* no tickets to be kept */
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    size_t before = pair.port.n_allocs;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(sspi_send(&pair.client, &pair.server, data, sizeof data), SEC_E_OK);
        assert_int_equal(sspi_receive(&pair.server, &pair.client, got, sizeof got, &len), SEC_E_OK);
        assert_int_equal(len, sizeof data);
        assert_int_equal(sspi_send(&pair.server, &pair.client, data, sizeof data), SEC_E_OK);
        assert_int_equal(sspi_receive(&pair.client, &pair.server, got, sizeof got, &len), SEC_E_OK);
    }
    assert_int_equal(pair.port.n_allocs, before);
    sspi_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(attack_41_every_allocation_fails_once, clean_up),
        cmocka_unit_test_teardown(attack_41_certificates_and_library, clean_up),
        cmocka_unit_test_teardown(attack_42_the_random_source_fails, clean_up),
        cmocka_unit_test_teardown(heap_of_a_connection, clean_up),
        cmocka_unit_test_teardown(the_bulk_path_allocates_nothing, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
