/* TLS extensions that a credential turns on: sizes, GREASE, certificate compression, raw public keys,
 * timestamps. */
#ifndef CV_SSPI_EXTENSIONS_H
#define CV_SSPI_EXTENSIONS_H

#include "sspi/win.h"
#include "tls/config.h"

enum { CV_COMPRESSIONS_MAX = 3 };

/* What a credential's configurations point to. */
struct cv_extension_memory {
    struct cv_cert_compression compressions[CV_COMPRESSIONS_MAX];
    size_t n_compressions;
    struct cv_bytes *pins; /* one block: the views, then the keys; NULL: none */
    size_t pins_size;
};

void cv_extensions_release(struct cv_extension_memory *m);

#endif
