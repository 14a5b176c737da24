/* The account that a client's certificate stands for, as the application's mapping says. */
#ifndef CV_SSPI_IMPERSONATE_H
#define CV_SSPI_IMPERSONATE_H

#include "sspi/context.h"

/* Asks for the account, once, as soon as a server's handshake is done and the library has validated a chain
 * of the client's. SEC_E_OK also where there is none; SEC_E_LOGON_DENIED: the client is refused. With the
 * context locked. */
SECURITY_STATUS cv_account_map(struct cv_context *cx);
void cv_account_release(struct cv_context *cx);

#endif
