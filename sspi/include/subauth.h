/* subauth.h: what Schannel programs take from it is UNICODE_STRING. */
#ifndef CULVERT_SUBAUTH_H
#define CULVERT_SUBAUTH_H

#include <ntdef.h>

#endif
