/* winternl.h: what Schannel programs take from it is UNICODE_STRING. */
#ifndef CULVERT_WINTERNL_H
#define CULVERT_WINTERNL_H

#include <ntdef.h>

#endif
