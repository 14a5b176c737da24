/* The POSIX port: memory, clocks, random bytes and the caller's identity across a fork. */
#include "sspi/port/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    const struct cv_port *port;
    assert_int_equal(cv_host_port_new(&port), CV_OK);
    for (size_t len = 1; len < 5000; len = len * 3 + 1) {
        uint8_t *p = port->alloc(port->ctx, len);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < len; i++) assert_int_equal(p[i], 0);
        port->free(port->ctx, p, len);
    }
    assert_true(port->now(port->ctx) > 1700000000);
    assert_true(port->now_ms(port->ctx) > 0);
    cv_host_port_free(port);
}

struct seen {
    uint8_t random[32];
    struct cv_caller caller;
};

static void look(const struct cv_port *port, struct seen *out)
{
    memset(out, 0, sizeof *out);
    assert_int_equal(cv_random(&port->rng, out->random, sizeof out->random), CV_OK);
    port->caller(port->ctx, &out->caller);
}

/* What a fork child sees, read through a pipe. */
static void look_in_child(const struct cv_port *port, struct seen *out)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct seen mine;
        memset(&mine, 0, sizeof mine);
        if (cv_random(&port->rng, mine.random, sizeof mine.random) != CV_OK) _exit(1);
        port->caller(port->ctx, &mine.caller);
        _exit(write(ends[1], &mine, sizeof mine) == (ssize_t)sizeof mine ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], out, sizeof *out), sizeof *out);
    close(ends[0]);
    int status;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

static void attack_42_fork_children_differ(void **state)
{
    (void)state;
    const struct cv_port *port;
    struct seen before, again, parent, a, b;
    assert_int_equal(cv_host_port_new(&port), CV_OK);
    look(port, &before);
    look_in_child(port, &a);
    look_in_child(port, &b);
    look(port, &parent);
    assert_memory_not_equal(a.random, b.random, 32);
    assert_memory_not_equal(a.random, parent.random, 32);
    assert_memory_not_equal(b.random, parent.random, 32);
    assert_memory_not_equal(a.caller.process, before.caller.process, 16);
    assert_memory_not_equal(a.caller.process, b.caller.process, 16);
    /* The same process and logon session stay the same. */
    look(port, &again);
    assert_memory_equal(again.caller.process, before.caller.process, 16);
    assert_memory_equal(again.caller.logon, before.caller.logon, 32);
    assert_memory_equal(a.caller.logon, before.caller.logon, 32);
    cv_host_port_free(port);
}

static void the_named_bundle_is_read_and_no_other(void **state)
{
    (void)state;
    const struct cv_port *port;
    char path[] = "/tmp/roots-XXXXXX";
    uint8_t *text;
    size_t len;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "hello", 5), 5);
    close(fd);
    assert_int_equal(cv_host_port_new(&port), CV_OK);
    setenv("SSL_CERT_FILE", path, 1);
    assert_int_equal(cv_host_roots(port, &text, &len), CV_OK);
    assert_int_equal(len, 6);
    assert_memory_equal(text, "hello\n", 6);
    port->free(port->ctx, text, len);
    unlink(path);
    assert_int_equal(cv_host_roots(port, &text, &len), CV_E_TRUST_STORE);
    unsetenv("SSL_CERT_FILE");
    cv_host_port_free(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(attack_42_fork_children_differ),
        cmocka_unit_test(the_named_bundle_is_read_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
