/* Our headers against newer.inc; for the compiler's verdict only. */
#include "test/abi/headers.h"

#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

#define NEWER_CONSTANT(x, value) _Static_assert((x) == (value), #x);
#define NEWER_TYPE(t, size) _Static_assert(sizeof(t) == (size), #t);
#define NEWER_FIELD(t, f, at, size)                                                                          \
    _Static_assert(offsetof(t, f) == (at) && sizeof(((t *)0)->f) == (size), #t "." #f);
/* Behind the u or L of the wide literal: the spelling must be the string's. */
#define NEWER_WIDE(x, value) _Static_assert(__builtin_strcmp(TEXT_OF(x) + 1, #value) == 0, #x);
#include "test/abi/newer.inc"
