/* The library's state: one object, made at first use, and the only mutable global. */
#ifndef CV_SSPI_LIBRARY_H
#define CV_SSPI_LIBRARY_H

#include "sspi/export.h"
#include "sspi/handle.h"
#include "sspi/roots.h"
#include "tls/session.h"
#include "tls/suite.h"

enum { CV_SESSIONS_MAX = 4096 }; /* of clients, all credentials together */

struct cv_library {
    const struct cv_port *port;
    bool own_port;   /* made by cv_host_port_new */
    uint64_t secret; /* marks buffers for FreeContextBuffer as ours */
    struct cv_handles handles;
    struct cv_session_cache *sessions;
    struct cv_algorithms algorithms;
    CulvertCredential_Torture torture; /* of the environment */
    _Atomic uint64_t n_credentials;    /* numbers them; none is used twice */
    _Atomic uint32_t n_objects;        /* certificates and stores that live */
    void *roots_lock;
    struct cv_roots *roots; /* the host's, once they were asked for */
    void *export_lock;      /* guards `exports` */
    struct cv_exports exports;
    void *capi_lock;        /* guards what follows: capi.h */
    struct cv_capi_object *capi_objects;
    struct cv_container *containers; /* with names */
};

/* The library. NULL when there is no memory or no entropy to make it. */
struct cv_library *cv_library(void);

/* Makes the library anew on another port (NULL: the host's). False, and nothing changed, while a handle is in
 * use. Only for one thread, before others call: for CulvertSetPort. */
bool cv_library_reset(const struct cv_port *port);

static inline void *cv_alloc(size_t len)
{
    const struct cv_port *port = cv_library()->port;
    return port->alloc(port->ctx, len);
}
static inline void cv_free(void *p, size_t len)
{
    const struct cv_port *port = cv_library()->port;
    port->free(port->ctx, p, len);
}

/* Memory that the caller frees with FreeContextBuffer: zeroed, aligned to 16. NULL when there is none. */
void *cv_buffer_alloc(size_t len);

#endif
