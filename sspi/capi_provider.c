/* Providers of CryptoAPI: handles, containers of keys, random bytes. */
#include "sspi/capi.h"

#include "crypto/base/secret.h"
#include "sspi/library.h"
#include "sspi/unicode.h"

enum { NAME_UNITS_MAX = 1024 };

struct provider {
    struct cv_capi_object head;
    struct cv_container *container;
};

/* --- the list of objects --- */

void cv_capi_lock(void)
{
    const struct cv_library *lib = cv_library();
    lib->port->lock(lib->port->ctx, lib->capi_lock);
}

void cv_capi_unlock(void)
{
    const struct cv_library *lib = cv_library();
    lib->port->unlock(lib->port->ctx, lib->capi_lock);
}

void *cv_capi_new(enum cv_capi_kind kind, size_t size)
{
    struct cv_library *lib = cv_library();
    struct cv_capi_object *o = lib == NULL ? NULL : cv_alloc(size);
    if (o == NULL) return NULL;
    o->kind = kind;
    o->size = size;
    cv_capi_lock();
    o->next = lib->capi_objects;
    lib->capi_objects = o;
    cv_capi_unlock();
    atomic_fetch_add(&lib->n_objects, 1);
    return o;
}

void *cv_capi_find(enum cv_capi_kind kind, ULONG_PTR handle)
{
    struct cv_library *lib = cv_library();
    if (lib == NULL || handle == 0) return NULL;
    cv_capi_lock();
    struct cv_capi_object *o = lib->capi_objects;
    while (o != NULL && ((ULONG_PTR)o != handle || o->kind != kind)) o = o->next;
    cv_capi_unlock();
    return o;
}

void cv_capi_delete(void *object)
{
    struct cv_library *lib = cv_library();
    struct cv_capi_object *o = object, **at = &lib->capi_objects;
    cv_capi_lock();
    while (*at != o) at = &(*at)->next;
    *at = o->next;
    cv_capi_unlock();
    size_t size = o->size;
    cv_wipe(o, size);
    cv_free(o, size);
    atomic_fetch_sub(&lib->n_objects, 1);
}

/* --- containers --- */

void cv_container_release(struct cv_container *c)
{
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1) return;
    cv_cert_key_release(c->key);
    cv_free(c, c->size);
}

void cv_containers_free(const struct cv_port *port, struct cv_container *c)
{
    while (c != NULL) {
        struct cv_container *next = c->next;
        if (c->key != NULL) {
            size_t size = c->key->size;
            cv_wipe(c->key, size);
            port->free(port->ctx, c->key, size);
        }
        port->free(port->ctx, c, c->size);
        c = next;
    }
}

static struct cv_container *container_new(const WCHAR *name, size_t n_units)
{
    size_t size = sizeof(struct cv_container) + n_units * sizeof(WCHAR);
    struct cv_container *c = cv_alloc(size);
    if (c == NULL) return NULL;
    c->size = size;
    atomic_init(&c->refs, 1);
    c->name_units = n_units;
    if (n_units > 0) memcpy(c->name, name, n_units * sizeof *name);
    return c;
}

/* Where the pointer to the container of this name stands, or the end of the list. Under the lock. */
static struct cv_container **find_container(const WCHAR *name, size_t n_units)
{
    struct cv_container **at = &cv_library()->containers;
    while (*at != NULL &&
           ((*at)->name_units != n_units || memcmp((*at)->name, name, n_units * sizeof *name) != 0))
        at = &(*at)->next;
    return at;
}

static struct cv_cert_key *share_key(const struct cv_container *c)
{
    if (c == NULL || c->key == NULL) return NULL;
    atomic_fetch_add(&c->key->refs, 1);
    return c->key;
}

struct cv_cert_key *cv_capi_container_key(const WCHAR *name, size_t n_units)
{
    if (n_units == 0) return NULL;
    cv_capi_lock();
    struct cv_cert_key *key = share_key(*find_container(name, n_units));
    cv_capi_unlock();
    return key;
}

struct cv_container *cv_capi_container_of(HCRYPTPROV provider)
{
    const struct provider *p = cv_capi_find(CV_CAPI_PROVIDER, provider);
    return p == NULL ? NULL : p->container;
}

struct cv_cert_key *cv_capi_provider_key(HCRYPTPROV provider)
{
    struct cv_container *c = cv_capi_container_of(provider);
    cv_capi_lock();
    struct cv_cert_key *key = share_key(c);
    cv_capi_unlock();
    return key;
}

/* --- functions --- */

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

