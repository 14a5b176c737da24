/* Host names that are not ASCII, through libidn2 where the host has it. */
#include "sspi/culvert/command.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { IDN2_NONTRANSITIONAL = 8, IDN2_NFC_INPUT = 1 };

static bool is_ascii(const char *text)
{
    while (*text != 0)
        if ((unsigned char)*text++ >= 0x80) return false;
    return true;
}

char *cv_idn_to_ascii(const char *name)
{
    int (*to_ascii)(const char *, char **, int);
    char *out = NULL;
    if (is_ascii(name)) return strdup(name);
    void *library = dlopen("libidn2.so.0", RTLD_NOW);
    if (library == NULL) return NULL;
    void *symbol = dlsym(library, "idn2_to_ascii_8z");
    memcpy(&to_ascii, &symbol, sizeof to_ascii);
    if (symbol == NULL || to_ascii(name, &out, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != 0) out = NULL;
    return out; /* the library stays: its memory is the C library's, its tables are its own */
}
