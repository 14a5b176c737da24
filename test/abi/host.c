/* Prints what our headers say as a C file of assertions, which test/abi/run.sh hands to the mingw-w64 cross
 * compiler. */
#include "test/abi/headers.h"
#include <stdio.h>

#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

/* A string of characters as a C literal. */
static void print_literal(const char *s)
{
    putchar('"');
    for (; *s != 0; s++) {
        if (*s == '"' || *s == '\\') putchar('\\');
        putchar(*s);
    }
    putchar('"');
}

static void print_string(const char *name, const char *value)
{
    printf("_Static_assert(__builtin_strcmp(%s, ", name);
    print_literal(value);
    printf(") == 0, \"%s\");\n", name);
}

/* Wide literals are compared as they are spelt: ours says u"…" or L"…", Windows' L"…". */
static void print_wide(const char *name, const char *spelt)
{
    printf("_Static_assert(__builtin_strcmp(TEXT_OF(%s) + 1, ", name);
    print_literal(spelt + 1);
    printf(") == 0, \"%s\");\n", name);
}

int main(void)
{
    printf("#include \"test/abi/headers.h\"\n#include <stddef.h>\n#include <stdint.h>\n");
    printf("#define TEXT_OF_(x) #x\n#define TEXT_OF(x) TEXT_OF_(x)\n");
#define CONSTANT(x) printf("_Static_assert((long long)(" #x ") == %lldLL, \"" #x "\");\n", (long long)(x));
#define POINTER(x)                                                                                           \
    printf("extern char check_" #x "[(intptr_t)(" #x ") == %lldLL ? 1 : -1];\n", (long long)(intptr_t)(x));
#define STRING(x) print_string(#x, x);
#define WIDE(x) print_wide(#x, TEXT_OF(x));
#define TYPE(t) printf("_Static_assert(sizeof(" #t ") == %zu, \"" #t "\");\n", sizeof(t));
#define FIELD(t, f)                                                                                          \
    printf("_Static_assert(offsetof(" #t ", " #f ") == %zu && sizeof(((" #t " *)0)->" #f ") == %zu, \"" #t   \
           "." #f "\");\n",                                                                                  \
           offsetof(t, f), sizeof(((t *)0)->f));
#define FUNCTION(result, name, parameters)
#include "test/abi/list.inc"
    return 0;
}
