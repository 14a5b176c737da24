/* The torture schedule: how it is asked for, and that a program which ignores it is caught. What each way
 * does is in test/sspi/rows/torture.txt. */
#include "sspi/torture.h"
#include "test/unit/sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void names_and_seeds_are_read(void **state)
{
    static const struct {
        const char *text;
        DWORD flags, seed;
    } good[] = {
        {"hints", CULVERT_TORTURE_HINTS, 0},
        {"empty,complete:7", CULVERT_TORTURE_EMPTY | CULVERT_TORTURE_COMPLETE, 7},
        {"all:4294967295", CULVERT_TORTURE_ALL, 4294967295u},
        {"renegotiate,keys,records,behind-close,pieces:0",
         CULVERT_TORTURE_RENEGOTIATE | CULVERT_TORTURE_KEYS | CULVERT_TORTURE_RECORDS |
             CULVERT_TORTURE_CLOSE | CULVERT_TORTURE_PIECES,
         0},
    };
    static const char *const bad[] = {
        "", ":3", "ALL", "all,", "all:", "all:x", "all:3x", "none", "hints empty"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CulvertCredential_Torture t = {0, 99};
        assert_true(cv_torture_parse(&t, good[i].text));
        assert_int_equal(t.dwFlags, good[i].flags);
        assert_int_equal(t.dwSeed, good[i].seed);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CulvertCredential_Torture t = {5, 99};
        assert_false(cv_torture_parse(&t, bad[i]));
        assert_int_equal(t.dwFlags, 5);
    }
}

/* The fixture sends its token without CompleteAuthToken: the server is shown zeros. */
static void a_program_that_forgets_complete_auth_token_is_caught(void **state)
{
    static struct sspi_pair pair;
    CulvertCredential_Torture t = {CULVERT_TORTURE_COMPLETE, 16};
    (void)state;
    sspi_open(&pair, "p256");
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    assert_int_equal(SetCredentialsAttributesA(&pair.client.cred, SECPKG_ATTR_CULVERT_TORTURE, &t, sizeof t),
                     SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_INVALID_TOKEN);
    assert_int_equal(SetCredentialsAttributesA(&pair.client.cred, SECPKG_ATTR_CULVERT_TORTURE, &t, sizeof t),
                     SEC_E_UNSUPPORTED_FUNCTION); /* a context lives */
    assert_int_equal(SetCredentialsAttributesA(&pair.client.cred, SECPKG_ATTR_CULVERT_TORTURE, &t, 4),
                     SEC_E_INVALID_TOKEN);
    sspi_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_seeds_are_read),
        cmocka_unit_test(a_program_that_forgets_complete_auth_token_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
