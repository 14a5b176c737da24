/* Trust anchors: parsed once, sorted, shared by the credentials that use them. */
#ifndef CV_SSPI_ROOTS_H
#define CV_SSPI_ROOTS_H

#include "tls/port.h"
#include "x509/path.h"

#include <stdatomic.h>

struct cv_library;

struct cv_roots {
    _Atomic uint32_t refs;
    struct cv_trust_store store;
    struct cv_cert *anchors;
    uint8_t *der; /* what the anchors' views point into */
    size_t n_alloc, der_len;
};

/* Anchors from certificates, each behind its 24-bit length; the bytes are copied. Certificates that do not
 * parse are left out, and all but one of those that are equal. CV_E_NO_MEMORY. */
cv_err cv_roots_new(struct cv_roots **out, const struct cv_port *port, struct cv_bytes certs);
void cv_roots_release(const struct cv_port *port, struct cv_roots *roots); /* roots may be NULL */

/* The host's root certificates, read and parsed at first use; release with cv_roots_release.
 * CV_E_TRUST_STORE if there are none, CV_E_NO_MEMORY. */
cv_err cv_library_roots(struct cv_library *lib, struct cv_roots **out);

/* Turns text with certificates and PKCS#7 bundles in PEM into the certificates, each behind its 24-bit
 * length, in the text's own memory; returns how many bytes that makes. Other blocks, and what is broken, are
 * left out. */
size_t cv_pem_to_certs(uint8_t *text, size_t len);

#endif
