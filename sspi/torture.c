#include "sspi/torture.h"

#include "sspi/context.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    ULONG what;
} names[] = {
    {"hints", CULVERT_TORTURE_HINTS},
    {"records", CULVERT_TORTURE_RECORDS},
    {"empty", CULVERT_TORTURE_EMPTY},
    {"renegotiate", CULVERT_TORTURE_RENEGOTIATE},
    {"keys", CULVERT_TORTURE_KEYS},
    {"complete", CULVERT_TORTURE_COMPLETE},
    {"behind-close", CULVERT_TORTURE_CLOSE},
    {"pieces", CULVERT_TORTURE_PIECES},
    {"all", CULVERT_TORTURE_ALL},
};

static ULONG named(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i].name) == len && memcmp(names[i].name, text, len) == 0) return names[i].what;
    return 0;
}

bool cv_torture_parse(CulvertCredential_Torture *out, const char *text)
{
    CulvertCredential_Torture t = {.dwFlags = 0};
    size_t len;
    for (;; text += len + 1) {
        len = strcspn(text, ",:");
        ULONG what = named(text, len);
        if (what == 0) return false;
        t.dwFlags |= what;
        if (text[len] != ',') break;
    }
    if (text[len] == ':') {
        char *end;
        t.dwSeed = (DWORD)strtoul(text + len + 1, &end, 10);
        if (end == text + len + 1 || *end != '\0') return false;
    }
    *out = t;
    return true;
}

SECURITY_STATUS cv_torture_begin(struct cv_context *cx)
{
    const CulvertCredential_Torture *t = &cx->cred->torture;
    if (t->dwFlags == 0) t = &cv_library()->torture;
    if (t->dwFlags == 0) return SEC_E_OK;
    struct cv_context_extras *x = cv_context_extras(cx);
    if (x == NULL) return SEC_E_INSUFFICIENT_MEMORY;
    uint32_t mixed = ((uint32_t)t->dwSeed + 1) * 2654435761u; /* small seeds lead far apart */
    x->torture = (struct cv_torture){.what = t->dwFlags, .receiving = mixed, .sending = ~mixed};
    return SEC_E_OK;
}

static struct cv_torture *torture_of(const struct cv_context *cx)
{
    return cx->extras != NULL && cx->extras->torture.what != 0 ? &cx->extras->torture : NULL;
}

/* A linear congruential sequence (Numerical Recipes); its highest bit. */
static bool draw(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 31) != 0;
}

bool cv_torture_receiving(struct cv_context *cx, ULONG what)
{
    struct cv_torture *t = torture_of(cx);
    return t != NULL && (t->what & what) != 0 && draw(&t->receiving);
}

bool cv_torture_sending(struct cv_context *cx, ULONG what)
{
    struct cv_torture *t = torture_of(cx);
    return t != NULL && (t->what & what) != 0 && draw(&t->sending);
}

ULONG cv_torture_delay(struct cv_context *cx)
{
    struct cv_torture *t = torture_of(cx);
    if (t == NULL) return 0;
    if (t->delayed) {
        t->delayed = false;
        return 0;
    }
    ULONG what = cv_torture_receiving(cx, CULVERT_TORTURE_EMPTY)         ? CULVERT_TORTURE_EMPTY
                 : cv_torture_receiving(cx, CULVERT_TORTURE_RENEGOTIATE) ? CULVERT_TORTURE_RENEGOTIATE
                                                                         : 0;
    t->delayed = what != 0;
    return what;
}

bool cv_torture_withholds(const struct cv_context *cx)
{
    const struct cv_torture *t = torture_of(cx);
    return t != NULL && t->withheld;
}

void cv_torture_withhold(struct cv_context *cx)
{
    cx->extras->torture.withheld = true;
}
