#include "cmocka.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PASSED, FAILED, SKIPPED };

static jmp_buf end_of_test;

_Noreturn void cm_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s:%d: ", file, line);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    longjmp(end_of_test, FAILED);
}

_Noreturn void cm_skip(void)
{
    longjmp(end_of_test, SKIPPED);
}

void cm_int(uintmax_t a, uintmax_t b, int wanted, const char *what, const char *file, int line)
{
    if ((a == b) != wanted)
        cm_fail(file, line, "%s: %#llx, %#llx", what, (unsigned long long)a, (unsigned long long)b);
}

void cm_range(uintmax_t x, uintmax_t from, uintmax_t to, const char *what, const char *file, int line)
{
    if (x < from || x > to) cm_fail(file, line, "%s: %#llx", what, (unsigned long long)x);
}

void cm_memory(const void *a, const void *b, size_t len, int wanted, const char *what, const char *file,
               int line)
{
    if ((len == 0 || memcmp(a, b, len) == 0) != wanted)
        cm_fail(file, line, "%s (%u bytes)", what, (unsigned)len);
}

void cm_string(const char *a, const char *b, const char *what, const char *file, int line)
{
    if (strcmp(a, b) != 0) cm_fail(file, line, "%s: \"%s\", \"%s\"", what, a, b);
}

void print_message(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

static int run(const struct CMUnitTest *t)
{
    void *state = NULL;
    volatile int result = setjmp(end_of_test);
    if (result == PASSED) {
        if (t->setup != NULL && t->setup(&state) != 0) return FAILED;
        t->test(&state);
    }
    if (t->teardown != NULL && setjmp(end_of_test) == PASSED) t->teardown(&state);
    if (result == FAILED) printf("FAILED %s\n", t->name);
    return result;
}

int cm_run(const struct CMUnitTest *tests, size_t n, int (*setup)(void **state),
           int (*teardown)(void **state))
{
    void *state = NULL;
    unsigned counts[3] = {0, 0, 0};
    setvbuf(stdout, NULL, _IONBF, 0);
    if (setup != NULL && setup(&state) != 0) return 1;
    for (size_t i = 0; i < n; i++) counts[run(&tests[i])]++;
    if (teardown != NULL) teardown(&state);
    printf("%u passed, %u failed, %u skipped\n", counts[PASSED], counts[FAILED], counts[SKIPPED]);
    return counts[FAILED] != 0;
}

int posix_memalign(void **out, size_t alignment, size_t len)
{
    *out = alignment <= 16 ? malloc(len) : NULL; /* malloc aligns so */
    return *out == NULL;
}
