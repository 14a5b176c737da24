#include "sspi/library.h"

#include "crypto/base/secret.h"
#include "crypto/cpu.h"
#include "sspi/capi.h"
#include "sspi/context.h"
#include "sspi/credential.h"
#include "sspi/port/host.h"
#include "sspi/torture.h"

/* Written once by whoever comes first, and by cv_library_reset. */
static _Atomic(struct cv_library *) the_library;

static void destroy(void *ctx, enum cv_handle_kind kind, void *object)
{
    (void)ctx;
    if (kind == CV_HANDLE_CONTEXT) {
        cv_context_free(object);
        return;
    }
    cv_credential_closed(object);
    cv_credential_release(object);
}

static void library_free(struct cv_library *lib)
{
    const struct cv_port *port = lib->port;
    bool own_port = lib->own_port;
    cv_handles_free(&lib->handles);
    if (lib->sessions != NULL) cv_session_cache_free(lib->sessions);
    cv_roots_release(port, lib->roots);
    cv_containers_free(port, lib->containers);
    cv_exports_wipe(&lib->exports, port);
    if (lib->export_lock != NULL) port->lock_free(port->ctx, lib->export_lock);
    if (lib->capi_lock != NULL) port->lock_free(port->ctx, lib->capi_lock);
    if (lib->roots_lock != NULL) port->lock_free(port->ctx, lib->roots_lock);
    cv_wipe(lib, sizeof *lib);
    port->free(port->ctx, lib, sizeof *lib);
    if (own_port) cv_host_port_free(port);
}

static struct cv_library *library_new(const struct cv_port *port)
{
    bool own_port = port == NULL;
    if (own_port && cv_host_port_new(&port) != CV_OK) return NULL;
    struct cv_library *lib = port->alloc(port->ctx, sizeof *lib);
    if (lib == NULL) {
        if (own_port) cv_host_port_free(port);
        return NULL;
    }
    lib->port = port;
    lib->own_port = own_port;
    cv_algorithms_select(&lib->algorithms, cv_cpu_detect());
    const char *torture = own_port ? cv_host_setting("CULVERT_TORTURE") : NULL;
    if (torture != NULL) (void)cv_torture_parse(&lib->torture, torture);
    atomic_init(&lib->n_credentials, 0);
    atomic_init(&lib->n_objects, 0);
    uint32_t cookie = 0;
    cv_err e = cv_random(&port->rng, (uint8_t *)&lib->secret, sizeof lib->secret);
    if (e == CV_OK) e = cv_random(&port->rng, (uint8_t *)&cookie, sizeof cookie);
    cv_handles_init(&lib->handles, port, destroy, lib, cookie);
    lib->roots_lock = port->lock_new(port->ctx);
    lib->capi_lock = port->lock_new(port->ctx);
    lib->export_lock = port->lock_new(port->ctx);
    if (e != CV_OK || lib->roots_lock == NULL || lib->capi_lock == NULL || lib->export_lock == NULL ||
        cv_session_cache_new(&lib->sessions, port, CV_SESSIONS_MAX) != CV_OK) {
        library_free(lib);
        return NULL;
    }
    return lib;
}

struct cv_library *cv_library(void)
{
    struct cv_library *lib = atomic_load_explicit(&the_library, memory_order_acquire);
    if (lib != NULL) return lib;
    struct cv_library *made = library_new(NULL);
    if (made == NULL) return NULL;
    if (atomic_compare_exchange_strong(&the_library, &lib, made)) return made;
    library_free(made); /* another thread was faster */
    return lib;
}

bool cv_library_reset(const struct cv_port *port)
{
    struct cv_library *old = atomic_load(&the_library);
    if (old != NULL && (atomic_load(&old->handles.n_live) != 0 || atomic_load(&old->n_objects) != 0))
        return false;
    struct cv_library *made = NULL;
    if (port != NULL && (made = library_new(port)) == NULL) return false;
    atomic_store(&the_library, made);
    if (old != NULL) library_free(old);
    return true;
}
