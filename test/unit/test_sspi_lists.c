/* culvert.h's lists of groups, suites and signature schemes. */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct sspi_pair pair;

static int set_up(void **state)
{
    (void)state;
    sspi_open(&pair, "p256");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sspi_give_up(&pair);
    return 0;
}

static SECURITY_STATUS set_list(struct sspi_end *e, ULONG attribute, const USHORT *numbers, ULONG n)
{
    CulvertCredential_List list = {n, numbers};
    return SetCredentialsAttributesA(&e->cred, attribute, &list, sizeof list);
}

static void acquire_both(void)
{
    assert_int_equal(sspi_acquire(&pair.client), SEC_E_OK);
    assert_int_equal(sspi_acquire(&pair.server), SEC_E_OK);
}

static CulvertContext_Handshake agreed(void)
{
    CulvertContext_Handshake h;
    assert_int_equal(QueryContextAttributesA(&pair.client.ctx, SECPKG_ATTR_CULVERT_HANDSHAKE, &h), SEC_E_OK);
    return h;
}

static DWORD suite(void)
{
    SecPkgContext_CipherInfo info = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
    assert_int_equal(QueryContextAttributesA(&pair.client.ctx, SECPKG_ATTR_CIPHER_INFO, &info), SEC_E_OK);
    return info.dwCipherSuite;
}

