/* Causes as SECURITY_STATUS, and who asks why. */
#ifndef CV_SSPI_STATUS_H
#define CV_SSPI_STATUS_H

#include "sspi/win.h"
#include "tls/conn.h"

/* The status of ISC, ASC and the attribute calls for a cause. */
SECURITY_STATUS cv_status_for(cv_err e);
/* The same with what the connection knows: which alert the peer sent. */
SECURITY_STATUS cv_status_of_conn(cv_err e, const struct cv_conn *c);

/* Describes a failure; conn may be NULL. */
void cv_failure_fill(CulvertContext_Failure *out, SECURITY_STATUS status, cv_err e,
                     const struct cv_conn *conn);
/* Remembers it for CulvertLastFailure, and returns the status. */
SECURITY_STATUS cv_fail(SECURITY_STATUS status, cv_err e, const struct cv_conn *conn);

#endif
