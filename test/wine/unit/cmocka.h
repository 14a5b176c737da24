/* What the unit tests use of cmocka, for Windows, which Debian has no cmocka for. */
#ifndef CV_TEST_WINE_CMOCKA_H
#define CV_TEST_WINE_CMOCKA_H

#include <stddef.h>
#include <stdint.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
    int (*setup)(void **state);
    int (*teardown)(void **state);
};

#define cmocka_unit_test(f)                                                                                  \
    {                                                                                                        \
#f, f, NULL, NULL                                                                                    \
    }
#define cmocka_unit_test_teardown(f, t)                                                                      \
    {                                                                                                        \
#f, f, NULL, t                                                                                       \
    }
#define cmocka_unit_test_setup_teardown(f, s, t)                                                             \
    {                                                                                                        \
#f, f, s, t                                                                                          \
    }

#define cmocka_run_group_tests(tests, s, t) cm_run(tests, sizeof tests / sizeof tests[0], s, t)
#define cmocka_run_group_tests_name(name, tests, s, t) cm_run(tests, sizeof tests / sizeof tests[0], s, t)
int cm_run(const struct CMUnitTest *tests, size_t n, int (*setup)(void **state),
           int (*teardown)(void **state));

/* Each ends the test that runs. */
_Noreturn void cm_fail(const char *file, int line, const char *format, ...);
_Noreturn void cm_skip(void);
void cm_int(uintmax_t a, uintmax_t b, int wanted, const char *what, const char *file, int line);
void cm_range(uintmax_t x, uintmax_t from, uintmax_t to, const char *what, const char *file, int line);
void cm_memory(const void *a, const void *b, size_t len, int wanted, const char *what, const char *file,
               int line);
void cm_string(const char *a, const char *b, const char *what, const char *file, int line);

#define assert_true(x) ((x) ? (void)0 : cm_fail(__FILE__, __LINE__, "%s", #x))
#define assert_false(x) ((x) ? cm_fail(__FILE__, __LINE__, "not: %s", #x) : (void)0)
#define assert_null(x) assert_true((x) == NULL)
#define assert_non_null(x) assert_true((x) != NULL)
#define assert_ptr_equal(a, b) assert_true((const void *)(a) == (const void *)(b))
#define assert_ptr_not_equal(a, b) assert_true((const void *)(a) != (const void *)(b))
#define assert_int_equal(a, b) cm_int((uintmax_t)(a), (uintmax_t)(b), 1, #a " == " #b, __FILE__, __LINE__)
#define assert_int_not_equal(a, b) cm_int((uintmax_t)(a), (uintmax_t)(b), 0, #a " != " #b, __FILE__, __LINE__)
#define assert_in_range(x, from, to)                                                                         \
    cm_range((uintmax_t)(x), (uintmax_t)(from), (uintmax_t)(to), #x, __FILE__, __LINE__)
#define assert_memory_equal(a, b, n) cm_memory(a, b, n, 1, #a " is " #b, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, n) cm_memory(a, b, n, 0, #a " is not " #b, __FILE__, __LINE__)
#define assert_string_equal(a, b) cm_string(a, b, #a " is " #b, __FILE__, __LINE__)
#define assert_string_not_equal(a, b) assert_true(strcmp(a, b) != 0)
#define fail() cm_fail(__FILE__, __LINE__, "%s", "fail")
#define fail_msg(...) cm_fail(__FILE__, __LINE__, __VA_ARGS__)
#define skip() cm_skip()

void print_message(const char *format, ...);

/* Of POSIX: the only call that the helpers of the tests make. Alignments up to 16. */
int posix_memalign(void **out, size_t alignment, size_t len);

#endif
