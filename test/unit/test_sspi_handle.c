/* Handles of every wrong kind, and many threads on the same ones. */
#include "sspi/handle.h"
#include "sspi/port/host.h"
#include "port_test.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct fixture {
    struct test_port port;
    struct cv_handles table;
    size_t n_destroyed;
    enum cv_handle_kind last_kind;
    void *last_object;
};

static void note(void *ctx, enum cv_handle_kind kind, void *object)
{
    struct fixture *f = ctx;
    f->n_destroyed++;
    f->last_kind = kind;
    f->last_object = object;
}

static void open_table(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    test_port_init(&f->port, 1);
    cv_handles_init(&f->table, &f->port.port, note, f, 0x1234567);
}

static void close_table(struct fixture *f)
{
    cv_handles_free(&f->table);
    test_port_check(&f->port);
}

static void a_handle_leads_to_its_object_until_it_is_closed(void **state)
{
    (void)state;
    struct fixture f;
    open_table(&f);
    int object;
    SecHandle h;
    assert_int_equal(cv_handle_new(&f.table, CV_HANDLE_CONTEXT, &object, &h), CV_OK);
    assert_ptr_equal(cv_handle_pin(&f.table, CV_HANDLE_CONTEXT, &h), &object);
    cv_handle_unpin(&f.table, &h);
    assert_true(cv_handle_close(&f.table, CV_HANDLE_CONTEXT, &h));
    assert_int_equal(f.n_destroyed, 1);
    assert_ptr_equal(f.last_object, &object);
    assert_int_equal(f.last_kind, CV_HANDLE_CONTEXT);
    assert_null(cv_handle_pin(&f.table, CV_HANDLE_CONTEXT, &h));
    assert_false(cv_handle_close(&f.table, CV_HANDLE_CONTEXT, &h)); /* twice */
    assert_int_equal(f.n_destroyed, 1);
    close_table(&f);
}

static void an_object_in_use_outlives_its_handle(void **state)
{
    (void)state;
    struct fixture f;
    open_table(&f);
    int object;
    SecHandle h;
    assert_int_equal(cv_handle_new(&f.table, CV_HANDLE_CREDENTIAL, &object, &h), CV_OK);
    assert_non_null(cv_handle_pin(&f.table, CV_HANDLE_CREDENTIAL, &h));
    assert_non_null(cv_handle_pin(&f.table, CV_HANDLE_CREDENTIAL, &h));
    assert_true(cv_handle_close(&f.table, CV_HANDLE_CREDENTIAL, &h));
    assert_int_equal(f.n_destroyed, 0);
    assert_null(cv_handle_pin(&f.table, CV_HANDLE_CREDENTIAL, &h));
    cv_handle_unpin(&f.table, &h);
    assert_int_equal(f.n_destroyed, 0);
    cv_handle_unpin(&f.table, &h);
    assert_int_equal(f.n_destroyed, 1);
    close_table(&f);
}

static void attack_43_wrong_handles_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    open_table(&f);
    int a, b;
    SecHandle ha, hb;
    assert_int_equal(cv_handle_new(&f.table, CV_HANDLE_CREDENTIAL, &a, &ha), CV_OK);
    assert_int_equal(cv_handle_new(&f.table, CV_HANDLE_CONTEXT, &b, &hb), CV_OK);
    const SecHandle wrong[] = {
        {0, 0},                         /* zeroed */
        {(ULONG_PTR)-1, (ULONG_PTR)-1}, /* SecInvalidateHandle */
        {ha.dwUpper, ha.dwLower},       /* swapped */
        {ha.dwLower, ha.dwUpper + 2},   /* another generation */
        {ha.dwLower, ha.dwUpper - 1},
        {hb.dwLower, ha.dwUpper + 1},
        {(ULONG_PTR)&a, (ULONG_PTR)&b},           /* another package's: pointers */
        {ha.dwLower + 4 * 1000, ha.dwUpper},      /* a slot that does not exist */
        {ha.dwLower ^ 3, ha.dwUpper},             /* kind changed */
        {ha.dwLower & ~(ULONG_PTR)3, ha.dwUpper}, /* no kind */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(cv_handle_pin(&f.table, CV_HANDLE_CREDENTIAL, &wrong[i]));
        assert_null(cv_handle_pin(&f.table, CV_HANDLE_CONTEXT, &wrong[i]));
        assert_false(cv_handle_close(&f.table, CV_HANDLE_CREDENTIAL, &wrong[i]));
        assert_false(cv_handle_close(&f.table, CV_HANDLE_CONTEXT, &wrong[i]));
    }
    assert_null(cv_handle_pin(&f.table, CV_HANDLE_CONTEXT, NULL));
    assert_null(cv_handle_pin(&f.table, CV_HANDLE_CONTEXT, &ha)); /* credential for context */
    assert_int_equal(f.n_destroyed, 0);
    assert_ptr_equal(cv_handle_pin(&f.table, CV_HANDLE_CREDENTIAL, &ha), &a);
    cv_handle_unpin(&f.table, &ha);
    assert_true(cv_handle_close(&f.table, CV_HANDLE_CREDENTIAL, &ha));
    assert_true(cv_handle_close(&f.table, CV_HANDLE_CONTEXT, &hb));
    close_table(&f);
}

