#include "pki.h"
#include "x509/der.h"
#include "x509/pkcs7.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void gives_every_certificate(void **state)
{
    (void)state;
    static const char *const names[] = {"leaf", "ica", "root"};
    struct cv_bytes certs, crls, der;
    unsigned found = 0;

    assert_int_equal(cv_pkcs7_bundle_read(pki_der("revocation.pem", "bundle"), &certs, &crls), CV_OK);
    assert_int_equal(crls.len, 0);
    while (certs.len > 0) {
        assert_int_equal(cv_der_whole(&certs, CV_DER_SEQUENCE, &der), CV_OK);
        for (unsigned i = 0; i < 3; i++)
            if (cv_bytes_equal(der, pki_der("chains.pem", names[i])))
                found |= 1u << i; /* a SET has no order */
    }
    assert_int_equal(found, 7);
}

static void refuses_what_is_no_bundle(void **state)
{
    (void)state;
    /* id-data instead of id-signedData */
    static const uint8_t data[] = {0x30, 15,   0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                   0x0d, 0x01, 0x07, 1, 0xa0, 2,    0x04, 0};
    struct cv_bytes certs, crls;

    assert_int_equal(cv_pkcs7_bundle_read(cv_bytes(data, sizeof data), &certs, &crls), CV_E_UNSUPPORTED);
    assert_int_equal(cv_pkcs7_bundle_read(pki_der("chains.pem", "leaf"), &certs, &crls), CV_E_CERT_SYNTAX);
}

static void every_prefix_fails(void **state)
{
    (void)state;
    struct cv_bytes der = pki_der("revocation.pem", "bundle"), certs, crls;

    for (size_t n = 0; n < der.len; n++) {
        uint8_t *copy = malloc(n + !n);
        assert_non_null(copy);
        memcpy(copy, der.p, n);
        assert_int_not_equal(cv_pkcs7_bundle_read(cv_bytes(copy, n), &certs, &crls), CV_OK);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_every_certificate),
        cmocka_unit_test(refuses_what_is_no_bundle),
        cmocka_unit_test(every_prefix_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
