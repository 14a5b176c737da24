/* What the façade asks of the host's certificates: of crypt32 on Windows (port/windows_certificate.c),
 * elsewhere of our own (certificate.c, identity_context.c). cv_identity_init of identity.h belongs to it. */
#ifndef CV_SSPI_HOST_CERTIFICATE_H
#define CV_SSPI_HOST_CERTIFICATE_H

#include "sspi/win.h"
#include "crypto/base/bytes.h"

/* A context for the first of these certificates, each behind its 24-bit length, in a store of its own with
 * the others; those that do not parse are left out. CV_E_NO_MEMORY, CV_E_CERT_DER if nothing is left. */
cv_err cv_context_from_chain(PCCERT_CONTEXT *out, struct cv_bytes certs);

/* The certificates of a store, each behind its 24-bit length, and a byte more: *len counts it. To be freed
 * with cv_free(*out, *len). CV_E_NO_MEMORY; CV_E_INVALID_ARGUMENT if it is no store. */
cv_err cv_context_store_export(HCERTSTORE store, uint8_t **out, size_t *len);

#endif
