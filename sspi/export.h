/* What ExportSecurityContext and ImportSecurityContext keep in the library. */
#ifndef CV_SSPI_EXPORT_H
#define CV_SSPI_EXPORT_H

#include "tls/port.h"

enum { CV_EXPORT_KEY_LEN = 32, CV_EXPORT_ID_LEN = 16, CV_EXPORT_LIFETIME = 600 /* seconds */ };

struct cv_export_note {
    uint8_t id[CV_EXPORT_ID_LEN];
    int64_t expires; /* 0: free */
};

/* The key, and which exported contexts were imported here already. Guarded by the library's export_lock. */
struct cv_exports {
    bool has_key;
    uint8_t key[CV_EXPORT_KEY_LEN]; /* secret */
    struct cv_export_note *notes;   /* a hash table by id; at least half of it is free */
    size_t n_notes, cap;            /* cap: a power of two, or 0 */
};

void cv_exports_wipe(struct cv_exports *x, const struct cv_port *port);

#endif
