/* Sessions and tickets that outlive a credential: where a test's connections have different flags they have
 * different credentials, and yet resume. What may come later comes later with -async. */
#include "shim.h"

#include <stdlib.h>
#include <string.h>

enum { CHECKSUM_LEN = 8 };

/* With -async a question is answered when it is asked for the second time. */
static bool must_wait(const struct store *s, void **operation)
{
    static char asked;
    if (!s->async || *operation != NULL) return false;
    *operation = &asked;
    return true;
}

static void put(void *ctx, const BYTE *key, const BYTE *session, DWORD len, LONGLONG expires)
{
    struct store *s = ctx;
    (void)expires;
    s->n_put++;
    if (s->n_entries == STORE_MAX) return;
    struct store_entry *e = &s->entries[s->n_entries];
    if ((e->session = malloc(len)) == NULL) return;
    memcpy(e->key, key, sizeof e->key);
    memcpy(e->session, session, len);
    e->len = len;
    s->n_entries++;
}

static void forget(struct store *s, size_t i)
{
    free(s->entries[i].session);
    memmove(&s->entries[i], &s->entries[i + 1], (--s->n_entries - i) * sizeof *s->entries);
}

/* A client's newest, whatever credential it was made with; a server's by its ID. */
static SECURITY_STATUS get(void *ctx, void **operation, const BYTE *key, ULONG take, BYTE *session,
                           DWORD *len)
{
    struct store *s = ctx;
    if (must_wait(s, operation)) return SEC_I_ASYNC_CALL_PENDING;
    for (size_t i = s->n_entries; i-- > 0;) {
        struct store_entry *e = &s->entries[i];
        if ((!take && memcmp(e->key, key, sizeof e->key) != 0) || e->len > *len) continue;
        memcpy(session, e->session, e->len);
        *len = e->len;
        if (take) forget(s, i);
        return SEC_E_OK;
    }
    return SEC_E_NO_CREDENTIALS;
}

static void drop(void *ctx, const BYTE *key)
{
    struct store *s = ctx;
    for (size_t i = s->n_entries; i-- > 0;)
        if (memcmp(s->entries[i].key, key, sizeof s->entries[i].key) == 0) forget(s, i);
}

/* The sum that tells a ticket of ours from one that was altered. */
static void checksum(BYTE sum[CHECKSUM_LEN], const BYTE *p, size_t len)
{
    unsigned long long h = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < len; i++) h = (h ^ p[i]) * 1099511628211u;
    for (size_t i = 0; i < CHECKSUM_LEN; i++) sum[i] = (BYTE)(h >> 8 * i);
}

static SECURITY_STATUS seal(void *ctx, const BYTE *session, DWORD len, BYTE *ticket, DWORD *ticket_len)
{
    const struct store *s = ctx;
    if (s->no_ticket || s->skip_ticket || len + CHECKSUM_LEN > *ticket_len) return SEC_E_BUFFER_TOO_SMALL;
    memcpy(ticket, session, len);
    checksum(ticket + len, session, len);
    *ticket_len = len + CHECKSUM_LEN;
    return SEC_E_OK;
}

static SECURITY_STATUS unseal(void *ctx, void **operation, const BYTE *ticket, DWORD len, BYTE *session,
                              DWORD *session_len)
{
    const struct store *s = ctx;
    BYTE sum[CHECKSUM_LEN];
    if (must_wait(s, operation)) return SEC_I_ASYNC_CALL_PENDING;
    if (s->skip_ticket || s->no_ticket || len < CHECKSUM_LEN || len - CHECKSUM_LEN > *session_len)
        return SEC_E_DECRYPT_FAILURE;
    len -= CHECKSUM_LEN;
    checksum(sum, ticket, len);
    if (memcmp(sum, ticket + len, CHECKSUM_LEN) != 0) return SEC_E_DECRYPT_FAILURE;
    memcpy(session, ticket, len);
    *session_len = len;
    return SEC_E_OK;
}

bool store_attach(struct store *s, CredHandle *handle, bool tickets)
{
    CulvertCredential_SessionStore sessions = {s, put, get, drop, NULL};
    CulvertCredential_Tickets own = {s, seal, unseal, NULL};
    SECURITY_STATUS status =
        SetCredentialsAttributesA(handle, SECPKG_ATTR_CULVERT_SESSION_STORE, &sessions, sizeof sessions);
    if (status == SEC_E_OK && tickets)
        status = SetCredentialsAttributesA(handle, SECPKG_ATTR_CULVERT_TICKETS, &own, sizeof own);
    return status == SEC_E_OK ? true : say("session store: 0x%08x", (unsigned)status);
}

void store_free(struct store *s)
{
    while (s->n_entries > 0) forget(s, s->n_entries - 1);
}
