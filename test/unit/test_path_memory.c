/* What validation costs in memory: no path asks for any, with the host's whole store. The Makefile puts the
 * counters below in the place of the C library's allocator; the port counts what comes through it. */
#include "crypto/cpu.h"
#include "port_test.h"
#include "sspi/port/host.h"
#include "sspi/roots.h"
#include "tls/suite.h"
#include "x509/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FILE_LEN_MAX = 16384 };

static volatile size_t n_calls;

void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t len);
void *__real_realloc(void *p, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t len);
void *__wrap_realloc(void *p, size_t len);

void *__wrap_malloc(size_t len)
{
    n_calls++;
    return __real_malloc(len);
}

void *__wrap_calloc(size_t n, size_t len)
{
    n_calls++;
    return __real_calloc(n, len);
}

void *__wrap_realloc(void *p, size_t len)
{
    n_calls++;
    return __real_realloc(p, len);
}

static size_t read_file(uint8_t *out, size_t max, const char *path)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL) fail_msg("%s cannot be read; tests run from the top of the source tree", path);
    size_t len = fread(out, 1, max, in);
    (void)fclose(in);
    return len;
}

/* The host's roots, if it has any, and the one of test/pki/tls. */
static struct cv_roots *load_roots(struct test_port *port)
{
    uint8_t *host = NULL, *text;
    size_t host_len = 0;
    struct cv_roots *roots;
    if (cv_host_roots(&port->port, &host, &host_len) != CV_OK) host_len = 0;
    text = malloc(host_len + FILE_LEN_MAX);
    assert_non_null(text);
    if (host_len > 0) memcpy(text, host, host_len);
    size_t len = host_len + read_file(text + host_len, FILE_LEN_MAX, "test/pki/tls/root.pem");
    if (host_len > 0) port->port.free(port->port.ctx, host, host_len);
    assert_int_equal(cv_roots_new(&roots, &port->port, cv_bytes(text, cv_pem_to_certs(text, len))), CV_OK);
    free(text);
    return roots;
}

struct chain {
    uint8_t text[FILE_LEN_MAX];
    struct cv_bytes der[4];
    size_t n;
};

static void load_chain(struct chain *c, const char *kind)
{
    char path[96];
    struct cv_bytes in, label, body;
    (void)snprintf(path, sizeof path, "test/pki/tls/server-%s.pem", kind);
    in = cv_bytes(c->text, read_file(c->text, sizeof c->text, path));
    for (c->n = 0; c->n < 4 && cv_pem_next(&in, &label, &body) == CV_OK; c->n++) {
        uint8_t *der = c->text + (body.p - c->text);
        size_t len;
        assert_int_equal(cv_base64_decode(der, body.len, &len, body), CV_OK);
        c->der[c->n] = cv_bytes(der, len);
    }
}

static cv_err validate(struct cv_path *path, const struct chain *chain, const struct cv_path_params *params)
{
    struct cv_cert certs[4];
    struct cv_verdict verdict;
    for (size_t i = 0; i < chain->n; i++) {
        cv_err e = cv_cert_parse(&certs[i], chain->der[i]);
        if (e != CV_OK) return e;
    }
    return cv_path_validate(path, &verdict, certs, certs + 1, chain->n - 1, params);
}

static void a_path_of_three_asks_for_no_memory(void **state)
{
    (void)state;
    static const char *const kinds[] = {"p256", "p384", "rsa", "ed25519"};
    static struct cv_algorithms algorithms;
    struct test_port port;
    struct cv_host host, other;
    test_port_init(&port, 1);
    cv_algorithms_select(&algorithms, cv_cpu_detect());
    assert_int_equal(cv_host_parse(&host, "server.example", 14), CV_OK);
    assert_int_equal(cv_host_parse(&other, "another.example", 15), CV_OK);
    struct cv_roots *roots = load_roots(&port);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct chain chain;
        struct cv_path path;
        struct cv_path_params params = {.trust = &roots->store,
                                        .schemes = algorithms.cert_schemes,
                                        .n_schemes = algorithms.n_cert_schemes,
                                        .now = port.now,
                                        .purpose = CV_PURPOSE_SERVER,
                                        .host = &host};
        load_chain(&chain, kinds[i]);
        size_t calls = n_calls, allocs = port.n_allocs;
        cv_err good = validate(&path, &chain, &params);
        params.host = &other;
        cv_err bad = validate(&path, &chain, &params);
        calls = n_calls - calls, allocs = port.n_allocs - allocs;
        assert_int_equal(good, CV_OK);
        assert_int_equal(bad, CV_E_CERT_NAME_MISMATCH);
        assert_int_equal(calls, 0);
        assert_int_equal(allocs, 0);
        params.host = &host;
        assert_int_equal(validate(&path, &chain, &params), CV_OK);
        assert_int_equal(path.n_certs, 3);
    }
    print_message("paths of 3 among %zu roots: no memory\n", roots->store.n_anchors);
    assert_true(n_calls > 0 && port.n_allocs > 0); /* the counters count */
    cv_roots_release(&port.port, roots);
    test_port_check(&port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_of_three_asks_for_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
