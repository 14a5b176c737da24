/* ntsecapi.h: what Schannel programs take from it are the counted strings under their LSA names. */
#ifndef CULVERT_NTSECAPI_H
#define CULVERT_NTSECAPI_H

#include <ntdef.h>

typedef UNICODE_STRING LSA_UNICODE_STRING, *PLSA_UNICODE_STRING;
typedef STRING LSA_STRING, *PLSA_STRING;

#endif
