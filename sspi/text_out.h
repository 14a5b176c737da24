/* Text for a caller that wants it as char (UTF-8, which is what "ANSI" is on these hosts) or as WCHAR. */
#ifndef CV_SSPI_TEXT_OUT_H
#define CV_SSPI_TEXT_OUT_H

#include "sspi/win.h"

#include <stdbool.h>

/* What does not fit is counted, but not written. */
struct cv_text {
    bool is_wide;
    void *p;       /* char or WCHAR; NULL: only count */
    size_t cap, n; /* in units of either */
};

void cv_text_put(struct cv_text *t, uint32_t code); /* a code point; U+FFFD for what is none */
void cv_text_puts(struct cv_text *t, const char *ascii);

/* Ends a text as the functions for names do: cut to the caller's buffer of `size` units, with a terminator; t
 * was made by cv_text_cut. Returns the units written, or needed where there is no buffer, terminator
 * included. */
struct cv_text cv_text_cut(bool is_wide, void *p, DWORD size);
DWORD cv_text_end(struct cv_text *t);

#endif
