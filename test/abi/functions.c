/* The signatures of list.inc; compiled against both sets of headers, for the compiler's verdict only. */
#include "test/abi/headers.h"

#define CONSTANT(x)
#define POINTER(x)
#define STRING(x)
#define WIDE(x)
#define TYPE(t)
#define FIELD(t, f)
#define FUNCTION(result, name, parameters)                                                                   \
    extern result(WINAPI *const check_##name) parameters;                                                    \
    result(WINAPI *const check_##name) parameters = name;
#include "test/abi/list.inc"
