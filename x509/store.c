#include "x509/store.h"

#include <stdint.h>

static int compare_bytes(struct cv_bytes a, struct cv_bytes b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (a.p[i] != b.p[i]) return a.p[i] < b.p[i] ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

/* By the hash of the normalised subject, then by key identifier, then by bytes, so that the order is one
 * whatever came in. */
static int compare(const struct cv_cert *a, const struct cv_cert *b)
{
    if (a->subject_hash != b->subject_hash) return a->subject_hash < b->subject_hash ? -1 : 1;
    int order = compare_bytes(a->ski, b->ski);
    return order ? order : compare_bytes(a->der, b->der);
}

static void swap(struct cv_cert *a, struct cv_cert *b)
{
    struct cv_cert t = *a;

    *a = *b;
    *b = t;
}

static void sift_down(struct cv_cert *heap, size_t root, size_t n)
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= n) return;
        if (child + 1 < n && compare(&heap[child], &heap[child + 1]) < 0) child++;
        if (compare(&heap[root], &heap[child]) >= 0) return;
        swap(&heap[root], &heap[child]);
        root = child;
    }
}

size_t cv_trust_unique(struct cv_cert *anchors, size_t n_anchors)
{
    size_t n = 0;

    for (size_t i = 0; i < n_anchors; i++)
        if (n == 0 || !cv_bytes_equal(anchors[n - 1].der, anchors[i].der)) anchors[n++] = anchors[i];
    return n;
}

/* Heap sort: in place, no worst case, no more stack than this. */
void cv_trust_sort(struct cv_cert *anchors, size_t n_anchors)
{
    for (size_t i = n_anchors / 2; i-- > 0;) sift_down(anchors, i, n_anchors);
    for (size_t n = n_anchors; n-- > 1;) {
        swap(&anchors[0], &anchors[n]);
        sift_down(anchors, 0, n);
    }
}

static size_t first_at_least(const struct cv_trust_store *store, uint64_t hash)
{
    size_t low = 0, high = store->n_anchors;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (store->anchors[mid].subject_hash < hash)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct cv_cert *cv_trust_find(const struct cv_trust_store *store, uint64_t subject_hash, size_t *n)
{
    size_t first = first_at_least(store, subject_hash), end = first;

    while (end < store->n_anchors && store->anchors[end].subject_hash == subject_hash) end++;
    *n = end - first;
    return *n == 0 ? NULL : store->anchors + first; /* an empty store may have no memory */
}
