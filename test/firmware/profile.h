/* A profile: what one image knows. Each profile_NAME.c is one. */
#ifndef FIRMWARE_PROFILE_H
#define FIRMWARE_PROFILE_H

#include "tls/config.h"

extern const struct cv_config profile; /* without port and anchors */

enum {
    PROFILE_ARENA = 16 * 1024,  /* for the connection */
    PROFILE_RECORDS = 544, /* what is read and not yet used: a record with 512 bytes of data */
};

#endif