static void a_slot_is_used_again_under_another_generation(void **state)
{
    (void)state;
    struct fixture f;
    open_table(&f);
    int object;
    SecHandle first, h;
    assert_int_equal(cv_handle_new(&f.table, CV_HANDLE_CONTEXT, &object, &first), CV_OK);
    assert_true(cv_handle_close(&f.table, CV_HANDLE_CONTEXT, &first));
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(cv_handle_new(&f.table, CV_HANDLE_CONTEXT, &object, &h), CV_OK);
        assert_int_equal(h.dwLower, first.dwLower);
        assert_null(cv_handle_pin(&f.table, CV_HANDLE_CONTEXT, &first));
        assert_true(cv_handle_close(&f.table, CV_HANDLE_CONTEXT, &h));
    }
    assert_int_equal(atomic_load(&f.table.n_slots), 1);
    close_table(&f);
}

static void many_handles_lie_in_many_chunks(void **state)
{
    (void)state;
    enum { N = 5000 };
    struct fixture f;
    open_table(&f);
    static SecHandle h[N];
    static int objects[N];
    for (int i = 0; i < N; i++)
        assert_int_equal(cv_handle_new(&f.table, CV_HANDLE_CONTEXT, &objects[i], &h[i]), CV_OK);
    for (int i = 0; i < N; i++) {
        assert_ptr_equal(cv_handle_pin(&f.table, CV_HANDLE_CONTEXT, &h[i]), &objects[i]);
        cv_handle_unpin(&f.table, &h[i]);
    }
    for (int i = N - 1; i >= 0; i--) assert_true(cv_handle_close(&f.table, CV_HANDLE_CONTEXT, &h[i]));
    assert_int_equal(f.n_destroyed, N);
    assert_int_equal(atomic_load(&f.table.n_live), 0);
    close_table(&f);
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    struct fixture f;
    open_table(&f);
    int object;
    SecHandle h = {7, 7};
    test_port_fail_at(&f.port, 1);
    assert_int_equal(cv_handle_new(&f.table, CV_HANDLE_CONTEXT, &object, &h), CV_E_NO_MEMORY);
    assert_int_equal(h.dwLower, 7);
    assert_int_equal(cv_handle_new(&f.table, CV_HANDLE_CONTEXT, &object, &h), CV_OK);
    assert_true(cv_handle_close(&f.table, CV_HANDLE_CONTEXT, &h));
    close_table(&f);
}

/* Threads make, use and close handles of their own, and all of them use shared ones that one of them closes.
 */
enum { N_THREADS = 4, N_ROUNDS = 3000, N_SHARED = 8 };
struct object {
    atomic_int alive; /* 1 until destroyed */
};
struct shared {
    struct cv_handles table;
    SecHandle handles[N_SHARED];
    struct object objects[N_SHARED];
    atomic_int n_destroyed, n_closed;
};

static void kill_object(void *ctx, enum cv_handle_kind kind, void *object)
{
    (void)kind;
    struct shared *s = ctx;
    struct object *o = object;
    if (atomic_exchange(&o->alive, 0) == 1) atomic_fetch_add(&s->n_destroyed, 1);
}

static void *worker(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < N_ROUNDS; i++) {
        SecHandle own;
        struct object mine = {1};
        if (cv_handle_new(&s->table, CV_HANDLE_CONTEXT, &mine, &own) != CV_OK) abort();
        for (int k = 0; k < N_SHARED; k++) {
            struct object *o = cv_handle_pin(&s->table, CV_HANDLE_CREDENTIAL, &s->handles[k]);
            if (o == NULL) continue;
            if (atomic_load(&o->alive) != 1) abort(); /* destroyed while pinned */
            cv_handle_unpin(&s->table, &s->handles[k]);
        }
        if (i % (N_ROUNDS / N_SHARED) == 0 &&
            cv_handle_close(&s->table, CV_HANDLE_CREDENTIAL,
                            &s->handles[i / (N_ROUNDS / N_SHARED) % N_SHARED]))
            atomic_fetch_add(&s->n_closed, 1);
        if (cv_handle_pin(&s->table, CV_HANDLE_CONTEXT, &own) != &mine) abort();
        cv_handle_unpin(&s->table, &own);
        if (!cv_handle_close(&s->table, CV_HANDLE_CONTEXT, &own)) abort();
        if (atomic_load(&mine.alive) != 0) abort();
    }
    return NULL;
}

static void attack_43_threads_share_handles(void **state)
{
    (void)state;
    static struct shared s;
    const struct cv_port *port;
    pthread_t threads[N_THREADS];
    assert_int_equal(cv_host_port_new(&port), CV_OK);
    cv_handles_init(&s.table, port, kill_object, &s, 0x89abcdef);
    for (int k = 0; k < N_SHARED; k++) {
        atomic_init(&s.objects[k].alive, 1);
        assert_int_equal(cv_handle_new(&s.table, CV_HANDLE_CREDENTIAL, &s.objects[k], &s.handles[k]), CV_OK);
    }
    for (int i = 0; i < N_THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, worker, &s), 0);
    for (int i = 0; i < N_THREADS; i++) pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&s.n_closed), N_SHARED); /* each closed by exactly one thread */
    assert_int_equal(atomic_load(&s.n_destroyed), N_SHARED + N_THREADS * N_ROUNDS);
    assert_int_equal(atomic_load(&s.table.n_live), 0);
    cv_handles_free(&s.table);
    cv_host_port_free(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_leads_to_its_object_until_it_is_closed),
        cmocka_unit_test(an_object_in_use_outlives_its_handle),
        cmocka_unit_test(attack_43_wrong_handles_are_refused),
        cmocka_unit_test(a_slot_is_used_again_under_another_generation),
        cmocka_unit_test(many_handles_lie_in_many_chunks),
        cmocka_unit_test(without_memory_nothing_changes),
        cmocka_unit_test(attack_43_threads_share_handles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
