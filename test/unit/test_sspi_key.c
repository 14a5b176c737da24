/* Certificates with encrypted keys through culvert.h. */
#include "sspi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static DWORD read_file(const char *path, BYTE *out, size_t cap)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) fail_msg("cannot open %s (run from the top folder)", path);
    size_t len = fread(out, 1, cap, f);
    (void)fclose(f);
    return (DWORD)len;
}

static void an_encrypted_key_needs_its_password(void **state)
{
    (void)state;
    static const struct {
        const char *key, *password;
        DWORD error;
    } rows[] = {
        {"test/pki/pkcs12/aes-256-cbc-SHA256.p8", "secret", 0},
        {"test/pki/pkcs12/des-ede3-cbc-SHA1.p8", "secret", 0},
        {"test/pki/tls/server-p256.key", "secret", 0},
        {"test/pki/pkcs12/aes-256-cbc-SHA256.p8", "Secret", ERROR_INVALID_PASSWORD},
        {"test/pki/pkcs12/aes-256-cbc-SHA256.p8", NULL, ERROR_INVALID_PASSWORD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        BYTE cert[8192], key[8192];
        DWORD cert_len = read_file("test/pki/tls/server-p256.pem", cert, sizeof cert);
        DWORD key_len = read_file(rows[i].key, key, sizeof key);
        struct test_port port;
        test_port_init(&port, 1);
        assert_true(CulvertSetPort(&port.port));
        PCCERT_CONTEXT c = CulvertCertificateFromEncryptedPem(cert, cert_len, key, key_len, rows[i].password);
        assert_int_equal(c != NULL, rows[i].error == 0);
        if (c == NULL) assert_int_equal(GetLastError(), rows[i].error);
        CertFreeCertificateContext(c);
        assert_true(CulvertSetPort(NULL));
        test_port_check(&port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_encrypted_key_needs_its_password)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