/* The container that the flags ask for, with one more reference. 0 or the error. */
static DWORD choose_container(struct cv_container **out, const WCHAR *name, size_t n_units, DWORD flags)
{
    struct cv_container *made = NULL;
    DWORD error = 0;
    if ((flags & CRYPT_DELETEKEYSET) == 0) {
        made = container_new(name, n_units);
        if (made == NULL) return ERROR_NOT_ENOUGH_MEMORY;
    }
    if ((flags & CRYPT_VERIFYCONTEXT) == CRYPT_VERIFYCONTEXT) {
        *out = made;
        return 0;
    }
    cv_capi_lock();
    struct cv_container **at = find_container(name, n_units), *there = *at;
    if ((flags & CRYPT_DELETEKEYSET) != 0 && there != NULL) {
        *at = there->next;
    } else if ((flags & CRYPT_NEWKEYSET) != 0 && there == NULL) {
        *at = made; /* the list's reference */
        atomic_fetch_add(&made->refs, 1);
        *out = made;
    } else if ((flags & CRYPT_NEWKEYSET) != 0) {
        error = (DWORD)NTE_EXISTS;
    } else if (there == NULL) {
        error = (DWORD)NTE_BAD_KEYSET;
    } else {
        atomic_fetch_add(&there->refs, 1);
        *out = there;
    }
    cv_capi_unlock();
    if ((flags & CRYPT_DELETEKEYSET) != 0) cv_container_release(there);
    if (*out != made) cv_container_release(made);
    return error;
}

BOOL WINAPI CryptAcquireContextW(HCRYPTPROV *phProv, LPCWSTR szContainer, LPCWSTR szProvider,
                                 DWORD dwProvType, DWORD dwFlags)
{
    static const WCHAR unnamed[] = {'d', 'e', 'f', 'a', 'u', 'l', 't'};
    struct cv_container *container = NULL;
    (void)szProvider; /* there is one, and it does what any of the known types does */
    if (phProv == NULL || dwProvType == 0) return fail(ERROR_INVALID_PARAMETER);
    *phProv = 0;
    if (cv_library() == NULL) return fail(ERROR_NOT_ENOUGH_MEMORY);
    bool verify = (dwFlags & CRYPT_VERIFYCONTEXT) == CRYPT_VERIFYCONTEXT;
    size_t n_units = szContainer == NULL ? 0 : cv_wide_len(szContainer);
    if (n_units > NAME_UNITS_MAX) return fail(ERROR_INVALID_PARAMETER);
    if (verify && n_units > 0) return fail((DWORD)NTE_BAD_FLAGS);
    if (!verify && n_units == 0) {
        szContainer = unnamed;
        n_units = sizeof unnamed / sizeof unnamed[0];
    }
    DWORD error = choose_container(&container, szContainer, n_units, dwFlags);
    if (error != 0) return fail(error);
    if (container == NULL) return TRUE; /* deleted: there is no handle */
    struct provider *p = cv_capi_new(CV_CAPI_PROVIDER, sizeof *p);
    if (p == NULL) {
        cv_container_release(container);
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    p->container = container;
    *phProv = (HCRYPTPROV)p;
    return TRUE;
}

BOOL WINAPI CryptAcquireContextA(HCRYPTPROV *phProv, LPCSTR szContainer, LPCSTR szProvider, DWORD dwProvType,
                                 DWORD dwFlags)
{
    WCHAR name[NAME_UNITS_MAX + 2];
    size_t n;
    (void)szProvider;
    if (szContainer != NULL &&
        cv_wide_from_utf8(name, sizeof name / sizeof name[0], &n, szContainer, strlen(szContainer)) != CV_OK)
        return fail(ERROR_INVALID_PARAMETER);
    return CryptAcquireContextW(phProv, szContainer == NULL ? NULL : name, NULL, dwProvType, dwFlags);
}

BOOL WINAPI CryptReleaseContext(HCRYPTPROV hProv, DWORD dwFlags)
{
    struct provider *p = cv_capi_find(CV_CAPI_PROVIDER, hProv);
    if (p == NULL) return fail(ERROR_INVALID_PARAMETER);
    if (dwFlags != 0) return fail((DWORD)NTE_BAD_FLAGS);
    cv_container_release(p->container);
    cv_capi_delete(p);
    return TRUE;
}

BOOL WINAPI CryptGenRandom(HCRYPTPROV hProv, DWORD dwLen, BYTE *pbBuffer)
{
    if (cv_capi_find(CV_CAPI_PROVIDER, hProv) == NULL) return fail(ERROR_INVALID_HANDLE);
    if (pbBuffer == NULL) return fail(ERROR_INVALID_PARAMETER);
    if (cv_random(&cv_library()->port->rng, pbBuffer, dwLen) != CV_OK) return fail((DWORD)NTE_FAIL);
    return TRUE;
}
