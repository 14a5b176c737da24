/* Secrets: wiping them, and telling the checkers which bytes they are. */
#ifndef CV_BASE_SECRET_H
#define CV_BASE_SECRET_H

#include <stddef.h>

/* Overwrites with zeros; the compiler cannot drop it. */
void cv_wipe(void *p, size_t len);

/* Overwrites 1.5 KiB of stack below the caller, where functions that it called may have left registers
 * and temporaries of their own. */
void cv_wipe_stack(void);

/* Marks bytes as secret: a branch or an address that depends on them is then reported by valgrind
 * (or by MemorySanitizer). cv_secret_declassify takes the mark off where a result becomes public,
 * with the reason beside each call. Both do nothing unless built with CULVERT_CT=valgrind or msan. */
#if defined(CULVERT_CT_VALGRIND)
#include <valgrind/memcheck.h>
#define cv_secret_mark(p, len) ((void)VALGRIND_MAKE_MEM_UNDEFINED((p), (len)))
#define cv_secret_declassify(p, len) ((void)VALGRIND_MAKE_MEM_DEFINED((p), (len)))
#elif defined(CULVERT_CT_MSAN)
#include <sanitizer/msan_interface.h>
#define cv_secret_mark(p, len) __msan_poison((p), (len))
#define cv_secret_declassify(p, len) __msan_unpoison((p), (len))
#else
static inline void cv_secret_mark(const void *p, size_t len)
{
    (void)p;
    (void)len;
}
static inline void cv_secret_declassify(const void *p, size_t len)
{
    (void)p;
    (void)len;
}
#endif

#endif
