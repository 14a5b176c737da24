#include "sspi/text_out.h"

#include "sspi/unicode.h"

static void put_unit(struct cv_text *t, uint32_t unit)
{
    if (t->n < t->cap && t->is_wide) ((WCHAR *)t->p)[t->n] = (WCHAR)unit;
    if (t->n < t->cap && !t->is_wide) ((char *)t->p)[t->n] = (char)unit;
    t->n++;
}

void cv_text_put(struct cv_text *t, uint32_t code)
{
    WCHAR units[2];
    char bytes[4];
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
    size_t n = t->is_wide ? cv_wide_put(units, code) : cv_utf8_put(bytes, code);
    for (size_t i = 0; i < n; i++) put_unit(t, t->is_wide ? units[i] : (uint8_t)bytes[i]);
}

void cv_text_puts(struct cv_text *t, const char *ascii)
{
    while (*ascii != '\0') put_unit(t, (uint8_t)*ascii++);
}

struct cv_text cv_text_cut(bool is_wide, void *p, DWORD size)
{
    /* Room for the terminator is kept back. */
    return (struct cv_text){.is_wide = is_wide, .p = p, .cap = p != NULL && size > 0 ? size - 1 : 0};
}

DWORD cv_text_end(struct cv_text *t)
{
    if (t->p == NULL) return (DWORD)t->n + 1;
    if (t->n > t->cap) t->n = t->cap;
    t->cap++;
    put_unit(t, 0);
    return (DWORD)t->n;
}