static void the_first_in_the_list_is_preferred(void **state)
{
    (void)state;
    const USHORT groups[] = {0x18, 0x17}, suites[] = {0x1303, 0x1301};
    acquire_both();
    assert_int_equal(set_list(&pair.client, SECPKG_ATTR_CULVERT_GROUPS, groups, 2), SEC_E_OK);
    assert_int_equal(set_list(&pair.server, SECPKG_ATTR_CULVERT_CIPHER_SUITES, suites, 2), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(agreed().wGroup, 0x18);
    assert_int_equal(suite(), 0x1303);
    sspi_close(&pair);
}

static void what_is_not_listed_is_not_used(void **state)
{
    (void)state;
    const USHORT theirs[] = {0x17}, ours[] = {0x18};
    acquire_both();
    assert_int_equal(set_list(&pair.client, SECPKG_ATTR_CULVERT_GROUPS, theirs, 1), SEC_E_OK);
    assert_int_equal(set_list(&pair.server, SECPKG_ATTR_CULVERT_GROUPS, ours, 1), SEC_E_OK);
    assert_int_not_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_close(&pair);
}

static void a_version_without_suites_is_not_offered(void **state)
{
    (void)state;
    const USHORT only12[] = {0xc02b};
    acquire_both();
    assert_int_equal(set_list(&pair.client, SECPKG_ATTR_CULVERT_CIPHER_SUITES, only12, 1), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(suite(), 0xc02b);
    sspi_close(&pair);
}

static void a_certificate_signs_with_what_it_may(void **state)
{
    (void)state;
    const USHORT p256[] = {0x0403}, pss[] = {0x0804};
    CulvertCredential_SigningSchemes may = {0, {1, p256}}, may_not = {(ULONG)-1, {1, pss}};
    acquire_both();
    assert_int_equal(
        SetCredentialsAttributesA(&pair.server.cred, SECPKG_ATTR_CULVERT_SIGNING_SCHEMES, &may, sizeof may),
        SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(agreed().wPeerScheme, 0x0403);
    sspi_close(&pair);

    sspi_open(&pair, "p256");
    acquire_both();
    assert_int_equal(SetCredentialsAttributesA(&pair.server.cred, SECPKG_ATTR_CULVERT_SIGNING_SCHEMES,
                                               &may_not, sizeof may_not),
                     SEC_E_OK);
    assert_int_not_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_close(&pair);
}

static void the_peer_signs_with_what_was_offered(void **state)
{
    (void)state;
    const USHORT pss[] = {0x0804};
    acquire_both();
    /* a server that accepts this of clients goes on to sign with its own key */
    assert_int_equal(set_list(&pair.server, SECPKG_ATTR_CULVERT_SIGNATURE_SCHEMES, pss, 1), SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_close(&pair);

    sspi_open(&pair, "p256");
    acquire_both();
    assert_int_equal(set_list(&pair.client, SECPKG_ATTR_CULVERT_SIGNATURE_SCHEMES, pss, 1), SEC_E_OK);
    assert_int_not_equal(sspi_connect(&pair), SEC_E_OK);
    sspi_close(&pair);
}

static void lists_that_cannot_be(void **state)
{
    (void)state;
    static const ULONG attributes[] = {SECPKG_ATTR_CULVERT_GROUPS, SECPKG_ATTR_CULVERT_CIPHER_SUITES,
                                       SECPKG_ATTR_CULVERT_SIGNATURE_SCHEMES};
    static const USHORT first[] = {0x1d, 0x1301, 0x0403};
    acquire_both();
    for (size_t i = 0; i < 3; i++) {
        const USHORT unknown[] = {first[i], 0xfffe}, twice[] = {first[i], first[i]};
        assert_int_equal(set_list(&pair.client, attributes[i], unknown, 2), SEC_E_ALGORITHM_MISMATCH);
        assert_int_equal(set_list(&pair.client, attributes[i], twice, 2), SEC_E_ALGORITHM_MISMATCH);
        assert_int_equal(set_list(&pair.client, attributes[i], twice, 0), SEC_E_ALGORITHM_MISMATCH);
        assert_int_equal(set_list(&pair.client, attributes[i], NULL, 1), SEC_E_INVALID_TOKEN);
        assert_int_equal(SetCredentialsAttributesA(&pair.client.cred, attributes[i], NULL, 0),
                         SEC_E_INVALID_TOKEN);
    }
    CulvertCredential_SigningSchemes none = {1, {1, first}};
    assert_int_equal(
        SetCredentialsAttributesA(&pair.server.cred, SECPKG_ATTR_CULVERT_SIGNING_SCHEMES, &none, sizeof none),
        SEC_E_INVALID_TOKEN);
    none.iCertificate = 0; /* a group's number */
    assert_int_equal(
        SetCredentialsAttributesA(&pair.server.cred, SECPKG_ATTR_CULVERT_SIGNING_SCHEMES, &none, sizeof none),
        SEC_E_ALGORITHM_MISMATCH);
    /* nothing of this has changed anything */
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(set_list(&pair.client, SECPKG_ATTR_CULVERT_GROUPS, first, 1),
                     SEC_E_UNSUPPORTED_FUNCTION);
    sspi_close(&pair);
}

/* RFC 9846 4.3.3: such a server speaks TLS 1.2, to whom both versions are known. */
static void a_key_for_pkcs1_alone_leads_to_tls_12(void **state)
{
    (void)state;
    const USHORT pkcs1[] = {0x0401};
    CulvertCredential_SigningSchemes schemes = {(ULONG)-1, {1, pkcs1}};
    sspi_close(&pair);
    sspi_open(&pair, "rsa");
    acquire_both();
    assert_int_equal(SetCredentialsAttributesA(&pair.server.cred, SECPKG_ATTR_CULVERT_SIGNING_SCHEMES,
                                               &schemes, sizeof schemes),
                     SEC_E_OK);
    assert_int_equal(sspi_connect(&pair), SEC_E_OK);
    assert_int_equal(agreed().wPeerScheme, 0x0401);
    SecPkgContext_ConnectionInfo info;
    assert_int_equal(QueryContextAttributesA(&pair.client.ctx, SECPKG_ATTR_CONNECTION_INFO, &info), SEC_E_OK);
    assert_int_equal(info.dwProtocol, SP_PROT_TLS1_2_CLIENT);
    sspi_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_in_the_list_is_preferred, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_listed_is_not_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_version_without_suites_is_not_offered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_certificate_signs_with_what_it_may, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_peer_signs_with_what_was_offered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_that_cannot_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_for_pkcs1_alone_leads_to_tls_12, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("sspi_lists", tests, NULL, NULL);
}
