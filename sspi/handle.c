#include "sspi/handle.h"

#define PIN UINT64_C(1)
#define DYING (UINT64_C(1) << 31)
#define KIND_SHIFT 29
#define PINS_MASK ((UINT64_C(1) << KIND_SHIFT) - 1)
#define GENERATION_MAX UINT32_MAX

/* Odd generations are in use, even ones free, so that a made-up handle never matches a free slot. */
static uint32_t generation_of(uint64_t word)
{
    return (uint32_t)(word >> 32);
}

static uint64_t word_of(uint32_t generation, uint32_t kind)
{
    return (uint64_t)generation << 32 | (uint64_t)kind << KIND_SHIFT;
}

static uint32_t kind_of(uint64_t word)
{
    return (uint32_t)(word >> KIND_SHIFT) & 3;
}

void cv_handles_init(struct cv_handles *t, const struct cv_port *port,
                     void (*destroy)(void *ctx, enum cv_handle_kind kind, void *object), void *ctx,
                     uint32_t cookie)
{
    t->port = port;
    t->destroy = destroy;
    t->ctx = ctx;
    t->cookie = cookie | UINT32_C(0x80000000); /* a generation is small: swapped halves never match */
    for (size_t i = 0; i < CV_HANDLE_CHUNKS; i++) {
        atomic_init(&t->chunks[i], NULL);
        t->chunk_memory[i] = NULL;
    }
    for (size_t i = 0; i < CV_HANDLE_STRIPES; i++) atomic_init(&t->free_lists[i].head, 0);
    atomic_init(&t->n_slots, 0);
    atomic_init(&t->n_live, 0);
}

static size_t chunk_slots(size_t chunk)
{
    return (size_t)CV_HANDLE_CHUNK_MIN << chunk;
}

/* Slots begin on a cache line; the port promises only 16 bytes. */
static size_t chunk_bytes(size_t chunk)
{
    return chunk_slots(chunk) * sizeof(struct cv_slot) + 64;
}

void cv_handles_free(struct cv_handles *t)
{
    for (size_t i = 0; i < CV_HANDLE_CHUNKS; i++) {
        if (t->chunk_memory[i] != NULL) t->port->free(t->port->ctx, t->chunk_memory[i], chunk_bytes(i));
        t->chunk_memory[i] = NULL;
        atomic_store(&t->chunks[i], NULL);
    }
}

/* Where the slot with this index lies: chunk k begins at index MIN * (2^k - 1). */
static void locate(uint32_t index, size_t *chunk, size_t *offset)
{
    uint64_t scaled = (uint64_t)index / CV_HANDLE_CHUNK_MIN + 1;
    size_t k = 0;
    while (scaled >> (k + 1) != 0) k++;
    *chunk = k;
    *offset = (size_t)(index - (uint64_t)CV_HANDLE_CHUNK_MIN * ((UINT64_C(1) << k) - 1));
}

static struct cv_slot *slot_at(struct cv_handles *t, uint32_t index)
{
    size_t chunk, offset;
    locate(index, &chunk, &offset);
    if (chunk >= CV_HANDLE_CHUNKS) return NULL;
    struct cv_slot *slots = atomic_load_explicit(&t->chunks[chunk], memory_order_acquire);
    return slots == NULL ? NULL : &slots[offset];
}

static bool ensure_chunk(struct cv_handles *t, size_t chunk)
{
    if (atomic_load_explicit(&t->chunks[chunk], memory_order_acquire) != NULL) return true;
    void *memory = t->port->alloc(t->port->ctx, chunk_bytes(chunk));
    if (memory == NULL) return false;
    struct cv_slot *slots = (struct cv_slot *)(((uintptr_t)memory + 63) & ~(uintptr_t)63);
    struct cv_slot *none = NULL;
    if (!atomic_compare_exchange_strong(&t->chunks[chunk], &none, slots)) {
        t->port->free(t->port->ctx, memory, chunk_bytes(chunk)); /* another thread was faster */
        return true;
    }
    t->chunk_memory[chunk] = memory;
    return true;
}

/* Threads have stacks of their own: the page of a local variable tells them apart well enough to spread
 * them over the lists. */
