/* Trust anchors: where they come from, what they cost. */
#include "port_test.h"
#include "sspi/library.h"
#include "sspi/port/host.h"
#include "sspi/roots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { N_HOST_ROOTS = 140, BEYOND_DER = 64 * 1024 };

static struct cv_roots *load(struct test_port *port)
{
    struct cv_roots *roots;
    uint8_t *text;
    size_t len;
    cv_err e = cv_host_roots(&port->port, &text, &len);
    if (e != CV_OK) return NULL;
    assert_int_equal(cv_roots_new(&roots, &port->port, cv_bytes(text, cv_pem_to_certs(text, len))), CV_OK);
    port->port.free(port->port.ctx, text, len);
    return roots;
}

static void use(const char *file, const char *folders)
{
    if (file)
        assert_int_equal(setenv("SSL_CERT_FILE", file, 1), 0);
    else
        assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
    if (folders)
        assert_int_equal(setenv("SSL_CERT_DIR", folders, 1), 0);
    else
        assert_int_equal(unsetenv("SSL_CERT_DIR"), 0);
}

/* The host's store, or as many copies of it as give 140 certificates. */
static void a_store_is_small(void **state)
{
    (void)state;
    struct test_port port;
    test_port_init(&port, 1);
    use(NULL, NULL);
    struct cv_roots *roots = load(&port);
    if (roots == NULL) skip();
    size_t n = roots->store.n_anchors, beyond = port.live_bytes - roots->der_len;
    print_message("%zu roots, %zu bytes of DER, %zu beyond\n", n, roots->der_len, beyond);
    assert_true(n > 0 && beyond * N_HOST_ROOTS <= (size_t)BEYOND_DER * n);
    if (n <= 145) assert_true(beyond < BEYOND_DER);
    for (size_t i = 1; i < n; i++)
        assert_true(roots->anchors[i - 1].subject_hash <= roots->anchors[i].subject_hash);
    cv_roots_release(&port.port, roots);
    test_port_check(&port);
}

static size_t count_from(const char *file, const char *folders)
{
    struct test_port port;
    test_port_init(&port, 1);
    use(file, folders);
    struct cv_roots *roots = load(&port);
    size_t n = roots ? roots->store.n_anchors : 0;
    cv_roots_release(&port.port, roots);
    test_port_check(&port);
    use(NULL, NULL);
    return n;
}

static void copy(const char *from, const char *folder, const char *name)
{
    char path[256], text[16384];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(from, "rb"), *out = fopen(path, "wb");
    assert_true(in != NULL && out != NULL);
    size_t len = fread(text, 1, sizeof text, in);
    assert_int_equal(fwrite(text, 1, len, out), len);
    (void)fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void files_and_folders_are_named_by_the_environment(void **state)
{
    (void)state;
    char folder[] = "/tmp/culvert-roots-XXXXXX", both[256], path[256];
    assert_non_null(mkdtemp(folder));
    copy("test/pki/tls/root.pem", folder, "a.pem");
    copy("test/pki/tls/root.pem", folder, "again.0");
    copy("test/pki/status/root.pem", folder, "b.pem");
    copy("test/pki/status/root.crl", folder, "no-certificate");
    (void)snprintf(both, sizeof both, "/nowhere:%s", folder);

    assert_int_equal(count_from("test/pki/tls/root.pem", NULL), 1);
    assert_int_equal(count_from(NULL, folder), 2);
    assert_int_equal(count_from(NULL, both), 2);
    assert_int_equal(count_from("test/pki/tls/server-p256.pem", folder), 2);
    assert_int_equal(count_from("/nowhere", folder), 0);
    assert_int_equal(count_from("/nowhere", NULL), 0);
    assert_int_equal(count_from(NULL, "/nowhere"), 0);

    static const char *const names[] = {"a.pem", "again.0", "b.pem", "no-certificate"};
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void bundles_are_taken_apart(void **state)
{
    (void)state;
    char text[65536];
    FILE *in = fopen("test/pki/revocation.pem", "rb");
    assert_non_null(in);
    size_t len = fread(text, 1, sizeof text - 1, in);
    (void)fclose(in);
    text[len] = '\0';
    char *bundle = strstr(text, "-----BEGIN PKCS7-----");
    assert_non_null(bundle);
    char *end = strstr(bundle, "-----END PKCS7-----");
    size_t bundle_len = (size_t)(end - bundle) + strlen("-----END PKCS7-----");
    struct test_port port;
    struct cv_roots *roots;
    test_port_init(&port, 1);
    size_t certs_len = cv_pem_to_certs((uint8_t *)bundle, bundle_len);
    assert_int_equal(cv_roots_new(&roots, &port.port, cv_bytes((uint8_t *)bundle, certs_len)), CV_OK);
    assert_int_equal(roots->store.n_anchors, 3);
    cv_roots_release(&port.port, roots);
    test_port_check(&port);
}

static void all_share_one_store(void **state)
{
    (void)state;
    struct cv_roots *a, *b;
    struct cv_library *lib = cv_library();
    use("test/pki/tls/root.pem", NULL);
    assert_int_equal(cv_library_roots(lib, &a), CV_OK);
    assert_int_equal(cv_library_roots(lib, &b), CV_OK);
    assert_ptr_equal(a, b);
    cv_roots_release(lib->port, a);
    cv_roots_release(lib->port, b);
    assert_true(cv_library_reset(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_is_small),
        cmocka_unit_test(files_and_folders_are_named_by_the_environment),
        cmocka_unit_test(bundles_are_taken_apart),
        cmocka_unit_test(all_share_one_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
