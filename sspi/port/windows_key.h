/* Private keys that lie in Windows: in a key storage provider of CNG or in a provider of the older CryptoAPI.
 */
#ifndef CV_SSPI_PORT_WINDOWS_KEY_H
#define CV_SSPI_PORT_WINDOWS_KEY_H

#include "tls/operations.h"

/* The key that belongs to a certificate context (PCCERT_CONTEXT), as a signer; the context must outlive it.
 * *only_pkcs1: it makes RSA signatures of PKCS #1 v1.5 and no others, for that is all that CryptoAPI knows.
 * CV_E_NO_CERTIFICATE if the context names none, CV_E_KEY_SYNTAX if it cannot be opened, CV_E_NO_MEMORY. */
cv_err cv_windows_key_open(struct cv_signer *out, bool *only_pkcs1, const void *context);
void cv_windows_key_close(struct cv_signer *signer);

#endif
