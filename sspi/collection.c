/* Collections: stores that show what lies in other stores. */
#include "sspi/certificate.h"
#include "sspi/library.h"

struct cv_sibling {
    struct cv_sibling *next; /* by falling priority */
    struct cv_store *store;  /* a reference */
    DWORD flags, priority;
};

enum { CERT_PHYSICAL_STORE_ADD_ENABLE = 1 };

void cv_siblings_free(struct cv_store *s)
{
    while (s->siblings != NULL) {
        struct cv_sibling *b = s->siblings;
        s->siblings = b->next;
        cv_store_release(b->store);
        cv_free(b, sizeof *b);
    }
}

static struct cv_store *retain(struct cv_store *s)
{
    atomic_fetch_add(&s->refs, 1);
    return s;
}

/* Goes through the leaves below s, in order: *past says whether `after` was met. Collections form no cycles,
 * so locks are taken downwards only. */
static struct cv_store *walk(struct cv_store *s, const struct cv_store *after, bool *past)
{
    struct cv_store *found = NULL;
    if (!s->is_collection) {
        if (*past) return retain(s);
        *past = s == after;
        return NULL;
    }
    cv_store_lock(s);
    for (const struct cv_sibling *b = s->siblings; b != NULL && found == NULL; b = b->next)
        found = walk(b->store, after, past);
    cv_store_unlock(s);
    return found;
}

struct cv_store *cv_store_leaf(struct cv_store *s, struct cv_store *after)
{
    bool past = after == NULL;
    struct cv_store *found = walk(s, after, &past);
    cv_store_release(after);
    return found;
}

struct cv_store *cv_store_for_adding(struct cv_store *s)
{
    struct cv_store *found = NULL;
    if (!s->is_collection) return retain(s);
    cv_store_lock(s);
    for (const struct cv_sibling *b = s->siblings; b != NULL && found == NULL; b = b->next)
        if ((b->flags & CERT_PHYSICAL_STORE_ADD_ENABLE) != 0) found = cv_store_for_adding(b->store);
    cv_store_unlock(s);
    return found;
}

/* Whether `wanted` is s or lies below it. */
static bool reaches(struct cv_store *s, const struct cv_store *wanted)
{
    bool found = s == wanted;
    if (!s->is_collection || found) return found;
    cv_store_lock(s);
    for (const struct cv_sibling *b = s->siblings; b != NULL && !found; b = b->next)
        found = reaches(b->store, wanted);
    cv_store_unlock(s);
    return found;
}

/* Whether a leaf below `added` is below s already: it would be shown twice, and the walk not end. */
static bool overlaps(struct cv_store *s, struct cv_store *added)
{
    bool found = false;
    for (struct cv_store *leaf = cv_store_leaf(added, NULL); leaf != NULL; leaf = cv_store_leaf(added, leaf))
        found = found || reaches(s, leaf);
    return found;
}

BOOL WINAPI CertAddStoreToCollection(HCERTSTORE hCollectionStore, HCERTSTORE hSiblingStore,
                                     DWORD dwUpdateFlags, DWORD dwPriority)
{
    struct cv_store *s = cv_store_of(hCollectionStore), *sibling = cv_store_of(hSiblingStore);
    if (s == NULL || !s->is_collection || sibling == NULL || reaches(sibling, s) || overlaps(s, sibling)) {
        SetLastError((DWORD)E_INVALIDARG);
        return FALSE;
    }
    struct cv_sibling *b = cv_alloc(sizeof *b);
    if (b == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    *b = (struct cv_sibling){.store = retain(sibling), .flags = dwUpdateFlags, .priority = dwPriority};
    cv_store_lock(s);
    struct cv_sibling **at = &s->siblings;
    while (*at != NULL && (*at)->priority >= dwPriority) at = &(*at)->next;
    b->next = *at;
    *at = b;
    cv_store_unlock(s);
    return TRUE;
}

VOID WINAPI CertRemoveStoreFromCollection(HCERTSTORE hCollectionStore, HCERTSTORE hSiblingStore)
{
    struct cv_store *s = cv_store_of(hCollectionStore);
    if (s == NULL) return;
    cv_store_lock(s);
    struct cv_sibling **at = &s->siblings, *b;
    while (*at != NULL && (*at)->store != hSiblingStore) at = &(*at)->next;
    if ((b = *at) != NULL) *at = b->next;
    cv_store_unlock(s);
    if (b == NULL) return;
    cv_store_release(b->store);
    cv_free(b, sizeof *b);
}
