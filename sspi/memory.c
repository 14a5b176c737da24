/* What the library allocates for the caller, and FreeContextBuffer. */
#include "sspi/library.h"

#include "crypto/base/secret.h"

#include <string.h>

/* In front of each buffer. */
struct buffer_head {
    uint64_t check; /* says that the buffer is ours and was not freed */
    uint64_t len;
};
_Static_assert(sizeof(struct buffer_head) == 16, "what follows keeps its alignment");

static uint64_t check_of(const struct cv_library *lib, const struct buffer_head *h)
{
    return (lib->secret ^ (uint64_t)(uintptr_t)h ^ h->len << 1) | 1;
}

void *cv_buffer_alloc(size_t len)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL || len > UINT32_MAX - sizeof(struct buffer_head)) return NULL;
    struct buffer_head *h = lib->port->alloc(lib->port->ctx, sizeof *h + len);
    if (h == NULL) return NULL;
    h->len = len;
    h->check = check_of(lib, h);
    return h + 1;
}

SECURITY_STATUS SEC_ENTRY FreeContextBuffer(void *pvContextBuffer)
{
    if (pvContextBuffer == NULL) return SEC_E_OK;
    struct cv_library *lib = cv_library();
    if (lib == NULL || (uintptr_t)pvContextBuffer % 16 != 0) return SEC_E_INVALID_HANDLE;
    struct buffer_head *h = (struct buffer_head *)pvContextBuffer - 1;
    if (h->check != check_of(lib, h)) return SEC_E_INVALID_HANDLE;
    size_t len = sizeof *h + (size_t)h->len;
    cv_wipe(h, len); /* keying material is handed out in such buffers */
    lib->port->free(lib->port->ctx, h, len);
    return SEC_E_OK;
}
