#include "wincrypt_fixture.h"

#include "pki.h"
#include "sspi/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct test_port wincrypt_port;

int wincrypt_set_up(void **state)
{
    (void)state;
    test_port_init(&wincrypt_port, 11);
    return CulvertSetPort(&wincrypt_port.port) ? 0 : -1;
}

int wincrypt_tear_down(void **state)
{
    (void)state;
    test_port_fail_at(&wincrypt_port, 0);
    if (!CulvertSetPort(NULL)) {
        print_error("objects are left\n");
        return -1;
    }
    test_port_check(&wincrypt_port);
    return 0;
}

void wincrypt_allocations_fail(bool (*job)(void *arg), void *arg)
{
    bool ok = false;
    assert_non_null(cv_library());
    for (size_t n = 1; !ok; n++) {
        assert_true(n < 2000);
        size_t live = wincrypt_port.n_live;
        size_t allocs = wincrypt_port.n_allocs;
        SetLastError(0);
        test_port_fail_at(&wincrypt_port, n);
        ok = job(arg);
        test_port_fail_at(&wincrypt_port, 0);
        assert_int_equal(wincrypt_port.n_live, live);
        if (!ok) {
            DWORD error = GetLastError();
            if (error != (DWORD)E_OUTOFMEMORY) assert_int_equal(error, ERROR_NOT_ENOUGH_MEMORY);
        } else {
            assert_true(wincrypt_port.n_allocs - allocs < n); /* success although one failed would hide it */
        }
    }
}

PCCERT_CONTEXT wincrypt_cert(const char *name)
{
    struct cv_bytes der = pki_der("chains.pem", name);
    return CertCreateCertificateContext(X509_ASN_ENCODING, der.p, (DWORD)der.len);
}

HCERTSTORE wincrypt_store(const char *names)
{
    HCERTSTORE s = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL);
    char name[64];
    int used;
    while (s != NULL && names != NULL && sscanf(names, "%63s%n", name, &used) == 1) {
        struct cv_bytes der = pki_der("chains.pem", name);
        if (!CertAddEncodedCertificateToStore(s, X509_ASN_ENCODING, der.p, (DWORD)der.len,
                                              CERT_STORE_ADD_ALWAYS, NULL)) {
            CertCloseStore(s, 0);
            return NULL;
        }
        names += used;
    }
    return s;
}
