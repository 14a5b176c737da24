/* The torture schedule: what the contract allows and programs seldom meet, by a fixed sequence from a seed.
 * culvert.h says what there is. */
#ifndef CV_SSPI_TORTURE_H
#define CV_SSPI_TORTURE_H

#include "sspi/win.h"

#include <stdbool.h>
#include <stdint.h>

struct cv_context;
struct cv_input;

/* Of one context. Receiving and sending draw from sequences of their own, as they run in two threads. */
struct cv_torture {
    ULONG what; /* CULVERT_TORTURE_…; 0: none */
    uint32_t receiving, sending;
    bool delayed;  /* the last DecryptMessage gave nothing: the next one works */
    bool withheld; /* the token waits for CompleteAuthToken */
};

/* "hints,empty:7": names, or "all", and a seed. False, and *out untouched, if it is nothing of the kind. */
bool cv_torture_parse(CulvertCredential_Torture *out, const char *text);

/* Begins what the credential, or else the environment, asks for. SEC_E_INSUFFICIENT_MEMORY. */
SECURITY_STATUS cv_torture_begin(struct cv_context *cx);

/* Whether one of `what` is due now; each has its turn about every second time. */
bool cv_torture_receiving(struct cv_context *cx, ULONG what);
bool cv_torture_sending(struct cv_context *cx, ULONG what);

/* DecryptMessage, before it looks at its input: CULVERT_TORTURE_EMPTY or _RENEGOTIATE if that is due, else 0.
 */
ULONG cv_torture_delay(struct cv_context *cx);

/* The token is withheld: until CompleteAuthToken nothing else may be called. */
bool cv_torture_withholds(const struct cv_context *cx);
void cv_torture_withhold(struct cv_context *cx);

#endif
