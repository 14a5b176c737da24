#include "sspi/port/arena.h"

#include <string.h>

enum { GRAIN = 16 };

struct cv_arena_hole {
    struct cv_arena_hole *next; /* at a higher address; never adjoining */
    size_t len;
};

_Static_assert(sizeof(struct cv_arena_hole) <= GRAIN, "the smallest hole describes itself");

void cv_arena_init(struct cv_arena *a, void *memory, size_t len)
{
    size_t skip = (size_t)(-(uintptr_t)memory % GRAIN);
    *a = (struct cv_arena){.base = (uint8_t *)memory + skip};
    len = len < skip ? 0 : (len - skip) & ~(size_t)(GRAIN - 1);
    if (len == 0) return;
    a->holes = (struct cv_arena_hole *)(void *)a->base;
    *a->holes = (struct cv_arena_hole){.next = NULL, .len = len};
}

void *cv_arena_alloc(struct cv_arena *a, size_t len)
{
    if (len > SIZE_MAX - GRAIN) return NULL;
    len = (len + GRAIN - 1) & ~(size_t)(GRAIN - 1);
    struct cv_arena_hole **link = &a->holes;
    while (*link != NULL && (*link)->len < len) link = &(*link)->next;
    struct cv_arena_hole *hole = *link;
    if (hole == NULL) return NULL;
    if (hole->len > len) {
        struct cv_arena_hole *rest = (struct cv_arena_hole *)(void *)((uint8_t *)hole + len);
        *rest = (struct cv_arena_hole){.next = hole->next, .len = hole->len - len};
        *link = rest;
    } else {
        *link = hole->next;
    }
    size_t end = (size_t)((uint8_t *)hole - a->base) + len;
    a->in_use += len;
    if (end > a->extent) a->extent = end;
    memset(hole, 0, len);
    return hole;
}

/* Joins a hole with the one behind it if they adjoin. */
static void merge(struct cv_arena_hole *hole)
{
    struct cv_arena_hole *next = hole->next;
    if (next == NULL || (uint8_t *)hole + hole->len != (uint8_t *)next) return;
    hole->len += next->len;
    hole->next = next->next;
}

void cv_arena_free(struct cv_arena *a, void *p, size_t len)
{
    if (p == NULL) return;
    struct cv_arena_hole *hole = p, *before = NULL;
    struct cv_arena_hole **link = &a->holes;
    while (*link != NULL && *link < hole) {
        before = *link;
        link = &before->next;
    }
    len = (len + GRAIN - 1) & ~(size_t)(GRAIN - 1);
    *hole = (struct cv_arena_hole){.next = *link, .len = len};
    *link = hole;
    a->in_use -= len;
    merge(hole);
    if (before != NULL) merge(before);
}
