/* schnlsp.h: the older name of schannel.h, which Qt and others include. */
#ifndef CULVERT_SCHNLSP_H
#define CULVERT_SCHNLSP_H

#include <schannel.h>

#endif
