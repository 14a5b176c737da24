/* Whole handshakes through InitializeSecurityContext and AcceptSecurityContext. Tests are named after the
 * rows of docs/SSPI.md that they show: I1 to I26, A1 to A12. */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct sspi_pair pair;

static void I1_I17_a_handshake_and_data_both_ways(void **state)
{
    (void)state;
    static const char *const kinds[] = {"p256", "p384", "ed25519", "rsa"};
    for (size_t i = 0; i < 4; i++) {
        sspi_open(&pair, kinds[i]);
        assert_int_equal(sspi_connect(&pair), SEC_E_OK);
        sspi_exchange(&pair.client, &pair.server, "ping");
        sspi_exchange(&pair.server, &pair.client, "pong");
        sspi_close(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I1_I17_a_handshake_and_data_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
