/* The FFDHE groups of TLS (RFC 7919), by portable arithmetic. */
#include "crypto/ffdhe.h"

const struct cv_group cv_group_ffdhe2048 = CV_FFDHE_GROUP(0x0100, 2048, 32, &cv_mont_portable);
const struct cv_group cv_group_ffdhe3072 = CV_FFDHE_GROUP(0x0101, 3072, 40, &cv_mont_portable);
const struct cv_group cv_group_ffdhe4096 = CV_FFDHE_GROUP(0x0102, 4096, 48, &cv_mont_portable);