static size_t own_stripe(void)
{
    uint8_t here;
    uintptr_t page = (uintptr_t)&here >> 12;
    return (size_t)((page * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % CV_HANDLE_STRIPES;
}

static struct cv_slot *pop(struct cv_handles *t, struct cv_free_list *list, uint32_t *index)
{
    uint64_t head = atomic_load_explicit(&list->head, memory_order_acquire);
    while ((uint32_t)head != 0) {
        struct cv_slot *slot = slot_at(t, (uint32_t)head - 1);
        uint64_t next = atomic_load_explicit(&slot->next, memory_order_relaxed);
        /* The tag makes the exchange fail if the slot was popped and pushed again meanwhile. */
        uint64_t want = ((head >> 32) + 1) << 32 | next;
        if (atomic_compare_exchange_weak_explicit(&list->head, &head, want, memory_order_acq_rel,
                                                  memory_order_acquire)) {
            *index = (uint32_t)head - 1;
            return slot;
        }
    }
    return NULL;
}

static void push(struct cv_handles *t, uint32_t index)
{
    struct cv_free_list *list = &t->free_lists[own_stripe()];
    struct cv_slot *slot = slot_at(t, index);
    uint64_t head = atomic_load_explicit(&list->head, memory_order_relaxed);
    uint64_t want;
    do {
        atomic_store_explicit(&slot->next, (uint32_t)head, memory_order_relaxed);
        want = (head & ~(uint64_t)UINT32_MAX) | (index + 1u);
    } while (!atomic_compare_exchange_weak_explicit(&list->head, &head, want, memory_order_acq_rel,
                                                    memory_order_relaxed));
}

static struct cv_slot *take_slot(struct cv_handles *t, uint32_t *index)
{
    size_t stripe = own_stripe();
    for (size_t i = 0; i < CV_HANDLE_STRIPES; i++) {
        struct cv_slot *slot = pop(t, &t->free_lists[(stripe + i) % CV_HANDLE_STRIPES], index);
        if (slot != NULL) return slot;
    }
    uint32_t n = atomic_load(&t->n_slots);
    do {
        size_t chunk, offset;
        locate(n, &chunk, &offset);
        if (chunk >= CV_HANDLE_CHUNKS || !ensure_chunk(t, chunk)) return NULL;
    } while (!atomic_compare_exchange_weak(&t->n_slots, &n, n + 1));
    *index = n;
    return slot_at(t, n);
}

cv_err cv_handle_new(struct cv_handles *t, enum cv_handle_kind kind, void *object, SecHandle *out)
{
    uint32_t index;
    struct cv_slot *slot = take_slot(t, &index);
    if (slot == NULL) return CV_E_NO_MEMORY;
    slot->object = object;
    uint32_t generation = generation_of(atomic_load_explicit(&slot->word, memory_order_relaxed)) + 1;
    atomic_store_explicit(&slot->word, word_of(generation, kind), memory_order_release);
    atomic_fetch_add_explicit(&t->n_live, 1, memory_order_relaxed);
    out->dwLower = (ULONG_PTR)index << 2 | (ULONG_PTR)kind;
    out->dwUpper = generation ^ t->cookie;
    return CV_OK;
}

/* The slot that a handle of this kind would have; NULL if no such handle can exist. */
static struct cv_slot *slot_of(struct cv_handles *t, enum cv_handle_kind kind, const SecHandle *h)
{
    if (h == NULL || (h->dwLower & 3) != (ULONG_PTR)kind) return NULL;
    if ((uint32_t)h->dwUpper != h->dwUpper || (uint64_t)h->dwLower >> 2 >= atomic_load(&t->n_slots))
        return NULL;
    return slot_at(t, (uint32_t)(h->dwLower >> 2));
}

/* Adds a pin, and marks the slot as dying where that is asked, if the handle is in use. */
static void *pin(struct cv_handles *t, enum cv_handle_kind kind, const SecHandle *h, uint64_t mark)
{
    struct cv_slot *slot = slot_of(t, kind, h);
    if (slot == NULL) return NULL;
    uint32_t generation = (uint32_t)h->dwUpper ^ t->cookie;
    if ((generation & 1) == 0) return NULL;
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    do {
        if (generation_of(word) != generation || kind_of(word) != (uint32_t)kind) return NULL;
        if ((word & DYING) != 0) return NULL;
        if ((word & PINS_MASK) == PINS_MASK) return NULL;
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, (word + PIN) | mark,
                                                    memory_order_acq_rel, memory_order_acquire));
    return slot->object;
}

void *cv_handle_pin(struct cv_handles *t, enum cv_handle_kind kind, const SecHandle *h)
{
    return pin(t, kind, h, 0);
}

void cv_handle_unpin(struct cv_handles *t, const SecHandle *h)
{
    uint32_t index = (uint32_t)(h->dwLower >> 2);
    struct cv_slot *slot = slot_at(t, index);
    uint64_t word = atomic_fetch_sub_explicit(&slot->word, PIN, memory_order_acq_rel) - PIN;
    if ((word & DYING) == 0 || (word & PINS_MASK) != 0) return;

    /* Nobody else can reach the slot now. */
    void *object = slot->object;
    enum cv_handle_kind kind = (enum cv_handle_kind)kind_of(word);
    uint32_t generation = generation_of(word);
    slot->object = NULL;
    atomic_store_explicit(&slot->word, word_of(generation + 1, 0), memory_order_release);
    /* A slot whose generations are used up stays out of use for good. */
    if (generation < GENERATION_MAX) push(t, index);
    atomic_fetch_sub_explicit(&t->n_live, 1, memory_order_relaxed);
    t->destroy(t->ctx, kind, object);
}

bool cv_handle_close(struct cv_handles *t, enum cv_handle_kind kind, const SecHandle *h)
{
    /* A copy: callers often pass a handle that lies in what is freed here. */
    if (h == NULL) return false;
    SecHandle copy = *h;
    if (pin(t, kind, &copy, DYING) == NULL) return false;
    cv_handle_unpin(t, &copy);
    return true;
}
